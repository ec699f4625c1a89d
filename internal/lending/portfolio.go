package lending

import (
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/fault"
)

// RiskDays are the days past due beyond which a loan's whole outstanding principal counts as at risk.
var RiskDays = [6]int{0, 1, 30, 60, 90, 180}

// Part is a part of the portfolio as the last close of day left it. Extended loans are always a line of their own: being extended stands beside
// being past due, never in its place. What was written off is outside the sums and shown with them.
type Part struct {
	Key         string // enterprise or household, outlet, town, village, lender, product, pool; "" for the whole
	Extended    bool
	Loans       int64
	Outstanding int64 // fen
	Risk        [6]int64
	Class       [5]int64 // outstanding by class, in the order of Classes
	WrittenOff  int64
	Largest     int64 // outstanding of the largest loan
}

// Dimensions that a portfolio can be broken down by.
var Dimensions = []string{"segment", "outlet", "town", "village", "lender", "product", "pool", "borrower"}

// Portfolio reads the portfolio of a book at risk, broken down by a dimension, "" for the whole. With areas it is that of the loans that lie in
// one of these villages and towns.
func Portfolio(ctx context.Context, r database.Reader, book, by string, areas ...string) ([]Part, error) {
	key := "''"
	for _, d := range Dimensions {
		if d == by {
			key = "l." + d
		}
	}
	if by != "" && key == "''" {
		return nil, fault.New(fault.Invalid, "portfolio.by", "a portfolio cannot be broken down by %q", by).For("by").Mend("Use one of: %v.", Dimensions)
	}
	query := "SELECT " + key + `, l.extensions > 0, COUNT(*), CAST(COALESCE(SUM(CASE WHEN l.status <> 'written-off' THEN d.outstanding ELSE 0 END), 0) AS BIGINT),
  CAST(COALESCE(SUM(CASE WHEN l.status = 'written-off' THEN d.outstanding ELSE 0 END), 0) AS BIGINT),
  COALESCE(MAX(CASE WHEN l.status <> 'written-off' THEN d.outstanding ELSE 0 END), 0)`
	for _, days := range RiskDays {
		query += fmt.Sprintf(",\n  CAST(COALESCE(SUM(CASE WHEN l.status <> 'written-off' AND d.days_past_due > %d THEN d.outstanding ELSE 0 END), 0) AS BIGINT)", days)
	}
	for _, class := range Classes {
		query += fmt.Sprintf(",\n  CAST(COALESCE(SUM(CASE WHEN l.status <> 'written-off' AND CASE WHEN l.class <> '' THEN l.class ELSE d.class END = '%s' THEN d.outstanding ELSE 0 END), 0) AS BIGINT)", class)
	}
	args := []any{book}
	inside := within(areas, &args)
	rows, err := r.Query(ctx, query+`
FROM loan l
JOIN loan_day d ON d.book = l.book AND d.loan = l.id
WHERE l.book = $1 AND d.outstanding > 0`+inside+`
GROUP BY 1, 2
ORDER BY 1, 2`, args...)
	if err != nil {
		return nil, fmt.Errorf("read portfolio of %s: %w", book, err)
	}
	defer rows.Close()
	var list []Part
	for rows.Next() {
		var p Part
		to := []any{&p.Key, &p.Extended, &p.Loans, &p.Outstanding, &p.WrittenOff, &p.Largest}
		for i := range p.Risk {
			to = append(to, &p.Risk[i])
		}
		for i := range p.Class {
			to = append(to, &p.Class[i])
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}
