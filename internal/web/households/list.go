package households

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/identity"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// list leads from the counties that the reader serves down to a village's households, and finds people.
func (q *request) list() error {
	if asked := strings.TrimSpace(q.FormValue("q")); asked != "" {
		return q.search(asked)
	}
	code := q.FormValue("area")
	if code == "" {
		return q.counties()
	}
	area, book, err := q.areaAsked(code)
	if err != nil {
		return err
	}
	if area.Class == "village" {
		return q.village(book, area)
	}
	return q.within(book, area)
}

// bookOf is the book of the county that an area lies in; "" above the counties.
func (q *request) bookOf(area entity.Entity) (string, error) {
	for {
		if _, ok, err := q.entity(entity.Headquarters, "book", area.ID); err != nil || ok {
			return area.ID, err
		}
		above, ok, err := q.entity(entity.Headquarters, "area", area.Parent)
		if err != nil || !ok {
			return "", err
		}
		area = above
	}
}

// finder is the field in which people and villages are looked up.
func (q *request) finder(asked string) view.Component {
	return view.Section{Head: view.SectionHead{ID: "find", Title: q.text("households.find")},
		Parts: []view.Component{view.Filters{Action: Path, Find: q.text("households.find.do"), Fields: []view.Field{{Name: "q", Label: q.text("households.find.hint"), Value: asked, MaxLength: 80}}}}}
}

// section is a part of a page under the heading that the catalogue has for it.
func (q *request) section(id string, parts ...view.Component) view.Component {
	return view.Section{Head: view.SectionHead{ID: id, Title: q.text("households.part." + id)}, Parts: parts}
}

// place is an area with the households in it.
type place struct {
	entity.Entity
	of map[string]int64 // by what they are registered as
}

func (p *place) count(classes ...string) (n int64) {
	for class, of := range p.of {
		if len(classes) == 0 || slices.Contains(classes, class) {
			n += of
		}
	}
	return n
}

func (p *place) add(of map[string]int64) {
	for class, n := range of {
		if p.of == nil {
			p.of = map[string]int64{}
		}
		p.of[class] += n
	}
}

// counties are what the reader serves: counties, or the areas within them that a role is for.
func (q *request) counties() error {
	codes, err := q.v.Areas(q.Context())
	if err != nil {
		return err
	}
	books, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return err
	}
	if q.v.Everywhere() {
		for _, b := range books {
			codes = append(codes, b.ID)
		}
	}
	var places []*place
	for _, code := range codes {
		area, ok, err := q.entity(entity.Headquarters, "area", code)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		p, err := q.countIn(area)
		if err != nil {
			return err
		}
		places = append(places, p)
	}
	var total int64
	for _, p := range places {
		total += p.count()
	}
	heading := view.Heading{Title: q.text("households.title"), Lead: view.Plain(q.text("households.lead", total)), Buttons: q.newCard("")}
	return q.show(heading, q.finder(""), q.section("places", q.places(places).Table(q.words.Printer, q.URL)))
}

// countIn counts the households in an area.
func (q *request) countIn(area entity.Entity) (*place, error) {
	p := &place{Entity: area}
	book, err := q.bookOf(area)
	if err != nil {
		return nil, err
	}
	inside, err := q.inside(area.ID)
	if err != nil {
		return nil, err
	}
	if book == "" { // above the counties
		for _, e := range inside {
			within, err := q.countIn(e)
			if err != nil {
				return nil, err
			}
			p.add(within.of)
		}
		return p, nil
	}
	counts, err := q.counts(book)
	if err != nil {
		return nil, err
	}
	if area.ID == book {
		for _, of := range counts {
			p.add(of)
		}
		return p, nil
	}
	p.add(counts[area.ID])
	for _, e := range inside {
		p.add(counts[e.ID])
	}
	return p, nil
}

// counts are the households of a book by village, counted once for a page.
func (q *request) counts(book string) (map[string]map[string]int64, error) {
	if c, ok := q.count[book]; ok {
		return c, nil
	}
	c, err := household.CountByVillage(q.Context(), q.p.store.DB, book)
	if err == nil {
		q.count[book] = c
	}
	return c, err
}

// inside lists the areas directly in another.
func (q *request) inside(area string) ([]entity.Entity, error) {
	return entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: entity.Headquarters, Type: "area", Parent: area})
}

// povertyButton leads to the poverty of an area.
func (q *request) povertyButton(area string) view.Button {
	return view.Button{Label: q.text("households.poverty"), Icon: "trend", Href: listing.Address(PovertyPath, "area", area)}
}

func (q *request) newCard(area string) []view.Button {
	if !q.mayRecord("household") {
		return nil
	}
	return []view.Button{{Label: q.text("households.new"), Icon: "plus", Href: listing.Address(NewPath, "area", area)}}
}

// within lists the areas within a county or town.
func (q *request) within(book string, area entity.Entity) error {
	list, err := q.inside(area.ID)
	if err != nil {
		return err
	}
	var places []*place
	var total int64
	for _, e := range list {
		p, err := q.countIn(e)
		if err != nil {
			return err
		}
		if p.count() > 0 {
			places = append(places, p)
			total += p.count()
		}
	}
	crumbs, err := q.crumbs(book, area.ID)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: append([]view.Link{{Label: q.text("households.title"), Href: Path}}, crumbs...), Title: q.placed(area.Name), Lead: view.Plain(q.text("households.within."+q.below(area), total, len(places))), Buttons: append(q.newCard(""), q.povertyButton(area.ID))}
	return q.show(heading, q.finder(""), q.section("places", q.places(places).Table(q.words.Printer, q.URL), q.download(listing.CSVHref(q.URL))))
}

// below is what the areas within an area are: towns of a county, villages of a town, or areas of any kind.
func (q *request) below(area entity.Entity) string {
	switch area.Class {
	case "county":
		return "towns"
	case "town":
		return "villages"
	}
	return "areas"
}

// outOfPoverty and stillPoor are what households are registered as that were poor.
var (
	outOfPoverty = []string{string(decision.Exited)}
	stillPoor    = []string{string(decision.InPoverty), string(decision.PreExit), string(decision.Relapsed), string(decision.ExitReversed)}
)

func (q *request) places(rows []*place) listing.Listing[*place] {
	number := func(key string, of func(*place) int64) listing.Column[*place] {
		return listing.Column[*place]{Key: key, Kind: view.NumberColumn, Compare: func(a, b *place) int { return cmp.Compare(of(a), of(b)) },
			Cell: func(p *place) view.Cell { return view.Cell{Text: q.words.Count(of(p))} }, Plain: func(p *place) string { return itoa(of(p)) }}
	}
	return listing.Listing[*place]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "people", Title: q.text("households.none"), Text: q.text("households.none.why")}, Columns: []listing.Column[*place]{
		{Key: "area", Compare: func(a, b *place) int { return strings.Compare(a.ID, b.ID) },
			Cell: func(p *place) view.Cell {
				return view.Cell{Text: q.placed(p.Name), Href: listing.Address(Path, "area", p.ID)}
			},
			Plain: func(p *place) string { return p.ID }},
		number("households", func(p *place) int64 { return p.count() }),
		number("poor", func(p *place) int64 { return p.count(stillPoor...) }),
		number("exited", func(p *place) int64 { return p.count(outOfPoverty...) }),
		number("other", func(p *place) int64 { return p.count() - p.count(stillPoor...) - p.count(outOfPoverty...) }),
	}}
}

// line is a household in its village's list.
type line struct {
	entity.Entity
	file    *household.File
	since   date.Date
	people  int
	cause   string
	gaps    []decision.Subject // checks that are not met
	unknown int                // checks that nobody can answer
	visited date.Date
}

// lines are the households of a village, narrowed by the address.
func (q *request) lines(book, village string) ([]*line, error) {
	list, err := household.InVillage(q.Context(), q.p.store.DB, book, village)
	if err != nil {
		return nil, err
	}
	status := q.FormValue("status")
	list = slices.DeleteFunc(list, func(e entity.Entity) bool { return status != "" && e.Class != status })
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	files, err := household.LoadAll(q.Context(), q.p.store.DB, book, ids)
	if err != nil {
		return nil, err
	}
	var lines []*line
	for i, f := range files {
		l := &line{Entity: list[i], file: f, people: len(f.Present(q.today))}
		_, l.since = f.Status(q.today)
		if card := f.Card(q.today); card != nil {
			l.cause = card.MainCause
		}
		if cause := q.FormValue("cause"); cause != "" && cause != l.cause {
			continue
		}
		for _, v := range f.Visits {
			l.visited = max(l.visited, v.On)
		}
		for _, s := range household.CheckSubjects() {
			switch f.Answer(s, q.today) {
			case decision.Unmet:
				l.gaps = append(l.gaps, s)
			case decision.Unknown:
				l.unknown++
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func (q *request) lineListing(book string, lines []*line) (listing.Listing[*line], error) {
	l := listing.Listing[*line]{Label: q.label, Rows: lines, Empty: view.Empty{Icon: "people", Title: q.text("households.none"), Text: q.text("households.none.why")}}
	var names map[string]string
	l.Columns = []listing.Column[*line]{
		{Key: "household", Compare: func(a, b *line) int { return strings.Compare(a.ID, b.ID) }, Plain: func(l *line) string { return l.ID },
			Cell: func(l *line) view.Cell {
				return view.Cell{Text: q.masked(names[l.ID], l.ID), Href: Href(l.Book, l.ID), Sub: l.ID}
			}},
		{Key: "people", Kind: view.NumberColumn, Compare: func(a, b *line) int { return cmp.Compare(a.people, b.people) }, Plain: func(l *line) string { return itoa(l.people) },
			Cell: func(l *line) view.Cell { return view.Cell{Text: q.words.Count(int64(l.people))} }},
		{Key: "cause", Compare: func(a, b *line) int { return strings.Compare(a.cause, b.cause) }, Plain: func(l *line) string { return l.cause },
			Cell: func(l *line) view.Cell { return view.Cell{Text: q.cause(l.cause)} }},
		{Key: "gaps", Compare: func(a, b *line) int { return cmp.Compare(len(a.gaps)*10+a.unknown, len(b.gaps)*10+b.unknown) }, Plain: func(l *line) string { return joinSubjects(l.gaps) },
			Cell: func(l *line) view.Cell { return view.Cell{Text: q.gaps(l)} }},
		{Key: "visited", Compare: func(a, b *line) int { return strings.Compare(string(a.visited), string(b.visited)) }, Plain: func(l *line) string { return string(l.visited) },
			Cell: func(l *line) view.Cell { return view.Cell{Text: q.day(l.visited)} }},
		{Key: "since", Compare: func(a, b *line) int { return strings.Compare(string(a.since), string(b.since)) }, Plain: func(l *line) string { return string(l.since) },
			Cell: func(l *line) view.Cell { return view.Cell{Text: q.day(l.since)} }},
		{Key: "status", Kind: view.StateColumn, Compare: func(a, b *line) int { return strings.Compare(a.Class, b.Class) }, Plain: func(l *line) string { return l.Class },
			Cell: func(l *line) view.Cell { s := q.status(l.Class); return view.Cell{State: &s} }},
	}
	var ids []string
	for _, s := range l.Page(q.URL) {
		ids = append(ids, s.ID)
	}
	var err error
	names, err = household.HeadNames(q.Context(), q.p.store.DB, book, ids)
	return l, err
}

func joinSubjects(list []decision.Subject) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = string(s)
	}
	return strings.Join(texts, " ")
}

// gaps says which checks are not met, or that some are not answered.
func (q *request) gaps(l *line) string {
	var texts []string
	for _, s := range l.gaps {
		texts = append(texts, q.subject(s))
	}
	switch {
	case len(texts) > 0:
		return q.words.List(texts)
	case l.unknown > 0:
		return q.text("households.unanswered", l.unknown)
	}
	return q.text("households.met")
}

func (q *request) subject(s decision.Subject) string {
	t := decision.SubjectWords(s)
	return q.words.Pick(t.English, t.Chinese)
}

// masked is how a household is called on pages: by its head's masked name, or by its code.
func (q *request) masked(name, id string) string {
	if name == "" {
		return q.text("households.of", id)
	}
	return q.text("households.of.name", identity.MaskName(name))
}

// village lists a village's households.
func (q *request) village(book string, area entity.Entity) error {
	lines, err := q.lines(book, area.ID)
	if err != nil {
		return err
	}
	l, err := q.lineListing(book, lines)
	if err != nil {
		return err
	}
	crumbs, err := q.crumbs(book, area.ID)
	if err != nil {
		return err
	}
	people, gaps := 0, 0
	for _, l := range lines {
		people += l.people
		if len(l.gaps) > 0 {
			gaps++
		}
	}
	statuses := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("status") == ""}}
	for _, s := range []string{household.Known, "registered", "pre_exit", "exited", "exit_reversed", "relapsed", "cancelled", "removed", household.Moved, household.Merged} {
		statuses = append(statuses, view.Option{Value: s, Label: q.statusWord(s), Chosen: q.FormValue("status") == s})
	}
	causes := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("cause") == ""}}
	for _, c := range household.Causes() {
		causes = append(causes, view.Option{Value: c.Code, Label: q.cause(c.Code), Chosen: q.FormValue("cause") == c.Code})
	}
	filters := view.Filters{Action: Path, Hidden: []view.Hidden{{Name: "area", Value: area.ID}}, Fields: []view.Field{
		{Kind: view.SelectField, Name: "status", Label: q.text("households.column.status"), Options: statuses, Value: q.FormValue("status")},
		{Kind: view.SelectField, Name: "cause", Label: q.text("households.column.cause"), Options: causes, Value: q.FormValue("cause")},
	}}
	heading := view.Heading{Crumbs: append([]view.Link{{Label: q.text("households.title"), Href: Path}}, crumbs...), Title: q.placed(area.Name),
		Lead: view.Plain(q.text("households.village", len(lines), people) + q.text("households.village.gaps", gaps)), Buttons: append(q.newCard(area.ID), q.povertyButton(area.ID))}
	return q.show(heading, q.section("list", filters, l.Table(q.words.Printer, q.URL), q.download(listing.CSVHref(q.URL))), q.finder(""))
}

// areaAsked is an area that the visitor may see, with the book it belongs to; "" above the counties.
func (q *request) areaAsked(code string) (area entity.Entity, book string, err error) {
	if err := q.mine(code); err != nil {
		return area, "", err
	}
	area, ok, err := q.entity(entity.Headquarters, "area", code)
	if err != nil {
		return area, "", err
	}
	if !ok {
		return area, "", missing("area", code, entity.Headquarters)
	}
	book, err = q.bookOf(area)
	return area, book, err
}

// listCSV sends what a page lists as a table.
func (q *request) listCSV() error {
	code := q.FormValue("area")
	area, book, err := q.areaAsked(code)
	if err != nil {
		return err
	}
	if area.Class == "village" {
		lines, err := q.lines(book, area.ID)
		if err != nil {
			return err
		}
		l, err := q.lineListing(book, lines)
		if err != nil {
			return err
		}
		return l.CSV(q.w, q.URL, "households-"+code)
	}
	list, err := q.inside(code)
	if err != nil {
		return err
	}
	var places []*place
	for _, e := range list {
		p, err := q.countIn(e)
		if err != nil {
			return err
		}
		places = append(places, p)
	}
	return q.places(places).CSV(q.w, q.URL, "areas-"+code)
}

// foundMax is how many villages one search shows.
const foundMax = 20

// search finds households by code, by who lives there, and villages by name.
func (q *request) search(asked string) error {
	type found struct {
		book, id, by, area string
	}
	var hits []found
	books, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return err
	}
	for _, b := range books {
		e, ok, err := entity.Get(q.Context(), q.p.store.DB, b.ID, household.Type, asked)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if sees, err := q.v.Sees(q.Context(), e.Area); err != nil {
			return err
		} else if sees {
			hits = append(hits, found{e.Book, e.ID, "code", e.Area})
		}
	}
	people, err := household.Search(q.Context(), q.p.store.DB, q.p.store.Recorder.Keyed, asked, q.today)
	if err != nil {
		return err
	}
	for _, h := range people {
		personal, err := q.v.SeesPersonal(q.Context(), h.Area)
		if err != nil {
			return err
		}
		if personal && !slices.ContainsFunc(hits, func(f found) bool { return f.book == h.Book && f.id == h.Household }) {
			hits = append(hits, found{h.Book, h.Household, h.By, h.Area})
		}
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.household")}, {Label: q.text("households.column.by")}, {Label: q.text("households.column.area")}},
		Empty: &view.Empty{Icon: "search", Title: q.text("households.nobody", asked), Text: q.text("households.nobody.why")}}
	for _, h := range hits[:min(len(hits), listing.PageSize)] {
		names, err := household.HeadNames(q.Context(), q.p.store.DB, h.book, []string{h.id})
		if err != nil {
			return err
		}
		area, err := q.named(entity.Headquarters, "area", h.area)
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.masked(names[h.id], h.id), Href: Href(h.book, h.id), Sub: h.id}, {Text: q.text("households.by." + h.by)}, {Text: area, Href: listing.Address(Path, "area", h.area)}}})
	}
	body := []view.Component{q.finder(asked), t}
	areas, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: entity.Headquarters, Type: "area", Text: asked, Limit: foundMax})
	if err != nil {
		return err
	}
	villages := view.Table{Columns: []view.Column{{Label: q.text("households.column.area")}, {Label: q.text("households.column.code"), Kind: view.CodeColumn}}}
	for _, a := range areas {
		if sees, err := q.v.Sees(q.Context(), a.ID); err != nil {
			return err
		} else if sees {
			villages.Rows = append(villages.Rows, view.Row{Cells: []view.Cell{{Text: q.placed(a.Name), Href: Path + "?area=" + url.QueryEscape(a.ID)}, {Text: a.ID}}})
		}
	}
	if len(villages.Rows) > 0 {
		body = append(body, view.Section{Head: view.SectionHead{ID: "areas", Title: q.text("households.areas")}, Parts: []view.Component{villages}})
	}
	return q.show(view.Heading{Crumbs: []view.Link{{Label: q.text("households.title"), Href: Path}}, Title: q.text("households.found", asked)}, body...)
}
