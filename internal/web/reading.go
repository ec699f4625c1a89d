package web

import (
	"context"
	"fmt"

	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
	"lastmile/internal/web/reading"
)

// book is the figures as defined now.
func (q *request) book() (*figure.Book, error) {
	return reading.Remember(q.ctx, q.read.Book(entity.Headquarters), "figures", func(ctx context.Context) (*figure.Book, error) {
		return q.site.store.Figures(ctx)
	})
}

// checked are all claims with their verdicts.
func (q *request) checked() ([]figure.Checked, error) {
	book, err := q.book()
	if err != nil {
		return nil, err
	}
	return reading.Remember(q.ctx, q.read.Results, "checked", func(ctx context.Context) ([]figure.Checked, error) {
		claims, err := reading.Remember(ctx, q.read.Book(entity.Headquarters), "claims", func(ctx context.Context) ([]figure.Claim, error) {
			return indicator.Claims(ctx, q.site.store.DB)
		})
		if err != nil {
			return nil, err
		}
		list := make([]figure.Checked, len(claims))
		for i, c := range claims {
			if list[i], err = book.Check(ctx, c); err != nil {
				return nil, err
			}
		}
		return list, nil
	})
}

// evaluate gives a figure, or nil when it is not defined.
func (q *request) evaluate(id string, at figure.At) (*figure.Value, error) {
	book, err := q.book()
	if err != nil {
		return nil, err
	}
	v, err := reading.Remember(q.ctx, q.read.Results, fmt.Sprint("value ", id, " ", at), func(ctx context.Context) (*figure.Value, error) { return book.Evaluate(ctx, id, at) })
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return v, err
}

// by gives a figure for each member of a dimension.
func (q *request) by(id, dimension string, at figure.At) ([]figure.Member, error) {
	book, err := q.book()
	if err != nil {
		return nil, err
	}
	return reading.Remember(q.ctx, q.read.Results, fmt.Sprint("by ", dimension, " ", id, " ", at), func(ctx context.Context) ([]figure.Member, error) {
		return book.By(ctx, id, dimension, at)
	})
}

// opened is a figure with the entries behind it.
type opened struct {
	value *figure.Value
	list  []figure.Contribution
}

// lineage opens a figure.
func (q *request) lineage(id string, at figure.At) (opened, error) {
	book, err := q.book()
	if err != nil {
		return opened{}, err
	}
	return reading.Remember(q.ctx, q.read.Results, fmt.Sprint("lineage ", id, " ", at), func(ctx context.Context) (opened, error) {
		v, list, err := book.Lineage(ctx, id, at)
		return opened{v, list}, err
	})
}

// entity finds a thing by its code in a book, then at headquarters; ok is false when nobody recorded it.
func (q *request) entity(book, typ, id string) (entity.Entity, bool) {
	type found struct {
		entity.Entity
		ok bool
	}
	f, err := reading.Remember(q.ctx, q.read.Names, "entity "+book+" "+typ+" "+id, func(ctx context.Context) (found, error) {
		e, ok, err := entity.Get(ctx, q.site.store.DB, book, typ, id)
		if err == nil && !ok && book != entity.Headquarters {
			e, ok, err = entity.Get(ctx, q.site.store.DB, entity.Headquarters, typ, id)
		}
		return found{e, ok}, err
	})
	if err != nil {
		q.fault(err)
	}
	return f.Entity, f.ok
}

// books are the counties' books.
func (q *request) books() ([]entity.Entity, error) {
	return reading.Remember(q.ctx, q.read.Results, "books", func(ctx context.Context) ([]entity.Entity, error) {
		return entity.Find(ctx, q.site.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
	})
}

// stages is where a commodity went, for the whole programme or a book.
func (q *request) stages(commodity, book string, areas []string) ([]figure.Stage, error) {
	return reading.Remember(q.ctx, q.read.Results, fmt.Sprint("stages ", commodity, " ", book, " ", areas), func(ctx context.Context) ([]figure.Stage, error) {
		return figure.Stages(ctx, q.site.store.DB, commodity, "", book, areas)
	})
}
