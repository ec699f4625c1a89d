package verify

import (
	"context"
	"sync"
	"time"

	"lastmile/internal/fault"
)

// Latest runs verifications one at a time and remembers what the last one found, for the pages and programs that ask for it.
type Latest struct {
	verify  func(context.Context) (*Report, error)
	clock   func() time.Time
	running sync.Mutex

	mu     sync.Mutex
	at     time.Time
	report *Report
}

// NewLatest makes one of a way to verify, such as Verify of a store. The clock says when a run ended.
func NewLatest(clock func() time.Time, verify func(context.Context) (*Report, error)) *Latest {
	return &Latest{verify: verify, clock: clock}
}

// Run verifies now. While another run goes on, it is refused with a fault of kind Unavailable.
func (l *Latest) Run(ctx context.Context) error {
	if !l.running.TryLock() {
		return fault.New(fault.Unavailable, "verify.running", "a verification runs already").Mend("Look again in a moment.")
	}
	defer l.running.Unlock()
	r, err := l.verify(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.report = l.clock(), r
	return nil
}

// Found is what the last run found and when it ended; nil as long as there was none.
func (l *Latest) Found() (*Report, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report, l.at
}
