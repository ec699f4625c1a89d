package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"lastmile/internal/fact"
	"lastmile/internal/indicator"
	"lastmile/internal/project"
	"lastmile/internal/testenv"
	"lastmile/internal/testworld"
	"lastmile/internal/web/todo"
	"lastmile/internal/web/webtest"
)

// screen is one person's browser.
type screen struct {
	t   *testing.T
	ctx context.Context
	at  string // address of the application
}

// do carries out steps, or fails with what the page says.
func (s *screen) do(steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		text, _ := chromedp.Run(s.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		s.t.Fatalf("%v; the page says:\n%s", err, text)
	}
}

func (s *screen) open(path string) { s.t.Helper(); s.do(chromedp.Navigate(s.at + path)) }

// fill types into a field or chooses from a list, by the field's name.
func (s *screen) fill(pairs ...string) {
	s.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		s.do(chromedp.SetValue(`main [name="`+pairs[i]+`"]`, pairs[i+1]))
	}
}

// press presses a button and waits for the page it leads to to say something.
func (s *screen) press(button, says string) {
	s.t.Helper()
	s.do(chromedp.Click(button))
	s.says(says)
}

// begin presses a button that begins a task, and loads the task's page again until it says something.
func (s *screen) begin(button, says string) {
	s.t.Helper()
	s.do(chromedp.Click(button))
	s.until(says)
}

// until loads the page of a task again until it says something.
func (s *screen) until(says string) {
	s.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		body, err := chromedp.Run(s.ctx, chromedp.Evaluate[string]("document.readyState === 'complete' ? document.body.innerText : ''"))
		if strings.Contains(body, says) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the page does not come to say %q (%v):\n%s", says, err, body)
		}
		time.Sleep(200 * time.Millisecond)
		if body != "" {
			err = chromedp.Do(s.ctx, chromedp.Reload())
		}
		if err != nil {
			s.t.Log("on the way to another page:", err)
		}
	}
}

func (s *screen) says(text string) {
	s.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		body, err := chromedp.Run(s.ctx, chromedp.Evaluate[string]("document.readyState === 'complete' ? document.body.innerText : ''"))
		if err == nil && strings.Contains(body, text) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the page does not say %q (%v):\n%s", text, err, body)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// upload chooses a file for a field, by the field's name.
func (s *screen) upload(field, path string) {
	s.t.Helper()
	s.do(chromedp.SetUploadFiles(`main [name="`+field+`"]`, []string{path}))
}

func (s *screen) logIn(person string) {
	s.t.Helper()
	s.open("/todo")
	s.fill("person", person, "password", testworld.Password)
	s.press(`main form button.primary`, "Waiting for you")
}

// send is the button that sends a page's form.
const send = `main form button.primary`

// screens gives browsers before an application in which some people have a password.
func screens(t *testing.T, app *webtest.App, people ...string) (one func() *screen) {
	t.Helper()
	for _, p := range people {
		app.LogIn(p)
	}
	server := httptest.NewServer(app.Handler)
	t.Cleanup(server.Close)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(testenv.Chromium(t)), chromedp.NoSandbox, chromedp.Headless, chromedp.Flag("disable-background-networking", true))
	t.Cleanup(stop)
	browser, quit := chromedp.NewContext(allocator)
	t.Cleanup(quit)
	if err := chromedp.Do(browser, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return func() *screen {
		t.Helper()
		ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
		t.Cleanup(closeTab)
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 1600)); err != nil {
			t.Fatal(err)
		}
		return &screen{t, ctx, server.URL}
	}
}

// TestJourney is the way of a payment through three pairs of hands in a real browser: recorded with a mistake in the form, proposed, sent
// back, put right, approved, corrected.
func TestJourney(t *testing.T) {
	app := webtest.New(t)
	one := screens(t, app, "fin", "approver")
	fin, approver := one(), one()

	fin.logIn("fin")
	fin.open("/record/disbursement")
	fin.fill("project", "p-"+testworld.Wushan, "to", "builder-"+testworld.Wushan, "amount", "12,50", "voucher", "V-1", "purpose", "pipes")
	fin.press(send, "1 answer needs another look")
	fin.fill("amount", "1250.50")
	fin.press(send, "Sent for approval")

	list, err := fact.Proposals(t.Context(), app.Store.DB, "", fact.Waiting)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	approver.logIn("approver")
	approver.says("Disbursement")
	approver.open(todo.Href(list[0].Book, list[0].Seq))
	approver.says("28,749.50")
	approver.do(chromedp.Click(`.approval summary`))
	approver.fill("reason", "The voucher is V-2")
	approver.press(`.approval button[value="back"]`, "Nothing waits for you")

	fin.open("/todo")
	fin.says("The voucher is V-2")
	fin.open(todo.Href(list[0].Book, list[0].Seq))
	fin.press(`main .heading a.primary`, "Send for approval")
	fin.fill("voucher", "V-2")
	fin.press(send, "Sent for approval")

	list, err = fact.Proposals(t.Context(), app.Store.DB, "", fact.Waiting)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	approver.open(todo.Href(list[0].Book, list[0].Seq))
	approver.press(`.approval button[value="approve"]`, "Nothing waits for you")

	approved, err := fact.Proposals(t.Context(), app.Store.DB, "", fact.Approved)
	if err != nil || len(approved) != 1 {
		t.Fatal(approved, err)
	}
	paid := last(t, app, testworld.Wushan)
	if paid.Kind != "disbursement" {
		t.Fatalf("approved, the last entry is %+v", paid)
	}
	fin.open("/record/disbursement?corrects=" + position(paid))
	fin.says("This takes back entry")
	fin.fill("amount", "1200")
	fin.press(send, "Sent for approval")
	list, err = fact.Proposals(t.Context(), app.Store.DB, "", fact.Waiting)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	approver.open(todo.Href(list[0].Book, list[0].Seq))
	approver.says("1,250.50") // before
	approver.says("1,200.00") // after
	approver.press(`.approval button[value="approve"]`, "Nothing waits for you")
	if now := last(t, app, testworld.Wushan); now.Reverses != paid.Seq || now.Kind != "disbursement" {
		t.Errorf("corrected by %+v", now)
	}
}

// TestImportJourney is the way of a table in a real browser: sent with a wrong row, shown at its cell, its good rows proposed, and those
// approved in one step by somebody else, who reads Chinese.
func TestImportJourney(t *testing.T) {
	app := webtest.New(t)
	one := screens(t, app, "fin", "approver")
	fin, approver := one(), one()
	to := "p-" + testworld.Wushan + ",builder-" + testworld.Wushan
	path := filepath.Join(t.TempDir(), "pay.csv")
	if err := os.WriteFile(path, []byte("on,project,to,amount,voucher,purpose\n2020-05-02,"+to+",100.00,V-1,pipes\n2020-05-03,"+to+",2o0.00,V-2,pipes\n2020-05-04,"+to+",300.00,V-3,pumps\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fin.logIn("fin")
	fin.open("/import/disbursement")
	fin.upload("table", path)
	fin.press(send, "pay.csv")
	fin.begin(send, "2o0.00") // at its cell
	fin.begin(`main form[action$="/record"] button.primary`, "Sent for approval")

	approver.logIn("approver")
	approver.do(chromedp.Click(`.languages a[lang="zh-Hans"]`))
	approver.says("同一次导入 2 项")
	approver.do(chromedp.Click(`main a[href^="/todo/together"]`))
	approver.says("共 2 项，合计")
	approver.press(send, "暂无待办")
	if paid := last(t, app, testworld.Wushan); paid.Kind != "disbursement" {
		t.Errorf("approved, the last entry is a %s", paid.Kind)
	}
	done, err := fact.Proposals(t.Context(), app.Store.DB, "", fact.Approved)
	if err != nil || len(done) != 2 {
		t.Errorf("%d are approved: %v", len(done), err)
	}
}

// TestFigureJourney is the way from a figure on the overview down to the photograph of the voucher that proves it, in a real browser, and onto
// paper.
func TestFigureJourney(t *testing.T) {
	app := webtest.New(t)
	app.Record("officer", nil, &indicator.Figure{ID: "direct-funds", Version: 1, En: "Direct funds", Zh: "直接投入", Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "disbursement:CNY"})
	app.Record("officer", nil, &indicator.Figure{ID: "projects", Version: 1, En: "Projects", Zh: "项目", Unit: "projects", Aggregate: "sum", Terms: "project"})
	hash := app.Evidence()
	receipts, err := app.Store.Recorder.Record(t.Context(), fact.Draft{Fact: &project.Disbursement{Project: "p-" + testworld.Wushan, To: "builder-" + testworld.Wushan, Amount: 1250_50, Voucher: "V-77", Purpose: "pipes"},
		On: "2020-05-02", Actor: "fin", Approvers: []string{"approver"}, Source: "test", Evidence: []string{hash}})
	if err != nil {
		t.Fatal(err)
	}
	audit := screens(t, app, "audit")()
	audit.logIn("audit")
	audit.open("/figures/direct-funds")
	audit.press(`main a[href^="/figures/direct-funds/records"]`, "V-77")
	entry := fmt.Sprintf("/entries/%s/%d", receipts[0].Book, receipts[0].Seq)
	audit.press(`main a[href^="`+entry+`"]`, "1,250.50")
	shown, err := chromedp.Run(audit.ctx, chromedp.Evaluate[bool](`(async () => { const i = document.querySelector('main img'); await i.decode(); return i.naturalWidth > 0 })()`, chromedp.EvalAwaitPromise))
	if err != nil || !shown {
		t.Errorf("the photograph of the voucher is not shown: %v", err)
	}
	audit.press(`.languages a[lang="zh-Hans"]`, "V-77")
	audit.says("资金拨付")
	paper, err := chromedp.Call(audit.ctx, page.PrintToPDF, page.PrintToPDFParams{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(paper.Data, []byte("%PDF-")) {
		t.Errorf("the entry does not print: %d bytes", len(paper.Data))
	}
}
