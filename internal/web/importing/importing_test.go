package importing_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/testworld"
	"lastmile/internal/web/importing"
	"lastmile/internal/web/webtest"
)

// send uploads a table and gives the address of its page.
func send(t *testing.T, b *webtest.Browser, kind, name, content string) (href string, page *webtest.Page) {
	t.Helper()
	form := b.Get(importing.Path+"/"+kind).Says(http.StatusOK, "Excel template").Form(importing.Path + "/" + kind)
	form.Files = []webtest.File{{Field: "table", Name: name, Content: []byte(content)}}
	answer := b.Post(form)
	if answer.Status != http.StatusSeeOther {
		return "", answer
	}
	href = answer.Header.Get("Location")
	return href, b.Get(href)
}

func parties(t *testing.T, app *webtest.App) (n int) {
	t.Helper()
	list, err := entity.Find(context.Background(), app.Store.DB, entity.Filter{Type: "party"})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestImport sends a table with headings of its own and two wrong rows, through columns, preview, error workbook and record.
func TestImport(t *testing.T) {
	app := webtest.New(t)
	officer := app.As("officer")
	before := parties(t, app)
	content := "Wann,编号,Firma,Kind,Area,Note\n" +
		"2020-05-01,a-1,Alpha,supplier," + testworld.Wushan + ",x\n" +
		"2020-05-01,a-2,Beta,dragon," + testworld.Wushan + ",x\n" +
		"2020-05-01,builder-" + testworld.Wushan + ",Builder of " + testworld.Wushan + ",supplier," + testworld.Wushan + ",x\n" +
		"2020-05-01,a-4,<script>alert(1)</script>,supplier,999999,x\n"
	href, page := send(t, officer, "party", "firms.csv", content)
	page.Says(http.StatusOK, "columns to confirm", "No field has this name")
	form := page.Form(href + "/check")
	if form.Values.Get("column-1") != "id" || form.Values.Get("column-2") != fact.LeaveOut {
		t.Errorf("columns were guessed as %v", form.Values)
	}

	// Without the name there is nothing to check; the page says so and keeps the choice.
	officer.Send(form)
	officer.Wait(href, "The column “name” is missing")

	form.Values.Set("column-0", "on")
	form.Values.Set("column-2", "name")
	officer.Send(form)
	preview := officer.Wait(href, "Nothing is recorded yet")
	preview.Says(http.StatusOK, "“dragon” is not one of the choices", "Area 999999 is not recorded", "&lt;script&gt;", "Record 1 row")
	if !strings.Contains(preview.Body, "<dt>Already there</dt><dd>1</dd>") || !strings.Contains(preview.Body, "<dt>To put right</dt><dd>2</dd>") {
		t.Errorf("counts: %s", preview.Text())
	}
	if parties(t, app) != before {
		t.Fatal("a check recorded something")
	}
	workbook := officer.Get(href + "/rows")
	if workbook.Status != http.StatusOK || !strings.HasPrefix(workbook.Body, "PK") || !strings.Contains(workbook.Header.Get("Content-Disposition"), "party-to-put-right.xlsx") {
		t.Errorf("the rows to put right: %d %v", workbook.Status, workbook.Header)
	}
	officer.In("zh").Get(href).Says(http.StatusOK, "尚未登记", "不在可选范围内", "登记 1 行")

	officer.Send(preview.Form(href+"/record"), "skip", "yes") // as its button says
	officer.Wait(href, "This is what became of the table").Says(http.StatusOK, "Recorded")
	if n := parties(t, app) - before; n != 1 {
		t.Errorf("%d parties were recorded, want 1", n)
	}
	officer.Get("/import").Says(http.StatusOK, "firms.csv")

	// The columns are remembered, and the same table again is nothing new.
	href, page = send(t, officer, "party", "again.csv", content)
	form = page.Form(href + "/check")
	if form.Values.Get("column-0") != "on" || form.Values.Get("column-2") != "name" || form.Values.Get("column-5") != fact.LeaveOut {
		t.Errorf("columns are not remembered: %v", form.Values)
	}
	officer.Send(form)
	preview = officer.Wait(href, "Nothing is recorded yet")
	if !strings.Contains(preview.Body, "<dt>New</dt><dd>0</dd>") || !strings.Contains(preview.Body, "<dt>Already there</dt><dd>2</dd>") {
		t.Errorf("counts of the same table again: %s", preview.Text())
	}
	app.As("fin").Get(href).Says(http.StatusNotFound, "another person")
}

func TestImportProposes(t *testing.T) {
	app := webtest.New(t)
	fin := app.As("fin")
	href, page := send(t, fin, "disbursement", "pay.csv", fmt.Sprintf("on,project,to,amount,voucher,purpose\n2020-05-02,p-%[1]s,builder-%[1]s,10.00,V-1,pipes\n", testworld.Wushan))
	fin.Send(page.Form(href + "/check"))
	fin.Send(fin.Wait(href, "Nothing is recorded yet").Form(href + "/record"))
	fin.Wait(href, "This is what became of the table").Says(http.StatusOK, "Sent for approval")
	list, err := fact.Proposals(context.Background(), app.Store.DB, "", fact.Waiting)
	if err != nil || len(list) != 1 || list[0].Actor != "fin" {
		t.Errorf("proposals %v, %v", list, err)
	}
}

// TestImportRefuses is what cannot be imported.
func TestImportRefuses(t *testing.T) {
	app := webtest.New(t)
	officer := app.As("officer")
	app.As("audit").Get("/import/party").Says(http.StatusForbidden)
	app.As("").Get("/import").Says(http.StatusUnauthorized)
	for _, c := range []struct{ name, content, says string }{
		{"virus.exe", "MZ", "is not a table that can be read"},
		{"workbook.xlsx", "this is no workbook", "not an Excel workbook"},
		{"empty.csv", "", "The file is empty"},
		{"../../etc/passwd.csv", "", "The file is empty"},
	} {
		_, page := send(t, officer, "party", c.name, c.content)
		page.Says(http.StatusUnprocessableEntity, c.says)
	}
	// Another county's rows are wrong rows of an assistant's table.
	far := app.As("faraway")
	href, page := send(t, far, "party", "far.csv", "on,id,name,kind,area\n2020-05-01,z-1,Z,supplier,"+testworld.Wushan+"\n")
	far.Send(page.Form(href + "/check"))
	far.Wait(href, "may not record this here")
	before := parties(t, app)
	answer := far.Do(http.MethodPost, href+"/record", "application/x-www-form-urlencoded", strings.NewReader("form-token="+page.Form(href+"/check").Values.Get("form-token")+"&skip=yes"))
	if answer.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", answer.Status, answer.Text())
	}
	far.Wait(href, "This is what became of the table")
	if parties(t, app) != before {
		t.Error("another county's party was recorded")
	}
	template := officer.Get("/import/party/template?format=xlsx")
	if template.Status != http.StatusOK || !strings.HasPrefix(template.Body, "PK") {
		t.Errorf("template: %d", template.Status)
	}
	officer.Get("/import/party/template?format=exe").Says(http.StatusUnprocessableEntity)
}
