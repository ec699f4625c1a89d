package decision

import (
	"lastmile/internal/date"
	"lastmile/internal/household/income"
)

// Household is what the register knows about a household, as far as a decision needs it. Lists may come in any order.
type Household struct {
	ID       string        `json:"id"`
	Area     string        `json:"area"` // official area code, at least of the county; where the household lives on the date decided about
	Statuses []StatusEvent `json:"statuses"`
	Members  []Member      `json:"members"`

	Income   Statement  `json:"income"`             // the twelve months to be judged
	Previous *Statement `json:"previous,omitempty"` // the statement before it, for rulebooks that ask for two

	// Line is a poverty line given with data from outside. When nil, the rulebook's series, the area and the date give it.
	Line *income.PovertyLine `json:"line,omitempty"`

	Checks      []Check       `json:"checks"`
	Causes      []string      `json:"causes"` // recorded causes of poverty
	Measures    []Measure     `json:"measures"`
	Objections  []Objection   `json:"objections"`
	Responsible []Responsible `json:"responsible"`
	Changes     []Change      `json:"changes"` // splits and merges
}

// Status is a state of registration. Statuses are events; none is overwritten.
type Status string

const (
	InPoverty    Status = "registered"    // identified and registered
	PreExit      Status = "pre_exit"      // marked early in the year for leaving
	Exited       Status = "exited"        // left by announcement
	ExitReversed Status = "exit_reversed" // the exit was found wrong; registered again by this event's date
	Relapsed     Status = "relapsed"      // fell back, under the same household id
	Cancelled    Status = "cancelled"     // nobody is left: natural cancellation, which is not an exit
	Removed      Status = "removed"       // taken off the register, for concealment
)

// StatusEvent is a change of status on a date.
type StatusEvent struct {
	Status Status    `json:"status"`
	On     date.Date `json:"on"`
}

// StatusAt returns the status on a date and since when; the last of several events of one day counts. Before the first
// event the status is empty.
func StatusAt(events []StatusEvent, on date.Date) (Status, date.Date) {
	var last StatusEvent
	for _, event := range events {
		if event.On <= on && event.On >= last.On {
			last = event
		}
	}
	return last.Status, last.On
}

// Member is one person's time in the household.
type Member struct {
	Person       string        `json:"person"`
	Birth        date.Date     `json:"birth,omitzero"`
	During       date.Interval `json:"during"` // first and last day as a member
	SharesIncome bool          `json:"shares_income"`
}

// Statement is an income account still in lines.
type Statement struct {
	Period date.Interval `json:"period"`
	Lines  []income.Line `json:"lines"`
}

// Check is one answer to one of the six checks, given by somebody on a date.
type Check struct {
	Subject  Subject   `json:"subject"`
	Person   string    `json:"person,omitempty"`  // whom it is about; empty when it holds for the whole household
	Category string    `json:"category"`          // from the rulebook's list of outcomes
	On       date.Date `json:"on"`                // when it was seen to be so
	Recorded date.Date `json:"recorded,omitzero"` // when the register learned of it; none when on the same day
	Assessor string    `json:"assessor"`
	Files    []string  `json:"files,omitempty"` // evidence
}

// learned returns when the register knew of the check.
func (c *Check) learned() date.Date { return max(c.On, c.Recorded) }

// Measure is assistance for a cause of poverty.
type Measure struct {
	ID        string    `json:"id,omitempty"`
	Cause     string    `json:"cause"`
	Delivered date.Date `json:"delivered,omitzero"` // none while it is only planned
}

// Objection is what somebody said against a list or a decision.
type Objection struct {
	ID      string    `json:"id"`
	Raised  date.Date `json:"raised"`
	Settled date.Date `json:"settled,omitzero"`
}

// Responsible is the official who answers for the household, for some time.
type Responsible struct {
	Person string        `json:"person"`
	During date.Interval `json:"during"`
}

// Change is a split or a merge of the household, and when somebody looked again at what it does to the exit.
type Change struct {
	Kind     string    `json:"kind"` // split or merge
	On       date.Date `json:"on"`
	Reviewed date.Date `json:"reviewed,omitzero"`
}
