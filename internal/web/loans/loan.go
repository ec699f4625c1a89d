package loans

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/ledger"
	"lastmile/internal/lending"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/form"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

// instalment is a row of a loan's schedule as it stands on a day.
type instalment struct {
	servicing.Row
	PaidOn schedule.Day // of the last payment on it; 0 for none
	tick   chart.Tick
	due    bool // it has fallen due
}

// account is a loan on a day with everything its page shows.
type account struct {
	loan  *lending.Loan
	state *servicing.State
	on    date.Date
	rows  []instalment
}

// account derives the loan of the address on the day that the address names: its lists' day when it names none.
func (q *request) account() (*account, error) {
	l, err := q.visible()
	if err != nil {
		return nil, err
	}
	on, err := q.closedThrough(l.Book)
	if err != nil {
		return nil, err
	}
	on = max(on, l.LastOn, l.PaidOutOn())
	if asked := q.FormValue("on"); asked != "" {
		if on, err = q.day(asked); err != nil {
			return nil, err
		}
	}
	return q.accountOn(l, on)
}

// accountOn derives a loan on a day.
func (q *request) accountOn(l *lending.Loan, on date.Date) (a *account, err error) {
	a = &account{loan: l, on: on}
	if l.Status == lending.Agreed {
		return a, nil
	}
	if a.state, err = l.Account(q.ctx, q.db(), a.on); err != nil {
		return nil, err
	}
	rows, err := lending.Rows(a.state)
	if err != nil {
		return nil, err
	}
	paid := map[int]schedule.Day{}
	for _, r := range a.state.Receipts {
		for _, part := range r.Parts {
			paid[part.Row] = max(paid[part.Row], r.On)
		}
	}
	for i, row := range rows {
		in := instalment{Row: row, PaidOn: paid[i], due: i < len(a.state.Rows)}
		unpaid := row.Unpaid()
		switch {
		case row.Moved[servicing.Principal] > 0 && unpaid.Sum() == 0:
			in.tick = chart.TickExtended
		case !in.due:
			in.tick = chart.TickDue
		case unpaid.Sum() > 0 && row.DueOn < a.state.AsOf:
			in.tick = chart.TickOverdue
		case unpaid.Sum() > 0:
			in.tick = chart.TickDue
		case in.PaidOn > row.DueOn:
			in.tick = chart.TickLate
		default:
			in.tick = chart.TickPaid
		}
		a.rows = append(a.rows, in)
	}
	return a, nil
}

func (q *request) day(text string) (date.Date, error) {
	d, err := date.Parse(text)
	if err != nil {
		return "", fault.New(fault.Invalid, "parameter.wrong", "the parameter %s cannot be read: %s", "on", text).For("on").Mend("Write it as 2020-03-14.")
	}
	return d, nil
}

// loan is one loan: what is owed, its schedule, how each row was computed, what was paid, and what it would take to pay it off.
func (q *request) loan() error {
	a, err := q.account()
	if err != nil {
		return err
	}
	l := a.loan
	name := q.borrowerName(l.Book, l.Borrower, l.Segment, l.Area)
	state := q.accountState(a)
	state.Pill = true
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: q.name(l.Book, "area", l.Area), Href: listing.Address(link("all"), "book", l.Book, "village", l.Village, "town", townUnless(l))}, view.Link{Label: l.ID}),
		Title: q.text("loan.title", l.ID), State: &state}
	if err := q.loanButtons(a, &heading); err != nil {
		return err
	}
	if a.state == nil {
		heading.Lead = q.write("loan.agreed", view.Link{Label: name, Href: link("borrower", l.Book, l.Borrower)}, q.money(l.Agreed))
		return q.show(heading, view.Columns{Record: true, Main: []view.Component{q.agreedSchedule(l)}, Side: []view.Component{q.terms(l)}})
	}
	arrears := a.state.Arrears()
	heading.Lead = q.write("loan.lead", view.Link{Label: name, Href: link("borrower", l.Book, l.Borrower)}, q.money(a.state.Disbursed), q.date(l.PaidOutOn()),
		view.FigureLink{Value: q.money(a.state.Outstanding()), Href: accountHref(l)}, q.date(a.on))
	history, err := l.History(q.ctx, q.db())
	if err != nil {
		return err
	}
	versions, err := l.Versions(q.ctx, q.db())
	if err != nil {
		return err
	}
	quote, err := q.payoff(a)
	if err != nil {
		return err
	}
	differences, err := q.loanStatements(l)
	if err != nil {
		return err
	}
	next := view.KeyFigure{Label: q.text("next"), Figure: view.FigureLink{Value: "–"}}
	if on, amount, ok := a.state.NextDue(); ok {
		next.Figure, next.Note = view.FigureLink{Value: q.key(amount), Href: "#schedule"}, q.date(lending.DateOf(on))
	}
	figures := view.KeyFigures{
		{Label: q.text("outstanding"), Figure: view.FigureLink{Value: q.key(a.state.Outstanding()), Href: accountHref(l)}, Note: q.text("of", q.money(a.state.Disbursed+a.state.Capitalised))},
		{Label: q.text("due.unpaid"), Figure: view.FigureLink{Value: q.key(arrears.Sum()), Href: "#schedule"}, Note: q.text("days-late", a.state.DaysPastDue())},
		next,
		{Label: q.text("paid"), Figure: view.FigureLink{Value: q.key(paidSum(a.state)), Href: "#receipts"}, Note: q.text("payments", payments(a.state))},
	}
	body := []view.Component{figures, q.schedule(a), q.computed(a), q.receipts(a)}
	if differences != nil {
		body = append(body, differences)
	}
	side := []view.Component{q.terms(l)}
	if l.Status != lending.Repaid { // nothing is left to settle
		side = []view.Component{quote, side[0]}
	}
	main := []view.Component{q.history(l, history), q.versions(l, versions)}
	return q.show(heading, append(body, view.Columns{Record: true, Main: main, Side: side})...)
}

// townUnless is the town of a loan that lies in no village.
func townUnless(l *lending.Loan) string {
	if l.Village == "" {
		return l.Town
	}
	return ""
}

// accountHref opens the account in the ledger that holds the principal.
func accountHref(l *lending.Loan) string {
	class := ledger.Loan
	if l.Status == lending.WrittenOff {
		class = ledger.WrittenOff
	}
	return ledgerHref(l.Book, class, l.ID)
}

// ledgerHref is the address of an account in the ledger.
func ledgerHref(book string, class ledger.Class, owner string) string {
	return "/accounts/" + url.PathEscape(book) + "/" + url.PathEscape(ledger.NewAccount(book, class, owner, "", "", "").ID)
}

func paidSum(s *servicing.State) (sum int64) {
	for i := range s.Receipts {
		sum += receiptAmount(&s.Receipts[i])
	}
	return sum
}

// receiptAmount is the money that a receipt is for; nothing when it only used what was held.
func receiptAmount(r *servicing.Receipt) int64 {
	if r.ID == "" {
		return 0
	}
	sum := r.Prepaid + r.Held
	for _, part := range r.Parts {
		sum += part.Amount
	}
	return sum
}

func payments(s *servicing.State) (n int) {
	for i := range s.Receipts {
		if s.Receipts[i].ID != "" {
			n++
		}
	}
	return n
}

// accountState is where the loan stands on the day.
func (q *request) accountState(a *account) view.State {
	line := lending.Line{Status: a.loan.Status, Extensions: a.loan.Extensions}
	if a.state != nil {
		line.Days, line.Due = int64(a.state.DaysPastDue()), a.state.Arrears().Sum()
	}
	state := q.lineState(line)
	if a.loan.Extensions > 0 {
		state.Word += q.text("and-extended")
	}
	return state
}

// loanButtons are what may be done with the loan.
func (q *request) loanButtons(a *account, h *view.Heading) error {
	l := a.loan
	may := func(kind string) bool {
		ok, err := q.visit.MayRecordIn(q.ctx, fact.Find(kind), l.Area)
		if err != nil {
			q.fault(err)
		}
		return ok
	}
	switch {
	case a.state == nil && may("loan-disbursement"):
		h.Buttons = append(h.Buttons, view.Button{Label: q.text("do.disburse"), Kind: view.Primary, Icon: "yuan", Href: listing.Address(form.Path+"/loan-disbursement", "loan", l.ID, "amount", fact.Money(l.Agreed).String())})
	case a.state != nil && l.Status != lending.Repaid && may("loan-repayment"):
		h.Buttons = append(h.Buttons, view.Button{Label: q.text("do.repay"), Kind: view.Primary, Icon: "yuan", Href: q.repayHref(l, q.suggested(a), "")})
	}
	if a.state != nil && l.Status == lending.Active && may("loan-extension") {
		h.Buttons = append(h.Buttons, view.Button{Label: q.text("do.extend"), Href: listing.Address(form.Path+"/loan-extension", "loan", l.ID, "outstanding", fact.Money(a.state.Outstanding()).String(), "from", string(q.nextUnpaid(a)))})
	}
	h.Buttons = append(h.Buttons, view.Button{Label: q.text("do.contract"), Icon: "document", Href: link("loan", l.Book, l.ID, "contract")})
	return q.err
}

// repayHref is the form of a repayment, filled in as far as it is known.
func (q *request) repayHref(l *lending.Loan, amount int64, excess string) string {
	text := ""
	if amount > 0 {
		text = fact.Money(amount).String()
	}
	return listing.Address(form.Path+"/loan-repayment", "loan", l.ID, "amount", text, "outlet", l.Outlet, "excess", excess)
}

// suggested is what a borrower who comes today most likely brings: what is due, or the next instalment.
func (q *request) suggested(a *account) int64 {
	if due := a.state.Arrears().Sum() - a.state.Suspense; due > 0 {
		return due
	}
	_, amount, _ := a.state.NextDue()
	return max(amount-a.state.Suspense, 0)
}

// nextUnpaid is the due date of the first row that is not paid.
func (q *request) nextUnpaid(a *account) date.Date {
	for i := range a.rows {
		if unpaid := a.rows[i].Unpaid(); a.rows[i].N > 0 && unpaid.Sum() > 0 {
			return lending.DateOf(a.rows[i].DueOn)
		}
	}
	return ""
}

// schedule is every instalment, ticks first.
func (q *request) schedule(a *account) view.Section {
	ticks := chart.Ticks{}
	var done, late, overdue, extended, all int
	for i := range a.rows {
		if a.rows[i].N == 0 {
			continue
		}
		ticks.Cells = append(ticks.Cells, a.rows[i].tick)
		all++
		switch a.rows[i].tick {
		case chart.TickExtended:
			all-- // it counts on the day to which it was put off
			extended++
		case chart.TickPaid:
			done++
		case chart.TickLate:
			done++
			late++
		case chart.TickOverdue:
			overdue++
		}
	}
	ticks.Name = q.text("ticks", done, all, late, overdue)
	head := view.SectionHead{ID: "schedule", Title: q.text("schedule"), Note: append(view.Plain(ticks.Name+" "), q.csvNote(link("loan", a.loan.Book, a.loan.ID, "schedule.csv"))...)}
	legend := view.Legend{{Class: "c-brand", Label: q.text("tick.paid")}, {Class: "c-warn", Label: q.text("tick.late")}, {Class: "c-bad", Label: q.text("tick.overdue")}, {Class: "c-bar ring", Label: q.text("tick.due")}}
	if extended > 0 {
		legend = append(legend, view.Key{Class: "c-warn dash", Label: q.text("tick.extended")})
	}
	t := q.rowListing(a).Table(q.page.Printer, q.URL)
	t.Total = q.rowTotal(a)
	return view.Section{Head: head, Parts: []view.Component{view.Drawing{Chart: ticks.SVG(), Legend: legend}, t}}
}

func (q *request) rowState(in instalment) view.State {
	switch {
	case in.tick == chart.TickExtended:
		return view.State{Kind: view.Running, Word: q.text("tick.extended")}
	case !in.due:
		return view.State{Kind: view.NotStarted, Word: q.text("tick.due")}
	case in.tick == chart.TickOverdue:
		return view.State{Kind: view.Failed, Word: q.text("tick.overdue")}
	case in.tick == chart.TickDue:
		return view.State{Kind: view.Needs, Word: q.text("due.now")}
	case in.tick == chart.TickLate:
		return view.State{Kind: view.Done, Word: q.text("tick.late")}
	}
	return view.State{Kind: view.Done, Word: q.text("tick.paid")}
}

// rowName is the number and the due date of a row.
func (q *request) rowName(in instalment) view.Cell {
	c := view.Cell{Text: q.text("row", in.N), Sub: q.date(lending.DateOf(in.DueOn))}
	if in.N == 0 {
		c.Text = q.text("row.fee")
	}
	return c
}

func (q *request) rowListing(a *account) listing.Listing[instalment] {
	money := func(key string, of func(instalment) int64) listing.Column[instalment] {
		return listing.Column[instalment]{Key: key, Kind: view.NumberColumn, Cell: func(in instalment) view.Cell { return view.Cell{Text: q.plain(of(in))} }, Plain: func(in instalment) string { return fact.Money(of(in)).String() }}
	}
	state := listing.Column[instalment]{Key: "state", Kind: view.StateColumn, Cell: func(in instalment) view.Cell {
		s := q.rowState(in)
		c := view.Cell{State: &s}
		if in.PaidOn > 0 {
			c.Sub = q.date(lending.DateOf(in.PaidOn))
		}
		return c
	}, Plain: func(in instalment) string {
		return [...]string{"due", "paid", "late", "overdue", "extended"}[in.tick]
	}}
	balance := listing.Column[instalment]{Key: "balance", Kind: view.NumberColumn, Cell: func(in instalment) view.Cell {
		if in.Account == nil || in.tick == chart.TickExtended {
			return view.Cell{Text: "–"}
		}
		return view.Cell{Text: q.plain(in.Account.Row.Balance)}
	}, Plain: func(in instalment) string {
		if in.Account == nil || in.tick == chart.TickExtended {
			return ""
		}
		return fact.Money(in.Account.Row.Balance).String()
	}}
	return listing.Listing[instalment]{Label: q.label, Rows: a.rows, Empty: view.Empty{Icon: "calendar", Title: q.text("empty.rows"), Text: q.text("empty.rows.why")}, Columns: []listing.Column[instalment]{
		{Key: "row", Cell: q.rowName, Plain: func(in instalment) string { return itoa(int64(in.N)) }},
		{Key: "due-on", Plain: func(in instalment) string { return string(lending.DateOf(in.DueOn)) }},
		state,
		money("principal", func(in instalment) int64 { return in.Due[servicing.Principal] + in.Moved[servicing.Principal] }),
		money("interest", func(in instalment) int64 { return in.Due[servicing.Interest] + in.Moved[servicing.Interest] }),
		money("charges", func(in instalment) int64 { return in.Due[servicing.Penalty] + in.Due[servicing.Fee] }),
		money("paid", func(in instalment) int64 { return in.Paid.Sum() }),
		money("unpaid", func(in instalment) int64 { u := in.Unpaid(); return u.Sum() }),
		balance,
		{Key: "moved", Plain: func(in instalment) string { return fact.Money(in.Moved.Sum()).String() }},
		{Key: "subsidy", Plain: func(in instalment) string { return fact.Money(in.Subsidy).String() }},
		{Key: "waived", Plain: func(in instalment) string { return fact.Money(in.Waived).String() }},
	}}
}

// plain writes an amount without its currency, for columns of them.
func (q *request) plain(fen int64) string {
	return q.words.Amount(fen, locale.Currency{Digits: 2})
}

func (q *request) rowTotal(a *account) []view.Cell {
	var due, paid servicing.Amounts
	for i := range a.rows {
		for c := range due {
			due[c] += a.rows[i].Due[c] // what was moved stands in its new row
			paid[c] += a.rows[i].Paid[c]
		}
	}
	left := due.Minus(paid)
	return []view.Cell{{Text: q.text("in-all")}, {Text: ""}, {Text: q.plain(due[servicing.Principal])}, {Text: q.plain(due[servicing.Interest])},
		{Text: q.plain(due[servicing.Penalty] + due[servicing.Fee])}, {Text: q.plain(paid.Sum())}, {Text: q.plain(left.Sum())}, {Text: ""}}
}

// computed tells of every row how its interest and principal came to be.
func (q *request) computed(a *account) view.Section {
	var rows []instalment
	for _, in := range a.rows {
		if in.Account != nil {
			rows = append(rows, in)
		}
	}
	l := listing.Listing[instalment]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "calendar", Title: q.text("empty.rows"), Text: q.text("empty.rows.why")}, Columns: []listing.Column[instalment]{
		{Key: "row", Cell: q.rowName},
		{Key: "formula", Cell: func(in instalment) view.Cell {
			c := view.Cell{Text: q.formula(in.Account)}
			if in.Account.Row.Interest != in.Account.Earned {
				c.Sub = q.text("interest.due-now", q.plain(in.Account.Row.Interest))
			}
			if late := in.Due[servicing.Penalty] + in.Waived + in.Moved[servicing.Penalty]; late > 0 {
				c.Sub = strings.TrimSpace(c.Sub + " " + q.text("late", q.plain(late), percent(a.state.Rate+a.loan.Terms().LateSurcharge), q.date(lending.DateOf(in.DueOn))))
			}
			return c
		}},
		{Key: "exact", Kind: view.NumberColumn, Cell: func(in instalment) view.Cell { return view.Cell{Text: q.trimmed(in.Account.Exact)} }},
		{Key: "rounded", Kind: view.NumberColumn, Cell: func(in instalment) view.Cell {
			return view.Cell{Text: q.plain(in.Account.Earned)}
		}},
		{Key: "principal", Kind: view.NumberColumn, Cell: func(in instalment) view.Cell { return view.Cell{Text: q.plain(in.Account.Row.Principal)} }},
		{Key: "rule", Cell: func(in instalment) view.Cell {
			return view.Cell{Text: q.text("rule."+in.Account.Reason(), q.plain(in.Account.Row.Level))}
		}},
	}}
	c := a.loan.Terms().Contract
	note := q.text("computed.note", q.choice("credit-product", "day_count", c.DayCount.String()), q.within(q.choice("credit-product", "rounding", c.Rounding.String())))
	return view.Section{Head: view.SectionHead{ID: "computed", Title: q.text("computed"), Note: view.Plain(note)}, Parts: []view.Component{l.Table(q.page.Printer, q.URL)}}
}

// formula is the interest of a row: balance × rate × part of a year, over each stretch of days.
func (q *request) formula(x *schedule.Explanation) string {
	var parts []string
	if x.Before != "" {
		parts = append(parts, q.text("earned-before", q.trimmed(x.Before)))
	}
	for _, s := range x.Stretches {
		if s.Units == 0 && len(x.Stretches) > 1 {
			continue
		}
		parts = append(parts, q.plain(s.Balance)+" × "+percent(s.Rate)+" × "+s.Fraction())
	}
	return strings.Join(parts, " + ")
}

// trimmed is an exact amount in yuan with at least its fen, cut to as many decimals as show how it rounds.
func (q *request) trimmed(exact string) string {
	const fewest, most = 2, 6
	whole, part, _ := strings.Cut(exact, ".")
	if yuan, err := strconv.ParseInt(whole, 10, 64); err == nil && whole != "-0" {
		whole = q.words.Count(yuan)
	}
	if len(part) > most {
		return whole + "." + part[:most] + "…"
	}
	return whole + "." + part + strings.Repeat("0", max(0, fewest-len(part)))
}

// agreedSchedule is the schedule of a loan that is not paid out yet.
func (q *request) agreedSchedule(l *lending.Loan) view.Component {
	return view.Section{Head: view.SectionHead{ID: "schedule", Title: q.text("schedule.agreed")}, Parts: []view.Component{q.contractRows(l)}}
}

// contractRows are the rows of the contract as it was signed.
func (q *request) contractRows(l *lending.Loan) view.Component {
	c := l.Terms().Contract
	rows, err := schedule.Schedule(nil, &c)
	if err != nil {
		q.fault(err)
	}
	t := view.Table{Empty: &view.Empty{Icon: "calendar", Title: q.text("empty.rows"), Text: q.text("empty.rows.why")}}
	for _, key := range []string{"row", "due-on", "principal", "interest", "total", "balance"} {
		col := view.Column{Label: q.text("column." + key)}
		if len(t.Columns) > 1 {
			col.Kind = view.NumberColumn
		}
		t.Columns = append(t.Columns, col)
	}
	var principal, interest int64
	for _, r := range rows {
		principal, interest = principal+r.Principal, interest+r.Interest
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: itoa(int64(r.N))}, {Text: q.date(lending.DateOf(r.DueOn))}, {Text: q.plain(r.Principal)}, {Text: q.plain(r.Interest)}, {Text: q.plain(r.Total())}, {Text: q.plain(r.Balance)}}})
	}
	t.Total = []view.Cell{{Text: q.text("in-all")}, {Text: ""}, {Text: q.plain(principal)}, {Text: q.plain(interest)}, {Text: q.plain(principal + interest)}, {Text: ""}}
	return t
}

// terms are what the contract says.
func (q *request) terms(l *lending.Loan) view.Component {
	return view.Section{Head: view.SectionHead{ID: "terms", Title: q.text("terms")}, Parts: []view.Component{q.termFacts(l)}}
}

func (q *request) termFacts(l *lending.Loan) view.Facts {
	t := l.Terms()
	c := t.Contract
	product := func(field, value string) view.Prose { return view.Plain(q.choice("credit-product", field, value)) }
	isolated := func(text string) view.Prose { return view.Prose{{Text: text, Isolated: true}} }
	to := func(label, href string) view.Prose { return view.Prose{{Link: &view.Link{Label: label, Href: href}}} }
	facts := view.Facts{
		{Name: q.text("column.product"), Value: view.Plain(q.name(l.Book, "credit-product", l.Product))},
		{Name: q.text("column.lender"), Value: view.Plain(q.name(l.Book, "party", l.Lender))},
		{Name: q.text("column.money"), Value: view.Plain(q.choice("loan-contract", "money", l.Money))},
		{Name: q.text("agreed"), Value: isolated(q.money(l.Agreed))},
		{Name: q.text("rate"), Value: isolated(percent(c.Rate))},
		{Name: q.text("reference"), Value: view.Plain(q.text("reference.less", percent(l.Reference), percent(l.Reference-c.Rate)))},
		{Name: q.text("method"), Value: product("method", c.Method.String())},
		{Name: q.text("day-count"), Value: product("day_count", c.DayCount.String())},
		{Name: q.text("rounding"), Value: product("rounding", c.Rounding.String())},
		{Name: q.text("surcharge"), Value: isolated(percent(t.LateSurcharge))},
		{Name: q.text("order"), Value: view.Plain(q.order(t))},
	}
	if c.Method == schedule.Flat { // what it really costs stands beside it
		rows, err := schedule.Schedule(nil, &c)
		if err != nil {
			q.fault(err)
		} else if rate, err := schedule.TrueRate(&c, rows); err == nil {
			facts = append(facts, view.Fact{Name: q.text("true-rate"), Value: isolated(percent(rate))})
		}
	}
	for _, g := range []struct {
		key string
		n   int
	}{{"grace-principal", c.GracePrincipal}, {"grace-interest", c.GraceInterestPayment}, {"grace-free", c.GraceInterestCharged}} {
		if g.n > 0 {
			facts = append(facts, view.Fact{Name: q.text(g.key), Value: view.Plain(q.text("rows", g.n))})
		}
	}
	if l.Pool != "" {
		facts = append(facts, view.Fact{Name: q.text("column.pool"), Value: to(q.name(l.Book, "pool", l.Pool), link("pool", l.Book, l.Pool))})
	}
	if l.Outlet != "" {
		facts = append(facts, view.Fact{Name: q.text("column.outlet"), Value: to(q.name(l.Book, "outlet", l.Outlet), link("outlet", l.Book, l.Outlet))})
	}
	if l.Class != "" {
		facts = append(facts, view.Fact{Name: q.text("filter.class"), Value: view.Plain(q.choice("loan-class", "class", l.Class))})
	}
	if l.Claimed > 0 {
		facts = append(facts, view.Fact{Name: q.text("called"), Value: view.Plain(q.text("called.of", q.money(l.Claimed), q.money(l.Recovered)))})
	}
	return facts
}

// order is the order in which a payment settles what is due.
func (q *request) order(t *servicing.Loan) string {
	order := t.Order
	if order == nil {
		order = []servicing.Component{servicing.Penalty, servicing.Fee, servicing.Interest, servicing.Principal}
	}
	var words []string
	for _, c := range order {
		words = append(words, q.text("component."+c.String()))
	}
	key := "order.rows"
	if t.Sweep == servicing.ComponentByComponent {
		key = "order.components"
	}
	return q.text(key, strings.Join(words, " → "))
}

// payoff is what would end the loan on a day.
func (q *request) payoff(a *account) (view.Component, error) {
	on := a.on
	section := view.Section{Head: view.SectionHead{ID: "payoff", Title: q.text("payoff")}}
	field := view.Field{Kind: view.DateField, Name: "payoff", Label: q.text("payoff.on"), Value: string(on)}
	state := a.state
	if asked := q.FormValue("payoff"); asked != "" {
		field.Value = asked
		d, err := date.Parse(asked)
		switch {
		case err != nil:
			field.Error = q.text("payoff.wrong")
		case d < a.loan.PaidOutOn():
			field.Error = q.text("payoff.early", q.date(a.loan.PaidOutOn()))
		default:
			on = d
			if state, err = a.loan.State(q.ctx, q.db(), on); err != nil {
				return nil, err
			}
		}
	}
	ask := view.Form{Action: link("loan", a.loan.Book, a.loan.ID) + "#payoff", Method: "get", Plain: true, Fields: []view.Component{field}, Buttons: []view.Button{{Label: q.text("payoff.do")}}}
	section.Parts = []view.Component{ask}
	if field.Error != "" {
		return section, nil
	}
	total, err := state.Payoff()
	if err != nil {
		return nil, err
	}
	arrears := state.Arrears()
	interest := total - arrears.Sum() - state.Undue - state.Deferred + state.Suspense
	line := func(key string, fen int64) view.Fact {
		return view.Fact{Name: q.text(key), Value: view.Prose{{Text: q.money(fen), Isolated: true}}}
	}
	facts := view.Facts{line("payoff.due", arrears.Sum()), line("payoff.undue", state.Undue), line("payoff.interest", interest)}
	if state.Deferred != 0 {
		facts = append(facts, line("payoff.deferred", state.Deferred))
	}
	if state.Suspense != 0 {
		facts = append(facts, line("payoff.held", -state.Suspense))
	}
	facts = append(facts, view.Fact{Name: q.text("payoff.total", q.date(on)), Value: view.Prose{{Text: q.money(total), Isolated: true}}})
	section.Parts = append(section.Parts, facts)
	may, err := q.visit.MayRecordIn(q.ctx, fact.Find("loan-repayment"), a.loan.Area)
	if err != nil {
		return nil, err
	}
	if may && total > 0 {
		section.Parts = append(section.Parts, view.Buttons{{Label: q.text("payoff.record"), Href: q.repayHref(a.loan, total, "payoff")}})
	}
	return section, nil
}

// receipt of a loan in a table.
type receiptLine struct {
	servicing.Receipt
	parts  servicing.Amounts
	amount int64
}

func receiptLines(s *servicing.State) []receiptLine {
	var list []receiptLine
	for i := range s.Receipts {
		r := receiptLine{Receipt: s.Receipts[i], amount: receiptAmount(&s.Receipts[i])}
		for _, part := range r.Parts {
			r.parts[part.Component] += part.Amount
		}
		r.parts[servicing.Principal] += r.Prepaid
		list = append(list, r)
	}
	return list
}

func (q *request) receiptListing(l *lending.Loan, rows []receiptLine) listing.Listing[receiptLine] {
	money := func(key string, of func(receiptLine) int64) listing.Column[receiptLine] {
		return listing.Column[receiptLine]{Key: key, Kind: view.NumberColumn, Cell: func(r receiptLine) view.Cell { return view.Cell{Text: q.plain(of(r))} }, Plain: func(r receiptLine) string { return fact.Money(of(r)).String() }}
	}
	return listing.Listing[receiptLine]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "yuan", Title: q.text("empty.receipts"), Text: q.text("empty.receipts.why")}, Columns: []listing.Column[receiptLine]{
		{Key: "paid-on", Cell: func(r receiptLine) view.Cell {
			c := view.Cell{Text: q.date(lending.DateOf(r.On))}
			if r.ID != "" {
				c.Href, c.Sub = link("loan", l.Book, l.ID, "receipt", r.ID), q.text("receipt")
			} else {
				c.Sub = q.text("from-held")
			}
			return c
		}, Plain: func(r receiptLine) string { return string(lending.DateOf(r.On)) }},
		{Key: "entry", Cell: func(r receiptLine) view.Cell {
			if r.ID == "" {
				return view.Cell{Text: "–"}
			}
			return view.Cell{Text: l.Book + ":" + r.ID, Href: "/entries/" + l.Book + "/" + r.ID}
		}, Plain: func(r receiptLine) string { return r.ID }},
		money("amount", func(r receiptLine) int64 { return r.amount }),
		money("charges", func(r receiptLine) int64 { return r.parts[servicing.Penalty] + r.parts[servicing.Fee] }),
		money("interest", func(r receiptLine) int64 { return r.parts[servicing.Interest] }),
		money("principal", func(r receiptLine) int64 { return r.parts[servicing.Principal] }),
		money("held", func(r receiptLine) int64 { return r.Held }),
	}}
}

// receipts are the payments and where they went.
func (q *request) receipts(a *account) view.Section {
	lines := receiptLines(a.state)
	slices.Reverse(lines)
	latest := lines[:min(len(lines), listing.PageSize)]
	note := view.Plain(q.latest("receipts", len(lines), listing.PageSize) + " ")
	return view.Section{Head: view.SectionHead{ID: "receipts", Title: q.text("receipts"), Note: append(note, q.csvNote(link("loan", a.loan.Book, a.loan.ID, "receipts.csv"))...)}, Parts: []view.Component{q.receiptListing(a.loan, latest).Table(q.page.Printer, q.URL)}}
}

// historyShown is how many of the latest events, and versions of the schedule, the page of a loan shows.
const historyShown = 30

// latest says how many of all of a list are shown: the latest, or every one.
func (q *request) latest(list string, all, shown int) string {
	if all <= shown {
		return q.text(list+".whole", all)
	}
	return q.text(list+".note", shown, all)
}

// history is what happened, the latest last.
func (q *request) history(l *lending.Loan, list []lending.Happening) view.Component {
	note := append(view.Plain(q.latest("history", len(list), historyShown)+" "), q.csvNote(link("loan", l.Book, l.ID, "history.csv"))...)
	section := view.Section{Head: view.SectionHead{ID: "history", Title: q.text("history"), Note: note}}
	if len(list) == 0 {
		section.Parts = []view.Component{view.Empty{Icon: "clock", Title: q.text("empty.history"), Text: q.text("empty.history.why")}}
		return section
	}
	var line view.Timeline
	for _, h := range list[max(len(list)-historyShown, 0):] {
		e := view.Event{Date: q.date(h.On), DateTime: string(h.On), Icon: "yuan", Title: q.text("event." + h.Name), Link: view.Link{Label: l.Book + ":" + itoa(h.Seq), Href: entryHref(l.Book, h.Seq)}}
		sum := func(fen int64) { e.Sum = &view.FigureLink{Value: q.money(fen), Href: entryHref(l.Book, h.Seq)} }
		switch act := h.Act.(type) {
		case servicing.Disbursement:
			sum(act.Amount)
			e.Node = view.County1Node
		case servicing.Payment:
			sum(act.Amount)
			e.Node = view.County1Node
		case servicing.Refund:
			sum(act.Amount)
		case servicing.Charge:
			sum(act.Amount)
		case servicing.Waiver:
			sum(act.Amount)
		case servicing.RateChange:
			e.Icon, e.Text = "trend", q.text("event.rate", percent(act.Rate))
		case servicing.Reversal:
			e.Icon, e.Text = "undo", q.text("event.reversed", l.Book+":"+act.Of)
		case servicing.Extension:
			e.Icon, e.Node, e.Text = "calendar", view.DecisionNode, q.extensionWords(act)
			e.Link = view.Link{Label: q.text("extension.open"), Href: link("loan", l.Book, l.ID, "extension", itoa(h.Seq))}
		}
		line = append(line, e)
	}
	section.Parts = []view.Component{line}
	return section
}

// extensionWords is what an extension changes, in a sentence.
func (q *request) extensionWords(x servicing.Extension) string {
	kind := []string{"move-one", "move-all", "principal-holiday", "longer-term"}[x.Kind]
	treatment := []string{"deferred", "capitalised", "forgiven", "subsidised"}[x.Treatment]
	text := q.choice("loan-extension", "kind", kind)
	if x.From > 0 {
		text = q.text("extension.from", text, q.date(lending.DateOf(x.From)))
	}
	if x.To > 0 {
		text = q.text("extension.to", text, q.date(lending.DateOf(x.To)))
	}
	return q.text("extension.interest", text, q.within(q.choice("loan-extension", "treatment", treatment)))
}

// versions are the versions of the schedule, each with its hash.
func (q *request) versions(l *lending.Loan, list []lending.Version) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("column.version")}, {Label: q.text("column.on")}, {Label: q.text("column.hash"), Kind: view.CodeColumn}}, Loose: true,
		Empty: &view.Empty{Icon: "document", Title: q.text("empty.versions"), Text: q.text("empty.versions.why")}}
	for _, v := range slices.Backward(list[max(len(list)-historyShown, 0):]) {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: itoa(v.Version), Href: entryHref(l.Book, v.Seq)}, {Text: q.date(v.On)}, {Text: view.Digest(v.Hash), Sub: q.text("contract.hash", view.Digest(v.Contract))}}})
	}
	note := append(view.Plain(q.latest("versions", len(list), historyShown)+" "), q.csvNote(link("loan", l.Book, l.ID, "versions.csv"))...)
	return view.Section{Head: view.SectionHead{ID: "versions", Title: q.text("versions"), Note: note}, Parts: []view.Component{t}}
}

func (q *request) versionsCSV() error {
	l, err := q.visible()
	if err != nil {
		return err
	}
	list, err := l.Versions(q.ctx, q.db())
	if err != nil {
		return err
	}
	return download(q, "versions-"+l.ID, listing.Listing[lending.Version]{Rows: list, Columns: []listing.Column[lending.Version]{
		{Key: "version", Plain: func(v lending.Version) string { return itoa(v.Version) }},
		{Key: "on", Plain: func(v lending.Version) string { return string(v.On) }},
		{Key: "entry", Plain: func(v lending.Version) string { return itoa(v.Seq) }},
		{Key: "contract", Plain: func(v lending.Version) string { return v.Contract }},
		{Key: "hash", Plain: func(v lending.Version) string { return v.Hash }},
	}})
}

func (q *request) historyCSV() error {
	l, err := q.visible()
	if err != nil {
		return err
	}
	list, err := l.History(q.ctx, q.db())
	if err != nil {
		return err
	}
	return download(q, "history-"+l.ID, listing.Listing[lending.Happening]{Rows: list, Columns: []listing.Column[lending.Happening]{
		{Key: "on", Plain: func(h lending.Happening) string { return string(h.On) }},
		{Key: "entry", Plain: func(h lending.Happening) string { return itoa(h.Seq) }},
		{Key: "event", Plain: func(h lending.Happening) string { return h.Name }},
		{Key: "amount", Plain: func(h lending.Happening) string { return happeningAmount(h.Act) }},
	}})
}

// happeningAmount is the money that an event is about, "" where it is about none.
func happeningAmount(act servicing.Act) string {
	fen := int64(0)
	switch act := act.(type) {
	case servicing.Disbursement:
		fen = act.Amount
	case servicing.Payment:
		fen = act.Amount
	case servicing.Refund:
		fen = act.Amount
	case servicing.Charge:
		fen = act.Amount
	case servicing.Waiver:
		fen = act.Amount
	default:
		return ""
	}
	return fact.Money(fen).String()
}

func (q *request) scheduleCSV() error {
	a, err := q.account()
	if err != nil {
		return err
	}
	if a.state == nil {
		return fault.New(fault.Conflict, "loan.not-out", "loan %s has not been paid out", a.loan.ID).For("loan").Mend("Record its disbursement first.")
	}
	l := q.rowListing(a)
	l.Columns = append(l.Columns, listing.Column[instalment]{Key: "account", Plain: func(in instalment) string {
		if in.Account == nil {
			return ""
		}
		return in.Account.String()
	}})
	return download(q, "schedule-"+a.loan.ID, l)
}

func (q *request) receiptsCSV() error {
	a, err := q.account()
	if err != nil {
		return err
	}
	var lines []receiptLine
	if a.state != nil {
		lines = receiptLines(a.state)
	}
	return download(q, "receipts-"+a.loan.ID, q.receiptListing(a.loan, lines))
}
