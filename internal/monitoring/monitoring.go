// Package monitoring watches households after they have left poverty, and those just above it, so that nobody falls back
// unseen.
//
// Screen asks of one household, from its income, its spending and its guarantees, whether it should be watched:
//
//	income below the monitoring line            → unstable, if it had left poverty; marginal, if it was never registered
//	a guarantee or water not met                → the same
//	rigid spending above last year's income     → sudden serious hardship
//	income sharply down, where a limit is set   → the same
//
// Eliminate asks whether the watch may end: income steadily above the current line for half a year, every identified
// risk gone and met by at least one measure, guarantees and water met, at least six months watched, and somebody in the
// household able to work. A household without any labour is never marked eliminated. There is no quota for either.
//
// Published texts watch income "below" the line and end the watch "above" it. A household exactly at the line is
// therefore neither taken up for its income nor let go; a province that reads "at or below" sets at_line to watched.
//
// Both are pure functions over records. Screening points and people decide: being watched and being let go are
// procedures with a visit, an appraisal and a notice (see package procedure).
package monitoring

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"lastmile/internal/household/income"
	"lastmile/internal/rule"
)

// Rules are what one jurisdiction asks, for some time.
type Rules struct {
	rule.Document

	LineSeries string     `json:"line_series"` // series of the monitoring line
	AtLine     string     `json:"at_line"`     // watched or not_watched: income exactly at the line
	Groups     []Group    `json:"groups"`      // the groups there are
	RigidKinds []string   `json:"rigid_kinds"` // kinds of spending a household cannot avoid
	RigidAbove rule.Ratio `json:"rigid_above"` // watched when rigid spending is above so many times last year's income
	// SharpFall is the share of last year's income whose loss is a sharp fall; zero when no limit is set.
	SharpFall rule.Ratio `json:"sharp_fall,omitzero"`

	WindowMonths     int `json:"window_months"`       // how many months an income account covers
	WindowAgeMaxDays int `json:"window_age_max_days"` // how old its end may be
	MonthsSteady     int `json:"months_steady"`       // income above the line for so long before the watch ends
	MonthsWatched    int `json:"months_watched"`      // the shortest watch

	lines *income.Lines
}

// Group is why a household is watched.
type Group string

const (
	UnstableExited Group = "unstable_exited" // left poverty, not steadily
	Marginal       Group = "marginal"        // never registered, just above the line
	SuddenHardship Group = "sudden_hardship" // struck by illness, disaster or the like, whatever its income
)

//go:embed lines.csv
var embeddedLines string

//go:embed rules/*.json
var embeddedRules embed.FS

// PublishedLines returns the embedded table of monitoring lines.
var PublishedLines = sync.OnceValues(func() (*income.Lines, error) { return income.ReadLines(strings.NewReader(embeddedLines)) })

// Library is a collection of rules to choose from.
type Library = rule.Library[*Rules]

// Published returns the embedded rules: those of 2020 and of 2021.
var Published = sync.OnceValues(func() (*Library, error) {
	lines, err := PublishedLines()
	if err != nil {
		return nil, err
	}
	library := NewLibrary(lines)
	return library, library.AddFiles(embeddedRules, "rules/*.json")
})

// NewLibrary returns an empty library that uses a table of monitoring lines.
func NewLibrary(lines *income.Lines) *Library {
	return rule.NewLibrary("monitoring rules", func() *Rules { return &Rules{lines: lines} }, (*Rules).validate)
}

// shareMax bounds both parts of a share, so that a share of any income fits in 64 bits.
const shareMax = 1000

func (r *Rules) validate() error {
	var problems []error
	want := func(holds bool, format string, args ...any) {
		if !holds {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	want(r.LineSeries != "", "line_series is empty")
	want(r.AtLine == "watched" || r.AtLine == "not_watched", "at_line is %q: set it to watched or not_watched", r.AtLine)
	want(slices.Contains(r.Groups, UnstableExited) && slices.Contains(r.Groups, Marginal), "groups must have unstable_exited and marginal")
	for _, group := range r.Groups {
		want(slices.Contains([]Group{UnstableExited, Marginal, SuddenHardship}, group), "there is no group %q", group)
	}
	want(r.RigidAbove.Of > 0 && r.RigidAbove.Count > 0, "rigid_above must be above zero")
	want(r.SharpFall.Of == 0 || r.SharpFall.Count > 0, "sharp_fall must be above zero, or left out")
	for _, share := range []rule.Ratio{r.RigidAbove, r.SharpFall} {
		want(share.Count <= shareMax && share.Of <= shareMax, "share %s: use numbers up to %d", share, shareMax)
	}
	want(r.WindowMonths > 0 && r.WindowAgeMaxDays > 0, "window_months and window_age_max_days must be at least 1")
	want(r.MonthsSteady >= 0 && r.MonthsWatched >= 0, "months_steady and months_watched cannot be negative")
	return errors.Join(append(problems, r.Problems())...)
}
