package servicing

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/lending/schedule"
)

func day(text string) Day {
	d, err := schedule.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return d
}

// enterprise is the loan of the package comment: 90 days of interest due with
// the principal on 25 March 2020.
func enterprise() *Loan {
	return &Loan{
		Contract: schedule.Contract{
			Principal: 3_400_000_00, Rate: 38_500, Instalments: 1, DayCount: schedule.Actual360,
			DisbursedOn: day("2019-12-26"), FirstDueOn: day("2020-03-25"),
		},
		LateSurcharge: 19_250,
	}
}

func derive(t *testing.T, loan *Loan, asOf string, events ...Event) *State {
	t.Helper()
	s, err := Derive(loan, events, day(asOf))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// show prints rows that fell due and are to come: "due principal+interest", with
// the interest put off earlier after a comma, and what is paid by others.
func show(t *testing.T, s *State) string {
	t.Helper()
	var b strings.Builder
	write := func(row Row) {
		fmt.Fprintf(&b, "%s %d+%d", row.DueOn, row.Due[Principal], row.Due[Interest]-row.Deferred)
		if row.Deferred > 0 {
			fmt.Fprintf(&b, ",%d", row.Deferred)
		}
		if row.Subsidy > 0 {
			fmt.Fprintf(&b, " subsidy %d", row.Subsidy)
		}
		b.WriteByte('\n')
	}
	for _, row := range s.Rows {
		if row.Due.Sum() > 0 {
			write(row)
		}
	}
	b.WriteString("--\n")
	rows, err := s.ToCome()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Due.Sum() > 0 {
			write(row)
		}
	}
	return b.String()
}

func TestExtensionTreatments(t *testing.T) {
	move := func(treatment Treatment) Extension {
		return Extension{Kind: MoveOne, Treatment: treatment, From: day("2020-03-25"), To: day("2020-06-30")}
	}
	subsidised := move(Subsidised)
	subsidised.SubsidyShare, subsidised.SubsidyFrom = 500_000, Pool
	for _, test := range []struct {
		name      string
		extension Extension
		want      string
		forgone   int64
	}{
		{"deferred", move(Deferred), "2020-06-30 340000000+3527028,3272500\n", 0},
		{"capitalised", move(Capitalised), "2020-06-30 343272500+3560975\n", 0},
		{"forgiven", move(Forgiven), "2020-06-30 340000000+0,3272500\n", 3_527_028},
		{"half subsidised by the pool", subsidised, "2020-06-30 340000000+1763514,3272500 subsidy 1763514\n", 0},
	} {
		for _, agreed := range []string{"2020-03-01", "2020-03-25", "2020-04-20"} {
			t.Run(test.name+" agreed "+agreed, func(t *testing.T) {
				event := Event{ID: "X-1", On: day(agreed), Act: test.extension}
				s := derive(t, enterprise(), "2020-05-01", event)
				if got := show(t, s); got != "--\n"+test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
				x := s.Extensions[0]
				if x.Principal != 3_400_000_00 || x.Interest != 32_725_00 || x.Forgone != test.forgone || x.Again {
					t.Errorf("recorded %+v", x)
				}
				frozen := max(0, int(day(agreed)-day("2020-03-25")))
				if got := s.DaysPastDue(); got != frozen {
					t.Errorf("%d days past due while put off, want %d", got, frozen)
				}
				after := derive(t, enterprise(), "2020-06-30", event)
				if got := show(t, after); got != test.want+"--\n" {
					t.Errorf("on the new day %s, want %s", got, test.want)
				}
				if got := derive(t, enterprise(), "2020-07-02", event).DaysPastDue(); got != frozen+2 {
					t.Errorf("%d days past due two days later, want %d", got, frozen+2)
				}
			})
		}
	}
}

func TestExtensionKinds(t *testing.T) {
	monthly := &Loan{Contract: schedule.Contract{
		Principal: 1_000_00, Rate: 120_000, Instalments: 3, DisbursedOn: day("2019-12-31"), Method: schedule.EqualPrincipal,
	}}
	extend := func(on string, x Extension) []Event { return []Event{{ID: "X-1", On: day(on), Act: x}} }
	for _, test := range []struct {
		name   string
		loan   *Loan
		events []Event
		want   string
	}{
		{"none", monthly, nil, `
2020-01-31 33333+1000
--
2020-02-29 33333+667
2020-03-31 33334+333
`},
		{"all by two months: interest runs, the pay day stays the 31st", monthly,
			extend("2020-02-01", Extension{Kind: MoveAll, From: day("2020-02-29"), Months: 2}), `
2020-01-31 33333+1000
--
2020-04-30 33333+1333,667
2020-05-31 33334+333
`},
		{"all, from a row in arrears on", monthly,
			extend("2020-02-01", Extension{Kind: MoveAll, From: day("2020-01-31"), Days: 20}), `
--
2020-02-20 33333+667,1000
2020-03-20 33333+667
2020-04-20 33334+333
`},
		{"one row", monthly,
			extend("2020-02-01", Extension{Kind: MoveOne, From: day("2020-02-29"), To: day("2020-03-15")}), `
2020-01-31 33333+1000
--
2020-03-15 33333+333,667
2020-03-31 33334+167
`},
		{"principal holiday", monthly,
			extend("2020-02-01", Extension{Kind: PrincipalHoliday, From: day("2020-02-29"), Rows: 2}), `
2020-01-31 33333+1000
--
2020-02-29 0+667
2020-03-31 0+667
2020-04-30 33333+667
2020-05-31 33334+333
`},
		{"longer term", monthly,
			extend("2020-02-01", Extension{Kind: LongerTerm, Rows: 2}), `
2020-01-31 33333+1000
--
2020-02-29 16666+667
2020-03-31 16666+500
2020-04-30 16666+333
2020-05-31 16669+167
`},
		{"bullet split into instalments", enterprise(),
			extend("2020-02-01", Extension{Kind: MoveOne, From: day("2020-03-25"), To: day("2020-06-30"), Rows: 3}), `
--
2020-06-30 113333333+3527028,3272500
2020-07-30 113333333+727222
2020-08-30 113333334+375731
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := show(t, derive(t, test.loan, "2020-02-02", test.events...)); got != test.want[1:] {
				t.Errorf("got\n%swant%s", got, test.want)
			}
		})
	}
}

// Days past due found by an extension move along with its row.
func TestDaysPastDueMoveAlong(t *testing.T) {
	loan := &Loan{Contract: schedule.Contract{Principal: 300_00, Instalments: 3, DisbursedOn: day("2019-12-31"), Method: schedule.EqualPrincipal}}
	events := []Event{
		{ID: "X1", On: day("2020-03-05"), Act: Extension{Kind: MoveOne, From: day("2020-02-29"), To: day("2020-03-20")}},
		{ID: "X2", On: day("2020-03-06"), Act: Extension{Kind: MoveAll, From: day("2020-01-31"), Months: 2}},
		paid("P1", "2020-03-31", 100_00, Hold),
	}
	if got, want := show(t, derive(t, loan, "2020-03-31", events...)), "2020-03-31 10000+0\n--\n2020-05-20 10000+0\n2020-05-31 10000+0\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for on, want := range map[string]int{"2020-03-04": 33, "2020-03-30": 35, "2020-03-31": 5, "2020-05-20": 5, "2020-05-22": 7} {
		if got := derive(t, loan, on, events...).DaysPastDue(); got != want {
			t.Errorf("on %s %d days past due, want %d", on, got, want)
		}
	}
}

// What happens on one day happens in the stated order, however it is told.
func TestOrderWithinADay(t *testing.T) {
	on := day("2020-03-15")
	events := []Event{
		{ID: "F1", On: on, Act: Charge{10_00}},
		{ID: "P1", On: on, Act: Payment{Amount: 5_000_00, Excess: SmallerInstalment}},
		{ID: "D1", On: on, Act: Disbursement{1_000_00}},
		{ID: "X1", On: on, Act: Extension{Kind: LongerTerm, Rows: 2}},
		{ID: "E1", On: on, Act: RateChange{38_500}},
	}
	want := derive(t, household(), "2020-04-01", events...)
	if want.Prepaid != 5_000_00-10_00-2*1_484_00-4_57 { // 4.57 of late interest on the first row
		t.Errorf("prepaid %d: the fee and the rows due come first", want.Prepaid)
	}
	slices.Reverse(events)
	if got := derive(t, household(), "2020-04-01", events...); !reflect.DeepEqual(got, want) {
		t.Errorf("told backwards\n%+v\nwant\n%+v", got, want)
	}
}

// A second extension of the same debt defers what the first had deferred.
func TestExtendedTwice(t *testing.T) {
	s := derive(t, enterprise(), "2020-08-01",
		Event{ID: "X-1", On: day("2020-03-20"), Act: Extension{From: day("2020-03-25"), To: day("2020-06-30")}},
		Event{ID: "X-2", On: day("2020-06-20"), Act: Extension{From: day("2020-06-30"), To: day("2021-03-31")}},
	)
	// 274 days from 30 June 2020 to 31 March 2021: 3.4 m × 3.85 % × 274/360.
	if got, want := show(t, s), "--\n2021-03-31 340000000+9962944,6799528\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !s.Extensions[1].Again || s.Extensions[1].Interest != 32_725_00+35_270_28 {
		t.Errorf("second extension recorded as %+v", s.Extensions[1])
	}
}

func household() *Loan {
	return &Loan{Contract: schedule.Contract{
		Principal: 50_000_00, Rate: 43_500, Instalments: 36, DisbursedOn: day("2020-01-15"),
	}}
}

func paid(id, on string, amount int64, excess Excess) Event {
	return Event{ID: id, On: day(on), Act: Payment{Amount: amount, Excess: excess}}
}

func TestPaymentsAroundARow(t *testing.T) {
	for _, test := range []struct {
		name              string
		payments          []Event
		arrears, suspense int64 // on 15 February, when 1,484.00 falls due
	}{
		{"one fen less", []Event{paid("P1", "2020-02-15", 148_399, Hold)}, 1, 0},
		{"equal", []Event{paid("P1", "2020-02-15", 148_400, Hold)}, 0, 0},
		{"one fen more", []Event{paid("P1", "2020-02-15", 148_401, Hold)}, 0, 1},
		{"in parts, early and on the day", []Event{paid("P1", "2020-02-01", 100_000, Hold), paid("P2", "2020-02-15", 48_400, Hold)}, 0, 0},
		{"early in full, then again", []Event{paid("P1", "2020-02-01", 148_400, Hold), paid("P2", "2020-02-10", 148_400, Hold)}, 0, 148_400},
		{"the same one twice is one", []Event{paid("P1", "2020-02-01", 100, Hold), paid("P1", "2020-02-01", 100, Hold)}, 148_300, 0},
		{"reversed", []Event{paid("P1", "2020-02-01", 100, Hold), {ID: "R1", On: day("2020-02-03"), Act: Reversal{"P1"}}}, 148_400, 0},
		{"overpaid and refunded", []Event{paid("P1", "2020-02-15", 150_000, Hold), {ID: "B1", On: day("2020-02-15"), Act: Refund{1_000}}}, 0, 600},
		{"a fee comes first", []Event{{ID: "F1", On: day("2020-02-15"), Act: Charge{500}}, paid("P1", "2020-02-15", 148_400, Hold)}, 500, 0},
		{"by the pool, then by the borrower", []Event{{ID: "C1", On: day("2020-02-15"), Act: Payment{Amount: 100_000, From: Pool}}, paid("P1", "2020-02-15", 48_400, Hold)}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := derive(t, household(), "2020-02-15", test.payments...)
			if got := s.Arrears().Sum(); got != test.arrears || s.Suspense != test.suspense {
				t.Errorf("arrears %d, suspense %d; want %d, %d", got, s.Suspense, test.arrears, test.suspense)
			}
			if s.DaysPastDue() != 0 {
				t.Errorf("%d days past due at the close of the due day", s.DaysPastDue())
			}
		})
	}
}

func TestAllocationOrder(t *testing.T) {
	loan := household()
	loan.LateSurcharge = 21_750
	pay := paid("P1", "2020-04-20", 140_000, Hold)
	s := derive(t, loan, "2020-04-20", pay)
	// Late interest of 6.525 %, ACT/360: on 1,302.75 for 65 days, on 1,307.47
	// for 36 and on 1,312.21 for 5.
	if got, want := s.Rows[0].Due[Penalty], int64(15_35); got != want {
		t.Errorf("late interest of row 1 %d, want %d", got, want)
	}
	if got, want := s.Rows[0].Paid, (Amounts{15_35, 0, 181_25, 1203_40}); got != want {
		t.Errorf("row by row: paid %v of row 1, want %v", got, want)
	}

	loan.Sweep, loan.Order = ComponentByComponent, []Component{Principal, Interest, Fee, Penalty}
	s = derive(t, loan, "2020-04-20", pay)
	if got, want := s.Rows[0].Paid[Principal]+s.Rows[1].Paid[Principal], int64(140_000); got != want {
		t.Errorf("principal first: paid %d of principal, want %d", got, want)
	}
	if s.DaysPastDue() != 65 {
		t.Errorf("%d days past due, want 65: interest of row 1 is unpaid", s.DaysPastDue())
	}
	loan.Dust = 200_00
	if got := derive(t, loan, "2020-04-20", pay).DaysPastDue(); got != 36 {
		t.Errorf("%d days past due, want 36: what is unpaid of row 1 is dust", got)
	}
}

func TestPrepayments(t *testing.T) {
	first := paid("P1", "2020-02-15", 148_400, Hold)
	for _, test := range []struct {
		name   string
		excess Excess
		rows   int    // to come
		next   string // principal+interest of the next two rows
		last   int64  // total
	}{
		// 48,697.25 is owed after the first row; 10,000.00 more is prepaid that day.
		{"next rows: only interest for six rows, then the rest of the seventh", NextRows, 35, "0+14028 0+14028", 148_390},
		{"shorter term: the same instalment, 28 rows", ShorterTerm, 28, "134372+14028 134859+13541", 0},
		{"smaller instalment: the same dates", SmallerInstalment, 35, "103898+14028 104275+13651", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := derive(t, household(), "2020-02-15", first, paid("P2", "2020-02-15", 10_000_00, test.excess))
			rows, err := s.ToCome()
			if err != nil {
				t.Fatal(err)
			}
			next := fmt.Sprintf("%d+%d %d+%d", rows[0].Due[Principal], rows[0].Due[Interest], rows[1].Due[Principal], rows[1].Due[Interest])
			if next != test.next || len(rows) != test.rows {
				t.Errorf("%d rows to come, the next %s; want %d, %s", len(rows), next, test.rows, test.next)
			}
			if last := rows[len(rows)-1].Due.Sum(); test.last != 0 && last != test.last {
				t.Errorf("the last row %d, want %d", last, test.last)
			}
			principal := int64(0)
			for _, row := range rows {
				principal += row.Due[Principal]
			}
			if want := int64(48_697_25 - 10_000_00); principal != want || s.Undue != want {
				t.Errorf("%d of principal to come, %d not yet due, want %d", principal, s.Undue, want)
			}
		})
	}
}

func TestPayoff(t *testing.T) {
	for name, on := range map[string]string{
		"on the day it is paid out": "2020-01-15", "before a due date": "2020-03-01", "on a due date": "2020-02-15",
		"overdue": "2020-06-20", "past maturity": "2023-05-05",
	} {
		for _, held := range []int64{0, 123_45} {
			t.Run(fmt.Sprint(name, " with ", held, " paid before"), func(t *testing.T) {
				loan := household()
				loan.LateSurcharge = 21_750
				events := []Event{}
				if held > 0 {
					events = append(events, paid("P0", "2020-01-15", held, Hold))
				}
				quote, err := derive(t, loan, on, events...).Payoff()
				if err != nil {
					t.Fatal(err)
				}
				s := derive(t, loan, on, append(slices.Clone(events), paid("P1", on, quote, Payoff))...)
				if left, err := s.Payoff(); err != nil || left != 0 || s.Outstanding() != 0 || s.Suspense != 0 || s.Arrears().Sum() != 0 {
					t.Errorf("after paying the quote %d: %d to pay, %d outstanding, %d in suspense, %v", quote, left, s.Outstanding(), s.Suspense, err)
				}
				if rows, err := s.ToCome(); err != nil || len(rows) != 0 {
					t.Errorf("%d rows to come, %v", len(rows), err)
				}
				short := derive(t, loan, on, append(slices.Clone(events), paid("P1", on, quote-1, Payoff))...)
				if left, err := short.Payoff(); err != nil || left != 1 {
					t.Errorf("a fen short: %d to pay, %v", left, err)
				}
			})
		}
	}
}

func TestRefusals(t *testing.T) {
	loan := household()
	flat := household()
	flat.Contract.Method = schedule.Flat
	for _, test := range []struct {
		name   string
		loan   *Loan
		events []Event
		cause  error
		text   string
	}{
		{"before disbursement", loan, []Event{paid("P1", "2020-01-14", 1, Hold)}, ErrBeforeDisbursement, "event P1 on 2020-01-14: before the loan was paid out on 2020-01-15: correct its day"},
		{"an id twice", loan, []Event{paid("P1", "2020-01-16", 1, Hold), paid("P1", "2020-01-16", 2, Hold)}, ErrConflict, "event P1 on 2020-01-16: the same id for another event, on 2020-01-16: give it an id of its own"},
		{"reversal of nothing", loan, []Event{{ID: "R1", On: day("2020-01-16"), Act: Reversal{"P1"}}}, ErrNoSuchEvent, `event R1: no such event to reverse: "P1"; name an event that is not itself a reversal`},
		{"several at once", loan, []Event{paid("P1", "2020-01-16", 0, Hold), {ID: "E1", On: day("2020-01-16"), Act: RateChange{-1}}}, nil,
			"event P1: amount 0 is out of range: give 1 to 1000000000000000 of the smallest unit\nevent E1: rate -1 is out of range: give 0 to 10000000 parts per million"},
		{"refund of nothing", loan, []Event{{ID: "B1", On: day("2020-01-16"), Act: Refund{5}}}, nil, "event B1 on 2020-01-16: 0.05 is more than the 0.00 in suspense: pay back less"},
		{"extension of a day nothing is due", loan, []Event{{ID: "X1", On: day("2020-01-16"), Act: Extension{From: day("2020-02-16"), To: day("2020-03-01")}}}, nil,
			"event X1 on 2020-01-16: no row is due on 2020-02-16: name a due date"},
		{"extension past the next row", loan, []Event{{ID: "X1", On: day("2020-02-16"), Act: Extension{From: day("2020-02-15"), To: day("2020-03-15")}}}, nil,
			"event X1 on 2020-02-16: 2020-03-15 is not before the next due date 2020-03-15: name an earlier day, or move all rows"},
		{"extension into the past", loan, []Event{{ID: "X1", On: day("2020-02-25"), Act: Extension{From: day("2020-02-15"), To: day("2020-02-20")}}}, nil,
			"event X1 on 2020-02-25: the new due date 2020-02-20 is not after 2020-02-25: move it further"},
		{"extension of a paid row", loan, []Event{paid("P1", "2020-02-15", 148_400, Hold), {ID: "X1", On: day("2020-02-25"), Act: Extension{From: day("2020-02-15"), To: day("2020-03-01")}}}, nil,
			"event X1 on 2020-02-25: nothing is unpaid of a row due on 2020-02-15: name the due date of an unpaid row"},
		{"flat", flat, []Event{{ID: "X1", On: day("2020-02-25"), Act: Extension{From: day("2020-02-15"), To: day("2020-03-01")}}}, nil,
			"event X1 on 2020-02-25: a flat loan mirrors its lender's schedule and cannot be extended here: give the lender's new contract"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Derive(test.loan, test.events, day("2020-06-01"))
			if err == nil || err.Error() != test.text || test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("got %v, want %s", err, test.text)
			}
		})
	}
	for want, x := range map[string]Extension{
		"unknown kind, treatment or payer of the subsidy":                                     {Kind: LongerTerm + 1},
		"name the due date to extend":                                                         {Kind: MoveAll, Months: 1},
		"2020-02-14 is before the due date 2020-02-15: name a later day":                      {From: day("2020-02-15"), To: day("2020-02-14")},
		"-1 rows is out of range: give 0 to 3660":                                             {Kind: LongerTerm, Rows: -1},
		"move by 0 to 1,200 months and 0 to 36,600 days":                                      {Kind: MoveAll, From: day("2020-02-15"), Months: 1201},
		"a subsidy of 1000001 parts per million is out of range: give 0 to 1,000,000":         {From: day("2020-02-15"), To: day("2020-02-16"), Treatment: Subsidised, SubsidyShare: 1_000_001},
		"only rows that are moved have their interest treated: choose the treatment deferred": {Kind: LongerTerm, Rows: 1, Treatment: Forgiven},
		"only the subsidised treatment has a share: leave it out":                             {From: day("2020-02-15"), To: day("2020-02-16"), SubsidyShare: 1},
	} {
		_, err := Derive(loan, []Event{{ID: "X1", On: day("2020-02-01"), Act: x}}, day("2020-06-01"))
		if err == nil || err.Error() != "event X1: "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	bad := &Loan{Order: []Component{Principal}, Dust: -1, LateSurcharge: -1}
	if _, err := Derive(bad, nil, day("2020-06-01")); err == nil || strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("got %v, want every problem of the loan", err)
	}
}

// An irregular loan is prepaid out of the amounts its contract names.
func TestIrregularPrepayments(t *testing.T) {
	harvest := &Loan{Contract: schedule.Contract{
		Principal: 1_000_00, DisbursedOn: day("2020-03-01"), Method: schedule.Irregular,
		Due: []schedule.Due{{On: day("2020-06-01"), Principal: 100_00}, {On: day("2020-09-01"), Principal: 300_00}, {On: day("2020-12-01"), Principal: schedule.Rest}},
	}}
	for excess, want := range map[Excess]string{
		NextRows:          "--\n2020-09-01 15000+0\n2020-12-01 60000+0\n",
		ShorterTerm:       "--\n2020-06-01 10000+0\n2020-09-01 30000+0\n2020-12-01 35000+0\n",
		SmallerInstalment: "--\n2020-06-01 7500+0\n2020-09-01 22500+0\n2020-12-01 45000+0\n",
	} {
		if got := show(t, derive(t, harvest, "2020-04-01", paid("P1", "2020-04-01", 250_00, excess))); got != want {
			t.Errorf("use %d of the excess: got\n%swant\n%s", excess, got, want)
		}
	}
}

// An extension agreed ahead is shown as pending, and lapses if its row is paid.
func TestPendingExtension(t *testing.T) {
	agreed := Event{ID: "X1", On: day("2020-02-01"), Act: Extension{From: day("2020-02-15"), To: day("2020-03-01")}}
	if got := derive(t, household(), "2020-02-14", agreed).Pending(); len(got) != 1 || got[0] != agreed.Act {
		t.Errorf("pending %v, want the one agreed", got)
	}
	s := derive(t, household(), "2020-03-10", agreed, paid("P1", "2020-02-10", 148_400, Hold))
	if len(s.Pending()) != 0 || len(s.Extensions) != 0 || s.Arrears().Sum() != 0 {
		t.Errorf("a paid row was extended: %+v", s.Extensions)
	}
}

// BenchmarkDerive derives a household loan of three years, paid every month.
func BenchmarkDerive(b *testing.B) {
	loan := household()
	var events []Event
	for n := 1; n <= 36; n++ {
		events = append(events, paid(fmt.Sprint("P", n), loan.Contract.DueOn(n).String(), 148_400, Hold))
	}
	for b.Loop() {
		if _, err := Derive(loan, events, day("2023-01-15")); err != nil {
			b.Fatal(err)
		}
	}
}
