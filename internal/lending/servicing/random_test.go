package servicing

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"lastmile/internal/lending/schedule"
)

var (
	loans = flag.Int("loans", 1_500, "random loans to service")
	seed  = flag.Uint64("seed", 1, "of the random loans")
)

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

func randomLoan(r *rand.Rand) *Loan {
	c := schedule.Contract{
		Principal:   1_00 + r.Int64N(1<<(10+r.IntN(24))),
		Rate:        pick(r, 0, 43_500, 240_000, r.Int64N(100_000)),
		Instalments: 1 + r.IntN(14),
		DisbursedOn: schedule.Date(2019+r.IntN(3), 1+r.IntN(12), 1+r.IntN(31)),
		Method:      pick(r, schedule.EqualInstalment, schedule.EqualInstalment, schedule.EqualPrincipal, schedule.Bullet, schedule.Flat),
		DayCount:    pick(r, schedule.Thirty360, schedule.Actual360, schedule.Actual365, schedule.ActualActual),
		Rounding:    pick(r, schedule.HalfEven, schedule.HalfUp),
		Period:      pick(r, schedule.Months, schedule.Months, schedule.Weeks, schedule.Days),
		Every:       1 + r.IntN(3),
		Smooth:      r.IntN(3) == 0,
	}
	if r.IntN(3) == 0 {
		c.FirstDueOn = c.DisbursedOn + 1 + Day(r.IntN(40))
	}
	if r.IntN(3) == 0 {
		c.GracePrincipal, c.GraceInterestPayment, c.GraceInterestCharged = r.IntN(c.Instalments), r.IntN(c.Instalments), r.IntN(c.Instalments)
	}
	if r.IntN(6) == 0 {
		return &Loan{Contract: irregular(r, c)}
	}
	end := c.DueOn(c.Instalments)
	some := func() Day { return c.DisbursedOn + Day(r.IntN(int(end-c.DisbursedOn))) }
	if r.IntN(4) == 0 {
		part := 1 + r.Int64N(c.Principal-1)
		c.Disbursements = []schedule.Disbursement{{On: c.DisbursedOn, Amount: part}, {On: some(), Amount: c.Principal - part}}
	}
	if r.IntN(4) == 0 {
		c.RateChanges = []schedule.RateChange{{On: some(), Rate: r.Int64N(200_000)}}
	}
	return &Loan{
		Contract: c, LateSurcharge: pick[int64](r, 0, 21_750), Sweep: pick(r, RowByRow, ComponentByComponent),
		Order: pick(r, nil, []Component{Principal, Interest, Fee, Penalty}),
	}
}

func irregular(r *rand.Rand, c schedule.Contract) schedule.Contract {
	left := c.Principal
	var due []schedule.Due
	for n := range c.Instalments {
		part := r.Int64N(left + 1)
		left -= part
		due = append(due, schedule.Due{On: c.DueOn(n + 1), Principal: part})
	}
	due[c.Instalments-1].Principal = schedule.Rest
	c.Due = due
	c.Method, c.Instalments, c.FirstDueOn, c.GracePrincipal = schedule.Irregular, 0, 0, 0
	return c
}

// instalments returns the number of rows of the contract.
func instalments(c *schedule.Contract) int { return max(c.Instalments, len(c.Due)) }

// randomEvents returns events the loan accepts, no two on one day, in order.
func randomEvents(r *rand.Rand, loan *Loan, until Day) (events []Event) {
	c := &loan.Contract
	for i, on := 0, c.DisbursedOn; i < 12; i++ {
		on += 1 + Day(r.IntN(40))
		if on > until {
			break
		}
		n := 1 + r.IntN(instalments(c))
		var act Act
		switch r.IntN(12) {
		case 0:
			act = Charge{1 + r.Int64N(50_00)}
		case 1:
			act = RateChange{r.Int64N(200_000)}
		case 2:
			act = Disbursement{1 + r.Int64N(c.Principal)}
		case 3:
			act = Refund{1 + r.Int64N(c.Principal/4+1)}
		case 4, 5:
			act = randomExtension(r, c, n, on)
		default:
			act = Payment{
				Amount: 1 + r.Int64N(pick(r, c.Principal, c.Principal/10+1)), From: pick(r, Borrower, Pool),
				Excess: pick(r, Hold, Hold, NextRows, ShorterTerm, SmallerInstalment, Payoff),
			}
		}
		event := Event{ID: fmt.Sprint("E", i), On: on, Act: act}
		if _, err := Derive(loan, append(slices.Clone(events), event), until); err == nil {
			events = append(events, event)
		}
	}
	return events
}

func randomExtension(r *rand.Rand, c *schedule.Contract, n int, on Day) Extension {
	x := Extension{Kind: pick(r, MoveOne, MoveAll, MoveAll, PrincipalHoliday, LongerTerm), From: c.DueOn(n)}
	switch x.Kind {
	case MoveOne:
		x.To = max(x.From, on) + Day(r.IntN(30))
		x.Rows = r.IntN(2) * r.IntN(4)
	case MoveAll:
		x.Months, x.Days = r.IntN(4), r.IntN(20)
	default:
		x.Rows = r.IntN(4)
	}
	if x.Kind == MoveOne || x.Kind == MoveAll {
		if x.Treatment = pick(r, Deferred, Capitalised, Forgiven, Subsidised); x.Treatment == Subsidised {
			x.SubsidyShare = r.Int64N(1_000_001)
		}
	}
	return x
}

// each runs a law over random loans and events, and names the seed of a failure.
func each(t *testing.T, law func(r *rand.Rand, loan *Loan, events []Event, asOf Day) string) {
	t.Helper()
	serviced := 0
	for i := range *loans {
		r := rand.New(rand.NewPCG(*seed, uint64(i)))
		loan := randomLoan(r)
		until := loan.Contract.DueOn(instalments(&loan.Contract)) + Day(r.IntN(60))
		if _, err := Derive(loan, nil, until); err != nil {
			continue // the contract itself is refused
		}
		serviced++
		events := randomEvents(r, loan, until)
		if problem := law(r, loan, events, until); problem != "" {
			text, _ := loan.Contract.MarshalJSON()
			for _, event := range events {
				t.Logf("%s %s %T%+v", event.ID, event.On, event.Act, event.Act)
			}
			t.Fatalf("seed %d, loan %d, as of %s: %s\n%s", *seed, i, until, problem, text)
		}
	}
	if serviced < *loans*8/10 {
		t.Errorf("only %d of %d loans serviced: the generator refuses too many", serviced, *loans)
	}
}

// mustDerive panics where the generator has already seen no error.
func mustDerive(loan *Loan, events []Event, asOf Day) *State {
	s, err := Derive(loan, events, asOf)
	if err != nil {
		panic(err)
	}
	return s
}

// What is paid is somewhere, what was lent is somewhere, nothing is negative.
func TestNothingIsLost(t *testing.T) {
	each(t, func(r *rand.Rand, loan *Loan, events []Event, asOf Day) string {
		s := mustDerive(loan, events, asOf)
		var payments, paid, principal int64
		for _, event := range events {
			if p, ok := event.Act.(Payment); ok {
				payments += p.Amount
			}
		}
		parts := make([]Amounts, len(s.Rows))
		for _, receipt := range s.Receipts {
			for _, part := range receipt.Parts {
				parts[part.Row][part.Component] += part.Amount
			}
		}
		for i, row := range s.Rows {
			paid += row.Paid.Sum()
			principal += row.Due[Principal]
			for c, unpaid := range row.Unpaid() {
				if unpaid < 0 || row.Paid[c] < 0 {
					return fmt.Sprintf("row due %s: due %v, paid %v", row.DueOn, row.Due, row.Paid)
				}
			}
			if parts[i] != row.Paid {
				return fmt.Sprintf("row due %s: receipts say %v, the row %v", row.DueOn, parts[i], row.Paid)
			}
		}
		if paid+s.Prepaid+s.Suspense+s.Refunded != payments || s.Suspense < 0 {
			return fmt.Sprintf("paid %d, but %d on rows, %d prepaid, %d in suspense, %d refunded", payments, paid, s.Prepaid, s.Suspense, s.Refunded)
		}
		if principal+s.Undue+s.Prepaid != s.Disbursed+s.Capitalised || s.Undue < 0 || s.Deferred < 0 {
			return fmt.Sprintf("lent %d and capitalised %d, but %d fell due, %d is to come, %d prepaid", s.Disbursed, s.Capitalised, principal, s.Undue, s.Prepaid)
		}

		ahead, err := s.ToCome()
		if err != nil {
			return err.Error()
		}
		toCome, interest := int64(0), int64(0)
		for _, row := range ahead {
			toCome += row.Due[Principal]
			interest += row.Due[Interest]
			if row.Due[Principal] < 0 || row.Due[Interest] < 0 {
				return fmt.Sprintf("to come on %s: %v", row.DueOn, row.Due)
			}
		}
		if toCome != s.Undue || interest < s.Deferred {
			return fmt.Sprintf("%d of principal to come, %d not yet due; interest %d, deferred %d", toCome, s.Undue, interest, s.Deferred)
		}
		return ""
	})
}

// Paying the quote leaves exactly nothing.
func TestQuoteEndsTheLoan(t *testing.T) {
	each(t, func(r *rand.Rand, loan *Loan, events []Event, asOf Day) string {
		on := loan.Contract.DisbursedOn + Day(r.IntN(int(asOf-loan.Contract.DisbursedOn)+1))
		events = slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.On >= on })
		s := mustDerive(loan, events, on)
		quote, err := s.Payoff()
		if err != nil {
			return err.Error()
		}
		if quote <= 0 || s.Undue == 0 {
			return ""
		}
		if n := len(loan.Contract.Disbursements); n > 0 && loan.Contract.Disbursements[n-1].On >= on {
			return "" // more is still to be lent by contract
		}
		s = mustDerive(loan, append(events, Event{ID: "quote", On: on, Act: Payment{Amount: quote, Excess: Payoff}}), on)
		left, err := s.Payoff()
		rows, aheadErr := s.ToCome()
		if err != nil || aheadErr != nil || left != 0 || s.Outstanding() != 0 || s.Suspense != 0 || len(rows) > 0 {
			return fmt.Sprintf("after the quote %d: %d to pay, %d outstanding, %d in suspense, %d rows to come", quote, left, s.Outstanding(), s.Suspense, len(rows))
		}
		return ""
	})
}

// With no events the rows are those of the schedule.
func TestNoEventsIsTheSchedule(t *testing.T) {
	each(t, func(r *rand.Rand, loan *Loan, _ []Event, asOf Day) string {
		want, err := schedule.Schedule(nil, &loan.Contract)
		if err != nil {
			return "" // refused because of a change still to come
		}
		on := loan.Contract.DisbursedOn + Day(r.IntN(int(asOf-loan.Contract.DisbursedOn)+1))
		s := mustDerive(loan, nil, on)
		ahead, err := s.ToCome()
		if err != nil {
			return err.Error()
		}
		got := append(slices.Clone(s.Rows), ahead...)
		if len(got) != len(want) {
			return fmt.Sprintf("%d rows, scheduled %d", len(got), len(want))
		}
		for k, row := range want {
			if got[k].DueOn != row.DueOn || got[k].Due[Principal] != row.Principal || got[k].Due[Interest] != row.Interest {
				return fmt.Sprintf("row %d is %+v, scheduled %+v", k+1, got[k], row)
			}
		}
		return ""
	})
}

// The state does not depend on how often days are closed, on the order in which
// events are learnt, on events that were reversed, or on extensions by nothing.
func TestSameFactsSameState(t *testing.T) {
	each(t, func(r *rand.Rand, loan *Loan, events []Event, asOf Day) string {
		want := mustDerive(loan, events, asOf)

		daily, err := open(loan, false)
		if err != nil {
			return err.Error()
		}
		inOrder, err := inForce(&loan.Contract, events)
		if err != nil {
			return err.Error()
		}
		for day := loan.Contract.DisbursedOn; day <= asOf; day++ {
			for ; len(inOrder) > 0 && inOrder[0].On == day; inOrder = inOrder[1:] {
				if err := daily.happen(inOrder[0]); err != nil {
					return err.Error()
				}
			}
			for range 2 { // closing a day twice is closing it once
				if err := daily.closeThrough(day); err != nil {
					return err.Error()
				}
			}
		}
		if !reflect.DeepEqual(daily, want) {
			return fmt.Sprintf("day by day\n%+v\nin one jump\n%+v", daily, want)
		}

		shuffled := slices.Clone(events)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for i, event := range events {
			wrong := Event{ID: fmt.Sprint("W", i), On: event.On, Act: Payment{Amount: 1 + r.Int64N(1000), Excess: ShorterTerm}}
			shuffled = append(shuffled, wrong, Event{ID: fmt.Sprint("R", i), On: event.On, Act: Reversal{wrong.ID}}, event,
				Event{ID: fmt.Sprint("Z", i), On: event.On, Act: Extension{Kind: MoveAll, From: loan.Contract.DueOn(1)}})
		}
		if got := mustDerive(loan, shuffled, asOf); !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("learnt otherwise\n%+v\nin order\n%+v", got, want)
		}
		return ""
	})
}

// A payment held for what falls due never raises what is owed by coming earlier,
// where rows are settled one by one. (It can where the principal of all rows is
// settled first: what comes before the second row is due goes to the interest of
// the first, which earns nothing.)
func TestEarlierIsNotDearer(t *testing.T) {
	each(t, func(r *rand.Rand, loan *Loan, _ []Event, asOf Day) string {
		c := &loan.Contract
		loan.Sweep = RowByRow
		var events []Event
		for i := range 6 {
			on := c.DisbursedOn + Day(r.IntN(int(asOf-c.DisbursedOn)+1))
			events = append(events, paid(fmt.Sprint("P", i), on.String(), 1+r.Int64N(c.Principal/4+1), Hold))
		}
		cost := func() int64 {
			s, sum := mustDerive(loan, events, asOf), int64(0)
			for _, row := range s.Rows {
				sum += row.Due[Penalty] + row.Due[Interest]
			}
			return sum
		}
		before := cost()
		k := r.IntN(len(events))
		events[k].On -= Day(r.IntN(int(events[k].On-c.DisbursedOn) + 1))
		if after := cost(); after > before+int64(len(mustDerive(loan, events, asOf).Rows)) {
			return fmt.Sprintf("%s earlier makes interest %d, it was %d", events[k].ID, after, before)
		}
		return ""
	})
}

// TestAccounts: keeping how rows were computed changes no row, and what is told of a row is the row.
func TestAccounts(t *testing.T) {
	each(t, func(r *rand.Rand, loan *Loan, events []Event, asOf Day) string {
		s := mustDerive(loan, events, asOf)
		a, err := Account(loan, events, asOf)
		if err != nil {
			return err.Error()
		}
		if len(a.Rows) != len(s.Rows) || a.Undue != s.Undue || a.Deferred != s.Deferred || a.Suspense != s.Suspense {
			return fmt.Sprintf("%d rows, %d not yet due; without accounts %d rows, %d", len(a.Rows), a.Undue, len(s.Rows), s.Undue)
		}
		told := 0
		for i := range a.Rows {
			row := &a.Rows[i]
			if row.Due != s.Rows[i].Due || row.Paid != s.Rows[i].Paid {
				return fmt.Sprintf("row due %s: %v, without accounts %v", row.DueOn, row.Due, s.Rows[i].Due)
			}
			if row.Account == nil {
				continue // a fee, or what was made due by a payment before its time
			}
			told++
			if interest := row.Due[Interest] + row.Moved[Interest] + row.Subsidy; row.Account.DueOn != row.DueOn || row.Account.Row.Interest != interest {
				return fmt.Sprintf("row due %s: interest %d, told of %s: %d", row.DueOn, interest, row.Account.DueOn, row.Account.Row.Interest)
			}
		}
		if told == 0 && a.instalments > 0 && a.Prepaid == 0 && a.Undue > 0 {
			return "nothing is told of any row"
		}
		ahead, err := a.ToCome()
		if err != nil {
			return err.Error()
		}
		for i := range ahead {
			if ahead[i].N > 0 && ahead[i].Account == nil {
				return fmt.Sprintf("nothing is told of the row to come on %s", ahead[i].DueOn)
			}
		}
		return ""
	})
}

// TestAfter: going on from a state comes to the same as deriving the loan from all events.
func TestAfter(t *testing.T) {
	went := 0
	each(t, func(r *rand.Rand, loan *Loan, events []Event, asOf Day) string {
		inOrder, err := inForce(&loan.Contract, events)
		if err != nil {
			return err.Error()
		}
		inOrder = slices.DeleteFunc(inOrder, func(e Event) bool { return e.term })
		s := mustDerive(loan, nil, loan.Contract.DisbursedOn)
		for k, event := range inOrder {
			want, err := Derive(loan, inOrder[:k+1], max(s.AsOf, event.On))
			next, ok, refused := s.After(event)
			if (err != nil) != (refused != nil) && (ok || refused != nil) {
				return fmt.Sprintf("event %s: %v, derived anew %v", event.ID, refused, err)
			}
			if err != nil {
				return ""
			}
			if ok {
				went++
				for _, x := range []struct{ got, want any }{{next.Rows, want.Rows}, {next.Receipts, want.Receipts}, {next.Extensions, want.Extensions}, {next.plan, want.plan},
					{next.pending, want.pending}, {next.moved, want.moved}, {next.earned, want.earned}} {
					if fmt.Sprintf("%+v", x.got) != fmt.Sprintf("%+v", x.want) {
						return fmt.Sprintf("after event %s: %+v, derived anew %+v", event.ID, x.got, x.want)
					}
				}
				if next.Undue != want.Undue || next.Deferred != want.Deferred || next.Suspense != want.Suspense || next.Rate != want.Rate || next.AsOf != want.AsOf {
					return fmt.Sprintf("after event %s: %+v, derived anew %+v", event.ID, next, want)
				}
			}
			s = want
		}
		return ""
	})
	if went == 0 {
		t.Error("no state was gone on from")
	}
}
