// Package households is the pages of the register: where the households are, who each of them is and what has been done for it, the cases that
// they go through, what hangs on the board, who is watched after leaving poverty, and which records may be of one person.
//
//	GET  /households                          by area, down to a village's list; search by name, document, phone or code
//	GET  /households/{book}/{id}              a household: then and now, from visit to delivery, money, income, loans, who answers for it
//	GET  /households/{book}/{id}/reveal       asks why its names and numbers must be seen
//	POST /households/{book}/{id}/reveal       records that they were, and shows them
//	GET  /households/{book}/{id}/sheet        the household sheet, to print on A4
//	GET  /households/{book}/{id}/handbook     the assistance handbook, to print on A4
//	GET  /households/{book}/{id}/visit        a visit on one page
//	POST /households/{book}/{id}/visit        records it
//	GET  /cases, /cases/{book}/{id}           cases, and the steps of one: done, missing, who acts, when at the earliest
//	GET  /notices, /notices/{book}/{id}       what is public: for everybody, signed in or not
//	GET  /monitoring                          who is watched after leaving poverty, and what was done
//	GET  /duplicates, /duplicates/{book}/{id} records that may be of one person, side by side
//
// Names are masked and numbers left out, by construction: a page that shows them asks for the entry that says who looked and why
// (household.Disclosure), and shows them for a quarter of an hour to that person alone.
package households

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/store"
	"lastmile/internal/web/form"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

//go:embed template/*.html text/*.json
var files embed.FS

// Source has the templates and texts, for view.New.
func Source() view.Source { return view.Source{Templates: sub("template"), Texts: sub("text")} }

func sub(dir string) fs.FS {
	inside, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return inside
}

// Path is where households are mounted.
const Path = "/households"

// Other places of the register.
const (
	NewPath        = Path + "/new"
	PovertyPath    = Path + "/poverty"
	CasesPath      = "/cases"
	NoticesPath    = "/notices"
	MonitoringPath = "/monitoring"
	DuplicatesPath = "/duplicates"
)

// Readable are the pages that are public by their nature: whoever is not signed in may read them.
var Readable = []string{NoticesPath, NoticesPath + ".csv", NoticesPath + "/"}

// Pages are the register's pages of a store.
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
	for pattern, page := range map[string]func(*request) error{
		"GET " + Path:                                  (*request).list,
		"GET " + PovertyPath:                           (*request).measuredArea,
		"GET " + PovertyPath + ".csv":                  (*request).measuredCSV,
		"GET " + NewPath:                               (*request).newHousehold,
		"POST " + NewPath:                              (*request).recordHousehold,
		"GET " + Path + ".csv":                         (*request).listCSV,
		"GET " + Path + "/{book}/{id}":                 (*request).household,
		"GET " + Path + "/{book}/{id}/money.csv":       (*request).moneyCSV,
		"GET " + Path + "/{book}/{id}/reveal":          (*request).ask,
		"POST " + Path + "/{book}/{id}/reveal":         (*request).reveal,
		"GET " + Path + "/{book}/{id}/sheet":           (*request).sheet,
		"GET " + Path + "/{book}/{id}/handbook":        (*request).handbook,
		"GET " + Path + "/{book}/{id}/visit":           (*request).visit,
		"POST " + Path + "/{book}/{id}/visit":          (*request).recordVisit,
		"GET " + CasesPath:                             (*request).cases,
		"GET " + CasesPath + ".csv":                    (*request).casesCSV,
		"GET " + CasesPath + "/{book}/{id}":            (*request).oneCase,
		"GET " + CasesPath + "/{book}/{id}/sample.csv": (*request).surveyCSV,
		"GET " + NoticesPath:                           (*request).notices,
		"GET " + NoticesPath + ".csv":                  (*request).noticesCSV,
		"GET " + NoticesPath + "/{book}/{id}":          (*request).notice,
		"GET " + MonitoringPath:                        (*request).monitoring,
		"GET " + MonitoringPath + ".csv":               (*request).monitoringCSV,
		"GET " + DuplicatesPath:                        (*request).duplicates,
		"GET " + DuplicatesPath + ".csv":               (*request).duplicatesCSV,
		"GET " + DuplicatesPath + "/{book}/{id}":       (*request).duplicate,
	} {
		mux.HandleFunc(pattern, p.page(page))
	}
}

// Places are the register's places in the frame: for a stranger, the public notices alone.
func Places(words wording.Words, r *http.Request) view.NavGroup {
	group := view.NavGroup{Title: words.Text("households.nav")}
	for _, p := range []struct{ icon, key, href string }{{"people", "households", Path}, {"layers", "cases", CasesPath}, {"notice", "notices", NoticesPath}, {"bell", "monitoring", MonitoringPath}, {"talk", "duplicates", DuplicatesPath}} {
		if session.Of(r) == nil && p.href != NoticesPath {
			continue
		}
		group.Items = append(group.Items, view.NavItem{Icon: p.icon, Label: words.Text("households.nav." + p.key), Href: p.href, Current: r.URL.Path == p.href || strings.HasPrefix(r.URL.Path, p.href+"/")})
	}
	return group
}

// request is one reader asking for one page.
type request struct {
	*http.Request
	w     http.ResponseWriter
	p     *Pages
	v     *session.Visit // nil for a stranger, who comes to public pages alone
	page  view.Page
	words wording.Words
	today date.Date
	known map[string]entity.Entity               // what has been looked up, by type, book and id
	count map[string]map[string]map[string]int64 // households by book, village and what they are registered as
	first string                                 // the first of the programme's books
}

// page makes a handler.
func (p *Pages) page(make func(*request) error) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{Request: r, w: w, p: p, v: session.Of(r), page: p.guard.Page(r), today: p.store.Today(), known: map[string]entity.Entity{}, count: map[string]map[string]map[string]int64{}}
		q.words = p.guard.Words(q.page)
		if err := make(q); err != nil {
			p.guard.Refuse(w, r, err)
		}
	}
}

func (q *request) text(key string, arguments ...any) string { return q.words.Text(key, arguments...) }

// label names a column of a listing.
func (q *request) label(key string) string { return q.text("households.column." + key) }

// download is the line that leads to the download of a table.
func (q *request) download(href string) view.Component {
	return view.Buttons{{Label: q.text("households.csv"), Icon: "download", Href: href}}
}

// show answers with a page of components.
func (q *request) show(heading view.Heading, body ...view.Component) error {
	q.p.guard.Show(q.w, q.Request, http.StatusOK, view.Stack{Page: q.page, Heading: heading, Body: body})
	return nil
}

// entity looks something up, in a book or at headquarters.
func (q *request) entity(book, typ, id string) (entity.Entity, bool, error) {
	key := typ + " " + book + " " + id
	if e, ok := q.known[key]; ok {
		return e, e.ID != "", nil
	}
	e, ok, err := entity.Get(q.Context(), q.p.store.DB, book, typ, id)
	if err == nil && !ok && book != entity.Headquarters {
		e, ok, err = entity.Get(q.Context(), q.p.store.DB, entity.Headquarters, typ, id)
	}
	if err != nil {
		return e, false, err
	}
	q.known[key] = e
	return e, ok, nil
}

// named is the name of something, or its code when it has none.
func (q *request) named(book, typ, id string) (string, error) {
	e, ok, err := q.entity(book, typ, id)
	if err != nil || !ok || e.Name == "" {
		return id, err
	}
	if typ == "area" {
		return q.placed(e.Name), nil
	}
	return q.words.Name(e.Name), nil
}

// person is who a log-in is.
func (q *request) person(login string) (string, error) {
	return q.named(entity.Headquarters, "person", login)
}

// day writes a date that stays on one line.
func (q *request) day(d date.Date) string {
	if d == "" {
		return q.words.NotRecorded()
	}
	return strings.ReplaceAll(q.words.Date(d), " ", "\u00a0")
}

// crumbs lead from the county of a book down to an area.
func (q *request) crumbs(book, lowest string) ([]view.Link, error) {
	var list []view.Link
	for code := lowest; code != ""; {
		e, ok, err := q.entity(entity.Headquarters, "area", code)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		link := view.Link{Label: q.placed(e.Name)}
		if sees, err := q.sees(code); err != nil {
			return nil, err
		} else if sees {
			link.Href = listing.Address(Path, "area", code)
		}
		list = append([]view.Link{link}, list...)
		if code == book {
			break
		}
		code = e.Parent
	}
	return list, nil
}

// sees tells whether the reader may see what is recorded of an area; a stranger sees nothing of any.
func (q *request) sees(area string) (bool, error) {
	if q.v == nil {
		return false, nil
	}
	return q.v.Sees(q.Context(), area)
}

// placed is how an area is called.
func (q *request) placed(name string) string { return q.words.Place(name) }

// mine refuses an area that the reader does not serve.
func (q *request) mine(area string) error {
	sees, err := q.v.Sees(q.Context(), area)
	if err == nil && !sees {
		err = fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", q.v.Person, area).For("area").Mend("Choose an area that you serve, or ask an administrator for a role there.")
	}
	return err
}

// Href is a household's page.
func Href(book, id string) string {
	return Path + "/" + url.PathEscape(book) + "/" + url.PathEscape(id)
}

// entryHref is an entry's own page.
func entryHref(book string, seq int64) string { return form.EntryHref(book, seq) }

func itoa[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// record is the address of a form with fields filled in.
func record(kind string, pairs ...string) string {
	return listing.Address(form.Path+"/"+kind, pairs...)
}

// status says what a household is registered as.
func (q *request) status(class string) view.State {
	kind := view.Running
	switch class {
	case "exited":
		kind = view.Done
	case "relapsed", "exit_reversed":
		kind = view.Needs
	case household.Known, household.Moved, household.Merged, "cancelled", "removed", "":
		kind = view.NotStarted
	}
	return view.State{Kind: kind, Word: q.statusWord(class)}
}

func (q *request) statusWord(class string) string {
	if class == "" {
		class = household.Known
	}
	return q.text("households.status." + class)
}

// cause is what a household is poor by.
func (q *request) cause(code string) string {
	for _, c := range household.Causes() {
		if c.Code == code {
			return q.words.Pick(c.English, c.Chinese)
		}
	}
	if code == "" {
		return q.words.NotRecorded()
	}
	return code
}

// missing is the fault of a page that is not there.
func missing(what, id, book string) error {
	return fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", what, id, book).Mend("Correct the code.")
}

// yuan writes fen in full.
func (q *request) yuan(fen int64) string {
	return q.words.Count(fen/100) + fmt.Sprintf(".%02d", abs(fen%100))
}

func abs(n int64) int64 { return max(n, -n) }

// mayRecord tells whether the reader may record a kind anywhere.
func (q *request) mayRecord(kind string) bool { return q.v != nil && q.v.MayRecord(fact.Find(kind)) }

// gap stands between two sentences.
func (q *request) gap() string {
	if q.words.Language == locale.Chinese {
		return ""
	}
	return " "
}
