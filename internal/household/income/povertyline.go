package income

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/rule"
)

// PovertyLine is a line in force for some time in one jurisdiction. A decision keeps the whole of it.
type PovertyLine struct {
	ID     string `json:"id"`     // series/jurisdiction/first day of validity
	Series string `json:"series"` // administrative, statistical or standard: never to be mixed
	rule.Scope
	Year      int    `json:"year"`
	Amount    Fen    `json:"amount_fen"` // a person and year
	PriceBase string `json:"price_base"` // the prices the amount is expressed in
	Grade     string `json:"grade"`      // of the source: A, B, C or GK
	Source    string `json:"source"`
}

// Exceeded reports whether a net income shared by so many members is above the line, by multiplication alone. With
// nobody to share it, nothing is above the line.
func (l PovertyLine) Exceeded(net Fen, members int) bool {
	return members > 0 && net > l.Amount*Fen(members)
}

// Lines is a table of poverty lines.
type Lines struct {
	rows map[lineKey][]PovertyLine // in order of validity
}

type lineKey struct{ series, jurisdiction string }

//go:embed lines.csv
var embeddedLines string

// PublishedLines returns the embedded table of China's lines, each with its source.
var PublishedLines = sync.OnceValues(func() (*Lines, error) { return ReadLines(strings.NewReader(embeddedLines)) })

var linesHeader = "series,jurisdiction,year,yuan,price_base,valid_from,valid_to,grade,source"

// ReadLines reads a table of poverty lines from CSV in the form of lines.csv. Errors name the line of the file.
func ReadLines(r io.Reader) (*Lines, error) {
	reader := csv.NewReader(r)
	reader.Comment = '#'
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("read poverty lines: header: %w", err)
	}
	if strings.Join(header, ",") != linesHeader {
		return nil, fmt.Errorf("read poverty lines: the header must be %s", linesHeader)
	}
	table := &Lines{rows: map[lineKey][]PovertyLine{}}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return table, table.check()
		}
		if err != nil {
			return nil, fmt.Errorf("read poverty lines: %w", err)
		}
		line, err := readLine(row)
		if err != nil {
			at, _ := reader.FieldPos(0)
			return nil, fmt.Errorf("read poverty lines: line %d: %w", at, err)
		}
		key := lineKey{line.Series, line.Jurisdiction}
		table.rows[key] = append(table.rows[key], line)
	}
}

func readLine(row []string) (PovertyLine, error) {
	line := PovertyLine{Series: row[0], Scope: rule.Scope{Jurisdiction: row[1]}, PriceBase: row[4], Grade: row[7], Source: row[8]}
	for name, text := range map[string]string{"series": row[0], "jurisdiction": row[1], "price_base": row[4], "source": row[8]} {
		if text == "" {
			return line, fmt.Errorf("%s is empty", name)
		}
	}
	var err error
	if line.Year, err = strconv.Atoi(row[2]); err != nil {
		return line, fmt.Errorf("year %q is not a number", row[2])
	}
	if line.Amount, err = ParseYuan(row[3]); err != nil {
		return line, err
	}
	if line.Amount <= 0 {
		return line, fmt.Errorf("a poverty line of %s yuan is not possible", line.Amount)
	}
	if line.Valid.From, err = date.Parse(row[5]); err != nil {
		return line, fmt.Errorf("valid_from: %w", err)
	}
	if err = line.Valid.To.UnmarshalText([]byte(row[6])); err != nil {
		return line, fmt.Errorf("valid_to: %w", err)
	}
	if err = line.Valid.Check(); err != nil {
		return line, err
	}
	line.ID = fmt.Sprintf("%s/%s/%s", line.Series, line.Jurisdiction, line.Valid.From)
	return line, nil
}

// check sorts the lines of each key by validity and refuses two that hold on one day.
func (t *Lines) check() error {
	for _, lines := range t.rows {
		slices.SortFunc(lines, func(a, b PovertyLine) int { return cmp.Compare(a.Valid.From, b.Valid.From) })
		for i := 1; i < len(lines); i++ {
			if lines[i-1].Valid.Contains(lines[i].Valid.From) {
				return fmt.Errorf("read poverty lines: %s and %s hold on the same days; end the first before the second begins", lines[i-1].ID, lines[i].ID)
			}
		}
	}
	return nil
}

// All returns every line, by series, jurisdiction and validity.
func (t *Lines) All() []PovertyLine {
	var all []PovertyLine
	for _, lines := range t.rows {
		all = append(all, lines...)
	}
	slices.SortFunc(all, func(a, b PovertyLine) int {
		return cmp.Or(cmp.Compare(a.Series, b.Series), cmp.Compare(a.Jurisdiction, b.Jurisdiction), cmp.Compare(a.Valid.From, b.Valid.From))
	})
	return all
}

// At returns the line of a series in force in an area on a date: that of the narrowest jurisdiction the area lies in,
// and the national one when no narrower is set.
func (t *Lines) At(series, area string, on date.Date) (PovertyLine, bool) {
	for end := len(area); end > 0; end-- {
		if line, ok := t.find(lineKey{series, area[:end]}, on); ok {
			return line, true
		}
	}
	return t.find(lineKey{series, rule.National}, on)
}

func (t *Lines) find(key lineKey, on date.Date) (PovertyLine, bool) {
	for _, line := range t.rows[key] {
		if line.Valid.Contains(on) {
			return line, true
		}
	}
	return PovertyLine{}, false
}
