package web

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// countyEvent is what happened to a county in the programme.
type countyEvent struct {
	code  string
	since date.Date // designated
	at    string    // entry of the designation
	left  []countyStep
}

// countyStep is an acceptance check passed, or a county lifted out of poverty.
type countyStep struct {
	event string // passed, lifted
	on    date.Date
	book  string
	seq   int64
}

// countyEvents are the designated counties and what they went through, in the order of their designation.
func (q *request) countyEvents() ([]countyEvent, error) {
	return reading.Remember(q.ctx, q.read.Results, "county events", func(ctx context.Context) ([]countyEvent, error) {
		books, err := q.books()
		if err != nil {
			return nil, err
		}
		var list []countyEvent
		for _, b := range books {
			e, f, err := q.recorded(b.Book, b.Seq)
			if err != nil {
				return nil, err
			}
			c := countyEvent{code: b.ID, at: entryHref(e.Book, e.Seq)}
			if _, ok := f.(*programme.Designation); ok {
				c.since = e.On
			}
			var left []journal.Entry
			err = journal.Each(ctx, q.site.store.DB, journal.Filter{Book: b.ID, Kind: "acceptance", Standing: true}, func(e journal.Entry) error {
				left = append(left, e)
				return nil
			})
			if err != nil {
				return nil, err
			}
			for _, e := range left {
				f, err := fact.DecodeBody(e.Kind, e.Body, "")
				if err != nil {
					return nil, err
				}
				if a, ok := f.(*programme.Acceptance); ok {
					c.left = append(c.left, countyStep{a.Event, e.On, e.Book, e.Seq})
				}
			}
			list = append(list, c)
		}
		slices.SortStableFunc(list, func(a, b countyEvent) int { return strings.Compare(string(a.since), string(b.since)) })
		return list, nil
	})
}

// programmeName is what a programme is called in the reader's language.
func (q *request) programmeName(e entity.Entity) (string, error) {
	_, f, err := q.recorded(e.Book, e.Seq)
	if err != nil {
		return "", err
	}
	p, ok := f.(*programme.Programme)
	if !ok {
		return e.Name, nil
	}
	return q.pick(p.Name, p.NameZh), nil
}

// levelName is what a level of area is called.
func (q *request) levelName(level string) string {
	if _, ok := q.site.engine.Catalog().Arguments("level." + level); ok {
		return q.text("level." + level)
	}
	return level
}

// countLevel counts areas of a level.
func (q *request) countLevel(n int, level string) string {
	if _, ok := q.site.engine.Catalog().Arguments("areas." + level); ok {
		return q.text("areas."+level, n)
	}
	return q.text("area.below", n, level)
}

// programme lists the counties of the programme.
func (q *request) programme() error {
	counties, err := q.countyEvents()
	if err != nil {
		return err
	}
	at := figure.At{AsOf: q.read.Today}
	t := view.Table{
		Columns: []view.Column{{Label: q.text("column.area")}, {Label: q.text("areas.since")}, {Label: q.text("areas.left")}, {Label: q.text("nav.projects"), Kind: view.NumberColumn}, {Label: q.text("areas.funds"), Kind: view.NumberColumn}},
		Empty:   &view.Empty{Icon: "map", Title: q.text("areas.empty"), Text: q.text("areas.empty.text")},
	}
	counties = slices.DeleteFunc(slices.Clone(counties), func(c countyEvent) bool { return !q.sees(c.code) })
	for _, c := range counties {
		row := view.Row{Cells: []view.Cell{q.areaRow(c.code), {Text: q.day(c.since), Href: c.at}, {Text: none}}}
		for _, s := range c.left {
			row.Cells[2] = view.Cell{Text: q.day(s.on), Href: entryHref(s.book, s.seq), Sub: q.choice("acceptance", "event", s.event)}
		}
		for _, id := range []string{projectCount, directFunds} {
			cell, err := q.figureCell(id, figure.At{AsOf: at.AsOf, Filter: figure.Filter{Area: c.code}})
			if err != nil {
				return err
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	body := []view.Component{view.Section{Head: view.SectionHead{ID: "counties", Title: q.text("areas.counties")}, Parts: []view.Component{t}}}
	own, err := q.ownParts(counties, at)
	if err != nil {
		return err
	}
	return q.show(view.Heading{Eyebrow: []string{q.text("nav.areas"), q.asOfText(at.AsOf)}, Title: q.text("areas.title"), Lead: view.Plain(q.text("areas.lead", len(counties))), Hush: q.keptBack()},
		append(body, own...)...)
}

// ownParts lists the areas that the reader serves without serving the county round them.
func (q *request) ownParts(counties []countyEvent, at figure.At) ([]view.Component, error) {
	if !q.limited() {
		return nil, nil
	}
	own, err := q.scope.reader.Areas(q.ctx)
	if err != nil {
		return nil, err
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("column.area")}, {Label: q.text("nav.projects"), Kind: view.NumberColumn}, {Label: q.text("areas.funds"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "map", Title: q.text("areas.empty"), Text: q.text("areas.empty.text")}}
	for _, code := range own {
		if slices.ContainsFunc(counties, func(c countyEvent) bool { return c.code == code }) {
			continue
		}
		row := view.Row{Cells: []view.Cell{q.areaRow(code)}}
		for _, id := range []string{projectCount, directFunds} {
			cell, err := q.figureCell(id, figure.At{AsOf: at.AsOf, Filter: figure.Filter{Area: code}})
			if err != nil {
				return nil, err
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		return nil, nil
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "own", Title: q.text("areas.own")}, Parts: []view.Component{t}}}, nil
}

// figureCell is a figure in a table; what nobody defined is not applicable.
func (q *request) figureCell(id string, at figure.At) (view.Cell, error) {
	v, err := q.evaluate(id, at)
	if err != nil || v == nil {
		return view.Cell{Text: none}, err
	}
	figure := q.figureLink(v)
	return view.Cell{Figure: &figure}, nil
}

// areaRow names an area at the head of a row.
func (q *request) areaRow(code string) view.Cell {
	return view.Cell{Text: q.areaName(code), Href: link("areas", code)}
}

// area is one county, town or village.
func (q *request) area() error {
	code := q.PathValue("code")
	e, ok := q.entity(entity.Headquarters, "area", code)
	if !ok {
		return missing("area.unknown", "area %q is not recorded", code)
	}
	if !q.sees(code) {
		return q.hidden(code)
	}
	above, err := figure.Ancestors(q.ctx, q.site.store.DB, code)
	if err != nil {
		return err
	}
	heading := view.Heading{Title: q.areaName(code), Crumbs: []view.Link{{Label: q.text("nav.areas"), Href: "/areas"}}}
	for i := len(above) - 1; i > 0; i-- {
		heading.Crumbs = append(heading.Crumbs, view.Link{Label: q.areaName(above[i]), Href: q.areaHref(above[i])})
	}
	heading.Crumbs = append(heading.Crumbs, view.Link{Label: code})
	at := figure.At{AsOf: q.read.Today, Filter: figure.Filter{Area: code}}
	funds, err := q.evaluate(directFunds, at)
	if err != nil {
		return err
	}
	projects, err := q.evaluate(projectCount, at)
	if err != nil {
		return err
	}
	if funds != nil && projects != nil {
		heading.Lead = q.write("area.lead", q.levelName(e.Class), q.figureLink(funds), q.figureLink(projects), q.Printer.Date(at.AsOf))
		if funds.Of == 0 && projects.Of == 0 {
			heading.Lead = view.Plain(q.text("area.lead.none", q.levelName(e.Class), q.Printer.Date(at.AsOf)))
		}
	}
	var body []view.Component
	counties, err := q.countyEvents()
	if err != nil {
		return err
	}
	isCounty := false
	for _, c := range counties {
		if c.code == code {
			isCounty = true
			body = append(body, q.countyTimeline(c))
		}
	}
	row, err := q.keyRow([]string{directFunds, "industry-funds", projectCount, "people-lifted", "ewes-delivered", "class-connect-sets", "ambulances", "masks-delivered", "milestones-reached"}, at)
	if err != nil {
		return err
	}
	body = append(row, body...)
	if isCounty {
		flow, err := q.flowSection(flowQuestion{commodity: cmp.Or(q.FormValue("flow"), ledger.Currency), book: code})
		if err != nil {
			return err
		}
		body = append(body, flow...)
	}
	for _, section := range []func(string, figure.At) ([]view.Component, error){q.roadSection, q.dotsSection, q.belowSection} {
		parts, err := section(code, at)
		if err != nil {
			return err
		}
		body = append(body, parts...)
	}
	spent, err := q.projectSection(code)
	if err != nil {
		return err
	}
	return q.show(heading, append(body, spent...)...)
}

// countyTimeline is the way of a county through the programme.
func (q *request) countyTimeline(c countyEvent) view.Component {
	line := view.Timeline{{Date: q.Printer.Date(c.since), DateTime: string(c.since), Icon: "flag", Node: view.DecisionNode, Title: q.text("county.designated"),
		Link: view.Link{Label: q.text("county.document"), Href: c.at}}}
	for _, s := range c.left {
		line = append(line, view.Event{Date: q.Printer.Date(s.on), DateTime: string(s.on), Icon: "check", Node: view.DecisionNode, Title: q.choice("acceptance", "event", s.event),
			Link: view.Link{Label: q.text("county.document"), Href: entryHref(s.book, s.seq)}})
	}
	return view.Section{Head: view.SectionHead{ID: "road", Title: q.text("county.road")}, Parts: []view.Component{line}}
}

// areasIn are the areas that lie directly in another.
func (q *request) areasIn(code string) ([]entity.Entity, error) {
	return reading.Remember(q.ctx, q.read.Results, "areas in "+code, func(ctx context.Context) ([]entity.Entity, error) {
		return entity.Find(ctx, q.site.store.DB, entity.Filter{Book: entity.Headquarters, Type: "area", Parent: code})
	})
}

// belowSection lists the areas that lie directly in an area, with what reached each.
func (q *request) belowSection(code string, at figure.At) ([]view.Component, error) {
	list, err := q.areasIn(code)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	type below struct {
		entity.Entity
		funds *figure.Value
	}
	rows := make([]below, len(list))
	money := map[string]*figure.Value{}
	members, err := q.by(directFunds, "area", at)
	if err != nil && len(members) > 0 {
		return nil, err
	}
	for _, m := range members {
		money[m.ID] = m.Value
	}
	for i, a := range list {
		rows[i] = below{a, money[a.ID]}
	}
	l := listing.Listing[below]{
		Label: q.column, Rows: rows, Empty: view.Empty{Icon: "map", Title: q.text("areas.empty"), Text: q.text("areas.empty.text")},
		Columns: []listing.Column[below]{
			{Key: "area", Compare: func(a, b below) int { return strings.Compare(a.ID, b.ID) }, Cell: func(b below) view.Cell { return q.areaRow(b.ID) }},
			{Key: "code", Cell: func(b below) view.Cell { return view.Cell{Text: b.ID} }},
			{Key: "level", Cell: func(b below) view.Cell { return view.Cell{Text: q.levelName(b.Class)} }},
			{Key: "funds", Kind: view.NumberColumn, Compare: func(a, b below) int { return cmp.Compare(numberOf(a.funds), numberOf(b.funds)) }, Cell: func(b below) view.Cell {
				if b.funds == nil {
					return view.Cell{Sub: q.text("areas.nothing")}
				}
				figure := q.figureLink(b.funds)
				return view.Cell{Figure: &figure}
			}},
		},
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "below", Title: q.countLevel(len(list), list[0].Class),
		Note: view.Plain(q.text("area.below.note"))}, Parts: []view.Component{l.Table(q.Printer, q.URL)}}}, nil
}

func numberOf(v *figure.Value) int64 {
	if v == nil {
		return 0
	}
	return v.Number
}

// projectsShown is how many projects the page of an area names.
const projectsShown = 10

// projectSection lists the projects of an area on which most was spent, if it has any.
func (q *request) projectSection(area string) ([]view.Component, error) {
	all, err := q.projectLines()
	if err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(slices.Clone(all), func(p projectLine) bool { return !q.within(p.Area, area) || !q.sees(p.Area) })
	n := len(rows)
	if n == 0 {
		return nil, nil
	}
	slices.SortStableFunc(rows, func(a, b projectLine) int { return cmp.Compare(b.paid, a.paid) })
	note := view.Link{Label: q.text("area.projects.all", n), Href: listing.Address("/projects", "area", area)}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "projects", Title: q.text("area.projects", min(n, projectsShown)), Note: q.write("area.projects.note", note)},
		Parts: []view.Component{q.projectListing(rows[:min(n, projectsShown)]).Table(q.Printer, q.URL)}}}, nil
}

// within tells whether an area is another or lies in it.
func (q *request) within(code, above string) bool {
	const depthMax = 12
	for range depthMax {
		if code == above || code == "" {
			break
		}
		e, _ := q.entity(entity.Headquarters, "area", code)
		code = e.Parent
	}
	return code == above
}
