package chart

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"slices"
	"sort"
)

// MaxNodes is how many nodes a [Sankey] draws. Past it the smallest nodes of the
// fullest column are drawn as one.
const MaxNodes = 24

// NotTraced, as the last node of a [Flow], says that nobody has yet shown who
// received it.
const NotTraced = -1

// A Sankey shows where something conserved went, in four steps: who gave, what
// it paid for, where, who received it. It is given as whole flows from giver to
// receiver, so each column adds up to the same total by construction.
type Sankey struct {
	// Name says what the chart shows, for those who cannot see it.
	Name    string
	Columns [4]Column
	// NotTraced is the node of the last column that takes what has no recipient
	// on record. It is drawn even when it is empty.
	NotTraced Node
	Flows     []Flow
	// Value writes an amount for the reader, "¥46.80 m".
	Value func(amount int64) string
	// Rest names a node that stands for n small ones, "Other, 12".
	Rest func(n int) string
	// RibbonHref gives the page of the flows between two nodes of neighbouring
	// columns, given as their positions in Columns; NotTraced as to. It may be
	// nil. Ribbons to or from a node that stands for several have no link.
	RibbonHref func(column, from, to int) string
}

// A Column is one step of a [Sankey]. Its nodes are drawn in the order given.
type Column struct {
	Head  string
	Nodes []Node
}

// A Node is a giver, purpose, place or receiver. The theme of the second column's
// nodes colours the flows through them; elsewhere it is best left Plain.
type Node struct {
	Label string
	Href  string
	Theme Theme
}

// A Flow is an amount and the node it passes in each column, by position in
// [Column.Nodes]; the last may be [NotTraced]. Amounts are in the smallest
// unit and positive.
type Flow struct {
	Through [4]int
	Amount  int64
}

// A SankeyLayout is a Sankey with everything in its place. Get one from
// [Sankey.Layout].
type SankeyLayout struct {
	Name    string
	Total   int64
	Width   float64
	Height  float64
	Nodes   [4][]PlacedNode
	Ribbons []Ribbon

	heads [4]string
	value func(int64) string
}

// A PlacedNode is a node with its amount and place. H is in proportion to
// Amount, on one scale for the whole drawing.
type PlacedNode struct {
	Node
	Amount int64
	Group  int // how many nodes of the data it stands for when more than one, else 0
	X, Y   float64
	H      float64
}

// A Ribbon joins two nodes of neighbouring columns. From and To are positions in
// [SankeyLayout.Nodes]; Y0 and Y1 are its top edge at either end.
type Ribbon struct {
	Column   int // of the node it leaves
	From, To int
	Theme    Theme
	Amount   int64
	Href     string
	Y0, Y1   float64
	H        float64
}

// The drawing is laid out for a content column of 1144 units; the style sheet
// sets its text at 13 units, and at sankeyText where the page is narrower, which
// is what labels are given room for.
const (
	sankeyWidth  = 1144.0
	sankeyBars   = 400.0 // height of a full column without its gaps
	sankeyTop    = 44.0  // room for the heads
	sankeyBottom = 14.0
	sankeyNode   = 9.0 // node width
	sankeyGap    = 9.0 // least space between nodes
	sankeySpread = 32.0
	sankeyText   = 15.0
	labelOffset  = 10.0
)

var (
	sankeyX = [4]float64{190, 441, 724, 924}
	// sankeyPitch is the least distance between the middles of two labels. Those
	// of the second column are on one line, the others on two.
	sankeyPitch = [4]float64{42, 21, 42, 42}
)

// Layout checks the data, groups what is too small to draw by itself and gives
// everything its place. An error says which flow is at fault.
func (s Sankey) Layout() (SankeyLayout, error) {
	if s.Value == nil || s.Rest == nil {
		return SankeyLayout{}, errors.New("lay out flow chart: Value and Rest must be given")
	}
	total, err := s.total()
	if err != nil {
		return SankeyLayout{}, fmt.Errorf("lay out flow chart: %w", err)
	}
	l := SankeyLayout{Name: s.Name, Total: total, Width: sankeyWidth, value: s.Value}
	var places [4]map[int]int
	for i, column := range s.Columns {
		l.heads[i] = column.Head
	}
	l.Nodes, places = s.group()
	l.placeNodes()
	l.Ribbons = s.ribbons(places, l.Nodes)
	l.placeRibbons()
	return l, nil
}

func (s Sankey) total() (int64, error) {
	var total int64
	for i, flow := range s.Flows {
		if flow.Amount <= 0 {
			return 0, fmt.Errorf("flow %d: amount %d is not positive", i, flow.Amount)
		}
		if flow.Amount > math.MaxInt64-total {
			return 0, fmt.Errorf("flow %d: the total is too large", i)
		}
		total += flow.Amount
		for c, n := range flow.Through {
			if c == 3 && n == NotTraced {
				continue
			}
			if n < 0 || n >= len(s.Columns[c].Nodes) {
				return 0, fmt.Errorf("flow %d: column %d has no node %d", i, c, n)
			}
		}
	}
	return total, nil
}

// group adds up each node and gives the nodes to draw, and for each column where
// a node of the data went. Nodes that nothing passes are left out, except the
// untraced one, which always stands last.
func (s Sankey) group() (drawn [4][]PlacedNode, places [4]map[int]int) {
	var amounts [4][]int64
	var used [4]int
	for c, column := range s.Columns {
		amounts[c] = make([]int64, len(column.Nodes))
	}
	var untraced int64
	for _, flow := range s.Flows {
		for c, n := range flow.Through {
			if n == NotTraced {
				untraced += flow.Amount
			} else {
				amounts[c][n] += flow.Amount
			}
		}
	}
	for c := range amounts {
		for _, amount := range amounts[c] {
			if amount > 0 {
				used[c]++
			}
		}
	}
	for used[0]+used[1]+used[2]+used[3]+1 > MaxNodes {
		fullest := 0
		for c := range used {
			if used[c] > used[fullest] {
				fullest = c
			}
		}
		used[fullest]--
	}
	for c, column := range s.Columns {
		places[c] = map[int]int{}
		kept := largest(amounts[c], used[c])
		rest := PlacedNode{Node: Node{Theme: Plain}}
		if c == 1 {
			rest.Theme = Other
		}
		for n, node := range column.Nodes {
			switch {
			case amounts[c][n] == 0:
			case kept[n]:
				places[c][n] = len(drawn[c])
				drawn[c] = append(drawn[c], PlacedNode{Node: node, Amount: amounts[c][n]})
			default:
				places[c][n] = used[c] - 1
				rest.Amount += amounts[c][n]
				rest.Group++
			}
		}
		if rest.Group > 0 {
			rest.Label = s.Rest(rest.Group)
			drawn[c] = append(drawn[c], rest)
		}
	}
	node := s.NotTraced
	node.Theme = Untraced
	places[3][NotTraced] = len(drawn[3])
	drawn[3] = append(drawn[3], PlacedNode{Node: node, Amount: untraced})
	return drawn, places
}

// largest gives the nodes to draw by themselves when a column has room for n:
// all of them if they fit, and otherwise the n-1 largest, which leaves one place
// for the rest. Of equal nodes the earlier one is kept.
func largest(amounts []int64, n int) map[int]bool {
	var order []int
	for i, amount := range amounts {
		if amount > 0 {
			order = append(order, i)
		}
	}
	if len(order) > n {
		sort.SliceStable(order, func(i, j int) bool { return amounts[order[i]] > amounts[order[j]] })
		order = order[:n-1]
	}
	kept := map[int]bool{}
	for _, i := range order {
		kept[i] = true
	}
	return kept
}

// placeNodes stacks each column with gaps wide enough that the labels, each at
// its node's middle, keep their pitch. Shorter columns are spread a little and
// stand in the middle of the tallest.
func (l *SankeyLayout) placeNodes() {
	var heights [4]float64
	var gaps [4][]float64
	for c, nodes := range l.Nodes {
		for i := range nodes {
			if l.Total > 0 {
				nodes[i].H = float64(nodes[i].Amount) / float64(l.Total) * sankeyBars
			}
			heights[c] += nodes[i].H
			if i > 0 {
				gap := math.Max(sankeyGap, sankeyPitch[c]-(nodes[i-1].H+nodes[i].H)/2)
				gaps[c] = append(gaps[c], gap)
				heights[c] += gap
			}
		}
	}
	tallest := slices.Max(heights[:])
	for c, nodes := range l.Nodes {
		spread := 0.0
		if len(gaps[c]) > 0 {
			spread = math.Min((tallest-heights[c])/float64(len(gaps[c])), sankeySpread)
		}
		y := sankeyTop + (tallest-heights[c]-spread*float64(len(gaps[c])))/2
		for i := range nodes {
			if i > 0 {
				y += gaps[c][i-1] + spread
			}
			nodes[i].X, nodes[i].Y = sankeyX[c], y
			y += nodes[i].H
		}
	}
	l.Height = sankeyTop + tallest + sankeyBottom
}

// ribbons adds the flows up between each pair of neighbouring nodes, apart by
// theme, in the order of the nodes.
func (s Sankey) ribbons(places [4]map[int]int, drawn [4][]PlacedNode) []Ribbon {
	type joint struct {
		column, from, to int
		theme            Theme
	}
	sums := map[joint]int64{}
	hrefs := map[joint]string{}
	// Between the same two nodes the themes lie in the order of the purposes.
	order := map[joint]int{}
	for _, flow := range s.Flows {
		theme := drawn[1][places[1][flow.Through[1]]].Theme
		for c := range 3 {
			from, to := flow.Through[c], flow.Through[c+1]
			j := joint{c, places[c][from], places[c+1][to], theme}
			if to == NotTraced {
				j.theme = Untraced
			}
			if purpose, seen := order[j]; !seen || places[1][flow.Through[1]] < purpose {
				order[j] = places[1][flow.Through[1]]
			}
			sums[j] += flow.Amount
			if s.RibbonHref != nil && drawn[c][j.from].Group == 0 && drawn[c+1][j.to].Group == 0 {
				hrefs[j] = s.RibbonHref(c, from, to)
			}
		}
	}
	var ribbons []Ribbon
	for j, amount := range sums {
		ribbons = append(ribbons, Ribbon{Column: j.column, From: j.from, To: j.to,
			Theme: j.theme, Amount: amount, Href: hrefs[j]})
	}
	place := func(r Ribbon) int { return order[joint{r.Column, r.From, r.To, r.Theme}] }
	sort.Slice(ribbons, func(i, j int) bool {
		a, b := ribbons[i], ribbons[j]
		switch {
		case a.Column != b.Column:
			return a.Column < b.Column
		case a.From != b.From:
			return a.From < b.From
		case a.To != b.To:
			return a.To < b.To
		}
		return place(a) < place(b)
	})
	return ribbons
}

// placeRibbons stacks the ribbons on either side of each node without gaps: those
// that leave it in the order of where they go, those that reach it in the order
// of where they come from.
func (l *SankeyLayout) placeRibbons() {
	var out, in [4][]float64
	for c, nodes := range l.Nodes {
		for _, node := range nodes {
			out[c] = append(out[c], node.Y)
			in[c] = append(in[c], node.Y)
		}
	}
	for i := range l.Ribbons {
		r := &l.Ribbons[i]
		r.H = float64(r.Amount) / float64(l.Total) * sankeyBars
		r.Y0 = out[r.Column][r.From]
		out[r.Column][r.From] += r.H
		r.Y1 = in[r.Column+1][r.To]
		in[r.Column+1][r.To] += r.H
	}
}

// SVG draws the chart.
func (l SankeyLayout) SVG() template.HTML {
	var d drawing
	d.begin("sankey", l.Name, l.Width, l.Height, true)
	for c, head := range l.heads {
		x, anchor := sankeyX[c], "start"
		if c == 0 {
			x, anchor = x+sankeyNode, "end"
		}
		d.text(x, 16, "head", anchor, head)
	}
	d.open("g", "class", "ribbons")
	for _, r := range l.Ribbons {
		l.drawRibbon(&d, r)
	}
	d.close()
	for c, nodes := range l.Nodes {
		for _, node := range nodes {
			l.drawNode(&d, c, node)
		}
	}
	return d.end()
}

func (l SankeyLayout) drawRibbon(d *drawing, r Ribbon) {
	from, to := l.Nodes[r.Column][r.From], l.Nodes[r.Column+1][r.To]
	name := from.Label + " → " + to.Label + ", " + l.value(r.Amount)
	if r.Href != "" {
		// The table beneath the chart is the way for the keyboard; tabbing through
		// every ribbon is nobody's.
		d.open("a", "href", r.Href, "tabindex", "-1")
		defer d.close()
	}
	x0, x1 := num(sankeyX[r.Column]+sankeyNode), num(sankeyX[r.Column+1])
	middle := num((sankeyX[r.Column] + sankeyNode + sankeyX[r.Column+1]) / 2)
	curve := func(y0, y1 float64, from, to string) string {
		return from + "," + num(y0) + "C" + middle + "," + num(y0) + " " + middle + "," + num(y1) + " " + to + "," + num(y1)
	}
	if r.Theme == Untraced {
		d.open("path", "class", r.Theme.class(), "d", "M"+curve(r.Y0+r.H/2, r.Y1+r.H/2, x0, x1),
			"stroke-width", num(math.Max(r.H, 2)))
	} else {
		d.open("path", "class", r.Theme.class(), "d",
			"M"+curve(r.Y0, r.Y1, x0, x1)+"L"+curve(r.Y1+r.H, r.Y0+r.H, x1, x0)+"Z")
	}
	d.title(name)
	d.close()
}

func (l SankeyLayout) drawNode(d *drawing, column int, n PlacedNode) {
	value := l.value(n.Amount)
	end := d.link(n.Href, n.Label+", "+value)
	defer end()
	d.leaf("rect", "class", "node "+n.Theme.class(), "x", num(n.X), "y", num(n.Y),
		"width", num(sankeyNode), "height", num(math.Max(n.H, 1.5)), "rx", "1.5")
	middle := n.Y + n.H/2
	x := n.X + sankeyNode + labelOffset
	label := "label"
	if n.Theme == Untraced {
		label = "label bad"
	}
	switch column {
	case 0:
		x = n.X - labelOffset
		d.text(x, middle-2, label, "end", fit(n.Label, sankeyText, x))
		d.text(x, middle+15, "value", "end", value)
	case 1:
		room := sankeyX[2] - x - 16 - textWidth(value, sankeyText)
		d.open("text", "x", num(x), "y", num(middle+5), "class", label)
		d.b.WriteString(template.HTMLEscapeString(fit(n.Label, sankeyText, room)))
		d.open("tspan", "class", "value", "dx", "8")
		d.b.WriteString(template.HTMLEscapeString(value))
		d.close()
		d.close()
	default:
		room := sankeyWidth - x
		if column == 2 {
			room = sankeyX[3] - x - labelOffset
		}
		d.text(x, middle-2, label, "start", fit(n.Label, sankeyText, room))
		d.text(x, middle+15, "value", "start", value)
	}
}

// Ladder gives the same chart for a phone: a list of bars for each column, each
// bar in proportion to the total.
func (l SankeyLayout) Ladder() []BarList {
	lists := make([]BarList, len(l.Nodes))
	for c, nodes := range l.Nodes {
		lists[c].Head = l.heads[c]
		for _, n := range nodes {
			lists[c].Bars = append(lists[c].Bars, Bar{Label: n.Label, Value: l.value(n.Amount), Href: n.Href,
				Theme: n.Theme, Length: Length(n.Amount, l.Total)})
		}
	}
	return lists
}
