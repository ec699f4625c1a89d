package condition

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// Columns holds what conditions are asked of: a column for each variable, a row for each record. Numbers and flags are kept as they are,
// words by their number in the column's dictionary, so that a million rows take eight megabytes a column.
type Columns struct {
	language *Language
	columns  []column
	rows     int
}

type column struct {
	values  []int64 // none: the variable is unknown in every row
	words   []ref.Val
	numbers map[string]int64 // of words
}

// unknown marks a value that nobody knows.
const unknown = math.MinInt64

// NewColumns makes an empty table of a language.
func NewColumns(l *Language) *Columns {
	return &Columns{language: l, columns: make([]column, len(l.Variables))}
}

// Language of the variables.
func (c *Columns) Language() *Language { return c.language }

// Rows is how many there are.
func (c *Columns) Rows() int { return c.rows }

// Add begins another row, of which nothing is known yet, and gives its number.
func (c *Columns) Add() int {
	c.rows++
	return c.rows - 1
}

func (c *Columns) set(row, variable int, value int64) {
	col := &c.columns[variable]
	if len(col.values) == row {
		col.values = append(col.values, value)
		return
	}
	if len(col.values) < row {
		col.values = slices.Grow(col.values, row+1-len(col.values))
		for len(col.values) <= row {
			col.values = append(col.values, unknown)
		}
	}
	col.values[row] = value
}

// SetNumber sets a number. The smallest number there is cannot be kept.
func (c *Columns) SetNumber(row, variable int, n int64) { c.set(row, variable, max(n, unknown+1)) }

// SetFlag sets a flag.
func (c *Columns) SetFlag(row, variable int, is bool) {
	n := int64(0)
	if is {
		n = 1
	}
	c.set(row, variable, n)
}

// SetWord sets a word or code.
func (c *Columns) SetWord(row, variable int, word string) {
	c.set(row, variable, c.number(variable, word, func() ref.Val { return types.String(word) }))
}

// SetWords sets a list of words.
func (c *Columns) SetWords(row, variable int, words []string) {
	c.set(row, variable, c.number(variable, strings.Join(words, ";"), func() ref.Val { return types.NewStringList(types.DefaultTypeAdapter, slices.Clone(words)) }))
}

// Repeat sets a value to that of an earlier row.
func (c *Columns) Repeat(row, variable, earlier int) {
	c.set(row, variable, c.columns[variable].values[earlier])
}

// number of a value in the dictionary of its column.
func (c *Columns) number(variable int, key string, value func() ref.Val) int64 {
	col := &c.columns[variable]
	if n, ok := col.numbers[key]; ok {
		return n
	}
	if col.numbers == nil {
		col.numbers = map[string]int64{}
	}
	n := int64(len(col.words))
	col.numbers[key] = n
	col.words = append(col.words, value())
	return n
}

// Known tells whether a value is known.
func (c *Columns) Known(row, variable int) bool {
	values := c.columns[variable].values
	return row < len(values) && values[row] != unknown
}

// Number is a number as it is kept, or 1 and 0 for a flag; ok is false when it is unknown.
func (c *Columns) Number(row, variable int) (n int64, ok bool) {
	if !c.Known(row, variable) {
		return 0, false
	}
	return c.columns[variable].values[row], true
}

// Text writes a value for people; "" when it is unknown.
func (c *Columns) Text(row, variable int) string {
	if !c.Known(row, variable) {
		return ""
	}
	n := c.columns[variable].values[row]
	switch c.language.Variables[variable].Type {
	case Flag:
		return [...]string{"no", "yes"}[n]
	case Word, Code:
		return string(c.columns[variable].words[n].(types.String))
	case Words:
		for words, number := range c.columns[variable].numbers {
			if number == n {
				return words
			}
		}
	}
	return fmt.Sprint(n)
}

// Row is one row that conditions are asked of. It is moved along rather than made anew; a goroutine needs its own.
type Row struct {
	columns *Columns
	at      int
	unknown [variablesMax]ref.Val
	frame   *interpreter.ExecutionFrame
}

// Row gives a row to be moved.
func (c *Columns) Row() *Row {
	r := &Row{columns: c, unknown: unknowns()}
	r.frame = interpreter.AsFrame(r)
	return r
}

// Move goes to a row.
func (r *Row) Move(to int) { r.at = to }

// ResolveName gives the value of a variable.
func (r *Row) ResolveName(name string) (any, bool) {
	i, ok := r.columns.language.index[name]
	if !ok {
		return nil, false
	}
	return r.value(i), true
}

func (r *Row) value(i int) ref.Val {
	col := &r.columns.columns[i]
	if r.at >= len(col.values) || col.values[r.at] == unknown {
		return r.unknown[i]
	}
	n := col.values[r.at]
	switch r.columns.language.Variables[i].Type {
	case Number:
		return types.Int(n)
	case Flag:
		return types.Bool(n != 0)
	}
	return col.words[n]
}

// direct makes a compiled condition read variables by number rather than by name, which halves its time.
func (l *Language) direct(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	attribute, ok := i.(interpreter.InterpretableAttribute)
	if !ok {
		return i, nil
	}
	named, ok := attribute.Attr().(interpreter.NamespacedAttribute)
	if !ok || len(named.Qualifiers()) > 0 || len(named.CandidateVariableNames()) != 1 {
		return i, nil
	}
	if v := l.Variable(named.CandidateVariableNames()[0]); v >= 0 {
		return &read{attribute.ID(), v}, nil
	}
	return i, nil
}

// read is a variable in a compiled condition.
type read struct {
	id       int64
	variable int
}

func (r *read) ID() int64 { return r.id }

func (r *read) Eval(a interpreter.Activation) ref.Val { return r.Exec(interpreter.AsFrame(a)) }

func (r *read) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	return frame.Activation.(*Row).value(r.variable)
}

// Parent is none: there is nothing but the row.
func (r *Row) Parent() interpreter.Activation { return nil }
