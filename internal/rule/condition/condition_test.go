package condition

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lastmile/internal/fault"
)

var variables = []Variable{
	{Name: "registered", Type: Flag}, {Name: "members", Type: Number, Unit: "persons"}, {Name: "income", Type: Number, Unit: "fen"}, {Name: "line", Type: Number, Unit: "fen"},
	{Name: "house_grade", Type: Word, Values: []string{"a", "b", "c", "d"}}, {Name: "causes", Type: Words, Values: []string{"illness", "labour"}}, {Name: "village", Type: Code},
}

func language(t testing.TB) *Language {
	t.Helper()
	l, err := New(variables)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// row fills one row from VARIABLE=VALUE; what is not named is unknown.
func row(t testing.TB, l *Language, text string) *Row {
	t.Helper()
	c := NewColumns(l)
	at := c.Add()
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		i := l.Variable(name)
		switch l.Variables[i].Type {
		case Number:
			var n int64
			if _, err := fmt.Sscan(value, &n); err != nil {
				t.Fatal(err)
			}
			c.SetNumber(at, i, n)
		case Flag:
			c.SetFlag(at, i, value == "yes")
		case Word, Code:
			c.SetWord(at, i, value)
		case Words:
			c.SetWords(at, i, strings.FieldsFunc(value, func(r rune) bool { return r == ';' }))
		}
	}
	r := c.Row()
	r.Move(at)
	return r
}

func TestAnswers(t *testing.T) {
	l := language(t)
	for _, c := range []struct{ condition, card, want string }{
		{"registered", "registered=yes", "yes"},
		{"registered", "registered=no", "no"},
		{"registered", "", "unknown registered"},
		{"!registered", "", "unknown registered"},                                 // unknown is not no
		{"income < line * members", "income=1050000 line=350000 members=3", "no"}, // exactly at the line
		{"income < line * members", "income=1049999 line=350000 members=3", "yes"},
		{"income < line * members", "line=350000", "unknown members income"},
		{"registered && income < 1", "registered=no", "no"}, // the rest cannot change it
		{"income < 1 && registered", "registered=no", "no"},
		{"registered || income < 1", "registered=yes", "yes"},
		{"registered || income < 1", "registered=no", "unknown income"},
		{"registered ? members > 1 : income > 1", "members=2 income=0", "unknown registered"},
		{"known(income)", "", "no"},
		{"known(income) && income > 5", "income=6", "yes"},
		{`house_grade in ["c", "d"]`, "house_grade=d", "yes"},
		{`house_grade in ["c", "d"]`, "", "unknown house_grade"},
		{`house_grade != "c"`, "", "unknown house_grade"},
		{`"illness" in causes`, "causes=labour;illness", "yes"},
		{`"illness" in causes`, "causes=labour", "no"},
		{`"illness" in causes`, "causes=", "no"}, // asked, and none
		{`"illness" in causes`, "", "unknown causes"},
		{`size(causes) > 1`, "causes=labour;illness", "yes"},
		{`village.startsWith("6205")`, "village=620524100201", "yes"},
		{"income / members > 5", "income=10 members=0", "unknown fault: division by zero"},
		{"income * 9223372036854775807 > 5", "income=10", "unknown fault: integer overflow"},
		{"registered && income / members > 5", "registered=no income=10 members=0", "no"},
	} {
		compiled, err := l.Compile(c.condition)
		if err != nil {
			t.Errorf("%s: %v", c.condition, err)
			continue
		}
		r := compiled.Ask(row(t, l, c.card))
		got := strings.Join(append([]string{r.Answer.String()}, l.Names(r.Missing)...), " ")
		if r.Fault != "" {
			got += " fault: " + r.Fault
		}
		if got != c.want {
			t.Errorf("%s of {%s} is %q, want %q", c.condition, c.card, got, c.want)
		}
	}
}

func TestRefuses(t *testing.T) {
	l := language(t)
	for _, c := range []struct{ condition, want string }{
		{"", "the condition is empty"},
		{"   ", "the condition is empty"},
		{"members", "gives a int"},
		{"members >", "line 1, column 10"},
		{"registered &&\n  incom < 5", `line 2, column 3: "incom" is no variable. Did you mean income?`},
		{"income < 1.5", "Use whole numbers"},
		{`house_grade == "e"`, `line 1, column 16: house_grade is never "e". Use one of: a, b, c, d`},
		{`house_grade in ["a", "x"]`, `column 22: house_grade is never "x"`},
		{`"old" in causes`, `causes is never "old"`},
		{`house_grade == 3`, "Compare like with like"},
		{`causes.exists(c, c == "illness")`, "\"exists\" is no variable"},
		{`causes.all(c, c == "illness")`, "is no variable"},
		{`[1, 2].map(x, x * 2).size() > 1`, "is no variable"},
		{`village.matches("(a+)+$")`, "\"matches\" is no variable"},
		{`timestamp("2020-01-01T00:00:00Z") < timestamp("2021-01-01T00:00:00Z")`, "\"timestamp\" is no variable"},
		{`string(members) == "3"`, "\"string\" is no variable"},
		{strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200), "two conditions"},
		{"registered" + strings.Repeat(" && registered", 270), "two conditions"},
		{strings.Repeat("x", LengthMax+1), "at most 4000"},
	} {
		_, err := l.Compile(c.condition)
		var list fault.List
		if !errors.As(err, &list) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q is refused with %v, want %q", c.condition, err, c.want)
			continue
		}
		for _, e := range list {
			if e.Fix == "" {
				t.Errorf("%.60q: %v does not say how to put it right", c.condition, e)
			}
		}
	}
}

func TestLanguageRefuses(t *testing.T) {
	if _, err := New(append([]Variable{{Name: "members", Type: Number}}, variables...)); err == nil {
		t.Error("a variable that is there twice is accepted")
	}
	if _, err := New(make([]Variable, variablesMax+1)); err == nil {
		t.Error("too many variables are accepted")
	}
}

// Knowing more never turns a yes into a no or a no into a yes: what was decided while something was unknown holds whatever it is.
func TestKnowingMoreNeverReverses(t *testing.T) {
	l := language(t)
	var atoms = []string{"registered", "!registered", "members > 2", "income < line * members", `house_grade in ["c", "d"]`, `"illness" in causes`, "income / members > 3"}
	rapid.Check(t, func(t *rapid.T) {
		var draw func(depth int) string
		draw = func(depth int) string {
			if depth == 0 {
				return rapid.SampledFrom(atoms).Draw(t, "atom")
			}
			switch rapid.IntRange(0, 3).Draw(t, "shape") {
			case 0:
				return "(" + draw(depth-1) + " && " + draw(depth-1) + ")"
			case 1:
				return "(" + draw(depth-1) + " || " + draw(depth-1) + ")"
			case 2:
				return "!(" + draw(depth-1) + ")"
			}
			return "(" + draw(depth-1) + " ? " + draw(depth-1) + " : " + draw(depth-1) + ")"
		}
		text := draw(2)
		c, err := l.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		columns := NewColumns(l)
		some, all := columns.Add(), columns.Add()
		for i, v := range l.Variables {
			know := rapid.Bool().Draw(t, "known "+v.Name)
			set := func(f func(row int)) {
				f(all)
				if know {
					f(some)
				}
			}
			switch v.Type {
			case Number:
				n := rapid.Int64Range(0, 6).Draw(t, v.Name)
				set(func(row int) { columns.SetNumber(row, i, n) })
			case Flag:
				is := rapid.Bool().Draw(t, v.Name)
				set(func(row int) { columns.SetFlag(row, i, is) })
			case Word:
				w := rapid.SampledFrom(v.Values).Draw(t, v.Name)
				set(func(row int) { columns.SetWord(row, i, w) })
			case Words:
				w := rapid.SliceOfNDistinct(rapid.SampledFrom(v.Values), 0, 2, rapid.ID).Draw(t, v.Name)
				set(func(row int) { columns.SetWords(row, i, w) })
			}
		}
		r := columns.Row()
		r.Move(some)
		before := c.Ask(r)
		r.Move(all)
		after := c.Ask(r)
		if before.Answer != Unknown && after.Answer != before.Answer {
			t.Fatalf("%s is %s while something is unknown and %s (%s) when all is known", text, before.Answer, after.Answer, after.Fault)
		}
		if before.Answer == Unknown && before.Missing == 0 && before.Fault == "" {
			t.Fatalf("%s is unknown and nothing is missing", text)
		}
		if after.Answer == Unknown && after.Fault == "" {
			t.Fatalf("%s is unknown when all is known", text)
		}
	})
}

// Text that is made to keep a parser busy is refused, or read, at once.
func TestHostileTextIsQuick(t *testing.T) {
	l := language(t)
	for _, unit := range []string{"(", "!", "a?", "[", "{", "-(", "a.", "a(", "a?a:", "a[", "{a:", "1+(", "a?b:(", "x==(", "a.b(", "a&&(", "\"", "'", "`"} {
		for _, times := range []int{LengthMax / len(unit), depthMax - 1, depthMax / 2} {
			start := time.Now()
			if _, err := l.Compile(strings.Repeat(unit, times)); err == nil {
				t.Errorf("%q, %d times, is a condition", unit, times)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("%q, %d times, takes %s", unit, times, took)
			}
		}
	}
}

// No text makes the compiler panic or gives a condition without a bound or without an answer.
func FuzzCompile(f *testing.F) {
	l := language(f)
	for _, seed := range []string{"registered && members > 2", `"illness" in causes`, "((((", "a.b.c", "[1,2,3].map(x, x)", "1/0 == 1", "{}", `village + village + village == ""`, "-9223372036854775808 < 0", "\x00", "b'\\xff'"} {
		f.Add(seed)
	}
	empty := row(f, l, "")
	full := row(f, l, "registered=yes members=3 income=5 line=7 house_grade=c causes=illness village=6205")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := l.Compile(text)
		if err != nil {
			if fault.All(err) == nil {
				t.Errorf("%q is refused without a word: %v", text, err)
			}
			return
		}
		c.Ask(empty)
		if r := c.Ask(full); r.Answer == Unknown && r.Fault == "" {
			t.Errorf("%q is unknown though everything is known", text)
		}
	})
}

func BenchmarkAsk(b *testing.B) {
	l := language(b)
	for _, text := range []string{"registered", "income < line * members", `registered && income < line * members && !("labour" in causes) && house_grade in ["c", "d"]`} {
		c, err := l.Compile(text)
		if err != nil {
			b.Fatal(err)
		}
		r := row(b, l, "registered=yes members=3 income=500000 line=700000 house_grade=c causes=illness village=6205")
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Ask(r)
			}
		})
	}
}
