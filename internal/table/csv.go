package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// csvSource reads CSV. The comma, semicolon, tab, quotation mark and line break are never part of a longer character
// in UTF-8 or GB18030, so the bytes are cut into cells first and each cell is decoded by itself. That way an
// undecodable byte has a line and a column.
type csvSource struct {
	*Reader
	meter    meter
	csv      *csv.Reader
	start    int64 // bytes of the file before the first that csv reads: a byte order mark
	isUTF16  bool  // decoded on the way to csv, which then counts other bytes than the file has
	encoding encoding

	headings int   // cells in the heading row
	needed   int   // the number of the last cell with a heading
	columnAt []int // the column of each heading cell, or -1
}

func (r *Reader) openCSV() error {
	s := &csvSource{Reader: r}
	start, err := r.sample(0)
	if err != nil {
		return err
	}
	switch {
	case hasUTF16BOM(start):
		if r.size%2 != 0 {
			return r.fault(TruncatedFile, 0, "")
		}
		s.isUTF16, s.encoding = true, isUTF8
		if start, err = io.ReadAll(fromUTF16(bytes.NewReader(start))); err != nil {
			return fmt.Errorf("read csv: %w", err)
		}
	case bytes.HasPrefix(start, utf8BOM):
		s.start, s.encoding = int64(len(utf8BOM)), isUTF8
		start = start[len(utf8BOM):]
	}
	separator, oldLineBreaks := readHeadingLine(start)
	if oldLineBreaks {
		return r.fault(OldLineBreaks, 1, "")
	}

	s.meter.source = io.NewSectionReader(r.file, s.start, r.size-s.start)
	var text io.Reader = &s.meter
	if s.isUTF16 {
		text = fromUTF16(text)
	}
	s.csv = csv.NewReader(bufio.NewReaderSize(text, sampleBytes))
	s.csv.Comma = separator
	s.csv.FieldsPerRecord = -1
	s.csv.ReuseRecord = true
	r.source = s
	return s.readHeading()
}

// readHeadingLine finds the separator that stands most often in the first line outside quotation marks, and tells
// whether that line ends with a bare carriage return.
func readHeadingLine(text []byte) (separator rune, oldLineBreaks bool) {
	var commas, semicolons, tabs int
	quoted := false
	text = bytes.TrimLeft(text, "\r\n")
scan:
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas++
		case c == ';':
			semicolons++
		case c == '\t':
			tabs++
		case c == '\n':
			break scan
		case c == '\r' && i+1 < len(text):
			oldLineBreaks = text[i+1] != '\n'
			break scan
		}
	}
	switch {
	case semicolons > commas && semicolons > tabs:
		return ';', oldLineBreaks
	case tabs > commas:
		return '\t', oldLineBreaks
	}
	return ',', oldLineBreaks
}

func (s *csvSource) readHeading() error {
	for {
		record, line, err := s.read()
		if err == io.EOF {
			return s.fault(NoHeading, 0, "")
		}
		if err != nil {
			return err
		}
		if isBlank(record) {
			continue
		}
		s.headings = len(record)
		if s.columnAt, err = s.takeHeading(line, record, placeNumber); err != nil {
			return err
		}
		for i, column := range s.columnAt {
			if column >= 0 {
				s.needed = i + 1
			}
		}
		return nil
	}
}

func isBlank(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

func (s *csvSource) next() error {
	record, line, err := s.read()
	if err != nil {
		return err
	}
	s.row.Number = line
	surplus := -1
	for i, cell := range record {
		switch {
		case i < len(s.columnAt) && s.columnAt[i] >= 0:
			s.set(s.columnAt[i], cell)
		case strings.TrimSpace(cell) != "" && surplus < 0:
			surplus = i
		}
	}
	switch {
	case isBlank(record):
	case len(record) < s.needed && s.endsWithoutLineBreak():
		return s.fault(TruncatedFile, line, "")
	case len(record) < s.needed, surplus >= s.headings:
		s.problem(CellCount, "", len(record), s.headings)
	case surplus >= 0:
		s.problem(CellNoHeading, placeNumber(surplus), record[surplus])
	}
	return nil
}

func (s *csvSource) progress() (done, total int64) { return s.start + s.meter.done, s.size }

// read reads one record, decodes its cells and tells the line it begins on.
func (s *csvSource) read() (record []string, line int, err error) {
	start := s.csv.InputOffset()
	// The buffer may take in that much more than the record.
	s.meter.allow(s.options.LineBytes + sampleBytes)
	record, err = s.csv.Read()
	if len(record) > 0 {
		line, _ = s.csv.FieldPos(0)
	}
	var syntax *csv.ParseError
	switch {
	case err == io.EOF:
		return nil, 0, io.EOF
	case errors.Is(err, errOverLimit) || s.csv.InputOffset()-start > int64(s.options.LineBytes):
		return nil, 0, s.fault(LineTooLong, max(line, 1), "", s.options.LineBytes)
	case errors.As(err, &syntax):
		code := StrayQuote
		if errors.Is(err, csv.ErrQuote) && s.atEnd() {
			code = OpenQuote
		}
		return nil, 0, s.fault(code, syntax.StartLine, s.columnName(len(record)))
	case err != nil:
		return nil, 0, fmt.Errorf("read csv: %w", err)
	}
	for i, cell := range record {
		if record[i], err = s.decode(cell, line, i, start); err != nil {
			return nil, 0, err
		}
	}
	return record, line, nil
}

// decode gives a cell's text in UTF-8 and without the apostrophe of a guarded formula.
func (s *csvSource) decode(cell string, line, i int, recordStart int64) (string, error) {
	if !isASCII(cell) {
		if s.encoding == undecided {
			sample, err := s.sample(s.start + recordStart)
			if err != nil {
				return "", err
			}
			s.encoding = detectEncoding(sample)
		}
		text, ok := cell, utf8.ValidString(cell)
		if s.encoding == isGB18030 {
			text, ok = decodeGB18030([]byte(cell))
			ok = ok && !isUTF8Amid([]byte(cell))
		}
		if !ok {
			return "", s.fault(UnreadableText, line, s.columnName(i), undecodable(cell, s.encoding), string(s.encoding))
		}
		cell = text
	}
	return unguard(cell), nil
}

func isASCII(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// columnName is the heading above a cell, or its number.
func (s *csvSource) columnName(i int) string {
	if i < len(s.columnAt) && s.columnAt[i] >= 0 {
		return s.columns[s.columnAt[i]]
	}
	return placeNumber(i)
}

// atEnd tells whether nothing follows. It costs a record if something does.
func (s *csvSource) atEnd() bool {
	_, err := s.csv.Read()
	return err == io.EOF
}

// endsWithoutLineBreak tells whether the record just read is the last and the file stops in the middle of its line.
func (s *csvSource) endsWithoutLineBreak() bool {
	if s.isUTF16 || s.start+s.csv.InputOffset() < s.size {
		return false
	}
	last := make([]byte, 1)
	if _, err := s.file.ReadAt(last, s.size-1); err != nil {
		return false
	}
	return last[0] != '\n' && last[0] != '\r'
}

// startsFormula tells whether a spreadsheet may take the text for a formula (OWASP, "CSV Injection"). White space
// before the sign is dropped by some programs, and full-width signs are taken for plain ones.
func startsFormula(text string) bool {
	return strings.IndexAny(text, "=+-@\t\n＝＋－＠") == 0
}

// guard puts an apostrophe before a cell that a spreadsheet could run, and before one that unguard would change.
func guard(text string, guardFormulas bool) string {
	bare := strings.TrimLeft(text, "'")
	if startsFormula(bare) && (bare != text || guardFormulas && !isNumber(text)) {
		return "'" + text
	}
	return text
}

// unguard undoes guard.
func unguard(text string) string {
	if strings.HasPrefix(text, "'") && startsFormula(strings.TrimLeft(text, "'")) {
		return text[1:]
	}
	return text
}

// isNumber tells whether the text is a decimal number as people write them, +8613800000000 too.
func isNumber(text string) bool {
	digits, points := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case isDigit(c):
			digits++
		case c == '.':
			points++
		case (c == '-' || c == '+') && i == 0:
		default:
			return false
		}
	}
	return digits > 0 && points <= 1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
