// Package webtest walks through the application as a browser without scripts would: it opens pages, fills in the forms that stand in them
// and sends them, with their hidden fields, for one person at a time.
//
//	app := webtest.New(t)
//	fin := app.As("fin")
//	page := fin.Get("/record/disbursement")
//	page = fin.Send(page.Form("/record/disbursement"), "amount", "12.50")
//	page.Says("Recorded")
package webtest

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"lastmile/internal/testworld"
	"lastmile/internal/web"
	"lastmile/internal/web/desk"
)

// App is the application of a world.
type App struct {
	*testworld.World
	Handler  http.Handler
	Patterns []string // of all routes, such as "GET /todo"
	Log      *Log
}

// Log is what the application logs.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// New makes a world and puts the whole application before it.
func New(t testing.TB) *App {
	t.Helper()
	w := testworld.New(t)
	w.LogIn("admin") // the programme has been set up
	app := &App{World: w, Log: &Log{}}
	log := slog.New(slog.NewTextHandler(app.Log, nil))
	d := desk.New(w.Store, desk.Options{Log: log})
	var err error
	app.Handler, err = web.New(w.Store, web.Options{Log: log, Protect: d.Protect, Frame: d.Frame, Sources: desk.Sources(), Routes: d.Routes,
		Mounted: func(pattern string) {
			if !slices.Contains(app.Patterns, pattern) {
				app.Patterns = append(app.Patterns, pattern)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// Evidence keeps a photograph and gives its hash.
func (a *App) Evidence() string {
	a.T.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		a.T.Fatal(err)
	}
	hash, err := a.Store.Evidence.Put(&b)
	if err != nil {
		a.T.Fatal(err)
	}
	return hash
}

// Browser is one person's.
type Browser struct {
	app      *App
	T        testing.TB
	Person   string
	Cookie   string // of the session; empty for a stranger
	Language string // as Accept-Language
}

// As logs somebody in; "" is a stranger.
func (a *App) As(person string) *Browser {
	a.T.Helper()
	b := &Browser{app: a, T: a.T, Person: person, Language: "en"}
	if person != "" {
		b.Cookie = a.LogIn(person)
	}
	return b
}

// In is the same person, reading another language.
func (b *Browser) In(language string) *Browser {
	c := *b
	c.Language = language
	return &c
}

// Page is an answer.
type Page struct {
	T      testing.TB
	Path   string
	Status int
	Header http.Header
	Body   string
}

// Get opens a page and follows where it leads.
func (b *Browser) Get(path string) *Page { return b.follow(b.Do(http.MethodGet, path, "", nil)) }

// Do sends one request and follows nothing.
func (b *Browser) Do(method, path, contentType string, body io.Reader) *Page {
	r := httptest.NewRequest(method, "https://aid.example"+path, body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if b.Cookie != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: b.Cookie})
	}
	r.Header.Set("Accept-Language", b.Language)
	w := httptest.NewRecorder()
	b.app.Handler.ServeHTTP(w, r)
	return &Page{T: b.T, Path: path, Status: w.Code, Header: w.Result().Header, Body: w.Body.String()}
}

func (b *Browser) follow(p *Page) *Page {
	for range 5 {
		if p.Status != http.StatusSeeOther {
			return p
		}
		p = b.Do(http.MethodGet, p.Header.Get("Location"), "", nil)
	}
	return p
}

// Form is a form of a page, as it stands there.
type Form struct {
	Action    string
	Multipart bool
	Values    url.Values
	Files     []File
}

// File to send along.
type File struct {
	Field, Name string
	Content     []byte
}

// Form finds the form of a page that goes to an address, and fails the test when there is none.
func (p *Page) Form(action string) *Form {
	p.T.Helper()
	f := p.FindForm(action)
	if f == nil {
		p.T.Fatalf("%s (status %d) has no form to %s:\n%s", p.Path, p.Status, action, p.Body)
	}
	return f
}

// FindForm is Form without failing: nil when there is none.
func (p *Page) FindForm(action string) *Form {
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		p.T.Fatal(err)
	}
	var found *Form
	each(doc, func(n *html.Node) {
		if found == nil && n.Data == "form" && Attr(n, "action") == action {
			found = &Form{Action: action, Multipart: Attr(n, "enctype") == "multipart/form-data", Values: url.Values{}}
			each(n, func(n *html.Node) { found.take(n) })
		}
	})
	return found
}

// take notes what a browser would send for a node.
func (f *Form) take(n *html.Node) {
	name := Attr(n, "name")
	switch {
	case name == "":
	case n.Data == "input":
		switch typ := Attr(n, "type"); typ {
		case "radio", "checkbox":
			if Has(n, "checked") {
				f.Values.Add(name, Attr(n, "value"))
			}
		case "file":
		default:
			f.Values.Add(name, Attr(n, "value"))
		}
	case n.Data == "textarea":
		f.Values.Add(name, Text(n))
	case n.Data == "select":
		value, first := "", true
		each(n, func(o *html.Node) {
			if o.Data == "option" && (first || Has(o, "selected")) {
				value, first = Attr(o, "value"), false
			}
		})
		f.Values.Add(name, value)
	}
}

// Send fills fields in, sends a form and follows where that leads. "FIELD", "VALUE" pairs replace what the form holds.
func (b *Browser) Send(f *Form, pairs ...string) *Page { return b.follow(b.Post(f, pairs...)) }

// Post is Send without following.
func (b *Browser) Post(f *Form, pairs ...string) *Page {
	b.T.Helper()
	values := url.Values{}
	for k, v := range f.Values {
		values[k] = slices.Clone(v)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	if !f.Multipart {
		return b.Do(http.MethodPost, f.Action, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
	}
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, list := range values {
		for _, v := range list {
			if err := m.WriteField(k, v); err != nil {
				b.T.Fatal(err)
			}
		}
	}
	for _, file := range f.Files {
		part, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + file.Field + `"; filename="` + file.Name + `"`}, "Content-Type": {"image/png"}})
		if err != nil {
			b.T.Fatal(err)
		}
		if _, err := part.Write(file.Content); err != nil {
			b.T.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		b.T.Fatal(err)
	}
	return b.Do(http.MethodPost, f.Action, m.FormDataContentType(), &body)
}

// waitMax is when Wait gives up: long, for a machine that is busy with other tests.
const waitMax = 2 * time.Minute

// Wait opens a page until it says a text, as somebody would who loads it again.
func (b *Browser) Wait(path, text string) *Page {
	b.T.Helper()
	deadline := time.Now().Add(waitMax)
	for {
		p := b.Get(path)
		if strings.Contains(p.Text(), text) {
			return p
		}
		if time.Now().After(deadline) {
			b.T.Fatalf("%s does not come to say %q:\n%s", path, text, p.Text())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Says fails the test unless the page has the status and says all texts.
func (p *Page) Says(status int, texts ...string) *Page {
	p.T.Helper()
	if p.Status != status {
		p.T.Errorf("%s: status %d, want %d\n%s", p.Path, p.Status, status, p.Text())
	}
	plain := p.Text()
	for _, text := range texts {
		if !strings.Contains(plain, text) && !strings.Contains(p.Body, text) {
			p.T.Errorf("%s does not say %q:\n%s", p.Path, text, plain)
		}
	}
	return p
}

// Text is what a reader sees of the page's main part.
func (p *Page) Text() string {
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		p.T.Fatal(err)
	}
	text := ""
	each(doc, func(n *html.Node) {
		if n.Data == "main" {
			text = Text(n)
		}
	})
	return strings.Join(strings.Fields(text), " ")
}

// Links gives the addresses that the page leads to.
func (p *Page) Links() []string {
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		p.T.Fatal(err)
	}
	var list []string
	each(doc, func(n *html.Node) {
		if href := Attr(n, "href"); n.Data == "a" && href != "" {
			list = append(list, href)
		}
	})
	return list
}

func each(n *html.Node, visit func(*html.Node)) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode {
			visit(c)
		}
	}
}

// Attr is an attribute of a node, "" when it has none.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Has tells whether a node has an attribute.
func Has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// Text is the text in a node.
func Text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data + " ")
		}
	}
	return strings.TrimSpace(b.String())
}
