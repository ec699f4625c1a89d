package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/lending"
	"lastmile/internal/scenario"
	"lastmile/internal/store"
	"lastmile/internal/verify"
	"lastmile/internal/web"
	"lastmile/internal/web/desk"
	"lastmile/internal/web/session"
)

const defaultAddress = "127.0.0.1:8080"

func (p *program) serveCommand() *cobra.Command {
	var address string
	var o outsideOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages of a programme",
		Long: `Serve the pages of the programme that --db names. A SQLite database that does not exist is made,
empty; while nobody can log in yet, a code is printed with which the first administrator is set up.
Stop with Ctrl-C: requests that are being answered are finished first.

Passwords and sessions need TLS. Let a server in front of this one end it, pass requests on, add the
browser's address to X-Forwarded-For, and name with --public-url what people type:
    lastmile serve --addr 127.0.0.1:8080 --public-url https://aid.example
Cookies then travel by TLS alone, browsers are told to come by it alone, and forms are taken from
that address only. X-Forwarded-For is believed from this machine and private networks.

With --oidc-issuer people can also log in with a provider of identities, by OpenID Connect. Give the
provider PUBLIC-URL/login/provider/back as the address to send people back to. It makes nobody known:
a person must be recorded here, hold a role, and not have had their access taken away. Their log-in
name is the part of their verified e-mail address before @, for addresses of --oidc-domain, or all of
the claim that --oidc-claim names; choose one that people cannot change themselves.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			front, err := o.read()
			if err != nil {
				return err
			}
			s, err := p.create(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			return p.serve(c.Context(), s, address, front, nil, s.Today)
		},
	}
	c.Flags().StringVar(&address, "addr", defaultAddress, "address to serve on, HOST:PORT; port 0 takes a free one")
	c.Flags().StringVar(&o.public, "public-url", "", "address under which people reach the pages, https://HOST, where a server in front ends TLS")
	c.Flags().StringVar(&o.provider.Issuer, "oidc-issuer", "", "provider of identities to log in with, https://HOST; needs --public-url and --oidc-client")
	c.Flags().StringVar(&o.provider.Client, "oidc-client", "", "what the provider calls this application")
	c.Flags().StringVar(&o.secretFile, "oidc-secret-file", "", "file with the secret that the provider gave for it")
	c.Flags().StringVar(&o.provider.Claim, "oidc-claim", "email", "what the provider says of people that is their log-in name here")
	c.Flags().StringVar(&o.provider.Domain, "oidc-domain", "", "domain of your people's e-mail addresses")
	c.Flags().StringVar(&o.provider.Name, "oidc-name", "", "what people call the provider (default its host)")
	return c
}

// outsideOptions are the flags that say what stands between the pages and their readers.
type outsideOptions struct {
	public     string
	provider   session.ProviderOptions
	secretFile string
}

// front is what stands between the pages and their readers; the zero value is nothing.
type front struct {
	public   *url.URL          // nil for the address that is served on
	provider *session.Provider // nil for none
}

func (o outsideOptions) read() (front, error) {
	var f front
	if o.public != "" {
		u, err := url.Parse(o.public)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return f, usageError{fault.New(fault.Invalid, "serve.public", "--public-url %q is not the address of a host", o.public).Mend("Write it as https://aid.example.")}
		}
		f.public = &url.URL{Scheme: u.Scheme, Host: u.Host}
	}
	if o.provider.Issuer == "" {
		if o.provider.Client != "" || o.secretFile != "" || o.provider.Domain != "" || o.provider.Name != "" {
			return f, usageError{fault.New(fault.Invalid, "serve.provider", "the provider of identities is not named").Mend("Name it with --oidc-issuer.")}
		}
		return f, nil
	}
	if o.secretFile != "" {
		secret, err := os.ReadFile(o.secretFile)
		if err != nil {
			return f, fmt.Errorf("read the secret for the provider of identities: %w", err)
		}
		o.provider.Secret = strings.TrimSpace(string(secret))
	}
	o.provider.Public = f.public
	var err error
	if f.provider, err = session.NewProvider(o.provider); err != nil {
		return f, usageError{err}
	}
	return f, nil
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

// serve answers until ctx ends, then lets what is being answered finish. Strangers may read the pages listed, and see the way in. Loans are kept
// closed through the day that loansOn gives.
func (p *program) serve(ctx context.Context, s *store.Store, address string, f front, strangers []string, loansOn func() date.Date) error {
	log := slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	dayEnd := lending.NewDayEnd(s.DB, loansOn)
	defer dayEnd.Close()
	dayEnd.Watch(log)
	verified := verify.NewLatest(time.Now, func(ctx context.Context) (*verify.Report, error) { return verify.Verify(ctx, s.DB, s.Evidence, nil) })
	people := desk.New(s, desk.Options{Log: log, Verified: verified, Readable: strangers, Provider: f.provider, DayEnd: dayEnd})
	pages, err := web.New(s, web.Options{Log: log, Public: f.public, Protect: people.Protect, Frame: people.Frame, Sources: desk.Sources(),
		Routes: people.Routes, Verified: verified})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fault.New(fault.Unavailable, "serve.address", "cannot serve on %s: %v", address, err).Mend("Name another address with --addr, such as 127.0.0.1:8081.").Wrap(err)
	}
	if err := p.serving(ctx, s, l.Addr().String(), f); err != nil {
		return errors.Join(err, l.Close())
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

// serving says where the pages are, and how the first administrator is set up while nobody can log in.
func (p *program) serving(ctx context.Context, s *store.Store, address string, f front) error {
	said := struct {
		URL       string `json:"url"`
		Public    string `json:"public_url,omitempty"`
		SetupCode string `json:"setup_code,omitempty"`
	}{URL: "http://" + address}
	if f.public != nil {
		said.Public = f.public.String()
	}
	var err error
	if said.SetupCode, err = s.Accounts.SetupCode(ctx); err != nil {
		return err
	}
	if p.json {
		return p.printJSON(said)
	}
	line := "Serving on " + said.URL
	if said.Public != "" {
		line += " for " + said.Public
	}
	fmt.Fprintf(p.out, "%s  (stop with Ctrl-C)\n", line)
	if said.SetupCode != "" {
		fmt.Fprintf(p.out, "Nobody can log in yet. Set up the first administrator at %s/setup with the code %s\n", cmp.Or(said.Public, said.URL), said.SetupCode)
	}
	return nil
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

--households N is how many households the register of a programme that is built has, --households all
the whole of 42,000 with about 170,000 people, which takes minutes.`,
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
			return p.serve(ctx, s, address, front{}, readable, func() date.Date { return scenario.AsOf })
		},
	}
	c.Flags().StringVar(&dir, "dir", "lastmile-data", "folder of the model programme")
	c.Flags().StringVar(&address, "addr", defaultAddress, "address to serve on, HOST:PORT; port 0 takes a free one")
	c.Flags().BoolVar(&noServe, "no-serve", false, "build, check and end")
	c.Flags().StringVar(&register, "households", "600", "households in the register, or all")
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
	// Most of what a build makes lives for one commit: collecting it half as often takes a tenth off the time.
	defer debug.SetGCPercent(debug.SetGCPercent(300))
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
