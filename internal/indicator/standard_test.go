package indicator_test

import (
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
)

// The standard figures are whole in both languages, can be evaluated in a programme that has nothing to count, and are defined once.
func TestStandard(t *testing.T) {
	list, err := indicator.Standard()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range list {
		if seen[f.ID] || f.En == "" || f.Zh == "" || f.Version != 1 {
			t.Errorf("figure %+v is not whole, or there twice", f)
		}
		seen[f.ID] = true
	}
	s := facttest.Open(t, facttest.SQLite(t))
	own := fact.Draft{Fact: &indicator.Figure{ID: "payments", Version: 7, En: "Our payments", Zh: "我们的拨付", Unit: "payments", Aggregate: "count", Terms: "disbursement:CNY"},
		Actor: fact.Operator, On: facttest.Day, Source: "test"}
	if _, err := s.Recorder.Record(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	draft := fact.Draft{Actor: fact.Operator, On: facttest.Day, Source: "test"}
	for _, want := range []int{len(list) - 1, 0} { // what a programme defines itself stays as it is
		figures, err := s.Figures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := indicator.Define(t.Context(), s.Recorder, figures, draft); err != nil || n != want {
			t.Errorf("%d figures are defined, want %d: %v", n, want, err)
		}
	}
	figures, err := s.Figures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d, err := figures.Definition("payments"); err != nil || d.Version != 7 {
		t.Errorf("the programme's own definition is %+v: %v", d, err)
	}
	for _, d := range figures.Definitions() {
		if _, err := figures.Evaluate(t.Context(), d.ID, figure.At{AsOf: facttest.Day}); err != nil {
			t.Errorf("evaluate %s: %v", d.ID, err)
		}
	}
}
