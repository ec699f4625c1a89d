package styleguide

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lastmile/internal/web/asset"
	"lastmile/internal/web/locale"
)

// served is one page as a browser gets it.
type served struct {
	name string
	body []byte
	root *html.Node
}

var languages = []locale.Language{locale.English, locale.Chinese}

func newGuide(t *testing.T) (*Guide, *asset.Set) {
	t.Helper()
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	guide, err := New(assets)
	if err != nil {
		t.Fatal(err)
	}
	return guide, assets
}

func get(t *testing.T, guide *Guide, place string, language locale.Language, theme string) served {
	t.Helper()
	r := httptest.NewRequest("GET", Path+place, nil)
	r.AddCookie(&http.Cookie{Name: "language", Value: string(language)})
	r.AddCookie(&http.Cookie{Name: "theme", Value: theme})
	w := httptest.NewRecorder()
	guide.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s in %s: got %d: %s", place, language, w.Code, w.Body)
	}
	root, err := html.Parse(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return served{name: place + " in " + string(language), body: w.Body.Bytes(), root: root}
}

// everyPage gets every page in every language.
func everyPage(t *testing.T, check func(t *testing.T, page served)) {
	guide, _ := newGuide(t)
	for _, place := range []string{"", "overview", "overview?drawer=1", "household", "visit", "notice", "figure"} {
		for _, language := range languages {
			page := get(t, guide, place, language, "light")
			t.Run(page.name, func(t *testing.T) { check(t, page) })
		}
	}
}

// elements visits every element of a page.
func (p served) elements(visit func(n *html.Node)) {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// Nothing is written into a page that the policy would have to allow, and no text
// or icon is missing.
func TestPagesAreClean(t *testing.T) {
	everyPage(t, func(t *testing.T, page served) {
		page.elements(func(n *html.Node) {
			if n.Data == "style" || n.Data == "script" && attribute(n, "src") == "" {
				t.Errorf("<%s> is written into the page", n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
				}
			}
		})
		for _, hole := range []string{"⟦", "ZgotmplZ", "%!", "&lt;nil&gt;"} {
			if bytes.Contains(page.body, []byte(hole)) {
				t.Errorf("the page contains %q", hole)
			}
		}
	})
}

// What can be checked of WCAG 2.2 without a browser: one h1, landmarks, unique ids,
// references that lead somewhere, names for links, buttons, images and inputs.
func TestPagesAreAccessible(t *testing.T) {
	everyPage(t, func(t *testing.T, page served) {
		ids, count := map[string]bool{}, map[string]int{}
		page.elements(func(n *html.Node) {
			count[n.Data]++
			if id := attribute(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("the id %q is there twice", id)
				}
				ids[id] = true
			}
		})
		for _, once := range []string{"h1", "main"} {
			if count[once] != 1 {
				t.Errorf("there are %d <%s>", count[once], once)
			}
		}
		labelled := map[string]bool{}
		page.elements(func(n *html.Node) {
			if n.Data == "label" {
				labelled[attribute(n, "for")] = true
			}
		})
		page.elements(func(n *html.Node) {
			for _, key := range []string{"for", "aria-labelledby", "aria-describedby"} {
				for _, id := range strings.Fields(attribute(n, key)) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> leads nowhere", n.Data, key, id)
					}
				}
			}
			if href := attribute(n, "href"); strings.HasPrefix(href, "#") && n.Data == "a" && !ids[href[1:]] {
				t.Errorf("the link to %s leads nowhere", href)
			}
			switch n.Data {
			case "a", "button":
				if text(n) == "" && attribute(n, "aria-label") == "" && !hasImage(n) {
					t.Errorf("<%s %v> has no name", n.Data, n.Attr)
				}
			case "img":
				if attribute(n, "alt") == "" {
					t.Errorf("the image %s has no alt", attribute(n, "src"))
				}
			case "input", "select", "textarea":
				if attribute(n, "type") != "hidden" && !labelled[attribute(n, "id")] && !inside(n, "label") {
					t.Errorf("<%s name=%q> has no label", n.Data, attribute(n, "name"))
				}
			case "svg":
				if attribute(n, "aria-hidden") != "true" && attribute(n, "aria-label") == "" {
					t.Errorf("a drawing has no name: %v", n.Attr)
				}
			}
		})
	})
}

func hasImage(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.Data == "img" && attribute(d, "alt") != "" || d.Data == "path" {
			return true
		}
	}
	return false
}

func inside(n *html.Node, name string) bool {
	for a := range n.Ancestors() {
		if a.Data == name {
			return true
		}
	}
	return false
}

// The guide shows every icon and, in one page, every component that has a class of
// its own.
func TestEveryComponentIsShown(t *testing.T) {
	guide, assets := newGuide(t)
	body := string(get(t, guide, "", locale.English, "light").body)
	for _, icon := range assets.Icons() {
		if !strings.Contains(body, "#"+icon+`"`) {
			t.Errorf("the icon %q is not shown", icon)
		}
	}
	for _, class := range []string{"heading", "figures", "legend", "button primary", "state done", "state needs", "strip waiting", "strip sent",
		"flow", "ladder", "chart sankey", "chart road", "chart dots", "chart income", "chart ticks", "bars", "years", "chain", "trail",
		"table blocks", "pager", "filters", "errors", "answers", "photos", "steps", "approval", "public-notice", "counts", "job",
		"assurances", "timeline", "lineage", "empty", "facts"} {
		if !strings.Contains(body, `"`+class) {
			t.Errorf("nothing of class %q is shown", class)
		}
	}
}

// The budgets of the design guide for a page like the overview, in bytes as they
// travel.
func TestBudgets(t *testing.T) {
	guide, assets := newGuide(t)
	for _, language := range languages {
		for _, place := range []string{"overview", "household", "visit"} {
			page := get(t, guide, place, language, "light")
			nodes := 0
			requests := map[string]bool{}
			page.elements(func(n *html.Node) {
				nodes++
				for _, key := range []string{"href", "src"} {
					address, _, _ := strings.Cut(attribute(n, key), "#")
					if strings.HasPrefix(address, asset.Prefix) {
						requests[address] = true
					}
				}
			})
			markup := zipped(t, page.body)
			first := markup
			for _, name := range []string{"lastmile.css", "lastmile.js", "htmx.js", "icons.svg", "mark.svg", "lastmile-sans.woff2", "lastmile-serif.woff2"} {
				size, err := assets.Size(name)
				if err != nil {
					t.Fatal(err)
				}
				first += size
			}
			t.Logf("%s: %d nodes, %d bytes of markup, %d at the first visit, %d requests", page.name, nodes, markup, first, 1+len(requests))
			for _, c := range []struct {
				what       string
				got, limit int
			}{
				{"nodes", nodes, 1500},
				{"bytes at a repeated visit", markup, 25 << 10},
				{"bytes at the first visit", first, 100 << 10},
				{"requests", 1 + len(requests), 10},
			} {
				if c.got > c.limit {
					t.Errorf("%s: %d %s, more than %d", page.name, c.got, c.what, c.limit)
				}
			}
		}
	}
}

func zipped(t *testing.T, content []byte) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// A figure opens in the drawer with scripts, and on its own page without.
func TestFigure(t *testing.T) {
	guide, _ := newGuide(t)
	ask := func(fragment string) string {
		r := httptest.NewRequest("GET", figureHref, nil)
		r.Header.Set("HX-Request", fragment)
		w := httptest.NewRecorder()
		guide.ServeHTTP(w, r)
		return w.Body.String()
	}
	if part := ask("true"); strings.Contains(part, "<html") || !strings.Contains(part, `<h2 tabindex="-1">Direct funds</h2>`) || !strings.Contains(part, "data-close") {
		t.Errorf("the drawer gets\n%s", part)
	}
	if page := ask(""); !strings.Contains(page, "<html") || !strings.Contains(page, "1,266 / 1,284") {
		t.Errorf("without scripts one gets\n%s", page)
	}
}

// The sample flows add up as the reference drawing says.
func TestSampleFlows(t *testing.T) {
	guide, _ := newGuide(t)
	body := string(get(t, guide, "overview", locale.English, "light").body)
	for _, want := range []string{"¥46.80", "¥9.47", "¥4.20", "¥25.00", "¥12.00", "¥4.17", "¥7.85", "¥3.80", "¥4.00", "¥2.40", "¥1.25",
		"¥46.52", "¥13.95", "¥14.00", "¥11.00", "¥15.73", "¥5.06", "¥3.34", "¥8.10", "¥0.84"} {
		if !strings.Contains(body, want+"\u2009m") {
			t.Errorf("the overview lacks %s m", want)
		}
	}
}

// Every link of the guide leads to a page of the guide, and every picture is there.
func TestLinksLead(t *testing.T) {
	guide, assets := newGuide(t)
	seen := map[string]bool{}
	everyPage(t, func(t *testing.T, page served) {
		page.elements(func(n *html.Node) {
			for _, key := range []string{"href", "src", "action"} {
				address, _, _ := strings.Cut(attribute(n, key), "#")
				if !strings.HasPrefix(address, "/") || seen[address] {
					continue
				}
				seen[address] = true
				w := httptest.NewRecorder()
				r := httptest.NewRequest("GET", address, nil)
				if strings.HasPrefix(address, asset.Prefix) {
					assets.ServeHTTP(w, r)
				} else {
					guide.ServeHTTP(w, r)
				}
				if w.Code != http.StatusOK && w.Code != http.StatusSeeOther {
					t.Errorf("%s got %d", address, w.Code)
				}
			}
		})
	})
}
