package desk_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lastmile/internal/testworld"
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
		{"/nowhere", token, "He Min", http.StatusNotFound},
	} {
		r := httptest.NewRequest(http.MethodGet, "https://aid.example"+c.path, nil)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "session", Value: c.cookie})
		}
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, r)
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.says) {
			t.Errorf("%s: status %d, want %d with %q:\n%s", c.path, answer.Code, c.status, c.says, answer.Body)
		}
	}
}
