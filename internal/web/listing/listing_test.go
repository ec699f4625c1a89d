package listing_test

import (
	"cmp"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/web/asset"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

// flock is a village's sheep.
type flock struct {
	village string
	heads   int
}

// flocks are n of them, the heads from n down to 1.
func flocks(n int) listing.Listing[flock] {
	l := listing.Listing[flock]{
		Label: func(key string) string { return "label of " + key },
		Columns: []listing.Column[flock]{
			{Key: "village", Label: "Village", Cell: func(f flock) view.Cell { return view.Cell{Text: f.village} }, Plain: func(f flock) string { return f.village }},
			{Key: "heads", Kind: view.NumberColumn, Compare: func(a, b flock) int { return cmp.Compare(a.heads, b.heads) },
				Cell: func(f flock) view.Cell { return view.Cell{Text: fmt.Sprint(f.heads)} }, Plain: func(f flock) string { return fmt.Sprint(f.heads) }},
			{Key: "code", Plain: func(f flock) string { return "c-" + f.village }},
		},
		Empty: view.Empty{Title: "None"},
	}
	for i := range n {
		l.Rows = append(l.Rows, flock{fmt.Sprintf("v%03d", i), n - i})
	}
	return l
}

// english writes in English.
func english(t *testing.T) *locale.Printer {
	t.Helper()
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := view.New(assets, listing.Source())
	if err != nil {
		t.Fatal(err)
	}
	return engine.Page(httptest.NewRequest("GET", "/", nil)).Printer
}

func at(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestSorting(t *testing.T) {
	p := english(t)
	for _, c := range []struct {
		name, address, usual, first string
		sorted                      view.Sorted
		href                        string
	}{
		{"as it comes", "/herds", "", "3", "", "/herds?sort=heads"},
		{"as is usual", "/herds", "-heads", "3", view.Descending, "/herds?sort=heads"},
		{"asked for", "/herds?sort=heads", "-heads", "1", view.Ascending, "/herds?sort=-heads"},
		{"by what nobody sorts by", "/herds?sort=village", "heads", "3", "", "/herds?sort=heads"},
		{"the rest of the address stays", "/herds?area=6&page=2&sort=heads", "", "1", view.Ascending, "/herds?area=6&sort=-heads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := flocks(3)
			l.Sort = c.usual
			table := l.Table(p, at(t, c.address))
			if got := table.Rows[0].Cells[1].Text; got != c.first {
				t.Errorf("first row has %s heads, want %s", got, c.first)
			}
			if len(table.Columns) != 2 || table.Columns[0].Label != "Village" || table.Columns[1].Label != "label of heads" {
				t.Errorf("columns are %+v", table.Columns)
			}
			if got := table.Columns[1]; got.Sorted != c.sorted || got.Href != c.href {
				t.Errorf("heads: sorted %q to %s, want %q to %s", got.Sorted, got.Href, c.sorted, c.href)
			}
			if table.Columns[0].Href != "" {
				t.Errorf("village leads to %s", table.Columns[0].Href)
			}
		})
	}
	if got := flocks(1).Table(p, at(t, "/herds")).Columns[1].Href; got != "" {
		t.Errorf("one row is sorted by %s", got)
	}
}

func TestPaging(t *testing.T) {
	p := english(t)
	l := flocks(120)
	l.Anchor = "herds"
	for _, c := range []struct {
		address, first, text, previous, next string
		rows                                 int
	}{
		{"/herds", "v000", "1 to 50 of 120", "", "/herds?page=2#herds", 50},
		{"/herds?page=2", "v050", "51 to 100 of 120", "/herds?page=1#herds", "/herds?page=3#herds", 50},
		{"/herds?page=3", "v100", "101 to 120 of 120", "/herds?page=2#herds", "", 20},
		{"/herds?page=99&sort=heads", "v019", "101 to 120 of 120", "/herds?page=2&sort=heads#herds", "", 20},
		{"/herds?page=-1", "v000", "1 to 50 of 120", "", "/herds?page=2#herds", 50},
		{"/herds?page=two", "v000", "1 to 50 of 120", "", "/herds?page=2#herds", 50},
	} {
		table := l.Table(p, at(t, c.address))
		if table.Pager == nil || *table.Pager != (view.Pager{Text: c.text, Previous: c.previous, Next: c.next}) {
			t.Errorf("%s: pager is %+v, want %s, %s, %s", c.address, table.Pager, c.text, c.previous, c.next)
		}
		shown := l.Page(at(t, c.address))
		if len(table.Rows) != c.rows || len(shown) != c.rows || shown[0].village != c.first || table.Rows[0].Cells[0].Text != c.first {
			t.Errorf("%s: %d rows from %s, looked up %d from %s, want %d from %s", c.address, len(table.Rows), table.Rows[0].Cells[0].Text, len(shown), shown[0].village, c.rows, c.first)
		}
	}
	if table := flocks(50).Table(p, at(t, "/herds?page=2")); table.Pager != nil || len(table.Rows) != 50 {
		t.Errorf("fifty rows make %d and the pager %+v", len(table.Rows), table.Pager)
	}
	if table := flocks(0).Table(p, at(t, "/herds?page=2")); len(table.Rows) != 0 || table.Empty.Title != "None" {
		t.Errorf("no rows make %+v", table)
	}
}

// TestDatabasePages asks that rows which are one page of many are shown as they are handed over.
func TestDatabasePages(t *testing.T) {
	where := at(t, "/herds?page=2&sort=-village")
	l := flocks(20)
	l.Total, l.Offset, l.Sort = 70, listing.Offset(where, 70), "village"
	l.Columns[0].Sorts = true
	table := l.Table(english(t), where)
	if len(table.Rows) != 20 || table.Rows[0].Cells[0].Text != "v000" || len(l.Page(where)) != 20 {
		t.Errorf("%d rows from %s", len(table.Rows), table.Rows[0].Cells[0].Text)
	}
	if want := (view.Pager{Text: "51 to 70 of 70", Previous: "/herds?page=1&sort=-village"}); *table.Pager != want {
		t.Errorf("pager is %+v, want %+v", *table.Pager, want)
	}
	if got := table.Columns[0]; got.Sorted != view.Descending || got.Href != "/herds?sort=village" {
		t.Errorf("village is %+v", got)
	}
	if got := listing.SortKey(where, "heads"); got != "-village" {
		t.Errorf("sorted by %s", got)
	}
	if got := listing.SortKey(at(t, "/herds"), "heads"); got != "heads" {
		t.Errorf("sorted by %s", got)
	}
	for address, want := range map[string]int{"/herds": 0, "/herds?page=1": 0, "/herds?page=2": 50, "/herds?page=9": 50, "/herds?page=0": 0} {
		if got := listing.Offset(at(t, address), 100); got != want {
			t.Errorf("%s of 100 begins at %d, want %d", address, got, want)
		}
	}
	if got := listing.Offset(where, 0); got != 0 {
		t.Errorf("page 2 of nothing begins at %d", got)
	}
}

func TestCSV(t *testing.T) {
	w := httptest.NewRecorder()
	if err := flocks(60).CSV(w, at(t, "/herds.csv?sort=heads&page=2"), "herds"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(strings.TrimPrefix(w.Body.String(), "\ufeff"))
	if len(lines) != 61 || !slices.Equal(lines[:2], []string{"village,heads,code", "v059,1,c-v059"}) {
		t.Errorf("%d lines: %q", len(lines), lines[:min(2, len(lines))])
	}
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="herds.csv"` {
		t.Errorf("disposition is %s", got)
	}
}

func TestAddresses(t *testing.T) {
	where := at(t, "/herds?after=hq:7&area=6&page=3&sort=heads&state=")
	for _, c := range []struct{ name, got, want string }{
		{"as it is, from the first page", listing.With(where), "/herds?area=6&sort=heads"},
		{"with another sort", listing.With(where, "sort", "-heads"), "/herds?area=6&sort=-heads"},
		{"without its area", listing.With(where, "area", ""), "/herds?sort=heads"},
		{"on another page", listing.With(where, "page", "4"), "/herds?area=6&page=4&sort=heads"},
		{"after another record", listing.With(where, "after", "hq:9"), "/herds?after=hq%3A9&area=6&sort=heads"},
		{"with nothing left", listing.With(at(t, "/herds?page=2")), "/herds"},
		{"to download", listing.CSVHref(where), "/herds.csv?area=6&sort=heads"},
		{"built", listing.Address("/herds", "b", "2", "a", "1", "c", ""), "/herds?a=1&b=2"},
		{"built of nothing", listing.Address("/herds", "a", ""), "/herds"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}
