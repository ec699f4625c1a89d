// Package verify checks a store against itself: it reads every row, recomputes everything that was kept from the facts, and reports each
// difference with the table, the row and what to do.
//
// It shares no code with the recording path. The encoding that is hashed, the rules of the books and the sums are written here a second
// time, from their documentation; only what is declared (which measures there are, which kind of fact names which things) is asked
// of the packages that declare it. A mistake would have to be made twice, in the same way, to stay hidden.
//
// What is checked, in each book:
//
//	entry, posting, observation   the numbering has no gap; each hash is that of the entry before, the content, the postings and the
//	                              observations; nobody approved what they recorded; time never runs backwards; an idempotency key is used
//	                              once; what takes another entry back mirrors it, line by line, once
//	private                       each body fits the commitment in its entry, or an erasure says that it is gone
//	head, reversal, proof         say what the entries say
//	account, balance, lot         what the postings make them; nothing inside is ever below nothing
//	total, subject,               what the postings and observations add up to, in every area above them, by who received it, traced or not
//	distinct_total
//	entity                        every area stands where its entry says, every thing has the entry that names it
//	evidence                      every file named is there, and every file that is there has the content that its name says
//
// State tables of single packages (proposals, appointments, the names and states of things) follow from rules that only the facts
// themselves know; package rebuild recomputes and compares those.
package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/evidence"
)

// Difference is one thing that is not as the facts say it must be.
type Difference struct {
	Table  string `json:"table"` // or "evidence"
	Book   string `json:"book,omitempty"`
	Seq    int64  `json:"seq,omitempty"`
	Line   int64  `json:"line,omitempty"`
	Key    string `json:"key,omitempty"` // columns of the row's key after the book, parts separated by " / "
	Wrong  string `json:"wrong"`         // what is wrong, an English sentence
	Remedy string `json:"remedy"`        // what to do about it
}

func (d Difference) String() string {
	place := d.Table
	if d.Book != "" {
		place += " " + d.Book
	}
	if d.Seq > 0 {
		place += fmt.Sprintf(":%d", d.Seq)
	}
	if d.Line > 0 {
		place += fmt.Sprintf(" line %d", d.Line)
	}
	if d.Key != "" {
		place += " " + d.Key
	}
	return place + ": " + d.Wrong + " " + d.Remedy
}

// Remedies.
const (
	// restore is for rows that nothing else can tell: the facts themselves.
	restore = "Find out who could change the database, and restore the book from the last backup or archive that verifies."
	// rebuild is for rows that follow from the facts.
	rebuild = "Run lastmile rebuild --repair: the facts themselves are not touched by it."
	// follows is for the same rows when a fact itself was changed.
	follows = "See to the entries first: this may follow from what is wrong there."
	// report is for a rule that recorded facts break though their chain is whole: the recording program was wrong.
	report = "The chain is whole, so it was recorded like this: report it as a bug, and correct the entry with a new one."
)

// Report is what a verification found.
type Report struct {
	OK           bool         `json:"ok"`
	Entries      int64        `json:"entries"`
	Postings     int64        `json:"postings"`
	Observations int64        `json:"observations"`
	Files        int64        `json:"files"`
	Differences  []Difference `json:"differences"`
	More         int64        `json:"more_differences,omitempty"` // beyond those listed

	listed map[[2]string]int // differences by book and table
}

// differencesMax is how many differences of one table of one book are listed; the rest are counted.
const differencesMax = 100

func (r *Report) add(d Difference) {
	if r.listed == nil {
		r.listed = map[[2]string]int{}
	}
	at := [2]string{d.Book, d.Table}
	if r.listed[at]++; r.listed[at] > differencesMax {
		r.More++
		return
	}
	r.Differences = append(r.Differences, d)
}

// sort puts the differences in the order of books, tables and rows: those of the facts themselves before what follows from them.
func (r *Report) sort() {
	slices.SortStableFunc(r.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Book, b.Book), cmp.Compare(slices.Index(bookTables, a.Table), slices.Index(bookTables, b.Table)),
			cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
}

// Progress of a verification.
type Progress struct {
	Step        string // "entries" or "files"
	Book        string // at hand, for entries
	Done, Total int64
}

// Verify checks everything as it stands at the moment of the call, while others may go on recording. Files is the store's evidence; nil
// leaves the files out. The report lists what differs; an error means that the check itself could not be carried out.
func Verify(ctx context.Context, db *database.DB, files *evidence.Store, progress func(Progress)) (*Report, error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	snapshot, err := db.Snapshot(ctx, streamCount)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	defer snapshot.Close()
	v := &verifier{readers: snapshot.Readers, report: &Report{Differences: []Difference{}}, progress: progress, evidence: map[string]place{}}
	if err := v.books(ctx); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	if files != nil {
		if err := v.files(ctx, files); err != nil {
			return nil, fmt.Errorf("verify evidence: %w", err)
		}
	}
	v.report.sort()
	v.report.OK = len(v.report.Differences) == 0
	return v.report, nil
}

// place is an entry.
type place struct {
	book string
	seq  int64
}

type verifier struct {
	readers  []database.Reader
	report   *Report
	progress func(Progress)

	total    int64             // entries, for progress
	parents  map[string]string // area to the area it lies in
	roots    map[string]string // area of each book
	evidence map[string]place  // every file named, with an entry that names it
}

// reader for what is not streamed.
func (v *verifier) reader() database.Reader { return v.readers[0] }

// headquarters is the book of what concerns the whole programme.
const headquarters = "hq"

// bookTables have a book as the first column of their key. The facts themselves come first, then what follows from them.
var bookTables = []string{"entry", "posting", "observation", "private", "head", "reversal", "proof", "entity", "account", "balance", "lot", "total",
	"subject", "distinct_total"}

func (v *verifier) books(ctx context.Context) error {
	if err := v.tree(ctx); err != nil {
		return err
	}
	books, err := v.bookNames(ctx)
	if err != nil {
		return err
	}
	for _, name := range books {
		var n int64
		if err := v.reader().QueryRow(ctx, "SELECT COALESCE(MAX(seq), 0) FROM entry WHERE book = $1", name).Scan(&n); err != nil {
			return err
		}
		v.total += n
	}
	for _, name := range books {
		if _, known := v.roots[name]; !known {
			v.report.add(Difference{Table: "entity", Book: headquarters, Key: "book / " + name,
				Wrong: "It is not there, but rows of other tables are in this book.", Remedy: rebuild})
		}
		b := newBook(v, name)
		if err := b.verify(ctx); err != nil {
			return fmt.Errorf("book %s: %w", name, err)
		}
	}
	return nil
}

// bookNames lists every book that any table mentions, headquarters first. Each step of the recursion is one look into an index.
func (v *verifier) bookNames(ctx context.Context) ([]string, error) {
	names := []string{headquarters}
	seen := map[string]bool{headquarters: true}
	for _, table := range bookTables {
		err := eachRow(ctx, v.reader(), func(scan func(...any) error) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
			return nil
		}, `WITH RECURSIVE b(book) AS (
  SELECT MIN(book) FROM `+table+`
  UNION ALL
  SELECT (SELECT MIN(t.book) FROM `+table+` t WHERE t.book > b.book) FROM b WHERE b.book IS NOT NULL
)
SELECT book FROM b WHERE book IS NOT NULL`)
		if err != nil {
			return nil, fmt.Errorf("list books: %w", err)
		}
	}
	return names, nil
}

// tree reads the areas and the books' places among them, from the rows of the names; that the areas stand where their entries say is
// checked with headquarters' book.
func (v *verifier) tree(ctx context.Context) error {
	v.parents, v.roots = map[string]string{}, map[string]string{headquarters: ""}
	return eachRow(ctx, v.reader(), func(scan func(...any) error) error {
		var typ, id, parent, area string
		if err := scan(&typ, &id, &parent, &area); err != nil {
			return err
		}
		if typ == "area" {
			v.parents[id] = parent
		} else {
			v.roots[id] = area
		}
		return nil
	}, "SELECT type, id, parent, area FROM entity WHERE book = $1 AND type IN ('area', 'book')", headquarters)
}

// eachRow calls fn for every row of a query.
func eachRow(ctx context.Context, r database.Reader, fn func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
