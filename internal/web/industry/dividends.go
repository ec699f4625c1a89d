package industry

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
	"lastmile/internal/notice"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// period is a declared dividend beside its plan.
type period struct {
	dividend.Year
	book, county string
	seq          int64
	plan         *dividend.Plan
	board        *dividend.Board // nil before its list is up in public
}

// closes is the last day of the notice; "" before there is one.
func (p *period) closes() date.Date {
	if p.board == nil {
		return ""
	}
	return p.board.Until
}

// periods reads the declarations of a book, and its plans. They concern a county's villages together.
func (q *request) periods(ctx context.Context, book string) ([]period, error) {
	list, err := remembered(q, book, "dividends", func(p *period) string { return p.county }, q.readPeriods)
	asked := q.FormValue("plan")
	return slices.DeleteFunc(list, func(p period) bool { return asked != "" && p.plan.ID != asked }), err
}

func (q *request) readPeriods(ctx context.Context, book string) ([]period, error) {
	plans, err := fact.Things[dividend.Plan](ctx, q.db(), book, "dividend-plan", "", "")
	if err != nil {
		return nil, err
	}
	var list []period
	for _, p := range plans {
		years, err := dividend.Years(ctx, q.db(), book, p.ID, q.today)
		if err != nil {
			return nil, err
		}
		for _, y := range years {
			e, err := q.thing(book, "dividend-declaration", y.ID)
			if err != nil {
				return nil, err
			}
			board, err := dividend.BoardOf(ctx, q.db(), book, notice.DividendType, y.ID)
			if err != nil {
				return nil, err
			}
			list = append(list, period{Year: y, book: book, county: book, seq: e.Seq, plan: p.Fact, board: board})
		}
	}
	return list, nil
}

// planned reads the plans of a book.
func (q *request) planned(ctx context.Context, book string) ([]fact.Thing[dividend.Plan], error) {
	list, err := remembered(q, book, "dividend plans", func(*fact.Thing[dividend.Plan]) string { return book }, func(ctx context.Context, book string) ([]fact.Thing[dividend.Plan], error) {
		return fact.Things[dividend.Plan](ctx, q.db(), book, "dividend-plan", "", "")
	})
	asked := q.FormValue("plan")
	return slices.DeleteFunc(list, func(p fact.Thing[dividend.Plan]) bool { return asked != "" && p.ID != asked }), err
}

// dividends lists plans, and what was declared and paid under them.
func (q *request) dividends() error {
	rows, err := each(q, q.periods)
	if err != nil {
		return err
	}
	plans, err := each(q, q.planned)
	if err != nil {
		return err
	}
	var declared, paid, short fact.Money
	for _, p := range rows {
		declared, paid, short = declared+p.Amount, paid+p.Paid, short+p.Shortfall
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/dividends", Fields: fields})
	}
	heading := q.title("industry.dividends.title", q.write("industry.dividends.lead", len(rows), q.money(declared), q.money(paid), q.money(short)))
	heading.Buttons = slices.Concat(q.button("dividend-declaration", view.Primary), q.button("dividend-plan", view.Ghost))
	return q.show(heading,
		view.Section{Head: view.SectionHead{ID: "periods", Title: q.Text("industry.periods", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.dividendViews("/dividends")},
			Parts: append(parts, q.periodListing(rows).Table(q.Printer, q.URL))},
		view.Section{Head: view.SectionHead{ID: "plans", Title: q.Text("industry.plans", len(plans)), Note: q.write("industry.plans.note")}, Parts: []view.Component{q.plans(plans)}})
}

func (q *request) dividendViews(current string) []view.Link {
	views := []view.Link{{Label: q.Text("industry.dividends"), Href: "/dividends"}, {Label: q.Text("industry.uses"), Href: "/dividends/uses"}, {Label: q.Text("industry.sharings"), Href: "/sharings"}}
	for i := range views {
		views[i].Current = views[i].Href == current
	}
	return views
}

func (q *request) dividendsCSV() error {
	rows, err := each(q, q.periods)
	if err != nil {
		return err
	}
	return q.periodListing(rows).CSV(q.w, q.URL, "dividends")
}

func (q *request) periodState(p *period) view.State {
	switch {
	case p.Status != dividend.Approved && p.board == nil:
		return view.State{Kind: view.Needs, Word: q.Text("industry.to-post")}
	case p.Status != dividend.Approved && p.closes() >= q.today:
		return view.State{Kind: view.Running, Word: q.Text("industry.posted")}
	case p.Status != dividend.Approved:
		return view.State{Kind: view.Needs, Word: q.Text("industry.to-approve")}
	case p.Paid < p.Amount:
		return view.State{Kind: view.Running, Word: q.Text("industry.paying")}
	}
	return view.State{Kind: view.Done, Word: q.Text("industry.paid")}
}

func (q *request) periodListing(rows []period) listing.Listing[period] {
	page := func(p *period) string { return link("dividends", p.book, p.ID) }
	money := func(key string, n func(*period) fact.Money) listing.Column[period] {
		return listing.Column[period]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b period) int { return cmp.Compare(n(&a), n(&b)) },
			Cell: func(p period) view.Cell { return q.sum(n(&p), page(&p)) }, Plain: func(p period) string { return decimal(n(&p)) }}
	}
	return listing.Listing[period]{
		Rows:  rows,
		Empty: view.Empty{Icon: "yuan", Title: q.Text("industry.dividends.empty"), Text: q.Text("industry.dividends.empty.text")},
		Columns: []listing.Column[period]{
			{Key: "dividend", Label: q.Text("industry.col.dividend"), Compare: func(a, b period) int { return strings.Compare(a.ID, b.ID) },
				Cell:  func(p period) view.Cell { return view.Cell{Text: p.ID, Href: page(&p), Sub: q.Name(p.plan.Name)} },
				Plain: func(p period) string { return p.ID }},
			{Key: "state", Label: q.Text("industry.col.state"), Kind: view.StateColumn,
				Cell:  func(p period) view.Cell { s := q.periodState(&p); return view.Cell{State: &s} },
				Plain: func(p period) string { return p.Status }},
			{Key: "period", Label: q.Text("industry.col.period"), Compare: func(a, b period) int { return cmp.Compare(a.From, b.From) },
				Cell: func(p period) view.Cell {
					return view.Cell{Text: q.Text("industry.from-until", q.Date(p.From), q.Date(p.Until))}
				},
				Plain: func(p period) string { return string(p.From) + "/" + string(p.Until) }},
			money("guaranteed", func(p *period) fact.Money { return p.Guaranteed }),
			money("declared", func(p *period) fact.Money { return p.Amount }),
			money("paid", func(p *period) fact.Money { return p.Paid }),
			money("shortfall", func(p *period) fact.Money { return p.Shortfall }),
			{Key: "posted-until", Plain: func(p period) string { return string(p.closes()) }},
			{Key: "plan", Plain: func(p period) string { return p.Plan }},
		},
	}
}

// plans are what investors undertake. Nothing in them counts as paid.
func (q *request) plans(list []fact.Thing[dividend.Plan]) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.Text("industry.plan")}, {Label: q.Text("industry.col.term")}, {Label: q.Text("industry.col.rate"), Kind: view.NumberColumn}, {Label: q.Text("industry.col.guaranteed-year"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "yuan", Title: q.Text("industry.plans.empty"), Text: q.Text("industry.plans.empty.text")}}
	for _, p := range list {
		rate := q.NotRecorded()
		if p.Fact.Rate > 0 {
			rate = strings.TrimSuffix(strings.TrimRight(fact.Money(p.Fact.Rate).String(), "0"), ".") + "%"
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.Name(p.Name), Href: entryHref(p.Book, p.Seq), Sub: q.called(p.Book, "investment", p.Parent), Grade: grade(p.Grade)},
			{Text: q.Text("industry.years", p.Fact.Years, q.Date(p.Fact.Begins))}, {Text: rate}, {Text: q.money(p.Fact.Guaranteed)}}})
	}
	return t
}

// findDividend reads the declaration of the address, when the visitor may see its county.
func (q *request) findDividend() (p period, err error) {
	book, id := q.PathValue("book"), q.PathValue("id")
	if err := q.hidden(book); err != nil {
		return p, err
	}
	list, err := remembered(q, book, "dividends", func(p *period) string { return p.county }, q.readPeriods)
	if err != nil {
		return p, err
	}
	for _, p := range list {
		if p.ID == id {
			return p, nil
		}
	}
	return p, missing("dividend-declaration", book, id)
}

// dividend is one declaration: its notice, its approval, and the list of villages with what each was paid.
func (q *request) dividend() error {
	p, err := q.findDividend()
	if err != nil {
		return err
	}
	lines, err := q.lines(&p)
	if err != nil {
		return err
	}
	decided, err := reading.Remember(q.Context(), q.read.Book(p.book), "dividend decided "+p.ID, func(ctx context.Context) (*dividend.Decision, error) {
		return dividend.Decided(ctx, q.db(), p.book, notice.DividendType, p.ID)
	})
	if err != nil {
		return err
	}
	state := q.periodState(&p)
	state.Pill = true
	villages := 0
	for _, l := range lines {
		if l.Paid > 0 {
			villages++
		}
	}
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.dividends"), Href: "/dividends"}, {Label: q.area(p.book), Href: link("areas", p.book)}, {Label: p.ID}},
		Title:  q.Text("industry.dividend", p.ID), State: &state,
		Lead: q.write("industry.dividend.lead", q.money(p.Amount), len(lines), q.Date(p.From), q.Date(p.Until), q.money(p.Paid), villages),
	}
	switch {
	case p.Status != dividend.Approved && p.board == nil:
		freeze, err := q.postButton(&p)
		if err != nil {
			return err
		}
		heading.Buttons = freeze
	case p.Status != dividend.Approved && p.closes() >= q.today:
		heading.Buttons = q.button("notice-objection", view.Primary, "notice", p.board.ID)
	case p.Status != dividend.Approved && p.board.Open > 0:
		heading.Buttons = q.button("objection-answer", view.Primary)
	case p.Status != dividend.Approved && p.board.Upheld == 0:
		heading.Buttons = q.button("dividend-approval", view.Primary, "declaration", p.ID)
	case p.Status == dividend.Approved && p.Paid < p.Amount:
		heading.Buttons = q.button("dividend-payment", view.Primary, "declaration", p.ID)
	}
	heading.Buttons = append(heading.Buttons, view.Button{Label: q.Text("industry.notice"), Icon: "print", Href: link("dividends", p.book, p.ID, "notice")})
	figures := view.KeyFigures{
		{Label: q.Text("industry.col.guaranteed"), Figure: view.FigureLink{Value: q.money(p.Guaranteed), Href: "#about"}, Note: q.Text("industry.forecast-only")},
		{Label: q.Text("industry.col.declared"), Figure: view.FigureLink{Value: q.money(p.Amount), Href: entryHref(p.book, p.seq)}},
		{Label: q.Text("industry.col.paid"), Figure: view.FigureLink{Value: q.money(p.Paid), Href: listing.Address("/postings", "book", p.book, "flow", "dividend")}, Note: q.Text("industry.villages-of", villages, len(lines))},
		{Label: q.Text("industry.col.shortfall"), Figure: view.FigureLink{Value: q.money(p.Shortfall), Href: "#about"}, Note: q.Text("industry.shortfall.note")},
	}
	approval := view.Plain(q.Text("industry.not-approved"))
	hangs, objections, where := view.Plain(q.Text("industry.not-posted", p.plan.Notice)), view.Plain(q.NotRecorded()), view.Plain(q.NotRecorded())
	if p.board != nil {
		hangs = append(q.entryLink(p.book, p.board.Seq), view.Phrase{Text: " " + q.Text("industry.notice-from", q.Date(p.board.On), q.Date(p.board.Until), p.plan.Notice)})
		objections = view.Plain(q.Text("industry.objections", p.board.Raised, p.board.Raised-p.board.Open, p.board.Upheld))
		where = view.Plain(q.Name(p.board.Place))
	}
	if decided != nil {
		approval = q.entryLink(p.book, decided.Seq)
		approval = append(view.Prose{{Text: q.Date(decided.On) + " "}}, approval...)
	}
	facts := view.Facts{
		{Name: q.Text("industry.plan"), Value: linked(q.Name(p.plan.Name), "/dividends?plan="+p.Plan)},
		{Name: q.Text("industry.formula"), Value: view.Plain(q.choice("dividend-declaration", "formula", p.Formula))},
		{Name: q.Text("industry.notice-days"), Value: hangs},
		{Name: q.Text("industry.where"), Value: where},
		{Name: q.Text("industry.objection"), Value: objections},
		{Name: q.Text("industry.approved"), Value: approval},
		{Name: q.Text("industry.defined"), Value: q.entryLink(p.book, p.seq)},
	}
	return q.show(heading, figures, view.Columns{
		Main: []view.Component{view.Section{Head: view.SectionHead{ID: "list", Title: q.Text("industry.list", len(lines)), Note: q.download(link("dividends", p.book, p.ID) + "/list.csv")},
			Parts: []view.Component{q.lineListing(&p, lines).Table(q.Printer, q.URL)}}},
		Side: []view.Component{view.Section{Head: view.SectionHead{ID: "about", Title: q.Text("industry.about")}, Parts: []view.Component{facts}}},
	})
}

func (q *request) lines(p *period) ([]dividend.Line, error) {
	if err := q.know(p.book, "party"); err != nil {
		return nil, err
	}
	return reading.Remember(q.Context(), q.read.Book(p.book), "dividend lines "+p.ID, func(ctx context.Context) ([]dividend.Line, error) {
		return dividend.Lines(ctx, q.db(), p.book, p.ID)
	})
}

func (q *request) dividendCSV() error {
	p, err := q.findDividend()
	if err != nil {
		return err
	}
	lines, err := q.lines(&p)
	if err != nil {
		return err
	}
	return q.lineListing(&p, lines).CSV(q.w, q.URL, "dividend-"+p.ID)
}

func (q *request) lineListing(p *period, rows []dividend.Line) listing.Listing[dividend.Line] {
	type row = dividend.Line
	return listing.Listing[row]{
		Rows: rows, Anchor: "list",
		Empty: view.Empty{Icon: "map", Title: q.Text("industry.list.empty"), Text: q.Text("industry.list.empty.text")},
		Columns: []listing.Column[row]{
			{Key: "village", Label: q.Text("industry.col.village"), Compare: func(a, b row) int { return strings.Compare(a.Village, b.Village) },
				Cell: func(l row) view.Cell {
					return view.Cell{Text: q.called(p.book, "party", l.Village), Href: link("parties", p.book, l.Village)}
				},
				Plain: func(l row) string { return l.Village }},
			{Key: "amount", Label: q.Text("industry.col.amount"), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(a.Amount, b.Amount) },
				Cell: func(l row) view.Cell { return view.Cell{Text: q.exact(l.Amount)} }, Plain: func(l row) string { return decimal(l.Amount) }},
			{Key: "paid", Label: q.Text("industry.col.paid"), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(a.Paid, b.Paid) },
				Cell: func(l row) view.Cell {
					if l.Paid == 0 {
						return view.Cell{Text: q.exact(0)}
					}
					return view.Cell{Text: q.exact(l.Paid), Href: entryHref(p.book, l.Seq)}
				}, Plain: func(l row) string { return decimal(l.Paid) }},
			{Key: "voucher", Label: q.Text("industry.col.voucher"), Kind: view.WholeColumn, Compare: func(a, b row) int { return strings.Compare(a.Voucher, b.Voucher) },
				Cell: func(l row) view.Cell {
					if l.Voucher == "" {
						return view.Cell{Text: q.Text("industry.owed", q.exact(l.Amount-l.Paid))}
					}
					return view.Cell{Text: l.Voucher, Sub: q.Date(l.Last)}
				}, Plain: func(l row) string { return l.Voucher }},
			{Key: "paid-on", Plain: func(l row) string { return string(l.Last) }},
			{Key: "name", Plain: func(l row) string { return q.called(p.book, "party", l.Village) }},
		},
	}
}

// dividendNotice is the list as it hangs on the board: of villages, which are public, and of nobody else. Names of persons that a village's collective might carry
// are masked as those of people are.
func (q *request) dividendNotice() error {
	p, err := q.findDividend()
	if err != nil {
		return err
	}
	lines, err := q.lines(&p)
	if err != nil {
		return err
	}
	hangs, where := q.Text("industry.not-posted", p.plan.Notice), q.write("industry.notice.draft")
	if p.board != nil {
		hangs = q.Text("industry.notice-from", q.Date(p.board.On), q.Date(p.board.Until), p.plan.Notice)
		where = q.write("industry.notice.where", q.Date(p.board.Until), q.Name(p.board.Place))
	}
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.Text("industry.col.no"), Kind: view.TextColumn}, {Label: q.Text("industry.col.village")}, {Label: q.Text("industry.col.amount"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "map", Title: q.Text("industry.list.empty"), Text: q.Text("industry.list.empty.text")}}
	for i, l := range lines {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: itoa(int64(i + 1))}, {Text: q.publicName(p.book, l.Village)}, {Text: q.exact(l.Amount)}}})
	}
	if len(t.Rows) > 0 {
		t.Total = []view.Cell{{Text: q.Text("industry.total")}, {Text: q.Text("industry.villages", len(lines))}, {Text: q.exact(p.Amount)}}
	}
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.dividends"), Href: "/dividends"}, {Label: p.ID, Href: link("dividends", p.book, p.ID)}, {Label: q.Text("industry.notice")}},
		Title:  q.Text("industry.notice.title"), Lead: q.write("industry.notice.lead", len(lines), q.money(p.Amount)),
	}, view.Notice{
		Facts: view.Facts{
			{Name: q.Text("industry.plan"), Value: view.Plain(q.Name(p.plan.Name))},
			{Name: q.Text("industry.col.period"), Value: view.Plain(q.Text("industry.from-until", q.Date(p.From), q.Date(p.Until)))},
			{Name: q.Text("industry.formula"), Value: view.Plain(q.choice("dividend-declaration", "formula", p.Formula))},
			{Name: q.Text("industry.notice-days"), Value: view.Plain(hangs)},
		},
		Table: t, Where: where,
	})
}

// postButton leads to the form of the notice of a declaration's list, filled in with the list as it is frozen.
func (q *request) postButton(p *period) ([]view.Button, error) {
	n, err := dividend.Freeze(q.Context(), q.db(), p.book, p.ID)
	if err != nil {
		return nil, err
	}
	return q.button("notice", view.Primary, "id", "N-"+p.ID, "dividend", p.ID, "title", n.Title, "area", n.Area, "days", itoa(n.Days), "day_kind", n.DayKind,
		"list", strings.Join(n.List, fact.ListSeparator), "hash", n.Hash), nil
}

// publicName is a village's name as its area has it; that of a collective in no area shows its first letter alone.
func (q *request) publicName(book, party string) string {
	e, err := q.thing(book, "party", party)
	if err == nil && e.Area != "" && e.Class == "village-collective" {
		return q.area(e.Area)
	}
	name := []rune(q.called(book, "party", party))
	for i := range name {
		if i > 0 && unicode.IsLetter(name[i]) {
			name[i] = '×'
		}
	}
	return string(name)
}

// spent is what a village did with its dividends.
type spent struct {
	*dividend.Spending
	book, area string
}

func (q *request) spendings(ctx context.Context, book string) ([]spent, error) {
	return remembered(q, book, "spendings", func(s *spent) string { return s.area }, q.readSpendings)
}

func (q *request) readSpendings(ctx context.Context, book string) ([]spent, error) {
	if err := q.know(book, "party"); err != nil {
		return nil, err
	}
	all, err := dividend.Spent(ctx, q.db(), book, q.today)
	if err != nil {
		return nil, err
	}
	list := make([]spent, 0, len(all))
	for _, village := range slices.Sorted(maps.Keys(all)) {
		e, err := q.thing(book, "party", village)
		if err != nil {
			return nil, err
		}
		list = append(list, spent{all[village], book, cmp.Or(e.Area, book)})
	}
	return list, nil
}

// uses lists what villages did with their dividends.
func (q *request) uses() error {
	rows, err := each(q, q.spendings)
	if err != nil {
		return err
	}
	var received, works, posts, shared, left fact.Money
	for _, s := range rows {
		received, works, posts, shared, left = received+s.Received, works+s.Works, posts+s.Posts, shared+s.Shared, left+s.Left+s.SetAside
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/dividends/uses", Fields: fields})
	}
	heading := q.title("industry.uses.title", q.write("industry.uses.lead", len(rows), q.money(received), q.money(works), q.money(posts), q.money(shared), q.money(left)))
	heading.Buttons = slices.Concat(q.button("dividend-use", view.Primary), q.button("dividend-sharing", view.Ghost))
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "uses", Title: q.Text("industry.villages", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.dividendViews("/dividends/uses")},
		Parts: append(parts, q.useListing(rows).Table(q.Printer, q.URL))})
}

func (q *request) usesCSV() error {
	rows, err := each(q, q.spendings)
	if err != nil {
		return err
	}
	return q.useListing(rows).CSV(q.w, q.URL, "dividend-uses")
}

func (q *request) useListing(rows []spent) listing.Listing[spent] {
	account := func(s *spent) string {
		return link("accounts", s.book, ledger.NewAccount(s.book, ledger.Collective, s.Village, "", "", "").ID)
	}
	money := func(key string, n func(*spent) fact.Money) listing.Column[spent] {
		return listing.Column[spent]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b spent) int { return cmp.Compare(n(&a), n(&b)) },
			Cell: func(s spent) view.Cell { return q.sum(n(&s), account(&s)) }, Plain: func(s spent) string { return decimal(n(&s)) }}
	}
	return listing.Listing[spent]{
		Rows:  rows,
		Empty: view.Empty{Icon: "map", Title: q.Text("industry.uses.empty"), Text: q.Text("industry.uses.empty.text")},
		Columns: []listing.Column[spent]{
			{Key: "village", Label: q.Text("industry.col.village"), Compare: func(a, b spent) int { return strings.Compare(a.Village, b.Village) },
				Cell: func(s spent) view.Cell {
					return view.Cell{Text: q.called(s.book, "party", s.Village), Href: link("parties", s.book, s.Village)}
				},
				Plain: func(s spent) string { return s.Village }},
			money("received", func(s *spent) fact.Money { return s.Received }),
			money("works", func(s *spent) fact.Money { return s.Works }),
			money("posts", func(s *spent) fact.Money { return s.Posts }),
			money("shared", func(s *spent) fact.Money { return s.Shared }),
			money("set-aside", func(s *spent) fact.Money { return s.SetAside }),
			money("left", func(s *spent) fact.Money { return s.Left }),
		},
	}
}
