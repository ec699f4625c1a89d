package lending

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
)

// Loan is a loan as its last fact left it. Amounts are in fen.
type Loan struct {
	Book, ID    string
	Application string
	Product     string
	Project     string
	Borrower    string
	Segment     string // enterprise or household
	Lender      string
	Money       string // bank, social or pool
	Fund        string
	Pool        string
	Area        string
	Village     string
	Town        string
	Outlet      string
	Reference   int64 // reference rate, parts per million
	Status      string
	Agreed      int64
	Events      int64
	LastOn      date.Date // latest day on which an event took effect
	moved
	Claimed     int64 // paid by the pool under its guarantee
	ClaimShare  int64 // the pool's share of the loss, and so of what is recovered, in parts per million
	ClaimBefore int64 // received on the loan before the pool paid
	Recovered   int64 // passed on to the pool
	Costs       int64 // of recovering it, which come before the sharing
	Extensions  int64
	Class       string // set by a Classification; "" when days past due decide
	Version     int64  // of the schedule
	Hash        string

	digest  string
	terms   *terms
	text    string            // of the terms, as kept
	heard   bool              // history is all that happened
	history []servicing.Event // without the disbursement that began the loan
}

// moved is what the entries of a loan have moved so far.
type moved struct {
	Disbursed, Capitalised, Principal, Interest, Penalty, Fee, Suspense int64
	PoolSubsidy, FiscalSubsidy                                          int64 // of interest put off
}

// received is what the borrower has paid, without what is held for them.
func (m *moved) received() int64 { return m.Principal + m.Interest + m.Penalty + m.Fee }

// Outstanding is the principal owed.
func (m *moved) Outstanding() int64 { return m.Disbursed + m.Capitalised - m.Principal }

// terms are the conventions of a contract, as they are kept.
type terms struct {
	Contract      schedule.Contract `json:"contract"`
	LateSurcharge int64             `json:"late_surcharge,omitempty"`
	Order         []string          `json:"order,omitempty"`
	Sweep         string            `json:"sweep,omitempty"`
	Dust          int64             `json:"dust,omitempty"`
}

func (t *terms) loan() *servicing.Loan {
	order, _ := readOrder(t.Order)
	l := &servicing.Loan{Contract: t.Contract, LateSurcharge: t.LateSurcharge, Order: order, Dust: t.Dust}
	if t.Sweep == "components" {
		l.Sweep = servicing.ComponentByComponent
	}
	return l
}

const loanColumns = `book, id, application, product, project, borrower, segment, lender, money, fund, pool, area, village, town, outlet, terms, reference, status,
agreed, events, last_on, disbursed, capitalised, principal, interest, penalty, fee, suspense, subsidy_pool, subsidy_fiscal, claimed, claim_share, claim_before,
recovered, recovery_cost, extensions, class, version, version_hash, digest`

func scanLoan(row interface{ Scan(...any) error }) (*Loan, error) {
	l := &Loan{}
	var text, last string
	err := row.Scan(&l.Book, &l.ID, &l.Application, &l.Product, &l.Project, &l.Borrower, &l.Segment, &l.Lender, &l.Money, &l.Fund, &l.Pool, &l.Area, &l.Village, &l.Town,
		&l.Outlet, &text, &l.Reference, &l.Status, &l.Agreed, &l.Events, &last, &l.Disbursed, &l.Capitalised, &l.Principal, &l.Interest, &l.Penalty, &l.Fee,
		&l.Suspense, &l.PoolSubsidy, &l.FiscalSubsidy, &l.Claimed, &l.ClaimShare, &l.ClaimBefore, &l.Recovered, &l.Costs, &l.Extensions, &l.Class, &l.Version, &l.Hash, &l.digest)
	if err != nil {
		return nil, err
	}
	l.LastOn, l.text = date.Date(last), text
	if r := known.get(l.digest); r != nil {
		l.terms = r.terms
		return l, nil
	}
	l.terms = &terms{}
	if err := json.Unmarshal([]byte(text), l.terms); err != nil {
		return nil, fmt.Errorf("terms of loan %s: %w", l.ID, err)
	}
	return l, nil
}

// Get reads a loan of a book, or a NotFound fault.
func Get(ctx context.Context, r database.Reader, book, id string) (*Loan, error) {
	l, err := scanLoan(r.QueryRow(ctx, "SELECT "+loanColumns+" FROM loan WHERE book = $1 AND id = $2", book, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, unknownLoan(book, id)
	}
	if err != nil {
		return nil, fmt.Errorf("get loan %s of book %s: %w", id, book, err)
	}
	return l, nil
}

func unknownLoan(book, id string) error {
	return fault.New(fault.NotFound, "ref.unknown", "loan %q is not recorded in book %s", id, book).For("loan").Mend("Record its contract first, or correct the number.")
}

var (
	loanTable      = database.Replacing("loan", 2, strings.Fields(strings.ReplaceAll(loanColumns, ",", " ")))
	guaranteeTable = database.Replacing("loan_pool", 2, []string{"book", "pool", "guaranteed"})
	eventTable     = database.Table{Name: "loan_event", Columns: []string{"book", "loan", "seq", "on_date", "act", "detail"}}
	versionTable   = database.Table{Name: "loan_schedule", Columns: []string{"book", "loan", "version", "seq", "on_date", "contract", "hash"}}
)

// loans of a book, as facts read and change it.
var loans = fact.Keep(fact.KeptTable[Loan]{
	Type:  "loan",
	Table: &loanTable,
	Scan: func(scan func(...any) error) (book, id string, l Loan, err error) {
		read, err := scanLoan(scanner(scan))
		if err != nil {
			return "", "", Loan{}, err
		}
		return read.Book, read.ID, *read, nil
	},
	Args: func(l *Loan) []any {
		return []any{l.Book, l.ID, l.Application, l.Product, l.Project, l.Borrower, l.Segment, l.Lender, l.Money, l.Fund, l.Pool, l.Area, l.Village, l.Town, l.Outlet, l.text, l.Reference, l.Status,
			l.Agreed, l.Events, string(l.LastOn), l.Disbursed, l.Capitalised, l.Principal, l.Interest, l.Penalty, l.Fee, l.Suspense, l.PoolSubsidy, l.FiscalSubsidy, l.Claimed, l.ClaimShare, l.ClaimBefore,
			l.Recovered, l.Costs, l.Extensions, l.Class, l.Version, l.Hash, l.digest}
	},
	Ahead: ahead,
})

type scanner func(...any) error

func (s scanner) Scan(into ...any) error { return s(into...) }

// ahead reads the events of loans that are not remembered, and names the accounts that payments move.
func ahead(ctx context.Context, r database.Reader, book string, rows map[string]*Loan) (accounts []string, err error) {
	var unknown []string
	for id, l := range rows {
		list := []account{l.principal(), {ledger.Borrower, l.Borrower}}
		if l.Suspense > 0 {
			list = append(list, account{ledger.Suspense, id})
		}
		for _, a := range list {
			accounts = append(accounts, ledger.NewAccount(book, a.class, a.owner, "", "", "").ID)
		}
		if l.Events > 0 && known.get(l.digest) == nil {
			unknown = append(unknown, id)
		}
	}
	slices.Sort(accounts)
	accounts = slices.Compact(accounts)
	slices.Sort(unknown)
	err = database.Among(ctx, r, "SELECT loan, seq, on_date, act, detail FROM loan_event WHERE book = $1 AND loan IN (…) ORDER BY loan, seq", []any{book}, unknown, func(scan func(...any) error) error {
		var id string
		e, tells, err := scanEvent(func(into ...any) error { return scan(append([]any{&id}, into...)...) })
		if err != nil {
			return fmt.Errorf("events of loan %s: %w", id, err)
		}
		if tells {
			rows[id].history = append(rows[id].history, e)
		}
		return nil
	})
	for _, id := range unknown {
		rows[id].heard = true
	}
	return accounts, err
}

func get(tx *fact.Tx, id string) (*Loan, error) {
	l, ok, err := loans.Get(tx, id)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, unknownLoan(tx.Book, id)
	}
	return &l, nil
}

// agree sets the terms, which are shared and never changed.
func (l *Loan) agree(t *terms) error {
	text, err := json.Marshal(t)
	l.terms, l.text = t, string(text)
	return err
}

// enter makes the loan's row, and the first version of its schedule.
func (l *Loan) enter(tx *fact.Tx, rows []schedule.Row) {
	due := make([]servicing.Row, len(rows))
	for i := range rows {
		due[i] = servicing.Row{N: i + 1, DueOn: rows[i].DueOn, Due: servicing.Amounts{servicing.Interest: rows[i].Interest, servicing.Principal: rows[i].Principal}}
	}
	l.fix(tx, due)
	l.keep(tx)
}

// keep puts the loan's row as it is now.
func (l *Loan) keep(tx *fact.Tx) { loans.Put(tx, l.ID, *l) }

// act is an event as it is kept.
type act struct {
	name string
	servicing.Act
	first bool // the disbursement that begins the loan
}

func disbursementOf(first bool, amount fact.Money) act {
	return act{"disbursement", servicing.Disbursement{Amount: int64(amount)}, first}
}

func rateChange(ppm int64) act { return act{"rate-change", servicing.RateChange{Rate: ppm}, false} }

// acts makes the value that an event's detail is read into.
var acts = map[string]func(detail []byte) (servicing.Act, error){
	"charge":       readAct[servicing.Charge],
	"waiver":       readAct[servicing.Waiver],
	"payment":      readAct[servicing.Payment],
	"refund":       readAct[servicing.Refund],
	"disbursement": readAct[servicing.Disbursement],
	"extension":    readAct[servicing.Extension],
	"rate-change":  readAct[servicing.RateChange],
	"reversal":     readAct[servicing.Reversal],
}

func readAct[T servicing.Act](detail []byte) (servicing.Act, error) {
	var a T
	err := json.Unmarshal(detail, &a)
	return a, err
}

// opened is the act of the disbursement that began a loan: its contract says it already, so the engine is not told again.
const opened = "opened"

// events reads what happened to a loan, unless it was heard already.
func (l *Loan) events(ctx context.Context, r database.Reader) ([]servicing.Event, error) {
	if l.heard {
		return slices.Clip(l.history), nil
	}
	rows, err := r.Query(ctx, "SELECT seq, on_date, act, detail FROM loan_event WHERE book = $1 AND loan = $2 ORDER BY seq", l.Book, l.ID)
	if err != nil {
		return nil, fmt.Errorf("read events of loan %s: %w", l.ID, err)
	}
	defer rows.Close()
	list := make([]servicing.Event, 0, l.Events+1)
	for rows.Next() {
		e, tells, err := scanEvent(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("events of loan %s: %w", l.ID, err)
		}
		if tells {
			list = append(list, e)
		}
	}
	return list, rows.Err()
}

// scanEvent scans an event from columns seq, on_date, act and detail. The disbursement that began the loan tells nothing: its contract does.
func scanEvent(scan func(...any) error) (e servicing.Event, tells bool, err error) {
	var seq int64
	var on, name, detail string
	if err := scan(&seq, &on, &name, &detail); err != nil || name == opened {
		return e, false, err
	}
	if e, err = readEvent(seq, on, name, detail); err != nil {
		return e, false, fmt.Errorf("event %d: %w", seq, err)
	}
	return e, true, nil
}

func readEvent(seq int64, on, name, detail string) (e servicing.Event, err error) {
	read := acts[name]
	if read == nil {
		return e, fmt.Errorf("act %q is not known", name)
	}
	a, err := read([]byte(detail))
	return servicing.Event{ID: strconv.FormatInt(seq, 10), On: dayOf(date.Date(on)), Act: a}, err
}

// State derives the loan at the close of a day from its contract and all events recorded up to that day.
func (l *Loan) State(ctx context.Context, r database.Reader, on date.Date) (*servicing.State, error) {
	events, err := l.events(ctx, r)
	if err != nil {
		return nil, err
	}
	return l.derive(events, on)
}

func (l *Loan) derive(events []servicing.Event, on date.Date) (*servicing.State, error) {
	return l.deriveBy(servicing.Derive, events, on)
}

func (l *Loan) deriveBy(by func(*servicing.Loan, []servicing.Event, schedule.Day) (*servicing.State, error), events []servicing.Event, on date.Date) (*servicing.State, error) {
	if l.Status == Agreed {
		return nil, fault.New(fault.Conflict, "loan.not-out", "loan %s has not been paid out", l.ID).For("loan").Mend("Record its disbursement first.")
	}
	s, err := by(l.terms.loan(), events, dayOf(on))
	switch {
	case errors.Is(err, servicing.ErrBeforeDisbursement):
		return nil, fault.New(fault.Invalid, "loan.before-disbursement", "loan %s was paid out on %s", l.ID, l.terms.Contract.DisbursedOn).For("on").Mend("Correct the date, or record the disbursement as of its own day.").Wrap(err)
	case err != nil:
		return nil, l.refused(err)
	}
	return s, nil
}

// refused is the fault of what the engine will not do.
func (l *Loan) refused(err error) error {
	return refusal(l.ID, err)
}

// add lets something happen to the loan: it derives the loan with the event in its place, and moves what follows from it.
func (l *Loan) add(tx *fact.Tx, a act) (*servicing.State, error) {
	if l.Status == Agreed {
		return nil, fault.New(fault.Conflict, "loan.not-out", "loan %s has not been paid out", l.ID).For("loan").Mend("Record its disbursement first.")
	}
	name := a.name
	if a.first {
		name = opened
		l.digest, l.heard = digestOf(l.text), true
	}
	detail, err := json.Marshal(a.Act)
	if err != nil {
		return nil, err
	}
	event := servicing.Event{ID: strconv.FormatInt(tx.Seq(), 10), On: dayOf(tx.On), Act: a.Act}
	digest := digestAfter(l.digest, tx.Seq(), string(tx.On), name, string(detail))
	s, err := l.next(tx, digest, a.first, event)
	if err != nil {
		return nil, err
	}
	sameRows := l.LastOn < tx.On && l.Extensions == 0 && onlySettles(s, a.Act)
	l.LastOn = max(l.LastOn, tx.On)
	l.Events++
	before := l.digest
	l.digest = digest
	if err := l.move(tx, s); err != nil {
		return nil, err
	}
	if !sameRows {
		if err := l.reschedule(tx, s); err != nil {
			return nil, err
		}
	}
	tx.Add(&eventTable, l.Book, l.ID, tx.Seq(), string(tx.On), name, string(detail))
	if l.heard && !a.first {
		l.history = append(slices.Clip(l.history), event)
	}
	if err := l.settle(tx, s); err != nil {
		return nil, err
	}
	known.put(l.digest, before, &remembered{l.terms, s})
	return s, nil
}

// next derives the loan with one more event, or with the disbursement that begins it, after which its digest is another.
func (l *Loan) next(tx *fact.Tx, digest string, first bool, event servicing.Event) (*servicing.State, error) {
	if r := known.get(digest); r != nil { // a trial has derived it, say
		return r.state, nil
	}
	if r := known.get(l.digest); r != nil && !first {
		s, ok, err := r.state.After(event)
		if err != nil {
			return nil, l.refused(err)
		}
		if ok {
			return s, nil
		}
	}
	events, err := l.events(tx.Context(), tx.Reader())
	if err != nil {
		return nil, err
	}
	if !first {
		events = append(events, event)
	}
	return l.derive(events, max(l.LastOn, tx.On))
}

// onlySettles tells whether an event, later than all others of a loan that was never extended, is a payment of what was due and of what is held: the rows
// stay as they were. An extension may take effect between two payments, and moves what is unpaid then.
func onlySettles(s *servicing.State, a servicing.Act) bool {
	p, ok := a.(servicing.Payment)
	return ok && p.Excess != servicing.Payoff && s.Receipts[len(s.Receipts)-1].Prepaid == 0
}

// settle writes the loan and its status.
func (l *Loan) settle(tx *fact.Tx, s *servicing.State) error {
	old := l.Status
	switch {
	case l.Status == WrittenOff:
	case l.Outstanding() == 0 && s.Undue == 0 && s.Deferred == 0 && s.Arrears().Sum() == 0:
		l.Status = Repaid
	default:
		l.Status = Active
	}
	if old != l.Status || l.Events == 1 {
		if err := tx.SetStatus("loan", l.ID, l.Status); err != nil {
			return err
		}
	}
	l.keep(tx)
	return nil
}

// opening sets what the first disbursement says of the contract.
func (l *Loan) opening(principal int64, on schedule.Day) error {
	t := *l.terms
	t.Contract.Principal, t.Contract.DisbursedOn = principal, on
	return l.agree(&t)
}

// derived is what the entries of a loan should have moved, once it is in a state.
func derived(s *servicing.State) moved {
	m := moved{Disbursed: s.Disbursed, Capitalised: s.Capitalised, Principal: s.Disbursed + s.Capitalised - s.Outstanding(), Suspense: s.Suspense}
	for i := range s.Rows {
		row := &s.Rows[i]
		m.Interest += row.Paid[servicing.Interest]
		m.Penalty += row.Paid[servicing.Penalty]
		m.Fee += row.Paid[servicing.Fee]
		if row.SubsidyFrom == servicing.Pool {
			m.PoolSubsidy += row.Subsidy
		} else {
			m.FiscalSubsidy += row.Subsidy
		}
	}
	return m
}

// move moves the difference between what the loan's entries have moved and what they should have.
func (l *Loan) move(tx *fact.Tx, s *servicing.State) error {
	to := derived(s)
	before := l.Outstanding()
	lender, borrower := l.lender(), account{ledger.Borrower, l.Borrower}
	for _, m := range []struct {
		by         int64
		flow, undo string
		from, to   account
	}{
		{to.Disbursed - l.Disbursed, "loan-disbursement", "disbursement-restored", lender, l.principal()},
		{to.Capitalised - l.Capitalised, "interest-capitalised", "capitalised-restored", borrower, l.principal()},
		{to.Principal - l.Principal, "principal-repaid", "principal-restored", l.principal(), lender},
		{to.Interest - l.Interest, "interest-paid", "interest-restored", borrower, lender},
		{to.Penalty - l.Penalty, "penalty-paid", "penalty-restored", borrower, lender},
		{to.Fee - l.Fee, "fee-paid", "fee-restored", borrower, lender},
		{to.Suspense - l.Suspense, "overpayment", "overpayment-used", borrower, account{ledger.Suspense, l.ID}},
		{to.PoolSubsidy - l.PoolSubsidy, "subsidy-paid", "subsidy-restored", account{ledger.Pool, l.Pool}, lender},
		{to.FiscalSubsidy - l.FiscalSubsidy, "subsidy-paid", "subsidy-restored", account{ledger.Donor, l.Book}, lender},
	} {
		if m.by < 0 {
			m.by, m.flow, m.from, m.to = -m.by, m.undo, m.to, m.from
		}
		if err := l.pay(tx, m.flow, m.from, m.to, m.by); err != nil {
			return err
		}
	}
	l.moved = to
	if err := l.share(tx); err != nil {
		return err
	}
	return l.guarantee(tx, l.Outstanding()-before)
}

// account is who holds what.
type account struct {
	class ledger.Class
	owner string
}

// lender is where the loan's money comes from and goes back to.
func (l *Loan) lender() account {
	if l.Money == "pool" {
		return account{ledger.Pool, l.Pool}
	}
	return account{ledger.Lender, l.Lender}
}

// principal is where what is owed stands.
func (l *Loan) principal() account {
	if l.Status == WrittenOff {
		return account{ledger.WrittenOff, l.ID}
	}
	return account{ledger.Loan, l.ID}
}

// pay moves an amount, if there is one, of the loan's fund. A pool pays from whatever it holds, the oldest first, unless it lends.
func (l *Loan) pay(tx *fact.Tx, flow string, from, to account, amount int64) error {
	if amount == 0 || from == to {
		return nil
	}
	m := fact.Movement{Flow: flow, Commodity: tx.Currency(), Fund: l.Fund, Amount: amount, Project: l.Project}
	if from.class == ledger.Pool && l.Money != "pool" {
		m.Fund = ""
	}
	var err error
	if m.From, err = tx.Account(from.class, from.owner, ""); err != nil {
		return err
	}
	if m.To, err = tx.Account(to.class, to.owner, ""); err != nil {
		return err
	}
	_, err = tx.Move(m)
	return err
}

// guarantee keeps what the loan's pool answers for.
func (l *Loan) guarantee(tx *fact.Tx, change int64) error {
	if l.Pool == "" || l.Money == "pool" || change == 0 {
		return nil
	}
	g, _, err := guarantees.Get(tx, l.Pool)
	if err != nil {
		return err
	}
	guarantees.Put(tx, l.Pool, guaranteed{l.Book, l.Pool, g.amount + change})
	return nil
}

// guaranteed is the principal outstanding that a pool answers for.
type guaranteed struct {
	book, pool string
	amount     int64
}

var guarantees = fact.Keep(fact.KeptTable[guaranteed]{
	Table: &guaranteeTable,
	Scan: func(scan func(...any) error) (book, id string, g guaranteed, err error) {
		err = scan(&g.book, &g.pool, &g.amount)
		return g.book, g.pool, g, err
	},
	Args: func(g *guaranteed) []any { return []any{g.book, g.pool, g.amount} },
})

// Rows are all rows of a loan's schedule as it stands: those that fell due and those to come.
func Rows(s *servicing.State) ([]servicing.Row, error) {
	ahead, err := s.ToCome()
	if err != nil {
		return nil, err
	}
	return append(s.Rows[:len(s.Rows):len(s.Rows)], ahead...), nil
}

// reschedule fixes a new version of the schedule when the rows have changed. Falling due and being paid change nothing.
func (l *Loan) reschedule(tx *fact.Tx, s *servicing.State) error {
	rows, err := Rows(s)
	if err != nil {
		return l.refused(err)
	}
	l.fix(tx, rows)
	return nil
}

// fix makes rows the next version of the schedule, if they are not those of the last one.
func (l *Loan) fix(tx *fact.Tx, rows []servicing.Row) {
	of := sha256.Sum256([]byte(l.text))
	b := journal.AppendFields(make([]byte, 0, 64+24*len(rows)), []string{"lastmile/schedule/1", hex.EncodeToString(of[:])})
	for i := range rows {
		if r := &rows[i]; r.N > 0 {
			b = journal.AppendFields(b, nil, int64(r.DueOn), r.Due[servicing.Principal]+r.Moved[servicing.Principal], r.Due[servicing.Interest]+r.Moved[servicing.Interest])
		}
	}
	sum := sha256.Sum256(b)
	hash := hex.EncodeToString(sum[:])
	if hash == l.Hash {
		return
	}
	l.Version++
	l.Hash = hash
	tx.Add(&versionTable, l.Book, l.ID, l.Version, tx.Seq(), string(tx.On), hex.EncodeToString(of[:]), hash)
}

// undo takes back the last fact about a loan: the state goes back to what it was, and the reversal moves back what the fact had moved. An
// earlier one cannot be taken back so, because later payments were allocated with it in mind.
func undo(tx *fact.Tx, id string) error {
	l, err := get(tx, id)
	if err != nil {
		return err
	}
	var last int64
	var name string
	if err := tx.QueryRow("SELECT seq, act FROM loan_event WHERE book = $1 AND loan = $2 ORDER BY seq DESC LIMIT 1", l.Book, id).Scan(&last, &name); err != nil {
		return err
	}
	if last != tx.Taking || l.Status == WrittenOff {
		return fault.New(fault.Conflict, "loan.later", "loan %s has gone on since entry %d", id, tx.Taking).For("entry").
			Mend("Record a loan-event-reversal of entry %d: what came later is then allocated anew.", tx.Taking)
	}
	if err := tx.Exec("DELETE FROM loan_event WHERE book = $1 AND loan = $2 AND seq = $3", l.Book, id, last); err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM loan_schedule WHERE book = $1 AND loan = $2 AND seq = $3", l.Book, id, last); err != nil {
		return err
	}
	if err := tx.QueryRow("SELECT version, hash FROM loan_schedule WHERE book = $1 AND loan = $2 ORDER BY version DESC LIMIT 1", l.Book, id).Scan(&l.Version, &l.Hash); err != nil {
		return err
	}
	before := l.Outstanding()
	l.Events--
	if name == "extension" {
		l.Extensions--
	}
	if l.Events == 0 {
		return l.unopen(tx, before)
	}
	var on string
	if err := tx.QueryRow("SELECT MAX(on_date) FROM loan_event WHERE book = $1 AND loan = $2", l.Book, id).Scan(&on); err != nil {
		return err
	}
	l.LastOn = date.Date(on)
	l.heard, l.history = false, nil
	if err := l.digestAnew(tx); err != nil {
		return err
	}
	s, err := l.State(tx.Context(), tx.Reader(), l.LastOn)
	if err != nil {
		return err
	}
	l.moved = derived(s)
	l.Recovered = l.poolShare()
	if err := l.guarantee(tx, l.Outstanding()-before); err != nil {
		return err
	}
	return l.settle(tx, s)
}

// digestAnew computes the digest from the events as they stand.
func (l *Loan) digestAnew(tx *fact.Tx) error {
	l.digest = digestOf(l.text)
	rows, err := tx.Query("SELECT seq, on_date, act, detail FROM loan_event WHERE book = $1 AND loan = $2 ORDER BY seq", l.Book, l.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var on, name, detail string
		if err := rows.Scan(&seq, &on, &name, &detail); err != nil {
			return err
		}
		l.digest = digestAfter(l.digest, seq, on, name, detail)
	}
	return rows.Err()
}

// unopen makes a loan an agreement again, whose only disbursement is taken back.
func (l *Loan) unopen(tx *fact.Tx, before int64) error {
	contract, err := fact.Get[Contract](tx, "loan", l.ID)
	if err != nil {
		return err
	}
	if err := l.opening(int64(contract.Principal), dayOf(contract.DisbursedOn)); err != nil {
		return err
	}
	l.Status, l.LastOn, l.moved, l.digest, l.heard, l.history = Agreed, "", moved{}, "", false, nil
	if err := l.guarantee(tx, -before); err != nil {
		return err
	}
	if err := tx.SetStatus("loan", l.ID, Agreed); err != nil {
		return err
	}
	l.keep(tx)
	return nil
}
