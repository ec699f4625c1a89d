package poverty

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// near tells whether two numbers agree to a relative precision, or absolutely when they are small.
func near(a, b, precision float64) bool {
	return math.Abs(a-b) <= precision*max(1e-3, math.Abs(a), math.Abs(b))
}

func readFile(t *testing.T, path string, o Options) *Sample {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := ReadCSV(file, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSurveyPackage compares values and standard errors with those that R's survey package gave for the same file
// (testdata/survey.R makes testdata/survey.csv).
func TestSurveyPackage(t *testing.T) {
	file, err := os.Open("testdata/survey.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	golden, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	reports := map[string]*Report{}
	for _, row := range golden[1:] {
		name, policy, area := row[0], row[1], row[2]
		key := Key{Measure: row[3], Unit: Unit(row[4])}
		if percent, ok := strings.CutPrefix(key.Measure, "lorenz_"); ok {
			key.Measure = "lorenz"
			key.Percent, _ = strconv.Atoi(percent)
		}
		o := Options{Line: "4000", By: "area", Watts: WattsDropNumerator, LonePSU: LonePSU(policy)}
		if policy == "adjust" {
			o.LonePSU = LoneAdjustUncentred // survey leaves the score of a lone cluster as it is
		}
		if name == "one stage" {
			o.Ignore = []string{"stratum_clusters", "cluster_households"}
		}
		report := reports[name+policy]
		if report == nil {
			report, err = Measure(readFile(t, "testdata/households.csv", o), o)
			if err != nil {
				t.Fatal(err)
			}
			reports[name+policy] = report
		}
		for _, a := range report.Areas {
			if a.Area != area {
				continue
			}
			got, ok := a.Find(key)
			if !ok {
				t.Fatalf("no estimate %v", key)
			}
			value, _ := strconv.ParseFloat(row[5], 64)
			se, _ := strconv.ParseFloat(row[6], 64)
			if !near(float64(got.Value), value, 1e-11) || !near(float64(got.SE), se, 1e-10) {
				t.Errorf("%s, %s, area %q: %v of %s is %.15g with error %.15g, survey has %s with %s",
					name, policy, area, key, key.Unit, got.Value, got.SE, row[5], row[6])
			}
		}
	}
	if len(golden) < 150 {
		t.Errorf("only %d lines of golden values", len(golden))
	}
}

// lonely has a stratum of two clusters and a stratum of one. Unweighted, sizes one, line 10:
//
//	stratum  cluster  incomes   poor (le)  total of poor
//	a        1        5, 10     2          2
//	a        2        20, 8     1          1
//	b        3        4, 30     1          1
const lonely = `household,size,income,stratum,cluster
1,1,5,a,1
2,1,10,a,1
3,1,20,a,2
4,1,8,a,2
5,1,4,b,3
6,1,30,b,3
`

// TestLoneCluster works out every policy by hand. The total of poor is 4 whatever the policy, the headcount 4/6.
//
// Total: stratum a gives 2/1 x ((2-1.5)^2 + (1-1.5)^2) = 1. Stratum b: remove and certainty 0; adjust (1 - 4/3)^2 = 1/9;
// uncentred 1; average scales 1 by 2/1.
//
// Headcount: the score is ([poor] - 2/3)/6, cluster totals (2-4/3)/6 = 1/9, (1-4/3)/6 = -1/18, -1/18. Stratum a gives
// 2 x ((1/9-1/36)^2 + (-1/18-1/36)^2) = 2 x 2/144 = 1/36. The totals add up to zero, so both adjusts add (1/18)^2.
func TestLoneCluster(t *testing.T) {
	for _, test := range []struct {
		policy           LonePSU
		total, headcount float64 // variances
	}{
		{LoneRemove, 1, 1.0 / 36},
		{LoneCertainty, 1, 1.0 / 36},
		{LoneAdjust, 1 + 1.0/9, 1.0/36 + 1.0/324},
		{LoneAdjustUncentred, 2, 1.0/36 + 1.0/324},
		{LoneAverage, 2, 1.0 / 18},
	} {
		report := measure(t, lonely, Options{Line: "10", LonePSU: test.policy})
		expect(t, string(test.policy), report, Key{Measure: "poor", Unit: Persons}, 4, math.Sqrt(test.total))
		expect(t, string(test.policy), report, Key{Measure: "headcount", Unit: Persons}, 4.0/6, math.Sqrt(test.headcount))
	}
	_, err := Measure(read(t, lonely, Options{Line: "10"}), Options{})
	if err == nil || !strings.Contains(err.Error(), `stratum "b"`) {
		t.Errorf("by default a lone cluster is refused by name, got %v", err)
	}
	only := "household,size,income,stratum,cluster\n1,1,5,a,1\n2,1,6,b,1\n"
	if _, err := Measure(read(t, only, Options{Line: "10"}), Options{LonePSU: LoneAverage}); err == nil {
		t.Error("an average over no stratum was accepted")
	}
}

// TestLoneClusterOutsideArea checks that a lone stratum without anybody in the area still counts in adjust and average: with the
// whole of area x in stratum a, the grand mean is over all three clusters.
func TestLoneClusterOutsideArea(t *testing.T) {
	text := strings.ReplaceAll(strings.ReplaceAll(lonely, "stratum,cluster", "stratum,cluster,place"), "a,1\n", "a,1,x\n")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "a,2\n", "a,2,x\n"), "b,3\n", "b,3,y\n")
	for policy, variance := range map[LonePSU]float64{
		LoneRemove:          1,
		LoneAdjust:          2, // the grand mean is (2+1+0)/3 = 1 and the lone total 0
		LoneAdjustUncentred: 1,
		LoneAverage:         2,
	} {
		report := measure(t, text, Options{Line: "10", By: "place", LonePSU: policy})
		got, _ := report.Areas[1].Find(Key{Measure: "poor", Unit: Persons})
		if got.Value != 3 || !near(float64(got.SE), math.Sqrt(variance), 1e-12) {
			t.Errorf("%s: %v poor in x with error %v, want 3 with %v", policy, got.Value, got.SE, math.Sqrt(variance))
		}
	}
}

// TestFinitePopulation works out a two-stage total by hand: one stratum of N = 4 clusters, n = 2 drawn, M = 6 households in each of which
// m = 2 drawn. Poor by cluster: (1,1) and (1,0).
//
// First stage (1-1/2) x 2/1 x (1/4+1/4) = 1/2. Second stage: cluster 1 none; cluster 2: f x (1-2/6) x 2/1 x (1/4+1/4) = 1/2 x 2/3 = 1/3.
func TestFinitePopulation(t *testing.T) {
	text := `household,size,income,stratum,cluster,stratum_clusters,cluster_households
1,1,5,a,1,4,6
2,1,10,a,1,4,6
3,1,20,a,2,4,6
4,1,8,a,2,4,6
`
	report := measure(t, text, Options{Line: "10"})
	expect(t, "two stages", report, Key{Measure: "poor", Unit: Persons}, 3, math.Sqrt(0.5+1.0/3))

	everyone := strings.ReplaceAll(text, ",4,6", ",2,2")
	report = measure(t, everyone, Options{Line: "10"})
	expect(t, "all drawn", report, Key{Measure: "poor", Unit: Persons}, 3, 0)

	for text, want := range map[string]string{
		strings.ReplaceAll(text, ",4,6", ",1,6"):           "2 clusters in the sample and only 1",
		strings.ReplaceAll(text, ",4,6", ",4,1"):           "2 households in the sample and only 1",
		strings.Replace(text, "a,2,4,6", "a,2,5,6", 1):     "row 4, column stratum_clusters",
		strings.Replace(text, "8,a,2,4,6", "8,a,2,4,7", 1): "row 5, column cluster_households",
	} {
		o := Options{Line: "10"}
		s, err := ReadCSV(strings.NewReader(text), o)
		if err == nil {
			_, err = Measure(s, o)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestSelfRepresenting checks that a lone cluster that is the whole of its stratum is not a lone cluster to worry about.
func TestSelfRepresenting(t *testing.T) {
	text := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(lonely, "cluster\n", "cluster,stratum_clusters\n"), "a,1\n", "a,1,9\n"), "a,2\n", "a,2,9\n")
	text = strings.ReplaceAll(text, "b,3\n", "b,3,1\n")
	report := measure(t, text, Options{Line: "10"})
	expect(t, "certain", report, Key{Measure: "poor", Unit: Persons}, 4, math.Sqrt(1-2.0/9))
}

func TestCensusHasNoSamplingError(t *testing.T) {
	report := measure(t, lonely, Options{Line: "10", Sampling: Census})
	for _, e := range report.Areas[0].Estimates {
		if e.Measure == "quantile" {
			continue
		}
		if e.SE != 0 || e.Low != e.Value || e.High != e.Value {
			t.Errorf("%v: error %v, interval %v to %v around %v", e.Key, e.SE, e.Low, e.High, e.Value)
		}
	}
}

// TestInterval uses the table of Student's t: 2.776445 with 4 degrees of freedom, 97.5 percent.
func TestInterval(t *testing.T) {
	text := "household,size,income\n1,1,5\n2,1,6\n3,1,20\n4,1,20\n5,1,20\n"
	report := measure(t, text, Options{Line: "10"})
	got, _ := report.Areas[0].Find(Key{Measure: "headcount", Unit: Persons})
	se := math.Sqrt(0.4 * 0.6 / 4) // the classical p(1-p)/(n-1)
	if !near(float64(got.SE), se, 1e-12) || !near(float64(got.High), 0.4+2.7764451051977987*se, 1e-9) {
		t.Errorf("error %v, high %v", got.SE, got.High)
	}
	lone := measure(t, "household,size,income\n1,1,5\n", Options{Line: "10", LonePSU: LoneRemove})
	got, _ = lone.Areas[0].Find(Key{Measure: "headcount", Unit: Persons})
	if got.Low.Known() || got.High.Known() {
		t.Error("an interval without degrees of freedom")
	}
}

func read(t *testing.T, text string, o Options) *Sample {
	t.Helper()
	s, err := ReadCSV(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func measure(t *testing.T, text string, o Options) *Report {
	t.Helper()
	report, err := Measure(read(t, text, o), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// expect compares an estimate of the whole.
func expect(t *testing.T, what string, report *Report, key Key, value, se float64) {
	t.Helper()
	got, ok := report.Areas[0].Find(key)
	if !ok {
		t.Errorf("%s: no %v of %s", what, key, key.Unit)
		return
	}
	if !near(float64(got.Value), value, 1e-12) || !math.IsNaN(se) && !near(float64(got.SE), se, 1e-12) {
		t.Errorf("%s: %v of %s is %s with error %s, want %.12g with %.12g", what, key, key.Unit, fmt.Sprintf("%.12g", got.Value), fmt.Sprintf("%.12g", got.SE), value, se)
	}
}
