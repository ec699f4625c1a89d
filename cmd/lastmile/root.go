package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lastmile/internal/database"
	"lastmile/internal/fault"
	"lastmile/internal/store"
)

// program is what the commands share.
type program struct {
	in       io.Reader
	out, err io.Writer
	url      string // --db
	json     bool   // --json
	started  bool   // arguments were understood
}

// errSilent ends a command with exit code 1 after it has said all there is to say.
var errSilent = errors.New("")

// usageError is an argument or flag that is not of the form it must have.
type usageError struct{ error }

// run carries out one command line and gives the exit code: 0 done, 1 refused or failed, 2 wrong usage.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	p := &program{in: in, out: out, err: errOut}
	root := &cobra.Command{
		Use:   "lastmile",
		Short: "Run a targeted assistance programme; every figure opens down to its records",
		Long: `lastmile runs a targeted assistance programme end to end, and every figure it states
opens down to the visit, payment and photograph it was counted from.

Start with:  lastmile demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			err := c.ValidateRequiredFlags()
			p.started = err == nil
			return err
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	root.PersistentFlags().StringVar(&p.url, "db", defaultURL, "database: sqlite:PATH or postgres://USER@HOST/NAME")
	root.PersistentFlags().BoolVar(&p.json, "json", false, "print JSON")
	root.AddCommand(p.demoCommand(), p.serveCommand(), p.importCommand(), p.kindsCommand(), p.approvalsCommand(), p.approveCommand(),
		p.figuresCommand(), p.lineageCommand(), p.claimsCommand(), p.decideCommand(), p.povertyCommand(),
		p.verifyCommand(), p.rebuildCommand(), p.exportCommand(), p.restoreCommand(), p.backupCommand(), p.loanCommand(), p.targetCommand())
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case !p.started || errors.As(err, &usage):
		fmt.Fprintf(errOut, "lastmile: %v\nSee: lastmile help\n", err)
		return 2
	case !errors.Is(err, errSilent):
		p.explain(err)
	}
	return 1
}

const defaultURL = "sqlite:lastmile-data/lastmile.db"

// problemsShown is how many problems a command lists before it says how many more there are.
const problemsShown = 50

// explain prints an error for people: each problem on its line.
func (p *program) explain(err error) {
	list := fault.All(err)
	if len(list) <= 1 {
		fmt.Fprintf(p.err, "lastmile: %v\n", err)
		return
	}
	for i, e := range list {
		if i == problemsShown {
			fmt.Fprintf(p.err, "… and %d more problems\n", len(list)-i)
			break
		}
		fmt.Fprintln(p.err, e.Error())
	}
}

// open opens the store that --db names. One that does not exist is an error: only demo, serve, import and restore make one.
func (p *program) open(ctx context.Context) (*store.Store, error) {
	if path, ok := strings.CutPrefix(p.url, string(database.SQLite)+":"); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, fault.New(fault.NotFound, "db.missing", "there is no database %s", path).
				Mend("Make the model programme with: lastmile demo, or name another database with --db")
		}
	}
	return p.create(ctx)
}

// create opens the store that --db names, and makes a SQLite store that does not exist.
func (p *program) create(ctx context.Context) (*store.Store, error) {
	return store.Open(ctx, p.url, store.Options{})
}

// printJSON prints v with indentation.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// progress shows how far a long step is, on a terminal only. The function it gives is called with what is done of a total.
func (p *program) progress(what string) func(done, total int64) {
	f, ok := p.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func(int64, int64) {}
	}
	bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100_000_000))
	return func(done, total int64) {
		if total > 0 {
			bar.ChangeMax64(total)
			_ = bar.Set64(min(done, total)) // a bar that cannot be drawn stops nothing
		}
	}
}
