// Package view turns page structs into HTML: the frame round every page and the
// components inside it, in the reader's language and colours.
//
// A page is a struct that embeds [Page] and a template that defines "content".
// Most pages need no template of their own: [Stack] is a heading and a list of
// components, and a component is a struct from this package:
//
//	page := view.Stack{
//		Page:    engine.Page(r),
//		Heading: view.Heading{Title: "Where every yuan went"},
//		Body: []view.Component{
//			view.KeyFigures{{Label: "Direct funds", Figure: view.FigureLink{Value: "¥60.47 m", Href: "/figures/LM-F-0001"}}},
//			view.Section{Head: view.SectionHead{ID: "payments", Title: "Payments"}, Parts: []view.Component{table}},
//		},
//	}
//	err := engine.Render(w, http.StatusOK, view.StackPage, page)
//
// Components hold what the reader sees, already written in the reader's language
// by the [locale.Printer] in Page; the few words that belong to the components
// themselves ("Send back", "partly traced") are in text/. [Write] makes a sentence
// with figures inside it that open.
//
// Everything works without scripts. No style and no script is written into a page,
// so the policy that [Secure] sends can forbid both.
//
// [New] reads every template and checks it: a template, a text, an icon or an
// asset that one of them names and that does not exist stops the program there,
// not in front of a reader.
//
// The package knows nothing of households, money or figures.
package view

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"lastmile/internal/web/asset"
	"lastmile/internal/web/locale"
)

//go:embed template/*.html
var templateFiles embed.FS

//go:embed text/*.json
var textFiles embed.FS

// A Component is a struct that has a template. Those of other packages are drawn
// by templates given to [New].
type Component interface {
	// Template names the template that draws the component, which gets the
	// component as its data.
	Template() string
}

// A Source is what another package adds: pages, shared templates and texts.
// Either may be nil.
type Source struct {
	// Templates has *.html at its top. A file whose name begins with an underscore
	// defines shared templates; any other is a page, named as the file without
	// ".html", and defines "content".
	Templates fs.FS
	// Texts has a catalogue for each language; see [locale.Load].
	Texts fs.FS
}

// An Engine draws pages. It is read-only once made and safe for concurrent use.
type Engine struct {
	assets  *asset.Set
	catalog *locale.Catalog
	readers map[locale.Language]*reader
}

// reader is the engine for the readers of one language.
type reader struct {
	printer *locale.Printer
	shared  *template.Template
	pages   map[string]*template.Template
	drawn   drawn
}

// New reads the package's own templates and texts and those of the sources, and
// checks that they are whole. Its error lists all that is amiss.
func New(assets *asset.Set, sources ...Source) (*Engine, error) {
	texts := []fs.FS{sub(textFiles, "text")}
	templates := []fs.FS{sub(templateFiles, "template")}
	for _, source := range sources {
		if source.Texts != nil {
			texts = append(texts, source.Texts)
		}
		if source.Templates != nil {
			templates = append(templates, source.Templates)
		}
	}
	catalog, err := locale.Load(texts...)
	if err != nil {
		return nil, fmt.Errorf("load texts: %w", err)
	}
	e := &Engine{assets: assets, catalog: catalog, readers: map[locale.Language]*reader{}}
	for _, language := range catalog.Languages() {
		if e.readers[language], err = e.reader(language, templates); err != nil {
			return nil, fmt.Errorf("load templates: %w", err)
		}
	}
	return e, e.check()
}

func sub(files fs.FS, dir string) fs.FS {
	inside, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return inside
}

func (e *Engine) reader(language locale.Language, sources []fs.FS) (*reader, error) {
	printer, err := e.catalog.Printer(language)
	if err != nil {
		return nil, err
	}
	r := &reader{printer: printer, pages: map[string]*template.Template{}, drawn: drawn{reader: language}}
	r.shared = template.New("").Option("missingkey=error").Funcs(e.functions(r, nil))
	pages := map[string]string{}
	for _, source := range sources {
		names, err := fs.Glob(source, "*.html")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(source, name)
			if err != nil {
				return nil, err
			}
			if strings.HasPrefix(name, "_") {
				if _, err := r.shared.New(name).Parse(string(text)); err != nil {
					return nil, err
				}
				continue
			}
			page := strings.TrimSuffix(path.Base(name), ".html")
			if _, taken := pages[page]; taken {
				return nil, fmt.Errorf("page %q is there twice", page)
			}
			pages[page] = string(text)
		}
	}
	// A page's own set is a copy of the shared one, so that each can define
	// "content". The function that draws parts must look them up in that copy.
	for name, text := range pages {
		page, err := r.shared.Clone()
		if err != nil {
			return nil, err
		}
		if _, err := page.Funcs(e.functions(r, page)).New(name + ".html").Parse(text); err != nil {
			return nil, err
		}
		r.pages[name] = page
	}
	// A template that has been executed cannot be copied any more, so the set for
	// parts on their own is made last.
	r.shared, err = r.shared.Clone()
	if err != nil {
		return nil, err
	}
	r.shared.Funcs(e.functions(r, r.shared))
	return r, nil
}

// functions are what templates can call.
func (e *Engine) functions(r *reader, set *template.Template) template.FuncMap {
	return template.FuncMap{
		// text writes a message of the catalogue.
		"text": r.printer.Text,
		// part draws a component.
		"part":   func(c Component) (template.HTML, error) { return draw(set, c) },
		"figure": figure,
		// said writes a text that may have been recorded in another language than the reader's.
		"said": func(text string) template.HTML { return said(r.printer.Language, text) },
		// rows draws rows of a table, total makes its last row of cells.
		"rows":  func(columns []Column, list []Row) (template.HTML, error) { return r.drawn.rows(set, columns, list) },
		"total": func(cells []Cell) []Row { return []Row{{cells}} },
		// icon draws an icon. The word that goes with it stands beside it.
		"icon":      e.icon,
		"asset":     e.assets.Address,
		"integrity": e.assets.Integrity,
		// iconOr gives the name of an icon, or a fallback for none.
		"iconOr": func(fallback, name string) string {
			if name == "" {
				return fallback
			}
			return name
		},
	}
}

func (e *Engine) icon(name string) (template.HTML, error) {
	if name == "" {
		return "", nil
	}
	if !e.assets.HasIcon(name) {
		return "", fmt.Errorf("no icon is named %q", name)
	}
	sheet, err := e.assets.Address("icons.svg")
	if err != nil {
		return "", err
	}
	return template.HTML(`<svg class="icon" aria-hidden="true"><use href="` + sheet + "#" + name + `"/></svg>`), nil
}

// draw executes the template of a component.
func draw(set *template.Template, c Component) (template.HTML, error) {
	if c == nil {
		return "", nil
	}
	if checked, ok := c.(interface{ check() error }); ok {
		if err := checked.check(); err != nil {
			return "", fmt.Errorf("draw %s: %w", c.Template(), err)
		}
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, c.Template(), c); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

// A Paged is a page struct: any struct that embeds [Page].
type Paged interface{ base() Page }

// Languages gives the languages that pages can be drawn in.
func (e *Engine) Languages() []locale.Language { return e.catalog.Languages() }

// Catalog gives the texts, the package's own and those of the sources.
func (e *Engine) Catalog() *locale.Catalog { return e.catalog }

// Printer gives the printer for a language; a language that is not there gives the
// first that is.
func (e *Engine) Printer(language locale.Language) *locale.Printer {
	if r, ok := e.readers[language]; ok {
		return r.printer
	}
	return e.readers[e.catalog.Languages()[0]].printer
}

// Render draws the page of that name whole and only then answers, so that a
// failure can still be answered with an error page. The page is not stored by
// browsers or caches in between: it may hold personal data.
func (e *Engine) Render(w http.ResponseWriter, status int, name string, page Paged) error {
	printer := page.base().Printer
	if printer == nil {
		return errors.New("draw page " + name + ": the page has no Printer; make its Page with Engine.Page")
	}
	set, ok := e.readers[printer.Language].pages[name]
	if !ok {
		return fmt.Errorf("draw page %s: there is no such page", name)
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, "layout", page); err != nil {
		return fmt.Errorf("draw page %s: %w", name, err)
	}
	return answer(w, status, printer.Language, b.Bytes())
}

// RenderPart draws one component by itself, for the drawer and for a job that
// reports its progress.
func (e *Engine) RenderPart(w http.ResponseWriter, status int, language locale.Language, c Component) error {
	language = e.Printer(language).Language
	html, err := draw(e.readers[language].shared, c)
	if err != nil {
		return fmt.Errorf("draw part: %w", err)
	}
	return answer(w, status, language, []byte(html))
}

func answer(w http.ResponseWriter, status int, language locale.Language, html []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(language))
	h.Set("Content-Length", strconv.Itoa(len(html)))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Accept-Language, Cookie, HX-Request")
	w.WriteHeader(status)
	_, err := w.Write(html)
	return err
}
