// Package dividend is what an investment pays the villages that have a stake in it, year after year, and what they do with it. A plan is a
// forecast and never counts as paid. Each year a dividend is declared, its list put up in public, and only when the notice has run and
// every objection is settled may it be approved; then it is owed, paid village by village, and spent or shared out:
//
//	dividend-declared   donor:INVESTOR       -> entitled:VILLAGE:D      approved: owed to the village
//	dividend            entitled:VILLAGE:D   -> collective:VILLAGE      paid, with its voucher
//	dividend-works      collective:VILLAGE   -> recipient:PARTY         public works
//	dividend-posts      collective:VILLAGE   -> recipient:PARTY         wages of welfare posts
//	dividend-set-aside  collective:VILLAGE   -> allotted:HOUSEHOLD:S    approved: a household's share of what is shared out
//	dividend-shared     allotted:HOUSEHOLD:S -> recipient:HOUSEHOLD:S   handed over, with its receipt
//
// What a village shares out goes the same way: the list of households is frozen and put up, and approved when its notice has run.
//
// So what was declared is what was paid and what is owed, and what a village was paid is what it spent and what it has. The money is the
// investor's, never the sponsor's: it is a commodity of its own, and carries the investor's fund. It is income of a household when it is
// shared out or earned at a welfare post, not before.
//
// Every list is split to the fen with nothing left over (ledger.Split: largest remainder, the earlier first).
package dividend

import (
	_ "embed"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/enterprise"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/notice"
	"lastmile/internal/programme"
)

//go:embed dividend.go
var source string

func init() {
	fact.Register(source, (*Plan)(nil), (*Declaration)(nil), (*Approval)(nil), (*Payment)(nil))
	figure.Declare(
		figure.Measure{ID: "dividend-guaranteed", En: "Dividends guaranteed by plans, a year", Zh: "年保底分红", Unit: "CNY"},
		figure.Measure{ID: "dividend-plan-begins-on", En: "First day of a dividend plan", Zh: "分红方案起始日期", Unit: "date", Ranked: true},
		figure.Measure{ID: "dividend-period", En: "Periods with a dividend", Zh: "分红期数", Unit: "periods"},
		figure.Measure{ID: "dividend-list", En: "Dividends on lists put up in public", Zh: "公示分红", Unit: "CNY"},
		figure.Measure{ID: "dividend-shortfall", En: "Dividends short of what was guaranteed", Zh: "保底分红差额", Unit: "CNY"},
		figure.Measure{ID: "dividend-village", En: "Villages paid a dividend", Zh: "获分红村", Unit: "villages"},
	)
}

// Commodity is money of dividends, in fen. It is kept apart from the programme's own.
const Commodity = ledger.Currency + "-dividend"

// Flows of dividends.
const (
	declared = "dividend-declared"
	paid     = "dividend"
	works    = "dividend-works"
	posts    = "dividend-posts"
	setAside = "dividend-set-aside"
	shared   = "dividend-shared"
)

// Plan is what an investor undertakes to pay the villages with a stake. It is a forecast.
type Plan struct {
	_          struct{}   `kind:"dividend-plan" en:"Dividend plan" zh:"分红方案" by:"programme-officer" book:"investment" area:"investment" defines:"dividend-plan"`
	ID         string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Name       string     `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Investment string     `json:"investment" en:"Investment" zh:"投资项目" ref:"investment" entity:"parent"`
	Fund       string     `json:"fund" en:"Paid from (fund)" zh:"资金来源" ref:"fund" hint:"A fund that the investor gives." hint_zh:"投资方出资的资金来源。"`
	Rate       int64      `json:"rate" en:"Rate on stakes, hundredths of a percent a year" zh:"年分红率（万分之）" min:"0" max:"10000" optional:"" hint:"800 for 8 percent; empty when only the least is agreed." hint_zh:"8% 填 800；只约定保底的留空。"`
	Guaranteed fact.Money `json:"guaranteed" en:"At least, a year" zh:"年保底分红" unit:"CNY" min:"0.01"`
	Begins     date.Date  `json:"begins" en:"First day" zh:"起始日"`
	Years      int64      `json:"years" en:"Years" zh:"年限" unit:"years" min:"1" max:"50"`
	Notice     int64      `json:"notice" en:"Days of notice" zh:"公示天数" unit:"days" min:"1" max:"90" hint:"How long a list must have been up in public before it can be approved." hint_zh:"名单公示满多少天方可审批。"`
}

// Record counts the forecast.
func (p *Plan) Record(tx *fact.Tx) error {
	i, err := fact.Get[enterprise.Investment](tx, "investment", p.Investment)
	if err != nil {
		return err
	}
	fund, err := fact.Get[programme.Fund](tx, "fund", p.Fund)
	if err != nil {
		return err
	}
	if fund.Sponsor != i.Investor {
		return fault.New(fault.Invalid, "dividend.fund", "fund %s is given by %s, the investor is %s", p.Fund, fund.Sponsor, i.Investor).For("fund").
			Mend("Name a fund of the investor, or record one.")
	}
	tx.Concern("investment", p.Investment, "")
	if err := tx.Observe("dividend-plan-begins-on", p.Begins.Int(), figure.Observation{Subject: p.ID, Project: i.Project}); err != nil {
		return err
	}
	return tx.Observe("dividend-guaranteed", int64(p.Guaranteed), figure.Observation{Subject: p.ID, Project: i.Project})
}

// ends is the last day of the plan.
func (p *Plan) ends() date.Date { return years(p.Begins, int(p.Years)).AddDays(-1) }

func years(d date.Date, n int) date.Date {
	t := d.Time()
	return date.New(t.Year()+n, t.Month(), t.Day())
}

// due is what is guaranteed for a period: in proportion to its days of the year, down to the fen.
func (p *Plan) due(from, until date.Date) fact.Money {
	days := func(a, b date.Date) fact.Money { return fact.Money(b.Time().Sub(a.Time()) / (24 * time.Hour)) }
	return p.Guaranteed * days(from, until.AddDays(1)) / days(from, years(from, 1))
}

// States of a declaration, and of what a village shares out.
const (
	Declared = "declared" // its list waits for its notice to run
	Approved = "approved" // what it says is owed
)

// Declaration says what an investment pays for a period, and freezes the list of villages, made of the stakes as they are on the effective date. Its hash is the
// class of the declaration's row: the notice that puts the list up in public (package notice) must show this list and no other.
type Declaration struct {
	_       struct{}   `kind:"dividend-declaration" en:"Dividend declared" zh:"分红公示" by:"programme-officer,county-assistant" book:"plan" area:"plan" defines:"dividend-declaration"`
	ID      string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Plan    string     `json:"plan" en:"Plan" zh:"分红方案" ref:"dividend-plan" entity:"parent"`
	From    date.Date  `json:"from" en:"Period from" zh:"期间起"`
	Until   date.Date  `json:"until" en:"Period until" zh:"期间止"`
	Amount  fact.Money `json:"amount" en:"Amount for all villages" zh:"分红总额" unit:"CNY" min:"0.01"`
	Formula string     `json:"formula" en:"Divided" zh:"分配方式" choices:"stake=By stake=按股份;equal=Equally=平均"`
}

// Check keeps the dates in order.
func (d *Declaration) Check(p *fact.Problems) {
	if d.Until < d.From || d.Until >= years(d.From, 1) {
		p.Add("until", "dividend.period", "the period from %s until %s is not within one year", d.From, d.Until).Mend("Declare one year, or a part of one, at a time.")
	}
}

// Record splits the amount over the villages.
func (d *Declaration) Record(tx *fact.Tx) error {
	r, err := tx.Settled()
	if err != nil {
		return err
	}
	if e, err := tx.Need("id", "dividend-declaration", d.ID); err != nil {
		return err
	} else if e.Status == Approved {
		return approved(d.ID)
	}
	plan, i, err := planOf(tx, d.Plan)
	if err != nil {
		return err
	}
	if d.From < plan.Begins || d.Until > plan.ends() {
		return fault.New(fault.Invalid, "dividend.outside", "the plan runs from %s until %s", plan.Begins, plan.ends()).For("from").Mend("Correct the period, or record a plan for it.")
	}
	period := d.Plan + "/" + string(d.From)
	if before, err := tx.SubjectSum("dividend-period", period); err != nil {
		return err
	} else if before > 0 {
		return fault.New(fault.Conflict, "dividend.again", "a dividend from %s was declared before", d.From).For("from").Mend("Correct that declaration instead.")
	}
	holders, err := enterprise.Holders(tx.Context(), r, tx.Book, plan.Investment, tx.On)
	if err != nil {
		return err
	}
	if len(holders) == 0 {
		return fault.New(fault.Conflict, "dividend.stakes", "no village has a stake in %s on %s", plan.Investment, tx.On).For("plan").Mend("Record the villages' stakes first.")
	}
	shares, err := split(d.Amount, holders, d.Formula)
	if err != nil {
		return err
	}
	var list []string
	for k, h := range holders {
		village, err := tx.Need("village", "party", h.Village)
		if err != nil {
			return err
		}
		if shares[k] == 0 {
			continue
		}
		list = append(list, ListLine(h.Village, fact.Money(shares[k])))
		if err := tx.Observe("dividend-list", shares[k], figure.Observation{Subject: h.Village, Project: i.Project, Area: village.Area}); err != nil {
			return err
		}
	}
	tx.Concern("dividend-declaration", d.ID, "")
	if err := tx.Observe("dividend-period", 1, figure.Observation{Subject: period, Project: i.Project}); err != nil {
		return err
	}
	e, err := tx.Need("id", notice.DividendType, d.ID)
	if err != nil {
		return err
	}
	e.Class, e.Status = notice.Hash(list), Declared
	return tx.Put(e)
}

func approved(id string) *fault.Error {
	return fault.New(fault.Conflict, "dividend.approved", "%s is approved", id).For("id").Mend("Take back its approval first, then correct it and put the list up again.")
}

func approvedAlready(id string) *fault.Error {
	return fault.New(fault.Conflict, "dividend.approved-already", "%s is approved already", id).Mend("Nothing needs to be done.")
}

func unapproved(id string) *fault.Error {
	return fault.New(fault.Conflict, "dividend.unapproved", "%s is not approved", id).Mend("Record its approval first, when the notice has run.")
}

// ListLine is how a village, or a household, stands on the list that a notice freezes.
func ListLine(code string, amount fact.Money) string { return code + "=" + amount.String() }

// split divides an amount over holders by stake or equally, in fen.
func split(amount fact.Money, holders []enterprise.Holder, formula string) ([]int64, error) {
	weights := make([]int64, len(holders))
	for i, h := range holders {
		weights[i] = 1
		if formula == "stake" {
			weights[i] = int64(h.Stake)
		}
	}
	return ledger.Split(int64(amount), weights)
}

func planOf(tx *fact.Tx, id string) (*Plan, *enterprise.Investment, error) {
	plan, err := fact.Get[Plan](tx, "dividend-plan", id)
	if err != nil {
		return nil, nil, err
	}
	i, err := fact.Get[enterprise.Investment](tx, "investment", plan.Investment)
	return plan, i, err
}

// setStatus changes a declaration's status; the area of its row is that of its entry.
func setStatus(tx *fact.Tx, id, status string) error {
	e, err := tx.Need("declaration", "dividend-declaration", id)
	if err != nil {
		return err
	}
	e.Status = status
	return tx.Put(e)
}

// Approval makes a declared dividend owed. It is refused before the notice of its list has run as long as the plan asks, and while an objection is open
// or was right.
type Approval struct {
	_           struct{} `kind:"dividend-approval" en:"Dividend approved" zh:"分红审批" by:"programme-officer,county-assistant" approve:"approver" book:"declaration"`
	Declaration string   `json:"declaration" en:"Declaration" zh:"分红公示" ref:"dividend-declaration"`
	Minutes     string   `json:"minutes" en:"Minutes" zh:"会议纪要" length:"200"`
}

// Record posts what each village on the list is owed, and counts what is short of the guarantee.
func (a *Approval) Record(tx *fact.Tx) error {
	r, err := tx.Settled()
	if err != nil {
		return err
	}
	d, plan, e, err := a.declaration(tx)
	if err != nil {
		return err
	}
	if e.Status == Approved {
		return approvedAlready(a.Declaration).For("declaration")
	}
	entries, err := tx.File(notice.DividendType, d.ID)
	if err != nil {
		return err
	}
	board, err := readBoard(entries, e.Class)
	if err != nil {
		return err
	}
	if err := board.ran(plan, "declaration", d.ID, tx.On); err != nil {
		return err
	}
	fund, err := fact.Get[programme.Fund](tx, "fund", plan.Fund)
	if err != nil {
		return err
	}
	from, err := tx.Account(ledger.Donor, fund.Sponsor, "")
	if err != nil {
		return err
	}
	list, err := figure.Observations(tx.Context(), r, e.Book, e.Seq)
	if err != nil {
		return err
	}
	project := ""
	for _, o := range list {
		if o.Measure != "dividend-list" || o.Sign < 0 {
			continue
		}
		to, err := tx.Account(ledger.Entitled, o.Subject, d.ID)
		if err != nil {
			return err
		}
		project = o.Project
		if _, err := tx.Move(fact.Movement{Flow: declared, From: from, To: to, Commodity: Commodity, Fund: plan.Fund, Amount: o.Value, Project: project}); err != nil {
			return err
		}
	}
	tx.Concern("dividend-declaration", a.Declaration, "")
	if short := plan.due(d.From, d.Until) - d.Amount; short > 0 {
		if err := tx.Observe("dividend-shortfall", int64(short), figure.Observation{Subject: d.ID, Project: project}); err != nil {
			return err
		}
	}
	return setStatus(tx, d.ID, Approved)
}

func (a *Approval) declaration(tx *fact.Tx) (*Declaration, *Plan, entity.Entity, error) {
	e, err := tx.Need("declaration", "dividend-declaration", a.Declaration)
	if err != nil {
		return nil, nil, e, err
	}
	d, err := fact.Get[Declaration](tx, "dividend-declaration", a.Declaration)
	if err != nil {
		return nil, nil, e, err
	}
	plan, err := fact.Get[Plan](tx, "dividend-plan", d.Plan)
	return d, plan, e, err
}

// TakeBack leaves the list as it was put up.
func (a *Approval) TakeBack(tx *fact.Tx) error { return setStatus(tx, a.Declaration, Declared) }

// Payment pays a village what it is owed of a dividend, or a part.
type Payment struct {
	_           struct{}   `kind:"dividend-payment" en:"Dividend paid" zh:"分红支付" by:"finance,county-assistant" approve:"approver; 1000000.00 2" amount:"amount" book:"declaration" area:"village"`
	Declaration string     `json:"declaration" en:"Declaration" zh:"分红公示" ref:"dividend-declaration"`
	Village     string     `json:"village" en:"Village's collective" zh:"村集体" ref:"party"`
	Amount      fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher     string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record moves the money to the village; more than it is owed is refused.
func (p *Payment) Record(tx *fact.Tx) error {
	e, err := tx.Need("declaration", "dividend-declaration", p.Declaration)
	if err != nil {
		return err
	}
	if e.Status != Approved {
		return unapproved(p.Declaration).For("declaration")
	}
	plan, i, err := planOf(tx, e.Parent)
	if err != nil {
		return err
	}
	from, err := tx.Account(ledger.Entitled, p.Village, p.Declaration)
	if err != nil {
		return err
	}
	owed, err := tx.Held(from, Commodity)
	if err != nil {
		return err
	}
	if owed < int64(p.Amount) {
		return fault.New(fault.Conflict, "dividend.more", "%s is owed %s of %s, %s would be paid", p.Village, fact.Money(owed), p.Declaration, p.Amount).For("amount").
			Mend("Correct the amount, the village or the declaration.")
	}
	to, err := tx.Account(ledger.Collective, p.Village, "")
	if err != nil {
		return err
	}
	if _, err := tx.Move(fact.Movement{Flow: paid, From: from, To: to, Commodity: Commodity, Fund: plan.Fund, Amount: int64(p.Amount), Project: i.Project}); err != nil {
		return err
	}
	tx.Concern("dividend-declaration", p.Declaration, "")
	return tx.Observe("dividend-village", 1, figure.Observation{Subject: p.Village, Project: i.Project})
}

// Grade of money: traced with voucher and file, partly with one of them.
func (p *Payment) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(p.Voucher, evidence)
}
