package web

import (
	"context"
	"slices"
	"strings"

	"github.com/mozillazg/go-pinyin"

	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// found is one thing that can be searched for.
type found struct {
	group string // in the catalogue, under "search."
	label string // "" when the reader's language decides
	sub   string
	href  string
	en    string
	zh    string
	book  string // of a thing that an entry defines
	area  string
	keys  []string // lower-case texts that a query may be part of, pinyin and initials among them
}

// hitsMax is how many hits of one group are shown.
const hitsMax = 12

// groups in the order in which hits are shown.
var groups = []string{"figure", "project", "area", "party", "fund", "entry"}

// search finds figures, projects, areas, parties and funds by part of their code or name, or the beginning of its pinyin or their initials, and
// entries by their voucher, receipt or place in a book.
func (q *request) search() error {
	asked := strings.TrimSpace(q.FormValue("q"))
	heading := view.Heading{Eyebrow: []string{q.text("search.eyebrow")}, Title: q.text("search.title"), Hush: q.keptBack()}
	form := view.Filters{Action: "/search", Search: true, Fields: []view.Field{{Name: "q", Label: q.text("search.field"), Value: asked, MaxLength: 80}}}
	if asked == "" {
		return q.show(heading, view.Section{Head: view.SectionHead{ID: "ask", Title: q.text("search.ask"), Note: view.Plain(q.text("search.lead"))}, Parts: []view.Component{form}}, q.everywhere())
	}
	index, err := q.index()
	if err != nil {
		return err
	}
	hits := map[string][]found{}
	text := strings.ToLower(asked)
	for _, f := range index {
		if slices.ContainsFunc(f.keys, func(k string) bool { return strings.Contains(k, text) }) && q.seesFound(&f) {
			hits[f.group] = append(hits[f.group], f)
		}
	}
	if hits["entry"], err = q.findEntries(asked); err != nil {
		return err
	}
	var body []view.Component
	n := 0
	for _, g := range groups {
		list := hits[g]
		if len(list) == 0 {
			continue
		}
		n += len(list)
		// What begins with the query comes before what holds it.
		slices.SortStableFunc(list, func(a, b found) int { return boolCompare(!begins(a, text), !begins(b, text)) })
		t := view.Table{Columns: []view.Column{{Label: q.text("column.name")}, {Label: q.text("column.code")}}}
		for _, f := range list[:min(len(list), hitsMax)] {
			label := f.label
			if label == "" {
				label = q.pick(f.en, f.zh)
			}
			if f.group == "area" {
				label = q.areaName(f.sub)
			}
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.name(label), Href: f.href}, {Text: f.sub}}})
		}
		body = append(body, view.Section{Head: view.SectionHead{ID: "found-" + g, Title: q.text("search."+g) + " " + q.Printer.Count(int64(len(list)))}, Parts: []view.Component{t}})
	}
	ask := view.Section{Head: view.SectionHead{ID: "ask", Title: q.text("search.found", n, asked)}, Parts: []view.Component{form}}
	if n == 0 {
		ask.Parts = append(ask.Parts, view.Empty{Icon: "search", Title: q.text("search.nothing", asked), Text: q.text("search.nothing.text")})
	}
	return q.show(heading, append([]view.Component{ask}, body...)...)
}

// seesFound tells whether the reader may see a thing: figures are published, an area must be served, and anything else is seen with the entry
// that defines it.
func (q *request) seesFound(f *found) bool {
	switch f.group {
	case "figure":
		return true
	case "area":
		return q.sees(f.sub)
	}
	return q.seesEntry(&journal.Entry{Book: f.book, Kind: f.group, Area: f.area})
}

func begins(f found, text string) bool {
	return slices.ContainsFunc(f.keys, func(k string) bool { return strings.HasPrefix(k, text) })
}

// everywhere lists the places of the product, for phones that have only four of them at their foot.
func (q *request) everywhere() view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("search.places")}}}
	for _, g := range q.Nav {
		for _, item := range g.Items {
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: item.Label, Href: item.Href}}})
		}
	}
	return view.Section{Head: view.SectionHead{ID: "places", Title: q.text("search.places")}, Parts: []view.Component{t}}
}

// keysOf are the texts by which a name is found: itself, its pinyin and its initials.
func keysOf(texts ...string) []string {
	var keys []string
	args := pinyin.NewArgs()
	initials := pinyin.NewArgs()
	initials.Style = pinyin.FirstLetter
	for _, t := range texts {
		if t == "" {
			continue
		}
		keys = append(keys, strings.ToLower(t))
		if sounds := pinyin.LazyPinyin(t, args); len(sounds) > 0 {
			keys = append(keys, strings.Join(sounds, ""), strings.Join(pinyin.LazyPinyin(t, initials), ""))
		}
	}
	return keys
}

// index is everything that has a name.
func (q *request) index() ([]found, error) {
	return reading.Remember(q.ctx, q.read.Results, "index", func(ctx context.Context) ([]found, error) {
		var list []found
		book, err := q.book()
		if err != nil {
			return nil, err
		}
		for _, d := range book.Definitions() {
			list = append(list, found{group: "figure", en: d.En, zh: d.Zh, sub: d.ID, href: link("figures", d.ID), keys: keysOf(d.ID, d.En, d.Zh)})
		}
		projects, err := q.allProjects()
		if err != nil {
			return nil, err
		}
		for _, p := range projects {
			list = append(list, found{group: "project", en: p.Name, zh: p.NameZh, sub: p.ID, href: link("projects", p.Book, p.ID), book: p.Book, area: p.Area, keys: keysOf(p.ID, p.Name, p.NameZh)})
		}
		for _, typ := range []string{"area", "party", "fund"} {
			things, err := entity.Find(ctx, q.site.store.DB, entity.Filter{Type: typ, Limit: indexMax})
			if err != nil {
				return nil, err
			}
			for _, e := range things {
				f := found{group: typ, label: e.Name, sub: e.ID, book: e.Book, area: e.Area, keys: keysOf(e.ID, e.Name)}
				switch typ {
				case "area":
					f.href = link("areas", e.ID)
				case "party":
					f.href = link("parties", e.Book, e.ID)
				default:
					f.href = entryHref(e.Book, e.Seq)
				}
				list = append(list, f)
			}
		}
		return list, nil
	})
}

// indexMax bounds how many things of one type can be found by name.
const indexMax = 100_000

// findEntries finds an entry by its place, BOOK:SEQ, and entries by the number of their voucher or receipt.
func (q *request) findEntries(text string) ([]found, error) {
	list, err := q.byPaper(text, hitsMax)
	if err != nil {
		return nil, err
	}
	var hits []found
	for _, c := range list {
		title, ref, err := q.titled(c.Book, c.Seq)
		if err != nil {
			return nil, err
		}
		hits = append(hits, found{group: "entry", label: title, sub: ref + " · " + c.Book + ":" + figure.FormatDecimal(c.Seq, 0), href: entryHref(c.Book, c.Seq), keys: []string{strings.ToLower(ref)}})
	}
	return hits, nil
}

// boolCompare puts false before true.
func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
