package fact

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/entity"
)

// Kept is a table of state with one row for each thing of a type, which the facts about the thing read and change. Rows are read together for
// all facts of a batch, and written together when the batch is. A query through the Tx sees them as the facts before it left them.
type Kept[R any] struct {
	rows keptRows
	scan func(scan func(...any) error) (book, id string, row R, err error)
}

// KeptTable says how rows of a Kept are read and written. R is copied when it is read and when it is put: what it points to is shared and must not
// be changed.
type KeptTable[R any] struct {
	Type  string          // of the things; "" when no field refers to them
	Table *database.Table // the first two columns are the book and the thing's code; Conflict replaces the row
	Scan  func(scan func(...any) error) (book, id string, row R, err error)
	Args  func(row *R) []any // values of all columns
	// Ahead, where set, is called with rows that were read together. It may complete them from other tables, and tells which accounts facts about
	// the thing move.
	Ahead func(ctx context.Context, r database.Reader, book string, rows map[string]*R) (accounts []string, err error)
}

// Keep declares a table of kept rows.
func Keep[R any](t KeptTable[R]) *Kept[R] {
	k := &Kept[R]{scan: t.Scan}
	k.rows = keptRows{table: t.Table, args: func(row any) []any { return t.Args(row.(*R)) }}
	k.rows.ahead = func(ctx context.Context, s *state, r database.Reader, book string, ids []string) error {
		found := make(map[string]*R, len(ids))
		err := database.Among(ctx, r, k.rows.query()+" IN (…)", []any{book}, ids, func(scan func(...any) error) error {
			_, id, row, err := t.Scan(scan)
			found[id] = &row
			return err
		})
		if err != nil {
			return fmt.Errorf("read %s: %w", t.Table.Name, err)
		}
		var accounts []string
		if t.Ahead != nil {
			if accounts, err = t.Ahead(ctx, r, book, found); err != nil {
				return fmt.Errorf("read %s: %w", t.Table.Name, err)
			}
		}
		for id, row := range found {
			s.kept[keptKey{&k.rows, book, id}] = &keptRow{row: row}
		}
		return s.ledger.Ahead(ctx, r, book, accounts)
	}
	if t.Type != "" {
		keptOf[t.Type] = append(keptOf[t.Type], &k.rows)
	}
	return k
}

// keptOf lists the kept tables by the type of their things.
var keptOf = map[string][]*keptRows{}

// keptRows is a kept table for those who need not know what its rows are.
type keptRows struct {
	table *database.Table
	args  func(row any) []any
	ahead func(ctx context.Context, s *state, r database.Reader, book string, ids []string) error
}

// query selects the rows of a book, up to the condition on the thing.
func (k *keptRows) query() string {
	columns := k.table.Columns
	text := "SELECT " + columns[0]
	for _, c := range columns[1:] {
		text += ", " + c
	}
	return text + " FROM " + k.table.Name + " WHERE " + columns[0] + " = $1 AND " + columns[1]
}

type keptKey struct {
	of       *keptRows
	book, id string
}

// keptRow is a row as a writer has it. Nobody changes it: another one takes its place.
type keptRow struct {
	row   any // a pointer; nil where the table has no row
	waits bool
}

// Get reads the row of a thing of the fact's own book.
func (k *Kept[R]) Get(tx *Tx, id string) (row R, ok bool, err error) {
	key := keptKey{&k.rows, tx.Book, id}
	if kept := tx.s.kept[key]; kept != nil {
		if kept.row == nil {
			return row, false, nil
		}
		return *kept.row.(*R), true, nil
	}
	rows, err := tx.w.Query(tx.ctx, k.rows.query()+" = $2", tx.Book, id)
	if err != nil {
		return row, false, fmt.Errorf("read %s %s: %w", k.rows.table.Name, id, err)
	}
	defer rows.Close()
	kept := &keptRow{}
	if ok = rows.Next(); ok {
		if _, _, row, err = k.scan(rows.Scan); err != nil {
			return row, false, fmt.Errorf("read %s %s: %w", k.rows.table.Name, id, err)
		}
		own := row
		kept.row = &own
	}
	if err := rows.Err(); err != nil {
		return row, false, fmt.Errorf("read %s %s: %w", k.rows.table.Name, id, err)
	}
	tx.s.kept[key] = kept
	return row, ok, nil
}

// Put changes the row of a thing of the fact's own book, or makes it.
func (k *Kept[R]) Put(tx *Tx, id string, row R) {
	tx.s.keep(keptKey{&k.rows, tx.Book, id}, &keptRow{row: &row, waits: true})
}

// Delete removes the row of a thing of the fact's own book.
func (k *Kept[R]) Delete(tx *Tx, id string) error {
	columns := k.rows.table.Columns
	if err := tx.Exec("DELETE FROM "+k.rows.table.Name+" WHERE "+columns[0]+" = $1 AND "+columns[1]+" = $2", tx.Book, id); err != nil {
		return fmt.Errorf("delete from %s: %w", k.rows.table.Name, err)
	}
	tx.s.keep(keptKey{&k.rows, tx.Book, id}, &keptRow{})
	return nil
}

// keep puts a row in the place of another, until the fact at hand is refused.
func (s *state) keep(key keptKey, row *keptRow) {
	s.touched = append(s.touched, touch{key, s.kept[key]})
	s.kept[key] = row
	if row.waits {
		s.waiting = append(s.waiting, key)
	}
}

// touch is a row that the fact at hand has changed, with what it was.
type touch struct {
	key keptKey
	was *keptRow
}

// added is a row of a table that nothing changes.
type added struct {
	table *database.Table
	args  []any
}

// Add writes a row into a table of the fact's own package, with the batch.
func (tx *Tx) Add(t *database.Table, args ...any) {
	tx.s.added = append(tx.s.added, added{t, args})
}

// unsettled tells whether rows of packages wait to be written.
func (s *state) unsettled() bool { return len(s.waiting) > 0 || len(s.added) > 0 }

// settle writes the rows of packages that wait.
func (s *state) settle(ctx context.Context, w *database.Writer) error {
	if !s.unsettled() {
		return nil
	}
	byTable := map[*database.Table][]any{}
	var tables []*database.Table
	put := func(t *database.Table, args []any) {
		rows := byTable[t]
		if rows == nil {
			tables = append(tables, t)
			rows = make([]any, 0, len(t.Columns)*max(len(s.waiting), len(s.added)))
		}
		byTable[t] = append(rows, args...)
	}
	for _, key := range s.waiting {
		if row := s.kept[key]; row != nil && row.waits {
			row.waits = false
			put(key.of.table, key.of.args(row.row))
		}
	}
	for _, a := range s.added {
		put(a.table, a.args)
	}
	for _, t := range tables {
		if err := w.Insert(ctx, t, byTable[t]); err != nil {
			return err
		}
	}
	s.waiting, s.added, s.addedBefore = s.waiting[:0], s.added[:0], 0
	return nil
}

// settleBefore writes the rows of packages that waited when the fact at hand began.
func (s *state) settleBefore(ctx context.Context, w *database.Writer) error {
	now := make([]*keptRow, len(s.touched))
	for i := range s.touched {
		now[i] = s.kept[s.touched[i].key]
	}
	for _, t := range slices.Backward(s.touched) {
		s.kept[t.key] = t.was
	}
	own := slices.Clone(s.added[s.addedBefore:])
	s.added = s.added[:s.addedBefore]
	if err := s.settle(ctx, w); err != nil {
		return err
	}
	for i, t := range s.touched {
		s.kept[t.key] = now[i]
		if now[i].waits {
			s.waiting = append(s.waiting, t.key)
		}
	}
	s.added = own
	return nil
}

// untouch gives back the rows that the fact at hand has changed.
func (s *state) untouch() {
	for _, t := range slices.Backward(s.touched) {
		if t.was == nil {
			delete(s.kept, t.key)
		} else {
			s.kept[t.key] = t.was
		}
	}
	s.touched = s.touched[:0]
	s.added = s.added[:min(s.addedBefore, len(s.added))]
}

// keptMax is how many rows of packages a writer remembers, and how many a trial lets wait.
const keptMax = 50_000

// settle makes a query of the fact at hand see what waits. Rows of its own that are written so cannot be taken back alone.
func (w *writer) settle(ctx context.Context) error {
	s := w.state
	if !s.unsettled() {
		return nil
	}
	if len(s.touched) > 0 || len(s.added) > s.addedBefore {
		if err := w.writes(ctx); err != nil {
			return err
		}
	}
	return s.settle(ctx, w.conn)
}

// aheadMin is how many facts are worth reading ahead for.
const aheadMin = 16

// ahead reads in a few statements what the facts of a batch will ask for one by one: the things that they name, and the rows that are kept
// of these.
func (w *writer) ahead(ctx context.Context, batch []*request) error {
	n := 0
	for _, req := range batch {
		n += len(req.drafts)
	}
	if n < aheadMin {
		return nil
	}
	s := w.state
	named := map[[2]string]map[string]bool{} // by book and type, of what is not remembered already
	for _, req := range batch {
		for i := range req.drafts {
			if req.errs[i] != nil {
				continue
			}
			d := &req.drafts[i]
			req.prepared[i].kind.eachNamed(d.Fact, func(typ, id string) {
				if c, ok := s.entities[entityKey{d.Book, typ, id}]; ok && (len(keptOf[typ]) == 0 || !c.ok) {
					return
				}
				at := [2]string{d.Book, typ}
				if named[at] == nil {
					named[at] = map[string]bool{}
				}
				named[at][id] = true
			})
		}
	}
	for at, ids := range named {
		book, typ := at[0], at[1]
		missing, err := w.aheadOf(ctx, book, typ, slices.Sorted(maps.Keys(ids)))
		if err == nil && book != entity.Headquarters {
			_, err = w.aheadOf(ctx, entity.Headquarters, typ, missing)
		}
		if err != nil {
			return err
		}
		for _, k := range keptOf[typ] {
			var list []string
			for id := range ids {
				if s.kept[keptKey{k, book, id}] == nil && s.entities[entityKey{book, typ, id}].ok {
					list = append(list, id)
				}
			}
			slices.Sort(list)
			if err := k.ahead(ctx, s, w.conn, book, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// aheadOf reads the things of a type that it does not know, and gives the codes of those that are not there.
func (w *writer) aheadOf(ctx context.Context, book, typ string, ids []string) (missing []string, err error) {
	var unknown []string
	for _, id := range ids {
		if c, ok := w.state.entities[entityKey{book, typ, id}]; !ok {
			unknown = append(unknown, id)
		} else if !c.ok {
			missing = append(missing, id)
		}
	}
	if len(unknown) == 0 {
		return missing, nil
	}
	found, err := entity.GetAll(ctx, w.conn, book, typ, unknown)
	if err != nil {
		return nil, err
	}
	for _, id := range unknown {
		e, ok := found[id]
		w.state.entities[entityKey{book, typ, id}] = entityCache{e, ok}
		if !ok {
			missing = append(missing, id)
		}
	}
	return missing, nil
}

// reader reads for a fact what is recorded, rows of packages that wait included.
type reader struct{ tx *Tx }

func (r reader) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := r.tx.wr.settle(ctx); err != nil {
		return nil, err
	}
	return r.tx.w.Query(ctx, query, args...)
}

func (r reader) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	if err := r.tx.wr.settle(ctx); err != nil {
		r.tx.failed = err
		gone, cancel := context.WithCancel(ctx)
		cancel()
		return r.tx.w.QueryRow(gone, query, args...)
	}
	return r.tx.w.QueryRow(ctx, query, args...)
}
