package project

import (
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/fact"
)

// Recorded is a project with what its thing and its defining entry say.
type Recorded struct {
	Book, Status string
	Seq          int64
	On           string // start
	*Project
}

// All reads the projects of all books with their defining entries, by book and code.
func All(ctx context.Context, r database.Reader) ([]*Recorded, error) {
	rows, err := r.Query(ctx, `SELECT p.book, p.status, p.seq, e.on_date, e.kind, e.body
FROM entity p
JOIN entry e ON e.book = p.book AND e.seq = p.seq
WHERE p.type = 'project'
ORDER BY p.book, p.id`)
	if err != nil {
		return nil, fmt.Errorf("read projects: %w", err)
	}
	defer rows.Close()
	var list []*Recorded
	for rows.Next() {
		var p Recorded
		var kind, body string
		if err := rows.Scan(&p.Book, &p.Status, &p.Seq, &p.On, &kind, &body); err != nil {
			return nil, err
		}
		f, err := fact.DecodeBody(kind, body, "")
		if err != nil {
			return nil, err
		}
		var ok bool
		if p.Project, ok = f.(*Project); !ok {
			return nil, fmt.Errorf("project of entry %s:%d is defined by a %s", p.Book, p.Seq, kind)
		}
		list = append(list, &p)
	}
	return list, rows.Err()
}
