package loans

import (
	"cmp"
	"slices"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/lending"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// whole adds the parts of a portfolio up: those that are not extended, those that are, and both.
func whole(parts []lending.Part) (usual, extended, all lending.Part) {
	for _, p := range parts {
		for _, to := range []*lending.Part{&all, map[bool]*lending.Part{false: &usual, true: &extended}[p.Extended]} {
			to.Loans += p.Loans
			to.Outstanding += p.Outstanding
			to.WrittenOff += p.WrittenOff
			to.Largest = max(to.Largest, p.Largest)
			for i := range p.Risk {
				to.Risk[i] += p.Risk[i]
			}
			for i := range p.Class {
				to.Class[i] += p.Class[i]
			}
		}
	}
	return usual, extended, all
}

// dimension is what the address breaks the portfolio down by.
func (q *request) dimension() string { return cmp.Or(q.FormValue("by"), "segment") }

// portfolio is what is lent and what of it is at risk.
func (q *request) portfolio() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	parts, err := lending.Portfolio(q.ctx, q.db(), s.book, q.dimension(), s.areas...)
	if err != nil {
		return err
	}
	_, extended, all := whole(parts)
	heading := view.Heading{Eyebrow: []string{q.text("title"), s.name}, Title: q.text("portfolio")}
	fields := append(q.bookField(s), view.Field{Kind: view.SelectField, Name: "by", Label: q.text("by")})
	by := &fields[len(fields)-1]
	for _, d := range lending.Dimensions {
		by.Options = append(by.Options, view.Option{Value: d, Label: q.text("by." + d), Chosen: d == q.dimension()})
	}
	filters := view.Filters{Action: Path, Fields: fields}
	at := func(path string, pairs ...string) string {
		return listing.Address(path, append([]string{"book", s.book}, pairs...)...)
	}
	if len(parts) == 0 {
		heading.Lead = view.Plain(q.text("portfolio.none"))
		empty := view.Empty{Icon: "card", Title: q.text("empty.loans"), Text: q.text("empty.loans.why"), Action: &view.Button{Label: q.text("all"), Href: at(link("all"))}}
		if s.open {
			heading.Lead, empty.Icon, empty.Title = q.write("never.lead"), "clock", q.text("never")
		}
		return q.show(heading, q.ways(s), filters, empty)
	}
	heading.Eyebrow = append(heading.Eyebrow, q.asOf(s))
	heading.Lead = q.write("portfolio.lead", all.Loans, view.FigureLink{Value: q.sum(all.Outstanding), Href: at(link("all"), "status", lending.Active, "sort", "-outstanding")},
		view.FigureLink{Value: q.sum(all.Risk[2]), Href: at(link("arrears"))}, q.share(all.Risk[2], all.Outstanding))
	figures := view.KeyFigures{
		{Label: q.text("outstanding"), Figure: view.FigureLink{Value: q.sum(all.Outstanding), Href: at(link("all"), "status", lending.Active)}, Note: q.text("loans", all.Loans)},
		{Label: q.text("risk.any"), Figure: view.FigureLink{Value: q.sum(all.Risk[0]), Href: at(link("arrears"))}, Note: q.share(all.Risk[0], all.Outstanding)},
		{Label: q.text("risk.over", 30), Figure: view.FigureLink{Value: q.sum(all.Risk[2]), Href: at(link("arrears"), "sort", "-days")}, Note: q.share(all.Risk[2], all.Outstanding)},
		{Label: q.text("risk.over", 90), Figure: view.FigureLink{Value: q.sum(all.Risk[4]), Href: at(link("arrears"), "sort", "-days")}, Note: q.share(all.Risk[4], all.Outstanding)},
		{Label: q.text("extended"), Figure: view.FigureLink{Value: q.sum(extended.Outstanding), Href: at(link("extensions"))}, Note: q.text("loans", extended.Loans)},
	}
	empty := view.Empty{Icon: "card", Title: q.text("empty.loans"), Text: q.text("empty.loans.why")}
	table := func(columns []listing.Column[lending.Part]) view.Table {
		t := listing.Listing[lending.Part]{Label: q.label, Rows: parts, Empty: empty, Columns: columns}.Table(q.page.Printer, q.URL)
		if len(parts) > 1 {
			t.Total = q.totals(columns, all)
		}
		return t
	}
	return q.show(heading, q.ways(s), figures,
		view.Section{Head: view.SectionHead{ID: "risk", Title: q.text("risk"), Note: append(view.Plain(q.text("risk.note")+" "), q.csvNote(listing.CSVHref(q.URL))...)}, Parts: []view.Component{filters, table(q.riskColumns(s))}},
		view.Section{Head: view.SectionHead{ID: "classes", Title: q.text("classes"), Note: view.Plain(q.text("classes.note"))}, Parts: []view.Component{table(q.classColumns(s))}})
}

// ways lead to the other pages about loans.
func (q *request) ways(s *scope) view.Component {
	var list view.Buttons
	for _, key := range []string{"due", "arrears", "all", "applications", "pools", "extensions", "statements", "subsidies", "messages", "closing"} {
		list = append(list, view.Button{Label: q.text(key), Href: listing.Address(link(key), "book", s.book), Kind: view.Quiet})
	}
	return list
}

// totals is the last row of a table of parts.
func (q *request) totals(columns []listing.Column[lending.Part], all lending.Part) []view.Cell {
	var cells []view.Cell
	for i, c := range columns {
		switch {
		case c.Cell == nil:
		case i == 0:
			cells = append(cells, view.Cell{Text: q.text("in-all"), Sub: q.text("loans", all.Loans)})
		default:
			cells = append(cells, c.Cell(all))
		}
	}
	return cells
}

func (q *request) partColumn(s *scope) listing.Column[lending.Part] {
	dimension := q.dimension()
	return listing.Column[lending.Part]{Key: "part", Compare: func(a, b lending.Part) int { return strings.Compare(a.Key, b.Key) },
		Cell: func(p lending.Part) view.Cell {
			c := view.Cell{Text: q.partName(s, dimension, p.Key), Href: listing.Address(link("all"), "book", s.book, dimension, p.Key), Sub: q.text("loans", p.Loans)}
			if p.Extended {
				c.Sub = q.text("extended.loans", p.Loans)
				c.Href = listing.Address(link("extensions"), "book", s.book, dimension, p.Key)
			}
			if p.Key == "" {
				c.Href = ""
			}
			switch {
			case p.Key == "":
			case dimension == "borrower" || dimension == "outlet" || dimension == "pool":
				c.Href = link(dimension, s.book, p.Key)
			}
			return c
		},
		Plain: func(p lending.Part) string { return p.Key }}
}

// partName is what a part of the portfolio is called.
func (q *request) partName(s *scope, dimension, key string) string {
	types := map[string]string{"outlet": "outlet", "town": "area", "village": "area", "lender": "party", "product": "credit-product", "pool": "pool"}
	switch {
	case key == "":
		return q.text("none." + dimension)
	case dimension == "segment":
		return q.choice("credit-product", "borrowers", key)
	case dimension == "borrower":
		e, _, err := entity.Get(q.ctx, q.db(), s.book, "party", key)
		if err != nil {
			q.fault(err)
		}
		return q.borrowerName(s.book, key, e.Class, e.Area)
	}
	return q.name(s.book, types[dimension], key)
}

func (q *request) moneyColumn(key string, of func(lending.Part) int64) listing.Column[lending.Part] {
	return listing.Column[lending.Part]{Key: key, Kind: view.NumberColumn, Compare: func(a, b lending.Part) int { return cmp.Compare(of(a), of(b)) },
		Cell: func(p lending.Part) view.Cell {
			c := view.Cell{Text: q.sum(of(p))}
			if strings.HasPrefix(key, "risk") && of(p) > 0 {
				c.Sub = q.share(of(p), p.Outstanding)
			}
			return c
		},
		Plain: func(p lending.Part) string { return fact.Money(of(p)).String() }}
}

func (q *request) riskColumns(s *scope) []listing.Column[lending.Part] {
	columns := []listing.Column[lending.Part]{q.partColumn(s), q.moneyColumn("outstanding", func(p lending.Part) int64 { return p.Outstanding })}
	for i, days := range lending.RiskDays {
		columns = append(columns, q.moneyColumn("risk-"+itoa(int64(days)), func(p lending.Part) int64 { return p.Risk[i] }))
	}
	return columns
}

func (q *request) classColumns(s *scope) []listing.Column[lending.Part] {
	columns := []listing.Column[lending.Part]{q.partColumn(s)}
	for i, class := range lending.Classes {
		columns = append(columns, q.moneyColumn("class-"+class, func(p lending.Part) int64 { return p.Class[i] }))
	}
	return append(columns, q.moneyColumn("written-off", func(p lending.Part) int64 { return p.WrittenOff }), q.moneyColumn("largest", func(p lending.Part) int64 { return p.Largest }))
}

func (q *request) portfolioCSV() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	parts, err := lending.Portfolio(q.ctx, q.db(), s.book, q.dimension(), s.areas...)
	if err != nil {
		return err
	}
	columns := append(q.riskColumns(s), q.classColumns(s)[1:]...)
	columns = slices.Insert(columns, 1,
		listing.Column[lending.Part]{Key: "extended", Plain: func(p lending.Part) string { return map[bool]string{true: "true", false: "false"}[p.Extended] }},
		listing.Column[lending.Part]{Key: "loans", Plain: func(p lending.Part) string { return itoa(p.Loans) }},
		listing.Column[lending.Part]{Key: "closed-through", Plain: func(lending.Part) string { return string(s.day) }})
	return download(q, "portfolio-"+q.dimension(), listing.Listing[lending.Part]{Rows: parts, Columns: columns})
}
