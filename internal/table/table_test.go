package table

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// content is everything a reader gave, laid out as text: the columns, each row with its number, each problem, the fault.
func content(r *Reader, err error) string {
	var out strings.Builder
	if err == nil {
		for r.Next() {
			row := r.Row()
			fmt.Fprintf(&out, "%d", row.Number)
			for i, cell := range row.Cells {
				if !row.Present[i] {
					cell = "-"
				}
				fmt.Fprintf(&out, "|%s", strings.ReplaceAll(cell, "\n", "⏎"))
			}
			out.WriteString("\n")
			for _, problem := range row.Problems {
				fmt.Fprintf(&out, "! %s\n", problem)
			}
		}
		err = r.Err()
		out.WriteString("= " + strings.Join(r.Columns(), "|") + "\n")
	}
	if err != nil {
		fmt.Fprintf(&out, "!! %s\n", err)
	}
	return out.String()
}

func open(name string, file []byte, options Options) (*Reader, error) {
	return NewReader(bytes.NewReader(file), int64(len(file)), name, options)
}

func lines(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func TestFormatFollowsContentThenExtension(t *testing.T) {
	cases := []struct{ name, file, want string }{
		{"a.CSV", "x\n1\n", "2|1\n= x\n"},
		{"a.txt", "x\ty\n1\t2\n", "2|1|2\n= x|y\n"},
		{"a.tsv", "x\ty\n1\t2\n", "2|1|2\n= x|y\n"},
		{"a.json", `{"x":1}`, "1|1\n= x\n"},
		{"a", `{"x":1}`, "1|1\n= x\n"},
		{"a.csv", string(workbook(sheet(`<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>`))), "2|1\n= x\n"},
	}
	for _, c := range cases {
		r, err := open(c.name, []byte(c.file), Options{})
		if got := content(r, err); got != c.want {
			t.Errorf("%s %.20q: got\n%s want\n%s", c.name, c.file, got, c.want)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "villages.csv")
	file := []byte("code,name\n620123,榆中\n")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := r.SHA256(); err != nil || sum != sha256.Sum256(file) {
		t.Errorf("SHA256 before reading: %x, %v", sum, err)
	}
	if got, want := content(r, nil), "2|620123|榆中\n= code|name\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	if done, total := r.Progress(); done != total || total != int64(len(file)) {
		t.Errorf("progress at the end: %d of %d", done, total)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}

	if _, err := Open(path+".missing", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// failing stands for a disk that breaks in the middle of a file.
type failing struct {
	good  io.ReaderAt
	after int64
}

var errDisk = errors.New("disk on fire")

func (f failing) ReadAt(p []byte, offset int64) (int, error) {
	if offset+int64(len(p)) > f.after {
		return 0, errDisk
	}
	return f.good.ReadAt(p, offset)
}

func TestReadFailureIsNeverTheEnd(t *testing.T) {
	text := strings.Repeat("a,b\n", 100_000)
	for _, name := range []string{"a.csv", "a.jsonl"} {
		if name == "a.jsonl" {
			text = strings.Repeat("{\"a\":1}\n", 100_000)
		}
		r, err := NewReader(failing{strings.NewReader(text), 200_000}, int64(len(text)), name, Options{Rows: 1 << 30, LineBytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for r.Next() {
		}
		if !errors.Is(r.Err(), errDisk) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

// Every fault has a case here: what a person has, and what they are told.
func TestFaults(t *testing.T) {
	cases := []struct {
		code    Code
		name    string
		file    string
		options Options
		want    string
	}{
		{EmptyFile, "a.csv", "", Options{},
			"the file is empty; check that you chose the right file and that it was copied whole"},
		{EmptyFile, "a.jsonl", "\n\n", Options{},
			"the file is empty; check that you chose the right file and that it was copied whole"},
		{UnknownFormat, "photo.jpeg", "\xFF\xD8\xFF", Options{},
			"photo.jpeg is not a table that can be read; save it as Excel workbook (.xlsx), 'CSV UTF-8' (.csv) or JSON Lines (.jsonl)"},
		{UnknownFormat, "export.xls", "\r\n<HTML><table>", Options{},
			"export.xls is not a table that can be read; save it as Excel workbook (.xlsx), 'CSV UTF-8' (.csv) or JSON Lines (.jsonl)"},
		{NotAWorkbook, "a.xlsx", "code,name\n", Options{},
			"the file is not an Excel workbook (.xlsx), whatever its name says; open it in Excel and save it as Excel workbook (.xlsx); if it does not open, copy it again from where it came"},
		{NotAWorkbook, "a.xlsx", string(zipped(map[string]string{"content.xml": "<a/>"})), Options{},
			"the file is not an Excel workbook (.xlsx), whatever its name says; open it in Excel and save it as Excel workbook (.xlsx); if it does not open, copy it again from where it came"},
		{NotAWorkbook, "a.xlsx", string(workbook(parts{"xl/workbook.xml": "<document/>"})), Options{},
			"the file is not an Excel workbook (.xlsx), whatever its name says; open it in Excel and save it as Excel workbook (.xlsx); if it does not open, copy it again from where it came"},
		{OldWorkbook, "a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on", Options{},
			"this is a workbook of Excel 97-2003 (.xls), or one protected by a password; open it in Excel, take off the password if it has one, and save it as Excel workbook (.xlsx)"},
		{EncryptedFile, "a.xlsx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1...E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", Options{},
			"the workbook is protected by a password; open it in Excel, take off the password under File, Info, Protect Workbook, and save it again"},
		{DamagedFile, "a.xlsx", string(workbook(sheet(`<row r="1"><c r="A1"><v>1</v></c></row><row r="1"/>`))), Options{},
			`sheet 名单, row 2: the workbook is damaged (row number "1"); open it in Excel and save it under a new name as Excel workbook (.xlsx)`},
		{DamagedFile, "a.xlsx", string(workbook(parts{"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c><v>1</v></c></row>`})), Options{},
			"sheet 名单, row 2: the workbook is damaged (the part ends before its elements do); open it in Excel and save it under a new name as Excel workbook (.xlsx)"},
		{TruncatedFile, "a.xlsx", string(workbook(sheet(""))[:500]), Options{},
			"the file is cut off: its end is missing; copy or download it again from where it came"},
		{TruncatedFile, "a.jsonl", "{\"a\":1}\n{\"a\":", Options{},
			"line 2: the file is cut off: its end is missing; copy or download it again from where it came"},
		{TruncatedFile, "a.csv", "a,b\n1,2\n3", Options{},
			"line 3: the file is cut off: its end is missing; copy or download it again from where it came"},
		{TruncatedFile, "a.csv", "\xFF\xFEa\x00,\x00b", Options{},
			"the file is cut off: its end is missing; copy or download it again from where it came"},
		{UnpacksTooLarge, "a.xlsx", string(workbook(sheet(strings.Repeat(" ", 5000)))), Options{UnpackedBytes: 4000},
			"sheet 名单: the workbook unpacks to more than 4000 bytes; split it into several workbooks or save it as 'CSV UTF-8'"},
		{UnpacksTooLarge, "a.xlsx", string(workbook(parts{"xl/sharedStrings.xml": "<sst>" + strings.Repeat("<si><t>word</t></si>", 100) + "</sst>"})), Options{TextBytes: 1000},
			"the workbook unpacks to more than 1000 bytes; split it into several workbooks or save it as 'CSV UTF-8'"},
		{UnpacksTooDense, "a.xlsx", string(workbook(sheet(strings.Repeat(" ", denseBytes)))), Options{},
			"sheet 名单: a part of the workbook unpacks to 1025 times its size, as no real table does; copy the table alone into a new workbook and save that"},
		{SheetNotFound, "a.xlsx", string(workbook(nil)), Options{Sheet: "2018"},
			`there is no sheet "2018"; the sheets are 隐藏, 名单; name one of these`},
		{NoHeading, "a.csv", "\n,,\n", Options{},
			"there is no row of column headings; put the column names into the first row, above the data"},
		{NoHeading, "a.xlsx", string(workbook(nil)), Options{},
			"sheet 名单: there is no row of column headings; put the column names into the first row, above the data"},
		{NoHeading, "a.jsonl", `{" ":1}`, Options{},
			"line 1: there is no row of column headings; put the column names into the first row, above the data"},
		{DuplicateHeading, "a.csv", "name,age, name\n", Options{},
			"line 1, column name: two columns have the same heading; rename one of them or remove it"},
		{UnreadableText, "a.csv", "name,village\n张三,\xD5\xC5\n", Options{},
			"line 2, column village: the bytes D5 C5 cannot be read as UTF-8 or GB18030; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{UnreadableText, "a.csv", "name\n" + strings.Repeat("张三\n", 20_000) + "\xD5\xC5\n", Options{},
			"line 20002, column name: the bytes D5 C5 cannot be read as UTF-8; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{UnreadableText, "a.csv", "\xD0\xD5\xC3\xFB\n" + strings.Repeat("\xD5\xC5\xC8\xFD\n", 20_000) + "a\xD5\n", Options{},
			"line 20002, column 姓名: the bytes D5 cannot be read as GB18030; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{UnreadableText, "a.csv", "\xD0\xD5\xC3\xFB\n" + strings.Repeat("\xD5\xC5\xC8\xFD\n", 20_000) + "团结村人\n", Options{},
			"line 20002, column 姓名: the bytes E5 9B A2 E7 cannot be read as GB18030; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{UnreadableText, "a.csv", "ville,\xE9t\xE9\n", Options{},
			"line 1, column 2: the bytes E9 74 E9 cannot be read as UTF-8 or GB18030; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{UnreadableText, "a.jsonl", "{\"a\":\"\xD5\xC5\"}\n", Options{},
			"line 1: the bytes D5 C5 22 7D cannot be read as UTF-8; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{NotText, "a.csv", "n\x00a\x00\n\x00", Options{},
			"line 1, column 1: there are zero bytes in what should be text; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{OldLineBreaks, "a.csv", "a,b\r1,2\r", Options{},
			"line 1: the lines end as on a Macintosh before 2001; open the file in the program it came from and save it as 'CSV UTF-8'"},
		{StrayQuote, "a.csv", "a,b\n1,the \"old\" house\n3,4\n", Options{},
			"line 2, column b: a quotation mark stands inside a cell that is not in quotation marks, or text follows the closing one; put the whole cell into quotation marks and double each one inside it, or save the table from Excel"},
		{StrayQuote, "a.csv", "a,b\n1,\"old\" house\n3,4\n", Options{},
			"line 2, column b: a quotation mark stands inside a cell that is not in quotation marks, or text follows the closing one; put the whole cell into quotation marks and double each one inside it, or save the table from Excel"},
		{OpenQuote, "a.csv", "a,b\n1,\"two\nthree\n", Options{},
			"line 2, column b: the file ends inside quotation marks that were never closed: it is cut off, or a quotation mark inside the cell is not doubled; copy the file again, or double the quotation mark"},
		{LineTooLong, "a.csv", "a\n" + strings.Repeat("x", 200), Options{LineBytes: 100},
			"line 2: the line is longer than 100 bytes; check that this is the right file; if a quotation mark opens here and is never closed, close it"},
		{LineTooLong, "a.jsonl", `{"a":"` + strings.Repeat("x", 200) + `"}`, Options{LineBytes: 100},
			"line 1: the line is longer than 100 bytes; check that this is the right file; if a quotation mark opens here and is never closed, close it"},
		{LineTooLong, "a.xlsx", string(workbook(sheet(`<row><c t="str"><v>` + strings.Repeat("x", 200) + `</v></c></row>`))), Options{LineBytes: 100},
			"sheet 名单, row 1: the line is longer than 100 bytes; check that this is the right file; if a quotation mark opens here and is never closed, close it"},
		{TooManyColumns, "a.csv", "a,b,c\n", Options{Columns: 2},
			"line 1: there are more than 2 columns; remove the columns that are not needed"},
		{TooManyColumns, "a.jsonl", "{\"a\":1}\n{\"b\":2}\n", Options{Columns: 1},
			"line 2: there are more than 1 columns; remove the columns that are not needed"},
		{TooManyRows, "a.csv", "a\n1\n2\n3\n", Options{Rows: 2},
			"line 4: there are more than 2 rows; split the table into several files"},
		{JSONArray, "a.json", "\xEF\xBB\xBF [{\"a\":1}]", Options{},
			"the file is one JSON array, not JSON Lines; write one object a line, without the brackets and commas around them"},

		{CellCount, "a.csv", "a,b\n1\n1,2\n1,2,3\n1,2,\n", Options{},
			"line 2: the row has 1 cells where the heading has 2; check the row for a comma too many or too few; a cell with a comma in it must stand in quotation marks"},
		{CellNoHeading, "a.csv", "a,,b,\n1,x,2,\n", Options{},
			`line 2, column 2: the cell holds "x" but its column has no heading; give the column a heading or empty the cell`},
		{CellNoHeading, "a.xlsx", string(workbook(sheet(textRow(1, "a") + textRow(2, "1", "", "x")))), Options{},
			`sheet 名单, row 2, column C: the cell holds "x" but its column has no heading; give the column a heading or empty the cell`},
		{CellTooLong, "a.csv", "a\n一二三四\n", Options{CellChars: 3},
			"line 2, column a: the cell is longer than 3 characters; shorten it, or attach the long text as a file"},
		{ControlCharacter, "a.jsonl", `{"a":"b\u0007"}`, Options{},
			"line 1, column a: the cell holds the invisible control character U+0007; delete the cell and type its text again"},
		{ControlCharacter, "a.csv", "a\nb\x00\n", Options{},
			"line 2, column a: the cell holds the invisible control character U+0000; delete the cell and type its text again"},
		{LostCharacter, "a.jsonl", `{"a":"王\ud800"}`, Options{},
			"line 1, column a: the cell holds \uFFFD, left by a program that could not read the character there; type the right character in its place"},
		{ErrorValue, "a.xlsx", string(workbook(sheet(textRow(1, "a") + `<row r="2"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`))), Options{},
			"sheet 名单, row 2, column a: the cell holds an error: #DIV/0!; correct the formula or type the value"},
		{ErrorValue, "a.xlsx", string(workbook(sheet(textRow(1, "a") + `<row r="2"><c r="A2" t="s"><v>7</v></c></row>`))), Options{},
			"sheet 名单, row 2, column a: the cell holds an error: its text is missing from the workbook; correct the formula or type the value"},
		{FormulaNoValue, "a.xlsx", string(workbook(sheet(textRow(1, "a") + `<row r="2"><c r="A2"><f>B2</f></c></row>`))), Options{},
			"sheet 名单, row 2, column a: the cell holds a formula that was never calculated; open the workbook in Excel and save it, or type the value"},
		{NumberTooLong, "a.xlsx", string(workbook(sheet(textRow(1, "a") + `<row r="2"><c r="A2"><v>6.2012319800101E+17</v></c></row>`))), Options{},
			"sheet 名单, row 2, column a: 620123198001010000 has more than the 15 digits a spreadsheet keeps, so its last digits are lost; format the column as text and type the whole number again"},
		{DateOutOfRange, "a.xlsx", string(workbook(sheet(textRow(1, "a") + `<row r="2"><c r="A2" s="1"><v>60</v></c></row>`))), Options{},
			"sheet 名单, row 2, column a: the number 60 shown as a date is not a day of the calendar; type the date again as YYYY-MM-DD"},
		{JSONSyntax, "a.jsonl", "{\"a\":1}\n{\"a\":1} {\"a\":2}\n", Options{},
			`line 2: the line is not one JSON object: something follows the object; write one object a line, such as {"household":"H-1","persons":4}`},
		{JSONSyntax, "a.jsonl", "{\"a\":1\n{\"a\":2}\n", Options{},
			`line 1: the line is not one JSON object: it ends too early; write one object a line, such as {"household":"H-1","persons":4}`},
		{JSONSyntax, "a.jsonl", "{\"a\":1}\n7\n", Options{},
			`line 2: the line is not one JSON object: it does not begin with {; write one object a line, such as {"household":"H-1","persons":4}`},
		{DuplicateKey, "a.jsonl", `{"a":1,"b":2,"a":3}`, Options{},
			"line 1, column a: the key stands twice in the object; remove one of the two"},
		{NestedValue, "a.jsonl", `{"a":{"b":[1]}}`, Options{},
			`line 1, column a: the value is an object, or a list of something else than texts without ";"; give each value a key of its own; a list may hold texts only`},
	}
	tested := map[Code]bool{}
	for _, c := range cases {
		tested[c.code] = true
		r, err := open(c.name, []byte(c.file), c.options)
		var problems []error
		if err == nil {
			for r.Next() {
				for _, problem := range r.Row().Problems {
					problems = append(problems, problem)
				}
			}
			err = r.Err()
		}
		if err != nil && len(problems) > 0 {
			t.Errorf("%s: %v and also %v", c.code, err, problems)
		}
		if len(problems) > 0 {
			err = problems[0]
		}
		var fault *Error
		if !errors.As(err, &fault) || fault.Code != c.code {
			t.Errorf("%s %s: got %v", c.code, c.name, err)
		} else if fault.Error() != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.code, c.name, fault, c.want)
		}
	}
	for code := range Messages {
		if !tested[code] {
			t.Errorf("no case for %s", code)
		}
	}
}
