package poverty

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files")

// TestReadProblems lists files that are refused and the words, with row and column, in which.
func TestReadProblems(t *testing.T) {
	const head = "household,size,income\n"
	for _, test := range []struct {
		name, text, want string
		o                Options
	}{
		{"nothing", "", "row 1: the file is empty", Options{}},
		{"no households", head, "no households", Options{}},
		{"no size", "household,income\n1,5\n", `row 1: no column "size"; the file has household, income`, Options{}},
		{"no income", "household,size\n1,5\n", `row 1: no income; give column "income"`, Options{}},
		{"two incomes", "size,income,household_income\n1,5,5\n", "both give the income", Options{}},
		{"unknown column", "size,income,incme\n1,5,5\n", `column "incme" is not known; name it with a flag, or pass over it with --ignore incme`, Options{}},
		{"column twice", "size,income,income\n1,5,5\n", `row 1: column "income" is there twice`, Options{}},
		{"column without name", "size,,income\n1,5,5\n", "row 1: column 2 has no name", Options{}},
		{"named column absent", head, `no column "wt"`, Options{Columns: Columns{Weight: "wt"}}},
		{"group absent", head, `no column "village"`, Options{By: "village"}},
		{"indicator absent", head, `no column "water"`, Options{MPI: "water:1;k=1"}},
		{"not UTF-8", "household,size,income\n\xce\xe4\xc9\xbd,1,5\n", "row 2, column household: not UTF-8", Options{}},
		{"no members", head + "1,0,5\n", "row 2, column size: 0 members", Options{}},
		{"half a member", head + "1,2.5,5\n", `row 2, column size: "2.5" is not a number of members`, Options{}},
		{"thousands", head + "1,1,5\n2,1,\"1,200\"\n", `row 3, column income: "1,200": not an amount of money`, Options{}},
		{"third decimal", head + "1,1,0.125\n", "row 2, column income", Options{}},
		{"exponent", head + "1,1,1e3\n", "row 2, column income", Options{}},
		{"not a number", head + "1,1,NA\n", `row 2, column income: "NA"`, Options{}},
		{"huge", head + "1,1,99999999999999999999\n", "the largest amount that is kept exactly", Options{}},
		{"huge by members", head + "1,9,90000000000000\n", "x 9 members", Options{}},
		{"same household", head + "1,1,5\n1,1,5\n", `row 3, column household: "1" is there twice`, Options{}},
		{"no household", head + ",1,5\n", "row 2, column household: empty", Options{}},
		{"short row", head + "1,1\n", "line 2: wrong number of fields", Options{}},
		{"negative weight", "size,income,weight\n1,5,-1\n", "row 2, column weight", Options{}},
		{"infinite weight", "size,income,weight\n1,5,Inf\n", "row 2, column weight", Options{}},
		{"no weight", "size,income,weight\n1,5,\n", `row 2, column weight: "" is not a number`, Options{}},
		{"renamed weight", "size,income,w\n1,5,x\n", "row 2, column w", Options{Columns: Columns{Weight: "w"}}},
		{"no clusters", "size,income,stratum,stratum_clusters\n1,5,a,0\n", "row 2, column stratum_clusters", Options{}},
		{"neither yes nor no", "size,income,registered\n1,5,maybe\n", `row 2, column registered: "maybe": write 1`, Options{}},
		{"line below zero", "size,income,line\n1,5,-4\n", "row 2, column line", Options{Line: ""}},
		{"two lines", "size,income,line\n1,5,4\n", "gives another", Options{Line: "100"}},
		{"no line", head + "1,1,5\n", "give --line AMOUNT", Options{Line: "none"}},
		{"bad line", head + "1,1,5\n", `line "4k"`, Options{Line: "4k"}},
		{"bad comparison", head, `cmp "leq": choose one of le, lt`, Options{Cmp: "leq"}},
		{"bad date", head, `as-of "2020"`, Options{AsOf: "2020"}},
		{"bad level", head, "level 95", Options{Level: 95}},
		{"floor without amount", head, "go together", Options{Watts: WattsFloor}},
		{"floor of zero", head, "above zero", Options{Watts: WattsFloor, WattsFloor: "0"}},
		{"line of a wave that is not there", head, "is absent", Options{Line2: "5"}},
	} {
		switch {
		case test.o.Line == "none":
			test.o.Line = ""
		case test.o.Line == "" && !strings.Contains(test.text, "line"):
			test.o.Line = "100"
		}
		var out bytes.Buffer
		err := Run(test.o, strings.NewReader(test.text), &out)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want %q, got %v", test.name, test.want, err)
		}
		if out.Len() > 0 {
			t.Errorf("%s: something was written all the same", test.name)
		}
	}
}

// TestAllProblems: every problem of a file comes at once, and can be told apart.
func TestAllProblems(t *testing.T) {
	o := Options{Line: "100"}
	_, err := ReadCSV(strings.NewReader("household,size,income\n1,1,x\n2,1,5\n3,y,5\n4,1\n5,1,z\n"), o)
	for _, want := range []string{"row 2, column income", "row 4, column size", "line 5", "row 6, column income"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
	if row := (*RowError)(nil); !errors.As(err, &row) || row.Row != 2 || row.Column != "income" {
		t.Errorf("first problem %+v", row)
	}
	many := "size,income\n" + strings.Repeat("1,x\n", 1000)
	if _, err = ReadCSV(strings.NewReader(many), o); strings.Count(err.Error(), "\n") != problemsMax {
		t.Errorf("%d lines of problems", 1+strings.Count(err.Error(), "\n"))
	}
}

func TestReadAccepts(t *testing.T) {
	plain := "household,area,size,income,note\n1,x,2,5.10,a\n2,y,1,-3,b\n"
	o := Options{Line: "100", Ignore: []string{"note"}}
	want := read(t, plain, o)
	if want.Len() != 2 || want.income[0] != 1020 || want.income[1] != -300 || !slices.Equal(want.Source.Ignored, []string{"note"}) {
		t.Errorf("%+v", want)
	}
	for name, text := range map[string]string{
		"byte order mark": "\ufeff" + plain,
		"quoted mark":     "\ufeff\"household\"" + strings.TrimPrefix(plain, "household"),
		"carriage return": strings.ReplaceAll(plain, "\n", "\r\n"),
		"no last newline": strings.TrimSuffix(plain, "\n"),
		"quotes":          strings.ReplaceAll(plain, "5.10", `"5.10"`),
		"spaces in names": strings.Replace(plain, ",size", ", size ", 1),
		"more zeros":      strings.ReplaceAll(plain, "5.10", "5.1000"),
	} {
		got := read(t, text, o)
		if !slices.Equal(got.income, want.income) || !slices.Equal(got.size, want.size) {
			t.Errorf("%s: incomes %v of %v", name, got.income, got.size)
		}
		if text != plain && got.Source.SHA256 == want.Source.SHA256 {
			t.Errorf("%s: the same hash for other bytes", name)
		}
	}
	// sha256sum of the bytes
	if want.Source.SHA256 != "63fc06695046222aeeecaeb7cc4a407a6bc2f919d7ae5c33513e9246ef464754" {
		t.Errorf("hash %s", want.Source.SHA256)
	}
	two := "size,income,household_income\n2,5,10\n"
	for ignore, income := range map[string]int64{"income": 1000, "household_income": 1000} {
		if s := read(t, two, Options{Line: "1", Ignore: []string{ignore}}); s.income[0] != income {
			t.Errorf("without %s: %d", ignore, s.income[0])
		}
	}
	read(t, "size,income,a,b\n1,1,1,1\n", Options{Line: "1", Ignore: []string{"*"}})
}

func TestMoney(t *testing.T) {
	for text, fen := range map[string]int64{"0": 0, "3218": 321_800, "0.07": 7, "-120.5": -12_050, "007.10": 710, "1.2300": 123, "90071992547409.92": 1 << 53} {
		if got, err := parseFen(text); err != nil || got != fen {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-", ".", "1.", ".5", "--1", "+1", " 1", "1 ", "1.234", "1,2", "١", "90071992547409.93", "0x1", "1.-2"} {
		if got, err := parseFen(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(-moneyMax, moneyMax).Draw(t, "fen")
		if back, err := parseFen(formatFen(fen)); err != nil || back != fen {
			t.Fatalf("%d was written %s and read %d, %v", fen, formatFen(fen), back, err)
		}
	})
}

// FuzzRun: no file makes the command fall over, and what it accepts it can print both ways.
func FuzzRun(f *testing.F) {
	f.Add("household,size,income,weight,stratum,cluster,registered,score,a\n1,2,3.5,1,x,1,1,0.5,1\n2,1,-3,0,x,2,,,\n")
	f.Add("size,household_income,line\n1,,4000\n1,0,4000\n")
	f.Add("\ufeffsize,income\r\n\"1\",5\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range []Options{
			{LonePSU: LoneAverage, Line: "100"},
			{LonePSU: LoneAdjust, MPI: "a:1;k=1", MPIMissing: IndicatorBounds, Watts: WattsDropNumerator, ZeroLine: ZeroLineExclude, JSON: true},
		} {
			var out bytes.Buffer
			if err := Run(o, strings.NewReader(text), &out); err == nil && o.JSON && !json.Valid(out.Bytes()) {
				t.Error("not JSON")
			}
		}
	})
}

// TestReports compares the whole output, text and JSON, with golden files; -update writes them.
func TestReports(t *testing.T) {
	o := Options{
		Line: "4000", LineID: "gansu-2020", AsOf: "2020-12-31", Population: "test households", Code: "test",
		Watts: WattsFloor, WattsFloor: "1.00", LonePSU: LoneAdjust, Wave2: "testdata/wave2.csv", Line2: "4200", AsOf2: "2021-12-31", Waves: Panel,
		MPI: "housing:1,water:2;k=1", MPIMissing: IndicatorBounds, Ignore: []string{"*"},
	}
	for _, form := range []string{"report.txt", "report.json"} {
		o.JSON = form == "report.json"
		file, err := os.Open("testdata/wave1.csv")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Run(o, file, &out); err != nil {
			t.Fatal(err)
		}
		file.Close()
		path := filepath.Join("testdata", form)
		if *update {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s differs; look at it with -update and git diff", path)
		}
	}
}

func TestFlags(t *testing.T) {
	var o Options
	f := flag.NewFlagSet("poverty", flag.ContinueOnError)
	f.SetOutput(&bytes.Buffer{})
	o.Flags(f)
	args := "--line 4000 --weight w --stratum s --cluster c --by area --size n --cmp lt --json --wave2 b.csv --mpi guarantees --lone-psu average --ignore a,b --ignore c --watts floor --watts-floor 1"
	if err := f.Parse(strings.Fields(args)); err != nil {
		t.Fatal(err)
	}
	if o.Line != "4000" || o.Columns.Weight != "w" || o.Columns.Size != "n" || o.By != "area" || o.Cmp != Below || !o.JSON || o.Wave2 != "b.csv" ||
		o.LonePSU != LoneAverage || o.Watts != WattsFloor || len(o.Ignore) != 3 {
		t.Errorf("%+v", o)
	}
	if err := f.Parse([]string{"--lone-psu", "guess"}); err == nil {
		t.Error("an unknown policy was accepted")
	}
	full, err := (Options{}).complete()
	if err != nil || full.Cmp != AtOrBelow || full.Watts != WattsError || full.LonePSU != LoneFail || full.Level != 0.95 {
		t.Errorf("%+v, %v", full, err)
	}
}

// TestManual checks that the manual names every flag, column, value and measure there is.
func TestManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/poverty.md")
	if err != nil {
		t.Fatal(err)
	}
	var o Options
	var want []string
	for _, c := range o.Columns.all() {
		want = append(want, "`"+c.standard+"`")
	}
	for _, c := range o.choices() {
		want = append(want, c.values...)
	}
	f := flag.NewFlagSet("poverty", flag.ContinueOnError)
	o.Flags(f)
	f.VisitAll(func(f *flag.Flag) { want = append(want, "--"+f.Name) })
	o = Options{Line: "4000", Watts: WattsDropNumerator, LonePSU: LoneRemove, MPI: "guarantees", MPIMissing: IndicatorBounds}
	for _, e := range measureFile(t, "testdata/wave1.csv", o).Areas[0].Estimates {
		want = append(want, "`"+e.Measure+"`")
	}
	for _, word := range want {
		if !bytes.Contains(manual, []byte(word)) {
			t.Errorf("the manual does not mention %s", word)
		}
	}
}

func measureFile(t *testing.T, path string, o Options) *Report {
	t.Helper()
	report, err := Measure(readFile(t, path, o), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}
