package lending_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/lending"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/testenv"
)

func (c *county) close(on date.Date) lending.Closed {
	c.Helper()
	closed, err := new(lending.Closer).Close(c.ctx, c.DB, book, on)
	if err != nil {
		c.Fatal(err)
	}
	return closed
}

// late has five loans: one paid, one a day late, one 40 days, one extended, one written off.
func late(t *testing.T) *county { return newCounty(t).late() }

func (c *county) late() *county {
	for id, due := range map[string]date.Date{"paid": "2020-03-15", "one": "2020-06-29", "forty": "2020-05-21", "B": "2020-03-25", "off": "2020-01-15"} {
		c.lend("enterprise", "firm", lending.Contract{ID: id, Principal: 340_000_000 / 2, Rate: "0", DisbursedOn: "2019-12-26", Instalments: 1, FirstDueOn: due})
	}
	c.record("2020-03-15", &lending.Repayment{Loan: "paid", Amount: 170_000_000, Receipt: "1"})
	x := extension()
	x.Outstanding, x.To = 170_000_000, "2020-07-31"
	c.record("2020-03-10", x)
	c.record("2020-06-01", &lending.WriteOff{Loan: "off", Reason: "bankrupt"})
	return c
}

func TestCloseOfDay(t *testing.T) {
	c := late(t)
	if closed := c.close("2020-06-30"); closed.Loans != 5 || len(closed.Failures) > 0 {
		t.Errorf("closed %+v", closed)
	}
	parts, err := lending.Portfolio(c.ctx, c.DB, book, "")
	if err != nil {
		t.Fatal(err)
	}
	const half = 170_000_000
	want := []lending.Part{
		{Loans: 3, Outstanding: 2 * half, WrittenOff: half, Largest: half, Risk: [6]int64{2 * half, half, half, 0, 0, 0}, Class: [5]int64{0, 2 * half, 0, 0, 0}},
		{Extended: true, Loans: 1, Outstanding: half, Largest: half, Class: [5]int64{half, 0, 0, 0, 0}},
	}
	if !slices.Equal(parts, want) {
		t.Errorf("portfolio\n%+v\nwant\n%+v", parts, want)
	}
	for _, by := range lending.Dimensions {
		list, err := lending.Portfolio(c.ctx, c.DB, book, by)
		sum := int64(0)
		for _, p := range list {
			sum += p.Outstanding + p.WrittenOff
			if !slices.IsSortedFunc(p.Risk[:], func(a, b int64) int { return int(b - a) }) {
				t.Errorf("%s: risk rises with the days: %v", by, p.Risk)
			}
		}
		if err != nil || sum != 4*half {
			t.Errorf("by %s: outstanding are %d, want %d (%v)", by, sum, 4*half, err)
		}
	}

	// Twice is once; what is learnt later is closed again, alone; day by day comes to the same as in one jump.
	before := c.dump("loan_day")
	if closed := c.close("2020-06-30"); closed.Loans != 0 {
		t.Errorf("closed again: %+v", closed)
	}
	if !slices.Equal(before, c.dump("loan_day")) {
		t.Error("closing twice changes rows")
	}
	c.record("2020-06-30", &lending.Repayment{Loan: "forty", Amount: 1_000_000, Receipt: "2"})
	if closed := c.close("2020-06-30"); closed.Loans != 1 {
		t.Errorf("one more payment is known: closed %+v", closed)
	}
	for _, day := range []date.Date{"2020-07-01", "2020-07-31", "2020-08-01", "2020-09-14"} {
		c.close(day)
	}
	repaid := func(row string) bool { return strings.Contains(row, "|paid|") } // stays as it was closed
	step := slices.DeleteFunc(c.dump("loan_day"), repaid)
	c.reopen()
	c.close("2020-09-14")
	if jump := slices.DeleteFunc(c.dump("loan_day"), repaid); !slices.Equal(step, jump) {
		t.Errorf("day by day\n%q\nin one jump\n%q", step, jump)
	}

	// A loan that cannot be derived is listed, and the others are closed.
	w, err := c.DB.Beside(c.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"BEGIN", "UPDATE loan_event SET detail = '{' WHERE loan = 'forty' AND act = 'payment'", "COMMIT"} {
		if _, err := w.Exec(c.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	closed := c.close("2020-09-15")
	if closed.Loans != 3 || len(closed.Failures) != 1 || closed.Failures[0].Loan != "forty" {
		t.Errorf("closed %+v", closed)
	}
	ctx, stop := context.WithCancel(c.ctx)
	stop()
	if _, err := new(lending.Closer).Close(ctx, c.DB, book, "2020-09-16"); err == nil {
		t.Error("a close that was stopped says nothing")
	}
}

// reopen forgets every close of day.
func (c *county) reopen() {
	c.Helper()
	if err := c.DB.Transact(c.ctx, func(w *database.Writer) error {
		_, err := w.Exec(c.ctx, "DELETE FROM loan_day")
		return err
	}); err != nil {
		c.Fatal(err)
	}
}

// TestStill closes a spring day by day while loans of all ways of repaying are repaid early, late, in part and not at all: what is passed over
// because nothing fell due stands as it would if it had been derived.
func TestStill(t *testing.T) {
	c := newCounty(t)
	random := rand.New(rand.NewPCG(6, 0))
	const loans = 30
	for i, method := range []string{"equal-instalment", "equal-principal", "bullet"} {
		p := enterprise()
		p.ID, p.Method, p.Dust = method, method, fact.Money(i*100)
		c.record("2019-12-01", p)
	}
	for i := range loans {
		terms := lending.Contract{ID: fmt.Sprintf("L%02d", i), Principal: fact.Money(100_000 + random.IntN(1_000_000)), Rate: "4.35", DisbursedOn: date.Date("2020-01-01").AddDays(random.IntN(40)), Instalments: int64(1 + random.IntN(12))}
		c.lend([]string{"equal-instalment", "equal-principal", "bullet"}[random.IntN(3)], "firm", terms)
	}
	var still, derived int64
	last := date.Date("2020-05-31")
	for day := date.Date("2020-02-15"); day <= last; day = day.AddDays(1) {
		for random.IntN(2) == 0 {
			l, err := lending.Get(c.ctx, c.DB, book, fmt.Sprintf("L%02d", random.IntN(loans)))
			if err != nil {
				t.Fatal(err)
			}
			if l.Status != lending.Active {
				continue
			}
			s := c.state(l.ID, day)
			if arrears := s.Arrears().Sum(); arrears > 0 && random.IntN(3) > 0 {
				c.record(day, &lending.Repayment{Loan: l.ID, Amount: fact.Money(arrears), Receipt: fmt.Sprint(day, l.ID)})
			} else {
				c.record(day.AddDays(random.IntN(25)-20), &lending.Repayment{Loan: l.ID, Amount: fact.Money(1 + random.IntN(100_000)), Receipt: fmt.Sprint(day, l.ID)})
			}
		}
		if day == last.AddDays(-2) { // known today, to take effect in two days
			lines, err := lending.Find(c.ctx, c.DB, lending.Filter{Book: book, Is: map[string]string{"status": lending.Active}})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				c.record(last, &lending.Repayment{Loan: l.ID, Amount: 10_000, Receipt: "early " + l.ID, Excess: "shorter-term"})
			}
		}
		closed := c.close(day)
		still, derived = still+closed.Still, derived+closed.Loans-closed.Still
	}
	if still < 1000 || derived < 300 {
		t.Errorf("%d were passed over and %d derived: the test sees too little", still, derived)
	}
	repaid := func(row string) bool { // stays as it was closed
		l, err := lending.Get(c.ctx, c.DB, book, strings.Split(row, "|")[1])
		return err != nil || l.Status == lending.Repaid
	}
	step := slices.DeleteFunc(c.dump("loan_day"), repaid)
	c.reopen()
	c.close(last)
	if jump := slices.DeleteFunc(c.dump("loan_day"), repaid); !slices.Equal(step, jump) || len(step) == 0 {
		t.Errorf("day by day\n%q\nin one jump\n%q", step, jump)
	}
}

func TestClassification(t *testing.T) {
	c := late(t)
	c.close("2020-06-30")
	r := c.record("2020-06-30", &lending.Classification{Loan: "one", Class: "doubtful", Before: "by-days", Reason: "the owner has fled"})
	if _, err := c.try("2020-06-30", &lending.Classification{Loan: "one", Class: "pass", Before: "by-days", Reason: "x"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("classified from a class it is not in: %v", err)
	}
	doubtful := func() int64 {
		parts, err := lending.Portfolio(c.ctx, c.DB, book, "")
		if err != nil {
			t.Fatal(err)
		}
		return parts[0].Class[3]
	}
	if got := doubtful(); got != 170_000_000 {
		t.Errorf("doubtful are %d", got)
	}
	c.record("2020-06-30", &fact.Reversal{Entry: r.Seq, Reason: "he came back"})
	if got := doubtful(); got != 0 {
		t.Errorf("doubtful are %d", got)
	}
}

func TestMirror(t *testing.T) {
	c := newCounty(t)
	p := enterprise()
	p.ID, p.Mode, p.DayCount, p.Rounding = "mirror", "mirror", "30/360", "half-even"
	c.record("2019-12-01", p)
	// 1,000.00 at 4.35 % for a month is 3.625: 3.62 to us, 3.63 to a lender who rounds half up.
	c.lend("mirror", "firm", lending.Contract{ID: "M", Principal: 100_000, Rate: "4.35", DisbursedOn: "2020-01-15", Instalments: 2})
	c.record("2020-02-15", &lending.Repayment{Loan: "M", Amount: 363, Receipt: "1"})
	if _, err := c.try("2020-02-29", &lending.Statement{Loan: "M", From: "2020-01-14", Lent: 100_000, Interest: 363, Closing: 99_999}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a statement that does not add up is recorded: %v", err)
	}
	c.record("2020-02-29", &lending.Statement{Loan: "M", From: "2020-01-14", Lent: 100_000, Interest: 363, Closing: 100_000})
	if _, err := c.try("2020-03-31", &lending.Statement{Loan: "M", From: "2020-03-01", Opening: 100_000, Closing: 100_000}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a statement after a gap is recorded: %v", err)
	}
	list, err := lending.Differences(c.ctx, c.DB, book, "M")
	if err != nil || len(list) != 1 || list[0].What != "interest" || list[0].Fen() != 1 {
		t.Errorf("differences %+v, %v", list, err)
	}
}

// TestSubsidy: interest counts when it is paid, for the days before the first overdue one, and penalties never.
func TestSubsidy(t *testing.T) {
	c := newCounty(t)
	p := farmer()
	p.ID, p.Method = "bullet", "bullet"
	c.record("2019-12-01", p)
	c.record("2019-12-26", &lending.Application{ID: "A-S", Product: "bullet", Borrower: "household", Amount: 1_200_000, Months: 12, Purpose: "sheep"})
	for area, level := range map[string]string{"620524101201": "village"} {
		c.record("2019-12-26", &lending.ApplicationCheck{Area: area, Level: level, Applications: []string{"A-S"}, Verdict: "pass"})
	}
	c.record("2019-12-26", &lending.ApplicationCheck{Area: "620524101", Level: "township", Applications: []string{"A-S"}, Verdict: "pass"})
	c.record("2020-01-15", &lending.Contract{ID: "S", Application: "A-S", Money: "bank", Lender: "bank", Fund: "BANK", Pool: "pool", Principal: 1_200_000, Rate: "4.35", Reference: "ref", DisbursedOn: "2020-01-15", Instalments: 6})
	c.record("2020-01-15", &lending.Disbursement{Loan: "S", Amount: 1_200_000, Voucher: "v"})
	c.record("2020-02-15", &lending.Repayment{Loan: "S", Amount: 4_350, Receipt: "1"})
	// Due on 15 March, paid on 25 March with what is due; April's interest loses ten days of 31.
	c.record("2020-03-25", &lending.Repayment{Loan: "S", Amount: 4_350, Receipt: "2"})
	c.record("2020-04-15", &lending.Repayment{Loan: "S", Amount: 4_350, Receipt: "3"})
	day := func(text string) schedule.Day {
		d, err := schedule.ParseDay(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	s := c.state("S", "2020-04-30")
	interest, days := lending.Eligible(s, day("2020-01-15"), day("2020-01-01"), day("2020-03-31"))
	if interest != 2*4_350 || days != 31+29 {
		t.Errorf("first quarter: %d for %d days", interest, days)
	}
	interest, days = lending.Eligible(s, day("2020-01-15"), day("2020-04-01"), day("2020-06-30"))
	if want := int64(4_350 * 21 / 31); interest != want || days != 21 {
		t.Errorf("April: %d for %d days, want %d for 21", interest, days, want)
	}
	pay := &lending.Subsidy{Loan: "S", From: "2020-01-01", Until: "2020-03-31", Share: "50", Amount: 4_350, Payer: "bank", Fund: "BANK", Voucher: "v"}
	c.record("2020-04-15", pay)
	c.want("borrower:household", -3*4_350+4_350)
	again := *pay
	again.From = "2020-03-31"
	if _, err := c.try("2020-04-20", &again); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a day is subsidised twice: %v", err)
	}
	list, err := lending.Subsidies(c.ctx, c.DB, lending.Filter{Book: book}, "2020-01-01", "2020-12-31")
	if err != nil || len(list) != 1 || list[0].Borrower != "household" || list[0].Days != 60 || list[0].Amount != 4_350 {
		t.Errorf("claim list %+v, %v", list, err)
	}
	lines, err := lending.Find(c.ctx, c.DB, lending.Filter{Book: book})
	if err != nil || len(lines) == 0 {
		t.Fatalf("%d loans, %v", len(lines), err)
	}
	for area, want := range map[string]int{lines[0].Area: 1, "no-area": 0} {
		if list, err := lending.Subsidies(c.ctx, c.DB, lending.Filter{Book: book, Areas: []string{area}}, "2020-01-01", "2020-12-31"); err != nil || len(list) != want {
			t.Errorf("claim list of %s: %+v, %v, want %d", area, list, err, want)
		}
	}
	if s.Arrears()[servicing.Penalty] != 0 {
		t.Errorf("arrears %v", s.Arrears())
	}
}

// TestDayEnd closes days in the background: when it is told to, and of itself once more is known.
func TestDayEnd(t *testing.T) {
	c := late(t)
	day := lending.NewDayEnd(c.DB, func() date.Date { return "2020-06-30" })
	t.Cleanup(day.Close)
	wait := func(what string, done func() bool) {
		t.Helper()
		for range 200 {
			if done() {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("%s: %+v", what, day.State())
	}
	day.Start()
	wait("the first close", func() bool { return !day.State().Running })
	if p := day.State(); p.Err != nil || p.Through != "2020-06-30" || p.Done != 5 || p.Total != 5 {
		t.Errorf("state %+v", p)
	}
	overdue := func() (days []int64) {
		list, err := lending.Find(c.ctx, c.DB, lending.Filter{Book: book, PastDue: true, Sort: "-days"})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			days = append(days, l.Days)
		}
		return days
	}
	if got := overdue(); !slices.Equal(got, []int64{167, 40, 1}) {
		t.Errorf("days past due %v", got)
	}
	day.Watch(slog.New(slog.DiscardHandler))
	c.record("2020-06-30", &lending.Repayment{Loan: "forty", Amount: 171_000_000, Receipt: "2"})
	wait("the repayment to be closed", func() bool { return slices.Equal(overdue(), []int64{167, 1}) })

	// What a close came to is kept, with the loans that it could not close.
	w, err := c.DB.Beside(c.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, sql := range []string{"BEGIN", "UPDATE loan_event SET detail = '{' WHERE loan = 'off' AND act = 'opened'", "UPDATE loan_event SET act = 'nonsense' WHERE loan = 'one'", "COMMIT"} {
		if _, err := w.Exec(c.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	c.close("2020-07-01")
	runs, err := lending.Runs(c.ctx, c.DB, book)
	if err != nil || len(runs) != 2 || runs[0].Through != "2020-07-01" || runs[0].Failed != 1 || runs[0].Ended.Before(runs[0].Started) {
		t.Errorf("runs %+v (%v)", runs, err)
	}
	failed, err := lending.FindUnclosed(c.ctx, c.DB, book)
	if err != nil || len(failed) != 1 || failed[0].Loan != "one" || !strings.Contains(failed[0].Reason, "nonsense") {
		t.Errorf("unclosed %+v (%v)", failed, err)
	}
}

// TestLists narrows lists of loans and adds them up over all pages.
func TestLists(t *testing.T) {
	c := late(t)
	c.close("2020-06-30")
	for _, x := range []struct {
		name string
		f    lending.Filter
		want []string
	}{
		{"all", lending.Filter{}, []string{"B", "forty", "off", "one", "paid"}},
		{"latest first", lending.Filter{Sort: "-days", Limit: 2}, []string{"off", "forty"}},
		{"second page", lending.Filter{Limit: 2, Offset: 2}, []string{"off", "one"}},
		{"extended", lending.Filter{Extended: true}, []string{"B"}},
		{"due in July", lending.Filter{DueFrom: "2020-07-01", DueUntil: "2020-07-31"}, []string{"B"}},
		{"repaid", lending.Filter{Is: map[string]string{"status": lending.Repaid}}, []string{"paid"}},
		{"by number", lending.Filter{Search: "o"}, []string{"off", "one"}},
		{"a wild card is a letter", lending.Filter{Search: "%"}, nil},
		{"of a town", lending.Filter{Areas: []string{"620524101"}}, []string{"B", "forty", "off", "one", "paid"}},
		{"of another town", lending.Filter{Areas: []string{"620524102"}}, nil},
	} {
		x.f.Book = book
		list, err := lending.Find(c.ctx, c.DB, x.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range list {
			got = append(got, l.ID)
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
	sums, err := lending.Add(c.ctx, c.DB, lending.Filter{Book: book, Limit: 1})
	if err != nil || sums.Loans != 5 || sums.Outstanding != 4*170_000_000 || sums.NextDue != 170_000_000 {
		t.Errorf("sums %+v (%v)", sums, err)
	}
}

// TestPostgres asks a database server everything that pages ask.
func TestPostgres(t *testing.T) {
	c := openAt(t, testenv.Postgres(t)).found().late()
	mirror := enterprise()
	mirror.ID, mirror.Mode = "mirror", "mirror"
	c.record("2020-01-02", mirror)
	c.lend("mirror", "firm", lending.Contract{ID: "M", Principal: 1_000_000, Rate: "4", DisbursedOn: "2020-01-15", Instalments: 1, FirstDueOn: "2020-12-15"})
	c.record("2020-02-29", &lending.Statement{Loan: "M", From: "2020-01-14", Lent: 1_000_000, Closing: 1_000_000})
	paid := c.record("2020-06-02", &lending.Repayment{Loan: "forty", Amount: 1_000_000, Receipt: "2"})
	c.record("2020-06-03", &lending.EventReversal{Loan: "forty", Entry: paid.Seq, Reason: "wrong"})
	if closed := c.close("2020-06-30"); closed.Loans != 6 || len(closed.Failures) > 0 {
		t.Errorf("closed %+v", closed)
	}
	f := lending.Filter{Book: book, Areas: []string{"620524101"}, Is: map[string]string{"lender": "bank", "class": lending.SpecialMention}, PastDue: true, Search: "fo", Sort: "-due"}
	list, err := lending.Find(c.ctx, c.DB, f)
	if err != nil || len(list) != 1 || list[0].ID != "forty" || list[0].Days != 40 || list[0].Behind {
		t.Errorf("found %+v (%v)", list, err)
	}
	if sums, err := lending.Add(c.ctx, c.DB, f); err != nil || sums.Loans != 1 {
		t.Errorf("sums %+v (%v)", sums, err)
	}
	payments, err := lending.Payments(c.ctx, c.DB, lending.Filter{Book: book}, "2020-01-01", "2020-12-31")
	if err != nil || len(payments) != 1 || payments[0].Loan != "paid" {
		t.Errorf("payments, without the one that was taken back: %+v (%v)", payments, err)
	}
	extensions, err := lending.Extensions(c.ctx, c.DB, lending.Filter{Book: book, DueFrom: "2020-07-01"})
	if err != nil || len(extensions) != 1 || extensions[0].Loan != "B" {
		t.Errorf("extensions %+v (%v)", extensions, err)
	}
	mirrored, err := lending.Mirrored(c.ctx, c.DB, lending.Filter{Book: book})
	if err != nil || !slices.Equal(mirrored, []string{"M"}) {
		t.Errorf("mirrored %v (%v)", mirrored, err)
	}
	pool, calls, err := lending.ReadPool(c.ctx, c.DB, book, "pool")
	if err != nil || pool.Contributed != 100_000_000 || pool.Balance != 100_000_000 || pool.Guaranteed != 4*170_000_000+1_000_000 || len(calls) != 0 {
		t.Errorf("pool %+v, %v (%v)", pool, calls, err)
	}
	if parts, err := lending.Portfolio(c.ctx, c.DB, book, "town", "620524101"); err != nil || len(parts) != 2 {
		t.Errorf("portfolio %+v (%v)", parts, err)
	}
	if runs, err := lending.Runs(c.ctx, c.DB, book); err != nil || len(runs) != 1 {
		t.Errorf("runs %+v (%v)", runs, err)
	}
	if closed := c.close("2020-07-01"); closed.Still != 1 || closed.Loans != 5 { // nothing falls due of M before December
		t.Errorf("closed the day after: %+v", closed)
	}
	if failed, err := lending.FindUnclosed(c.ctx, c.DB, book); err != nil || len(failed) != 0 {
		t.Errorf("unclosed %+v (%v)", failed, err)
	}
}
