package casework_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/household/decision"
)

// attempt is a step that somebody tries to record, right or wrong.
type attempt struct {
	step, by, document string
}

// right are the steps of an exit by the national text, in order.
var right = []attempt{
	{"appraisal", "village", "minutes"}, {"verification", "village", "visit_record"}, {"acceptance", "household", "signature"},
	{"posting", "village", "notice_photo"}, {"announcement", "village", "notice_photo"}, {"deregistration", "county", "register_entry"},
}

// TestNoWayAround tries steps of an exit in any order, left out, again, by the wrong body, without their document, too early after a notice, and without a decision
// that allows the exit. The household is out exactly when a plain walk over the attempts says that all was done in order.
func TestNoWayAround(t *testing.T) {
	r := openRegister(t)
	const householdsMax = 40
	ids := make([]string, householdsMax)
	for i := range ids {
		ids[i] = fmt.Sprintf("H%03d", i)
	}
	r.poor(ids...)
	next, left := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		if next >= householdsMax {
			return // every household has had its turn
		}
		r.tb = t
		id := ids[next]
		next++
		c := "E-" + id
		on := date.Date("2017-11-10")
		attempts := rapid.Permutation(right).Draw(t, "order")
		mistakes, days := []string{"", "", "", "wrong body", "no document", "left out"}, []int{0, 1, 8}
		if careful := rapid.SampledFrom([]bool{true, true, false}).Draw(t, "careful"); careful {
			mistakes, days = []string{""}, []int{8}
		}
		switch rapid.SampledFrom([]string{"sorted", "sorted", "sorted twice", "shuffled"}).Draw(t, "how") {
		case "sorted":
			attempts = right
		case "sorted twice":
			attempts = append(append([]attempt{}, attempts...), right...)
		}
		allowed := rapid.SampledFrom([]bool{true, true, false}).Draw(t, "allowed")
		if !allowed {
			r.do("2017-11-08", visit(id, "2016-11-01", 3*3000))
			r.decide("2017-11-09", id)
		}
		r.do(on, &casework.Case{ID: c, Procedure: "household-exit-2016", Area: village, Households: []string{id}})

		done, free := 0, on // the plain walk: how many steps are done, and from which day the next may happen
		for i, a := range attempts {
			on = on.AddDays(rapid.SampledFrom(days).Draw(t, "days"))
			switch rapid.SampledFrom(mistakes).Draw(t, "wrong") {
			case "wrong body":
				a.by = "third_party"
			case "no document":
				a.document = "letter"
			case "left out":
				continue
			}
			s := &casework.Step{Case: c, Step: a.step, By: a.by, Documents: []string{a.document}}
			if a.step == "posting" {
				n, err := casework.Freeze(ctx, r.DB, county, c, on)
				if err != nil {
					t.Fatal(err)
				}
				n.ID, n.Place, n.Days, n.DayKind = fmt.Sprintf("N-%s-%d", id, i), "board", 7, "calendar"
				r.do(on, n)
				s.Notice = n.ID
			}
			receipt, err := r.try(on, s)
			if receipt.Again {
				continue // the same step of the same day was sent before: it is one
			}
			counts := done < len(right) && a == right[done] && on >= free && (allowed || a.step != "verification")
			if counts != (err == nil) {
				t.Fatalf("step %d, %+v on %s: recorded %t (%v), the walk says %t", i, a, on, err == nil, err, counts)
			}
			if counts {
				done, free = done+1, on
				if a.step == "posting" {
					free = on.AddDays(8)
				}
			}
		}
		out := r.status(id, on) == decision.Exited
		if out != (done == len(right)) {
			t.Fatalf("household %s is out: %t, and %d of %d steps were done", id, out, done, len(right))
		}
		if out {
			left++
		}
	})
	if left == 0 || left == next {
		t.Errorf("of %d households %d left: the test must see both", next, left)
	}
	if got := r.count("people-lifted", ""); got != int64(3*left) {
		t.Errorf("%d people are lifted, want %d", got, 3*left)
	}
	r.tb = t
	r.replay(t)
}
