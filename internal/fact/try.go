package fact

import (
	"context"

	"lastmile/internal/database"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
)

// Effects are what a fact would move and count.
type Effects struct {
	Book         string
	Postings     []ledger.Posting
	Observations []figure.Observation
}

// Try finds out what a fact would do if it were recorded now and everybody who must approve it had done so. Nothing is recorded. Whether
// its actor may record it is checked; an error says why it would be refused.
func (r *Recorder) Try(ctx context.Context, d Draft) (*Effects, error) {
	t, err := r.newTrial(ctx, (*database.Writer).Begin)
	if err != nil {
		return nil, err
	}
	defer t.close()
	t.w.assent = true
	req := &request{ctx: ctx, drafts: []Draft{d}, prepared: make([]prepared, 1), receipts: make([]Receipt, 1), errs: make([]error, 1)}
	if err := r.prepare(ctx, &req.drafts[0], &req.prepared[0]); err != nil {
		return nil, err
	}
	if err := t.w.record(ctx, []*request{req}); err != nil {
		return nil, err
	}
	if req.errs[0] != nil {
		return nil, req.errs[0]
	}
	return &Effects{Book: req.drafts[0].Book, Postings: t.w.state.postings, Observations: t.w.state.observations}, nil
}
