package verify_test

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

// keys of the tables that verify answers for.
var keys = map[string][]string{
	"entry": {"book", "seq"}, "posting": {"book", "seq", "line"}, "observation": {"book", "seq", "line"}, "private": {"book", "seq"},
	"head": {"book"}, "reversal": {"book", "seq"}, "proof": {"book", "seq"},
	"account": {"book", "id"}, "balance": {"book", "account", "commodity", "fund"}, "lot": {"book", "account", "commodity", "seq", "line"},
	"total": {"book", "measure", "area", "month", "project", "fund", "receiver"}, "subject": {"book", "measure", "subject"}, "distinct_total": {"book", "measure"},
	"entity": {"book", "type", "id"},
}

// rebuildTells are the columns that follow from rules which only the facts themselves know.
var rebuildTells = []string{"account.holder", "account.area", "entity.name", "entity.class", "entity.status", "entity.area", "entity.parent"}

// table is one table of a store, tampered with by hand.
type table struct {
	t       *testing.T
	db      *sql.DB
	name    string
	columns []string
	rows    [][]any
}

func readTable(t *testing.T, db *sql.DB, name string) *table {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + name + " ORDER BY " + strings.Join(keys[name], ", "))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tb := &table{t: t, db: db, name: name}
	if tb.columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row := make([]any, len(tb.columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		tb.rows = append(tb.rows, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tb
}

// where finds a row by its key.
func (tb *table) where(row []any, first int) (string, []any) {
	var conds []string
	var args []any
	for i, c := range tb.columns {
		if slices.Contains(keys[tb.name], c) {
			conds = append(conds, fmt.Sprintf("%s = $%d", c, first+len(args)))
			args = append(args, row[i])
		}
	}
	return strings.Join(conds, " AND "), args
}

func (tb *table) exec(statement string, args ...any) {
	tb.t.Helper()
	result, err := tb.db.Exec(statement, args...)
	if err != nil {
		tb.t.Fatalf("%s %v: %v", statement, args, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		tb.t.Fatalf("%s %v: %d rows (%v), want 1", statement, args, n, err)
	}
}

// taken tells whether a changed row would have the key of another one.
func (tb *table) taken(row []any, column int, to any) bool {
	changed := slices.Clone(row)
	changed[column] = to
	_, key := tb.where(changed, 1)
	return slices.Contains(keys[tb.name], tb.columns[column]) && slices.ContainsFunc(tb.rows, func(other []any) bool {
		_, theirs := tb.where(other, 1)
		return fmt.Sprint(theirs) == fmt.Sprint(key)
	})
}

// set changes one column of a row.
func (tb *table) set(row []any, column int, to any) []any {
	tb.t.Helper()
	where, args := tb.where(row, 2)
	tb.exec("UPDATE "+tb.name+" SET "+tb.columns[column]+" = $1 WHERE "+where, append([]any{to}, args...)...)
	changed := slices.Clone(row)
	changed[column] = to
	return changed
}

func (tb *table) remove(row []any) {
	tb.t.Helper()
	where, args := tb.where(row, 1)
	tb.exec("DELETE FROM "+tb.name+" WHERE "+where, args...)
}

func (tb *table) insert(row []any) {
	tb.t.Helper()
	marks := make([]string, len(row))
	for i := range row {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	tb.exec("INSERT INTO "+tb.name+" ("+strings.Join(tb.columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", row...)
}

// others are values near the one of a column that the table's own constraints allow.
func others(table, column string, v any) []any {
	switch v := v.(type) {
	case bool:
		return []any{!v}
	case int64:
		switch {
		case column == "outside" || column == "ranked" || column == "traced" && table != "total": // SQLite has no type for them
			return []any{1 - v, int64(2)}
		case column == "sign":
			return []any{-v}
		case column == "grade":
			return []any{(v + 1) % 3}
		case column == "seq" || column == "line":
			return []any{v + 1000}
		}
		return []any{v + 1}
	case string:
		if v == "" {
			return []any{"x"}
		}
		first, size := utf8.DecodeRuneInString(v)
		return []any{string(first^1) + v[size:], v + "x"}
	case []byte:
		first, last := slices.Clone(v), slices.Clone(v)
		first[0] ^= 1
		last[len(last)-1] ^= 0x80
		return []any{first, last}
	case nil:
		return []any{[]byte{}, make([]byte, 32)}
	}
	panic(fmt.Sprintf("column %s holds a %T", column, v))
}

// tells whether a report names a row of a table: the row itself or, of a posting or observation, the entry that it belongs to, or, of an
// entry at the end of its book, that end.
func tells(r *verify.Report, tb *table, row []any) bool {
	value := func(column string) any {
		if i := slices.Index(tb.columns, column); i >= 0 {
			return row[i]
		}
		return nil
	}
	for _, d := range r.Differences {
		if d.Wrong == "" || d.Remedy == "" || d.Book != value("book") {
			continue
		}
		named := d.Table == tb.name
		chained := d.Table == "entry" && (tb.name == "posting" || tb.name == "observation") || d.Table == "head" && tb.name == "entry"
		seq := value("seq")
		switch {
		case d.Table == "head" && tb.name == "entry":
			named = d.Seq <= seq.(int64)
		case d.Seq > 0 && seq != nil && (named || chained):
			named = d.Seq == seq
		case named && d.Key != "":
			for _, c := range keys[tb.name][1:] {
				named = named && strings.Contains(d.Key, fmt.Sprint(value(c)))
			}
		}
		if named {
			return true
		}
	}
	return false
}

// Any changed value of any column is found, and the report says in which row.
func TestEveryColumnTampered(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		t.Parallel()
		url := fresh()
		s := facttest.Open(t, url)
		facttest.Populate(t, s)
		facttest.Tell(t, s)
		if r := verified(t, s); !r.OK {
			t.Fatalf("before anything was changed: %v", r.Differences)
		}
		db := facttest.Tamper(t, url)
		tried := map[string]int{}
		for _, name := range slices.Sorted(maps.Keys(keys)) {
			tb := readTable(t, db, name)
			if len(tb.rows) == 0 {
				t.Fatalf("the table %s is empty: nothing to try", name)
			}
			for i, column := range tb.columns {
				if slices.Contains(rebuildTells, name+"."+column) {
					tried[name+"."+column]++
					continue
				}
				for _, row := range sample(tb, i) {
					for _, to := range others(name, column, row[i]) {
						tb.try(t, s, row, i, to)
					}
				}
			}
			for _, row := range [][]any{tb.rows[0], tb.rows[len(tb.rows)-1]} {
				tb.remove(row)
				if r := verified(t, s); r.OK || !tells(r, tb, row) {
					t.Errorf("%s: %v removed: the report says %v", name, row, r.Differences)
				}
				extra := slices.Clone(row)
				for i, c := range tb.columns {
					if c == "key" || c == keys[name][len(keys[name])-1] {
						extra[i] = others(name, c, row[i])[0]
					}
				}
				tb.insert(row)
				tb.insert(extra)
				if r := verified(t, s); r.OK || !tells(r, tb, extra) {
					t.Errorf("%s: %v added: the report says %v", name, extra, r.Differences)
				}
				tb.remove(extra)
			}
		}
		if r := verified(t, s); !r.OK {
			t.Errorf("after everything was put back: %v", r.Differences)
		}
		if len(tried) != len(rebuildTells) {
			t.Errorf("of the columns left to rebuild only these exist: %v", tried)
		}
	})
}

// try changes one cell, expects the row to be told, and puts the cell back. Nothing is tried where another row has that key.
func (tb *table) try(t facttest.TB, s *store.Store, row []any, column int, to any) {
	if tb.taken(row, column, to) {
		return
	}
	changed := tb.set(row, column, to)
	defer tb.set(changed, column, row[column])
	if r := verified(t, s); r.OK || !tells(r, tb, row) && !tells(r, tb, changed) {
		t.Fatalf("%s.%s of %v changed to %v: the report says %v", tb.name, tb.columns[column], row, to, r.Differences)
	}
}

// Any bit of any cell of any row.
func TestRandomCellTampered(t *testing.T) {
	url := facttest.SQLite(t)
	s := facttest.Open(t, url)
	facttest.Populate(t, s)
	facttest.Tell(t, s)
	db := facttest.Tamper(t, url)
	names := slices.Sorted(maps.Keys(keys))
	facttest.Histories(t, 100, func(rt *rapid.T) {
		tb := readTable(t, db, rapid.SampledFrom(names).Draw(rt, "table"))
		row := rapid.SampledFrom(tb.rows).Draw(rt, "row")
		i := rapid.IntRange(0, len(tb.columns)-1).Filter(func(i int) bool {
			return !slices.Contains(rebuildTells, tb.name+"."+tb.columns[i])
		}).Draw(rt, "column")
		to := others(tb.name, tb.columns[i], row[i])[0]
		switch v := row[i].(type) {
		case []byte:
			to = slices.Clone(v)
			bit := rapid.IntRange(0, 8*len(v)-1).Draw(rt, "bit")
			to.([]byte)[bit/8] ^= 1 << (bit % 8)
		case string:
			if runes := []rune(v); len(runes) > 0 {
				runes[rapid.IntRange(0, len(runes)-1).Draw(rt, "character")] ^= 1
				to = string(runes)
			}
		}
		tb.try(rt, s, row, i, to)
	})
}

// sample is a row in the middle, and one that differs from it in whether the column is empty.
func sample(tb *table, column int) [][]any {
	list := [][]any{tb.rows[len(tb.rows)/2]}
	for _, row := range tb.rows {
		if (row[column] == nil) != (list[0][column] == nil) {
			return append(list, row)
		}
	}
	return list
}

// Every byte of a file of evidence counts, and so does its being there under its name.
func TestEvidenceTampered(t *testing.T) {
	s := facttest.Open(t, facttest.SQLite(t))
	facttest.Populate(t, s)
	facttest.Tell(t, s)
	hash, err := s.Evidence.Put(strings.NewReader(string(facttest.Photo(1))))
	if err != nil {
		t.Fatal(err)
	}
	path, err := s.Evidence.Path(hash)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Evidence.Small(hash); err != nil { // as a page shows it
		t.Fatal(err)
	}
	if r := verified(t, s); !r.OK || r.Files != 4 {
		t.Errorf("with a small picture beside it: %+v, want four files and no difference", r)
	}
	named := func(what string) {
		t.Helper()
		r := verified(t, s)
		if len(r.Differences) != 1 || r.Differences[0].Table != "evidence" || r.Differences[0].Key != hash || r.Differences[0].Seq == 0 {
			t.Errorf("%s: the report says %v, want the file named", what, r.Differences)
		}
	}
	for i := range content {
		changed := slices.Clone(content)
		changed[i] ^= 1
		if err := os.WriteFile(path, changed, 0o644); err != nil {
			t.Fatal(err)
		}
		named(fmt.Sprintf("byte %d changed", i))
	}
	if err := os.WriteFile(path, content[:len(content)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	named("cut short")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := verified(t, s); !r.OK || r.Files != 4 {
		t.Errorf("put back: %+v, want four files and no difference", r)
	}
	if err := os.Rename(path, filepath.Join(filepath.Dir(path), hash+".txt")); err != nil {
		t.Fatal(err)
	}
	named("renamed")
}

// What was recorded while a check went on is not in it, and the check does not trip over it.
func TestVerifyWhileRecording(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := facttest.Open(t, fresh())
		facttest.Populate(t, s)
		stop, stopped := make(chan struct{}), make(chan int)
		go func() {
			n := 0
			defer func() { stopped <- n }()
			for {
				select {
				case <-stop:
					return
				default:
					facttest.MustRecord(t, s, interview(n))
					n++
				}
			}
		}()
		checks := 0
		for ; checks < 10; checks++ {
			if r := verified(t, s); !r.OK {
				t.Errorf("check %d: %v", checks, r.Differences)
				break
			}
		}
		close(stop)
		if n := <-stopped; n < 5 {
			t.Errorf("only %d facts were recorded meanwhile", n)
		}
	})
}

func interview(n int) (d fact.Draft) {
	d.Book, d.Actor = "653127", facttest.Officer
	d.Fact = &facttest.Interview{Household: "M-gul", Points: int64(n % 11), Name: fmt.Sprint("Gul ", n)}
	d.Key = fmt.Sprint("interview-", n)
	return d
}
