package schedule_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"testing"

	. "lastmile/internal/lending/schedule"
	"lastmile/internal/lending/schedule/reference"
)

var (
	contracts = flag.Int("contracts", 10_000, "random contracts to schedule twice")
	seed      = flag.Uint64("seed", 1, "of the random contracts")
)

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// randomContract makes a valid contract; Schedule may still refuse it.
func randomContract(r *rand.Rand) *Contract {
	c := &Contract{
		Principal:   randomPrincipal(r),
		Rate:        pick(r, 0, 43_500, 450_000, r.Int64N(60_000), r.Int64N(450_000)),
		DisbursedOn: randomDay(r),
		Method:      pick(r, EqualInstalment, EqualInstalment, EqualInstalment, EqualPrincipal, Bullet, Irregular, Flat),
		DayCount:    pick(r, Thirty360, Actual360, Actual365, ActualActual),
		Rounding:    pick(r, HalfEven, HalfEven, HalfUp, Down, Up),
		Period:      pick(r, Months, Months, Months, Weeks, Days, Years),
		Every:       pick(r, 0, 1, 1, 1+r.IntN(6)),
		Smooth:      r.IntN(3) == 0,
	}
	n := pick(r, 1, 2, 3, 1+r.IntN(12), 1+r.IntN(12), 1+r.IntN(12), 1+r.IntN(12), 1+r.IntN(36))
	if r.IntN(200) == 0 {
		n = 1 + r.IntN(360)
	}
	if c.Method == Irregular || r.IntN(10) == 0 {
		randomDue(r, c, min(n, 12))
	} else {
		c.Instalments = n
		if r.IntN(2) == 0 {
			c.FirstDueOn = c.DisbursedOn + 1 + Day(r.IntN(70))
		}
		if c.Period == Months && r.IntN(5) == 0 {
			c.PayDay = 28 + r.IntN(4)
			year, month, _ := c.DisbursedOn.Civil()
			if c.FirstDueOn = Date(year, month, c.PayDay); c.FirstDueOn <= c.DisbursedOn {
				c.FirstDueOn = c.FirstDueOn.AddMonths(1, c.PayDay)
			}
		}
	}
	n = max(c.Instalments, len(c.Due))
	if r.IntN(8) == 0 {
		c.InstalmentMultiple = min(pick[int64](r, 100, 10_00, 7, 1+r.Int64N(1000)), max(1, c.Principal/int64(n)))
	}
	grace := func() int {
		return pick(r, 0, 0, 0, 0, r.IntN(n+1), n-1, n)
	}
	if c.Method != Irregular {
		c.GracePrincipal = grace()
	}
	c.GraceInterestPayment, c.GraceInterestCharged = grace(), grace()
	randomChanges(r, c, n)
	return c
}

func randomPrincipal(r *rand.Rand) int64 {
	if r.IntN(4) == 0 {
		return pick[int64](r, 1, 5, 10_01, 245_000_00, 50_000_00, 50_000_000_00, MaxAmount/1000)
	}
	return 1 + r.Int64N(1<<(1+r.IntN(33)))
}

func randomDay(r *rand.Rand) Day {
	year, month := 2015+r.IntN(12), 1+r.IntN(12)
	if r.IntN(10) == 0 {
		year, month = 2020, 2
	}
	return Date(year, month, pick(r, 29, 30, 31, 1+r.IntN(31)))
}

func randomDue(r *rand.Rand, c *Contract, n int) {
	on, left := c.DisbursedOn, c.Principal
	for i := range n {
		on += 1 + Day(r.IntN(200))
		due := Due{On: on}
		if c.Method == Irregular {
			due.Principal = pick(r, 0, r.Int64N(left+1))
			left -= due.Principal
			if i == n-1 {
				due.Principal = pick(r, Rest, left+due.Principal)
			}
		}
		c.Due = append(c.Due, due)
	}
}

func randomChanges(r *rand.Rand, c *Contract, n int) {
	end := c.DueOn(n)
	someDay := func() Day {
		return min(end-1, pick(r, c.DisbursedOn+Day(r.IntN(int(end-c.DisbursedOn))), c.DueOn(1+r.IntN(n))))
	}
	if parts := pick(r, 0, 0, 0, 2, 3); parts > 0 && c.Principal >= int64(parts) {
		on, left := c.DisbursedOn, c.Principal
		for i := range parts {
			amount := 1 + r.Int64N(left-int64(parts-i-1))
			if i == parts-1 {
				amount = left
			}
			left -= amount
			c.Disbursements = append(c.Disbursements, Disbursement{on, amount})
			on = max(on, someDay())
		}
	}
	for range pick(r, 0, 0, 0, 1, 2) {
		on := someDay()
		if k := len(c.RateChanges); k == 0 || on > c.RateChanges[k-1].On {
			c.RateChanges = append(c.RateChanges, RateChange{on, pick(r, 0, c.Rate, 38_500, r.Int64N(450_000))})
		}
	}
}

// TestSecondCalculation schedules random contracts twice, with this package
// and in rationals, and checks what must hold of every schedule.
func TestSecondCalculation(t *testing.T) {
	var rows []Row
	scheduled, refused := 0, 0
	for i := range *contracts {
		r := rand.New(rand.NewPCG(*seed, uint64(i)))
		c := randomContract(r)
		fail := func(format string, args ...any) {
			t.Helper()
			text, _ := c.MarshalJSON()
			t.Logf("seed %d, contract %d: %s", *seed, i, text)
			t.Fatalf(format, args...)
		}
		if err := c.Validate(); err != nil {
			fail("not valid: %v", err)
		}
		want, wantErr := reference.Schedule(c)
		var err error
		rows, err = Schedule(rows[:0], c)
		if err != nil {
			refused++
			switch {
			case errors.Is(err, ErrNegativeAmortisation):
				if !errors.Is(wantErr, reference.ErrNegative) {
					fail("refused %v, but the second calculation is not", err)
				}
			case c.Method == Irregular && c.Disbursements != nil:
				if named(c, want) {
					fail("refused %v, but every row could pay what it names", err)
				}
			default:
				fail("refused: %v", err)
			}
			continue
		}
		if wantErr != nil {
			fail("second calculation: %v", wantErr)
		}
		scheduled++
		for k, row := range rows {
			got := reference.Row{N: int(row.N), DueOn: row.DueOn.String(), Principal: row.Principal,
				Interest: row.Interest, Balance: row.Balance, Earned: row.Earned}
			if got != want[k] {
				fail("row %d:\n got %+v\nwant %+v", k+1, got, want[k])
			}
		}
		if problem := brokenLaw(c, rows); problem != "" {
			fail("%s", problem)
		}
	}
	if scheduled < *contracts*8/10 {
		t.Errorf("%d contracts scheduled, %d refused: the generator refuses too many", scheduled, refused)
	}
	t.Logf("%d contracts scheduled alike, %d refused alike", scheduled, refused)
}

// named reports whether every row pays the principal the contract names for it.
func named(c *Contract, rows []reference.Row) bool {
	for k, due := range c.Due {
		if due.Principal != Rest && rows[k].Principal != due.Principal {
			return false
		}
	}
	return true
}

// brokenLaw returns what is wrong with a schedule that the contract alone
// forbids, whatever the method.
func brokenLaw(c *Contract, rows []Row) string {
	n := max(c.Instalments, len(c.Due))
	if len(rows) != n {
		return "wrong number of rows"
	}
	balance := c.Principal
	if len(c.Disbursements) > 0 {
		balance = c.Disbursements[0].Amount
	}
	var principal, interest, earned int64
	for k, row := range rows {
		balance += row.Disbursed - row.Principal
		principal += row.Principal
		interest += row.Interest
		earned += row.Earned
		switch {
		case int(row.N) != k+1 || row.DueOn != c.DueOn(k+1):
			return "row out of order"
		case row.Balance != balance:
			return "balance is not what was owed less what is paid"
		case row.Principal < 0 || row.Interest < 0 || row.Balance < 0:
			return "negative amount"
		case k < c.GracePrincipal && k < n-1 && row.Principal != 0:
			return "principal in its grace"
		case k < c.GraceInterestCharged && row.Earned != 0:
			return "interest in an interest-free period"
		case k < c.GraceInterestPayment && k < n-1 && row.Interest != 0:
			return "interest due in its grace"
		}
	}
	if balance != 0 || principal != c.Principal || interest != earned {
		return "what is paid is not what was lent, or what was earned"
	}
	return ""
}
