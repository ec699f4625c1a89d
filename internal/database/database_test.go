package database_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"lastmile/internal/database"
	"lastmile/internal/testenv"
)

const schema = `CREATE TABLE thing (
  id     BIGINT NOT NULL PRIMARY KEY,
  name   TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  good   BOOLEAN NOT NULL,
  mark   BYTEA
);

CREATE TABLE tally (
  name TEXT NOT NULL PRIMARY KEY,
  n    BIGINT NOT NULL
); -- clustered
`

var schemas = []database.Schema{{Name: "test", Files: fstest.MapFS{"schema/0001_test.sql": {Data: []byte(schema)}}, AppendOnly: []string{"thing"}, State: []string{"tally"}}}

var (
	things = database.Table{Name: "thing", Columns: []string{"id", "name", "amount", "good", "mark"}}
	tally  = database.Table{Name: "tally", Columns: []string{"name", "n"}, Conflict: "ON CONFLICT (name) DO UPDATE SET n = tally.n + excluded.n"}
)

// eachEngine runs a test on an empty database of each engine.
func eachEngine(t *testing.T, test func(t *testing.T, db *database.DB)) {
	for engine, url := range map[database.Engine]func(t *testing.T) string{
		database.SQLite:     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "with space %41?", "test.db") },
		database.PostgreSQL: func(t *testing.T) string { return testenv.Postgres(t) },
	} {
		t.Run(string(engine), func(t *testing.T) {
			db, err := database.Open(t.Context(), url(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			for range 2 { // the second time there is nothing to do
				if err := db.Migrate(t.Context(), schemas...); err != nil {
					t.Fatal(err)
				}
			}
			if db.Engine != engine {
				t.Errorf("engine is %s", db.Engine)
			}
			test(t, db)
		})
	}
}

func begin(t *testing.T, db *database.DB) *database.Writer {
	t.Helper()
	w, err := db.Writer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, r database.Reader, query string, args ...any) (n int64) {
	t.Helper()
	must(t, r.QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}

// Any number of rows comes out as it went in, through single statements, multi-row statements or COPY.
func TestInsert(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		next := int64(0)
		for _, n := range []int{0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 127, 128, 400, 1001} {
			w := begin(t, db)
			var rows, sums []any
			for range n {
				next++
				var mark []byte
				if next%3 > 0 {
					mark = []byte{byte(next), 0, 255}
				}
				rows = append(rows, next, fmt.Sprintf("名 %d'\"\\\n", next), next<<40, next%2 == 0, mark)
				sums = append(sums, fmt.Sprint("n", next%1001), int64(1))
			}
			must(t, w.Insert(t.Context(), &things, rows))
			must(t, w.Insert(t.Context(), &tally, sums))
			if got := number(t, w, "SELECT COUNT(*) FROM thing"); got != next {
				t.Errorf("%d rows: the transaction sees %d, want %d", n, got, next)
			}
			must(t, w.Commit(t.Context()))
			must(t, w.Close())
		}
		rows, err := db.Query(t.Context(), "SELECT id, name, amount, good, mark FROM thing ORDER BY id")
		must(t, err)
		defer rows.Close()
		want := int64(0)
		for rows.Next() {
			want++
			var id, amount int64
			var name string
			var good bool
			var mark []byte
			must(t, rows.Scan(&id, &name, &amount, &good, &mark))
			if id != want || name != fmt.Sprintf("名 %d'\"\\\n", want) || amount != want<<40 || good != (want%2 == 0) ||
				(mark == nil) != (want%3 == 0) || mark != nil && !slices.Equal(mark, []byte{byte(want), 0, 255}) {
				t.Fatalf("row %d came out as %d %q %d %v %v", want, id, name, amount, good, mark)
			}
		}
		must(t, rows.Err())
		if want != next || number(t, db, "SELECT CAST(SUM(n) AS BIGINT) FROM tally") != next {
			t.Errorf("%d rows came out of %d", want, next)
		}
		w := begin(t, db)
		defer w.Close()
		if err := w.Insert(t.Context(), &tally, []any{"a", int64(1), "b"}); err == nil {
			t.Error("half a row was inserted")
		}
	})
}

// What is rolled back, or left open, never was; what is wrong with a row is classified.
func TestErrors(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		row := func(id int64, amount any) []any { return []any{id, "a", amount, true, nil} }
		w := begin(t, db)
		must(t, w.Insert(t.Context(), &things, row(1, int64(1))))
		must(t, w.Commit(t.Context()))
		must(t, w.Begin(t.Context()))
		must(t, w.Insert(t.Context(), &things, row(2, int64(1))))
		must(t, w.Rollback(t.Context()))
		must(t, w.Begin(t.Context()))
		must(t, w.Insert(t.Context(), &things, row(3, int64(1))))
		must(t, w.Close())

		many := row(1, int64(1)) // enough for COPY, the last of which is there already
		for id := int64(100); id < 200; id++ {
			many = append(row(id, int64(1)), many...)
		}
		for name, c := range map[string]struct {
			rows   []any
			unique bool
		}{
			"the key is there":             {row(1, int64(1)), true},
			"the key is there, with many":  {many, true},
			"below nothing":                {row(4, int64(-1)), false},
			"text for a number":            {row(5, "abc"), false},
			"nothing where nothing may be": {row(6, nil), false},
		} {
			w := begin(t, db)
			err := w.Insert(t.Context(), &things, c.rows)
			if err == nil || database.IsUnique(err) != c.unique || database.IsRefused(err) || database.IsRetry(err) {
				t.Errorf("%s: %v", name, err)
			}
			must(t, w.Close())
		}
		w = begin(t, db)
		if _, err := w.Exec(t.Context(), "UPDATE thing SET amount = 2"); !database.IsRefused(err) || database.IsUnique(err) {
			t.Errorf("change of an append-only row: %v", err)
		}
		must(t, w.Close())
		if n := number(t, db, "SELECT COUNT(*) FROM thing"); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
		if _, err := db.Query(t.Context(), "INSERT INTO tally (name, n) VALUES ('a', 1)"); err == nil && db.Engine == database.SQLite {
			t.Error("a reader wrote")
		}
	})
}

// Two writers in each other's way are told that trying again may help.
func TestRetry(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		w := begin(t, db)
		must(t, w.Insert(t.Context(), &tally, []any{"a", int64(0), "b", int64(0)}))
		must(t, w.Commit(t.Context()))
		add := func(w *database.Writer, name string) error {
			_, err := w.Exec(t.Context(), "UPDATE tally SET n = n + 1 WHERE name = $1", name)
			return err
		}
		trial, err := db.Trial(t.Context())
		must(t, err)
		defer trial.Close()
		must(t, trial.Begin(t.Context()))
		if db.Engine == database.SQLite { // the trial has read what is not the newest any more
			number(t, trial, "SELECT COUNT(*) FROM tally")
			must(t, w.Begin(t.Context()))
			must(t, add(w, "a"))
			must(t, w.Commit(t.Context()))
			err = add(trial, "a")
		} else { // each waits for the other
			must(t, add(trial, "a"))
			must(t, w.Begin(t.Context()))
			must(t, add(w, "b"))
			other := make(chan error)
			go func() { other <- add(w, "a") }()
			err = add(trial, "b")
			if err == nil {
				must(t, trial.Rollback(t.Context()))
			} else {
				must(t, trial.Rollback(t.Context()))
			}
			if second := <-other; second != nil {
				err = second
			}
		}
		if !database.IsRetry(err) || database.IsUnique(err) || database.IsRefused(err) {
			t.Errorf("two in each other's way: %v", err)
		}
		must(t, w.Close())
	})
}

// A trial leaves nothing, and readers do not see it.
func TestTrial(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		trial, err := db.Trial(t.Context())
		must(t, err)
		must(t, trial.Begin(t.Context()))
		must(t, trial.Insert(t.Context(), &things, []any{int64(1), "a", int64(1), true, nil}))
		if n := number(t, db, "SELECT COUNT(*) FROM thing"); n != 0 {
			t.Errorf("a reader sees %d rows of a trial", n)
		}
		must(t, trial.Close())
		w := begin(t, db)
		defer w.Close()
		if n := number(t, w, "SELECT COUNT(*) FROM thing"); n != 0 {
			t.Errorf("a trial left %d rows", n)
		}
	})
}

// Only what can be rebuilt is cleared.
func TestClear(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		w := begin(t, db)
		defer w.Close()
		must(t, w.Insert(t.Context(), &things, []any{int64(1), "a", int64(1), true, nil}))
		must(t, w.Insert(t.Context(), &tally, []any{"a", int64(1)}))
		must(t, w.Clear(t.Context(), schemas...))
		if n := number(t, w, "SELECT COUNT(*) FROM thing"); n != 1 {
			t.Errorf("%d rows left of an append-only table, want 1", n)
		}
		if n := number(t, w, "SELECT COUNT(*) FROM tally"); n != 0 {
			t.Errorf("%d rows left of a cache", n)
		}
	})
}

// A backup taken while the store is in use holds what was committed, and never replaces a file.
func TestBackup(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		path := filepath.Join(t.TempDir(), "backup.db")
		if db.Engine == database.PostgreSQL {
			if err := db.Backup(t.Context(), path); err == nil {
				t.Error("a PostgreSQL store was backed up to a SQLite file")
			}
			return
		}
		w := begin(t, db)
		defer w.Close()
		must(t, w.Insert(t.Context(), &tally, []any{"a", int64(1)}))
		must(t, w.Commit(t.Context()))
		must(t, w.Begin(t.Context()))
		must(t, w.Insert(t.Context(), &tally, []any{"b", int64(1)}))
		must(t, db.Backup(t.Context(), path))
		if err := db.Backup(t.Context(), path); err == nil {
			t.Error("a backup replaced a file")
		}
		copied, err := database.Open(t.Context(), "sqlite:"+path)
		must(t, err)
		defer copied.Close()
		if n := number(t, copied, "SELECT COUNT(*) FROM tally"); n != 1 {
			t.Errorf("%d rows in the backup, want 1", n)
		}
	})
}

// A schema file that is wrong is named, and leaves nothing behind.
func TestMigrateRefuses(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		bad := database.Schema{Name: "bad", Files: fstest.MapFS{"schema/0001_bad.sql": {Data: []byte("CREATE TABLE half (\n  id BIGINT NOT NULL PRIMARY KEY\n);\n\nCREATE TABLE thing (\n  id BIGINT NOT NULL PRIMARY KEY\n);\n")}}}
		if err := db.Migrate(t.Context(), bad); err == nil {
			t.Fatal("a table was made twice")
		}
		if _, err := db.Query(t.Context(), "SELECT id FROM half"); err == nil {
			t.Error("half a schema file was carried out")
		}
		must(t, db.Migrate(t.Context(), schemas...))
	})
}

// TestCloseTwice closes a store that has something to move from its log, and closes it again.
func TestCloseTwice(t *testing.T) {
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "store.db"))
	must(t, err)
	w, err := db.Writer(t.Context())
	must(t, err)
	must(t, w.Begin(t.Context()))
	_, err = w.Exec(t.Context(), "CREATE TABLE word (text TEXT NOT NULL) STRICT")
	must(t, err)
	must(t, w.Commit(t.Context()))
	must(t, w.Close())
	must(t, db.Close())
	must(t, db.Close())
}
