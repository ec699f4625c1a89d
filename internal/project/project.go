// Package project is a budgeted undertaking in a county, in exactly one channel: industry, finance, livelihood, education, or capital market.
// Its money is promised before it is paid, and every payment names its voucher and who was paid:
//
//	commitment    treasury:620524      -> commitment:620524:W-H-01
//	disbursement  commitment:620524:…  -> recipient:PARTY
//	refund        recipient:PARTY      -> treasury:620524
//
// Money is drawn first in, first out over the funds that may pay for the project; a fund restricted to another purpose is left alone.
package project

import (
	_ "embed"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
)

//go:embed project.go
var source string

func init() {
	fact.Register(source, (*Project)(nil), (*Budget)(nil), (*Milestone)(nil), (*MilestoneReached)(nil), (*Status)(nil),
		(*Commitment)(nil), (*Release)(nil), (*Disbursement)(nil), (*Refund)(nil))
	figure.Declare(
		figure.Measure{ID: "project", En: "Projects, without sub-projects", Zh: "项目（不含子项目）", Unit: "projects"},
		figure.Measure{ID: "channel-used", En: "Channels with a project", Zh: "帮扶渠道", Unit: "channels", Shared: true},
		figure.Measure{ID: "budget", En: "Budget", Zh: "预算", Unit: "CNY"},
		figure.Measure{ID: "milestone-reached", En: "Milestones reached", Zh: "完成的里程碑", Unit: "milestones"},
		figure.Measure{ID: "project-finished", En: "Projects finished", Zh: "完成的项目", Unit: "projects"},
	)
}

// Project opens a project. A part of a larger one names it as its parent, and is not counted again.
type Project struct {
	_       struct{}  `kind:"project" en:"Project" zh:"项目" by:"programme-officer" book:"area" area:"area" defines:"project"`
	ID      string    `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，最多 40 个。"`
	Name    string    `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	NameZh  string    `json:"name_zh" en:"Name in Chinese" zh:"中文名称" optional:"" length:"200"`
	Area    string    `json:"area" en:"Area" zh:"实施地" ref:"area" entity:"area"`
	Channel string    `json:"channel" en:"Channel" zh:"渠道" entity:"class" choices:"industry=Industry=产业;finance=Finance=金融;livelihood=Livelihood=民生;education=Education=教育;capital-market=Capital market=资本市场"`
	Theme   string    `json:"theme" en:"Theme" zh:"主题" choices:"credit=Credit=信贷;housing=Housing=住房;industry=Industry=产业;water=Water=饮水;education=Education=教育;health=Health=卫生;other=Other=其他" hint:"Gives the colour in charts." hint_zh:"决定图表中的颜色。"`
	Parent  string    `json:"parent" en:"Part of" zh:"上级项目" ref:"project" entity:"parent" optional:""`
	Purpose string    `json:"purpose" en:"Purpose" zh:"目的" length:"500" optional:""`
	Until   date.Date `json:"until" en:"Planned to finish" zh:"计划完成日期" optional:""`
}

// Check keeps the plan in order.
func (p *Project) Check(q *fact.Problems) {
	if p.Parent == p.ID {
		q.Add("parent", "project.own-parent", "a project cannot be part of itself").Mend("Leave it empty, or name the larger project.")
	}
}

// Record counts the project.
func (p *Project) Record(tx *fact.Tx) error {
	if p.Until != "" && p.Until < tx.On {
		return fault.New(fault.Invalid, "project.until", "the project starts on %s and would have finished on %s", tx.On, p.Until).For("until").Mend("Correct one of the dates.")
	}
	if err := tx.SetStatus("project", p.ID, Running); err != nil {
		return err
	}
	if err := tx.Observe("channel-used", 1, figure.Observation{Subject: p.Channel, Project: p.ID}); err != nil {
		return err
	}
	if p.Parent != "" {
		parent, err := fact.Get[Project](tx, "project", p.Parent)
		if err != nil {
			return err
		}
		if parent.Channel != p.Channel {
			return fault.New(fault.Invalid, "project.channel", "the project is in channel %s, the one it is part of in %s", p.Channel, parent.Channel).For("channel").Mend("Use the same channel.")
		}
		return nil
	}
	return tx.Observe("project", 1, figure.Observation{Subject: p.ID, Project: p.ID})
}

// States of a project.
const (
	Running  = "running"
	Finished = "finished"
	Stopped  = "stopped"
)

// Budget adds a line to what a project may promise.
type Budget struct {
	_       struct{}   `kind:"budget" en:"Budget line" zh:"预算" by:"programme-officer" approve:"approver; 5000000.00 2" amount:"amount" book:"project" area:"project"`
	Project string     `json:"project" en:"Project" zh:"项目" ref:"project"`
	Line    string     `json:"line" en:"Budget line" zh:"预算科目" length:"100"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
}

// Record raises what the project's budget account may take.
func (b *Budget) Record(tx *fact.Tx) error {
	free, err := tx.Account(ledger.Budget, tx.Book, b.Project)
	if err != nil {
		return err
	}
	plan, err := tx.Account(ledger.Plan, tx.Book, b.Project)
	if err != nil {
		return err
	}
	if _, err := tx.Move(fact.Movement{Flow: "budget", From: plan, To: free, Commodity: tx.Currency() + "-budget", Fund: "budget", Amount: int64(b.Amount), Project: b.Project}); err != nil {
		return err
	}
	return tx.Observe("budget", int64(b.Amount), figure.Observation{Project: b.Project})
}

// Milestone is something a project plans to have reached by a day.
type Milestone struct {
	_       struct{}  `kind:"milestone" en:"Milestone" zh:"里程碑" by:"programme-officer" book:"project" area:"project" defines:"milestone"`
	Project string    `json:"project" en:"Project" zh:"项目" ref:"project" entity:"parent"`
	ID      string    `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,60}" hint:"Letters, digits, dot, dash; unique in the book." hint_zh:"字母、数字、点、横线；在账簿内唯一。"`
	Name    string    `json:"name" en:"What is reached" zh:"内容" entity:"name" length:"200"`
	Due     date.Date `json:"due" en:"Due" zh:"期限" entity:"class"`
}

// Record notes the plan.
func (m *Milestone) Record(tx *fact.Tx) error { return tx.SetStatus("milestone", m.ID, "planned") }

// MilestoneReached is a milestone that was reached on the effective date.
type MilestoneReached struct {
	_         struct{} `kind:"milestone-reached" en:"Milestone reached" zh:"达成里程碑" by:"programme-officer,county-assistant" book:"project" area:"project"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	Milestone string   `json:"milestone" en:"Milestone" zh:"里程碑" ref:"milestone"`
	Note      string   `json:"note" en:"Note" zh:"说明" optional:""`
}

// Record counts the milestone, once.
func (m *MilestoneReached) Record(tx *fact.Tx) error {
	e, err := tx.Need("milestone", "milestone", m.Milestone)
	if err != nil {
		return err
	}
	if e.Parent != m.Project {
		return fault.New(fault.Invalid, "milestone.project", "milestone %s belongs to project %s", m.Milestone, e.Parent).For("milestone").Mend("Name that project.")
	}
	if e.Status == "reached" {
		return fault.New(fault.Conflict, "milestone.again", "milestone %s was reached before", m.Milestone).For("milestone").Mend("Nothing needs to be done.")
	}
	if err := tx.SetStatus("milestone", m.Milestone, "reached"); err != nil {
		return err
	}
	return tx.Observe("milestone-reached", 1, figure.Observation{Subject: m.Milestone, Project: m.Project})
}

// TakeBack makes the milestone planned again.
func (m *MilestoneReached) TakeBack(tx *fact.Tx) error {
	return tx.SetStatus("milestone", m.Milestone, "planned")
}

// Status ends a project, or lets it run again.
type Status struct {
	_       struct{} `kind:"project-status" en:"Project status" zh:"项目状态" by:"programme-officer" book:"project" area:"project"`
	Project string   `json:"project" en:"Project" zh:"项目" ref:"project"`
	Status  string   `json:"status" en:"Status" zh:"状态" choices:"running=Running=进行中;finished=Finished=已完成;stopped=Stopped=已终止"`
	Note    string   `json:"note" en:"Note" zh:"说明" optional:""`
}

// Record changes the status and counts a finish.
func (s *Status) Record(tx *fact.Tx) error {
	e, err := tx.Need("project", "project", s.Project)
	if err != nil {
		return err
	}
	if e.Status == s.Status {
		return fault.New(fault.Conflict, "project.status", "project %s is %s already", s.Project, s.Status).For("status").Mend("Nothing needs to be done.")
	}
	if err := tx.SetStatus("project", s.Project, s.Status); err != nil {
		return err
	}
	if s.Status == Finished && e.Parent == "" {
		return tx.Observe("project-finished", 1, figure.Observation{Subject: s.Project, Project: s.Project})
	}
	return nil
}

// TakeBack gives the project the status of the latest other fact about it that holds.
func (s *Status) TakeBack(tx *fact.Tx) error {
	type other struct {
		seq    int64
		status string
	}
	others := []other{{0, Running}}
	err := journal.Each(tx.Context(), tx.Reader(), journal.Filter{Book: tx.Book, Kind: "project-status"}, func(e journal.Entry) error {
		f, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return err
		}
		if f := f.(*Status); f.Project == s.Project && e.Seq != tx.TakenBack().Seq {
			others = append(others, other{e.Seq, f.Status})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range slices.Backward(others) {
		by, err := journal.ReversedBy(tx.Context(), tx.Reader(), tx.Book, o.seq)
		if err != nil {
			return err
		}
		if by == 0 {
			return tx.SetStatus("project", s.Project, o.status)
		}
	}
	return nil
}

// open gives a project that may still promise and pay.
func open(tx *fact.Tx, id string) (*Project, error) {
	e, err := tx.Need("project", "project", id)
	if err != nil {
		return nil, err
	}
	if e.Status == Stopped {
		return nil, fault.New(fault.Conflict, "project.stopped", "project %s was stopped", id).For("project").Mend("Record that it runs again first, or name another project.")
	}
	return fact.Get[Project](tx, "project", id)
}

// Pays chooses the funds that may be drawn for a project.
func Pays(tx *fact.Tx, p *Project) func(fund string) bool {
	return func(id string) bool {
		f, err := fact.Get[programme.Fund](tx, "fund", id)
		return err == nil && f.Pays(p.ID, p.Channel)
	}
}

// checkFund refuses a fund that may not pay for a project.
func checkFund(tx *fact.Tx, p *Project, fund string) error {
	if fund != "" && !Pays(tx, p)(fund) {
		return fault.New(fault.Conflict, "fund.restricted", "fund %s may not be used for project %s", fund, p.ID).For("fund").
			Mend("Name a fund that is free or meant for it, or leave the field empty.")
	}
	return nil
}

// Commitment promises money to a project by contract. It cannot exceed what is left of the project's budget, nor what the county holds in
// funds that may pay for it.
type Commitment struct {
	_        struct{}   `kind:"commitment" en:"Commitment" zh:"资金承诺" by:"finance,programme-officer" approve:"approver; 5000000.00 2" amount:"amount" book:"project" area:"project"`
	Project  string     `json:"project" en:"Project" zh:"项目" ref:"project"`
	Amount   fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Contract string     `json:"contract" en:"Contract" zh:"合同" length:"100" hint:"Number or title of the contract or decision." hint_zh:"合同或决定的编号或标题。"`
	Fund     string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund" optional:"" hint:"Empty draws the oldest money that may pay for the project." hint_zh:"留空则使用可用于该项目的最早资金。"`
}

// Record moves the money from the county's treasury to the project's commitments.
func (c *Commitment) Record(tx *fact.Tx) error {
	p, err := open(tx, c.Project)
	if err != nil {
		return err
	}
	if err := checkFund(tx, p, c.Fund); err != nil {
		return err
	}
	free, used, err := budgetAccounts(tx, c.Project)
	if err != nil {
		return err
	}
	left, err := tx.Held(free, tx.Currency()+"-budget")
	if err != nil {
		return err
	}
	if left < int64(c.Amount) {
		return fault.New(fault.Conflict, "budget.short", "project %s has %s of its budget left, %s would be promised", c.Project, fact.Money(left), c.Amount).For("amount").
			Mend("Record a budget line first, or promise less.")
	}
	if _, err := tx.Move(fact.Movement{Flow: "budget-used", From: free, To: used, Commodity: tx.Currency() + "-budget", Fund: "budget", Amount: int64(c.Amount), Project: c.Project}); err != nil {
		return err
	}
	return promise(tx, p, c.Fund, c.Amount, ledger.Committed)
}

func budgetAccounts(tx *fact.Tx, project string) (free, used string, err error) {
	if free, err = tx.Account(ledger.Budget, tx.Book, project); err != nil {
		return "", "", err
	}
	used, err = tx.Account(ledger.Used, tx.Book, project)
	return free, used, err
}

func promise(tx *fact.Tx, p *Project, fund string, amount fact.Money, flow string) error {
	treasury, err := tx.Account(ledger.Treasury, tx.Book, "")
	if err != nil {
		return err
	}
	committed, err := tx.Account(ledger.Commitment, tx.Book, p.ID)
	if err != nil {
		return err
	}
	from, to := treasury, committed
	if flow == ledger.Released {
		from, to = committed, treasury
	}
	_, err = tx.Move(fact.Movement{Flow: flow, From: from, To: to, Commodity: tx.Currency(), Fund: fund, Amount: int64(amount), Project: p.ID, Allowed: Pays(tx, p)})
	return err
}

// Release gives back what a project was promised and does not need.
type Release struct {
	_       struct{}   `kind:"release" en:"Release of a commitment" zh:"释放承诺" by:"finance,programme-officer" approve:"approver" amount:"amount" book:"project" area:"project"`
	Project string     `json:"project" en:"Project" zh:"项目" ref:"project"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Reason  string     `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record moves the money back to the county's treasury and frees the budget.
func (r *Release) Record(tx *fact.Tx) error {
	p, err := fact.Get[Project](tx, "project", r.Project)
	if err != nil {
		return err
	}
	if err := promise(tx, p, "", r.Amount, ledger.Released); err != nil {
		return err
	}
	free, used, err := budgetAccounts(tx, r.Project)
	if err != nil {
		return err
	}
	_, err = tx.Move(fact.Movement{Flow: "budget-freed", From: used, To: free, Commodity: tx.Currency() + "-budget", Fund: "budget", Amount: int64(r.Amount), Project: r.Project})
	return err
}

// Disbursement is money paid out of what a project was promised, to whoever it was for, with its voucher.
type Disbursement struct {
	_       struct{}   `kind:"disbursement" en:"Disbursement" zh:"资金拨付" by:"finance" approve:"approver; 1000000.00 2" amount:"amount" book:"project" area:"project"`
	Project string     `json:"project" en:"Project" zh:"项目" ref:"project"`
	To      string     `json:"to" en:"Paid to" zh:"收款方" ref:"party"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60" hint:"Number of the bank slip." hint_zh:"银行回单号。"`
	Purpose string     `json:"purpose" en:"For what" zh:"用途" length:"300"`
	Fund    string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund" optional:"" hint:"Empty draws the oldest money promised." hint_zh:"留空则使用最早承诺的资金。"`
}

// Record moves the money from the project's commitments to whoever was paid.
func (d *Disbursement) Record(tx *fact.Tx) error {
	_, err := Pay(tx, d.Project, d.To, d.Fund, d.Amount)
	return err
}

// Grade of money: traced with voucher and file, partly with one of them.
func (d *Disbursement) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(d.Voucher, evidence)
}

// Pay moves money of a project's commitments to a party and tells which funds paid. Money facts of other packages pay through it.
func Pay(tx *fact.Tx, project, to, fund string, amount fact.Money) ([]ledger.Part, error) {
	p, err := open(tx, project)
	if err != nil {
		return nil, err
	}
	if err := checkFund(tx, p, fund); err != nil {
		return nil, err
	}
	committed, err := tx.Account(ledger.Commitment, tx.Book, project)
	if err != nil {
		return nil, err
	}
	recipient, err := tx.Account(ledger.Recipient, to, "")
	if err != nil {
		return nil, err
	}
	return tx.Move(fact.Movement{Flow: ledger.Disbursement, From: committed, To: recipient, Commodity: tx.Currency(), Fund: fund, Amount: int64(amount), Project: project, Allowed: Pays(tx, p)})
}

// Refund is money that comes back from whoever was paid, of the fund that paid it. It lessens what the project has disbursed.
type Refund struct {
	_       struct{}   `kind:"refund" en:"Refund" zh:"退款" by:"finance" approve:"approver; 1000000.00 2" amount:"amount" book:"project" area:"project"`
	Project string     `json:"project" en:"Project" zh:"项目" ref:"project"`
	From    string     `json:"from" en:"Paid back by" zh:"退款方" ref:"party"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
	Fund    string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund" hint:"The fund that had paid." hint_zh:"原付款的资金。"`
	Reason  string     `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record moves the money back to the county's treasury; more than was paid is refused.
func (r *Refund) Record(tx *fact.Tx) error {
	recipient, err := tx.Account(ledger.Recipient, r.From, "")
	if err != nil {
		return err
	}
	treasury, err := tx.Account(ledger.Treasury, tx.Book, "")
	if err != nil {
		return err
	}
	paid, err := tx.Received(recipient, tx.Currency(), r.Fund)
	if err != nil {
		return err
	}
	if paid < int64(r.Amount) {
		return fault.New(fault.Conflict, "refund.more", "%s was paid %s of fund %s, %s would come back", r.From, fact.Money(paid), r.Fund, r.Amount).For("amount").
			Mend("Correct the amount, the fund or the party.")
	}
	_, err = tx.Move(fact.Movement{Flow: ledger.Refund, From: recipient, To: treasury, Commodity: tx.Currency(), Fund: r.Fund, Amount: int64(r.Amount), Project: r.Project})
	return err
}

// Grade of money: traced with voucher and file, partly with one of them.
func (r *Refund) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(r.Voucher, evidence)
}
