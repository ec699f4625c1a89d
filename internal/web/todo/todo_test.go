package todo_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lastmile/internal/api"
	"lastmile/internal/casework"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
	"lastmile/internal/notice"
	"lastmile/internal/project"
	"lastmile/internal/testworld"
	"lastmile/internal/web/todo"
	"lastmile/internal/web/webtest"
)

const waterStation = "p-" + testworld.Wushan

func pay(amount fact.Money, voucher string) *project.Disbursement {
	return &project.Disbursement{Project: waterStation, To: "builder-" + testworld.Wushan, Amount: amount, Voucher: voucher, Purpose: "pipes"}
}

// paid is what the builder has received.
func paid(t *testing.T, app *webtest.App) (sum int64) {
	t.Helper()
	list, err := ledger.FindBalances(context.Background(), app.Store.DB, ledger.BalanceFilter{Account: "recipient:builder-" + testworld.Wushan})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		sum += b.Amount
	}
	return sum
}

func TestApprove(t *testing.T) {
	app := webtest.New(t)
	p := app.Record("fin", nil, pay(1_250_50, "V-1"))
	href := todo.Href(p.Book, p.Seq)

	approver := app.As("approver")
	approver.Get("/todo").Says(http.StatusOK, "wait for your approval", "Disbursement", "Water station", "¥1,250.50", "Tang Xin", "0 of 1")
	panel := approver.Get(href).Says(http.StatusOK, "¥1,250.50", "Prepared by Tang Xin", "nobody records it alone", "Effect on balances", "Promised money · Water station", "¥30,000.00", "¥28,749.50")
	approver.In("zh").Get(href).Says(http.StatusOK, "须由他人复核", "对余额的影响", "已安排资金")

	// The maker has no button, and making one does not help.
	fin := app.As("fin")
	own := fin.Get(href).Says(http.StatusOK, "another person must approve it")
	if own.FindForm(href) != nil {
		t.Error("the maker is offered to approve")
	}
	forged := panel.Form(href)
	forged.Values.Set("form-token", fin.Get("/account").Form("/logout").Values.Get("form-token"))
	fin.Send(forged, "decision", "approve").Says(http.StatusForbidden, "prepared or approved this already")
	// Nor do others who are no approvers.
	officer := app.As("officer")
	forged.Values.Set("form-token", officer.Get("/account").Form("/logout").Values.Get("form-token"))
	officer.Send(forged, "decision", "approve").Says(http.StatusForbidden, "may not approve this here")
	faraway := app.As("faraway")
	faraway.Get(href).Says(http.StatusForbidden, "You may not see entry")
	app.As("assistant").Get(href).Says(http.StatusOK, "It waits for: Approver")
	// Nor does approving something else than what was shown.
	approver.Send(panel.Form(href), "decision", "approve", "content", strings.Repeat("0", 64)).Says(http.StatusConflict, "says something else than what you approved")
	if paid(t, app) != 0 {
		t.Fatal("money moved without approval")
	}

	approver.Send(panel.Form(href), "decision", "approve").Says(http.StatusOK, "Nothing waits for you")
	if got := paid(t, app); got != 1_250_50 {
		t.Errorf("paid %d", got)
	}
	approver.Send(panel.Form(href), "decision", "approve").Says(http.StatusOK) // the same word twice is one word
	app.As("second").Get(href).Says(http.StatusOK, "It was approved and counts")
	if got := paid(t, app); got != 1_250_50 {
		t.Errorf("approved twice, paid %d", got)
	}
}

func TestSendBack(t *testing.T) {
	app := webtest.New(t)
	p := app.Record("fin", nil, pay(7_00, "V-2"))
	href := todo.Href(p.Book, p.Seq)
	approver, fin := app.As("approver"), app.As("fin")
	form := approver.Get(href).Form(href)
	approver.Send(form, "decision", "back", "reason", " ").Says(http.StatusUnprocessableEntity, "Say what has to be put right")
	approver.Send(form, "decision", "back", "reason", "The voucher is V-3 <b>").Says(http.StatusOK)
	fin.Get("/todo").Says(http.StatusOK, "were sent back to you", "The voucher is V-3 &lt;b&gt;")
	if got := returned(t, fin); !slices.Equal(got, []int64{p.Seq}) || len(returned(t, approver)) > 0 {
		t.Errorf("a program of the maker finds %v sent back, one of the approver %v", got, returned(t, approver))
	}
	fin.Get(href).Says(http.StatusOK, "Put it right")
	again := fin.Get("/record/disbursement?again=" + p.Book + ":" + strconv.FormatInt(p.Seq, 10)).Form("/record/disbursement")
	if again.Values.Get("voucher") != "V-2" {
		t.Errorf("the form is not filled: %v", again.Values)
	}
	fin.Send(again, "voucher", "V-3").Says(http.StatusOK, "Sent for approval")
	if text := fin.Get("/todo").Text(); strings.Contains(text, "sent back to you") {
		t.Errorf("what was replaced is still listed: %s", text)
	}
	if got := returned(t, fin); len(got) > 0 {
		t.Errorf("a program finds %v sent back, which was replaced", got)
	}
	app.As("officer").Get("/record/disbursement?again=" + p.Book + ":" + strconv.FormatInt(p.Seq, 10)).Says(http.StatusForbidden)
}

// returned are the proposals that a program finds sent back to a person.
func returned(t *testing.T, b *webtest.Browser) (list []int64) {
	t.Helper()
	for _, p := range programs(t, b).Returned {
		list = append(list, p.Seq)
	}
	return list
}

// programs is the work list as a program of a person finds it.
func programs(t *testing.T, b *webtest.Browser) (answer api.Todo) {
	t.Helper()
	if err := json.Unmarshal([]byte(b.Get(api.Path+"/todo").Says(http.StatusOK).Body), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestTwoApprovers pays an amount that needs two: the second word of the same person is none.
func TestTwoApprovers(t *testing.T) {
	app := webtest.New(t)
	p := app.Record("fin", nil, pay(2_000_000_00, "V-4"))
	href := todo.Href(p.Book, p.Seq)
	first := app.As("approver")
	panel := first.Get(href).Says(http.StatusOK, "2 other persons", "As things stand it cannot be recorded")
	first.Send(panel.Form(href), "decision", "approve").Says(http.StatusOK)
	first.Get(href).Says(http.StatusOK, "You have approved it; another person must too", "Approved so far by Zhou Kai")
	first.Send(panel.Form(href), "decision", "approve")
	second := app.As("second")
	last := second.Get(href).Form(href)
	second.Send(last, "decision", "approve").Says(http.StatusConflict, "Not decided", "holds 30000.00")
	if paid(t, app) != 0 {
		t.Error("money that was not there was paid")
	}
}

// importPays sends a table of payments and has its good rows proposed.
func importPays(t *testing.T, app *webtest.App, name string, rows ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	text := "on,project,to,amount,voucher,purpose\n"
	for _, r := range rows {
		text += "2020-05-02," + waterStation + ",builder-" + testworld.Wushan + "," + r + ",pipes\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := app.Store.Recorder.Import(t.Context(), fact.Find("disbursement"), path, fact.ImportOptions{Actor: "fin"})
	if err != nil || result.Proposed != len(rows) {
		t.Fatalf("%v: %+v", err, result)
	}
}

// TestTogether approves what one import proposed in one step: all that is ticked or nothing, each bound to its hash.
func TestTogether(t *testing.T) {
	app := webtest.New(t)
	importPays(t, app, "may.csv", "100.00,V-1", "200.50,V-2", "300.00,V-3")
	importPays(t, app, "other.csv", "5.00,V-9")
	approver, fin := app.As("approver"), app.As("fin")
	list := approver.Get("/todo").Says(http.StatusOK, "Disbursement: 3 from one import", "may.csv")
	href := ""
	for _, l := range list.Links() {
		if strings.HasPrefix(l, "/todo/together?") {
			href = l
		}
	}
	panel := approver.Get(href).Says(http.StatusOK, "3 ticked at first, ¥600.50 together", "Promised money · Water station", "¥29,399.50", "V-2")
	approver.In("zh").Get(href).Says(http.StatusOK, "同一次导入 3 项", "合计 600.50 元")
	fin.Get(href).Says(http.StatusOK, "Nothing of this import waits for you")
	form := panel.Form(href)
	if got := len(form.Values["chosen"]); got != 3 {
		t.Fatalf("%d are ticked", got)
	}

	stranger := *form // the maker sends the approver's form
	stranger.Values = maps.Clone(form.Values)
	stranger.Values.Set("form-token", fin.Get("/account").Form("/logout").Values.Get("form-token"))
	fin.Send(&stranger).Says(http.StatusConflict, "does not wait for you")
	other := *form // one of them says something else than what was shown
	other.Values = maps.Clone(form.Values)
	other.Values["chosen"] = slices.Clone(form.Values["chosen"])
	seq, _, _ := strings.Cut(other.Values["chosen"][2], " ")
	other.Values["chosen"][2] = seq + " " + strings.Repeat("0", 64)
	approver.Send(&other).Says(http.StatusConflict, "says something else than what you approved")
	none := *form
	none.Values = maps.Clone(form.Values)
	delete(none.Values, "chosen")
	approver.Send(&none).Says(http.StatusUnprocessableEntity, "Nothing is ticked")
	if got := paid(t, app); got != 0 {
		t.Fatalf("paid %d without approval", got)
	}

	form.Values["chosen"] = form.Values["chosen"][:2]
	approver.Send(form).Says(http.StatusOK, "2 wait for your approval")
	if got := paid(t, app); got != 300_50 {
		t.Errorf("paid %d", got)
	}
	approver.Send(form).Says(http.StatusConflict, "does not wait for you any more")
}

// TestTogetherAllOrNone approves two of which the second cannot be recorded: the first is not either.
func TestTogetherAllOrNone(t *testing.T) {
	app := webtest.New(t)
	importPays(t, app, "may.csv", "100.00,V-1", "30000.00,V-2")
	approver := app.As("approver")
	href := "/todo/together?book=" + testworld.Wushan + "&by=fin&kind=disbursement&table=may.csv"
	panel := approver.Get(href).Says(http.StatusOK, "As things stand it cannot be recorded")
	approver.Send(panel.Form("/todo/together?book="+testworld.Wushan+"&by=fin&kind=disbursement&table=may.csv")).Says(http.StatusConflict, "Not decided")
	if got := paid(t, app); got != 0 {
		t.Errorf("half of it was paid: %d", got)
	}
}

func TestWork(t *testing.T) {
	app := webtest.New(t)
	d := app.Record("fin", []string{"approver"}, pay(9_00, "V-5"))
	app.Record("officer", nil, &project.Milestone{Project: waterStation, ID: "M-1", Name: "Pipes laid", Due: "2020-05-15"})
	app.Record("officer", nil, &project.Milestone{Project: waterStation, ID: "M-2", Name: "Opened", Due: "2021-05-15"})

	page := app.As("fin").Get("/todo").Says(http.StatusOK, "payments lack their proof", "V-5")
	if href := "/record/proof?book=" + d.Book + "&entry=" + strconv.FormatInt(d.Seq, 10); !contains(page.Links(), href) {
		t.Errorf("no link to %s: %v", href, page.Links())
	}
	work := app.As("assistant").Get("/todo").Says(http.StatusOK, "Pipes laid", "late")
	if strings.Contains(work.Text(), "Opened") {
		t.Error("a milestone of next year is listed")
	}
	answer := programs(t, app.As("assistant"))
	want := []api.Milestone{{Book: testworld.Wushan, ID: "M-1", Name: "Pipes laid", Project: waterStation, Due: "2020-05-15", Late: true}}
	if !slices.Equal(answer.Milestones, want) {
		t.Errorf("a program finds %+v, want %+v", answer.Milestones, want)
	}
	if text := app.As("faraway").Get("/todo").Text(); strings.Contains(text, "Pipes") || strings.Contains(text, "V-5") {
		t.Errorf("another county's work is listed: %s", text)
	}
}

// TestNotices lists what hangs in public for those who go on from there: the next step when it has run, an objection before that.
func TestNotices(t *testing.T) {
	app := webtest.New(t)
	list := []string{testworld.Wushan}
	app.Record("assistant", []string{"approver"}, &casework.Case{ID: "CX", Procedure: "county-exit-gansu-2020", Area: testworld.Wushan, Title: "County exit"})
	app.Record("assistant", nil, &notice.Notice{ID: "N-1", Case: "CX", Title: "County leaves poverty", Area: testworld.Wushan, Place: "Board of the county", Days: 7, DayKind: "calendar", List: list, Hash: notice.Hash(list)})
	assistant := app.As("assistant")
	page := assistant.Get("/todo").Says(http.StatusOK, "County leaves poverty", "武山县", "8 May 2020", "has run: record the next step")
	if href := "/record/case-step?book=" + testworld.Wushan + "&case=CX"; !contains(page.Links(), href) {
		t.Errorf("no link to %s: %v", href, page.Links())
	}
	assistant.In("zh").Get("/todo").Says(http.StatusOK, "公示期满，请登记下一步骤")
	if text := app.As("faraway").Get("/todo").Text(); strings.Contains(text, "County leaves poverty") {
		t.Errorf("another county's notice is listed: %s", text)
	}
	if got := programs(t, assistant).Closing; len(got) != 1 || got[0].ID != "N-1" || got[0].Book != testworld.Wushan || got[0].Case != "CX" || got[0].Until != "2020-05-08" || got[0].Hangs || len(got[0].Objections) != 0 {
		t.Errorf("a program finds %+v", got)
	}
	for _, other := range []string{"faraway", "audit"} { // who may not record the next step
		app.As(other).Get(api.Path+"/todo").Says(http.StatusOK, `"closing": []`)
	}
	app.Record("assistant", nil, &notice.Objection{ID: "O-1", Notice: "N-1", Anonymous: true, Text: "Two villages have no water.", AnswerBy: "2020-06-10"})
	page = assistant.Get("/todo").Says(http.StatusOK, "1 objection to answer")
	if href := "/record/objection-answer?book=" + testworld.Wushan + "&objection=O-1"; !contains(page.Links(), href) {
		t.Errorf("no link to %s: %v", href, page.Links())
	}
	assistant.Get("/record/objection-answer?book="+testworld.Wushan+"&objection=O-1").Says(http.StatusOK, "O-1")
	if got := programs(t, assistant).Closing; len(got) != 1 || !slices.Equal(got[0].Objections, []string{"O-1"}) {
		t.Errorf("with an objection a program finds %+v", got)
	}

	// A notice that hangs for longer waits for nobody, until somebody objects.
	app.Record("assistant", []string{"approver"}, &casework.Case{ID: "CY", Procedure: "county-exit-gansu-2020", Area: testworld.Wushan, Title: "County exit, once more"})
	app.Record("assistant", nil, &notice.Notice{ID: "N-2", Case: "CY", Title: "Hangs for long", Area: testworld.Wushan, Place: "Board of the county", Days: 60, DayKind: "calendar", List: list, Hash: notice.Hash(list)})
	if got := programs(t, assistant).Closing; len(got) != 1 || strings.Contains(assistant.Get("/todo").Text(), "Hangs for long") {
		t.Errorf("a notice that hangs for another month is listed: %+v", got)
	}
	app.Record("assistant", nil, &notice.Objection{ID: "O-2", Notice: "N-2", Anonymous: true, Text: "One village has no road.", AnswerBy: "2020-06-10"})
	assistant.Get("/todo").Says(http.StatusOK, "Hangs for long")
	if got := programs(t, assistant).Closing; len(got) != 2 || got[1].ID != "N-2" || !got[1].Hangs {
		t.Errorf("with an objection to it a program finds %+v", got)
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
