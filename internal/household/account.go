package household

import (
	"cmp"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
)

// netIncome sums an account where no rulebook is in force: net income as the registration form has it.
var netIncome = income.Rules{Concept: "net_income", MigrantWage: "net", SelfConsumption: "counted", InventoryRule: "when_sold"}

// YearAccount is the last income account that a visit of a year took, with the poverty line of its day.
type YearAccount struct {
	Reading
	Line  income.PovertyLine
	Lined bool // there is a line for that day
}

// Accounts lists the income accounts that visits until a day took, one a year, the oldest first, summed by the rulebook in force in the area where
// the household lives.
func (f *File) Accounts(area string, on date.Date) ([]YearAccount, error) {
	rules, series := netIncome, "administrative"
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return nil, err
	}
	lines, err := income.PublishedLines()
	if err != nil {
		return nil, err
	}
	if book, err := books.InForce(area, on); err == nil {
		rules, series = book.Income, book.LineSeries
	}
	readings, err := f.Readings(on, rules)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(readings, func(a, b Reading) int { return cmp.Compare(a.On, b.On) })
	var list []YearAccount
	for _, r := range readings {
		a := YearAccount{Reading: r}
		a.Line, a.Lined = lines.At(series, area, r.On)
		if n := len(list); n > 0 && list[n-1].On.Year() == r.On.Year() {
			list[n-1] = a
		} else {
			list = append(list, a)
		}
	}
	return list, nil
}
