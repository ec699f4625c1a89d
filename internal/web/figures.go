package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// asks reads from the address what figures are to be evaluated for.
func (q *request) asks() (figure.At, error) {
	at := figure.At{AsOf: q.read.Today, Filter: figure.Filter{Area: q.FormValue("area"), Channel: q.FormValue("channel"), Fund: q.FormValue("fund")}}
	if p := q.FormValue("project"); p != "" {
		at.Projects = strings.Split(p, ",")
	}
	for _, d := range []struct {
		key string
		to  *date.Date
	}{{"as-of", &at.AsOf}, {"from", &at.From}, {"until", &at.Until}} {
		text := q.FormValue(d.key)
		if text == "" {
			continue
		}
		day, err := date.Parse(text)
		if err != nil {
			return at, fault.New(fault.Invalid, "field.date", "%q is not a date", text).For(d.key).Mend("Write it as 2020-03-14.")
		}
		*d.to = day
	}
	if known := q.FormValue("known-at"); known != "" {
		at.KnownAt = map[string]int64{}
		for _, position := range strings.Split(known, ",") {
			book, number, _ := strings.Cut(position, ":")
			seq, err := strconv.ParseInt(number, 10, 64)
			if err != nil || seq < 0 {
				return at, fault.New(fault.Invalid, "position.form", "%q is not a position in a book", position).For("known-at").Mend("Write BOOK:SEQ, such as 620524:17.")
			}
			at.KnownAt[book] = seq
		}
	}
	if at.Area != "" && !q.sees(at.Area) {
		return at, q.outside(at.Area)
	}
	for _, id := range at.Projects {
		if !q.seesProject(id) {
			return at, q.hidden(id)
		}
	}
	return at, nil
}

// outside is the fault of asking for an area that the reader does not serve, or that is not recorded.
func (q *request) outside(code string) error {
	if _, ok := q.entity(entity.Headquarters, "area", code); !ok {
		return missing("area.unknown", "area %q is not recorded", code)
	}
	return q.hidden(code)
}

// atPairs are the parameters that at reads back.
func atPairs(at figure.At) []string {
	return []string{"area", at.Area, "channel", at.Channel, "fund", at.Fund, "project", strings.Join(at.Projects, ","),
		"from", string(at.From), "until", string(at.Until), "known-at", knownAt(at.KnownAt)}
}

func knownAt(positions map[string]int64) string {
	list := make([]string, 0, len(positions))
	for book, seq := range positions {
		list = append(list, fmt.Sprintf("%s:%d", book, seq))
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

// asked gives the figure that the address names, evaluated as it asks.
func (q *request) asked() (*figure.Value, error) {
	at, err := q.asks()
	if err != nil {
		return nil, err
	}
	id := q.PathValue("id")
	v, err := q.evaluate(id, at)
	if err == nil && v == nil {
		err = missing("figure.unknown", "figure %q is not defined", id)
	}
	return v, err
}

// figures lists every figure of the programme.
func (q *request) figures() error {
	l, err := q.figureListing()
	if err != nil {
		return err
	}
	return q.show(view.Heading{
		Eyebrow: []string{q.text("nav.figures"), q.asOfText(q.read.Today)},
		Title:   q.text("figures.title"), Lead: view.Plain(q.text("figures.lead")),
	}, view.Section{Head: view.SectionHead{ID: "figures", Title: q.text("figures.all", len(l.Rows)), Note: q.write("ways.csv", view.Link{Label: "CSV", Href: listing.CSVHref(q.URL)})},
		Parts: []view.Component{l.Table(q.Printer, q.URL)}})
}

func (q *request) figuresCSV() error {
	l, err := q.figureListing()
	if err != nil {
		return err
	}
	return download(q, "figures", l)
}

func (q *request) figureListing() (listing.Listing[*figure.Value], error) {
	at, err := q.asks()
	if err != nil {
		return listing.Listing[*figure.Value]{}, err
	}
	book, err := q.book()
	if err != nil {
		return listing.Listing[*figure.Value]{}, err
	}
	var values []*figure.Value
	for _, d := range book.Definitions() {
		v, err := q.evaluate(d.ID, at)
		if err != nil {
			return listing.Listing[*figure.Value]{}, err
		}
		values = append(values, v)
	}
	return listing.Listing[*figure.Value]{
		Label: q.column, Rows: values,
		Empty: view.Empty{Icon: "trend", Title: q.text("figures.empty"), Text: q.text("figures.empty.text")},
		Columns: []listing.Column[*figure.Value]{
			{Key: "figure", Compare: func(a, b *figure.Value) int { return strings.Compare(q.label(a.Definition), q.label(b.Definition)) },
				Cell: func(v *figure.Value) view.Cell {
					return view.Cell{Text: q.label(v.Definition), Href: figureHref(v.Definition.ID, v.At), Sub: v.Definition.ID}
				},
				Plain: func(v *figure.Value) string { return v.Definition.ID }},
			{Key: "value", Kind: view.NumberColumn,
				Cell:  func(v *figure.Value) view.Cell { link := q.figureLink(v); return view.Cell{Figure: &link} },
				Plain: func(v *figure.Value) string { return v.Decimal() }},
			{Key: "unit", Compare: func(a, b *figure.Value) int { return strings.Compare(a.Definition.Unit, b.Definition.Unit) },
				Cell:  func(v *figure.Value) view.Cell { return view.Cell{Text: q.unit(v.Definition.Unit)} },
				Plain: func(v *figure.Value) string { return v.Definition.Unit }},
			{Key: "grade", Compare: func(a, b *figure.Value) int { return cmp.Compare(a.Grade(), b.Grade()) },
				Cell:  func(v *figure.Value) view.Cell { return view.Cell{Sub: q.proof(v), Grade: grades[v.Grade()]} },
				Plain: func(v *figure.Value) string { return v.Grade().String() }},
		},
	}, nil
}

// asOfText names the date of a total.
func (q *request) asOfText(on date.Date) string { return q.text("as.of", q.Printer.Date(on)) }

// figure shows how a figure was made: in the drawer when a script asks for it, else on a page of its own.
func (q *request) figure() error {
	v, err := q.asked()
	if err != nil {
		return err
	}
	card, err := q.lineageCard(v)
	if err != nil {
		return err
	}
	if q.failed != nil {
		return q.failed
	}
	if forDrawer(q.Request) {
		card.Close = listing.With(q.URL)
		return q.site.engine.RenderPart(q.w, http.StatusOK, q.Printer.Language, card)
	}
	breakdown, err := q.breakdown(v)
	if err != nil {
		return err
	}
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.figures"), Href: "/figures"}, {Label: v.Definition.ID}},
		Title:  card.Name,
	}
	card.Name, card.Breakdown = q.asOfText(cmp.Or(v.At.AsOf, q.read.Today)), nil
	return q.show(heading, view.Columns{Main: []view.Component{card}, Side: breakdown})
}

// latestMax is how many of its latest records a figure shows at once.
const latestMax = 5

// lineageCard tells how a figure was made.
func (q *request) lineageCard(v *figure.Value) (view.Lineage, error) {
	open, err := q.lineage(v.Definition.ID, v.At)
	if err != nil {
		return view.Lineage{}, err
	}
	d := v.Definition
	base := link("figures", d.ID)
	records := listing.Address(base+"/records", atPairs(v.At)...)
	seen := q.seenContributions(open.list)
	l := view.Lineage{
		Name: q.label(d), Value: q.value(v), Says: q.says(v),
		All:     view.Link{Label: q.text("lineage.all", len(seen)), Href: records},
		CSVHref: listing.Address(base+"/records.csv", atPairs(v.At)...), Cite: q.cite(v),
		LatestTitle: q.text("lineage.latest"),
	}
	if d.Aggregate == figure.Ratio {
		l.Says = q.text("says.ratio", q.label(v.Parts[0].Definition), q.label(v.Parts[1].Definition)) + q.narrowed(v)
		for _, p := range v.Parts {
			l.Chain = append(l.Chain, view.ChainLink{Value: q.value(p), Label: q.label(p.Definition), Href: figureHref(p.Definition.ID, v.At)})
		}
		l.All, l.CSVHref = view.Link{}, "" // it opens to its two figures, not to entries
		return l, nil
	}
	years, projects, err := q.parts(v)
	if err != nil {
		return l, err
	}
	l.Chain = view.Chain{{Value: q.value(v), Label: q.text("lineage.this")}}
	if len(projects) > 1 {
		l.Chain = append(l.Chain, view.ChainLink{Value: q.Printer.Count(int64(len(projects))), Label: q.text("lineage.projects", len(projects)),
			Href: listing.Address(base, append(atPairs(v.At), "by", "project")...)})
	}
	l.Chain = append(l.Chain,
		view.ChainLink{Value: q.Printer.Count(int64(len(open.list))), Label: q.text("lineage.records", len(open.list)), Href: records},
		view.ChainLink{Value: q.Printer.Count(v.Traced), Label: q.text("lineage.proved", v.Traced), Href: listing.Address(base+"/records", append(atPairs(v.At), "grade", "traced")...)})
	if l.Checks, err = q.checks(v, open.list, years, projects); err != nil {
		return l, err
	}
	l.BreakdownTitle, l.Breakdown = q.text("by.year"), q.bars(years, func(m figure.Member) string { return m.ID })
	latest := slices.Clone(seen)
	slices.SortStableFunc(latest, func(a, b figure.Contribution) int { return strings.Compare(string(b.On), string(a.On)) })
	for _, c := range latest[:min(len(latest), latestMax)] {
		title, ref, err := q.titled(c.Book, c.Seq)
		if err != nil {
			return l, err
		}
		l.Latest = append(l.Latest, view.Record{Date: q.Printer.Date(c.On), DateTime: string(c.On), Title: title, Ref: ref,
			Href: entryHref(c.Book, c.Seq), Amount: q.exact(c.Contribution, d.Unit, d.Scale), Grade: grades[c.Grade]})
	}
	return l, nil
}

// parts gives a sum by year and by project; nothing for figures whose parts do not add up.
func (q *request) parts(v *figure.Value) (years, projects []figure.Member, err error) {
	if a := v.Definition.Aggregate; a != figure.Sum && a != figure.Count {
		return nil, nil, nil
	}
	if years, err = q.by(v.Definition.ID, "year", v.At); err == nil {
		projects, err = q.by(v.Definition.ID, "project", v.At)
	}
	return years, projects, err
}

// checks runs the checks on a figure, each with n of m.
func (q *request) checks(v *figure.Value, list []figure.Contribution, years, projects []figure.Member) ([]view.Check, error) {
	var sum int64
	for _, c := range list {
		sum += c.Contribution
	}
	check := func(key string, n, of int64, passed bool) view.Check {
		return view.Check{Text: q.text(key), Count: q.Printer.Count(n) + " / " + q.Printer.Count(of), Passed: passed}
	}
	all := int64(len(list))
	agree := func(key string, members []figure.Member) (view.Check, bool) {
		var sum int64
		for _, m := range members {
			sum += m.Value.Number
		}
		n := int64(len(members))
		if sum != v.Number {
			return check(key, 0, n, false), n > 0
		}
		return check(key, n, n, true), n > 1
	}
	given := "check.sum"
	switch v.Definition.Aggregate {
	case figure.Latest, figure.Minimum, figure.Maximum, figure.Years: // one record gives it
		given = "check.given"
	}
	var checks []view.Check
	if sum == v.Number {
		checks = append(checks, check(given, all, all, true))
	} else {
		checks = append(checks, check(given, 0, all, false))
	}
	for _, p := range []struct {
		key     string
		members []figure.Member
	}{{"check.years", years}, {"check.projects", projects}} {
		if c, shown := agree(p.key, p.members); shown {
			checks = append(checks, c)
		}
	}
	second, err := q.approvals(v, list)
	if err != nil {
		return nil, err
	}
	if second.asked > 0 {
		checks = append(checks, check("check.approved", second.approved, second.asked, second.approved == second.asked))
	}
	if v.Of > 0 {
		checks = append(checks, check("check.proved", v.Traced, v.Of, v.Traced >= v.Of))
	}
	return checks, nil
}

// bars draws members of a figure as bars, each leading to the figure for that member alone.
func (q *request) bars(members []figure.Member, label func(figure.Member) string) []chart.Bar {
	var most int64
	for _, m := range members {
		most = max(most, m.Value.Number)
	}
	var bars []chart.Bar
	for _, m := range members {
		value := q.value(m.Value)
		if m.Value.Known && m.Value.Definition.Unit == ledger.Currency {
			value = q.Printer.MoneyAs(m.Value.Number, most, yuan)
		}
		bars = append(bars, chart.Bar{Label: label(m), Value: value, Href: figureHref(m.Value.Definition.ID, m.Value.At), Length: chart.Length(m.Value.Number, most)})
	}
	return bars
}

// dimensions that a figure can be broken down by.
var dimensions = []string{"year", "area", "project", "fund"}

// breakdown is a figure by the dimension that the address asks for, with the ways to the others.
func (q *request) breakdown(v *figure.Value) ([]view.Component, error) {
	if v.Definition.Aggregate == figure.Ratio {
		return nil, nil
	}
	by := q.FormValue("by")
	if !slices.Contains(dimensions, by) {
		by = dimensions[0]
	}
	members, err := q.by(v.Definition.ID, by, v.At)
	if err != nil {
		return nil, err
	}
	section := view.Section{Head: view.SectionHead{ID: "by", Title: q.text("by." + by)}}
	for _, d := range dimensions {
		section.Head.Segments = append(section.Head.Segments, view.Link{Label: q.text("dimension." + d), Href: listing.With(q.URL, "by", d), Current: d == by})
	}
	if len(members) == 0 {
		section.Parts = []view.Component{view.Empty{Icon: "trend", Title: q.text("by.empty"), Text: q.text("by.empty.text")}}
		return []view.Component{section}, nil
	}
	members = q.seenMembers(by, v, members)
	if by != "year" {
		members = slices.Clone(members)
		slices.SortStableFunc(members, func(a, b figure.Member) int { return cmp.Compare(b.Value.Number, a.Value.Number) })
	}
	const most = 40
	bars := q.bars(members, func(m figure.Member) string { return q.memberName(by, m.ID) })
	section.Parts = []view.Component{view.BarList{BarList: chart.BarList{Bars: bars[:min(len(bars), most)]}}}
	if by == "year" {
		section.Parts = []view.Component{view.Breakdown{Bars: bars}}
	}
	if len(bars) > most {
		section.Parts = append(section.Parts, view.Text{Prose: view.Plain(q.text("by.more", len(bars)-most))})
	}
	return []view.Component{section}, nil
}

// memberName is what a member of a dimension is called.
func (q *request) memberName(dimension, id string) string {
	if id == elsewhere {
		return q.text("scope.rest")
	}
	switch dimension {
	case "area":
		return q.areaName(id)
	case "project":
		return q.projectName(id)
	case "fund":
		return q.fund(id)
	}
	return id
}

// says tells in a sentence what a figure is.
func (q *request) says(v *figure.Value) string {
	d := v.Definition
	var plus, minus []string
	for _, t := range d.Terms {
		if t.Minus {
			minus = append(minus, q.measureName(t.Measure, d.Aggregate))
		} else {
			plus = append(plus, q.measureName(t.Measure, d.Aggregate))
		}
	}
	what := strings.Join(plus, q.text("list.and"))
	if len(minus) > 0 {
		what = q.text("says.less", what, strings.Join(minus, q.text("list.and")))
	}
	return q.text("says."+string(d.Aggregate), what) + q.narrowed(v)
}

// measureName is what a measure counts.
func (q *request) measureName(measure string, aggregate figure.Aggregate) string {
	if first, commodity, ok := strings.Cut(measure, ":"); ok {
		if aggregate == figure.Balance {
			return q.text("says.held", q.text("class."+first), q.commodity(commodity))
		}
		what := q.commodity(commodity)
		if commodity == ledger.Currency {
			what = q.text("commodity.money")
		}
		return q.text("says.flow", q.flowName(first), what)
	}
	for _, m := range figure.Measures() {
		if m.ID == measure {
			return "“" + q.pick(m.En, m.Zh) + "”"
		}
	}
	return measure
}

// narrowed tells what a figure leaves out, and its date.
func (q *request) narrowed(v *figure.Value) string {
	var only []string
	for _, f := range []figure.Filter{v.Definition.Filter, v.At.Filter} {
		if f.Area != "" {
			only = append(only, q.areaName(f.Area))
		}
		if len(f.Projects) > 0 {
			names := make([]string, len(f.Projects))
			for i, p := range f.Projects {
				names[i] = q.projectName(p)
			}
			only = append(only, q.text("only.projects", len(names), strings.Join(names, q.text("list.comma"))))
		}
		if f.Channel != "" {
			only = append(only, q.text("only.channel", q.choice("project", "channel", f.Channel)))
		}
		if f.Fund != "" {
			only = append(only, q.text("only.fund", q.fund(f.Fund)))
		}
		if f.From != "" {
			only = append(only, q.text("only.from", q.Printer.Date(f.From)))
		}
		if f.Until != "" {
			only = append(only, q.text("only.until", q.Printer.Date(f.Until)))
		}
	}
	text := ""
	if len(only) > 0 {
		text = q.text("says.only", strings.Join(only, q.text("list.semicolon")))
	}
	text += q.text("says.as-of", q.Printer.Date(cmp.Or(v.At.AsOf, q.read.Today)))
	if len(v.At.KnownAt) > 0 {
		text += q.text("says.known-at", knownAt(v.At.KnownAt))
	}
	return text
}

// cite is how to cite a figure so that it can be computed again and compared: what was asked, when, what was known, and a short hash over
// all of it, the value and the ends of the books.
func (q *request) cite(v *figure.Value) string {
	h := sha256.New()
	known := map[string]int64{}
	fmt.Fprintln(h, v.Definition.ID, v.Definition.Version, v.Decimal(), v.At.AsOf, atPairs(v.At))
	for _, head := range q.read.Heads {
		known[head.Book] = head.Seq
		if seq, ok := v.At.KnownAt[head.Book]; ok {
			known[head.Book] = min(seq, head.Seq)
		} else {
			fmt.Fprintln(h, head.Book, head.Hash)
		}
	}
	fmt.Fprintln(h, knownAt(known))
	short := strings.ToUpper(hex.EncodeToString(h.Sum(nil)[:4]))
	return q.text("lineage.cite", v.Definition.ID, strconv.FormatInt(v.Definition.Version, 10), q.Printer.Date(cmp.Or(v.At.AsOf, q.read.Today)),
		knownAt(known), short[:4]+"-"+short[4:])
}

// records lists the entries behind a figure.
func (q *request) records() error {
	v, l, err := q.recordListing()
	if err != nil {
		return err
	}
	name := q.label(v.Definition)
	q.Title = q.text("records.title", name)
	segments := []view.Link{
		{Label: q.text("records.every"), Href: listing.With(q.URL, "grade", ""), Current: q.FormValue("grade") == ""},
		{Label: q.text("grade.traced"), Href: listing.With(q.URL, "grade", "traced"), Current: q.FormValue("grade") == "traced"},
		{Label: q.text("records.open"), Href: listing.With(q.URL, "grade", "open"), Current: q.FormValue("grade") == "open"},
	}
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.figures"), Href: "/figures"}, {Label: name, Href: figureHref(v.Definition.ID, v.At)}, {Label: q.text("records.crumb")}},
		Title:  q.Title, Lead: q.write("records.lead", q.figureLink(v)), Hush: q.keptBack(),
	}, view.Section{Head: view.SectionHead{ID: "records", Title: q.text("records.count", len(l.Rows)), Segments: segments,
		Note: q.write("ways.csv", view.Link{Label: "CSV", Href: listing.CSVHref(q.URL)})}, Parts: []view.Component{l.Table(q.Printer, q.URL)}})
}

func (q *request) recordsCSV() error {
	v, l, err := q.recordListing()
	if err != nil {
		return err
	}
	return download(q, v.Definition.ID, l)
}

func (q *request) recordListing() (*figure.Value, listing.Listing[figure.Contribution], error) {
	var none listing.Listing[figure.Contribution]
	v, err := q.asked()
	if err != nil {
		return nil, none, err
	}
	if v.Definition.Aggregate == figure.Ratio {
		return nil, none, missing("figure.ratio", "the ratio %q opens to its two figures, not to entries", v.Definition.ID)
	}
	open, err := q.lineage(v.Definition.ID, v.At)
	if err != nil {
		return nil, none, err
	}
	rows := q.seenContributions(open.list)
	switch q.FormValue("grade") {
	case "traced":
		rows = slices.DeleteFunc(slices.Clone(rows), func(c figure.Contribution) bool { return c.Grade != journal.Traced })
	case "open":
		rows = slices.DeleteFunc(slices.Clone(rows), func(c figure.Contribution) bool { return c.Grade == journal.Traced })
	}
	d := v.Definition
	return v, listing.Listing[figure.Contribution]{
		Label: q.column, Rows: rows, Sort: "-on",
		Empty: view.Empty{Icon: "ledger", Title: q.text("records.empty"), Text: q.text("records.empty.text")},
		Columns: []listing.Column[figure.Contribution]{
			{Key: "record", Cell: func(c figure.Contribution) view.Cell {
				title, ref, err := q.titled(c.Book, c.Seq)
				if err != nil {
					q.fault(err)
				}
				return view.Cell{Text: title, Href: entryHref(c.Book, c.Seq), Sub: ref}
			}, Plain: func(c figure.Contribution) string { return c.Book + ":" + strconv.FormatInt(c.Seq, 10) }},
			{Key: "on", Kind: view.WholeColumn, Compare: func(a, b figure.Contribution) int {
				return cmp.Or(strings.Compare(string(a.On), string(b.On)), strings.Compare(a.Book, b.Book), cmp.Compare(a.Seq, b.Seq))
			},
				Cell:  func(c figure.Contribution) view.Cell { return view.Cell{Text: q.day(c.On)} },
				Plain: func(c figure.Contribution) string { return string(c.On) }},
			{Key: "kind", Compare: func(a, b figure.Contribution) int { return strings.Compare(q.kind(a.Kind), q.kind(b.Kind)) },
				Cell:  func(c figure.Contribution) view.Cell { return view.Cell{Text: q.kind(c.Kind)} },
				Plain: func(c figure.Contribution) string { return c.Kind }},
			{Key: "area", Compare: func(a, b figure.Contribution) int { return strings.Compare(a.Area, b.Area) },
				Cell:  func(c figure.Contribution) view.Cell { return q.areaCell(c.Area) },
				Plain: func(c figure.Contribution) string { return c.Area }},
			{Key: "grade", Compare: func(a, b figure.Contribution) int { return cmp.Compare(a.Grade, b.Grade) },
				Cell: func(c figure.Contribution) view.Cell {
					return q.gradeCell(c.Grade)
				},
				Plain: func(c figure.Contribution) string { return c.Grade.String() }},
			{Key: "contribution", Kind: view.NumberColumn, Compare: func(a, b figure.Contribution) int { return cmp.Compare(a.Contribution, b.Contribution) },
				Cell: func(c figure.Contribution) view.Cell {
					return view.Cell{Text: q.exact(c.Contribution, d.Unit, d.Scale), Href: entryHref(c.Book, c.Seq)}
				},
				Plain: func(c figure.Contribution) string { return c.Decimal() }},
		},
	}, nil
}

// gradeCell is how well a record is proved.
func (q *request) gradeCell(g journal.Grade) view.Cell {
	return view.Cell{Sub: q.gradeWord(g), Grade: grades[g]}
}

// areaCell is an area that leads to its page.
func (q *request) areaCell(code string) view.Cell {
	if code == "" {
		return view.Cell{Text: q.bookName(entity.Headquarters)}
	}
	return view.Cell{Text: q.areaName(code), Href: q.areaHref(code)}
}
