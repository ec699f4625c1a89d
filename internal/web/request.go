package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"lastmile/internal/fault"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// request is one reader asking for one page.
type request struct {
	*http.Request
	site *site
	// ctx does not end when the reader goes away: what is computed for one is remembered for others, who may wait for it.
	ctx context.Context
	w   http.ResponseWriter
	view.Page
	read   *reading.Reading
	scope  scope
	failed error // first error of a look-up in the middle of a sentence; show reports it
}

// page makes a handler of a page. A script that asks for a part of it, to show in the drawer, is told that there is none: it then goes to
// the page.
func (s *site) page(make func(*request) error) http.HandlerFunc {
	whole := s.part(make)
	return func(w http.ResponseWriter, r *http.Request) {
		if forDrawer(r) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		whole(w, r)
	}
}

// forDrawer tells whether a script asks for what a number opens.
func forDrawer(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// part makes a handler of a page that can answer with a part of itself.
func (s *site) part(make func(*request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		q := &request{Request: r, site: s, ctx: context.WithoutCancel(r.Context()), w: w, Page: s.engine.Page(r)}
		q.scope = newScope(q)
		q.frame()
		var err error
		if q.read, err = s.readings.Now(q.ctx); err == nil {
			err = make(q)
		}
		if err == nil {
			err = q.failed
		}
		if err != nil {
			q.fail(err)
		}
	}
}

// bodyMax bounds what a reader can send to these pages, in bytes: they ask for nothing but a press of a button.
const bodyMax = 64 << 10

// fault remembers the first error of a look-up.
func (q *request) fault(err error) {
	if q.failed == nil {
		q.failed = err
	}
}

// text writes a message.
func (q *request) text(key string, arguments ...any) string { return q.Printer.Text(key, arguments...) }

// write writes a message with links in it.
func (q *request) write(key string, arguments ...any) view.Prose {
	return view.Write(q.Printer, key, arguments...)
}

// show answers with a page of components.
func (q *request) show(heading view.Heading, body ...view.Component) error {
	if q.failed != nil {
		return q.failed
	}
	if q.Title == "" {
		q.Title = heading.Title
	}
	return q.site.engine.Render(q.w, http.StatusOK, view.StackPage, view.Stack{Page: q.Page, Heading: heading, Body: body})
}

// statuses maps what went wrong to what the protocol calls it. Nothing else does.
var statuses = map[fault.Kind]int{
	fault.Internal: http.StatusInternalServerError, fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound,
	fault.Conflict: http.StatusConflict, fault.Forbidden: http.StatusForbidden, fault.Unavailable: http.StatusServiceUnavailable,
}

// fail answers with a calm page that says what happened and what to do. The log keeps the chain of what was not the reader's doing.
func (q *request) fail(err error) {
	kind := fault.KindOf(err)
	status := statuses[kind]
	switch kind {
	case fault.Internal:
		q.site.log.Error("make page", "path", q.URL.Path, "error", err)
	case fault.Forbidden:
		q.refused(status, err)
	}
	key := "error." + strconv.Itoa(status)
	heading := view.Heading{Title: q.text(key), Lead: view.Plain(q.text(key + ".text"))}
	var said *fault.Error
	if kind != fault.Internal && errors.As(err, &said) {
		specific := "error." + said.Code
		if _, ok := q.site.engine.Catalog().Arguments(specific); ok {
			heading.Lead = view.Plain(q.text(specific, said.Args...))
		}
	}
	heading.Buttons = []view.Button{{Label: q.text("error.home"), Href: "/", Icon: "overview"}}
	q.Title = heading.Title
	page := view.Stack{Page: q.Page, Heading: heading}
	if err := q.site.engine.Render(q.w, status, view.StackPage, page); err != nil {
		q.site.log.Error("make error page", "error", err)
		http.Error(q.w, heading.Title, status)
	}
}

// missing is the fault of a page that is not there.
func missing(code, text string, arguments ...any) error {
	return fault.New(fault.NotFound, code, text, arguments...)
}

// nowhere is every address that no page has.
func (q *request) nowhere() error { return missing("page.missing", "there is no page %s", q.URL.Path) }

// column names a column of a listing.
func (q *request) column(key string) string { return q.text("column." + key) }

// download sends a listing as a table, unless a look-up failed on the way to it.
func download[T any](q *request, name string, l listing.Listing[T]) error {
	if q.failed != nil {
		return q.failed
	}
	return l.CSV(q.w, q.URL, name)
}

// link joins the parts of a path, each escaped.
func link(parts ...string) string {
	path := ""
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}
