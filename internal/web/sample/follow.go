package sample

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
)

// reference finds where a page leads, and what its scripts fetch.
var reference = regexp.MustCompile(`(?:href|hx-get)="(/[^"#]*)`)

// parts are routes that give a picture or a part of a page, and to which no page leads.
var parts = []string{"GET /files/{hash}/small", "GET /imports/{id}/bar", "GET /loans/closing/bar"}

// ways are the routes of an application, and which of them pages are known of.
type ways struct {
	handler http.Handler
	mux     *http.ServeMux // knows the pattern of an address
	cookies map[string]string
	known   map[string]bool // by pattern; of a route that is no page too
}

func newWays(patterns []string) *ways {
	w := &ways{mux: http.NewServeMux(), known: map[string]bool{}}
	for _, p := range slices.Compact(slices.Sorted(slices.Values(patterns))) {
		w.mux.HandleFunc(p, http.NotFound)
	}
	return w
}

// Follow adds to pages one of each route of an application of which there is none: the first that a link of a page leads to, as seen by who
// sees that page, or its address where that names nothing. Routes that give no page are left out: downloads, pictures, parts of pages, answers
// for programs. Missing are those to which nothing leads.
//
// Patterns are those of web.Options.Mounted; cookies are those of LogInAll.
func Follow(handler http.Handler, patterns []string, pages []Page, cookies map[string]string) (all []Page, missing []string) {
	w := newWays(patterns)
	w.handler, w.cookies = handler, cookies
	for _, p := range pages {
		w.known[w.route(p.Address)] = true
	}
	all = w.links(slices.Clone(pages), 0)
	for _, pattern := range slices.Compact(slices.Sorted(slices.Values(patterns))) {
		address, ok := strings.CutPrefix(pattern, "GET ")
		if !ok || w.known[pattern] || strings.HasPrefix(address, "/api/") || strings.HasSuffix(address, ".csv") || slices.Contains(parts, pattern) {
			continue
		}
		p := Page{Address: strings.TrimSuffix(address, "{$}"), As: Auditor}
		if strings.Contains(p.Address, "{") {
			missing = append(missing, pattern)
			continue
		}
		switch body, code := w.open(p); {
		case code >= http.StatusBadRequest:
			missing = append(missing, fmt.Sprintf("%s: status %d", pattern, code))
		case whole(body):
			all = w.links(append(all, p), len(all))
		}
		w.known[pattern] = true
	}
	return all, slices.DeleteFunc(missing, func(pattern string) bool { return w.known[pattern] })
}

// links adds the pages of routes not yet known that pages lead to, from a page on.
func (w *ways) links(pages []Page, from int) []Page {
	for i := from; i < len(pages); i++ {
		if pages[i].Press != "" {
			continue
		}
		body, _ := w.open(pages[i])
		for _, found := range reference.FindAllStringSubmatch(body, -1) {
			p := Page{Address: html.UnescapeString(found[1]), As: pages[i].As}
			route := w.route(p.Address)
			if w.known[route] {
				continue
			}
			body, code := w.open(p)
			if code < http.StatusBadRequest {
				w.known[route] = true
			}
			if code == http.StatusOK && whole(body) {
				pages = append(pages, p)
			}
		}
	}
	return pages
}

// route is the pattern that an address is of.
func (w *ways) route(address string) string {
	_, pattern := w.mux.Handler(httptest.NewRequest(http.MethodGet, address, nil))
	return pattern
}

// Routes are the patterns that pages are of, in their order.
func Routes(patterns []string, pages []Page) []string {
	w := newWays(patterns)
	list := make([]string, len(pages))
	for i, p := range pages {
		list[i] = w.route(p.Address)
	}
	return list
}

// open asks for a page. It gives nothing of what is no page.
func (w *ways) open(p Page) (body string, code int) {
	r := httptest.NewRequest(http.MethodGet, p.Address, nil)
	if cookie := w.cookies[p.As]; cookie != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: cookie})
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	if strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
		body = answer.Body.String()
	}
	return body, answer.Code
}

// whole tells a page from a part of one.
func whole(body string) bool { return strings.HasPrefix(strings.ToLower(body), "<!doctype html>") }
