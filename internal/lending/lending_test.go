package lending_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/lending"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

const book = "620524"

// county is a store with one county in which a pool of 1,000,000.00 stands behind two products.
type county struct {
	*testing.T
	*store.Store
	ctx context.Context
}

func open(t *testing.T) *county {
	t.Helper()
	return openAt(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
}

func openAt(t *testing.T, url string) *county {
	t.Helper()
	clock := func() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }
	s, err := store.Open(t.Context(), url, store.Options{Clock: clock, EvidenceDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &county{t, s, t.Context()}
}

func newCounty(t *testing.T) *county {
	t.Helper()
	return open(t).found()
}

// found records the county, its people, lenders, pool and products.
func (c *county) found() *county {
	c.Helper()
	on := date.Date("2013-05-06")
	for _, f := range []fact.Fact{
		&area.Area{Code: book, Level: "county", Name: "Wushan"},
		&area.Area{Code: "620524101", Parent: book, Level: "town", Name: "Luomen"},
		&area.Area{Code: "620524101201", Parent: "620524101", Level: "village", Name: "Village"},
		&party.Party{ID: "szse", Name: "Exchange", Kind: "sponsor"},
		&programme.Programme{ID: "p", Name: "P", Sponsor: "szse"},
		&programme.Designation{County: book, Programme: "p", Authority: "x", Document: "y"},
		&access.Person{ID: "ann", Name: "Ann", Unit: "x"}, &access.Person{ID: "bob", Name: "Bob", Unit: "x"}, &access.Person{ID: "cy", Name: "Cy", Unit: "x"},
		&access.Appointment{Person: "bob", Role: "approver"}, &access.Appointment{Person: "cy", Role: "approver"},
		&access.Appointment{Person: "ann", Role: "finance"}, &access.Appointment{Person: "ann", Role: "loan-officer"}, &access.Appointment{Person: "ann", Role: "programme-officer"},
		&party.Party{ID: "bank", Name: "Bank", Kind: "bank"},
		&party.Party{ID: "cdf", Name: "Microlender", Kind: "foundation"},
		&party.Party{ID: "firm", Name: "Firm", Kind: "enterprise", Area: "620524101"},
		&party.Party{ID: "household", Name: "Household", Kind: "household", Area: "620524101201", Register: "R-1"},
		&party.Party{ID: "stranger", Name: "Household", Kind: "household", Area: "620524101201"},
		&programme.Fund{ID: "SEED", Name: "Seed", Sponsor: "szse", Purpose: "credit"},
		&programme.Fund{ID: "BANK", Name: "Bank's", Sponsor: "bank", Purpose: "loans"},
		&lending.ReferenceRate{ID: "ref", Name: "All", TermMax: 360, Rate: "7.35", Source: "test"},
		&lending.Outlet{ID: "outlet", Name: "Outlet", Area: "620524101", Operator: "cdf"},
		&project.Project{ID: "W", Name: "W", Area: book, Channel: "finance", Theme: "credit"},
		&lending.Pool{ID: "pool", Name: "Pool", Area: book, Holder: "bank", Multiple: 10, Trigger: 90, Share: "80", Base: "principal"},
		&programme.Injection{Fund: "SEED", Amount: 100_000_000, Voucher: "v"},
		&programme.Transfer{Transfer: "t", To: book, Fund: "SEED", Amount: 100_000_000, Voucher: "v"},
		&programme.TransferReceipt{Transfer: "t", County: book, Fund: "SEED", Amount: 100_000_000, Voucher: "v"},
		&project.Budget{Project: "W", Line: "seed", Amount: 100_000_000},
		&project.Commitment{Project: "W", Amount: 100_000_000, Contract: "c"},
		&project.Disbursement{Project: "W", To: "bank", Amount: 100_000_000, Voucher: "v", Purpose: "seed"},
		&lending.PoolContribution{Pool: "pool", From: "bank", Fund: "SEED", Amount: 100_000_000, Project: "W", Voucher: "v"},
		enterprise(), farmer(),
	} {
		c.record(on, f)
	}
	return c
}

func enterprise() *lending.CreditProduct {
	return &lending.CreditProduct{ID: "enterprise", Name: "Enterprise loans", Area: book, Project: "W", Partner: "bank", Mode: "own", Borrowers: "enterprise", Checks: "lender", Pool: "pool",
		AmountMax: 1_000_000_000, TermMax: 60, Method: "bullet", DayCount: "ACT/360", Rounding: "half-even", Surcharge: "2"}
}

func farmer() *lending.CreditProduct {
	return &lending.CreditProduct{ID: "farmer", Name: "Farmer loans", Area: book, Project: "W", Partner: "cdf", Mode: "own", Borrowers: "household", Checks: "village-township", Pool: "pool",
		Registered: true, AmountMax: 5_000_000, DebtMax: 10_000_000, TermMax: 36, Excluded: []string{"wedding"}, Method: "equal-instalment", DayCount: "30/360", Rounding: "half-even", Surcharge: "2.175"}
}

// try records a fact with all the people it needs.
func (c *county) try(on date.Date, f fact.Fact) (fact.Receipt, error) {
	kind := fact.KindOf(f)
	d := fact.Draft{Fact: f, On: on, Actor: fact.Operator, Source: "test"}
	if kind.Approval != nil {
		d.Actor, d.Approvers = "ann", []string{"bob", "cy"}
	}
	if kind.Name == "reversal" {
		d.Book = book
	}
	receipts, err := c.Recorder.Record(c.ctx, d)
	if err != nil {
		return fact.Receipt{}, err
	}
	return receipts[0], nil
}

func (c *county) record(on date.Date, f fact.Fact) fact.Receipt {
	c.Helper()
	r, err := c.try(on, f)
	if err != nil {
		c.Fatalf("%s on %s: %v", fact.KindOf(f).Name, on, err)
	}
	return r
}

// lend takes a loan from application to disbursement on its day.
func (c *county) lend(product, borrower string, k lending.Contract) {
	c.Helper()
	on := k.DisbursedOn
	c.record(on, &lending.Application{ID: "A-" + k.ID, Product: product, Borrower: borrower, Amount: k.Principal, Months: 36, Purpose: "tractor"})
	if product == "farmer" {
		c.record(on, &lending.ApplicationCheck{Area: "620524101201", Level: "village", Applications: []string{"A-" + k.ID}, Verdict: "pass"})
		c.record(on, &lending.ApplicationCheck{Area: "620524101", Level: "township", Applications: []string{"A-" + k.ID}, Verdict: "pass"})
	}
	k.Application, k.Reference = "A-"+k.ID, "ref"
	if k.Money == "" {
		k.Money, k.Lender, k.Fund, k.Pool = "bank", "bank", "BANK", "pool"
	}
	c.record(on, &k)
	c.record(on, &lending.Disbursement{Loan: k.ID, Amount: k.Principal, Voucher: "v"})
}

// state is a loan at the close of a day.
func (c *county) state(loan string, on date.Date) *servicing.State {
	c.Helper()
	l, err := lending.Get(c.ctx, c.DB, book, loan)
	if err != nil {
		c.Fatal(err)
	}
	s, err := l.State(c.ctx, c.DB, on)
	if err != nil {
		c.Fatal(err)
	}
	return s
}

// holds is what an account holds of all funds.
func (c *county) holds(account string) fact.Money {
	c.Helper()
	list, err := ledger.FindBalances(c.ctx, c.DB, ledger.BalanceFilter{Book: book, Account: account, Commodity: ledger.Currency})
	if err != nil {
		c.Fatal(err)
	}
	sum := int64(0)
	for _, b := range list {
		sum += b.Amount
	}
	return fact.Money(sum)
}

func (c *county) want(account string, amount fact.Money) {
	c.Helper()
	if got := c.holds(account); got != amount {
		c.Errorf("%s holds %s, want %s", account, got, amount)
	}
}

// entries are all entries of all books in the order in which they were recorded.
func (c *county) entries() []journal.Entry {
	c.Helper()
	var list []journal.Entry
	for _, b := range []string{"hq", book} {
		if err := journal.Each(c.ctx, c.DB, journal.Filter{Book: b}, func(e journal.Entry) error { list = append(list, e); return nil }); err != nil {
			c.Fatal(err)
		}
	}
	return list
}

func TestTractor(t *testing.T) {
	c := newCounty(t)
	c.lend("farmer", "household", lending.Contract{ID: "L", Principal: 5_000_000, Rate: "4.35", DisbursedOn: "2020-01-15", Instalments: 36})
	c.want("loan:L", 5_000_000)
	c.want("lender:bank", -5_000_000)

	// Worked by hand: 1,484.00 a month, the first 1,302.75 of principal and 181.25 of interest.
	c.record("2020-02-15", &lending.Repayment{Loan: "L", Amount: 148_400, Receipt: "1", Outlet: "outlet"})
	c.want("loan:L", 5_000_000-130_275)
	c.want("borrower:household", -18_125)
	c.want("lender:bank", -5_000_000+148_400)
	if rows, err := lending.Rows(c.state("L", "2020-02-15")); err != nil || len(rows) != 36 || rows[35].Due.Sum() != 148_390 {
		t.Errorf("rows %v, %v", rows, err)
	}

	// A fen too much is held, and used with the next instalment.
	c.record("2020-03-15", &lending.Repayment{Loan: "L", Amount: 148_401, Receipt: "2"})
	c.want("suspense:L", 1)
	c.record("2020-04-15", &lending.Repayment{Loan: "L", Amount: 148_399, Receipt: "3"})
	c.want("suspense:L", 0)

	// Paying what the quote says leaves nothing.
	quote, err := c.state("L", "2020-05-03").Payoff()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.try("2020-05-03", &lending.Repayment{Loan: "L", Amount: fact.Money(quote - 1), Receipt: "4", Excess: "payoff"}); err == nil {
		t.Error("a fen less paid the loan off")
	}
	c.record("2020-05-03", &lending.Repayment{Loan: "L", Amount: fact.Money(quote), Receipt: "4", Excess: "payoff"})
	c.want("loan:L", 0)
	l, err := lending.Get(c.ctx, c.DB, book, "L")
	if err != nil || l.Status != lending.Repaid {
		t.Errorf("loan %+v, %v", l, err)
	}
}
