package facttest

import (
	_ "embed"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
)

//go:embed kinds.go
var source string

func init() {
	fact.Register(source, (*Interview)(nil), (*Aid)(nil))
	figure.Declare(
		figure.Measure{ID: "test-interview", En: "Interviews", Zh: "访谈", Unit: "interviews"},
		figure.Measure{ID: "test-satisfaction", En: "Satisfaction", Zh: "满意度", Unit: "points", Ranked: true},
		figure.Measure{ID: "test-aid", En: "Aid asked for", Zh: "申请救助", Unit: "CNY"},
	)
}

// Interview is what a household said. Who spoke is personal data; the answer is not.
type Interview struct {
	_         struct{} `kind:"test-interview" en:"Interview" zh:"访谈" by:"county-assistant" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"party"`
	Points    int64    `json:"points" en:"Satisfaction" zh:"满意度" min:"0" max:"10"`
	Name      string   `json:"name" en:"Who spoke" zh:"受访人" private:"" length:"40"`
	Phone     string   `json:"phone" en:"Telephone" zh:"电话" private:"" optional:"" pattern:"[0-9]{5,11}" hint:"Digits only." hint_zh:"只填数字。"`
}

// Record counts the interview and its answer.
func (i *Interview) Record(tx *fact.Tx) error {
	if err := tx.Observe("test-interview", 1, figure.Observation{Subject: i.Household}); err != nil {
		return err
	}
	return tx.Observe("test-satisfaction", i.Points, figure.Observation{Subject: i.Household})
}

// Aid is help that a household asks for, with its bank account.
type Aid struct {
	_         struct{}   `kind:"test-aid" en:"Aid" zh:"救助" by:"county-assistant" approve:"approver; 1000.00 2" amount:"amount" book:"household" area:"household"`
	Household string     `json:"household" en:"Household" zh:"农户" ref:"party"`
	Amount    fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01" max:"5000.00"`
	Account   string     `json:"account" en:"Bank account" zh:"银行账号" private:"" length:"30"`
}

// Record counts what was asked for; a household may ask for 5000.00 in all.
func (a *Aid) Record(tx *fact.Tx) error {
	sum, err := tx.SubjectSum("test-aid", a.Household)
	if err != nil {
		return err
	}
	if sum+int64(a.Amount) > 500_000 {
		return fault.New(fault.Conflict, "test-aid.more", "%s has asked for %s already", a.Household, fact.Money(sum)).For("amount").Mend("Ask for less.")
	}
	return tx.Observe("test-aid", int64(a.Amount), figure.Observation{Subject: a.Household})
}
