package schedule

// Exact is interest before it is rounded: a whole number of the parts into
// which the day count of its contract divides a unit of money. Only interest
// of contracts with the same day count can be added.
type Exact struct{ wide }

// Plus returns the sum.
func (x Exact) Plus(y Exact) Exact { return Exact{x.plus(y.wide)} }

// Accrual is how interest is counted and rounded.
type Accrual struct {
	DayCount DayCount
	Rounding Rounding
	PayDay   int // for Thirty360: the day of the month due dates stand for; 0 when none
}

// Accrual returns how the contract counts and rounds interest.
func (c *Contract) Accrual() Accrual {
	_, _, payDay := c.seed()
	return Accrual{c.DayCount, c.Rounding, payDay}
}

// Earn returns what a principal earns at a rate (parts per million a year) on
// the days after from, up to and including to. Both must be 0 or more, the
// principal at most MaxAmount and the rate at most 2 × MaxRate.
func (a Accrual) Earn(principal, rate int64, from, to Day) Exact {
	line := timeline{a.DayCount, a.PayDay}
	return Exact{product(uint64(principal), uint64(rate)*uint64(line.place(to)-line.place(from)))}
}

// Settle rounds interest to the smallest unit; ErrTooLarge beyond MaxAmount.
func (a Accrual) Settle(x Exact) (int64, error) {
	e := engine{c: &Contract{Rounding: a.Rounding}, whole: a.DayCount.unitsPerYear() * 1_000_000}
	amount, ok := e.settle(x.wide)
	if !ok {
		return 0, ErrTooLarge
	}
	return amount, nil
}

// Opening is what a loan in mid-course brings along into Resume, beyond its
// contract.
type Opening struct {
	Earned   Exact // in the running period, up to the contract's DisbursedOn
	Deferred int64 // interest put off earlier, due with the first row that pays interest
	Granted  int64 // all that was ever paid out: what Flat counts interest on
	// Level is the equal instalment, or equal principal, to keep when KeepLevel
	// is set; otherwise it is fixed anew.
	Level     int64
	KeepLevel bool
}

// Resume is Schedule for a loan in mid-course. The contract is what Rest
// returns, with the principal owed now as its Principal.
func Resume(dst []Row, c *Contract, opening Opening) ([]Row, error) {
	return schedule(dst, c, opening, nil)
}

// ResumeExplained is Resume with an explanation of every row.
func ResumeExplained(dst []Row, c *Contract, opening Opening) ([]Row, []Explanation, error) {
	kept := *c
	t := trace{before: opening.Earned}
	rows, err := schedule(dst, &kept, opening, &t)
	return rows, t.explanations, err
}

// Rest returns the contract of the rows after the first n, seen from the close
// of a day not before the n-th due date. Amounts, the rate and named principal
// are left as they are; disbursements and rate changes are taken out.
func (c *Contract) Rest(n int, on Day) Contract {
	rest := *c
	_, _, rest.PayDay = c.seed()
	rest.Due = nil
	for k := n + 1; k <= c.instalments(); k++ {
		due := Due{On: c.DueOn(k)}
		if c.Method == Irregular {
			due.Principal = c.Due[k-1].Principal
		}
		rest.Due = append(rest.Due, due)
	}
	rest.Instalments = 0 // Due says it
	rest.DisbursedOn, rest.FirstDueOn = on, 0
	rest.GracePrincipal = max(c.GracePrincipal-n, 0)
	rest.GraceInterestPayment = max(c.GraceInterestPayment-n, 0)
	rest.GraceInterestCharged = max(c.GraceInterestCharged-n, 0)
	rest.Disbursements, rest.RateChanges = nil, nil
	return rest
}
