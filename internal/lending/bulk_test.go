package lending_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/lending"
	"lastmile/internal/testenv"
	"lastmile/internal/verify"
)

// lent is a county in which four households owe, over two years.
func lent(t *testing.T, url string) *county {
	c := openAt(t, url).found()
	for i := range 4 {
		k := lending.Contract{ID: fmt.Sprintf("L%d", i), Principal: 1_000_000, Rate: "4.35", DisbursedOn: "2019-01-15", Instalments: 24}
		c.lend("farmer", "household", k)
	}
	return c
}

// Repayments in one batch, of which some are refused, leave what they leave when each is recorded by itself, and a dry run of them as a table
// tells exactly the rows that will be refused.
func TestBatchIsOneByOne(t *testing.T) {
	facttest.Histories(t, 6, func(rt *rapid.T) { batchIsOneByOne(t, rt, "sqlite:"+filepath.Join(t.TempDir(), "batch.db")) })
}

func TestBatchIsOneByOnePostgres(t *testing.T) {
	facttest.Histories(t, 1, func(rt *rapid.T) { batchIsOneByOne(t, rt, testenv.Postgres(t)) })
}

func batchIsOneByOne(t *testing.T, rt *rapid.T, url string) {
	batch, single := lent(t, url), lent(t, "sqlite:"+filepath.Join(t.TempDir(), "single.db"))
	day := date.Date("2019-02-01")
	var drafts []fact.Draft
	csv := bytes.NewBufferString("on,loan,amount,receipt,excess\n")
	for i := range rapid.IntRange(20, 60).Draw(rt, "rows") {
		day = day.AddDays(rapid.IntRange(0, 12).Draw(rt, "days"))
		f := &lending.Repayment{Loan: fmt.Sprintf("L%d", rapid.IntRange(0, 4).Draw(rt, "loan")), Amount: fact.Money(rapid.Int64Range(1, 150_000).Draw(rt, "amount")), Receipt: fmt.Sprint(i),
			Excess: rapid.SampledFrom([]string{"", "hold", "next-rows", "shorter-term", "smaller-instalment", "payoff"}).Draw(rt, "excess")}
		on := day.AddDays(-rapid.SampledFrom([]int{0, 0, 0, 20}).Draw(rt, "learnt late"))
		drafts = append(drafts, fact.Draft{Fact: f, Book: book, On: on, Actor: fact.Operator, Source: "test"})
		fmt.Fprintf(csv, "%s,%s,%s,%s,%s\n", on, f.Loan, f.Amount, f.Receipt, f.Excess)
	}

	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, csv.Bytes(), 0o600); err != nil {
		rt.Fatal(err)
	}
	tried, err := batch.Recorder.Import(t.Context(), fact.Find("loan-repayment"), path, fact.ImportOptions{Actor: fact.Operator, DryRun: true, SkipBad: true})
	if err != nil {
		rt.Fatal(err)
	}
	_, together, err := batch.Recorder.RecordEach(t.Context(), slices.Clone(drafts))
	if err != nil {
		rt.Fatal(err)
	}
	for i, d := range drafts {
		_, alone := single.Recorder.Record(t.Context(), d)
		if code(together[i]) != code(alone) || (together[i] == nil) != (alone == nil) {
			rt.Errorf("row %d: %v in the batch, %v by itself", i+2, together[i], alone)
		}
		refused := slices.ContainsFunc(tried.BadRows, func(r fact.BadRow) bool { return r.Row == i+2 })
		if refused != (alone != nil) {
			rt.Errorf("row %d: the dry run refuses it: %v; by itself: %v", i+2, refused, alone)
		}
	}
	for _, table := range []string{"loan", "loan_event", "loan_schedule", "loan_pool", "account", "lot"} {
		if a, b := batch.dump(table), single.dump(table); !slices.Equal(a, b) {
			rt.Errorf("%s after the batch:\n%q\none by one:\n%q", table, a, b)
		}
	}
	report, err := verify.Verify(t.Context(), batch.DB, nil, nil)
	if err != nil || !report.OK {
		rt.Errorf("verify: %v, %v", report, err)
	}
}
