// Package sweep asks the screening queries of every card of a book and opens an alert where one is met, so that somebody goes and looks.
//
//	queries   the ten groups of the sweeps, as data in CEL over the card (see package card)      queries.json
//	alert     a household that should be looked at, and why                                      alert
//	answer    somebody has looked: no risk, helped, or taken under watch                         alert-answer
//
// A sweep can be run as often as one likes: a household has at most one open alert of a query, and at most one of a query and year. What nobody
// knows is not a hit and not a miss: the households of which a query cannot be answered are counted apart, with what would have to be known.
//
// An alert decides nothing. Being watched begins with a watch, after a visit (see package casework).
package sweep

import (
	"context"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/rule"
	"lastmile/internal/rule/condition"
	"lastmile/internal/targeting/card"
)

//go:embed sweep.go
var source string

func init() {
	fact.Register(source, (*Alert)(nil), (*Answer)(nil))
	figure.Declare(
		figure.Measure{ID: "alert-opened", En: "Alerts opened", Zh: "预警", Unit: "alerts"},
		figure.Measure{ID: "alert-open", En: "Alerts open", Zh: "未处置预警", Unit: "alerts"},
	)
}

// Queries are what a sweep asks.
type Queries struct {
	rule.Document
	Queries []Query `json:"queries"`
}

// Query is one group of households at risk.
type Query struct {
	ID    string    `json:"id"`
	Title rule.Text `json:"title"`
	When  string    `json:"when"` // in CEL: see package condition
	Risk  string    `json:"risk"` // code of the list of causes that it points to

	ask *condition.Condition
}

//go:embed queries.json
var embedded string

// Published reads the embedded queries: the ten groups of 2022.
var Published = sync.OnceValues(func() (*Queries, error) { return Read(embedded) })

// Read reads queries from JSON. The error names everything that is wrong.
func Read(text string) (*Queries, error) {
	return rule.NewLibrary("screening queries", func() *Queries { return &Queries{} }, (*Queries).compile).Add(strings.NewReader(text))
}

func (q *Queries) compile() error {
	if err := q.Problems(); err != nil {
		return err
	}
	if len(q.Queries) == 0 {
		return fault.New(fault.Invalid, "sweep.document", "there are no queries").For("queries").Mend("Add at least one.")
	}
	var problems fault.List
	for i := range q.Queries {
		query := &q.Queries[i]
		if query.ID == "" || !query.Title.Complete() || slices.ContainsFunc(q.Queries[:i], func(other Query) bool { return other.ID == query.ID }) {
			problems = append(problems, fault.New(fault.Invalid, "sweep.query", "query %d needs an id of its own, and a title in en and zh", i+1).For("queries").Mend("Correct it."))
		}
		if !slices.ContainsFunc(household.Causes(), func(c household.Cause) bool { return c.Code == query.Risk }) {
			problems = append(problems, fault.New(fault.Invalid, "sweep.risk", "query %d: %q is no risk", i+1, query.Risk).For("queries").Mend("Use the codes of the list of causes."))
		}
		var err error
		query.ask, err = card.Language().Compile(query.When)
		for _, e := range fault.All(err) {
			placed := *e
			placed.Text, placed.Args = "query %d: "+e.Text, append([]any{i + 1}, e.Args...)
			problems = append(problems, &placed)
		}
		if err != nil && fault.All(err) == nil {
			return err
		}
	}
	if problems != nil {
		return problems
	}
	return nil
}

// Query finds a query by its id, nil when there is none.
func (q *Queries) Query(id string) *Query {
	for i := range q.Queries {
		if q.Queries[i].ID == id {
			return &q.Queries[i]
		}
	}
	return nil
}

// Uses is the variables that the queries read, as bits.
func (q *Queries) Uses() uint64 {
	var uses uint64
	for i := range q.Queries {
		uses |= q.Queries[i].ask.Uses
	}
	return uses
}

// Found is what one query found.
type Found struct {
	Query   *Query
	Hits    []int // rows of the cards, in their order
	Unknown int   // households of which it cannot be answered
	Missing []Gap // what would have to be known, the most frequent first
}

// Gap is a variable that is missing, and for how many households.
type Gap struct {
	Variable   string `json:"variable"`
	Households int    `json:"households"`
}

// Screen asks all queries of all cards.
func (q *Queries) Screen(cards *card.Set) []Found {
	list := make([]Found, len(q.Queries))
	missing := make([]map[string]int, len(q.Queries))
	for i := range q.Queries {
		list[i].Query, missing[i] = &q.Queries[i], map[string]int{}
	}
	row := cards.Row()
	for at := range cards.Rows() {
		row.Move(at)
		for i := range q.Queries {
			switch reply := q.Queries[i].ask.Ask(row); reply.Answer {
			case condition.Yes:
				list[i].Hits = append(list[i].Hits, at)
			case condition.Unknown:
				list[i].Unknown++
				for _, name := range cards.Language().Names(reply.Missing) {
					missing[i][name]++
				}
			}
		}
	}
	for i := range list {
		for name, n := range missing[i] {
			list[i].Missing = append(list[i].Missing, Gap{name, n})
		}
		slices.SortFunc(list[i].Missing, func(a, b Gap) int {
			if a.Households != b.Households {
				return b.Households - a.Households
			}
			return strings.Compare(a.Variable, b.Variable)
		})
	}
	return list
}

// Sweep is what the queries found in an area of a book on a day, and what is new.
type Sweep struct {
	Book  string
	On    date.Date
	Cards *card.Set
	Found []Found
	New   []Alert // not yet recorded
	Open  int     // hits that have an alert already
}

// Look screens the households of an area of a book. It records nothing.
func (q *Queries) Look(ctx context.Context, r database.Reader, book, area string, on date.Date) (*Sweep, error) {
	if !q.Valid.Contains(on) {
		return nil, fault.New(fault.Invalid, "sweep.early", "queries %s hold from %s, not on %s", q.ID, q.Valid.From, on).For("on").Mend("Choose a day on which they hold.")
	}
	register, err := card.OpenRegister(ctx, r)
	if err != nil {
		return nil, err
	}
	ids, err := register.Households(ctx, book, area)
	if err != nil {
		return nil, err
	}
	cards, err := register.Cards(ctx, book, ids, on)
	if err != nil {
		return nil, err
	}
	s := &Sweep{Book: book, On: on, Cards: cards, Found: q.Screen(cards)}
	alerts, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: AlertType})
	if err != nil {
		return nil, err
	}
	there, open := map[string]bool{}, map[string]bool{}
	for _, a := range alerts {
		there[a.ID] = true
		open[a.Class+" "+a.Parent] = open[a.Class+" "+a.Parent] || a.Status == Open
	}
	for _, f := range s.Found {
		for _, row := range f.Hits {
			id := cards.IDs[row]
			a := Alert{ID: alertID(f.Query.ID, id, on), Household: id, Query: f.Query.ID, Found: "screening", Risk: f.Query.Risk, Why: cut(f.Query.Title.English + " " + f.Query.Title.Chinese)}
			if there[a.ID] || open[a.Query+" "+id] {
				s.Open++
				continue
			}
			s.New = append(s.New, a)
		}
	}
	return s, nil
}

const whyMax = 200

func cut(text string) string {
	if runes := []rune(text); len(runes) > whyMax {
		return string(runes[:whyMax])
	}
	return text
}

func alertID(query, household string, on date.Date) string {
	return household + "." + query + "." + strconv.Itoa(on.Year())
}

// Drafts are the alerts of a sweep to be recorded. Each has a key of its own, so that two sweeps at the same time open it once.
func (s *Sweep) Drafts(actor string) []fact.Draft {
	drafts := make([]fact.Draft, len(s.New))
	for i := range s.New {
		drafts[i] = fact.Draft{Fact: &s.New[i], Book: s.Book, Key: "alert." + s.New[i].ID, On: s.On, Actor: actor, Source: "sweep"}
	}
	return drafts
}

// AlertType is the type of the entity that an alert is.
const AlertType = "alert"

// States of an alert: open, or the answer to it.
const Open = "open"

// Alert says that a household should be looked at, from the effective date on: a sweep, a visit, an office or the household itself points to
// a risk.
type Alert struct {
	_         struct{} `kind:"alert" en:"Alert" zh:"返贫风险预警" by:"county-assistant,programme-officer" book:"household" area:"household" defines:"alert"`
	ID        string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,100}" hint:"Letters, digits, dot, dash, low line." hint_zh:"字母、数字、点、横线、下划线。"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household" entity:"parent"`
	Query     string   `json:"query" en:"Screening query" zh:"排查类别" length:"40" optional:"" entity:"class" hint:"Of the sweep that found it; empty otherwise." hint_zh:"由集中排查产生时填写。"`
	Found     string   `json:"found" en:"How it was found" zh:"发现方式" choices:"screening=Screening=部门筛查;visit=Visit=干部走访;self-report=Self-report=农户申报"`
	Risk      string   `json:"risk" en:"Risk" zh:"风险类型" length:"20" hint:"A code from the list of causes, such as illness." hint_zh:"致贫原因代码，如 illness。"`
	Why       string   `json:"why" en:"What points to it" zh:"预警情形" length:"200"`
}

// Record opens the alert, and refuses a second one of the same query while one is open.
func (a *Alert) Record(tx *fact.Tx) error {
	if !slices.ContainsFunc(household.Causes(), func(c household.Cause) bool { return c.Code == a.Risk }) {
		return fault.New(fault.Invalid, "alert.risk", "%q is no risk", a.Risk).For("risk").Mend("Use the codes of the list of causes.")
	}
	h, err := tx.Need("household", household.Type, a.Household)
	if err != nil {
		return err
	}
	e, err := tx.Need("id", AlertType, a.ID)
	if err != nil {
		return err
	}
	if a.Query != "" {
		lock := a.Query + "/" + a.Household
		old, ok, err := tx.Entity(lockType, lock)
		if err != nil {
			return err
		}
		if ok && old.Status == Open && old.Name != a.ID {
			return fault.New(fault.Conflict, "alert.open", "household %s has an open alert of query %s: %s", a.Household, a.Query, old.Name).For("household").Mend("Answer that one first.")
		}
		if err := tx.Put(entity.Entity{Type: lockType, ID: lock, Name: a.ID, Status: Open, Area: h.Area, Parent: a.Household}); err != nil {
			return err
		}
	}
	e.Name, e.Status, e.Area = a.Why, Open, h.Area
	if err := tx.Put(e); err != nil {
		return err
	}
	tx.Concern(household.Type, a.Household, "")
	for _, measure := range []string{"alert-opened", "alert-open"} {
		if err := tx.Observe(measure, 1, figure.Observation{Subject: a.ID, Area: h.Area}); err != nil {
			return err
		}
	}
	return nil
}

// lockType is the type of the entity that holds the place of the one open alert of a query and household.
const lockType = "alert-open"

// TakeBack makes way for a correction; an alert that was answered stays.
func (a *Alert) TakeBack(tx *fact.Tx) error {
	e, err := tx.Need("entry", AlertType, a.ID)
	if err != nil {
		return err
	}
	if e.Status != Open {
		return fault.New(fault.Conflict, "alert.answered", "alert %s was answered: %s", a.ID, e.Status).For("entry").Mend("Take the answer back first.")
	}
	return a.set(tx, "withdrawn")
}

// set changes the state of the alert, and gives the place of its query free or takes it again.
func (a *Alert) set(tx *fact.Tx, status string) error {
	if a.Query != "" {
		if err := tx.SetStatus(lockType, a.Query+"/"+a.Household, status); err != nil {
			return err
		}
	}
	return tx.SetStatus(AlertType, a.ID, status)
}

// Answer closes an alert, on the effective date, after somebody has looked.
type Answer struct {
	_      struct{} `kind:"alert-answer" en:"Answer to an alert" zh:"预警处置" by:"county-assistant,programme-officer" book:"alert" area:"alert"`
	Alert  string   `json:"alert" en:"Alert" zh:"预警" ref:"alert"`
	Result string   `json:"result" en:"Result" zh:"处置结果" choices:"no-risk=No risk=无风险;helped=Helped=已帮扶;watched=Taken under watch=纳入监测"`
	Text   string   `json:"text" en:"What was found" zh:"核实情况" length:"500"`
}

// Record closes the alert. That a household was taken under watch is said only when it was.
func (a *Answer) Record(tx *fact.Tx) error {
	alert, err := fact.Get[Alert](tx, AlertType, a.Alert)
	if err != nil {
		return err
	}
	e, err := tx.Need("alert", AlertType, a.Alert)
	if err != nil {
		return err
	}
	if e.Status != Open {
		return fault.New(fault.Conflict, "alert.answered", "alert %s was answered: %s", a.Alert, e.Status).For("alert").Mend("Take the answer back first.")
	}
	if a.Result == "watched" {
		if w, ok, err := tx.Entity("watch", alert.Household); err != nil {
			return err
		} else if !ok || w.Status != Open {
			return fault.New(fault.Conflict, "alert.watch", "household %s is not under watch", alert.Household).For("result").Mend("Record the watch first.")
		}
	}
	tx.Concern(household.Type, alert.Household, "")
	if err := alert.set(tx, a.Result); err != nil {
		return err
	}
	return tx.Observe("alert-open", -1, figure.Observation{Subject: a.Alert, Area: e.Area})
}

// TakeBack opens the alert again.
func (a *Answer) TakeBack(tx *fact.Tx) error {
	alert, err := fact.Get[Alert](tx, AlertType, a.Alert)
	if err != nil {
		return err
	}
	return alert.set(tx, Open)
}
