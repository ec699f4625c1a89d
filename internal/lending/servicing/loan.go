// Package servicing derives the state of a loan from its contract and from
// what happened since: payments, prepayments, rate changes, further
// disbursements, extensions. It is pure: the same contract and the same events
// give the same state, in whatever order they were learnt.
//
// # How a state is derived
//
// Nothing is ever edited. Derive puts the events in order of the day they took
// effect, leaves out those that were reversed, and carries the loan from day to
// day: rows fall due, payments are allocated, and after each event that changes
// the future the rows to come are scheduled anew by package schedule, from the
// principal not yet due and the exact interest earned so far. An event learnt
// late is therefore no special case: it is derived again from its day on.
//
// Everything takes effect at the close of its day, in this order: rows fall
// due, fees are charged and penalties waived, payments and refunds are made, money is paid out,
// extensions take effect, the rate changes. Events alike on one day keep the
// order in which they are given.
//
// # Two kinds of principal
//
// Principal not yet due earns interest by the contract. Principal overdue earns
// late interest instead, ACT/360, at the contract's rate plus Loan.LateSurcharge;
// it counts as a penalty. Overdue interest, fees and penalties earn nothing.
//
// # Extensions
//
// An extension moves what is still unpaid of a row to a later day. The interest
// owed on the old day stays what it was; Treatment says what becomes of it and
// of the interest between the days. For example 3,400,000.00 at 3.85 %, ACT/360,
// due 25 March 2020 with 32,725.00 of interest and moved to 30 June:
//
//	treatment    interest to 30 June   due on 30 June
//	deferred     35,270.28             3,400,000.00 + 32,725.00 + 35,270.28
//	capitalised  35,609.75             3,432,725.00 + 35,609.75
//	forgiven     none                  3,400,000.00 + 32,725.00
//	subsidised   35,270.28             as deferred, less the share another pays
//
// Late interest on what is moved is waived. Days past due stop while it is put
// off and go on from where they were if it is then not paid.
//
// The package keeps no books, knows no pools and no borrowers: it says what is
// owed. Loans whose schedule is the lender's are mirrored elsewhere.
package servicing

import (
	"errors"
	"slices"

	"lastmile/internal/lending/schedule"
)

// Day is a calendar day.
type Day = schedule.Day

// Component is a part of what is owed.
type Component uint8

const (
	Penalty Component = iota
	Fee
	Interest
	Principal
	components = iota
)

func (c Component) String() string {
	return [...]string{"penalty", "fee", "interest", "principal"}[c]
}

// Amounts holds an amount of each Component, in the smallest unit of money.
type Amounts [components]int64

// Sum returns all components together.
func (a Amounts) Sum() int64 { return a[Penalty] + a[Fee] + a[Interest] + a[Principal] }

// Minus returns the difference of each component.
func (a Amounts) Minus(b Amounts) Amounts {
	for i := range a {
		a[i] -= b[i]
	}
	return a
}

// Sweep says in which order a payment goes through what is due.
type Sweep uint8

const (
	// RowByRow settles the oldest row first, and in it one component after the other.
	RowByRow Sweep = iota
	// ComponentByComponent settles a component of all rows, the oldest first,
	// before the next: principal first once a loan is in compensation.
	ComponentByComponent
)

// Loan is a contract with the terms that matter once it is not kept to the letter.
type Loan struct {
	Contract schedule.Contract
	// LateSurcharge is added to the contract's rate on overdue principal, in
	// parts per million a year; half the rate is usual.
	LateSurcharge int64
	// Order of the components when a payment is allocated; nil is penalty,
	// fee, interest, principal.
	Order []Component
	Sweep Sweep
	// Dust is the unpaid amount of a row that does not yet make it past due.
	Dust int64
}

var defaultOrder = []Component{Penalty, Fee, Interest, Principal}

func (l *Loan) order() []Component {
	if l.Order == nil {
		return defaultOrder
	}
	return l.Order
}

func (l *Loan) validate() error {
	var errs []error
	if err := l.Contract.Validate(); err != nil {
		errs = append(errs, err)
	}
	if l.Contract.Method == schedule.Irregular && len(l.Contract.Disbursements) > 1 {
		errs = append(errs, refuse("disbursements", "loan.irregular-parts", "disbursements: an irregular contract is serviced when paid out at once: record the later ones as events"))
	}
	if l.LateSurcharge < 0 || l.LateSurcharge > schedule.MaxRate-l.Contract.Rate {
		errs = append(errs, refuse("late_surcharge", "loan.surcharge-range", "late_surcharge: %d parts per million is out of range: give 0 to %d", l.LateSurcharge, schedule.MaxRate-l.Contract.Rate))
	}
	order := slices.Sorted(slices.Values(l.order()))
	if !slices.Equal(order, defaultOrder) {
		errs = append(errs, refuse("order", "loan.order", "order: name penalty, fee, interest and principal once each"))
	}
	if l.Dust < 0 {
		errs = append(errs, refuse("dust", "loan.dust", "dust: an amount below 0: give 0 or more"))
	}
	return errors.Join(errs...)
}
