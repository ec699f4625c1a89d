package decide

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lastmile/internal/fault"
	"lastmile/internal/household/decision"
	"lastmile/internal/table"
)

var update = flag.Bool("update", false, "write the golden files and the generated parts of docs/decide.md")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i, line := range gotLines {
		if i >= len(wantLines) || line != wantLines[i] {
			t.Errorf("%s differs from line %d (run with -update and review): %s", path, i+1, line)
			return
		}
	}
	t.Errorf("%s goes on after line %d", path, len(gotLines))
}

func answers(t *testing.T, o Options, stdin string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := Run(o, strings.NewReader(stdin), &out)
	return out.String(), err
}

func TestRunPrintsEveryFormat(t *testing.T) {
	for name, o := range map[string]Options{
		"households.en.txt": {}, "households.zh.txt": {Language: "zh"}, "households.out.csv": {Format: "csv"}, "households.out.json": {Format: "json"},
	} {
		o.File, o.AsOf = "testdata/households.csv", "2019-12-10"
		out, err := answers(t, o, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		golden(t, filepath.Join("testdata", name), out)
	}
	out, _ := answers(t, Options{File: "testdata/households.csv", AsOf: "2019-12-10", Format: "json"}, "")
	var decisions []map[string]any
	if err := json.Unmarshal([]byte(out), &decisions); err != nil || len(decisions) != 6 {
		t.Errorf("the JSON does not read: %d decisions, %v", len(decisions), err)
	}
}

// A household decided from its record and from a row of a table gets the same answer.
func TestRecordAndRowAgree(t *testing.T) {
	rows, err := table.Open("testdata/households.csv", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	layout, err := readLayout(rows.Columns(), "2019-12-10")
	if err != nil {
		t.Fatal(err)
	}
	var records []*decision.Household
	for rows.Next() {
		h := new(decision.Household)
		_, problems := layout.household(rows.Row().Number, rows.Row().Cells, h)
		if problems != nil {
			t.Fatal(problems)
		}
		records = append(records, h)
	}
	file := filepath.Join(t.TempDir(), "households.json")
	text, err := json.Marshal(records)
	if err != nil || os.WriteFile(file, text, 0o600) != nil {
		t.Fatal(err)
	}
	byRecord, err := answers(t, Options{File: file, AsOf: "2019-12-10", Format: "csv"}, "")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/households.out.csv", byRecord)

	one, err := json.MarshalIndent(records[1], "", "  ")
	if err != nil || os.WriteFile(file, one, 0o600) != nil {
		t.Fatal(err)
	}
	if out, err := answers(t, Options{File: file, AsOf: "2019-12-10"}, ""); err != nil || !strings.Contains(out, "W-2  HOLD") {
		t.Errorf("one record: %s %v", out, err)
	}
}

func TestRunNamesRowAndColumn(t *testing.T) {
	const header = "household,area,members,income,as_of,period_to,housing,checked_on,measures,births,line,status,open_objections,area_note\n"
	good := strings.TrimSuffix(header, ",area_note\n") + "\n"
	for _, c := range []struct{ name, table, want string }{
		{"unknown column", header, "row 1, column area_note: there is no such column"},
		{"missing column", "household,area,members\n", "row 1, column income: the column is missing"},
		{"column twice", "household,area,members,income,income\n", "column income: two columns have the same heading"},
		{"empty", "", "the file is empty"},
		{"household", good + ",620524,1,1,2019-12-10\n", "row 2, column household: is empty"},
		{"area", good + "a,Wushan,1,1,2019-12-10\n", `row 2, column area: "Wushan" is no area code`},
		{"members", good + "a,620524,x,1,2019-12-10\n", `row 2, column members: "x"`},
		{"too many members", good + "a,620524,101,1,2019-12-10\n", `row 2, column members: "101"`},
		{"income", good + "a,620524,1,1e3,2019-12-10\n", `row 2, column income: amount "1e3"`},
		{"no date", good + "a,620524,1,1\n", "row 2, column as_of: is empty"},
		{"bad date", good + "a,620524,1,1,2019-02-30\n", `row 2, column as_of: "2019-02-30" is not a date`},
		{"check without date", good + "a,620524,1,1,2019-12-10,,grade_a\n", "row 2, column housing_on: is empty"},
		{"measure", good + "a,620524,1,1,2019-12-10,,,,illness\n", `row 2, column measures: "illness"`},
		{"births", good + "a,620524,1,1,2019-12-10,,,,,2001-01-01;2002-01-01\n", "row 2, column births: there are 2 dates for 1 members"},
		{"line", good + "a,620524,1,1,2019-12-10,,,,,,0\n", "row 2, column line: a poverty line of 0.00 yuan"},
		{"status", good + "a,620524,1,1,2019-12-10,,,,,,,poor\n", `row 2, column status: "poor"`},
		{"objections", good + "a,620524,1,1,2019-12-10,,,,,,,,yes\n", `row 2, column open_objections: "yes" is not a date`},
		{"no rulebook", good + "a,620524,1,1,2021-12-10\n", "row 2: household a: the rulebook is not in force"},
		{"the third row, second column", good + "a,620524,1,1,2019-12-10\nb,,2,2,2019-12-10\n", "row 3, column area"},
		{"quoting", good + "a,\"620524,1\n", "line 2, column area"},
		{"a cell too many", good + "a,620524,1,1,2019-12-10,,,,,,,,,x\n", "row 2: the row has 14 cells"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := answers(t, Options{File: "-"}, padded(c.table)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	// Several cells of one row are all named, and the good rows are still answered.
	out, err := answers(t, Options{File: "-"}, padded(good+"a,x,y,z,2019-12-10\nb,620524,1,1,2019-12-10\n"))
	if problems := fault.All(err); len(problems) != 3 || problems[2].Row != 2 || !strings.Contains(out, "b  ") {
		t.Errorf("%v\n%s", err, out)
	}
	// Of very many problems the first are told, and how many more there are.
	_, err = answers(t, Options{File: "-"}, padded(good+strings.Repeat("a,x,1,1,2019-12-10\n", problemsMax+7)))
	if problems := fault.All(err); len(problems) != problemsMax+1 || !strings.Contains(problems[problemsMax].Error(), "7 problems more") {
		t.Errorf("%d problems are told", len(problems))
	}
}

// padded adds the commas of the empty cells at the end of rows, which the rows of these tests leave out.
func padded(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines[1:] {
		if line != "" && !strings.Contains(line, `"`) {
			lines[i+1] += strings.Repeat(",", max(0, strings.Count(lines[0], ",")-strings.Count(line, ",")))
		}
	}
	return strings.Join(lines, "\n")
}

// A table may come as JSON Lines, whose keys may first be seen in a later row.
func TestJSONLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "households.jsonl")
	text := `{"household": "a", "area": "620524", "members": 1, "income": 5000}
{"household": "b", "area": "620524", "members": 1, "income": 5000, "status": "exited", "status_on": "2018-12-20"}
{"household": "c", "area": "620524", "members": 0.5, "income": 5000}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := answers(t, Options{File: file, AsOf: "2019-12-10", Format: "csv"}, "")
	if err == nil || !strings.Contains(err.Error(), `row 3, column members: "0.5"`) || !strings.Contains(out, "b,2019-12-10,gansu-2018 1,NOT_APPLICABLE") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRunRefuses(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"id": "a", "members": [{"birth": "1975-02-30"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"format", Options{File: "-", Format: "xml"}, "Use text, csv or json"},
		{"language", Options{File: "-", Language: "fr"}, "Use en or zh"},
		{"records without a date", Options{File: broken}, "--as-of"},
		{"a bad date in a record", Options{File: broken, AsOf: "2019-12-10"}, "record 1: \"1975-02-30\" is not a date"},
		{"missing file", Options{File: "testdata/none.csv"}, "none.csv"},
		{"missing rulebook", Options{File: "-", Rulebook: "gansu-2019"}, "gansu-2018, gansu-2020, national-2016"},
		{"not households", Options{File: "testdata/households.out.json", AsOf: "2019-12-10"}, "record 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := answers(t, c.o, ""); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestListRulebooks(t *testing.T) {
	var out bytes.Buffer
	if err := ListRulebooks("en", &out); err != nil || !strings.Contains(out.String(), "gansu-2018     version 1") {
		t.Errorf("%v, %q", err, out.String())
	}
}

func TestRulebookFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stricter.json")
	text := `{"id": "stricter", "version": "2019-05", "extends": "gansu-2018", "two_periods": true}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const table = "household,area,members,income,period_to,previous_income,previous_period_to,line,registered_on\nx,620524,2,7001,2019-11-30,%s,2018-11-30,3500,2014-01-01\n"
	for previous, want := range map[string]string{"7000": "was", "7000.01": ""} {
		out, err := answers(t, Options{File: "-", Rulebook: file, AsOf: "2019-12-10", Format: "csv"}, fmt.Sprintf(table, previous))
		held := strings.Contains(out, "steady.previous_not_above_line")
		if err != nil || held != (want != "") || !strings.Contains(out, "stricter 2019-05") {
			t.Errorf("before %s: %s %v", previous, out, err)
		}
	}
}

func TestStreamKeepsOrderAndStops(t *testing.T) {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	rows.WriteString("household,area,members,income\n")
	const households = 5 * batchRows / 2
	for i := range households {
		fmt.Fprintf(&rows, "h%d,620524,%d,1000\n", i, i%5)
	}
	next := 0
	err = Stream(inMemory(t, rows.String()), books, nil, "2019-12-10", nil, func(a Answer) error {
		if want := fmt.Sprintf("h%d", next); a.Row != next+2 || a.Decision.Household != want {
			t.Fatalf("answer %d is row %d, household %s", next, a.Row, a.Decision.Household)
		}
		next++
		return nil
	})
	if err != nil || next != households {
		t.Errorf("%d answers, %v", next, err)
	}
	enough, seen := errors.New("enough"), 0
	err = Stream(inMemory(t, rows.String()), books, nil, "2019-12-10", nil, func(Answer) error {
		if seen++; seen == 10 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || seen != 10 {
		t.Errorf("stopped after %d answers with %v", seen, err)
	}
}

// The tables of docs/decide.md are made from the code.
func TestManualIsUpToDate(t *testing.T) {
	const path = "../../../docs/decide.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	books, err := decision.PublishedRulebooks()
	if err != nil {
		t.Fatal(err)
	}
	national, _ := books.Get("national-2016")
	var columns, outcomes strings.Builder
	columns.WriteString("| column | must be there | content |\n|---|---|---|\n")
	for _, c := range Columns() {
		fmt.Fprintf(&columns, "| `%s` | %s | %s |\n", c.Name, map[bool]string{true: "yes", false: ""}[c.Required], c.Text)
	}
	outcomes.WriteString("| check | category | answer | meaning |\n|---|---|---|---|\n")
	for _, check := range national.Checks {
		for _, o := range check.Outcomes {
			proof := ""
			if o.NeedsEvidence {
				proof = ", with evidence"
			}
			fmt.Fprintf(&outcomes, "| %s | `%s` | %s%s | %s · %s |\n", check.Subject, o.Category, o.Result, proof, o.English, o.Chinese)
		}
	}
	manual := string(text)
	for name, table := range map[string]string{"columns": columns.String(), "outcomes": outcomes.String()} {
		begin, end := "<!-- "+name+": made from the code -->\n", "<!-- end of "+name+" -->"
		before, rest, ok1 := strings.Cut(manual, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("%s has no place for %s", path, name)
		}
		manual = before + begin + table + end + after
	}
	golden(t, path, manual)
}

func FuzzStream(f *testing.F) {
	text, err := os.ReadFile("testdata/households.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	books, err := decision.PublishedRulebooks()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := table.NewReader(strings.NewReader(text), int64(len(text)), "test.csv", table.Options{})
		if err != nil {
			return
		}
		_ = Stream(rows, books, nil, "2019-12-10", nil, func(a Answer) error {
			if a.Err == nil && a.Decision.Outcome == "" {
				t.Errorf("row %d has no answer", a.Row)
			}
			return nil
		})
	})
}

// inMemory opens a table that is a text.
func inMemory(t testing.TB, text string) *table.Reader {
	t.Helper()
	rows, err := table.NewReader(strings.NewReader(text), int64(len(text)), "test.csv", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
