package api

import (
	"net/http"
	"slices"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
)

// accountOperations read and change who may do what: for oneself, and for administrators for others. They take a scope of their own.
func accountOperations() []operation {
	person := param{"person", "path", "Log-in name.", true}
	return []operation{
		{method: "GET", path: "/account", id: "getAccountOfCaller", summary: "Who you are: roles, sessions, tokens, and what happened to your access", scope: read, result: Account{}, do: getOwnAccount},
		{method: "POST", path: "/account/tokens", id: "makeToken", summary: "Make a token for a program, with scopes that this one has too; its secret is answered once", scope: administer, body: NewToken{}, result: MadeToken{}, created: true, do: makeToken},
		{method: "POST", path: "/account/tokens/revoke", id: "revokeToken", summary: "Make one of your tokens worthless", scope: administer, body: RevokeToken{}, result: Account{}, do: revokeToken},
		{method: "POST", path: "/account/sessions/revoke", id: "revokeSession", summary: "End one of your sessions in a browser, or all", scope: administer, body: RevokeSession{}, result: Account{}, do: revokeSession},
		{method: "GET", path: "/people", id: "listPeople", summary: "Who works with the programme, for those who may see it", scope: read, params: []param{cursor, limit}, result: People{}, do: listPeople},
		{method: "GET", path: "/people/{person}", id: "getPerson", summary: "One person's access", scope: read, params: []param{person}, result: Account{}, do: getPerson},
		{method: "POST", path: "/people/{person}", id: "changePerson", summary: "End a person's sessions, give a one-time password, or withdraw their access", scope: administer, params: []param{person}, body: Change{}, result: Changed{}, do: changePerson},
	}
}

// Account is a person with their access.
type Account struct {
	Person   string    `json:"person"`
	Name     string    `json:"name"`
	Unit     string    `json:"unit,omitempty"`
	Roles    []Role    `json:"roles" doc:"In force today."`
	Sessions []Session `json:"sessions"`
	Tokens   []Token   `json:"tokens,omitempty" doc:"Your own only."`
	Events   []Event   `json:"events" doc:"The latest, newest first."`
}

// Role is a role that somebody holds.
type Role struct {
	Role  string    `json:"role"`
	Area  string    `json:"area,omitempty" doc:"Left out for the whole programme."`
	From  date.Date `json:"from"`
	Until date.Date `json:"until,omitempty"`
}

// Session is somebody logged in with a browser.
type Session struct {
	Session string `json:"session" doc:"Names it; it lets nobody in."`
	Started string `json:"started"`
	Seen    string `json:"seen"`
	Address string `json:"address"`
	Agent   string `json:"agent"`
}

// Token lets a program act for a person.
type Token struct {
	Token   string   `json:"token" doc:"Names it; it lets nobody in."`
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"`
	Made    string   `json:"made"`
	Expires string   `json:"expires"`
}

// Event is something that happened to somebody's access.
type Event struct {
	At      string `json:"at"`
	Person  string `json:"person"`
	Event   string `json:"event"`
	By      string `json:"by"`
	Address string `json:"address,omitempty"`
}

// eventsShown is how many of the latest events are given.
const eventsShown = 20

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func showRoles(held []access.Held) []Role {
	return each(held, func(h *access.Held) Role { return Role{h.Role, h.Area, h.From, h.Until} })
}

func (q *call) account(person *access.Reader) (Account, error) {
	accounts := q.api.store.Accounts
	a := Account{Person: person.Person, Name: person.Name, Unit: person.Unit, Roles: showRoles(person.Held)}
	sessions, err := accounts.Sessions(q.ctx, person.Person)
	if err != nil {
		return a, err
	}
	a.Sessions = each(sessions, func(s **access.Session) Session {
		return Session{(*s).ID, moment((*s).Started), moment((*s).Seen), (*s).Address, (*s).Agent}
	})
	events, err := accounts.Events(q.ctx, person.Person, eventsShown)
	a.Events = each(events, func(e *access.Event) Event { return Event{moment(e.At), e.Person, e.Event, e.By, e.Address} })
	return a, err
}

func getOwnAccount(q *call) (any, error) {
	a, err := q.account(q.caller.Reader)
	if err != nil {
		return nil, err
	}
	tokens, err := q.api.store.Accounts.Tokens(q.ctx, q.caller.Person)
	a.Tokens = each(tokens, func(t **access.Token) Token {
		return Token{(*t).ID, (*t).Name, (*t).Scopes, moment((*t).Made), moment((*t).Expires)}
	})
	return a, err
}

// NewToken says what a token is to be for.
type NewToken struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
	Days   int      `json:"days" doc:"Until it expires, 1 to 366."`
}

// MadeToken is a token that was just made.
type MadeToken struct {
	Secret string `json:"secret" doc:"Answered once and kept nowhere."`
}

// makeToken makes no token that may do more than the one that asks for it.
func makeToken(q *call) (any, error) {
	var sent NewToken
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	for _, s := range sent.Scopes {
		if slices.Contains(access.Scopes, s) && !contains(q.caller.scopes, s) {
			return nil, fault.New(fault.Forbidden, "token.scope", "the token may not do this: it lacks the scope %s", s).For("scopes").Mend("Make the token on your account page.")
		}
	}
	secret, err := q.api.store.Accounts.MakeToken(q.ctx, q.caller.Person, sent.Name, sent.Scopes, sent.Days)
	q.status = http.StatusCreated
	return MadeToken{secret}, err
}

// RevokeToken names a token.
type RevokeToken struct {
	Token string `json:"token"`
}

func revokeToken(q *call) (any, error) {
	var sent RevokeToken
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	if err := q.api.store.Accounts.RevokeToken(q.ctx, q.caller.Person, sent.Token, q.caller.Person); err != nil {
		return nil, err
	}
	return getOwnAccount(q)
}

// RevokeSession names a session.
type RevokeSession struct {
	Session string `json:"session" doc:"Empty for all."`
}

func revokeSession(q *call) (any, error) {
	var sent RevokeSession
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	if err := q.api.store.Accounts.Revoke(q.ctx, q.caller.Person, sent.Session, q.caller.Person); err != nil {
		return nil, err
	}
	return getOwnAccount(q)
}

// People is a page of who works with the programme.
type People struct {
	People []Person `json:"people"`
	Next   string   `json:"next,omitempty"`
}

// Person is somebody who works with the programme.
type Person struct {
	Person   string `json:"person" doc:"Log-in name."`
	Name     string `json:"name"`
	Unit     string `json:"unit,omitempty"`
	Roles    []Role `json:"roles"`
	Password bool   `json:"password" doc:"They have a password."`
}

func (q *call) mayLook() error {
	if q.caller.SeesPeople() {
		return nil
	}
	return fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", q.caller.Person, "people").Mend("Ask an administrator.")
}

func listPeople(q *call) (any, error) {
	if err := q.mayLook(); err != nil {
		return nil, err
	}
	list, err := entity.Find(q.ctx, q.db(), entity.Filter{Book: entity.Headquarters, Type: "person"})
	if err != nil {
		return nil, err
	}
	held, err := access.AllHeld(q.ctx, q.db(), q.today())
	if err != nil {
		return nil, err
	}
	with, err := q.api.store.Accounts.Persons(q.ctx)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(q, list, func(e *entity.Entity) Person { return Person{e.ID, e.Name, e.Class, showRoles(held[e.ID]), with[e.ID]} })
	return People{page, next}, err
}

func getPerson(q *call) (any, error) {
	if err := q.mayLook(); err != nil {
		return nil, err
	}
	person, err := access.Read(q.ctx, q.db(), q.PathValue("person"), q.today())
	if err != nil {
		return nil, err
	}
	return q.account(person)
}

// Change says what to do with a person's access.
type Change struct {
	Do string `json:"do" doc:"sessions, reset or withdraw."`
}

// Changed is what came of it.
type Changed struct {
	Person   string `json:"person"`
	Password string `json:"password,omitempty" doc:"One-time password after a reset; it must be changed at the first log-in."`
}

func changePerson(q *call) (any, error) {
	if !q.caller.Holds("administrator") {
		return nil, fault.New(fault.Forbidden, "kind.by", "%s is no administrator", q.caller.Person).Mend("Ask an administrator.")
	}
	var sent Change
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	changed := Changed{Person: q.PathValue("person")}
	password, err := q.api.store.Accounts.Do(q.ctx, sent.Do, changed.Person, q.caller.Person)
	if err != nil {
		return nil, err
	}
	changed.Password = password
	q.api.o.Log.Info("changed access", "person", changed.Person, "do", sent.Do, "by", q.caller.Person)
	return changed, nil
}
