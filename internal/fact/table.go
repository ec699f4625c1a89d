package fact

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/table"
)

// Columns that every kind has in a table, before its own.
const (
	columnOn        = "on"
	columnKeyHeader = "key"
	columnBook      = "book"
	columnEvidence  = "evidence"
)

// HeaderColumns are the columns that a table of any kind has, before the fields of its kind.
var HeaderColumns = []table.Column{
	{Name: columnOn, Note: "Effective date: when it happened, as 2020-03-14. Required."},
	{Name: columnBook, Note: "Book: a county's code, or hq. May be left out where the fact itself shows it."},
	{Name: columnKeyHeader, Note: "Idempotency key. May be left out: the same row twice is then the same fact."},
	{Name: columnEvidence, Note: "Names of files of evidence beside this table, separated by semicolons."},
}

// mapping says which column of a table goes where.
type mapping struct {
	kind    *Kind
	fields  []*Field // by column; nil for a header column
	headers []string // by column; "" for a field
}

// Mapping says where columns go: from a heading to the name of a field, or of one of HeaderColumns, or to LeaveOut.
type Mapping map[string]string

// LeaveOut in a Mapping is a column that is not imported.
const LeaveOut = "-"

// Match gives where a column of a heading goes by its own words: a field's name or label, or a column that every kind has; "" for nowhere.
func (k *Kind) Match(heading string) string {
	key := columnKey(heading)
	if i, ok := k.byColumn[key]; ok {
		return k.Fields[i].Name
	}
	switch key {
	case columnOn, columnKeyHeader, columnBook, columnEvidence:
		return key
	case "日期":
		return columnOn
	case table.ProblemColumn:
		return LeaveOut // an error workbook that was mended and is read again
	}
	return ""
}

// mapColumns matches columns with fields, as chosen or by name or label. Unknown and missing columns are problems of the whole table.
func (k *Kind) mapColumns(columns []string, needOn bool, chosen Mapping) (*mapping, error) {
	m := &mapping{kind: k}
	var p Problems
	seen := map[string]bool{}
	for _, c := range columns {
		to, ok := chosen[c]
		if !ok {
			to = k.Match(c)
		}
		field, header := k.Field(to), ""
		if field == nil {
			header = to
		}
		switch header {
		case columnOn, columnKeyHeader, columnBook, columnEvidence, LeaveOut:
		case "":
			if field == nil {
				p.Add(c, "column.unknown", "a %s has no column %q", k.Name, c).Mend("Remove the column or rename it. See the columns with: lastmile kinds %s", k.Name)
			}
		default:
			p.Add(c, "mapping.wrong", "column %q goes to %q, which a %s does not have", c, to, k.Name).Mend("Choose one of its fields.")
		}
		name := header
		if field != nil {
			name = field.Name
		}
		if name != "" && name != LeaveOut && seen[name] {
			p.Add(c, "column.twice", "two columns mean %s", name).Mend("Remove one of them.")
		}
		seen[name] = true
		m.fields = append(m.fields, field)
		m.headers = append(m.headers, header)
	}
	if needOn && !seen[columnOn] {
		p.Add(columnOn, "column.missing", "the column %q with the date is missing", columnOn).Mend("Add it; get a template with: lastmile kinds %s --template FILE", k.Name)
	}
	for i := range k.Fields {
		if f := &k.Fields[i]; !f.Optional && !seen[f.Name] {
			p.Add(f.Name, "column.missing", "the column %q is missing", f.Name).Mend("Add it; get a template with: lastmile kinds %s --template FILE", k.Name)
		}
	}
	return m, p.Err()
}

// decode makes the draft of one row. All its problems are reported, each at its row and column.
func (m *mapping) decode(columns []string, row table.Row) (d Draft, files []string, list fault.List) {
	var p Problems
	d.Fact = m.kind.New()
	for i, cell := range row.Cells {
		switch {
		case i >= len(m.fields):
		case m.fields[i] != nil:
			m.kind.Set(d.Fact, m.fields[i], cell, &p)
		case strings.TrimSpace(cell) == "":
		case m.headers[i] == columnOn:
			on, err := date.Parse(strings.TrimSpace(cell))
			if err != nil {
				p.Add(columnOn, "field.date", "%q is not a date", cell).Mend("Write it as 2020-03-14.")
			}
			d.On = on
		case m.headers[i] == columnKeyHeader:
			d.Key = strings.TrimSpace(cell)
		case m.headers[i] == columnBook:
			d.Book = strings.TrimSpace(cell)
		case m.headers[i] == columnEvidence:
			for _, f := range strings.Split(cell, ListSeparator) {
				if f = strings.TrimSpace(f); f != "" {
					files = append(files, f)
				}
			}
		}
	}
	m.kind.Check(d.Fact, &p)
	for _, e := range row.Problems {
		list = append(list, fault.New(fault.Invalid, string(e.Code), "%s", e.Text()).Mend("%s", e.Remedy()).At(row.Number, e.Column))
	}
	for _, e := range p.list {
		list = append(list, e.At(row.Number, m.columnOf(columns, e.Field)))
	}
	return d, files, list
}

// columnOf is the heading that stands over a field in the table.
func (m *mapping) columnOf(columns []string, field string) string {
	for i := range m.fields {
		if m.fields[i] != nil && m.fields[i].Name == field || m.fields[i] == nil && m.headers[i] == field {
			return columns[i]
		}
	}
	return field
}

// ReadTable reads a file with a table of facts of one kind without recording them, such as a claims file. The effective date is not asked for.
func ReadTable(path string, k *Kind, fn func(f Fact, row int) error) error {
	r, err := table.Open(path, table.Options{})
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer r.Close()
	if err := ReadRows(r, k, fn); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// ReadRows is ReadTable for a table that is open.
func ReadRows(r *table.Reader, k *Kind, fn func(f Fact, row int) error) error {
	var m *mapping
	var err error
	var problems fault.List
	for r.Next() {
		if m == nil || len(m.fields) != len(r.Columns()) {
			if m, err = k.mapColumns(r.Columns(), false, nil); err != nil {
				return err
			}
		}
		d, _, list := m.decode(r.Columns(), r.Row())
		problems = append(problems, list...)
		if len(list) == 0 {
			if err := fn(d.Fact, r.Row().Number); err != nil {
				return err
			}
		}
	}
	if err := r.Err(); err != nil {
		return err
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// WriteTemplate writes an empty table with the columns of a kind, its hints and its choices, in the format that the name shows.
func (k *Kind) WriteTemplate(path string) error {
	format, err := table.FormatOf(path)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(k.Template(f, format), f.Close())
}

// Template writes an empty table with the columns of a kind, its hints and its choices.
func (k *Kind) Template(w io.Writer, format table.Format) error {
	t, err := table.NewWriter(w, format, k.TableColumns(), table.WriterOptions{Sheet: k.Name, GuardFormulas: true})
	if err != nil {
		return err
	}
	return t.Close()
}

// TableColumns are the columns of a table of this kind.
func (k *Kind) TableColumns() []table.Column {
	list := append([]table.Column{}, HeaderColumns...)
	for i := range k.Fields {
		f := &k.Fields[i]
		c := table.Column{Name: f.Name, Note: f.En + " / " + f.Zh + ". " + f.Hint}
		if !f.Optional {
			c.Note += " Required."
		}
		for _, choice := range f.Choices {
			c.Values = append(c.Values, choice.Value)
		}
		list = append(list, c)
	}
	return list
}
