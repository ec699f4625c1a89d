package servicing

import (
	"fmt"

	"lastmile/internal/lending/schedule"
)

// allocate pays what is due in the loan's order, notes where it went in the
// receipt, and returns what is left.
func (s *State) allocate(receipt *Receipt, amount int64) (left int64) {
	settle := func(i int, component Component) {
		row := &s.Rows[i]
		if part := min(amount, row.Unpaid()[component]); part > 0 {
			row.Paid[component] += part
			amount -= part
			receipt.Parts = append(receipt.Parts, Part{i, component, part})
		}
	}
	if s.loan.Sweep == ComponentByComponent {
		for _, component := range s.loan.order() {
			for i := range s.Rows {
				settle(i, component)
			}
		}
		return amount
	}
	for i := range s.Rows {
		for _, component := range s.loan.order() {
			settle(i, component)
		}
	}
	return amount
}

func (s *State) pay(event Event, payment Payment) error {
	receipt := Receipt{ID: event.ID, On: event.On, From: payment.From}
	left := s.allocate(&receipt, payment.Amount)
	var err error
	switch {
	case left == 0 || s.Undue == 0:
	case payment.Excess == Payoff:
		left, err = s.payOff(&receipt, left)
	case payment.Excess != Hold:
		left, err = s.prepay(&receipt, left, payment.Excess)
	}
	if err != nil {
		return err
	}
	receipt.Held += left
	s.Suspense += left
	s.Receipts = append(s.Receipts, receipt)
	return nil
}

// payOff ends the loan if what is left of a payment and what is in suspense
// are enough; what remains of both is left.
func (s *State) payOff(receipt *Receipt, left int64) (int64, error) {
	interest, err := s.contract.Accrual().Settle(s.earned)
	if err != nil {
		return 0, fmt.Errorf("interest to date: %w", err)
	}
	if left+s.Suspense < s.Undue+interest+s.Deferred {
		return left, nil
	}
	left += s.Suspense
	receipt.Held, s.Suspense = -s.Suspense, 0
	s.dueNow(interest, s.Undue)
	s.plan, s.passed, s.contract.Due = nil, 0, nil
	return s.allocate(receipt, left), nil
}

// dueNow makes interest to date and a part of the principal due today, as a
// row of its own.
func (s *State) dueNow(interest, principal int64) {
	s.instalments++
	s.Rows = append(s.Rows, Row{
		N: s.instalments, DueOn: s.AsOf, lateTo: s.AsOf, Deferred: s.Deferred,
		Due: Amounts{Interest: interest + s.Deferred, Principal: principal},
	})
	s.Undue -= principal
	s.Deferred = 0
	s.earned = schedule.Exact{}
}

// prepay repays principal before it is due and schedules the rest. What would
// repay all of it pays the interest to date first, so that nothing but the
// difference remains for the rows to come.
func (s *State) prepay(receipt *Receipt, left int64, excess Excess) (int64, error) {
	if left >= s.Undue {
		interest, err := s.contract.Accrual().Settle(s.earned)
		if err != nil {
			return 0, fmt.Errorf("interest to date: %w", err)
		}
		interest += s.Deferred
		if left >= s.Undue+interest {
			return s.payOff(receipt, left)
		}
		if left <= interest {
			return left, nil
		}
		early := left - interest
		c, level, err := s.without(early, excess)
		if err != nil {
			return 0, err
		}
		s.dueNow(interest-s.Deferred, early)
		left = s.allocate(receipt, left)
		return left, s.replan(c, level)
	}

	c, level, err := s.without(left, excess)
	if err != nil {
		return 0, err
	}
	s.Undue -= left
	s.Prepaid += left
	receipt.Prepaid = left
	if err := s.replan(c, level); err != nil {
		return 0, err
	}
	if excess == ShorterTerm {
		s.dropEmptyRows()
	}
	return 0, nil
}

// without returns the contract of the rows to come, and the level they go on
// with, when an amount of principal is prepaid. Where rows follow a rule, the
// rule takes it out of them; where their principal is named, it is taken out of
// the first, out of the last, or out of all in proportion.
func (s *State) without(amount int64, excess Excess) (schedule.Contract, level, error) {
	c := s.rest()
	home := s.loan.Contract.Method
	switch {
	case excess == ShorterTerm && c.Method != schedule.Irregular:
		return c, s.level(), nil
	case excess == SmallerInstalment && home != schedule.Irregular:
		c.Method = home
		c.Due = clearNames(c.Due)
		return c, anew, nil
	}
	if err := s.nameRows(&c); err != nil {
		return c, anew, err
	}
	take := func(k int) {
		cut := min(amount, c.Due[k].Principal)
		c.Due[k].Principal -= cut
		amount -= cut
	}
	switch excess {
	case NextRows:
		for k := range c.Due {
			take(k)
		}
	case ShorterTerm:
		for k := len(c.Due) - 1; k >= 0; k-- {
			take(k)
		}
	default:
		for k := range c.Due {
			c.Due[k].Principal -= proportion(amount, c.Due[k].Principal, s.Undue)
		}
	}
	return c, anew, nil
}

// waive takes penalties off what is due. Less may be due than when the waiver
// was agreed, because an earlier payment was learnt of since.
func (s *State) waive(waiver Waiver) {
	left := waiver.Amount
	for i := range s.Rows {
		row := &s.Rows[i]
		part := min(left, row.Unpaid()[Penalty])
		row.Waived += part
		row.Due[Penalty] -= part
		left -= part
	}
}

func (s *State) refund(refund Refund) error {
	if refund.Amount > s.Suspense {
		return refuse("amount", "loan.refund-more", "%s is more than the %s in suspense: pay back less", s.loan.Contract.FormatAmount(refund.Amount), s.loan.Contract.FormatAmount(s.Suspense))
	}
	s.Suspense -= refund.Amount
	s.Refunded += refund.Amount
	return nil
}

func (s *State) disburse(d Disbursement) error {
	if len(s.plan) == 0 {
		return refuse("loan", "loan.no-row-left", "no row is left to repay it: extend the loan first")
	}
	if d.Amount > schedule.MaxAmount-s.Disbursed {
		problem := refuse("amount", "loan.too-much", "lent in all would be more than %s: pay out less", s.loan.Contract.FormatAmount(schedule.MaxAmount))
		problem.Cause = schedule.ErrTooLarge
		return problem
	}
	s.Undue += d.Amount
	s.Disbursed += d.Amount
	return s.replan(s.rest(), anew)
}

func (s *State) changeRate(change RateChange) error {
	s.Rate = change.Rate
	if len(s.plan) == 0 {
		return nil
	}
	c := s.rest()
	if c.Method == schedule.EqualInstalment || c.GracePrincipal > 0 {
		return s.replan(c, anew)
	}
	return s.replan(c, level{true, s.plan[0].Level})
}
