package enterprise_test

import (
	"testing"

	"lastmile/internal/countytest"
	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/party"
)

func withFarm(t *testing.T) *countytest.County {
	c := countytest.New(t)
	c.Record(t, &party.Party{ID: "farm", Name: "Farm", Kind: "listed-company"}, &party.Party{ID: "other", Name: "Other", Kind: "listed-company"},
		&party.Party{ID: "H-0", Name: "Household", Kind: "household", Area: countytest.Village(0)},
		&enterprise.Investment{ID: "I", Name: "Farm", Project: countytest.Project, Investor: "farm", Role: "Introduced it"})
	return c
}

// TestForecastsStayForecasts revises a forecast and reports sales: neither is counted as the other, and a past date shows what stood then.
func TestForecastsStayForecasts(t *testing.T) {
	c := withFarm(t)
	forecast := func(amount fact.Money) *enterprise.Forecast {
		return &enterprise.Forecast{Investment: "I", Of: "sales", Period: "a year", Amount: amount, Author: "farm", Basis: "Study"}
	}
	c.On = "2019-01-01"
	c.Record(t, forecast(500_00), &enterprise.Forecast{Investment: "I", Of: "jobs", Period: "a year", Number: 40, Author: "farm", Basis: "Study"},
		&enterprise.Capacity{Investment: "I", Product: "sheep", Stage: "planned", Quantity: 1000, Basis: "Study"})
	c.On = "2020-01-01"
	c.Record(t, forecast(450_00), &enterprise.Capacity{Investment: "I", Product: "sheep", Stage: "actual", Quantity: 200, Basis: "Count"},
		&enterprise.SalesReport{Investment: "I", From: "2019-01-01", Until: "2019-12-31", Amount: 90_00, Reporter: "farm"})
	for terms, want := range map[string]int64{"forecast-sales": 450_00, "sales-reported": 90_00, "forecast-jobs": 40, "capacity-planned": 1000, "capacity-actual": 200} {
		if got := c.Number(t, figure.Sum, terms, figure.At{}); got != want {
			t.Errorf("%s is %d, want %d", terms, got, want)
		}
	}
	if got := c.Number(t, figure.Sum, "forecast-sales", figure.At{AsOf: "2019-06-30"}); got != 500_00 {
		t.Errorf("the forecast of 2019 is %d, want 50000", got)
	}
	c.Refuses(t, "sales.again", &enterprise.SalesReport{Investment: "I", From: "2019-01-01", Until: "2019-06-30", Amount: 1, Reporter: "farm"})
	c.Refuses(t, "sales.early", &enterprise.SalesReport{Investment: "I", From: "2020-01-01", Until: "2020-12-31", Amount: 1, Reporter: "farm"})
	c.Refuses(t, "forecast.number", &enterprise.Forecast{Investment: "I", Of: "jobs", Period: "a year", Amount: 1, Author: "farm", Basis: "Study"})
	c.Refuses(t, "forecast.amount", &enterprise.Forecast{Investment: "I", Of: "sales", Period: "a year", Number: 1, Author: "farm", Basis: "Study"})
	c.CheckReplay(t)
}

// TestJobs keeps offered and filled apart.
func TestJobs(t *testing.T) {
	c := withFarm(t)
	c.Record(t, &enterprise.JobOffer{ID: "J-1", Employer: "farm", Area: countytest.Book, Title: "Herder", Posts: 2},
		&enterprise.JobOffer{ID: "J-2", Employer: "farm", Area: countytest.Town, Title: "Driver", Posts: 3},
		&enterprise.JobOffer{ID: "J-3", Employer: "other", Area: countytest.Book, Title: "Weaver", Posts: 1},
		&enterprise.Placement{ID: "P-1", Offer: "J-1", Household: "H-0", Wage: 3_000_00}, &enterprise.Placement{ID: "P-2", Offer: "J-1", Wage: 3_000_00})
	c.Refuses(t, "offer.filled", &enterprise.Placement{ID: "P-3", Offer: "J-1", Wage: 3_000_00})
	c.Refuses(t, "household.unregistered", &enterprise.Placement{ID: "P-3", Offer: "J-2", Household: "nobody", Wage: 3_000_00})
	left := c.Record(t, &enterprise.PlacementEnd{Placement: "P-2", Reason: "Moved away"})
	c.Refuses(t, "placement.ended", &enterprise.PlacementEnd{Placement: "P-2", Reason: "Moved away again"})
	count := func(when string, want map[string]int64) {
		t.Helper()
		for terms, n := range want {
			if got := c.Number(t, figure.Sum, terms, figure.At{}); got != n {
				t.Errorf("%s: %s is %d, want %d", when, terms, got, n)
			}
		}
	}
	count("after one left", map[string]int64{"jobs-offered": 6, "jobs-filled": 1, "placement": 2, "placement-registered": 1})
	if got := c.Number(t, figure.Distinct, "jobs-offered", figure.At{}); got != 2 {
		t.Errorf("%d companies offer jobs, want 2", got)
	}
	c.Record(t, &fact.Reversal{Entry: left[0].Seq, Reason: "She stayed"})
	count("after she stayed", map[string]int64{"jobs-filled": 2, "placement": 2})
	c.Refuses(t, "offer.filled", &enterprise.Placement{ID: "P-3", Offer: "J-1", Wage: 3_000_00})
	c.CheckReplay(t)
}
