package targeting

import (
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/monitoring/sweep"
	"lastmile/internal/table"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

func (p *Pages) sweep(w http.ResponseWriter, r *http.Request) {
	places, err := p.places(r.Context(), session.Of(r))
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	s := &swept{places: places, asOf: string(p.store.Today())}
	if len(places) > 0 {
		s.area = places[0].ID
	}
	p.sweepPage(w, r, http.StatusOK, s)
}

// swept is the form of the sweep, with what came of it.
type swept struct {
	area, asOf string
	places     []place
	found      *sweep.Sweep
	faults     fault.List
	status     *view.Status
}

// look screens the households of an area, and opens the alerts when it is asked to.
func (p *Pages) look(w http.ResponseWriter, r *http.Request) {
	places, err := p.places(r.Context(), session.Of(r))
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	s := &swept{places: places, area: r.PostForm.Get("area"), asOf: strings.TrimSpace(r.PostForm.Get("as-of"))}
	err = p.screen(r, s)
	if list := fault.All(err); list != nil {
		s.faults = list
		p.guard.Note(r, err)
		p.sweepPage(w, r, wording.Status(list[0].Kind), s)
		return
	}
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	p.sweepPage(w, r, http.StatusOK, s)
}

// alertsAtOnce is how many alerts are recorded in one commit.
const alertsAtOnce = 500

func (p *Pages) screen(r *http.Request, s *swept) error {
	ctx, v := r.Context(), session.Of(r)
	at, err := choose(s.places, s.area)
	if err != nil {
		return err
	}
	on, err := date.Parse(s.asOf)
	if err != nil {
		return fault.New(fault.Invalid, "field.date", "%q is not a date", s.asOf).For("as-of").Mend("Write it as 2020-03-14.")
	}
	register, err := card.OpenRegister(ctx, p.store.DB)
	if err != nil {
		return err
	}
	ids, err := register.Households(ctx, at.book, at.ID)
	if err != nil {
		return err
	}
	if len(ids) > targeting.HouseholdsMax {
		return fault.New(fault.Invalid, "run.large", "the area has %d households, a run may judge %d", len(ids), targeting.HouseholdsMax).For("area").Mend("Sweep it town by town.")
	}
	queries, err := sweep.Published()
	if err != nil {
		return err
	}
	if s.found, err = queries.Look(ctx, p.store.DB, at.book, at.ID, on); err != nil {
		return err
	}
	if r.PostForm.Get("do") != "open" {
		return nil
	}
	words := p.guard.Words(p.guard.Page(r))
	opened := len(s.found.New)
	for some := range slices.Chunk(s.found.Drafts(v.Person), alertsAtOnce) {
		if _, err := p.store.Recorder.Record(ctx, some...); err != nil {
			return err
		}
	}
	s.status = &view.Status{Kind: view.Sent, Icon: "check", Lead: words.Text("sweep.opened", opened), Text: words.Text("sweep.opened.text")}
	s.found.Open, s.found.New = s.found.Open+opened, nil
	return nil
}

func (p *Pages) sweepPage(w http.ResponseWriter, r *http.Request, status int, s *swept) {
	v := session.Of(r)
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	if s.status != nil {
		page.Status = append(page.Status, *s.status)
	}
	for _, f := range s.faults {
		page.Status = append(page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("todo.refused"), Text: words.Fault(fact.Find("alert"), f)})
	}
	buttons := []view.Button{{Label: words.Text("sweep.do"), Kind: view.Primary, Name: "do", Value: "look"}}
	if s.found != nil && len(s.found.New) > 0 && v.MayRecord(fact.Find("alert")) {
		buttons = append(buttons, view.Button{Label: words.Text("sweep.open", len(s.found.New)), Name: "do", Value: "open"})
	}
	form := view.Form{Action: SweepPath, Hidden: v.Hidden(), Plain: true, Buttons: buttons, Fields: []view.Component{
		view.Field{Kind: view.SelectField, Name: "area", Label: words.Text("target.area"), Options: options(words, s.places, s.area)},
		view.Field{Kind: view.DateField, Name: "as-of", Label: words.Text("target.as-of"), Value: s.asOf},
	}}
	body := []view.Component{form}
	if s.found != nil {
		body = append(body, view.Section{Head: view.SectionHead{ID: "found", Title: words.Text("sweep.found", s.found.Cards.Rows()), Note: view.Plain(words.Text("sweep.new", len(s.found.New), s.found.Open))}, Parts: []view.Component{groups(words, s.found)}})
	}
	alerts, err := p.alerts(r, s.places)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	queries, err := sweep.Published()
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	l := listing.Listing[entity.Entity]{Rows: alerts, Columns: []listing.Column[entity.Entity]{
		{Key: "alert", Label: words.Text("sweep.alert"), Cell: func(a entity.Entity) view.Cell { return view.Cell{Text: a.ID, Href: entryHref(a.Book, a.Seq)} }},
		{Key: "household", Label: words.Text("target.household"), Cell: func(a entity.Entity) view.Cell { return homeOf(a.Book, a.Parent) }},
		{Key: "why", Label: words.Text("sweep.why"), Cell: func(a entity.Entity) view.Cell {
			if q := queries.Query(a.Class); q != nil {
				return view.Cell{Text: words.Pick(q.Title.English, q.Title.Chinese)}
			}
			return view.Cell{Text: a.Name}
		}},
	}, Empty: view.Empty{Icon: "bell", Title: words.Text("sweep.none"), Text: words.Text("sweep.none.why")}}
	head := view.SectionHead{ID: "alerts", Title: words.Text("sweep.alerts", len(alerts))}
	if len(alerts) > 0 {
		head.Note = view.Prose{{Link: &view.Link{Label: words.Text("target.csv"), Href: Path + "/alerts.csv"}}}
	}
	body = append(body, view.Section{Head: head, Parts: []view.Component{l.Table(words.Printer, r.URL)}})
	p.guard.Show(w, r, status, view.Stack{Page: page, Heading: view.Heading{Crumbs: []view.Link{{Label: words.Text("target.title"), Href: Path}, {Label: words.Text("sweep.title")}}, Title: words.Text("sweep.heading"),
		Lead: view.Plain(words.Text("sweep.lead"))}, Body: body})
}

// groups is what each query found.
func groups(words wording.Words, s *sweep.Sweep) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("sweep.group")}, {Label: words.Text("sweep.hits"), Kind: view.NumberColumn}, {Label: words.Text("target.unknown"), Kind: view.NumberColumn}, {Label: words.Text("sweep.missing")}}}
	for _, f := range s.Found {
		missing := "–"
		if len(f.Missing) > 0 {
			v := card.Variables()[card.Language().Variable(f.Missing[0].Variable)]
			missing = words.Pick(v.Text.English, v.Text.Chinese)
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: words.Pick(f.Query.Title.English, f.Query.Title.Chinese), Sub: f.Query.When}, count(words, len(f.Hits)), count(words, f.Unknown), {Text: missing}}})
	}
	return t
}

// alerts lists the open alerts of the areas whose households the reader may see, by code.
func (p *Pages) alerts(r *http.Request, places []place) ([]entity.Entity, error) {
	ctx, v := r.Context(), session.Of(r)
	var list []entity.Entity
	var books []string
	for _, x := range places {
		if slices.Contains(books, x.book) {
			continue
		}
		books = append(books, x.book)
		found, err := entity.Find(ctx, p.store.DB, entity.Filter{Book: x.book, Type: sweep.AlertType})
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			if a.Status != sweep.Open {
				continue
			}
			sees, err := v.SeesPersonal(ctx, a.Area)
			if err != nil {
				return nil, err
			}
			if sees {
				list = append(list, a)
			}
		}
	}
	return list, nil
}

// alertsCSV is the open alerts as a table.
func (p *Pages) alertsCSV(w http.ResponseWriter, r *http.Request) {
	places, err := p.places(r.Context(), session.Of(r))
	var alerts []entity.Entity
	if err == nil {
		alerts, err = p.alerts(r, places)
	}
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	sheet(w, "alerts.csv")
	out, err := table.NewWriter(w, table.CSV, []table.Column{{Name: "alert"}, {Name: "household"}, {Name: "area"}, {Name: "query"}, {Name: "why"}}, table.WriterOptions{GuardFormulas: true})
	for _, a := range alerts {
		if err == nil {
			err = out.Write([]string{a.ID, a.Parent, a.Area, a.Class, a.Name})
		}
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		p.guard.Note(r, err)
	}
}
