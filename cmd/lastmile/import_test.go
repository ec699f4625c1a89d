package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lastmile/internal/facttest"
	"lastmile/internal/store"
)

// populated is a store on disk with two counties, and its heads as text.
func populated(t *testing.T) (url string, heads func() string) {
	url = facttest.SQLite(t)
	s := facttest.Open(t, url)
	facttest.Populate(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return url, func() string {
		s, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return fmt.Sprint(facttest.Heads(t, s))
	}
}

// zipBomb is a workbook whose sheet unpacks to a thousand times its size.
func zipBomb(t *testing.T) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(f, zeros{}, 200<<20); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

const heading = "on,project,to,amount,voucher,purpose\n"

// TestImportRefuses: whatever is wrong with a table is told at its row and column with how to put it right, the exit code is 1, and nothing is recorded.
func TestImportRefuses(t *testing.T) {
	url, heads := populated(t)
	good := "2019-10-02,W-house,W-li,10.00,V-1,roof\n"
	before := heads()
	for _, c := range []struct {
		name, file, content string
		says                []string
	}{
		{"wrong type", "a.csv", heading + good + "2019-10-02,W-house,W-li,ten,V-2,roof\n", []string{"row 3", "column amount", "not an amount", "Write an amount"}},
		{"not a date", "a.csv", heading + "soon,W-house,W-li,10.00,V-2,roof\n", []string{"row 2", "column on", "not a date"}},
		{"unknown reference", "a.csv", heading + good + "2019-10-02,W-nothing,W-li,10.00,V-2,roof\n", []string{"row 3", "column project", "not recorded", "Record the project first"}},
		{"negative amount", "a.csv", heading + "2019-10-02,W-house,W-li,-10.00,V-2,roof\n", []string{"row 2", "column amount", "least allowed"}},
		{"future date", "a.csv", heading + "2999-01-01,W-house,W-li,10.00,V-2,roof\n", []string{"row 2", "column on", "has not come yet"}},
		{"duplicate row", "a.csv", heading + good + good, []string{"row 3", "repeats row 2"}},
		{"all problems at once", "a.csv", heading + "soon,W-house,W-li,ten,,roof\n", []string{"column on", "column amount", "column voucher"}},
		{"wrong encoding", "a.csv", heading + "2019-10-02,W-house,W-li,10.00,V-2,\xff\xfe\xfa\n", []string{"row 2", "column purpose"}},
		{"unknown column", "a.csv", "on,project,to,amount,voucher,purpose,colour\n" + strings.TrimSuffix(good, "\n") + ",red\n", []string{"colour", "Remove the column"}},
		{"missing column", "a.csv", "on,project,to,amount,purpose\n2019-10-02,W-house,W-li,10.00,roof\n", []string{"voucher", "missing"}},
		{"cut in a quoted field", "a.csv", heading + "2019-10-02,W-house,W-li,10.00,V-2,\"roof\n", []string{"row 2"}},
		{"cut JSON", "a.jsonl", `{"on":"2019-10-02","project":"W-house","to":"W-li","amount":"10.00","vou`, []string{"row 1"}},
		{"cut workbook", "a.xlsx", "PK\x03\x04 and no more", []string{"a.xlsx"}},
		{"zip bomb", "a.xlsx", zipBomb(t), []string{"a.xlsx"}},
		{"empty", "a.csv", "", []string{"a.csv"}},
		{"heading only", "a.csv", heading, []string{"no rows"}},
		{"more than there is", "a.csv", heading + "2019-10-02,W-house,W-li,999999.99,V-2,roof\n", []string{"row 2", "holds"}},
		{"evidence elsewhere", "a.csv", "evidence," + heading + "../secret.png,2019-10-02,W-house,W-li,10.00,V-2,roof\n", []string{"row 2", "column evidence", "beside the table"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), c.file)
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errOut := command(t.Context(), "import", "disbursement", file, "--db", url, "--as", facttest.Officer, "--approved-by", facttest.Approver)
			if code != 1 {
				t.Errorf("exit code %d, want 1: %s%s", code, out, errOut)
			}
			for _, s := range c.says {
				if !strings.Contains(errOut, s) {
					t.Errorf("it does not say %q: %s", s, errOut)
				}
			}
			if after := heads(); after != before {
				t.Error("something was recorded")
			}
		})
	}
}

// TestImportOfAnEndlessLine: a line of a gigabyte is refused long before it is read.
func TestImportOfAnEndlessLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(heading); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(1 << 30); err != nil { // a hole: it reads as zeros and takes no room
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := command(t.Context(), "import", "disbursement", file, "--db", facttest.SQLite(t))
	if code != 1 || !strings.Contains(errOut, "a.csv") {
		t.Errorf("it ended with %d: %s", code, errOut)
	}
}

// TestImportSkipsBad: with --skip-bad the good rows are recorded, the bad ones stand in a workbook with what is wrong; a second import records nothing twice.
func TestImportSkipsBad(t *testing.T) {
	url, _ := populated(t)
	file := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte(heading+"2019-10-02,W-house,W-li,10.00,V-1,roof\n2019-10-02,W-house,W-li,ten,V-2,roof\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "disbursement", file, "--db", url, "--as", facttest.Officer, "--approved-by", facttest.Approver, "--json"}
	type result struct{ Rows, Recorded, Again, Bad int }
	for _, c := range []struct {
		flag string
		want result
	}{{"--dry-run", result{2, 0, 0, 1}}, {"--skip-bad", result{2, 1, 0, 1}}, {"--skip-bad", result{2, 0, 1, 1}}} {
		_, out, errOut := command(t.Context(), append(args, c.flag, "--errors", file+".errors.csv")...)
		var got result
		if err := json.Unmarshal([]byte(out), &got); c.flag != "--dry-run" && (err != nil || got != c.want) {
			t.Errorf("%s gives %+v, want %+v: %s%s (%v)", c.flag, got, c.want, out, errOut, err)
		}
	}
	bad, err := os.ReadFile(file + ".errors.csv")
	if err != nil || !strings.Contains(string(bad), "V-2") || strings.Contains(string(bad), "V-1") || !strings.Contains(string(bad), "not an amount") {
		t.Errorf("the wrong rows are %s (%v)", bad, err)
	}
}

// TestUsage: wrong usage ends with 2, a refusal with 1, and errors go to standard error.
func TestUsage(t *testing.T) {
	for _, c := range []struct {
		want int
		args []string
	}{
		{2, []string{"nothing"}}, {2, []string{"claims", "--colour"}}, {2, []string{"import", "area"}}, {1, []string{"import", "nothing", "a.csv"}},
		{1, []string{"claims", "--db", "sqlite:" + filepath.Join(t.TempDir(), "none.db")}}, {0, []string{"kinds"}}, {0, []string{"kinds", "disbursement", "--json"}},
	} {
		code, out, errOut := command(t.Context(), c.args...)
		if code != c.want || (code != 0) != (errOut != "") || code != 0 && out != "" {
			t.Errorf("%v ended with %d, want %d; standard output %q, standard error %q", c.args, code, c.want, out, errOut)
		}
	}
}
