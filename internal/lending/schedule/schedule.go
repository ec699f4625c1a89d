// Package schedule computes the rows of a loan: on each due date so much
// principal, so much interest, and what is owed afterwards. It is pure: the
// rows follow from the Contract alone, to the last unit, on any machine.
//
// # What a row is made of
//
// Money is whole numbers of its smallest unit, rates are whole parts per
// million a year, time is whole days. The interest of a period is
//
//	Σ balance × rate × days / (days of a year × 1,000,000)
//
// over its stretches of equal balance and rate. The sum is kept as one exact
// fraction and rounded once, by the contract's Rounding, to the smallest unit.
// How days and the days of a year are counted is the DayCount; what the
// principal is, the Method. The last row takes all that is still owed, so a
// schedule always ends at nothing.
//
// An equal instalment is the exact annuity over the true length of every
// period, rounded once. It is fixed on the first row that pays principal, and
// again on each row in whose period money is paid out or the rate changes, for
// the rows from there on and with what is known then: a row never depends on
// what happens after it is due.
//
// For example 50,000.00 at 4.35 % for 36 months of 30/360 is repaid in
// instalments of 1,484.00. The first is 1,302.75 of principal and 181.25 of
// interest (50,000.00 × 4.35 % × 30/360); the last is 1,478.54 and 5.36, ten
// fen less than the others.
//
// Explain gives the account of every row. The reference folder beneath holds a
// second calculation, slow, in rationals, which shares no code with this one;
// the tests and the benchmark compare the two.
//
// The package does not know what was really paid: package servicing does, and
// takes loans up in mid-course with Resume.
package schedule

import "math/bits"

// Row is one instalment of a schedule, in the smallest unit of money.
type Row struct {
	N         int32 // from 1
	DueOn     Day
	Disbursed int64 // paid out since the row before (for the first row, since DisbursedOn)
	Principal int64 // due on DueOn
	Interest  int64 // due on DueOn
	Earned    int64 // interest of the period; differs from Interest in and after a grace on its payment
	Balance   int64 // principal owed after the row is paid
	Level     int64 // the equal instalment, or equal principal, in force; 0 when there is none

	place int32 // of DueOn on the timeline
	rule  rule
}

// Total returns the amount due.
func (r *Row) Total() int64 { return r.Principal + r.Interest }

// rule is the reason for the principal of a row.
type rule uint8

const (
	ruleInstalment rule = iota
	rulePaidUp
	ruleLast
	ruleGrace
	ruleShare
	ruleBullet
	ruleNamed
)

// Schedule appends the rows of the contract to dst and returns the extended
// slice. It allocates only when dst is too short, so a caller who reuses
// dst[:0] can schedule many contracts without garbage.
//
// The error is Problems: everything Validate finds, or the one row that is
// refused for ErrNegativeAmortisation or ErrTooLarge; dst is then returned as
// it was given.
func Schedule(dst []Row, c *Contract) ([]Row, error) {
	return schedule(dst, c, Opening{}, nil)
}

func schedule(dst []Row, c *Contract, opening Opening, trace *trace) ([]Row, error) {
	if err := c.Validate(); err != nil {
		return dst, err
	}
	start := len(dst)
	e := engine{c: c, carried: opening.Earned.wide, deferred: opening.Deferred, level: opening.Level, fixed: opening.KeepLevel, trace: trace}
	e.disbursed = opening.Granted
	rows := e.layOut(dst)
	e.rows = rows[start:]
	if problem := e.run(); problem != nil {
		return dst, Problems{*problem}
	}
	return rows, nil
}

// engine carries a contract from one due date to the next.
type engine struct {
	c        *Contract
	rows     []Row
	timeline timeline
	whole    uint64 // D, the denominator of all interest: units of a year × 1,000,000

	place     int32 // of the due date before
	rate      uint64
	balance   int64
	disbursed int64
	payouts   []Disbursement // still to come
	changes   []RateChange   // still to come
	carried   wide           // interest of the first period earned before it began
	deferred  int64          // interest put off by a grace on its payment
	level     int64          // the equal instalment, or the equal principal
	fixed     bool           // level holds until something changes

	trace *trace
}

// layOut appends a row for each due date, empty but for its date.
func (e *engine) layOut(dst []Row) []Row {
	c := e.c
	from, skipped, payDay := c.seed()
	e.timeline = timeline{c.DayCount, payDay}
	e.whole = c.DayCount.unitsPerYear() * 1_000_000
	e.place = e.timeline.place(c.DisbursedOn)

	n := int32(c.instalments())
	if len(c.Due) > 0 {
		for i := range n {
			on := c.Due[i].On
			dst = append(dst, Row{N: i + 1, DueOn: on, place: e.timeline.place(on)})
		}
		return dst
	}

	step := c.every()
	switch c.Period {
	case Days, Weeks:
		if c.Period == Weeks {
			step *= 7
		}
		on := from + Day(skipped*step)
		for i := range n {
			dst = append(dst, Row{N: i + 1, DueOn: on, place: e.timeline.place(on)})
			on += Day(step)
		}
	case Months, Years:
		if c.Period == Years {
			step *= 12
		}
		year, month, _ := from.Civil()
		year, month = addMonths(year, month, skipped*step)
		for i := range n {
			on := Date(year, month, payDay)
			day := min(payDay, int(daysBefore[leap(year)][month]-daysBefore[leap(year)][month-1]))
			dst = append(dst, Row{N: i + 1, DueOn: on, place: e.timeline.placeOf(on, year, month, day)})
			year, month = addMonths(year, month, step)
		}
	}
	return dst
}

// run fills the rows in.
func (e *engine) run() *Problem {
	c := e.c
	e.rate = uint64(c.Rate)
	e.balance = c.Principal
	e.payouts = c.Disbursements
	if len(e.payouts) > 0 {
		e.balance = e.payouts[0].Amount
		e.payouts = e.payouts[1:]
	}
	e.disbursed = max(e.disbursed, e.balance)
	e.changes = c.RateChanges

	last := len(e.rows) - 1
	for k := range e.rows {
		row := &e.rows[k]
		numerator, changed := e.accrue(k)
		earned, ok := e.settle(numerator)
		if !ok {
			return e.tooLarge(k)
		}
		row.Earned = earned
		e.deferred += earned
		if k >= c.GraceInterestPayment || k == last {
			row.Interest, e.deferred = e.deferred, 0
		}

		if row.Disbursed > 0 || changed && c.Method == EqualInstalment {
			e.fixed = false
		}
		switch {
		case k == last:
			row.Principal, row.rule = e.balance, ruleLast
		case k < c.GracePrincipal:
			row.rule = ruleGrace
		case c.Method == EqualInstalment:
			if !e.fixed {
				e.level = e.smoothed(k, earned, e.instalment(k, numerator))
				e.fixed = true
			}
			row.Principal, row.rule = e.level-earned, ruleInstalment
			if row.Principal < 0 {
				return e.negative(k)
			}
		case c.Method == EqualPrincipal, c.Method == Flat:
			if !e.fixed {
				share := e.balance / int64(len(e.rows)-k)
				e.level = share - share%c.multiple()
				e.fixed = true
			}
			row.Principal, row.rule = e.level, ruleShare
		case c.Method == Irregular:
			row.Principal, row.rule = c.Due[k].Principal, ruleNamed
			if row.Principal > e.balance {
				return e.overdrawn(k)
			}
		default:
			row.rule = ruleBullet
		}
		if row.Principal > e.balance {
			row.Principal, row.rule = e.balance, rulePaidUp
		}
		e.balance -= row.Principal
		row.Balance = e.balance
		row.Level = e.level
		e.place = row.place
		e.trace.row(e, k, numerator)
	}
	return nil
}

// accrue carries the loan to the due date of row k: it pays out and changes
// the rate on the way, and returns the interest of the period as a numerator
// over e.whole, and whether anything changed.
func (e *engine) accrue(k int) (interest wide, changed bool) {
	row := &e.rows[k]
	e.trace.period(e, k)
	from := e.place
	interest, e.carried = e.carried, wide{}
	for {
		on := row.DueOn
		if len(e.payouts) > 0 {
			on = min(on, e.payouts[0].On)
		}
		if len(e.changes) > 0 {
			on = min(on, e.changes[0].On)
		}
		to := row.place
		if on < row.DueOn {
			to = e.timeline.place(on)
		}
		if k >= e.c.GraceInterestCharged {
			interest = interest.plus(product(uint64(e.base()), e.rate*uint64(to-from)))
		}
		e.trace.stretch(e, on, to-from)
		if on == row.DueOn {
			return interest, changed
		}
		from, changed = to, true
		for len(e.payouts) > 0 && e.payouts[0].On == on {
			row.Disbursed += e.payouts[0].Amount
			e.balance += e.payouts[0].Amount
			e.disbursed += e.payouts[0].Amount
			e.payouts = e.payouts[1:]
		}
		for len(e.changes) > 0 && e.changes[0].On == on {
			e.rate = uint64(e.changes[0].Rate)
			e.changes = e.changes[1:]
		}
	}
}

// base returns the amount that bears interest.
func (e *engine) base() int64 {
	if e.c.Method == Flat {
		return e.disbursed
	}
	return e.balance
}

// settle rounds interest to the smallest unit, unless it is beyond MaxAmount.
func (e *engine) settle(numerator wide) (amount int64, ok bool) {
	if numerator.hi >= e.whole {
		return 0, false
	}
	quotient, remainder := bits.Div64(numerator.hi, numerator.lo, e.whole)
	amount = int64(e.c.Rounding.round(quotient, remainder, e.whole))
	return amount, 0 <= amount && amount <= MaxAmount
}

// smoothingRounds is how often the instalment may be corrected.
const smoothingRounds = 3

// smoothed corrects the equal instalment of row k and those after it: where
// the last differs from the others by more than half a unit for each row, the
// difference is spread over all of them, and kept if it has become smaller.
func (e *engine) smoothed(k int, earned, instalment int64) int64 {
	if !e.c.Smooth {
		return instalment
	}
	rows := int64(len(e.rows) - k)
	multiple := e.c.multiple()
	excess, ok := e.lastExcess(k, earned, instalment)
	for range smoothingRounds {
		if !ok || 2*max(excess, -excess) <= rows {
			break
		}
		spread, unit := uint64(instalment*rows+excess), uint64(rows*multiple)
		try := int64(e.c.Rounding.round(spread/unit, spread%unit, unit)) * multiple
		tryExcess, tryOK := e.lastExcess(k, earned, try)
		if !tryOK || max(tryExcess, -tryExcess) >= max(excess, -excess) {
			break
		}
		instalment, excess = try, tryExcess
	}
	return instalment
}

// lastExcess returns the last instalment less the given one, if the rows from
// k on pay that one at the rate of the moment; not ok when it does not cover
// the interest.
func (e *engine) lastExcess(k int, earned, instalment int64) (excess int64, ok bool) {
	balance := e.balance
	for j := k; ; j++ {
		if j > k {
			earned, ok = e.settle(product(uint64(balance), e.factor(j)))
			if !ok {
				return 0, false
			}
		}
		if j == len(e.rows)-1 {
			return balance + earned - instalment, true
		}
		if earned > instalment {
			return 0, false
		}
		balance -= min(instalment-earned, balance)
	}
}
