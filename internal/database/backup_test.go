package database_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lastmile/internal/database"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/journal"
	"lastmile/internal/verify"
)

// A backup taken while facts are recorded is a whole store as it stood at one moment.
func TestBackupWhileRecording(t *testing.T) {
	s := facttest.Open(t, facttest.SQLite(t))
	facttest.Populate(t, s)
	facttest.Tell(t, s)
	seq := func(db *database.DB) int64 {
		t.Helper()
		heads, err := journal.GetHeads(t.Context(), db, facttest.Counties[:1])
		if err != nil {
			t.Fatal(err)
		}
		return heads[0].Seq
	}
	before := seq(s.DB)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			default:
				facttest.MustRecord(t, s, fact.Draft{Book: facttest.Counties[0], Actor: facttest.Officer, Key: fmt.Sprint("interview-", n),
					Fact: &facttest.Interview{Household: "W-li", Points: int64(n % 11), Name: "Li Hua"}})
			}
		}
	}()
	dir := t.TempDir()
	var copies []string
	for i := range 5 {
		copies = append(copies, filepath.Join(dir, fmt.Sprintf("copy-%d.db", i)))
		if err := s.DB.Backup(t.Context(), copies[i]); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if n := <-stopped; n < 3 {
		t.Errorf("only %d facts were recorded meanwhile", n)
	}
	last := before
	for _, path := range copies {
		db, err := database.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		r, err := verify.Verify(t.Context(), db, s.Evidence, nil)
		if err != nil || !r.OK {
			t.Errorf("%s: %v, %+v", path, err, r)
		}
		if n := seq(db); n < last {
			t.Errorf("%s ends at entry %d, the copy before it at %d", path, n, last)
		} else {
			last = n
		}
	}
	if last == before {
		t.Error("the last copy holds nothing that was recorded meanwhile")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.unfinished*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v: want nothing left behind", left, err)
	}
	if err := s.DB.Backup(t.Context(), copies[0]); err == nil || !strings.Contains(err.Error(), "choose a new name") {
		t.Errorf("over a file that is there: got %v, want it refused", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stopped.db.unfinished"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.DB.Backup(t.Context(), filepath.Join(dir, "stopped.db")); err != nil {
		t.Errorf("after one that was stopped: %v", err)
	}
}
