package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/journal"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

// childVariable makes the test binary a program to be killed: "import" runs the command line, "record" records from many sides at once.
const childVariable = "LASTMILE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "import":
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	case "record":
		if err := recordForEver(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// recordForEver records areas from 32 sides and says which, each once it is acknowledged.
func recordForEver(url, round string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var sides sync.WaitGroup
	for side := range 32 {
		sides.Go(func() {
			for n := 0; ; n++ {
				code := fmt.Sprintf("%s.%d.%d", round, side, n)
				if _, err := s.Recorder.Record(ctx, fact.Draft{Fact: &area.Area{Code: code, Level: "village", Name: code}, On: "2020-01-01", Actor: fact.Operator, Source: "test"}); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				mu.Lock()
				fmt.Println(code)
				mu.Unlock()
			}
		})
	}
	sides.Wait()
	return errors.New("recording ended by itself")
}

// killedAfter starts the test binary as a child, kills it after a while and gives what it printed.
func killedAfter(t *testing.T, mode string, wait time.Duration, args ...string) (lines []string) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), childVariable+"="+mode)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(wait, func() {
		if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	})
	defer kill.Stop()
	for in := bufio.NewScanner(out); in.Scan(); {
		lines = append(lines, in.Text())
	}
	_ = c.Wait() // it was killed
	return lines
}

// standing opens the store that a killed program left, makes sure that it verifies, and gives how many entries headquarters has.
func standing(t *testing.T, url string, look func(*store.Store)) int64 {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := verify.Verify(t.Context(), s.DB, s.Evidence, nil)
	if err != nil || !r.OK {
		t.Fatalf("after the kill: %v %+v", err, r)
	}
	if look != nil {
		look(s)
	}
	heads, err := journal.GetHeads(t.Context(), s.DB, []string{entity.Headquarters})
	if err != nil {
		t.Fatal(err)
	}
	return heads[0].Seq
}

// kills is how often each of the two is killed.
const kills = 25

// TestImportIsKilled: an import that is killed at any moment leaves a store that verifies, and started again it goes on until every row is
// recorded, each once.
func TestImportIsKilled(t *testing.T) {
	dir := t.TempDir()
	url, file := "sqlite:"+filepath.Join(dir, "lastmile.db"), filepath.Join(dir, "areas.csv")
	const rows = 40_000
	var b strings.Builder
	b.WriteString("on,code,level,name\n")
	for n := range rows {
		fmt.Fprintf(&b, "2020-01-01,%06d,village,村%d\n", n, n)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	if code, out, errOut := command(t.Context(), "import", "area", file, "--db", facttest.SQLite(t)); code != 0 {
		t.Fatalf("an import that nobody kills ended with %d: %s%s", code, out, errOut)
	}
	takes := time.Since(started) // on this machine, as busy as it is
	seen, moved := int64(0), 0
	for range kills {
		killedAfter(t, "import", rand.N(takes), "import", "area", file, "--db", url)
		now := standing(t, url, nil)
		if now < seen || now > rows {
			t.Fatalf("%d entries after there were %d of %d", now, seen, rows)
		}
		if now > seen {
			moved++
		}
		seen = now
	}
	if moved == 0 {
		t.Error("no import came far enough to be killed while it recorded")
	}
	if code, out, errOut := command(t.Context(), "import", "area", file, "--db", url); code != 0 {
		t.Fatalf("the last import ended with %d: %s%s", code, out, errOut)
	}
	if n := standing(t, url, nil); n != rows {
		t.Errorf("%d entries of %d rows", n, rows)
	}
}

// TestRecordersAreKilled: whatever was acknowledged before the kill is there afterwards, once.
func TestRecordersAreKilled(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "lastmile.db")
	acknowledged := 0
	for round := range kills {
		lines := killedAfter(t, "record", time.Duration(50+rand.IntN(300))*time.Millisecond, url, fmt.Sprint(round))
		acknowledged += len(lines)
		n := standing(t, url, func(s *store.Store) {
			for _, code := range lines {
				if _, ok, err := entity.Get(t.Context(), s.DB, entity.Headquarters, "area", code); err != nil || !ok {
					t.Fatalf("%s was acknowledged and is not there (%v)", code, err)
				}
			}
		})
		if n < int64(acknowledged) {
			t.Fatalf("%d entries, %d were acknowledged", n, acknowledged)
		}
	}
	if acknowledged == 0 {
		t.Error("nothing was acknowledged before any kill")
	}
}
