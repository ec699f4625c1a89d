// Package todo is each person's work list: what waits for their word, what came back to them, what still lacks its proof, what a project
// has promised to reach; and the one panel in which something is approved or sent back.
//
//	GET  /todo               the list, with counts
//	GET  /todo/{book}/{seq}  one proposal: before and after, who prepared it, why it takes a second person, its effect on balances
//	POST /todo/{book}/{seq}  approve it, or send it back with a reason
//	GET  /todo/together      what one import proposed, with its sum and its effect
//	POST /todo/together      approve what is ticked of it, in one step
//
// A word on a proposal is bound to the hash of what was shown. The panel decides nothing: fact.Recorder refuses whoever may not approve.
package todo

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lastmile/internal/due"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/store"
	"lastmile/internal/web/form"
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

// Path is where the work list is mounted.
const Path = "/todo"

// unprovedPath is the page of all postings that nothing proves yet, which package web has.
const unprovedPath = "/postings?open=1"

const (
	shownMax    = 50 // rows of each part of the list
	proofsShown = 10 // rows of what lacks its proof: there may be thousands
	sourcesMax  = 10_000
)

// List is the work lists of a store.
type List struct {
	store *store.Store
	guard *session.Guard
	forms *form.Forms
	more  []Tasks

	mu      sync.Mutex
	sources map[string]string // of proposals, by BOOK:SEQ
}

// Tasks is what other pages have for a person to do: counts that lead to their own lists.
type Tasks func(r *http.Request, words wording.Words) ([]view.Task, error)

// Add has the work lists name the tasks of other pages, after their own. Call it before pages are served.
func (l *List) Add(t Tasks) { l.more = append(l.more, t) }

// New makes the work lists of a store.
func New(s *store.Store, guard *session.Guard, forms *form.Forms) *List {
	return &List{store: s, guard: guard, forms: forms, sources: map[string]string{}}
}

// Routes mounts the pages.
func (l *List) Routes(mux session.Router) {
	mux.HandleFunc("GET "+Path, l.page)
	mux.HandleFunc("GET "+togetherPath, l.together)
	mux.HandleFunc("POST "+togetherPath, l.decideTogether)
	mux.HandleFunc("GET "+Path+"/{book}/{seq}", l.proposal)
	mux.HandleFunc("POST "+Path+"/{book}/{seq}", l.decide)
}

// proposals are those of all books that wait, for whoever asks.
func (l *List) proposals(ctx context.Context) ([]fact.Pending, error) {
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	return reading.Remember(ctx, now.Results, "proposals", func(ctx context.Context) ([]fact.Pending, error) {
		return fact.Proposals(ctx, l.store.DB, "", fact.Waiting)
	})
}

// waiting are the proposals that wait for a person's word: of their role and area, and not prepared or approved by themselves.
func (l *List) waiting(ctx context.Context, v *session.Visit) ([]fact.Pending, error) {
	all, err := l.proposals(ctx)
	if err != nil {
		return nil, err
	}
	var kept []fact.Pending
	for _, p := range all {
		if p.Actor == v.Person || slices.Contains(p.Approvers, v.Person) {
			continue
		}
		may, err := v.May(ctx, []string{p.Role}, p.Area)
		if err != nil {
			return nil, err
		}
		if may {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// returned are the person's own proposals that were sent back and not yet replaced.
func (l *List) returned(ctx context.Context, v *session.Visit) ([]fact.Pending, error) {
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	return reading.Remember(ctx, now.Names, "returned to "+v.Person, func(ctx context.Context) ([]fact.Pending, error) {
		return fact.Returned(ctx, l.store.DB, v.Person)
	})
}

// own are the person's proposals that wait for others.
func (l *List) own(ctx context.Context, v *session.Visit) ([]fact.Pending, error) {
	all, err := l.proposals(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(p fact.Pending) bool { return p.Actor != v.Person }), err
}

// unproved are entries of some kinds in the person's areas without a file that proves them, for those who may add one.
func (l *List) unproved(ctx context.Context, v *session.Visit, kinds []string) ([]journal.Entry, error) {
	proof := fact.Find("proof")
	if !v.MayRecord(proof) {
		return nil, nil
	}
	books, err := entity.Find(ctx, l.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return nil, err
	}
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	var list []journal.Entry
	for _, b := range append(books, entity.Entity{ID: entity.Headquarters}) {
		may, err := v.MayRecordIn(ctx, proof, b.Area)
		if err != nil {
			return nil, err
		}
		if !may {
			continue
		}
		some, err := reading.Remember(ctx, now.Book(b.ID), "unproved "+strings.Join(kinds, " "), func(ctx context.Context) ([]journal.Entry, error) {
			return journal.Unproved(ctx, l.store.DB, b.ID, kinds, shownMax+1)
		})
		if err != nil {
			return nil, err
		}
		if list = append(list, some...); len(list) > shownMax {
			break
		}
	}
	return list, nil
}

// promised are milestones that come soon or are late, of projects in the person's areas, for those who may say that they were reached.
func (l *List) promised(ctx context.Context, v *session.Visit) ([]due.Milestone, error) {
	reached := fact.Find("milestone-reached")
	if !v.MayRecord(reached) {
		return nil, nil
	}
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	all, err := reading.Remember(ctx, now.Results, "milestones due", func(ctx context.Context) ([]due.Milestone, error) {
		return due.Milestones(ctx, l.store.DB, l.store.Today())
	})
	if err != nil {
		return nil, err
	}
	var kept []due.Milestone
	for _, m := range all {
		may, err := v.MayRecordIn(ctx, reached, m.Project.Area)
		if err != nil {
			return nil, err
		}
		if may {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// Count is how much waits for a person's word or came back to them, for the frame of pages.
func (l *List) Count(ctx context.Context, v *session.Visit) (int, error) {
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return 0, err
	}
	return reading.Remember(ctx, now.Names, "waiting for "+v.Person, func(ctx context.Context) (int, error) {
		waiting, err := l.waiting(ctx, v)
		if err != nil {
			return 0, err
		}
		returned, err := l.returned(ctx, v)
		return len(waiting) + len(returned), err
	})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Href is the address of a proposal's panel.
func Href(book string, seq int64) string { return Path + "/" + url.PathEscape(book) + "/" + itoa(seq) }

// page draws the list.
func (l *List) page(w http.ResponseWriter, r *http.Request) {
	ctx, v := r.Context(), session.Of(r)
	page := l.guard.Page(r)
	words := l.guard.Words(page)
	waiting, err := l.waiting(ctx, v)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	returned, err := l.returned(ctx, v)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	own, err := l.own(ctx, v)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	unproved, err := l.unproved(ctx, v, due.Paid())
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	promised, err := l.promised(ctx, v)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	closing, err := l.closing(ctx, v)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	unseen, err := l.unproved(ctx, v, due.Seen)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	names := l.people(ctx)
	heading := view.Heading{Title: words.Text("todo.title"), Lead: view.Plain(words.Text("todo.lead", len(waiting)+len(returned)+len(closing)+len(promised)+len(unproved)+len(unseen)))}
	var body []view.Component
	part := func(id string, n int, tone view.Tone, parts ...view.Component) {
		if n == 0 {
			return
		}
		count := words.Count(int64(n))
		if n > shownMax {
			count = words.Text("todo.more", shownMax)
		}
		heading.Tasks = append(heading.Tasks, view.Task{Count: count, Text: words.Text("todo." + id + ".task"), Href: "#" + id, Tone: tone})
		body = append(body, view.Section{Head: view.SectionHead{ID: id, Title: words.Text("todo." + id), Note: view.Plain(words.Text("todo." + id + ".note"))}, Parts: parts})
	}
	together, single, err := l.batches(ctx, waiting)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	approve, err := l.proposalTable(ctx, words, names, single, false)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	back, err := l.proposalTable(ctx, words, names, returned, true)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	mine, err := l.proposalTable(ctx, words, names, own, false)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	approve.Rows = append(l.batchRows(words, names, together), approve.Rows...)
	part("approve", len(waiting), view.WarnTone, approve)
	part("returned", len(returned), view.BadTone, back)
	part("closing", len(closing), view.WarnTone, l.notices(words, closing))
	part("due", len(promised), view.NoTone, l.milestones(ctx, words, promised))
	proofs := []view.Component{l.entries(words, names, unproved)}
	if len(unproved) > proofsShown {
		proofs = append(proofs, view.Text{Prose: view.Write(page.Printer, "todo.unproved.more", view.Link{Label: words.Text("todo.unproved.all"), Href: unprovedPath})})
	}
	part("unproved", len(unproved), view.NoTone, proofs...)
	part("unseen", len(unseen), view.NoTone, l.entries(words, names, unseen))
	part("own", len(own), view.NoTone, mine)
	for _, tasks := range l.more {
		list, err := tasks(r, words)
		if err != nil {
			l.guard.Refuse(w, r, err)
			return
		}
		heading.Tasks = append(heading.Tasks, list...)
	}
	if len(body) == 0 {
		heading.Lead = view.Plain(words.Text("todo.nothing"))
		body = append(body, view.Text{Prose: view.Plain(words.Text("todo.nothing.why"))})
	}
	l.guard.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: heading, Body: body})
}

// people gives names by log-in name; one that cannot be read stands for itself.
func (l *List) people(ctx context.Context) func(id string) string {
	return func(id string) string {
		now, err := l.guard.Reading(ctx)
		if err != nil {
			return id
		}
		name, err := reading.Remember(ctx, now.Names, "person "+id, func(ctx context.Context) (string, error) {
			e, _, err := entity.Get(ctx, l.store.DB, entity.Headquarters, "person", id)
			return e.Name, err
		})
		if err != nil || name == "" {
			return id
		}
		return name
	}
}

func (l *List) proposalTable(ctx context.Context, words wording.Words, names func(string) string, list []fact.Pending, back bool) (view.Table, error) {
	t := view.Table{Columns: []view.Column{{Label: words.Text("todo.what")}, {Label: words.Text("todo.prepared")}, {Label: words.Text("todo.approvals")}, {Label: words.Text("todo.state"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "check", Title: words.Text("todo.nothing"), Text: words.Text("todo.nothing.why")}}
	for _, p := range list[:min(len(list), shownMax)] {
		state := view.State{Kind: view.Needs, Word: words.Text("todo.waits")}
		about, err := l.about(ctx, words, &p)
		if err != nil {
			return t, err
		}
		cell := view.Cell{Text: words.KindNamed(p.Kind), Href: Href(p.Book, p.Seq), Sub: about}
		if back {
			state = view.State{Kind: view.Failed, Word: words.Text("todo.back")}
			cell.Sub = p.Reason
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{cell, {Text: names(p.Actor)}, {Text: words.Text("todo.of", len(p.Approvers), p.Need)}, {State: &state}}})
	}
	return t, nil
}

// about tells a proposal from others of its kind: the first thing that it names and how much, or its place in the journal.
func (l *List) about(ctx context.Context, words wording.Words, p *fact.Pending) (string, error) {
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return "", err
	}
	at := p.Book + ":" + itoa(p.Seq)
	return reading.Remember(ctx, now.Names, "about "+string(words.Language)+" "+at, func(ctx context.Context) (string, error) {
		d, err := p.Draft(ctx, l.store.DB)
		if err != nil {
			return "", err
		}
		values, err := l.forms.Values(ctx, words, fact.KindOf(d.Fact), d.Fact, d.Book)
		if err != nil {
			return "", err
		}
		var parts []string
		for _, is := range []func(*fact.Field) bool{
			func(f *fact.Field) bool { return f.Ref != "" },
			func(f *fact.Field) bool { return f.Type == fact.Amount },
		} {
			if i := slices.IndexFunc(values, func(v form.Value) bool { return !v.Field.Private && is(v.Field) }); i >= 0 {
				parts = append(parts, values[i].Text)
			}
		}
		if len(parts) == 0 {
			return at, nil
		}
		return strings.Join(parts, " · "), nil
	})
}

func (l *List) milestones(ctx context.Context, words wording.Words, list []due.Milestone) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("todo.milestone")}, {Label: words.Text("todo.project")}, {Label: words.Text("todo.day")}, {Label: words.Text("todo.state"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "flag", Title: words.Text("todo.nothing"), Text: words.Text("todo.nothing.why")}}
	today := l.store.Today()
	for _, m := range list[:min(len(list), shownMax)] {
		state := view.State{Kind: view.NotStarted, Word: words.Text("todo.soon")}
		if m.By < today {
			state = view.State{Kind: view.Failed, Word: words.Text("todo.late")}
		}
		href := form.Path + "/milestone-reached?" + url.Values{"project": {m.Parent}, "milestone": {m.ID}}.Encode()
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: words.Name(m.Name), Href: href, Sub: m.ID}, {Text: words.Project(ctx, l.store.DB, m.Project.Book, m.Project.ID)}, {Text: words.Date(m.By)}, {State: &state}}})
	}
	return t
}

func (l *List) entries(words wording.Words, names func(string) string, list []journal.Entry) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("todo.what")}, {Label: words.Text("todo.voucher")}, {Label: words.Text("todo.day")}, {Label: words.Text("todo.prepared")}},
		Empty: &view.Empty{Icon: "check", Title: words.Text("todo.nothing"), Text: words.Text("todo.nothing.why")}}
	for _, e := range list[:min(len(list), proofsShown)] {
		voucher := words.NotRecorded()
		if content, err := fact.DecodeBody(e.Kind, e.Body, ""); err == nil {
			k := fact.Find(e.Kind)
			for _, name := range []string{"voucher", "receipt", "milestone"} {
				if f := k.Field(name); f != nil && k.Get(content, f) != "" {
					voucher = k.Get(content, f)
				}
			}
		}
		href := form.Path + "/proof?" + url.Values{"book": {e.Book}, "entry": {itoa(e.Seq)}}.Encode()
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: words.KindNamed(e.Kind), Href: href, Sub: e.Book + ":" + itoa(e.Seq), Grade: view.Grade(e.Grade.String())}, {Text: voucher}, {Text: words.Date(e.On)}, {Text: names(e.Actor)}}})
	}
	return t
}
