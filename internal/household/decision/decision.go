// Package decision says whether a registered household may leave poverty on a date, by the records and a rulebook.
//
//	income above the line, and steadily so          S1, S2
//	food, clothing                                  the two assurances
//	education, medical care, safe housing           the three guarantees
//	drinking water
//	gates: not registered or relapsed this year; a delivered measure that fits a recorded cause;
//	       no open objection; nobody judged by their own responsible person; no unreviewed split after pre-exit
//
// Each question has one of four answers: met, unmet, not applicable, unknown. Any unmet holds the household; otherwise
// anything unknown leaves it undetermined; only when everything is known and nothing is unmet may it leave. What is
// unknown never counts as met: a check nobody made, made too long ago, by nobody in particular, or without the evidence
// its outcome asks for, is unknown.
//
// Decide only answers. It changes nothing, reads no clock and gives the same answer to the same records for ever. A
// household leaves by the procedure (see package procedure), and an answer here is one thing the procedure asks for.
//
// Rules differ by province and year, so they are data: a Rulebook states its jurisdiction, validity, version and
// sources, and a decision names the rulebook and the poverty line it used.
package decision

import (
	"cmp"
	"fmt"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
)

// Outcome is the answer of Decide.
type Outcome string

const (
	ExitEligible  Outcome = "EXIT_ELIGIBLE"  // everything is known and nothing is unmet
	Hold          Outcome = "HOLD"           // something is unmet
	Undetermined  Outcome = "UNDETERMINED"   // nothing is known to be unmet, but something is unknown
	NotApplicable Outcome = "NOT_APPLICABLE" // there is no registered household to decide about
)

// Result answers one question.
type Result string

const (
	Met     Result = "met"
	Unmet   Result = "unmet"
	None    Result = "na" // the question does not arise: no child of school age
	Unknown Result = "unknown"
)

// Subject is what a question is about. The order of Subjects is the order of reasons and evidence.
type Subject string

const (
	Registered Subject = "status"
	Income     Subject = "income"
	Steady     Subject = "steady"
	Food       Subject = "food"
	Clothing   Subject = "clothing"
	Education  Subject = "education"
	Medical    Subject = "medical"
	Housing    Subject = "housing"
	Water      Subject = "water"

	NotSameYear         Subject = "not_same_year"
	MeasureDelivered    Subject = "measure_delivered"
	NoOpenObjection     Subject = "no_open_objection"
	IndependentAssessor Subject = "independent_assessor"
	CompositionReviewed Subject = "composition_reviewed"
)

// Subjects lists every subject in order: registration, income, the six checks, the gates.
var Subjects = []Subject{
	Registered, Income, Steady, Food, Clothing, Education, Medical, Housing, Water,
	NotSameYear, MeasureDelivered, NoOpenObjection, IndependentAssessor, CompositionReviewed,
}

// Decision is the answer for one household, with all it rests on.
type Decision struct {
	Household string             `json:"household"`
	AsOf      date.Date          `json:"as_of"`    // the date decided about
	Known     date.Date          `json:"known"`    // what was recorded by this date was used
	Rulebook  string             `json:"rulebook"` // id and version
	Outcome   Outcome            `json:"outcome"`
	Members   int                `json:"members"` // present on the date and sharing income
	Account   income.Account     `json:"account"`
	Line      income.PovertyLine `json:"line"`
	Reasons   []Reason           `json:"reasons"`  // why not, sorted; empty when the household may leave
	Evidence  []Finding          `json:"evidence"` // the answer to each question, sorted
}

// Finding is the answer to one question, with the record that gives it.
type Finding struct {
	Subject  Subject   `json:"subject"`
	Person   string    `json:"person,omitempty"` // for checks made of each member
	Result   Result    `json:"result"`
	Category string    `json:"category,omitempty"` // the outcome recorded, from the rulebook's list
	On       date.Date `json:"on,omitzero"`
	Assessor string    `json:"assessor,omitempty"`
	Files    []string  `json:"files,omitempty"` // evidence of the record
}

// Decide answers for a date by what was known on it. The error tells of records that cannot be judged at all: a rulebook
// not in force, or an income line its code does not allow.
func Decide(h *Household, asOf date.Date, rules *Rulebook) (Decision, error) {
	return DecideKnown(h, asOf, asOf, rules)
}

// DecideKnown answers for a date by what was known on another one. With a later date it shows what late evidence says
// about a past exit; the exit itself stays in the record. Checks and income lines carry when they were learned; all other
// records are taken as known.
func DecideKnown(h *Household, asOf, known date.Date, rules *Rulebook) (Decision, error) {
	if !rules.Holds(h.Area, asOf) {
		return Decision{}, fmt.Errorf("decide household %s: %w", h.ID, rules.notInForce(h.Area, asOf))
	}
	j := judge{h: h, asOf: asOf, known: known, rules: rules}
	j.Household, j.AsOf, j.Known, j.Rulebook = h.ID, asOf, known, rules.Name()
	j.Reasons = []Reason{}
	j.Evidence = make([]Finding, 0, len(Subjects))
	if !j.applicable() {
		j.Outcome = NotApplicable
		return j.Decision, nil
	}
	if err := j.judgeIncome(); err != nil {
		return Decision{}, fmt.Errorf("decide household %s: %w", h.ID, err)
	}
	for i := range rules.Checks {
		j.judgeCheck(&rules.Checks[i])
	}
	for _, gate := range rules.Gates {
		j.judgeGate(gate)
	}
	slices.SortStableFunc(j.Reasons, compareReasons)
	j.Outcome = combine(j.Reasons)
	return j.Decision, nil
}

// combine is the three-valued "and": unmet before unknown before met.
func combine(reasons []Reason) Outcome {
	outcome := ExitEligible
	for i := range reasons {
		switch reasons[i].Result {
		case Unmet:
			return Hold
		case Unknown:
			outcome = Undetermined
		}
	}
	return outcome
}

// judge collects a decision.
type judge struct {
	Decision
	h           *Household
	asOf, known date.Date
	rules       *Rulebook
}

func (j *judge) find(f Finding) { j.Evidence = append(j.Evidence, f) }

func (j *judge) reason(r Reason) { j.Reasons = append(j.Reasons, r) }

// applicable finds a registered household with members, or says why there is none.
func (j *judge) applicable() bool {
	status, since := StatusAt(j.h.Statuses, j.asOf)
	code := ""
	switch status {
	case InPoverty, PreExit, Relapsed, ExitReversed:
		present := 0
		for i := range j.h.Members {
			if j.h.Members[i].During.Contains(j.asOf) {
				present++
				if j.h.Members[i].SharesIncome {
					j.Members++
				}
			}
		}
		if present > 0 {
			j.find(Finding{Subject: Registered, Result: Met, Category: string(status), On: since})
			return true
		}
		code = "nobody_left"
	case Exited:
		code = "already_exited"
	case Cancelled:
		code = "cancelled"
	case Removed:
		code = "removed"
	default:
		code = "not_registered"
	}
	j.find(Finding{Subject: Registered, Result: None, Category: string(status), On: since})
	j.reason(Reason{Subject: Registered, Code: code, Result: None, Date: since})
	return false
}

// Review judges a past exit by what is known on a later date. The exit was wrong when income or any guarantee is found
// unmet on the day of the exit; gates do not make an exit wrong. History is not edited: whoever calls this records the
// wrong exit as an event of its own, with its own date.
func Review(h *Household, exit, known date.Date, rules *Rulebook) (decision Decision, wrong bool, err error) {
	before := *h
	before.Statuses = slices.DeleteFunc(slices.Clone(h.Statuses), func(e StatusEvent) bool { return e.On >= exit })
	decision, err = DecideKnown(&before, exit, known, rules)
	wrong = slices.ContainsFunc(decision.Reasons, func(r Reason) bool { return r.Result == Unmet && !r.Subject.IsGate() })
	return decision, wrong, err
}

// IsGate reports whether a subject is a gate, not part of the standard of living.
func (s Subject) IsGate() bool { return s.order() > Water.order() }

func (s Subject) order() int { return slices.Index(Subjects, s) }

func compareReasons(a, b Reason) int {
	if a.Subject != b.Subject {
		return cmp.Compare(a.Subject.order(), b.Subject.order())
	}
	return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Date, b.Date), cmp.Compare(a.Category, b.Category))
}
