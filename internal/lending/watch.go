package lending

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/journal"
)

// DayEnd closes days in the background: each day as it comes, and again the loans of which more is known since. It needs no lock: two of them do
// the same work twice and come to the same.
type DayEnd struct {
	db    *database.DB
	today func() date.Date

	mu      sync.Mutex
	running bool
	at      Progress
	err     error
	cancel  context.CancelFunc
	ctx     context.Context
	done    sync.WaitGroup
}

// Progress of a close of day.
type Progress struct {
	Running     bool
	Book        string
	Through     date.Date
	Done, Total int64
	Err         error // why the last one broke off
}

// NewDayEnd makes the background work of a store, which Watch or Start begin and Close ends. today gives the day to close through.
func NewDayEnd(db *database.DB, today func() date.Date) *DayEnd {
	d := &DayEnd{db: db, today: today}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close stops what is going on and waits for it. What was closed stays closed.
func (d *DayEnd) Close() {
	d.cancel()
	d.done.Wait()
}

// watchEvery is how often Watch looks for something to do, in which lists may be behind what was recorded.
const watchEvery = 2 * time.Second

// Watch keeps days closed until Close. What goes wrong is logged and tried again.
func (d *DayEnd) Watch(log *slog.Logger) {
	d.done.Go(func() {
		var last string
		for {
			now, err := d.heads()
			if err == nil && now != last && d.begin() {
				err = d.close()
			}
			if err == nil {
				last = now
			} else if d.ctx.Err() == nil {
				log.Error("close of day", "error", err)
			}
			select {
			case <-d.ctx.Done():
				return
			case <-time.After(watchEvery):
			}
		}
	})
}

// heads says how far the books and the day have come.
func (d *DayEnd) heads() (string, error) {
	heads, err := journal.Heads(d.ctx, d.db)
	return fmt.Sprint(d.today(), heads), err
}

// Closers are the roles that may begin a close of day. It records nothing, so it takes no second person.
var Closers = []string{"loan-officer", "finance", "programme-officer", "administrator"}

// Start closes the day now, in the background, unless that is going on.
func (d *DayEnd) Start() {
	if d.begin() {
		d.done.Go(func() { _ = d.close() }) // State tells what went wrong
	}
}

// State is how far it is.
func (d *DayEnd) State() Progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.at
	p.Running, p.Err = d.running, d.err
	return p
}

func (d *DayEnd) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running || d.ctx.Err() != nil {
		return false
	}
	d.running, d.at = true, Progress{Through: d.today()}
	return true
}

func (d *DayEnd) close() error {
	through := d.today()
	books, err := entity.Find(d.ctx, d.db, entity.Filter{Book: entity.Headquarters, Type: "book"})
	for _, b := range books {
		closer := Closer{Progress: func(done, total int64) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.at = Progress{Book: b.ID, Through: through, Done: done, Total: total}
		}}
		_, e := closer.Close(d.ctx, d.db, b.ID, through)
		err = errors.Join(err, e)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running, d.err = false, err
	return err
}

// Run is a close of day as it was kept.
type Run struct {
	Book           string
	Through        date.Date
	Started, Ended time.Time
	Loans, Failed  int64
}

// Unclosed is a loan that the last close of day could not close.
type Unclosed struct {
	Book, Loan string
	Through    date.Date
	Reason     string
}

// runsMax bounds how many closes of day a list goes back.
const runsMax = 400

// Runs lists the closes of day of a book, the latest day first.
func Runs(ctx context.Context, r database.Reader, book string) ([]Run, error) {
	rows, err := r.Query(ctx, "SELECT through, started_at, ended_at, loans, failed FROM loan_close WHERE book = $1 ORDER BY through DESC LIMIT $2", book, runsMax)
	if err != nil {
		return nil, fmt.Errorf("list closes of day: %w", err)
	}
	defer rows.Close()
	var list []Run
	for rows.Next() {
		run := Run{Book: book}
		var through, started, ended string
		if err := rows.Scan(&through, &started, &ended, &run.Loans, &run.Failed); err != nil {
			return nil, err
		}
		run.Through = date.Date(through)
		var err1, err2 error
		run.Started, err1 = time.Parse(stampLayout, started)
		run.Ended, err2 = time.Parse(stampLayout, ended)
		if err := cmp.Or(err1, err2); err != nil {
			return nil, fmt.Errorf("close of day %s: %w", through, err)
		}
		list = append(list, run)
	}
	return list, rows.Err()
}

// ClosedThrough is the latest day through which a book was closed; "" when it never was.
func ClosedThrough(ctx context.Context, r database.Reader, book string) (date.Date, error) {
	var through string
	if err := r.QueryRow(ctx, "SELECT COALESCE(MAX(through), '') FROM loan_close WHERE book = $1", book).Scan(&through); err != nil {
		return "", fmt.Errorf("read the last close of day of %s: %w", book, err)
	}
	return date.Date(through), nil
}

// LastClosed is when a close of day of a book last ended; "" when none has. What lists say of its loans stays as it is until then, or until
// something is recorded.
func LastClosed(ctx context.Context, r database.Reader, book string) (string, error) {
	var ended string
	if err := r.QueryRow(ctx, "SELECT COALESCE(MAX(ended_at), '') FROM loan_close WHERE book = $1", book).Scan(&ended); err != nil {
		return "", fmt.Errorf("read when %s was closed: %w", book, err)
	}
	return ended, nil
}

// FindUnclosed lists the loans of a book that the last close of day could not close.
func FindUnclosed(ctx context.Context, r database.Reader, book string) ([]Unclosed, error) {
	rows, err := r.Query(ctx, "SELECT loan, through, reason FROM loan_close_failure WHERE book = $1 ORDER BY loan", book)
	if err != nil {
		return nil, fmt.Errorf("list loans that are not closed: %w", err)
	}
	defer rows.Close()
	var list []Unclosed
	for rows.Next() {
		u := Unclosed{Book: book}
		var through string
		if err := rows.Scan(&u.Loan, &through, &u.Reason); err != nil {
			return nil, err
		}
		u.Through = date.Date(through)
		list = append(list, u)
	}
	return list, rows.Err()
}
