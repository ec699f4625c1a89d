package fact

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/table"
)

// ImportOptions say how a table of facts is recorded.
type ImportOptions struct {
	Actor     string
	Approvers []string
	Source    string         // default "import FILE"
	DryRun    bool           // check everything, record nothing
	SkipBad   bool           // record the good rows though others are bad
	Errors    string         // file to write the bad rows to, with what is wrong; "" for none
	Columns   Mapping        // where columns go whose headings are not the kind's own words
	On        date.Date      // effective date of rows that give none; "" to ask each row for one
	Progress  func(Progress) // called now and then
}

// Progress of an import.
type Progress struct {
	Step        string // "checking" or "recording"
	Rows        int
	Done, Total int64 // bytes of the file
}

// ImportResult says what became of a table.
type ImportResult struct {
	Rows       int        `json:"rows"`
	New        int        `json:"new"` // good and not recorded before, when they were checked
	Recorded   int        `json:"recorded"`
	Proposed   int        `json:"proposed"` // wait for approval
	Again      int        `json:"again"`    // were recorded before
	Bad        int        `json:"bad"`
	Columns    []string   `json:"-"`                       // headings
	BadRows    []BadRow   `json:"-"`                       // the first of them, as they stand in the table
	Problems   fault.List `json:"-"`                       // the first of them, at their rows and columns
	MoreFaults int        `json:"more_problems,omitempty"` // beyond those listed
}

// BadRow is a row of a table with what is wrong with it.
type BadRow struct {
	Row      int // as a person sees it, heading included
	Cells    []string
	Problems fault.List
}

const (
	importRows  = 2000 // rows in one commit
	badRowsHeld = 200  // in the result
	problemsMax = 1000 // listed; the error workbook has all bad rows up to badRowsMax
	badRowsMax  = 100_000
)

// Import records a table of facts of one kind: CSV, XLSX or JSON Lines. The table is read twice. First every row is checked, by the
// same code that records, against the books as they will be after the rows before it; then, if all are good (or SkipBad), they are
// recorded in commits of a few thousand. A row that was recorded before, in an import that was stopped or in another file, is not recorded
// again. When rows are bad and SkipBad is not set, nothing is recorded and the error is the fault.List.
func (r *Recorder) Import(ctx context.Context, k *Kind, path string, o ImportOptions) (*ImportResult, error) {
	if o.Source == "" {
		o.Source = "import " + baseName(path)
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	im := &importer{r: r, kind: k, path: path, o: o, result: &ImportResult{}, bad: map[int]bool{}}
	if err := im.check(ctx); err != nil {
		return im.result, err
	}
	if o.Errors != "" && len(im.badRows) > 0 {
		if err := im.writeErrors(); err != nil {
			return im.result, err
		}
	}
	if len(im.bad) > 0 && !o.SkipBad {
		return im.result, im.result.Problems
	}
	if o.DryRun {
		return im.result, nil
	}
	im.result.Again = 0 // counted anew while recording
	err := im.record(ctx)
	return im.result, err
}

func baseName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if os.IsPathSeparator(path[i]) {
			return path[i+1:]
		}
	}
	return path
}

type importer struct {
	r      *Recorder
	kind   *Kind
	path   string
	o      ImportOptions
	result *ImportResult

	columns []string
	mapping *mapping
	bad     map[int]bool // row numbers
	badRows []badRow
}

type badRow struct {
	number   int
	cells    []string
	problems string
}

// chunk is rows on their way to the recorder.
type chunk struct {
	drafts []Draft
	rows   []int
	cells  [][]string // kept in the checking pass for the error workbook
}

// each reads the table and hands on chunks of rows that decode well; problems go to note.
func (im *importer) each(ctx context.Context, step string, keep func(Files, io.Reader) (string, error), note func(row int, cells []string, list fault.List), fn func(*chunk) error) error {
	t, err := table.Open(im.path, table.Options{})
	if err != nil {
		return fmt.Errorf("open %s: %w", im.path, TableFault(err))
	}
	defer t.Close()
	var m *mapping
	c := &chunk{}
	rows := 0
	for t.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if m == nil || len(m.fields) != len(t.Columns()) {
			if m, err = im.kind.mapColumns(t.Columns(), im.o.On == "", im.o.Columns); err != nil {
				return err
			}
			im.columns = slices.Clone(t.Columns())
			im.result.Columns, im.mapping = im.columns, m
		}
		row := t.Row()
		rows++
		d, files, list := m.decode(im.columns, row)
		if d.On == "" {
			d.On = im.o.On
		}
		for _, name := range files {
			hash, err := im.evidence(name, keep)
			if f := fault.All(err); f != nil {
				list = append(list, f[0].At(row.Number, m.columnOf(im.columns, columnEvidence)))
			} else if err != nil {
				return err
			}
			d.Evidence, d.atHand = append(d.Evidence, hash), true
		}
		if len(list) > 0 {
			note(row.Number, slices.Clone(row.Cells), list)
		} else {
			d.Actor, d.Approvers, d.Source = im.o.Actor, im.o.Approvers, im.o.Source
			c.drafts = append(c.drafts, d)
			c.rows = append(c.rows, row.Number)
			c.cells = append(c.cells, slices.Clone(row.Cells))
		}
		if len(c.drafts) == importRows {
			if err := fn(c); err != nil {
				return err
			}
			c = &chunk{}
		}
		if rows%importRows == 0 {
			done, total := t.Progress()
			im.o.Progress(Progress{step, rows, done, total})
		}
	}
	if err := t.Err(); err != nil {
		return fmt.Errorf("read %s: %w", im.path, TableFault(err))
	}
	if m == nil {
		return fault.New(fault.Invalid, "table.empty", "%s has no rows", im.path).Mend("Fill in at least one row below the heading.")
	}
	if len(c.drafts) > 0 {
		if err := fn(c); err != nil {
			return err
		}
	}
	done, total := t.Progress()
	im.o.Progress(Progress{step, rows, done, total})
	im.result.Rows = rows
	return nil
}

// TableFault turns a fault of a file into one for people.
func TableFault(err error) error {
	var e *table.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault.New(fault.Invalid, string(e.Code), "%s", e.Text()).Mend("%s", e.Remedy()).At(e.Row, e.Column)
}

// evidence reads a file that lies beside the table, and no other: a link that leads elsewhere is refused as well.
func (im *importer) evidence(name string, keep func(Files, io.Reader) (string, error)) (string, error) {
	if !filepath.IsLocal(name) {
		return "", fault.New(fault.Invalid, "evidence.path", "%q does not lie beside the table", name).For(columnEvidence).Mend("Put the file into the table's folder and write its name alone.")
	}
	dir := filepath.Dir(im.path)
	// What is no file is not opened: a pipe would keep us waiting.
	if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.Mode().IsRegular() {
		return "", fault.New(fault.Invalid, "evidence.file", "%q is not a file", name).For(columnEvidence).Mend("Name the file itself.")
	}
	f, err := os.OpenInRoot(dir, name)
	if errors.Is(err, os.ErrNotExist) {
		return "", fault.New(fault.NotFound, "evidence.missing", "the file %q does not lie beside the table", name).For(columnEvidence).Mend("Put it there, or correct the name.")
	}
	if err != nil {
		return "", fault.New(fault.Invalid, "evidence.open", "the file %q beside the table cannot be opened", name).For(columnEvidence).Wrap(err).Mend("Put the file itself there, and let it be read.")
	}
	defer f.Close()
	if im.r.files == nil {
		return "", fault.New(fault.Unavailable, "evidence.store", "this store keeps no evidence").For(columnEvidence).Mend("Leave the column empty.")
	}
	return keep(im.r.files, f)
}

func (im *importer) note(row int, cells []string, list fault.List) {
	if !im.bad[row] {
		im.bad[row] = true
		im.result.Bad++
		if im.o.Errors != "" && len(im.badRows) < badRowsMax {
			im.badRows = append(im.badRows, badRow{row, cells, list.Error()})
		}
		if len(im.result.BadRows) < badRowsHeld {
			im.result.BadRows = append(im.result.BadRows, BadRow{row, cells, list})
		}
	}
	for _, e := range list {
		if len(im.result.Problems) < problemsMax {
			im.result.Problems = append(im.result.Problems, e)
		} else {
			im.result.MoreFaults++
		}
	}
}

// check is the first pass: a trial of every row, of which nothing stays. Rows that keep state of their own are written and taken back; when
// another program writes meanwhile, they are tried again while it waits.
func (im *importer) check(ctx context.Context) error {
	err := im.try(ctx, (*database.Writer).Begin)
	if database.IsRetry(err) {
		im.result, im.bad, im.badRows = &ImportResult{}, map[int]bool{}, nil
		err = im.try(ctx, (*database.Writer).BeginAlone)
	}
	slices.SortStableFunc(im.result.Problems, func(a, b *fault.Error) int { return a.Row - b.Row })
	slices.SortStableFunc(im.result.BadRows, func(a, b BadRow) int { return a.Row - b.Row })
	slices.SortStableFunc(im.badRows, func(a, b badRow) int { return a.number - b.number })
	return err
}

func (im *importer) try(ctx context.Context, begin func(*database.Writer, context.Context) error) error {
	trial, err := im.r.newTrial(ctx, begin)
	if err != nil {
		return err
	}
	defer trial.close()
	seen := map[keyHash]uint32{}
	return im.each(ctx, "checking", Files.Name, im.note, func(c *chunk) error {
		req := &request{ctx: ctx, drafts: c.drafts, prepared: make([]prepared, len(c.drafts)), receipts: make([]Receipt, len(c.drafts)), errs: make([]error, len(c.drafts))}
		if err := im.r.booksAhead(ctx, im.kind, c.drafts); err != nil {
			return err
		}
		for i := range c.drafts {
			d := &c.drafts[i]
			if req.errs[i] = im.r.prepare(ctx, d, &req.prepared[i]); req.errs[i] != nil {
				continue
			}
			key := hashKey(d.Book, d.Key)
			if first, ok := seen[key]; ok {
				req.errs[i] = fault.New(fault.Conflict, "row.twice", "the row repeats row %d", first).Mend("Remove one of them; if both happened, give each its own key or voucher number.")
				continue
			}
			seen[key] = uint32(c.rows[i])
		}
		if err := trial.record(ctx, req); err != nil {
			return err
		}
		for i, err := range req.errs {
			if err == nil {
				if req.receipts[i].Again {
					im.result.Again++
				} else {
					im.result.New++
				}
				continue
			}
			list := fault.All(err)
			if list == nil {
				return fmt.Errorf("row %d: %w", c.rows[i], err)
			}
			placed := make(fault.List, len(list))
			for j, e := range list {
				placed[j] = e.At(c.rows[i], im.mapping.columnOf(im.columns, e.Field))
			}
			im.note(c.rows[i], c.cells[i], placed)
		}
		return nil
	})
}

// keyHash stands for an idempotency key of a book: a table of a million rows has a million keys, of which only equality matters.
type keyHash [16]byte

func hashKey(book, key string) keyHash {
	sum := sha256.Sum256([]byte(book + "\x00" + key))
	return keyHash(sum[:])
}

// record is the second pass. Reading goes on while a commit is on its way to disk.
func (im *importer) record(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan *chunk, 1)
	read := make(chan error, 1)
	go func() {
		defer close(chunks)
		read <- im.each(ctx, "recording", Files.Put, func(int, []string, fault.List) {}, func(c *chunk) error {
			select {
			case chunks <- c:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for c := range chunks {
		err := ctx.Err()
		if err == nil {
			err = im.recordChunk(context.WithoutCancel(ctx), c) // whoever stops an import is told what was recorded: a commit is never left half way
		}
		if err != nil {
			cancel()
			<-read
			return err
		}
	}
	return <-read
}

func (im *importer) recordChunk(ctx context.Context, c *chunk) error {
	if err := im.r.booksAhead(ctx, im.kind, c.drafts); err != nil {
		return err
	}
	byBook := map[string][]int{}
	var books []string
	for i := range c.drafts {
		if im.bad[c.rows[i]] {
			continue
		}
		d := &c.drafts[i]
		if d.Book == "" {
			book, err := im.r.bookOf(ctx, im.kind, d.Fact)
			if err != nil {
				return err
			}
			d.Book = book
		}
		if byBook[d.Book] == nil {
			books = append(books, d.Book)
		}
		byBook[d.Book] = append(byBook[d.Book], i)
	}
	for _, book := range books {
		drafts := make([]Draft, len(byBook[book]))
		for j, i := range byBook[book] {
			drafts[j] = c.drafts[i]
		}
		receipts, errs, err := im.r.RecordEach(ctx, drafts)
		if err != nil {
			return err
		}
		for j, err := range errs {
			if err != nil {
				return fmt.Errorf("row %d was good when it was checked and is not any more: %w. The rows before it are recorded; import the file again to go on", c.rows[byBook[book][j]], err)
			}
			switch {
			case receipts[j].Again:
				im.result.Again++
			case receipts[j].Proposal:
				im.result.Proposed++
			default:
				im.result.Recorded++
			}
		}
	}
	return nil
}

// writeErrors writes the bad rows as they stand in the table, with what is wrong, to be mended and imported again.
func (im *importer) writeErrors() (err error) {
	format, err := table.FormatOf(im.o.Errors)
	if err != nil {
		return err
	}
	f, err := os.Create(im.o.Errors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	columns := []table.Column{}
	for _, c := range im.columns {
		if c != table.ProblemColumn {
			columns = append(columns, table.Column{Name: c})
		}
	}
	columns = append(columns, table.Column{Name: table.ProblemColumn, Width: 80})
	w, err := table.NewWriter(f, format, columns, table.WriterOptions{Sheet: im.kind.Name, GuardFormulas: true})
	if err != nil {
		return err
	}
	for _, row := range im.badRows {
		cells := make([]string, 0, len(columns))
		for i, c := range im.columns {
			if c != table.ProblemColumn && i < len(row.cells) {
				cells = append(cells, row.cells[i])
			} else if c != table.ProblemColumn {
				cells = append(cells, "")
			}
		}
		if err := w.Write(append(cells, row.problems)); err != nil {
			return err
		}
	}
	return w.Close()
}

// trial records into a transaction that is rolled back.
type trial struct{ w *writer }

func (r *Recorder) newTrial(ctx context.Context, begin func(*database.Writer, context.Context) error) (*trial, error) {
	conn, err := r.db.Trial(ctx)
	if err != nil {
		return nil, err
	}
	if err := begin(conn, ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &trial{&writer{r: r, conn: conn, state: newTrialState(), trial: true, lookUp: true}}, nil
}

func (t *trial) close() error { return t.w.conn.Close() }

func (t *trial) record(ctx context.Context, req *request) error {
	if err := t.w.record(ctx, []*request{req}); err != nil && !errors.Is(err, errAgain) {
		return err
	}
	s := t.w.state
	if len(s.waiting)+len(s.added) > keptMax || len(s.kept) > 2*keptMax {
		if err := s.settle(ctx, t.w.conn); err != nil {
			return err
		}
		clear(s.kept)
	}
	s.discard()
	return nil
}
