package rule

import (
	"errors"
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

// steps is a kind of rule for tests.
type steps struct {
	Document
	Steps []string `json:"steps"`
}

func (s *steps) validate() error {
	if len(s.Steps) == 0 {
		return errors.Join(s.Problems(), errors.New("steps is empty"))
	}
	return s.Problems()
}

// A document that extends another keeps what it does not state, replaces whole what it does, and is remembered only when it is accepted.
func TestLibraryExtends(t *testing.T) {
	library := NewLibrary("steps", func() *steps { return &steps{} }, (*steps).validate)
	read := func(text string) (*steps, error) { return library.Add(strings.NewReader(text)) }
	const whole = `"version": "1", "title": {"en": "A", "zh": "甲"}, "jurisdiction": "national", "valid": {"from": "2014-01-01"}, "sources": [{"for": "all", "text": "t", "grade": "A"}]`
	if _, err := read(`{"id": "a", ` + whole + `, "steps": ["one", "two", "three"]}`); err != nil {
		t.Fatal(err)
	}
	b, err := read(`{"id": "b", "extends": "a", "steps": ["four"], "jurisdiction": "6205"}`)
	if err != nil || b.Title.In("zh") != "甲" || strings.Join(b.Steps, " ") != "four" {
		t.Errorf("b = %+v, %v", b, err)
	}
	if c, err := read(`{"id": "c", "extends": "b", "valid": {"from": "2018-01-01"}}`); err != nil || strings.Join(c.Steps, " ") != "four" {
		t.Errorf("c = %+v, %v", c, err)
	}
	for text, says := range map[string]string{
		`{"id": "d", "extends": "a", "steps": []}`:     "steps is empty",
		`{"id": "d", "version": ""}`:                   "version is empty\ntitle needs en and zh\nsources is empty",
		`{"id": "e", "extends": "d"}`:                  `it extends "d", which is not here (there are a, b, c)`,
		`{"id": "a", ` + whole + `, "steps": ["one"]}`: "there already is one with this id",
		`{}`:        "id is empty",
		`{"id": 7}`: "id: json",
		`[]`:        "cannot unmarshal array",
		`{"id": "f", "extends": "a", "stepz": ["one"]}`:     `unknown field "stepz"`,
		`{"id": "g", "extends": "a", "valid": {"from":""}}`: "valid.from is empty",
	} {
		if s, err := read(text); err == nil || s != nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "read steps") {
			t.Errorf("%s is read as %v: %v, want %q", text, s, err, says)
		}
	}
	if got := strings.Join(library.IDs(), " "); got != "a b c" || len(library.All()) != 3 {
		t.Errorf("the documents are %s", got)
	}
	other := library.Clone()
	if _, err := other.Add(strings.NewReader(`{"id": "aa", "extends": "a"}`)); err != nil || strings.Join(other.IDs(), " ") != "a aa b c" {
		t.Errorf("a clone has %v: %v", other.IDs(), err)
	}
	if _, ok := library.Get("aa"); ok {
		t.Error("what was added to a clone is in the library")
	}
	for _, c := range []struct{ area, on, want string }{
		{"620524", "2019-01-01", "c"}, {"620524", "2017-01-01", "b"}, {"653127", "2019-01-01", "a"}, {"620524", "2013-01-01", ""},
	} {
		got, err := library.InForce(c.area, date.Date(c.on))
		if c.want == "" && errors.Is(err, ErrNotInForce) {
			continue
		}
		if err != nil || got.ID != c.want {
			t.Errorf("in %s on %s holds %v, %v, want %s", c.area, c.on, got, err, c.want)
		}
	}
	if got, err := library.InForce("620524", "2019-01-01", func(s *steps) bool { return len(s.Steps) == 3 }); err != nil || got.ID != "a" {
		t.Errorf("of three steps holds %v, %v", got, err)
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
