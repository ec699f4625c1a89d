package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
)

// recorded reads an entry and its fact.
func (q *request) recorded(book string, seq int64) (journal.Entry, fact.Fact, error) {
	e, ok, err := journal.Get(q.ctx, q.site.store.DB, book, seq)
	if err != nil {
		return e, nil, err
	}
	if !ok {
		return e, nil, missing("entry.missing", "there is no entry %s:%s", book, strconv.FormatInt(seq, 10))
	}
	f, err := fact.DecodeBody(e.Kind, e.Body, "")
	return e, f, err
}

// titled says in a few words what an entry records, and the number of the paper that goes with it.
func (q *request) titled(book string, seq int64) (title, ref string, err error) {
	type words struct{ title, ref string }
	t, err := reading.Remember(q.ctx, q.read.Names, fmt.Sprint("title ", q.Printer.Language, " ", book, ":", seq), func(context.Context) (words, error) {
		e, f, err := q.recorded(book, seq)
		if err != nil {
			return words{}, err
		}
		title, ref := q.describe(&e, f)
		return words{title, ref}, nil
	})
	return t.title, t.ref, err
}

// describe chooses from a fact's own fields what tells it from others of its kind: its name or purpose, else what it is about.
// What only speaks of another fact, a proposal or the word on one, is told by that.
func (q *request) describe(e *journal.Entry, f fact.Fact) (title, ref string) {
	switch f := f.(type) {
	case *fact.Proposal:
		if held, err := fact.DecodeBody(f.Of, f.Body, ""); err == nil {
			title, ref := q.describe(&journal.Entry{Book: e.Book, Seq: e.Seq, Kind: f.Of}, held)
			return q.kind(f.Of) + " · " + title, ref
		}
	case *fact.Approve:
		if title, ref, err := q.titled(e.Book, f.Proposal); err == nil {
			return q.choice(e.Kind, "verdict", f.Verdict) + " · " + title, ref
		}
	}
	k := fact.Find(e.Kind)
	get := func(name string) string {
		if field := k.Field(name); field != nil && !field.Private {
			return k.Get(f, field)
		}
		return ""
	}
	ref = cmp.Or(get("voucher"), get("receipt"), get("transfer"), get("contract"), get("document"), get("id"), get("code"))
	if ref == "" {
		ref = fmt.Sprintf("%s:%d", e.Book, e.Seq)
	}
	switch name := q.pick(get("name"), cmp.Or(get("name_zh"), get("name"))); {
	case name != "":
		return q.name(name), ref
	case get("en") != "":
		return q.pick(get("en"), get("zh")), ref
	case get("sentence") != "":
		return get("sentence"), ref
	case get("purpose") != "" && (!q.chinese() || q.name(get("purpose")) != get("purpose")):
		return q.name(get("purpose")), ref
	}
	var parts []string
	for _, name := range []string{"project", "milestone", "investment", "county", "to", "supplier", "from", "fund", "person", "entry"} {
		field := k.Field(name)
		if field == nil || len(parts) == 2 {
			continue
		}
		if text := q.fieldText(e.Book, k, field, f); text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return q.kind(e.Kind), ref
	}
	return strings.Join(parts, " · "), ref
}

// fieldText writes a field's value as plain text.
func (q *request) fieldText(book string, k *fact.Kind, field *fact.Field, f fact.Fact) string {
	return q.fieldValue(book, k, field, f).String()
}

// fieldValue writes a field's value; what it names leads to its page.
func (q *request) fieldValue(book string, k *fact.Kind, field *fact.Field, f fact.Fact) view.Prose {
	raw := k.Get(f, field)
	switch {
	case raw == "":
		return nil
	case field.Ref != "":
		return q.reference(book, field.Ref, raw)
	case len(field.Choices) > 0:
		return view.Plain(q.choice(k.Name, field.Name, raw))
	case k.Defines == "area" && field.EntityPart == "class":
		return view.Plain(q.levelName(raw))
	case field.Type == fact.Amount:
		if m, err := fact.ParseMoney(raw); err == nil {
			return view.Prose{{Text: q.exact(int64(m), ledger.Currency, 2), Isolated: true}}
		}
	case field.Type == fact.Day:
		return view.Prose{{Text: q.Printer.Date(date.Date(raw)), Isolated: true}}
	case field.Type == fact.Integer:
		if n, err := strconv.ParseInt(raw, 10, 64); err == nil {
			return view.Prose{{Text: q.Printer.Count(n), Isolated: true}}
		}
	}
	return view.Plain(raw)
}

// reference names a thing and leads to it.
func (q *request) reference(book, typ, id string) view.Prose {
	switch typ {
	case "area":
		return linked(q.areaName(id), q.areaHref(id))
	case "book":
		return linked(q.bookName(id), q.areaHref(id))
	case "project":
		return linked(q.projectName(id), link("projects", book, id))
	}
	e, ok := q.entity(book, typ, id)
	if !ok {
		return view.Plain(id)
	}
	if typ == "party" {
		return linked(q.name(e.Name), link("parties", e.Book, e.ID))
	}
	return linked(q.name(e.Name), q.seenEntryHref(e.Book, e.Seq))
}

// entry shows one recorded fact whole.
func (q *request) entry() error {
	book := q.PathValue("book")
	seq, err := strconv.ParseInt(q.PathValue("seq"), 10, 64)
	if err != nil {
		return missing("entry.missing", "there is no entry %s:%s", book, q.PathValue("seq"))
	}
	e, f, err := q.recorded(book, seq)
	if err != nil {
		return err
	}
	if !q.seesEntry(&e) {
		return fault.New(fault.Forbidden, "entry.hidden", "%s may not see entry %s:%d", q.scope.reader.Person, book, seq).Mend("It lies outside the areas that you serve.")
	}
	title, ref := q.describe(&e, f)
	state, err := q.standing(&e)
	if err != nil {
		return err
	}
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.journal"), Href: "/journal"}, {Label: q.bookName(book), Href: listing.Address("/journal", "book", book)}, {Label: q.text("entry.number", strconv.FormatInt(seq, 10))}},
		Title:  q.kind(e.Kind), Lead: view.Plain(title), State: state,
	}
	q.Title = q.kind(e.Kind) + " " + ref

	main := []view.Component{view.Section{Head: view.SectionHead{ID: "fact", Title: q.text("entry.fact")}, Parts: []view.Component{q.factFields(&e, f)}}}
	moved, err := q.movedSection(&e)
	if err != nil {
		return err
	}
	counted, err := q.countedSection(&e)
	if err != nil {
		return err
	}
	main = append(append(main, moved...), counted...)
	side := []view.Component{q.proofSection(&e)}
	history, err := q.historySection(&e)
	if err != nil {
		return err
	}
	return q.show(heading, view.Columns{Main: main, Side: append(side, history), Record: true})
}

// standing says whether the entry was taken back, or how well it is proved.
func (q *request) standing(e *journal.Entry) (*view.State, error) {
	by, err := journal.ReversedBy(q.ctx, q.site.store.DB, e.Book, e.Seq)
	if err != nil || by > 0 {
		return &view.State{Kind: view.Failed, Word: q.text("entry.taken-back"), Pill: true}, err
	}
	proved, err := journal.ProvedBy(q.ctx, q.site.store.DB, e.Book, e.Seq)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Grade == journal.Traced || proved > 0:
		return &view.State{Kind: view.Done, Word: q.gradeWord(journal.Traced), Pill: true}, nil
	case e.Grade == journal.Partly:
		return &view.State{Kind: view.Running, Word: q.gradeWord(journal.Partly), Pill: true}, nil
	}
	return &view.State{Kind: view.NotStarted, Word: q.gradeWord(journal.Reported), Pill: true}, nil
}

// factFields are the fields of the fact by their labels. Personal ones are kept apart and shown to those alone who may see them.
func (q *request) factFields(e *journal.Entry, f fact.Fact) view.Facts {
	personal := e.Private != "" && q.seesPersonal(e.Area)
	if personal {
		whole, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			q.fault(err)
			return nil
		}
		f = whole
	}
	return append(view.Facts{{Name: q.text("entry.on"), Value: view.Prose{{Text: q.Printer.Date(e.On), Isolated: true}}}}, q.fieldsOf(e, f, personal)...)
}

// fieldsOf are the fields of a fact that an entry holds; of a proposal, those of what is proposed, and who must agree.
func (q *request) fieldsOf(e *journal.Entry, f fact.Fact, personal bool) (fields view.Facts) {
	k := fact.KindOf(f)
	for i := range k.Fields {
		field := &k.Fields[i]
		label := q.pick(field.En, field.Zh)
		value := q.fieldValue(e.Book, k, field, f)
		if p, ok := f.(*fact.Proposal); ok {
			switch field.Name {
			case "of":
				value = view.Plain(q.kind(p.Of))
			case "body":
				held, err := fact.DecodeBody(p.Of, p.Body, p.Personal)
				if err != nil {
					q.fault(err)
					return nil
				}
				fields = append(fields, q.fieldsOf(e, held, personal)...)
				continue
			case "role":
				value = view.Plain(q.words().Role(p.Role))
			case "key", "on", "personal", "content": // the entry's own, or shown with what is proposed
				continue
			}
		}
		if field.Private && !personal {
			fields = append(fields, view.Fact{Name: label, Value: view.Plain(q.text("entry.private"))})
		} else if len(value) > 0 {
			fields = append(fields, view.Fact{Name: label, Value: value})
		}
	}
	return fields
}

func (q *request) movedSection(e *journal.Entry) ([]view.Component, error) {
	list, err := ledger.Postings(q.ctx, q.site.store.DB, e.Book, e.Seq)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("column.flow")}, {Label: q.text("column.from")}, {Label: q.text("column.to")},
		{Label: q.text("column.fund")}, {Label: q.text("column.amount"), Kind: view.NumberColumn}}}
	for _, p := range list {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{
			{Text: q.flowName(p.Flow), Sub: q.commodity(p.Commodity)},
			q.accountCell(p.Book, p.From), q.accountCell(p.Book, p.To),
			{Text: q.fund(p.Fund)},
			{Text: q.amount(p.Amount*p.Sign, p.Commodity)},
		}})
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "moved", Title: q.text("entry.moved")}, Parts: []view.Component{t}}}, nil
}

func (q *request) countedSection(e *journal.Entry) ([]view.Component, error) {
	list, err := figure.Observations(q.ctx, q.site.store.DB, e.Book, e.Seq)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	units := map[string]string{}
	for _, m := range figure.Measures() {
		units[m.ID] = m.Unit
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("column.measure")}, {Label: q.text("column.subject")}, {Label: q.text("column.value"), Kind: view.NumberColumn}}}
	for _, o := range list {
		unit, value := units[o.Measure], q.exact(o.Value, units[o.Measure], 0)
		if unit != "date" {
			value = q.exact(o.Value*o.Sign, unit, 0)
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: strings.Trim(q.measureName(o.Measure, figure.Sum), "“”")},
			{Text: cmp.Or(o.Subject, q.text("none"))}, {Text: value, Sub: q.unit(unit)}}})
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "counted", Title: q.text("entry.counted")}, Parts: []view.Component{t}}}, nil
}

// proofSection shows the files that prove the entry.
func (q *request) proofSection(e *journal.Entry) view.Section {
	s := view.Section{Head: view.SectionHead{ID: "proof", Title: q.text("entry.proof")}}
	if len(e.Evidence) == 0 {
		s.Parts = []view.Component{view.Empty{Icon: "camera", Title: q.text("entry.no-proof"), Text: q.text("entry.no-proof.text")}}
		return s
	}
	var photos view.Album
	for i, hash := range e.Evidence {
		href := q.evidenceHref(hash)
		path, err := q.site.store.Evidence.Path(hash)
		switch {
		case err != nil:
			s.Parts = append(s.Parts, view.Status{Kind: view.Refused, Icon: "warning", Lead: q.text("entry.file-missing"), Text: q.text("entry.file-missing.text", hash[:12])})
		case filepath.Ext(path) == ".pdf":
			s.Parts = append(s.Parts, view.Buttons{{Label: q.text("entry.pdf", i+1), Icon: "document", Href: href}})
		default:
			photos = append(photos, view.Photo{Src: href, Href: href, Alt: q.text("entry.photo", i+1), Caption: q.text("entry.file", hash[:12])})
		}
	}
	if len(photos) > 0 {
		s.Parts = append([]view.Component{photos}, s.Parts...)
	}
	return s
}

// historySection says who recorded and approved the entry, and how it hangs in the chain.
func (q *request) historySection(e *journal.Entry) (view.Section, error) {
	isolated := func(s string) view.Prose { return view.Prose{{Text: s, Isolated: true}} }
	entryLink := func(seq int64) view.Prose {
		return linked(q.text("entry.number", strconv.FormatInt(seq, 10)), q.seenEntryHref(e.Book, seq))
	}
	approvedBy := q.people(e.Approvers)
	if approvedBy == "" {
		approvedBy = q.text("entry.nobody")
		if k := fact.Find(e.Kind); k.Approval == nil {
			approvedBy = q.text("entry.not-needed")
		}
	}
	at := time.UnixMicro(e.RecordedAt).UTC()
	facts := view.Facts{
		{Name: q.text("entry.recorded-by"), Value: view.Plain(q.person(e.Actor))},
		{Name: q.text("entry.approved-by"), Value: view.Plain(approvedBy)},
		{Name: q.text("entry.recorded-at"), Value: isolated(q.Printer.Date(date.Of(at)) + " " + q.Printer.Clock(at) + " UTC")},
		{Name: q.text("entry.source"), Value: view.Plain(e.Source)},
	}
	for _, step := range []struct {
		name string
		find func() (int64, error)
	}{
		{"entry.reverses", func() (int64, error) { return e.Reverses, nil }},
		{"entry.reversed-by", func() (int64, error) { return journal.ReversedBy(q.ctx, q.site.store.DB, e.Book, e.Seq) }},
		{"entry.proved-by", func() (int64, error) { return journal.ProvedBy(q.ctx, q.site.store.DB, e.Book, e.Seq) }},
	} {
		seq, err := step.find()
		if err != nil {
			return view.Section{}, err
		}
		if seq > 0 {
			facts = append(facts, view.Fact{Name: q.text(step.name), Value: entryLink(seq)})
		}
	}
	facts = append(facts, view.Fact{Name: q.text("entry.hash"), Value: view.Plain(e.Hash.String())})
	if e.Seq > 1 {
		before, ok, err := journal.Get(q.ctx, q.site.store.DB, e.Book, e.Seq-1)
		if err != nil {
			return view.Section{}, err
		}
		if ok {
			facts = append(facts, view.Fact{Name: q.text("entry.hash-before"), Value: append(entryLink(e.Seq-1), view.Phrase{Text: " " + view.Digest(before.Hash.String())})})
		}
	}
	return view.Section{Head: view.SectionHead{ID: "history", Title: q.text("entry.history")}, Parts: []view.Component{facts}}, nil
}

// evidenceHref is the address of a file of evidence. For a person it is signed: whoever was shown what the file proves was given the address,
// and nobody else can make it.
func (q *request) evidenceHref(hash string) string {
	key := ""
	if v := session.Of(q.Request); v != nil {
		key = v.Sign(hash)
	}
	return listing.Address(link("evidence", hash), "key", key)
}

// evidence sends a file of evidence. Its type is what its content shows; the browser may show it and nothing in it may run.
func (q *request) evidence() error {
	hash := q.PathValue("hash")
	if v := session.Of(q.Request); v != nil && !v.Signed(hash, q.FormValue("key")) {
		return fault.New(fault.Forbidden, "request.forged", "the address of the file is not this session's").Mend("Open the entry that it proves.")
	}
	path, err := q.site.store.Evidence.Path(hash)
	if errors.Is(err, fs.ErrNotExist) {
		return missing("evidence.missing", "there is no file %s", hash)
	}
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("send evidence: %w", err)
	}
	defer file.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("send evidence: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("send evidence: %w", err)
	}
	mediaType := http.DetectContentType(head[:n])
	policy := "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
	if mediaType == "application/pdf" {
		// Browsers refuse to show a PDF in a sandbox. Its own scripts run in the viewer's process and reach nothing of ours.
		policy = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
	}
	h := q.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", hash[:12]+filepath.Ext(path)))
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("ETag", `"`+hash+`"`)
	http.ServeContent(q.w, q.Request, "", time.Time{}, file)
	return nil
}
