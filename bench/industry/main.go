// Command industry measures herds and dividends at the size of a large county, each beside what the same machine does at best with the same rows
// in the same run:
//
//	a stock-take of 100,000 animals with ear tags, imported         under 10 s
//	a dividend shared out to 100,000 households: computed           under 1 s
//	                                             recorded           under 30 s
//	herds as they were on a past day, over 1,000,000 events         under 1 s
//
// Run it with: go run ./bench/industry
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lastmile/internal/countytest"
	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/store"
)

func main() {
	animals := flag.Int("animals", 100_000, "animals counted")
	households := flag.Int("households", 100_000, "households that share a dividend")
	events := flag.Int("events", 1_000_000, "events of herds")
	flag.Parse()
	dir, err := os.MkdirTemp("", "lastmile-bench-")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	stockTake(ctx, filepath.Join(dir, "stock"), *animals)
	share(ctx, filepath.Join(dir, "share"), *households)
	past(ctx, filepath.Join(dir, "past"), *events)
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "bench: %.2000s\n", err.Error())
	os.Exit(1)
}

// county opens a county in a folder.
func county(ctx context.Context, dir string) *countytest.County {
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "lastmile.db"), store.Options{})
	if err != nil {
		fail(err)
	}
	c := &countytest.County{Store: s, On: countytest.Opened}
	record(ctx, c, countytest.Country()...)
	record(ctx, c, countytest.Facts()...)
	return c
}

// record records facts in commits of at most 2,000 of one book.
func record(ctx context.Context, c *countytest.County, facts ...fact.Fact) {
	const commit = 2000
	drafts := make([]fact.Draft, 0, commit)
	for i, f := range facts {
		if drafts = append(drafts, c.Draft(f)); len(drafts) < commit && i < len(facts)-1 && c.Draft(facts[i+1]).Book == drafts[0].Book {
			continue
		}
		_, errs, err := c.Recorder.RecordEach(ctx, drafts)
		if err != nil {
			fail(err)
		}
		for _, err := range errs {
			if err != nil {
				fail(err)
			}
		}
		drafts = drafts[:0]
	}
}

func households(n int) []fact.Fact {
	facts := make([]fact.Fact, n)
	for i := range facts {
		facts[i] = &party.Party{ID: household(i), Name: "农户", Kind: "household", Area: countytest.Village(i % countytest.Villages)}
	}
	return facts
}

func household(i int) string { return fmt.Sprintf("H-%06d", i) }

const (
	lent     = 10   // animals under a contract
	herdSize = 1000 // animals of a herd
)

// stockTake imports a count of animals with ear tags, ten to a contract: one row a contract, with the tags seen.
func stockTake(ctx context.Context, dir string, animals int) {
	c := county(ctx, dir)
	record(ctx, c, households(animals/lent)...)
	c.On = "2019-01-01"
	tag := func(n int) string { return fmt.Sprintf("ET-%07d", n) }
	tags := func(from, n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = tag(from + i)
		}
		return list
	}
	facts := []fact.Fact{&goods.Purchase{Project: countytest.Project, Supplier: countytest.Supplier, Commodity: "sheep", Quantity: int64(animals), Amount: 1_000_00, Voucher: "v"}}
	for from := 0; from < animals; from += herdSize {
		v := from / herdSize % countytest.Villages
		h := &livestock.Herd{ID: fmt.Sprintf("HERD-%d", from), Name: "Herd", Project: countytest.Project, Village: countytest.Village(v), Owner: countytest.Collective(v),
			Animals: "sheep", Young: "lamb", Fund: countytest.Fund, Tagged: true}
		facts = append(facts, h, &livestock.Intake{Herd: h.ID, Heads: herdSize, Tags: tags(from, herdSize), Receipt: h.ID})
		for k := from; k < from+herdSize; k += lent {
			facts = append(facts, &livestock.Contract{ID: fmt.Sprintf("C-%d", k), Herd: h.ID, Household: household(k / lent), Heads: lent, Tags: tags(k, lent), Until: "2022-01-01", Offspring: "household"})
		}
	}
	start := time.Now()
	record(ctx, c, facts...)
	fmt.Printf("%d animals with ear tags put under %d contracts in %.1f s\n", animals, animals/lent, time.Since(start).Seconds())
	file := filepath.Join(dir, "stock-take.csv")
	var b strings.Builder
	b.WriteString("on,herd,contract,of,heads,seen,missing,reason\n")
	for k := 0; k < animals; k += lent {
		seen, missing, reason := tags(k, lent), "", ""
		if k%(100*lent) == 0 { // one in a hundred contracts misses an animal
			missing, reason, seen = seen[0], "strayed", seen[1:]
		}
		fmt.Fprintf(&b, "2019-12-31,HERD-%d,C-%d,animals,%d,%s,%s,%s\n", k/herdSize*herdSize, k, len(seen), strings.Join(seen, fact.ListSeparator), missing, reason)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		fail(err)
	}
	start = time.Now()
	result, err := c.Recorder.Import(ctx, fact.Find("animal-stock-take"), file, fact.ImportOptions{Actor: "ann", Approvers: []string{"bob"}})
	if err != nil {
		fail(err)
	}
	took := time.Since(start)
	fmt.Printf("stock-take of %d animals imported   %8.2f s   limit 10 s   %d rows, %.0f animals a second\n", animals, took.Seconds(), result.Recorded, float64(animals)/took.Seconds())
	closeStore(c.Store)
}

func closeStore(s *store.Store) {
	if err := s.Close(); err != nil {
		fail(err)
	}
}

// sharers is how many households a village shares its dividend out to.
const sharers = 1000

// share pays the dividends of villages out to n households by persons, each village by a list of its own.
func share(ctx context.Context, dir string, n int) {
	c := county(ctx, dir)
	start := time.Now()
	record(ctx, c, households(n)...)
	register := time.Since(start)
	const amount fact.Money = 1_234_567_89 // of a village
	villages := n / sharers
	whole := amount * fact.Money(villages)
	facts := []fact.Fact{&party.Party{ID: "farm", Name: "Farm", Kind: "enterprise"}, &programme.Fund{ID: "FARM", Name: "Farm", Sponsor: "farm", Purpose: "Dividends"},
		&enterprise.Investment{ID: "I", Name: "Farm", Project: countytest.Project, Investor: "farm", Role: "Introduced it"},
		&enterprise.InvestmentStage{Investment: "I", Stage: "committed", Amount: whole, FundSource: "farm", Document: "Agreement"},
		&enterprise.InvestmentStage{Investment: "I", Stage: "contracted", Amount: whole, FundSource: "farm", Document: "Contract"}}
	village := func(i int) string { return fmt.Sprintf("VC-%d", i) }
	for i := range villages {
		facts = append(facts, &party.Party{ID: village(i), Name: "Collective", Kind: "village-collective", Area: countytest.Village(i % countytest.Villages)},
			&enterprise.Stake{Investment: "I", Village: village(i), Amount: amount, Document: "Certificate"})
	}
	record(ctx, c, append(facts, &dividend.Plan{ID: "PLAN", Name: "Plan", Investment: "I", Fund: "FARM", Guaranteed: whole, Begins: "2018-01-01", Years: 3, Notice: 7})...)
	c.On = "2019-01-02"
	record(ctx, c, &dividend.Declaration{ID: "D", Plan: "PLAN", From: "2018-01-01", Until: "2018-12-31", Amount: whole, Formula: "stake"})
	board, err := dividend.Freeze(ctx, c.DB, countytest.Book, "D")
	if err != nil {
		fail(err)
	}
	board.ID, board.Place = "N", "Board"
	record(ctx, c, board)
	c.On = "2019-01-10"
	facts = []fact.Fact{&dividend.Approval{Declaration: "D", Minutes: "Meeting"}}
	var sharings []*dividend.Sharing
	for i := range villages {
		facts = append(facts, &dividend.Payment{Declaration: "D", Village: village(i), Amount: amount, Voucher: "v"})
		s := &dividend.Sharing{ID: fmt.Sprintf("S-%d", i), Village: village(i), Declaration: "D", Amount: amount}
		for k := range sharers {
			s.List = append(s.List, fmt.Sprintf("%s=%d", household(i*sharers+k), 1+k%6))
		}
		sharings = append(sharings, s)
	}
	record(ctx, c, facts...)

	start = time.Now()
	portions := make([][]dividend.Portion, villages)
	for i, s := range sharings {
		if portions[i], err = s.Portions(); err != nil {
			fail(err)
		}
	}
	computed := time.Since(start)

	start = time.Now()
	facts = facts[:0]
	for _, s := range sharings {
		n, err := s.Notice(7, nil)
		if err != nil {
			fail(err)
		}
		n.ID, n.Title, n.Area, n.Place = "N-"+s.ID, "Shared out", countytest.Village(0), "Board"
		facts = append(facts, s, n)
	}
	record(ctx, c, facts...)
	c.On = "2019-01-18"
	facts = facts[:0]
	for i, s := range sharings {
		facts = append(facts, &dividend.SharingApproval{Sharing: s.ID, Minutes: "Assembly"})
		for k, p := range portions[i] {
			facts = append(facts, &dividend.Share{Sharing: s.ID, Household: p.Household, Amount: p.Amount, Receipt: fmt.Sprintf("R-%d-%d", i, k)})
		}
	}
	record(ctx, c, facts...)
	took := time.Since(start)
	var sum, left fact.Money
	spent, err := dividend.Spent(ctx, c.DB, countytest.Book, "")
	if err != nil {
		fail(err)
	}
	for _, s := range spent {
		sum, left = sum+s.Shared, left+s.Received-s.Shared
	}
	fmt.Printf("dividend of %d households computed  %8.2f s   limit 1 s\n", villages*sharers, computed.Seconds())
	fmt.Printf("the same recorded                   %8.2f s   limit 30 s   %.1f times registering as many households; %s of %s shared, %s left\n", took.Seconds(),
		took.Seconds()/register.Seconds(), sum, whole, left)
	closeStore(c.Store)
}

// past reads herds as they were on a day, over postings written as recording would have written them.
func past(ctx context.Context, dir string, events int) {
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "lastmile.db"), store.Options{})
	if err != nil {
		fail(err)
	}
	const herds, contracts = 100, 100
	w, err := s.DB.Writer(ctx)
	if err != nil {
		fail(err)
	}
	if err := w.Begin(ctx); err != nil {
		fail(err)
	}
	herd := func(n int) string { return fmt.Sprintf("herd:VC-%d:HERD-%d", n, n) }
	contract := func(n, k int) string { return fmt.Sprintf("herd-contract:VC-%d:C-%d-%d", n, n, k) }
	own := func(n, k int) string { return fmt.Sprintf("herd-young:H-%d-%d:C-%d-%d", n, k, n, k) }
	first := date.Date("2013-01-01").Time()
	var batch []ledger.Posting
	for i := range events {
		n, k := i%herds, i/herds%contracts
		p := ledger.Posting{Book: "bench", Seq: int64(i + 1), Line: 1, Commodity: "lamb", Fund: "OWN", Amount: 1, Project: "P", Sign: 1, On: date.Of(first.AddDate(0, 0, i*2900/events))}
		switch i / (herds * contracts) % 4 {
		case 0:
			p.Flow, p.From, p.To, p.Commodity = "contract", herd(n), contract(n, k), "sheep"
		case 1, 2:
			p.Flow, p.From, p.To = "birth", "nature:HERD", own(n, k)
		default:
			p.Flow, p.From, p.To = "sale", own(n, k), "buyer:bench"
		}
		if batch = append(batch, p); len(batch) == 5000 || i == events-1 {
			if err := ledger.Append(ctx, w, batch); err != nil {
				fail(err)
			}
			batch = batch[:0]
		}
	}
	if err := w.Commit(ctx); err != nil {
		fail(err)
	}
	if err := w.Close(); err != nil {
		fail(err)
	}
	accounts := []string{herd(7)}
	for k := range contracts {
		accounts = append(accounts, contract(7, k), own(7, k))
	}
	bare := timed(func() {
		var sum int64
		if err := s.DB.QueryRow(ctx, "SELECT SUM(amount) FROM posting WHERE book = 'bench' AND on_date <= '2017-06-17'").Scan(&sum); err != nil {
			fail(err)
		}
	})
	one := timed(func() { holdings(ctx, s, accounts...) })
	all := timed(func() { holdings(ctx, s) })
	fmt.Printf("bare SUM over %d events as of a day %8.2f s\n", events, bare.Seconds())
	fmt.Printf("one herd as of that day             %8.2f s   limit 1 s   %.4f of the bare sum\n", one.Seconds(), one.Seconds()/bare.Seconds())
	fmt.Printf("all %d herds, %d contracts       %8.2f s   limit 1 s   %.2f of the bare sum\n", herds, herds*contracts, all.Seconds(), all.Seconds()/bare.Seconds())
	closeStore(s)
}

func holdings(ctx context.Context, s *store.Store, accounts ...string) {
	list, err := livestock.Holdings(ctx, s.DB, "bench", "2017-06-17", accounts...)
	if err != nil {
		fail(err)
	}
	if len(list) == 0 {
		fail(fmt.Errorf("no herd has anything"))
	}
}

// timed is the best of three runs.
func timed(fn func()) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		fn()
		best = min(best, time.Since(start))
	}
	return best
}
