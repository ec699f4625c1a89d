package chart

import "html/template"

// Ticks shows a loan's instalments, one cell each.
type Ticks struct {
	// Name says what the chart shows, "18 of 24 instalments paid, 1 late".
	Name  string
	Cells []Tick
}

// Tick is the state of one instalment.
type Tick int

const (
	TickDue      Tick = iota // not yet due: an outline
	TickPaid                 // paid in time
	TickLate                 // paid, but late
	TickOverdue              // due and not paid
	TickExtended             // put off by agreement
)

const (
	tickWidth  = 17.0
	tickHeight = 26.0
	tickPitch  = 20.0
	ticksInRow = 24
)

// SVG draws the cells, in rows of 24. A cell is as large in a short row as in a full one.
func (c Ticks) SVG() template.HTML {
	rows := (len(c.Cells) + ticksInRow - 1) / ticksInRow
	height := float64(rows)*(tickHeight+4) - 4
	var d drawing
	d.begin("ticks", c.Name, float64(ticksInRow)*tickPitch-(tickPitch-tickWidth)+1, max(height, 0)+1, false)
	for i, cell := range c.Cells {
		x := float64(i%ticksInRow)*tickPitch + 0.5
		y := float64(i/ticksInRow)*(tickHeight+4) + 0.5
		rect := func(class string, y, height float64) {
			d.leaf("rect", "class", class, "x", num(x), "y", num(y), "width", num(tickWidth), "height", num(height), "rx", "2")
		}
		switch cell {
		case TickPaid:
			rect("paid", y, tickHeight)
		case TickLate:
			rect("paid", y, tickHeight)
			rect("late", y, tickHeight*0.38)
		case TickOverdue:
			rect("overdue", y, tickHeight)
		case TickExtended:
			rect("extended", y, tickHeight)
		default:
			rect("due", y, tickHeight)
		}
	}
	return d.end()
}
