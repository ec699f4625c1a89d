package facttest

import (
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/journal"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

// CheckBooks recomputes everything that a store says of itself and fails the test when anything differs.
func CheckBooks(t TB, s *store.Store) {
	t.Helper()
	r, err := verify.Verify(t.Context(), s.DB, s.Evidence, nil)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	if !r.OK {
		t.Fatalf("verify: %v, and %d more", r.Differences, r.More)
	}
}

// Heads are the ends of all books.
func Heads(t TB, s *store.Store) []journal.Head {
	t.Helper()
	heads, err := journal.Heads(t.Context(), s.DB)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return heads
}

// Dump is the content of all tables as text, a row a line, the same on both engines.
func Dump(t TB, s *store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, schema := range store.Schemas {
		tables := slices.Concat(schema.AppendOnly, schema.DeleteOnly, schema.State)
		if schema.Name == "journal" {
			tables = append(tables, "head")
		}
		for _, table := range tables {
			fmt.Fprintf(&b, "== %s\n", table)
			dumpTable(t, s, &b, table)
		}
	}
	return b.String()
}

func dumpTable(t TB, s *store.Store, b *strings.Builder, table string) {
	t.Helper()
	rows, err := s.DB.Query(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatalf("%v", err)
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			t.Fatalf("%v", err)
		}
		var line strings.Builder
		for _, v := range values {
			switch v := v.(type) {
			case []byte:
				fmt.Fprintf(&line, "%x|", v)
			case bool: // SQLite keeps 0 and 1
				fmt.Fprintf(&line, "%d|", map[bool]int{true: 1}[v])
			default:
				fmt.Fprintf(&line, "%v|", v)
			}
		}
		lines = append(lines, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v", err)
	}
	slices.Sort(lines)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
}
