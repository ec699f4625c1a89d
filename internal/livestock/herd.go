package livestock

import (
	_ "embed"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
)

//go:embed herd.go
var herdSource string

func init() { fact.Register(herdSource, (*Herd)(nil), (*Intake)(nil)) }

// Herd is animals, plants or machines that a village owns together, bought with the money of one fund. A village has a herd for each fund.
type Herd struct {
	_       struct{} `kind:"herd" en:"Herd of a village" zh:"村集体畜群" by:"programme-officer,county-assistant" book:"project" area:"village" defines:"herd"`
	ID      string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Name    string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Project string   `json:"project" en:"Project" zh:"项目" ref:"project" entity:"parent"`
	Village string   `json:"village" en:"Village" zh:"村" ref:"area" entity:"area"`
	Owner   string   `json:"owner" en:"Owned by" zh:"所有者" ref:"party" entity:"class" hint:"The village's collective." hint_zh:"村集体。"`
	Animals string   `json:"animals" en:"What" zh:"品种" ref:"commodity"`
	Young   string   `json:"young" en:"Their young" zh:"幼畜品种" ref:"commodity" optional:"" hint:"Empty for what bears none." hint_zh:"不繁殖的留空。"`
	Fund    string   `json:"fund" en:"Bought with (fund)" zh:"资金来源" ref:"fund"`
	Tagged  bool     `json:"tagged" en:"Each has an ear tag" zh:"有耳标" hint:"Then every fact names the tags." hint_zh:"此后每次登记均须填写耳标号。"`
}

// Record makes sure that a village owns the herd, and counts the village's place in the roll-out when it is its first.
func (h *Herd) Record(tx *fact.Tx) error {
	owner, err := tx.Need("owner", "party", h.Owner)
	if err != nil {
		return err
	}
	if owner.Class != "village-collective" && owner.Class != "cooperative" {
		return fault.New(fault.Invalid, "herd.owner", "%s is a %s: a herd is a village's collective property", h.Owner, owner.Class).For("owner").
			Mend("Name the village's collective or cooperative.")
	}
	if owner.Area != h.Village {
		return fault.New(fault.Invalid, "herd.village", "%s is in area %s, the herd in %s", h.Owner, owner.Area, h.Village).For("village").Mend("Name the owner's village.")
	}
	if h.Young == h.Animals {
		return fault.New(fault.Invalid, "herd.same", "the young are called %s like the animals", h.Young).For("young").Mend("Record another commodity for the young.")
	}
	tx.Concern("herd", h.ID, "")
	place := figure.Observation{Subject: h.Project + "/" + h.Village, Project: h.Project}
	if joined, err := tx.SubjectSum("roll-out-order", place.Subject); err != nil || joined > 0 {
		return err
	}
	before, err := tx.SubjectSum("roll-out", h.Project)
	if err != nil {
		return err
	}
	if err := tx.Observe("roll-out", 1, figure.Observation{Subject: h.Project, Project: h.Project}); err != nil {
		return err
	}
	return tx.Observe("roll-out-order", before+1, place)
}

// Intake hands animals from the project's store over to a village, with a receipt.
type Intake struct {
	_       struct{} `kind:"herd-intake" en:"Animals given to a village" zh:"交付村集体" by:"finance,county-assistant" approve:"approver" book:"herd" area:"herd"`
	Herd    string   `json:"herd" en:"Herd" zh:"畜群" ref:"herd"`
	Heads   int64    `json:"heads" en:"Heads" zh:"头数" min:"1"`
	Tags    []string `json:"tags" en:"Ear tags" zh:"耳标号" length:"40" optional:""`
	Receipt string   `json:"receipt" en:"Receipt" zh:"收条号" length:"80"`
}

// Record moves the heads that the herd's fund paid for out of the store.
func (i *Intake) Record(tx *fact.Tx) error {
	h, err := fact.Get[Herd](tx, "herd", i.Herd)
	if err != nil {
		return err
	}
	to, err := h.pen(tx, nil, animals)
	if err != nil {
		return err
	}
	store, err := tx.Account(ledger.Store, tx.Book, h.Project)
	if err != nil {
		return err
	}
	if err := h.tagged(tx, i.Tags, i.Heads, spot{"", Withdrawn}, at(nil)); err != nil {
		return err
	}
	h.file(tx, nil)
	if err := h.move(tx, ledger.Delivery, store, to.account, h.Animals, i.Heads); err != nil {
		return err
	}
	return tx.Observe("herd-given", i.Heads, figure.Observation{Subject: i.Herd, Project: h.Project})
}

// TakeBack withdraws the ear tags.
func (i *Intake) TakeBack(tx *fact.Tx) error {
	h, err := fact.Get[Herd](tx, "herd", i.Herd)
	if err != nil {
		return err
	}
	return h.tagged(tx, i.Tags, i.Heads, at(nil), spot{"", Withdrawn})
}

// Grade of goods: traced with receipt and file, partly with one of them.
func (i *Intake) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(i.Receipt, evidence)
}
