package casework_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/casework"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/notice"
	"lastmile/internal/testenv"
)

var ctx = context.Background()

// TestExit takes a household from its card to the day it is out of poverty, and replays the whole history.
func TestExit(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testExit(t, openRegister(t)) })
	t.Run("postgres", func(t *testing.T) { testExit(t, openRegisterAt(t, testenv.Postgres(t))) })
}

func testExit(t *testing.T, r *register) {
	r.poor("H1", "H2")
	if got := r.count("people-registered", ""); got != 6 {
		t.Errorf("%d people are registered, want 6", got)
	}
	if got := r.count("household-assured", ""); got != 2 {
		t.Errorf("%d households have all guarantees, want 2", got)
	}
	r.exit("E1", "H1", "H2")
	for _, id := range []string{"H1", "H2"} {
		if got := r.status(id, "2017-11-20"); got != decision.Exited {
			t.Errorf("household %s is %s, want exited", id, got)
		}
		if got := r.status(id, "2017-11-19"); got != decision.InPoverty {
			t.Errorf("the day before household %s is %s, want registered", id, got)
		}
	}
	if got := r.count("people-lifted", "2017-11-20"); got != 6 {
		t.Errorf("%d people are lifted, want 6", got)
	}
	if got := r.count("people-lifted", "2017-11-19"); got != 0 {
		t.Errorf("%d people are lifted the day before, want none", got)
	}
	twin := card("H3", 100) // the people of H1
	r.do("2017-11-30", twin)
	if list, err := household.Unanswered(ctx, r.DB, county); err != nil || len(list) != 2 {
		t.Errorf("a reviewer is asked about %v (%v), want two people", list, err)
	}
	r.refuse("case.status", "2017-12-01", &casework.Case{ID: "E2", Procedure: "household-exit-2016", Area: village, Households: []string{"H1"}})
	r.replay(t)
}

// The board shows what neighbours need to recognise a household, and nothing that a stranger could use.
func TestPublicListIsMasked(t *testing.T) {
	r := openRegister(t)
	r.poor("H1")
	r.do("2017-11-01", &casework.Case{ID: "E1", Procedure: "household-exit-2016", Area: village, Households: []string{"H1"}})
	n, err := casework.Freeze(ctx, r.DB, county, "E1", "2017-11-01")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"阿×× 3人"}; !slices.Equal(n.Lines, want) {
		t.Errorf("the board shows %q, want %q", n.Lines, want)
	}
	n.ID, n.Place, n.Days, n.DayKind = "N1", "x", 7, "calendar"
	n.Lines = []string{"阿×× 6531271975 0302"}
	r.refuse("notice.number", "2017-11-02", n)
	n.Lines = []string{"阿卜杜拉 3人"}
	r.refuse("notice.name", "2017-11-02", n)
	n.Lines, n.Hash = nil, strings.Repeat("0", 64)
	r.refuse("notice.hash", "2017-11-02", n)
}

// Edge case 14: an objection on the last day of the posting stops the list until it is settled; upheld, the list must be put up again.
func TestEdgeCase14ObjectionOnTheLastDay(t *testing.T) {
	r := openRegister(t)
	r.poor("H1", "H2")
	r.do("2017-11-01", &casework.Case{ID: "E1", Procedure: "household-exit-2016", Area: village, Households: []string{"H1", "H2"}})
	r.step("2017-11-02", "E1", "appraisal", "village", "minutes")
	r.step("2017-11-10", "E1", "verification", "village", "visit_record")
	r.step("2017-11-10", "E1", "acceptance", "household", "signature")
	r.notice("2017-11-11", "E1")
	r.posting("2017-11-11", "E1", "posting", "village")
	announce := func() *casework.Step {
		return &casework.Step{Case: "E1", Step: "announcement", By: "village", Documents: []string{"notice_photo"}}
	}
	r.refuse("step.order", "2017-11-18", announce()) // the seventh full day
	r.do("2017-11-18", &notice.Objection{ID: "O1", Notice: noticeID("E1", "2017-11-11"), Household: "H2", Anonymous: true, Text: "He owns a shop.", AnswerBy: "2017-12-03"})
	r.refuse("step.order", "2017-11-19", announce())
	if d, _, err := household.Decide(ctx, r.DB, county, "H2", "2017-11-19", "2017-11-19"); err != nil || d.Outcome != string(decision.Hold) || !slices.Contains(d.Reasons, "no_open_objection.open_objection") {
		t.Errorf("with an open objection the decision is %+v (%v)", d, err)
	}
	r.do("2017-11-25", &notice.Answer{Objection: "O1", Verdict: notice.Upheld, Text: "He does."})
	r.refuse("objection.settled", "2017-11-26", &notice.Answer{Objection: "O1", Verdict: notice.Rejected, Text: "He does not."})
	r.refuse("step.order", "2017-11-26", announce())
	r.do("2017-11-26", &casework.List{Case: "E1", Remove: []string{"H2"}, Reason: "Objection O1 was upheld."})
	r.refuse("step.order", "2017-11-26", announce())
	r.refuse("notice.list", "2017-11-26", &casework.Step{Case: "E1", Step: "posting", By: "village", Documents: []string{"notice_photo"}, Notice: noticeID("E1", "2017-11-11")})
	r.notice("2017-11-27", "E1")
	r.posting("2017-11-27", "E1", "posting", "village")
	r.step("2017-12-05", "E1", "announcement", "village", "notice_photo")
	r.step("2017-12-06", "E1", "deregistration", "county", "register_entry")
	if a, b := r.status("H1", "2017-12-06"), r.status("H2", "2017-12-06"); a != decision.Exited || b != decision.InPoverty {
		t.Errorf("H1 is %s and H2 is %s, want exited and registered", a, b)
	}
	r.replay(t)
}

// Edge case 12: late evidence that reverses an exit is an event of its own date; statements as of before it still show the exit.
func TestEdgeCase12LateEvidence(t *testing.T) {
	r := openRegister(t)
	r.poor("H1", "H2")
	r.exit("E1", "H1", "H2")
	r.refuse("exit.right", "2018-03-01", &casework.WrongExit{Household: "H1", Finding: "It is said that the house is unsafe."})
	r.now = r.now.AddDate(0, 1, 0)
	r.do("2017-11-20", visit("H1", "2016-11-01", 3*3400, "housing=grade_d")) // found out months later: the house was unsafe on the day
	r.do("2018-05-02", &casework.WrongExit{Household: "H1", Finding: "The certificate of 2017-11-20 says grade D."})
	if a, b := r.status("H1", "2018-05-01"), r.status("H1", "2018-05-02"); a != decision.Exited || b != decision.ExitReversed {
		t.Errorf("H1 is %s before and %s after, want exited and exit_reversed", a, b)
	}
	for on, want := range map[string]int64{"2017-11-30": 6, "2018-05-01": 6, "2018-05-02": 3} {
		if got := r.count("people-lifted", dateOf(on)); got != want {
			t.Errorf("as of %s %d people are lifted, want %d", on, got, want)
		}
	}
	r.replay(t)
}

// Edge case 15: a household that falls back and leaves again keeps its code, cannot leave in the year it fell back, and counts once among distinct people.
func TestEdgeCase15RelapseAndSecondExit(t *testing.T) {
	r := openRegister(t)
	r.poor("H1")
	r.exit("E1", "H1")
	r.do("2018-02-01", &casework.Relapse{Household: "H1", Cause: "illness", Document: "Township report"})
	if got := r.decide("2018-03-01", "H1"); got != string(decision.Hold) {
		t.Errorf("in the year of the relapse the decision is %s, want HOLD", got)
	}
	r.do("2019-01-15", visit("H1", "2018-01-01", 3*4000))
	if got := r.decide("2019-01-16", "H1"); got != string(decision.ExitEligible) {
		t.Fatalf("a year later the decision is %s", got)
	}
	c := "E2"
	r.do("2019-02-01", &casework.Case{ID: c, Procedure: "household-exit-2016", Area: village, Households: []string{"H1"}})
	r.step("2019-02-02", c, "appraisal", "village", "minutes")
	r.step("2019-02-03", c, "verification", "village", "visit_record")
	r.step("2019-02-03", c, "acceptance", "household", "signature")
	r.notice("2019-02-04", c)
	r.posting("2019-02-04", c, "posting", "village")
	r.step("2019-02-12", c, "announcement", "village", "notice_photo")
	r.step("2019-02-13", c, "deregistration", "county", "register_entry")
	if got := r.count("people-lifted", ""); got != 3 {
		t.Errorf("%d distinct people are lifted, want 3", got)
	}
	var exits int64
	if err := r.DB.QueryRow(ctx, "SELECT COUNT(*) FROM observation WHERE measure = 'people-lifted'").Scan(&exits); err != nil || exits != 6 {
		t.Errorf("people are lifted in %d exits (%v), want 6", exits, err)
	}
	r.replay(t)
}

// A decision that the records do not give is refused, and so is an exit that the last decision does not allow.
func TestNoExitWithoutDecision(t *testing.T) {
	r := openRegister(t)
	r.poor("H1")
	d, _, err := household.Decide(ctx, r.DB, county, "H1", "2017-11-07", "2017-11-07")
	if err != nil {
		t.Fatal(err)
	}
	lie := *d
	lie.Net++
	r.refuse("decision.differs", "2017-11-07", &lie)
	r.do("2017-11-01", &casework.Case{ID: "E1", Procedure: "household-exit-2016", Area: village, Households: []string{"H1"}})
	r.refuse("step.measured", "2017-11-08", &casework.Step{Case: "E1", Step: "appraisal", By: "village", Documents: []string{"minutes"}, Measured: []string{"exit_eligible=1"}})
	r.step("2017-11-02", "E1", "appraisal", "village", "minutes")
	r.step("2017-11-08", "E1", "verification", "village", "visit_record")
	r.step("2017-11-08", "E1", "acceptance", "household", "signature")
	r.notice("2017-11-09", "E1")
	r.posting("2017-11-09", "E1", "posting", "village")
	r.do("2017-11-12", visit("H1", "2016-11-01", 3*3300)) // the second look finds less than the line
	if got := r.decide("2017-11-13", "H1"); got != string(decision.Hold) {
		t.Fatalf("the decision is %s, want HOLD", got)
	}
	r.step("2017-11-17", "E1", "announcement", "village", "notice_photo")
	r.refuse("exit.ineligible", "2017-11-18", &casework.Step{Case: "E1", Step: "deregistration", By: "county", Documents: []string{"register_entry"}})
	if got := r.status("H1", "2017-12-31"); got != decision.InPoverty {
		t.Errorf("H1 is %s, want registered", got)
	}
}

// What one case did is undone by a dated event, never by taking a step back.
func TestDoneCaseIsNotTakenBack(t *testing.T) {
	r := openRegister(t)
	r.poor("H1")
	r.exit("E1", "H1")
	p, err := casework.Find(ctx, r.DB, county, "E1", "2017-11-20")
	if err != nil || !p.Done || !p.Complete() || len(p.Status.Done) != 6 {
		t.Fatalf("the case stands at %+v (%v)", p, err)
	}
	var seq int64
	if err := r.DB.QueryRow(ctx, "SELECT MAX(seq) FROM entry WHERE kind = 'case-step' AND book = $1", county).Scan(&seq); err != nil {
		t.Fatal(err)
	}
	r.refuse("step.done", "2017-12-01", &fact.Reversal{Entry: seq, Reason: "wrong"})
}
