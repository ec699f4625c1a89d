package earning_test

import (
	"testing"

	"lastmile/internal/countytest"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/household/earning"
	"lastmile/internal/party"
)

// TestThreshold states the poverty line of a household for two years, each once, and takes one back.
func TestThreshold(t *testing.T) {
	c := countytest.New(t)
	c.Record(t, &party.Party{ID: "H-0", Name: "Household", Kind: "household", Area: countytest.Village(0)})
	line := func(household string, persons int64) *earning.Threshold {
		return &earning.Threshold{Household: household, Area: countytest.Village(0), Persons: persons, Line: 3_747_00, Basis: "Notice of the county"}
	}
	c.On = "2019-06-30"
	c.Refuses(t, "household.unregistered", line(countytest.Supplier, 3))
	stated := c.Record(t, line("H-0", 3))
	c.On = "2019-12-31"
	c.Refuses(t, "threshold.again", line("H-0", 4))
	c.On = "2020-01-01"
	c.Record(t, line("H-0", 4))
	in := func(year int, want int64) {
		t.Helper()
		if got := c.Number(t, figure.Sum, earning.ThresholdMeasure, figure.At{Filter: figure.Filter{Subject: earning.ThresholdOf("H-0", year)}}); got != want {
			t.Errorf("the threshold of %d is %s, want %s", year, fact.Money(got), fact.Money(want))
		}
	}
	in(2019, 11_241_00)
	in(2020, 14_988_00)
	c.Record(t, &fact.Reversal{Entry: stated[0].Seq, Reason: "There are two"})
	c.On = "2019-12-31"
	c.Record(t, line("H-0", 2))
	in(2019, 7_494_00)
	c.CheckReplay(t)
}
