package api

import (
	"context"
	"slices"

	"lastmile/internal/access"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/monitoring/sweep"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
)

// targetingOperations try rules, freeze lists, and sweep the register for households at risk.
func targetingOperations() []operation {
	return []operation{
		{method: "GET", path: "/targeting/runs", id: "listRuns", summary: "Lists that targeting rules gave, the newest first", scope: read, params: []param{oneBook, cursor, limit}, result: Runs{}, do: listRuns},
		{method: "GET", path: "/targeting/runs/{book}/{id}", id: "getRun", summary: "One list: who was chosen, who waits, and why", scope: read, params: []param{pathBook, pathID}, result: Run{}, do: getRun},
		{method: "POST", path: "/targeting/try", id: "tryRules", summary: "What rules would give on a day; nothing is recorded", scope: read, body: Trial{}, result: targeting.Summary{}, do: tryRules},
		{method: "POST", path: "/targeting/runs", id: "freezeRun", summary: "Freeze the list that rules in force give on a day", scope: record, params: []param{ownKey}, body: Freeze{}, result: Run{}, created: true, do: freezeRun},
		{method: "POST", path: "/monitoring/sweep", id: "sweepRegister", summary: "Look through the register of an area for households at risk, and open alerts if you say so", scope: record, body: Sweep{}, result: Swept{}, do: sweepRegister},
	}
}

// Runs is a page of lists.
type Runs struct {
	Runs []RunLine `json:"runs"`
	Next string    `json:"next,omitempty"`
}

// RunLine is a frozen list among others.
type RunLine struct {
	Book      string `json:"book"`
	ID        string `json:"id"`
	Programme string `json:"programme"`
	Version   string `json:"version" doc:"Of the rules."`
	Area      string `json:"area"`
	Status    string `json:"status" doc:"frozen, or approved with the day."`
	Hash      string `json:"hash" doc:"Of the list."`
	Seq       int64  `json:"seq"`
}

func showRun(e *entity.Entity) RunLine {
	return RunLine{e.Book, e.ID, e.Parent, e.Name, e.Area, e.Status, e.Class, e.Seq}
}

func listRuns(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]entity.Entity, error) {
		all, err := entity.Find(ctx, q.db(), entity.Filter{Book: book, Type: targeting.RunType})
		slices.SortFunc(all, func(a, b entity.Entity) int { return int(b.Seq - a.Seq) })
		return all, err
	}, areaOf)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(q, list, showRun)
	return Runs{page, next}, err
}

// Run is a frozen list.
type Run struct {
	Run       RunLine   `json:"run"`
	On        date.Date `json:"on"`
	RulesHash string    `json:"rules_hash"`
	Chosen    int       `json:"chosen"`
	Waiting   int       `json:"waiting"`
	Listed    []string  `json:"chosen_households,omitempty" doc:"By village and rank, for those who may see personal data of the area."`
	Next      []string  `json:"waiting_households,omitempty" doc:"The same of the waiting list."`
	Reasons   []string  `json:"reasons,omitempty" doc:"A line a household: code, outcome, score, place, and what decided."`
}

func getRun(q *call) (any, error) { return q.run(q.PathValue("book"), q.PathValue("id")) }

func (q *call) run(book, id string) (any, error) {
	run, e, err := targeting.FindRun(q.ctx, q.db(), book, id)
	if err != nil {
		return nil, err
	}
	if sees, err := q.caller.Sees(q.ctx, run.Area); err != nil {
		return nil, err
	} else if !sees {
		return nil, q.caller.Hidden(run.Area)
	}
	entry, _, err := journal.Get(q.ctx, q.db(), book, e.Seq)
	if err != nil {
		return nil, err
	}
	x := Run{Run: showRun(&e), On: entry.On, RulesHash: run.Rules, Chosen: len(run.Chosen), Waiting: len(run.Waiting)}
	personal, err := q.caller.SeesPersonal(q.ctx, run.Area)
	if personal {
		x.Listed, x.Next, x.Reasons = run.Chosen, run.Waiting, run.Reasons
	}
	return x, err
}

// countyOf is the county of an area in which the caller may do something.
func (q *call) countyOf(area string) (access.County, error) {
	if sees, err := q.caller.Sees(q.ctx, area); err != nil || area == "" {
		return access.County{}, err
	} else if !sees {
		return access.County{}, q.caller.Hidden(area)
	}
	counties, err := q.caller.Counties(q.ctx)
	if err != nil {
		return access.County{}, err
	}
	for _, c := range counties {
		if in, err := q.caller.Lies(q.ctx, area, c.Area); err != nil || in {
			return c, err
		}
	}
	return access.County{}, fault.New(fault.NotFound, "ref.unknown", "area %q lies in no designated county", area).For("area").Mend("Choose a county, town or village.")
}

// households refuses an area with more households than one request may judge.
func (q *call) households(c access.County, area string) error {
	register, err := card.OpenRegister(q.ctx, q.db())
	if err != nil {
		return err
	}
	ids, err := register.Households(q.ctx, c.Book, area)
	if err == nil && len(ids) > targeting.HouseholdsMax {
		err = fault.New(fault.Invalid, "run.large", "the area has %d households, a run may judge %d", len(ids), targeting.HouseholdsMax).For("area").Mend("Take it town by town.")
	}
	return err
}

// judged reads the area and the day of a request that judges households.
func (q *call) judged(area, on string) (access.County, date.Date, error) {
	if area == "" {
		return access.County{}, "", fault.New(fault.Invalid, "field.required", "the area is missing").For("area").Mend("Choose a county, town or village that you serve.")
	}
	c, err := q.countyOf(area)
	if err != nil {
		return c, "", err
	}
	day := q.today()
	if on != "" {
		if day, err = date.Parse(on); err != nil {
			return c, "", fault.New(fault.Invalid, "field.date", "%q is not a date", on).For("on").Mend("Write it as 2020-03-14.")
		}
	}
	return c, day, q.households(c, area)
}

// Trial is rules to be tried.
type Trial struct {
	Area  string `json:"area"`
	On    string `json:"on,omitempty" doc:"The day; today when left out."`
	Rules string `json:"rules" doc:"As docs/targeting.md has them."`
}

func tryRules(q *call) (any, error) {
	var sent Trial
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	c, on, err := q.judged(sent.Area, sent.On)
	if err != nil {
		return nil, err
	}
	programme, err := targeting.Compile(sent.Rules)
	if err != nil {
		return nil, err
	}
	result, gone, err := programme.JudgeRegister(q.ctx, q.db(), c.Book, sent.Area, on)
	if err != nil {
		return nil, err
	}
	summary := result.Summary(result.Compare(gone))
	personal, err := q.caller.SeesPersonal(q.ctx, sent.Area)
	if !personal {
		summary.Enter, summary.Leave, summary.Unsure, summary.Gone = []targeting.Explanation{}, []targeting.Explanation{}, []targeting.Explanation{}, []string{}
	}
	return summary, err
}

// Freeze says which list to freeze.
type Freeze struct {
	ID        string `json:"id" doc:"Code of the list."`
	Programme string `json:"programme" doc:"Code of the rules in force."`
	Area      string `json:"area"`
	On        string `json:"on,omitempty" doc:"The day; today when left out."`
}

func freezeRun(q *call) (any, error) {
	k := fact.Find("targeting-run")
	if !q.caller.MayRecord(k) {
		return nil, q.mayNotRecord(k)
	}
	var sent Freeze
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	c, on, err := q.judged(sent.Area, sent.On)
	if err != nil {
		return nil, err
	}
	run, _, err := targeting.Freeze(q.ctx, q.db(), c.Book, sent.ID, sent.Programme, sent.Area, on)
	if err != nil {
		return nil, err
	}
	if err := q.recorded(fact.Draft{Fact: run, Book: c.Book, Key: q.Header.Get("Idempotency-Key"), On: on, Actor: q.caller.Person, Source: "api"}); err != nil {
		return nil, err
	}
	return q.run(c.Book, sent.ID)
}

// Sweep says where to look.
type Sweep struct {
	Area string `json:"area"`
	On   string `json:"on,omitempty" doc:"The day; today when left out."`
	Open bool   `json:"open,omitempty" doc:"Record an alert for each household that has none of its kind."`
}

// Swept is what a sweep found.
type Swept struct {
	On         date.Date `json:"on"`
	Households int       `json:"households" doc:"Looked at."`
	Groups     []Group   `json:"groups"`
	New        int       `json:"new" doc:"Hits without an alert …"`
	Opened     int       `json:"opened" doc:"… for which one was recorded now."`
	Known      int       `json:"known" doc:"Hits that have an alert already."`
}

// Group is one group of households at risk.
type Group struct {
	ID      string      `json:"id"`
	En      string      `json:"en"`
	Zh      string      `json:"zh"`
	Risk    string      `json:"risk"`
	Hits    int         `json:"hits"`
	Unknown int         `json:"unknown" doc:"Households of which it cannot be said."`
	Missing []sweep.Gap `json:"missing" doc:"What would have to be known, the most frequent first."`
}

// alertsAtOnce is how many alerts are recorded in one commit.
const alertsAtOnce = 500

func sweepRegister(q *call) (any, error) {
	k := fact.Find("alert")
	var sent Sweep
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	if sent.Open && !q.caller.MayRecord(k) {
		return nil, q.mayNotRecord(k)
	}
	c, on, err := q.judged(sent.Area, sent.On)
	if err != nil {
		return nil, err
	}
	queries, err := sweep.Published()
	if err != nil {
		return nil, err
	}
	s, err := queries.Look(q.ctx, q.db(), c.Book, sent.Area, on)
	if err != nil {
		return nil, err
	}
	found := Swept{On: on, Households: s.Cards.Rows(), New: len(s.New), Known: s.Open, Groups: each(s.Found, func(f *sweep.Found) Group {
		return Group{f.Query.ID, f.Query.Title.English, f.Query.Title.Chinese, f.Query.Risk, len(f.Hits), f.Unknown, append([]sweep.Gap{}, f.Missing...)}
	})}
	if !sent.Open {
		return found, nil
	}
	for some := range slices.Chunk(s.Drafts(q.caller.Person), alertsAtOnce) {
		if _, err := q.api.store.Recorder.Record(q.ctx, some...); err != nil {
			return nil, err
		}
		found.Opened += len(some)
	}
	return found, nil
}
