package figure_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/programme"
)

// A verdict follows from the qualifier, the number and how exactly it is printed; at the very edge as much as in the middle.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name                         string
		computed                     int64
		scale                        int
		qualifier, stated, precision string
		verdict                      figure.Verdict
	}{
		{"exactly", 100, 0, "=", "100", "", figure.Holds},
		{"one less", 99, 0, "=", "100", "", figure.Differs},
		{"one more", 101, 0, "=", "100", "", figure.Differs},
		{"no qualifier", 100, 0, "-", "100", "", figure.Holds},
		{"rounds down to it", 100_49, 2, "=", "100", "", figure.Holds},
		{"a half rounds up, past it", 100_50, 2, "=", "100", "", figure.Differs},
		{"a half rounds up, to it", 99_50, 2, "=", "100", "", figure.Holds},
		{"less than a half does not", 99_49, 2, "=", "100", "", figure.Differs},
		{"below 0 a half rounds down", -100_50, 2, "=", "-100", "", figure.Differs},
		{"below 0 to it", -99_50, 2, "=", "-100", "", figure.Holds},
		{"two decimals printed", 100_004, 3, "=", "100.00", "", figure.Holds},
		{"two decimals printed, one off", 100_005, 3, "=", "100.00", "", figure.Differs},
		{"60.47 million, printed to ten thousands", 60_474_999_99, 2, "=", "60470000", "10000", figure.Holds},
		{"60.47 million, a fen too much", 60_475_000_00, 2, "=", "60470000", "10000", figure.Differs},
		{"60.47 million, from below", 60_465_000_00, 2, "=", "60470000", "10000", figure.Holds},
		{"60.47 million, too little", 60_464_999_99, 2, "=", "60470000", "10000", figure.Differs},

		{"more than", 101, 0, ">", "100", "", figure.Holds},
		{"more than, by a fen", 100_01, 2, ">", "100", "", figure.Holds},
		{"more than itself", 100, 0, ">", "100", "", figure.Differs},
		{"at least itself", 100, 0, ">=", "100", "", figure.Holds},
		{"at least, a fen short", 99_99, 2, ">=", "100", "", figure.Differs},

		{"about 549 400, at most 50 away", 549_450, 0, "~", "549400", "", figure.Holds},
		{"about 549 400, 51 away", 549_451, 0, "~", "549400", "", figure.Differs},
		{"about 549 400, 50 below", 549_350, 0, "~", "549400", "", figure.Holds},
		{"about 549 400, 51 below", 549_349, 0, "~", "549400", "", figure.Differs},
		{"about 3000", 3_500, 0, "~", "3000", "", figure.Holds},
		{"about 3000, and a fen", 3_500_01, 2, "~", "3000", "", figure.Differs},
		{"about 3000, printed to tens", 3_006, 0, "~", "3000", "10", figure.Differs},
		{"about 1.5", 1_55, 2, "~", "1.5", "", figure.Holds},
		{"about 1.50 is as exact as it is printed", 1_55, 2, "~", "1.50", "", figure.Differs},
		{"about nothing", 1, 0, "~", "0", "", figure.Differs},

		{"nearly 7", 6_99, 2, "<~", "7", "", figure.Holds},
		{"nearly 7, just enough", 6_65, 2, "<~", "7", "", figure.Holds},
		{"nearly 7, not enough", 6_64, 2, "<~", "7", "", figure.Differs},
		{"nearly 7 is less than 7", 7_00, 2, "<~", "7", "", figure.Differs},

		{"expected", 1, 0, "exp", "100", "", figure.Forecast},
		{"expected, more than", 1000, 0, "exp >", "100", "", figure.Forecast},
	} {
		t.Run(c.name, func(t *testing.T) {
			book := observed(t, c.computed, c.scale)
			got, err := book.Check(t.Context(), figure.Claim{ID: "C", Qualifier: c.qualifier, Stated: c.stated, Precision: c.precision, Figure: "f"})
			if err != nil || got.Verdict != c.verdict {
				t.Errorf("%s %s (%s) beside %s: %s, %v; want %s", c.qualifier, c.stated, c.precision, got.Computed, got.Verdict, err, c.verdict)
			}
		})
	}
}

// observed is a figure "f" that one record decides.
func observed(t *testing.T, value int64, scale int) *figure.Book {
	t.Helper()
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "figure.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context(), entity.Schema, journal.Schema, figure.Schema); err != nil {
		t.Fatal(err)
	}
	w, err := db.Writer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	totals := figure.NewTotals()
	o := figure.Observation{Book: entity.Headquarters, Seq: 1, Line: 1, Measure: "budget", Value: value, Sign: 1, On: "2020-01-01"}
	totals.Observe(&o, nil)
	if err := errors.Join(figure.Append(t.Context(), w, []figure.Observation{o}), totals.Flush(t.Context(), w), w.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	return figure.NewBook(db, "2020-06-01", []figure.Definition{{ID: "f", Scale: scale, Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "budget"}}}})
}

// Dates are compared at the exactness of the claim.
func TestVerdictsOnDates(t *testing.T) {
	s := facttest.Open(t, facttest.SQLite(t))
	facttest.Populate(t, s)
	facttest.MustRecord(t, s, fact.Draft{Fact: &programme.Acceptance{County: facttest.Counties[0], Event: "passed", Document: "D"}, On: "2020-02-29"})
	definitions := []figure.Definition{
		{ID: "passed", Unit: "date", Aggregate: figure.Latest, Terms: []figure.Term{{Measure: "acceptance-passed-on"}}},
		{ID: "lifted", Unit: "date", Aggregate: figure.Latest, Terms: []figure.Term{{Measure: "lifted-on"}}},
		{ID: "years", Unit: "years", Aggregate: figure.Years, Terms: []figure.Term{{Measure: "designated-on"}}},
	}
	book := figure.NewBook(s.DB, s.Today(), definitions)
	for _, c := range []struct {
		figure, qualifier, stated, unit string
		asOf                            date.Date
		verdict                         figure.Verdict
		computed                        string
	}{
		{"passed", "=", "2020-02-29", "date", "", figure.Holds, "2020-02-29"},
		{"passed", "=", "2020-02-29", "", "", figure.Holds, "2020-02-29"},
		{"passed", "=", "2020-02", "month", "", figure.Holds, "2020-02"},
		{"passed", "=", "2020-03", "month", "", figure.Differs, "2020-02"},
		{"passed", "=", "2020", "year", "", figure.Holds, "2020"},
		{"passed", ">", "2019", "year", "", figure.Holds, "2020"},
		{"passed", ">", "2020", "year", "", figure.Differs, "2020"},
		{"passed", ">=", "2020-02", "month", "", figure.Holds, "2020-02"},
		{"passed", "=", "2020-02-29", "date", "2020-02-28", figure.NotComputed, ""}, // it had not happened
		{"passed", "exp", "2021", "year", "", figure.Forecast, "2020"},
		{"passed", "=", "", "", "", figure.NotComputed, "2020-02-29"}, // the sentence states no value
		{"lifted", "=", "2020", "year", "", figure.NotComputed, ""},
		{"years", "=", "0", "years", "", figure.Holds, "0"},
		{"years", ">=", "1", "years", "2020-05-31", figure.Differs, "0"},
		{"", "=", "5", "", "", figure.NotComputed, ""},
		{"", "exp >=", "5", "", "", figure.Forecast, ""},
	} {
		got, err := book.Check(t.Context(), figure.Claim{ID: "C", Qualifier: c.qualifier, Stated: c.stated, Unit: c.unit, Figure: c.figure, AsOf: c.asOf})
		if err != nil || got.Verdict != c.verdict || got.Computed != c.computed {
			t.Errorf("%+v: %s, computed %q, %v", c, got.Verdict, got.Computed, err)
		}
	}
	for name, c := range map[string]figure.Claim{
		"a word":                    {Qualifier: "=", Stated: "many", Figure: "years"},
		"a fraction":                {Qualifier: "=", Stated: "1/3", Figure: "years"},
		"a number without end":      {Qualifier: "=", Stated: "1e999999999", Figure: "years"},
		"a precision of nothing":    {Qualifier: "=", Stated: "1", Precision: "0", Figure: "years"},
		"a precision without end":   {Qualifier: "=", Stated: "1", Precision: "1e-999999999", Figure: "years"},
		"an unknown qualifier":      {Qualifier: "!", Stated: "1", Figure: "years"},
		"an unknown figure":         {Qualifier: "=", Stated: "1", Figure: "x"},
		"a year for a month":        {Qualifier: "=", Stated: "2020", Unit: "month", Figure: "passed"},
		"thousands with separators": {Qualifier: "=", Stated: "1,000", Figure: "years"},
	} {
		c.ID = "C-1"
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := book.Check(ctx, c)
		if list := fault.All(err); len(list) == 0 || list[0].Fix == "" || !strings.Contains(err.Error(), "C-1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A definition that makes no sense is refused before it is kept; one of a ratio of ratios when it is evaluated.
func TestDefinitions(t *testing.T) {
	for name, c := range map[string]struct {
		d  figure.Definition
		ok bool
	}{
		"a sum of flows and measures":        {figure.Definition{Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "disbursement:CNY"}, {Measure: "refund:CNY", Minus: true}}}, true},
		"a sum of nothing":                   {figure.Definition{Aggregate: figure.Sum}, false},
		"a distinct count of two":            {figure.Definition{Aggregate: figure.Distinct, Terms: []figure.Term{{Measure: "project"}, {Measure: "budget"}}}, false},
		"a distinct count of a flow":         {figure.Definition{Aggregate: figure.Distinct, Terms: []figure.Term{{Measure: "delivery:sheep"}}}, false},
		"a distinct count less something":    {figure.Definition{Aggregate: figure.Distinct, Terms: []figure.Term{{Measure: "project", Minus: true}}}, false},
		"a count less something":             {figure.Definition{Aggregate: figure.Count, Terms: []figure.Term{{Measure: "project", Minus: true}}}, false},
		"the latest of a flow":               {figure.Definition{Aggregate: figure.Latest, Terms: []figure.Term{{Measure: "delivery:sheep"}}}, false},
		"the latest of a measure":            {figure.Definition{Aggregate: figure.Latest, Terms: []figure.Term{{Measure: "budget"}}}, true},
		"the smallest of an unranked one":    {figure.Definition{Aggregate: figure.Minimum, Terms: []figure.Term{{Measure: "budget"}}}, false},
		"the smallest of a ranked one":       {figure.Definition{Aggregate: figure.Minimum, Terms: []figure.Term{{Measure: "designated-on"}}}, true},
		"a balance of a measure":             {figure.Definition{Aggregate: figure.Balance, Terms: []figure.Term{{Measure: "project"}}}, false},
		"a balance of a class":               {figure.Definition{Aggregate: figure.Balance, Terms: []figure.Term{{Measure: "treasury:CNY"}}}, true},
		"a measure of one fund":              {figure.Definition{Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "project"}}, Filter: figure.Filter{Fund: "own"}}, false},
		"a flow of one fund":                 {figure.Definition{Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "refund:CNY"}}, Filter: figure.Filter{Fund: "own"}}, true},
		"a period that ends before it began": {figure.Definition{Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "project"}}, Filter: figure.Filter{From: "2020-02-01", Until: "2020-01-31"}}, false},
	} {
		if err := c.d.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"-", "x", "disbursement", "project -", "- project"} {
		if terms, err := figure.ParseTerms(text); err == nil {
			t.Errorf("terms %q were read as %v", text, terms)
		}
	}
	s := facttest.Open(t, facttest.SQLite(t))
	book := figure.NewBook(s.DB, s.Today(), []figure.Definition{
		{ID: "a", Aggregate: figure.Ratio, Over: [2]string{"b", "c"}}, {ID: "b", Aggregate: figure.Ratio, Over: [2]string{"a", "c"}}, {ID: "self", Aggregate: figure.Ratio, Over: [2]string{"self", "self"}},
		{ID: "c", Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "project"}}},
	})
	for _, id := range []string{"a", "b", "self", "nothing"} {
		if _, err := book.Evaluate(t.Context(), id, figure.At{}); fault.All(err) == nil {
			t.Errorf("evaluate %s: %v", id, err)
		}
		if _, err := book.By(t.Context(), id, "year", figure.At{}); fault.All(err) == nil {
			t.Errorf("%s by year: %v", id, err)
		}
		if _, _, err := book.Lineage(t.Context(), id, figure.At{}); fault.All(err) == nil {
			t.Errorf("lineage of %s: %v", id, err)
		}
	}
	if _, err := book.By(t.Context(), "c", "weather", figure.At{}); err == nil {
		t.Error("by weather")
	}
	if _, err := book.Evaluate(t.Context(), "c", figure.At{Filter: figure.Filter{Area: "nowhere"}}); fault.All(err) == nil {
		t.Errorf("in an unknown area: %v", err)
	}
}
