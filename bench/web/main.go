// Command web serves the model programme with all its pages and asks for each at a steady rate, whether or not earlier answers have come
// (an open loop), over the loopback. It prints the time from the moment at which a request was due until its whole answer was there, at
// the 50th, 95th and 99th percentile, and their ratio to a static file that the same process serves. "First" is the first answer, when
// nothing is remembered yet. Limit: 50 ms at the 95th percentile for every page at 100 requests a second on two cores.
//
//	go run ./bench/web                        every page for two seconds (about three minutes and a half)
//	go run ./bench/web -seconds 10 /postings  pages whose address begins so
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"lastmile/internal/scenario"
	"lastmile/internal/store"
	"lastmile/internal/web"
	"lastmile/internal/web/asset"
	"lastmile/internal/web/desk"
	"lastmile/internal/web/sample"
)

const (
	limit      = 50 * time.Millisecond
	requestMax = 10 * time.Second
)

func main() {
	rate := flag.Int("rate", 100, "requests a second")
	seconds := flag.Int("seconds", 2, "seconds for each page")
	households := flag.Int("households", 60, "households in the register")
	flag.Parse()
	if *rate < 1 || *rate > 10_000 || *seconds < 1 || *seconds > 600 {
		fail(errors.New("want 1 to 10000 requests a second for 1 to 600 seconds"))
	}
	dir, err := os.MkdirTemp("", "lastmile-bench-")
	if err != nil {
		fail(err)
	}
	slow, err := run(context.Background(), dir, *rate, *seconds, *households, flag.Args())
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		fail(err)
	}
	if slow > 0 {
		fail(fmt.Errorf("%d pages take longer than %s at the 95th percentile", slow, limit))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "web:", err)
	os.Exit(1)
}

// run builds, serves and measures; it gives the number of pages over the limit.
func run(ctx context.Context, dir string, rate, seconds, households int, only []string) (slow int, err error) {
	var clock scenario.Clock
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "lastmile.db"), store.Options{Clock: clock.Now})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if err := scenario.BuildWith(ctx, s, &clock, households, nil); err != nil {
		return 0, err
	}
	pages, err := sample.Prepare(ctx, s)
	if err != nil {
		return 0, err
	}
	cookies, err := sample.LogInAll(ctx, s, pages)
	if err != nil {
		return 0, err
	}
	handler, patterns, err := application(s)
	if err != nil {
		return 0, err
	}
	pages, _ = sample.Follow(handler, patterns, pages, cookies)
	if handler, _, err = application(s); err != nil { // one that remembers nothing
		return 0, err
	}
	base, stop, err := serve(handler)
	if err != nil {
		return 0, err
	}
	defer stop()
	static, err := stylesheet(base)
	if err != nil {
		return 0, err
	}
	fmt.Printf("%d requests a second for %d s each, %d cores\n\n%8s %8s %8s %8s %7s  %s\n", rate, seconds, runtime.NumCPU(), "first", "p50", "p95", "p99", "ratio", "page")
	var file time.Duration // p95
	for _, p := range append([]sample.Page{{Address: static}}, pages...) {
		chosen := len(only) == 0 || file == 0 || slices.ContainsFunc(only, func(begin string) bool { return strings.HasPrefix(p.Address, begin) })
		if p.Press != "" || !chosen {
			continue
		}
		first, times, err := measure(base+p.Address, cookies[p.As], rate, seconds)
		if err != nil {
			slow++
			fmt.Printf("%v\n", err)
			continue
		}
		at := func(percent int) time.Duration { return times[min(len(times)-1, len(times)*percent/100)] }
		if file == 0 {
			file = at(95)
		}
		mark := ""
		if at(95) > limit {
			slow++
			mark = "  over the limit"
		}
		as := ""
		if p.As != "" {
			as = "  (" + p.As + ")"
		}
		fmt.Printf("%8s %8s %8s %8s %6.1f×  %s%s%s\n", short(first), short(at(50)), short(at(95)), short(at(99)), float64(at(95))/float64(file), p.Address, as, mark)
	}
	return slow, nil
}

func short(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }

// application is the whole application, with the patterns of its routes.
func application(s *store.Store) (h http.Handler, patterns []string, err error) {
	quiet := slog.New(slog.DiscardHandler)
	people := desk.New(s, desk.Options{Log: quiet})
	h, err = web.New(s, web.Options{Log: quiet, Protect: people.Protect, Frame: people.Frame, Sources: desk.Sources(), Routes: people.Routes,
		Mounted: func(pattern string) { patterns = append(patterns, pattern) }})
	return h, patterns, err
}

// serve puts the application on a free port.
func serve(pages http.Handler) (base string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: pages}
	go server.Serve(l)
	return "http://" + l.Addr().String(), func() { server.Close() }, nil
}

// stylesheet is the address of the static file: the style sheet of every page.
func stylesheet(base string) (string, error) {
	answer, err := http.Get(base + "/login")
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(string(page), `rel="stylesheet" href="`)
	address, _, closed := strings.Cut(rest, `"`)
	if !found || !closed || !strings.HasPrefix(address, asset.Prefix) {
		return "", errors.New("the log-in page has no style sheet")
	}
	return address, nil
}

// measure asks for an address at a steady rate and gives the times, sorted.
func measure(address, cookie string, rate, seconds int) (first time.Duration, times []time.Duration, err error) {
	client := &http.Client{Timeout: requestMax, Transport: &http.Transport{MaxIdleConnsPerHost: rate, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	ask := func(due time.Time) (time.Duration, error) {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			return 0, err
		}
		r.Header.Set("Accept-Encoding", "gzip")
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "session", Value: cookie})
		}
		answer, err := client.Do(r)
		if err != nil {
			return 0, err
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return 0, err
		}
		if answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusUnauthorized {
			return 0, fmt.Errorf("status %s", answer.Status)
		}
		return time.Since(due), nil
	}
	if first, err = ask(time.Now()); err != nil {
		return 0, nil, err
	}
	n := rate * seconds
	times = make([]time.Duration, n)
	faults := make([]error, n)
	var all sync.WaitGroup
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Go(func() { times[i], faults[i] = ask(due) })
	}
	all.Wait()
	slices.Sort(times)
	return first, times, cmp.Or(faults...)
}
