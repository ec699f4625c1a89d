// Package casework takes households, villages and counties through their official procedures, one recorded step after the other.
//
//	case        a list of households, or a village or county, and the procedure it goes through
//	case-list   a change of the list, which voids what was decided about the list before
//	case-step   one step: who acted, how many, with what documents, on what day
//
//	acceptance-sample   the households that a county's assessment asks, drawn by a published seed
//	sample-visits       what came of each, from which the four indicators of the assessment follow
//
// A step that does not count on its day is refused with the reason: it comes too early, by the wrong body, without its document, while a
// notice still runs or an objection is open. With the last step the case is done, and only then, and in no other way, is a household registered or
// exited. A household leaves poverty only when its last decision says that it may. What was decided on wrong grounds is not edited:
// wrong-exit and relapse are events of their own, with their own dates.
//
//	identification  known              → registered     household-registered, people-registered
//	household exit  registered         → exited         household-exited, people-lifted
//	wrong exit      exited             → exit_reversed  exit-reversed, and counted off household-exited and people-lifted from its date on
//	relapse         exited             → relapsed       household-relapsed, people-relapsed
//	village exit, county exit          village-exited, county-exited
//	end of a watch                     watch-closed, and counted off watch-running
//
// A household that leaves again after a relapse is another exit of the same people. So the sum of people-lifted counts each person once: a
// second exit counts 0, and a wrong one -1. How often people were lifted is the number of records.
package casework

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/procedure"
	"lastmile/internal/rule"
)

//go:embed casework.go
var source string

func init() {
	fact.Register(source, (*Case)(nil), (*List)(nil), (*Step)(nil))
	figure.Declare(
		figure.Measure{ID: "case-opened", En: "Cases opened", Zh: "立项事项", Unit: "cases"},
		figure.Measure{ID: "case-done", En: "Cases with every step done in order", Zh: "程序完整事项", Unit: "cases"},
		figure.Measure{ID: "household-registered", En: "Households registered as poor", Zh: "建档立卡贫困户", Unit: "households"},
		figure.Measure{ID: "people-registered", En: "People registered as poor", Zh: "建档立卡贫困人口", Unit: "persons"},
		figure.Measure{ID: "household-exited", En: "Households out of poverty", Zh: "脱贫户", Unit: "households"},
		figure.Measure{ID: "people-lifted", En: "People lifted out of poverty", Zh: "脱贫人口", Unit: "persons"},
		figure.Measure{ID: "village-exited", En: "Villages out of poverty", Zh: "退出贫困村", Unit: "villages"},
		figure.Measure{ID: "county-exited", En: "Counties out of poverty", Zh: "摘帽县", Unit: "counties"},
	)
}

// Type of the entity that a case is.
const Type = "case"

// States of a case.
const (
	Open = "open"
	Done = "done"
)

// Case opens a case under a procedure: with a list of households, or for a whole village or county, which then is its area.
type Case struct {
	_          struct{} `kind:"case" en:"Case" zh:"事项" by:"county-assistant,programme-officer" approve:"approver" book:"area" area:"area" defines:"case"`
	ID         string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,50}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Procedure  string   `json:"procedure" en:"Procedure" zh:"程序" entity:"class" length:"60" hint:"Such as household-exit-2016." hint_zh:"如 household-exit-2016。"`
	Area       string   `json:"area" en:"Area" zh:"地区" ref:"area" entity:"area"`
	Title      string   `json:"title" en:"Title" zh:"标题" entity:"name" length:"200" optional:""`
	Households []string `json:"households" en:"Households" zh:"农户名单" ref:"household" optional:"" hint:"Empty for a village or a county." hint_zh:"村、县事项留空。"`
}

// Record opens the case.
func (c *Case) Record(tx *fact.Tx) error {
	p, err := findProcedure(c.Procedure)
	if err != nil {
		return err
	}
	if !p.Holds(c.Area, tx.On) {
		return fault.New(fault.Invalid, "case.procedure", "procedure %s holds in %s from %s, not in area %s on %s", p.ID, p.Jurisdiction, p.Valid, c.Area, tx.On).For("procedure").
			Mend("Name the procedure in force.")
	}
	if ofHouseholds(p.Kind) == (len(c.Households) == 0) {
		return fault.New(fault.Invalid, "case.households", "a case of %s %s", p.Kind, map[bool]string{true: "lists the households it is about", false: "is about its area and lists no households"}[ofHouseholds(p.Kind)]).
			For("households").Mend("Correct the list or the procedure.")
	}
	if err := checkList(tx, p, c.Households); err != nil {
		return err
	}
	tx.Concern(Type, c.ID, "")
	for _, id := range c.Households {
		tx.Concern(household.Type, id, "")
	}
	if err := tx.SetStatus(Type, c.ID, Open); err != nil {
		return err
	}
	return tx.Observe("case-opened", 1, figure.Observation{Subject: c.ID})
}

// TakeBack lets a case be corrected as long as nobody has acted on it; from then on its list changes by a change of the list.
func (c *Case) TakeBack(tx *fact.Tx) error {
	f, err := open(tx, c.ID)
	if err != nil {
		return err
	}
	if f != nil && len(f.steps) > 0 {
		return fault.New(fault.Conflict, "case.begun", "case %s has recorded steps", c.ID).For("entry").Mend("Record a change of its list.")
	}
	return nil
}

func ofHouseholds(k procedure.Kind) bool {
	return k == procedure.Identification || k == procedure.HouseholdExit || k == procedure.EndOfWatch
}

// wanted are what a household may be registered as to be on a list.
func wanted(k procedure.Kind) []string {
	switch k {
	case procedure.Identification:
		return []string{household.Known}
	case procedure.HouseholdExit:
		return []string{string(decision.InPoverty), string(decision.PreExit), string(decision.Relapsed), string(decision.ExitReversed)}
	}
	return nil
}

// checkList refuses households that are not what the procedure is for.
func checkList(tx *fact.Tx, p *procedure.Procedure, list []string) error {
	for i, id := range list {
		if slices.Contains(list[:i], id) {
			return fault.New(fault.Invalid, "case.twice", "household %s is listed twice", id).For("households").Mend("List it once.")
		}
		e, err := tx.Need("households", household.Type, id)
		if err != nil {
			return err
		}
		if w := wanted(p.Kind); w != nil && !slices.Contains(w, e.Status) {
			return fault.New(fault.Conflict, "case.status", "household %s is %s; %s is for households that are %s", id, e.Status, p.ID, strings.Join(w, " or ")).For("households").
				Mend("Take it off the list.")
		}
	}
	return nil
}

func findProcedure(id string) (*procedure.Procedure, error) {
	library, err := procedure.Published()
	if err != nil {
		return nil, err
	}
	p, ok := library.Get(id)
	if !ok {
		return nil, fault.New(fault.NotFound, "procedure.unknown", "there is no procedure %q", id).For("procedure").Mend("Use one of: %s.", strings.Join(library.IDs(), ", "))
	}
	return p, nil
}

// List changes the list of a case. Who is added has not been appraised: every step must be done again. When somebody is taken off, what was done
// before the first notice stands, and the notice and all after it must be done again.
type List struct {
	_      struct{} `kind:"case-list" en:"Change of a list" zh:"名单调整" by:"county-assistant,programme-officer" approve:"approver" book:"case" area:"case"`
	Case   string   `json:"case" en:"Case" zh:"事项" ref:"case"`
	Add    []string `json:"add" en:"Added" zh:"增加" ref:"household" optional:""`
	Remove []string `json:"remove" en:"Taken off" zh:"移出" ref:"household" optional:""`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"500"`
}

// Record changes the list.
func (l *List) Record(tx *fact.Tx) error {
	f, err := need(tx, "case", l.Case)
	if err != nil {
		return err
	}
	if f.status == Done {
		return fault.New(fault.Conflict, "case.done", "case %s is done", l.Case).For("case").Mend("Open another case.")
	}
	if err := checkList(tx, f.procedure, l.Add); err != nil {
		return err
	}
	for _, id := range l.Remove {
		if !slices.Contains(f.list, id) {
			return fault.New(fault.Invalid, "list.unlisted", "household %s is not on the list of case %s", id, l.Case).For("remove").Mend("Correct the code.")
		}
	}
	for _, id := range l.Add {
		if slices.Contains(f.list, id) {
			return fault.New(fault.Invalid, "list.listed", "household %s is on the list of case %s already", id, l.Case).For("add").Mend("Correct the code.")
		}
	}
	if len(l.Add)+len(l.Remove) == 0 || len(f.list)+len(l.Add) == len(l.Remove) {
		return fault.New(fault.Invalid, "list.nothing", "the change leaves nothing to do").For("add").Mend("Say who is added or taken off; a list keeps at least one household.")
	}
	tx.Concern(Type, l.Case, "")
	for _, id := range slices.Concat(l.Add, l.Remove) {
		tx.Concern(household.Type, id, "")
	}
	return nil
}

// TakeBack is refused: taking a change back is a change too.
func (l *List) TakeBack(*fact.Tx) error {
	return fault.New(fault.Conflict, "list.back", "a change of a list cannot be taken back").For("entry").Mend("Record another change of the list.")
}

// Step is one step of a case, done on the effective date; for a notice, the day it was put up.
type Step struct {
	_         struct{} `kind:"case-step" en:"Step of a case" zh:"程序步骤" by:"county-assistant,programme-officer" book:"case" area:"case"`
	Case      string   `json:"case" en:"Case" zh:"事项" ref:"case"`
	Step      string   `json:"step" en:"Step" zh:"步骤" length:"40" hint:"As the procedure names it, such as appraisal." hint_zh:"按程序规定的步骤代码填写，如 appraisal（民主评议）。"`
	By        string   `json:"by" en:"Who acted" zh:"执行主体" choices:"household=Household=农户;village=Village=村;work_team=Work team=驻村工作队;township=Township=乡镇;county=County=县;prefecture=Prefecture=市;province=Province=省;third_party=Third party=第三方"`
	People    int64    `json:"people" en:"How many people acted" zh:"人数" min:"1" optional:""`
	Documents []string `json:"documents" en:"Kinds of document" zh:"材料" length:"40" optional:"" hint:"As the procedure names them, such as minutes." hint_zh:"按程序规定的材料代码填写，如 minutes（会议记录）。"`
	Measured  []string `json:"measured" en:"Measured" zh:"测定值" length:"80" optional:"" hint:"One line each: incidence=12/1043. Both numbers are kept." hint_zh:"每行一项，如 incidence=12/1043，分子分母均保留。"`
	Notice    string   `json:"notice" en:"Notice" zh:"公示" ref:"notice" optional:"" hint:"For a step that puts a list up." hint_zh:"公示步骤填写。"`
	Note      string   `json:"note" en:"Note" zh:"说明" length:"500" optional:""`
}

// Check reads what was measured.
func (s *Step) Check(p *fact.Problems) {
	if _, err := s.measured(); err != nil {
		p.Add("measured", "step.measured", "%v", err).Mend("Write one line each, such as incidence=12/1043.")
	}
}

// Ratios are what was measured, by name, each as the two numbers that were recorded.
func (s *Step) Ratios() (map[string]rule.Ratio, error) { return s.measured() }

func (s *Step) measured() (map[string]rule.Ratio, error) {
	all := map[string]rule.Ratio{}
	for _, line := range s.Measured {
		name, text, ok := strings.Cut(line, "=")
		if !ok || slices.Contains(workedOut, name) {
			return nil, fmt.Errorf("%q is no measurement: write NAME=NUMBER; %s are worked out from the records", line, strings.Join(workedOut, " and "))
		}
		r, err := rule.ParseRatio(text)
		if err != nil {
			return nil, err
		}
		all[name] = r
	}
	return all, nil
}

// Measures of procedures that nobody states: lastmile works them out for each household of the list.
const (
	exitEligible = "exit_eligible"
	endWatch     = "end_watch"
)

var workedOut = []string{exitEligible, endWatch}

// Record checks that the step counts on its day, and with the last one does what the case is for.
func (s *Step) Record(tx *fact.Tx) error {
	f, err := need(tx, "case", s.Case)
	if err != nil {
		return err
	}
	if f.status == Done {
		return fault.New(fault.Conflict, "case.done", "case %s is done", s.Case).For("case").Mend("Nothing needs to be done.")
	}
	step := f.step(s.Step)
	if step == nil {
		return fault.New(fault.Invalid, "step.unknown", "procedure %s has no step %q", f.procedure.ID, s.Step).For("step").Mend("Use one of: %s.", strings.Join(f.stepIDs(), ", "))
	}
	if err := f.checkNotice(s, step, tx.On); err != nil {
		return err
	}
	if step.Sample != nil {
		if err := f.checkSample(tx, s); err != nil {
			return err
		}
	}
	event, err := f.event(s, tx.On)
	if err != nil {
		return err
	}
	for _, c := range step.Conditions {
		if err := f.workOut(tx, c.Measure, event.Measured); err != nil {
			return err
		}
	}
	if before := procedure.State(f.procedure, f.record(), tx.On); slices.ContainsFunc(before.Done, func(d procedure.Done) bool { return d.Step == s.Step }) {
		return fault.New(fault.Conflict, "step.again", "step %s of case %s was done before", s.Step, s.Case).For("step").Mend("Nothing needs to be done.")
	}
	f.steps = append(f.steps, recordedStep{Step: s, on: tx.On, event: event})
	status := procedure.State(f.procedure, f.record(), tx.On)
	if why := refusal(status, s.Step); why != "" {
		return fault.New(fault.Conflict, "step.order", "step %s of case %s does not count on %s: %s", s.Step, s.Case, tx.On, why).For("step").
			Mend("Put right what is missing, then record the step with the day on which it is done.")
	}
	tx.Concern(Type, s.Case, "")
	if s.Step == "pre_exit" {
		for _, id := range f.list {
			if err := household.SetStatus(tx, id, decision.PreExit); err != nil {
				return err
			}
		}
	}
	if !status.Complete() {
		return nil
	}
	return f.complete(tx)
}

// refusal says why a step does not count; "" when it does, or when nothing is wrong but that its days still run.
func refusal(status procedure.Status, step string) string {
	if slices.ContainsFunc(status.Done, func(d procedure.Done) bool { return d.Step == step }) {
		return ""
	}
	var why []string
	for _, r := range status.Why {
		if r.Code == "still_running" && status.Next.ID == step {
			continue
		}
		why = append(why, r.Text("en"))
	}
	return strings.Join(why, "; ")
}

// TakeBack refuses to take back a step of a case that is done: what it did is undone by a dated event of its own.
func (s *Step) TakeBack(tx *fact.Tx) error {
	e, err := tx.Need("entry", Type, s.Case)
	if err != nil {
		return err
	}
	if e.Status == Done {
		return fault.New(fault.Conflict, "step.done", "case %s is done, its steps cannot be taken back", s.Case).For("entry").Mend("Record a wrong exit, or what else is true now.")
	}
	if s.Step != "pre_exit" {
		return nil
	}
	f, err := open(tx, s.Case)
	if err != nil {
		return err
	}
	for _, id := range f.list {
		if err := household.SetStatus(tx, id, decision.InPoverty); err != nil {
			return err
		}
	}
	return nil
}

// checkNotice holds a step that puts a list up against its notice.
func (f *file) checkNotice(s *Step, step *procedure.Step, on date.Date) error {
	if step.Days == 0 && s.Notice == "" {
		return nil
	}
	wrong := func(code, text string, args ...any) error {
		return fault.New(fault.Conflict, code, text, args...).For("notice").Mend("Freeze the list and put up a notice for this case first.")
	}
	n, ok := f.notices[s.Notice]
	switch {
	case !ok:
		return wrong("notice.missing", "step %s puts a list up, and case %s has no notice %q", s.Step, s.Case, s.Notice)
	case n.Hash != f.hash():
		return wrong("notice.list", "notice %s shows another list than case %s has now", s.Notice, s.Case)
	case n.on != on:
		return wrong("notice.day", "notice %s was put up on %s, the step says %s", s.Notice, n.on, on)
	case n.Days < int64(step.Days) || step.Days > 0 && n.DayKind != string(step.DayKind):
		return wrong("notice.days", "notice %s hangs for %d %s days, step %s asks for %d %s days", s.Notice, n.Days, n.DayKind, s.Step, step.Days, step.DayKind)
	}
	return nil
}

// complete does what the case is for.
func (f *file) complete(tx *fact.Tx) error {
	if err := tx.SetStatus(Type, f.Case.ID, Done); err != nil {
		return err
	}
	if err := tx.Observe("case-done", 1, figure.Observation{Subject: f.Case.ID}); err != nil {
		return err
	}
	switch f.procedure.Kind {
	case procedure.VillageExit:
		return tx.Observe("village-exited", 1, figure.Observation{Subject: f.Case.Area})
	case procedure.CountyExit:
		return tx.Observe("county-exited", 1, figure.Observation{Subject: f.Case.Area})
	}
	files, err := household.OpenAll(tx, f.list)
	if err != nil {
		return err
	}
	for _, h := range files {
		var err error
		switch f.procedure.Kind {
		case procedure.Identification:
			err = register(tx, h)
		case procedure.HouseholdExit:
			err = exit(tx, h)
		case procedure.EndOfWatch:
			err = closeWatch(tx, h)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func register(tx *fact.Tx, h *household.File) error {
	if err := checkStatus(tx, h.ID, procedure.Identification); err != nil {
		return err
	}
	return change(tx, h, decision.InPoverty, "household-registered", "people-registered", nil)
}

// exit is the one place where a household leaves poverty.
func exit(tx *fact.Tx, h *household.File) error {
	if err := checkStatus(tx, h.ID, procedure.HouseholdExit); err != nil {
		return err
	}
	if err := eligible(h, tx.On); err != nil {
		return err
	}
	return change(tx, h, decision.Exited, "household-exited", "people-lifted", liftedBefore(h, tx.On))
}

func checkStatus(tx *fact.Tx, id string, kind procedure.Kind) error {
	e, err := tx.Need("households", household.Type, id)
	if err != nil {
		return err
	}
	if w := wanted(kind); !slices.Contains(w, e.Status) {
		return fault.New(fault.Conflict, "case.status", "household %s is %s, not %s", id, e.Status, strings.Join(w, " or ")).For("case").Mend("Take it off the list and put the list up again.")
	}
	return nil
}

// eligible refuses a household whose last decision does not let it leave.
func eligible(h *household.File, on date.Date) error {
	d := h.DecisionOn(on)
	said := "there is no decision about it"
	if d != nil {
		if d.Fact.Outcome == string(decision.ExitEligible) {
			return nil
		}
		said = fmt.Sprintf("the decision of %s says %s (%s)", d.On, d.Fact.Outcome, strings.Join(d.Fact.Reasons, ", "))
	}
	return fault.New(fault.Conflict, "exit.ineligible", "household %s may not leave: %s", h.ID, said).For("case").Mend("Record a decision, or take it off the list.")
}

// liftedBefore are the people whom an earlier exit of the household lifted, unless it was wrong.
func liftedBefore(h *household.File, on date.Date) map[string]bool {
	lifted := map[string]bool{}
	for i, s := range h.Statuses {
		if s.Status != decision.Exited || s.On >= on || i+1 < len(h.Statuses) && h.Statuses[i+1].Status == decision.ExitReversed {
			continue
		}
		for _, m := range h.Present(s.On) {
			lifted[m.Person] = true
		}
	}
	return lifted
}

// change registers a household as something and counts it and the people who live there that day. Who was counted before counts 0.
func change(tx *fact.Tx, h *household.File, status decision.Status, households, people string, before map[string]bool) error {
	area := h.Area(tx.On)
	if err := household.SetStatus(tx, h.ID, status); err != nil {
		return err
	}
	once := func(again bool) int64 {
		if again {
			return 0
		}
		return 1
	}
	if err := tx.Observe(households, once(len(before) > 0), figure.Observation{Subject: h.ID, Area: area}); err != nil {
		return err
	}
	members := make([]decision.Member, len(h.Members))
	for i := range h.Members {
		members[i] = h.Members[i].Member
	}
	persons := decision.PersonsLifted(members, tx.On)
	if len(persons) == 0 {
		return fault.New(fault.Conflict, "case.nobody", "nobody lives in household %s on %s", h.ID, tx.On).For("case").Mend("Take it off the list: a household where nobody is left is cancelled, which is no exit.")
	}
	for _, person := range persons {
		if err := tx.Observe(people, once(before[person]), figure.Observation{Subject: person, Area: area}); err != nil {
			return err
		}
	}
	return nil
}

// noticeOf is a notice as the case's file has it.
type noticeOf struct {
	*notice.Notice
	on    date.Date
	entry journal.Entry
}
