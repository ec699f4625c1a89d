package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"lastmile/internal/archive"
	"lastmile/internal/fault"
	"lastmile/internal/rebuild"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

// steps draws one progress bar for each step of a long command.
func (p *program) steps() func(step string, done, total int64) {
	bars := map[string]func(int64, int64){}
	return func(step string, done, total int64) {
		if bars[step] == nil {
			bars[step] = p.progress(step)
		}
		bars[step](done, total)
	}
}

// withStore runs fn with the store that --db names, which must exist.
func (p *program) withStore(ctx context.Context, fn func(*store.Store) error) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return fn(s)
}

func (p *program) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Recompute everything and say what differs",
		Long: `Read every row, recompute hashes, balances and totals by code that shares nothing with recording, and
compare every file of evidence with its name. Exit code 1 when anything differs.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *store.Store) error {
				step := p.steps()
				r, err := verify.Verify(c.Context(), s.DB, s.Evidence, func(g verify.Progress) { step("verifying "+g.Step, g.Done, g.Total) })
				if err != nil {
					return err
				}
				if p.json {
					err = p.printJSON(r)
				} else {
					fmt.Fprintf(p.out, "%d entries, %d postings, %d observations and %d files of evidence recomputed.\n", r.Entries, r.Postings, r.Observations, r.Files)
					p.printDifferences(r.Differences, r.More)
				}
				if err == nil && !r.OK {
					return errSilent
				}
				return err
			})
		},
	}
}

func (p *program) printDifferences(list []verify.Difference, more int64) {
	if len(list) == 0 {
		fmt.Fprintln(p.out, "Nothing differs.")
		return
	}
	for _, d := range list {
		fmt.Fprintln(p.out, d)
	}
	if more > 0 {
		fmt.Fprintf(p.out, "… and %d more differences\n", more)
	}
}

func (p *program) rebuildCommand() *cobra.Command {
	var o rebuild.Options
	c := &cobra.Command{
		Use:   "rebuild",
		Short: "Replay the journal into fresh state and compare",
		Long: `Record every entry again in an empty store and compare all tables row by row: the same facts must give
the same state. Exit code 1 when anything differs.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *store.Store) error {
				step := p.steps()
				o.Progress = func(g rebuild.Progress) { step(g.Step, g.Done, g.Total) }
				r, err := rebuild.Rebuild(c.Context(), s.DB, o)
				if err != nil {
					return err
				}
				if p.json {
					err = p.printJSON(r)
				} else {
					fmt.Fprintf(p.out, "%d entries replayed, %d rows compared.\n", r.Entries, r.Rows)
					p.printDifferences(r.Differences, r.More)
					for _, table := range r.Repaired {
						fmt.Fprintf(p.out, "Table %s was replaced by the rebuilt one.\n", table)
					}
				}
				if err == nil && !r.OK {
					return errSilent
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&o.URL, "into", "", "empty database to rebuild in (default: a temporary SQLite file)")
	c.Flags().BoolVar(&o.Repair, "repair", false, "replace the store's state by the rebuilt one where it differs; stop every other program first")
	return c
}

func (p *program) exportCommand() *cobra.Command {
	var o archive.ExportOptions
	c := &cobra.Command{
		Use:   "export PATH",
		Short: "Write the whole programme into plain files: a folder, or a .tar.gz",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *store.Store) error {
				step := p.steps()
				o.Progress = func(g archive.Progress) { step(g.Step, g.Done, g.Total) }
				m, err := archive.Export(c.Context(), s, args[0], o)
				if err != nil {
					return err
				}
				return p.printManifest("Exported", m)
			})
		},
	}
	c.Flags().BoolVar(&o.LeaveOutPersonal, "leave-out-personal", false, "leave out personal data")
	return c
}

func (p *program) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore PATH",
		Short: "Make an empty store the programme of an archive",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.create(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			step := p.steps()
			m, err := archive.Restore(c.Context(), args[0], s, archive.RestoreOptions{Progress: func(g archive.Progress) { step(g.Step, g.Done, g.Total) }})
			if err != nil {
				return err
			}
			return p.printManifest("Restored", m)
		},
	}
}

func (p *program) printManifest(done string, m *archive.Manifest) error {
	if p.json {
		return p.printJSON(m)
	}
	for _, b := range m.Books {
		fmt.Fprintf(p.out, "%s book %s: %d entries, last hash %s\n", done, b.Book, b.Entries, b.Head)
	}
	fmt.Fprintf(p.out, "%s %d files of evidence.\n", done, m.Files)
	return nil
}

func (p *program) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy a SQLite store, while it is in use, into one file",
		Long:  "Copy a SQLite store, while it is in use, into one file. Evidence never changes: copy its folder beside it.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *store.Store) error {
				if err := s.DB.Backup(c.Context(), args[0]); err != nil {
					return fault.New(fault.Conflict, "backup.failed", "%v", err).Mend("Choose another file, or use: lastmile export")
				}
				fmt.Fprintf(p.out, "Copied to %s. Copy %s too.\n", args[0], s.Evidence.Dir())
				return nil
			})
		},
	}
}
