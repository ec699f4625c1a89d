// Package reference computes loan schedules a second time, to check the first.
//
// It reads the same Contract as package schedule and shares nothing else with
// it: dates come from the standard library, days are counted one at a time,
// amounts are rationals, and the equal instalment is solved from the condition
// that the last balance is nothing, by carrying the debt forward with the
// instalment as the unknown. It is slow and means to be obvious. The tests of
// schedule and its benchmark use it; whoever verifies stored schedules should too.
package reference

import (
	"errors"
	"math/big"
	"time"

	"lastmile/internal/lending/schedule"
)

// Row is a row of the second calculation, in the smallest unit of money.
type Row struct {
	N                                    int
	DueOn                                string // YYYY-MM-DD
	Principal, Interest, Balance, Earned int64
}

// ErrNegative is returned where the instalment does not cover the interest.
var ErrNegative = errors.New("instalment below interest")

// Schedule returns the rows of a valid contract.
func Schedule(c *schedule.Contract) ([]Row, error) {
	l := newLoan(c)
	var rows []Row
	var instalment, share, deferred *big.Int
	instalment, share, deferred = nil, nil, new(big.Int)
	for k := 1; k <= l.n; k++ {
		p := l.period(k)
		balance := new(big.Int).Add(l.balance, p.paidOut)
		earned := l.round(p.interest, 1)
		deferred.Add(deferred, earned)
		row := Row{N: k, DueOn: l.due[k].Format(time.DateOnly), Earned: earned.Int64()}
		if k > c.GraceInterestPayment || k == l.n {
			row.Interest = deferred.Int64()
			deferred.SetInt64(0)
		}

		principal := new(big.Int)
		remaining := int64(l.n - k + 1)
		if p.changed {
			instalment = nil
		}
		if p.paidOut.Sign() > 0 {
			share = nil
		}
		switch {
		case k == l.n:
			principal.Set(balance)
		case k <= c.GracePrincipal:
		case c.Method == schedule.EqualInstalment:
			if instalment == nil {
				instalment = l.instalment(k, balance, p.interest)
			}
			principal.Sub(instalment, earned)
			if principal.Sign() < 0 {
				return nil, ErrNegative
			}
		case c.Method == schedule.EqualPrincipal || c.Method == schedule.Flat:
			if share == nil {
				share = new(big.Int).Quo(balance, big.NewInt(remaining))
				share.Sub(share, new(big.Int).Rem(share, l.multiple()))
			}
			principal.Set(share)
		case c.Method == schedule.Irregular:
			principal.SetInt64(c.Due[k-1].Principal)
		}
		if principal.Cmp(balance) > 0 {
			principal.Set(balance)
		}
		l.balance = balance.Sub(balance, principal)
		row.Principal, row.Balance = principal.Int64(), l.balance.Int64()
		rows = append(rows, row)
	}
	return rows, nil
}

type loan struct {
	c       *schedule.Contract
	n       int
	due     []time.Time // due[0] is the day of disbursement
	payDay  int
	balance *big.Int // before the disbursements of the period
	granted *big.Int
	paidOut int // disbursements so far
}

func day(d schedule.Day) time.Time {
	t, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		panic("reference: invalid contract: " + err.Error())
	}
	return t
}

func newLoan(c *schedule.Contract) *loan {
	l := &loan{c: c, n: c.Instalments, balance: new(big.Int), granted: new(big.Int)}
	l.due = []time.Time{day(c.DisbursedOn)}
	l.payDay = c.PayDay
	if len(c.Due) > 0 {
		l.n = len(c.Due)
		for _, d := range c.Due {
			l.due = append(l.due, day(d.On))
		}
		return l
	}

	seed, skip := day(c.DisbursedOn), 1
	if c.FirstDueOn != 0 {
		seed, skip = day(c.FirstDueOn), 0
	}
	every := c.Every
	if every == 0 {
		every = 1
	}
	for k := range l.n {
		count := (k + skip) * every
		switch c.Period {
		case schedule.Days:
			l.due = append(l.due, seed.AddDate(0, 0, count))
		case schedule.Weeks:
			l.due = append(l.due, seed.AddDate(0, 0, 7*count))
		default:
			if l.payDay == 0 {
				l.payDay = seed.Day()
			}
			if c.Period == schedule.Years {
				count *= 12
			}
			first := time.Date(seed.Year(), seed.Month()+time.Month(count), 1, 0, 0, 0, 0, time.UTC)
			on := first.AddDate(0, 0, l.payDay-1)
			for on.Month() != first.Month() {
				on = on.AddDate(0, 0, -1)
			}
			l.due = append(l.due, on)
		}
	}
	return l
}

// rateOn returns the rate for the day after t, as known on the day before known.
func (l *loan) rateOn(t, known time.Time) int64 {
	rate := l.c.Rate
	for _, change := range l.c.RateChanges {
		if on := day(change.On); !on.After(t) && on.Before(known) {
			rate = change.Rate
		}
	}
	return rate
}

// year returns the part of a year from a to b.
func (l *loan) year(a, b time.Time) *big.Rat {
	sum := new(big.Rat)
	switch l.c.DayCount {
	case schedule.Thirty360:
		months := int64(12*(b.Year()-a.Year()) + int(b.Month()) - int(a.Month()))
		return sum.SetFrac64(30*months+l.day30(b)-l.day30(a), 360)
	case schedule.Actual360:
		return sum.SetFrac64(int64(b.Sub(a)/(24*time.Hour)), 360)
	case schedule.Actual365:
		return sum.SetFrac64(int64(b.Sub(a)/(24*time.Hour)), 365)
	}
	var days [2]int64 // of common and of leap years
	for d := a.AddDate(0, 0, 1); !d.After(b); d = d.AddDate(0, 0, 1) {
		days[time.Date(d.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay()-365]++
	}
	return sum.Add(big.NewRat(days[0], 365), big.NewRat(days[1], 366))
}

// day30 is the day of a month of thirty days.
func (l *loan) day30(t time.Time) int64 {
	d := t.Day()
	if t.AddDate(0, 0, 1).Day() == 1 && d < l.payDay {
		d = l.payDay
	}
	if d > 30 {
		d = 30
	}
	return int64(d)
}

// period is what happens between two due dates.
type period struct {
	interest *big.Rat // exact
	paidOut  *big.Int
	changed  bool // something was paid out, or the rate changed
}

func (l *loan) period(k int) period {
	from, to := l.due[k-1], l.due[k]
	p := period{interest: new(big.Rat), paidOut: new(big.Int)}

	cuts := []time.Time{from}
	for d := from.AddDate(0, 0, 1); d.Before(to); d = d.AddDate(0, 0, 1) {
		if l.eventOn(d) {
			cuts = append(cuts, d)
		}
	}
	cuts = append(cuts, to)
	p.changed = l.eventOn(from)

	for i, cut := range cuts[:len(cuts)-1] {
		p.changed = p.changed || i > 0
		p.paidOut.Add(p.paidOut, l.payOut(cut))
		base := new(big.Int).Add(l.balance, p.paidOut)
		if l.c.Method == schedule.Flat {
			base = l.granted
		}
		if k > l.c.GraceInterestCharged {
			rate := big.NewRat(l.rateOn(cut, to), 1_000_000)
			part := new(big.Rat).SetInt(base)
			part.Mul(part, rate)
			p.interest.Add(p.interest, part.Mul(part, l.year(cut, cuts[i+1])))
		}
	}
	return p
}

func (l *loan) eventOn(t time.Time) bool {
	on := t.Format(time.DateOnly)
	for _, d := range l.c.Disbursements {
		if d.On.String() == on {
			return true
		}
	}
	for _, change := range l.c.RateChanges {
		if change.On.String() == on {
			return true
		}
	}
	return false
}

// payOut pays out what is due on or before t and was not yet.
func (l *loan) payOut(t time.Time) *big.Int {
	sum := new(big.Int)
	if len(l.c.Disbursements) == 0 && l.granted.Sign() == 0 {
		sum.SetInt64(l.c.Principal)
	}
	for l.paidOut < len(l.c.Disbursements) && !day(l.c.Disbursements[l.paidOut].On).After(t) {
		sum.Add(sum, big.NewInt(l.c.Disbursements[l.paidOut].Amount))
		l.paidOut++
	}
	l.granted = new(big.Int).Add(l.granted, sum)
	return sum
}

func (l *loan) multiple() *big.Int {
	if l.c.InstalmentMultiple > 1 {
		return big.NewInt(l.c.InstalmentMultiple)
	}
	return big.NewInt(1)
}

// round returns x rounded to a whole multiple of the unit.
func (l *loan) round(x *big.Rat, unit int64) *big.Int {
	x = new(big.Rat).Quo(x, new(big.Rat).SetInt64(unit))
	down := new(big.Int).Quo(x.Num(), x.Denom())
	rest := new(big.Rat).Sub(x, new(big.Rat).SetInt(down))
	half := rest.Cmp(big.NewRat(1, 2))
	up := false
	switch l.c.Rounding {
	case schedule.HalfEven:
		up = half > 0 || half == 0 && down.Bit(0) == 1
	case schedule.HalfUp:
		up = half >= 0
	case schedule.Up:
		up = rest.Sign() > 0
	}
	if up {
		down.Add(down, big.NewInt(1))
	}
	return down.Mul(down, big.NewInt(unit))
}

// instalment solves a − b·E = 0, where a − b·E is the debt after the last row
// if rows k to n pay E and the rate stays what it is on the due date of row k.
func (l *loan) instalment(k int, balance *big.Int, interest *big.Rat) *big.Int {
	growth := l.growth(k)
	a := new(big.Rat).SetInt(balance)
	a.Add(a, interest)
	b := big.NewRat(1, 1)
	for _, g := range growth {
		a.Mul(a, g)
		b.Mul(b, g)
		b.Add(b, big.NewRat(1, 1))
	}
	unit := l.multiple().Int64()
	level := l.round(a.Quo(a, b), unit)
	if !l.c.Smooth {
		return level
	}

	earned := l.round(interest, 1)
	rows := big.NewInt(int64(len(growth) + 1))
	excess := l.lastLessOthers(level, balance, earned, growth)
	for range 3 {
		if excess == nil || new(big.Int).Lsh(new(big.Int).Abs(excess), 1).Cmp(rows) <= 0 {
			break
		}
		corrected := new(big.Rat).SetFrac(excess, rows)
		corrected.Add(corrected, new(big.Rat).SetInt(level))
		try := l.round(corrected, unit)
		tryExcess := l.lastLessOthers(try, balance, earned, growth)
		if tryExcess == nil || tryExcess.CmpAbs(excess) >= 0 {
			break
		}
		level, excess = try, tryExcess
	}
	return level
}

// growth returns 1 + the interest factor of each period after k.
func (l *loan) growth(k int) []*big.Rat {
	var growth []*big.Rat
	for j := k + 1; j <= l.n; j++ {
		g := big.NewRat(1, 1)
		if j > l.c.GraceInterestCharged {
			f := big.NewRat(l.rateOn(l.due[k].AddDate(0, 0, -1), l.due[k]), 1_000_000)
			g.Add(g, f.Mul(f, l.year(l.due[j-1], l.due[j])))
		}
		growth = append(growth, g)
	}
	return growth
}

// lastLessOthers returns the last instalment less the others, nil when the
// others do not cover the interest.
func (l *loan) lastLessOthers(level, balance, earned *big.Int, growth []*big.Rat) *big.Int {
	debt := new(big.Int).Set(balance)
	for _, g := range growth {
		if earned.Cmp(level) > 0 {
			return nil
		}
		principal := new(big.Int).Sub(level, earned)
		if principal.Cmp(debt) > 0 {
			principal.Set(debt)
		}
		debt.Sub(debt, principal)
		f := new(big.Rat).Sub(g, big.NewRat(1, 1))
		earned = l.round(f.Mul(f, new(big.Rat).SetInt(debt)), 1)
	}
	debt.Add(debt, earned)
	return debt.Sub(debt, level)
}
