package schedule

import (
	"errors"
	"math/big"
)

// ErrNoTrueRate is returned when no annual rate from 0 to MaxRate makes the
// payments worth what was paid out.
var ErrNoTrueRate = errors.New("no true annual rate")

// TrueRate returns the annual rate, in parts per million, at which interest on
// what is still owed would lead to the same payments on the same days, under
// the contract's own day count. A flat rate of 4.35 % over 36 months, for one,
// is really 8.14 %. The rate is the nearest whole part per million to the
// internal rate of return, compounded on each due date; rows must be the
// schedule of the contract.
func TrueRate(c *Contract, rows []Row) (int64, error) {
	line := timeline{count: c.DayCount}
	_, _, line.payDay = c.seed()

	// Rates are tried in halves of a part per million, so that the greatest
	// that is not too high rounds to the nearest whole part.
	tooHigh := func(halves int64) bool { return c.worth(rows, line, halves) < 0 }
	if tooHigh(0) || !tooHigh(2*MaxRate) {
		return 0, ErrNoTrueRate
	}
	low, high := int64(0), int64(2*MaxRate)
	for high-low > 1 {
		middle := (low + high) / 2
		if tooHigh(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return (low + 1) / 2, nil
}

// worth returns the sign of the payments less the disbursements, all
// discounted to DisbursedOn at a rate in halves of a part per million. Amounts
// have 96 binary places.
func (c *Contract) worth(rows []Row, line timeline, halves int64) int {
	const places = 96
	whole := big.NewInt(int64(c.DayCount.unitsPerYear()) * 2_000_000)
	grown := func(from, to Day) *big.Int {
		f := big.NewInt(int64(line.place(to) - line.place(from)))
		return f.Add(f.Mul(f, big.NewInt(halves)), whole)
	}
	fixed := func(amount int64) *big.Int { return new(big.Int).Lsh(big.NewInt(amount), places) }

	payouts := c.Disbursements
	if len(payouts) == 0 {
		payouts = []Disbursement{{c.DisbursedOn, c.Principal}}
	}
	worth := new(big.Int)
	for k := len(rows) - 1; k >= 0; k-- {
		from := c.DisbursedOn
		if k > 0 {
			from = rows[k-1].DueOn
		}
		worth.Add(worth, fixed(rows[k].Total()))
		for len(payouts) > 0 && payouts[len(payouts)-1].On > from {
			payout := payouts[len(payouts)-1]
			payouts = payouts[:len(payouts)-1]
			value := fixed(payout.Amount)
			worth.Sub(worth, value.Quo(value.Mul(value, grown(payout.On, rows[k].DueOn)), whole))
		}
		worth.Quo(worth.Mul(worth, whole), grown(from, rows[k].DueOn))
		for len(payouts) > 0 && payouts[len(payouts)-1].On == from {
			worth.Sub(worth, fixed(payouts[len(payouts)-1].Amount))
			payouts = payouts[:len(payouts)-1]
		}
	}
	return worth.Sign()
}
