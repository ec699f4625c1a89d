// Package targeting is where rules are written, tried and put into force, where lists are frozen and posted, and where the register is swept for
// households at risk.
//
//	GET  /targeting                             rules and lists of the areas that the reader serves
//	GET  /targeting/try                         a form for rules; POST tries them, sets them beside last year, proposes them, freezes a list
//	GET  /targeting/runs/{book}/{id}            a frozen list: who is chosen and who waits, why, its notices; POST puts up a notice
//	GET  /targeting/runs/{book}/{id}/list.csv   the same as a table
//	GET  /targeting/sweep                       open alerts; POST asks the screening queries, and opens the alerts
//	GET  /targeting/alerts.csv                  the open alerts as a table
//
// Households are shown by their codes, and only to those who may see personal data of the area: what the rules say of a household says much about
// it. Others see counts.
package targeting

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/store"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
	"lastmile/internal/web/session"
	"lastmile/internal/web/todo"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

//go:embed text/*.json
var files embed.FS

// Source has the texts, for view.New.
func Source() view.Source {
	texts, err := fs.Sub(files, "text")
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return view.Source{Texts: texts}
}

// Addresses.
const (
	Path      = "/targeting"
	tryPath   = Path + "/try"
	SweepPath = Path + "/sweep"
)

// shownMax is how many programmes, and how many runs, of a book the first page shows.
const shownMax = 50

// faultsMax is how many problems a page says at once.
const faultsMax = 10

// Rows of a dry run that a page shows.
const (
	previewMax  = 20 // households that enter, leave or cannot be judged
	villagesMax = 30
)

// Pages are the targeting pages of a store.
type Pages struct {
	store *store.Store
	guard *session.Guard
}

// New makes the pages of a store.
func New(s *store.Store, guard *session.Guard) *Pages { return &Pages{s, guard} }

// Routes mounts the pages.
func (p *Pages) Routes(mux session.Router) {
	mux.HandleFunc("GET "+Path, p.list)
	mux.HandleFunc("GET "+tryPath, p.open)
	mux.HandleFunc("POST "+tryPath, p.try)
	mux.HandleFunc("GET "+Path+"/runs/{book}/{id}", p.run)
	mux.HandleFunc("POST "+Path+"/runs/{book}/{id}", p.post)
	mux.HandleFunc("GET "+Path+"/runs/{book}/{id}/list.csv", p.runCSV)
	mux.HandleFunc("GET "+SweepPath, p.sweep)
	mux.HandleFunc("POST "+SweepPath, p.look)
	mux.HandleFunc("GET "+Path+"/alerts.csv", p.alertsCSV)
}

func runHref(book, id string) string {
	return Path + "/runs/" + url.PathEscape(book) + "/" + url.PathEscape(id)
}

func entryHref(book string, seq int64) string {
	return "/entries/" + book + "/" + strconv.FormatInt(seq, 10)
}

// place is an area that a reader may choose: a designated county, or a town of it.
type place struct {
	entity.Entity
	book string
}

// places lists the counties and towns that the reader serves, each county before its towns.
func (p *Pages) places(ctx context.Context, v *session.Visit) ([]place, error) {
	books, err := entity.Find(ctx, p.store.DB, entity.Filter{Type: "book"})
	if err != nil {
		return nil, err
	}
	var list []place
	for _, b := range books {
		county, ok, err := entity.Get(ctx, p.store.DB, entity.Headquarters, "area", b.ID)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		below, err := entity.Find(ctx, p.store.DB, entity.Filter{Book: entity.Headquarters, Type: "area", Parent: b.ID})
		if err != nil {
			return nil, err
		}
		for _, a := range append([]entity.Entity{county}, below...) {
			sees, err := v.Sees(ctx, a.ID)
			if err != nil {
				return nil, err
			}
			if sees {
				list = append(list, place{a, b.ID})
			}
		}
	}
	return list, nil
}

// choose finds the place that the reader chose.
func choose(places []place, area string) (place, error) {
	for _, x := range places {
		if x.ID == area {
			return x, nil
		}
	}
	return place{}, fault.New(fault.Forbidden, "area.hidden", "%s is no area that you serve", area).For("area").Mend("Choose an area from the list.")
}

func options(words wording.Words, places []place, chosen string) []view.Option {
	var list []view.Option
	for _, x := range places {
		label := words.Place(x.Name)
		if x.ID != x.book {
			label = "· " + label
		}
		list = append(list, view.Option{Value: x.ID, Label: label, Chosen: x.ID == chosen})
	}
	return list
}

func language(w wording.Words) string { return w.Pick("en", "zh") }

// list shows rules and lists.
func (p *Pages) list(w http.ResponseWriter, r *http.Request) {
	ctx, v := r.Context(), session.Of(r)
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	places, err := p.places(ctx, v)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	names := map[string]string{}
	var books []string
	for _, x := range places {
		names[x.ID] = words.Place(x.Name)
		if !slices.Contains(books, x.book) {
			books = append(books, x.book)
		}
	}
	rules := view.Table{Columns: []view.Column{{Label: words.Text("target.rules")}, {Label: words.Text("target.area")}, {Label: words.Text("target.version")}, {Label: words.Text("target.record")}},
		Empty: &view.Empty{Icon: "target", Title: words.Text("target.none"), Text: words.Text("target.none.why"), Action: &view.Button{Label: words.Text("target.write"), Href: tryPath}}}
	lists := view.Table{Columns: []view.Column{{Label: words.Text("target.list")}, {Label: words.Text("target.rules")}, {Label: words.Text("target.area")}, {Label: words.Text("todo.state"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "document", Title: words.Text("target.lists.none"), Text: words.Text("target.lists.none.why")}}
	for _, book := range books {
		found, err := entity.Find(ctx, p.store.DB, entity.Filter{Book: book, Type: targeting.ProgrammeType, Limit: shownMax})
		if err != nil {
			p.guard.Refuse(w, r, err)
			return
		}
		for _, e := range found {
			if name, ok := names[e.Area]; ok {
				rules.Rows = append(rules.Rows, view.Row{Cells: []view.Cell{{Text: words.Name(e.Name), Href: tryPath + "?" + url.Values{"book": {book}, "id": {e.ID}}.Encode(), Sub: e.ID}, {Text: name}, {Text: e.Status}, {Text: book + ":" + strconv.FormatInt(e.Seq, 10), Href: entryHref(book, e.Seq)}}})
			}
		}
		if found, err = entity.Find(ctx, p.store.DB, entity.Filter{Book: book, Type: targeting.RunType, Limit: shownMax}); err != nil {
			p.guard.Refuse(w, r, err)
			return
		}
		for _, e := range found {
			if name, ok := names[e.Area]; ok {
				state := stateOf(words, e.Status)
				lists.Rows = append(lists.Rows, view.Row{Cells: []view.Cell{{Text: e.ID, Href: runHref(book, e.ID)}, {Text: e.Parent + " " + e.Name}, {Text: name}, {State: &state}}})
			}
		}
	}
	p.guard.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: view.Heading{Title: words.Text("target.title"), Lead: view.Plain(words.Text("target.lead")),
		Buttons: []view.Button{{Label: words.Text("target.write"), Kind: view.Primary, Icon: "edit", Href: tryPath}, {Label: words.Text("sweep.title"), Icon: "search", Href: SweepPath}}},
		Body: []view.Component{
			view.Section{Head: view.SectionHead{ID: "rules", Title: words.Text("target.rules.all")}, Parts: []view.Component{rules}},
			view.Section{Head: view.SectionHead{ID: "lists", Title: words.Text("target.lists")}, Parts: []view.Component{lists}},
		}})
}

func stateOf(words wording.Words, status string) view.State {
	if since, ok := strings.CutPrefix(status, targeting.Approved+" "); ok {
		return view.State{Kind: view.Done, Word: words.Text("target.approved", words.Date(date.Date(since)))}
	}
	return view.State{Kind: view.Needs, Word: words.Text("target.frozen")}
}

// trial is the form for rules, with what is in it and what came of it.
type trial struct {
	rules, area, asOf string
	places            []place
	stored            *targeting.RuleSet // whose rules these are, unchanged
	faults            fault.List
	parts             []view.Component
	status            *view.Status
}

// example is a rule set to begin with.
//
//go:embed example.json
var example string

// open shows the form, with stored rules or an example in it.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) {
	t := &trial{rules: example, asOf: string(p.store.Today())}
	var err error
	if t.places, err = p.places(r.Context(), session.Of(r)); err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	if len(t.places) > 0 {
		t.area = t.places[0].ID
	}
	if q := r.URL.Query(); q.Get("id") != "" {
		s, err := p.stored(r, t.places, q.Get("book"), q.Get("id"))
		if err != nil {
			p.guard.Refuse(w, r, err)
			return
		}
		t.rules, t.area, t.stored = s.Rules, s.Area, s
	}
	p.tryPage(w, r, http.StatusOK, t)
}

// stored reads rules that are in force in an area that the reader serves.
func (p *Pages) stored(r *http.Request, places []place, book, id string) (*targeting.RuleSet, error) {
	s, err := targeting.Find(r.Context(), p.store.DB, book, id)
	if err != nil {
		return nil, err
	}
	_, err = choose(places, s.Area)
	return s, err
}

func (p *Pages) tryPage(w http.ResponseWriter, r *http.Request, status int, t *trial) {
	v := session.Of(r)
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	if t.status != nil {
		page.Status = append(page.Status, *t.status)
	}
	wrong := map[string][]string{} // by field
	for _, f := range t.faults[:min(len(t.faults), faultsMax)] {
		field := f.Field
		if field != "area" && field != "as-of" {
			field = "rules"
		}
		wrong[field] = append(wrong[field], words.Fault(fact.Find("targeting-programme"), f))
	}
	at := func(field string) string { return strings.Join(wrong[field], " ") }
	buttons := []view.Button{{Label: words.Text("target.dry-run"), Kind: view.Primary, Name: "do", Value: "run"}, {Label: words.Text("target.backtest"), Name: "do", Value: "backtest"},
		{Label: words.Text("target.csv"), Icon: "download", Name: "do", Value: "csv"}}
	if v.MayRecord(fact.Find("targeting-programme")) {
		buttons = append(buttons, view.Button{Label: words.Text("target.save"), Name: "do", Value: "save"})
	}
	if t.stored != nil && v.MayRecord(fact.Find("targeting-run")) {
		buttons = append(buttons, view.Button{Label: words.Text("target.freeze"), Name: "do", Value: "freeze"})
	}
	form := view.Form{Action: tryPath, Hidden: v.Hidden(), Buttons: buttons, Plain: true, Fields: []view.Component{
		view.Field{Kind: view.SelectField, Name: "area", Label: words.Text("target.area"), Options: options(words, t.places, t.area), Error: at("area")},
		view.Field{Kind: view.DateField, Name: "as-of", Label: words.Text("target.as-of"), Hint: words.Text("target.as-of.hint"), Value: t.asOf, Error: at("as-of")},
		view.Field{Kind: view.DocumentField, Name: "rules", Label: words.Text("target.rules"), Hint: words.Text("target.rules.hint"), Value: t.rules, Error: at("rules")},
	}}
	body := append(slices.Clone(t.parts), view.Section{Head: view.SectionHead{ID: "rules", Title: words.Text("target.rules")}, Parts: []view.Component{form}}, p.manual(words))
	p.guard.Show(w, r, status, view.Stack{Page: page, Heading: view.Heading{Crumbs: []view.Link{{Label: words.Text("target.title"), Href: Path}, {Label: words.Text("target.try")}}, Title: words.Text("target.try.title"),
		Lead: view.Plain(words.Text("target.try.lead"))}, Body: body})
}

// manual lists what a rule may ask.
func (p *Pages) manual(words wording.Words) view.Component {
	t := view.Table{Columns: []view.Column{{Label: words.Text("target.variable"), Kind: view.CodeColumn}, {Label: words.Text("target.says")}, {Label: words.Text("target.values")}},
		Empty: &view.Empty{Icon: "help", Title: words.Text("target.none"), Text: words.Text("target.none.why")}}
	for _, x := range card.Variables() {
		values := words.Text("target.type." + string(x.Type))
		if x.Unit != "" {
			values = words.Text("target.unit", words.Unit(x.Unit))
		}
		if len(x.Values) > 0 {
			values += words.Pick(": ", "：") + strings.Join(x.Values, ", ")
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: x.Name}, {Text: words.Pick(x.Text.English, x.Text.Chinese)}, {Text: values}}})
	}
	return view.Section{Head: view.SectionHead{ID: "variables", Title: words.Text("target.variables"), Note: view.Plain(words.Text("target.variables.note"))}, Parts: []view.Component{t}}
}

// try does what the form asks.
func (p *Pages) try(w http.ResponseWriter, r *http.Request) {
	ctx, v := r.Context(), session.Of(r)
	t := &trial{rules: strings.ReplaceAll(r.PostForm.Get("rules"), "\r\n", "\n"), area: r.PostForm.Get("area"), asOf: strings.TrimSpace(r.PostForm.Get("as-of"))}
	var err error
	if t.places, err = p.places(ctx, v); err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	at, err := choose(t.places, t.area)
	if err == nil {
		err = p.do(w, r, t, at)
	}
	if list := fault.All(err); list != nil {
		t.faults = list
		p.guard.Note(r, err)
		p.tryPage(w, r, wording.Status(list[0].Kind), t)
		return
	}
	if err != nil {
		p.guard.Refuse(w, r, err)
	}
}

// do carries out what was asked for and answers; an error is to be shown at the form.
func (p *Pages) do(w http.ResponseWriter, r *http.Request, t *trial, at place) error {
	ctx, v := r.Context(), session.Of(r)
	words := p.guard.Words(p.guard.Page(r))
	on, err := date.Parse(t.asOf)
	if err != nil {
		return fault.New(fault.Invalid, "field.date", "%q is not a date", t.asOf).For("as-of").Mend("Write it as 2020-03-14.")
	}
	programme, err := targeting.Compile(t.rules)
	if err != nil {
		return err
	}
	s, err := targeting.Find(ctx, p.store.DB, at.book, programme.ID)
	switch {
	case err == nil && s.Rules == t.rules:
		t.stored = s
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return err
	}
	personal, err := v.SeesPersonal(ctx, at.ID)
	if err != nil {
		return err
	}
	switch r.PostForm.Get("do") {
	case "save":
		return p.save(w, r, t, at, programme, s != nil)
	case "freeze":
		return p.freeze(w, r, t, at, on)
	case "backtest":
		result, now, err := programme.YearBefore(ctx, p.store.DB, at.book, at.ID, on)
		if err != nil {
			return err
		}
		b, err := result.Backtest(now)
		if err != nil {
			return err
		}
		t.parts = backtest(words, b, result.On, on)
	case "csv":
		if !personal {
			return fault.New(fault.Forbidden, "area.hidden", "%s may not see the households of %s", v.Person, at.ID).For("area").Mend("Ask somebody who serves the area.")
		}
		result, err := p.judge(ctx, programme, at, on, nil)
		if err != nil {
			return err
		}
		sheet(w, "dry-run-"+programme.ID+".csv")
		return result.WriteCSV(w, language(words))
	default:
		var changes targeting.Changes
		result, err := p.judge(ctx, programme, at, on, &changes)
		if err != nil {
			return err
		}
		if t.parts, err = p.dryRun(ctx, words, result, changes, at.book, personal); err != nil {
			return err
		}
	}
	p.tryPage(w, r, http.StatusOK, t)
	return nil
}

// judge judges the households of a place, unless there are too many for a page.
func (p *Pages) judge(ctx context.Context, programme *targeting.Programme, at place, on date.Date, changes *targeting.Changes) (*targeting.Result, error) {
	register, err := card.OpenRegister(ctx, p.store.DB)
	if err != nil {
		return nil, err
	}
	ids, err := register.Households(ctx, at.book, at.ID)
	if err != nil {
		return nil, err
	}
	if len(ids) > targeting.HouseholdsMax {
		return nil, fault.New(fault.Invalid, "run.large", "the area has %d households, a run may judge %d", len(ids), targeting.HouseholdsMax).For("area").Mend("Run it town by town: quotas are by village.")
	}
	result, gone, err := programme.JudgeRegister(ctx, p.store.DB, at.book, at.ID, on)
	if err == nil && changes != nil {
		*changes = result.Compare(gone)
	}
	return result, err
}

func sheet(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
}

// save proposes the rules: somebody else must approve them.
func (p *Pages) save(w http.ResponseWriter, r *http.Request, t *trial, at place, programme *targeting.Programme, exists bool) error {
	v := session.Of(r)
	s := &targeting.RuleSet{ID: programme.ID, Area: at.ID, Title: p.guard.Words(p.guard.Page(r)).Pick(programme.Title.English, programme.Title.Chinese), Version: programme.Version, Rules: t.rules, Revision: exists}
	receipts, err := p.store.Recorder.Record(r.Context(), fact.Draft{Fact: s, Book: at.book, Key: "rules-" + at.ID + "-" + programme.Hash[:32], On: p.store.Today(), Actor: v.Person, Source: "form"})
	if err != nil {
		return err
	}
	http.Redirect(w, r, todo.Href(receipts[0].Book, receipts[0].Seq), http.StatusSeeOther)
	return nil
}

// freeze records the list that rules in force give.
func (p *Pages) freeze(w http.ResponseWriter, r *http.Request, t *trial, at place, on date.Date) error {
	v := session.Of(r)
	if t.stored == nil {
		return fault.New(fault.Invalid, "run.unstored", "these rules are not in force").For("rules").Mend("Save them as a proposal and have them approved, then freeze the list.")
	}
	id := t.stored.ID + "-" + at.ID + "-" + string(on)
	run, _, err := targeting.Freeze(r.Context(), p.store.DB, at.book, id, t.stored.ID, at.ID, on)
	if err != nil {
		return err
	}
	if _, err := p.store.Recorder.Record(r.Context(), fact.Draft{Fact: run, Book: at.book, Key: "run-" + id, On: on, Actor: v.Person, Source: "form"}); err != nil {
		return err
	}
	http.Redirect(w, r, runHref(at.book, id), http.StatusSeeOther)
	return nil
}
