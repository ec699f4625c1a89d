package livestock

import (
	_ "embed"
	"fmt"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household/earning"
)

//go:embed contract.go
var contractSource string

func init() {
	fact.Register(contractSource, (*Contract)(nil), (*Return)(nil), (*ContractEnd)(nil), (*Inspection)(nil))
}

// Who owns the young of a contract.
const (
	ofHousehold = "household"
	ofVillage   = "village"
)

// States of a contract.
const (
	Running = "running"
	Ended   = "ended"
)

// Contract lends animals of a village's herd to a registered household from its effective date, on terms that both sign. The signed paper is its evidence. It
// takes the animals from the herd, or takes over those of another household's contract.
type Contract struct {
	_         struct{}   `kind:"breeding-contract" en:"Breeding contract" zh:"养殖承包合同" by:"county-assistant,programme-officer" approve:"approver" book:"herd" area:"herd" defines:"breeding-contract"`
	ID        string     `json:"id" en:"Contract number" zh:"合同号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Herd      string     `json:"herd" en:"Herd" zh:"畜群" ref:"herd" entity:"parent"`
	Household string     `json:"household" en:"Household" zh:"农户" entity:"class" length:"40" hint:"Code of a registered household." hint_zh:"建档户编号。"`
	From      string     `json:"from" en:"Taken over from contract" zh:"转自合同" ref:"breeding-contract" optional:"" hint:"Empty when the animals come from the herd." hint_zh:"由合作社畜群提供的留空。"`
	Heads     int64      `json:"heads" en:"Heads" zh:"头数" min:"1"`
	Tags      []string   `json:"tags" en:"Ear tags" zh:"耳标号" length:"40" optional:""`
	Until     date.Date  `json:"until" en:"Until" zh:"到期日"`
	Offspring string     `json:"offspring" en:"Young belong to" zh:"幼畜归属" choices:"household=The household=农户;village=The village=村集体"`
	Share     int64      `json:"share" en:"Village's share of what young sell for" zh:"村集体分成" unit:"%" min:"0" max:"100" optional:""`
	GiveBack  int64      `json:"give_back" en:"Heads to give back at the end" zh:"到期归还头数" min:"0" optional:"" hint:"Empty for as many as were taken." hint_zh:"与领养数相同的留空。"`
	Replace   bool       `json:"replace" en:"Household replaces what dies" zh:"死亡由农户补栏"`
	Deposit   fact.Money `json:"deposit" en:"Deposit" zh:"押金" unit:"CNY" min:"0" optional:"" hint:"Kept by the village." hint_zh:"由村集体保管。"`
	Inspect   int64      `json:"inspect" en:"Days between inspections" zh:"检查间隔" unit:"days" min:"1" max:"730" optional:"" hint:"Empty when none are agreed." hint_zh:"未约定的留空。"`
}

// Record moves the heads to the contract. More than the herd, or the contract taken over, has are refused: they are lent already.
func (c *Contract) Record(tx *fact.Tx) error {
	if err := earning.Registered(tx, "household", c.Household); err != nil {
		return err
	}
	if c.Until <= tx.On {
		return fault.New(fault.Invalid, "contract.until", "the contract begins on %s and would be over on %s", tx.On, c.Until).For("until").Mend("Correct one of the dates.")
	}
	h, from, err := c.taken(tx)
	if err != nil {
		return err
	}
	source, err := h.pen(tx, from, animals)
	if err != nil {
		return err
	}
	if have, err := h.heads(tx, source); err != nil {
		return err
	} else if have < c.Heads {
		return fault.New(fault.Conflict, "contract.heads", "%s has %d %s to lend, the contract takes %d", source.where, have, h.Animals, c.Heads).For("heads").
			Mend("The others are under contract already: take fewer, take over a contract, or record a return first.")
	}
	to, err := h.pen(tx, c, animals)
	if err != nil {
		return err
	}
	flow := contracted
	if from != nil {
		flow = transferred
	}
	if err := h.tagged(tx, c.Tags, c.Heads, at(from), at(c)); err != nil {
		return err
	}
	if err := h.move(tx, flow, source.account, to.account, h.Animals, c.Heads); err != nil {
		return err
	}
	e, err := tx.Need("id", "breeding-contract", c.ID)
	if err != nil {
		return err
	}
	h.file(tx, c)
	h.file(tx, from)
	e.Name, e.Area, e.Status = fmt.Sprintf("%s, %d %s", c.Household, c.Heads, h.Animals), tx.Area, Running
	if err := tx.Put(e); err != nil {
		return err
	}
	if err := tx.Observe("contract-heads", c.Heads, figure.Observation{Subject: c.ID, Project: h.Project}); err != nil {
		return err
	}
	return tx.Observe("contract-household", 1, figure.Observation{Subject: c.Household, Project: h.Project})
}

// taken is the herd and, when it is taken over, the contract that the animals come from.
func (c *Contract) taken(tx *fact.Tx) (*Herd, *Contract, error) {
	if c.From == c.ID {
		return nil, nil, fault.New(fault.Invalid, "contract.itself", "a contract cannot take over itself").For("from").Mend("Name the other household's contract, or leave it empty.")
	}
	return place(tx, c.Herd, c.From)
}

// TakeBack gives animals with ear tags back to where they came from.
func (c *Contract) TakeBack(tx *fact.Tx) error {
	h, from, err := c.taken(tx)
	if err != nil {
		return err
	}
	return h.tagged(tx, c.Tags, c.Heads, at(c), at(from))
}

// running refuses a contract that has ended.
func running(tx *fact.Tx, id string) error {
	e, err := tx.Need("contract", "breeding-contract", id)
	if err == nil && e.Status == Ended {
		err = fault.New(fault.Conflict, "contract.ended", "contract %s has ended", id).For("contract").Mend("Name the contract that runs now, or take back the end.")
	}
	return err
}

// Return brings animals under contract back to the village's herd.
type Return struct {
	_         struct{} `kind:"animal-return" en:"Animals returned" zh:"归还牲畜" by:"county-assistant" approve:"approver" book:"contract" area:"contract"`
	Contract  string   `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract"`
	Heads     int64    `json:"heads" en:"Heads" zh:"头数" min:"1"`
	Tags      []string `json:"tags" en:"Ear tags" zh:"耳标号" length:"40" optional:""`
	Condition string   `json:"condition" en:"Their condition" zh:"状况" length:"300" optional:""`
}

// Record moves the heads back; more than are under the contract are refused.
func (r *Return) Record(tx *fact.Tx) error {
	h, c, err := contractOf(tx, r.Contract)
	if err != nil {
		return err
	}
	from, err := h.pen(tx, c, animals)
	if err != nil {
		return err
	}
	to, err := h.pen(tx, nil, animals)
	if err != nil {
		return err
	}
	if err := h.need(tx, from, r.Heads); err != nil {
		return err
	}
	if err := h.tagged(tx, r.Tags, r.Heads, at(c), at(nil)); err != nil {
		return err
	}
	h.file(tx, c)
	h.file(tx, nil)
	return h.move(tx, returned, from.account, to.account, h.Animals, r.Heads)
}

// TakeBack puts animals with ear tags under the contract again.
func (r *Return) TakeBack(tx *fact.Tx) error {
	h, c, err := contractOf(tx, r.Contract)
	if err != nil {
		return err
	}
	return h.tagged(tx, r.Tags, r.Heads, at(nil), at(c))
}

// contractOf is a contract with its herd.
func contractOf(tx *fact.Tx, id string) (*Herd, *Contract, error) {
	c, err := fact.Get[Contract](tx, "breeding-contract", id)
	if err != nil {
		return nil, nil, err
	}
	h, err := fact.Get[Herd](tx, "herd", c.Herd)
	return h, c, err
}

// ContractEnd closes a contract under which nothing is left.
type ContractEnd struct {
	_        struct{} `kind:"breeding-contract-end" en:"End of a breeding contract" zh:"承包合同终止" by:"county-assistant" book:"contract" area:"contract"`
	Contract string   `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract"`
	Reason   string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record ends the contract.
func (e *ContractEnd) Record(tx *fact.Tx) error {
	if err := running(tx, e.Contract); err != nil {
		return err
	}
	h, c, err := contractOf(tx, e.Contract)
	if err != nil {
		return err
	}
	p, err := h.pen(tx, c, animals)
	if err != nil {
		return err
	}
	if left, err := h.heads(tx, p); err != nil {
		return err
	} else if left > 0 {
		return fault.New(fault.Conflict, "contract.left", "%d %s are still under contract %s", left, h.Animals, c.ID).For("contract").
			Mend("First record their return, death, sale or the stock-take that misses them.")
	}
	h.file(tx, c)
	return tx.SetStatus("breeding-contract", e.Contract, Ended)
}

// TakeBack lets the contract run again.
func (e *ContractEnd) TakeBack(tx *fact.Tx) error {
	return tx.SetStatus("breeding-contract", e.Contract, Running)
}

// Inspection is a look at the animals of a contract, with photographs as evidence. It changes no number: what is missing or dead is recorded as such.
type Inspection struct {
	_         struct{} `kind:"animal-inspection" en:"Inspection of animals" zh:"承包检查" by:"county-assistant" book:"contract" area:"contract"`
	Contract  string   `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract"`
	Heads     int64    `json:"heads" en:"Heads seen" zh:"查看头数" min:"0"`
	Condition string   `json:"condition" en:"Condition" zh:"状况" choices:"good=Good=良好;fair=Fair=一般;poor=Poor=较差"`
	Note      string   `json:"note" en:"Note" zh:"说明" length:"500" optional:""`
}

// Record counts the inspection.
func (i *Inspection) Record(tx *fact.Tx) error {
	if err := running(tx, i.Contract); err != nil {
		return err
	}
	h, c, err := contractOf(tx, i.Contract)
	if err != nil {
		return err
	}
	h.file(tx, c)
	return tx.Observe("inspection", 1, figure.Observation{Subject: i.Contract, Project: h.Project})
}
