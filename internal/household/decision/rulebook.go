package decision

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
	"lastmile/internal/rule"
)

// A Rulebook is what one jurisdiction asks of a household before it leaves poverty, for some time. Rulebooks are read
// from JSON (see the embedded ones) and not changed afterwards: a rule that changes makes a new version.
type Rulebook struct {
	rule.Document

	LineSeries string       `json:"line_series"` // series of the poverty line income is compared with
	Income     income.Rules `json:"income"`
	// WindowMonths is how many months an income statement covers; WindowAgeMaxDays how old its end may be.
	WindowMonths     int `json:"window_months"`
	WindowAgeMaxDays int `json:"window_age_max_days"`
	// RecurringOnly asks that income stay above the line without what is not expected again. TwoPeriods asks that the
	// statement before was above the line of its time too.
	RecurringOnly bool `json:"recurring_only"`
	TwoPeriods    bool `json:"two_periods"`

	Checks []CheckRule `json:"checks"`
	Gates  []Subject   `json:"gates"`

	lines *income.Lines
	name  string // id and version, joined once: decisions are made by the million
}

// CheckRule is what one of the six checks asks.
type CheckRule struct {
	Subject    Subject       `json:"subject"`
	AgeMaxDays int           `json:"age_max_days"`          // a check older than this is unknown
	EachMember *AgeRange     `json:"each_member,omitempty"` // asked of each member of these ages; nil when asked of the household
	Outcomes   []OutcomeRule `json:"outcomes"`
}

// OutcomeRule is one category a check can end in. Categories are recorded; whether they meet the standard is derived.
type OutcomeRule struct {
	Category         string `json:"category"`
	Result           Result `json:"result"`
	NeedsEvidence    bool   `json:"needs_evidence,omitempty"`      // unknown without a file
	DaysFromBirthMax int    `json:"days_from_birth_max,omitempty"` // holds for the newborn, for so long
	SaysNobody       bool   `json:"says_nobody,omitempty"`         // claims that no member is concerned; unknown when one is
	rule.Text
}

// AgeRange is a range of completed years on the date decided about. To zero means no upper limit.
type AgeRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

func (r *AgeRange) contains(birth, on date.Date) bool {
	age := int(birth.YearsUntil(on))
	return age >= r.From && (r.To == 0 || age <= r.To)
}

func (r *AgeRange) everybody() bool { return r.From == 0 && r.To == 0 }

// Name returns the id and version, as a decision keeps them.
func (b *Rulebook) Name() string { return b.name }

// Check returns the rule of a check and the outcomes it can have.
func (b *Rulebook) Check(subject Subject) (CheckRule, bool) {
	i := slices.IndexFunc(b.Checks, func(c CheckRule) bool { return c.Subject == subject })
	if i < 0 {
		return CheckRule{}, false
	}
	return b.Checks[i], true
}

func (c *CheckRule) outcome(category string) *OutcomeRule {
	for i := range c.Outcomes {
		if c.Outcomes[i].Category == category {
			return &c.Outcomes[i]
		}
	}
	return nil
}

func (c *CheckRule) saysNobody(category string) bool {
	outcome := c.outcome(category)
	return outcome != nil && outcome.SaysNobody
}

func (b *Rulebook) notInForce(area string, on date.Date) error {
	return fmt.Errorf("the rulebook is %w: %s holds in %s from %s, not in area %q on %s", rule.ErrNotInForce, b.name, b.Jurisdiction, b.Valid, area, on)
}

// Rulebooks is a collection to choose from.
type Rulebooks = rule.Library[*Rulebook]

//go:embed rulebooks/*.json
var embeddedRulebooks embed.FS

// PublishedRulebooks returns the embedded rulebooks: the national one of 2016, and Gansu's of 2018 and 2020.
var PublishedRulebooks = sync.OnceValues(func() (*Rulebooks, error) {
	lines, err := income.PublishedLines()
	if err != nil {
		return nil, err
	}
	books := NewRulebooks(lines)
	return books, books.AddFiles(embeddedRulebooks, "rulebooks/*.json")
})

// NewRulebooks returns an empty collection that compares with a table of poverty lines.
func NewRulebooks(lines *income.Lines) *Rulebooks {
	return rule.NewLibrary("rulebook", func() *Rulebook { return &Rulebook{lines: lines} }, (*Rulebook).accept)
}

// accept makes a rulebook that was read ready for use.
func (b *Rulebook) accept() error {
	b.name = b.ID + " " + b.Version
	// Decisions list evidence in the order of Subjects; asking in that order saves sorting each of them.
	slices.SortFunc(b.Checks, func(a, b CheckRule) int { return cmp.Compare(a.Subject.order(), b.Subject.order()) })
	slices.SortFunc(b.Gates, func(a, b Subject) int { return cmp.Compare(a.order(), b.order()) })
	return b.validate()
}

// validate returns every mistake of a rulebook at once.
func (b *Rulebook) validate() error {
	var problems []error
	want := func(holds bool, format string, args ...any) {
		if !holds {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	want(b.LineSeries != "", "line_series is empty")
	want(b.WindowMonths > 0, "window_months must be at least 1")
	want(b.WindowAgeMaxDays > 0, "window_age_max_days must be at least 1")
	problems = append(problems, b.Problems(), b.Income.Check())
	for i, check := range b.Checks {
		at := fmt.Sprintf("checks[%d] (%s)", i, check.Subject)
		want(check.Subject.isCheck(), "%s: the subject must be food, clothing, education, medical, housing or water", at)
		want(!slices.ContainsFunc(b.Checks[:i], func(c CheckRule) bool { return c.Subject == check.Subject }), "%s: given twice", at)
		want(check.AgeMaxDays > 0, "%s: age_max_days must be at least 1", at)
		want(check.EachMember == nil || check.EachMember.From >= 0 && (check.EachMember.To == 0 || check.EachMember.To >= check.EachMember.From), "%s: each_member is not a range of ages", at)
		want(slices.ContainsFunc(check.Outcomes, func(o OutcomeRule) bool { return o.Result == Met }), "%s: no outcome is met", at)
		for k, outcome := range check.Outcomes {
			at := fmt.Sprintf("%s outcomes[%d] (%s)", at, k, outcome.Category)
			want(outcome.Category != "", "%s: category is empty", at)
			want(check.outcome(outcome.Category) == &check.Outcomes[k], "%s: given twice", at)
			want(slices.Contains([]Result{Met, Unmet, None, Unknown}, outcome.Result), "%s: result %q must be met, unmet, na or unknown", at, outcome.Result)
			want(outcome.Complete(), "%s: needs en and zh", at)
		}
	}
	for i, gate := range b.Gates {
		want(gate.IsGate(), "gates[%d]: there is no gate %q", i, gate)
	}
	return errors.Join(problems...)
}

func (s Subject) isCheck() bool { return s.order() >= Food.order() && s.order() <= Water.order() }
