package lending_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/lending"
	"lastmile/internal/testenv"
)

// ask has four applications in three states.
func (c *county) ask() *county {
	for i, borrower := range []string{"household", "household", "firm", "household"} {
		product := "farmer"
		if borrower == "firm" {
			product = "enterprise"
		}
		c.record("2020-01-10", &lending.Application{ID: fmt.Sprintf("A_%d", i), Product: product, Borrower: borrower, Amount: 1_000_000, Months: 12, Purpose: "sheep"})
	}
	c.record("2020-01-12", &lending.ApplicationCheck{Area: "620524101201", Level: "village", Applications: []string{"A_0", "A_1"}, Verdict: "pass"})
	c.record("2020-01-13", &lending.ApplicationCheck{Area: "620524101", Level: "township", Applications: []string{"A_1"}, Verdict: "refuse", Note: "has no land"})
	return c
}

func (c *county) asked(f lending.ApplicationFilter) (ids []string) {
	c.Helper()
	f.Book = book
	list, err := lending.FindApplications(c.ctx, c.DB, f)
	if err != nil {
		c.Fatal(err)
	}
	for _, a := range list {
		if a.Amount != 1_000_000 || a.On != "2020-01-10" || (a.Segment == "enterprise") != (a.Borrower == "firm") {
			c.Errorf("application %+v", a)
		}
		ids = append(ids, a.ID)
	}
	f.Limit, f.Offset = 0, 0
	all, err := lending.FindApplications(c.ctx, c.DB, f)
	n, failed := lending.CountApplications(c.ctx, c.DB, f)
	if err != nil || failed != nil || n != int64(len(all)) {
		c.Errorf("%d applications are counted, %d listed (%v, %v)", n, len(all), err, failed)
	}
	return ids
}

func TestApplications(t *testing.T) { newCounty(t).ask().applications() }
func TestApplicationsPostgres(t *testing.T) {
	openAt(t, testenv.Postgres(t)).found().ask().applications()
}

func (c *county) applications() {
	c.Helper()
	for _, x := range []struct {
		name string
		f    lending.ApplicationFilter
		want []string
	}{
		{"all", lending.ApplicationFilter{}, []string{"A_0", "A_1", "A_2", "A_3"}},
		{"waiting, the latest first", lending.ApplicationFilter{Status: []string{lending.Applied, lending.VillagePassed}, Sort: "-application"}, []string{"A_3", "A_2", "A_0"}},
		{"second page", lending.ApplicationFilter{Limit: 2, Offset: 2}, []string{"A_2", "A_3"}},
		{"by state", lending.ApplicationFilter{Sort: "state"}, []string{"A_2", "A_3", "A_1", "A_0"}},
		{"refused", lending.ApplicationFilter{Status: []string{lending.Refused}}, []string{"A_1"}},
		{"of a product", lending.ApplicationFilter{Product: "enterprise"}, []string{"A_2"}},
		{"of a village", lending.ApplicationFilter{Areas: []string{"620524101201"}, Product: "farmer"}, []string{"A_0", "A_1", "A_3"}},
		{"of a town", lending.ApplicationFilter{Within: "620524101", Product: "farmer"}, []string{"A_0", "A_1", "A_3"}},
		{"of another town", lending.ApplicationFilter{Areas: []string{"620524102"}}, nil},
		{"of a village in another town", lending.ApplicationFilter{Areas: []string{"620524101201"}, Within: "620524102"}, nil},
		{"by number", lending.ApplicationFilter{Search: "A_2"}, []string{"A_2"}},
		{"by borrower", lending.ApplicationFilter{Search: "fi"}, []string{"A_2"}},
		{"a wild card is a letter", lending.ApplicationFilter{Search: "A%"}, nil},
	} {
		if got := c.asked(x.f); !slices.Equal(got, x.want) {
			c.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}

// TestApplicationsByState: what waits is found by its state, not among all that was ever applied for.
func TestApplicationsByState(t *testing.T) {
	c := newCounty(t)
	for _, sort := range []string{"", "-application", "state", "borrower", "product", "where", "-on"} {
		plan := c.plan(lending.ApplicationFilter{Book: book, Status: []string{lending.Applied, lending.VillagePassed}, Sort: sort, Limit: 50}.ListingQuery())
		if !strings.Contains(plan, "SEARCH e USING PRIMARY KEY (book=? AND type=? AND id=?)") || !strings.Contains(plan, "loan_application_by_status (book=? AND type=? AND status=?)") {
			t.Errorf("sorted by %q:\n%s", sort, plan)
		}
	}
}

func (c *county) plan(query string, args []any) string {
	c.Helper()
	rows, err := c.DB.Query(c.ctx, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int64
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			c.Fatal(err)
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, "\n")
}
