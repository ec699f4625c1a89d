package facttest_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"lastmile/internal/database"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/store"
)

// The database itself refuses to change or delete what is append-only, by whatever statement.
func TestAppendOnly(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := facttest.Open(t, fresh())
		facttest.Populate(t, s)
		facttest.MustRecord(t, s, fact.Draft{Book: facttest.Counties[0], Fact: &facttest.Interview{Household: "W-li", Points: 7, Name: "Li Hua"}})
		if err := execute(t, s, "INSERT INTO access_event (id, at, person, event, by_whom, address) VALUES ('e', 1, 'ann', 'login', 'ann', '')"); err != nil {
			t.Fatal(err)
		}
		for _, schema := range store.Schemas {
			for _, table := range slices.Concat(schema.AppendOnly, schema.DeleteOnly) {
				columns, err := s.DB.Columns(t.Context(), table)
				if err != nil {
					t.Fatal(err)
				}
				var key []string
				for _, c := range columns {
					if c.Key {
						key = append(key, c.Name)
					}
				}
				first := key[0]
				statements := []string{
					fmt.Sprintf("UPDATE %s SET %s = %[2]s", table, first),
					fmt.Sprintf("INSERT INTO %s SELECT * FROM %[1]s WHERE 1 = 1 ON CONFLICT (%s) DO UPDATE SET %s = excluded.%[3]s", table, strings.Join(key, ", "), first),
				}
				if slices.Contains(schema.AppendOnly, table) {
					statements = append(statements, "DELETE FROM "+table, fmt.Sprintf("DELETE FROM %s WHERE %s <> ''", table, first))
				}
				if s.DB.Engine == database.SQLite {
					statements = append(statements, fmt.Sprintf("UPDATE OR REPLACE %s SET %s = %[2]s", table, first))
				} else {
					statements = append(statements, "TRUNCATE "+table, "DROP TABLE "+table, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", table, first), "ALTER TABLE "+table+" DISABLE TRIGGER ALL")
				}
				if s.DB.Engine == database.SQLite && slices.Contains(schema.AppendOnly, table) {
					statements = append(statements, "REPLACE INTO "+table+" SELECT * FROM "+table)
				}
				before := facttest.Dump(t, s)
				for _, statement := range statements {
					if err := execute(t, s, statement); !database.IsRefused(err) {
						t.Errorf("%s: not refused by the database: %v", statement, err)
					}
				}
				if after := facttest.Dump(t, s); after != before {
					t.Errorf("%s: its rows have changed", table)
				}
			}
		}
		facttest.CheckBooks(t, s)
		if err := execute(t, s, "DELETE FROM private"); err != nil { // personal data may be erased
			t.Errorf("delete personal data: %v", err)
		}
	})
}

// execute carries out a statement as the program would, and commits it.
func execute(t *testing.T, s *store.Store, statement string) error {
	t.Helper()
	if err := s.Recorder.Close(); err != nil { // gives back the only writer of SQLite
		t.Fatal(err)
	}
	w, err := s.DB.Writer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Exec(t.Context(), statement); err != nil {
		return err
	}
	return w.Commit(t.Context())
}

// Programs that start at the same moment on a new database find it made once.
func TestOpenAtOnce(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				s, err := store.Open(t.Context(), url, store.Options{EvidenceDir: t.TempDir()})
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				if empty, err := s.Empty(t.Context()); err != nil || !empty {
					t.Errorf("empty: %v, %v", empty, err)
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
		}
		group.Wait()
		facttest.Populate(t, facttest.Open(t, url))
	})
}

// A database that cannot be opened is an error that says what is wrong, and makes no file.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/note.db", []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"", "programme.db", "mysql:programme", "sqlite:", "sqlite:" + dir, "sqlite:" + dir + "/note.db", "postgres://nobody@127.0.0.1:1/none"} {
		s, err := store.Open(t.Context(), url, store.Options{EvidenceDir: dir})
		if err == nil {
			s.Close()
			t.Errorf("%q was opened", url)
		}
	}
}
