package form_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/party"
	"lastmile/internal/testworld"
	"lastmile/internal/web/form"
	"lastmile/internal/web/webtest"
)

func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 640, 400))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// heads counts the entries of all books.
func heads(t *testing.T, app *webtest.App) (n int64) {
	t.Helper()
	list, err := journal.Heads(context.Background(), app.Store.DB)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range list {
		n += h.Seq
	}
	return n
}

func last(t *testing.T, app *webtest.App, book string) journal.Entry {
	t.Helper()
	var last journal.Entry
	err := journal.Each(context.Background(), app.Store.DB, journal.Filter{Book: book, Limit: 1, Descending: true}, func(e journal.Entry) error { last = e; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return last
}

func TestRecord(t *testing.T) {
	app := webtest.New(t)
	officer := app.As("officer")
	officer.Get("/record").Says(http.StatusOK, "Project", "Party")
	page := officer.Get("/record/project").Says(http.StatusOK, "Code", "Letters, digits, dot, dash; at most 40.", "optional")
	f := page.Form("/record/project")

	// Everything that is wrong comes back at once, each at its field, with what was typed.
	back := officer.Send(f, "id", "no spaces allowed", "name", "<script>alert(1)</script>", "area", testworld.Town, "until", "never", "on", "")
	back.Says(http.StatusUnprocessableEntity, "does not have the form", "“never” is not a date", "Channel is missing", "Theme is missing", "Date is missing", `href="#f-id"`, `href="#f-channel"`, "5 answers need another look")
	again := back.Form("/record/project")
	if again.Values.Get("name") != "<script>alert(1)</script>" || again.Values.Get("until") != "never" || again.Values.Get("area") != testworld.Town {
		t.Errorf("what was typed is lost: %v", again.Values)
	}
	if strings.Contains(back.Body, "<script>alert") {
		t.Error("a script in a name is a script in the page")
	}
	if again.Values.Get("key") != f.Values.Get("key") {
		t.Error("the form came back with another key")
	}

	before := heads(t, app)
	good := []string{"id", "W-9", "until", "2021-01-01", "channel", "livelihood", "theme", "water", "on", "2020-05-20"}
	officer.Send(again, good...).Says(http.StatusOK, "Recorded: Project", "&lt;script&gt;")
	officer.Send(again, good...).Says(http.StatusOK, "The form was sent twice")
	if n := heads(t, app) - before; n != 1 {
		t.Errorf("sent twice, the form made %d entries", n)
	}
	officer.Send(again, append(good, "name", "Another name")...).Says(http.StatusConflict, "was sent before with other content")

	e := last(t, app, testworld.Wushan)
	if e.Kind != "project" || e.Actor != "officer" || e.Source != "form" || e.Area != testworld.Town || e.On != "2020-05-20" {
		t.Errorf("recorded %+v", e)
	}
	officer.In("zh-CN").Get("/record/project").Says(http.StatusOK, "编号", "请选择", "登记")
}

func TestPropose(t *testing.T) {
	app := webtest.New(t)
	fin := app.As("fin")
	f := fin.Get("/record/disbursement?project=p-"+testworld.Wushan).Says(http.StatusOK, "It counts once another person agrees (Approver)", "From ¥1.00", "m on it takes 2").Form("/record/disbursement")
	if f.Values.Get("project") != "p-"+testworld.Wushan {
		t.Error("the address did not fill the field")
	}
	fin.Send(f, "to", "builder-"+testworld.Wushan, "amount", "1,250.50", "voucher", "V-1", "purpose", "pipes").Says(http.StatusOK, "Sent for approval: Disbursement", "¥1,250.50", "Water station")
	list, err := fact.Proposals(context.Background(), app.Store.DB, "", fact.Waiting)
	if err != nil || len(list) != 1 || list[0].Actor != "fin" {
		t.Fatalf("proposals %v, %v", list, err)
	}
	before := heads(t, app)
	fin.Send(f, "to", "builder-"+testworld.Wushan, "amount", "1,250.50", "voucher", "V-1", "purpose", "pipes").Says(http.StatusOK, "The form was sent twice")
	if heads(t, app) != before {
		t.Error("a proposal sent twice was made twice")
	}
}

func TestCorrect(t *testing.T) {
	app := webtest.New(t)
	officer := app.As("officer")
	e := last(t, app, testworld.Wushan) // the builder
	at := testworld.Wushan + ":" + itoa(e.Seq)
	f := officer.Get("/record/party?corrects="+at).Says(http.StatusOK, "Correct: Party", "This takes back entry").Form("/record/party")
	if f.Values.Get("name") != "Builder of "+testworld.Wushan {
		t.Errorf("the form is not filled with the entry: %v", f.Values)
	}
	officer.Send(f, "name", "Builder, renamed").Says(http.StatusOK, "Recorded: Party")
	if now := last(t, app, testworld.Wushan); now.Reverses != e.Seq || !strings.Contains(now.Body, "renamed") {
		t.Errorf("corrected by %+v", now)
	}
	officer.Send(officer.Get("/record/party?corrects="+at).Form("/record/party"), "name", "Once more").Says(http.StatusConflict, "was taken back already")
	officer.Get("/record/project?corrects=" + at).Says(http.StatusUnprocessableEntity)
	officer.Get("/record/party?corrects=nonsense").Says(http.StatusUnprocessableEntity)
	officer.Get("/record/party?corrects=" + testworld.Wushan + ":9999").Says(http.StatusNotFound)
}

// TestScope is what people may not record: kinds that are not theirs, areas that they do not serve, kinds that nobody records.
func TestScope(t *testing.T) {
	app := webtest.New(t)
	before := heads(t, app)
	app.As("").Get("/record/party").Says(http.StatusUnauthorized, "Log in")
	app.As("audit").Get("/record/party").Says(http.StatusForbidden)
	app.As("lead").Get("/record").Says(http.StatusOK, "Nothing to record")
	app.As("admin").Get("/record/proposal").Says(http.StatusForbidden)
	app.As("admin").Get("/record/approval").Says(http.StatusForbidden)
	app.As("officer").Get("/record/nonsense").Says(http.StatusNotFound)

	far := app.As("faraway")
	f := far.Get("/record/party").Form("/record/party")
	far.Send(f, "id", "x", "name", "X", "kind", "supplier", "area", testworld.Wushan).Says(http.StatusForbidden, "may not record this here")
	far.In("zh").Send(f, "id", "x", "name", "X", "kind", "supplier", "area", testworld.Town).Says(http.StatusForbidden, "无权在此登记")
	builder := last(t, app, testworld.Wushan)
	far.Get("/record/party?corrects="+testworld.Wushan+":"+itoa(builder.Seq)).Says(http.StatusForbidden, "You may not see entry")
	if heads(t, app) != before {
		t.Error("something was recorded")
	}
	far.Send(f, "id", "x", "name", "X", "kind", "supplier", "area", testworld.FarTown).Says(http.StatusOK, "Recorded")
	if !strings.Contains(app.Log.String(), "person=faraway") {
		t.Error("the refusal is not in the log")
	}
}

func TestEvidence(t *testing.T) {
	app := webtest.New(t)
	officer := app.As("officer")
	page := officer.Get("/record/party").Form("/record/party")
	page.Files = []webtest.File{
		{Field: "evidence", Name: "photo.png", Content: photo(t)},
		{Field: "evidence", Name: "invoice.pdf", Content: []byte("<html><script>alert(1)</script></html>")},
		{Field: "evidence", Name: "large.png", Content: append(photo(t), make([]byte, 21<<20)...)},
	}
	back := officer.Send(page, "id", "y", "name", "Y", "kind", "supplier")
	back.Says(http.StatusUnprocessableEntity, "The file is text/html", "larger than 20 MB")
	again := back.Form("/record/party")
	if len(again.Values["kept"]) != 1 {
		t.Fatalf("the good file was not kept: %v", again.Values["kept"])
	}
	hash := again.Values.Get("kept")
	small := ""
	for _, link := range strings.Split(back.Body, `"`) {
		if strings.HasPrefix(link, "/files/"+hash+"/small?key=") {
			small = link
		}
	}
	picture := officer.Get(small)
	if picture.Status != http.StatusOK || picture.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("small picture: %d %s", picture.Status, picture.Header.Get("Content-Type"))
	}
	app.As("audit").Get(small).Says(http.StatusForbidden) // the address is one session's
	officer.Get("/files/" + hash).Says(http.StatusForbidden)

	officer.Send(again).Says(http.StatusOK, "Recorded: Party")
	e := last(t, app, "hq")
	if len(e.Evidence) != 1 || e.Evidence[0] != hash || e.Grade != journal.Traced {
		t.Errorf("recorded with %v, %s", e.Evidence, e.Grade)
	}
}

// TestEvidenceKept sends a file with a form that has a wrong field: the corrected form has it still, and the entry carries it. What is unticked is left out.
func TestEvidenceKept(t *testing.T) {
	app := webtest.New(t)
	officer := app.As("officer")
	for _, id := range []string{"kept", "left"} {
		keeps := id == "kept"
		page := officer.Get("/record/party").Form("/record/party")
		page.Files = []webtest.File{{Field: "evidence", Name: "photo.png", Content: photo(t)}}
		back := officer.Send(page, "id", id, "name", "Y", "kind", "dragon").Says(http.StatusUnprocessableEntity, "1 answer needs another look")
		again := back.Form("/record/party")
		if len(again.Values["kept"]) != 1 || again.Values.Get("name") != "Y" {
			t.Fatalf("sent with a wrong field, the form comes back with %v", again.Values)
		}
		hash := again.Values.Get("kept")
		if !keeps {
			delete(again.Values, "kept")
		}
		back = officer.Send(again, "kind", "") // wrong once more
		again = back.Form("/record/party")
		officer.Send(again, "kind", "supplier").Says(http.StatusOK, "Recorded: Party")
		if e := last(t, app, "hq"); slices.Contains(e.Evidence, hash) != keeps {
			t.Errorf("%s: recorded with %v", id, e.Evidence)
		}
	}
}

// TestPicker looks up a party among more than fit into a list.
func TestPicker(t *testing.T) {
	app := webtest.New(t)
	for i := range 40 {
		app.Record("officer", nil, partyNo(i))
	}
	fin := app.As("fin")
	f := fin.Get("/record/disbursement").Form("/record/disbursement")
	found := fin.Send(f, "find", "to", "to", "Number 3", "amount", "7")
	found.Says(http.StatusOK, "Number 33")
	g := found.Form("/record/disbursement")
	if g.Values.Get("amount") != "7" || g.Values.Get("to") != "Number 3" {
		t.Errorf("what was typed is lost: %v", g.Values)
	}
	done := []string{"to.pick", "many-33", "project", "p-" + testworld.Wushan, "voucher", "V-2", "purpose", "pipes"}
	fin.Send(g, done...).Says(http.StatusOK, "Sent for approval", "Number 33")
	fin.Send(fin.Get("/record/disbursement").Form("/record/disbursement"), append(done, "amount", "8", "to.pick", "", "to", "nobody")...).Says(http.StatusUnprocessableEntity, "There is no Party “nobody” here")
	fin.Send(fin.Get("/record/disbursement").Form("/record/disbursement"), append(done, "amount", "9", "to.pick", "", "to", "number 12")...).Says(http.StatusOK, "Number 12")
}

func itoa(n int64) string { return form.EntryHref("", n)[len("/entries//"):] }

// TestPickerOfAnotherCounty offers an assistant their own county's parties, however many another county has.
func TestPickerOfAnotherCounty(t *testing.T) {
	app := webtest.New(t)
	for i := range 40 {
		app.Record("officer", nil, partyNo(i))
	}
	far := app.As("faraway").Get("/record/delivery").Says(http.StatusOK, "Builder of "+testworld.Maigaiti, "Water station "+testworld.Maigaiti)
	for _, foreign := range []string{"Number ", "Builder of " + testworld.Wushan, "Water station " + testworld.Wushan} {
		if strings.Contains(far.Body, foreign) {
			t.Errorf("another county's %q is offered", foreign)
		}
	}
}

func partyNo(i int) fact.Fact {
	n := itoa(int64(i))
	return &party.Party{ID: "many-" + n, Name: "Number " + n, Kind: "supplier", Area: testworld.Wushan}
}
