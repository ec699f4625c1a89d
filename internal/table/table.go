// Package table is the one place where tables come in from outside and go out again: CSV, Excel workbooks (XLSX)
// and JSON Lines. It knows files, not facts. Every format is read as a stream of rows of text and written as one,
// so that a table of a million rows needs no more memory than a table of ten.
//
//	r, err := table.Open("households.xlsx", table.Options{})
//	...
//	defer r.Close()
//	for r.Next() {
//		row := r.Row()
//		for i, column := range r.Columns() {
//			fmt.Println(row.Number, column, row.Cells[i])
//		}
//	}
//	if err := r.Err(); err != nil { ... }
//
// # What a table is
//
// Columns with distinct names, and rows of cells. The first row that holds anything is the heading (JSON Lines have
// keys instead). Names are trimmed of white space; cells are given as they stand, except that a line break within
// a cell is always "\n". A row without anything in it is no row. A column without a heading is no column, and a
// cell that stands in one is a problem.
//
// # What goes wrong
//
// A fault of the file (cut off, damaged, wrong encoding, beyond a limit) ends the reading: Next returns false and
// Err says why. Whoever reads must record nothing before Err was nil at the end. A fault of one row (a cell too
// many, #N/A, a lost character) is put into Row.Problems and reading goes on, so that a person learns of all faults
// at once. Both are an *Error, which names the place and the remedy.
//
// # CSV
//
// RFC 4180, with the comma, semicolon or tab as separator, whichever the heading shows, and LF or CRLF. Text is
// UTF-8, UTF-16 with its byte order mark, or GB18030, which Excel on Chinese Windows writes as plain "CSV". GB18030
// is told from UTF-8 by looking at the 64 KiB that follow the first character beyond ASCII, and a file that turns
// from one to the other is refused. We write UTF-8 with the byte order mark, without which Excel takes it for GB18030.
//
// A spreadsheet runs a CSV cell that begins with = + - or @ as a formula, so text typed by one person can run on the
// machine of another (OWASP, "CSV Injection"). WriterOptions.GuardFormulas puts an apostrophe before such a cell
// unless it is a number. The reader takes it off again. So that this always gives back what was written, a cell
// that itself begins with apostrophes and such a character gets one apostrophe more, guarded or not.
//
// # XLSX
//
// The first visible sheet that holds anything, or the sheet asked for; rows hidden by a filter are read too. A
// workbook stores less than it shows, so cells are given back as a person would have typed them: numbers as plain
// decimals of at most 15 significant digits, the most a spreadsheet keeps (1116.38, though the file says
// 1116.3800000000001; 12.5 for 12.50; 0.25 for 25%), dates as 2018-05-01, with a time 2018-05-01 13:30:00, times
// alone as 13:30:00, truth as true and false, formulas as their last calculated value. A number of 16 digits or more
// is a problem, because the spreadsheet has already changed its last digits; identity numbers suffer this.
//
// # JSON Lines
//
// One object a line, UTF-8. A key is a column. Which keys there are is not known before the end, so Columns grows:
// it begins with the keys of the first line, and a row's Cells are as long as Columns is at that row. Numbers
// keep the text they have in the file. A missing key and null are alike: not present. A list of texts becomes one
// cell, joined by ListSeparator. Nothing else may be nested.
package table

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// ListSeparator stands between the texts of a list that are kept in one cell, as evidence files are.
const ListSeparator = ";"

// ProblemColumn is the column of an error workbook that says what is wrong with the row. Importers pass over it, so
// that the workbook can be corrected and imported as it is.
const ProblemColumn = "problem"

// Options say what to read and how much of it to accept. A zero field means its default.
type Options struct {
	Sheet string // the sheet of a workbook; default the first visible sheet that holds anything

	LineBytes     int   // longest line of text, or row of CSV with its quoted line breaks; default 1 MiB
	CellChars     int   // longest cell, in UTF-16 as Excel counts; default 32,767, the most a cell of Excel holds
	Columns       int   // most columns; default 500
	Rows          int   // most rows; default 10,000,000
	UnpackedBytes int64 // largest part of a workbook when unpacked; default 1 GiB
	TextBytes     int64 // most memory for the shared texts of a workbook; default 192 MiB
}

func (o Options) withDefaults() Options {
	fill(&o.LineBytes, 1<<20)
	fill(&o.CellChars, 32767)
	fill(&o.Columns, 500)
	fill(&o.Rows, 10_000_000)
	fill(&o.UnpackedBytes, 1<<30)
	fill(&o.TextBytes, 192<<20)
	return o
}

func fill[N int | int64](field *N, value N) {
	if *field == 0 {
		*field = value
	}
}

// Row is one row of a table. Cells, Present and Problems are overwritten by the next call to Next; the texts in them
// may be kept.
type Row struct {
	Number   int      // as a person sees it: the line the row begins on, or the row of the sheet; from 1, heading included
	Cells    []string // one for each of Columns
	Present  []bool   // false where the file says nothing: an empty cell of CSV or XLSX, a missing or null key of JSON
	Problems []*Error // what is wrong with this row as the file has it; its cells are then as good as could be read
}

// Reader reads a table row by row. It is not safe for use by several goroutines at once.
type Reader struct {
	options Options
	file    io.ReaderAt
	size    int64
	closer  io.Closer
	source  source

	sheet   string
	columns []string
	index   map[string]int
	row     Row
	ahead   bool // row was read by Open and waits for Next
	rows    int
	err     error
}

// source is one format. It adds columns when it is opened (and later, if its format allows).
type source interface {
	// next fills the reader's row, whose cells are empty and as many as there are columns. It returns io.EOF after
	// the last row, and any other error when reading cannot go on.
	next() error
	// progress counts bytes, as Reader.Progress does.
	progress() (done, total int64)
}

// Open opens the table in a file. The format follows from the first bytes and the extension. The caller must Close it.
func Open(path string, options Options) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open table: %w", err)
	}
	r, err := NewReader(file, info.Size(), path, options)
	if err != nil {
		file.Close()
		return nil, err
	}
	r.closer = file
	return r, nil
}

// NewReader reads the table in the first size bytes of file, an upload for instance. The name serves for its extension.
func NewReader(file io.ReaderAt, size int64, name string, options Options) (*Reader, error) {
	r := &Reader{options: options.withDefaults(), file: file, size: size, index: map[string]int{}}
	format, err := r.detect(name)
	if err != nil {
		return nil, err
	}
	switch format {
	case XLSX:
		err = r.openXLSX()
	case JSONL:
		err = r.openJSONL()
	default:
		err = r.openCSV()
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Columns are the names of the columns in the order of the file. With JSON Lines they may grow at each Next.
func (r *Reader) Columns() []string { return r.columns }

// Next goes to the next row that holds anything. It returns false at the end and on a fault of the file: see Err.
func (r *Reader) Next() bool {
	if r.ahead {
		r.ahead = false
		return true
	}
	for r.err == nil {
		r.clearRow()
		if r.err = r.source.next(); r.err != nil {
			return false
		}
		r.checkCells()
		if r.blank() {
			continue
		}
		if r.rows++; r.rows > r.options.Rows {
			r.err = r.fault(TooManyRows, r.row.Number, "", r.options.Rows)
			return false
		}
		return true
	}
	return false
}

// Row is the row Next has gone to.
func (r *Reader) Row() Row { return r.row }

// Err is the fault that ended the reading, an *Error or a failure to read the file; nil when the table was read to its end.
func (r *Reader) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// Progress says how many bytes have been read of how many. For a workbook these are the unpacked bytes of its sheet.
func (r *Reader) Progress() (done, total int64) { return r.source.progress() }

// SHA256 reads the file once more from beginning to end and hashes it. It may be called at any time before Close and
// does not disturb the reading.
func (r *Reader) SHA256() ([sha256.Size]byte, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(r.file, 0, r.size)); err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("hash table: %w", err)
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// detect goes by the content first, since people rename files to get them accepted.
func (r *Reader) detect(name string) (Format, error) {
	start, err := r.sample(0)
	if err != nil {
		return "", err
	}
	extension := strings.ToLower(filepath.Ext(name))
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(start, utf8BOM), " \t\r\n"))
	switch {
	case len(start) == 0:
		return "", r.fault(EmptyFile, 0, "")
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("PK\x05\x06")):
		return XLSX, nil
	case bytes.HasPrefix(start, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		// A compound file holds .xls itself and the encrypted form of .xlsx ([MS-CFB], [MS-OFFCRYPTO] 2.3.4.4).
		if bytes.Contains(start, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
			return "", r.fault(EncryptedFile, 0, "")
		}
		return "", r.fault(OldWorkbook, 0, "")
	case extension == ".xlsx":
		return "", r.fault(NotAWorkbook, 0, "")
	case hasAnyPrefix(text, "%pdf", "<html", "<!doctype", "<?xml", "<table"):
		// Many systems offer a web page under the name of a spreadsheet.
		return "", r.fault(UnknownFormat, 0, "", filepath.Base(name))
	}
	format, err := FormatOf(name)
	if err != nil && bytes.HasPrefix(text, []byte("{")) {
		return JSONL, nil
	}
	return format, err
}

func hasAnyPrefix(text []byte, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if bytes.HasPrefix(text, []byte(prefix)) {
			return true
		}
	}
	return false
}

const sampleBytes = 64 << 10

// sample reads up to 64 KiB from an offset of the file.
func (r *Reader) sample(offset int64) ([]byte, error) {
	sample := make([]byte, min(sampleBytes, max(0, r.size-offset)))
	n, err := r.file.ReadAt(sample, offset)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read table: %w", err)
	}
	return sample[:n], nil
}

// fault makes an Error at a row and column of the table being read.
func (r *Reader) fault(code Code, row int, column string, args ...any) *Error {
	return &Error{Code: code, Sheet: r.sheet, Row: row, Column: column, Args: args}
}

// problem adds a problem to the row being read.
func (r *Reader) problem(code Code, column string, args ...any) {
	r.row.Problems = append(r.row.Problems, r.fault(code, r.row.Number, column, args...))
}

// addColumn makes a new column.
func (r *Reader) addColumn(row int, name string) error {
	if len(r.columns) == r.options.Columns {
		return r.fault(TooManyColumns, row, "", r.options.Columns)
	}
	r.index[name] = len(r.columns)
	r.columns = append(r.columns, name)
	return nil
}

// takeHeading makes columns of the heading row. It returns for each cell of that row the column it heads, or -1;
// placeName names a cell that has no heading.
func (r *Reader) takeHeading(row int, cells []string, placeName func(int) string) ([]int, error) {
	columnAt := make([]int, len(cells))
	for i, cell := range cells {
		name, code, args := cleanText(strings.TrimSpace(cell), r.options.CellChars)
		if strings.ContainsRune(name, 0) {
			code, args = NotText, nil
		}
		if code != "" {
			return nil, r.fault(code, row, placeName(i), args...)
		}
		columnAt[i] = -1
		if name == "" {
			continue
		}
		if _, found := r.index[name]; found {
			return nil, r.fault(DuplicateHeading, row, name)
		}
		columnAt[i] = len(r.columns)
		if err := r.addColumn(row, name); err != nil {
			return nil, err
		}
	}
	return columnAt, nil
}

func (r *Reader) clearRow() {
	n := len(r.columns)
	r.row = Row{
		Cells:    slices.Grow(r.row.Cells[:0], n)[:n],
		Present:  slices.Grow(r.row.Present[:0], n)[:n],
		Problems: r.row.Problems[:0],
	}
	clear(r.row.Cells)
	clear(r.row.Present)
}

// set fills a cell of the row.
func (r *Reader) set(column int, text string) {
	r.row.Cells[column] = text
	r.row.Present[column] = text != ""
}

// checkCells holds the rules that are the same for every format.
func (r *Reader) checkCells() {
	for i, text := range r.row.Cells {
		clean, code, args := cleanText(text, r.options.CellChars)
		if code != "" {
			r.problem(code, r.columns[i], args...)
		}
		r.row.Cells[i] = clean
	}
}

// cleanText makes every line break "\n" and cuts a text that is too long. The code, with its arguments, says what is
// wrong with the text, if anything.
func cleanText(text string, limit int) (clean string, code Code, args []any) {
	if cut, tooLong := cutText(text, limit); tooLong {
		return cut, CellTooLong, []any{limit}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= ' ' && c != 0x7F && c != 0xEF || c == '\t' || c == '\n':
		case c == '\r':
			return cleanText(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), limit)
		case c != 0xEF:
			return text, ControlCharacter, []any{rune(c)}
		case strings.HasPrefix(text[i:], "\uFFFD"):
			return text, LostCharacter, nil
		}
	}
	return text, "", nil
}

// cutText cuts a text to a number of UTF-16 units.
func cutText(text string, limit int) (cut string, tooLong bool) {
	if len(text) <= limit {
		return text, false
	}
	units := 0
	for i, r := range text {
		if units += max(1, utf16.RuneLen(r)); units > limit {
			return text[:i], true
		}
	}
	return text, false
}

// blank tells whether the row holds nothing: no text, no problem, and no key of a JSON object.
func (r *Reader) blank() bool {
	if len(r.row.Problems) > 0 {
		return false
	}
	for i, text := range r.row.Cells {
		if r.row.Present[i] && (text == "" || strings.TrimSpace(text) != "") {
			return false
		}
	}
	return true
}

// placeNumber names a cell of CSV that has no heading: its number from 1.
func placeNumber(i int) string { return strconv.Itoa(i + 1) }

var errOverLimit = errors.New("more bytes than allowed")

// meter counts what is read, and refuses to hand out more than allowed since allow was last called. With it a reader
// that would gather an endless line or element stops after about the limit.
type meter struct {
	source  io.Reader
	done    int64
	allowed int64
}

func (m *meter) allow(bytes int) { m.allowed = int64(bytes) }

func (m *meter) Read(p []byte) (int, error) {
	if m.allowed <= 0 {
		return 0, errOverLimit
	}
	n, err := m.source.Read(p[:min(int64(len(p)), m.allowed)])
	m.done += int64(n)
	m.allowed -= int64(n)
	return n, err
}
