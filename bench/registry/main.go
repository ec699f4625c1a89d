// Command registry measures how fast the model programme's register of households is recorded on SQLite, what it takes on disk, and how fast a
// household's file, its page and the figures are read. With -people it adds so many people who are known by their keys alone, and looks for
// some of them by name, by document and by village. Run it with: go run ./bench/registry -households 4200 -people 1000000
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/household/identity"
	"lastmile/internal/indicator"
	"lastmile/internal/scenario"
	"lastmile/internal/store"
	"lastmile/internal/web"
	"lastmile/internal/web/desk"
	"lastmile/internal/web/households"
)

func main() {
	households := flag.Int("households", scenario.AllHouseholds/10, "households of the register")
	people := flag.Int("people", 0, "people to search among")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	if err := run(context.Background(), *households, *people, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench/registry:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, households, known int, profile string) error {
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	dir, err := os.MkdirTemp("", "lastmile-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	base, baseSize, _, err := build(ctx, filepath.Join(dir, "base"), 0)
	if err != nil {
		return err
	}
	whole, size, s, err := build(ctx, filepath.Join(dir, "whole"), households)
	if err != nil {
		return err
	}
	defer s.Close()
	var entries, people int64
	if err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM entry").Scan(&entries); err != nil {
		return err
	}
	if err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM entity WHERE type = 'member'").Scan(&people); err != nil {
		return err
	}
	fmt.Printf("%d CPUs; without a register %.1f s, %.0f MB; with %d households, %d people: %.1f s, %.0f MB, %d entries\n",
		runtime.NumCPU(), base.Seconds(), float64(baseSize)/1e6, households, people, whole.Seconds(), float64(size)/1e6, entries)
	if err := readFiles(ctx, s); err != nil {
		return err
	}
	if err := readFigures(ctx, s); err != nil {
		return err
	}
	if err := openPages(ctx, s); err != nil {
		return err
	}
	if known == 0 {
		return nil
	}
	return search(ctx, s, known)
}

// percentiles says the median and the slowest twentieth of some times.
func percentiles(what, limit string, times []time.Duration) {
	slices.Sort(times)
	fmt.Printf("%s: median %v, 95th percentile %v (at most %s)\n", what, times[len(times)/2].Round(time.Microsecond), times[len(times)*95/100].Round(time.Microsecond), limit)
}

// openPages opens the pages of some hundred households as the county's assistant does.
func openPages(ctx context.Context, s *store.Store) error {
	people := desk.New(s, desk.Options{Log: slog.New(slog.DiscardHandler)})
	pages, err := web.New(s, web.Options{Log: slog.New(slog.DiscardHandler), Protect: people.Protect, Frame: people.Frame, Sources: desk.Sources(), Routes: people.Routes})
	if err != nil {
		return err
	}
	const person, password = "ma.jun", "a bench of one's own"
	if err := s.Accounts.SetPassword(ctx, person, password, fact.Operator); err != nil {
		return err
	}
	session, _, err := s.Accounts.LogIn(ctx, access.LogIn{Person: person, Password: password, Address: "192.0.2.1", Agent: "bench"})
	if err != nil {
		return err
	}
	list, err := entity.Find(ctx, s.DB, entity.Filter{Book: scenario.Wushan, Type: household.Type})
	if err != nil {
		return err
	}
	var times []time.Duration
	for i := 0; i < len(list); i += max(1, len(list)/300) {
		r := httptest.NewRequest(http.MethodGet, households.Href(list[i].Book, list[i].ID), nil)
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
		w := httptest.NewRecorder()
		start := time.Now()
		pages.ServeHTTP(w, r)
		times = append(times, time.Since(start))
		if w.Code != http.StatusOK {
			return fmt.Errorf("page of household %s: %d", list[i].ID, w.Code)
		}
	}
	percentiles("a household's page", "30 ms", times)
	return nil
}

// search adds people who are known by what the duplicate guard keeps of them, and looks for some.
func search(ctx context.Context, s *store.Store, known int) error {
	const village, chunk = "620524100998", 20_000
	document := func(n int) string {
		digits := fmt.Sprintf("620524%04d%02d%02d%03d", 1940+n/1000%70, 1+n/70_000%12, 1+n/840_000%28, n%1000)
		return digits + string(identity.CheckCharacter(digits))
	}
	name := func(n int) string {
		return fmt.Sprintf("%c%c%c", rune(0x4e00+n%97), rune(0x5200+n/97%101), rune(0x5600+n/9797%103))
	}
	table := database.Table{Name: "match_key", Columns: []string{"hash", "book", "member", "kind"}, Conflict: "ON CONFLICT (hash, book, member) DO NOTHING"}
	start := time.Now()
	for first := 0; first < known; first += chunk {
		err := s.DB.Transact(ctx, func(w *database.Writer) error {
			var members []entity.Entity
			var keys []any
			for n := first; n < min(first+chunk, known); n++ {
				id := fmt.Sprintf("B%07d-01", n)
				place := village
				if n%100_000 != 0 {
					place = fmt.Sprintf("620524%06d", 200_000+n/40)
				}
				members = append(members, entity.Entity{Book: scenario.Wushan, Type: household.MemberType, ID: id, Name: id, Class: "head", Status: "present", Area: place, Parent: id[:8]},
					entity.Entity{Book: scenario.Wushan, Type: household.Type, ID: id[:8], Name: id[:8], Class: "registered", Status: "registered", Area: place, Parent: place})
				for _, k := range []string{"document " + document(n), "called " + name(n)} {
					keys = append(keys, s.Recorder.Keyed(k), scenario.Wushan, id, k[:6])
				}
			}
			if err := entity.Put(ctx, w, members); err != nil {
				return err
			}
			return w.Insert(ctx, &table, keys)
		})
		if err != nil {
			return err
		}
	}
	fmt.Printf("%d people are known after %v\n", known, time.Since(start).Round(time.Second))
	var byDocument, byName, byVillage []time.Duration
	for i := range 500 {
		n := i * (known / 500)
		for _, one := range []struct {
			text  string
			times *[]time.Duration
		}{{document(n), &byDocument}, {name(n), &byName}} {
			start := time.Now()
			hits, err := household.Search(ctx, s.DB, s.Recorder.Keyed, one.text, scenario.AsOf)
			*one.times = append(*one.times, time.Since(start))
			if err != nil {
				return err
			}
			if len(hits) == 0 {
				return fmt.Errorf("nobody is found by %q", one.text)
			}
		}
		start := time.Now()
		if _, err := household.InVillage(ctx, s.DB, scenario.Wushan, fmt.Sprintf("620524%06d", 200_000+n/40)); err != nil {
			return err
		}
		byVillage = append(byVillage, time.Since(start))
	}
	percentiles("search by document", "50 ms", byDocument)
	percentiles("search by name", "50 ms", byName)
	percentiles("the households of a village", "50 ms", byVillage)
	return nil
}

func build(ctx context.Context, dir string, households int) (time.Duration, int64, *store.Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, 0, nil, err
	}
	var clock scenario.Clock
	path := filepath.Join(dir, "lastmile.db")
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{Clock: clock.Now})
	if err != nil {
		return 0, 0, nil, err
	}
	start := time.Now()
	if err := scenario.BuildWith(ctx, s, &clock, households, nil); err != nil {
		return 0, 0, nil, err
	}
	took := time.Since(start)
	var size int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil {
			size += info.Size()
		}
	}
	return took, size, s, nil
}

// readFiles folds the files of a thousand households, and says how long the slowest twentieth took.
func readFiles(ctx context.Context, s *store.Store) error {
	list, err := entity.Find(ctx, s.DB, entity.Filter{Book: scenario.Wushan, Type: household.Type})
	if err != nil {
		return err
	}
	var times []time.Duration
	for i := 0; i < len(list); i += max(1, len(list)/1000) {
		start := time.Now()
		if _, err := household.Load(ctx, s.DB, list[i].Book, list[i].ID); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	percentiles("a household's file", "30 ms for its page", times)
	return nil
}

func readFigures(ctx context.Context, s *store.Store) error {
	book, err := s.Figures(ctx)
	if err != nil {
		return err
	}
	claims, err := indicator.Claims(ctx, s.DB)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if !slices.Contains([]string{"F007", "F008", "F009", "F600", "F603", "F615", "F941", "F943"}, c.ID) {
			continue
		}
		start := time.Now()
		checked, err := book.Check(ctx, c)
		if err != nil {
			return err
		}
		fmt.Printf("%s %s %s: the records say %q, %s, in %v\n", c.ID, c.Qualifier, c.Stated, checked.Computed, checked.Verdict, time.Since(start).Round(time.Microsecond))
	}
	start := time.Now()
	v, err := book.Evaluate(ctx, "people-lifted", figure.At{AsOf: "2019-10-22"})
	if err != nil {
		return err
	}
	fmt.Printf("people lifted as of 2019-10-22: %d, in %v\n", v.Number, time.Since(start).Round(time.Microsecond))
	return nil
}
