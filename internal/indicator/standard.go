package indicator

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/table"
)

//go:embed standard.csv
var standard []byte

// Standard returns the figures that any programme asks for: money and projects, investment, dividends, jobs, herds, loans and the leverage of
// their pools in each of its readings, households from registration to the watch after exit. Each counts the whole programme; what is
// of one area, project or fund is asked of it when it is evaluated.
func Standard() ([]*Figure, error) {
	r, err := table.NewReader(bytes.NewReader(standard), int64(len(standard)), "standard.csv", table.Options{})
	if err != nil {
		return nil, fmt.Errorf("read the standard figures: %w", err)
	}
	defer r.Close()
	var list []*Figure
	err = fact.ReadRows(r, fact.Find("figure"), func(f fact.Fact, _ int) error {
		list = append(list, f.(*Figure))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the standard figures: %w", err)
	}
	return list, nil
}

// Define records the standard figures that a programme has not defined itself, and gives their number. The draft names who records them and when.
func Define(ctx context.Context, r *fact.Recorder, defined *figure.Book, draft fact.Draft) (int, error) {
	list, err := Standard()
	if err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, d := range defined.Definitions() {
		known[d.ID] = true
	}
	var drafts []fact.Draft
	for _, f := range list {
		if known[f.ID] {
			continue
		}
		d := draft
		d.Book, d.Fact = entity.Headquarters, f
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return 0, nil
	}
	if _, err := r.Record(ctx, drafts...); err != nil {
		return 0, fmt.Errorf("define the standard figures: %w", err)
	}
	return len(drafts), nil
}
