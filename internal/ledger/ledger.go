// Package ledger keeps money and goods: accounts, what they hold of which fund, and how it moved.
//
// A posting is a movement: an amount above nothing of one commodity and one fund goes from one account to another. So books
// cannot be out of balance, and there is no tolerance: amounts are integers in the commodity's smallest unit (fen, head, piece).
//
//	donor:szse        -> treasury:hq         60 000.00 CNY of fund OWN    injection
//	treasury:hq       -> transit:620524      60 000.00                    transfer (one entry in each book)
//	treasury:620524   -> commitment:W-H-01   15 000.00                    commitment
//	commitment:W-H-01 -> recipient:H-0412    15 000.00                    disbursement
//
// Value enters and leaves only through accounts of the world outside: donor, supply, nature, recipient, loss, transit, lender, borrower, young and buyer. Inside
// accounts cannot fall below nothing. They remember what arrived in which order (lots), so that drawing without naming a fund takes
// the oldest money first; goods carry the fund that paid for them.
package ledger

import (
	"context"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
)

//go:embed schema
var files embed.FS

// Schema of the ledger's tables.
var Schema = database.Schema{
	Name: "ledger", Files: files,
	AppendOnly: []string{"posting"}, State: []string{"account", "balance", "lot"},
}

// Class is what an account is for.
type Class string

const (
	// Inside: cannot fall below nothing.
	Treasury   Class = "treasury"   // money of a book not yet promised
	Commitment Class = "commitment" // money promised to a project
	Store      Class = "store"      // goods in a store
	Budget     Class = "budget"     // what a project may still promise
	Used       Class = "used"       // what a project has promised of its budget
	Pool       Class = "pool"       // ring-fenced money that guarantees or funds loans
	Loan       Class = "loan"       // principal that a borrower owes
	WrittenOff Class = "writtenoff" // principal that the lender no longer counts on; it is still owed
	Suspense   Class = "suspense"   // paid by a borrower before it was due
	Underway   Class = "underway"   // goods on their way to whom a dispatch names
	// Animals, plants or machines that belong to a village. The three classes of livestock have a common beginning, so that one index serves them.
	Herd     Class = "herd"          // kept by the village itself
	Contract Class = "herd-contract" // kept by a household under a contract
	// Money that an investor owes and pays to villages.
	Entitled   Class = "entitled"   // declared to a village and not yet paid
	Collective Class = "collective" // paid to a village and not yet spent
	Allotted   Class = "allotted"   // a household's share of a village's dividend, not yet handed over
	// Outside: where value comes from and goes to.
	Donor     Class = "donor"      // gave money or goods
	Supply    Class = "supply"     // sold goods
	Nature    Class = "nature"     // births, growth
	Recipient Class = "recipient"  // was paid or received goods
	Loss      Class = "loss"       // deaths, expiry, theft
	Transit   Class = "transit"    // on the way between two books
	Plan      Class = "plan"       // where budgets come from: a decision, not money
	Lender    Class = "lender"     // lends its own money and gets it back
	Borrower  Class = "borrower"   // pays interest, fees and penalties
	Young     Class = "herd-young" // young of a contract's animals that belong to the household
	Buyer     Class = "buyer"      // bought animals
)

var outside = map[Class]bool{Donor: true, Supply: true, Nature: true, Recipient: true, Loss: true, Transit: true, Plan: true, Lender: true, Borrower: true, Young: true, Buyer: true}

// ends are the classes at which value has arrived where the programme no longer holds it. What a village has is among them, though it
// cannot fall below nothing.
var ends = map[Class]bool{Recipient: true, Loss: true, Herd: true, Contract: true, Young: true, Buyer: true, Collective: true, Allotted: true}

// Ends tells whether value that comes to accounts of the class has arrived with somebody outside the programme.
func (c Class) Ends() bool { return ends[c] }

// EndClasses are the classes that Ends, in the order of their names.
func EndClasses() []Class { return slices.Sorted(maps.Keys(ends)) }

// Outside tells whether accounts of the class belong to the world outside and may be below nothing.
func (c Class) Outside() bool { return outside[c] }

// ofLoans are the classes of accounts that belong to a loan.
var ofLoans = map[Class]bool{Loan: true, WrittenOff: true, Suspense: true}

// OfLoan tells whether the owner of an account of the class is a loan rather than somebody.
func (c Class) OfLoan() bool { return ofLoans[c] }

// Account holds commodities of funds in one book.
type Account struct {
	Book    string
	ID      string // Class:Owner, or Class:Owner:Project
	Class   Class
	Owner   string // party or book it belongs to
	Holder  string // kind of the owner, such as school or household
	Project string // or what else divides the owner's accounts: a herd, a contract, a declaration
	Area    string
}

// NewAccount names an account by what it is for.
func NewAccount(book string, class Class, owner, holder, project, area string) Account {
	id := string(class) + ":" + owner
	if project != "" {
		id += ":" + project
	}
	return Account{Book: book, ID: id, Class: class, Owner: owner, Holder: holder, Project: project, Area: area}
}

// Flows that packages outside the ledger rely on; a domain package names its own beside them. The words are IATI's
// transaction types where they have one.
const (
	Injection    = "injection"    // a sponsor puts money in
	TransferOut  = "transfer-out" // to another book
	TransferIn   = "transfer-in"  // from another book
	Committed    = "commitment"
	Released     = "release" // commitment given back
	Disbursement = "disbursement"
	Refund       = "refund"
	Purchase     = "purchase" // goods bought
	Donation     = "donation" // goods given
	Delivery     = "delivery" // goods handed over
)

// Posting is one movement of an entry.
type Posting struct {
	Book      string
	Seq       int64
	Line      int64
	Flow      string // why it moved
	From, To  string // account ids
	Commodity string
	Fund      string
	Amount    int64 // smallest unit of the commodity, > 0
	Project   string
	Area      string
	Sign      int64 // -1 when it takes back an earlier posting of the same flow
	Traced    bool  // its entry was proved when it was recorded; follows from the entry's grade, so it is not hashed
	On        date.Date
}

// AppendCanonical appends the posting as it is hashed.
func (p *Posting) AppendCanonical(b []byte) []byte {
	return journal.AppendFields(b, []string{"posting", p.Flow, p.From, p.To, p.Commodity, p.Fund, p.Project, p.Area, string(p.On)}, p.Line, p.Amount, p.Sign)
}

// Currency is the commodity that money is kept in, in hundredths.
const Currency = "CNY"

// Show writes an amount of a commodity for people.
func Show(commodity string, n int64) string {
	if !strings.HasPrefix(commodity, Currency) {
		return fmt.Sprintf("%d %s", n, commodity)
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, n/100, n%100, commodity)
}

// Part is an amount of one fund.
type Part struct {
	Fund   string
	Amount int64
}

type balanceKey struct{ book, account, commodity, fund string }

type queueKey struct{ book, account, commodity string }

// lot is what is left of an arrival.
type lot struct {
	seq, line int64
	fund      string
	amount    int64
}

type queue struct {
	lots  []lot // oldest first
	first int   // lots before it are empty
}

type arrival struct {
	queueKey
	lot
}

// State is the ledger as a writer sees it: what is committed and what its open transaction has moved. It is a cache in front
// of the database for one writer: Flush before each commit, Reset after a rollback or when another program has written.
type State struct {
	accounts map[[2]string]Account // known, by book and id
	inside   map[balanceKey]int64  // what inside accounts hold
	queues   map[queueKey]*queue
	changes  map[balanceKey]int64 // of balances since the last flush
	arrived  []arrival            // since the last flush
	fresh    map[[2]string]bool   // accounts that were opened and that nothing has moved through yet
	absent   map[[2]string]bool   // accounts that had no row when they were looked for
	opened   []Account            // moved through for the first time since the last flush
	undo     []func()
}

// NewState is an empty cache.
func NewState() *State {
	s := &State{}
	s.Reset()
	return s
}

// Reset forgets everything, also what was not flushed.
func (s *State) Reset() {
	s.accounts = map[[2]string]Account{}
	s.fresh, s.absent = map[[2]string]bool{}, map[[2]string]bool{}
	s.inside = map[balanceKey]int64{}
	s.queues = map[queueKey]*queue{}
	s.clearChanges()
	s.undo = nil
}

// Discard drops what waits to be written and keeps what it knows: a trial goes on as if it had been written.
func (s *State) Discard() {
	changes := s.changes // the database will never have them
	s.clearChanges()
	s.changes, s.undo = changes, s.undo[:0]
	clear(s.absent)
}

func (s *State) clearChanges() {
	s.changes = map[balanceKey]int64{}
	s.opened, s.arrived = s.opened[:0], s.arrived[:0]
	for _, q := range s.queues {
		q.lots = slices.Delete(q.lots, 0, q.first)
		q.first = 0
	}
}

// rememberMax is the most accounts, and the most balances, that Trim leaves.
const rememberMax = 200_000

// Trim forgets what it remembers when that has become much. Nothing may wait to be written, and accounts must be opened again.
func (s *State) Trim() {
	if len(s.accounts) > rememberMax {
		clear(s.accounts)
		clear(s.fresh)
	}
	clear(s.absent)
	if len(s.inside) > rememberMax {
		clear(s.inside)
		clear(s.queues)
	}
}

// Begin marks the point that Undo goes back to.
func (s *State) Begin() { s.undo = s.undo[:0] }

// Undo takes back everything since Begin.
func (s *State) Undo() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = s.undo[:0]
}

// Open makes an account ready to be moved through. Its row is written with its first posting, and says from then on what it said then:
// an account that exists is taken as it is.
func (s *State) Open(ctx context.Context, r database.Reader, a Account) error {
	key := [2]string{a.Book, a.ID}
	switch {
	case s.Known(a.Book, a.ID):
		return nil
	case s.absent[key]:
		s.accounts[key], s.fresh[key] = a, true
		return nil
	}
	rows, err := r.Query(ctx, "SELECT class, owner, holder, project, area FROM account WHERE book = $1 AND id = $2", a.Book, a.ID)
	if err != nil {
		return fmt.Errorf("open account %s: %w", a.ID, err)
	}
	defer rows.Close()
	found := rows.Next()
	if found {
		if err := rows.Scan(&a.Class, &a.Owner, &a.Holder, &a.Project, &a.Area); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	s.accounts[key] = a
	if !found {
		s.fresh[key] = true
	}
	return nil
}

// Ahead reads in a few statements what accounts of a book are and hold, of those that exist. It is for accounts that little ever arrives at.
func (s *State) Ahead(ctx context.Context, r database.Reader, book string, ids []string) error {
	var unknown []string
	for _, id := range ids {
		if _, ok := s.accounts[[2]string{book, id}]; !ok {
			unknown = append(unknown, id)
		}
	}
	var inside []string
	err := database.Among(ctx, r, "SELECT id, class, owner, holder, project, area FROM account WHERE book = $1 AND id IN (…)", []any{book}, unknown, func(scan func(...any) error) error {
		a := Account{Book: book}
		if err := scan(&a.ID, &a.Class, &a.Owner, &a.Holder, &a.Project, &a.Area); err != nil {
			return err
		}
		s.accounts[[2]string{book, a.ID}] = a
		if key := (queueKey{book, a.ID, Currency}); !a.Class.Outside() && s.queues[key] == nil {
			inside = append(inside, a.ID)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("open accounts: %w", err)
	}
	for _, id := range unknown {
		if key := [2]string{book, id}; s.accounts[key].ID == "" {
			s.absent[key] = true
		}
	}
	left := map[string]map[string]int64{} // by account and fund, not yet found among the arrivals
	for _, id := range inside {
		left[id] = map[string]int64{}
		s.queues[queueKey{book, id, Currency}] = &queue{}
	}
	of := []any{book, Currency}
	err = database.Among(ctx, r, "SELECT account, fund, amount FROM balance WHERE book = $1 AND commodity = $2 AND amount > 0 AND account IN (…)", of, inside, func(scan func(...any) error) error {
		var id, fund string
		var amount int64
		err := scan(&id, &fund, &amount)
		left[id][fund] = amount
		s.inside[balanceKey{book, id, Currency, fund}] = amount
		return err
	})
	if err != nil {
		return fmt.Errorf("read balances: %w", err)
	}
	inside = slices.DeleteFunc(inside, func(id string) bool { return len(left[id]) == 0 })
	err = database.Among(ctx, r, "SELECT account, seq, line, fund, amount FROM lot WHERE book = $1 AND commodity = $2 AND account IN (…) ORDER BY account, seq DESC, line DESC", of, inside, func(scan func(...any) error) error {
		var id string
		var l lot
		err := scan(&id, &l.seq, &l.line, &l.fund, &l.amount)
		s.queues[queueKey{book, id, Currency}].find(l, left[id])
		return err
	})
	if err != nil {
		return fmt.Errorf("read arrivals: %w", err)
	}
	for _, id := range inside {
		if err := s.queues[queueKey{book, id, Currency}].found(book, id, left[id]); err != nil {
			return err
		}
	}
	return nil
}

// Known tells whether the state remembers an account that something has moved through.
func (s *State) Known(book, id string) bool {
	key := [2]string{book, id}
	_, ok := s.accounts[key]
	return ok && !s.fresh[key]
}

// use opens a fresh account for good.
func (s *State) use(a Account) {
	key := [2]string{a.Book, a.ID}
	if !s.fresh[key] {
		return
	}
	delete(s.fresh, key)
	s.opened = append(s.opened, a)
	s.undo = append(s.undo, func() {
		s.fresh[key] = true
		s.opened = s.opened[:len(s.opened)-1]
	})
}

// Held is what an inside account holds of a commodity, over all funds.
func (s *State) Held(ctx context.Context, r database.Reader, book, account, commodity string) (int64, error) {
	q, err := s.queue(ctx, r, queueKey{book, account, commodity})
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, l := range q.lots[q.first:] {
		sum += l.amount
	}
	return sum, nil
}

// Received is what an outside account has of one commodity and fund: what it was paid or given, less what it gave back.
func (s *State) Received(ctx context.Context, r database.Reader, book, account, commodity, fund string) (int64, error) {
	sum := s.changes[balanceKey{book, account, commodity, fund}]
	rows, err := r.Query(ctx, "SELECT amount FROM balance WHERE book = $1 AND account = $2 AND commodity = $3 AND fund = $4", book, account, commodity, fund)
	if err != nil {
		return 0, fmt.Errorf("read balance of %s: %w", account, err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, rows.Err()
}

func (s *State) queue(ctx context.Context, r database.Reader, key queueKey) (*queue, error) {
	if q := s.queues[key]; q != nil {
		return q, nil
	}
	q := &queue{}
	if s.fresh[[2]string{key.book, key.account}] {
		s.queues[key] = q
		return q, nil
	}
	left := map[string]int64{} // by fund, not yet found among the arrivals
	rows, err := r.Query(ctx, "SELECT fund, amount FROM balance WHERE book = $1 AND account = $2 AND commodity = $3 AND amount > 0", key.book, key.account, key.commodity)
	if err != nil {
		return nil, fmt.Errorf("read balances of %s: %w", key.account, err)
	}
	defer rows.Close()
	for rows.Next() {
		var fund string
		var amount int64
		if err := rows.Scan(&fund, &amount); err != nil {
			return nil, err
		}
		left[fund] = amount
		s.inside[balanceKey{key.book, key.account, key.commodity, fund}] = amount
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if err := q.read(ctx, r, key, left); err != nil {
		return nil, err
	}
	s.queues[key] = q
	return q, nil
}

// read finds the last arrivals of each fund that make up what is left of it.
func (q *queue) read(ctx context.Context, r database.Reader, key queueKey, left map[string]int64) error {
	rows, err := r.Query(ctx, "SELECT seq, line, fund, amount FROM lot WHERE book = $1 AND account = $2 AND commodity = $3 ORDER BY seq DESC, line DESC",
		key.book, key.account, key.commodity)
	if err != nil {
		return fmt.Errorf("read arrivals of %s: %w", key.account, err)
	}
	defer rows.Close()
	for len(left) > 0 && rows.Next() {
		var l lot
		if err := rows.Scan(&l.seq, &l.line, &l.fund, &l.amount); err != nil {
			return err
		}
		q.find(l, left)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return q.found(key.book, key.account, left)
}

// find takes an arrival, each older than the one before, for what is left of its fund.
func (q *queue) find(l lot, left map[string]int64) {
	if l.amount = min(l.amount, left[l.fund]); l.amount == 0 {
		return
	}
	if left[l.fund] -= l.amount; left[l.fund] == 0 {
		delete(left, l.fund)
	}
	q.lots = append(q.lots, l)
}

// found ends the search for what is left: all of it has arrived once.
func (q *queue) found(book, account string, left map[string]int64) error {
	if len(left) > 0 {
		return fmt.Errorf("account %s of book %s holds more than ever arrived: run lastmile verify", account, book)
	}
	slices.Reverse(q.lots)
	return nil
}

// Draw says which funds an amount taken from an inside account without naming a fund would come from: the oldest first, leaving out
// funds that allowed refuses (nil allows all). Nothing moves. The parts add up to amount; fewer funds than needed are refused.
func (s *State) Draw(ctx context.Context, r database.Reader, book, account, commodity string, amount int64, allowed func(fund string) bool) ([]Part, error) {
	q, err := s.queue(ctx, r, queueKey{book, account, commodity})
	if err != nil {
		return nil, err
	}
	var parts []Part
	left, barred := amount, int64(0)
	for i := q.first; i < len(q.lots) && left > 0; i++ {
		l := &q.lots[i]
		if l.amount == 0 {
			continue
		}
		if allowed != nil && !allowed(l.fund) {
			barred += l.amount
			continue
		}
		take := min(l.amount, left)
		left -= take
		if k := slices.IndexFunc(parts, func(p Part) bool { return p.Fund == l.fund }); k >= 0 {
			parts[k].Amount += take
		} else {
			parts = append(parts, Part{l.fund, take})
		}
	}
	if left > 0 {
		return nil, short(account, commodity, amount, amount-left, barred)
	}
	return parts, nil
}

func short(account, commodity string, want, have, barred int64) error {
	e := fault.New(fault.Conflict, "ledger.short", "account %s holds %s, %s is needed", account, Show(commodity, have), Show(commodity, want)).
		Mend("Put in or transfer the missing %s first, or record less.", Show(commodity, want-have))
	if barred > 0 {
		e.Fix = fmt.Sprintf("Another %s is held there for other purposes. %s", Show(commodity, barred), e.Fix)
	}
	return e
}

// Move carries out one posting: it leaves From and arrives at To. Both accounts must be open. An inside account that holds too
// little of the fund is refused, and nothing moves.
func (s *State) Move(ctx context.Context, r database.Reader, p *Posting) error {
	if p.Amount <= 0 {
		return fault.New(fault.Invalid, "ledger.amount", "amount must be more than 0").For("amount")
	}
	if p.From == p.To {
		return fault.New(fault.Invalid, "ledger.same-account", "account %s cannot pay itself", p.From)
	}
	from, ok := s.accounts[[2]string{p.Book, p.From}]
	if !ok {
		return fmt.Errorf("posting from %s: account is not open", p.From)
	}
	to, ok := s.accounts[[2]string{p.Book, p.To}]
	if !ok {
		return fmt.Errorf("posting to %s: account is not open", p.To)
	}
	if !from.Class.Outside() {
		if err := s.take(ctx, r, p); err != nil {
			return err
		}
	}
	s.change(balanceKey{p.Book, p.From, p.Commodity, p.Fund}, -p.Amount)
	if !to.Class.Outside() {
		if err := s.put(ctx, r, p); err != nil {
			return err
		}
	}
	s.change(balanceKey{p.Book, p.To, p.Commodity, p.Fund}, p.Amount)
	s.use(from)
	s.use(to)
	return nil
}

func (s *State) change(key balanceKey, by int64) {
	old, had := s.changes[key]
	s.changes[key] = old + by
	s.undo = append(s.undo, func() {
		if had {
			s.changes[key] = old
		} else {
			delete(s.changes, key) // else a row of nothing would stay of what was refused
		}
	})
}

// End gives the account of a posting at which value has arrived where the programme no longer holds it, or from which it came
// back (amount below 0); ok is false when it stayed inside, or went from one such account to another: it had arrived before. What its
// receiver puts into a pool has not come back either: the receiver keeps it there, and it was counted when it was paid.
func (s *State) End(p *Posting) (end Account, amount int64, ok bool) {
	from, to := s.accounts[[2]string{p.Book, p.From}], s.accounts[[2]string{p.Book, p.To}]
	switch {
	case ends[from.Class] == ends[to.Class] || from.Class == Pool || to.Class == Pool:
		return Account{}, 0, false
	case ends[to.Class]:
		return to, p.Amount, true
	}
	return from, -p.Amount, true
}

func (s *State) take(ctx context.Context, r database.Reader, p *Posting) error {
	q, err := s.queue(ctx, r, queueKey{p.Book, p.From, p.Commodity})
	if err != nil {
		return err
	}
	key := balanceKey{p.Book, p.From, p.Commodity, p.Fund}
	if have := s.inside[key]; have < p.Amount {
		return short(p.From+" (fund "+p.Fund+")", p.Commodity, p.Amount, have, 0)
	}
	left := p.Amount
	for i := q.first; left > 0; i++ {
		l := &q.lots[i]
		if l.fund != p.Fund || l.amount == 0 {
			continue
		}
		n := min(l.amount, left)
		l.amount -= n
		left -= n
		s.undo = append(s.undo, func() { q.lots[i].amount += n; q.first = min(q.first, i) })
	}
	for q.first < len(q.lots) && q.lots[q.first].amount == 0 {
		q.first++
	}
	s.add(key, -p.Amount)
	return nil
}

func (s *State) put(ctx context.Context, r database.Reader, p *Posting) error {
	q, err := s.queue(ctx, r, queueKey{p.Book, p.To, p.Commodity})
	if err != nil {
		return err
	}
	l := lot{seq: p.Seq, line: p.Line, fund: p.Fund, amount: p.Amount}
	q.lots = append(q.lots, l)
	s.arrived = append(s.arrived, arrival{queueKey{p.Book, p.To, p.Commodity}, l})
	s.undo = append(s.undo, func() {
		q.lots = q.lots[:len(q.lots)-1]
		q.first = min(q.first, len(q.lots))
		s.arrived = s.arrived[:len(s.arrived)-1]
	})
	s.add(balanceKey{p.Book, p.To, p.Commodity, p.Fund}, p.Amount)
	return nil
}

func (s *State) add(key balanceKey, by int64) {
	s.inside[key] += by
	s.undo = append(s.undo, func() { s.inside[key] -= by })
}

var (
	postingTable = database.Table{Name: "posting", Columns: []string{"book", "seq", "line", "flow", "from_account", "to_account", "commodity",
		"fund", "amount", "project", "area", "sign", "traced", "on_date"}}
	accountTable = database.Table{Name: "account", Columns: []string{"book", "id", "class", "owner", "holder", "project", "area"},
		Conflict: "ON CONFLICT (book, id) DO NOTHING"}
	balanceTable = database.Table{Name: "balance", Columns: []string{"book", "account", "commodity", "fund", "amount", "outside"},
		Conflict: `ON CONFLICT (book, account, commodity, fund)
  DO UPDATE SET amount = CASE WHEN excluded.outside THEN balance.amount + excluded.amount ELSE excluded.amount END`}
	lotTable = database.Table{Name: "lot", Columns: []string{"book", "account", "commodity", "seq", "line", "fund", "amount"}}
)

// Append writes postings.
func Append(ctx context.Context, w *database.Writer, postings []Posting) error {
	args := make([]any, 0, len(postings)*len(postingTable.Columns))
	for i := range postings {
		p := &postings[i]
		args = append(args, p.Book, p.Seq, p.Line, p.Flow, p.From, p.To, p.Commodity, p.Fund, p.Amount, p.Project, p.Area, p.Sign, p.Traced, string(p.On))
	}
	return w.Insert(ctx, &postingTable, args)
}

// Flush writes what changed since the last flush, in sorted order so that writers cannot deadlock. A balance that something was added to
// has a row even when it comes to nothing, so that the rows do not depend on which facts shared a transaction.
func (s *State) Flush(ctx context.Context, w *database.Writer) error {
	var args []any
	for _, a := range s.opened {
		args = append(args, a.Book, a.ID, string(a.Class), a.Owner, a.Holder, a.Project, a.Area)
	}
	if err := w.Insert(ctx, &accountTable, args); err != nil {
		return err
	}
	args = nil
	for _, k := range sortedKeys(s.changes) {
		amount := s.changes[k]
		class, _, _ := strings.Cut(k.account, ":")
		out := Class(class).Outside()
		if !out {
			amount = s.inside[k] // an outside account gets what changed, an inside one what it holds, which the table's check guards
		}
		args = append(args, k.book, k.account, k.commodity, k.fund, amount, out)
	}
	if err := w.Insert(ctx, &balanceTable, args); err != nil {
		return err
	}
	args = nil
	for _, a := range s.arrived {
		args = append(args, a.book, a.account, a.commodity, a.seq, a.line, a.fund, a.amount)
	}
	if err := w.Insert(ctx, &lotTable, args); err != nil {
		return err
	}
	s.clearChanges()
	return nil
}

func sortedKeys(m map[balanceKey]int64) []balanceKey {
	keys := make([]balanceKey, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b balanceKey) int {
		return slices.Compare([]string{a.book, a.account, a.commodity, a.fund}, []string{b.book, b.account, b.commodity, b.fund})
	})
	return keys
}
