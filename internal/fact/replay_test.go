package fact_test

import (
	"strings"
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/journal"
	"lastmile/internal/party"
	"lastmile/internal/store"
)

// What is recorded must read as it was written: a text with spaces at its ends would not.
func TestSpacesAtTheEndsAreRefused(t *testing.T) {
	_, record := recording(t, facttest.SQLite(t))
	_, err := record(fact.Draft{Fact: &party.Party{ID: "W-x", Name: " Li\u3000", Kind: "household", Area: "620524101"}})
	refusedWith(t, "field.space", err)
}

// A journal is replayed into a store that does not hold it already; nothing of a chunk with a wrong entry stays.
func TestReplayRefuses(t *testing.T) {
	s, _ := recording(t, facttest.SQLite(t))
	facttest.Tell(t, s)
	var entries []journal.Entry
	if err := journal.EachInTime(t.Context(), s.DB, func(e journal.Entry) error {
		entries = append(entries, e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	replay := func(to *store.Store, entries []journal.Entry) error {
		return to.Recorder.Replay(t.Context(), func(fn func(journal.Entry) error) error {
			for _, e := range entries {
				if err := fn(e); err != nil {
					return err
				}
			}
			return nil
		}, func(int64) {})
	}
	if err := replay(s, entries); err == nil || !strings.Contains(err.Error(), "replay into an empty store") {
		t.Errorf("into the same store: got %v, want it refused", err)
	}
	changed := len(entries) - 3
	entries[changed].Source = "elsewhere"
	other := facttest.Open(t, facttest.SQLite(t))
	if err := replay(other, entries); err == nil || !strings.Contains(err.Error(), "gives another entry") {
		t.Errorf("with a changed entry: got %v, want it refused", err)
	}
	if heads, err := journal.Heads(t.Context(), other.DB); err != nil || len(heads) > 0 {
		t.Errorf("after the refusal: %v, %v; want nothing recorded", heads, err)
	}
	entries[changed].Source = "test"
	for len(entries) > 0 { // an approval must find its proposal, whatever commits they come in
		n := min(7, len(entries))
		if err := replay(other, entries[:n]); err != nil {
			t.Fatal(err)
		}
		entries = entries[n:]
	}
	want, err := journal.Heads(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	got, err := journal.Heads(t.Context(), other.DB)
	if err != nil || len(got) != len(want) {
		t.Fatal(got, err)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("book %s ends with %s, want %s", got[i].Book, got[i].Hash, want[i].Hash)
		}
	}
}
