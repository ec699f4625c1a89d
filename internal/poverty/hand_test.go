package poverty

import (
	"math"
	"strings"
	"testing"
)

// four is an unweighted sample of single persons, line 100:
//
//	income  50, 80, 100, 250: mean 120, poor under le: 50, 80, 100, under lt: 50, 80
//	gaps    0.5, 0.2, 0, 0
const four = "household,size,income\n1,1,50\n2,1,80\n3,1,100\n4,1,250\n"

func TestByHand(t *testing.T) {
	none := math.NaN()
	o := Options{Line: "100"}
	report := measure(t, four, o)
	for _, want := range []struct {
		measure string
		value   float64
	}{
		{"headcount", 0.75}, // an income at the line is poor
		{"poor", 3},
		{"fgt1", 0.7 / 4},
		{"fgt2", 0.29 / 4},
		{"gap_of_poor", 0.7 / 3},
		{"shortfall_total", 70},
		{"shortfall_per_poor", 70.0 / 3},
		{"mean_income", 120},
		{"watts", (math.Log(2) + math.Log(1.25)) / 4},
		// mean absolute difference over all ordered pairs: 2 (30+50+200+20+170+150)/16 = 77.5; over twice the mean
		{"gini", 77.5 / 240},
		// 2/16 x (0.2 x (2 + 0.5) + 0.5 x (3 + 0.5))
		{"sst", 2.25 / 8},
	} {
		expect(t, "by hand", report, Key{Measure: want.measure, Unit: Persons}, want.value, none)
	}
	// a fifth of four persons is 0.8 of the first
	expect(t, "by hand", report, Key{Measure: "lorenz", Unit: Persons, Percent: 20}, 40.0/480, none)
	expect(t, "by hand", report, Key{Measure: "lorenz", Unit: Persons, Percent: 50}, 130.0/480, none)
	expect(t, "by hand", report, Key{Measure: "quantile", Unit: Persons, Percent: 50}, 80, none)
	expect(t, "by hand", report, Key{Measure: "quantile", Unit: Persons, Percent: 60}, 100, none)

	o.Cmp = Below
	expect(t, "below", measure(t, four, o), Key{Measure: "headcount", Unit: Persons}, 0.5, none)
}

func TestPersonsAndHouseholds(t *testing.T) {
	text := "household,size,income,weight\n1,5,50,2\n2,1,150,3\n"
	report := measure(t, text, Options{Line: "100"})
	none := math.NaN()
	expect(t, "persons", report, Key{Measure: "headcount", Unit: Persons}, 10.0/13, none)
	expect(t, "households", report, Key{Measure: "headcount", Unit: Households}, 0.4, none)
	expect(t, "persons", report, Key{Measure: "fgt1", Unit: Persons}, 5.0/13, none)
	expect(t, "money", report, Key{Measure: "shortfall_total", Unit: Persons}, 500, none)
	report = measure(t, text, Options{Line: "100", Unit: Households})
	expect(t, "households", report, Key{Measure: "fgt1", Unit: Households}, 0.2, none)
	expect(t, "households", report, Key{Measure: "mean_income", Unit: Households}, 110, none)
	expect(t, "money", report, Key{Measure: "shortfall_total", Unit: Persons}, 500, none)
	report = measure(t, strings.ReplaceAll(text, "size", "skip"), Options{Line: "100", Columns: Columns{Size: "-"}, Ignore: []string{"skip"}})
	expect(t, "each row a person", report, Key{Measure: "headcount", Unit: Persons}, 0.4, none)
}

// TestAtTheLine: a household income that does not divide by its members is compared without dividing. Seven with 22 526.00
// between them have 3 218 each; a fen more and none of them is poor.
func TestAtTheLine(t *testing.T) {
	for _, test := range []struct {
		income string
		cmp    Comparison
		poor   float64
	}{
		{"22526.00", AtOrBelow, 7}, {"22526.01", AtOrBelow, 0}, {"22525.99", AtOrBelow, 7},
		{"22526.00", Below, 0}, {"22526.01", Below, 0}, {"22525.99", Below, 7},
	} {
		text := "household,size,household_income\n1,7," + test.income + "\n"
		report := measure(t, text, Options{Line: "3218", Cmp: test.cmp, LonePSU: LoneRemove})
		expect(t, test.income+" "+string(test.cmp), report, Key{Measure: "poor", Unit: Persons}, test.poor, math.NaN())
	}
	own := "household,size,income,line\n1,1,3000,3000\n2,1,3000,2999.99\n3,1,3000,3000.01\n"
	expect(t, "own lines", measure(t, own, Options{}), Key{Measure: "poor", Unit: Persons}, 2, math.NaN())
}

// TestConventions changes one convention at a time over incomes of -100, 0, 50 and 300, line 100.
func TestConventions(t *testing.T) {
	const text = "household,size,income\n1,1,-100\n2,1,0\n3,1,50\n4,1,300\n"
	ln2 := math.Log(2)
	for _, test := range []struct {
		name    string
		o       Options
		measure string
		value   float64
	}{
		{"capped", Options{}, "fgt1", 2.5 / 4},
		{"uncapped", Options{Negative: UncapGap}, "fgt1", 3.5 / 4},
		{"capped", Options{}, "fgt2", 2.25 / 4},
		{"uncapped", Options{Negative: UncapGap}, "fgt2", 5.25 / 4},
		{"the money to the line knows no cap", Options{}, "shortfall_total", 350},
		{"error", Options{}, "watts", math.NaN()},
		{"drop", Options{Watts: WattsDropNumerator}, "watts", ln2 / 4},
		{"exclude", Options{Watts: WattsExclude}, "watts", ln2 / 2},
		{"floor", Options{Watts: WattsFloor, WattsFloor: "1"}, "watts", (2*math.Log(100) + ln2) / 4},
		{"a floor above an income", Options{Watts: WattsFloor, WattsFloor: "60"}, "watts", 3 * math.Log(100.0/60) / 4},
		{"a floor at the line", Options{Watts: WattsFloor, WattsFloor: "100"}, "watts", math.NaN()},
		// pairs: 100+150+400+50+300+250 = 1250; 2 x 1250/16 over twice the mean of 62.5
		{"negative", Options{}, "gini", 1.25},
	} {
		test.o.Line = "100"
		report := measure(t, text, test.o)
		got, ok := report.Areas[0].Find(Key{Measure: test.measure, Unit: Persons})
		if !ok || got.Value.Known() == math.IsNaN(test.value) || got.Value.Known() && !near(float64(got.Value), test.value, 1e-12) {
			t.Errorf("%s: %s is %v (%s), want %v", test.name, test.measure, got.Value, got.Note, test.value)
		}
		if !got.Value.Known() && got.Note == "" {
			t.Errorf("%s: %s has neither a value nor a reason", test.name, test.measure)
		}
		if report.Areas[0].Negative != 1 || report.Areas[0].Nonpositive != 2 {
			t.Errorf("%d below zero, %d of zero or less", report.Areas[0].Negative, report.Areas[0].Nonpositive)
		}
	}
	undefined := measure(t, "household,size,income\n1,1,-100\n2,1,50\n", Options{Line: "100"})
	if g, _ := undefined.Areas[0].Find(Key{Measure: "gini", Unit: Persons}); g.Value.Known() || g.Note == "" {
		t.Errorf("a Gini of %v without income to share", g.Value)
	}
	rich := measure(t, "household,size,income\n1,1,500\n2,1,150\n", Options{Line: "100"})
	if e, _ := rich.Areas[0].Find(Key{Measure: "shortfall_per_poor", Unit: Persons}); e.Value.Known() || e.Note != nobodyPoor {
		t.Errorf("a shortfall of %v a poor person where nobody is poor", e.Value)
	}
}

// TestMissing leaves a household without income out of the measures and keeps it in the population and in the design.
func TestMissing(t *testing.T) {
	const text = "household,size,income,stratum,cluster\n1,1,50,a,1\n2,1,,a,2\n3,1,150,a,3\n"
	o := Options{Line: "100"}
	report := measure(t, text, o)
	expect(t, "missing", report, Key{Measure: "population", Unit: Persons}, 3, 0)
	// The scores are 1/4, none and -1/4, with three clusters: 3/2 x 2/16.
	expect(t, "missing", report, Key{Measure: "headcount", Unit: Persons}, 0.5, math.Sqrt(3.0/16))
	if got, _ := report.Areas[0].Find(Key{Measure: "headcount", Unit: Persons}); got.N != 2 || report.Data.MissingIncome != 1 {
		t.Errorf("n %d, missing %d", got.N, report.Data.MissingIncome)
	}
	o.Missing = MissingError
	if _, err := Measure(read(t, text, o), o); err == nil || !strings.Contains(err.Error(), "1 households have none") {
		t.Errorf("missing income under error: %v", err)
	}
	zero := "household,size,income,line\n1,1,50,100\n2,1,0,0\n"
	if _, err := Measure(read(t, zero, Options{}), Options{}); err == nil || !strings.Contains(err.Error(), "zero line") {
		t.Errorf("zero line under error: %v", err)
	}
	report = measure(t, zero, Options{ZeroLine: ZeroLineExclude})
	expect(t, "zero line", report, Key{Measure: "headcount", Unit: Persons}, 1, math.NaN())
	if report.Data.ZeroLine != 1 {
		t.Errorf("%d households with a line of zero", report.Data.ZeroLine)
	}
}

// TestIndex works out an index by hand: weights 1, 1, 2 over four, cutoff 2.
//
//	household  a b c  count
//	1          1 1 0  2  poor
//	2          0 0 1  2  poor
//	3          1 0 0  1
//	4          0 0 0  0
//
// H = 2/4, M0 = (2+2)/16, A = (2+2)/(2 x 4) = 1/2; a: uncensored 2/4, censored 1/4, contribution (1/4 x 1/4)/M0 = 1/4.
func TestIndex(t *testing.T) {
	const text = "household,size,a,b,c\n1,1,1,1,0\n2,1,0,0,1\n3,1,1,0,0\n4,1,0,0,0\n"
	o := Options{MPI: "a:1,b:1,c:2;k=2"}
	report := measure(t, text, o)
	none := math.NaN()
	key := func(measure, indicator string, cutoff int) Key {
		return Key{Measure: measure, Unit: Persons, Indicator: indicator, Cutoff: cutoff}
	}
	expect(t, "index", report, key("mpi_h", "", 0), 0.5, none)
	expect(t, "index", report, key("mpi_a", "", 0), 0.5, none)
	expect(t, "index", report, key("mpi_m0", "", 0), 0.25, none)
	expect(t, "index", report, key("mpi_uncensored", "a", 0), 0.5, none)
	expect(t, "index", report, key("mpi_censored", "a", 0), 0.25, none)
	expect(t, "index", report, key("mpi_contribution", "a", 0), 0.25, none)
	expect(t, "index", report, key("mpi_contribution", "c", 0), 0.5, none)
	expect(t, "index", report, key("mpi_h_at", "", 1), 0.75, none)
	expect(t, "index", report, key("mpi_m0_at", "", 1), 5.0/16, none)
	expect(t, "index", report, key("mpi_h_at", "", 3), 0, none)

	nobody := measure(t, text, Options{MPI: "a:1,b:1,c:2;k=4"})
	for _, measure := range []string{"mpi_a", "mpi_contribution"} {
		k := key(measure, "", 0)
		if measure == "mpi_contribution" {
			k.Indicator = "a"
		}
		if e, ok := nobody.Areas[0].Find(k); !ok || e.Value.Known() || e.Note != nobodyPoor {
			t.Errorf("%v is %v where nobody is poor", k, e.Value)
		}
	}
	joined := measure(t, text, Options{MPI: "either=a|c:1,b:1;k=1"})
	expect(t, "union", joined, key("mpi_uncensored", "either", 0), 0.75, none)
}

// TestIndexMissing has one household whose only unknown answer would decide.
func TestIndexMissing(t *testing.T) {
	const text = "household,size,a,b\n1,1,1,\n2,1,1,1\n3,1,0,0\n4,1,1,1\n"
	h := Key{Measure: "mpi_h", Unit: Persons}
	low, high := h, h
	low.Bound, high.Bound = "low", "high"
	none := math.NaN()
	o := Options{MPI: "a:1,b:1;k=2"}
	report := measure(t, text, o)
	if e, _ := report.Areas[0].Find(Key{Measure: "mpi_m0", Unit: Persons}); e.Value.Known() || !strings.Contains(e.Note, "1 households") {
		t.Errorf("missing under error: %v, %s", e.Value, e.Note)
	}
	o.MPIMissing = IndicatorExclude
	expect(t, "exclude", measure(t, text, o), h, 2.0/3, none)
	o.MPIMissing = IndicatorNotDeprived
	expect(t, "not deprived", measure(t, text, o), h, 0.5, none)
	o.MPIMissing = IndicatorBounds
	report = measure(t, text, o)
	expect(t, "bounds", report, low, 0.5, none)
	expect(t, "bounds", report, high, 0.75, none)

	// An answer that is missing changes nothing where another column already says deprived.
	o = Options{MPI: "either=a|b:1;k=1"}
	expect(t, "union", measure(t, text, o), h, 0.75, none)
}

func TestParseMPI(t *testing.T) {
	mpi, err := ParseMPI("guarantees")
	if err != nil || len(mpi.Indicators) != 5 || mpi.base() != 60 || mpi.Cutoff != 12 || len(mpi.columns()) != 6 {
		t.Errorf("guarantees: %+v, %v", mpi, err)
	}
	if got := mpi.attainable(); len(got) != 5 || got[0] != 12 || got[4] != 60 {
		t.Errorf("attainable %v", got)
	}
	for _, text := range []string{"", "a:1", "a;k=1", "a:0;k=1", "a:1.5;k=1", "a:1,a:2;k=1", ":1;k=1", "a=|b:1;k=1", "a:1;k=2", "a:1;k=0", "a:1;k=x", "a:2000;k=1"} {
		if mpi, err := ParseMPI(text); err == nil {
			t.Errorf("%q was read as %+v", text, mpi)
		}
	}
}

// TestTargeting: poor are 1, 2, 3 of five; registered are 1, 2 and 4; the score of a poor one is higher in 5 of 6 pairs and ties once.
func TestTargeting(t *testing.T) {
	const text = "household,size,income,registered,score\n1,1,10,1,9\n2,1,20,1,8\n3,1,30,0,4\n4,1,200,1,4\n5,1,300,0,1\n"
	report := measure(t, text, Options{Line: "100"})
	none := math.NaN()
	for measure, value := range map[string]float64{
		"under_coverage": 1.0 / 3, "coverage": 2.0 / 3, "leakage": 1.0 / 3, "registered_share": 0.6,
		"cgh":      2.0 / 3 / 0.4, // the poorest two of five hold two of three registrations
		"roc_area": 5.5 / 6,
	} {
		expect(t, "targeting", report, Key{Measure: measure, Unit: Persons}, value, none)
	}
	report = measure(t, text, Options{Line: "100", HighScore: HighIsNonpoor})
	expect(t, "turned", report, Key{Measure: "roc_area", Unit: Persons}, 0.5/6, none)
}

// TestChange: real incomes (over the line) go from 0.5, 1.5, 2 to 0.8, 1.5, 4.
func TestChange(t *testing.T) {
	o := Options{Waves: Panel}
	first := read(t, "household,size,income,line\n1,1,50,100\n2,1,150,100\n3,1,200,100\n", o)
	second := read(t, "household,size,income,line\n1,1,160,200\n2,1,300,200\n3,1,800,200\n", o)
	report, err := Compare(first, second, o)
	if err != nil {
		t.Fatal(err)
	}
	g := report.Change[0].Growth
	for _, want := range []struct {
		what       string
		got, value Number
	}{
		{"mean", g.Mean, 6.3/4 - 1},
		{"first tenth", g.Incidence[0].Rate, 0.6},
		{"half", g.Incidence[4].Rate, 0},
		{"ninth tenth", g.Incidence[8].Rate, 1},
		{"pro-poor", g.ProPoor, Number(math.Log(0.8 / 0.5))}, // (ln 2 - ln 1.25)/3 over 1/3
		// Gaps: 0.5/3 before, 0.2/3 after. Incomes before x 6.3/4: 0.7875, gap 0.2125/3. Incomes after x 4/6.3: 0.8 -> 0.50794,
		// 1.5 -> 0.95238: gaps (0.49206+0.04762)/3.
		{"growth", g.Parts[1].Growth, (0.2125 - 0.5) / 3},
		{"redistribution", g.Parts[1].Redistribution, (2 - 2.3*4/6.3 - 0.5) / 3},
		{"residual", g.Parts[1].Residual, (0.2-0.5)/3 - (0.2125-0.5)/3 - (2-2.3*4/6.3-0.5)/3},
		{"Shapley growth", g.Parts[1].ShapleyGrowth, ((0.2125-0.5)/3 + (0.2-(2-2.3*4/6.3))/3) / 2},
		{"Shapley sum", g.Parts[1].ShapleyGrowth + g.Parts[1].ShapleyRedistribution, -0.1},
	} {
		if !near(float64(want.got), float64(want.value), 1e-12) {
			t.Errorf("%s is %v, want %v", want.what, want.got, want.value)
		}
	}
	for _, c := range report.Change[0].Changes {
		if c.Measure == "headcount" && (c.Change != 0 || c.SE != 0 || c.P.Known()) {
			t.Errorf("a panel in which nobody's poverty changed has change %v, error %v, p %v", c.Change, c.SE, c.P)
		}
	}
}

// TestChangeRefused lists the waves that cannot be compared as a panel.
func TestChangeRefused(t *testing.T) {
	o := Options{Line: "100", Waves: Panel}
	named := read(t, "household,size,income\n1,1,50\n2,1,50\n", o)
	other := read(t, "household,size,income\n8,1,50\n9,1,50\n", o)
	nameless := read(t, "size,income\n1,50\n1,60\n", o)
	finite := read(t, "household,size,income,stratum,cluster,stratum_clusters\n1,1,50,a,1,9\n2,1,50,a,2,9\n", o)
	for want, pair := range map[string][2]*Sample{
		"no cluster is in both":   {named, other},
		"without a cluster or an": {named, nameless},
		"stratum_clusters":        {finite, finite},
	} {
		if _, err := Compare(pair[0], pair[1], o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	o.Waves = Independent
	report, err := Compare(nameless, nameless, o)
	if err != nil || report.Wave2.SharedClusters != 0 {
		t.Errorf("independent waves of nameless households: %v", err)
	}
	o = Options{Line: "100", By: "place"}
	first := read(t, "place,size,income\nx,1,50\ny,1,60\n", o)
	second := read(t, "place,size,income\ny,1,50\nz,1,600\n", o)
	report, err = Compare(first, second, o)
	if err != nil || len(report.Areas) != 3 || len(report.Wave2.Areas) != 3 || len(report.Change) != 2 || report.Change[1].Area != "y" {
		t.Errorf("areas of which one is in both waves: %+v, %v", report, err)
	}
}
