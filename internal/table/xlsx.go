package table

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// The limits of a sheet in Excel.
const (
	xlsxRows    = 1 << 20
	xlsxColumns = 1 << 14
)

// xlsxSource reads one sheet of a workbook (ECMA-376 part 1, SpreadsheetML) as a stream of XML tokens.
type xlsxSource struct {
	*Reader
	part   *partReader
	texts  sharedTexts
	shows  []numberShown // for each cell style, how it shows a number
	is1904 bool          // days are counted from 1904, not 1900

	columnAt []int // the column of each cell of the heading row, or -1
	lastRow  int
	cells    []xlsxCell // of the row being read
}

// xlsxCell is a cell as the sheet has it.
type xlsxCell struct {
	at      int // column of the sheet from 0
	kind    string
	style   int
	text    string
	formula bool
}

// openXLSX finds the parts of the workbook by their relations, as every program may name them as it likes, and reads on
// to the heading of the sheet.
func (r *Reader) openXLSX() error {
	parts, err := r.unzip()
	if err != nil {
		return err
	}
	root, err := parts.relations("")
	if err != nil {
		return err
	}
	workbookName := root.ofKind("officeDocument")
	var workbook workbookXML
	if err := parts.decode(workbookName, &workbook); err != nil {
		// Documents, presentations and .xlsb are archives of the same kind.
		fault := r.fault(NotAWorkbook, 0, "")
		fault.Err = err
		return fault
	}
	relations, err := parts.relations(workbookName)
	if err != nil {
		return err
	}
	s := &xlsxSource{Reader: r, is1904: isTrue(workbook.Properties.Date1904)}
	var styles stylesXML
	if name := relations.ofKind("styles"); name != "" {
		if err := parts.decode(name, &styles); err != nil {
			return err
		}
	}
	s.shows = styles.numbersShown()
	if name := relations.ofKind("sharedStrings"); name != "" {
		if s.texts, err = parts.sharedTexts(name); err != nil {
			return err
		}
	}
	r.source = s
	return s.openSheet(parts, workbook, relations)
}

func (s *xlsxSource) openSheet(parts *workbookParts, workbook workbookXML, relations relations) error {
	var names []string
	for _, sheet := range workbook.Sheets {
		target := relations.byID(sheet.ID)
		if target.kind() != "worksheet" {
			continue
		}
		names = append(names, sheet.Name)
		if wanted := s.options.Sheet; wanted != "" && wanted != sheet.Name || wanted == "" && sheet.State != "" && sheet.State != "visible" {
			continue
		}
		s.sheet, s.lastRow = sheet.Name, 0
		var err error
		if s.part, err = parts.open(target.Target, s.options.UnpackedBytes); err != nil {
			return err
		}
		if err = s.readHeading(); err != io.EOF {
			return err
		}
	}
	if s.sheet == "" && s.options.Sheet != "" {
		return s.fault(SheetNotFound, 0, "", s.options.Sheet, strings.Join(names, ", "))
	}
	return s.fault(NoHeading, 0, "")
}

// readHeading returns io.EOF when the sheet holds nothing.
func (s *xlsxSource) readHeading() error {
	for {
		row, err := s.readRow()
		if err != nil {
			return err
		}
		var names []string
		for _, cell := range s.cells {
			text, code, args := s.value(cell)
			if code != "" {
				return s.fault(code, row, columnLetters(cell.at), args...)
			}
			if strings.TrimSpace(text) == "" {
				continue
			}
			for len(names) < cell.at {
				names = append(names, "")
			}
			names = append(names, text)
		}
		if len(names) == 0 {
			continue
		}
		s.columnAt, err = s.takeHeading(row, names, columnLetters)
		return err
	}
}

func (s *xlsxSource) next() error {
	row, err := s.readRow()
	if err != nil {
		return err
	}
	s.row.Number = row
	strayFound := false
	for _, cell := range s.cells {
		text, code, args := s.value(cell)
		if cell.at < len(s.columnAt) && s.columnAt[cell.at] >= 0 {
			column := s.columnAt[cell.at]
			s.set(column, text)
			if code != "" {
				s.problem(code, s.columns[column], args...)
			}
		} else if strings.TrimSpace(text) != "" && !strayFound {
			strayFound = true
			s.problem(CellNoHeading, columnLetters(cell.at), text)
		}
	}
	return nil
}

func (s *xlsxSource) progress() (done, total int64) { return s.part.meter.done, s.part.size }

// readRow reads the cells of the next row. At the end of the sheet it reads the part to its end, which checks its sum.
func (s *xlsxSource) readRow() (row int, err error) {
	s.cells = s.cells[:0]
	for {
		token, err := s.part.tokenWithin()
		if err != nil {
			return 0, s.damage(err, s.lastRow+1)
		}
		switch element := token.(type) {
		case xml.StartElement:
			switch element.Name.Local {
			case "row":
				if row, err = s.rowNumber(element); err != nil {
					return 0, err
				}
			case "c":
				if row == 0 {
					return 0, s.fault(DamagedFile, s.lastRow+1, "", "a cell outside the rows")
				}
				if err := s.readCell(element, row); err != nil {
					return 0, err
				}
			}
		case xml.EndElement:
			switch element.Name.Local {
			case "row":
				return row, nil
			case "sheetData":
				if err := s.part.drain(); err != nil {
					return 0, s.damage(err, s.lastRow)
				}
				return 0, io.EOF
			}
		}
	}
}

func (s *xlsxSource) rowNumber(element xml.StartElement) (int, error) {
	row := s.lastRow + 1
	if text := attribute(element, "r"); text != "" {
		var err error
		if row, err = strconv.Atoi(text); err != nil || row <= s.lastRow || row > xlsxRows {
			return 0, s.fault(DamagedFile, s.lastRow+1, "", fmt.Sprintf("row number %q", text))
		}
	}
	s.lastRow = row
	return row, nil
}

// readCell reads a cell up to its end. The value is in <v>, or in the <t> parts of <is>; <f> has the formula.
func (s *xlsxSource) readCell(start xml.StartElement, row int) error {
	cell := xlsxCell{kind: attribute(start, "t")}
	last := -1
	if len(s.cells) > 0 {
		last = s.cells[len(s.cells)-1].at
	}
	cell.at = last + 1
	if reference := attribute(start, "r"); reference != "" {
		cell.at = columnOf(reference)
	}
	if cell.at <= last || cell.at >= xlsxColumns {
		return s.fault(DamagedFile, row, "", fmt.Sprintf("cell %q", attribute(start, "r")))
	}
	if style := attribute(start, "s"); style != "" {
		cell.style, _ = strconv.Atoi(style) // a style that is no number is the default
	}
	text, err := s.part.text("c", func(element xml.StartElement) {
		cell.formula = cell.formula || element.Name.Local == "f"
	})
	if err != nil {
		return s.damage(err, row)
	}
	if cell.text = text; text != "" || cell.formula {
		s.cells = append(s.cells, cell)
	}
	return nil
}

// value is what the cell shows to a person. The code, with its arguments, says what is wrong with it, if anything.
func (s *xlsxSource) value(cell xlsxCell) (text string, code Code, args []any) {
	if cell.text == "" && cell.kind != "str" {
		return "", FormulaNoValue, nil // readCell keeps no other cell without a text
	}
	switch cell.kind {
	case "s":
		index, err := strconv.Atoi(cell.text)
		if err != nil || index < 0 || index >= s.texts.len() {
			return cell.text, ErrorValue, []any{"its text is missing from the workbook"}
		}
		return s.texts.at(index), "", nil
	case "str", "inlineStr":
		return unescapeXLSX(cell.text), "", nil
	case "b":
		if isTrue(cell.text) {
			return "true", "", nil
		}
		return "false", "", nil
	case "e":
		return cell.text, ErrorValue, []any{cell.text}
	case "d": // ISO 8601, from programs other than Excel
		return strings.Replace(strings.TrimSuffix(cell.text, "T00:00:00"), "T", " ", 1), "", nil
	}
	shown := asNumber
	if cell.style >= 0 && cell.style < len(s.shows) {
		shown = s.shows[cell.style]
	}
	number, err := strconv.ParseFloat(cell.text, 64)
	switch {
	case err != nil || math.IsInf(number, 0) || math.IsNaN(number):
		return cell.text, ErrorValue, []any{cell.text + " is no number"}
	case shown != asNumber:
		if text, ok := calendar(number, shown, s.is1904); ok {
			return text, "", nil
		}
		return decimal(number), DateOutOfRange, []any{decimal(number)}
	case math.Abs(number) >= 1e15:
		return decimal(number), NumberTooLong, []any{decimal(number)}
	}
	return decimal(number), "", nil
}

// decimal writes a number with the 15 digits a spreadsheet keeps, without exponent and needless zeros.
func decimal(number float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(number, 'e', 14, 64), 64)
	if rounded == 0 {
		return "0" // not -0
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// columnLetters names a column of a sheet: 0 is A, 26 is AA.
func columnLetters(column int) string {
	letters := ""
	for column >= 0 {
		letters = string(rune('A'+column%26)) + letters
		column = column/26 - 1
	}
	return letters
}

// columnOf is the column of a cell reference, 27 for "AB12"; -1 when there is none.
func columnOf(reference string) int {
	column := 0
	for i := 0; i < len(reference) && i < 3 && 'A' <= reference[i] && reference[i] <= 'Z'; i++ {
		column = column*26 + int(reference[i]-'A') + 1
	}
	return column - 1
}

func attribute(element xml.StartElement, name string) string {
	for _, attr := range element.Attr {
		if attr.Name.Local == name {
			return attr.Value
		}
	}
	return ""
}

func isTrue(text string) bool { return text == "1" || text == "true" }
