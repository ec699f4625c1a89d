package poverty

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// AreaChange is the change of one area from the first wave to the second.
type AreaChange struct {
	Area    string   `json:"area"` // "" for the whole
	Changes []Change `json:"changes"`
	Growth  *Growth  `json:"growth,omitempty"`
}

// Change is the change of one measure: second wave less first.
type Change struct {
	Key
	Scale   Scale  `json:"scale"`
	From    Number `json:"from"`
	To      Number `json:"to"`
	Change  Number `json:"change"`
	SE      Number `json:"se"`
	Low     Number `json:"low"`
	High    Number `json:"high"`
	Freedom Number `json:"degrees_of_freedom"`
	P       Number `json:"p"` // two-sided, of no change
}

// Growth looks at who gained, on real incomes: each income over its own line, so that lines updated for prices take prices out.
// These are point estimates.
type Growth struct {
	Mean      Number      `json:"mean"`      // growth rate of the mean
	Incidence []Incidence `json:"incidence"` // growth incidence curve, quantile by quantile
	ProPoor   Number      `json:"pro_poor"`  // (Watts 1 - Watts 2) / headcount 1: mean growth of the poor (Ravallion and Chen 2003)
	Parts     []Parts     `json:"decomposition"`
}

// Incidence is the growth of the income at one place of the distribution; undefined where it was zero or less.
type Incidence struct {
	Percent int    `json:"percent"`
	Rate    Number `json:"rate"`
}

// Parts splits the change of an FGT measure into what the mean did and what the distribution did: with the first wave as base and
// a residual (Datt and Ravallion 1992), and by the average over both orders, which leaves none (Shapley; Shorrocks 2013).
type Parts struct {
	Measure               string `json:"measure"`
	Growth                Number `json:"growth"`
	Redistribution        Number `json:"redistribution"`
	Residual              Number `json:"residual"`
	ShapleyGrowth         Number `json:"shapley_growth"`
	ShapleyRedistribution Number `json:"shapley_redistribution"`
}

// Compare measures two waves and the change between them. With Waves: Panel, clusters of the same stratum and name (or, without
// clusters, households of the same ID) are the same clusters, and what they have in common is kept in the error of the change.
func Compare(first, second *Sample, o Options) (*Report, error) {
	p, err := o.plan()
	if err != nil {
		return nil, err
	}
	if err := p.accept(first); err != nil {
		return nil, err
	}
	if err := p.accept(second); err != nil {
		return nil, fmt.Errorf("wave 2: %w", err)
	}
	difference, err := p.difference(first, second)
	if err != nil {
		return nil, err
	}
	report := p.report(first)
	report.Conventions.Waves = p.Waves
	report.Wave2 = &Wave{Data: second.data(), SharedClusters: difference.shared}
	for _, pair := range pairGroups(p.groups(first), p.groups(second)) {
		before, after := &occasion{sample: first, rows: pair.before}, &occasion{sample: second, rows: pair.after}
		for _, o := range []*occasion{before, after} {
			if o.rows != nil {
				o.area, o.estimators = p.area(o.sample, o.rows)
				p.errors.setErrors(o.estimators)
			}
		}
		if before.rows != nil {
			report.Areas = append(report.Areas, before.area.with(pair.name, before.estimators))
		}
		if after.rows != nil {
			report.Wave2.Areas = append(report.Wave2.Areas, after.area.with(pair.name, after.estimators))
		}
		if before.rows != nil && after.rows != nil {
			report.Change = append(report.Change, AreaChange{pair.name, difference.changes(before.estimators, after.estimators), p.growth(before, after)})
		}
	}
	return report, nil
}

// occasion is one area in one wave.
type occasion struct {
	sample     *Sample
	rows       []int32
	area       Area
	estimators []estimator
}

// value is that of a measure in the unit of the report, undefined when it is not there.
func (o *occasion) value(measure string, unit Unit) Number {
	i := slices.IndexFunc(o.estimators, func(e estimator) bool { return e.Key == Key{Measure: measure, Unit: unit} })
	if i < 0 {
		return undefined
	}
	return o.estimators[i].Value
}

// groupPair is the households of one area in two waves; nil where a wave has none.
type groupPair struct {
	name          string
	before, after []int32
}

// pairGroups merges two lists of groups, each in the order of its names.
func pairGroups(first, second []group) []groupPair {
	var pairs []groupPair
	for len(first) > 0 || len(second) > 0 {
		switch {
		case len(second) == 0 || len(first) > 0 && first[0].name < second[0].name:
			pairs = append(pairs, groupPair{first[0].name, first[0].rows, nil})
			first = first[1:]
		case len(first) == 0 || second[0].name < first[0].name:
			pairs = append(pairs, groupPair{second[0].name, nil, second[0].rows})
			second = second[1:]
		default:
			pairs = append(pairs, groupPair{first[0].name, first[0].rows, second[0].rows})
			first, second = first[1:], second[1:]
		}
	}
	return pairs
}

// difference finds the error of a change.
type difference struct {
	rule   errorRule
	shared int // clusters that are in both waves
	panel  *joinedDesign
}

// joinedDesign is the design of the clusters of two waves; nil stands for independent waves.
type joinedDesign struct {
	*design
	first, second []int32 // cluster of a wave -> cluster of the panel
}

func (p *plan) difference(first, second *Sample) (*difference, error) {
	d := &difference{rule: p.errors}
	joined, anonymous, err := join(first, second)
	if err != nil {
		return nil, err
	}
	d.shared = len(first.clusterNames) + len(second.clusterNames) - len(joined.stratumOf)
	switch {
	case p.Waves == Independent || p.Sampling == Census:
		return d, nil
	case anonymous:
		return nil, fmt.Errorf("panel: households without a cluster or an ID cannot be found again in the other wave; add a cluster or a household column")
	case first.design.stated || second.design.stated:
		return nil, fmt.Errorf("panel: stratum_clusters and cluster_households cannot be used with --waves panel; leave the columns out of both files")
	case d.shared == 0:
		return nil, fmt.Errorf("panel: no cluster is in both waves; choose --waves independent, or name strata and clusters alike in both files")
	}
	if err := joined.check(p.LonePSU); err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	d.panel = joined
	return d, nil
}

// join puts the clusters of two samples into one design, those of the same stratum and name as one. It tells whether some have no
// name to be known by; these are all kept apart.
func join(first, second *Sample) (joined *joinedDesign, anonymous bool, err error) {
	var strata names
	var stratumOf []int32
	known := map[clusterKey]int32{}
	number := func(s *Sample) []int32 {
		to := make([]int32, len(s.clusterNames))
		for c, key := range s.clusterNames {
			key.stratum = strata.of(s.strata.text[key.stratum])
			nameless := key.cluster == "" && key.household == ""
			n, ok := known[key]
			if !ok || nameless {
				n = int32(len(stratumOf))
				stratumOf = append(stratumOf, key.stratum)
			}
			if nameless {
				anonymous = true
			} else {
				known[key] = n
			}
			to[c] = n
		}
		return to
	}
	toFirst, toSecond := number(first), number(second)
	order := sortByKey(len(stratumOf), len(strata.text), func(c int32) int32 { return stratumOf[c] })
	place := make([]int32, len(order))
	joined = &joinedDesign{design: &design{stratumOf: make([]int32, len(order))}}
	for to, from := range order {
		place[from] = int32(to)
		joined.stratumOf[to] = stratumOf[from]
	}
	joined.first, joined.second = first.placed(toFirst, place), second.placed(toSecond, place)
	return joined, anonymous, joined.setFactors(strata.text, make([]float64, len(strata.text)))
}

// placed maps the cluster numbers of the sample's design to those of a joined one.
func (s *Sample) placed(joined, place []int32) []int32 {
	to := make([]int32, len(joined))
	for row, c := range s.clusterOf {
		to[s.design.cluster[row]] = place[joined[c]]
	}
	return to
}

// changes compares the measures that both waves have and define.
func (d *difference) changes(first, second []estimator) []Change {
	var changes []Change
	for _, before := range first {
		i := slices.IndexFunc(second, func(e estimator) bool { return e.Key == before.Key })
		if i < 0 || !before.Value.Known() || !second[i].Value.Known() {
			continue
		}
		after := second[i]
		c := Change{Key: before.Key, Scale: before.Scale, From: before.Value, To: after.Value, Change: after.Value - before.Value,
			SE: undefined, Low: undefined, High: undefined, Freedom: undefined, P: undefined}
		if before.score != nil && after.score != nil {
			d.setError(&c, before, after)
		}
		changes = append(changes, c)
	}
	return changes
}

func (d *difference) setError(c *Change, before, after estimator) {
	var se, freedom float64
	switch {
	case d.rule.census:
		c.SE, c.Low, c.High = 0, c.Change, c.Change
		return
	case d.panel != nil:
		se = standardError(d.panel.variance(d.panelTotals(before, after), 0, d.rule.policy))
		freedom = d.panel.freedom()
	default:
		v1, v2 := float64(before.SE)*float64(before.SE), float64(after.SE)*float64(after.SE)
		df1, df2 := before.on.sample.design.freedom(), after.on.sample.design.freedom()
		se = standardError(v1 + v2)
		freedom = df1 + df2
		if se > 0 {
			freedom = (v1 + v2) * (v1 + v2) / (v1*v1/df1 + v2*v2/df2) // Welch and Satterthwaite
		}
	}
	c.SE = Number(se)
	c.Low, c.High = d.rule.interval(float64(c.Change), se, freedom)
	if freedom > 0 {
		c.Freedom = Number(freedom)
		if se > 0 {
			t := math.Abs(float64(c.Change)) / se
			c.P = Number(2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Survival(t))
		}
	}
}

// panelTotals are the cluster totals of the difference of the scores.
func (d *difference) panelTotals(before, after estimator) []clusterTotal {
	minus, _ := before.on.totals(before.score, nil)
	plus, _ := after.on.totals(after.score, nil)
	all := make([]float64, len(d.panel.stratumOf))
	seen := make([]bool, len(all))
	for _, t := range minus {
		c := d.panel.first[t.cluster]
		all[c] -= t.total
		seen[c] = true
	}
	for _, t := range plus {
		c := d.panel.second[t.cluster]
		all[c] += t.total
		seen[c] = true
	}
	var totals []clusterTotal
	for c, total := range all {
		if seen[c] {
			totals = append(totals, clusterTotal{int32(c), total})
		}
	}
	return totals
}

// real is the incomes of one wave over their lines, from the lowest up.
type real struct {
	x, w []float64
	n    float64
	mean float64
	fgt  [3]float64
}

func (p *plan) real(s *Sample, rows []int32) *real {
	covered := newDomain(s, rows, p.Unit).where(func(row int32) bool { return s.known[row] && s.line[row] > 0 }, p.Unit)
	m := newIncomes(covered, &p.Options)
	x := make([]float64, len(m.y))
	for i, y := range m.y {
		x[i] = y / m.z[i]
	}
	ranked := covered.rank(x, everyone)
	r := &real{n: ranked.total}
	for _, k := range ranked.order {
		w := ranked.weight[k.at]
		r.x, r.w = append(r.x, k.value), append(r.w, w)
		r.mean += w * k.value / r.n
		r.fgt[0] += w * m.poor[k.at] / r.n
		r.fgt[1] += w * m.gap[k.at] / r.n
		r.fgt[2] += w * m.gap[k.at] * m.gap[k.at] / r.n
	}
	return r
}

// scaled are the FGT measures with every income multiplied by the same factor.
func (r *real) scaled(factor float64, o *Options) (fgt [3]float64) {
	for i, x := range r.x {
		x *= factor
		if x > 1 || x == 1 && o.Cmp == Below {
			continue
		}
		gap := relativeGap(x, 1, o.Negative)
		fgt[0] += r.w[i] / r.n
		fgt[1] += r.w[i] * gap / r.n
		fgt[2] += r.w[i] * gap * gap / r.n
	}
	return fgt
}

// quantiles are the smallest x whose cumulative shares reach 10, 20, ... 90 percent.
func (r *real) quantiles() []float64 {
	var quantiles []float64
	var people float64
	at := 0
	for percent := 10; percent < 100; percent += 10 {
		for at < len(r.x)-1 && (people+r.w[at])*100 < r.n*float64(percent) {
			people += r.w[at]
			at++
		}
		quantiles = append(quantiles, r.x[at])
	}
	return quantiles
}

// growth is nil when either wave has nobody with a known income.
func (p *plan) growth(before, after *occasion) *Growth {
	one, two := p.real(before.sample, before.rows), p.real(after.sample, after.rows)
	if !(one.n > 0) || !(two.n > 0) {
		return nil
	}
	// A headcount of zero leaves the rate undefined: Number takes infinity for unknown.
	proPoor := (before.value("watts", p.Unit) - after.value("watts", p.Unit)) / before.value("headcount", p.Unit)
	g := &Growth{Mean: undefined, ProPoor: proPoor}
	if one.mean > 0 {
		g.Mean = Number(two.mean/one.mean - 1)
	}
	later := two.quantiles()
	for i, q := range one.quantiles() {
		point := Incidence{Percent: 10 * (i + 1), Rate: undefined}
		if q > 0 {
			point.Rate = Number(later[i]/q - 1)
		}
		g.Incidence = append(g.Incidence, point)
	}
	if one.mean > 0 && two.mean > 0 {
		grown, redistributed := one.scaled(two.mean/one.mean, &p.Options), two.scaled(one.mean/two.mean, &p.Options)
		for alpha, measure := range []string{"headcount", "fgt1", "fgt2"} {
			change := two.fgt[alpha] - one.fgt[alpha]
			growth, redistribution := grown[alpha]-one.fgt[alpha], redistributed[alpha]-one.fgt[alpha]
			shapley := (growth + two.fgt[alpha] - redistributed[alpha]) / 2
			g.Parts = append(g.Parts, Parts{
				Measure: measure, Growth: Number(growth), Redistribution: Number(redistribution), Residual: Number(change - growth - redistribution),
				ShapleyGrowth: Number(shapley), ShapleyRedistribution: Number(change - shapley),
			})
		}
	}
	return g
}
