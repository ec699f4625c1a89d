// Package developers is the page on which the API is read and tried. It lists the operations as the OpenAPI document has them, and carries out
// what is filled in for the person at the screen, with all that they may do.
package developers

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"lastmile/internal/api"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
)

//go:embed text/*.json template/*.html
var files embed.FS

// Source has the templates and texts, for view.New.
func Source() view.Source { return view.Source{Templates: sub("template"), Texts: sub("text")} }

func sub(dir string) fs.FS {
	inside, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return inside
}

// Path is where the page is mounted.
const Path = "/developers"

// Pages are the page and its operations.
type Pages struct {
	guard *session.Guard
	api   *api.API
}

// New makes the page of an API.
func New(guard *session.Guard, a *api.API) *Pages { return &Pages{guard, a} }

// Routes mounts the page.
func (p *Pages) Routes(mux session.Router) {
	mux.HandleFunc("GET "+Path, p.list)
	mux.HandleFunc("GET "+Path+"/{operation}", p.operation)
	mux.HandleFunc("POST "+Path+"/{operation}", p.try)
}

// code is text as machines write it.
type code struct{ Label, Text string }

func (code) Template() string { return "code" }

func (p *Pages) list(w http.ResponseWriter, r *http.Request) {
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	var body []view.Component
	for list := api.Operations(); len(list) > 0; {
		group := list[0].Group
		t := view.Table{Columns: []view.Column{{Label: words.Text("api.operation")}, {Label: words.Text("api.address"), Kind: view.CodeColumn}, {Label: words.Text("api.scope")}}, Empty: &view.Empty{Icon: "code", Title: words.Text("api.operation"), Text: words.Text("api.lead")}}
		for len(list) > 0 && list[0].Group == group {
			o := list[0]
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: words.Text("api.op." + o.ID), Href: Path + "/" + o.ID}, {Text: o.Method + " " + o.Path}, {Text: words.Text("scope." + o.Scope)}}})
			list = list[1:]
		}
		body = append(body, view.Section{Head: view.SectionHead{ID: group, Title: words.Text("api.group." + group)}, Parts: []view.Component{t}})
	}
	p.guard.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: view.Heading{Title: words.Text("api.title"), Lead: view.Plain(words.Text("api.lead")),
		Buttons: []view.Button{{Label: "OpenAPI 3.1", Icon: "download", Href: api.DocumentPath}, {Label: words.Text("api.tokens"), Href: "/account#tokens"}}}, Body: body})
}

// find gives the operation of an address.
func find(r *http.Request) (api.Operation, bool) {
	list := api.Operations()
	i := slices.IndexFunc(list, func(o api.Operation) bool { return o.ID == r.PathValue("operation") })
	if i < 0 {
		return api.Operation{}, false
	}
	return list[i], true
}

func (p *Pages) operation(w http.ResponseWriter, r *http.Request) {
	o, ok := find(r)
	if !ok {
		p.guard.Refuse(w, r, api.Unknown(r))
		return
	}
	p.show(w, r, o, url.Values{}, nil)
}

// show draws an operation with what was filled in and what came of it.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, o api.Operation, filled url.Values, result []view.Component) {
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	form := view.Form{Action: Path + "/" + o.ID, Plain: true, Hidden: session.Of(r).Hidden(), Buttons: []view.Button{{Label: words.Text("api.try"), Kind: view.Primary}}}
	for _, x := range o.Params {
		form.Fields = append(form.Fields, view.Field{Name: "p-" + x.Name, Label: x.Name, Hint: x.Doc, Value: filled.Get("p-" + x.Name), Optional: !x.Required})
	}
	if o.Body != "" {
		body := filled.Get("body")
		if body == "" {
			body = o.Body
		}
		form.Fields = append(form.Fields, view.Field{Kind: view.AreaField, Name: "body", Label: words.Text("api.body"), Value: body})
	}
	body := []view.Component{code{words.Text("api.call"), curl(view.Origin(r), o)}}
	if o.Tryable {
		body = append(body, form)
	}
	p.guard.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: view.Heading{Crumbs: []view.Link{{Label: words.Text("api.title"), Href: Path}, {Label: o.ID}}, Title: words.Text("api.op." + o.ID), Lead: view.Plain(words.Text("api.needs", words.Text("scope."+o.Scope)))},
		Body: append(body, result...)})
}

// curl is the operation as it is called from a terminal.
func curl(origin string, o api.Operation) string {
	text := "curl -X " + o.Method + " -H 'Authorization: Bearer lastmile_…'"
	for _, x := range o.Params {
		if x.In == "header" {
			text += " -H '" + x.Name + ": …'"
		}
	}
	switch {
	case o.Body != "":
		text += " -d '" + strings.Join(strings.Fields(o.Body), " ") + "'"
	case !o.Tryable:
		text += " --data-binary @FILE"
	}
	return text + " " + origin + o.Path
}

// try carries an operation out for the person at the screen.
func (p *Pages) try(w http.ResponseWriter, r *http.Request) {
	o, ok := find(r)
	if !ok || !o.Tryable {
		p.guard.Refuse(w, r, api.Unknown(r))
		return
	}
	path, query := o.Path, url.Values{}
	header := http.Header{}
	for _, x := range o.Params {
		value := strings.TrimSpace(r.PostForm.Get("p-" + x.Name))
		switch {
		case x.In == "path":
			path = strings.ReplaceAll(path, "{"+x.Name+"}", url.PathEscape(value))
		case value == "":
		case x.In == "header":
			header.Set(x.Name, value)
		default:
			query.Set(x.Name, value)
		}
	}
	inner := httptest.NewRequestWithContext(r.Context(), o.Method, "/", bytes.NewReader([]byte(r.PostForm.Get("body"))))
	inner.URL = &url.URL{Path: unescape(path), RawPath: path, RawQuery: query.Encode()}
	inner.Header, inner.RemoteAddr = header, r.RemoteAddr
	answer := httptest.NewRecorder()
	p.api.As(session.Of(r).Reader).ServeHTTP(answer, inner)
	words := p.guard.Words(p.guard.Page(r))
	p.show(w, r, o, r.PostForm, []view.Component{code{words.Text("api.answer", int64(answer.Code)), answer.Body.String()}})
}

func unescape(path string) string {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return plain
}
