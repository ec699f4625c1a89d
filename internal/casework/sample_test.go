package casework_test

import (
	"fmt"
	"slices"
	"testing"

	"lastmile/internal/casework"
	"lastmile/internal/notice"
	"lastmile/internal/poverty/acceptance"
	"lastmile/internal/testenv"
)

// drawFrom is a plan that draws two of the register's two villages: everybody who left poverty, and two households that were never registered.
func drawFrom(c string) *casework.Sample {
	return &casework.Sample{Case: c, Seed: "2019-03-15 lottery 4711", RuralPopulation: 1000, Strata: []string{"poor 1", "other 1"}, Villages: []string{village + " poor 20 61", "653127100202 other 30 90"},
		Exited: 5, Unregistered: 2, Remaining: 1, Reserves: 1}
}

// results says that everybody drawn in a village answered that all is well, with changes to single lines.
func results(r *register, c, place string, change map[string]string) *casework.SampleVisits {
	r.Helper()
	s, err := casework.FindSurvey(ctx, r.DB, r.book, c)
	if err != nil || s == nil {
		r.Fatalf("the sample is %v (%v)", s, err)
	}
	v := &casework.SampleVisits{Case: c, Village: place}
	for _, d := range s.Drawn {
		line, ok := change[d.Household]
		if !ok && !d.Reserve {
			line = d.Household + " completed 3 0 yes"
		}
		if d.Village == place && line != "" {
			v.Results = append(v.Results, line)
		}
	}
	return v
}

// A county's assessment rests on the sample: it cannot be recorded before everybody drawn has a result, nor state anything else, and what it states is kept as count and count.
func TestAssessmentRestsOnTheSample(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testAssessment(t, openRegister(t)) })
	t.Run("postgres", func(t *testing.T) { testAssessment(t, openRegisterAt(t, testenv.Postgres(t))) })
}

func testAssessment(t *testing.T, r *register) {
	r.poor("H1", "H2", "H3", "H4", "H5")
	r.exit("E", "H1", "H2", "H3", "H4")
	const c = "CX"
	r.do("2019-03-04", &casework.Case{ID: c, Procedure: "county-exit-xinjiang", Area: county})
	r.step("2019-03-05", c, "application", "county", "application")
	r.step("2019-03-06", c, "first_review", "prefecture", "review_report")
	r.step("2019-03-07", c, "verification", "province", "check_report")
	assess := func(measured ...string) *casework.Step {
		return &casework.Step{Case: c, Step: "assessment", By: "third_party", Documents: []string{"assessment_report"}, Measured: measured}
	}
	fine := []string{"composite_incidence=3/1000", "wrong_exit_rate=0/9", "omission_rate=0/9", "satisfaction=8/8"}
	r.refuse("sample.missing", "2019-03-14", assess(fine...))

	frame, err := casework.FindFrame(ctx, r.DB, county, drawFrom(c))
	if err != nil {
		t.Fatal(err)
	}
	if frame.People[acceptance.Exited] != 12 || frame.People[acceptance.Remaining] != 3 || len(frame.List) != 55 {
		t.Fatalf("the list has %d households, %v", len(frame.List), frame.People)
	}
	other := drawFrom(c)
	other.ListSHA256 = "00000000000000000000000000000000000000000000000000000000000000ff"
	r.refuse("sample.list", "2019-03-15", other)
	left := drawFrom(c)
	left.Villages = left.Villages[1:]
	r.refuse("sample.villages", "2019-03-15", left)
	published := drawFrom(c)
	published.ListSHA256 = frame.SHA256()
	drawn := r.do("2019-03-15", published)
	r.refuse("sample.again", "2019-03-15", drawFrom(c))
	if got := r.count("sample-drawn", "2019-03-15"); got != 9 {
		t.Errorf("%d households are drawn, want 4 exited, 1 remaining and 2 of each village", got)
	}
	s, err := casework.FindSurvey(ctx, r.DB, county, c)
	if err != nil {
		t.Fatal(err)
	}
	plan := acceptance.Plan{Seed: published.Seed, Villages: map[string]int{"poor": 1, "other": 1}, Reserves: 1,
		Households: map[acceptance.Group]int{acceptance.Exited: 5, acceptance.NonRegistered: 2, acceptance.Remaining: 1}}
	again, err := acceptance.Draw(frame.List, plan)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Drawn, again.Households) {
		t.Errorf("whoever has the list and the seed draws\n%v\nand the register has\n%v", again.Households, s.Drawn)
	}
	reserve := s.Drawn[slices.IndexFunc(s.Drawn, func(d acceptance.Drawn) bool { return d.Reserve && d.Village == village })]
	away := s.Drawn[slices.IndexFunc(s.Drawn, func(d acceptance.Drawn) bool { return d.Group == reserve.Group && d.Village == village })]

	r.refuse("sample.results", "2019-03-20", &casework.SampleVisits{Case: c, Village: village, Results: []string{"H9 completed 3 0 yes"}})
	r.refuse("sample.results", "2019-03-20", &casework.SampleVisits{Case: c, Village: village, Results: []string{"H1 completed 3 4 yes"}})
	r.refuse("sample.results", "2019-03-20", &casework.SampleVisits{Case: c, Village: village, Results: []string{reserve.Household + " completed 3 0 yes"}})
	r.do("2019-03-20", results(r, c, village, map[string]string{
		away.Household: away.Household + " away 3 0 -", reserve.Household: reserve.Household + " completed 3 0 - for " + away.Household,
		"H1": "H1 completed 3 0 no",
	}))
	r.refuse("sample.results", "2019-03-20", &casework.SampleVisits{Case: c, Village: village, Results: []string{"H1 completed 3 0 yes"}})
	r.refuse("sample.waiting", "2019-03-21", assess(fine...))
	r.refuse("sample.begun", "2019-03-21", drawFrom(c), corrects(drawn.Seq))
	second := r.do("2019-03-21", results(r, c, "653127100202", nil))
	r.refuse("sample.differs", "2019-03-22", assess(fine...)) // somebody is not satisfied

	// One of the eight who were asked is not satisfied: the county fails, whoever would like to state otherwise.
	lines, err := casework.Assessment(ctx, r.DB, county, c)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"composite_incidence=3/1000", "wrong_exit_rate=0/12", "omission_rate=0/12", "satisfaction=7/8"}; !slices.Equal(lines, want) {
		t.Errorf("the sample says %q, want %q", lines, want)
	}
	r.refuse("step.order", "2019-03-22", assess(lines...)) // 7 of 8 is below 90 percent
	first := slices.IndexFunc(s.Drawn, func(d acceptance.Drawn) bool { return d.Household == "H1" })
	if first < 0 {
		t.Fatal("H1 is not drawn")
	}
	seq := func() int64 {
		s, err := casework.FindSurvey(ctx, r.DB, county, c)
		if err != nil {
			t.Fatal(err)
		}
		return s.Visits[slices.IndexFunc(s.Visits, func(v casework.Visited) bool { return v.Household == "H1" })].Seq
	}()
	r.do("2019-03-23", results(r, c, village, nil), corrects(seq)) // after the appeal
	lines, err = casework.Assessment(ctx, r.DB, county, c)
	if err != nil {
		t.Fatal(err)
	}
	r.do("2019-03-24", assess(lines...))
	r.refuse("sample.assessed", "2019-03-24", results(r, c, "653127100202", nil), corrects(second.Seq))
	p, err := casework.Find(ctx, r.DB, county, c, "2019-03-24")
	if err != nil || p.Next == nil || p.Next.ID != "group_review" {
		t.Fatalf("the case stands at %+v (%v)", p, err)
	}
	kept, err := p.Steps[len(p.Steps)-1].Ratios()
	if err != nil || fmt.Sprint(kept["satisfaction"]) != "9/9" || fmt.Sprint(kept["composite_incidence"]) != "3/1000" {
		t.Errorf("the case keeps %v (%v)", kept, err)
	}
	r.step("2019-04-02", c, "group_review", "province", "minutes")
	n := &notice.Notice{ID: "N-c", Case: c, Title: "x", Area: county, Place: "x", Days: 5, DayKind: "working", List: p.List, Hash: p.Hash}
	r.do("2019-04-03", n)
	r.do("2019-04-03", &casework.Step{Case: c, Step: "public_notice", By: "province", Documents: []string{"notice"}, Notice: "N-c"})
	r.step("2019-04-15", c, "approval", "province", "announcement")
	if got := r.count("county-exited", "2019-04-15"); got != 1 {
		t.Errorf("%d counties are out, want 1", got)
	}
	r.replay(t)
}
