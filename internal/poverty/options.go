package poverty

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Comparison says whether an income exactly at the line is poor.
type Comparison string

const (
	AtOrBelow Comparison = "le" // poor when y <= z: the administrative reading, and the default
	Below     Comparison = "lt" // poor when y < z: the statistical reading (World Bank)
)

// Unit is what is counted.
type Unit string

const (
	Persons    Unit = "persons"
	Households Unit = "households"
)

// NegativeGap says what an income below zero does to the relative gap (z-y)/z, which is then above one.
type NegativeGap string

const (
	CapGap   NegativeGap = "cap"      // the gap is at most one
	UncapGap NegativeGap = "uncapped" // the gap is as large as the debt makes it
)

// WattsPolicy says what the Watts measure does with incomes of zero or less, which have no logarithm.
type WattsPolicy string

const (
	WattsError         WattsPolicy = "error"          // refuse the measure and say how many there are
	WattsDropNumerator WattsPolicy = "drop-numerator" // add nothing for them, keep them in N (World Bank wbpip)
	WattsExclude       WattsPolicy = "exclude"        // leave them out of the measure altogether
	WattsFloor         WattsPolicy = "floor"          // take every income below WattsFloor as WattsFloor
)

// LonePSU says what a stratum with a single sampled cluster (primary sampling unit) adds to the variance.
// The estimates themselves never depend on it. R's survey package has the same names.
type LonePSU string

const (
	LoneFail            LonePSU = "fail"             // refuse, and name the stratum
	LoneRemove          LonePSU = "remove"           // nothing: the error is understated
	LoneCertainty       LonePSU = "certainty"        // nothing at the first stage, because the cluster was sure to be drawn
	LoneAdjust          LonePSU = "adjust"           // its distance from the mean of all clusters
	LoneAdjustUncentred LonePSU = "adjust-uncentred" // its distance from zero: what R's "adjust" does for totals
	LoneAverage         LonePSU = "average"          // the average of the strata that have more than one
)

// MissingPolicy says what to do with households whose income is not known.
type MissingPolicy string

const (
	MissingExclude MissingPolicy = "exclude" // leave them out of the income measures, count them, keep their clusters
	MissingError   MissingPolicy = "error"
)

// ZeroLine says what to do with households whose line is zero, for which no relative gap exists.
type ZeroLine string

const (
	ZeroLineError   ZeroLine = "error"
	ZeroLineExclude ZeroLine = "exclude" // as if their income were missing
)

// Sampling says how the households came to be in the file.
type Sampling string

const (
	Survey Sampling = "survey" // a sample: errors follow the design, clusters taken as drawn with replacement unless a population is stated
	Census Sampling = "census" // everyone: there is no sampling error
)

// Waves says how two waves were drawn.
type Waves string

const (
	Independent Waves = "independent" // two samples: variances add
	Panel       Waves = "panel"       // the same clusters twice: the covariance is kept
)

// IndicatorMissing says what a deprivation that was not recorded does to the multidimensional index.
type IndicatorMissing string

const (
	IndicatorError       IndicatorMissing = "error"
	IndicatorExclude     IndicatorMissing = "exclude"      // leave the household out of the index
	IndicatorNotDeprived IndicatorMissing = "not-deprived" // count it as not deprived
	IndicatorBounds      IndicatorMissing = "bounds"       // both: the index with none of them deprived and with all
)

// HighScore says whom a high targeting score describes.
type HighScore string

const (
	HighIsPoor    HighScore = "poor"
	HighIsNonpoor HighScore = "nonpoor"
)

// Columns names the columns of a CSV file. An empty name stands for the default in brackets, which may then be absent
// unless it is said to be needed; a name that is given must be present.
type Columns struct {
	Household         string // [household] unique identity; needed for a panel without clusters
	Size              string // [size] members; needed. "-": no such column, each row is one person
	Income            string // [income] net income a person, yuan; needed unless the next is there
	HouseholdIncome   string // [household_income] net income of the whole household, yuan
	Weight            string // [weight] households that this one stands for
	Stratum           string // [stratum]
	Cluster           string // [cluster] unique within its stratum
	Line              string // [line] yuan a person; needed unless Options.Line is set
	StratumClusters   string // [stratum_clusters] clusters in the population of the stratum
	ClusterHouseholds string // [cluster_households] households in the population of the cluster
	Registered        string // [registered] 1 or 0
	Score             string // [score] targeting score
}

// Options are the conventions of a measurement. The zero value is usable: each empty field has the default named first
// in its type's constants, and the defaults are written into the report.
type Options struct {
	Columns Columns
	Ignore  []string // columns to pass over; "*" for every one that is not known
	By      string   // column to report by, beside the whole; empty: the whole only

	Line   string // yuan a person, decimal; used when the file has no line column
	LineID string // the line's name in the rulebook, for the report

	Population string // whom the file describes, for the report
	AsOf       string // YYYY-MM-DD
	Currency   string // label only; CNY
	Code       string // version of the program; empty: as the build recorded it

	Unit         Unit
	Cmp          Comparison
	Negative     NegativeGap
	Watts        WattsPolicy
	WattsFloor   string // yuan a person, with Watts: WattsFloor
	Missing      MissingPolicy
	ZeroLine     ZeroLine
	LonePSU      LonePSU
	Sampling     Sampling
	Level        float64 // of the confidence intervals; 0.95
	HighScore    HighScore
	MPI          string // multidimensional index, see ParseMPI; empty: none
	MPIMissing   IndicatorMissing
	Wave2        string // path of the later wave
	Line2, AsOf2 string // of the later wave; Line2 empty: as Line
	Waves        Waves

	JSON bool
}

// Flags registers the options of the poverty command.
func (o *Options) Flags(f *flag.FlagSet) {
	c := &o.Columns
	for _, column := range c.all() {
		if column.flag != "" {
			f.StringVar(column.name, column.flag, "", "column with the "+column.means)
		}
	}
	f.Func("ignore", "columns to pass over, separated by commas; * for every unknown one", func(list string) error {
		o.Ignore = append(o.Ignore, strings.Split(list, ",")...)
		return nil
	})
	f.StringVar(&o.By, "by", "", "column to report by")
	f.StringVar(&o.Line, "line", "", "poverty line, yuan a person a year")
	f.StringVar(&o.LineID, "line-id", "", "name of the line, for the report")
	f.StringVar(&o.Population, "population", "", "whom the file describes, for the report")
	f.StringVar(&o.AsOf, "as-of", "", "date the file describes, YYYY-MM-DD")
	f.StringVar(&o.Currency, "currency", "", "label of the currency (default CNY)")
	for _, choice := range o.choices() {
		f.Func(choice.flag, choice.means+": "+strings.Join(choice.values, ", ")+" (default "+choice.values[0]+")", choice.set)
	}
	f.StringVar(&o.WattsFloor, "watts-floor", "", "income taken for every lower one with --watts floor, yuan a person")
	f.Float64Var(&o.Level, "level", 0.95, "confidence level")
	f.StringVar(&o.MPI, "mpi", "", "multidimensional index: guarantees, or NAME[=COLUMN|COLUMN]:WEIGHT,...;k=CUTOFF")
	f.StringVar(&o.Wave2, "wave2", "", "later wave of the same columns, to measure the change")
	f.StringVar(&o.Line2, "line2", "", "line of the later wave (default --line)")
	f.StringVar(&o.AsOf2, "as-of2", "", "date of the later wave")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
}

// column is one column of the file: where its name is kept, its default name and its flag.
type column struct {
	name           *string
	standard, flag string
	means          string
}

func (c *Columns) all() []column {
	return []column{
		{&c.Household, "household", "household", "household's identity"},
		{&c.Size, "size", "size", "members; - when each row is one person"},
		{&c.Income, "income", "income", "net income a person, yuan"},
		{&c.HouseholdIncome, "household_income", "household-income", "net income of the household, yuan"},
		{&c.Weight, "weight", "weight", "sampling weight of the household"},
		{&c.Stratum, "stratum", "stratum", "stratum"},
		{&c.Cluster, "cluster", "cluster", "cluster (primary sampling unit)"},
		{&c.Line, "line", "line-column", "household's own line, yuan a person"},
		{&c.StratumClusters, "stratum_clusters", "stratum-clusters", "clusters in the stratum's population"},
		{&c.ClusterHouseholds, "cluster_households", "cluster-households", "households in the cluster's population"},
		{&c.Registered, "registered", "registered", "registration, 1 or 0"},
		{&c.Score, "score", "score", "targeting score"},
	}
}

// choice is an option with a closed list of values, the default first.
type choice struct {
	flag, means string
	values      []string
	get         func() string
	set         func(string) error
}

func choose[T ~string](field *T, flag, means string, values ...T) choice {
	c := choice{flag: flag, means: means, get: func() string { return string(*field) }}
	for _, v := range values {
		c.values = append(c.values, string(v))
	}
	c.set = func(text string) error {
		if !slices.Contains(c.values, text) {
			return fmt.Errorf("%s %q: choose one of %s", flag, text, strings.Join(c.values, ", "))
		}
		*field = T(text)
		return nil
	}
	return c
}

func (o *Options) choices() []choice {
	return []choice{
		choose(&o.Unit, "unit", "what the measures count", Persons, Households),
		choose(&o.Cmp, "cmp", "poor when the income is at or below (le) or below (lt) the line", AtOrBelow, Below),
		choose(&o.Negative, "negative", "relative gap of a negative income", CapGap, UncapGap),
		choose(&o.Watts, "watts", "incomes of zero or less in the Watts measure", WattsError, WattsDropNumerator, WattsExclude, WattsFloor),
		choose(&o.Missing, "missing", "households without a known income", MissingExclude, MissingError),
		choose(&o.ZeroLine, "zero-line", "households whose line is zero", ZeroLineError, ZeroLineExclude),
		choose(&o.LonePSU, "lone-psu", "stratum with one cluster", LoneFail, LoneRemove, LoneCertainty, LoneAdjust, LoneAdjustUncentred, LoneAverage),
		choose(&o.Sampling, "sampling", "how the households came into the file", Survey, Census),
		choose(&o.HighScore, "high-score", "whom a high score describes", HighIsPoor, HighIsNonpoor),
		choose(&o.MPIMissing, "mpi-missing", "deprivations not recorded", IndicatorError, IndicatorExclude, IndicatorNotDeprived, IndicatorBounds),
		choose(&o.Waves, "waves", "how the two waves were drawn", Independent, Panel),
	}
}

// complete fills in the defaults and refuses values that mean nothing.
func (o Options) complete() (Options, error) {
	for _, choice := range o.choices() {
		value := choice.get()
		if value == "" {
			value = choice.values[0]
		}
		if err := choice.set(value); err != nil {
			return o, err
		}
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if !(o.Level > 0 && o.Level < 1) {
		return o, fmt.Errorf("level %v: give a confidence level between 0 and 1, such as 0.95", o.Level)
	}
	if o.Currency == "" {
		o.Currency = "CNY"
	}
	if o.Population == "" {
		o.Population = "the households of the file"
	}
	for _, date := range []string{o.AsOf, o.AsOf2} {
		if _, err := time.Parse(time.DateOnly, date); date != "" && err != nil {
			return o, fmt.Errorf("as-of %q: write the date as YYYY-MM-DD", date)
		}
	}
	if (o.Watts == WattsFloor) != (o.WattsFloor != "") {
		return o, fmt.Errorf("watts floor: --watts floor and --watts-floor AMOUNT go together")
	}
	if o.Wave2 == "" && (o.Line2 != "" || o.AsOf2 != "") {
		return o, fmt.Errorf("wave 2: --line2 and --as-of2 describe the file given with --wave2, which is absent")
	}
	return o, nil
}
