// Package form makes a form of any kind of fact from its struct: labels in both languages, hints, units, choices, pickers for what it names,
// and files that prove it. What the form sends goes the way of everything that is recorded, through fact.Recorder, which decides alone
// whether it may be.
//
//	GET  /record                              the kinds that this person may record
//	GET  /record/{kind}                       an empty form; ?FIELD=VALUE fills fields
//	GET  /record/{kind}?corrects=BOOK:SEQ     filled with an entry that it will take back and replace
//	GET  /record/{kind}?again=BOOK:SEQ        filled with one's own proposal that was sent back
//	POST /record/{kind}                       record it, or propose it where a second person must agree
//	GET  /record/{kind}/done?at=BOOK:SEQ      what became of it
//
// Each form carries a key of its own. Sent twice it is recorded once; sent again with other content it is refused. When something is wrong
// the form comes back with all that was typed and chosen, and with all problems at once, each at its field and in a summary that leads there.
//
// Everything works without scripts. What is looked up (an area, a party, a project) is found by a button of the form itself, which
// brings the form back with what was found to choose from.
package form

import (
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/store"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

//go:embed text/*.json template/*.html
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

// Path is where forms are mounted.
const Path = "/record"

// Forms are the forms of a store.
type Forms struct {
	store *store.Store
	guard *session.Guard
}

// New makes the forms of a store. Nobody comes to them but past the guard.
func New(s *store.Store, guard *session.Guard) *Forms { return &Forms{store: s, guard: guard} }

// Routes mounts the pages.
func (f *Forms) Routes(mux session.Router) {
	mux.HandleFunc("GET "+Path, f.kinds)
	mux.HandleFunc("GET "+Path+"/{kind}", f.empty)
	mux.HandleFunc("POST "+Path+"/{kind}", f.send)
	mux.HandleFunc("GET "+Path+"/{kind}/done", f.done)
	mux.HandleFunc("GET "+filePath+"{hash}", f.file)
	mux.HandleFunc("GET "+filePath+"{hash}/small", f.file)
}

// kinds lists what the person may record.
func (f *Forms) kinds(w http.ResponseWriter, r *http.Request) {
	v := session.Of(r)
	page := f.guard.Page(r)
	words := f.guard.Words(page)
	heading := view.Heading{Title: words.Text("record.title"), Lead: view.Plain(words.Text("record.lead"))}
	tables := map[string]*view.Table{}
	for _, k := range fact.Kinds() {
		if !v.MayRecord(k) {
			continue
		}
		subject := subjectOf(k)
		if tables[subject] == nil {
			tables[subject] = &view.Table{Columns: []view.Column{{Label: words.Text("record.kind")}, {Label: words.Text("record.who")}}}
		}
		second := words.Text("record.alone")
		if k.Approval != nil {
			second = words.Role(k.Approval.Role)
		}
		tables[subject].Rows = append(tables[subject].Rows, view.Row{Cells: []view.Cell{{Text: words.Kind(k), Href: Path + "/" + k.Name, Sub: words.About(k)}, {Text: second}}})
	}
	var body []view.Component
	for _, subject := range append(slices.Clone(subjects), otherSubject) {
		if t := tables[subject]; t != nil {
			t.Empty = &view.Empty{Icon: "lock", Title: words.Text("record.none"), Text: words.Text("record.none.why")}
			heading.Tasks = append(heading.Tasks, view.Task{Count: words.Count(int64(len(t.Rows))), Text: words.Text("record.of." + subject), Href: "#" + subject})
			body = append(body, view.Section{Head: view.SectionHead{ID: subject, Title: words.Text("record.of." + subject)}, Parts: []view.Component{*t}})
		}
	}
	if len(body) == 0 {
		body = append(body, view.Empty{Icon: "lock", Title: words.Text("record.none"), Text: words.Text("record.none.why")})
	}
	f.guard.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: heading, Body: body})
}

// subjects are the packages that define kinds of fact, in the order in which a programme meets them; the catalogue has what each is called.
var subjects = []string{"household", "notice", "casework", "project", "goods", "livestock", "enterprise", "dividend", "lending", "party", "programme", "area", "indicator", "access", "fact"}

// otherSubject is of kinds whose package has no word of its own.
const otherSubject = "other"

func subjectOf(k *fact.Kind) string {
	name := path.Base(reflect.TypeOf(k.New()).Elem().PkgPath())
	if slices.Contains(subjects, name) {
		return name
	}
	return otherSubject
}

// kind of the address, when the person may record it.
func (f *Forms) kind(r *http.Request) (*fact.Kind, error) {
	name := r.PathValue("kind")
	k := fact.Find(name)
	if k == nil {
		return nil, fault.New(fault.NotFound, "kind.unknown", "there is no kind of fact %q", name).Mend("Choose one from the list.")
	}
	if v := session.Of(r); !v.MayRecord(k) {
		return nil, fault.New(fault.Forbidden, "kind.by", "%s may not record a %s", v.Person, k.Name).Mend("It takes one of these roles: %s.", strings.Join(k.By, ", "))
	}
	return k, nil
}

// filled is a form with what is in it.
type filled struct {
	kind     *fact.Kind
	key      string
	book     string // chosen, for kinds that do not show it themselves
	on       string
	values   map[string]string // by field, as typed
	picks    map[string]string // by field, what was chosen of what was found
	find     string            // field in which the reader is looking something up
	evidence []string
	corrects *journal.Entry
	faults   fault.List
}

// empty is a form that was not sent yet.
func (f *Forms) empty(w http.ResponseWriter, r *http.Request) {
	k, err := f.kind(r)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	in := &filled{kind: k, key: "f-" + rand.Text(), on: string(f.store.Today()), values: map[string]string{}, picks: map[string]string{}}
	q := r.URL.Query()
	for i := range k.Fields {
		in.values[k.Fields[i].Name] = q.Get(k.Fields[i].Name)
	}
	in.book = q.Get("book")
	if at := q.Get("corrects"); at != "" {
		err = f.fillEntry(r, in, at)
	} else if at := q.Get("again"); at != "" {
		err = f.fillProposal(r, in, at)
	}
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	f.page(w, r, http.StatusOK, in)
}

// fillEntry fills a form with an entry that it will correct.
func (f *Forms) fillEntry(r *http.Request, in *filled, at string) error {
	e, err := f.entry(r, at)
	if err != nil {
		return err
	}
	if e.Kind != in.kind.Name {
		return fault.New(fault.Invalid, "request.form", "entry %s is a %s, not a %s", at, e.Kind, in.kind.Name).Mend("Open the form from the entry's own page.")
	}
	in.corrects, in.book, in.on, in.evidence = e, e.Book, string(e.On), e.Evidence
	return in.fill(e.Kind, e.Body, e.Private)
}

// fillProposal fills a form with a proposal of the person's own that was sent back.
func (f *Forms) fillProposal(r *http.Request, in *filled, at string) error {
	book, seq, err := position(at)
	if err != nil {
		return err
	}
	p, ok, err := fact.ProposalAt(r.Context(), f.store.DB, book, seq)
	if err != nil {
		return err
	}
	if !ok || p.Actor != session.Of(r).Person || p.Kind != in.kind.Name {
		return fault.New(fault.NotFound, "proposal.unknown", "book %s has no proposal %d", book, seq).Mend("Look it up among what waits.")
	}
	d, err := p.Draft(r.Context(), f.store.DB)
	if err != nil {
		return err
	}
	in.book, in.on, in.evidence, in.key = d.Book, string(d.On), d.Evidence, fact.AgainKey(seq)
	if d.Corrects > 0 {
		if in.corrects, err = f.entry(r, d.Book+":"+strconv.FormatInt(d.Corrects, 10)); err != nil {
			return err
		}
	}
	in.take(d.Fact)
	return nil
}

func (in *filled) fill(kind, body, private string) error {
	content, err := fact.DecodeBody(kind, body, private)
	if err != nil {
		return err
	}
	in.take(content)
	return nil
}

// take puts a fact's fields into the form.
func (in *filled) take(content fact.Fact) {
	for i := range in.kind.Fields {
		field := &in.kind.Fields[i]
		text := in.kind.Get(content, field)
		if field.Type == fact.List {
			text = strings.ReplaceAll(text, fact.ListSeparator, "\n")
		}
		in.values[field.Name] = text
	}
}

// entry that the person may see, with its personal data when they may see that.
func (f *Forms) entry(r *http.Request, at string) (*journal.Entry, error) {
	book, seq, err := position(at)
	if err != nil {
		return nil, err
	}
	e, ok, err := journal.Get(r.Context(), f.store.DB, book, seq)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "entry.unknown", "book %s has no entry %d", book, seq).Mend("Look the number up among the entries.")
	}
	v := session.Of(r)
	sees, err := v.SeesEntry(r.Context(), &e)
	if err != nil {
		return nil, err
	}
	if !sees && e.Actor != v.Person {
		return nil, fault.New(fault.Forbidden, "entry.hidden", "%s may not see entry %s:%d", v.Person, book, seq).Mend("It lies outside the areas that you serve.")
	}
	personal, err := v.SeesPersonal(r.Context(), e.Area)
	if err != nil {
		return nil, err
	}
	if !personal && e.Actor != v.Person {
		e.Private = ""
	}
	return &e, nil
}

// position reads BOOK:SEQ.
func position(at string) (book string, seq int64, err error) {
	book, number, ok := strings.Cut(at, ":")
	if ok {
		seq, err = strconv.ParseInt(number, 10, 64)
	}
	if !ok || err != nil || seq < 1 {
		return "", 0, fault.New(fault.Invalid, "parameter.wrong", "the parameter %s cannot be read: %s", "BOOK:SEQ", at).Mend("Write it such as 620524:17.")
	}
	return book, seq, nil
}

// EntryHref is the address of an entry's own page.
func EntryHref(book string, seq int64) string {
	return "/entries/" + url.PathEscape(book) + "/" + strconv.FormatInt(seq, 10)
}

// done says what became of a form.
func (f *Forms) done(w http.ResponseWriter, r *http.Request) {
	k, err := f.kind(r)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	e, err := f.entry(r, r.URL.Query().Get("at"))
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	page := f.guard.Page(r)
	words := f.guard.Words(page)
	at := e.Book + ":" + strconv.FormatInt(e.Seq, 10)
	content, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	shown, heading := e.Kind, view.Heading{Title: words.Text("done.recorded", words.Kind(k)), Lead: view.Write(page.Printer, "done.entry", view.Link{Label: at, Href: EntryHref(e.Book, e.Seq)}, words.Date(e.On))}
	if p, ok := content.(*fact.Proposal); ok {
		shown = p.Of
		if content, err = fact.DecodeBody(p.Of, p.Body, p.Personal); err != nil {
			f.guard.Refuse(w, r, err)
			return
		}
		heading = view.Heading{Title: words.Text("done.proposed", words.Kind(k)), Lead: view.Plain(words.Text("done.waits", words.Role(p.Role)))}
	}
	if r.URL.Query().Get("again") != "" {
		page.Status = []view.Status{{Kind: view.Told, Icon: "check", Lead: words.Text("done.again"), Text: words.Text("done.again.safe")}}
	}
	heading.Crumbs = []view.Link{{Label: words.Text("record.title"), Href: Path}, {Label: at}}
	values, err := f.Values(r.Context(), words, fact.Find(shown), content, e.Book)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	facts := view.Facts{}
	for _, x := range values {
		facts = append(facts, view.Fact{Name: x.Name, Value: view.Plain(x.Text)})
	}
	body := []view.Component{facts}
	if len(e.Evidence) > 0 {
		body = append(body, f.Gallery(words, session.Of(r), e.Evidence))
	}
	buttons := view.Buttons{{Label: words.Text("done.more", words.Kind(k)), Href: Path + "/" + k.Name, Kind: view.Primary}}
	if shown == e.Kind && k.Name != "reversal" && k.Name != "proof" && k.Name != "erasure" {
		buttons = append(buttons, view.Button{Label: words.Text("done.correct"), Href: Path + "/" + k.Name + "?corrects=" + url.QueryEscape(at)})
	}
	f.guard.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: heading, Body: append(body, buttons)})
}

// books that the person serves, for kinds that do not show their book themselves.
func (f *Forms) books(r *http.Request, words wording.Words) ([]view.Option, error) {
	list, err := entity.Find(r.Context(), f.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return nil, fmt.Errorf("list books: %w", err)
	}
	v := session.Of(r)
	options := []view.Option{{Value: "", Label: words.Text("choose")}}
	if v.Everywhere() {
		options = append(options, view.Option{Value: entity.Headquarters, Label: words.Text("headquarters")})
	}
	for _, b := range list {
		sees, err := v.Sees(r.Context(), b.Area)
		if err != nil {
			return nil, err
		}
		if sees {
			area, _, err := entity.Get(r.Context(), f.store.DB, entity.Headquarters, "area", b.Area)
			if err != nil {
				return nil, err
			}
			options = append(options, view.Option{Value: b.ID, Label: area.Name + " " + b.ID})
		}
	}
	return options, nil
}
