// Package database opens SQLite and PostgreSQL behind one small door: open, migrate, read, write in one transaction.
// It knows SQL but not our tables; each package owns its tables and queries.
//
// One SQL text runs on both engines. Parameters are $1, $2, … and first appear in ascending order. What differs is here and
// nowhere else: how to open, three type names in schema files, bulk insertion, append-only protection, and naming an error.
//
// There is one Writer for a store on SQLite and one for a book on PostgreSQL; readers never wait for it.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Engine is the kind of database behind a DB.
type Engine string

const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// Reader runs read-only queries. DB reads what is committed; Writer also sees its own open transaction.
type Reader interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
}

// DB is an open store.
type DB struct {
	Engine Engine
	URL    string // as given, for messages; PostgreSQL passwords are left out
	Path   string // file of a SQLite store

	read  *sql.DB
	write *sql.DB // PostgreSQL: one connection for each writer. SQLite: one in all
	aside *sql.DB // PostgreSQL: the same as write. SQLite: a second connection, for what is kept in no book
	owner *sql.DB // runs migrations
	dsn   string  // SQLite

	checkpoints *checkpointer // SQLite

	turn  sync.RWMutex // SQLite: held while a transaction that will write begins, alone by one that must not be overtaken
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

// recorderRole is the PostgreSQL role that lastmile works as: it may add to append-only tables but not change them.
const recorderRole = "lastmile_recorder"

// Open opens sqlite:PATH or postgres://…, creating a SQLite file (and its folder) that does not exist.
// The schema is not touched: call Migrate.
func Open(ctx context.Context, rawURL string) (*DB, error) {
	scheme, rest, ok := strings.Cut(rawURL, ":")
	if !ok {
		return nil, fmt.Errorf("database %q: want sqlite:PATH or postgres://USER@HOST/NAME", rawURL)
	}
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, rawURL)
	}
	return nil, fmt.Errorf("database %q: unknown kind %q: want sqlite:PATH or postgres://USER@HOST/NAME", rawURL, scheme)
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	path = strings.TrimPrefix(path, "//")
	if path == "" {
		return nil, errors.New("database sqlite: no path: want sqlite:PATH")
	}
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make folder of database: %w", err)
		}
	}
	// Every connection needs the settings, so they are in the address. FULL: a commit is on disk when it returns. Recursive triggers:
	// without them INSERT OR REPLACE takes a row away unseen by the trigger that refuses it. A fact touches a dozen pages, which are
	// written whole: small ones take a commit to disk sooner. A commit moves pages from the log into the file itself, 80 MB of them, only
	// when the checkpointer did not.
	settings := url.Values{"_pragma": {
		"busy_timeout(15000)", "page_size(2048)", "synchronous(FULL)", "foreign_keys(1)", "recursive_triggers(1)",
		"wal_autocheckpoint(40000)", "cache_size(-32000)", "temp_store(MEMORY)",
	}, "_journal_mode": {"WAL"}, "_txlock": {"immediate"}}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode()
	write, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	aside, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	aside.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	// More connections than cores make modernc slower.
	read.SetMaxOpenConns(max(2, runtime.NumCPU()))
	read.SetMaxIdleConns(max(2, runtime.NumCPU()))
	return &DB{
		Engine: SQLite, URL: "sqlite:" + path, Path: path, read: read, write: write, aside: aside, owner: write, dsn: dsn,
		stmts: map[string]*sql.Stmt{}, checkpoints: newCheckpointer(dsn),
	}, nil
}

func openPostgres(ctx context.Context, rawURL string) (*DB, error) {
	config, err := pgx.ParseConfig(rawURL)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	owner := stdlib.OpenDB(*config)
	if err := owner.PingContext(ctx); err != nil {
		owner.Close()
		return nil, fmt.Errorf("open postgres %s/%s: %w", config.Host, config.Database, err)
	}
	asRecorder := stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SET ROLE "+recorderRole)
		return err
	})
	read := stdlib.OpenDB(*config, asRecorder)
	read.SetMaxOpenConns(4 * runtime.NumCPU())
	read.SetMaxIdleConns(4 * runtime.NumCPU())
	write := stdlib.OpenDB(*config, asRecorder)
	shown := &url.URL{Scheme: "postgres", Host: fmt.Sprintf("%s:%d", config.Host, config.Port), Path: config.Database}
	return &DB{Engine: PostgreSQL, URL: shown.String(), read: read, write: write, aside: write, owner: owner, stmts: map[string]*sql.Stmt{}}, nil
}

// Close closes all connections.
func (db *DB) Close() error {
	if db.checkpoints != nil {
		db.checkpoints.stop()
	}
	errs := []error{db.read.Close(), db.write.Close()}
	if db.aside != db.write {
		errs = append(errs, db.aside.Close())
	}
	if db.owner != db.write {
		errs = append(errs, db.owner.Close())
	}
	return errors.Join(errs...)
}

// stmt prepares query once for the read pool.
func (db *DB) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	db.mu.RLock()
	s := db.stmts[query]
	db.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	s, err := db.read.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if other := db.stmts[query]; other != nil {
		s.Close()
		return other, nil
	}
	const stmtsMax = 500 // queries built from filters may be many; the rest run unprepared
	if len(db.stmts) < stmtsMax {
		db.stmts[query] = s
	}
	return s, nil
}

// Query reads committed rows.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := db.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRow reads one committed row.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := db.stmt(ctx, query)
	if err != nil {
		return db.read.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}

// IsUnique tells whether err is a broken UNIQUE or PRIMARY KEY constraint.
func IsUnique(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// IsRefused tells whether the database itself refused a change to an append-only table.
func IsRefused(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_TRIGGER
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42501"
}

// IsRetry tells whether the same transaction may succeed when tried again.
func IsRetry(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Backup copies a SQLite store as it stands at the moment, while it is in use, into a new file. The file is there under its name when it
// is whole and on disk, not before. Evidence lies beside the store and is copied as any folder is, afterwards: its files never change.
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.Engine != SQLite {
		return errors.New("backup: on PostgreSQL use its own base backup or lastmile export")
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("backup: %s exists already: choose a new name", path)
	}
	unfinished := path + ".unfinished"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) { // of a backup that was stopped
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	if err := errors.Join(db.vacuumInto(ctx, unfinished), flush(unfinished)); err != nil { // SQLite leaves flushing to its caller
		os.Remove(unfinished)
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	if err := errors.Join(os.Rename(unfinished, path), flush(filepath.Dir(path))); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	return nil
}

// vacuumInto copies through a connection of its own: those that read may write nothing, not even a copy, and the one that writes is busy.
func (db *DB) vacuumInto(ctx context.Context, path string) (err error) {
	own, err := sql.Open("sqlite", db.dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	_, err = own.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}

// flush waits until a file or folder is on disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
