package table

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// xlsxSink writes a workbook of one visible sheet, with a heading that stays in sight, a note at each heading, lists to
// choose from, and text columns formatted as text so that identity numbers typed into them keep all their digits. The
// allowed values stand in a hidden sheet, since a list written into the rule itself may have 255 characters only.
type xlsxSink struct {
	w       io.Writer
	file    *excelize.File
	sheet   *excelize.StreamWriter
	columns []Column
	cells   []any
	decimal map[int]int // style by number of decimals
}

const listSheet = "_values"

func newXLSXSink(w io.Writer, columns []Column, options WriterOptions) (*xlsxSink, error) {
	s := &xlsxSink{w: w, file: excelize.NewFile(), columns: columns, cells: make([]any, len(columns)), decimal: map[int]int{}}
	if err := s.begin(options.Sheet); err != nil {
		s.file.Close()
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return s, nil
}

func (s *xlsxSink) begin(name string) (err error) {
	if name == "" {
		name = "data"
	}
	if err = s.file.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	if s.sheet, err = s.file.NewStreamWriter(name); err != nil {
		return err
	}
	for i, column := range s.columns {
		if err = s.prepareColumn(i+1, column); err != nil {
			return fmt.Errorf("column %s: %w", column.Name, err)
		}
		if err = s.offerValues(i+1, column, name); err != nil {
			return fmt.Errorf("values of column %s: %w", column.Name, err)
		}
	}
	err = s.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	if err != nil {
		return err
	}
	return s.writeHeading()
}

func (s *xlsxSink) prepareColumn(number int, column Column) error {
	style := &excelize.Style{}
	switch column.Kind {
	case Number:
	case Date:
		format := "yyyy-mm-dd"
		style.CustomNumFmt = &format
	default:
		style.NumFmt = 49 // text
	}
	if column.Name == ProblemColumn {
		style.Alignment = &excelize.Alignment{WrapText: true, Vertical: "top"}
	}
	id, err := s.file.NewStyle(style)
	if err != nil {
		return err
	}
	if err := s.sheet.SetColStyle(number, number, id); err != nil {
		return err
	}
	if err := s.sheet.SetColWidth(number, number, float64(columnWidth(column))); err != nil {
		return err
	}
	if column.Note == "" {
		return nil
	}
	return s.file.AddComment(s.sheet.Sheet, excelize.Comment{
		Cell:      columnLetters(number-1) + "1",
		Paragraph: []excelize.RichTextRun{{Text: column.Note}},
		Width:     320, // pixels; a longer note is read by making the box larger
		Height:    120,
	})
}

func columnWidth(column Column) int {
	if column.Width > 0 {
		return min(column.Width, excelize.MaxColumnWidth)
	}
	if column.Name == ProblemColumn {
		return 60
	}
	width := 2
	for _, r := range column.Name {
		if width++; r >= 0x1100 { // the characters of East Asia take two places
			width++
		}
	}
	return max(10, min(width, 60))
}

// offerValues lets the cells under a heading be chosen from the column's values.
func (s *xlsxSink) offerValues(number int, column Column, sheet string) error {
	if len(column.Values) == 0 {
		return nil
	}
	if _, err := s.file.NewSheet(listSheet); err != nil {
		return err
	}
	if err := s.file.SetSheetVisible(listSheet, false); err != nil {
		return err
	}
	letters := columnLetters(number - 1)
	if err := s.file.SetSheetCol(listSheet, letters+"1", &column.Values); err != nil {
		return err
	}
	list := excelize.NewDataValidation(true)
	list.SetSqref(fmt.Sprintf("%s2:%s%d", letters, letters, xlsxRows))
	list.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", listSheet, letters, letters, len(column.Values)))
	return s.file.AddDataValidation(sheet, list)
}

func (s *xlsxSink) writeHeading() error {
	heading, err := s.file.NewStyle(headingStyle("1E5B57"))
	if err != nil {
		return err
	}
	problem, err := s.file.NewStyle(headingStyle("A8321F"))
	if err != nil {
		return err
	}
	for i, column := range s.columns {
		style := heading
		if column.Name == ProblemColumn {
			style = problem
		}
		s.cells[i] = excelize.Cell{StyleID: style, Value: column.Name}
	}
	return s.sheet.SetRow("A1", s.cells)
}

func headingStyle(color string) *excelize.Style {
	return &excelize.Style{
		Font:      &excelize.Font{Bold: true, Color: "FFFFFF"},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
	}
}

func (s *xlsxSink) write(row int, texts []string) error {
	if row > xlsxRows {
		return &Error{Code: TooManyRows, Sheet: s.sheet.Sheet, Args: []any{xlsxRows - 1}}
	}
	for i, text := range texts {
		value, err := s.value(s.columns[i].Kind, text)
		if err != nil {
			return fmt.Errorf("write workbook: %w", err)
		}
		if _, tooLong := cutText(text, excelize.TotalCellChars); tooLong {
			return &Error{Code: CellTooLong, Sheet: s.sheet.Sheet, Row: row, Column: s.columns[i].Name, Args: []any{excelize.TotalCellChars}}
		}
		s.cells[i] = value
	}
	if err := s.sheet.SetRow("A"+strconv.Itoa(row), s.cells); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// value is the cell to write for a text: a number, day or truth where the column's kind says so and the text is one.
func (s *xlsxSink) value(kind Kind, text string) (any, error) {
	switch {
	case text == "":
		return nil, nil
	case kind == Number && isJSONNumber(text):
		if number, err := strconv.ParseFloat(text, 64); err == nil && decimal(number) == trimZeros(text) {
			style, err := s.decimalStyle(text)
			return excelize.Cell{StyleID: style, Value: number}, err
		}
	case kind == Boolean && (text == "true" || text == "false"):
		return text == "true", nil
	case kind == Date:
		if day, err := time.Parse(time.DateOnly, text); err == nil && !day.Before(firstSafeDay) {
			return int(day.Sub(dayZero) / (24 * time.Hour)), nil
		}
	}
	return text, nil
}

var (
	dayZero      = time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	firstSafeDay = time.Date(1900, time.March, 1, 0, 0, 0, 0, time.UTC) // programs disagree about earlier ones
)

// trimZeros takes off the zeros at the end of a decimal fraction, which a number in a workbook cannot keep.
func trimZeros(number string) string {
	if strings.Contains(number, ".") {
		return strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number
}

// decimalStyle is the style that shows a number with as many decimals as the text had; 0 is the column's own.
func (s *xlsxSink) decimalStyle(number string) (int, error) {
	_, fraction, found := strings.Cut(number, ".")
	if !found {
		return 0, nil
	}
	style, found := s.decimal[len(fraction)]
	if !found {
		format := "0." + strings.Repeat("0", len(fraction))
		var err error
		if style, err = s.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return 0, err
		}
		s.decimal[len(fraction)] = style
	}
	return style, nil
}

func (s *xlsxSink) close() error {
	defer s.file.Close()
	if err := s.sheet.Flush(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	if err := s.file.Write(s.w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}
