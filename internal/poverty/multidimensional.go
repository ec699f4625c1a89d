package poverty

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// weightBaseMax bounds the sum of the weights of a multidimensional index, as every cutoff up to it is tried.
const weightBaseMax = 1000

// MPI is a counting index of several deprivations (Alkire and Foster 2011). Weights and cutoff are whole numbers in one
// unit, so that 12+12+12 is exactly 36: with 0.2+0.2+0.2 against 0.6 the poor depend on the processor.
type MPI struct {
	Indicators []Indicator
	Cutoff     int // poor when the weights of the deprivations add up to this or more
}

// Indicator is one weighted deprivation. A household is deprived in it when it is in any of the columns.
type Indicator struct {
	Name    string
	Columns []string // 1 deprived, 0 not, empty not recorded
	Weight  int
}

// guarantees is food or clothing, and the three guarantees with water, each weighing the same; lacking any one is poor.
const guarantees = "subsistence=food|clothing:12,education:12,medical:12,housing:12,water:12;k=12"

// ParseMPI reads an index such as "subsistence=food|clothing:12,education:12,housing:6;k=12": indicators separated by
// commas, each a name, its columns joined by | when they are not the name, and its weight; then the cutoff. The word
// "guarantees" stands for the five checks of the two assurances and three guarantees, with water, at equal weight.
func ParseMPI(text string) (*MPI, error) {
	if text == "guarantees" {
		text = guarantees
	}
	list, cutoff, ok := strings.Cut(text, ";k=")
	if !ok {
		return nil, fmt.Errorf("mpi %q: no cutoff; write NAME[=COLUMN|COLUMN]:WEIGHT,...;k=CUTOFF", text)
	}
	var mpi MPI
	for part := range strings.SplitSeq(list, ",") {
		colon := strings.LastIndexByte(part, ':')
		if colon < 0 {
			return nil, fmt.Errorf("mpi %q: no weight; write NAME:WEIGHT", part)
		}
		weight, err := strconv.Atoi(part[colon+1:])
		if err != nil || weight < 1 {
			return nil, fmt.Errorf("mpi %q: the weight must be a whole number above zero", part)
		}
		name, columns, listed := strings.Cut(part[:colon], "=")
		indicator := Indicator{Name: name, Columns: []string{name}, Weight: weight}
		if listed {
			indicator.Columns = strings.Split(columns, "|")
		}
		if name == "" || slices.Contains(indicator.Columns, "") {
			return nil, fmt.Errorf("mpi %q: an indicator and its columns need names", part)
		}
		if slices.ContainsFunc(mpi.Indicators, func(have Indicator) bool { return have.Name == name }) {
			return nil, fmt.Errorf("mpi: indicator %q is there twice", name)
		}
		mpi.Indicators = append(mpi.Indicators, indicator)
	}
	base := mpi.base()
	if base > weightBaseMax {
		return nil, fmt.Errorf("mpi: the weights add up to %d; scale them to %d or less", base, weightBaseMax)
	}
	k, err := strconv.Atoi(cutoff)
	if err != nil || k < 1 || k > base {
		return nil, fmt.Errorf("mpi cutoff %q: it must be a whole number from 1 to %d, the sum of the weights", cutoff, base)
	}
	mpi.Cutoff = k
	return &mpi, nil
}

func (m *MPI) base() int {
	base := 0
	for _, indicator := range m.Indicators {
		base += indicator.Weight
	}
	return base
}

// columns lists the deprivation columns the index reads, each once.
func (m *MPI) columns() []string {
	var columns []string
	for _, indicator := range m.Indicators {
		for _, column := range indicator.Columns {
			if !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
	}
	return columns
}

// attainable lists the scores that some set of deprivations adds up to, above zero: the cutoffs that differ.
func (m *MPI) attainable() []int {
	reached := make([]bool, m.base()+1)
	reached[0] = true
	for _, indicator := range m.Indicators {
		for c := len(reached) - 1; c >= indicator.Weight; c-- {
			reached[c] = reached[c] || reached[c-indicator.Weight]
		}
	}
	var scores []int
	for c := 1; c < len(reached); c++ {
		if reached[c] {
			scores = append(scores, c)
		}
	}
	return scores
}

// answers joins the columns of an indicator for each household: deprived in any is deprived; else any not recorded is
// not recorded.
func (in Indicator) answers(s *Sample) func(row int32) Answer {
	columns := make([][]Answer, len(in.Columns))
	for c, name := range in.Columns {
		columns[c] = s.deprived[slices.Index(s.indicators, name)]
	}
	return func(row int32) Answer {
		joined := No
		for _, column := range columns {
			switch column[row] {
			case Yes:
				return Yes
			case Unknown:
				joined = Unknown
			}
		}
		return joined
	}
}

// multidimensional estimates the index under the policy for answers that were not recorded.
func (m *MPI) multidimensional(d *domain, o *Options) []estimator {
	answers := make([]func(int32) Answer, len(m.Indicators))
	for j, indicator := range m.Indicators {
		answers[j] = indicator.answers(d.sample)
	}
	complete := d.where(func(row int32) bool {
		return !slices.ContainsFunc(answers, func(answer func(int32) Answer) bool { return answer(row) == Unknown })
	}, o.Unit)
	missing := len(d.rows) - len(complete.rows)
	switch {
	case missing == 0:
		return m.estimate(d, o, No, "")
	case o.MPIMissing == IndicatorExclude:
		return m.estimate(complete, o, No, "")
	case o.MPIMissing == IndicatorNotDeprived:
		return m.estimate(d, o, No, "")
	case o.MPIMissing == IndicatorBounds:
		return append(m.estimate(d, o, No, "low"), m.estimate(d, o, Yes, "high")...)
	}
	return []estimator{d.without(Key{Measure: "mpi_m0", Unit: o.Unit}, Index,
		fmt.Sprintf("%d households have deprivations that were not recorded; choose --mpi-missing exclude, not-deprived or bounds", missing))}
}

// estimate finds the index with answers that were not recorded taken as unknownAs.
func (m *MPI) estimate(d *domain, o *Options, unknownAs Answer, bound string) []estimator {
	key := func(measure, indicator string, cutoff int) Key {
		return Key{Measure: measure, Unit: o.Unit, Indicator: indicator, Cutoff: cutoff, Bound: bound}
	}
	deprived := make([][]bool, len(m.Indicators))
	score := make([]int, len(d.rows))
	for j, indicator := range m.Indicators {
		deprived[j] = make([]bool, len(d.rows))
		answers := indicator.answers(d.sample)
		for i, row := range d.rows {
			answer := answers(row)
			if answer == Yes || answer == Unknown && unknownAs == Yes {
				deprived[j][i] = true
				score[i] += indicator.Weight
			}
		}
	}
	base := float64(m.base())
	unit := func(i int) float64 { return d.unit[i] }
	poor := func(cutoff int) func(i int) float64 {
		return func(i int) float64 {
			if score[i] < cutoff {
				return 0
			}
			return d.unit[i]
		}
	}
	censored := func(cutoff int) func(i int) float64 {
		return func(i int) float64 {
			if score[i] < cutoff {
				return 0
			}
			return d.unit[i] * float64(score[i]) / base
		}
	}
	estimates := []estimator{
		d.ratio(key("mpi_h", "", 0), Share, poor(m.Cutoff), unit, noHouseholds),
		d.ratio(key("mpi_a", "", 0), Share, censored(m.Cutoff), poor(m.Cutoff), nobodyPoor),
		d.ratio(key("mpi_m0", "", 0), Index, censored(m.Cutoff), unit, noHouseholds),
	}
	var uncensored, held, contributions []estimator
	for j, indicator := range m.Indicators {
		all := func(i int) float64 {
			if deprived[j][i] {
				return d.unit[i]
			}
			return 0
		}
		amongPoor := func(i int) float64 {
			if score[i] < m.Cutoff {
				return 0
			}
			return all(i)
		}
		weighted := func(i int) float64 { return float64(indicator.Weight) / base * amongPoor(i) }
		uncensored = append(uncensored, d.ratio(key("mpi_uncensored", indicator.Name, 0), Share, all, unit, noHouseholds))
		held = append(held, d.ratio(key("mpi_censored", indicator.Name, 0), Share, amongPoor, unit, noHouseholds))
		contributions = append(contributions, d.ratio(key("mpi_contribution", indicator.Name, 0), Share, weighted, censored(m.Cutoff), nobodyPoor))
	}
	estimates = slices.Concat(estimates, uncensored, held, contributions)
	for _, k := range m.attainable() {
		estimates = append(estimates,
			d.ratio(key("mpi_h_at", "", k), Share, poor(k), unit, noHouseholds),
			d.ratio(key("mpi_m0_at", "", k), Index, censored(k), unit, noHouseholds))
	}
	return estimates
}
