package households

import (
	"cmp"
	"slices"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/procedure"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

var yuan = locale.Yuan

// chapter is an event of the story with the order in which events of one day are told.
type chapter struct {
	on  date.Date
	seq int64
	view.Event
}

// story is what happened to a household, from the first visit to what reached it and the day it left poverty.
func (q *request) story(h *home) (view.Component, error) {
	var list []chapter
	photos, papers := 0, 0
	add := func(on date.Date, seq int64, place, actor string, evidence []string, e view.Event) error {
		e.Date, e.DateTime = q.day(on), string(on)
		if e.Who == "" && actor != "" {
			var err error
			if e.Who, err = q.person(actor); err != nil {
				return err
			}
		}
		sees, err := q.sees(place)
		if err != nil {
			return err
		}
		if e.Link.Href == "" && sees {
			e.Link = view.Link{Label: q.text("households.record"), Href: entryHref(h.Book, seq)}
		}
		if len(evidence) > 0 {
			shown, others := q.p.forms.Photos(q.words, q.v, evidence)
			for i := range shown {
				shown[i].Caption = "" // what it shows is told beside it
			}
			e.Photos = shown
			photos, papers = photos+len(shown), papers+len(others)
			if len(others) > 0 {
				e.Link = view.Link{Label: q.text("households.papers", len(others)), Href: others[0]}
			}
		}
		list = append(list, chapter{on, seq, e})
		return nil
	}
	for i := range h.Entries {
		e := &h.Entries[i]
		if e.Kind == "case" {
			if err := q.caseStory(h, e, add); err != nil {
				return nil, err
			}
			continue
		}
		event, err := q.event(h, e)
		if err != nil {
			return nil, err
		}
		if event.Title == "" {
			continue
		}
		if err := add(e.On, e.Seq, e.Area, e.Actor, e.Evidence, event); err != nil {
			return nil, err
		}
	}
	for _, r := range h.received {
		purpose, voucher := q.paper(&r)
		sum := &view.FigureLink{Value: q.moved(&r), Href: entryHref(r.Book, r.Seq)}
		if sees, err := q.sees(r.Area); err != nil {
			return nil, err
		} else if !sees {
			purpose, sum = purpose+q.words.Pick(": ", "：")+sum.Value, nil
		}
		if err := add(r.On, r.Seq, r.Area, "", nil, view.Event{Icon: "card", Node: q.county(h.Book), Title: purpose, Sum: sum, Who: voucher}); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b chapter) int { return cmp.Or(cmp.Compare(a.on, b.on), cmp.Compare(a.seq, b.seq)) })
	head := view.SectionHead{ID: "story", Title: q.text("households.story"), Note: view.Plain(q.text("households.story.note", len(list), photos, papers))}
	var events view.Timeline
	for _, c := range list {
		events = append(events, c.Event)
	}
	if len(events) == 0 {
		return view.Section{Head: head, Parts: []view.Component{view.Empty{Icon: "clock", Title: q.text("households.story.none"), Text: q.text("households.story.none.why")}}}, nil
	}
	return view.Section{Head: head, Parts: []view.Component{events}}, nil
}

// county is the colour of a county: the first of the programme's books, or another.
func (q *request) county(book string) view.NodeKind {
	if q.first == "" {
		if books, err := journal.Books(q.Context(), q.p.store.DB); err == nil && len(books) > 0 {
			q.first = books[0]
		}
	}
	if q.first == book {
		return view.County1Node
	}
	return view.County2Node
}

// event tells an entry about a household; one without a title is told elsewhere on the page, or nowhere.
func (q *request) event(h *home, e *journal.Filed) (view.Event, error) {
	content, err := fact.DecodeBody(e.Kind, e.Body, "")
	if err != nil {
		return view.Event{}, err
	}
	title := q.words.KindNamed(e.Kind)
	choice := func(kind, field, value string) string { return q.words.Choice(fact.Find(kind).Field(field), value) }
	switch x := content.(type) {
	case *household.Household:
		if x.Revision {
			return view.Event{Icon: "edit", Title: q.text("households.story.revised")}, nil
		}
		return view.Event{Icon: "document", Title: q.text("households.story.card"), Text: q.text("households.story.cause", q.cause(x.MainCause))}, nil
	case *household.Visit:
		return view.Event{Icon: "pin", Title: title, Text: q.visitSays(h, e)}, nil
	case *household.Measure:
		return view.Event{Icon: "box", Title: q.words.Name(x.What), Text: q.text("households.story.measure", q.cause(x.Cause), choice("measure", "batch", x.Batch))}, nil
	case *household.Decision:
		text := ""
		if len(x.Reasons) > 0 {
			text = q.reasons(x.Reasons)
		} else if x.Members > 0 {
			text = q.text("households.story.decision", q.words.Amount(int64(x.Net), yuan), x.Members)
		}
		return view.Event{Icon: "target", Title: q.text("households.story.judged", choice("decision", "outcome", x.Outcome)), Text: text}, nil
	case *household.Departure:
		return view.Event{Icon: "people", Title: title, Text: choice("departure", "reason", x.Reason)}, nil
	case *household.Member:
		return view.Event{Icon: "people", Title: q.text("households.story.joined"), Text: choice("member", "relation", x.Relation) + q.words.Pick(", ", "，") + choice("member", "reason", x.Reason)}, nil
	case *household.AnswerReview, *household.Split, *household.Merge, *household.Move, *household.MoveOut, *household.ChangeReview:
		return view.Event{Icon: "layers", Title: title}, nil
	case *casework.Watch:
		return view.Event{Icon: "bell", Node: view.DecisionNode, Title: title, Text: choice("watch", "group", x.Group) + q.words.Pick(". ", "。") + q.text("households.story.risks", q.risks(x.Risks))}, nil
	case *casework.RiskSolved:
		return view.Event{Icon: "check", Title: title, Text: q.cause(x.Risk) + q.words.Pick(": ", "：") + x.How}, nil
	case *casework.WatchEnd:
		return view.Event{Icon: "check", Node: view.DecisionNode, Title: title, Text: x.Document}, nil
	case *casework.Relapse:
		return view.Event{Icon: "warning", Node: view.DecisionNode, Title: title, Text: q.cause(x.Cause)}, nil
	case *casework.WrongExit:
		return view.Event{Icon: "undo", Node: view.DecisionNode, Title: title, Text: x.Finding}, nil
	}
	return view.Event{}, nil
}

func (q *request) risks(codes []string) string {
	var list []string
	for _, c := range codes {
		list = append(list, q.cause(c))
	}
	return q.words.List(list)
}

// reasons says why a household may not leave, by the codes that a decision keeps.
func (q *request) reasons(codes []string) string {
	var list []string
	for _, code := range codes {
		subject := code
		for i := range code {
			if code[i] == '.' {
				subject = code[:i]
				break
			}
		}
		if text := q.subject(decision.Subject(subject)); text != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return q.words.List(list)
}

// visitSays is what a visit found: checks not met, or that all are, and the income a head.
func (q *request) visitSays(h *home, e *journal.Filed) string {
	var gaps []string
	asked := 0
	for _, s := range household.CheckSubjects() {
		for _, f := range h.Findings(s) {
			if f.Seq != e.Seq || f.Book != e.Book {
				continue
			}
			asked++
			if f.Result == decision.Unmet {
				gaps = append(gaps, q.subject(s)+q.words.Pick(": ", "：")+q.inSentence(q.found(s, &f).What))
			}
		}
	}
	switch {
	case len(gaps) > 0:
		return q.words.List(gaps)
	case asked > 0:
		return q.text("households.story.met", asked)
	}
	return ""
}

// caseStory tells a case by the steps that people meet: who was heard, what hung on the board, and the last word.
func (q *request) caseStory(h *home, e *journal.Filed, add func(date.Date, int64, string, string, []string, view.Event) error) error {
	content, err := fact.DecodeBody(e.Kind, e.Body, "")
	if err != nil {
		return err
	}
	p, err := casework.Find(q.Context(), q.p.store.DB, h.Book, content.(*casework.Case).ID, q.today)
	if err != nil {
		return err
	}
	link := view.Link{Label: q.text("households.story.case"), Href: caseHref(h.Book, p.Case.ID)}
	for i := range p.Procedure.Steps {
		step := &p.Procedure.Steps[i]
		last := i == len(p.Procedure.Steps)-1
		at := slices.IndexFunc(p.Steps, func(r casework.Recorded) bool { return r.Step.Step == step.ID })
		done := slices.IndexFunc(p.Status.Done, func(d procedure.Done) bool { return d.Step == step.ID })
		if at < 0 || done < 0 || step.Days == 0 && step.ID != "appraisal" && !last {
			continue
		}
		r := &p.Steps[at]
		event := view.Event{Icon: "check", Title: q.words.Pick(step.English, step.Chinese), Who: q.actor(r.By), Link: link}
		evidence := r.Evidence
		if n := slices.IndexFunc(p.Notices, func(n casework.Posted) bool { return n.ID == r.Notice }); n >= 0 {
			posted := &p.Notices[n]
			event.Icon, event.Text = "notice", q.text("households.story.posted", q.day(posted.On), q.day(posted.Until), len(posted.Objections))
			event.Link = view.Link{Label: q.text("households.story.notice"), Href: noticeHref(h.Book, posted.ID)}
			evidence = slices.Concat(posted.Evidence, evidence)
		}
		if last {
			event.Icon, event.Node = "approve", view.DecisionNode
			event.Title = q.words.Pick(p.Procedure.Title.English, p.Procedure.Title.Chinese) + q.words.Pick(": ", "：") + event.Title
		}
		if err := add(p.Status.Done[done].On, r.Seq, p.Case.Area, "", evidence, event); err != nil {
			return err
		}
	}
	return nil
}

// actor is who acts in a procedure.
func (q *request) actor(role string) string {
	return q.words.Choice(fact.Find("case-step").Field("by"), role)
}

// moved is what reached a household, in the unit of what it is.
func (q *request) moved(r *household.Receipt) string {
	if r.Commodity == ledger.Currency {
		return q.words.Amount(r.Amount, yuan)
	}
	name, err := q.named("hq", "commodity", r.Commodity)
	if err != nil || name == r.Commodity {
		return q.words.Amount(r.Amount, yuan)
	}
	return q.words.Count(r.Amount) + " " + name
}

// paper is what something was paid for, and the number of its slip.
func (q *request) paper(r *household.Receipt) (purpose, voucher string) {
	content, err := fact.DecodeBody(r.Kind, r.Body, "")
	k := fact.Find(r.Kind)
	if err != nil || k == nil {
		return r.Kind, seqRef(r.Book, r.Seq)
	}
	get := func(name string) string {
		if f := k.Field(name); f != nil && !f.Private {
			return k.Get(content, f)
		}
		return ""
	}
	return cmp.Or(q.words.Name(cmp.Or(get("purpose"), get("what"))), q.words.Kind(k)), cmp.Or(get("voucher"), get("receipt"), get("document"), seqRef(r.Book, r.Seq))
}
