package fact

import (
	"fmt"
	"slices"

	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

// Prove marks an earlier entry of the book as proved by this one's evidence.
func (tx *Tx) Prove(seq int64) error {
	e, ok, err := tx.entry(seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, seq)
	}
	by, err := journal.ProvedBy(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	if e.Grade == journal.Traced || by > 0 {
		return fault.New(fault.Conflict, "proof.again", "entry %s:%d is proved already", tx.Book, seq).For("entry").Mend("Nothing needs to be done.")
	}
	if e.Kind == "reversal" {
		return fault.New(fault.Invalid, "proof.reversal", "entry %s:%d takes another back and counts nothing of its own", tx.Book, seq).For("entry").
			Mend("Nothing needs to be proved.")
	}
	if by, err = tx.s.reversedBy(tx.ctx, tx.w, tx.Book, seq); err != nil {
		return err
	}
	if by > 0 {
		return fault.New(fault.Conflict, "proof.reversed", "entry %s:%d was taken back by entry %d and counts no more", tx.Book, seq, by).For("entry").
			Mend("Prove the entry that stands in its place, if there is one.")
	}
	postings, err := ledger.Postings(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	observations, err := figure.Observations(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	if err := tx.wr.writes(tx.ctx); err != nil {
		return err
	}
	if err := journal.Prove(tx.ctx, tx.w, tx.Book, seq, tx.seq); err != nil {
		return err
	}
	for i := range postings {
		p := &postings[i]
		if p.Sign < 0 { // what the entry takes back is proved, or not, as it was before
			continue
		}
		if err := tx.openBoth(p); err != nil {
			return err
		}
		areas, err := tx.s.areasBelow(tx.ctx, tx.w, tx.Book, p.Area)
		if err != nil {
			return err
		}
		tx.s.totals.MoveProved(p, tx.end(p), areas)
	}
	for i := range observations {
		if observations[i].Sign < 0 {
			continue
		}
		areas, err := tx.s.areasBelow(tx.ctx, tx.w, tx.Book, observations[i].Area)
		if err != nil {
			return err
		}
		tx.s.totals.ObserveProved(&observations[i], areas)
	}
	return nil
}

func orUnknown(err error, book string, seq int64) error {
	if err != nil {
		return err
	}
	return fault.New(fault.NotFound, "entry.unknown", "book %s has no entry %d", book, seq).For("entry").Mend("Look the number up in the journal.")
}

// Reverse takes back what an earlier entry of the book moved and counted. What that entry itself took back stays taken back: to correct
// a correction does not bring the first version to life again.
func (tx *Tx) Reverse(seq int64) error {
	e, ok, err := tx.entry(seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, seq)
	}
	by, err := tx.s.reversedBy(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	if by > 0 {
		return fault.New(fault.Conflict, "reversal.again", "entry %s:%d was taken back already by entry %d", tx.Book, seq, by).For("entry").
			Mend("Look at entry %d.", by)
	}
	if e.On > tx.On {
		return fault.New(fault.Invalid, "reversal.early", "entry %s:%d is effective on %s, it cannot be taken back on %s", tx.Book, seq, e.On, tx.On).For("on").
			Mend("Use %s or a later date.", e.On)
	}
	f, err := DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		return err
	}
	k := Find(e.Kind)
	if slices.Contains([]string{"reversal", "proposal", "approval", "proof", "erasure"}, e.Kind) {
		return fault.New(fault.Invalid, "reversal.kind", "a %s cannot be taken back", e.Kind).For("entry").Mend("Record what is right as a new fact.")
	}
	if tx.Corrects == seq && k != tx.kind {
		return fault.New(fault.Invalid, "correction.kind", "entry %s:%d is a %s, a %s cannot correct it", tx.Book, seq, k.Name, tx.kind.Name).For("corrects").
			Mend("Record the corrected %s, or a reversal.", k.Name)
	}
	if !tx.replay {
		if err := tx.checkActor(k, e.Area); err != nil {
			return err
		}
	}
	tx.takenBack = &e
	if back, ok := f.(TakerBack); ok {
		tx.Taking = seq
		if err := back.TakeBack(tx); err != nil {
			return err
		}
	}
	if k.Defines != "" && tx.Corrects != seq {
		return fault.New(fault.Conflict, "reversal.defines", "entry %s:%d defines a %s that other facts may name", tx.Book, seq, k.Defines).For("entry").
			Mend("Record the corrected %s and say that it corrects entry %d.", k.En, seq)
	}
	postings, err := ledger.Postings(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	proved, err := journal.ProvedBy(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	traced := e.Grade == journal.Traced || proved > 0 // it is taken off the sums it was added to
	for i := len(postings) - 1; i >= 0; i-- {
		p := postings[i]
		if p.Sign < 0 {
			continue
		}
		p.From, p.To, p.Seq, p.Line, p.Sign, p.Traced, p.On = p.To, p.From, tx.seq, int64(len(tx.effects.postings)+1), -p.Sign, traced, tx.On
		if err := tx.openBoth(&p); err != nil {
			return err
		}
		if err := tx.checkGiver(&p); err != nil {
			return err
		}
		if err := tx.post(p); err != nil {
			return fmt.Errorf("take back entry %s:%d: %w", tx.Book, seq, err)
		}
	}
	observations, err := figure.Observations(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	for _, o := range observations {
		if o.Sign < 0 {
			continue
		}
		o.Seq, o.Line, o.Sign, o.Traced, o.On = tx.seq, int64(len(tx.effects.observations)+1), -o.Sign, traced, tx.On
		if err := tx.observe(o); err != nil {
			return err
		}
	}
	return nil
}

// Erase deletes the private part of an earlier entry when this fact is committed.
func (tx *Tx) Erase(seq int64) error {
	e, ok, err := tx.entry(seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, seq)
	}
	if e.Commitment == nil {
		return fault.New(fault.Invalid, "erasure.nothing", "entry %s:%d holds no personal data", tx.Book, seq).For("entry").Mend("Correct the number.")
	}
	f, err := DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		return err
	}
	if eraser, ok := f.(Eraser); ok {
		if err := eraser.Erase(tx); err != nil {
			return err
		}
	}
	if err := tx.wr.writes(tx.ctx); err != nil {
		return err
	}
	return journal.Erase(tx.ctx, tx.w, tx.Book, seq)
}

// twin is the entry that holds the same personal data as another: the proposal that it came from, or what came of the proposal; 0 when there
// is none or it holds none any more.
func (tx *Tx) twin(seq int64) (int64, error) {
	e, ok, err := tx.wr.find(tx.ctx, tx.Book, seq)
	if err != nil || !ok {
		return 0, err
	}
	key := "p-" + e.Key
	if e.Kind == "proposal" {
		f, err := DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return 0, err
		}
		key = f.(*Proposal).Key
	}
	other, ok, err := journal.ByKey(tx.ctx, tx.w, tx.Book, key)
	if err != nil || !ok || other.Private == "" {
		return 0, err
	}
	return other.Seq, nil
}
