package goods

import (
	"context"
	"fmt"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/ledger"
)

// Account is one commodity of one giver in one project: what came in is what was delivered, what was lost, what is underway and what is in store.
type Account struct {
	Commodity, Fund, Project            string
	In, Delivered, Lost, Underway, Held int64
}

// Reconcile adds up a commodity of a book ("" for all goods) by giver and project, by a day ("" for all that is recorded). Each sum is made of its
// own postings, so a difference would show.
func Reconcile(ctx context.Context, r database.Reader, book, commodity string, on date.Date) ([]Account, error) {
	if on == "" {
		on = "9999-12-31"
	}
	at := func(class ledger.Class) string {
		return fmt.Sprintf("SUM(CASE WHEN p.to_account LIKE '%[1]s:%%' THEN p.amount ELSE 0 END) - SUM(CASE WHEN p.from_account LIKE '%[1]s:%%' THEN p.amount ELSE 0 END)", class)
	}
	of := func(flows ...string) string {
		return "SUM(CASE WHEN p.flow IN ('" + strings.Join(flows, "', '") + "') THEN p.amount * p.sign ELSE 0 END)"
	}
	where, args := "", []any{book, string(on)}
	if commodity != "" {
		where, args = " AND k.commodity = $3", append(args, commodity)
	}
	// k finds the postings in the index by flow, p reads each; of p alone SQLite would read the whole book.
	rows, err := r.Query(ctx, `SELECT p.commodity, p.fund, p.project,
  CAST(`+of(ledger.Purchase, ledger.Donation)+` AS BIGINT), CAST(`+of(ledger.Delivery)+` AS BIGINT), CAST(`+of(lost)+` AS BIGINT),
  CAST(`+at(ledger.Underway)+` AS BIGINT), CAST(`+at(ledger.Store)+` AS BIGINT)
FROM posting k
JOIN posting p ON p.book = k.book AND p.seq = k.seq AND p.line = k.line
WHERE k.book = $1 AND k.flow IN ('`+strings.Join([]string{ledger.Purchase, ledger.Donation, ledger.Delivery, lost, dispatched, cameBack}, "', '")+`') AND k.on_date <= $2`+where+`
GROUP BY p.commodity, p.fund, p.project
ORDER BY p.commodity, p.fund, p.project`, args...)
	if err != nil {
		return nil, fmt.Errorf("reconcile goods of book %s: %w", book, err)
	}
	defer rows.Close()
	var list []Account
	for rows.Next() {
		var a Account
		if err := rows.Scan(&a.Commodity, &a.Fund, &a.Project, &a.In, &a.Delivered, &a.Lost, &a.Underway, &a.Held); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// Expiring is goods of a batch that are still in a store.
type Expiring struct {
	Batch, Project, Commodity string
	Expires                   date.Date
	Quantity                  int64
}

// ExpiredBy lists batches in the stores of a book that may not be handed out after a day.
func ExpiredBy(ctx context.Context, r database.Reader, book string, on date.Date) ([]Expiring, error) {
	batches, err := entity.Find(ctx, r, entity.Filter{Type: "batch"})
	if err != nil {
		return nil, err
	}
	at := map[string]date.Date{}
	for _, b := range batches {
		at[b.ID] = date.Date(b.Class)
	}
	balances, err := ledger.FindBalances(ctx, r, ledger.BalanceFilter{Book: book, Class: string(ledger.Store), Inside: true})
	if err != nil {
		return nil, err
	}
	var list []Expiring
	for _, b := range balances { // by account and fund
		expires, ok := at[b.Owner]
		if !ok || expires > on {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Batch == b.Owner && list[n-1].Project == b.Project {
			list[n-1].Quantity += b.Amount
		} else {
			list = append(list, Expiring{Batch: b.Owner, Project: b.Project, Commodity: b.Commodity, Expires: expires, Quantity: b.Amount})
		}
	}
	return list, nil
}
