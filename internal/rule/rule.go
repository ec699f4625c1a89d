// Package rule has what every rule kept as data carries: words in each language, where and when it holds, and where it
// was read.
//
// Poverty programmes differ by province and year, so nothing that differs is a constant. Rulebooks, procedures and
// monitoring rules are JSON documents. A document may extend another: it states its own keys, and a key it states
// replaces the whole of that key. Documents are not edited; a rule that changes makes a new one, and what was decided
// keeps the name of the one it used.
package rule

import (
	"cmp"
	"errors"
	"strings"

	"lastmile/internal/date"
)

// Text says the same in English and Chinese.
type Text struct {
	English string `json:"en"`
	Chinese string `json:"zh"`
}

// In returns the text in a language: "zh", else English.
func (t Text) In(language string) string {
	if language == "zh" {
		return t.Chinese
	}
	return t.English
}

// Complete reports whether both languages are there.
func (t Text) Complete() bool { return t.English != "" && t.Chinese != "" }

// National is the jurisdiction of what holds for the whole country.
const National = "national"

// Scope is where and when a rule holds.
type Scope struct {
	Jurisdiction string        `json:"jurisdiction"` // National, or the first digits of the area codes it holds for
	Valid        date.Interval `json:"valid"`
}

// Holds reports whether the rule is in force in an area on a date.
func (s Scope) Holds(area string, on date.Date) bool {
	return s.Valid.Contains(on) && (s.Jurisdiction == National || strings.HasPrefix(area, s.Jurisdiction))
}

// Check returns everything that is wrong with a scope.
func (s Scope) Check() error {
	var problems []error
	if s.Jurisdiction == "" {
		problems = append(problems, errors.New(`jurisdiction is empty: write "national" or the first digits of area codes`))
	}
	if s.Valid.From == "" {
		problems = append(problems, errors.New("valid.from is empty"))
	}
	return errors.Join(append(problems, s.Valid.Check())...)
}

// Compare orders scopes that hold in one place by which comes first: the narrowest jurisdiction, then the one that came
// into force last.
func (s Scope) Compare(other Scope) int {
	return cmp.Or(-cmp.Compare(s.width(), other.width()), -cmp.Compare(s.Valid.From, other.Valid.From))
}

// width is how many digits of the area code the jurisdiction fixes.
func (s Scope) width() int {
	if s.Jurisdiction == National {
		return 0
	}
	return len(s.Jurisdiction)
}

// Source is where a rule was read, with its grade: A official text or its mirror, B newspaper or local-government page,
// C aggregator, GK general knowledge, not verified.
type Source struct {
	For     string `json:"for"`
	Text    string `json:"text"`
	Address string `json:"address,omitempty"`
	Grade   string `json:"grade"`
}
