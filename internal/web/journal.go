package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
)

// journal lists the entries of a book as they came in, the newest first, each page from where the last one ended.
func (q *request) journal() error {
	books, err := q.offeredBooks()
	if err != nil {
		return err
	}
	book := q.FormValue("book")
	if book == "" {
		book = entity.Headquarters
		if q.limited() && len(books) > 0 {
			book = books[0].ID
		}
	}
	if q.limited() && book != entity.Headquarters && !slices.ContainsFunc(books, func(b entity.Entity) bool { return b.ID == book }) {
		return q.outside(book)
	}
	head := q.read.Head(book)
	before, err := position(q.FormValue("after"))
	if err != nil {
		return err
	}
	filter := journal.Filter{Book: book, Kind: q.FormValue("kind"), Actor: q.FormValue("actor"), Before: before, Descending: true}
	entries, last, err := q.seenEntries(filter)
	if err != nil {
		return err
	}
	t := view.Table{
		Columns: []view.Column{{Label: q.text("column.record")}, {Label: q.text("column.kind"), Kind: view.ShortColumn}, {Label: q.text("column.on"), Kind: view.WholeColumn}, {Label: q.text("column.recorded"), Kind: view.WholeColumn},
			{Label: q.text("column.actor"), Kind: view.ShortColumn}, {Label: q.text("column.grade"), Kind: view.ShortColumn}},
		Empty: &view.Empty{Icon: "ledger", Title: q.text("journal.empty"), Text: q.text("journal.empty.text")},
	}
	for _, e := range entries {
		title, ref, err := q.titled(e.Book, e.Seq)
		if err != nil {
			return err
		}
		number := q.text("entry.number", strconv.FormatInt(e.Seq, 10))
		if ref != fmt.Sprintf("%s:%d", e.Book, e.Seq) {
			number += " · " + ref
		}
		who := q.person(e.Actor)
		approvers := q.text("entry.alone")
		if len(e.Approvers) > 0 {
			approvers = q.text("entry.with", q.people(e.Approvers))
		}
		at := time.UnixMicro(e.RecordedAt).UTC()
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{
			{Text: title, Href: entryHref(e.Book, e.Seq), Sub: number}, {Text: q.kind(e.Kind)}, {Text: q.day(e.On)},
			{Text: q.day(date.Of(at)), Sub: q.Printer.Clock(at)}, {Text: who, Sub: approvers}, q.gradeCell(e.Grade),
		}})
	}
	if last > 0 || before > 0 && len(entries) > 0 {
		t.Pager = &view.Pager{}
		if len(entries) > 0 {
			t.Pager.Text = q.text("journal.range", strconv.FormatInt(entries[0].Seq, 10), strconv.FormatInt(entries[len(entries)-1].Seq, 10))
		}
		if last > 0 {
			t.Pager.Next = listing.With(q.URL, "after", strconv.FormatInt(last, 10))
		}
		if before > 0 {
			t.Pager.Previous = listing.With(q.URL)
		}
	}
	segments := []view.Link{{Label: q.bookName(entity.Headquarters), Href: listing.Address("/journal", "book", entity.Headquarters), Current: book == entity.Headquarters}}
	for _, b := range books {
		segments = append(segments, view.Link{Label: q.bookName(b.ID), Href: listing.Address("/journal", "book", b.ID), Current: book == b.ID})
	}
	filters := view.Filters{Action: "/journal", Hidden: []view.Hidden{{Name: "book", Value: book}}, Fields: []view.Field{
		{Kind: view.SelectField, Name: "kind", Label: q.text("column.kind"), Options: q.kindOptions(filter.Kind)},
	}}
	if q.scope.reader == nil || q.scope.reader.SeesPeople() {
		filters.Fields = append(filters.Fields, view.Field{Kind: view.SelectField, Name: "actor", Label: q.text("column.actor"), Options: q.actorOptions(filter.Actor)})
	}
	return q.show(view.Heading{
		Eyebrow: []string{q.text("nav.journal"), q.bookName(book)}, Title: q.text("journal.title"), Hush: q.keptBack(),
		Lead: q.write("journal.lead", head.Seq, view.Link{Label: q.text("journal.chain"), Href: "/chain"}),
	}, view.Section{Head: view.SectionHead{ID: "entries", Title: q.text("journal.section", q.bookName(book)), Segments: segments}, Parts: []view.Component{filters, t}})
}

// lookedMax bounds the entries read for one page, of which the reader may see few.
const lookedMax = 2000

// seenEntries gives a page of the entries that a filter chooses and the reader may see; next is where the following page begins, or 0.
func (q *request) seenEntries(f journal.Filter) (list []journal.Entry, next int64, err error) {
	f.Limit = listing.PageSize + 1
	for looked := 0; ; {
		var read []journal.Entry
		if err := journal.Each(q.ctx, q.site.store.DB, f, func(e journal.Entry) error {
			read = append(read, e)
			return nil
		}); err != nil {
			return nil, 0, err
		}
		for _, e := range read {
			if looked == lookedMax || len(list) == listing.PageSize {
				return list, f.Before, nil
			}
			looked++
			f.Before = e.Seq
			if q.seesEntry(&e) {
				list = append(list, e)
			}
		}
		if len(read) < f.Limit {
			return list, 0, nil
		}
	}
}

func position(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "position.form", "%q is not a number of an entry", text).For("after").Mend("Follow the links of the page.")
	}
	return n, nil
}

func (q *request) kindOptions(chosen string) []view.Option {
	options := []view.Option{{Label: q.text("filter.every")}}
	for _, k := range fact.Kinds() {
		options = append(options, view.Option{Value: k.Name, Label: q.pick(k.En, k.Zh), Chosen: k.Name == chosen})
	}
	slices.SortFunc(options[1:], func(a, b view.Option) int { return strings.Compare(a.Label, b.Label) })
	return options
}

func (q *request) actorOptions(chosen string) []view.Option {
	options := []view.Option{{Label: q.text("filter.everybody")}, {Value: fact.Operator, Label: q.person(fact.Operator), Chosen: chosen == fact.Operator}}
	people, err := entity.Find(q.ctx, q.site.store.DB, entity.Filter{Book: entity.Headquarters, Type: "person", Limit: peopleMax})
	if err != nil {
		q.fault(err)
	}
	for _, p := range people {
		options = append(options, view.Option{Value: p.ID, Label: p.Name, Chosen: p.ID == chosen})
	}
	return options
}

// peopleMax bounds a list of persons to choose from.
const peopleMax = 500

// chain shows where each book ends and what the last verification found.
func (q *request) chain() error {
	t := view.Table{
		Columns: []view.Column{{Label: q.text("column.book")}, {Label: q.text("column.entries"), Kind: view.NumberColumn}, {Label: q.text("column.hash"), Kind: view.CodeColumn}},
		Empty:   &view.Empty{Icon: "shield", Title: q.text("journal.empty"), Text: q.text("journal.empty.text")},
	}
	seen, err := q.offeredBooks()
	if err != nil {
		return err
	}
	var entries int64
	for _, h := range q.read.Heads {
		entries += h.Seq
		journal := listing.Address("/journal", "book", h.Book)
		if h.Book != entity.Headquarters && !slices.ContainsFunc(seen, func(b entity.Entity) bool { return b.ID == h.Book }) {
			journal = ""
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{
			{Text: q.bookName(h.Book), Href: journal, Sub: h.Book},
			{Text: q.Printer.Count(h.Seq), Href: q.seenEntryHref(h.Book, h.Seq)},
			{Text: h.Hash.String()},
		}})
	}
	body := []view.Component{view.Section{Head: view.SectionHead{ID: "heads", Title: q.text("chain.heads")}, Parts: []view.Component{t}}}
	if q.site.o.Verified != nil && !q.limited() {
		body = append(body, q.verificationSection())
	}
	return q.show(view.Heading{
		Eyebrow: []string{q.text("nav.chain")}, Title: q.text("chain.title"), Lead: view.Plain(q.text("chain.lead", entries, len(q.read.Heads))),
	}, body...)
}

func (q *request) verificationSection() view.Section {
	s := view.Section{Head: view.SectionHead{ID: "verified", Title: q.text("chain.verified")}}
	last, at := q.site.o.Verified.Found()
	if last == nil {
		s.Parts = append(s.Parts, view.Text{Prose: view.Plain(q.text("chain.never"))})
	} else {
		at = at.UTC()
		when := q.Printer.Date(date.Of(at)) + " " + q.Printer.Clock(at) + " UTC"
		status := view.Status{Kind: view.Sent, Icon: "check", Lead: q.text("chain.whole"), Text: q.text("chain.counts", when, last.Entries, last.Postings, last.Observations, last.Files)}
		if len(last.Differences) > 0 {
			status = view.Status{Kind: view.Refused, Icon: "warning", Lead: q.text("chain.broken", len(last.Differences)), Text: q.text("chain.counts", when, last.Entries, last.Postings, last.Observations, last.Files)}
		}
		s.Parts = append(s.Parts, status)
		for _, d := range last.Differences {
			s.Parts = append(s.Parts, view.Text{Prose: view.Plain(d.String())})
		}
	}
	s.Parts = append(s.Parts, view.Form{Action: "/chain", Plain: true, Hidden: q.proved(), Buttons: []view.Button{{Label: q.text("chain.verify"), Kind: view.Primary, Icon: "shield"}}})
	return s
}

// proved are the hidden fields that show that a form is from a page of the person at the screen.
func (q *request) proved() []view.Hidden {
	if v := session.Of(q.Request); v != nil {
		return v.Hidden()
	}
	return nil
}

// verify recomputes everything, one run at a time, and shows what came of it.
func (q *request) verify() error {
	if q.limited() { // what differs may lie anywhere
		return q.hidden("")
	}
	if q.site.o.Verified == nil {
		return missing("page.missing", "there is no page %s", q.URL.Path)
	}
	if err := q.site.o.Verified.Run(q.ctx); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	q.w.Header().Set("Location", "/chain#verified")
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}
