package session_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"lastmile/internal/access"
	"lastmile/internal/fault"
	"lastmile/internal/testworld"
	"lastmile/internal/web/asset"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// office is a provider of identities: it vouches for whomever a test says, as the test says.
type office struct {
	*httptest.Server
	t      *testing.T
	key    *rsa.PrivateKey
	asked  url.Values     // what a log-in sent the browser with
	claims map[string]any // of the next token, over those that are right
}

func newOffice(t *testing.T) *office {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, key: key}
	described := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: oidc.RS256}}}
	mux := http.NewServeMux()
	mux.Handle("/", described)
	mux.HandleFunc("POST /token", o.token)
	o.Server = httptest.NewServer(mux)
	t.Cleanup(o.Close)
	described.SetIssuer(o.URL)
	return o
}

// token exchanges a code for a token, for the application that began with the challenge.
func (o *office) token(w http.ResponseWriter, r *http.Request) {
	client, secret, _ := r.BasicAuth()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	if client != "lastmile" || secret != "open-sesame" || r.FormValue("code") != "code-1" || challenge != o.asked.Get("code_challenge") || o.asked.Get("code_challenge_method") != "S256" {
		http.Error(w, `{"error": "invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": o.URL, "aud": "lastmile", "sub": "4711", "nonce": o.asked.Get("nonce"), "exp": 1590998400 + 600, "iat": 1590998400,
		"email": "Fin@aid.example", "email_verified": true, "preferred_username": "officer"}
	key := o.key
	for k, v := range o.claims {
		claims[k] = v
		if k == "signed by another" {
			key, _ = rsa.GenerateKey(rand.Reader, 2048)
		}
	}
	text, err := json.Marshal(claims)
	if err != nil {
		o.t.Error(err)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token": "a", "token_type": "Bearer", "id_token": %q}`, oidctest.SignIDToken(key, "k", oidc.RS256, string(text)))
}

// behind is the application with an office that vouches for its people.
func behind(t *testing.T, o *office, change func(*session.ProviderOptions)) *door {
	t.Helper()
	d := &door{World: testworld.New(t), log: &lines{}}
	d.LogIn("admin")
	options := session.ProviderOptions{Issuer: o.URL, Client: "lastmile", Secret: "open-sesame", Domain: "aid.example", Name: "Aid ID", Public: &url.URL{Scheme: "https", Host: "aid.example"}, Clock: d.Now}
	change(&options)
	provider, err := session.NewProvider(options)
	if err != nil {
		t.Fatal(err)
	}
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := view.New(assets, wording.Source(), session.Source())
	if err != nil {
		t.Fatal(err)
	}
	guard := session.New(d.Store, engine, session.Options{Log: slog.New(slog.NewTextHandler(d.log, nil)), Provider: provider})
	mux := http.NewServeMux()
	guard.Routes(mux)
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, session.Of(r).Person) })
	d.handler = view.Secure(engine.Preferences(guard.Wrap(mux)))
	return d
}

// get opens an address with cookies.
func (d *door) get(language, address string, cookies ...*http.Cookie) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "https://aid.example"+address, nil)
	r.Header.Set("Accept-Language", language)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result()
}

// depart begins a log-in: the browser goes to the office with a cookie of ours.
func (d *door) depart(o *office, next string) *http.Cookie {
	d.T.Helper()
	answer := d.get("en", "/login/provider?"+url.Values{"next": {next}}.Encode())
	to, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), o.URL+"/auth?") {
		d.T.Fatalf("a log-in goes to %q, status %d: %v", answer.Header.Get("Location"), answer.StatusCode, err)
	}
	o.asked = to.Query()
	for key, want := range map[string]string{"client_id": "lastmile", "response_type": "code", "redirect_uri": "https://aid.example/login/provider/back", "scope": "openid profile email"} {
		if got := o.asked.Get(key); got != want {
			d.T.Errorf("the office is asked with %s %q, want %q", key, got, want)
		}
	}
	c := answer.Cookies()[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/login/provider" || c.MaxAge <= 0 {
		d.T.Errorf("cookie %+v", c)
	}
	return c
}

func (d *door) back(language string, o *office, cookie *http.Cookie) *http.Response {
	return d.get(language, "/login/provider/back?"+url.Values{"code": {"code-1"}, "state": {o.asked.Get("state")}}.Encode(), cookie)
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func sessionOf(r *http.Response) *http.Cookie {
	for _, c := range r.Cookies() {
		if c.Name == "session" {
			return c
		}
	}
	return nil
}

// TestProvider lets in whom the office vouches for, without a password of ours, and sends them to where they wanted to go.
func TestProvider(t *testing.T) {
	o := newOffice(t)
	d := behind(t, o, func(*session.ProviderOptions) {})
	if page := text(t, d.get("zh-CN", "/who?x=1")); !strings.Contains(page, "通过“Aid ID”登录") || !strings.Contains(page, "/login/provider?next=%2Fwho%3Fx%3D1") {
		t.Errorf("the log-in page has no way to the provider:\n%s", page)
	}
	in := d.back("en", o, d.depart(o, "/who"))
	cookie := sessionOf(in)
	if in.StatusCode != http.StatusSeeOther || in.Header.Get("Location") != "/who" || cookie == nil || !cookie.Secure || !cookie.HttpOnly {
		t.Fatalf("status %d to %q, cookie %v", in.StatusCode, in.Header.Get("Location"), cookie)
	}
	if who := text(t, d.get("en", "/who", cookie)); who != "fin" {
		t.Errorf("in came %q", who)
	}
	// A one-time password that waits is not asked for, and no other site is gone on to.
	if _, err := d.Store.Accounts.Reset(t.Context(), "fin", "admin"); err != nil {
		t.Fatal(err)
	}
	d.Wait(time.Second)
	in = d.back("en", o, d.depart(o, "//evil.example"))
	if to := in.Header.Get("Location"); to != "/" {
		t.Errorf("leads to %q", to)
	}
	if who := text(t, d.get("en", "/who", sessionOf(in))); who != "fin" {
		t.Errorf("in came %q", who)
	}
	events, err := d.Store.Accounts.Events(t.Context(), "fin", 1)
	if err != nil || events[0].Event != "login-provided" {
		t.Errorf("noted %v, %v", events, err)
	}
	// Another claim is the log-in name itself.
	named := behind(t, o, func(p *session.ProviderOptions) { p.Claim, p.Domain = "preferred_username", "" })
	if who := text(t, named.get("en", "/who", sessionOf(named.back("en", o, named.depart(o, "/"))))); who != "officer" {
		t.Errorf("in came %q", who)
	}
}

// TestProviderRefused is what a provider's answer must not bring about. Each is told calmly and stands in the log with its cause.
func TestProviderRefused(t *testing.T) {
	o := newOffice(t)
	d := behind(t, o, func(*session.ProviderOptions) {})
	d.Record("admin", nil, &access.Person{ID: "idle", Name: "Bai Ju", Unit: "x"})
	d.LogIn("second")
	if err := d.Store.Accounts.Withdraw(t.Context(), "second", "admin"); err != nil {
		t.Fatal(err)
	}
	const refused, unknown = "统一身份认证未能确认您的身份", "没有权限"
	email := func(name string) map[string]any { return map[string]any{"email": name + "@aid.example"} }
	for _, c := range []struct {
		name   string
		claims map[string]any
		says   string
		cause  string
	}{
		{"another log-in's nonce", map[string]any{"nonce": "x"}, refused, "nonce is wrong"},
		{"no nonce", map[string]any{"nonce": ""}, refused, "nonce is wrong"},
		{"another application's token", map[string]any{"aud": "other"}, refused, "audience"},
		{"another issuer's token", map[string]any{"iss": "https://evil.example"}, refused, "issued by"},
		{"an expired token", map[string]any{"exp": 1590998400 - 1}, refused, "expired"},
		{"a token signed by another", map[string]any{"signed by another": true}, refused, "signature"},
		{"an address that is not verified", map[string]any{"email_verified": false}, refused, "not verified"},
		{"an address that may be verified", map[string]any{"email_verified": "true"}, refused, "not verified"},
		{"an address elsewhere", map[string]any{"email": "fin@evil.example"}, refused, "not of aid.example"},
		{"an address that ends alike", map[string]any{"email": "fin@not-aid.example"}, refused, "not of aid.example"},
		{"no address", map[string]any{"email": nil}, refused, "not of aid.example"},
		{"somebody unknown", email("nobody"), unknown, "there is no person"},
		{"somebody without a role", email("idle"), unknown, "holds no role"},
		{"somebody whose access was taken away", email("second"), unknown, "was taken away"},
		{"the machine's own operator", email("operator"), unknown, "there is no person"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.claims = c.claims
			before := len(d.log.String())
			answer := d.back("zh-CN", o, d.depart(o, "/who"))
			page := text(t, answer)
			if answer.StatusCode != http.StatusForbidden || !strings.Contains(page, c.says) || sessionOf(answer) != nil || !strings.Contains(page, "<h1>") {
				t.Errorf("status %d:\n%s", answer.StatusCode, page)
			}
			if line := d.log.String()[before:]; !strings.Contains(line, "refused") || !strings.Contains(line, c.cause) {
				t.Errorf("the log says %q, not %q", line, c.cause)
			}
		})
	}
	o.claims = nil

	cookie := d.depart(o, "/who")
	good := url.Values{"code": {"code-1"}, "state": {o.asked.Get("state")}}
	other := d.depart(o, "/who") // of another browser
	for name, send := range map[string]func() *http.Response{
		"an answer to nobody":          func() *http.Response { return d.get("en", "/login/provider/back?"+good.Encode()) },
		"an answer to another browser": func() *http.Response { return d.get("en", "/login/provider/back?"+good.Encode(), other) },
		"an answer without a state":    func() *http.Response { return d.get("en", "/login/provider/back?code=code-1", cookie) },
		"an answer with a cookie made up": func() *http.Response {
			return d.get("en", "/login/provider/back?"+good.Encode(), &http.Cookie{Name: "log-in", Value: "e30"})
		},
		"a code that is not its": func() *http.Response {
			return d.get("en", "/login/provider/back?code=x&state="+good.Get("state"), cookie)
		},
		"a verifier that is not its": func() *http.Response { return d.get("en", "/login/provider/back?"+good.Encode(), cookie) }, // the office was asked anew meanwhile
		"a no": func() *http.Response {
			return d.get("en", "/login/provider/back?error=access_denied&state="+good.Get("state"), cookie)
		},
	} {
		answer := send()
		if page := text(t, answer); answer.StatusCode != http.StatusForbidden || !strings.Contains(page, "did not vouch for you") || sessionOf(answer) != nil {
			t.Errorf("%s: status %d\n%s", name, answer.StatusCode, page)
		}
	}
	if page := text(t, d.get("en", "/login/provider", &http.Cookie{Name: "session", Value: "x"})); strings.Contains(page, "⟦") {
		t.Error(page)
	}
	if in := d.back("en", o, other); sessionOf(in) == nil {
		t.Errorf("after all this nobody comes in: %d", in.StatusCode)
	}
}

// TestProviderSilent goes on with passwords when the provider does not answer, and asks again the next time.
func TestProviderSilent(t *testing.T) {
	o := newOffice(t)
	answers := false
	whole := o.Config.Handler
	o.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answers {
			http.Error(w, "closed for lunch", http.StatusServiceUnavailable)
			return
		}
		whole.ServeHTTP(w, r)
	})
	d := behind(t, o, func(*session.ProviderOptions) {})
	answer := d.get("en", "/login/provider?next=/who")
	if page := text(t, answer); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(page, "Log in with your password") || !strings.Contains(page, `value="/who"`) {
		t.Errorf("status %d\n%s", answer.StatusCode, page)
	}
	if !strings.Contains(d.log.String(), "closed for lunch") {
		t.Errorf("the log does not say why: %s", d.log)
	}
	answers = true
	if sessionOf(d.back("en", o, d.depart(o, "/"))) == nil {
		t.Error("the provider was not asked again")
	}
}

// TestNewProviderRefuses is options that would let in the wrong people or nobody.
func TestNewProviderRefuses(t *testing.T) {
	whole := session.ProviderOptions{Issuer: "https://id.example", Client: "lastmile", Domain: "aid.example", Public: &url.URL{Scheme: "https", Host: "aid.example"}, Clock: time.Now}
	if _, err := session.NewProvider(whole); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*session.ProviderOptions){
		"no issuer":          func(o *session.ProviderOptions) { o.Issuer = "" },
		"an issuer in clear": func(o *session.ProviderOptions) { o.Issuer = "http://id.example" },
		"no client":          func(o *session.ProviderOptions) { o.Client = "" },
		"no way back":        func(o *session.ProviderOptions) { o.Public = nil },
		"anybody's address":  func(o *session.ProviderOptions) { o.Domain = "" },
	} {
		o := whole
		change(&o)
		if _, err := session.NewProvider(o); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
