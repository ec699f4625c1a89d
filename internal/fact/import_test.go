package fact_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/access"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/fault"
	"lastmile/internal/project"
	"lastmile/internal/store"
	"lastmile/internal/table"
)

// file writes a table into a folder of its own.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// rows is a CSV of payments: the heading and n good rows from the first number on, a fen each.
func rows(first, n int) string {
	var b strings.Builder
	b.WriteString("on,project,to,amount,voucher,purpose\n")
	for i := range n {
		fmt.Fprintf(&b, "2019-10-02,W-house,W-li,0.01,V-%d,roof\n", first+i)
	}
	return b.String()
}

func byOfficer() fact.ImportOptions {
	return fact.ImportOptions{Actor: facttest.Officer, Approvers: approve}
}

func load(t *testing.T, s *store.Store, kind, path string, o fact.ImportOptions) (*fact.ImportResult, error) {
	t.Helper()
	return s.Recorder.Import(t.Context(), fact.Find(kind), path, o)
}

// A dry run and a table with one bad row record nothing; with SkipBad the good rows are recorded and the bad ones are in a table of their own with what
// is wrong, which can be mended and imported as it is.
func TestImport(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		before := facttest.Dump(t, s)
		path := file(t, "payments.csv", rows(1, 30)+"2019-10-02,W-house,W-li,-5,V-31,roof\n2019-10-02,W-house,nobody,1.00,V-32,\n2019-10-02,W-house,W-li,1.00,V-33,roof\n")
		unchanged := func(what string) {
			t.Helper()
			if after := facttest.Dump(t, s); after != before {
				t.Errorf("%s recorded:\n%s", what, difference(before, after))
			}
		}
		for _, name := range []string{"bad.xlsx", "bad.csv", "bad.jsonl"} {
			o := byOfficer()
			o.DryRun, o.Errors = true, filepath.Join(t.TempDir(), name)
			r, err := load(t, s, "disbursement", path, o)
			list := fault.All(err)
			if r.Rows != 33 || r.Bad != 2 || len(list) != 2 || list[0].Row != 32 || list[0].Column != "amount" || list[1].Row != 33 || list[1].Column != "purpose" {
				t.Errorf("dry run: %+v, %v", r, err)
			}
			unchanged("a dry run")
			o.DryRun = false
			if _, err := load(t, s, "disbursement", path, o); fault.All(err) == nil {
				t.Errorf("two bad rows: %v", err)
			}
			unchanged("a table with bad rows")
			if problems := column(t, o.Errors, table.ProblemColumn); len(problems) != 2 || !strings.Contains(problems[0], "-5.00") || !strings.Contains(problems[1], "For what") {
				t.Errorf("%s says %q", name, problems)
			}
		}

		o := byOfficer()
		o.SkipBad, o.Errors = true, filepath.Join(t.TempDir(), "bad.csv")
		r, err := load(t, s, "disbursement", path, o)
		if err != nil || r.Recorded != 31 || r.Bad != 2 || held(t, s, "recipient:W-li") != 1_30 {
			t.Errorf("skipping bad rows: %+v, %v", r, err)
		}
		text, err := os.ReadFile(o.Errors)
		if err != nil {
			t.Fatal(err)
		}
		mended := strings.Replace(strings.Replace(strings.Replace(string(text), "-5", "5", 1), "nobody", "W-wang", 1), "V-32,,", "V-32,floor,", 1)
		o = byOfficer()
		r, err = load(t, s, "disbursement", file(t, "mended.csv", mended), o)
		if err != nil || r.Recorded != 2 || r.Bad != 0 || held(t, s, "recipient:W-wang") != 1_00 {
			t.Errorf("mended: %+v, %v\n%s", r, err, mended)
		}
		r, err = load(t, s, "disbursement", path, byOfficer())
		if r.Bad != 2 || err == nil {
			t.Errorf("again: %+v, %v", r, err)
		}
		o.SkipBad = true
		if r, err = load(t, s, "disbursement", path, o); err != nil || r.Again != 31 || r.Recorded != 0 {
			t.Errorf("again: %+v, %v", r, err)
		}
		// Without approvers they wait.
		o = fact.ImportOptions{Actor: facttest.Officer}
		if r, err = load(t, s, "disbursement", file(t, "more.csv", rows(100, 3)), o); err != nil || r.Proposed != 3 || r.Recorded != 0 {
			t.Errorf("without approvers: %+v, %v", r, err)
		}
		facttest.CheckBooks(t, s)
	})
}

func column(t *testing.T, path, name string) (cells []string) {
	t.Helper()
	r, err := table.Open(path, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		if i := slices.Index(r.Columns(), name); i >= 0 && i < len(r.Row().Cells) {
			cells = append(cells, r.Row().Cells[i])
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return cells
}

// An import that is stopped anywhere goes on where it was when it is started again, and records each row once.
func TestImportResumes(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		n := 6500
		if testing.Short() {
			n = 4500
		}
		path := file(t, "payments.csv", rows(1, n))
		stops, recorded := 0, 0
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			o := byOfficer()
			calls := 0
			o.Progress = func(p fact.Progress) {
				if p.Step == "recording" {
					if calls++; calls == 1 {
						cancel()
					}
				}
			}
			r, err := s.Recorder.Import(ctx, fact.Find("disbursement"), path, o)
			cancel()
			if recorded += r.Recorded; err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("stopped: %v", err)
			}
			stops++
			if got := int(held(t, s, "recipient:W-li")); got != recorded || got == n {
				t.Fatalf("%d of %d rows are recorded after %d stops, acknowledged were %d", got, n, stops, recorded)
			}
		}
		r, err := load(t, s, "disbursement", path, byOfficer())
		if err != nil || stops < 1 || r.Again+r.Recorded != n || held(t, s, "recipient:W-li") != int64(n) {
			t.Errorf("after %d stops: %+v, %v", stops, r, err)
		}
		facttest.CheckBooks(t, s)
	})
}

// What one row does is seen by the rows after it, however far below, before anything is recorded.
func TestImportSeesItself(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		facttest.MustRecord(t, s, pay(50_00, "V-0"))
		untouched := func(kind, content, code string, rows ...int) {
			t.Helper()
			before := facttest.Dump(t, s)
			r, err := load(t, s, kind, file(t, kind+".csv", content), byOfficer())
			list := fault.All(err)
			var at []int
			for _, e := range list {
				if e.Code != code || e.Fix == "" {
					t.Errorf("%s: %v, want %s", kind, e, code)
				}
				at = append(at, e.Row)
			}
			if !slices.Equal(at, rows) || r.Bad != len(rows) {
				t.Errorf("%s: bad rows are %v (%d), want %v: %v", kind, at, r.Bad, rows, err)
			}
			if after := facttest.Dump(t, s); after != before {
				t.Errorf("%s recorded:\n%s", kind, difference(before, after))
			}
		}
		var b strings.Builder
		// More refunds than was paid, the last row too many.
		b.WriteString("on,project,from,amount,voucher,fund,reason\n")
		for i := range 2501 {
			fmt.Fprintf(&b, "2019-10-02,W-house,W-li,0.02,R-%d,own,x\n", i)
		}
		untouched("refund", b.String(), "refund.more", 2502)
		// More aid than a household may have.
		b.Reset()
		b.WriteString("on,key,household,amount,account\n")
		for i := range 2502 {
			fmt.Fprintf(&b, "2019-10-02,k-%d,W-li,2.00,6222\n", i)
		}
		untouched("test-aid", b.String(), "test-aid.more", 2502, 2503)
		// More money than is there.
		untouched("disbursement", strings.Replace(rows(1, 2100), "0.01,V-2100", "9960.00,V-2100", 1), "ledger.short", 2101)
		// A party twice.
		untouched("party", "on,id,name,kind,area\n2019-10-02,W-a,A,household,620524101\n2019-10-02,W-b,B,household,620524101\n2019-10-02,W-a,C,household,620524101\n", "define.again", 4)
		// An entry taken back twice, one that others rest on, and one that cannot be.
		paid := facttest.MustRecord(t, s, pay(1_00, "V-a"))[0].Seq
		used := facttest.MustRecord(t, s, by(&project.Commitment{Project: "W-house", Amount: 100_00, Contract: "C"}))[0].Seq
		facttest.MustRecord(t, s, pay(10_000_00, "V-b"))
		facttest.MustRecord(t, s, fact.Draft{Fact: &access.Person{ID: "eve", Name: "Eve", Unit: "U"}})
		reversals := fmt.Sprintf("on,book,entry,reason\n2019-10-03,%s,%d,x\n2019-10-03,%[1]s,%[2]d,y\n", wushan, paid)
		untouched("reversal", reversals, "reversal.again", 3)
		untouched("reversal", fmt.Sprintf("on,book,entry,reason\n2019-10-03,%s,%d,x\n2019-10-03,%[1]s,%[3]d,x\n", wushan, used, paid), "ledger.short", 2)
		r, err := load(t, s, "reversal", file(t, "reversals.csv", fmt.Sprintf("on,book,entry,reason\n2019-10-03,%s,%d,x\n", wushan, paid)), byOfficer())
		if err != nil || r.Recorded != 1 {
			t.Errorf("a good reversal: %+v, %v", r, err)
		}
		// Appointments of which one ends before it begins: state of their own is taken back too.
		untouched("appointment", "on,person,role,until\n2019-10-03,eve,finance,\n2019-10-03,eve,auditor,2019-10-01\n2019-10-04,eve,auditor,\n", "appointment.until", 3)
		facttest.CheckBooks(t, s)
	})
}

// Facts that keep state of their own are checked while others record, and the check does not fail for it.
func TestImportWhileOthersRecord(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := populated(t, url)
		other := facttest.Open(t, url)
		var b strings.Builder
		b.WriteString("on,person,role,area\n")
		for i := range 2500 {
			fmt.Fprintf(&b, "%s,%s,county-assistant,620524\n", facttest.Day.AddDays(i%240), facttest.Local)
		}
		o := byOfficer()
		o.SkipBad = true // days that come again are the same appointment
		path := file(t, "appointments.csv", b.String())
		stopped := make(chan struct{})
		stop := make(chan struct{})
		go func() {
			defer close(stopped)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					facttest.MustRecord(t, other, interview("W-wang", 1, fmt.Sprint("Person ", i)))
				}
			}
		}()
		r, err := load(t, s, "appointment", path, o)
		close(stop)
		<-stopped
		if err != nil || r.Recorded != 240 {
			t.Errorf("%+v, %v", r, err)
		}
		facttest.CheckBooks(t, s)
	})
}

// Evidence lies beside the table and nowhere else; nothing is kept of it before the rows are recorded.
func TestImportEvidence(t *testing.T) {
	s := populated(t, facttest.SQLite(t))
	dir := t.TempDir()
	put := func(name string, content []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(t.TempDir(), "secret.png")
	if err := os.WriteFile(secret, facttest.Photo(77), 0o600); err != nil {
		t.Fatal(err)
	}
	put("slip.png", facttest.Photo(50))
	put("more/slip.png", facttest.Photo(51))
	put("note.txt", []byte("not a photograph"))
	put("empty.png", nil)
	if err := os.Symlink(secret, filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	kept := func() int {
		t.Helper()
		n := 0
		err := filepath.WalkDir(s.Evidence.Dir(), func(_ string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				n++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before, heads := kept(), facttest.Heads(t, s)
	row := func(files string) string {
		put("payments.csv", []byte("on,project,to,amount,voucher,purpose,evidence\n2019-10-02,W-house,W-li,0.01,V-1,roof,"+files+"\n"))
		return filepath.Join(dir, "payments.csv")
	}
	for files, code := range map[string]string{
		"../secret.png": "evidence.path", secret: "evidence.path", "slip.png;../../etc/passwd": "evidence.path", "link.png": "evidence.open", "more": "evidence.file", ".": "evidence.file",
		"none.png": "evidence.missing", "note.txt": "evidence.type", "empty.png": "evidence.type", "/dev/zero": "evidence.path",
	} {
		_, err := load(t, s, "disbursement", row(files), byOfficer())
		list := fault.All(err)
		if len(list) != 1 || list[0].Code != code || list[0].Row != 2 || list[0].Column != "evidence" || list[0].Fix == "" {
			t.Errorf("%s: %v, want %s", files, err, code)
		}
	}
	o := byOfficer()
	o.DryRun = true
	if r, err := load(t, s, "disbursement", row("slip.png; more/slip.png"), o); err != nil || r.Bad != 0 {
		t.Errorf("dry run: %+v, %v", r, err)
	}
	if kept() != before || !slices.Equal(facttest.Heads(t, s), heads) {
		t.Errorf("%d files are kept, want %d as before", kept(), before)
	}
	if r, err := load(t, s, "disbursement", row("slip.png; more/slip.png"), byOfficer()); err != nil || r.Recorded != 1 || kept() != before+2 {
		t.Errorf("%+v, %v", r, err)
	}
	if e := entry(t, s, wushan, facttest.Heads(t, s)[0].Seq); !slices.Equal(e.Evidence, []string{facttest.PhotoHash(50), facttest.PhotoHash(51)}) {
		t.Errorf("the evidence of %s:%d is %v", e.Book, e.Seq, e.Evidence)
	}
	facttest.CheckBooks(t, s)
}
