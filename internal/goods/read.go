package goods

import (
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

// Commodities lists what came into the stores of a book, by code.
func Commodities(ctx context.Context, r database.Reader, book string) ([]string, error) {
	rows, err := r.Query(ctx, `SELECT commodity
FROM posting
WHERE book = $1 AND flow IN ('`+ledger.Purchase+`', '`+ledger.Donation+`')
GROUP BY commodity
ORDER BY commodity`, book)
	if err != nil {
		return nil, fmt.Errorf("read goods of book %s: %w", book, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var commodity string
		if err := rows.Scan(&commodity); err != nil {
			return nil, err
		}
		list = append(list, commodity)
	}
	return list, rows.Err()
}

// Handed is a movement of goods with the entry that recorded it.
type Handed struct {
	journal.Entry
	Fact            fact.Fact
	Commodity, Fund string
	Project         string
	From, To        string // accounts
	Amount          int64
}

// handedMax bounds a list of movements.
const handedMax = 20_000

// Movements lists how goods moved by a flow (ledger.Donation, ledger.Purchase or ledger.Delivery) in a book, the latest first; what was taken back is left
// out. Commodity "" is all. At most 20,000 are read.
func Movements(ctx context.Context, r database.Reader, book, flow, commodity string, until date.Date) ([]Handed, error) {
	where, args := "", []any{book, flow, string(until)}
	if commodity != "" {
		where, args = " AND p.commodity = $4", append(args, commodity)
	}
	rows, err := r.Query(ctx, `SELECT p.seq, p.commodity, p.fund, p.project, p.from_account, p.to_account, p.amount, e.kind, e.on_date, e.area, e.grade + 2 * (SELECT COUNT(*) FROM proof f WHERE f.book = e.book AND f.seq = e.seq), e.body
FROM posting p
JOIN entry e ON e.book = p.book AND e.seq = p.seq
WHERE p.book = $1 AND p.flow = $2 AND p.on_date <= $3`+where+` AND p.sign = 1
  AND NOT EXISTS (SELECT 1 FROM reversal v WHERE v.book = p.book AND v.seq = p.seq)
ORDER BY p.on_date DESC, p.seq DESC, p.line
LIMIT `+fmt.Sprint(handedMax), args...)
	if err != nil {
		return nil, fmt.Errorf("read each %s of book %s: %w", flow, book, err)
	}
	defer rows.Close()
	var list []Handed
	for rows.Next() {
		h := Handed{Entry: journal.Entry{Book: book}}
		var on string
		if err := rows.Scan(&h.Seq, &h.Commodity, &h.Fund, &h.Project, &h.From, &h.To, &h.Amount, &h.Kind, &on, &h.Area, &h.Grade, &h.Body); err != nil {
			return nil, err
		}
		h.On, h.Grade = date.Date(on), min(h.Grade, journal.Traced)
		if h.Fact, err = fact.DecodeBody(h.Kind, h.Body, ""); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, rows.Err()
}
