// Package intake takes in tables that people send: it keeps the file, remembers where its columns go, checks every row, and records them, as
// a job that goes on when whoever sent it has closed the browser.
//
//	uploaded --check--> checking --> checked --record--> recording --> recorded
//	                       |                                |
//	                       +--------> stopped, failed <-----+
//
// Checking records nothing: it tries every row with the code that records. A job that was stopped, by a person or because the program ended,
// is begun again where it was: what is recorded already is not recorded twice (fact.Recorder.Import).
//
// How far a job is stands in the database, so that any program that serves the store can tell; the work itself is done by the program that
// began it. None of this is a fact; what is recorded from the table is.
package intake

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/table"
)

//go:embed schema
var files embed.FS

// Schema of the jobs.
var Schema = database.Schema{Name: "intake", Files: files}

// State of a job.
type State string

// States of a job. Uploaded, Checked, Stopped and Failed wait for a person.
const (
	Uploaded  State = "uploaded"
	Checking  State = "checking"
	Checked   State = "checked"
	Recording State = "recording"
	Recorded  State = "recorded"
	Stopped   State = "stopped" // by a person, or because the program ended
	Failed    State = "failed"  // the table cannot be read, or recording broke off
)

// Running tells whether somebody works on it now.
func (s State) Running() bool { return s == Checking || s == Recording }

// Job is a table on its way.
type Job struct {
	ID      string
	Person  string
	Kind    string
	Name    string // of the file, as it was sent
	State   State
	Step    string // "checking" or "recording"
	Done    int64  // bytes
	Total   int64
	Rows    int64
	Mapping fact.Mapping
	On      date.Date // of rows that give no date
	Result  Result
	Made    time.Time
	Changed time.Time
}

// Result is what a check or an import found.
type Result struct {
	fact.ImportResult
	Wrong []BadRow `json:"wrong,omitempty"` // the first rows that are
	Head  []string `json:"head,omitempty"`  // headings of the table
	Why   []Why    `json:"why,omitempty"`   // what is wrong with the whole table
}

// Left is how many good rows are still to be recorded.
func (r *Result) Left() int { return r.New - r.Recorded - r.Proposed }

// BadRow is a row with what is wrong at its cells.
type BadRow struct {
	Row   int      `json:"row"`
	Cells []string `json:"cells"`
	Why   []Why    `json:"why"`
}

// Why is a fault as it is kept, to be put into the reader's language later.
type Why struct {
	Code   string   `json:"code"`
	Text   string   `json:"text"`
	Args   []string `json:"args,omitempty"`
	Field  string   `json:"field,omitempty"`
	Column string   `json:"column,omitempty"`
	Fix    string   `json:"fix,omitempty"`
}

// Fault gives it back as it was found.
func (w Why) Fault() *fault.Error {
	e := &fault.Error{Kind: fault.Invalid, Code: w.Code, Text: strings.ReplaceAll(w.Text, "%", "%%"), Field: w.Field, Column: w.Column, Fix: w.Fix}
	for _, a := range w.Args {
		e.Args = append(e.Args, a)
	}
	if len(e.Args) == 0 {
		e.Text = w.Text
	}
	return e
}

func whys(list fault.List) []Why {
	kept := make([]Why, len(list))
	for i, e := range list {
		kept[i] = Why{Code: e.Code, Text: e.Message(), Field: e.Field, Column: e.Column, Fix: e.Fix}
		for _, a := range e.Args {
			kept[i].Args = append(kept[i].Args, fmt.Sprint(a))
		}
	}
	return kept
}

// Limits.
const (
	runningMax = 2                   // jobs of one person at the same time
	lostAfter  = 30 * time.Second    // without a sign, after which a running job is taken to have ended with its program
	tellEvery  = time.Second         // how often a running job tells how far it is
	keptFor    = 60 * 24 * time.Hour // after which a person's old jobs are removed when they send a new one
	shownMax   = 200                 // jobs of a person in a list
	badFile    = "to-put-right.xlsx"
)

// Jobs are the jobs of a store.
type Jobs struct {
	db       *database.DB
	recorder *fact.Recorder
	dir      string
	clock    func() time.Time

	mu      sync.Mutex
	running map[string]worked
	watch   func(Job)
	working sync.WaitGroup
	closed  bool
}

// Open keeps jobs and their files in a folder.
func Open(db *database.DB, recorder *fact.Recorder, dir string, clock func() time.Time) *Jobs {
	return &Jobs{db: db, recorder: recorder, dir: dir, clock: clock, running: map[string]worked{}}
}

// Close stops what is running and waits for it.
func (j *Jobs) Close() {
	j.mu.Lock()
	j.closed = true
	for _, w := range j.running {
		w.stop()
	}
	j.mu.Unlock()
	j.working.Wait()
}

// worked is a job that this program works on.
type worked struct {
	person string
	stop   context.CancelFunc
}

// Watch has f told how far each job is whenever some thousand of its rows are read. The job goes on when f returns.
func (j *Jobs) Watch(f func(Job)) {
	j.mu.Lock()
	j.watch = f
	j.mu.Unlock()
}

func (j *Jobs) folder(id string) string { return filepath.Join(j.dir, id) }

// Add keeps a table and files that stand beside it (those named in its column "evidence").
func (j *Jobs) Add(ctx context.Context, person string, k *fact.Kind, name string, content io.Reader, beside map[string]io.Reader) (*Job, error) {
	name = plainName(name)
	if _, err := table.FormatOf(name); err != nil {
		return nil, fault.New(fault.Invalid, string(table.UnknownFormat), "%s is not a table that can be read", name).For("table").Mend("Save it as Excel workbook (.xlsx), CSV UTF-8 (.csv) or JSON Lines (.jsonl).")
	}
	if err := j.forget(ctx, person); err != nil {
		return nil, err
	}
	now := j.clock()
	job := &Job{ID: rand.Text(), Person: person, Kind: k.Name, Name: name, State: Uploaded, Mapping: fact.Mapping{}, Made: now, Changed: now}
	headings, err := j.take(job, content, beside)
	if err != nil { // nothing stays of what is refused
		return nil, errors.Join(err, os.RemoveAll(j.folder(job.ID)))
	}
	remembered, err := j.remembered(ctx, person, k.Name)
	if err != nil {
		return nil, err
	}
	for _, h := range headings {
		to, ok := remembered[h]
		if !ok {
			to = k.Match(h)
		}
		job.Mapping[h] = to
	}
	return job, j.insert(ctx, job)
}

// take writes a job's files and reads the headings of its table.
func (j *Jobs) take(job *Job, content io.Reader, beside map[string]io.Reader) ([]string, error) {
	if err := os.MkdirAll(j.folder(job.ID), 0o755); err != nil {
		return nil, fmt.Errorf("keep table: %w", err)
	}
	if err := keep(filepath.Join(j.folder(job.ID), job.Name), content); err != nil {
		return nil, err
	}
	for other, content := range beside {
		if other = plainName(other); other != job.Name {
			if err := keep(filepath.Join(j.folder(job.ID), other), content); err != nil {
				return nil, err
			}
		}
	}
	return j.Headings(job)
}

// plainName is the name of a file without its folder.
func plainName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if name == "" || name == "." || name == ".." || name == badFile {
		return "table"
	}
	return name
}

func keep(path string, content io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep table: %w", err)
	}
	_, err = io.Copy(f, content)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keep table: %w", err)
	}
	return nil
}

// Headings of a job's table.
func (j *Jobs) Headings(job *Job) ([]string, error) {
	r, err := table.Open(filepath.Join(j.folder(job.ID), job.Name), table.Options{})
	if err != nil {
		return nil, fact.TableFault(err)
	}
	defer r.Close()
	return slices.Clone(r.Columns()), nil
}

// remembered is where a person's columns went the last time.
func (j *Jobs) remembered(ctx context.Context, person, kind string) (fact.Mapping, error) {
	rows, err := j.db.Query(ctx, "SELECT heading, field FROM intake_column WHERE person = $1 AND kind = $2", person, kind)
	if err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	defer rows.Close()
	m := fact.Mapping{}
	for rows.Next() {
		var heading, field string
		if err := rows.Scan(&heading, &field); err != nil {
			return nil, err
		}
		m[heading] = field
	}
	return m, rows.Err()
}

// Check begins to check a job's rows, with its columns going where m says, which is remembered.
func (j *Jobs) Check(ctx context.Context, job *Job, m fact.Mapping, on date.Date) error {
	if job.State.Running() || job.State == Recorded {
		return fault.New(fault.Conflict, "job.ended", "the task is %s", job.State).Mend("Look at what became of it.")
	}
	job.Mapping, job.On = m, on
	err := j.db.Transact(ctx, func(w *database.Writer) error {
		for heading, field := range m {
			if _, err := w.Exec(ctx, `INSERT INTO intake_column (person, kind, heading, field) VALUES ($1, $2, $3, $4)
ON CONFLICT (person, kind, heading) DO UPDATE SET field = excluded.field`, job.Person, job.Kind, heading, field); err != nil {
				return fmt.Errorf("remember columns: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return j.begin(ctx, job, Checking, fact.ImportOptions{DryRun: true, SkipBad: true, Errors: filepath.Join(j.folder(job.ID), badFile)})
}

// Record begins to record the rows that were good when they were checked. When some are wrong it takes skipBad.
func (j *Jobs) Record(ctx context.Context, job *Job, skipBad bool) error {
	if job.State != Checked && job.State != Stopped && job.State != Failed || job.Result.Rows == 0 {
		return fault.New(fault.Conflict, "job.ended", "the task is %s", job.State).Mend("Check the table first.")
	}
	return j.begin(ctx, job, Recording, fact.ImportOptions{SkipBad: skipBad, Errors: filepath.Join(j.folder(job.ID), badFile)})
}

func (j *Jobs) begin(ctx context.Context, job *Job, state State, o fact.ImportOptions) error {
	list, err := j.List(ctx, job.Person)
	if err != nil {
		return err
	}
	running := 0
	for _, other := range list {
		if other.State.Running() {
			running++
		}
	}
	if running >= runningMax {
		return fault.New(fault.Conflict, "job.many", "%d imports are under way", running).Mend("Wait until one has ended.")
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		stop()
		return fault.New(fault.Unavailable, "record.closed", "the program is stopping").Mend("Send it again when it has started.")
	}
	j.running[job.ID] = worked{job.Person, stop}
	j.working.Add(1)
	j.mu.Unlock()
	job.State, job.Step, job.Done, job.Rows = state, string(Checking), 0, 0
	if err := os.Remove(filepath.Join(j.folder(job.ID), badFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		j.ended(job.ID)
		return fmt.Errorf("begin import: %w", err)
	}
	if err := j.save(ctx, job); err != nil {
		j.ended(job.ID)
		return err
	}
	own := *job
	go j.work(work, &own, o)
	return nil
}

func (j *Jobs) ended(id string) {
	j.mu.Lock()
	if w, ok := j.running[id]; ok {
		w.stop()
		delete(j.running, id)
	}
	j.mu.Unlock()
	j.working.Done()
}

// work is the job itself.
func (j *Jobs) work(ctx context.Context, job *Job, o fact.ImportOptions) {
	defer j.ended(job.ID)
	saving := context.WithoutCancel(ctx)
	told := time.Now()
	o.Actor, o.Columns, o.On = job.Person, job.Mapping, job.On
	o.Progress = func(p fact.Progress) {
		another := job.Step != p.Step
		job.Step, job.Done, job.Total, job.Rows = p.Step, p.Done, p.Total, int64(p.Rows)
		if another || time.Since(told) >= tellEvery {
			told = time.Now()
			if err := j.save(saving, job); err != nil {
				slog.Warn("tell how far an import is", "job", job.ID, "error", err)
			}
		}
		j.mu.Lock()
		watch := j.watch
		j.mu.Unlock()
		if watch != nil {
			watch(*job)
		}
	}
	result, err := j.recorder.Import(ctx, fact.Find(job.Kind), filepath.Join(j.folder(job.ID), job.Name), o)
	if result != nil {
		job.Result = resultOf(result)
	}
	list := fault.All(err)
	switch {
	case errors.Is(err, context.Canceled):
		job.State = Stopped
	case list != nil && result.Bad > 0 && o.DryRun:
		job.State = Checked
	case list != nil:
		job.State, job.Result.Why = Failed, whys(list)
	case err != nil:
		slog.Error("import", "job", job.ID, "kind", job.Kind, "person", job.Person, "error", err)
		job.State, job.Result.Why = Failed, nil
	case o.DryRun:
		job.State = Checked
	default:
		job.State = Recorded
	}
	if err := j.save(saving, job); err != nil {
		slog.Error("keep what became of an import", "job", job.ID, "error", err)
	}
}

func resultOf(r *fact.ImportResult) Result {
	kept := Result{ImportResult: *r, Head: r.Columns}
	for _, b := range r.BadRows {
		kept.Wrong = append(kept.Wrong, BadRow{b.Row, b.Cells, whys(b.Problems)})
	}
	return kept
}

// Stop ends a job that is running in this program. What it has recorded stays.
func (j *Jobs) Stop(job *Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	w, ok := j.running[job.ID]
	if !ok {
		return fault.New(fault.Conflict, "job.ended", "the task is not running here").Mend("Look at what became of it.")
	}
	w.stop()
	return nil
}

// Running is a job of a person that this program works on now; "" when there is none.
func (j *Jobs) Running(person string) (id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for id, w := range j.running {
		if w.person == person {
			return id
		}
	}
	return ""
}

// BadRows is the path of a workbook with the rows that were wrong, to be put right and sent again.
func (j *Jobs) BadRows(job *Job) (string, error) {
	path := filepath.Join(j.folder(job.ID), badFile)
	if _, err := os.Stat(path); err != nil {
		return "", fault.New(fault.NotFound, "job.unknown", "there are no rows to put right").Wrap(err)
	}
	return path, nil
}

const columns = "id, person, kind, name, state, step, done, total, row_count, mapping, on_date, result, made_at, changed_at"

func (j *Jobs) insert(ctx context.Context, job *Job) error {
	mapping, result, err := job.encode()
	if err != nil {
		return err
	}
	return j.db.Transact(ctx, func(w *database.Writer) error {
		_, err := w.Exec(ctx, "INSERT INTO intake ("+columns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
			job.ID, job.Person, job.Kind, job.Name, string(job.State), job.Step, job.Done, job.Total, job.Rows, mapping, string(job.On), result, job.Made.UnixMicro(), job.Changed.UnixMicro())
		if err != nil {
			return fmt.Errorf("keep job: %w", err)
		}
		return nil
	})
}

func (job *Job) encode() (mapping, result string, err error) {
	m, err := json.Marshal(job.Mapping)
	if err != nil {
		return "", "", err
	}
	r, err := json.Marshal(job.Result)
	return string(m), string(r), err
}

func (j *Jobs) save(ctx context.Context, job *Job) error {
	mapping, result, err := job.encode()
	if err != nil {
		return err
	}
	job.Changed = j.clock()
	return j.db.Transact(ctx, func(w *database.Writer) error {
		_, err := w.Exec(ctx, `UPDATE intake SET state = $1, step = $2, done = $3, total = $4, row_count = $5, mapping = $6, on_date = $7, result = $8, changed_at = $9
WHERE id = $10`, string(job.State), job.Step, job.Done, job.Total, job.Rows, mapping, string(job.On), result, job.Changed.UnixMicro(), job.ID)
		if err != nil {
			return fmt.Errorf("keep job: %w", err)
		}
		return nil
	})
}

func (j *Jobs) scan(row interface{ Scan(...any) error }) (*Job, error) {
	job := &Job{}
	var state, mapping, on, result string
	var made, changed int64
	err := row.Scan(&job.ID, &job.Person, &job.Kind, &job.Name, &state, &job.Step, &job.Done, &job.Total, &job.Rows, &mapping, &on, &result, &made, &changed)
	if err != nil {
		return nil, err
	}
	job.State, job.On, job.Made, job.Changed = State(state), date.Date(on), time.UnixMicro(made).UTC(), time.UnixMicro(changed).UTC()
	if err := errors.Join(json.Unmarshal([]byte(mapping), &job.Mapping), json.Unmarshal([]byte(result), &job.Result)); err != nil {
		return nil, fmt.Errorf("read job %s: %w", job.ID, err)
	}
	j.mu.Lock()
	_, here := j.running[job.ID]
	j.mu.Unlock()
	if job.State.Running() && !here && j.clock().Sub(job.Changed) > lostAfter {
		job.State = Stopped
	}
	return job, nil
}

// Get gives a person's job.
func (j *Jobs) Get(ctx context.Context, person, id string) (*Job, error) {
	job, err := j.scan(j.db.QueryRow(ctx, "SELECT "+columns+" FROM intake WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && job.Person != person {
		return nil, fault.New(fault.NotFound, "job.unknown", "there is no task %q of %s", id, person).Mend("Look at your own list.")
	}
	if err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	return job, nil
}

// List gives a person's jobs, newest first.
func (j *Jobs) List(ctx context.Context, person string) ([]*Job, error) {
	rows, err := j.db.Query(ctx, fmt.Sprintf("SELECT "+columns+" FROM intake WHERE person = $1 ORDER BY made_at DESC LIMIT %d", shownMax), person)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	defer rows.Close()
	var list []*Job
	for rows.Next() {
		job, err := j.scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, job)
	}
	return list, rows.Err()
}

// forget removes a person's jobs that are old. What was recorded from them stays.
func (j *Jobs) forget(ctx context.Context, person string) error {
	list, err := j.List(ctx, person)
	if err != nil {
		return err
	}
	for _, job := range list {
		if job.State.Running() || j.clock().Sub(job.Changed) < keptFor {
			continue
		}
		if err := os.RemoveAll(j.folder(job.ID)); err != nil {
			return fmt.Errorf("remove old table: %w", err)
		}
		err := j.db.Transact(ctx, func(w *database.Writer) error {
			_, err := w.Exec(ctx, "DELETE FROM intake WHERE id = $1", job.ID)
			return err
		})
		if err != nil {
			return fmt.Errorf("remove old job: %w", err)
		}
	}
	return nil
}
