package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"lastmile/internal/store"
	"lastmile/internal/web/desk"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/sample"
	"lastmile/internal/web/styleguide"
	"lastmile/internal/web/webtest/axe"
)

// prepared is the application as it is served, with all pages, before the model programme; one of each page, and the sessions of those who look
// at them.
var prepared = sync.OnceValues(func() (list prepare, err error) {
	s, err := model()
	if err != nil {
		return list, err
	}
	list.store = s
	quiet := slog.New(slog.DiscardHandler)
	people := desk.New(s, desk.Options{Log: quiet})
	if list.handler, err = New(s, Options{Log: quiet, Protect: people.Protect, Frame: people.Frame, Sources: desk.Sources(), Routes: people.Routes,
		Mounted: func(pattern string) { list.patterns = append(list.patterns, pattern) }}); err != nil {
		return list, err
	}
	ctx := context.Background()
	pages, err := sample.Prepare(ctx, s)
	if err != nil {
		return list, err
	}
	if list.sessions, err = sample.LogInAll(ctx, s, pages); err != nil {
		return list, err
	}
	list.pages, list.missing = sample.Follow(list.handler, list.patterns, pages, list.sessions)
	return list, nil
})

type prepare struct {
	store    *store.Store
	handler  http.Handler
	patterns []string // of all routes
	pages    []sample.Page
	sessions map[string]string // by person
	missing  []string          // routes of which there is no page
}

// Widths of screens, in CSS pixels: the narrowest phone, a common one, a desk.
const (
	narrowest = 320
	phone     = 360
	desktop   = 1280
)

// Budgets of a page, as the design guide sets them.
const (
	requestsMax  = 10
	nodesMax     = 1500
	guideMax     = 2500
	documentMax  = 25 << 10 // bytes of the page as it travels, all that comes at a repeated visit
	firstMax     = 100 << 10
	tabsTogether = 2
)

// Every page, in both languages and both themes, on a desk and on a phone, keeps nobody out (axe-core finds nothing), never scrolls sideways,
// says the same without scripts, keeps its budgets, and makes the browser complain of nothing.
//
// A page is loaded once in each language. Width and theme then change in the page, which its style sheet follows as it would at the start; of
// what axe looks at, a theme changes only colours. Of several pages of one route, which share their styles, the further ones are looked at
// light on the desk and dark on the phone.
func TestBrowserEveryPage(t *testing.T) {
	all, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(all.handler)
	t.Cleanup(server.Close)
	first := openBrowserAt(t, server.URL)
	first.do(chromedp.Navigate("about:blank"))
	tabs := make(chan *browser, tabsTogether)
	for range tabsTogether {
		tab := first.tab(`status of 4`) // a page that refuses says so with its status, which the browser notes
		tab.do(chromedp.Navigate("about:blank"))
		tabs <- tab
	}
	seen := map[string]bool{}
	routes := sample.Routes(all.patterns, all.pages)
	for i, p := range all.pages {
		kind := routes[i] + p.Press
		ways := views
		if seen[kind] { // another of the same, with other things in it
			ways = further
		}
		seen[kind] = true
		for _, language := range languages {
			t.Run(fmt.Sprintf("%s %s%s as %s", language, p.Address, p.Press, p.As), func(t *testing.T) {
				t.Parallel()
				tab := <-tabs
				defer func() { tabs <- tab }()
				wrong, err := look(tab, p, language, all.sessions[p.As], ways)
				if err != nil {
					t.Error(err)
				}
				for _, w := range wrong {
					t.Error(w)
				}
			})
		}
	}
}

// look opens one page in one language, looks at it every way and says what is wrong.
func look(b *browser, p sample.Page, language locale.Language, session string, ways []way) (wrong []string, err error) {
	for _, c := range [][2]string{{"language", string(language)}, {"theme", "light"}, {"session", session}} {
		if _, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c[0], Value: c[1], URL: b.base}); err != nil {
			return nil, err
		}
	}
	if language == locale.English && p.Press == "" {
		if err := sameWithoutScripts(b, p); err != nil {
			wrong = append(wrong, err.Error())
		}
	} else if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(desktop, 900), chromedp.Navigate(b.base+p.Address)); err != nil {
		return nil, err
	}
	if p.Press != "" {
		if err := press(b, p.Press); err != nil {
			return nil, err
		}
	}
	if err := budgets(b, p); err != nil {
		wrong = append(wrong, err.Error())
	}
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](axe.Script+";0")); err != nil {
		return nil, err
	}
	for _, s := range ways {
		if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(s.width, 900)); err != nil {
			return nil, err
		}
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](fmt.Sprintf("document.documentElement.dataset.theme = %q; %s", s.theme, axe.Violations(s.options)), chromedp.EvalAwaitPromise))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			wrong = append(wrong, fmt.Sprintf("%s, %d px wide: %s", s.theme, s.width, f))
		}
	}
	if err := sideways(b); err != nil {
		wrong = append(wrong, err.Error())
	}
	return wrong, nil
}

// way is how a page is looked at, and which rules axe checks.
type way struct {
	width          int64
	theme, options string
}

var (
	views   = []way{{desktop, "light", "{}"}, {desktop, "dark", onlyColours}, {phone, "dark", "{}"}, {phone, "light", onlyColours}}
	further = []way{{desktop, "light", "{}"}, {phone, "dark", "{}"}}
)

const onlyColours = `{runOnly: ["color-contrast", "link-in-text-block"]}`

// sideways makes sure that the page fits the narrowest phone.
func sideways(b *browser) error {
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(narrowest, 740, chromedp.EmulateMobile)); err != nil {
		return err
	}
	wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.documentElement.scrollWidth <= %d ? "" : document.documentElement.scrollWidth + " px wide: " +
  [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > %d).slice(0, 3).map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 60)).join(" | ")`, narrowest, narrowest)))
	if err == nil && wide != "" {
		err = fmt.Errorf("scrolls sideways at %d px: %s", narrowest, wide)
	}
	return err
}

// press follows a button or link: to another page, or to the drawer.
func press(b *browser, selector string) error {
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.pressed = true`)); err != nil {
		return err
	}
	if err := chromedp.Do(b.ctx, chromedp.Click(selector)); err != nil {
		return err
	}
	return b.comes(`document.readyState === "complete" && (!window.pressed || document.querySelector("dialog[open] h2"))`)
}

// budgets counts what the page took, without the photographs that it shows. The style guide, which shows every component at once, may have more nodes.
func budgets(b *browser, p sample.Page) error {
	spent, err := chromedp.Run(b.ctx, chromedp.Evaluate[struct{ Requests, Nodes, Document, All int }](`(() => {
  const files = performance.getEntriesByType("resource").filter(r => r.initiatorType !== "img");
  const page = performance.getEntriesByType("navigation")[0];
  return {Requests: files.length + 1, Nodes: document.getElementsByTagName("*").length, Document: page.encodedBodySize, All: files.reduce((n, r) => n + r.encodedBodySize, page.encodedBodySize)};
})()`))
	if err != nil {
		return err
	}
	nodes := nodesMax
	if p.Address == styleguide.Path {
		nodes = guideMax
	}
	for _, c := range []struct {
		what       string
		got, limit int
	}{{"requests", spent.Requests, requestsMax}, {"nodes", spent.Nodes, nodes}, {"bytes of the page", spent.Document, documentMax}, {"bytes at the first visit", spent.All, firstMax}} {
		if c.got > c.limit {
			return fmt.Errorf("%d %s, more than %d", c.got, c.what, c.limit)
		}
	}
	return nil
}

// sameWithoutScripts makes sure that the page says all it has to say when no script runs.
func sameWithoutScripts(b *browser, p sample.Page) error {
	said := make([]string, 2)
	for i, disabled := range []bool{true, false} {
		if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: disabled}); err != nil {
			return err
		}
		if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(desktop, 900), chromedp.Navigate(b.base+p.Address)); err != nil {
			return err
		}
		var err error
		if said[i], err = chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText`)); err != nil {
			return err
		}
	}
	if said[0] == "" || said[0] != said[1] {
		return fmt.Errorf("without scripts it says\n%s\nand with them\n%s", said[0], said[1])
	}
	return nil
}

// Every route has a page that is looked at, one that somebody may see: a table of refusals would prove nothing.
func TestSamplePagesAnswer(t *testing.T) {
	all, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range all.missing {
		t.Errorf("there is no page of %s: add one to package sample", route)
	}
	refused := []string{"/nowhere", "/record/disbursement"} // as the auditor, who records nothing
	for _, p := range all.pages {
		r := httptest.NewRequest("GET", p.Address, nil)
		if p.As != "" {
			r.AddCookie(&http.Cookie{Name: "session", Value: all.sessions[p.As]})
		}
		w := httptest.NewRecorder()
		all.handler.ServeHTTP(w, r)
		if calm := w.Code == http.StatusNotFound || w.Code == http.StatusForbidden; w.Code != http.StatusOK && !(calm && slices.Contains(refused, p.Address)) {
			t.Errorf("%s as %q: status %d", p.Address, p.As, w.Code)
		}
	}
}
