package poverty

import "math"

// cghShare is the share of the population, from the poorest up, that the Coady-Grosh-Hoddinott index looks at.
const cghShare = 0.4

// cghWindow is the share of the population on each side of that place whose registration stands for "just there" in
// the index's standard error.
const cghWindow = 0.05

// targeting estimates how well registration meets those who are poor by income: who is left out, who is in without need.
// The households are those whose registration is known.
func (m *incomes) targeting(o *Options) []estimator {
	registered := func(i int) float64 {
		if m.sample.registered[m.rows[i]] == Yes {
			return m.unit[i]
		}
		return 0
	}
	unregistered := func(i int) float64 { return m.unit[i] - registered(i) }
	target := func(i int) float64 { return m.unit[i] * m.poor[i] }
	key := func(measure string) Key { return Key{Measure: measure, Unit: o.Unit} }
	const nobodyRegistered = "nobody is registered"
	return []estimator{
		m.ratio(key("under_coverage"), Share, func(i int) float64 { return m.poor[i] * unregistered(i) }, target, nobodyPoor),
		m.ratio(key("leakage"), Share, func(i int) float64 { return (1 - m.poor[i]) * registered(i) }, registered, nobodyRegistered),
		m.ratio(key("coverage"), Share, func(i int) float64 { return m.poor[i] * registered(i) }, target, nobodyPoor),
		m.ratio(key("registered_share"), Share, registered, func(i int) float64 { return m.unit[i] }, noHouseholds),
		m.cgh(key("cgh"), registered, nobodyRegistered),
	}
}

// cgh is the share of the registered who are in the poorest 40 percent, over 0.4 (Coady, Grosh and Hoddinott 2004); one is no
// better than chance. The 40 percent end between households by linear interpolation. Its score is that of a ratio with numerator
// (r - e) [y <= q] + 0.4 e, where e is the share registered within 5 percent of the population of the quantile q.
func (m *incomes) cgh(key Key, registered func(i int) float64, empty string) estimator {
	all := m.sum(registered)
	if all == 0 {
		return m.without(key, Index, empty)
	}
	byIncome := m.rank(m.y, everyone)
	end := cghShare * byIncome.total
	var below, reached, near, nearRegistered float64
	quantile := math.Inf(1)
	byIncome.ties(func(run []ranking, weight float64) {
		var in float64
		for _, k := range run {
			in += m.weight[k.at] * registered(int(k.at))
		}
		if below < end {
			part := min(1, (end-below)/weight)
			reached += part * in
			quantile = run[0].value
		}
		if window := cghWindow * byIncome.total; below+weight >= end-window && below <= end+window {
			near += weight
			nearRegistered += in
		}
		below += weight
	})
	share := reached / all
	e := nearRegistered / near
	return estimator{m.estimate(key, Index, share/cghShare), m.domain, func(i int) float64 {
		score := cghShare * e * m.unit[i]
		if m.y[i] <= quantile {
			score += registered(i) - e*m.unit[i]
		}
		return (score - share*registered(i)) / (cghShare * all)
	}}
}

// rocArea estimates the probability that the score puts a poor one before one who is not, ties counting half.
func (m *incomes) rocArea(o *Options) estimator {
	key := Key{Measure: "roc_area", Unit: o.Unit}
	value := make([]float64, len(m.rows))
	for i, row := range m.rows {
		value[i] = m.sample.score[row]
		if o.HighScore == HighIsNonpoor {
			value[i] = -value[i]
		}
	}
	byScore := m.rank(value, everyone)
	var poor, rest float64
	for i, w := range byScore.weight {
		poor += w * m.poor[i]
		rest += w * (1 - m.poor[i])
	}
	if poor == 0 || rest == 0 {
		return m.without(key, Index, "it needs both poor and others")
	}
	place := make([]float64, len(value)) // share of the other side that a household is on the right side of
	var poorBelow, restBelow, area float64
	byScore.ties(func(run []ranking, weight float64) {
		var poorTied float64
		for _, k := range run {
			poorTied += byScore.weight[k.at] * m.poor[k.at]
		}
		restTied := weight - poorTied
		above := (poor - poorBelow - poorTied + poorTied/2) / poor
		under := (restBelow + restTied/2) / rest
		for _, k := range run {
			place[k.at] = above
			if m.poor[k.at] == 1 {
				place[k.at] = under
			}
		}
		area += poorTied / poor * under
		poorBelow += poorTied
		restBelow += restTied
	})
	return estimator{m.estimate(key, Index, area), m.domain, func(i int) float64 {
		side := rest
		if m.poor[i] == 1 {
			side = poor
		}
		return m.unit[i] * (place[i] - area) / side
	}}
}
