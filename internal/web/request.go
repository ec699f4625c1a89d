package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"lastmile/internal/fault"
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

// with is this page's address with parameters changed; an empty value takes one out. A change of anything but the page goes back to the
// first page.
func (q *request) with(changes ...string) string {
	values := q.URL.Query()
	values.Del("page")
	values.Del("after")
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			values.Del(changes[i])
		} else {
			values.Set(changes[i], changes[i+1])
		}
	}
	return address(q.URL.Path, values)
}

// csvHref is the address of this page as a table to download.
func (q *request) csvHref() string {
	values := q.URL.Query()
	for _, key := range []string{"page", "after", "by"} {
		values.Del(key)
	}
	return address(q.URL.Path+".csv", values)
}

func address(path string, values url.Values) string {
	for key, list := range values {
		if len(list) == 0 || list[0] == "" {
			values.Del(key)
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// link joins the parts of a path, each escaped.
func link(parts ...string) string {
	path := ""
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

// query builds an address from pairs of parameter and value; empty values are left out.
func query(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return address(path, values)
}
