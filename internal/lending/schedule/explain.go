package schedule

import (
	"fmt"
	"math/big"
	"strings"
)

// Explanation is the full account of one row.
type Explanation struct {
	N         int
	DueOn     Day
	Stretches []Stretch // of the period, by date
	// Before is interest of the period, exact, from before the first stretch:
	// what was earned until the rows were scheduled anew. "" when there is none.
	Before string
	// Exact is the interest of the period before rounding, with up to 24
	// decimals of the smallest unit's unit (yuan), cut after that.
	Exact    string
	Earned   int64 // Exact, rounded
	Rounding Rounding
	Deferred int64  // interest still put off after the row
	Rule     string // the reason for the principal, in words
	Row      Row

	contract *Contract
}

// Stretch is a part of a period in which neither balance nor rate change.
type Stretch struct {
	From, To     Day   // the days after From, up to and including To
	Balance      int64 // what bears interest: of Flat, all that was paid out
	Rate         int64 // parts per million; 0 while no interest is charged
	Units        int64 // length, in units of which UnitsPerYear make a year
	UnitsPerYear int64
}

// Explain returns an explanation of every row of the contract's schedule. Its
// errors are those of Schedule.
func Explain(c *Contract) ([]Explanation, error) {
	var t trace
	if _, err := schedule(nil, c, Opening{}, &t); err != nil {
		return nil, err
	}
	return t.explanations, nil
}

// Reason names the rule for the principal, for those who say it in their own
// words: instalment, paid-up, last, grace, share, bullet or named.
func (x *Explanation) Reason() string {
	return [...]string{"instalment", "paid-up", "last", "grace", "share", "bullet", "named"}[x.Row.rule]
}

// Fraction writes the length of the stretch as the part of a year it is, such
// as 31/360.
func (s Stretch) Fraction() string { return s.fraction() }

// trace watches an engine at work; a nil trace sees nothing.
type trace struct {
	explanations []Explanation
	from         Day
	before       Exact // earned in the first period before it begins
}

func (t *trace) period(e *engine, k int) {
	if t == nil {
		return
	}
	t.from = e.c.DisbursedOn
	if k > 0 {
		t.from = e.rows[k-1].DueOn
	}
	t.explanations = append(t.explanations, Explanation{N: k + 1, DueOn: e.rows[k].DueOn, Rounding: e.c.Rounding, contract: e.c})
}

func (t *trace) stretch(e *engine, to Day, units int32) {
	if t == nil {
		return
	}
	x := &t.explanations[len(t.explanations)-1]
	s := Stretch{
		From: t.from, To: to, Balance: e.base(), Rate: int64(e.rate),
		Units: int64(units), UnitsPerYear: int64(e.c.DayCount.unitsPerYear()),
	}
	if x.N <= e.c.GraceInterestCharged {
		s.Rate = 0
	}
	x.Stretches = append(x.Stretches, s)
	t.from = to
}

func (t *trace) row(e *engine, k int, interest wide) {
	if t == nil {
		return
	}
	x := &t.explanations[k]
	if k == 0 && t.before != (Exact{}) {
		x.Before = exact(t.before.big(), e.whole, e.c.decimals())
	}
	x.Exact = exact(interest.big(), e.whole, e.c.decimals())
	x.Row = e.rows[k]
	x.Earned = x.Row.Earned
	x.Deferred = e.deferred
	level := e.c.write(e.level)
	switch x.Row.rule {
	case ruleInstalment:
		x.Rule = "instalment " + level + " less the interest of the period"
	case rulePaidUp:
		x.Rule = level + " would be due, but less is owed: the row takes the balance"
	case ruleLast:
		x.Rule = "the last row takes the balance"
	case ruleGrace:
		x.Rule = fmt.Sprintf("grace, none before row %d", min(e.c.GracePrincipal+1, len(e.rows)))
	case ruleShare:
		x.Rule = "equal principal " + level
	case ruleBullet:
		x.Rule = "bullet: principal is paid on the last due date"
	case ruleNamed:
		x.Rule = "the contract names it for this date"
	}
}

// exact writes numerator/whole, an amount in the smallest unit, as a decimal
// of the unit people speak of.
func exact(numerator *big.Int, whole uint64, decimals int) string {
	const places = 24
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places-decimals)), nil)
	numerator.Mul(numerator, scale)
	text := fmt.Sprintf("%0*d", places+1, numerator.Quo(numerator, new(big.Int).SetUint64(whole)))
	text = text[:len(text)-places] + "." + text[len(text)-places:]
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// String tells the account in one line: the interest with its formula, days,
// rate and rounding, then the principal with its rule, then the balance.
func (x Explanation) String() string {
	c := x.contract
	var b strings.Builder
	fmt.Fprintf(&b, "row %d, due %s: interest ", x.N, x.DueOn)
	if x.Before != "" {
		fmt.Fprintf(&b, "%s earned before", x.Before)
	}
	for i, s := range x.Stretches {
		if i > 0 || x.Before != "" {
			b.WriteString(" + ")
		}
		fmt.Fprintf(&b, "%s × %s %% × %s (%s to %s)", c.write(s.Balance), writeRate(s.Rate), s.fraction(), s.From, s.To)
	}
	fmt.Fprintf(&b, " = %s, rounded %s to %s", x.Exact, x.Rounding, c.write(x.Earned))
	if x.Row.Interest != x.Earned {
		fmt.Fprintf(&b, ", of which and of earlier interest %s is due now and %s later", c.write(x.Row.Interest), c.write(x.Deferred))
	}
	fmt.Fprintf(&b, "; principal %s: %s", c.write(x.Row.Principal), x.Rule)
	fmt.Fprintf(&b, "; owed afterwards %s", c.write(x.Row.Balance))
	return b.String()
}

// fraction writes the length of the stretch as the part of a year it is, for
// ACT/ACT in days of 365 and of 366.
func (s Stretch) fraction() string {
	if s.UnitsPerYear != 365*366 {
		return fmt.Sprintf("%d/%d", s.Units, s.UnitsPerYear)
	}
	common, leapDays := 0, 0
	for day := s.From + 1; day <= s.To; {
		year, _, _ := day.Civil()
		end := min(s.To, Date(year, 12, 31))
		if leap(year) == 1 {
			leapDays += int(end-day) + 1
		} else {
			common += int(end-day) + 1
		}
		day = end + 1
	}
	switch {
	case leapDays == 0:
		return fmt.Sprintf("%d/365", common)
	case common == 0:
		return fmt.Sprintf("%d/366", leapDays)
	}
	return fmt.Sprintf("(%d/365 + %d/366)", common, leapDays)
}
