package scenario

import (
	"sync"
	"time"
)

// Clock tells the scenario's time while Build runs, and the machine's before and after. Open the store with its Now as the clock. The
// zero Clock is usable.
type Clock struct {
	mu sync.Mutex
	at time.Time // zero while Build does not run
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// set stops the clock at a time; the zero time lets it run again.
func (c *Clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}
