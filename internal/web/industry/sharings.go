package industry

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"lastmile/internal/dividend"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
	"lastmile/internal/notice"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// sharing is dividend money that a village shares out to households.
type sharing struct{ dividend.SharingState }

func (q *request) readSharings(ctx context.Context, book, id string) ([]sharing, error) {
	states, err := dividend.Sharings(ctx, q.db(), book, id)
	list := make([]sharing, len(states))
	for i, s := range states {
		list[i] = sharing{s}
	}
	return list, err
}

func (q *request) sharingRows(ctx context.Context, book string) ([]sharing, error) {
	if err := q.know(book, "party"); err != nil {
		return nil, err
	}
	return remembered(q, book, "sharings", func(s *sharing) string { return cmp.Or(s.Area, s.Book) }, func(ctx context.Context, book string) ([]sharing, error) {
		return q.readSharings(ctx, book, "")
	})
}

func (q *request) sharingState(s *sharing) view.State {
	switch {
	case s.Status != dividend.Approved && s.Board == nil:
		return view.State{Kind: view.Needs, Word: q.Text("industry.to-post")}
	case s.Status != dividend.Approved && s.Closes() >= q.today:
		return view.State{Kind: view.Running, Word: q.Text("industry.posted")}
	case s.Status != dividend.Approved:
		return view.State{Kind: view.Needs, Word: q.Text("industry.to-approve")}
	case s.Left > 0:
		return view.State{Kind: view.Running, Word: q.Text("industry.handing")}
	}
	return view.State{Kind: view.Done, Word: q.Text("industry.handed")}
}

// sharings lists what villages share out.
func (q *request) sharings() error {
	rows, err := each(q, q.sharingRows)
	if err != nil {
		return err
	}
	var amount, handed fact.Money
	households := 0
	for i := range rows {
		amount, handed, households = amount+rows[i].Fact.Amount, handed+rows[i].Handed(), households+len(rows[i].Fact.List)
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/sharings", Fields: fields})
	}
	heading := q.title("industry.sharings.title", q.write("industry.sharings.lead", len(rows), q.money(amount), households, q.money(handed)))
	heading.Buttons = q.button("dividend-sharing", view.Primary)
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "sharings", Title: q.Text("industry.sharings.count", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.dividendViews("/sharings")},
		Parts: append(parts, q.sharingListing(rows).Table(q.Printer, q.URL))})
}

func (q *request) sharingsCSV() error {
	rows, err := each(q, q.sharingRows)
	if err != nil {
		return err
	}
	return q.sharingListing(rows).CSV(q.w, q.URL, "sharings")
}

func (q *request) sharingListing(rows []sharing) listing.Listing[sharing] {
	page := func(s *sharing) string { return link("sharings", s.Book, s.ID) }
	money := func(key string, n func(*sharing) fact.Money) listing.Column[sharing] {
		return listing.Column[sharing]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b sharing) int { return cmp.Compare(n(&a), n(&b)) },
			Cell: func(s sharing) view.Cell { return q.sum(n(&s), page(&s)) }, Plain: func(s sharing) string { return decimal(n(&s)) }}
	}
	return listing.Listing[sharing]{
		Rows:  rows,
		Empty: view.Empty{Icon: "people", Title: q.Text("industry.sharings.empty"), Text: q.Text("industry.sharings.empty.text")},
		Columns: []listing.Column[sharing]{
			{Key: "sharing", Label: q.Text("industry.col.sharing"), Compare: func(a, b sharing) int { return strings.Compare(a.ID, b.ID) },
				Cell: func(s sharing) view.Cell {
					return view.Cell{Text: s.ID, Href: page(&s), Sub: q.called(s.Book, "party", s.Fact.Village)}
				},
				Plain: func(s sharing) string { return s.ID }},
			{Key: "state", Label: q.Text("industry.col.state"), Kind: view.StateColumn,
				Cell:  func(s sharing) view.Cell { state := q.sharingState(&s); return view.Cell{State: &state} },
				Plain: func(s sharing) string { return s.Status }},
			{Key: "until", Label: q.Text("industry.col.notice-until"), Compare: func(a, b sharing) int { return cmp.Compare(a.Closes(), b.Closes()) },
				Cell: func(s sharing) view.Cell { return view.Cell{Text: q.day(s.Closes())} }, Plain: func(s sharing) string { return string(s.Closes()) }},
			{Key: "households", Label: q.Text("industry.col.households"), Kind: view.NumberColumn, Compare: func(a, b sharing) int { return cmp.Compare(len(a.Fact.List), len(b.Fact.List)) },
				Cell:  func(s sharing) view.Cell { return q.count(int64(len(s.Fact.List)), page(&s)) },
				Plain: func(s sharing) string { return itoa(int64(len(s.Fact.List))) }},
			money("amount", func(s *sharing) fact.Money { return s.Fact.Amount }),
			money("handed", func(s *sharing) fact.Money { return s.Handed() }),
			{Key: "village", Plain: func(s sharing) string { return s.Fact.Village }},
			{Key: "dividend", Plain: func(s sharing) string { return s.Fact.Declaration }},
		},
	}
}

// findSharing reads the sharing of the address, when the visitor may see its village.
func (q *request) findSharing() (s sharing, list []dividend.Shared, err error) {
	book, id := q.PathValue("book"), q.PathValue("id")
	found, err := q.readSharings(q.Context(), book, id)
	if err != nil {
		return s, nil, err
	}
	if len(found) == 0 {
		return s, nil, missing(notice.SharingType, book, id)
	}
	s = found[0]
	if err := q.hidden(cmp.Or(s.Area, book)); err != nil {
		return s, nil, err
	}
	list, err = dividend.SharedOut(q.Context(), q.db(), book, s.Fact)
	return s, list, err
}

// sharing is one sharing: its notice, its approval, and the list of households with what each had.
func (q *request) sharing() error {
	s, list, err := q.findSharing()
	if err != nil {
		return err
	}
	decided, err := dividend.Decided(q.Context(), q.db(), s.Book, notice.SharingType, s.ID)
	if err != nil {
		return err
	}
	plan, err := dividend.PlanOf(q.Context(), q.db(), s.Book, s.Fact)
	if err != nil {
		return err
	}
	buttons, err := q.sharingButtons(&s)
	if err != nil {
		return err
	}
	state := q.sharingState(&s)
	state.Pill = true
	village := q.called(s.Book, "party", s.Fact.Village)
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.dividends"), Href: "/dividends"}, {Label: q.Text("industry.sharings"), Href: "/sharings"}, {Label: s.ID}},
		Title:  q.Text("industry.sharing", q.publicName(s.Book, s.Fact.Village)), State: &state, Buttons: buttons,
		Lead: q.write("industry.sharing.lead", q.money(s.Fact.Amount), len(list), q.money(s.Handed()), int64(len(list))-s.waiting(list)),
	}
	if s.Handed() == 0 {
		heading.Lead = q.write("industry.sharing.none", q.money(s.Fact.Amount), len(list))
	}
	approval := view.Plain(q.Text("industry.not-approved"))
	hangs, objections, where := view.Plain(q.Text("industry.not-posted", plan.Notice)), view.Plain(q.NotRecorded()), view.Plain(q.NotRecorded())
	if s.Board != nil {
		hangs = append(q.entryLink(s.Book, s.Board.Seq), view.Phrase{Text: " " + q.Text("industry.notice-from", q.Date(s.Board.On), q.Date(s.Board.Until), plan.Notice)})
		objections = view.Plain(q.Text("industry.objections", s.Board.Raised, s.Board.Raised-s.Board.Open, s.Board.Upheld))
		where = view.Plain(q.Name(s.Board.Place))
	}
	if decided != nil {
		approval = append(view.Prose{{Text: q.Date(decided.On) + " "}}, q.entryLink(s.Book, decided.Seq)...)
	}
	facts := view.Facts{
		{Name: q.Text("industry.col.village"), Value: linked(village, link("parties", s.Book, s.Fact.Village))},
		{Name: q.Text("industry.dividends"), Value: linked(s.Fact.Declaration, link("dividends", s.Book, s.Fact.Declaration))},
		{Name: q.Text("industry.col.amount"), Value: isolated(q.exact(s.Fact.Amount))},
		{Name: q.Text("industry.notice-days"), Value: hangs},
		{Name: q.Text("industry.where"), Value: where},
		{Name: q.Text("industry.objection"), Value: objections},
		{Name: q.Text("industry.approved"), Value: approval},
		{Name: q.Text("industry.defined"), Value: q.entryLink(s.Book, s.Seq)},
	}
	return q.show(heading, view.Columns{
		Main: []view.Component{view.Section{Head: view.SectionHead{ID: "list", Title: q.Text("industry.households", len(list)), Note: q.download(link("sharings", s.Book, s.ID) + "/list.csv")},
			Parts: []view.Component{q.sharedListing(&s, list).Table(q.Printer, q.URL)}}},
		Side: []view.Component{view.Section{Head: view.SectionHead{ID: "about", Title: q.Text("industry.about")}, Parts: []view.Component{facts}}},
	})
}

// waiting is how many households have not had their share; all of them before the approval.
func (s *sharing) waiting(list []dividend.Shared) int64 {
	if s.Status != dividend.Approved {
		return int64(len(list))
	}
	return s.Waiting
}

// sharingButtons lead to what comes next, and to the notice as it hangs.
func (q *request) sharingButtons(s *sharing) ([]view.Button, error) {
	var list []view.Button
	switch {
	case s.Status != dividend.Approved && s.Board == nil:
		n, err := dividend.FreezeSharing(q.Context(), q.db(), s.Book, s.ID)
		if err != nil {
			return nil, err
		}
		return q.button("notice", view.Primary, "id", "N-"+s.ID, "sharing", s.ID, "title", n.Title, "area", n.Area, "days", itoa(n.Days), "day_kind", n.DayKind,
			"list", strings.Join(n.List, fact.ListSeparator), "hash", n.Hash, "lines", strings.Join(n.Lines, fact.ListSeparator)), nil
	case s.Status != dividend.Approved && s.Closes() >= q.today:
		list = q.button("notice-objection", view.Primary, "notice", s.Board.ID)
	case s.Status != dividend.Approved && s.Board.Open > 0:
		list = q.button("objection-answer", view.Primary)
	case s.Status != dividend.Approved && s.Board.Upheld == 0:
		list = q.button("dividend-sharing-approval", view.Primary, "sharing", s.ID)
	case s.Left > 0:
		list = q.button("dividend-share", view.Primary, "sharing", s.ID)
	}
	if s.Board != nil {
		list = append(list, view.Button{Label: q.Text("industry.notice"), Icon: "print", Href: "/notices/" + url.PathEscape(s.Book) + "/" + url.PathEscape(s.Board.ID)})
	}
	return list, nil
}

func (q *request) sharingCSV() error {
	s, list, err := q.findSharing()
	if err != nil {
		return err
	}
	return q.sharedListing(&s, list).CSV(q.w, q.URL, "sharing-"+s.ID)
}

func (q *request) sharedListing(s *sharing, rows []dividend.Shared) listing.Listing[dividend.Shared] {
	type row = dividend.Shared
	account := func(household string) string {
		return link("accounts", s.Book, ledger.NewAccount(s.Book, ledger.Recipient, household, "", s.ID, "").ID)
	}
	return listing.Listing[row]{
		Rows: rows, Anchor: "list",
		Empty: view.Empty{Icon: "people", Title: q.Text("industry.list.empty"), Text: q.Text("industry.sharings.empty.text")},
		Columns: []listing.Column[row]{
			{Key: "household", Label: q.Text("industry.col.household"), Compare: func(a, b row) int { return strings.Compare(a.Household, b.Household) },
				Cell: func(h row) view.Cell {
					return view.Cell{Text: h.Household, Href: q.householdHref(s.Book, h.Household)}
				},
				Plain: func(h row) string { return h.Household }},
			{Key: "parts", Label: q.Text("industry.col.parts"), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(a.Parts, b.Parts) },
				Cell: func(h row) view.Cell { return view.Cell{Text: q.Count(h.Parts)} }, Plain: func(h row) string { return itoa(h.Parts) }},
			{Key: "amount", Label: q.Text("industry.col.amount"), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(a.Amount, b.Amount) },
				Cell: func(h row) view.Cell {
					cell := view.Cell{Text: q.exact(h.Amount)}
					if h.Seq > 0 {
						cell.Href = account(h.Household)
					}
					return cell
				}, Plain: func(h row) string { return decimal(h.Amount) }},
			{Key: "receipt", Label: q.Text("industry.col.receipt"), Compare: func(a, b row) int { return strings.Compare(a.Receipt, b.Receipt) },
				Cell: func(h row) view.Cell {
					if h.Seq == 0 {
						return view.Cell{Text: q.Text("industry.not-handed")}
					}
					return view.Cell{Text: h.Receipt, Href: entryHref(s.Book, h.Seq), Sub: q.Date(h.On)}
				}, Plain: func(h row) string { return h.Receipt }},
			{Key: "handed-on", Plain: func(h row) string { return string(h.On) }},
		},
	}
}
