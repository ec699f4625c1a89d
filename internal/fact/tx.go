package fact

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

// Tx is what a fact sees while it is recorded: the books as they stand after everything recorded before it, and the means to
// move, count and name. What it did is undone when the fact is refused.
type Tx struct {
	Book      string
	On        date.Date // effective date
	Actor     string
	Area      string   // area of the entry
	Evidence  []string // SHA-256 of its files
	Approvers []string
	Corrects  int64  // seq that it takes back, 0 for none
	Taking    int64  // in TakeBack: seq of the fact that is taken back
	Key       string // idempotency key of the entry

	kind      *Kind
	ctx       context.Context
	w         *database.Writer
	s         *state
	seq       int64
	takenBack *journal.Entry
	traced    bool
	areas     []string // Area and those above it, below the book's own
	effects   effects
	wr        *writer
	replay    bool
	then      []Draft // to be recorded in the same commit after this fact
	failed    error   // to write what a query of this fact should see
}

type effects struct {
	postings     []ledger.Posting
	observations []figure.Observation
	entities     []entity.Entity
	concerns     []journal.Concern
}

// Context of the recording.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Seq is the position that the entry will have in its book.
func (tx *Tx) Seq() int64 { return tx.seq }

// TakenBack is the entry that is being taken back, in a fact's TakeBack.
func (tx *Tx) TakenBack() journal.Entry { return *tx.takenBack }

// Currency is the commodity that money fields are in.
func (tx *Tx) Currency() string { return ledger.Currency }

// Query reads the tables of the fact's own package.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	return reader{tx}.Query(tx.ctx, query, args...)
}

// QueryRow is Query for one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	return reader{tx}.QueryRow(tx.ctx, query, args...)
}

// Reader reads as the transaction sees, for functions of other packages.
func (tx *Tx) Reader() database.Reader { return reader{tx} }

// Exec changes the state tables of the fact's own package.
func (tx *Tx) Exec(query string, args ...any) error {
	if err := tx.wr.writes(tx.ctx); err != nil {
		return err
	}
	if err := tx.s.settle(tx.ctx, tx.w); err != nil {
		return err
	}
	clear(tx.s.memo)
	_, err := tx.w.Exec(tx.ctx, query, args...)
	return err
}

// Memo remembers what load found until somebody writes state of their own in the same store.
func Memo[T any](tx *Tx, key any, load func() (T, error)) (T, error) {
	if v, ok := tx.s.memo[key]; ok {
		return v.(T), nil
	}
	v, err := load()
	if err == nil {
		tx.s.memo[key] = v
	}
	return v, err
}

// Entity finds a thing by type and code in the fact's own book, then at headquarters.
func (tx *Tx) Entity(typ, id string) (entity.Entity, bool, error) {
	for _, book := range []string{tx.Book, entity.Headquarters} {
		e, ok, err := tx.s.entity(tx.ctx, tx.w, book, typ, id)
		if err != nil || ok {
			return e, ok, err
		}
		if book == entity.Headquarters {
			break
		}
	}
	return entity.Entity{}, false, nil
}

// Need is Entity where it must exist: field is the field that names it.
func (tx *Tx) Need(field, typ, id string) (entity.Entity, error) {
	e, ok, err := tx.Entity(typ, id)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", typ, id, tx.Book).For(field).
			Mend("Record the %s first, or correct the code.", typ)
	}
	return e, err
}

// Get is the fact that defines a thing now.
func Get[T any](tx *Tx, typ, id string) (*T, error) {
	e, err := tx.Need("", typ, id)
	if err != nil {
		return nil, err
	}
	key := entityKey{e.Book, typ, id}
	if f, ok := tx.s.defined[key].(*T); ok {
		return f, nil
	}
	entry, ok, err := journal.Get(tx.ctx, tx.w, e.Book, e.Seq)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s %s: entry %s:%d is missing", typ, id, e.Book, e.Seq)
	}
	f, err := DecodeBody(entry.Kind, entry.Body, entry.Private)
	if err != nil {
		return nil, err
	}
	t, ok := f.(any).(*T)
	if !ok {
		return nil, fmt.Errorf("%s %s is defined by a fact of kind %s, not %s", typ, id, entry.Kind, reflect.TypeFor[T]())
	}
	tx.s.define(key, t)
	return t, nil
}

// Put names a thing or changes its row; facts whose kind says defines:"…" have their own put for them.
func (tx *Tx) Put(e entity.Entity) error {
	e.Book = tx.Book
	if e.Seq == 0 {
		e.Seq = tx.seq
	}
	key := entityKey{e.Book, e.Type, e.ID}
	if _, _, err := tx.s.entity(tx.ctx, tx.w, e.Book, e.Type, e.ID); err != nil {
		return err
	}
	old := tx.s.entities[key]
	if e.Type == "area" && old.ok && old.Parent != e.Parent {
		if err := tx.moveArea(e.ID); err != nil {
			return err
		}
	}
	tx.s.undo = append(tx.s.undo, func() { tx.s.entities[key] = old })
	tx.s.entities[key] = entityCache{e, true}
	tx.effects.entities = append(tx.effects.entities, e)
	return nil
}

// moveArea makes way for another place of an area in the tree. Totals are kept for the areas above each record as they were then, so
// the place of an area where something has been counted is settled.
func (tx *Tx) moveArea(id string) error {
	if err := tx.flush(); err != nil {
		return err
	}
	var counted int64
	if err := tx.QueryRow("SELECT COUNT(*) FROM total WHERE area = $1", id).Scan(&counted); err != nil {
		return fmt.Errorf("look for records of area %s: %w", id, err)
	}
	if counted > 0 {
		return fault.New(fault.Conflict, "area.counted", "something was counted in area %s where it lies now", id).For("parent").
			Mend("Leave its place as it is. An area that was moved to another has a new official code: record that.")
	}
	clear(tx.s.below)
	tx.s.undo = append(tx.s.undo, func() { clear(tx.s.below) })
	return nil
}

// SetStatus changes the status of a thing of the fact's own book.
func (tx *Tx) SetStatus(typ, id, status string) error {
	e, ok, err := tx.s.entity(tx.ctx, tx.w, tx.Book, typ, id)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s", typ, id, tx.Book)
	}
	e.Status = status
	return tx.Put(e)
}

// Then records another fact in the same commit, after this one and only if this one is recorded.
func (tx *Tx) Then(d Draft) {
	if !tx.replay { // a replay finds it in the journal
		tx.then = append(tx.then, d)
	}
}

// Settled is a reader that sees all that was recorded before this fact, also what waits in the same commit, for facts that depend on a list
// rather than on one thing. It writes what waits, so it is for facts that are rare; ask for it before anything moves.
func (tx *Tx) Settled() (database.Reader, error) {
	if len(tx.s.entries) == 0 {
		return tx.Reader(), nil
	}
	return tx.Reader(), tx.flush()
}

// flush writes what waits: what this fact's group did so far is in the database from now on, and is not undone here.
func (tx *Tx) flush() error {
	if !tx.s.trial { // of which nothing stays, and which goes on without a refused fact
		tx.wr.wrote = true
	}
	if err := tx.s.flush(tx.ctx, tx.w); err != nil {
		return err
	}
	tx.s.begin()
	return nil
}

// entry reads an earlier entry of the fact's book.
func (tx *Tx) entry(seq int64) (journal.Entry, bool, error) {
	if tx.s.trial { // a table names no entries that it makes itself
		return journal.Get(tx.ctx, tx.w, tx.Book, seq)
	}
	r, err := tx.Settled() // it may be waiting in this batch
	if err != nil {
		return journal.Entry{}, false, err
	}
	return journal.Get(tx.ctx, r, tx.Book, seq)
}

// Within tells whether an area is another one or lies in it. Every area lies in "".
func (tx *Tx) Within(area, other string) (bool, error) {
	const depthMax = 12
	for range depthMax {
		if other == "" || area == other {
			return true, nil
		}
		if area == "" {
			return false, nil
		}
		e, _, err := tx.s.entity(tx.ctx, tx.w, entity.Headquarters, "area", area)
		if err != nil {
			return false, err
		}
		area = e.Parent
	}
	return false, nil
}
