// Command lending measures the loan book:
//
//	the close of a day for the model programme's 5,486 loans                  (at most 1 s)
//	the same for many loans: the first close, when each is derived, and those of the days after it   (600 µs a loan close 1,000,000 in ten minutes)
//	deriving one loan with 2,400 events from its stored rows                  (at most 50 ms)
//	importing four months of repayments of as many loans as Wushan has, as a
//	ratio to importing as many disbursements of a project                     (at least 0.5)
//
// Run it with: go run ./bench/lending
//
// A book of a million loans is made by -loans 1000000 -copied 900000: the loans beyond the first 100,000 are copies of them, under numbers and
// digests of their own, with the rows that recording them would have left in the tables which the close of day reads. Recording each would take
// some fifteen minutes more and change nothing of what is measured.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/lending"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/scenario"
	"lastmile/internal/store"
)

const book = "620524"

func main() {
	loans := flag.Int("loans", 20_000, "loans of the large book")
	repaid := flag.Int("repaid", 5_451, "loans of it that are repaid each month")
	copied := flag.Int("copied", 0, "how many of the loans of the large book are copies of those that were recorded")
	model := flag.Bool("model", true, "build the model programme and close a day of it")
	long := flag.Bool("long", true, "record and derive one loan with many events")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the repayments to this file")
	flag.Parse()
	recorded := *loans - *copied
	if recorded < 1 || *copied < 0 {
		fail(errors.New("-copied: name less than -loans"))
	}
	dir, err := os.MkdirTemp("", "lastmile-bench-")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	if *model {
		closeModel(ctx, dir)
	}
	b := open(ctx, dir)
	defer func() { b.s.Close() }()
	b.profile = *profile
	b.lend(recorded)
	b.bulk(4**repaid, min(*repaid, recorded))
	b.settle(recorded)
	b.copy(*copied, recorded)
	b.reopen()
	b.close(*loans)
	if *long {
		b.long()
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

func check(name string, ok bool, format string, args ...any) {
	verdict := "ok"
	if !ok {
		verdict = "TOO SLOW"
	}
	fmt.Printf("%-60s %s  %s\n", name, fmt.Sprintf(format, args...), verdict)
}

func closeModel(ctx context.Context, dir string) {
	clock := new(scenario.Clock)
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "model.db"), store.Options{Clock: clock.Now, EvidenceDir: filepath.Join(dir, "evidence")})
	if err != nil {
		fail(err)
	}
	defer s.Close()
	start := time.Now()
	if err := scenario.Build(ctx, s, clock, nil); err != nil {
		fail(err)
	}
	fmt.Printf("%-60s %.1f s\n", "the model programme built", time.Since(start).Seconds())
	for _, day := range []date.Date{"2020-10-30", "2020-10-31"} {
		start = time.Now()
		closed, err := new(lending.Closer).Close(ctx, s.DB, scenario.Wushan, day)
		if err != nil {
			fail(err)
		}
		took := time.Since(start)
		check(fmt.Sprintf("close of day, model programme, %d loans", closed.Loans), took < time.Second && len(closed.Failures) == 0, "%.0f ms", took.Seconds()*1000)
	}
}

type bench struct {
	ctx     context.Context
	s       *store.Store
	dir     string
	profile string
}

// reopen begins anew with the store as it stands, without what recording keeps in memory.
func (b *bench) reopen() {
	if b.s != nil {
		if err := b.s.Close(); err != nil {
			fail(err)
		}
	}
	var err error
	if b.s, err = store.Open(b.ctx, "sqlite:"+filepath.Join(b.dir, "large.db"), store.Options{}); err != nil {
		fail(err)
	}
}

func open(ctx context.Context, dir string) *bench {
	b := &bench{ctx: ctx, dir: dir}
	b.reopen()
	for _, f := range []fact.Fact{
		&area.Area{Code: book, Level: "county", Name: "Wushan"},
		&access.Person{ID: "ann", Name: "Ann", Unit: "unit"}, &access.Person{ID: "bob", Name: "Bob", Unit: "unit"}, &access.Person{ID: "cyd", Name: "Cyd", Unit: "unit"},
		&access.Appointment{Person: "bob", Role: "approver"}, &access.Appointment{Person: "cyd", Role: "approver"}, &access.Appointment{Person: "ann", Role: "finance"},
		&access.Appointment{Person: "ann", Role: "loan-officer"}, &access.Appointment{Person: "ann", Role: "programme-officer"},
		&party.Party{ID: "bank", Name: "Bank", Kind: "bank"},
		&party.Party{ID: "firm", Name: "Firm", Kind: "enterprise"},
		&programme.Programme{ID: "p", Name: "P", Sponsor: "bank"},
		&programme.Designation{County: book, Programme: "p", Authority: "x", Document: "y"},
		&programme.Fund{ID: "BANK", Name: "Bank's", Sponsor: "bank", Purpose: "loans"},
		&lending.ReferenceRate{ID: "ref", Name: "All", TermMax: 360, Rate: "7.35", Source: "bench"},
		&project.Project{ID: "W", Name: "W", Area: book, Channel: "finance", Theme: "credit"},
		&programme.Injection{Fund: "BANK", Amount: 1 << 46, Voucher: "v"},
		&programme.Transfer{Transfer: "t", To: book, Fund: "BANK", Amount: 1 << 46, Voucher: "v"},
		&programme.TransferReceipt{Transfer: "t", County: book, Fund: "BANK", Amount: 1 << 46, Voucher: "v"},
		&project.Budget{Project: "W", Line: "x", Amount: 1 << 46},
		&project.Commitment{Project: "W", Amount: 1 << 46, Contract: "c"},
		&lending.CreditProduct{ID: "product", Name: "Loans", Area: book, Project: "W", Partner: "bank", Mode: "own", Borrowers: "enterprise", Checks: "lender", AmountMax: 1 << 40, TermMax: 360,
			Method: "equal-instalment", DayCount: "30/360", Rounding: "half-even", Surcharge: "2"},
	} {
		b.record([]fact.Draft{{Fact: f, On: "2015-01-05"}})
	}
	return b
}

// record records facts each by itself, in commits of 2,000, and tells how long it took.
func (b *bench) record(drafts []fact.Draft) time.Duration {
	for i := range drafts {
		d := &drafts[i]
		d.Actor, d.Source = fact.Operator, "bench"
		kind := fact.KindOf(d.Fact)
		if kind.Book != "hq" && kind.BookElse == "" {
			d.Book = book // as an import of one county does
		}
		if kind.Approval != nil {
			d.Actor, d.Approvers = "ann", []string{"bob", "cyd"}
		}
	}
	start := time.Now()
	for some := range slices.Chunk(drafts, 2000) {
		_, errs, err := b.s.Recorder.RecordEach(b.ctx, some)
		if err != nil {
			fail(err)
		}
		for i, err := range errs {
			if err != nil {
				fail(fmt.Errorf("%s: %w", fact.KindOf(some[i].Fact).Name, err))
			}
		}
	}
	return time.Since(start)
}

func loan(i int) string { return fmt.Sprintf("L%07d", i) }

// lend makes a book of loans of 24 months, a year old.
func (b *bench) lend(n int) {
	var drafts []fact.Draft
	for i := range n {
		drafts = append(drafts, fact.Draft{Fact: &lending.Application{ID: "A" + loan(i), Product: "product", Borrower: "firm", Amount: 5_000_000, Months: 24, Purpose: "stock"}, On: "2019-01-07"})
	}
	for i := range n {
		drafts = append(drafts, fact.Draft{Fact: &lending.Contract{ID: loan(i), Application: "A" + loan(i), Money: "bank", Lender: "bank", Fund: "BANK", Principal: 5_000_000, Rate: "4.35", Reference: "ref",
			DisbursedOn: "2019-01-15", Instalments: 24}, On: "2019-01-15"})
	}
	for i := range n {
		drafts = append(drafts, fact.Draft{Fact: &lending.Disbursement{Loan: loan(i), Amount: 5_000_000, Voucher: "v"}, On: "2019-01-15"})
	}
	took := b.record(drafts)
	fmt.Printf("%-60s %.0f facts/s\n", fmt.Sprintf("a book of %d loans lent", n), float64(len(drafts))/took.Seconds())
}

// settle lets nine of ten borrowers pay all that is due before the end of the year.
func (b *bench) settle(n int) {
	var drafts []fact.Draft
	for i := range n {
		if i%10 > 0 {
			drafts = append(drafts, fact.Draft{Fact: &lending.Repayment{Loan: loan(i), Amount: 2_700_000, Receipt: "r"}, On: "2019-12-20"})
		}
	}
	b.record(drafts)
}

// bulk compares an import of repayments as they fall due with the core's of a project's disbursements to 5,000 households (bench/record).
func (b *bench) bulk(n, loans int) {
	var plain, repaid bytes.Buffer
	plain.WriteString("on,project,to,amount,voucher,purpose\n")
	repaid.WriteString("on,loan,amount,receipt\n")
	l, err := lending.Get(b.ctx, b.s.DB, book, loan(0))
	if err != nil {
		fail(err)
	}
	s, err := l.State(b.ctx, b.s.DB, "2019-01-15")
	if err != nil {
		fail(err)
	}
	due, err := s.ToCome()
	if err != nil {
		fail(err)
	}
	const households = 5000
	var parties []fact.Draft
	for i := range households {
		parties = append(parties, fact.Draft{Fact: &party.Party{ID: fmt.Sprintf("H%05d", i), Name: "H", Kind: "household", Area: book}, On: "2019-01-07"})
	}
	b.record(parties)
	for i := range n {
		row := due[i/loans]
		on := lending.DateOf(row.DueOn)
		fmt.Fprintf(&plain, "%s,W,H%05d,1.00,%d,x\n", on, i%households, i)
		fmt.Fprintf(&repaid, "%s,%s,%s,%d\n", on, loan(i%loans), fact.Money(row.Due.Sum()), i)
	}
	base, baseCPU := b.imported("disbursement", &plain, n, "")
	rate, rateCPU := b.imported("loan-repayment", &repaid, n, b.profile)
	check("repayments imported, to disbursements", rate >= base/2, "%.0f/s to %.0f/s, ratio %.2f", rate, base, rate/base)
	check("the same by processor time", rateCPU <= 2*baseCPU, "%.0f µs to %.0f µs a row, ratio %.2f", rateCPU*1e6/float64(n), baseCPU*1e6/float64(n), baseCPU/rateCPU)
}

// imported records a table as lastmile import does and gives its rows a second and the processor time in seconds.
func (b *bench) imported(kind string, rows *bytes.Buffer, n int, profile string) (rate, cpu float64) {
	path := filepath.Join(b.dir, kind+".csv")
	if err := os.WriteFile(path, rows.Bytes(), 0o600); err != nil {
		fail(err)
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			fail(err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			fail(err)
		}
		defer pprof.StopCPUProfile()
	}
	o := fact.ImportOptions{Actor: "ann"}
	if fact.Find(kind).Approval != nil {
		o.Approvers = []string{"bob", "cyd"}
	}
	start, before := time.Now(), processorTime()
	result, err := b.s.Recorder.Import(b.ctx, fact.Find(kind), path, o)
	if err != nil {
		fail(err)
	}
	if result.Recorded != n {
		fail(fmt.Errorf("%d of %d rows were recorded", result.Recorded, n))
	}
	return float64(n) / time.Since(start).Seconds(), processorTime() - before
}

// processorTime is what this program has used so far, in seconds.
func processorTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fail(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// copy adds loans that are copies of those recorded.
func (b *bench) copy(n, recorded int) {
	if n == 0 {
		return
	}
	start := time.Now()
	columns := map[string]string{}
	for _, table := range []string{"loan", "loan_event"} {
		rows, err := b.s.DB.Query(b.ctx, "SELECT * FROM "+table+" LIMIT 0")
		if err != nil {
			fail(err)
		}
		names, err := rows.Columns()
		if err = errors.Join(err, rows.Close()); err != nil {
			fail(err)
		}
		columns[table] = strings.Join(names, ", ")
	}
	for first := recorded; first < recorded+n; first += recorded {
		if err := b.s.DB.Transact(b.ctx, func(w *database.Writer) error {
			for table, id := range map[string]string{"loan": "id", "loan_event": "loan"} {
				of := make([]string, 0, 48)
				for _, name := range strings.Split(columns[table], ", ") {
					switch name {
					case id:
						name = "'L' || SUBSTR('0000000' || CAST(CAST(SUBSTR(" + id + ", 2) AS BIGINT) + $1 AS TEXT), -7)"
					case "digest":
						name = "digest || CAST($1 AS TEXT)"
					}
					of = append(of, name)
				}
				if _, err := w.Exec(b.ctx, "INSERT INTO "+table+" ("+columns[table]+") SELECT "+strings.Join(of, ", ")+" FROM "+table+" WHERE book = $2 AND "+id+" < $3", int64(first), book, loan(min(recorded, recorded+n-first))); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			fail(err)
		}
	}
	fmt.Printf("%-60s %.1f s\n", fmt.Sprintf("%d loans copied", n), time.Since(start).Seconds())
}

// close closes the last day of the year, when every loan is derived, then the fortnight after it, day by day: on one of them an instalment of
// all loans falls due.
func (b *bench) close(loans int) {
	var most atomic.Uint64
	runtime.GC()
	stop := sampleHeap(&most)
	for day := date.Date("2019-12-31"); day <= "2020-01-16"; day = day.AddDays(1) {
		if day > "2019-12-31" && day < "2020-01-13" {
			continue
		}
		start := time.Now()
		closed, err := new(lending.Closer).Close(b.ctx, b.s.DB, book, day)
		if err != nil {
			fail(err)
		}
		took := time.Since(start)
		each := took / time.Duration(max(closed.Loans, 1))
		check(fmt.Sprintf("close of %s, %d loans, %d of them derived", day, closed.Loans, closed.Loans-closed.Still), each < 600*time.Microsecond && len(closed.Failures) == 0, "%.1f s, %v a loan", took.Seconds(), each)
	}
	stop()
	fmt.Printf("%-60s %d MB\n", "most memory in use on the heap meanwhile", most.Load()>>20)
}

// sampleHeap keeps the largest heap that it sees, until it is stopped.
func sampleHeap(most *atomic.Uint64) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapAlloc))
			select {
			case <-done:
				return
			case <-time.After(time.Second):
			}
		}
	}()
	return func() { close(done); <-ended }
}

// long lends once more and records a payment nearly every day for seven years.
func (b *bench) long() {
	const events = 2_400
	out := date.Date("2015-01-15")
	b.record([]fact.Draft{{Fact: &lending.Application{ID: "AX", Product: "product", Borrower: "firm", Amount: 1 << 38, Months: 360, Purpose: "stock"}, On: out}})
	b.record([]fact.Draft{{Fact: &lending.Contract{ID: "X", Application: "AX", Money: "bank", Lender: "bank", Fund: "BANK", Principal: 1_000_000_000, Rate: "4.35", Reference: "ref", DisbursedOn: out, Instalments: 120}, On: out}})
	b.record([]fact.Draft{{Fact: &lending.Disbursement{Loan: "X", Amount: 1_000_000_000, Voucher: "v"}, On: out}})
	var drafts []fact.Draft
	for i := range events - 1 {
		drafts = append(drafts, fact.Draft{Fact: &lending.Repayment{Loan: "X", Amount: 10_000, Receipt: fmt.Sprint(i)}, On: out.AddDays(i + 1)})
	}
	took := b.record(drafts)
	fmt.Printf("%-60s %.1f ms each\n", fmt.Sprintf("%d events of one loan recorded", events), took.Seconds()*1000/events)
	const times = 10 // of which the fastest counts: what else the machine does can only slow one down
	best := time.Duration(math.MaxInt64)
	for range times {
		start := time.Now()
		l, err := lending.Get(b.ctx, b.s.DB, book, "X")
		if err != nil {
			fail(err)
		}
		s, err := l.State(b.ctx, b.s.DB, "2022-01-15")
		if err != nil {
			fail(err)
		}
		if len(s.Receipts) < events-1 {
			fail(fmt.Errorf("%d payments were derived of %d", len(s.Receipts), events-1))
		}
		best = min(best, time.Since(start))
	}
	check(fmt.Sprintf("one loan with %d events derived", events), best < 50*time.Millisecond, "%.1f ms", best.Seconds()*1000)
}
