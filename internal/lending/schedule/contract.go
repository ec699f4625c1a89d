package schedule

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of a contract. They keep every sum of the package within its integer
// types, and are far beyond any loan it is meant for.
const (
	MaxAmount      = 1_000_000_000_000_000 // of the smallest unit: ten trillion yuan
	MaxRate        = 10_000_000            // parts per million a year: 1,000 %
	MaxInstalments = 3_660                 // ten years of daily instalments
	MaxEvery       = 3_660                 // periods between two instalments
	MaxDecimals    = 6
)

// Method says how the principal comes back and what the interest is counted on.
type Method uint8

const (
	// EqualInstalment pays the same amount each time, an annuity: the interest
	// of the period and, with the rest of it, principal.
	EqualInstalment Method = iota
	// EqualPrincipal pays the same principal each time, and the interest of
	// the period on top.
	EqualPrincipal
	// Bullet pays interest on each due date and the principal on the last.
	Bullet
	// Irregular pays interest on each due date and the principal named for it
	// in Contract.Due: when the sheep are sold, when the harvest is in.
	Irregular
	// Flat pays equal principal, and interest on all that was ever paid out
	// instead of on what is still owed. It exists to mirror lenders who count
	// so; TrueRate says what such a loan really costs.
	Flat
)

var methodNames = []string{"equal-instalment", "equal-principal", "bullet", "irregular", "flat"}

func (m Method) String() string { return nameOf(methodNames, m) }

// Period is the unit of the time between two due dates.
type Period uint8

const (
	Months Period = iota
	Days
	Weeks
	Years
)

var periodNames = []string{"months", "days", "weeks", "years"}

func (p Period) String() string { return nameOf(periodNames, p) }

func nameOf[T ~uint8](names []string, value T) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("unknown (%d)", value)
}

// NoDecimals is the Contract.Decimals of a currency that is never divided.
const NoDecimals = -1

// Contract is everything a schedule depends on. Amounts are whole numbers of
// the smallest unit of money (fen), rates are annual and in parts per million
// (4.35 % is 43,500). Beyond the first four fields, zero values are the usual
// terms: equal monthly instalments, 30/360, rounded half to even, no grace.
type Contract struct {
	Principal   int64 // what is lent in all, 1 to MaxAmount
	Rate        int64 // from DisbursedOn until the first of RateChanges, 0 to MaxRate
	Instalments int   // rows of the schedule, 1 to MaxInstalments
	DisbursedOn Day   // when the money, or its first part, is paid out

	ID string // the caller's own name for the contract; not used here

	// FirstDueOn is the first due date and the seed of all others: the k-th is
	// k−1 times Every Periods later. When it is zero the seed is DisbursedOn
	// and the k-th due date is k times Every Periods later.
	FirstDueOn Day
	Every      int // 0 means 1
	Period     Period
	// PayDay is the day of the month instalments fall due, when FirstDueOn
	// cannot show it: first on 29 February, then on the 31st of March. 0 means
	// the day of the seed.
	PayDay int
	// Due lists the due dates instead, for those that follow no period. Only
	// Irregular uses its amounts.
	Due []Due

	Method   Method
	DayCount DayCount
	Rounding Rounding
	Decimals int // of an amount in writing: 0 means 2, as in yuan and fen
	// InstalmentMultiple rounds the instalment (of EqualPrincipal and Flat:
	// its principal, downwards) to a multiple of this amount; 0 means 1.
	InstalmentMultiple int64

	GracePrincipal       int // the first rows that pay no principal
	GraceInterestPayment int // the first rows whose interest is paid with the row after them
	GraceInterestCharged int // the first rows whose period bears no interest

	// Disbursements says when Principal is paid out in parts. They add up to
	// it, the first is on DisbursedOn, and none is after the last due date.
	Disbursements []Disbursement
	// RateChanges are in order of their dates.
	RateChanges []RateChange

	// Smooth spreads the difference between the last instalment and the others
	// over all of them, where that makes it smaller.
	Smooth bool
}

// Disbursement is a part of the principal paid out at the close of a day: it
// earns interest from the next day on. On a due date it comes after the
// instalment of that date.
type Disbursement struct {
	On     Day
	Amount int64
}

// RateChange is a new annual rate for the days after On.
type RateChange struct {
	On   Day
	Rate int64
}

// Due is one date of an irregular contract.
type Due struct {
	On Day
	// Principal is what Irregular pays on that date; on the last, Rest.
	Principal int64
}

// Rest stands for whatever is still owed on the last date of a contract.
const Rest = -1

// decimals returns the number of decimals of an amount in writing.
func (c *Contract) decimals() int {
	switch c.Decimals {
	case 0:
		return 2
	case NoDecimals:
		return 0
	}
	return c.Decimals
}

func (c *Contract) instalments() int {
	if len(c.Due) > 0 {
		return len(c.Due)
	}
	return c.Instalments
}

func (c *Contract) every() int { return max(c.Every, 1) }

func (c *Contract) multiple() int64 { return max(c.InstalmentMultiple, 1) }

// seed returns the day due dates are counted from, the number of periods from
// it to the first due date, and the day of the month they fall on (0 when
// they follow none).
func (c *Contract) seed() (from Day, skipped, payDay int) {
	from, skipped = c.FirstDueOn, 0
	if from == 0 {
		from, skipped = c.DisbursedOn, 1
	}
	if c.PayDay > 0 {
		payDay = c.PayDay
	} else if len(c.Due) == 0 && (c.Period == Months || c.Period == Years) {
		_, _, payDay = from.Civil()
	}
	return from, skipped, payDay
}

// DueOn returns the due date of row n, counted from 1.
func (c *Contract) DueOn(n int) Day {
	if len(c.Due) > 0 {
		return c.Due[n-1].On
	}
	from, skipped, payDay := c.seed()
	periods := (n - 1 + skipped) * c.every()
	switch c.Period {
	case Days:
		return from + Day(periods)
	case Weeks:
		return from + Day(7*periods)
	case Years:
		periods *= 12
	}
	return from.AddMonths(periods, payDay)
}

// A Problem is one thing wrong with a contract, or with what is asked of a
// loan: the field, named as in JSON, and what is wrong with it and how to put
// it right.
type Problem struct {
	Field string
	// Code names the message in other languages; Args are what it speaks of.
	Code   string
	Format string // the message in English, for Args
	Args   []any
	Cause  error // ErrNegativeAmortisation, ErrTooLarge, or nil
}

// NewProblem returns a problem of a field.
func NewProblem(field, code, format string, args ...any) *Problem {
	return &Problem{Field: field, Code: code, Format: format, Args: args}
}

// Message says in English what is wrong and how to put it right.
func (p Problem) Message() string { return fmt.Sprintf(p.Format, p.Args...) }

func (p Problem) Error() string {
	if p.Field == "" {
		return p.Message()
	}
	return p.Field + ": " + p.Message()
}

func (p Problem) Unwrap() error { return p.Cause }

// Problems are all the things wrong with a contract.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

func (p *Problems) add(field, code, format string, args ...any) {
	*p = append(*p, *NewProblem(field, code, format, args...))
}

// at names entry i of a list.
func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// orNil keeps an empty list from becoming an error that is not nil.
func (p Problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

var (
	// ErrNegativeAmortisation marks a contract whose instalment would not
	// cover the interest of its period, so that the debt would grow.
	ErrNegativeAmortisation = errors.New("negative amortisation")
	// ErrTooLarge marks a contract with amounts beyond MaxAmount.
	ErrTooLarge = errors.New("amount too large")
)

// Validate returns everything that is wrong with the contract as Problems, or
// nil. A valid contract can still be refused by Schedule, for
// ErrNegativeAmortisation or ErrTooLarge.
func (c *Contract) Validate() error {
	var p Problems
	c.checkAmounts(&p)
	c.checkTerms(&p)
	if datesKnown := c.checkDates(&p); datesKnown {
		c.checkDisbursements(&p)
		c.checkRateChanges(&p)
	}
	return p.orNil()
}

func (c *Contract) checkAmounts(p *Problems) {
	if c.Principal < 1 || c.Principal > MaxAmount {
		p.add("principal", "terms.range", "%s is out of range: lend from %s to %s",
			c.write(c.Principal), c.write(1), c.write(MaxAmount))
	}
	if c.Rate < 0 || c.Rate > MaxRate {
		p.add("annual_rate", "terms.rate", "%s %% is out of range: give a rate from 0 to %s", writeRate(c.Rate), writeRate(MaxRate))
	}
	if c.InstalmentMultiple < 0 || c.InstalmentMultiple > MaxAmount {
		p.add("instalment_multiple", "terms.range", "%s is out of range: give from %s to %s, or leave it out", c.write(c.InstalmentMultiple), c.write(1), c.write(MaxAmount))
	}
}

func (c *Contract) checkTerms(p *Problems) {
	known := func(field string, value uint8, names []string) {
		if int(value) >= len(names) {
			p.add(field, "terms.choice", "%d is unknown: choose %s", value, choices(names))
		}
	}
	known("method", uint8(c.Method), methodNames)
	known("day_count", uint8(c.DayCount), dayCountNames)
	known("rounding", uint8(c.Rounding), roundingNames)
	known("period", uint8(c.Period), periodNames)
	if c.Decimals < NoDecimals || c.Decimals > MaxDecimals {
		p.add("decimals", "terms.range", "%d is out of range: give %d to %d", c.Decimals, 0, MaxDecimals)
	}
	if c.Every < 0 || c.Every > MaxEvery {
		p.add("every", "terms.range", "%d is out of range: give %d to %d", c.Every, 1, MaxEvery)
	}

	n := c.instalments()
	if n < 1 || n > MaxInstalments {
		p.add("instalments", "terms.range", "%d is out of range: give %d to %d", n, 1, MaxInstalments)
		return
	}
	grace := func(field string, rows int) {
		if rows < 0 || rows > n {
			p.add(field, "terms.grace", "%d is out of range: the contract has %d instalments, so give 0 to %[2]d", rows, n)
		}
	}
	grace("grace_principal", c.GracePrincipal)
	grace("grace_interest_payment", c.GraceInterestPayment)
	grace("grace_interest_charged", c.GraceInterestCharged)
	if c.Method == Irregular && c.GracePrincipal > 0 {
		p.add("grace_principal", "terms.irregular-grace", "an irregular contract names its principal for each date: give 0 there instead")
	}
}

// checkDates reports whether the due dates can be counted on.
func (c *Contract) checkDates(p *Problems) (known bool) {
	before := len(*p)
	if c.DisbursedOn < FirstDay || c.DisbursedOn > LastDay {
		p.add("disbursed_on", "terms.missing", "missing: give the day the money is paid out, as 2020-01-31")
		return false
	}
	if len(c.Due) > 0 {
		c.checkDue(p)
		return len(*p) == before
	}
	if c.Method == Irregular {
		p.add("due", "terms.irregular-dates", "an irregular contract needs its dates: list them with the principal of each")
	}
	if c.FirstDueOn != 0 && c.FirstDueOn <= c.DisbursedOn {
		p.add("first_due_on", "terms.first-due", "%s is not after the disbursement on %s: give a later day", c.FirstDueOn, c.DisbursedOn)
	}
	if c.FirstDueOn < 0 || c.FirstDueOn > LastDay {
		p.add("first_due_on", "terms.too-late", "beyond the year 9999: give an earlier day")
	}
	c.checkPayDay(p)
	if n := c.Instalments; n < 1 || n > MaxInstalments || c.Every < 0 || c.Every > MaxEvery ||
		int(c.Period) >= len(periodNames) || len(*p) > before {
		return false
	}
	if year, _, _ := max(c.DisbursedOn, c.FirstDueOn).Civil(); c.Instalments*c.every()*c.daysAtMost() > (9999-year)*365 {
		p.add("instalments", "terms.too-long", "the last due date is beyond the year 9999: lower instalments or every")
		return false
	}
	return true
}

func (c *Contract) daysAtMost() int {
	return [...]int{Months: 31, Days: 1, Weeks: 7, Years: 366}[c.Period]
}

func (c *Contract) checkPayDay(p *Problems) {
	if c.PayDay == 0 {
		return
	}
	if c.PayDay < 1 || c.PayDay > 31 {
		p.add("pay_day", "terms.range", "%d is not a day of the month: give %d to %d", c.PayDay, 1, 31)
		return
	}
	if c.Period == Days || c.Period == Weeks {
		p.add("pay_day", "terms.pay-day-period", "instalments every so many %s have no day of the month: leave it out", c.Period)
	}
	if c.FirstDueOn > 0 && c.FirstDueOn <= LastDay {
		year, month, _ := c.FirstDueOn.Civil()
		if fits := Date(year, month, c.PayDay); fits != c.FirstDueOn {
			p.add("pay_day", "terms.pay-day", "first_due_on %s does not fall on day %d: make it %s, or leave pay_day out", c.FirstDueOn, c.PayDay, fits)
		}
	}
}

func (c *Contract) checkDue(p *Problems) {
	if c.Instalments != 0 && c.Instalments != len(c.Due) {
		p.add("instalments", "terms.due-count", "%d, but due lists %d dates: make them equal, or leave instalments out", c.Instalments, len(c.Due))
	}
	if c.FirstDueOn != 0 {
		p.add("first_due_on", "terms.due-first", "due lists the dates already: leave it out")
	}
	if c.PayDay < 0 || c.PayDay > 31 {
		p.add("pay_day", "terms.range", "%d is not a day of the month: give %d to %d", c.PayDay, 1, 31)
	}
	last, sum := c.DisbursedOn, int64(0)
	for i, due := range c.Due {
		if due.On <= last || due.On > LastDay {
			p.add(at("due", i), "terms.due-order", "%s is not after %s: put the dates in order, each later than the one before and than disbursed_on", due.On, last)
		}
		last = due.On
		isLast := i == len(c.Due)-1
		switch {
		case c.Method != Irregular:
			if due.Principal != 0 {
				p.add(at("due", i), "terms.due-principal", "principal is named, but only method irregular uses it: leave it out")
			}
		case due.Principal == Rest && isLast:
			return
		case due.Principal == Rest:
			p.add(at("due", i), "terms.due-rest", "only the last date can take the rest: name an amount")
		case due.Principal < 0 || due.Principal > c.Principal-sum:
			p.add(at("due", i), "terms.due-more", "principal %s: the dates may name from 0 to the principal %s in all", c.write(due.Principal), c.write(c.Principal))
			return
		default:
			sum += due.Principal
		}
	}
	if c.Method == Irregular && sum != c.Principal {
		p.add("due", "terms.due-sum", "the amounts add up to %s, the principal is %s: make them equal, or the last one \"rest\"", c.write(sum), c.write(c.Principal))
	}
}

func (c *Contract) checkDisbursements(p *Problems) {
	if len(c.Disbursements) == 0 {
		return
	}
	last, sum := c.DisbursedOn, int64(0)
	end := c.DueOn(c.instalments())
	for i, d := range c.Disbursements {
		switch {
		case i == 0 && d.On != c.DisbursedOn:
			p.add(at("disbursements", i), "terms.payout-first", "the first is on %s, disbursed_on says %s: make them equal", d.On, c.DisbursedOn)
		case d.On < last:
			p.add(at("disbursements", i), "terms.payout-order", "%s is before %s: put them in order of their dates", d.On, last)
		case d.On >= end:
			p.add(at("disbursements", i), "terms.payout-late", "%s is not before the last due date %s: pay it out earlier", d.On, end)
		}
		last = d.On
		if d.Amount < 1 || d.Amount > MaxAmount {
			p.add(at("disbursements", i), "terms.payout-amount", "amount %s is out of range: pay out at least %s", c.write(d.Amount), c.write(1))
			return
		}
		sum += d.Amount
		if sum > MaxAmount {
			break
		}
	}
	if sum != c.Principal {
		p.add("disbursements", "terms.payout-sum", "they add up to %s, the principal is %s: make them equal (the list includes the first)", c.write(sum), c.write(c.Principal))
	}
}

func (c *Contract) checkRateChanges(p *Problems) {
	end := c.DueOn(c.instalments())
	for i, change := range c.RateChanges {
		switch {
		case change.On < c.DisbursedOn:
			p.add(at("rate_changes", i), "terms.rate-early", "%s is before the disbursement on %s: give a later day", change.On, c.DisbursedOn)
		case change.On >= end:
			p.add(at("rate_changes", i), "terms.rate-late", "%s changes nothing, the last due date is %s: leave it out", change.On, end)
		case i > 0 && change.On <= c.RateChanges[i-1].On:
			p.add(at("rate_changes", i), "terms.rate-order", "%s is not after %s: put them in order, one a day", change.On, c.RateChanges[i-1].On)
		}
		if change.Rate < 0 || change.Rate > MaxRate {
			p.add(at("rate_changes", i), "terms.rate", "annual_rate %s %% is out of range: give a rate from 0 to %s", writeRate(change.Rate), writeRate(MaxRate))
		}
	}
}

func choices(names []string) string {
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
