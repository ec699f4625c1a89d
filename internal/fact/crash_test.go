package fact_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/journal"
	"lastmile/internal/store"
)

// crashVariable makes this test binary the program that is killed: "record" or "import FILE".
const crashVariable = "LASTMILE_TEST_CRASH"

func TestMain(m *testing.M) {
	if task := os.Getenv(crashVariable); task != "" {
		if err := crash(task, os.Getenv(crashVariable+"_URL"), os.Getenv(crashVariable+"_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crash works on a store until it is killed, and says on standard output what it was told is recorded.
func crash(task, url, dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{EvidenceDir: dir, Clock: func() time.Time { return facttest.Now }})
	if err != nil {
		return err
	}
	defer s.Close()
	if path, ok := strings.CutPrefix(task, "import "); ok {
		o := byOfficer()
		o.Progress = func(p fact.Progress) { fmt.Println(p.Step) }
		r, err := s.Recorder.Import(ctx, fact.Find("disbursement"), path, o)
		fmt.Printf("done %d\n", r.Recorded+r.Again)
		return err
	}
	round := strings.TrimPrefix(task, "record ")
	var group sync.WaitGroup
	errs := make(chan error, 8)
	for g := range cap(errs) {
		group.Go(func() {
			for i := 0; ; i++ {
				d := interview("W-wang", int64(i%11), "Person")
				if g%2 == 0 {
					d = pay(1, fmt.Sprint("V-", i))
				}
				d.Key = fmt.Sprintf("%s-%d-%d", round, g, i)
				drafts := []fact.Draft{d}
				if i%5 == 0 { // two facts together
					other := interview("W-zhao", 3, "Person")
					other.Key = d.Key + "-b"
					drafts = append(drafts, other)
				}
				receipts, err := s.Recorder.Record(ctx, drafts...)
				if err != nil {
					errs <- err
					return
				}
				for j, r := range receipts {
					// One write a line: a line that is there was acknowledged.
					os.Stdout.WriteString(fmt.Sprintf("%s %d %s\n", r.Book, r.Seq, drafts[j].Key))
				}
			}
		})
	}
	group.Wait()
	return <-errs
}

// start runs this binary as a program that works on a store.
func start(t *testing.T, task, url string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), crashVariable+"="+task, crashVariable+"_URL="+url, crashVariable+"_DIR="+t.TempDir())
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewScanner(out)
}

// kills is how many times a program is killed at each task on an engine. (The commands are killed more often, where they are tested.)
const kills = 5

// A program that is killed while many record has lost nothing that it acknowledged, doubled nothing, and left whole books.
func TestKilledWhileRecording(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := populated(t, url)
		r := rand.New(rand.NewPCG(1, 2))
		acknowledged := 0
		for round := range kills {
			c, lines := start(t, fmt.Sprintf("record %d", round), url)
			var told []string
			until := 1 + r.IntN(150)
			for lines.Scan() {
				if told = append(told, lines.Text()); len(told) == until {
					time.Sleep(time.Duration(r.IntN(5000)) * time.Microsecond)
					if err := c.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
			c.Wait() // says that it was killed
			if len(told) < until {
				t.Fatalf("round %d ended by itself after %d facts", round, len(told))
			}
			for _, line := range told {
				words := strings.Fields(line)
				seq, err := strconv.ParseInt(words[1], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				e, ok, err := journal.Get(t.Context(), s.DB, words[0], seq)
				if err != nil || !ok || e.Key != words[2] {
					t.Fatalf("round %d: entry %s:%d was acknowledged for %s and is %q, %v, %v", round, words[0], seq, words[2], e.Key, ok, err)
				}
				if e, ok, err := journal.ByKey(t.Context(), s.DB, words[0], words[2]); err != nil || !ok || e.Seq != seq {
					t.Fatalf("round %d: %s is entry %d too", round, words[2], e.Seq)
				}
			}
			acknowledged += len(told)
			if round%2 == 0 {
				facttest.CheckBooks(t, s)
			}
		}
		// What is sent again is answered with its first receipt.
		facttest.MustRecord(t, s, pay(1, "V-last"))
		facttest.CheckBooks(t, s)
		var together, first int64
		for _, q := range []struct {
			query string
			n     *int64
		}{
			{"SELECT COUNT(*) FROM entry e WHERE e.key LIKE '%-b'", &together},
			{"SELECT COUNT(*) FROM entry e JOIN entry b ON b.book = e.book AND b.key = e.key || '-b'", &first},
		} {
			if err := s.DB.QueryRow(t.Context(), q.query).Scan(q.n); err != nil {
				t.Fatal(err)
			}
		}
		if together == 0 || together != first {
			t.Errorf("of %d facts recorded together with another, %d have the other", together, first)
		}
		t.Logf("%d facts acknowledged by programs that were killed", acknowledged)
	})
}

// An import that is killed between two commits, or in one, is whole once it is started again, each row once.
func TestKilledWhileImporting(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := populated(t, url)
		r := rand.New(rand.NewPCG(3, 4))
		const n = 8000
		last, times := int64(0), 4
		if testing.Short() {
			times = 1
		}
		for round := range times {
			path := file(t, "payments.csv", rows(round*n+1, n))
			c, lines := start(t, "import "+path, url)
			// Rows are read in thousands ahead of those that are recorded: the third time some commit has ended.
			for told := 0; told < 3 && lines.Scan(); {
				if lines.Text() == "recording" {
					told++
				}
			}
			time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			for lines.Scan() {
			}
			c.Wait() // says that it was killed
			now := held(t, s, "recipient:W-li")
			if now == last || now > last+n {
				t.Fatalf("%d rows are recorded, before it were %d", now, last)
			}
			result, err := load(t, s, "disbursement", path, byOfficer())
			if err != nil || result.Recorded+result.Again != n || last+int64(result.Again) != now || held(t, s, "recipient:W-li") != last+n {
				t.Errorf("whole: %+v, %v; %d fen, of which %d before", result, err, held(t, s, "recipient:W-li"), last)
			}
			last += n
		}
		facttest.CheckBooks(t, s)
	})
}
