package schedule

import "fmt"

func (e *engine) tooLarge(k int) *Problem {
	return &Problem{"principal", fmt.Sprintf(
		"row %d, due %s: its interest is more than %s: lower principal or annual_rate, or bring the due dates together",
		k+1, e.rows[k].DueOn, e.c.write(MaxAmount)), ErrTooLarge}
}

// negative says which term most likely keeps the instalment below the interest.
func (e *engine) negative(k int) *Problem {
	row := &e.rows[k]
	field, cure := "instalments", "lower instalments or annual_rate, or use equal-principal"
	switch {
	case e.c.multiple() > 1:
		field, cure = "instalment_multiple", "lower instalment_multiple, instalments or annual_rate"
	case k == 0 && e.c.FirstDueOn != 0:
		field, cure = "first_due_on", "bring the first due date nearer to disbursed_on, or lower annual_rate"
	}
	return &Problem{field, fmt.Sprintf(
		"row %d, due %s: the instalment %s does not cover the interest %s, so the debt would grow: %s",
		k+1, row.DueOn, e.c.write(e.level), e.c.write(row.Earned), cure), ErrNegativeAmortisation}
}

func (e *engine) overdrawn(k int) *Problem {
	return &Problem{fmt.Sprintf("due[%d]", k), fmt.Sprintf(
		"principal %s is more than the %s owed on %s: name less, or pay out earlier",
		e.c.write(e.c.Due[k].Principal), e.c.write(e.balance), e.rows[k].DueOn), nil}
}
