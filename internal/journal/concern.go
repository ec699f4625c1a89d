package journal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"lastmile/internal/database"
)

// Concern says that an entry is about a thing: a visit about a household, a step about a case. The entries about a thing, in order,
// are its file, from which everything known about it follows.
type Concern struct {
	Book, Type, ID string
	Seq            int64
	Role           string // what the entry means for the thing, such as exited; "" when its kind says enough
}

var concernTable = database.Table{Name: "concern", Columns: []string{"book", "type", "id", "seq", "role"},
	Conflict: "ON CONFLICT (book, type, id, seq) DO UPDATE SET role = excluded.role"}

// AppendConcerns writes concerns, no two of one entry about the same thing.
func AppendConcerns(ctx context.Context, w *database.Writer, list []Concern) error {
	args := make([]any, 0, len(list)*len(concernTable.Columns))
	for _, c := range list {
		args = append(args, c.Book, c.Type, c.ID, c.Seq, c.Role)
	}
	return w.Insert(ctx, &concernTable, args)
}

// FindConcerns lists what is filed in a book under things of a type whose id begins with a text, by id, the newest entry of each first.
func FindConcerns(ctx context.Context, r database.Reader, book, typ, begin string, limit int) ([]Concern, error) {
	rows, err := r.Query(ctx, `SELECT c.book, c.type, c.id, c.seq, c.role
FROM concern c
WHERE c.book = $1 AND c.type = $2 AND c.id >= $3 AND c.id < $4
ORDER BY c.id, c.seq DESC
LIMIT `+fmt.Sprint(limit), book, typ, begin, begin+string(utf8.MaxRune))
	if err != nil {
		return nil, fmt.Errorf("find %s %s… in book %s: %w", typ, begin, book, err)
	}
	defer rows.Close()
	var list []Concern
	for rows.Next() {
		var c Concern
		if err := rows.Scan(&c.Book, &c.Type, &c.ID, &c.Seq, &c.Role); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// Filed is an entry in the file of a thing, with what it means for it.
type Filed struct {
	Entry
	Role string
}

const ofFile = `
FROM concern c
JOIN entry e ON e.book = c.book AND e.seq = c.seq
LEFT JOIN reversal r ON r.book = c.book AND r.seq = c.seq
`

// File reads the entries about a thing of a book in the order of recording, less those that were taken back.
func File(ctx context.Context, r database.Reader, book, typ, id string) ([]Filed, error) {
	files, err := readFiles(ctx, r, []string{id}, `SELECT c.id, c.role, e.book, e.seq, e.kind, e.key, e.on_date, e.recorded_at, e.actor, e.approvers, e.source, e.reverses, e.grade, e.area,
  e.body, e.commitment, e.evidence, e.hash, p.salt, p.body`+ofFile+`LEFT JOIN private p ON p.book = c.book AND p.seq = c.seq
WHERE c.book = $1 AND c.type = $2 AND c.id = $3 AND r.seq IS NULL
ORDER BY c.seq`, book, typ, id)
	return files[id], err
}

// filesMax is how many files are read with one query.
const filesMax = 100

// Files reads the files of several things of a book by their ids, without personal data.
func Files(ctx context.Context, r database.Reader, book, typ string, ids []string) (map[string][]Filed, error) {
	all := map[string][]Filed{}
	for some := range slices.Chunk(ids, filesMax) {
		args, marks := []any{book, typ}, make([]string, len(some))
		for i, id := range some {
			args = append(args, id)
			marks[i] = fmt.Sprintf("$%d", i+3)
		}
		files, err := readFiles(ctx, r, some, `SELECT c.id, c.role, e.book, e.seq, e.kind, e.key, e.on_date, e.recorded_at, e.actor, e.approvers, e.source, e.reverses, e.grade, e.area,
  e.body, e.commitment, e.evidence, e.hash, NULL, NULL`+ofFile+`WHERE c.book = $1 AND c.type = $2 AND c.id IN (`+strings.Join(marks, ", ")+`) AND r.seq IS NULL
ORDER BY c.id, c.seq`, args...)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, files)
	}
	return all, nil
}

func readFiles(ctx context.Context, r database.Reader, ids []string, query string, args ...any) (map[string][]Filed, error) {
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the files of %s: %w", strings.Join(ids, ", "), err)
	}
	defer rows.Close()
	files := make(map[string][]Filed, len(ids))
	for rows.Next() {
		var id string
		var f Filed
		if f.Entry, err = scan(behind{rows, []any{&id, &f.Role}}); err != nil {
			return nil, fmt.Errorf("read the file of %s: %w", id, err)
		}
		files[id] = append(files[id], f)
	}
	return files, rows.Err()
}

// behind scans a row whose first columns are others.
type behind struct {
	row   interface{ Scan(...any) error }
	first []any
}

func (b behind) Scan(into ...any) error { return b.row.Scan(append(b.first, into...)...) }
