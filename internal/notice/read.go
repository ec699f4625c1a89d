package notice

import (
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
)

// Posted is a notice with what its entry says.
type Posted struct {
	*Notice
	Entry journal.Entry
	Until date.Date // the last day on which it hangs
}

// Read gives the notice that a thing names, with its masked lines as long as they were not erased. They are public by their nature.
func Read(ctx context.Context, r database.Reader, e entity.Entity) (*Posted, error) {
	entry, ok, err := journal.Get(ctx, r, e.Book, e.Seq)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("notice %s: entry %s:%d is missing", e.ID, e.Book, e.Seq)
	}
	content, err := fact.DecodeBody(entry.Kind, entry.Body, entry.Private)
	if err != nil {
		return nil, err
	}
	n, ok := content.(*Notice)
	if !ok {
		return nil, fmt.Errorf("notice %s is defined by a %s", e.ID, entry.Kind)
	}
	until, err := n.Until(entry.On)
	return &Posted{n, entry, until}, err
}

// Days tells on which day each notice was put up, by book and id.
func Days(ctx context.Context, r database.Reader) (map[[2]string]date.Date, error) {
	rows, err := r.Query(ctx, "SELECT t.book, t.id, e.on_date FROM entity t JOIN entry e ON e.book = t.book AND e.seq = t.seq WHERE t.type = $1", Type)
	if err != nil {
		return nil, fmt.Errorf("read the days of notices: %w", err)
	}
	defer rows.Close()
	days := map[[2]string]date.Date{}
	for rows.Next() {
		var book, id, on string
		if err := rows.Scan(&book, &id, &on); err != nil {
			return nil, fmt.Errorf("read the days of notices: %w", err)
		}
		days[[2]string{book, id}] = date.Date(on)
	}
	return days, rows.Err()
}

// Raised is an objection with what its entry says, and the answer to it.
type Raised struct {
	*Objection
	Entry  journal.Entry
	Answer *Answer // nil as long as there is none
}

// Objections lists what was said against a notice, in the order of recording, without personal data.
func Objections(ctx context.Context, r database.Reader, book, id string) ([]Raised, error) {
	entries, err := journal.File(ctx, r, book, Type, id)
	if err != nil {
		return nil, err
	}
	var list []Raised
	answers := map[string]*Answer{}
	for i := range entries {
		content, err := fact.DecodeBody(entries[i].Kind, entries[i].Body, "")
		if err != nil {
			return nil, err
		}
		switch x := content.(type) {
		case *Objection:
			list = append(list, Raised{Objection: x, Entry: entries[i].Entry})
		case *Answer:
			answers[x.Objection] = x
		}
	}
	for i := range list {
		list[i].Answer = answers[list[i].ID]
	}
	return list, nil
}
