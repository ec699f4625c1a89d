package targeting_test

import (
	"fmt"
	"strings"
	"testing"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/notice"
	"lastmile/internal/rule/condition"
	"lastmile/internal/table"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
	"lastmile/internal/testworld"
)

// ask answers a condition for one row of a table.
func ask(t *testing.T, on date.Date, when, columns, cells string) condition.Answer {
	t.Helper()
	text := "household,village," + columns + "\nH1," + cells + "\n"
	rows, err := table.NewReader(strings.NewReader(text), int64(len(text)), "t.csv", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := card.Read(rows, on, ^uint64(0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := card.Language().Compile(when)
	if err != nil {
		t.Fatal(err)
	}
	return c.Ask(s.Row()).Answer
}

// The numbers are those of the edge cases of the field's handbook.
func TestEdgeCases1To3And8Income(t *testing.T) {
	const poor = "income <= line * members"
	for _, c := range []struct {
		name           string
		on             date.Date
		columns, cells string
		want           condition.Answer
	}{
		{"1 exactly at the line is still poor", "2019-06-01", "income,members", "620524,11241.00,3", condition.Yes},
		{"1 one fen above is not", "2019-06-01", "income,members", "620524,11241.01,3", condition.No},
		{"2 a third of a yuan is compared by multiplication: below", "2019-06-01", "income,members,line", "620524,10000.00,3,3333.34", condition.Yes},
		{"2 and above", "2019-06-01", "income,members,line", "620524,10000.00,3,3333.33", condition.No},
		{"2 a seventh", "2019-06-01", "income,members,line", "620524,10000.00,7,1428.57", condition.No},
		{"3 a loss", "2019-06-01", "income,members", "620524,-500.00,3", condition.Yes},
		{"3 nothing", "2019-06-01", "income,members", "620524,0,3", condition.Yes},
		{"3 nobody shares it: nothing is above the line, but nothing below it either", "2019-06-01", "income,members", "620524,0,0", condition.Yes},
		{"3 nobody has asked", "2019-06-01", "income,members", "620524,,3", condition.Unknown},
		{"8 the line of the province holds, 3,500", "2018-06-01", "income,members", "620524,3500.01,1", condition.No},
		{"8 and elsewhere that of the nation, 3,535", "2018-06-01", "income,members", "653127,3500.01,1", condition.Yes},
		{"8 the line of the year", "2019-06-01", "income,members", "653127,3700.00,1", condition.Yes},
		{"8 no line is published for the year: unknown", "2023-06-01", "income,members", "653127,100.00,1", condition.Unknown},
	} {
		if got := ask(t, c.on, poor, c.columns, c.cells); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// values are the known variables of one household on a day; none when it is not judged.
func (r *register) values(id string, on date.Date) map[string]string {
	r.t.Helper()
	register, err := card.OpenRegister(ctx, r.Store.DB)
	if err != nil {
		r.t.Fatal(err)
	}
	s, err := register.Cards(ctx, county, []string{id}, on)
	if err != nil {
		r.t.Fatal(err)
	}
	values := map[string]string{}
	for i, v := range card.Variables() {
		if s.Rows() > 0 && s.Known(0, i) {
			values[v.Name] = s.Text(0, i)
		}
	}
	return values
}

// Edge case 4: who split lately can be seen, and the income goes along with the people.
func TestEdgeCase4Split(t *testing.T) {
	r := open(t)
	r.do("2020-05-10", &household.Household{ID: "H9", Area: village, Standard: "national", Attribute: "ordinary", MainCause: "skill"})
	r.do("2020-05-10", &household.Split{Household: "H1", New: "H9", Members: []string{"H1-02"}, Reason: "She married."})
	if before := r.values("H1", "2020-05-09"); before["members"] != "2" || before["changed_months"] != "" {
		t.Errorf("before the split H1 is %v", before)
	}
	h1, h9 := r.values("H1", "2020-06-11"), r.values("H9", "2020-06-11")
	if h1["members"] != "1" || h1["changed_months"] != "1" || h1["income"] != "700000" || h9["members"] != "1" || h9["changed_months"] != "1" {
		t.Errorf("after the split H1 is %v and H9 %v", h1, h9)
	}
	if income, known := h9["income"]; known && income != "0" {
		t.Errorf("what H1-01 earned is counted for H9: %s", income)
	}
}

// Edge cases 3 and 9: a child is born, turns 16, and somebody turns 60, on the day.
func TestEdgeCase9Birthdays(t *testing.T) {
	r := open(t)
	r.do("2020-05-10", &household.Household{ID: "H9", Area: village, Standard: "national", Attribute: "ordinary", MainCause: "skill",
		Members: []string{"01 head 1960-07-01 male ordinary", "02 child 2004-07-02 female none", "03 parent - female none"}})
	if h := r.values("H9", "2020-06-30"); h["children"] != "" || h["aged"] != "" || h["residents"] != "3" {
		t.Errorf("with a birth date that nobody knows it is %v", h)
	}
	r.do("2020-05-11", &household.Departure{Member: "H9-03", Reason: "died"})
	for on, want := range map[date.Date]string{"2020-06-30": "1 0", "2020-07-01": "1 1", "2020-07-02": "0 1"} {
		if h := r.values("H9", on); h["children"]+" "+h["aged"] != want {
			t.Errorf("on %s it has %s children and %s old people, want %s", on, h["children"], h["aged"], want)
		}
	}
	r.do("2020-07-05", &household.Member{Household: "H9", Number: "04", Relation: "grandchild", Birth: "2020-07-04", Sex: "female", Labour: "none", Reason: "born"})
	if h := r.values("H9", "2020-07-05"); h["children"] != "1" || h["members"] != "3" {
		t.Errorf("with the newborn it is %v", h)
	}
}

// Edge case 12: what was learned later does not change what a day was judged by.
func TestEdgeCase12LateEvidence(t *testing.T) {
	r := open(t)
	r.do("2020-05-05", version("1"))
	before := r.freeze("2020-05-20", "R1")
	r.do("2020-05-25", &card.Data{Area: village, Office: "Vehicle registry", Households: []string{"H1"}, Lines: []string{"H1 vehicle=yes"}})
	if again := r.freeze("2020-05-20", "R1"); again.Hash != before.Hash {
		t.Errorf("as of a day before the evidence the list is %v, was %v", again.Chosen, before.Chosen)
	}
	if after := r.freeze("2020-05-25", "R1"); fmt.Sprint(after.Chosen) != "[H2 H3]" {
		t.Errorf("with the evidence the list is %v", after.Chosen)
	}
}

// Edge case 13: people of one name are different households, and one that has moved to another county is judged there.
func TestEdgeCase13HomonymsAndMoves(t *testing.T) {
	r := open(t)
	r.do("2020-05-05", version("1"))
	if run := r.freeze("2020-05-10", "R1"); len(run.Reasons) != 5 {
		t.Errorf("of five households whose heads have one name %d are judged", len(run.Reasons))
	}
	r.do("2020-05-12", &household.MoveOut{Household: "H1", Move: "M-1", To: testworld.Maigaiti, Document: "x"})
	if h := r.values("H1", "2020-05-13"); len(h) != 0 {
		t.Errorf("after it moved H1 is judged: %v", h)
	}
	if h := r.values("H1", "2020-05-11"); h["registered"] != "yes" {
		t.Errorf("as of a day before it moved H1 is %v", h)
	}
}

// Edge case 14: working days leave out the holidays, and the last day counts in full.
func TestEdgeCase14WorkingDays(t *testing.T) {
	r := open(t)
	working := version("1")
	working.Rules = strings.Replace(working.Rules, `"days": 7, "day_kind": "calendar"`, `"days": 5, "day_kind": "working"`, 1)
	r.do("2020-05-05", working)
	run := r.freeze("2020-06-22", "R1")
	r.do("2020-06-22", run)
	n := r.notice("2020-06-22", run, "N1")
	r.do("2020-06-22", n)
	calendar := *n
	calendar.ID, calendar.Days, calendar.DayKind = "N2", 30, "calendar"
	r.do("2020-06-22", &calendar)
	// 25 and 26 June 2020 were the Dragon Boat festival, and 28 June, a Sunday, was worked: five working days end on 30 June
	r.refuse("approval.early", "2020-06-29", &targeting.Approval{Run: "R1", Notice: "N1", Hash: run.Hash})
	until, err := n.Until("2020-06-22")
	if err != nil {
		t.Fatal(err)
	}
	r.refuse("approval.early", until, &targeting.Approval{Run: "R1", Notice: "N1", Hash: run.Hash})
	r.refuse("approval.days", "2020-08-01", &targeting.Approval{Run: "R1", Notice: "N2", Hash: run.Hash})
	late := &notice.Objection{ID: "O1", Notice: "N1", Anonymous: true, Text: "too late?", AnswerBy: "2020-09-01"}
	r.do("2020-08-01", late)
	r.refuse("approval.objection", "2020-08-01", &targeting.Approval{Run: "R1", Notice: "N1", Hash: run.Hash})
	r.do("2020-08-02", &notice.Answer{Objection: "O1", Verdict: notice.Rejected, Text: "The list stands."})
	r.do("2020-08-02", &targeting.Approval{Run: "R1", Notice: "N1", Hash: run.Hash})
}

// Edge case 20: two devices that contradict each other leave the income unknown, and the household undetermined, until a reviewer has settled it.
func TestEdgeCase20TwoDevices(t *testing.T) {
	r := open(t)
	r.do("2020-05-05", version("1"))
	for device, yuan := range map[string]int{"a": 5000, "b": 90000} {
		r.do("2020-05-06", &household.Visit{Household: "H1", Questionnaire: "visit-2014 1", Device: device, Signature: "signed", IncomeFrom: "2019-05-01", IncomeTo: "2020-04-30",
			Answers: []string{fmt.Sprintf("wage.local.01=%d", yuan)}})
	}
	if h := r.values("H1", "2020-05-07"); h["income"] != "" {
		t.Errorf("while the devices contradict each other the income is %s", h["income"])
	}
	if run := r.freeze("2020-05-07", "R1"); fmt.Sprint(run.Chosen) != "[H2 H3]" || !strings.Contains(strings.Join(run.Reasons, "\n"), "H1 undetermined 20 - income") {
		t.Errorf("the list is %v: %v", run.Chosen, run.Reasons)
	}
	r.do("2020-05-08", &household.AnswerReview{Household: "H1", Answer: "wage.local.01=5000", Why: "The pay slips."})
	if h := r.values("H1", "2020-05-09"); h["income"] != "500000" {
		t.Errorf("after the review the income is %s", h["income"])
	}
}

// A village whose town is another's is not within it.
func TestAreasDoNotMix(t *testing.T) {
	r := open(t)
	r.do("2020-05-05", &area.Area{Code: "620524101", Parent: county, Level: "town", Name: "洛门镇"}, by(fact.Operator))
	r.do("2020-05-05", version("1"))
	run, _, err := targeting.Freeze(ctx, r.Store.DB, county, "R1", "flock", "620524101", "2020-05-10")
	if err != nil || len(run.Chosen)+len(run.Reasons) != 0 {
		t.Errorf("a town without households gives %v, %v", run, err)
	}
}
