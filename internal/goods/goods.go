// Package goods is everything given that is not money: bought with a project's money or donated, kept in a store, handed over with a receipt.
// Goods carry the fund that paid for them, so that a sheep or a mask can be followed from giver to receiver like a yuan.
//
//	purchase  commitment:620524:P -> recipient:SUPPLIER   the money
//	          supply:SUPPLIER     -> store:620524:P       the goods, split over the funds that paid
//	donation  donor:PARTY         -> store:620524:P
//	dispatch  store:620524:P      -> underway:PARTY:D     for each of a list of schools, hospitals or households
//	delivery  store:620524:P      -> recipient:PARTY      first in, first out; or from what is underway
//	loss      store:620524:P      -> loss:620524          or from what is underway
//
// So of each commodity and giver, what came in is what was delivered, what was lost, what is underway and what is in store (Reconcile). Goods of a batch are
// kept by themselves, in store:BATCH:P, so that a batch that has expired is not handed out.
//
// What lasts is entered in the register of assets when it has been delivered: who keeps it, when it was accepted, and in what condition it is.
package goods

import (
	_ "embed"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
	"lastmile/internal/project"
)

//go:embed goods.go
var goodsSource string

func init() {
	fact.Register(goodsSource, (*Batch)(nil), (*Purchase)(nil), (*Donation)(nil), (*Delivery)(nil), (*HouseholdDelivery)(nil), (*Loss)(nil))
}

// Flows of goods, beside those of the ledger.
const (
	dispatched = "dispatch"
	cameBack   = "dispatch-return"
	lost       = "loss"
)

// Batch is goods that were made together and expire together.
type Batch struct {
	_         struct{}  `kind:"goods-batch" en:"Batch of goods" zh:"物资批次" by:"finance,county-assistant" book:"hq" defines:"batch"`
	ID        string    `json:"id" en:"Batch number" zh:"批号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"As printed, in letters, digits, dot, dash." hint_zh:"按包装所印填写：字母、数字、点、横线。"`
	Maker     string    `json:"maker" en:"Made by" zh:"生产单位" entity:"name" length:"200"`
	Commodity string    `json:"commodity" en:"What" zh:"品种" ref:"commodity" entity:"parent"`
	Expires   date.Date `json:"expires" en:"Use until" zh:"有效期至" entity:"class" hint:"The last day on which it may be handed out." hint_zh:"可发放的最后一日。"`
}

// Record has nothing to move or count.
func (b *Batch) Record(*fact.Tx) error { return nil }

// shelf is the account of a project's store where goods of a batch are, or those of none.
func shelf(tx *fact.Tx, project, commodity, batch string) (string, error) {
	if batch == "" {
		return tx.Account(ledger.Store, tx.Book, project)
	}
	b, err := tx.Need("batch", "batch", batch)
	if err != nil {
		return "", err
	}
	if b.Parent != commodity {
		return "", fault.New(fault.Invalid, "batch.commodity", "batch %s is of %s", batch, b.Parent).For("batch").Mend("Name the right batch, or correct what it is.")
	}
	return tx.Account(ledger.Store, batch, project)
}

// fresh refuses a batch that has expired.
func fresh(tx *fact.Tx, batch string) error {
	if batch == "" {
		return nil
	}
	b, err := tx.Need("batch", "batch", batch)
	if err == nil && b.Class < string(tx.On) {
		err = fault.New(fault.Conflict, "batch.expired", "batch %s was to be used until %s", batch, b.Class).For("batch").Mend("Hand out another batch, and record what is left of this one as lost.")
	}
	return err
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
	Batch     string     `json:"batch" en:"Batch" zh:"批号" ref:"batch" optional:""`
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
		if err := stock(tx, ledger.Purchase, supply, p.Commodity, paid[i].Fund, n, p.Project, p.Batch); err != nil {
			return err
		}
	}
	return nil
}

// Grade of money: traced with voucher and file, partly with one of them.
func (p *Purchase) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(p.Voucher, evidence)
}

func stock(tx *fact.Tx, flow, from, commodity, fund string, n int64, project, batch string) error {
	if commodity == tx.Currency() {
		return fault.New(fault.Invalid, "goods.money", "money is not goods").For("commodity").Mend("Record a disbursement instead.")
	}
	if err := fresh(tx, batch); err != nil {
		return err
	}
	store, err := shelf(tx, project, commodity, batch)
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
	Batch     string   `json:"batch" en:"Batch" zh:"批号" ref:"batch" optional:""`
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
	return stock(tx, ledger.Donation, donor, d.Commodity, d.Fund, d.Quantity, d.Project, d.Batch)
}

// Delivery hands goods over to a party that they are for, with a receipt: a school, a hospital, a village or another.
type Delivery struct {
	_         struct{} `kind:"delivery" en:"Delivery of goods" zh:"物资发放" by:"finance,county-assistant" approve:"approver" book:"project" area:"to"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	To        string   `json:"to" en:"Received by" zh:"接收方" ref:"party" hint:"A school, hospital, village or other party." hint_zh:"学校、医院、村或其他往来单位。"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Quantity  int64    `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Receipt   string   `json:"receipt" en:"Receipt" zh:"收条号" length:"60"`
	Batch     string   `json:"batch" en:"Batch" zh:"批号" ref:"batch" optional:""`
	Dispatch  string   `json:"dispatch" en:"Dispatch" zh:"发运单" ref:"dispatch" optional:"" hint:"Empty when it is handed out at the store." hint_zh:"在仓库直接发放的留空。"`
}

// Record moves the goods out of the store, the oldest first, or out of what is underway to the receiver; more than is there, and a batch that has expired, are refused.
func (d *Delivery) Record(tx *fact.Tx) error {
	return handOver(tx, d.Project, Receipt{d.To, d.Commodity, d.Quantity, d.Receipt, d.Batch, d.Dispatch})
}

// Grade of goods: traced with receipt and file, partly with one of them.
func (d *Delivery) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(d.Receipt, evidence)
}

// HouseholdDelivery hands goods over to a household of the register, with a receipt. They came to the household's village, so that is the area of the entry.
type HouseholdDelivery struct {
	_         struct{} `kind:"household-delivery" en:"Delivery of goods to a household" zh:"物资发放到户" by:"finance,county-assistant" approve:"approver" book:"project" area:"household"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	Household string   `json:"household" en:"Received by household" zh:"接收农户" ref:"household"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Quantity  int64    `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Receipt   string   `json:"receipt" en:"Receipt" zh:"收条号" length:"60"`
	Batch     string   `json:"batch" en:"Batch" zh:"批号" ref:"batch" optional:""`
	Dispatch  string   `json:"dispatch" en:"Dispatch" zh:"发运单" ref:"dispatch" optional:"" hint:"Empty when it is handed out at the store." hint_zh:"在仓库直接发放的留空。"`
}

// Record moves the goods as a Delivery does.
func (d *HouseholdDelivery) Record(tx *fact.Tx) error {
	return handOver(tx, d.Project, Receipt{d.Household, d.Commodity, d.Quantity, d.Receipt, d.Batch, d.Dispatch})
}

// Grade of goods: traced with receipt and file, partly with one of them.
func (d *HouseholdDelivery) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(d.Receipt, evidence)
}

// Receipt is what was handed over to whom.
type Receipt struct {
	To        string // code of a party or a household
	Commodity string
	Quantity  int64
	Number    string
	Batch     string // "" for goods of none
	Dispatch  string // "" when handed out at the store
}

// ReceiptOf reads a delivery, whoever it went to; ok is false for any other fact.
func ReceiptOf(f fact.Fact) (r Receipt, ok bool) {
	switch d := f.(type) {
	case *Delivery:
		return Receipt{d.To, d.Commodity, d.Quantity, d.Receipt, d.Batch, d.Dispatch}, true
	case *HouseholdDelivery:
		return Receipt{d.Household, d.Commodity, d.Quantity, d.Receipt, d.Batch, d.Dispatch}, true
	}
	return r, false
}

func handOver(tx *fact.Tx, project string, r Receipt) error {
	if err := fresh(tx, r.Batch); err != nil {
		return err
	}
	from, err := source(tx, project, r.Commodity, r.Batch, r.Dispatch, r.To)
	if err != nil {
		return err
	}
	if r.Dispatch != "" {
		tx.Concern("dispatch", r.Dispatch, "")
	}
	return leave(tx, from, ledger.Recipient, r.To, ledger.Delivery, r.Commodity, r.Quantity, project)
}

// Loss is goods that are gone: spoilt, expired, stolen.
type Loss struct {
	_         struct{} `kind:"loss" en:"Loss of goods" zh:"物资损耗" by:"finance,county-assistant" approve:"approver" book:"project" area:"project"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Quantity  int64    `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Cause     string   `json:"cause" en:"Cause" zh:"原因" length:"300"`
	Batch     string   `json:"batch" en:"Batch" zh:"批号" ref:"batch" optional:""`
	Dispatch  string   `json:"dispatch" en:"Dispatch" zh:"发运单" ref:"dispatch" optional:"" hint:"When it was lost on the way." hint_zh:"在途损失的填写。"`
	To        string   `json:"to" en:"On the way to" zh:"发往" length:"40" optional:""`
}

// Record moves the goods out of the store, or out of what is underway, as lost.
func (l *Loss) Record(tx *fact.Tx) error {
	from, err := source(tx, l.Project, l.Commodity, l.Batch, l.Dispatch, l.To)
	if err != nil {
		return err
	}
	if l.Dispatch != "" {
		tx.Concern("dispatch", l.Dispatch, "")
	}
	return leave(tx, from, ledger.Loss, tx.Book, lost, l.Commodity, l.Quantity, l.Project)
}

// place is where goods are, with the code of the project, or of the dispatch and its receiver.
type place struct{ account, name string }

// source is where goods are before they leave: on the project's shelf, or on their way to a receiver.
func source(tx *fact.Tx, project, commodity, batch, dispatch, to string) (place, error) {
	if dispatch == "" {
		account, err := shelf(tx, project, commodity, batch)
		return place{account, project}, err
	}
	d, err := fact.Get[Dispatch](tx, "dispatch", dispatch)
	if err != nil {
		return place{}, err
	}
	if d.Project != project || d.Commodity != commodity || d.Batch != batch {
		return place{}, fault.New(fault.Invalid, "dispatch.other", "dispatch %s is of %s of project %s, batch %q", dispatch, d.Commodity, d.Project, d.Batch).For("dispatch").
			Mend("Name that project, commodity and batch, or another dispatch.")
	}
	account, err := tx.Account(ledger.Underway, to, dispatch)
	return place{account, dispatch + " to " + to}, err
}

func leave(tx *fact.Tx, from place, class ledger.Class, owner, flow, commodity string, n int64, project string) error {
	held, err := tx.Held(from.account, commodity)
	if err != nil {
		return err
	}
	if held < n {
		return fault.New(fault.Conflict, "stock.short", "the stock of %s holds %d %s, %d would leave it", from.name, held, commodity, n).For("quantity").
			Mend("Record the purchase, donation or dispatch first, or correct the quantity.")
	}
	to, err := tx.Account(class, owner, "")
	if err != nil {
		return err
	}
	_, err = tx.Move(fact.Movement{Flow: flow, From: from.account, To: to, Commodity: commodity, Amount: n, Project: project})
	return err
}
