package household

import (
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/journal"
)

// Filed lists the entries that the file was folded from, in the order of recording, for packages that file facts of their own about a
// household.
func (f *File) Filed() ([]journal.Filed, error) { return f.entries(f.ID) }

// Head is the relation of the head of the household, as a member's line has it.
const Head = head

// StatedIncome sums an account as a decision would, by a rulebook's switches.
func StatedIncome(s decision.Statement, rules income.Rules) (income.Account, error) {
	return income.Sum(s.Lines, s.Period, lastDay, rules)
}
