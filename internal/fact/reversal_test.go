package fact_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/access"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/figure"
	"lastmile/internal/goods"
	"lastmile/internal/ledger"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

func reverse(seq int64) fact.Draft { return by(&fact.Reversal{Entry: seq, Reason: "a mistake"}) }

// state is what a store holds and counts: what must be as before once a fact is taken back.
func state(t *testing.T, s *store.Store) string {
	t.Helper()
	var b strings.Builder
	list, err := ledger.FindBalances(t.Context(), s.DB, ledger.BalanceFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		fmt.Fprintln(&b, x.Book, x.ID, x.Commodity, x.Fund, x.Amount)
	}
	sums := []string{}
	for _, m := range figure.Measures() {
		sums = append(sums, m.ID)
	}
	sums = append(sums, "injection:CNY", "transfer-out:CNY", "transfer-in:CNY", "commitment:CNY", "release:CNY", "disbursement:CNY", "refund:CNY", "purchase:sheep", "donation:sheep", "delivery:sheep", "loss:sheep", "budget:CNY-budget")
	var definitions []figure.Definition
	for _, m := range sums {
		definitions = append(definitions, figure.Definition{ID: m, Aggregate: figure.Sum, Terms: []figure.Term{{Measure: m}}})
	}
	figures := figure.NewBook(s.DB, s.Today(), definitions)
	for _, m := range sums {
		v, err := figures.Evaluate(t.Context(), m, figure.At{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, m, v.Number, v.Traced, v.Of)
	}
	entities, err := entity.Find(t.Context(), s.DB, entity.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entities {
		if e.Type != "milestone" {
			fmt.Fprintln(&b, e.Book, e.Type, e.ID, e.Class, e.Status)
		}
	}
	return b.String()
}

// Every kind that moves or counts can be taken back, once, and then all is as if it had not been; what rests on it keeps it from being
// taken back, with a reason.
func TestReverse(t *testing.T) {
	village := facttest.Villages[wushan][0]
	hq := func(f fact.Fact) fact.Draft {
		d := by(f)
		d.Book = "hq"
		return d
	}
	shop := "shop"
	cases := []struct {
		name   string
		before []fact.Draft
		fact   fact.Draft
		spend  []fact.Draft // rests on the fact
		code   string       // why it cannot be taken back then
	}{
		{"injection", nil, hq(&programme.Injection{Fund: "own", Amount: 100_00, Voucher: "I"}),
			[]fact.Draft{hq(&programme.Transfer{Transfer: "T-all", To: wushan, Fund: "own", Amount: 20_050_00, Voucher: "T"})}, "ledger.short"},
		{"transfer", nil, hq(&programme.Transfer{Transfer: "T", To: wushan, Fund: "own", Amount: 100_00, Voucher: "T"}), nil, ""},
		{"receipt", nil, by(&programme.TransferReceipt{Transfer: "T", County: wushan, Fund: "clinic", Amount: 100_00, Voucher: "T"}),
			[]fact.Draft{by(&project.Budget{Project: "W-clinic", Line: "more", Amount: 50_000_00}), by(&project.Commitment{Project: "W-clinic", Fund: "clinic", Amount: 40_050_00, Contract: "C"})}, "ledger.short"},
		{"budget", nil, by(&project.Budget{Project: "W-school", Line: "more", Amount: 100_00}),
			[]fact.Draft{by(&project.Commitment{Project: "W-school", Amount: 20_050_00, Contract: "C"})}, "ledger.short"},
		{"commitment", nil, by(&project.Commitment{Project: "W-house", Amount: 100_00, Contract: "C"}),
			[]fact.Draft{pay(10_050_00, "V")}, "ledger.short"},
		{"release", nil, by(&project.Release{Project: "W-school", Amount: 100_00, Reason: "x"}),
			[]fact.Draft{by(&project.Commitment{Project: "W-school", Amount: 20_050_00, Contract: "C"})}, "ledger.short"},
		{"disbursement", nil, pay(100_00, "V"),
			[]fact.Draft{by(&project.Refund{Project: "W-house", From: "W-li", Amount: 50_00, Voucher: "R", Fund: "own", Reason: "x"})}, "reversal.returned"},
		{"refund", []fact.Draft{pay(100_00, "V")}, by(&project.Refund{Project: "W-house", From: "W-li", Amount: 50_00, Voucher: "R", Fund: "own", Reason: "x"}), nil, ""},
		{"purchase", nil, by(&goods.Purchase{Project: "W-house", Supplier: shop, Commodity: "sheep", Quantity: 10, Amount: 100_00, Voucher: "V"}),
			[]fact.Draft{by(&goods.Delivery{Project: "W-house", To: "W-li", Commodity: "sheep", Quantity: 1, Receipt: "R"})}, "ledger.short"},
		{"donation", nil, by(&goods.Donation{Project: "W-house", Fund: "learning", Commodity: "sheep", Quantity: 10, Document: "D"}),
			[]fact.Draft{by(&goods.Loss{Project: "W-house", Commodity: "sheep", Quantity: 1, Cause: "wolf"})}, "ledger.short"},
		{"delivery", []fact.Draft{by(&goods.Donation{Project: "W-house", Fund: "learning", Commodity: "sheep", Quantity: 10, Document: "D"})},
			by(&goods.Delivery{Project: "W-house", To: "W-li", Commodity: "sheep", Quantity: 4, Receipt: "R"}), nil, ""},
		{"loss", []fact.Draft{by(&goods.Donation{Project: "W-house", Fund: "learning", Commodity: "sheep", Quantity: 10, Document: "D"})},
			by(&goods.Loss{Project: "W-house", Commodity: "sheep", Quantity: 4, Cause: "wolf"}), nil, ""},
		{"status", []fact.Draft{by(&project.Status{Project: "W-house", Status: "stopped"})}, by(&project.Status{Project: "W-house", Status: "finished"}), nil, ""},
		{"milestone", []fact.Draft{by(&project.Milestone{Project: "W-house", ID: "roof", Name: "Roof", Due: "2020-01-01"})},
			by(&project.MilestoneReached{Project: "W-house", Milestone: "roof"}), nil, ""},
		{"acceptance", nil, by(&programme.Acceptance{County: wushan, Event: "passed", Document: "D"}), nil, ""},
		{"interview", nil, interview("W-li", 3, "Li"), nil, ""},
		{"appointment", nil, hq(&access.Appointment{Person: facttest.Local, Role: "county-assistant", Area: village}), nil, ""},
	}
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				for j, d := range c.before {
					d.Key = fmt.Sprintf("case-%d-before-%d", i, j)
					facttest.MustRecord(t, s, d)
				}
				before := state(t, s)
				c.fact.Key = fmt.Sprint("case-", i) // the case before may have said the same
				seq := facttest.MustRecord(t, s, c.fact)[0].Seq
				back := reverse(seq)
				back.Book = c.fact.Book
				if c.code != "" {
					var rests []int64
					for j, d := range c.spend {
						d.Key = fmt.Sprintf("case-%d-%d", i, j)
						rests = append(rests, facttest.MustRecord(t, s, d)[0].Seq)
					}
					e := refused(t, s, c.code, back)
					if !strings.Contains(e.Error(), "holds") && !strings.Contains(e.Error(), "paid") {
						t.Errorf("does not say what is missing: %v", e)
					}
					for _, seq := range slices.Backward(rests) {
						d := reverse(seq)
						d.Book = c.spend[slices.Index(rests, seq)].Book
						facttest.MustRecord(t, s, d)
					}
				}
				if now := state(t, s); now == before && c.name != "appointment" {
					t.Error("the fact changed nothing")
				}
				facttest.MustRecord(t, s, back)
				if after := state(t, s); after != before {
					t.Errorf("taken back, and yet\n%s\nwas\n%s", difference(before, after), difference(after, before))
				}
				twice := back
				twice.Key = "twice"
				refused(t, s, "reversal.again", twice)
				facttest.CheckBooks(t, s)
			})
		}
	})
}

// A correction takes back and replaces; it may be corrected again, and only what stands last counts.
func TestCorrect(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		paid := func() int64 { return held(t, s, "recipient:W-li") }
		first := facttest.MustRecord(t, s, pay(100_00, "V-1"))[0].Seq
		second := pay(90_00, "V-1")
		second.Corrects = first
		seq := facttest.MustRecord(t, s, second)[0].Seq
		if got := paid(); got != 90_00 {
			t.Errorf("corrected once: %d fen", got)
		}
		another := pay(80_00, "V-1")
		another.Corrects = first
		refused(t, s, "reversal.again", another)
		third := pay(80_00, "V-1")
		third.Corrects = seq
		seq = facttest.MustRecord(t, s, third)[0].Seq
		if got := paid(); got != 80_00 {
			t.Errorf("corrected twice: %d fen", got)
		}
		early := pay(70_00, "V-1")
		early.Corrects, early.On = seq, facttest.Day.AddDays(-1)
		early.Actor = fact.Operator
		refused(t, s, "approval.role", early) // nobody was appointed yet
		facttest.MustRecord(t, s, reverse(seq))
		if got := paid(); got != 0 {
			t.Errorf("taken back: %d fen", got)
		}

		// What defines something is corrected, not taken back, and keeps its code.
		one := facttest.MustRecord(t, s, by(&party.Party{ID: "W-x", Name: "Old", Kind: "household", Area: facttest.Villages[wushan][0]}))[0].Seq
		refused(t, s, "reversal.defines", reverse(one))
		other := by(&party.Party{ID: "W-y", Name: "New", Kind: "household"})
		other.Corrects = one
		refused(t, s, "define.other", other)
		wrong := by(&party.Party{ID: "W-li", Name: "New", Kind: "household"})
		wrong.Corrects = one
		refused(t, s, "define.again", wrong)
		right := by(&party.Party{ID: "W-x", Name: "New", Kind: "household", Area: facttest.Villages[wushan][1]})
		right.Corrects = one
		facttest.MustRecord(t, s, right)
		if e, ok, err := entity.Get(t.Context(), s.DB, wushan, "party", "W-x"); err != nil || !ok || e.Name != "New" || e.Area != facttest.Villages[wushan][1] {
			t.Errorf("corrected: %+v, %v, %v", e, ok, err)
		}
		designation := by(&programme.Designation{County: facttest.Counties[1], Programme: "aid", Authority: "a", Document: "d"})
		designation.Book, designation.Corrects = "hq", int64(len(facttest.Areas))+5
		refused(t, s, "designation.other", designation)
		facttest.CheckBooks(t, s)
	})
}

// The roles of the kind taken back are needed to take it back.
func TestReverseRoles(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		given := facttest.MustRecord(t, s, fact.Draft{Fact: &access.Appointment{Person: facttest.Local, Role: "finance"}})[0].Seq
		taken := reverse(given)
		taken.Book, taken.Actor, taken.Approvers = "hq", facttest.Local, approve[:1]
		refused(t, s, "role.missing", taken) // finance may record a reversal, an administrator an appointment
		taken.Actor = facttest.Officer
		facttest.MustRecord(t, s, taken)
	})
}

// Of the appointments to one role for one area the latest that had begun decides, and taking it back brings the one before it to bear.
func TestAppointments(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		appoint := func(on, until string) int64 {
			d := fact.Draft{Fact: &access.Appointment{Person: "stranger", Role: "county-assistant", Until: date.Date(until)}, On: date.Date(on)}
			return facttest.MustRecord(t, s, d)[0].Seq
		}
		facttest.MustRecord(t, s, fact.Draft{Fact: &access.Person{ID: "stranger", Name: "S", Unit: "U"}})
		n := 0
		may := func(on string, want bool) {
			t.Helper()
			n++
			d := interview("W-li", 1, fmt.Sprint("Person ", n))
			d.Actor, d.On = "stranger", date.Date(on)
			if want {
				facttest.MustRecord(t, s, d)
			} else {
				refused(t, s, "role.missing", d)
			}
		}
		appoint("2019-11-01", "")
		may("2019-10-31", false)
		may("2019-11-01", true)
		may("2020-05-01", true)
		ended := appoint("2020-01-01", "2020-01-31")
		may("2019-12-31", true)
		may("2020-01-31", true)
		may("2020-02-01", false)
		back := appoint("2020-03-01", "")
		may("2020-02-29", false)
		may("2020-03-01", true)
		for _, seq := range []int64{back, ended} {
			d := reverse(seq)
			d.Book, d.On = "hq", "2020-05-01"
			facttest.MustRecord(t, s, d)
			may("2020-03-02", seq == ended)
		}
		if err := func() error {
			_, err := s.Recorder.Record(t.Context(), fact.Draft{Fact: &access.Appointment{Person: "stranger", Role: "finance", Until: "2020-01-01"}, On: "2020-01-02", Actor: fact.Operator})
			return err
		}(); err == nil {
			t.Error("an appointment that ends before it begins")
		}
	})
}

// A late proof makes an entry traced, once, and only while it counts.
func TestProve(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		figures := figure.NewBook(s.DB, s.Today(), []figure.Definition{{ID: "paid", Scale: 2, Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "disbursement:CNY"}}}})
		traced := func(want, of int64) {
			t.Helper()
			for _, at := range []figure.At{{}, {AsOf: "2019-10-15"}, {KnownAt: map[string]int64{wushan: 1 << 40}}} {
				v, err := figures.Evaluate(t.Context(), "paid", at)
				if err != nil {
					t.Fatal(err)
				}
				if v.Traced != want || v.Of != of {
					t.Errorf("%d of %d traced, want %d of %d (%+v)", v.Traced, v.Of, want, of, at)
				}
			}
		}
		prove := func(seq int64) fact.Draft {
			d := by(&fact.Proof{Entry: seq})
			d.Evidence = []string{facttest.PhotoHash(0)}
			return d
		}
		one := facttest.MustRecord(t, s, pay(100, "V-1"))[0].Seq
		two := facttest.MustRecord(t, s, pay(200, "V-2"))[0].Seq
		traced(0, 2)
		facttest.MustRecord(t, s, prove(one))
		traced(1, 2)
		again := prove(one)
		again.Key = "again"
		refused(t, s, "proof.again", again)
		facttest.MustRecord(t, s, reverse(one))
		traced(0, 1)
		corrected := pay(150, "V-2")
		corrected.Corrects = two
		three := facttest.MustRecord(t, s, corrected)[0].Seq
		traced(0, 1)
		refused(t, s, "proof.reversed", prove(two))
		facttest.MustRecord(t, s, prove(three))
		traced(1, 1)
		facttest.CheckBooks(t, s)
	})
}
