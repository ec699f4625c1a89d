package fact

import (
	"context"
	"fmt"

	"lastmile/internal/journal"
)

// Replay records entries of a journal again, in the order given, into a store that holds what came before them and that nothing else
// writes to. Each must come out as the entry that it was, to the last byte of its hash. They are recorded in commits of a few
// thousand; of the commit with the first entry that comes out otherwise, nothing stays.
func (r *Recorder) Replay(ctx context.Context, entries []journal.Entry) error {
	for len(entries) > 0 {
		n := min(len(entries), importRows)
		if err := r.replay(ctx, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

func (r *Recorder) replay(ctx context.Context, entries []journal.Entry) error {
	req := &request{ctx: ctx, replay: entries, together: true}
	for i := range entries {
		e := &entries[i]
		f, err := DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return fmt.Errorf("replay entry %s:%d: %w", e.Book, e.Seq, err)
		}
		corrects := e.Reverses
		if e.Kind == "reversal" {
			corrects = 0 // the fact itself says what it takes back
		}
		req.drafts = append(req.drafts, Draft{Fact: f, Book: e.Book, Key: e.Key, On: e.On, Actor: e.Actor, Approvers: e.Approvers, Source: e.Source,
			Evidence: e.Evidence, Corrects: corrects})
	}
	if err := r.submit(req); err != nil {
		return err
	}
	return req.errs[0]
}
