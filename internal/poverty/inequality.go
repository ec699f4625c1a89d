package poverty

import (
	"cmp"
	"slices"
)

// ranked is the weights of a domain in the order of some value, ties together.
type ranked struct {
	order  []ranking
	weight []float64 // weight x unit, by position in the domain
	total  float64
}

type ranking struct {
	value float64
	at    int32 // position in the domain
}

// rank orders by value the positions that keeps accepts.
func (d *domain) rank(value []float64, keeps func(i int) bool) *ranked {
	r := &ranked{weight: make([]float64, len(value)), order: make([]ranking, 0, len(value))}
	for i, v := range value {
		r.weight[i] = d.weight[i] * d.unit[i]
		r.total += r.weight[i]
		if keeps(i) {
			r.order = append(r.order, ranking{v, int32(i)})
		}
	}
	slices.SortFunc(r.order, func(a, b ranking) int {
		if c := cmp.Compare(a.value, b.value); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	return r
}

func everyone(int) bool { return true }

// ties calls visit for each run of equal values from the smallest up, with the weight of the run.
func (r *ranked) ties(visit func(run []ranking, weight float64)) {
	for start := 0; start < len(r.order); {
		var weight float64
		end := start
		for ; end < len(r.order) && r.order[end].value == r.order[start].value; end++ {
			weight += r.weight[r.order[end].at]
		}
		visit(r.order[start:end], weight)
		start = end
	}
}

// rankSum is A = sum w v M, where M is the weight below a household plus half the weight tied with it, and slope[i]
// is its derivative by the weight of i: v M + sum of w v above + half of w v tied. below is the weight of households that
// are not in the order and rank, with value zero, under all of it; their slope is the total of w v.
func (r *ranked) rankSum(below float64) (a float64, slope []float64) {
	var money float64
	for _, k := range r.order {
		money += r.weight[k.at] * k.value
	}
	slope = make([]float64, len(r.weight))
	for i := range slope {
		slope[i] = money
	}
	above := money
	r.ties(func(run []ranking, weight float64) {
		v := run[0].value
		middle := below + weight/2
		above -= weight * v
		for _, k := range run {
			a += r.weight[k.at] * v * middle
			slope[k.at] = v*middle + above + weight*v/2
		}
		below += weight
	})
	return a, slope
}

// gini estimates the Gini coefficient; it is undefined without income to share and may exceed 1 with negative incomes.
func (m *incomes) gini(o *Options, byIncome *ranked) estimator {
	key := Key{Measure: "gini", Unit: o.Unit}
	money := m.sum(func(i int) float64 { return m.unit[i] * m.y[i] })
	if !(money > 0) {
		return m.without(key, Index, "total income is not above zero")
	}
	a, slope := byIncome.rankSum(0)
	n := byIncome.total
	g := 2*a/(n*money) - 1
	return estimator{m.estimate(key, Index, g), m.domain, func(i int) float64 {
		return m.unit[i] * (2*slope[i]/(n*money) - (g+1)/n - (g+1)*m.y[i]/money)
	}}
}

// senShorrocksThon estimates 2/N^2 sum w g M(g), which is FGT 1 x (1 + Gini of the gaps).
func (m *incomes) senShorrocksThon(o *Options) estimator {
	byGap := m.rank(m.gap, func(i int) bool { return m.gap[i] > 0 })
	n := byGap.total
	var ranked float64
	for _, k := range byGap.order {
		ranked += byGap.weight[k.at]
	}
	a, slope := byGap.rankSum(n - ranked)
	sst := 2 * a / (n * n)
	return estimator{m.estimate(Key{Measure: "sst", Unit: o.Unit}, Index, sst), m.domain, func(i int) float64 {
		return m.unit[i] * (2*slope[i]/(n*n) - 2*sst/n)
	}}
}

// lorenz estimates the share of income held by the poorest 10, 20, ... 90 percent, by linear interpolation between households,
// and the incomes at those places, the smallest y whose cumulative share reaches p. The score of L(p) is
// ((y - q) [y < q] + p q - L y) / T with q the quantile (Binder and Kovacevic 1995); quantiles have no error, since theirs
// would need a density that the data do not give.
func (m *incomes) lorenz(o *Options, byIncome *ranked) []estimator {
	money := m.sum(func(i int) float64 { return m.unit[i] * m.y[i] })
	n := byIncome.total
	var curve, quantiles []estimator
	var people, held float64
	position := 0
	for percent := 10; percent < 100; percent += 10 {
		for position < len(byIncome.order)-1 {
			k := byIncome.order[position]
			if (people+byIncome.weight[k.at])*100 >= n*float64(percent) {
				break
			}
			people += byIncome.weight[k.at]
			held += byIncome.weight[k.at] * k.value
			position++
		}
		p, q := float64(percent)/100, byIncome.order[position].value
		quantiles = append(quantiles, estimator{m.estimate(Key{Measure: "quantile", Unit: o.Unit, Percent: percent}, Money, q), m.domain, nil})
		key := Key{Measure: "lorenz", Unit: o.Unit, Percent: percent}
		if !(money > 0) {
			curve = append(curve, m.without(key, Share, "total income is not above zero"))
			continue
		}
		l := (held + (p*n-people)*q) / money
		curve = append(curve, estimator{m.estimate(key, Share, l), m.domain, func(i int) float64 {
			return m.unit[i] * (min(m.y[i]-q, 0) + p*q - l*m.y[i]) / money
		}})
	}
	return append(curve, quantiles...)
}
