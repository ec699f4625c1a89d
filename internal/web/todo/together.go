package todo

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// togetherPath is where proposals of one import are decided in one step.
const togetherPath = Path + "/together"

const (
	togetherMax   = 100 // proposals decided in one step
	togetherShown = 4   // fields of each in the table
	importSource  = "import "
)

// batch is what one person's import of one table proposed of one kind in one book, as far as it waits for the reader's word.
type batch struct {
	Book, Actor, Kind, Source string
	list                      []fact.Pending
}

func (b *batch) table() string { return strings.TrimPrefix(b.Source, importSource) }

func (b *batch) href() string {
	return togetherPath + "?" + url.Values{"book": {b.Book}, "by": {b.Actor}, "kind": {b.Kind}, "table": {b.table()}}.Encode()
}

// batches takes those proposals that came with others in one import out of a list.
func (l *List) batches(ctx context.Context, waiting []fact.Pending) (together []*batch, single []fact.Pending, err error) {
	byKey := map[batchKey]*batch{}
	for _, p := range waiting {
		source, err := l.source(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		if !strings.HasPrefix(source, importSource) {
			single = append(single, p)
			continue
		}
		key := batchKey{p.Book, p.Actor, p.Kind, source}
		if byKey[key] == nil {
			byKey[key] = &batch{Book: p.Book, Actor: p.Actor, Kind: p.Kind, Source: source}
			together = append(together, byKey[key])
		}
		byKey[key].list = append(byKey[key].list, p)
	}
	kept := together[:0]
	for _, b := range together {
		if len(b.list) == 1 {
			single = append(single, b.list[0])
		} else {
			kept = append(kept, b)
		}
	}
	return kept, single, nil
}

type batchKey struct{ book, actor, kind, source string }

// source says how a proposal came in, once for all who ask: an entry never changes.
func (l *List) source(ctx context.Context, p fact.Pending) (string, error) {
	at := p.Book + ":" + itoa(p.Seq)
	l.mu.Lock()
	source, ok := l.sources[at]
	l.mu.Unlock()
	if ok {
		return source, nil
	}
	e, _, err := journal.Get(ctx, l.store.DB, p.Book, p.Seq)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sources) >= sourcesMax {
		clear(l.sources)
	}
	l.sources[at] = e.Source
	return e.Source, nil
}

// batchRows are the rows of the work list that stand for an import each.
func (l *List) batchRows(words wording.Words, names func(string) string, list []*batch) []view.Row {
	var rows []view.Row
	for _, b := range list {
		state := view.State{Kind: view.Needs, Word: words.Text("todo.waits")}
		rows = append(rows, view.Row{Cells: []view.Cell{
			{Text: words.Text("todo.together.kind", words.KindNamed(b.Kind), len(b.list)), Href: b.href(), Sub: b.table()},
			{Text: names(b.Actor)}, {Text: words.Text("todo.of", 0, b.list[0].Need)}, {State: &state},
		}})
	}
	return rows
}

// asked finds the import of an address.
func (l *List) asked(r *http.Request) (*batch, error) {
	waiting, err := l.waiting(r.Context(), session.Of(r))
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	b := &batch{Book: q.Get("book"), Actor: q.Get("by"), Kind: q.Get("kind"), Source: importSource + q.Get("table")}
	for _, p := range waiting {
		if p.Book != b.Book || p.Actor != b.Actor || p.Kind != b.Kind || len(b.list) == togetherMax {
			continue
		}
		source, err := l.source(r.Context(), p)
		if err != nil {
			return nil, err
		}
		if source == b.Source {
			b.list = append(b.list, p)
		}
	}
	return b, nil
}

func (l *List) together(w http.ResponseWriter, r *http.Request) {
	l.togetherPanel(w, r, http.StatusOK, nil)
}

// togetherPanel shows what one import proposed, what it comes to, and what it would do to balances.
func (l *List) togetherPanel(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	ctx, v := r.Context(), session.Of(r)
	page := l.guard.Page(r)
	words := l.guard.Words(page)
	b, err := l.asked(r)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	k := fact.Find(b.Kind)
	for _, f := range fault.All(wrong) {
		page.Status = append(page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("todo.refused"), Text: words.Fault(k, f)})
	}
	heading := view.Heading{Crumbs: []view.Link{{Label: words.Text("todo.title"), Href: Path}, {Label: b.table()}}, Title: words.Text("todo.together", len(b.list))}
	if len(b.list) == 0 || k == nil {
		heading.Title = words.Text("todo.together.gone")
		heading.Lead = view.Plain(words.Text("todo.together.gone.why"))
		l.guard.Show(w, r, status, view.Stack{Page: page, Heading: heading})
		return
	}
	heading.Title = words.Text("todo.together.kind", words.Kind(k), len(b.list))
	heading.Lead = view.Plain(words.Text("todo.together.lead", l.people(ctx)(b.Actor), len(b.list), b.table()))
	drafts := make([]fact.Draft, len(b.list))
	for i := range b.list {
		if drafts[i], err = b.list[i].Draft(ctx, l.store.DB); err != nil {
			l.guard.Refuse(w, r, err)
			return
		}
	}
	rows, err := l.proposedRows(ctx, words, k, b, drafts)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	note := words.Text("todo.together.count", len(b.list))
	if sum, ok := sumOf(k, drafts); ok {
		note = words.Text("todo.together.sum", len(b.list), amount(words, "CNY", sum))
	}
	if len(b.list) == togetherMax {
		note = words.Sentences(note, words.Text("todo.together.most", togetherMax))
	}
	effect, err := l.effect(ctx, words, drafts...)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	choose := view.Form{Action: b.href(), Plain: true, Hidden: v.Hidden(), Fields: []view.Component{rows, view.Text{Prose: view.Plain(l.why(words, &b.list[0], k))}},
		Buttons: []view.Button{{Label: words.Text("todo.together.do"), Kind: view.Primary, Icon: "check"}}}
	l.guard.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: []view.Component{
		view.Section{Head: view.SectionHead{ID: "proposed", Title: words.Text("todo.together.rows"), Note: view.Plain(note)}, Parts: []view.Component{choose}}, effect,
	}})
}

// proposedRows lists the proposals with a box to tick, each bound to the hash of what is shown. Personal data stays in each one's own panel.
func (l *List) proposedRows(ctx context.Context, words wording.Words, k *fact.Kind, b *batch, drafts []fact.Draft) (view.Table, error) {
	var shown []*fact.Field
	for i := range k.Fields {
		if f := &k.Fields[i]; !f.Private && len(shown) < togetherShown {
			shown = append(shown, f)
		}
	}
	t := view.Table{Columns: []view.Column{{Label: words.Text("todo.together.id")}, {Label: words.Text("field.on")}}, Empty: &view.Empty{Icon: "check", Title: words.Text("todo.together.gone"), Text: words.Text("todo.together.gone.why")}}
	for _, f := range shown {
		column := view.Column{Label: words.Field(f)}
		if f.Type == fact.Amount {
			column.Kind = view.NumberColumn
		}
		t.Columns = append(t.Columns, column)
	}
	for i := range b.list {
		p := &b.list[i]
		values, err := l.forms.Values(ctx, words, k, drafts[i].Fact, p.Book)
		if err != nil {
			return t, err
		}
		texts := map[string]string{}
		for _, value := range values {
			texts[value.Field.Name] = value.Text
		}
		at := p.Book + ":" + itoa(p.Seq)
		cells := []view.Cell{{Text: at, Href: Href(p.Book, p.Seq), Pick: &view.Pick{Name: "chosen", Value: itoa(p.Seq) + " " + p.Hash, Label: words.Text("todo.together.row", at), Picked: true}}, {Text: words.Date(drafts[i].On)}}
		for _, f := range shown {
			text := texts[f.Name]
			if text == "" {
				text = words.NotRecorded()
			}
			cells = append(cells, view.Cell{Text: text})
		}
		t.Rows = append(t.Rows, view.Row{Cells: cells})
	}
	return t, nil
}

// sumOf adds up the amounts that decide how many must approve; ok is false for a kind that has none.
func sumOf(k *fact.Kind, drafts []fact.Draft) (sum int64, ok bool) {
	if k.Approval == nil || k.Approval.Field == "" {
		return 0, false
	}
	for _, d := range drafts {
		n, err := fact.ParseMoney(k.Get(d.Fact, k.Field(k.Approval.Field)))
		if err != nil {
			return 0, false
		}
		sum += int64(n)
	}
	return sum, true
}

// decideTogether records the reader's word on each proposal that is ticked, all of them in one commit or none.
func (l *List) decideTogether(w http.ResponseWriter, r *http.Request) {
	v := session.Of(r)
	b, err := l.asked(r)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	drafts, err := l.words(r, b, v.Person)
	if err == nil {
		_, err = l.store.Recorder.Record(r.Context(), drafts...)
	}
	if list := fault.All(err); list != nil {
		l.guard.Note(r, err)
		l.togetherPanel(w, r, wording.Status(list[0].Kind), err)
		return
	}
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	http.Redirect(w, r, Path, http.StatusSeeOther)
}

// words are the approvals of what is ticked, each with the hash that the reader was shown.
func (l *List) words(r *http.Request, b *batch, person string) ([]fact.Draft, error) {
	chosen := r.PostForm["chosen"]
	if len(chosen) == 0 {
		return nil, fault.New(fault.Invalid, "together.none", "nothing is ticked").For("chosen").Mend("Tick at least one.")
	}
	bySeq := map[int64]fact.Pending{}
	for _, p := range b.list {
		bySeq[p.Seq] = p
	}
	var drafts []fact.Draft
	for _, text := range chosen {
		number, hash, _ := strings.Cut(text, " ")
		seq, err := strconv.ParseInt(number, 10, 64)
		p, waits := bySeq[seq]
		if err != nil || !waits {
			return nil, fault.New(fault.Conflict, "together.gone", "%s of this import does not wait for you", number).For("chosen").Mend("Look at what waits now.")
		}
		p.Hash = hash
		drafts = append(drafts, p.Decision(person, "", l.store.Today(), "form"))
	}
	return drafts, nil
}
