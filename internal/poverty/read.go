package poverty

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// problemsMax bounds the problems that reading a file reports before it gives up.
const problemsMax = 20

// A RowError is a value in a file that cannot be read. Row counts lines from 1, the header.
type RowError struct {
	Row    int
	Column string
	Err    error
}

func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("row %d: %v", e.Row, e.Err)
	}
	return fmt.Sprintf("row %d, column %s: %v", e.Row, e.Column, e.Err)
}

func (e *RowError) Unwrap() error { return e.Err }

var errEmpty = errors.New("empty; every household needs one")

// ReadCSV reads a sample from CSV text in UTF-8, with or without a byte order mark, one household a row under a header. The
// columns are those of [Columns], the group column By, and the deprivation columns of the index. All problems of
// the file, up to a limit, come back together, each a *RowError with its row and column.
func ReadCSV(in io.Reader, o Options) (*Sample, error) {
	p, err := o.plan()
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	text := bufio.NewReaderSize(io.TeeReader(in, hash), 1<<20)
	if mark, err := text.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		text.Discard(3)
	}
	rows := csv.NewReader(text)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("row 1: the file is empty; its first row must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("row 1: %w", err)
	}
	layout, err := p.layout(header)
	if err != nil {
		return nil, err
	}
	sample := NewSample(layout.indicators...)
	var problems []error
	for len(problems) < problemsMax {
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems = append(problems, err)
			if !errors.Is(err, csv.ErrFieldCount) {
				break
			}
			continue
		}
		if err := layout.add(sample, record); err != nil {
			err.Row, _ = rows.FieldPos(0)
			problems = append(problems, err)
		}
	}
	if len(problems) == problemsMax {
		problems = append(problems, fmt.Errorf("stopped after %d problems", problemsMax))
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	sample.Source = layout.source
	sample.Source.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return sample, nil
}

// layout is how to read the rows of one file.
type layout struct {
	columns    Columns
	places     map[string]int // standard name -> place, of the columns that the file has
	cells      []cell         // in the order in which they are read
	indicators []string
	line       int64 // fen, of every household when the file has no line column
	source     Source
	household  Household // being read
}

// cell reads one value of a row into the household.
type cell struct {
	place int
	name  string
	read  func(h *Household, text string) error
}

// layout finds the columns in the header and refuses what is unknown, doubled or lacking.
func (p *plan) layout(header []string) (*layout, error) {
	place := map[string]int{}
	for i, name := range header {
		name = strings.TrimSpace(name)
		switch _, twice := place[name]; {
		case name == "":
			return nil, fmt.Errorf("row 1: column %d has no name", i+1)
		case !utf8.ValidString(name):
			return nil, fmt.Errorf("row 1: the name of column %d is not UTF-8; save the file as CSV UTF-8", i+1)
		case twice:
			return nil, fmt.Errorf("row 1: column %q is there twice", name)
		}
		place[name] = i
	}
	l := &layout{columns: p.Columns, places: map[string]int{}}
	used := map[string]bool{}
	var problems []error
	find := func(name string) (int, bool) {
		i, ok := place[name]
		if !ok {
			problems = append(problems, fmt.Errorf("row 1: no column %q; the file has %s", name, strings.Join(trimmed(header), ", ")))
		}
		used[name] = true
		return i, ok
	}
	for _, column := range l.columns.all() {
		if column.standard == "size" && *column.name == "-" {
			continue
		}
		if *column.name == "" {
			*column.name = column.standard
			_, present := place[column.standard]
			if column.standard != "size" && (!present || slices.Contains(p.Ignore, column.standard)) {
				continue
			}
		}
		if i, ok := find(*column.name); ok {
			l.places[column.standard] = i
			l.cells = append(l.cells, cell{i, *column.name, readers[column.standard]})
		}
	}
	if p.By != "" {
		if i, ok := find(p.By); ok {
			l.cells = append(l.cells, cell{i, p.By, text(func(h *Household) *string { return &h.Group })})
		}
	}
	if p.mpi != nil {
		l.indicators = p.mpi.columns()
		l.household.Deprivation = make([]Answer, len(l.indicators))
		for j, name := range l.indicators {
			if i, ok := find(name); ok {
				l.cells = append(l.cells, cell{i, name, answer(func(h *Household) *Answer { return &h.Deprivation[j] })})
			}
		}
	}
	for _, name := range trimmed(header) {
		switch {
		case used[name] || name == "area":
		case slices.Contains(p.Ignore, "*") || slices.Contains(p.Ignore, name):
			l.source.Ignored = append(l.source.Ignored, name)
		default:
			problems = append(problems, fmt.Errorf("row 1: column %q is not known; name it with a flag, or pass over it with --ignore %s", name, name))
		}
	}
	problems = append(problems, l.agree(p)...)
	return l, errors.Join(problems...)
}

// agree checks what columns and options must settle between them, and notes it as the source.
func (l *layout) agree(p *plan) (problems []error) {
	_, income := l.places["income"]
	_, total := l.places["household_income"]
	_, ownLine := l.places["line"]
	_, weighted := l.places["weight"]
	switch {
	case income && total:
		problems = append(problems, fmt.Errorf("row 1: columns %q and %q both give the income; pass over one with --ignore", l.columns.Income, l.columns.HouseholdIncome))
	case income:
		l.source.Income = fmt.Sprintf("column %s, a person", l.columns.Income)
	case total:
		l.source.Income = fmt.Sprintf("column %s, of the household, compared with line x members", l.columns.HouseholdIncome)
	case p.mpi == nil:
		problems = append(problems, fmt.Errorf("row 1: no income; give column %q (a person) or %q (of the household)", l.columns.Income, l.columns.HouseholdIncome))
	default:
		l.source.Income = "none"
	}
	switch {
	case ownLine && p.Line != "":
		problems = append(problems, fmt.Errorf("line: the file has a column %q and --line gives another; leave out --line, or pass over the column with --ignore", l.columns.Line))
	case p.Line != "":
		fen, err := parseFen(p.Line)
		if err != nil {
			problems = append(problems, fmt.Errorf("line %q: %w", p.Line, err))
		}
		l.line = fen
	case !ownLine && (income || total):
		problems = append(problems, fmt.Errorf("line: give --line AMOUNT in yuan a person, or a column %q", l.columns.Line))
	}
	l.source.Weights = "none: every household stands for one"
	if weighted {
		l.source.Weights = "column " + l.columns.Weight
	}
	l.source.AsOf, l.source.LineID = p.AsOf, p.LineID
	return problems
}

func trimmed(header []string) []string {
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.TrimSpace(name)
	}
	return names
}

// add reads one record into the sample. The error has no row as yet.
func (l *layout) add(s *Sample, record []string) *RowError {
	h := &l.household
	*h = Household{Size: 1, Weight: 1, Line: l.line, Deprivation: h.Deprivation}
	for _, c := range l.cells {
		if err := c.read(h, record[c.place]); err != nil {
			return &RowError{Column: c.name, Err: err}
		}
	}
	if err := s.add(h); err != nil {
		return &RowError{Column: l.named(err.Field), Err: errors.New(err.Problem)}
	}
	return nil
}

// named is the file's name for a standard column.
func (l *layout) named(standard string) string {
	if _, ok := l.places["income"]; standard == "income" && !ok {
		standard = "household_income"
	}
	for _, column := range l.columns.all() {
		if column.standard == standard {
			return *column.name
		}
	}
	return standard
}

// readers read the standard columns. The size comes before the incomes, which need it.
var readers = map[string]func(h *Household, cell string) error{
	"household": text(func(h *Household) *string { return &h.ID }),
	"stratum":   text(func(h *Household) *string { return &h.Stratum }),
	"cluster":   text(func(h *Household) *string { return &h.Cluster }),
	"size": func(h *Household, cell string) (err error) {
		if h.Size, err = strconv.Atoi(cell); err != nil {
			return fmt.Errorf("%q is not a number of members; write a whole number such as 4", cell)
		}
		return nil
	},
	"income":           func(h *Household, cell string) error { return h.readIncome(cell, int64(h.Size)) },
	"household_income": func(h *Household, cell string) error { return h.readIncome(cell, 1) },
	"line": func(h *Household, cell string) (err error) {
		if h.Line, err = parseFen(cell); err != nil {
			return fmt.Errorf("%q: %w", cell, err)
		}
		return nil
	},
	"weight":             number(func(h *Household) *float64 { return &h.Weight }),
	"stratum_clusters":   positive(func(h *Household) *float64 { return &h.StratumClusters }),
	"cluster_households": positive(func(h *Household) *float64 { return &h.ClusterHouseholds }),
	"registered":         answer(func(h *Household) *Answer { return &h.Registered }),
	"score": func(h *Household, cell string) error {
		h.Scored = cell != ""
		if !h.Scored {
			return nil
		}
		return readScore(h, cell)
	},
}

var readScore = number(func(h *Household) *float64 { return &h.Score })

// readIncome reads an income that each of so many members has. An empty cell is an income that is not known.
func (h *Household) readIncome(cell string, members int64) error {
	if cell == "" {
		return nil
	}
	fen, err := parseFen(cell)
	if err != nil {
		return fmt.Errorf("%q: %w", cell, err)
	}
	if members < 1 || members > sizeMax {
		return nil // Add refuses the size
	}
	if fen > moneyMax/members || fen < -moneyMax/members {
		return fmt.Errorf("%q x %d members: larger than %s, the largest amount that is kept exactly", cell, members, formatFen(moneyMax))
	}
	h.IncomeKnown = true
	h.Income = fen * members
	return nil
}

func text(field func(h *Household) *string) func(h *Household, cell string) error {
	return func(h *Household, cell string) error {
		if cell == "" {
			return errEmpty
		}
		if !utf8.ValidString(cell) {
			return errors.New("not UTF-8; save the file as CSV UTF-8")
		}
		*field(h) = cell
		return nil
	}
}

func number(field func(h *Household) *float64) func(h *Household, cell string) error {
	return func(h *Household, cell string) error {
		value, err := strconv.ParseFloat(cell, 64)
		if err != nil || math.IsInf(value, 0) || math.IsNaN(value) || strings.ContainsAny(cell, "xX_") {
			return fmt.Errorf("%q is not a number; write digits such as 12.5", cell)
		}
		*field(h) = value
		return nil
	}
}

func positive(field func(h *Household) *float64) func(h *Household, cell string) error {
	read := number(field)
	return func(h *Household, cell string) error {
		if err := read(h, cell); err != nil {
			return err
		}
		if *field(h) <= 0 {
			return fmt.Errorf("%q: the number in the population must be above zero", cell)
		}
		return nil
	}
}

func answer(field func(h *Household) *Answer) func(h *Household, cell string) error {
	return func(h *Household, cell string) error {
		switch cell {
		case "1":
			*field(h) = Yes
		case "0":
			*field(h) = No
		case "":
			*field(h) = Unknown
		default:
			return fmt.Errorf("%q: write 1 for yes, 0 for no, nothing when it is not known", cell)
		}
		return nil
	}
}
