package api_test

import (
	"net/http"
	"testing"

	"lastmile/internal/access"
	"lastmile/internal/api"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

// A token makes no token that may do more than itself, and administers nothing without the scope for it.
func TestAccount(t *testing.T) {
	app := webtest.New(t)
	reader, whole := program(t, app, "officer", "read"), program(t, app, "officer", "read", "administer")
	reader.refused("POST", "/account/tokens", "", `{"name": "x", "scopes": ["read"], "days": 1}`, http.StatusForbidden, "token.scope")
	whole.refused("POST", "/account/tokens", "", `{"name": "x", "scopes": ["read", "record"], "days": 1}`, http.StatusForbidden, "token.scope")
	whole.refused("POST", "/account/tokens", "", `{"name": "x", "scopes": ["everything"], "days": 1}`, http.StatusUnprocessableEntity, "token.scopes")
	var made api.MadeToken
	if status := whole.call("POST", "/account/tokens", "", `{"name": "nightly", "scopes": ["read"], "days": 1}`, &made); status != http.StatusCreated || made.Secret == "" {
		t.Fatalf("made: %d", status)
	}
	var own api.Account
	if status := (client{t, app, made.Secret}).call("GET", "/account", "", "", &own); status != http.StatusOK || own.Person != "officer" || len(own.Roles) != 1 || own.Roles[0].Role != "programme-officer" || len(own.Tokens) != 3 {
		t.Errorf("account: %d %+v", status, own)
	}
	nightly := ""
	for _, k := range own.Tokens {
		if k.Name == "nightly" {
			nightly = k.Token
		}
	}
	if status := whole.call("POST", "/account/tokens/revoke", "", `{"token": "`+nightly+`"}`, &own); status != http.StatusOK || len(own.Tokens) != 2 {
		t.Errorf("revoked: %d %+v", status, own.Tokens)
	}
	client{t, app, made.Secret}.refused("GET", "/account", "", "", http.StatusUnauthorized, "token.unknown")

	browser := app.As("officer")
	browser.Get("/todo").Says(http.StatusOK)
	if status := whole.call("POST", "/account/sessions/revoke", "", `{"session": ""}`, &own); status != http.StatusOK || len(own.Sessions) != 0 {
		t.Errorf("sessions ended: %d %+v", status, own.Sessions)
	}
	browser.Get("/todo").Says(http.StatusUnauthorized)
}

// An administrator changes the access of others, not by a token that merely records.
func TestPeople(t *testing.T) {
	app := webtest.New(t)
	admin := program(t, app, "admin", "read", "administer")
	var people api.People
	if admin.call("GET", "/people", "", "", &people); len(people.People) != len(testworld.People) {
		t.Errorf("people: %+v", people)
	}
	program(t, app, "assistant", "read").refused("GET", "/people", "", "", http.StatusForbidden, "area.hidden")
	program(t, app, "audit", "administer").refused("POST", "/people/officer", "", `{"do": "reset"}`, http.StatusForbidden, "kind.by")
	program(t, app, "admin", "record").refused("POST", "/people/officer", "", `{"do": "reset"}`, http.StatusForbidden, "token.scope")
	admin.refused("POST", "/people/officer", "", `{"do": "dance"}`, http.StatusUnprocessableEntity, "request.form")
	admin.refused("POST", "/people/nobody", "", `{"do": "reset"}`, http.StatusNotFound, "person.unknown")
	admin.refused("POST", "/people/admin", "", `{"do": "withdraw"}`, http.StatusConflict, "person.self")
	var changed api.Changed
	if status := admin.call("POST", "/people/officer", "", `{"do": "reset"}`, &changed); status != http.StatusOK || changed.Password == "" {
		t.Fatalf("reset: %d %+v", status, changed)
	}
	_, s, err := app.Store.Accounts.LogIn(t.Context(), access.LogIn{Person: "officer", Password: changed.Password, Address: "192.0.2.1", Agent: "test"})
	if err != nil || !s.MustChange {
		t.Errorf("log in with the one-time password: %+v, %v", s, err)
	}
	officer := program(t, app, "officer", "read")
	if status := admin.call("POST", "/people/officer", "", `{"do": "withdraw"}`, &changed); status != http.StatusOK {
		t.Errorf("withdraw: %d", status)
	}
	officer.refused("GET", "/account", "", "", http.StatusUnauthorized, "token.unknown")
}

// What programs may do beside the books is refused calmly where this program does not do it.
func TestUnavailable(t *testing.T) {
	app := webtest.New(t)
	program(t, app, "audit", "read", "record").refused("POST", "/verification", "", "", http.StatusServiceUnavailable, "verify.none")
	program(t, app, "assistant", "read").refused("GET", "/verification", "", "", http.StatusForbidden, "area.hidden")
	program(t, app, "loans", "record").refused("POST", "/loans/closing", "", "", http.StatusServiceUnavailable, "closing.none")
	program(t, app, "audit", "record").refused("POST", "/loans/closing", "", "", http.StatusForbidden, "closing.by")
}
