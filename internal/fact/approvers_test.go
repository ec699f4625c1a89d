package fact_test

import (
	"testing"

	"lastmile/internal/area"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/project"
)

func TestApproversByAmount(t *testing.T) {
	for _, c := range []struct {
		name string
		fact fact.Fact
		want int
	}{
		{"a kind without approval", &area.Area{}, 0},
		{"a kind whose amount does not matter", &goods.Delivery{Quantity: 1_000_000}, 1},
		{"a fen below the step", &project.Disbursement{Amount: 99_999_999}, 1},
		{"at the step", &project.Disbursement{Amount: 100_000_000}, 2},
	} {
		if got := fact.KindOf(c.fact).Approvers(c.fact); got != c.want {
			t.Errorf("%s: %d approvers, want %d", c.name, got, c.want)
		}
	}
}
