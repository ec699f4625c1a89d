package session

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"lastmile/internal/fault"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// ProviderOptions say which provider of identities people may log in with, by OpenID Connect.
type ProviderOptions struct {
	Issuer string // address at which the provider describes itself, such as https://id.example
	Client string // what the provider calls this application
	Secret string // what proves it; empty where the provider asks for none
	// Claim is what the provider says of people that is their log-in name here. "email", which is the default, is taken when the provider has
	// verified it and it ends with Domain; the part before the @ is the log-in name. Any other claim is the log-in name itself: choose one that
	// people cannot change themselves.
	Claim  string
	Domain string // of e-mail addresses, such as aid.example; needed for the claim "email"
	Name   string // what people call the provider, for the button; default: the issuer's host
	// Public is the address of this application, which the provider sends people back to.
	Public *url.URL
	Clock  func() time.Time // default: the machine's
}

// Provider is a provider of identities: an office that knows its people and vouches for them. Nobody becomes known here by it; see
// access.Accounts.Enter.
//
// A log-in is an authorization code flow with PKCE (RFC 7636), a state against forged answers and a nonce against replayed tokens (OpenID
// Connect Core 1.0, sections 3.1.2.1 and 3.1.3.7). What ties the answer to the browser that asked waits in a cookie.
type Provider struct {
	o      ProviderOptions
	client *http.Client

	mu    sync.Mutex
	known *oidc.Provider // what the provider says of itself, once it was asked
}

const (
	providerPath = LogInPath + "/provider"
	backPath     = providerPath + "/back"
	flowCookie   = "log-in"
	flowLasts    = 10 * time.Minute
	// providerPatience is how long the provider may take for an answer.
	providerPatience = 10 * time.Second
)

// NewProvider checks the options. The provider is asked when somebody first logs in with it.
func NewProvider(o ProviderOptions) (*Provider, error) {
	if o.Claim == "" {
		o.Claim = "email"
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	wrong := func(text, fix string, args ...any) (*Provider, error) {
		return nil, fault.New(fault.Invalid, "provider.options", text, args...).Mend("%s", fix)
	}
	issuer, err := url.Parse(o.Issuer)
	switch {
	case err != nil || issuer.Host == "" || issuer.Scheme != "https" && !local(issuer):
		return wrong("%q is no https address of a provider of identities", "Write it as the provider does, such as https://id.example.", o.Issuer)
	case o.Client == "":
		return wrong("the provider's name for this application is missing", "Name it with --oidc-client.")
	case o.Public == nil:
		return wrong("the provider needs an address to send people back to", "Name it with --public-url.")
	case o.Claim == "email" && o.Domain == "":
		return wrong("anybody's e-mail address would do", "Name the domain of your people's addresses with --oidc-domain, or another claim with --oidc-claim.")
	}
	if o.Name == "" {
		o.Name = issuer.Hostname()
	}
	o.Domain = strings.ToLower(strings.TrimPrefix(o.Domain, "@"))
	return &Provider{o: o, client: &http.Client{Timeout: providerPatience}}, nil
}

// local tells whether an address is on this machine, where nobody listens in.
func local(u *url.URL) bool {
	return u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
}

// ask gives what the provider says of itself, asking it until it has once answered.
func (p *Provider) ask(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	// The keys are fetched again later with the same context, which must not end with this request.
	known, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.o.Issuer)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "provider.silent", "the provider of identities does not answer as it should").Mend("Log in with your password, or try again later.").Wrap(err)
	}
	p.known = known
	return known, nil
}

func (p *Provider) config(known *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.o.Client, ClientSecret: p.o.Secret, Endpoint: known.Endpoint(), RedirectURL: p.o.Public.JoinPath(backPath).String(), Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
}

// flow is a log-in that is on its way.
type flow struct{ State, Nonce, Verifier, Next string }

// begin gives the address at the provider where a log-in goes on.
func (p *Provider) begin(ctx context.Context, next string) (flow, string, error) {
	known, err := p.ask(ctx)
	if err != nil {
		return flow{}, "", err
	}
	f := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
	return f, p.config(known).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

// end takes the provider's answer to a log-in and gives the log-in name of the person for whom it vouches.
func (p *Provider) end(ctx context.Context, f flow, answer url.Values) (person string, err error) {
	refused := func(err error) error {
		return fault.New(fault.Forbidden, "provider.refused", "the provider of identities did not vouch for you").Mend("Try once more, or log in with your password.").Wrap(err)
	}
	switch {
	case f.State == "" || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.State)) != 1:
		return "", refused(errors.New("the answer is not to a log-in that this browser began"))
	case answer.Get("error") != "":
		return "", refused(fmt.Errorf("it says %q: %q", answer.Get("error"), answer.Get("error_description")))
	}
	known, err := p.ask(ctx)
	if err != nil {
		return "", err
	}
	tokens, err := p.config(known).Exchange(oidc.ClientContext(ctx, p.client), answer.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return "", refused(fmt.Errorf("exchange code: %w", err))
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := known.Verifier(&oidc.Config{ClientID: p.o.Client, Now: p.o.Clock}).Verify(ctx, raw)
	if err != nil {
		return "", refused(err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return "", refused(errors.New("the token is of another log-in: its nonce is wrong"))
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return "", refused(err)
	}
	if person, err = p.named(claims); err != nil {
		return "", refused(err)
	}
	return person, nil
}

// named reads the log-in name from what the provider says of a person.
func (p *Provider) named(claims map[string]any) (string, error) {
	value, _ := claims[p.o.Claim].(string)
	value = strings.ToLower(value)
	if p.o.Claim != "email" {
		if value == "" {
			return "", fmt.Errorf("the token has no claim %q", p.o.Claim)
		}
		return value, nil
	}
	if verified, _ := claims["email_verified"].(bool); !verified {
		return "", fmt.Errorf("the address %q is not verified", value)
	}
	name, ok := strings.CutSuffix(value, "@"+p.o.Domain)
	if !ok || name == "" {
		return "", fmt.Errorf("the address %q is not of %s", value, p.o.Domain)
	}
	return name, nil
}

// toProvider sends a browser to the provider.
func (g *Guard) toProvider(w http.ResponseWriter, r *http.Request) {
	f, to, err := g.o.Provider.begin(r.Context(), inside(r.FormValue("next")))
	if err != nil {
		g.notVouched(w, r, inside(r.FormValue("next")), err)
		return
	}
	text, err := json.Marshal(f)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	g.flow(w, r, base64.RawURLEncoding.EncodeToString(text), int(flowLasts.Seconds()))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// flow keeps a log-in that is on its way in the browser; maxAge below 0 ends it.
func (g *Guard) flow(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	w.Header().Set("Cache-Control", "no-store")
	// Lax, so that it comes along when the provider sends the browser back.
	http.SetCookie(w, &http.Cookie{Name: flowCookie, Value: value, Path: providerPath, MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: view.Encrypted(r)})
}

// fromProvider takes a browser back that the provider sends.
func (g *Guard) fromProvider(w http.ResponseWriter, r *http.Request) {
	var f flow
	if cookie, err := r.Cookie(flowCookie); err == nil {
		if text, err := base64.RawURLEncoding.DecodeString(cookie.Value); err != nil || json.Unmarshal(text, &f) != nil {
			f = flow{}
		}
	}
	g.flow(w, r, "", -1) // an answer counts once
	person, err := g.o.Provider.end(r.Context(), f, r.URL.Query())
	if err != nil {
		g.notVouched(w, r, f.Next, err)
		return
	}
	token, s, err := g.store.Accounts.Enter(r.Context(), person, g.store.Today(), Address(r), r.UserAgent())
	if err != nil {
		g.notVouched(w, r, f.Next, fmt.Errorf("let %q in: %w", person, err))
		return
	}
	g.letIn(w, r, token)
	g.o.Log.Info("logged in", "person", s.Person, "address", Address(r), "provider", g.o.Provider.o.Issuer)
	http.Redirect(w, r, inside(f.Next), http.StatusSeeOther)
}

// notVouched shows the log-in page with why the provider did not help.
func (g *Guard) notVouched(w http.ResponseWriter, r *http.Request, next string, err error) {
	list := fault.All(err)
	if list == nil {
		g.Refuse(w, r, err)
		return
	}
	g.o.Log.Warn("refused", "status", wording.Status(list[0].Kind), "path", r.URL.Path, "address", Address(r), "error", err, "cause", list[0].Err)
	r = r.Clone(r.Context()) // the page's own address is the log-in's: the provider's answer counts once
	r.URL = &url.URL{Path: LogInPath, RawQuery: url.Values{"next": {inside(next)}}.Encode()}
	g.logInPage(w, r, wording.Status(fault.KindOf(err)), logInForm{Next: next, Provider: err})
}
