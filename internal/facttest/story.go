package facttest

import (
	"context"

	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

// Tell records, into a populated store, one of everything that can become of a fact: money and goods paid, given, lost and brought back,
// a correction, a reversal, late proofs, personal data kept and erased, and proposals that were approved, sent back and still wait.
func Tell(t TB, s *store.Store) {
	t.Helper()
	book := Counties[0]
	evidence := []string{PhotoHash(1)}
	approvers := []string{Approver, Approver2}
	record := func(d fact.Draft) fact.Receipt {
		t.Helper()
		d.Actor = Officer
		if d.Book == "" {
			d.Book = book
		}
		return MustRecord(t, s, d)[0]
	}
	approved := func(d fact.Draft) fact.Receipt {
		t.Helper()
		d.Approvers = approvers
		return record(d)
	}
	pay := func(to string, amount fact.Money, voucher string) *project.Disbursement {
		return &project.Disbursement{Project: "W-house", To: to, Amount: amount, Voucher: voucher, Purpose: "roof"}
	}
	approved(fact.Draft{Fact: pay("W-li", 1000_00, "V1"), Evidence: evidence})
	wrong := approved(fact.Draft{Fact: pay("W-wang", 700_00, "V2")})
	approved(fact.Draft{Fact: pay("W-wang", 800_00, "V2"), Corrects: wrong.Seq, On: "2019-11-05"})
	twice := approved(fact.Draft{Fact: pay("W-zhao", 500_00, "V3"), Evidence: evidence})
	approved(fact.Draft{Fact: &fact.Reversal{Entry: twice.Seq, Reason: "paid twice"}, On: "2019-12-01"})
	late := approved(fact.Draft{Fact: pay("W-zhao", 600_00, "V4"), On: "2019-11-20"})
	record(fact.Draft{Fact: &fact.Proof{Entry: late.Seq, Note: "the bank slip"}, On: "2020-01-10", Evidence: []string{PhotoHash(2)}})
	approved(fact.Draft{Fact: &project.Refund{Project: "W-house", From: "W-li", Amount: 100_00, Voucher: "V5", Fund: "own", Reason: "less was needed"}, On: "2020-01-15"})
	approved(fact.Draft{Fact: &goods.Purchase{Project: "W-clinic", Supplier: "shop", Commodity: "mask", Quantity: 300, Amount: 900_00, Voucher: "V6"}})
	approved(fact.Draft{Fact: &goods.Donation{Project: "W-clinic", Fund: "learning", Commodity: "mask", Quantity: 100, Document: "letter"}})
	approved(fact.Draft{Fact: &goods.Delivery{Project: "W-clinic", To: "W-primary", Commodity: "mask", Quantity: 250, Receipt: "R1"}, Evidence: evidence, On: "2020-03-01"})
	approved(fact.Draft{Fact: &goods.Loss{Project: "W-clinic", Commodity: "mask", Quantity: 5, Cause: "torn"}})
	record(fact.Draft{Fact: &project.Milestone{Project: "W-house", ID: "roof", Name: "roofed", Due: "2020-12-31"}})
	record(fact.Draft{Fact: &project.MilestoneReached{Project: "W-house", Milestone: "roof"}, On: "2020-04-01"})
	record(fact.Draft{Fact: &enterprise.Investment{ID: "mill", Name: "A mill", Project: "W-house", Investor: "shop", Role: "introduced it"}})
	record(fact.Draft{Fact: &enterprise.InvestmentStage{Investment: "mill", Stage: "committed", Amount: 5000_00, FundSource: "shop", Document: "letter"}})

	record(fact.Draft{Fact: &Interview{Household: "W-li", Points: 8, Name: "Li Hua", Phone: "13800000000"}, Evidence: []string{PhotoHash(3)}})
	erased := record(fact.Draft{Fact: &Interview{Household: "W-wang", Points: 3, Name: "Wang Min"}})
	approved(fact.Draft{Fact: &fact.Erasure{Entry: erased.Seq, Reason: "she asked for it"}, On: "2020-05-01"})

	word := func(proposal fact.Receipt, verdict string) {
		t.Helper()
		waiting, err := fact.Proposals(context.Background(), s.DB, book, fact.Waiting)
		if err != nil {
			t.Fatalf("read proposals: %v", err)
		}
		for _, p := range waiting {
			if p.Seq == proposal.Seq {
				MustRecord(t, s, fact.Draft{Book: book, Actor: Approver, On: "2020-02-01",
					Fact: &fact.Approve{Proposal: p.Seq, Content: p.Hash, Verdict: verdict, Reason: "as discussed"}})
			}
		}
	}
	word(record(fact.Draft{Fact: &Aid{Household: "W-li", Amount: 200_00, Account: "6222 0001"}}), "approve")
	word(record(fact.Draft{Fact: &Aid{Household: "W-zhao", Amount: 300_00, Account: "6222 0002"}}), "send-back")
	record(fact.Draft{Fact: &Aid{Household: "W-wang", Amount: 400_00, Account: "6222 0003"}})
	approved(fact.Draft{Book: Counties[1], Fact: &project.Disbursement{Project: "M-house", To: "M-gul", Amount: 50_00, Voucher: "V7", Purpose: "door"}})
}
