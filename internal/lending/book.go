package lending

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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

	digest string
	terms  *terms
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
	l.LastOn = date.Date(last)
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
		return nil, fault.New(fault.NotFound, "ref.unknown", "loan %q is not recorded in book %s", id, book).For("loan").Mend("Record its contract first, or correct the number.")
	}
	if err != nil {
		return nil, fmt.Errorf("get loan %s of book %s: %w", id, book, err)
	}
	return l, nil
}

func get(tx *fact.Tx, id string) (*Loan, error) { return Get(tx.Context(), tx.Reader(), tx.Book, id) }

func (l *Loan) insert(tx *fact.Tx, rows []schedule.Row) error {
	text, err := json.Marshal(l.terms)
	if err != nil {
		return err
	}
	marks := make([]string, strings.Count(loanColumns, ",")+1)
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	due := make([]servicing.Row, len(rows))
	for i := range rows {
		due[i] = servicing.Row{N: i + 1, DueOn: rows[i].DueOn, Due: servicing.Amounts{servicing.Interest: rows[i].Interest, servicing.Principal: rows[i].Principal}}
	}
	if err := l.fix(tx, due); err != nil {
		return err
	}
	return tx.Exec("INSERT INTO loan ("+loanColumns+") VALUES ("+strings.Join(marks, ", ")+")",
		l.Book, l.ID, l.Application, l.Product, l.Project, l.Borrower, l.Segment, l.Lender, l.Money, l.Fund, l.Pool, l.Area, l.Village, l.Town, l.Outlet, string(text), l.Reference, l.Status,
		l.Agreed, l.Events, string(l.LastOn), l.Disbursed, l.Capitalised, l.Principal, l.Interest, l.Penalty, l.Fee, l.Suspense, l.PoolSubsidy, l.FiscalSubsidy, l.Claimed, l.ClaimShare, l.ClaimBefore, l.Recovered, l.Costs, l.Extensions, l.Class, l.Version, l.Hash, l.digest)
}

func (l *Loan) update(tx *fact.Tx) error {
	text := []byte(nil)
	var err error
	if l.Events <= 1 { // the terms change with the first disbursement alone
		if text, err = json.Marshal(l.terms); err != nil {
			return err
		}
	}
	err = tx.Exec(`UPDATE loan SET status = $1, events = $2, last_on = $3, disbursed = $4, capitalised = $5, principal = $6, interest = $7, penalty = $8, fee = $9,
  suspense = $10, subsidy_pool = $11, subsidy_fiscal = $12, claimed = $13, claim_share = $14, claim_before = $15, recovered = $16, extensions = $17,
  class = $18, version = $19, version_hash = $20, terms = CASE WHEN $21 = '' THEN terms ELSE $21 END, digest = $22, recovery_cost = $23
WHERE book = $24 AND id = $25`, l.Status, l.Events, string(l.LastOn), l.Disbursed, l.Capitalised, l.Principal, l.Interest, l.Penalty, l.Fee,
		l.Suspense, l.PoolSubsidy, l.FiscalSubsidy, l.Claimed, l.ClaimShare, l.ClaimBefore, l.Recovered, l.Extensions, l.Class, l.Version, l.Hash, string(text), l.digest, l.Costs, l.Book, l.ID)
	return err
}

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

// events reads what happened to a loan.
func (l *Loan) events(ctx context.Context, r database.Reader) ([]servicing.Event, error) {
	rows, err := r.Query(ctx, "SELECT seq, on_date, act, detail FROM loan_event WHERE book = $1 AND loan = $2 ORDER BY seq", l.Book, l.ID)
	if err != nil {
		return nil, fmt.Errorf("read events of loan %s: %w", l.ID, err)
	}
	defer rows.Close()
	list := make([]servicing.Event, 0, l.Events+1)
	for rows.Next() {
		var seq int64
		var on, name, detail string
		if err := rows.Scan(&seq, &on, &name, &detail); err != nil {
			return nil, err
		}
		if name == opened {
			continue
		}
		e, err := readEvent(seq, on, name, detail)
		if err != nil {
			return nil, fmt.Errorf("event %d of loan %s: %w", seq, l.ID, err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
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
	return fault.New(fault.Conflict, "loan.refused", "loan %s: %v", l.ID, err).For("loan").Wrap(err)
}

// add lets something happen to the loan: it derives the loan with the event in its place, and moves what follows from it.
func (l *Loan) add(tx *fact.Tx, a act) (*servicing.State, error) {
	if l.Status == Agreed {
		return nil, fault.New(fault.Conflict, "loan.not-out", "loan %s has not been paid out", l.ID).For("loan").Mend("Record its disbursement first.")
	}
	name := a.name
	if a.first {
		name = opened
		text, err := json.Marshal(l.terms)
		if err != nil {
			return nil, err
		}
		l.digest = digestOf(string(text))
	}
	s, sameRows, err := l.next(tx, a)
	if err != nil {
		return nil, err
	}
	l.LastOn = max(l.LastOn, tx.On)
	l.Events++
	if err := l.move(tx, s); err != nil {
		return nil, err
	}
	if !sameRows {
		if err := l.reschedule(tx, s); err != nil {
			return nil, err
		}
	}
	detail, err := json.Marshal(a.Act)
	if err != nil {
		return nil, err
	}
	if err := tx.Exec("INSERT INTO loan_event (book, loan, seq, on_date, act, detail) VALUES ($1, $2, $3, $4, $5, $6)", l.Book, l.ID, tx.Seq(), string(tx.On), name, string(detail)); err != nil {
		return nil, err
	}
	l.digest = digestAfter(l.digest, tx.Seq(), string(tx.On), name, string(detail))
	if err := l.settle(tx, s); err != nil {
		return nil, err
	}
	known.put(l.digest, &remembered{l.terms, s})
	return s, nil
}

// next derives the loan with one more event. sameRows tells that the event cannot have changed the rows of the schedule.
func (l *Loan) next(tx *fact.Tx, a act) (s *servicing.State, sameRows bool, err error) {
	event := servicing.Event{ID: strconv.FormatInt(tx.Seq(), 10), On: dayOf(tx.On), Act: a.Act}
	if r := known.get(l.digest); r != nil && !a.first {
		s, ok, err := r.state.After(event)
		if err != nil {
			return nil, false, l.refused(err)
		}
		if ok {
			return s, l.Extensions == 0 && onlySettles(s, a.Act), nil
		}
	}
	events, err := l.events(tx.Context(), tx.Reader())
	if err != nil {
		return nil, false, err
	}
	if !a.first {
		events = append(events, event)
	}
	s, err = l.derive(events, max(l.LastOn, tx.On))
	return s, false, err
}

// onlySettles tells whether an event, the latest of a loan that was never extended, is a payment of what was due and of what is held: the rows
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
	return l.update(tx)
}

// opening sets what the first disbursement says of the contract, on a copy: terms are shared.
func (l *Loan) opening(principal int64, on schedule.Day) {
	t := *l.terms
	t.Contract.Principal, t.Contract.DisbursedOn = principal, on
	l.terms = &t
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
	return tx.Exec(`INSERT INTO loan_pool (book, pool, guaranteed) VALUES ($1, $2, $3)
ON CONFLICT (book, pool) DO UPDATE SET guaranteed = loan_pool.guaranteed + excluded.guaranteed`, l.Book, l.Pool, change)
}

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
	return l.fix(tx, rows)
}

func (l *Loan) fix(tx *fact.Tx, rows []servicing.Row) error {
	contract, err := json.Marshal(l.terms)
	if err != nil {
		return err
	}
	of := sha256.Sum256(contract)
	b := journal.AppendFields(make([]byte, 0, 64+24*len(rows)), []string{"lastmile/schedule/1", hex.EncodeToString(of[:])})
	for i := range rows {
		if r := &rows[i]; r.N > 0 {
			b = journal.AppendFields(b, nil, int64(r.DueOn), r.Due[servicing.Principal]+r.Moved[servicing.Principal], r.Due[servicing.Interest]+r.Moved[servicing.Interest])
		}
	}
	sum := sha256.Sum256(b)
	hash := hex.EncodeToString(sum[:])
	if hash == l.Hash {
		return nil
	}
	l.Version++
	l.Hash = hash
	return tx.Exec("INSERT INTO loan_schedule (book, loan, version, seq, on_date, contract, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		l.Book, l.ID, l.Version, tx.Seq(), string(tx.On), hex.EncodeToString(of[:]), hash)
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
	text, err := json.Marshal(l.terms)
	if err != nil {
		return err
	}
	l.digest = digestOf(string(text))
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
	l.opening(int64(contract.Principal), dayOf(contract.DisbursedOn))
	l.Status, l.LastOn, l.moved, l.digest = Agreed, "", moved{}, ""
	if err := l.guarantee(tx, -before); err != nil {
		return err
	}
	if err := tx.SetStatus("loan", l.ID, Agreed); err != nil {
		return err
	}
	return l.update(tx)
}
