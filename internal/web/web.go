// Package web is the pages of a programme: what it did, where every yuan went, what was said about it and whether the records bear it out.
//
// All pages are read from the same facts and figures as the command line and the API, and follow three rules:
//
//   - A number on a page comes from a figure or a record, and leads there: to how the figure was made (/figures/ID), to the postings it
//     adds up (/postings), or to the entry itself (/entries/BOOK/SEQ) and the paper that proves it.
//   - What is missing is said: money not yet traced, transfers on the way, values not recorded, records without proof.
//   - A page does its job without scripts, in the reader's language, on a cheap phone.
//
// A page is a function of a request that gives components of package view:
//
//	func (q *request) claims() error
//
// It answers with q.show, or gives an error: one table maps the kind of a fault to a status, and the reader gets a calm page. What is
// computed from the records is remembered until a book moves; see package reading. Routes are listed in one place, New.
//
// Options.Protect stands before every page that is not the machine's own. Whom it lets in sees totals of the whole programme, and records of
// the areas that they serve; see scope.
package web

import (
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/klauspost/compress/gzhttp"

	"lastmile/internal/store"
	"lastmile/internal/verify"
	"lastmile/internal/web/asset"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
	"lastmile/internal/web/styleguide"
	"lastmile/internal/web/view"
)

//go:embed text/*.json
var texts embed.FS

// Options of New; the zero value is usable.
type Options struct {
	// Log gets a line for each request and the chain of every error that is not the reader's. Default: slog.Default().
	Log *slog.Logger
	// Public is the address under which readers reach the pages, where another server stands in front of this one; see view.Behind.
	// Default: the one that they ask this server for.
	Public *url.URL
	// Protect stands between a visitor and every page: sessions, permissions. Assets and the machine's own pages (/healthz, /readyz,
	// /metrics, /robots.txt) are outside it. Default: nobody is turned away.
	Protect func(http.Handler) http.Handler
	// Frame adds to the frame of a page what is known of its visitor: name, work list, more places.
	Frame func(*http.Request, *view.Page)
	// Sources are templates and texts that the pages of Routes need.
	Sources []view.Source
	// Routes adds pages, inside Protect. frame puts the places of this package round a page, as round its own.
	Routes func(mux session.Router, engine *view.Engine, frame func(*http.Request, *view.Page)) error
	// Mounted hears the pattern of every route when it is mounted, so that a test can walk them all.
	Mounted func(pattern string)
	// Verified recomputes everything and compares; the chain page offers it and shows the last result. Nil leaves it out.
	Verified *verify.Latest
}

// site is the pages of one store.
type site struct {
	store    *store.Store
	o        Options
	log      *slog.Logger
	engine   *view.Engine
	metrics  *metrics
	readings *reading.Readings
}

// New makes the pages of a store. Everything that could be wrong with templates and texts is found here.
func New(s *store.Store, o Options) (http.Handler, error) {
	_, h, err := newSite(s, o)
	if err != nil {
		return nil, fmt.Errorf("make pages: %w", err)
	}
	return h, nil
}

func newSite(s *store.Store, o Options) (*site, http.Handler, error) {
	assets, err := asset.New()
	if err != nil {
		return nil, nil, err
	}
	inside, err := fs.Sub(texts, "text")
	if err != nil {
		return nil, nil, err
	}
	engine, err := view.New(assets, append([]view.Source{{Texts: inside}, listing.Source()}, o.Sources...)...)
	if err != nil {
		return nil, nil, err
	}
	guide, err := styleguide.New(assets)
	if err != nil {
		return nil, nil, err
	}
	w := &site{store: s, o: o, log: o.Log, engine: engine, metrics: newMetrics(), readings: reading.New(s)}
	if w.log == nil {
		w.log = slog.Default()
	}

	pages := o.mux()
	for pattern, page := range map[string]func(*request) error{
		"GET /{$}": (*request).overview,

		"GET /flow":     (*request).flow,
		"GET /flow.csv": (*request).flowCSV,

		"GET /claims":     (*request).claims,
		"GET /claims.csv": (*request).claimsCSV,

		"GET /figures":                  (*request).figures,
		"GET /figures.csv":              (*request).figuresCSV,
		"GET /figures/{id}/records":     (*request).records,
		"GET /figures/{id}/records.csv": (*request).recordsCSV,

		"GET /areas":        (*request).programme,
		"GET /areas/{code}": (*request).area,

		"GET /projects":             (*request).projects,
		"GET /projects.csv":         (*request).projectsCSV,
		"GET /projects/{book}/{id}": (*request).project,

		"GET /money":                (*request).money,
		"GET /accounts":             (*request).accounts,
		"GET /accounts.csv":         (*request).accountsCSV,
		"GET /accounts/{book}/{id}": (*request).account,
		"GET /postings":             (*request).postings,
		"GET /postings.csv":         (*request).postingsCSV,
		"GET /parties/{book}/{id}":  (*request).party,

		"GET /entries/{book}/{seq}": (*request).entry,
		"GET /evidence/{hash}":      (*request).evidence,
		"GET /journal":              (*request).journal,
		"GET /chain":                (*request).chain,
		"POST /chain":               (*request).verify,

		"GET /search": (*request).search,
		"/":           (*request).nowhere,
	} {
		pages.HandleFunc(pattern, w.page(page))
	}
	pages.HandleFunc("GET /figures/{id}", w.part((*request).figure))
	pages.Handle(styleguide.Path, guide)
	if o.Routes != nil {
		if err := o.Routes(pages, engine, w.frame); err != nil {
			return nil, nil, err
		}
	}

	zip, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzipLevel))
	if err != nil {
		return nil, nil, err
	}
	protect := o.Protect
	if protect == nil {
		protect = func(next http.Handler) http.Handler { return next }
	}
	whole := o.mux()
	whole.Handle(asset.Prefix, assets)
	whole.HandleFunc("GET /healthz", w.healthy)
	whole.HandleFunc("GET /readyz", w.ready)
	whole.Handle("GET /metrics", w.metrics.handler())
	whole.HandleFunc("GET /robots.txt", robots)
	whole.Handle("/", zip(protect(engine.Preferences(w.observe(pages)))))
	h := view.Secure(http.NewCrossOriginProtection().Handler(whole))
	if o.Public != nil {
		h = view.Behind(o.Public, h)
	}
	return w, w.guard(h), nil
}

// mux tells what is mounted on it.
type mux struct {
	*http.ServeMux
	mounted func(pattern string)
}

func (o Options) mux() mux {
	if o.Mounted == nil {
		o.Mounted = func(string) {}
	}
	return mux{http.NewServeMux(), o.Mounted}
}

// Handle mounts a handler.
func (m mux) Handle(pattern string, h http.Handler) {
	m.mounted(pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc mounts a function.
func (m mux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// gzipLevel is the fastest: a page is made once for one reader.
const gzipLevel = 1
