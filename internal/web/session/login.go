package session

import (
	"net/http"
	"net/url"
	"strings"

	"lastmile/internal/access"
	"lastmile/internal/fault"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// LogInPath is where people come in.
const LogInPath = "/login"

const (
	logOutPath   = "/logout"
	setUpPath    = "/setup"
	accountPath  = "/account"
	passwordPath = "/account/password"
	peoplePath   = "/people"
)

// Router is where pages are mounted: an http.ServeMux, or in tests one that remembers what was.
type Router interface {
	HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request))
}

// Routes mounts the pages of the door.
func (g *Guard) Routes(mux Router) {
	mux.HandleFunc("GET "+LogInPath, func(w http.ResponseWriter, r *http.Request) {
		g.logInPage(w, r, http.StatusOK, logInForm{Next: r.FormValue("next")})
	})
	mux.HandleFunc("POST "+LogInPath, g.logIn)
	if g.o.Provider != nil {
		mux.HandleFunc("GET "+providerPath, g.toProvider)
		mux.HandleFunc("GET "+backPath, g.fromProvider)
	}
	mux.HandleFunc("POST "+logOutPath, g.logOut)
	mux.HandleFunc("GET "+setUpPath, func(w http.ResponseWriter, r *http.Request) { g.setUpPage(w, r, http.StatusOK, access.SetUp{}, nil) })
	mux.HandleFunc("POST "+setUpPath, g.setUp)
	mux.HandleFunc("GET "+accountPath, g.account)
	mux.HandleFunc("GET "+passwordPath, func(w http.ResponseWriter, r *http.Request) { g.passwordPage(w, r, http.StatusOK, nil) })
	mux.HandleFunc("POST "+passwordPath, g.changePassword)
	mux.HandleFunc("POST "+accountPath+"/sessions", g.revokeSession)
	mux.HandleFunc("POST "+accountPath+"/tokens", g.makeToken)
	mux.HandleFunc("POST "+accountPath+"/tokens/revoke", g.revokeToken)
	mux.HandleFunc("GET "+peoplePath, g.people)
	mux.HandleFunc("GET "+peoplePath+"/{person}", g.person)
	mux.HandleFunc("POST "+peoplePath+"/{person}", g.changePerson)
}

// problems are faults of a form, by field.
type problems struct {
	words wording.Words
	list  fault.List
}

// at gives the words for a field; those of no field of the form stand at its first.
func (p problems) at(field string, others ...string) string {
	var texts []string
	for _, e := range p.list {
		if e.Field == field || len(others) > 0 && !contains(others, e.Field) {
			texts = append(texts, p.words.Fault(nil, e))
		}
	}
	return strings.Join(texts, " ")
}

func contains(list []string, s string) bool {
	for _, t := range list {
		if t == s {
			return true
		}
	}
	return false
}

// logInForm is what the log-in page shows again.
type logInForm struct {
	Person string
	Next   string // where to go on
	Why    error  // why the reader came here
	Wrong  error
	// Provider is why the provider of identities did not help.
	Provider error
}

func (g *Guard) logInPage(w http.ResponseWriter, r *http.Request, status int, f logInForm) {
	page := g.engine.Page(r)
	page.Shell = view.OpenShell
	words := g.Words(page)
	p := problems{words, fault.All(f.Wrong)}
	heading := view.Heading{Title: words.Text("login.title"), Lead: view.Plain(words.Text("login.lead"))}
	if list := fault.All(f.Why); len(list) > 0 && list[0].Code == "session.expired" {
		page.Status = []view.Status{{Kind: view.Waiting, Icon: "clock", Lead: words.Text("login.expired"), Text: words.Text("login.expired.safe")}}
	}
	for _, e := range fault.All(f.Provider) {
		page.Status = []view.Status{{Kind: view.Refused, Icon: "warning", Lead: words.Text("login.not"), Text: words.Fault(nil, e)}}
	}
	body := []view.Component{view.Form{
		Action: LogInPath, Plain: true, Hidden: []view.Hidden{{Name: "next", Value: inside(f.Next)}},
		Fields: []view.Component{
			view.Field{Name: "person", Label: words.Text("login.person"), Value: f.Person, Autocomplete: "username", MaxLength: 50, Error: p.at("person")},
			view.Field{Kind: view.SecretField, Name: "password", Label: words.Text("login.password"), Autocomplete: "current-password", Error: p.at("password")},
		},
		Buttons: []view.Button{{Label: words.Text("login.do"), Kind: view.Primary}},
	}}
	if p := g.o.Provider; p != nil {
		href := providerPath + "?" + url.Values{"next": {inside(f.Next)}}.Encode()
		body = append(body, view.Buttons{{Label: words.Text("login.provider", p.o.Name), Icon: "shield", Href: href}})
	}
	g.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: body})
}

// inside keeps only addresses of this programme.
func inside(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n") || strings.HasPrefix(next, LogInPath) {
		return "/"
	}
	return next
}

func (g *Guard) logIn(w http.ResponseWriter, r *http.Request) {
	f := logInForm{Person: strings.ToLower(strings.TrimSpace(r.PostForm.Get("person"))), Next: r.PostForm.Get("next")}
	token, s, err := g.store.Accounts.LogIn(r.Context(), access.LogIn{Person: f.Person, Password: r.PostForm.Get("password"), Address: Address(r), Agent: r.UserAgent()})
	if fault.All(err) != nil {
		g.o.Log.Warn("refused", "status", wording.Status(fault.KindOf(err)), "path", r.URL.Path, "person", f.Person, "address", Address(r), "error", err)
		f.Wrong = err
		g.logInPage(w, r, wording.Status(fault.KindOf(err)), f)
		return
	}
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	g.letIn(w, r, token)
	g.o.Log.Info("logged in", "person", s.Person, "address", Address(r))
	http.Redirect(w, r, inside(f.Next), http.StatusSeeOther)
}

// letIn gives a browser the cookie of its session.
func (g *Guard) letIn(w http.ResponseWriter, r *http.Request, token string) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: view.Encrypted(r)})
}

func (g *Guard) logOut(w http.ResponseWriter, r *http.Request) {
	if err := g.store.Accounts.LogOut(r.Context(), Of(r).Session); err != nil {
		g.Refuse(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: view.Encrypted(r)})
	http.Redirect(w, r, LogInPath, http.StatusSeeOther)
}

func (g *Guard) setUpPage(w http.ResponseWriter, r *http.Request, status int, s access.SetUp, wrong error) {
	needed, err := g.store.Accounts.NeedsSetup(r.Context())
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	if !needed {
		http.Redirect(w, r, LogInPath, http.StatusSeeOther)
		return
	}
	page := g.engine.Page(r)
	page.Shell = view.OpenShell
	words := g.Words(page)
	p := problems{words, fault.All(wrong)}
	fields := []string{"code", "id", "name", "unit", "password"}
	g.Show(w, r, status, view.Stack{Page: page,
		Heading: view.Heading{Title: words.Text("setup.title"), Lead: view.Plain(words.Text("setup.lead"))},
		Body: []view.Component{view.Form{
			Action: setUpPath, Plain: true,
			Fields: []view.Component{
				view.Field{Name: "code", Label: words.Text("setup.code"), Hint: words.Text("setup.code.hint"), Value: s.Code, Autocomplete: "off", MaxLength: 30, Error: p.at("code", fields...)},
				view.Field{Name: "id", Label: words.Text("login.person"), Hint: words.Text("setup.id.hint"), Value: s.ID, Autocomplete: "username", MaxLength: 40, Error: p.at("id")},
				view.Field{Name: "name", Label: words.Text("person.name"), Value: s.Name, Autocomplete: "name", MaxLength: 100, Error: p.at("name")},
				view.Field{Name: "unit", Label: words.Text("person.unit"), Value: s.Unit, Autocomplete: "organization", MaxLength: 200, Error: p.at("unit")},
				view.Field{Kind: view.SecretField, Name: "password", Label: words.Text("login.password"), Hint: words.Text("password.hint", access.PasswordMin), Autocomplete: "new-password", Error: p.at("password")},
			},
			Buttons: []view.Button{{Label: words.Text("setup.do"), Kind: view.Primary}},
		}}})
}

func (g *Guard) setUp(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	s := access.SetUp{Code: form.Get("code"), ID: strings.TrimSpace(form.Get("id")), Name: strings.TrimSpace(form.Get("name")), Unit: strings.TrimSpace(form.Get("unit")),
		Password: form.Get("password"), On: g.store.Today(), Address: Address(r)}
	err := g.store.Accounts.SetUp(r.Context(), g.store.Recorder, s)
	if fault.All(err) != nil {
		g.o.Log.Warn("refused", "status", wording.Status(fault.KindOf(err)), "path", r.URL.Path, "address", Address(r), "error", err)
		g.setUpPage(w, r, wording.Status(fault.KindOf(err)), s, err)
		return
	}
	if err == nil {
		err = g.store.DefineFigures(r.Context(), "setup") // without them no page could say a number
	}
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	http.Redirect(w, r, LogInPath, http.StatusSeeOther)
}
