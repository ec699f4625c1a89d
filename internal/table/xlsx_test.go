package table

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// parts are the files of a workbook by name.
type parts map[string]string

// workbook makes the smallest workbook there can be, with the given parts put in place of its own. Style 1 shows dates,
// style 2 date and time, style 3 time, style 4 hours past 24.
func workbook(own parts) []byte {
	files := parts{
		"_rels/.rels": `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="http://r"><sheets><sheet name="隐藏" state="hidden" r:id="h"/>` +
			`<sheet name="名单" r:id="s1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships>` +
			`<Relationship Id="s1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="h" Type="http://x/worksheet" Target="/xl/worksheets/hidden.xml"/>` +
			`<Relationship Id="t" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="y" Type="http://x/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData></sheetData></worksheet>`,
		"xl/worksheets/hidden.xml": `<worksheet><sheetData>` + textRow(1, "secret") + textRow(2, "x") + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml": `<sst><si><t>shared</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>phonetic</t></rPh></si>` +
			`<si><t xml:space="preserve"> _x0041__x005F_x0041_ </t></si></sst>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>` +
			`<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/><xf numFmtId="21"/><xf numFmtId="46"/></cellXfs></styleSheet>`,
	}
	maps.Copy(files, own)
	return zipped(files)
}

func sheet(rows string) parts {
	return parts{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"}
}

// textRow is a row of text cells; an empty text leaves its cell out.
func textRow(row int, texts ...string) string {
	var out strings.Builder
	fmt.Fprintf(&out, `<row r="%d">`, row)
	for i, text := range texts {
		if text != "" {
			fmt.Fprintf(&out, `<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>`, columnLetters(i), row, text)
		}
	}
	return out.String() + "</row>"
}

func zipped(files parts) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		part, err := w.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := part.Write([]byte(files[name])); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func TestXLSX(t *testing.T) {
	number := func(row int, style int, value string) string {
		return fmt.Sprintf(`<row r="%d"><c r="A%d" s="%d"><v>%s</v></c></row>`, row, row, style, value)
	}
	cases := []struct {
		name, rows, want string
	}{
		{"first visible sheet, blank rows, blank columns",
			`<row r="2"/>` + textRow(3, "code", "", "name ", "") + textRow(4) + textRow(7, "001", "", "张三") + `<row r="9"><c r="A9" s="1"/></row>`,
			"7|001|张三\n= code|name\n"},
		{"rows and cells without references",
			`<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>`,
			"2|1|2\n= a|b\n"},
		{"names with a prefix", `<x:row><x:c t="str"><x:v>a</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c></x:row>`,
			"2|1\n= a\n"},
		{"texts", textRow(1, "a", "b", "c", "d") + `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c>` +
			`<c r="C2" t="s"><v>2</v></c><c r="D2" t="str"><f>"x"&amp;"y"</f><v>x&#10;y</v></c></row>`,
			"2|shared|rich text| A_x0041_ |x⏎y\n= a|b|c|d\n"},
		{"numbers", textRow(1, "a") + number(2, 0, "1116.3800000000001") + number(3, 0, "0.30000000000000004") + number(4, 0, "1E-3") +
			number(5, 0, "12.50") + number(6, 0, "-0") + number(7, 0, "123456789012345") + number(8, 0, "-1234.5678") + number(9, 0, "1.5E3"),
			"2|1116.38\n3|0.3\n4|0.001\n5|12.5\n6|0\n7|123456789012345\n8|-1234.5678\n9|1500\n= a\n"},
		{"dates and times", textRow(1, "a") + number(2, 1, "43221") + number(3, 1, "43221.75") + number(4, 2, "43221.5625") + number(5, 2, "43221") +
			number(6, 3, "0.5625") + number(7, 4, "1.5") + number(8, 1, "59") + number(9, 1, "61") + number(10, 2, "43220.999999999") +
			`<row r="11"><c r="A11" t="d"><v>2018-05-01T00:00:00</v></c></row>` + `<row r="12"><c r="A12" t="d"><v>2018-05-01T13:30:00</v></c></row>`,
			"2|2018-05-01\n3|2018-05-01\n4|2018-05-01 13:30:00\n5|2018-05-01\n6|13:30:00\n7|1.5\n8|1900-02-28\n9|1900-03-01\n10|2018-05-01\n" +
				"11|2018-05-01\n12|2018-05-01 13:30:00\n= a\n"},
		{"truth", textRow(1, "a") + `<row r="2"><c r="A2" t="b"><v>1</v></c></row><row r="3"><c r="A3" t="b"><f>1=2</f><v>0</v></c></row>`,
			"2|true\n3|false\n= a\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := open("a.xlsx", workbook(sheet(c.rows)), Options{})
			if got := content(r, err); got != c.want {
				t.Errorf("got\n%s want\n%s", got, c.want)
			}
		})
	}
}

func TestXLSXNamedSheetMayBeHidden(t *testing.T) {
	r, err := open("a.xlsx", workbook(nil), Options{Sheet: "隐藏"})
	if got, want := content(r, err), "2|x\n= secret\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestXLSXCountsFrom1904(t *testing.T) {
	own := sheet(textRow(1, "a") + `<row r="2"><c r="A2" s="1"><v>41759</v></c></row><row r="3"><c r="A3" s="1"><v>0</v></c></row>`)
	own["xl/workbook.xml"] = `<workbook><workbookPr date1904="1"/><sheets><sheet name="s" id="s1"/></sheets></workbook>`
	r, err := open("a.xlsx", workbook(own), Options{})
	if got, want := content(r, err), "2|2018-05-01\n3|1904-01-01\n= a\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestShownBy(t *testing.T) {
	cases := map[string]numberShown{
		"General": asNumber, "0.00E+00": asNumber, `#,##0.00\ "days"`: asNumber, "[Red]-0;@": asNumber, `_-* #,##0_d`: asNumber,
		"[h]:mm:ss": asNumber, "[mm]:ss": asNumber, "yyyy-mm-dd": asDate, "m/d": asDate, "mmm": asDate, `[$-804]yyyy"年"m"月";@`: asDate,
		"h:mm AM/PM": asTime, "mm:ss.0": asTime, `yyyy\-mm\-dd hh:mm`: asDate | asTime, `"open`: asNumber, "[open": asNumber,
	}
	for code, want := range cases {
		if got := shownBy(code); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}

// A workbook cut anywhere or with any byte changed must never look like a good one with other content.
func TestXLSXNoticesChangedBytes(t *testing.T) {
	good := workbook(sheet(textRow(1, "a", "b") + strings.Repeat(`<row><c><v>1</v></c><c><v>2</v></c></row>`, 50)))
	r, err := open("a.xlsx", good, Options{})
	want := content(r, err)
	for cut := 1; cut < len(good); cut += 7 {
		r, err := open("a.xlsx", good[:cut], Options{})
		if got := content(r, err); !strings.Contains(got, "!!") {
			t.Fatalf("cut at %d of %d: %s", cut, len(good), got)
		}
	}
	for at := 0; at < len(good); at += 3 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		r, err := open("a.xlsx", bad, Options{})
		if got := content(r, err); !strings.Contains(got, "!") && got != want {
			t.Fatalf("byte %d changed: %s", at, got)
		}
	}
}

func TestXLSXDirectoryWithoutEnd(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := range 5_000 {
		if _, err := w.Create(fmt.Sprintf("%01000d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := open("a.xlsx", out.Bytes(), Options{})
	if fault, ok := err.(*Error); !ok || fault.Code != DamagedFile {
		t.Error(err)
	}
}

// The archive may say that a part is small when it is not.
func TestXLSXPartLargerThanItSays(t *testing.T) {
	file := workbook(sheet(textRow(1, "a") + strings.Repeat(" ", 100_000)))
	directory := bytes.LastIndex(file, []byte("xl/worksheets/sheet1.xml")) - 46
	if !bytes.HasPrefix(file[directory:], []byte("PK\x01\x02")) {
		t.Fatal("directory entry not found")
	}
	copy(file[directory+24:], "\xE8\x03\x00\x00") // 1,000 bytes when unpacked
	r, err := open("a.xlsx", file, Options{})
	if got, want := content(r, err), "the workbook is damaged (zip: not a valid zip file)"; !strings.Contains(got, want) {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestXLSXWriter(t *testing.T) {
	columns := []Column{
		{Name: "code", Note: "the official code\nof the village"},
		{Name: "income", Kind: Number},
		{Name: "visited", Kind: Date},
		{Name: "poor", Kind: Boolean, Values: []string{"true", "false"}},
		{Name: "cause", Values: []string{strings.Repeat("x", 200), "illness, long", strings.Repeat("y", 200)}, Width: 30},
		{Name: ProblemColumn},
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, XLSX, columns, WriterOptions{Sheet: "贫困户"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]string{
		{"620123001", "12.50", "2018-05-01", "true", "illness, long", "line 2: too poor"},
		{"001", "n/a", "1900-01-15", "maybe", "", ""},
		{"=1+1", "1234567890.123456789", "2018-02-30", "", "", ""},
	} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write([]string{"too few"}); err == nil {
		t.Error("a row with too few cells was written")
	}
	if err := w.Write([]string{strings.Repeat("𠮷", 20_000), "", "", "", "", ""}); err == nil {
		t.Error("a cell longer than Excel can hold was written")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	r, err := open("a.xlsx", out.Bytes(), Options{})
	want := lines("2|620123001|12.5|2018-05-01|true|illness, long|line 2: too poor", "3|001|n/a|1900-01-15|maybe|-|-",
		"4|=1+1|1234567890.123456789|2018-02-30|-|-|-", "= code|income|visited|poor|cause|problem")
	if got := content(r, err); got != want {
		t.Errorf("got\n%s want\n%s", got, want)
	}

	file, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if comments, err := file.GetComments("贫困户"); err != nil || len(comments) != 1 || comments[0].Cell != "A1" || comments[0].Paragraph[0].Text != columns[0].Note {
		t.Errorf("notes: %v, %v", comments, err)
	}
	validations, err := file.GetDataValidations("贫困户")
	if err != nil || len(validations) != 2 || validations[1].Sqref != "E2:E1048576" || validations[1].Formula1 != "_values!$E$1:$E$3" {
		t.Errorf("lists: %v, %v", validations, err)
	}
	if value, err := file.GetCellValue(listSheet, "E2"); err != nil || value != "illness, long" {
		t.Errorf("value in the list: %q, %v", value, err)
	}
	if panes, err := file.GetPanes("贫困户"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes: %v, %v", panes, err)
	}
	if shown, err := file.GetCellValue("贫困户", "B2"); err != nil || shown != "12.50" {
		t.Errorf("12.50 is shown as %q, %v", shown, err)
	}
	if shown, err := file.GetCellValue("贫困户", "C2"); err != nil || shown != "2018-05-01" {
		t.Errorf("the date is shown as %q, %v", shown, err)
	}
	if width, err := file.GetColWidth("贫困户", "E"); err != nil || width != 30 {
		t.Errorf("width %v, %v", width, err)
	}
}

// What has been read of a sheet is not kept.
func TestXLSXMemory(t *testing.T) {
	const rows = 20_000
	file := workbookOfRows(t, rows)
	r, err := open("a.xlsx", file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	read := 0
	for r.Next() {
		read++
		if read == rows-1 {
			runtime.GC()
			runtime.ReadMemStats(&during)
		}
	}
	if r.Err() != nil || read != rows {
		t.Fatalf("read %d rows: %v", read, r.Err())
	}
	if grown := int64(during.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("%d rows left %d bytes behind", rows, grown)
	}
}

// workbookOfRows has a heading and rows of eight cells: two shared texts that differ in each row, two written in
// place, numbers, a date and a truth.
func workbookOfRows(tb testing.TB, rows int) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	create := func(name string) *bufio.Writer {
		part, err := w.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		return bufio.NewWriter(part)
	}
	small, err := zip.NewReader(bytes.NewReader(workbook(nil)), int64(len(workbook(nil))))
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range small.File {
		if file.Name != "xl/sharedStrings.xml" && file.Name != "xl/worksheets/sheet1.xml" {
			if err := w.Copy(file); err != nil {
				tb.Fatal(err)
			}
		}
	}
	texts := create("xl/sharedStrings.xml")
	texts.WriteString("<sst>")
	for i := range rows {
		fmt.Fprintf(texts, "<si><t>HH-%d</t></si><si><t>张三%d</t></si>", i, i)
	}
	texts.WriteString("</sst>")
	texts.Flush()
	part := create("xl/worksheets/sheet1.xml")
	part.WriteString("<worksheet><sheetData>" + textRow(1, "code", "name", "village", "cause", "persons", "income", "date", "poor"))
	for i := range rows {
		row := i + 2
		fmt.Fprintf(part, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c>`+
			`<c r="C%d" t="inlineStr"><is><t>团结村</t></is></c><c r="D%d" t="str"><v>illness</v></c><c r="E%d"><v>%d</v></c>`+
			`<c r="F%d"><v>%d.5</v></c><c r="G%d" s="1"><v>%d</v></c><c r="H%d" t="b"><v>1</v></c></row>`,
			row, row, 2*i, row, 2*i+1, row, row, row, i%7, row, i, row, 43000+i%365, row)
	}
	part.WriteString("</sheetData></worksheet>")
	part.Flush()
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func FuzzXLSX(f *testing.F) {
	f.Add(workbook(sheet(textRow(1, "a", "b") + textRow(2, "1", "2"))))
	f.Add(workbook(sheet(textRow(1, "a") + `<row r="2"><c r="A2" s="1"><v>43221</v></c></row>`)))
	f.Add(workbook(parts{"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row><c"}))
	f.Add(zipped(parts{"_rels/.rels": "<Relationships/>"}))
	f.Fuzz(func(t *testing.T, file []byte) { readAll(t, "a.xlsx", file) })
}

// FuzzXLSXSheet goes past the checksums of the archive.
func FuzzXLSXSheet(f *testing.F) {
	f.Add(textRow(1, "a", "b")+textRow(2, "1", "_x0041_"), "<si><t>x</t></si>")
	f.Add(`<row r="0"><c r="" t="s"><v>0</v></c></row>`, `<si><rPh><t>x</t></rPh><t>y</t></si>`)
	f.Add(`<row><c r="XFD1" s="-1"><v>1e400</v></c></row></sheetData><row>`, `<si/>`)
	f.Add(textRow(1, "a")+`<row><c s="2"><v>-1</v></c></row><row><c s="3"><v>2958466.9999999</v></c></row>`, "")
	f.Fuzz(func(t *testing.T, rows, texts string) {
		own := sheet(rows)
		own["xl/sharedStrings.xml"] = "<sst>" + texts + "</sst>"
		readAll(t, "a.xlsx", workbook(own))
	})
}

func BenchmarkReadXLSX(b *testing.B) {
	file := workbookOfRows(b, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	r, err := open("a.xlsx", file, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for r.Next() {
	}
	if r.Err() != nil {
		b.Fatal(r.Err())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
