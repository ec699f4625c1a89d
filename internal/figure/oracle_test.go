package figure_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/store"
)

// oracle evaluates figures the slow way: it reads every record of a store and decides for each by itself whether it counts. It uses nothing of
// what package figure keeps or asks of the database.
type oracle struct {
	rows     []row
	parent   map[string]string // of areas
	books    map[string]string // area of each county's book
	projects map[string][]string
	accounts map[string]ledger.Account // by book and id
	shared   map[string]bool
	ranked   map[string]bool
	today    date.Date
}

// row is a posting or an observation with what is known of its entry.
type row struct {
	entry    journal.Entry
	provedBy int64
	takenBy  int64 // entry that took this one back, with its date
	takenOn  date.Date
	back     journal.Entry // what the entry takes back, for rows that do
	backBy   int64         // its proof
	line     int64
	measure  string // FLOW:COMMODITY or a declared measure
	value    int64
	sign     int64
	subject  string
	project  string
	area     string
	fund     string
	from, to string
	commod   string
	posting  bool
}

func newOracle(t *testing.T, s *store.Store) *oracle {
	t.Helper()
	ctx := context.Background()
	o := &oracle{parent: map[string]string{}, books: map[string]string{entity.Headquarters: ""}, projects: map[string][]string{}, accounts: map[string]ledger.Account{},
		shared: map[string]bool{}, ranked: map[string]bool{}, today: s.Today()}
	for _, m := range figure.Measures() {
		o.shared[m.ID], o.ranked[m.ID] = m.Shared, m.Ranked
	}
	entities, err := entity.Find(ctx, s.DB, entity.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entities {
		switch e.Type {
		case "area":
			o.parent[e.ID] = e.Parent
		case "book":
			o.books[e.ID] = e.Area
		case "project":
			o.projects[e.Class] = append(o.projects[e.Class], e.ID)
		}
	}
	entries := map[[2]any]journal.Entry{}
	if err := journal.Each(ctx, s.DB, journal.Filter{}, func(e journal.Entry) error { entries[[2]any{e.Book, e.Seq}] = e; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		o.read(t, s, entries, e)
	}
	return o
}

func (o *oracle) read(t *testing.T, s *store.Store, entries map[[2]any]journal.Entry, e journal.Entry) {
	t.Helper()
	ctx := context.Background()
	base := row{entry: e}
	must := func(n int64, err error) int64 {
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	base.provedBy = must(journal.ProvedBy(ctx, s.DB, e.Book, e.Seq))
	if base.takenBy = must(journal.ReversedBy(ctx, s.DB, e.Book, e.Seq)); base.takenBy > 0 {
		base.takenOn = entries[[2]any{e.Book, base.takenBy}].On
	}
	if e.Reverses > 0 {
		base.back = entries[[2]any{e.Book, e.Reverses}]
		base.backBy = must(journal.ProvedBy(ctx, s.DB, e.Book, e.Reverses))
	}
	postings, err := ledger.Postings(ctx, s.DB, e.Book, e.Seq)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range postings {
		r := base
		r.line, r.measure, r.value, r.sign, r.project, r.area, r.fund, r.from, r.to, r.commod, r.posting =
			p.Line, p.Flow+":"+p.Commodity, p.Amount, p.Sign, p.Project, p.Area, p.Fund, p.From, p.To, p.Commodity, true
		o.rows = append(o.rows, r)
		for _, id := range []string{p.From, p.To} {
			if o.accounts[e.Book+" "+id], err = ledger.GetAccount(ctx, s.DB, e.Book, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	observations, err := figure.Observations(ctx, s.DB, e.Book, e.Seq)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range observations {
		r := base
		r.line, r.measure, r.value, r.sign, r.subject, r.project, r.area = x.Line, x.Measure, x.Value, x.Sign, x.Subject, x.Project, x.Area
		o.rows = append(o.rows, r)
	}
}

func (o *oracle) within(area, other string) bool {
	for ; area != ""; area = o.parent[area] {
		if area == other {
			return true
		}
	}
	return false
}

// ask is a definition joined with what is asked for.
type ask struct {
	areas    []string // in all of which a record must lie
	projects [][]string
	funds    []string
	from     date.Date
	until    date.Date
	known    map[string]int64
	asOf     date.Date
}

func (o *oracle) ask(d *figure.Definition, at figure.At) ask {
	q := ask{known: at.KnownAt, asOf: at.AsOf}
	if q.asOf == "" {
		q.asOf = o.today
	}
	for _, f := range []figure.Filter{d.Filter, at.Filter} {
		if f.Area != "" {
			q.areas = append(q.areas, f.Area)
		}
		if len(f.Projects) > 0 {
			q.projects = append(q.projects, f.Projects)
		}
		if f.Channel != "" {
			q.projects = append(q.projects, o.projects[f.Channel])
		}
		if f.Fund != "" {
			q.funds = append(q.funds, f.Fund)
		}
		q.from = max(q.from, f.From)
		if f.Until != "" && (q.until == "" || f.Until < q.until) {
			q.until = f.Until
		}
	}
	if q.asOf < o.today && (q.until == "" || q.asOf < q.until) {
		q.until = q.asOf
	}
	return q
}

func (o *oracle) known(q ask, book string) int64 {
	if seq, ok := q.known[book]; ok {
		return seq
	}
	return math.MaxInt64
}

// counts tells whether a row is among those asked for, without regard to its area.
func (o *oracle) counts(q ask, r *row) bool {
	if r.entry.Seq > o.known(q, r.entry.Book) || r.entry.On < q.from || q.until != "" && r.entry.On > q.until {
		return false
	}
	for _, list := range q.projects {
		if !slices.Contains(list, r.project) {
			return false
		}
	}
	for _, f := range q.funds {
		if !r.posting || r.fund != f {
			return false
		}
	}
	return true
}

func (o *oracle) lies(q ask, area string) bool {
	return !slices.ContainsFunc(q.areas, func(a string) bool { return !o.within(area, a) })
}

// live tells whether a row was not taken back, as far as was known and had happened.
func (o *oracle) live(q ask, r *row) bool {
	return r.sign > 0 && (r.takenBy == 0 || r.takenBy > o.known(q, r.entry.Book) || q.until != "" && r.takenOn > q.until)
}

// traced tells whether a row's record was proved, as far as was known.
func (o *oracle) traced(q ask, r *row) bool {
	e, by := r.entry, r.provedBy
	if r.sign < 0 {
		e, by = r.back, r.backBy
	}
	return e.Grade == journal.Traced || by > 0 && by <= o.known(q, e.Book)
}

// answer is what a figure comes to.
type answer struct {
	known          bool
	number         int64
	traced, of     int64
	countsBalances bool // traced and of are of balances, which the oracle does not look at
}

func (o *oracle) evaluate(d *figure.Definition, at figure.At) answer {
	q := o.ask(d, at)
	if d.Aggregate == figure.Balance {
		return o.balance(q, d)
	}
	a := answer{known: true}
	subjects := map[string]bool{}
	var best *row
	for i := range o.rows {
		r := &o.rows[i]
		k := slices.IndexFunc(d.Terms, func(t figure.Term) bool { return t.Measure == r.measure })
		if k < 0 || !o.counts(q, r) || !o.lies(q, r.area) {
			continue
		}
		a.of += r.sign
		if o.traced(q, r) {
			a.traced += r.sign
		}
		switch {
		case d.Aggregate == figure.Count:
			a.number += r.sign
		case d.Aggregate == figure.Sum && d.Terms[k].Minus:
			a.number -= r.value * r.sign
		case d.Aggregate == figure.Sum:
			a.number += r.value * r.sign
		case d.Aggregate == figure.Distinct && r.subject != "" && o.live(q, r):
			book := r.entry.Book
			if o.shared[r.measure] {
				book = ""
			}
			subjects[book+" "+r.subject] = true
		case d.Aggregate == figure.Latest || d.Aggregate == figure.Minimum || d.Aggregate == figure.Maximum || d.Aggregate == figure.Years:
			if o.live(q, r) && (best == nil || o.beats(d.Aggregate, r, best)) {
				best = r
			}
		}
	}
	switch d.Aggregate {
	case figure.Distinct:
		a.number = int64(len(subjects))
	case figure.Latest, figure.Minimum, figure.Maximum, figure.Years:
		if best == nil {
			return answer{}
		}
		a = answer{known: true, number: best.value, of: 1}
		if o.traced(q, best) {
			a.traced = 1
		}
		if d.Aggregate == figure.Years {
			a.number = date.FromInt(best.value).YearsUntil(q.asOf)
		}
	}
	return a
}

// beats orders records as the documentation of the aggregates does; of equals the one of headquarters, then of the first book, decides.
func (o *oracle) beats(aggregate figure.Aggregate, a, b *row) bool {
	rank := func(r *row) string { // headquarters first
		if r.entry.Book == entity.Headquarters {
			return ""
		}
		return r.entry.Book
	}
	switch {
	case aggregate == figure.Latest && a.entry.On != b.entry.On:
		return a.entry.On > b.entry.On
	case aggregate == figure.Maximum && a.value != b.value:
		return a.value > b.value
	case (aggregate == figure.Minimum || aggregate == figure.Years) && a.value != b.value:
		return a.value < b.value
	case rank(a) != rank(b):
		return rank(a) < rank(b)
	case a.entry.Seq != b.entry.Seq:
		return (a.entry.Seq > b.entry.Seq) == (aggregate == figure.Latest)
	}
	return (a.line > b.line) == (aggregate == figure.Latest)
}

func (o *oracle) balance(q ask, d *figure.Definition) answer {
	class, commodity, _ := strings.Cut(d.Terms[0].Measure, ":")
	a := answer{known: true, countsBalances: true}
	for i := range o.rows {
		r := &o.rows[i]
		if !r.posting || r.commod != commodity || !o.counts(q, r) {
			continue
		}
		for id, sign := range map[string]int64{r.from: -1, r.to: 1} {
			account := o.accounts[r.entry.Book+" "+id]
			if string(account.Class) != class || !o.holds(q, account) {
				continue
			}
			a.number += sign * r.value
		}
	}
	return a
}

// holds tells whether an account lies in the areas asked for; headquarters' lie in none, and all of a county's lie in it and in what it lies in.
func (o *oracle) holds(q ask, a ledger.Account) bool {
	for _, area := range q.areas {
		root := o.books[a.Book]
		if root == "" || !o.within(root, area) && !o.within(a.Area, area) {
			return false
		}
	}
	return true
}
