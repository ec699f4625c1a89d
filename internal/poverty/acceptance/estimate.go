package acceptance

import (
	"fmt"
	"math"
	"math/big"

	"lastmile/internal/poverty"

	"gonum.org/v1/gonum/stat/distuv"
)

var unknown = poverty.Number(math.NaN())

// survey is the visits with their design: villages are the clusters.
type survey struct {
	visits []Visit
	sample *poverty.Sample
	book   Rulebook
}

func newSurvey(visits []Visit, book Rulebook) (*survey, error) {
	s := &survey{visits, poverty.NewSample(), book}
	for _, v := range visits {
		err := s.sample.Add(poverty.Household{ID: v.Household, Size: v.Persons, Weight: v.Weight, Stratum: v.Stratum, Cluster: v.Village})
		if err != nil {
			return nil, fmt.Errorf("visit to %s: %w", v.Household, err)
		}
	}
	return s, nil
}

// rate is an indicator with what the composite needs of it.
type rate struct {
	indicator         Indicator
	atMost            bool // the limit is from above
	published, design *big.Rat
	scores            []float64                                             // of the design value, one a visit
	bound             func(level float64) (value float64, from, why string) // why: there is none
}

// ratio is an indicator that is sum of / sum per over the completed visits that it counts.
func (s *survey) ratio(name string, unit poverty.Unit, limit BasisPoints, atMost bool, counts func(Visit) bool, of, per func(Visit) int64) *rate {
	r := &rate{indicator: Indicator{Name: name, Unit: unit, Limit: limit}, atMost: atMost}
	in := &r.indicator
	weightedOf, weightedPer := new(big.Rat), new(big.Rat)
	for _, v := range s.visits {
		if !counts(v) {
			continue
		}
		if v.Outcome != Completed {
			in.NoAnswer++
			continue
		}
		in.Visited++
		if some := of(v) > 0; some == atMost { // some in error, or for satisfaction none satisfied
			in.InError++
		}
		in.Published.Of += of(v)
		in.Published.Per += per(v)
		weight := new(big.Rat)
		weight.SetFloat64(v.Weight)
		weightedOf.Add(weightedOf, new(big.Rat).Mul(weight, new(big.Rat).SetInt64(of(v))))
		weightedPer.Add(weightedPer, new(big.Rat).Mul(weight, new(big.Rat).SetInt64(per(v))))
	}
	if in.Published.Per > 0 {
		r.published = big.NewRat(in.Published.Of, in.Published.Per)
	}
	if weightedPer.Sign() > 0 {
		r.design = new(big.Rat).Quo(weightedOf, weightedPer)
		value, _ := r.design.Float64()
		below, _ := weightedPer.Float64()
		r.scores = make([]float64, len(s.visits))
		for i, v := range s.visits {
			if counts(v) && v.Outcome == Completed {
				r.scores[i] = (float64(of(v)) - value*float64(per(v))) / below
			}
		}
	}
	r.bound = func(level float64) (float64, string, string) { return s.bound(r, level) }
	s.finish(r, "nobody was asked")
	return r
}

// errors is the rate of persons in error among the persons of a group.
func (s *survey) errors(name string, group Group, limit BasisPoints) *rate {
	return s.ratio(name, poverty.Persons, limit, true,
		func(v Visit) bool { return v.Group == group },
		func(v Visit) int64 { return int64(v.InError) },
		func(v Visit) int64 { return int64(v.Persons) })
}

// satisfaction is the share of satisfied households among those asked.
func (s *survey) satisfaction() *rate {
	return s.ratio("satisfaction", poverty.Households, s.book.Satisfaction, false,
		func(v Visit) bool { return v.Outcome != Completed || v.Satisfied != poverty.Unknown },
		func(v Visit) int64 {
			if v.Satisfied == poverty.Yes {
				return 1
			}
			return 0
		},
		func(Visit) int64 { return 1 })
}

// bound bounds a rate on its bad side: exactly from the binomial distribution of households when few are in error, else by
// the standard error.
func (s *survey) bound(r *rate, level float64) (value float64, from, why string) {
	in := &r.indicator
	if r.design == nil {
		return math.NaN(), "", "nobody was asked"
	}
	if in.InError <= s.book.FewErrors {
		upper := binomialUpper(in.InError, in.Visited, level)
		from = fmt.Sprintf("exact binomial, %d of %d households, design effect 1 taken for granted", in.InError, in.Visited)
		if r.atMost {
			return upper, from, ""
		}
		return 1 - upper, from, ""
	}
	center, _ := r.design.Float64()
	return s.linearBound(center, r.scores, level, r.atMost)
}

func (s *survey) linearBound(center float64, scores []float64, level float64, atMost bool) (value float64, from, why string) {
	se, freedom, err := s.sample.StandardError(scores, s.book.LonePSU)
	if err != nil {
		return math.NaN(), "", err.Error()
	}
	if freedom <= 0 {
		return math.NaN(), "", "no more villages than strata, so the spread between villages cannot be seen"
	}
	half := se * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(level)
	if !atMost {
		half = -half
	}
	return center + half, fmt.Sprintf("linearised error, Student's t with %v degrees of freedom", freedom), ""
}

// binomialUpper is the Clopper-Pearson upper bound of the share of which x in n were seen.
func binomialUpper(x, n int, level float64) float64 {
	if x == n {
		return 1
	}
	return distuv.Beta{Alpha: float64(x) + 1, Beta: float64(n - x)}.Quantile(level)
}

// finish fills in what both forms say, from the exact values, the scores and the bound.
func (s *survey) finish(r *rate, empty string) {
	in := &r.indicator
	in.Published.Value = number(r.published)
	in.Published.Verdict = in.Limit.judge(r.published, r.atMost)
	d := &in.Design
	*d = Estimate{Value: number(r.design), SE: unknown, Bound: unknown, Verdict: in.Limit.judge(r.design, r.atMost), BoundVerdict: Undetermined}
	if r.design == nil {
		d.Note = empty
		return
	}
	if se, _, err := s.sample.StandardError(r.scores, s.book.LonePSU); err != nil {
		d.Note = err.Error()
	} else {
		d.SE = poverty.Number(se)
	}
	value, from, why := r.bound(s.book.Level)
	if why != "" {
		d.Note = why
		return
	}
	d.Bound, d.BoundFrom = poverty.Number(value), from
	d.BoundVerdict = in.Limit.judge(new(big.Rat).SetFloat64(value), r.atMost)
}

func number(exact *big.Rat) poverty.Number {
	if exact == nil {
		return unknown
	}
	value, _ := exact.Float64()
	return poverty.Number(value)
}

// composite adds up those who are counted and those who are extrapolated, over the rural population.
func (s *survey) composite(county County, wrong, omission *rate) *rate {
	r := &rate{indicator: Indicator{Name: "composite incidence", Unit: poverty.Persons, Limit: s.book.Incidence}, atMost: true}
	in := &r.indicator
	for _, part := range []Indicator{wrong.indicator, omission.indicator} {
		in.Visited += part.Visited
		in.InError += part.InError
		in.NoAnswer += part.NoAnswer
	}
	parts := []struct {
		name       string
		rate       *rate
		population int64
	}{{"omitted, extrapolated", omission, county.NonRegistered}, {"wrongly exited, extrapolated", wrong, county.Exited}}

	rural := new(big.Rat).SetInt64(county.RuralPopulation)
	remaining := new(big.Rat).SetInt64(county.Remaining)
	r.published, r.design = new(big.Rat).Set(remaining), new(big.Rat).Set(remaining)
	r.scores = make([]float64, len(s.visits))
	in.Terms = []Term{{"registered and remaining", 1, county.Remaining, poverty.Number(county.Remaining), share(remaining, rural)}}
	few := false
	var needed []int
	for p, part := range parts {
		if part.population == 0 {
			in.Terms = append(in.Terms, Term{part.name, part.rate.indicator.Published.Value, 0, 0, 0})
			continue
		}
		needed = append(needed, p)
		few = few || part.rate.indicator.InError <= s.book.FewErrors
		population := new(big.Rat).SetInt64(part.population)
		persons := product(part.rate.published, population)
		in.Terms = append(in.Terms, Term{part.name, part.rate.indicator.Published.Value, part.population, number(persons), share(persons, rural)})
		r.published = sum(r.published, persons)
		r.design = sum(r.design, product(part.rate.design, population))
		for i, score := range part.rate.scores {
			r.scores[i] += score * float64(part.population) / float64(county.RuralPopulation)
		}
	}
	r.published, r.design = quotient(r.published, rural), quotient(r.design, rural)
	r.bound = func(level float64) (float64, string, string) {
		if len(needed) == 0 {
			center, _ := r.design.Float64()
			return center, "counted, nothing is extrapolated", ""
		}
		if !few {
			center, _ := r.design.Float64()
			return s.linearBound(center, r.scores, level, true)
		}
		// Bonferroni: the bounds of the parts hold together with the level asked for when each alone misses it by its share.
		each := 1 - (1-level)/float64(len(needed))
		value, from := float64(county.Remaining), fmt.Sprintf("the bounds of its parts, each at %.4g", each)
		for _, p := range needed {
			bound, partFrom, why := parts[p].rate.bound(each)
			if why != "" {
				return math.NaN(), "", parts[p].name + ": " + why
			}
			value += bound * float64(parts[p].population)
			from += "; " + parts[p].name + ": " + partFrom
		}
		return value / float64(county.RuralPopulation), from, ""
	}
	s.finish(r, "an error rate that it extrapolates is not known")
	return r
}

func share(of, per *big.Rat) poverty.Number { return number(quotient(of, per)) }

func product(a, b *big.Rat) *big.Rat {
	if a == nil || b == nil {
		return nil
	}
	return new(big.Rat).Mul(a, b)
}

func sum(a, b *big.Rat) *big.Rat {
	if a == nil || b == nil {
		return nil
	}
	return new(big.Rat).Add(a, b)
}

func quotient(a, b *big.Rat) *big.Rat {
	if a == nil || b == nil {
		return nil
	}
	return new(big.Rat).Quo(a, b)
}
