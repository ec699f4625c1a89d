package lending

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/lending/servicing"
)

// The five classes of loans, best first.
const (
	Pass           = "pass"
	SpecialMention = "special-mention"
	Substandard    = "substandard"
	Doubtful       = "doubtful"
	Lost           = "loss"
)

// Classes of loans in order.
var Classes = []string{Pass, SpecialMention, Substandard, Doubtful, Lost}

// Limits are the days past due up to which a loan is in each class but the last.
type Limits [4]int

// UsualLimits are in days: 0, 90, 180, 360. Lenders differ; the close of day takes others.
var UsualLimits = Limits{0, 90, 180, 360}

// Class of a loan so many days past due.
func (l Limits) Class(days int) string {
	for i, limit := range l {
		if days <= limit {
			return Classes[i]
		}
	}
	return Lost
}

// Closer closes days: it derives every loan as of a day and keeps what lists and portfolios read, in table loan_day. It records no fact: all
// it keeps follows from contracts and events, and could be derived again at any time. So it is no part of what a rebuild compares. Beside it
// stands what the last close of each day came to, with the loans that it could not close.
//
// Closing is per loan. A loan closed through the day or a later one is passed over, unless more of it is known since, and a repaid one is closed
// once; doing it twice is doing it once, day by day comes to the same as in one jump, and a close that was stopped goes on where it was. Each batch is derived from what
// is committed and written in a short transaction of its own, so that recording hardly waits for it and no more than a batch is in memory. A
// loan that cannot be derived is listed and stops nobody.
//
// On most days nothing falls due of most loans. One that owed nothing when it was last closed, and of which nothing is known or falls due since,
// stands as it stood: it is marked as closed and not derived, so that a day costs what happened on it and not how many or how old the loans are.
type Closer struct {
	Limits   Limits                  // zero for UsualLimits
	Progress func(done, total int64) // nil for none
}

// Closed is what a close of day did.
type Closed struct {
	Through  date.Date
	Loans    int64 // derived and kept, or found to stand as they stood
	Still    int64 // of these, the latter
	Failures []Failure
}

// Failure is a loan that could not be closed.
type Failure struct {
	Book, Loan string
	Err        error
}

const (
	closeBatch = 500   // loans that are derived and written together
	stillBatch = 5_000 // loans that are marked together
)

// toClose are the loans of a book that a close of day has something to do for: not closed through the day, or not with all that is known.
const toClose = `FROM loan l
LEFT JOIN loan_day d ON d.book = l.book AND d.loan = l.id
WHERE l.book = $1 AND l.status <> '` + Agreed + `' AND (d.loan IS NULL OR d.events <> l.events OR d.closed_through < $2 AND l.status <> '` + Repaid + `')`

// still is the condition that a loan, not closed through a day, stands on it as it stood when it was last closed: nothing was due and unpaid,
// nothing is known that took effect later, and the next instalment is after the day. An extension may change what is owed on a day on which
// nothing falls due, so a loan with one is derived. The empty string keeps a planner from the index of due dates: loans are taken in order.
const still = `d.closed_through < $2 AND d.due = 0 AND d.next_due_on || '' > $2 AND l.status <> '` + Repaid + `' AND l.events = d.events AND l.extensions = 0 AND l.last_on <= d.closed_through`

// Close closes a day for all loans of a book.
func (c *Closer) Close(ctx context.Context, db *database.DB, book string, through date.Date) (Closed, error) {
	closed := Closed{Through: through}
	fail := func(err error) (Closed, error) { return closed, fmt.Errorf("close %s: %w", through, err) }
	limits := c.Limits
	if limits == (Limits{}) {
		limits = UsualLimits
	}
	var total, done int64
	if err := db.QueryRow(ctx, "SELECT COUNT(*) "+toClose, book, string(through)).Scan(&total); err != nil {
		return fail(err)
	}
	if total == 0 {
		return closed, nil
	}
	started := time.Now()
	w, err := db.Beside(ctx)
	if err != nil {
		return closed, err
	}
	defer w.Close()
	progress := func(more int64) {
		if done += more; c.Progress != nil {
			c.Progress(done, total)
		}
	}
	for after, more := "", true; more; {
		var marked int64
		if after, marked, more, err = markStill(ctx, db, w, book, after, through); err != nil {
			return fail(err)
		}
		closed.Still += marked
		progress(marked)
	}
	closed.Loans = closed.Still
	for after := ""; ; {
		loans, last, seen, err := openLoans(ctx, db, book, after, through)
		if err != nil {
			return fail(err)
		}
		if seen == 0 {
			break
		}
		after = last
		rows, failures, err := derive(ctx, db, book, loans, through, limits)
		if err != nil {
			return fail(err)
		}
		if err := keep(ctx, w, rows); err != nil {
			return fail(err)
		}
		closed.Loans += int64(len(loans) - len(failures))
		closed.Failures = append(closed.Failures, failures...)
		progress(seen)
	}
	if err := closed.note(ctx, w, book, started); err != nil {
		return fail(err)
	}
	return closed, nil
}

// markStill closes the next loans after one that stand as they stood. It gives the last it looked at and how many it closed; more is false when
// none is left.
func markStill(ctx context.Context, r database.Reader, w *database.Writer, book, after string, through date.Date) (last string, marked int64, more bool, err error) {
	var found int64
	err = r.QueryRow(ctx, `SELECT COUNT(*), COALESCE(MAX(loan), '')
FROM (SELECT d.loan FROM loan_day d JOIN loan l ON l.book = d.book AND l.id = d.loan WHERE d.book = $1 AND `+still+` AND d.loan > $3 ORDER BY d.loan LIMIT $4) s`,
		book, string(through), after, stillBatch).Scan(&found, &last)
	if err != nil || found == 0 {
		return last, 0, false, err
	}
	err = transact(ctx, w, func() error {
		result, err := w.Exec(ctx, `UPDATE loan_day AS d SET closed_through = $2
WHERE d.book = $1 AND d.loan > $3 AND d.loan <= $4 AND EXISTS (SELECT 1 FROM loan l WHERE l.book = d.book AND l.id = d.loan AND `+still+`)`, book, string(through), after, last)
		if err == nil {
			marked, err = result.RowsAffected()
		}
		return err
	})
	return last, marked, found == stillBatch, err
}

// openLoans reads the next loans after one that are to be closed; last is where to go on.
func openLoans(ctx context.Context, r database.Reader, book, after string, through date.Date) (loans []*Loan, last string, seen int64, err error) {
	rows, err := r.Query(ctx, "SELECT "+prefixed("l", loanColumns)+"\n"+toClose+" AND l.id > $3 ORDER BY l.id LIMIT $4", book, string(through), after, closeBatch)
	if err != nil {
		return nil, "", 0, err
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scanLoan(rows)
		if err != nil {
			return nil, "", 0, err
		}
		last = l.ID
		seen++
		if l.terms.Contract.DisbursedOn <= dayOf(through) {
			loans = append(loans, l)
		}
	}
	return loans, last, seen, rows.Err()
}

// prefixed names columns by the alias of their table.
func prefixed(alias, columns string) string {
	names := strings.Split(columns, ",")
	for i := range names {
		names[i] = alias + "." + strings.TrimSpace(names[i])
	}
	return strings.Join(names, ", ")
}

// eventsOf reads the events of several loans at once.
func eventsOf(ctx context.Context, r database.Reader, book string, loans []*Loan) (map[string][]servicing.Event, map[string]error, error) {
	if len(loans) == 0 {
		return nil, nil, nil
	}
	rows, err := r.Query(ctx, "SELECT loan, seq, on_date, act, detail FROM loan_event WHERE book = $1 AND loan BETWEEN $2 AND $3 ORDER BY loan, seq", book, loans[0].ID, loans[len(loans)-1].ID)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	all, wrong := map[string][]servicing.Event{}, map[string]error{}
	for rows.Next() {
		var loan, on, name, detail string
		var seq int64
		if err := rows.Scan(&loan, &seq, &on, &name, &detail); err != nil {
			return nil, nil, err
		}
		if name == opened {
			continue
		}
		e, err := readEvent(seq, on, name, detail)
		if err != nil {
			wrong[loan] = fmt.Errorf("event %d: %w", seq, err)
			continue
		}
		all[loan] = append(all[loan], e)
	}
	return all, wrong, rows.Err()
}

// derive gives the rows of loans as of a day, and those that could not be derived.
func derive(ctx context.Context, r database.Reader, book string, loans []*Loan, on date.Date, limits Limits) (rows []any, failures []Failure, err error) {
	events, wrong, err := eventsOf(ctx, r, book, loans)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range loans {
		s, err := l.derive(events[l.ID], on)
		if err = errors.Join(wrong[l.ID], err); err != nil {
			failures = append(failures, Failure{book, l.ID, err})
			continue
		}
		days := s.DaysPastDue()
		next := ""
		due, amount, ok := s.NextDue()
		if ok {
			next = due.String()
		}
		rows = append(rows, book, l.ID, string(on), l.Events, s.Outstanding(), s.Arrears().Sum(), int64(days), limits.Class(days), next, amount)
	}
	return rows, failures, nil
}

var dayTable = database.Table{Name: "loan_day", Columns: []string{"book", "loan", "closed_through", "events", "outstanding", "due", "days_past_due", "class", "next_due_on", "next_due"},
	Conflict: `ON CONFLICT (book, loan) DO UPDATE SET closed_through = excluded.closed_through, events = excluded.events, outstanding = excluded.outstanding,
  due = excluded.due, days_past_due = excluded.days_past_due, class = excluded.class, next_due_on = excluded.next_due_on, next_due = excluded.next_due`}

func keep(ctx context.Context, w *database.Writer, rows []any) error {
	if len(rows) == 0 {
		return nil
	}
	return transact(ctx, w, func() error { return w.Insert(ctx, &dayTable, rows) })
}

func transact(ctx context.Context, w *database.Writer, do func() error) error {
	if err := w.Begin(ctx); err != nil {
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, w.Rollback(context.WithoutCancel(ctx)))
	}
	return w.Commit(ctx)
}

// note keeps what a close of day came to. A loan that cannot be closed is tried each time, so the failures are all there are.
func (c *Closed) note(ctx context.Context, w *database.Writer, book string, started time.Time) error {
	return transact(ctx, w, func() error {
		if _, err := w.Exec(ctx, "DELETE FROM loan_close_failure WHERE book = $1", book); err != nil {
			return err
		}
		for _, f := range c.Failures {
			if _, err := w.Exec(ctx, "INSERT INTO loan_close_failure (book, loan, through, reason) VALUES ($1, $2, $3, $4)", book, f.Loan, string(c.Through), f.Err.Error()); err != nil {
				return err
			}
		}
		_, err := w.Exec(ctx, `INSERT INTO loan_close (book, through, started_at, ended_at, loans, failed) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (book, through) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at, loans = excluded.loans, failed = excluded.failed`,
			book, string(c.Through), stamp(started), stamp(time.Now()), c.Loans, int64(len(c.Failures)))
		return err
	})
}

const stampLayout = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }
