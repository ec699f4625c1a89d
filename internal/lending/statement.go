package lending

import (
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
)

// Statement is what the partner's books say of a mirrored loan from one day to the effective date. It is authoritative for what the loan owes; our
// shadow loan is set beside it (Differences).
type Statement struct {
	_         struct{}   `kind:"lender-statement" en:"Lender's statement" zh:"机构对账单" by:"loan-officer,finance" book:"loan" area:"loan"`
	Loan      string     `json:"loan" en:"Loan" zh:"贷款" ref:"loan"`
	From      date.Date  `json:"from" en:"After" zh:"起始日" hint:"The day of the statement before, or the day before the loan was paid out." hint_zh:"上一份对账单日期；首份填放款前一日。"`
	Opening   fact.Money `json:"opening" en:"Principal at first" zh:"期初本金" unit:"CNY" optional:"" min:"0"`
	Lent      fact.Money `json:"lent" en:"Paid out" zh:"本期发放" unit:"CNY" optional:"" min:"0"`
	Principal fact.Money `json:"principal" en:"Principal repaid" zh:"本期还本" unit:"CNY" optional:"" min:"0"`
	Interest  fact.Money `json:"interest" en:"Interest received" zh:"本期收息" unit:"CNY" optional:"" min:"0"`
	Penalty   fact.Money `json:"penalty" en:"Penalties received" zh:"本期收罚息" unit:"CNY" optional:"" min:"0"`
	Closing   fact.Money `json:"closing" en:"Principal at last" zh:"期末本金" unit:"CNY" optional:"" min:"0"`
}

// Check adds the statement up.
func (s *Statement) Check(p *fact.Problems) {
	if sum := s.Opening + s.Lent - s.Principal; sum != s.Closing {
		p.Add("closing", "statement.sum", "%s and %s paid out less %s repaid is %s, the statement says %s", s.Opening, s.Lent, s.Principal, sum, s.Closing).
			Mend("Ask the lender for a statement that adds up, or correct what was typed.")
	}
}

// Record keeps the statement, which must go on from the one before.
func (s *Statement) Record(tx *fact.Tx) error {
	l, err := get(tx, s.Loan)
	if err != nil {
		return err
	}
	product, err := fact.Get[CreditProduct](tx, "credit-product", l.Product)
	if err != nil {
		return err
	}
	if product.Mode != "mirror" {
		return fault.New(fault.Invalid, "statement.own", "loan %s is on our own books", l.ID).For("loan").Mend("Statements are for loans of a mirror product.")
	}
	if s.From >= tx.On {
		return fault.New(fault.Invalid, "statement.period", "the statement runs from %s to %s", s.From, tx.On).For("from").Mend("Correct one of the dates.")
	}
	rows, err := tx.Query("SELECT until, closing FROM loan_statement WHERE book = $1 AND loan = $2 ORDER BY until DESC LIMIT 1", tx.Book, s.Loan)
	if err != nil {
		return err
	}
	defer rows.Close()
	var until string
	var closing int64
	if rows.Next() {
		if err := rows.Scan(&until, &closing); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	if until != "" && (until != string(s.From) || closing != int64(s.Opening)) {
		return fault.New(fault.Conflict, "statement.gap", "the statement before ends on %s with %s, this one begins after %s with %s", until, fact.Money(closing), s.From, s.Opening).For("opening").
			Mend("Record the statements of a loan in order, without a gap.")
	}
	return tx.Exec("INSERT INTO loan_statement (book, loan, until, seq, since, opening, lent, principal, interest, penalty, closing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		tx.Book, s.Loan, string(tx.On), tx.Seq(), string(s.From), int64(s.Opening), int64(s.Lent), int64(s.Principal), int64(s.Interest), int64(s.Penalty), int64(s.Closing))
}

// Grade: what a lender states is reported unless the paper is on file.
func (s *Statement) Grade(evidence []string) journal.Grade {
	if len(evidence) > 0 {
		return journal.Traced
	}
	return journal.Reported
}

// TakeBack forgets the statement, the last first.
func (s *Statement) TakeBack(tx *fact.Tx) error {
	return tx.Exec("DELETE FROM loan_statement WHERE book = $1 AND loan = $2 AND seq = $3", tx.Book, s.Loan, tx.Taking)
}

// Difference is an amount on which a lender's statement and our shadow loan do not agree, in fen.
type Difference struct {
	Book, Loan   string
	Seq          int64 // of the statement
	Until        date.Date
	What         string // lent, principal, interest, penalty or closing
	Theirs, Ours int64
}

// Fen is theirs less ours.
func (d *Difference) Fen() int64 { return d.Theirs - d.Ours }

// Differences sets every statement of a loan beside our shadow of it.
func Differences(ctx context.Context, r database.Reader, book, loan string) ([]Difference, error) {
	l, err := Get(ctx, r, book, loan)
	if err != nil {
		return nil, err
	}
	events, err := l.events(ctx, r)
	if err != nil {
		return nil, err
	}
	rows, err := r.Query(ctx, "SELECT seq, since, until, opening, lent, principal, interest, penalty, closing FROM loan_statement WHERE book = $1 AND loan = $2 ORDER BY until", book, loan)
	if err != nil {
		return nil, fmt.Errorf("read statements of loan %s: %w", loan, err)
	}
	defer rows.Close()
	var list []Difference
	for rows.Next() {
		var since, until string
		var seq int64
		var theirs, ours struct{ opening, lent, principal, interest, penalty, closing int64 }
		if err := rows.Scan(&seq, &since, &until, &theirs.opening, &theirs.lent, &theirs.principal, &theirs.interest, &theirs.penalty, &theirs.closing); err != nil {
			return nil, err
		}
		var before moved
		if dayOf(date.Date(since)) >= l.terms.Contract.DisbursedOn {
			s, err := l.derive(events, date.Date(since))
			if err != nil {
				return nil, err
			}
			before = derived(s)
		}
		s, err := l.derive(events, date.Date(until))
		if err != nil {
			return nil, err
		}
		after := derived(s)
		ours.opening, ours.closing = before.Outstanding(), after.Outstanding()
		ours.lent = after.Disbursed + after.Capitalised - before.Disbursed - before.Capitalised
		ours.principal, ours.interest, ours.penalty = after.Principal-before.Principal, after.Interest-before.Interest, after.Penalty-before.Penalty
		for _, d := range []struct {
			what         string
			theirs, ours int64
		}{{"opening", theirs.opening, ours.opening}, {"lent", theirs.lent, ours.lent}, {"principal", theirs.principal, ours.principal}, {"interest", theirs.interest, ours.interest},
			{"penalty", theirs.penalty, ours.penalty}, {"closing", theirs.closing, ours.closing}} {
			if d.theirs != d.ours {
				list = append(list, Difference{book, loan, seq, date.Date(until), d.what, d.theirs, d.ours})
			}
		}
	}
	return list, rows.Err()
}
