package rebuild

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/verify"
)

// cursor goes through the rows of a table in the order of its key.
type cursor struct {
	rows    *sql.Rows
	columns []database.Column
	keys    int // how many of the columns, the first ones, are the key
	row     []any
	into    []any
	last    []any // key of the row before
	done    bool
}

// open reads a table through r, with values as the store like keeps them.
func open(ctx context.Context, r database.Reader, table string, like *database.DB) (*cursor, error) {
	c := &cursor{}
	var err error
	if c.columns, err = like.Columns(ctx, table); err != nil {
		return nil, err
	}
	var names []string
	for _, column := range c.columns {
		names = append(names, column.Name)
		if column.Key {
			c.keys++
		}
	}
	order := strings.Join(names[:c.keys], ", ")
	if c.rows, err = r.Query(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+table+" ORDER BY "+order); err != nil {
		return nil, err
	}
	c.row, c.into, c.last = make([]any, len(names)), make([]any, len(names)), make([]any, c.keys)
	for i := range c.row {
		c.into[i] = &c.row[i]
	}
	return c, c.next()
}

func (c *cursor) next() error {
	copy(c.last, c.row[:c.keys])
	if c.done = !c.rows.Next(); c.done {
		return c.rows.Err()
	}
	if err := c.rows.Scan(c.into...); err != nil {
		return err
	}
	for i, v := range c.row {
		if n, ok := v.(int64); ok && c.columns[i].Flag {
			c.row[i] = n != 0
		}
	}
	if c.last[0] != nil && compareKeys(c.last, c.row[:c.keys]) >= 0 {
		return errors.New("the database does not sort bytewise: create it with LC_COLLATE 'C'")
	}
	return nil
}

// compareKeys orders the values of key columns: texts, whole numbers and truth values.
func compareKeys(a, b []any) int {
	for i := range a {
		if c := compareValues(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b)
		}
	case []byte:
		if b, ok := b.([]byte); ok {
			return bytes.Compare(a, b)
		}
	case int64, bool:
		x, okX := number(a)
		y, okY := number(b)
		if okX && okY {
			return cmp.Compare(x, y)
		}
	case nil:
		if b == nil {
			return 0
		}
	}
	return strings.Compare(fmt.Sprintf("%T", a), fmt.Sprintf("%T", b))
}

// number takes a truth value for the number that SQLite keeps for it.
func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// compareTable reports where a table differs from the rebuilt one.
func (r *Report) compareTable(ctx context.Context, table, remedy string, db *database.DB, was database.Reader, target *database.DB) error {
	have, err := open(ctx, was, table, db)
	if have != nil && have.rows != nil {
		defer have.rows.Close()
	}
	if err != nil {
		return err
	}
	want, err := open(ctx, target, table, target)
	if want != nil && want.rows != nil {
		defer want.rows.Close()
	}
	if err != nil {
		return err
	}
	listed := 0
	differ := func(c *cursor, wrong string, args ...any) {
		if listed++; listed > differencesMax {
			r.More++
			return
		}
		d := verify.Difference{Table: table, Wrong: fmt.Sprintf(wrong, args...), Remedy: remedy}
		var key []string
		for i, column := range c.columns[:c.keys] {
			switch v := c.row[i].(type) {
			case string:
				if column.Name == "book" {
					d.Book = v
					continue
				}
			case int64:
				if column.Name == "seq" {
					d.Seq = v
					continue
				}
			}
			key = append(key, fmt.Sprint(c.row[i]))
		}
		d.Key = strings.Join(key, " / ")
		r.Differences = append(r.Differences, d)
	}
	for !have.done || !want.done {
		order := 0
		switch {
		case have.done:
			order = 1
		case want.done:
			order = -1
		default:
			order = compareKeys(have.row[:have.keys], want.row[:want.keys])
		}
		if order <= 0 {
			r.Rows++
		}
		switch {
		case order < 0:
			differ(have, "Nothing recorded bears the row out.")
		case order > 0:
			differ(want, "The row is not there.")
		default:
			for i := have.keys; i < len(have.row); i++ {
				if compareValues(have.row[i], want.row[i]) != 0 {
					differ(have, "Its %s is %s, the facts give %s.", have.columns[i].Name, show(have.row[i]), show(want.row[i]))
				}
			}
		}
		if order <= 0 {
			if err := have.next(); err != nil {
				return err
			}
		}
		if order >= 0 {
			if err := want.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

func show(v any) string {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("%x", v)
	case string:
		return fmt.Sprintf("%q", v)
	case nil:
		return "empty"
	}
	return fmt.Sprint(v)
}

// repair replaces state tables of a store by the rebuilt ones, if nothing was recorded since.
func repair(ctx context.Context, db, target *database.DB, heads []journal.Head, tables []string, progress func(Progress)) (done []string, err error) {
	w, err := db.Writer(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }() // rolls back what was not committed
	if err := w.Begin(ctx); err != nil {
		return nil, err
	}
	if err := w.LockAlone(ctx); err != nil {
		return nil, err
	}
	for _, h := range heads {
		var last int64
		if err := w.QueryRow(ctx, "SELECT COALESCE(MAX(seq), 0) FROM entry WHERE book = $1", h.Book).Scan(&last); err != nil {
			return nil, err
		}
		if last != h.Seq {
			return nil, fault.New(fault.Conflict, "rebuild.moved", "entries were recorded while the store was rebuilt").Mend("Stop the programs that use it and start again.")
		}
	}
	for i, table := range tables {
		if err := replace(ctx, w, table, db, target); err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
		progress(Progress{Step: "repairing", Table: table, Done: int64(i) + 1, Total: int64(len(tables))})
	}
	return tables, w.Commit(ctx)
}

// rowsAtOnce is how many rows are in memory while a table is replaced.
const rowsAtOnce = 1024

func replace(ctx context.Context, w *database.Writer, table string, db, target *database.DB) error {
	if _, err := w.Exec(ctx, "DELETE FROM "+table); err != nil {
		return err
	}
	c, err := open(ctx, target, table, db)
	if c != nil && c.rows != nil {
		defer c.rows.Close()
	}
	if err != nil {
		return err
	}
	into := database.Table{Name: table}
	for _, column := range c.columns {
		into.Columns = append(into.Columns, column.Name)
	}
	var args []any
	for !c.done {
		args = append(args, c.row...)
		if err := c.next(); err != nil {
			return err
		}
		if c.done || len(args) >= rowsAtOnce*len(c.row) {
			if err := w.Insert(ctx, &into, args); err != nil {
				return err
			}
			args = args[:0]
		}
	}
	return nil
}
