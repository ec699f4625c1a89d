package loans

import (
	"slices"
	"strconv"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/lending"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

// signatures are the lines at the foot of a paper on which its parties sign.
func (q *request) signatures(keys ...string) view.Component {
	lines := view.Signatures{Date: q.text("sign.date")}
	for _, key := range keys {
		lines.Who = append(lines.Who, q.text("sign."+key))
	}
	return view.Section{Head: view.SectionHead{ID: "sign", Title: q.text("sign")}, Parts: []view.Component{lines}}
}

// inCapitals is an amount as Chinese papers repeat it; none in another language.
func (q *request) inCapitals(fen int64) view.Facts {
	if q.page.Printer.Language != locale.Chinese {
		return nil
	}
	return view.Facts{{Name: q.text("in-capitals"), Value: view.Plain(capitals(fen))}}
}

// paperCrumbs lead from a paper back to its loan.
func (q *request) paperCrumbs(l *lending.Loan, label string) []view.Link {
	return q.crumbs(view.Link{Label: l.ID, Href: link("loan", l.Book, l.ID)}, view.Link{Label: label})
}

// contract is the contract to print: parties, terms in words, the schedule as it was agreed.
func (q *request) contract() error {
	l, err := q.visible()
	if err != nil {
		return err
	}
	versions, err := l.Versions(q.ctx, q.db())
	if err != nil {
		return err
	}
	t := l.Terms()
	heading := view.Heading{Crumbs: q.paperCrumbs(l, q.text("do.contract")), Title: q.text("contract.title", l.ID),
		Lead: q.write("contract.lead", q.name(l.Book, "party", l.Lender), q.borrowerName(l.Book, l.Borrower, l.Segment, l.Area), q.money(l.Agreed))}
	parties := view.Facts{
		{Name: q.text("column.lender"), Value: view.Plain(q.name(l.Book, "party", l.Lender))},
		{Name: q.text("column.borrower"), Value: view.Plain(q.borrowerName(l.Book, l.Borrower, l.Segment, l.Area))},
		{Name: q.text("borrower.code"), Value: view.Prose{{Text: l.Borrower, Isolated: true}}},
		{Name: q.text("column.where"), Value: view.Plain(q.name(l.Book, "area", l.Area))},
		{Name: q.text("column.application"), Value: view.Prose{{Text: l.Application, Isolated: true}}},
		{Name: q.text("paid-out"), Value: view.Prose{{Text: q.date(l.PaidOutOn()), Isolated: true}}},
	}
	parties = append(parties, q.inCapitals(l.Agreed)...)
	clauses := []view.Component{
		view.Text{Prose: view.Plain(q.text("clause.interest", percent(t.Contract.Rate), q.choice("credit-product", "day_count", t.Contract.DayCount.String()), q.within(q.choice("credit-product", "rounding", t.Contract.Rounding.String()))))},
		view.Text{Prose: view.Plain(q.text("clause.repayment", q.within(q.choice("credit-product", "method", t.Contract.Method.String()))))},
		view.Text{Prose: view.Plain(q.text("clause.order", q.order(t)))},
		view.Text{Prose: view.Plain(q.text("clause.late", percent(t.LateSurcharge)))},
		view.Text{Prose: view.Plain(q.text("clause.early"))},
	}
	section := func(key string, parts ...view.Component) view.Section {
		return view.Section{Head: view.SectionHead{ID: key, Title: q.text(key)}, Parts: parts}
	}
	body := []view.Component{section("parties", parties), section("terms", q.termFacts(l)), section("clauses", clauses...), section("schedule.agreed", q.contractRows(l))}
	if len(versions) > 0 {
		v := versions[0]
		body = append(body, section("contract.bound", view.Table{Columns: []view.Column{{Label: q.text("column.what")}, {Label: q.text("column.hash"), Kind: view.CodeColumn}}, Loose: true,
			Rows: []view.Row{{Cells: []view.Cell{{Text: q.text("contract.terms")}, {Text: v.Contract}}}, {Cells: []view.Cell{{Text: q.text("schedule.agreed")}, {Text: v.Hash}}}}}))
	}
	return q.show(heading, append(body, q.signatures("lender", "borrower"))...)
}

// content is the fact behind an entry, when it is of the loan of the address and one of some kinds.
func (q *request) content(l *lending.Loan, kinds ...string) (*journal.Entry, fact.Fact, error) {
	unknown := fault.New(fault.NotFound, "event.unknown", "entry %s is no event of loan %s", q.PathValue("seq"), l.ID).For("entry").Mend("Look the number up on the page of the loan.")
	seq, err := strconv.ParseInt(q.PathValue("seq"), 10, 64)
	if err != nil {
		return nil, nil, unknown
	}
	e, ok, err := journal.Get(q.ctx, q.db(), l.Book, seq)
	if err != nil {
		return nil, nil, err
	}
	for _, kind := range kinds {
		if !ok || e.Kind != kind {
			continue
		}
		f, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, nil, err
		}
		switch x := f.(type) {
		case *lending.Repayment:
			ok = x.Loan == l.ID
		case *lending.Extension:
			ok = x.Loan == l.ID
		}
		if ok {
			return &e, f, nil
		}
	}
	return nil, nil, unknown
}

// receipt is one payment and where it went, to print and sign.
func (q *request) receipt() error {
	l, err := q.visible()
	if err != nil {
		return err
	}
	e, f, err := q.content(l, "loan-repayment")
	if err != nil {
		return err
	}
	paid := f.(*lending.Repayment)
	state, err := l.State(q.ctx, q.db(), e.On)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.paperCrumbs(l, q.text("receipt")), Title: q.text("receipt.title", paid.Receipt),
		Lead: q.write("receipt.lead", q.borrowerName(l.Book, l.Borrower, l.Segment, l.Area), view.FigureLink{Value: q.money(int64(paid.Amount)), Href: entryHref(l.Book, e.Seq)}, q.date(e.On), l.ID)}
	where := view.Table{Columns: []view.Column{{Label: q.text("column.row")}, {Label: q.text("column.for"), Kind: view.WholeColumn}, {Label: q.text("column.amount"), Kind: view.NumberColumn}}, Loose: true,
		Empty: &view.Empty{Icon: "yuan", Title: q.text("receipt.reversed"), Text: q.text("receipt.reversed.why")}}
	add := func(row view.Cell, what string, fen int64) {
		where.Rows = append(where.Rows, view.Row{Cells: []view.Cell{row, {Text: what}, {Text: q.money(fen)}}})
	}
	for i := range state.Receipts {
		r := &state.Receipts[i]
		if r.ID != itoa(e.Seq) {
			continue
		}
		for _, part := range r.Parts {
			row := state.Rows[part.Row]
			add(view.Cell{Text: q.text("row", row.N), Sub: q.text("row.due", q.date(lending.DateOf(row.DueOn)))}, q.text("component."+part.Component.String()), part.Amount)
		}
		if r.Prepaid > 0 {
			add(view.Cell{Text: q.text("prepaid")}, q.text("component.principal"), r.Prepaid)
		}
		if r.Held != 0 {
			add(view.Cell{Text: q.text("held")}, q.text("held.for"), r.Held)
		}
	}
	if len(where.Rows) > 0 {
		where.Total = []view.Cell{{Text: q.text("in-all")}, {Text: ""}, {Text: q.money(int64(paid.Amount))}}
	}
	t := l.Terms()
	outlet := q.text("by-transfer")
	if paid.Outlet != "" {
		outlet = q.name(l.Book, "outlet", paid.Outlet)
	}
	facts := view.Facts{
		{Name: q.text("column.outlet"), Value: view.Plain(outlet)},
		{Name: q.text("order"), Value: view.Plain(q.order(t))},
		{Name: q.text("owed.after"), Value: view.Prose{{Text: q.money(state.Outstanding()), Isolated: true}}},
		{Name: q.text("column.entry"), Value: view.Prose{{Link: &view.Link{Label: l.Book + ":" + itoa(e.Seq), Href: entryHref(l.Book, e.Seq)}}}},
	}
	facts = append(q.inCapitals(int64(paid.Amount)), facts...)
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "where", Title: q.text("receipt.where")}, Parts: []view.Component{where, facts}}, q.signatures("cashier", "borrower"))
}

// extension is the agreement to pay later, to print and sign: what was agreed, on what basis, and what it came to.
func (q *request) extension() error {
	l, err := q.visible()
	if err != nil {
		return err
	}
	e, f, err := q.content(l, "loan-extension")
	if err != nil {
		return err
	}
	x := f.(*lending.Extension)
	a, err := q.accountOn(l, max(e.On, x.From))
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.paperCrumbs(l, q.text("event.extension")), Title: q.text("extension.title", l.ID),
		Lead: q.write("extension.lead", q.borrowerName(l.Book, l.Borrower, l.Segment, l.Area), view.FigureLink{Value: q.money(int64(x.Outstanding)), Href: entryHref(l.Book, e.Seq)}, q.date(e.On))}
	plain := func(key, text string) view.Fact { return view.Fact{Name: q.text(key), Value: view.Plain(text)} }
	number := func(key string, fen int64) view.Fact {
		return view.Fact{Name: q.text(key), Value: view.Prose{{Text: q.money(fen), Isolated: true}}}
	}
	agreed := view.Facts{
		plain("extension.document", x.Document), plain("extension.basis", x.Basis), plain("extension.reason", q.choice("loan-extension", "reason", x.Reason)),
		plain("extension.kind", q.choice("loan-extension", "kind", x.Kind)), plain("extension.treatment", q.choice("loan-extension", "treatment", x.Treatment)),
	}
	if x.From != "" {
		agreed = append(agreed, plain("extension.old", q.date(x.From)))
	}
	if x.To != "" {
		agreed = append(agreed, plain("extension.new", q.date(x.To)))
	}
	for _, by := range []struct {
		key string
		n   int64
	}{{"extension.months", x.Months}, {"extension.days", x.Days}, {"extension.rows", x.Rows}} {
		if by.n > 0 {
			agreed = append(agreed, plain(by.key, itoa(by.n)))
		}
	}
	body := []view.Component{view.Section{Head: view.SectionHead{ID: "agreed", Title: q.text("extension.agreed")}, Parts: []view.Component{agreed}}}
	effect := view.Section{Head: view.SectionHead{ID: "effect", Title: q.text("extension.effect")}}
	for _, done := range a.state.Extensions {
		if done.ID != itoa(e.Seq) {
			continue
		}
		facts := view.Facts{number("extension.principal", done.Principal), number("extension.interest-moved", done.Interest), number("extension.waived", done.Waived)}
		if done.Extension.Treatment == servicing.Forgiven {
			facts = append(facts, number("extension.forgone", done.Forgone))
		}
		facts = append(facts, plain("extension.late", q.text("days-late", a.state.DaysPastDue())))
		if done.Again {
			facts = append(facts, plain("extension.again", q.text("extension.again.yes")))
		}
		effect.Parts = []view.Component{facts}
	}
	if len(effect.Parts) == 0 {
		effect.Parts = []view.Component{view.Text{Prose: view.Plain(q.text("extension.pending"))}}
	}
	rows := q.rowListing(a)
	rows.Columns = slices.DeleteFunc(rows.Columns, func(c listing.Column[instalment]) bool { return c.Key == "charges" || c.Key == "paid" }) // what a sheet of paper holds
	effect.Parts = append(effect.Parts, rows.Table(q.page.Printer, q.URL))
	return q.show(heading, append(body, effect, q.signatures("lender", "borrower", "approver"))...)
}
