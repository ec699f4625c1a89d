package fact

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

// Tx is what a fact sees while it is recorded: the books as they stand after everything recorded before it, and the means to
// move, count and name. What it did is undone when the fact is refused.
type Tx struct {
	Book      string
	On        date.Date // effective date
	Actor     string
	Area      string   // area of the entry
	Evidence  []string // SHA-256 of its files
	Approvers []string
	Corrects  int64  // seq that it takes back, 0 for none
	Taking    int64  // in TakeBack: seq of the fact that is taken back
	Key       string // idempotency key of the entry

	kind      *Kind
	ctx       context.Context
	w         *database.Writer
	s         *state
	seq       int64
	takenBack journal.Entry
	traced    bool
	areas     []string // Area and those above it, below the book's own
	effects   effects
	wr        *writer
	replay    bool
	then      []Draft // to be recorded in the same commit after this fact
}

type effects struct {
	postings     []ledger.Posting
	observations []figure.Observation
	entities     []entity.Entity
	concerns     []journal.Concern
}

// Context of the recording.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Seq is the position that the entry will have in its book.
func (tx *Tx) Seq() int64 { return tx.seq }

// TakenBack is the entry that is being taken back, in a fact's TakeBack.
func (tx *Tx) TakenBack() journal.Entry { return tx.takenBack }

// Currency is the commodity that money fields are in.
func (tx *Tx) Currency() string { return ledger.Currency }

// Query reads the tables of the fact's own package.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	return tx.w.Query(tx.ctx, query, args...)
}

// QueryRow is Query for one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	return tx.w.QueryRow(tx.ctx, query, args...)
}

// Reader reads as the transaction sees, for functions of other packages.
func (tx *Tx) Reader() database.Reader { return tx.w }

// Exec changes the state tables of the fact's own package.
func (tx *Tx) Exec(query string, args ...any) error {
	if err := tx.wr.writes(tx.ctx); err != nil {
		return err
	}
	clear(tx.s.memo)
	_, err := tx.w.Exec(tx.ctx, query, args...)
	return err
}

// Memo remembers what load found until somebody writes state of their own in the same store.
func Memo[T any](tx *Tx, key any, load func() (T, error)) (T, error) {
	if v, ok := tx.s.memo[key]; ok {
		return v.(T), nil
	}
	v, err := load()
	if err == nil {
		tx.s.memo[key] = v
	}
	return v, err
}

// Entity finds a thing by type and code in the fact's own book, then at headquarters.
func (tx *Tx) Entity(typ, id string) (entity.Entity, bool, error) {
	for _, book := range []string{tx.Book, entity.Headquarters} {
		e, ok, err := tx.s.entity(tx.ctx, tx.w, book, typ, id)
		if err != nil || ok {
			return e, ok, err
		}
		if book == entity.Headquarters {
			break
		}
	}
	return entity.Entity{}, false, nil
}

// Need is Entity where it must exist: field is the field that names it.
func (tx *Tx) Need(field, typ, id string) (entity.Entity, error) {
	e, ok, err := tx.Entity(typ, id)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", typ, id, tx.Book).For(field).
			Mend("Record the %s first, or correct the code.", typ)
	}
	return e, err
}

// Get is the fact that defines a thing now.
func Get[T any](tx *Tx, typ, id string) (*T, error) {
	e, err := tx.Need("", typ, id)
	if err != nil {
		return nil, err
	}
	key := entityKey{e.Book, typ, id}
	if f, ok := tx.s.defined[key].(*T); ok {
		return f, nil
	}
	entry, ok, err := journal.Get(tx.ctx, tx.w, e.Book, e.Seq)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s %s: entry %s:%d is missing", typ, id, e.Book, e.Seq)
	}
	f, err := DecodeBody(entry.Kind, entry.Body, entry.Private)
	if err != nil {
		return nil, err
	}
	t, ok := f.(any).(*T)
	if !ok {
		return nil, fmt.Errorf("%s %s is defined by a fact of kind %s, not %s", typ, id, entry.Kind, reflect.TypeFor[T]())
	}
	tx.s.define(key, t)
	return t, nil
}

// Put names a thing or changes its row; facts whose kind says defines:"…" have their own put for them.
func (tx *Tx) Put(e entity.Entity) error {
	e.Book = tx.Book
	if e.Seq == 0 {
		e.Seq = tx.seq
	}
	key := entityKey{e.Book, e.Type, e.ID}
	if _, _, err := tx.s.entity(tx.ctx, tx.w, e.Book, e.Type, e.ID); err != nil {
		return err
	}
	old := tx.s.entities[key]
	if e.Type == "area" && old.ok && old.Parent != e.Parent {
		if err := tx.moveArea(e.ID); err != nil {
			return err
		}
	}
	tx.s.undo = append(tx.s.undo, func() { tx.s.entities[key] = old })
	tx.s.entities[key] = entityCache{e, true}
	tx.effects.entities = append(tx.effects.entities, e)
	return nil
}

// moveArea makes way for another place of an area in the tree. Totals are kept for the areas above each record as they were then, so
// the place of an area where something has been counted is settled.
func (tx *Tx) moveArea(id string) error {
	if err := tx.flush(); err != nil {
		return err
	}
	var counted int64
	if err := tx.QueryRow("SELECT COUNT(*) FROM total WHERE area = $1", id).Scan(&counted); err != nil {
		return fmt.Errorf("look for records of area %s: %w", id, err)
	}
	if counted > 0 {
		return fault.New(fault.Conflict, "area.counted", "something was counted in area %s where it lies now", id).For("parent").
			Mend("Leave its place as it is. An area that was moved to another has a new official code: record that.")
	}
	clear(tx.s.below)
	tx.s.undo = append(tx.s.undo, func() { clear(tx.s.below) })
	return nil
}

// SetStatus changes the status of a thing of the fact's own book.
func (tx *Tx) SetStatus(typ, id, status string) error {
	e, ok, err := tx.s.entity(tx.ctx, tx.w, tx.Book, typ, id)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s", typ, id, tx.Book)
	}
	e.Status = status
	return tx.Put(e)
}

// Account opens the account of an owner in the fact's book if need be, and gives its id.
func (tx *Tx) Account(class ledger.Class, owner, project string) (string, error) {
	a := ledger.NewAccount(tx.Book, class, owner, "", project, tx.Area)
	if tx.s.ledger.Known(a.Book, a.ID) {
		return a.ID, nil
	}
	if e, ok, err := tx.Entity("party", owner); err != nil {
		return "", err
	} else if ok {
		a.Holder = e.Class
		if e.Area != "" {
			a.Area = e.Area
		}
	} else if e, ok, err := tx.Entity("household", owner); err != nil {
		return "", err
	} else if ok {
		a.Holder, a.Area = "household", e.Area
	}
	return a.ID, tx.s.ledger.Open(tx.ctx, tx.w, a)
}

// Movement is money or goods to be moved.
type Movement struct {
	Flow      string
	From, To  string // account ids from Account
	Commodity string
	Fund      string // "" draws on From first in, first out
	Amount    int64
	Project   string
	// Allowed leaves out funds that may not be drawn for this; nil allows all.
	Allowed func(fund string) bool
}

// Move carries out a movement and gives the funds that it took.
func (tx *Tx) Move(m Movement) ([]ledger.Part, error) {
	parts := []ledger.Part{{Fund: m.Fund, Amount: m.Amount}}
	if m.Fund == "" {
		var err error
		if parts, err = tx.s.ledger.Draw(tx.ctx, tx.w, tx.Book, m.From, m.Commodity, m.Amount, m.Allowed); err != nil {
			return nil, err
		}
	}
	for _, part := range parts {
		p := ledger.Posting{
			Book: tx.Book, Seq: tx.seq, Line: int64(len(tx.effects.postings) + 1), Flow: m.Flow, From: m.From, To: m.To, Commodity: m.Commodity,
			Fund: part.Fund, Amount: part.Amount, Project: m.Project, Area: tx.Area, Sign: 1, Traced: tx.traced, On: tx.On,
		}
		if err := tx.post(p); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func (tx *Tx) post(p ledger.Posting) error {
	if err := tx.s.ledger.Move(tx.ctx, tx.w, &p); err != nil {
		return err
	}
	areas := tx.areas
	if p.Area != tx.Area {
		var err error
		if areas, err = tx.s.areasBelow(tx.ctx, tx.w, p.Book, p.Area); err != nil {
			return err
		}
	}
	tx.s.totals.Move(&p, tx.end(&p), areas)
	tx.effects.postings = append(tx.effects.postings, p)
	return nil
}

// Held is what an account of the fact's book holds of a commodity, over all funds.
func (tx *Tx) Held(account, commodity string) (int64, error) {
	return tx.s.ledger.Held(tx.ctx, tx.w, tx.Book, account, commodity)
}

// Received is what an outside account has of one commodity and fund.
func (tx *Tx) Received(account, commodity, fund string) (int64, error) {
	return tx.s.ledger.Received(tx.ctx, tx.w, tx.Book, account, commodity, fund)
}

// Observe counts value of a declared measure. Empty fields of o are filled from the entry; its Area may be a smaller one.
func (tx *Tx) Observe(measure string, value int64, o figure.Observation) error {
	o.Book, o.Seq, o.Line = tx.Book, tx.seq, int64(len(tx.effects.observations)+1)
	o.Measure, o.Value, o.Sign, o.Traced, o.On = measure, value, 1, tx.traced, tx.On
	if o.Area == "" {
		o.Area = tx.Area
	}
	return tx.observe(o)
}

func (tx *Tx) observe(o figure.Observation) error {
	if !figure.Declared(o.Measure) {
		return fmt.Errorf("observe %s: the measure is not declared", o.Measure)
	}
	areas := tx.areas
	if o.Area != tx.Area {
		var err error
		if areas, err = tx.s.areasBelow(tx.ctx, tx.w, o.Book, o.Area); err != nil {
			return err
		}
	}
	tx.s.totals.Observe(&o, areas)
	tx.effects.observations = append(tx.effects.observations, o)
	return nil
}

// Then records another fact in the same commit, after this one and only if this one is recorded.
func (tx *Tx) Then(d Draft) {
	if !tx.replay { // a replay finds it in the journal
		tx.then = append(tx.then, d)
	}
}

// Prove marks an earlier entry of the book as proved by this one's evidence.
func (tx *Tx) Prove(seq int64) error {
	e, ok, err := tx.entry(seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, seq)
	}
	by, err := journal.ProvedBy(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	if e.Grade == journal.Traced || by > 0 {
		return fault.New(fault.Conflict, "proof.again", "entry %s:%d is proved already", tx.Book, seq).For("entry").Mend("Nothing needs to be done.")
	}
	if e.Kind == "reversal" {
		return fault.New(fault.Invalid, "proof.reversal", "entry %s:%d takes another back and counts nothing of its own", tx.Book, seq).For("entry").
			Mend("Nothing needs to be proved.")
	}
	if by, err = tx.s.reversedBy(tx.ctx, tx.w, tx.Book, seq); err != nil {
		return err
	}
	if by > 0 {
		return fault.New(fault.Conflict, "proof.reversed", "entry %s:%d was taken back by entry %d and counts no more", tx.Book, seq, by).For("entry").
			Mend("Prove the entry that stands in its place, if there is one.")
	}
	postings, err := ledger.Postings(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	observations, err := figure.Observations(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	if err := tx.wr.writes(tx.ctx); err != nil {
		return err
	}
	if err := journal.Prove(tx.ctx, tx.w, tx.Book, seq, tx.seq); err != nil {
		return err
	}
	for i := range postings {
		p := &postings[i]
		if p.Sign < 0 { // what the entry takes back is proved, or not, as it was before
			continue
		}
		if err := tx.openBoth(p); err != nil {
			return err
		}
		areas, err := tx.s.areasBelow(tx.ctx, tx.w, tx.Book, p.Area)
		if err != nil {
			return err
		}
		tx.s.totals.MoveProved(p, tx.end(p), areas)
	}
	for i := range observations {
		if observations[i].Sign < 0 {
			continue
		}
		areas, err := tx.s.areasBelow(tx.ctx, tx.w, tx.Book, observations[i].Area)
		if err != nil {
			return err
		}
		tx.s.totals.ObserveProved(&observations[i], areas)
	}
	return nil
}

// end says where a posting reached somebody outside the programme; a loss is its own kind of receiver.
func (tx *Tx) end(p *ledger.Posting) figure.End {
	a, amount, ok := tx.s.ledger.End(p)
	switch {
	case !ok:
		return figure.End{}
	case a.Class == ledger.Loss:
		return figure.End{Receiver: "loss", Amount: amount}
	case a.Holder == "":
		return figure.End{Receiver: "other", Amount: amount}
	}
	return figure.End{Receiver: a.Holder, Amount: amount}
}

func orUnknown(err error, book string, seq int64) error {
	if err != nil {
		return err
	}
	return fault.New(fault.NotFound, "entry.unknown", "book %s has no entry %d", book, seq).For("entry").Mend("Look the number up in the journal.")
}

// Settled is a reader that sees all that was recorded before this fact, also what waits in the same commit, for facts that depend on a list
// rather than on one thing. It writes what waits, so it is for facts that are rare; ask for it before anything moves.
func (tx *Tx) Settled() (database.Reader, error) {
	if len(tx.s.entries) == 0 {
		return tx.w, nil
	}
	return tx.w, tx.flush()
}

// flush writes what waits: what this fact's group did so far is in the database from now on, and is not undone here.
func (tx *Tx) flush() error {
	if !tx.s.trial { // of which nothing stays, and which goes on without a refused fact
		tx.wr.wrote = true
	}
	if err := tx.s.flush(tx.ctx, tx.w); err != nil {
		return err
	}
	tx.s.begin()
	return nil
}

// entry reads an earlier entry of the fact's book.
func (tx *Tx) entry(seq int64) (journal.Entry, bool, error) {
	if tx.s.trial { // a table names no entries that it makes itself
		return journal.Get(tx.ctx, tx.w, tx.Book, seq)
	}
	r, err := tx.Settled() // it may be waiting in this batch
	if err != nil {
		return journal.Entry{}, false, err
	}
	return journal.Get(tx.ctx, r, tx.Book, seq)
}

// Reverse takes back what an earlier entry of the book moved and counted. What that entry itself took back stays taken back: to correct
// a correction does not bring the first version to life again.
func (tx *Tx) Reverse(seq int64) error {
	e, ok, err := tx.entry(seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, seq)
	}
	by, err := tx.s.reversedBy(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	if by > 0 {
		return fault.New(fault.Conflict, "reversal.again", "entry %s:%d was taken back already by entry %d", tx.Book, seq, by).For("entry").
			Mend("Look at entry %d.", by)
	}
	if e.On > tx.On {
		return fault.New(fault.Invalid, "reversal.early", "entry %s:%d is effective on %s, it cannot be taken back on %s", tx.Book, seq, e.On, tx.On).For("on").
			Mend("Use %s or a later date.", e.On)
	}
	f, err := DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		return err
	}
	k := Find(e.Kind)
	if slices.Contains([]string{"reversal", "proposal", "approval", "proof", "erasure"}, e.Kind) {
		return fault.New(fault.Invalid, "reversal.kind", "a %s cannot be taken back", e.Kind).For("entry").Mend("Record what is right as a new fact.")
	}
	if tx.Corrects == seq && k != tx.kind {
		return fault.New(fault.Invalid, "correction.kind", "entry %s:%d is a %s, a %s cannot correct it", tx.Book, seq, k.Name, tx.kind.Name).For("corrects").
			Mend("Record the corrected %s, or a reversal.", k.Name)
	}
	if !tx.replay {
		if err := tx.checkActor(k, e.Area); err != nil {
			return err
		}
	}
	tx.takenBack = e
	if back, ok := f.(TakerBack); ok {
		tx.Taking = seq
		if err := back.TakeBack(tx); err != nil {
			return err
		}
	}
	if k.Defines != "" && tx.Corrects != seq {
		return fault.New(fault.Conflict, "reversal.defines", "entry %s:%d defines a %s that other facts may name", tx.Book, seq, k.Defines).For("entry").
			Mend("Record the corrected %s and say that it corrects entry %d.", k.En, seq)
	}
	postings, err := ledger.Postings(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	proved, err := journal.ProvedBy(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	traced := e.Grade == journal.Traced || proved > 0 // it is taken off the sums it was added to
	for i := len(postings) - 1; i >= 0; i-- {
		p := postings[i]
		if p.Sign < 0 {
			continue
		}
		p.From, p.To, p.Seq, p.Line, p.Sign, p.Traced, p.On = p.To, p.From, tx.seq, int64(len(tx.effects.postings)+1), -p.Sign, traced, tx.On
		if err := tx.openBoth(&p); err != nil {
			return err
		}
		if err := tx.checkGiver(&p); err != nil {
			return err
		}
		if err := tx.post(p); err != nil {
			return fmt.Errorf("take back entry %s:%d: %w", tx.Book, seq, err)
		}
	}
	observations, err := figure.Observations(tx.ctx, tx.w, tx.Book, seq)
	if err != nil {
		return err
	}
	for _, o := range observations {
		if o.Sign < 0 {
			continue
		}
		o.Seq, o.Line, o.Sign, o.Traced, o.On = tx.seq, int64(len(tx.effects.observations)+1), -o.Sign, traced, tx.On
		if err := tx.observe(o); err != nil {
			return err
		}
	}
	return nil
}

// checkGiver makes sure that somebody outside has what is taken back from them: they may have given part of it back already.
func (tx *Tx) checkGiver(p *ledger.Posting) error {
	if _, amount, ok := tx.s.ledger.End(p); !ok || amount > 0 {
		return nil
	}
	have, err := tx.Received(p.From, p.Commodity, p.Fund)
	if err == nil && have < p.Amount {
		err = fault.New(fault.Conflict, "reversal.returned", "account %s holds %s of fund %s, %s would be taken back", p.From, ledger.Show(p.Commodity, have), p.Fund, ledger.Show(p.Commodity, p.Amount)).
			For("entry").Mend("Take back first what has come back from there since, such as a refund.")
	}
	return err
}

// openBoth makes the accounts of an earlier posting known.
func (tx *Tx) openBoth(p *ledger.Posting) error {
	for _, id := range []string{p.From, p.To} {
		a, err := ledger.GetAccount(tx.ctx, tx.w, tx.Book, id)
		if err != nil {
			return err
		}
		if err := tx.s.ledger.Open(tx.ctx, tx.w, a); err != nil {
			return err
		}
	}
	return nil
}

// Erase deletes the private part of an earlier entry when this fact is committed.
func (tx *Tx) Erase(seq int64) error {
	e, ok, err := tx.entry(seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, seq)
	}
	if e.Commitment == nil {
		return fault.New(fault.Invalid, "erasure.nothing", "entry %s:%d holds no personal data", tx.Book, seq).For("entry").Mend("Correct the number.")
	}
	f, err := DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		return err
	}
	if eraser, ok := f.(Eraser); ok {
		if err := eraser.Erase(tx); err != nil {
			return err
		}
	}
	if err := tx.wr.writes(tx.ctx); err != nil {
		return err
	}
	return journal.Erase(tx.ctx, tx.w, tx.Book, seq)
}

// twin is the entry that holds the same personal data as another: the proposal that it came from, or what came of the proposal; 0 when there
// is none or it holds none any more.
func (tx *Tx) twin(seq int64) (int64, error) {
	e, ok, err := tx.wr.find(tx.ctx, tx.Book, seq)
	if err != nil || !ok {
		return 0, err
	}
	key := "p-" + e.Key
	if e.Kind == "proposal" {
		f, err := DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return 0, err
		}
		key = f.(*Proposal).Key
	}
	other, ok, err := journal.ByKey(tx.ctx, tx.w, tx.Book, key)
	if err != nil || !ok || other.Private == "" {
		return 0, err
	}
	return other.Seq, nil
}

// Within tells whether an area is another one or lies in it. Every area lies in "".
func (tx *Tx) Within(area, other string) (bool, error) {
	const depthMax = 12
	for range depthMax {
		if other == "" || area == other {
			return true, nil
		}
		if area == "" {
			return false, nil
		}
		e, _, err := tx.s.entity(tx.ctx, tx.w, entity.Headquarters, "area", area)
		if err != nil {
			return false, err
		}
		area = e.Parent
	}
	return false, nil
}

// SubjectSum adds up what was observed of a measure for one subject in the fact's book, by this fact too: what it corrects is taken off.
func (tx *Tx) SubjectSum(measure, subject string) (int64, error) {
	var sum int64
	err := tx.QueryRow("SELECT CAST(COALESCE(SUM(value * sign), 0) AS BIGINT) FROM observation WHERE book = $1 AND measure = $2 AND subject = $3",
		tx.Book, measure, subject).Scan(&sum)
	for _, waiting := range [][]figure.Observation{tx.s.observations, tx.effects.observations} {
		for i := range waiting {
			if o := &waiting[i]; o.Book == tx.Book && o.Measure == measure && o.Subject == subject {
				sum += o.Value * o.Sign
			}
		}
	}
	return sum + tx.s.counted[subjectKey{tx.Book, measure, subject}], err
}

// place finds the area that the fact concerns: what the kind's area field names, or where that thing lies; else the book's own.
func (tx *Tx) place(k *Kind, f Fact) error {
	root, err := tx.s.root(tx.ctx, tx.w, tx.Book)
	if err != nil {
		return err
	}
	tx.Area = root
	if k.Area != "" {
		field := k.Field(k.Area)
		id := reflect.ValueOf(f).Elem().Field(field.index).String()
		switch {
		case id == "":
		case field.Ref == "area" || field.EntityPart == "id" && k.Defines == "area":
			tx.Area = id
		default:
			e, ok, err := tx.Entity(field.Ref, id)
			if err != nil {
				return err
			}
			if ok && e.Area != "" {
				tx.Area = e.Area
			}
		}
	}
	if k.Defines == "area" { // it does not lie in itself
		return nil
	}
	tx.areas, err = tx.s.areasBelow(tx.ctx, tx.w, tx.Book, tx.Area)
	return err
}

// checkReferences makes sure that everything the fact names exists.
func (tx *Tx) checkReferences(k *Kind, f Fact) error {
	var p Problems
	v := reflect.ValueOf(f).Elem()
	for i := range k.Fields {
		field := &k.Fields[i]
		if field.Ref == "" {
			continue
		}
		ids := []string{}
		if field.Type == List {
			ids = v.Field(field.index).Interface().([]string)
		} else if id := v.Field(field.index).String(); id != "" {
			ids = append(ids, id)
		}
		for _, id := range ids {
			_, ok, err := tx.Entity(field.Ref, id)
			if err != nil {
				return err
			}
			if !ok {
				p.Add(field.Name, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", field.Ref, id, tx.Book).
					Mend("Record the %s first, or correct the code.", field.Ref)
			}
		}
	}
	return p.Err()
}

// define puts the row of the thing that the fact defines.
func (tx *Tx) define(k *Kind, f Fact) error {
	if k.Defines == "" {
		return nil
	}
	e, revision := entity.Entity{Type: k.Defines}, false
	v := reflect.ValueOf(f).Elem()
	for i := range k.Fields {
		text := ""
		if k.Fields[i].EntityPart == "revision" {
			revision = v.Field(k.Fields[i].index).Bool()
			continue
		}
		if k.Fields[i].EntityPart != "" {
			text = v.Field(k.Fields[i].index).String()
		}
		switch k.Fields[i].EntityPart {
		case "id":
			e.ID = text
		case "name":
			e.Name = text
		case "class":
			e.Class = text
		case "parent":
			e.Parent = text
		case "area":
			e.Area = text
		}
	}
	old, ok, err := tx.s.entity(tx.ctx, tx.w, tx.Book, e.Type, e.ID)
	if err != nil {
		return err
	}
	switch {
	case revision && !ok:
		return fault.New(fault.NotFound, "revise.unknown", "%s %q is not recorded in book %s, so it cannot be revised", e.Type, e.ID, tx.Book).For(k.idField()).
			Mend("Record it as new, or correct the code.")
	case revision:
		if err := tx.checkRevision(old); err != nil {
			return err
		}
	case !ok && tx.Corrects > 0:
		return fault.New(fault.Invalid, "define.other", "entry %s:%d does not define %s %q", tx.Book, tx.Corrects, e.Type, e.ID).For(k.idField()).
			Mend("A code stays as it is: correct the rest, or record a new %s.", e.Type)
	case ok && tx.Corrects != old.Seq:
		return fault.New(fault.Conflict, "define.again", "%s %q is recorded already as entry %s:%d", e.Type, e.ID, old.Book, old.Seq).For(k.idField()).
			Mend("Use another code, or say that this corrects entry %d.", old.Seq)
	}
	e.Status = old.Status
	key := entityKey{tx.Book, e.Type, e.ID}
	own := reflect.New(k.typ) // the caller may use theirs again
	own.Elem().Set(v)
	tx.s.define(key, own.Interface())
	tx.s.undo = append(tx.s.undo, func() { delete(tx.s.defined, key) })
	return tx.Put(e)
}

// checkRevision refuses a revision dated before what it replaces. The older entry stays and says what held until then.
func (tx *Tx) checkRevision(old entity.Entity) error {
	e, ok, err := tx.entry(old.Seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, old.Seq)
	}
	if e.On > tx.On {
		return fault.New(fault.Conflict, "revise.early", "%s %q was revised as of %s already", old.Type, old.ID, e.On).For("on").
			Mend("Use %s or a later date, or correct entry %d.", e.On, old.Seq)
	}
	return nil
}

func (k *Kind) idField() string {
	for i := range k.Fields {
		if k.Fields[i].EntityPart == "id" {
			return k.Fields[i].Name
		}
	}
	return ""
}

// May tells whether a person holds one of the roles for the fact's area on its day.
func (tx *Tx) May(person string, roles ...string) (bool, error) {
	return tx.may(person, roles, tx.Area)
}

func (tx *Tx) may(person string, roles []string, area string) (bool, error) {
	if tx.wr.r.authority == nil {
		return false, nil
	}
	return tx.wr.r.authority.May(tx, person, roles, area, tx.On)
}

// approvers is how many people must approve an amount of a kind: by the rule in force, else as the kind says; 0 when it needs none.
func (tx *Tx) approvers(k *Kind, amount int64) (int, error) {
	if k.Approval == nil {
		return 0, nil
	}
	if a := tx.wr.r.authority; a != nil {
		if n, ok, err := a.Approvers(tx, k.Name, amount, tx.On); ok || err != nil {
			return n, err
		}
	}
	return k.Approval.Need(amount), nil
}

// checkPeople makes sure that the actor may record the fact, and that enough others who may have approved it, unless nobody has yet. need
// is how many must.
func (tx *Tx) checkPeople(p *prepared, d *Draft) (need int, err error) {
	k := p.kind
	if err := tx.checkActor(k, tx.Area); err != nil {
		return 0, err
	}
	if need, err = tx.need(p, d); err != nil || need == 0 || len(d.Approvers) == 0 {
		return need, err
	}
	if len(d.Approvers) < need {
		return 0, fault.New(fault.Forbidden, "approval.few", "a %s of this amount needs %d approvers, %d are named", k.Name, need, len(d.Approvers)).For("approvers").
			Mend("Ask another person with role %s.", k.Approval.Role)
	}
	for i, a := range d.Approvers {
		if a == d.Actor || slices.Contains(d.Approvers[:i], a) {
			return 0, fault.New(fault.Forbidden, "approval.self", "%s cannot approve what they prepared or approved already", a).For("approvers").
				Mend("Ask another person with role %s.", k.Approval.Role)
		}
		ok, err := tx.May(a, k.Approval.Role)
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, fault.New(fault.Forbidden, "approval.role", "%s may not approve a %s here on %s", a, k.Name, d.On).For("approvers").
				Mend("Ask a person with role %s.", k.Approval.Role)
		}
	}
	return need, nil
}

// checkActor makes sure that the actor holds a role that may record facts of a kind in an area.
func (tx *Tx) checkActor(k *Kind, area string) error {
	if tx.Actor == Operator || len(k.By) == 0 {
		return nil
	}
	ok, err := tx.may(tx.Actor, k.By, area)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "role.missing", "%s may not record a %s here on %s", tx.Actor, k.Name, tx.On).For("actor").
			Mend("It takes one of these roles for the area: %s.", strings.Join(k.By, ", "))
	}
	return err
}

// need is how many others must approve a fact. To take back an entry takes as many as to record it.
func (tx *Tx) need(p *prepared, d *Draft) (int, error) {
	need, err := tx.approvers(p.kind, p.amount)
	seq := takesBack(d)
	if err != nil || need == 0 || seq == 0 {
		return need, err
	}
	e, ok, err := tx.wr.find(tx.ctx, tx.Book, seq)
	if err != nil || !ok {
		return need, err // Reverse says that there is no such entry
	}
	f, err := DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		return 0, err
	}
	k := Find(e.Kind)
	before, err := tx.approvers(k, k.amount(f))
	return max(need, before), err
}

// checkBook makes sure that the fact is recorded in the book that it belongs to: that of the county where the area that it names lies, or
// that which knows the thing that it names. A correction stays in the book of what it corrects.
func (tx *Tx) checkBook(f Fact) error {
	k := tx.kind
	if k.Book == "" || k.Book == entity.Headquarters || tx.Corrects > 0 {
		return nil
	}
	field := k.Field(k.Book)
	id := reflect.ValueOf(f).Elem().Field(field.index).String()
	if id == "" {
		return nil
	}
	if field.Ref != "area" {
		_, ok, err := tx.s.entity(tx.ctx, tx.w, tx.Book, field.Ref, id)
		if err == nil && !ok && tx.Book != k.BookElse {
			err = fault.New(fault.Invalid, "book.other", "%s %q is not recorded in book %s", field.Ref, id, tx.Book).For(field.Name).Mend("Record the %s in the book of the %s.", k.Name, field.Ref)
		}
		return err
	}
	if tx.Book != entity.Headquarters {
		_, err := tx.s.areasBelow(tx.ctx, tx.w, tx.Book, id)
		return err
	}
	above, err := tx.s.areasBelow(tx.ctx, tx.w, entity.Headquarters, id)
	if err != nil {
		return err
	}
	for _, a := range above {
		_, designated, err := tx.s.entity(tx.ctx, tx.w, entity.Headquarters, "book", a)
		if err != nil {
			return err
		}
		if designated {
			return fault.New(fault.Invalid, "book.county", "area %s lies in county %s, which has a book of its own", id, a).For(field.Name).Mend("Record it in book %s.", a)
		}
	}
	return nil
}
