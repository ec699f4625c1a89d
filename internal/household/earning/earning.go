// Package earning is what the programme's measures bring a household: lambs sold, dividends shared out, wages of welfare posts. Each is
// observed for a registered household as the measure household-income, in fen, net of the costs recorded with it. It is no income account:
// package income has that, with everything else a household lives on.
package earning

import (
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
)

// Measure is the id of what is observed; its subject is the household.
const Measure = "household-income"

func init() {
	figure.Declare(figure.Measure{ID: Measure, En: "Income of households from the programme's measures", Zh: "农户帮扶增收", Unit: "CNY"})
}

// Registered makes sure that a code names a registered household: a household of the register, or a party of that kind. Field is the one that
// names it.
func Registered(tx *fact.Tx, field, id string) error {
	if ok, err := Is(tx, id); err != nil || ok {
		return err
	}
	return fault.New(fault.Conflict, "household.unregistered", "%q is not a registered household", id).For(field).
		Mend("Register the household first, or correct the code.")
}

// Is tells whether a code names a registered household.
func Is(tx *fact.Tx, id string) (bool, error) {
	if _, ok, err := tx.Entity("household", id); err != nil || ok {
		return ok, err
	}
	e, ok, err := tx.Entity("party", id)
	return ok && e.Class == "household", err
}

// Earn observes income of a household, below 0 where costs are more.
func Earn(tx *fact.Tx, household string, amount fact.Money, project string) error {
	if amount == 0 {
		return nil
	}
	return tx.Observe(Measure, int64(amount), figure.Observation{Subject: household, Project: project})
}
