// Package facttest gives tests a programme to work with: a store on either engine with two counties, their areas, people, funds and
// projects already recorded, and random facts to record on top of it.
//
//	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
//		facttest.Histories(t, 10, func(rt *rapid.T) {
//			s := facttest.Open(rt, fresh()) // empty
//			facttest.Populate(rt, s)        // the two counties, money in their treasuries, projects with promises
//			facttest.Record(rt, s, 50)      // fifty random facts, good and bad
//		})
//	})
//
// A store has a clock that stands still (see Now) and deterministic salts, so the same facts recorded one after another give the same
// hashes on every engine and in every run. Two kinds of fact are declared here because no kind of the field has what tests need:
// Interview holds personal data, Aid holds personal data and needs approval.
package facttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/store"
	"lastmile/internal/testenv"
)

// Now is where the clock of a store stands. Facts dated later are refused.
var Now = time.Date(2020, 6, 1, 8, 0, 0, 0, time.UTC)

// TB is what the fixture asks of a test; *testing.T, *testing.B and *rapid.T have it.
type TB interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// EachEngine runs a test on SQLite and on PostgreSQL. Each call of fresh gives the address of another empty database.
func EachEngine(t *testing.T, test func(t *testing.T, fresh func() string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, func() string { return SQLite(t) }) })
	t.Run("postgres", func(t *testing.T) { test(t, func() string { return testenv.Postgres(t) }) })
}

// SQLite is the address of a store that does not exist yet, in a folder that is removed when t ends.
func SQLite(t TB) string { return "sqlite:" + filepath.Join(folder(t), "store.db") }

func folder(t TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lastmile-test-*")
	if err != nil {
		t.Fatalf("make a folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Open opens a store with a clock that stands still, deterministic salts and an evidence folder of its own; it is closed when t ends.
func Open(t TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{EvidenceDir: folder(t), Clock: func() time.Time { return Now }, Random: NewRandom(1)})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// NewRandom is a stream of bytes that a seed decides. It is safe for concurrent use.
func NewRandom(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return &random{source: rand.NewChaCha8(key)}
}

type random struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func (r *random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}

// Photo is a small PNG that no other number gives.
func Photo(n uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, 2, 2))
	m.SetGray(0, 0, color.Gray{Y: n})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // memory does not fail to be written
	}
	return b.Bytes()
}

// PhotoHash is the name of a photo in the evidence store.
func PhotoHash(n uint8) string {
	sum := sha256.Sum256(Photo(n))
	return hex.EncodeToString(sum[:])
}

// MustRecord records facts together, by the operator or whom the draft names, and fails the test when they are refused. Drafts that
// name no date are dated Day.
func MustRecord(t TB, s *store.Store, drafts ...fact.Draft) []fact.Receipt {
	t.Helper()
	for i := range drafts {
		d := &drafts[i]
		if d.Actor == "" {
			d.Actor = fact.Operator
		}
		if d.On == "" {
			d.On = Day
		}
		if d.Source == "" {
			d.Source = "test"
		}
	}
	receipts, err := s.Recorder.Record(context.Background(), drafts...)
	if err != nil {
		t.Fatalf("record %T: %v", drafts[0].Fact, err)
	}
	return receipts
}

// Day is the effective date of what Populate records.
const Day = date.Date("2019-10-01")

// Tamper opens the database of a store as whoever owns it and takes away what protects append-only tables and checks values.
func Tamper(t TB, url string) *sql.DB {
	t.Helper()
	driver, address := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, address = "sqlite", path
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	protection := `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', CAST(conrelid AS regclass), conname) FROM pg_constraint
WHERE contype = 'c' AND connamespace = CAST('public' AS regnamespace)`
	if driver == "sqlite" {
		db.SetMaxOpenConns(1)
		protection = "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger' UNION ALL SELECT 'PRAGMA ignore_check_constraints = 1'"
	}
	rows, err := db.Query(protection)
	if err != nil {
		t.Fatalf("look for what protects the tables: %v", err)
	}
	defer rows.Close()
	var statements []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatalf("look for what protects the tables: %v", err)
		}
		statements = append(statements, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("look for what protects the tables: %v", err)
	}
	rows.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return db
}
