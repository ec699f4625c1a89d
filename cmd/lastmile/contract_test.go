package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/store"
	"lastmile/internal/table"
)

// programme makes a store with the programme of facttest in it and gives its address.
func programme(t *testing.T) (url string, s *store.Store) {
	t.Helper()
	url = facttest.SQLite(t)
	s, err := store.Open(t.Context(), url, store.Options{Clock: func() time.Time { return facttest.Now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	facttest.Populate(t, s)
	return url, s
}

func heads(t *testing.T, s *store.Store) []journal.Head {
	t.Helper()
	return facttest.Heads(t, s)
}

// header and good are a table of payments that can be imported.
const (
	header = "on,project,to,amount,voucher,purpose\n"
	good   = "2019-10-02,W-house,W-li,100.00,V-1,roof\n"
)

// workbook is an XLSX with one sheet of the given XML.
func workbook(t *testing.T, sheet func(w *zip.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	parts := map[string]string{
		"[Content_Types].xml":        `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels":                `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
	}
	for name, content := range parts {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := sheet(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a workbook of some kilobytes that unpacks to 256 MB.
func bomb(t *testing.T) []byte {
	return workbook(t, func(w *zip.Writer) error {
		f, err := w.Create("xl/worksheets/sheet1.xml")
		if err != nil {
			return err
		}
		if _, err := f.Write([]byte(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)); err != nil {
			return err
		}
		rows := bytes.Repeat([]byte(`<row><c t="inlineStr"><is><t>aaaaaaaaaaaaaaaa</t></is></c></row>`), 1<<14)
		for range (256 << 20) / len(rows) {
			if _, err := f.Write(rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// Whatever is wrong with a table, the command says where and what to do, ends with 1 and has recorded nothing.
func TestImportRefuses(t *testing.T) {
	url, s := programme(t)
	xlsx := func(t *testing.T) []byte {
		var b bytes.Buffer
		w, err := table.NewWriter(&b, table.XLSX, []table.Column{{Name: "on"}, {Name: "project"}, {Name: "to"}, {Name: "amount"}, {Name: "voucher"}, {Name: "purpose"}}, table.WriterOptions{Sheet: "S"})
		if err == nil {
			for i := range 300 {
				err = w.Write([]string{"2019-10-02", "W-house", "W-li", "1.00", fmt.Sprint("V-", i), "roof"})
			}
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	text := func(s string) func(*testing.T) []byte { return func(*testing.T) []byte { return []byte(s) } }
	for _, c := range []struct {
		name, file string
		content    func(t *testing.T) []byte
		says       []string // row, column, remedy
	}{
		{"a word for an amount", "a.csv", text(header + good + "2019-10-02,W-house,W-li,ten,V-2,roof\n"), []string{"row 3", "column amount", `"ten"`, "46000.00"}},
		{"three decimals", "a.csv", text(header + "2019-10-02,W-house,W-li,1.005,V-2,roof\n"), []string{"row 2", "column amount", "two decimals"}},
		{"below nothing", "a.csv", text(header + good + "2019-10-02,W-house,W-li,-1.00,V-2,roof\n"), []string{"row 3", "column amount", "-1.00", "reversal"}},
		{"no such day", "a.csv", text(header + "2019-02-30,W-house,W-li,1.00,V-2,roof\n"), []string{"row 2", "column on", "2020-03-14"}},
		{"a day to come", "a.csv", text(header + "2999-01-01,W-house,W-li,1.00,V-2,roof\n"), []string{"row 2", "column on", "has not come yet"}},
		{"no day", "a.csv", text(header + ",W-house,W-li,1.00,V-2,roof\n"), []string{"row 2", "column on", "missing"}},
		{"an unknown project", "a.csv", text(header + good + "2019-10-02,X,W-li,1.00,V-2,roof\n"), []string{"row 3", "column project", `"X"`, "correct the code"}},
		{"an unknown party", "a.csv", text(header + "2019-10-02,W-house,nobody,1.00,V-2,roof\n"), []string{"row 2", "column to", `"nobody"`, "Record the party first"}},
		{"an unknown fund", "a.csv", text("on,project,to,amount,voucher,purpose,fund\n2019-10-02,W-house,W-li,1.00,V-2,roof,X\n"), []string{"row 2", "column fund", `"X"`}},
		{"the same row twice", "a.csv", text(header + good + good), []string{"row 3", "repeats row 2", "Remove one"}},
		{"too long", "a.csv", text(header + "2019-10-02,W-house,W-li,1.00," + strings.Repeat("V", 61) + ",roof\n"), []string{"row 2", "column voucher", "61 characters", "Shorten"}},
		{"more than is there", "a.csv", text(header + "2019-10-02,W-house,W-li,99999.00,V-2,roof\n"), []string{"row 2", "10000.00", "is needed"}},
		{"a cell too many", "a.csv", text(header + "2019-10-02,W-house,W-li,1,000.00,V-2,roof\n"), []string{"row 2", "7 cells", "comma"}},
		{"all at once", "a.csv", text(header + "2019-10-02,W-house,W-li,x,V-2,\nbad,W-house,W-li,1,V-3,y\n"), []string{"row 2, column amount", "row 2, column purpose", "row 3, column on"}},

		{"bytes that are no text", "a.csv", text(header + "2019-10-02,W-house,W-li,1.00,V-2,\xff\xfe\xfa\n"), []string{"2", "UTF-8"}},
		{"half in another encoding", "a.csv", text(header + "2019-10-02,W-house,W-li,1.00,V-2,修房" + "\n" + "2019-10-02,W-house,W-li,1.00,V-3,\xd0\xde\xb7\xbf\n"), []string{"3", "UTF-8"}},
		{"zero bytes", "a.csv", text(header + "2019-10-02,W-house,W-li,1.00,V\x00,roof\n"), []string{"UTF-8"}},
		{"cut off in quotation marks", "a.csv", text(header + good + `2019-10-02,W-house,W-li,1.00,"V-2`), []string{"3", "quotation mark"}},
		{"empty", "a.csv", text(""), []string{"empty", "copied whole"}},
		{"only spaces", "a.csv", text(" \n\n"), []string{"heading"}},
		{"only a heading", "a.csv", text(header), []string{"no rows", "Fill in"}},
		{"an unknown column", "a.csv", text("on,project,to,amount,voucher,purpose,colour\n2019-10-02,W-house,W-li,1.00,V-2,roof,red\n"), []string{`"colour"`, "Remove the column"}},
		{"a missing column", "a.csv", text("on,project,to,voucher,purpose\n2019-10-02,W-house,W-li,V-2,roof\n"), []string{`"amount"`, "template"}},
		{"no dates", "a.csv", text("project,to,amount,voucher,purpose\nW-house,W-li,1.00,V-2,roof\n"), []string{`"on"`, "template"}},
		{"the same column twice", "a.csv", text("on,project,to,amount,amount,voucher,purpose\n2019-10-02,W-house,W-li,1.00,2.00,V-2,roof\n"), []string{"amount", "same heading"}},
		{"the same column by two names", "a.csv", text("on,project,to,amount,金额,voucher,purpose\n2019-10-02,W-house,W-li,1.00,2.00,V-2,roof\n"), []string{"two columns mean amount"}},
		{"evidence elsewhere", "a.csv", text("on,project,to,amount,voucher,purpose,evidence\n2019-10-02,W-house,W-li,1.00,V-2,roof,../slip.png\n"), []string{"row 2", "column evidence", "folder"}},

		{"a workbook cut off", "a.xlsx", func(t *testing.T) []byte { b := xlsx(t); return b[:len(b)/2] }, []string{"copy"}},
		{"a workbook with bytes changed", "a.xlsx", func(t *testing.T) []byte {
			b := xlsx(t)
			for i := len(b) / 3; i < len(b)/3+200; i++ {
				b[i] ^= 0x55
			}
			return b
		}, []string{"Excel"}},
		{"a text named as a workbook", "a.xlsx", text(header + good), []string{"not an Excel workbook", "save it"}},
		{"a workbook that unpacks without end", "a.xlsx", bomb, []string{"unpacks to", "times its size"}},
		{"an old workbook", "a.xlsx", text("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)), []string{"97-2003", ".xlsx"}},
		{"JSON cut off", "a.jsonl", text(`{"on":"2019-10-02","project":"W-house","to":"W-li","amount":"1.00","voucher":"V-2","purpose":"roof"}` + "\n" + `{"on":"2019-10-02","project":"W-hou`), []string{"row 2", "cut off", "again"}},
		{"a JSON array", "a.jsonl", text(`[{"on":"2019-10-02"}]`), []string{"one JSON array", "one object a line"}},
		{"a key twice", "a.jsonl", text(`{"on":"2019-10-02","project":"W-house","to":"W-li","amount":"1.00","amount":"2.00","voucher":"V-2","purpose":"roof"}`), []string{"row 1", "twice"}},
		{"an object for an amount", "a.jsonl", text(`{"on":"2019-10-02","project":"W-house","to":"W-li","amount":{"yuan":1},"voucher":"V-2","purpose":"roof"}`), []string{"row 1", "column amount"}},
		{"another kind of file", "a.pdf", text("%PDF-1.4"), []string{".xlsx", ".csv", ".jsonl"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := heads(t, s)
			path := filepath.Join(t.TempDir(), c.file)
			if err := os.WriteFile(path, c.content(t), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, more := range [][]string{nil, {"--dry-run"}} {
				args := append([]string{"import", "disbursement", path, "--db", url, "--as", facttest.Officer, "--approved-by", facttest.Approver}, more...)
				code, out, errOut := command(t.Context(), args...)
				if code != 1 || out != "" {
					t.Errorf("ended with %d and said %q", code, out)
				}
				for _, word := range c.says {
					if !strings.Contains(errOut, word) {
						t.Errorf("does not say %q: %s", word, errOut)
					}
				}
				if strings.Contains(errOut, "panic") || strings.Contains(errOut, "goroutine") || strings.Contains(errOut, "SQL") {
					t.Errorf("is not for people: %s", errOut)
				}
			}
			if after := heads(t, s); !slices.Equal(after, before) {
				t.Errorf("recorded: %v, was %v", after, before)
			}
		})
	}
}

// A line of a gigabyte is refused after its first megabyte. The file is a hole: it takes no room.
func TestImportEndlessLine(t *testing.T) {
	url, s := programme(t)
	before := heads(t, s)
	for _, name := range []string{"a.csv", "a.jsonl"} {
		path := filepath.Join(t.TempDir(), name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if name == "a.csv" {
			_, err = f.WriteString(header + "2019-10-02,W-house,W-li,1.00,V-2,")
		} else {
			_, err = f.WriteString(`{"on":"`)
		}
		if err == nil {
			_, err = f.WriteAt(bytes.Repeat([]byte("roof"), 1<<19), 100)
		}
		if err == nil {
			err = f.Truncate(1 << 30)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		code, _, errOut := command(t.Context(), "import", "disbursement", path, "--db", url)
		if code != 1 || !strings.Contains(errOut, "longer than 1048576 bytes") {
			t.Errorf("%s: ended with %d: %s", name, code, errOut)
		}
	}
	if after := heads(t, s); !slices.Equal(after, before) {
		t.Errorf("recorded: %v, was %v", after, before)
	}
}

// From the command line too: a dry run records nothing, bad rows are passed over when asked, and their table can be mended and imported.
func TestImportCommand(t *testing.T) {
	url, s := programme(t)
	path := filepath.Join(t.TempDir(), "payments.csv")
	if err := os.WriteFile(path, []byte(header+good+"2019-10-02,W-house,nobody,1.00,V-2,roof\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	as := []string{"--db", url, "--as", facttest.Officer, "--approved-by", facttest.Approver}
	before := heads(t, s)
	if code, out, errOut := command(t.Context(), append([]string{"import", "disbursement", path, "--dry-run", "--skip-bad"}, as...)...); code != 0 || !strings.Contains(out, "2 rows checked, 1 good, 1 wrong. Nothing was recorded.") {
		t.Errorf("dry run: %d %s %s", code, out, errOut)
	}
	if after := heads(t, s); !slices.Equal(after, before) {
		t.Errorf("a dry run recorded: %v", after)
	}
	mended := filepath.Join(filepath.Dir(path), "bad.csv")
	code, out, errOut := command(t.Context(), append([]string{"import", "disbursement", path, "--skip-bad", "--json", "--errors", mended}, as...)...)
	var result map[string]int
	if err := json.Unmarshal([]byte(out), &result); code != 0 || err != nil || !maps.Equal(result, map[string]int{"rows": 2, "new": 1, "recorded": 1, "proposed": 0, "again": 0, "bad": 1}) {
		t.Errorf("skipping bad rows: %d %s %s %v", code, out, errOut, err)
	}
	text, err := os.ReadFile(mended)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mended, bytes.Replace(text, []byte("nobody"), []byte("W-wang"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := command(t.Context(), append([]string{"import", "disbursement", mended}, as...)...); code != 0 || !strings.Contains(out, "1 rows: 1 recorded") {
		t.Errorf("mended: %d %s %s", code, out, errOut)
	}
	if after := heads(t, s); after[0].Seq != before[0].Seq+2 {
		t.Errorf("%d entries were recorded, want 2", after[0].Seq-before[0].Seq)
	}
	// Without approvers a list waits; somebody else approves it.
	other := filepath.Join(t.TempDir(), "more.csv")
	if err := os.WriteFile(other, []byte(header+"2019-10-02,W-house,W-li,3.00,V-9,roof\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := command(t.Context(), "import", "disbursement", other, "--db", url, "--as", facttest.Officer); code != 0 || !strings.Contains(out, "1 wait for approval") {
		t.Errorf("without approvers: %d %s %s", code, out, errOut)
	}
	code, out, errOut = command(t.Context(), "approvals", "--db", url, "--json")
	var waiting []fact.Pending
	if err := json.Unmarshal([]byte(out), &waiting); code != 0 || err != nil || len(waiting) != 1 {
		t.Fatalf("approvals: %d %s %s", code, out, errOut)
	}
	position := fmt.Sprintf("%s:%d", waiting[0].Book, waiting[0].Seq)
	if code, _, errOut := command(t.Context(), "approve", position, "--as", facttest.Officer, "--db", url); code != 1 || !strings.Contains(errOut, "cannot approve") {
		t.Errorf("approved by who prepared it: %d %s", code, errOut)
	}
	if code, _, errOut := command(t.Context(), "approve", position, "--as", facttest.Approver, "--content", "0000", "--db", url); code != 1 || !strings.Contains(errOut, "with that content") {
		t.Errorf("approved something else: %d %s", code, errOut)
	}
	if code, out, errOut := command(t.Context(), "approve", position, "--as", facttest.Approver, "--content", waiting[0].Hash[:12], "--db", url); code != 0 {
		t.Errorf("approved: %d %s %s", code, out, errOut)
	}
	if code, out, _ := command(t.Context(), "approvals", "--db", url, "--json"); code != 0 || strings.TrimSpace(out) != "[]" {
		t.Errorf("nothing waits: %d %s", code, out)
	}
	facttest.CheckBooks(t, s)
}

// Wrong usage ends with 2 and points to the help; what is well put and refused ends with 1.
func TestUsage(t *testing.T) {
	url, _ := programme(t)
	missing := "sqlite:" + filepath.Join(t.TempDir(), "none.db")
	for _, c := range []struct {
		args string
		code int
	}{
		{"", 0}, {"help", 0}, {"import --help", 0}, {"kinds", 0}, {"kinds disbursement", 0}, {"kinds --json", 0}, {"figures --measures", 0}, {"--version", 2},
		{"nonsense", 2}, {"import", 2}, {"import disbursement", 2}, {"import a b c", 2}, {"lineage", 2}, {"lineage a b", 2}, {"approve", 2}, {"approve hq:1", 2}, {"kinds a b", 2},
		{"claims a b", 2}, {"verify x", 2}, {"figures --nonsense", 2}, {"figures --json=maybe", 2}, {"serve extra", 2},
		{"figures --as-of tomorrow", 2}, {"figures --as-of 2020-02-30", 2}, {"figures --from x", 2}, {"figures --known-at 5", 2}, {"figures --known-at hq:x", 2}, {"figures --known-at hq:0", 2},
		{"figures --known-at hq:5x", 2}, {"figures --known-at :5", 2}, {"figures --by weather", 2}, {"approve hq --as bob", 2}, {"approve hq:1.5 --as bob", 2},
		{"loan schedule --format xml", 2}, {"loan schedule a b", 2}, {"loan day-end --on tomorrow", 2}, {"loan portfolio", 2}, {"loan portfolio 620524 --by weather", 2},
		{"loan", 0}, {"loan day-end --on 2020-01-01", 0}, {"loan portfolio 620524 --by town", 0}, {"loan schedule none.json", 1},
		{"figures nothing", 1}, {"lineage nothing", 1}, {"figures --area nowhere", 0}, {"kinds nothing", 1}, {"import nothing x.csv", 1}, {"import disbursement none.csv", 1}, {"claims none.csv", 1},
		{"approve hq:1 --as bob", 1},
	} {
		code, _, errOut := command(t.Context(), append(strings.Fields(c.args), "--db", url)...)
		if c.args == "" || c.args == "help" {
			code, _, errOut = command(t.Context(), strings.Fields(c.args)...)
		}
		if code != c.code || (code == 2) != strings.Contains(errOut, "See: lastmile help") || code == 1 && !strings.HasPrefix(errOut, "lastmile: ") {
			t.Errorf("%s: ended with %d, want %d: %s", c.args, code, c.code, errOut)
		}
	}
	for _, args := range [][]string{{"figures"}, {"lineage", "x"}, {"claims"}, {"approvals"}, {"approve", "hq:1", "--as", "bob"}, {"verify"}} {
		if code, _, errOut := command(t.Context(), append(args, "--db", missing)...); code != 1 || !strings.Contains(errOut, "there is no database") {
			t.Errorf("%v without a database: %d %s", args, code, errOut)
		}
		if code, _, errOut := command(t.Context(), append(args, "--db", "mysql:x")...); code != 1 || !strings.Contains(errOut, "want sqlite:PATH or postgres://") {
			t.Errorf("%v with another database: %d %s", args, code, errOut)
		}
	}
	if _, err := os.Stat(strings.TrimPrefix(missing, "sqlite:")); err == nil {
		t.Error("a command that only reads made a database")
	}
}

func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// What scripts depend on: the shapes of JSON.
func TestJSON(t *testing.T) {
	url, s := programme(t)
	facttest.Tell(t, s)
	hq := func(f fact.Fact) { facttest.MustRecord(t, s, fact.Draft{Fact: f, Book: "hq"}) }
	hq(&indicator.Figure{ID: "paid", Version: 1, En: "Paid", Zh: "支付", Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "disbursement:CNY -refund:CNY"})
	hq(&indicator.Figure{ID: "lifted", Version: 1, En: "Lifted", Zh: "脱贫", Unit: "date", Aggregate: "latest", Terms: "lifted-on"})
	for i, c := range []indicator.Claim{{Qualifier: ">", Stated: "1"}, {Qualifier: "exp", Stated: "5"}, {Qualifier: "-"}} {
		c.ID, c.Sentence, c.Unit, c.Figure = fmt.Sprint("C", i), "More than one yuan.", "CNY", []string{"paid", "paid", ""}[i]
		hq(&c)
	}
	get := func(want int, v any, args ...string) {
		t.Helper()
		code, out, errOut := command(t.Context(), append(args, "--json", "--db", url)...)
		if err := json.Unmarshal([]byte(out), v); err != nil || code != want {
			t.Fatalf("%v: ended with %d, want %d: %v\n%s%s", args, code, want, err, out, errOut)
		}
	}

	var claims struct {
		Claims  []map[string]any
		Summary map[string]float64
	}
	get(0, &claims, "claims")
	if len(claims.Claims) != 3 {
		t.Fatalf("claims: %v", claims)
	}
	for _, c := range claims.Claims {
		if got, want := keys(c), []string{"computed", "figure", "grade", "id", "qualifier", "sentence", "stated", "unit", "verdict"}; !slices.Equal(got, want) {
			t.Errorf("a claim has %v, want %v", got, want)
		}
	}
	if !maps.Equal(claims.Summary, map[string]float64{"holds": 1, "differs": 0, "forecast": 1, "not_computed": 1}) {
		t.Errorf("summary: %v", claims.Summary)
	}
	hq(&indicator.Claim{ID: "C9", Sentence: "A billion.", Qualifier: ">", Stated: "1000000000", Unit: "CNY", Figure: "paid"})
	get(1, &claims, "claims")
	if claims.Summary["differs"] != 1 || claims.Claims[3]["verdict"] != "differs" {
		t.Errorf("a contradicted claim: %v", claims)
	}

	var figures []map[string]any
	get(0, &figures, "figures")
	if len(figures) != 2 {
		t.Fatalf("figures: %v", figures)
	}
	for _, f := range figures {
		for _, key := range []string{"id", "unit", "value", "as_of", "known_at", "grade", "traced", "of"} {
			if _, ok := f[key]; !ok {
				t.Errorf("a figure has no %s: %v", key, f)
			}
		}
	}
	get(0, &figures, "figures", "paid", "--as-of", "2019-10-15", "--known-at", "620524:5,653127:1,hq:9")
	if f := figures[0]; f["as_of"] != "2019-10-15" || !strings.Contains(f["known_at"].(string), "620524:5") || f["value"] != "0" {
		t.Errorf("as of a day and known at a position: %v", f)
	}
	get(0, &figures, "figures", "paid", "--by", "project")
	sum := 0.0
	for _, f := range figures {
		var n float64
		if _, err := fmt.Sscan(f["value"].(string), &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	var lineage []map[string]any
	get(0, &lineage, "lineage", "paid")
	for _, l := range lineage {
		if got, want := keys(l), []string{"area", "book", "contribution", "kind", "on", "seq"}; !slices.Equal(got, want) {
			t.Errorf("a contribution has %v, want %v", got, want)
		}
		var n float64
		if _, err := fmt.Sscan(l["contribution"].(string), &n); err != nil {
			t.Fatal(err)
		}
		sum -= n
	}
	if len(lineage) == 0 || sum < -0.001 || sum > 0.001 {
		t.Errorf("%d contributions, which differ from the projects by %f", len(lineage), sum)
	}
	get(0, &lineage, "lineage", "lifted")
	if lineage == nil || len(lineage) != 0 {
		t.Errorf("lineage of nothing: %v", lineage)
	}
	for _, args := range [][]string{{"kinds"}, {"approvals"}, {"figures", "--measures"}} {
		var list []any
		get(0, &list, args...)
		if list == nil {
			t.Errorf("%v prints no list", args)
		}
	}
	var report map[string]any
	get(0, &report, "verify")
	get(0, &report, "kinds", "disbursement")
	if report["type"] != "object" {
		t.Errorf("the schema of a kind: %v", report)
	}
}
