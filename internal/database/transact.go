package database

import (
	"context"
	"errors"
	"fmt"
)

// transactAttempts bounds how often a transaction is tried again when another program was in the way.
const transactAttempts = 5

// Transact carries out fn in a transaction of its own, beside the writers of the journal. It is for what is no fact and is kept in no
// book: sessions, passwords, the state of jobs. fn may run more than once and must touch nothing but w.
func (db *DB) Transact(ctx context.Context, fn func(w *Writer) error) error {
	var err error
	for range transactAttempts {
		if err = db.transact(ctx, fn); err == nil || !IsRetry(err) {
			return err
		}
	}
	return err
}

func (db *DB) transact(ctx context.Context, fn func(w *Writer) error) error {
	w, err := db.writerOf(ctx, db.aside)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.Begin(ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(w); err != nil {
		return errors.Join(err, w.Rollback(ctx))
	}
	return w.Commit(ctx)
}
