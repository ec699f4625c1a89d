package figure

import (
	"context"
	"fmt"
	"strings"

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
	prefixes := []string{"end:" + commodity + ":", "untraced:" + commodity + ":"}
	w.add("(measure LIKE %s OR measure LIKE %s)", prefixes[0]+"%", prefixes[1]+"%")
	if book != "" {
		w.add("book = %s", book)
	}
	if untilMonth != "" {
		w.add("month <= %s", untilMonth)
	}
	if len(areas) > 0 {
		w.in("area", areas)
	} else {
		w.add("area = %s", "")
	}
	rows, err := r.Query(ctx, `SELECT book, area, fund, project, measure, CAST(SUM(value) AS BIGINT), CAST(SUM(n) AS BIGINT)
FROM total
WHERE `+w.String()+`
GROUP BY book, area, fund, project, measure
ORDER BY book, area, fund, project, measure`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("read stages of %s: %w", commodity, err)
	}
	defer rows.Close()
	var list []Stage
	at := map[Stage]int{}
	for rows.Next() {
		var s Stage
		var measure string
		var value, n int64
		if err := rows.Scan(&s.Book, &s.Area, &s.Fund, &s.Project, &measure, &value, &n); err != nil {
			return nil, err
		}
		var ended bool
		if s.Receiver, ended = strings.CutPrefix(measure, prefixes[0]); !ended {
			s.Receiver = strings.TrimPrefix(measure, prefixes[1])
		}
		i, ok := at[s]
		if !ok {
			i = len(list)
			at[s] = i
			list = append(list, s)
		}
		if ended {
			list[i].Amount, list[i].N = value, n
		} else {
			list[i].Untraced = value
		}
	}
	return list, rows.Err()
}
