// Package procedure knows the official procedures of a poverty programme, step by step: how a household is identified,
// how a household, a village and a county leave poverty, how a county is accepted, and how a watch against relapse ends.
//
//	household exit, Gansu                                       who            at least
//	  pre-exit mark → appraisal → verification → signature      village, team
//	  → posting in the village                                  village        7 days
//	  → township check                                          township       3 people
//	  → second posting → county approval → announcement → deregistration
//
// A procedure is data: ordered steps, each with who acts, what evidence it leaves, how many people and days it needs,
// and what must be true. State looks at what has been recorded and says which steps are done, which one is next, and
// why it is not done. A step that is missing, too early, too short, by the wrong body, or without its evidence is not
// done, and nothing after it counts, whatever was recorded.
//
// Days are civil dates. The day a notice is put up is not counted, and its last day counts in full, so a notice of
// seven days put up on the 1st lets the next step happen on the 9th (Civil Code of China, articles 201 and 203: the
// first day is not counted, the last ends at midnight). Calendar days run over holidays; working days do not, and
// where the holidays are not on file the answer is "cannot tell", never a guess.
package procedure

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/acceptance"
	"lastmile/internal/rule"
)

// Procedure is an ordered list of steps that one kind of case goes through in one jurisdiction, for some time.
type Procedure struct {
	rule.Document
	Kind  Kind   `json:"kind"`
	Steps []Step `json:"steps"`

	calendar *date.Calendar
}

// Kind is what a procedure is for.
type Kind string

const (
	Identification Kind = "identification" // a household is registered as poor
	HouseholdExit  Kind = "household_exit" // a household leaves poverty
	VillageExit    Kind = "village_exit"   // a poor village leaves the list
	CountyExit     Kind = "county_exit"    // a county applies, is accepted and leaves the list
	EndOfWatch     Kind = "end_of_watch"   // a household watched against relapse is marked as out of risk
)

// Is tells whether a procedure is for this, to choose from a Library with.
func (k Kind) Is(p *Procedure) bool { return p.Kind == k }

// Step is one step of a procedure.
type Step struct {
	ID     string   `json:"id"`
	Actors []string `json:"actors"` // roles, any of which may act
	// Evidence lists the kinds of document the step leaves. An entry with bars gives alternatives: "signature|refusal".
	Evidence  []string `json:"evidence,omitempty"`
	PeopleMin int      `json:"people_min,omitempty"` // at least so many people act together
	// Days is how many full days the step lasts after the day it begins, counted as DayKind says. Objections raised
	// while it lasts keep it from being done until they are settled.
	Days       int         `json:"days,omitempty"`
	DayKind    DayKind     `json:"day_kind,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"` // what must be true, by what was measured
	// Sample says that the conditions are measured by a sample survey of the county, and by which form of the four indicators they are judged. Nobody states
	// them then: they follow from the sample that was drawn and from what came of each visit.
	Sample *Sample `json:"sample,omitempty"`
	rule.Text
}

// Sample is how the four indicators of an acceptance are judged. See package acceptance for what each setting means.
type Sample struct {
	Form      acceptance.Form `json:"form"`
	Level     float64         `json:"level"`      // of the one-sided bounds
	FewErrors int             `json:"few_errors"` // up to so many households in error the bound is the exact binomial one
	LonePSU   poverty.LonePSU `json:"lone_psu"`   // for a stratum with one village in the sample
}

// Rulebook is the limits of a step that is measured by a sample. Each condition is one of the four indicators, its limit in whole hundredths of a percent.
func (s *Step) Rulebook(id string) (acceptance.Rulebook, error) {
	book := acceptance.Rulebook{ID: id, Form: s.Sample.Form, Level: s.Sample.Level, FewErrors: s.Sample.FewErrors, LonePSU: s.Sample.LonePSU}
	limits := map[string]*acceptance.BasisPoints{"composite_incidence": &book.Incidence, "wrong_exit_rate": &book.WrongExit, "omission_rate": &book.Omission, "satisfaction": &book.Satisfaction}
	for _, c := range s.Conditions {
		limit, ok := limits[c.Measure]
		points := c.Limit.Count * 10_000
		switch {
		case !ok:
			return book, fmt.Errorf("condition %s is none of the four indicators of a sample, or is given twice", c.Measure)
		case c.Limit.Of <= 0 || points%c.Limit.Of != 0:
			return book, fmt.Errorf("condition %s: the limit %s is no whole number of hundredths of a percent", c.Measure, c.Limit)
		case c.Measure == "satisfaction" && c.Is != AtLeast || c.Measure != "satisfaction" && c.Is != Below:
			return book, fmt.Errorf("condition %s: a rate of errors is to be below its limit, satisfaction at least", c.Measure)
		}
		*limit = acceptance.BasisPoints(points / c.Limit.Of)
		delete(limits, c.Measure)
	}
	if len(limits) > 0 {
		return book, fmt.Errorf("a sample needs the conditions %s", strings.Join(slices.Sorted(maps.Keys(limits)), ", "))
	}
	return book, book.Check()
}

// DayKind says which days count.
type DayKind string

const (
	CalendarDays DayKind = "calendar"
	WorkingDays  DayKind = "working"
)

// Condition compares a measurement with a limit.
type Condition struct {
	Measure string     `json:"measure"`
	Is      Comparison `json:"is"`
	Limit   rule.Ratio `json:"limit"`
	rule.Text
}

// Comparison is how a measurement is compared with a limit.
type Comparison string

const (
	Below   Comparison = "below"
	AtMost  Comparison = "at_most"
	AtLeast Comparison = "at_least"
	Above   Comparison = "above"
)

// Holds reports whether a measurement keeps the condition.
func (c Condition) Holds(measured rule.Ratio) bool {
	order := measured.Compare(c.Limit)
	switch c.Is {
	case Below:
		return order < 0
	case AtMost:
		return order <= 0
	case AtLeast:
		return order >= 0
	case Above:
		return order > 0
	}
	return false
}

// Library is a collection of procedures to choose from, with InForce and Kind.Is.
type Library = rule.Library[*Procedure]

//go:embed procedures/*.json
var embedded embed.FS

// Published returns the embedded procedures, counting working days by China's national calendar.
var Published = sync.OnceValues(func() (*Library, error) {
	calendar, err := date.China()
	if err != nil {
		return nil, err
	}
	library := NewLibrary(calendar)
	return library, library.AddFiles(embedded, "procedures/*.json")
})

// NewLibrary returns an empty library that counts working days by a calendar.
func NewLibrary(calendar *date.Calendar) *Library {
	return rule.NewLibrary("procedure", func() *Procedure { return &Procedure{calendar: calendar} }, (*Procedure).validate)
}

const daysMax = 366 // of one step

// validate returns every mistake of a procedure at once.
func (p *Procedure) validate() error {
	var problems []error
	want := func(holds bool, format string, args ...any) {
		if !holds {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	want(slices.Contains([]Kind{Identification, HouseholdExit, VillageExit, CountyExit, EndOfWatch}, p.Kind), "kind %q: use identification, household_exit, village_exit, county_exit or end_of_watch", p.Kind)
	want(len(p.Steps) > 0, "steps is empty")
	problems = append(problems, p.Problems())
	for i, step := range p.Steps {
		at := fmt.Sprintf("steps[%d] (%s)", i, step.ID)
		want(step.ID != "", "%s: id is empty", at)
		want(!slices.ContainsFunc(p.Steps[:i], func(s Step) bool { return s.ID == step.ID }), "%s: given twice", at)
		want(step.Complete(), "%s: needs en and zh", at)
		want(len(step.Actors) > 0, "%s: actors is empty", at)
		want(step.PeopleMin >= 0, "%s: people_min is negative", at)
		want(step.Days >= 0 && step.Days <= daysMax, "%s: days must be 0 to %d", at, daysMax)
		want(step.Days == 0 || step.DayKind == CalendarDays || step.DayKind == WorkingDays, "%s: day_kind must be calendar or working", at)
		want(step.DayKind != WorkingDays || p.calendar != nil, "%s: working days need a calendar", at)
		want(!slices.ContainsFunc(step.Evidence, func(e string) bool { return slices.Contains(strings.Split(e, "|"), "") }), "%s: evidence has an empty entry", at)
		for k, c := range step.Conditions {
			at := fmt.Sprintf("%s conditions[%d] (%s)", at, k, c.Measure)
			want(c.Measure != "" && c.Complete(), "%s: needs measure, en and zh", at)
			want(slices.Contains([]Comparison{Below, AtMost, AtLeast, Above}, c.Is), "%s: is must be below, at_most, at_least or above", at)
			want(c.Limit.Of > 0, "%s: limit is missing", at)
		}
		if step.Sample != nil {
			_, err := step.Rulebook(p.ID)
			want(err == nil, "%s: %v", at, err)
		}
	}
	return errors.Join(problems...)
}
