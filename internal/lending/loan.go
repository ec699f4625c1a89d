package lending

import (
	"encoding/json"
	"fmt"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/programme"
)

// Contract is a loan agreed: how much, whose money, at what rate and when it comes back. What the product leaves to it stands here; the
// conventions are copied from the product. With it the first version of the schedule is fixed.
type Contract struct {
	_                    struct{}   `kind:"loan-contract" en:"Loan contract" zh:"贷款合同" by:"loan-officer" approve:"approver; 1000000.00 2" amount:"principal" book:"application" area:"application" defines:"loan"`
	ID                   string     `json:"id" en:"Number" zh:"合同号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，不超过 40 位。"`
	Application          string     `json:"application" en:"Application" zh:"申请" ref:"loan-application" entity:"parent"`
	Money                string     `json:"money" en:"Whose money" zh:"资金性质" choices:"bank=A bank's=银行资金;social=A social lender's=社会资金;pool=The pool's own=资金池自有资金" entity:"class"`
	Lender               string     `json:"lender" en:"Lender" zh:"贷款机构" ref:"party"`
	Fund                 string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund" hint:"The lender's fund, or the one in the pool that is lent." hint_zh:"放款机构的资金来源，或资金池中用于放贷的资金来源。"`
	Pool                 string     `json:"pool" en:"Pool" zh:"资金池" ref:"pool" optional:"" hint:"The pool that guarantees the loan, or lends it; empty when neither." hint_zh:"提供担保或资金的资金池；没有的留空。"`
	Principal            fact.Money `json:"principal" en:"Principal" zh:"本金" unit:"CNY" min:"0.01"`
	Rate                 string     `json:"annual_rate" en:"Rate" zh:"年利率" unit:"% a year" length:"9"`
	Reference            string     `json:"reference" en:"Reference rate" zh:"参考利率" ref:"reference-rate" hint:"What loans of the same type cost elsewhere; without it no benefit can be stated." hint_zh:"同类贷款的市场利率；不填则无法计算让利。"`
	DisbursedOn          date.Date  `json:"disbursed_on" en:"To be paid out on" zh:"约定放款日"`
	Instalments          int64      `json:"instalments" en:"Instalments" zh:"期数" min:"1" max:"3660"`
	FirstDueOn           date.Date  `json:"first_due_on" en:"First due on" zh:"首期还款日" optional:""`
	Every                int64      `json:"every" en:"Every so many periods" zh:"间隔" optional:"" min:"1" max:"3660"`
	Period               string     `json:"period" en:"Period" zh:"周期" optional:"" choices:"months=Months=月;days=Days=日;weeks=Weeks=周;years=Years=年"`
	PayDay               int64      `json:"pay_day" en:"Pay day" zh:"还款日" optional:"" min:"1" max:"31"`
	Due                  []string   `json:"due" en:"Due dates" zh:"还款计划" optional:"" hint:"For dates of their own: 2020-09-17 600.00; the last may say rest." hint_zh:"自定还款日的填写，如 2020-09-17 600.00；最后一期可写 rest。"`
	GracePrincipal       int64      `json:"grace_principal" en:"First rows without principal" zh:"本金宽限期数" optional:"" min:"0" max:"3660"`
	GraceInterestPayment int64      `json:"grace_interest_payment" en:"First rows with interest put off" zh:"利息缓付期数" optional:"" min:"0" max:"3660"`
	GraceInterestCharged int64      `json:"grace_interest_charged" en:"First rows without interest" zh:"免息期数" optional:"" min:"0" max:"3660"`
	Outlet               string     `json:"outlet" en:"Served by outlet" zh:"服务网点" ref:"outlet" optional:""`
}

// Check reads rate and due dates.
func (c *Contract) Check(p *fact.Problems) {
	checkRate(p, "annual_rate", c.Rate)
	if c.Money == "pool" && c.Pool == "" {
		p.Add("pool", "field.required", "no pool is named whose money it is").Mend("Name the pool.")
	}
}

// States of a loan, beside which it may be past due or extended.
const (
	Agreed     = "contracted"
	Active     = "active"
	Repaid     = "repaid"
	WrittenOff = "written-off"
)

// Record checks the contract against application, product and pool, and fixes the schedule.
func (c *Contract) Record(tx *fact.Tx) error {
	application, err := fact.Get[Application](tx, "loan-application", c.Application)
	if err != nil {
		return err
	}
	product, err := fact.Get[CreditProduct](tx, "credit-product", application.Product)
	if err != nil {
		return err
	}
	asked, err := tx.Need("application", "loan-application", c.Application)
	if err != nil {
		return err
	}
	switch {
	case asked.Status != product.ready():
		return fault.New(fault.Conflict, "contract.unchecked", "application %s is %s; product %s wants it %s", c.Application, asked.Status, product.ID, product.ready()).For("application").
			Mend("Record its checks first.")
	case c.Principal > application.Amount:
		return fault.New(fault.Invalid, "contract.more", "%s is more than the %s applied for", c.Principal, application.Amount).For("principal").Mend("Lend at most what was applied for.")
	case c.Pool != "" && c.Pool != product.Pool:
		return fault.New(fault.Invalid, "contract.pool", "product %s is not guaranteed by pool %s", product.ID, c.Pool).For("pool").Mend("Name pool %q, or none.", product.Pool)
	}
	if _, err := fact.Get[programme.Fund](tx, "fund", c.Fund); err != nil {
		return err
	}
	terms, err := c.terms(product)
	if err != nil {
		return err
	}
	rows, err := schedule.Schedule(nil, &terms.Contract)
	if err != nil {
		return wrongTerms(err)
	}
	months := monthsBetween(terms.Contract.DisbursedOn, rows[len(rows)-1].DueOn)
	if months > product.TermMax {
		return fault.New(fault.Invalid, "contract.term", "the last instalment is due after %d months, product %s runs at most %d", months, product.ID, product.TermMax).For("instalments").Mend("Agree on fewer instalments.")
	}
	l := &Loan{
		Book: tx.Book, ID: c.ID, Application: c.Application, Product: product.ID, Project: product.Project, Borrower: application.Borrower, Segment: product.Borrowers,
		Lender: c.Lender, Money: c.Money, Fund: c.Fund, Pool: c.Pool, Area: tx.Area, Outlet: c.Outlet, Status: Agreed, Agreed: int64(c.Principal),
	}
	if err := l.agree(terms); err != nil {
		return err
	}
	if l.Reference, err = reference(tx, c.Reference, months); err != nil {
		return err
	}
	if l.Village, l.Town, err = place(tx); err != nil {
		return err
	}
	if err := tx.SetStatus("loan-application", c.Application, Contracted); err != nil {
		return err
	}
	if err := tx.Put(entity.Entity{Type: "loan", ID: c.ID, Name: application.Borrower, Class: c.Money, Parent: c.Application, Area: tx.Area, Status: Agreed}); err != nil {
		return err
	}
	l.enter(tx, rows)
	return nil
}

// TakeBack removes the contract while nothing has been paid out.
func (c *Contract) TakeBack(tx *fact.Tx) error {
	l, err := get(tx, c.ID)
	if err != nil {
		return err
	}
	if l.Status != Agreed {
		return fault.New(fault.Conflict, "contract.used", "loan %s was paid out already", c.ID).For("entry").Mend("Take back the disbursement first.")
	}
	if err := tx.Exec("DELETE FROM loan_schedule WHERE book = $1 AND loan = $2", tx.Book, c.ID); err != nil {
		return err
	}
	if err := loans.Delete(tx, c.ID); err != nil {
		return err
	}
	e, err := tx.Need("application", "loan-application", c.Application)
	if err != nil {
		return err
	}
	product, err := fact.Get[CreditProduct](tx, "credit-product", e.Class)
	if err != nil {
		return err
	}
	return tx.SetStatus("loan-application", c.Application, product.ready())
}

// terms are the contract as the engine wants it, with the product's conventions. The engine reads the form that
// docs/loan-schedule.md describes, so what it finds wrong names our fields.
func (c *Contract) terms(product *CreditProduct) (*terms, error) {
	form := map[string]any{
		"id": c.ID, "principal": c.Principal.String(), "annual_rate": c.Rate, "instalments": c.Instalments, "disbursed_on": c.DisbursedOn,
		"method": product.Method, "day_count": product.DayCount, "rounding": product.Rounding, "smooth": product.Smooth,
		"grace_principal": c.GracePrincipal, "grace_interest_payment": c.GraceInterestPayment, "grace_interest_charged": c.GraceInterestCharged,
	}
	if c.FirstDueOn != "" {
		form["first_due_on"] = c.FirstDueOn
	}
	if c.Every > 0 {
		form["every"] = c.Every
	}
	if c.Period != "" {
		form["period"] = c.Period
	}
	if c.PayDay > 0 {
		form["pay_day"] = c.PayDay
	}
	if product.Multiple > 0 {
		form["instalment_multiple"] = product.Multiple.String()
	}
	if len(c.Due) > 0 {
		type due struct {
			On        string `json:"on"`
			Principal string `json:"principal,omitempty"`
		}
		var list []due
		for _, line := range c.Due {
			on, amount, _ := strings.Cut(line, " ")
			list = append(list, due{on, strings.TrimSpace(amount)})
		}
		form["due"] = list
	}
	raw, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	t := &terms{LateSurcharge: rateOf(product.Surcharge), Order: product.Order, Sweep: product.Sweep, Dust: int64(product.Dust)}
	if err := t.Contract.UnmarshalJSON(raw); err != nil {
		return nil, wrongTerms(err)
	}
	return t, nil
}

// monthsBetween counts months from one day to another, a broken one as whole.
func monthsBetween(from, to schedule.Day) int64 {
	y1, m1, d1 := from.Civil()
	y2, m2, d2 := to.Civil()
	months := 12*(y2-y1) + m2 - m1
	if d2 > d1 {
		months++
	}
	return int64(months)
}

// place finds the village and the town that the fact's area is or lies in; "" where it lies in none.
func place(tx *fact.Tx) (village, town string, err error) {
	const depthMax = 12
	area := tx.Area
	for range depthMax {
		e, ok, err := tx.Entity("area", area)
		if err != nil || !ok {
			return village, town, err
		}
		switch e.Class {
		case "village":
			village = area
		case "town":
			return village, area, nil
		}
		area = e.Parent
	}
	return village, town, nil
}

// Disbursement pays a loan out, whole or in part: from the lender's own money, or from the pool's.
type Disbursement struct {
	_       struct{}   `kind:"loan-disbursement" en:"Disbursement of a loan" zh:"贷款发放" by:"loan-officer,finance" approve:"approver; 1000000.00 2" amount:"amount" book:"loan" area:"loan"`
	Loan    string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record checks borrower and pool once more, moves the money and counts the loan.
func (d *Disbursement) Record(tx *fact.Tx) error {
	l, err := get(tx, d.Loan)
	if err != nil {
		return err
	}
	if l.Disbursed+int64(d.Amount) > l.Agreed {
		return fault.New(fault.Conflict, "disbursement.more", "loan %s would have been paid %s, agreed are %s", l.ID, fact.Money(l.Disbursed+int64(d.Amount)), fact.Money(l.Agreed)).For("amount").
			Mend("Pay out at most %s.", fact.Money(l.Agreed-l.Disbursed))
	}
	if err := d.check(tx, l); err != nil {
		return err
	}
	first := l.Status == Agreed
	if first {
		if err := l.opening(int64(d.Amount), dayOf(tx.On)); err != nil {
			return err
		}
		l.Status = Active
	}
	if _, err := l.add(tx, disbursementOf(first, d.Amount)); err != nil {
		return err
	}
	at := figure.Observation{Project: l.Project}
	count := func(measure string, value int64, subject string) {
		if err == nil && subject != "" {
			at.Subject = subject
			err = tx.Observe(measure, value, at)
		}
	}
	count("loan-granted", int64(d.Amount), l.ID)
	if l.Money == "pool" {
		count("loan-granted-own", int64(d.Amount), l.ID)
	}
	if !first {
		return err
	}
	count("loan", 1, l.ID)
	count("loan-borrower", 1, l.Borrower)
	count("loan-village", 1, l.Village)
	count("loan-town", 1, l.Town)
	discount := l.Reference - l.terms.Contract.Rate
	count("rate-discount", discount, l.ID)
	count("rate-discount-weight", discount*int64(d.Amount), l.ID)
	saved, e := l.saved()
	if e != nil {
		return e
	}
	count("interest-saved", saved, l.ID)
	return err
}

// check refuses a loan that may no longer be paid out though it was agreed.
func (d *Disbursement) check(tx *fact.Tx, l *Loan) error {
	application, err := fact.Get[Application](tx, "loan-application", l.Application)
	if err != nil {
		return err
	}
	product, err := fact.Get[CreditProduct](tx, "credit-product", l.Product)
	if err != nil {
		return err
	}
	if product.Registered {
		listed, err := registered(tx, l.Borrower)
		if err != nil {
			return err
		}
		if !listed {
			return fault.New(fault.Conflict, "loan.unregistered", "%s is not registered", l.Borrower).For("loan").Mend("Register the household first.")
		}
	}
	if err := application.checkDebt(tx, product, int64(d.Amount)); err != nil {
		return err
	}
	if l.Pool == "" {
		return nil
	}
	e, err := tx.Need("loan", "pool", l.Pool)
	if err != nil {
		return err
	}
	if e.Status == Stopped {
		return fault.New(fault.Conflict, "pool.stopped", "pool %s has stopped new lending", l.Pool).For("loan").Mend("Resume its lending first.")
	}
	pool, err := fact.Get[Pool](tx, "pool", l.Pool)
	if err != nil {
		return err
	}
	if l.Money == "pool" {
		return pool.covers(tx, 0, -int64(d.Amount))
	}
	return pool.covers(tx, int64(d.Amount), 0)
}

// Grade of money: traced with voucher and file, partly with one of them.
func (d *Disbursement) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(d.Voucher, evidence)
}

// TakeBack removes the disbursement while nothing has followed it.
func (d *Disbursement) TakeBack(tx *fact.Tx) error { return undo(tx, d.Loan) }

// RateChange is a new rate for the days after its effective date.
type RateChange struct {
	_      struct{} `kind:"loan-rate-change" en:"Change of a loan's rate" zh:"利率调整" by:"loan-officer" approve:"approver" book:"loan" area:"loan"`
	Loan   string   `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Rate   string   `json:"annual_rate" en:"New rate" zh:"新年利率" unit:"% a year" length:"9"`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Check reads the rate.
func (r *RateChange) Check(p *fact.Problems) { checkRate(p, "annual_rate", r.Rate) }

// Record changes the rows to come.
func (r *RateChange) Record(tx *fact.Tx) error {
	l, err := get(tx, r.Loan)
	if err != nil {
		return err
	}
	_, err = l.add(tx, rateChange(rateOf(r.Rate)))
	return err
}

// TakeBack removes the change while nothing has followed it.
func (r *RateChange) TakeBack(tx *fact.Tx) error { return undo(tx, r.Loan) }

// saved is the interest of the contract's schedule at the reference rate, less that at its own.
func (l *Loan) saved() (int64, error) {
	interest := func(rate int64) (sum int64, err error) {
		c := l.terms.Contract
		c.Rate = rate
		rows, err := schedule.Schedule(nil, &c)
		for i := range rows {
			sum += rows[i].Interest
		}
		return sum, err
	}
	at, err := interest(l.Reference)
	if err != nil {
		return 0, fmt.Errorf("loan %s at the reference rate: %w", l.ID, wrongTerms(err))
	}
	paid, err := interest(l.terms.Contract.Rate)
	return at - paid, err
}
