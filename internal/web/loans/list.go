package loans

import (
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/lending"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// soonDays is how far ahead the list of what is due looks when nothing else is asked for.
const soonDays = 30

// listed is the list of loans that the address asks for: its path says which, its parameters narrow it.
func (q *request) listed(s *scope) (f lending.Filter, usual string) {
	f = s.filter()
	for _, key := range []string{"borrower", "outlet", "town", "village", "lender", "product", "pool", "segment", "status", "class"} {
		f.Is[key] = q.FormValue(key)
	}
	f.Search = strings.TrimSpace(q.FormValue("number"))
	f.Extended = q.FormValue("extended") != ""
	usual = "id"
	switch strings.TrimSuffix(strings.TrimPrefix(q.URL.Path, Path+"/"), ".csv") {
	case "due":
		usual = "next"
		if q.FormValue("when") == "now" {
			f.DueNow = true
			break
		}
		f.DueFrom, f.DueUntil = s.day, s.day.AddDays(q.days())
	case "arrears":
		usual = "-days"
		f.PastDue = true
	}
	f.Sort = listing.SortKey(q.URL, usual)
	return f, usual
}

// days is how far ahead the address looks.
func (q *request) days() int {
	n, err := strconv.Atoi(q.FormValue("days"))
	if err != nil || n < 0 || n > 366 {
		return soonDays
	}
	return n
}

func (q *request) all() error     { return q.list("all") }
func (q *request) arrears() error { return q.list("arrears") }

// due is what falls due soon, with what is due by now beside it.
func (q *request) due() error { return q.list("due") }

func (q *request) list(which string) error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	f, usual := q.listed(s)
	sums, err := q.sums(f)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = listing.PageSize, listing.Offset(q.URL, int(sums.Loans))
	lines, err := lending.Find(q.ctx, q.db(), f)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}, view.Link{Label: q.asOf(s)}), Title: q.text(which)}
	switch which {
	case "due":
		switch {
		case s.open:
			heading.Lead = q.write("never.lead")
		case f.DueNow:
			heading.Lead = q.write("due.now.lead", sums.Loans, q.key(sums.Due))
		default:
			heading.Lead = q.write("due.lead", sums.Loans, q.key(sums.NextDue), q.date(f.DueFrom), q.date(f.DueUntil))
		}
	case "arrears":
		if s.open {
			heading.Lead = q.write("never.lead")
			break
		}
		heading.Lead = q.write("arrears.lead", sums.Loans, q.key(sums.Due), q.key(sums.Outstanding))
	default:
		heading.Lead = q.write("all.lead", sums.Loans, q.key(sums.Disbursed), q.key(sums.Outstanding))
	}
	filters, err := q.filters(s, which)
	if err != nil {
		return err
	}
	head := view.SectionHead{ID: "loans", Title: q.text("loans", sums.Loans), Note: q.csvNote(listing.CSVHref(q.URL))}
	if which == "due" {
		for _, days := range []string{"now", "7", "30", "90"} {
			l := view.Link{Label: q.text("due.within", days), Href: listing.Address(link("due"), "book", s.book, "days", days), Current: !f.DueNow && itoa(int64(q.days())) == days}
			if days == "now" {
				l = view.Link{Label: q.text("due.now"), Href: listing.Address(link("due"), "book", s.book, "when", "now"), Current: f.DueNow}
			}
			head.Segments = append(head.Segments, l)
		}
	}
	empty := view.Empty{Icon: "check", Title: q.text("empty." + which), Text: q.text("empty." + which + ".why"), Action: &view.Button{Label: q.text("all"), Href: listing.Address(link("all"), "book", s.book)}}
	if which == "all" {
		empty.Icon, empty.Action = "card", nil
	} else if s.open {
		empty.Icon, empty.Title, empty.Text = "clock", q.text("never"), q.text("never.why")
	}
	l := q.lineListing(lines, usual, empty)
	l.Total, l.Offset = int(sums.Loans), f.Offset
	return q.show(heading, view.Section{Head: head, Parts: []view.Component{filters, l.Table(q.page.Printer, q.URL)}})
}

// filters narrow a list of loans.
func (q *request) filters(s *scope, which string) (view.Filters, error) {
	f := view.Filters{Action: link(which), Fields: q.bookField(s)}
	if len(f.Fields) == 0 {
		f.Hidden = append(f.Hidden, view.Hidden{Name: "book", Value: s.book})
	}
	for _, key := range []string{"sort", "days", "when", "village", "borrower", "pool", "extended"} {
		if value := q.FormValue(key); value != "" {
			f.Hidden = append(f.Hidden, view.Hidden{Name: key, Value: value})
		}
	}
	choose := func(key string, values []string, label func(string) string) {
		field := view.Field{Kind: view.SelectField, Name: key, Label: q.text("filter." + key), Options: []view.Option{{Label: q.text("every")}}}
		for _, v := range values {
			field.Options = append(field.Options, view.Option{Value: v, Label: label(v), Chosen: v == q.FormValue(key)})
		}
		f.Fields = append(f.Fields, field)
	}
	for _, part := range []struct {
		key string
		all entity.Filter
	}{
		{"outlet", entity.Filter{Book: s.book, Type: "outlet"}},
		{"product", entity.Filter{Book: s.book, Type: "credit-product"}},
		{"town", entity.Filter{Book: entity.Headquarters, Type: "area", Parent: s.area}},
	} {
		key := part.key
		if s.book == "" || key == "outlet" && which == "applications" { // an application names no outlet
			continue
		}
		list, err := entity.Find(q.ctx, q.db(), part.all)
		if err != nil {
			return f, err
		}
		var values []string
		for _, e := range list {
			values = append(values, e.ID)
		}
		if len(values) > 1 {
			choose(key, values, func(v string) string { return q.partName(s, key, v) })
		}
	}
	slices.SortStableFunc(f.Fields, func(a, b view.Field) int { return strings.Compare(a.Name, b.Name) })
	number := "filter.number"
	switch which {
	case "all":
		choose("status", []string{lending.Agreed, lending.Active, lending.Repaid, lending.WrittenOff}, q.status)
	case "applications":
		number = "filter.application"
		choose("status", append(slices.Clone(open), lending.Contracted, lending.Refused), func(v string) string { return q.text("application." + v) })
		f.Fields[len(f.Fields)-1].Options[0].Label = q.text("application.open")
	default:
		choose("class", lending.Classes, func(v string) string { return q.choice("loan-class", "class", v) })
	}
	f.Fields = append(f.Fields, view.Field{Name: "number", Label: q.text(number), Value: q.FormValue("number")})
	return f, nil
}

// status is what a loan's status is called.
func (q *request) status(status string) string { return q.text("status." + status) }

// lineState is where a loan stands, worst first.
func (q *request) lineState(l lending.Line) view.State {
	switch {
	case l.Status == lending.WrittenOff:
		return view.State{Kind: view.Failed, Word: q.status(l.Status)}
	case l.Status == lending.Repaid:
		return view.State{Kind: view.Done, Word: q.status(l.Status)}
	case l.Status == lending.Agreed:
		return view.State{Kind: view.NotStarted, Word: q.status(l.Status)}
	case l.Days > 0:
		return view.State{Kind: view.Failed, Word: q.text("days-late", l.Days)}
	case l.Due > 0:
		return view.State{Kind: view.Needs, Word: q.text("due.now")}
	}
	return view.State{Kind: view.Running, Word: q.status(l.Status)}
}

// lineListing is loans, sorted by the database as the address asks or else as usual. Where they are one page of more, the caller says of how many.
func (q *request) lineListing(rows []lending.Line, usual string, empty view.Empty) listing.Listing[lending.Line] {
	money := func(key string, of func(lending.Line) int64) listing.Column[lending.Line] {
		return listing.Column[lending.Line]{Key: key, Kind: view.NumberColumn, Sorts: true,
			Cell:  func(l lending.Line) view.Cell { return view.Cell{Text: q.money(of(l))} },
			Plain: func(l lending.Line) string { return fact.Money(of(l)).String() }}
	}
	code := func(key string, of func(lending.Line) string) listing.Column[lending.Line] {
		return listing.Column[lending.Line]{Key: key, Plain: of}
	}
	return listing.Listing[lending.Line]{Label: q.label, Rows: rows, Sort: usual, Empty: empty, Columns: []listing.Column[lending.Line]{
		{Key: "id", Sorts: true, Cell: func(l lending.Line) view.Cell {
			return view.Cell{Text: l.ID, Href: link("loan", l.Book, l.ID), Sub: q.borrowerName(l.Book, l.Borrower, l.Segment, l.Area)}
		}, Plain: func(l lending.Line) string { return l.ID }},
		{Key: "state", Kind: view.StateColumn, Cell: func(l lending.Line) view.Cell {
			state := q.lineState(l)
			c := view.Cell{State: &state}
			if l.Extensions > 0 {
				c.Sub = q.text("extended")
			}
			if l.Behind && l.ClosedThrough != "" {
				c.Sub = strings.TrimSpace(c.Sub + " " + q.text("behind"))
			}
			return c
		}, Plain: func(l lending.Line) string { return l.Status }},
		{Key: "where", Cell: func(l lending.Line) view.Cell {
			c := view.Cell{Text: q.name(l.Book, "area", l.Area)}
			if l.Outlet != "" {
				c.Sub = q.name(l.Book, "outlet", l.Outlet)
			}
			return c
		}, Plain: func(l lending.Line) string { return l.Area }},
		money("outstanding", func(l lending.Line) int64 { return l.Outstanding }),
		money("due", func(l lending.Line) int64 { return l.Due }),
		{Key: "days", Kind: view.NumberColumn, Sorts: true, Cell: func(l lending.Line) view.Cell { return view.Cell{Text: q.words.Count(l.Days)} }, Plain: func(l lending.Line) string { return itoa(l.Days) }},
		{Key: "next", Kind: view.NumberColumn, Sorts: true, Cell: func(l lending.Line) view.Cell {
			if l.NextDueOn == "" {
				return view.Cell{Text: "–"}
			}
			return view.Cell{Text: q.money(l.NextDue), Sub: q.date(l.NextDueOn)}
		}, Plain: func(l lending.Line) string { return fact.Money(l.NextDue).String() }},
		code("next-due-on", func(l lending.Line) string { return string(l.NextDueOn) }),
		code("borrower", func(l lending.Line) string { return l.Borrower }),
		code("product", func(l lending.Line) string { return l.Product }),
		code("lender", func(l lending.Line) string { return l.Lender }),
		code("money", func(l lending.Line) string { return l.Money }),
		code("pool", func(l lending.Line) string { return l.Pool }),
		code("outlet", func(l lending.Line) string { return l.Outlet }),
		code("town", func(l lending.Line) string { return l.Town }),
		code("village", func(l lending.Line) string { return l.Village }),
		code("class", func(l lending.Line) string { return l.Class }),
		code("extensions", func(l lending.Line) string { return itoa(l.Extensions) }),
		code("disbursed", func(l lending.Line) string { return fact.Money(l.Disbursed).String() }),
		code("closed-through", func(l lending.Line) string { return string(l.ClosedThrough) }),
	}}
}

// listCSV sends the list that the page of the same address shows, whole.
func (q *request) listCSV() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	f, usual := q.listed(s)
	lines, err := lending.Find(q.ctx, q.db(), f)
	if err != nil {
		return err
	}
	return download(q, strings.TrimSuffix(strings.TrimPrefix(q.URL.Path, Path+"/"), ".csv"), q.lineListing(lines, usual, view.Empty{}))
}
