package web

import (
	"context"
	"strings"

	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/search"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// found is a hit as it is shown.
type found struct{ label, sub, href string }

// hitsMax is how many hits of one group are shown.
const hitsMax = 12

// search finds figures, projects, areas, parties and funds by part of their code or name, or the beginning of its pinyin or their initials, and
// entries by their voucher, receipt or place in a book.
func (q *request) search() error {
	asked := strings.TrimSpace(q.FormValue("q"))
	heading := view.Heading{Title: q.text("search.title"), Hush: q.keptBack()}
	form := view.Filters{Action: "/search", Find: q.text("search.do"), Fields: []view.Field{{Name: "q", Label: q.text("search.field"), Value: asked, MaxLength: 80}}}
	if asked == "" {
		return q.show(heading, view.Section{Head: view.SectionHead{ID: "ask", Title: q.text("search.ask"), Note: view.Plain(q.text("search.lead"))}, Parts: []view.Component{form}}, q.everywhere())
	}
	index, err := q.index()
	if err != nil {
		return err
	}
	things, err := index.Find(asked, func(t *search.Thing) (bool, error) { return q.seesFound(t), nil })
	if err != nil {
		return err
	}
	entries, err := q.findEntries(asked)
	if err != nil {
		return err
	}
	var body []view.Component
	n := 0
	show := func(group string, all int, list []found) {
		if all == 0 {
			return
		}
		n += all
		t := view.Table{Columns: []view.Column{{Label: q.text("column.name")}, {Label: q.text("column.code")}}}
		for _, f := range list {
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: f.label, Href: f.href}, {Text: f.sub}}})
		}
		body = append(body, view.Section{Head: view.SectionHead{ID: "found-" + group, Title: q.text("search."+group) + " " + q.Printer.Count(int64(all))}, Parts: []view.Component{t}})
	}
	for _, typ := range search.Types {
		list := things[typ]
		var shown []found
		for i := range list[:min(len(list), hitsMax)] {
			shown = append(shown, q.hit(&list[i]))
		}
		show(typ, len(list), shown)
	}
	show("entry", len(entries), entries)
	ask := view.Section{Head: view.SectionHead{ID: "ask", Title: q.text("search.found", n, asked)}, Parts: []view.Component{form}}
	if n == 0 {
		ask.Parts = append(ask.Parts, view.Empty{Icon: "search", Title: q.text("search.nothing", asked), Text: q.text("search.nothing.text")})
	}
	return q.show(heading, append([]view.Component{ask}, body...)...)
}

// hit is a thing as it is shown.
func (q *request) hit(t *search.Thing) found {
	f := found{q.name(t.Name), t.ID, entryHref(t.Book, t.Seq)}
	switch t.Type {
	case "figure":
		f.label, f.href = q.pick(t.Name, t.NameZh), link("figures", t.ID)
	case "project":
		f.label, f.href = q.pick(t.Name, t.NameZh), link("projects", t.Book, t.ID)
	case "area":
		f.label, f.href = q.areaName(t.ID), link("areas", t.ID)
	case "party":
		f.href = link("parties", t.Book, t.ID)
	}
	return f
}

// seesFound tells whether the reader may see a thing: figures are published, an area must be served, and anything else is seen with the entry
// that defines it.
func (q *request) seesFound(t *search.Thing) bool {
	switch t.Type {
	case "figure":
		return true
	case "area":
		return q.sees(t.ID)
	}
	return q.seesEntry(&journal.Entry{Book: t.Book, Kind: t.Type, Area: t.Area})
}

// everywhere lists the places of the product, for phones that have only four of them at their foot.
func (q *request) everywhere() view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("column.name")}}}
	for _, g := range q.Nav {
		for _, item := range g.Items {
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: item.Label, Href: item.Href}}})
		}
	}
	return view.Section{Head: view.SectionHead{ID: "places", Title: q.text("search.places")}, Parts: []view.Component{t}}
}

// index is everything that has a name.
func (q *request) index() (search.Index, error) {
	return reading.Remember(q.ctx, q.read.Results, "index", func(ctx context.Context) (search.Index, error) {
		book, err := q.book()
		if err != nil {
			return nil, err
		}
		return search.NewIndex(ctx, q.site.store.DB, book)
	})
}

// findEntries finds an entry by its place, BOOK:SEQ, and entries by the number of their voucher or receipt.
func (q *request) findEntries(text string) ([]found, error) {
	list, err := search.Entries(q.ctx, q.site.store.DB, q.read.Heads, text, hitsMax, func(e *journal.Entry) (bool, error) { return q.seesEntry(e), nil })
	if err != nil {
		return nil, err
	}
	var hits []found
	for _, e := range list {
		title, ref, err := q.titled(e.Book, e.Seq)
		if err != nil {
			return nil, err
		}
		hits = append(hits, found{title, ref + " · " + e.Book + ":" + figure.FormatDecimal(e.Seq, 0), entryHref(e.Book, e.Seq)})
	}
	return hits, nil
}
