// Package store opens everything a programme is kept in: the database with all packages' tables, the evidence files and the recorder. It
// is the one place that lists which packages have facts.
package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lastmile/internal/access"
	_ "lastmile/internal/area"
	_ "lastmile/internal/casework"
	"lastmile/internal/database"
	"lastmile/internal/date"
	_ "lastmile/internal/dividend"
	_ "lastmile/internal/enterprise"
	"lastmile/internal/entity"
	"lastmile/internal/evidence"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	_ "lastmile/internal/goods"
	"lastmile/internal/household"
	"lastmile/internal/indicator"
	"lastmile/internal/intake"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/lending"
	"lastmile/internal/livestock"
	_ "lastmile/internal/monitoring/sweep"
	_ "lastmile/internal/party"
	_ "lastmile/internal/programme"
	_ "lastmile/internal/project"
	_ "lastmile/internal/targeting"
)

// Schemas of all tables, in the order in which they are made.
var Schemas = []database.Schema{entity.Schema, journal.Schema, ledger.Schema, figure.Schema, fact.Schema, access.Schema, intake.Schema, lending.Schema, livestock.Schema, household.Schema}

// Store is an open programme.
type Store struct {
	DB       *database.DB
	Evidence *evidence.Store
	Recorder *fact.Recorder
	Accounts *access.Accounts // passwords, sessions, tokens
	Intake   *intake.Jobs     // tables on their way in
	clock    func() time.Time
}

// Options of Open; the zero value is usable.
type Options struct {
	EvidenceDir string           // default: "evidence" beside a SQLite file, "lastmile-data/evidence" otherwise
	Clock       func() time.Time // default: the machine's
	Random      io.Reader        // default: crypto/rand
	MatchKey    []byte           // secret of the duplicate guard; default: match.key beside the evidence folder, made when it is missing
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
	key := o.MatchKey
	if key == nil {
		if key, err = matchKey(filepath.Join(filepath.Dir(dir), "match.key")); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	s.Recorder = fact.NewRecorder(db, fact.Options{Clock: o.Clock, Random: o.Random, Authority: access.Authority{}, Files: s.Evidence, MatchKey: key})
	s.Accounts = access.NewAccounts(db, access.AccountOptions{Clock: o.Clock})
	s.Intake = intake.Open(db, s.Recorder, filepath.Join(filepath.Dir(dir), "intake"), s.clock)
	return s, nil
}

// Close stops imports, waits for what is being recorded and closes everything.
func (s *Store) Close() error {
	s.Intake.Close()
	return errors.Join(s.Recorder.Close(), s.DB.Close())
}

// matchKeySize is how many bytes the duplicate guard's secret has.
const matchKeySize = 32

// matchKey reads the duplicate guard's secret, or makes it. A backup needs it: without it, duplicates of people recorded before are not seen.
func matchKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) == matchKeySize {
		return key, nil
	}
	if err == nil {
		return nil, fmt.Errorf("%s has %d bytes and is no match key: put back the file from the backup, or remove it", path, len(key))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the match key: %w", err)
	}
	key = make([]byte, matchKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make the match key: %w", err)
	}
	// Written under another name first: a program that starts at the same moment must not read half of it.
	file, err := os.CreateTemp(filepath.Dir(path), "match-*.key")
	if err != nil {
		return nil, fmt.Errorf("make the match key: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(key)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("make the match key: %w", err)
	}
	if err := os.Link(file.Name(), path); errors.Is(err, os.ErrExist) {
		return matchKey(path) // another program was first
	} else if err != nil {
		return nil, fmt.Errorf("make the match key: %w", err)
	}
	return key, nil
}

// Now is the time of the store's clock.
func (s *Store) Now() time.Time { return s.clock() }

// Today is the civil date of the store's clock.
func (s *Store) Today() date.Date { return date.Of(s.clock()) }

// DefineFigures records the standard figures that the programme has not defined itself.
func (s *Store) DefineFigures(ctx context.Context, source string) error {
	defined, err := s.Figures(ctx)
	if err != nil {
		return err
	}
	_, err = indicator.Define(ctx, s.Recorder, defined, fact.Draft{Actor: fact.Operator, On: s.Today(), Source: source})
	return err
}

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
