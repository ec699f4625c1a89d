package web

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/view"
)

// The figures that the road out of poverty is drawn from, where a programme defines them and has a register.
const (
	registered = "households-registered"
	exited     = "households-exited"
	relapsed   = "households-relapsed"
)

// roadYear is what happened to the households of an area in a year, and how many were poor at its end.
type roadYear struct {
	year                         string
	registered, exited, relapsed *figure.Value
	left                         int64
}

// roadYears follows the households of an area from year to year; nothing when none was ever registered.
func (q *request) roadYears(at figure.At) ([]roadYear, error) {
	years := map[string]*roadYear{}
	for _, part := range []struct {
		id  string
		set func(*roadYear, *figure.Value)
	}{
		{registered, func(y *roadYear, v *figure.Value) { y.registered = v }},
		{exited, func(y *roadYear, v *figure.Value) { y.exited = v }},
		{relapsed, func(y *roadYear, v *figure.Value) { y.relapsed = v }},
	} {
		all, err := q.evaluate(part.id, at)
		if err != nil {
			return nil, err
		}
		if all == nil || all.Of == 0 {
			if part.id == registered {
				return nil, nil
			}
			continue
		}
		members, err := q.by(part.id, "year", at)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if years[m.ID] == nil {
				years[m.ID] = &roadYear{year: m.ID}
			}
			part.set(years[m.ID], m.Value)
		}
	}
	names := slices.Sorted(maps.Keys(years))
	first, err := strconv.Atoi(names[0])
	if err != nil {
		return nil, err
	}
	last, err := strconv.Atoi(names[len(names)-1])
	if err != nil {
		return nil, err
	}
	var list []roadYear
	var left int64
	for n := first; n <= last; n++ {
		y := roadYear{year: strconv.Itoa(n)}
		if happened := years[y.year]; happened != nil {
			y = *happened
		}
		left += numberOf(y.registered) - numberOf(y.exited) + numberOf(y.relapsed)
		y.left = left
		list = append(list, y)
	}
	return list, nil
}

// roadSection draws how many registered households were still poor at each year's end, and lists what changed it.
func (q *request) roadSection(_ string, at figure.At) ([]view.Component, error) {
	years, err := q.roadYears(at)
	if err != nil || len(years) < 2 {
		return nil, err
	}
	first, last := years[0], years[len(years)-1]
	most := slices.MaxFunc(years, func(a, b roadYear) int { return cmp.Compare(a.left, b.left) }).left
	line := chart.Line{Label: q.text("road.left"), Points: make([]chart.Point, len(years))}
	road := chart.Road{Name: q.text("road.name", first.year, first.left, last.year, last.left), Y: countMarks(q, most)}
	for i, y := range years {
		n, err := strconv.Atoi(y.year)
		if err != nil {
			return nil, err
		}
		yearAt := at
		yearAt.Filter.Until = date.Date(y.year + "-12-31")
		line.Points[i] = chart.Point{X: float64(n), Y: float64(y.left), Title: q.text("road.point", y.left, y.year), Href: figureHref(exited, yearAt)}
		mark := chart.Mark{At: float64(n)}
		if i%2 == 0 {
			mark.Label = y.year
		}
		road.X = append(road.X, mark)
	}
	road.Lines = []chart.Line{line}
	wide, err := road.SVG(chart.WideRoad)
	if err != nil {
		return nil, err
	}
	narrow, err := road.SVG(chart.NarrowRoad)
	if err != nil {
		return nil, err
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("dimension.year")}, {Label: q.text("road.registered"), Kind: view.NumberColumn}, {Label: q.text("road.exited"), Kind: view.NumberColumn}, {Label: q.text("road.relapsed"), Kind: view.NumberColumn}, {Label: q.text("road.left"), Kind: view.NumberColumn}}}
	for _, y := range years {
		yearAt := at
		yearAt.Filter.Until = date.Date(y.year + "-12-31")
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: y.year}, q.countCell(y.registered), q.countCell(y.exited), q.countCell(y.relapsed), {Text: q.Printer.Count(y.left), Href: figureHref(registered, yearAt)}}})
	}
	title := q.text("road.title", last.left)
	if last.left == 0 {
		title = q.text("road.done")
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "out", Title: title, Note: view.Plain(q.text("road.note"))},
		Parts: []view.Component{view.Columns{Main: []view.Component{view.Drawing{Chart: wide, Narrow: narrow}}, Side: []view.Component{t}}}}}, nil
}

// countCell is a figure of one year; a year in which it has no records counts nothing.
func (q *request) countCell(v *figure.Value) view.Cell {
	if v == nil {
		return view.Cell{Text: q.Printer.Count(0)}
	}
	link := q.figureLink(v)
	return view.Cell{Figure: &link}
}

// countMarks are at most six marks in round steps from nothing to most or a little more.
func countMarks(q *request, most int64) []chart.Mark {
	const stepsMax = 5
	step := int64(1)
	for grow := []int64{2, 5, 10}; step*stepsMax < most; grow = append(grow[1:], grow[0]*10) {
		step = grow[0]
	}
	var marks []chart.Mark
	for at := int64(0); at < max(most, 1)+step; at += step {
		marks = append(marks, chart.Mark{At: float64(at), Label: q.Printer.Count(at)})
	}
	return marks
}

// dotsSection shows every village of an area as one dot: a gap where a household that was visited lacks an assurance, a ring where one is
// watched. Villages in which nobody was visited are counted in words.
func (q *request) dotsSection(code string, _ figure.At) ([]view.Component, error) {
	villages, err := q.villagesOf(code)
	if err != nil || len(villages) == 0 {
		return nil, err
	}
	counts, err := q.villageCounts(code)
	if err != nil {
		return nil, err
	}
	dots := chart.Dots{Dots: make([]chart.Dot, 0, len(villages))}
	var gaps, rings int
	for _, v := range villages {
		c, seen := counts[v.ID]
		if !seen {
			continue
		}
		dot := chart.Dot{Label: q.areaName(v.ID), Href: link("areas", v.ID)}
		if lacking := c.visited - c.assured; lacking > 0 {
			dot.State, dot.Label = chart.Gap, q.text("dots.gap", lacking, dot.Label)
			gaps++
		} else if c.watched > 0 {
			dot.State, dot.Label = chart.Watched, q.text("dots.watched", c.watched, dot.Label)
			rings++
		}
		dots.Dots = append(dots.Dots, dot)
	}
	if len(dots.Dots) == 0 {
		return nil, nil
	}
	dots.Name = q.text("dots.name", q.areaName(code), len(dots.Dots), gaps, rings)
	note := view.Plain(q.text("dots.note"))
	if n := len(villages) - len(dots.Dots); n > 0 {
		note = view.Plain(q.text("dots.unseen", n))
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "dots", Title: q.text("dots.title", len(dots.Dots)), Note: note}, Parts: []view.Component{view.Villages{
		Groups: []view.VillageGroup{{Name: q.areaName(code), Count: q.countLevel(len(dots.Dots), "village"), Chart: dots.SVG()}},
		Legend: view.Legend{{Class: "dot c-bar", Label: q.text("dots.steady")}, {Class: "ring c-warn", Label: q.text("dots.ring")}, {Class: "dot c-bad", Label: q.text("dots.lacking")}},
	}}}}, nil
}

// villagesOf are the villages directly in an area, or in the towns that lie in it.
func (q *request) villagesOf(code string) ([]entity.Entity, error) {
	below, err := q.areasIn(code)
	if err != nil {
		return nil, err
	}
	var list []entity.Entity
	for _, a := range below {
		switch a.Class {
		case "village":
			list = append(list, a)
		case "town":
			inside, err := q.areasIn(a.ID)
			if err != nil {
				return nil, err
			}
			list = append(list, inside...)
		}
	}
	return list, nil
}
