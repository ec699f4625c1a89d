package fact_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/journal"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

// proposal records a draft that nobody has approved and gives what waits.
func proposal(t *testing.T, s *store.Store, d fact.Draft) fact.Pending {
	t.Helper()
	d.Approvers = nil
	r := facttest.MustRecord(t, s, d)[0]
	if !r.Proposal {
		t.Fatalf("%T was recorded without approval as entry %s:%d", d.Fact, r.Book, r.Seq)
	}
	return pending(t, s, r.Book, r.Seq)
}

func pending(t *testing.T, s *store.Store, book string, seq int64) fact.Pending {
	t.Helper()
	list, err := fact.Proposals(t.Context(), s.DB, book, "")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(p fact.Pending) bool { return p.Seq == seq })
	if i < 0 {
		t.Fatalf("there is no proposal %s:%d", book, seq)
	}
	return list[i]
}

// word is what a person says on a proposal.
func word(p fact.Pending, person, verdict string) fact.Draft {
	w := &fact.Approve{Proposal: p.Seq, Content: p.Hash, Verdict: verdict}
	if verdict == "send-back" {
		w.Reason = "the voucher cannot be read"
	}
	return fact.Draft{Fact: w, Book: p.Book, On: facttest.Day, Actor: person, Source: "test"}
}

func entry(t *testing.T, s *store.Store, book string, seq int64) journal.Entry {
	t.Helper()
	e, ok, err := journal.Get(t.Context(), s.DB, book, seq)
	if err != nil || !ok {
		t.Fatalf("entry %s:%d: %v, %v", book, seq, ok, err)
	}
	return e
}

// The amount decides how many must approve, from the exact fen of the step on, whether they approve a proposal or are named at once.
func TestApprovalByAmount(t *testing.T) {
	const step = 1_000_000_00 // of a refund, see project.Refund
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		// Enough money to pay more than the step twice.
		facttest.MustRecord(t, s, fact.Draft{Fact: &programme.Injection{Fund: "own", Amount: 4 * step, Voucher: "I"}, Actor: facttest.Officer, Approvers: approve})
		facttest.MustRecord(t, s, fact.Draft{Fact: &programme.Transfer{Transfer: "T", To: wushan, Fund: "own", Amount: 4 * step, Voucher: "I"}, Actor: facttest.Officer, Approvers: approve})
		facttest.MustRecord(t, s, by(&programme.TransferReceipt{Transfer: "T", County: wushan, Fund: "own", Amount: 4 * step, Voucher: "I"}))
		facttest.MustRecord(t, s, by(&project.Budget{Project: "W-house", Line: "more", Amount: 4 * step}))
		facttest.MustRecord(t, s, by(&project.Commitment{Project: "W-house", Amount: 4 * step, Contract: "C"}))

		for amount, need := range map[fact.Money]int64{step - 1: 1, step: 2, step + 1: 2} {
			d := pay(amount, fmt.Sprint("V-", amount))
			if p := proposal(t, s, d); p.Need != need || p.Role != "approver" {
				t.Errorf("%s needs %d with role %s, want %d approvers", amount, p.Need, p.Role, need)
			}
			d.Key = fmt.Sprint("named-", amount)
			d.Approvers = approve[:1]
			if need == 1 {
				facttest.MustRecord(t, s, d)
			} else {
				refused(t, s, "approval.few", d)
			}
		}

		// To take back takes as many as to record, whatever stands in its place.
		d := pay(step, "large")
		d.Approvers = approve
		large := facttest.MustRecord(t, s, d)[0].Seq
		one := by(&fact.Reversal{Entry: large, Reason: "a mistake"})
		one.Approvers = approve[:1]
		refused(t, s, "approval.few", one)
		small := pay(1, "small")
		small.Corrects, small.Approvers = large, approve[:1]
		refused(t, s, "approval.few", small)
		small.Approvers = nil
		if p := proposal(t, s, small); p.Need != 2 {
			t.Errorf("a correction of a large payment needs %d approvers, want 2", p.Need)
		}
		facttest.CheckBooks(t, s)
	})
}

// A proposal becomes the fact in the commit of the last approval needed, and either both are recorded or neither.
func TestApprove(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		d := by(&facttest.Aid{Household: "W-li", Amount: 2000_00, Account: "6222 0001"})
		d.Evidence = []string{facttest.PhotoHash(1)}
		p := proposal(t, s, d)
		if r := facttest.MustRecord(t, s, fact.Draft{Fact: d.Fact, Book: d.Book, On: d.On, Actor: d.Actor, Evidence: d.Evidence})[0]; r.Seq != p.Seq || !r.Again || !r.Proposal {
			t.Errorf("proposed again: %+v", r)
		}
		held := entry(t, s, p.Book, p.Seq)
		if strings.Contains(held.Body, "6222") || !strings.Contains(held.Private, "6222 0001") {
			t.Errorf("the proposal keeps personal data in %s and not in %s", held.Body, held.Private)
		}

		refused(t, s, "approval.self", word(p, facttest.Officer, "approve"))
		refused(t, s, "approval.role", word(p, "stranger", "approve"))
		other := p
		other.Hash = strings.Repeat("0", 64)
		refused(t, s, "proposal.changed", word(other, facttest.Approver, "approve"))
		early := word(p, facttest.Approver, "approve")
		early.On = facttest.Day.AddDays(-1)
		refused(t, s, "approval.role", early)

		first := facttest.MustRecord(t, s, word(p, facttest.Approver, "approve"))[0]
		if q := pending(t, s, p.Book, p.Seq); q.Status != fact.Waiting || !slices.Equal(q.Approvers, approve[:1]) || facttest.Heads(t, s)[0].Seq != first.Seq {
			t.Errorf("after the first of two approvals: %+v", q)
		}
		again := word(p, facttest.Approver, "approve")
		again.Key = "again"
		refused(t, s, "approval.self", again)

		last := facttest.MustRecord(t, s, word(p, facttest.Approver2, "approve"))[0]
		e := entry(t, s, p.Book, last.Seq+1)
		if e.Kind != "test-aid" || e.Actor != facttest.Officer || !slices.Equal(e.Approvers, approve) || e.On != d.On || !slices.Equal(e.Evidence, d.Evidence) || !strings.Contains(e.Private, "6222 0001") {
			t.Errorf("the fact was recorded as %+v", e)
		}
		if q := pending(t, s, p.Book, p.Seq); q.Status != fact.Approved || facttest.Heads(t, s)[0].Seq != e.Seq {
			t.Errorf("after the last approval: %+v", q)
		}
		late := word(p, facttest.Local, "approve")
		refused(t, s, "proposal.closed", late)
		if r := facttest.MustRecord(t, s, fact.Draft{Fact: d.Fact, Book: d.Book, On: d.On, Actor: d.Actor, Evidence: d.Evidence})[0]; r.Seq != e.Seq || !r.Again || r.Proposal {
			t.Errorf("proposed after it was approved: %+v", r)
		}

		// What the rules refuse by then is not approved either: it still waits.
		for i := range 2 {
			p := proposal(t, s, pay(6000_00, fmt.Sprint("V-", i)))
			if i == 0 {
				facttest.MustRecord(t, s, word(p, facttest.Approver, "approve"))
				continue
			}
			refused(t, s, "ledger.short", word(p, facttest.Approver, "approve"))
			refused(t, s, "ledger.short", interview("W-li", 1, "A"), word(p, facttest.Approver, "approve"))
			if q := pending(t, s, p.Book, p.Seq); q.Status != fact.Waiting || len(q.Approvers) != 0 {
				t.Errorf("after a refused approval: %+v", q)
			}
			facttest.MustRecord(t, s, by(&project.Commitment{Project: "W-house", Amount: 5000_00, Contract: "C-2"}))
			facttest.MustRecord(t, s, word(p, facttest.Approver, "approve"))
		}
		facttest.CheckBooks(t, s)
	})
}

// What was sent back stays unrecorded, can be neither approved nor proposed again as it was, and can be mended.
func TestSendBack(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		p := proposal(t, s, pay(100_00, "V-1"))
		refused(t, s, "approval.self", word(p, facttest.Officer, "send-back"))
		facttest.MustRecord(t, s, word(p, facttest.Approver, "send-back"))
		if q := pending(t, s, p.Book, p.Seq); q.Status != fact.SentBack || q.Reason != "the voucher cannot be read" {
			t.Errorf("sent back: %+v", q)
		}
		if got := held(t, s, "recipient:W-li"); got != 0 {
			t.Errorf("%d fen were paid", got)
		}
		refused(t, s, "proposal.closed", word(p, facttest.Approver2, "approve"))
		same := pay(100_00, "V-1")
		same.Approvers = nil
		refused(t, s, "proposal.sent-back", same)
		mended := proposal(t, s, pay(100_00, "V-2"))
		facttest.MustRecord(t, s, word(mended, facttest.Approver, "approve"))
		if got := held(t, s, "recipient:W-li"); got != 100_00 {
			t.Errorf("%d fen were paid, want 10 000", got)
		}
		facttest.CheckBooks(t, s)
	})
}

// Personal data is erased where it is recorded and where it was proposed; the chain still verifies and the rest stays.
func TestErase(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		p := proposal(t, s, by(&facttest.Aid{Household: "W-li", Amount: 100_00, Account: "6222 0001"}))
		seq := facttest.MustRecord(t, s, word(p, facttest.Approver, "approve"))[0].Seq + 1
		kept := facttest.MustRecord(t, s, interview("W-li", 3, "Li Hua"))[0].Seq
		before := entry(t, s, wushan, seq)

		one := by(&fact.Erasure{Entry: seq, Reason: "the person asked for it"})
		one.Actor, one.Approvers = facttest.Officer, []string{facttest.Officer}
		refused(t, s, "approval.self", one)
		facttest.MustRecord(t, s, by(&fact.Erasure{Entry: seq, Reason: "the person asked for it"}))

		after := entry(t, s, wushan, seq)
		if after.Private != "" || after.Salt != nil || after.Hash != before.Hash || after.Body != before.Body || string(after.Commitment) != string(before.Commitment) {
			t.Errorf("erased: %+v", after)
		}
		if strings.Contains(facttest.Dump(t, s), "6222") {
			t.Error("the account number is still there")
		}
		if e := entry(t, s, wushan, kept); !strings.Contains(e.Private, "Li Hua") {
			t.Error("another person's data is gone")
		}
		facttest.CheckBooks(t, s)
	})
}
