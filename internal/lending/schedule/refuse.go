package schedule

func (e *engine) tooLarge(k int) *Problem {
	p := NewProblem("principal", "terms.too-large", "row %d, due %s: its interest is more than %s: lower principal or annual_rate, or bring the due dates together",
		k+1, e.rows[k].DueOn, e.c.write(MaxAmount))
	p.Cause = ErrTooLarge
	return p
}

// negative says which term most likely keeps the instalment below the interest.
func (e *engine) negative(k int) *Problem {
	const what = "row %d, due %s: the instalment %s does not cover the interest %s, so the debt would grow: "
	row := &e.rows[k]
	args := []any{k + 1, row.DueOn, e.c.write(e.level), e.c.write(row.Earned)}
	p := NewProblem("instalments", "terms.negative", what+"lower instalments or annual_rate, or use equal-principal", args...)
	switch {
	case e.c.multiple() > 1:
		p = NewProblem("instalment_multiple", "terms.negative-multiple", what+"lower instalment_multiple, instalments or annual_rate", args...)
	case k == 0 && e.c.FirstDueOn != 0:
		p = NewProblem("first_due_on", "terms.negative-first", what+"bring the first due date nearer to disbursed_on, or lower annual_rate", args...)
	}
	p.Cause = ErrNegativeAmortisation
	return p
}

func (e *engine) overdrawn(k int) *Problem {
	return NewProblem(at("due", k), "terms.overdrawn", "principal %s is more than the %s owed on %s: name less, or pay out earlier",
		e.c.write(e.c.Due[k].Principal), e.c.write(e.balance), e.rows[k].DueOn)
}
