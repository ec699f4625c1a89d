package casework

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/procedure"
	"lastmile/internal/rule"
)

// file is everything recorded about a case, in the order of recording: a change of the list voids what was recorded before it.
type file struct {
	Case       *Case
	procedure  *procedure.Procedure
	status     string
	list       []string
	steps      []recordedStep
	notices    map[string]noticeOf
	objections []procedure.Objection
	against    map[string]string // objection to its notice
	sample     *drawnSample      // nil when none was drawn
	visits     []sampleResults
}

// drawnSample is the sample of the case as its file has it.
type drawnSample struct {
	*Sample
	on    date.Date
	entry journal.Entry
}

// sampleResults are results of a village as the case's file has them.
type sampleResults struct {
	*SampleVisits
	on    date.Date
	entry journal.Entry
}

type recordedStep struct {
	*Step
	on    date.Date
	event procedure.Event
	entry journal.Entry
}

func need(tx *fact.Tx, field, id string) (*file, error) {
	f, err := open(tx, id)
	if err == nil && f == nil {
		err = fault.New(fault.NotFound, "ref.unknown", "case %q is not recorded in book %s", id, tx.Book).For(field).Mend("Record the case first, or correct the code.")
	}
	return f, err
}

// open reads the file of a case as a fact sees it that is being recorded; nil when there is none.
func open(tx *fact.Tx, id string) (*file, error) {
	e, ok, err := tx.Entity(Type, id)
	if err != nil || !ok {
		return nil, err
	}
	entries, err := tx.File(Type, id)
	if err != nil {
		return nil, err
	}
	return read(e.Status, entries)
}

func read(status string, entries []journal.Filed) (*file, error) {
	f := &file{status: status, notices: map[string]noticeOf{}, against: map[string]string{}}
	for _, e := range entries {
		x, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return nil, err
		}
		if err := f.fold(e, x); err != nil {
			return nil, fmt.Errorf("file of a case: entry %s:%d: %w", e.Book, e.Seq, err)
		}
	}
	if f.Case == nil {
		return nil, nil // it is being corrected
	}
	return f, nil
}

func (f *file) fold(e journal.Filed, x fact.Fact) error {
	switch x := x.(type) {
	case *Case:
		f.Case, f.list = x, slices.Clone(x.Households)
		var err error
		f.procedure, err = findProcedure(x.Procedure)
		return err
	case *List:
		f.list = append(slices.DeleteFunc(f.list, func(id string) bool { return slices.Contains(x.Remove, id) }), x.Add...)
		first := len(f.procedure.Steps)
		if len(x.Add) > 0 {
			first = 0
		} else if i := slices.IndexFunc(f.procedure.Steps, func(s procedure.Step) bool { return s.Days > 0 }); i >= 0 {
			first = i
		}
		f.steps = slices.DeleteFunc(f.steps, func(s recordedStep) bool { return f.index(s.Step.Step) >= first })
	case *Step:
		event, err := f.event(x, e.On)
		if err != nil {
			return err
		}
		for _, c := range f.step(x.Step).Conditions {
			if slices.Contains(workedOut, c.Measure) {
				event.Measured[c.Measure] = rule.Ratio{Count: 1, Of: 1} // it was worked out when the step was recorded
			}
		}
		f.steps = append(f.steps, recordedStep{x, e.On, event, e.Entry})
	case *Sample:
		f.sample = &drawnSample{x, e.On, e.Entry}
	case *SampleVisits:
		f.visits = append(f.visits, sampleResults{x, e.On, e.Entry})
	case *notice.Notice:
		f.notices[x.ID] = noticeOf{x, e.On, e.Entry}
	case *notice.Objection:
		f.objections = append(f.objections, procedure.Objection{ID: x.ID, Raised: e.On})
		f.against[x.ID] = x.Notice
	case *notice.Answer:
		for i := range f.objections {
			if o := &f.objections[i]; o.ID == x.Objection {
				o.Settled, o.Upheld = e.On, x.Verdict == notice.Upheld
			}
		}
	}
	return nil
}

func (f *file) index(step string) int {
	return slices.IndexFunc(f.procedure.Steps, func(s procedure.Step) bool { return s.ID == step })
}

func (f *file) step(id string) *procedure.Step {
	if i := f.index(id); i >= 0 {
		return &f.procedure.Steps[i]
	}
	return nil
}

func (f *file) stepIDs() []string {
	ids := make([]string, len(f.procedure.Steps))
	for i, s := range f.procedure.Steps {
		ids[i] = s.ID
	}
	return ids
}

// hash of the list as it is now; that of the area when the case is about a village or county.
func (f *file) hash() string { return notice.Hash(f.listed()) }

func (f *file) listed() []string {
	if len(f.list) == 0 {
		return []string{f.Case.Area}
	}
	return slices.Sorted(slices.Values(f.list))
}

// event is a step as package procedure looks at it.
func (f *file) event(s *Step, on date.Date) (procedure.Event, error) {
	measured, err := s.measured()
	return procedure.Event{Step: s.Step, On: on, Actor: s.By, People: int(s.People), Evidence: s.Documents, Measured: measured}, err
}

// record is the case as package procedure looks at it. A notice of another list than the case has now does not count, and so nothing after it.
func (f *file) record() procedure.Record {
	r := procedure.Record{Objections: f.objections}
	for _, s := range f.steps {
		if n, ok := f.notices[s.Notice]; s.Notice != "" && (!ok || n.Hash != f.hash()) {
			continue
		}
		r.Events = append(r.Events, s.event)
	}
	return r
}

// workOut answers a condition about the households of the list from the records: how many of them keep it.
func (f *file) workOut(tx *fact.Tx, measure string, into map[string]rule.Ratio) error {
	if !slices.Contains(workedOut, measure) {
		return nil
	}
	files, err := household.OpenAll(tx, f.list)
	if err != nil {
		return err
	}
	for _, h := range files {
		var err error
		switch measure {
		case exitEligible:
			err = eligible(h, tx.On)
		case endWatch:
			err = mayEnd(tx, h)
		}
		if err != nil {
			return err
		}
	}
	into[measure] = rule.Ratio{Count: 1, Of: 1}
	return nil
}

// Progress is how far a case has come.
type Progress struct {
	Case      *Case
	Procedure *procedure.Procedure
	List      []string // households, or the area
	Hash      string   // of the list, as a notice of it has
	Done      bool
	Steps     []Recorded // that have not been voided by a change of the list, in the order of recording
	Notices   []Posted   // in the order in which they were put up
	procedure.Status
}

// Recorded is a step with what its entry says.
type Recorded struct {
	*Step
	On       date.Date
	Seq      int64
	Actor    string
	Evidence []string
}

// Posted is a notice with what its entry says, and what was said against it.
type Posted struct {
	*notice.Notice
	On         date.Date
	Until      date.Date // its last day
	Seq        int64
	Evidence   []string
	Current    bool // it shows the list as it is now
	Objections []procedure.Objection
}

// progress is the case as pages and commands show it.
func (f *file) progress(on date.Date) (*Progress, error) {
	p := &Progress{Case: f.Case, Procedure: f.procedure, List: f.listed(), Hash: f.hash(), Done: f.status == Done, Status: procedure.State(f.procedure, f.record(), on)}
	for _, s := range f.steps {
		p.Steps = append(p.Steps, Recorded{s.Step, s.on, s.entry.Seq, s.entry.Actor, s.entry.Evidence})
	}
	for _, n := range f.notices {
		until, err := n.Until(n.on)
		if err != nil {
			return nil, err
		}
		posted := Posted{Notice: n.Notice, On: n.on, Until: until, Seq: n.entry.Seq, Evidence: n.entry.Evidence, Current: n.Hash == f.hash()}
		for _, o := range f.objections {
			if f.against[o.ID] == n.ID {
				posted.Objections = append(posted.Objections, o)
			}
		}
		p.Notices = append(p.Notices, posted)
	}
	slices.SortFunc(p.Notices, func(a, b Posted) int { return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Seq, b.Seq)) })
	return p, nil
}

// Find says how far a case of a book has come on a day.
func Find(ctx context.Context, r database.Reader, book, id string, on date.Date) (*Progress, error) {
	e, ok, err := entity.Get(ctx, r, book, Type, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "ref.unknown", "case %q is not recorded in book %s", id, book).For("case").Mend("Correct the code.")
	}
	entries, err := journal.File(ctx, r, book, Type, id)
	if err != nil {
		return nil, err
	}
	f, err := read(e.Status, entries)
	if err != nil {
		return nil, err
	}
	return f.progress(on)
}

// Freeze makes the notice of a case's list as it is now: the codes in order, their hash, and what the board shows of each household.
func Freeze(ctx context.Context, r database.Reader, book, id string, on date.Date) (*notice.Notice, error) {
	p, err := Find(ctx, r, book, id, on)
	if err != nil {
		return nil, err
	}
	n := &notice.Notice{Case: id, Area: p.Case.Area, List: p.List, Hash: p.Hash, Title: p.Procedure.Title.English + " " + p.Procedure.Title.Chinese}
	if !ofHouseholds(p.Procedure.Kind) {
		return n, nil
	}
	for _, h := range p.List {
		f, err := household.Load(ctx, r, book, h)
		if err != nil {
			return nil, err
		}
		n.Lines = append(n.Lines, notice.Line(f.HeadName(on), fmt.Sprintf("%d人", len(f.Present(on)))))
	}
	return n, nil
}
