// Package journal is the memory of the programme: one append-only book of entries for each county and one for headquarters.
//
// An entry is one recorded fact, what it moved (postings) and what it counted (observations). Each entry's hash covers the hash of
// the one before, so a book is a chain: whoever holds its last hash can tell whether anything before it was changed.
//
// The encoding that is hashed is canonical and length-prefixed; see Entry.Hash. Personal data is not in it: an entry holds a salted
// commitment, SHA-256(salt, private body), and the private body is kept apart and can be erased without breaking the chain.
//
// Nothing here updates or deletes an entry, and the database refuses it too.
package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
)

//go:embed schema
var files embed.FS

// Schema of the journal's tables.
var Schema = database.Schema{
	Name: "journal", Files: files,
	AppendOnly: []string{"entry"}, DeleteOnly: []string{"private"}, State: []string{"head", "reversal", "proof", "concern"},
}

// Hash is a SHA-256 value.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Grade says how well a record is proved.
type Grade int64

const (
	Reported Grade = iota // as reported by someone else, nothing in hand
	Partly                // a voucher number or a file, but not all its kind asks for
	Traced                // down to a voucher, receipt, signature or visit
)

func (g Grade) String() string {
	switch g {
	case Traced:
		return "traced"
	case Partly:
		return "partly"
	}
	return "reported"
}

// Entry is one recorded fact. Fields are written once.
type Entry struct {
	Book       string
	Seq        int64 // 1 is the first of its book, without gaps
	Kind       string
	Key        string    // idempotency key, unique in its book
	On         date.Date // effective date: when it happened
	RecordedAt int64     // Unix microseconds UTC: when we learned it; never decreases in a book
	Actor      string    // who recorded or prepared it
	Approvers  []string  // who approved it, in order; never the actor
	Source     string    // where it came from: "form", "import FILE", "api", "synthetic"
	Reverses   int64     // seq of the entry of the same book that this one takes back; 0 for none
	Grade      Grade
	Area       string   // area code it concerns; "" for none
	Body       string   // canonical JSON of the public fields
	Commitment []byte   // SHA-256(salt, private body); nil when there is no private part
	Evidence   []string // SHA-256 of files, hex
	Hash       Hash

	Private string // canonical JSON of the private fields, "" when none or erased
	Salt    []byte
}

// Commit is the commitment to a private body.
func Commit(salt []byte, private string) []byte {
	h := sha256.New()
	h.Write(appendBytes(appendBytes(nil, salt), []byte(private)))
	return h.Sum(nil)
}

func appendBytes(b, v []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
	return append(b, v...)
}

func appendText(b []byte, v string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
	return append(b, v...)
}

func appendInt(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

// AppendFields appends texts and numbers in the canonical form that is hashed: a text is its length in four bytes and its bytes, a
// number eight bytes, both big-endian. Postings and observations use it for their part of the entry.
func AppendFields(b []byte, texts []string, numbers ...int64) []byte {
	for _, t := range texts {
		b = appendText(b, t)
	}
	for _, n := range numbers {
		b = appendInt(b, n)
	}
	return b
}

// Sum is the entry's hash: SHA-256 over "lastmile/entry/1", the previous hash, every field and the effects (the canonical form of
// its postings, then its observations). scratch is reused between calls.
func (e *Entry) Sum(scratch []byte, prev Hash, effects []byte) (Hash, []byte) {
	b := append(scratch[:0], "lastmile/entry/1"...)
	b = append(b, prev[:]...)
	b = appendText(b, e.Book)
	b = appendInt(b, e.Seq)
	b = appendText(b, e.Kind)
	b = appendText(b, e.Key)
	b = appendText(b, string(e.On))
	b = appendInt(b, e.RecordedAt)
	b = appendText(b, e.Actor)
	b = appendText(b, strings.Join(e.Approvers, " "))
	b = appendText(b, e.Source)
	b = appendInt(b, e.Reverses)
	b = appendInt(b, int64(e.Grade))
	b = appendText(b, e.Area)
	b = appendText(b, e.Body)
	b = appendBytes(b, e.Commitment)
	b = appendText(b, strings.Join(e.Evidence, " "))
	b = appendBytes(b, effects)
	return sha256.Sum256(b), b
}

// Head is the end of a book's chain.
type Head struct {
	Book string
	Seq  int64
	Hash Hash
}

// GetHeads reads the ends of books, in the order asked for; the zero head for a book without entries.
func GetHeads(ctx context.Context, r database.Reader, books []string) ([]Head, error) {
	list := make([]Head, len(books))
	args := make([]any, len(books))
	marks := make([]string, len(books))
	for i, b := range books {
		list[i].Book = b
		args[i], marks[i] = b, fmt.Sprintf("$%d", i+1)
	}
	err := eachHead(ctx, r, func(h Head) {
		list[slices.Index(books, h.Book)] = h
	}, "SELECT book, seq, hash FROM head WHERE book IN ("+strings.Join(marks, ", ")+")", args...)
	return list, err
}

// Heads lists the ends of all books by book.
func Heads(ctx context.Context, r database.Reader) ([]Head, error) {
	var list []Head
	err := eachHead(ctx, r, func(h Head) { list = append(list, h) }, "SELECT book, seq, hash FROM head ORDER BY book")
	return list, err
}

func eachHead(ctx context.Context, r database.Reader, fn func(Head), query string, args ...any) error {
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read heads: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var h Head
		var hash []byte
		if err := rows.Scan(&h.Book, &h.Seq, &hash); err != nil {
			return err
		}
		copy(h.Hash[:], hash)
		fn(h)
	}
	return rows.Err()
}

// LastRecordedAt is when the latest entry of all books was recorded, in Unix microseconds; 0 when there is none.
func LastRecordedAt(ctx context.Context, r database.Reader) (int64, error) {
	var at int64
	err := r.QueryRow(ctx, "SELECT COALESCE(MAX(e.recorded_at), 0) FROM head h JOIN entry e ON e.book = h.book AND e.seq = h.seq").Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("look for the latest entry: %w", err)
	}
	return at, nil
}

// ErrMoved means that another program appended to the book since this writer last looked: look again.
var ErrMoved = errors.New("book was appended to by another program")

// Hold keeps other programs from moving the ends of books until the open transaction ends. A book without entries is not held.
func Hold(ctx context.Context, w *database.Writer, books []string) error {
	for _, book := range slices.Sorted(slices.Values(books)) {
		if _, err := w.Exec(ctx, "UPDATE head SET seq = seq WHERE book = $1", book); err != nil {
			return fmt.Errorf("hold book %s: %w", book, err)
		}
	}
	return nil
}

// SetHead moves the end of a book from old to new, or answers ErrMoved.
func SetHead(ctx context.Context, w *database.Writer, old, new Head) error {
	var err error
	var res sql.Result
	if old.Seq == 0 {
		res, err = w.Exec(ctx, "INSERT INTO head (book, seq, hash) VALUES ($1, $2, $3) ON CONFLICT (book) DO NOTHING", new.Book, new.Seq, new.Hash[:])
	} else {
		res, err = w.Exec(ctx, "UPDATE head SET seq = $1, hash = $2 WHERE book = $3 AND seq = $4", new.Seq, new.Hash[:], old.Book, old.Seq)
	}
	if err != nil {
		return fmt.Errorf("move head of book %s: %w", new.Book, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n != 1 {
		return ErrMoved
	}
	return nil
}

var (
	entryTable = database.Table{Name: "entry", Columns: []string{"book", "seq", "kind", "key", "on_date", "recorded_at", "actor",
		"approvers", "source", "reverses", "grade", "area", "body", "commitment", "evidence", "hash"}}
	privateTable  = database.Table{Name: "private", Columns: []string{"book", "seq", "salt", "body"}}
	reversalTable = database.Table{Name: "reversal", Columns: []string{"book", "seq", "reversed_by"}}
)

// Append writes entries whose Seq and Hash are set. The caller moves the head in the same transaction.
func Append(ctx context.Context, w *database.Writer, entries []Entry) error {
	args := make([]any, 0, len(entries)*len(entryTable.Columns))
	var private, reversals []any
	for i := range entries {
		e := &entries[i]
		args = append(args, e.Book, e.Seq, e.Kind, e.Key, string(e.On), e.RecordedAt, e.Actor, strings.Join(e.Approvers, " "),
			e.Source, e.Reverses, int64(e.Grade), e.Area, e.Body, e.Commitment, strings.Join(e.Evidence, " "), e.Hash[:])
		if e.Private != "" {
			private = append(private, e.Book, e.Seq, e.Salt, e.Private)
		}
		if e.Reverses > 0 {
			reversals = append(reversals, e.Book, e.Reverses, e.Seq)
		}
	}
	if err := w.Insert(ctx, &entryTable, args); err != nil {
		return err
	}
	if err := w.Insert(ctx, &privateTable, private); err != nil {
		return err
	}
	return w.Insert(ctx, &reversalTable, reversals)
}

const selectEntry = `SELECT e.book, e.seq, e.kind, e.key, e.on_date, e.recorded_at, e.actor, e.approvers, e.source, e.reverses, e.grade, e.area,
  e.body, e.commitment, e.evidence, e.hash, p.salt, p.body
FROM entry e
LEFT JOIN private p ON p.book = e.book AND p.seq = e.seq
`

func scan(row interface{ Scan(...any) error }) (Entry, error) {
	var e Entry
	var on, approvers, evidence string
	var hash []byte
	var private sql.NullString
	err := row.Scan(&e.Book, &e.Seq, &e.Kind, &e.Key, &on, &e.RecordedAt, &e.Actor, &approvers, &e.Source, &e.Reverses, &e.Grade, &e.Area,
		&e.Body, &e.Commitment, &evidence, &hash, &e.Salt, &private)
	if err != nil {
		return e, err
	}
	e.On = date.Date(on)
	e.Approvers = strings.Fields(approvers)
	e.Evidence = strings.Fields(evidence)
	copy(e.Hash[:], hash)
	e.Private = private.String
	return e, nil
}

// Get reads one entry with its private part; ok is false when there is none.
func Get(ctx context.Context, r database.Reader, book string, seq int64) (e Entry, ok bool, err error) {
	return one(r.QueryRow(ctx, selectEntry+"WHERE e.book = $1 AND e.seq = $2", book, seq))
}

// ByKey reads the entry recorded under an idempotency key.
func ByKey(ctx context.Context, r database.Reader, book, key string) (e Entry, ok bool, err error) {
	return one(r.QueryRow(ctx, selectEntry+"WHERE e.book = $1 AND e.key = $2", book, key))
}

func one(row *sql.Row) (Entry, bool, error) {
	e, err := scan(row)
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("read entry: %w", err)
	}
	return e, true, nil
}

// Keys tells which of the idempotency keys are taken, by key.
func Keys(ctx context.Context, r database.Reader, book string, keys []string) (map[string]int64, error) {
	taken := map[string]int64{}
	err := database.Among(ctx, r, "SELECT key, seq FROM entry WHERE book = $1 AND key IN (…)", []any{book}, keys, func(scan func(...any) error) error {
		var k string
		var seq int64
		err := scan(&k, &seq)
		taken[k] = seq
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up keys: %w", err)
	}
	return taken, nil
}

// Books lists the books that have entries. Each step of the recursion is one look into the index.
func Books(ctx context.Context, r database.Reader) ([]string, error) {
	rows, err := r.Query(ctx, `WITH RECURSIVE b(book) AS (
  SELECT MIN(book) FROM entry
  UNION ALL
  SELECT (SELECT MIN(e.book) FROM entry e WHERE e.book > b.book) FROM b WHERE b.book IS NOT NULL
)
SELECT book FROM b WHERE book IS NOT NULL`)
	if err != nil {
		return nil, fmt.Errorf("list books: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var book string
		if err := rows.Scan(&book); err != nil {
			return nil, err
		}
		list = append(list, book)
	}
	return list, rows.Err()
}

// Filter chooses entries. Empty fields choose all.
type Filter struct {
	Book, Kind, Actor string
	After             int64 // seq to continue after
	Before            int64 // with Descending: seq to continue before
	Limit             int   // 0 for all
	Descending        bool
	Standing          bool // leaves out what was taken back
}

// Each calls fn for every entry chosen, in the order of book and seq. A connection is held until it returns, so fn asks the store nothing:
// where there are few, everybody could hold one and wait for another.
func Each(ctx context.Context, r database.Reader, f Filter, fn func(Entry) error) error {
	var where []string
	var args []any
	add := func(cond string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(cond, len(args)))
	}
	if f.Book != "" {
		add("e.book = $%d", f.Book)
	}
	if f.Kind != "" {
		add("e.kind = $%d", f.Kind)
	}
	if f.Actor != "" {
		add("e.actor = $%d", f.Actor)
	}
	if f.After > 0 {
		add("e.seq > $%d", f.After)
	}
	if f.Before > 0 {
		add("e.seq < $%d", f.Before)
	}
	if f.Standing {
		where = append(where, "NOT EXISTS (SELECT 1 FROM reversal r WHERE r.book = e.book AND r.seq = e.seq)")
	}
	query := selectEntry
	if len(where) > 0 {
		query += "WHERE " + strings.Join(where, " AND ") + "\n"
	}
	if f.Descending {
		query += "ORDER BY e.book, e.seq DESC"
	} else {
		query += "ORDER BY e.book, e.seq"
	}
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	return each(ctx, r, fn, query, args...)
}

// EachInTime calls fn for every entry of every book in the order in which they were recorded. Within a book that is the order of seq, so
// the books are read a page at a time and merged, and nothing is sorted or held in memory as a whole.
func EachInTime(ctx context.Context, r database.Reader, fn func(Entry) error) error {
	books, err := Books(ctx, r)
	if err != nil {
		return err
	}
	const held = 20_000 // entries in memory, over all books
	limit := max(20, held/max(1, len(books)))
	var pages []*page
	for _, book := range books {
		p := &page{book: book, limit: limit}
		if err := p.fill(ctx, r); err != nil {
			return err
		}
		pages = append(pages, p)
	}
	for {
		var first *page
		for _, p := range pages {
			if len(p.entries) > 0 && (first == nil || p.entries[0].RecordedAt < first.entries[0].RecordedAt) {
				first = p
			}
		}
		if first == nil {
			return nil
		}
		if err := fn(first.entries[0]); err != nil {
			return err
		}
		if first.entries = first.entries[1:]; len(first.entries) == 0 {
			if err := first.fill(ctx, r); err != nil {
				return err
			}
		}
	}
}

// page is the next entries of a book.
type page struct {
	book    string
	limit   int
	after   int64
	entries []Entry
}

func (p *page) fill(ctx context.Context, r database.Reader) error {
	return Each(ctx, r, Filter{Book: p.book, After: p.after, Limit: p.limit}, func(e Entry) error {
		p.entries, p.after = append(p.entries, e), e.Seq
		return nil
	})
}

func each(ctx context.Context, r database.Reader, fn func(Entry) error, query string, args ...any) error {
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read entries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return err
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ReversedBy is the seq of the entry that takes this one back, 0 for none.
func ReversedBy(ctx context.Context, r database.Reader, book string, seq int64) (int64, error) {
	var by int64
	err := r.QueryRow(ctx, "SELECT reversed_by FROM reversal WHERE book = $1 AND seq = $2", book, seq).Scan(&by)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return by, err
}

// Prove marks an entry as proved by a later one; a second proof of the same entry changes nothing.
func Prove(ctx context.Context, w *database.Writer, book string, seq, by int64) error {
	_, err := w.Exec(ctx, "INSERT INTO proof (book, seq, proved_by) VALUES ($1, $2, $3) ON CONFLICT (book, seq) DO NOTHING", book, seq, by)
	return err
}

// ProvedBy is the seq of the entry that first proved this one later, 0 for none.
func ProvedBy(ctx context.Context, r database.Reader, book string, seq int64) (int64, error) {
	var by int64
	err := r.QueryRow(ctx, "SELECT proved_by FROM proof WHERE book = $1 AND seq = $2", book, seq).Scan(&by)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return by, err
}

// Erase deletes the private part of an entry; the commitment stays in the chain.
func Erase(ctx context.Context, w *database.Writer, book string, seq int64) error {
	_, err := w.Exec(ctx, "DELETE FROM private WHERE book = $1 AND seq = $2", book, seq)
	return err
}

// Unproved lists entries of a book of some kinds that are not proved down to a record, latest first, without those taken back.
func Unproved(ctx context.Context, r database.Reader, book string, kinds []string, limit int) ([]Entry, error) {
	args := []any{book}
	marks := make([]string, len(kinds))
	for i, k := range kinds {
		args = append(args, k)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	var list []Entry
	err := each(ctx, r, func(e Entry) error { list = append(list, e); return nil }, selectEntry+`LEFT JOIN proof ON proof.book = e.book AND proof.seq = e.seq
LEFT JOIN reversal ON reversal.book = e.book AND reversal.seq = e.seq
WHERE e.book = $1 AND e.kind IN (`+strings.Join(marks, ", ")+`) AND e.grade < 2 AND proof.seq IS NULL AND reversal.seq IS NULL
ORDER BY e.on_date DESC, e.seq DESC
LIMIT `+fmt.Sprint(limit), args...)
	return list, err
}
