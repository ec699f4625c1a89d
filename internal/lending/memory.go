package lending

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"lastmile/internal/journal"
	"lastmile/internal/lending/servicing"
)

// A loan's digest stands for its terms and for everything that has happened to it, in the order in which it was recorded. What is derived from
// these follows from them alone, so it is remembered under the digest, whatever book or store the loan is of, and whether or not what was
// recorded was kept: a fact that comes next in time goes on from there, and need not read and derive what came before.

// digestOf begins the digest of a loan whose terms are written so.
func digestOf(terms string) string {
	sum := sha256.Sum256(journal.AppendFields(nil, []string{"lastmile/loan/1", terms}))
	return hex.EncodeToString(sum[:])
}

// digestAfter is the digest once an event has been recorded.
func digestAfter(digest string, seq int64, on, act, detail string) string {
	var room [512]byte
	sum := sha256.Sum256(journal.AppendFields(room[:0], []string{digest, on, act, detail}, seq))
	return hex.EncodeToString(sum[:])
}

// remembered is a loan that was derived on the day of its latest event. Nobody may change it.
type remembered struct {
	terms *terms
	state *servicing.State
}

// rememberedMax is how many loans each of the two generations of the memory holds. One of 24 instalments takes some ten kilobytes.
const rememberedMax = 8192

// memory keeps what was derived last: when the newer generation has max loans, the older one is forgotten. Without room it remembers nothing.
type memory struct {
	max          int
	mu           sync.Mutex
	newer, older map[string]*remembered
}

var known = &memory{max: rememberedMax}

func (m *memory) get(digest string) *remembered {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.newer[digest]; r != nil {
		return r
	}
	return m.older[digest]
}

// put remembers a loan under its digest, in the place of what it was before under another.
func (m *memory) put(digest, before string, r *remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.newer, before)
	delete(m.older, before)
	if len(m.newer) >= m.max {
		m.older, m.newer = m.newer, nil
	}
	if m.newer == nil && m.max > 0 {
		m.newer = map[string]*remembered{}
	}
	if m.newer != nil {
		m.newer[digest] = r
	}
}
