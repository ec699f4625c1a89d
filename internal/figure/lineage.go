package figure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/journal"
)

// Contribution is one entry behind a figure and what it gives to it, in units of 10^-Scale.
type Contribution struct {
	Book         string
	Seq          int64
	Kind         string // kind of the entry; "figure ID" for a part of a ratio
	On           date.Date
	Area         string
	Contribution int64
	Scale        int
	Grade        journal.Grade
	proved       bool
}

// Lineage lists the entries behind a figure. Contributions add up to its value exactly: an entry gives a sum what it moved or counted,
// a count 1, a distinct count 1 for the first entry of each subject and 0 for the rest; a latest, minimum, maximum or count of years opens to the
// record that decides it, which gives all of it; a ratio opens to its two figures.
func (b *Book) Lineage(ctx context.Context, id string, at At) (*Value, []Contribution, error) {
	v, err := b.Evaluate(ctx, id, at)
	if err != nil {
		return nil, nil, err
	}
	d := v.Definition
	if d.Aggregate == Ratio {
		var list []Contribution
		for _, p := range v.Parts {
			list = append(list, Contribution{Kind: "figure " + p.Definition.ID, On: at.AsOf, Contribution: p.Number, Scale: p.Definition.Scale, Grade: p.Grade()})
		}
		return v, list, nil
	}
	q, err := b.query(ctx, d, at)
	if err != nil {
		return nil, nil, err
	}
	var list []Contribution
	switch d.Aggregate {
	case Sum, Count:
		list, err = q.sumParts(ctx)
	case Distinct:
		list, err = q.distinctParts(ctx)
	case Balance:
		q.places = slices.DeleteFunc(q.places, headquartersInArea)
		list, err = q.balanceParts(ctx)
	default:
		list, err = q.decidingPart(ctx, v)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("lineage of %s: %w", id, err)
	}
	for i := range list {
		list[i].Scale = d.Scale
	}
	return v, list, nil
}

// entryColumns of the entry behind a row of a book, with its grade as it was known.
func (q *query) entryColumns(book string) string {
	return "r.book, r.seq, e.kind, e.on_date, e.area, e.grade + 2 * (SELECT COUNT(*) FROM proof f WHERE f.book = e.book AND f.seq = e.seq" + q.proofKnown(book) + ")"
}

func (q *query) contributions(ctx context.Context, text string, args []any) ([]Contribution, error) {
	rows, err := q.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Contribution
	for rows.Next() {
		var c Contribution
		var on string
		if err := rows.Scan(&c.Book, &c.Seq, &c.Kind, &on, &c.Area, &c.Grade, &c.Contribution); err != nil {
			return nil, err
		}
		c.On = date.Date(on)
		c.Grade = min(c.Grade, journal.Traced)
		c.proved = c.Grade == journal.Traced
		list = append(list, c)
	}
	return list, rows.Err()
}

// join puts the entry beside the row in a base query.
func join(text string) string {
	return strings.Replace(text, " r\n", " r\nJOIN entry e ON e.book = r.book AND e.seq = r.seq\n", 1)
}

func (q *query) sumParts(ctx context.Context) ([]Contribution, error) {
	if q.nothing {
		return nil, nil
	}
	merged := map[[2]any]int{}
	var list []Contribution
	for _, t := range q.d.Terms {
		for _, p := range q.places {
			text, value, w := q.base(t, p, q.from, q.until)
			if q.d.Aggregate == Count {
				value = "r.sign"
			}
			part, err := q.contributions(ctx, "SELECT "+q.entryColumns(p.book)+", CAST(SUM("+value+") AS BIGINT)\n"+join(text)+w.String()+
				"\nGROUP BY r.book, r.seq, e.kind, e.on_date, e.area, e.grade, e.book, e.seq\nORDER BY r.book, r.seq", w.args)
			if err != nil {
				return nil, err
			}
			for _, c := range part {
				if i, ok := merged[[2]any{c.Book, c.Seq}]; ok {
					list[i].Contribution += c.Contribution
					continue
				}
				merged[[2]any{c.Book, c.Seq}] = len(list)
				list = append(list, c)
			}
		}
	}
	slices.SortFunc(list, func(a, b Contribution) int {
		if c := strings.Compare(a.Book, b.Book); c != 0 {
			return c
		}
		return int(a.Seq - b.Seq)
	})
	return list, nil
}

func (q *query) distinctParts(ctx context.Context) ([]Contribution, error) {
	if q.nothing {
		return nil, nil
	}
	t := q.d.Terms[0]
	shared := measures[t.Measure].Shared
	seen := map[string]bool{}
	var list []Contribution
	for _, p := range q.places {
		if !shared {
			clear(seen)
		}
		text, _, w := q.base(t, p, q.from, q.until)
		cond := w.String() + " AND r.subject <> '' AND " + q.live(w, p)
		rows, err := q.db.Query(ctx, "SELECT "+q.entryColumns(p.book)+", r.subject\n"+join(text)+cond+"\nORDER BY r.on_date, r.seq, r.line", w.args...)
		if err != nil {
			return nil, err
		}
		first := len(list)
		for rows.Next() {
			var c Contribution
			var on, subject string
			if err := rows.Scan(&c.Book, &c.Seq, &c.Kind, &on, &c.Area, &c.Grade, &subject); err != nil {
				rows.Close()
				return nil, err
			}
			c.On, c.Grade = date.Date(on), min(c.Grade, journal.Traced)
			if !seen[subject] {
				seen[subject] = true
				c.Contribution = 1
			}
			// an entry that counts several subjects stands once
			if n := len(list); n > first && list[n-1].Seq == c.Seq && list[n-1].Book == c.Book {
				list[n-1].Contribution += c.Contribution
			} else {
				list = append(list, c)
			}
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		rows.Close()
	}
	return list, nil
}

func (q *query) decidingPart(ctx context.Context, v *Value) ([]Contribution, error) {
	best, ok, err := q.decide(ctx)
	if err != nil || !ok {
		return nil, err
	}
	list, err := q.contributions(ctx, "SELECT "+q.entryColumns(best.book)+", CAST(0 AS BIGINT) FROM observation r JOIN entry e ON e.book = r.book AND e.seq = r.seq WHERE r.book = $1 AND r.seq = $2 AND r.line = $3",
		[]any{best.book, best.seq, best.line})
	if err == nil && len(list) != 1 {
		err = errors.New("the deciding record has no entry")
	}
	if err != nil {
		return nil, err
	}
	list[0].Contribution = v.Number
	return list, nil
}

// balanceParts adds up, by entry, what came to accounts of a class less what left them.
func (q *query) balanceParts(ctx context.Context) ([]Contribution, error) {
	class, commodity, ok := moved(q.d.Terms[0].Measure)
	if !ok {
		return nil, fmt.Errorf("a balance is of CLASS:COMMODITY, not %q", q.d.Terms[0].Measure)
	}
	if q.nothing {
		return nil, nil
	}
	var list []Contribution
	for _, p := range q.places {
		w := &where{}
		side := func(column string) string {
			of := &where{args: w.args}
			q.ofClass(of, p, class, column)
			w.args = of.args
			return "(" + of.String() + ")"
		}
		value := "CASE WHEN " + side("r.to_account") + " THEN r.amount ELSE 0 END - CASE WHEN " + side("r.from_account") + " THEN r.amount ELSE 0 END"
		w.add("r.book = %s", p.book)
		w.add("r.commodity = %s", commodity)
		w.conds = append(w.conds, "("+side("r.to_account")+" OR "+side("r.from_account")+")")
		if q.from != "" {
			w.add("r.on_date >= %s", string(q.from))
		}
		if q.until != "" {
			w.add("r.on_date <= %s", string(q.until))
		}
		if seq, ok := q.known[p.book]; ok {
			w.add("r.seq <= %s", seq)
		}
		if q.projects != nil {
			w.in("r.project", q.projects)
		}
		if q.fund != "" {
			w.add("r.fund = %s", q.fund)
		}
		part, err := q.contributions(ctx, "SELECT "+q.entryColumns(p.book)+", CAST(SUM("+value+") AS BIGINT)\nFROM posting r\nJOIN entry e ON e.book = r.book AND e.seq = r.seq\nWHERE "+w.String()+
			"\nGROUP BY r.book, r.seq, e.kind, e.on_date, e.area, e.grade, e.book, e.seq\nORDER BY r.book, r.seq", w.args)
		if err != nil {
			return nil, err
		}
		for _, c := range part {
			if c.Contribution != 0 {
				list = append(list, c)
			}
		}
	}
	return list, nil
}

// Decimal is the contribution as a decimal string.
func (c *Contribution) Decimal() string { return FormatDecimal(c.Contribution, c.Scale) }
