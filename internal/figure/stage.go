package figure

import (
	"context"
	"fmt"
	"unicode/utf8"

	"lastmile/internal/database"
)

// Stage is what reached the outside of one commodity: who gave it (the fund), what it paid for (the project), where (the book, or an area in
// it), and who received it (kind of party). Untraced is the part of Amount that no voucher, receipt or signature proves yet.
type Stage struct {
	Book, Area, Fund, Project, Receiver string
	Amount, Untraced                    int64
	N                                   int64 // payments or deliveries
}

// Stages adds up what reached the outside of a commodity until the end of a month ("" for all). Without areas it is by book; with areas, all of
// one book, by those areas. The amounts of every column (funds, projects, places, receivers) add up to the same total.
func Stages(ctx context.Context, r database.Reader, commodity, untilMonth, book string, areas []string) ([]Stage, error) {
	w := &where{}
	w.add("receiver <> %s", "")
	w.add("SUBSTR(measure, LENGTH(measure) - %s) = %s", utf8.RuneCountInString(commodity), ":"+commodity)
	if book != "" {
		w.add("book = %s", book)
	}
	w.months("", untilMonth)
	if len(areas) > 0 {
		w.in("area", areas)
	} else {
		w.add("area = %s", "")
	}
	// By flow first: one that brings back in all, such as a refund, lessens what was paid and adds no payments.
	rows, err := r.Query(ctx, `SELECT book, area, fund, project, receiver, CAST(SUM(ended) AS BIGINT), CAST(SUM(untraced) AS BIGINT),
  CAST(SUM(CASE WHEN ended < 0 THEN 0 ELSE n END) AS BIGINT)
FROM (
  SELECT book, area, fund, project, receiver, measure, SUM(ended) AS ended, SUM(untraced) AS untraced, SUM(n) AS n
  FROM total
  WHERE `+w.String()+`
  GROUP BY book, area, fund, project, receiver, measure) f
GROUP BY book, area, fund, project, receiver
ORDER BY book, area, fund, project, receiver`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("read stages of %s: %w", commodity, err)
	}
	defer rows.Close()
	var list []Stage
	for rows.Next() {
		var s Stage
		if err := rows.Scan(&s.Book, &s.Area, &s.Fund, &s.Project, &s.Receiver, &s.Amount, &s.Untraced, &s.N); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
