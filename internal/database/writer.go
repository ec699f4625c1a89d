package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Writer is one connection that writes. It is for one goroutine. Statements are prepared on the connection once:
// database/sql would prepare them again for each transaction.
type Writer struct {
	db    *DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	open  bool
	own   *sql.DB // of a writer on SQLite that is not the store's one
	begin string
	// version is the SQLite store's, of what other connections wrote, as Alone last saw it.
	version int64
	bulk    map[bulkKey]*sql.Stmt
}

// bulkKey is a multi-row statement: its table and number of rows.
type bulkKey struct {
	table *Table
	rows  int
}

// Writer takes a writing connection; on SQLite it waits until the only one is free.
func (db *DB) Writer(ctx context.Context) (*Writer, error) {
	return db.writerOf(ctx, db.write)
}

func (db *DB) writerOf(ctx context.Context, pool *sql.DB) (*Writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open writer: %w", err)
	}
	return newWriter(db, conn, nil), nil
}

// Beside takes a writer for work in the background that keeps caches beside the journal. On SQLite it has a connection of its own, which
// takes turns with the recorder's: keep its transactions short.
func (db *DB) Beside(ctx context.Context) (*Writer, error) {
	if db.Engine == PostgreSQL {
		return db.Writer(ctx)
	}
	own, err := sql.Open("sqlite", db.dsn)
	if err != nil {
		return nil, err
	}
	conn, err := own.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open writer: %w", err), own.Close())
	}
	return newWriter(db, conn, own), nil
}

// Trial takes a writer for a transaction that will be rolled back. On SQLite it does not keep others from writing before it writes itself.
func (db *DB) Trial(ctx context.Context) (*Writer, error) {
	w, err := db.Beside(ctx)
	if err == nil {
		w.begin = "BEGIN"
	}
	return w, err
}

func newWriter(db *DB, conn *sql.Conn, own *sql.DB) *Writer {
	w := &Writer{db: db, conn: conn, stmts: map[string]*sql.Stmt{}, bulk: map[bulkKey]*sql.Stmt{}, own: own, begin: "BEGIN"}
	if db.Engine == SQLite {
		w.begin = "BEGIN IMMEDIATE"
	}
	return w
}

// Engine of the store.
func (w *Writer) Engine() Engine { return w.db.Engine }

// Broken tells whether the connection was lost, such as when the server restarted: take another Writer.
func (w *Writer) Broken() bool {
	if w.db.Engine == SQLite {
		return false
	}
	closed := false
	err := w.conn.Raw(func(driver any) error {
		closed = driver.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	return closed || err != nil
}

// Close gives the connection back. An open transaction is rolled back.
func (w *Writer) Close() error {
	if w.open {
		w.Rollback(context.Background())
	}
	for _, s := range w.stmts {
		s.Close()
	}
	err := w.conn.Close()
	if w.own != nil {
		err = errors.Join(err, w.own.Close())
	}
	return err
}

// Begin starts a transaction.
func (w *Writer) Begin(ctx context.Context) error {
	return w.start(ctx, w.begin)
}

// BeginAlone starts a transaction that keeps other writers waiting from now on, where there is one at a time (SQLite). Begin of a Trial keeps
// nobody waiting before it writes, and fails then when somebody else has written meanwhile.
func (w *Writer) BeginAlone(ctx context.Context) error {
	if w.db.Engine == SQLite {
		return w.start(ctx, "BEGIN IMMEDIATE")
	}
	return w.start(ctx, "BEGIN")
}

func (w *Writer) start(ctx context.Context, statement string) error {
	if statement == "BEGIN IMMEDIATE" {
		w.db.turn.RLock()
		defer w.db.turn.RUnlock()
	}
	if _, err := w.Exec(ctx, statement); err != nil {
		return err
	}
	w.open = true
	return nil
}

// orderLock is the PostgreSQL advisory lock behind LockShared and LockAlone.
const orderLock = "5017033"

// LockShared lets the open transaction run beside others that called it, and not beside one that called LockAlone. On SQLite there is
// one writing transaction at a time and nothing to do.
func (w *Writer) LockShared(ctx context.Context) error {
	return w.lock(ctx, "SELECT pg_advisory_xact_lock_shared("+orderLock+")")
}

// LockAlone waits for the transactions that called LockShared or LockAlone and keeps new ones waiting until this one ends.
func (w *Writer) LockAlone(ctx context.Context) error {
	return w.lock(ctx, "SELECT pg_advisory_xact_lock("+orderLock+")")
}

func (w *Writer) lock(ctx context.Context, statement string) error {
	if w.db.Engine == SQLite {
		return nil
	}
	if _, err := w.Exec(ctx, statement); err != nil {
		return fmt.Errorf("wait for other writers: %w", err)
	}
	return nil
}

// Alone tells, in an open transaction, whether nobody else can have written to the store since Alone was last asked. PostgreSQL, where others
// write at the same time, has no such moment.
func (w *Writer) Alone(ctx context.Context) (bool, error) {
	if w.db.Engine == PostgreSQL {
		return false, nil
	}
	var version int64 // changes when another connection commits
	if err := w.QueryRow(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return false, fmt.Errorf("look for other writers: %w", err)
	}
	alone := version == w.version
	w.version = version
	return alone, nil
}

// Commit returns when the transaction is on disk.
func (w *Writer) Commit(ctx context.Context) error {
	if _, err := w.Exec(ctx, "COMMIT"); err != nil {
		return errors.Join(err, w.Rollback(ctx))
	}
	w.open = false
	if w.db.checkpoints != nil {
		w.db.checkpoints.soon()
	}
	return nil
}

// Rollback undoes the open transaction.
func (w *Writer) Rollback(ctx context.Context) error {
	w.open = false
	_, err := w.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}

func (w *Writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	w.stmts[query] = s
	return s, nil
}

// Exec runs one statement in the open transaction.
func (w *Writer) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := w.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// Query reads what is committed and what this transaction has written.
func (w *Writer) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := w.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRow is Query for one row.
func (w *Writer) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := w.stmt(ctx, query)
	if err != nil {
		return w.conn.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}

// Table is the target of a bulk insertion. Conflict, when set, is the text after VALUES, such as
// "ON CONFLICT (book, id) DO UPDATE SET n = t.n + excluded.n".
type Table struct {
	Name     string
	Columns  []string
	Conflict string
}

// Replacing is the target of rows that take the place of those with the same first columns, key of them.
func Replacing(name string, key int, columns []string) Table {
	set := make([]string, 0, len(columns))
	for _, c := range columns[key:] {
		set = append(set, c+" = excluded."+c)
	}
	return Table{name, columns, "ON CONFLICT (" + strings.Join(columns[:key], ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")}
}

// chunkSizes are the row counts of the multi-row statements we prepare: any number of rows is made from a few of them.
var chunkSizes = []int{64, 32, 16, 8, 4, 2, 1}

// copyRowsMin is where PostgreSQL's COPY becomes faster than a multi-row INSERT.
const copyRowsMin = 64

// Insert writes rows into t; args holds the rows one after another. No two rows may meet in the same key of Conflict.
func (w *Writer) Insert(ctx context.Context, t *Table, args []any) error {
	width := len(t.Columns)
	if len(args)%width != 0 {
		return fmt.Errorf("insert into %s: %d values do not fill rows of %d", t.Name, len(args), width)
	}
	if w.db.Engine == PostgreSQL && t.Conflict == "" && len(args)/width >= copyRowsMin {
		return w.copy(ctx, t, args)
	}
	for len(args) > 0 {
		rows := len(args) / width
		n := 1
		for _, size := range chunkSizes {
			if size <= rows && size*width <= 2000 {
				n = size
				break
			}
		}
		stmt := w.bulk[bulkKey{t, n}]
		if stmt == nil {
			var err error
			if stmt, err = w.stmt(ctx, t.statement(w.db.Engine, n)); err != nil {
				return err
			}
			w.bulk[bulkKey{t, n}] = stmt
		}
		if _, err := stmt.ExecContext(ctx, args[:n*width]...); err != nil {
			return fmt.Errorf("insert into %s: %w", t.Name, err)
		}
		args = args[n*width:]
	}
	return nil
}

func (t *Table) statement(engine Engine, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.Name + " (" + strings.Join(t.Columns, ", ") + ") VALUES ")
	k := 0
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for c := range t.Columns {
			if c > 0 {
				b.WriteString(", ")
			}
			k++
			if engine == SQLite {
				b.WriteByte('?') // numbered parameters cost modernc a look-up by name for each value
			} else {
				fmt.Fprintf(&b, "$%d", k)
			}
		}
		b.WriteByte(')')
	}
	if t.Conflict != "" {
		b.WriteString(" " + t.Conflict)
	}
	return b.String()
}

func (w *Writer) copy(ctx context.Context, t *Table, args []any) error {
	width := len(t.Columns)
	source := pgx.CopyFromSlice(len(args)/width, func(i int) ([]any, error) { return args[i*width : (i+1)*width], nil })
	return w.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.Name}, t.Columns, source)
		if err != nil {
			return fmt.Errorf("copy into %s: %w", t.Name, err)
		}
		return nil
	})
}
