package targeting_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/rebuild"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
	"lastmile/internal/testworld"
	"lastmile/internal/verify"
)

const (
	county  = testworld.Wushan
	village = "620524100201"
)

var ctx = context.Background()

const rules = `{
  "id": "flock", "version": "%s", "title": {"en": "Flock", "zh": "养羊"}, "jurisdiction": "62", "valid": {"from": "2014-01-01"},
  "eligible": [{"id": "poor", "title": {"en": "Registered", "zh": "建档立卡户"}, "when": "registered"},
               {"id": "low", "title": {"en": "Low income", "zh": "收入低"}, "when": "income <= line * members"}],
  "vetoes": [{"id": "car", "title": {"en": "Car", "zh": "轿车"}, "when": "vehicle"}],
  "reviews": [{"id": "apart", "title": {"en": "Somebody does not share", "zh": "有人不共享收支"}, "when": "apart > 0"}],
  "score": [{"id": "hands", "title": {"en": "Hands", "zh": "劳动力"}, "options": [{"when": "labour > 1", "points": 20}, {"when": "labour == 1", "points": 10}]}],
  "quota": {"each": 2}, "draw_seed": "2020", "notice": {"days": 7, "day_kind": "calendar"}, "need": "income <= line * members",
  "sources": [{"for": "all", "text": "test", "grade": "GK"}]
}`

// register is a world with five registered households of one village.
type register struct {
	*testworld.World
	t *testing.T
}

func open(t *testing.T) *register {
	t.Helper()
	r := &register{testworld.New(t), t}
	r.do("2020-05-01", &area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "一村"}, by(fact.Operator))
	for i, h := range []struct {
		members []string
		yuan    int
		car     string
	}{
		{[]string{"01 head 1975-03-02 male ordinary", "02 spouse 1977-08-11 female ordinary"}, 7000, "no"}, // H1: two hands
		{[]string{"01 head 1950-03-02 male none", "02 spouse 1977-08-11 female ordinary"}, 8000, "no"},     // H2: one, exactly at the line of 4,000
		{[]string{"01 head 1950-03-02 male none", "02 spouse 1952-08-11 female none"}, 7000, "no"},         // H3: none
		{[]string{"01 head 1975-03-02 male ordinary", "02 child 1995-08-11 female ordinary apart"}, 3000, "no"},
		{[]string{"01 head 1975-03-02 male ordinary"}, 3000, ""}, // H5: nobody has asked about a car
	} {
		id := fmt.Sprintf("H%d", i+1)
		r.do("2020-05-02", &household.Household{ID: id, Area: village, Standard: "national", Attribute: "ordinary", MainCause: "skill", Members: h.members, Names: []string{"01 张三丰"},
			Move: "M-" + id, Registered: "2014-01-01"})
		r.do("2020-05-03", &household.Visit{Household: id, Questionnaire: "visit-2014 1", Signature: "signed", IncomeFrom: "2019-05-01", IncomeTo: "2020-04-30", Answers: []string{fmt.Sprintf("wage.local.01=%d", h.yuan)}})
		if h.car != "" {
			r.do("2020-05-04", &card.Data{Area: village, Office: "Vehicle registry", Households: []string{id}, Lines: []string{id + " vehicle=" + h.car}})
		}
	}
	return r
}

func by(actor string) func(*fact.Draft) { return func(d *fact.Draft) { d.Actor = actor } }

func (r *register) try(on date.Date, f fact.Fact, more ...func(*fact.Draft)) (fact.Receipt, error) {
	if later := on.Time().Add(10 * time.Hour).Sub(r.Now()); later > 0 {
		r.Wait(later)
	}
	d := fact.Draft{Fact: f, On: on, Actor: "assistant", Source: "test", Book: county}
	if _, isArea := f.(*area.Area); isArea {
		d.Book = ""
	}
	if fact.KindOf(f).Approval != nil {
		d.Approvers = []string{"approver"}
	}
	for _, m := range more {
		m(&d)
	}
	receipts, err := r.Store.Recorder.Record(ctx, d)
	if err != nil {
		return fact.Receipt{}, err
	}
	return receipts[0], nil
}

func (r *register) do(on date.Date, f fact.Fact, more ...func(*fact.Draft)) fact.Receipt {
	r.t.Helper()
	receipt, err := r.try(on, f, more...)
	if err != nil {
		r.t.Fatalf("%T on %s: %v", f, on, err)
	}
	return receipt
}

func (r *register) refuse(code string, on date.Date, f fact.Fact) {
	r.t.Helper()
	_, err := r.try(on, f)
	if list := fault.All(err); len(list) == 0 || list[0].Code != code {
		r.t.Fatalf("%T on %s: got %v, want it refused as %s", f, on, err, code)
	}
}

func (r *register) freeze(on date.Date, id string) *targeting.Run {
	r.t.Helper()
	run, _, err := targeting.Freeze(ctx, r.Store.DB, county, id, "flock", testworld.Town, on)
	if err != nil {
		r.t.Fatal(err)
	}
	return run
}

func (r *register) notice(on date.Date, run *targeting.Run, id string) *notice.Notice {
	r.t.Helper()
	n, err := run.Notice(ctx, r.Store.DB, county, on)
	if err != nil {
		r.t.Fatal(err)
	}
	n.ID, n.Place = id, "村委会"
	return n
}

func version(v string) *targeting.RuleSet {
	return &targeting.RuleSet{ID: "flock", Area: county, Title: "Flock", Version: v, Rules: fmt.Sprintf(rules, v), Revision: v != "1"}
}

// From rules to a list that counts: frozen, posted, objected to, frozen again, posted again and approved.
func TestListIsPostedBeforeItCounts(t *testing.T) {
	r := open(t)
	r.do("2020-05-05", version("1"))
	run := r.freeze("2020-05-10", "R1")
	if got := fmt.Sprint(run.Chosen, run.Waiting); got != "[H1 H2] [H3]" {
		t.Fatalf("the lists are %s: %s", got, strings.Join(run.Reasons, "\n"))
	}
	for _, want := range []string{"H1 chosen 20 1/2 hands=20", "H4 in-review 20 - apart=yes", "H5 undetermined 10 - vehicle", "H3 waiting 0 3/2"} {
		if !slices.Contains(run.Reasons, want) {
			t.Errorf("no reason %q among %q", want, run.Reasons)
		}
	}
	forged := *run
	forged.Chosen, forged.Waiting = []string{"H1", "H3"}, []string{"H2"}
	r.refuse("run.hash", "2020-05-10", &forged)
	forged.Hash = notice.Hash(forged.Chosen)
	r.refuse("run.differs", "2020-05-10", &forged)
	wrong := *run
	wrong.Version = "7"
	r.refuse("run.version", "2020-05-10", &wrong)
	receipt := r.do("2020-05-10", run)
	r.refuse("run.back", "2020-05-10", &fact.Reversal{Entry: receipt.Seq, Reason: "x"})

	approval := &targeting.Approval{Run: "R1", Notice: "N1", Hash: run.Hash}
	r.refuse("ref.unknown", "2020-05-11", approval)
	n := r.notice("2020-05-11", run, "N1")
	if got := strings.Join(n.Lines, "; "); got != "张×× 2人; 张×× 2人" {
		t.Errorf("the board shows %s", got)
	}
	other := *n
	other.List = []string{"H1", "H5"}
	other.Hash = notice.Hash(other.List)
	r.refuse("notice.run", "2020-05-11", &other)
	none := *n
	none.Run = ""
	r.refuse("notice.of", "2020-05-11", &none)
	short := *n
	short.ID, short.Days = "N0", 3
	r.do("2020-05-11", &short)
	r.refuse("approval.days", "2020-05-20", &targeting.Approval{Run: "R1", Notice: "N0", Hash: run.Hash})
	r.do("2020-05-11", n)
	r.refuse("approval.early", "2020-05-18", approval) // its last full day
	r.refuse("approval.list", "2020-05-19", &targeting.Approval{Run: "R1", Notice: "N1", Hash: notice.Hash(nil)})

	r.do("2020-05-18", &notice.Objection{ID: "O1", Notice: "N1", Household: "H2", Anonymous: true, Text: "They have a car.", AnswerBy: "2020-06-01"}) // on the last day
	r.refuse("approval.objection", "2020-05-19", approval)
	r.do("2020-05-20", &notice.Answer{Objection: "O1", Verdict: notice.Upheld, Text: "The registry says so too."})
	r.refuse("approval.upheld", "2020-05-21", approval)

	// what was found out is recorded, a reviewer looks at H4, and the list is another one: it must be posted again
	r.do("2020-05-21", &card.Data{Area: village, Office: "Vehicle registry", Households: []string{"H2", "H4"}, Lines: []string{"H2 vehicle=yes", "H4 vehicle=no"}})
	r.refuse("look.flag", "2020-05-21", &targeting.Look{Programme: "flock", Household: "H4", Flag: "nothing", Verdict: "cleared", Why: "x"})
	r.do("2020-05-21", &targeting.Look{Programme: "flock", Household: "H4", Flag: "apart", Verdict: "cleared", Why: "The daughter lives in town."})
	r.refuse("look.again", "2020-05-21", &targeting.Look{Programme: "flock", Household: "H4", Flag: "apart", Verdict: "confirmed", Why: "x"})
	second := r.freeze("2020-05-22", "R2")
	if got := fmt.Sprint(second.Chosen, second.Waiting); got != "[H4 H1] [H3]" {
		t.Fatalf("the second lists are %s", got)
	}
	r.do("2020-05-22", second)
	r.do("2020-05-22", r.notice("2020-05-22", second, "N2"))
	r.refuse("approval.notice", "2020-05-30", &targeting.Approval{Run: "R2", Notice: "N1", Hash: second.Hash})
	approved := r.do("2020-05-30", &targeting.Approval{Run: "R2", Notice: "N2", Hash: second.Hash})
	r.refuse("approval.again", "2020-05-31", &targeting.Approval{Run: "R2", Notice: "N2", Hash: second.Hash})

	// who is on the list now, and who would leave it
	p, err := targeting.Compile(version("1").Rules)
	if err != nil {
		t.Fatal(err)
	}
	result, gone, err := p.JudgeRegister(ctx, r.Store.DB, county, village, "2020-06-01")
	if err != nil {
		t.Fatal(err)
	}
	if c := result.Compare(gone); len(c.Enter) != 0 || len(c.Stay) != 2 || len(c.Leave) != 0 {
		t.Errorf("after the approval: %+v", c)
	}
	r.do("2020-06-02", &household.Visit{Household: "H1", Questionnaire: "visit-2014 1", Signature: "signed", IncomeFrom: "2019-06-01", IncomeTo: "2020-05-31", Answers: []string{"wage.local.01=90000"}})
	if result, gone, err = p.JudgeRegister(ctx, r.Store.DB, county, "", "2020-06-03"); err != nil {
		t.Fatal(err)
	}
	if c := result.Compare(gone); len(c.Enter) != 1 || c.Enter[0].ID != "H3" || len(c.Leave) != 1 || c.Leave[0].ID != "H1" {
		t.Errorf("after H1 earns more: %+v", c)
	}

	// new rules void what the old ones gave
	third := r.freeze("2020-06-03", "R3")
	r.do("2020-06-03", third)
	r.do("2020-06-03", r.notice("2020-06-03", third, "N3"))
	r.do("2020-06-04", version("2"))
	r.refuse("approval.rules", "2020-06-12", &targeting.Approval{Run: "R3", Notice: "N3", Hash: third.Hash})
	r.do("2020-06-12", r.freeze("2020-06-12", "R4"))
	r.do("2020-06-13", &fact.Reversal{Entry: approved.Seq, Reason: "approved by mistake"})
	r.refuse("approval.rules", "2020-06-13", &targeting.Approval{Run: "R2", Notice: "N2", Hash: second.Hash})

	rebuilt, err := rebuild.Rebuild(ctx, r.Store.DB, rebuild.Options{})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := verify.Verify(ctx, r.Store.DB, r.Store.Evidence, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(rebuilt.Differences, verified.Differences...) {
		t.Errorf("%s", d)
	}
}

// A list that was frozen before another of the same area cannot be approved any more.
func TestAnEarlierRunIsVoid(t *testing.T) {
	r := open(t)
	r.do("2020-05-05", version("1"))
	first := r.freeze("2020-05-10", "R1")
	r.do("2020-05-10", first)
	r.do("2020-05-10", r.notice("2020-05-10", first, "N1"))
	r.do("2020-05-11", r.freeze("2020-05-11", "R2"))
	r.refuse("approval.later", "2020-05-20", &targeting.Approval{Run: "R1", Notice: "N1", Hash: first.Hash})
}

func TestRuleSetRefuses(t *testing.T) {
	r := open(t)
	s := version("1")
	s.Version = "9"
	r.refuse("rules.version", "2020-05-05", s)
	s = version("1")
	s.ID = "other"
	r.refuse("rules.other", "2020-05-05", s)
	s = version("1")
	s.Rules = strings.Replace(s.Rules, `"when": "registered"`, `"when": "registred"`, 1)
	r.refuse("rules.near", "2020-05-05", s)
	s = version("1")
	s.Rules = strings.Replace(s.Rules, `"jurisdiction": "62"`, `"jurisdiction": "65"`, 1)
	r.refuse("rules.scope", "2020-05-05", s)
	r.refuse("data.line", "2020-05-05", &card.Data{Area: village, Office: "x", Households: []string{"H1"}, Lines: []string{"H1 income=5"}})
	r.refuse("data.line", "2020-05-05", &card.Data{Area: village, Office: "x", Households: []string{"H1"}, Lines: []string{"H2 vehicle=yes"}})
	r.refuse("data.line", "2020-05-05", &card.Data{Area: village, Office: "x", Households: []string{"H1"}, Lines: []string{"H1 vehicle=perhaps"}})
	r.refuse("data.line", "2020-05-05", &card.Data{Area: village, Office: "x", Households: []string{"H1"}, Lines: []string{"H1 vehicle=yes", "H1 absent=no"}})
}

// What a card says of a household is what was recorded by the day, and erasing personal data changes none of it.
func TestCards(t *testing.T) {
	r := open(t)
	r.do("2020-05-20", &casework.Watch{Household: "H3", Group: "marginal", Risks: []string{"illness"}, Found: "visit"})
	r.do("2020-05-21", &household.Measure{Area: village, Cause: "skill", What: "Course", Batch: "industry", Households: []string{"H1"}})
	show := func(id string, on date.Date) map[string]string {
		t.Helper()
		register, err := card.OpenRegister(ctx, r.Store.DB)
		if err != nil {
			t.Fatal(err)
		}
		s, err := register.Cards(ctx, county, []string{id}, on)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]string{}
		for i, v := range card.Variables() {
			if s.Rows() > 0 && s.Known(0, i) {
				values[v.Name] = s.Text(0, i)
			}
		}
		return values
	}
	h1 := show("H1", "2020-09-01")
	for name, want := range map[string]string{"village": village, "registered": "yes", "status": "registered", "residents": "2", "members": "2", "labour": "2", "aged": "0", "children": "0",
		"income": "700000", "wage": "700000", "income_age": "124", "line": "400000", "monitoring_line": "600000", "vehicle": "no", "watched": "no", "helped_months": "3", "helped_causes": "skill",
		"visited_months": "3", "registered_months": "80", "causes": "skill"} {
		if h1[name] != want {
			t.Errorf("%s of H1 is %q, want %q", name, h1[name], want)
		}
	}
	for _, name := range []string{"income_before", "students", "rigid_spending", "house_grade", "food", "house_bought", "exited_months", "dibao_months", "watched_months"} {
		if value, known := h1[name]; known {
			t.Errorf("%s of H1 is %q, and nobody has recorded it", name, value)
		}
	}
	if h3 := show("H3", "2020-07-20"); h3["watched"] != "yes" || h3["watched_months"] != "2" || h3["aged"] != "2" || h3["labour"] != "0" {
		t.Errorf("H3 is %v", h3)
	}
	if early := show("H1", "2020-05-02"); early["residents"] != "2" || early["income"] != "" || early["vehicle"] != "" {
		t.Errorf("before the visit H1 is %v", early)
	}
	if none := show("H1", "2020-05-01"); len(none) != 0 {
		t.Errorf("before its card H1 is %v", none)
	}
	e, _, err := entity.Get(ctx, r.Store.DB, county, household.Type, "H1")
	if err != nil {
		t.Fatal(err)
	}
	r.do("2020-09-01", &fact.Erasure{Entry: e.Seq, Reason: "asked for"}, by(fact.Operator), func(d *fact.Draft) { d.Approvers = []string{"approver"} })
	if after := show("H1", "2020-09-01"); fmt.Sprint(after) != fmt.Sprint(h1) {
		t.Errorf("after the erasure H1 is %v", after)
	}
}

// What another office says of a household is private: it stands in no public part of the books, can be erased on request, and then neither the chain nor a replay of the list that was
// worked out from it says anything else than before.
func TestOfficeDataCanBeErased(t *testing.T) {
	r := open(t)
	const planted = "rigid_spending=18765.43"
	data := r.do("2020-05-05", &card.Data{Area: village, Office: "Medical insurance", Households: []string{"H1", "H3"}, Lines: []string{"H1 " + planted, "H3 vehicle=yes"}})
	r.do("2020-05-10", version("1"))
	run := r.freeze("2020-05-10", "R1")
	if slices.Contains(run.Chosen, "H3") || slices.Contains(run.Waiting, "H3") {
		t.Fatal("who has a car is on the list: the test does not see what it is for")
	}
	r.do("2020-05-10", run)
	for _, text := range []string{"SELECT body FROM entry", "SELECT role FROM concern", "SELECT name FROM entity"} {
		rows, err := r.Store.DB.Query(ctx, text)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var value string
			if err := rows.Scan(&value); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(value, planted) || strings.Contains(value, "18765") {
				t.Errorf("%s shows %q", text, value)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r.do("2020-05-12", &fact.Erasure{Entry: data.Seq, Reason: "asked for"}, by("admin"))
	entry, ok, err := journal.Get(ctx, r.Store.DB, county, data.Seq)
	if err != nil || !ok || entry.Private != "" {
		t.Fatalf("the data is %q after the erasure (%v)", entry.Private, err)
	}
	again := r.freeze("2020-05-13", "R2")
	if strings.Join(again.Reasons, "\n") == strings.Join(run.Reasons, "\n") {
		t.Error("what was erased is still known to a later run")
	}
	r.do("2020-05-13", again)
	forged := *again
	forged.ID, forged.Waiting = "R3", nil
	forged.Chosen = append(slices.Clone(again.Chosen), "H5")
	forged.Hash = notice.Hash(forged.Chosen)
	r.refuse("run.differs", "2020-05-14", &forged) // that something was erased before is no leave to state another list
	rebuilt, err := rebuild.Rebuild(ctx, r.Store.DB, rebuild.Options{})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := verify.Verify(ctx, r.Store.DB, r.Store.Evidence, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(rebuilt.Differences, verified.Differences...) {
		t.Errorf("%s", d)
	}
}
