package lending_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/journal"
	"lastmile/internal/lending"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/party"
)

// bullet is an enterprise loan of 3,400,000.00 at 3.85 %, paid out so that 90 days of interest are due on 25 March 2020.
func bullet() lending.Contract {
	return lending.Contract{ID: "B", Principal: 340_000_000, Rate: "3.85", DisbursedOn: "2019-12-26", Instalments: 1, FirstDueOn: "2020-03-25"}
}

func extension() *lending.Extension {
	return &lending.Extension{Loan: "B", Document: "No. 1 of 10 March", Basis: "银保监发〔2020〕6号", Reason: "pandemic", Outstanding: 340_000_000,
		Kind: "move-one", Treatment: "deferred", From: "2020-03-25", To: "2020-06-30"}
}

// TestExtension brings the worked numbers of an extension by 97 days through the facts, agreed before and after the due date.
func TestExtension(t *testing.T) {
	for _, agreed := range []date.Date{"2020-03-10", "2020-03-25", "2020-04-07"} {
		for treatment, want := range map[string]struct {
			interest, outstanding, due fact.Money
		}{
			"deferred":    {3_272_500 + 3_527_028, 340_000_000, 340_000_000 + 3_272_500 + 3_527_028},
			"capitalised": {3_560_975, 343_272_500, 343_272_500 + 3_560_975},
			"forgiven":    {3_272_500, 340_000_000, 340_000_000 + 3_272_500},
			"subsidised":  {3_272_500 + 3_527_028 - 1_763_514, 340_000_000, 340_000_000 + 3_272_500 + 3_527_028 - 1_763_514},
		} {
			t.Run(string(agreed)+" "+treatment, func(t *testing.T) {
				c := newCounty(t)
				c.lend("enterprise", "firm", bullet())
				x := extension()
				x.Treatment = treatment
				if treatment == "subsidised" {
					x.Share, x.SubsidyFrom = "50", "pool"
				}
				c.record(agreed, x)
				s := c.state("B", "2020-06-30")
				due := s.Arrears()
				if fact.Money(due.Sum()) != want.due || fact.Money(due[servicing.Interest]) != want.interest || s.DaysPastDue() > 13 {
					t.Errorf("due are %v, %d days past due, want %+v", due, s.DaysPastDue(), want)
				}
				c.record("2020-06-30", &lending.Repayment{Loan: "B", Amount: want.due, Receipt: "1"})
				c.want("loan:B", 0)
				c.want("suspense:B", 0)
				subsidy := fact.Money(0)
				if treatment == "subsidised" {
					subsidy = 1_763_514
				}
				c.want("lender:bank", want.due-340_000_000+subsidy)
				c.want("pool:pool", 100_000_000-subsidy)
				for measure, n := range map[string]int64{"loan-extended": 340_000_000, "loan-extended-interest": 3_272_500, "extended-loan": 1, "extended-borrower": 1} {
					if got := c.sum(measure); got != n {
						t.Errorf("%s is %d, want %d", measure, got, n)
					}
				}
			})
		}
	}
}

// sum adds up a measure.
func (c *county) sum(measure string) int64 {
	c.Helper()
	b := figure.NewBook(c.DB, c.Today(), []figure.Definition{{ID: "f", Aggregate: figure.Sum, Terms: []figure.Term{{Measure: measure}}}})
	v, err := b.Evaluate(c.ctx, "f", figure.At{})
	if err != nil {
		c.Fatal(err)
	}
	return v.Number
}

// TestRefusals tries what must not be, one at a time, on a county with a loan that is out.
func TestRefusals(t *testing.T) {
	c := newCounty(t)
	c.lend("farmer", "household", lending.Contract{ID: "L", Principal: 5_000_000, Rate: "4.35", DisbursedOn: "2020-01-15", Instalments: 12})
	c.lend("enterprise", "firm", bullet())
	ask := func(change func(a *lending.Application)) *lending.Application {
		a := &lending.Application{ID: "N", Product: "farmer", Borrower: "household", Amount: 1_000_000, Months: 12, Purpose: "sheep"}
		change(a)
		return a
	}
	c.record("2020-01-20", ask(func(a *lending.Application) { a.ID = "A2" }))
	c.record("2020-01-20", &lending.Application{ID: "A3", Product: "enterprise", Borrower: "firm", Amount: 900_000_000, Months: 12, Purpose: "stock"})
	agree := func(change func(k *lending.Contract)) *lending.Contract {
		k := &lending.Contract{ID: "N", Application: "A3", Money: "bank", Lender: "bank", Fund: "BANK", Pool: "pool", Principal: 900_000_000, Rate: "4", Reference: "ref", DisbursedOn: "2020-02-03", Instalments: 12}
		change(k)
		return k
	}
	c.record("2020-02-03", agree(func(k *lending.Contract) { k.ID = "big" }))
	extend := func(change func(x *lending.Extension)) *lending.Extension {
		x := extension()
		change(x)
		return x
	}
	for _, try := range []struct {
		name, code string
		on         date.Date
		fact       fact.Fact
	}{
		{"an unregistered household", "loan.unregistered", "2020-02-03", ask(func(a *lending.Application) { a.Borrower = "stranger" })},
		{"an enterprise as a farmer", "loan.borrower-kind", "2020-02-03", ask(func(a *lending.Application) { a.Borrower = "firm" })},
		{"debts beyond the limit", "loan.over-indebted", "2020-02-03", ask(func(a *lending.Application) { a.OtherDebt = 4_000_001 })},
		{"an excluded purpose", "loan.purpose", "2020-02-03", ask(func(a *lending.Application) { a.Purpose = "wedding" })},
		{"more than the product lends", "loan.amount", "2020-02-03", ask(func(a *lending.Application) { a.Amount = 5_000_001 })},
		{"longer than the product lends", "loan.term", "2020-02-03", ask(func(a *lending.Application) { a.Months = 37 })},
		{"a township before its village", "check.order", "2020-02-03", &lending.ApplicationCheck{Area: "620524101", Level: "township", Applications: []string{"A2"}, Verdict: "pass"}},
		{"a contract without checks", "contract.unchecked", "2020-02-03", agree(func(k *lending.Contract) { k.Application, k.Principal = "A2", 1_000_000 })},
		{"a reference rate of another term", "reference.other-term", "2020-02-03", nil},
		{"an impossible schedule", "terms.first-due", "2020-02-03", agree(func(k *lending.Contract) { k.Application, k.FirstDueOn = "A4", "2020-02-01" })},
		{"beyond what the pool can carry", "pool.limit", "2020-02-03", &lending.Disbursement{Loan: "big", Amount: 900_000_000, Voucher: "v"}},
		{"more than was agreed", "disbursement.more", "2020-02-03", &lending.Disbursement{Loan: "B", Amount: 1, Voucher: "v"}},
		{"a payment before disbursement", "loan.before-disbursement", "2020-01-14", &lending.Repayment{Loan: "L", Amount: 1, Receipt: "r"}},
		{"a payment on a loan not paid out", "loan.not-out", "2020-02-03", &lending.Repayment{Loan: "big", Amount: 1, Receipt: "r"}},
		{"an extension without a basis", "field.required", "2020-03-10", extend(func(x *lending.Extension) { x.Basis = "" })},
		{"an extension of another amount", "extension.outstanding", "2020-03-10", extend(func(x *lending.Extension) { x.Outstanding++ })},
		{"an extension by nothing", "extension.nothing", "2020-03-10", extend(func(x *lending.Extension) { x.To = x.From })},
		{"an extension of no due date", "loan.no-row", "2020-03-10", extend(func(x *lending.Extension) { x.From = "2020-03-24" })},
		{"more waived than is due", "waiver.more", "2020-02-03", &lending.PenaltyWaiver{Loan: "L", Amount: 1, Reason: "x"}},
		{"a refund of nothing held", "loan.refund-more", "2020-03-10", &lending.OverpaymentRefund{Loan: "L", Amount: 1, Voucher: "v"}},
		{"a guarantee call too early", "call.early", "2020-06-22", &lending.GuaranteeCall{Loan: "B", Amount: 1, Voucher: "v"}},
		{"a guarantee call of another amount", "call.amount", "2020-06-24", &lending.GuaranteeCall{Loan: "B", Amount: 1, Voucher: "v"}},
		{"what nobody paid into a pool", "pool.unpaid", "2020-02-03", &lending.PoolContribution{Pool: "pool", From: "bank", Fund: "SEED", Amount: 1, Voucher: "v"}},
		{"out of a pool that guarantees", "pool.limit", "2020-02-03", &lending.PoolRelease{Pool: "pool", To: "szse", Fund: "SEED", Amount: 70_000_000, Voucher: "v", Reason: "x"}},
	} {
		if try.fact == nil {
			c.record("2020-02-03", &lending.ReferenceRate{ID: "short", Name: "Short", TermMax: 6, Rate: "6", Source: "test"})
			c.record("2020-02-03", &lending.Application{ID: "A4", Product: "enterprise", Borrower: "firm", Amount: 900_000_000, Months: 12, Purpose: "stock"})
			try.fact = agree(func(k *lending.Contract) { k.Application, k.Reference = "A4", "short" })
		}
		_, err := c.try(try.on, try.fact)
		found := fault.All(err)
		if len(found) == 0 || found[0].Code != try.code || found[0].Fix == "" && !strings.Contains(found[0].Message(), ": ") { // the engine says both in one sentence
			t.Errorf("%s: %v, want a fault %s with a remedy", try.name, err, try.code)
		}
	}
	// Without approval an extension waits.
	r, err := c.Recorder.Record(c.ctx, fact.Draft{Fact: extension(), On: "2020-03-10", Actor: "ann", Source: "test"})
	if err != nil || !r[0].Proposal {
		t.Errorf("an extension that nobody approved is recorded: %+v, %v", r, err)
	}
}

// TestReversal: what is taken back might as well never have been.
func TestReversal(t *testing.T) {
	c, d := newCounty(t), newCounty(t)
	contract := lending.Contract{ID: "L", Principal: 5_000_000, Rate: "4.35", DisbursedOn: "2020-01-15", Instalments: 36}
	pay := func(c *county, on date.Date, receipt string, amount fact.Money) int64 {
		return c.record(on, &lending.Repayment{Loan: "L", Amount: amount, Receipt: receipt, Excess: "shorter-term"}).Seq
	}
	c.lend("farmer", "household", contract)
	first := pay(c, "2020-02-15", "1", 148_400)
	pay(c, "2020-03-15", "2", 300_000)
	pay(c, "2020-04-15", "3", 148_400)
	if _, err := c.try("2020-05-01", &fact.Reversal{Entry: first, Reason: "wrong loan"}); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "loan-event-reversal") {
		t.Errorf("the first of three payments is taken back by a plain reversal: %v", err)
	}
	c.record("2020-05-01", &lending.EventReversal{Loan: "L", Entry: first, Reason: "wrong loan"})

	d.lend("farmer", "household", contract)
	pay(d, "2020-03-15", "2", 300_000)
	pay(d, "2020-04-15", "3", 148_400)
	same := func() {
		t.Helper()
		for _, account := range []string{"loan:L", "borrower:household", "lender:bank", "suspense:L"} {
			d.want(account, c.holds(account))
		}
		a, b := c.state("L", "2020-05-15"), d.state("L", "2020-05-15")
		if a.Outstanding() != b.Outstanding() || a.Arrears() != b.Arrears() {
			t.Errorf("outstanding %d and %v, without the payment %d and %v", a.Outstanding(), a.Arrears(), b.Outstanding(), b.Arrears())
		}
	}
	same()

	// A payment learnt late comes to the same as one recorded in time.
	pay(c, "2020-02-15", "1b", 148_400)
	e := newCounty(t)
	e.lend("farmer", "household", contract)
	pay(e, "2020-02-15", "1", 148_400)
	pay(e, "2020-03-15", "2", 300_000)
	last := pay(e, "2020-04-15", "3", 148_400)
	d = e
	same()

	// The last event can be taken back as any entry.
	e.record("2020-04-15", &fact.Reversal{Entry: last, Reason: "wrong"})
	if l, err := lending.Get(e.ctx, e.DB, book, "L"); err != nil || l.Events != 3 || l.LastOn != "2020-03-15" {
		t.Errorf("loan %+v, %v", l, err)
	}
	s := e.state("L", "2020-03-15")
	e.want("loan:L", fact.Money(s.Outstanding()))
	pay(e, "2020-04-15", "3", 148_400)
}

// TestGuarantee: 18,412.55 of principal at 80 % is 14,730.04, and of 5,000.00 recovered 4,000.00 come back.
func TestGuarantee(t *testing.T) {
	c := newCounty(t)
	c.lend("enterprise", "firm", lending.Contract{ID: "B", Principal: 1_841_255, Rate: "0", DisbursedOn: "2020-01-15", Instalments: 1, FirstDueOn: "2020-06-15"})
	c.record("2020-09-14", &lending.GuaranteeCall{Loan: "B", Amount: 1_473_004, Voucher: "v"})
	c.want("pool:pool", 100_000_000-1_473_004)
	c.want("loan:B", 1_841_255)
	c.record("2020-09-14", &lending.WriteOff{Loan: "B", Reason: "bankrupt"})
	c.want("loan:B", 0)
	c.want("writtenoff:B", 1_841_255)
	waived := fact.Money(c.state("B", "2020-10-15").Arrears()[servicing.Penalty])
	c.record("2020-10-15", &lending.PenaltyWaiver{Loan: "B", Amount: waived, Reason: "bankrupt"})
	r := c.record("2020-10-15", &lending.Repayment{Loan: "B", Amount: 500_000, Receipt: "1"})
	c.want("pool:pool", 100_000_000-1_473_004+400_000)
	c.want("writtenoff:B", 1_341_255)
	c.record("2020-10-15", &lending.EventReversal{Loan: "B", Entry: r.Seq, Reason: "wrong"})
	c.want("pool:pool", 100_000_000-1_473_004)
	c.want("writtenoff:B", 1_841_255)
}

// TestGuaranteeLimits: a pool pays at most so much for a loan and so much a year, never more than it holds, and is paid back no more than it paid. While
// it has stopped it backs no new loan.
func TestGuaranteeLimits(t *testing.T) {
	c := newCounty(t)
	on := date.Date("2019-12-02")
	c.record(on, &lending.Pool{ID: "small", Name: "Small pool", Area: book, Holder: "bank", Multiple: 10, Trigger: 90, Share: "80", Base: "principal-interest", LoanMax: 1_000_000, YearMax: 1_200_000})
	c.record(on, &lending.PoolContribution{Pool: "small", From: "szse", Fund: "SEED", Amount: 1_300_000, Voucher: "v"})
	product := enterprise()
	product.ID, product.Pool = "backed", "small"
	c.record(on, product)
	for _, id := range []string{"W", "X", "Y", "Z"} {
		c.lend("backed", "firm", lending.Contract{ID: id, Money: "bank", Lender: "bank", Fund: "BANK", Pool: "small", Principal: 1_500_000, Rate: "4", DisbursedOn: "2020-01-15", Instalments: 1, FirstDueOn: "2020-03-15"})
	}
	// Owed are 15,000.00 and 100.00 of interest, never the penalty; 80 % of it is 12,080.00.
	if _, err := c.try("2020-09-14", &lending.GuaranteeCall{Loan: "X", Amount: 1_208_000, Voucher: "v"}); code(err) != "call.amount" {
		t.Errorf("more than the limit for a loan: %v", err)
	}
	c.record("2020-09-14", &lending.GuaranteeCall{Loan: "X", Amount: 1_000_000, Voucher: "v"})
	if _, err := c.try("2020-09-14", &lending.GuaranteeCall{Loan: "X", Amount: 200_000, Voucher: "v"}); code(err) != "call.again" {
		t.Errorf("a second call for a loan: %v", err)
	}
	c.record("2020-09-14", &lending.GuaranteeCall{Loan: "Y", Amount: 200_000, Voucher: "v"}) // what is left of the year's
	if _, err := c.try("2020-12-31", &lending.GuaranteeCall{Loan: "Z", Amount: 1, Voucher: "v"}); code(err) != "call.exhausted" {
		t.Errorf("beyond the year's limit: %v", err)
	}
	c.record("2021-01-01", &lending.GuaranteeCall{Loan: "Z", Amount: 100_000, Voucher: "v"}) // what it holds
	if _, err := c.try("2021-01-01", &lending.GuaranteeCall{Loan: "W", Amount: 1, Voucher: "v"}); code(err) != "call.exhausted" {
		t.Errorf("out of an empty pool: %v", err)
	}
	c.want("pool:small", 0)
	_, calls, err := lending.ReadPool(c.ctx, c.DB, book, "small")
	if err != nil || len(calls) != 3 {
		t.Fatalf("calls %+v, %v", calls, err)
	}
	for _, call := range calls {
		if call.Base != 1_510_000 {
			t.Errorf("the base of %s is %d", call.Loan, call.Base)
		}
	}

	// Of what comes back 80 % is the pool's, until it has its 10,000.00.
	c.record("2021-02-01", &lending.Repayment{Loan: "X", Amount: 1_000_000, Receipt: "1"})
	c.want("pool:small", 800_000)
	c.record("2021-02-02", &lending.Repayment{Loan: "X", Amount: 500_000, Receipt: "2"})
	c.want("pool:small", 1_000_000)

	c.record("2021-02-03", &lending.Application{ID: "A-N", Product: "backed", Borrower: "firm", Amount: 100, Months: 12, Purpose: "stock"})
	c.record("2021-02-03", &lending.Contract{ID: "N", Application: "A-N", Money: "bank", Lender: "bank", Fund: "BANK", Pool: "small", Principal: 100, Rate: "4", Reference: "ref", DisbursedOn: "2021-02-03", Instalments: 1})
	stop := c.record("2021-02-03", &lending.PoolStop{Pool: "small", Status: lending.Stopped, Reason: "too much is past due"})
	if _, err := c.try("2021-02-03", &lending.Disbursement{Loan: "N", Amount: 100, Voucher: "v"}); code(err) != "pool.stopped" {
		t.Errorf("a loan out under a pool that has stopped: %v", err)
	}
	c.record("2021-02-03", &fact.Reversal{Entry: stop.Seq, Reason: "it is not"})
	c.record("2021-02-03", &lending.Disbursement{Loan: "N", Amount: 100, Voucher: "v"})
}

// TestRecoveryCost: of 5,000.00 recovered, 400.00 went to the court; 80 % of the rest come back, whichever is known first.
func TestRecoveryCost(t *testing.T) {
	for _, first := range []string{"cost", "payment"} {
		c := newCounty(t)
		c.lend("enterprise", "firm", lending.Contract{ID: "B", Principal: 1_841_255, Rate: "0", DisbursedOn: "2020-01-15", Instalments: 1, FirstDueOn: "2020-06-15"})
		cost := &lending.RecoveryCost{Loan: "B", Amount: 40_000, For: "court", Voucher: "c"}
		if _, err := c.try("2020-09-14", cost); code(err) != "cost.none" {
			t.Errorf("a cost before the pool paid: %v", err)
		}
		c.record("2020-09-14", &lending.GuaranteeCall{Loan: "B", Amount: 1_473_004, Voucher: "v"})
		waived := fact.Money(c.state("B", "2020-10-15").Arrears()[servicing.Penalty])
		c.record("2020-10-15", &lending.PenaltyWaiver{Loan: "B", Amount: waived, Reason: "bankrupt"})
		pay := func() { c.record("2020-10-15", &lending.Repayment{Loan: "B", Amount: 500_000, Receipt: "1"}) }
		if first == "payment" {
			pay()
		}
		r := c.record("2020-10-16", cost)
		if first == "cost" {
			pay()
		}
		c.want("pool:pool", 100_000_000-1_473_004+368_000)
		_, err := c.try("2020-10-17", &fact.Reversal{Entry: r.Seq, Reason: "wrong"})
		if first == "cost" {
			if code(err) != "cost.later" {
				t.Errorf("a cost is taken back under a payment that was shared after it: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		c.want("pool:pool", 100_000_000-1_473_004+400_000)
	}
}

func code(err error) string {
	if list := fault.All(err); len(list) > 0 {
		return list[0].Code
	}
	return ""
}

// TestRegister: where the register of households has a borrower, it decides who is registered, not a number that somebody typed.
func TestRegister(t *testing.T) {
	c := newCounty(t)
	card := func(id, move string, since date.Date) {
		c.record("2020-01-10", &household.Household{ID: id, Area: "620524101201", Standard: "national", Attribute: "ordinary", MainCause: "illness", Members: []string{"01 head 1956-03-02 male ordinary"}, Move: move, Registered: since})
	}
	card("W-1", "", "")              // has a card and was never registered
	card("W-2", "M-1", "2014-05-01") // came from another county, where it is registered
	card("N-3", "", "")              // the number that party P-3 gives
	c.record("2020-01-10", &party.Party{ID: "P-3", Name: "Household", Kind: "household", Area: "620524101201", Register: "N-3"})
	for borrower, want := range map[string]string{"W-1": "loan.unregistered", "W-2": "", "P-3": "loan.unregistered", "household": "", "stranger": "loan.unregistered"} {
		_, err := c.try("2020-02-03", &lending.Application{ID: "A-" + borrower, Product: "farmer", Borrower: borrower, Amount: 1_000_000, Months: 12, Purpose: "sheep"})
		if code(err) != want || want == "" && err != nil {
			t.Errorf("%s: %v, want %q", borrower, err, want)
		}
	}
}

// dump is all rows of a table.
func (c *county) dump(table string) []string {
	c.Helper()
	rows, err := c.DB.Query(c.ctx, "SELECT * FROM "+table)
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		c.Fatal(err)
	}
	var list []string
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			c.Fatal(err)
		}
		line := ""
		for i := range cells {
			line += fmt.Sprintf("%v|", *cells[i].(*any))
		}
		list = append(list, line)
	}
	if err := rows.Err(); err != nil {
		c.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestRandomYears lives through random years of several loans: at every month's end the ledger agrees with what the loans derive to, nothing is made or
// lost, and the journal replayed into an empty store gives the same rows, also where nothing is remembered of a loan between two facts.
func TestRandomYears(t *testing.T) {
	c := newCounty(t)
	r := rand.New(rand.NewPCG(6, 2020))
	var loans []string
	day := date.Date("2019-01-02")
	for i := range 6 {
		k := lending.Contract{ID: fmt.Sprintf("L%d", i), Principal: fact.Money(100_000 * (1 + r.IntN(8))), Rate: []string{"0", "4.35", "9.9"}[i%3], DisbursedOn: day, Instalments: int64(1 + r.IntN(24))}
		product, borrower := "enterprise", "firm"
		if i == 5 {
			product, borrower = "farmer", "household"
			k.Money, k.Lender, k.Fund, k.Pool = "pool", "bank", "SEED", "pool"
		}
		c.lend(product, borrower, k)
		loans = append(loans, k.ID)
		day = day.AddDays(r.IntN(20))
	}
	refused, taken := 0, map[string][]int64{}
	for day < "2021-03-01" {
		id := loans[r.IntN(len(loans))]
		s := c.state(id, day)
		var f fact.Fact
		on := day
		switch r.IntN(12) {
		case 0:
			on = day.AddDays(-r.IntN(40))
			f = &lending.Repayment{Loan: id, Amount: fact.Money(1 + r.IntN(100_000)), Receipt: string(day), Excess: "next-rows"}
		case 1:
			f = &lending.Repayment{Loan: id, Amount: fact.Money(1 + r.IntN(100_000)), Receipt: string(day), Excess: []string{"shorter-term", "smaller-instalment", "hold"}[r.IntN(3)]}
		case 2:
			f = &lending.Fee{Loan: id, Amount: fact.Money(1 + r.IntN(2_000)), For: "stamps"}
		case 3:
			f = &lending.RateChange{Loan: id, Rate: fmt.Sprintf("%d.5", r.IntN(9)), Reason: "market"}
		case 4:
			if list := taken[id]; len(list) > 0 {
				f = &lending.EventReversal{Loan: id, Entry: list[r.IntN(len(list))], Reason: "test"}
			}
		case 5:
			f = &lending.OverpaymentRefund{Loan: id, Amount: fact.Money(max(s.Suspense/2, 1)), Voucher: "v"}
		case 6:
			f = &lending.PenaltyWaiver{Loan: id, Amount: fact.Money(max(s.Arrears()[servicing.Penalty]/2, 1)), Reason: "hardship"}
		case 7:
			rows, err := s.ToCome()
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) > 0 {
				from := date.Date(rows[0].DueOn.String())
				f = &lending.Extension{Loan: id, Document: "x", Basis: "y", Reason: "other", Outstanding: fact.Money(s.Outstanding()), Kind: "move-all", Treatment: []string{"deferred", "capitalised", "forgiven"}[r.IntN(3)],
					From: from, Months: int64(1 + r.IntN(3))}
			}
		default:
			f = &lending.Repayment{Loan: id, Amount: fact.Money(max(s.Arrears().Sum(), 1)), Receipt: string(day)}
		}
		if f != nil {
			receipt, err := c.try(on, f)
			if err != nil && fault.KindOf(err) == fault.Internal {
				t.Fatalf("%s on %s: %v", fact.KindOf(f).Name, on, err)
			}
			if _, ok := f.(*lending.Repayment); ok && err == nil {
				taken[id] = append(taken[id], receipt.Seq)
			}
			if err != nil {
				refused++
			}
		}
		next := day.AddDays(1 + r.IntN(3))
		if next.Month() != day.Month() {
			c.agree(loans)
		}
		day = next
	}
	t.Logf("%d facts were refused", refused)
	var whole int64
	if err := c.DB.QueryRow(c.ctx, "SELECT SUM(amount) FROM balance WHERE book = $1 AND commodity = 'CNY'", book).Scan(&whole); err != nil || whole != 0 {
		t.Errorf("all accounts together hold %d, %v", whole, err)
	}

	defer lending.RememberNothing()() // the replay derives each loan from all its events
	again := open(t)
	entries := c.entries()
	slices.SortStableFunc(entries, func(a, b journal.Entry) int { return cmp.Compare(a.RecordedAt, b.RecordedAt) })
	each := func(fn func(journal.Entry) error) error {
		for _, e := range entries {
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	}
	if err := again.Recorder.Replay(t.Context(), each, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	for _, table := range lending.Schema.State {
		if a, b := c.dump(table), again.dump(table); !slices.Equal(a, b) {
			t.Errorf("%s is\n%s\nafter the replay\n%s", table, strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	}
}

// agree compares the ledger with the loans as of the last day on which something happened to each.
func (c *county) agree(loans []string) {
	c.Helper()
	guaranteed := int64(0)
	for _, id := range loans {
		l, err := lending.Get(c.ctx, c.DB, book, id)
		if err != nil {
			c.Fatal(err)
		}
		s, err := l.State(c.ctx, c.DB, l.LastOn)
		if err != nil {
			c.Fatal(err)
		}
		c.want("loan:"+id, fact.Money(s.Outstanding()))
		c.want("suspense:"+id, fact.Money(s.Suspense))
		if l.Money != "pool" {
			guaranteed += s.Outstanding()
		}
	}
	var kept int64
	if err := c.DB.QueryRow(c.ctx, "SELECT guaranteed FROM loan_pool WHERE book = $1 AND pool = $2", book, "pool").Scan(&kept); err != nil || kept != guaranteed {
		c.Errorf("the pool answers for %d, want %d (%v)", kept, guaranteed, err)
	}
}
