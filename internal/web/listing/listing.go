// Package listing is rows of records that a reader sorts, pages through and downloads by the address of the page:
//
//	?sort=heads      by a column, -heads the other way round
//	?page=2          fifty rows each
//	PATH.csv?…       all rows as a table, in the same order
//
// The head of a download has the keys of the columns, the same in every language.
package listing

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"lastmile/internal/table"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

//go:embed text/*.json
var files embed.FS

// Source has the texts, for view.New.
func Source() view.Source {
	texts, err := fs.Sub(files, "text")
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return view.Source{Texts: texts}
}

// PageSize is how many rows a page of a table has.
const PageSize = 50

// Column is a column of a listing.
type Column[T any] struct {
	Key     string // in the address and in downloads
	Label   string // in the reader's language
	Kind    view.ColumnKind
	Compare func(a, b T) int  // nil when nobody sorts by it
	Cell    func(T) view.Cell // nil for a column of the download alone
	Plain   func(T) string    // as written to a download; nil leaves it out
}

// Listing is rows with their columns.
type Listing[T any] struct {
	Columns []Column[T]
	Rows    []T
	Sort    string // key of the column they are sorted by when nothing is asked for; -key descending; "" keeps the order
	Empty   view.Empty
	Caption string
	// Anchor of the section that the table stands in: sorting and paging lead there.
	Anchor string
}

// Table draws the page of the listing that the address asks for.
func (l Listing[T]) Table(p *locale.Printer, at *url.URL) view.Table {
	rows, by, descending := l.sorted(at)
	t := view.Table{Caption: l.Caption, Empty: &l.Empty}
	for _, c := range l.Columns {
		if c.Cell == nil {
			continue
		}
		col := view.Column{Label: c.Label, Kind: c.Kind}
		if c.Compare != nil && len(rows) > 1 {
			next := c.Key
			if by == c.Key {
				col.Sorted = view.Ascending
				if descending {
					col.Sorted = view.Descending
				} else {
					next = "-" + c.Key
				}
			}
			col.Href = l.with(at, "sort", next)
		}
		t.Columns = append(t.Columns, col)
	}
	number, _ := strconv.Atoi(at.Query().Get("page"))
	number = max(1, min(number, (len(rows)+PageSize-1)/PageSize))
	first := (number - 1) * PageSize
	for _, row := range rows[first:min(first+PageSize, len(rows))] {
		var r view.Row
		for _, c := range l.Columns {
			if c.Cell != nil {
				r.Cells = append(r.Cells, c.Cell(row))
			}
		}
		t.Rows = append(t.Rows, r)
	}
	if len(rows) > PageSize {
		t.Pager = &view.Pager{Text: p.Text("listing.range", first+1, first+len(t.Rows), len(rows))}
		if number > 1 {
			t.Pager.Previous = l.with(at, "page", strconv.Itoa(number-1))
		}
		if first+PageSize < len(rows) {
			t.Pager.Next = l.with(at, "page", strconv.Itoa(number+1))
		}
	}
	return t
}

func (l Listing[T]) with(at *url.URL, key, value string) string {
	href := With(at, key, value)
	if l.Anchor != "" {
		href += "#" + l.Anchor
	}
	return href
}

// sorted gives the rows in the order that the address asks for.
func (l Listing[T]) sorted(at *url.URL) (rows []T, by string, descending bool) {
	by = cmp.Or(at.Query().Get("sort"), l.Sort)
	if by != "" && by[0] == '-' {
		by, descending = by[1:], true
	}
	for _, c := range l.Columns {
		if c.Key == by && c.Compare != nil {
			rows = slices.Clone(l.Rows)
			slices.SortStableFunc(rows, func(a, b T) int {
				if descending {
					a, b = b, a
				}
				return c.Compare(a, b)
			})
			return rows, by, descending
		}
	}
	return l.Rows, "", false
}

// CSV sends the whole listing as a table to download.
func (l Listing[T]) CSV(w http.ResponseWriter, at *url.URL, name string) error {
	var head []string
	for _, c := range l.Columns {
		if c.Plain != nil {
			head = append(head, c.Key)
		}
	}
	rows, _, _ := l.sorted(at)
	return Download(w, name, head, func(yield func([]string) bool) {
		for _, row := range rows {
			var cells []string
			for _, c := range l.Columns {
				if c.Plain != nil {
					cells = append(cells, c.Plain(row))
				}
			}
			if !yield(cells) {
				return
			}
		}
	})
}

// Download sends rows as a CSV file. Its head has the keys of the columns, the same in every language.
func Download(w http.ResponseWriter, name string, head []string, rows iter.Seq[[]string]) error {
	columns := make([]table.Column, len(head))
	for i, key := range head {
		columns[i] = table.Column{Name: key}
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+".csv"))
	h.Set("Cache-Control", "no-store")
	out, err := table.NewWriter(w, table.CSV, columns, table.WriterOptions{GuardFormulas: true})
	if err != nil {
		return err
	}
	for cells := range rows {
		if err := out.Write(cells); err != nil {
			panic(http.ErrAbortHandler) // half is sent: break off, so that nobody takes it for the whole
		}
	}
	if err := out.Close(); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// With is an address with parameters changed, by pairs of name and value; "" takes one out. A change of anything but the page goes back to
// the first page.
func With(at *url.URL, pairs ...string) string {
	values := at.Query()
	values.Del("page")
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return address(at.Path, values)
}

// CSVHref is the address of the download of a page.
func CSVHref(at *url.URL) string {
	values := at.Query()
	values.Del("page")
	return address(at.Path+".csv", values)
}

// Address builds one from pairs of name and value; empty values are left out.
func Address(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return address(path, values)
}

func address(path string, values url.Values) string {
	for key, list := range values {
		if len(list) == 0 || list[0] == "" {
			values.Del(key)
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
