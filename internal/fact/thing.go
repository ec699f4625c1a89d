package fact

import (
	"context"
	"fmt"
	"reflect"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/journal"
)

// Thing is a named thing with the fact that defines it now, without personal data.
type Thing[T any] struct {
	entity.Entity
	On     date.Date // effective date of the fact
	Grade  journal.Grade
	Proved bool // it came with evidence
	Fact   *T
}

// Things reads the things of a type in a book, by code: one with an id, those of a parent, or ("" for both) all. They must be defined by facts of
// type T.
func Things[T any](ctx context.Context, r database.Reader, book, typ, id, parent string) ([]Thing[T], error) {
	where, args := "", []any{book, typ}
	for _, c := range []struct{ column, value string }{{"id", id}, {"parent", parent}} {
		if c.value != "" {
			args = append(args, c.value)
			where += fmt.Sprintf(" AND x.%s = $%d", c.column, len(args))
		}
	}
	rows, err := r.Query(ctx, `SELECT x.book, x.type, x.id, x.name, x.class, x.status, x.area, x.parent, x.seq, e.on_date, e.grade, e.evidence <> '', e.kind, e.body
FROM entity x
JOIN entry e ON e.book = x.book AND e.seq = x.seq
WHERE x.book = $1 AND x.type = $2`+where+`
ORDER BY x.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read each %s of book %s: %w", typ, book, err)
	}
	defer rows.Close()
	var list []Thing[T]
	for rows.Next() {
		var t Thing[T]
		var on, kind, body string
		if err := rows.Scan(&t.Book, &t.Type, &t.ID, &t.Name, &t.Class, &t.Status, &t.Area, &t.Parent, &t.Seq, &on, &t.Grade, &t.Proved, &kind, &body); err != nil {
			return nil, err
		}
		f, err := DecodeBody(kind, body, "")
		if err != nil {
			return nil, err
		}
		var ok bool
		if t.Fact, ok = f.(any).(*T); !ok {
			return nil, fmt.Errorf("%s %s is defined by a fact of kind %s, not %s", typ, t.ID, kind, reflect.TypeFor[T]())
		}
		t.On = date.Date(on)
		list = append(list, t)
	}
	return list, rows.Err()
}

// ThingOf reads one thing; ok is false when there is none.
func ThingOf[T any](ctx context.Context, r database.Reader, book, typ, id string) (t Thing[T], ok bool, err error) {
	list, err := Things[T](ctx, r, book, typ, id, "")
	if err != nil || len(list) == 0 {
		return t, false, err
	}
	return list[0], true, nil
}
