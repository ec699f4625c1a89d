package database

import (
	"context"
	"fmt"
	"strings"
)

// amongSizes are how many values a statement of Among looks for, so that there are few statements to prepare.
var amongSizes = []int{500, 50, 5}

// Among reads the rows in which something is one of values, some hundred at a time: query says IN (…) with exactly this sign where the
// values go, which come after args. Fn is called with each row, in no order over all.
func Among(ctx context.Context, r Reader, query string, args []any, values []string, fn func(scan func(...any) error) error) error {
	for len(values) > 0 {
		size := amongSizes[0]
		for _, n := range amongSizes[1:] {
			if len(values) <= n {
				size = n
			}
		}
		n := min(size, len(values))
		all := make([]any, len(args), len(args)+size)
		copy(all, args)
		marks := make([]string, size)
		for i := range size {
			all = append(all, values[min(i, n-1)]) // the last is asked for again where there are fewer
			marks[i] = mark(r, len(all))
		}
		if err := eachRow(ctx, r, strings.Replace(query, "…", strings.Join(marks, ", "), 1), all, fn); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// mark is the parameter of a number. SQLite counts plain ones, and modernc would look a numbered one up by its name for each value.
func mark(r Reader, n int) string {
	if w, ok := r.(*Writer); ok && w.db.Engine == SQLite {
		return "?"
	}
	return fmt.Sprintf("$%d", n)
}

func eachRow(ctx context.Context, r Reader, query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
