package figure_test

import (
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/facttest"
)

// A store of the time before sums over all months were kept has them when it is next opened, the same as if they had always been kept.
func TestOlderStoreGetsSumsOverAllMonths(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		facttest.Histories(t, 2, func(rt *rapid.T) {
			url := fresh()
			s := facttest.Open(rt, url)
			facttest.Populate(rt, s)
			facttest.Record(rt, s, 60)
			want := facttest.Dump(rt, s)
			if err := s.Close(); err != nil {
				rt.Fatal(err)
			}
			older := facttest.Tamper(rt, url)
			for _, statement := range []string{"DELETE FROM total WHERE month = ''", "DELETE FROM schema_migration WHERE name = 'figure/0002_all_months.sql'"} {
				r, err := older.Exec(statement)
				if err != nil {
					rt.Fatal(err)
				}
				if n, err := r.RowsAffected(); n == 0 || err != nil {
					rt.Fatalf("%s: %d rows, %v", statement, n, err)
				}
			}
			if got := facttest.Dump(rt, facttest.Open(rt, url)); got != want {
				rt.Errorf("after the migration the store differs: %d bytes, want %d", len(got), len(want))
			}
		})
	})
}
