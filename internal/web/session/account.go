package session

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// eventsShown is how many of the latest events of an account its page lists.
const eventsShown = 20

// account is one's own page: the roles held, where one is logged in, the tokens of programs.
func (g *Guard) account(w http.ResponseWriter, r *http.Request) {
	g.accountPage(w, r, http.StatusOK, tokenForm{})
}

// tokenForm is the form for a token, and the secret of the one just made.
type tokenForm struct {
	Name, Days string
	Scopes     []string
	Secret     string
	Wrong      error
}

func (g *Guard) accountPage(w http.ResponseWriter, r *http.Request, status int, f tokenForm) {
	v := Of(r)
	page := g.Page(r)
	words := g.Words(page)
	sessions, err := g.store.Accounts.Sessions(r.Context(), v.Person)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	tokens, err := g.store.Accounts.Tokens(r.Context(), v.Person)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	events, err := g.store.Accounts.Events(r.Context(), v.Person, eventsShown)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	roles, err := g.rolesTable(r, words, v.Reader)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	if f.Secret != "" {
		page.Status = []view.Status{{Kind: view.Sent, Icon: "lock", Lead: words.Text("token.made"), Text: f.Secret}}
	}
	body := []view.Component{
		section(words, "roles", roles),
		section(words, "sessions", g.sessionsTable(words, sessions, v.Session.ID),
			view.Form{Action: accountPath + "/sessions", Plain: true, Hidden: v.Hidden(), Fields: []view.Component{g.sessionChoice(words, sessions, v.Session.ID)},
				Buttons: []view.Button{{Label: words.Text("sessions.end")}}}),
		section(words, "tokens", tokensTable(words, tokens), g.tokenForm(words, v, f)),
	}
	if len(tokens) > 0 {
		body = append(body, g.revokeTokenForm(words, v, tokens))
	}
	body = append(body, section(words, "events", g.eventsTable(r, words, events)))
	g.Show(w, r, status, view.Stack{Page: page, Heading: view.Heading{Title: v.Name, Lead: view.Plain(v.Unit), Buttons: []view.Button{{Label: words.Text("password.change"), Href: passwordPath}}},
		Body: append(body, view.Form{Action: logOutPath, Plain: true, Hidden: v.Hidden(), Buttons: []view.Button{{Label: words.Text("logout.do")}}})})
}

func section(words wording.Words, name string, parts ...view.Component) view.Section {
	return view.Section{Head: view.SectionHead{ID: name, Title: words.Text("account." + name)}, Parts: parts}
}

func (g *Guard) rolesTable(r *http.Request, words wording.Words, rd *access.Reader) (view.Table, error) {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: words.Text("person.role")}, {Label: words.Text("person.area"), Kind: view.ShortColumn}, {Label: words.Text("person.since")}, {Label: words.Text("person.until")}},
		Empty: &view.Empty{Icon: "shield", Title: words.Text("roles.none"), Text: words.Text("roles.none.why")}}
	for _, h := range rd.Held {
		area, until := words.Text("everywhere"), words.Text("person.open")
		if h.Area != "" {
			e, _, err := entity.Get(r.Context(), g.store.DB, entity.Headquarters, "area", h.Area)
			if err != nil {
				return t, err
			}
			area = words.Place(e.Name)
		}
		if h.Until != "" {
			until = words.Date(h.Until)
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: words.Role(h.Role)}, {Text: area, Sub: h.Area}, {Text: words.Date(h.From)}, {Text: until}}})
	}
	return t, nil
}

func moment(words wording.Words, t time.Time) string {
	return words.Date(date.Of(t)) + " " + words.Clock(t)
}

func (g *Guard) sessionsTable(words wording.Words, list []*access.Session, own string) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("session.since")}, {Label: words.Text("session.seen")}, {Label: words.Text("session.address")}, {Label: words.Text("session.agent")}},
		Empty: &view.Empty{Icon: "lock", Title: words.Text("sessions.none"), Text: words.Text("sessions.none.why")}}
	for _, s := range list {
		cell := view.Cell{Text: moment(words, s.Started)}
		if s.ID == own {
			cell.Sub = words.Text("session.this")
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{cell, {Text: moment(words, s.Seen)}, {Text: orNone(words, s.Address)}, {Text: g.browser(words, s.Agent)}}})
	}
	return t
}

func orNone(words wording.Words, text string) string {
	if text == "" {
		return words.NotRecorded()
	}
	return text
}

func (g *Guard) sessionChoice(words wording.Words, list []*access.Session, own string) view.Field {
	f := view.Field{Kind: view.SelectField, Name: "session", Label: words.Text("sessions.which"), Options: []view.Option{{Value: "", Label: words.Text("sessions.all")}}}
	for _, s := range list {
		if s.ID != own {
			f.Options = append(f.Options, view.Option{Value: s.ID, Label: moment(words, s.Started) + " · " + g.browser(words, s.Agent) + " · " + orNone(words, s.Address)})
		}
	}
	return f
}

func tokensTable(words wording.Words, list []*access.Token) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("token.name")}, {Label: words.Text("token.scopes")}, {Label: words.Text("token.expires")}},
		Empty: &view.Empty{Icon: "code", Title: words.Text("tokens.none"), Text: words.Text("tokens.none.why")}}
	for _, k := range list {
		var scopes []string
		for _, s := range k.Scopes {
			scopes = append(scopes, words.Text("scope."+s))
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: k.Name, Sub: k.ID}, {Text: words.List(scopes)}, {Text: moment(words, k.Expires)}}})
	}
	return t
}

func (g *Guard) tokenForm(words wording.Words, v *Visit, f tokenForm) view.Form {
	p := problems{words, fault.All(f.Wrong)}
	scopes := view.Field{Kind: view.CheckField, Name: "scopes", Label: words.Text("token.scopes"), Error: p.at("scopes")}
	for _, s := range access.Scopes {
		scopes.Options = append(scopes.Options, view.Option{Value: s, Label: words.Text("scope." + s), Chosen: contains(f.Scopes, s)})
	}
	if f.Days == "" {
		f.Days = "90"
	}
	return view.Form{Action: accountPath + "/tokens", Plain: true, Hidden: v.Hidden(), Fields: []view.Component{
		view.Field{Name: "name", Label: words.Text("token.name"), Hint: words.Text("token.name.hint"), Value: f.Name, MaxLength: 100, Error: p.at("name", "scopes", "days", "name")},
		scopes,
		view.Field{Kind: view.NumberField, Name: "days", Label: words.Text("token.days"), Value: f.Days, Error: p.at("days")},
	}, Buttons: []view.Button{{Label: words.Text("token.make")}}}
}

func (g *Guard) revokeTokenForm(words wording.Words, v *Visit, list []*access.Token) view.Form {
	f := view.Field{Kind: view.SelectField, Name: "token", Label: words.Text("token.which")}
	for _, k := range list {
		f.Options = append(f.Options, view.Option{Value: k.ID, Label: k.Name + " · " + k.ID})
	}
	return view.Form{Action: accountPath + "/tokens/revoke", Plain: true, Hidden: v.Hidden(), Fields: []view.Component{f}, Buttons: []view.Button{{Label: words.Text("token.revoke")}}}
}

// eventsTable lists what happened to one person's access.
func (g *Guard) eventsTable(r *http.Request, words wording.Words, events []access.Event) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("event.at")}, {Label: words.Text("event.what")}, {Label: words.Text("event.by")}, {Label: words.Text("session.address")}},
		Empty: &view.Empty{Icon: "clock", Title: words.Text("events.none"), Text: words.Text("events.none.why")}}
	for _, e := range events {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: moment(words, e.At)}, {Text: words.Text("event." + e.Event)}, {Text: g.named(r, words, e.By)}, {Text: orNone(words, e.Address)}}})
	}
	return t
}

// named is a person's name, or what the machine's own operator is called; a name that nobody has, as whoever guesses types them, stands for
// itself.
func (g *Guard) named(r *http.Request, words wording.Words, person string) string {
	if person == fact.Operator {
		return words.Text("event.operator")
	}
	if e, ok, err := entity.Get(r.Context(), g.store.DB, entity.Headquarters, "person", person); err == nil && ok {
		return e.Name
	}
	return orNone(words, person)
}

// Marks by which a browser's name for itself tells what it is. Several are in most names, so the first that is there counts.
var (
	browsers = [][2]string{{"MicroMessenger/", "WeChat"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"HuaweiBrowser/", "Huawei Browser"}, {"UCBrowser/", "UC Browser"}, {"QQBrowser/", "QQ Browser"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems  = [][2]string{{"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// browser says in two words what a browser is that calls itself by a long name.
func (g *Guard) browser(words wording.Words, agent string) string {
	mark := func(list [][2]string) string {
		for _, m := range list {
			if strings.Contains(agent, m[0]) {
				return m[1]
			}
		}
		return ""
	}
	name, system := mark(browsers), mark(systems)
	switch {
	case name != "" && system != "":
		return words.Text("session.browser", name, system)
	case agent == "":
		return words.NotRecorded()
	case name+system != "":
		return name + system
	}
	const shown = 40
	if cut := []rune(agent); len(cut) > shown {
		return string(cut[:shown]) + "…"
	}
	return agent
}

func (g *Guard) passwordPage(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	v := Of(r)
	page := g.Page(r)
	words := g.Words(page)
	p := problems{words, fault.All(wrong)}
	heading := view.Heading{Title: words.Text("password.change")}
	if v.Session.MustChange {
		heading.Lead = view.Plain(words.Text("password.must"))
	}
	g.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: []view.Component{view.Form{
		Action: passwordPath, Plain: true, Hidden: v.Hidden(),
		Fields: []view.Component{
			view.Field{Kind: view.SecretField, Name: "old", Label: words.Text("password.old"), Autocomplete: "current-password", Error: p.at("old")},
			view.Field{Kind: view.SecretField, Name: "password", Label: words.Text("password.new"), Hint: words.Text("password.hint", access.PasswordMin), Autocomplete: "new-password", Error: p.at("password")},
			view.Field{Kind: view.SecretField, Name: "again", Label: words.Text("password.again"), Autocomplete: "new-password", Error: p.at("again")},
		},
		Buttons: []view.Button{{Label: words.Text("password.change"), Kind: view.Primary}},
	}}})
}

func (g *Guard) changePassword(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	var err error
	if form.Get("password") != form.Get("again") {
		err = fault.New(fault.Invalid, "password.repeat", "the two new passwords differ").For("again").Mend("Type both again.")
	} else {
		err = g.store.Accounts.Change(r.Context(), Of(r).Person, form.Get("old"), form.Get("password"))
	}
	switch {
	case fault.All(err) != nil:
		g.passwordPage(w, r, wording.Status(fault.KindOf(err)), err)
	case err != nil:
		g.Refuse(w, r, err)
	default:
		http.Redirect(w, r, LogInPath, http.StatusSeeOther)
	}
}

func (g *Guard) revokeSession(w http.ResponseWriter, r *http.Request) {
	v := Of(r)
	if err := g.store.Accounts.Revoke(r.Context(), v.Person, r.PostForm.Get("session"), v.Person); err != nil {
		g.Refuse(w, r, err)
		return
	}
	http.Redirect(w, r, accountPath, http.StatusSeeOther)
}

func (g *Guard) makeToken(w http.ResponseWriter, r *http.Request) {
	f := tokenForm{Name: r.PostForm.Get("name"), Days: r.PostForm.Get("days"), Scopes: r.PostForm["scopes"]}
	days, err := strconv.Atoi(f.Days)
	if err != nil {
		days = 0
	}
	f.Secret, err = g.store.Accounts.MakeToken(r.Context(), Of(r).Person, f.Name, f.Scopes, days)
	switch {
	case fault.All(err) != nil:
		f.Wrong = err
		g.accountPage(w, r, wording.Status(fault.KindOf(err)), f)
	case err != nil:
		g.Refuse(w, r, err)
	default:
		g.accountPage(w, r, http.StatusOK, tokenForm{Secret: f.Secret})
	}
}

func (g *Guard) revokeToken(w http.ResponseWriter, r *http.Request) {
	v := Of(r)
	if err := g.store.Accounts.RevokeToken(r.Context(), v.Person, r.PostForm.Get("token"), v.Person); err != nil {
		g.Refuse(w, r, err)
		return
	}
	http.Redirect(w, r, accountPath, http.StatusSeeOther)
}
