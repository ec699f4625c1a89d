package web

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/project"
	"lastmile/internal/web/reading"
)

// projectRow is a project with what its defining entry says beyond its name.
type projectRow = project.Recorded

// allProjects reads every project with its defining entry.
func (q *request) allProjects() ([]*projectRow, error) {
	return reading.Remember(q.ctx, q.read.Results, "projects", func(ctx context.Context) ([]*projectRow, error) { return project.All(ctx, q.site.store.DB) })
}

// approvals counts the records whose kind asks for a second person, and those of them that somebody else approved.
type approvals struct{ approved, asked int64 }

// approvals counts among the records of a figure.
func (q *request) approvals(v *figure.Value, list []figure.Contribution) (approvals, error) {
	return reading.Remember(q.ctx, q.read.Results, fmt.Sprint("approvals ", v.Definition.ID, " ", v.At), func(context.Context) (a approvals, err error) {
		a.approved, a.asked, err = q.approved(list)
		return a, err
	})
}

func (q *request) approved(list []figure.Contribution) (n, of int64, err error) {
	seqs := map[string][]any{}
	for _, c := range list {
		if k := fact.Find(c.Kind); k != nil && k.Approval != nil {
			seqs[c.Book] = append(seqs[c.Book], c.Seq)
			of++
		}
	}
	const batch = 500
	for book, list := range seqs {
		for len(list) > 0 {
			part := list[:min(len(list), batch)]
			list = list[len(part):]
			marks := make([]string, len(part))
			for i := range part {
				marks[i] = fmt.Sprintf("$%d", i+2)
			}
			var count int64
			err := q.site.store.DB.QueryRow(q.ctx, "SELECT COUNT(*) FROM entry WHERE book = $1 AND approvers <> '' AND approvers <> actor AND seq IN ("+strings.Join(marks, ", ")+")",
				append([]any{book}, part...)...).Scan(&count)
			if err != nil {
				return 0, 0, fmt.Errorf("count approvals: %w", err)
			}
			n += count
		}
	}
	return n, of, nil
}

// stock is what came in and went out of a project of one commodity.
type stock struct {
	commodity string
	in, out   int64
}

// projectFlows adds up the goods that came into a project's store and left it.
func (q *request) projectFlows(p projectLine) ([]stock, error) {
	return reading.Remember(q.ctx, q.read.Results, "goods "+p.Book+" "+p.ID, func(ctx context.Context) ([]stock, error) {
		return readProjectFlows(ctx, q.site.store.DB, p)
	})
}

func readProjectFlows(ctx context.Context, db database.Reader, p projectLine) ([]stock, error) {
	rows, err := db.Query(ctx, `SELECT commodity,
  CAST(SUM(CASE WHEN to_account LIKE 'store:%' THEN amount * sign ELSE 0 END) AS BIGINT),
  CAST(SUM(CASE WHEN from_account LIKE 'store:%' THEN amount * sign ELSE 0 END) AS BIGINT)
FROM posting
WHERE book = $1 AND project = $2 AND (to_account LIKE 'store:%' OR from_account LIKE 'store:%')
GROUP BY commodity
ORDER BY commodity`, p.Book, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read goods of project %s: %w", p.ID, err)
	}
	defer rows.Close()
	var list []stock
	for rows.Next() {
		var s stock
		if err := rows.Scan(&s.commodity, &s.in, &s.out); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// received is what a party was paid by a project, in fen.
type received struct {
	party  string
	amount int64
}

// receivers are the parties that a project paid.
type receivers struct {
	most  []received // the first peopleShown
	total int64      // how many there are in all
}

func (q *request) receivers(p projectLine) (receivers, error) {
	return reading.Remember(q.ctx, q.read.Results, "receivers "+p.Book+" "+p.ID, func(ctx context.Context) (receivers, error) {
		return readReceivers(ctx, q.site.store.DB, p)
	})
}

func readReceivers(ctx context.Context, db database.Reader, p projectLine) (all receivers, err error) {
	rows, err := db.Query(ctx, `SELECT a.owner, CAST(SUM(CASE WHEN p.to_account = a.id THEN p.amount * p.sign ELSE -1 * p.amount * p.sign END) AS BIGINT) AS paid
FROM posting p
JOIN account a ON a.book = p.book AND a.class = 'recipient' AND (a.id = p.to_account OR a.id = p.from_account)
WHERE p.book = $1 AND p.project = $2 AND p.commodity = $3
GROUP BY a.owner
ORDER BY paid DESC, a.owner`, p.Book, p.ID, ledger.Currency)
	if err != nil {
		return all, fmt.Errorf("read receivers of project %s: %w", p.ID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r received
		if err := rows.Scan(&r.party, &r.amount); err != nil {
			return all, err
		}
		all.total++
		if r.amount > 0 && len(all.most) < peopleShown {
			all.most = append(all.most, r)
		}
	}
	return all, rows.Err()
}

// entriesOf are the latest entries that moved or counted something for a project.
func (q *request) entriesOf(p projectLine, limit int) ([]figure.Contribution, error) {
	return reading.Remember(q.ctx, q.read.Results, fmt.Sprint("entries ", p.Book, " ", p.ID, " ", limit), func(ctx context.Context) ([]figure.Contribution, error) {
		return readEntriesOf(ctx, q.site.store.DB, p, limit)
	})
}

func readEntriesOf(ctx context.Context, db database.Reader, p projectLine, limit int) ([]figure.Contribution, error) {
	rows, err := db.Query(ctx, `SELECT e.seq, e.kind, e.on_date, e.grade + 2 * (SELECT COUNT(*) FROM proof f WHERE f.book = e.book AND f.seq = e.seq)
FROM entry e
WHERE e.book = $1 AND e.seq IN (
  SELECT seq FROM posting WHERE book = $2 AND project = $3
  UNION
  SELECT seq FROM observation WHERE book = $4 AND project = $5)
ORDER BY e.on_date DESC, e.seq DESC
LIMIT `+fmt.Sprint(limit), p.Book, p.Book, p.ID, p.Book, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read entries of project %s: %w", p.ID, err)
	}
	defer rows.Close()
	var list []figure.Contribution
	for rows.Next() {
		c := figure.Contribution{Book: p.Book}
		var on string
		if err := rows.Scan(&c.Seq, &c.Kind, &on, &c.Grade); err != nil {
			return nil, err
		}
		c.On, c.Grade = date.Date(on), min(c.Grade, journal.Traced)
		list = append(list, c)
	}
	return list, rows.Err()
}

// moved are the commodities that have reached anybody outside, in a book or ("") in any, money first.
func (q *request) moved(book string) ([]string, error) {
	return reading.Remember(q.ctx, q.read.Results, "moved "+book, func(ctx context.Context) ([]string, error) {
		var ends []string
		for _, class := range ledger.EndClasses() {
			ends = append(ends, "'"+string(class)+"'")
		}
		rows, err := q.site.store.DB.Query(ctx, `SELECT DISTINCT b.commodity
FROM balance b
JOIN account a ON a.book = b.book AND a.id = b.account
WHERE a.class IN (`+strings.Join(ends, ", ")+`) AND b.amount <> 0 AND (b.book = $1 OR $2 = '')
ORDER BY b.commodity`, book, book)
		if err != nil {
			return nil, fmt.Errorf("list commodities: %w", err)
		}
		defer rows.Close()
		var list []string
		for rows.Next() {
			var c string
			if err := rows.Scan(&c); err != nil {
				return nil, err
			}
			if c == ledger.Currency {
				list = append([]string{c}, list...)
			} else {
				list = append(list, c)
			}
		}
		return list, rows.Err()
	})
}

// villageCount is what the last visits found in a village: households visited, those of them with every assurance, those under watch.
type villageCount struct{ visited, assured, watched int64 }

// villageCounts reads them for every village of the county in which an area lies; none when it lies in no county of the programme.
func (q *request) villageCounts(code string) (map[string]villageCount, error) {
	above, err := figure.Ancestors(q.ctx, q.site.store.DB, code)
	if err != nil {
		return nil, err
	}
	books, err := q.books()
	if err != nil {
		return nil, err
	}
	for _, b := range books {
		if !slices.Contains(above, b.Area) {
			continue
		}
		return reading.Remember(q.ctx, q.read.Results, "village counts "+b.ID, func(ctx context.Context) (map[string]villageCount, error) {
			return readVillageCounts(ctx, q.site.store.DB, b.ID)
		})
	}
	return nil, nil
}

func readVillageCounts(ctx context.Context, db database.Reader, book string) (map[string]villageCount, error) {
	rows, err := db.Query(ctx, `SELECT area, measure, COUNT(DISTINCT subject), CAST(SUM(value * sign) AS BIGINT)
FROM observation
WHERE book = $1 AND measure IN ('household-visited', 'household-assured', 'watch-running')
GROUP BY area, measure`, book)
	if err != nil {
		return nil, fmt.Errorf("count villages' households: %w", err)
	}
	defer rows.Close()
	counts := map[string]villageCount{}
	for rows.Next() {
		var area, measure string
		var households, sum int64
		if err := rows.Scan(&area, &measure, &households, &sum); err != nil {
			return nil, err
		}
		c := counts[area]
		switch measure {
		case "household-visited":
			c.visited = households
		case "household-assured":
			c.assured = sum
		default:
			c.watched = sum
		}
		counts[area] = c
	}
	return counts, rows.Err()
}
