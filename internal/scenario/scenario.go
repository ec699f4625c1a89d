// Package scenario is the model programme, generated as facts: a stock exchange's seven years in two counties, Wushan in Gansu and Maigaiti in
// Xinjiang, as its public account of autumn 2020 tells them. Areas and the totals that the account states are real; everything between them
// is synthetic and says so: each record's source is Source, each voucher slip is marked SYNTHETIC. docs/SCENARIO.md lists what was assumed.
//
// Nothing is typed that can be counted. The tables here (projects.csv and the plans in Go) give single payments, purchases, refunds and
// gifts; what they add up to is left to the figures, and claims.csv holds the account's sentences to check them against.
//
// The same program always builds the same books, hash for hash, on every database: chance is seeded, and Clock gives each record the
// time at which the office would have entered it, the Monday after it happened.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/store"
)

const (
	// Source of every record.
	Source = "synthetic (model programme)"
	// Wushan and Maigaiti are the counties' codes, and so the names of their books.
	Wushan   = "620524"
	Maigaiti = "653127"
	// AsOf is the day that the account is read as of.
	AsOf date.Date = "2020-10-31"
)

// seed of all chance in the scenario.
const seed = 2013_2020

// Build records the whole programme in a store that was opened with clock.Now as its clock. What a stopped Build has recorded is not
// recorded again. Progress, if not nil, hears how many of the slips and facts are done.
func Build(ctx context.Context, s *store.Store, clock *Clock, progress func(done, total int)) error {
	return BuildWith(ctx, s, clock, 0, progress)
}

// BuildWith is Build with a register of so many households, AllHouseholds for all of them: their cards, visits, decisions, notices, exits
// and what came after. It takes much longer.
func BuildWith(ctx context.Context, s *store.Store, clock *Clock, households int, progress func(done, total int)) error {
	defer clock.set(time.Time{})
	if clock.set(AsOf.Time()); s.Today() != AsOf {
		return errors.New("build the model programme: the store goes by another clock: open it with store.Options{Clock: clock.Now}")
	}
	p, err := newPlan()
	if err != nil {
		return fmt.Errorf("plan the model programme: %w", err)
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	if households < 0 || households > AllHouseholds {
		return fmt.Errorf("build the model programme: it has a register of 0 to %d households, not %d", AllHouseholds, households)
	}
	r := newRegistry(ctx, s, p, households)
	done, total := 0, p.slips()+len(p.facts)+r.facts
	count := func(n int) {
		done += n
		progress(done, total)
	}
	if err := p.keepSlips(ctx, s.Evidence, count); err != nil {
		return fmt.Errorf("draw the slips of the model programme: %w", err)
	}
	for _, b := range p.batches() {
		if err := r.recordUntil(clock, b.at, count); err != nil {
			return fmt.Errorf("record the register of the model programme: %w", err)
		}
		clock.set(b.at)
		if _, err := s.Recorder.Record(ctx, b.drafts...); err != nil {
			return fmt.Errorf("record the model programme in book %s on %s: %w", b.book, b.at.Format(date.Layout), err)
		}
		count(len(b.drafts))
	}
	if households == 0 {
		return nil
	}
	statements, err := r.statements()
	if err != nil {
		return err
	}
	_, err = s.Recorder.Record(ctx, statements...)
	return err
}
