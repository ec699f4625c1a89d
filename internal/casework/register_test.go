package casework_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
)

// Edge case 13: one document in two households or two counties is a question for a reviewer, a document that fails its check is refused, and
// a verdict that proves wrong is taken back.
func TestEdgeCase13OnePersonTwice(t *testing.T) {
	r := openRegister(t)
	bad := card("H0", 1)
	bad.Documents[0] = bad.Documents[0][:len(bad.Documents[0])-1] + "Z"
	r.refuse("member.document", "2014-02-10", bad)
	bad = card("H0", 1)
	bad.Documents = []string{"01 " + number("1975-03-03", 3)}
	r.refuse("member.document-birth", "2014-02-10", bad)

	r.do("2014-02-10", card("H1", 1))
	again := card("H2", 2)
	again.Documents[0] = "01 " + strings.ToLower(number("1975-03-02", 3)) // number 3 is that of card 1
	r.do("2014-02-11", again)
	far := card("F1", 1) // the same people in the other county
	far.Area = village2
	r.do("2014-02-12", far, in(other))
	wantDuplicates := func(book string, want ...string) {
		t.Helper()
		list, err := household.Unanswered(ctx, r.DB, book)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range list {
			d, err := decodeDuplicate(r, e)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s=%s:%s %s %v", d.Member, d.Book, d.Other, d.Strength, d.Shares))
		}
		if !slices.Equal(got, want) {
			t.Errorf("in book %s a reviewer is asked\n%q, want\n%q", book, got, want)
		}
	}
	wantDuplicates(county, "H2-01=653127:H1-01 certain [document]")
	wantDuplicates(other, "F1-01=653127:H1-01 certain [account document name phone]", "F1-01=653127:H2-01 certain [document]", "F1-02=653127:H1-02 certain [document name]")

	r.identify("H1", "H2")
	list, err := household.Unanswered(ctx, r.DB, county)
	if err != nil {
		t.Fatal(err)
	}
	same := r.do("2014-04-01", &household.Verdict{Duplicate: list[0].ID, Verdict: "same", Why: "One card was shown for both."})
	present := func(on date.Date) int {
		f, err := household.Load(ctx, r.DB, county, "H2")
		if err != nil {
			t.Fatal(err)
		}
		return len(f.Present(on))
	}
	if a, b := present("2014-03-31"), present("2014-04-01"); a != 3 || b != 2 {
		t.Errorf("H2 has %d members before and %d after, want 3 and 2", a, b)
	}
	r.refuse("duplicate.closed", "2014-04-02", &household.Verdict{Duplicate: list[0].ID, Verdict: "different", Why: "x"})
	r.do("2014-05-01", &fact.Reversal{Entry: same.Seq, Reason: "They are two persons after all."}, func(d *fact.Draft) { d.Actor, d.Approvers = "zhao", []string{"wu"} })
	if got := present("2014-05-01"); got != 3 {
		t.Errorf("H2 has %d members after the verdict was taken back, want 3", got)
	}
	wantDuplicates(county, "H2-01=653127:H1-01 certain [document]")
	r.replay(t)
}

func decodeDuplicate(r *register, e entity.Entity) (*household.Duplicate, error) {
	var body string
	if err := r.DB.QueryRow(ctx, "SELECT body FROM entry WHERE book = $1 AND seq = $2", e.Book, e.Seq).Scan(&body); err != nil {
		return nil, err
	}
	f, err := fact.DecodeBody("duplicate", body, "")
	if err != nil {
		return nil, err
	}
	return f.(*household.Duplicate), nil
}

// What the guard keeps of a person holds no number or name, and goes when the personal data is erased. Figures, files and the chain stay.
func TestErasure(t *testing.T) {
	r := openRegister(t)
	receipt := r.do("2014-02-10", card("H1", 100))
	r.identify("H1")
	kept := rows(t, r.Store, "match_key")
	for _, secret := range []string{"阿卜杜拉", number("1975-03-02", 201), "13900000100"} {
		if strings.Contains(kept, secret) || bytes.Contains([]byte(kept), []byte(secret)) {
			t.Errorf("the guard keeps %q", secret)
		}
	}
	if kept == "" {
		t.Fatal("the guard keeps nothing")
	}
	before := r.count("people-registered", "")
	r.do("2015-01-01", &fact.Erasure{Entry: receipt.Seq, Reason: "asked for by the family"}, by("wu"), func(d *fact.Draft) { d.Actor, d.Approvers = fact.Operator, []string{"wu"} })
	if got := rows(t, r.Store, "match_key"); got != "" {
		t.Errorf("after the erasure the guard keeps\n%s", got)
	}
	f, err := household.Load(ctx, r.DB, county, "H1")
	if err != nil {
		t.Fatal(err)
	}
	if f.HeadName("2015-01-01") != "" || len(f.Present("2015-01-01")) != 3 || r.count("people-registered", "") != before {
		t.Errorf("after the erasure: name %q, %d members, %d people registered", f.HeadName("2015-01-01"), len(f.Present("2015-01-01")), r.count("people-registered", ""))
	}
	r.do("2015-02-01", card("H9", 100)) // the same people again: nobody knows them any more
	if list, err := household.Unanswered(ctx, r.DB, county); err != nil || len(list) != 0 {
		t.Errorf("after the erasure a reviewer is asked about %v (%v)", list, err)
	}
	r.replay(t)
}

// Edge case 4: a household that splits during the year takes its people's own earnings along and its share of what was earned together; after a mark for leaving, the split
// waits for a review.
func TestEdgeCase4Split(t *testing.T) {
	r := openRegister(t)
	h := card("H1", 1)
	h.Members = append(h.Members, "04 parent 1950-01-01 male ordinary")
	r.do("2014-02-10", h)
	r.identify("H1")
	r.do("2016-05-05", &household.Measure{Area: village, Cause: "skill", What: "Course", Batch: "industry", Households: []string{"H1"}})
	r.do("2017-06-01", visit("H1", "2016-06-01", 20000, "wage.local.04=4000", "business.crops=8000.03"))
	young := card("H2", 2)
	young.Members, young.Names, young.Documents = nil, nil, nil
	r.do("2017-07-01", young)
	r.refuse("ref.unknown", "2017-07-01", &household.Split{Household: "H1", New: "H2", Members: []string{"H1-09"}, Reason: "x"})
	split := r.do("2017-07-01", &household.Split{Household: "H1", New: "H2", Members: []string{"H1-04"}, Reason: "The father lives by himself."})
	for id, want := range map[string]struct {
		members int
		yuan    string
	}{"H1": {3, "26000.02"}, "H2": {1, "6000.01"}} {
		f, err := household.Load(ctx, r.DB, county, id)
		if err != nil {
			t.Fatal(err)
		}
		_, d, err := f.Decide("2017-07-02", "2017-07-02")
		if err != nil {
			t.Fatal(err)
		}
		if d.Members != want.members || d.Account.Net.String() != want.yuan {
			t.Errorf("after the split %s has %d members and %s yuan, want %d and %s", id, d.Members, d.Account.Net, want.members, want.yuan)
		}
		if got := r.status(id, "2017-07-02"); got != decision.InPoverty {
			t.Errorf("after the split %s is %s, want registered", id, got)
		}
	}
	r.do("2017-08-01", &fact.Reversal{Entry: split.Seq, Reason: "He came back."}, func(d *fact.Draft) { d.Approvers = []string{"wu"} })
	if f, err := household.Load(ctx, r.DB, county, "H1"); err != nil || len(f.Present("2017-08-01")) != 4 {
		t.Errorf("after the split was taken back H1 has %d members (%v), want 4", len(f.Present("2017-08-01")), err)
	}
	r.replay(t)
}

// A death, a birth, a revised card, a move within the county, and a move to the other one whose two halves find each other.
func TestChanges(t *testing.T) {
	r := openRegister(t)
	r.do("2014-02-10", card("H1", 1))
	r.identify("H1")
	r.do("2015-01-01", &household.Member{Household: "H1", Number: "04", Relation: "child", Birth: "2014-12-30", Sex: "male", Labour: "none", Reason: "born"})
	r.refuse("member.again", "2015-01-01", &household.Member{Household: "H1", Number: "04", Relation: "child", Birth: "2014-12-31", Sex: "male", Labour: "none", Reason: "born"})
	r.do("2015-02-01", &household.Departure{Member: "H1-02", Reason: "died"})
	r.refuse("departure.again", "2015-02-02", &household.Departure{Member: "H1-02", Reason: "moved"})
	revised := card("H1", 1)
	revised.Revision, revised.Members, revised.Names, revised.Documents, revised.MainCause, revised.OtherCauses = true, nil, nil, nil, "illness", nil
	r.do("2015-03-01", revised)
	r.refuse("define.again", "2015-03-02", card("H1", 1))
	early := *revised
	early.MainCause = "labour"
	r.refuse("revise.early", "2015-02-28", &early)
	r.do("2015-04-01", &household.Move{Household: "H1", To: "653127100202", Document: "Register"})
	f, err := household.Load(ctx, r.DB, county, "H1")
	if err != nil {
		t.Fatal(err)
	}
	if got := []any{len(f.Present("2015-01-31")), len(f.Present("2015-02-02")), f.Card("2015-02-28").MainCause, f.Card("2015-03-01").MainCause, f.Area("2015-03-31"), f.Area("2015-04-01")}; !reflect.DeepEqual(got,
		[]any{4, 3, "skill", "illness", village, "653127100202"}) {
		t.Errorf("the file says %v", got)
	}
	if p, ok, err := entity.Get(ctx, r.DB, county, "party", "H1"); err != nil || !ok || p.Class != "household" || p.Area != "653127100202" {
		t.Errorf("payments find the household as %+v (%v)", p, err)
	}

	r.do("2015-05-01", &household.MoveOut{Move: "MV-1", Household: "H1", To: other, Document: "Register"})
	unmatched := func(want ...household.Unmatched) {
		t.Helper()
		if got, err := household.FindUnmatched(ctx, r.DB); err != nil || !slices.Equal(got, want) {
			t.Errorf("unmatched are %v (%v), want %v", got, err, want)
		}
	}
	unmatched(household.Unmatched{Move: "MV-1", Household: "H1", Book: county})
	arrived := card("H1", 1)
	arrived.Area, arrived.Move, arrived.Registered = village2, "MV-1", "2014-03-24"
	r.do("2015-05-02", arrived, in(other))
	unmatched()
	r.book = other
	if got := r.status("H1", "2015-05-02"); got != decision.InPoverty {
		t.Errorf("in the other county H1 is %s, want registered", got)
	}
	sneaked := card("H7", 7)
	sneaked.Registered = "2014-01-01"
	r.refuse("household.registered", "2015-06-01", sneaked)
	r.replay(t)
}

// Edge case 20: visits of two devices that did not know of each other, one with a wrong clock, one sent twice, arrive in any order. The
// file is the same, both answers are kept for a reviewer, and what is in dispute counts as unknown.
func TestEdgeCase20OfflineVisits(t *testing.T) {
	r := openRegister(t)
	const householdsMax = 12
	next := 0
	rapid.Check(t, func(t *rapid.T) {
		if next >= householdsMax {
			return
		}
		r.tb = t
		next++
		names := []string{"base", "tablet", "phone"}
		values := map[string]string{"tablet": rapid.SampledFrom([]string{"grade_b", "grade_d"}).Draw(t, "tablet"), "phone": rapid.SampledFrom([]string{"grade_b", "grade_d"}).Draw(t, "phone")}
		on := map[string]date.Date{"base": "2017-03-01", "tablet": "2017-09-01", "phone": rapid.SampledFrom([]date.Date{"2017-09-01", "2017-09-02", "2017-02-28"}).Draw(t, "clock of the phone")}
		files := map[string]*household.File{}
		for _, order := range []string{"a", "b"} {
			id := fmt.Sprintf("H%02d%s", next, order)
			c := card(id, 0)
			c.Names, c.Documents, c.Phone, c.Account = nil, nil, "", ""
			r.do("2014-02-10", c)
			sent := append(rapid.Permutation(names).Draw(t, "order"), rapid.SampledFrom(names).Draw(t, "again"))
			for i, name := range sent {
				v := visit(id, "2016-03-01", 10000)
				if name != "base" {
					v = visit(id, "2016-03-01", 10000, "housing="+values[name])
					v.Follows = id + "-base"
				}
				v.Device = name
				if receipt := r.do(on[name], v, key(id+"-"+name)); receipt.Again != (slices.Index(sent, name) < i) {
					t.Fatalf("visit %s sent as number %d of %v: recorded before: %t", name, i, sent, receipt.Again)
				}
			}
			f, err := household.Load(ctx, r.DB, county, id)
			if err != nil {
				t.Fatal(err)
			}
			files[order] = f
		}
		a, b := files["a"], files["b"]
		strip := func(s string) string { return strings.ReplaceAll(s, b.ID, a.ID) }
		if x, y := fmt.Sprint(a.Conflicts("2020-01-01")), strip(fmt.Sprint(b.Conflicts("2020-01-01"))); x != y {
			t.Fatalf("in one order the visits disagree on %s, in the other on %s", x, y)
		}
		inputA, err := a.Input("2017-10-01")
		if err != nil {
			t.Fatal(err)
		}
		inputB, err := b.Input("2017-10-01")
		if err != nil {
			t.Fatal(err)
		}
		for i := range inputA.Checks { // when the register learned of it is the one thing that differs
			inputA.Checks[i].Recorded, inputB.Checks[i].Recorded = "", ""
		}
		if x, y := fmt.Sprint(inputA.Checks), strip(fmt.Sprint(inputB.Checks)); x != y {
			t.Fatalf("checks differ:\n%s\n%s", x, y)
		}
		contradict := values["tablet"] != values["phone"]
		conflicts := a.Conflicts("2020-01-01")
		if contradict != (len(conflicts) == 1) || contradict && len(conflicts[0].Values) != 2 {
			t.Fatalf("tablet says %s, phone says %s, and the conflicts are %v", values["tablet"], values["phone"], conflicts)
		}
		if got := a.Answer(decision.Housing, "2020-01-01"); contradict && got != decision.Unknown {
			t.Fatalf("what is in dispute is %s, want unknown", got)
		}
		if contradict {
			r.do("2017-11-01", &household.AnswerReview{Household: a.ID, Answer: "housing=grade_b", Why: "The certificate."})
			reviewed, err := household.Load(ctx, r.DB, county, a.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := reviewed.Answer(decision.Housing, "2020-01-01"); got != decision.Met || len(reviewed.Conflicts("2020-01-01")) != 0 || len(reviewed.Visits) != 3 {
				t.Fatalf("after the review housing is %s, conflicts %v, %d visits on file", got, reviewed.Conflicts("2020-01-01"), len(reviewed.Visits))
			}
		}
	})
	r.tb = t
	r.replay(t)
}

// Edge case 16: a watch does not end before its time, without a measure for its risk, or while the risk is open; it can be opened again.
func TestEdgeCase16Watch(t *testing.T) {
	r := openRegister(t)
	r.poor("H1")
	r.exit("E1", "H1")
	r.refuse("watch.group", "2020-04-01", &casework.Watch{Household: "H1", Group: "marginal", Risks: []string{"illness"}, Found: "visit"})
	r.do("2020-04-01", &casework.Watch{Household: "H1", Group: "unstable_exited", Risks: []string{"illness"}, Found: "visit"})
	r.refuse("watch.open", "2020-04-02", &casework.Watch{Household: "H1", Group: "unstable_exited", Risks: []string{"illness"}, Found: "visit"})
	end := &casework.WatchEnd{Household: "H1", Document: "Minutes"}
	r.do("2020-04-05", visit("H1", "2019-04-01", 3*8000))
	r.refuse("watch.holds", "2020-10-10", end)
	r.do("2020-05-01", &household.Measure{Area: village, Cause: "illness", What: "Serious-illness insurance paid", Batch: "social-security", Households: []string{"H1"}})
	r.refuse("watch.holds", "2020-10-10", end)
	r.do("2020-09-01", &casework.RiskSolved{Household: "H1", Risk: "illness", How: "Recovered and back at work."})
	r.refuse("watch.holds", "2020-09-30", end)
	r.do("2020-10-10", end)
	for on, want := range map[date.Date]int64{"2020-04-01": 1, "2020-10-09": 1, "2020-10-10": 0} {
		if got := r.count("watch-running", on); got != want {
			t.Errorf("on %s %d households are under watch, want %d", on, got, want)
		}
	}
	r.do("2020-11-01", &casework.Watch{Household: "H1", Group: "unstable_exited", Risks: []string{"illness"}, Found: "self-report"})
	r.refuse("watch.holds", "2020-12-01", end)
	r.replay(t)
}

// A visit that is taken back or corrected leaves the counts as they are without it, whatever came after it.
func TestVisitTakenBack(t *testing.T) {
	r := openRegister(t)
	r.do("2014-02-10", card("H1", 1))
	want := func(n int64) {
		t.Helper()
		if got := r.count("household-assured", ""); got != n {
			t.Errorf("%d households have all guarantees, want %d", got, n)
		}
	}
	first := r.do("2017-03-01", visit("H1", "2016-03-01", 10000))
	want(1)
	second := r.do("2017-04-01", visit("H1", "2016-04-01", 10000, "housing=grade_d"))
	want(0)
	back := func(d *fact.Draft) { d.Approvers = []string{"wu"} }
	r.do("2017-05-01", &fact.Reversal{Entry: second.Seq, Reason: "Another house was looked at."}, back)
	want(1)
	third := r.do("2017-06-01", visit("H1", "2016-06-01", 10000, "housing=grade_c"))
	want(0)
	r.do("2017-06-02", &fact.Reversal{Entry: first.Seq, Reason: "It never took place."}, back)
	want(0)
	r.do("2017-06-03", visit("H1", "2016-06-01", 10000), corrects(third.Seq))
	want(1)
	if got := r.count("household-visited", ""); got != 1 {
		t.Errorf("%d visits are counted, want 1", got)
	}
	r.replay(t)
}
