package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const targetRules = `{
  "id": "t", "version": "1", "title": {"en": "T", "zh": "试"}, "jurisdiction": "national", "valid": {"from": "2014-01-01"},
  "eligible": [{"id": "poor", "title": {"en": "Poor", "zh": "贫困"}, "when": "income <= line * members"}],
  "score": [{"id": "hands", "title": {"en": "Hands", "zh": "劳动力"}, "options": [{"when": "labour > 1", "points": 2}, {"when": "labour == 1", "points": 1}]}],
  "quota": {"each": 1}, "draw_seed": "s", "notice": {"days": 7, "day_kind": "calendar"}, "need": "income <= line * members",
  "sources": [{"for": "all", "text": "test", "grade": "GK"}]
}`

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Outside data is judged without a database, and all forms of the answer agree.
func TestTargetOutside(t *testing.T) {
	rules := write(t, "rules.json", targetRules)
	households := "household,village,current,before,income,members,labour,residents\nA,620524100201,yes,no,100,1,1,1\nB,620524100201,no,yes,100,1,2,2\nC,620524100201,yes,no,,1,2,3\n"
	file := write(t, "households.csv", households)

	code, out, errOut := command(t.Context(), "target", "dry-run", rules, file, "--as-of", "2019-06-01", "--json")
	var summary struct {
		Outcomes map[string]struct{ Households, Persons int }
		Enter    []struct {
			Household string
			Score     int
		}
		Leave, Unsure []struct{ Household string }
		Compared      bool
	}
	if err := json.Unmarshal([]byte(out), &summary); err != nil || code != 0 {
		t.Fatalf("ended with %d: %v\n%s%s", code, err, out, errOut)
	}
	if !summary.Compared || len(summary.Enter) != 1 || summary.Enter[0].Household != "B" || summary.Enter[0].Score != 2 || len(summary.Leave) != 1 || summary.Leave[0].Household != "A" ||
		len(summary.Unsure) != 1 || summary.Unsure[0].Household != "C" || summary.Outcomes["chosen"].Persons != 2 {
		t.Errorf("the summary is %+v", summary)
	}
	code, out, _ = command(t.Context(), "target", "dry-run", rules, file, "--as-of", "2019-06-01", "--csv", "--language", "zh")
	for _, want := range []string{"A,620524100201,waiting,leave,1,2,1,", "B,620524100201,chosen,enter,2,1,1,", "C,620524100201,undetermined,unsure,2,,1,缺少信息：income"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("the CSV (%d) has no row %q:\n%s", code, want, out)
		}
	}
	code, out, _ = command(t.Context(), "target", "dry-run", rules, file, "--as-of", "2019-06-01")
	for _, want := range []string{"3 households", "1 enter, 0 stay, 1 leave, 1 cannot be judged", "A: 1 point (Hands 1), place 2 of the village, quota 1", "C: not known: income"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("the text (%d) does not say %q:\n%s", code, want, out)
		}
	}
	code, out, _ = command(t.Context(), "target", "backtest", rules, file, file, "--as-of", "2019-06-01")
	for _, want := range []string{"chosen by the rule and on the list then", "exclusion error of those in need", "1 of 2 (50.00 %)"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("the back-test (%d) does not say %q:\n%s", code, want, out)
		}
	}
	if code, out, _ := command(t.Context(), "target", "variables"); code != 0 || !strings.Contains(out, "monitoring_line") {
		t.Errorf("variables ended with %d:\n%s", code, out)
	}
}

func TestTargetRefuses(t *testing.T) {
	rules := write(t, "rules.json", targetRules)
	wrong := write(t, "wrong.json", strings.Replace(targetRules, "labour > 1", "labor > 1", 1))
	file := write(t, "households.csv", "household,village,income\nA,620524,1\nA,620524,x\n")
	url, _ := programme(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"dry-run"}, 2, "accepts between 1 and 2"},
		{[]string{"backtest", rules, file}, 2, "accepts 1 or 3"},
		{[]string{"dry-run", rules, file, "--as-of", "soon"}, 2, "not a date"},
		{[]string{"dry-run", rules, file, "--language", "fr"}, 2, "there is no language"},
		{[]string{"dry-run", "none.json", file}, 1, "none.json cannot be read"},
		{[]string{"dry-run", rules, "none.csv"}, 1, "none.csv"},
		{[]string{"dry-run", wrong, file}, 1, `score[0].options[0].when: line 1, column 1: "labor" is no variable. Did you mean labour?`},
		{[]string{"dry-run", rules, file}, 1, "row 3, column household: household A is there twice"},
		{[]string{"dry-run", rules, "--book", "nowhere"}, 0, ""},
		{[]string{"sweep", "--as-of", "2010-01-01", "--book", "620524"}, 1, "hold from 2020-03-01"},
		{[]string{"sweep", "extra"}, 2, "unknown command"},
	} {
		code, _, errOut := command(t.Context(), append(append([]string{"target"}, c.args...), "--db", url)...)
		if code != c.code || !strings.Contains(errOut, c.says) {
			t.Errorf("target %v: ended with %d and says\n%s\nwant %d %q", c.args, code, errOut, c.code, c.says)
		}
	}
}
