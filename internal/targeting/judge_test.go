package targeting

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/fault"
	"lastmile/internal/table"
	"lastmile/internal/targeting/card"
)

// cards reads a table written into the test.
func cards(t testing.TB, text string) *card.Set {
	t.Helper()
	r, err := table.NewReader(strings.NewReader(text), int64(len(text)), "t.csv", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := card.Read(r, "2019-06-01", ^uint64(0))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const villageA, villageB = "620524100201", "620524100203"

// One household of each outcome; H1 to H3 are alike but for their hands, and village A has room for two.
const table1 = `household,village,current,residents,registered,income,members,labour,children,vehicle,public_kin
H1,620524100201,no,4,yes,10000.00,4,1,1,no,no
H2,620524100201,yes,4,yes,10000.00,4,2,1,no,no
H3,620524100201,yes,4,yes,10000.00,4,0,0,no,no
H4,620524100201,yes,4,no,10000.00,4,2,1,no,no
H5,620524100201,no,4,yes,10000.00,4,2,1,yes,no
H6,620524100201,yes,3,yes,,3,2,1,no,no
H7,620524100201,yes,3,yes,10000.00,3,2,1,no,yes
H8,620524100201,no,3,yes,10000.00,3,2,1,no,
H9,620524100201,no,3,yes,10000.00,3,,1,no,no
HA,620524100203,no,2,yes,7494.00,2,1,0,no,no
HB,620524100203,yes,2,yes,7494.01,2,2,0,no,no
HC,620524100203,no,2,yes,7000.00,2,2,,,no
`

func TestOutcomes(t *testing.T) {
	r := compile(t, document()).Judge(cards(t, table1), "2019-06-01", nil)
	want := map[string]string{
		"H1": "chosen 2: 15 points (Hands to work 10, Children 5), place 2 of the village, quota 2",
		"H2": "chosen 1: 25 points (Hands to work 20, Children 5), place 1 of the village, quota 2",
		"H3": "waiting 3: 0 points, place 3 of the village, quota 2",
		"H4": "ineligible 0: does not hold: Registered as poor",
		"H5": "vetoed 0: vetoed: Has a car",
		"H6": "undetermined 0: not known: income",
		"H7": "in-review 0: to be looked into: Kin of an official",
		"H8": "in-review 0: to be looked into: Kin of an official", // nobody can rule it out
		"H9": "undetermined 0: not known: labour",
		"HA": "chosen 1: 10 points (Hands to work 10), place 1 of the village, quota 1", // exactly at the line of 3,747: poor
		"HB": "ineligible 0: does not hold: Income not above the line",                  // one fen above
		"HC": "undetermined 0: not known: children, vehicle",
	}
	for i, id := range r.Cards.IDs {
		e := r.Explain(i)
		if got := fmt.Sprintf("%s %d: %s", e.Outcome, e.Rank, e.Reason("en")); got != want[id] {
			t.Errorf("%s is %s\nwant %s", id, got, want[id])
		}
		if read, err := r.Programme.ReadLine(e.Line()); err != nil || read.Reason("en") != e.Reason("en") || read.Reason("zh") != e.Reason("zh") || read.Line() != e.Line() {
			t.Errorf("%q reads as %+v, %v", e.Line(), read, err)
		}
		if zh := e.Reason("zh"); zh == "" || strings.Contains(zh, "points") {
			t.Errorf("%s in Chinese: %s", id, zh)
		}
	}
	car := r.Rules[2]
	if car.ID != "car" || car.Yes != 1 || car.Unknown != 1 || car.No != 10 || car.Alone != 2 {
		t.Errorf("the car rule counts %+v", car)
	}
	if got := fmt.Sprint(r.List(Chosen), r.List(Waiting)); got != "[H2 H1 HA] [H3]" {
		t.Errorf("the lists are %s", got)
	}
	c := r.Compare(nil)
	ids := func(list []Change) (s []string) {
		for _, x := range list {
			s = append(s, x.ID)
		}
		return s
	}
	if got := fmt.Sprint(ids(c.Enter), ids(c.Stay), ids(c.Leave), ids(c.Unsure)); got != "[H1 HA] [H2] [H3 H4 HB] [H6 H7]" {
		t.Errorf("enter, stay, leave, unsure: %s", got)
	}
}

// What a reviewer found decides: a flag that is cleared no longer stands, one that is confirmed keeps the household out.
func TestReviewed(t *testing.T) {
	p := compile(t, document())
	r := p.Judge(cards(t, table1), "2019-06-01", Verdicts{"H7": {"kin": true}, "H8": {"kin": false}})
	for id, want := range map[string]Outcome{"H7": Chosen, "H8": Vetoed} {
		if got := r.Households[slices.Index(r.Cards.IDs, id)].Outcome; got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
}

// A rule that cannot be worked out for a household is unknown for it, never no.
func TestFaultIsUnknown(t *testing.T) {
	p := compile(t, document("income <= line * members", "income / labour < line"))
	r := p.Judge(cards(t, "household,village,registered,income,members,labour,children,vehicle,public_kin\nH1,620524100201,yes,100.00,4,0,0,no,no\n"), "2019-06-01", nil)
	if e := r.Explain(0); e.Outcome != "undetermined" || !strings.Contains(e.Reason("en"), "division by zero") || r.Rules[1].Faults != 1 {
		t.Errorf("it is %s: %s", e.Outcome, e.Reason("en"))
	}
}

func TestBacktest(t *testing.T) {
	then := cards(t, strings.Replace(table1, "current", "before", 1))
	now := cards(t, `household,village,income,members
H1,620524100201,10000.00,4
H2,620524100201,90000.00,4
H3,620524100201,10000.00,4
H4,620524100201,10000.00,4
HA,620524100203,,2
`)
	r := compile(t, document()).Judge(then, "2018-06-01", nil)
	b, err := r.Backtest(now)
	if err != nil {
		t.Fatal(err)
	}
	households := func(list ...Tally) (n []int) {
		for _, x := range list {
			n = append(n, x.Households)
		}
		return n
	}
	if got := fmt.Sprint(households(b.Both, b.OnlyRule, b.OnlyList, b.Neither, b.Unsure), b.Lost); got != "[1 2 3 1 5] 7" {
		t.Errorf("overlap: %s", got)
	}
	if got := fmt.Sprint(households(b.Rule.InNeed, b.Rule.Leakage, b.Rule.Missed, b.Rule.NotInNeed, b.Rule.Unknown)); got != "[1 1 2 0 8]" {
		t.Errorf("errors of the rule: %s", got)
	}
	if got := fmt.Sprint(households(b.List.InNeed, b.List.Leakage, b.List.Missed, b.List.NotInNeed, b.List.Unknown)); got != "[2 1 1 0 8]" {
		t.Errorf("errors of the list: %s", got)
	}
	if _, err := compile(t, document(`"need": "income <= line * members",`, "")).Judge(then, "2018-06-01", nil).Backtest(now); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without need: %v", err)
	}
}

// draw makes random cards for the rules of the test.
func drawCards(t *rapid.T) *card.Set {
	s := card.NewSet()
	n := rapid.IntRange(0, 40).Draw(t, "households")
	for i := range n {
		row := s.Add(fmt.Sprintf("H%02d", i), rapid.SampledFrom([]string{villageA, villageB, "620524100204"}).Draw(t, "village"))
		s.Current[row] = rapid.Bool().Draw(t, "current")
		for name, values := range map[string][]string{
			"registered": {"yes", "yes", "yes", "no", ""}, "income": {"1000.00", "30000.00", ""}, "members": {"1", "3", "3", ""}, "line": {"3000.00"},
			"labour": {"0", "1", "2", ""}, "children": {"0", "1", ""}, "vehicle": {"no", "no", "no", "yes", ""}, "public_kin": {"no", "no", "no", "yes", ""},
		} {
			if value := rapid.SampledFrom(values).Draw(t, name); value != "" {
				if err := s.Put(row, name, value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return s
}

func TestLaws(t *testing.T) {
	p := compile(t, document())
	rapid.Check(t, func(t *rapid.T) {
		s := drawCards(t)
		r := p.Judge(s, "2019-06-01", nil)

		total := 0
		for _, v := range r.Villages {
			if v.Quota >= 0 && int64(v.Count[Chosen]) > v.Quota {
				t.Fatalf("village %s has %d chosen, quota %d", v.Village, v.Count[Chosen], v.Quota)
			}
			if v.Count[Waiting] > 0 && int64(v.Count[Chosen]) < v.Quota {
				t.Fatalf("village %s has %d waiting and room for %d", v.Village, v.Count[Waiting], v.Quota-int64(v.Count[Chosen]))
			}
			ranks := map[int32]bool{}
			var last int64
			for n := 1; n <= v.Count[Chosen]+v.Count[Waiting]; n++ {
				i := -1
				for k := range r.Households {
					if r.Households[k].Rank == int32(n) && s.Villages[k] == v.Village {
						i = k
					}
				}
				if i < 0 || ranks[int32(n)] {
					t.Fatalf("village %s has no single place %d", v.Village, n)
				}
				ranks[int32(n)] = true
				if n > 1 && r.Households[i].Score > last {
					t.Fatalf("place %d of village %s has a higher score than the one before", n, v.Village)
				}
				last = r.Households[i].Score
			}
			for _, n := range v.Count {
				total += n
			}
		}
		if total != s.Rows() {
			t.Fatalf("the villages have %d households, want %d", total, s.Rows())
		}
		c := r.Compare(nil)
		if len(c.Enter)+len(c.Stay) != r.Count[Chosen] {
			t.Fatalf("%d enter and %d stay, %d are chosen", len(c.Enter), len(c.Stay), r.Count[Chosen])
		}
		listed := 0
		for _, is := range s.Current {
			if is {
				listed++
			}
		}
		if len(c.Stay)+len(c.Leave)+len(c.Unsure) != listed {
			t.Fatalf("of %d on the list %d stay, %d leave, %d are unsure", listed, len(c.Stay), len(c.Leave), len(c.Unsure))
		}
		for i := range r.Households {
			e := r.Explain(i)
			unknown := slices.ContainsFunc(e.Rules, func(a Answered) bool { return a.Answer == "unknown" && a.Kind != Review })
			if unknown && (r.Households[i].Outcome == Chosen || r.Households[i].Outcome == Waiting) {
				t.Fatalf("%s is %s though something is unknown", e.Household, e.Outcome)
			}
			if e.Outcome == "undetermined" && len(e.Missing) == 0 {
				t.Fatalf("%s is undetermined and nothing is missing", e.Household)
			}
			if e.Outcome == "ineligible" && !slices.ContainsFunc(e.Rules, func(a Answered) bool { return a.Kind == Eligible && a.Answer == "no" }) {
				t.Fatalf("%s is ineligible and every condition holds or is unknown", e.Household)
			}
		}
		for _, rule := range r.Rules {
			if rule.Yes+rule.No+rule.Unknown != s.Rows() {
				t.Fatalf("rule %s answers for %d of %d", rule.ID, rule.Yes+rule.No+rule.Unknown, s.Rows())
			}
		}
	})
}

// The same cards in another order give the same lists.
func TestOrderDoesNotMatter(t *testing.T) {
	p := compile(t, document())
	lines := strings.Split(strings.TrimSpace(manyCards(200)), "\n")
	want := p.Judge(cards(t, strings.Join(lines, "\n")), "2019-06-01", nil)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(lines)-1, func(i, j int) { lines[i+1], lines[j+1] = lines[j+1], lines[i+1] })
		got := p.Judge(cards(t, strings.Join(lines, "\n")), "2019-06-01", nil)
		if !slices.Equal(got.List(Chosen), want.List(Chosen)) || !slices.Equal(got.List(Waiting), want.List(Waiting)) || got.ListHash() != want.ListHash() {
			t.Fatal("another order gives another list")
		}
	}
	if len(want.List(Waiting)) < 10 {
		t.Fatalf("only %d wait", len(want.List(Waiting)))
	}
}

func manyCards(n int) string {
	random := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("household,village,registered,income,members,labour,children,vehicle,public_kin\n")
	for i := range n {
		fmt.Fprintf(&b, "H%04d,%s,yes,%d.00,3,%d,%d,no,no\n", i, []string{villageA, villageB}[random.IntN(2)], 1000+random.IntN(9000), random.IntN(3), random.IntN(2))
	}
	return b.String()
}

// The score of a household is the sum of its parts, and more is never less: a household that gains an indicator keeps or betters its place.
func TestScoreIsTheSumOfItsParts(t *testing.T) {
	p := compile(t, document())
	rapid.Check(t, func(t *rapid.T) {
		r := p.Judge(drawCards(t), "2019-06-01", nil)
		for i := range r.Households {
			e := r.Explain(i)
			if e.Score == nil {
				continue
			}
			var sum int64
			for _, part := range e.Parts {
				sum += part.Points
			}
			if sum != *e.Score {
				t.Fatalf("%s has %d points, its parts add up to %d", e.Household, *e.Score, sum)
			}
		}
	})
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"household\nH1\n", "village: the column is missing"},
		{"household,village,shoe\nH1,6205,3\n", "column shoe: there is no such column"},
		{"household,village,income\nH1,6205,12.345\n", "row 2, column income"},
		{"household,village,members\nH1,6205,-3\n", "not a whole number of persons"},
		{"household,village,vehicle\nH1,6205,maybe\n", "neither yes nor no"},
		{"household,village,fuel\nH1,6205,peat\n", `"peat" is none of wood`},
		{"household,village,causes\nH1,6205,illness;laziness\n", `"laziness" is none of`},
		{"household,village,current\nH1,6205,\n", `"" is neither yes nor no`},
		{"household,village\nH1,6205\nH1,6205\n", "row 3, column household: household H1 is there twice"},
		{"household,village\n,6205\n", "row 2, column household: is empty"},
		{"household,village\nH1,\n", "row 2, column village: is empty"},
	} {
		r, err := table.NewReader(strings.NewReader(c.text), int64(len(c.text)), "t.csv", table.Options{})
		if err == nil {
			_, err = card.Read(r, "2019-06-01", ^uint64(0))
		}
		if err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(c.want, "village: ")) {
			t.Errorf("%q is refused with %v, want %q", c.text, err, c.want)
		}
	}
}
