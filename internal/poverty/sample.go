package poverty

import (
	"fmt"
	"math"
	"strconv"
)

// rowsMax bounds the households of one sample.
const rowsMax = 50_000_000

// Answer is a yes or no that may not have been recorded.
type Answer int8

const (
	Unknown Answer = iota
	No
	Yes
)

// Household is one household as the field recorded it. What is not known stays at its zero value.
type Household struct {
	ID    string // unique in the sample when given
	Group string // what the report is broken down by, such as the area code; may be empty

	Size        int   // members who share the income, at least 1
	IncomeKnown bool  // false: Income is not looked at and the household counts as missing
	Income      int64 // fen a year, net, of the whole household; may be negative
	Line        int64 // fen a person a year

	Weight            float64 // households that this one stands for; 1 in a census, 0 for none
	Stratum           string
	Cluster           string  // unique within the stratum; empty: the household is its own cluster
	StratumClusters   float64 // clusters in the stratum's population; 0: not stated, taken as without end
	ClusterHouseholds float64 // households in the cluster's population; 0: not stated, taken as all in the sample

	Registered  Answer
	Scored      bool
	Score       float64
	Deprivation []Answer // one for each indicator column of the sample, in its order
}

// A FieldError is a value of a household that cannot be measured. Field has the name of the CSV column.
type FieldError struct {
	Field, Problem string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Problem }

// Source says where a sample came from; it is written into the report.
type Source struct {
	AsOf    string   `json:"as_of"`           // YYYY-MM-DD; empty: not stated
	SHA256  string   `json:"sha256"`          // of the bytes of the file; empty: not from a file
	LineID  string   `json:"-"`               // name of the line in the rulebook
	Weights string   `json:"weights"`         // where the weights came from
	Income  string   `json:"income"`          // how the income was given
	Ignored []string `json:"ignored_columns"` // columns passed over
}

// Sample is a set of households, kept by column since a province has millions of them. Add the households, then hand
// it to [Measure] or [Compare], after which it must not change. It is not safe for concurrent use.
type Sample struct {
	Source Source

	indicators []string // deprivation columns

	income     []int64
	line       []int64
	size       []int32
	weight     []float64
	known      []bool
	group      []int32
	registered []Answer
	score      []float64 // NaN: none
	deprived   [][]Answer

	ids          map[string]struct{}
	groups       names
	strata       names
	clusters     map[clusterKey]int32
	clusterOf    []int32 // household -> cluster
	clusterNames []clusterKey
	clusterSize  []float64 // households in the population, 0 not stated
	stratumSize  []float64 // clusters in the population, 0 not stated

	design *design
}

// clusterKey identifies a cluster across samples. One of cluster and household is set, or neither when an anonymous
// household is its own cluster.
type clusterKey struct {
	stratum            int32
	cluster, household string
}

// names numbers texts in the order they are first seen.
type names struct {
	number map[string]int32
	text   []string
	last   int32 // found last
}

func (n *names) find(text string) (int32, bool) {
	if len(n.text) > 0 && n.text[n.last] == text {
		return n.last, true
	}
	i, ok := n.number[text]
	if ok {
		n.last = i
	}
	return i, ok
}

func (n *names) of(text string) int32 {
	if i, ok := n.find(text); ok {
		return i
	}
	if n.number == nil {
		n.number = map[string]int32{}
	}
	n.last = int32(len(n.text))
	n.number[text] = n.last
	n.text = append(n.text, text)
	return n.last
}

// NewSample makes an empty sample whose households carry deprivations for the named indicator columns, if any.
func NewSample(indicators ...string) *Sample {
	return &Sample{
		Source:     Source{Weights: "as given", Income: "household total, compared with line x size"},
		indicators: indicators,
		deprived:   make([][]Answer, len(indicators)),
		ids:        map[string]struct{}{},
		clusters:   map[clusterKey]int32{},
	}
}

// Len is the number of households.
func (s *Sample) Len() int { return len(s.size) }

// Add appends a household. An error is a *FieldError, and the sample is then as before.
func (s *Sample) Add(h Household) error {
	if err := s.add(&h); err != nil {
		return err
	}
	return nil
}

func (s *Sample) add(h *Household) *FieldError {
	if err := s.check(h); err != nil {
		return err
	}
	if err := s.agrees(h); err != nil {
		return err
	}
	if h.ID != "" {
		before := len(s.ids)
		s.ids[h.ID] = struct{}{}
		if len(s.ids) == before {
			return &FieldError{"household", strconv.Quote(h.ID) + " is there twice: a household is measured once"}
		}
	}
	stratum := s.strata.of(h.Stratum)
	if int(stratum) == len(s.stratumSize) {
		s.stratumSize = append(s.stratumSize, h.StratumClusters)
	}
	s.clusterOf = append(s.clusterOf, s.cluster(stratum, h))
	s.group = append(s.group, s.groups.of(h.Group))
	s.size = append(s.size, int32(h.Size))
	s.known = append(s.known, h.IncomeKnown)
	s.income = append(s.income, h.Income)
	s.line = append(s.line, h.Line)
	s.weight = append(s.weight, h.Weight)
	s.registered = append(s.registered, h.Registered)
	if !h.Scored {
		h.Score = math.NaN()
	}
	s.score = append(s.score, h.Score)
	for j, answer := range h.Deprivation {
		s.deprived[j] = append(s.deprived[j], answer)
	}
	s.design = nil
	return nil
}

func (s *Sample) check(h *Household) *FieldError {
	switch {
	case s.Len() == rowsMax:
		return &FieldError{"household", fmt.Sprintf("more than %d households: measure the file in parts", rowsMax)}
	case h.Size < 1 || h.Size > sizeMax:
		return &FieldError{"size", fmt.Sprintf("%d members: a household has 1 to %d; remove one that has none left", h.Size, sizeMax)}
	case h.IncomeKnown && (h.Income > moneyMax || h.Income < -moneyMax):
		return &FieldError{"income", "larger than " + formatFen(moneyMax) + " for the household, the largest amount that is kept exactly"}
	case h.Line < 0:
		return &FieldError{"line", formatFen(h.Line) + " is below zero"}
	case h.Line > moneyMax/int64(h.Size):
		return &FieldError{"line", "line x members is larger than " + formatFen(moneyMax) + ", the largest amount that is kept exactly"}
	case !(h.Weight >= 0) || math.IsInf(h.Weight, 0):
		return &FieldError{"weight", fmt.Sprintf("%v is not a weight: it must be a number of zero or more", h.Weight)}
	case !(h.StratumClusters >= 0) || math.IsInf(h.StratumClusters, 0):
		return &FieldError{"stratum_clusters", fmt.Sprintf("%v is not a number of clusters", h.StratumClusters)}
	case !(h.ClusterHouseholds >= 0) || math.IsInf(h.ClusterHouseholds, 0):
		return &FieldError{"cluster_households", fmt.Sprintf("%v is not a number of households", h.ClusterHouseholds)}
	case h.Scored && (math.IsNaN(h.Score) || math.IsInf(h.Score, 0)):
		return &FieldError{"score", "not a number"}
	case len(h.Deprivation) != len(s.indicators):
		return &FieldError{"deprivation", fmt.Sprintf("%d answers for %d indicators", len(h.Deprivation), len(s.indicators))}
	}
	return nil
}

// agrees checks what the household says of its stratum and cluster against what earlier ones said.
func (s *Sample) agrees(h *Household) *FieldError {
	stratum, ok := s.strata.find(h.Stratum)
	if !ok {
		return nil
	}
	if stated := s.stratumSize[stratum]; stated != h.StratumClusters {
		return &FieldError{"stratum_clusters", fmt.Sprintf("stratum %q has %v here and %v earlier: it is one number a stratum", h.Stratum, h.StratumClusters, stated)}
	}
	cluster, ok := s.findCluster(clusterKey{stratum: stratum, cluster: h.Cluster})
	if !ok || h.Cluster == "" {
		return nil
	}
	if stated := s.clusterSize[cluster]; stated != h.ClusterHouseholds {
		return &FieldError{"cluster_households", fmt.Sprintf("cluster %q has %v here and %v earlier: it is one number a cluster", h.Cluster, h.ClusterHouseholds, stated)}
	}
	return nil
}

// cluster numbers the household's cluster. Clusters of the same name in two strata are two clusters.
func (s *Sample) cluster(stratum int32, h *Household) int32 {
	key := clusterKey{stratum: stratum, cluster: h.Cluster}
	if h.Cluster == "" {
		key.household = h.ID
		return s.newCluster(key, h)
	}
	number, ok := s.findCluster(key)
	if !ok {
		number = s.newCluster(key, h)
		s.clusters[key] = number
	}
	return number
}

// findCluster looks first at the last cluster, as files come cluster by cluster.
func (s *Sample) findCluster(key clusterKey) (int32, bool) {
	if last := len(s.clusterOf) - 1; last >= 0 && s.clusterNames[s.clusterOf[last]] == key {
		return s.clusterOf[last], true
	}
	number, ok := s.clusters[key]
	return number, ok
}

func (s *Sample) newCluster(key clusterKey, h *Household) int32 {
	s.clusterNames = append(s.clusterNames, key)
	s.clusterSize = append(s.clusterSize, h.ClusterHouseholds)
	return int32(len(s.clusterNames) - 1)
}

// perPerson is the income a person in yuan, as a float for the averages; who is poor never depends on it.
func (s *Sample) perPerson(row int32) float64 {
	return float64(s.income[row]) / (100 * float64(s.size[row]))
}

// poor compares income with line x members in whole fen.
func (s *Sample) poor(row int32, cmp Comparison) bool {
	due := s.line[row] * int64(s.size[row])
	return s.income[row] < due || s.income[row] == due && cmp == AtOrBelow
}
