package api

import (
	"cmp"
	"context"
	"slices"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/notice"
	"lastmile/internal/procedure"
)

// caseOperations read what households, villages and counties go through, and what hangs on the boards.
func caseOperations() []operation {
	return []operation{
		{method: "GET", path: "/cases", id: "listCases", summary: "Cases: identification, exits, ends of watch", scope: read,
			params: []param{oneBook, {"area", "query", "In one area itself.", false}, {"state", "query", "open or done.", false}, {"kind", "query", "Kind of procedure, such as household_exit.", false}, cursor, limit}, result: Cases{}, do: listCases},
		{method: "GET", path: "/cases/{book}/{id}", id: "getCase", summary: "One case: the steps of its procedure, those done, what is missing, its notices", scope: read, params: []param{pathBook, pathID}, result: CaseFile{}, do: getCase},
		{method: "GET", path: "/notices", id: "listNotices", summary: "Notices, the newest first; they are public", scope: read,
			params: []param{{"area", "query", "Put up in one area itself.", false}, {"text", "query", "Part of the code or title.", false}, cursor, limit}, result: Notices{}, do: listNotices},
		{method: "GET", path: "/notices/{book}/{id}", id: "getNotice", summary: "One notice with its masked lines and, for those who serve the area, what was said against it", scope: read, params: []param{pathBook, pathID},
			result: NoticeFile{}, do: getNotice},
	}
}

// Cases is a page of cases.
type Cases struct {
	Cases []Case `json:"cases"`
	Next  string `json:"next,omitempty"`
}

// Case is a case in a list.
type Case struct {
	Book      string `json:"book"`
	ID        string `json:"id"`
	Title     string `json:"title"`
	Area      string `json:"area"`
	Procedure string `json:"procedure"`
	Kind      string `json:"kind,omitempty" doc:"Of the procedure."`
	State     string `json:"state" doc:"open or done."`
	Seq       int64  `json:"seq"`
}

func showCase(e *entity.Entity) Case {
	c := Case{Book: e.Book, ID: e.ID, Title: e.Name, Area: e.Area, Procedure: e.Class, State: e.Status, Seq: e.Seq}
	if library, err := procedure.Published(); err == nil {
		if p, ok := library.Get(e.Class); ok {
			c.Kind = string(p.Kind)
		}
	}
	return c
}

func listCases(q *call) (any, error) {
	values := q.URL.Query()
	list, err := gather(q, func(ctx context.Context, book string) ([]entity.Entity, error) {
		all, err := entity.Find(ctx, q.db(), entity.Filter{Book: book, Type: casework.Type, Area: values.Get("area"), Status: values.Get("state")})
		return slices.DeleteFunc(all, func(e entity.Entity) bool { kind := values.Get("kind"); return kind != "" && showCase(&e).Kind != kind }), err
	}, areaOf)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b entity.Entity) int { return cmp.Compare(b.Seq, a.Seq) })
	page, next, err := pageOf(q, list, showCase)
	return Cases{page, next}, err
}

// CaseFile is a case as it stands today.
type CaseFile struct {
	Case    Case         `json:"case"`
	List    []string     `json:"list" doc:"Households that it is about, or the area."`
	Hash    string       `json:"hash" doc:"Of the list, as a notice of it has."`
	Steps   []CaseStep   `json:"steps" doc:"Of its procedure, in order."`
	Next    string       `json:"next_step,omitempty" doc:"Left out when all is done."`
	Missing []string     `json:"missing" doc:"What keeps the next step from being done, English sentences."`
	Notices []CaseNotice `json:"notices"`
}

// CaseStep is a step of a case's procedure.
type CaseStep struct {
	Step      string    `json:"step"`
	En        string    `json:"en"`
	Zh        string    `json:"zh"`
	Actors    []string  `json:"actors"`
	Documents []string  `json:"documents" doc:"Kinds that it leaves; a bar stands between alternatives."`
	Days      int       `json:"days,omitempty" doc:"Full days that it lasts."`
	DayKind   string    `json:"day_kind,omitempty"`
	On        date.Date `json:"on,omitempty" doc:"When it was done; left out while it is not."`
	Until     date.Date `json:"until,omitempty"`
	Seq       int64     `json:"seq,omitempty" doc:"Entry that records it."`
	Measured  []string  `json:"measured,omitempty" doc:"Such as incidence=12/1043."`
	Evidence  []string  `json:"evidence,omitempty"`
}

// CaseNotice is a notice of a case.
type CaseNotice struct {
	ID         string    `json:"id"`
	On         date.Date `json:"on"`
	Until      date.Date `json:"until"`
	Current    bool      `json:"current" doc:"It shows the list as it is now."`
	Objections int       `json:"objections"`
}

func getCase(q *call) (any, error) {
	e, err := q.thing(casework.Type)
	if err != nil {
		return nil, err
	}
	p, err := casework.Find(q.ctx, q.db(), e.Book, e.ID, q.today())
	if err != nil {
		return nil, err
	}
	f := CaseFile{Case: showCase(&e), List: append([]string{}, p.List...), Hash: p.Hash, Steps: []CaseStep{}, Missing: []string{}, Notices: []CaseNotice{}}
	for i := range p.Procedure.Steps {
		step := &p.Procedure.Steps[i]
		x := CaseStep{Step: step.ID, En: step.English, Zh: step.Chinese, Actors: step.Actors, Documents: append([]string{}, step.Evidence...), Days: step.Days, DayKind: string(step.DayKind)}
		if at := slices.IndexFunc(p.Status.Done, func(d procedure.Done) bool { return d.Step == step.ID }); at >= 0 {
			x.On, x.Until = p.Status.Done[at].On, p.Status.Done[at].Until
		}
		for _, r := range p.Steps {
			if r.Step.Step == step.ID {
				x.Seq, x.Measured, x.Evidence = r.Seq, r.Measured, r.Evidence
			}
		}
		f.Steps = append(f.Steps, x)
	}
	if p.Next != nil {
		f.Next = p.Next.ID
	}
	for _, r := range p.Why {
		f.Missing = append(f.Missing, r.Text("en"))
	}
	for _, n := range p.Notices {
		f.Notices = append(f.Notices, CaseNotice{n.ID, n.On, n.Until, n.Current, len(n.Objections)})
	}
	return f, nil
}

// Notices is a page of notices.
type Notices struct {
	Notices []Notice `json:"notices"`
	Next    string   `json:"next,omitempty"`
}

// Notice is a list put up in public.
type Notice struct {
	Book   string    `json:"book"`
	ID     string    `json:"id"`
	Title  string    `json:"title"`
	Area   string    `json:"area"`
	Place  string    `json:"place"`
	On     date.Date `json:"on"`
	Until  date.Date `json:"until" doc:"Last day on which it hangs."`
	Hangs  bool      `json:"hangs"`
	Listed int       `json:"listed" doc:"How many stand on it."`
	Hash   string    `json:"hash" doc:"Of the list."`
	Seq    int64     `json:"seq"`
}

func (q *call) notice(e entity.Entity) (Notice, *notice.Posted, error) {
	n, err := notice.Read(q.ctx, q.db(), e)
	if err != nil {
		return Notice{}, nil, err
	}
	return q.showNotice(e.Book, e.Seq, n.Entry.On, n.Until, n.Notice), n, nil
}

// showNotice shows a notice with what its entry says.
func (q *call) showNotice(book string, seq int64, on, until date.Date, n *notice.Notice) Notice {
	return Notice{book, n.ID, n.Title, n.Area, n.Place, on, until, until >= q.today(), len(n.List), n.Hash, seq}
}

func listNotices(q *call) (any, error) {
	all, err := entity.Find(q.ctx, q.db(), entity.Filter{Type: notice.Type, Area: q.URL.Query().Get("area"), Text: q.URL.Query().Get("text")})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b entity.Entity) int { return cmp.Or(cmp.Compare(b.Seq, a.Seq), cmp.Compare(a.Book, b.Book)) })
	shown, next, err := window(q, all)
	if err != nil {
		return nil, err
	}
	page := Notices{Notices: []Notice{}, Next: next}
	for _, e := range shown {
		n, _, err := q.notice(e)
		if err != nil {
			return nil, err
		}
		page.Notices = append(page.Notices, n)
	}
	return page, nil
}

// NoticeFile is a notice as it hangs.
type NoticeFile struct {
	Notice     Notice      `json:"notice"`
	Lines      []string    `json:"lines" doc:"Masked; none when the people on it were erased."`
	Case       string      `json:"case,omitempty"`
	Run        string      `json:"run,omitempty"`
	Dividend   string      `json:"dividend,omitempty"`
	Sharing    string      `json:"sharing,omitempty"`
	Evidence   []string    `json:"evidence,omitempty" doc:"Photographs of the board, for those who serve the area."`
	Objections []Objection `json:"objections,omitempty" doc:"For those who serve the area."`
}

// Objection is something said against a notice.
type Objection struct {
	ID        string    `json:"id"`
	Household string    `json:"household,omitempty" doc:"Left out when it is about the whole list."`
	Anonymous bool      `json:"anonymous"`
	Text      string    `json:"text"`
	On        date.Date `json:"on"`
	AnswerBy  date.Date `json:"answer_by"`
	Verdict   string    `json:"verdict,omitempty" doc:"upheld or rejected; left out while it is open."`
	Answer    string    `json:"answer,omitempty"`
	Seq       int64     `json:"seq"`
}

func getNotice(q *call) (any, error) {
	book, id := q.PathValue("book"), q.PathValue("id")
	e, ok, err := entity.Get(q.ctx, q.db(), book, notice.Type, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "ref.unknown", "book %s has no %s %q", book, notice.Type, id).For("id").Mend("Look the code up in the list.")
	}
	shown, n, err := q.notice(e)
	if err != nil {
		return nil, err
	}
	f := NoticeFile{Notice: shown, Lines: append([]string{}, n.Lines...), Case: n.Case, Run: n.Run, Dividend: n.Dividend, Sharing: n.Sharing}
	if sees, err := q.caller.Sees(q.ctx, n.Area); err != nil || !sees {
		return f, err
	}
	f.Evidence = n.Entry.Evidence
	raised, err := notice.Objections(q.ctx, q.db(), book, id)
	if err != nil {
		return nil, err
	}
	for i := range raised {
		o := &raised[i]
		x := Objection{ID: o.ID, Household: o.Household, Anonymous: o.Anonymous, Text: o.Text, On: o.Entry.On, AnswerBy: o.AnswerBy, Seq: o.Entry.Seq}
		if o.Answer != nil {
			x.Verdict, x.Answer = o.Answer.Verdict, o.Answer.Text
		}
		f.Objections = append(f.Objections, x)
	}
	return f, nil
}
