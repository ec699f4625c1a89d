package decision

import (
	"cmp"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
)

// judgeIncome answers S1, income above the line, and S2, steadily so.
func (j *judge) judgeIncome() error {
	line, ok := j.line(j.asOf)
	j.Line = line
	account, err := income.Sum(j.h.Income.Lines, j.h.Income.Period, j.known, j.rules.Income)
	if err != nil {
		return err
	}
	j.Account = account

	reasons := len(j.Reasons)
	if !ok {
		j.reason(Reason{Subject: Income, Code: "line_missing", Result: Unknown, Date: j.asOf, Category: j.rules.LineSeries})
	}
	if j.Members == 0 {
		j.reason(Reason{Subject: Income, Code: "nobody_shares", Result: Unknown})
	}
	j.judgePeriod()
	if len(j.Reasons) == reasons {
		j.judgeAmount()
	}
	j.find(Finding{Subject: Income, Result: worst(j.Reasons[reasons:]), On: account.Period.To})

	return j.judgeSteady(ok && j.Members > 0 && account.Lines > 0)
}

func (j *judge) line(on date.Date) (income.PovertyLine, bool) {
	if j.h.Line != nil {
		return *j.h.Line, true
	}
	return j.rules.lines.At(j.rules.LineSeries, j.h.Area, on)
}

// judgePeriod asks whether the account covers the months it should and is recent enough.
func (j *judge) judgePeriod() {
	period := j.h.Income.Period
	switch {
	case period.From == "" || period.To == "":
		j.reason(Reason{Subject: Income, Code: "period_missing", Result: Unknown})
	case period.From.AddMonths(j.rules.WindowMonths).AddDays(-1) != period.To:
		j.reason(Reason{Subject: Income, Code: "period_length", Result: Unknown, Date: period.To, Limit: int64(j.rules.WindowMonths)})
	case period.To > j.asOf:
		j.reason(Reason{Subject: Income, Code: "period_ahead", Result: Unknown, Date: period.To})
	case period.To.DaysUntil(j.asOf) > j.rules.WindowAgeMaxDays:
		j.reason(Reason{Subject: Income, Code: "period_old", Result: Unknown, Date: period.To, Limit: int64(j.rules.WindowAgeMaxDays)})
	}
}

// judgeAmount compares the verified income with the line. Verified income at or below it is unmet, whatever is still
// unverified. Verified income above it is unknown as long as unverified expenses could bring it back to the line.
func (j *judge) judgeAmount() {
	a := &j.Account
	if a.Lines == 0 {
		j.reason(Reason{Subject: Income, Code: "none_verified", Result: Unknown})
		return
	}
	if !j.Line.Exceeded(a.Net, j.Members) {
		j.reason(Reason{Subject: Income, Code: "not_above_line", Result: Unmet, Amount: a.Net, Line: j.Line.Amount, Members: j.Members})
		if a.UnverifiedIncome > 0 && j.Line.Exceeded(a.Net+a.UnverifiedIncome, j.Members) {
			j.reason(Reason{Subject: Income, Code: "unverified_income", Result: Unmet, Amount: a.UnverifiedIncome})
		}
		return
	}
	if !j.Line.Exceeded(a.Net-a.UnverifiedExpense, j.Members) {
		j.reason(Reason{Subject: Income, Code: "unverified_expense", Result: Unknown, Amount: a.UnverifiedExpense})
	}
	if a.MigrantCostMissing {
		j.reason(Reason{Subject: Income, Code: "migrant_cost_missing", Result: Unknown})
	}
}

// judgeSteady asks whether income stays above the line without what is not expected again, and, when the rulebook says
// so, whether the statement before was above the line of its own time. Where nothing was received once, the first
// question is that of income again: it is answered again, and the reason is not repeated.
func (j *judge) judgeSteady(comparable bool) error {
	reasons, a := len(j.Reasons), &j.Account
	recurring := Met
	if j.rules.RecurringOnly && comparable && !j.Line.Exceeded(a.Repeating, j.Members) {
		recurring = Unmet
		if a.Repeating != a.Net {
			j.reason(Reason{Subject: Steady, Code: "recurring_not_above_line", Result: Unmet, Amount: a.Repeating, Line: j.Line.Amount, Members: j.Members})
		}
	}
	if j.rules.TwoPeriods {
		if err := j.judgePrevious(); err != nil {
			return err
		}
	}
	result := worst(j.Reasons[reasons:])
	if recurring == Unmet {
		result = Unmet
	}
	j.find(Finding{Subject: Steady, Result: result, On: a.Period.To})
	return nil
}

// judgePrevious compares the statement before with the line and the members of its own last day.
func (j *judge) judgePrevious() error {
	if j.h.Previous == nil || j.h.Previous.Period.To == "" {
		j.reason(Reason{Subject: Steady, Code: "previous_missing", Result: Unknown})
		return nil
	}
	previous, err := income.Sum(j.h.Previous.Lines, j.h.Previous.Period, j.known, j.rules.Income)
	if err != nil {
		return err
	}
	members := j.h.sharing(previous.Period.To)
	line, ok := j.line(previous.Period.To)
	switch {
	case !ok || members == 0 || previous.Lines == 0:
		j.reason(Reason{Subject: Steady, Code: "previous_missing", Result: Unknown})
	case !line.Exceeded(previous.Net, members):
		j.reason(Reason{Subject: Steady, Code: "previous_not_above_line", Result: Unmet, Amount: previous.Net, Line: line.Amount, Members: members, Date: previous.Period.To})
	}
	return nil
}

func (h *Household) sharing(on date.Date) int {
	n := 0
	for i := range h.Members {
		if h.Members[i].SharesIncome && h.Members[i].During.Contains(on) {
			n++
		}
	}
	return n
}

// worst is the answer that reasons leave: met when there is none.
func worst(reasons []Reason) Result {
	switch combine(reasons) {
	case Hold:
		return Unmet
	case Undetermined:
		return Unknown
	}
	return Met
}

// judgeCheck answers one of the six checks, for the household or for each member it concerns.
func (j *judge) judgeCheck(rule *CheckRule) {
	household := j.latest(rule.Subject, "")
	if rule.EachMember == nil {
		if household == nil {
			j.unknown(rule, "not_checked", "", &Check{})
			return
		}
		j.judgeRecord(rule, household, "", "")
		return
	}
	concerned, together, first := 0, false, len(j.Evidence)
	for i := range j.h.Members {
		member := &j.h.Members[i]
		ageKnown := member.Birth != ""
		if !member.During.Contains(j.asOf) || ageKnown && !rule.EachMember.contains(member.Birth, j.asOf) {
			continue
		}
		concerned++
		own := j.latest(rule.Subject, member.Person)
		switch {
		case own != nil:
			j.judgeRecord(rule, own, member.Person, member.Birth)
		case household != nil && ageKnown && rule.saysNobody(household.Category):
			j.unknown(rule, "contradiction", member.Person, household)
		case household != nil:
			together = true
		case !ageKnown && !rule.EachMember.everybody():
			j.unknown(rule, "birth_missing", member.Person, &Check{})
		default:
			j.unknown(rule, "not_checked", member.Person, &Check{})
		}
	}
	switch {
	case together:
		j.judgeRecord(rule, household, "", "")
	case concerned == 0:
		j.find(Finding{Subject: rule.Subject, Result: None})
	}
	slices.SortStableFunc(j.Evidence[first:], func(a, b Finding) int { return cmp.Compare(a.Person, b.Person) })
}

// unknown leaves a question open, with the record that leaves it open when there is one.
func (j *judge) unknown(rule *CheckRule, code, person string, check *Check) {
	j.reason(Reason{Subject: rule.Subject, Code: code, Result: Unknown, Person: person, Category: check.Category, Date: check.On})
	j.find(Finding{Subject: rule.Subject, Person: person, Result: Unknown, Category: check.Category, On: check.On, Assessor: check.Assessor, Files: check.Files})
}

// judgeRecord answers by one record.
func (j *judge) judgeRecord(rule *CheckRule, check *Check, person string, birth date.Date) {
	outcome := rule.outcome(check.Category)
	r := Reason{Subject: rule.Subject, Result: Unknown, Person: person, Category: check.Category, Date: check.On}
	result := Unknown
	switch {
	case outcome == nil:
		r.Code = "category_unlisted"
	case check.On.DaysUntil(j.asOf) > rule.AgeMaxDays:
		r.Code, r.Limit = "evidence_old", int64(rule.AgeMaxDays)
	case check.Assessor == "":
		r.Code = "assessor_missing"
	case outcome.NeedsEvidence && len(check.Files) == 0:
		r.Code = "evidence_missing"
	case outcome.DaysFromBirthMax > 0 && birth == "":
		r.Code = "birth_missing"
	case outcome.DaysFromBirthMax > 0 && birth.DaysUntil(j.asOf) > outcome.DaysFromBirthMax:
		r.Code, r.Limit = "newborn_no_more", int64(outcome.DaysFromBirthMax)
	default:
		result = outcome.Result
		r.Code, r.Result = string(result), result
	}
	if outcome != nil {
		r.Says = outcome.Text
	}
	if result == Unmet || result == Unknown {
		j.reason(r)
	}
	j.find(Finding{Subject: rule.Subject, Person: person, Result: result, Category: check.Category, On: check.On, Assessor: check.Assessor, Files: check.Files})
}

// latest returns the last check of a subject and person made by the date decided about and learned by the date known;
// of several made on one day, the one learned last.
func (j *judge) latest(subject Subject, person string) *Check {
	var last *Check
	for i := range j.h.Checks {
		check := &j.h.Checks[i]
		if check.Subject != subject || check.Person != person || check.On > j.asOf || check.learned() > j.known {
			continue
		}
		if last == nil || check.On > last.On || check.On == last.On && check.learned() >= last.learned() {
			last = check
		}
	}
	return last
}
