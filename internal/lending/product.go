package lending

import (
	"slices"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/lending/servicing"
)

// CreditProduct is what a partner lends under a programme: to whom, up to how much, for what not, and by which conventions. A
// contract copies the conventions when it is signed.
type CreditProduct struct {
	_          struct{}   `kind:"credit-product" en:"Credit product" zh:"信贷产品" by:"programme-officer" approve:"approver" book:"area" area:"area" defines:"credit-product"`
	ID         string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，不超过 40 位。"`
	Name       string     `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Area       string     `json:"area" en:"Offered in" zh:"适用区域" ref:"area" entity:"area"`
	Project    string     `json:"project" en:"Project" zh:"项目" ref:"project" entity:"parent"`
	Partner    string     `json:"partner" en:"Partner lender" zh:"合作机构" ref:"party"`
	Mode       string     `json:"mode" en:"Whose books" zh:"记账方式" choices:"own=Ours: our schedule is the contract=自营;mirror=The partner's: its statements decide=镜像" entity:"class"`
	Borrowers  string     `json:"borrowers" en:"Lent to" zh:"借款对象" choices:"enterprise=Enterprises and cooperatives=企业与合作社;household=Households=农户"`
	Checks     string     `json:"checks" en:"Checked by" zh:"审查" choices:"village-township=Village, then township=村初审、乡审核;township=Township=乡镇审核;lender=The lender alone=贷款机构审查"`
	Pool       string     `json:"pool" en:"Guaranteed by pool" zh:"担保资金池" ref:"pool" optional:""`
	Registered bool       `json:"registered" en:"Registered households only" zh:"仅限建档立卡户" optional:""`
	AmountMax  fact.Money `json:"amount_max" en:"Most a loan" zh:"单笔上限" unit:"CNY" min:"0.01"`
	DebtMax    fact.Money `json:"debt_max" en:"Most a borrower may owe in all" zh:"借款人总负债上限" unit:"CNY" optional:"" min:"0.01" hint:"Our loans and what others lent; empty for no limit." hint_zh:"本项目贷款与其他借款合计；不限的留空。"`
	TermMax    int64      `json:"term_max" en:"Longest term" zh:"最长期限" unit:"months" min:"1" max:"360"`
	Excluded   []string   `json:"excluded" en:"Not for" zh:"禁止用途" optional:"" hint:"Purposes that are refused, such as weddings, debts, house building." hint_zh:"不予支持的用途，如婚丧、还债、建房。"`

	Method    string     `json:"method" en:"Method" zh:"还款方式" choices:"equal-instalment=Equal instalments=等额本息;equal-principal=Equal principal=等额本金;bullet=Interest by the period, principal at the end=按期付息到期还本;irregular=Dates and amounts of its own=不规则;flat=Flat (to mirror others)=平息"`
	DayCount  string     `json:"day_count" en:"Day count" zh:"计息基础" choices:"30/360=30/360=30/360;ACT/360=ACT/360=实际/360;ACT/365=ACT/365=实际/365;ACT/ACT=ACT/ACT=实际/实际"`
	Rounding  string     `json:"rounding" en:"Rounding" zh:"舍入" choices:"half-even=Half to even=四舍六入五成双;half-up=Half up=四舍五入;down=Down=舍去;up=Up=进位"`
	Multiple  fact.Money `json:"instalment_multiple" en:"Instalment a multiple of" zh:"每期金额取整" unit:"CNY" optional:"" min:"0.01"`
	Smooth    bool       `json:"smooth" en:"Spread the odd amount of the last row" zh:"末期平滑" optional:""`
	Order     []string   `json:"order" en:"Allocation order" zh:"还款冲抵顺序" optional:"" hint:"penalty, fee, interest, principal unless the contract says otherwise." hint_zh:"合同另有约定的除外，依次为 penalty、fee、interest、principal（罚息、费用、利息、本金）。"`
	Sweep     string     `json:"sweep" en:"Allocation goes" zh:"冲抵方式" optional:"" choices:"rows=Row by row, the oldest first=逐期;components=Component by component=逐项"`
	Surcharge string     `json:"late_surcharge" en:"Added to the rate when late" zh:"逾期加收利率" unit:"% a year" optional:"" length:"9"`
	Dust      fact.Money `json:"dust" en:"Unpaid amount that is not yet past due" zh:"逾期容差" unit:"CNY" optional:""`
}

// Check reads what the choices do not hold.
func (c *CreditProduct) Check(p *fact.Problems) {
	checkRate(p, "late_surcharge", c.Surcharge)
	if _, ok := readOrder(c.Order); !ok {
		p.Add("order", "product.order", "the order must name penalty, fee, interest and principal once each").Mend("Leave it empty for the usual order.")
	}
}

// Record counts the product.
func (c *CreditProduct) Record(tx *fact.Tx) error {
	return tx.Observe("credit-product", 1, figure.Observation{Subject: c.ID, Project: c.Project})
}

// readOrder turns names of components into what the engine knows.
func readOrder(names []string) (order []servicing.Component, ok bool) {
	if len(names) == 0 {
		return nil, true
	}
	for _, name := range names {
		for c := servicing.Penalty; c <= servicing.Principal; c++ {
			if c.String() == name && !slices.Contains(order, c) {
				order = append(order, c)
			}
		}
	}
	return order, len(order) == len(names) && len(order) == int(servicing.Principal)+1
}

// lendsTo tells whether the product is for a kind of party.
func (c *CreditProduct) lendsTo(kind string) bool {
	if c.Borrowers == "household" {
		return kind == "household"
	}
	return kind == "enterprise" || kind == "cooperative" || kind == "listed-company"
}

// Outlet is a counter where borrowers pay: a bank branch, a microlender's office in a town.
type Outlet struct {
	_        struct{} `kind:"outlet" en:"Outlet" zh:"服务网点" by:"programme-officer,loan-officer" book:"area" area:"area" defines:"outlet"`
	ID       string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，不超过 40 位。"`
	Name     string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Area     string   `json:"area" en:"Where" zh:"所在地" ref:"area" entity:"area"`
	Operator string   `json:"operator" en:"Run by" zh:"运营机构" ref:"party" entity:"parent"`
}

// Record has nothing to move or count.
func (o *Outlet) Record(*fact.Tx) error { return nil }

// ReferenceRate is what loans of the same type, amount and term cost elsewhere from its effective date on, with its source. A rate
// that changes is recorded as another one.
type ReferenceRate struct {
	_       struct{} `kind:"reference-rate" en:"Reference rate" zh:"参考利率" by:"programme-officer,finance" book:"hq" defines:"reference-rate"`
	ID      string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; at most 40." hint_zh:"字母、数字、点、横线，不超过 40 位。"`
	Name    string   `json:"name" en:"Loans of which type" zh:"贷款类型" entity:"name" length:"200"`
	TermMin int64    `json:"term_min" en:"Shortest term" zh:"最短期限" unit:"months" min:"0" max:"360" optional:""`
	TermMax int64    `json:"term_max" en:"Longest term" zh:"最长期限" unit:"months" min:"1" max:"360"`
	Rate    string   `json:"rate" en:"Rate" zh:"利率" unit:"% a year" length:"9"`
	Source  string   `json:"source" en:"Source" zh:"来源" length:"300" hint:"Who published it, where and when." hint_zh:"发布机构、出处和日期。"`
}

// Check reads the rate.
func (r *ReferenceRate) Check(p *fact.Problems) {
	checkRate(p, "rate", r.Rate)
	if r.TermMin > r.TermMax {
		p.Add("term_min", "reference.term", "the shortest term is longer than the longest").Mend("Correct one of them.")
	}
}

// Record has nothing to move or count: contracts name it.
func (r *ReferenceRate) Record(*fact.Tx) error { return nil }

// reference gives the reference rate of a contract, which must cover its term.
func reference(tx *fact.Tx, id string, months int64) (ppm int64, err error) {
	r, err := fact.Get[ReferenceRate](tx, "reference-rate", id)
	if err != nil {
		return 0, err
	}
	if months < r.TermMin || months > r.TermMax {
		return 0, fault.New(fault.Invalid, "reference.other-term", "reference rate %s is for %d to %d months, the loan runs %d", id, r.TermMin, r.TermMax, months).For("reference").
			Mend("Name the reference rate for loans of that term, or record it first.")
	}
	return rateOf(r.Rate), nil
}
