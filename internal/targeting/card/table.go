package card

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/household/income"
	"lastmile/internal/rule/condition"
	"lastmile/internal/table"
)

// Columns of a table of households beside the variables: the key, and what happened.
const (
	KeyColumn     = "household"
	CurrentColumn = "current"
	BeforeColumn  = "before"
)

// amounts are numbers of fen, which tables give in yuan.
func isAmount(v *condition.Variable) bool { return v.Unit == "fen" }

// Put reads a value as tables write it: a whole number, an amount in yuan, yes or no, a word, or words separated by semicolons, - for
// none of them.
func (s *Set) Put(row int, name, text string) error {
	i := at(name)
	if i < 0 {
		return fmt.Errorf("there is no variable %s", name)
	}
	return s.set(row, i, text)
}

func (s *Set) set(row, i int, text string) error {
	v := &Variables()[i]
	name := v.Name
	switch v.Type {
	case condition.Number:
		if isAmount(v) {
			amount, err := income.ParseYuan(text)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			s.SetNumber(row, i, int64(amount))
			return nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("%s: %q is not a whole number of %s", name, text, v.Unit)
		}
		s.SetNumber(row, i, n)
	case condition.Flag:
		is, err := yes(text)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.SetFlag(row, i, is)
	case condition.Word:
		if !slices.Contains(v.Values, text) {
			return fmt.Errorf("%s: %q is none of %s", name, text, strings.Join(v.Values, ", "))
		}
		s.SetWord(row, i, text)
	case condition.Code:
		s.SetWord(row, i, text)
	case condition.Words:
		words := []string{}
		if text != "-" {
			words = strings.Split(text, ";")
		}
		for j, w := range words {
			if words[j] = strings.TrimSpace(w); !slices.Contains(v.Values, words[j]) {
				return fmt.Errorf("%s: %q is none of %s", name, w, strings.Join(v.Values, ", "))
			}
		}
		slices.Sort(words)
		s.SetWords(row, i, slices.Compact(words))
	}
	return nil
}

func yes(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "1", "是":
		return true, nil
	case "no", "false", "0", "否":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither yes nor no", text)
}

// headingRow is where a table names its columns, as far as messages are concerned.
const headingRow = 1

// problemsMax is how many problems are reported at once.
const problemsMax = 100

// layout says what each column of a table is.
type layout struct {
	variable                    []int // of each column; below zero for the others
	key, village, current, last int
}

func readLayout(columns []string) (*layout, error) {
	l := &layout{key: -1, village: -1, current: -1, last: -1}
	var problems fault.List
	for i, name := range columns {
		l.variable = append(l.variable, at(name))
		switch name {
		case KeyColumn:
			l.key = i
		case CurrentColumn:
			l.current = i
		case BeforeColumn:
			l.last = i
		case village:
			l.village = i
		case table.ProblemColumn:
		default:
			if at(name) < 0 {
				problems = append(problems, fault.New(fault.Invalid, "target.column", "there is no such column").At(headingRow, name).Mend("The columns are listed by: lastmile target variables"))
			}
		}
	}
	for name, i := range map[string]int{KeyColumn: l.key, village: l.village} {
		if i < 0 {
			problems = append(problems, fault.New(fault.Invalid, "target.missing", "the column is missing").At(headingRow, name).Mend("Add it."))
		}
	}
	if problems != nil {
		return nil, problems
	}
	return l, nil
}

// Read reads a table of households, one a row, as of a day, which gives the lines where the table does not. Only the variables given as
// bits are kept. The error is a fault.List of every cell that cannot be read.
func Read(rows *table.Reader, on date.Date, uses uint64) (*Set, error) {
	r := &reader{Set: NewSet(), on: on, uses: uses, lines: newPublishedLines(on), povertyLine: at(line), monitoringLine: at(monitoringLine), needsLines: 1<<at(line) | 1<<at(monitoringLine), seen: map[string]bool{}, read: make([]map[string]int, len(Variables()))}
	for rows.Next() {
		if r.layout == nil || len(rows.Columns()) != len(r.layout.variable) { // JSON Lines name their columns as they come
			var err error
			if r.layout, err = readLayout(rows.Columns()); err != nil {
				return nil, err
			}
			r.SaysCurrent, r.SaysBefore = r.layout.current >= 0, r.layout.last >= 0
		}
		row := rows.Row()
		for _, p := range row.Problems {
			r.problems = append(r.problems, fault.New(fault.Invalid, "target.cell", "%v", p).At(row.Number, ""))
		}
		r.add(row.Number, row.Cells)
		if len(r.problems) >= problemsMax {
			return nil, r.problems
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if r.problems != nil {
		return nil, r.problems
	}
	return r.Set, nil
}

type reader struct {
	*Set
	*layout
	on   date.Date
	uses uint64

	povertyLine, monitoringLine int // variables
	needsLines                  uint64

	read     []map[string]int // row of each text of each variable
	lines    *publishedLines
	seen     map[string]bool
	problems fault.List
}

func (r *reader) problem(number int, column, text string, args ...any) {
	r.problems = append(r.problems, fault.New(fault.Invalid, "target.cell", text, args...).At(number, column).Mend("Correct the cell."))
}

func (r *reader) add(number int, cells []string) {
	id, place := cells[r.key], cells[r.layout.village]
	switch {
	case id == "":
		r.problem(number, KeyColumn, "is empty")
		return
	case r.seen[id]:
		r.problem(number, KeyColumn, "household %s is there twice", id)
		return
	case place == "":
		r.problem(number, village, "is empty")
		return
	}
	r.seen[id] = true
	row := r.Add(id, place)
	for i, text := range cells {
		if v := r.variable[i]; text != "" && v >= 0 && r.uses&(1<<v) != 0 {
			r.put(number, row, v, text)
		}
	}
	r.mark(r.Current, row, number, CurrentColumn, cells, r.current)
	r.mark(r.Before, row, number, BeforeColumn, cells, r.last)
	if r.uses&r.needsLines != 0 {
		l := r.lines.in(place)
		r.line(row, r.povertyLine, l.poverty)
		r.line(row, r.monitoringLine, l.monitoring)
	}
}

// put reads a cell. Most columns have few different texts, so each is read once.
func (r *reader) put(number, row, v int, text string) {
	if n, ok := r.read[v][text]; ok {
		r.Repeat(row, v, n)
		return
	}
	if err := r.set(row, v, text); err != nil {
		r.problem(number, Variables()[v].Name, "%v", err)
		return
	}
	if r.read[v] == nil {
		r.read[v] = map[string]int{}
	}
	if len(r.read[v]) < textsMax {
		r.read[v][text] = row
	}
}

// textsMax is how many different texts of a column are remembered.
const textsMax = 4096

// line sets a published line where the table has none of its own.
func (r *reader) line(row, i int, amount int64) {
	if r.uses&(1<<i) != 0 && amount >= 0 && !r.Known(row, i) {
		r.SetNumber(row, i, amount)
	}
}

// mark reads whether a household is on a list. Where there is such a column, every cell must say.
func (r *reader) mark(list []bool, row, number int, name string, cells []string, column int) {
	if column < 0 {
		return
	}
	is, err := yes(cells[column])
	if err != nil {
		r.problem(number, name, "%v", err)
	}
	list[row] = is
}
