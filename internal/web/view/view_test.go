package view

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"lastmile/internal/web/asset"
	"lastmile/internal/web/locale"
)

func newEngine(t *testing.T, sources ...Source) *Engine {
	t.Helper()
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(assets, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNewRefuses(t *testing.T) {
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ why, file, text, want string }{
		{"a template that is not there", "a.html", `{{define "content"}}{{template "gone"}}{{end}}`, `no template is named "gone"`},
		{"a text that is not there", "a.html", `{{define "content"}}{{text "no.such.key"}}{{end}}`, `no text has the key "no.such.key"`},
		{"a text that lacks an argument", "a.html", `{{define "content"}}{{if .Title}}{{text "form.problems"}}{{end}}{{end}}`, `takes 1 arguments, not 0`},
		{"an icon that is not there", "a.html", `{{define "content"}}{{range .Nav}}{{else}}{{icon "unicorn"}}{{end}}{{end}}`, `no icon is named "unicorn"`},
		{"an asset that is not there", "a.html", `{{define "content"}}{{with asset "gone.js"}}{{.}}{{end}}{{end}}`, `no asset is named "gone.js"`},
		{"a page without content", "a.html", `{{define "contents"}}{{end}}`, "page a defines no content"},
		{"a page that is there twice", "stack.html", `{{define "content"}}{{end}}`, `page "stack" is there twice`},
		{"a template that cannot be escaped", "a.html", `{{define "content"}}<a href="{{if .Title}}"{{end}}>{{end}}`, "different contexts"},
		{"a template that cannot be read", "_a.html", `{{define "part"}}{{if}}{{end}}`, "missing value for if"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			_, err := New(assets, Source{Templates: fstest.MapFS{c.file: {Data: []byte(c.text)}}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	if _, err := New(assets, Source{Texts: fstest.MapFS{"en.json": {Data: []byte(`{"visit": "Visit"}`)}}}); err == nil {
		t.Error("a text in one language only was accepted")
	}
}

// Every text of the package is used by a template, and every template's text is
// there: New checks the second.
func TestNoTextIsLeftOver(t *testing.T) {
	all := ""
	entries, err := templateFiles.ReadDir("template")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := templateFiles.ReadFile("template/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	catalog, err := locale.Load(sub(textFiles, "text"))
	if err != nil {
		t.Fatal(err)
	}
	if got := catalog.Languages(); len(got) != 2 {
		t.Errorf("the languages are %v", got)
	}
	for _, key := range catalog.Keys() {
		if !strings.Contains(all, `text "`+key+`"`) && key != "language.short" {
			t.Errorf("no template uses the text %q", key)
		}
	}
}

// Every type with a Template method is in the list that New checks.
func TestAllComponentsAreListed(t *testing.T) {
	listed := map[string]bool{}
	for _, c := range components {
		listed[reflect.TypeOf(c).Name()] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Template" {
				continue
			}
			found++
			if name := f.Recv.List[0].Type.(*ast.Ident).Name; !listed[name] {
				t.Errorf("%s is not in the list of components", name)
			}
		}
	}
	if found != len(components) {
		t.Errorf("%d components are declared and %d listed", found, len(components))
	}
}

// fill sets every field of a component to something, so that each branch of its
// template is drawn: texts to text, one element to every list, icons to a real one.
func fill(v reflect.Value, text string, depth int) {
	if depth > 8 {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			switch {
			case !field.IsExported():
			case field.Name == "Icon":
				v.Field(i).SetString("bell")
			case field.Name == "Kind", field.Name == "Grade", field.Name == "Node", field.Name == "Tone", field.Name == "Sorted", field.Name == "Theme":
				// The zero value of these is one of their words.
			default:
				fill(v.Field(i), text, depth+1)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, depth+1)
	case reflect.Slice:
		n := 1
		if v.Type() == reflect.TypeFor[KeyFigures]() {
			n = 3
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(v.Index(i), text, depth+1)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[template.HTML]() {
			v.SetString("<svg></svg>")
		} else {
			v.SetString(text)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Interface:
		if v.Type() == reflect.TypeFor[Component]() {
			v.Set(reflect.ValueOf(Text{Prose: Plain(text)}))
		}
	}
}

// Every component is drawn with everything in it, in both languages; nothing that
// comes from outside is ever markup.
func TestComponents(t *testing.T) {
	const hostile = `"><script>alert(1)</script>`
	e := newEngine(t)
	for _, language := range e.Languages() {
		for _, c := range components {
			for _, text := range []string{"Nanpo", hostile} {
				v := reflect.New(reflect.TypeOf(c)).Elem()
				fill(v, text, 0)
				full := v.Interface().(Component)
				if steps, ok := full.(Steps); ok {
					steps.Current = 0
					full = steps
				}
				html, err := draw(e.readers[language].shared, full)
				if err != nil {
					t.Errorf("%T in %s: %v", c, language, err)
					continue
				}
				switch {
				case strings.Contains(string(html), "<script"):
					t.Errorf("%T lets a script through:\n%s", c, html)
				case strings.Contains(string(html), "⟦"), strings.Contains(string(html), "ZgotmplZ"):
					t.Errorf("%T in %s has a hole:\n%s", c, language, html)
				case text == "Nanpo" && !strings.Contains(string(html), text) && c.Template() != "grade-legend":
					t.Errorf("%T shows nothing of what it is given:\n%s", c, html)
				}
			}
		}
	}
}

func TestRender(t *testing.T) {
	e := newEngine(t)
	r := httptest.NewRequest("GET", "/households?county=620524", nil)
	r.Header.Set("Accept-Language", "zh-CN")
	r.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
	page := e.Page(r)
	page.Title = "农户"
	w := httptest.NewRecorder()
	if err := e.Render(w, http.StatusOK, StackPage, Stack{Page: page, Heading: Heading{Title: "农户 <1>"}}); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	for _, want := range []string{
		`<html lang="zh-Hans" dir="ltr" data-theme="dark">`, "<title>农户 · 最后一公里</title>", "<h1>农户 &lt;1&gt;</h1>",
		`href="/households?county=620524&amp;lang=en"`, `href="/households?county=620524&amp;theme=light"`,
		`<a class="skip unseen" href="#main">跳到正文</a>`, `id="main"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
	if inline := regexp.MustCompile(`\sstyle=|\son[a-z]+=|<style|<script>`).FindString(body); inline != "" {
		t.Errorf("the page has %q written into it", inline)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}

	for _, c := range []struct {
		why  string
		name string
		page Stack
		want string
	}{
		{"a page nobody wrote", "gone", Stack{Page: page}, "there is no such page"},
		{"a page without a printer", StackPage, Stack{}, "has no Printer"},
		{"a row of two figures", StackPage, Stack{Page: page, Body: []Component{KeyFigures{{}, {}}}}, "three to five key figures, not 2"},
		{"an icon nobody drew", StackPage, Stack{Page: page, Body: []Component{Empty{Icon: "unicorn"}}}, `no icon is named "unicorn"`},
	} {
		w := httptest.NewRecorder()
		err := e.Render(w, http.StatusOK, c.name, c.page)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.why, err, c.want)
		}
		if w.Body.Len() != 0 || len(w.Header()) != 0 {
			t.Errorf("%s: part of an answer was sent before the error", c.why)
		}
	}
}

func TestTableRefuses(t *testing.T) {
	columns := func(n int) []Column { return make([]Column, n) }
	cells := func(n int) []Cell { return make([]Cell, n) }
	cases := []struct {
		why   string
		table Table
		want  string
	}{
		{"too many columns", Table{Columns: columns(9), Rows: []Row{{cells(9)}}}, "at most 8 columns, not 9"},
		{"nothing to say of no rows", Table{Columns: columns(2)}, "needs its empty state"},
		{"a short row", Table{Columns: columns(2), Rows: []Row{{cells(2)}, {cells(1)}}}, "row 1 has 1 cells for 2 columns"},
		{"a short total", Table{Columns: columns(2), Rows: []Row{{cells(2)}}, Total: cells(1)}, "the total has 1 cells"},
	}
	e := newEngine(t)
	for _, c := range cases {
		if _, err := draw(e.readers[locale.English].shared, c.table); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.why, err, c.want)
		}
	}
}

// The summary says each problem in the words that stand at the field, and leads to
// the input.
func TestFormProblems(t *testing.T) {
	form := Form{Action: "/visits", Fields: []Component{
		Field{Name: "head", Label: "Head", Error: "Enter a name."},
		Field{Name: "members", Label: "Members"},
		Field{Kind: ChoiceField, Name: "roof", Label: "Roof", Error: "Choose one.", Options: []Option{{Value: "tile", Label: "Tile"}}},
		Answer{Name: "water", Legend: "Water", Error: "Answer this."},
	}}
	e := newEngine(t)
	html, err := draw(e.readers[locale.English].shared, form)
	if err != nil {
		t.Fatal(err)
	}
	body := string(html)
	if !strings.Contains(body, "3 answers need another look") {
		t.Errorf("the summary does not count the problems:\n%s", body)
	}
	for _, p := range form.Problems() {
		if strings.Count(body, p.Text) != 2 {
			t.Errorf("%q stands %d times, want at the head and at the field", p.Text, strings.Count(body, p.Text))
		}
		if !strings.Contains(body, `href="#`+p.ID+`"`) || !strings.Contains(body, ` id="`+p.ID+`"`) {
			t.Errorf("the summary does not lead to %s", p.ID)
		}
	}
}

func TestWrite(t *testing.T) {
	e := newEngine(t, Source{Texts: fstest.MapFS{
		"en.json":      {Data: []byte(`{"lead": "{0} put {1} into {2} projects."}`)},
		"zh-Hans.json": {Data: []byte(`{"lead": "{0}投入{1}，项目{2}个。"}`)},
	}})
	figure := FigureLink{Value: "¥60.47 m", Href: "/figures/LM-F-0001"}
	prose := Write(e.Printer(locale.English), "lead", "The sponsor", figure, 1072)
	if got, want := prose.String(), "The sponsor put ¥60.47 m into 1,072 projects."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	html, err := draw(e.readers[locale.English].shared, Text{prose})
	if err != nil {
		t.Fatal(err)
	}
	want := `<p><bdi>The sponsor</bdi> put <a class="figure" dir="auto" data-drawer href="/figures/LM-F-0001">¥60.47 m</a> into <bdi>1,072</bdi> projects.</p>`
	if string(html) != want {
		t.Errorf("got  %s\nwant %s", html, want)
	}
}

func TestPreferences(t *testing.T) {
	e := newEngine(t)
	reached := false
	handler := e.Preferences(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	cases := []struct {
		why, method, address string
		back                 string // empty: the page itself is reached
		cookies              string
	}{
		{"no choice", "GET", "/households?page=2", "", ""},
		{"a language keeps the filters", "GET", "/households?county=1&lang=zh-Hans&page=2", "/households?county=1&page=2", "language=zh-Hans"},
		{"a theme", "GET", "/?theme=dark", "/", "theme=dark"},
		{"a language we lack", "GET", "/?lang=tlh", "", ""},
		{"a theme we lack", "GET", "/?theme=sepia", "", ""},
		{"a form has its own fields", "POST", "/visits?lang=en", "", ""},
		{"a path that would lead to another host", "GET", "//elsewhere.example/?lang=en", "/elsewhere.example/", "language=en"},
	}
	for _, c := range cases {
		reached = false
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(c.method, c.address, nil))
		if reached != (c.back == "") || w.Header().Get("Location") != c.back {
			t.Errorf("%s: reached %t, sent to %q, want %q", c.why, reached, w.Header().Get("Location"), c.back)
		}
		if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, c.cookies) || (got == "") != (c.cookies == "") {
			t.Errorf("%s: the cookie is %q, want %q", c.why, got, c.cookies)
		}
	}
}

func TestSecure(t *testing.T) {
	w := httptest.NewRecorder()
	Secure(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("the policy is %q", policy)
	}
}

func ExampleWrite() {
	fmt.Println(Prose{{Text: "Since 2013 the sponsor has put "}, {Figure: &FigureLink{Value: "¥60.47 m"}}, {Text: " into the two counties."}})
	// Output: Since 2013 the sponsor has put ¥60.47 m into the two counties.
}
