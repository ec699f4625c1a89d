package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/scenario"
	"lastmile/internal/store"
	"lastmile/internal/verify"
	"lastmile/internal/web"
	"lastmile/internal/web/desk"
)

const defaultAddress = "127.0.0.1:8080"

func (p *program) serveCommand() *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages of a programme",
		Long: `Serve the pages of the programme that --db names. A SQLite database that does not exist is made,
empty. Stop with Ctrl-C: requests that are being answered are finished first.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := p.create(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			return p.serve(c.Context(), s, address, nil)
		},
	}
	c.Flags().StringVar(&address, "addr", defaultAddress, "address to serve on, HOST:PORT; port 0 takes a free one")
	return c
}

// Limits of a connection. Answers may be long: tables to download have no end set.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 10 * time.Second
)

// readable are the pages of the model programme that nobody needs to log in for: all it holds is synthetic.
var readable = []string{"/", "/flow", "/flow.csv", "/claims", "/claims.csv", "/figures", "/figures.csv", "/figures/", "/areas", "/areas/", "/projects", "/projects.csv", "/projects/",
	"/money", "/accounts", "/accounts.csv", "/accounts/", "/postings", "/postings.csv", "/parties/", "/entries/", "/evidence/", "/journal", "/chain", "/search"}

// serve answers until ctx ends, then lets what is being answered finish. Strangers may read the pages listed, and see the way in.
func (p *program) serve(ctx context.Context, s *store.Store, address string, strangers []string) error {
	log := slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	people := desk.New(s, desk.Options{Log: log, Readable: strangers})
	pages, err := web.New(s, web.Options{Log: log, Protect: people.Protect, Frame: people.Frame, Sources: desk.Sources(),
		Routes: people.Routes,
		Verify: func(ctx context.Context) (web.Verification, error) { return verification(ctx, s) }})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fault.New(fault.Unavailable, "serve.address", "cannot serve on %s: %v", address, err).Mend("Name another address with --addr, such as 127.0.0.1:8081.").Wrap(err)
	}
	if p.json {
		if err := p.printJSON(map[string]string{"url": "http://" + l.Addr().String()}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(p.out, "Serving on http://%s  (stop with Ctrl-C)\n", l.Addr())
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		stopped <- server.Shutdown(soon)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", address, err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}

// verification recomputes everything for the chain page.
func verification(ctx context.Context, s *store.Store) (web.Verification, error) {
	r, err := verify.Verify(ctx, s.DB, s.Evidence, nil)
	if err != nil {
		return web.Verification{}, err
	}
	v := web.Verification{At: time.Now(), Entries: r.Entries, Postings: r.Postings, Observations: r.Observations, Files: r.Files}
	for _, d := range r.Differences {
		v.Differences = append(v.Differences, d.String())
	}
	return v, nil
}

func (p *program) demoCommand() *cobra.Command {
	var dir, address, register string
	var noServe bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Build the model programme, check its claims and serve it",
		Long: `Build the model programme in --dir if it is not there, check the claims of its public account
against the records, and serve its pages. With --no-serve it ends there, with exit code 1 when the
records contradict a claim. Everything in the model programme is marked synthetic.

--households N adds a register of so many households to a programme that is built, --households all
the whole register of 42,000 with about 170,000 people, which takes minutes.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			households, err := parseHouseholds(register)
			if err != nil {
				return err
			}
			s, err := p.model(ctx, dir, c.Flags().Changed("db"), households)
			if err != nil {
				return err
			}
			defer s.Close()
			sum, err := p.summarize(ctx, s)
			if err != nil {
				return err
			}
			if noServe {
				if sum.Differs > 0 {
					return errSilent
				}
				return nil
			}
			if err := p.logIns(ctx, s); err != nil {
				return err
			}
			return p.serve(ctx, s, address, readable)
		},
	}
	c.Flags().StringVar(&dir, "dir", "lastmile-data", "folder of the model programme")
	c.Flags().StringVar(&address, "addr", defaultAddress, "address to serve on, HOST:PORT; port 0 takes a free one")
	c.Flags().BoolVar(&noServe, "no-serve", false, "build, check and end")
	c.Flags().StringVar(&register, "households", "0", "households in the register, or all")
	return c
}

// parseHouseholds reads how large the model programme's register is to be.
func parseHouseholds(text string) (int, error) {
	if text == "all" {
		return scenario.AllHouseholds, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > scenario.AllHouseholds {
		return 0, fault.New(fault.Invalid, "demo.households", "%q is no number of households", text).Mend("Write a number up to %d, or all.", scenario.AllHouseholds)
	}
	return n, nil
}

// model opens the model programme, in a folder or where --db says, and builds it first when it is not there.
func (p *program) model(ctx context.Context, dir string, named bool, households int) (*store.Store, error) {
	url := string(database.SQLite) + ":" + filepath.Join(dir, "lastmile.db")
	if named {
		url = p.url
	}
	if path, ok := strings.CutPrefix(url, string(database.SQLite)+":"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := p.buildFile(ctx, path, households); err != nil {
				return nil, err
			}
		}
		return store.Open(ctx, url, store.Options{})
	}
	return p.buildServer(ctx, url, filepath.Join(dir, "evidence"), households)
}

// buildFile builds the model programme beside path and gives it its name only when it is whole: a build that was stopped leaves no
// half-made programme. Evidence is named by its content, so what a stopped build left of it is taken up.
func (p *program) buildFile(ctx context.Context, path string, households int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make folder of the model programme: %w", err)
	}
	unfinished := path + ".unfinished"
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(unfinished + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clear what a stopped build left: %w", err)
		}
	}
	var clock scenario.Clock
	s, err := store.Open(ctx, string(database.SQLite)+":"+unfinished, store.Options{Clock: clock.Now})
	if err != nil {
		return err
	}
	if err := errors.Join(p.build(ctx, s, &clock, households), s.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("name the finished programme: %w", err)
	}
	return nil
}

// buildServer builds the model programme in a database server. A build that was stopped is taken up where it was: no fact is recorded twice.
// Evidence is kept in a folder of this machine.
func (p *program) buildServer(ctx context.Context, url, evidence string, households int) (*store.Store, error) {
	var clock scenario.Clock
	s, err := store.Open(ctx, url, store.Options{Clock: clock.Now, EvidenceDir: evidence})
	if err != nil {
		return nil, err
	}
	first, found, err := journal.Get(ctx, s.DB, entity.Headquarters, 1)
	if err == nil && found && first.Source != scenario.Source {
		err = fault.New(fault.Conflict, "demo.other", "the database holds another programme").Mend("Name an empty database with --db, or leave it out.")
	}
	if err == nil {
		err = p.build(ctx, s, &clock, households)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (p *program) build(ctx context.Context, s *store.Store, clock *scenario.Clock, households int) error {
	bar := p.progress("Building the model programme")
	return scenario.BuildWith(ctx, s, clock, households, func(done, total int) { bar(int64(done), int64(total)) })
}

// demoPassword lets anyone in who tries the model programme on their own machine.
const demoPassword = "synthetic programme"

// logIns gives each official of the model programme a password, once, and prints one log-in a line.
func (p *program) logIns(ctx context.Context, s *store.Store) error {
	known, err := s.Accounts.Persons(ctx)
	if err != nil {
		return err
	}
	for _, l := range scenario.LogIns() {
		if !known[l.Person] {
			if err := s.Accounts.SetPassword(ctx, l.Person, demoPassword, fact.Operator); err != nil {
				return fmt.Errorf("let %s in: %w", l.Person, err)
			}
		}
	}
	if p.json {
		return nil
	}
	fmt.Fprintf(p.out, "Log in with the password %q as:\n", demoPassword)
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	for _, l := range scenario.LogIns() {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", l.Person, l.Role, l.Area)
	}
	return w.Flush()
}

// summarize checks the claims and says what came of it.
func (p *program) summarize(ctx context.Context, s *store.Store) (claimSummary, error) {
	var sum claimSummary
	claims, err := indicator.Claims(ctx, s.DB)
	if err != nil {
		return sum, err
	}
	figures, err := s.Figures(ctx)
	if err != nil {
		return sum, err
	}
	for _, c := range claims {
		r, err := figures.Check(ctx, c)
		if err != nil {
			return sum, err
		}
		sum.count(r.Verdict)
		if r.Verdict == figure.Differs && !p.json {
			fmt.Fprintf(p.out, "%s differs: stated %s %s, computed %s\n", r.ID, r.Qualifier, r.Stated, r.Computed)
		}
	}
	heads, err := journal.Heads(ctx, s.DB)
	if err != nil {
		return sum, err
	}
	var entries int64
	for _, h := range heads {
		entries += h.Seq
	}
	if p.json {
		return sum, p.printJSON(struct {
			Entries int64        `json:"entries"`
			Books   int          `json:"books"`
			Summary claimSummary `json:"summary"`
		}{entries, len(heads), sum})
	}
	_, err = fmt.Fprintf(p.out, "The model programme: %d entries in %d books, all of them synthetic.\n%s\n", entries, len(heads), sum)
	return sum, err
}
