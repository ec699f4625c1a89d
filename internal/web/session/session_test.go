package session_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lastmile/internal/testworld"
	"lastmile/internal/web/asset"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// door is the application behind its door: one page that says who is there, and one that changes something.
type door struct {
	*testworld.World
	handler http.Handler
	log     *lines
	changed int
}

// lines is a log that tests read while handlers write.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newDoor(t *testing.T, w *testworld.World) *door {
	t.Helper()
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := view.New(assets, wording.Source(), session.Source())
	if err != nil {
		t.Fatal(err)
	}
	d := &door{World: w, log: &lines{}}
	guard := session.New(w.Store, engine, session.Options{Log: slog.New(slog.NewTextHandler(d.log, nil))})
	mux := http.NewServeMux()
	guard.Routes(mux)
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, session.Of(r).Person) })
	mux.HandleFunc("POST /change", func(w http.ResponseWriter, r *http.Request) { d.changed++ })
	d.handler = view.Secure(engine.Preferences(guard.Wrap(mux)))
	return d
}

// do sends a request; form nil is a GET.
func (d *door) do(cookie, language, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "https://aid.example"+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: cookie})
	}
	r.Header.Set("Accept-Language", language)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

var tokenPattern = regexp.MustCompile(`name="form-token" value="([^"]+)"`)

// formToken reads the token of the forms of a page.
func (d *door) formToken(cookie string) string {
	d.T.Helper()
	m := tokenPattern.FindStringSubmatch(d.do(cookie, "en", "/account", nil).Body.String())
	if m == nil {
		d.T.Fatal("the account page has no form token")
	}
	return m[1]
}

func expect(t *testing.T, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("the page does not say %q:\n%s", text, w.Body)
		}
	}
}

func TestLogInAndOut(t *testing.T) {
	d := newDoor(t, testworld.New(t))
	d.LogIn("fin")
	expect(t, d.do("", "en", "/who?x=1", nil), http.StatusUnauthorized, "Log in", `value="/who?x=1"`)
	expect(t, d.do("", "zh-CN", "/who", nil), http.StatusUnauthorized, "登录")

	wrong := d.do("", "zh", "/login", url.Values{"person": {"fin"}, "password": {"not the password"}})
	expect(t, wrong, http.StatusForbidden, "账号或密码不正确", `href="#f-password"`)
	if strings.Contains(wrong.Body.String(), "not the password") {
		t.Error("the page repeats the password")
	}

	in := d.do("", "en", "/login", url.Values{"person": {" FIN "}, "password": {testworld.Password}, "next": {"/who"}})
	expect(t, in, http.StatusSeeOther)
	if to := in.Header().Get("Location"); to != "/who" {
		t.Errorf("leads to %q", to)
	}
	cookie := in.Result().Cookies()[0]
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %+v", cookie)
	}
	expect(t, d.do(cookie.Value, "en", "/who", nil), http.StatusOK, "fin")

	for _, evil := range []string{"//evil.example", `/\evil.example`, "https://evil.example", "javascript:alert(1)"} {
		w := d.do("", "en", "/login", url.Values{"person": {"fin"}, "password": {testworld.Password}, "next": {evil}})
		if to := w.Header().Get("Location"); to != "/" {
			t.Errorf("next=%s leads to %q", evil, to)
		}
	}

	expect(t, d.do(cookie.Value, "en", "/logout", url.Values{"form-token": {d.formToken(cookie.Value)}}), http.StatusSeeOther)
	expect(t, d.do(cookie.Value, "en", "/who", nil), http.StatusUnauthorized)
}

// TestRefused is all that must not get past the door, each with its page in the reader's language and its line in the log.
func TestRefused(t *testing.T) {
	d := newDoor(t, testworld.New(t))
	cookie := d.LogIn("fin")
	token, other := d.formToken(cookie), d.formToken(d.LogIn("officer"))
	for _, c := range []struct {
		name, cookie string
		form         url.Values
		headers      []string
		status       int
		says         string
	}{
		{"a stranger", "", url.Values{}, nil, http.StatusUnauthorized, "登录"},
		{"a made-up cookie", "AAAA", url.Values{"form-token": {token}}, nil, http.StatusUnauthorized, "登录"},
		{"no form token", cookie, url.Values{}, nil, http.StatusForbidden, "请求不是来自本系统页面"},
		{"another's form token", cookie, url.Values{"form-token": {other}}, nil, http.StatusForbidden, "请求不是来自本系统页面"},
		{"another site's form", cookie, url.Values{"form-token": {token}}, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden, "请求不是来自本系统页面"},
		{"another origin", cookie, url.Values{"form-token": {token}}, []string{"Origin", "https://evil.example"}, http.StatusForbidden, "请求不是来自本系统页面"},
		{"a form too large", cookie, url.Values{"form-token": {token}, "x": {strings.Repeat("x", 2<<20)}}, nil, http.StatusUnprocessableEntity, "超过 1 MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(d.log.String())
			expect(t, d.do(c.cookie, "zh-CN", "/change", c.form, c.headers...), c.status, c.says, "<h1>")
			if line := d.log.String()[before:]; !strings.Contains(line, "refused") || !strings.Contains(line, "/change") {
				t.Errorf("the log says %q", line)
			}
		})
	}
	if d.changed != 0 {
		t.Fatalf("%d refused requests changed something", d.changed)
	}
	expect(t, d.do(cookie, "en", "/change", url.Values{"form-token": {token}}, "Sec-Fetch-Site", "same-origin"), http.StatusOK)
	if d.changed != 1 {
		t.Error("a proper request changed nothing")
	}

	d.Wait(13 * time.Hour)
	expect(t, d.do(cookie, "en", "/who", nil), http.StatusUnauthorized, "Your session has ended")
	part := d.do(cookie, "en", "/who", nil, "HX-Request", "true")
	expect(t, part, http.StatusUnauthorized)
	if part.Header().Get("HX-Redirect") != "/login" {
		t.Error("a part of a page does not lead to the log-in")
	}
}

func TestFirstAdministrator(t *testing.T) {
	d := newDoor(t, testworld.New(t))
	w := d.do("", "en", "/who", nil)
	expect(t, w, http.StatusSeeOther)
	if w.Header().Get("Location") != "/setup" {
		t.Error("a new programme does not lead to its set-up")
	}
	code, err := d.Store.Accounts.SetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"code": {"guess"}, "id": {"root"}, "name": {"<script>alert(1)</script>"}, "unit": {"IT"}, "password": {testworld.Password}}
	expect(t, d.do("", "en", "/setup", form), http.StatusForbidden, "That is not the code", "&lt;script&gt;alert(1)")
	form.Set("code", code)
	form.Set("id", "Not A Name")
	expect(t, d.do("", "en", "/setup", form), http.StatusUnprocessableEntity)
	form.Set("id", "root")
	expect(t, d.do("", "en", "/setup", form), http.StatusSeeOther)
	if figures, err := d.Store.Figures(t.Context()); err != nil || len(figures.Definitions()) < 50 {
		t.Errorf("a new programme has %d figures: %v", len(figures.Definitions()), err)
	}
	cookie := d.LogIn("root")
	page := d.do(cookie, "en", "/people/root", nil)
	expect(t, page, http.StatusOK, "Administrator", "whole programme", "&lt;script&gt;")
	if strings.Contains(page.Body.String(), "<script>alert") {
		t.Error("a script in a name is a script in the page")
	}
	expect(t, d.do("", "en", "/setup", nil), http.StatusSeeOther)
}

func TestAccount(t *testing.T) {
	d := newDoor(t, testworld.New(t))
	admin, fin := d.LogIn("admin"), d.LogIn("fin")
	with := func(cookie string, pairs ...string) url.Values {
		v := url.Values{"form-token": {d.formToken(cookie)}}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}

	expect(t, d.do(fin, "en", "/people", nil), http.StatusForbidden)
	expect(t, d.do(fin, "en", "/people/admin", with(fin, "do", "reset")), http.StatusForbidden)
	expect(t, d.do(admin, "en", "/people", nil), http.StatusOK, "Tang Xin", "can log in")
	expect(t, d.do(admin, "zh", "/people/admin", with(admin, "do", "withdraw")), http.StatusConflict, "不能停用自己的账号")

	reset := d.do(admin, "en", "/people/fin", with(admin, "do", "reset"))
	expect(t, reset, http.StatusOK, "One-time password")
	oneTime := regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){3}`).FindString(reset.Body.String())
	expect(t, d.do(fin, "en", "/who", nil), http.StatusUnauthorized)
	in := d.do("", "en", "/login", url.Values{"person": {"fin"}, "password": {oneTime}})
	fin = in.Result().Cookies()[0].Value
	if w := d.do(fin, "en", "/who", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account/password" {
		t.Errorf("a one-time password lets its owner past: %d", w.Code)
	}
	m := tokenPattern.FindStringSubmatch(d.do(fin, "en", "/account/password", nil).Body.String())
	change := url.Values{"form-token": {m[1]}, "old": {oneTime}, "password": {"a new long sentence"}, "again": {"another"}}
	expect(t, d.do(fin, "en", "/account/password", change), http.StatusUnprocessableEntity, "differ")
	change.Set("again", "a new long sentence")
	expect(t, d.do(fin, "en", "/account/password", change), http.StatusSeeOther)

	officer := d.LogIn("officer")
	made := d.do(officer, "en", "/account/tokens", with(officer, "name", "bank", "scopes", "read", "days", "30"))
	expect(t, made, http.StatusOK, "lastmile_")
	if strings.Contains(d.do(officer, "en", "/account", nil).Body.String(), "lastmile_") {
		t.Error("the token is shown a second time")
	}
	expect(t, d.do(officer, "zh", "/account/tokens", with(officer, "name", "bank", "days", "30")), http.StatusUnprocessableEntity, "请选择令牌的权限")
}
