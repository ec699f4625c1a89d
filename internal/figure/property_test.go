package figure_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/figure"
	"lastmile/internal/goods"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
	"lastmile/internal/store"
)

var measures = []string{"disbursement:CNY", "refund:CNY", "commitment:CNY", "release:CNY", "injection:CNY", "transfer-out:CNY", "transfer-in:CNY", "purchase:sheep", "donation:sheep",
	"delivery:sheep", "delivery:mask", "loss:sheep", "budget", "project", "project-finished", "channel-used", "test-interview", "test-satisfaction", "test-aid", "designation", "designated-on", "milestone-reached"}

var balances = []string{"treasury:CNY", "commitment:CNY", "store:sheep", "recipient:CNY", "donor:CNY", "transit:CNY", "budget:CNY-budget", "recipient:mask"}

// asker makes random definitions, and what to evaluate them for.
type asker struct {
	*rand.Rand
	heads map[string]int64
}

func one[T any](a *asker, values ...T) T { return values[a.IntN(len(values))] }

func (a *asker) chance(percent int) bool { return a.IntN(100) < percent }

func (a *asker) day() date.Date {
	d := facttest.Day.AddDays(a.IntN(260) - 10)
	switch a.IntN(3) {
	case 0: // the end of a month
		return date.New(d.Year(), d.Time().Month()+1, 0)
	case 1: // its first day
		return date.New(d.Year(), d.Time().Month(), 1)
	}
	return d
}

func (a *asker) filter() (f figure.Filter) {
	areas := []string{"62", "6205", "65"}
	for _, county := range facttest.Counties {
		areas = append(areas, county, county+"100", "653127201")
		areas = append(areas, facttest.Villages[county]...)
	}
	areas = slices.DeleteFunc(areas, func(id string) bool { return id == "653127100" })
	if a.chance(30) {
		f.Area = one(a, areas...)
	}
	if a.chance(15) {
		county := one(a, facttest.Counties...)
		f.Projects = []string{one(a, facttest.Projects[county]...), one(a, facttest.Projects[county]...)}
	}
	if a.chance(10) {
		f.Channel = one(a, "livelihood", "education", "industry", "finance")
	}
	if a.chance(15) {
		f.Fund = one(a, facttest.Funds...)
	}
	if a.chance(20) {
		f.From = a.day()
	}
	if a.chance(20) {
		f.Until = a.day()
	}
	return f
}

func (a *asker) definition(id string) figure.Definition {
	for {
		d := figure.Definition{ID: id, Aggregate: one(a, figure.Aggregates[:len(figure.Aggregates)-1]...), Scale: 2}
		if a.chance(30) {
			d.Filter = a.filter()
		}
		list := measures
		if d.Aggregate == figure.Balance {
			list = balances
		}
		for range 1 + a.IntN(3) {
			m := one(a, list...)
			if !slices.ContainsFunc(d.Terms, func(t figure.Term) bool { return t.Measure == m }) {
				d.Terms = append(d.Terms, figure.Term{Measure: m, Minus: a.chance(30)})
			}
		}
		if d.Check() == nil {
			return d
		}
	}
}

func (a *asker) at() (at figure.At) {
	if a.chance(40) {
		at.AsOf = a.day()
	}
	if a.chance(25) {
		at.KnownAt = map[string]int64{}
		for book, head := range a.heads {
			if a.chance(60) {
				at.KnownAt[book] = a.Int64N(head + 2)
			}
		}
	}
	at.Filter = a.filter()
	return at
}

// everything recorded is known: the rows are asked instead of the totals.
func (a *asker) known(at figure.At) figure.At {
	known := map[string]int64{}
	for book, head := range a.heads {
		known[book] = head
		if seq, ok := at.KnownAt[book]; ok {
			known[book] = seq
		}
	}
	at.KnownAt = known
	return at
}

func history(t *testing.T, url string, seed, facts int) (*store.Store, *asker) {
	t.Helper()
	s := facttest.Open(t, url)
	facttest.Populate(t, s)
	rapid.Custom(func(rt *rapid.T) int {
		facttest.Record(rt, s, facts)
		return 0
	}).Example(seed)
	a := &asker{rand.New(rand.NewPCG(uint64(seed), 0)), map[string]int64{}}
	for _, h := range facttest.Heads(t, s) {
		a.heads[h.Book] = h.Seq
	}
	return s, a
}

// Any figure, for any area, project, period, fund, date and position, is what counting record by record gives; from totals and from rows; its
// lineage and its members add up to it.
func TestFigures(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		histories, figures := 3, 200
		if strings.HasSuffix(t.Name(), "/postgres") || testing.Short() {
			histories, figures = 1, 100
		}
		for seed := range histories {
			s, a := history(t, fresh(), seed+1, 250)
			o := newOracle(t, s)
			var definitions []figure.Definition
			for n := range figures {
				definitions = append(definitions, a.definition(fmt.Sprint("f", n)))
			}
			for n := range figures / 10 {
				over := [2]string{one(a, definitions[:figures]...).ID, one(a, definitions[:figures]...).ID}
				definitions = append(definitions, figure.Definition{ID: fmt.Sprint("r", n), Aggregate: figure.Ratio, Over: over})
			}
			book := figure.NewBook(s.DB, s.Today(), definitions)
			counted := 0
			for i := range definitions {
				counted += check(t, o, a, book, &definitions[i])
				if t.Failed() {
					t.FailNow()
				}
			}
			if counted < figures/4 {
				t.Errorf("only %d of %d figures count anything", counted, figures)
			}
		}
	})
}

// check evaluates one figure in every way; it tells 1 when it counted something.
func check(t *testing.T, o *oracle, a *asker, book *figure.Book, d *figure.Definition) int {
	t.Helper()
	at := a.at()
	told := fmt.Sprintf("%s %v %v of %+v at %+v", d.Aggregate, d.Terms, d.Over, d.Filter, at)
	v, list, err := book.Lineage(t.Context(), d.ID, at)
	if err != nil {
		t.Errorf("%s: %v", told, err)
		return 0
	}
	rows, err := book.Evaluate(t.Context(), d.ID, a.known(at))
	if err != nil {
		t.Errorf("%s from rows: %v", told, err)
		return 0
	}
	if rows.Known != v.Known || rows.Number != v.Number || !ofBalances(v) && (rows.Traced != v.Traced || rows.Of != v.Of) {
		t.Errorf("%s:\nfrom totals %v %d (%d of %d), from rows %v %d (%d of %d)", told, v.Known, v.Number, v.Traced, v.Of, rows.Known, rows.Number, rows.Traced, rows.Of)
	}
	if d.Aggregate == figure.Ratio {
		checkRatio(t, told, v, list)
		return 0
	}
	want := o.evaluate(d, at)
	if want.known != v.Known || want.number != v.Number || !want.countsBalances && (want.traced != v.Traced || want.of != v.Of) {
		t.Errorf("%s:\nis %v %d (%d of %d), counted record by record %v %d (%d of %d)", told, v.Known, v.Number, v.Traced, v.Of, want.known, want.number, want.traced, want.of)
	}
	sum := int64(0)
	for i, c := range list {
		sum += c.Contribution
		if c.Scale != d.Scale || slices.ContainsFunc(list[:i], func(e figure.Contribution) bool { return e.Book == c.Book && e.Seq == c.Seq }) {
			t.Errorf("%s: lineage names %s:%d twice, or at another scale", told, c.Book, c.Seq)
		}
	}
	if sum != v.Number {
		t.Errorf("%s: is %d, its %d contributions come to %d: %+v", told, v.Number, len(list), sum, list)
	}
	if d.Aggregate == figure.Sum || d.Aggregate == figure.Count {
		for _, dimension := range []string{"area", "project", "fund", "year", "month"} {
			if a.chance(50) {
				continue
			}
			members, err := book.By(t.Context(), d.ID, dimension, at)
			if err != nil {
				t.Errorf("%s by %s: %v", told, dimension, err)
				continue
			}
			var number, traced, of int64
			for _, m := range members {
				number, traced, of = number+m.Value.Number, traced+m.Value.Traced, of+m.Value.Of
				if m.ID == "" && (dimension == "year" || dimension == "month") {
					t.Errorf("%s: something is of no %s", told, dimension)
				}
			}
			if number != v.Number || traced != v.Traced || of != v.Of {
				t.Errorf("%s: is %d (%d of %d), its members by %s come to %d (%d of %d)", told, v.Number, v.Traced, v.Of, dimension, number, traced, of)
			}
		}
	}
	if v.Of != 0 {
		return 1
	}
	return 0
}

// ofBalances tells whether a figure's records are balances as they stand, which are postings at another time.
func ofBalances(v *figure.Value) bool {
	return v.Definition.Aggregate == figure.Balance || v.Definition.Aggregate == figure.Ratio && (ofBalances(v.Parts[0]) || ofBalances(v.Parts[1]))
}

func checkRatio(t *testing.T, told string, v *figure.Value, list []figure.Contribution) {
	t.Helper()
	if len(list) != 2 || v.Parts[0] == nil || v.Parts[1] == nil {
		t.Errorf("%s: a ratio opens to %+v", told, list)
		return
	}
	if list[0].Contribution != v.Parts[0].Number || list[1].Contribution != v.Parts[1].Number || v.Known != (v.Parts[0].Known && v.Parts[1].Known && v.Parts[1].Number != 0) {
		t.Errorf("%s: %d / %d, known %v, opens to %+v", told, v.Number, v.Over, v.Known, list)
	}
}

// Every column of the stages adds up to the same: what was paid less what came back, or was delivered and lost.
func TestStages(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s, _ := history(t, fresh(), 5, 300)
		for _, commodity := range facttest.Commodities { // rare in random histories
			for i, f := range []fact.Fact{
				&goods.Donation{Project: "W-house", Fund: "learning", Commodity: commodity, Quantity: 60, Document: "D"},
				&goods.Delivery{Project: "W-house", To: "W-li", Commodity: commodity, Quantity: 20, Receipt: "R"},
				&goods.Loss{Project: "W-house", Commodity: commodity, Quantity: 7, Cause: "wolf"},
				&goods.Delivery{Project: "W-house", To: "W-primary", Commodity: commodity, Quantity: 10, Receipt: "R-2"},
			} {
				facttest.MustRecord(t, s, fact.Draft{Fact: f, Book: facttest.Counties[0], Actor: facttest.Officer, Approvers: []string{facttest.Approver}, Key: fmt.Sprint(commodity, i)})
			}
			head := facttest.Heads(t, s)[0].Seq
			facttest.MustRecord(t, s, fact.Draft{Fact: &fact.Reversal{Entry: head, Reason: "x"}, On: "2020-02-10", Book: facttest.Counties[0], Actor: facttest.Officer, Approvers: []string{facttest.Approver}})
		}
		for commodity, flows := range map[string][2]string{"CNY": {"disbursement:CNY", "-refund:CNY"}, "sheep": {"delivery:sheep", "loss:sheep"}, "mask": {"delivery:mask", "loss:mask"}} {
			terms, err := figure.ParseTerms(flows[0] + " " + flows[1])
			if err != nil {
				t.Fatal(err)
			}
			figures := figure.NewBook(s.DB, s.Today(), []figure.Definition{
				{ID: "sum", Aggregate: figure.Sum, Terms: terms}, {ID: "paid", Aggregate: figure.Count, Terms: terms[:1]}, {ID: "lost", Aggregate: figure.Count, Terms: terms[1:]},
			})
			for _, month := range []string{"", "2019-12", "2020-02"} {
				at := figure.At{}
				if month != "" {
					first := date.Date(month + "-01")
					at.AsOf = date.New(first.Year(), first.Time().Month()+1, 0)
				}
				want, err := figures.Evaluate(t.Context(), "sum", at)
				if err != nil {
					t.Fatal(err)
				}
				payments, err := figures.Evaluate(t.Context(), "paid", at)
				if err != nil {
					t.Fatal(err)
				}
				if commodity != "CNY" {
					lost, err := figures.Evaluate(t.Context(), "lost", at)
					if err != nil {
						t.Fatal(err)
					}
					payments.Number += lost.Number
				}
				stages, err := figure.Stages(t.Context(), s.DB, commodity, month, "", nil)
				if err != nil {
					t.Fatal(err)
				}
				var amount, untraced, n int64
				for _, x := range stages {
					amount, untraced, n = amount+x.Amount, untraced+x.Untraced, n+x.N
					if x.Receiver == "" || x.Fund == "" || x.Project == "" {
						t.Errorf("%s until %q: nobody, nothing or no project stands for %+v", commodity, month, x)
					}
				}
				if amount != want.Number || n != payments.Number || untraced > amount && commodity != "CNY" {
					t.Errorf("%s until %q: the stages come to %d in %d payments, the figures to %d in %d", commodity, month, amount, n, want.Number, payments.Number)
				}
				if month == "" && want.Number == 0 {
					t.Errorf("no %s reached anybody: not a test", commodity)
				}
				// The places of one county, and what stands for it as a whole.
				for _, county := range facttest.Counties {
					whole, err := figure.Stages(t.Context(), s.DB, commodity, month, county, nil)
					if err != nil {
						t.Fatal(err)
					}
					villages, err := figure.Stages(t.Context(), s.DB, commodity, month, county, facttest.Villages[county])
					if err != nil {
						t.Fatal(err)
					}
					if a, b := total(whole), total(villages); b > a {
						t.Errorf("%s until %q: the villages of %s come to %d, the county to %d", commodity, month, county, b, a)
					}
				}
			}
		}
		other, err := figure.Stages(t.Context(), s.DB, "SHEEP", "", "", nil)
		if err != nil || len(other) != 0 {
			t.Errorf("SHEEP is not sheep: %v, %v", other, err)
		}
	})
}

func total(list []figure.Stage) (sum int64) {
	for _, x := range list {
		sum += x.Amount
	}
	return sum
}

// What left one book for another and has not arrived is listed, to the fen.
func TestTransfersMatch(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s, _ := history(t, fresh(), 9, 400)
		want := map[string]int64{}
		for _, h := range facttest.Heads(t, s) {
			for seq := range h.Seq {
				postings, err := ledger.Postings(t.Context(), s.DB, h.Book, seq+1)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range postings {
					switch p.Flow {
					case ledger.TransferOut:
						want[transfer(p)+" "+p.Fund] += p.Amount * p.Sign
					case ledger.TransferIn:
						want[transfer(p)+" "+p.Fund] -= p.Amount * p.Sign
					}
				}
			}
		}
		list, err := programme.Unmatched(t.Context(), s.DB)
		if err != nil {
			t.Fatal(err)
		}
		open := 0
		for _, u := range list {
			key := u.Transfer + " " + u.Fund
			if u.Amount != want[key] {
				t.Errorf("%s: %d on the way, want %d", key, u.Amount, want[key])
			}
			delete(want, key)
			open++
		}
		for key, n := range want {
			if n != 0 {
				t.Errorf("%s: %d on the way is not listed", key, n)
			}
		}
		if open == 0 {
			t.Error("everything arrived: not a test")
		}
	})
}

// transfer is the number of the transfer that a posting is a half of.
func transfer(p ledger.Posting) string {
	for _, id := range []string{p.From, p.To} {
		if number, ok := strings.CutPrefix(id, "transit:"); ok {
			return number
		}
	}
	return ""
}
