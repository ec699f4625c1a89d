package verify

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"lastmile/internal/figure"
)

// outsideClasses of accounts belong to the world outside the programme and may be below nothing. The class is what stands before the
// first colon of an account's id.
var outsideClasses = []string{"donor", "supply", "nature", "recipient", "loss", "transit", "plan", "lender", "borrower", "herd-young", "buyer"}

// endClasses are where value has arrived for good: with a receiver or a village, or lost. From one of them to another it does not arrive
// again.
var endClasses = []string{"recipient", "loss", "herd", "herd-contract", "herd-young", "buyer", "collective", "allotted"}

// account as its row says, and what its postings need to know.
type account struct {
	id                                  uint32 // in texts
	class, owner, holder, project, area string
	outside, end, pool                  bool
	used                                bool
}

// sums are what the postings and observations of a book add up to so far.
type sums struct {
	texts  texts
	ranked map[string]truth // of each measure declared
	below  map[string][]uint32

	balances map[balanceKey]*balance
	totals   map[totalKey]totalSum
	subjects map[subjectKey]int64

	flow flowCache
}

type balanceKey struct{ account, commodity, fund uint32 }

// balance is what an account has of one fund.
type balance struct {
	outside bool
	amount  int64
}

type totalKey struct{ measure, area, month, project, fund, receiver uint32 }

// totalSum is what was moved or counted, in how many rows, how many of them traced, how much of it reached somebody outside (below 0: came
// back), and how much of that is not traced.
type totalSum struct{ value, n, traced, ended, untraced int64 }

type subjectKey struct{ measure, subject uint32 }

func newSums() sums {
	s := sums{
		texts: newTexts(), ranked: map[string]truth{}, below: map[string][]uint32{},
		balances: map[balanceKey]*balance{}, totals: map[totalKey]totalSum{}, subjects: map[subjectKey]int64{},
	}
	for _, m := range figure.Measures() {
		s.ranked[m.ID] = truthOf(m.Ranked)
	}
	return s
}

// texts gives every text of a book a number, so that keys are small.
type texts struct {
	numbers map[string]uint32
	list    []string
}

func newTexts() texts { return texts{numbers: map[string]uint32{"": 0}, list: []string{""}} }

func (t *texts) number(s string) uint32 {
	if n, ok := t.numbers[s]; ok {
		return n
	}
	n := uint32(len(t.list))
	t.numbers[s] = n
	t.list = append(t.list, s)
	return n
}

// flowCache remembers the measure that flows of commodities are counted under.
type flowCache map[[2]string]uint32

func month(on string) string { return on[:min(7, len(on))] }

func (b *book) readAccounts(ctx context.Context) error {
	b.accounts, b.flow = map[string]*account{}, flowCache{}
	return eachRow(ctx, b.reader(), func(scan func(...any) error) error {
		var id string
		a := &account{}
		if err := scan(&id, &a.class, &a.owner, &a.holder, &a.project, &a.area); err != nil {
			return err
		}
		b.accounts[id] = b.newAccount(a, id)
		return nil
	}, "SELECT id, class, owner, holder, project, area FROM account WHERE book = $1", b.name)
}

func (b *book) newAccount(a *account, id string) *account {
	class, _, _ := strings.Cut(id, ":")
	a.id = b.texts.number(id)
	a.outside, a.end, a.pool = slices.Contains(outsideClasses, class), slices.Contains(endClasses, class), class == "pool"
	return a
}

// account that a posting names. One that has no row is reported once and then taken as it would have been.
func (b *book) account(p *postingRow, id string) *account {
	a := b.accounts[id]
	if a == nil {
		b.differKey("account", []string{id}, "The row is not there, but line %d of entry %d names it.", p.line, p.seq)
		a = b.newAccount(&account{}, id)
		b.accounts[id] = a
	}
	a.used = true
	return a
}

// tracedThen tells whether a row was traced when it was recorded: by its entry's grade, or when it takes another back, if the entry taken
// back was traced or proved by then.
func (b *book) tracedThen(e *entryRow, sign int64) bool {
	if sign < 0 {
		by := b.proved[e.reverses]
		return b.notes.get(e.reverses).grade == gradeTraced || by > 0 && by < e.seq
	}
	return e.grade == gradeTraced
}

// tracedNow tells whether it is traced now: a later proof of an entry proves what is its own.
func (b *book) tracedNow(e *entryRow, sign int64) bool {
	return b.tracedThen(e, sign) || sign > 0 && b.proved[e.seq] > 0
}

// posting checks one posting and adds it to everything it counts in.
func (b *book) posting(e *entryRow, p *postingRow, line int64) {
	b.report.Postings++
	b.effects = p.canonical(b.effects)
	b.checkRow("posting", e, line, p.line, p.sign, p.traced, p.on)
	if p.amount <= 0 {
		b.differ("posting", p.seq, p.line, restore, "Its amount is %d, not above 0.", p.amount)
	}
	if p.from == p.to {
		b.differ("posting", p.seq, p.line, restore, "It goes from the account %s to the same account.", p.from)
	}
	if p.sign < 0 {
		b.lines.back = mix(b.lines.back, b.lineHash(p.amount, p.flow, p.from, p.to, p.commodity, p.fund, p.project, p.area))
	} else {
		b.lines.moved = append(b.lines.moved, b.lineHash(p.amount, p.flow, p.to, p.from, p.commodity, p.fund, p.project, p.area))
	}
	from, to := b.account(p, p.from), b.account(p, p.to)
	commodity, fund := b.texts.number(p.commodity), b.texts.number(p.fund)
	b.take(p, from, balanceKey{from.id, commodity, fund})
	b.put(p, to, balanceKey{to.id, commodity, fund})
	measure, ok := b.flow[[2]string{p.flow, p.commodity}]
	if !ok {
		measure = b.texts.number(p.flow + ":" + p.commodity)
		b.flow[[2]string{p.flow, p.commodity}] = measure
	}
	key := totalKey{measure: measure, month: b.texts.number(month(p.on)), project: b.texts.number(p.project), fund: fund}
	by := totalSum{value: p.amount * p.sign, n: p.sign}
	switch {
	case to.end == from.end || from.pool || to.pool: // it stayed inside, or had arrived before; what a receiver puts into a pool was counted when it was paid
	case to.end:
		key.receiver, by.ended = b.receiver(to), p.amount
	case from.end:
		key.receiver, by.ended = b.receiver(from), -p.amount
	}
	b.count("posting", p.seq, p.line, p.area, key, by, b.tracedNow(e, p.sign))
}

// receiver is the kind of party that an end account belongs to; what is lost has a kind of its own.
func (b *book) receiver(a *account) uint32 {
	switch {
	case strings.HasPrefix(b.texts.list[a.id], "loss:"):
		return b.texts.number("loss")
	case a.holder == "":
		return b.texts.number("other")
	}
	return b.texts.number(a.holder)
}

func (b *book) take(p *postingRow, a *account, key balanceKey) {
	s := b.balance(a, key)
	s.amount -= p.amount
	if !a.outside && s.amount < 0 && s.amount+p.amount >= 0 {
		b.differ("posting", p.seq, p.line, report, "It takes more out of %s than was there: %d of %s of fund %s are left.", p.from, s.amount, p.commodity, p.fund)
	}
}

func (b *book) put(p *postingRow, a *account, key balanceKey) {
	b.balance(a, key).amount += p.amount
	if !a.outside {
		b.arrived += b.arrivalHash(p.to, p.commodity, p.fund, p.seq, p.line, p.amount)
	}
}

// arrivalHash hashes a row of the table of arrivals.
func (b *book) arrivalHash(account, commodity, fund string, seq, line, amount int64) uint64 {
	buf := number(number(number(b.scratch[:0], seq), line), amount)
	b.scratch = text(text(text(buf, account), commodity), fund)
	return maphash.Bytes(b.seed, b.scratch)
}

func (b *book) balance(a *account, key balanceKey) *balance {
	s := b.balances[key]
	if s == nil {
		s = &balance{outside: a.outside}
		b.balances[key] = s
	}
	return s
}

// observation checks one observation and adds it to everything it counts in.
func (b *book) observation(e *entryRow, o *observationRow, line int64) {
	b.report.Observations++
	b.effects = o.canonical(b.effects)
	b.checkRow("observation", e, line, o.line, o.sign, o.traced, o.on)
	if want, declared := b.ranked[o.measure]; !declared {
		b.differ("observation", o.seq, o.line, "Check it with the release of lastmile that recorded it.", "This program does not know the measure %q.", o.measure)
	} else if want != o.ranked {
		b.differ("observation", o.seq, o.line, restore, "It says of the measure %s that it is ranked, or is not, contrary to its declaration.", o.measure)
	}
	h := b.lineHash(o.value, o.measure, o.subject, o.project, o.area)
	if o.sign < 0 {
		b.lines.back = mix(b.lines.back, h)
	} else {
		b.lines.counted = append(b.lines.counted, h)
	}
	measure := b.texts.number(o.measure)
	key := totalKey{measure: measure, month: b.texts.number(month(o.on)), project: b.texts.number(o.project)}
	b.count("observation", o.seq, o.line, o.area, key, totalSum{value: o.value * o.sign, n: o.sign}, b.tracedNow(e, o.sign))
	if o.subject != "" {
		b.subjects[subjectKey{measure, b.texts.number(o.subject)}] += o.sign
	}
}

// checkRow checks what postings and observations have in common with their entry.
func (b *book) checkRow(table string, e *entryRow, want, line, sign int64, traced truth, on string) {
	if line != want {
		b.differ(table, e.seq, line, restore, "Line %d of the entry was expected here.", want)
	}
	if on != e.on {
		b.differ(table, e.seq, line, restore, "It is dated %s, its entry %s.", on, e.on)
	}
	if sign != 1 && sign != -1 {
		b.differ(table, e.seq, line, restore, "Its sign is %d, neither 1 nor -1.", sign)
	}
	if want := truthOf(b.tracedThen(e, sign)); traced != want {
		b.differ(table, e.seq, line, restore, "Its column traced is %s, the grade of its entry makes it %s.", traced, want)
	}
}

// count adds to the total of the whole book and of every area from the one recorded up to below the book's own.
func (b *book) count(table string, seq, line int64, area string, key totalKey, by totalSum, traced bool) {
	if traced {
		by.traced = by.n
	} else {
		by.untraced = by.ended
	}
	b.addTotal(key, by)
	areas, ok := b.below[area]
	if !ok {
		var wrong string
		if areas, wrong = b.areasBelow(area); wrong != "" {
			b.differ(table, seq, line, restore, "%s", wrong)
		}
		b.below[area] = areas
	}
	for _, key.area = range areas {
		b.addTotal(key, by)
	}
}

// addTotal adds to the sum of a month and to the one over all months, whose month is "".
func (b *book) addTotal(key totalKey, by totalSum) {
	for _, key.month = range [...]uint32{key.month, b.texts.number("")} {
		sum := b.totals[key]
		b.totals[key] = totalSum{sum.value + by.value, sum.n + by.n, sum.traced + by.traced, sum.ended + by.ended, sum.untraced + by.untraced}
	}
}

// areasBelow lists an area and those above it that lie in the book's own area.
func (b *book) areasBelow(area string) (list []uint32, wrong string) {
	const depthMax = 12
	root, known := b.roots[b.name]
	if !known {
		return nil, "There is no county with this book."
	}
	for at := area; at != root && at != ""; at = b.parents[at] {
		if _, known := b.parents[at]; !known || len(list) == depthMax {
			return list, "It names the area " + area + ", which does not lie in the area of the book."
		}
		list = append(list, b.texts.number(at))
		if b.parents[at] == "" && root != "" {
			return list, "It names the area " + area + ", which does not lie in the area of the book."
		}
	}
	return list, ""
}
