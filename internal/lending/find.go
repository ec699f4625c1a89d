package lending

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
)

// Line is a loan in a list, with what the last close of day found. A loan that was never closed has no ClosedThrough.
type Line struct {
	Book, ID, Product, Borrower, Segment, Lender, Money, Pool, Area, Village, Town, Outlet string
	Status                                                                                 string
	Class                                                                                  string
	Extensions                                                                             int64
	Agreed, Disbursed, Outstanding                                                         int64 // fen
	Due                                                                                    int64 // due and unpaid
	Days                                                                                   int64 // past due
	NextDueOn                                                                              date.Date
	NextDue                                                                                int64
	ClosedThrough                                                                          date.Date
	Behind                                                                                 bool // more is known of the loan than when it was closed
}

// Filter narrows a list of loans; empty fields narrow nothing.
type Filter struct {
	Book  string
	Areas []string // villages, towns or other areas in one of which the loan must lie
	// Equal values by column: borrower, outlet, town, village, lender, product, pool, segment, status, class.
	Is       map[string]string
	Extended bool
	PastDue  bool
	DueNow   bool      // something fell due on the day that was closed and is unpaid
	DueFrom  date.Date // next due date
	DueUntil date.Date
	Search   string // beginning of the loan's number or the borrower's code
	Sort     string // id, days, due, next, outstanding, disbursed; -id and so on descending
	Limit    int    // 0 for LinesMax
	Offset   int
}

// LinesMax bounds what one list gives.
const LinesMax = 100_000

// Sums are over all loans of a filter, beyond the limit too.
type Sums struct{ Loans, Disbursed, Outstanding, Due, NextDue int64 }

var filterColumns = map[string]string{
	"borrower": "l.borrower", "outlet": "l.outlet", "town": "l.town", "village": "l.village", "lender": "l.lender", "product": "l.product", "pool": "l.pool", "segment": "l.segment",
	"status": "l.status", "class": "CASE WHEN l.class <> '' THEN l.class ELSE COALESCE(d.class, '') END",
}

var sortColumns = map[string]string{
	"id": "l.id", "days": "COALESCE(d.days_past_due, 0)", "due": "COALESCE(d.due, 0)", "next": "COALESCE(d.next_due_on, '')", "outstanding": "l.disbursed + l.capitalised - l.principal", "disbursed": "l.disbursed",
}

// conditions gives the WHERE clause of a filter and its arguments.
func (f *Filter) conditions() (where string, args []any) {
	add := func(condition string, value any) {
		args = append(args, value)
		where += " AND " + strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args)))
	}
	args = []any{f.Book}
	where = "l.book = $1"
	for _, key := range []string{"borrower", "outlet", "town", "village", "lender", "product", "pool", "segment", "status", "class"} {
		if value := f.Is[key]; value != "" {
			add(filterColumns[key]+" = ?", value)
		}
	}
	where += within(f.Areas, &args)
	if f.Extended {
		where += " AND l.extensions > 0"
	}
	if f.PastDue {
		where += " AND d.days_past_due > 0 AND d.due > 0"
	}
	if f.DueNow {
		where += " AND d.due > 0 AND d.days_past_due = 0"
	}
	if f.DueFrom != "" {
		add("d.next_due_on >= ?", string(f.DueFrom))
	}
	if f.DueUntil != "" {
		add("d.next_due_on <> '' AND d.next_due_on <= ?", string(f.DueUntil))
	}
	if f.Search != "" {
		pattern := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Search) + "%"
		args = append(args, pattern, pattern)
		where += fmt.Sprintf(` AND (l.id LIKE $%d ESCAPE '\' OR l.borrower LIKE $%d ESCAPE '\')`, len(args)-1, len(args))
	}
	return where, args
}

// within is the condition that a loan lies in one of some areas.
func within(areas []string, args *[]any) string {
	if len(areas) == 0 {
		return ""
	}
	var any []string
	for _, column := range []string{"l.town", "l.village", "l.area"} {
		var marks []string
		for _, a := range areas {
			*args = append(*args, a)
			marks = append(marks, "$"+strconv.Itoa(len(*args)))
		}
		any = append(any, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	return " AND (" + strings.Join(any, " OR ") + ")"
}

const lineTables = `FROM loan l
LEFT JOIN loan_day d ON d.book = l.book AND d.loan = l.id
WHERE `

// Add adds up all loans of a book that a filter leaves, whatever its limit.
func Add(ctx context.Context, r database.Reader, f Filter) (sums Sums, err error) {
	where, args := f.conditions()
	err = r.QueryRow(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(l.disbursed), 0) AS BIGINT), CAST(COALESCE(SUM(l.disbursed + l.capitalised - l.principal), 0) AS BIGINT),
  CAST(COALESCE(SUM(d.due), 0) AS BIGINT), CAST(COALESCE(SUM(d.next_due), 0) AS BIGINT)
`+lineTables+where, args...).Scan(&sums.Loans, &sums.Disbursed, &sums.Outstanding, &sums.Due, &sums.NextDue)
	if err != nil {
		return sums, fmt.Errorf("add up loans of %s: %w", f.Book, err)
	}
	return sums, nil
}

// Find lists the loans of a book that a filter leaves.
func Find(ctx context.Context, r database.Reader, f Filter) (list []Line, err error) {
	where, args := f.conditions()
	key, descending := strings.CutPrefix(f.Sort, "-")
	order := sortColumns[key]
	if order == "" {
		order = "l.id"
	}
	if descending {
		order += " DESC"
	}
	limit := f.Limit
	if limit <= 0 {
		limit = LinesMax
	}
	rows, err := r.Query(ctx, `SELECT l.book, l.id, l.product, l.borrower, l.segment, l.lender, l.money, l.pool, l.area, l.village, l.town, l.outlet, l.status,
  CASE WHEN l.class <> '' THEN l.class ELSE COALESCE(d.class, '') END, l.extensions, l.agreed, l.disbursed, l.disbursed + l.capitalised - l.principal,
  COALESCE(d.due, 0), COALESCE(d.days_past_due, 0), COALESCE(d.next_due_on, ''), COALESCE(d.next_due, 0), COALESCE(d.closed_through, ''), COALESCE(d.events, 0) <> l.events
`+lineTables+where+fmt.Sprintf("\nORDER BY %s, l.id\nLIMIT %d OFFSET %d", order, limit, max(f.Offset, 0)), args...)
	if err != nil {
		return nil, fmt.Errorf("list loans of %s: %w", f.Book, err)
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		var next, through string
		if err := rows.Scan(&l.Book, &l.ID, &l.Product, &l.Borrower, &l.Segment, &l.Lender, &l.Money, &l.Pool, &l.Area, &l.Village, &l.Town, &l.Outlet, &l.Status, &l.Class,
			&l.Extensions, &l.Agreed, &l.Disbursed, &l.Outstanding, &l.Due, &l.Days, &next, &l.NextDue, &through, &l.Behind); err != nil {
			return nil, err
		}
		l.NextDueOn, l.ClosedThrough = date.Date(next), date.Date(through)
		list = append(list, l)
	}
	return list, rows.Err()
}

// Terms are the contract and what matters of it once it is not kept to the letter.
func (l *Loan) Terms() *servicing.Loan { return l.terms.loan() }

// PaidOutOn is the day on which the loan was paid out, or is to be.
func (l *Loan) PaidOutOn() date.Date { return DateOf(l.terms.Contract.DisbursedOn) }

// DateOf writes a day of the engine as a date, "" for none.
func DateOf(d schedule.Day) date.Date {
	if d == 0 {
		return ""
	}
	return date.Date(d.String())
}

// Happening is an event of a loan with the entry that brought it.
type Happening struct {
	Seq int64
	On  date.Date
	// Name is opened, payment, refund, charge, waiver, disbursement, extension, rate-change or reversal.
	Name string
	Act  servicing.Act
}

// History lists what happened to a loan, in the order in which it was recorded.
func (l *Loan) History(ctx context.Context, r database.Reader) ([]Happening, error) {
	rows, err := r.Query(ctx, "SELECT seq, on_date, act, detail FROM loan_event WHERE book = $1 AND loan = $2 ORDER BY seq", l.Book, l.ID)
	if err != nil {
		return nil, fmt.Errorf("read history of loan %s: %w", l.ID, err)
	}
	defer rows.Close()
	var list []Happening
	for rows.Next() {
		var h Happening
		var on, detail string
		if err := rows.Scan(&h.Seq, &on, &h.Name, &detail); err != nil {
			return nil, err
		}
		h.On = date.Date(on)
		name := h.Name
		if name == opened {
			name = "disbursement"
		}
		e, err := readEvent(h.Seq, on, name, detail)
		if err != nil {
			return nil, fmt.Errorf("event %d of loan %s: %w", h.Seq, l.ID, err)
		}
		h.Act = e.Act
		list = append(list, h)
	}
	return list, rows.Err()
}

// Version is a version of a loan's schedule.
type Version struct {
	Version, Seq int64 // Seq of the entry that fixed it
	On           date.Date
	Contract     string // hash of contract and conventions
	Hash         string // of them and the rows
}

// Versions lists the versions of a loan's schedule, the first one first.
func (l *Loan) Versions(ctx context.Context, r database.Reader) ([]Version, error) {
	rows, err := r.Query(ctx, "SELECT version, seq, on_date, contract, hash FROM loan_schedule WHERE book = $1 AND loan = $2 ORDER BY version", l.Book, l.ID)
	if err != nil {
		return nil, fmt.Errorf("read schedules of loan %s: %w", l.ID, err)
	}
	defer rows.Close()
	var list []Version
	for rows.Next() {
		var v Version
		var on string
		if err := rows.Scan(&v.Version, &v.Seq, &on, &v.Contract, &v.Hash); err != nil {
			return nil, err
		}
		v.On = date.Date(on)
		list = append(list, v)
	}
	return list, rows.Err()
}

// Account derives the loan as State does, and keeps for every row how it was computed.
func (l *Loan) Account(ctx context.Context, r database.Reader, on date.Date) (*servicing.State, error) {
	events, err := l.events(ctx, r)
	if err != nil {
		return nil, err
	}
	return l.deriveBy(servicing.Account, events, on)
}

// PoolAccount is what a pool was given, guarantees and has paid, in fen.
type PoolAccount struct {
	Contributed, Released  int64 // put in, given back
	Balance                int64 // held now
	Guaranteed             int64 // outstanding principal of others' loans that it answers for
	Granted, GrantedByPool int64 // paid out under it, and of that out of its own money
	Outstanding            int64 // of both
	Called, Recovered      int64
}

// Call is what a pool paid a lender for a loan.
type Call struct {
	Loan         string
	Seq          int64
	On           date.Date
	Base, Amount int64
	Recovered    int64
}

// ReadPool adds up a pool's account and lists its calls, the latest first.
func ReadPool(ctx context.Context, r database.Reader, book, pool string) (a PoolAccount, calls []Call, err error) {
	one := func(query string, args []any, to ...any) {
		if err == nil {
			err = r.QueryRow(ctx, query, args...).Scan(to...)
		}
	}
	account := "pool:" + pool
	for flow, to := range map[string]*int64{"pool-contribution": &a.Contributed, "pool-release": &a.Released} {
		// k finds the postings in the index by flow, p reads each; of p alone SQLite would read the whole book.
		one(`SELECT CAST(COALESCE(SUM(p.amount * p.sign), 0) AS BIGINT)
FROM posting k
JOIN posting p ON p.book = k.book AND p.seq = k.seq AND p.line = k.line
WHERE k.book = $1 AND k.flow = $2 AND (p.to_account = $3 OR p.from_account = $4)`, []any{book, flow, account, account}, to)
	}
	one("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM balance WHERE book = $1 AND account = $2", []any{book, account}, &a.Balance)
	one("SELECT CAST(COALESCE(SUM(guaranteed), 0) AS BIGINT) FROM loan_pool WHERE book = $1 AND pool = $2", []any{book, pool}, &a.Guaranteed)
	one(`SELECT CAST(COALESCE(SUM(disbursed), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN money = 'pool' THEN disbursed ELSE 0 END), 0) AS BIGINT),
  CAST(COALESCE(SUM(disbursed + capitalised - principal), 0) AS BIGINT), CAST(COALESCE(SUM(claimed), 0) AS BIGINT), CAST(COALESCE(SUM(recovered), 0) AS BIGINT)
FROM loan
WHERE book = $1 AND pool = $2`, []any{book, pool}, &a.Granted, &a.GrantedByPool, &a.Outstanding, &a.Called, &a.Recovered)
	if err != nil {
		return a, nil, fmt.Errorf("read pool %s: %w", pool, err)
	}
	rows, err := r.Query(ctx, `SELECT c.loan, c.seq, c.on_date, c.base, c.amount, l.recovered
FROM guarantee_call c
JOIN loan l ON l.book = c.book AND l.id = c.loan
WHERE c.book = $1 AND c.pool = $2
ORDER BY c.on_date DESC, c.loan`, book, pool)
	if err != nil {
		return a, nil, fmt.Errorf("list calls of pool %s: %w", pool, err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Call
		var on string
		if err := rows.Scan(&c.Loan, &c.Seq, &on, &c.Base, &c.Amount, &c.Recovered); err != nil {
			return a, nil, err
		}
		c.On = date.Date(on)
		calls = append(calls, c)
	}
	return a, calls, rows.Err()
}

// Extended is an extension in a list.
type Extended struct {
	Loan, Borrower, Area string
	Seq                  int64
	On                   date.Date
	Act                  servicing.Extension
	Outstanding          int64 // of the loan now
}

// Extensions lists the extensions of a book's loans, the latest first.
func Extensions(ctx context.Context, r database.Reader, f Filter) ([]Extended, error) {
	where, args := f.conditions()
	rows, err := r.Query(ctx, `SELECT l.id, l.borrower, l.area, e.seq, e.on_date, e.detail, l.disbursed + l.capitalised - l.principal
FROM loan l
JOIN loan_event e ON e.book = l.book AND e.loan = l.id AND e.act = 'extension'
LEFT JOIN loan_day d ON d.book = l.book AND d.loan = l.id
WHERE l.extensions > 0 AND `+where+`
ORDER BY e.on_date DESC, e.seq DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("list extensions of %s: %w", f.Book, err)
	}
	defer rows.Close()
	var list []Extended
	for rows.Next() {
		var x Extended
		var on, detail string
		if err := rows.Scan(&x.Loan, &x.Borrower, &x.Area, &x.Seq, &on, &detail, &x.Outstanding); err != nil {
			return nil, err
		}
		x.On = date.Date(on)
		act, err := readAct[servicing.Extension]([]byte(detail))
		if err != nil {
			return nil, fmt.Errorf("extension %d of loan %s: %w", x.Seq, x.Loan, err)
		}
		x.Act = act.(servicing.Extension)
		list = append(list, x)
	}
	return list, rows.Err()
}

// Mirrored lists the loans of a book that have statements of their lender, in order.
func Mirrored(ctx context.Context, r database.Reader, f Filter) ([]string, error) {
	where, args := f.conditions()
	rows, err := r.Query(ctx, "SELECT DISTINCT l.id "+lineTables+where+" AND EXISTS (SELECT 1 FROM loan_statement s WHERE s.book = l.book AND s.loan = l.id) ORDER BY l.id", args...)
	if err != nil {
		return nil, fmt.Errorf("list mirrored loans of %s: %w", f.Book, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}

// Paid is a payment in a list.
type Paid struct {
	Loan, Borrower string
	Seq            int64
	On             date.Date
	Amount         int64
	Outstanding    int64 // of the loan now
}

// Payments lists the payments on the loans of a filter from one day to another, the latest first. Those that were taken back are left out.
func Payments(ctx context.Context, r database.Reader, f Filter, from, until date.Date) ([]Paid, error) {
	where, args := f.conditions()
	args = append(args, string(from), string(until))
	rows, err := r.Query(ctx, fmt.Sprintf(`SELECT l.id, l.borrower, e.seq, e.on_date, e.detail, l.disbursed + l.capitalised - l.principal
FROM loan l
JOIN loan_event e ON e.book = l.book AND e.loan = l.id AND e.act = 'payment'
LEFT JOIN loan_day d ON d.book = l.book AND d.loan = l.id
WHERE e.on_date BETWEEN $%d AND $%d AND %s
  AND NOT EXISTS (SELECT 1 FROM loan_event v WHERE v.book = e.book AND v.loan = e.loan AND v.act = 'reversal' AND v.detail = '{"Of":"' || e.seq || '"}')
ORDER BY e.on_date DESC, e.seq DESC
LIMIT %d`, len(args)-1, len(args), where, LinesMax), args...)
	if err != nil {
		return nil, fmt.Errorf("list payments of %s: %w", f.Book, err)
	}
	defer rows.Close()
	var list []Paid
	for rows.Next() {
		var p Paid
		var on, detail string
		if err := rows.Scan(&p.Loan, &p.Borrower, &p.Seq, &on, &detail, &p.Outstanding); err != nil {
			return nil, err
		}
		act, err := readAct[servicing.Payment]([]byte(detail))
		if err != nil {
			return nil, fmt.Errorf("payment %d of loan %s: %w", p.Seq, p.Loan, err)
		}
		p.On, p.Amount = date.Date(on), act.(servicing.Payment).Amount
		list = append(list, p)
	}
	return list, rows.Err()
}
