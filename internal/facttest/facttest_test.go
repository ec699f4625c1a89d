package facttest_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/facttest"
	"lastmile/internal/journal"
)

// The same facts give the same hashes on both engines.
func TestHistoriesAreTheSameOnBothEngines(t *testing.T) {
	heads := map[string][]journal.Head{}
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := facttest.Open(t, fresh())
		facttest.Populate(t, s)
		recorded, refused := 0, 0
		rapid.Custom(func(rt *rapid.T) int {
			recorded, refused = facttest.Record(rt, s, 150)
			return 0
		}).Example(7)
		if recorded < 50 || refused < 20 {
			t.Errorf("%d facts recorded and %d refused of 150: too few of one of them to be a test", recorded, refused)
		}
		var err error
		if heads[t.Name()], err = journal.Heads(t.Context(), s.DB); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d recorded, %d refused", recorded, refused)
	})
	a, b := heads[t.Name()+"/sqlite"], heads[t.Name()+"/postgres"]
	if len(a) != 3 || !slices.Equal(a, b) {
		t.Errorf("heads differ: sqlite %v, postgres %v", a, b)
	}
}
