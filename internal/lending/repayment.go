package lending

import (
	"database/sql"
	"errors"
	"slices"
	"strconv"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/programme"
)

// Repayment is money that a borrower brought, with its receipt. It settles what is due in the contract's order; the field excess
// says what becomes of the rest. A payment learnt late is recorded as of the day it was made.
type Repayment struct {
	_       struct{}   `kind:"loan-repayment" en:"Repayment" zh:"还款" by:"loan-officer,finance" book:"loan" area:"loan"`
	Loan    string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Receipt string     `json:"receipt" en:"Receipt" zh:"收据号" length:"60"`
	Outlet  string     `json:"outlet" en:"Paid at" zh:"还款网点" ref:"outlet" optional:"" hint:"Empty for a bank transfer." hint_zh:"银行转账的留空。"`
	Excess  string     `json:"excess" en:"What is beyond what is due" zh:"超出部分" optional:"" choices:"hold=Is held for the next instalments=留存抵扣下期;next-rows=Prepays the next instalments=提前还后续期;shorter-term=Shortens the term=缩短期限;smaller-instalment=Lowers the instalment=减少月供;payoff=Pays the loan off=提前结清" hint:"Held when empty." hint_zh:"留空则暂存。"`
}

var excesses = map[string]servicing.Excess{
	"": servicing.Hold, "hold": servicing.Hold, "next-rows": servicing.NextRows, "shorter-term": servicing.ShorterTerm,
	"smaller-instalment": servicing.SmallerInstalment, "payoff": servicing.Payoff,
}

// Record allocates the money.
func (r *Repayment) Record(tx *fact.Tx) error {
	l, err := get(tx, r.Loan)
	if err != nil {
		return err
	}
	s, err := l.add(tx, act{name: "payment", Act: servicing.Payment{Amount: int64(r.Amount), Excess: excesses[r.Excess]}})
	if err != nil {
		return err
	}
	if r.Excess == "payoff" && l.Outstanding() > 0 && tx.On == l.LastOn {
		missing, err := s.Payoff()
		if err != nil {
			return err
		}
		return fault.New(fault.Conflict, "repayment.payoff", "%s does not pay loan %s off on %s: %s is missing", r.Amount, l.ID, tx.On, fact.Money(missing)).For("amount").
			Mend("Bring %s, or say what else is to become of it.", r.Amount+fact.Money(missing))
	}
	return tx.Observe("loan-repayment", int64(r.Amount), figure.Observation{Project: l.Project, Subject: r.Outlet})
}

// Grade of money: traced with receipt and file, partly with one of them.
func (r *Repayment) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(r.Receipt, evidence)
}

// TakeBack removes the repayment while nothing has followed it.
func (r *Repayment) TakeBack(tx *fact.Tx) error { return undo(tx, r.Loan) }

// OverpaymentRefund pays back money held for a borrower.
type OverpaymentRefund struct {
	_       struct{}   `kind:"loan-refund" en:"Refund of an overpayment" zh:"退还多收款" by:"loan-officer,finance" approve:"approver" book:"loan" area:"loan"`
	Loan    string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Record moves the money back to the borrower.
func (r *OverpaymentRefund) Record(tx *fact.Tx) error {
	l, err := get(tx, r.Loan)
	if err != nil {
		return err
	}
	_, err = l.add(tx, act{name: "refund", Act: servicing.Refund{Amount: int64(r.Amount)}})
	return err
}

// Grade of money: traced with voucher and file, partly with one of them.
func (r *OverpaymentRefund) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(r.Voucher, evidence)
}

// TakeBack removes the refund while nothing has followed it.
func (r *OverpaymentRefund) TakeBack(tx *fact.Tx) error { return undo(tx, r.Loan) }

// Fee is charged to a borrower and due at once.
type Fee struct {
	_      struct{}   `kind:"loan-fee" en:"Fee" zh:"费用" by:"loan-officer" approve:"approver" book:"loan" area:"loan"`
	Loan   string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Amount fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	For    string     `json:"for" en:"For what" zh:"名目" length:"200"`
}

// Record makes the fee due.
func (f *Fee) Record(tx *fact.Tx) error {
	l, err := get(tx, f.Loan)
	if err != nil {
		return err
	}
	_, err = l.add(tx, act{name: "charge", Act: servicing.Charge{Amount: int64(f.Amount)}})
	return err
}

// TakeBack removes the fee while nothing has followed it.
func (f *Fee) TakeBack(tx *fact.Tx) error { return undo(tx, f.Loan) }

// PenaltyWaiver forgives late interest that is due.
type PenaltyWaiver struct {
	_      struct{}   `kind:"penalty-waiver" en:"Waiver of penalties" zh:"罚息减免" by:"loan-officer" approve:"approver" book:"loan" area:"loan"`
	Loan   string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Amount fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Reason string     `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record takes the amount off what is due.
func (w *PenaltyWaiver) Record(tx *fact.Tx) error {
	l, err := get(tx, w.Loan)
	if err != nil {
		return err
	}
	s, err := l.State(tx.Context(), tx.Reader(), tx.On)
	if err != nil {
		return err
	}
	if due := s.Arrears()[servicing.Penalty]; due < int64(w.Amount) {
		return fault.New(fault.Invalid, "waiver.more", "loan %s has %s of penalties due on %s", l.ID, fact.Money(due), tx.On).For("amount").Mend("Waive at most that.")
	}
	if _, err := l.add(tx, act{name: "waiver", Act: servicing.Waiver{Amount: int64(w.Amount)}}); err != nil {
		return err
	}
	return tx.Observe("penalty-waived", int64(w.Amount), figure.Observation{Project: l.Project, Subject: l.ID})
}

// TakeBack removes the waiver while nothing has followed it.
func (w *PenaltyWaiver) TakeBack(tx *fact.Tx) error { return undo(tx, w.Loan) }

// EventReversal takes back an earlier payment, refund, fee, waiver or change of rate as if it had never been: whatever was paid since is
// allocated anew. The entry it names stays in the journal.
type EventReversal struct {
	_      struct{} `kind:"loan-event-reversal" en:"Reversal of an event of a loan" zh:"贷款交易冲正" by:"loan-officer,finance" approve:"approver" book:"loan" area:"loan"`
	Loan   string   `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Entry  int64    `json:"entry" en:"Entry" zh:"分录号" min:"1" hint:"The number of the repayment's entry in its book." hint_zh:"该笔还款在账簿中的分录号。"`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record derives the loan without the event and moves the difference.
func (r *EventReversal) Record(tx *fact.Tx) error {
	l, err := get(tx, r.Loan)
	if err != nil {
		return err
	}
	var name, on, detail string
	err = tx.QueryRow("SELECT act, on_date, detail FROM loan_event WHERE book = $1 AND loan = $2 AND seq = $3", tx.Book, r.Loan, r.Entry).Scan(&name, &on, &detail)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "event.unknown", "entry %d is no event of loan %s", r.Entry, r.Loan).For("entry").Mend("Look the number up on the page of the loan.")
	}
	if err != nil {
		return err
	}
	if slices.Contains([]string{opened, "extension", "reversal"}, name) {
		return fault.New(fault.Invalid, "event.kind", "entry %d is a %s: it cannot be taken back in the middle of a loan", r.Entry, name).For("entry").
			Mend("Take back what followed it first, then the entry itself with a reversal.")
	}
	events, err := l.events(tx.Context(), tx.Reader())
	if err != nil {
		return err
	}
	of := strconv.FormatInt(r.Entry, 10)
	if slices.ContainsFunc(events, func(e servicing.Event) bool { return e.Act == servicing.Act(servicing.Reversal{Of: of}) }) {
		return fault.New(fault.Conflict, "reversal.again", "entry %d was taken back already", r.Entry).For("entry").Mend("Nothing needs to be done.")
	}
	if _, err := l.add(tx, act{name: "reversal", Act: servicing.Reversal{Of: of}}); err != nil {
		return err
	}
	taken, err := readEvent(r.Entry, on, name, detail)
	if err != nil {
		return err
	}
	at := figure.Observation{Project: l.Project}
	switch a := taken.Act.(type) {
	case servicing.Payment:
		return tx.Observe("loan-repayment", -a.Amount, at)
	case servicing.Waiver:
		at.Subject = l.ID
		return tx.Observe("penalty-waived", -a.Amount, at)
	}
	return nil
}

// TakeBack lets the event count again while nothing has followed its reversal.
func (r *EventReversal) TakeBack(tx *fact.Tx) error { return undo(tx, r.Loan) }

// WriteOff takes a loan's principal off what the lender counts on. The borrower still owes it; what is paid later is a recovery.
type WriteOff struct {
	_      struct{} `kind:"loan-write-off" en:"Write-off" zh:"核销" by:"finance" approve:"approver" book:"loan" area:"loan"`
	Loan   string   `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record moves what is outstanding to what is written off.
func (w *WriteOff) Record(tx *fact.Tx) error {
	l, err := get(tx, w.Loan)
	if err != nil {
		return err
	}
	if l.Status != Active || l.Outstanding() == 0 {
		return fault.New(fault.Conflict, "write-off.nothing", "loan %s is %s and has %s outstanding", l.ID, l.Status, fact.Money(l.Outstanding())).For("loan").Mend("Only a loan that is out can be written off.")
	}
	if tx.On < l.LastOn {
		return fault.New(fault.Invalid, "write-off.early", "loan %s has gone on until %s", l.ID, l.LastOn).For("on").Mend("Write it off as of that day or later.")
	}
	from := l.principal()
	l.Status = WrittenOff
	if err := l.pay(tx, "principal-written-off", from, l.principal(), l.Outstanding()); err != nil {
		return err
	}
	if err := tx.SetStatus("loan", l.ID, l.Status); err != nil {
		return err
	}
	l.keep(tx)
	return nil
}

// TakeBack counts on the loan again.
func (w *WriteOff) TakeBack(tx *fact.Tx) error {
	l, err := get(tx, w.Loan)
	if err != nil {
		return err
	}
	l.Status = Active
	if err := tx.SetStatus("loan", l.ID, l.Status); err != nil {
		return err
	}
	l.keep(tx)
	return nil
}
