// Command record measures how fast facts are recorded, as ratios to what the same machine can do at best in the same run:
//
//	one recorder of single durable facts   to bare fdatasync of a 4 KiB page       (at least 0.40; an append-only
//	                                       journal appends, so both ways of writing the page are shown)
//	256 concurrent recorders               to that one recorder                    (at least 3, 99th percentile under 50 ms)
//	bulk import of disbursements           to the bare driver inserting those rows (at least 0.33)
//	verification of what was imported      to reading those rows and hashing them  (at least 0.50)
//
// and says what an entry takes on disk (at most 1.5 KB). Run it with: go run ./bench/record
package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/fact"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

func main() {
	rows := flag.Int("rows", 200_000, "disbursements to import")
	seconds := flag.Float64("seconds", 3, "length of each timed run")
	only := flag.String("only", "", "sync, concurrent or import")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			fail(err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			fail(err)
		}
		defer pprof.StopCPUProfile()
	}
	dir, err := os.MkdirTemp("", "lastmile-bench-")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	span := time.Duration(*seconds * float64(time.Second))
	if *only != "import" {
		recorders(ctx, dir, span, *only)
	}
	if *only == "" || *only == "import" {
		bulk(ctx, dir, *rows)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "bench: %.2000s\n", err.Error())
	os.Exit(1)
}

const county = "620524"

// programmeIn makes a store with a county, money and 5,000 households to be paid.
func programmeIn(ctx context.Context, dir string, households int) *store.Store {
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "lastmile.db"), store.Options{})
	if err != nil {
		fail(err)
	}
	record := func(actor string, facts ...fact.Fact) {
		drafts := make([]fact.Draft, len(facts))
		for i, f := range facts {
			drafts[i] = fact.Draft{Fact: f, On: "2020-01-01", Actor: actor, Source: "bench"}
			if k := fact.KindOf(f); k.Approval != nil {
				drafts[i].Approvers = []string{"bob", "cyd"}
			}
			if k := fact.KindOf(f); k.Book != "hq" {
				drafts[i].Book = county
			}
			if p, ok := f.(*party.Party); ok && p.Area == "" {
				drafts[i].Book = "hq"
			}
		}
		if _, err := s.Recorder.Record(ctx, drafts...); err != nil {
			fail(err)
		}
	}
	op := fact.Operator
	record(op, &area.Area{Code: "62", Level: "province", Name: "甘肃省"}, &area.Area{Code: county, Parent: "62", Level: "county", Name: "武山县"},
		&area.Area{Code: county + "100", Parent: county, Level: "town", Name: "城关镇"})
	var villages []fact.Fact
	for i := range 30 {
		villages = append(villages, &area.Area{Code: fmt.Sprintf("%s100%03d", county, i+1), Parent: county + "100", Level: "village", Name: fmt.Sprintf("村%d", i+1)})
	}
	record(op, villages...)
	record(op, &party.Party{ID: "szse", Name: "Exchange", Kind: "sponsor"}, &programme.Programme{ID: "p", Name: "Programme", Sponsor: "szse"})
	record(op, &programme.Designation{County: county, Programme: "p", Authority: "authority", Document: "document"}, &programme.Fund{ID: "own", Name: "Own", Sponsor: "szse", Purpose: "all"})
	for _, id := range []string{"ann", "bob", "cyd"} {
		record(op, &access.Person{ID: id, Name: id, Unit: "unit"})
	}
	record(op, &access.Appointment{Person: "ann", Role: "finance"}, &access.Appointment{Person: "ann", Role: "programme-officer"},
		&access.Appointment{Person: "bob", Role: "approver"}, &access.Appointment{Person: "cyd", Role: "approver"})
	const money = 9_000_000_000_00
	record("ann", &programme.Injection{Fund: "own", Amount: money, Voucher: "v"}, &programme.Transfer{Transfer: "t", To: county, Fund: "own", Amount: money, Voucher: "v"})
	record("ann", &programme.TransferReceipt{Transfer: "t", County: county, Fund: "own", Amount: money, Voucher: "v"})
	record(op, &project.Project{ID: "W-H-01", Name: "House repair", Area: county, Channel: "livelihood", Theme: "housing"})
	record("ann", &project.Budget{Project: "W-H-01", Line: "all", Amount: money}, &project.Commitment{Project: "W-H-01", Amount: money, Contract: "c"})
	var parties []fact.Fact
	for i := range households {
		parties = append(parties, &party.Party{ID: household(i), Name: "农户", Kind: "household", Area: fmt.Sprintf("%s100%03d", county, i%30+1)})
	}
	record(op, parties...)
	return s
}

func household(i int) string { return fmt.Sprintf("H-%05d", i) }

func disbursement(n int) fact.Draft {
	return fact.Draft{
		Fact: &project.Disbursement{Project: "W-H-01", To: household(n % 500), Amount: fact.Money(100_00 + n%5000), Voucher: fmt.Sprintf("BK-20-%07d", n), Purpose: "House repair, first instalment"},
		Book: county, On: "2020-03-14", Actor: "ann", Approvers: []string{"bob"}, Source: "bench",
	}
}

func recorders(ctx context.Context, dir string, span time.Duration, only string) {
	sub := filepath.Join(dir, "single")
	s := programmeIn(ctx, sub, 5000)
	defer s.Close()
	page := newPage(filepath.Join(sub, "page"))
	defer page.Close()
	// The two take turns, so that a machine that is busy with something else slows both.
	const slice = 50 * time.Millisecond
	var over, added, n int
	var overTime, addTime, recordTime time.Duration
	for recordTime < span {
		start := time.Now()
		for time.Since(start) < slice {
			syncPage(page, int64(over%64))
			over++
		}
		overTime += time.Since(start)
		start = time.Now()
		for time.Since(start) < slice {
			syncPage(page, int64(64+added))
			added++
		}
		addTime += time.Since(start)
		start = time.Now()
		for time.Since(start) < slice {
			if _, err := s.Recorder.Record(ctx, disbursement(n)); err != nil {
				fail(err)
			}
			n++
		}
		recordTime += time.Since(start)
	}
	overwriting, appending, single := float64(over)/overTime.Seconds(), float64(added)/addTime.Seconds(), float64(n)/recordTime.Seconds()
	fmt.Printf("bare fdatasync, 4 KiB page appended  %8.0f /s\n", appending)
	fmt.Printf("the same, page overwritten in place  %8.0f /s\n", overwriting)
	fmt.Printf("one recorder, one durable fact each  %8.0f /s   %.2f of appending, %.2f of overwriting\n", single, single/appending, single/overwriting)
	if only == "sync" {
		return
	}
	var next atomic.Int64
	next.Store(int64(n))
	var mu sync.Mutex
	var waits []time.Duration
	var wg sync.WaitGroup
	start := time.Now()
	for range 256 {
		wg.Go(func() {
			var mine []time.Duration
			for time.Since(start) < span {
				t := time.Now()
				if _, err := s.Recorder.Record(ctx, disbursement(int(next.Add(1)))); err != nil {
					fail(err)
				}
				mine = append(mine, time.Since(t))
			}
			mu.Lock()
			waits = append(waits, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	many := float64(len(waits)) / time.Since(start).Seconds()
	slices.Sort(waits)
	fmt.Printf("256 recorders                        %8.0f /s   %.1f times one recorder; wait median %s, 99th percentile %s\n", many, many/single,
		waits[len(waits)/2].Round(10*time.Microsecond), waits[len(waits)*99/100].Round(10*time.Microsecond))
}

// newPage is an allocated file of 64 pages.
func newPage(path string) *os.File {
	f, err := os.Create(path)
	if err != nil {
		fail(err)
	}
	if _, err := f.Write(make([]byte, 64*4096)); err != nil {
		fail(err)
	}
	if err := f.Sync(); err != nil {
		fail(err)
	}
	return f
}

var zeros [4096]byte

// syncPage writes one page and waits until it is on disk.
func syncPage(f *os.File, n int64) {
	if _, err := f.WriteAt(zeros[:], n*4096); err != nil {
		fail(err)
	}
	if err := syscall.Fdatasync(int(f.Fd())); err != nil {
		fail(err)
	}
}

func bulk(ctx context.Context, dir string, rows int) {
	sub := filepath.Join(dir, "bulk")
	s := programmeIn(ctx, sub, 5000)
	file := filepath.Join(dir, "disbursements.csv")
	f, err := os.Create(file)
	if err != nil {
		fail(err)
	}
	fmt.Fprintln(f, "on,project,to,amount,voucher,purpose")
	for i := range rows {
		fmt.Fprintf(f, "2020-%02d-%02d,W-H-01,%s,%d.%02d,BK-20-%07d,\"House repair, first instalment\"\n", i%12+1, i%28+1, household(i%5000), 100+i%50, i%100, i)
	}
	if err := f.Close(); err != nil {
		fail(err)
	}
	last, marks := time.Now(), map[string]time.Duration{}
	step := ""
	result, err := s.Recorder.Import(ctx, fact.Find("disbursement"), file, fact.ImportOptions{Actor: "ann", Approvers: []string{"bob"}, Progress: func(p fact.Progress) {
		if p.Step != step {
			marks[step] = time.Since(last)
			last, step = time.Now(), p.Step
		}
	}})
	if err != nil {
		fail(err)
	}
	marks[step] = time.Since(last)
	took := marks["checking"] + marks["recording"]
	if err := s.Close(); err != nil {
		fail(err)
	}
	rate := float64(result.Recorded) / took.Seconds()
	fmt.Printf("import of %d disbursements       %8.0f /s   checking %.1f s, recording %.1f s; peak memory %d MB\n", result.Recorded, rate,
		marks["checking"].Seconds(), marks["recording"].Seconds(), peakMemory()>>20)
	verification(ctx, filepath.Join(sub, "lastmile.db"))
	bare, tables := bareInsert(ctx, filepath.Join(sub, "lastmile.db"), filepath.Join(dir, "bare", "lastmile.db"), rows)
	fmt.Printf("bare driver, the same rows           %8.0f /s   import is %.2f of it\n", bare, rate/bare)
	size(ctx, filepath.Join(sub, "lastmile.db"), tables)
}

// verification checks the whole store, and reads the same rows and hashes them.
func verification(ctx context.Context, path string) {
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{})
	if err != nil {
		fail(err)
	}
	defer s.Close()
	bare := func() time.Duration {
		start := time.Now()
		sum := sha256.New()
		for _, table := range []string{"entry", "posting", "observation"} {
			rows, err := s.DB.Query(ctx, "SELECT * FROM "+table)
			if err != nil {
				fail(err)
			}
			names, err := rows.Columns()
			if err != nil {
				fail(err)
			}
			values, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			for rows.Next() {
				if err := rows.Scan(into...); err != nil {
					fail(err)
				}
				for _, v := range values {
					sum.Write(v)
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				fail(err)
			}
		}
		return time.Since(start)
	}()
	start := time.Now()
	report, err := verify.Verify(ctx, s.DB, s.Evidence, nil)
	if err != nil {
		fail(err)
	}
	took := time.Since(start)
	if !report.OK {
		fail(fmt.Errorf("the store does not verify: %v", report.Differences))
	}
	fmt.Printf("verify of %d entries           %8.0f /s   %.2f of reading the same rows and hashing them (%.0f /s)\n", report.Entries,
		float64(report.Entries)/took.Seconds(), bare.Seconds()/took.Seconds(), float64(report.Entries)/bare.Seconds())
}

// peakMemory is the most physical memory that this program has ever held, in bytes: of Go and of the engine together.
func peakMemory() int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fail(err)
	}
	return used.Maxrss << 10 // Linux counts it in KiB
}

// bareInsert reads every row that the import wrote and inserts it into an empty store of the same tables, in transactions of as many entries,
// with prepared multi-row statements and nothing else: no checks, no hashing, no sums.
func bareInsert(ctx context.Context, from, to string, entries int) (rate float64, counts map[string]int64) {
	s, err := store.Open(ctx, "sqlite:"+to, store.Options{})
	if err != nil {
		fail(err)
	}
	if err := s.Close(); err != nil {
		fail(err)
	}
	source, err := sql.Open("sqlite", "file:"+from)
	if err != nil {
		fail(err)
	}
	defer source.Close()
	target, err := sql.Open("sqlite", "file:"+to+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(10000)&_pragma=cache_size(-32000)")
	if err != nil {
		fail(err)
	}
	defer target.Close()
	target.SetMaxOpenConns(1)
	const batch = 2000
	counts = map[string]int64{}
	// Rows of a batch go in together, as the import writes them.
	tables := []string{"entry", "posting", "observation", "total", "balance", "lot", "account", "subject", "distinct_total"}
	data := map[string][][]any{}
	columns := map[string]int{}
	for _, t := range tables {
		data[t], columns[t] = load(ctx, source, t)
		counts[t] = int64(len(data[t]))
	}
	conn, err := target.Conn(ctx)
	if err != nil {
		fail(err)
	}
	defer conn.Close()
	stmts := map[string]*sql.Stmt{}
	insert := func(t string, rows [][]any) {
		for len(rows) > 0 {
			n := min(64, len(rows))
			if n < 64 {
				n = 1
			}
			key := fmt.Sprint(t, n)
			if stmts[key] == nil {
				one := "(" + strings.TrimSuffix(strings.Repeat("?, ", columns[t]), ", ") + ")"
				st, err := conn.PrepareContext(ctx, "INSERT INTO "+t+" VALUES "+strings.TrimSuffix(strings.Repeat(one+", ", n), ", "))
				if err != nil {
					fail(err)
				}
				stmts[key] = st
			}
			var args []any
			for _, r := range rows[:n] {
				args = append(args, r...)
			}
			if _, err := stmts[key].ExecContext(ctx, args...); err != nil {
				fail(err)
			}
			rows = rows[n:]
		}
	}
	batches := (len(data["entry"]) + batch - 1) / batch
	start := time.Now()
	for b := range batches {
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			fail(err)
		}
		for _, t := range tables {
			rows := data[t]
			insert(t, rows[len(rows)*b/batches:len(rows)*(b+1)/batches])
		}
		if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
			fail(err)
		}
	}
	return float64(len(data["entry"])) / time.Since(start).Seconds(), counts
}

func load(ctx context.Context, db *sql.DB, table string) (rows [][]any, columns int) {
	r, err := db.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		fail(err)
	}
	defer r.Close()
	names, err := r.Columns()
	if err != nil {
		fail(err)
	}
	for r.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := r.Scan(into...); err != nil {
			fail(err)
		}
		rows = append(rows, values)
	}
	if err := r.Err(); err != nil {
		fail(err)
	}
	return rows, len(names)
}

// size says what an entry takes on disk, by table and index.
func size(ctx context.Context, path string, counts map[string]int64) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		fail(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		fail(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		fail(err)
	}
	entries := counts["entry"]
	fmt.Printf("on disk                              %8d bytes an entry\n", info.Size()/entries)
	rows, err := db.QueryContext(ctx, "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 10")
	if err != nil {
		fmt.Println("  (no breakdown: this SQLite has no dbstat)")
		return
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var bytes int64
		if err := rows.Scan(&name, &bytes); err != nil {
			fail(err)
		}
		fmt.Printf("  %-34s %8d\n", name, bytes/entries)
	}
}
