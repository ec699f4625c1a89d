package chart

import (
	"encoding/xml"
	"errors"
	"flag"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a drawing with the one kept in testdata, one element a line so
// that a change can be read. It also holds every drawing to the package's rules.
func golden(t *testing.T, name string, svg template.HTML) {
	t.Helper()
	wellFormed(t, svg)
	got := strings.ReplaceAll(string(svg), "><", ">\n<") + "\n"
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed; look at it, and if it is right run the test with -update.\n%s", name, got)
	}
}

var forbidden = regexp.MustCompile(`\s(style|on[a-z]+)=|NaN|Inf`)

// wellFormed says whether a drawing is XML, without styles, scripts or numbers
// that are none, and is named unless it is decoration.
func wellFormed(t interface {
	Helper()
	Fatalf(string, ...any)
}, svg template.HTML) {
	t.Helper()
	if found := forbidden.FindString(string(svg)); found != "" {
		t.Fatalf("the drawing contains %q:\n%s", found, svg)
	}
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	for depth := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the drawing is not XML: %v\n%s", err, svg)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if depth++; depth == 1 {
			attributes := map[string]string{}
			for _, a := range start.Attr {
				attributes[a.Name.Local] = a.Value
			}
			if attributes["aria-hidden"] != "true" && (attributes["role"] == "" || attributes["aria-label"] == "") {
				t.Fatalf("the drawing has no role or no name: %v", attributes)
			}
			if holds := strings.Contains(string(svg), "<a "); holds && attributes["role"] != "group" {
				t.Fatalf("a drawing with links is a group, not %q", attributes["role"])
			}
		}
	}
}

func sampleRoad() Road {
	return Road{
		Name:      "Share below the poverty line",
		X:         []Mark{{2013, "2013"}, {2016, "2016"}, {2020, "2020"}},
		Y:         []Mark{{At: -4}, {0, "0"}, {10, "10%"}, {30, "30%"}, {At: 36}},
		Threshold: &Mark{3, "Exit line 3%"},
		Lines: []Line{
			{Label: "Wushan", Note: "designated 2013, 31.8%", County: 1, Points: []Point{
				{X: 2013, Y: 31.8, Title: "2013: 31.8%"}, {X: 2016, Y: 15.2, Title: "2016: 15.2%", Href: "/2016"}, {X: 2019, Y: 0.4, Title: "2019: 0.4%", Flag: "exit check, June 2019"}}},
			{Label: "Maigaiti", Note: "designated 2016, 28.9%", County: 2, Points: []Point{
				{X: 2016, Y: 28.9, Title: "2016: 28.9%"}, {X: 2020, Y: 0, Title: "2020: 0%", Flag: "lifted out, January 2020"}}},
		},
		Periods: []Period{{2018, 2020, "Monitoring"}},
	}
}

func TestRoadGolden(t *testing.T) {
	for name, width := range map[string]float64{"road.svg": WideRoad, "road-narrow.svg": NarrowRoad} {
		svg, err := sampleRoad().SVG(width)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, svg)
	}
}

// No label lies on another, and none leaves the drawing.
func TestRoadLabelsHaveRoom(t *testing.T) {
	for _, width := range []float64{WideRoad, NarrowRoad} {
		r := roadDrawing{sampleRoad(), width}
		labels := r.labels()
		if len(labels) != 5 {
			t.Fatalf("got %d labels, want 2 names, 2 flags and the threshold", len(labels))
		}
		for i, l := range labels {
			b := l.box()
			if b.left < 0 || b.right > width || b.top < 0 || b.bottom > roadHeight {
				t.Errorf("at %v: label %v leaves the drawing: %+v", width, l.lines, b)
			}
			for _, other := range labels[:i] {
				if b.overlap(other.box()) > 0 {
					t.Errorf("at %v: labels %v and %v overlap", width, l.lines, other.lines)
				}
			}
		}
	}
}

func TestRoadRefuses(t *testing.T) {
	cases := []struct {
		why    string
		change func(*Road)
		want   string
	}{
		{"no axis", func(r *Road) { r.X = nil }, "at least two marks"},
		{"an axis that does not rise", func(r *Road) { r.Y = []Mark{{At: 5}, {At: 5}} }, "must rise"},
		{"a line of no points", func(r *Road) { r.Lines[1].Points = nil }, `line "Maigaiti" has no points`},
		{"a point off the paper", func(r *Road) { r.Lines[0].Points[1].Y = 99 }, `line "Wushan": point 1 lies outside`},
		{"a period that ends before it begins", func(r *Road) { r.Periods[0].To = 2014 }, `period "Monitoring"`},
		{"a threshold off the paper", func(r *Road) { r.Threshold.At = 50 }, `threshold "Exit line 3%"`},
	}
	for _, c := range cases {
		r := sampleRoad()
		c.change(&r)
		if _, err := r.SVG(WideRoad); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.why, err, c.want)
		}
	}
	if _, err := sampleRoad().SVG(100); err == nil {
		t.Error("a road too narrow to read was drawn")
	}
}

func TestDots(t *testing.T) {
	dots := Dots{Name: "Wushan, 30 villages", Dots: make([]Dot, 30)}
	plain := string(dots.SVG())
	if strings.Count(plain, "<path") != 1 || strings.Contains(plain, "<circle") || !strings.Contains(plain, `role="img"`) {
		t.Errorf("steady villages are one element and hold no link:\n%s", plain)
	}
	if n := strings.Count(plain, "h0"); n != 30 {
		t.Errorf("%d villages are drawn, not 30", n)
	}
	dots.Dots[3] = Dot{Label: "Nanpo: watched", Href: "/nanpo", State: Watched}
	dots.Dots[28] = Dot{Label: "Beizhuang: no safe water", Href: "/beizhuang", State: Gap}
	golden(t, "dots.svg", dots.SVG())
	wellFormed(t, Dots{Name: "No villages"}.SVG())
}

func TestIncome(t *testing.T) {
	svg, err := Income{Name: "Income a head", Years: []IncomeYear{
		{"2016", 2310, "2,310", 2952}, {"2017", 2952, "2,952", 2952}, {"2018", 40, "40", 0}, {"2019", 6920, "6,920", 4000},
	}}.SVG()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "income.svg", svg)
	if n := strings.Count(string(svg), `class="short"`); n != 2 {
		t.Errorf("%d years fall short, want 2: exactly at the line is not above it", n)
	}
	if _, err := (Income{Name: "none"}).SVG(); err == nil {
		t.Error("a chart of no years was drawn")
	}
	if _, err := (Income{Years: []IncomeYear{{Label: "2016", Amount: -1}}}).SVG(); err == nil || !strings.Contains(err.Error(), "2016") {
		t.Errorf("a negative income: got %v", err)
	}
}

func TestTicks(t *testing.T) {
	ticks := Ticks{Name: "2 of 5 instalments paid", Cells: []Tick{TickPaid, TickLate, TickOverdue, TickExtended, TickDue}}
	golden(t, "ticks.svg", ticks.SVG())
	long := Ticks{Name: "60 instalments", Cells: make([]Tick, 60)}
	if n := strings.Count(string(long.SVG()), "<rect"); n != 60 {
		t.Errorf("%d cells are drawn, not 60", n)
	}
	wellFormed(t, Ticks{Name: "No instalments"}.SVG())
}

func TestHills(t *testing.T) { golden(t, "hills.svg", Hills()) }

func TestLength(t *testing.T) {
	cases := []struct {
		part, whole int64
		want        int
	}{{4680, 6047, 774}, {1, 1_000_000, 1}, {0, 5, 0}, {5, 5, 1000}, {9, 5, 1000}, {3, 0, 0}, {-1, 5, 0}}
	for _, c := range cases {
		if got := Length(c.part, c.whole); got != c.want {
			t.Errorf("Length(%d, %d) = %d, want %d", c.part, c.whole, got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	cases := []struct {
		label string
		width float64
		want  string
	}{
		{"Schools, 63", 200, "Schools, 63"},
		{"Member units & companies", 100, "Member units…"},
		{"会员单位与企业", 60, "会员单…"},
		{"Anything", 0, "…"},
	}
	for _, c := range cases {
		if got := fit(c.label, 15, c.width); got != c.want {
			t.Errorf("fit(%q, %v) = %q, want %q", c.label, c.width, got, c.want)
		}
	}
}

func TestHalve(t *testing.T) {
	cases := []struct{ text, want string }{
		{"met 2019", "met 2019"},
		{"exit check, June 2019", "exit check,|June 2019"},
		{"2019年6月退出验收", "2019年|6月退出验收"},
	}
	for _, c := range cases {
		if got := strings.Join(halve(c.text), "|"); got != c.want {
			t.Errorf("halve(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
