// Package store opens everything a programme is kept in: the database with all packages' tables, the evidence files and the recorder. It
// is the one place that lists which packages have facts.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"lastmile/internal/access"
	_ "lastmile/internal/area"
	"lastmile/internal/database"
	"lastmile/internal/date"
	_ "lastmile/internal/dividend"
	_ "lastmile/internal/enterprise"
	"lastmile/internal/entity"
	"lastmile/internal/evidence"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	_ "lastmile/internal/goods"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	_ "lastmile/internal/party"
	_ "lastmile/internal/programme"
	_ "lastmile/internal/project"
)

// Schemas of all tables, in the order in which they are made.
var Schemas = []database.Schema{entity.Schema, journal.Schema, ledger.Schema, figure.Schema, fact.Schema, access.Schema, livestock.Schema}

// Store is an open programme.
type Store struct {
	DB       *database.DB
	Evidence *evidence.Store
	Recorder *fact.Recorder
	Accounts *access.Accounts // passwords, sessions, tokens
	clock    func() time.Time
}

// Options of Open; the zero value is usable.
type Options struct {
	EvidenceDir string           // default: "evidence" beside a SQLite file, "lastmile-data/evidence" otherwise
	Clock       func() time.Time // default: the machine's
	Random      io.Reader        // default: crypto/rand
}

// Open opens a store by its database address and brings its tables up to date.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	db, err := database.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &Store{DB: db, clock: o.Clock}
	if s.clock == nil {
		s.clock = time.Now
	}
	if err := db.Migrate(ctx, Schemas...); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	dir := o.EvidenceDir
	if dir == "" {
		dir = filepath.Join("lastmile-data", "evidence")
		if db.Path != "" {
			dir = filepath.Join(filepath.Dir(db.Path), "evidence")
		}
	}
	if s.Evidence, err = evidence.Open(dir); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.Recorder = fact.NewRecorder(db, fact.Options{Clock: o.Clock, Random: o.Random, Authority: access.Authority{}, Files: s.Evidence})
	s.Accounts = access.NewAccounts(db, access.AccountOptions{Clock: o.Clock})
	return s, nil
}

// Close waits for what is being recorded and closes everything.
func (s *Store) Close() error { return errors.Join(s.Recorder.Close(), s.DB.Close()) }

// Now is the time of the store's clock.
func (s *Store) Now() time.Time { return s.clock() }

// Today is the civil date of the store's clock.
func (s *Store) Today() date.Date { return date.Of(s.clock()) }

// Figures are the store's figures as defined now.
func (s *Store) Figures(ctx context.Context) (*figure.Book, error) {
	return indicator.Load(ctx, s.DB, s.Today())
}

// Empty tells whether nothing is recorded yet.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	heads, err := journal.Heads(ctx, s.DB)
	if err != nil {
		return false, fmt.Errorf("look for entries: %w", err)
	}
	return len(heads) == 0, nil
}
