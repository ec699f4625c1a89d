// Package listing is rows of records that a reader sorts, pages through and downloads by the address of the page:
//
//	?sort=heads      by a column, -heads the other way round
//	?page=2          fifty rows each
//	PATH.csv?…       all rows as a table, in the same order
//
// Rows that are all at hand are sorted and cut here, by a Compare of their columns. Where the database does both, a page reads
// with Offset and SortKey what the address asks for, marks the columns that Sorts, and hands over the rows of that one page with
// their Total.
//
// With, CSVHref and Address write such addresses. The head of a download has the keys of the columns, the same in every language.
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
	Label   string // in the reader's language; "" leaves the name to the listing's Label
	Kind    view.ColumnKind
	Sorts   bool              // the database sorts by it
	Compare func(a, b T) int  // or this does; nil when nobody sorts by it here
	Cell    func(T) view.Cell // nil for a column of the download alone
	Plain   func(T) string    // as written to a download; nil leaves it out
}

// Listing is rows with their columns.
type Listing[T any] struct {
	Columns []Column[T]
	Label   func(key string) string // names the columns without a Label of their own
	Rows    []T
	// Total is how many rows there are when the database pages: Rows are then those of one page, from Offset on, in their order. 0 when Rows are all.
	Total, Offset int
	Sort          string // key of the column they are sorted by when nothing is asked for; -key descending; "" keeps the order
	Empty         view.Empty
	Caption       string
	// Anchor of the section that the table stands in: sorting and paging lead there.
	Anchor string
}

// Offset is the first row of the page that an address asks for, of so many rows. A page past the last is the last.
func Offset(at *url.URL, total int) int {
	number, _ := strconv.Atoi(at.Query().Get("page")) // what is no number asks for the first page
	last := max(total-1, 0) / PageSize
	return min(max(number-1, 0), last) * PageSize
}

// SortKey is the column that an address sorts by, or the usual: its key, with - before it the other way round.
func SortKey(at *url.URL, usual string) string { return cmp.Or(at.Query().Get("sort"), usual) }

// Table draws the page of the listing that the address asks for.
func (l Listing[T]) Table(p *locale.Printer, at *url.URL) view.Table {
	rows, first, total := l.page(at)
	t := view.Table{Caption: l.Caption, Empty: &l.Empty}
	sort := SortKey(at, l.Sort)
	for _, c := range l.Columns {
		if c.Cell == nil {
			continue
		}
		col := view.Column{Label: c.Label, Kind: c.Kind}
		if col.Label == "" && l.Label != nil {
			col.Label = l.Label(c.Key)
		}
		if (c.Sorts || c.Compare != nil) && total > 1 {
			next := c.Key
			switch sort {
			case c.Key:
				col.Sorted, next = view.Ascending, "-"+c.Key
			case "-" + c.Key:
				col.Sorted = view.Descending
			}
			col.Href = l.with(at, "sort", next)
		}
		t.Columns = append(t.Columns, col)
	}
	for _, row := range rows {
		var r view.Row
		for _, c := range l.Columns {
			if c.Cell != nil {
				r.Cells = append(r.Cells, c.Cell(row))
			}
		}
		t.Rows = append(t.Rows, r)
	}
	if total > PageSize {
		end, number := min(first+PageSize, total), first/PageSize+1
		t.Pager = &view.Pager{Text: p.Text("listing.range", first+1, end, total)}
		if number > 1 {
			t.Pager.Previous = l.with(at, "page", strconv.Itoa(number-1))
		}
		if end < total {
			t.Pager.Next = l.with(at, "page", strconv.Itoa(number+1))
		}
	}
	return t
}

// Page is the rows that Table draws, for what must be looked up of them alone.
func (l Listing[T]) Page(at *url.URL) []T {
	rows, _, _ := l.page(at)
	return rows
}

func (l Listing[T]) page(at *url.URL) (rows []T, first, total int) {
	if l.Total > 0 {
		return l.Rows, l.Offset, l.Total
	}
	rows = l.sorted(at)
	first = Offset(at, len(rows))
	return rows[first:min(first+PageSize, len(rows))], first, len(rows)
}

func (l Listing[T]) with(at *url.URL, key, value string) string {
	href := With(at, key, value)
	if l.Anchor != "" {
		href += "#" + l.Anchor
	}
	return href
}

// sorted gives the rows in the order that the address asks for.
func (l Listing[T]) sorted(at *url.URL) []T {
	sort := SortKey(at, l.Sort)
	for _, c := range l.Columns {
		if c.Compare == nil || sort != c.Key && sort != "-"+c.Key {
			continue
		}
		rows := slices.Clone(l.Rows)
		slices.SortStableFunc(rows, func(a, b T) int {
			if sort != c.Key {
				a, b = b, a
			}
			return c.Compare(a, b)
		})
		return rows
	}
	return l.Rows
}

// CSV sends the whole listing as a table to download.
func (l Listing[T]) CSV(w http.ResponseWriter, at *url.URL, name string) error {
	var head []string
	for _, c := range l.Columns {
		if c.Plain != nil {
			head = append(head, c.Key)
		}
	}
	rows := l.sorted(at)
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
func With(at *url.URL, pairs ...string) string { return address(at.Path, first(at), pairs) }

// CSVHref is the address of the download of a page.
func CSVHref(at *url.URL) string { return address(at.Path+".csv", first(at), nil) }

// Address builds one from pairs of name and value; empty values are left out.
func Address(path string, pairs ...string) string { return address(path, url.Values{}, pairs) }

// first is the parameters of an address without its page, and without the record that a page of the journal or of postings begins after.
func first(at *url.URL) url.Values {
	values := at.Query()
	values.Del("page")
	values.Del("after")
	return values
}

func address(path string, values url.Values, pairs []string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	for key, list := range values {
		if list[0] == "" {
			values.Del(key)
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
