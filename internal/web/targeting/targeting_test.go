package targeting_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lastmile/internal/area"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/targeting"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

const village = "620524100201"

// world has six registered households in a village of Wushan, of whom one has nobody able to work.
func world(t *testing.T) *webtest.App {
	t.Helper()
	app := webtest.New(t)
	record := func(f fact.Fact, book, actor string) {
		t.Helper()
		if _, err := app.Store.Recorder.Record(context.Background(), fact.Draft{Fact: f, Book: book, On: "2020-05-01", Actor: actor, Source: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	record(&area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "一村"}, "", fact.Operator)
	for i := range 6 {
		labour := "ordinary"
		if i == 5 {
			labour = "none"
		}
		id := fmt.Sprintf("H%d", i+1)
		record(&household.Household{ID: id, Area: village, Standard: "national", Attribute: "ordinary", MainCause: "disability", Members: []string{"01 head 1975-03-02 male " + labour}, Names: []string{"01 张三丰"},
			Move: "M-" + id, Registered: "2014-01-01"}, testworld.Wushan, "assistant")
	}
	return app
}

// The way of rules: tried with an error, tried, proposed, approved, a list frozen and put up; each step on its page and in both languages.
func TestFromRulesToNotice(t *testing.T) {
	app := world(t)
	assistant := app.As("assistant")
	assistant.Get("/targeting").Says(http.StatusOK, "There are no rules yet", "No list has been frozen yet")
	form := assistant.Get("/targeting/try").Says(http.StatusOK, "What a rule may ask").Form("/targeting/try")
	form.Values.Set("area", testworld.Town)
	rules := form.Values.Get("rules")

	wrong := strings.Replace(rules, `"when": "labour > 0"`, `"when": "labor > 0"`, 1)
	assistant.Post(form, "rules", wrong, "do", "run").Says(http.StatusUnprocessableEntity, "eligible[1].when: line 1, column 1: “labor” is no variable. Did you mean labour?")
	assistant.In("zh-Hans").Post(form, "rules", wrong, "do", "run").Says(http.StatusUnprocessableEntity, "eligible[1].when：第 1 行第 1 列：没有变量“labor”，是否应为 labour？")
	assistant.Post(form, "as-of", "soon", "do", "run").Says(http.StatusUnprocessableEntity, "not a date")

	page := assistant.Post(form, "do", "run").Says(http.StatusOK, "Of 6 households, 5 would be chosen and 0 would wait; 0 cannot be judged yet.", "5 households enter", "10 points (People able to work 10), place 1 of the village, quota 5", "Condition", "一村")
	if !strings.Contains(page.Text(), "H1") || strings.Contains(page.Text(), "张") {
		t.Error("a dry run shows households by their codes and no names")
	}
	assistant.In("zh-Hans").Post(form, "do", "run").Says(http.StatusOK, "共 6 户：入选 5 户", "得分 10（劳动力 10），村内第 1 名，名额 5 户")
	csv := assistant.Post(form, "do", "csv")
	if csv.Status != http.StatusOK || !strings.HasPrefix(csv.Body, "\ufeffhousehold,village,outcome,change,score,rank,quota,reason,rule_registered") || strings.Count(csv.Body, "\n") != 7 {
		t.Errorf("the CSV is %d\n%s", csv.Status, csv.Body)
	}
	assistant.Post(form, "do", "backtest").Says(http.StatusOK, "What the rules would have chosen on")

	// whoever leads the sponsor sees counts and no households
	lead := app.As("lead")
	own := lead.Get("/targeting/try").Form("/targeting/try")
	own.Values.Set("area", testworld.Town)
	counts := lead.Post(own, "do", "run").Says(http.StatusOK, "5 would be chosen", "Households are not shown to you")
	if strings.Contains(counts.Text(), "H1") {
		t.Error("who may not see personal data sees households")
	}
	if got := lead.Post(own, "do", "csv"); got.Status != http.StatusForbidden {
		t.Errorf("who may not see personal data gets a CSV: %d", got.Status)
	}
	faraway := app.As("faraway")
	far := faraway.Get("/targeting/try").Form("/targeting/try")
	far.Values.Set("area", testworld.Town)
	faraway.Post(far, "do", "run").Says(http.StatusForbidden, "no area that you serve")

	assistant.Post(form, "do", "freeze").Says(http.StatusUnprocessableEntity, "not in force")
	saved := assistant.Post(form, "do", "save")
	panel := saved.Header.Get("Location")
	if saved.Status != http.StatusSeeOther || !strings.HasPrefix(panel, "/todo/"+testworld.Wushan+"/") {
		t.Fatalf("saving gives %d %s", saved.Status, panel)
	}
	approver := app.As("approver")
	approver.Send(approver.Get(panel).Form(panel), "decision", "approve")

	assistant.Get("/targeting").Says(http.StatusOK, "Breeding sheep")
	form = assistant.Get("/targeting/try?book="+testworld.Wushan+"&id=breeding-sheep").Says(http.StatusOK, "Freeze the list").Form("/targeting/try")
	form.Values.Set("area", testworld.Town)
	frozen := assistant.Post(form, "do", "freeze")
	href := frozen.Header.Get("Location")
	if frozen.Status != http.StatusSeeOther || !strings.HasPrefix(href, "/targeting/runs/") {
		t.Fatalf("freezing gives %d %s\n%s", frozen.Status, href, frozen.Text())
	}
	run := assistant.Get(href).Says(http.StatusOK, "5 households are chosen and 0 wait", "The list has not been put up", "Not approved", "H6", "does not hold: Somebody can work")
	assistant.Post(run.Form(href), "place", "").Says(http.StatusUnprocessableEntity, "Where it hangs")
	assistant.Send(run.Form(href), "place", "村委会公示栏").Says(http.StatusOK, "村委会公示栏", "Approve the list")
	assistant.In("zh-Hans").Get(href).Says(http.StatusOK, "入选 5 户，候补 0 户", "待审定", "审定名单", "不符合：有劳动能力")
	if page := assistant.Get(href); !strings.Contains(page.Body, `href="/households/`+testworld.Wushan+`/H6"`) {
		t.Error("a household of the list does not lead to its page")
	}
	list := assistant.Get(href + "/list.csv")
	if list.Status != http.StatusOK || strings.Count(list.Body, "\n") != 7 || strings.Contains(list.Body, "张") {
		t.Errorf("the list is %d\n%s", list.Status, list.Body)
	}
	if got := lead.Get(href + "/list.csv"); got.Status != http.StatusForbidden {
		t.Errorf("who may not see personal data gets the list: %d", got.Status)
	}
	lead.Get(href).Says(http.StatusOK, "Households are not shown to you")
	app.As("faraway").Get(href).Says(http.StatusForbidden)
	assistant.Get("/targeting/runs/" + testworld.Wushan + "/nothing").Says(http.StatusNotFound)
	if _, e, err := targeting.FindRun(context.Background(), app.Store.DB, testworld.Wushan, strings.TrimPrefix(href, "/targeting/runs/"+testworld.Wushan+"/")); err != nil || e.Status != targeting.Frozen {
		t.Errorf("the run is %q, %v", e.Status, err)
	}
}

// A sweep shows what it finds before it opens anything, and opens nothing twice.
func TestSweep(t *testing.T) {
	app := world(t)
	assistant := app.As("assistant")
	form := assistant.Get("/targeting/sweep").Says(http.StatusOK, "No alert is open").Form("/targeting/sweep")
	form.Values.Set("area", testworld.Town)
	found := assistant.Post(form, "do", "look").Says(http.StatusOK, "What was found in 6 households", "6 new, 0 with an alert already", "Open 6 alerts", "No alert is open")
	assistant.Post(found.Form("/targeting/sweep"), "do", "open").Says(http.StatusOK, "6 alerts are open now", "6 open alerts", "H1.disabled.2020")
	assistant.Post(form, "do", "open").Says(http.StatusOK, "0 new, 6 with an alert already", "6 open alerts")
	assistant.In("zh-Hans").Get("/targeting/sweep").Says(http.StatusOK, "未处置预警 6 条", "残疾人户")
	if csv := assistant.Get("/targeting/alerts.csv"); csv.Status != http.StatusOK || strings.Count(csv.Body, "\n") != 7 {
		t.Errorf("the alerts are %d\n%s", csv.Status, csv.Body)
	}
	if far := app.As("faraway").Get("/targeting/alerts.csv"); far.Status != http.StatusOK || strings.Count(far.Body, "\n") != 1 {
		t.Errorf("another county sees the alerts: %d\n%s", far.Status, far.Body)
	}
	if lead := app.As("lead").Get("/targeting/sweep"); strings.Contains(lead.Text(), "H1") {
		t.Error("who may not see personal data sees alerts")
	}
	lead := app.As("lead")
	own := lead.Get("/targeting/sweep").Form("/targeting/sweep")
	own.Values.Set("area", testworld.Town)
	lead.Post(own, "do", "open").Says(http.StatusOK) // nothing is new
	faraway := app.As("faraway")
	faraway.Post(faraway.Get("/targeting/sweep").Form("/targeting/sweep"), "area", testworld.Town, "do", "look").Says(http.StatusForbidden)
}
