package acceptance

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"lastmile/internal/poverty"
)

func rules(form Form) Rulebook {
	return Rulebook{ID: "test", Incidence: 300, WrongExit: 200, Omission: 200, Satisfaction: 9000, Form: form, Level: 0.95, FewErrors: 4}
}

// visits makes n single persons of a group in each of so many villages of a stratum, of which the first errors are in error.
func visits(stratum string, group Group, villages, n, errors int, weight float64) []Visit {
	var list []Visit
	for v := range villages {
		for range n {
			visit := Visit{
				Stratum: stratum, Village: fmt.Sprint(stratum, v), Household: fmt.Sprint(stratum, group, len(list)), Group: group,
				Persons: 1, Weight: weight, Outcome: Completed, Satisfied: poverty.Yes,
			}
			if len(list) < errors {
				visit.InError = 1
			}
			list = append(list, visit)
		}
	}
	return list
}

func TestPublishedByWholeNumbers(t *testing.T) {
	for _, test := range []struct {
		villages, each, errors int
		want                   Verdict
	}{
		{1, 1951, 39, Pass}, // 1.9990 percent, printed 2.0
		{10, 100, 20, Fail}, // exactly 2 percent is not below it
		{10, 100, 19, Pass},
	} {
		result := mustCheck(t, County{RuralPopulation: 100_000}, visits("a", Exited, test.villages, test.each, test.errors, 3.7), rules(Published))
		wrong := result.Indicators[1]
		if wrong.Published.Verdict != test.want || wrong.Published.Of != int64(test.errors) || wrong.Published.Per != int64(test.villages*test.each) {
			t.Errorf("%d of %d: %+v, want %s", test.errors, test.villages*test.each, wrong.Published, test.want)
		}
		if wrong.Design.Verdict != test.want {
			t.Errorf("%d of %d: equal weights change the verdict: %+v", test.errors, test.villages*test.each, wrong.Design)
		}
	}
	for satisfied, want := range map[int]Verdict{90: Pass, 89: Fail} {
		list := visits("a", Remaining, 10, 10, 0, 1)
		for i := range list[:100-satisfied] {
			list[i].Satisfied = poverty.No
		}
		if got := mustCheck(t, County{RuralPopulation: 1}, list, rules(Published)).Indicators[3]; got.Verdict != want || got.InError != 100-satisfied {
			t.Errorf("%d of 100 satisfied: %+v, want %s", satisfied, got, want)
		}
	}
}

// TestComposite: all registered people are out, and the composite incidence is above zero all the same: 1 percent of 30 000 exited and 2 percent
// of 60 000 non-registered are 300 and 1 200 of 100 000.
func TestComposite(t *testing.T) {
	list := append(visits("a", Exited, 10, 100, 10, 2), visits("b", NonRegistered, 10, 50, 10, 5)...)
	county := County{RuralPopulation: 100_000, Remaining: 500, Exited: 30_000, NonRegistered: 60_000}
	result := mustCheck(t, county, list, rules(Published))
	composite := result.Indicators[0]
	if !near(composite.Published.Value, 0.02) || composite.Verdict != Pass {
		t.Errorf("%+v", composite)
	}
	var persons, share poverty.Number
	for i, want := range []poverty.Number{500, 1200, 300} {
		if !near(composite.Terms[i].Persons, float64(want)) {
			t.Errorf("term %+v, want %v persons", composite.Terms[i], want)
		}
		persons += composite.Terms[i].Persons
		share += composite.Terms[i].Share
	}
	if !near(persons/100_000, float64(composite.Published.Value)) || !near(share, float64(composite.Published.Value)) {
		t.Errorf("the terms add up to %v persons, %v", persons, share)
	}
	// Two samples in villages of their own: the variances add.
	wrong, omission := result.Indicators[1].Design, result.Indicators[2].Design
	want := math.Hypot(0.3*float64(wrong.SE), 0.6*float64(omission.SE))
	if !near(composite.Design.SE, want) || !(composite.Design.SE > 0) {
		t.Errorf("error %v, want %v", composite.Design.SE, want)
	}
	if result.Indicators[2].Verdict != Fail || result.Verdict != Fail {
		t.Errorf("2 percent omitted is not below 2 percent: %s, %s", result.Indicators[2].Verdict, result.Verdict)
	}
}

// TestWeightsDecide: villages drawn at one tenth hide the errors in villages drawn at one half. The raw ratio is 9/1000, the weighted one
// (2 x 0 + 90 x 9)/(2 x 900 + 90 x 100) = 7.5 percent.
func TestWeightsDecide(t *testing.T) {
	list := append(visits("big", Exited, 9, 100, 0, 2), visits("small", Exited, 4, 25, 9, 90)...)
	for form, want := range map[Form]Verdict{Published: Pass, Design: Fail, Bound: Fail} {
		result := mustCheck(t, County{RuralPopulation: 1000}, list, rules(form))
		wrong := result.Indicators[1]
		if wrong.Verdict != want || !near(wrong.Published.Value, 0.009) || !near(wrong.Design.Value, 0.075) {
			t.Errorf("%s: %+v, want %s", form, wrong, want)
		}
	}
}

// TestErrorByHand: two villages of 4 single persons, unweighted, with 2 and 0 in error. The score is (error - 1/4)/8, totals (2 - 1)/8 and
// (0 - 1)/8, variance 2/1 x 2/64 = 1/16. With one degree of freedom the 95 percent point of t is 6.3138.
func TestErrorByHand(t *testing.T) {
	book := rules(Bound)
	book.FewErrors = 1
	wrong := mustCheck(t, County{RuralPopulation: 1}, visits("a", Exited, 2, 4, 2, 1), book).Indicators[1].Design
	if !near(wrong.Value, 0.25) || !near(wrong.SE, 0.25) || math.Abs(float64(wrong.Bound)-(0.25+0.25*6.313751514675)) > 1e-9 || !strings.Contains(wrong.BoundFrom, "linearised") {
		t.Errorf("%+v", wrong)
	}
}

// TestExactBound compares with the closed form for none in error, 1 - 0.05^(1/n), and with the bound solved from the binomial sum itself.
func TestExactBound(t *testing.T) {
	for _, n := range []int{10, 59, 149, 1000} {
		if got := binomialUpper(0, n, 0.95); math.Abs(got-(1-math.Pow(0.05, 1/float64(n)))) > 1e-12 {
			t.Errorf("none of %d: %v", n, got)
		}
		for x := 1; x <= 4; x++ {
			p := binomialUpper(x, n, 0.95)
			var tail float64
			for k := 0; k <= x; k++ {
				logs, _ := math.Lgamma(float64(n + 1))
				a, _ := math.Lgamma(float64(k + 1))
				b, _ := math.Lgamma(float64(n - k + 1))
				tail += math.Exp(logs - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
			}
			if math.Abs(tail-0.05) > 1e-8 {
				t.Errorf("%d of %d: at the bound %v so few or fewer have chance %v, want 0.05", x, n, p, tail)
			}
		}
	}
	if binomialUpper(3, 3, 0.95) != 1 {
		t.Error("all in error must leave a bound of one")
	}
	// No error in 149 households bounds the rate below 2 percent at 95 percent; in 148 it does not.
	for n, want := range map[int]Verdict{149: Pass, 148: Fail} {
		wrong := mustCheck(t, County{RuralPopulation: 1}, visits("a", Exited, n, 1, 0, 1), rules(Bound)).Indicators[1]
		if wrong.Verdict != want || !strings.Contains(wrong.Design.BoundFrom, "design effect 1") {
			t.Errorf("none of %d: %+v, want %s", n, wrong, want)
		}
	}
	// Satisfaction is bounded from below: with one not satisfied, 46 households are what 90 percent takes, 45 are too few.
	for n, want := range map[int]Verdict{46: Pass, 45: Fail} {
		list := visits("a", Remaining, n, 1, 0, 1)
		list[0].Satisfied = poverty.No
		if got := mustCheck(t, County{RuralPopulation: 1}, list, rules(Bound)).Indicators[3].Design; !near(got.Bound, 1-binomialUpper(1, n, 0.95)) || got.BoundVerdict != want {
			t.Errorf("1 of %d: %+v, want %s", n, got, want)
		}
	}
}

// TestCompositeBound: with no error found, the composite is bounded by the exact bounds of both parts at 97.5 percent each.
func TestCompositeBound(t *testing.T) {
	list := append(visits("a", Exited, 10, 50, 0, 1), visits("b", NonRegistered, 10, 50, 0, 1)...)
	county := County{RuralPopulation: 100_000, Remaining: 100, Exited: 20_000, NonRegistered: 79_900}
	got := mustCheck(t, county, list, rules(Bound)).Indicators[0]
	zero := 1 - math.Pow(0.025, 1.0/500)
	if want := (100 + zero*99_900) / 100_000; math.Abs(float64(got.Design.Bound)-want) > 1e-12 || got.Verdict != Pass {
		t.Errorf("%+v, want a bound of %v", got, want)
	}
	counted := mustCheck(t, County{RuralPopulation: 1000, Remaining: 29}, list, rules(Bound)).Indicators[0]
	if !near(counted.Design.Bound, 0.029) || counted.Verdict != Pass {
		t.Errorf("nothing to extrapolate: %+v", counted)
	}
}

// TestNotAnswered: a refusal leaves the ratios and stays in the count, and what replaced it counts.
func TestNotAnswered(t *testing.T) {
	list := visits("a", Exited, 4, 5, 1, 2)
	list[7].Outcome, list[7].Satisfied = Refused, poverty.Unknown
	list[8].Outcome, list[8].Satisfied = Away, poverty.Unknown
	list = append(list, Visit{Stratum: "a", Village: list[7].Village, Household: "r", Group: Exited, Persons: 3, Weight: 2, Outcome: Completed, Replaces: list[7].Household})
	result := mustCheck(t, County{RuralPopulation: 1}, list, rules(Published))
	wrong, satisfaction := result.Indicators[1], result.Indicators[3]
	if wrong.NoAnswer != 2 || wrong.Visited != 19 || wrong.Published.Per != 21 || result.Replaced != 1 {
		t.Errorf("%+v, %d replaced", wrong, result.Replaced)
	}
	if satisfaction.Visited != 18 || satisfaction.Published.Per != 18 {
		t.Errorf("the one who was not asked counts: %+v", satisfaction)
	}
}

// TestUndetermined: a lone village leaves the published form as it is and the bound by the standard error undetermined, with the reason; where
// nobody was visited nothing is determined.
func TestUndetermined(t *testing.T) {
	list := append(visits("a", Exited, 3, 20, 6, 1), visits("lone", Exited, 1, 20, 0, 1)...)
	result := mustCheck(t, County{RuralPopulation: 100, NonRegistered: 50}, list, rules(Bound))
	wrong := result.Indicators[1]
	if wrong.Published.Verdict != Fail || wrong.Verdict != Undetermined || !strings.Contains(wrong.Design.Note, `stratum "lone"`) {
		t.Errorf("%+v", wrong)
	}
	for _, i := range []int{0, 2} {
		got := result.Indicators[i]
		if got.Verdict != Undetermined || got.Published.Verdict != Undetermined || got.Design.Note == "" {
			t.Errorf("%+v", got)
		}
	}
	book := rules(Bound)
	book.LonePSU = poverty.LoneAdjust
	if wrong := mustCheck(t, County{RuralPopulation: 100}, list, book).Indicators[1]; wrong.Verdict != Fail || !wrong.Design.Bound.Known() {
		t.Errorf("%+v", wrong)
	}
	if text, err := json.Marshal(result); err != nil || !strings.Contains(string(text), `"bound":null`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestCheckRefuses(t *testing.T) {
	good := County{RuralPopulation: 100}
	for want, change := range map[string]func(v []Visit, c *County, b *Rulebook) []Visit{
		"rural population": func(v []Visit, c *County, b *Rulebook) []Visit { c.RuralPopulation = 0; return v },
		"zero or more":     func(v []Visit, c *County, b *Rulebook) []Visit { c.Exited = -1; return v },
		"form":             func(v []Visit, c *County, b *Rulebook) []Visit { b.Form = ""; return v },
		"level":            func(v []Visit, c *County, b *Rulebook) []Visit { b.Level = 95; return v },
		"basis points":     func(v []Visit, c *County, b *Rulebook) []Visit { b.Omission = 20_000; return v },
		"there twice":      func(v []Visit, c *County, b *Rulebook) []Visit { return append(v, v[0]) },
		"group":            func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Group = ""; return v },
		"outcome":          func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Outcome = "maybe"; return v },
		"at least one":     func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Persons = 0; return v },
		"2 persons in err": func(v []Visit, c *County, b *Rulebook) []Visit { v[0].InError = 2; return v },
		"can find an erro": func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Group, v[0].InError = Remaining, 1; return v },
		"not interviewed":  func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Outcome = Away; return v },
		"not recorded":     func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Replaces = "nobody"; return v },
		"was interviewed":  func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Replaces = v[1].Household; return v },
		"weight":           func(v []Visit, c *County, b *Rulebook) []Visit { v[0].Weight = -1; return v },
		"another village": func(v []Visit, c *County, b *Rulebook) []Visit {
			v[9].Outcome, v[9].Satisfied = Away, poverty.Unknown
			v[0].Replaces = v[9].Household
			return v
		},
	} {
		county, book := good, rules(Published)
		list := change(visits("a", Exited, 2, 5, 0, 1), &county, &book)
		if _, err := Check(county, list, book); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func mustCheck(t *testing.T, county County, list []Visit, book Rulebook) *Result {
	t.Helper()
	result, err := Check(county, list, book)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func near(got poverty.Number, want float64) bool {
	return math.Abs(float64(got)-want) <= 1e-12*math.Max(1, math.Abs(want))
}
