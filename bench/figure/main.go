// Command figure measures how fast figures are evaluated over many observations: at the current date from totals, as of a date in the
// past, and known at a position of the book, each as a ratio to a bare SELECT SUM … GROUP BY over the same table in the same run.
// Limits: current under 2 ms whatever the size, a past date over ten million observations under 1.5 s.
//
//	go run ./bench/figure             ten million observations (about two minutes, 2 GB of temporary disk)
//	go run ./bench/figure -n 1000000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/store"
)

const (
	book     = "620524"
	measure  = "bench-persons"
	villages = 500
	projects = 70
)

func main() {
	n := flag.Int("n", 10_000_000, "observations")
	flag.Parse()
	dir, err := os.MkdirTemp("", "lastmile-bench-")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	figure.Declare(figure.Measure{ID: measure, En: "Persons", Zh: "人", Unit: "persons"})
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "lastmile.db"), store.Options{})
	if err != nil {
		fail(err)
	}
	defer s.Close()
	start := time.Now()
	fill(ctx, s, *n)
	fmt.Printf("%d observations of %d villages and %d projects over eight years written in %.0f s\n", *n, villages, projects, time.Since(start).Seconds())
	terms, err := figure.ParseTerms(measure)
	if err != nil {
		fail(err)
	}
	figures := figure.NewBook(s.DB, "2026-01-01", []figure.Definition{{ID: "persons", Version: 1, Unit: "persons", Aggregate: figure.Sum, Terms: terms}})
	bare := timed(3, func() {
		rows, err := s.DB.Query(ctx, "SELECT area, SUM(value) FROM observation WHERE measure = $1 GROUP BY area", measure)
		if err != nil {
			fail(err)
		}
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			fail(err)
		}
		rows.Close()
	})
	fmt.Printf("bare SELECT SUM … GROUP BY area      %10s\n", bare.Round(time.Millisecond))
	for _, c := range []struct {
		name string
		at   figure.At
		runs int
	}{
		{"current, programme", figure.At{}, 200},
		{"current, one town", figure.At{Filter: figure.Filter{Area: "620524100"}}, 200},
		{"current, one project", figure.At{Filter: figure.Filter{Projects: []string{"P-07"}}}, 200},
		{"as of a month's end", figure.At{AsOf: "2017-06-30"}, 50},
		{"as of a day within a month", figure.At{AsOf: "2017-06-17"}, 5},
		{"as of a day, one town", figure.At{AsOf: "2017-06-17", Filter: figure.Filter{Area: "620524100"}}, 5},
		{"known at half of the book", figure.At{KnownAt: map[string]int64{book: int64(*n) / 2}}, 2},
	} {
		var v *figure.Value
		d := timed(c.runs, func() {
			var err error
			if v, err = figures.Evaluate(ctx, "persons", c.at); err != nil {
				fail(err)
			}
		})
		fmt.Printf("%-36s %10s   %.5f of the bare query   = %s\n", c.name, d.Round(10*time.Microsecond), d.Seconds()/bare.Seconds(), v.Decimal())
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "bench: %.2000s\n", err.Error())
	os.Exit(1)
}

// timed is the median of runs.
func timed(runs int, fn func()) time.Duration {
	var list []time.Duration
	for range runs {
		t := time.Now()
		fn()
		list = append(list, time.Since(t))
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// fill writes the rows that recording would have written, without entries: an observation for each person counted, and its totals.
func fill(ctx context.Context, s *store.Store, n int) {
	w, err := s.DB.Writer(ctx)
	if err != nil {
		fail(err)
	}
	defer w.Close()
	must := func(err error) {
		if err != nil {
			fail(err)
		}
	}
	must(w.Begin(ctx))
	areas := []entity.Entity{{Book: "hq", Type: "area", ID: "62", Class: "province"}, {Book: "hq", Type: "area", ID: book, Parent: "62", Class: "county"},
		{Book: "hq", Type: "book", ID: book, Area: book, Class: "county"}}
	for t := range 15 {
		areas = append(areas, entity.Entity{Book: "hq", Type: "area", ID: town(t), Parent: book, Class: "town"})
	}
	for v := range villages {
		areas = append(areas, entity.Entity{Book: "hq", Type: "area", ID: village(v), Parent: town(v % 15), Class: "village"})
	}
	must(entity.Put(ctx, w, areas))
	must(w.Commit(ctx))
	first := date.Date("2013-01-01").Time()
	totals := figure.NewTotals()
	const batch = 20_000
	list := make([]figure.Observation, 0, batch)
	for i := 0; i < n; i += len(list) {
		list = list[:0]
		for k := i; k < min(n, i+batch); k++ {
			v := k * 7919 % villages
			o := figure.Observation{Book: book, Seq: int64(k + 1), Line: 1, Measure: measure, Value: int64(k%9 + 1), Project: fmt.Sprintf("P-%02d", k%projects), Area: village(v),
				Sign: 1, Traced: k%50 != 0, On: date.Of(first.AddDate(0, 0, int(int64(k)*2900/int64(n))))}
			totals.Observe(&o, []string{village(v), town(v % 15)})
			list = append(list, o)
		}
		totals.Begin()
		must(w.Begin(ctx))
		must(figure.Append(ctx, w, list))
		must(totals.Flush(ctx, w))
		must(w.Commit(ctx))
	}
}

func town(t int) string    { return fmt.Sprintf("%s%03d", book, 100+t) }
func village(v int) string { return fmt.Sprintf("%s%03d", town(v%15), v) }
