package fact

import (
	"context"
	"fmt"

	"lastmile/internal/journal"
)

// Replay records the entries of a journal again, in the order in which each gives them, which must be that of recording, into a store that
// holds nothing else and that nothing else writes to. Each entry must come out as it was, to the last byte of its hash. They are recorded in
// commits of a few thousand, of which progress tells the sum; of the commit with the first entry that comes out otherwise, nothing stays.
func (r *Recorder) Replay(ctx context.Context, each func(func(journal.Entry) error) error, progress func(entries int64)) error {
	done := int64(0)
	chunk := make([]journal.Entry, 0, importRows)
	flush := func() error {
		if err := r.replay(ctx, chunk); err != nil {
			return err
		}
		done += int64(len(chunk))
		chunk = chunk[:0]
		progress(done)
		return ctx.Err()
	}
	err := each(func(e journal.Entry) error {
		chunk = append(chunk, e)
		if len(chunk) < importRows {
			return nil
		}
		return flush()
	})
	if err == nil && len(chunk) > 0 {
		err = flush()
	}
	return err
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
