package lending

import (
	"errors"

	"lastmile/internal/fault"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
)

// The engine says what it will not do as schedule.Problem and servicing.Refusal, each with a code under which the catalogues have it in every language. Here they become
// faults of the facts' fields, which have the engine's names.

// wrongTerms are the faults of a contract that does not hold.
func wrongTerms(err error) error {
	if list := faultsOf(fault.Invalid, err); list != nil {
		return list
	}
	return err
}

// refusal is the fault of what cannot happen to a loan.
func refusal(loan string, err error) error {
	if list := faultsOf(fault.Conflict, err); list != nil {
		return list
	}
	return fault.New(fault.Conflict, "loan.refused", "loan %s cannot be computed so: %v", loan, err).For("loan").Mend("Correct the amounts and the dates.").Wrap(err)
}

func faultsOf(kind fault.Kind, err error) (list fault.List) {
	var found schedule.Problems
	var event *servicing.Refusal
	var row *schedule.Problem
	switch {
	case errors.As(err, &event):
		found = schedule.Problems{event.Problem}
	case errors.As(err, &found):
	case errors.As(err, &row):
		found = schedule.Problems{*row}
	}
	for _, p := range found {
		list = append(list, fault.New(kind, p.Code, p.Format, p.Args...).For(p.Field).Wrap(err))
	}
	return list
}
