package enterprise

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
)

// Standing is an investment with what has come of it by a day. Forecasts stand beside what was reported and are never added to it. One that names no
// area lies where its project does.
type Standing struct {
	fact.Thing[Investment]
	Committed, Contracted, PaidIn fact.Money
	Staked                        fact.Money // by villages
	SalesExpected                 fact.Money // by the forecasts that stand, over all their periods
	SalesReported                 fact.Money // over all periods reported
	JobsExpected                  int64
}

// Standings lists the investments of a book as they stand on a day, by code.
func Standings(ctx context.Context, r database.Reader, book string, on date.Date) ([]Standing, error) {
	things, err := fact.Things[Investment](ctx, r, book, "investment", "", "")
	if err != nil {
		return nil, err
	}
	projects, err := entity.Areas(ctx, r, book, "project")
	if err != nil {
		return nil, err
	}
	list := make([]Standing, len(things))
	at := make(map[string]*Standing, len(things))
	for i, t := range things {
		list[i].Thing = t
		list[i].Area = cmp.Or(t.Area, projects[t.Fact.Project], book)
		at[t.ID] = &list[i]
	}
	rows, err := r.Query(ctx, `SELECT measure, subject, CAST(SUM(value * sign) AS BIGINT)
FROM observation
WHERE book = $1 AND on_date <= $2 AND measure IN
  ('investment-committed', 'investment-contracted', 'investment-paid-in', 'investment-stake', 'forecast-sales', 'sales-reported', 'forecast-jobs')
GROUP BY measure, subject`, book, string(on))
	if err != nil {
		return nil, fmt.Errorf("read investments of book %s: %w", book, err)
	}
	defer rows.Close()
	for rows.Next() {
		var measure, subject string
		var n int64
		if err := rows.Scan(&measure, &subject, &n); err != nil {
			return nil, err
		}
		id, _, _ := strings.Cut(subject, "/")
		s := at[id]
		if s == nil {
			continue
		}
		switch measure {
		case "investment-committed":
			s.Committed += fact.Money(n)
		case "investment-contracted":
			s.Contracted += fact.Money(n)
		case "investment-paid-in":
			s.PaidIn += fact.Money(n)
		case "investment-stake":
			s.Staked += fact.Money(n)
		case "forecast-sales":
			s.SalesExpected += fact.Money(n)
		case "sales-reported":
			s.SalesReported += fact.Money(n)
		case "forecast-jobs":
			s.JobsExpected += n
		}
	}
	return list, rows.Err()
}

// Offer is posts that a company offers with what became of them. Offered and filled are two numbers.
type Offer struct {
	fact.Thing[JobOffer]
	Placed     int64 // persons who took one up
	Filled     int64 // of them, still at work
	Registered int64 // of those placed, of registered households
}

// Offers lists the offers of a book, by code.
func Offers(ctx context.Context, r database.Reader, book string) ([]Offer, error) {
	things, err := fact.Things[JobOffer](ctx, r, book, "job-offer", "", "")
	if err != nil {
		return nil, err
	}
	list := make([]Offer, len(things))
	at := make(map[string]*Offer, len(things))
	for i, t := range things {
		list[i].Thing = t
		at[t.ID] = &list[i]
	}
	rows, err := r.Query(ctx, `SELECT parent, COUNT(*), COUNT(*) FILTER (WHERE status = '`+Working+`'), COUNT(*) FILTER (WHERE class <> '')
FROM entity
WHERE book = $1 AND type = 'placement'
GROUP BY parent`, book)
	if err != nil {
		return nil, fmt.Errorf("read placements of book %s: %w", book, err)
	}
	defer rows.Close()
	for rows.Next() {
		var offer string
		var placed, filled, registered int64
		if err := rows.Scan(&offer, &placed, &filled, &registered); err != nil {
			return nil, err
		}
		if o := at[offer]; o != nil {
			o.Placed, o.Filled, o.Registered = placed, filled, registered
		}
	}
	return list, rows.Err()
}
