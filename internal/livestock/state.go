package livestock

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
)

// Holding is what one account of a herd or contract had of a commodity at the end of a day, and how it came to it.
type Holding struct {
	Class     ledger.Class // ledger.Herd, ledger.Contract or ledger.Young
	Owner     string       // the village's collective, or the household that owns the young
	Part      string       // code of the herd (ledger.Herd) or contract
	Commodity string
	In, Out   map[string]int64 // heads by flow; what was taken back is not in them
	Present   int64            // all of In less all of Out
}

// Holdings are what herds, contracts and households had at the end of a day ("" for all that is recorded), by owner and part: of the accounts
// named, or of all in the book.
func Holdings(ctx context.Context, r database.Reader, book string, on date.Date, accounts ...string) ([]Holding, error) {
	if on == "" {
		on = "9999-12-31"
	}
	args := []any{book, string(on)}
	named := func(column string) string {
		if len(accounts) == 0 {
			return ""
		}
		marks := make([]string, len(accounts))
		for i := range accounts {
			marks[i] = fmt.Sprintf("$%d", i+3)
		}
		return " AND " + column + " IN (" + strings.Join(marks, ", ") + ")"
	}
	for _, a := range accounts {
		args = append(args, a)
	}
	// What is taken back moves from where it had gone to where it had come from: into an account it lessens what left it, and out of it what came.
	rows, err := r.Query(ctx, `SELECT to_account, commodity, flow, CAST(SUM(CASE WHEN sign = 1 THEN amount ELSE 0 END) AS BIGINT), CAST(-1 * SUM(CASE WHEN sign = 1 THEN 0 ELSE amount END) AS BIGINT)
FROM posting
WHERE book = $1 AND on_date <= $2 AND to_account >= 'herd' AND to_account < 'here'`+named("to_account")+`
GROUP BY to_account, commodity, flow
UNION ALL
SELECT from_account, commodity, flow, CAST(-1 * SUM(CASE WHEN sign = 1 THEN 0 ELSE amount END) AS BIGINT), CAST(SUM(CASE WHEN sign = 1 THEN amount ELSE 0 END) AS BIGINT)
FROM posting
WHERE book = $1 AND on_date <= $2 AND from_account >= 'herd' AND from_account < 'here'`+named("from_account")+`
GROUP BY from_account, commodity, flow`, args...)
	if err != nil {
		return nil, fmt.Errorf("read herds of book %s: %w", book, err)
	}
	defer rows.Close()
	type key struct{ account, commodity string }
	at := map[key]*Holding{}
	for rows.Next() {
		var k key
		var flow string
		var in, out int64
		if err := rows.Scan(&k.account, &k.commodity, &flow, &in, &out); err != nil {
			return nil, err
		}
		h := at[k]
		if h == nil {
			class, rest, _ := strings.Cut(k.account, ":")
			owner, part, _ := strings.Cut(rest, ":")
			h = &Holding{Class: ledger.Class(class), Owner: owner, Part: part, Commodity: k.commodity, In: map[string]int64{}, Out: map[string]int64{}}
			at[k] = h
		}
		h.Present += in - out
		add(h.In, flow, in)
		add(h.Out, flow, out)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read herds of book %s: %w", book, err)
	}
	list := make([]Holding, 0, len(at))
	for _, h := range at {
		list = append(list, *h)
	}
	slices.SortFunc(list, func(a, b Holding) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Commodity, b.Commodity))
	})
	return list, nil
}

// missing is how many heads stock-takes did not find, less those found again.
func (h *Holding) missing() int64 { return h.Out[missing] - h.In[found] }

func add(heads map[string]int64, flow string, n int64) {
	if n != 0 {
		heads[flow] += n
	}
}

// Terms is a contract with what the journal says about it.
type Terms struct {
	ID  string
	Seq int64 // entry that defines it now
	Contract
	Begun  date.Date
	Status string // Running or Ended
	Area   string
	Signed bool // its paper is on file
}

// Contracts lists the contracts of a herd ("" for all) in a book, by number.
func Contracts(ctx context.Context, r database.Reader, book, herd string) ([]Terms, error) {
	return contracts(ctx, r, book, "", herd)
}

func contracts(ctx context.Context, r database.Reader, book, id, herd string) ([]Terms, error) {
	things, err := fact.Things[Contract](ctx, r, book, "breeding-contract", id, herd)
	if err != nil {
		return nil, err
	}
	list := make([]Terms, len(things))
	for i, t := range things {
		list[i] = Terms{ID: t.ID, Seq: t.Seq, Contract: *t.Fact, Begun: t.On, Status: t.Status, Area: t.Area, Signed: t.Proved}
	}
	return list, nil
}

// Duty is how many heads the contract gives back at its end.
func (c *Contract) Duty() int64 {
	if c.GiveBack > 0 {
		return c.GiveBack
	}
	return c.Heads
}

// HerdState is a herd at the end of a day.
type HerdState struct {
	Kept      []Holding            // by the village itself: the animals, and young that it owns
	Lent      map[string][]Holding // by contract: its animals, and the young of its household
	Contracts []Terms
}

// StateOf reads a herd as it was at the end of a day ("" for all that is recorded).
func StateOf(ctx context.Context, r database.Reader, book, herd string, on date.Date) (*HerdState, error) {
	e, ok, err := entity.Get(ctx, r, book, "herd", herd)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("herd %s is not recorded in book %s", herd, book)
	}
	s := &HerdState{Lent: map[string][]Holding{}}
	if s.Contracts, err = Contracts(ctx, r, book, herd); err != nil {
		return nil, err
	}
	owner := e.Class
	accounts := []string{ledger.NewAccount(book, ledger.Herd, owner, "", herd, "").ID}
	for i := range s.Contracts {
		c := &s.Contracts[i]
		accounts = append(accounts, ledger.NewAccount(book, ledger.Contract, owner, "", c.ID, "").ID, ledger.NewAccount(book, ledger.Young, c.Household, "", c.ID, "").ID)
	}
	for part := range slices.Chunk(accounts, accountsMax) {
		list, err := Holdings(ctx, r, book, on, part...)
		if err != nil {
			return nil, err
		}
		for _, h := range list {
			if h.Class == ledger.Herd {
				s.Kept = append(s.Kept, h)
			} else {
				s.Lent[h.Part] = append(s.Lent[h.Part], h)
			}
		}
	}
	return s, nil
}

// accountsMax is the most accounts that one query names.
const accountsMax = 10_000

// Due is a contract whose inspection should have been by a day.
type Due struct {
	Terms
	Last date.Date // of the last inspection; the contract's first day when there was none
	Due  date.Date
}

// Overdue lists running contracts whose inspection is overdue on a day, the longest overdue first.
func Overdue(ctx context.Context, r database.Reader, book string, on date.Date) ([]Due, error) {
	contracts, err := Contracts(ctx, r, book, "")
	if err != nil {
		return nil, err
	}
	last, err := Inspected(ctx, r, book, on)
	if err != nil {
		return nil, err
	}
	var list []Due
	for _, c := range contracts {
		if due := c.InspectionDue(last[c.ID]); due != "" && due < on && c.Begun <= on {
			list = append(list, Due{Terms: c, Last: max(c.Begun, last[c.ID]), Due: due})
		}
	}
	slices.SortStableFunc(list, func(a, b Due) int { return cmp.Compare(a.Due, b.Due) })
	return list, nil
}

// InspectionDue is the day by which a running contract must be inspected, given when it last was ("" for never); "" when no inspections are agreed.
func (t *Terms) InspectionDue(last date.Date) date.Date {
	if t.Status != Running || t.Inspect == 0 {
		return ""
	}
	return max(t.Begun, last).AddDays(int(t.Inspect))
}

// InspectionOverdue tells whether a contract that was last inspected on a day ("" for never) should have been again by another. After the contract's term the animals are due back, not an inspection.
func (t *Terms) InspectionOverdue(last, on date.Date) bool {
	due := t.InspectionDue(last)
	return due != "" && due < on && on <= t.Until
}

// Expired tells whether a running contract's term is over on a day: the animals are due back, or a new contract.
func (t *Terms) Expired(on date.Date) bool { return t.Status == Running && t.Until < on }

// Inspected gives the day of the last inspection by a day, by contract.
func Inspected(ctx context.Context, r database.Reader, book string, on date.Date) (map[string]date.Date, error) {
	rows, err := r.Query(ctx, `SELECT o.subject, MAX(o.on_date)
FROM observation o
WHERE o.book = $1 AND o.measure = 'inspection' AND o.on_date <= $2 AND o.sign = 1
  AND NOT EXISTS (SELECT 1 FROM reversal v WHERE v.book = o.book AND v.seq = o.seq)
GROUP BY o.subject`, book, string(on))
	if err != nil {
		return nil, fmt.Errorf("read inspections of book %s: %w", book, err)
	}
	defer rows.Close()
	last := map[string]date.Date{}
	for rows.Next() {
		var contract, day string
		if err := rows.Scan(&contract, &day); err != nil {
			return nil, err
		}
		last[contract] = date.Date(day)
	}
	return last, rows.Err()
}

// Mortality is how many animals of one kind died in one place, and how many there had been to die.
type Mortality struct {
	Holding
	Deaths, Missing int64 // in the period
	Heads           int64 // present at its beginning and come in since
}

// Permille is deaths in a thousand heads.
func (m *Mortality) Permille() int64 { return 1000 * m.Deaths / max(m.Heads, 1) }

// Mortalities lists where animals of a herd, a contract or a household died or are missing between two days, both included, at more than a number in a thousand or
// with heads missing.
func Mortalities(ctx context.Context, r database.Reader, book string, from, until date.Date, permille int64) ([]Mortality, error) {
	before, err := Holdings(ctx, r, book, from.AddDays(-1))
	if err != nil {
		return nil, err
	}
	after, err := Holdings(ctx, r, book, until)
	if err != nil {
		return nil, err
	}
	type key struct {
		class                  ledger.Class
		owner, part, commodity string
	}
	was := make(map[key]*Holding, len(before))
	for i := range before {
		h := &before[i]
		was[key{h.Class, h.Owner, h.Part, h.Commodity}] = h
	}
	var list []Mortality
	for _, h := range after {
		old := was[key{h.Class, h.Owner, h.Part, h.Commodity}]
		if old == nil {
			old = &Holding{}
		}
		m := Mortality{Holding: h, Deaths: h.Out[death] - old.Out[death], Heads: old.Present}
		m.Missing = h.missing() - old.missing()
		for flow, n := range h.In {
			m.Heads += n - old.In[flow]
		}
		if m.Deaths > 0 && m.Permille() > permille || m.Missing > 0 {
			list = append(list, m)
		}
	}
	return list, nil
}
