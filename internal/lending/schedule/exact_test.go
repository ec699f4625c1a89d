package schedule

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// engineFor lays out a contract whose first instalment is about to be fixed.
func engineFor(t *testing.T, c *Contract) *engine {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	e := &engine{c: c, rate: uint64(c.Rate), balance: c.Principal, disbursed: c.Principal}
	e.rows = e.layOut(nil)
	return e
}

// The cut sum of discounts and the sum with its excess enclose the true one,
// and the instalment is the one that whole numbers of any size give.
func TestAnnuityIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3_000 {
		c := &Contract{
			Principal:   1 + r.Int64N(1<<(1+r.IntN(49))),
			Rate:        []int64{1, 43_500, MaxRate, r.Int64N(450_000)}[r.IntN(4)],
			Instalments: 1 + r.IntN(40),
			DisbursedOn: Date(2000+r.IntN(40), 1+r.IntN(12), 1+r.IntN(31)),
			Every:       1 + r.IntN(3),
			DayCount:    DayCount(r.IntN(len(dayCountNames))),
			Rounding:    Rounding(r.IntN(len(roundingNames))),

			InstalmentMultiple:   []int64{0, 1, 100, 7}[r.IntN(4)],
			GraceInterestCharged: r.IntN(2) * r.IntN(2),
		}
		e := engineFor(t, c)
		k := r.IntN(c.Instalments)

		sum, excess := e.annuity(k)
		low := new(big.Rat).SetFrac(sum.big(), new(big.Int).Lsh(big.NewInt(1), annuityPlaces))
		high := new(big.Rat).SetFrac(sum.plus(wide{lo: excess}).big(), new(big.Int).Lsh(big.NewInt(1), annuityPlaces))
		exact, term := big.NewRat(1, 1), big.NewRat(1, 1)
		for j := k + 1; j < c.Instalments; j++ {
			term.Mul(term, new(big.Rat).SetFrac64(int64(e.whole), int64(e.whole+e.factor(j))))
			exact.Add(exact, term)
		}
		if low.Cmp(exact) > 0 || high.Cmp(exact) < 0 {
			t.Fatalf("%+v from row %d: %s is not from %s to %s", c, k+1, exact.FloatString(40), low.FloatString(40), high.FloatString(40))
		}

		interest := product(uint64(c.Principal), e.rate*uint64(1+r.IntN(400)))
		if _, ok := e.settle(interest); !ok {
			continue
		}
		owed := product(uint64(c.Principal), e.whole).plus(interest)
		if got, want := e.instalment(k, interest), e.instalmentInFull(k, owed); got != want {
			t.Fatalf("%+v from row %d: instalment %d, in full %d", c, k+1, got, want)
		}
	}
}

// Interest over a period cut in two differs from that over the whole by no
// more than the rounding of the parts.
func TestInterestAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		c := &Contract{
			Principal: 1 + r.Int64N(1e12), Rate: r.Int64N(450_000), Instalments: 1,
			DisbursedOn: Date(2019, 1, 1) + Day(r.IntN(1500)),
			DayCount:    DayCount(r.IntN(len(dayCountNames))),
			Rounding:    Rounding(r.IntN(len(roundingNames))),
		}
		e := engineFor(t, c)
		from := c.DisbursedOn
		middle := from + Day(r.IntN(400))
		to := middle + Day(r.IntN(400))
		interest := func(a, b Day) int64 {
			units := e.timeline.place(b) - e.timeline.place(a)
			amount, ok := e.settle(product(uint64(c.Principal), e.rate*uint64(units)))
			if !ok || units < 0 {
				t.Fatalf("%s to %s is %d units", a, b, units)
			}
			return amount
		}
		if d := interest(from, middle) + interest(middle, to) - interest(from, to); d < -1 || d > 1 {
			t.Fatalf("%+v: %s, %s, %s: the parts differ from the whole by %d", c, from, middle, to, d)
		}
	}
}

// Days agree with the standard library over all of the calendar we write.
func TestDayIsTheCalendar(t *testing.T) {
	for date, day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), FirstDay; day <= LastDay; day += 7 {
		year, month, dayOfMonth := day.Civil()
		if year != date.Year() || month != int(date.Month()) || dayOfMonth != date.Day() || Date(year, month, dayOfMonth) != day {
			t.Fatalf("day %d is %d-%d-%d, want %s", day, year, month, dayOfMonth, date.Format(time.DateOnly))
		}
		date = date.AddDate(0, 0, 7)
	}
	for day := Date(1899, 12, 31); day < Date(2101, 1, 1); day++ {
		parsed, err := ParseDay(day.String())
		if err != nil || parsed != day {
			t.Fatalf("day %d is written %s and read %d, %v", day, day, parsed, err)
		}
	}
	for text, want := range map[string]Day{"9999-12-31": LastDay, "0001-01-01": FirstDay} {
		if got, err := ParseDay(text); err != nil || got != want {
			t.Errorf("%s is day %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "2021-02-29", "2020-13-01", "2020-00-10", "2020-01-00", "0000-01-01", "20200101", "2020-1-1", "2020-01-01T00:00", "２０２０-01-01"} {
		if day, err := ParseDay(text); err == nil {
			t.Errorf("%q was read as %s", text, day)
		}
	}
}
