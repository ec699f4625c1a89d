package lending

import (
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/programme"
)

// GuaranteeCall is a lender's claim on the pool that guarantees a loan, once the loan is past due for longer than the pool's trigger. The
// pool pays its share of the base to the lender; the borrower still owes everything, and what is recovered later comes back to the
// pool in the same share until it has its money.
type GuaranteeCall struct {
	_       struct{}   `kind:"guarantee-call" en:"Guarantee call" zh:"代偿" by:"loan-officer,finance" approve:"approver; 100000.00 2" amount:"amount" book:"loan" area:"loan"`
	Loan    string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"代偿金额" unit:"CNY" min:"0.01" hint:"The pool's share of what is owed, within its limits." hint_zh:"欠款中由资金池承担的部分，不超过其限额。"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record checks trigger, share and limits and moves the money.
func (c *GuaranteeCall) Record(tx *fact.Tx) error {
	l, err := get(tx, c.Loan)
	if err != nil {
		return err
	}
	if l.Pool == "" || l.Money == "pool" {
		return fault.New(fault.Invalid, "call.none", "no pool guarantees loan %s", l.ID).For("loan").Mend("Name a loan that was made under a guarantee.")
	}
	if l.Claimed > 0 {
		return fault.New(fault.Conflict, "call.again", "pool %s has paid %s for loan %s already", l.Pool, fact.Money(l.Claimed), l.ID).For("loan").Mend("Nothing needs to be done.")
	}
	pool, err := fact.Get[Pool](tx, "pool", l.Pool)
	if err != nil {
		return err
	}
	s, err := l.State(tx.Context(), tx.Reader(), tx.On)
	if err != nil {
		return err
	}
	if days := int64(s.DaysPastDue()); days <= pool.Trigger {
		return fault.New(fault.Conflict, "call.early", "loan %s is %d days past due on %s; pool %s pays when it is more than %d", l.ID, days, tx.On, l.Pool, pool.Trigger).For("on").
			Mend("Claim it when it is.")
	}
	base := s.Outstanding()
	if pool.Base == "principal-interest" {
		base += s.Arrears()[servicing.Interest]
	}
	most, err := pool.pays(tx, base)
	if err != nil {
		return err
	}
	if int64(c.Amount) != most {
		return fault.New(fault.Invalid, "call.amount", "pool %s pays %s: %s %% of %s, within its limits and what it holds", l.Pool, fact.Money(most), pool.Share, fact.Money(base)).For("amount").
			Mend("Claim that amount.")
	}
	l.Claimed, l.ClaimShare, l.ClaimBefore = most, rateOf(pool.Share), l.received()
	if err := l.pay(tx, "guarantee-paid", account{ledger.Pool, l.Pool}, l.lender(), most); err != nil {
		return err
	}
	err = tx.Exec("INSERT INTO guarantee_call (book, loan, seq, pool, on_date, base, amount) VALUES ($1, $2, $3, $4, $5, $6, $7)", l.Book, l.ID, tx.Seq(), l.Pool, string(tx.On), base, most)
	if err != nil {
		return err
	}
	l.keep(tx)
	return tx.Observe("guarantee-call", 1, figure.Observation{Subject: l.ID, Project: l.Project})
}

// pays is what the pool pays for a base: its share, at most the limit for a loan, what is left of the year's, and what it holds.
func (p *Pool) pays(tx *fact.Tx, base int64) (int64, error) {
	share := rateOf(p.Share)
	parts, err := ledger.Split(base, []int64{share, 1_000_000 - share})
	if err != nil {
		return 0, err
	}
	most := parts[0]
	if p.LoanMax > 0 {
		most = min(most, int64(p.LoanMax))
	}
	if p.YearMax > 0 {
		var paid int64
		year := string(tx.On[:4])
		err := tx.QueryRow("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM guarantee_call WHERE book = $1 AND pool = $2 AND on_date BETWEEN $3 AND $4",
			tx.Book, p.ID, year+"-01-01", year+"-12-31").Scan(&paid)
		if err != nil {
			return 0, err
		}
		most = min(most, int64(p.YearMax)-paid)
	}
	account, err := tx.Account(ledger.Pool, p.ID, "")
	if err != nil {
		return 0, err
	}
	held, err := tx.Held(account, tx.Currency())
	if err != nil {
		return 0, err
	}
	if most = min(most, held); most <= 0 {
		return 0, fault.New(fault.Conflict, "call.exhausted", "pool %s has nothing left to pay this year", p.ID).For("loan").Mend("The lender bears the loss; put more into the pool, or claim next year.")
	}
	return most, nil
}

// Grade of money: traced with voucher and file, partly with one of them.
func (c *GuaranteeCall) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(c.Voucher, evidence)
}

// TakeBack forgets the call while nothing has been recovered.
func (c *GuaranteeCall) TakeBack(tx *fact.Tx) error {
	l, err := get(tx, c.Loan)
	if err != nil {
		return err
	}
	if l.received() != l.ClaimBefore || l.Costs > 0 {
		return fault.New(fault.Conflict, "call.recovered", "loan %s was paid on since the pool paid, or had costs", l.ID).For("entry").Mend("Take back those payments and costs first.")
	}
	l.Claimed, l.ClaimShare, l.ClaimBefore = 0, 0, 0
	if err := tx.Exec("DELETE FROM guarantee_call WHERE book = $1 AND loan = $2", l.Book, l.ID); err != nil {
		return err
	}
	l.keep(tx)
	return nil
}

// RecoveryCost is what a lender spent to recover a loan for which a pool has paid: a court's fee, a bailiff's. What is recovered is shared
// after it: the lender keeps the cost, and lender and pool share the rest.
type RecoveryCost struct {
	_       struct{}   `kind:"recovery-cost" en:"Cost of recovery" zh:"追偿费用" by:"loan-officer,finance" approve:"approver" amount:"amount" book:"loan" area:"loan"`
	Loan    string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	For     string     `json:"for" en:"For what" zh:"名目" length:"200" hint:"Such as the court's fee." hint_zh:"如诉讼费。"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record shares what was recovered anew.
func (c *RecoveryCost) Record(tx *fact.Tx) error {
	l, err := get(tx, c.Loan)
	if err != nil {
		return err
	}
	if l.Claimed == 0 {
		return fault.New(fault.Conflict, "cost.none", "no pool has paid for loan %s", l.ID).For("loan").Mend("Record the guarantee call first: before it, costs are the lender's own.")
	}
	l.Costs += int64(c.Amount)
	if err := l.share(tx); err != nil {
		return err
	}
	l.keep(tx)
	return nil
}

// Grade of money: traced with voucher and file, partly with one of them.
func (c *RecoveryCost) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(c.Voucher, evidence)
}

// TakeBack shares as if the cost had not been, while nothing has happened to the loan since: what was recovered later was shared with it in mind.
func (c *RecoveryCost) TakeBack(tx *fact.Tx) error {
	l, err := get(tx, c.Loan)
	if err != nil {
		return err
	}
	var later int64
	if err := tx.QueryRow("SELECT COUNT(*) FROM loan_event WHERE book = $1 AND loan = $2 AND seq > $3", l.Book, l.ID, tx.Taking).Scan(&later); err != nil {
		return err
	}
	if later > 0 {
		return fault.New(fault.Conflict, "cost.later", "loan %s has gone on since entry %d", l.ID, tx.Taking).For("entry").Mend("Take back what followed it first.")
	}
	l.Costs -= int64(c.Amount)
	l.Recovered = l.poolShare()
	l.keep(tx)
	return nil
}

// poolShare is what of the money received since the pool paid, less what it cost to recover it, is the pool's: its share, until it has its money
// back.
func (l *Loan) poolShare() int64 {
	if l.Claimed == 0 {
		return 0
	}
	parts, err := ledger.Split(max(l.received()-l.ClaimBefore-l.Costs, 0), []int64{l.ClaimShare, 1_000_000 - l.ClaimShare})
	if err != nil {
		panic(err) // shares are 0 to 1,000,000
	}
	return min(parts[0], l.Claimed)
}

// share passes on to the pool what is its part of the money received, or takes it back when a payment is reversed.
func (l *Loan) share(tx *fact.Tx) error {
	by := l.poolShare() - l.Recovered
	l.Recovered += by
	lender, pool := l.lender(), account{ledger.Pool, l.Pool}
	if by < 0 {
		return l.pay(tx, "guarantee-recovery-restored", pool, lender, -by)
	}
	return l.pay(tx, "guarantee-recovered", lender, pool, by)
}
