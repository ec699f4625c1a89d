package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Snapshot is readers that see the store as it was at one moment, whatever is recorded meanwhile. Each is for one goroutine at a time and
// has one query open at a time.
type Snapshot struct {
	Readers []Reader

	conns []*sql.Conn
	own   *sql.DB // SQLite: connections beside the pools, so that a long check keeps nobody waiting
}

// Snapshot opens n readers at the present moment. Close it soon: SQLite cannot reuse the space of what is recorded meanwhile.
func (db *DB) Snapshot(ctx context.Context, n int) (_ *Snapshot, err error) {
	s := &Snapshot{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open snapshot: %w", err), s.Close())
		}
	}()
	if db.Engine == PostgreSQL {
		return s, s.openPostgres(ctx, db, n)
	}
	return s, s.openSQLite(ctx, db, n)
}

func (s *Snapshot) add(ctx context.Context, pool *sql.DB, begin string) (*sql.Conn, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s.conns = append(s.conns, conn)
	s.Readers = append(s.Readers, connReader{conn})
	_, err = conn.ExecContext(ctx, begin)
	return conn, err
}

// openPostgres lets the readers share the snapshot of the first.
func (s *Snapshot) openPostgres(ctx context.Context, db *DB, n int) error {
	const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
	first, err := s.add(ctx, db.read, begin)
	if err != nil {
		return err
	}
	var id string
	if err := first.QueryRowContext(ctx, "SELECT pg_export_snapshot()").Scan(&id); err != nil {
		return err
	}
	for range n - 1 {
		conn, err := s.add(ctx, db.read, begin)
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "SET TRANSACTION SNAPSHOT '"+id+"'"); err != nil {
			return err
		}
	}
	return nil
}

// openSQLite starts the readers while nothing can be committed.
func (s *Snapshot) openSQLite(ctx context.Context, db *DB, n int) error {
	var err error
	if s.own, err = sql.Open("sqlite", db.dsn); err != nil {
		return err
	}
	still, err := s.own.Conn(ctx)
	if err != nil {
		return err
	}
	defer still.Close()
	// SQLite lets whoever waits try again now and then: one who begins again at once would keep us waiting for ever.
	db.turn.Lock()
	_, err = still.ExecContext(ctx, "BEGIN IMMEDIATE")
	db.turn.Unlock()
	if err != nil {
		return err
	}
	defer still.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	for range n {
		conn, err := s.add(ctx, s.own, "BEGIN")
		if err != nil {
			return err
		}
		var tables int64 // the transaction starts with the first reading
		if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the snapshot.
func (s *Snapshot) Close() error {
	var errs []error
	for _, conn := range s.conns {
		if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil { // a query was cancelled: the pool must not get it back
			conn.Raw(func(any) error { return driver.ErrBadConn })
			continue
		}
		errs = append(errs, conn.Close())
	}
	if s.own != nil {
		errs = append(errs, s.own.Close())
	}
	s.conns = nil
	return errors.Join(errs...)
}

// connReader reads through one connection.
type connReader struct{ conn *sql.Conn }

func (r connReader) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.conn.QueryContext(ctx, query, args...)
}

func (r connReader) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return r.conn.QueryRowContext(ctx, query, args...)
}
