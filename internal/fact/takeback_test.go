package fact_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lastmile/internal/area"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/goods"
	"lastmile/internal/ledger"
	"lastmile/internal/party"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

const county = "620524"

// recording is a store to record into, and how its officer records with both approvers.
func recording(t *testing.T, url string) (*store.Store, func(fact.Draft) (fact.Receipt, error)) {
	t.Helper()
	s := facttest.Open(t, url)
	facttest.Populate(t, s)
	return s, func(d fact.Draft) (fact.Receipt, error) {
		if d.Book == "" {
			d.Book = county
		}
		if d.On == "" {
			d.On = facttest.Day
		}
		d.Actor, d.Approvers, d.Source = facttest.Officer, []string{facttest.Approver, facttest.Approver2}, "test"
		receipts, err := s.Recorder.Record(t.Context(), d)
		if err != nil {
			return fact.Receipt{}, err
		}
		return receipts[0], nil
	}
}

func must(t *testing.T) func(fact.Receipt, error) int64 {
	return func(r fact.Receipt, err error) int64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r.Seq
	}
}

func refusedWith(t *testing.T, code string, err error) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got %v, want it refused as %s", err, code)
	}
}

func payment(yuan int64) *project.Disbursement {
	return &project.Disbursement{Project: "W-house", To: "W-li", Amount: fact.Money(yuan * 100), Voucher: "V1", Purpose: "roof", Fund: "own"}
}

type sums struct{ value, n, traced int64 }

func total(t *testing.T, s *store.Store, measure string) (got sums) {
	t.Helper()
	err := s.DB.QueryRow(t.Context(), "SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT), CAST(COALESCE(SUM(n), 0) AS BIGINT), CAST(COALESCE(SUM(traced), 0) AS BIGINT) FROM total WHERE book = $1 AND measure = $2 AND area = '' AND month = ''",
		county, measure).Scan(&got.value, &got.n, &got.traced)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func photo(t *testing.T, s *store.Store) []string {
	t.Helper()
	hash, err := s.Evidence.Put(bytes.NewReader(facttest.Photo(0)))
	if err != nil {
		t.Fatal(err)
	}
	return []string{hash}
}

// A correction of a correction stands in place of both: the first version does not come back.
func TestCorrectionOfCorrection(t *testing.T) {
	s, record := recording(t, facttest.SQLite(t))
	first := must(t)(record(fact.Draft{Fact: payment(100)}))
	second := must(t)(record(fact.Draft{Fact: payment(200), Corrects: first}))
	third := must(t)(record(fact.Draft{Fact: payment(300), Corrects: second, Evidence: photo(t, s)}))
	if got, want := total(t, s, "disbursement:CNY"), (sums{300_00, 1, 1}); got != want {
		t.Errorf("after two corrections: got %+v, want %+v", got, want)
	}
	must(t)(record(fact.Draft{Fact: &fact.Reversal{Entry: third, Reason: "not paid at all"}}))
	if got, want := total(t, s, "disbursement:CNY"), (sums{}); got != want {
		t.Errorf("after the last was taken back: got %+v, want %+v", got, want)
	}
}

// A late proof counts what its entry counts, and nothing of what the entry takes back.
func TestLateProof(t *testing.T) {
	s, record := recording(t, facttest.SQLite(t))
	evidence := photo(t, s)
	first := must(t)(record(fact.Draft{Fact: payment(100)}))
	second := must(t)(record(fact.Draft{Fact: payment(200), Corrects: first}))
	_, err := record(fact.Draft{Fact: &fact.Proof{Entry: first}, Evidence: evidence})
	refusedWith(t, "proof.reversed", err)
	must(t)(record(fact.Draft{Fact: &fact.Proof{Entry: second}, Evidence: evidence}))
	if got, want := total(t, s, "disbursement:CNY"), (sums{200_00, 1, 1}); got != want {
		t.Errorf("after the proof: got %+v, want %+v", got, want)
	}
	reversal := must(t)(record(fact.Draft{Fact: &fact.Reversal{Entry: second, Reason: "not paid"}}))
	_, err = record(fact.Draft{Fact: &fact.Proof{Entry: reversal}, Evidence: evidence})
	refusedWith(t, "proof.reversal", err)
	if got, want := total(t, s, "disbursement:CNY"), (sums{}); got != want {
		t.Errorf("after the reversal: got %+v, want %+v", got, want)
	}
}

// A refund lessens what was paid and not the number of payments, proved or not, taken back or not.
func TestRefundsAreNoPayments(t *testing.T) {
	s, record := recording(t, facttest.SQLite(t))
	check := func(when string, amount, untraced, n int64) {
		t.Helper()
		list, err := figure.Stages(t.Context(), s.DB, ledger.Currency, "", county, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got figure.Stage
		for _, g := range list {
			got.Amount, got.Untraced, got.N = got.Amount+g.Amount, got.Untraced+g.Untraced, got.N+g.N
		}
		if got.Amount != amount || got.Untraced != untraced || got.N != n {
			t.Errorf("%s: got %+v, want %d, %d of it untraced, in %d payments", when, got, amount, untraced, n)
		}
	}
	must(t)(record(fact.Draft{Fact: payment(100), Evidence: photo(t, s)}))
	refund := must(t)(record(fact.Draft{Fact: &project.Refund{Project: "W-house", From: "W-li", Amount: 40_00, Voucher: "V2", Fund: "own", Reason: "less was needed"}}))
	check("after the refund", 60_00, -40_00, 1)
	must(t)(record(fact.Draft{Fact: &fact.Proof{Entry: refund}, Evidence: photo(t, s)}))
	check("after its proof", 60_00, 0, 1)
	must(t)(record(fact.Draft{Fact: &fact.Reversal{Entry: refund, Reason: "it never came"}}))
	check("after it was taken back", 100_00, 0, 1)
}

// An account says for ever what it said when something first moved through it, whatever a program remembers of it.
func TestAccountsStayAsTheyWereOpened(t *testing.T) {
	url := facttest.SQLite(t)
	s, record := recording(t, url)
	must(t)(record(fact.Draft{Fact: payment(100)}))
	var seq int64
	if err := s.DB.QueryRow(t.Context(), "SELECT seq FROM entity WHERE type = 'party' AND id = 'W-li'").Scan(&seq); err != nil {
		t.Fatal(err)
	}
	must(t)(record(fact.Draft{Fact: &party.Party{ID: "W-li", Name: "Li", Kind: "cooperative", Area: "620524101"}, Corrects: seq}))
	must(t)(record(fact.Draft{Fact: payment(200)}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := facttest.Open(t, url)
	facttest.MustRecord(t, again, fact.Draft{Fact: payment(300), Book: county, Actor: facttest.Officer, Approvers: []string{facttest.Approver}})
	list, err := figure.Stages(t.Context(), again.DB, ledger.Currency, "", county, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range list {
		if g.Receiver != "household" {
			t.Errorf("%+v: want everything received by the household that the account was opened for", g)
		}
	}
}

// The place of an area where something was counted is settled; of another it can be corrected, and counts from then on.
func TestMoveArea(t *testing.T) {
	s, record := recording(t, facttest.SQLite(t))
	village := func(parent string) *area.Area {
		return &area.Area{Code: "620524100009", Parent: parent, Level: "village", Name: "新村"}
	}
	first := facttest.MustRecord(t, s, fact.Draft{Fact: village("620524100")})[0]
	second := facttest.MustRecord(t, s, fact.Draft{Fact: village("620524101"), Corrects: first.Seq})[0]
	household := &party.Party{ID: "W-new", Name: "New", Kind: "household", Area: "620524100009"}
	must(t)(record(fact.Draft{Fact: household}))
	must(t)(record(fact.Draft{Fact: &facttest.Interview{Household: "W-new", Points: 7, Name: "Wu"}}))
	for town, want := range map[string]int64{"620524100": 0, "620524101": 1} {
		var n int64
		err := s.DB.QueryRow(t.Context(), "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM total WHERE measure = 'test-interview' AND area = $1 AND month = ''", town).Scan(&n)
		if err != nil && !errors.Is(err, sql.ErrNoRows) || n != want {
			t.Errorf("town %s counts %d interviews (%v), want %d", town, n, err, want)
		}
	}
	_, err := record(fact.Draft{Book: "hq", Fact: village("620524100"), Corrects: second.Seq})
	refusedWith(t, "area.counted", err)
}

// A bad row in a table of reversals is told at its row, and nothing else is said of the good ones around it.
func TestImportReversalsWithBadRow(t *testing.T) {
	s, record := recording(t, facttest.SQLite(t))
	for range 2 {
		must(t)(record(fact.Draft{Fact: &goods.Donation{Project: "W-house", Fund: "own", Commodity: "mask", Quantity: 5, Document: "D"}, Key: "a"}))
		must(t)(record(fact.Draft{Fact: &goods.Donation{Project: "W-house", Fund: "own", Commodity: "mask", Quantity: 5, Document: "E"}, Key: "b"}))
	}
	r, err := record(fact.Draft{Fact: &goods.Donation{Project: "W-house", Fund: "own", Commodity: "mask", Quantity: 5, Document: "E"}, Key: "b"})
	last := must(t)(r, err)
	path := filepath.Join(t.TempDir(), "reversals.jsonl")
	rows := ""
	for _, seq := range []int64{last - 1, 900, last} {
		rows += `{"book": "620524", "on": "2020-01-02", "entry": "` + fact.Find("reversal").Get(&fact.Reversal{Entry: seq}, fact.Find("reversal").Field("entry")) + `", "reason": "twice"}` + "\n"
	}
	if err := os.WriteFile(path, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	result, err := s.Recorder.Import(t.Context(), fact.Find("reversal"), path, fact.ImportOptions{Actor: facttest.Officer, Approvers: []string{facttest.Approver}, DryRun: true})
	list := fault.All(err)
	if len(list) != 1 || list[0].Row != 2 || list[0].Code != "entry.unknown" || result.Bad != 1 {
		t.Errorf("got %+v and %v, want one bad row, the second", result, err)
	}
}
