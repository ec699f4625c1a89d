package targeting

import (
	"slices"
	"strings"

	"lastmile/internal/fault"
	"lastmile/internal/rule/condition"
	"lastmile/internal/targeting/card"
)

// Change is one household that enters the list or leaves it.
type Change struct {
	Row int // -1 when it has no card
	ID  string
}

// Changes is who would enter and leave if the result became the list.
type Changes struct {
	Enter, Stay, Leave []Change
	// Unsure are on the list now and cannot be judged: they are neither kept nor dropped without a look.
	Unsure []Change
	Gone   []string // on the list now and without a card
}

// Compare sets the result beside the list as it is. Current of the cards says who is on it.
func (r *Result) Compare(gone []string) Changes {
	c := Changes{Gone: gone}
	for i := range r.Households {
		change := Change{Row: i, ID: r.Cards.IDs[i]}
		switch r.changeOf(i) {
		case Enters:
			c.Enter = append(c.Enter, change)
		case Stays:
			c.Stay = append(c.Stay, change)
		case Leaves:
			c.Leave = append(c.Leave, change)
		case Unsure:
			c.Unsure = append(c.Unsure, change)
		}
	}
	for _, list := range [][]Change{c.Enter, c.Stay, c.Leave, c.Unsure} {
		slices.SortFunc(list, func(a, b Change) int { return strings.Compare(a.ID, b.ID) })
	}
	return c
}

// Tally counts households and the people in them.
type Tally struct {
	Households int   `json:"households"`
	Persons    int64 `json:"persons"`
}

func (t *Tally) add(persons int64) { t.Households++; t.Persons += persons }

// Errors are the targeting errors of a list, against who turned out to be in need.
type Errors struct {
	InNeed    Tally `json:"in_need"`     // on the list and in need
	Leakage   Tally `json:"leakage"`     // on the list and not in need: inclusion error
	Missed    Tally `json:"missed"`      // in need and not on the list: exclusion error
	NotInNeed Tally `json:"not_in_need"` // neither
	Unknown   Tally `json:"unknown"`     // nobody knows whether it was in need
}

// LeakageShare is the share of those on the list who were not in need, as count and of; both 0 when nobody can tell.
func (e *Errors) LeakageShare() (count, of int) {
	return e.Leakage.Households, e.Leakage.Households + e.InNeed.Households
}

// MissedShare is the share of those in need who were not on the list.
func (e *Errors) MissedShare() (count, of int) {
	return e.Missed.Households, e.Missed.Households + e.InNeed.Households
}

// Backtest is what the rule would have chosen a year ago, beside the list that was.
type Backtest struct {
	Both     Tally `json:"both"`      // chosen by the rule and on the list then
	OnlyRule Tally `json:"only_rule"` // chosen by the rule alone
	OnlyList Tally `json:"only_list"` // on the list alone
	Neither  Tally `json:"neither"`
	Unsure   Tally `json:"unsure"` // the rule cannot say: undetermined or in review

	Rule Errors `json:"rule"` // of what the rule would have chosen
	List Errors `json:"list"` // of the list that was
	// Lost is how many households of then have no card now, so that nobody knows whether they were in need.
	Lost int `json:"lost"`
}

// Backtest judges who turned out to be in need by the cards of now, and sets it beside what the result of then chose and the list of then,
// which is Before of its cards.
func (r *Result) Backtest(now *card.Set) (*Backtest, error) {
	p := r.Programme
	if p.need == nil {
		return nil, fault.New(fault.Invalid, "target.need", "rules %s do not say what need is", p.ID).For("rules").Mend(`Add it to the rules, such as "need": "income <= line * members".`)
	}
	at := make(map[string]int, now.Rows())
	for i, id := range now.IDs {
		at[id] = i
	}
	b := &Backtest{}
	row := now.Row()
	for i := range r.Households {
		persons := r.Cards.Persons(i)
		outcome, listed := r.Households[i].Outcome, r.Cards.Before[i]
		chosen := outcome == Chosen
		switch {
		case outcome == Undetermined || outcome == InReview:
			b.Unsure.add(persons)
		case chosen && listed:
			b.Both.add(persons)
		case chosen:
			b.OnlyRule.add(persons)
		case listed:
			b.OnlyList.add(persons)
		default:
			b.Neither.add(persons)
		}
		need := condition.Unknown
		if j, ok := at[r.Cards.IDs[i]]; ok {
			row.Move(j)
			need = p.need.Ask(row).Answer
		} else {
			b.Lost++
		}
		b.Rule.count(chosen, need, persons)
		b.List.count(listed, need, persons)
	}
	return b, nil
}

func (e *Errors) count(listed bool, need condition.Answer, persons int64) {
	switch {
	case need == condition.Unknown:
		e.Unknown.add(persons)
	case listed && need == condition.Yes:
		e.InNeed.add(persons)
	case listed:
		e.Leakage.add(persons)
	case need == condition.Yes:
		e.Missed.add(persons)
	default:
		e.NotInNeed.add(persons)
	}
}
