package servicing

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"lastmile/internal/lending/schedule"
)

// Event is something that happened to a loan.
type Event struct {
	ID  string // the idempotency key: the same event twice counts once
	On  Day    // when it took effect
	Act Act

	term bool // it is a term of the contract, known from the beginning
}

// Act is what happened: Charge, Waiver, Payment, Refund, Disbursement,
// Extension, RateChange or Reversal.
type Act interface {
	rank() int // order within a day
	check() error
}

// Charge is a fee, due at once.
type Charge struct{ Amount int64 }

// Payer says whose money a payment is.
type Payer uint8

const (
	Borrower Payer = iota
	Pool           // a guarantee pool compensating the lender
	Fiscal         // a public budget
)

// Excess says what becomes of the part of a payment beyond what is due.
type Excess uint8

const (
	// Hold keeps it in suspense, for the rows to come or for a Refund.
	Hold Excess = iota
	// NextRows prepays the principal of the next rows; those after them stay.
	NextRows
	// ShorterTerm prepays principal and keeps the instalment, so that the
	// last rows fall away.
	ShorterTerm
	// SmallerInstalment prepays principal and keeps the dates.
	SmallerInstalment
	// Payoff ends the loan, together with what is in suspense. If it is not
	// enough, see State.Payoff, it is held instead.
	Payoff
)

// Payment is money received.
type Payment struct {
	Amount int64
	From   Payer
	Excess Excess
}

// Waiver forgives penalties due, the oldest first, up to an amount.
type Waiver struct{ Amount int64 }

// Refund pays back money held in suspense.
type Refund struct{ Amount int64 }

// Disbursement is more money lent, earning from the next day on.
type Disbursement struct{ Amount int64 }

// RateChange is a new annual rate in parts per million from the next day on.
type RateChange struct{ Rate int64 }

// Reversal undoes the event with that ID as if it had never been.
type Reversal struct{ Of string }

// Kind is the shape of an Extension.
type Kind uint8

const (
	// MoveOne moves what is unpaid of the row due on From to To, before the
	// next row. With Rows above 1 it is split into so many equal parts, from
	// To on: a bullet turned into instalments.
	MoveOne Kind = iota
	// MoveAll moves the row due on From and all after it by Months and Days:
	// a full holiday. Each keeps its principal.
	MoveAll
	// PrincipalHoliday leaves Rows rows, the first due on From, with their
	// interest only; their principal and all after it come so many rows later.
	PrincipalHoliday
	// LongerTerm adds Rows rows and fixes the instalment anew, at once.
	LongerTerm
)

// Treatment says what becomes of interest when a row is moved.
type Treatment uint8

const (
	// Deferred: interest runs on, without interest on interest, and what was
	// owed on the old day is due on the new one. The default, as in the
	// extensions of 2020 (Yin Bao Jian Fa [2020] No. 6).
	Deferred Treatment = iota
	// Capitalised: what was owed becomes principal on the old day.
	Capitalised
	// Forgiven: no interest is charged up to the new day.
	Forgiven
	// Subsidised: as Deferred, but SubsidyShare of the interest between the
	// days is paid by SubsidyFrom on the new day.
	Subsidised
)

// Extension is an agreement to pay later. One agreed before From takes effect
// when that row falls due, for what is then unpaid; if nothing is, only MoveAll
// has an effect, on the rows after it.
type Extension struct {
	Kind         Kind
	Treatment    Treatment
	From         Day // the old due date of the first row concerned; not for LongerTerm
	To           Day
	Months, Days int
	Rows         int
	SubsidyShare int64 // parts per million
	SubsidyFrom  Payer
}

func (Charge) rank() int       { return 0 }
func (Waiver) rank() int       { return 0 }
func (Payment) rank() int      { return 1 }
func (Refund) rank() int       { return 2 }
func (Disbursement) rank() int { return 3 }
func (Extension) rank() int    { return 4 }
func (RateChange) rank() int   { return 5 }
func (Reversal) rank() int     { return 6 }

func checkAmount(amount int64) error {
	if amount < 1 || amount > schedule.MaxAmount {
		return refuse("amount", "loan.amount-range", "amount %d is out of range: give 1 to %d of the smallest unit", amount, int64(schedule.MaxAmount))
	}
	return nil
}

func (a Charge) check() error       { return checkAmount(a.Amount) }
func (a Waiver) check() error       { return checkAmount(a.Amount) }
func (a Refund) check() error       { return checkAmount(a.Amount) }
func (a Disbursement) check() error { return checkAmount(a.Amount) }

func (a Payment) check() error {
	if a.From > Fiscal || a.Excess > Payoff {
		return refuse("excess", "loan.unknown-use", "unknown payer or use of the excess")
	}
	return checkAmount(a.Amount)
}

func (a RateChange) check() error {
	if a.Rate < 0 || a.Rate > schedule.MaxRate {
		return refuse("rate", "loan.rate-range", "rate %d is out of range: give 0 to %d parts per million", a.Rate, schedule.MaxRate)
	}
	return nil
}

func (a Reversal) check() error {
	if a.Of == "" {
		return refuse("entry", "loan.no-event-named", "name the event to reverse")
	}
	return nil
}

func (a Extension) check() error {
	switch {
	case a.Kind > LongerTerm || a.Treatment > Subsidised || a.SubsidyFrom > Fiscal:
		return refuse("kind", "loan.unknown-kind", "unknown kind, treatment or payer of the subsidy")
	case a.Kind != LongerTerm && a.From < schedule.FirstDay:
		return refuse("from", "loan.no-date-named", "name the due date to extend")
	case a.Kind == MoveOne && a.To < a.From:
		return refuse("to", "loan.moved-back", "%s is before the due date %s: name a later day", a.To, a.From)
	case a.Rows < 0 || a.Rows > schedule.MaxInstalments:
		return refuse("rows", "loan.rows-range", "%d rows is out of range: give 0 to %d", a.Rows, schedule.MaxInstalments)
	case a.Months < 0 || a.Days < 0 || a.Months > 1200 || a.Days > 36_600:
		return refuse("months", "loan.move-range", "move by 0 to 1,200 months and 0 to 36,600 days")
	case a.SubsidyShare < 0 || a.SubsidyShare > 1_000_000:
		return refuse("subsidy_share", "loan.share-range", "a subsidy of %d parts per million is out of range: give 0 to 1,000,000", a.SubsidyShare)
	case (a.Kind == PrincipalHoliday || a.Kind == LongerTerm) && a.Treatment != Deferred:
		return refuse("treatment", "loan.treatment", "only rows that are moved have their interest treated: choose the treatment deferred")
	case a.Treatment != Subsidised && a.SubsidyShare != 0:
		return refuse("subsidy_share", "loan.share", "only the subsidised treatment has a share: leave it out")
	}
	return nil
}

// changesNothing reports whether the extension is by nothing at all.
func (a Extension) changesNothing() bool {
	switch a.Kind {
	case MoveOne:
		return a.To == a.From && a.Rows <= 1
	case MoveAll:
		return a.Months == 0 && a.Days == 0
	}
	return a.Rows == 0
}

// A Refusal is something that cannot happen to a loan: the field of the event
// or of the loan that asks for it, and what is wrong and how to put it right.
type Refusal struct{ schedule.Problem }

func (r *Refusal) Error() string { return r.Message() }

func refuse(field, code, format string, args ...any) *Refusal {
	return &Refusal{*schedule.NewProblem(field, code, format, args...)}
}

var (
	// ErrConflict marks an ID given to two different events.
	ErrConflict = errors.New("the same id for another event")
	// ErrBeforeDisbursement marks an event before there was a loan.
	ErrBeforeDisbursement = errors.New("before the loan was paid out")
	// ErrNoSuchEvent marks the reversal of an event that is not there.
	ErrNoSuchEvent = errors.New("no such event to reverse")
)

// inForce checks the events, drops repetitions and what was reversed, adds the
// disbursements and rate changes of the contract, and puts them in order.
func inForce(c *schedule.Contract, given []Event) ([]Event, error) {
	var errs []error
	byID := make(map[string]Event, len(given))
	reversed := make(map[string]bool)
	var events []Event
	for i, change := range c.RateChanges {
		events = append(events, Event{fmt.Sprintf("rate_changes[%d]", i), change.On, RateChange{change.Rate}, true})
	}
	for i, d := range c.Disbursements {
		if i > 0 {
			events = append(events, Event{fmt.Sprintf("disbursements[%d]", i), d.On, Disbursement{d.Amount}, true})
		}
	}
	for _, event := range given {
		known, again := byID[event.ID]
		switch {
		case event.ID == "" || event.Act == nil:
			errs = append(errs, fmt.Errorf("event on %s: an event needs an id and an act", event.On))
			continue
		case again && !reflect.DeepEqual(known, event):
			errs = append(errs, fmt.Errorf("event %s on %s: %w, on %s: give it an id of its own", event.ID, event.On, ErrConflict, known.On))
			continue
		case again:
			continue
		}
		byID[event.ID] = event
		if err := event.Act.check(); err != nil {
			errs = append(errs, fmt.Errorf("event %s: %w", event.ID, err))
		}
		if event.On < c.DisbursedOn || event.On > schedule.LastDay {
			errs = append(errs, fmt.Errorf("event %s on %s: %w on %s: correct its day", event.ID, event.On, ErrBeforeDisbursement, c.DisbursedOn))
		}
		if reversal, ok := event.Act.(Reversal); ok {
			reversed[reversal.Of] = true
			continue
		}
		events = append(events, event)
	}
	for _, event := range given {
		if reversal, ok := event.Act.(Reversal); ok {
			target, found := byID[reversal.Of]
			if _, isReversal := target.Act.(Reversal); !found || isReversal {
				problem := refuse("entry", "loan.no-such-event", "no such event to reverse: %q; name an event that is not itself a reversal", reversal.Of)
				problem.Cause = ErrNoSuchEvent
				errs = append(errs, fmt.Errorf("event %s: %w", event.ID, problem))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(event Event) bool { return reversed[event.ID] && !event.term })
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Act.rank(), b.Act.rank()))
	})
	return events, nil
}
