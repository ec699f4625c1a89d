package figure

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
)

// query is a definition made ready for one evaluation: its filters joined with what was asked for.
type query struct {
	db       database.Reader
	d        *Definition
	from     date.Date
	until    date.Date
	known    map[string]int64
	places   []place
	projects []string // nil for all
	fund     string
	subject  string
	nothing  bool // filters that exclude each other
	asOf     date.Date
}

func (b *Book) query(ctx context.Context, d *Definition, at At) (*query, error) {
	q := &query{db: b.db, d: d, known: at.KnownAt, asOf: at.AsOf, fund: d.Fund}
	f := d.Filter.within(at.Filter)
	q.from, q.until, q.subject = f.From, f.Until, f.Subject
	if q.asOf == "" {
		q.asOf = b.today
	}
	if q.asOf < b.today && (q.until == "" || q.asOf < q.until) { // nothing is recorded before it happens
		q.until = q.asOf
	}
	q.nothing = q.until != "" && q.from > q.until
	if at.Fund != "" {
		q.nothing = q.nothing || d.Fund != "" && d.Fund != at.Fund
		q.fund = at.Fund
	}
	area, err := q.narrow(ctx, d.Area, at.Area)
	if err != nil {
		return nil, err
	}
	if q.places, err = places(ctx, b.db, area); err != nil {
		return nil, err
	}
	return q, q.chooseProjects(ctx, d.Filter, at.Filter)
}

// narrow gives the smaller of two areas of which one lies in the other.
func (q *query) narrow(ctx context.Context, a, b string) (string, error) {
	if a == "" || b == "" || a == b {
		return a + strings.Repeat(b, boolInt(a == "")), nil
	}
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		above, err := Ancestors(ctx, q.db, pair[1])
		if err != nil {
			return "", err
		}
		if slices.Contains(above, pair[0]) {
			return pair[1], nil
		}
	}
	q.nothing = true
	return a, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (q *query) chooseProjects(ctx context.Context, filters ...Filter) error {
	choose := func(ids []string) {
		if q.projects == nil {
			q.projects = ids
		} else {
			q.projects = slices.DeleteFunc(slices.Clone(q.projects), func(id string) bool { return !slices.Contains(ids, id) })
		}
		q.nothing = q.nothing || len(q.projects) == 0
	}
	for _, f := range filters {
		if len(f.Projects) > 0 {
			choose(f.Projects)
		}
		if f.Channel != "" {
			list, err := entity.Find(ctx, q.db, entity.Filter{Type: "project", Class: f.Channel})
			if err != nil {
				return err
			}
			ids := make([]string, len(list))
			for i, e := range list {
				ids[i] = e.ID
			}
			choose(ids)
		}
	}
	return nil
}

// where collects conditions and their parameters.
type where struct {
	conds []string
	args  []any
}

func (w *where) add(cond string, values ...any) {
	marks := make([]any, len(values))
	for i, v := range values {
		w.args = append(w.args, v)
		marks[i] = fmt.Sprintf("$%d", len(w.args))
	}
	w.conds = append(w.conds, fmt.Sprintf(cond, marks...))
}

func (w *where) in(column string, values []string) {
	marks := make([]string, len(values))
	for i, v := range values {
		w.args = append(w.args, v)
		marks[i] = fmt.Sprintf("$%d", len(w.args))
	}
	w.conds = append(w.conds, column+" IN ("+strings.Join(marks, ", ")+")")
}

// months chooses rows of totals between two months, open where empty: without either the sums over all months.
func (w *where) months(first, last string) {
	if first == "" && last == "" {
		w.add("month = %s", allMonths)
		return
	}
	w.add("month >= %s", cmp.Or(first, "0")) // allMonths comes before
	if last != "" {
		w.add("month <= %s", last)
	}
}

func (w *where) String() string { return strings.Join(w.conds, " AND ") }

// moved tells whether a measure is a flow of postings, and its two parts.
func moved(measure string) (flow, commodity string, ok bool) {
	return strings.Cut(measure, ":")
}

// areasWithin are an area and all below it.
const areasWithin = `(
  WITH RECURSIVE below(id) AS (
    SELECT CAST(%s AS TEXT)
    UNION ALL
    SELECT a.id FROM entity a JOIN below ON a.parent = below.id WHERE a.book = '` + entity.Headquarters + `' AND a.type = 'area'
  )
  SELECT id FROM below)`

// base is the FROM and WHERE that choose the rows of a term in one book between two dates. The row is r, its entry e.
func (q *query) base(t Term, p place, from, until date.Date) (text, value string, w *where) {
	w = &where{}
	table := "observation"
	value = "r.value * r.sign"
	flow, commodity, isFlow := moved(t.Measure)
	if isFlow {
		table, value = "posting", "r.amount * r.sign"
	}
	w.add("r.book = %s", p.book)
	if isFlow {
		w.add("r.flow = %s", flow)
		w.add("r.commodity = %s", commodity)
	} else {
		w.add("r.measure = %s", t.Measure)
	}
	if from != "" {
		w.add("r.on_date >= %s", string(from))
	}
	if until != "" {
		w.add("r.on_date <= %s", string(until))
	}
	if seq, ok := q.known[p.book]; ok {
		w.add("r.seq <= %s", seq)
	}
	if p.area != "" {
		w.add("r.area IN "+areasWithin, p.area)
	}
	if q.projects != nil {
		w.in("r.project", q.projects)
	}
	if q.fund != "" {
		if !isFlow {
			w.add("1 = 0") // what is counted is of no fund
		} else {
			w.add("r.fund = %s", q.fund)
		}
	}
	if q.subject != "" && !isFlow {
		w.add("r.subject = %s", q.subject)
	}
	if t.Minus {
		value = "-1 * " + value
	}
	return "FROM " + table + " r\nWHERE ", value, w
}

// span is a period of days, open where empty.
type span struct{ from, until date.Date }

// months divides the period into whole months, read from totals, and the days at its ends, read from rows.
func (q *query) months() (first, last string, edges []span) {
	first, last = q.from.Month(), q.until.Month()
	if q.from != "" && string(q.from[8:]) != "01" {
		next := date.New(q.from.Year(), q.from.Time().Month()+1, 1)
		end := next.AddDays(-1)
		if q.until != "" && q.until < end {
			end = q.until
		}
		edges = append(edges, span{q.from, end})
		first = next.Month()
	}
	if q.until != "" && !q.until.IsMonthEnd() {
		start := date.Date(q.until.Month() + "-01")
		if start > q.from || q.from == "" {
			edges = append(edges, span{start, q.until})
		} else if len(edges) == 0 {
			edges = append(edges, span{q.from, q.until})
		}
		last = date.New(q.until.Year(), q.until.Time().Month(), 0).Month()
	}
	return first, last, edges
}

func (q *query) sum(ctx context.Context, v *Value) error {
	v.Known = true
	if q.nothing {
		return nil
	}
	first, last, edges := q.months()
	var value, n, traced int64
	add := func(sql string, args []any, minus bool) error {
		var a, b, c int64
		if err := q.db.QueryRow(ctx, sql, args...).Scan(&a, &b, &c); err != nil {
			return err
		}
		if minus {
			a = -a
		}
		value, n, traced = value+a, n+b, traced+c
		return nil
	}
	for _, t := range q.d.Terms {
		for _, p := range q.places {
			if _, held := q.known[p.book]; held || q.subject != "" { // totals know neither
				if err := q.sumRows(ctx, t, p, span{q.from, q.until}, &value, &n, &traced); err != nil {
					return err
				}
				continue
			}
			w := &where{}
			w.add("book = %s", p.book)
			w.add("measure = %s", t.Measure)
			w.add("area = %s", p.area)
			w.months(first, last)
			if q.projects != nil {
				w.in("project", q.projects)
			}
			if q.fund != "" {
				w.add("fund = %s", q.fund)
			}
			if err := add("SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT), CAST(COALESCE(SUM(n), 0) AS BIGINT), CAST(COALESCE(SUM(traced), 0) AS BIGINT)\nFROM total\nWHERE "+w.String(), w.args, t.Minus); err != nil {
				return err
			}
			for _, s := range edges {
				if err := q.sumRows(ctx, t, p, s, &value, &n, &traced); err != nil {
					return err
				}
			}
		}
	}
	v.Number, v.Traced, v.Of = value, traced, n
	if q.d.Aggregate == Count {
		v.Number = n
	}
	return nil
}

func (q *query) sumRows(ctx context.Context, t Term, p place, s span, value, n, traced *int64) error {
	text, expr, w := q.base(t, p, s.from, s.until)
	var a, b, c, late int64
	err := q.db.QueryRow(ctx, "SELECT CAST(COALESCE(SUM("+expr+"), 0) AS BIGINT), CAST(COALESCE(SUM(r.sign), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN r.traced THEN r.sign ELSE 0 END), 0) AS BIGINT)\n"+
		text+w.String(), w.args...).Scan(&a, &b, &c)
	if err == nil { // proofs that came later are few
		err = q.db.QueryRow(ctx, "SELECT CAST(COALESCE(SUM(r.sign), 0) AS BIGINT)\n"+q.joinProof(text, p)+w.String()+" AND r.sign > 0", w.args...).Scan(&late)
	}
	*value, *n, *traced = *value+a, *n+b, *traced+c+late
	return err
}

// joinProof narrows a base query to the rows that were proved later, as far as that was known.
func (q *query) joinProof(text string, p place) string {
	return strings.Replace(text, " r\n", " r\nJOIN proof f ON f.book = r.book AND f.seq = r.seq"+q.proofKnown(p.book)+"\n", 1)
}

// proofKnown narrows proofs f to those recorded by the position known of a book.
func (q *query) proofKnown(book string) string {
	if seq, ok := q.known[book]; ok {
		return fmt.Sprintf(" AND f.proved_by <= %d", seq)
	}
	return ""
}

func (q *query) distinct(ctx context.Context, v *Value) error {
	v.Known = true
	if q.nothing {
		return nil
	}
	t := q.d.Terms[0]
	if err := q.sum(ctx, v); err != nil { // for the counts of records
		return err
	}
	v.Number = 0
	shared := measures[t.Measure].Shared && len(q.places) > 1
	seen := map[string]bool{}
	for _, p := range q.places {
		text, _, w := q.base(t, p, q.from, q.until)
		subjects := "SELECT r.subject " + text + w.String() + " AND r.subject <> ''"
		if q.from == "" {
			subjects += " GROUP BY r.subject HAVING SUM(r.sign) > 0"
		} else { // what is taken back in the period may have been counted before it
			subjects = "SELECT DISTINCT r.subject " + text + w.String() + " AND r.subject <> '' AND " + q.live(w, p)
		}
		var n int64
		var err error
		switch {
		case shared:
			err = q.eachText(ctx, func(subject string) { seen[subject] = true }, subjects, w.args)
		case q.whole(p):
			err = q.db.QueryRow(ctx, "SELECT n FROM distinct_total WHERE book = $1 AND measure = $2", p.book, t.Measure).Scan(&n)
			if errors.Is(err, sql.ErrNoRows) {
				err = nil
			}
		default:
			err = q.db.QueryRow(ctx, "SELECT COUNT(*) FROM ("+subjects+") s", w.args...).Scan(&n)
		}
		if err != nil {
			return err
		}
		v.Number += n
	}
	v.Number += int64(len(seen))
	return nil
}

// whole tells whether nothing narrows the figure below a whole book as it stands.
func (q *query) whole(p place) bool {
	_, held := q.known[p.book]
	return p.area == "" && q.from == "" && q.until == "" && q.projects == nil && q.fund == "" && q.subject == "" && !held
}

func (q *query) eachText(ctx context.Context, fn func(string), text string, args []any) error {
	rows, err := q.db.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return err
		}
		fn(s)
	}
	return rows.Err()
}

// live is the condition that a row was not taken back by what is visible.
func (q *query) live(w *where, p place) string {
	cond := "r.sign = 1 AND NOT EXISTS (SELECT 1 FROM reversal v JOIN entry e ON e.book = v.book AND e.seq = v.reversed_by WHERE v.book = r.book AND v.seq = r.seq"
	if q.until != "" {
		w.args = append(w.args, string(q.until))
		cond += fmt.Sprintf(" AND e.on_date <= $%d", len(w.args))
	}
	if seq, ok := q.known[p.book]; ok {
		w.args = append(w.args, seq)
		cond += fmt.Sprintf(" AND e.seq <= $%d", len(w.args))
	}
	return cond + ")"
}

// deciding is a record that a ranked figure may be decided by.
type deciding struct {
	book  string
	seq   int64
	line  int64
	value int64
	on    date.Date
}

// decide finds the record that gives a latest, minimum or maximum; ok is false when there is none.
func (q *query) decide(ctx context.Context) (best deciding, ok bool, err error) {
	if q.nothing {
		return best, false, nil
	}
	order := map[Aggregate]string{Latest: "r.on_date DESC, r.seq DESC, r.line DESC", Minimum: "r.value, r.seq, r.line", Maximum: "r.value DESC, r.seq, r.line", Years: "r.value, r.seq, r.line"}[q.d.Aggregate]
	t := q.d.Terms[0]
	for _, p := range q.places {
		text, _, w := q.base(t, p, q.from, q.until)
		cond := w.String() + " AND " + q.live(w, p)
		if q.d.Aggregate != Latest {
			cond += " AND r.ranked"
		}
		var one deciding
		var on string
		err := q.db.QueryRow(ctx, "SELECT r.book, r.seq, r.line, r.value, r.on_date "+text+cond+" ORDER BY "+order+" LIMIT 1", w.args...).
			Scan(&one.book, &one.seq, &one.line, &one.value, &on)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return best, false, err
		}
		one.on = date.Date(on)
		better := !ok
		switch q.d.Aggregate {
		case Latest:
			better = better || one.on > best.on
		case Maximum:
			better = better || one.value > best.value
		default:
			better = better || one.value < best.value
		}
		if better {
			best, ok = one, true
		}
	}
	return best, ok, nil
}

func (q *query) ranked(ctx context.Context, v *Value) error {
	if _, _, isFlow := moved(q.d.Terms[0].Measure); isFlow {
		return fmt.Errorf("%s of postings is not defined: use an observation", q.d.Aggregate)
	}
	best, ok, err := q.decide(ctx)
	if err != nil || !ok {
		return err
	}
	v.Known, v.Of = true, 1
	v.Number = best.value
	if q.d.Aggregate == Years {
		end := q.asOf
		if q.until != "" && q.until < end {
			end = q.until
		}
		v.Number = date.FromInt(best.value).YearsUntil(end)
	}
	return q.db.QueryRow(ctx, `SELECT COUNT(*) FROM entry e WHERE e.book = $1 AND e.seq = $2
AND (e.grade = 2 OR EXISTS (SELECT 1 FROM proof f WHERE f.book = e.book AND f.seq = e.seq`+q.proofKnown(best.book)+`))`, best.book, best.seq).Scan(&v.Traced)
}

// balance adds up what accounts of a class hold: as it stands now from the balances, at another time from the postings. In an area it is
// of the accounts that belong there; headquarters' accounts lie in no county.
func (q *query) balance(ctx context.Context, v *Value) error {
	v.Known = true
	if q.nothing {
		return nil
	}
	q.places = slices.DeleteFunc(q.places, headquartersInArea)
	now := q.from == "" && q.until == "" && q.projects == nil && q.fund == ""
	for _, p := range q.places {
		_, held := q.known[p.book]
		now = now && !held
	}
	if now {
		return q.balanceNow(ctx, v)
	}
	rows, err := q.balanceParts(ctx)
	if err != nil {
		return err
	}
	for _, c := range rows {
		v.Number += c.Contribution
	}
	v.Of = int64(len(rows))
	for _, c := range rows {
		if c.proved {
			v.Traced++
		}
	}
	return nil
}

// headquartersInArea is a place in which no balance lies.
func headquartersInArea(p place) bool { return p.book == entity.Headquarters && p.area != "" }

// balanceNow reads the balances; the records counted are the balances themselves, which the ledger keeps from its postings.
func (q *query) balanceNow(ctx context.Context, v *Value) error {
	class, commodity, _ := moved(q.d.Terms[0].Measure)
	for _, p := range q.places {
		w := &where{}
		w.add("r.book = %s", p.book)
		w.add("r.commodity = %s", commodity)
		q.ofClass(w, p, class, "r.account")
		var amount, n int64
		err := q.db.QueryRow(ctx, "SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT), COUNT(*) FROM balance r WHERE r.amount <> 0 AND "+w.String(), w.args...).Scan(&amount, &n)
		if err != nil {
			return err
		}
		v.Number += amount
		v.Of += n
		v.Traced += n
	}
	return nil
}

// ofClass narrows a column to the accounts of a class, in the area of a place. An account's id begins with its class and a colon.
func (q *query) ofClass(w *where, p place, class, column string) {
	w.add(column+" >= %s", class+":")
	w.add(column+" < %s", class+";") // the sign after the colon
	if p.area != "" {
		w.add(column+" IN (SELECT c.id FROM account c WHERE c.book = %s AND c.class = %s AND c.area IN "+areasWithin+")", p.book, class, p.area)
	}
}

// members of a dimension that have records.
func (q *query) members(ctx context.Context, dimension string) ([]string, error) {
	if q.nothing {
		return nil, nil
	}
	found := map[string]bool{}
	if dimension == "area" {
		return q.areasBelow(ctx)
	}
	column, ok := map[string]string{"project": "project", "fund": "fund", "year": "substr(month, 1, 4)", "month": "month"}[dimension]
	if !ok {
		return nil, fmt.Errorf("dimension %q is not known: use area, project, fund, year or month", dimension)
	}
	for _, t := range q.d.Terms {
		for _, p := range q.places {
			w := &where{}
			w.add("book = %s", p.book)
			w.add("measure = %s", t.Measure)
			w.add("area = %s", p.area)
			if dimension == "project" || dimension == "fund" {
				w.months("", "")
			}
			err := q.eachText(ctx, func(s string) { found[s] = true }, "SELECT DISTINCT "+column+" FROM total WHERE "+w.String(), w.args)
			if err != nil {
				return nil, err
			}
		}
	}
	list := make([]string, 0, len(found))
	for s := range found {
		if s != "" && (dimension != "project" || q.projects == nil || slices.Contains(q.projects, s)) && (dimension != "fund" || q.fund == "" || q.fund == s) {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list, nil
}

// areasBelow lists the areas one level down from where the figure is evaluated: at the top those of the books.
func (q *query) areasBelow(ctx context.Context) ([]string, error) {
	area := ""
	if len(q.places) > 0 && q.places[0].area != "" {
		area = q.places[0].area
	}
	if area == "" {
		books, err := entity.Find(ctx, q.db, entity.Filter{Type: "book"})
		ids := make([]string, len(books))
		for i, b := range books {
			ids[i] = b.Area
		}
		return ids, err
	}
	list, err := entity.Find(ctx, q.db, entity.Filter{Book: entity.Headquarters, Type: "area", Parent: area})
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	return ids, err
}
