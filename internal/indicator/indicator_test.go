package indicator_test

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
	"lastmile/internal/testworld"
)

// Definitions load with one connection left of all that SQLite's readers have, and what was taken back is left out.
func TestLoadTakesOneConnection(t *testing.T) {
	w := testworld.New(t)
	for _, id := range []string{"committed", "given"} {
		w.Record("officer", nil, &indicator.Figure{ID: id, Version: 1, En: id, Zh: id, Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "commitment:CNY"})
	}
	claims := map[string]fact.Receipt{}
	for _, id := range []string{"A-2", "A-1", "A-3"} {
		claims[id] = w.Record("officer", nil, &indicator.Claim{ID: id, Sentence: "More than 60,000 yuan.", Qualifier: ">", Stated: "60000", Unit: "CNY", Figure: "committed"})
	}
	if _, err := w.Store.Recorder.Record(t.Context(), fact.Draft{Fact: &fact.Reversal{Entry: claims["A-2"].Seq, Reason: "said of another programme"}, Book: claims["A-2"].Book,
		On: "2020-05-02", Actor: "officer", Approvers: []string{"approver"}, Source: "test"}); err != nil {
		t.Fatal(err)
	}
	for range max(2, runtime.NumCPU()) - 1 { // as many connections as SQLite reads with, less one
		rows, err := w.Store.DB.Query(t.Context(), "SELECT seq FROM entry")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		rows.Next()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	book, err := indicator.Load(ctx, w.Store.DB, w.Store.Today())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range book.Definitions() {
		ids = append(ids, d.ID)
	}
	if !slices.Equal(ids, []string{"committed", "given"}) {
		t.Errorf("the figures are %q", ids)
	}
	list, err := indicator.Claims(ctx, w.Store.DB)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(list, []string{"A-1", "A-3"}, func(c figure.Claim, id string) bool { return c.ID == id }) {
		t.Errorf("the claims are %+v", list)
	}
}
