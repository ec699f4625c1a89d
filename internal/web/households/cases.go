package households

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/household"
	"lastmile/internal/procedure"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

func caseHref(book, id string) string {
	return CasesPath + "/" + url.PathEscape(book) + "/" + url.PathEscape(id)
}

// days from one day to another.
func days(from, to date.Date) int { return int(to.Time().Sub(from.Time()).Hours() / 24) }

// relapses counts a book's relapses again when it has moved.
func (p *Pages) relapses(ctx context.Context, book string) ([]casework.Relapses, error) {
	now, err := p.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	return reading.Remember(ctx, now.Book(book), "relapses", func(ctx context.Context) ([]casework.Relapses, error) {
		return casework.FindRelapses(ctx, p.store.DB, book, now.Today)
	})
}

// procedureOf is the procedure of a case's class.
func procedureOf(id string) *procedure.Procedure {
	library, err := procedure.Published()
	if err != nil {
		return nil
	}
	p, _ := library.Get(id)
	return p
}

func (q *request) procedureName(id string) string {
	if p := procedureOf(id); p != nil {
		return q.words.Pick(p.Title.English, p.Title.Chinese)
	}
	return id
}

// caseRows are the cases that the address asks for, the newest first.
func (q *request) caseRows() ([]entity.Entity, error) {
	books, err := q.books()
	if err != nil {
		return nil, err
	}
	var list []entity.Entity
	for _, book := range books {
		some, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: book, Type: casework.Type, Area: q.FormValue("area")})
		if err != nil {
			return nil, err
		}
		if some, err = mineOnly(q, book, some, func(e entity.Entity) string { return e.Area }); err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	list = slices.DeleteFunc(list, func(e entity.Entity) bool {
		if state := q.FormValue("state"); state != "" && e.Status != state {
			return true
		}
		p := procedureOf(e.Class)
		kind := q.FormValue("kind")
		return kind != "" && (p == nil || string(p.Kind) != kind)
	})
	slices.SortStableFunc(list, func(a, b entity.Entity) int { return int(b.Seq - a.Seq) })
	return list, nil
}

func (q *request) caseListing(rows []entity.Entity) listing.Listing[entity.Entity] {
	area := func(e entity.Entity) string {
		name, err := q.named(entity.Headquarters, "area", e.Area)
		if err != nil {
			return e.Area
		}
		return name
	}
	return listing.Listing[entity.Entity]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "layers", Title: q.text("households.cases.none"), Text: q.text("households.cases.none.why")}, Columns: []listing.Column[entity.Entity]{
		{Key: "case", Compare: func(a, b entity.Entity) int { return strings.Compare(a.ID, b.ID) }, Plain: func(e entity.Entity) string { return e.ID },
			Cell: func(e entity.Entity) view.Cell {
				title := q.words.Name(e.Name)
				if title == "" {
					title = e.ID
				}
				return view.Cell{Text: title, Href: caseHref(e.Book, e.ID), Sub: e.ID}
			}},
		{Key: "area", Compare: func(a, b entity.Entity) int { return strings.Compare(a.Area, b.Area) }, Plain: func(e entity.Entity) string { return e.Area },
			Cell: func(e entity.Entity) view.Cell {
				return view.Cell{Text: area(e), Href: listing.Address(CasesPath, "area", e.Area)}
			}},
		{Key: "procedure", Compare: func(a, b entity.Entity) int { return strings.Compare(a.Class, b.Class) }, Plain: func(e entity.Entity) string { return e.Class },
			Cell: func(e entity.Entity) view.Cell { return view.Cell{Text: q.procedureName(e.Class)} }},
		{Key: "state", Kind: view.StateColumn, Compare: func(a, b entity.Entity) int { return strings.Compare(a.Status, b.Status) }, Plain: func(e entity.Entity) string { return e.Status },
			Cell: func(e entity.Entity) view.Cell { s := q.caseState(e.Status); return view.Cell{State: &s} }},
	}}
}

func (q *request) caseState(status string) view.State {
	if status == casework.Done {
		return view.State{Kind: view.Done, Word: q.text("households.case.done")}
	}
	return view.State{Kind: view.Running, Word: q.text("households.case.open")}
}

// cases lists what households, villages and counties go through.
func (q *request) cases() error {
	rows, err := q.caseRows()
	if err != nil {
		return err
	}
	open := 0
	for _, e := range rows {
		if e.Status != casework.Done {
			open++
		}
	}
	kinds := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("kind") == ""}}
	for _, k := range []procedure.Kind{procedure.Identification, procedure.HouseholdExit, procedure.VillageExit, procedure.CountyExit, procedure.EndOfWatch} {
		kinds = append(kinds, view.Option{Value: string(k), Label: q.text("households.procedure." + string(k)), Chosen: q.FormValue("kind") == string(k)})
	}
	states := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("state") == ""}, {Value: casework.Open, Label: q.text("households.case.open"), Chosen: q.FormValue("state") == casework.Open},
		{Value: casework.Done, Label: q.text("households.case.done"), Chosen: q.FormValue("state") == casework.Done}}
	filters := view.Filters{Action: CasesPath, Fields: []view.Field{{Kind: view.SelectField, Name: "kind", Label: q.text("households.column.procedure"), Options: kinds}, {Kind: view.SelectField, Name: "state", Label: q.text("households.column.state"), Options: states}}}
	if area := q.FormValue("area"); area != "" {
		filters.Hidden = []view.Hidden{{Name: "area", Value: area}}
	}
	heading := view.Heading{Title: q.text("households.cases.title"), Lead: view.Plain(q.text("households.cases.lead", len(rows), open))}
	if q.mayRecord("case") {
		heading.Buttons = []view.Button{{Label: q.text("households.cases.new"), Icon: "plus", Href: record("case")}}
	}
	return q.show(heading, q.section("cases", filters, q.caseListing(rows).Table(q.words.Printer, q.URL), q.download(listing.CSVHref(q.URL))))
}

func (q *request) casesCSV() error {
	rows, err := q.caseRows()
	if err != nil {
		return err
	}
	return q.caseListing(rows).CSV(q.w, q.URL, "cases")
}

// oneCase is a case: its steps in order, what is missing, who acts next and when at the earliest.
func (q *request) oneCase() error {
	book, id := q.PathValue("book"), q.PathValue("id")
	e, ok, err := entity.Get(q.Context(), q.p.store.DB, book, casework.Type, id)
	if err != nil {
		return err
	}
	if !ok {
		return missing("case", id, book)
	}
	if err := q.mine(e.Area); err != nil {
		return err
	}
	p, err := casework.Find(q.Context(), q.p.store.DB, book, id, q.today)
	if err != nil {
		return err
	}
	crumbs, err := q.crumbs(book, e.Area)
	if err != nil {
		return err
	}
	state := q.caseState(e.Status)
	state.Pill = true
	title := q.words.Name(p.Case.Title)
	if title == "" {
		title = id
	}
	heading := view.Heading{Crumbs: append([]view.Link{{Label: q.text("households.cases.title"), Href: CasesPath}}, crumbs...), Title: title, State: &state, Lead: view.Plain(q.caseLead(p))}
	switch {
	case p.Next != nil && p.Next.Sample != nil:
		if heading.Buttons, err = q.surveyButtons(book, p); err != nil {
			return err
		}
	case p.Next != nil && q.mayRecord("case-step"):
		heading.Buttons = q.nextButtons(book, p)
	}
	body := []view.Component{view.Section{Head: view.SectionHead{ID: "steps", Title: q.text("households.steps"), Note: view.Plain(q.procedureName(p.Case.Procedure))}, Parts: append([]view.Component{q.steps(book, p)}, q.why(p)...)}}
	if c := q.measured(p); c != nil {
		body = append(body, c)
	}
	survey, err := q.survey(book, p)
	if err != nil {
		return err
	}
	body = append(body, survey...)
	if len(p.Notices) > 0 {
		body = append(body, q.postedSection(book, p))
	}
	if len(p.Case.Households) > 0 {
		list, err := q.listed(book, p)
		if err != nil {
			return err
		}
		body = append(body, list)
	}
	return q.show(heading, body...)
}

// caseLead says where the case stands.
func (q *request) caseLead(p *casework.Progress) string {
	done, of := len(p.Status.Done), len(p.Procedure.Steps)
	if p.Next == nil {
		return q.text("households.case.lead.done", of, q.day(p.Status.Done[done-1].On))
	}
	step, who := q.words.Pick(p.Next.English, p.Next.Chinese), q.actors(p.Next.Actors)
	for _, r := range p.Why {
		if r.Code == "still_running" {
			return q.text("households.case.lead.runs", done, of, step, q.day(r.Date), max(0, days(q.today, r.Date)))
		}
	}
	return q.text("households.case.lead.next", done, of, step, who)
}

func (q *request) actors(roles []string) string {
	var list []string
	for _, r := range roles {
		list = append(list, q.actor(r))
	}
	return q.words.List(list)
}

// nextButtons lead to what is to be recorded next.
func (q *request) nextButtons(book string, p *casework.Progress) []view.Button {
	current := slices.ContainsFunc(p.Notices, func(n casework.Posted) bool {
		return n.Current && !slices.ContainsFunc(p.Steps, func(s casework.Recorded) bool { return s.Notice == n.ID })
	})
	if p.Next.Days > 0 && !current && q.mayRecord("notice") {
		return []view.Button{{Label: q.text("households.case.post"), Kind: view.Primary, Icon: "notice", Href: record("notice", "case", p.Case.ID, "area", p.Case.Area, "days", itoa(p.Next.Days), "day_kind", string(p.Next.DayKind), "hash", p.Hash, "list", strings.Join(p.List, "\n"), "book", book)}}
	}
	by := ""
	if len(p.Next.Actors) == 1 {
		by = p.Next.Actors[0]
	}
	return []view.Button{{Label: q.text("households.case.step"), Kind: view.Primary, Icon: "check", Href: record("case-step", "case", p.Case.ID, "step", p.Next.ID, "by", by, "book", book)}}
}

// steps are all steps of the procedure in order, those that are done and those that are missing.
func (q *request) steps(book string, p *casework.Progress) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.step")}, {Label: q.text("households.column.actor")}, {Label: q.text("households.column.documents")}, {Label: q.text("households.column.days")}, {Label: q.text("households.column.date")}, {Label: q.text("households.column.state"), Kind: view.StateColumn}}}
	for i := range p.Procedure.Steps {
		s := &p.Procedure.Steps[i]
		cell := view.Cell{Text: itoa(i+1) + ". " + q.words.Pick(s.English, s.Chinese)}
		long := q.text("households.step.day")
		if s.Days > 0 {
			long = q.text("households.step.days."+string(s.DayKind), s.Days)
		}
		when, state := q.text("households.step.none"), view.State{Kind: view.NotStarted, Word: q.text("households.step.waits")}
		if at := slices.IndexFunc(p.Status.Done, func(d procedure.Done) bool { return d.Step == s.ID }); at >= 0 {
			d := p.Status.Done[at]
			when, state = q.day(d.On), view.State{Kind: view.Done, Word: q.text("households.step.done")}
			if d.Until > d.On {
				when = q.text("households.span", q.day(d.On), q.day(d.Until))
			}
		} else if p.Next != nil && p.Next.ID == s.ID {
			state = view.State{Kind: view.Needs, Word: q.text("households.step.next")}
		}
		documents := q.text("households.step.none")
		if len(s.Evidence) > 0 {
			var list []string
			for _, d := range s.Evidence {
				list = append(list, q.documents(d))
			}
			documents = capital(q.words.List(list))
		}
		for _, r := range p.Steps {
			if r.Step.Step == s.ID && r.Seq > 0 {
				cell.Href = entryHref(book, r.Seq)
				if n := len(r.Evidence); n > 0 {
					cell.Sub = q.text("households.papers", n)
				}
			}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{cell, {Text: q.actors(s.Actors)}, {Text: documents}, {Text: long}, {Text: when}, {State: &state}}})
	}
	return t
}

// documents says the kinds of document of a step; a bar stands between alternatives.
func (q *request) documents(kinds string) string {
	var list []string
	for _, k := range strings.Split(kinds, "|") {
		list = append(list, q.document(k))
	}
	return strings.Join(list, " / ")
}

// why says what keeps the next step from being done.
func (q *request) why(p *casework.Progress) []view.Component {
	var list []view.Component
	for _, r := range p.Why {
		if r.Code == "missing" {
			continue
		}
		list = append(list, view.Status{Kind: view.Waiting, Icon: "clock", Lead: q.words.Pick(p.Next.English, p.Next.Chinese), Text: r.Text(q.words.Pick("en", "zh"))})
	}
	return list
}

// measured are the numbers that steps were decided by, as count and count, each with its limit.
func (q *request) measured(p *casework.Progress) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.measured")}, {Label: q.text("households.column.counted"), Kind: view.NumberColumn}, {Label: q.text("households.column.rate"), Kind: view.NumberColumn}, {Label: q.text("households.column.limit"), Kind: view.NumberColumn}, {Label: q.text("households.column.state"), Kind: view.StateColumn}}}
	for i := range p.Procedure.Steps {
		s := &p.Procedure.Steps[i]
		for _, r := range p.Steps {
			if r.Step.Step != s.ID {
				continue
			}
			all, err := r.Ratios()
			if err != nil {
				continue
			}
			for _, c := range s.Conditions {
				ratio, ok := all[c.Measure]
				if !ok {
					continue
				}
				state := view.State{Kind: view.Failed, Word: q.text("households.measured.fails")}
				if c.Holds(ratio) {
					state = view.State{Kind: view.Done, Word: q.text("households.measured.holds")}
				}
				t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: capital(q.words.Pick(c.English, c.Chinese)), Sub: q.words.Pick(s.English, s.Chinese)}, {Text: q.text("households.measured.of", ratio.Count, ratio.Of)}, {Text: ratio.Percent()}, {Text: q.text("households.is."+string(c.Is), c.Limit.Percent())}, {State: &state}}})
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return view.Section{Head: view.SectionHead{ID: "measured", Title: q.text("households.measured"), Note: view.Plain(q.text("households.measured.note"))}, Parts: []view.Component{t}}
}

// postedSection lists the notices of a case, with what was said against each.
func (q *request) postedSection(book string, p *casework.Progress) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.notice")}, {Label: q.text("households.column.place")}, {Label: q.text("households.column.from")}, {Label: q.text("households.column.until")}, {Label: q.text("households.column.objections"), Kind: view.NumberColumn}, {Label: q.text("households.column.state"), Kind: view.StateColumn}}}
	for i := range p.Notices {
		n := &p.Notices[i]
		state := q.noticeState(n.Until)
		if !n.Current {
			state = view.State{Kind: view.Failed, Word: q.text("households.notice.void")}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.words.Name(n.Title), Href: noticeHref(book, n.ID), Sub: n.ID}, {Text: n.Place}, {Text: q.day(n.On)}, {Text: q.day(n.Until)}, {Text: q.words.Count(int64(len(n.Objections)))}, {State: &state}}})
	}
	return view.Section{Head: view.SectionHead{ID: "notices", Title: q.text("households.notices")}, Parts: []view.Component{t}}
}

// listed are the households on the list of a case, a page of them.
func (q *request) listed(book string, p *casework.Progress) (view.Component, error) {
	l := listing.Listing[string]{Label: q.label, Rows: p.List, Empty: view.Empty{Icon: "people", Title: q.text("households.none"), Text: q.text("households.none.why")}}
	names, err := household.HeadNames(q.Context(), q.p.store.DB, book, l.Page(q.URL))
	if err != nil {
		return nil, err
	}
	l.Columns = []listing.Column[string]{
		{Key: "household", Cell: func(id string) view.Cell {
			return view.Cell{Text: q.masked(names[id], id), Href: Href(book, id), Sub: id}
		}},
		{Key: "status", Kind: view.StateColumn, Cell: func(id string) view.Cell {
			e, _, err := q.entity(book, household.Type, id)
			if err != nil {
				return view.Cell{Text: q.words.NotRecorded()}
			}
			s := q.status(e.Class)
			return view.Cell{State: &s}
		}},
	}
	return view.Section{Head: view.SectionHead{ID: "list", Title: q.text("households.list"), Note: view.Plain(q.text("households.list.note", len(p.List), view.Digest(p.Hash)))}, Parts: []view.Component{l.Table(q.words.Printer, q.URL)}}, nil
}
