package households

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"rsc.io/qr"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

func noticeHref(book, id string) string {
	return NoticesPath + "/" + url.PathEscape(book) + "/" + url.PathEscape(id)
}

// postedNotice is a notice in a list. Its entry is read when it is shown.
type postedNotice struct {
	entity.Entity
	*notice.Posted
	on date.Date
}

// noticeState says whether a notice still hangs.
func (q *request) noticeState(until date.Date) view.State {
	if until >= q.today {
		return view.State{Kind: view.Running, Word: q.text("households.notice.hangs")}
	}
	return view.State{Kind: view.Done, Word: q.text("households.notice.over")}
}

// noticeRows are the notices that the address asks for, the newest first. They are public.
func (q *request) noticeRows() ([]*postedNotice, error) {
	all, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Type: notice.Type, Area: q.FormValue("area"), Text: strings.TrimSpace(q.FormValue("text"))})
	if err != nil {
		return nil, err
	}
	now, err := q.p.guard.Reading(q.Context())
	if err != nil {
		return nil, err
	}
	days, err := reading.Remember(q.Context(), now.Results, "days of notices", func(ctx context.Context) (map[[2]string]date.Date, error) {
		return notice.Days(ctx, q.p.store.DB)
	})
	if err != nil {
		return nil, err
	}
	list := make([]*postedNotice, len(all))
	for i, e := range all {
		list[i] = &postedNotice{Entity: e, on: days[[2]string{e.Book, e.ID}]}
	}
	slices.SortStableFunc(list, func(a, b *postedNotice) int {
		return cmp.Or(cmp.Compare(b.on, a.on), strings.Compare(a.Book, b.Book), cmp.Compare(b.Seq, a.Seq))
	})
	return list, nil
}

// load reads the entry of a notice, with the masked lines.
func (q *request) load(n *postedNotice) (err error) {
	n.Posted, err = notice.Read(q.Context(), q.p.store.DB, n.Entity)
	return err
}

func (q *request) noticeListing(rows []*postedNotice) listing.Listing[*postedNotice] {
	area := func(n *postedNotice) string {
		name, err := q.named(entity.Headquarters, "area", n.Area)
		if err != nil {
			return n.Area
		}
		return name
	}
	return listing.Listing[*postedNotice]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "notice", Title: q.text("households.notices.none"), Text: q.text("households.notices.none.why")}, Columns: []listing.Column[*postedNotice]{
		{Key: "notice", Compare: func(a, b *postedNotice) int { return strings.Compare(a.ID, b.ID) }, Plain: func(n *postedNotice) string { return n.ID },
			Cell: func(n *postedNotice) view.Cell {
				return view.Cell{Text: q.words.Name(n.Name), Href: noticeHref(n.Book, n.ID), Sub: n.ID}
			}},
		{Key: "area", Compare: func(a, b *postedNotice) int { return strings.Compare(a.Area, b.Area) }, Plain: func(n *postedNotice) string { return n.Area },
			Cell: func(n *postedNotice) view.Cell {
				return view.Cell{Text: area(n), Href: listing.Address(NoticesPath, "area", n.Area)}
			}},
		{Key: "from", Compare: func(a, b *postedNotice) int { return cmp.Compare(a.on, b.on) }, Plain: func(n *postedNotice) string { return string(n.on) }, Cell: func(n *postedNotice) view.Cell { return view.Cell{Text: q.day(n.on)} }},
		{Key: "until", Plain: func(n *postedNotice) string { return string(n.Until) }, Cell: func(n *postedNotice) view.Cell { return view.Cell{Text: q.day(n.Until)} }},
		{Key: "listed", Kind: view.NumberColumn, Plain: func(n *postedNotice) string { return itoa(len(n.List)) }, Cell: func(n *postedNotice) view.Cell { return view.Cell{Text: q.words.Count(int64(len(n.List)))} }},
		{Key: "state", Kind: view.StateColumn, Plain: func(n *postedNotice) string {
			return "" + map[bool]string{true: "posted", false: "over"}[n.Until >= q.today]
		},
			Cell: func(n *postedNotice) view.Cell { s := q.noticeState(n.Until); return view.Cell{State: &s} }},
	}}
}

// notices lists what hangs on the boards and what did.
func (q *request) notices() error {
	rows, err := q.noticeRows()
	if err != nil {
		return err
	}
	l := q.noticeListing(rows)
	for _, n := range l.Page(q.URL) {
		if err := q.load(n); err != nil {
			return err
		}
	}
	filters := view.Filters{Action: NoticesPath, Find: q.text("households.find.do"), Fields: []view.Field{{Name: "text", Label: q.text("households.notices.find"), Value: q.FormValue("text"), MaxLength: 80}}}
	return q.show(view.Heading{Title: q.text("households.notices.title"), Lead: view.Plain(q.text("households.notices.lead", len(rows)))}, q.section("notices", filters, l.Table(q.words.Printer, q.URL), q.download(listing.CSVHref(q.URL))))
}

func (q *request) noticesCSV() error {
	rows, err := q.noticeRows()
	if err != nil {
		return err
	}
	for _, n := range rows {
		if err := q.load(n); err != nil {
			return err
		}
	}
	return q.noticeListing(rows).CSV(q.w, q.URL, "notices")
}

// notice is a notice as it hangs: masked by whoever froze its list, and so for everybody. It prints on A4, or on A3 for the board. What was said against it
// and the photograph of the board are for those who serve the area.
func (q *request) notice() error {
	book, id := q.PathValue("book"), q.PathValue("id")
	row, ok, err := entity.Get(q.Context(), q.p.store.DB, book, notice.Type, id)
	if err != nil {
		return err
	}
	if !ok {
		return missing("notice", id, book)
	}
	n := &postedNotice{Entity: row}
	if err := q.load(n); err != nil {
		return err
	}
	area, err := q.named(entity.Headquarters, "area", n.Area)
	if err != nil {
		return err
	}
	address := q.absolute(noticeHref(book, id))
	code, err := drawCode(address)
	if err != nil {
		return err
	}
	list, err := q.board(n)
	if err != nil {
		return err
	}
	state := q.noticeState(n.Until)
	state.Pill = true
	poster := q.FormValue("paper") == "a3"
	heading := view.Heading{Crumbs: []view.Link{{Label: q.text("households.notices.title"), Href: NoticesPath}, {Label: area, Href: listing.Address(NoticesPath, "area", n.Area)}, {Label: n.ID}}, Title: q.words.Name(n.Title), State: &state,
		Lead: view.Plain(q.text("households.notice.lead", area, len(n.List), q.day(n.Entry.On), q.day(n.Until)))}
	if poster {
		heading.Buttons = []view.Button{{Label: q.text("households.notice.a4"), Icon: "print", Href: noticeHref(book, id)}}
	} else {
		heading.Buttons = []view.Button{{Label: q.text("households.notice.a3"), Icon: "print", Href: noticeHref(book, id) + "?paper=a3"}}
	}
	board := view.Notice{A3: poster, Code: code, CodeText: q.text("households.notice.verify"), Table: list, Facts: view.Facts{
		{Name: q.text("households.column.area"), Value: view.Plain(area)},
		{Name: q.text("households.column.place"), Value: view.Plain(n.Place)},
		{Name: q.text("households.column.from"), Value: view.Plain(q.day(n.Entry.On))},
		{Name: q.text("households.column.until"), Value: view.Plain(q.text("households.step.days."+n.DayKind, n.Days) + q.words.Pick(", to ", "，至") + q.day(n.Until))},
		{Name: q.text("households.notice.hash"), Value: view.Prose{{Text: view.Digest(n.Hash), Isolated: true}}},
	}, Where: view.Plain(q.text("households.notice.where", q.day(n.Until)))}
	body := []view.Component{q.section("board", board)}
	if sees, err := q.sees(n.Area); err != nil {
		return err
	} else if sees && !poster { // a poster shows the board and nothing else
		said, err := q.objections(n)
		if err != nil {
			return err
		}
		body = append(body, said, q.boardPhotos(&n.Entry))
		if q.mayRecord("notice-objection") {
			heading.Buttons = append(heading.Buttons, view.Button{Label: q.text("households.notice.object"), Icon: "talk", Href: record("notice-objection", "notice", n.ID, "book", book, "answer_by", string(q.today.AddDays(answerDays)))})
		}
		heading.Buttons = append(heading.Buttons, q.noticeOf(book, n.Notice)...)
	}
	return q.show(heading, body...)
}

// noticeOf leads to what a notice is of.
func (q *request) noticeOf(book string, n *notice.Notice) []view.Button {
	path := func(folder, id string) string {
		return "/" + folder + "/" + url.PathEscape(book) + "/" + url.PathEscape(id)
	}
	switch {
	case n.Case != "":
		return []view.Button{{Label: q.text("households.story.case"), Icon: "layers", Href: caseHref(book, n.Case)}}
	case n.Dividend != "":
		return []view.Button{{Label: q.text("households.notice.dividend"), Icon: "yuan", Href: path("dividends", n.Dividend)}}
	case n.Sharing != "":
		return []view.Button{{Label: q.text("households.notice.dividend"), Icon: "yuan", Href: path("sharings", n.Sharing)}}
	}
	return nil
}

// answerDays is how many days the form proposes for the answer to an objection; whoever records it may change the day.
const answerDays = 7

// board is the masked list. The number of a line says which one an objection is about.
func (q *request) board(n *postedNotice) (view.Table, error) {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.number")}, {Label: q.text("households.column.name")}, {Label: q.text("households.column.shown")}},
		Empty: &view.Empty{Icon: "lock", Title: q.text("households.notice.erased"), Text: q.text("households.notice.erased.why")}}
	if n.Sharing != "" {
		t.Columns[2].Label = q.text("households.column.portion")
	}
	if n.Dividend != "" { // of villages and what each is to be paid: they are public
		t.Columns[1].Label, t.Columns[2].Label = q.text("households.column.village"), q.text("households.column.money")
		rows, err := q.villageRows(n)
		if err != nil {
			return t, err
		}
		t.Rows = rows
	}
	for i, line := range n.Lines {
		name, rest, _ := strings.Cut(line, " ")
		if rest == "" {
			rest = q.text("households.step.none")
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: itoa(i + 1)}, {Text: name}, {Text: rest}}})
	}
	if len(n.Lines) == 0 && len(n.List) == 1 && n.List[0] == n.Area { // of a village or county: it has no people on it
		area, err := q.named(entity.Headquarters, "area", n.Area)
		if err != nil {
			return t, err
		}
		t.Columns = []view.Column{t.Columns[0], {Label: q.text("households.column.area")}}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: "1"}, {Text: area}}})
	}
	return t, nil
}

// villageRows are the villages on the list of a dividend, with their amounts.
func (q *request) villageRows(n *postedNotice) ([]view.Row, error) {
	parties, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: n.Book, Type: "party", Class: "village-collective"})
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(parties))
	for _, e := range parties {
		names[e.ID] = q.words.Name(e.Name)
	}
	rows := make([]view.Row, len(n.List))
	for i, line := range n.List {
		village, amount, _ := strings.Cut(line, "=")
		rows[i] = view.Row{Cells: []view.Cell{{Text: itoa(i + 1)}, {Text: cmp.Or(names[village], village)}, {Text: amount}}}
	}
	return rows, nil
}

// objections are what was said against a notice, by when it is to be answered, and the answers.
func (q *request) objections(n *postedNotice) (view.Component, error) {
	raised, err := notice.Objections(q.Context(), q.p.store.DB, n.Book, n.Entity.ID)
	if err != nil {
		return nil, err
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.objection")}, {Label: q.text("households.column.about")}, {Label: q.text("households.column.from")}, {Label: q.text("households.column.answer-by")}, {Label: q.text("households.column.answer")}, {Label: q.text("households.column.state"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "check", Title: q.text("households.objections.none"), Text: q.text("households.objections.none.why")}}
	for i := range raised {
		o := &raised[i]
		by := q.text("households.objection.named")
		if o.Anonymous {
			by = q.text("households.objection.anonymous")
		}
		about := view.Cell{Text: q.text("households.objection.list")}
		if o.Household != "" {
			about = view.Cell{Text: o.Household, Href: Href(n.Book, o.Household)}
		}
		state, answer := view.State{Kind: view.Needs, Word: q.text("households.objection.open")}, view.Cell{Text: q.text("households.objection.open")}
		if o.AnswerBy < q.today {
			state = view.State{Kind: view.Failed, Word: q.text("households.objection.late")}
		}
		if q.mayRecord("objection-answer") {
			answer = view.Cell{Text: q.text("households.objection.answer"), Href: record("objection-answer", "objection", o.ID, "book", n.Book)}
		}
		if a := o.Answer; a != nil {
			answer = view.Cell{Text: a.Text}
			state = view.State{Kind: view.Done, Word: q.words.Choice(fact.Find("objection-answer").Field("verdict"), a.Verdict)}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: o.Text, Href: entryHref(n.Book, o.Entry.Seq), Sub: by}, about, {Text: q.day(o.Entry.On)}, {Text: q.day(o.AnswerBy)}, answer, {State: &state}}})
	}
	return view.Section{Head: view.SectionHead{ID: "objections", Title: q.text("households.objections")}, Parts: []view.Component{t}}, nil
}

// boardPhotos are the pictures that prove that the notice hung.
func (q *request) boardPhotos(e *journal.Entry) view.Component {
	section := view.Section{Head: view.SectionHead{ID: "photos", Title: q.text("households.notice.photos")}}
	if len(e.Evidence) == 0 {
		empty := view.Empty{Icon: "camera", Title: q.text("households.notice.photos.none"), Text: q.text("households.notice.photos.none.why")}
		if q.mayRecord("proof") {
			empty.Action = &view.Button{Label: q.text("households.notice.photos.add"), Href: record("proof", "book", e.Book, "entry", itoa(e.Seq))}
		}
		section.Parts = []view.Component{empty}
		return section
	}
	section.Parts = []view.Component{q.p.forms.Gallery(q.words, q.v, e.Evidence)}
	return section
}

// absolute is the address of a page as somebody outside types it.
func (q *request) absolute(path string) string {
	scheme := "http"
	if q.TLS != nil || q.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + q.Host + path
}

// quiet is the white edge that a QR code needs, in modules (ISO/IEC 18004, section 5.3.8).
const quiet = 4

// drawCode draws the QR code of an address, dark on white in either theme.
func drawCode(address string) (template.HTML, error) {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw the code of %s: %w", address, err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	side := code.Size + 2*quiet
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" role="img" aria-label="%s"><rect width="%d" height="%d" fill="#fff"/><path d="%s" fill="#000"/></svg>`, side, side, template.HTMLEscapeString(address), side, side, path.String())), nil
}
