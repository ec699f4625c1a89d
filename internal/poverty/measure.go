package poverty

import (
	"fmt"
	"math"
)

// incomes is a domain of households whose income and line are known, with what the income measures read.
type incomes struct {
	*domain
	y    []float64 // yuan a person
	z    []float64 // line, yuan a person
	gap  []float64 // (z-y)/z of the poor, else 0
	poor []float64 // 1 or 0
}

func newIncomes(d *domain, o *Options) *incomes {
	m := &incomes{domain: d,
		y: make([]float64, len(d.rows)), z: make([]float64, len(d.rows)),
		gap: make([]float64, len(d.rows)), poor: make([]float64, len(d.rows))}
	for i, row := range d.rows {
		m.y[i] = d.sample.perPerson(row)
		m.z[i] = float64(d.sample.line[row]) / 100
		if d.sample.poor(row, o.Cmp) {
			m.poor[i] = 1
			m.gap[i] = relativeGap(m.y[i], m.z[i], o.Negative)
		}
	}
	return m
}

// relativeGap is (z-y)/z; with CapGap an income below zero counts as zero.
func relativeGap(y, z float64, negative NegativeGap) float64 {
	gap := (z - y) / z
	if negative == CapGap {
		gap = min(gap, 1)
	}
	return gap
}

const (
	noHouseholds = "no households with a positive weight"
	nobodyPoor   = "nobody is poor"
)

// level estimates headcount, gaps, shortfall and mean income.
func (m *incomes) level(o *Options) []estimator {
	one := func(int) float64 { return 1 }
	member := func(i int) float64 { return m.members[i] }
	unit := func(i int) float64 { return m.unit[i] }
	poorUnit := func(i int) float64 { return m.unit[i] * m.poor[i] }
	poorMember := func(i int) float64 { return m.members[i] * m.poor[i] }
	poorHousehold := func(i int) float64 { return m.poor[i] }
	shortfall := func(i int) float64 {
		row := m.rows[i]
		return m.poor[i] * float64(m.sample.line[row]*int64(m.sample.size[row])-m.sample.income[row]) / 100
	}
	if len(m.rows) == 0 || m.sum(unit) == 0 {
		return []estimator{m.without(Key{Measure: "headcount", Unit: o.Unit}, Share, noHouseholds)}
	}
	return []estimator{
		m.ratio(Key{Measure: "headcount", Unit: Persons}, Share, poorMember, member, noHouseholds),
		m.ratio(Key{Measure: "headcount", Unit: Households}, Share, poorHousehold, one, noHouseholds),
		m.total(Key{Measure: "poor", Unit: Persons}, Count, poorMember),
		m.total(Key{Measure: "poor", Unit: Households}, Count, poorHousehold),
		m.ratio(Key{Measure: "fgt1", Unit: o.Unit}, Index, func(i int) float64 { return m.unit[i] * m.gap[i] }, unit, noHouseholds),
		m.ratio(Key{Measure: "fgt2", Unit: o.Unit}, Index, func(i int) float64 { return m.unit[i] * m.gap[i] * m.gap[i] }, unit, noHouseholds),
		m.total(Key{Measure: "shortfall_total", Unit: Persons}, Money, shortfall),
		m.ratio(Key{Measure: "shortfall_per_poor", Unit: Persons}, Money, shortfall, poorMember, nobodyPoor),
		m.ratio(Key{Measure: "gap_of_poor", Unit: o.Unit}, Share, func(i int) float64 { return m.unit[i] * m.gap[i] }, poorUnit, nobodyPoor),
		m.ratio(Key{Measure: "mean_income", Unit: o.Unit}, Money, func(i int) float64 { return m.unit[i] * m.y[i] }, unit, noHouseholds),
	}
}

// watts estimates the Watts measure under the policy for incomes of zero or less.
func (m *incomes) watts(o *Options, floor float64) estimator {
	key := Key{Measure: "watts", Unit: o.Unit}
	nonpositive, lowestLine := 0, math.Inf(1)
	for i, y := range m.y {
		if y <= 0 {
			nonpositive++
		}
		lowestLine = min(lowestLine, m.z[i])
	}
	if nonpositive > 0 && o.Watts == WattsError {
		return m.without(key, Index, fmt.Sprintf("%d households have an income of zero or less, which has no logarithm; choose --watts drop-numerator, exclude or floor", nonpositive))
	}
	if o.Watts == WattsFloor && floor >= lowestLine {
		return m.without(key, Index, fmt.Sprintf("the floor of %v is not below the line of %v; give a smaller --watts-floor", floor, lowestLine))
	}
	if o.Watts != WattsFloor {
		floor = math.Inf(-1)
	}
	log := func(i int) float64 {
		y := max(m.y[i], floor)
		if m.poor[i] == 0 || y <= 0 {
			return 0
		}
		return m.unit[i] * math.Log(m.z[i]/y)
	}
	per := func(i int) float64 {
		if m.y[i] <= 0 && o.Watts == WattsExclude {
			return 0
		}
		return m.unit[i]
	}
	e := m.ratio(key, Index, log, per, noHouseholds)
	if o.Watts == WattsExclude {
		e.N -= nonpositive
	}
	return e
}
