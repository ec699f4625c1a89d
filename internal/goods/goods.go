// Package goods is everything given that is not money: bought with a project's money or donated, kept in a store, handed over with a receipt.
// Goods carry the fund that paid for them, so that a sheep or a mask can be followed from giver to receiver like a yuan.
//
//	purchase  commitment:620524:P -> recipient:SUPPLIER   the money
//	          supply:SUPPLIER     -> store:620524:P       the goods, split over the funds that paid
//	donation  donor:PARTY         -> store:620524:P
//	delivery  store:620524:P      -> recipient:PARTY      first in, first out
package goods

import (
	_ "embed"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
	"lastmile/internal/project"
)

//go:embed goods.go
var source string

func init() {
	fact.Register(source, (*Purchase)(nil), (*Donation)(nil), (*Delivery)(nil), (*Loss)(nil))
}

// Purchase pays a supplier for goods, which come into the project's store.
type Purchase struct {
	_         struct{}   `kind:"purchase" en:"Purchase of goods" zh:"物资采购" by:"finance" approve:"approver; 1000000.00 2" amount:"amount" book:"project" area:"project"`
	Project   string     `json:"project" en:"Project" zh:"项目" ref:"project"`
	Supplier  string     `json:"supplier" en:"Supplier" zh:"供应商" ref:"party"`
	Commodity string     `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Quantity  int64      `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Amount    fact.Money `json:"amount" en:"Price in all" zh:"总价" unit:"CNY" min:"0.01"`
	Voucher   string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
	Fund      string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund" optional:""`
}

// Record moves the money to the supplier and the goods into the store. Several funds share the goods in proportion to what they paid.
func (p *Purchase) Record(tx *fact.Tx) error {
	paid, err := project.Pay(tx, p.Project, p.Supplier, p.Fund, p.Amount)
	if err != nil {
		return err
	}
	weights := make([]int64, len(paid))
	for i := range paid {
		weights[i] = paid[i].Amount
	}
	shares, err := ledger.Split(p.Quantity, weights)
	if err != nil {
		return err
	}
	supply, err := tx.Account(ledger.Supply, p.Supplier, "")
	if err != nil {
		return err
	}
	for i, n := range shares {
		if n == 0 {
			continue
		}
		if err := stock(tx, ledger.Purchase, supply, p.Commodity, paid[i].Fund, n, p.Project); err != nil {
			return err
		}
	}
	return nil
}

// Grade of money: traced with voucher and file, partly with one of them.
func (p *Purchase) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(p.Voucher, evidence)
}

func stock(tx *fact.Tx, flow, from, commodity, fund string, n int64, project string) error {
	if commodity == tx.Currency() {
		return fault.New(fault.Invalid, "goods.money", "money is not goods").For("commodity").Mend("Record a disbursement instead.")
	}
	store, err := tx.Account(ledger.Store, tx.Book, project)
	if err != nil {
		return err
	}
	_, err = tx.Move(fact.Movement{Flow: flow, From: from, To: store, Commodity: commodity, Fund: fund, Amount: n, Project: project})
	return err
}

// Donation is goods that a party gives for a project.
type Donation struct {
	_         struct{} `kind:"donation" en:"Donation of goods" zh:"物资捐赠" by:"finance,county-assistant" approve:"approver" book:"project" area:"project"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	Fund      string   `json:"fund" en:"Given by (fund)" zh:"捐赠来源" ref:"fund" hint:"The giver's fund." hint_zh:"捐赠方的资金。"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Quantity  int64    `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Document  string   `json:"document" en:"Document" zh:"凭据" length:"100"`
}

// Record moves the goods from the giver into the store.
func (d *Donation) Record(tx *fact.Tx) error {
	fund, err := fact.Get[programme.Fund](tx, "fund", d.Fund)
	if err != nil {
		return err
	}
	donor, err := tx.Account(ledger.Donor, fund.Sponsor, "")
	if err != nil {
		return err
	}
	return stock(tx, ledger.Donation, donor, d.Commodity, d.Fund, d.Quantity, d.Project)
}

// Delivery hands goods over to whoever they are for, with a receipt.
type Delivery struct {
	_         struct{} `kind:"delivery" en:"Delivery of goods" zh:"物资发放" by:"finance,county-assistant" approve:"approver" book:"project" area:"to"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	To        string   `json:"to" en:"Received by" zh:"接收方" ref:"party"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Quantity  int64    `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Receipt   string   `json:"receipt" en:"Receipt" zh:"收条号" length:"60"`
}

// Record moves the goods out of the store, the oldest first; more than is there is refused.
func (d *Delivery) Record(tx *fact.Tx) error {
	return leave(tx, ledger.Recipient, d.To, ledger.Delivery, d.Commodity, d.Quantity, d.Project)
}

// Grade of goods: traced with receipt and file, partly with one of them.
func (d *Delivery) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(d.Receipt, evidence)
}

// Loss is goods that are gone: spoilt, expired, stolen.
type Loss struct {
	_         struct{} `kind:"loss" en:"Loss of goods" zh:"物资损耗" by:"finance,county-assistant" approve:"approver" book:"project" area:"project"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Quantity  int64    `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Cause     string   `json:"cause" en:"Cause" zh:"原因" length:"300"`
}

// Record moves the goods out of the store as lost.
func (l *Loss) Record(tx *fact.Tx) error {
	return leave(tx, ledger.Loss, tx.Book, "loss", l.Commodity, l.Quantity, l.Project)
}

func leave(tx *fact.Tx, class ledger.Class, owner, flow, commodity string, n int64, project string) error {
	store, err := tx.Account(ledger.Store, tx.Book, project)
	if err != nil {
		return err
	}
	held, err := tx.Held(store, commodity)
	if err != nil {
		return err
	}
	if held < n {
		return fault.New(fault.Conflict, "stock.short", "the store of project %s holds %d %s, %d would leave it", project, held, commodity, n).For("quantity").
			Mend("Record the purchase or donation first, or correct the quantity.")
	}
	to, err := tx.Account(class, owner, "")
	if err != nil {
		return err
	}
	_, err = tx.Move(fact.Movement{Flow: flow, From: store, To: to, Commodity: commodity, Amount: n, Project: project})
	return err
}
