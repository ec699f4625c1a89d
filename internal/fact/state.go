package fact

import (
	"context"
	"maps"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

type entityKey struct{ book, typ, id string }

type entityCache struct {
	entity.Entity
	ok bool
}

// state is what a writer remembers between transactions, and what its open transaction has still to write.
type state struct {
	ledger   *ledger.State
	totals   *figure.Totals
	entities map[entityKey]entityCache
	defined  map[entityKey]any // facts that define entities
	below    map[[2]string][]string
	roots    map[string]string // area of each book
	memo     map[any]any
	heads    map[string]*bookEnd
	undo     []func()

	kept        map[keptKey]*keptRow
	waiting     []keptKey // kept rows to be written
	added       []added   // rows of packages to be written
	touched     []touch   // by the fact at hand
	addedBefore int       // how many of added it found

	trial        bool                 // nothing will be committed: the ends of books stay free for others to move
	counted      map[subjectKey]int64 // by what a trial dropped
	takenBack    map[seqKey]int64     // by what a trial dropped
	flushes      int                  // how often flush has written
	entries      []journal.Entry
	postings     []ledger.Posting
	observations []figure.Observation
	puts         []entity.Entity
	concerns     []journal.Concern
}

// bookEnd is the end of a book as this writer has it.
type bookEnd struct {
	now, written journal.Head
	recordedAt   int64
}

func newState() *state {
	s := &state{ledger: ledger.NewState(), totals: figure.NewTotals()}
	s.reset()
	return s
}

// subjectKey is a subject of a measure in a book, seqKey an entry of a book.
type (
	subjectKey struct{ book, measure, subject string }
	seqKey     struct {
		book string
		seq  int64
	}
)

// newTrialState is the state of a writer that commits nothing: what it would write it drops, and remembers what later facts must see of it.
func newTrialState() *state {
	s := newState()
	s.trial, s.counted, s.takenBack = true, map[subjectKey]int64{}, map[seqKey]int64{}
	return s
}

// discard drops what waits to be written by a trial.
func (s *state) discard() {
	for i := range s.observations {
		if o := &s.observations[i]; o.Subject != "" {
			s.counted[subjectKey{o.Book, o.Measure, o.Subject}] += o.Value * o.Sign
		}
	}
	for i := range s.entries {
		if e := &s.entries[i]; e.Reverses > 0 {
			s.takenBack[seqKey{e.Book, e.Reverses}] = e.Seq
		}
	}
	s.ledger.Discard()
	s.totals.Reset()
	s.entries, s.postings, s.observations, s.puts = s.entries[:0], s.postings[:0], s.observations[:0], s.puts[:0]
	s.concerns = s.concerns[:0]
}

// reversedBy is the entry that takes another back, 0 for none, also when it only waits to be written.
func (s *state) reversedBy(ctx context.Context, r database.Reader, book string, seq int64) (int64, error) {
	for i := range s.entries {
		if e := &s.entries[i]; e.Book == book && e.Reverses == seq {
			return e.Seq, nil
		}
	}
	if by := s.takenBack[seqKey{book, seq}]; by > 0 {
		return by, nil
	}
	return journal.ReversedBy(ctx, r, book, seq)
}

// reset forgets everything, after a rollback or when another program has written.
func (s *state) reset() {
	s.ledger.Reset()
	s.totals.Reset()
	s.entities = map[entityKey]entityCache{}
	s.defined = map[entityKey]any{}
	s.below = map[[2]string][]string{}
	s.roots = map[string]string{}
	s.memo = map[any]any{}
	s.heads = map[string]*bookEnd{}
	s.undo = nil
	s.kept = map[keptKey]*keptRow{}
	s.waiting, s.added, s.touched, s.addedBefore = nil, nil, nil, 0
	s.entries, s.postings, s.observations, s.puts, s.concerns = nil, nil, nil, nil, nil
}

// begin marks the point that takeBack goes back to.
func (s *state) begin() {
	s.undo = s.undo[:0]
	s.touched, s.addedBefore = s.touched[:0], len(s.added)
	s.ledger.Begin()
	s.totals.Begin()
}

func (s *state) takeBack() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = s.undo[:0]
	s.untouch()
	s.ledger.Undo()
	s.totals.Undo()
}

// rememberMax bounds each of the caches below; a full one is emptied when nothing waits to be written.
const rememberMax = 100_000

func (s *state) trim() {
	s.ledger.Trim()
	if len(s.entities) > rememberMax {
		clear(s.entities)
	}
	if len(s.defined) > rememberMax/10 {
		clear(s.defined)
	}
	if len(s.below) > rememberMax {
		clear(s.below)
	}
	if len(s.memo) > rememberMax {
		clear(s.memo)
	}
	if len(s.kept) > keptMax {
		clear(s.kept)
	}
}

func (s *state) define(key entityKey, f any) { s.defined[key] = f }

func (s *state) entity(ctx context.Context, r database.Reader, book, typ, id string) (entity.Entity, bool, error) {
	key := entityKey{book, typ, id}
	if c, ok := s.entities[key]; ok {
		return c.Entity, c.ok, nil
	}
	e, ok, err := entity.Get(ctx, r, book, typ, id)
	if err == nil {
		s.entities[key] = entityCache{e, ok}
	}
	return e, ok, err
}

// root is the area of a book; "" for headquarters and for books of no area.
func (s *state) root(ctx context.Context, r database.Reader, book string) (string, error) {
	if book == entity.Headquarters {
		return "", nil
	}
	if a, ok := s.roots[book]; ok {
		return a, nil
	}
	e, ok, err := s.entity(ctx, r, entity.Headquarters, "book", book)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", unknownBook(book)
	}
	s.roots[book] = e.Area
	return e.Area, nil
}

func unknownBook(book string) error {
	return fault.New(fault.NotFound, "book.unknown", "there is no book %q", book).For("book").
		Mend("A county has a book once it is designated: record its designation first.")
}

// areasBelow lists an area and those above it, below the book's own area. An area outside the book's is refused.
func (s *state) areasBelow(ctx context.Context, r database.Reader, book, area string) ([]string, error) {
	if area == "" {
		return nil, nil
	}
	key := [2]string{book, area}
	if list, ok := s.below[key]; ok {
		return list, nil
	}
	root, err := s.root(ctx, r, book)
	if err != nil {
		return nil, err
	}
	var list []string
	const depthMax = 12
	at := area
	for range depthMax {
		if at == root || at == "" {
			break
		}
		e, ok, err := s.entity(ctx, r, entity.Headquarters, "area", at)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.New(fault.NotFound, "area.unknown", "area %q is not recorded", at).For("area").Mend("Import the official areas first, or correct the code.")
		}
		list = append(list, at)
		at = e.Parent
	}
	if at != root {
		return nil, fault.New(fault.Invalid, "area.outside", "area %s does not lie in the county of book %s", area, book).For("area").
			Mend("Record it in the book of its own county.")
	}
	list = slices.Clip(list)
	s.below[key] = list
	return list, nil
}

// moveHeads moves the ends of books. It comes before all else that is written, so that of two programs that append to one book the second waits
// here for the first, and then looks again.
func (s *state) moveHeads(ctx context.Context, w *database.Writer) error {
	for _, book := range slices.Sorted(maps.Keys(s.heads)) {
		end := s.heads[book]
		if end.now == end.written {
			continue
		}
		if err := journal.SetHead(ctx, w, end.written, end.now); err != nil {
			return err
		}
		end.written = end.now
	}
	return nil
}

// flush writes what waits, in the open transaction.
func (s *state) flush(ctx context.Context, w *database.Writer) error {
	if !s.trial {
		if err := s.moveHeads(ctx, w); err != nil {
			return err
		}
	}
	if err := entity.Put(ctx, w, lastOfEach(s.puts)); err != nil {
		return err
	}
	if err := journal.Append(ctx, w, s.entries); err != nil {
		return err
	}
	if err := ledger.Append(ctx, w, s.postings); err != nil {
		return err
	}
	if err := figure.Append(ctx, w, s.observations); err != nil {
		return err
	}
	if err := journal.AppendConcerns(ctx, w, s.concerns); err != nil {
		return err
	}
	if err := s.ledger.Flush(ctx, w); err != nil {
		return err
	}
	if err := s.totals.Flush(ctx, w); err != nil {
		return err
	}
	if err := s.settle(ctx, w); err != nil {
		return err
	}
	s.entries, s.postings, s.observations, s.puts, s.concerns = s.entries[:0], s.postings[:0], s.observations[:0], s.puts[:0], s.concerns[:0]
	s.flushes++
	return nil
}

// lastOfEach keeps the last row of each entity: one statement cannot write a row twice.
func lastOfEach(list []entity.Entity) []entity.Entity {
	at := make(map[entityKey]int, len(list))
	kept := list[:0:0]
	for _, e := range list {
		key := entityKey{e.Book, e.Type, e.ID}
		if i, ok := at[key]; ok {
			kept[i] = e
			continue
		}
		at[key] = len(kept)
		kept = append(kept, e)
	}
	slices.SortFunc(kept, func(a, b entity.Entity) int {
		return slices.Compare([]string{a.Book, a.Type, a.ID}, []string{b.Book, b.Type, b.ID})
	})
	return kept
}
