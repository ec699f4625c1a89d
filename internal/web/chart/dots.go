package chart

import "html/template"

// Dots shows every village as one dot, in rows, so that the one with a gap is
// seen among the hundreds without.
type Dots struct {
	// Name says what the chart shows, "Wushan, 344 villages: 1 with a gap, 5 watched".
	Name string
	// PerRow is how many dots stand in a row; 0 is 26.
	PerRow int
	Dots   []Dot
}

// A Dot is one village.
type Dot struct {
	Label string // its name and what is the matter, for the hint and the link
	Href  string
	State DotState
}

// DotState is what there is to say of a village.
type DotState int

const (
	Steady  DotState = iota // nothing to say
	Watched                 // under watch: a ring
	Gap                     // an assurance is missing: large
)

const (
	dotPitch  = 10.7
	dotRadius = 3.5
)

// SVG draws the dots. All steady ones are a single element, whatever their
// number, and have no links: the table beneath the chart has them. Watched dots
// and gaps are links of their own.
func (c Dots) SVG() template.HTML {
	perRow := c.PerRow
	if perRow <= 0 {
		perRow = 26
	}
	rows := (len(c.Dots) + perRow - 1) / perRow
	width, height := float64(min(perRow, len(c.Dots)))*dotPitch, float64(rows)*dotPitch
	holdsLinks := false
	steady := ""
	for i, dot := range c.Dots {
		if dot.State == Steady {
			x, y := place(i, perRow)
			// A line of no length with round ends is a dot.
			steady += "M" + num(x) + "," + num(y) + "h0"
		} else if dot.Href != "" {
			holdsLinks = true
		}
	}
	var d drawing
	role := "img"
	if holdsLinks {
		role = "group"
	}
	// Charts of different counties stand beside each other at one scale, so these
	// have a size of their own.
	d.open("svg", "class", "chart dots", "viewBox", "0 0 "+num(width)+" "+num(height),
		"width", num(width), "height", num(height), "role", role, "aria-label", c.Name)
	if steady != "" {
		d.leaf("path", "class", "steady", "d", steady)
	}
	for i, dot := range c.Dots {
		if dot.State == Steady {
			continue
		}
		class, radius := "watched", dotRadius-0.8
		if dot.State == Gap {
			class, radius = "gap", dotRadius+1.2
		}
		x, y := place(i, perRow)
		end := d.link(dot.Href, dot.Label)
		d.open("circle", "class", class, "cx", num(x), "cy", num(y), "r", num(radius))
		d.title(dot.Label)
		d.close()
		end()
	}
	return d.end()
}

func place(i, perRow int) (x, y float64) {
	return (float64(i%perRow) + 0.5) * dotPitch, (float64(i/perRow) + 0.5) * dotPitch
}
