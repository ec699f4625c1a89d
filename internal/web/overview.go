package web

import (
	"cmp"
	"strconv"

	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// The figures that the overview leads with, where a programme defines them. The first is its money.
const (
	directFunds  = "direct-funds"
	projectCount = "projects"
)

var keyFigures = []string{directFunds, "industry-funds", projectCount, "people-lifted", "loans-granted", "ewes-delivered", "masks-delivered"}

// keyFiguresMax is how many a row has.
const keyFiguresMax = 5

// overview is the programme on one page.
func (q *request) overview() error {
	programmes, err := entity.Find(q.ctx, q.site.store.DB, entity.Filter{Book: entity.Headquarters, Type: "programme", Limit: 1})
	if err != nil {
		return err
	}
	projects, err := entity.Find(q.ctx, q.site.store.DB, entity.Filter{Type: "project", Limit: 1})
	if err != nil {
		return err
	}
	if len(programmes) == 0 || len(projects) == 0 {
		return q.begin()
	}
	at := figure.At{AsOf: q.read.Today}
	heading, err := q.overviewHeading(programmes[0], at)
	if err != nil {
		return err
	}
	if heading.Buttons = q.doors(); len(heading.Buttons) > 0 {
		heading.Drawing = "" // they take its place
	}
	body, err := q.keyRow(q.keyFiguresFor(), at)
	if err != nil {
		return err
	}
	flow, err := q.flowSection(flowQuestion{commodity: cmp.Or(q.FormValue("flow"), ledger.Currency)})
	if err != nil {
		return err
	}
	body = append(body, flow...)
	columns, err := q.overviewColumns(at)
	if err != nil {
		return err
	}
	return q.show(heading, append(body, columns...)...)
}

// keyRow is the row of those figures that are defined and known; nothing when there are too few for a row.
func (q *request) keyRow(ids []string, at figure.At) ([]view.Component, error) {
	var row view.KeyFigures
	for _, id := range ids {
		v, err := q.evaluate(id, at)
		if err != nil {
			return nil, err
		}
		if v != nil && v.Known && v.Of > 0 && len(row) < keyFiguresMax {
			row = append(row, q.keyFigure(v))
		}
	}
	if len(row) < 3 {
		return nil, nil
	}
	return []view.Component{row}, nil
}

// overviewHeading states the programme in a sentence of live figures.
func (q *request) overviewHeading(programme entity.Entity, at figure.At) (view.Heading, error) {
	title, err := q.programmeName(programme)
	if err != nil {
		return view.Heading{}, err
	}
	counties, err := q.countyEvents()
	if err != nil {
		return view.Heading{}, err
	}
	var lead view.Prose
	funds, err := q.evaluate(directFunds, at)
	if err != nil {
		return view.Heading{}, err
	}
	projects, err := q.evaluate(projectCount, at)
	if err != nil {
		return view.Heading{}, err
	}
	if since := firstYear(counties); funds != nil && projects != nil && since > 0 {
		lead = q.write("overview.lead", strconv.Itoa(since), q.figureLink(funds), q.figureLink(projects))
	}
	for _, c := range counties {
		for _, e := range c.left {
			lead = append(lead, q.write("overview."+e.event, q.areaName(c.code), q.linkOr(q.Printer.Month(e.on), q.seenEntryHref(e.book, e.seq)))...)
		}
	}
	stages, err := q.stages(ledger.Currency, "", nil)
	if err != nil {
		return view.Heading{}, err
	}
	if total, open := stageSums(stages); open > 0 {
		share := view.FigureLink{Value: q.text("overview.share", q.Printer.Share(open, total)), Href: listing.Address("/flow", "open", "1")}
		lead = append(lead, q.write("overview.untraced", share)...)
	} else if total > 0 {
		lead = append(lead, view.Plain(q.text("overview.traced"))...)
	}
	checked, err := q.checked()
	if err != nil {
		return view.Heading{}, err
	}
	h := view.Heading{Eyebrow: []string{q.text("nav.overview"), q.asOfText(at.AsOf)}, Title: title, Lead: lead, Drawing: chart.Hills()}
	if h.Tasks = append(h.Tasks, q.Tasks...); len(h.Tasks) > 0 && !q.first().claims {
		return h, nil // what waits comes before what was said
	}
	verdicts := map[figure.Verdict]int{}
	for _, c := range checked {
		verdicts[c.Verdict]++
	}
	for _, v := range []struct {
		verdict figure.Verdict
		tone    view.Tone
	}{{figure.Holds, view.NoTone}, {figure.Differs, view.BadTone}, {figure.Forecast, view.NoTone}, {figure.NotComputed, view.WarnTone}} {
		if n := verdicts[v.verdict]; n > 0 {
			h.Tasks = append(h.Tasks, view.Task{Count: q.Printer.Count(int64(n)), Text: q.text("overview.claims."+slug(v.verdict), n), Href: listing.Address("/claims", "verdict", slug(v.verdict)), Tone: v.tone})
		}
	}
	return h, nil
}

func firstYear(counties []countyEvent) int {
	first := 0
	for _, c := range counties {
		if y := c.since.Year(); y > 0 && (first == 0 || y < first) {
			first = y
		}
	}
	return first
}

func stageSums(stages []figure.Stage) (total, open int64) {
	for _, s := range stages {
		total += s.Amount
		open += s.Untraced
	}
	return total, open
}

// overviewColumns are the money by year and by county.
func (q *request) overviewColumns(at figure.At) ([]view.Component, error) {
	funds, err := q.evaluate(directFunds, at)
	if err != nil || funds == nil {
		return nil, err
	}
	years, err := q.by(directFunds, "year", at)
	if err != nil {
		return nil, err
	}
	areas, err := q.by(directFunds, "area", at)
	if err != nil {
		return nil, err
	}
	section := func(id string, members []figure.Member, part view.Component) view.Component {
		return view.Section{Head: view.SectionHead{ID: id, Title: q.text("overview." + id), Note: q.write("overview.adds-up", q.figureLink(funds))}, Parts: []view.Component{part}}
	}
	if len(years) == 0 {
		return nil, nil
	}
	counties := q.bars(q.seenMembers("area", funds, areas), func(m figure.Member) string { return q.memberName("area", m.ID) })
	return []view.Component{view.Columns{
		Main: []view.Component{section("years", years, view.Breakdown{Bars: q.bars(years, func(m figure.Member) string { return m.ID })})},
		Side: []view.Component{section("counties", areas, view.BarList{BarList: chart.BarList{Head: q.text("column.area"), Bars: counties}})},
	}}, nil
}
