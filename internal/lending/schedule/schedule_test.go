package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	. "lastmile/internal/lending/schedule"
)

// contract reads a contract, and fails the test if it is not valid.
func contract(t *testing.T, text string) *Contract {
	t.Helper()
	c := new(Contract)
	if err := c.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatalf("%s:\n%v", text, err)
	}
	return c
}

// show prints a schedule as "due principal+interest=total balance", a row a line.
func show(t *testing.T, text string) string {
	t.Helper()
	rows, err := Schedule(nil, contract(t, text))
	if err != nil {
		t.Fatalf("%s:\n%v", text, err)
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s %d+%d=%d %d\n", r.DueOn, r.Principal, r.Interest, r.Total(), r.Balance)
	}
	return b.String()
}

func TestWorkedSchedules(t *testing.T) {
	for _, test := range []struct {
		name, contract string
		want           string // rows as show prints them
	}{
		{"interest only, settled quarterly, ends early (ACT/360)",
			`{"principal": "20000.00", "annual_rate": "4.35", "method": "bullet", "day_count": "ACT/360", "disbursed_on": "2020-01-15",
			  "due": [{"on": "2020-03-20"}, {"on": "2020-06-20"}, {"on": "2020-09-20"}, {"on": "2020-12-20"}, {"on": "2021-01-15"}]}`, `
2020-03-20 0+15708=15708 2000000
2020-06-20 0+22233=22233 2000000
2020-09-20 0+22233=22233 2000000
2020-12-20 0+21992=21992 2000000
2021-01-15 2000000+6283=2006283 0
`},
		{"one month, 30/360",
			`{"principal": "10000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2023-12-15"}`, `
2024-01-15 1000000+3625=1003625 0
`},
		{"one month, ACT/360",
			`{"principal": "10000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2023-12-15", "day_count": "ACT/360"}`, `
2024-01-15 1000000+3746=1003746 0
`},
		{"one month, ACT/365",
			`{"principal": "10000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2023-12-15", "day_count": "ACT/365"}`, `
2024-01-15 1000000+3695=1003695 0
`},
		{"over New Year into a leap year, ACT/ACT: 16 days of 365 and 15 of 366",
			`{"principal": "10000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2023-12-15", "day_count": "ACT/ACT"}`, `
2024-01-15 1000000+3690=1003690 0
`},
		{"and back into a common year: 16 days of 366 and 15 of 365, 36.9 half a fen less",
			`{"principal": "10000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2024-12-15", "day_count": "ACT/ACT"}`, `
2025-01-15 1000000+3689=1003689 0
`},
		{"a tie goes to the even fen",
			`{"principal": "1000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2020-01-15", "rounding": "half-even"}`, `
2020-02-15 100000+362=100362 0
`},
		{"the same tie half up",
			`{"principal": "1000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2020-01-15", "rounding": "half-up"}`, `
2020-02-15 100000+363=100363 0
`},
		{"a tie from an odd fen goes up in both modes: 600 × 4.35 % / 12 = 2.175",
			`{"principal": "600", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2020-01-15", "rounding": "half-even"}`, `
2020-02-15 60000+218=60218 0
`},
		{"an instalment on a tie is rounded like anything else: 0.25 / 2",
			`{"principal": "0.25", "annual_rate": "0", "instalments": 2, "disbursed_on": "2020-01-15"}`, `
2020-02-15 12+0=12 13
2020-03-15 13+0=13 0
`},
		{"the same half up",
			`{"principal": "0.25", "annual_rate": "0", "instalments": 2, "disbursed_on": "2020-01-15", "rounding": "half-up"}`, `
2020-02-15 13+0=13 12
2020-03-15 12+0=12 0
`},
		{"less principal than rows",
			`{"principal": "0.02", "annual_rate": "45", "instalments": 4, "disbursed_on": "2020-01-15"}`, `
2020-02-15 1+0=1 1
2020-03-15 1+0=1 0
2020-04-15 0+0=0 0
2020-05-15 0+0=0 0
`},
		{"equal principal is rounded down, the last row takes the rest",
			`{"principal": "10.01", "annual_rate": "12", "instalments": 3, "disbursed_on": "2020-01-15", "method": "equal-principal"}`, `
2020-02-15 333+10=343 668
2020-03-15 333+7=340 335
2020-04-15 335+3=338 0
`},
		{"seed on the 31st: 31 January, 29 February, 31 March, each 30 days apart",
			`{"principal": "1200", "annual_rate": "12", "instalments": 3, "disbursed_on": "2019-12-31", "method": "equal-principal"}`, `
2020-01-31 40000+1200=41200 80000
2020-02-29 40000+800=40800 40000
2020-03-31 40000+400=40400 0
`},
		{"agreed pay day 31, first due on 29 February",
			`{"principal": "1200", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-31", "first_due_on": "2020-02-29", "pay_day": 31, "method": "bullet"}`, `
2020-02-29 0+1200=1200 120000
2020-03-31 120000+1200=121200 0
`},
		{"out on 29 February, due yearly: the day comes back with the leap year",
			`{"principal": "100", "annual_rate": "10", "instalments": 4, "disbursed_on": "2020-02-29", "period": "years", "method": "bullet"}`, `
2021-02-28 0+1000=1000 10000
2022-02-28 0+1000=1000 10000
2023-02-28 0+1000=1000 10000
2024-02-29 10000+1000=11000 0
`},
		{"first period shorter: 10 days of a month of 30",
			`{"principal": "3000", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-10", "first_due_on": "2020-01-20", "method": "bullet"}`, `
2020-01-20 0+1000=1000 300000
2020-02-20 300000+3000=303000 0
`},
		{"weekly",
			`{"principal": "3600", "annual_rate": "10", "instalments": 2, "disbursed_on": "2020-02-24", "period": "weeks", "method": "bullet", "day_count": "ACT/360"}`, `
2020-03-02 0+700=700 360000
2020-03-09 360000+700=360700 0
`},
		{"quarterly",
			`{"principal": "4000", "annual_rate": "4", "instalments": 2, "disbursed_on": "2020-11-30", "every": 3, "method": "bullet"}`, `
2021-02-28 0+4000=4000 400000
2021-05-30 400000+4000=404000 0
`},
		{"grace on principal, then an annuity over what remains: 1000 / (1/1.01 + 1/1.01²) = 507.51",
			`{"principal": "1000", "annual_rate": "12", "instalments": 3, "disbursed_on": "2020-01-15", "grace_principal": 1}`, `
2020-02-15 0+1000=1000 100000
2020-03-15 49751+1000=50751 50249
2020-04-15 50249+502=50751 0
`},
		{"grace on paying interest: it falls due with the row after",
			`{"principal": "1000", "annual_rate": "12", "instalments": 3, "disbursed_on": "2020-01-15", "method": "bullet", "grace_interest_payment": 1}`, `
2020-02-15 0+0=0 100000
2020-03-15 0+2000=2000 100000
2020-04-15 100000+1000=101000 0
`},
		{"interest free at first",
			`{"principal": "1000", "annual_rate": "12", "instalments": 3, "disbursed_on": "2020-01-15", "method": "bullet", "grace_interest_charged": 2}`, `
2020-02-15 0+0=0 100000
2020-03-15 0+0=0 100000
2020-04-15 100000+1000=101000 0
`},
		{"all three kinds of grace over the whole term",
			`{"principal": "1000", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-15", "grace_principal": 2, "grace_interest_payment": 2, "grace_interest_charged": 1}`, `
2020-02-15 0+0=0 100000
2020-03-15 100000+1000=101000 0
`},
		{"second part paid out mid-period earns from the next day: 15 days of 1000, 15 of 3000",
			`{"principal": "3000", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-15", "method": "bullet",
			  "disbursements": [{"on": "2020-01-15", "amount": "1000"}, {"on": "2020-01-30", "amount": "2000"}]}`, `
2020-02-15 0+2000=2000 300000
2020-03-15 300000+3000=303000 0
`},
		{"second part paid out on a due date: after that day's instalment",
			`{"principal": "3000", "annual_rate": "12", "instalments": 3, "disbursed_on": "2020-01-15", "method": "equal-principal",
			  "disbursements": [{"on": "2020-01-15", "amount": "900"}, {"on": "2020-02-15", "amount": "2100"}]}`, `
2020-02-15 30000+900=30900 60000
2020-03-15 135000+2700=137700 135000
2020-04-15 135000+1350=136350 0
`},
		{"rate change mid-period: 10 days at 12, 20 at 6",
			`{"principal": "3600", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-15", "method": "bullet",
			  "rate_changes": [{"on": "2020-01-25", "annual_rate": "6"}]}`, `
2020-02-15 0+2400=2400 360000
2020-03-15 360000+1800=361800 0
`},
		{"rate to nothing and back on due dates fixes the instalment anew, the first row does not foresee it",
			`{"principal": "1000", "annual_rate": "12", "instalments": 4, "disbursed_on": "2020-01-15",
			  "rate_changes": [{"on": "2020-02-15", "annual_rate": "0"}, {"on": "2020-03-15", "annual_rate": "12"}]}`, `
2020-02-15 24628+1000=25628 75372
2020-03-15 25124+0=25124 50248
2020-04-15 24999+502=25501 25249
2020-05-15 25249+252=25501 0
`},
		{"harvest: amounts on their dates, the rest at the end",
			`{"principal": "1000", "annual_rate": "3.6", "disbursed_on": "2020-03-01", "method": "irregular", "day_count": "ACT/360",
			  "due": [{"on": "2020-06-09"}, {"on": "2020-09-17", "principal": "600"}, {"on": "2020-12-26", "principal": "rest"}]}`, `
2020-06-09 0+1000=1000 100000
2020-09-17 60000+1000=61000 40000
2020-12-26 40000+400=40400 0
`},
		{"flat: interest on what was lent",
			`{"principal": "1000", "annual_rate": "12", "instalments": 3, "disbursed_on": "2020-01-15", "method": "flat"}`, `
2020-02-15 33333+1000=34333 66667
2020-03-15 33333+1000=34333 33334
2020-04-15 33334+1000=34334 0
`},
		{"instalments of whole ten yuan",
			`{"principal": "1000", "annual_rate": "12", "instalments": 3, "disbursed_on": "2020-01-15", "instalment_multiple": "10"}`, `
2020-02-15 33000+1000=34000 67000
2020-03-15 33330+670=34000 33670
2020-04-15 33670+337=34007 0
`},
		{"rounded up to ten yuan, paid off early: nothing remains for the last row",
			`{"principal": "20", "annual_rate": "0", "instalments": 3, "disbursed_on": "2020-01-15", "instalment_multiple": "10", "rounding": "up"}`, `
2020-02-15 1000+0=1000 1000
2020-03-15 1000+0=1000 0
2020-04-15 0+0=0 0
`},
		{"a currency without decimals",
			`{"principal": "100000", "annual_rate": "12", "instalments": 2, "disbursed_on": "2020-01-15", "decimals": 0}`, `
2020-02-15 49751+1000=50751 50249
2020-03-15 50249+502=50751 0
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := show(t, test.contract); got != test.want[1:] {
				t.Errorf("got\n%swant%s", got, test.want)
			}
		})
	}
}

func TestWorkedAnnuity(t *testing.T) {
	rows, err := Schedule(nil, contract(t, `{"principal": "50000.00", "annual_rate": "4.35", "instalments": 36, "disbursed_on": "2020-01-15"}`))
	if err != nil {
		t.Fatal(err)
	}
	var interest int64
	for _, row := range rows {
		interest += row.Interest
	}
	first, last := rows[0], rows[35]
	if first.Principal != 130_275 || first.Interest != 18_125 || first.Total() != 148_400 {
		t.Errorf("row 1: %+v", first)
	}
	if last.Principal != 147_854 || last.Interest != 536 || last.Total() != 148_390 || last.Balance != 0 {
		t.Errorf("row 36: %+v", last)
	}
	if interest != 342_390 {
		t.Errorf("interest in all %d, want 342390", interest)
	}
}

// The last instalment less the others, with smoothing off and on.
func TestSmoothing(t *testing.T) {
	for _, test := range []struct {
		name, terms     string
		plain, smoothed int64 // last less first instalment
	}{
		{"10 fen on 36 rows is less than half a fen a row: left alone",
			`"principal": "50000", "annual_rate": "4.35", "instalments": 36`, -10, -10},
		{"a coarse multiple that cannot come nearer: refused",
			`"principal": "1000", "annual_rate": "12", "instalments": 3, "instalment_multiple": "10"`, 7, 7},
		{"14 fen on 24 rows is more: one fen on each overshoots to 13, which is smaller",
			`"principal": "4814500", "annual_rate": "13", "instalments": 24`, 14, -13},
		{"no more than three rounds, each smaller than the one before",
			`"principal": "448900", "annual_rate": "34", "instalments": 240, "instalment_multiple": "10"`, 127_361_37, -13_140_00},
	} {
		t.Run(test.name, func(t *testing.T) {
			for smooth, want := range map[string]int64{"false": test.plain, "true": test.smoothed} {
				rows, err := Schedule(nil, contract(t, `{"disbursed_on": "2020-01-15", "smooth": `+smooth+`, `+test.terms+`}`))
				if err != nil {
					t.Fatal(err)
				}
				if got := rows[len(rows)-1].Total() - rows[0].Total(); got != want {
					t.Errorf("smooth %s: last less first %d, want %d", smooth, got, want)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	long := Contract{Principal: 1_000_000_00, Rate: 450_000, Instalments: 12, DisbursedOn: Date(2020, 1, 15), FirstDueOn: Date(2023, 1, 15)}
	coarse := Contract{Principal: 1_000_00, Rate: 120_000, Instalments: 360, DisbursedOn: Date(2020, 1, 15), InstalmentMultiple: 300_00}
	huge := Contract{Principal: MaxAmount, Rate: MaxRate, Instalments: 2, DisbursedOn: Date(2020, 1, 15), Period: Years}
	for _, test := range []struct {
		name     string
		contract Contract
		cause    error
		field    string
	}{
		{"three years of interest before the first monthly instalment", long, ErrNegativeAmortisation, "first_due_on"},
		{"instalments rounded down to nothing", coarse, ErrNegativeAmortisation, "instalment_multiple"},
		{"interest beyond all amounts", huge, ErrTooLarge, "principal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			kept := []Row{{N: 7}}
			rows, err := Schedule(kept, &test.contract)
			var problems Problems
			if !errors.Is(err, test.cause) || !errors.As(err, &problems) || problems[0].Field != test.field {
				t.Errorf("got %v, want %v of %s", err, test.cause, test.field)
			}
			if len(rows) != 1 || rows[0].N != 7 {
				t.Errorf("dst changed to %v", rows)
			}
		})
	}
}

func TestScheduleAppends(t *testing.T) {
	c := contract(t, `{"principal": "100", "annual_rate": "5", "instalments": 3, "disbursed_on": "2020-01-15"}`)
	once, err := Schedule(nil, c)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := Schedule(once, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(twice) != 6 || fmt.Sprint(twice[3:]) != fmt.Sprint(once) {
		t.Errorf("second schedule %v differs from the first %v", twice[3:], once)
	}
}

// Scheduling makes no garbage, with the exact ties of interest-free loans too.
func TestScheduleDoesNotAllocate(t *testing.T) {
	for name, text := range map[string]string{
		"annuity":       `{"principal": "50000", "annual_rate": "4.35", "instalments": 24, "disbursed_on": "2020-01-31", "day_count": "ACT/ACT", "smooth": true}`,
		"interest free": `{"principal": "50000", "annual_rate": "0", "instalments": 24, "disbursed_on": "2020-01-31"}`,
		"changes": `{"principal": "50000", "annual_rate": "4.35", "instalments": 24, "disbursed_on": "2020-01-31",
			"rate_changes": [{"on": "2020-05-05", "annual_rate": "3"}], "disbursements": [{"on": "2020-01-31", "amount": "30000"}, {"on": "2020-03-03", "amount": "20000"}]}`,
	} {
		c := contract(t, text)
		rows := make([]Row, 0, 24)
		if n := testing.AllocsPerRun(100, func() {
			var err error
			if rows, err = Schedule(rows[:0], c); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestTrueRate(t *testing.T) {
	for name, test := range map[string]struct {
		contract string
		want     int64
	}{
		// Twelve payments of 112 repay 1200 at 21.457184 % (by bisection with
		// fifty decimals, elsewhere).
		"flat":                {`{"principal": "1200", "annual_rate": "12", "instalments": 12, "disbursed_on": "2020-01-15", "method": "flat"}`, 214_572},
		"bullet is its own":   {`{"principal": "120000000", "annual_rate": "4.35", "instalments": 12, "disbursed_on": "2020-01-15", "method": "bullet"}`, 43_500},
		"in parts, its own":   {`{"principal": "120000000", "annual_rate": "4.35", "instalments": 1, "disbursed_on": "2020-01-15", "method": "bullet", "disbursements": [{"on": "2020-01-15", "amount": "60000000"}, {"on": "2020-01-31", "amount": "60000000"}]}`, 43_500},
		"nothing for nothing": {`{"principal": "1200", "annual_rate": "0", "instalments": 12, "disbursed_on": "2020-01-15"}`, 0},
	} {
		c := contract(t, test.contract)
		rows, err := Schedule(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := TrueRate(c, rows)
		if err != nil || got != test.want {
			t.Errorf("%s: true rate %d, %v; want %d", name, got, err, test.want)
		}
	}
	c := contract(t, `{"principal": "100", "annual_rate": "0", "instalments": 1, "disbursed_on": "2020-01-15"}`)
	if _, err := TrueRate(c, []Row{{N: 1, DueOn: Date(2020, 2, 15), Principal: 50_00}}); !errors.Is(err, ErrNoTrueRate) {
		t.Errorf("half repaid: %v, want ErrNoTrueRate", err)
	}
}
