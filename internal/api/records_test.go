package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"lastmile/internal/api"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/indicator"
	"lastmile/internal/project"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

// raw sends a body of any kind and gives the answer as it came.
func (c client) raw(method, path string, body []byte) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(method, "https://aid.example"+api.Path+path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.token)
	w := httptest.NewRecorder()
	c.app.Handler.ServeHTTP(w, r)
	return w
}

// things walks all pages of a type.
func (c client) things(query string) (ids []string) {
	c.t.Helper()
	for cursor := ""; ; {
		var page api.Things
		if status := c.call("GET", query+"limit=2&cursor="+cursor, "", "", &page); status != http.StatusOK {
			c.t.Fatalf("%s: %d", query, status)
		}
		for _, e := range page.Things {
			ids = append(ids, e.Book+":"+e.ID)
		}
		if cursor = page.Next; cursor == "" {
			return ids
		}
	}
}

func TestThings(t *testing.T) {
	app := webtest.New(t)
	officer, assistant := program(t, app, "officer", "read"), program(t, app, "assistant", "read")
	all, own := officer.things("/things/project?"), assistant.things("/things/project?")
	if len(all) < 2 || len(own) == 0 || len(own) >= len(all) || slices.Compact(slices.Sorted(slices.Values(all)))[0] != all[0] {
		t.Errorf("projects: all are %v, the assistant sees %v", all, own)
	}
	for _, id := range own {
		if id[:6] != testworld.Wushan {
			t.Errorf("the assistant sees project %s", id)
		}
	}
	if got := officer.things("/things/project?text=p-" + testworld.Wushan + "&"); len(got) != 1 {
		t.Errorf("by a part of the code: %v", got)
	}
	for _, county := range []string{testworld.Wushan, testworld.Maigaiti} {
		app.Record("officer", nil, &project.Milestone{Project: "p-" + county, ID: "m", Name: "Opened", Due: "2020-12-31"})
	}
	if got := assistant.things("/things/milestone?"); !slices.Equal(got, []string{testworld.Wushan + ":m"}) {
		t.Errorf("the assistant sees milestones %v", got)
	}
	if got := assistant.things("/things/person?"); len(got) != 0 {
		t.Errorf("the assistant sees people %v", got)
	}
	officer.refused("GET", "/things/nonsense", "", "", http.StatusNotFound, "type.unknown")
	officer.refused("GET", "/things/project?cursor=***", "", "", http.StatusUnprocessableEntity, "cursor.wrong")

	var file api.File
	path := "/things/project/" + testworld.Wushan + "/p-" + testworld.Wushan
	if status := assistant.call("GET", path, "", "", &file); status != http.StatusOK || file.Thing.ID != "p-"+testworld.Wushan {
		t.Errorf("project: %d %+v", status, file)
	}
	officer.refused("GET", "/things/project/"+testworld.Wushan+"/nonsense", "", "", http.StatusNotFound, "ref.unknown")
	assistant.refused("GET", "/things/project/"+testworld.Maigaiti+"/p-"+testworld.Maigaiti, "", "", http.StatusForbidden, "area.hidden")

	var books api.Books
	if assistant.call("GET", "/books", "", "", &books); len(books.Books) != 3 || len(books.Books[0].Hash) != 64 {
		t.Errorf("books: %+v", books)
	}
}

// What a payment moved is what the balances then hold; its voucher can be fetched by those who may see the entry.
func TestEffects(t *testing.T) {
	app := webtest.New(t)
	fin := program(t, app, "fin", "read", "record")
	held := func(c client) map[string]string {
		var list api.Balances
		c.call("GET", "/balances", "", "", &list)
		by := map[string]string{}
		for _, b := range list.Balances {
			by[b.Book+" "+b.Account+" "+b.Commodity] = b.Amount
		}
		return by
	}
	commitment := testworld.Wushan + " commitment:" + testworld.Wushan + ":p-" + testworld.Wushan + " CNY"
	before := held(fin)
	if before[commitment] != "30000.00" {
		t.Fatalf("balances before: %v", before)
	}
	kept := fin.raw("POST", "/evidence", facttest.Photo(1))
	if kept.Code != http.StatusCreated {
		t.Fatalf("keep evidence: %d %s", kept.Code, kept.Body)
	}
	hash := facttest.PhotoHash(1)
	receipts, err := app.Store.Recorder.Record(t.Context(), fact.Draft{
		Fact: &project.Disbursement{Project: "p-" + testworld.Wushan, To: "builder-" + testworld.Wushan, Amount: 10_00, Voucher: "V-1", Purpose: "pipes"},
		On:   "2020-05-02", Actor: "fin", Approvers: []string{"approver"}, Source: "test", Evidence: []string{hash}})
	if err != nil {
		t.Fatal(err)
	}
	receipt := receipts[0]
	if after := held(fin); after[commitment] != "29990.00" {
		t.Errorf("balances after: %v", after)
	}
	if got := held(program(t, app, "faraway", "read")); got[commitment] != "" {
		t.Errorf("another county's assistant sees %v", got)
	}
	path := fmt.Sprintf("/entries/%s/%d", receipt.Book, receipt.Seq)
	var e api.Effects
	if status := fin.call("GET", path+"/effects", "", "", &e); status != http.StatusOK || len(e.Postings) == 0 || e.Postings[0].Amount != "10.00" {
		t.Errorf("effects: %d %+v", status, e)
	}
	program(t, app, "faraway", "read").refused("GET", path+"/effects", "", "", http.StatusForbidden, "entry.hidden")
	file := fin.raw("GET", path+"/evidence/"+hash, nil)
	if file.Code != http.StatusOK || !bytes.Equal(file.Body.Bytes(), facttest.Photo(1)) || file.Header().Get("Content-Type") != "image/png" {
		t.Errorf("evidence: %d, %d bytes, %v", file.Code, file.Body.Len(), file.Header())
	}
	program(t, app, "faraway", "read").refused("GET", path+"/evidence/"+hash, "", "", http.StatusForbidden, "entry.hidden")
	fin.refused("GET", path+"/evidence/"+facttest.PhotoHash(2), "", "", http.StatusNotFound, "evidence.unknown")
}

func TestImports(t *testing.T) {
	app := webtest.New(t)
	officer := program(t, app, "officer", "read", "record")
	send := func(name, content string) api.Import {
		t.Helper()
		w := officer.raw("POST", "/imports/party?name="+name+"&on=2020-05-02", []byte(content))
		if w.Code != http.StatusCreated {
			t.Fatalf("send %s: %d %s", name, w.Code, w.Body)
		}
		var list api.Imports
		officer.call("GET", "/imports", "", "", &list)
		return wait(t, officer, list.Imports[0].ID)
	}
	bad := send("parties.csv", "id,name,kind,area\ngood,Good,supplier,"+testworld.Wushan+"\nbad one,Bad,supplier,"+testworld.Wushan+"\n")
	if bad.State != "checked" || bad.New != 1 || bad.Wrong != 1 || len(bad.Problems) == 0 || bad.Problems[0].Row != 3 || bad.Problems[0].Column != "id" || bad.Problems[0].Remedy == "" {
		t.Fatalf("a table with a wrong row: %+v", bad)
	}
	officer.refused("POST", "/imports/"+bad.ID+"/record", "", `{"skip_wrong": false}`, http.StatusConflict, "import.wrong")
	if w := officer.raw("GET", "/imports/"+bad.ID+"/wrong", nil); w.Code != http.StatusOK || !bytes.HasPrefix(w.Body.Bytes(), []byte("PK")) {
		t.Errorf("the wrong rows: %d", w.Code)
	}
	program(t, app, "fin", "read").refused("GET", "/imports/"+bad.ID, "", "", http.StatusNotFound, "job.unknown")
	if status := officer.call("POST", "/imports/"+bad.ID+"/record", "", `{"skip_wrong": true}`, nil); status != http.StatusOK {
		t.Errorf("record: %d", status)
	}
	if done := wait(t, officer, bad.ID); done.State != "recorded" || done.Recorded != 1 {
		t.Errorf("recorded: %+v", done)
	}
	if got := officer.things("/things/party?text=good&"); len(got) != 1 {
		t.Errorf("parties: %v", got)
	}
	if w := officer.raw("POST", "/imports/party?name=parties.doc", []byte("x")); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a file that is no table: %d %s", w.Code, w.Body)
	}
	program(t, app, "audit", "record").refused("POST", "/imports/party?name=p.csv", "", "id", http.StatusForbidden, "kind.by")
}

// wait asks for an import until nobody works on it.
func wait(t *testing.T, c client, id string) api.Import {
	t.Helper()
	for range 1000 {
		var x api.Import
		c.call("GET", "/imports/"+id, "", "", &x)
		if x.State != "checking" && x.State != "recording" {
			return x
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the import does not end")
	return api.Import{}
}

// TestSearch finds by code, name, pinyin and initials what the page finds, and only what the caller may see.
func TestSearch(t *testing.T) {
	app := webtest.New(t)
	app.Record("officer", nil, &indicator.Figure{ID: "committed", Version: 1, En: "Committed", Zh: "承诺资金", Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "commitment:CNY"})
	for _, c := range []struct {
		person, text string
		want         []string // of things
		entries      bool
	}{
		{"officer", "wsx", []string{"area " + testworld.Wushan}, false},
		{"officer", "WUSHAN", []string{"area " + testworld.Wushan}, false},
		{"officer", "武山", []string{"area " + testworld.Wushan}, false},
		{"officer", "cnzj", []string{"figure committed"}, false},
		{"officer", "water station " + testworld.Maigaiti, []string{"project p-" + testworld.Maigaiti}, false},
		{"officer", "C-" + testworld.Wushan, nil, true},
		{"officer", testworld.Wushan + ":1", nil, true},
		{"officer", "x:y", nil, false},
		{"assistant", "wsx", []string{"area " + testworld.Wushan}, false},
		{"faraway", "wsx", nil, false},
		{"faraway", "C-" + testworld.Wushan, nil, false},
	} {
		var hits api.Hits
		if status := program(t, app, c.person, "read").call("GET", "/search?text="+url.QueryEscape(c.text), "", "", &hits); status != http.StatusOK {
			t.Errorf("%q: status %d", c.text, status)
		}
		var got []string
		entries := false
		for _, h := range hits.Hits {
			if entries = entries || h.Type == "entry"; h.Type != "entry" {
				got = append(got, h.Type+" "+h.ID)
			}
		}
		if !slices.Equal(got, c.want) || entries != c.entries {
			t.Errorf("%s looks for %q and finds %v", c.person, c.text, hits.Hits)
		}
	}
	program(t, app, "officer", "read").refused("GET", "/search?text=+", "", "", http.StatusUnprocessableEntity, "field.required")
}
