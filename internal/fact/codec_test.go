package fact_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/project"
)

// values are generators of what a field may hold, good and bad.
func values(f *fact.Field) *rapid.Generator[any] {
	numbers := rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64Range(-fact.NumberMax, fact.NumberMax), rapid.SampledFrom([]int64{0, math.MinInt64, math.MaxInt64, fact.NumberMax, -fact.NumberMax, fact.NumberMax + 1}))
	texts := rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "A-1", "农户", " space", "a;b", "\"quoted\\\"", "line\nline", "tab\t", "\x00", "\xff", "\u2028", "\ufeff", "😀", "=1+1", strings.Repeat("长", 600)}),
		rapid.String(), rapid.StringMatching(`[a-z0-9.-]{1,12}`))
	switch f.Type {
	case fact.Integer, fact.Amount:
		return rapid.Map(numbers, func(n int64) any { return n })
	case fact.Flag:
		return rapid.Map(rapid.Bool(), func(b bool) any { return b })
	case fact.Day:
		return rapid.Custom(func(t *rapid.T) any {
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				return rapid.SampledFrom([]string{"", "2020-02-30", "2020-1-1", "0000-00-00", "tomorrow", "999-01-01"}).Draw(t, "day")
			}
			return string(date.Date("1990-01-01").AddDays(rapid.IntRange(0, 20_000).Draw(t, "days")))
		})
	case fact.List:
		return rapid.Map(rapid.SliceOfN(texts, 0, 4), func(l []string) any { return l })
	}
	if len(f.Choices) > 0 {
		return rapid.Custom(func(t *rapid.T) any {
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				return texts.Draw(t, "text")
			}
			return f.Choices[rapid.IntRange(0, len(f.Choices)-1).Draw(t, "choice")].Value
		})
	}
	if f.Pattern != nil {
		return rapid.OneOf(rapid.Map(rapid.StringMatching(f.Pattern.String()), func(s string) any { return s }), rapid.Map(texts, func(s string) any { return s }))
	}
	return rapid.Map(texts, func(s string) any { return s })
}

// random is a fact of a kind with random fields.
func random(t *rapid.T, k *fact.Kind) fact.Fact {
	f := k.New()
	v := reflect.ValueOf(f).Elem()
	n := 0
	for i := range v.NumField() {
		if v.Type().Field(i).Name == "_" {
			continue
		}
		field := &k.Fields[n]
		n++
		if field.Optional && rapid.Bool().Draw(t, "left out") {
			continue
		}
		v.Field(i).Set(reflect.ValueOf(values(field).Draw(t, field.Name)).Convert(v.Field(i).Type()))
	}
	return f
}

// Whatever passes the checks of its kind is the same fact after it was written as JSON or into a table and read again, to the last byte.
func TestRoundTrip(t *testing.T) {
	good := map[string]int{}
	for _, k := range fact.Kinds() {
		t.Run(k.Name, rapid.MakeCheck(func(t *rapid.T) {
			f := random(t, k)
			var p fact.Problems
			k.Check(f, &p)
			if err := p.Err(); err != nil {
				for _, e := range fault.All(err) {
					if e.Code == "" || e.Fix == "" && e.Code != "field.pattern" {
						t.Fatalf("%v: says neither what is wrong nor how to mend it", e)
					}
				}
				return
			}
			good[k.Name]++
			public, private := k.Encode(f)
			for _, body := range []string{public, private} {
				if body != "" && (!json.Valid([]byte(body)) || !utf8.ValidString(body)) {
					t.Fatalf("not JSON: %q", body)
				}
			}
			again, err := fact.DecodeBody(k.Name, public, private)
			if err != nil {
				t.Fatalf("read %s %s: %v", public, private, err)
			}
			p2, q2 := k.Encode(again)
			if !reflect.DeepEqual(again, f) && !sameButEmpty(again, f) || p2 != public || q2 != private {
				t.Fatalf("written %+v\nread    %+v\nfrom %s %s", f, again, public, private)
			}
			typed := k.New()
			var problems fact.Problems
			for i := range k.Fields {
				k.Set(typed, &k.Fields[i], k.Get(f, &k.Fields[i]), &problems)
			}
			if p3, q3 := k.Encode(typed); problems.Err() != nil || p3 != public || q3 != private {
				t.Fatalf("typed %s %s\nwas   %s %s\n%v", p3, q3, public, private, problems.Err())
			}
		}))
	}
	if kinds := len(fact.Kinds()); len(good) < kinds*4/5 { // some have rules among their fields that chance seldom keeps
		t.Errorf("random facts of %d kinds of %d were good: not a test", len(good), kinds)
	}
}

// sameButEmpty tells whether two facts differ in nothing but lists that are empty or nil.
func sameButEmpty(a, b fact.Fact) bool {
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		if x.Field(i).Kind() == reflect.Slice && x.Field(i).Len() == 0 && y.Field(i).Len() == 0 {
			continue
		}
		if x.Type().Field(i).Name != "_" && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			return false
		}
	}
	return true
}

// A body of the wrong form is a problem of its field, never another value than was sent.
func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ kind, body, field string }{
		"not JSON":                  {"disbursement", `{"project"`, ""},
		"a list":                    {"disbursement", `[]`, ""},
		"null":                      {"disbursement", `null`, ""},
		"two objects":               {"disbursement", `{} {}`, ""},
		"an unknown field":          {"disbursement", `{"projekt": "P"}`, "projekt"},
		"another case":              {"disbursement", `{"Project": "P"}`, "Project"},
		"an object for a text":      {"disbursement", `{"project": {"id": "P"}}`, "project"},
		"a list for a text":         {"disbursement", `{"project": ["P"]}`, "project"},
		"truth for a text":          {"disbursement", `{"project": true}`, "project"},
		"truth for an amount":       {"disbursement", `{"amount": true}`, "amount"},
		"an object for an amount":   {"disbursement", `{"amount": {}}`, "amount"},
		"a word for an amount":      {"disbursement", `{"amount": "ten"}`, "amount"},
		"three decimals":            {"disbursement", `{"amount": "1.005"}`, "amount"},
		"powers of ten":             {"disbursement", `{"amount": 1e3}`, "amount"},
		"a decimal comma":           {"disbursement", `{"amount": "1,5"}`, "amount"},
		"a decimal for a number":    {"delivery", `{"quantity": 1.5}`, "quantity"},
		"a comma in a number":       {"delivery", `{"quantity": "1,5"}`, "quantity"},
		"a number too large":        {"delivery", `{"quantity": 99999999999999999999}`, "quantity"},
		"a number for a date":       {"milestone", `{"due": 20200101}`, "due"},
		"no such day":               {"milestone", `{"due": "2020-02-30"}`, "due"},
		"numbers for a list":        {"figure", `{"projects": [1, 2]}`, "projects"},
		"a number for a list":       {"figure", `{"projects": 5}`, "projects"},
		"an object for a list":      {"figure", `{"projects": {"a": "b"}}`, "projects"},
		"half a surrogate is no id": {"party", `{"id": "\ud800"}`, "id"},
	} {
		k := fact.Find(c.kind)
		var p fact.Problems
		f := k.Decode(c.body, "", &p)
		k.Check(f, &p)
		found := false
		for _, e := range fault.All(p.Err()) {
			if e.Field == c.field && e.Code != "field.required" {
				found = e.Fix != ""
			}
		}
		if !found {
			t.Errorf("%s: %v", name, p.Err())
		}
	}
}

// Forms of the same are read as the same.
func TestDecodeAccepts(t *testing.T) {
	k := fact.Find("disbursement")
	want, _ := k.Encode(&project.Disbursement{Project: "P", To: "X", Amount: 12_345_60, Voucher: "V"})
	for _, body := range []string{
		`{"project":"P","to":"X","amount":"12345.60","voucher":"V"}`,
		`{"voucher":" V ","amount":12345.6,"to":"X","project":"P","purpose":null,"fund":""}`,
		`{"amount":"12,345.60","to":"X","project":"P","voucher":"V"}`,
		` { "amount" : "12345.600" , "to":"X","project":"P","voucher":"V" } `,
	} {
		var p fact.Problems
		got, _ := k.Encode(k.Decode(body, "", &p))
		if p.Err() != nil || got != want {
			t.Errorf("%s: read as %s, %v", body, got, p.Err())
		}
	}
	if _, err := fact.DecodeBody("no-such-kind", "{}", ""); err == nil {
		t.Error("an unknown kind was read")
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"", "0", "-0.01", "46000", "46,000.50", "1,5", "1e5", ".5", "5.", "--1", "+1", "999999999999999.99", "9999999999999999", "１２", "1.2.3", " 7 ", "0.010"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := fact.ParseMoney(text)
		if err != nil {
			return
		}
		again, err := fact.ParseMoney(m.String())
		if err != nil || again != m {
			t.Errorf("%q is %d, written %s, read again %d, %v", text, m, m, again, err)
		}
		if digits := strings.Trim(text, "0123456789.,- \t\n\v\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"); digits != "" {
			t.Errorf("%q was read as %s", text, m)
		}
	})
}

func FuzzDecode(f *testing.F) {
	names := []string{}
	for _, k := range fact.Kinds() {
		names = append(names, k.Name)
		f.Add(k.Name, `{}`)
	}
	f.Add("disbursement", `{"project":"P","to":"X","amount":"12345.60","voucher":"V","purpose":"x"}`)
	f.Add("test-interview", `{"household":"W-li","points":7}`)
	f.Add("figure", `{"projects":["a","b;c",""]}`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		k := fact.Find(kind)
		if k == nil {
			k = fact.Find(names[len(body)%len(names)])
		}
		var p fact.Problems
		fct := k.Decode(body, body, &p)
		k.Check(fct, &p)
		if p.Err() != nil {
			return
		}
		public, private := k.Encode(fct)
		again, err := fact.DecodeBody(k.Name, public, private)
		if err != nil {
			t.Fatalf("%s %s: %v", public, private, err)
		}
		if p2, q2 := k.Encode(again); p2 != public || q2 != private {
			t.Errorf("written %s %s, read and written %s %s", public, private, p2, q2)
		}
	})
}
