package api

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/due"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/lending"
	"lastmile/internal/search"
	"lastmile/internal/web/reading"
)

// workOperations read what waits for the caller, find things, and verify the books.
func workOperations() []operation {
	return []operation{
		{method: "GET", path: "/todo", id: "getTodo", summary: "What waits for you: proposals, what came back to you, milestones, notices that close, entries without proof, what is due", scope: read, result: Todo{}, do: getTodo},
		{method: "GET", path: "/search", id: "search", summary: "Figures, areas, projects, parties and funds by code, name, pinyin or its initials, and entries by voucher, receipt or place in a book", scope: read,
			params: []param{{"text", "query", "What is looked for.", true}}, result: Hits{}, do: searchAll},
		{method: "GET", path: "/verification", id: "getVerification", summary: "What the last verification of all books found, for those who see all of them", scope: read, result: Verification{}, do: getVerification},
		{method: "POST", path: "/verification", id: "verify", summary: "Recompute everything from the journal now, and compare", scope: record, result: Verification{}, do: verifyBooks},
	}
}

// shownMax is how much of each part of the work list is given, as the page has it.
const shownMax = 50

// Todo is a person's work list. Each part gives at most 50.
type Todo struct {
	Approve    []Proposal      `json:"approve" doc:"Wait for your word."`
	Returned   []Proposal      `json:"returned" doc:"Yours that were sent back and not replaced yet. What replaces one is recorded in its book under the key again-SEQ."`
	Own        []Proposal      `json:"own" doc:"Yours that wait for others."`
	Milestones []Milestone     `json:"milestones" doc:"That come soon or are late, of projects for which you may say that they were reached."`
	Closing    []ClosingNotice `json:"closing" doc:"Notices of cases of which you may record the next step, that end within 7 days, have run, or have an objection to answer."`
	Unproved   []Entry         `json:"unproved" doc:"Entries that nothing proves yet, for those who may add a proof."`
	Due        []Count         `json:"due" doc:"What else is due in your areas, by reason; see /due."`
	Arrears    int64           `json:"arrears" doc:"Loans in arrears in your areas; see /loans?list=arrears."`
}

// ClosingNotice is a notice at which a case stands.
type ClosingNotice struct {
	Notice
	Case       string   `json:"case" doc:"In the same book."`
	Objections []string `json:"objections" doc:"Codes of those to answer."`
}

// Milestone is one that a project has promised.
type Milestone struct {
	Book    string    `json:"book"`
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Project string    `json:"project"`
	Due     date.Date `json:"due"`
	Late    bool      `json:"late"`
}

// Count is a number of things of a kind.
type Count struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

func getTodo(q *call) (any, error) {
	t := Todo{Approve: []Proposal{}, Returned: []Proposal{}, Own: []Proposal{}, Milestones: []Milestone{}, Closing: []ClosingNotice{}, Unproved: []Entry{}, Due: []Count{}}
	for _, part := range []func(*Todo) error{q.proposalsFor, q.milestonesFor, q.closingFor, q.unprovedFor, q.dueFor} {
		if err := part(&t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// proposalsFor are the proposals that concern the caller.
func (q *call) proposalsFor(t *Todo) error {
	waiting, err := fact.Proposals(q.ctx, q.db(), "", fact.Waiting)
	if err != nil {
		return err
	}
	back, err := fact.Returned(q.ctx, q.db(), q.caller.Person)
	if err != nil {
		return err
	}
	for _, p := range slices.Concat(waiting, back) {
		to := &t.Own
		switch may, err := q.mayDecide(q.ctx, &p); {
		case err != nil:
			return err
		case may:
			to = &t.Approve
		case p.Status == fact.SentBack:
			to = &t.Returned
		case p.Actor != q.caller.Person:
			continue
		}
		if len(*to) == shownMax {
			continue
		}
		x, err := q.proposal(&p)
		if err != nil {
			return err
		}
		*to = append(*to, x)
	}
	return nil
}

func (q *call) milestonesFor(t *Todo) error {
	reached := fact.Find("milestone-reached")
	if !q.caller.MayRecord(reached) {
		return nil
	}
	all, err := due.Milestones(q.ctx, q.db(), q.today())
	if err != nil {
		return err
	}
	for _, m := range all {
		if may, err := q.caller.MayRecordIn(q.ctx, reached, m.Project.Area); err != nil {
			return err
		} else if may && len(t.Milestones) < shownMax {
			t.Milestones = append(t.Milestones, Milestone{m.Book, m.ID, m.Name, m.Parent, m.By, m.By < q.today()})
		}
	}
	return nil
}

func (q *call) closingFor(t *Todo) error {
	step := fact.Find("case-step")
	if !q.caller.MayRecord(step) {
		return nil
	}
	all, err := casework.FindClosing(q.ctx, q.db(), q.today())
	if err != nil {
		return err
	}
	for i := range all {
		c := &all[i]
		if may, err := q.caller.MayRecordIn(q.ctx, step, c.Case.Area); err != nil {
			return err
		} else if may && len(t.Closing) < shownMax {
			t.Closing = append(t.Closing, ClosingNotice{q.showNotice(c.Case.Book, c.Seq, c.On, c.Until, c.Notice), c.Case.ID, each(c.Objections, func(o *entity.Entity) string { return o.ID })})
		}
	}
	return nil
}

func (q *call) unprovedFor(t *Todo) error {
	proof := fact.Find("proof")
	if !q.caller.MayRecord(proof) {
		return nil
	}
	kinds := slices.Concat(due.Seen, due.Paid())
	counties, err := q.caller.Counties(q.ctx)
	if err != nil {
		return err
	}
	books := []entity.Entity{{ID: entity.Headquarters}}
	for _, c := range counties {
		books = append(books, entity.Entity{ID: c.Book, Area: c.Area})
	}
	for _, b := range books {
		if may, err := q.caller.MayRecordIn(q.ctx, proof, b.Area); err != nil {
			return err
		} else if !may {
			continue
		}
		list, err := journal.Unproved(q.ctx, q.db(), b.ID, kinds, shownMax-len(t.Unproved))
		if err != nil {
			return err
		}
		for i := range list {
			x, err := q.show(&list[i])
			if err != nil {
				return err
			}
			t.Unproved = append(t.Unproved, x)
		}
		if len(t.Unproved) == shownMax {
			break
		}
	}
	return nil
}

func (q *call) dueFor(t *Todo) error {
	list, err := q.dues()
	if err != nil {
		return err
	}
	for _, c := range due.Tally(list) {
		t.Due = append(t.Due, Count{c.Reason, c.N})
	}
	counties, err := q.caller.Counties(q.ctx)
	if err != nil {
		return err
	}
	for _, c := range counties {
		f := loansOf(c)
		f.PastDue = true
		sums, err := lending.Add(q.ctx, q.db(), f)
		if err != nil {
			return err
		}
		t.Arrears += sums.Loans
	}
	return nil
}

// Hits is what a search found.
type Hits struct {
	Hits []Hit `json:"hits" doc:"At most 12 of each type."`
}

// Hit is something that was found.
type Hit struct {
	Type string `json:"type" doc:"figure, project, area, party, fund or entry."`
	Book string `json:"book,omitempty"`
	ID   string `json:"id" doc:"Its code; of an entry, its number."`
	Name string `json:"name"`
}

// hitsMax is how many hits of one type are given.
const hitsMax = 12

func searchAll(q *call) (any, error) {
	text := strings.TrimSpace(q.URL.Query().Get("text"))
	if text == "" {
		return nil, fault.New(fault.Invalid, "field.required", "the text is missing").For("text").Mend("Say what to look for.")
	}
	now, err := q.api.readings.Now(q.ctx)
	if err != nil {
		return nil, err
	}
	index, err := reading.Remember(q.ctx, now.Results, "index", func(ctx context.Context) (search.Index, error) {
		figures, err := q.api.store.Figures(ctx)
		if err != nil {
			return nil, err
		}
		return search.NewIndex(ctx, q.db(), figures)
	})
	if err != nil {
		return nil, err
	}
	things, err := index.Find(text, q.seesFound)
	if err != nil {
		return nil, err
	}
	found := Hits{Hits: []Hit{}}
	for _, typ := range search.Types {
		list := things[typ]
		for _, t := range list[:min(len(list), hitsMax)] {
			found.Hits = append(found.Hits, Hit{typ, t.Book, t.ID, t.Name})
		}
	}
	entries, err := search.Entries(q.ctx, q.db(), now.Heads, text, hitsMax, q.seesEntry)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		found.Hits = append(found.Hits, Hit{"entry", e.Book, strconv.FormatInt(e.Seq, 10), e.Kind})
	}
	return found, nil
}

// seesFound tells whether the caller may see a thing: figures are published, an area must be served, and anything else is seen with the entry
// that defines it.
func (q *call) seesFound(t *search.Thing) (bool, error) {
	switch t.Type {
	case "figure":
		return true, nil
	case "area":
		return q.caller.Sees(q.ctx, t.ID)
	}
	k, err := defining(t.Type)
	if err != nil {
		return false, err
	}
	return q.seesThing(k, &entity.Entity{Book: t.Book, Area: t.Area})
}

// Verification is what recomputing everything found.
type Verification struct {
	At           string   `json:"at,omitempty" doc:"When, UTC; left out as long as nothing was verified."`
	Entries      int64    `json:"entries"`
	Postings     int64    `json:"postings"`
	Observations int64    `json:"observations"`
	Files        int64    `json:"files"`
	Differences  []string `json:"differences" doc:"English sentences; none when all agrees."`
}

func getVerification(q *call) (any, error) {
	if err := q.mayVerify(); err != nil {
		return nil, err
	}
	v := Verification{Differences: []string{}}
	r, at := q.api.o.Verified.Found()
	if r == nil {
		return v, nil
	}
	v.At, v.Entries, v.Postings, v.Observations, v.Files = at.UTC().Format(time.RFC3339), r.Entries, r.Postings, r.Observations, r.Files
	for _, d := range r.Differences {
		v.Differences = append(v.Differences, d.String())
	}
	return v, nil
}

// mayVerify refuses those who do not see all: what differs may lie anywhere.
func (q *call) mayVerify() error {
	if !q.caller.Everywhere() {
		return q.caller.Hidden("")
	}
	if q.api.o.Verified == nil {
		return fault.New(fault.Unavailable, "verify.none", "this program verifies nothing").Mend("Run lastmile verify.")
	}
	return nil
}

func verifyBooks(q *call) (any, error) {
	if err := q.mayVerify(); err != nil {
		return nil, err
	}
	if err := q.api.o.Verified.Run(q.ctx); err != nil {
		return nil, err
	}
	return getVerification(q)
}
