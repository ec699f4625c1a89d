package web

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lastmile/internal/web/locale"
)

// The road of a county is the same as its figures: each year's rest is that of the year before with those registered, without those who
// left, with those who fell back; and what it ends with is what the heading says.
func TestRoadAddsUp(t *testing.T) {
	h := pages(t)
	years, total := 0, int64(0)
	for _, county := range []string{"620524", "653127"} {
		page := get(t, h, "/areas/"+county, locale.English)
		var left int64
		for _, row := range page.find(named("tr")) {
			cells := slices.Collect(row.ChildNodes())
			cells = slices.DeleteFunc(cells, func(n *html.Node) bool { return n.Type != html.ElementNode })
			if len(cells) != 5 || attr(cells[4], "data-label") != "Still poor" {
				continue
			}
			var numbers [4]int64
			for i, cell := range cells[1:] {
				n, err := strconv.ParseInt(strings.ReplaceAll(textOf(cell), ",", ""), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				numbers[i] = n
			}
			if left += numbers[0] - numbers[1] + numbers[2]; left != numbers[3] {
				t.Errorf("%s, %s: %d are still poor, the figures leave %d", county, textOf(cells[0]), numbers[3], left)
			}
			years++
			total += numbers[0]
		}
		if !page.has("h2", strconv.FormatInt(left, 10)+" household") {
			t.Errorf("%s: the heading does not say that %d are left", county, left)
		}
		for _, class := range []string{"road", "dots"} {
			if len(page.find(func(n *html.Node) bool { return n.Data == "svg" && hasClass(n, class) })) == 0 {
				t.Errorf("%s: there is no drawing of %s", county, class)
			}
		}
	}
	if years < 6 || total != households {
		t.Errorf("%d years with %d households are drawn, %d are registered", years, total, households)
	}
	if page := get(t, h, "/areas/62", locale.Chinese); page.has("h2", "一点一村") {
		t.Error("a province is drawn in dots")
	}
}

func TestCountMarks(t *testing.T) {
	q := &request{site: pages(t).site}
	q.Printer = q.site.engine.Printer(locale.English)
	for most, want := range map[int64]string{0: "0 1", 1: "0 1", 7: "0 2 4 6 8", 60: "0 20 40 60", 999: "0 200 400 600 800 1,000", 1422: "0 500 1,000 1,500", 42_000: "0 10,000 20,000 30,000 40,000 50,000"} {
		var got []string
		for _, m := range countMarks(q, most) {
			got = append(got, m.Label)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("up to %d the marks are %q, not %q", most, got, want)
		}
	}
}
