package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lastmile/internal/api"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/project"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

// TestRefused is everything that must not get through from a program: what comes of it is a problem with a code and how to put it right, and a
// line in the log that names who asked and from where; and nothing is recorded.
func TestRefused(t *testing.T) {
	app := webtest.New(t)
	officer, fin, far := program(t, app, "officer", "read", "record"), program(t, app, "fin", "read", "record", "approve"), program(t, app, "faraway", "read", "record", "approve")
	short, err := app.Store.Accounts.MakeToken(t.Context(), "officer", "short", []string{"read", "record"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	waits := app.Record("fin", nil, &project.Disbursement{Project: "p-" + testworld.Wushan, To: "builder-" + testworld.Wushan, Amount: 1, Voucher: "V", Purpose: "x"})
	var list api.Proposals
	fin.call("GET", "/proposals", "", "", &list)
	approve := fmt.Sprintf(`{"decision": "approve", "content": %q}`, list.Proposals[0].Content)
	panel := fmt.Sprintf("/proposals/%s/%d", waits.Book, waits.Seq)
	script := fmt.Sprintf(party, "script", "<script>alert(1)</script>")
	var made fact.Receipt
	if status := officer.call("POST", "/facts/party", "script", script, &made); status != http.StatusCreated {
		t.Fatalf("a script in a name is a name: %d", status)
	}
	before := heads(t, app)
	for _, c := range []struct {
		name, method, path, token, key string
		body                           []byte
		status                         int
		code, who                      string
	}{
		{"a stranger reads", "GET", "/entries", "", "", nil, 401, "session.none", ""},
		{"a stranger records", "POST", "/facts/party", "", "k", []byte(script), 401, "session.none", ""},
		{"a forged token", "GET", "/entries", "lastmile_Zm9yZ2Vk", "", nil, 401, "token.unknown", ""},
		{"a scope that the token lacks", "POST", panel, officer.token, "", []byte(approve), 403, "token.scope", "officer"},
		{"a role that may not record it", "POST", "/facts/disbursement", officer.token, "k", []byte("{}"), 403, "kind.by", "officer"},
		{"another county's entry", "GET", fmt.Sprintf("/entries/%s/%d", made.Book, made.Seq), far.token, "", nil, 403, "entry.hidden", "faraway"},
		{"another county's figure", "GET", "/figures?area=" + testworld.Wushan, far.token, "", nil, 403, "area.hidden", "faraway"},
		{"another county's loans", "GET", "/loans?book=" + testworld.Wushan, far.token, "", nil, 403, "area.hidden", "faraway"},
		{"another county's households", "GET", "/households?area=" + testworld.Town, far.token, "", nil, 403, "area.hidden", "faraway"},
		{"another county's postings", "GET", "/postings?book=" + testworld.Wushan, far.token, "", nil, 403, "area.hidden", "faraway"},
		{"recording for another county", "POST", "/facts/milestone", far.token, "k-1", []byte(`{"on": "2020-05-02", "book": "` + testworld.Wushan + `", "fact": {"project": "p-` + testworld.Wushan + `", "id": "m", "name": "x", "due": "2020-12-31"}}`), 403, "", "faraway"},
		{"a maker approves", "POST", panel, fin.token, "", []byte(approve), 403, "approval.self", "fin"},
		{"another county approves", "POST", panel, far.token, "", []byte(approve), 404, "proposal.unknown", "faraway"},
		{"a key used again with other content", "POST", "/facts/party", officer.token, "script", []byte(fmt.Sprintf(party, "script", "Other")), 409, "key.conflict", "officer"},
		{"a body too large", "POST", "/facts/party", officer.token, "k", bytes.Repeat([]byte(" "), 2<<20), 422, "request.large", "officer"},
		{"a disguised file", "POST", "/evidence", officer.token, "", []byte("<html><script>alert(1)</script></html>"), 422, "evidence.type", "officer"},
		{"a file too large", "POST", "/evidence", officer.token, "", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 21<<20)...), 422, "evidence.large", "officer"},
		{"a disguised table", "POST", "/imports/party?name=firms.xlsx", officer.token, "", []byte("<html></html>"), 422, "", "officer"},
		{"a token that has expired", "GET", "/entries", short, "", nil, 401, "token.expired", ""},
	} {
		if c.code == "token.expired" {
			app.Wait(25 * time.Hour)
		}
		logged := len(app.Log.String())
		r := httptest.NewRequest(c.method, "https://aid.example"+api.Path+c.path, bytes.NewReader(c.body))
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		r.Header.Set("Idempotency-Key", c.key)
		w := httptest.NewRecorder()
		app.Handler.ServeHTTP(w, r)
		var refused api.Refused
		if err := json.Unmarshal(w.Body.Bytes(), &refused); err != nil || w.Code != c.status || len(refused.Errors) == 0 {
			t.Errorf("%s: %d, want %d: %s", c.name, w.Code, c.status, w.Body)
		}
		for _, p := range refused.Errors {
			if p.Code == "" || p.Message == "" || p.Remedy == "" {
				t.Errorf("%s: a problem without code, message or remedy: %+v", c.name, p)
			}
		}
		if c.code != "" && !slices.ContainsFunc(refused.Errors, func(p api.Problem) bool { return p.Code == c.code }) {
			t.Errorf("%s: %+v, want %s", c.name, refused, c.code)
		}
		if line := app.Log.String()[logged:]; !strings.Contains(line, "refused") || !strings.Contains(line, "address=192.0.2.1") || !strings.Contains(line, "person="+c.who) {
			t.Errorf("%s: the log says %q", c.name, line)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			t.Errorf("%s: a browser could take the answer for a page: %v", c.name, w.Header())
		}
	}
	if now := heads(t, app); !slices.Equal(before, now) {
		t.Errorf("something was recorded: %v, then %v", before, now)
	}
}

func heads(t *testing.T, app *webtest.App) []journal.Head {
	t.Helper()
	list, err := journal.Heads(t.Context(), app.Store.DB)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
