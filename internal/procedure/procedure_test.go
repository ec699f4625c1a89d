package procedure

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
	"lastmile/internal/rule"
)

func day(text string) date.Date { return date.Date(text) }

func get(t testing.TB, id string) *Procedure {
	t.Helper()
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	p, ok := library.Get(id)
	if !ok {
		t.Fatalf("no procedure %s among %v", id, library.IDs())
	}
	return p
}

// perfect is an event that leaves nothing to wish for, apart from its date.
func perfect(step Step, on date.Date) Event {
	event := Event{Step: step.ID, On: on, Actor: step.Actors[0], People: step.PeopleMin, Measured: map[string]rule.Ratio{}}
	for _, evidence := range step.Evidence {
		kind, _, _ := strings.Cut(evidence, "|")
		event.Evidence = append(event.Evidence, kind)
	}
	for _, condition := range step.Conditions {
		value := condition.Limit
		switch condition.Is {
		case Below:
			value.Count--
		case Above:
			value.Count++
		}
		event.Measured[condition.Measure] = value
	}
	return event
}

// apart is more than any step of the published procedures lasts, holidays included.
const apart = 30

func perfectRecord(p *Procedure) Record {
	var record Record
	for i, step := range p.Steps {
		record.Events = append(record.Events, perfect(step, day("2019-01-10").AddDays(apart*i)))
	}
	return record
}

var late = day("2020-12-01")

func codes(status Status) string {
	var list []string
	for _, reason := range status.Why {
		list = append(list, reason.Code)
	}
	return strings.Join(list, " ")
}

func TestEveryPublishedProcedureCanBeCompleted(t *testing.T) {
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range library.IDs() {
		p := get(t, id)
		if status := State(p, perfectRecord(p), late); !status.Complete() || len(status.Done) != len(p.Steps) {
			t.Errorf("%s stops at %s: %s", id, status.Next.ID, codes(status))
		}
		if status := State(p, Record{}, late); status.Complete() || status.Next.ID != p.Steps[0].ID || codes(status) != "missing" {
			t.Errorf("%s begins with %+v", id, status)
		}
	}
}

// Every order of the steps but the right one leaves the case open, and just the steps up to the first disorder are done.
func TestEveryPermutationOfSteps(t *testing.T) {
	for _, id := range []string{"household-exit-2016", "village-exit-gansu-2018", "county-exit-gansu-2019"} {
		p := get(t, id)
		n, complete := len(p.Steps), 0
		permute(n, func(place []int) {
			var record Record
			for i, step := range p.Steps {
				record.Events = append(record.Events, perfect(step, day("2019-01-10").AddDays(apart*place[i])))
			}
			ordered := 1
			for ordered < n && place[ordered] > place[ordered-1] {
				ordered++
			}
			status := State(p, record, late)
			if len(status.Done) != ordered || status.Complete() != (ordered == n) {
				t.Fatalf("%s with places %v: %d steps done, want %d", id, place, len(status.Done), ordered)
			}
			if status.Complete() {
				complete++
				return
			}
			if status.Next.ID != p.Steps[ordered].ID || codes(status) != "too_early" || len(status.TooEarly) != n-ordered-1 {
				t.Fatalf("%s with places %v: next %s, %s, %d not counted", id, place, status.Next.ID, codes(status), len(status.TooEarly))
			}
		})
		if complete != 1 {
			t.Errorf("%s can be completed in %d orders", id, complete)
		}
	}
}

// permute calls visit with every order of 0 to n-1 (Heap's algorithm).
func permute(n int, visit func([]int)) {
	place := make([]int, n)
	for i := range place {
		place[i] = i
	}
	var heap func(int)
	heap = func(k int) {
		if k == 1 {
			visit(place)
			return
		}
		for i := range k {
			heap(k - 1)
			if k%2 == 0 {
				place[i], place[k-1] = place[k-1], place[i]
			} else if i < k-1 {
				place[0], place[k-1] = place[k-1], place[0]
			}
		}
		if k%2 == 1 {
			place[0], place[k-1] = place[k-1], place[0]
		}
	}
	heap(n)
}

func TestPermuteVisitsEveryOrderOnce(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2, 3: 6, 4: 24, 5: 120, 6: 720} {
		seen := map[string]bool{}
		permute(n, func(place []int) { seen[fmt.Sprint(place)] = true })
		if len(seen) != want {
			t.Errorf("%d places have %d orders, want %d", n, len(seen), want)
		}
	}
}

// Whatever is recorded: what is done is a prefix of the procedure with rising dates, the order of recording is of no
// account, and nothing done is undone by time alone.
func TestStateLaws(t *testing.T) {
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		p, _ := library.Get(rapid.SampledFrom(library.IDs()).Draw(t, "procedure"))
		var record Record
		for range rapid.IntRange(0, 25).Draw(t, "events") {
			step := p.Steps[rapid.IntRange(0, len(p.Steps)-1).Draw(t, "step")]
			event := perfect(step, day("2019-01-01").AddDays(rapid.IntRange(0, 500).Draw(t, "day")))
			if rapid.IntRange(0, 5).Draw(t, "fault") == 0 {
				event.Actor = "nobody"
			}
			record.Events = append(record.Events, event)
		}
		asOf := day("2019-01-01").AddDays(rapid.IntRange(0, 600).Draw(t, "as of"))
		status := State(p, record, asOf)
		last := date.Date("")
		for i, done := range status.Done {
			if done.Step != p.Steps[i].ID || done.On < last || done.Until < done.On || done.On > asOf {
				t.Fatalf("done %v as of %s", status.Done, asOf)
			}
			last = done.Until
		}
		if !status.Complete() && len(status.Why) == 0 {
			t.Fatal("not complete, for no reason")
		}
		slices.Reverse(record.Events)
		if again := State(p, record, asOf); !reflect.DeepEqual(again.Done, status.Done) {
			t.Fatalf("in reverse: %v, before: %v", again.Done, status.Done)
		}
		if later := State(p, record, asOf.AddDays(100)); len(later.Done) < len(status.Done) || !slices.Equal(later.Done[:len(status.Done)], status.Done) {
			t.Fatalf("later: %v, before: %v", later.Done, status.Done)
		}
	})
}

func TestAMissingStepStopsTheCase(t *testing.T) {
	p := get(t, "household-exit-gansu")
	for i, step := range p.Steps {
		record := perfectRecord(p)
		record.Events = slices.Delete(record.Events, i, i+1)
		status := State(p, record, late)
		if status.Next == nil || status.Next.ID != step.ID || codes(status) != "missing" || len(status.TooEarly) != len(p.Steps)-i-1 {
			t.Errorf("without %s: %+v", step.ID, status)
		}
	}
}

func TestWhyNot(t *testing.T) {
	p := get(t, "household-exit-gansu")
	at := func(id string) int { return slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == id }) }
	for _, c := range []struct {
		name, step string
		spoil      func(*Event)
		want       string
	}{
		{"by the wrong body", "county_approval", func(e *Event) { e.Actor = "village" }, "wrong_actor"},
		{"two people", "township_check", func(e *Event) { e.People = 2 }, "too_few_people"},
		{"without minutes", "appraisal", func(e *Event) { e.Evidence = nil }, "evidence_missing"},
		{"neither signature nor refusal", "signature", func(e *Event) { e.Evidence = []string{"photo"} }, "evidence_missing"},
		{"not decided", "verification", func(e *Event) { e.Measured = nil }, "not_measured"},
		{"not eligible", "verification", func(e *Event) { e.Measured["exit_eligible"] = ratio(0, 1) }, "condition_fails"},
		{"measured out of nothing", "verification", func(e *Event) { e.Measured["exit_eligible"] = rule.Ratio{} }, "not_measured"},
		{"without a date", "appraisal", func(e *Event) { e.On = "" }, "missing"},
		{"everything", "township_check", func(e *Event) { e.Actor, e.People, e.Evidence = "x", 0, nil }, "wrong_actor too_few_people evidence_missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			record := perfectRecord(p)
			c.spoil(&record.Events[at(c.step)])
			status := State(p, record, late)
			if status.Next == nil || status.Next.ID != c.step || codes(status) != c.want {
				t.Fatalf("next %v, %s, want %s, %s", status.Next, codes(status), c.step, c.want)
			}
			for _, reason := range status.Why {
				for _, language := range []string{"en", "zh"} {
					if text := reason.Text(language); text == "" || strings.ContainsAny(text, "{}") {
						t.Errorf("%s in %s reads %q", reason.Code, language, text)
					}
				}
			}
			if _, err := json.Marshal(status); err != nil {
				t.Error(err)
			}
			// Done again and rightly, the step counts, and the case goes on to the next.
			record.Events = append(record.Events, perfect(p.Steps[at(c.step)], late))
			if status := State(p, record, late); len(status.Done) != at(c.step)+1 {
				t.Errorf("done again: %d steps, want %d", len(status.Done), at(c.step)+1)
			}
		})
	}
	record := perfectRecord(p)
	record.Events[at("signature")].Evidence = []string{"refusal"}
	if status := State(p, record, late); !status.Complete() {
		t.Errorf("a recorded refusal stops the case: %s", codes(status))
	}
}

// Edge case 14: objections on the last day, posting over holidays, calendar and working days.
func TestEdgeCase14Postings(t *testing.T) {
	p := get(t, "household-exit-2016")
	posting, announcement := 3, 4
	// Put up on 30 September 2019: the seven days are 1 to 7 October, all of them holidays, and all count.
	posted := func(announced string) Record {
		record := perfectRecord(p)
		for i := range posting {
			record.Events[i].On = day("2019-09-20")
		}
		record.Events[posting].On = day("2019-09-30")
		record.Events = record.Events[:posting+1]
		if announced != "" {
			record.Events = append(record.Events, perfect(p.Steps[announcement], day(announced)))
		}
		return record
	}
	for _, c := range []struct {
		name, announced, asOf string
		done                  int
		why                   string
	}{
		{"last day", "", "2019-10-07", posting, "still_running"},
		{"day after", "", "2019-10-08", posting + 1, "missing"},
		{"announced on the last day", "2019-10-07", "2019-10-31", posting + 1, "too_early"},
		{"announced the day after", "2019-10-08", "2019-10-31", posting + 2, "missing"},
	} {
		if status := State(p, posted(c.announced), day(c.asOf)); len(status.Done) != c.done || codes(status) != c.why {
			t.Errorf("%s: %d done, %s, want %d, %s", c.name, len(status.Done), codes(status), c.done, c.why)
		}
	}

	for _, c := range []struct {
		name      string
		objection Objection
		asOf      string
		done      int
		why       string
	}{
		{"on the last day, open", Objection{ID: "a", Raised: day("2019-10-07")}, "2019-10-31", posting, "objection_open"},
		{"the day after, open", Objection{ID: "a", Raised: day("2019-10-08")}, "2019-10-31", posting + 2, "missing"},
		{"before the posting", Objection{ID: "a", Raised: day("2019-09-29")}, "2019-10-31", posting + 2, "missing"},
		{"dismissed before the announcement", Objection{"a", day("2019-10-07"), day("2019-10-09"), false}, "2019-10-31", posting + 2, "missing"},
		{"dismissed after the announcement", Objection{"a", day("2019-10-07"), day("2019-10-11"), false}, "2019-10-31", posting + 1, "too_early"},
		{"not yet dismissed", Objection{"a", day("2019-10-07"), day("2019-10-11"), false}, "2019-10-10", posting, "objection_open"},
		{"upheld", Objection{"a", day("2019-10-07"), day("2019-10-09"), true}, "2019-10-31", posting, "objection_upheld"},
	} {
		record := posted("2019-10-10")
		record.Objections = []Objection{c.objection}
		if status := State(p, record, day(c.asOf)); len(status.Done) != c.done || codes(status) != c.why {
			t.Errorf("%s: %d done, %s, want %d, %s", c.name, len(status.Done), codes(status), c.done, c.why)
		}
	}
	// Upheld, corrected and posted again.
	record := posted("")
	record.Objections = []Objection{{"a", day("2019-10-07"), day("2019-10-09"), true}}
	record.Events = append(record.Events, perfect(p.Steps[posting], day("2019-10-10")), perfect(p.Steps[announcement], day("2019-10-18")))
	if status := State(p, record, day("2019-10-31")); len(status.Done) != posting+2 {
		t.Errorf("posted again: %d done, %s", len(status.Done), codes(status))
	}

	// A county's notice of five working days from the same Monday: 8 to 12 October, of which the 12th is an exchanged
	// Saturday.
	county := get(t, "county-exit-gansu-2019")
	notice := slices.IndexFunc(county.Steps, func(s Step) bool { return s.ID == "public_notice" })
	status := State(county, countyNotice(county, notice, "2019-09-30"), day("2019-10-12"))
	if len(status.Done) != notice || codes(status) != "still_running" || status.Why[0].Date != day("2019-10-12") {
		t.Errorf("on the fifth working day: %d done, %+v", len(status.Done), status.Why)
	}
	if status := State(county, countyNotice(county, notice, "2019-09-30"), day("2019-10-13")); len(status.Done) != notice+1 {
		t.Errorf("after the fifth working day: %d done, %s", len(status.Done), codes(status))
	}
	// Where the holidays are not on file nothing is guessed.
	if status := State(county, countyNotice(county, notice, "2020-12-29"), day("2021-03-01")); codes(status) != "holidays_unknown" {
		t.Errorf("counting into 2021: %s", codes(status))
	}
}

func countyNotice(p *Procedure, notice int, on string) Record {
	record := Record{}
	for i := range notice {
		record.Events = append(record.Events, perfect(p.Steps[i], day("2019-09-01")))
	}
	record.Events = append(record.Events, perfect(p.Steps[notice], day(on)))
	return record
}

// Edge case 2: display rounding never decides.
func TestEdgeCase2RatesAreExact(t *testing.T) {
	p := get(t, "county-exit-gansu-2019")
	assessment := slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == "assessment" })
	for _, c := range []struct {
		rate  rule.Ratio
		shown string
		want  string
	}{
		{ratio(39, 1951), "2.00%", ""},
		{ratio(20, 1000), "2.00%", "condition_fails"},
		{ratio(0, 1000), "0.00%", ""},
		{ratio(0, 0), "", "not_measured"},
	} {
		record := perfectRecord(p)
		record.Events[assessment].Measured["wrong_exit_rate"] = c.rate
		if status := State(p, record, late); codes(status) != c.want {
			t.Errorf("%s: %s, want %q", c.rate, codes(status), c.want)
		}
		if c.shown != "" && c.rate.Percent() != c.shown {
			t.Errorf("%s prints %s, want %s", c.rate, c.rate.Percent(), c.shown)
		}
	}
}

// Any one of the county's rates failing blocks it.
func TestAnyRateBlocksTheCounty(t *testing.T) {
	p := get(t, "county-exit-gansu-2019")
	for i, rates := range map[string]map[string]rule.Ratio{
		"incidence": {"composite_incidence": ratio(3, 100)}, "wrong exits": {"wrong_exit_rate": ratio(2, 100)},
		"omissions": {"omission_rate": ratio(2, 100)}, "satisfaction": {"satisfaction": ratio(8999, 10000)},
	} {
		record := perfectRecord(p)
		for name, rate := range rates {
			record.Events[3].Measured[name] = rate
		}
		if status := State(p, record, late); status.Complete() || codes(status) != "condition_fails" || status.Why[0].Measured.Of == 0 {
			t.Errorf("%s: %s", i, codes(status))
		}
	}
}

func TestInForce(t *testing.T) {
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind           Kind
		area, on, want string
	}{
		{HouseholdExit, "620524103", "2017-12-01", "household-exit-2016"},
		{HouseholdExit, "620524103", "2018-12-01", "household-exit-gansu"},
		{HouseholdExit, "653127201", "2018-12-01", "household-exit-xinjiang"},
		{VillageExit, "620524103", "2020-06-01", "village-exit-gansu-2020"},
		{VillageExit, "653127201207", "2018-12-01", "village-exit-xinjiang"},
		{VillageExit, "533422", "2018-12-01", "village-exit-deqin"},
		{VillageExit, "533421", "2018-12-01", "village-exit-2016"},
		{CountyExit, "620524", "2019-06-01", "county-exit-gansu-2019"},
		{CountyExit, "653127", "2020-01-10", "county-exit-xinjiang"},
		{Identification, "620524", "2014-06-01", "identification-2014"},
	} {
		if p, err := library.InForce(c.area, day(c.on), c.kind.Is); err != nil || p.ID != c.want {
			t.Errorf("%s in %s on %s: %v, %v, want %s", c.kind, c.area, c.on, p, err, c.want)
		}
	}
	if p, err := library.InForce("620524", day("2021-06-01"), CountyExit.Is); err == nil {
		t.Errorf("in 2021 a county leaves by %s", p.ID)
	}
}

func TestAddRefuses(t *testing.T) {
	library, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"id": "x", "version": "1", "extends": "household-exit-2016", `
	step := func(more string) string {
		return head + `"steps": [{"id": "a", "en": "a", "zh": "a", "actors": ["village"]` + more + `}]}`
	}
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", "steps", "read procedure"},
		{"unknown key", head + `"stpes": []}`, "stpes"},
		{"no steps", head + `"steps": []}`, "steps is empty"},
		{"kind", head + `"kind": "province_exit"}`, "province_exit"},
		{"days", step(`, "days": 367, "day_kind": "calendar"`), "days must be"},
		{"day kind", step(`, "days": 7`), "day_kind"},
		{"evidence", step(`, "evidence": ["a||b"]`), "empty entry"},
		{"comparison", step(`, "conditions": [{"measure": "a", "is": "near", "limit": "1", "en": "a", "zh": "a"}]`), "is must be"},
		{"limit", step(`, "conditions": [{"measure": "a", "is": "below", "limit": "3 %", "en": "a", "zh": "a"}]`), "ratio"},
		{"no limit", step(`, "conditions": [{"measure": "a", "is": "below", "en": "a", "zh": "a"}]`), "limit is missing"},
		{"twice", head + `"steps": [{"id": "a", "en": "a", "zh": "a", "actors": ["x"]}, {"id": "a", "en": "a", "zh": "a", "actors": ["x"]}]}`, "given twice"},
		{"nobody", head + `"steps": [{"id": "a", "en": "a", "zh": "a"}]}`, "actors is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := library.Clone().Add(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := NewLibrary(nil).Add(strings.NewReader(`{"id": "x", "steps": [{"id": "a", "days": 1, "day_kind": "working"}]}`)); err == nil || !strings.Contains(err.Error(), "need a calendar") {
		t.Errorf("working days without a calendar: %v", err)
	}
}

func ratio(count, of int64) rule.Ratio { return rule.Ratio{Count: count, Of: of} }

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
