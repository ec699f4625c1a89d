package poverty

import (
	"fmt"
	"math"
	"slices"
)

// design is the sampling design: households in clusters in strata. Clusters are renumbered so that those of a stratum
// are neighbours, and order lists the households cluster by cluster, so that one walk meets each cluster and each stratum once.
type design struct {
	stratumOf  []int32   // cluster -> stratum
	sampled    []float64 // stratum -> clusters sampled
	keep       []float64 // stratum -> 1 - f, the finite population factor of the first stage
	households []float64 // cluster -> households sampled
	within     []float64 // cluster -> f (1-m/M) m/(m-1), the factor of the second stage; nil when M is stated nowhere
	lone       int       // strata with one sampled cluster that leaves clusters undrawn
	loneKeep   float64   // sum of their keep
	loneName   string    // the first of them
	cluster    []int32   // household -> cluster
	order      []int32   // households by cluster
	stated     bool      // a finite population is stated at either stage
}

// clusterTotal is the weighted total of the scores of one cluster.
type clusterTotal struct {
	cluster int32
	total   float64
}

// arrange builds the design from the households added so far.
func (s *Sample) arrange() (*design, error) {
	if s.design != nil {
		return s.design, nil
	}
	if s.Len() == 0 {
		return nil, fmt.Errorf("no households: nothing to measure")
	}
	strata, clusters := len(s.strata.text), len(s.clusterNames)
	d := &design{
		stratumOf:  make([]int32, clusters),
		households: make([]float64, clusters),
		cluster:    make([]int32, s.Len()),
	}
	inStratum := func(c int32) int32 { return s.clusterNames[c].stratum }
	byStratum := sortByKey(clusters, strata, inStratum)
	number := make([]int32, clusters)
	for to, from := range byStratum {
		number[from] = int32(to)
		d.stratumOf[to] = inStratum(from)
	}
	for row, from := range s.clusterOf {
		d.cluster[row] = number[from]
		d.households[number[from]]++
	}
	d.order = sortByKey(s.Len(), clusters, func(row int32) int32 { return d.cluster[row] })
	if err := d.setFactors(s.strata.text, s.stratumSize); err != nil {
		return nil, err
	}
	for from, population := range s.clusterSize {
		if population == 0 {
			continue
		}
		c := number[from]
		m := d.households[c]
		if population < m {
			return nil, fmt.Errorf("cluster_households: cluster %q has %v households in the sample and only %v in its population", s.clusterNames[from].cluster, m, population)
		}
		if d.within == nil {
			d.within = make([]float64, clusters)
		}
		d.stated = true
		if m > 1 {
			d.within[c] = (1 - d.keep[d.stratumOf[c]]) * (1 - m/population) * m / (m - 1)
		}
	}
	s.design = d
	return d, nil
}

// setFactors counts the clusters of each stratum and sets what follows from their number in the population.
func (d *design) setFactors(names []string, population []float64) error {
	d.sampled = make([]float64, len(names))
	d.keep = make([]float64, len(names))
	for _, h := range d.stratumOf {
		d.sampled[h]++
	}
	for h, n := range d.sampled {
		d.keep[h] = 1
		if population[h] > 0 {
			if population[h] < n {
				return fmt.Errorf("stratum_clusters: stratum %q has %v clusters in the sample and only %v in its population", names[h], n, population[h])
			}
			d.keep[h] = 1 - n/population[h]
			d.stated = true
		}
		if n == 1 && d.keep[h] > 0 {
			if d.lone == 0 {
				d.loneName = names[h]
			}
			d.lone++
			d.loneKeep += d.keep[h]
		}
	}
	return nil
}

// check refuses a design from which the policy cannot find a variance.
func (d *design) check(policy LonePSU) error {
	switch {
	case d.lone == 0:
	case policy == LoneFail:
		return fmt.Errorf("lone cluster: stratum %q has one sampled cluster, so its variance cannot be seen (%d such strata); merge it with a like stratum, or choose --lone-psu remove, certainty, adjust or average", d.loneName, d.lone)
	case policy == LoneAverage && d.lone == len(d.sampled):
		return fmt.Errorf("lone cluster: every stratum has one sampled cluster, so there is nothing to average; merge strata or choose --lone-psu adjust")
	}
	return nil
}

// freedom is the degrees of freedom: clusters less strata.
func (d *design) freedom() float64 { return float64(len(d.stratumOf) - len(d.sampled)) }

// variance is that of a total whose cluster totals are given in cluster order; clusters not listed have total zero.
// within is the second-stage part.
func (d *design) variance(totals []clusterTotal, within float64, policy LonePSU) float64 {
	var grand float64
	for _, t := range totals {
		grand += t.total
	}
	grand /= float64(len(d.stratumOf))

	var between, loneKeepSeen float64
	for len(totals) > 0 {
		h := d.stratumOf[totals[0].cluster]
		end := slices.IndexFunc(totals, func(t clusterTotal) bool { return d.stratumOf[t.cluster] != h })
		if end < 0 {
			end = len(totals)
		}
		n, keep := d.sampled[h], d.keep[h]
		if n == 1 {
			t := totals[0].total
			switch policy {
			case LoneAdjust:
				between += keep * (t - grand) * (t - grand)
			case LoneAdjustUncentred:
				between += keep * t * t
			}
			loneKeepSeen += keep
		} else {
			between += keep * n / (n - 1) * squaresAboutMean(totals[:end], n)
		}
		totals = totals[end:]
	}
	switch policy {
	case LoneAdjust:
		between += (d.loneKeep - loneKeepSeen) * grand * grand
	case LoneAverage:
		strata := float64(len(d.sampled))
		between *= strata / (strata - float64(d.lone))
	}
	return between + within
}

// squaresAboutMean is the sum of squares about the mean of n totals of which those not listed are zero.
func squaresAboutMean(totals []clusterTotal, n float64) float64 {
	var sum float64
	for _, t := range totals {
		sum += t.total
	}
	mean := sum / n
	squares := (n - float64(len(totals))) * mean * mean
	for _, t := range totals {
		squares += (t.total - mean) * (t.total - mean)
	}
	return squares
}

// totals adds up the scores of a domain by cluster, in cluster order, appending to into, and finds the second-stage
// part of the variance. A lone household in a cluster has no second-stage part.
func (d *domain) totals(score func(i int) float64, into []clusterTotal) (totals []clusterTotal, within float64) {
	plan := d.sample.design
	totals = into
	for start := 0; start < len(d.rows); {
		c := d.cluster[start]
		var sum float64
		end := start
		for ; end < len(d.rows) && d.cluster[end] == c; end++ {
			sum += d.weight[end] * score(end)
		}
		totals = append(totals, clusterTotal{c, sum})
		if plan.within != nil && plan.within[c] > 0 {
			m := plan.households[c]
			mean := sum / m
			squares := (m - float64(end-start)) * mean * mean
			for i := start; i < end; i++ {
				t := d.weight[i]*score(i) - mean
				squares += t * t
			}
			within += plan.within[c] * squares
		}
		start = end
	}
	return totals, within
}

// sortByKey lists 0..n-1 by a key in 0..keys-1, keeping the order among equals.
func sortByKey(n, keys int, key func(int32) int32) []int32 {
	next := make([]int32, keys+1)
	for i := range int32(n) {
		next[key(i)+1]++
	}
	for k := range keys {
		next[k+1] += next[k]
	}
	sorted := make([]int32, n)
	for i := range int32(n) {
		k := key(i)
		sorted[next[k]] = i
		next[k]++
	}
	return sorted
}

// standardError is the square root of a variance, in which rounding below zero is zero.
func standardError(variance float64) float64 { return math.Sqrt(max(0, variance)) }
