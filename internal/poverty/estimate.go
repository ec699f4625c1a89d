package poverty

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"
)

// Number is a float that is null in JSON when it is not a number, which stands for undefined.
type Number float64

// MarshalJSON writes null for what is not a finite number.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// Known tells whether the number is defined.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

var undefined = Number(math.NaN())

// Scale is what an estimate's value is measured in.
type Scale string

const (
	Share Scale = "share" // of one
	Count Scale = "count"
	Money Scale = "money" // in the report's currency, not in its hundredths
	Index Scale = "index"
)

// Key names an estimate. The fields after Unit are empty for measures that do not have them.
type Key struct {
	Measure   string `json:"measure"`
	Unit      Unit   `json:"unit"`                // what is counted
	Percent   int    `json:"percent,omitempty"`   // of the population from the poorest up: Lorenz and quantiles
	Indicator string `json:"indicator,omitempty"` // of the multidimensional index
	Cutoff    int    `json:"cutoff,omitempty"`    // of the multidimensional index, when it is not the chosen one
	Bound     string `json:"bound,omitempty"`     // low or high, when missing deprivations are bounded
}

// Estimate is one measure of one area.
type Estimate struct {
	Key
	Scale Scale  `json:"scale"`
	N     int    `json:"n"` // households it was computed from
	Value Number `json:"value"`
	SE    Number `json:"se"`
	Low   Number `json:"low"` // of the two-sided confidence interval, Student's t on clusters less strata
	High  Number `json:"high"`
	Note  string `json:"note,omitempty"` // why there is no value or no error
}

// domain is the households of an area for which a measure is defined, in cluster order, with the columns the
// measures read. Positions i below count within it.
type domain struct {
	sample  *Sample
	rows    []int32
	cluster []int32
	weight  []float64 // households that the household stands for
	unit    []float64 // members or 1, by Unit
	members []float64
}

// estimator is an estimate with the scores its variance is found from: the derivative of the value by the weight of
// household i. A nil score means that there is none.
type estimator struct {
	Estimate
	on    *domain
	score func(i int) float64
}

func newDomain(s *Sample, rows []int32, unit Unit) *domain {
	d := &domain{
		sample:  s,
		rows:    rows,
		cluster: make([]int32, len(rows)),
		weight:  make([]float64, len(rows)),
		members: make([]float64, len(rows)),
	}
	for i, row := range rows {
		d.cluster[i] = s.design.cluster[row]
		d.weight[i] = s.weight[row]
		d.members[i] = float64(s.size[row])
	}
	d.unit = d.members
	if unit == Households {
		d.unit = d.ones()
	}
	return d
}

func (d *domain) ones() []float64 {
	ones := make([]float64, len(d.rows))
	for i := range ones {
		ones[i] = 1
	}
	return ones
}

// where is the part of the domain that keeps its households.
func (d *domain) where(keeps func(row int32) bool, unit Unit) *domain {
	var rows []int32
	for _, row := range d.rows {
		if keeps(row) {
			rows = append(rows, row)
		}
	}
	if len(rows) == len(d.rows) {
		return d
	}
	return newDomain(d.sample, rows, unit)
}

func (d *domain) sum(x func(i int) float64) float64 {
	var sum float64
	for i, w := range d.weight {
		sum += w * x(i)
	}
	return sum
}

func (d *domain) estimate(key Key, scale Scale, value float64) Estimate {
	return Estimate{Key: key, Scale: scale, N: len(d.rows), Value: Number(value), SE: undefined, Low: undefined, High: undefined}
}

// without is an estimate that has no value, and why.
func (d *domain) without(key Key, scale Scale, why string) estimator {
	e := d.estimate(key, scale, math.NaN())
	e.Note = why
	return estimator{Estimate: e, on: d}
}

// total estimates the sum of weight x x; the score is x.
func (d *domain) total(key Key, scale Scale, x func(i int) float64) estimator {
	return estimator{d.estimate(key, scale, d.sum(x)), d, x}
}

// ratio estimates R = sum w x / sum w per; the score is (x - R per) / sum w per.
func (d *domain) ratio(key Key, scale Scale, x, per func(i int) float64, empty string) estimator {
	below := d.sum(per)
	if below == 0 {
		return d.without(key, scale, empty)
	}
	r := d.sum(x) / below
	return estimator{d.estimate(key, scale, r), d, func(i int) float64 { return (x(i) - r*per(i)) / below }}
}

// errorRule is how standard errors and intervals are found.
type errorRule struct {
	policy LonePSU
	census bool
	level  float64
}

// setErrors fills in standard errors and intervals, several estimates at a time.
func (rule errorRule) setErrors(estimators []estimator) {
	var next sync.Mutex
	var wait sync.WaitGroup
	position := 0
	for range min(runtime.GOMAXPROCS(0), len(estimators)) {
		wait.Go(func() {
			var totals []clusterTotal
			for {
				next.Lock()
				i := position
				position++
				next.Unlock()
				if i >= len(estimators) {
					return
				}
				e := &estimators[i]
				if e.score == nil {
					continue
				}
				plan := e.on.sample.design
				var variance float64
				if !rule.census {
					var within float64
					totals, within = e.on.totals(e.score, totals[:0])
					variance = plan.variance(totals, within, rule.policy)
				}
				e.SE = Number(standardError(variance))
				e.Low, e.High = rule.interval(float64(e.Value), float64(e.SE), plan.freedom())
			}
		})
	}
	wait.Wait()
}

// StandardError is the error of any estimate, given its score for each household in the order in which they were added: the derivative
// of the estimate by the household's weight, zero for households outside the domain. It also gives the degrees of freedom.
// The sample must not change afterwards.
func (s *Sample) StandardError(scores []float64, policy LonePSU) (se, freedom float64, err error) {
	design, err := s.arrange()
	if err != nil {
		return 0, 0, err
	}
	if len(scores) != s.Len() {
		return 0, 0, fmt.Errorf("standard error: %d scores for %d households", len(scores), s.Len())
	}
	if err := design.check(policy); err != nil {
		return 0, 0, err
	}
	all := newDomain(s, design.order, Households)
	totals, within := all.totals(func(i int) float64 { return scores[all.rows[i]] }, nil)
	return standardError(design.variance(totals, within, policy)), design.freedom(), nil
}

// interval is value -+ t x se; it is undefined without degrees of freedom unless the error is exactly none.
func (rule errorRule) interval(value, se, freedom float64) (low, high Number) {
	if rule.census {
		return Number(value), Number(value)
	}
	if !(freedom > 0) {
		return undefined, undefined
	}
	half := se * studentQuantile((1+rule.level)/2, freedom)
	return Number(value - half), Number(value + half)
}

// studentQuantile is the quantile of Student's t.
func studentQuantile(p, freedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(p)
}
