package census_test

import (
	"context"
	"math"
	"testing"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/census"
	"lastmile/internal/testworld"
)

const village, other = "620524100201", "620524100202"

// TestRegister measures a register small enough to count by hand. The line of Gansu is 3,500 yuan a person in 2018 and 4,000 in 2020, and each account stands against that of the day on which
// it ends.
func TestRegister(t *testing.T) {
	w := testworld.New(t)
	do := func(on date.Date, f fact.Fact) {
		t.Helper()
		if later := on.Time().Add(10 * time.Hour).Sub(w.Now()); later > 0 {
			w.Wait(later)
		}
		d := fact.Draft{Fact: f, On: on, Actor: fact.Operator, Source: "test"}
		if _, err := w.Store.Recorder.Record(context.Background(), d); err != nil {
			t.Fatalf("%T: %v", f, err)
		}
	}
	do("2020-05-01", &area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "一村"})
	do("2020-05-01", &area.Area{Code: other, Parent: testworld.Town, Level: "village", Name: "二村"})
	for _, h := range []struct {
		id, village string
		ends        date.Date // of the twelve months
		yuan        string
	}{
		{"H1", village, "2020-05-31", "8000"},  // two people, exactly at the line: poor
		{"H2", village, "2020-05-31", "4000"},  // two people, half the line
		{"H3", village, "2020-05-31", "16000"}, // not poor
		{"H4", other, "2018-10-31", "7200"},    // 3,600 a person: above the line of 2018, below that of 2020
		{"H5", other, "", ""},                  // nobody has asked
	} {
		do("2020-05-02", &household.Household{ID: h.id, Area: h.village, Standard: "national", Attribute: "ordinary", MainCause: "skill", Members: []string{"01 head 1975-03-02 male ordinary", "02 spouse 1977-08-11 female ordinary", "03 child 1999-01-01 male ordinary apart"}})
		if h.ends != "" {
			do("2020-06-02", &household.Visit{Household: h.id, Questionnaire: "visit-2014 1", Signature: "signed", IncomeFrom: h.ends.AddDays(1).AddMonths(-12), IncomeTo: h.ends, Answers: []string{"wage.local.01=" + h.yuan, "food=stable_source"}})
		}
	}
	measure := func(o census.Options) *poverty.Report {
		t.Helper()
		s, err := census.Read(context.Background(), w.Store.DB, o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := poverty.Measure(s, poverty.Options{By: o.By, Sampling: poverty.Census, Watts: poverty.WattsDropNumerator})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := func(r *poverty.Report, group, measure string, value float64) {
		t.Helper()
		for i := range r.Areas {
			if r.Areas[i].Area != group {
				continue
			}
			e, ok := r.Areas[i].Find(poverty.Key{Measure: measure, Unit: poverty.Persons})
			if !ok || math.Abs(float64(e.Value)-value) > 1e-12 {
				t.Errorf("%s of %q is %v, want %v", measure, group, e.Value, value)
			}
			return
		}
		t.Errorf("there is no area %q", group)
	}
	r := measure(census.Options{Area: testworld.Wushan, On: "2020-06-30", By: "village"})
	want(r, "", "population", 10)
	want(r, "", "headcount", 4.0/8)
	want(r, "", "fgt1", 2*0.5/8)
	want(r, "", "fgt2", 2*0.25/8)
	want(r, "", "shortfall_total", 4000)
	want(r, village, "headcount", 4.0/6)
	want(r, other, "headcount", 0)
	if r.Data.MissingIncome != 1 {
		t.Errorf("%d households are without income, want 1", r.Data.MissingIncome)
	}
	want(measure(census.Options{Area: other, On: "2020-06-30", Line: 400_000}), "", "headcount", 1)
	if _, err := census.Read(context.Background(), w.Store.DB, census.Options{Area: "999999", On: "2020-06-30"}); err == nil {
		t.Error("an area that is not recorded is measured")
	}
	if _, err := census.Read(context.Background(), w.Store.DB, census.Options{Area: testworld.Maigaiti, On: "2020-06-30"}); err == nil {
		t.Error("an area without households is measured")
	}
}
