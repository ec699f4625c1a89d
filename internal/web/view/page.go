package view

import (
	"net/http"
	"net/url"

	"lastmile/internal/web/locale"
)

// The names of the cookies in which a reader's choices are kept. The script that
// changes the theme at once knows the second.
const (
	languageCookie = "language"
	themeCookie    = "theme"
)

// Theme is the reader's choice of colours. The zero Theme is what the reader's
// system asks for.
type Theme string

const (
	SystemTheme Theme = ""
	LightTheme  Theme = "light"
	DarkTheme   Theme = "dark"
)

// Shell is the kind of frame round a page.
type Shell string

const (
	WorkShell Shell = ""     // rail or tabs, search: for those who sign in
	OpenShell Shell = "open" // no rail: the public pages
	StepShell Shell = "step" // a step of a form: the action bar stands where the tabs were
)

// Page is what all pages share. [Engine.Page] fills what comes from the request;
// the rest is the caller's.
type Page struct {
	// Printer writes in the reader's language. It must be set.
	Printer *locale.Printer
	Theme   Theme
	Shell   Shell
	// Title is the page's own name, without the product's.
	Title string
	// Home is where the mark leads; empty is "/".
	Home string
	Nav  []NavGroup
	// Tabs are the four places at the foot of a phone; public pages have them at
	// the head of a wide screen too.
	Tabs []NavItem
	User *User
	// Search is nil where there is nothing to search.
	Search *Search
	// Tasks are what waits for the visitor. The overview leads with them.
	Tasks []Task
	// Job is a long task that is going on, reachable from every page.
	Job    *Link
	Status []Status
	// Footer leads to places such as the public portal.
	Footer []Link
	// Drawer is open when the page comes; DrawerBack is the page without it.
	Drawer     Component
	DrawerBack string

	languages []Link
	themeHref string
}

func (p Page) base() Page { return p }

// Languages gives a link to this page in each language.
func (p Page) Languages() []Link { return p.languages }

// ThemeHref is where the button that changes the theme leads.
func (p Page) ThemeHref() string { return p.themeHref }

// HomeHref is where the mark leads.
func (p Page) HomeHref() string {
	if p.Home == "" {
		return "/"
	}
	return p.Home
}

// Dir is the direction of the page's script, "ltr" or "rtl".
func (p Page) Dir() string { return p.Printer.Language.Direction() }

// A NavGroup is a titled part of the rail; the first has no title.
type NavGroup struct {
	Title string
	Items []NavItem
}

// A NavItem is one place in the rail or the tabs.
type NavItem struct {
	Icon    string
	Label   string
	Href    string
	Current bool
	Count   string // what waits there, "6"; empty for nothing
}

// A User is who is signed in. Href leads to their account; empty is no link.
type User struct{ Name, Role, Href string }

// Search is the field at the head of the page; it sends q to Action.
type Search struct {
	Action string
	Query  string
	// Hint says what can be looked for.
	Hint string
}

// A Link leads somewhere.
type Link struct {
	Label   string
	Href    string
	Icon    string
	Lang    string // of the label, when it is not the page's
	Current bool
}

// Page gives the shared part of a page for a request: the reader's language and
// theme, and the links that change them. The session's user, navigation and the
// like are the caller's to add.
func (e *Engine) Page(r *http.Request) Page {
	offered := e.Languages()
	language := locale.FromRequest(r, languageCookie, offered)
	p := Page{Printer: e.Printer(language), Theme: themeOf(r)}
	for _, l := range offered {
		p.languages = append(p.languages, Link{
			Label:   e.Printer(l).Text("language.short"),
			Href:    with(r.URL, "lang", string(l)),
			Lang:    string(l),
			Current: l == language,
		})
	}
	other := DarkTheme
	if p.Theme == DarkTheme {
		other = LightTheme
	}
	p.themeHref = with(r.URL, "theme", string(other))
	return p
}

func themeOf(r *http.Request) Theme {
	if c, err := r.Cookie(themeCookie); err == nil {
		switch theme := Theme(c.Value); theme {
		case LightTheme, DarkTheme:
			return theme
		}
	}
	return SystemTheme
}

// with gives the address with one parameter set. It keeps the others: filters and
// sorting live in the address.
func with(u *url.URL, key, value string) string {
	query := u.Query()
	query.Set(key, value)
	return u.EscapedPath() + "?" + query.Encode()
}

// Preferences keeps a reader's choice of language or theme. A link that asks for
// one (?lang=zh-Hans, ?theme=dark) stores it and sends the reader back to the same
// page without it, so that addresses people share do not change another's page.
func (e *Engine) Preferences(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		language, theme := query.Get("lang"), Theme(query.Get("theme"))
		_, offered := e.readers[locale.Language(language)]
		chosen := theme == LightTheme || theme == DarkTheme
		if r.Method != http.MethodGet || !offered && !chosen {
			next.ServeHTTP(w, r)
			return
		}
		if offered {
			remember(w, r, languageCookie, language)
		}
		if chosen {
			remember(w, r, themeCookie, string(theme))
		}
		query.Del("lang")
		query.Del("theme")
		// Only the path and the query: what stands before them is not the reader's
		// to choose, and a path of two slashes would lead to another host.
		back := url.URL{Path: "/" + trimSlashes(r.URL.Path), RawQuery: query.Encode()}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, back.String(), http.StatusSeeOther)
	})
}

func trimSlashes(path string) string {
	for len(path) > 0 && (path[0] == '/' || path[0] == '\\') {
		path = path[1:]
	}
	return path
}

func remember(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		SameSite: http.SameSiteLaxMode, Secure: Encrypted(r),
	})
}

// contentPolicy lets a page load from its own server and nowhere else, and forbids
// scripts and styles written into it. Photographs a form has just taken are blobs.
const contentPolicy = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Secure sends with every answer what keeps other sites and injected text from
// acting in a page.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
		next.ServeHTTP(w, r)
	})
}
