package fact

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/journal"
)

// writer appends to a store (SQLite) or a book (PostgreSQL), one batch at a time. Whoever comes when it is idle carries out a batch; requests
// that come meanwhile queue, and the first of them carries out the next batch with those behind it. No goroutine stands between a
// lone recorder and the disk.
type writer struct {
	r     *Recorder
	conn  *database.Writer
	state *state

	mu     sync.Mutex
	busy   bool
	closed bool
	queue  []*request
	idle   chan struct{} // closed when a closing writer has nothing left to do

	trial   bool      // nothing will be committed
	assent  bool      // of a trial: approvals are taken as given
	floor   int64     // time of the latest entry of all books when the writer last looked
	lookUp  bool      // find out first which keys are taken
	hold    bool      // keep others from the books first: they were in the way before
	wrote   bool      // the fact at hand has changed the database itself
	refused []refusal // in this attempt
	spoilt  []refusal // in earlier attempts, which they spoilt
	taken   [2]int64  // of the latest times that were handed out to it one after another: the one before them, and the last
	scratch []byte
	effects []byte
}

// batchMax is the most requests that one commit gathers.
const batchMax = 256

type request struct {
	ctx      context.Context
	drafts   []Draft
	prepared []prepared
	together bool            // all or none
	replay   []journal.Entry // entries that the drafts were, when a journal is replayed
	receipts []Receipt
	errs     []error
	turn     chan bool // false: it is done; true: carry out the next batch, which begins with this request
}

// old is the entry that draft i was, nil unless a journal is replayed.
func (req *request) old(i int) *journal.Entry {
	if req.replay == nil {
		return nil
	}
	return &req.replay[i]
}

// carryOut returns when the request has been committed or refused.
func (w *writer) carryOut(req *request) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		for i := range req.errs {
			if req.errs[i] == nil {
				req.errs[i] = stopping()
			}
		}
		return
	}
	w.queue = append(w.queue, req)
	if w.busy {
		w.mu.Unlock()
		if lead := <-req.turn; !lead {
			return
		}
		w.mu.Lock()
	}
	w.busy = true
	n := min(len(w.queue), batchMax)
	batch := w.queue[:n:n]
	w.queue = w.queue[n:]
	w.mu.Unlock()

	w.commit(batch)

	w.mu.Lock()
	if len(w.queue) > 0 {
		w.queue[0].turn <- true
	} else {
		w.busy = false
		w.queue = nil
		if w.idle != nil {
			close(w.idle)
		}
	}
	w.mu.Unlock()
	for _, other := range batch {
		if other != req {
			other.turn <- false
		}
	}
}

// close waits until the writer is idle and lets go of its connection.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	if w.busy {
		w.idle = make(chan struct{})
		w.mu.Unlock()
		<-w.idle
	} else {
		w.mu.Unlock()
	}
	return w.conn.Close()
}

// attemptsMax bounds how often a batch is tried again when another program was in the way.
const attemptsMax = 5

// commit records a batch in one transaction, again when another program was in the way.
func (w *writer) commit(batch []*request) {
	ctx := context.Background() // one caller who leaves must not undo what the others recorded
	var err error
	// A lone fact is most likely new: whether its key is taken shows when it is refused, and then it is looked up.
	w.lookUp = len(batch) > 1 || len(batch[0].drafts) > 1
	w.hold = false
	for attempts := 0; attempts < attemptsMax; {
		w.refused = w.refused[:0]
		if err = w.attempt(ctx, batch); err == nil {
			w.spoilt = w.spoilt[:0]
			w.state.trim()
			return
		}
		w.state.reset()
		w.lookUp = true
		forgive(w.refused)
		if errors.Is(err, errAgain) {
			continue // having looked, or each time with one fact less
		}
		if w.conn.Broken() {
			if broken := w.reconnect(ctx); broken != nil {
				err = errors.Join(err, broken)
				break
			}
		} else if !passing(err) {
			break
		}
		forgive(w.spoilt) // they were refused for what has changed meanwhile
		w.spoilt = w.spoilt[:0]
		w.hold = true
		attempts++
	}
	w.spoilt = w.spoilt[:0]
	for _, req := range batch {
		for i := range req.errs {
			if req.errs[i] == nil {
				req.errs[i] = fmt.Errorf("record %s: %w", req.prepared[i].kind.Name, err)
			}
		}
	}
}

// forgive makes way for another look at what was refused.
func forgive(list []refusal) {
	for _, f := range list {
		clear(f.req.errs[f.group[0]:f.group[1]])
	}
}

// passing tells whether an error comes from another program that was in the way: it moved the end of a book, or its entry took the place
// or the key of ours.
func passing(err error) bool {
	return database.IsRetry(err) || database.IsUnique(err) || errors.Is(err, journal.ErrMoved)
}

// reconnect replaces a connection that was lost. What was under way may have been committed: its keys tell.
func (w *writer) reconnect(ctx context.Context) error {
	conn, err := w.r.db.Writer(ctx)
	if err != nil {
		return err
	}
	w.conn.Close() // it is lost: nothing it answers matters
	w.conn = conn
	return nil
}

func (w *writer) attempt(ctx context.Context, batch []*request) error {
	if err := w.conn.Begin(ctx); err != nil {
		return err
	}
	w.taken = [2]int64{}
	err := w.lock(ctx, batch)
	if err == nil {
		err = w.record(ctx, batch)
	}
	if err == nil {
		err = w.state.flush(ctx, w.conn)
	}
	if err != nil {
		err = errors.Join(err, w.conn.Rollback(ctx))
		w.giveBack()
		return err
	}
	return w.conn.Commit(ctx)
}

// now hands out strictly increasing times, so that entries of all books have one order. A trial, which records nothing, takes none.
func (w *writer) now(after int64) int64 {
	r := w.r
	t := max(r.clock().UnixMicro(), after+1)
	if w.trial {
		return t
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.taken[1] != r.last { // the first of this attempt, or somebody else was given a time meanwhile
		w.taken[0] = r.last
	}
	t = max(t, r.last+1)
	r.last, w.taken[1] = t, t
	return t
}

// giveBack returns the times of an attempt that was rolled back, those after which nobody else was given any. So what is recorded does not
// depend on what had to be tried twice.
func (w *writer) giveBack() {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	if w.r.last == w.taken[1] {
		w.r.last = w.taken[0]
	}
	w.taken = [2]int64{}
}

// lock keeps headquarters' book still while facts of other books are recorded, which may build on it. So the order in which entries were
// recorded is one in which each saw exactly the entries before it that it depends on, and a replay in that order ends where this does.
func (w *writer) lock(ctx context.Context, batch []*request) error {
	if touches(batch, entity.Headquarters) {
		return w.conn.LockAlone(ctx)
	}
	return w.conn.LockShared(ctx)
}

func touches(batch []*request, book string) bool {
	for _, req := range batch {
		for i := range req.drafts {
			if req.drafts[i].Book == book {
				return true
			}
		}
	}
	return false
}

// record carries out the requests of a batch. An error is one that spoils the whole batch; what is wrong with one fact is in its request.
func (w *writer) record(ctx context.Context, batch []*request) error {
	if err := w.checkHeads(ctx, batch); err != nil {
		return err
	}
	taken := map[bookKey]int64{}
	if w.lookUp {
		var err error
		if taken, err = w.takenKeys(ctx, batch); err != nil {
			return err
		}
	}
	if err := w.ahead(ctx, batch); err != nil {
		return err
	}
	for _, req := range batch {
		if err := w.recordRequest(ctx, req, taken); err != nil {
			return err
		}
	}
	return nil
}

// checkHeads forgets what it knew when another program, or another book's writer, has written.
func (w *writer) checkHeads(ctx context.Context, batch []*request) error {
	alone, err := w.conn.Alone(ctx)
	if err != nil {
		return err
	}
	if alone && w.knows(batch) {
		return nil
	}
	books := []string{entity.Headquarters}
	for book := range w.state.heads {
		if book != entity.Headquarters {
			books = append(books, book)
		}
	}
	for _, req := range batch {
		for i := range req.drafts {
			if b := req.drafts[i].Book; b != "" && !slices.Contains(books, b) {
				books = append(books, b)
			}
		}
	}
	if w.hold {
		if err := journal.Hold(ctx, w.conn, books[1:]); err != nil {
			return err
		}
	}
	found, err := journal.GetHeads(ctx, w.conn, books)
	if err != nil {
		return err
	}
	for i, book := range books {
		if old := w.state.heads[book]; old != nil && old.written != found[i] {
			w.state.reset()
		}
	}
	if w.conn.Engine() == database.SQLite || w.state.heads[entity.Headquarters] == nil || touches(batch, entity.Headquarters) {
		if w.floor, err = journal.LastRecordedAt(ctx, w.conn); err != nil {
			return err
		}
	}
	for i, book := range books {
		if w.state.heads[book] != nil {
			continue
		}
		end := &bookEnd{now: found[i], written: found[i]}
		if found[i].Seq > 0 {
			e, ok, err := journal.Get(ctx, w.conn, book, found[i].Seq)
			if err != nil {
				return err
			}
			if !ok {
				return fmt.Errorf("book %s: its head is entry %d, which is missing: run lastmile verify", book, found[i].Seq)
			}
			end.recordedAt = e.RecordedAt
		}
		w.state.heads[book] = end
	}
	return nil
}

// knows tells whether the ends of all books of a batch were looked up before.
func (w *writer) knows(batch []*request) bool {
	for _, req := range batch {
		for i := range req.drafts {
			if w.state.heads[req.drafts[i].Book] == nil {
				return false
			}
		}
	}
	return true
}

type bookKey struct{ book, key string }

// takenKeys finds which idempotency keys of the batch are recorded already; what the batch itself records is added on the way.
func (w *writer) takenKeys(ctx context.Context, batch []*request) (map[bookKey]int64, error) {
	byBook := map[string][]string{}
	for _, req := range batch {
		for i := range req.drafts {
			if req.errs[i] == nil {
				byBook[req.drafts[i].Book] = append(byBook[req.drafts[i].Book], req.drafts[i].Key)
			}
		}
	}
	taken := map[bookKey]int64{}
	for book, keys := range byBook {
		found, err := journal.Keys(ctx, w.conn, book, keys)
		if err != nil {
			return nil, err
		}
		for k, seq := range found {
			taken[bookKey{book, k}] = seq
		}
	}
	return taken, nil
}

// refusal remembers what was refused in this attempt, to be looked at again if the attempt fails for another reason.
type refusal struct {
	req   *request
	group [2]int
}

// errAgain means that a refused fact had already changed the database, or that it was not yet known which keys are taken: the batch is
// rolled back and carried out again, without the fact or with that knowledge.
var errAgain = errors.New("carry out the batch again")
