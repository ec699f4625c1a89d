package chart

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"strconv"
)

// A Road shows how a share fell, or an income rose, over the years: few lines,
// each named where it begins, a threshold, the events on the way.
type Road struct {
	// Name says what the chart shows in one sentence.
	Name string
	// X and Y give the ends of the axes and where they are marked. Marks are in
	// rising order, and every point lies between the first and the last.
	X, Y []Mark
	// Threshold is the level to cross. Nil draws none.
	Threshold *Mark
	Lines     []Line
	Periods   []Period
}

// A Mark is a place on an axis with its label; the label may be empty.
type Mark struct {
	At    float64
	Label string
}

// A Line is one series. County is 1 for the first county and 2 for the second,
// and gives the colour; 0 is plain ink.
type Line struct {
	Label  string
	Note   string // beneath the label, "designated 2013, 31.8%"; left out where it is narrow
	County int
	Points []Point
}

// A Point is one value of a [Line]. A point with a Flag is drawn larger and its
// flag written beside it.
type Point struct {
	X, Y  float64
	Title string // the value in words, shown as a hint
	Flag  string
	Href  string
}

// A Period is a tinted stretch of the road.
type Period struct {
	From, To float64
	Label    string
}

const (
	roadHeight = 300.0
	roadLeft   = 40.0
	roadRight  = 16.0
	roadTop    = 20.0
	roadBottom = 28.0
	roadText   = 13.0
	roadLine   = 15.0 // line height of a label
)

func (r Road) check() error {
	if len(r.X) < 2 || len(r.Y) < 2 {
		return errors.New("each axis needs at least two marks")
	}
	inside := func(marks []Mark, at float64) bool {
		return at >= marks[0].At && at <= marks[len(marks)-1].At
	}
	if r.X[0].At >= r.X[len(r.X)-1].At || r.Y[0].At >= r.Y[len(r.Y)-1].At {
		return errors.New("the marks of an axis must rise")
	}
	for _, line := range r.Lines {
		if len(line.Points) == 0 {
			return fmt.Errorf("line %q has no points", line.Label)
		}
		for i, p := range line.Points {
			if !inside(r.X, p.X) || !inside(r.Y, p.Y) {
				return fmt.Errorf("line %q: point %d lies outside the axes", line.Label, i)
			}
		}
	}
	for _, period := range r.Periods {
		if !inside(r.X, period.From) || !inside(r.X, period.To) || period.From >= period.To {
			return fmt.Errorf("period %q does not lie within the axis", period.Label)
		}
	}
	if r.Threshold != nil && !inside(r.Y, r.Threshold.At) {
		return fmt.Errorf("threshold %q lies outside the axis", r.Threshold.Label)
	}
	return nil
}

func (r roadDrawing) x(at float64) float64 {
	from, to := r.X[0].At, r.X[len(r.X)-1].At
	return roadLeft + (at-from)/(to-from)*(r.width-roadLeft-roadRight)
}

func (r roadDrawing) y(at float64) float64 {
	from, to := r.Y[0].At, r.Y[len(r.Y)-1].At
	return roadHeight - roadBottom - (at-from)/(to-from)*(roadHeight-roadTop-roadBottom)
}

// The widths a road is drawn at. Its text is set at 13 units, so a drawing shown
// at about its own width is easy to read.
const (
	WideRoad   = 580.0
	NarrowRoad = 340.0
)

// SVG draws the chart at a width, [WideRoad] or [NarrowRoad], or says which line,
// period or threshold cannot be drawn.
func (r Road) SVG(width float64) (template.HTML, error) {
	if width < NarrowRoad {
		return "", fmt.Errorf("draw road chart: a width of %v is too narrow to read", width)
	}
	return roadDrawing{r, width}.svg()
}

// roadDrawing is a road at a width.
type roadDrawing struct {
	Road
	width float64
}

func (r roadDrawing) svg() (template.HTML, error) {
	if err := r.check(); err != nil {
		return "", fmt.Errorf("draw road chart: %w", err)
	}
	var d drawing
	d.begin("road", r.Name, r.width, roadHeight, r.holdsLinks())
	labels := r.labels()
	for _, p := range r.Periods {
		d.leaf("rect", "class", "period", "x", num(r.x(p.From)), "y", "0",
			"width", num(r.x(p.To)-r.x(p.From)), "height", num(roadHeight-roadBottom))
		r.drawPeriodLabel(&d, p)
	}
	for _, m := range r.Y {
		if m.Label == "" {
			continue
		}
		d.leaf("path", "class", "rule", "d", "M"+num(roadLeft)+","+num(r.y(m.At))+"H"+num(r.width-roadRight))
		d.text(roadLeft-7, r.y(m.At)+4, "tick", "end", m.Label)
	}
	for _, m := range r.X {
		if m.Label != "" {
			d.text(r.x(m.At), roadHeight-8, "tick", "middle", m.Label)
		}
	}
	if t := r.Threshold; t != nil {
		d.leaf("path", "class", "threshold", "d", "M"+num(roadLeft)+","+num(r.y(t.At))+"H"+num(r.width-roadRight))
	}
	for _, line := range r.Lines {
		r.drawLine(&d, line)
	}
	for _, l := range labels {
		l.draw(&d)
	}
	return d.end(), nil
}

// drawPeriodLabel writes the label at the head of the period, on two lines if one
// is too long.
func (r roadDrawing) drawPeriodLabel(d *drawing, p Period) {
	room := r.x(p.To) - r.x(p.From) - 10
	lines := []string{p.Label}
	if textWidth(p.Label, roadText) > room {
		lines = halve(p.Label)
	}
	for i, line := range lines {
		d.text(r.x(p.From)+6, roadLine*float64(i+1), "period-note", "start", fit(line, roadText, room))
	}
}

func (r Road) holdsLinks() bool {
	for _, line := range r.Lines {
		for _, p := range line.Points {
			if p.Href != "" {
				return true
			}
		}
	}
	return false
}

func (line Line) class() string {
	if line.County == 0 {
		return "county-0"
	}
	return "county-" + strconv.Itoa(line.County)
}

func (r roadDrawing) drawLine(d *drawing, line Line) {
	d.open("g", "class", line.class())
	defer d.close()
	path := ""
	for i, p := range line.Points {
		command := "L"
		if i == 0 {
			command = "M"
		}
		path += command + num(r.x(p.X)) + "," + num(r.y(p.Y))
	}
	d.leaf("path", "class", "line", "d", path)
	for i, p := range line.Points {
		class, radius := "point", "2.2"
		if i == 0 || p.Flag != "" {
			class, radius = "point open", "4.5"
		}
		end := d.link(p.Href, p.Title)
		d.open("circle", "class", class, "cx", num(r.x(p.X)), "cy", num(r.y(p.Y)), "r", radius)
		d.title(p.Title)
		d.close()
		end()
	}
}

// label is a short block of text beside a point.
type label struct {
	x, y    float64 // of the point
	lines   []string
	classes []string
	group   string // the class of the line, for its colour

	left, top, width, height float64 // of the block, once it is placed
}

func (l label) draw(d *drawing) {
	d.open("g", "class", l.group)
	for i, s := range l.lines {
		d.text(l.left, l.top+roadLine*float64(i)+roadText-1, l.classes[i], "start", s)
	}
	d.close()
}

// box is the space something takes.
type box struct{ left, top, right, bottom float64 }

func (b box) overlap(c box) float64 {
	w := math.Min(b.right, c.right) - math.Max(b.left, c.left)
	h := math.Min(b.bottom, c.bottom) - math.Max(b.top, c.top)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h
}

// labels places the name of each line, its flags and the threshold's name. Each
// tries the places about its point, best first, and takes the one that covers
// least of what is already there.
func (r roadDrawing) labels() []label {
	var taken []box
	for _, line := range r.Lines {
		taken = append(taken, r.along(line)...)
	}
	for _, p := range r.Periods {
		taken = append(taken, box{r.x(p.From), 0, r.x(p.From) + 12 + textWidth(p.Label, roadText), roadLine + 4})
	}
	level := func(y, half float64) { taken = append(taken, box{roadLeft, y - half, r.width - roadRight, y + half}) }
	if r.Threshold != nil {
		level(r.y(r.Threshold.At), 2)
	}
	for _, m := range r.Y {
		if m.Label != "" {
			level(r.y(m.At), 0.5)
		}
	}
	var placed []label
	place := func(l label) {
		for _, s := range l.lines {
			l.width = math.Max(l.width, textWidth(s, roadText))
		}
		l.height = roadLine * float64(len(l.lines))
		best := math.Inf(1)
		chosen := l
		for i, at := range l.around() {
			b := box{at[0], at[1], at[0] + l.width, at[1] + l.height}
			cost := float64(i) * 4 // a label far from its point is read as another's
			for _, t := range taken {
				cost += b.overlap(t)
			}
			for _, p := range placed {
				cost += 40 * b.overlap(p.box()) // words over words cannot be read at all
			}
			inside := b.overlap(box{0, 0, r.width, roadHeight - roadBottom})
			cost += 10 * (l.width*l.height - inside)
			if cost < best {
				best = cost
				chosen.left, chosen.top = at[0], at[1]
			}
		}
		placed = append(placed, chosen)
	}
	for _, line := range r.Lines {
		first := line.Points[0]
		l := label{x: r.x(first.X), y: r.y(first.Y), lines: []string{line.Label}, classes: []string{"label"}, group: line.class()}
		if line.Note != "" && r.width > NarrowRoad {
			l.lines, l.classes = append(l.lines, line.Note), append(l.classes, "note")
		}
		place(l)
		for _, p := range line.Points {
			if p.Flag != "" {
				l := label{x: r.x(p.X), y: r.y(p.Y), lines: []string{p.Flag}, group: line.class()}
				if r.width <= NarrowRoad {
					l.lines = halve(p.Flag)
				}
				l.classes = []string{"flag", "flag"}
				place(l)
			}
		}
	}
	if t := r.Threshold; t != nil && t.Label != "" {
		place(label{x: roadLeft - 9, y: r.y(t.At) - 4, lines: []string{t.Label}, classes: []string{"note"}, group: "level"})
	}
	return placed
}

func (l label) box() box { return box{l.left, l.top, l.left + l.width, l.top + l.height} }

// halve breaks a text in two lines at the space nearest its middle, or, where it
// has none, at its middle.
func halve(s string) []string {
	runes := []rune(s)
	middle, best := len(runes)/2, -1
	for i, r := range runes {
		if r == ' ' && (best < 0 || abs(i-middle) < abs(best-middle)) {
			best = i
		}
	}
	switch {
	case len(runes) < 10:
		return []string{s}
	case best < 0:
		return []string{string(runes[:middle]), string(runes[middle:])}
	}
	return []string{string(runes[:best]), string(runes[best+1:])}
}

func abs(n int) int { return max(n, -n) }

// around gives the places to try for the top left corner, best first: beside the
// point on its right, above and below it, on its left, and then further off.
func (l label) around() [][2]float64 {
	var places [][2]float64
	for _, far := range []float64{0, roadLine, 2 * roadLine, 3 * roadLine} {
		places = append(places,
			[2]float64{l.x + 9, l.y - l.height + 1 - far},
			[2]float64{l.x + 9, l.y + 4 + far},
			[2]float64{l.x - l.width/2, l.y - l.height - 7 - far},
			[2]float64{l.x - l.width - 9, l.y - l.height - far},
			[2]float64{l.x - l.width - 9, l.y + 3 + far},
			[2]float64{l.x - l.width/2, l.y + 8 + far},
		)
	}
	return places
}

// along gives small boxes along a line, so that labels keep off it.
func (r roadDrawing) along(line Line) []box {
	const step, half = 6.0, 4.0
	var boxes []box
	for i, p := range line.Points {
		x, y := r.x(p.X), r.y(p.Y)
		boxes = append(boxes, box{x - half, y - half, x + half, y + half})
		if i == 0 {
			continue
		}
		x0, y0 := r.x(line.Points[i-1].X), r.y(line.Points[i-1].Y)
		pieces := math.Ceil(math.Hypot(x-x0, y-y0) / step)
		for k := 1.0; k < pieces; k++ {
			bx, by := x0+(x-x0)*k/pieces, y0+(y-y0)*k/pieces
			boxes = append(boxes, box{bx - half, by - half, bx + half, by + half})
		}
	}
	return boxes
}
