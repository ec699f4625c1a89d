package loans

import (
	"cmp"
	"slices"
	"strconv"

	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// pageSize is how many rows a page of a table has.
const pageSize = 50

// column is a column of a table of rows of a type.
type column[T any] struct {
	key     string // in the address and, under "loans.column.", in the catalogue
	kind    view.ColumnKind
	sorts   bool              // the database sorts by it
	compare func(a, b T) int  // or this does
	cell    func(T) view.Cell // nil for a column of the download alone
	plain   func(T) string    // as written to CSV; nil leaves it out
}

// offset is the first row of the page that the address asks for, of so many.
func (q *request) offset(total int) int {
	number, err := strconv.Atoi(q.FormValue("page"))
	if err != nil {
		return 0
	}
	last := max(total-1, 0) / pageSize
	return min(max(number-1, 0), last) * pageSize
}

// sortKey is what the address sorts by, or the usual.
func (q *request) sortKey(usual string) string { return cmp.Or(q.FormValue("sort"), usual) }

// drawn draws rows that are one page of total, from an offset on, as they were sorted.
func drawn[T any](q *request, columns []column[T], rows []T, offset, total int, sort string, empty view.Empty) view.Table {
	t := view.Table{Empty: &empty}
	for _, c := range columns {
		if c.cell == nil {
			continue
		}
		col := view.Column{Label: q.text("column." + c.key), Kind: c.kind}
		if (c.sorts || c.compare != nil) && total > 1 {
			next := c.key
			switch sort {
			case c.key:
				col.Sorted, next = view.Ascending, "-"+c.key
			case "-" + c.key:
				col.Sorted = view.Descending
			}
			col.Href = q.with("sort", next)
		}
		t.Columns = append(t.Columns, col)
	}
	for _, row := range rows {
		var r view.Row
		for _, c := range columns {
			if c.cell != nil {
				r.Cells = append(r.Cells, c.cell(row))
			}
		}
		t.Rows = append(t.Rows, r)
	}
	if total > pageSize {
		number := offset/pageSize + 1
		t.Pager = &view.Pager{Text: q.text("pager", offset+1, offset+len(rows), total)}
		if number > 1 {
			t.Pager.Previous = q.with("page", strconv.Itoa(number-1))
		}
		if offset+pageSize < total {
			t.Pager.Next = q.with("page", strconv.Itoa(number+1))
		}
	}
	return t
}

// paged sorts rows that are all at hand and draws one page of them.
func paged[T any](q *request, columns []column[T], rows []T, usual string, empty view.Empty) view.Table {
	sort := q.sortKey(usual)
	rows = sorted(columns, rows, sort)
	offset := q.offset(len(rows))
	return drawn(q, columns, rows[offset:min(offset+pageSize, len(rows))], offset, len(rows), sort, empty)
}

func sorted[T any](columns []column[T], rows []T, sort string) []T {
	for _, c := range columns {
		if c.compare == nil || sort != c.key && sort != "-"+c.key {
			continue
		}
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b T) int {
			if sort != c.key {
				a, b = b, a
			}
			return c.compare(a, b)
		})
	}
	return rows
}

// download sends rows as CSV. Its head has the keys of the columns, the same in every language.
func download[T any](q *request, name string, columns []column[T], rows []T) error {
	if q.err != nil {
		return q.err
	}
	var head []string
	for _, c := range columns {
		if c.plain != nil {
			head = append(head, c.key)
		}
	}
	return listing.Download(q.w, name, head, func(yield func([]string) bool) {
		for _, row := range rows {
			var cells []string
			for _, c := range columns {
				if c.plain != nil {
					cells = append(cells, c.plain(row))
				}
			}
			if !yield(cells) {
				return
			}
		}
	})
}
