package web

import (
	"cmp"
	"slices"
	"strconv"

	shared "lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// pageSize is how many rows a page of a table has.
const pageSize = 50

// column is a column of a listing of rows of a type.
type column[T any] struct {
	key     string // in the address and the catalogue, under "column."
	kind    view.ColumnKind
	compare func(a, b T) int  // nil when nobody sorts by it
	cell    func(T) view.Cell // nil for a column of the download alone
	plain   func(T) string    // as written to CSV; nil leaves it out
}

// listing is rows that can be sorted, paged and downloaded by their address.
type listing[T any] struct {
	columns []column[T]
	rows    []T
	sort    string // key of the column it is sorted by when nothing is asked for; -key descending; "" keeps the order
	empty   view.Empty
	caption string
}

// table draws one page of a listing, sorted as the address asks.
func (l listing[T]) table(q *request) view.Table {
	rows, by, descending := l.sorted(q)
	t := view.Table{Caption: l.caption, Empty: &l.empty}
	for _, c := range l.columns {
		if c.cell == nil {
			continue
		}
		col := view.Column{Label: q.text("column." + c.key), Kind: c.kind}
		if c.compare != nil && len(rows) > 1 {
			next := c.key
			if by == c.key {
				col.Sorted = view.Ascending
				if descending {
					col.Sorted = view.Descending
				} else {
					next = "-" + c.key
				}
			}
			col.Href = q.with("sort", next)
		}
		t.Columns = append(t.Columns, col)
	}
	number, _ := strconv.Atoi(q.FormValue("page"))
	number = max(1, min(number, (len(rows)+pageSize-1)/pageSize))
	first := (number - 1) * pageSize
	for _, row := range rows[first:min(first+pageSize, len(rows))] {
		var r view.Row
		for _, c := range l.columns {
			if c.cell != nil {
				r.Cells = append(r.Cells, c.cell(row))
			}
		}
		t.Rows = append(t.Rows, r)
	}
	if len(rows) > pageSize {
		t.Pager = &view.Pager{Text: q.text("pager.range", first+1, first+len(t.Rows), len(rows))}
		if number > 1 {
			t.Pager.Previous = q.with("page", strconv.Itoa(number-1))
		}
		if first+pageSize < len(rows) {
			t.Pager.Next = q.with("page", strconv.Itoa(number+1))
		}
	}
	return t
}

// sorted gives the rows in the order that the address asks for.
func (l listing[T]) sorted(q *request) (rows []T, by string, descending bool) {
	by = cmp.Or(q.FormValue("sort"), l.sort)
	if by != "" && by[0] == '-' {
		by, descending = by[1:], true
	}
	for _, c := range l.columns {
		if c.key == by && c.compare != nil {
			rows = slices.Clone(l.rows)
			slices.SortStableFunc(rows, func(a, b T) int {
				if descending {
					a, b = b, a
				}
				return c.compare(a, b)
			})
			return rows, by, descending
		}
	}
	return l.rows, "", false
}

// csv sends the whole listing as a table to download. Its head has the keys of the columns, the same in every language.
func (l listing[T]) csv(q *request, name string) error {
	if q.failed != nil {
		return q.failed
	}
	var head []string
	for _, c := range l.columns {
		if c.plain != nil {
			head = append(head, c.key)
		}
	}
	rows, _, _ := l.sorted(q)
	return shared.Download(q.w, name, head, func(yield func([]string) bool) {
		for _, row := range rows {
			var cells []string
			for _, c := range l.columns {
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
