package ledger_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/database"
	"lastmile/internal/fault"
	"lastmile/internal/ledger"
	"lastmile/internal/testenv"
)

const book = "620524"

var (
	funds    = []string{"own", "learning", "clinic"}
	accounts = []string{"donor:a", "treasury:620524", "commitment:620524:A", "commitment:620524:B", "store:620524:A", "recipient:x", "recipient:y", "loss:620524"}
	inside   = accounts[1:5]
)

// textbook is the ledger as one would keep it by hand: for each inside account its arrivals in order, each with what is left of it.
type textbook struct {
	arrivals map[string][]ledger.Part
	outside  map[string]int64
}

func (b *textbook) clone() *textbook {
	c := &textbook{map[string][]ledger.Part{}, maps.Clone(b.outside)}
	for a, list := range b.arrivals {
		c.arrivals[a] = slices.DeleteFunc(slices.Clone(list), func(l ledger.Part) bool { return l.Amount == 0 })
	}
	return c
}

// draw takes the oldest first, of one fund or of all allowed, and tells what of each fund; ok is false when there is too little.
func (b *textbook) draw(account string, amount int64, allowed func(string) bool) (parts []ledger.Part, ok bool) {
	for i := range b.arrivals[account] {
		l := &b.arrivals[account][i]
		if !allowed(l.Fund) || amount == 0 || l.Amount == 0 {
			continue
		}
		n := min(l.Amount, amount)
		l.Amount -= n
		amount -= n
		if k := slices.IndexFunc(parts, func(p ledger.Part) bool { return p.Fund == l.Fund }); k >= 0 {
			parts[k].Amount += n
		} else {
			parts = append(parts, ledger.Part{Fund: l.Fund, Amount: n})
		}
	}
	return parts, amount == 0
}

func (b *textbook) move(from, to, fund string, amount int64) bool {
	if slices.Contains(inside, from) {
		if _, ok := b.draw(from, amount, func(f string) bool { return f == fund }); !ok {
			return false
		}
	} else {
		b.outside[from+" "+fund] -= amount
	}
	if slices.Contains(inside, to) {
		b.arrivals[to] = append(b.arrivals[to], ledger.Part{Fund: fund, Amount: amount})
	} else {
		b.outside[to+" "+fund] += amount
	}
	return true
}

func (b *textbook) held(account string) (sum int64) {
	for _, l := range b.arrivals[account] {
		sum += l.Amount
	}
	return sum
}

func open(t *testing.T, url string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context(), ledger.Schema); err != nil {
		t.Fatal(err)
	}
	return db
}

// Random draws, restricted and named, reversals, refusals and undone facts leave every account as the textbook says, to the last unit and
// fund, in memory and when it is read again from the database.
func TestDraws(t *testing.T) {
	for engine, db := range map[string]*database.DB{
		"sqlite":   open(t, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db")),
		"postgres": open(t, testenv.Postgres(t)),
	} {
		t.Run(engine, func(t *testing.T) {
			n := cases
			if engine == "postgres" || testing.Short() {
				n /= 20 // the same code; what differs is how it is read again
			}
			const round = 2500 // entries of one book; each draw looks at what is left of all arrivals
			var all tally
			for i := range uint64(n / round) {
				all.add(draws(t, db, fmt.Sprint("book-", i), rand.New(rand.NewPCG(seed, i)), round))
			}
			t.Logf("%d refused, %d undone, %d times read again", all.refused, all.undone, all.reread)
			if all.refused < n/100 || all.undone < n/20 || all.reread < n/1000 {
				t.Error("too few of one of them to be a test")
			}
		})
	}
}

type tally struct{ refused, undone, reread int }

func (t *tally) add(o tally) {
	t.refused, t.undone, t.reread = t.refused+o.refused, t.undone+o.undone, t.reread+o.reread
}

func draws(t *testing.T, db *database.DB, book string, r *rand.Rand, n int) (count tally) {
	ctx := t.Context()
	w, err := db.Writer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	state, want := ledger.NewState(), &textbook{map[string][]ledger.Part{}, map[string]int64{}}
	openAll := func() {
		for _, id := range accounts {
			class, owner, project := parse(id)
			if err := state.Open(ctx, w, ledger.NewAccount(book, class, owner, "", project, "")); err != nil {
				t.Fatal(err)
			}
		}
	}
	openAll()
	var done []ledger.Posting // that may be taken back
	for seq := int64(1); seq <= int64(n); seq++ {
		state.Begin()
		before := want.clone()
		var moved []ledger.Posting
		post := func(from, to, fund string, amount int64) bool {
			p := ledger.Posting{Book: book, Seq: seq, Line: int64(len(moved) + 1), Flow: "x", From: from, To: to, Commodity: "CNY", Fund: fund, Amount: amount, Sign: 1}
			err := state.Move(ctx, w, &p)
			if ok := want.move(from, to, fund, amount); ok != (err == nil) {
				t.Fatalf("entry %d: %d of %s from %s to %s: %v, the textbook says %v", seq, amount, fund, from, to, err, ok)
			}
			if err != nil && fault.KindOf(err) != fault.Conflict {
				t.Fatalf("entry %d: %v", seq, err)
			}
			moved = append(moved, p)
			return err == nil
		}
		ok := true
		at := r.IntN(len(accounts))
		switch from, to := accounts[at], accounts[(at+1+r.IntN(len(accounts)-1))%len(accounts)]; {
		case r.IntN(5) == 0 && len(done) > 0: // take back
			p := done[r.IntN(len(done))]
			ok = post(p.To, p.From, p.Fund, p.Amount)
		case slices.Contains(inside, from) && r.IntN(3) > 0: // draw, perhaps not on every fund
			barred := funds[r.IntN(len(funds))]
			allowed := func(fund string) bool { return fund != barred || seq%2 == 0 }
			amount := 1 + some(r, 2*want.held(from)+1)
			if amount > 1 && r.IntN(4) > 0 {
				amount = 1 + amount/4
			}
			parts, err := state.Draw(ctx, w, book, from, "CNY", amount, allowed)
			wanted, enough := want.clone().draw(from, amount, allowed)
			if enough != (err == nil) || enough && !slices.Equal(parts, wanted) {
				t.Fatalf("entry %d: %d from %s: %v, %v, the textbook says %v, %v", seq, amount, from, parts, err, wanted, enough)
			}
			ok = enough
			for _, p := range parts {
				ok = post(from, to, p.Fund, p.Amount) && ok
			}
		default:
			ok = post(from, to, funds[r.IntN(len(funds))], 1+some(r, 1_000_000))
			if ok && r.IntN(2) == 0 { // two movements of one entry
				ok = post(to, accounts[(slices.Index(accounts, to)+1)%len(accounts)], moved[0].Fund, 1+some(r, moved[0].Amount))
			}
		}
		if !ok || r.IntN(10) == 0 { // the fact was refused: all of it is undone
			state.Undo()
			want = before
			count.undone++
			if !ok {
				count.refused++
			}
		} else if done = append(done, moved...); len(done) > 1000 {
			done = done[500:]
		}
		if r.IntN(500) == 0 {
			if err := state.Flush(ctx, w); err != nil {
				t.Fatalf("entry %d: %v", seq, err)
			}
			if r.IntN(2) == 0 {
				state.Reset()
				openAll()
			}
			count.reread++
			compare(t, w, state, book, want)
		}
	}
	if err := state.Flush(ctx, w); err != nil {
		t.Fatal(err)
	}
	state.Reset()
	compare(t, w, state, book, want)
	return count
}

func parse(id string) (class ledger.Class, owner, project string) {
	first, rest, _ := strings.Cut(id, ":")
	owner, project, _ = strings.Cut(rest, ":")
	return ledger.Class(first), owner, project
}

// compare checks every account against the textbook: over all funds, by fund in the database, and that nothing came from nowhere.
func compare(t *testing.T, w *database.Writer, state *ledger.State, book string, want *textbook) {
	t.Helper()
	byFund := map[string]int64{}
	for key, n := range want.outside {
		byFund[key] = n
	}
	for _, a := range inside {
		got, err := state.Held(t.Context(), w, book, a, "CNY")
		if err != nil || got != want.held(a) {
			t.Fatalf("%s holds %d (%v), the textbook says %d", a, got, err, want.held(a))
		}
		for _, l := range want.arrivals[a] {
			byFund[a+" "+l.Fund] += l.Amount
		}
	}
	list, err := ledger.FindBalances(t.Context(), w, ledger.BalanceFilter{Book: book})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]int64{}
	for _, b := range list {
		key := b.ID + " " + b.Fund
		if b.Amount != byFund[key] {
			t.Fatalf("balance of %s is %d, the textbook says %d", key, b.Amount, byFund[key])
		}
		delete(byFund, key)
		sums[b.Fund] += b.Amount
	}
	for key, n := range byFund {
		if n != 0 {
			t.Fatalf("there is no balance of %s, the textbook says %d", key, n)
		}
	}
	for fund, sum := range sums {
		if sum != 0 {
			t.Fatalf("fund %s comes to %d over all accounts", fund, sum)
		}
	}
}

// A posting that makes no sense is refused before anything moves.
func TestMoveRefuses(t *testing.T) {
	db := open(t, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
	state := ledger.NewState()
	for _, id := range []string{"donor:a", "treasury:620524"} {
		class, owner, project := parse(id)
		if err := state.Open(t.Context(), db, ledger.NewAccount(book, class, owner, "", project, "")); err != nil {
			t.Fatal(err)
		}
	}
	for name, p := range map[string]ledger.Posting{
		"nothing":             {From: "donor:a", To: "treasury:620524"},
		"below nothing":       {From: "donor:a", To: "treasury:620524", Amount: -1},
		"to itself":           {From: "donor:a", To: "donor:a", Amount: 1},
		"from an unknown one": {From: "donor:b", To: "treasury:620524", Amount: 1},
		"to an unknown one":   {From: "donor:a", To: "treasury:x", Amount: 1},
		"what is not there":   {From: "treasury:620524", To: "donor:a", Amount: 1},
	} {
		p.Book, p.Commodity, p.Fund = book, "CNY", "own"
		if err := state.Move(t.Context(), db, &p); err == nil {
			t.Errorf("%s: moved", name)
		}
		if held, err := state.Held(t.Context(), db, book, "treasury:620524", "CNY"); err != nil || held != 0 {
			t.Errorf("%s: %d moved (%v)", name, held, err)
		}
	}
}
