package targeting

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/table"
	"lastmile/internal/targeting"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// frozen is a run that the reader may see.
type frozen struct {
	run      *targeting.Run
	entity   entity.Entity
	on       date.Date
	rules    *targeting.Rules // those of now: titles of what is in the reasons
	days     targeting.Notice
	personal bool
}

func (p *Pages) frozen(r *http.Request) (*frozen, error) {
	ctx, v := r.Context(), session.Of(r)
	book := r.PathValue("book")
	run, e, err := targeting.FindRun(ctx, p.store.DB, book, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	sees, err := v.Sees(ctx, run.Area)
	if err == nil && !sees {
		err = fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", v.Person, run.Area).For("area").Mend("It lies outside the areas that you serve.")
	}
	if err != nil {
		return nil, err
	}
	f := &frozen{run: run, entity: e, rules: &targeting.Rules{}}
	if f.personal, err = v.SeesPersonal(ctx, run.Area); err != nil {
		return nil, err
	}
	entry, _, err := journal.Get(ctx, p.store.DB, book, e.Seq)
	if err != nil {
		return nil, err
	}
	f.on = entry.On
	s, err := targeting.Find(ctx, p.store.DB, book, run.Programme)
	if err != nil {
		return nil, err
	}
	programme, err := targeting.Compile(s.Rules)
	if err != nil {
		return nil, err
	}
	f.rules = &programme.Rules
	f.days = programme.Rules.Notice
	return f, nil
}

func (p *Pages) run(w http.ResponseWriter, r *http.Request) { p.runPage(w, r, http.StatusOK, nil) }

func (p *Pages) runPage(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	ctx, v := r.Context(), session.Of(r)
	f, err := p.frozen(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	book, run := f.entity.Book, f.run
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	for _, e := range fault.All(wrong) {
		page.Status = append(page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("todo.refused"), Text: words.Fault(fact.Find("notice"), e)})
	}
	area := run.Area
	if e, ok, err := entity.Get(ctx, p.store.DB, entity.Headquarters, "area", run.Area); err != nil {
		p.guard.Refuse(w, r, err)
		return
	} else if ok {
		area = words.Place(e.Name)
	}
	state := stateOf(words, f.entity.Status)
	state.Pill = true
	heading := view.Heading{Crumbs: []view.Link{{Label: words.Text("target.title"), Href: Path}, {Label: run.ID}}, Title: words.Text("target.list.of", words.Pick(f.rules.Title.English, f.rules.Title.Chinese), area), State: &state,
		Lead: view.Plain(words.Text("target.run.answer", len(run.Chosen), len(run.Waiting), words.Date(f.on)))}
	facts := view.Facts{
		{Name: words.Text("target.rules"), Value: view.Plain(run.Programme + " " + run.Version)},
		{Name: words.Text("target.record"), Value: view.Prose{{Link: &view.Link{Label: book + ":" + strconv.FormatInt(f.entity.Seq, 10), Href: entryHref(book, f.entity.Seq)}}}},
		{Name: words.Text("target.hash"), Value: view.Prose{{Text: view.Digest(run.Hash), Isolated: true}}},
		{Name: words.Text("target.rules.hash"), Value: view.Prose{{Text: view.Digest(run.Rules), Isolated: true}}},
	}
	notices, posted, err := p.notices(r, words, f)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	body := []view.Component{facts, view.Section{Head: view.SectionHead{ID: "notices", Title: words.Text("target.notices"), Note: view.Plain(words.Text("target.notices.note", f.days.Days, words.Text("target.days."+f.days.DayKind)))}, Parts: notices}}
	if may, err := v.MayRecordIn(ctx, fact.Find("targeting-approval"), run.Area); err != nil {
		p.guard.Refuse(w, r, err)
		return
	} else if may && posted != "" && f.entity.Status == targeting.Frozen {
		heading.Buttons = []view.Button{{Label: words.Text("target.approve"), Kind: view.Primary, Href: "/record/targeting-approval?" + url.Values{"run": {run.ID}, "notice": {posted}, "hash": {run.Hash}, "book": {book}}.Encode()}}
	}
	if !f.personal {
		body = append(body, view.Status{Icon: "lock", Lead: words.Text("target.hidden"), Text: words.Text("target.hidden.why")})
		p.guard.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: body})
		return
	}
	list, err := p.reasons(r, words, f)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	body = append(body, view.Section{Head: view.SectionHead{ID: "households", Title: words.Text("target.everybody"), Note: view.Prose{{Link: &view.Link{Label: words.Text("target.csv"), Href: runHref(book, run.ID) + "/list.csv"}}}}, Parts: []view.Component{list}})
	p.guard.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: body})
}

// notices lists the notices of the run, with a form for another one, and names the last.
func (p *Pages) notices(r *http.Request, words wording.Words, f *frozen) (parts []view.Component, last string, err error) {
	ctx, v := r.Context(), session.Of(r)
	entries, err := journal.File(ctx, p.store.DB, f.entity.Book, targeting.RunType, f.run.ID)
	if err != nil {
		return nil, "", err
	}
	t := view.Table{Columns: []view.Column{{Label: words.Text("target.notice")}, {Label: words.Text("target.place")}, {Label: words.Text("target.until")}, {Label: words.Text("target.record")}},
		Empty: &view.Empty{Icon: "notice", Title: words.Text("target.notices.none"), Text: words.Text("target.notices.none.why")}}
	for _, e := range entries {
		if e.Kind != "notice" {
			continue
		}
		x, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, "", err
		}
		n := x.(*notice.Notice)
		until := words.NotRecorded()
		if day, err := n.Until(e.On); err == nil {
			until = words.Date(day)
		}
		last = n.ID
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: n.ID}, {Text: n.Place}, {Text: until}, {Text: e.Book + ":" + strconv.FormatInt(e.Seq, 10), Href: entryHref(e.Book, e.Seq)}}})
	}
	parts = []view.Component{t}
	may, err := v.MayRecordIn(ctx, fact.Find("notice"), f.run.Area)
	if err == nil && may && f.entity.Status == targeting.Frozen {
		parts = append(parts, view.Form{Action: runHref(f.entity.Book, f.run.ID), Hidden: v.Hidden(), Plain: true, Buttons: []view.Button{{Label: words.Text("target.post")}},
			Fields: []view.Component{view.Field{Name: "place", Label: words.Text("target.place"), MaxLength: 200}}})
	}
	return parts, last, err
}

// post puts the list up.
func (p *Pages) post(w http.ResponseWriter, r *http.Request) {
	v := session.Of(r)
	f, err := p.frozen(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	n, err := f.run.Notice(r.Context(), p.store.DB, f.entity.Book, p.store.Today())
	if err == nil {
		n.ID, n.Place = f.run.ID+"-"+string(p.store.Today()), strings.TrimSpace(r.PostForm.Get("place"))
		_, err = p.store.Recorder.Record(r.Context(), fact.Draft{Fact: n, Book: f.entity.Book, Key: "notice-" + n.ID, On: p.store.Today(), Actor: v.Person, Source: "form"})
	}
	switch list := fault.All(err); {
	case list != nil:
		p.guard.Note(r, err)
		p.runPage(w, r, wording.Status(list[0].Kind), err)
	case err != nil:
		p.guard.Refuse(w, r, err)
	default:
		http.Redirect(w, r, runHref(f.entity.Book, f.run.ID), http.StatusSeeOther)
	}
}

// reasons is a page of the households with what decided. Only the lines of that page are read.
func (p *Pages) reasons(r *http.Request, words wording.Words, f *frozen) (view.Table, error) {
	total := len(f.run.Reasons)
	from := listing.Offset(r.URL, total)
	l := listing.Listing[targeting.Explanation]{Total: total, Offset: from, Columns: []listing.Column[targeting.Explanation]{
		{Key: "household", Label: words.Text("target.household"), Cell: func(e targeting.Explanation) view.Cell { return homeOf(f.entity.Book, e.Household) }},
		{Key: "outcome", Label: words.Text("target.outcome"), Cell: func(e targeting.Explanation) view.Cell { return view.Cell{Text: words.Text("target.is." + e.Outcome)} }},
		{Key: "why", Label: words.Text("target.why"), Cell: func(e targeting.Explanation) view.Cell { return view.Cell{Text: e.Reason(language(words))} }},
	}, Empty: view.Empty{Icon: "people", Title: words.Text("target.nobody"), Text: words.Text("target.nobody.why")}}
	for _, line := range f.run.Reasons[from:min(from+listing.PageSize, total)] {
		e, err := f.rules.ReadLine(line)
		if err != nil {
			return view.Table{}, err
		}
		l.Rows = append(l.Rows, e)
	}
	return l.Table(words.Printer, r.URL), nil
}

// runCSV is the run as a table.
func (p *Pages) runCSV(w http.ResponseWriter, r *http.Request) {
	f, err := p.frozen(r)
	if err == nil && !f.personal {
		err = fault.New(fault.Forbidden, "area.hidden", "%s may not see the households of %s", session.Of(r).Person, f.run.Area).For("area").Mend("Ask somebody who serves the area.")
	}
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	words := p.guard.Words(p.guard.Page(r))
	sheet(w, f.run.ID+".csv")
	out, err := table.NewWriter(w, table.CSV, []table.Column{{Name: "household"}, {Name: "outcome"}, {Name: "score"}, {Name: "rank"}, {Name: "quota"}, {Name: "reason"}}, table.WriterOptions{GuardFormulas: true})
	for _, line := range f.run.Reasons {
		if err != nil {
			break
		}
		var e targeting.Explanation
		if e, err = f.rules.ReadLine(line); err != nil {
			break
		}
		cells := []string{e.Household, e.Outcome, "", "", "", e.Reason(language(words))}
		if e.Score != nil {
			cells[2] = strconv.FormatInt(*e.Score, 10)
		}
		if e.Rank > 0 {
			cells[3] = strconv.Itoa(e.Rank)
		}
		if e.Quota >= 0 {
			cells[4] = strconv.FormatInt(e.Quota, 10)
		}
		err = out.Write(cells)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		p.guard.Note(r, err)
	}
}
