package casework

import (
	_ "embed"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/monitoring"
	"lastmile/internal/procedure"
)

//go:embed after.go
var afterSource string

func init() {
	fact.Register(afterSource, (*WrongExit)(nil), (*Relapse)(nil), (*Watch)(nil), (*RiskSolved)(nil), (*WatchEnd)(nil))
	figure.Declare(
		figure.Measure{ID: "exit-reversed", En: "Exits found wrong", Zh: "错退户", Unit: "households"},
		figure.Measure{ID: "household-relapsed", En: "Households relapsed", Zh: "返贫户", Unit: "households"},
		figure.Measure{ID: "people-relapsed", En: "People relapsed", Zh: "返贫人口", Unit: "persons"},
		figure.Measure{ID: "watch-opened", En: "Households taken under watch", Zh: "纳入监测户", Unit: "households"},
		figure.Measure{ID: "watch-closed", En: "Watches ended", Zh: "风险消除户", Unit: "households"},
		figure.Measure{ID: "watch-running", En: "Households under watch", Zh: "在测户", Unit: "households"},
	)
}

// WrongExit says that an exit was wrong: what is known on the effective date shows that income or a guarantee was not met on the day of the
// exit. The exit stays in the books, and statements as of an earlier day still show it; from now on it is counted off.
type WrongExit struct {
	_         struct{} `kind:"wrong-exit" en:"Wrong exit" zh:"错退" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Finding   string   `json:"finding" en:"What was found" zh:"核查情况" length:"1000"`
}

// Record looks at the exit again by what is known, and takes it off when it was wrong.
func (w *WrongExit) Record(tx *fact.Tx) error {
	h, since, err := exited(tx, w.Household)
	if err != nil {
		return err
	}
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return err
	}
	input, err := h.Input(since)
	if err != nil {
		return err
	}
	rules, err := books.InForce(input.Area, since)
	if err != nil {
		return fault.New(fault.Invalid, "decision.rulebook", "%v", err).For("household").Mend("Correct the household.")
	}
	if _, wrong, err := decision.Review(input, since, tx.On, rules); err != nil {
		return err
	} else if !wrong {
		return fault.New(fault.Conflict, "exit.right", "by what is known on %s the exit of household %s on %s was right", tx.On, w.Household, since).For("household").
			Mend("Record the visit that shows what was wrong on that day first.")
	}
	area := h.Area(since)
	if err := household.SetStatus(tx, h.ID, decision.ExitReversed); err != nil {
		return err
	}
	if err := tx.Observe("exit-reversed", 1, figure.Observation{Subject: h.ID, Area: area}); err != nil {
		return err
	}
	if err := tx.Observe("household-exited", -1, figure.Observation{Subject: h.ID, Area: area}); err != nil {
		return err
	}
	others := liftedBefore(h, since)
	for _, m := range h.Present(since) {
		if others[m.Person] {
			continue // an exit that stands lifted them too
		}
		if err := tx.Observe("people-lifted", -1, figure.Observation{Subject: m.Person, Area: area}); err != nil {
			return err
		}
	}
	return nil
}

// TakeBack is refused once something was built on it.
func (w *WrongExit) TakeBack(tx *fact.Tx) error {
	return backTo(tx, w.Household, decision.ExitReversed, decision.Exited)
}

// exited reads the file of a household that is out of poverty, and since when.
func exited(tx *fact.Tx, id string) (*household.File, date.Date, error) {
	h, err := household.Open(tx, id)
	if err != nil {
		return nil, "", err
	}
	e, err := tx.Need("household", household.Type, id)
	if err != nil {
		return nil, "", err
	}
	status, since := h.Status(tx.On)
	if status != decision.Exited || e.Status != string(decision.Exited) {
		return nil, "", fault.New(fault.Conflict, "household.status", "household %s is %s on %s, not exited", id, e.Status, tx.On).For("household").Mend("Correct the code or the date.")
	}
	return h, since, nil
}

// backTo puts a household's registration back when what changed it is taken back and nothing has changed it since.
func backTo(tx *fact.Tx, id string, from, to decision.Status) error {
	e, err := tx.Need("household", household.Type, id)
	if err != nil {
		return err
	}
	if e.Status != string(from) {
		return fault.New(fault.Conflict, "household.later", "household %s is %s since", id, e.Status).For("entry").Mend("Record what is true now.")
	}
	e.Status, e.Class = string(to), string(to)
	return tx.Put(e)
}

// Relapse is a household that had left poverty and has fallen back, under the same code. It may leave again by another case, not this year.
type Relapse struct {
	_         struct{} `kind:"relapse" en:"Relapse" zh:"返贫" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Cause     string   `json:"cause" en:"Cause" zh:"返贫原因" length:"40"`
	Document  string   `json:"document" en:"Document" zh:"依据" length:"200"`
}

// Record registers the household again and counts the relapse.
func (r *Relapse) Record(tx *fact.Tx) error {
	h, _, err := exited(tx, r.Household)
	if err != nil {
		return err
	}
	return change(tx, h, decision.Relapsed, "household-relapsed", "people-relapsed", nil)
}

// TakeBack makes the household exited again.
func (r *Relapse) TakeBack(tx *fact.Tx) error {
	return backTo(tx, r.Household, decision.Relapsed, decision.Exited)
}

// Watch takes a household under watch against falling back, or just above the line into poverty.
type Watch struct {
	_         struct{} `kind:"watch" en:"Watch against relapse" zh:"防返贫监测" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Group     string   `json:"group" en:"Group" zh:"监测类别" choices:"unstable_exited=Exited, not steadily=脱贫不稳定户;marginal=Just above the line=边缘易致贫户;sudden_hardship=Sudden serious hardship=突发严重困难户"`
	Risks     []string `json:"risks" en:"Risks" zh:"风险类型" length:"20" hint:"Codes from the list of causes, such as illness." hint_zh:"按原因代码填写，如 illness（因病）。"`
	Found     string   `json:"found" en:"How it was found" zh:"发现方式" choices:"self-report=Self-report=农户申报;visit=Visit=干部走访;screening=Screening=部门筛查"`
}

// watching is the type of the entity that a household under watch is: its status says whether the watch runs.
const watching = "watch"

// Record opens the watch, again when one was closed before.
func (w *Watch) Record(tx *fact.Tx) error {
	e, err := tx.Need("household", household.Type, w.Household)
	if err != nil {
		return err
	}
	if (w.Group == string(monitoring.UnstableExited)) != (e.Status == string(decision.Exited)) && w.Group != string(monitoring.SuddenHardship) {
		return fault.New(fault.Conflict, "watch.group", "household %s is %s and cannot be watched as %s", w.Household, e.Status, w.Group).For("group").Mend("Choose the other group.")
	}
	for _, risk := range w.Risks {
		if !slices.ContainsFunc(household.Causes(), func(c household.Cause) bool { return c.Code == risk }) {
			return fault.New(fault.Invalid, "watch.risk", "%q is no risk", risk).For("risks").Mend("Use the codes of the list of causes.")
		}
	}
	old, ok, err := tx.Entity(watching, w.Household)
	if err != nil {
		return err
	}
	if ok && old.Status == Open {
		return fault.New(fault.Conflict, "watch.open", "household %s is under watch already", w.Household).For("household").Mend("Nothing needs to be done.")
	}
	old.Type, old.ID, old.Name, old.Class, old.Status, old.Area, old.Parent, old.Seq = watching, w.Household, w.Household, w.Group, Open, e.Area, w.Household, 0
	if err := tx.Put(old); err != nil {
		return err
	}
	tx.Concern(household.Type, w.Household, "")
	for _, measure := range []string{"watch-opened", "watch-running"} {
		if err := tx.Observe(measure, 1, figure.Observation{Subject: w.Household}); err != nil {
			return err
		}
	}
	return nil
}

// TakeBack ends the watch as if it had not been opened.
func (w *Watch) TakeBack(tx *fact.Tx) error { return tx.SetStatus(watching, w.Household, Done) }

// RiskSolved says that a risk for which a household is watched is overcome, or gone by itself.
type RiskSolved struct {
	_         struct{} `kind:"risk-solved" en:"Risk overcome" zh:"风险解除" by:"county-assistant,programme-officer" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Risk      string   `json:"risk" en:"Risk" zh:"风险类型" length:"20"`
	How       string   `json:"how" en:"How" zh:"解除情况" length:"300"`
}

// Record files it under the household.
func (r *RiskSolved) Record(tx *fact.Tx) error {
	tx.Concern(household.Type, r.Household, "")
	return nil
}

// WatchEnd ends a watch where no procedure for it is in force; elsewhere the watch ends by a case. Either way the records must allow it.
type WatchEnd struct {
	_         struct{} `kind:"watch-end" en:"End of a watch" zh:"风险消除" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Document  string   `json:"document" en:"Document" zh:"依据" length:"200"`
}

// Record ends the watch.
func (w *WatchEnd) Record(tx *fact.Tx) error {
	h, err := household.Open(tx, w.Household)
	if err != nil {
		return err
	}
	library, err := procedure.Published()
	if err != nil {
		return err
	}
	if p, err := library.InForce(h.Area(tx.On), tx.On, procedure.EndOfWatch.Is); err == nil {
		return fault.New(fault.Conflict, "watch.procedure", "on %s a watch ends by procedure %s", tx.On, p.ID).For("household").Mend("Open a case under it.")
	}
	return closeWatch(tx, h)
}

// TakeBack lets the watch run again.
func (w *WatchEnd) TakeBack(tx *fact.Tx) error { return tx.SetStatus(watching, w.Household, Open) }

func closeWatch(tx *fact.Tx, h *household.File) error {
	if err := mayEnd(tx, h); err != nil {
		return err
	}
	if err := tx.SetStatus(watching, h.ID, Done); err != nil {
		return err
	}
	tx.Concern(household.Type, h.ID, watchEnded)
	if err := tx.Observe("watch-closed", 1, figure.Observation{Subject: h.ID}); err != nil {
		return err
	}
	return tx.Observe("watch-running", -1, figure.Observation{Subject: h.ID})
}

// watchEnded is the role of an entry that ends the watch over a household.
const watchEnded = "watch ended"

// accountRules sum the income of a household under watch: net income as the registration form has it.
var accountRules = income.Rules{Concept: "net_income", MigrantWage: "net", SelfConsumption: "counted", InventoryRule: "when_sold"}

// mayEnd refuses to end a watch that the records do not let end.
func mayEnd(tx *fact.Tx, h *household.File) error {
	entries, err := tx.File(household.Type, h.ID)
	if err != nil {
		return err
	}
	c := &monitoring.Case{Household: h.ID, Area: h.Area(tx.On), WithLabour: h.WithLabour(tx.On)}
	for _, s := range []decision.Subject{decision.Education, decision.Medical, decision.Housing, decision.Water} {
		c.Guarantees = append(c.Guarantees, monitoring.Guarantee{Subject: string(s), Answer: string(h.Answer(s, tx.On))})
	}
	readings, err := h.Readings(tx.On, accountRules)
	if err != nil {
		return err
	}
	for _, r := range readings {
		c.Readings = append(c.Readings, monitoring.Reading{On: r.On, Net: r.Account.Net, Members: r.Members})
	}
	solved := map[string]date.Date{}
	for _, e := range entries {
		if e.Role == watchEnded {
			c.Closed = append(c.Closed, e.On)
		}
		if e.Kind != "watch" && e.Kind != "risk-solved" {
			continue
		}
		x, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return err
		}
		switch x := x.(type) {
		case *Watch:
			c.Opened = append(c.Opened, e.On)
			for _, risk := range x.Risks {
				c.Risks = append(c.Risks, monitoring.Risk{Kind: risk, Found: e.On})
			}
		case *RiskSolved:
			solved[x.Risk] = max(solved[x.Risk], e.On)
		}
	}
	for i := range c.Risks {
		if r := &c.Risks[i]; solved[r.Kind] >= r.Found {
			r.Solved = solved[r.Kind]
		}
	}
	for _, m := range h.Measures {
		c.Measures = append(c.Measures, monitoring.Measure{Risk: m.Fact.Cause, Delivered: m.On})
	}
	library, err := monitoring.Published()
	if err != nil {
		return err
	}
	rules, err := library.InForce(c.Area, tx.On)
	if err != nil {
		return fault.New(fault.Invalid, "watch.rules", "%v", err).For("household").Mend("End the watch on a day on which rules are in force.")
	}
	e := monitoring.Eliminate(c, tx.On, rules)
	if e.Answer == monitoring.EndWatch {
		return nil
	}
	var why []string
	for _, r := range e.Reasons {
		why = append(why, r.Text("en"))
	}
	return fault.New(fault.Conflict, "watch.holds", "the watch over household %s may not end: %s (%s)", h.ID, e.Answer, strings.Join(why, "; ")).For("household").
		Mend("Record what has changed, or keep watching.")
}
