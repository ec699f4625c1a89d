package lending

import (
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/programme"
)

// Subsidy pays a borrower back a share of the interest they paid in a period, usually a quarter. Only interest that was paid counts, and of it only
// the days on which nothing was overdue; penalties never do.
type Subsidy struct {
	_       struct{}   `kind:"interest-subsidy" en:"Interest subsidy" zh:"贷款贴息" by:"finance" approve:"approver" book:"loan" area:"loan"`
	Loan    string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	From    date.Date  `json:"from" en:"Interest paid from" zh:"起始日"`
	Until   date.Date  `json:"until" en:"until" zh:"截止日"`
	Share   string     `json:"share" en:"Share" zh:"贴息比例" unit:"%" length:"9" hint:"100 when all of it is paid back." hint_zh:"全额贴息填 100。"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"贴息金额" unit:"CNY" min:"0.01"`
	Payer   string     `json:"payer" en:"Paid by" zh:"贴息单位" ref:"party"`
	Fund    string     `json:"fund" en:"Fund" zh:"资金来源" ref:"fund"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
}

// Check reads the share.
func (s *Subsidy) Check(p *fact.Problems) {
	checkRate(p, "share", s.Share)
	if rateOf(s.Share) > 1_000_000 {
		p.Add("share", "subsidy.share", "a share of %s %% is more than the whole", s.Share).Mend("Give at most 100.")
	}
}

// Record checks the amount against what was paid and moves it.
func (s *Subsidy) Record(tx *fact.Tx) error {
	l, err := get(tx, s.Loan)
	if err != nil {
		return err
	}
	if s.From > s.Until || s.Until > tx.On {
		return fault.New(fault.Invalid, "subsidy.period", "the subsidy for %s to %s is paid on %s", s.From, s.Until, tx.On).For("until").Mend("Pay it after the period.")
	}
	var overlap int64
	if err := tx.QueryRow("SELECT COUNT(*) FROM interest_subsidy WHERE book = $1 AND loan = $2 AND until >= $3 AND since <= $4", tx.Book, s.Loan, string(s.From), string(s.Until)).Scan(&overlap); err != nil {
		return err
	}
	if overlap > 0 {
		return fault.New(fault.Conflict, "subsidy.again", "a part of %s to %s was subsidised already", s.From, s.Until).For("from").Mend("Name days that were not.")
	}
	state, err := l.State(tx.Context(), tx.Reader(), tx.On)
	if err != nil {
		return err
	}
	interest, days := Eligible(state, l.terms.Contract.DisbursedOn, dayOf(s.From), dayOf(s.Until))
	share := rateOf(s.Share)
	parts, err := ledger.Split(interest, []int64{share, 1_000_000 - share})
	if err != nil {
		return err
	}
	if int64(s.Amount) != parts[0] {
		return fault.New(fault.Invalid, "subsidy.amount", "%s %% of the %s of interest paid in time is %s", s.Share, fact.Money(interest), fact.Money(parts[0])).For("amount").Mend("Pay that amount.")
	}
	from, err := tx.Account(ledger.Donor, s.Payer, "")
	if err != nil {
		return err
	}
	to, err := tx.Account(ledger.Borrower, l.Borrower, "")
	if err != nil {
		return err
	}
	if _, err := tx.Move(fact.Movement{Flow: "interest-subsidy", From: from, To: to, Commodity: tx.Currency(), Fund: s.Fund, Amount: int64(s.Amount), Project: l.Project}); err != nil {
		return err
	}
	return tx.Exec("INSERT INTO interest_subsidy (book, loan, until, seq, since, borrower, days, amount) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		tx.Book, s.Loan, string(s.Until), tx.Seq(), string(s.From), l.Borrower, days, int64(s.Amount))
}

// Grade of money: traced with voucher and file, partly with one of them.
func (s *Subsidy) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(s.Voucher, evidence)
}

// TakeBack claws the subsidy back, for example because the money went to another purpose.
func (s *Subsidy) TakeBack(tx *fact.Tx) error {
	return tx.Exec("DELETE FROM interest_subsidy WHERE book = $1 AND loan = $2 AND seq = $3", tx.Book, s.Loan, tx.Taking)
}

// Eligible is the interest of a loan, paid by the borrower from one day to another, that may be subsidised, in fen, and the days it is for. Interest of a
// row is for the days since the row before; those on which a row was overdue do not count, and its interest is cut in proportion, downwards.
func Eligible(s *servicing.State, paidOut, from, until schedule.Day) (interest, days int64) {
	cured := map[int]schedule.Day{} // last payment of each row
	for _, receipt := range s.Receipts {
		for _, part := range receipt.Parts {
			cured[part.Row] = receipt.On
		}
	}
	counted := map[int]bool{}
	for _, receipt := range s.Receipts {
		if receipt.On < from || receipt.On > until || receipt.From != servicing.Borrower {
			continue
		}
		for _, part := range receipt.Parts {
			if part.Component != servicing.Interest {
				continue
			}
			row := &s.Rows[part.Row]
			before := paidOut
			for i := range part.Row {
				if s.Rows[i].N > 0 && s.Rows[i].DueOn < row.DueOn {
					before = max(before, s.Rows[i].DueOn)
				}
			}
			whole := int64(row.DueOn - before)
			good := whole
			for day := before + 1; day <= row.DueOn; day++ {
				if overdue(s, cured, part.Row, day) {
					good--
				}
			}
			if whole > 0 {
				interest += part.Amount * good / whole
			}
			if !counted[part.Row] {
				counted[part.Row] = true
				days += good
			}
		}
	}
	return interest, days
}

// overdue tells whether a row before one was unpaid on a day after it fell due.
func overdue(s *servicing.State, cured map[int]schedule.Day, row int, day schedule.Day) bool {
	for i := range row {
		r := &s.Rows[i]
		paid := cured[i]
		unpaid := r.Unpaid()
		if unpaid.Sum() > 0 || paid == 0 && r.Due.Sum() > 0 {
			paid = s.AsOf
		}
		if r.DueOn < day && day <= paid {
			return true
		}
	}
	return false
}

// Subsidised is a line of a claim list: what was subsidised of a loan.
type Subsidised struct {
	Loan, Borrower string
	From, Until    date.Date
	Days, Amount   int64
}

// Subsidies lists what was subsidised of the loans that a filter leaves, whatever its limit, for periods that end from one day to another.
func Subsidies(ctx context.Context, r database.Reader, f Filter, from, until date.Date) ([]Subsidised, error) {
	where, args := f.conditions()
	args = append(args, string(from), string(until))
	rows, err := r.Query(ctx, fmt.Sprintf(`SELECT x.loan, x.borrower, x.since, x.until, x.days, x.amount
FROM interest_subsidy x
JOIN loan l ON l.book = x.book AND l.id = x.loan
LEFT JOIN loan_day d ON d.book = l.book AND d.loan = l.id
WHERE x.until BETWEEN $%d AND $%d AND %s
ORDER BY x.until, x.loan`, len(args)-1, len(args), where), args...)
	if err != nil {
		return nil, fmt.Errorf("list subsidies of %s: %w", f.Book, err)
	}
	defer rows.Close()
	var list []Subsidised
	for rows.Next() {
		var s Subsidised
		var since, to string
		if err := rows.Scan(&s.Loan, &s.Borrower, &since, &to, &s.Days, &s.Amount); err != nil {
			return nil, err
		}
		s.From, s.Until = date.Date(since), date.Date(to)
		list = append(list, s)
	}
	return list, rows.Err()
}
