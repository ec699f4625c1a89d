package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lastmile/internal/journal"
)

// metrics are what Prometheus collects at /metrics.
type metrics struct {
	registry *prometheus.Registry
	seconds  *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "lastmile_page_seconds",
		Help:    "Time to answer a request, by route and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
	}, []string{"route", "status"})}
	m.registry.MustRegister(m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// answered is a response that remembers how it went.
type answered struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// observe measures each page by its route, which the mux has found when it returns.
func (s *site) observe(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a := &answered{ResponseWriter: w}
		pages.ServeHTTP(a, r)
		s.metrics.seconds.WithLabelValues(r.Pattern, strconv.Itoa(a.status)).Observe(time.Since(start).Seconds())
	})
}

// guard logs each request and turns a panic into an answer.
func (s *site) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a := &answered{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				s.log.Error("page panicked", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if a.status == 0 {
					http.Error(a, "Something went wrong here. Nothing was changed.", http.StatusInternalServerError)
				}
			}
			level := slog.LevelInfo
			if a.status >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			s.log.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", a.status, "bytes", a.bytes,
				"ms", float64(time.Since(start).Microseconds())/1000)
		}()
		next.ServeHTTP(a, r)
	})
}

// healthy says that the program runs.
func (s *site) healthy(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// ready says whether the program can answer from its database.
func (s *site) ready(w http.ResponseWriter, r *http.Request) {
	if _, err := journal.Heads(r.Context(), s.store.DB); err != nil {
		s.log.Error("not ready", "error", err)
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// robots keeps search engines out: pages are for the people of the programme.
func robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Robots-Tag", "noindex")
	fmt.Fprint(w, "User-agent: *\nDisallow: /\n")
}
