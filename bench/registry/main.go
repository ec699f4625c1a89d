// Command registry measures how fast the model programme's register of households is recorded on SQLite, what it takes on disk, and how fast a
// household's file and the figures are read. Run it with: go run ./bench/registry -households 4200
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/indicator"
	"lastmile/internal/scenario"
	"lastmile/internal/store"
)

func main() {
	households := flag.Int("households", scenario.AllHouseholds/10, "households of the register")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	if err := run(context.Background(), *households, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench/registry:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, households int, profile string) error {
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
	return readFigures(ctx, s)
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
	slices.Sort(times)
	fmt.Printf("a household's file: median %v, 95th percentile %v (at most 30 ms for its page)\n", times[len(times)/2].Round(time.Microsecond), times[len(times)*95/100].Round(time.Microsecond))
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
