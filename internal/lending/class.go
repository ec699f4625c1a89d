package lending

import (
	"cmp"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
)

// Classification puts a loan into a class for a reason that days past due do not show, or leaves it to them again.
type Classification struct {
	_      struct{} `kind:"loan-class" en:"Classification of a loan" zh:"贷款分类调整" by:"loan-officer" approve:"approver" book:"loan" area:"loan"`
	Loan   string   `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Class  string   `json:"class" en:"Class" zh:"分类" choices:"by-days=By days past due=按逾期天数;pass=Pass=正常;special-mention=Special mention=关注;substandard=Substandard=次级;doubtful=Doubtful=可疑;loss=Loss=损失"`
	Before string   `json:"before" en:"Class so far" zh:"原分类" choices:"by-days=By days past due=按逾期天数;pass=Pass=正常;special-mention=Special mention=关注;substandard=Substandard=次级;doubtful=Doubtful=可疑;loss=Loss=损失"`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record sets the class.
func (c *Classification) Record(tx *fact.Tx) error { return setClass(tx, c.Loan, c.Before, c.Class) }

// TakeBack sets the class that was before.
func (c *Classification) TakeBack(tx *fact.Tx) error {
	return setClass(tx, c.Loan, c.Class, c.Before)
}

// byDays is the class of a loan that nobody has classified.
const byDays = "by-days"

func setClass(tx *fact.Tx, loan, from, to string) error {
	l, err := get(tx, loan)
	if err != nil {
		return err
	}
	if now := cmp.Or(l.Class, byDays); now != from {
		return fault.New(fault.Conflict, "class.before", "loan %s is %s, not %s", loan, now, from).For("before").Mend("Say how it is classified now.")
	}
	if l.Class = to; to == byDays {
		l.Class = ""
	}
	l.keep(tx)
	return nil
}
