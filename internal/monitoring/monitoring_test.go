package monitoring

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
)

func day(text string) date.Date { return date.Date(text) }

var asOf = day("2021-12-10")

func published(t testing.TB, id string) *Rules {
	t.Helper()
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	rules, ok := library.Get(id)
	if !ok {
		t.Fatalf("no rules %s", id)
	}
	return rules
}

func amended(t testing.TB, keys string) *Rules {
	t.Helper()
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := library.Clone().Add(strings.NewReader(`{"id": "amended", "version": "test", "extends": "monitoring-2021", ` + keys + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// account has a net income over the twelve months before asOf's month.
func account(net income.Fen, to string) income.Account {
	last := day(to)
	return income.Account{Period: date.Interval{From: last.AddDays(1).AddMonths(-12), To: last}, Net: net, Lines: 1}
}

// safe has left poverty; three people with 24,000 yuan against a line of 6,000.
func safe() *Household {
	before := account(2_000_000, "2020-11-30")
	return &Household{
		ID: "W-1", Area: "610000", Exited: day("2019-12-10"), Members: 3,
		Income: account(2_400_000, "2021-11-30"), Before: &before,
		Guarantees: []Guarantee{{"education", "met"}, {"medical", "met"}, {"housing", "met"}, {"water", "met"}},
	}
}

func codes(reasons []Reason) string {
	list := []string{}
	for _, reason := range reasons {
		list = append(list, reason.Code)
	}
	return strings.Join(list, " ")
}

// Edge case 16, screening: at the line, rigid spending above income, and what is not known.
func TestEdgeCase16Screening(t *testing.T) {
	spend := func(kind string, amount income.Fen, on string) func(*Household) {
		return func(h *Household) { h.Spending = append(h.Spending, Spending{kind, amount, day(on)}) }
	}
	for _, c := range []struct {
		name   string
		change func(*Household)
		answer Answer
		group  Group
		codes  string
	}{
		{"safe", func(*Household) {}, Clear, "", ""},
		{"one fen below the line", func(h *Household) { h.Income.Net = 1_799_999 }, Watch, UnstableExited, "income_low"},
		{"exactly at the line", func(h *Household) { h.Income.Net = 1_800_000 }, Clear, "", ""},
		{"below, never registered", func(h *Household) { h.Income.Net, h.Exited = 1_799_999, "" }, Watch, Marginal, "income_low"},
		{"a loss", func(h *Household) { h.Income.Net = -5 }, Watch, UnstableExited, "income_low sharp_fall"},
		{"water gone", func(h *Household) { h.Guarantees[3].Answer = "unmet" }, Watch, UnstableExited, "guarantee_unmet"},
		{"house not known", func(h *Household) { h.Guarantees[2].Answer = "unknown" }, Undetermined, "", "guarantee_unknown"},
		{"guarantees not looked at", func(h *Household) { h.Guarantees = nil }, Undetermined, "", "guarantee_unknown"},
		{"income above, illness cost more than last year's income", spend("illness", 2_000_001, "2021-06-01"), Watch, SuddenHardship, "rigid_spending"},
		{"illness cost just last year's income", spend("illness", 2_000_000, "2021-06-01"), Clear, "", ""},
		{"a wedding cost more", spend("wedding", 9_000_000, "2021-06-01"), Clear, "", ""},
		{"illness the year before", spend("illness", 9_000_000, "2020-06-01"), Clear, "", ""},
		{"illness, last year's income unknown", func(h *Household) { spend("illness", 1, "2021-06-01")(h); h.Before = nil }, Undetermined, "", "before_unknown"},
		{"illness after a year of loss", func(h *Household) { spend("illness", 1, "2021-06-01")(h); h.Before.Net = -100 }, Watch, SuddenHardship, "rigid_spending"},
		{"low and struck", func(h *Household) { spend("disaster", 3_000_000, "2021-06-01")(h); h.Income.Net = 0 }, Watch, UnstableExited, "income_low rigid_spending sharp_fall"},
		{"nothing verified", func(h *Household) { h.Income.Lines = 0 }, Undetermined, "", "income_unknown"},
		{"nobody", func(h *Household) { h.Members = 0 }, Undetermined, "", "income_unknown"},
		{"half a year of income", func(h *Household) { h.Income.Period.From = day("2021-06-01") }, Undetermined, "", "income_unknown"},
		{"an old income", func(h *Household) { h.Income = account(2_400_000, "2020-11-30") }, Undetermined, "", "income_unknown"},
		{"income down by three tenths", func(h *Household) { h.Before.Net, h.Income.Net = 5_000_000, 3_500_000 }, Watch, SuddenHardship, "sharp_fall"},
		{"income down by a fen less", func(h *Household) { h.Before.Net, h.Income.Net = 5_000_000, 3_500_001 }, Clear, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := safe()
			c.change(h)
			got := Screen(h, asOf, published(t, "monitoring-2021"))
			if got.Answer != c.answer || got.Group != c.group || codes(got.Reasons) != c.codes {
				t.Errorf("%s %s %q, want %s %s %q", got.Answer, got.Group, codes(got.Reasons), c.answer, c.group, c.codes)
			}
			checkWords(t, got.Reasons)
		})
	}

	h := safe()
	h.Income.Net = 1_800_000
	if got := Screen(h, asOf, amended(t, `"at_line": "watched"`)); got.Answer != Watch {
		t.Errorf("at the line, where that is watched: %s", got.Answer)
	}
	fall := amended(t, `"sharp_fall": "3/10"`)
	h.Income.Net, h.Before.Net = 2_100_000, 3_000_000
	if got := Screen(h, asOf, fall); got.Answer != Watch || got.Group != SuddenHardship || codes(got.Reasons) != "sharp_fall" {
		t.Errorf("three tenths gone: %s %s", got.Answer, codes(got.Reasons))
	}
	h.Income.Net++
	if got := Screen(h, asOf, fall); got.Answer != Clear {
		t.Errorf("just less than three tenths gone: %s %s", got.Answer, codes(got.Reasons))
	}
	// In 2020 there were two groups only.
	h = safe()
	h.Area, h.Income, h.Before.Net = "620524", account(2_400_000, "2020-11-30"), 100
	spend("illness", 200, "2020-06-01")(h)
	if got := Screen(h, day("2020-12-10"), published(t, "monitoring-2020")); got.Answer != Watch || got.Group != UnstableExited {
		t.Errorf("struck in 2020: %s %s %s", got.Answer, got.Group, codes(got.Reasons))
	}
	// No line is on file for Gansu in 2022: nothing is guessed.
	h = safe()
	h.Area, h.Income = "620524", account(2_400_000, "2022-11-30")
	if got := Screen(h, day("2022-12-10"), published(t, "monitoring-2021")); got.Answer != Undetermined || codes(got.Reasons) != "line_missing" {
		t.Errorf("without a line: %s %s", got.Answer, codes(got.Reasons))
	}
}

// over is a watch that may end: opened in March, risk met and gone, income above 6,000 a person since June.
func over() *Case {
	return &Case{
		Household: "W-1", Area: "610000",
		Opened:   []date.Date{day("2021-03-01")},
		Risks:    []Risk{{"illness", day("2021-03-01"), day("2021-09-01")}},
		Measures: []Measure{{"illness", day("2021-04-01")}},
		Readings: []Reading{
			{day("2021-03-01"), 1_000_000, 3}, {day("2021-06-10"), 1_800_001, 3}, {day("2021-09-01"), 1_900_000, 3}, {day("2021-12-01"), 2_000_000, 3},
		},
		Guarantees: []Guarantee{{"medical", "met"}, {"water", "met"}},
		WithLabour: 1,
	}
}

// Edge case 16, elimination: no labour, too soon, no measure, at the line, reopened.
func TestEdgeCase16Elimination(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Case)
		answer Answer
		codes  string
	}{
		{"over", func(*Case) {}, EndWatch, ""},
		{"nobody can work", func(c *Case) { c.WithLabour = 0 }, Hold, "no_labour"},
		{"five months and a bit", func(c *Case) { c.Opened[0] = day("2021-06-11"); c.Measures[0].Delivered = day("2021-07-01") }, Hold, "too_soon"},
		{"six months today", func(c *Case) { c.Opened[0] = day("2021-06-10"); c.Measures[0].Delivered = day("2021-07-01") }, EndWatch, ""},
		{"no measure", func(c *Case) { c.Measures = nil }, Hold, "no_measure"},
		{"measure planned", func(c *Case) { c.Measures[0].Delivered = "" }, Hold, "no_measure"},
		{"measure against something else", func(c *Case) { c.Measures[0].Risk = "disaster" }, Hold, "no_measure"},
		{"measure after today", func(c *Case) { c.Measures[0].Delivered = asOf.AddDays(1) }, Hold, "no_measure"},
		{"risk not gone", func(c *Case) { c.Risks[0].Solved = "" }, Hold, "risk_open"},
		{"a second risk", func(c *Case) { c.Risks = append(c.Risks, Risk{"disaster", day("2021-11-01"), ""}) }, Hold, "no_measure risk_open"},
		{"last income at the line", func(c *Case) { c.Readings[3].Net = 1_800_000 }, Hold, "income_not_above"},
		{"above for less than six months", func(c *Case) { c.Readings[1].On = day("2021-06-11") }, Hold, "income_not_steady"},
		{"at the line in between", func(c *Case) { c.Readings[2].Net = 1_800_000 }, Hold, "income_not_steady"},
		{"more people", func(c *Case) { c.Readings[3].Members = 4 }, Hold, "income_not_above"},
		{"nothing read", func(c *Case) { c.Readings = nil }, Undetermined, "income_unknown"},
		{"a guarantee gone", func(c *Case) { c.Guarantees[1].Answer = "unmet" }, Hold, "guarantee_unmet"},
		{"a guarantee unknown", func(c *Case) { c.Guarantees[1].Answer = "" }, Undetermined, "guarantee_unknown"},
		{"guarantees not looked at", func(c *Case) { c.Guarantees = nil }, Undetermined, "guarantee_unknown"},
		{"no risk recorded", func(c *Case) { c.Risks = nil }, Undetermined, "no_risk_recorded"},
		{"never opened", func(c *Case) { c.Opened = nil }, NotApplicable, "not_open"},
		{"closed", func(c *Case) { c.Closed = []date.Date{day("2021-10-01")} }, NotApplicable, "not_open"},
		{"closed, to take effect tomorrow", func(c *Case) { c.Closed = []date.Date{asOf.AddDays(1)} }, EndWatch, ""},
		{"reopened too lately", func(c *Case) {
			c.Closed = []date.Date{day("2021-08-01")}
			c.Opened = append(c.Opened, day("2021-08-15"))
		}, Hold, "no_measure too_soon"},
		{"reopened, the measure is of the first watch", func(c *Case) {
			c.Opened, c.Closed = []date.Date{day("2020-01-01"), day("2021-05-01")}, []date.Date{day("2021-04-20")}
		}, Hold, "no_measure"},
		{"reopened for a new risk, the old one solved before", func(c *Case) {
			c.Opened, c.Closed = []date.Date{day("2020-01-01"), day("2021-03-01")}, []date.Date{day("2020-12-01")}
			c.Risks = append(c.Risks, Risk{"disaster", day("2020-01-01"), day("2020-11-01")})
		}, EndWatch, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			watched := over()
			c.change(watched)
			got := Eliminate(watched, asOf, published(t, "monitoring-2021"))
			if got.Answer != c.answer || codes(got.Reasons) != c.codes {
				t.Errorf("%s %q, want %s %q", got.Answer, codes(got.Reasons), c.answer, c.codes)
			}
			checkWords(t, got.Reasons)
		})
	}
	watched := over()
	watched.Area = "620524"
	if got := Eliminate(watched, day("2022-01-10"), published(t, "monitoring-2021")); got.Answer != Undetermined || codes(got.Reasons) != "line_missing" {
		t.Errorf("without a line: %s %s", got.Answer, codes(got.Reasons))
	}
}

// The gap between taking up and letting go: at the line neither happens; elsewhere just one would, by income alone.
func TestWatchAndReleaseDoNotOverlap(t *testing.T) {
	rules := published(t, "monitoring-2021")
	rapid.Check(t, func(t *rapid.T) {
		net := 1_800_000 + income.Fen(rapid.Int64Range(-2, 2).Draw(t, "difference"))
		h, c := safe(), over()
		h.Income.Net = net
		for i := range c.Readings {
			c.Readings[i].Net = net
		}
		taken, released := Screen(h, asOf, rules).Answer == Watch, Eliminate(c, asOf, rules).Answer == EndWatch
		if taken != (net < 1_800_000) || released != (net > 1_800_000) {
			t.Fatalf("%s: taken up %t, let go %t", net, taken, released)
		}
	})
}

func TestOrderOfRecordsIsOfNoAccount(t *testing.T) {
	rules := published(t, "monitoring-2021")
	c := over()
	c.Risks = append(c.Risks, Risk{"disaster", day("2021-11-01"), ""}, Risk{"accident", day("2021-10-01"), ""})
	want := Eliminate(c, asOf, rules)
	slices.Reverse(c.Risks)
	slices.Reverse(c.Readings)
	before := append([]Reading{}, c.Readings...)
	if got := Eliminate(c, asOf, rules); !reflect.DeepEqual(got, want) {
		t.Errorf("reversed: %+v\nwant %+v", got, want)
	}
	if !slices.Equal(before, c.Readings) {
		t.Error("Eliminate changed the case")
	}
}

func TestLinesByProvinceAndYear(t *testing.T) {
	lines, err := PublishedLines()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ area, on, want string }{
		{"620524", "2020-06-01", "6000.00"}, {"610000", "2021-06-01", "6000.00"}, {"420302", "2022-06-01", "6900.00"}, {"420302", "2023-06-01", ""}, {"620524", "2020-02-01", ""},
	} {
		line, ok := lines.At("monitoring", c.area, day(c.on))
		if ok != (c.want != "") || ok && line.Amount.String() != c.want {
			t.Errorf("%s on %s: %s, %t, want %s", c.area, c.on, line.Amount, ok, c.want)
		}
	}
}

func TestInForce(t *testing.T) {
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string]string{"2020-03-20": "monitoring-2020", "2021-04-30": "monitoring-2020", "2021-05-01": "monitoring-2021", "2020-03-19": "", "2026-01-01": ""} {
		rules, err := library.InForce("620524", day(on))
		if (err == nil) != (want != "") || err == nil && rules.ID != want {
			t.Errorf("on %s: %v, %v, want %q", on, rules, err, want)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"id": "x", "extends": "monitoring-2021", `
	for _, c := range []struct{ text, want string }{
		{head + `"at_line": "perhaps"}`, "at_line"},
		{head + `"groups": ["marginal"]}`, "groups must have"},
		{head + `"groups": ["marginal", "unstable_exited", "rich"]}`, `no group "rich"`},
		{head + `"rigid_above": "0"}`, "rigid_above"},
		{head + `"rigid_above": "1001/1000"}`, "numbers up to 1000"},
		{head + `"sharp_fall": "-1/2"}`, "sharp_fall"},
		{head + `"months_stead": 6}`, "months_stead"},
		{head + `"sources": []}`, "sources is empty"},
	} {
		if _, err := library.Clone().Add(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.text, err, c.want)
		}
	}
}

func checkWords(t *testing.T, reasons []Reason) {
	t.Helper()
	for _, reason := range reasons {
		for _, language := range []string{"en", "zh"} {
			if text := reason.Text(language); text == "" || strings.ContainsAny(text, "{}") {
				t.Errorf("%s in %s reads %q", reason.Code, language, text)
			}
		}
		if _, err := json.Marshal(reason); err != nil {
			t.Error(err)
		}
	}
}

func TestReasonWordsSayTheSame(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[a-z]+\}`)
	for code, text := range reasonWords {
		english, chinese := placeholder.FindAllString(text.English, -1), placeholder.FindAllString(text.Chinese, -1)
		slices.Sort(english)
		slices.Sort(chinese)
		if !text.Complete() || !slices.Equal(english, chinese) {
			t.Errorf("%s: %q and %q", code, text.English, text.Chinese)
		}
	}
}
