package scenario_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lastmile/internal/date"
	"lastmile/internal/ledger"
	"lastmile/internal/lending"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/scenario"
)

// testLoanLedgers walks through every day on which anything happened to a loan: what the ledger says of loan, lender, pool and borrower is what the
// loans derive to from their contracts and events on that day.
func (m *model) testLoanLedgers(t *testing.T) {
	loans, days := m.loanEvents(t)
	movements := m.loanMovements(t)
	all := slices.Sorted(maps.Keys(days))
	for day := range movements {
		if days[day] == nil {
			all = append(all, day)
		}
	}
	slices.Sort(all)
	held, owed := map[string]int64{}, map[string]int64{} // by account: in the ledger, and by derivation
	was := map[string]map[string]int64{}                 // what each loan stands for in owed
	checked := 0
	for _, day := range all {
		touched := map[string]bool{}
		for _, p := range movements[day] {
			held[p.From] -= p.Amount
			held[p.To] += p.Amount
			touched[p.From], touched[p.To] = true, true
			if p.Flow == "pool-contribution" {
				owed[p.From] -= p.Amount
				owed[p.To] += p.Amount
			}
		}
		for _, id := range days[day] {
			for account, fen := range was[id] {
				owed[account] -= fen
			}
			was[id] = loans[id].stand(t, day)
			for account, fen := range was[id] {
				owed[account] += fen
				touched[account] = true
			}
		}
		for account := range touched {
			class, _, _ := strings.Cut(account, ":")
			if !slices.Contains([]string{"loan", "lender", "pool", "borrower", "suspense"}, class) {
				continue
			}
			if checked++; held[account] != owed[account] {
				t.Fatalf("at the close of %s the ledger holds %d fen in %s, the loans derive to %d", day, held[account], account, owed[account])
			}
		}
	}
	if len(loans) != 35+5451 || checked < 3*len(loans) {
		t.Errorf("%d loans and %d balances were compared: too few", len(loans), checked)
	}
}

// lent is a loan with all that happened to it.
type lent struct {
	*lending.Loan
	events []servicing.Event
}

// stand is what a loan means for each account at the close of a day.
func (l *lent) stand(t *testing.T, day date.Date) map[string]int64 {
	t.Helper()
	s, err := servicing.Derive(l.Terms(), l.events, dayOf(t, day))
	if err != nil {
		t.Fatalf("loan %s on %s: %v", l.ID, day, err)
	}
	charged := int64(0)
	for i := range s.Rows {
		charged += s.Rows[i].Paid[servicing.Interest] + s.Rows[i].Paid[servicing.Penalty] + s.Rows[i].Paid[servicing.Fee]
	}
	lender := "lender:" + l.Lender
	if l.Money == "pool" {
		lender = "pool:" + l.Pool
	}
	return map[string]int64{"loan:" + l.ID: s.Outstanding(), "suspense:" + l.ID: s.Suspense, "borrower:" + l.Borrower: -charged - s.Suspense - s.Capitalised, lender: charged - s.Outstanding() + s.Capitalised}
}

func dayOf(t *testing.T, d date.Date) schedule.Day {
	t.Helper()
	day, err := schedule.ParseDay(string(d))
	if err != nil {
		t.Fatal(err)
	}
	return day
}

// loanEvents reads every loan of Wushan, and which loans something happened to on each day.
func (m *model) loanEvents(t *testing.T) (map[string]*lent, map[date.Date][]string) {
	t.Helper()
	lines, err := lending.Find(t.Context(), m.DB, lending.Filter{Book: scenario.Wushan})
	if err != nil {
		t.Fatal(err)
	}
	loans, days := map[string]*lent{}, map[date.Date][]string{}
	for _, line := range lines {
		l, err := lending.Get(t.Context(), m.DB, scenario.Wushan, line.ID)
		if err != nil {
			t.Fatal(err)
		}
		history, err := l.History(t.Context(), m.DB)
		if err != nil {
			t.Fatal(err)
		}
		known := &lent{Loan: l}
		for _, h := range history {
			if !slices.Contains(days[h.On], l.ID) {
				days[h.On] = append(days[h.On], l.ID)
			}
			if h.Name != "opened" { // the contract says it already
				known.events = append(known.events, servicing.Event{ID: strconv.FormatInt(h.Seq, 10), On: dayOf(t, h.On), Act: h.Act})
			}
		}
		loans[l.ID] = known
	}
	return loans, days
}

// loanMovements reads what was moved into or out of an account of loans, by day.
func (m *model) loanMovements(t *testing.T) map[date.Date][]ledger.Posting {
	t.Helper()
	rows, err := m.DB.Query(t.Context(), "SELECT on_date, flow, from_account, to_account, amount FROM posting WHERE book = $1 AND commodity = 'CNY'", scenario.Wushan)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	moved := map[date.Date][]ledger.Posting{}
	for rows.Next() {
		var p ledger.Posting
		var on string
		if err := rows.Scan(&on, &p.Flow, &p.From, &p.To, &p.Amount); err != nil {
			t.Fatal(err)
		}
		moved[date.Date(on)] = append(moved[date.Date(on)], p)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return moved
}
