// Package reading remembers what the records say, as long as nothing is recorded and the day lasts, so that a thousand readers of one page cost
// what one does.
//
// A page asks for the reading that is current and remembers in it whatever it computes from the records:
//
//	now, err := readings.Now(ctx)
//	list, err := reading.Remember(ctx, now.Book("620524"), "herds", func(ctx context.Context) ([]herd, error) { … })
//
// What only one county's book and headquarters' decide is remembered in that book's part and outlives what is recorded elsewhere. What is
// remembered is shared: nobody may change it, and nothing in it may depend on who asks unless the key says who may see the same. Take out what a
// visitor may not see afterwards. Keep out what goes without an entry: private parts of entries, sessions, jobs.
package reading

import (
	"context"
	"errors"
	"slices"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/journal"
	"lastmile/internal/store"
)

// Limits of what is remembered at a time: a result can be as large as the lineage of a figure.
const (
	resultsMax = 400 // of each part
	namesMax   = 20_000
	booksMax   = 64
)

// Readings are the readings of a store, one after the other.
type Readings struct {
	store *store.Store

	mu   sync.Mutex
	last *Reading
}

// New makes the readings of a store.
func New(s *store.Store) *Readings { return &Readings{store: s} }

// Reading is what the records say when every book ends at one entry, on one day.
type Reading struct {
	Today   date.Date
	Heads   []journal.Head
	Results *Memories // figures, lineages, lists
	Names   *Memories // what single things and entries are called

	mu    sync.Mutex
	books map[string]*Memories
}

// Now gives the reading that is current.
func (r *Readings) Now(ctx context.Context) (*Reading, error) {
	heads, err := journal.Heads(ctx, r.store.DB)
	if err != nil {
		return nil, err
	}
	today := r.store.Today()
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.last; old == nil || old.Today != today || !slices.Equal(old.Heads, heads) {
		r.last = &Reading{Today: today, Heads: heads, Results: newMemories(resultsMax), Names: newMemories(namesMax), books: map[string]*Memories{}}
		if old != nil {
			r.last.keep(old)
		}
	}
	return r.last, nil
}

// keep takes over what cannot have changed.
func (r *Reading) keep(old *Reading) {
	if r.Today != old.Today || r.Head(entity.Headquarters) != old.Head(entity.Headquarters) {
		return
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	for book, m := range old.books {
		if r.Head(book) == old.Head(book) {
			r.books[book] = m
		}
	}
}

// Head is where a book ends.
func (r *Reading) Head(book string) journal.Head {
	for _, h := range r.Heads {
		if h.Book == book {
			return h
		}
	}
	return journal.Head{Book: book}
}

// Book is the memory of what a book and headquarters' decide, and nothing else.
func (r *Reading) Book(book string) *Memories {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.books[book]
	if m == nil {
		if len(r.books) >= booksMax {
			clear(r.books)
		}
		m = newMemories(resultsMax)
		r.books[book] = m
	}
	return m
}

// Memories are values by key, each made once. Full, they begin anew.
type Memories struct {
	max  int
	mu   sync.Mutex
	kept map[string]*memory
}

type memory struct {
	once  sync.Once
	value any
	err   error
}

var errUnmade = errors.New("another reader's page failed while it was made")

func newMemories(most int) *Memories { return &Memories{max: most, kept: map[string]*memory{}} }

// Remember gives what make made for a key, making it once. An error is not remembered. The context of make does not end when the reader goes
// away: others may wait for what is made.
func Remember[T any](ctx context.Context, in *Memories, key string, make func(context.Context) (T, error)) (T, error) {
	in.mu.Lock()
	m := in.kept[key]
	if m == nil {
		if len(in.kept) >= in.max {
			clear(in.kept)
		}
		m = &memory{}
		in.kept[key] = m
	}
	in.mu.Unlock()
	m.once.Do(func() {
		m.err = errUnmade // stands when make panics
		defer func() {
			if m.err != nil {
				in.forget(key, m)
			}
		}()
		m.value, m.err = make(context.WithoutCancel(ctx))
	})
	value, _ := m.value.(T)
	return value, m.err
}

func (in *Memories) forget(key string, m *memory) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.kept[key] == m {
		delete(in.kept, key)
	}
}
