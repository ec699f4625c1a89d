// Package rebuild replays the journal of a store into an empty one and compares the two, table by table and row by row: the same facts
// must give the same state. Where package verify recomputes what follows from the rows of an entry, this recomputes what follows from
// the facts themselves, by the same code that records them, so it also answers for the state that single packages keep: the names
// and states of things, proposals, appointments.
//
//	report, err := rebuild.Rebuild(ctx, s.DB, rebuild.Options{})
//
// The store may be in use meanwhile: everything is read as it was at one moment. With Options.Repair the tables that follow from the facts are
// then replaced by the rebuilt ones, in one transaction. Entries, postings and observations are never touched; where they differ, a backup or
// an archive has to be restored.
package rebuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

// Options of Rebuild; the zero value is usable.
type Options struct {
	URL      string         // address of an empty database to rebuild in; default: a temporary SQLite file, removed afterwards
	Repair   bool           // replace the state of the store by the rebuilt one where it differs. No other program may be using the store
	Progress func(Progress) // called now and then
}

// Progress of a rebuild.
type Progress struct {
	Step        string // "replaying" (entries), "comparing" (tables) or "repairing" (tables)
	Table       string
	Done, Total int64
}

// Report is what a rebuild found.
type Report struct {
	OK          bool                `json:"ok"`
	Entries     int64               `json:"entries"`
	Rows        int64               `json:"rows"` // compared
	Differences []verify.Difference `json:"differences"`
	More        int64               `json:"more_differences,omitempty"` // beyond those listed
	Repaired    []string            `json:"repaired,omitempty"`         // tables that were replaced
}

// Rebuild replays the journal of a store and compares. The report lists what differs; an error means that the journal cannot be
// replayed, and names the entry.
func Rebuild(ctx context.Context, db *database.DB, o Options) (_ *Report, err error) {
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	dir, err := os.MkdirTemp("", "lastmile-rebuild-*")
	if err != nil {
		return nil, fmt.Errorf("rebuild: %w", err)
	}
	defer os.RemoveAll(dir)
	if o.URL == "" {
		o.URL = "sqlite:" + filepath.Join(dir, "rebuilt.db")
	}
	target, err := store.Open(ctx, o.URL, store.Options{EvidenceDir: filepath.Join(dir, "evidence")})
	if err != nil {
		return nil, fmt.Errorf("rebuild: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if empty, err := target.Empty(ctx); err != nil {
		return nil, fmt.Errorf("rebuild: %w", err)
	} else if !empty {
		return nil, fault.New(fault.Conflict, "rebuild.target", "the database to rebuild in holds entries already").Mend("Name an empty database, or none.")
	}
	snapshot, err := db.Snapshot(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("rebuild: %w", err)
	}
	defer snapshot.Close()
	was := snapshot.Readers[0]

	r := &Report{Differences: []verify.Difference{}}
	if err := r.replay(ctx, was, target.Recorder, o.Progress); err != nil {
		return nil, err
	}
	differ, err := r.compare(ctx, db, was, target.DB, o.Progress)
	if err != nil {
		return nil, fmt.Errorf("compare with the rebuilt store: %w", err)
	}
	r.OK = len(r.Differences) == 0
	if o.Repair && len(differ) > 0 {
		heads, err := journal.Heads(ctx, target.DB)
		if err != nil {
			return nil, err
		}
		if err := snapshot.Close(); err != nil {
			return nil, err
		}
		if r.Repaired, err = repair(ctx, db, target.DB, heads, differ, o.Progress); err != nil {
			return r, fmt.Errorf("repair: %w", err)
		}
	}
	return r, nil
}

func (r *Report) replay(ctx context.Context, from database.Reader, to *fact.Recorder, progress func(Progress)) error {
	var total int64
	heads, err := journal.Heads(ctx, from)
	if err != nil {
		return err
	}
	for _, h := range heads {
		total += h.Seq
	}
	return to.Replay(ctx, func(fn func(journal.Entry) error) error { return journal.EachInTime(ctx, from, fn) }, func(entries int64) {
		r.Entries = entries
		progress(Progress{Step: "replaying", Done: entries, Total: total})
	})
}

// tables of a store that follow from its facts, in the order in which they are made; state tells which of them are caches.
func tables() (names []string, state map[string]bool) {
	state = map[string]bool{}
	for _, s := range store.Schemas {
		for _, t := range slices.Concat(s.AppendOnly, s.DeleteOnly, s.State) {
			if !slices.Contains(s.Apart, t) {
				names = append(names, t)
				state[t] = slices.Contains(s.State, t)
			}
		}
	}
	return names, state
}

// compare goes through all tables and gives the state tables that differ.
func (r *Report) compare(ctx context.Context, db *database.DB, was database.Reader, target *database.DB, progress func(Progress)) (differ []string, err error) {
	names, state := tables()
	for i, name := range names {
		before := len(r.Differences) + int(r.More)
		remedy := "Run lastmile rebuild --repair."
		if !state[name] {
			remedy = "The fact itself was changed: restore the store from the last backup or archive that verifies."
		}
		if err := r.compareTable(ctx, name, remedy, db, was, target); err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		if state[name] && len(r.Differences)+int(r.More) > before {
			differ = append(differ, name)
		}
		progress(Progress{Step: "comparing", Table: name, Done: int64(i) + 1, Total: int64(len(names))})
	}
	return differ, nil
}

// differencesMax is how many differences of one table are listed; the rest are counted.
const differencesMax = 100
