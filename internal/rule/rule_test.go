package rule

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
)

func TestRatioComparesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Ratio {
			return Ratio{rapid.Int64Range(-1<<62, 1<<62).Draw(t, name), rapid.Int64Range(1, 1<<62).Draw(t, name+" of")}
		}
		a, b := draw("a"), draw("b")
		if want := big.NewRat(a.Count, a.Of).Cmp(big.NewRat(b.Count, b.Of)); a.Compare(b) != want {
			t.Fatalf("%s and %s compare as %d, want %d", a, b, a.Compare(b), want)
		}
		if again, err := ParseRatio(a.String()); err != nil || again != a {
			t.Fatalf("%s reads as %v, %v", a, again, err)
		}
	})
	for _, text := range []string{"", "3 %", "1/0", "1/-2", "x/2", "1.5", "99999999999999999999"} {
		if r, err := ParseRatio(text); err == nil {
			t.Errorf("ParseRatio(%q) = %s, want an error", text, r)
		}
	}
}

// A document that extends another keeps what it does not state, replaces whole what it does, and is remembered only
// when it is accepted.
func TestDocumentsExtend(t *testing.T) {
	type document struct {
		ID      string   `json:"id"`
		Extends string   `json:"extends"`
		Title   Text     `json:"title"`
		Steps   []string `json:"steps"`
	}
	accept := func() error { return nil }
	var documents Documents
	read := func(text string) (document, error) {
		var d document
		err := documents.Decode(strings.NewReader(text), &d, accept)
		return d, err
	}
	if _, err := read(`{"id": "a", "title": {"en": "A", "zh": "甲"}, "steps": ["one", "two", "three"]}`); err != nil {
		t.Fatal(err)
	}
	b, err := read(`{"id": "b", "extends": "a", "steps": ["four"]}`)
	if err != nil || b.Title.In("zh") != "甲" || strings.Join(b.Steps, " ") != "four" {
		t.Errorf("b = %+v, %v", b, err)
	}
	if c, err := read(`{"id": "c", "extends": "b"}`); err != nil || strings.Join(c.Steps, " ") != "four" {
		t.Errorf("c = %+v, %v", c, err)
	}
	accept = func() error { return date.Interval{From: "2019-01-02", To: "2019-01-01"}.Check() }
	if _, err := read(`{"id": "d"}`); err == nil {
		t.Error("a refused document is read")
	}
	for _, text := range []string{`{"id": "e", "extends": "d"}`, `{"id": "a"}`, `{}`, `{"id": 7}`, `[]`, `{"id": "f", "stepz": []}`} {
		accept = func() error { return nil }
		if _, err := read(text); err == nil {
			t.Errorf("%s is read", text)
		}
	}
	if got := strings.Join(documents.IDs(), " "); got != "a b c" {
		t.Errorf("the documents are %s", got)
	}
}

func TestScopesOrderByPlaceThenTime(t *testing.T) {
	scope := func(jurisdiction, from string) Scope {
		return Scope{jurisdiction, date.Interval{From: date.Date(from)}}
	}
	narrow, wide, old := scope("6205", "2018-01-01"), scope(National, "2019-01-01"), scope("6205", "2017-01-01")
	if narrow.Compare(wide) >= 0 || narrow.Compare(old) >= 0 || narrow.Compare(narrow) != 0 {
		t.Error("the narrow and the new do not come first")
	}
	if !narrow.Holds("620524", date.Date("2018-01-01")) || narrow.Holds("620524", date.Date("2017-12-31")) || narrow.Holds("653127", date.Date("2018-01-01")) || !wide.Holds("", date.Date("2020-01-01")) {
		t.Error("a scope holds elsewhere or at another time")
	}
}
