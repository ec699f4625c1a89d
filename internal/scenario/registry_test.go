package scenario_test

import (
	"path/filepath"
	"slices"
	"testing"

	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/scenario"
	"lastmile/internal/verify"
)

// TestRegister builds a small register and holds the account's sentences about people against it.
func TestRegister(t *testing.T) {
	folder := t.TempDir()
	m := open(t, "sqlite:"+filepath.Join(folder, "lastmile.db"), filepath.Join(folder, "evidence"))
	const households = 150
	if err := scenario.BuildWith(t.Context(), m.Store, m.clock, households, nil); err != nil {
		t.Fatal(err)
	}
	var exited, people int64
	for _, book := range []string{scenario.Wushan, scenario.Maigaiti} {
		list, err := entity.Find(t.Context(), m.DB, entity.Filter{Book: book, Type: household.Type})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			f, err := household.Load(t.Context(), m.DB, book, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range f.Statuses {
				if s.Status == "exited" {
					exited++
					people += int64(len(f.Present(s.On)))
				}
			}
			if f.HeadName(scenario.AsOf) == "" {
				t.Errorf("household %s has no name", e.ID)
			}
		}
	}
	if exited < households*98/100 || m.number(t, "households-exited", figure.At{}) != exited || m.number(t, "people-lifted", figure.At{}) != people {
		t.Errorf("%d of %d households with %d people left poverty; the figures say %d and %d", exited, households, people,
			m.number(t, "households-exited", figure.At{}), m.number(t, "people-lifted", figure.At{}))
	}
	claims, err := indicator.Claims(t.Context(), m.DB)
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, c := range claims {
		if !slices.Contains([]string{"F600", "F603", "F615", "F941", "F943"}, c.ID) {
			continue
		}
		if r, err := m.figures(t).Check(t.Context(), c); err != nil || r.Verdict != figure.Holds {
			t.Errorf("%s: %s (%v), the records say %q", c.ID, r.Verdict, err, r.Computed)
		}
		held++
	}
	if held != 5 {
		t.Errorf("%d of the register's claims are recorded, want 5", held)
	}
	verified, err := verify.Verify(t.Context(), m.DB, m.Evidence, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range verified.Differences {
		t.Errorf("%s", d)
	}
	heads, err := journal.Heads(t.Context(), m.DB)
	if err != nil {
		t.Fatal(err)
	}
	if err := scenario.BuildWith(t.Context(), m.Store, m.clock, households, nil); err != nil {
		t.Fatalf("a second time: %v", err)
	}
	if again, err := journal.Heads(t.Context(), m.DB); err != nil || !slices.Equal(heads, again) {
		t.Errorf("a second time the books end %v (%v), they ended %v", again, err, heads)
	}
}
