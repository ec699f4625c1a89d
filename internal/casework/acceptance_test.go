package casework_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/casework"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/acceptance"
	"lastmile/internal/procedure"
)

func rulesOf(form acceptance.Form) acceptance.Rulebook {
	return acceptance.Rulebook{ID: "test", Incidence: 300, WrongExit: 200, Omission: 200, Satisfaction: 9000, Form: form, Level: 0.95, FewErrors: 4, LonePSU: poverty.LoneAdjust}
}

// sample makes single persons of a group in villages of a stratum, of which the first are in error.
func sample(stratum string, group acceptance.Group, villages, each, errors int, weight float64) []acceptance.Visit {
	var list []acceptance.Visit
	for v := range villages {
		for range each {
			visit := acceptance.Visit{Stratum: stratum, Village: fmt.Sprint(stratum, v), Household: fmt.Sprint(stratum, group, len(list)), Group: group,
				Persons: 1, Weight: weight, Outcome: acceptance.Completed, Satisfied: poverty.Yes}
			if len(list) < errors {
				visit.InError = 1
			}
			list = append(list, visit)
		}
	}
	return list
}

func measuredBy(t *testing.T, c acceptance.County, visits []acceptance.Visit, form acceptance.Form) []string {
	t.Helper()
	result, err := acceptance.Check(c, visits, rulesOf(form))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := casework.Measured(result)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// Edge case 17: the sample drawn twice with the same seed is the same list; a village with fewer households than the quota gives all it has and is named; a reserve stands in for who
// refused, and who refused counts for nothing.
func TestEdgeCase17Sample(t *testing.T) {
	var list []acceptance.Listed
	for v, households := range []int{30, 30, 3} {
		for h := range households {
			list = append(list, acceptance.Listed{Stratum: "poor", Village: fmt.Sprint("v", v), Household: fmt.Sprintf("h%d-%02d", v, h), Group: acceptance.Exited})
		}
	}
	plan := acceptance.Plan{Seed: "2019-03-15 lottery 4711", Villages: map[string]int{"poor": 3}, Households: map[acceptance.Group]int{acceptance.Exited: 5}, Reserves: 2}
	first, err := acceptance.Draw(list, plan)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(list)
	again, err := acceptance.Draw(list, plan)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, again) {
		t.Error("the same seed draws another list")
	}
	if len(first.Shortages) == 0 || first.Shortages[0].Village != "v2" || first.Shortages[0].Has != 3 {
		t.Errorf("shortages are %v, want village v2 with 3 households", first.Shortages)
	}
	visits := append(sample("poor", acceptance.Exited, 2, 50, 0, 1), sample("others", acceptance.NonRegistered, 2, 50, 0, 1)...)
	refused := visits[0]
	refused.Household, refused.Outcome, refused.Satisfied = "refused", acceptance.Refused, poverty.Unknown
	visits[0].Replaces = "refused"
	visits = append(visits, refused)
	got := measuredBy(t, acceptance.County{RuralPopulation: 10_000, Remaining: 100, Exited: 2_000, NonRegistered: 7_900}, visits, acceptance.Published)
	if want := []string{"composite_incidence=1/100", "wrong_exit_rate=0/100", "omission_rate=0/100", "satisfaction=200/200"}; !slices.Equal(got, want) {
		t.Errorf("the check states %q, want %q", got, want)
	}
}

// holds tells whether the measurements keep every condition of the assessment of a county.
func holds(t *testing.T, lines []string) bool {
	t.Helper()
	library, err := procedure.Published()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := library.Get("county-exit-xinjiang")
	assessment := p.Steps[slices.IndexFunc(p.Steps, func(s procedure.Step) bool { return s.ID == "assessment" })]
	measured, err := (&casework.Step{Measured: lines}).Ratios()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range assessment.Conditions {
		if ratio, ok := measured[c.Measure]; !ok || !c.Holds(ratio) {
			return false
		}
	}
	return true
}

// Edge case 18: the raw ratio passes, 9 of 1,000, and the weighted estimate, 7.5 percent, fails. The form by which the rulebook decides is what the case is held against.
func TestEdgeCase18RawPassesWeightedFails(t *testing.T) {
	visits := slices.Concat(sample("big", acceptance.Exited, 9, 100, 0, 2), sample("small", acceptance.Exited, 4, 25, 9, 90), sample("big", acceptance.NonRegistered, 9, 100, 0, 2))
	c := acceptance.County{RuralPopulation: 1_000_000, Remaining: 100, Exited: 10_000, NonRegistered: 900_000}
	if lines := measuredBy(t, c, visits, acceptance.Published); !holds(t, lines) {
		t.Errorf("by the published form the county fails: %q", lines)
	}
	if lines := measuredBy(t, c, visits, acceptance.Design); holds(t, lines) {
		t.Errorf("by the weighted form the county passes: %q", lines)
	}
}

// Edge case 19: everybody registered is out, and the composite incidence is above the registered one because errors of the sample are extrapolated. What it is made of stands line by line, and
// the case keeps numerator and denominator.
func TestEdgeCase19CompositeAboveRegistered(t *testing.T) {
	visits := append(sample("all", acceptance.Exited, 10, 100, 19, 1), sample("all", acceptance.NonRegistered, 10, 100, 19, 1)...)
	c := acceptance.County{RuralPopulation: 100_000, Remaining: 0, Exited: 30_000, NonRegistered: 70_000}
	result, err := acceptance.Check(c, visits, rulesOf(acceptance.Published))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := casework.Measured(result)
	if err != nil {
		t.Fatal(err)
	}
	if lines[0] != "composite_incidence=19/1000" || !holds(t, lines) {
		t.Errorf("the composite is stated as %s, want 19 of 1,000, which passes", lines[0])
	}
	var terms []string
	for _, term := range result.Indicators[0].Terms {
		terms = append(terms, fmt.Sprintf("%s %.0f", term.Name, term.Persons))
	}
	if got, want := strings.Join(terms, "; "), "registered and remaining 0; omitted, extrapolated 1330; wrongly exited, extrapolated 570"; got != want {
		t.Errorf("it is made of %q, want %q", got, want)
	}
}
