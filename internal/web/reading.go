package web

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
)

// reading is what the records say as long as no book moves and the day lasts. Whatever a page computes from them is remembered in it, so
// that a thousand readers of one page cost what one does.
type reading struct {
	heads   []journal.Head
	today   date.Date
	results memories // figures, lineages, lists
	names   memories // what single things and entries are called
}

// memories are values by key, each made once. Full, they begin anew.
type memories struct {
	max  int
	mu   sync.Mutex
	kept map[string]*memory
}

type memory struct {
	once  sync.Once
	value any
	err   error
}

// Limits of what one reading remembers: a result can be as large as the lineage of a figure.
const (
	resultsMax = 400
	namesMax   = 20_000
)

// read gives the reading that is current.
func (s *site) read(ctx context.Context) (*reading, error) {
	heads, err := journal.Heads(ctx, s.store.DB)
	if err != nil {
		return nil, err
	}
	today := s.store.Today()
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.last; old == nil || old.today != today || !slices.Equal(old.heads, heads) {
		s.last = &reading{heads: heads, today: today, results: memories{max: resultsMax}, names: memories{max: namesMax}}
		if old != nil {
			s.last.keepDefinitions(old)
		}
	}
	return s.last, nil
}

// definitionKeys are the memories that only headquarters' book and the day decide.
var definitionKeys = []string{"figures", "claims"}

// keepDefinitions takes over what cannot have changed: a county's book moves often, the definitions seldom.
func (r *reading) keepDefinitions(old *reading) {
	if r.today != old.today || r.head(entity.Headquarters) != old.head(entity.Headquarters) {
		return
	}
	old.results.mu.Lock()
	defer old.results.mu.Unlock()
	r.results.kept = map[string]*memory{}
	for _, key := range definitionKeys {
		if m := old.results.kept[key]; m != nil {
			r.results.kept[key] = m
		}
	}
}

func (r *reading) head(book string) journal.Head {
	for _, h := range r.heads {
		if h.Book == book {
			return h
		}
	}
	return journal.Head{Book: book}
}

// remember gives what make made for a key, making it once. An error is not remembered.
func remember[T any](ctx context.Context, in *memories, key string, make func(context.Context) (T, error)) (T, error) {
	in.mu.Lock()
	m := in.kept[key]
	if m == nil {
		if in.kept == nil || len(in.kept) >= in.max {
			in.kept = map[string]*memory{}
		}
		m = &memory{}
		in.kept[key] = m
	}
	in.mu.Unlock()
	m.once.Do(func() {
		m.value, m.err = make(ctx)
		if m.err != nil {
			in.mu.Lock()
			if in.kept[key] == m {
				delete(in.kept, key)
			}
			in.mu.Unlock()
		}
	})
	value, _ := m.value.(T)
	return value, m.err
}

// book is the figures as defined now.
func (q *request) book() (*figure.Book, error) {
	return remember(q.ctx, &q.read.results, "figures", func(ctx context.Context) (*figure.Book, error) {
		return q.site.store.Figures(ctx)
	})
}

// checked are all claims with their verdicts.
func (q *request) checked() ([]figure.Checked, error) {
	book, err := q.book()
	if err != nil {
		return nil, err
	}
	return remember(q.ctx, &q.read.results, "checked", func(ctx context.Context) ([]figure.Checked, error) {
		claims, err := remember(ctx, &q.read.results, "claims", func(ctx context.Context) ([]figure.Claim, error) {
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
	v, err := remember(q.ctx, &q.read.results, fmt.Sprint("value ", id, " ", at), func(ctx context.Context) (*figure.Value, error) { return book.Evaluate(ctx, id, at) })
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
	return remember(q.ctx, &q.read.results, fmt.Sprint("by ", dimension, " ", id, " ", at), func(ctx context.Context) ([]figure.Member, error) {
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
	return remember(q.ctx, &q.read.results, fmt.Sprint("lineage ", id, " ", at), func(ctx context.Context) (opened, error) {
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
	f, err := remember(q.ctx, &q.read.names, "entity "+book+" "+typ+" "+id, func(ctx context.Context) (found, error) {
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
	return remember(q.ctx, &q.read.results, "books", func(ctx context.Context) ([]entity.Entity, error) {
		return entity.Find(ctx, q.site.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
	})
}

// stages is where a commodity went, for the whole programme or a book.
func (q *request) stages(commodity, book string, areas []string) ([]figure.Stage, error) {
	return remember(q.ctx, &q.read.results, fmt.Sprint("stages ", commodity, " ", book, " ", areas), func(ctx context.Context) ([]figure.Stage, error) {
		return figure.Stages(ctx, q.site.store.DB, commodity, "", book, areas)
	})
}
