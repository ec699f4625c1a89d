package schedule_test

import (
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	. "lastmile/internal/lending/schedule"
)

// A loan taken up again on any day goes on as scheduled.
func TestResume(t *testing.T) {
	for i := range 2_000 {
		r := rand.New(rand.NewPCG(21, uint64(i)))
		c := randomContract(r)
		c.Disbursements, c.RateChanges, c.Smooth = nil, nil, false
		rows, err := Schedule(nil, c)
		if err != nil {
			continue
		}
		k := r.IntN(len(rows)) // rows due already
		from, opening := c.DisbursedOn, Opening{Granted: c.Principal}
		balance := c.Principal
		for _, row := range rows[:k] {
			from, balance = row.DueOn, row.Balance
			opening.Deferred += row.Earned - row.Interest
			opening.Level = row.Level
		}
		if balance == 0 {
			continue
		}
		opening.KeepLevel = k > c.GracePrincipal
		on := from + Day(r.IntN(int(rows[k].DueOn-from)))
		rest := c.Rest(k, on)
		rest.Principal = balance
		if k >= c.GraceInterestCharged {
			base := balance
			if c.Method == Flat {
				base = c.Principal
			}
			middle := from + Day(r.IntN(int(on-from)+1))
			earn := c.Accrual().Earn
			opening.Earned = earn(base, c.Rate, from, middle).Plus(earn(base, c.Rate, middle, on))
		}
		got, err := Resume(nil, &rest, opening)
		text, _ := c.MarshalJSON()
		if err != nil {
			t.Fatalf("%s\nfrom row %d on %s: %v", text, k+1, on, err)
		}
		for j, row := range got {
			want := rows[k+j]
			if row.DueOn != want.DueOn || row.Principal != want.Principal || row.Interest != want.Interest || row.Balance != want.Balance {
				t.Fatalf("%s\nfrom row %d on %s: row %d is %+v, was %+v", text, k+1, on, k+j+1, row, want)
			}
		}
	}
}

// An explanation is of the row that is scheduled, and its stretches add up to
// the exact interest it states.
func TestExplain(t *testing.T) {
	for i := range 1_000 {
		c := randomContract(rand.New(rand.NewPCG(22, uint64(i))))
		rows, err := Schedule(nil, c)
		explained, explainErr := Explain(c)
		if !reflect.DeepEqual(err, explainErr) {
			t.Fatalf("Schedule %v, Explain %v", err, explainErr)
		}
		if len(explained) != len(rows) {
			t.Fatalf("%d explanations of %d rows", len(explained), len(rows))
		}
		for k, x := range explained {
			if x.Row != rows[k] || x.Earned != rows[k].Earned {
				t.Fatalf("explained %+v, scheduled %+v", x.Row, rows[k])
			}
			sum := new(big.Rat)
			for _, s := range x.Stretches {
				part := big.NewRat(s.Rate*s.Units, s.UnitsPerYear*1_000_000)
				sum.Add(sum, part.Mul(part, big.NewRat(s.Balance, 100)))
			}
			exact, _ := new(big.Rat).SetString(x.Exact)
			if difference := sum.Sub(sum, exact); difference.Sign() < 0 || difference.Cmp(big.NewRat(1, 1e18)) >= 0 {
				t.Fatalf("%s: the stretches differ from it by %s", x, difference.FloatString(30))
			}
			if text := x.String(); strings.Contains(text, "%!") || !strings.HasPrefix(text, "row ") {
				t.Fatalf("explained as %q", text)
			}
		}
	}
}
