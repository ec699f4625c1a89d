package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"lastmile/internal/testenv"
	"lastmile/internal/web/locale"
)

// browser is a real Chromium before the model programme.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string

	expected []string // texts of complaints that do not count
}

// patience is how long a browser may take for all of a test on a busy machine.
const patience = 9 * time.Minute

func openBrowser(t *testing.T) *browser {
	t.Helper()
	server := httptest.NewServer(pages(t))
	t.Cleanup(server.Close)
	return openBrowserAt(t, server.URL)
}

// openBrowserAt starts a browser for an address.
func openBrowserAt(t *testing.T, base string) *browser {
	t.Helper()
	ctx, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(testenv.Chromium(t)), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(t.TempDir()))
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	ctx, closed := chromedp.NewContext(ctx)
	t.Cleanup(closed)
	b := &browser{t: t, ctx: ctx, base: base}
	b.listen()
	return b
}

// tab is another tab of the browser, with cookies of its own, that may complain of what contains one of some texts.
func (b *browser) tab(expected ...string) *browser {
	b.t.Helper()
	ctx, closed := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(closed)
	other := &browser{t: b.t, ctx: ctx, base: b.base, expected: expected}
	other.listen()
	return other
}

// listen fails the test for whatever the browser complains of.
func (b *browser) listen() {
	// Whatever the browser complains of fails the test: a script that throws, or something that the policy forbids.
	var mu sync.Mutex
	var complaints []string
	messages := chromedp.Console(b.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == "error" || m.Type == chromedp.ConsoleException {
				mu.Lock()
				complaints = append(complaints, m.String())
				mu.Unlock()
			}
		}
	}()
	b.t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			if slices.ContainsFunc(b.expected, func(text string) bool { return strings.Contains(c, text) }) {
				continue
			}
			b.t.Errorf("the browser says: %s", c)
		}
	})
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// prefer sets what the reader has chosen.
func (b *browser) prefer(cookie, value string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: cookie, Value: value, URL: b.base}); err != nil {
		b.t.Fatal(err)
	}
}

// tell evaluates an expression in the page.
func tell[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until an expression holds in the page, or in the one that the browser is on its way to.
func (b *browser) wait(expression string) {
	b.t.Helper()
	if err := b.comes(expression); err != nil {
		b.t.Fatal(err)
	}
}

// comes waits like wait and gives an error when it does not come.
func (b *browser) comes(expression string) error {
	for {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if ok && err == nil {
			return nil
		}
		select {
		case <-b.ctx.Done():
			return fmt.Errorf("waiting for %s: %w %v", expression, b.ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// From the overview a reader opens a figure, goes on to its records, to one of them, and to the slip that proves it.
func TestBrowserFollowsFigureToVoucher(t *testing.T) {
	b := openBrowser(t)
	b.prefer("language", string(locale.English))
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/"), chromedp.Click(`dl.figures a.figure`))
	b.wait(`document.querySelector("#drawer[open] .lineage h2")?.textContent === "Direct funds"`)
	if path := tell[string](b, "location.pathname"); path != "/" {
		t.Errorf("the figure opened at %s, not in the drawer", path)
	}
	if !tell[bool](b, `document.activeElement.matches("#drawer h2")`) {
		t.Error("the drawer did not take the focus on its heading")
	}
	b.do(chromedp.Click(`#drawer footer a.primary`))
	b.wait(`location.pathname === "/figures/direct-funds/records" && document.readyState === "complete"`)
	b.do(chromedp.Click(`main tbody th a`))
	b.wait(`location.pathname.startsWith("/entries/") && document.querySelector(".album img")?.complete`)
	if width := tell[int](b, `document.querySelector(".album img").naturalWidth`); width == 0 {
		t.Error("the slip is not shown")
	}
	slip := tell[string](b, `document.querySelector(".album a").href`)
	b.do(chromedp.Click(`.album a`))
	b.wait(fmt.Sprintf(`location.href === %q && document.images[0]?.naturalWidth > 0`, slip))
}

// A number that is no figure leads to its page, also with scripts.
func TestBrowserLeavesForPages(t *testing.T) {
	b := openBrowser(t)
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/"), chromedp.Click(`#main section .note a.figure`))
	b.wait(`location.pathname === "/flow" && document.querySelector("h1")`)
}

// A figure prints with its records and without what only a screen needs; the drawer's own page is what is printed.
func TestBrowserPrints(t *testing.T) {
	b := openBrowser(t)
	b.prefer("language", string(locale.English))
	b.prefer("theme", "dark")
	for _, address := range []string{"/figures/direct-funds", "/projects/620524/W-L-01", "/entries/620524/58"} {
		b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+address))
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
			t.Fatal(err)
		}
		shown := tell[[]string](b, `[".rail", ".tabs", ".search", ".tools"].filter(s => { const e = document.querySelector(s); return e && e.offsetParent !== null })`)
		if len(shown) > 0 {
			t.Errorf("%s prints %q", address, shown)
		}
		if ground := tell[string](b, `getComputedStyle(document.body).backgroundColor`); ground != "rgb(255, 255, 255)" && ground != "rgba(0, 0, 0, 0)" {
			t.Errorf("%s prints on %s", address, ground)
		}
		printed, err := chromedp.Call(b.ctx, page.PrintToPDF, page.PrintToPDFParams{})
		if err != nil {
			t.Fatal(err)
		}
		pages := bytes.Count(printed.Data, []byte("/Type /Page\n"))
		if !bytes.HasPrefix(printed.Data, []byte("%PDF-")) || pages < 1 || pages > 6 {
			t.Errorf("%s prints as %d bytes on %d pages", address, len(printed.Data), pages)
		}
	}
}

// Changing the language keeps the page, and holds on the next one.
func TestBrowserChangesLanguage(t *testing.T) {
	b := openBrowser(t)
	b.prefer("language", string(locale.English))
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/projects?channel=education&sort=-paid"))
	first := tell[string](b, `document.querySelector("main tbody .sub").textContent`)
	b.do(chromedp.Click(`.languages a[lang="zh-Hans"]`))
	b.wait(`document.documentElement.lang === "zh-Hans" && document.readyState === "complete"`)
	if query := tell[string](b, "location.search"); query != "?channel=education&sort=-paid" {
		t.Errorf("the page became %q", query)
	}
	if got := tell[string](b, `document.querySelector("main tbody .sub").textContent`); got != first {
		t.Errorf("the first project was %s and is %s", first, got)
	}
	b.do(chromedp.Click(`.rail a[href="/claims"]`))
	b.wait(`location.pathname === "/claims" && document.readyState === "complete"`)
	if title := tell[string](b, `document.querySelector("h1").textContent`); title != "说了什么，记录如何" {
		t.Errorf("the next page is headed %q", title)
	}
}
