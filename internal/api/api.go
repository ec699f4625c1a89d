// Package api is the JSON interface for programs: the same facts and figures as the pages, under the same rules.
//
//	POST /api/v1/facts/disbursement            Authorization: Bearer lastmile_…   Idempotency-Key: bank-2020-0001
//	{"on": "2020-05-02", "fact": {"project": "W-01", "to": "builder", "amount": "1250.50", "voucher": "V-1", "purpose": "pipes"}}
//
//	201 {"book": "620524", "seq": 17, "proposal": true}
//
// A program acts for a person, with a token that the person made on their account page. It may do what the person may, and of that what the
// token's scopes allow: read, record, approve, administer. A key that was used before with the same content gives the first answer with status 200;
// with other content it is a conflict.
//
// Every refusal is {"errors": [{"code", "message", "field", "remedy"}]}: codes are stable, message and remedy are English sentences. Lists
// come in pages: "next" of one page is the parameter "cursor" of the following one.
//
// The operations are listed in one place, operations, from which both the routes and the OpenAPI document at /api/openapi.json are made.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"lastmile/internal/access"
	"lastmile/internal/fault"
	"lastmile/internal/lending"
	"lastmile/internal/store"
	"lastmile/internal/verify"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
	"lastmile/internal/web/wording"
)

// Path is where the API is mounted; the document that describes it is at DocumentPath.
const (
	Path         = "/api/v1"
	DocumentPath = "/api/openapi.json"
)

// Scopes that an operation needs.
const (
	read       = "read"
	record     = "record"
	approve    = "approve"
	administer = "administer"
)

// Options of New; the zero value is usable.
type Options struct {
	// Log gets what was refused and why; default slog.Default().
	Log *slog.Logger
	// DayEnd closes days of loans in the background; nil when this program does not.
	DayEnd *lending.DayEnd
	// Verified recomputes everything and compares; nil when this program does not.
	Verified *verify.Latest
}

// API answers for a store.
type API struct {
	store    *store.Store
	o        Options
	readings *reading.Readings
}

// New makes the API of a store.
func New(s *store.Store, o Options) *API {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &API{s, o, reading.New(s)}
}

// Routes mounts the operations and their document. Whoever logged in with a browser may read without a token.
func (a *API) Routes(mux session.Router) {
	for _, o := range operations {
		mux.HandleFunc(o.method+" "+Path+o.path, a.handler(o, a.caller))
	}
	mux.HandleFunc("GET "+DocumentPath, func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, Document()) })
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, "", Unknown(r))
	})
}

// As is the API for one person who has proved who they are in another way, such as the page on which it is tried.
func (a *API) As(person *access.Reader) http.Handler {
	mux := http.NewServeMux()
	for _, o := range operations {
		mux.HandleFunc(o.method+" "+Path+o.path, a.handler(o, func(*http.Request) (*caller, error) { return &caller{person, access.Scopes}, nil }))
	}
	return mux
}

// caller is who calls, and what their token allows.
type caller struct {
	*access.Reader
	scopes []string
}

// caller finds who calls. Without a token it is whoever reads with a browser.
func (a *API) caller(r *http.Request) (*caller, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		if v := session.Of(r); v != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) { // another site's form must not send what a browser proves
			return &caller{v.Reader, []string{read}}, nil
		}
		return nil, fault.New(fault.Forbidden, "session.none", "no token was sent").Mend("Send the header Authorization: Bearer TOKEN. A token is made on your account page.")
	}
	secret, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return nil, fault.New(fault.Forbidden, "token.unknown", "the header Authorization has no bearer token").Mend("Send Authorization: Bearer TOKEN.")
	}
	token, err := a.store.Accounts.Token(r.Context(), strings.TrimSpace(secret))
	if err != nil {
		return nil, err
	}
	person, err := access.Read(r.Context(), a.store.DB, token.Person, a.store.Today())
	if err != nil {
		return nil, err
	}
	return &caller{person, token.Scopes}, nil
}

// call is one request to an operation.
type call struct {
	*http.Request
	ctx    context.Context
	api    *API
	caller *caller
	status int // of a good answer
}

// Largest bodies, in bytes: of JSON, and of a file.
const (
	bodyMax = 1 << 20
	fileMax = 1 << 30
)

func (a *API) handler(o operation, who func(*http.Request) (*caller, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := who(r)
		if err != nil {
			if fault.All(err) != nil {
				w.Header().Set("WWW-Authenticate", `Bearer realm="lastmile"`)
				a.fail(w, r, "", http.StatusUnauthorized, err)
				return
			}
			a.refuse(w, r, "", err)
			return
		}
		if !contains(c.scopes, o.scope) {
			a.refuse(w, r, c.Person, fault.New(fault.Forbidden, "token.scope", "the token may not do this: it lacks the scope %s", o.scope).Mend("Make a token that has it."))
			return
		}
		largest := int64(bodyMax)
		if o.sends != nil {
			largest = fileMax
		}
		r.Body = http.MaxBytesReader(w, r.Body, largest)
		q := &call{Request: r, ctx: r.Context(), api: a, caller: c, status: http.StatusOK}
		result, err := o.do(q)
		if err != nil {
			a.refuse(w, r, c.Person, err)
			return
		}
		if file, ok := result.(served); ok {
			if err := file.send(w, r); err != nil {
				a.refuse(w, r, c.Person, err)
			}
			return
		}
		answer(w, q.status, result)
	}
}

func contains(list []string, s string) bool {
	for _, t := range list {
		if t == s {
			return true
		}
	}
	return false
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		slog.Warn("send answer", "error", err)
	}
}

// Refused is the answer to what was not done.
type Refused struct {
	Errors []Problem `json:"errors" doc:"Everything that is wrong, at once."`
}

// Problem is one thing that is wrong.
type Problem struct {
	Code    string `json:"code" doc:"Stable name of the problem."`
	Message string `json:"message" doc:"What is wrong, an English sentence."`
	Field   string `json:"field,omitempty" doc:"Field concerned."`
	Remedy  string `json:"remedy,omitempty" doc:"How to put it right, an English sentence."`
}

// refuse answers with what is wrong, by the one table of statuses.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, person string, err error) {
	a.fail(w, r, person, wording.Status(fault.KindOf(err)), err)
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, person string, status int, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the caller has gone
	}
	attributes := []any{"status", status, "method", r.Method, "path", r.URL.Path, "person", person, "address", session.Address(r), "error", err}
	list := fault.All(err)
	if list == nil {
		a.o.Log.Error("failed", attributes...)
		list = fault.List{fault.New(fault.Internal, "internal", "something went wrong on our side; nothing was recorded").Mend("Try again with the same key.")}
	} else {
		a.o.Log.Warn("refused", attributes...)
	}
	refused := Refused{}
	for _, e := range list {
		refused.Errors = append(refused.Errors, Problem{Code: e.Code, Message: e.Message(), Field: e.Field, Remedy: e.Fix})
	}
	answer(w, status, refused)
}
