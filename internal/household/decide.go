package household

import (
	"context"
	_ "embed"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household/decision"
)

//go:embed decide.go
var decideSource string

func init() {
	fact.Register(decideSource, (*Decision)(nil))
	figure.Declare(
		figure.Measure{ID: "exit-decision", En: "Decisions on leaving poverty", Zh: "退出判定次数", Unit: "decisions"},
	)
}

// Decision keeps what a rulebook says of a household's records on the effective date: whether it may leave poverty, and why not. lastmile works it out and
// works it out again when it is recorded; a decision that the records do not give is refused. It changes nothing: a household leaves by its case.
type Decision struct {
	_         struct{}   `kind:"decision" en:"Decision on leaving poverty" zh:"退出判定" by:"county-assistant,programme-officer" book:"household" area:"household"`
	Household string     `json:"household" en:"Household" zh:"农户" ref:"household"`
	Known     date.Date  `json:"known" en:"By what was known on" zh:"依据截至" hint:"What had been recorded by this day was used; not before the date decided about." hint_zh:"以截至此日已登记的情况为准；不得早于认定日期。"`
	Rulebook  string     `json:"rulebook" en:"Rulebook" zh:"判定标准" length:"60"`
	Outcome   string     `json:"outcome" en:"Outcome" zh:"结论" choices:"EXIT_ELIGIBLE=May leave=符合退出;HOLD=Hold=暂不退出;UNDETERMINED=Undetermined=无法判定;NOT_APPLICABLE=Not applicable=不适用"`
	Members   int64      `json:"members" en:"Members who share income" zh:"共享收支人数" min:"0" optional:""`
	Net       fact.Money `json:"net" en:"Net income" zh:"纯收入" unit:"CNY" optional:""`
	Line      string     `json:"line" en:"Poverty line" zh:"贫困线" length:"80" optional:""`
	Reasons   []string   `json:"reasons" en:"Reasons" zh:"原因" length:"120" optional:"" hint:"What keeps the household from leaving, such as housing.unmet." hint_zh:"尚不能退出的原因，如 housing.unmet（住房未达标）。"`
}

// Decide works out the decision on a household from its file.
func (f *File) Decide(on, known date.Date) (*Decision, decision.Decision, error) {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return nil, decision.Decision{}, err
	}
	h, err := f.Input(on)
	if err != nil {
		return nil, decision.Decision{}, err
	}
	rules, err := books.InForce(h.Area, on)
	if err != nil {
		return nil, decision.Decision{}, fault.New(fault.Invalid, "decision.rulebook", "%v", err).For("on").Mend("Decide about a day on which a rulebook was in force.")
	}
	d, err := decision.DecideKnown(h, on, known, rules)
	if err != nil {
		return nil, d, err
	}
	kept := &Decision{Household: f.ID, Known: known, Rulebook: d.Rulebook, Outcome: string(d.Outcome), Members: int64(d.Members), Net: fact.Money(d.Account.Net), Line: d.Line.ID}
	for _, r := range d.Reasons {
		text := r.ID()
		if r.Person != "" {
			text += " " + r.Person
		}
		kept.Reasons = append(kept.Reasons, text)
	}
	return kept, d, nil
}

// Decide works out a decision to be recorded.
func Decide(ctx context.Context, r database.Reader, book, id string, on, known date.Date) (*Decision, decision.Decision, error) {
	f, err := Load(ctx, r, book, id)
	if err != nil {
		return nil, decision.Decision{}, err
	}
	return f.Decide(on, known)
}

// Record works the decision out again and files it.
func (d *Decision) Record(tx *fact.Tx) error {
	if d.Known < tx.On {
		return fault.New(fault.Invalid, "decision.known", "a decision about %s cannot go by what was known on %s", tx.On, d.Known).For("known").Mend("Use %s or a later date.", tx.On)
	}
	f, err := Open(tx, d.Household)
	if err != nil {
		return err
	}
	own, _, err := f.Decide(tx.On, d.Known)
	if err != nil {
		return err
	}
	if own.Rulebook != d.Rulebook || own.Outcome != d.Outcome || own.Members != d.Members || own.Net != d.Net || own.Line != d.Line || !slices.Equal(own.Reasons, d.Reasons) {
		return fault.New(fault.Conflict, "decision.differs", "the records of household %s say %s by %s (%v), not %s", d.Household, own.Outcome, own.Rulebook, own.Reasons, d.Outcome).For("outcome").
			Mend("The records have changed: decide again.")
	}
	tx.Concern(Type, d.Household, "")
	return tx.Observe("exit-decision", 1, figure.Observation{Subject: d.Household})
}

// DecisionOn is the last decision about a household until a day, nil when there is none.
func (f *File) DecisionOn(on date.Date) *Dated[*Decision] {
	var last *Dated[*Decision]
	for i := range f.Decisions {
		if d := &f.Decisions[i]; d.On <= on && (last == nil || d.On >= last.On) {
			last = d
		}
	}
	return last
}
