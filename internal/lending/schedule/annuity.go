package schedule

import (
	"math/big"
	"math/bits"
)

// An equal instalment E from row k to the last row n brings the balance to
// exactly nothing when
//
//	E = N / (D·S),  S = 1 + v₁ + v₁v₂ + … (n−k terms after the 1),  v = D / (D + F)
//
// where N/D is what is owed on the due date of row k before anything is paid,
// and F/D the interest factor of a later period. All of N, D and F are whole
// numbers. S is not, so it is computed with 116 binary places (34 decimals),
// always cut downwards, with a bound on what was cut; E is then bracketed, and
// rounded only when the whole bracket rounds alike. When it does not, which
// takes an exact tie, whole numbers of any size decide. E is thus always the
// exact annuity, rounded once.

const (
	annuityPlaces = 116                              // binary places of S; 12 bits remain for a sum of MaxInstalments + 1
	annuityOne    = 1 << (annuityPlaces - 64)        // 1 in the upper word
	_             = uint(1<<12 - 2 - MaxInstalments) // does not compile if S could overflow
)

// annuity returns S for the rows after k, too small by at most excess units in
// its last place.
func (e *engine) annuity(k int) (sum wide, excess uint64) {
	one := wide{hi: annuityOne}
	sum = one
	var memo [4]struct {
		factor   uint64
		discount wide
	}
	for j := len(e.rows) - 1; j > k; j-- {
		factor := e.factor(j)
		if factor == 0 {
			sum = sum.plus(one)
			continue
		}
		m := &memo[uint32(e.rows[j].place-e.rows[j-1].place)&3] // tells months of 28, 29, 30 and 31 days apart
		if m.factor != factor {
			m.factor = factor
			// D·2^128 / (D + F), below 2^128 because F > 0.
			hi, rest := bits.Div64(e.whole, 0, e.whole+factor)
			lo, _ := bits.Div64(rest, 0, e.whole+factor)
			m.discount = wide{hi, lo}
		}
		// The discount is short by less than 2^-128, which a sum below 2^12
		// makes less than one unit; cutting the product costs another.
		sum = sum.timesHigh(m.discount).plus(one)
		excess += 2
	}
	return sum, excess
}

// factor returns F of a whole period at the rate of the moment.
func (e *engine) factor(j int) uint64 {
	if j < e.c.GraceInterestCharged {
		return 0
	}
	return e.rate * uint64(e.rows[j].place-e.rows[j-1].place)
}

// instalment returns E for row k and those after it, rounded to the multiple of
// the contract, when the interest of row k is given as a numerator over D.
func (e *engine) instalment(k int, interest wide) int64 {
	owed := product(uint64(e.balance), e.whole).plus(interest)
	multiple := uint64(e.c.multiple())
	sum, excess := e.annuity(k)
	high := sum.plus(wide{lo: excess})

	scaled := owed.shiftLeft(1).times(wide{hi: annuityOne})
	near := twiceQuotient(owed, e.whole, sum) / multiple
	for _, halves := range [...]uint64{near, near + 1, max(near, 1) - 1} {
		// Is halves ≤ 2E/multiple < halves + 1, wherever in the bracket S lies?
		lower := compare(scaled, product(halves*multiple, e.whole).times(high))
		upper := compare(scaled, product((halves+1)*multiple, e.whole).times(sum))
		exact := lower == 0 && excess == 0
		if (lower > 0 || exact) && upper < 0 {
			quarters := 2 * (halves & 1)
			if !exact {
				quarters++
			}
			return int64(e.c.Rounding.round(halves/2, quarters, 4) * multiple)
		}
	}
	return e.instalmentInFull(k, owed)
}

// twiceQuotient returns 2·owed/(whole·sum) from its 62 leading bits: the whole
// part is right or, below 2^54, one off.
func twiceQuotient(owed wide, whole uint64, sum wide) uint64 {
	twice := owed.shiftLeft(1)
	hi, rest := bits.Div64(twice.hi, twice.lo, whole)
	lo, _ := bits.Div64(rest, 0, whole)
	dividend := wide{hi, lo} // 64 binary places
	shift, sumShift := dividend.leadingZeros(), sum.leadingZeros()
	top := dividend.shiftLeft(shift).hi
	quotient, _ := bits.Div64(top>>1, top<<63, sum.shiftLeft(sumShift).hi)
	return quotient >> (11 + shift - sumShift)
}

// instalmentInFull is instalment with whole numbers of any size.
func (e *engine) instalmentInFull(k int, owed wide) int64 {
	whole := new(big.Int).SetUint64(e.whole)
	numerator, denominator := big.NewInt(1), big.NewInt(1) // of S
	for j := len(e.rows) - 1; j > k; j-- {
		grown := new(big.Int).SetUint64(e.whole + e.factor(j))
		numerator.Mul(numerator, whole)
		denominator.Mul(denominator, grown)
		numerator.Add(numerator, denominator)
	}
	multiple := e.c.multiple()
	dividend := denominator.Mul(denominator, owed.big())
	divisor := numerator.Mul(numerator, whole)
	divisor.Mul(divisor, big.NewInt(multiple))
	quotient, remainder := dividend.QuoRem(dividend, divisor, new(big.Int))
	quarters := uint64(0)
	if remainder.Sign() > 0 {
		quarters = uint64(2 + remainder.Lsh(remainder, 1).Cmp(divisor))
	}
	return int64(e.c.Rounding.round(quotient.Uint64(), quarters, 4)) * multiple
}
