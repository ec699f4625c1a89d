package household

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/fact"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
)

func TestEmbeddedLists(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Causes() {
		if c.Code == "" || !c.Complete() || c.Source == "" || seen[c.Code] || c.Valid.Check() != nil {
			t.Errorf("cause %+v is not complete, or listed twice", c)
		}
		seen[c.Code] = true
	}
	if len(seen) != 12 {
		t.Errorf("%d causes are listed, want 12", len(seen))
	}
	library, err := Questionnaires()
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, q := range library.All() {
		for _, question := range q.Questions {
			asked[question] = true
			if !Says(question).Complete() {
				t.Errorf("question %s of %s has no words", question, q.Name())
			}
		}
	}
	for _, s := range checkSubjects {
		if !asked[string(s)] {
			t.Errorf("no questionnaire asks about %s", s)
		}
	}
	for _, c := range income.Codes() {
		if c.Kind != income.Net && !asked[string(c.Code)] {
			t.Errorf("no questionnaire asks for %s", c.Code)
		}
	}
}

// What a question feeds is never two things, and no personal field of the card can be answered in public.
func TestFeeds(t *testing.T) {
	for question, want := range map[string]Target{
		"housing": FeedsCheck, "house_grade": FeedsCard, "wage.migrant": FeedsIncome, "phone": "", "names": "", "documents": "", "id": "", "area": "", "revision": "", "members": "", "weather": "",
	} {
		if got := Feeds(question); got != want {
			t.Errorf("%s feeds %q, want %q", question, got, want)
		}
	}
	for i := range fact.Find(Type).Fields {
		f := &fact.Find(Type).Fields[i]
		if _, isIncome := income.Lookup(income.Code(f.Name)); isIncome {
			t.Errorf("field %s of the card is a code of the income account too", f.Name)
		}
	}
}

func TestMemberLines(t *testing.T) {
	members, err := parsePeople([]string{"01 head 1956-03-02 male ordinary", "02 child - female none apart"})
	if err != nil || len(members) != 2 || members[0].Birth != "1956-03-02" || members[1].Birth != "" || !members[1].Apart || members[0].Apart {
		t.Errorf("got %+v (%v)", members, err)
	}
	for _, line := range []string{"", "1 head 1956-03-02 male ordinary", "01 uncle 1956-03-02 male ordinary", "01 head 1956-13-02 male ordinary", "01 head 1956-03-02 man ordinary",
		"01 head 1956-03-02 male strong", "01 head 1956-03-02 male", "01 head 1956-03-02 male ordinary alone"} {
		if _, err := parsePeople([]string{line}); err == nil {
			t.Errorf("%q is taken for a member", line)
		}
	}
	if _, err := parsePeople([]string{"01 head - male ordinary", "01 spouse - female ordinary"}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a number given twice: %v", err)
	}
}

// Any text is an answer that is read back as it was, or refused in words.
func TestAnswers(t *testing.T) {
	for line, want := range map[string]answer{
		"housing=grade_b": {"housing", "", "grade_b"}, " education.03 = in_school ": {"education", "03", "in_school"}, "wage.migrant.02=24000.00": {"wage.migrant", "02", "24000.00"},
		"wage.local=1=2": {"wage.local", "", "1=2"},
	} {
		if got, err := parseAnswer(line); err != nil || got != want {
			t.Errorf("%q is read as %+v (%v), want %+v", line, got, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringMatching(`[a-z.=0-9 ]{0,12}`).Draw(t, "line")
		a, err := parseAnswer(line)
		if err != nil {
			return
		}
		if again, err := parseAnswer(a.name() + "=" + a.value); err != nil || again != a {
			t.Fatalf("%q is %+v, which reads as %+v (%v)", line, a, again, err)
		}
	})
	if err := checkCategory(decision.Housing, "grade_e"); err == nil || !strings.Contains(err.Error(), "grade_d") {
		t.Errorf("an outcome that no rulebook knows: %v", err)
	}
}
