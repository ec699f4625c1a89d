package household

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/rule"
)

// Cause is why a household is poor. A card names exactly one main cause and at most two others.
type Cause struct {
	Code  string
	Valid date.Interval // while forms listed it; open where no change is known
	rule.Text
	Source string
}

//go:embed causes.csv
var embeddedCauses string

// causes is the embedded list. It is compiled in and read by a test, so it cannot be wrong at run time.
var causes = mustReadCauses(embeddedCauses)

// Causes lists the causes in the order of the form.
func Causes() []Cause { return causes }

func mustReadCauses(text string) []Cause {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("read causes.csv: %v", err))
	}
	var list []Cause
	for _, row := range rows[1:] {
		list = append(list, Cause{Code: row[0], Valid: date.Interval{From: date.Date(row[1]), To: date.Date(row[2])},
			Text: rule.Text{English: row[3], Chinese: row[4]}, Source: row[5]})
	}
	return list
}

// listed tells whether a cause stood on the form of a day.
func listed(code string, on date.Date) bool {
	for _, c := range causes {
		if c.Code == code && c.Valid.Contains(on) {
			return true
		}
	}
	return false
}

func causeCodes() string {
	codes := make([]string, len(causes))
	for i, c := range causes {
		codes[i] = c.Code
	}
	return strings.Join(codes, ", ")
}
