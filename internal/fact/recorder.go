package fact

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
)

// Draft is a fact to be recorded, with what every record carries.
type Draft struct {
	Fact      Fact
	Book      string    // "" to take it from the fact, as its kind says
	Key       string    // idempotency key; "" makes one from the content, so that the same content is recorded once
	On        date.Date // effective date
	Actor     string    // who records it
	Approvers []string  // who approved it; empty for a kind that needs approval makes a proposal
	Source    string    // "form", "import FILE", "api", "synthetic …"
	Evidence  []string  // SHA-256 of files in the evidence store, hex
	Corrects  int64     // seq of the entry of the same book that this one takes back and replaces

	atHand bool // its evidence was looked at and is kept when it is recorded
}

// Receipt says where a fact was recorded.
type Receipt struct {
	Book     string       `json:"book"`
	Seq      int64        `json:"seq"`
	Hash     journal.Hash `json:"-"`
	Again    bool         `json:"again,omitempty"`    // it was recorded before, under the same key
	Proposal bool         `json:"proposal,omitempty"` // it waits for approval
}

// Operator is the actor of commands that run on the machine itself and name nobody. It may record what needs one person only.
const Operator = "operator"

// Authority knows who may do what. The access package is the one implementation; facts cannot import it.
type Authority interface {
	// May tells whether a person holds one of the roles for an area of a book ("" for all of it) on a day.
	May(tx *Tx, person string, roles []string, area string, on date.Date) (bool, error)
	// Approvers is how many people must approve an amount (fen) of a kind on a day, where a recorded rule says so.
	Approvers(tx *Tx, kind string, amount int64, on date.Date) (n int, ok bool, err error)
}

// Recorder is the only way into the journal. It is safe for concurrent use: what arrives while a commit is on its way to disk is
// gathered into the next one, and nobody is answered before their fact is durable.
type Recorder struct {
	db        *database.DB
	clock     func() time.Time
	random    io.Reader
	authority Authority
	files     Files
	matchKey  []byte

	mu      sync.Mutex
	writers map[string]*writer // by book on PostgreSQL; "" for the one in all on SQLite, and for replays
	closed  bool
	last    int64        // latest recorded-at handed out
	places  sync.Map     // book of things, by type and code
	placed  atomic.Int64 // how many, at most
}

// Files is the evidence store: whether it has a file, how to keep one, and how one would be named.
type Files interface {
	Has(hash string) bool
	Put(content io.Reader) (hash string, err error)
	Name(content io.Reader) (hash string, err error)
}

// Options of a Recorder; the zero value of each field is usable.
type Options struct {
	Clock     func() time.Time // default: the machine's
	Random    io.Reader        // salts of personal data; default: crypto/rand
	Authority Authority        // default: nobody but the operator may record
	Files     Files            // default: no evidence can be named
	MatchKey  []byte           // secret that Tx.Keyed hashes with; default: none, so that hashes can be guessed
}

// NewRecorder records into db.
func NewRecorder(db *database.DB, o Options) *Recorder {
	r := &Recorder{db: db, clock: o.Clock, random: o.Random, authority: o.Authority, files: o.Files, matchKey: o.MatchKey, writers: map[string]*writer{}}
	if r.clock == nil {
		r.clock = time.Now
	}
	if r.random == nil {
		r.random = rand.Reader
	}
	return r
}

// Close waits for what is under way and lets go of the writers.
func (r *Recorder) Close() error {
	r.mu.Lock()
	r.closed = true
	writers := r.writers
	r.writers = map[string]*writer{}
	r.mu.Unlock()
	var errs []error
	for _, w := range writers {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}

// Record records facts together: all of them in one commit, or none. It answers when they are durable.
func (r *Recorder) Record(ctx context.Context, drafts ...Draft) ([]Receipt, error) {
	req := &request{ctx: ctx, drafts: drafts, together: true}
	if err := r.submit(req); err != nil {
		return nil, err
	}
	for _, err := range req.errs {
		if err != nil {
			return nil, err
		}
	}
	return req.receipts, nil
}

// RecordEach records facts each by itself, in few commits. errs[i] says why drafts[i] was refused.
func (r *Recorder) RecordEach(ctx context.Context, drafts []Draft) (receipts []Receipt, errs []error, err error) {
	req := &request{ctx: ctx, drafts: drafts}
	if err := r.submit(req); err != nil {
		return nil, nil, err
	}
	return req.receipts, req.errs, nil
}

// submit checks what needs no database and hands the request to the writer of its book.
func (r *Recorder) submit(req *request) error {
	if len(req.drafts) == 0 {
		return nil
	}
	req.prepared = make([]prepared, len(req.drafts))
	req.receipts = make([]Receipt, len(req.drafts))
	req.errs = make([]error, len(req.drafts))
	req.turn = make(chan bool, 1)
	for i := range req.drafts {
		if req.replay != nil { // it was checked when it was recorded, and personal data may have been erased since
			req.prepared[i] = prepared{kind: KindOf(req.drafts[i].Fact), body: req.replay[i].Body, private: req.replay[i].Private}
			continue
		}
		req.errs[i] = r.prepare(req.ctx, &req.drafts[i], &req.prepared[i])
		if req.errs[i] != nil && req.together {
			return req.errs[i]
		}
	}
	w, err := r.writer(req)
	if err != nil {
		return err
	}
	if err := req.ctx.Err(); err != nil {
		return err // whoever asked has left; once it is queued it is recorded
	}
	w.carryOut(req)
	return nil
}

func (r *Recorder) writer(req *request) (*writer, error) {
	book := ""
	for i := range req.drafts {
		switch {
		case req.errs[i] != nil || req.replay != nil:
		case book == "":
			book = req.drafts[i].Book
		case book != req.drafts[i].Book:
			return nil, fault.New(fault.Invalid, "record.books", "facts of books %s and %s cannot be recorded in one commit", book, req.drafts[i].Book).
				Mend("Record them one after the other.")
		}
	}
	if r.db.Engine == database.SQLite {
		book = ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, stopping()
	}
	w := r.writers[book]
	if w == nil {
		conn, err := r.db.Writer(req.ctx)
		if err != nil {
			return nil, err
		}
		w = &writer{r: r, conn: conn, state: newState()}
		r.writers[book] = w
	}
	return w, nil
}

func stopping() error {
	return fault.New(fault.Unavailable, "record.closed", "the program is stopping").Mend("Send it again when it has started.")
}
