package scenario_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/goods"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/scenario"
	"lastmile/internal/store"
	"lastmile/internal/testenv"
)

// TestModelProgramme builds the programme on both databases, on one of them in two goes, and holds the account's figures against the books.
func TestModelProgramme(t *testing.T) {
	folder := t.TempDir()
	evidence := filepath.Join(folder, "evidence") // the same files prove both books
	whole := open(t, "sqlite:"+filepath.Join(folder, "lastmile.db"), evidence)
	stopped := open(t, testenv.Postgres(t), evidence)
	var building sync.WaitGroup
	building.Go(func() {
		if err := scenario.Build(t.Context(), whole.Store, whole.clock, nil); err != nil {
			t.Error(err)
		}
	})
	building.Go(func() {
		ctx, stop := context.WithCancel(t.Context())
		err := scenario.Build(ctx, stopped.Store, stopped.clock, func(done, total int) {
			if 10*done > 7*total {
				stop()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a build that was stopped gives %v", err)
		}
		if err := scenario.Build(t.Context(), stopped.Store, stopped.clock, nil); err != nil {
			t.Error(err)
		}
	})
	building.Wait()
	if t.Failed() {
		t.FailNow()
	}
	heads, err := journal.Heads(t.Context(), whole.DB)
	if err != nil {
		t.Fatal(err)
	}
	if len(heads) != 3 {
		t.Errorf("there are %d books, want headquarters and two counties", len(heads))
	}
	if other, err := journal.Heads(t.Context(), stopped.DB); err != nil || !slices.Equal(heads, other) {
		t.Errorf("the books end\n%v\nbuilt at once on SQLite, and\n%v\nin two goes on PostgreSQL (%v)", heads, other, err)
	}
	for name, s := range map[string]*model{"sqlite": whole, "postgres": stopped} {
		t.Run(name, func(t *testing.T) {
			t.Run("claims", s.testClaims)
			t.Run("a year before", s.testYearBefore)
			t.Run("payments", s.testPayments)
			t.Run("parts", s.testParts)
			t.Run("lineage", s.testLineage)
			t.Run("conservation", s.testConservation)
			t.Run("herds", s.testHerds)
			t.Run("dividends", s.testDividends)
			t.Run("entries", s.testEntries)
		})
	}
	t.Run("loan ledgers", whole.testLoanLedgers)
	t.Run("one payment more", whole.testOneMore)
}

// model is a store and the clock that it goes by.
type model struct {
	*store.Store
	clock *scenario.Clock
}

func open(t *testing.T, url, evidence string) *model {
	clock := new(scenario.Clock)
	s, err := store.Open(t.Context(), url, store.Options{Clock: clock.Now, EvidenceDir: evidence, Random: same{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &model{s, clock}
}

// same salts all personal data alike, so that two builds can be compared.
type same struct{}

func (same) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func (m *model) figures(t *testing.T) *figure.Book {
	t.Helper()
	b, err := m.Figures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (m *model) number(t *testing.T, id string, at figure.At) int64 {
	t.Helper()
	v, err := m.figures(t).Evaluate(t.Context(), id, at)
	if err != nil {
		t.Fatal(err)
	}
	return v.Number
}

// each decodes every entry of every book.
func (m *model) each(t *testing.T, fn func(e journal.Entry, f fact.Fact)) {
	t.Helper()
	heads, err := journal.Heads(t.Context(), m.DB)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heads {
		err := journal.Each(t.Context(), m.DB, journal.Filter{Book: h.Book}, func(e journal.Entry) error {
			f, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
			if err == nil {
				fn(e, f)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (m *model) testClaims(t *testing.T) {
	file, err := indicator.ReadClaims("claims.csv")
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := indicator.Claims(t.Context(), m.DB)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(file, recorded) {
		t.Error("claims.csv and the claims recorded are not the same")
	}
	figures := m.figures(t)
	verdicts := map[figure.Verdict]int{}
	for _, c := range recorded {
		r, err := figures.Check(t.Context(), c)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		verdicts[r.Verdict]++
		want := figure.NotComputed
		switch {
		case strings.HasPrefix(c.Qualifier, "exp"):
			want = figure.Forecast
		case c.Figure != "":
			want = figure.Holds
		}
		if r.Verdict != want {
			t.Errorf("%s: %s, want %s: the books say %q, the account %s %q", c.ID, r.Verdict, want, r.Computed, c.Qualifier, c.Stated)
		}
	}
	if want := map[figure.Verdict]int{figure.Holds: 49, figure.Forecast: 4, figure.NotComputed: 52}; !maps.Equal(verdicts, want) {
		t.Errorf("verdicts are %v, want %v", verdicts, want)
	}
	// What the account prints in millions the books give to the fen.
	for id, want := range map[string]int64{
		"direct-funds": 60_470_000, "industry-funds": 2_370_000_000, "tiechu-funds": 4_000_000, "seed-capital": 25_000_000, "housing-funds": 12_000_000,
		"water-funds": 2_400_000, "class-connect-funds": 1_250_000, "education-funds-wushan": 4_170_000, "pandemic-funds": 3_800_000,
	} {
		if got := m.number(t, id, figure.At{AsOf: scenario.AsOf}); got != 100*want {
			t.Errorf("%s is %s, want %d yuan", id, fact.Money(got), want)
		}
	}
}

// testYearBefore reads the figures as of 22 October 2019, when the sponsor stated them a year before the account.
func (m *model) testYearBefore(t *testing.T) {
	for id, want := range map[string]int64{"direct-funds": 58_600_000, "industry-funds": 1_300_000_000} {
		if got := m.number(t, id, figure.At{AsOf: "2019-10-22"}); got != 100*want {
			t.Errorf("%s as of 2019-10-22 is %s, want %d yuan", id, fact.Money(got), want)
		}
	}
}

// testPayments adds up the payments as they stand in the entries, without postings or totals.
func (m *model) testPayments(t *testing.T) {
	var payments, unproved, paidIn int64
	var money, unprovedMoney fact.Money
	byBook := map[string]fact.Money{}
	households := map[string]bool{}
	stages := map[string]fact.Money{}
	m.each(t, func(e journal.Entry, f fact.Fact) {
		var amount fact.Money
		switch f := f.(type) {
		case *project.Disbursement:
			amount = f.Amount
			if strings.HasPrefix(f.To, "H-") {
				households[f.To] = true
			}
		case *goods.Purchase:
			amount = f.Amount
		case *project.Refund:
			byBook[e.Book] -= f.Amount
			money -= f.Amount
			return
		case *enterprise.InvestmentStage:
			paidIn++
			stages[f.Stage] += f.Amount
			return
		default:
			return
		}
		payments++
		money += amount
		byBook[e.Book] += amount
		if len(e.Evidence) == 0 {
			unproved++
			unprovedMoney += amount
		}
	})
	if payments != 1_284 || unproved != 18 || unprovedMoney != 84_000_000 {
		t.Errorf("%d payments, %d of them (%s yuan) without a slip, want 1284, 18 and 840000.00", payments, unproved, unprovedMoney)
	}
	if len(households) != 803 {
		t.Errorf("%d households were paid, want 803", len(households))
	}
	if got := m.number(t, "direct-funds", figure.At{}); got != int64(money) {
		t.Errorf("direct-funds is %s, the payments less refunds are %s", fact.Money(got), money)
	}
	for book, want := range byBook {
		if got := m.number(t, "direct-funds", figure.At{Filter: figure.Filter{Area: book}}); got != int64(want) {
			t.Errorf("direct-funds in %s is %s, the payments less refunds are %s", book, fact.Money(got), want)
		}
	}
	for stage, id := range map[string]string{"committed": "investment-committed", "contracted": "investment-contracted", "paid-in": "industry-funds"} {
		if got := m.number(t, id, figure.At{}); got != int64(stages[stage]) {
			t.Errorf("%s is %s, the stages add up to %s", id, fact.Money(got), stages[stage])
		}
	}
	v, err := m.figures(t).Evaluate(t.Context(), "payments", figure.At{})
	if err != nil || v.Number != payments || v.Of != payments || v.Traced != payments-unproved {
		t.Errorf("figure payments is %+v (%v), want %d of which %d are traced", v, err, payments, payments-unproved)
	}
}

func (m *model) testParts(t *testing.T) {
	figures := m.figures(t)
	for _, dimension := range []string{"year", "month", "area", "project", "fund"} {
		members, err := figures.By(t.Context(), "direct-funds", dimension, figure.At{})
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for _, m := range members {
			sum += m.Value.Number
		}
		if want := m.number(t, "direct-funds", figure.At{}); sum != want {
			t.Errorf("direct-funds by %s adds up to %s, want %s", dimension, fact.Money(sum), fact.Money(want))
		}
	}
}

func (m *model) testLineage(t *testing.T) {
	figures := m.figures(t)
	for _, d := range figures.Definitions() {
		for _, asOf := range []date.Date{"", scenario.AsOf, "2019-10-22"} {
			v, list, err := figures.Lineage(t.Context(), d.ID, figure.At{AsOf: asOf})
			if err != nil {
				t.Fatal(err)
			}
			var sum int64
			for _, c := range list {
				sum += c.Contribution
			}
			want := v.Number
			if d.Aggregate == figure.Ratio {
				want += v.Over
			}
			if sum != want {
				t.Errorf("the lineage of %s as of %q adds up to %d, its value is %d", d.ID, asOf, sum, want)
			}
			if asOf == "" && len(list) == 0 {
				t.Errorf("%s has no records", d.ID)
			}
		}
	}
}

// testConservation looks at what accounts hold: nothing was made or lost, no store or treasury is below nothing, and nothing is on its way.
func (m *model) testConservation(t *testing.T) {
	rows, err := m.DB.Query(t.Context(), "SELECT book, commodity, CAST(SUM(amount) AS BIGINT) FROM balance GROUP BY book, commodity ORDER BY book, commodity")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	commodities := map[string]bool{}
	for rows.Next() {
		var book, commodity string
		var sum int64
		if err := rows.Scan(&book, &commodity, &sum); err != nil {
			t.Fatal(err)
		}
		commodities[commodity] = true
		if sum != 0 {
			t.Errorf("book %s has %d %s too many", book, sum, commodity)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"CNY", "sheep", "lamb", "class-connect", "ambulance", "mask"} {
		if !commodities[c] {
			t.Errorf("no account holds %s", c)
		}
	}
	if list, err := programme.Unmatched(t.Context(), m.DB); err != nil || len(list) > 0 {
		t.Errorf("on the way are %v (%v), want nothing", list, err)
	}
	collected, delivered, left := m.number(t, "masks-collected", figure.At{}), m.number(t, "masks-delivered", figure.At{}), m.number(t, "masks-in-store", figure.At{})
	if lost := m.number(t, "masks-lost", figure.At{}); collected != delivered+lost+left || left == 0 || lost == 0 {
		t.Errorf("%d masks were collected, %d delivered, %d lost and %d are in store", collected, delivered, lost, left)
	}
	m.testGivers(t)
	if in, out := m.number(t, "funds-injected", figure.At{}), m.number(t, "direct-funds", figure.At{}); in != out+m.number(t, "treasury-balance", figure.At{})+m.number(t, "commitments-balance", figure.At{}) {
		t.Errorf("%s were put in and %s paid: what accounts hold is not the difference", fact.Money(in), fact.Money(out))
	}
	if got := m.number(t, "ewes-delivered", figure.At{}); got != 3_583 {
		t.Errorf("%d ewes were given to villages, want 3583", got)
	}
}

// testGivers follows masks and ambulances from each giver: what came in is what was delivered, lost, is underway and in store, at every month's end.
func (m *model) testGivers(t *testing.T) {
	givers := map[string]int64{}
	for _, book := range []string{scenario.Wushan, scenario.Maigaiti} {
		for _, on := range []date.Date{"2020-02-29", "2020-03-31", "2020-05-20", "2020-05-31", "2020-06-30", ""} {
			for _, commodity := range []string{"mask", "ambulance", "class-connect"} {
				list, err := goods.Reconcile(t.Context(), m.DB, book, commodity, on)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range list {
					if a.In != a.Delivered+a.Lost+a.Underway+a.Held || a.Underway < 0 || a.Held < 0 {
						t.Errorf("%s of %s in book %s on %q: %+v does not add up", commodity, a.Fund, book, on, a)
					}
					if commodity == "mask" && on == "" {
						givers[a.Fund] += a.In
					}
				}
			}
		}
		list, err := goods.Register(t.Context(), m.DB, book, scenario.AsOf)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if a.Status != goods.Accepted || a.Checked == "" {
				t.Errorf("%s is %s, last checked %q", a.ID, a.Status, a.Checked)
			}
		}
		if len(list) != 9 {
			t.Errorf("book %s has %d ambulances in the register, want 9", book, len(list))
		}
	}
	if len(givers) != 5 || givers["MASK-MEMBERS"] != 310_000 {
		t.Errorf("masks came from %v, want five givers", givers)
	}
}

// testHerds holds what herds and contracts have against what they were given, at several dates, and against the contracts themselves.
func (m *model) testHerds(t *testing.T) {
	var lent, ended int64
	m.each(t, func(_ journal.Entry, f fact.Fact) {
		switch f := f.(type) {
		case *livestock.Contract:
			lent += f.Heads
		case *livestock.Death:
			if f.Of == "animals" {
				ended += f.Heads
			}
		}
	})
	if lent != 3_583 || ended == 0 {
		t.Errorf("%d ewes are lent and %d died, want 3583 and some", lent, ended)
	}
	for _, on := range []date.Date{"2018-04-30", "2018-12-31", "2019-10-22", scenario.AsOf, ""} {
		list, err := livestock.Holdings(t.Context(), m.DB, scenario.Maigaiti, on)
		if err != nil {
			t.Fatal(err)
		}
		var given, present, died int64
		for _, h := range list {
			var in, out int64
			for _, n := range h.In {
				in += n
			}
			for _, n := range h.Out {
				out += n
			}
			if in != out+h.Present || h.Present < 0 {
				t.Errorf("on %s %s %s has %d %s: %d came in and %d went out", on, h.Class, h.Part, h.Present, h.Commodity, in, out)
			}
			if h.Commodity == "sheep" {
				given, present, died = given+h.In[ledger.Delivery], present+h.Present, died+h.Out["death"]
			}
			if h.Commodity == "sheep" && h.Class == ledger.Young {
				t.Errorf("household %s owns %d ewes", h.Owner, h.Present)
			}
		}
		if want := m.number(t, "ewes-delivered", figure.At{AsOf: on}); given != want || given != present+died {
			t.Errorf("on %s villages were given %d ewes (by the figure %d), %d are present and %d died", on, given, want, present, died)
		}
	}
	late, err := livestock.Overdue(t.Context(), m.DB, scenario.Maigaiti, scenario.AsOf)
	if err != nil || len(late) == 0 || len(late) > 60 {
		t.Errorf("%d inspections are overdue (%v), want a few", len(late), err)
	}
}

// testDividends sets what was guaranteed beside what was paid, and looks at what villages did with it.
func (m *model) testDividends(t *testing.T) {
	years, err := dividend.Years(t.Context(), m.DB, scenario.Maigaiti, "ANGUS-PLAN", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(years) != 2 || years[0].Paid != years[0].Amount || years[0].Shortfall != 740_000_000 || years[1].Paid >= years[1].Amount {
		t.Errorf("the years are %+v, want the first paid in full and 7.4 million short, the second being paid", years)
	}
	paid, declared := m.number(t, "dividends-paid", figure.At{}), m.number(t, "dividends-declared", figure.At{})
	if owed := m.number(t, "dividends-owed", figure.At{}); declared != paid+owed || declared != int64(years[0].Amount+years[1].Amount) || owed == 0 {
		t.Errorf("of %s declared %s are paid and %s owed", fact.Money(declared), fact.Money(paid), fact.Money(owed))
	}
	spent, err := dividend.Spent(t.Context(), m.DB, scenario.Maigaiti, "")
	if err != nil || len(spent) != 140 {
		t.Fatalf("%d villages have dividends (%v), want 140", len(spent), err)
	}
	var received, shared fact.Money
	for village, s := range spent {
		received, shared = received+s.Received, shared+s.Shared
		if s.Received != s.Works+s.Posts+s.Shared+s.SetAside+s.Left || s.Left < 0 || s.SetAside != 0 || s.Works == 0 {
			t.Errorf("%s: %+v does not add up", village, *s)
		}
	}
	if int64(received) != paid || int64(shared) != m.number(t, "dividends-shared", figure.At{}) || shared != 14_400_000 {
		t.Errorf("villages got %s and shared %s, the figures say %s and %s", received, shared, fact.Money(paid), fact.Money(m.number(t, "dividends-shared", figure.At{})))
	}
	if forecast := m.number(t, "jobs-forecast", figure.At{}); forecast == m.number(t, "jobs-filled", figure.At{}) {
		t.Errorf("%d jobs are forecast and as many filled", forecast)
	}
}

// testEntries looks at the entries themselves: marked as synthetic, recorded in order and after they happened, approved by others, proved by
// files that exist.
func (m *model) testEntries(t *testing.T) {
	var lastBook string
	var last int64
	waiting, paired := 0, 0
	m.each(t, func(e journal.Entry, f fact.Fact) {
		if e.Source != scenario.Source {
			t.Errorf("entry %s:%d has source %q", e.Book, e.Seq, e.Source)
		}
		if e.Book != lastBook {
			lastBook, last = e.Book, 0
		}
		at := time.UnixMicro(e.RecordedAt).UTC()
		if e.RecordedAt <= last || date.Of(at) <= e.On || at.Hour() != 9 {
			t.Errorf("entry %s:%d of %s is recorded at %s", e.Book, e.Seq, e.On, at)
		}
		last = e.RecordedAt
		if e.Kind == "proposal" {
			waiting++
			return
		}
		need := fact.KindOf(f).Approvers(f)
		if len(e.Approvers) != need || slices.Contains(e.Approvers, e.Actor) {
			t.Errorf("entry %s:%d, a %s of %s, has approvers %v, want %d others", e.Book, e.Seq, e.Kind, e.Actor, e.Approvers, need)
		}
		if need == 2 {
			paired++
		}
		for _, h := range e.Evidence {
			if !m.Evidence.Has(h) {
				t.Errorf("entry %s:%d names file %s, which is not kept", e.Book, e.Seq, h)
			}
		}
	})
	if waiting != 3 {
		t.Errorf("%d proposals wait for a second person, want 3", waiting)
	}
	if paired == 0 {
		t.Error("no fact was large enough to need two approvers")
	}
}

// testOneMore pays 100,000 yuan more than the account says and sees that it is noticed.
func (m *model) testOneMore(t *testing.T) {
	before := m.number(t, "direct-funds", figure.At{})
	_, err := m.Recorder.Record(t.Context(), fact.Draft{
		Fact: &project.Disbursement{Project: "W-F-02", To: "cd-finance-wushan", Amount: 10_000_000, Voucher: "BK-20-1029-001", Purpose: "Training"},
		On:   "2020-10-29", Actor: "qian.fang", Approvers: []string{"zhou.kai"}, Source: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.number(t, "direct-funds", figure.At{}); got != before+10_000_000 {
		t.Errorf("direct-funds went from %s to %s after a payment of 100000.00", fact.Money(before), fact.Money(got))
	}
	claims, err := indicator.Claims(t.Context(), m.DB)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]figure.Verdict{"F004": figure.Differs, "F501": figure.Holds, "F006": figure.Holds}
	for _, c := range claims {
		if want[c.ID] == "" {
			continue
		}
		if r, err := m.figures(t).Check(t.Context(), c); err != nil || r.Verdict != want[c.ID] {
			t.Errorf("%s: %s (%v), want %s", c.ID, r.Verdict, err, want[c.ID])
		}
	}
}

func TestBuildWantsItsClock(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "lastmile.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := scenario.Build(t.Context(), s, new(scenario.Clock), nil); err == nil {
		t.Error("a store with another clock was built in")
	}
	if empty, err := s.Empty(t.Context()); err != nil || !empty {
		t.Errorf("something was recorded (%v)", err)
	}
}
