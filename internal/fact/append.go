package fact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"lastmile/internal/fault"
	"lastmile/internal/journal"
)

// recordRequest carries out one request. An error spoils the batch; what is wrong with a fact is in the request.
func (w *writer) recordRequest(ctx context.Context, req *request, taken map[bookKey]int64) error {
	groups := [][2]int{{0, len(req.drafts)}}
	if !req.together {
		groups = groups[:0]
		for i := range req.drafts {
			groups = append(groups, [2]int{i, i + 1})
		}
	}
	for _, g := range groups {
		if slices.ContainsFunc(req.errs[g[0]:g[1]], func(err error) bool { return err != nil }) {
			continue
		}
		err := w.atomically(ctx, req.drafts[g[0]:g[1]], func(i int) error {
			i += g[0]
			if _, ok := req.drafts[i].Fact.(*Proposal); ok && req.replay == nil {
				return fault.New(fault.Invalid, "proposal.direct", "a proposal is made by recording what is proposed").Mend("Record the fact itself without naming who approved it.")
			}
			var err error
			req.receipts[i], err = w.recordOne(ctx, req.old(i), &req.drafts[i], &req.prepared[i], taken)
			if err != nil && req.replay != nil {
				err = fmt.Errorf("replay entry %s:%d (%s): %w", req.drafts[i].Book, req.replay[i].Seq, req.replay[i].Kind, err)
			}
			return err
		})
		if err == nil {
			continue
		}
		broken := fault.KindOf(err) == fault.Internal // the transaction may be spoilt
		switch {
		case broken && (passing(err) || w.conn.Broken()):
			return err
		case !w.lookUp: // it may be refused for what it did itself when it was recorded the first time
			return errAgain
		}
		for i := g[0]; i < g[1]; i++ {
			req.errs[i] = err
		}
		if (w.wrote || broken) && !w.trial {
			w.spoilt = append(w.spoilt, refusal{req, g})
			return errAgain
		}
		w.refused = append(w.refused, refusal{req, g})
	}
	return nil
}

// recordOne checks one fact against what is recorded and appends it to what waits to be written.
func (w *writer) recordOne(ctx context.Context, old *journal.Entry, d *Draft, p *prepared, taken map[bookKey]int64) (Receipt, error) {
	if seq, ok := taken[bookKey{d.Book, d.Key}]; ok && old != nil {
		return Receipt{}, fmt.Errorf("key %s is that of entry %d, which is there already: replay into an empty store", d.Key, seq)
	} else if ok {
		return w.again(ctx, d, p, seq)
	}
	end := w.state.heads[d.Book]
	if end == nil {
		return Receipt{}, fmt.Errorf("book %s was not looked up", d.Book)
	}
	tx := &Tx{kind: p.kind, Book: d.Book, On: d.On, Actor: d.Actor, Evidence: d.Evidence, Approvers: d.Approvers, Corrects: d.Corrects,
		Key: d.Key, ctx: ctx, w: w.conn, wr: w, s: w.state, seq: end.now.Seq + 1, replay: old != nil}
	if err := tx.place(p.kind, d.Fact); err != nil {
		return Receipt{}, err
	}
	if err := tx.checkReferences(p.kind, d.Fact); err != nil {
		return Receipt{}, err
	}
	if old == nil {
		if err := tx.checkBook(d.Fact); err != nil {
			return Receipt{}, err
		}
		need, err := tx.checkPeople(p, d)
		if err != nil {
			return Receipt{}, err
		}
		if need > 0 && len(d.Approvers) == 0 && !w.assent {
			return w.propose(ctx, d, p, tx.Area, need, taken)
		}
	}
	grade := gradeOf(d.Fact, d.Evidence)
	tx.traced = grade == journal.Traced
	if d.Corrects > 0 {
		if err := tx.Reverse(d.Corrects); err != nil {
			return Receipt{}, err
		}
	}
	if err := tx.define(p.kind, d.Fact); err != nil {
		return Receipt{}, err
	}
	if err := d.Fact.Record(tx); err != nil || tx.failed != nil {
		return Receipt{}, cmp.Or(tx.failed, err)
	}
	tx.concernPapers(p.kind, d.Fact)
	e, err := w.entry(tx, old, d, p, grade, end)
	if err != nil {
		return Receipt{}, err
	}
	s := w.state
	s.entries = append(s.entries, e)
	s.postings = append(s.postings, tx.effects.postings...)
	s.observations = append(s.observations, tx.effects.observations...)
	s.puts = append(s.puts, tx.effects.entities...)
	s.concerns = append(s.concerns, tx.effects.concerns...)
	end.now = journal.Head{Book: e.Book, Seq: e.Seq, Hash: e.Hash}
	end.recordedAt = e.RecordedAt
	taken[bookKey{d.Book, d.Key}] = e.Seq
	s.undo = append(s.undo, func() { delete(taken, bookKey{e.Book, e.Key}) })
	for i := range tx.then {
		if _, err := w.follow(ctx, &tx.then[i], taken); err != nil {
			return Receipt{}, err
		}
	}
	return Receipt{Book: e.Book, Seq: e.Seq, Hash: e.Hash}, nil
}

// follow records a fact that another one brings about, in the same commit.
func (w *writer) follow(ctx context.Context, d *Draft, taken map[bookKey]int64) (Receipt, error) {
	var p prepared
	if err := w.r.prepare(ctx, d, &p); err != nil {
		return Receipt{}, err
	}
	found, err := journal.Keys(ctx, w.conn, d.Book, []string{d.Key})
	if err != nil {
		return Receipt{}, err
	}
	if seq, ok := found[d.Key]; ok {
		taken[bookKey{d.Book, d.Key}] = seq
	}
	return w.recordOne(ctx, nil, d, &p, taken)
}

func gradeOf(f Fact, evidence []string) journal.Grade {
	if g, ok := f.(Grader); ok {
		return g.Grade(evidence)
	}
	if len(evidence) > 0 {
		return journal.Traced
	}
	return journal.Reported
}

// entry seals what the fact did into the next entry of its book.
func (w *writer) entry(tx *Tx, old *journal.Entry, d *Draft, p *prepared, grade journal.Grade, end *bookEnd) (journal.Entry, error) {
	e := journal.Entry{
		Book: d.Book, Seq: tx.seq, Kind: p.kind.Name, Key: d.Key, On: d.On, Actor: d.Actor, Approvers: d.Approvers, Source: d.Source,
		Reverses: takesBack(d), Grade: grade, Area: tx.Area, Body: p.body, Evidence: d.Evidence, Private: p.private,
	}
	switch {
	case old != nil:
		e.RecordedAt, e.Salt, e.Commitment, e.Private = old.RecordedAt, old.Salt, old.Commitment, old.Private
	default:
		e.RecordedAt = w.now(max(end.recordedAt, w.floor))
		if p.private != "" {
			e.Salt = make([]byte, 16)
			if _, err := io.ReadFull(w.r.random, e.Salt); err != nil {
				return e, fmt.Errorf("make salt: %w", err)
			}
			e.Commitment = journal.Commit(e.Salt, p.private)
		}
	}
	w.effects = w.effects[:0]
	for i := range tx.effects.postings {
		w.effects = tx.effects.postings[i].AppendCanonical(w.effects)
	}
	for i := range tx.effects.observations {
		w.effects = tx.effects.observations[i].AppendCanonical(w.effects)
	}
	e.Hash, w.scratch = e.Sum(w.scratch, end.now.Hash, w.effects)
	if old != nil && (e.Seq != old.Seq || e.Hash != old.Hash) {
		return e, fmt.Errorf("replay of entry %s:%d (%s) gives another entry: %d, hash %s, recorded was %s", old.Book, old.Seq, old.Kind, e.Seq, e.Hash, old.Hash)
	}
	return e, nil
}

// find reads an entry that is recorded, or waits to be written.
func (w *writer) find(ctx context.Context, book string, seq int64) (journal.Entry, bool, error) {
	for i := range w.state.entries {
		if e := &w.state.entries[i]; e.Book == book && e.Seq == seq {
			return *e, true, nil
		}
	}
	return journal.Get(ctx, w.conn, book, seq)
}

// takesBack is the entry that a draft takes back, as a correction or a reversal; 0 for none.
func takesBack(d *Draft) int64 {
	if rev, ok := d.Fact.(*Reversal); ok {
		return rev.Entry
	}
	return d.Corrects
}

// again answers a repeated idempotency key: the first receipt when the content is the same, else a conflict that names both.
func (w *writer) again(ctx context.Context, d *Draft, p *prepared, seq int64) (Receipt, error) {
	e, ok, err := w.find(ctx, d.Book, seq)
	if err != nil || !ok {
		return Receipt{}, orUnknown(err, d.Book, seq)
	}
	same := e.Kind == p.kind.Name && e.On == d.On && e.Body == p.body && slices.Equal(e.Evidence, d.Evidence) && e.Reverses == takesBack(d) &&
		(e.Private == p.private || e.Private == "" && e.Commitment != nil)
	if _, ok := d.Fact.(*Approve); ok && e.Actor != d.Actor {
		same = false
	}
	if !same {
		return Receipt{}, fault.New(fault.Conflict, "key.conflict", "key %s was used for entry %s:%d (%s of %s), and this %s of %s says something else",
			d.Key, e.Book, e.Seq, e.Kind, e.On, p.kind.Name, d.On).For("key").Mend("Use a new key for a new fact; to change entry %s:%d record a correction of it.", e.Book, e.Seq)
	}
	return Receipt{Book: e.Book, Seq: e.Seq, Hash: e.Hash, Again: true}, nil
}

// mark is a point that a refused fact goes back to.
type mark struct {
	flushes, entries, postings, observations, puts, concerns int
	ends                                                     map[string]bookEnd
}

func (w *writer) mark(books []string) mark {
	m := mark{w.state.flushes, len(w.state.entries), len(w.state.postings), len(w.state.observations), len(w.state.puts), len(w.state.concerns), map[string]bookEnd{}}
	for _, b := range books {
		if end := w.state.heads[b]; end != nil {
			m.ends[b] = *end
		}
	}
	return m
}

// atomically carries out drafts and takes all of them back when one is refused.
func (w *writer) atomically(ctx context.Context, drafts []Draft, each func(i int) error) error {
	books := make([]string, 0, 1)
	for i := range drafts {
		if !slices.Contains(books, drafts[i].Book) {
			books = append(books, drafts[i].Book)
		}
	}
	m := w.mark(books)
	w.state.begin()
	w.wrote = false
	for i := range drafts {
		if err := safely(each, i); err != nil {
			if !w.wrote || w.trial {
				w.state.takeBack()
				w.back(m)
			}
			if broken := w.goBack(ctx); broken != nil {
				return errors.Join(err, broken)
			}
			return err
		}
	}
	if w.wrote {
		clear(w.state.memo)
	}
	if w.wrote && w.trial {
		_, err := w.conn.Exec(ctx, "RELEASE SAVEPOINT fact")
		return err
	}
	return nil
}

// writes is called before the fact at hand changes the database itself. A trial can go back to here.
func (w *writer) writes(ctx context.Context) error {
	if w.wrote {
		return nil
	}
	w.wrote = true
	if !w.trial {
		return nil
	}
	if err := w.state.settleBefore(ctx, w.conn); err != nil {
		return err
	}
	_, err := w.conn.Exec(ctx, "SAVEPOINT fact")
	return err
}

// goBack undoes what a refused fact has written in a trial, which is not carried out again without it.
func (w *writer) goBack(ctx context.Context) error {
	if !w.wrote || !w.trial {
		return nil
	}
	clear(w.state.memo)
	if _, err := w.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT fact"); err != nil {
		return err
	}
	_, err := w.conn.Exec(ctx, "RELEASE SAVEPOINT fact")
	return err
}

// safely turns a panic, which is a bug in some kind of fact, into an error of that fact: others wait for this writer.
func safely(each func(i int) error, i int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return each(i)
}

func (w *writer) back(m mark) {
	s := w.state
	if s.flushes != m.flushes { // what waited at the mark is written, what waits now came after it
		m.entries, m.postings, m.observations, m.puts, m.concerns = 0, 0, 0, 0, 0
	}
	s.entries, s.postings, s.observations, s.puts = s.entries[:m.entries], s.postings[:m.postings], s.observations[:m.observations], s.puts[:m.puts]
	s.concerns = s.concerns[:m.concerns]
	for b, end := range m.ends {
		*s.heads[b] = end
	}
}
