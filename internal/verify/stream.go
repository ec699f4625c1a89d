package verify

import (
	"context"
	"database/sql"
	"fmt"

	"lastmile/internal/database"
)

// A book is read in four streams at once, each in the order of its key and by a connection of its own, while the rows before are hashed
// and added up.
const (
	entryStream = iota
	privateStream
	postingStream
	observationStream
	streamCount
)

type entryRow struct {
	seq, recordedAt, reverses, grade                              int64
	kind, key, on, actor, approvers, source, area, body, evidence string
	commitment, hash                                              []byte // views into data
	noCommitment                                                  bool
	data                                                          [64]byte
	odd                                                           bool // commitment or hash has not the length of a SHA-256
}

type privateRow struct {
	seq  int64
	salt []byte
	body string
}

type postingRow struct {
	seq, line, amount, sign                            int64
	flow, from, to, commodity, fund, project, area, on string
	traced                                             truth
}

type observationRow struct {
	seq, line, value, sign              int64
	measure, subject, project, area, on string
	ranked, traced                      truth
}

// batchRows is how many rows go from a reading goroutine to the checking one at a time; batches come back to be filled again.
const batchRows = 256

// stream hands on the rows of one table of a book.
type stream[T any] struct {
	full, empty chan []T
	batch       []T // being taken from
	next        int
	done        bool
	err         error
}

// open starts reading. Scan puts a row into an element that may hold an earlier one. Reading ends when ctx does.
func open[T any](ctx context.Context, r database.Reader, scan func(*sql.Rows, *T) error, query, book string) *stream[T] {
	s := &stream[T]{full: make(chan []T, 2), empty: make(chan []T, 4)}
	for range cap(s.empty) {
		s.empty <- make([]T, 0, batchRows)
	}
	go func() {
		defer close(s.full)
		s.err = s.read(ctx, r, scan, query, book)
	}()
	return s
}

func (s *stream[T]) read(ctx context.Context, r database.Reader, scan func(*sql.Rows, *T) error, query, book string) error {
	rows, err := r.Query(ctx, query, book)
	if err != nil {
		return err
	}
	defer rows.Close()
	for more := true; more; {
		var batch []T
		select {
		case batch = <-s.empty:
		case <-ctx.Done():
			return ctx.Err()
		}
		batch = batch[:0]
		for len(batch) < cap(batch) {
			if more = rows.Next(); !more {
				break
			}
			batch = batch[:len(batch)+1]
			if err := scan(rows, &batch[len(batch)-1]); err != nil {
				return err
			}
		}
		select {
		case s.full <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return rows.Err()
}

// peek is the next row, nil at the end. It is good until the next call of peek after a skip.
func (s *stream[T]) peek() *T {
	for s.next == len(s.batch) {
		if s.done {
			return nil
		}
		if s.batch != nil {
			s.empty <- s.batch // there is always room: there are no more batches than it holds
		}
		var ok bool
		if s.batch, ok = <-s.full; !ok {
			s.done, s.batch = true, nil
		}
		s.next = 0
	}
	return &s.batch[s.next]
}

func (s *stream[T]) skip() { s.next++ }

// stop waits for the reading goroutine, whose context has ended or which has come to its end.
func (s *stream[T]) stop() {
	for range s.full {
	}
}

// truth is a BOOLEAN as either engine gives it: true, false, or odd, an integer that is neither.
type truth uint8

const (
	no truth = iota
	yes
	odd
)

func (t *truth) Scan(src any) error {
	switch v := src.(type) {
	case bool:
		*t = truthOf(v)
	case int64:
		*t = odd
		if v == 0 || v == 1 {
			*t = truth(v)
		}
	default:
		return fmt.Errorf("%T is not a truth value", src)
	}
	return nil
}

func (t truth) String() string { return [...]string{"false", "true", "neither true nor false"}[t] }

func truthOf(v bool) truth {
	if v {
		return yes
	}
	return no
}

func openEntries(ctx context.Context, r database.Reader, book string) *stream[entryRow] {
	var commitment, hash sql.RawBytes
	var length int64 // of the commitment, -1 for none: a driver may give an empty one as none
	return open(ctx, r, func(rows *sql.Rows, e *entryRow) error {
		err := rows.Scan(&e.seq, &e.kind, &e.key, &e.on, &e.recordedAt, &e.actor, &e.approvers, &e.source, &e.reverses, &e.grade, &e.area, &e.body,
			&commitment, &length, &e.evidence, &hash)
		e.noCommitment = length < 0
		e.odd = length >= 0 && length != 32 || len(hash) != 32
		e.commitment = e.data[:copy(e.data[:32], commitment)]
		e.hash = e.data[32 : 32+copy(e.data[32:], hash)]
		return err
	}, `SELECT seq, kind, key, on_date, recorded_at, actor, approvers, source, reverses, grade, area, body,
  commitment, COALESCE(LENGTH(commitment), -1), evidence, hash
FROM entry WHERE book = $1 ORDER BY seq`, book)
}

func openPrivate(ctx context.Context, r database.Reader, book string) *stream[privateRow] {
	return open(ctx, r, func(rows *sql.Rows, p *privateRow) error { return rows.Scan(&p.seq, &p.salt, &p.body) },
		"SELECT seq, salt, body FROM private WHERE book = $1 ORDER BY seq", book)
}

func openPostings(ctx context.Context, r database.Reader, book string) *stream[postingRow] {
	return open(ctx, r, func(rows *sql.Rows, p *postingRow) error {
		return rows.Scan(&p.seq, &p.line, &p.flow, &p.from, &p.to, &p.commodity, &p.fund, &p.amount, &p.project, &p.area, &p.sign, &p.traced, &p.on)
	}, `SELECT seq, line, flow, from_account, to_account, commodity, fund, amount, project, area, sign, traced, on_date
FROM posting WHERE book = $1 ORDER BY seq, line`, book)
}

func openObservations(ctx context.Context, r database.Reader, book string) *stream[observationRow] {
	return open(ctx, r, func(rows *sql.Rows, o *observationRow) error {
		return rows.Scan(&o.seq, &o.line, &o.measure, &o.value, &o.subject, &o.project, &o.area, &o.sign, &o.ranked, &o.traced, &o.on)
	}, `SELECT seq, line, measure, value, subject, project, area, sign, ranked, traced, on_date
FROM observation WHERE book = $1 ORDER BY seq, line`, book)
}
