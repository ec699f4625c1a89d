package desk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lastmile/internal/entity"
	"lastmile/internal/intake"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

// Rows of a table that takes more than one commit, and those of the first.
const (
	firms       = 2500
	firstCommit = 2000
)

// firmsTable writes a table of firms.
func firmsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("on,id,name,kind,area\n")
	for i := range firms {
		fmt.Fprintf(&b, "2020-05-02,firm-%d,Firm %d,supplier,%s\n", i, i, testworld.Wushan)
	}
	path := filepath.Join(t.TempDir(), "firms.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// holdImport keeps every import from going on once it has handed in its first commit, until it is released.
func holdImport(t *testing.T, app *webtest.App) (release func()) {
	t.Helper()
	gate := make(chan struct{})
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	app.Store.Intake.Watch(func(j intake.Job) {
		if j.Step == string(intake.Recording) && j.Rows == firstCommit {
			<-gate
		}
	})
	return release
}

// recordedFirms waits until so many firms are recorded.
func recordedFirms(t *testing.T, app *webtest.App, want int) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		all, err := entity.Find(t.Context(), app.Store.DB, entity.Filter{Book: testworld.Wushan, Type: "party"})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range all {
			if strings.HasPrefix(e.ID, "firm-") {
				n++
			}
		}
		if n == want {
			return
		}
		if n > want || time.Now().After(deadline) {
			t.Fatalf("%d firms are recorded, want %d", n, want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// sendFirms takes the table through columns and check to the start of its recording.
func (s *screen) sendFirms(path string) {
	s.t.Helper()
	s.open("/import/party")
	s.upload("table", path)
	s.press(send, "firms.csv")
	s.begin(send, "Record 2,500 rows")
	s.press(`main form[action$="/record"] button.primary`, "The rows are being recorded")
}

// answered presses a button and waits for the page that answers. It presses at once: a bar that shows how far a task is comes anew while it runs.
func (s *screen) answered(button string) {
	s.t.Helper()
	s.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("window.pressed = true; document.querySelector(%q).click()", button)))
	deadline := time.Now().Add(15 * time.Second)
	for {
		there, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool]("window.pressed === undefined && document.readyState === 'complete'"))
		if err == nil && there {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no page answers %s: %v", button, err)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// counts holds what the page counts against what is wanted.
func (s *screen) counts(want ...string) {
	s.t.Helper()
	got, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("main dt")].map(e => e.textContent + " " + e.nextElementSibling.textContent)`))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			s.t.Errorf("the page counts %q, not %q", got, w)
		}
	}
}

// TestImportWithoutBrowser closes the tab while a table is being recorded: the import goes on, and is found again in the list.
func TestImportWithoutBrowser(t *testing.T) {
	app := webtest.New(t)
	release := holdImport(t, app)
	officer := screens(t, app, "officer")()
	officer.logIn("officer")
	ctx, closeTab := chromedp.NewContext(officer.ctx)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 1600)); err != nil { // opens it
		t.Fatal(err)
	}
	tab := &screen{t, ctx, officer.at}
	tab.sendFirms(firmsTable(t))
	recordedFirms(t, app, firstCommit)

	if err := chromedp.Cancel(tab.ctx); err != nil { // closes it
		t.Fatal(err)
	}

	officer.open("/import")
	officer.says("recording")
	officer.press(`main table a[href^="/imports/"]`, "The rows are being recorded")
	officer.says("Recording the rows")
	officer.says("2,000 rows")

	release()
	officer.until("This is what became of the table")
	officer.counts("Rows 2,500", "Recorded 2,500", "Already there 0")
	recordedFirms(t, app, firms)
}

// TestImportCancelled cancels a table while it is being recorded: what was recorded stays, what was not is said and can be gone on with, and nothing is
// recorded twice, neither by going on nor by sending the table again.
func TestImportCancelled(t *testing.T) {
	app := webtest.New(t)
	release := holdImport(t, app)
	officer := screens(t, app, "officer")()
	officer.logIn("officer")
	path := firmsTable(t)
	officer.sendFirms(path)
	recordedFirms(t, app, firstCommit)

	officer.answered(`.job form[action$="/stop"] button`)
	release()
	officer.until("It was stopped. What was recorded stays")
	officer.counts("Rows 2,500", "Recorded 2,000", "Not recorded yet 500")
	recordedFirms(t, app, firstCommit)

	officer.begin(`main form[action$="/record"] button.primary`, "This is what became of the table")
	officer.counts("Recorded 500", "Already there 2,000")
	recordedFirms(t, app, firms)

	officer.open("/import/party")
	officer.upload("table", path)
	officer.press(send, "firms.csv")
	officer.begin(send, "Nothing is recorded yet")
	officer.counts("New 0", "Already there 2,500")
	recordedFirms(t, app, firms)
}
