// Package industry is the pages of a programme's industry measures and of goods in kind: who has which animals on what terms, what investors
// have brought and paid the villages, who found work, and where every mask and ambulance is.
//
//	/herds          herds of villages: what came in, went out and is there; breeding contracts, each with all that happened under it
//	/investments    money that others bring, capacity and forecasts beside what was reported, stakes of villages, jobs
//	/dividends      plans, declarations, the list of each with its notice and payments, what villages did with the money
//	/sharings       what villages share out to households: the list of each with its notice, its approval and what was handed over
//	/goods          stock by store, fund and giver; dispatches; deliveries; the register of assets
//	/due            what is due in all of it: inspections, deaths, missing heads, notices that close, receipts that lack, goods that expire
//
// Each table can be sorted, narrowed and downloaded by its address. Pages show what lies in the areas that the visitor serves; numbers lead
// to the entries and postings they are made of. Nothing is decided here: forms are those of package form, filled in as far as is known.
package industry

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/store"
	"lastmile/internal/web/form"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
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

// Pages are the pages of a store.
type Pages struct {
	store *store.Store
	guard *session.Guard
	forms *form.Forms
}

// New makes the pages of a store. Nobody comes to them but past the guard.
func New(s *store.Store, guard *session.Guard, forms *form.Forms) *Pages {
	return &Pages{store: s, guard: guard, forms: forms}
}

// Routes mounts the pages.
func (p *Pages) Routes(mux session.Router) {
	for _, r := range []struct {
		path string
		page func(*request) error
	}{
		{"/due", (*request).due},
		{"/due.csv", (*request).dueCSV},
		{"/herds", (*request).herds},
		{"/herds.csv", (*request).herdsCSV},
		{"/herds/{book}/{id}", (*request).herd},
		{"/contracts", (*request).contracts},
		{"/contracts.csv", (*request).contractsCSV},
		{"/contracts/{book}/{id}", (*request).contract},
		{"/contracts/{book}/{id}/paper", (*request).contractPaper},
		{"/investments", (*request).investments},
		{"/investments.csv", (*request).investmentsCSV},
		{"/investments/{book}/{id}", (*request).investment},
		{"/jobs", (*request).jobs},
		{"/jobs.csv", (*request).jobsCSV},
		{"/dividends", (*request).dividends},
		{"/dividends.csv", (*request).dividendsCSV},
		{"/dividends/{book}/{id}", (*request).dividend},
		{"/dividends/{book}/{id}/list.csv", (*request).dividendCSV},
		{"/dividends/{book}/{id}/notice", (*request).dividendNotice},
		{"/dividends/uses", (*request).uses},
		{"/dividends/uses.csv", (*request).usesCSV},
		{"/sharings", (*request).sharings},
		{"/sharings.csv", (*request).sharingsCSV},
		{"/sharings/{book}/{id}", (*request).sharing},
		{"/sharings/{book}/{id}/list.csv", (*request).sharingCSV},
		{"/goods", (*request).goods},
		{"/goods.csv", (*request).goodsCSV},
		{"/goods/donations", (*request).donations},
		{"/goods/donations.csv", (*request).donationsCSV},
		{"/goods/deliveries", (*request).deliveries},
		{"/goods/deliveries.csv", (*request).deliveriesCSV},
		{"/goods/dispatches", (*request).dispatches},
		{"/goods/dispatches.csv", (*request).dispatchesCSV},
		{"/goods/dispatches/{book}/{id}", (*request).dispatch},
		{"/goods/assets", (*request).assets},
		{"/goods/assets.csv", (*request).assetsCSV},
		{"/goods/assets/{book}/{id}", (*request).asset},
	} {
		mux.HandleFunc("GET "+r.path, p.serve(r.page))
	}
}

// Places are where the rail leads.
func Places(words wording.Words, at *url.URL) []view.NavItem {
	var list []view.NavItem
	for _, p := range []struct {
		icon, key string
		paths     []string
	}{
		{"sheep", "industry.herds", []string{"/herds", "/contracts"}},
		{"trend", "industry.investments", []string{"/investments", "/jobs"}},
		{"yuan", "industry.dividends", []string{"/dividends", "/sharings"}},
		{"box", "industry.goods", []string{"/goods"}},
		{"clock", "industry.due", []string{"/due"}},
	} {
		current := slices.ContainsFunc(p.paths, func(path string) bool {
			return at.Path == path || len(at.Path) > len(path) && at.Path[:len(path)+1] == path+"/"
		})
		list = append(list, view.NavItem{Icon: p.icon, Label: words.Text(p.key), Href: p.paths[0], Current: current})
	}
	return list
}

// request is one visitor asking for one page.
type request struct {
	*http.Request
	wording.Words
	pages *Pages
	w     http.ResponseWriter
	visit *session.Visit
	page  view.Page
	read  *reading.Reading
	today date.Date
	known map[[2]string]map[string]entity.Entity // all things of a book and type that this page asked for, by code
}

func (p *Pages) serve(answer func(*request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := p.guard.Page(r)
		q, err := p.request(r, p.guard.Words(page))
		if err == nil {
			q.w, q.page = w, page
			err = answer(q)
		}
		if err != nil {
			p.guard.Refuse(w, r, err)
		}
	}
}

// request begins a page. It does not end when its reader goes away: what is read for one is remembered for others.
func (p *Pages) request(r *http.Request, words wording.Words) (*request, error) {
	ctx := context.WithoutCancel(r.Context())
	now, err := p.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	return &request{Request: r.WithContext(ctx), Words: words, pages: p, visit: session.Of(r), read: now, today: now.Today, known: map[[2]string]map[string]entity.Entity{}}, nil
}

// headButtons is how many buttons stand beside a title; more stand below it.
const headButtons = 2

func (q *request) show(heading view.Heading, body ...view.Component) error {
	if rest := heading.Buttons; len(rest) > headButtons {
		heading.Buttons = rest[:headButtons]
		body = append([]view.Component{view.Buttons(rest[headButtons:])}, body...)
	}
	q.pages.guard.Show(q.w, q.Request, http.StatusOK, view.Stack{Page: q.page, Heading: heading, Body: body})
	return nil
}

func (q *request) write(key string, arguments ...any) view.Prose {
	return view.Write(q.Printer, key, arguments...)
}

// title begins a page that is a list: where it is and where to get its table.
func (q *request) title(key string, lead view.Prose) view.Heading {
	return view.Heading{Eyebrow: []string{q.Text("industry"), q.Text("industry.as-of", q.Date(q.today))}, Title: q.Text(key), Lead: lead}
}

// shown is how many rows of a kind a list has, and of how many where it is narrowed.
func (q *request) shown(what string, rows, all int) string {
	if rows == all {
		return q.Text(what, all)
	}
	return q.Text("industry.of", rows, all)
}

// download is the note beside a table: its way out.
func (q *request) download(href string) view.Prose {
	return q.write("industry.csv", view.Link{Label: "CSV", Href: href})
}

// button leads to a form, when the visitor may record the kind; fields are pairs of name and value.
func (q *request) button(kind string, primary view.ButtonKind, fields ...string) []view.Button {
	k := fact.Find(kind)
	if !q.visit.MayRecord(k) {
		return nil
	}
	name := q.Kind(k)
	if q.Language == locale.English {
		name = strings.ToLower(name[:1]) + name[1:]
	}
	return []view.Button{{Label: q.Text("industry.record", name), Kind: primary, Href: listing.Address(form.Path+"/"+kind, fields...)}}
}

// books are the county books in which the visitor may see something, by code.
func (q *request) books() ([]entity.Entity, error) {
	all, err := entity.Find(q.Context(), q.db(), entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return nil, err
	}
	own, err := q.visit.Areas(q.Context())
	if err != nil {
		return nil, err
	}
	var above []string // of the areas that the visitor serves, with them
	for _, a := range own {
		list, err := figure.Ancestors(q.Context(), q.db(), a)
		if err != nil {
			return nil, err
		}
		above = append(append(above, a), list...)
	}
	asked := q.FormValue("county")
	return slices.DeleteFunc(all, func(b entity.Entity) bool {
		return b.ID == entity.Headquarters || asked != "" && b.ID != asked || len(own) > 0 && !slices.Contains(above, b.Area)
	}), nil
}

func (q *request) db() *database.DB { return q.pages.store.DB }

// sees tells whether the visitor may see what lies in an area.
func (q *request) sees(area string) (bool, error) { return q.visit.Sees(q.Context(), area) }

// remembered reads a list of a book once, until something is recorded there or at headquarters, and gives each visitor what of it lies in areas
// that they may see.
func remembered[T any](q *request, book, key string, area func(*T) string, read func(ctx context.Context, book string) ([]T, error)) ([]T, error) {
	list, err := reading.Remember(q.Context(), q.read.Book(book), key, func(ctx context.Context) ([]T, error) { return read(ctx, book) })
	if err != nil {
		return nil, err
	}
	kept := make([]T, 0, len(list))
	for i := range list {
		ok, err := q.sees(area(&list[i]))
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, list[i])
		}
	}
	return kept, nil
}

// each gathers from every book that the visitor may see something of.
func each[T any](q *request, read func(ctx context.Context, book string) ([]T, error)) ([]T, error) {
	books, err := q.books()
	if err != nil {
		return nil, err
	}
	var all []T
	for _, b := range books {
		list, err := read(q.Context(), b.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// hidden refuses what lies outside the visitor's areas.
func (q *request) hidden(area string) error {
	ok, err := q.sees(area)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", q.visit.Person, area).For("area").
			Mend("Choose an area that you serve, or ask an administrator for a role there.")
	}
	return err
}

func missing(typ, book, id string) error {
	return fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", typ, id, book).Mend("Look it up in the list.")
}

// thing looks up a named thing in a book or at headquarters.
func (q *request) thing(book, typ, id string) (entity.Entity, error) {
	for _, b := range []string{book, entity.Headquarters} {
		if all, ok := q.known[[2]string{b, typ}]; ok {
			if e, ok := all[id]; ok {
				return e, nil
			}
			continue
		}
		e, err := reading.Remember(q.Context(), q.read.Names, "thing "+b+" "+typ+" "+id, func(ctx context.Context) (entity.Entity, error) {
			e, _, err := entity.Get(ctx, q.db(), b, typ, id)
			return e, err
		})
		if err != nil || e.ID != "" {
			return e, err
		}
	}
	return entity.Entity{}, nil
}

// know reads all things of a type in a book, so that each need not be looked up by itself.
func (q *request) know(book, typ string) error {
	all, err := reading.Remember(q.Context(), q.read.Book(book), "known "+typ, func(ctx context.Context) (map[string]entity.Entity, error) {
		list, err := entity.Find(ctx, q.db(), entity.Filter{Book: book, Type: typ})
		all := make(map[string]entity.Entity, len(list))
		for _, e := range list {
			all[e.ID] = e
		}
		return all, err
	})
	q.known[[2]string{book, typ}] = all
	return err
}

// called is what a thing is called; its code when it has no name or cannot be read.
func (q *request) called(book, typ, id string) string {
	e, err := q.thing(book, typ, id)
	if err != nil || e.Name == "" {
		return id
	}
	return q.Name(e.Name)
}

// project is what a project is called in the reader's language.
func (q *request) project(book, id string) string { return q.Project(q.Context(), q.db(), book, id) }

func (q *request) area(code string) string {
	return q.Place(q.called(entity.Headquarters, "area", code))
}

// unit is what a commodity is counted in; "" when that cannot be read.
func (q *request) unit(book, commodity string) string {
	e, err := q.thing(book, "commodity", commodity)
	if err != nil {
		return ""
	}
	return q.Unit(e.Class)
}

func (q *request) money(n fact.Money) string { return q.Money(int64(n), locale.Yuan) }

func (q *request) exact(n fact.Money) string { return q.Amount(int64(n), locale.Yuan) }

// day writes a day; "–" for none.
func (q *request) day(d date.Date) string {
	if d == "" {
		return locale.NotApplicable
	}
	return q.Date(d)
}

// choice is the label of a value of a kind's field.
func (q *request) choice(kind, field, value string) string {
	return q.Choice(fact.Find(kind).Field(field), value)
}

// options are the values of a filter, the chosen one marked, with a first one that narrows nothing.
func (q *request) options(name string, pairs ...[2]string) view.Field {
	f := view.Field{Kind: view.SelectField, Name: name, Label: q.Text("industry.filter." + name), Options: []view.Option{{Label: q.Text("industry.every")}}}
	for _, p := range pairs {
		f.Options = append(f.Options, view.Option{Value: p[0], Label: p[1], Chosen: p[0] == q.FormValue(name)})
	}
	return f
}

// counties is the filter by county, for visitors who see more than one.
func (q *request) counties() ([]view.Field, error) {
	all, err := entity.Find(q.Context(), q.db(), entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return nil, err
	}
	var pairs [][2]string
	for _, b := range all {
		ok, err := q.sees(b.Area)
		if err != nil {
			return nil, err
		}
		if ok && b.ID != entity.Headquarters {
			pairs = append(pairs, [2]string{b.ID, q.area(b.Area)})
		}
	}
	if len(pairs) < 2 {
		return nil, nil
	}
	return []view.Field{q.options("county", pairs...)}, nil
}

// distinct are the values that rows have, with their labels, in the order of the labels.
func distinct[T any](rows []T, value func(*T) string, label func(string) string) [][2]string {
	seen := map[string]bool{}
	var pairs [][2]string
	for i := range rows {
		if v := value(&rows[i]); v != "" && !seen[v] {
			seen[v] = true
			pairs = append(pairs, [2]string{v, label(v)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return cmp.Compare(a[1], b[1]) })
	return pairs
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// entryHref is the address of an entry.
func entryHref(book string, seq int64) string { return link("entries", book, itoa(seq)) }

// link joins the parts of a path, each escaped.
func link(parts ...string) string {
	path := ""
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

func grade(g journal.Grade) view.Grade { return view.Grade(g.String()) }

// count is a cell with a number; one that leads to what it is made of.
func (q *request) count(n int64, href string) view.Cell {
	if n == 0 {
		href = ""
	}
	return view.Cell{Text: q.Count(n), Href: href}
}

func (q *request) sum(n fact.Money, href string) view.Cell {
	if n == 0 {
		href = ""
	}
	return view.Cell{Text: q.money(n), Href: href}
}

// decimal writes money for a machine, in yuan.
func decimal(n fact.Money) string { return n.String() }

// entryLink is a link to an entry in a sentence or a list of facts.
func (q *request) entryLink(book string, seq int64) view.Prose {
	return view.Prose{{Link: &view.Link{Label: book + ":" + itoa(seq), Href: entryHref(book, seq)}}}
}

func isolated(text string) view.Prose { return view.Prose{{Text: text, Isolated: true}} }

func linked(text, href string) view.Prose {
	return view.Prose{{Link: &view.Link{Label: text, Href: href}}}
}
