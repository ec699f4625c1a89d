package verify_test

import (
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/facttest"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

func verified(t facttest.TB, s *store.Store) *verify.Report {
	t.Helper()
	r, err := verify.Verify(t.Context(), s.DB, s.Evidence, nil)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return r
}

func TestRandomHistoriesVerify(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		facttest.Histories(t, 3, func(rt *rapid.T) {
			s := facttest.Open(rt, fresh())
			facttest.Populate(rt, s)
			facttest.Record(rt, s, 100)
			r := verified(rt, s)
			for _, d := range r.Differences {
				rt.Errorf("%s", d)
			}
			if r.OK != (len(r.Differences) == 0) || r.Entries < 100 || r.Postings == 0 || r.Observations == 0 {
				rt.Errorf("report %+v: want everything looked at", r)
			}
		})
	})
}
