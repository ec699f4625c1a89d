package fact

import (
	"context"

	"lastmile/internal/database"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
)

// Effects are what facts would move and count.
type Effects struct {
	Book         string // of the first fact
	Postings     []ledger.Posting
	Observations []figure.Observation
}

// Try finds out what facts would do if they were recorded now, together, and everybody who must approve them had done so. Nothing is
// recorded. Whether their actors may record them is checked; an error says why they would be refused.
func (r *Recorder) Try(ctx context.Context, drafts ...Draft) (*Effects, error) {
	t, err := r.newTrial(ctx, (*database.Writer).Begin)
	if err != nil {
		return nil, err
	}
	defer t.close()
	t.w.assent = true
	req := &request{ctx: ctx, drafts: drafts, together: true, prepared: make([]prepared, len(drafts)), receipts: make([]Receipt, len(drafts)), errs: make([]error, len(drafts))}
	for i := range drafts {
		if err := r.prepare(ctx, &req.drafts[i], &req.prepared[i]); err != nil {
			return nil, err
		}
	}
	if err := t.w.record(ctx, []*request{req}); err != nil {
		return nil, err
	}
	for _, err := range req.errs {
		if err != nil {
			return nil, err
		}
	}
	return &Effects{Book: req.drafts[0].Book, Postings: t.w.state.postings, Observations: t.w.state.observations}, nil
}
