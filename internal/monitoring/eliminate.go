package monitoring

import (
	"cmp"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
)

// Case is the watch over one household, in all its records. A case may be closed and reopened.
type Case struct {
	Household  string      `json:"household"`
	Area       string      `json:"area"`
	Opened     []date.Date `json:"opened"` // identified, and reopened
	Closed     []date.Date `json:"closed"`
	Risks      []Risk      `json:"risks"`
	Measures   []Measure   `json:"measures"`
	Readings   []Reading   `json:"readings"`
	Guarantees []Guarantee `json:"guarantees"`  // as they are on the date
	WithLabour int         `json:"with_labour"` // members able to work, ordinary or skilled
}

// Risk is something that may push the household back.
type Risk struct {
	Kind   string    `json:"kind"`
	Found  date.Date `json:"found"`
	Solved date.Date `json:"solved,omitzero"` // overcome, or gone by itself
}

// Measure is help against a risk.
type Measure struct {
	Risk      string    `json:"risk"` // kind of the risk
	Delivered date.Date `json:"delivered,omitzero"`
}

// Reading is an income account of the last twelve months as taken on a date.
type Reading struct {
	On      date.Date  `json:"on"`
	Net     income.Fen `json:"net_fen"`
	Members int        `json:"members"`
}

// Elimination is the answer of Eliminate.
type Elimination struct {
	Household string             `json:"household"`
	AsOf      date.Date          `json:"as_of"`
	Rules     string             `json:"rules"`
	Answer    Answer             `json:"answer"`
	Since     date.Date          `json:"since,omitzero"` // when the watch was opened last
	Line      income.PovertyLine `json:"line"`
	Reasons   []Reason           `json:"reasons"`
}

// OpenSince returns when the case was opened that is open on a date, or no date when none is. A case closed and
// opened on one day is open.
func (c *Case) OpenSince(asOf date.Date) date.Date {
	last := func(dates []date.Date) date.Date {
		var latest date.Date
		for _, date := range dates {
			if date <= asOf {
				latest = max(latest, date)
			}
		}
		return latest
	}
	opened := last(c.Opened)
	if closed := last(c.Closed); closed > opened {
		return ""
	}
	return opened
}

// Eliminate says whether the watch may end. Anything that speaks against it holds; otherwise anything unknown leaves it
// undetermined. Measures count from the last opening on: those of an earlier watch did not prevent this one.
func Eliminate(c *Case, asOf date.Date, rules *Rules) Elimination {
	e := Elimination{Household: c.Household, AsOf: asOf, Rules: rules.ID + " " + rules.Version, Since: c.OpenSince(asOf), Reasons: []Reason{}}
	if e.Since == "" {
		e.Answer = NotApplicable
		e.Reasons = append(e.Reasons, Reason{Code: "not_open", Date: asOf})
		return e
	}
	line, hasLine := rules.lines.At(rules.LineSeries, c.Area, asOf)
	e.Line = line
	e.Answer = EndWatch
	hold := func(r Reason) { e.Answer, e.Reasons = Hold, append(e.Reasons, r) }
	unknown := func(r Reason) {
		if e.Answer == EndWatch {
			e.Answer = Undetermined
		}
		e.Reasons = append(e.Reasons, r)
	}

	if until := e.Since.AddMonths(rules.MonthsWatched); asOf < until {
		hold(Reason{Code: "too_soon", Date: until, Count: rules.MonthsWatched})
	}
	if c.WithLabour == 0 {
		hold(Reason{Code: "no_labour"})
	}
	c.readings(asOf, rules, line, hasLine, hold, unknown)
	risks := 0
	for _, risk := range c.Risks {
		if risk.Found > asOf || risk.Solved != "" && risk.Solved < e.Since {
			continue // not found yet, or of an earlier watch
		}
		risks++
		if risk.Solved == "" || risk.Solved > asOf {
			hold(Reason{Code: "risk_open", Detail: risk.Kind, Date: risk.Found})
		}
		if !slices.ContainsFunc(c.Measures, func(m Measure) bool {
			return m.Risk == risk.Kind && m.Delivered >= e.Since && m.Delivered <= asOf
		}) {
			hold(Reason{Code: "no_measure", Detail: risk.Kind})
		}
	}
	if risks == 0 {
		unknown(Reason{Code: "no_risk_recorded"})
	}
	for _, guarantee := range c.Guarantees {
		switch guarantee.Answer {
		case "met":
		case "unmet":
			hold(Reason{Code: "guarantee_unmet", Detail: guarantee.Subject})
		default:
			unknown(Reason{Code: "guarantee_unknown", Detail: guarantee.Subject})
		}
	}
	if len(c.Guarantees) == 0 {
		unknown(Reason{Code: "guarantee_unknown", Detail: "all"})
	}
	slices.SortStableFunc(e.Reasons, compareReasons)
	return e
}

// readings asks whether income has been above the current line for long enough: in every reading of the last months,
// and in one at least as old as they are.
func (c *Case) readings(asOf date.Date, rules *Rules, line income.PovertyLine, hasLine bool, hold, unknown func(Reason)) {
	readings := slices.DeleteFunc(slices.Clone(c.Readings), func(r Reading) bool { return r.On > asOf })
	slices.SortStableFunc(readings, func(a, b Reading) int { return cmp.Compare(a.On, b.On) })
	switch {
	case !hasLine:
		unknown(Reason{Code: "line_missing", Date: asOf})
		return
	case len(readings) == 0 || readings[len(readings)-1].On.DaysUntil(asOf) > rules.WindowAgeMaxDays:
		unknown(Reason{Code: "income_unknown"})
		return
	}
	since := date.Date("")
	for i := len(readings) - 1; i >= 0 && line.Exceeded(readings[i].Net, readings[i].Members); i-- {
		since = readings[i].On
	}
	last := readings[len(readings)-1]
	switch {
	case since == "":
		hold(Reason{Code: "income_not_above", Amount: last.Net, Members: last.Members, Line: line.Amount})
	case since.AddMonths(rules.MonthsSteady) > asOf:
		hold(Reason{Code: "income_not_steady", Date: since, Count: rules.MonthsSteady})
	}
}
