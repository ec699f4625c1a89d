package desk_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"lastmile/internal/testworld"
	"lastmile/internal/verify"
	"lastmile/internal/web"
	"lastmile/internal/web/desk"
)

// TestJoin plugs the desk into the pages of the programme: strangers see the way in, those who came in see the pages with their own places
// in the frame.
func TestJoin(t *testing.T) {
	w := testworld.New(t)
	d := desk.New(w.Store, desk.Options{})
	pages, err := web.New(w.Store, web.Options{
		Protect: d.Protect, Frame: d.Frame, Sources: desk.Sources(),
		Routes: d.Routes,
	})
	if err != nil {
		t.Fatal(err)
	}
	token := w.LogIn("officer")
	for _, c := range []struct {
		path, cookie, says string
		status             int
	}{
		{"/", "", "Log in", http.StatusUnauthorized},
		{"/claims", "", "Log in", http.StatusUnauthorized},
		{"/healthz", "", "", http.StatusOK},
		{"/", token, "Waiting for you", http.StatusOK},
		{"/projects", token, "He Min", http.StatusOK},
		{"/todo", token, "Without proof", http.StatusOK},
		{"/record/party", token, "Party", http.StatusOK},
		{"/import", token, "Import", http.StatusOK},
		{"/account", token, "Log out", http.StatusOK},
		{"/developers", token, "API", http.StatusOK},
		{"/people", token, "He Min", http.StatusForbidden},
		{"/nowhere", token, "He Min", http.StatusNotFound},
	} {
		r := httptest.NewRequest(http.MethodGet, "https://aid.example"+c.path, nil)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "session", Value: c.cookie})
		}
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, r)
		for _, part := range []string{`action="/search"`, `class="tabs"`, `href="/claims"`, `href="/areas"`, `href="/money"`, `href="/chain"`, `href="/record"`, `href="/account"`} {
			if c.cookie != "" && !strings.Contains(answer.Body.String(), part) {
				t.Errorf("%s has no %s in its frame:\n%s", c.path, part, answer.Body)
			}
		}
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.says) {
			t.Errorf("%s: status %d, want %d with %q:\n%s", c.path, answer.Code, c.status, c.says, answer.Body)
		}
	}
}

// TestVerifyButton presses the button that verifies the chain, as somebody who sees all of it, somebody who does not, and somebody's forger.
func TestVerifyButton(t *testing.T) {
	w := testworld.New(t)
	d := desk.New(w.Store, desk.Options{})
	runs := 0
	pages, err := web.New(w.Store, web.Options{
		Log: slog.New(slog.DiscardHandler), Protect: d.Protect, Frame: d.Frame, Sources: desk.Sources(), Routes: d.Routes,
		Verified: verify.NewLatest(w.Now, func(context.Context) (*verify.Report, error) { runs++; return &verify.Report{}, nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func(cookie, method, form string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "https://aid.example/chain", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "session", Value: cookie})
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, r)
		return answer
	}
	token := func(cookie string) string {
		m := regexp.MustCompile(`name="form-token" value="([^"]+)"`).FindStringSubmatch(send(cookie, http.MethodGet, "").Body.String())
		if m == nil {
			return ""
		}
		return m[1]
	}
	audit, assistant := w.LogIn("audit"), w.LogIn("assistant")
	for _, c := range []struct {
		name, cookie, token string
		status, runs        int
	}{
		{"the auditor", audit, token(audit), http.StatusSeeOther, 1},
		{"a forger", audit, "x", http.StatusForbidden, 1},
		{"an assistant", assistant, token(assistant), http.StatusForbidden, 1},
	} {
		if answer := send(c.cookie, http.MethodPost, "form-token="+c.token); answer.Code != c.status || runs != c.runs {
			t.Errorf("%s: status %d, %d runs", c.name, answer.Code, runs)
		}
	}
	if token(assistant) != "" {
		t.Error("an assistant is offered the button")
	}
}
