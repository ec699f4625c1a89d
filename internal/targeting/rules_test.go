package targeting

import (
	"strings"
	"testing"

	"lastmile/internal/fault"
)

// document is a rule set with everything in it. Changes replace parts of it.
func document(changes ...string) string {
	return strings.NewReplacer(changes...).Replace(`{
  "id": "sheep-2019", "version": "1",
  "title": {"en": "Breeding sheep", "zh": "扶贫羊"},
  "jurisdiction": "national", "valid": {"from": "2014-01-01"},
  "eligible": [
    {"id": "poor", "title": {"en": "Registered as poor", "zh": "建档立卡户"}, "when": "registered"},
    {"id": "low", "title": {"en": "Income not above the line", "zh": "收入未超过贫困线"}, "when": "income <= line * members"}
  ],
  "vetoes": [
    {"id": "car", "title": {"en": "Has a car", "zh": "有轿车"}, "when": "vehicle"}
  ],
  "reviews": [
    {"id": "kin", "title": {"en": "Kin of an official", "zh": "干部近亲属"}, "when": "public_kin"}
  ],
  "score": [
    {"id": "hands", "title": {"en": "Hands to work", "zh": "劳动力"}, "options": [{"when": "labour >= 2", "points": 20}, {"when": "labour == 1", "points": 10}]},
    {"id": "young", "title": {"en": "Children", "zh": "儿童"}, "options": [{"when": "children > 0", "points": 5}]}
  ],
  "quota": {"each": 2, "villages": {"620524100203": 1}},
  "draw_seed": "published 2019-03-01",
  "notice": {"days": 7, "day_kind": "calendar"},
  "need": "income <= line * members",
  "sources": [{"for": "all", "text": "county decision", "grade": "B"}]
}`)
}

func compile(t testing.TB, text string) *Programme {
	t.Helper()
	p, err := Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Everything that is wrong is named by its place in the document, a condition also by line and column.
func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"version": "1"`, `"version": ""`, "version is empty"},
		{`"registered"`, `"registred"`, "eligible[0].when: line 1, column 1: \"registred\" is no variable. Did you mean registered?"},
		{`labour >= 2`, `labour >=`, "score[0].options[0].when: line 1, column 10"},
		{`labour >= 2`, `labour`, "score[0].options[0].when: the condition gives a int"},
		{`income <= line * members`, `income / members <= line * 0.5`, "Use whole numbers"},
		{`"vehicle"`, `"house_grade == \"z\""`, `vetoes[0].when: line 1, column 16: house_grade is never "z"`},
		{`"vehicle"`, `"[1, 2].exists(x, x > 1)"`, "vetoes[0].when"},
		{`"each": 2`, `"each": -1`, "quota.each must be from 0"},
		{`"points": 20`, `"points": 1.5`, "rules: line"},
		{`"points": 20`, `"points": 99999999`, "points must be from"},
		{`"id": "car"`, `"id": "low"`, `vetoes[0].id is "low", and so is another`},
		{`"id": "car"`, `"id": "A car"`, "use small letters"},
		{`"draw_seed": "published 2019-03-01"`, `"draw_seed": ""`, "draw_seed is empty"},
		{`"days": 7`, `"days": 0`, "notice.days must be from 1"},
		{`"sources": [{"for": "all", "text": "county decision", "grade": "B"}]`, `"sources": []`, "sources is empty"},
		{`"zh": "有轿车"`, `"zh": ""`, "vetoes[0].title needs en and zh"},
		{`"need"`, `"script"`, "unknown field"},
		{`"jurisdiction": "national"`, `"jurisdiction": ""`, "jurisdiction is empty"},
	} {
		text := document(c.old, c.new)
		if text == document() {
			t.Fatalf("%s is not in the document", c.old)
		}
		_, err := Compile(text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %s: %v, want %q", c.new, err, c.want)
			continue
		}
		for _, e := range fault.All(err) {
			if e.Fix == "" {
				t.Errorf("with %s: %v does not say how to put it right", c.new, e)
			}
		}
	}
	for _, text := range []string{"", "{", "[]", "null", document() + "{}", strings.Repeat(" ", textMax+1)} {
		if _, err := Compile(text); fault.All(err) == nil {
			t.Errorf("%.20q is refused with %v", text, err)
		}
	}
}

// All problems are reported at once.
func TestCompileReportsEverything(t *testing.T) {
	_, err := Compile(document(`"registered"`, `"registred"`, `"vehicle"`, `"vehicl"`, `labour >= 2`, `labour >= two`))
	if n := len(fault.All(err)); n != 3 {
		t.Errorf("%d problems are reported, want 3: %v", n, err)
	}
}

// No document makes Compile panic or fail without a word.
func FuzzCompile(f *testing.F) {
	f.Add(document())
	f.Add(`{"id": "x", "eligible": [{"when": "1/0 == 1"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Compile(text)
		if (p == nil) == (err == nil) || err != nil && fault.All(err) == nil {
			t.Errorf("%q gives %v, %v", text, p, err)
		}
	})
}
