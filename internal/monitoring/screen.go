package monitoring

import (
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
	"lastmile/internal/rule"
)

// Household is what screening looks at.
type Household struct {
	ID         string          `json:"id"`
	Area       string          `json:"area"`
	Exited     date.Date       `json:"exited,omitzero"`  // when it last left poverty; none when it was never registered
	Members    int             `json:"members"`          // who share income on the date
	Income     income.Account  `json:"income"`           // of the last twelve months
	Before     *income.Account `json:"before,omitempty"` // of the twelve months before those
	Spending   []Spending      `json:"spending"`
	Guarantees []Guarantee     `json:"guarantees"` // none at all means that nobody looked
}

// Spending is money the household paid itself, after insurance and aid.
type Spending struct {
	Kind   string     `json:"kind"`
	Amount income.Fen `json:"amount_fen"`
	On     date.Date  `json:"on"`
}

// Guarantee is the answer to a check of education, medical care, housing or water.
type Guarantee struct {
	Subject string `json:"subject"`
	Answer  string `json:"answer"` // met, unmet or unknown
}

// Answer is what Screen and Eliminate say.
type Answer string

const (
	Watch         Answer = "WATCH"          // take the household up
	Clear         Answer = "CLEAR"          // nothing points to a risk
	EndWatch      Answer = "END_WATCH"      // the risk is gone
	Hold          Answer = "HOLD"           // keep watching
	Undetermined  Answer = "UNDETERMINED"   // something needed is unknown
	NotApplicable Answer = "NOT_APPLICABLE" // no watch is open
)

// Screening is the answer of Screen.
type Screening struct {
	Household string             `json:"household"`
	AsOf      date.Date          `json:"as_of"`
	Rules     string             `json:"rules"`
	Answer    Answer             `json:"answer"`
	Group     Group              `json:"group,omitempty"` // when the answer is Watch
	Line      income.PovertyLine `json:"line"`
	Rigid     income.Fen         `json:"rigid_fen"` // rigid spending within the period of the income
	Reasons   []Reason           `json:"reasons"`
}

// Screen says whether a household should be watched. One thing that points to a risk is enough; otherwise anything
// unknown leaves the household undetermined.
func Screen(h *Household, asOf date.Date, rules *Rules) Screening {
	s := Screening{Household: h.ID, AsOf: asOf, Rules: rules.ID + " " + rules.Version, Answer: Clear, Reasons: []Reason{}}
	line, hasLine := rules.lines.At(rules.LineSeries, h.Area, asOf)
	s.Line = line
	low, struck, unknown := false, false, false
	point := func(flag *bool, r Reason) {
		*flag = true
		s.Reasons = append(s.Reasons, r)
	}

	known := rules.usable(&h.Income, asOf) && h.Members > 0
	switch {
	case !hasLine:
		point(&unknown, Reason{Code: "line_missing", Date: asOf})
	case !known:
		point(&unknown, Reason{Code: "income_unknown"})
	case rules.watches(h.Income.Net, h.Members, line):
		point(&low, Reason{Code: "income_low", Amount: h.Income.Net, Members: h.Members, Line: line.Amount})
	}
	for _, guarantee := range h.Guarantees {
		switch guarantee.Answer {
		case "met":
		case "unmet":
			point(&low, Reason{Code: "guarantee_unmet", Detail: guarantee.Subject})
		default:
			point(&unknown, Reason{Code: "guarantee_unknown", Detail: guarantee.Subject})
		}
	}
	if len(h.Guarantees) == 0 {
		point(&unknown, Reason{Code: "guarantee_unknown", Detail: "all"})
	}
	for _, spending := range h.Spending {
		if slices.Contains(rules.RigidKinds, spending.Kind) && h.Income.Period.Contains(spending.On) && spending.On <= asOf {
			s.Rigid += spending.Amount
		}
	}
	before := h.Before != nil && h.Before.Lines > 0
	switch {
	case s.Rigid > 0 && !before:
		point(&unknown, Reason{Code: "before_unknown", Amount: s.Rigid})
	case s.Rigid > 0 && compareShare(s.Rigid, h.Before.Net, rules.RigidAbove) > 0:
		point(&struck, Reason{Code: "rigid_spending", Amount: s.Rigid, Line: h.Before.Net})
	}
	if known && before && rules.Fell(h.Before.Net, h.Income.Net) {
		point(&struck, Reason{Code: "sharp_fall", Amount: h.Income.Net, Line: h.Before.Net})
	}

	switch {
	case low || struck:
		s.Answer, s.Group = Watch, rules.group(h, low)
	case unknown:
		s.Answer = Undetermined
	}
	slices.SortStableFunc(s.Reasons, compareReasons)
	return s
}

// Fell reports whether a net income fell sharply from one twelve months to a later twelve: by the share of the rules or more.
func (r *Rules) Fell(before, now income.Fen) bool {
	return r.SharpFall.Of > 0 && before > 0 && compareShare(before-now, before, r.SharpFall) >= 0
}

// usable reports whether an account has verified lines, covers the months it should and is recent enough.
func (r *Rules) usable(a *income.Account, asOf date.Date) bool {
	return a.Lines > 0 && a.Period.From != "" && a.Period.From.AddMonths(r.WindowMonths).AddDays(-1) == a.Period.To &&
		a.Period.To <= asOf && a.Period.To.DaysUntil(asOf) <= r.WindowAgeMaxDays
}

// watches reports whether an income is low enough to be watched.
func (r *Rules) watches(net income.Fen, members int, line income.PovertyLine) bool {
	atLine := line.Amount * income.Fen(members)
	return net < atLine || net == atLine && r.AtLine == "watched"
}

// group names why a household is watched: by its income or guarantees, or struck by something else.
func (r *Rules) group(h *Household, low bool) Group {
	switch {
	case !low && slices.Contains(r.Groups, SuddenHardship):
		return SuddenHardship
	case h.Exited == "":
		return Marginal
	}
	return UnstableExited
}

// compareShare compares an amount with a share of another, exactly.
func compareShare(amount, of income.Fen, share rule.Ratio) int {
	return rule.Ratio{Count: int64(amount), Of: 1}.Compare(rule.Ratio{Count: int64(of) * share.Count, Of: share.Of})
}
