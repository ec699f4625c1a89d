package ledger

import (
	"errors"
	"math/bits"
	"sort"
)

// Split divides an amount in the proportion of weights: each part its share rounded down, what is left over goes one by one to the
// largest remainders, the earlier part first where they are equal (Hamilton's method). Parts add up to amount. Amount and weights are
// not negative and their product fits in 126 bits; all weights zero is refused.
func Split(amount int64, weights []int64) ([]int64, error) {
	if amount < 0 {
		return nil, errors.New("split: amount is negative")
	}
	var total uint64
	for _, w := range weights {
		if w < 0 {
			return nil, errors.New("split: a weight is negative")
		}
		var carry uint64
		if total, carry = bits.Add64(total, uint64(w), 0); carry != 0 {
			return nil, errors.New("split: weights are too large")
		}
	}
	if total == 0 {
		return nil, errors.New("split: all weights are zero")
	}
	parts := make([]int64, len(weights))
	rest := make([]uint64, len(weights))
	left := amount
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(amount), uint64(w)) // hi < total, because w <= total
		q, r := bits.Div64(hi, lo, total)
		parts[i], rest[i] = int64(q), r
		left -= int64(q)
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts, nil
}
