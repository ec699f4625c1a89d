package casework

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
)

// Watches lists the households of a book that are or were under watch, by code: the row's class is the group, its status whether the watch runs.
func Watches(ctx context.Context, r database.Reader, book string) ([]entity.Entity, error) {
	return entity.Find(ctx, r, entity.Filter{Book: book, Type: watching})
}

// Watched is the last watch over a household.
type Watched struct {
	Group    string
	Since    date.Date // when it was opened last
	Ended    date.Date // "" while it runs
	Times    int       // how often a watch was opened
	Risks    []string
	Solved   []string
	Measures int       // delivered against one of the risks since then
	First    date.Date // of these measures the first
}

// WatchOf folds the last watch over a household from its file; nil when it never was under watch.
func WatchOf(f *household.File) (*Watched, error) {
	var w *Watched
	for i := range f.Entries {
		e := &f.Entries[i]
		if e.Role == watchEnded && w != nil {
			w.Ended = e.On
		}
		if e.Kind != "watch" && e.Kind != "risk-solved" {
			continue
		}
		content, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, fmt.Errorf("watch over household %s: %w", f.ID, err)
		}
		switch x := content.(type) {
		case *Watch:
			times := 1
			if w != nil {
				times = w.Times + 1
			}
			w = &Watched{Group: x.Group, Since: e.On, Times: times, Risks: x.Risks}
		case *RiskSolved:
			if w != nil && slices.Contains(w.Risks, x.Risk) {
				w.Solved = append(w.Solved, x.Risk)
			}
		}
	}
	if w == nil {
		return nil, nil
	}
	for _, m := range f.Measures {
		if m.On >= w.Since && (w.Ended == "" || m.On <= w.Ended) && slices.Contains(w.Risks, m.Fact.Cause) {
			w.Measures++
			if w.First == "" || m.On < w.First {
				w.First = m.On
			}
		}
	}
	return w, nil
}

// Relapses are the people and households of a book that fell back within so many months of leaving poverty, of all who left so many months before a day
// or earlier. An exit that was found wrong is none. Who left twice is counted for each exit.
type Relapses struct {
	Months                        int
	Households, People            int64 // fell back within the months
	HouseholdsExited, PeopleExits int64
}

// FindRelapses counts relapses within 12 and 24 months, by what is known on a day.
func FindRelapses(ctx context.Context, r database.Reader, book string, on date.Date) ([]Relapses, error) {
	type change struct {
		role string
		on   date.Date
		seq  int64
	}
	rows, err := r.Query(ctx, fmt.Sprintf(`SELECT c.id, c.role, e.on_date, c.seq
FROM concern c
JOIN entry e ON e.book = c.book AND e.seq = c.seq
LEFT JOIN reversal v ON v.book = c.book AND v.seq = c.seq
WHERE c.book = $1 AND c.type = '%s' AND c.role IN ('%s', '%s', '%s') AND e.on_date <= $2 AND v.seq IS NULL`, household.Type, decision.Exited, decision.Relapsed, decision.ExitReversed), book, string(on))
	if err != nil {
		return nil, fmt.Errorf("read exits of book %s: %w", book, err)
	}
	defer rows.Close()
	changes := map[string][]change{}
	for rows.Next() {
		var id, day string
		var c change
		if err := rows.Scan(&id, &c.role, &day, &c.seq); err != nil {
			return nil, err
		}
		c.on = date.Date(day)
		changes[id] = append(changes[id], c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	people, err := peopleExited(ctx, r, book, on)
	if err != nil {
		return nil, err
	}
	list := []Relapses{{Months: 12}, {Months: 24}}
	for id, all := range changes {
		slices.SortFunc(all, func(a, b change) int { return cmp.Or(cmp.Compare(a.on, b.on), cmp.Compare(a.seq, b.seq)) })
		for i, c := range all {
			next := change{}
			if i+1 < len(all) {
				next = all[i+1]
			}
			if c.role != string(decision.Exited) || next.role == string(decision.ExitReversed) {
				continue
			}
			for k := range list {
				l := &list[k]
				if c.on.AddMonths(l.Months) > on {
					continue
				}
				l.HouseholdsExited++
				l.PeopleExits += people[c.seq][id]
				if next.role == string(decision.Relapsed) && next.on <= c.on.AddMonths(l.Months) {
					l.Households++
					l.People += people[c.seq][id]
				}
			}
		}
	}
	return list, nil
}

// peopleExited counts the people of each exit, by entry and household: those whom the exit observed, whether they had been lifted before or not. An entry
// observes each household and right behind it the people who live there.
func peopleExited(ctx context.Context, r database.Reader, book string, on date.Date) (map[int64]map[string]int64, error) {
	rows, err := r.Query(ctx, `SELECT seq, line, measure, subject
FROM observation
WHERE book = $1 AND measure IN ('household-exited', 'people-lifted') AND on_date >= '' AND on_date <= $2 AND value >= 0 AND sign > 0`, book, string(on))
	if err != nil {
		return nil, fmt.Errorf("count people who left poverty in book %s: %w", book, err)
	}
	defer rows.Close()
	type observed struct {
		seq, line        int64
		measure, subject string
	}
	var list []observed
	for rows.Next() {
		var o observed
		if err := rows.Scan(&o.seq, &o.line, &o.measure, &o.subject); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b observed) int { return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.line, b.line)) })
	people := map[int64]map[string]int64{}
	id := ""
	for _, o := range list {
		if o.measure == "household-exited" {
			id = o.subject
			continue
		}
		if people[o.seq] == nil {
			people[o.seq] = map[string]int64{}
		}
		people[o.seq][id]++
	}
	return people, rows.Err()
}

// Alert is a household that is not poor by the register, is not under watch, and shows a sign that it may become so.
type Alert struct {
	Book, Household, Area string
	Sign                  Sign
	On                    date.Date
	Seq                   int64  // of the visit or the report; 0 for arrears
	Days                  int64  // overdue
	Text                  string // what was reported
}

// Sign is what points to a risk.
type Sign string

const (
	Arrears    Sign = "arrears" // a loan is overdue
	Report     Sign = "report"  // the household itself, or somebody who was there, says so
	FailedTest Sign = "check"   // a guarantee was met and no longer is
	IncomeFell Sign = "income"  // the last income account is sharply below the one before
)

// alertsMax is how many alerts of a sign one look gives.
const alertsMax = 200

// Alerts lists the households of a book that may need to be watched: those in arrears first, then what was reported, checks that failed and incomes that fell.
func Alerts(ctx context.Context, r database.Reader, book string) ([]Alert, error) {
	var list []Alert
	read := func(sign Sign, query string, args ...any) error {
		rows, err := r.Query(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("look for alerts in book %s: %w", book, err)
		}
		defer rows.Close()
		for rows.Next() {
			a := Alert{Book: book, Sign: sign}
			var on string
			if err := rows.Scan(&a.Household, &a.Area, &on, &a.Seq, &a.Days, &a.Text); err != nil {
				return err
			}
			a.On = date.Date(on)
			if !slices.ContainsFunc(list, func(o Alert) bool { return o.Household == a.Household && o.Sign == a.Sign }) {
				list = append(list, a)
			}
		}
		return rows.Err()
	}
	const unwatched = ` AND NOT EXISTS (SELECT 1 FROM entity w WHERE w.book = h.book AND w.type = 'watch' AND w.id = h.id AND w.status = 'open')`
	err := read(Arrears, fmt.Sprintf(`SELECT h.id, h.area, d.next_due_on, 0, d.days_past_due, ''
FROM loan_day d
JOIN loan l ON l.book = d.book AND l.id = d.loan
JOIN entity h ON h.book = l.book AND h.type = '%s' AND h.id = l.borrower AND h.class = '%s'
WHERE d.book = $1 AND d.days_past_due > 0`+unwatched+`
ORDER BY d.days_past_due DESC, h.id
LIMIT %d`, household.Type, decision.Exited, alertsMax), book)
	if err != nil {
		return nil, err
	}
	err = read(Report, fmt.Sprintf(`SELECT h.id, h.area, e.on_date, e.seq, 0, a.name
FROM entity a
JOIN entry e ON e.book = a.book AND e.seq = a.seq
JOIN entity h ON h.book = a.book AND h.type = '%s' AND h.id = a.parent AND h.class IN ('%s', '%s')
WHERE a.book = $1 AND a.type = 'alert' AND a.status = 'open' AND a.class = ''`+unwatched+`
ORDER BY e.on_date DESC, h.id
LIMIT %d`, household.Type, decision.Exited, household.Known, alertsMax), book)
	if err != nil {
		return nil, err
	}
	// Both are counted when they come true and counted off when they no longer are, so a household shows a sign when what it was counted comes to that. Few are ever
	// counted off or fall; what each of them was counted is found by its own entries.
	const now = ` (SELECT COALESCE(SUM(p.value * p.sign), 0) FROM concern c JOIN observation p ON p.book = c.book AND p.seq = c.seq AND p.measure = o.measure AND p.subject = o.subject
  WHERE c.book = o.book AND c.type = '` + household.Type + `' AND c.id = o.subject) `
	// k finds the observations in the index by measure, o reads each; of o alone SQLite would read the whole book.
	const counted = `SELECT h.id, h.area, o.on_date, o.seq, 0, ''
FROM observation k
JOIN observation o ON o.book = k.book AND o.seq = k.seq AND o.line = k.line
JOIN entity h ON h.book = o.book AND h.type = '` + household.Type + `' AND h.id = o.subject AND h.class = '` + string(decision.Exited) + `'
WHERE k.book = $1 AND k.on_date >= '' AND k.sign > 0`
	last := fmt.Sprintf(unwatched+`
ORDER BY o.on_date DESC, h.id
LIMIT %d`, alertsMax)
	if err := read(FailedTest, counted+` AND k.measure IN ('household-assured', 'household-water') AND k.value < 0 AND`+now+`<= 0`+last, book); err != nil {
		return nil, err
	}
	return list, read(IncomeFell, counted+` AND k.measure = 'income-fallen' AND k.value > 0 AND`+now+`> 0`+last, book)
}
