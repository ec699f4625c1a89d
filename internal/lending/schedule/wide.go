package schedule

import (
	"math/big"
	"math/bits"
)

// wide is an unsigned integer of 128 bits. Products of an amount, a rate and a
// number of days need more than 64 bits and never more than 128 (the limits of
// a Contract see to it), so interest is kept exact until it is rounded.
type wide struct{ hi, lo uint64 }

func product(x, y uint64) wide {
	hi, lo := bits.Mul64(x, y)
	return wide{hi, lo}
}

func (x wide) plus(y wide) wide {
	lo, carry := bits.Add64(x.lo, y.lo, 0)
	hi, _ := bits.Add64(x.hi, y.hi, carry)
	return wide{hi, lo}
}

func (x wide) shiftLeft(n uint) wide {
	if n >= 64 {
		return wide{x.lo << (n - 64), 0}
	}
	return wide{x.hi<<n | x.lo>>(64-n), x.lo << n}
}

func (x wide) leadingZeros() uint {
	if x.hi != 0 {
		return uint(bits.LeadingZeros64(x.hi))
	}
	return 64 + uint(bits.LeadingZeros64(x.lo))
}

func (x wide) big() *big.Int {
	n := new(big.Int).SetUint64(x.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(x.lo))
}

// timesHigh returns the upper 128 bits of the product: x·y / 2^128, cut.
func (x wide) timesHigh(y wide) wide {
	p := x.times(y)
	return wide{p[3], p[2]}
}

// times returns the product in four limbs, the lowest first.
func (x wide) times(y wide) [4]uint64 {
	hh, hl := bits.Mul64(x.hi, y.hi)
	ah, al := bits.Mul64(x.hi, y.lo)
	bh, bl := bits.Mul64(x.lo, y.hi)
	lh, ll := bits.Mul64(x.lo, y.lo)

	p1, c := bits.Add64(lh, al, 0)
	p2, d := bits.Add64(hl, ah, c)
	p3 := hh + d
	p1, c = bits.Add64(p1, bl, 0)
	p2, c = bits.Add64(p2, bh, c)
	return [4]uint64{ll, p1, p2, p3 + c}
}

func compare(x, y [4]uint64) int {
	for i := 3; i >= 0; i-- {
		if x[i] != y[i] {
			if x[i] < y[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}
