// Package programme is one sponsor's commitment to one or more counties, and the money it puts in: the programme, the counties
// designated to it, their acceptance, the funds, and the way of money from the sponsor to a county.
//
//	injection        donor:SPONSOR -> treasury:hq            the sponsor pays in
//	transfer         treasury:hq   -> transit:T-1            leaves headquarters' book
//	transfer-receipt transit:T-1   -> treasury:620524        arrives in the county's book
//
// Each book balances by itself. The two halves of a transfer share its number; what is on the way is what transit accounts hold over
// all books (Unmatched).
package programme

import (
	"context"
	_ "embed"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

//go:embed programme.go
var source string

func init() {
	fact.Register(source, (*Programme)(nil), (*Designation)(nil), (*Acceptance)(nil), (*Fund)(nil), (*Commodity)(nil),
		(*Injection)(nil), (*Transfer)(nil), (*TransferReceipt)(nil))
	figure.Declare(
		figure.Measure{ID: "designation", En: "County designated", Zh: "结对县", Unit: "counties", Shared: true},
		figure.Measure{ID: "designated-on", En: "Date of designation", Zh: "结对日期", Unit: "date", Ranked: true},
		figure.Measure{ID: "acceptance-passed-on", En: "Date of passing the acceptance check", Zh: "通过验收日期", Unit: "date", Ranked: true},
		figure.Measure{ID: "lifted-on", En: "Date of leaving poverty", Zh: "脱贫摘帽日期", Unit: "date", Ranked: true},
	)
}

// Programme is a sponsor's commitment.
type Programme struct {
	_       struct{} `kind:"programme" en:"Programme" zh:"帮扶项目群" by:"administrator" book:"hq" defines:"programme"`
	ID      string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Name    string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	NameZh  string   `json:"name_zh" en:"Name in Chinese" zh:"中文名称" optional:"" length:"200"`
	Sponsor string   `json:"sponsor" en:"Sponsor" zh:"帮扶单位" ref:"party" entity:"parent"`
}

// Record has nothing to move or count.
func (p *Programme) Record(*fact.Tx) error { return nil }

// Designation gives a county to the programme's care, from its effective date. It opens the county's book.
type Designation struct {
	_         struct{} `kind:"designation" en:"Designation of a county" zh:"结对定点县" by:"administrator" book:"hq" area:"county"`
	County    string   `json:"county" en:"County" zh:"县" ref:"area"`
	Programme string   `json:"programme" en:"Programme" zh:"帮扶项目群" ref:"programme"`
	Authority string   `json:"authority" en:"Decided by" zh:"决定机关" length:"200"`
	Document  string   `json:"document" en:"Document" zh:"文件" length:"200" hint:"Title or number of the document." hint_zh:"文件标题或文号。"`
}

// Record opens the county's book, named by the county's code.
func (d *Designation) Record(tx *fact.Tx) error {
	county, err := tx.Need("county", "area", d.County)
	if err != nil {
		return err
	}
	if _, ok, err := tx.Entity("book", d.County); err != nil {
		return err
	} else if ok && tx.Corrects == 0 {
		return fault.New(fault.Conflict, "designation.again", "county %s is designated already", d.County).For("county").Mend("Correct the earlier designation instead.")
	}
	if tx.Corrects > 0 && tx.TakenBack().Area != d.County {
		return fault.New(fault.Conflict, "designation.other", "entry %d designated county %s", tx.Corrects, tx.TakenBack().Area).For("county").Mend("Designate %s by itself.", d.County)
	}
	if err := tx.Put(entity.Entity{Type: "book", ID: d.County, Name: county.Name, Class: county.Class, Area: d.County, Parent: d.Programme}); err != nil {
		return err
	}
	if err := tx.Observe("designation", 1, figure.Observation{Subject: d.County}); err != nil {
		return err
	}
	return tx.Observe("designated-on", tx.On.Int(), figure.Observation{Subject: d.County})
}

// TakeBack refuses to close the county's book. A correction may change the rest.
func (d *Designation) TakeBack(tx *fact.Tx) error {
	if tx.Corrects == 0 {
		return fault.New(fault.Conflict, "designation.stays", "the designation of %s opened its book, which stays", d.County).For("entry").
			Mend("Correct the designation instead.")
	}
	return nil
}

// Acceptance is a step of a county out of poverty that the authorities announced: it passed the acceptance check, or it was lifted out of
// the list of poor counties. They are two events; neither stands for the other.
type Acceptance struct {
	_        struct{} `kind:"acceptance" en:"Acceptance of a county" zh:"县退出验收" by:"programme-officer" book:"county" area:"county"`
	County   string   `json:"county" en:"County" zh:"县" ref:"area"`
	Event    string   `json:"event" en:"Event" zh:"事件" choices:"passed=Passed the acceptance check=通过验收;lifted=Lifted out of poverty=脱贫摘帽"`
	Document string   `json:"document" en:"Document" zh:"文件" length:"200"`
}

// Record notes the date of the event.
func (a *Acceptance) Record(tx *fact.Tx) error {
	measure := map[string]string{"passed": "acceptance-passed-on", "lifted": "lifted-on"}[a.Event]
	return tx.Observe(measure, tx.On.Int(), figure.Observation{Subject: a.County})
}

// Fund is whose money or goods they are and what they are restricted to.
type Fund struct {
	_       struct{} `kind:"fund" en:"Fund" zh:"资金来源" by:"finance,programme-officer" book:"hq" defines:"fund"`
	ID      string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Name    string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Sponsor string   `json:"sponsor" en:"Given by" zh:"出资方" ref:"party" entity:"parent"`
	Purpose string   `json:"purpose" en:"Purpose" zh:"用途" length:"300"`
	Channel string   `json:"channel" en:"Restricted to channel" zh:"限定渠道" entity:"class" optional:"" choices:"industry=Industry=产业;finance=Finance=金融;livelihood=Livelihood=民生;education=Education=教育;capital-market=Capital market=资本市场" hint:"Empty when it may be used for any project." hint_zh:"可用于任何项目时留空。"`
	Project string   `json:"project" en:"Restricted to project" zh:"限定项目" optional:"" length:"40" hint:"Code of the only project it may be used for." hint_zh:"只能用于该项目时填写其编号。"`
}

// Record has nothing to move or count.
func (f *Fund) Record(*fact.Tx) error { return nil }

// Pays tells whether the fund may be drawn for a project of a channel.
func (f *Fund) Pays(project, channel string) bool {
	return (f.Channel == "" || f.Channel == channel) && (f.Project == "" || f.Project == project)
}

// Commodity is a thing that accounts can hold: a currency, sheep, masks, ambulances.
type Commodity struct {
	_    struct{} `kind:"commodity" en:"Commodity" zh:"物资品种" by:"programme-officer,finance" book:"hq" defines:"commodity"`
	ID   string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,30}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Name string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"100"`
	Unit string   `json:"unit" en:"Unit" zh:"单位" entity:"class" length:"30" hint:"What one of it is: head, piece, kilogram." hint_zh:"计量单位：头、件、千克。"`
	// Scale is how many decimals the unit is divided into: 2 for money in hundredths.
	Scale int64 `json:"scale" en:"Decimals" zh:"小数位" min:"0" max:"6"`
}

// Record has nothing to move or count.
func (c *Commodity) Record(*fact.Tx) error { return nil }

// Injection is money that a sponsor or donor pays into headquarters' account.
type Injection struct {
	_       struct{}   `kind:"injection" en:"Injection of funds" zh:"资金投入" by:"finance" approve:"approver; 5000000.00 2" amount:"amount" book:"hq"`
	Fund    string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record moves the money from the fund's giver to headquarters.
func (i *Injection) Record(tx *fact.Tx) error {
	fund, err := fact.Get[Fund](tx, "fund", i.Fund)
	if err != nil {
		return err
	}
	donor, err := tx.Account(ledger.Donor, fund.Sponsor, "")
	if err != nil {
		return err
	}
	treasury, err := tx.Account(ledger.Treasury, tx.Book, "")
	if err != nil {
		return err
	}
	_, err = tx.Move(fact.Movement{Flow: ledger.Injection, From: donor, To: treasury, Commodity: tx.Currency(), Fund: i.Fund, Amount: int64(i.Amount)})
	return err
}

// Grade of money: traced with voucher and file, partly with one of them.
func (i *Injection) Grade(evidence []string) journal.Grade { return VoucherGrade(i.Voucher, evidence) }

// VoucherGrade grades a record that wants a voucher number and the voucher itself on file.
func VoucherGrade(voucher string, evidence []string) journal.Grade {
	switch {
	case voucher != "" && len(evidence) > 0:
		return journal.Traced
	case voucher != "" || len(evidence) > 0:
		return journal.Partly
	}
	return journal.Reported
}

// Transfer sends money of one fund from headquarters' book to a county's. It is on the way until the county records its receipt.
type Transfer struct {
	_        struct{}   `kind:"transfer" en:"Transfer to a county" zh:"拨往县账" by:"finance" approve:"approver; 5000000.00 2" amount:"amount" book:"hq" area:"to"`
	Transfer string     `json:"transfer" en:"Transfer number" zh:"拨付号" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; the receipt names it too." hint_zh:"字母、数字、点、横线；收款时填写同一编号。"`
	To       string     `json:"to" en:"To county" zh:"拨往县" ref:"book"`
	Fund     string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund"`
	Amount   fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher  string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record moves the money onto its way.
func (t *Transfer) Record(tx *fact.Tx) error {
	return moveTransit(tx, t.Transfer, t.Fund, t.Amount, ledger.TransferOut)
}

// Grade of money: traced with voucher and file, partly with one of them.
func (t *Transfer) Grade(evidence []string) journal.Grade { return VoucherGrade(t.Voucher, evidence) }

// TransferReceipt is the other half of a transfer: the money has arrived in the county's account.
type TransferReceipt struct {
	_        struct{}   `kind:"transfer-receipt" en:"Receipt of a transfer" zh:"县账收款" by:"finance" approve:"approver; 5000000.00 2" amount:"amount" book:"county" area:"county"`
	Transfer string     `json:"transfer" en:"Transfer number" zh:"拨付号" pattern:"[0-9A-Za-z._-]{1,40}" hint:"The number that headquarters gave it." hint_zh:"总部给定的编号。"`
	County   string     `json:"county" en:"County" zh:"县" ref:"area"`
	Fund     string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund"`
	Amount   fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher  string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record moves the money from its way into the county's account.
func (t *TransferReceipt) Record(tx *fact.Tx) error {
	return moveTransit(tx, t.Transfer, t.Fund, t.Amount, ledger.TransferIn)
}

// Grade of money: traced with voucher and file, partly with one of them.
func (t *TransferReceipt) Grade(evidence []string) journal.Grade {
	return VoucherGrade(t.Voucher, evidence)
}

func moveTransit(tx *fact.Tx, transfer, fund string, amount fact.Money, flow string) error {
	treasury, err := tx.Account(ledger.Treasury, tx.Book, "")
	if err != nil {
		return err
	}
	transit, err := tx.Account(ledger.Transit, transfer, "")
	if err != nil {
		return err
	}
	from, to := treasury, transit
	if flow == ledger.TransferIn {
		from, to = transit, treasury
	}
	_, err = tx.Move(fact.Movement{Flow: flow, From: from, To: to, Commodity: tx.Currency(), Fund: fund, Amount: int64(amount)})
	return err
}

// OnTheWay is money of a transfer that left one book and has not arrived in another (Amount above 0), or arrived without having left.
type OnTheWay struct {
	Transfer, Commodity, Fund string
	Amount                    int64
}

// Unmatched lists transfers whose two halves do not agree.
func Unmatched(ctx context.Context, r database.Reader) ([]OnTheWay, error) {
	rows, err := r.Query(ctx, `SELECT account, commodity, fund, CAST(SUM(amount) AS BIGINT)
FROM balance
WHERE account LIKE 'transit:%'
GROUP BY account, commodity, fund
HAVING SUM(amount) <> 0
ORDER BY account, commodity, fund`)
	if err != nil {
		return nil, fmt.Errorf("list unmatched transfers: %w", err)
	}
	defer rows.Close()
	var list []OnTheWay
	for rows.Next() {
		var o OnTheWay
		if err := rows.Scan(&o.Transfer, &o.Commodity, &o.Fund, &o.Amount); err != nil {
			return nil, err
		}
		o.Transfer = o.Transfer[len(string(ledger.Transit)+":"):]
		list = append(list, o)
	}
	return list, rows.Err()
}
