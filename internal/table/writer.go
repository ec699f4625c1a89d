package table

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Column describes a column to write. CSV needs only the name.
type Column struct {
	Name   string
	Kind   Kind
	Note   string   // what belongs into the column; a workbook shows it at the heading
	Values []string // the only texts allowed; a workbook offers them as a list and refuses others
	Width  int      // in characters, for a workbook; default what the name needs, and at least 10
}

// Kind says what a column holds. A workbook and JSON keep numbers, dates and truth as such where the cell's text is
// one; any other text in such a column is written as text, so nothing is ever lost.
type Kind string

// The kinds of column.
const (
	Text    Kind = ""        // anything, identity numbers too
	Number  Kind = "number"  // 12, -3.50
	Date    Kind = "date"    // 2018-05-01
	Boolean Kind = "boolean" // true, false
	List    Kind = "list"    // texts joined by ListSeparator
)

// WriterOptions say how to write. The zero value is usable.
type WriterOptions struct {
	GuardFormulas bool   // CSV: keep spreadsheets from running a cell as a formula; see the package comment
	Sheet         string // XLSX: the name of the sheet; default "data"
}

// Writer writes a table row by row. What it writes, Reader reads back cell by cell, except that control characters and
// bytes that are not UTF-8 become U+FFFD (so that an error workbook can show the row), line breaks become "\n", rows
// without anything in them vanish, and a workbook drops zeros at the end of a Number.
type Writer struct {
	columns []Column
	sink    sink
	clean   []string
	row     int
}

// sink is one format.
type sink interface {
	write(row int, cells []string) error
	close() error
}

// NewWriter begins a table with these columns in the given format. Close completes it; it does not close w.
func NewWriter(w io.Writer, format Format, columns []Column, options WriterOptions) (*Writer, error) {
	if err := checkColumns(columns); err != nil {
		return nil, err
	}
	writer := &Writer{columns: columns, clean: make([]string, len(columns)), row: 1}
	var err error
	switch format {
	case CSV:
		writer.sink, err = newCSVSink(w, columns, options)
	case XLSX:
		writer.sink, err = newXLSXSink(w, columns, options)
	case JSONL:
		writer.sink = newJSONLSink(w, columns)
	default:
		err = fmt.Errorf("write table: no format %q", format)
	}
	if err != nil {
		return nil, err
	}
	return writer, nil
}

func checkColumns(columns []Column) error {
	seen := map[string]bool{}
	for _, column := range columns {
		if column.Name == "" || column.Name != storable(strings.TrimSpace(column.Name)) {
			return fmt.Errorf("write table: %q cannot be the name of a column", column.Name)
		}
		if seen[column.Name] {
			return fmt.Errorf("write table: two columns are named %q", column.Name)
		}
		seen[column.Name] = true
	}
	if len(columns) == 0 {
		return fmt.Errorf("write table: no columns")
	}
	return nil
}

// Write writes one row, a cell for each column. An empty cell is written as nothing.
func (w *Writer) Write(cells []string) error {
	if len(cells) != len(w.columns) {
		return fmt.Errorf("write table: %d cells for %d columns", len(cells), len(w.columns))
	}
	for i, cell := range cells {
		w.clean[i] = storable(cell)
	}
	w.row++
	return w.sink.write(w.row, w.clean)
}

// Close completes the table.
func (w *Writer) Close() error { return w.sink.close() }

// storable is the text as every format can keep it.
func storable(text string) string {
	if clean, code, _ := cleanText(text, len(text)); code == "" && utf8.ValidString(clean) {
		return clean
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\t' && r != '\n' || r == 0x7F:
			return '\uFFFD'
		}
		return r
	}, text)
}
