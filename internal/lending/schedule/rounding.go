package schedule

// Rounding says what happens to the part of an amount smaller than its
// smallest unit. Banks differ, so it is a term of the contract: 1,000.00 at
// 4.35 % for 30 days of 360 is 3.625, which is 3.62 to one and 3.63 to another.
type Rounding uint8

const (
	HalfEven Rounding = iota // nearest; a tie goes to the even neighbour (the default)
	HalfUp                   // nearest; a tie goes up
	Down                     // towards zero
	Up                       // away from zero
)

var roundingNames = []string{"half-even", "half-up", "down", "up"}

func (m Rounding) String() string { return nameOf(roundingNames, m) }

// round settles quotient + remainder/divisor, where remainder < divisor. It is
// the only place where the package rounds.
func (m Rounding) round(quotient, remainder, divisor uint64) uint64 {
	rest := divisor - remainder // compared instead of doubling, which could overflow
	up := false
	switch m {
	case HalfEven:
		up = remainder > rest || remainder == rest && quotient&1 == 1
	case HalfUp:
		up = remainder >= rest
	case Up:
		up = remainder > 0
	}
	if up {
		quotient++
	}
	return quotient
}
