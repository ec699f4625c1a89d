package facttest

import (
	"context"
	"flag"
	"math/bits"
	"slices"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/goods"
	"lastmile/internal/journal"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

// Histories checks a property of n random histories, or of as many as the flag -rapid.checks says.
func Histories(t *testing.T, n int, property func(*rapid.T)) {
	t.Helper()
	if !checksGiven() {
		if err := flag.Set(checksFlag, strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, property)
}

const checksFlag = "rapid.checks"

// checksGiven tells whether whoever runs the tests has set the number.
var checksGiven = sync.OnceValue(func() (given bool) {
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == checksFlag })
	return given
})

// Record records n random facts into a populated store, one after another. Facts that the rules refuse are part of the story; any other
// error fails the test. It tells how many were recorded (or proposed) and how many refused.
func Record(t *rapid.T, s *store.Store, n int) (recorded, refused int) {
	t.Helper()
	for range n {
		_, err := s.Recorder.Record(context.Background(), Draft(t, s))
		switch {
		case err == nil:
			recorded++
		case fault.KindOf(err) != fault.Internal:
			refused++
		default:
			t.Fatalf("record: %v", err)
		}
	}
	return recorded, refused
}

// Draft is a random fact for a populated store as it stands now: of any kind that moves, counts or names, a correction, a reversal, a late
// proof, an erasure, or a word on what waits for approval. About a third break some rule.
func Draft(t *rapid.T, s *store.Store) fact.Draft {
	t.Helper()
	g := &generator{t: t, s: s}
	g.book = g.one("book", Counties...)
	d := fact.Draft{Book: g.book, On: g.day(), Actor: g.one("actor", Officer, Officer, Officer, Officer, Local), Source: "test"}
	if g.chance("approved", 80) {
		d.Approvers = []string{Approver, Approver2}
		if d.Actor == Local {
			d.Approvers = []string{Approver}
		}
	}
	if g.chance("evidence", 40) {
		d.Evidence = []string{PhotoHash(uint8(g.number("photo", 0, 3)))}
	}
	if g.chance("own key", 5) {
		d.Key = g.one("key", "k1", "k2", "k3")
	}
	if g.chance("unrelated correction", 3) {
		d.Corrects = g.entry()
	}
	stories[g.number("story", 0, int64(len(stories))-1)](g, &d)
	return d
}

type generator struct {
	t    *rapid.T
	s    *store.Store
	book string
}

// number is any of from to to with the same chance; rapid by itself prefers small ones.
func (g *generator) number(label string, from, to int64) int64 {
	const mixer = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio: neighbours come out far apart
	high, _ := bits.Mul64(rapid.Uint64().Draw(g.t, label)*mixer, uint64(to-from+1))
	return from + int64(high)
}

func (g *generator) one(label string, values ...string) string {
	return values[g.number(label, 0, int64(len(values))-1)]
}

func (g *generator) chance(label string, percent int64) bool {
	return g.number(label, 1, 100) > 100-percent
}

func (g *generator) day() date.Date { return Day.AddDays(int(g.number("day", 0, 240))) }

// money is mostly small beside what Populate put in, now and then not.
func (g *generator) money() fact.Money {
	if g.chance("large", 5) {
		return fact.Money(g.number("fen", 0, 200_000_00))
	}
	return fact.Money(g.number("fen", 1, 2_000_00))
}

// entry is the number of an entry of the book; now and then one that does not exist.
func (g *generator) entry() int64 {
	heads, err := journal.GetHeads(context.Background(), g.s.DB, []string{g.book})
	if err != nil {
		g.t.Fatalf("read head: %v", err)
	}
	return g.number("entry", 1, heads[0].Seq+1)
}

func (g *generator) project() string { return g.one("project", Projects[g.book]...) }

func (g *generator) party() string {
	return g.one("party", append([]string{"shop", "nobody"}, Parties[g.book]...)...)
}

func (g *generator) fund() string { return g.one("fund", Funds...) }

func (g *generator) anyFund() string { return g.one("fund", "", "", "own", "learning") }

func (g *generator) commodity() string { return g.one("commodity", "sheep", "mask", "CNY") }

func (g *generator) code() string { return g.one("code", "a", "b", "c", "d", "e") }

func (g *generator) voucher() string { return "V-" + g.code() + g.code() }

// stories are what can happen; those that happen often stand several times.
var stories = []func(g *generator, d *fact.Draft){
	disburse, disburse, disburse, commit, commit, refund, buy, give, give, deliver, deliver, interview, interview, aid,
	reverse, reverse, correct, correct, correct, prove, prove, prove, erase, erase, decide, decide, decide,
	func(g *generator, d *fact.Draft) {
		d.Fact = &project.Release{Project: g.project(), Amount: g.money(), Reason: "not needed"}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &project.Budget{Project: g.project(), Line: g.code(), Amount: g.money()}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &goods.Loss{Project: g.project(), Commodity: g.commodity(), Quantity: g.number("lost", 1, 5), Cause: "spoilt"}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &party.Party{ID: g.book[:1] + g.code(), Name: g.code(), Kind: g.one("kind", "household", "school"), Area: g.one("village", Villages[g.book]...)}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &project.Project{ID: "P-" + g.code(), Name: g.code(), Area: g.one("village", append(Villages[g.book], "62")...), Channel: "industry", Theme: "other", Parent: g.one("parent", "", "", "M-sheep")}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &project.Status{Project: g.project(), Status: g.one("status", "running", "finished")}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &project.Milestone{Project: g.project(), ID: g.code(), Name: "roofed", Due: "2020-12-31"}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &project.MilestoneReached{Project: g.project(), Milestone: g.code()}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &enterprise.Investment{ID: "inv-" + g.code(), Name: "A plant", Project: g.project(), Investor: g.party(), Role: "introduced it"}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &enterprise.InvestmentStage{Investment: "inv-" + g.code(), Stage: g.one("stage", "committed", "committed", "contracted", "paid-in"), Amount: g.money(), FundSource: g.party(), Document: "letter"}
	},
	func(g *generator, d *fact.Draft) {
		d.Book, g.book = "hq", "hq"
		d.Fact = &programme.Injection{Fund: g.fund(), Amount: g.money(), Voucher: g.voucher()}
	},
	func(g *generator, d *fact.Draft) {
		to := g.book
		d.Book, g.book = "hq", "hq"
		d.Fact = &programme.Transfer{Transfer: "T-" + g.code(), To: to, Fund: g.fund(), Amount: g.money(), Voucher: g.voucher()}
	},
	func(g *generator, d *fact.Draft) {
		d.Fact = &programme.TransferReceipt{Transfer: "T-" + g.code(), County: g.book, Fund: g.fund(), Amount: g.money(), Voucher: g.voucher()}
	},
	func(g *generator, d *fact.Draft) {
		d.Book, g.book = "hq", "hq"
		d.Fact = &area.Area{Code: "6205241000" + g.one("digit", "03", "04"), Parent: "620524100", Level: "village", Name: g.code()}
	},
	func(g *generator, d *fact.Draft) {
		d.Book, g.book = "hq", "hq"
		d.Fact = &access.Appointment{Person: Local, Role: "county-assistant", Area: g.one("county", Counties...), Until: date.Date(g.one("until", "", "2021-01-01"))}
	},
}

func disburse(g *generator, d *fact.Draft) {
	d.Fact = &project.Disbursement{Project: g.project(), To: g.party(), Amount: g.money(), Voucher: g.voucher(), Purpose: "works", Fund: g.anyFund()}
}

func commit(g *generator, d *fact.Draft) {
	d.Fact = &project.Commitment{Project: g.project(), Amount: 2 * g.money(), Contract: g.code(), Fund: g.anyFund()}
}

func refund(g *generator, d *fact.Draft) {
	d.Fact = &project.Refund{Project: g.project(), From: g.party(), Amount: g.money() / 4, Voucher: g.voucher(), Fund: g.fund(), Reason: "paid too much"}
}

func buy(g *generator, d *fact.Draft) {
	d.Fact = &goods.Purchase{Project: g.project(), Supplier: "shop", Commodity: g.commodity(), Quantity: g.number("bought", 1, 50), Amount: g.money(), Voucher: g.voucher()}
}

func give(g *generator, d *fact.Draft) {
	d.Fact = &goods.Donation{Project: g.project(), Fund: g.fund(), Commodity: g.commodity(), Quantity: g.number("given", 1, 50), Document: g.code()}
}

func deliver(g *generator, d *fact.Draft) {
	d.Fact = &goods.Delivery{Project: g.project(), To: g.party(), Commodity: g.commodity(), Quantity: g.number("handed over", 1, 20), Receipt: g.voucher()}
}

func interview(g *generator, d *fact.Draft) {
	d.Fact = &Interview{Household: g.party(), Points: g.number("points", 0, 10), Name: "Li " + g.code(), Phone: g.one("phone", "", "13800000000")}
}

func aid(g *generator, d *fact.Draft) {
	d.Fact = &Aid{Household: g.party(), Amount: g.money(), Account: "6222 " + g.code()}
}

func reverse(g *generator, d *fact.Draft) {
	d.Corrects = 0
	d.Fact = &fact.Reversal{Entry: g.entry(), Reason: "recorded by mistake"}
}

// correct records an earlier fact again, with another amount where it has one.
func correct(g *generator, d *fact.Draft) {
	e, ok, err := journal.Get(context.Background(), g.s.DB, g.book, g.entry())
	if err != nil {
		g.t.Fatalf("read entry: %v", err)
	}
	if !ok || slices.Contains([]string{"reversal", "proof", "erasure", "proposal", "approval"}, e.Kind) {
		reverse(g, d)
		return
	}
	if d.Fact, err = fact.DecodeBody(e.Kind, e.Body, e.Private); err != nil {
		g.t.Fatalf("decode entry: %v", err)
	}
	d.Corrects = e.Seq
	switch f := d.Fact.(type) {
	case *project.Disbursement:
		f.Amount = g.money()
	case *project.Commitment:
		f.Amount = g.money()
	case *goods.Donation:
		f.Quantity = g.number("given", 1, 50)
	case *goods.Purchase:
		f.Amount = g.money()
	case *party.Party:
		f.Kind = g.one("kind", "household", "cooperative")
	case *Interview:
		f.Points = g.number("points", 0, 10)
	case *Aid:
		f.Amount = g.money()
	}
}

func prove(g *generator, d *fact.Draft) {
	if d.Evidence == nil && g.chance("brings it", 90) {
		d.Evidence = []string{PhotoHash(0)}
	}
	d.Fact = &fact.Proof{Entry: g.entry(), Note: g.code()}
}

// erase mostly names an entry that holds personal data.
func erase(g *generator, d *fact.Draft) {
	rows, err := g.s.DB.Query(context.Background(), "SELECT seq FROM entry WHERE book = $1 AND commitment IS NOT NULL ORDER BY seq", g.book)
	if err != nil {
		g.t.Fatalf("read entries: %v", err)
	}
	defer rows.Close()
	list := []int64{1}
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			g.t.Fatalf("read entries: %v", err)
		}
		list = append(list, seq)
	}
	d.Fact = &fact.Erasure{Entry: list[g.number("entry", 0, int64(len(list))-1)], Reason: "the person asked for it"}
}

// decide is an approver's word on something that waits; on nothing when nothing does.
func decide(g *generator, d *fact.Draft) {
	waiting, err := fact.Proposals(context.Background(), g.s.DB, "", fact.Waiting)
	if err != nil {
		g.t.Fatalf("read proposals: %v", err)
	}
	d.Actor, d.Approvers, d.Corrects, d.Evidence = g.one("decides", Approver, Approver2), nil, 0, nil
	a := &fact.Approve{Proposal: 1, Content: "none", Verdict: g.one("verdict", "approve", "approve", "approve", "send-back")}
	if len(waiting) > 0 {
		p := waiting[g.number("proposal", 0, int64(len(waiting))-1)]
		d.Book, a.Proposal, a.Content = p.Book, p.Seq, p.Hash
	}
	if a.Verdict == "send-back" {
		a.Reason = "the voucher cannot be read"
	}
	d.Fact = a
}
