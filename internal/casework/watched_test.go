package casework_test

import (
	"testing"

	"lastmile/internal/casework"
	"lastmile/internal/household"
)

// Of four households that left on one day, one fell back within a year, one within two, one stayed out, and one should not have left: that is no relapse.
func TestRelapseRates(t *testing.T) {
	r := openRegister(t)
	r.poor("H1", "H2", "H3", "H4")
	r.exit("E1", "H1", "H2", "H3", "H4") // on 2017-11-20
	r.now = r.now.AddDate(0, 1, 0)
	r.do("2017-11-20", visit("H4", "2016-11-01", 3*3400, "housing=grade_d"))
	r.do("2018-05-02", &casework.WrongExit{Household: "H4", Finding: "The certificate says grade D."})
	r.do("2018-11-20", &casework.Relapse{Household: "H1", Cause: "illness", Document: "x"})
	r.do("2018-11-21", &casework.Relapse{Household: "H2", Cause: "illness", Document: "x"})
	for _, c := range []struct {
		on           string
		year, twoYrs casework.Relapses
	}{
		{"2018-11-19", casework.Relapses{Months: 12}, casework.Relapses{Months: 24}}, // nobody has been out for a year
		{"2018-11-20", casework.Relapses{Months: 12, Households: 1, People: 3, HouseholdsExited: 3, PeopleExits: 9}, casework.Relapses{Months: 24}},
		{"2019-11-20", casework.Relapses{Months: 12, Households: 1, People: 3, HouseholdsExited: 3, PeopleExits: 9}, casework.Relapses{Months: 24, Households: 2, People: 6, HouseholdsExited: 3, PeopleExits: 9}},
	} {
		got, err := casework.FindRelapses(ctx, r.DB, county, dateOf(c.on))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0] != c.year || got[1] != c.twoYrs {
			t.Errorf("as of %s: %+v, want %+v and %+v", c.on, got, c.year, c.twoYrs)
		}
	}
}

// A household out of poverty whose check is no longer met is an alert until it is watched; the watch says which risks are gone and when help came.
func TestAlertsAndWatch(t *testing.T) {
	r := openRegister(t)
	r.poor("H1", "H2")
	r.exit("E1", "H1", "H2")
	alerts := func() []casework.Alert {
		t.Helper()
		list, err := casework.Alerts(ctx, r.DB, county)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := alerts(); len(got) != 0 {
		t.Errorf("right after the exit: %+v", got)
	}
	seen := r.do("2020-03-01", visit("H1", "2019-03-01", 3*8000, "housing=grade_d"))
	if got := alerts(); len(got) != 1 || got[0].Household != "H1" || got[0].Sign != "check" || got[0].Seq != seen.Seq || got[0].Area != village {
		t.Errorf("after a visit that found the house unsafe: %+v", got)
	}
	r.do("2020-04-01", &casework.Watch{Household: "H1", Group: "unstable_exited", Risks: []string{"illness", "funds"}, Found: "visit"})
	if got := alerts(); len(got) != 0 {
		t.Errorf("under watch: %+v", got)
	}
	r.do("2020-03-15", &household.Measure{Area: village, Cause: "illness", What: "Before the watch", Batch: "other", Households: []string{"H1"}})
	r.do("2020-04-21", &household.Measure{Area: village, Cause: "illness", What: "Insurance paid", Batch: "social-security", Households: []string{"H1"}})
	r.do("2020-06-01", &casework.RiskSolved{Household: "H1", Risk: "funds", How: "x"})
	f, err := household.Load(ctx, r.DB, county, "H1")
	if err != nil {
		t.Fatal(err)
	}
	w, err := casework.WatchOf(f)
	if err != nil || w == nil || w.Since != "2020-04-01" || w.Ended != "" || w.Times != 1 || w.Measures != 1 || w.First != "2020-04-21" || len(w.Solved) != 1 || w.Solved[0] != "funds" {
		t.Errorf("the watch is %+v (%v)", w, err)
	}
	if f, err = household.Load(ctx, r.DB, county, "H2"); err != nil {
		t.Fatal(err)
	}
	if w, err := casework.WatchOf(f); err != nil || w != nil {
		t.Errorf("a household that nobody watches has the watch %+v (%v)", w, err)
	}
}
