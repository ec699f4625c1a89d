package household

import (
	_ "embed"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
)

//go:embed help.go
var helpSource string

func init() {
	fact.Register(helpSource, (*Measure)(nil), (*Responsible)(nil))
	figure.Declare(
		figure.Measure{ID: "household-helped", En: "Households with a measure delivered", Zh: "落实帮扶措施户", Unit: "households"},
	)
}

// Measure is help delivered on the effective date to households against a cause of their poverty. One record serves all households who
// received the same on one day.
type Measure struct {
	_          struct{} `kind:"measure" en:"Measure delivered" zh:"帮扶措施落实" by:"county-assistant,programme-officer" area:"area" book:"area"`
	Area       string   `json:"area" en:"Area" zh:"地区" ref:"area"`
	Cause      string   `json:"cause" en:"Cause that it answers" zh:"针对致贫原因" length:"20" hint:"A code from the list of causes, such as illness." hint_zh:"按原因代码填写，如 illness（因病）。"`
	What       string   `json:"what" en:"What was delivered" zh:"措施内容" length:"200"`
	Batch      string   `json:"batch" en:"Batch" zh:"帮扶类别" choices:"industry=Industry=发展生产;relocation=Relocation=易地搬迁;ecology=Ecology=生态补偿;education=Education=发展教育;social-security=Social security=社会保障兜底;other=Other=其他"`
	Project    string   `json:"project" en:"Project" zh:"项目" ref:"project" optional:"" hint:"The project whose money or goods it was." hint_zh:"资金或物资所属项目。"`
	Households []string `json:"households" en:"Households" zh:"受益户" ref:"household"`
}

// Record counts each household and files the measure.
func (m *Measure) Record(tx *fact.Tx) error {
	if !listed(m.Cause, tx.On) {
		return fault.New(fault.Invalid, "household.cause", "%q was no cause on the form of %s", m.Cause, tx.On).For("cause").Mend("Use one of: %s.", causeCodes())
	}
	for _, id := range m.Households {
		e, err := tx.Need("households", Type, id)
		if err != nil {
			return err
		}
		tx.Concern(Type, id, "")
		if err := tx.Observe("household-helped", 1, figure.Observation{Subject: id, Area: e.Area, Project: m.Project}); err != nil {
			return err
		}
	}
	return nil
}

// Responsible names the official who answers for households from the effective date on. A change is a new line: the old one stays.
type Responsible struct {
	_          struct{}  `kind:"responsible" en:"Responsible person" zh:"帮扶责任人" by:"county-assistant,programme-officer" area:"area" book:"area"`
	Area       string    `json:"area" en:"Area" zh:"地区" ref:"area"`
	Person     string    `json:"person" en:"Code of the person" zh:"责任人编号" pattern:"[0-9A-Za-z._-]{1,40}" hint:"A log-in, or a code of the county's own list of officials." hint_zh:"登录名，或本县干部名册编号。"`
	Unit       string    `json:"unit" en:"Unit" zh:"单位" length:"100"`
	Tier       string    `json:"tier" en:"Tier" zh:"层级" choices:"province=Province=省级;city=City=市级;county=County=县级;town=Town=乡镇;village=Village=村级"`
	Until      date.Date `json:"until" en:"Until" zh:"截止日期" optional:"" hint:"Last day; empty while it lasts." hint_zh:"最后一日；仍在进行的留空。"`
	Households []string  `json:"households" en:"Households" zh:"负责农户" ref:"household"`

	Name  string `json:"name" en:"Name" zh:"姓名" length:"80" optional:"" private:""`
	Phone string `json:"phone" en:"Phone" zh:"电话" length:"30" optional:"" private:""`
}

// Record files the pairing under each household.
func (r *Responsible) Record(tx *fact.Tx) error {
	if r.Until != "" && r.Until < tx.On {
		return fault.New(fault.Invalid, "responsible.until", "it would end on %s before it begins on %s", r.Until, tx.On).For("until").Mend("Correct one of the dates.")
	}
	for _, id := range r.Households {
		tx.Concern(Type, id, "")
	}
	return nil
}
