package households

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	shared "lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// pageSize is how many rows a page of a table has.
const pageSize = 50

// column is a column of rows of a type.
type column[T any] struct {
	key     string // in the address and in the head of the download; its label is the text "households.column." and the key
	kind    view.ColumnKind
	compare func(a, b T) int // nil when nobody sorts by it
	cell    func(T) view.Cell
	plain   func(T) string // as downloaded; nil leaves it out
}

// listing is rows that are sorted, paged and downloaded by their address.
type listing[T any] struct {
	columns []column[T]
	rows    []T
	sort    string // key of the column when nothing is asked for, -key descending; "" keeps the order
	empty   view.Empty
}

// sorted gives the rows in the order that the address asks for.
func (l *listing[T]) sorted(q *request) (rows []T, by string, descending bool) {
	by = cmp.Or(q.FormValue("sort"), l.sort)
	if by != "" && by[0] == '-' {
		by, descending = by[1:], true
	}
	for _, c := range l.columns {
		if c.key != by || c.compare == nil {
			continue
		}
		rows = slices.Clone(l.rows)
		slices.SortStableFunc(rows, func(a, b T) int {
			if descending {
				a, b = b, a
			}
			return c.compare(a, b)
		})
		return rows, by, descending
	}
	return l.rows, "", false
}

// window is the part of the rows that a page shows.
func (l *listing[T]) window(q *request) (rows []T, first int) {
	all, _, _ := l.sorted(q)
	number, _ := strconv.Atoi(q.FormValue("page"))
	number = max(1, min(number, (len(all)+pageSize-1)/pageSize))
	first = (number - 1) * pageSize
	return all[first:min(first+pageSize, len(all))], first
}

// table draws one page.
func (l *listing[T]) table(q *request) view.Table {
	_, by, descending := l.sorted(q)
	rows, first := l.window(q)
	t := view.Table{Empty: &l.empty}
	for _, c := range l.columns {
		head := view.Column{Label: q.text("households.column." + c.key), Kind: c.kind}
		if c.compare != nil && len(l.rows) > 1 {
			next := c.key
			if by == c.key {
				head.Sorted = view.Ascending
				if descending {
					head.Sorted = view.Descending
				} else {
					next = "-" + c.key
				}
			}
			head.Href = q.with("sort", next)
		}
		t.Columns = append(t.Columns, head)
	}
	for _, row := range rows {
		var r view.Row
		for _, c := range l.columns {
			r.Cells = append(r.Cells, c.cell(row))
		}
		t.Rows = append(t.Rows, r)
	}
	if len(l.rows) > pageSize {
		t.Pager = &view.Pager{Text: q.text("households.range", first+1, first+len(rows), len(l.rows))}
		if first > 0 {
			t.Pager.Previous = q.with("page", strconv.Itoa(first/pageSize))
		}
		if first+pageSize < len(l.rows) {
			t.Pager.Next = q.with("page", strconv.Itoa(first/pageSize+2))
		}
	}
	return t
}

// csv sends all rows as a table to download. Its head has the keys of the columns, the same in every language.
func (l *listing[T]) csv(q *request, name string) error {
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

// with is this page's address with a parameter changed; a change of anything but the page goes back to the first page.
func (q *request) with(key, value string) string {
	values := q.URL.Query()
	values.Del("page")
	values.Set(key, value)
	return q.URL.Path + "?" + values.Encode()
}

// csvHref is the address of a table of this page to download.
func (q *request) csvHref(path string) string {
	values := q.URL.Query()
	values.Del("page")
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// download is the line that leads to a table's download.
func (q *request) download(path string) view.Component {
	return view.Buttons{{Label: q.text("households.csv"), Icon: "download", Href: q.csvHref(path)}}
}

// query builds an address from pairs of parameter and value; empty values are left out.
func query(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
