package household

import (
	"errors"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
	"lastmile/internal/monitoring"
	"lastmile/internal/rule"
)

// fallRules sum the two accounts that are compared: net income as the registration form has it.
var fallRules = income.Rules{Concept: "net_income", MigrantWage: "net", SelfConsumption: "counted", InventoryRule: "when_sold"}

// fallen tells whether the last income account is sharply below the one before it, by the monitoring rules in force on the day of the last. Each account is of
// twelve months of its own. An account with an amount that nobody could prove, or that visits disagree on, is not compared.
func (f *File) fallen() (bool, error) {
	now, on := f.statement(lastDay)
	if on == "" {
		return false, nil
	}
	before, _ := f.statementBefore(lastDay, now.Period.From)
	if before.Period.To == "" {
		return false, nil
	}
	library, err := monitoring.Published()
	if err != nil {
		return false, err
	}
	rules, err := library.InForce(f.Area(on), on)
	if errors.Is(err, rule.ErrNotInForce) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var net [2]income.Fen
	for i, s := range [][]income.Line{before.Lines, now.Lines} {
		period := []date.Interval{before.Period, now.Period}[i]
		account, err := income.Sum(s, period, lastDay, fallRules)
		if err != nil {
			return false, err
		}
		if account.Lines == 0 || account.UnverifiedIncome != 0 || account.UnverifiedExpense != 0 {
			return false, nil
		}
		net[i] = account.Net
	}
	return rules.Fell(net[0], net[1]), nil
}
