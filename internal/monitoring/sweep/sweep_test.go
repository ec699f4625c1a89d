package sweep_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/monitoring/sweep"
	"lastmile/internal/rebuild"
	"lastmile/internal/targeting/card"
	"lastmile/internal/testworld"
	"lastmile/internal/verify"
)

func published(t *testing.T) *sweep.Queries {
	t.Helper()
	q, err := sweep.Published()
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// Each of the ten groups has a card that it finds, one just beside it that it does not, and one that it cannot say.
func TestTenGroups(t *testing.T) {
	q := published(t)
	if len(q.Queries) != 10 {
		t.Fatalf("there are %d queries, want ten", len(q.Queries))
	}
	for _, c := range []struct{ query, hit, miss, unknown string }{
		{"recently_exited", "status=exited exited_months=11", "status=exited exited_months=12", "status=exited"},
		{"recently_exited", "status=exited exited_months=0", "status=registered", ""},
		{"income_fell", "income=8999.99 income_before=9000.00 monitoring_line=6000 members=1", "income=9000.00 income_before=9000.00 monitoring_line=6000 members=1", "income=5.00"},
		{"income_fell", "income=26999.99 income_before=90000.00 monitoring_line=6000 members=3", "income=27000.00 income_before=90000.00 monitoring_line=6000 members=3", "income=5 income_before=9"},
		{"single_elderly", "aged=1 residents=1", "aged=1 residents=2", "residents=1"},
		{"single_elderly", "aged=2 residents=2", "aged=0 residents=0", "aged=1"},
		{"new_dibao", "attribute=dibao dibao_months=11", "attribute=dibao dibao_months=12", "attribute=dibao"},
		{"new_dibao", "attribute=dibao-poor dibao_months=0", "attribute=ordinary", ""},
		{"disabled", "causes=disability;funds", "causes=funds", ""},
		{"many_students", "students=2", "students=1", ""},
		{"wage_dependent", "wage=20000.01 income=30000.00 monitoring_line=6000 members=4", "wage=20000.00 income=30000.00 monitoring_line=6000 members=4", "wage=1"},
		{"rigid_spending", "rigid_spending=18000.01 income_before=18000.00", "rigid_spending=18000.00 income_before=18000.00", "rigid_spending=5"},
		{"left_behind", "children=2 aged=0 labour=1 away=1", "children=2 aged=0 labour=2 away=1", "children=1 labour=1"},
		{"left_behind", "children=0 aged=1 labour=0 away=0", "children=0 aged=0 labour=0 away=0", "children=1"},
		{"watched_long", "watched=yes watched_months=12", "watched=yes watched_months=11", "watched=yes"},
		{"watched_long", "watched=yes watched_months=40", "watched=no", ""},
	} {
		s := card.NewSet()
		for _, text := range []string{c.hit, c.miss, c.unknown} {
			row := s.Add(text, "620524")
			for _, item := range strings.Fields(text) {
				name, value, _ := strings.Cut(item, "=")
				if err := s.Put(row, name, value); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, f := range q.Screen(s) {
			if f.Query.ID == c.query && (len(f.Hits) != 1 || f.Hits[0] != 0 || f.Unknown != 1 || len(f.Missing) == 0) {
				t.Errorf("%s finds rows %v, %d unknown %v; want {%s} found, {%s} not, {%s} unknown", c.query, f.Hits, f.Unknown, f.Missing, c.hit, c.miss, c.unknown)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	embedded, err := os.ReadFile("queries.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"exited_months < 12", "exit_months < 12", "query 1: line 1, column 23: \"exit_months\" is no variable. Did you mean exited_months?"},
		{`"id": "disabled"`, `"id": "new_dibao"`, "query 5 needs an id of its own"},
		{`"risk": "skill"`, `"risk": "laziness"`, `query 7: "laziness" is no risk`},
		{`"version": "1"`, `"version": ""`, "version is empty"},
		{`"queries"`, `"questions"`, "unknown field"},
	} {
		if _, err := sweep.Read(strings.Replace(string(embedded), c.old, c.new, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %s: %v, want %q", c.new, err, c.want)
		}
	}
}

const village = "620524100201"

type register struct {
	*testworld.World
	t *testing.T
}

func (r *register) try(on date.Date, f fact.Fact) error {
	_, err := r.record(on, f)
	return err
}

func (r *register) record(on date.Date, f fact.Fact) (fact.Receipt, error) {
	if later := on.Time().Add(10 * time.Hour).Sub(r.Now()); later > 0 {
		r.Wait(later)
	}
	d := fact.Draft{Fact: f, On: on, Actor: "assistant", Source: "test", Book: testworld.Wushan}
	if _, isArea := f.(*area.Area); isArea {
		d.Book, d.Actor = "", fact.Operator
	}
	if fact.KindOf(f).Approval != nil {
		d.Approvers = []string{"approver"}
	}
	receipts, err := r.Store.Recorder.Record(context.Background(), d)
	if err != nil {
		return fact.Receipt{}, err
	}
	return receipts[0], nil
}

func (r *register) do(on date.Date, f fact.Fact) fact.Receipt {
	r.t.Helper()
	receipt, err := r.record(on, f)
	if err != nil {
		r.t.Fatalf("%T on %s: %v", f, on, err)
	}
	return receipt
}

func (r *register) refuse(code string, on date.Date, f fact.Fact) {
	r.t.Helper()
	if list := fault.All(r.try(on, f)); len(list) == 0 || list[0].Code != code {
		r.t.Fatalf("%T on %s: got %v, want it refused as %s", f, on, list, code)
	}
}

// sweep looks and records what is new, and gives how many alerts there were.
func (r *register) sweep(on date.Date) (opened, open int) {
	r.t.Helper()
	s, err := published(r.t).Look(context.Background(), r.Store.DB, testworld.Wushan, testworld.Town, on)
	if err != nil {
		r.t.Fatal(err)
	}
	if later := on.Time().Add(10 * time.Hour).Sub(r.Now()); later > 0 {
		r.Wait(later)
	}
	if drafts := s.Drafts("assistant"); len(drafts) > 0 {
		for range 2 { // sending them twice records them once
			if _, err := r.Store.Recorder.Record(context.Background(), drafts...); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	return len(s.New), s.Open
}

func (r *register) open(on date.Date) int64 {
	r.t.Helper()
	book := figure.NewBook(r.Store.DB, on, []figure.Definition{{ID: "x", Unit: "alerts", Aggregate: figure.Sum, Terms: []figure.Term{{Measure: "alert-open"}}}})
	v, err := book.Evaluate(context.Background(), "x", figure.At{AsOf: on})
	if err != nil {
		r.t.Fatal(err)
	}
	return v.Number
}

// A hit opens one alert. Another sweep doubles none: not while it is open, not in the year in which it was answered; in the next year the household is
// looked at again.
func TestSweepOpensEachAlertOnce(t *testing.T) {
	r := &register{testworld.New(t), t}
	r.do("2020-05-01", &area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "一村"})
	old := func(id string) *household.Household {
		return &household.Household{ID: id, Area: village, Standard: "national", Attribute: "ordinary", MainCause: "disability", Members: []string{"01 head 1940-03-02 male none"}}
	}
	r.do("2020-05-02", old("H1"))
	r.do("2020-05-02", old("H2"))
	r.do("2020-05-02", &household.Household{ID: "H3", Area: village, Standard: "national", Attribute: "ordinary", MainCause: "skill", Members: []string{"01 head 1980-03-02 male ordinary"}})

	if opened, open := r.sweep("2020-05-10"); opened != 4 || open != 0 { // each of the two old people is alone and disabled
		t.Fatalf("the first sweep opens %d alerts and finds %d open", opened, open)
	}
	if opened, open := r.sweep("2020-05-10"); opened != 0 || open != 4 {
		t.Errorf("the same sweep again opens %d alerts and finds %d open", opened, open)
	}
	if opened, _ := r.sweep("2020-08-10"); opened != 0 || r.open("2020-08-10") != 4 {
		t.Errorf("a later sweep opens %d alerts; %d are open", opened, r.open("2020-08-10"))
	}
	r.refuse("alert.watch", "2020-08-11", &sweep.Answer{Alert: "H1.disabled.2020", Result: "watched", Text: "x"})
	r.do("2020-08-11", &casework.Watch{Household: "H1", Group: "marginal", Risks: []string{"disability"}, Found: "screening"})
	r.do("2020-08-11", &sweep.Answer{Alert: "H1.disabled.2020", Result: "watched", Text: "He cannot walk."})
	r.refuse("alert.answered", "2020-08-12", &sweep.Answer{Alert: "H1.disabled.2020", Result: "no-risk", Text: "x"})
	if opened, _ := r.sweep("2020-09-10"); opened != 0 || r.open("2020-09-10") != 3 {
		t.Errorf("after an answer a sweep of the year opens %d alerts; %d are open", opened, r.open("2020-09-10"))
	}
	if opened, _ := r.sweep("2021-05-10"); opened != 1 { // H1 is still disabled; the others' alerts are still open
		t.Errorf("the sweep of the next year opens %d alerts, want 1", opened)
	}
	if opened, _ := r.sweep("2021-08-11"); opened != 1 { // under watch for a year
		t.Errorf("a sweep a year after the watch began opens %d alerts, want 1", opened)
	}
	again := &sweep.Alert{ID: "mine", Household: "H2", Query: "disabled", Found: "visit", Risk: "disability", Why: "x"}
	r.refuse("alert.open", "2021-08-12", again)
	again.Query = ""
	own := r.do("2021-08-12", again)
	r.refuse("alert.risk", "2021-08-12", &sweep.Alert{ID: "mine2", Household: "H2", Found: "visit", Risk: "weather", Why: "x"})
	corrected := *again
	corrected.Why = "The roof leaks."
	if _, err := r.Store.Recorder.Record(context.Background(), fact.Draft{Fact: &corrected, Book: testworld.Wushan, On: "2021-08-12", Actor: "assistant", Source: "test", Corrects: own.Seq}); err != nil {
		t.Error(err)
	}
	if _, err := published(t).Look(context.Background(), r.Store.DB, testworld.Wushan, "", "2019-01-01"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a sweep before the queries hold gives %v", err)
	}

	rebuilt, err := rebuild.Rebuild(context.Background(), r.Store.DB, rebuild.Options{})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := verify.Verify(context.Background(), r.Store.DB, r.Store.Evidence, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(rebuilt.Differences, verified.Differences...) {
		t.Error(fmt.Sprint(d))
	}
}
