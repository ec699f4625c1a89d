package figure

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

// Measure is something that observations count. Each is declared once, by the package whose facts observe it.
type Measure struct {
	ID     string // such as people-lifted
	En, Zh string
	Unit   string
	Ranked bool // asked for its smallest, largest or latest value (dates, rates): kept in order of value
	Shared bool // its subjects may occur in more than one book (companies, not households)
}

var measures = map[string]Measure{}

// Declare makes measures known; called from package initialisation. A second declaration of an id is a bug.
func Declare(list ...Measure) {
	for _, m := range list {
		if _, dup := measures[m.ID]; dup {
			panic("measure " + m.ID + " is declared twice")
		}
		measures[m.ID] = m
	}
}

// Declared tells whether a measure is known.
func Declared(id string) bool {
	_, ok := measures[id]
	return ok
}

// Measures lists what is declared, by id.
func Measures() []Measure {
	list := make([]Measure, 0, len(measures))
	for _, m := range measures {
		list = append(list, m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

// Observation is one thing that an entry counted.
type Observation struct {
	Book    string
	Seq     int64
	Line    int64
	Measure string
	Value   int64  // in the measure's unit; dates as YYYYMMDD, money in fen
	Subject string // who or what was counted, for distinct counts; "" for none
	Project string
	Area    string
	Sign    int64 // -1 when it takes back an earlier observation
	Traced  bool  // its entry was proved when it was recorded; follows from the entry's grade, so it is not hashed
	On      date.Date
}

// AppendCanonical appends the observation as it is hashed.
func (o *Observation) AppendCanonical(b []byte) []byte {
	return journal.AppendFields(b, []string{"observation", o.Measure, o.Subject, o.Project, o.Area, string(o.On)}, o.Line, o.Value, o.Sign)
}

var observationTable = database.Table{Name: "observation", Columns: []string{"book", "seq", "line", "measure", "value", "subject", "project", "area",
	"sign", "ranked", "traced", "on_date"}}

// Append writes observations.
func Append(ctx context.Context, w *database.Writer, list []Observation) error {
	args := make([]any, 0, len(list)*len(observationTable.Columns))
	for i := range list {
		o := &list[i]
		args = append(args, o.Book, o.Seq, o.Line, o.Measure, o.Value, o.Subject, o.Project, o.Area, o.Sign, measures[o.Measure].Ranked, o.Traced, string(o.On))
	}
	return w.Insert(ctx, &observationTable, args)
}

// Observations of one entry in order.
func Observations(ctx context.Context, r database.Reader, book string, seq int64) ([]Observation, error) {
	rows, err := r.Query(ctx, `SELECT book, seq, line, measure, value, subject, project, area, sign, traced, on_date
FROM observation WHERE book = $1 AND seq = $2 ORDER BY line`, book, seq)
	if err != nil {
		return nil, fmt.Errorf("read observations of %s:%d: %w", book, seq, err)
	}
	defer rows.Close()
	var list []Observation
	for rows.Next() {
		var o Observation
		var on string
		if err := rows.Scan(&o.Book, &o.Seq, &o.Line, &o.Measure, &o.Value, &o.Subject, &o.Project, &o.Area, &o.Sign, &o.Traced, &on); err != nil {
			return nil, err
		}
		o.On = date.Date(on)
		list = append(list, o)
	}
	return list, rows.Err()
}

// allMonths is the month of the sums over all months: what is asked for most does not grow with the years.
const allMonths = ""

type totalKey struct{ book, measure, area, month, project, fund, receiver string }

type totalSum struct{ value, n, traced, ended, untraced int64 }

func (s totalSum) plus(o totalSum) totalSum {
	return totalSum{s.value + o.value, s.n + o.n, s.traced + o.traced, s.ended + o.ended, s.untraced + o.untraced}
}

type subjectKey struct{ book, measure, subject string }

// Totals collects what a writer's open transaction adds to the totals. Flush before each commit.
type Totals struct {
	sums     map[totalKey]totalSum
	subjects map[subjectKey]int64
	undo     []func()
}

// NewTotals has nothing to add.
func NewTotals() *Totals {
	t := &Totals{}
	t.Reset()
	return t
}

// Reset forgets what was not flushed.
func (t *Totals) Reset() {
	t.sums, t.subjects = map[totalKey]totalSum{}, map[subjectKey]int64{}
	t.undo = nil
}

// Begin marks the point that Undo goes back to.
func (t *Totals) Begin() { t.undo = t.undo[:0] }

// Undo takes back everything since Begin.
func (t *Totals) Undo() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	t.undo = t.undo[:0]
}

// Observe adds an observation. Areas are those that it counts in below its book's own: its area and the ones above.
func (t *Totals) Observe(o *Observation, areas []string) {
	t.add(totalKey{book: o.Book, measure: o.Measure, month: o.On.Month(), project: o.Project}, areas,
		totalSum{value: o.Value * o.Sign, n: o.Sign, traced: o.Sign * number(o.Traced)})
	if o.Subject != "" {
		key := subjectKey{o.Book, o.Measure, o.Subject}
		old, had := t.subjects[key]
		t.subjects[key] = old + o.Sign
		t.undo = append(t.undo, func() { putBack(t.subjects, key, old, had) })
	}
}

// End is where a posting reached somebody outside the programme: the kind of party, and how much (below 0: it came back).
type End struct {
	Receiver string
	Amount   int64
}

func postingKey(p *ledger.Posting, end End) totalKey {
	return totalKey{book: p.Book, measure: p.Flow + ":" + p.Commodity, month: p.On.Month(), project: p.Project, fund: p.Fund, receiver: end.Receiver}
}

// Move adds a posting, under the measure FLOW:COMMODITY.
func (t *Totals) Move(p *ledger.Posting, end End, areas []string) {
	t.add(postingKey(p, end), areas, totalSum{p.Amount * p.Sign, p.Sign, p.Sign * number(p.Traced), end.Amount, end.Amount * number(!p.Traced)})
}

// MoveProved counts a posting as traced, when its entry's proof arrives later.
func (t *Totals) MoveProved(p *ledger.Posting, end End, areas []string) {
	t.add(postingKey(p, end), areas, totalSum{traced: p.Sign, untraced: -end.Amount})
}

// ObserveProved counts an observation as traced, when its entry's proof arrives later.
func (t *Totals) ObserveProved(o *Observation, areas []string) {
	t.add(totalKey{book: o.Book, measure: o.Measure, month: o.On.Month(), project: o.Project}, areas, totalSum{traced: o.Sign})
}

// number is 1 for true.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (t *Totals) add(key totalKey, areas []string, by totalSum) {
	one := func(key totalKey) {
		old, had := t.sums[key]
		t.sums[key] = old.plus(by)
		t.undo = append(t.undo, func() { putBack(t.sums, key, old, had) })
	}
	one(key)
	for _, a := range areas {
		key.area = a
		one(key)
	}
}

// putBack undoes a change of a map. A key that was not there must not stay: it would be written as a row of nothings.
func putBack[K comparable, V any](m map[K]V, key K, old V, had bool) {
	if had {
		m[key] = old
	} else {
		delete(m, key)
	}
}

var totalTable = database.Table{Name: "total", Columns: []string{"book", "measure", "area", "month", "project", "fund", "receiver",
	"value", "n", "traced", "ended", "untraced"},
	Conflict: `ON CONFLICT (book, measure, area, month, project, fund, receiver)
  DO UPDATE SET value = total.value + excluded.value, n = total.n + excluded.n, traced = total.traced + excluded.traced,
    ended = total.ended + excluded.ended, untraced = total.untraced + excluded.untraced`}

var distinctTable = database.Table{Name: "distinct_total", Columns: []string{"book", "measure", "n"},
	Conflict: "ON CONFLICT (book, measure) DO UPDATE SET n = distinct_total.n + excluded.n"}

// Flush writes what was added since the last flush, in sorted order. A sum that something was added to has a row even when it comes to
// nothing, so that the rows do not depend on which facts shared a transaction.
func (t *Totals) Flush(ctx context.Context, w *database.Writer) error {
	sums := make(map[totalKey]totalSum, 2*len(t.sums))
	for k, s := range t.sums {
		sums[k] = s
		k.month = allMonths
		sums[k] = sums[k].plus(s)
	}
	keys := make([]totalKey, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b totalKey) int {
		return slices.Compare([]string{a.book, a.measure, a.area, a.month, a.project, a.fund, a.receiver},
			[]string{b.book, b.measure, b.area, b.month, b.project, b.fund, b.receiver})
	})
	args := make([]any, 0, len(totalTable.Columns)*len(keys))
	for _, k := range keys {
		s := sums[k]
		args = append(args, k.book, k.measure, k.area, k.month, k.project, k.fund, k.receiver, s.value, s.n, s.traced, s.ended, s.untraced)
	}
	if err := w.Insert(ctx, &totalTable, args); err != nil {
		return err
	}
	if err := t.flushSubjects(ctx, w); err != nil {
		return err
	}
	clear(t.sums)
	clear(t.subjects)
	return nil
}

// flushSubjects counts each subject and, where its count came from or went to nothing, the distinct total.
func (t *Totals) flushSubjects(ctx context.Context, w *database.Writer) error {
	keys := make([]subjectKey, 0, len(t.subjects))
	for k := range t.subjects {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b subjectKey) int {
		return slices.Compare([]string{a.book, a.measure, a.subject}, []string{b.book, b.measure, b.subject})
	})
	changes := map[[2]string]int64{}
	for len(keys) > 0 {
		n := 1
		if len(keys) >= subjectRows {
			n = subjectRows
		}
		args := make([]any, 0, 4*n)
		for _, k := range keys[:n] {
			args = append(args, k.book, k.measure, k.subject, t.subjects[k])
		}
		rows, err := w.Query(ctx, upsertSubjects(n), args...)
		if err != nil {
			return fmt.Errorf("count subjects: %w", err)
		}
		for rows.Next() {
			var k subjectKey
			var after int64
			if err := rows.Scan(&k.book, &k.measure, &k.subject, &after); err != nil {
				rows.Close()
				return err
			}
			before := after - t.subjects[k]
			switch {
			case before <= 0 && after > 0:
				changes[[2]string{k.book, k.measure}]++
			case before > 0 && after <= 0:
				changes[[2]string{k.book, k.measure}]--
			case before == 0: // perhaps the first subject of its measure, which has a row from now on
				changes[[2]string{k.book, k.measure}] += 0
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("count subjects: %w", err)
		}
		rows.Close()
		keys = keys[n:]
	}
	measures := make([][2]string, 0, len(changes))
	for k := range changes {
		measures = append(measures, k)
	}
	slices.SortFunc(measures, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	var args []any
	for _, k := range measures {
		args = append(args, k[0], k[1], changes[k])
	}
	return w.Insert(ctx, &distinctTable, args)
}

const subjectRows = 64

func upsertSubjects(n int) string {
	marks := make([]string, n)
	for i := range marks {
		marks[i] = fmt.Sprintf("($%d, $%d, $%d, $%d)", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
	}
	return "INSERT INTO subject (book, measure, subject, n) VALUES " + strings.Join(marks, ", ") + `
ON CONFLICT (book, measure, subject) DO UPDATE SET n = subject.n + excluded.n
RETURNING book, measure, subject, n`
}
