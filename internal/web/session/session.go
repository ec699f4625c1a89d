// Package session is the door of the web application: who is at the screen, what proves it, and what a page says to those it does not
// let in. It has the pages to log in and out, to set up the first administrator, to look after one's own account, and to look after
// everybody's. People may also be vouched for by a provider of identities; see Provider.
//
//	guard := session.New(s, engine, session.Options{})
//	guard.Routes(mux)
//	handler := view.Secure(engine.Preferences(guard.Wrap(mux)))
//
// Wrap lets nobody but those logged in past it, except to the open addresses. A browser proves itself by a cookie that scripts cannot read
// and other sites cannot send along with a form; a form proves itself by a token made from that cookie. Behind it a handler finds the
// person with Of, and may rely on their being there.
//
// Who may record or approve what is not decided here but where facts are recorded; who may see what, by access.Reader.
package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/access"
	"lastmile/internal/fault"
	"lastmile/internal/store"
	"lastmile/internal/web/asset"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

//go:embed text/*.json
var files embed.FS

// Source has the texts, for view.New.
func Source() view.Source {
	texts, err := fs.Sub(files, "text")
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return view.Source{Texts: texts}
}

// Options of New; the zero value is usable.
type Options struct {
	// Frame adds what the whole application has round every page: navigation, search, footer. Default: the mark alone.
	Frame func(r *http.Request, p *view.Page)
	// Readable are pages that strangers may read and nothing more, such as those of a programme that is all synthetic. Written as Open.
	Readable []string
	// Open are further addresses for strangers. One that ends in a slash stands for all below it.
	Open []string
	// Provider is the provider of identities that people may log in with beside their password; nil for none.
	Provider *Provider
	// Log gets what was refused and why; default slog.Default().
	Log *slog.Logger
}

// Guard is the door.
type Guard struct {
	store    *store.Store
	engine   *view.Engine
	readings *reading.Readings
	o        Options
	cross    *http.CrossOriginProtection
}

// New makes the door of a store.
func New(s *store.Store, engine *view.Engine, o Options) *Guard {
	if o.Frame == nil {
		o.Frame = func(*http.Request, *view.Page) {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Open = append([]string{asset.Prefix, "/healthz", "/readyz"}, o.Open...)
	return &Guard{store: s, engine: engine, readings: reading.New(s), o: o, cross: http.NewCrossOriginProtection()}
}

// Visit is a person at a screen, for one request.
type Visit struct {
	*access.Reader
	Session *access.Session
	token   string // of forms
	secret  string // of signed addresses
}

type visitKey struct{}

// Of is the visit of a request that Wrap let in; nil at open addresses to strangers.
func Of(r *http.Request) *Visit {
	v, _ := r.Context().Value(visitKey{}).(*Visit)
	return v
}

// Hidden is what every form carries that changes anything: the token that proves where it came from, and more.
func (v *Visit) Hidden(more ...view.Hidden) []view.Hidden {
	return append([]view.Hidden{{Name: tokenField, Value: v.token}}, more...)
}

const (
	cookieName = "session"
	tokenField = "form-token"
)

// formToken is made from the cookie and so needs no place to be kept: who cannot read the cookie cannot make it.
func formToken(cookie string) string {
	sum := sha256.Sum256([]byte("lastmile/form/1:" + cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// Largest bodies of requests, in bytes. Forms carry photographs and tables as several parts.
const (
	bodyMax     = 1 << 20
	filesMax    = 64 << 20
	formsMemory = 4 << 20 // of those files that are kept in memory; the rest waits on disk
)

// apiPrefix is where programs come, which prove themselves in their own way.
const apiPrefix = "/api/"

// Wrap lets in whom it may and refuses the others, each with a page in their language and a line in the log.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.open(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		visit, reason := g.visit(r)
		if fault.All(reason) == nil && reason != nil {
			g.Refuse(w, r, reason)
			return
		}
		if visit != nil {
			r = r.WithContext(context.WithValue(r.Context(), visitKey{}, visit))
		}
		if strings.HasPrefix(r.URL.Path, apiPrefix) {
			if visit != nil && unsafe(r) { // a cookie alone changes nothing
				r = r.WithContext(context.WithValue(r.Context(), visitKey{}, (*Visit)(nil)))
			}
			next.ServeHTTP(w, r)
			return
		}
		if err := g.cross.Check(r); err != nil {
			g.Refuse(w, r, forged(err))
			return
		}
		door := slices.Contains([]string{LogInPath, setUpPath, providerPath, backPath}, r.URL.Path)
		if visit == nil && !door && (unsafe(r) || !g.readable(r.URL.Path)) {
			g.stranger(w, r, reason)
			return
		}
		if unsafe(r) {
			if err := readForm(w, r); err != nil {
				g.Refuse(w, r, err)
				return
			}
			defer removeFiles(r)
		}
		switch {
		case visit != nil && unsafe(r) && !door && subtle.ConstantTimeCompare([]byte(r.PostForm.Get(tokenField)), []byte(visit.token)) != 1:
			g.Refuse(w, r, forged(errors.New("the form's token is not the session's")))
			return
		case visit != nil && visit.Session.MustChange && !slices.Contains([]string{passwordPath, logOutPath}, r.URL.Path):
			http.Redirect(w, r, passwordPath, http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func forged(err error) error {
	return fault.New(fault.Forbidden, "request.forged", "the request did not come from a page of this programme").Mend("Open the page again and send it from there.").Wrap(err)
}

func unsafe(r *http.Request) bool {
	return !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, r.Method)
}

func (g *Guard) open(path string) bool { return among(g.o.Open, path) }

func (g *Guard) readable(path string) bool { return among(g.o.Readable, path) }

// among tells whether a path is one of those listed. One that ends in a slash stands for all below it, the root only for itself.
func among(list []string, path string) bool {
	return slices.ContainsFunc(list, func(one string) bool {
		return path == one || one != "/" && strings.HasSuffix(one, "/") && strings.HasPrefix(path, one)
	})
}

// visit finds who is at the screen. Without anybody it says why: a fault, or an error of the store.
func (g *Guard) visit(r *http.Request) (*Visit, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil, fault.New(fault.Forbidden, "session.none", "you are not logged in").Mend("Log in.")
	}
	s, err := g.store.Accounts.Session(r.Context(), cookie.Value)
	if err != nil {
		return nil, err
	}
	reader, err := access.Read(r.Context(), g.store.DB, s.Person, g.store.Today())
	if err != nil {
		return nil, err
	}
	secret, err := g.store.Accounts.SigningSecret(r.Context())
	if err != nil {
		return nil, err
	}
	return &Visit{Reader: reader, Session: s, token: formToken(cookie.Value), secret: secret + cookie.Value}, nil
}

// readForm reads the form of a request, with its files, within the limits.
func readForm(w http.ResponseWriter, r *http.Request) error {
	limit := int64(bodyMax)
	multipart := strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/")
	if multipart {
		limit = filesMax
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	err := r.ParseForm()
	if multipart && err == nil {
		err = r.ParseMultipartForm(formsMemory)
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.Invalid, "request.large", "what was sent is larger than %d MB", limit>>20).Mend("Send fewer or smaller files.").Wrap(err)
	}
	if err != nil {
		return fault.New(fault.Invalid, "request.form", "what was sent cannot be read").Mend("Open the page again.").Wrap(err)
	}
	return nil
}

func removeFiles(r *http.Request) {
	if r.MultipartForm != nil {
		if err := r.MultipartForm.RemoveAll(); err != nil {
			slog.Warn("remove uploaded files", "error", err)
		}
	}
}

// stranger is shown the way in. What was asked for waits behind it; what was sent is still in the browser's own page.
func (g *Guard) stranger(w http.ResponseWriter, r *http.Request, reason error) {
	g.o.Log.Warn("refused", "status", http.StatusUnauthorized, "method", r.Method, "path", r.URL.Path, "address", Address(r), "reason", reason)
	if r.Header.Get("HX-Request") == "true" { // part of a page cannot hold the log-in: load it whole
		w.Header().Set("HX-Redirect", LogInPath)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if needed, err := g.store.Accounts.NeedsSetup(r.Context()); err != nil {
		g.Refuse(w, r, err)
		return
	} else if needed {
		http.Redirect(w, r, setUpPath, http.StatusSeeOther)
		return
	}
	to := ""
	if !unsafe(r) {
		to = r.URL.RequestURI()
	}
	g.logInPage(w, r, http.StatusUnauthorized, logInForm{Next: to, Why: reason})
}

// Reading is what the records say now, for pages that remember what they compute.
func (g *Guard) Reading(ctx context.Context) (*reading.Reading, error) { return g.readings.Now(ctx) }

// Page is the shared part of a page, with the person at the screen.
func (g *Guard) Page(r *http.Request) view.Page {
	p := g.engine.Page(r)
	if Of(r) == nil && !g.readable(r.URL.Path) { // the places of the application are not for strangers
		p.Shell = view.OpenShell
		return p
	}
	g.Name(r, &p)
	g.o.Frame(r, &p)
	return p
}

// Name puts the person at the screen and their roles into the frame of a page.
func (g *Guard) Name(r *http.Request, p *view.Page) {
	v := Of(r)
	if v == nil {
		return
	}
	w := g.Words(*p)
	var roles []string
	for _, h := range v.Held {
		if role := w.Role(h.Role); !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	p.User = &view.User{Name: v.Name, Role: w.List(roles), Href: accountPath}
}

// Words writes in the language of a page.
func (g *Guard) Words(p view.Page) wording.Words { return wording.For(g.engine, p.Printer) }

// Show draws a page of components, or says calmly that it could not.
func (g *Guard) Show(w http.ResponseWriter, r *http.Request, status int, stack view.Stack) {
	if stack.Title == "" {
		stack.Title = stack.Heading.Title
	}
	if err := g.engine.Render(w, status, view.StackPage, stack); err != nil {
		g.o.Log.Error("draw page", "path", r.URL.Path, "error", err)
		http.Error(w, "This page could not be drawn. The log says why.", http.StatusInternalServerError)
	}
}

// ShowPart draws one component by itself.
func (g *Guard) ShowPart(w http.ResponseWriter, r *http.Request, c view.Component) {
	if err := g.engine.RenderPart(w, http.StatusOK, g.engine.Page(r).Printer.Language, c); err != nil {
		g.o.Log.Error("draw part", "path", r.URL.Path, "error", err)
		http.Error(w, "This could not be drawn. The log says why.", http.StatusInternalServerError)
	}
}

// Refuse answers a request with why it was not done, and notes it in the log. An error that is no fault is ours: the reader gets one calm
// sentence and the log the cause.
func (g *Guard) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := wording.Status(fault.KindOf(err))
	person := ""
	if v := Of(r); v != nil {
		person = v.Person
	}
	attributes := []any{"status", status, "method", r.Method, "path", r.URL.Path, "person", person, "address", Address(r), "error", err}
	if status == http.StatusInternalServerError {
		g.o.Log.Error("failed", attributes...)
	} else {
		g.o.Log.Warn("refused", attributes...)
	}
	page := g.Page(r)
	words := g.Words(page)
	title, text := words.Refusal(err)
	g.Show(w, r, status, view.Stack{Page: page, Heading: view.Heading{Title: title, Lead: view.Plain(text)},
		Body: []view.Component{view.Buttons{{Label: words.Text("refused.home"), Href: page.HomeHref()}}}})
}

// Address of the browser, without its port.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Note puts into the log what was refused of a request that is answered with its own form again.
func (g *Guard) Note(r *http.Request, err error) {
	person := ""
	if v := Of(r); v != nil {
		person = v.Person
	}
	g.o.Log.Warn("refused", "status", wording.Status(fault.KindOf(err)), "method", r.Method, "path", r.URL.Path, "person", person, "address", Address(r), "error", err)
}

// Sign makes a signature that a person can only have got from us and in this session. It goes into the address of something that they were
// shown the way to, such as a file, so that having been shown it need not be found out again.
func (v *Visit) Sign(text string) string {
	mac := hmac.New(sha256.New, []byte(v.secret))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// Signed tells whether a signature is Sign's for the text.
func (v *Visit) Signed(text, signature string) bool {
	return subtle.ConstantTimeCompare([]byte(signature), []byte(v.Sign(text))) == 1
}
