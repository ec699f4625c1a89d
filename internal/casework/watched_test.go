package casework_test

import (
	"strings"
	"testing"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/lending"
	"lastmile/internal/monitoring/sweep"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/testenv"
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

// Each sign of falling back is an alert while it stands and no longer, whatever the order in which visits arrive; a watch takes all of them off.
func TestEachSignIsAnAlert(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testSigns(t, openRegister(t)) })
	t.Run("postgres", func(t *testing.T) { testSigns(t, openRegisterAt(t, testenv.Postgres(t))) })
}

func testSigns(t *testing.T, r *register) {
	r.poor("H1", "H2", "H3", "H4")
	r.exit("E1", "H1", "H2", "H3", "H4")
	r.do("2014-02-10", card("H5", 50)) // never registered
	signs := func(id string) string {
		t.Helper()
		list, err := casework.Alerts(ctx, r.DB, county)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, a := range list {
			if a.Household == id {
				all = append(all, string(a.Sign))
			}
		}
		return strings.Join(all, " ")
	}
	want := func(id, signsOf string) {
		t.Helper()
		if got := signs(id); got != signsOf {
			t.Errorf("household %s shows %q, want %q", id, got, signsOf)
		}
	}
	// Incomes of 10,200 yuan in November 2017. Three tenths less is 7,140.
	r.do("2020-06-10", visit("H1", "2019-06-01", 7141))
	want("H1", "")
	fell := r.do("2020-06-10", visit("H2", "2019-06-01", 7140))
	want("H2", "income")
	r.do("2020-06-12", &household.Visit{Household: "H3", Questionnaire: "visit-2014 1", Signature: "signed", IncomeFrom: "2019-06-01", IncomeTo: "2020-05-31", Answers: []string{"wage.local.01=100"}, Unproved: []string{"wage.local.01"}})
	want("H3", "") // nobody could prove it
	late := r.do("2019-06-05", visit("H1", "2018-06-01", 15000), func(d *fact.Draft) { r.now = r.now.AddDate(0, 0, 20) })
	want("H1", "income") // a visit of the year before arrives late, and the fall is seen
	r.do("2019-06-05", visit("H1", "2018-06-01", 9000), corrects(late.Seq))
	want("H1", "")
	r.do("2020-07-01", visit("H2", "2019-07-01", 9000), func(d *fact.Draft) { r.now = r.now.AddDate(0, 1, 0) })
	want("H2", "")
	again := r.do("2020-07-20", visit("H2", "2019-07-01", 5000))
	want("H2", "income")
	if fell.Seq >= again.Seq {
		t.Error("entries are out of order")
	}
	// A check that fails, and is put right.
	r.do("2020-08-01", visit("H3", "2019-08-01", 10200, "water=unsafe"))
	want("H3", "check")
	r.do("2020-08-20", visit("H3", "2019-08-01", 10200))
	want("H3", "")
	// What a household says of itself, registered or not, until somebody has answered it.
	r.do("2020-08-21", &sweep.Alert{ID: "R-3", Household: "H3", Found: "self-report", Risk: "disaster", Why: "Hail on the apricots"})
	r.do("2020-08-21", &sweep.Alert{ID: "R-5", Household: "H5", Found: "self-report", Risk: "illness", Why: "Cannot work"})
	want("H3", "report")
	want("H5", "report")
	r.do("2020-08-25", &sweep.Answer{Alert: "R-3", Result: "helped", Text: "Seedlings given"})
	want("H3", "")
	// A loan in arrears.
	r.lend("H4", "2020-01-15")
	if _, err := new(lending.Closer).Close(ctx, r.DB, county, "2020-08-20"); err != nil {
		t.Fatal(err)
	}
	want("H4", "arrears")

	for id, group := range map[string]string{"H2": "unstable_exited", "H4": "unstable_exited", "H5": "marginal"} {
		r.do("2020-09-01", &casework.Watch{Household: id, Group: group, Risks: []string{"illness"}, Found: "visit"})
		want(id, "")
	}
	r.replay(t)
}

// lend pays out a loan of twelve instalments that nobody repays.
func (r *register) lend(borrower string, on date.Date) {
	r.Helper()
	record := func(f fact.Fact) {
		r.Helper()
		r.do(on, f, by(fact.Operator), in(""))
	}
	for _, f := range []fact.Fact{
		&party.Party{ID: "bank", Name: "Bank", Kind: "bank"}, &programme.Fund{ID: "BANK", Name: "Bank's", Sponsor: "bank", Purpose: "loans"},
		&project.Project{ID: "credit", Name: "Micro-credit", Area: county, Channel: "finance", Theme: "credit"},
		&lending.ReferenceRate{ID: "ref", Name: "All", TermMax: 360, Rate: "7.35", Source: "test"}, &lending.Outlet{ID: "outlet", Name: "Outlet", Area: county, Operator: "bank"},
		&lending.CreditProduct{ID: "farmer", Name: "Farmer loans", Area: county, Project: "credit", Partner: "bank", Mode: "own", Borrowers: "household", Checks: "lender", AmountMax: 5_000_000, TermMax: 36, Method: "equal-instalment", DayCount: "30/360", Rounding: "half-even", Surcharge: "3"},
		&lending.Application{ID: "A", Product: "farmer", Borrower: borrower, Amount: 1_200_000, Months: 12, Purpose: "sheep"},
		&lending.Contract{ID: "L", Application: "A", Reference: "ref", Money: "bank", Lender: "bank", Fund: "BANK", Outlet: "outlet", Principal: 1_200_000, Rate: "4.35", DisbursedOn: on, Instalments: 12},
		&lending.Disbursement{Loan: "L", Amount: 1_200_000, Voucher: "v"},
	} {
		record(f)
	}
}
