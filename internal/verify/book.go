package verify

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"lastmile/internal/fact"
)

// gradeTraced is the best grade of an entry.
const gradeTraced = 2

// book is the check of one book.
type book struct {
	*verifier
	name string

	// What the book's tables say, read before the entries.
	proved   map[int64]int64 // entry to the one that proved it
	accounts map[string]*account

	// The chain as far as it was followed.
	last       int64    // seq of the entry at hand
	previous   [32]byte // hash it must build on, as its table has it
	recomputed [32]byte // and as its content gives it
	linked     bool     // whether previous is known: false after a gap
	recordedAt int64
	broken     bool // some entry differs, so sums that differ may follow from it

	keys     map[uint64]int64 // hash of an idempotency key to its entry
	seed     maphash.Seed
	notes    notes                // of the entries before
	note     note                 // of the entry at hand
	reversal map[int64]int64      // entry to the one that takes it back
	proof    map[int64]int64      // entry to the one of kind proof that names it
	provers  map[int64]bool       // entries of kind proof
	erased   map[int64]bool       // entries whose personal data was erased
	named    map[[2]string]naming // by type and id
	naming   map[int64][2]string  // what an entry names

	sums

	arrived          uint64 // sum of the hashes of what arrived at inside accounts
	lines            lines  // of the entry at hand
	effects, scratch []byte
}

// note is what is remembered of every entry.
type note struct {
	mirror uint64 // hash of what taking it back looks like; 0 when it moved and counted nothing
	grade  int8
	kept   kept
}

// notes by seq. Those after a gap, which only a store that was tampered with has, are kept in a map.
type notes struct {
	dense  []note
	sparse map[int64]note
}

func (n *notes) set(seq int64, v note) {
	if seq == int64(len(n.dense))+1 {
		n.dense = append(n.dense, v)
		return
	}
	if n.sparse == nil {
		n.sparse = map[int64]note{}
	}
	n.sparse[seq] = v
}

func (n *notes) get(seq int64) note {
	if seq >= 1 && seq <= int64(len(n.dense)) {
		return n.dense[seq-1]
	}
	return n.sparse[seq]
}

// kept is what became of an entry's personal data.
type kept uint8

const (
	keptNone    kept = iota // it has none
	keptThere               // it is there
	keptMissing             // it is not there
)

// lines are hashes of an entry's postings and observations: of its own as they would look when taken back, and of those that take others
// back as they are.
type lines struct {
	moved, counted []uint64
	back           uint64
}

// mirror is the hash of the entry taken back: postings in the opposite order, then observations in the same.
func (l *lines) mirror() uint64 {
	h := uint64(0)
	for _, v := range slices.Backward(l.moved) {
		h = mix(h, v)
	}
	for _, v := range l.counted {
		h = mix(h, v)
	}
	return h
}

func (l *lines) reset() { l.moved, l.counted, l.back = l.moved[:0], l.counted[:0], 0 }

// naming is what the last entry that names a thing says.
type naming struct {
	seq                       int64
	name, class, parent, area string
}

func newBook(v *verifier, name string) *book {
	return &book{verifier: v, name: name, linked: true, keys: map[uint64]int64{}, seed: maphash.MakeSeed(), reversal: map[int64]int64{}, proof: map[int64]int64{}, provers: map[int64]bool{}, erased: map[int64]bool{}, named: map[[2]string]naming{}, naming: map[int64][2]string{}, sums: newSums()}
}

func (b *book) differ(table string, seq, line int64, remedy, wrong string, args ...any) {
	b.report.add(Difference{Table: table, Book: b.name, Seq: seq, Line: line, Wrong: fmt.Sprintf(wrong, args...), Remedy: remedy})
}

func (b *book) verify(ctx context.Context) error {
	if err := b.readProofs(ctx); err != nil {
		return err
	}
	if err := b.readAccounts(ctx); err != nil {
		return err
	}
	if err := b.follow(ctx); err != nil {
		return err
	}
	if err := b.checkPointers(ctx); err != nil {
		return err
	}
	if err := b.checkSums(ctx); err != nil {
		return err
	}
	return b.checkNames(ctx)
}

func (b *book) readProofs(ctx context.Context) error {
	b.proved = map[int64]int64{}
	return eachRow(ctx, b.reader(), func(scan func(...any) error) error {
		var seq, by int64
		if err := scan(&seq, &by); err != nil {
			return err
		}
		b.proved[seq] = by
		return nil
	}, "SELECT seq, proved_by FROM proof WHERE book = $1", b.name)
}

// follow walks along the chain with everything that belongs to its entries.
func (b *book) follow(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	entries := openEntries(ctx, b.readers[entryStream], b.name)
	private := openPrivate(ctx, b.readers[privateStream], b.name)
	postings := openPostings(ctx, b.readers[postingStream], b.name)
	observations := openObservations(ctx, b.readers[observationStream], b.name)
	defer func() {
		cancel()
		entries.stop()
		private.stop()
		postings.stop()
		observations.stop()
		if err == nil {
			err = errors.Join(entries.err, private.err, postings.err, observations.err)
		}
	}()
	for e := entries.peek(); e != nil; e = entries.peek() {
		b.begin(e)
		for p := private.peek(); p != nil && p.seq <= e.seq; p = private.peek() {
			b.personal(e, p)
			private.skip()
		}
		b.effects = b.effects[:0]
		line := int64(0)
		for p := postings.peek(); p != nil && p.seq <= e.seq; p = postings.peek() {
			if p.seq < e.seq {
				b.orphan("posting", p.seq, p.line)
			} else {
				line++
				b.posting(e, p, line)
			}
			postings.skip()
		}
		nPostings := line
		line = 0
		for o := observations.peek(); o != nil && o.seq <= e.seq; o = observations.peek() {
			if o.seq < e.seq {
				b.orphan("observation", o.seq, o.line)
			} else {
				line++
				b.observation(e, o, line)
			}
			observations.skip()
		}
		b.seal(e, nPostings, line)
		entries.skip()
		if b.report.Entries%progressRows == 0 {
			b.progress(Progress{"entries", b.name, b.report.Entries, b.total})
		}
	}
	for p := private.peek(); p != nil; p = private.peek() {
		b.orphan("private", p.seq, 0)
		private.skip()
	}
	for p := postings.peek(); p != nil; p = postings.peek() {
		b.orphan("posting", p.seq, p.line)
		postings.skip()
	}
	for o := observations.peek(); o != nil; o = observations.peek() {
		b.orphan("observation", o.seq, o.line)
		observations.skip()
	}
	b.progress(Progress{"entries", b.name, b.report.Entries, b.total})
	return nil
}

// progressRows is how often, in entries, progress is told.
const progressRows = 10_000

func (b *book) orphan(table string, seq, line int64) {
	b.broken = true
	b.differ(table, seq, line, restore, "This row belongs to no entry: somebody added it, or removed the entry.")
}

// begin checks what an entry says by itself.
func (b *book) begin(e *entryRow) {
	b.report.Entries++
	if e.seq != b.last+1 {
		b.broken = true
		if e.seq == b.last+2 {
			b.differ("entry", b.last+1, 0, restore, "The entry is missing.")
		} else {
			b.differ("entry", b.last+1, 0, restore, "The entries from %d to %d are missing.", b.last+1, e.seq-1)
		}
		b.linked = false
	}
	b.last = e.seq
	b.note = note{grade: int8(e.grade)}
	if !e.noCommitment {
		b.note.kept = keptMissing // until it is found
	}
	key := maphash.String(b.seed, e.key)
	if first, taken := b.keys[key]; taken {
		b.differ("entry", e.seq, 0, report, "Its key %q is the key of entry %d too.", e.key, first)
	}
	b.keys[key] = e.seq
	if e.recordedAt < b.recordedAt {
		b.differ("entry", e.seq, 0, report, "It was recorded before the entry that it follows.")
	}
	b.recordedAt = e.recordedAt
	if e.approvers != "" {
		b.approvers(e)
	}
	if e.reverses != 0 {
		b.reverses(e)
	}
	if e.evidence != "" {
		for _, hash := range strings.Fields(e.evidence) {
			if _, known := b.evidence[hash]; !known {
				b.evidence[strings.Clone(hash)] = place{b.name, e.seq}
			}
		}
	}
	b.readBody(e)
}

func (b *book) approvers(e *entryRow) {
	names := strings.Fields(e.approvers)
	for i, name := range names {
		if name == e.actor {
			b.differ("entry", e.seq, 0, report, "%s recorded it and approved it as well.", name)
		}
		if slices.Contains(names[:i], name) {
			b.differ("entry", e.seq, 0, report, "%s approved it twice.", name)
		}
	}
}

func (b *book) reverses(e *entryRow) {
	switch first, taken := b.reversal[e.reverses]; {
	case e.reverses < 0 || e.reverses >= e.seq:
		b.differ("entry", e.seq, 0, report, "It takes back entry %d, which does not come before it.", e.reverses)
	case taken:
		b.differ("entry", e.seq, 0, report, "It takes back entry %d, which entry %d took back already.", e.reverses, first)
	default:
		b.reversal[e.reverses] = e.seq
	}
}

// readBody looks into the entries that other tables follow from.
func (b *book) readBody(e *entryRow) {
	switch e.kind {
	case "proof", "erasure":
		var body struct{ Entry int64 }
		if json.Unmarshal([]byte(e.body), &body) != nil {
			return // the chain tells
		}
		if e.kind == "erasure" {
			b.erased[body.Entry] = true
		} else {
			b.proof[body.Entry] = e.seq
			b.provers[e.seq] = true
		}
	default:
		if k := fact.Find(e.kind); k != nil && k.Defines != "" {
			b.names(e, k)
		}
	}
}

// personal checks a private body against the commitment.
func (b *book) personal(e *entryRow, p *privateRow) {
	switch {
	case p.seq < e.seq:
		b.orphan("private", p.seq, 0)
	case e.noCommitment:
		b.differ("private", e.seq, 0, restore, "The entry has no personal data, but here is some.")
	default:
		sum := p.commitment(b.scratch[:0])
		if string(sum[:]) != string(e.commitment) {
			b.differ("private", e.seq, 0, restore, "The personal data is not what the entry commits to: its body or its salt was changed.")
		}
		b.note.kept = keptThere
	}
}

// seal checks the hash of an entry when its postings and observations have been gone through.
func (b *book) seal(e *entryRow, postings, observations int64) {
	if e.reverses == 0 && b.lines.back != 0 {
		b.differ("entry", e.seq, 0, report, "It has postings or observations that take something back, but names no entry that it takes back.")
	} else if e.reverses != 0 && b.lines.back != b.notes.get(e.reverses).mirror {
		b.differ("entry", e.seq, 0, report, "It takes back entry %d, but its postings and observations are not that entry's turned round.", e.reverses)
	}
	b.note.mirror = b.lines.mirror()
	b.notes.set(e.seq, b.note)
	b.lines.reset()

	if e.odd {
		b.broken = true
		b.differ("entry", e.seq, 0, restore, "Its hash or its commitment is not 32 bytes long.")
	}
	var hash [32]byte
	copy(hash[:], e.hash)
	b.scratch = e.canonical(b.scratch[:0], b.previous, b.name, b.effects)
	sum := sha256.Sum256(b.scratch)
	if sum != hash && b.previous != b.recomputed { // the entry before was changed: perhaps only its hash
		copy(b.scratch[len("lastmile/entry/1"):], b.recomputed[:])
		if again := sha256.Sum256(b.scratch); again == hash {
			sum = again
		}
	}
	if sum != hash && b.linked {
		b.broken = true
		b.differ("entry", e.seq, 0, restore, "The %s of %s was changed, or one of its %d postings and %d observations: they give the hash %s, recorded was %s.",
			e.kind, e.on, postings, observations, hex.EncodeToString(sum[:8]), hex.EncodeToString(hash[:min(8, len(e.hash))]))
	}
	b.previous, b.recomputed, b.linked = hash, sum, true
}

// checkPointers compares the tables that say which entry another one concerns.
func (b *book) checkPointers(ctx context.Context) error {
	if err := b.eraseTwins(ctx); err != nil {
		return err
	}
	b.checkPersonal()
	if err := b.checkHead(ctx); err != nil {
		return err
	}
	if err := b.checkReversals(ctx); err != nil {
		return err
	}
	b.checkProofs()
	return nil
}

// eraseTwins counts as erased, beside each entry that an erasure names, the proposal it came from or what came of the proposal: both
// hold the same personal data, and the proposal's key is "p-" and the key of what it proposed.
func (b *book) eraseTwins(ctx context.Context) error {
	for _, seq := range slices.Collect(maps.Keys(b.erased)) {
		var key, kind string
		err := b.reader().QueryRow(ctx, "SELECT key, kind FROM entry WHERE book = $1 AND seq = $2", b.name, seq).Scan(&key, &kind)
		if errors.Is(err, sql.ErrNoRows) {
			continue // the erasure itself is told elsewhere
		}
		if err != nil {
			return err
		}
		twin := "p-" + key
		if kind == "proposal" {
			twin = strings.TrimPrefix(key, "p-")
		}
		err = b.reader().QueryRow(ctx, "SELECT seq FROM entry WHERE book = $1 AND key = $2", b.name, twin).Scan(&seq)
		if err == nil {
			b.erased[seq] = true
		} else if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// checkPersonal compares what personal data is there with the erasures.
func (b *book) checkPersonal() {
	check := func(seq int64, n note) {
		switch {
		case n.kept == keptMissing && !b.erased[seq]:
			b.differ("private", seq, 0, restore, "The personal data that the entry commits to is gone, and no erasure names it.")
		case n.kept == keptThere && b.erased[seq]:
			b.differ("private", seq, 0, "Delete the row, and find out who put it back.", "The personal data was erased on request and is there again.")
		}
	}
	for i, n := range b.notes.dense {
		check(int64(i)+1, n)
	}
	for seq, n := range b.notes.sparse {
		check(seq, n)
	}
}

func (b *book) checkHead(ctx context.Context) error {
	found := false
	err := eachRow(ctx, b.reader(), func(scan func(...any) error) error {
		var seq int64
		var hash []byte
		if err := scan(&seq, &hash); err != nil {
			return err
		}
		found = true
		switch {
		case seq > b.last:
			b.differ("head", seq, 0, restore, "The book ends at entry %d, the last one there is %d: entries were removed.", seq, b.last)
		case seq < b.last:
			b.differ("head", seq, 0, restore, "The book ends at entry %d, but entries up to %d are there: they were added by something else than lastmile.", seq, b.last)
		case string(hash) != string(b.previous[:]):
			b.differ("head", seq, 0, restore, "The hash at the end of the book is not that of its last entry.")
		}
		return nil
	}, "SELECT seq, hash FROM head WHERE book = $1", b.name)
	if err == nil && !found && b.last > 0 {
		b.differ("head", b.last, 0, restore, "The end of the book is not recorded.")
	}
	return err
}

func (b *book) checkReversals(ctx context.Context) error {
	want := b.reversal
	err := eachRow(ctx, b.reader(), func(scan func(...any) error) error {
		var seq, by int64
		if err := scan(&seq, &by); err != nil {
			return err
		}
		switch w, ok := want[seq]; {
		case !ok:
			b.differ("reversal", seq, 0, rebuild, "It says that entry %d takes this one back, but that entry does not.", by)
		case w != by:
			b.differ("reversal", seq, 0, rebuild, "It says that entry %d takes this one back, but entry %d does.", by, w)
		}
		delete(want, seq)
		return nil
	}, "SELECT seq, reversed_by FROM reversal WHERE book = $1", b.name)
	for seq, by := range want {
		b.differ("reversal", seq, 0, rebuild, "It is not there, but entry %d takes this one back.", by)
	}
	return err
}

// checkProofs compares the proof table with the entries of kind proof. Facts of other kinds may prove an entry too; of those only the
// order can be told.
func (b *book) checkProofs() {
	for seq, by := range b.proved {
		switch want, ok := b.proof[seq]; {
		case ok && want != by:
			b.differ("proof", seq, 0, rebuild, "It says that entry %d proves this one, but entry %d does.", by, want)
		case seq < 1 || by <= seq || by > b.last:
			b.differ("proof", seq, 0, rebuild, "It says that entry %d proves this one, which cannot be.", by)
		case !ok && b.provers[by]:
			b.differ("proof", seq, 0, rebuild, "It says that entry %d proves this one, but that entry proves another.", by)
		}
	}
	for seq, by := range b.proof {
		if b.proved[seq] == 0 {
			b.differ("proof", seq, 0, rebuild, "It is not there, but entry %d proves this one.", by)
		}
	}
}

// mix folds a value into a hash of lines in order. Lines are few and the values are hashes themselves.
func mix(h, v uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15
	return (h^v)*odd + h>>29
}

// lineHash hashes what a posting or observation and its mirror have in common.
func (b *book) lineHash(n int64, texts ...string) uint64 {
	buf := number(b.scratch[:0], n)
	for _, t := range texts {
		buf = text(buf, t)
	}
	b.scratch = buf
	return maphash.Bytes(b.seed, buf)
}
