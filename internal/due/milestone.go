package due

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
)

// milestoneDays is how long before its day a milestone is due.
const milestoneDays = 30

// Milestone is one that a project has promised and that comes soon or is late.
type Milestone struct {
	entity.Entity
	By      date.Date
	Project entity.Entity
}

// Milestones lists what projects of all books have promised and not reached by a day, or promise for the thirty days after it, the earliest first.
func Milestones(ctx context.Context, r database.Reader, on date.Date) ([]Milestone, error) {
	planned, err := entity.Find(ctx, r, entity.Filter{Type: "milestone", Status: "planned"})
	if err != nil {
		return nil, fmt.Errorf("look for milestones that are due: %w", err)
	}
	projects, err := entity.Find(ctx, r, entity.Filter{Type: "project"})
	if err != nil {
		return nil, fmt.Errorf("look for projects of milestones that are due: %w", err)
	}
	at := make(map[[2]string]entity.Entity, len(projects))
	for _, p := range projects {
		at[[2]string{p.Book, p.ID}] = p
	}
	var list []Milestone
	for _, m := range planned {
		if by := date.Date(m.Class); by <= on.AddDays(milestoneDays) {
			list = append(list, Milestone{m, by, at[[2]string{m.Book, m.Parent}]})
		}
	}
	slices.SortFunc(list, func(a, b Milestone) int {
		return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.Book, b.Book), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}
