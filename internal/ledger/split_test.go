package ledger_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"lastmile/internal/ledger"
)

// cases of each property; seed gives the same ones every time.
const cases, seed = 100_000, 20130131

// some is a number of a random size, often a very small or a very large one.
func some(r *rand.Rand, most int64) int64 {
	switch r.IntN(8) {
	case 0:
		return 0
	case 1:
		return most
	default:
		return r.Int64N(max(most>>r.IntN(62), 1))
	}
}

// hamilton divides by the textbook: quotas rounded down, the rest to the largest remainders, the earlier first.
func hamilton(amount int64, weights []int64) []int64 {
	total := new(big.Int)
	for _, w := range weights {
		total.Add(total, big.NewInt(w))
	}
	parts, rests := make([]int64, len(weights)), make([]*big.Int, len(weights))
	left := amount
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(amount), big.NewInt(w)), total, new(big.Int))
		parts[i], rests[i] = q.Int64(), r
		left -= q.Int64()
	}
	for ; left > 0; left-- {
		best := -1
		for i, r := range rests {
			if r != nil && (best < 0 || r.Cmp(rests[best]) > 0) {
				best = i
			}
		}
		parts[best]++
		rests[best] = nil
	}
	return parts
}

// Splits add up to the last unit and are those of the textbook.
func TestSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(seed, 1))
	for n := range cases {
		weights := make([]int64, 1+r.IntN(7))
		positive := false
		for i := range weights {
			weights[i] = some(r, math.MaxInt64)
			positive = positive || weights[i] > 0
		}
		amount := some(r, math.MaxInt64)
		parts, err := ledger.Split(amount, weights)
		if !positive {
			if err == nil {
				t.Fatalf("case %d: split %d by %v", n, amount, weights)
			}
			continue
		}
		if err != nil {
			total := new(big.Int)
			for _, w := range weights {
				total.Add(total, big.NewInt(w))
			}
			if total.IsUint64() {
				t.Fatalf("case %d: split %d by %v: %v", n, amount, weights, err)
			}
			continue
		}
		sum := new(big.Int)
		for i, p := range parts {
			sum.Add(sum, big.NewInt(p))
			if p < 0 || weights[i] == 0 && p != 0 {
				t.Fatalf("case %d: split %d by %v gives %v", n, amount, weights, parts)
			}
		}
		if sum.Cmp(big.NewInt(amount)) != 0 || !slices.Equal(parts, hamilton(amount, weights)) {
			t.Fatalf("case %d: split %d by %v gives %v, want %v", n, amount, weights, parts, hamilton(amount, weights))
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		amount  int64
		weights []int64
	}{
		"below nothing":          {-1, []int64{1}},
		"a weight below nothing": {1, []int64{2, -1}},
		"no weights":             {1, nil},
		"all weights 0":          {1, []int64{0, 0}},
		"too large in all":       {1, []int64{math.MaxInt64, math.MaxInt64, 2}},
	} {
		if parts, err := ledger.Split(c.amount, c.weights); err == nil {
			t.Errorf("%s: %v", name, parts)
		}
	}
}
