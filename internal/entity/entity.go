// Package entity keeps the names of things: one row for each area, party, project, fund, account or other thing that
// a fact has defined, with the entry (book and seq) that defines it now. It is what references are checked against, what pickers
// and search read, and how a figure knows which projects are in a channel or which areas lie in a county.
//
// The row is a cache of the journal; everything else about the thing is in the body of its defining entry.
package entity

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"

	"lastmile/internal/database"
)

// Headquarters is the book of what concerns the whole programme: areas, sponsor, funds, people.
const Headquarters = "hq"

//go:embed schema
var files embed.FS

// Schema of the entity table.
var Schema = database.Schema{Name: "entity", Files: files, State: []string{"entity"}}

// Entity is a named thing.
type Entity struct {
	Book   string `json:"book"`
	Type   string `json:"type"` // area, party, project, fund, commodity, book, person …
	ID     string `json:"id"`   // code, unique in its book and type
	Name   string `json:"name"`
	Class  string `json:"class"`  // level of an area, kind of a party, channel of a project
	Status string `json:"status"` // such as running or finished
	Area   string `json:"area"`   // where it belongs
	Parent string `json:"parent"`
	Seq    int64  `json:"seq"` // entry that defines it now
}

// Columns in the order of the table, for queries that join it.
const columns = "book, type, id, name, class, status, area, parent, seq"

func scan(row interface{ Scan(...any) error }) (Entity, error) {
	var e Entity
	err := row.Scan(&e.Book, &e.Type, &e.ID, &e.Name, &e.Class, &e.Status, &e.Area, &e.Parent, &e.Seq)
	return e, err
}

// Get finds a thing by its code in a book; ok is false when it is not there.
func Get(ctx context.Context, r database.Reader, book, typ, id string) (e Entity, ok bool, err error) {
	e, err = scan(r.QueryRow(ctx, "SELECT "+columns+" FROM entity WHERE book = $1 AND type = $2 AND id = $3", book, typ, id))
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("get %s %s in book %s: %w", typ, id, book, err)
	}
	return e, true, nil
}

// GetAll finds things of a type by their codes in a book. A code that is not there is not in the answer.
func GetAll(ctx context.Context, r database.Reader, book, typ string, ids []string) (map[string]Entity, error) {
	found := make(map[string]Entity, len(ids))
	err := database.Among(ctx, r, "SELECT "+columns+" FROM entity WHERE book = $1 AND type = $2 AND id IN (…)", []any{book, typ}, ids, func(scanRow func(...any) error) error {
		e, err := scan(scanner(scanRow))
		found[e.ID] = e
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get things of type %s in book %s: %w", typ, book, err)
	}
	return found, nil
}

type scanner func(...any) error

func (s scanner) Scan(into ...any) error { return s(into...) }

// Filter chooses entities; empty fields choose all.
type Filter struct {
	Book, Type, Parent, Class, Status, Area string
	Text                                    string // part of the code or name, in small or capital (ASCII) letters
	After                                   string // id to continue after
	Limit                                   int    // 0 for all
}

// Find lists entities in the order of book and code.
func Find(ctx context.Context, r database.Reader, f Filter) ([]Entity, error) {
	var where []string
	var args []any
	add := func(cond string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(cond, len(args)))
	}
	for _, c := range []struct{ column, value string }{{"book", f.Book}, {"type", f.Type}, {"parent", f.Parent}, {"class", f.Class}, {"status", f.Status}, {"area", f.Area}} {
		switch {
		case c.value == "":
		case c.column == "parent" && f.Book != "" && f.Type != "":
			// Without statistics SQLite takes the primary key, and with it all things of the type, for cheaper than the index of parents. Asked for
			// codes alone it takes the index, which holds them.
			add("id IN (SELECT c.id FROM entity c WHERE c.book = $1 AND c.type = $2 AND c.parent = $%d)", c.value)
		default:
			add(c.column+" = $%d", c.value)
		}
	}
	if f.Book == "" && f.Type != "" { // book by book, since every key begins with it
		where = append(where, "book IN (SELECT '"+Headquarters+"' UNION ALL SELECT id FROM entity WHERE book = '"+Headquarters+"' AND type = 'book')")
	}
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Text) + "%"
		args = append(args, like, like)
		where = append(where, fmt.Sprintf(`(LOWER(id) LIKE LOWER($%d) ESCAPE '\' OR LOWER(name) LIKE LOWER($%d) ESCAPE '\')`, len(args)-1, len(args)))
	}
	if f.After != "" {
		add("id > $%d", f.After)
	}
	query := "SELECT " + columns + " FROM entity"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY book, type, id"
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", f.Type, err)
	}
	defer rows.Close()
	var list []Entity
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

var table = database.Table{
	Name:    "entity",
	Columns: strings.Split(columns, ", "),
	Conflict: `ON CONFLICT (book, type, id) DO UPDATE SET name = excluded.name, class = excluded.class, status = excluded.status,
  area = excluded.area, parent = excluded.parent, seq = excluded.seq`,
}

// Put writes or replaces entities, no two with the same key.
func Put(ctx context.Context, w *database.Writer, list []Entity) error {
	args := make([]any, 0, 9*len(list))
	for _, e := range list {
		args = append(args, e.Book, e.Type, e.ID, e.Name, e.Class, e.Status, e.Area, e.Parent, e.Seq)
	}
	return w.Insert(ctx, &table, args)
}

// Areas gives where the things of a type lie in a book, by code; "" for those that lie nowhere in particular.
func Areas(ctx context.Context, r database.Reader, book, typ string) (map[string]string, error) {
	list, err := Find(ctx, r, Filter{Book: book, Type: typ})
	areas := make(map[string]string, len(list))
	for _, e := range list {
		areas[e.ID] = e.Area
	}
	return areas, err
}
