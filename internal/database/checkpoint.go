package database

import (
	"database/sql"
	"sync"
	"time"
)

// checkpointer moves what SQLite has committed from its log into the file itself, in the background, so that no commit waits for it: a commit
// that found 80 MB in the log would keep all recorders waiting for some 40 ms.
type checkpointer struct {
	dsn       string
	committed chan struct{} // holds one token when something was committed since the last pass
	closing   chan struct{}
	begun     sync.Once
	ended     sync.Once
	done      sync.WaitGroup
}

// checkpointPause is the time between a commit and the pass that moves it, and so between two passes.
const checkpointPause = 30 * time.Millisecond

func newCheckpointer(dsn string) *checkpointer {
	return &checkpointer{dsn: dsn, committed: make(chan struct{}, 1), closing: make(chan struct{})}
}

// soon asks for a pass.
func (c *checkpointer) soon() {
	select {
	case c.committed <- struct{}{}:
		c.begun.Do(func() { c.done.Go(c.run) })
	default:
	}
}

// stop waits until the pass under way is over. Nothing may be committed meanwhile.
func (c *checkpointer) stop() {
	c.ended.Do(func() { close(c.closing) })
	c.done.Wait()
}

func (c *checkpointer) run() {
	own, err := sql.Open("sqlite", c.dsn)
	if err != nil {
		return // the commits themselves will see to it
	}
	defer own.Close()
	for {
		select {
		case <-c.committed:
		case <-c.closing:
			return
		}
		select {
		case <-time.After(checkpointPause):
		case <-c.closing:
			return
		}
		own.Exec("PRAGMA wal_checkpoint(PASSIVE)") // keeps nobody waiting; what it cannot move is for the next pass, or for a commit
	}
}
