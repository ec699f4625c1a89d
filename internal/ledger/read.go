package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fault"
)

const postingColumns = "book, seq, line, flow, from_account, to_account, commodity, fund, amount, project, area, sign, traced, on_date"

func scanPosting(row interface{ Scan(...any) error }) (Posting, error) {
	var p Posting
	var on string
	err := row.Scan(&p.Book, &p.Seq, &p.Line, &p.Flow, &p.From, &p.To, &p.Commodity, &p.Fund, &p.Amount, &p.Project, &p.Area, &p.Sign, &p.Traced, &on)
	p.On = date.Date(on)
	return p, err
}

// Postings of one entry in order.
func Postings(ctx context.Context, r database.Reader, book string, seq int64) ([]Posting, error) {
	rows, err := r.Query(ctx, "SELECT "+postingColumns+" FROM posting WHERE book = $1 AND seq = $2 ORDER BY line", book, seq)
	if err != nil {
		return nil, fmt.Errorf("read postings of %s:%d: %w", book, seq, err)
	}
	defer rows.Close()
	var list []Posting
	for rows.Next() {
		p, err := scanPosting(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// GetAccount reads an account, or gives a NotFound fault.
func GetAccount(ctx context.Context, r database.Reader, book, id string) (Account, error) {
	a := Account{Book: book, ID: id}
	err := r.QueryRow(ctx, "SELECT class, owner, holder, project, area FROM account WHERE book = $1 AND id = $2", book, id).
		Scan(&a.Class, &a.Owner, &a.Holder, &a.Project, &a.Area)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.New(fault.NotFound, "ref.unknown", "account %q is not in book %s", id, book).For("account").Mend("Look its code up among the accounts of the book.")
	}
	return a, err
}

// Balance is what an account holds of one commodity and fund.
type Balance struct {
	Account
	Commodity string
	Fund      string
	Amount    int64
}

// BalanceFilter chooses balances; empty fields choose all.
type BalanceFilter struct {
	Book, Class, Commodity, Account, Project string
	Inside                                   bool // leave out the world outside
}

// FindBalances lists what accounts hold, without those that hold nothing.
func FindBalances(ctx context.Context, r database.Reader, f BalanceFilter) ([]Balance, error) {
	where := []string{"b.amount <> 0"}
	var args []any
	for _, c := range []struct{ column, value string }{{"b.book", f.Book}, {"a.class", f.Class}, {"b.commodity", f.Commodity}, {"b.account", f.Account}, {"a.project", f.Project}} {
		if c.value != "" {
			args = append(args, c.value)
			where = append(where, fmt.Sprintf("%s = $%d", c.column, len(args)))
		}
	}
	if f.Class != "" { // an account's id begins with its class: the accounts of a class lie together in the key
		args = append(args, f.Class+":", f.Class+";")
		where = append(where, fmt.Sprintf("b.account >= $%d AND b.account < $%d", len(args)-1, len(args)))
	}
	if f.Inside {
		where = append(where, "NOT b.outside")
	}
	rows, err := r.Query(ctx, `SELECT b.book, b.account, a.class, a.owner, a.holder, a.project, a.area, b.commodity, b.fund, b.amount
FROM balance b
JOIN account a ON a.book = b.book AND a.id = b.account
WHERE `+strings.Join(where, " AND ")+`
ORDER BY b.book, b.account, b.commodity, b.fund`, args...)
	if err != nil {
		return nil, fmt.Errorf("read balances: %w", err)
	}
	defer rows.Close()
	var list []Balance
	for rows.Next() {
		var b Balance
		if err := rows.Scan(&b.Book, &b.ID, &b.Class, &b.Owner, &b.Holder, &b.Project, &b.Area, &b.Commodity, &b.Fund, &b.Amount); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}
