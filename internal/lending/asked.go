package lending

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
)

// Asked is an application in a list.
type Asked struct {
	Application
	Book    string
	Seq     int64 // of its entry
	On      date.Date
	Status  string
	Area    string
	Segment string // enterprise or household
}

// ApplicationFilter narrows a list of applications; empty fields narrow nothing.
type ApplicationFilter struct {
	Book    string
	Areas   []string // areas in one of which, or in a part of one of which, the borrower must live
	Within  string   // one more such area: a town
	Status  []string
	Product string
	Search  string // beginning of the application's number or the borrower's code
	Sort    string // application, state, borrower, product, where, on; -application and so on descending
	Limit   int    // 0 for LinesMax
	Offset  int
}

// The empty strings keep a planner from an index in the order of the column: it is to take what waits by its state.
var applicationOrder = map[string]string{"application": "e.id", "state": "e.status || ''", "borrower": "e.parent || ''", "product": "e.class || ''", "where": "e.area || ''", "on": "e.seq + 0"}

// conditions gives the WHERE clause of a filter and its arguments.
func (f *ApplicationFilter) conditions() (where string, args []any) {
	mark := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	marks := func(values []string) string {
		list := make([]string, len(values))
		for i, v := range values {
			list[i] = mark(v)
		}
		return strings.Join(list, ", ")
	}
	states := f.Status
	if len(states) == 0 {
		states = []string{Applied, VillagePassed, TownshipPassed, Refused, Contracted}
	}
	// Asked for codes alone a planner takes the index of states, which holds them.
	book := mark(f.Book)
	where = "e.book = " + book + " AND e.type = 'loan-application' AND e.id IN (SELECT c.id FROM entity c WHERE c.book = " + book + " AND c.type = 'loan-application' AND c.status IN (" + marks(states) + "))"
	areas := [][]string{f.Areas, nil}
	if f.Within != "" {
		areas[1] = []string{f.Within}
	}
	for _, list := range areas {
		if len(list) > 0 {
			where += " AND (e.area IN (" + marks(list) + ") OR e.area IN (SELECT a.id FROM entity a WHERE a.book = '" + entity.Headquarters + "' AND a.type = 'area' AND a.parent IN (" + marks(list) + ")))"
		}
	}
	if f.Product != "" {
		where += " AND e.class = " + mark(f.Product)
	}
	if f.Search != "" {
		pattern := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Search) + "%"
		where += " AND (e.id LIKE " + mark(pattern) + ` ESCAPE '\' OR e.parent LIKE ` + mark(pattern) + ` ESCAPE '\')`
	}
	return where, args
}

// CountApplications counts what a filter leaves, whatever its limit.
func CountApplications(ctx context.Context, r database.Reader, f ApplicationFilter) (n int64, err error) {
	where, args := f.conditions()
	if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM entity e WHERE "+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count applications of %s: %w", f.Book, err)
	}
	return n, nil
}

// FindApplications lists the applications of a book that a filter leaves.
func FindApplications(ctx context.Context, r database.Reader, f ApplicationFilter) ([]Asked, error) {
	query, args := f.query()
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list applications of %s: %w", f.Book, err)
	}
	defer rows.Close()
	var list []Asked
	for rows.Next() {
		a := Asked{Book: f.Book}
		var on, body string
		if err := rows.Scan(&a.Seq, &a.Status, &a.Area, &on, &body, &a.Segment); err != nil {
			return nil, err
		}
		asked, err := fact.DecodeBody("loan-application", body, "")
		if err != nil {
			return nil, fmt.Errorf("application of entry %s:%d: %w", f.Book, a.Seq, err)
		}
		a.Application, a.On = *asked.(*Application), date.Date(on)
		list = append(list, a)
	}
	return list, rows.Err()
}

func (f *ApplicationFilter) query() (query string, args []any) {
	where, args := f.conditions()
	key, descending := strings.CutPrefix(f.Sort, "-")
	order := []string{applicationOrder[key]}
	if order[0] == "" {
		order[0] = "e.id"
	}
	if descending {
		order[0] += " DESC"
	}
	if !slices.Contains(order, "e.id") {
		order = append(order, "e.id")
	}
	limit := f.Limit
	if limit <= 0 {
		limit = LinesMax
	}
	by := strings.Join(order, ", ")
	return `SELECT e.seq, e.status, e.area, j.on_date, j.body, COALESCE(p.class, '')
FROM (
  SELECT e.book, e.id, e.seq, e.status, e.class, e.area, e.parent
  FROM entity e
  WHERE ` + where + fmt.Sprintf("\n  ORDER BY %s\n  LIMIT %d OFFSET %d\n) e", by, limit, max(f.Offset, 0)) + `
JOIN entry j ON j.book = e.book AND j.seq = e.seq
LEFT JOIN entity p ON p.book = e.book AND p.type = 'party' AND p.id = e.parent
ORDER BY ` + by, args
}
