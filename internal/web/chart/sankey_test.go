package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sample is a small programme: two givers, three purposes, two counties, three
// receivers, and some money not yet traced.
func sample() Sankey {
	return Sankey{
		Name: "Where the money went",
		Columns: [4]Column{
			{Head: "Who gave", Nodes: []Node{{Label: "Sponsor", Href: "/givers/1"}, {Label: "Staff"}}},
			{Head: "What it paid for", Nodes: []Node{{Label: "Credit", Theme: Credit}, {Label: "Houses & <homes>", Theme: Housing}, {Label: "Unused", Theme: Water}}},
			{Head: "Where", Nodes: []Node{{Label: "Wushan"}, {Label: "Maigaiti"}}},
			{Head: "Who received it", Nodes: []Node{{Label: "Enterprises"}, {Label: "Households"}}},
		},
		NotTraced: Node{Label: "Not yet traced", Href: "/untraced"},
		Flows: []Flow{
			{Through: [4]int{0, 0, 0, 0}, Amount: 2500},
			{Through: [4]int{0, 1, 0, 1}, Amount: 1000},
			{Through: [4]int{1, 1, 0, 1}, Amount: 170},
			{Through: [4]int{1, 1, 1, NotTraced}, Amount: 30},
		},
		Value:      func(amount int64) string { return "¥" + strconv.FormatInt(amount, 10) },
		Rest:       func(n int) string { return fmt.Sprintf("Other, %d", n) },
		RibbonHref: func(column, from, to int) string { return fmt.Sprintf("/flows/%d/%d/%d", column, from, to) },
	}
}

func TestSankeyGolden(t *testing.T) {
	layout, err := sample().Layout()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "sankey.svg", layout.SVG())
}

// randomSankey draws any programme of up to 30 nodes a column.
func randomSankey(t *rapid.T) Sankey {
	s := sample()
	for c := range s.Columns {
		n := rapid.IntRange(1, 30).Draw(t, fmt.Sprintf("nodes of column %d", c))
		s.Columns[c].Nodes = nil
		for i := range n {
			theme := rapid.SampledFrom([]Theme{Credit, Housing, Industry, Water, Education, Health, Other}).Draw(t, "theme")
			s.Columns[c].Nodes = append(s.Columns[c].Nodes, Node{Label: fmt.Sprintf("Node %d of column %d", i, c), Theme: theme})
		}
	}
	s.Flows = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Flow {
		f := Flow{Amount: rapid.Int64Range(1, 1e13).Draw(t, "amount")}
		for c := range f.Through {
			first := 0
			if c == 3 {
				first = NotTraced
			}
			f.Through[c] = rapid.IntRange(first, len(s.Columns[c].Nodes)-1).Draw(t, "node")
		}
		return f
	}), 0, 60).Draw(t, "flows")
	return s
}

// What goes into each column is what goes into every other, in amounts to the fen
// and in the drawing to a hair; and what reaches a node leaves it.
func TestSankeyConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSankey(t)
		l, err := s.Layout()
		if err != nil {
			t.Fatal(err)
		}
		var total int64
		for _, flow := range s.Flows {
			total += flow.Amount
		}
		if l.Total != total {
			t.Fatalf("the total is %d, want %d", l.Total, total)
		}
		in, out := map[[2]int]int64{}, map[[2]int]int64{}
		for _, r := range l.Ribbons {
			out[[2]int{r.Column, r.From}] += r.Amount
			in[[2]int{r.Column + 1, r.To}] += r.Amount
		}
		count := 0
		for c, nodes := range l.Nodes {
			var amount int64
			height := 0.0
			for i, node := range nodes {
				count++
				amount += node.Amount
				height += node.H
				if c < 3 && out[[2]int{c, i}] != node.Amount {
					t.Fatalf("column %d: %d leave node %q of %d", c, out[[2]int{c, i}], node.Label, node.Amount)
				}
				if c > 0 && in[[2]int{c, i}] != node.Amount {
					t.Fatalf("column %d: %d reach node %q of %d", c, in[[2]int{c, i}], node.Label, node.Amount)
				}
			}
			if amount != total {
				t.Fatalf("column %d adds up to %d, want %d", c, amount, total)
			}
			want := sankeyBars
			if total == 0 {
				want = 0
			}
			if math.Abs(height-want) > 1e-6 {
				t.Fatalf("column %d is %v high, want %v", c, height, want)
			}
		}
		if count > MaxNodes {
			t.Fatalf("%d nodes are drawn", count)
		}
		last := l.Nodes[3][len(l.Nodes[3])-1]
		if last.Theme != Untraced || last.Label != s.NotTraced.Label {
			t.Fatalf("the last node is %q, not the untraced one", last.Label)
		}
	})
}

// Labels keep off each other, nothing stands outside the drawing, and ribbons stay
// within the nodes they join.
func TestSankeyHasRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := randomSankey(t).Layout()
		if err != nil {
			t.Fatal(err)
		}
		const hair = 1e-6
		for c, nodes := range l.Nodes {
			for i, node := range nodes {
				if node.Y < sankeyTop-hair || node.Y+node.H > l.Height-sankeyBottom+hair {
					t.Fatalf("node %q stands outside", node.Label)
				}
				if i > 0 {
					before := nodes[i-1]
					if pitch := (node.Y + node.H/2) - (before.Y + before.H/2); pitch < sankeyPitch[c]-hair {
						t.Fatalf("the labels of %q and %q are %v apart", before.Label, node.Label, pitch)
					}
				}
			}
		}
		for _, r := range l.Ribbons {
			from, to := l.Nodes[r.Column][r.From], l.Nodes[r.Column+1][r.To]
			if r.Y0 < from.Y-hair || r.Y0+r.H > from.Y+from.H+hair || r.Y1 < to.Y-hair || r.Y1+r.H > to.Y+to.H+hair {
				t.Fatalf("a ribbon from %q to %q leaves its nodes", from.Label, to.Label)
			}
		}
	})
}

func TestSankeyDrawsTheSameTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSankey(t)
		first, err := s.Layout()
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.Layout()
		if err != nil {
			t.Fatal(err)
		}
		if first.SVG() != second.SVG() {
			t.Fatal("two drawings of the same data differ")
		}
		wellFormed(t, first.SVG())
	})
}

func TestSankeyGroupsTheSmallest(t *testing.T) {
	s := sample()
	s.Columns[3].Nodes, s.Flows = nil, nil
	for i := range 30 {
		s.Columns[3].Nodes = append(s.Columns[3].Nodes, Node{Label: fmt.Sprintf("Village %d", i), Href: "/village"})
		s.Flows = append(s.Flows, Flow{Through: [4]int{0, 1, 0, i}, Amount: int64(100 + i)})
	}
	l, err := s.Layout()
	if err != nil {
		t.Fatal(err)
	}
	// One node in each of three columns and the untraced one leave room for 20: the
	// 19 largest and the group of the other 11.
	receivers := l.Nodes[3]
	group := receivers[len(receivers)-2]
	if len(receivers) != 21 || group.Label != "Other, 11" || group.Group != 11 || group.Href != "" {
		t.Errorf("got %d receivers, and %+v for the rest", len(receivers), group)
	}
	if receivers[0].Label != "Village 11" {
		t.Errorf("the first receiver is %q: the largest ones must keep their order", receivers[0].Label)
	}
	for _, r := range l.Ribbons {
		if r.Column == 2 && receivers[r.To].Group > 0 && r.Href != "" {
			t.Error("a ribbon to a group has a link")
		}
	}
}

func TestSankeyWithoutFlows(t *testing.T) {
	s := sample()
	s.Flows = nil
	l, err := s.Layout()
	if err != nil {
		t.Fatal(err)
	}
	if svg := string(l.SVG()); !strings.Contains(svg, "Not yet traced") || !strings.Contains(svg, "¥0") {
		t.Error("what is untraced must be there even when it is nothing")
	}
}

func TestSankeyRefuses(t *testing.T) {
	cases := []struct {
		why  string
		flow Flow
		want string
	}{
		{"nothing", Flow{Through: [4]int{0, 0, 0, 0}}, "flow 1: amount 0 is not positive"},
		{"money going back", Flow{Amount: -5}, "flow 1: amount -5 is not positive"},
		{"a node that is not there", Flow{Through: [4]int{0, 9, 0, 0}, Amount: 1}, "flow 1: column 1 has no node 9"},
		{"a giver that is not known", Flow{Through: [4]int{NotTraced, 0, 0, 0}, Amount: 1}, "flow 1: column 0 has no node -1"},
		{"more than can be added up", Flow{Amount: math.MaxInt64}, "flow 1: the total is too large"},
	}
	for _, c := range cases {
		s := sample()
		s.Flows = []Flow{{Through: [4]int{0, 0, 0, 0}, Amount: 1}, c.flow}
		if _, err := s.Layout(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.why, err, c.want)
		}
	}
	s := sample()
	s.Value = nil
	if _, err := s.Layout(); err == nil {
		t.Error("a chart that cannot write its values was laid out")
	}
}

func TestLadder(t *testing.T) {
	l, err := sample().Layout()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, list := range l.Ladder() {
		lines = append(lines, list.Head)
		for _, bar := range list.Bars {
			lines = append(lines, fmt.Sprintf("  %-16s %5s %4d %s", bar.Label, bar.Value, bar.Length, bar.Class()))
		}
	}
	want := strings.TrimPrefix(`
Who gave
  Sponsor          ¥3500  946 t-plain
  Staff             ¥200   54 t-plain
What it paid for
  Credit           ¥2500  676 t-credit
  Houses & <homes> ¥1200  324 t-housing
Where
  Wushan           ¥3670  992 t-plain
  Maigaiti           ¥30    8 t-plain
Who received it
  Enterprises      ¥2500  676 t-plain
  Households       ¥1170  316 t-plain
  Not yet traced     ¥30    8 t-untraced`, "\n")
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
