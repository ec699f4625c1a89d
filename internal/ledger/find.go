package ledger

import (
	"context"
	"fmt"
	"strings"

	"lastmile/internal/database"
)

// PostingFilter chooses postings of a book; empty fields choose all.
type PostingFilter struct {
	Book, Account, Flow, Commodity, Fund, Project string
	Before                                        int64 // only of entries before this one; 0 for all
	Entries                                       int   // at most the postings of so many entries
}

// FindPostings lists postings, the newest entry first and each entry whole: its lines that were chosen, in order.
func FindPostings(ctx context.Context, r database.Reader, f PostingFilter) ([]Posting, error) {
	where, args := []string{"book = $1"}, []any{f.Book}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(args))))
	}
	for _, c := range []struct{ column, value string }{{"flow", f.Flow}, {"commodity", f.Commodity}, {"fund", f.Fund}, {"project", f.Project}} {
		if c.value != "" {
			add(c.column+" = ?", c.value)
		}
	}
	if f.Account != "" {
		args = append(args, f.Account, f.Account)
		where = append(where, fmt.Sprintf("(from_account = $%d OR to_account = $%d)", len(args)-1, len(args)))
	}
	if f.Before > 0 {
		add("seq < ?", f.Before)
	}
	chosen := strings.Join(where, " AND ")
	rows, err := r.Query(ctx, fmt.Sprintf(`SELECT %s
FROM posting
WHERE %s AND seq IN (SELECT seq FROM posting WHERE %s GROUP BY seq ORDER BY seq DESC LIMIT %d)
ORDER BY seq DESC, line`, postingColumns, chosen, chosen, f.Entries), args...)
	if err != nil {
		return nil, fmt.Errorf("find postings of book %s: %w", f.Book, err)
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
