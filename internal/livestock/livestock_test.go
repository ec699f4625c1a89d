package livestock_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/countytest"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/goods"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/party"
)

// until is when contracts of these tests are over.
const until date.Date = "2025-01-01"

const (
	plain    = "HERD-0" // in village 0, without ear tags
	tagged   = "HERD-1" // in village 1, with ear tags
	bought   = 30       // heads of each herd
	receipts = "RC-1"
)

// tags are ear tags a to b-1 of herd 1.
func tags(a, b int) []string {
	var list []string
	for i := a; i < b; i++ {
		list = append(list, fmt.Sprintf("ET-%03d", i))
	}
	return list
}

// withHerds opens a county in which two villages have a herd of 30 ewes each, and four households are registered.
func withHerds(t testing.TB) *countytest.County {
	c := countytest.New(t)
	for i := range 4 {
		c.Record(t, &party.Party{ID: fmt.Sprintf("H-%d", i), Name: "Household", Kind: "household", Area: countytest.Village(i % 2)})
	}
	c.On = "2018-04-01"
	give(t, c, plain, tagged, tags(0, bought))
	return c
}

// give buys two herds and gives them to two villages.
func give(t testing.TB, c *countytest.County, plain, tagged string, tags []string) {
	c.Record(t,
		&goods.Purchase{Project: countytest.Project, Supplier: countytest.Supplier, Commodity: "sheep", Quantity: 2 * bought, Amount: 1_000_00, Voucher: plain},
		&livestock.Herd{ID: plain, Name: "Plain", Project: countytest.Project, Village: countytest.Village(0), Owner: countytest.Collective(0), Animals: "sheep", Young: "lamb", Fund: countytest.Fund},
		&livestock.Herd{ID: tagged, Name: "Tagged", Project: countytest.Project, Village: countytest.Village(1), Owner: countytest.Collective(1), Animals: "sheep", Young: "lamb", Fund: countytest.Fund, Tagged: true},
		&livestock.Intake{Herd: plain, Heads: bought, Receipt: receipts},
		&livestock.Intake{Herd: tagged, Heads: bought, Tags: tags, Receipt: receipts})
}

func contract(id, herd, household string, heads int64, tags []string) *livestock.Contract {
	return &livestock.Contract{ID: id, Herd: herd, Household: household, Heads: heads, Tags: tags, Until: until, Offspring: "household", Inspect: 90}
}

// present is what one account has at the end of a day.
func present(t testing.TB, c *countytest.County, on date.Date, class ledger.Class, part, commodity string) int64 {
	t.Helper()
	list, err := livestock.Holdings(t.Context(), c.DB, countytest.Book, on)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range list {
		if h.Class == class && h.Part == part && h.Commodity == commodity {
			return h.Present
		}
	}
	return 0
}

// TestLambsAreIncomeAndEwesAreNot follows the ten ewes of one household: more than twenty lambs, whose sale is its income net of costs, and ewes that stay the village's.
func TestLambsAreIncomeAndEwesAreNot(t *testing.T) {
	c := withHerds(t)
	c.On = "2018-05-01"
	c.Record(t, contract("C-1", plain, "H-0", 10, nil))
	c.On = "2018-11-01"
	c.Record(t, &livestock.Birth{Herd: plain, Contract: "C-1", Heads: 12}, &livestock.Death{Herd: plain, Contract: "C-1", Of: "young", Heads: 1, Cause: "weather"})
	c.On = "2019-03-01"
	c.Record(t, &livestock.Birth{Herd: plain, Contract: "C-1", Heads: 11},
		&livestock.Sale{Herd: plain, Contract: "C-1", Of: "young", Heads: 20, Price: 24_000_00, Cost: 1_500_00, Buyer: "Market"},
		&livestock.Cost{Herd: plain, Contract: "C-1", Amount: 500_00, For: "Feed"})
	for terms, want := range map[string]int64{"household-income": 22_000_00, "young-born": 23, "birth:lamb": 23, "contract:sheep": 10, "village-income": 0} {
		if got := c.Number(t, figure.Sum, terms, figure.At{}); got != want {
			t.Errorf("%s is %d, want %d", terms, got, want)
		}
	}
	if got := c.Number(t, figure.Sum, "household-income", figure.At{AsOf: "2019-02-28"}); got != 0 {
		t.Errorf("income before anything was sold is %d", got)
	}
	c.Record(t, contract("C-2", plain, "H-1", 4, nil))
	if got := c.Number(t, figure.Sum, "contract-heads", figure.At{Filter: figure.Filter{Subject: "C-1"}}); got != 10 {
		t.Errorf("the first contract alone has %d heads, want 10", got)
	}
	balances, err := ledger.FindBalances(t.Context(), c.DB, ledger.BalanceFilter{Commodity: "sheep"})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range balances {
		if b.Amount > 0 && b.Holder == "household" {
			t.Errorf("household %s owns %d ewes", b.Owner, b.Amount)
		}
	}
	for _, h := range []struct {
		on    date.Date
		class ledger.Class
		part  string
		what  string
		want  int64
	}{
		{"2018-04-30", ledger.Herd, plain, "sheep", 30}, {"2018-05-01", ledger.Herd, plain, "sheep", 20}, {"2018-05-01", ledger.Contract, "C-1", "sheep", 10},
		{"2018-12-31", ledger.Young, "C-1", "lamb", 11}, {"", ledger.Young, "C-1", "lamb", 2},
	} {
		if got := present(t, c, h.on, h.class, h.part, h.what); got != h.want {
			t.Errorf("on %s %s %s has %d %s, want %d", h.on, h.class, h.part, got, h.what, h.want)
		}
	}
	c.CheckReplay(t)
}

// TestVillageShare divides what young sell for between household and village, and gives all of it to the village that owns the young.
func TestVillageShare(t *testing.T) {
	c := withHerds(t)
	shared, owned := contract("C-1", plain, "H-0", 5, nil), contract("C-2", plain, "H-1", 5, nil)
	shared.Share, owned.Offspring = 30, "village"
	c.Record(t, shared, owned)
	for id, price := range map[string]fact.Money{"C-1": 1_000_01, "C-2": 700_00} {
		c.Record(t, &livestock.Birth{Herd: plain, Contract: id, Heads: 1}, &livestock.Sale{Herd: plain, Contract: id, Of: "young", Heads: 1, Price: price, Buyer: "Market"})
	}
	if home, village := c.Number(t, figure.Sum, "household-income", figure.At{}), c.Number(t, figure.Sum, "village-income", figure.At{}); home != 700_01 || village != 1_000_00 {
		t.Errorf("household got %d and village %d, want 70001 and 100000", home, village)
	}
}

// TestRefusals tries wrong counts, households that are not registered, and heads that are under a contract already.
func TestRefusals(t *testing.T) {
	c := withHerds(t)
	c.Record(t, contract("C-1", plain, "H-0", 25, nil), contract("C-2", tagged, "H-1", 2, tags(0, 2)))
	for _, refused := range []struct {
		code string
		fact fact.Fact
	}{
		{"household.unregistered", contract("C-3", plain, "nobody", 1, nil)},
		{"household.unregistered", contract("C-3", plain, countytest.Supplier, 1, nil)},
		{"contract.heads", contract("C-3", plain, "H-2", 6, nil)},
		{"tag.elsewhere", contract("C-3", tagged, "H-2", 2, tags(1, 3))},
		{"tag.count", contract("C-3", tagged, "H-2", 2, tags(3, 4))},
		{"tag.twice", contract("C-3", tagged, "H-2", 2, []string{"ET-004", "ET-004"})},
		{"tag.unknown", contract("C-3", tagged, "H-2", 1, []string{"ET-999"})},
		{"tag.none", contract("C-3", plain, "H-2", 1, tags(0, 1))},
		{"contract.until", &livestock.Contract{ID: "C-3", Herd: plain, Household: "H-2", Heads: 1, Until: c.On, Offspring: "household"}},
		{"contract.herd", &livestock.Birth{Herd: tagged, Contract: "C-1", Heads: 1}},
		{"herd.short", &livestock.Death{Herd: plain, Contract: "C-1", Of: "animals", Heads: 26, Cause: "disease"}},
		{"herd.short", &livestock.Sale{Herd: plain, Contract: "C-1", Of: "young", Heads: 1, Price: 1, Buyer: "Market"}},
		{"herd.short", &livestock.Return{Contract: "C-1", Heads: 26}},
		{"tag.elsewhere", &livestock.Return{Contract: "C-2", Heads: 1, Tags: tags(5, 6)}},
		{"tag.taken", &livestock.Intake{Herd: tagged, Heads: 1, Tags: tags(0, 1), Receipt: receipts}},
		{"ledger.short", &livestock.Intake{Herd: plain, Heads: 31, Receipt: receipts}},
		{"contract.left", &livestock.ContractEnd{Contract: "C-1", Reason: "over"}},
		{"stock-take.reason", &livestock.StockTake{Herd: plain, Contract: "C-1", Of: "animals", Heads: 24}},
		{"stock-take.tags", &livestock.StockTake{Herd: tagged, Contract: "C-2", Of: "animals", Heads: 1, Reason: "lost"}},
		{"tag.elsewhere", &livestock.StockTake{Herd: tagged, Contract: "C-2", Of: "animals", Heads: 2, Seen: []string{"ET-000", "ET-007"}}},
		{"herd.owner", &livestock.Herd{ID: "X", Name: "X", Project: countytest.Project, Village: countytest.Village(0), Owner: "H-0", Animals: "sheep", Fund: countytest.Fund}},
		{"herd.village", &livestock.Herd{ID: "X", Name: "X", Project: countytest.Project, Village: countytest.Village(1), Owner: countytest.Collective(0), Animals: "sheep", Fund: countytest.Fund}},
	} {
		c.Refuses(t, refused.code, refused.fact)
	}
	if got := c.Number(t, figure.Distinct, "contract-household", figure.At{}); got != 2 {
		t.Errorf("%d households have a contract after refusals, want 2", got)
	}
}

// TestAnAnimalIsInOneContract follows one animal through contract, stock-take and correction.
func TestAnAnimalIsInOneContract(t *testing.T) {
	c := withHerds(t)
	where := func(tag string) string {
		e, _, err := entity.Get(t.Context(), c.DB, countytest.Book, "animal", tag)
		if err != nil {
			t.Fatal(err)
		}
		return e.Class + " " + e.Status
	}
	want := func(step, place string) {
		t.Helper()
		if got := where("ET-001"); got != place {
			t.Errorf("after %s the animal is %q, want %q", step, got, place)
		}
	}
	c.Record(t, contract("C-1", tagged, "H-0", 3, tags(0, 3)))
	want("the contract", "C-1 present")
	lost := c.Record(t, &livestock.StockTake{Herd: tagged, Contract: "C-1", Of: "animals", Heads: 2, Seen: []string{"ET-000", "ET-002"}, Missing: tags(1, 2), Reason: "strayed"})
	want("the stock-take", "C-1 missing")
	if got := present(t, c, "", ledger.Contract, "C-1", "sheep"); got != 2 {
		t.Errorf("%d heads are under the contract, want 2", got)
	}
	c.Record(t, &fact.Reversal{Entry: lost[0].Seq, Reason: "it was in the next pen"})
	want("the reversal", "C-1 present")
	c.Record(t, &livestock.StockTake{Herd: tagged, Contract: "C-1", Of: "animals", Heads: 2, Missing: tags(1, 2), Reason: "strayed again"},
		&livestock.StockTake{Herd: tagged, Contract: "C-1", Of: "animals", Heads: 3, Found: tags(1, 2), Reason: "came home"})
	want("it came home", "C-1 present")
	second := contract("C-2", tagged, "H-1", 1, tags(1, 2))
	second.From = "C-1"
	c.Record(t, second)
	want("the transfer", "C-2 present")
	c.Record(t, &livestock.Return{Contract: "C-2", Heads: 1, Tags: tags(1, 2)}, &livestock.ContractEnd{Contract: "C-2", Reason: "moved away"})
	want("the return", " present")
	c.Refuses(t, "contract.ended", &livestock.Inspection{Contract: "C-2", Heads: 0, Condition: "good"})
	c.CheckReplay(t)
}

// TestAlerts asks for inspections that are overdue, for deaths above a rate and for heads that are missing.
func TestAlerts(t *testing.T) {
	c := withHerds(t)
	c.On = "2018-05-01"
	c.Record(t, contract("C-1", plain, "H-0", 10, nil), contract("C-2", plain, "H-1", 10, nil))
	c.On = "2018-07-01"
	c.Record(t, &livestock.Inspection{Contract: "C-2", Heads: 10, Condition: "good"},
		&livestock.Death{Herd: plain, Contract: "C-1", Of: "animals", Heads: 2, Cause: "disease"},
		&livestock.StockTake{Herd: plain, Contract: "C-2", Of: "animals", Heads: 9, Reason: "one is gone"})
	for on, want := range map[date.Date][]string{"2018-07-30": nil, "2018-07-31": {"C-1"}, "2018-09-30": {"C-1", "C-2"}} {
		due, err := livestock.Overdue(t.Context(), c.DB, countytest.Book, on)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range due {
			got = append(got, d.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("on %s inspections of %v are overdue, want %v", on, got, want)
		}
	}
	list, err := livestock.Mortalities(t.Context(), c.DB, countytest.Book, "2018-06-01", "2018-07-31", 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Part != "C-1" || list[0].Permille() != 200 || list[1].Part != "C-2" || list[1].Missing != 1 {
		t.Errorf("alerts are %+v, want C-1 with 200 deaths in a thousand and C-2 with one missing", list)
	}
	flocks, err := livestock.Flocks(t.Context(), c.DB, countytest.Book, "2018-07-31")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(flocks, func(f livestock.Flock) bool { return f.ID == plain })
	if f := flocks[at]; f.Kept != 10 || f.Lent != 17 || f.Died != 2 || f.Missing != 1 || f.Young != 0 || f.Running != 2 {
		t.Errorf("the herd stands at %+v, want 10 kept and 17 lent under 2 contracts, 2 dead and 1 missing", f)
	}
	standings, err := livestock.Standings(t.Context(), c.DB, countytest.Book, plain, "2018-07-31")
	if err != nil || len(standings) != 2 {
		t.Fatalf("%d contracts, want 2 (%v)", len(standings), err)
	}
	for i, want := range []struct {
		animals, missing     int64
		inspected, inspectBy date.Date
	}{{8, 0, "", "2018-07-30"}, {9, 1, "2018-07-01", "2018-09-29"}} {
		s := &standings[i]
		if s.Animals.Present != want.animals || s.Missing() != want.missing || s.Inspected != want.inspected || s.InspectBy() != want.inspectBy {
			t.Errorf("contract %s has %d, %d missing, was inspected on %q and is to be by %s; want %+v", s.ID, s.Animals.Present, s.Missing(), s.Inspected, s.InspectBy(), want)
		}
		if by, until := s.InspectBy(), s.Until; s.Overdue(by) || !s.Overdue(by.AddDays(1)) || !s.Overdue(until) || s.Overdue(until.AddDays(1)) || s.Expired(until) || !s.Expired(until.AddDays(1)) {
			t.Errorf("contract %s: an inspection is overdue from the day after %s until %s, and then the animals are due back", s.ID, by, until)
		}
	}
	s, err := livestock.StateOf(t.Context(), c.DB, countytest.Book, plain, "2018-06-30")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Contracts) != 2 || len(s.Kept) != 1 || s.Kept[0].Present != 10 || s.Lent["C-1"][0].Present != 10 {
		t.Errorf("the herd at the end of June is %+v", s)
	}
}

// TestHeadsInAreHeadsOutAndPresent records random histories of pairs of herds, refusals and reversals among them, beside a count kept by the test. At every date heads in
// are heads out and heads present, and every animal with an ear tag is in one place.
func TestHeadsInAreHeadsOutAndPresent(t *testing.T) {
	c := withHerds(t)
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		h := history{c: c, id: fmt.Sprintf("%d-", n), spots: map[string]string{}}
		h.plain, h.tagged = h.id+plain, h.id+tagged
		h.heads = map[string]int64{"herd:" + h.plain: bought, "herd:" + h.tagged: bought}
		for _, tag := range tags(0, bought) {
			h.spots[h.id+tag] = ""
		}
		c.On = "2018-04-01"
		give(t, c, h.plain, h.tagged, slices.Sorted(maps.Keys(h.spots)))
		h.run(t, r)
	})
	c.CheckReplay(t)
}

// history is a random history and what the test knows of it.
type history struct {
	c             *countytest.County
	id            string // begins every code of this history
	plain, tagged string
	heads         map[string]int64  // by class:part
	spots         map[string]string // contract of each tagged animal; "" with the village
}

func (h history) run(t *testing.T, r *rapid.T) {
	byDay := map[date.Date]map[string]int64{h.c.On: maps.Clone(h.heads)}
	step := 0
	for range rapid.IntRange(1, 4).Draw(r, "commits") {
		var drafts []fact.Draft
		var good []bool
		for range rapid.IntRange(1, 8).Draw(r, "facts") {
			if rapid.Bool().Draw(r, "next day") {
				h.c.On = h.c.On.AddDays(rapid.IntRange(1, 40).Draw(r, "days"))
			}
			step++
			f, apply := h.draw(r, step)
			d := h.c.Draft(f)
			d.Key = fmt.Sprintf("%s%d", h.id, step) // the same again on the same day is meant
			drafts, good = append(drafts, d), append(good, apply != nil)
			if apply != nil {
				apply()
			}
			byDay[h.c.On] = maps.Clone(h.heads)
		}
		step++
		f, _ := h.draw(r, step)
		undone := h.c.Draft(f)
		undone.Key = fmt.Sprintf("%s%d", h.id, step)
		_, errs, err := h.c.Recorder.RecordEach(t.Context(), drafts)
		if err != nil {
			r.Fatal(err)
		}
		for i, err := range errs {
			if (err == nil) != good[i] {
				r.Fatalf("%T %+v: recorded is %v (%v), by the test's count it is %v", drafts[i].Fact, drafts[i].Fact, err == nil, err, good[i])
			}
		}
		if fact.KindOf(f).Defines != "" {
			continue
		}
		if receipts, err := h.c.Recorder.Record(t.Context(), undone); err == nil { // what is taken back leaves no trace
			h.c.Record(t, &fact.Reversal{Entry: receipts[0].Seq, Reason: "wrong"})
		}
	}
	for day, want := range byDay {
		h.check(t, r, day, want)
	}
	for tag, contract := range h.spots {
		e, _, err := entity.Get(t.Context(), h.c.DB, countytest.Book, "animal", tag)
		if err != nil || e.Class != contract || e.Status != livestock.Present {
			r.Fatalf("animal %s is %s in %q (%v), want present in %q", tag, e.Status, e.Class, err, contract)
		}
	}
}

func (h history) check(t *testing.T, r *rapid.T, day date.Date, want map[string]int64) {
	list, err := livestock.Holdings(t.Context(), h.c.DB, countytest.Book, day)
	if err != nil {
		r.Fatal(err)
	}
	got := map[string]int64{}
	for _, holding := range list {
		var in, out int64
		for _, n := range holding.In {
			in += n
		}
		for _, n := range holding.Out {
			out += n
		}
		if in != out+holding.Present || holding.Present < 0 {
			r.Fatalf("on %s %s %s: %d in, %d out, %d present", day, holding.Class, holding.Part, in, out, holding.Present)
		}
		got[string(holding.Class)+":"+holding.Part] += holding.Present
	}
	for key, n := range want {
		if got[key] != n {
			r.Fatalf("on %s %s has %d heads, want %d", day, key, got[key], n)
		}
	}
}

// draw makes a fact that is sometimes wrong; apply is nil when it must be refused.
func (h history) draw(r *rapid.T, step int) (f fact.Fact, apply func()) {
	n := int64(rapid.IntRange(1, 12).Draw(r, "heads"))
	id := fmt.Sprintf("%sC-%d", h.id, step)
	var contracts []string
	for key := range h.heads {
		if class, part, _ := strings.Cut(key, ":"); class == string(ledger.Contract) {
			contracts = append(contracts, part)
		}
	}
	slices.Sort(contracts)
	some := ""
	if len(contracts) > 0 {
		some = rapid.SampledFrom(contracts).Draw(r, "contract")
	}
	lent, young := string(ledger.Contract)+":"+some, string(ledger.Young)+":"+some
	kind := rapid.SampledFrom([]string{"contract", "tagged", "birth", "death", "sale", "return", "take over", "replace", "count"}).Draw(r, "kind")
	if some == "" && kind != "tagged" {
		kind = "contract"
	}
	onlyIf := func(ok bool, do func()) func() {
		if ok {
			return do
		}
		return nil
	}
	move := func(from, to string) func() {
		return func() {
			if from != "" {
				h.heads[from] -= n
			}
			if to != "" {
				h.heads[to] += n
			}
		}
	}
	household := fmt.Sprintf("H-%d", rapid.IntRange(0, 4).Draw(r, "household")) // H-4 is not registered
	switch kind {
	case "contract":
		return contract(id, h.plain, household, n, nil), onlyIf(household != "H-4" && h.heads["herd:"+h.plain] >= n, move("herd:"+h.plain, string(ledger.Contract)+":"+id))
	case "tagged":
		first := rapid.IntRange(0, bought-3).Draw(r, "tag")
		list := slices.Sorted(maps.Keys(h.spots))[first : first+3]
		free := true
		for _, tag := range list {
			free = free && h.spots[tag] == ""
		}
		return contract(id, h.tagged, "H-1", 3, list), onlyIf(free, func() {
			h.heads["herd:"+h.tagged] -= 3
			for _, tag := range list {
				h.spots[tag] = id
			}
		})
	case "birth":
		return &livestock.Birth{Herd: h.plain, Contract: some, Heads: n}, onlyIf(h.heads[lent] > 0, move("", young))
	case "death":
		return &livestock.Death{Herd: h.plain, Contract: some, Of: "animals", Heads: n, Cause: "other"}, onlyIf(h.heads[lent] >= n, move(lent, ""))
	case "sale":
		return &livestock.Sale{Herd: h.plain, Contract: some, Of: "young", Heads: n, Price: fact.Money(100 * n), Buyer: "Market"}, onlyIf(h.heads[young] >= n, move(young, ""))
	case "return":
		return &livestock.Return{Contract: some, Heads: n}, onlyIf(h.heads[lent] >= n, move(lent, "herd:"+h.plain))
	case "take over":
		c := contract(id, h.plain, "H-2", n, nil)
		c.From = some
		return c, onlyIf(h.heads[lent] >= n, move(lent, string(ledger.Contract)+":"+id))
	case "replace":
		return &livestock.Replacement{Herd: h.plain, Contract: some, Heads: n, Source: "young"}, onlyIf(h.heads[young] >= n, move(young, lent))
	}
	f = &livestock.StockTake{Herd: h.plain, Contract: some, Of: "animals", Heads: n, Reason: "counted"}
	return f, func() { h.heads[lent] = n }
}

// TestReadContract reads a contract as its page shows it: heads after each entry, in the order of days, the household's income, and nothing of what was taken back.
func TestReadContract(t *testing.T) {
	c := withHerds(t)
	c.On = "2018-05-01"
	c.Record(t, contract("C-1", plain, "H-0", 10, nil))
	c.On = "2018-11-01"
	c.Record(t, &livestock.Birth{Herd: plain, Contract: "C-1", Heads: 6}, &livestock.Inspection{Contract: "C-1", Heads: 10, Condition: "good"})
	c.On = "2019-05-01"
	c.Record(t, &livestock.Sale{Herd: plain, Contract: "C-1", Of: "young", Heads: 5, Price: 5_000_00, Cost: 300_00, Buyer: "Market"},
		&livestock.StockTake{Herd: plain, Contract: "C-1", Of: "animals", Heads: 9, Reason: "strayed"})
	wrong := c.Record(t, &livestock.Death{Herd: plain, Contract: "C-1", Of: "animals", Heads: 1, Cause: "age"})
	c.Record(t, &fact.Reversal{Entry: wrong[0].Seq, Reason: "Found alive"})
	c.On = "2019-03-01" // recorded late
	c.Record(t, &livestock.Cost{Herd: plain, Contract: "C-1", Amount: 200_00, For: "Feed"})
	rec, ok, err := livestock.ReadContract(t.Context(), c.DB, countytest.Book, "C-1")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	var got []string
	for _, h := range rec.History {
		got = append(got, fmt.Sprintf("%s %s %d %d %s %d", h.On, h.Kind, h.Present, h.Born, h.Income, h.Found))
	}
	want := []string{
		"2018-05-01 breeding-contract 10 0 0.00 0", "2018-11-01 animal-birth 10 6 0.00 0", "2018-11-01 animal-inspection 10 6 0.00 0",
		"2019-03-01 breeding-cost 10 6 -200.00 0", "2019-05-01 animal-sale 10 1 4700.00 0", "2019-05-01 animal-stock-take 9 1 0.00 -1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the contract's history is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if rec.Duty() != 10 || rec.Herd.Owner != countytest.Collective(0) {
		t.Errorf("the contract owes %d heads to %s", rec.Duty(), rec.Herd.Owner)
	}
	own, err := livestock.ReadHerd(t.Context(), c.DB, countytest.Book, &rec.Herd)
	if err != nil {
		t.Fatal(err)
	}
	if last := own[len(own)-1]; last.Kind != "animal-stock-take" || last.Found != -1 || last.Present != bought-10 {
		t.Errorf("the herd's own history ends with %+v", last)
	}
	if _, ok, err := livestock.ReadContract(t.Context(), c.DB, countytest.Book, "none"); ok || err != nil {
		t.Errorf("a contract that is not there was read: %v, %v", ok, err)
	}
	c.CheckReplay(t)
}
