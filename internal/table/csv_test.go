package table

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func TestCSV(t *testing.T) {
	cases := []struct{ name, file, want string }{
		{"plain", "code,name,persons\n001,张三,4\n002,,3\n",
			"2|001|张三|4\n3|002|-|3\n= code|name|persons\n"},
		{"CRLF, blank rows, no line break at the end", "a,b\r\n\r\n1,2\r\n,\r\n 　,\r\n3,4",
			"3|1|2\n6|3|4\n= a|b\n"},
		{"quotation marks", "a,b\n\"1,\"\"x\"\"\",\"two\r\nlines\"\n\"\",3\n",
			"2|1,\"x\"|two⏎lines\n4|-|3\n= a|b\n"},
		{"semicolons", "a;\"b,c,d\"\n1,5;2\n", "2|1,5|2\n= a|b,c,d\n"},
		{"tabs", "a\tb\n1,5\t2\n", "2|1,5|2\n= a|b\n"},
		{"white space around names, not around cells", " a ,b　\n 1 ,2\n", "2| 1 |2\n= a|b\n"},
		{"empty columns at the end", "a,b,,\n1,2,,\n3,4\n", "2|1|2\n3|3|4\n= a|b\n"},
		{"guarded formulas", "a,b\n'=1+1,''-x\n'x,'\n", "2|=1+1|'-x\n3|'x|'\n= a|b\n"},
		{"several problems in a row", "a,b\n\x01,\uFFFD,c\n", "2|\x01|\uFFFD\n" +
			"! line 2: the row has 3 cells where the heading has 2; check the row for a comma too many or too few; a cell with a comma in it must stand in quotation marks\n" +
			"! line 2, column a: the cell holds the invisible control character U+0001; delete the cell and type its text again\n" +
			"! line 2, column b: the cell holds \uFFFD, left by a program that could not read the character there; type the right character in its place\n" +
			"= a|b\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := open("a.csv", []byte(c.file), Options{})
			if got := content(r, err); got != c.want {
				t.Errorf("got\n%s want\n%s", got, c.want)
			}
		})
	}
}

func TestCSVEncodings(t *testing.T) {
	text := lines("姓名,村", "张三,团结村", "买买提·艾力,央塔克乡", "𠮷,€")
	want := lines("2|张三|团结村", "3|买买提·艾力|央塔克乡", "4|𠮷|€", "= 姓名|村")
	plain := strings.Repeat("a,b\n", 50_000)
	encode := func(text, by string) string {
		encoder := simplifiedchinese.GB18030.NewEncoder()
		switch by {
		case "UTF-16LE":
			encoder = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
		case "UTF-16BE":
			encoder = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()
		}
		encoded, err := encoder.String(text)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	cases := []struct{ name, file, want string }{
		{"UTF-8", text, want},
		{"UTF-8 with byte order mark", "\uFEFF" + text, want},
		{"UTF-16, little end first", encode(text, "UTF-16LE"), want},
		{"UTF-16, big end first", encode(text, "UTF-16BE"), want},
		{"GB18030", encode(text, "GB18030"), want},
		{"GB18030 far into the file", "x,y\n" + plain + encode("张三,团结村\n", "GB18030"),
			strings.TrimPrefix(content(open("a.csv", []byte("x,y\n"+plain+"张三,团结村\n"), Options{})), "")},
		// 一 alone is D2 BB, which UTF-8 reads as one character too; what follows decides.
		{"GB18030 that begins like UTF-8", encode("一,村\n张三,团结村\n", "GB18030"), "2|张三|团结村\n= 一|村\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := open("a.csv", []byte(c.file), Options{})
			if got := content(r, err); got != c.want {
				t.Errorf("got\n%.300s want\n%.300s", got, c.want)
			}
		})
	}
}

// endless is a file of one line that never ends, and counts what is read of it.
type endless struct{ read int64 }

func (e *endless) ReadAt(p []byte, offset int64) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	if offset == 0 {
		copy(p, `{"a":"`)
	}
	e.read += int64(len(p))
	return len(p), nil
}

func TestEndlessLineIsRefusedSoon(t *testing.T) {
	for _, name := range []string{"a.csv", "a.jsonl"} {
		file := &endless{}
		_, err := NewReader(file, 1<<40, name, Options{})
		if fault, ok := err.(*Error); !ok || fault.Code != LineTooLong {
			t.Errorf("%s: %v", name, err)
		}
		if file.read > 1<<20+4*sampleBytes {
			t.Errorf("%s: read %d bytes before refusing", name, file.read)
		}
	}
}

func TestGuard(t *testing.T) {
	cases := []struct{ text, guarded, plain string }{
		{"=1+1", "'=1+1", "=1+1"},
		{"+86 138", "'+86 138", "+86 138"},
		{"-3.50", "-3.50", "-3.50"},
		{"+8613800000000", "+8613800000000", "+8613800000000"},
		{"@a", "'@a", "@a"},
		{"＝1", "'＝1", "＝1"},
		{"\t=1", "'\t=1", "\t=1"},
		{"-", "'-", "-"},
		{"'=1", "''=1", "''=1"},
		{"'-1", "''-1", "''-1"},
		{"'tis", "'tis", "'tis"},
		{"a=b", "a=b", "a=b"},
		{"", "", ""},
	}
	for _, c := range cases {
		if got := guard(c.text, true); got != c.guarded {
			t.Errorf("guarded %q: %q", c.text, got)
		}
		if got := guard(c.text, false); got != c.plain {
			t.Errorf("not guarded %q: %q", c.text, got)
		}
		for _, written := range []string{c.guarded, c.plain} {
			if got := unguard(written); got != c.text {
				t.Errorf("%q comes back as %q", written, got)
			}
		}
	}
}

func TestCSVWriter(t *testing.T) {
	var out strings.Builder
	w, err := NewWriter(&out, CSV, []Column{{Name: "name"}, {Name: "note; more"}}, WriterOptions{GuardFormulas: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]string{{"张三", `says "no"`}, {"=cmd()", "a;=cmd()"}, {"a\rb", "c\x00\xFF"}} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFFname,\"note; more\"\r\n张三,\"says \"\"no\"\"\"\r\n'=cmd(),\"a;=cmd()\"\r\n\"a\nb\",c\uFFFD\uFFFD\r\n"
	if out.String() != want {
		t.Errorf("got %q want %q", out.String(), want)
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\xEF\xBB\xBFa;b\r\n\"x\";'=y\r\n", "\xFF\xFEa\x00\n\x00", "\xD0\xD5\xC3\xFB,a\n\x81\x30\x81\x30,\xFF\n",
		"a\n\"", "a\rb", "\x00", "a,,\n,,x\n", "a\n\r\r\n\xEF\xBF\xBD"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) { readAll(t, "a.csv", file) })
}

// readAll holds what is true of every file, good or bad.
func readAll(t *testing.T, name string, file []byte) {
	options := Options{LineBytes: 1 << 12, CellChars: 100, Columns: 20, Rows: 1000, UnpackedBytes: 1 << 20, TextBytes: 1 << 16}
	r, err := open(name, file, options)
	if err != nil {
		if fault, ok := err.(*Error); !ok || fault.Text() == "" || fault.Remedy() == "" || strings.Contains(fault.Error(), "%!") {
			t.Fatalf("not a fault with text and remedy: %v", err)
		}
		return
	}
	number := 0
	for r.Next() {
		row := r.Row()
		if len(row.Cells) != len(r.Columns()) || len(row.Present) != len(row.Cells) {
			t.Fatalf("%d cells, %d present, %d columns", len(row.Cells), len(row.Present), len(r.Columns()))
		}
		if row.Number <= number {
			t.Fatalf("row %d after %d", row.Number, number)
		}
		number = row.Number
		if len(row.Problems) > 0 {
			continue
		}
		for i, cell := range row.Cells {
			if _, code, _ := cleanText(cell, options.CellChars); code != "" {
				t.Fatalf("cell %q of row %d has %s but no problem is reported", cell, row.Number, code)
			}
			if cell != "" && !row.Present[i] {
				t.Fatalf("cell %q is not present", cell)
			}
		}
	}
	if err := r.Err(); err != nil {
		if fault, ok := err.(*Error); !ok || strings.Contains(fault.Error(), "%!") {
			t.Fatal(err)
		}
	} else if done, total := r.Progress(); name != "a.xlsx" && done != total {
		t.Fatalf("read %d of %d", done, total)
	}
}

// repeated is a file made of a heading and one line over and over, without holding it.
type repeated struct {
	heading, line string
	size          int64
}

func (r *repeated) ReadAt(p []byte, offset int64) (int, error) {
	n := 0
	for n < len(p) && offset < r.size {
		text, at := r.heading, offset
		if at >= int64(len(r.heading)) {
			text, at = r.line, (at-int64(len(r.heading)))%int64(len(r.line))
		}
		copied := copy(p[n:], text[at:])
		n += copied
		offset += int64(copied)
	}
	if offset >= r.size {
		return n, io.EOF
	}
	return n, nil
}

func newRepeated(heading, line string, lines int64) *repeated {
	return &repeated{heading: heading, line: line, size: int64(len(heading)) + lines*int64(len(line))}
}

func BenchmarkReadCSV(b *testing.B) {
	const heading = "code,name,village,persons,income,date,ok,note\n"
	for _, c := range []struct{ name, line string }{
		{"ascii", "HH-001,Zhang,Tuanjie,4,3200.50,2018-05-01,true,sheep\n"},
		{"chinese", "HH-001,张三,团结村,4,3200.50,2018-05-01,true,养羊\n"},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkRead(b, "a.csv", newRepeated(heading, c.line, int64(b.N))) })
	}
}

func benchmarkRead(b *testing.B, name string, file *repeated) {
	b.ReportAllocs()
	r, err := NewReader(file, file.size, name, Options{Rows: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	for r.Next() {
	}
	if r.Err() != nil {
		b.Fatal(r.Err())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.SetBytes(int64(len(file.line)))
}
