package fact

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
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
	last    int64 // latest recorded-at handed out
	places  sync.Map
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

// batchMax is the most requests that one commit gathers.
const batchMax = 256

type request struct {
	ctx      context.Context
	drafts   []Draft
	prepared []prepared
	together bool            // all or none
	replay   []journal.Entry // entries that the drafts were, when a journal is replayed
	receipts []Receipt
	errs     []error
	turn     chan bool // false: it is done; true: carry out the next batch, which begins with this request
}

// old is the entry that draft i was, nil unless a journal is replayed.
func (req *request) old(i int) *journal.Entry {
	if req.replay == nil {
		return nil
	}
	return &req.replay[i]
}

type prepared struct {
	kind          *Kind
	body, private string
	amount        int64
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

// prepare checks a draft's own fields, encodes it and finds its book.
func (r *Recorder) prepare(ctx context.Context, d *Draft, p *prepared) error {
	p.kind = KindOf(d.Fact)
	if p.kind == nil {
		return fmt.Errorf("record %T: the kind is not registered", d.Fact)
	}
	var problems Problems
	p.kind.Check(d.Fact, &problems)
	r.checkHeader(d, &problems)
	if err := problems.Err(); err != nil {
		return err
	}
	p.body, p.private = p.kind.Encode(d.Fact)
	p.amount = p.kind.amount(d.Fact)
	if p.kind.Approval == nil {
		d.Approvers = nil // nobody asked them
	}
	if d.Book == "" {
		book, err := r.bookOf(ctx, p.kind, d.Fact)
		if err != nil {
			return err
		}
		d.Book = book
	} else if err := r.checkBook(ctx, p.kind, d.Book); err != nil {
		return err
	}
	if d.Key == "" {
		d.Key = contentKey(d, p)
	}
	return nil
}

func (r *Recorder) checkHeader(d *Draft, p *Problems) {
	today := date.Of(r.clock())
	switch {
	case d.On == "":
		p.Add("on", "field.required", "the date is missing").Mend("Say when it happened, as 2020-03-14.")
	case !d.On.Valid():
		p.Add("on", "field.date", "%q is not a date", d.On).Mend("Write it as 2020-03-14.")
	case d.On > today:
		p.Add("on", "date.future", "%s has not come yet", d.On).Mend("Record what has happened, dated %s or before.", today)
	}
	if len(d.Key) > 100 || strings.ContainsAny(d.Key, " \x00") {
		p.Add("key", "key.form", "the key %q is too long or has spaces", d.Key).Mend("Use at most 100 characters without spaces, such as a UUID.")
	}
	if d.Actor == "" {
		p.Add("actor", "field.required", "nobody is named who records it").Mend("Log in, or name a person.")
	}
	for _, text := range append([]string{d.Book, d.Key, string(d.On), d.Actor, d.Source}, d.Approvers...) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			p.Add("", "field.encoding", "%q holds bytes that are not text", text).Mend("Send UTF-8.")
		}
	}
	for _, h := range d.Evidence {
		if !d.atHand && (r.files == nil || !r.files.Has(h)) {
			p.Add("evidence", "evidence.unknown", "no file %s is in the evidence store", h).Mend("Upload the file first.")
		}
	}
}

// contentKey makes the same content of the same day come out as the same key, whoever sends it. Personal data is not in it: it could be
// guessed from a key. A word on a proposal is its speaker's own.
func contentKey(d *Draft, p *prepared) string {
	mac := hmac.New(sha256.New, []byte("lastmile/key"))
	mac.Write(journal.AppendFields(nil, []string{d.Book, p.kind.Name, string(d.On), p.body, strings.Join(d.Evidence, " ")}, d.Corrects))
	if _, ok := d.Fact.(*Approve); ok {
		mac.Write([]byte(d.Actor))
	}
	return "c-" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// checkBook makes sure that a book named with a fact exists and may hold its kind.
func (r *Recorder) checkBook(ctx context.Context, k *Kind, book string) error {
	if book == entity.Headquarters {
		return nil
	}
	if k.Book == entity.Headquarters {
		return fault.New(fault.Invalid, "book.wrong", "a %s belongs to the book of headquarters, not to %s", k.Name, book).For("book").Mend("Leave the book out.")
	}
	key := [2]string{"book", book}
	if _, ok := r.places.Load(key); ok {
		return nil
	}
	if _, ok, err := entity.Get(ctx, r.db, entity.Headquarters, "book", book); err != nil {
		return err
	} else if !ok {
		return unknownBook(book)
	}
	r.places.Store(key, book)
	return nil
}

// bookOf finds the book that a fact belongs to, as its kind says.
func (r *Recorder) bookOf(ctx context.Context, k *Kind, f Fact) (string, error) {
	if k.Book == "hq" {
		return entity.Headquarters, nil
	}
	unknown := fault.New(fault.Invalid, "book.required", "a %s does not say which book it belongs to", k.Name).For("book").Mend("Name the county's book.")
	if k.Book == "" {
		return "", unknown
	}
	field := k.Field(k.Book)
	id := reflect.ValueOf(f).Elem().Field(field.index).String()
	key := [2]string{field.Ref, id}
	if b, ok := r.places.Load(key); ok {
		return b.(string), nil
	}
	if id == "" && k.BookElse != "" {
		return k.BookElse, nil
	}
	books, err := entity.Find(ctx, r.db, entity.Filter{Type: "book"})
	if err != nil {
		return "", err
	}
	found := ""
	if field.Ref == "area" {
		above, err := figure.Ancestors(ctx, r.db, id)
		if err != nil {
			return "", err
		}
		for _, b := range books {
			if slices.Contains(above, b.Area) {
				found = b.ID
			}
		}
	} else {
		for _, b := range append(books, entity.Entity{ID: entity.Headquarters}) {
			if _, ok, err := entity.Get(ctx, r.db, b.ID, field.Ref, id); err != nil {
				return "", err
			} else if ok && found != "" {
				return "", fault.New(fault.Invalid, "book.ambiguous", "%s %q is in the books %s and %s", field.Ref, id, found, b.ID).For("book").Mend("Name the book.")
			} else if ok {
				found = b.ID
			}
		}
	}
	if found == "" && k.BookElse != "" {
		return k.BookElse, nil // not remembered: the county may be designated later
	}
	if found == "" {
		if field.Ref == "area" {
			return "", fault.New(fault.NotFound, "book.area", "area %q lies in no designated county", id).For(field.Name).Mend("Record the county's designation first.")
		}
		return "", fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in any book", field.Ref, id).For(field.Name).
			Mend("Record the %s first, or correct the code.", field.Ref)
	}
	r.places.Store(key, found)
	return found, nil
}

// now hands out strictly increasing times, so that entries of all books have one order.
func (r *Recorder) now(after int64) int64 {
	t := r.clock().UnixMicro()
	r.mu.Lock()
	defer r.mu.Unlock()
	t = max(t, r.last+1, after+1)
	r.last = t
	return t
}

// writer appends to a store (SQLite) or a book (PostgreSQL), one batch at a time. Whoever comes when it is idle carries out a batch; requests
// that come meanwhile queue, and the first of them carries out the next batch with those behind it. No goroutine stands between a
// lone recorder and the disk.
type writer struct {
	r     *Recorder
	conn  *database.Writer
	state *state

	mu     sync.Mutex
	busy   bool
	closed bool
	queue  []*request
	idle   chan struct{} // closed when a closing writer has nothing left to do

	trial   bool      // nothing will be committed
	assent  bool      // of a trial: approvals are taken as given
	floor   int64     // time of the latest entry of all books when the writer last looked
	lookUp  bool      // find out first which keys are taken
	hold    bool      // keep others from the books first: they were in the way before
	wrote   bool      // the fact at hand has changed the database itself
	refused []refusal // in this attempt
	spoilt  []refusal // in earlier attempts, which they spoilt
	scratch []byte
	effects []byte
}

// carryOut returns when the request has been committed or refused.
func (w *writer) carryOut(req *request) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		for i := range req.errs {
			if req.errs[i] == nil {
				req.errs[i] = stopping()
			}
		}
		return
	}
	w.queue = append(w.queue, req)
	if w.busy {
		w.mu.Unlock()
		if lead := <-req.turn; !lead {
			return
		}
		w.mu.Lock()
	}
	w.busy = true
	n := min(len(w.queue), batchMax)
	batch := w.queue[:n:n]
	w.queue = w.queue[n:]
	w.mu.Unlock()

	w.commit(batch)

	w.mu.Lock()
	if len(w.queue) > 0 {
		w.queue[0].turn <- true
	} else {
		w.busy = false
		w.queue = nil
		if w.idle != nil {
			close(w.idle)
		}
	}
	w.mu.Unlock()
	for _, other := range batch {
		if other != req {
			other.turn <- false
		}
	}
}

// close waits until the writer is idle and lets go of its connection.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	if w.busy {
		w.idle = make(chan struct{})
		w.mu.Unlock()
		<-w.idle
	} else {
		w.mu.Unlock()
	}
	return w.conn.Close()
}

// attemptsMax bounds how often a batch is tried again when another program was in the way.
const attemptsMax = 5

// commit records a batch in one transaction, again when another program was in the way.
func (w *writer) commit(batch []*request) {
	ctx := context.Background() // one caller who leaves must not undo what the others recorded
	var err error
	// A lone fact is most likely new: whether its key is taken shows when it is refused, and then it is looked up.
	w.lookUp = len(batch) > 1 || len(batch[0].drafts) > 1
	w.hold = false
	for attempts := 0; attempts < attemptsMax; {
		w.refused = w.refused[:0]
		if err = w.attempt(ctx, batch); err == nil {
			w.spoilt = w.spoilt[:0]
			w.state.trim()
			return
		}
		w.state.reset()
		w.lookUp = true
		forgive(w.refused)
		if errors.Is(err, errAgain) {
			continue // having looked, or each time with one fact less
		}
		if w.conn.Broken() {
			if broken := w.reconnect(ctx); broken != nil {
				err = errors.Join(err, broken)
				break
			}
		} else if !passing(err) {
			break
		}
		forgive(w.spoilt) // they were refused for what has changed meanwhile
		w.spoilt = w.spoilt[:0]
		w.hold = true
		attempts++
	}
	w.spoilt = w.spoilt[:0]
	for _, req := range batch {
		for i := range req.errs {
			if req.errs[i] == nil {
				req.errs[i] = fmt.Errorf("record %s: %w", req.prepared[i].kind.Name, err)
			}
		}
	}
}

// forgive makes way for another look at what was refused.
func forgive(list []refusal) {
	for _, f := range list {
		clear(f.req.errs[f.group[0]:f.group[1]])
	}
}

// passing tells whether an error comes from another program that was in the way: it moved the end of a book, or its entry took the place
// or the key of ours.
func passing(err error) bool {
	return database.IsRetry(err) || database.IsUnique(err) || errors.Is(err, journal.ErrMoved)
}

// reconnect replaces a connection that was lost. What was under way may have been committed: its keys tell.
func (w *writer) reconnect(ctx context.Context) error {
	conn, err := w.r.db.Writer(ctx)
	if err != nil {
		return err
	}
	w.conn.Close() // it is lost: nothing it answers matters
	w.conn = conn
	return nil
}

func (w *writer) attempt(ctx context.Context, batch []*request) error {
	if err := w.conn.Begin(ctx); err != nil {
		return err
	}
	err := w.lock(ctx, batch)
	if err == nil {
		err = w.record(ctx, batch)
	}
	if err == nil {
		err = w.state.flush(ctx, w.conn)
	}
	if err != nil {
		return errors.Join(err, w.conn.Rollback(ctx))
	}
	return w.conn.Commit(ctx)
}

// lock keeps headquarters' book still while facts of other books are recorded, which may build on it. So the order in which entries were
// recorded is one in which each saw exactly the entries before it that it depends on, and a replay in that order ends where this does.
func (w *writer) lock(ctx context.Context, batch []*request) error {
	if touches(batch, entity.Headquarters) {
		return w.conn.LockAlone(ctx)
	}
	return w.conn.LockShared(ctx)
}

func touches(batch []*request, book string) bool {
	for _, req := range batch {
		for i := range req.drafts {
			if req.drafts[i].Book == book {
				return true
			}
		}
	}
	return false
}

// record carries out the requests of a batch. An error is one that spoils the whole batch; what is wrong with one fact is in its request.
func (w *writer) record(ctx context.Context, batch []*request) error {
	if err := w.checkHeads(ctx, batch); err != nil {
		return err
	}
	taken := map[bookKey]int64{}
	if w.lookUp {
		var err error
		if taken, err = w.takenKeys(ctx, batch); err != nil {
			return err
		}
	}
	for _, req := range batch {
		if err := w.recordRequest(ctx, req, taken); err != nil {
			return err
		}
	}
	return nil
}

// checkHeads forgets what it knew when another program, or another book's writer, has written.
func (w *writer) checkHeads(ctx context.Context, batch []*request) error {
	alone, err := w.conn.Alone(ctx)
	if err != nil {
		return err
	}
	if alone && w.knows(batch) {
		return nil
	}
	books := []string{entity.Headquarters}
	for book := range w.state.heads {
		if book != entity.Headquarters {
			books = append(books, book)
		}
	}
	for _, req := range batch {
		for i := range req.drafts {
			if b := req.drafts[i].Book; b != "" && !slices.Contains(books, b) {
				books = append(books, b)
			}
		}
	}
	if w.hold {
		if err := journal.Hold(ctx, w.conn, books[1:]); err != nil {
			return err
		}
	}
	found, err := journal.GetHeads(ctx, w.conn, books)
	if err != nil {
		return err
	}
	for i, book := range books {
		if old := w.state.heads[book]; old != nil && old.written != found[i] {
			w.state.reset()
		}
	}
	if w.conn.Engine() == database.SQLite || w.state.heads[entity.Headquarters] == nil || touches(batch, entity.Headquarters) {
		if w.floor, err = journal.LastRecordedAt(ctx, w.conn); err != nil {
			return err
		}
	}
	for i, book := range books {
		if w.state.heads[book] != nil {
			continue
		}
		end := &bookEnd{now: found[i], written: found[i]}
		if found[i].Seq > 0 {
			e, ok, err := journal.Get(ctx, w.conn, book, found[i].Seq)
			if err != nil {
				return err
			}
			if !ok {
				return fmt.Errorf("book %s: its head is entry %d, which is missing: run lastmile verify", book, found[i].Seq)
			}
			end.recordedAt = e.RecordedAt
		}
		w.state.heads[book] = end
	}
	return nil
}

// knows tells whether the ends of all books of a batch were looked up before.
func (w *writer) knows(batch []*request) bool {
	for _, req := range batch {
		for i := range req.drafts {
			if w.state.heads[req.drafts[i].Book] == nil {
				return false
			}
		}
	}
	return true
}

type bookKey struct{ book, key string }

// takenKeys finds which idempotency keys of the batch are recorded already; what the batch itself records is added on the way.
func (w *writer) takenKeys(ctx context.Context, batch []*request) (map[bookKey]int64, error) {
	byBook := map[string][]string{}
	for _, req := range batch {
		for i := range req.drafts {
			if req.errs[i] == nil {
				byBook[req.drafts[i].Book] = append(byBook[req.drafts[i].Book], req.drafts[i].Key)
			}
		}
	}
	taken := map[bookKey]int64{}
	for book, keys := range byBook {
		found, err := journal.Keys(ctx, w.conn, book, keys)
		if err != nil {
			return nil, err
		}
		for k, seq := range found {
			taken[bookKey{book, k}] = seq
		}
	}
	return taken, nil
}

// mark is a point that a refused fact goes back to.
type mark struct {
	flushes, entries, postings, observations, puts, concerns int
	ends                                                     map[string]bookEnd
}

func (w *writer) mark(books []string) mark {
	m := mark{w.state.flushes, len(w.state.entries), len(w.state.postings), len(w.state.observations), len(w.state.puts), len(w.state.concerns), map[string]bookEnd{}}
	for _, b := range books {
		if end := w.state.heads[b]; end != nil {
			m.ends[b] = *end
		}
	}
	return m
}

// recordRequest carries out one request. An error spoils the batch; what is wrong with a fact is in the request.
func (w *writer) recordRequest(ctx context.Context, req *request, taken map[bookKey]int64) error {
	groups := [][2]int{{0, len(req.drafts)}}
	if !req.together {
		groups = groups[:0]
		for i := range req.drafts {
			groups = append(groups, [2]int{i, i + 1})
		}
	}
	for _, g := range groups {
		if slices.ContainsFunc(req.errs[g[0]:g[1]], func(err error) bool { return err != nil }) {
			continue
		}
		err := w.atomically(ctx, req.drafts[g[0]:g[1]], func(i int) error {
			i += g[0]
			if _, ok := req.drafts[i].Fact.(*Proposal); ok && req.replay == nil {
				return fault.New(fault.Invalid, "proposal.direct", "a proposal is made by recording what is proposed").Mend("Record the fact itself without naming who approved it.")
			}
			var err error
			req.receipts[i], err = w.recordOne(ctx, req.old(i), &req.drafts[i], &req.prepared[i], taken)
			if err != nil && req.replay != nil {
				err = fmt.Errorf("replay entry %s:%d (%s): %w", req.drafts[i].Book, req.replay[i].Seq, req.replay[i].Kind, err)
			}
			return err
		})
		if err == nil {
			continue
		}
		broken := fault.KindOf(err) == fault.Internal // the transaction may be spoilt
		switch {
		case broken && (passing(err) || w.conn.Broken()):
			return err
		case !w.lookUp: // it may be refused for what it did itself when it was recorded the first time
			return errAgain
		}
		for i := g[0]; i < g[1]; i++ {
			req.errs[i] = err
		}
		if (w.wrote || broken) && !w.trial {
			w.spoilt = append(w.spoilt, refusal{req, g})
			return errAgain
		}
		w.refused = append(w.refused, refusal{req, g})
	}
	return nil
}

// refusal remembers what was refused in this attempt, to be looked at again if the attempt fails for another reason.
type refusal struct {
	req   *request
	group [2]int
}

// errAgain means that a refused fact had already changed the database, or that it was not yet known which keys are taken: the batch is
// rolled back and carried out again, without the fact or with that knowledge.
var errAgain = errors.New("carry out the batch again")

// atomically carries out drafts and takes all of them back when one is refused.
func (w *writer) atomically(ctx context.Context, drafts []Draft, each func(i int) error) error {
	books := make([]string, 0, 1)
	for i := range drafts {
		if !slices.Contains(books, drafts[i].Book) {
			books = append(books, drafts[i].Book)
		}
	}
	m := w.mark(books)
	w.state.begin()
	w.wrote = false
	for i := range drafts {
		if err := safely(each, i); err != nil {
			if !w.wrote || w.trial {
				w.state.takeBack()
				w.back(m)
			}
			if broken := w.goBack(ctx); broken != nil {
				return errors.Join(err, broken)
			}
			return err
		}
	}
	if w.wrote {
		clear(w.state.memo)
	}
	if w.wrote && w.trial {
		_, err := w.conn.Exec(ctx, "RELEASE SAVEPOINT fact")
		return err
	}
	return nil
}

// writes is called before the fact at hand changes the database itself. A trial can go back to here.
func (w *writer) writes(ctx context.Context) error {
	if w.wrote {
		return nil
	}
	w.wrote = true
	if !w.trial {
		return nil
	}
	_, err := w.conn.Exec(ctx, "SAVEPOINT fact")
	return err
}

// goBack undoes what a refused fact has written in a trial, which is not carried out again without it.
func (w *writer) goBack(ctx context.Context) error {
	if !w.wrote || !w.trial {
		return nil
	}
	clear(w.state.memo)
	if _, err := w.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT fact"); err != nil {
		return err
	}
	_, err := w.conn.Exec(ctx, "RELEASE SAVEPOINT fact")
	return err
}

// safely turns a panic, which is a bug in some kind of fact, into an error of that fact: others wait for this writer.
func safely(each func(i int) error, i int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return each(i)
}

func (w *writer) back(m mark) {
	s := w.state
	if s.flushes != m.flushes { // what waited at the mark is written, what waits now came after it
		m.entries, m.postings, m.observations, m.puts, m.concerns = 0, 0, 0, 0, 0
	}
	s.entries, s.postings, s.observations, s.puts = s.entries[:m.entries], s.postings[:m.postings], s.observations[:m.observations], s.puts[:m.puts]
	s.concerns = s.concerns[:m.concerns]
	for b, end := range m.ends {
		*s.heads[b] = end
	}
}

// recordOne checks one fact against what is recorded and appends it to what waits to be written.
func (w *writer) recordOne(ctx context.Context, old *journal.Entry, d *Draft, p *prepared, taken map[bookKey]int64) (Receipt, error) {
	if seq, ok := taken[bookKey{d.Book, d.Key}]; ok && old != nil {
		return Receipt{}, fmt.Errorf("key %s is that of entry %d, which is there already: replay into an empty store", d.Key, seq)
	} else if ok {
		return w.again(ctx, d, p, seq)
	}
	end := w.state.heads[d.Book]
	if end == nil {
		return Receipt{}, fmt.Errorf("book %s was not looked up", d.Book)
	}
	tx := &Tx{kind: p.kind, Book: d.Book, On: d.On, Actor: d.Actor, Evidence: d.Evidence, Approvers: d.Approvers, Corrects: d.Corrects,
		Key: d.Key, ctx: ctx, w: w.conn, wr: w, s: w.state, seq: end.now.Seq + 1, replay: old != nil}
	if err := tx.place(p.kind, d.Fact); err != nil {
		return Receipt{}, err
	}
	if err := tx.checkReferences(p.kind, d.Fact); err != nil {
		return Receipt{}, err
	}
	if old == nil {
		if err := tx.checkBook(d.Fact); err != nil {
			return Receipt{}, err
		}
		need, err := tx.checkPeople(p, d)
		if err != nil {
			return Receipt{}, err
		}
		if need > 0 && len(d.Approvers) == 0 && !w.assent {
			return w.propose(ctx, d, p, tx.Area, need, taken)
		}
	}
	grade := gradeOf(d.Fact, d.Evidence)
	tx.traced = grade == journal.Traced
	if d.Corrects > 0 {
		if err := tx.Reverse(d.Corrects); err != nil {
			return Receipt{}, err
		}
	}
	if err := tx.define(p.kind, d.Fact); err != nil {
		return Receipt{}, err
	}
	if err := d.Fact.Record(tx); err != nil {
		return Receipt{}, err
	}
	e, err := w.entry(tx, old, d, p, grade, end)
	if err != nil {
		return Receipt{}, err
	}
	s := w.state
	s.entries = append(s.entries, e)
	s.postings = append(s.postings, tx.effects.postings...)
	s.observations = append(s.observations, tx.effects.observations...)
	s.puts = append(s.puts, tx.effects.entities...)
	s.concerns = append(s.concerns, tx.effects.concerns...)
	end.now = journal.Head{Book: e.Book, Seq: e.Seq, Hash: e.Hash}
	end.recordedAt = e.RecordedAt
	taken[bookKey{d.Book, d.Key}] = e.Seq
	s.undo = append(s.undo, func() { delete(taken, bookKey{e.Book, e.Key}) })
	for i := range tx.then {
		if _, err := w.follow(ctx, &tx.then[i], taken); err != nil {
			return Receipt{}, err
		}
	}
	return Receipt{Book: e.Book, Seq: e.Seq, Hash: e.Hash}, nil
}

// follow records a fact that another one brings about, in the same commit.
func (w *writer) follow(ctx context.Context, d *Draft, taken map[bookKey]int64) (Receipt, error) {
	var p prepared
	if err := w.r.prepare(ctx, d, &p); err != nil {
		return Receipt{}, err
	}
	found, err := journal.Keys(ctx, w.conn, d.Book, []string{d.Key})
	if err != nil {
		return Receipt{}, err
	}
	if seq, ok := found[d.Key]; ok {
		taken[bookKey{d.Book, d.Key}] = seq
	}
	return w.recordOne(ctx, nil, d, &p, taken)
}

func gradeOf(f Fact, evidence []string) journal.Grade {
	if g, ok := f.(Grader); ok {
		return g.Grade(evidence)
	}
	if len(evidence) > 0 {
		return journal.Traced
	}
	return journal.Reported
}

// entry seals what the fact did into the next entry of its book.
func (w *writer) entry(tx *Tx, old *journal.Entry, d *Draft, p *prepared, grade journal.Grade, end *bookEnd) (journal.Entry, error) {
	e := journal.Entry{
		Book: d.Book, Seq: tx.seq, Kind: p.kind.Name, Key: d.Key, On: d.On, Actor: d.Actor, Approvers: d.Approvers, Source: d.Source,
		Reverses: takesBack(d), Grade: grade, Area: tx.Area, Body: p.body, Evidence: d.Evidence, Private: p.private,
	}
	switch {
	case old != nil:
		e.RecordedAt, e.Salt, e.Commitment, e.Private = old.RecordedAt, old.Salt, old.Commitment, old.Private
	default:
		e.RecordedAt = w.r.now(max(end.recordedAt, w.floor))
		if p.private != "" {
			e.Salt = make([]byte, 16)
			if _, err := io.ReadFull(w.r.random, e.Salt); err != nil {
				return e, fmt.Errorf("make salt: %w", err)
			}
			e.Commitment = journal.Commit(e.Salt, p.private)
		}
	}
	w.effects = w.effects[:0]
	for i := range tx.effects.postings {
		w.effects = tx.effects.postings[i].AppendCanonical(w.effects)
	}
	for i := range tx.effects.observations {
		w.effects = tx.effects.observations[i].AppendCanonical(w.effects)
	}
	e.Hash, w.scratch = e.Sum(w.scratch, end.now.Hash, w.effects)
	if old != nil && (e.Seq != old.Seq || e.Hash != old.Hash) {
		return e, fmt.Errorf("replay of entry %s:%d (%s) gives another entry: %d, hash %s, recorded was %s", old.Book, old.Seq, old.Kind, e.Seq, e.Hash, old.Hash)
	}
	return e, nil
}

// find reads an entry that is recorded, or waits to be written.
func (w *writer) find(ctx context.Context, book string, seq int64) (journal.Entry, bool, error) {
	for i := range w.state.entries {
		if e := &w.state.entries[i]; e.Book == book && e.Seq == seq {
			return *e, true, nil
		}
	}
	return journal.Get(ctx, w.conn, book, seq)
}

// takesBack is the entry that a draft takes back, as a correction or a reversal; 0 for none.
func takesBack(d *Draft) int64 {
	if rev, ok := d.Fact.(*Reversal); ok {
		return rev.Entry
	}
	return d.Corrects
}

// again answers a repeated idempotency key: the first receipt when the content is the same, else a conflict that names both.
func (w *writer) again(ctx context.Context, d *Draft, p *prepared, seq int64) (Receipt, error) {
	e, ok, err := w.find(ctx, d.Book, seq)
	if err != nil || !ok {
		return Receipt{}, orUnknown(err, d.Book, seq)
	}
	same := e.Kind == p.kind.Name && e.On == d.On && e.Body == p.body && slices.Equal(e.Evidence, d.Evidence) && e.Reverses == takesBack(d) &&
		(e.Private == p.private || e.Private == "" && e.Commitment != nil)
	if _, ok := d.Fact.(*Approve); ok && e.Actor != d.Actor {
		same = false
	}
	if !same {
		return Receipt{}, fault.New(fault.Conflict, "key.conflict", "key %s was used for entry %s:%d (%s of %s), and this %s of %s says something else",
			d.Key, e.Book, e.Seq, e.Kind, e.On, p.kind.Name, d.On).For("key").Mend("Use a new key for a new fact; to change entry %s:%d record a correction of it.", e.Book, e.Seq)
	}
	return Receipt{Book: e.Book, Seq: e.Seq, Hash: e.Hash, Again: true}, nil
}
