package poverty

import (
	"cmp"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
)

// Schema names the shape of the JSON report. Fields may be added under the same name; none changes its meaning.
const Schema = "lastmile/poverty/1"

// Report is everything measured in one run, with the conventions it was measured under.
type Report struct {
	Schema      string       `json:"schema"`
	Code        string       `json:"code"`
	Population  string       `json:"population"`
	Currency    string       `json:"currency"`
	Conventions Conventions  `json:"conventions"`
	Data        Data         `json:"data"`
	Areas       []Area       `json:"areas"` // the whole first, then each value of By in order
	Wave2       *Wave        `json:"wave2,omitempty"`
	Change      []AreaChange `json:"change,omitempty"`
}

// Wave is the later of two waves.
type Wave struct {
	Data           Data   `json:"data"`
	SharedClusters int    `json:"shared_clusters"` // that are in the first wave too, by stratum and name
	Areas          []Area `json:"areas"`
}

// Conventions are the named choices behind the numbers.
type Conventions struct {
	Unit       Unit             `json:"unit"`
	Cmp        Comparison       `json:"cmp"`
	Negative   NegativeGap      `json:"negative_gap"`
	Watts      WattsPolicy      `json:"watts_nonpositive"`
	WattsFloor string           `json:"watts_floor,omitempty"`
	Missing    MissingPolicy    `json:"missing_income"`
	ZeroLine   ZeroLine         `json:"zero_line"`
	LonePSU    LonePSU          `json:"lone_psu"`
	Sampling   Sampling         `json:"sampling"`
	Level      float64          `json:"level"`
	HighScore  HighScore        `json:"high_score,omitempty"`
	MPI        string           `json:"mpi,omitempty"`
	MPIMissing IndicatorMissing `json:"mpi_missing,omitempty"`
	Waves      Waves            `json:"waves,omitempty"`
	Rules      []string         `json:"rules"` // conventions that have no alternative here, in words
}

var rules = []string{
	"variance: Taylor linearisation; clusters not in an area stay in its design; Student's t with clusters less strata",
	"gini, sst: weight below plus half the weight tied",
	"lorenz: linear interpolation of cumulative shares",
	"quantile: smallest income whose cumulative share reaches p; no standard error, since it would need a density",
}

// Data says what one wave was measured from.
type Data struct {
	Source
	Line   Line   `json:"line"`
	Rows   int    `json:"rows"`
	Design Design `json:"design"`

	MissingIncome     int `json:"missing_income"` // households
	ZeroLine          int `json:"zero_line"`      // households left out because their line is zero
	MissingRegistered int `json:"missing_registered"`
	MissingScore      int `json:"missing_score"`
}

// Line is the poverty line, or the span of the households' own lines, in yuan a person.
type Line struct {
	ID   string `json:"id"`
	Low  string `json:"low"`
	High string `json:"high"`
}

// Design summarises the sampling design.
type Design struct {
	Strata           int     `json:"strata"`
	Clusters         int     `json:"clusters"`
	LoneStrata       int     `json:"lone_strata"`
	Freedom          float64 `json:"degrees_of_freedom"`
	FinitePopulation bool    `json:"finite_population"`
}

// Area is what was measured for the whole or for one group of households.
type Area struct {
	Area      string     `json:"area"` // "" for the whole
	Estimates []Estimate `json:"estimates"`

	Negative    int `json:"negative_income"`    // households with an income below zero
	Nonpositive int `json:"nonpositive_income"` // with an income of zero or less
}

// Find returns the estimate of a key.
func (a *Area) Find(key Key) (Estimate, bool) {
	i := slices.IndexFunc(a.Estimates, func(e Estimate) bool { return e.Key == key })
	if i < 0 {
		return Estimate{}, false
	}
	return a.Estimates[i], true
}

// plan is the options in the form the measuring code reads.
type plan struct {
	Options
	mpi    *MPI
	floor  float64
	errors errorRule
}

func (o Options) plan() (*plan, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	p := &plan{Options: o, errors: errorRule{o.LonePSU, o.Sampling == Census, o.Level}}
	if o.MPI != "" {
		if p.mpi, err = ParseMPI(o.MPI); err != nil {
			return nil, err
		}
	}
	if o.WattsFloor != "" {
		fen, err := parseFen(o.WattsFloor)
		if err != nil || fen <= 0 {
			return nil, fmt.Errorf("watts floor %q: it must be an amount above zero, such as 1.00", o.WattsFloor)
		}
		p.floor = float64(fen) / 100
	}
	return p, nil
}

// Measure measures a sample: the whole, and each group of households if the options say By.
func Measure(s *Sample, o Options) (*Report, error) {
	p, err := o.plan()
	if err != nil {
		return nil, err
	}
	if err := p.accept(s); err != nil {
		return nil, err
	}
	report := p.report(s)
	for _, rows := range p.groups(s) {
		area, estimators := p.area(s, rows.rows)
		p.errors.setErrors(estimators)
		report.Areas = append(report.Areas, area.with(rows.name, estimators))
	}
	return report, nil
}

// accept arranges the sample and refuses what the policies refuse.
func (p *plan) accept(s *Sample) error {
	design, err := s.arrange()
	if err != nil {
		return err
	}
	if p.Sampling == Survey {
		if err := design.check(p.LonePSU); err != nil {
			return err
		}
	}
	if p.mpi != nil {
		for _, column := range p.mpi.columns() {
			if !slices.Contains(s.indicators, column) {
				return fmt.Errorf("mpi: the sample has no deprivation %q", column)
			}
		}
	}
	missing, zero := s.uncovered()
	if missing > 0 && p.Missing == MissingError && (p.mpi == nil || missing < s.Len()) {
		return fmt.Errorf("missing income: %d households have none; fill them in or choose --missing exclude", missing)
	}
	if zero > 0 && p.ZeroLine == ZeroLineError {
		return fmt.Errorf("zero line: %d households have a line of zero, for which no relative gap exists; correct them or choose --zero-line exclude", zero)
	}
	return nil
}

// uncovered counts the households that income measures leave out: without a known income, and with a line of zero.
func (s *Sample) uncovered() (missing, zero int) {
	for row, known := range s.known {
		if !known {
			missing++
		} else if s.line[row] == 0 {
			zero++
		}
	}
	return missing, zero
}

// group is the households of one area in cluster order.
type group struct {
	name string
	rows []int32
}

// groups lists the whole and, if the options say By, each group in the order of its name.
func (p *plan) groups(s *Sample) []group {
	groups := []group{{"", s.design.order}}
	if p.By == "" {
		return groups
	}
	rows := make([][]int32, len(s.groups.text))
	for _, row := range s.design.order {
		rows[s.group[row]] = append(rows[s.group[row]], row)
	}
	for g, name := range s.groups.text {
		groups = append(groups, group{name, rows[g]})
	}
	slices.SortFunc(groups[1:], func(a, b group) int { return cmp.Compare(a.name, b.name) })
	return groups
}

// area estimates everything for some households, without errors as yet.
func (p *plan) area(s *Sample, rows []int32) (Area, []estimator) {
	everybody := newDomain(s, rows, p.Unit)
	estimators := []estimator{
		everybody.total(Key{Measure: "population", Unit: Persons}, Count, func(i int) float64 { return everybody.members[i] }),
		everybody.total(Key{Measure: "population", Unit: Households}, Count, func(int) float64 { return 1 }),
	}
	var area Area
	covered := everybody.where(func(row int32) bool { return s.known[row] && s.line[row] > 0 }, p.Unit)
	if len(covered.rows) > 0 {
		m := newIncomes(covered, &p.Options)
		for _, y := range m.y {
			if y < 0 {
				area.Negative++
			}
			if y <= 0 {
				area.Nonpositive++
			}
		}
		estimators = append(estimators, p.incomeMeasures(m)...)
	}
	if p.mpi != nil {
		estimators = append(estimators, p.mpi.multidimensional(everybody, &p.Options)...)
	}
	return area, estimators
}

func (p *plan) incomeMeasures(m *incomes) []estimator {
	o := &p.Options
	estimators := m.level(o)
	if len(estimators) == 1 {
		return estimators
	}
	byIncome := m.rank(m.y, everyone)
	estimators = append(estimators, m.watts(o, p.floor), m.gini(o, byIncome), m.senShorrocksThon(o))
	estimators = append(estimators, m.lorenz(o, byIncome)...)
	s := m.sample
	if answered := m.where(func(row int32) bool { return s.registered[row] != Unknown }, p.Unit); len(answered.rows) > 0 {
		estimators = append(estimators, newIncomes(answered, o).targeting(o)...)
	}
	if scored := m.where(func(row int32) bool { return !math.IsNaN(s.score[row]) }, p.Unit); len(scored.rows) > 0 {
		estimators = append(estimators, newIncomes(scored, o).rocArea(o))
	}
	return estimators
}

func (a Area) with(name string, estimators []estimator) Area {
	a.Area = name
	for _, e := range estimators {
		a.Estimates = append(a.Estimates, e.Estimate)
	}
	return a
}

// report is the report before anything is measured.
func (p *plan) report(s *Sample) *Report {
	c := Conventions{
		Unit: p.Unit, Cmp: p.Cmp, Negative: p.Negative, Watts: p.Watts, WattsFloor: p.WattsFloor, Missing: p.Missing,
		ZeroLine: p.ZeroLine, LonePSU: p.LonePSU, Sampling: p.Sampling, Level: p.Level, MPI: p.MPI, Rules: rules,
	}
	if p.MPI == "guarantees" {
		c.MPI = guarantees
	}
	if p.mpi != nil {
		c.MPIMissing = p.MPIMissing
	}
	if slices.ContainsFunc(s.score, func(score float64) bool { return !math.IsNaN(score) }) {
		c.HighScore = p.HighScore
	}
	code := p.Code
	if code == "" {
		code = buildVersion()
	}
	return &Report{Schema: Schema, Code: code, Population: p.Population, Currency: p.Currency, Conventions: c, Data: s.data()}
}

func (s *Sample) data() Data {
	d := Data{
		Source: s.Source,
		Line:   Line{ID: s.Source.LineID},
		Rows:   s.Len(),
		Design: Design{
			Strata:           len(s.design.sampled),
			Clusters:         len(s.design.stratumOf),
			LoneStrata:       s.design.lone,
			Freedom:          s.design.freedom(),
			FinitePopulation: s.design.stated,
		},
	}
	if d.Ignored == nil {
		d.Ignored = []string{}
	}
	d.Line.Low, d.Line.High = formatFen(slices.Min(s.line)), formatFen(slices.Max(s.line))
	d.MissingIncome, d.ZeroLine = s.uncovered()
	for row := range s.size {
		if s.registered[row] == Unknown {
			d.MissingRegistered++
		}
		if math.IsNaN(s.score[row]) {
			d.MissingScore++
		}
	}
	return d
}

// buildVersion is the revision the program was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			modified = "+changes"
		}
	}
	if revision == "" {
		return cmp.Or(info.Main.Version, "unknown")
	}
	return revision + modified
}
