package table

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// text draws cells that any format may keep, the awkward ones often. Line breaks are "\n", as the reader gives them.
func text() *rapid.Generator[string] {
	awkward := rapid.SampledFrom([]string{"", " ", "'", "''=1", "=1+1", "-5", "+8613800000000", "@a", "'tis", `"`, `""`, ",", ";", "\t", "a\nb", "\n", "001",
		"12.50", "1e5", "true", "2018-05-01", "_x0041_", "_x005F_", "_x005F_x0041_", "_", "<a>&", "]]>", "{", "[1]", "null", "张三", "＝1", "𠮷", "\uFEFF", "a;b", ";", "　"})
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("ab'=-+@\",;\t\n _x0F<&张𠮷é")), 0, 12, -1)
	return rapid.OneOf(awkward, letters)
}

// Whatever is written is read back cell by cell.
func TestRoundTrip(t *testing.T) {
	for _, format := range []Format{CSV, XLSX, JSONL} {
		t.Run(string(format), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { roundTrip(t, format) })
		})
	}
}

func roundTrip(t *rapid.T, format Format) {
	kinds := rapid.SampledFrom([]Kind{Text, Number, Date, Boolean, List})
	name := rapid.Map(text(), strings.TrimSpace).Filter(func(name string) bool { return name != "" })
	var columns []Column
	for _, name := range rapid.SliceOfNDistinct(name, 1, 5, rapid.ID[string]).Draw(t, "names") {
		columns = append(columns, Column{Name: name, Kind: kinds.Draw(t, "kind")})
	}
	rows := rapid.SliceOfN(rapid.SliceOfN(text(), len(columns), len(columns)), 0, 6).Draw(t, "rows")
	options := WriterOptions{GuardFormulas: rapid.Bool().Draw(t, "guard")}

	var file bytes.Buffer
	w, err := NewWriter(&file, format, columns, options)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		if !isBlank(row) {
			want = append(want, asRead(format, columns, row))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	got, err := readByName(file.Bytes(), format, columns)
	if format == JSONL && len(want) == 0 && err != nil {
		return // a file without an object has no columns and is refused as empty
	}
	if err != nil {
		t.Fatalf("%v\n%q", err, file.String())
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Fatalf("got  %q\nwant %q\nfile %q", got, want, file.String())
	}
}

// asRead is the row as a reader of that format gives it: a workbook keeps no zeros at the end of a number.
func asRead(format Format, columns []Column, row []string) []string {
	row = slices.Clone(row)
	for i, cell := range row {
		if format == XLSX && columns[i].Kind == Number && isJSONNumber(cell) && !strings.ContainsAny(cell, "eE") {
			row[i] = trimZeros(cell)
		}
	}
	return row
}

// readByName reads the cells in the order of the columns written; JSON Lines give keys in the order they first appear.
func readByName(file []byte, format Format, columns []Column) ([][]string, error) {
	r, err := open("a."+string(format), file, Options{})
	if err != nil {
		return nil, err
	}
	rows := [][]string{}
	for r.Next() {
		row := r.Row()
		if len(row.Problems) > 0 {
			return nil, row.Problems[0]
		}
		cells := make([]string, len(columns))
		for i, column := range columns {
			if at := slices.Index(r.Columns(), column.Name); at >= 0 && at < len(row.Cells) {
				cells[i] = row.Cells[at]
			}
		}
		rows = append(rows, cells)
	}
	return rows, r.Err()
}

// A row that could not be read well can still be put into an error workbook, and then says what is wrong with it.
func TestErrorWorkbookOfBadRows(t *testing.T) {
	file := "a,b\nx\x01,\xEF\xBF\xBD\n" + strings.Repeat("长", 40_000) + ",1\n"
	r, err := open("a.csv", []byte(file), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, XLSX, []Column{{Name: "a"}, {Name: "b"}, {Name: ProblemColumn}}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		row := r.Row()
		if len(row.Problems) == 0 {
			t.Errorf("row %d is without problems", row.Number)
		}
		if err := w.Write(append(slices.Clone(row.Cells), fmt.Sprint(row.Problems[0].Place()))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err = open("errors.xlsx", out.Bytes(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Next()
	if got := r.Row(); got.Cells[0] != "x\uFFFD" || got.Cells[2] != "line 2, column a" || got.Problems[0].Code != LostCharacter {
		t.Errorf("first row: %q %v", got.Cells, got.Problems)
	}
	r.Next()
	if got := r.Row(); len([]rune(got.Cells[0])) != 32767 || len(got.Problems) != 0 {
		t.Errorf("second row: %d characters, %v", len([]rune(got.Cells[0])), got.Problems)
	}
}

func TestWriterRefusesColumns(t *testing.T) {
	for _, columns := range [][]Column{nil, {{Name: ""}}, {{Name: " a"}}, {{Name: "a"}, {Name: "a"}}, {{Name: "a\x00"}}} {
		if _, err := NewWriter(io.Discard, CSV, columns, WriterOptions{}); err == nil {
			t.Errorf("columns %v were accepted", columns)
		}
	}
	if _, err := NewWriter(io.Discard, "ods", []Column{{Name: "a"}}, WriterOptions{}); err == nil {
		t.Error("an unknown format was accepted")
	}
}

// Reading and writing large tables takes no more memory than small ones.
func TestTextMemory(t *testing.T) {
	const rows = 100_000
	for _, format := range []Format{CSV, JSONL} {
		heading, line := "a,b\n", "张三,4\n"
		if format == JSONL {
			heading, line = `{"a":"x"}`+"\n", `{"a":"张三","b":4}`+"\n"
		}
		file := newRepeated(heading, line, rows)
		r, err := NewReader(file, file.size, "a."+string(format), Options{})
		if err != nil {
			t.Fatal(err)
		}
		w, err := NewWriter(io.Discard, format, []Column{{Name: "a"}, {Name: "b"}}, WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		read := 0
		for r.Next() {
			read++
			if cells := r.Row().Cells; len(cells) == 2 {
				if err := w.Write(cells); err != nil {
					t.Fatal(err)
				}
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if r.Err() != nil || read < rows {
			t.Fatalf("%s: read %d rows: %v", format, read, r.Err())
		}
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 256<<10 {
			t.Errorf("%s: %d rows left %d bytes behind", format, rows, grown)
		}
		runtime.KeepAlive(w)
	}
}

func BenchmarkWrite(b *testing.B) {
	columns := []Column{{Name: "code"}, {Name: "name"}, {Name: "village"}, {Name: "persons", Kind: Number}, {Name: "income", Kind: Number},
		{Name: "date", Kind: Date}, {Name: "ok", Kind: Boolean}, {Name: "note"}}
	row := []string{"HH-001", "张三", "团结村", "4", "3200.50", "2018-05-01", "true", "养羊"}
	for _, format := range []Format{CSV, XLSX, JSONL} {
		b.Run(string(format), func(b *testing.B) {
			b.ReportAllocs()
			w, err := NewWriter(io.Discard, format, columns, WriterOptions{GuardFormulas: true})
			if err != nil {
				b.Fatal(err)
			}
			for range b.N {
				if err := w.Write(row); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
