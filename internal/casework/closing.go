package casework

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
)

// Limits of the notices that close.
const (
	closeWithin = 7   // days before a notice's last day from which it is listed
	closingMax  = 200 // open cases whose notices are looked at
)

// Closing is the notice that an open case stands at, when it needs somebody soon: it ends within 7 days, has run and no step was taken since, or has an
// objection to answer. Whoever may record the next step of the case goes on from there.
type Closing struct {
	*notice.Notice
	Case       entity.Entity
	On         date.Date // when it was put up
	Until      date.Date // its last full day
	Seq        int64
	Objections []entity.Entity // open
}

// FindClosing lists the notices of all books that close on a day, the first to end first.
func FindClosing(ctx context.Context, r database.Reader, on date.Date) ([]Closing, error) {
	cases, err := entity.Find(ctx, r, entity.Filter{Type: Type, Status: Open, Limit: closingMax})
	if err != nil {
		return nil, err
	}
	var list []Closing
	for _, c := range cases {
		entries, err := journal.File(ctx, r, c.Book, Type, c.ID)
		if err != nil {
			return nil, err
		}
		n, err := standing(entries)
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		if n.Objections, err = entity.Find(ctx, r, entity.Filter{Book: c.Book, Type: "objection", Parent: n.ID, Status: "open"}); err != nil {
			return nil, err
		}
		if n.Until <= on.AddDays(closeWithin) || len(n.Objections) > 0 {
			n.Case = c
			list = append(list, *n)
		}
	}
	slices.SortStableFunc(list, func(a, b Closing) int { return cmp.Or(cmp.Compare(a.Until, b.Until), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// standing is the last notice in a case's file; nil when there is none or a step was taken after its last day.
func standing(entries []journal.Filed) (*Closing, error) {
	var last *Closing
	for _, e := range entries {
		switch e.Kind {
		case "notice":
			f, err := fact.DecodeBody(e.Kind, e.Body, "")
			if err != nil {
				return nil, err
			}
			n := f.(*notice.Notice)
			until, err := n.Until(e.On)
			if err != nil {
				return nil, fmt.Errorf("last day of notice %s: %w", n.ID, err)
			}
			last = &Closing{Notice: n, On: e.On, Until: until, Seq: e.Seq}
		case "case-step":
			if last != nil && e.On > last.Until {
				last = nil
			}
		}
	}
	return last, nil
}
