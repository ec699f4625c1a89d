package fact_test

import (
	"context"
	"path/filepath"
	"testing"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/testworld"
)

func TestFirst(t *testing.T) {
	ctx := context.Background()
	db, err := database.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx, entity.Schema, journal.Schema, ledger.Schema, figure.Schema, fact.Schema, access.Schema); err != nil {
		t.Fatal(err)
	}
	r := fact.NewRecorder(db, fact.Options{Authority: access.Authority{}})
	defer r.Close()
	rec := func(actor string, approvers []string, f fact.Fact) fact.Receipt {
		t.Helper()
		rs, err := r.Record(ctx, fact.Draft{Fact: f, Book: map[bool]string{true: "620524"}[fact.KindOf(f).Name == "reversal"], On: "2020-01-02", Actor: actor, Approvers: approvers, Source: "test"})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%T %+v", f, rs[0])
		return rs[0]
	}
	op := fact.Operator
	rec(op, nil, &area.Area{Code: "62", Level: "province", Name: "Gansu"})
	rec(op, nil, &area.Area{Code: "620524", Parent: "62", Level: "county", Name: "Wushan"})
	rec(op, nil, &party.Party{ID: "szse", Name: "SZSE", Kind: "sponsor"})
	rec(op, nil, &programme.Programme{ID: "p", Name: "P", Sponsor: "szse"})
	rec(op, nil, &programme.Designation{County: "620524", Programme: "p", Authority: "x", Document: "y"})
	rec(op, nil, &programme.Fund{ID: "own", Name: "Own", Sponsor: "szse", Purpose: "all"})
	rec(op, nil, &access.Person{ID: "ann", Name: "Ann", Unit: "x"})
	rec(op, nil, &access.Person{ID: "bob", Name: "Bob", Unit: "x"})
	rec(op, nil, &access.Appointment{Person: "ann", Role: "finance"})
	rec(op, nil, &access.Appointment{Person: "bob", Role: "approver"})
	p := rec("ann", nil, &programme.Injection{Fund: "own", Amount: 100000, Voucher: "v1"})
	if !p.Proposal {
		t.Fatal("no proposal")
	}
	list, err := fact.Proposals(ctx, db, "", fact.Waiting)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := r.Record(ctx, fact.Draft{Book: "hq", Fact: &fact.Approve{Proposal: p.Seq, Content: list[0].Hash, Verdict: "approve"}, On: "2020-01-02", Actor: "ann", Source: "test"}); err == nil {
		t.Fatal("self approval")
	} else {
		t.Log(err)
	}
	if _, err := r.Record(ctx, fact.Draft{Book: "hq", Fact: &fact.Approve{Proposal: p.Seq, Content: list[0].Hash, Verdict: "approve"}, On: "2020-01-02", Actor: "bob", Source: "test"}); err != nil {
		t.Fatal(err)
	}
	bob := []string{"bob"}
	rec("ann", bob, &programme.Transfer{Transfer: "t1", To: "620524", Fund: "own", Amount: 60000, Voucher: "v2"})
	rec("ann", bob, &programme.TransferReceipt{Transfer: "t1", County: "620524", Fund: "own", Amount: 60000, Voucher: "v2"})
	rec(op, nil, &project.Project{ID: "W1", Name: "W1", Area: "620524", Channel: "livelihood", Theme: "housing"})
	rec(op, nil, &party.Party{ID: "hh", Name: "hh", Kind: "household", Area: "620524"})
	if _, err := r.Record(ctx, fact.Draft{Fact: &access.Appointment{Person: "ann", Role: "programme-officer"}, On: "2020-01-02", Actor: op}); err != nil {
		t.Fatal(err)
	}
	rec("ann", bob, &project.Budget{Project: "W1", Line: "a", Amount: 50000})
	rec("ann", bob, &project.Commitment{Project: "W1", Amount: 50000, Contract: "c"})
	d := rec("ann", bob, &project.Disbursement{Project: "W1", To: "hh", Amount: 20000, Voucher: "v3", Purpose: "x"})
	rec("ann", bob, &fact.Reversal{Entry: d.Seq, Reason: "wrong"})
	if d2, err := r.Record(ctx, fact.Draft{Fact: &project.Disbursement{Project: "W1", To: "hh", Amount: 70000, Voucher: "v3", Purpose: "x"}, On: "2020-01-02", Actor: "ann", Approvers: bob}); err == nil {
		t.Fatal("overdraft", d2)
	} else {
		t.Log(err)
	}
	rec("ann", bob, &project.Disbursement{Project: "W1", To: "hh", Amount: 15000, Voucher: "v4", Purpose: "x"})
	terms, err := figure.ParseTerms("disbursement:CNY -refund:CNY")
	if err != nil {
		t.Fatal(err)
	}
	b := figure.NewBook(db, "2026-01-01", []figure.Definition{{ID: "d", Unit: "CNY", Scale: 2, Aggregate: figure.Sum, Terms: terms}})
	for _, at := range []figure.At{{}, {AsOf: "2020-01-31"}, {AsOf: "2020-01-15"}, {AsOf: "2020-01-01"}, {KnownAt: map[string]int64{"620524": 100}}, {Filter: figure.Filter{Area: "620524"}}} {
		v, lin, err := b.Lineage(ctx, "d", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(at, v.Decimal(), v.Traced, v.Of, len(lin))
	}
}

// TestSentTwice sends facts again that their own first recording makes impossible: the answer is the first receipt.
func TestSentTwice(t *testing.T) {
	w := testworld.New(t)
	ctx := context.Background()
	for _, d := range []fact.Draft{
		{Fact: &party.Party{ID: "twice", Name: "Twice", Kind: "supplier"}, On: "2020-05-01", Actor: "officer", Key: "party"},                           // a name is given once
		{Fact: &programme.Designation{County: "62", Programme: "aid", Authority: "a", Document: "b"}, On: "2020-05-01", Actor: "admin", Key: "county"}, // and so is a book
	} {
		first, err := w.Store.Recorder.Record(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Store.Recorder.Record(ctx, d)
		if err != nil || !again[0].Again || again[0].Seq != first[0].Seq {
			t.Errorf("%T: first %+v, again %+v, %v", d.Fact, first, again, err)
		}
	}
	if _, err := w.Store.Recorder.Record(ctx, fact.Draft{Fact: &party.Party{ID: "twice", Name: "Another", Kind: "supplier"}, On: "2020-05-01", Actor: "officer", Key: "other"}); err == nil {
		t.Error("a code was given twice")
	}
}
