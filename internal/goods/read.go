package goods

import (
	"cmp"
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

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
		where, args = " AND k.commodity = $4", append(args, commodity)
	}
	// k finds the postings in the index by flow, p reads each; of p alone SQLite would read the whole book.
	rows, err := r.Query(ctx, `SELECT p.seq, p.commodity, p.fund, p.project, p.from_account, p.to_account, p.amount, e.kind, e.on_date, e.area, e.grade + 2 * (SELECT COUNT(*) FROM proof f WHERE f.book = e.book AND f.seq = e.seq), e.body
FROM posting k
JOIN posting p ON p.book = k.book AND p.seq = k.seq AND p.line = k.line
JOIN entry e ON e.book = k.book AND e.seq = k.seq
WHERE k.book = $1 AND k.flow = $2 AND k.on_date <= $3`+where+` AND k.sign = 1
  AND NOT EXISTS (SELECT 1 FROM reversal v WHERE v.book = k.book AND v.seq = k.seq)
ORDER BY k.on_date DESC, k.seq DESC, k.line
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

// Sending is a dispatch with what of it has not arrived. It lies where its project does.
type Sending struct {
	fact.Thing[Dispatch]
	Sent, Underway int64
	Waiting        int // receivers that have not confirmed
}

// Sendings lists the dispatches of a book, by number.
func Sendings(ctx context.Context, r database.Reader, book string) ([]Sending, error) {
	things, err := fact.Things[Dispatch](ctx, r, book, "dispatch", "", "")
	if err != nil || len(things) == 0 {
		return nil, err
	}
	projects, err := entity.Areas(ctx, r, book, "project")
	if err != nil {
		return nil, err
	}
	balances, err := ledger.FindBalances(ctx, r, ledger.BalanceFilter{Book: book, Class: string(ledger.Underway)})
	if err != nil {
		return nil, err
	}
	list := make([]Sending, len(things))
	at := make(map[string]*Sending, len(things))
	for i, t := range things {
		list[i].Thing = t
		list[i].Area = cmp.Or(projects[t.Parent], book)
		lines, err := t.Fact.Lines()
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			list[i].Sent += l.Quantity
		}
		at[t.ID] = &list[i]
	}
	last := ""
	for _, b := range balances { // by account, which each receiver has of its own, and fund
		if s := at[b.Project]; s != nil {
			s.Underway += b.Amount
			if b.ID != last {
				s.Waiting++
			}
			last = b.ID
		}
	}
	return list, nil
}
