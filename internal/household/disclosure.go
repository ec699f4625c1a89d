package household

import (
	_ "embed"

	"lastmile/internal/fact"
)

//go:embed disclosure.go
var disclosureSource string

func init() { fact.Register(disclosureSource, (*Disclosure)(nil)) }

// Disclosure says that somebody looked at the names, documents, phone and account of a household, and why. Pages show them masked until it is
// recorded, so nobody sees them unseen: it stays in the household's book, by name and in its chain.
type Disclosure struct {
	_         struct{} `kind:"disclosure" en:"Personal data looked at" zh:"查看个人信息" by:"county-assistant,programme-officer,loan-officer,approver,auditor" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Reason    string   `json:"reason" en:"Reason" zh:"查看理由" length:"300" hint:"What it is needed for." hint_zh:"说明因何工作需要查看。"`
}

// Record files it under the household.
func (d *Disclosure) Record(tx *fact.Tx) error {
	tx.Concern(Type, d.Household, "")
	return nil
}
