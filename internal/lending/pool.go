package lending

import (
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
)

// Pool is ring-fenced money that stands behind loans: it guarantees what partners lend, or lends itself. Its terms say how far it
// may be stretched and when, how much and how often it pays.
type Pool struct {
	_        struct{}   `kind:"pool" en:"Guarantee pool" zh:"担保资金池" by:"programme-officer" approve:"approver" book:"area" area:"area" defines:"pool"`
	ID       string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，不超过 40 位。"`
	Name     string     `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Area     string     `json:"area" en:"For" zh:"适用区域" ref:"area" entity:"area"`
	Holder   string     `json:"holder" en:"Kept at" zh:"存放机构" ref:"party" entity:"parent" hint:"The bank or microlender that keeps the account." hint_zh:"开户的银行或小额信贷机构。"`
	Multiple int64      `json:"multiple" en:"Guarantees up to so many times its balance" zh:"放大倍数" min:"1" max:"50"`
	Trigger  int64      `json:"trigger_days" en:"Pays when more days past due than" zh:"代偿触发逾期天数" unit:"days" min:"1" max:"1000"`
	Share    string     `json:"share" en:"Its share of a loss" zh:"代偿比例" unit:"%" length:"9" hint:"80 when pool and lender share 8 to 2." hint_zh:"资金池与放款机构按 8:2 分担的填 80。"`
	Base     string     `json:"base" en:"Of what" zh:"代偿范围" choices:"principal=Principal=本金;principal-interest=Principal and interest, never penalties=本金和利息"`
	LoanMax  fact.Money `json:"loan_max" en:"Most for a loan" zh:"单笔代偿上限" unit:"CNY" optional:"" min:"0.01"`
	YearMax  fact.Money `json:"year_max" en:"Most a year" zh:"年度代偿上限" unit:"CNY" optional:"" min:"0.01" hint:"What the pool loses at most; beyond it the lender bears the loss." hint_zh:"资金池代偿上限；超出部分由放款机构承担。"`
}

// Check reads the share.
func (p *Pool) Check(q *fact.Problems) {
	checkRate(q, "share", p.Share)
	if rateOf(p.Share) > 1_000_000 {
		q.Add("share", "pool.share", "a share of %s %% is more than the whole", p.Share).Mend("Give at most 100.")
	}
}

// Record opens the pool's account.
func (p *Pool) Record(tx *fact.Tx) error {
	if err := tx.SetStatus("pool", p.ID, Lending); err != nil {
		return err
	}
	_, err := tx.Account(ledger.Pool, p.ID, "")
	return err
}

// States of a pool.
const (
	Lending = "lending"
	Stopped = "stopped" // no new loans
)

// PoolContribution puts money into a pool. A giver puts in money of its own fund; anybody else what the programme paid them out of
// that fund before.
type PoolContribution struct {
	_       struct{}   `kind:"pool-contribution" en:"Contribution to a pool" zh:"资金池注资" by:"finance" approve:"approver; 5000000.00 2" amount:"amount" book:"pool" area:"pool"`
	Pool    string     `json:"pool" en:"Pool" zh:"资金池" ref:"pool"`
	From    string     `json:"from" en:"Put in by" zh:"注资方" ref:"party"`
	Fund    string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Project string     `json:"project" en:"Project" zh:"项目" ref:"project" optional:""`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record moves the money into the pool's account.
func (c *PoolContribution) Record(tx *fact.Tx) error {
	from, err := outsideOfPool(tx, c.From, c.Fund)
	if err != nil {
		return err
	}
	pool, err := tx.Account(ledger.Pool, c.Pool, "")
	if err != nil {
		return err
	}
	if from.class == ledger.Recipient {
		paid, err := tx.Received(from.id, tx.Currency(), c.Fund)
		if err != nil {
			return err
		}
		if paid < int64(c.Amount) {
			return fault.New(fault.Conflict, "pool.unpaid", "%s was paid %s of fund %s, %s would go into the pool", c.From, fact.Money(paid), c.Fund, c.Amount).For("amount").
				Mend("Record first the disbursement that paid it, or correct party, fund or amount.")
		}
	}
	_, err = tx.Move(fact.Movement{Flow: "pool-contribution", From: from.id, To: pool, Commodity: tx.Currency(), Fund: c.Fund, Amount: int64(c.Amount), Project: c.Project})
	return err
}

// Grade of money: traced with voucher and file, partly with one of them.
func (c *PoolContribution) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(c.Voucher, evidence)
}

type outsideAccount struct {
	id    string
	class ledger.Class
}

// outsideOfPool is the account that a party's money for a pool comes from: the giver's own, or what the party was paid.
func outsideOfPool(tx *fact.Tx, party, fund string) (outsideAccount, error) {
	f, err := fact.Get[programme.Fund](tx, "fund", fund)
	if err != nil {
		return outsideAccount{}, err
	}
	class := ledger.Recipient
	if f.Sponsor == party {
		class = ledger.Donor
	}
	id, err := tx.Account(class, party, "")
	return outsideAccount{id, class}, err
}

// PoolRelease gives money of a pool back to whoever it came from.
type PoolRelease struct {
	_       struct{}   `kind:"pool-release" en:"Release from a pool" zh:"资金池退出" by:"finance" approve:"approver; 1000000.00 2" amount:"amount" book:"pool" area:"pool"`
	Pool    string     `json:"pool" en:"Pool" zh:"资金池" ref:"pool"`
	To      string     `json:"to" en:"Paid to" zh:"收款方" ref:"party"`
	Fund    string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Project string     `json:"project" en:"Project" zh:"项目" ref:"project" optional:""`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
	Reason  string     `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record moves the money out of the pool; what guarantees still stand on stays.
func (r *PoolRelease) Record(tx *fact.Tx) error {
	p, err := fact.Get[Pool](tx, "pool", r.Pool)
	if err != nil {
		return err
	}
	if err := p.covers(tx, 0, -int64(r.Amount)); err != nil {
		return err
	}
	to, err := outsideOfPool(tx, r.To, r.Fund)
	if err != nil {
		return err
	}
	pool, err := tx.Account(ledger.Pool, r.Pool, "")
	if err != nil {
		return err
	}
	_, err = tx.Move(fact.Movement{Flow: "pool-release", From: pool, To: to.id, Commodity: tx.Currency(), Fund: r.Fund, Amount: int64(r.Amount), Project: r.Project})
	return err
}

// Grade of money: traced with voucher and file, partly with one of them.
func (r *PoolRelease) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(r.Voucher, evidence)
}

// PoolStop stops a pool's new lending, for example because too much of it is past due, or lets it lend again. Loans that are
// out go on.
type PoolStop struct {
	_      struct{} `kind:"pool-status" en:"Stop or resume a pool's lending" zh:"资金池停贷或恢复" by:"programme-officer" approve:"approver" book:"pool" area:"pool"`
	Pool   string   `json:"pool" en:"Pool" zh:"资金池" ref:"pool"`
	Status string   `json:"status" en:"New loans" zh:"新增贷款" choices:"lending=Allowed=允许;stopped=Stopped=停止"`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"300" hint:"Such as the share past due 90 days and its limit." hint_zh:"如逾期 90 天以上占比及其限额。"`
}

// Record changes the pool's status.
func (s *PoolStop) Record(tx *fact.Tx) error { return tx.SetStatus("pool", s.Pool, s.Status) }

// TakeBack restores the other status.
func (s *PoolStop) TakeBack(tx *fact.Tx) error {
	other := map[string]string{Lending: Stopped, Stopped: Lending}[s.Status]
	return tx.SetStatus("pool", s.Pool, other)
}

// covers refuses what would stretch the pool beyond its multiple: more guaranteed, or less held.
func (p *Pool) covers(tx *fact.Tx, guarantee, change int64) error {
	account, err := tx.Account(ledger.Pool, p.ID, "")
	if err != nil {
		return err
	}
	held, err := tx.Held(account, tx.Currency())
	if err != nil {
		return err
	}
	held += change
	now, _, err := guarantees.Get(tx, p.ID)
	if err != nil {
		return err
	}
	guaranteed := now.amount + guarantee
	if guaranteed > 0 && (held < 0 || guaranteed > p.Multiple*held) {
		return fault.New(fault.Conflict, "pool.limit", "pool %s would guarantee %s, more than %d times the %s it would hold", p.ID, fact.Money(guaranteed), p.Multiple, fact.Money(max(held, 0))).For("amount").
			Mend("Put more into the pool first, or wait for repayments: at most %s more can be lent now.", fact.Money(max(p.Multiple*max(held, 0)-guaranteed+guarantee, 0)))
	}
	return nil
}
