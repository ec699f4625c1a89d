package dividend

import (
	_ "embed"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/earning"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
)

//go:embed village.go
var villageSource string

func init() { fact.Register(villageSource, (*Use)(nil)) }

// Use is dividend money that a village spends: on public works, or on wages of welfare posts, which are income of the household that earns them.
type Use struct {
	_       struct{}   `kind:"dividend-use" en:"Dividend spent by a village" zh:"分红使用" by:"county-assistant" approve:"approver" book:"village" area:"village"`
	Village string     `json:"village" en:"Village's collective" zh:"村集体" ref:"party"`
	For     string     `json:"for" en:"For" zh:"用途" choices:"works=Public works=公益事业;posts=Welfare posts=公益岗位"`
	To      string     `json:"to" en:"Paid to" zh:"收款方" length:"40" hint:"Code of a party, or of a registered household." hint_zh:"往来单位编号，或建档户编号。"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
	What    string     `json:"what" en:"What it pays" zh:"内容" length:"300"`
}

// Record moves the money from the village to whoever was paid; more than the village has is refused.
func (u *Use) Record(tx *fact.Tx) error {
	household, err := earning.Is(tx, u.To)
	if err != nil {
		return err
	}
	if !household {
		if _, err := tx.Need("to", "party", u.To); err != nil {
			return err
		}
	}
	from, err := has(tx, u.Village, u.Amount)
	if err != nil {
		return err
	}
	to, err := tx.Account(ledger.Recipient, u.To, "")
	if err != nil {
		return err
	}
	flow := map[string]string{"works": works, "posts": posts}[u.For]
	if _, err := tx.Move(fact.Movement{Flow: flow, From: from, To: to, Commodity: Commodity, Amount: int64(u.Amount)}); err != nil {
		return err
	}
	if household && u.For == "posts" {
		return earning.Earn(tx, u.To, u.Amount, "")
	}
	return nil
}

// Grade of money: traced with voucher and file, partly with one of them.
func (u *Use) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(u.Voucher, evidence)
}

// has is the account of a village's dividends, which must hold an amount.
func has(tx *fact.Tx, village string, amount fact.Money) (string, error) {
	account, err := tx.Account(ledger.Collective, village, "")
	if err != nil {
		return "", err
	}
	held, err := tx.Held(account, Commodity)
	if err == nil && held < int64(amount) {
		err = fault.New(fault.Conflict, "dividend.short", "%s has %s of dividends, %s would leave it", village, fact.Money(held), amount).For("amount").
			Mend("Record the payment of its dividend first, or spend less.")
	}
	return account, err
}
