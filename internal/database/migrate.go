package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
)

// Schema is the numbered, forward-only schema files of one package, in folder "schema" of Files, written in PostgreSQL's words.
//
// For SQLite BIGINT, BOOLEAN and BYTEA become INTEGER, INTEGER and BLOB, and every table is STRICT: a plain SQLite
// "BIGINT CHECK (x > 0)" would accept the text 'abc'. A table whose closing line is ") -- clustered" is kept in the order of its key.
type Schema struct {
	Name       string
	Files      fs.FS
	AppendOnly []string // tables whose rows are never changed or deleted
	DeleteOnly []string // tables whose rows may be deleted but not changed (personal data)
	State      []string // tables that are caches and can be rebuilt
	Apart      []string // tables among those above that hold no facts: they are neither replayed nor rebuilt
}

// Migrate brings the store to the newest schema, each file in one transaction.
func (db *DB) Migrate(ctx context.Context, schemas ...Schema) error {
	conn, err := db.owner.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer conn.Close()
	if db.Engine == PostgreSQL {
		// Programs that start together must not migrate at the same time.
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(5017032)"); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(5017032)")
		if err := makeRecorder(ctx, conn); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if err := db.run(ctx, conn, "CREATE TABLE IF NOT EXISTS schema_migration (\n  name TEXT NOT NULL PRIMARY KEY\n);"); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, s := range schemas {
		names, err := fs.Glob(s.Files, "schema/*.sql")
		if err != nil {
			return err
		}
		sort.Strings(names)
		for _, name := range names {
			if err := db.apply(ctx, conn, s, name); err != nil {
				return fmt.Errorf("migrate %s/%s: %w", s.Name, path.Base(name), err)
			}
		}
	}
	return nil
}

// apply carries out one schema file unless that has been done, in one transaction that others who start at the same time wait for.
func (db *DB) apply(ctx context.Context, conn *sql.Conn, s Schema, name string) (err error) {
	begin := "BEGIN"
	if db.Engine == SQLite {
		begin = "BEGIN IMMEDIATE"
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	defer func() {
		end := "COMMIT"
		if err != nil {
			end = "ROLLBACK"
		}
		_, ended := conn.ExecContext(context.WithoutCancel(ctx), end)
		err = errors.Join(err, ended)
	}()
	id := s.Name + "/" + path.Base(name)
	var one int
	err = conn.QueryRowContext(ctx, "SELECT 1 FROM schema_migration WHERE name = $1", id).Scan(&one)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	text, err := fs.ReadFile(s.Files, name)
	if err != nil {
		return err
	}
	if err := db.run(ctx, conn, string(text)+"\n"+db.protect(string(text), s)); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "INSERT INTO schema_migration (name) VALUES ($1)", id)
	return err
}

func (db *DB) run(ctx context.Context, conn *sql.Conn, script string) error {
	if db.Engine == SQLite {
		script = sqliteWords(script)
	}
	_, err := conn.ExecContext(ctx, script)
	return err
}

// sqliteWords turns a schema in PostgreSQL's words into SQLite's.
func sqliteWords(script string) string {
	lines := strings.Split(script, "\n")
	for i, line := range lines {
		for _, w := range [][2]string{{" BIGINT", " INTEGER"}, {" BOOLEAN", " INTEGER"}, {" BYTEA", " BLOB"}} {
			line = strings.ReplaceAll(line, w[0], w[1])
		}
		switch strings.TrimSpace(line) {
		case ");":
			line = ") STRICT;"
		case "); -- clustered":
			line = ") STRICT, WITHOUT ROWID;"
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// protect makes the database itself refuse changes: triggers on SQLite, privileges on PostgreSQL (Citus allows no triggers).
// It concerns the tables that this schema file creates.
func (db *DB) protect(script string, s Schema) string {
	var b strings.Builder
	for _, line := range strings.Split(script, "\n") {
		rest, ok := strings.CutPrefix(line, "CREATE TABLE ")
		if !ok {
			continue
		}
		table, _, _ := strings.Cut(rest, " ")
		appendOnly, deleteOnly := slices.Contains(s.AppendOnly, table), slices.Contains(s.DeleteOnly, table)
		if db.Engine == PostgreSQL {
			rights := "SELECT, INSERT, UPDATE, DELETE"
			switch {
			case appendOnly:
				rights = "SELECT, INSERT"
			case deleteOnly:
				rights = "SELECT, INSERT, DELETE"
			}
			fmt.Fprintf(&b, "GRANT %s ON %s TO %s;\n", rights, table, recorderRole)
			continue
		}
		refuse := func(verb string) {
			fmt.Fprintf(&b, "CREATE TRIGGER %s_no_%s BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, '%s is append-only: correct it with a new entry'); END;\n",
				table, strings.ToLower(verb), verb, table, table)
		}
		if appendOnly || deleteOnly {
			refuse("UPDATE")
		}
		if appendOnly {
			refuse("DELETE")
		}
	}
	return b.String()
}

// makeRecorder creates the PostgreSQL role with few rights that lastmile works as, and lets the connecting user become it. Roles belong
// to the server, so programs that migrate other databases of it may be doing the same at this moment. From version 16 on, whoever
// creates a role may grant it but not become it.
func makeRecorder(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '`+recorderRole+`') THEN
    BEGIN
      CREATE ROLE `+recorderRole+` NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  IF NOT pg_has_role(current_user, '`+recorderRole+`', CASE WHEN current_setting('server_version_num')::INTEGER < 160000 THEN 'MEMBER' ELSE 'SET' END) THEN
    BEGIN
      EXECUTE 'GRANT `+recorderRole+` TO ' || quote_ident(current_user);
    EXCEPTION WHEN unique_violation THEN NULL;
    END;
  END IF;
  EXECUTE 'GRANT USAGE ON SCHEMA ' || quote_ident(current_schema()) || ' TO `+recorderRole+`';
  BEGIN
    GRANT SELECT, INSERT ON schema_migration TO `+recorderRole+`;
  EXCEPTION WHEN undefined_table THEN NULL;
  END;
END $$;`)
	if err != nil {
		return fmt.Errorf("make role %s (ask your database administrator to create it and grant it to you): %w", recorderRole, err)
	}
	return nil
}

// Clear empties the state tables of schemas, for a rebuild.
func (w *Writer) Clear(ctx context.Context, schemas ...Schema) error {
	for _, s := range schemas {
		for _, table := range s.State {
			if _, err := w.Exec(ctx, "DELETE FROM "+table); err != nil {
				return fmt.Errorf("clear %s: %w", table, err)
			}
		}
	}
	return nil
}
