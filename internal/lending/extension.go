package lending

import (
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/lending/servicing"
)

// Extension is an agreement to pay later, on a legal basis and for a reason: which dates move and how far, what becomes of the
// interest, and what was outstanding when it was agreed. Days past due pause and do not start again.
//
// The treatments follow the notices of 2020 to 2023: interest keeps running and is put off, not capitalised, and penalties are waived, unless
// another treatment is agreed. See package servicing for what each comes to.
type Extension struct {
	_           struct{}   `kind:"loan-extension" en:"Extension of a loan" zh:"贷款展期" by:"loan-officer" approve:"approver; 5000000.00 2" amount:"outstanding" book:"loan" area:"loan"`
	Loan        string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Document    string     `json:"document" en:"Application" zh:"展期申请" length:"100" hint:"Number and date of the borrower's application." hint_zh:"借款人申请书的编号和日期。"`
	Basis       string     `json:"basis" en:"Legal basis" zh:"政策依据" length:"300" hint:"The notice or contract clause that allows it, such as 银保监发〔2020〕6号." hint_zh:"依据的文件或合同条款，如银保监发〔2020〕6号。"`
	Reason      string     `json:"reason" en:"Reason" zh:"原因" choices:"pandemic=Pandemic=疫情;disaster=Natural disaster=自然灾害;illness=Illness or death=疾病或死亡;market=Price or market=市场价格;other=Other=其他"`
	Outstanding fact.Money `json:"outstanding" en:"Outstanding principal" zh:"展期时本金余额" unit:"CNY" min:"0.01" hint:"As it stands on the day of the extension; what is approved is approved for this amount." hint_zh:"展期当日余额；审批只对此金额有效。"`
	Kind        string     `json:"kind" en:"Kind" zh:"方式" choices:"move-one=One due date is moved, or split=单期延后或拆分;move-all=All due dates are moved=整体顺延;principal-holiday=Interest only for some rows=只付息;longer-term=Longer term, lower instalment=延长期限"`
	Treatment   string     `json:"treatment" en:"Interest" zh:"利息处理" choices:"deferred=Runs on and is put off=正常计息、延后支付;capitalised=Becomes principal=转为本金;forgiven=Is not charged=免息;subsidised=Runs on and is paid in part by another=贴息"`
	From        date.Date  `json:"from" en:"Old due date" zh:"原还款日" optional:"" hint:"Of the first row concerned; empty for a longer term." hint_zh:"涉及的第一期；延长期限的留空。"`
	To          date.Date  `json:"to" en:"New due date" zh:"新还款日" optional:"" hint:"When one date is moved." hint_zh:"只改一个日期时填写。"`
	Months      int64      `json:"months" en:"By months" zh:"顺延月数" optional:"" min:"0" max:"1200"`
	Days        int64      `json:"days" en:"By days" zh:"顺延天数" optional:"" min:"0" max:"36600"`
	Rows        int64      `json:"rows" en:"Rows" zh:"期数" optional:"" min:"0" max:"3660" hint:"Parts to split into, rows with interest only, or rows added." hint_zh:"拆分期数、只付息期数或增加期数。"`
	Share       string     `json:"subsidy_share" en:"Interest paid by another" zh:"贴息比例" unit:"%" optional:"" length:"9"`
	SubsidyFrom string     `json:"subsidy_from" en:"Paid by" zh:"贴息来源" optional:"" choices:"pool=The loan's pool=资金池;fiscal=The county's budget=县财政"`
}

var (
	extensionKinds = map[string]servicing.Kind{"move-one": servicing.MoveOne, "move-all": servicing.MoveAll, "principal-holiday": servicing.PrincipalHoliday, "longer-term": servicing.LongerTerm}
	treatments     = map[string]servicing.Treatment{"deferred": servicing.Deferred, "capitalised": servicing.Capitalised, "forgiven": servicing.Forgiven, "subsidised": servicing.Subsidised}
)

// Check asks for what the kind and the treatment need.
func (x *Extension) Check(p *fact.Problems) {
	checkRate(p, "subsidy_share", x.Share)
	if x.Kind != "longer-term" && x.From == "" {
		p.Add("from", "field.required", "the old due date is missing").Mend("Name the due date of the first row concerned.")
	}
	if x.Kind == "move-one" && x.To == "" {
		p.Add("to", "field.required", "the new due date is missing").Mend("Name the day on which it will be due.")
	}
	if x.Treatment == "subsidised" && (x.Share == "" || x.SubsidyFrom == "") {
		p.Add("subsidy_share", "field.required", "share and payer of the subsidy are missing").Mend("Say what part of the interest is paid, and by whom.")
	}
}

func (x *Extension) act() servicing.Extension {
	a := servicing.Extension{Kind: extensionKinds[x.Kind], Treatment: treatments[x.Treatment], From: dayOf(x.From), To: dayOf(x.To), Months: int(x.Months), Days: int(x.Days), Rows: int(x.Rows)}
	if a.Treatment == servicing.Subsidised {
		a.SubsidyShare, a.SubsidyFrom = rateOf(x.Share), servicing.Pool
		if x.SubsidyFrom == "fiscal" {
			a.SubsidyFrom = servicing.Fiscal
		}
	}
	return a
}

// Record fixes the new schedule and counts what is put off.
func (x *Extension) Record(tx *fact.Tx) error {
	l, err := get(tx, x.Loan)
	if err != nil {
		return err
	}
	if x.Treatment == "subsidised" && x.SubsidyFrom == "pool" && l.Pool == "" {
		return fault.New(fault.Invalid, "extension.no-pool", "loan %s has no pool that could pay", l.ID).For("subsidy_from").Mend("Let the county's budget pay, or choose another treatment.")
	}
	before, err := l.State(tx.Context(), tx.Reader(), tx.On)
	if err != nil {
		return err
	}
	if owed := before.Outstanding(); owed != int64(x.Outstanding) {
		return fault.New(fault.Conflict, "extension.outstanding", "loan %s has %s outstanding on %s, the extension says %s", l.ID, fact.Money(owed), tx.On, x.Outstanding).For("outstanding").
			Mend("Correct the amount and have it approved.")
	}
	principal, interest, err := x.amounts(before)
	if err != nil {
		return err
	}
	version := l.Version
	l.Extensions++
	if _, err := l.add(tx, act{name: "extension", Act: x.act()}); err != nil {
		return err
	}
	if l.Version == version {
		return fault.New(fault.Invalid, "extension.nothing", "the extension changes nothing").For("kind").Mend("Move a due date by a day at least, or add a row.")
	}
	for _, o := range []struct {
		measure, subject string
		value            int64
	}{{"loan-extended", l.ID, principal}, {"loan-extended-interest", l.ID, interest}, {"extended-loan", l.ID, 1}, {"extended-borrower", l.Borrower, 1}} {
		if err := tx.Observe(o.measure, o.value, figure.Observation{Subject: o.subject, Project: l.Project}); err != nil {
			return err
		}
	}
	return nil
}

// amounts are the principal that is put off, and the interest that would have been due with its first row.
func (x *Extension) amounts(s *servicing.State) (principal, interest int64, err error) {
	rows, err := Rows(s)
	if err != nil {
		return 0, 0, err
	}
	from, one := dayOf(x.From), x.Kind == "move-one"
	for i := range rows {
		due := rows[i].Unpaid()
		if rows[i].N == 0 || rows[i].DueOn < from || one && rows[i].DueOn != from {
			continue
		}
		principal += due[servicing.Principal]
		if rows[i].DueOn == from && x.Kind != "principal-holiday" {
			interest += due[servicing.Interest]
		}
	}
	if x.Kind == "longer-term" {
		return s.Undue, 0, nil
	}
	return principal, interest, nil
}

// TakeBack removes the extension while nothing has followed it.
func (x *Extension) TakeBack(tx *fact.Tx) error { return undo(tx, x.Loan) }
