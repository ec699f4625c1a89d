package procedure

import (
	"cmp"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/rule"
)

// Event is one step as it was recorded.
type Event struct {
	Step     string                `json:"step"`
	On       date.Date             `json:"on"`    // when it happened; for a notice, the day it was put up
	Actor    string                `json:"actor"` // role that acted
	People   int                   `json:"people,omitempty"`
	Evidence []string              `json:"evidence,omitempty"` // kinds of document it left
	Measured map[string]rule.Ratio `json:"measured,omitempty"`
}

// Objection is what somebody said against a notice.
type Objection struct {
	ID      string    `json:"id"`
	Raised  date.Date `json:"raised"`
	Settled date.Date `json:"settled,omitzero"`
	Upheld  bool      `json:"upheld,omitempty"` // settled in favour of whoever objected: the notice must be put up again
}

// Record is everything recorded about one case, in any order.
type Record struct {
	Events     []Event     `json:"events"`
	Objections []Objection `json:"objections,omitempty"`
}

// Done is a step that counts.
type Done struct {
	Step  string    `json:"step"`
	On    date.Date `json:"on"`
	Until date.Date `json:"until"` // the last day it took: the end of a notice, else the day itself
}

// Status is how far a case has come.
type Status struct {
	Done     []Done   `json:"done"`
	Next     *Step    `json:"next,omitempty"`      // nil when every step is done
	Why      []Reason `json:"why,omitempty"`       // why Next is not done
	TooEarly []Event  `json:"too_early,omitempty"` // recorded for steps after Next, and not counted
}

// Complete reports whether every step is done.
func (s Status) Complete() bool { return s.Next == nil }

// State says how far a case has come on a date. It depends on nothing but its arguments. Of several events of one step
// the earliest that counts is taken, so that a step done wrongly can be done again.
func State(p *Procedure, record Record, asOf date.Date) Status {
	events := slices.DeleteFunc(slices.Clone(record.Events), func(e Event) bool { return e.On == "" || e.On > asOf })
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.On, b.On) })

	c := &walk{procedure: p, objections: record.Objections, asOf: asOf}
	status := Status{Done: []Done{}}
	for i := range p.Steps {
		step := &p.Steps[i]
		done, why := c.step(step, events)
		if why != nil {
			status.Next, status.Why = step, why
			for _, event := range events {
				if slices.ContainsFunc(p.Steps[i+1:], func(s Step) bool { return s.ID == event.Step }) {
					status.TooEarly = append(status.TooEarly, event)
				}
			}
			return status
		}
		status.Done = append(status.Done, done)
	}
	return status
}

// walk goes through the steps of a case.
type walk struct {
	procedure  *Procedure
	objections []Objection
	asOf       date.Date
	before     *Step     // the step done last
	free       date.Date // the first day on which the next step may happen
}

// step finds the first event that counts for a step, or the reasons of the one that comes nearest to counting.
func (w *walk) step(step *Step, events []Event) (Done, []Reason) {
	nearest := []Reason{{Step: step.ID, Code: "missing", words: step}}
	for _, event := range events {
		if event.Step != step.ID {
			continue
		}
		until, free, why := w.examine(step, event)
		if len(why) == 0 {
			w.before, w.free = step, free
			return Done{step.ID, event.On, until}, nil
		}
		if nearest[0].Code == "missing" || len(why) <= len(nearest) {
			nearest = why
		}
	}
	return Done{}, nearest
}

// examine asks whether an event counts, until which day it lasts and from which day the next step may follow.
func (w *walk) examine(step *Step, event Event) (until, free date.Date, why []Reason) {
	refuse := func(r Reason) {
		r.Step, r.On, r.words = step.ID, event.On, step
		why = append(why, r)
	}
	if event.On < w.free {
		refuse(Reason{Code: "too_early", After: w.before.ID, Date: w.free, after: w.before})
	}
	if !slices.Contains(step.Actors, event.Actor) {
		refuse(Reason{Code: "wrong_actor", Detail: event.Actor, Wanted: strings.Join(step.Actors, ", ")})
	}
	if event.People < step.PeopleMin {
		refuse(Reason{Code: "too_few_people", Count: event.People, Limit: step.PeopleMin})
	}
	for _, alternatives := range step.Evidence {
		if !slices.ContainsFunc(strings.Split(alternatives, "|"), func(kind string) bool { return slices.Contains(event.Evidence, kind) }) {
			refuse(Reason{Code: "evidence_missing", Wanted: alternatives})
		}
	}
	for i := range step.Conditions {
		condition := &step.Conditions[i]
		measured, ok := event.Measured[condition.Measure]
		switch {
		case !ok || measured.Of <= 0:
			refuse(Reason{Code: "not_measured", Detail: condition.Measure, condition: condition})
		case !condition.Holds(measured):
			refuse(Reason{Code: "condition_fails", Detail: condition.Measure, Measured: measured, condition: condition})
		}
	}
	if step.Days == 0 {
		return event.On, event.On, why
	}
	until, err := w.lastDay(step, event.On)
	if err != nil {
		refuse(Reason{Code: "holidays_unknown", Limit: step.Days})
		return "", "", why
	}
	if w.asOf <= until {
		refuse(Reason{Code: "still_running", Date: until})
	}
	free = until.AddDays(1)
	for _, objection := range w.objections {
		if objection.Raised < event.On || objection.Raised > until || objection.Raised > w.asOf {
			continue
		}
		switch settled := objection.Settled != "" && objection.Settled <= w.asOf; {
		case !settled:
			refuse(Reason{Code: "objection_open", Date: objection.Raised, Detail: objection.ID})
		case objection.Upheld:
			refuse(Reason{Code: "objection_upheld", Date: objection.Settled, Detail: objection.ID})
		default:
			free = max(free, objection.Settled)
		}
	}
	return until, free, why
}

// lastDay returns the last of the full days a step lasts after the day it begins.
func (w *walk) lastDay(step *Step, begins date.Date) (date.Date, error) {
	if step.DayKind == WorkingDays {
		return w.procedure.calendar.AddWorkingDays(begins, step.Days)
	}
	return begins.AddDays(step.Days), nil
}
