// Package desk joins what needs a person: the door (session), forms of every kind of fact (form), what waits for someone (todo), imports
// (intake) and the API (api). It is plugged into the pages of package web, which give it the frame that all pages share:
//
//	d := desk.New(s, desk.Options{})
//	handler, err := web.New(s, web.Options{Protect: d.Protect, Frame: d.Frame, Sources: desk.Sources(), Routes: d.Routes})
package desk

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/api"
	"lastmile/internal/lending"
	"lastmile/internal/store"
	"lastmile/internal/verify"
	"lastmile/internal/web/developers"
	"lastmile/internal/web/form"
	"lastmile/internal/web/households"
	"lastmile/internal/web/importing"
	"lastmile/internal/web/industry"
	"lastmile/internal/web/loans"
	"lastmile/internal/web/session"
	"lastmile/internal/web/targeting"
	"lastmile/internal/web/todo"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

//go:embed text/*.json
var files embed.FS

// Sources are the templates and texts of all its pages, for view.New.
func Sources() []view.Source {
	texts, err := fs.Sub(files, "text")
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return []view.Source{{Texts: texts}, wording.Source(), session.Source(), form.Source(), todo.Source(), importing.Source(), developers.Source(), targeting.Source(), industry.Source(), loans.Source(), households.Source()}
}

// Options of New; the zero value is usable.
type Options struct {
	// Open and Readable are addresses for strangers; see session.Options.
	Open, Readable []string
	// Provider is the provider of identities that people may log in with; see session.Options.
	Provider *session.Provider
	// DayEnd closes days of loans in the background; nil when this program does not.
	DayEnd *lending.DayEnd
	// Verified recomputes everything and compares, for programs that ask; nil when this program does not.
	Verified *verify.Latest
	// Log gets what was refused and why; default slog.Default().
	Log *slog.Logger
}

// Desk is the pages that need a person.
type Desk struct {
	store *store.Store
	o     Options
	guard *session.Guard
	list  *todo.List
}

// New makes the desk of a store. Routes must be called before it serves.
func New(s *store.Store, o Options) *Desk {
	return &Desk{store: s, o: o}
}

// Routes mounts all pages. The engine must have been made with Sources; frame puts round a page what the whole application has, before the
// desk adds its own.
func (d *Desk) Routes(mux session.Router, engine *view.Engine, frame func(*http.Request, *view.Page)) error {
	d.guard = session.New(d.store, engine, session.Options{Log: d.o.Log, Open: d.o.Open, Readable: append(slices.Clone(d.o.Readable), households.Readable...), Provider: d.o.Provider, Frame: func(r *http.Request, p *view.Page) {
		frame(r, p)
		d.Frame(r, p)
	}})
	d.guard.Routes(mux)
	forms := form.New(d.store, d.guard)
	forms.Routes(mux)
	d.list = todo.New(d.store, d.guard, forms)
	d.list.Routes(mux)
	trade := industry.New(d.store, d.guard, forms)
	trade.Routes(mux)
	d.list.Add(trade.Tasks)
	households.New(d.store, d.guard, forms).Routes(mux)
	importing.New(d.store, d.guard).Routes(mux)
	targeting.New(d.store, d.guard).Routes(mux)
	loans.New(d.store, d.guard, d.o.DayEnd).Routes(mux)
	programs := api.New(d.store, api.Options{Log: d.log(), DayEnd: d.o.DayEnd, Verified: d.o.Verified})
	programs.Routes(mux)
	developers.New(d.guard, programs).Routes(mux)
	return nil
}

// Protect lets nobody but those logged in to the pages behind it; see session.Guard.
func (d *Desk) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.guard.Wrap(next).ServeHTTP(w, r) })
}

// Frame adds the desk's places to the frame of a page, and who is there.
func (d *Desk) Frame(r *http.Request, p *view.Page) {
	v := session.Of(r)
	if v == nil {
		words := d.guard.Words(*p)
		enter := view.NavItem{Icon: "lock", Label: words.Text("login.do"), Href: session.LogInPath}
		p.Nav = append(p.Nav, households.Places(words, r), view.NavGroup{Items: []view.NavItem{enter}})
		return
	}
	words := d.guard.Words(*p)
	item := func(icon, key, href string) view.NavItem {
		return view.NavItem{Icon: icon, Label: words.Text(key), Href: href, Current: r.URL.Path == href || strings.HasPrefix(r.URL.Path, href+"/")}
	}
	waiting := item("bell", "desk.todo", todo.Path)
	if n, err := d.list.Count(r.Context(), v); err != nil {
		d.log().Error("count what waits", "person", v.Person, "error", err)
	} else if n > 0 {
		waiting.Count = words.Count(int64(n))
	}
	if r.URL.Path == "/" {
		p.Tasks = d.tasks(r.Context(), v, words)
	}
	own := view.NavGroup{Title: words.Text("desk"), Items: []view.NavItem{waiting, item("edit", "desk.record", form.Path), item("upload", "desk.import", importing.Path)}}
	if id := d.store.Intake.Running(v.Person); id != "" {
		p.Job = &view.Link{Label: words.Text("desk.running"), Href: importing.Href(id)}
	}
	if v.SeesPeople() {
		own.Items = append(own.Items, item("people", "desk.people", "/people"))
	}
	own.Items = append(own.Items, item("code", "desk.api", developers.Path), item("lock", "desk.account", "/account"))
	register := households.Places(words, r)
	register.Items = append(register.Items, item("target", "desk.targeting", targeting.Path))
	means := view.NavGroup{Title: words.Text("industry"), Items: append(industry.Places(words, r.URL), item("card", "desk.loans", loans.Path))}
	p.Nav = append(p.Nav, register, means, own)
	if n := len(p.Tabs); n > 1 { // the last leads to everything else
		p.Tabs[n-2] = waiting
		if first := placeOf(v, p.Nav); n > 2 && first != nil {
			p.Tabs[1] = *first
		}
	} else {
		p.Tabs = []view.NavItem{waiting, own.Items[1], item("shield", "desk.account", "/account")}
	}
	d.guard.Name(r, p)
}

// places are where a role works most; a phone has it at its foot.
var places = []struct{ role, href string }{
	{"county-assistant", households.Path}, {"loan-officer", loans.Path}, {"finance", "/money"}, {"approver", "/journal"}, {"auditor", "/journal"}, {"administrator", "/people"},
}

// placeOf is the place of the visitor's first role, as the rail has it.
func placeOf(v *session.Visit, nav []view.NavGroup) *view.NavItem {
	for _, place := range places {
		if !v.Holds(place.role) {
			continue
		}
		for _, g := range nav {
			for i := range g.Items {
				if g.Items[i].Href == place.href {
					return &g.Items[i]
				}
			}
		}
	}
	return nil
}

// soonDays is how far ahead the overview counts loans that fall due.
const soonDays = 30

// tasks are what waits for a person: their word, and for those who look after loans what is late and what is due soon.
func (d *Desk) tasks(ctx context.Context, v *session.Visit, words wording.Words) []view.Task {
	var list []view.Task
	task := func(href string, tone view.Tone, n int64, key string, arguments ...any) {
		if n > 0 {
			list = append(list, view.Task{Count: words.Count(n), Text: words.Text(key, append([]any{n}, arguments...)...), Href: href, Tone: tone})
		}
	}
	n, err := d.list.Count(ctx, v)
	task(todo.Path, view.WarnTone, int64(n), "desk.task.todo")
	if err == nil && v.Holds("loan-officer") {
		var late, due int64
		if late, due, err = d.loans(ctx, v); err == nil {
			task(loans.Path+"/arrears", view.BadTone, late, "desk.task.arrears")
			task(loans.Path+"/due", view.NoTone, due, "desk.task.due", soonDays)
		}
	}
	if err != nil { // the overview does without
		d.log().Error("count what waits", "person", v.Person, "error", err)
	}
	return list
}

// loans counts the loans in a person's areas that are late, and those that fall due soon.
func (d *Desk) loans(ctx context.Context, v *session.Visit) (late, due int64, err error) {
	counties, err := v.Counties(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, c := range counties {
		day, err := lending.ClosedThrough(ctx, d.store.DB, c.Book)
		if err != nil {
			return 0, 0, err
		}
		if day == "" { // never closed
			day = d.store.Today()
		}
		for _, count := range []struct {
			f  lending.Filter
			to *int64
		}{{lending.Filter{PastDue: true}, &late}, {lending.Filter{DueFrom: day, DueUntil: day.AddDays(soonDays)}, &due}} {
			count.f.Book, count.f.Areas = c.Book, c.Parts
			sums, err := lending.Add(ctx, d.store.DB, count.f)
			if err != nil {
				return 0, 0, err
			}
			*count.to += sums.Loans
		}
	}
	return late, due, nil
}

func (d *Desk) log() *slog.Logger {
	if d.o.Log != nil {
		return d.o.Log
	}
	return slog.Default()
}
