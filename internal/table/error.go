package table

import (
	"fmt"
	"strconv"
	"strings"
)

// Error says what is wrong with a table or with one of its rows, where, and how to put it right. The page or
// command that shows it may translate: Code is the key and Args are the arguments of the English sentences in
// Messages, which Error uses.
type Error struct {
	Code   Code
	Sheet  string // the sheet of a workbook; empty for CSV and JSON Lines
	Row    int    // the line of the file or the row of the sheet, counted from 1; 0 when the whole file is meant
	Column string // the column's name; where it has none, its number ("3"), in a workbook its letter ("C")
	Args   []any  // numbers, texts and characters in the order of the verbs in Messages[Code].Text
	Err    error  // the cause, when another package found the fault
}

// Error gives place, fault and remedy in one English sentence:
// "line 17, column name: the bytes D5 C5 cannot be read as UTF-8; save the file as 'CSV UTF-8'".
func (e *Error) Error() string {
	message := e.Text()
	if place := e.Place(); place != "" {
		message = place + ": " + message
	}
	return message + "; " + e.Remedy()
}

// Place is the place in words, "line 17, column name" or "sheet 2018, row 17, column C"; empty for the whole file.
func (e *Error) Place() string {
	var places []string
	word := "line "
	if e.Sheet != "" {
		places = append(places, "sheet "+e.Sheet)
		word = "row "
	}
	if e.Row > 0 {
		places = append(places, word+strconv.Itoa(e.Row))
	}
	if e.Column != "" {
		places = append(places, "column "+e.Column)
	}
	return strings.Join(places, ", ")
}

// Text is the fault alone, without place and remedy.
func (e *Error) Text() string { return fmt.Sprintf(Messages[e.Code].Text, e.Args...) }

// Remedy is what the person can do about it.
func (e *Error) Remedy() string { return Messages[e.Code].Remedy }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Code names a fault. Codes are stable: translations and tests are keyed by them.
type Code string

// Faults of a whole file: reading stops.
const (
	EmptyFile        Code = "table.empty_file"
	UnknownFormat    Code = "table.unknown_format"
	NotAWorkbook     Code = "table.not_a_workbook"
	OldWorkbook      Code = "table.old_workbook"
	EncryptedFile    Code = "table.encrypted_file"
	DamagedFile      Code = "table.damaged_file"
	TruncatedFile    Code = "table.truncated_file"
	UnpacksTooLarge  Code = "table.unpacks_too_large"
	UnpacksTooDense  Code = "table.unpacks_too_dense"
	SheetNotFound    Code = "table.sheet_not_found"
	NoHeading        Code = "table.no_heading"
	DuplicateHeading Code = "table.duplicate_heading"
	UnreadableText   Code = "table.unreadable_text"
	NotText          Code = "table.not_text"
	OldLineBreaks    Code = "table.old_line_breaks"
	StrayQuote       Code = "table.stray_quote"
	OpenQuote        Code = "table.open_quote"
	LineTooLong      Code = "table.line_too_long"
	TooManyColumns   Code = "table.too_many_columns"
	TooManyRows      Code = "table.too_many_rows"
	JSONArray        Code = "table.json_array"
)

// Faults of one row: they are in Row.Problems and reading goes on.
const (
	CellCount        Code = "table.cell_count"
	CellTooLong      Code = "table.cell_too_long"
	CellNoHeading    Code = "table.cell_no_heading"
	ControlCharacter Code = "table.control_character"
	LostCharacter    Code = "table.lost_character"
	ErrorValue       Code = "table.error_value"
	FormulaNoValue   Code = "table.formula_no_value"
	NumberTooLong    Code = "table.number_too_long"
	DateOutOfRange   Code = "table.date_out_of_range"
	JSONSyntax       Code = "table.json_syntax"
	DuplicateKey     Code = "table.duplicate_key"
	NestedValue      Code = "table.nested_value"
)

// Message is the English of a Code: Text, with the verbs of package fmt for Error.Args, and Remedy.
type Message struct{ Text, Remedy string }

const saveAsUTF8 = "open the file in the program it came from and save it as 'CSV UTF-8'"

// Messages holds the English of every Code.
var Messages = map[Code]Message{
	EmptyFile: {"the file is empty",
		"check that you chose the right file and that it was copied whole"},
	UnknownFormat: {"%s is not a table that can be read",
		"save it as Excel workbook (.xlsx), 'CSV UTF-8' (.csv) or JSON Lines (.jsonl)"},
	NotAWorkbook: {"the file is not an Excel workbook (.xlsx), whatever its name says",
		"open it in Excel and save it as Excel workbook (.xlsx); if it does not open, copy it again from where it came"},
	OldWorkbook: {"this is a workbook of Excel 97-2003 (.xls), or one protected by a password",
		"open it in Excel, take off the password if it has one, and save it as Excel workbook (.xlsx)"},
	EncryptedFile: {"the workbook is protected by a password",
		"open it in Excel, take off the password under File, Info, Protect Workbook, and save it again"},
	DamagedFile: {"the workbook is damaged (%s)",
		"open it in Excel and save it under a new name as Excel workbook (.xlsx)"},
	TruncatedFile: {"the file is cut off: its end is missing",
		"copy or download it again from where it came"},
	UnpacksTooLarge: {"the workbook unpacks to more than %d bytes",
		"split it into several workbooks or save it as 'CSV UTF-8'"},
	UnpacksTooDense: {"a part of the workbook unpacks to %d times its size, as no real table does",
		"copy the table alone into a new workbook and save that"},
	SheetNotFound: {"there is no sheet %q; the sheets are %s",
		"name one of these"},
	NoHeading: {"there is no row of column headings",
		"put the column names into the first row, above the data"},
	DuplicateHeading: {"two columns have the same heading",
		"rename one of them or remove it"},
	UnreadableText: {"the bytes %s cannot be read as %s",
		saveAsUTF8},
	NotText: {"there are zero bytes in what should be text",
		saveAsUTF8},
	OldLineBreaks: {"the lines end as on a Macintosh before 2001",
		saveAsUTF8},
	StrayQuote: {"a quotation mark stands inside a cell that is not in quotation marks, or text follows the closing one",
		"put the whole cell into quotation marks and double each one inside it, or save the table from Excel"},
	OpenQuote: {"the file ends inside quotation marks that were never closed: it is cut off, or a quotation mark inside the cell is not doubled",
		"copy the file again, or double the quotation mark"},
	LineTooLong: {"the line is longer than %d bytes",
		"check that this is the right file; if a quotation mark opens here and is never closed, close it"},
	TooManyColumns: {"there are more than %d columns",
		"remove the columns that are not needed"},
	TooManyRows: {"there are more than %d rows",
		"split the table into several files"},
	JSONArray: {"the file is one JSON array, not JSON Lines",
		"write one object a line, without the brackets and commas around them"},
	CellCount: {"the row has %d cells where the heading has %d",
		"check the row for a comma too many or too few; a cell with a comma in it must stand in quotation marks"},
	CellTooLong: {"the cell is longer than %d characters",
		"shorten it, or attach the long text as a file"},
	CellNoHeading: {"the cell holds %q but its column has no heading",
		"give the column a heading or empty the cell"},
	ControlCharacter: {"the cell holds the invisible control character %U",
		"delete the cell and type its text again"},
	LostCharacter: {"the cell holds \uFFFD, left by a program that could not read the character there",
		"type the right character in its place"},
	ErrorValue: {"the cell holds an error: %s",
		"correct the formula or type the value"},
	FormulaNoValue: {"the cell holds a formula that was never calculated",
		"open the workbook in Excel and save it, or type the value"},
	NumberTooLong: {"%s has more than the 15 digits a spreadsheet keeps, so its last digits are lost",
		"format the column as text and type the whole number again"},
	DateOutOfRange: {"the number %s shown as a date is not a day of the calendar",
		"type the date again as YYYY-MM-DD"},
	JSONSyntax: {"the line is not one JSON object: %s",
		`write one object a line, such as {"household":"H-1","persons":4}`},
	DuplicateKey: {"the key stands twice in the object",
		"remove one of the two"},
	NestedValue: {"the value is an object, or a list of something else than texts without %q",
		"give each value a key of its own; a list may hold texts only"},
}
