package servicing

import (
	"fmt"
	"slices"

	"lastmile/internal/lending/schedule"
)

// Row is something that fell due.
type Row struct {
	N     int // the instalment, from 1; 0 for a fee
	DueOn Day
	Due   Amounts // with the late interest up to State.AsOf as Penalty
	Paid  Amounts
	// Deferred is the part of Due[Interest] that was put off from earlier days.
	Deferred int64
	// Moved is what an extension took out of the row; it is no longer in Due.
	Moved Amounts
	// Subsidy is interest of the row that SubsidyFrom pays; it is not in Due.
	Subsidy     int64
	SubsidyFrom Payer
	// Waived is late interest forgiven; it is not in Due.
	Waived int64
	// LateBefore is the days past due an extension found, which count on.
	LateBefore int

	// Account says how interest and principal were computed; only in what
	// Account derives.
	Account *schedule.Explanation

	lateTo  Day            // how far late and instead have been counted
	late    schedule.Exact // late interest, ACT/360
	instead schedule.Exact // interest by the contract on the same principal, should it be moved
}

// Unpaid returns what is due and not paid.
func (r *Row) Unpaid() Amounts { return r.Due.Minus(r.Paid) }

// Part is a piece of a payment.
type Part struct {
	Row       int // index into State.Rows
	Component Component
	Amount    int64
}

// Receipt says where a payment went: Parts, Prepaid and Held add up to its
// amount, less what a Payoff took from suspense.
type Receipt struct {
	ID      string
	On      Day
	From    Payer
	Parts   []Part
	Prepaid int64 // principal before it was due
	Held    int64 // put into suspense; below 0 when taken from it
}

// Extended is the record of an extension that took effect.
type Extended struct {
	ID        string
	On        Day // when it took effect
	Extension Extension
	Principal int64 // moved
	Interest  int64 // owed on the old days and moved
	Waived    int64 // late interest
	Forgone   int64 // interest not charged up to the new day, as it stood on On
	Again     bool  // the loan had been extended before
}

// State is a loan at the close of a day.
type State struct {
	AsOf     Day
	Rows     []Row // that fell due, the oldest first
	Undue    int64 // principal not yet due
	Deferred int64 // interest put off, not yet due
	Suspense int64 // paid and not used
	Rate     int64 // parts per million, for the days after AsOf

	Disbursed   int64 // all that was paid out
	Capitalised int64 // interest turned into principal
	Prepaid     int64 // principal paid before it was due
	Refunded    int64

	Receipts   []Receipt
	Extensions []Extended

	loan        *Loan
	contract    schedule.Contract // of the rows in plan and the passed ones before them
	passed      int
	plan        []schedule.Row // to come
	earned      schedule.Exact // by Undue since the last due date, up to earnedTo
	earnedTo    Day
	instalments int        // that fell due
	pending     []pending  // extensions of rows not yet due
	moved       []movedRow // what rows, to come or past, brought along
	later       []Event    // of the contract, after AsOf

	accounts  []schedule.Explanation // of the rows in plan
	explained bool                   // accounts are kept
}

type pending struct {
	id        string
	extension Extension
}

// movedRow is what the row due on a day brings along from an extension.
type movedRow struct {
	on         Day
	lateBefore int
	extension  Extension
}

// Derive returns the state of the loan at the close of a day. Events after it
// are not yet known. An error names the event at fault, or all events that are
// wrong in themselves.
func Derive(loan *Loan, events []Event, asOf Day) (*State, error) {
	return carry(loan, events, asOf, false)
}

// Account is Derive that keeps, with each row, how it was computed.
func Account(loan *Loan, events []Event, asOf Day) (*State, error) {
	return carry(loan, events, asOf, true)
}

func carry(loan *Loan, events []Event, asOf Day, explained bool) (*State, error) {
	if err := loan.validate(); err != nil {
		return nil, err
	}
	inOrder, err := inForce(&loan.Contract, events)
	if err != nil {
		return nil, err
	}
	if asOf < loan.Contract.DisbursedOn {
		return nil, fmt.Errorf("state on %s: %w on %s", asOf, ErrBeforeDisbursement, loan.Contract.DisbursedOn)
	}
	s, err := open(loan, explained)
	if err != nil {
		return nil, err
	}
	for i, event := range inOrder {
		if event.On > asOf {
			s.later = slices.DeleteFunc(slices.Clone(inOrder[i:]), func(e Event) bool { return !e.term })
			break
		}
		if err := s.happen(event); err != nil {
			return nil, err
		}
	}
	if err := s.closeThrough(asOf); err != nil {
		return nil, err
	}
	return s, nil
}

// After returns the state once another event has taken effect, at the close of
// its day, and leaves s as it was. It is what Derive returns with the event
// added. ok is false when that cannot be told from s alone: for an event on or
// before the day of s, for a reversal, and while the contract itself still
// provides for changes.
func (s *State) After(event Event) (next *State, ok bool, err error) {
	if _, reversal := event.Act.(Reversal); reversal || event.On <= s.AsOf || event.On > schedule.LastDay || len(s.later) > 0 {
		return nil, false, nil
	}
	if err := event.Act.check(); err != nil {
		return nil, false, fmt.Errorf("event %s: %w", event.ID, err)
	}
	next = s.clone()
	if err := next.happen(event); err != nil {
		return nil, false, err
	}
	return next, true, next.closeThrough(event.On)
}

// clone returns a copy that shares nothing that either of the two may change.
func (s *State) clone() *State {
	c := *s
	c.Rows = slices.Clone(s.Rows)
	c.Receipts, c.Extensions = slices.Clone(s.Receipts), slices.Clone(s.Extensions)
	c.pending, c.moved = slices.Clone(s.pending), slices.Clone(s.moved)
	return &c
}

// open returns the loan at the close of the day it was paid out.
func open(loan *Loan, explained bool) (*State, error) {
	c := loan.Contract
	if len(c.Disbursements) > 0 {
		c.Principal = c.Disbursements[0].Amount
	}
	s := &State{
		AsOf: c.DisbursedOn, Undue: c.Principal, Disbursed: c.Principal, Rate: c.Rate,
		loan: loan, contract: c.Rest(0, c.DisbursedOn), earnedTo: c.DisbursedOn, explained: explained,
	}
	return s, s.replan(s.contract, anew)
}

// happen closes the days before an event and lets it take effect.
func (s *State) happen(event Event) error {
	if err := s.closeThrough(event.On); err != nil {
		return err
	}
	var err error
	switch act := event.Act.(type) {
	case Charge:
		s.Rows = append(s.Rows, Row{DueOn: event.On, Due: Amounts{Fee: act.Amount}, lateTo: event.On})
		s.useSuspense()
	case Waiver:
		s.waive(act)
	case Payment:
		err = s.pay(event, act)
	case Refund:
		err = s.refund(act)
	case Disbursement:
		if event.term && len(s.plan) == 0 {
			return nil // the loan was paid off: what the contract still promised lapses
		}
		err = s.disburse(act)
	case Extension:
		err = s.extend(event.ID, act)
	case RateChange:
		err = s.changeRate(act)
	}
	if err != nil {
		return fmt.Errorf("event %s on %s: %w", event.ID, event.On, err)
	}
	return nil
}

// closeThrough closes every day up to and including the given one. Doing it
// day by day or in one jump comes to the same.
func (s *State) closeThrough(day Day) error {
	for len(s.plan) > 0 && s.plan[0].DueOn <= day {
		if err := s.fallDue(); err != nil {
			return err
		}
	}
	s.AsOf = day
	return s.accrue()
}

// fallDue makes the next row of the plan due, pays it out of suspense, and
// extends it if that was agreed before.
func (s *State) fallDue() error {
	planned := s.plan[0]
	s.plan = s.plan[1:]
	s.passed++
	s.instalments++
	s.AsOf = planned.DueOn
	s.Undue -= planned.Principal
	s.earned, s.earnedTo = schedule.Exact{}, planned.DueOn
	s.Deferred += planned.Earned - planned.Interest

	row := Row{
		N: s.instalments, DueOn: planned.DueOn, lateTo: planned.DueOn,
		Due:      Amounts{Interest: planned.Interest, Principal: planned.Principal},
		Deferred: max(planned.Interest-planned.Earned, 0),
	}
	if s.explained {
		row.Account = &s.accounts[0]
		s.accounts = s.accounts[1:]
	}
	for _, moved := range s.moved {
		if moved.on != planned.DueOn {
			continue
		}
		x := moved.extension
		row.LateBefore = moved.lateBefore
		row.Subsidy, row.SubsidyFrom = s.share(min(planned.Earned, planned.Interest), x.SubsidyShare), x.SubsidyFrom
		row.Due[Interest] -= row.Subsidy
	}
	s.Rows = append(s.Rows, row)

	s.useSuspense()
	for i, p := range s.pending {
		if p.extension.From == planned.DueOn {
			s.pending = slices.Delete(s.pending, i, i+1)
			if err := s.takeEffect(p); err != nil {
				return fmt.Errorf("extension %s: %w", p.id, err)
			}
			break
		}
	}
	return nil
}

// useSuspense pays what is due out of suspense.
func (s *State) useSuspense() {
	held := s.Suspense
	if held == 0 {
		return
	}
	receipt := Receipt{On: s.AsOf}
	s.Suspense = s.allocate(&receipt, held)
	if receipt.Held = s.Suspense - held; receipt.Held < 0 {
		s.Receipts = append(s.Receipts, receipt)
	}
}

// share returns a part in parts per million, rounded as the contract rounds.
func (s *State) share(amount, ppm int64) int64 {
	year := schedule.Accrual{DayCount: schedule.Actual360, Rounding: s.contract.Rounding}
	part, err := year.Settle(year.Earn(amount, ppm, 1, 361))
	if err != nil {
		panic(fmt.Sprintf("a share of %d ppm of %d is larger than the whole", ppm, amount))
	}
	return part
}

// accrue counts interest up to AsOf: the contract's on principal not yet due,
// and late interest on the rest.
func (s *State) accrue() error {
	agreed := s.contract.Accrual()
	if s.AsOf > s.earnedTo {
		if s.passed >= s.contract.GraceInterestCharged {
			s.earned = s.earned.Plus(agreed.Earn(s.bearing(), s.Rate, s.earnedTo, s.AsOf))
		}
		s.earnedTo = s.AsOf
	}
	late := schedule.Accrual{DayCount: schedule.Actual360, Rounding: s.contract.Rounding}
	for i := range s.Rows {
		row := &s.Rows[i]
		overdue := row.Due[Principal] - row.Paid[Principal]
		if overdue > 0 && s.AsOf > row.lateTo {
			row.late = row.late.Plus(late.Earn(overdue, s.Rate+s.loan.LateSurcharge, row.lateTo, s.AsOf))
			row.instead = row.instead.Plus(agreed.Earn(overdue, s.Rate, row.lateTo, s.AsOf))
			penalty, err := late.Settle(row.late)
			if err != nil {
				return fmt.Errorf("late interest of the row due %s: %w", row.DueOn, err)
			}
			row.Due[Penalty] = penalty - row.Waived
		}
		row.lateTo = s.AsOf
	}
	return nil
}

// bearing returns what earns interest by the contract.
func (s *State) bearing() int64 {
	if s.contract.Method == schedule.Flat && s.Undue > 0 {
		return s.Disbursed
	}
	return s.Undue
}

// level is the equal instalment, or equal principal, to go on with.
type level struct {
	keep   bool
	amount int64
}

// anew fixes the level from what is owed.
var anew = level{}

// level returns the level the rows to come are planned with; anew when none is.
func (s *State) level() level {
	for i := range s.plan {
		if s.plan[i].Level > 0 {
			return level{true, s.plan[i].Level}
		}
	}
	return anew
}

// replan schedules the rows to come anew. The contract is that of the rows not
// yet due, seen from AsOf. Without principal the plan stays: what it may still
// hold is interest put off.
func (s *State) replan(c schedule.Contract, level level) error {
	if s.Undue == 0 {
		return nil
	}
	c.Principal, c.Rate = s.Undue, s.Rate
	if c.Method == schedule.Irregular {
		c.Due[len(c.Due)-1].Principal = schedule.Rest
	}
	opening := schedule.Opening{Earned: s.earned, Deferred: s.Deferred, Granted: s.Disbursed, Level: level.amount, KeepLevel: level.keep}
	var plan []schedule.Row
	var err error
	if s.explained {
		plan, s.accounts, err = schedule.ResumeExplained(nil, &c, opening)
	} else {
		plan, err = schedule.Resume(nil, &c, opening)
	}
	if err != nil {
		return fmt.Errorf("schedule the rows to come: %w", err)
	}
	s.contract, s.passed, s.plan = c, 0, plan
	return nil
}

// dropEmptyRows drops the last rows when they have nothing to pay.
func (s *State) dropEmptyRows() {
	n := len(s.plan)
	for n > 1 && s.plan[n-1].Total() == 0 && s.plan[n-2].Balance == 0 {
		n--
	}
	s.plan = s.plan[:n]
	s.accounts = s.accounts[:min(n, len(s.accounts))]
	s.contract.Due = s.contract.Due[:s.passed+n]
}

// rest returns the contract of the rows to come, seen from AsOf.
func (s *State) rest() schedule.Contract { return s.contract.Rest(s.passed, s.AsOf) }

// DaysPastDue returns the days since the oldest row fell due of which more
// than Dust is unpaid, late interest apart: 0 at the close of the due day. Rows
// put off keep the days they had.
func (s *State) DaysPastDue() int {
	days := 0
	for _, moved := range s.moved {
		if moved.on > s.AsOf {
			days = max(days, moved.lateBefore)
		}
	}
	for i := range s.Rows {
		row := &s.Rows[i]
		unpaid := row.Unpaid()
		if unpaid.Sum()-unpaid[Penalty] > s.loan.Dust {
			days = max(days, row.LateBefore+int(s.AsOf-row.DueOn))
		}
	}
	return days
}

// Outstanding returns the principal owed, due or not.
func (s *State) Outstanding() int64 {
	sum := s.Undue
	for i := range s.Rows {
		sum += s.Rows[i].Unpaid()[Principal]
	}
	return sum
}

// Arrears returns what is due and unpaid.
func (s *State) Arrears() Amounts {
	var sum Amounts
	for i := range s.Rows {
		for component, amount := range s.Rows[i].Unpaid() {
			sum[component] += amount
		}
	}
	return sum
}

// Pending returns the extensions agreed for rows not yet due. One whose day is
// no longer a due date, because rows were moved or repaid, never takes effect.
func (s *State) Pending() []Extension {
	agreed := make([]Extension, len(s.pending))
	for i, p := range s.pending {
		agreed[i] = p.extension
	}
	return agreed
}

// NextDue returns the due date of the next row to come and what will be due
// then; ok is false when none is.
func (s *State) NextDue() (on Day, amount int64, ok bool) {
	if len(s.plan) == 0 {
		return 0, 0, false
	}
	if len(s.pending) == 0 {
		return s.plan[0].DueOn, s.plan[0].Total(), true
	}
	ahead, err := s.ToCome()
	for i := range ahead {
		if due := ahead[i].Due.Sum(); err == nil && due > 0 {
			return ahead[i].DueOn, due, true
		}
	}
	return s.plan[0].DueOn, s.plan[0].Total(), true
}

// Payoff returns what must be paid at the close of AsOf to end the loan, with
// what is in suspense counted; below 0 is what would be paid back.
func (s *State) Payoff() (int64, error) {
	interest, err := s.contract.Accrual().Settle(s.earned)
	if err != nil {
		return 0, fmt.Errorf("interest to date: %w", err)
	}
	return s.Arrears().Sum() + s.Undue + interest + s.Deferred - s.Suspense, nil
}

// ToCome returns the rows that will fall due if nothing further happens but
// what the contract and the extensions agreed already say, and nothing is
// paid: no late interest is foreseen.
func (s *State) ToCome() ([]Row, error) {
	ahead := *s
	ahead.Rows, ahead.Receipts, ahead.Extensions = nil, nil, nil
	ahead.Suspense = 0
	ahead.pending, ahead.moved = slices.Clone(s.pending), slices.Clone(s.moved)
	for _, event := range s.later {
		if err := ahead.happen(event); err != nil {
			return nil, err
		}
	}
	for len(ahead.plan) > 0 {
		if err := ahead.fallDue(); err != nil {
			return nil, err
		}
	}
	for i := range ahead.Rows {
		ahead.Rows[i].Due[Penalty] = 0
	}
	return ahead.Rows, nil
}
