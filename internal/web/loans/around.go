package loans

import (
	"cmp"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
	"lastmile/internal/lending"
	"lastmile/internal/web/form"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

// named is the thing of the path of the address, when it is recorded.
func (q *request) named(typ string) (*scope, entity.Entity, error) {
	s, err := q.scopeOf()
	if err != nil {
		return nil, entity.Entity{}, err
	}
	id := q.PathValue("id")
	for _, book := range []string{s.book, entity.Headquarters} {
		e, ok, err := entity.Get(q.ctx, q.db(), book, typ, id)
		if err != nil || ok {
			return s, e, err
		}
	}
	return nil, entity.Entity{}, fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", typ, id, s.book).For("loan").Mend("Correct the code.")
}

// borrower is one borrower with all their loans.
func (q *request) borrower() error {
	s, e, err := q.named("party")
	if err != nil {
		return err
	}
	f := s.filter()
	f.Is["borrower"], f.Sort = e.ID, listing.SortKey(q.URL, "-disbursed")
	sums, err := q.sums(f)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = listing.PageSize, listing.Offset(q.URL, int(sums.Loans))
	lines, err := lending.Find(q.ctx, q.db(), f)
	if err != nil {
		return err
	}
	name := e.ID
	if len(lines) > 0 {
		name = q.borrowerName(s.book, e.ID, lines[0].Segment, lines[0].Area)
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: q.name(s.book, "area", e.Area)}, view.Link{Label: e.ID}), Title: name,
		Lead:    q.write("borrower.lead", sums.Loans, q.key(sums.Disbursed), q.key(sums.Outstanding), q.key(sums.Due)),
		Buttons: []view.Button{{Label: q.text("borrower.party"), Href: "/parties/" + s.book + "/" + e.ID}}}
	l := q.lineListing(lines, "-disbursed", view.Empty{Icon: "card", Title: q.text("empty.borrower"), Text: q.text("empty.borrower.why")})
	l.Total, l.Offset = int(sums.Loans), f.Offset
	csv := listing.Address(link("all.csv"), "book", s.book, "borrower", e.ID)
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "loans", Title: q.text("loans", sums.Loans), Note: q.csvNote(csv)}, Parts: []view.Component{l.Table(q.page.Printer, q.URL)}})
}

// outlet is a counter: what is owed there, what is due and what is late.
func (q *request) outlet() error {
	s, e, err := q.named("outlet")
	if err != nil {
		return err
	}
	sums := map[string]lending.Sums{}
	var late []lending.Line
	offset := 0
	for key, narrow := range map[string]func(*lending.Filter){"all": func(*lending.Filter) {}, "active": func(f *lending.Filter) { f.Is["status"] = lending.Active },
		"arrears": func(f *lending.Filter) { f.PastDue, f.Sort = true, listing.SortKey(q.URL, "-days") },
		"due":     func(f *lending.Filter) { f.DueFrom, f.DueUntil = s.day, s.day.AddDays(soonDays) }} {
		f := s.filter()
		f.Is["outlet"] = e.ID
		narrow(&f)
		if sums[key], err = q.sums(f); err != nil {
			return err
		}
		if key == "arrears" {
			offset = listing.Offset(q.URL, int(sums[key].Loans))
			f.Limit, f.Offset = listing.PageSize, offset
			if late, err = lending.Find(q.ctx, q.db(), f); err != nil {
				return err
			}
		}
	}
	at := func(key string) string { return listing.Address(link(key), "book", s.book, "outlet", e.ID) }
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: q.name(s.book, "area", e.Area)}, view.Link{Label: q.asOf(s)}), Title: q.name(s.book, "outlet", e.ID),
		Lead: q.write("outlet.lead", sums["active"].Loans, q.key(sums["active"].Outstanding), q.name(s.book, "party", e.Parent))}
	figures := view.KeyFigures{
		{Label: q.text("outstanding"), Figure: view.FigureLink{Value: q.sum(sums["active"].Outstanding), Href: listing.Address(link("all"), "book", s.book, "outlet", e.ID, "status", lending.Active)}, Note: q.text("loans", sums["active"].Loans)},
		{Label: q.text("due.soon", soonDays), Figure: view.FigureLink{Value: q.sum(sums["due"].NextDue), Href: at("due")}, Note: q.text("loans", sums["due"].Loans)},
		{Label: q.text("arrears"), Figure: view.FigureLink{Value: q.sum(sums["arrears"].Due), Href: at("arrears")}, Note: q.text("loans", sums["arrears"].Loans)},
		{Label: q.text("granted"), Figure: view.FigureLink{Value: q.sum(sums["all"].Disbursed), Href: at("all")}, Note: q.text("loans", sums["all"].Loans)},
	}
	empty := view.Empty{Icon: "check", Title: q.text("empty.arrears"), Text: q.text("empty.arrears.why")}
	if s.open {
		for _, i := range []int{1, 2} { // due soon and in arrears
			figures[i].Figure.Value, figures[i].Note = locale.NotApplicable, q.text("never")
		}
		empty = view.Empty{Icon: "clock", Title: q.text("never"), Text: q.text("never.why")}
	}
	l := q.lineListing(late, "-days", empty)
	l.Total, l.Offset = int(sums["arrears"].Loans), offset
	return q.show(heading, figures, view.Section{Head: view.SectionHead{ID: "arrears", Title: q.text("arrears"), Note: q.csvNote(listing.Address(link("arrears.csv"), "book", s.book, "outlet", e.ID))}, Parts: []view.Component{l.Table(q.page.Printer, q.URL)}})
}

// poolLine is a pool in the list.
type poolLine struct {
	entity.Entity
	lending.PoolAccount
	multiple int64
}

// findPools lists the pools of a book with their accounts. A pool belongs to all of the book: those who serve a part of it see none.
func (q *request) findPools(s *scope) ([]poolLine, error) {
	if len(s.areas) > 0 {
		return nil, nil
	}
	list, err := entity.Find(q.ctx, q.db(), entity.Filter{Book: s.book, Type: "pool"})
	if err != nil {
		return nil, err
	}
	var lines []poolLine
	for _, e := range list {
		l := poolLine{Entity: e}
		if l.PoolAccount, _, err = lending.ReadPool(q.ctx, q.db(), s.book, e.ID); err != nil {
			return nil, err
		}
		terms, err := q.poolTerms(e)
		if err != nil {
			return nil, err
		}
		l.multiple = terms.Multiple
		lines = append(lines, l)
	}
	return lines, nil
}

func (q *request) poolListing(rows []poolLine) listing.Listing[poolLine] {
	money := func(key string, of func(poolLine) int64) listing.Column[poolLine] {
		return listing.Column[poolLine]{Key: key, Kind: view.NumberColumn, Compare: func(a, b poolLine) int { return cmp.Compare(of(a), of(b)) },
			Cell: func(p poolLine) view.Cell { return view.Cell{Text: q.sum(of(p))} }, Plain: func(p poolLine) string { return fact.Money(of(p)).String() }}
	}
	return listing.Listing[poolLine]{Label: q.label, Rows: rows, Sort: "pool", Empty: view.Empty{Icon: "shield", Title: q.text("empty.pools"), Text: q.text("empty.pools.why")}, Columns: []listing.Column[poolLine]{
		{Key: "pool", Compare: func(a, b poolLine) int { return strings.Compare(a.ID, b.ID) },
			Cell: func(p poolLine) view.Cell {
				return view.Cell{Text: q.name(p.Book, "pool", p.ID), Href: link("pool", p.Book, p.ID), Sub: p.ID}
			},
			Plain: func(p poolLine) string { return p.ID }},
		{Key: "state", Kind: view.StateColumn, Cell: func(p poolLine) view.Cell { state := q.poolState(p.Status); return view.Cell{State: &state} }, Plain: func(p poolLine) string { return p.Status }},
		money("contributed", func(p poolLine) int64 { return p.Contributed - p.Released }),
		money("pool-balance", func(p poolLine) int64 { return p.Balance }),
		money("guaranteed", func(p poolLine) int64 { return p.Guaranteed }),
		money("room", func(p poolLine) int64 { return max(p.multiple*p.Balance-p.Guaranteed, 0) }),
		money("granted", func(p poolLine) int64 { return p.Granted }),
		money("called", func(p poolLine) int64 { return p.Called - p.Recovered }),
	}}
}

func (q *request) poolState(status string) view.State {
	if status == lending.Stopped {
		return view.State{Kind: view.Failed, Word: q.choice("pool-status", "status", status)}
	}
	return view.State{Kind: view.Running, Word: q.text("pool.lending")}
}

func (q *request) pools() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	lines, err := q.findPools(s)
	if err != nil {
		return err
	}
	var balance, guaranteed int64
	for _, p := range lines {
		balance, guaranteed = balance+p.Balance, guaranteed+p.Guaranteed
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}), Title: q.text("pools"), Lead: q.write("pools.lead", len(lines), q.key(balance), q.key(guaranteed))}
	return q.show(heading, q.bookFilter(s, link("pools")), view.Section{Head: view.SectionHead{ID: "pools", Title: q.text("pools.n", len(lines)), Note: q.csvNote(listing.CSVHref(q.URL))}, Parts: []view.Component{q.poolListing(lines).Table(q.page.Printer, q.URL)}})
}

// bookFilter chooses the book where there are several.
func (q *request) bookFilter(s *scope, action string) view.Component {
	fields := q.bookField(s)
	if len(fields) == 0 {
		return nil
	}
	return view.Filters{Action: action, Fields: fields}
}

func (q *request) poolsCSV() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	lines, err := q.findPools(s)
	if err != nil {
		return err
	}
	return download(q, "pools", q.poolListing(lines))
}

// poolTerms are the terms of a pool, as the fact that defines it has them.
func (q *request) poolTerms(e entity.Entity) (*lending.Pool, error) {
	f, err := q.defining(e)
	if err != nil {
		return nil, err
	}
	return f.(*lending.Pool), nil
}

// visiblePool is the pool of the address for those who serve its whole book.
func (q *request) visiblePool() (*scope, entity.Entity, error) {
	s, e, err := q.named("pool")
	if err == nil && len(s.areas) > 0 {
		err = fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", q.visit.Person, e.Area).For("area").Mend("Choose an area that you serve.")
	}
	return s, e, err
}

// pool is one pool: three ratios with both their parts, its limit, what came in, what it paid and what came back.
func (q *request) pool() error {
	s, e, err := q.visiblePool()
	if err != nil {
		return err
	}
	a, calls, err := lending.ReadPool(q.ctx, q.db(), s.book, e.ID)
	if err != nil {
		return err
	}
	terms, err := q.poolTerms(e)
	if err != nil {
		return err
	}
	capital := a.Contributed - a.Released
	room := max(terms.Multiple*a.Balance-a.Guaranteed, 0)
	account := ledgerHref(s.book, ledger.Pool, e.ID)
	loans := listing.Address(link("all"), "book", s.book, "pool", e.ID)
	state := q.poolState(e.Status)
	state.Pill = true
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: q.text("pools"), Href: listing.Address(link("pools"), "book", s.book)}, view.Link{Label: e.ID}), Title: q.name(s.book, "pool", e.ID), State: &state,
		Lead: q.write("pool.lead", view.FigureLink{Value: q.key(a.Balance), Href: account}, view.FigureLink{Value: q.key(a.Guaranteed), Href: loans}, terms.Multiple, q.key(room))}
	figures := view.KeyFigures{
		{Label: q.text("pool.contributed"), Figure: view.FigureLink{Value: q.sum(capital), Href: listing.Address("/postings", "book", s.book, "account", ledger.NewAccount(s.book, ledger.Pool, e.ID, "", "", "").ID, "flow", "pool-contribution")}},
		{Label: q.text("pool.balance"), Figure: view.FigureLink{Value: q.sum(a.Balance), Href: account}},
		{Label: q.text("granted"), Figure: view.FigureLink{Value: q.sum(a.Granted), Href: loans}},
		{Label: q.text("pool.called"), Figure: view.FigureLink{Value: q.sum(a.Called), Href: "#calls"}, Note: q.text("pool.recovered", q.sum(a.Recovered))},
	}
	ratios := q.ratioListing(leverage(a)).Table(q.page.Printer, q.URL)
	rules := view.Facts{
		{Name: q.text("pool.holder"), Value: view.Plain(q.name(s.book, "party", terms.Holder))},
		{Name: q.text("pool.multiple"), Value: view.Plain(itoa(terms.Multiple))},
		{Name: q.text("pool.room"), Value: view.Prose{{Text: q.money(room), Isolated: true}}},
		{Name: q.text("pool.trigger"), Value: view.Plain(q.text("pool.trigger.days", terms.Trigger))},
		{Name: q.text("pool.share"), Value: view.Plain(terms.Share + "%")},
		{Name: q.text("pool.base"), Value: view.Plain(q.choice("pool", "base", terms.Base))},
		{Name: q.text("pool.loan-max"), Value: view.Plain(q.limit(int64(terms.LoanMax)))},
		{Name: q.text("pool.year-max"), Value: view.Plain(q.limit(int64(terms.YearMax)))},
	}
	t := q.callListing(s.book, calls).Table(q.page.Printer, q.URL)
	for _, kind := range []string{"pool-contribution", "guarantee-call", "pool-status"} {
		if ok, err := q.visit.MayRecordIn(q.ctx, fact.Find(kind), e.Area); err != nil {
			return err
		} else if ok {
			heading.Buttons = append(heading.Buttons, view.Button{Label: q.words.KindNamed(kind), Href: listing.Address(form.Path+"/"+kind, "pool", e.ID)})
		}
	}
	side := []view.Component{view.Section{Head: view.SectionHead{ID: "rules", Title: q.text("pool.rules")}, Parts: []view.Component{rules}}}
	main := []view.Component{
		view.Section{Head: view.SectionHead{ID: "ratios", Title: q.text("ratios"), Note: append(view.Plain(q.text("ratios.note")+" "), q.csvNote(link("pool", s.book, e.ID, "ratios.csv"))...)}, Parts: []view.Component{ratios}},
		view.Section{Head: view.SectionHead{ID: "calls", Title: q.text("calls"), Note: q.csvNote(link("pool", s.book, e.ID, "calls.csv"))}, Parts: []view.Component{t}},
	}
	return q.show(heading, figures, view.Columns{Main: main, Side: side})
}

// ratio is one reading of a pool's leverage, with both its parts in fen.
type ratio struct {
	key          string
	above, below int64
}

// leverage are the three readings of a pool's leverage.
func leverage(a lending.PoolAccount) []ratio {
	capital := a.Contributed - a.Released
	return []ratio{{"granted", a.Granted, capital}, {"beyond", a.Granted - a.GrantedByPool, capital}, {"outstanding", a.Outstanding, a.Balance}}
}

// times is the ratio to three decimals; "" when there is nothing to divide by.
func (r ratio) times() string {
	if r.below <= 0 {
		return ""
	}
	return times(r.above, r.below)
}

func (q *request) ratioListing(rows []ratio) listing.Listing[ratio] {
	money := func(key string, of func(ratio) int64) listing.Column[ratio] {
		return listing.Column[ratio]{Key: key, Kind: view.NumberColumn, Cell: func(r ratio) view.Cell { return view.Cell{Text: q.money(of(r))} }, Plain: func(r ratio) string { return fact.Money(of(r)).String() }}
	}
	return listing.Listing[ratio]{Label: q.label, Rows: rows, Columns: []listing.Column[ratio]{
		{Key: "ratio", Cell: func(r ratio) view.Cell {
			return view.Cell{Text: q.text("ratio." + r.key), Sub: q.text("ratio." + r.key + ".is")}
		}, Plain: func(r ratio) string { return r.key }},
		money("above", func(r ratio) int64 { return r.above }),
		money("below", func(r ratio) int64 { return r.below }),
		{Key: "times", Kind: view.NumberColumn, Cell: func(r ratio) view.Cell { return view.Cell{Text: cmp.Or(r.times(), "–")} }, Plain: ratio.times},
	}}
}

func (q *request) ratiosCSV() error {
	s, e, err := q.visiblePool()
	if err != nil {
		return err
	}
	a, _, err := lending.ReadPool(q.ctx, q.db(), s.book, e.ID)
	if err != nil {
		return err
	}
	return download(q, "ratios-"+e.ID, q.ratioListing(leverage(a)))
}

// times is a ratio to three decimals, rounded half up.
func times(above, below int64) string {
	const thousand = 1000
	whole, rest := above/below, above%below
	return figure.FormatDecimal(whole*thousand+(rest*2*thousand+below)/(2*below), 3)
}

func (q *request) limit(fen int64) string {
	if fen == 0 {
		return q.text("no-limit")
	}
	return q.money(fen)
}

func (q *request) callListing(book string, rows []lending.Call) listing.Listing[lending.Call] {
	money := func(key string, of func(lending.Call) int64) listing.Column[lending.Call] {
		return listing.Column[lending.Call]{Key: key, Kind: view.NumberColumn, Cell: func(c lending.Call) view.Cell { return view.Cell{Text: q.money(of(c))} }, Plain: func(c lending.Call) string { return fact.Money(of(c)).String() }}
	}
	return listing.Listing[lending.Call]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "check", Title: q.text("empty.calls"), Text: q.text("empty.calls.why")}, Columns: []listing.Column[lending.Call]{
		{Key: "id", Cell: func(c lending.Call) view.Cell { return view.Cell{Text: c.Loan, Href: link("loan", book, c.Loan)} }, Plain: func(c lending.Call) string { return c.Loan }},
		{Key: "on", Cell: func(c lending.Call) view.Cell { return view.Cell{Text: q.date(c.On), Href: entryHref(book, c.Seq)} }, Plain: func(c lending.Call) string { return string(c.On) }},
		money("base", func(c lending.Call) int64 { return c.Base }),
		money("amount", func(c lending.Call) int64 { return c.Amount }),
		money("lender-bears", func(c lending.Call) int64 { return c.Base - c.Amount }),
		money("recovered", func(c lending.Call) int64 { return c.Recovered }),
	}}
}

func (q *request) callsCSV() error {
	s, e, err := q.visiblePool()
	if err != nil {
		return err
	}
	_, calls, err := lending.ReadPool(q.ctx, q.db(), s.book, e.ID)
	if err != nil {
		return err
	}
	return download(q, "calls-"+e.ID, q.callListing(s.book, calls))
}
