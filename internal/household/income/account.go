package income

import (
	"fmt"

	"lastmile/internal/date"
)

// Line is one amount of a household's account.
type Line struct {
	ID       string    `json:"id,omitempty"` // the register's id of the record
	Code     Code      `json:"code"`
	Amount   Fen       `json:"amount_fen"`        // not negative, except for the codes of kind Net; expenses are deducted by their code
	On       date.Date `json:"on"`                // when it was received or spent
	Person   string    `json:"person,omitempty"`  // who earned it; empty when the household did together
	Verified date.Date `json:"verified,omitzero"` // when somebody proved it; none when nobody has
}

// Account is the sum of a household's lines over a period. Amounts are verified unless their name says otherwise.
type Account struct {
	Period date.Interval `json:"period"`

	Wage     Fen `json:"wage_fen"`
	Business Fen `json:"business_fen"`
	Property Fen `json:"property_fen"`
	Transfer Fen `json:"transfer_fen"`
	Expense  Fen `json:"expense_fen"`
	Stated   Fen `json:"stated_fen"` // net totals summed elsewhere

	Net       Fen `json:"net_fen"`       // wage + business + property + transfer + stated - expense
	Repeating Fen `json:"repeating_fen"` // the same, without what is not expected again next year

	Excluded    Fen `json:"excluded_fen"`     // recorded, and no income by its code
	SwitchedOff Fen `json:"switched_off_fen"` // would count, or be deducted, under another position of a switch

	UnverifiedIncome  Fen `json:"unverified_income_fen"`
	UnverifiedExpense Fen `json:"unverified_expense_fen"`

	Lines int `json:"lines"` // verified lines that count

	// MigrantCostMissing tells that somebody's wage from away is known but not what living there cost, while the
	// rules count the wage net. A line of zero says there was no cost.
	MigrantCostMissing bool `json:"migrant_cost_missing"`
}

// Sum adds up the lines that fall in a period, taking as verified what was verified by the date known. It returns an
// error for a line without a date, with an unknown code, or with an amount its code does not allow.
func Sum(lines []Line, period date.Interval, known date.Date, rules Rules) (Account, error) {
	account := Account{Period: period}
	migrants := false
	for i := range lines {
		line := &lines[i]
		entry := codes.byCode[line.Code]
		if err := line.check(entry); err != nil {
			return Account{}, err
		}
		if !period.Contains(line.On) {
			continue
		}
		if !entry.counts(rules) {
			account.SwitchedOff += line.Amount
			continue
		}
		verified := line.Verified != "" && line.Verified <= known
		migrants = migrants || verified && line.Code == "wage.migrant"
		account.add(entry, line.Amount, verified)
	}
	account.Net = account.Wage + account.Business + account.Property + account.Transfer + account.Stated - account.Expense
	account.Repeating += account.Net
	account.MigrantCostMissing = migrants && rules.MigrantWage == "net" && migrantCostMissing(lines, period)
	return account, nil
}

// add sums one line; until Sum ends, Repeating holds what must be taken from Net.
func (a *Account) add(entry *CodeEntry, amount Fen, verified bool) {
	switch {
	case entry.Kind == Excluded:
		a.Excluded += amount
		return
	case !verified && (entry.Kind == Expense || amount < 0):
		a.UnverifiedExpense += max(amount, -amount)
		return
	case !verified:
		a.UnverifiedIncome += amount
		return
	}
	a.Lines++
	if !entry.Repeats {
		a.Repeating -= amount
	}
	switch entry.Kind {
	case Wage:
		a.Wage += amount
	case Business:
		a.Business += amount
	case Property:
		a.Property += amount
	case Transfer:
		a.Transfer += amount
	case Expense:
		a.Expense += amount
	case Net:
		a.Stated += amount
	}
}

func (l *Line) check(entry *CodeEntry) error {
	switch {
	case entry == nil:
		return fmt.Errorf("income line %s: code %q is not in the code list", l.ID, l.Code)
	case l.On == "":
		return fmt.Errorf("income line %s (%s): give the date on which it was received or spent", l.ID, l.Code)
	case l.Amount < 0 && entry.Kind != Net:
		return fmt.Errorf("income line %s (%s): the amount %s is negative; record a cost under an expense code", l.ID, l.Code, l.Amount)
	case l.Amount > AmountMax || l.Amount < -AmountMax:
		return fmt.Errorf("income line %s (%s): the amount %s is larger than %s yuan", l.ID, l.Code, l.Amount, AmountMax)
	}
	return nil
}

// migrantCostMissing looks for a person with a wage from away and no line of living there, verified or not: an
// unverified one is already counted among the unverified expenses.
func migrantCostMissing(lines []Line, period date.Interval) bool {
	for i := range lines {
		if lines[i].Code != "wage.migrant" || !period.Contains(lines[i].On) {
			continue
		}
		found := false
		for j := range lines {
			if lines[j].Code == "expense.living_away" && lines[j].Person == lines[i].Person && period.Contains(lines[j].On) {
				found = true
				break
			}
		}
		if !found {
			return true
		}
	}
	return false
}

// RollingYear returns the twelve months a household identified on a date is judged by: from the first day of the same
// month last year to the last day of the month before (People's Daily, 2020-06-30, on marginal households).
func RollingYear(identified date.Date) date.Interval {
	first := identified.FirstOfMonth()
	return date.Interval{From: first.AddMonths(-12), To: first.AddDays(-1)}
}
