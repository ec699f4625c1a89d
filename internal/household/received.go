package household

import (
	"context"
	"fmt"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/journal"
)

// Receipt is money or goods that reached a household, with the record of it.
type Receipt struct {
	Book      string
	Seq       int64
	On        date.Date
	Flow      string
	Commodity string // CNY in fen, or goods in their own unit
	Fund      string // whose money it was
	Project   string
	Amount    int64
	Kind      string // of the fact
	Body      string
	Grade     journal.Grade
	Area      string // of the entry
}

// Received lists what reached a household, the oldest first.
func Received(ctx context.Context, r database.Reader, book, id string) ([]Receipt, error) {
	account := "recipient:" + id
	rows, err := r.Query(ctx, `SELECT p.to_account, p.seq, p.on_date, p.flow, p.commodity, p.fund, p.project, p.amount * p.sign, e.kind, e.body, e.grade, e.area
FROM posting p
JOIN entry e ON e.book = p.book AND e.seq = p.seq
WHERE p.book = $1 AND substr(p.to_account, 1, 10) = 'recipient:' AND p.to_account >= $2 AND p.to_account < $3
ORDER BY p.on_date, p.seq, p.line`, book, account, account+";") // ; comes after :, and after the digits of longer codes, which are left out below
	if err != nil {
		return nil, fmt.Errorf("read what household %s received: %w", id, err)
	}
	defer rows.Close()
	var list []Receipt
	for rows.Next() {
		c := Receipt{Book: book}
		var to, on string
		if err := rows.Scan(&to, &c.Seq, &on, &c.Flow, &c.Commodity, &c.Fund, &c.Project, &c.Amount, &c.Kind, &c.Body, &c.Grade, &c.Area); err != nil {
			return nil, err
		}
		if to != account && !strings.HasPrefix(to, account+":") {
			continue
		}
		c.On = date.Date(on)
		list = append(list, c)
	}
	return list, rows.Err()
}
