package fact_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/database"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/fault"
	"lastmile/internal/goods"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
	"lastmile/internal/testenv"
)

var (
	wushan  = facttest.Counties[0]
	approve = []string{facttest.Approver, facttest.Approver2}
)

// by prepares a fact by the officer with both approvers, in the book of the first county.
func by(f fact.Fact) fact.Draft {
	return fact.Draft{Fact: f, Book: wushan, On: facttest.Day, Actor: facttest.Officer, Approvers: approve, Source: "test"}
}

// interview has a key of its own: a key made from the content would not tell persons apart.
func interview(household string, points int64, name string) fact.Draft {
	d := by(&facttest.Interview{Household: household, Points: points, Name: name})
	d.Key = strings.ReplaceAll(fmt.Sprintf("%s-%d-%s", household, points, name), " ", "-")
	return d
}

func pay(amount fact.Money, voucher string) fact.Draft {
	return by(&project.Disbursement{Project: "W-house", To: "W-li", Amount: amount, Voucher: voucher, Purpose: "roof"})
}

// populated opens a new store with the programme of facttest in it.
func populated(t *testing.T, url string) *store.Store {
	t.Helper()
	s := facttest.Open(t, url)
	facttest.Populate(t, s)
	return s
}

// refused records drafts together and wants them refused with a fault of a code, which says how to put it right, and no trace of them.
func refused(t *testing.T, s *store.Store, code string, drafts ...fact.Draft) *fault.Error {
	t.Helper()
	before := facttest.Dump(t, s)
	_, err := s.Recorder.Record(t.Context(), drafts...)
	list := fault.All(err)
	if len(list) == 0 || list[0].Code != code {
		t.Errorf("%T: got %v, want %s", drafts[0].Fact, err, code)
		return &fault.Error{}
	}
	if list[0].Fix == "" {
		t.Errorf("%v: does not say how to put it right", err)
	}
	if after := facttest.Dump(t, s); after != before {
		t.Errorf("%v: what was refused left a trace:\n%s", err, difference(before, after))
	}
	return list[0]
}

func difference(before, after string) string {
	old := strings.Split(before, "\n")
	var lines []string
	for _, line := range strings.Split(after, "\n") {
		if !slices.Contains(old, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func held(t *testing.T, s *store.Store, account string) (sum int64) {
	t.Helper()
	list, err := ledger.FindBalances(t.Context(), s.DB, ledger.BalanceFilter{Account: account, Commodity: ledger.Currency})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		sum += b.Amount
	}
	return sum
}

// The same facts come to the same state on both engines, row for row in every table.
func TestSameStateOnBothEngines(t *testing.T) {
	dumps := map[string]string{}
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		rapid.Custom(func(rt *rapid.T) int {
			facttest.Record(rt, s, 200)
			return 0
		}).Example(11)
		facttest.CheckBooks(t, s)
		dumps[t.Name()] = facttest.Dump(t, s)
	})
	if a, b := dumps[t.Name()+"/sqlite"], dumps[t.Name()+"/postgres"]; a != b {
		t.Errorf("only on SQLite:\n%s\nonly on PostgreSQL:\n%s", difference(b, a), difference(a, b))
	}
}

// Many who record at once are all answered, each with an entry of their own, and the chain has no gap.
func TestManyAtOnce(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		start := facttest.Heads(t, s)
		const recorders, facts = 256, 4
		seqs := make(chan int64, recorders*facts)
		var group sync.WaitGroup
		for i := range recorders {
			group.Go(func() {
				for j := range facts {
					d := interview("W-wang", int64(j), fmt.Sprintf("Person %d", i))
					d.Key = fmt.Sprintf("interview-%d-%d", i, j)
					if i%4 == 0 { // money has to be right too
						d = pay(1, d.Key)
					}
					if i%16 == 1 {
						d.Fact.(*facttest.Interview).Household = "nobody"
					}
					receipts, err := s.Recorder.Record(t.Context(), d)
					switch {
					case i%16 == 1 && (fault.All(err) == nil || fault.All(err)[0].Code != "ref.unknown"):
						t.Errorf("an unknown household: %v", err)
					case i%16 == 1:
					case err != nil:
						t.Errorf("record: %v", err)
					default:
						seqs <- receipts[0].Seq
					}
				}
			})
		}
		group.Wait()
		close(seqs)
		seen := map[int64]bool{}
		for seq := range seqs {
			if seen[seq] {
				t.Errorf("entry %d was given twice", seq)
			}
			seen[seq] = true
		}
		want := int64(recorders * facts * 15 / 16)
		end := facttest.Heads(t, s)
		if int64(len(seen)) != want || end[0].Seq != start[0].Seq+want {
			t.Errorf("%d receipts and %d entries, want %d", len(seen), end[0].Seq-start[0].Seq, want)
		}
		if got := held(t, s, "recipient:W-li"); got != recorders*facts/4 {
			t.Errorf("W-li was paid %d fen, want %d", got, recorders*facts/4)
		}
		facttest.CheckBooks(t, s)
	})
}

// One key is one entry, whoever sends it how often, through whatever program; other content under it is a conflict that names both.
func TestOnce(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := populated(t, url)
		stores := []*store.Store{s, facttest.Open(t, url)}
		start := facttest.Heads(t, s)[0].Seq

		seqs := make(chan fact.Receipt, 40)
		var group sync.WaitGroup
		for i := range cap(seqs) {
			group.Go(func() {
				d := pay(100_00, "V-1")
				d.Key = "k-1"
				drafts := []fact.Draft{d}
				if i%3 == 0 {
					drafts = append(drafts, d) // also twice in one go
				}
				receipts, err := stores[i%2].Recorder.Record(t.Context(), drafts...)
				if err != nil {
					t.Errorf("record: %v", err)
					return
				}
				seqs <- receipts[len(receipts)-1]
			})
		}
		group.Wait()
		close(seqs)
		first := 0
		for r := range seqs {
			if r.Seq != start+1 {
				t.Errorf("the key was answered with entry %d, want %d", r.Seq, start+1)
			}
			if !r.Again {
				first++
			}
		}
		if head := facttest.Heads(t, s)[0].Seq; head != start+1 || first > 1 {
			t.Errorf("%d entries were recorded, %d recorders were first", head-start, first)
		}

		other := pay(200_00, "V-1")
		other.Key = "k-1"
		e := refused(t, s, "key.conflict", other)
		for _, word := range []string{"k-1", fmt.Sprintf("%s:%d", wushan, start+1), "disbursement"} {
			if !strings.Contains(e.Message(), word) {
				t.Errorf("the conflict does not name %s: %s", word, e.Message())
			}
		}
		for name, change := range map[string]func(d *fact.Draft){
			"date":       func(d *fact.Draft) { d.On = facttest.Day.AddDays(1) },
			"evidence":   func(d *fact.Draft) { d.Evidence = []string{facttest.PhotoHash(0)} },
			"correction": func(d *fact.Draft) { d.Corrects = start + 1 },
			"kind":       func(d *fact.Draft) { d.Fact = &facttest.Interview{Household: "W-li", Points: 1, Name: "Li"} },
		} {
			d := pay(100_00, "V-1")
			d.Key = "k-1"
			change(&d)
			if e := refused(t, s, "key.conflict", d); e.Code == "" {
				t.Errorf("another %s under the same key", name)
			}
		}

		// The same facts without a key of their own are the same too, alone and when the rules would refuse them a second time.
		for _, d := range []fact.Draft{
			by(&party.Party{ID: "W-new", Name: "New", Kind: "household", Area: facttest.Villages[wushan][0]}),
			by(&project.Status{Project: "W-house", Status: "finished"}),
			pay(10_00, "V-2"),   // which the rules would not refuse, but its key
			pay(9000_00, "V-3"), // most of what is left
		} {
			again := d
			one := facttest.MustRecord(t, s, d)[0]
			time.Sleep(30 * time.Millisecond) // nothing is taken on trust any more
			two := facttest.MustRecord(t, s, again)[0]
			if two.Seq != one.Seq || !two.Again || one.Again {
				t.Errorf("%T: entry %d, and the second time %d (again: %v)", d.Fact, one.Seq, two.Seq, two.Again)
			}
			// What had to be tried twice leaves no gap in time: a build that is taken up ends as one that was not stopped.
			at := func(seq int64) int64 {
				e, ok, err := journal.Get(t.Context(), s.DB, one.Book, seq)
				if err != nil || !ok {
					t.Fatalf("entry %d: %v", seq, err)
				}
				return e.RecordedAt
			}
			next := facttest.MustRecord(t, s, pay(1_00, fmt.Sprint("V-after-", one.Seq)))[0]
			if next.Book == one.Book && at(next.Seq) != at(one.Seq)+1 {
				t.Errorf("%T: the next entry came %d µs later", d.Fact, at(next.Seq)-at(one.Seq))
			}
		}
		facttest.CheckBooks(t, s)
	})
}

// Two programs that write to the same books by turns and at once see what the other has done: balances, names and appointments.
func TestTwoPrograms(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		a := populated(t, url)
		b := facttest.Open(t, url)
		both := []*store.Store{a, b}

		for i := range 6 { // by turns, faster than either looks
			facttest.MustRecord(t, both[i%2], pay(1000_00, fmt.Sprint("V-", i)))
			two := []fact.Draft{interview("W-li", 3, fmt.Sprint("Person ", i)), interview("W-wang", 3, fmt.Sprint("Person ", i))}
			facttest.MustRecord(t, both[i%2], two...)
		}
		facttest.MustRecord(t, a, pay(3000_00, "V-a"))
		refused(t, b, "ledger.short", pay(1500_00, "V-b")) // 1 000.00 of 10 000.00 are left
		facttest.MustRecord(t, b, pay(1000_00, "V-b"))
		refused(t, a, "ledger.short", pay(1, "V-c"))

		// What one names the other may use at once.
		for i := range 6 {
			id := fmt.Sprint("W-", i)
			facttest.MustRecord(t, both[i%2], by(&party.Party{ID: id, Name: id, Kind: "household", Area: facttest.Villages[wushan][0]}))
			facttest.MustRecord(t, both[1-i%2], interview(id, 3, "Person"))
			refused(t, both[1-i%2], "define.again", by(&party.Party{ID: id, Name: "Another", Kind: "household", Area: facttest.Villages[wushan][0]}))
		}

		// A role that one gives holds for the other at once; one that is taken away holds 20 ms longer at most.
		local := interview("W-li", 4, "Person")
		local.Actor = facttest.Local
		refused(t, b, "role.missing", local)
		given := facttest.MustRecord(t, a, fact.Draft{Fact: &access.Appointment{Person: facttest.Local, Role: "county-assistant", Area: wushan}})[0]
		facttest.MustRecord(t, b, local)
		facttest.MustRecord(t, a, fact.Draft{Book: "hq", Actor: facttest.Officer, Approvers: approve, Fact: &fact.Reversal{Entry: given.Seq, Reason: "a mistake"}})
		time.Sleep(25 * time.Millisecond)
		local.Fact.(*facttest.Interview).Name, local.Key = "Another", "another"
		refused(t, b, "role.missing", local)
		facttest.CheckBooks(t, a)
	})
}

// Two programs that record at once into the same books answer everybody, and nobody pays what the other has spent.
func TestTwoProgramsAtOnce(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		a := populated(t, url)
		stores := []*store.Store{a, facttest.Open(t, url)}
		const recorders, facts = 12, 8
		var paid, short int64
		var mu sync.Mutex
		var group sync.WaitGroup
		for i := range recorders {
			group.Go(func() {
				for j := range facts {
					drafts := []fact.Draft{pay(250_00, fmt.Sprintf("V-%d-%d", i, j))}
					if i%3 == 0 {
						drafts = append(drafts, pay(50_00, fmt.Sprintf("W-%d-%d", i, j)))
					}
					if i%5 == 0 {
						drafts = []fact.Draft{{Book: "hq", On: facttest.Day, Actor: fact.Operator, Source: "test",
							Fact: &party.Party{ID: fmt.Sprintf("p-%d-%d", i, j), Name: "A company", Kind: "enterprise"}}}
					}
					_, err := stores[i%2].Recorder.Record(t.Context(), drafts...)
					mu.Lock()
					switch {
					case i%5 == 0 && err == nil:
					case err == nil:
						paid += 250_00
						if len(drafts) > 1 {
							paid += 50_00
						}
					case fault.All(err) != nil && fault.All(err)[0].Code == "ledger.short":
						short++
					default:
						t.Errorf("record: %v", err)
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if got := held(t, a, "recipient:W-li"); got != paid || paid > 10_000_00 || short == 0 {
			t.Errorf("paid %d fen, acknowledged %d, %d were short", got, paid, short)
		}
		if left := held(t, a, "commitment:"+wushan+":W-house"); left != 10_000_00-paid {
			t.Errorf("%d fen are left of 1 000 000, %d were paid", left, paid)
		}
		facttest.CheckBooks(t, a)
	})
}

// Everything that a rule forbids is refused with its reason and leaves no trace, alone and after a good fact in the same commit.
func TestRefusals(t *testing.T) {
	draft := func(change func(d *fact.Draft)) fact.Draft {
		d := pay(1_00, "V-1")
		change(&d)
		return d
	}
	cases := []struct {
		name, code string
		draft      fact.Draft
	}{
		{"no date", "field.required", draft(func(d *fact.Draft) { d.On = "" })},
		{"tomorrow", "date.future", draft(func(d *fact.Draft) { d.On = "2020-06-02" })},
		{"30 February", "field.date", draft(func(d *fact.Draft) { d.On = "2020-02-30" })},
		{"a word for a date", "field.date", draft(func(d *fact.Draft) { d.On = "1 May" })},
		{"a key with a space", "key.form", draft(func(d *fact.Draft) { d.Key = "a b" })},
		{"a long key", "key.form", draft(func(d *fact.Draft) { d.Key = strings.Repeat("k", 101) })},
		{"a key that is no text", "field.encoding", draft(func(d *fact.Draft) { d.Key = "\xff" })},
		{"a source that is no text", "field.encoding", draft(func(d *fact.Draft) { d.Source = "import \x00" })},
		{"a book that is no text", "field.encoding", draft(func(d *fact.Draft) { d.Book = "\xff" })},
		{"nobody", "field.required", draft(func(d *fact.Draft) { d.Actor = "" })},
		{"unknown evidence", "evidence.unknown", draft(func(d *fact.Draft) { d.Evidence = []string{strings.Repeat("0", 64)} })},
		{"evidence outside the store", "evidence.unknown", draft(func(d *fact.Draft) { d.Evidence = []string{"../../etc/passwd"} })},
		{"unknown book", "book.unknown", draft(func(d *fact.Draft) { d.Book = "110000" })},
		{"another county's book", "ref.unknown", draft(func(d *fact.Draft) { d.Book = facttest.Counties[1] })},
		{"headquarters' book", "ref.unknown", draft(func(d *fact.Draft) { d.Book = "hq" })},
		{"a fund in a county's book", "book.wrong", by(&programme.Fund{ID: "f", Name: "F", Sponsor: "szse", Purpose: "x"})},
		{"a village's party at headquarters", "book.county", draft(func(d *fact.Draft) {
			d.Book, d.Fact = "hq", &party.Party{ID: "x", Name: "X", Kind: "household", Area: facttest.Villages[wushan][0]}
		})},
		{"a party in the wrong county", "area.outside", by(&party.Party{ID: "x", Name: "X", Kind: "household", Area: facttest.Villages[facttest.Counties[1]][0]})},

		{"nothing", "field.required", pay(0, "V-1")},
		{"below nothing", "field.min", pay(-1, "V-1")},
		{"too large", "field.large", pay(fact.NumberMax+1, "V-1")},
		{"a voucher too long", "field.length", pay(1, strings.Repeat("票", 61))},
		{"text that is none", "field.encoding", pay(1, "V\xff")},
		{"a zero byte", "field.encoding", pay(1, "V\x00")},
		{"a space before", "field.space", pay(1, " V-1")},
		{"only a space", "field.space", pay(1, " ")},
		{"a choice that is none", "field.choice", by(&project.Status{Project: "W-house", Status: "sleeping"})},
		{"a code that is none", "field.pattern", by(&party.Party{ID: "has space", Name: "X", Kind: "household"})},
		{"a day that is none", "field.date", by(&project.Milestone{Project: "W-house", ID: "m", Name: "M", Due: "2020-13-01"})},
		{"unknown project", "ref.unknown", by(&project.Status{Project: "X", Status: "finished"})},
		{"unknown party", "ref.unknown", by(&project.Disbursement{Project: "W-house", To: "X", Amount: 1, Voucher: "V", Purpose: "x"})},
		{"more than is there", "ledger.short", pay(20_000_00, "V-1")},
		{"a fund for another purpose", "fund.restricted", by(&project.Disbursement{Project: "W-house", To: "W-li", Amount: 1, Voucher: "V", Purpose: "x", Fund: "learning"})},
		{"more than the budget", "budget.short", by(&project.Commitment{Project: "W-house", Amount: 25_000_00, Contract: "C"})},
		{"a refund of more than was paid", "refund.more", by(&project.Refund{Project: "W-house", From: "W-li", Amount: 1, Voucher: "V", Fund: "own", Reason: "x"})},
		{"the same code twice", "define.again", by(&party.Party{ID: "W-li", Name: "Another", Kind: "household"})},
		{"a proposal by hand", "proposal.direct", by(&fact.Proposal{Of: "injection", Key: "k", On: facttest.Day, Body: "{}", Role: "finance", Need: 1, Content: "x"})},

		{"a role for another kind", "role.missing", draft(func(d *fact.Draft) {
			d.Fact = &programme.Programme{ID: "p", Name: "P", Sponsor: "szse"}
			d.Book = "hq"
			d.Actor = facttest.Approver
		})},
		{"a role for another area", "role.missing", draft(func(d *fact.Draft) {
			d.Book, d.Actor = facttest.Counties[1], facttest.Local
			d.Fact = &project.Disbursement{Project: "M-house", To: "M-gul", Amount: 1, Voucher: "V", Purpose: "x"}
		})},
		{"a role for a county, for headquarters", "role.missing", draft(func(d *fact.Draft) {
			d.Book, d.Actor, d.Fact = "hq", facttest.Local, &programme.Injection{Fund: "own", Amount: 1, Voucher: "V"}
		})},
		{"a stranger", "role.missing", draft(func(d *fact.Draft) { d.Actor = "stranger" })},
		{"before the appointment", "role.missing", draft(func(d *fact.Draft) { d.On = facttest.Day.AddDays(-1) })},
		{"approved by oneself", "approval.self", draft(func(d *fact.Draft) { d.Approvers = []string{facttest.Officer} })},
		{"approved twice by one", "approval.self", draft(func(d *fact.Draft) { d.Approvers = []string{facttest.Approver, facttest.Approver} })},
		{"approved by a stranger", "approval.role", draft(func(d *fact.Draft) { d.Approvers = []string{"stranger"} })},
		{"approved by one without the role", "approval.role", draft(func(d *fact.Draft) { d.Actor = facttest.Local; d.Approvers = []string{facttest.Officer} })},
		{"approved by one for another area", "approval.role", draft(func(d *fact.Draft) {
			d.Book, d.Approvers = facttest.Counties[1], []string{facttest.Local}
			d.Fact = &project.Disbursement{Project: "M-house", To: "M-gul", Amount: 1, Voucher: "V", Purpose: "x"}
		})},

		{"correction of nothing", "entry.unknown", draft(func(d *fact.Draft) { d.Corrects = 999 })},
		{"reversal of nothing", "entry.unknown", by(&fact.Reversal{Entry: 999, Reason: "x"})},
		{"reversal of a party", "reversal.defines", by(&fact.Reversal{Entry: 5, Reason: "x"})},
		{"correction by another kind", "correction.kind", draft(func(d *fact.Draft) { d.Corrects = 1 })},
		{"reversal of a designation", "designation.stays", draft(func(d *fact.Draft) {
			d.Book, d.Fact = "hq", &fact.Reversal{Entry: int64(len(facttest.Areas)) + 5, Reason: "x"}
		})},
		{"proof without a file", "proof.missing", by(&fact.Proof{Entry: 1})},
		{"erasure of nothing personal", "erasure.nothing", by(&fact.Erasure{Entry: 1, Reason: "x"})},
		{"approval of nothing", "proposal.unknown", by(&fact.Approve{Proposal: 1, Content: "x", Verdict: "approve"})},
		{"sent back without a reason", "field.required", by(&fact.Approve{Proposal: 1, Content: "x", Verdict: "send-back"})},
	}
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				refused(t, s, c.code, c.draft)
				good := interview("W-zhao", 5, c.name)
				if good.Book != c.draft.Book {
					return
				}
				refused(t, s, c.code, good, c.draft)
				receipts, errs, err := s.Recorder.RecordEach(t.Context(), []fact.Draft{good, c.draft, good})
				if err != nil || errs[0] != nil || errs[1] == nil || errs[2] != nil || receipts[2].Seq != receipts[0].Seq || !receipts[2].Again {
					t.Errorf("each by itself: %v, %v, %v", receipts, errs, err)
				}
			})
		}
		refused(t, s, "record.books", interview("W-zhao", 5, "A"), fact.Draft{Book: "hq", On: facttest.Day, Actor: fact.Operator, Fact: &area.Area{Code: "11", Level: "province", Name: "北京市"}})
		facttest.CheckBooks(t, s)
	})
}

// A mistake of the programmer in one kind of fact refuses that fact, and neither stops nor spoils the others who record beside it.
func TestBugInOneKind(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := populated(t, fresh())
		var group sync.WaitGroup
		for i := range 24 {
			group.Go(func() {
				d := interview("W-li", 1, fmt.Sprint("Person ", i))
				d.Key = fmt.Sprint("bug-", i)
				if i%3 > 0 {
					d.Fact = &bug{How: []string{"", "panic", "sql"}[i%3]}
				}
				_, err := s.Recorder.Record(t.Context(), d)
				if i%3 > 0 && (err == nil || fault.All(err) != nil) || i%3 == 0 && err != nil {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		group.Wait()
		facttest.MustRecord(t, s, pay(1, "V-1"))
		facttest.CheckBooks(t, s)
	})
}

// A recorder that lost its connection takes another.
func TestConnectionLost(t *testing.T) {
	url := testenv.Postgres(t)
	s := populated(t, url)
	owner := facttest.Tamper(t, url)
	for i := range 3 {
		if _, err := owner.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"); err != nil {
			t.Fatal(err)
		}
		facttest.MustRecord(t, s, pay(1, fmt.Sprint("V-", i)))
		facttest.MustRecord(t, s, interview("W-li", 1, fmt.Sprint("A", i)), interview("W-li", 2, fmt.Sprint("A", i)))
	}
	facttest.CheckBooks(t, facttest.Open(t, url))
}

// Whoever records while the recorder closes is either recorded or told to send it again.
func TestClose(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := populated(t, url)
		start := facttest.Heads(t, s)[0].Seq
		var mu sync.Mutex
		var recorded int64
		var group sync.WaitGroup
		for i := range 32 {
			group.Go(func() {
				for j := range 20 {
					d := interview("W-li", 1, "Person")
					d.Key = fmt.Sprintf("k-%d-%d", i, j)
					_, err := s.Recorder.Record(t.Context(), d)
					switch {
					case err == nil:
						mu.Lock()
						recorded++
						mu.Unlock()
					case fault.KindOf(err) == fault.Unavailable:
						return
					default:
						t.Errorf("record: %v", err)
						return
					}
				}
			})
		}
		time.Sleep(20 * time.Millisecond)
		if err := s.Recorder.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		group.Wait()
		if got := facttest.Heads(t, s)[0].Seq - start; got != recorded {
			t.Errorf("%d entries, %d were acknowledged", got, recorded)
		}
		facttest.CheckBooks(t, s)
	})
}

// A caller who has left before their fact is queued is not recorded.
func TestCallerLeft(t *testing.T) {
	s := populated(t, facttest.SQLite(t))
	before := facttest.Dump(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Recorder.Record(ctx, pay(1, "V-1")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if after := facttest.Dump(t, s); after != before {
		t.Errorf("recorded:\n%s", difference(before, after))
	}
}

// Who reuses a fact's struct does not change what was recorded.
func TestCallerKeepsStruct(t *testing.T) {
	s := populated(t, facttest.SQLite(t))
	fund := &programme.Fund{ID: "a", Name: "A", Sponsor: "szse", Purpose: "x", Project: "W-clinic"}
	facttest.MustRecord(t, s, fact.Draft{Fact: fund})
	fund.Project = ""
	facttest.MustRecord(t, s, fact.Draft{Fact: &programme.Injection{Fund: "a", Amount: 100, Voucher: "V"}, Actor: facttest.Officer, Approvers: approve})
	facttest.MustRecord(t, s, fact.Draft{Fact: &programme.Transfer{Transfer: "T", To: wushan, Fund: "a", Amount: 100, Voucher: "V"}, Actor: facttest.Officer, Approvers: approve})
	facttest.MustRecord(t, s, by(&programme.TransferReceipt{Transfer: "T", County: wushan, Fund: "a", Amount: 100, Voucher: "V"}))
	refused(t, s, "fund.restricted", by(&project.Commitment{Project: "W-house", Amount: 1, Contract: "C", Fund: "a"}))
}

var _ = []any{goods.Purchase{}, journal.Entry{}, database.SQLite, rapid.Check}
