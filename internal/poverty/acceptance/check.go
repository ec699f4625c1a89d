package acceptance

import (
	"fmt"
	"math/big"

	"lastmile/internal/poverty"
)

// County is what the register says of the county on the day of the check, in persons.
type County struct {
	RuralPopulation int64 `json:"rural_population"` // registered rural population, often frozen at a base year: the denominator of the composite
	Remaining       int64 `json:"remaining"`        // registered and still poor
	Exited          int64 `json:"exited"`           // registered and declared out of poverty: the wrong-exit rate is extrapolated to them
	NonRegistered   int64 `json:"non_registered"`   // rural and never registered: the omission rate is extrapolated to them
}

// Visit is what came of visiting a household of the sample, after verification and appeal.
type Visit struct {
	Stratum   string
	Village   string
	Household string
	Group     Group
	Persons   int     // rural persons of the household
	Weight    float64 // from the draw; of the household it stands in for when it is a reserve
	Outcome   Outcome
	Replaces  string         // household that this reserve stands in for
	InError   int            // of Persons: verified as wrongly exited (Exited) or omitted (NonRegistered)
	Satisfied poverty.Answer // unknown: not asked
}

// Outcome tells whether a household answered.
type Outcome string

const (
	Completed Outcome = "completed"
	Refused   Outcome = "refused"
	Away      Outcome = "away"
)

// Form is the form of an indicator that decides.
type Form string

const (
	Published Form = "published" // the unweighted ratio of the sample
	Design    Form = "design"    // the weighted estimate
	Bound     Form = "bound"     // the one-sided bound of the weighted estimate
)

// BasisPoints is a rate in hundredths of a percent: 200 is 2 percent.
type BasisPoints int64

// Rulebook is the limits of one place and year, and how they are applied.
type Rulebook struct {
	ID           string          `json:"id"`
	Incidence    BasisPoints     `json:"incidence"`    // the composite must be below
	WrongExit    BasisPoints     `json:"wrong_exit"`   // below
	Omission     BasisPoints     `json:"omission"`     // below
	Satisfaction BasisPoints     `json:"satisfaction"` // at or above
	Form         Form            `json:"form"`
	Level        float64         `json:"level"`      // of the one-sided bounds, such as 0.95
	FewErrors    int             `json:"few_errors"` // up to so many households in error (or not satisfied) the bound is the exact binomial one
	LonePSU      poverty.LonePSU `json:"lone_psu"`   // for a stratum with one village in the sample; empty: fail
}

// Verdict is what a rulebook says of an indicator.
type Verdict string

const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Undetermined Verdict = "undetermined" // nobody to judge by, or no bound
)

// Ratio is the published form of an indicator.
type Ratio struct {
	Of      int64          `json:"of"` // counted in the sample; zero for the composite, which has Terms
	Per     int64          `json:"per"`
	Value   poverty.Number `json:"value"`
	Verdict Verdict        `json:"verdict"`
}

// Estimate is the design form of an indicator.
type Estimate struct {
	Value        poverty.Number `json:"value"`
	SE           poverty.Number `json:"se"`
	Bound        poverty.Number `json:"bound"`      // on the bad side, at the rulebook's level
	BoundFrom    string         `json:"bound_from"` // how the bound was found, and what it takes for granted
	Verdict      Verdict        `json:"verdict"`    // of the value
	BoundVerdict Verdict        `json:"bound_verdict"`
	Note         string         `json:"note"` // why something is undetermined
}

// Indicator is one of the four.
type Indicator struct {
	Name      string       `json:"name"`
	Unit      poverty.Unit `json:"unit"`
	Limit     BasisPoints  `json:"limit"`
	Visited   int          `json:"visited"`   // households whose answer counts
	InError   int          `json:"in_error"`  // of them: in error, or not satisfied
	NoAnswer  int          `json:"no_answer"` // drawn or stood in for, and refused or away
	Published Ratio        `json:"published"`
	Design    Estimate     `json:"design"`
	Terms     []Term       `json:"terms"`   // of the composite
	Verdict   Verdict      `json:"verdict"` // by the rulebook's form
}

// Term is one addend of the composite incidence, in persons and as a share of the rural population.
type Term struct {
	Name       string         `json:"name"`
	Rate       poverty.Number `json:"rate"`       // found in the sample; 1 for those who are counted
	Population int64          `json:"population"` // that the rate is extrapolated to
	Persons    poverty.Number `json:"persons"`
	Share      poverty.Number `json:"share"`
}

// Result is the whole check.
type Result struct {
	Rulebook   Rulebook    `json:"rulebook"`
	County     County      `json:"county"`
	Indicators []Indicator `json:"indicators"` // composite incidence, wrong exit, omission, satisfaction
	Replaced   int         `json:"replaced"`   // households stood in for by a reserve
	Verdict    Verdict     `json:"verdict"`    // pass when all pass; fail when one fails
}

// Check computes the four indicators in both forms.
func Check(county County, visits []Visit, book Rulebook) (*Result, error) {
	if book.LonePSU == "" {
		book.LonePSU = poverty.LoneFail
	}
	if err := validate(county, visits, book); err != nil {
		return nil, err
	}
	survey, err := newSurvey(visits, book)
	if err != nil {
		return nil, err
	}
	wrong := survey.errors("wrong-exit rate", Exited, book.WrongExit)
	omission := survey.errors("omission rate", NonRegistered, book.Omission)
	satisfaction := survey.satisfaction()
	composite := survey.composite(county, wrong, omission)
	result := &Result{Rulebook: book, County: county, Verdict: Pass}
	for _, v := range visits {
		if v.Replaces != "" {
			result.Replaced++
		}
	}
	for _, rate := range []*rate{composite, wrong, omission, satisfaction} {
		indicator := rate.indicator
		switch book.Form {
		case Published:
			indicator.Verdict = indicator.Published.Verdict
		case Design:
			indicator.Verdict = indicator.Design.Verdict
		case Bound:
			indicator.Verdict = indicator.Design.BoundVerdict
		}
		switch {
		case indicator.Verdict == Fail:
			result.Verdict = Fail
		case indicator.Verdict == Undetermined && result.Verdict == Pass:
			result.Verdict = Undetermined
		}
		result.Indicators = append(result.Indicators, indicator)
	}
	return result, nil
}

// Check returns what is wrong with the rulebook itself.
func (book Rulebook) Check() error {
	switch {
	case book.Form != Published && book.Form != Design && book.Form != Bound:
		return fmt.Errorf("rulebook: form %q is not one of published, design, bound", book.Form)
	case !(book.Level > 0.5 && book.Level < 1):
		return fmt.Errorf("rulebook: level %v; give the level of one-sided bounds, such as 0.95", book.Level)
	case book.FewErrors < 0:
		return fmt.Errorf("rulebook: few errors %d; give 0 or more", book.FewErrors)
	}
	for name, limit := range map[string]BasisPoints{"incidence": book.Incidence, "wrong exit": book.WrongExit, "omission": book.Omission, "satisfaction": book.Satisfaction} {
		if limit < 0 || limit > 10_000 {
			return fmt.Errorf("rulebook: %s limit of %d basis points; 10000 is 100 percent", name, limit)
		}
	}
	return nil
}

func validate(county County, visits []Visit, book Rulebook) error {
	switch {
	case county.RuralPopulation <= 0:
		return fmt.Errorf("county: a rural population of %d; give the registered rural population, above zero", county.RuralPopulation)
	case county.Remaining < 0 || county.Exited < 0 || county.NonRegistered < 0:
		return fmt.Errorf("county: remaining %d, exited %d and non-registered %d persons must be zero or more", county.Remaining, county.Exited, county.NonRegistered)
	}
	if err := book.Check(); err != nil {
		return err
	}
	return CheckVisits(visits)
}

// CheckVisits returns what is wrong with the results of visits, which may be part of a survey.
func CheckVisits(visits []Visit) error {
	byID := map[string]Visit{}
	for _, v := range visits {
		switch _, twice := byID[v.Household]; {
		case v.Household == "" || v.Village == "":
			return fmt.Errorf("visit to household %q in village %q: both need a name", v.Household, v.Village)
		case twice:
			return fmt.Errorf("visit to %s: it is there twice; keep the last outcome", v.Household)
		case v.Group != Exited && v.Group != NonRegistered && v.Group != Remaining:
			return fmt.Errorf("visit to %s: group %q is not one of exited, non-registered, remaining", v.Household, v.Group)
		case v.Outcome != Completed && v.Outcome != Refused && v.Outcome != Away:
			return fmt.Errorf("visit to %s: outcome %q is not one of completed, refused, away", v.Household, v.Outcome)
		case v.Persons < 1:
			return fmt.Errorf("visit to %s: %d persons; a household has at least one", v.Household, v.Persons)
		case v.InError < 0 || v.InError > v.Persons:
			return fmt.Errorf("visit to %s: %d persons in error of %d", v.Household, v.InError, v.Persons)
		case v.InError > 0 && (v.Group == Remaining || v.Outcome != Completed):
			return fmt.Errorf("visit to %s: only a completed visit to an exited or non-registered household can find an error", v.Household)
		case v.Satisfied != poverty.Unknown && v.Outcome != Completed:
			return fmt.Errorf("visit to %s: a household that was not interviewed has no answer about satisfaction", v.Household)
		}
		byID[v.Household] = v
	}
	replaced := map[string]string{}
	for _, v := range visits {
		if v.Replaces == "" {
			continue
		}
		old, ok := byID[v.Replaces]
		switch {
		case !ok:
			return fmt.Errorf("visit to %s: it replaces %s, whose own outcome is not recorded; add it as refused or away", v.Household, v.Replaces)
		case old.Outcome == Completed:
			return fmt.Errorf("visit to %s: it replaces %s, which was interviewed", v.Household, v.Replaces)
		case old.Village != v.Village || old.Group != v.Group:
			return fmt.Errorf("visit to %s: it replaces %s of another village or group", v.Household, v.Replaces)
		case replaced[v.Replaces] != "":
			return fmt.Errorf("visit to %s: %s is already replaced by %s", v.Household, v.Replaces, replaced[v.Replaces])
		}
		replaced[v.Replaces] = v.Household
	}
	return nil
}

// judge compares an exact value with the limit; nil is undetermined.
func (limit BasisPoints) judge(value *big.Rat, atMost bool) Verdict {
	if value == nil {
		return Undetermined
	}
	c := value.Cmp(big.NewRat(int64(limit), 10_000))
	if atMost && c < 0 || !atMost && c >= 0 {
		return Pass
	}
	return Fail
}
