package households

import (
	"net/url"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/household"
	"lastmile/internal/ledger"
	"lastmile/internal/lending"
	"lastmile/internal/livestock"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// money is what reached the household, each payment with its slip, and the way that it came.
func (q *request) money(h *home) (view.Component, error) {
	head := view.SectionHead{ID: "money", Title: q.text("households.money")}
	var total int64
	traced := 0
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.date")}, {Label: q.text("households.column.for")}, {Label: q.text("households.column.yuan"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "card", Title: q.text("households.money.none"), Text: q.text("households.money.none.why")}}
	for i := range h.received {
		r := &h.received[i]
		purpose, voucher := q.paper(r)
		value := q.moved(r)
		if r.Commodity == ledger.Currency {
			total += r.Amount
			value = q.yuan(r.Amount)
		}
		if r.Grade.String() == "traced" {
			traced++
		}
		amount := view.Cell{Text: value}
		if sees, err := q.sees(r.Area); err != nil {
			return nil, err
		} else if sees {
			amount = view.Cell{Figure: &view.FigureLink{Value: value, Href: entryHref(r.Book, r.Seq)}}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.day(r.On)}, {Text: purpose, Sub: voucher, Grade: view.Grade(r.Grade.String())}, amount}})
	}
	parts := []view.Component{t}
	if len(t.Rows) > 0 {
		t.Total = []view.Cell{{Text: q.text("households.total")}, {}, {Text: q.yuan(total)}}
		parts[0] = t
		head.Note = view.Plain(q.text("households.money.note", traced, len(t.Rows)))
		trail, err := q.trail(h)
		if err != nil {
			return nil, err
		}
		parts = append([]view.Component{trail}, parts...)
		parts = append(parts, view.Buttons{{Label: q.text("households.csv"), Icon: "download", Href: Href(h.Book, h.ID) + "/money.csv"}})
	}
	return view.Section{Head: head, Parts: parts}, nil
}

// trail is the way of the money of the project that gave the household most: fund, project, village, household.
func (q *request) trail(h *home) (view.Component, error) {
	of := map[string]int64{}
	most := &h.received[0]
	for i := range h.received {
		r := &h.received[i]
		if r.Commodity != ledger.Currency {
			continue
		}
		of[r.Project] += r.Amount
		if of[r.Project] > of[most.Project] || most.Commodity != ledger.Currency {
			most = r
		}
	}
	fund, err := q.named(h.Book, "fund", most.Fund)
	if err != nil {
		return nil, err
	}
	project := q.words.Project(q.Context(), q.p.store.DB, h.Book, most.Project)
	village, err := q.named(entity.Headquarters, "area", h.area)
	if err != nil {
		return nil, err
	}
	step := func(key, value, href string) view.Fact {
		f := view.Fact{Name: q.text("households.trail." + key), Value: view.Plain(value)}
		if href != "" {
			f.Value = view.Prose{{Link: &view.Link{Label: value, Href: href}}}
		}
		return f
	}
	trail := view.Facts{step("fund", fund, "")}
	if most.Project != "" {
		href := ""
		if sees, err := q.sees(h.Book); err != nil {
			return nil, err
		} else if sees {
			href = "/projects/" + url.PathEscape(h.Book) + "/" + url.PathEscape(most.Project)
		}
		trail = append(trail, step("project", project, href))
	}
	trail = append(trail, step("village", village, "/areas/"+url.PathEscape(h.area)), step("household", q.words.Amount(of[most.Project], yuan), ""))
	return trail, nil
}

// moneyCSV sends what reached the household as a table.
func (q *request) moneyCSV() error {
	h, err := q.open()
	if err != nil {
		return err
	}
	l := listing.Listing[household.Receipt]{Label: q.label, Rows: h.received, Columns: []listing.Column[household.Receipt]{
		{Key: "entry", Plain: func(r household.Receipt) string { return seqRef(r.Book, r.Seq) }},
		{Key: "date", Plain: func(r household.Receipt) string { return string(r.On) }},
		{Key: "for", Plain: func(r household.Receipt) string { p, _ := q.paper(&r); return p }},
		{Key: "voucher", Plain: func(r household.Receipt) string { _, v := q.paper(&r); return v }},
		{Key: "commodity", Plain: func(r household.Receipt) string { return r.Commodity }},
		{Key: "amount", Plain: func(r household.Receipt) string { return itoa(r.Amount) }},
		{Key: "fund", Plain: func(r household.Receipt) string { return r.Fund }},
		{Key: "project", Plain: func(r household.Receipt) string { return r.Project }},
		{Key: "grade", Plain: func(r household.Receipt) string { return r.Grade.String() }},
	}}
	return l.CSV(q.w, q.URL, "household-"+h.ID+"-received")
}

// drawnMin is how many instalments a loan has at least for its cells to be drawn: fewer are said as well in words.
const drawnMin = 12

// loansMax is how many loans of a household are drawn.
const loansMax = 4

// loans are what the household borrowed, each with a cell for every instalment.
func (q *request) loans(h *home) ([]view.Component, error) {
	applications, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: h.Book, Type: "loan-application", Parent: h.ID})
	if err != nil {
		return nil, err
	}
	var list []view.Component
	for _, a := range slices.Backward(applications) {
		contracts, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: h.Book, Type: "loan", Parent: a.ID})
		if err != nil {
			return nil, err
		}
		for _, c := range contracts {
			if len(list) == loansMax {
				return list, nil
			}
			part, err := q.loan(h, a, c)
			if err != nil {
				return nil, err
			}
			list = append(list, part)
		}
	}
	return list, nil
}

func (q *request) loan(h *home, application, contract entity.Entity) (view.Component, error) {
	loan, err := lending.Get(q.Context(), q.p.store.DB, h.Book, contract.ID)
	if err != nil {
		return nil, err
	}
	state, err := loan.State(q.Context(), q.p.store.DB, q.today)
	if err != nil {
		return nil, err
	}
	coming, err := state.ToCome()
	if err != nil {
		return nil, err
	}
	ticks, paid := chart.Ticks{}, 0
	for i := range state.Rows {
		row := &state.Rows[i]
		switch {
		case row.Due.Minus(row.Paid).Sum() > 0:
			ticks.Cells = append(ticks.Cells, chart.TickOverdue)
		case row.Moved.Sum() > 0:
			ticks.Cells = append(ticks.Cells, chart.TickExtended)
		default:
			ticks.Cells = append(ticks.Cells, chart.TickPaid)
			paid++
		}
	}
	if state.Outstanding() > 0 {
		for range coming {
			ticks.Cells = append(ticks.Cells, chart.TickDue)
		}
	}
	ticks.Name = q.text("households.loan.paid", paid, len(ticks.Cells))
	product, err := q.named(h.Book, "credit-product", loan.Product)
	if err != nil {
		return nil, err
	}
	facts := view.Facts{
		{Name: q.text("households.loan.paid.name"), Value: view.Plain(ticks.Name)},
		{Name: q.text("households.loan.owed"), Value: view.Plain(q.words.Amount(state.Outstanding(), yuan))},
	}
	if n := state.DaysPastDue(); n > 0 {
		facts = append(facts, view.Fact{Name: q.text("households.loan.late"), Value: view.Plain(q.text("households.loan.days", n))})
	}
	head := view.SectionHead{ID: "loan-" + contract.ID, Title: product,
		Note: view.Prose{{Figure: &view.FigureLink{Value: q.words.Amount(loan.Agreed, yuan), Href: entryHref(h.Book, contract.Seq)}}, {Text: q.words.Pick(", ", "，") + q.words.Name(application.Name)}}}
	parts := []view.Component{facts}
	if len(ticks.Cells) >= drawnMin {
		parts = []view.Component{view.Drawing{Chart: ticks.SVG()}, facts}
	}
	return view.Section{Head: head, Parts: parts}, nil
}

// contracts are the animals that the household keeps for the village.
func (q *request) contracts(h *home) ([]view.Component, error) {
	all, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: h.Book, Type: "breeding-contract", Class: h.ID})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.contract")}, {Label: q.text("households.column.heads"), Kind: view.NumberColumn}, {Label: q.text("households.column.until")}, {Label: q.text("households.column.status"), Kind: view.StateColumn}}}
	terms := map[string]livestock.Terms{}
	for _, c := range all {
		if _, ok := terms[c.ID]; !ok {
			list, err := livestock.Contracts(q.Context(), q.p.store.DB, h.Book, c.Parent)
			if err != nil {
				return nil, err
			}
			for _, one := range list {
				terms[one.ID] = one
			}
		}
		one := terms[c.ID]
		state := view.State{Kind: view.Running, Word: q.text("households.contract.running")}
		if one.Status != livestock.Running {
			state = view.State{Kind: view.Done, Word: q.text("households.contract.ended")}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: c.ID, Href: entryHref(h.Book, c.Seq)}, {Text: q.words.Count(one.Heads)}, {Text: q.day(date.Date(one.Until))}, {State: &state}}})
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "contracts", Title: q.text("households.contracts")}, Parts: []view.Component{t}}}, nil
}
