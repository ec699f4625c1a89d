package servicing

import (
	"fmt"
	"math/bits"
	"slices"

	"lastmile/internal/lending/schedule"
)

// extend lets an extension take effect, or keeps it until its row falls due.
func (s *State) extend(id string, x Extension) error {
	if x.changesNothing() {
		return nil
	}
	if s.loan.Contract.Method == schedule.Flat {
		return refuse("loan", "loan.flat-extended", "a flat loan mirrors its lender's schedule and cannot be extended here: give the lender's new contract")
	}
	if x.Kind == LongerTerm {
		return s.lengthen(id, x)
	}
	if x.From > s.AsOf {
		isPlanned := slices.ContainsFunc(s.plan, func(row schedule.Row) bool { return row.DueOn == x.From })
		isTaken := slices.ContainsFunc(s.pending, func(p pending) bool { return p.extension.From == x.From })
		switch {
		case !isPlanned:
			return refuse("from", "loan.no-row", "no row is due on %s: name a due date", x.From)
		case isTaken:
			return refuse("from", "loan.extended-already", "the row due on %s is extended already: reverse that extension first", x.From)
		}
		s.pending = append(s.pending, pending{id, x})
		_, err := s.ToCome() // what cannot take effect then is refused now
		return err
	}
	moved := s.concerned(x)
	if len(moved) == 0 {
		return refuse("from", "loan.nothing-unpaid", "nothing is unpaid of a row due on %s: name the due date of an unpaid row", x.From)
	}
	return s.move(id, x, moved)
}

// takeEffect carries out an extension agreed before its row fell due. A row
// paid meanwhile is not moved, but the rows after it are if all were to be.
func (s *State) takeEffect(p pending) error {
	moved := s.concerned(p.extension)
	if len(moved) == 0 && (p.extension.Kind != MoveAll || len(s.plan) == 0) {
		return nil
	}
	return s.move(p.id, p.extension, moved)
}

// lengthen adds rows and fixes the instalment anew.
func (s *State) lengthen(id string, x Extension) error {
	if s.loan.Contract.Method == schedule.Irregular {
		return refuse("kind", "loan.irregular-term", "an irregular loan has no instalment to lower: move its rows instead")
	}
	if len(s.plan) == 0 {
		return refuse("kind", "loan.all-due", "all rows are due already: move the unpaid ones instead")
	}
	c := s.rest()
	c.Method = s.loan.Contract.Method
	c.Due = s.appendPeriods(clearNames(c.Due), c.PayDay, x.Rows)
	s.record(id, x, Extended{Principal: s.Undue})
	return s.replan(c, anew)
}

// move takes what is unpaid out of the rows concerned and schedules it for
// later days.
func (s *State) move(id string, x Extension, moved []int) error {
	c := s.rest()
	if err := s.nameRows(&c); err != nil {
		return err
	}
	record := Extended{}
	lateBefore := 0
	var due []schedule.Due // what is moved, on its old days
	var instead schedule.Exact
	for _, i := range moved {
		row := &s.Rows[i]
		unpaid := row.Unpaid()
		if x.Kind == PrincipalHoliday {
			unpaid[Interest] = 0
		}
		record.Principal += unpaid[Principal]
		record.Interest += unpaid[Interest]
		record.Waived += unpaid[Penalty]
		row.Moved = Amounts{Penalty: unpaid[Penalty], Interest: unpaid[Interest], Principal: unpaid[Principal]}
		row.Due = row.Due.Minus(row.Moved)
		instead = instead.Plus(row.instead)
		lateBefore = max(lateBefore, row.LateBefore+int(s.AsOf-row.DueOn))
		due = append(due, schedule.Due{On: row.DueOn, Principal: unpaid[Principal]})
	}
	s.Undue += record.Principal

	switch {
	case x.Treatment == Capitalised:
		s.Undue += record.Interest
		s.Capitalised += record.Interest
		if len(due) > 0 {
			due[len(due)-1].Principal += record.Interest
		}
		s.earned = s.earned.Plus(instead).Plus(s.contract.Accrual().Earn(record.Interest, s.Rate, x.From, s.AsOf))
	case x.Treatment == Forgiven:
		s.Deferred += record.Interest
	default:
		s.Deferred += record.Interest
		s.earned = s.earned.Plus(instead)
	}

	if x.Kind == MoveOne && x.Rows > 1 && c.PayDay > 0 {
		_, _, c.PayDay = x.To.Civil()
	}
	var err error
	if c.Due, err = s.newDates(x, c.PayDay, due, c.Due); err != nil {
		return err
	}
	if c.Due[0].On <= s.AsOf {
		return refuse("to", "loan.still-due", "the new due date %s is not after %s: move it further", c.Due[0].On, s.AsOf)
	}
	if x.Treatment == Forgiven {
		forgone := s.earned.Plus(instead).Plus(c.Accrual().Earn(s.Undue, s.Rate, s.AsOf, c.Due[0].On))
		if record.Forgone, err = c.Accrual().Settle(forgone); err != nil {
			return fmt.Errorf("interest forgone: %w", err)
		}
		s.earned = schedule.Exact{}
		c.GraceInterestCharged = max(c.GraceInterestCharged, 1)
	}
	if x.Kind == MoveAll {
		for i, earlier := range s.moved {
			if earlier.on > s.AsOf {
				s.moved[i].on = shift(earlier.on, c.PayDay, x.Months) + Day(x.Days)
			}
		}
	}
	if x.Kind != PrincipalHoliday {
		s.moved = append(s.moved, movedRow{c.Due[0].On, lateBefore, x})
	}
	s.record(id, x, record)
	if s.Undue == 0 {
		return refuse("from", "loan.interest-alone", "no principal is owed: interest alone is not extended: have it paid, or waive what is late")
	}
	return s.replan(c, anew)
}

// concerned returns the rows that fell due and that the extension moves.
func (s *State) concerned(x Extension) (rows []int) {
	for i := range s.Rows {
		row := &s.Rows[i]
		unpaid := row.Unpaid()
		onDay := row.DueOn == x.From || x.Kind == MoveAll && row.DueOn > x.From
		if onDay && row.N > 0 && unpaid[Interest]+unpaid[Principal] > 0 {
			rows = append(rows, i)
		}
	}
	return rows
}

// newDates returns the principal of the moved and of the planned rows on their
// new days.
func (s *State) newDates(x Extension, payDay int, moved, planned []schedule.Due) ([]schedule.Due, error) {
	switch x.Kind {
	case MoveAll:
		all := append(moved, planned...)
		for i := range all {
			all[i].On = shift(all[i].On, payDay, x.Months) + Day(x.Days)
		}
		return all, nil

	case PrincipalHoliday:
		dates := planned
		if len(dates) == 0 {
			dates = []schedule.Due{{On: moved[0].On}}
		}
		dates = s.appendPeriods(slices.Clone(dates), payDay, x.Rows)
		dates = dates[len(dates)-len(planned)-x.Rows:]
		amounts := append(moved, planned...)
		for i := range dates {
			dates[i].Principal = 0
			if k := i - (x.Rows - 1); k >= 0 {
				dates[i].Principal = amounts[k].Principal
			}
		}
		return dates, nil
	}

	parts := max(x.Rows, 1)
	principal := moved[0].Principal
	dates := s.appendPeriods([]schedule.Due{{On: x.To}}, payDay, parts-1)
	for i := range dates {
		dates[i].Principal = principal / int64(parts)
	}
	dates[parts-1].Principal += principal % int64(parts)
	if len(planned) > 0 && dates[parts-1].On >= planned[0].On {
		return nil, refuse("to", "loan.past-next", "%s is not before the next due date %s: name an earlier day, or move all rows", dates[parts-1].On, planned[0].On)
	}
	return append(dates, planned...), nil
}

// shift moves a due date by months: to the pay day if it is on one, otherwise
// to the same day of the month.
func shift(on Day, payDay, months int) Day {
	year, month, day := on.Civil()
	if payDay > 0 && schedule.Date(year, month, payDay) == on {
		day = payDay
	}
	return on.AddMonths(months, day)
}

// appendPeriods appends dates that follow the last by the contract's period.
func (s *State) appendPeriods(dates []schedule.Due, payDay, n int) []schedule.Due {
	last := dates[len(dates)-1].On
	every := max(s.loan.Contract.Every, 1)
	for k := 1; k <= n; k++ {
		var on Day
		switch s.loan.Contract.Period {
		case schedule.Days:
			on = last + Day(k*every)
		case schedule.Weeks:
			on = last + Day(7*k*every)
		case schedule.Years:
			on = shift(last, payDay, 12*k*every)
		default:
			on = shift(last, payDay, k*every)
		}
		dates = append(dates, schedule.Due{On: on})
	}
	return dates
}

// nameRows turns the contract of the rows to come into one that names their
// principal as it is planned now.
func (s *State) nameRows(c *schedule.Contract) error {
	if c.Method == schedule.Flat {
		return refuse("excess", "loan.flat-rows", "a flat loan keeps its rows: choose a shorter term or a smaller instalment")
	}
	c.Method, c.GracePrincipal = schedule.Irregular, 0
	for k := range c.Due {
		c.Due[k].Principal = s.plan[k].Principal
	}
	return nil
}

func clearNames(due []schedule.Due) []schedule.Due {
	for k := range due {
		due[k].Principal = 0
	}
	return due
}

func (s *State) record(id string, x Extension, record Extended) {
	record.ID, record.On, record.Extension = id, s.AsOf, x
	record.Again = len(s.Extensions) > 0
	s.Extensions = append(s.Extensions, record)
}

// proportion returns amount × part / total, cut; part must not exceed total.
func proportion(amount, part, total int64) int64 {
	hi, lo := bits.Mul64(uint64(amount), uint64(part))
	quotient, _ := bits.Div64(hi, lo, uint64(total))
	return int64(quotient)
}
