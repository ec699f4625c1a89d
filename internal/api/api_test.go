package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"lastmile/internal/api"
	"lastmile/internal/fact"
	"lastmile/internal/indicator"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

// client is a program with a token.
type client struct {
	t     *testing.T
	app   *webtest.App
	token string
}

func program(t *testing.T, app *webtest.App, person string, scopes ...string) client {
	t.Helper()
	token, err := app.Store.Accounts.MakeToken(t.Context(), person, "test", scopes, 30)
	if err != nil {
		t.Fatal(err)
	}
	return client{t, app, token}
}

// call sends a request and reads the answer into result, when there is one to read into.
func (c client) call(method, path, key, body string, result any) int {
	c.t.Helper()
	r := httptest.NewRequest(method, "https://aid.example"+api.Path+path, strings.NewReader(body))
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	c.app.Handler.ServeHTTP(w, r)
	if result != nil {
		if err := json.Unmarshal(w.Body.Bytes(), result); err != nil {
			c.t.Fatalf("%s %s: status %d, %v: %s", method, path, w.Code, err, w.Body)
		}
	}
	return w.Code
}

// refused expects a refusal with a status and the code of one of its problems.
func (c client) refused(method, path, key, body string, status int, code string) {
	c.t.Helper()
	var answer api.Refused
	got := c.call(method, path, key, body, &answer)
	has := slices.ContainsFunc(answer.Errors, func(p api.Problem) bool { return p.Code == code && p.Message != "" })
	if got != status || !has {
		c.t.Errorf("%s %s: %d %+v, want %d with %s", method, path, got, answer, status, code)
	}
}

func TestDocument(t *testing.T) {
	app := webtest.New(t)
	page := app.As("").Get(api.DocumentPath)
	page.Says(http.StatusOK)
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile("testdata/openapi-3.1-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(page.Body))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Fatal(err)
	}
	// What that schema leaves open: every schema in the document is one of JSON Schema, and every reference leads somewhere.
	components := document.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	for name, one := range components {
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("document.json", document); err != nil {
			t.Fatal(err)
		}
		if _, err := compiler.Compile("document.json#/components/schemas/" + name); err != nil {
			t.Errorf("schema %s: %v: %v", name, err, one)
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(page.Body, -1) {
		if components[ref[1]] == nil {
			t.Errorf("nothing is at %s", ref[0])
		}
	}
	for _, k := range fact.Kinds() {
		if len(k.By) > 0 && !strings.Contains(page.Body, `"fact.`+k.Name+`"`) {
			t.Errorf("the document does not describe a %s", k.Name)
		}
	}
}

func TestTokens(t *testing.T) {
	app := webtest.New(t)
	client{t, app, ""}.refused("GET", "/kinds", "", "", http.StatusUnauthorized, "session.none")
	client{t, app, "lastmile_made-up"}.refused("GET", "/kinds", "", "", http.StatusUnauthorized, "token.unknown")
	reader := program(t, app, "officer", "read")
	reader.refused("POST", "/facts/party", "k", "{}", http.StatusForbidden, "token.scope")
	reader.refused("POST", "/proposals/hq/1", "", "{}", http.StatusForbidden, "token.scope")
	program(t, app, "officer", "record").refused("GET", "/entries", "", "", http.StatusForbidden, "token.scope")
	// A cookie reads, and changes nothing.
	officer := app.As("officer")
	officer.Get(api.Path + "/kinds").Says(http.StatusOK)
	if p := officer.Do(http.MethodPost, api.Path+"/facts/party", "application/json", strings.NewReader(`{}`)); p.Status != http.StatusUnauthorized {
		t.Errorf("a cookie alone may record: %d", p.Status)
	}
	reader.refused("GET", "/nonsense", "", "", http.StatusNotFound, "page.unknown")
}

const party = `{"on": "2020-05-02", "fact": {"id": "%s", "name": "%s", "kind": "supplier", "area": "` + testworld.Wushan + `"}}`

func TestRecord(t *testing.T) {
	app := webtest.New(t)
	c := program(t, app, "officer", "read", "record")
	var first, again fact.Receipt
	if status := c.call("POST", "/facts/party", "k-1", fmt.Sprintf(party, "x", "X"), &first); status != http.StatusCreated || first.Book != testworld.Wushan {
		t.Fatalf("%d %+v", status, first)
	}
	if status := c.call("POST", "/facts/party", "k-1", fmt.Sprintf(party, "x", "X"), &again); status != http.StatusOK || !again.Again || again.Seq != first.Seq {
		t.Errorf("sent twice: %d %+v", status, again)
	}
	c.refused("POST", "/facts/party", "k-1", fmt.Sprintf(party, "x", "Y"), http.StatusConflict, "key.conflict")
	c.refused("POST", "/facts/party", "", fmt.Sprintf(party, "z", "Z"), http.StatusUnprocessableEntity, "key.form")
	c.refused("POST", "/facts/party", "k-2", "not json", http.StatusUnprocessableEntity, "json.object")
	c.refused("POST", "/facts/nonsense", "k-2", "{}", http.StatusNotFound, "kind.unknown")
	c.refused("POST", "/facts/proposal", "k-2", "{}", http.StatusForbidden, "kind.by")
	c.refused("POST", "/facts/party", "k-2", strings.Repeat(" ", 2<<20), http.StatusUnprocessableEntity, "request.large")

	var all api.Refused
	c.call("POST", "/facts/project", "k-3", `{"on": "soon", "fact": {"id": "a b", "name": "N", "area": "`+testworld.Wushan+`", "colour": "red"}}`, &all)
	var fields []string
	for _, p := range all.Errors {
		fields = append(fields, p.Field)
	}
	for _, want := range []string{"on", "id", "colour", "channel", "theme"} {
		if !slices.Contains(fields, want) {
			t.Errorf("no problem with %s is told: %v", want, fields)
		}
	}

	var e api.Entry
	if c.call("GET", fmt.Sprintf("/entries/%s/%d", first.Book, first.Seq), "", "", &e); e.Actor != "officer" || e.Source != "api" {
		t.Errorf("entry %+v", e)
	}
	body := fmt.Sprintf(`{"on": "2020-05-03", "corrects": "%s:%d", "fact": {"id": "x", "name": "Renamed", "kind": "supplier", "area": "%s"}}`, first.Book, first.Seq, testworld.Wushan)
	var corrected fact.Receipt
	if status := c.call("POST", "/facts/party", "k-4", body, &corrected); status != http.StatusCreated {
		t.Errorf("correction: %d %+v", status, corrected)
	}
}

func TestApprove(t *testing.T) {
	app := webtest.New(t)
	fin, approver := program(t, app, "fin", "read", "record", "approve"), program(t, app, "approver", "read", "approve")
	var receipt fact.Receipt
	pay := fmt.Sprintf(`{"on": "2020-05-02", "fact": {"project": "p-%[1]s", "to": "builder-%[1]s", "amount": "10.00", "voucher": "V", "purpose": "pipes"}}`, testworld.Wushan)
	if status := fin.call("POST", "/facts/disbursement", "pay-1", pay, &receipt); status != http.StatusCreated || !receipt.Proposal {
		t.Fatalf("%d %+v", status, receipt)
	}
	var list api.Proposals
	approver.call("GET", "/proposals", "", "", &list)
	if len(list.Proposals) != 1 || !list.Proposals[0].Yours || list.Proposals[0].Actor != "fin" {
		t.Fatalf("proposals %+v", list)
	}
	p := list.Proposals[0]
	path := fmt.Sprintf("/proposals/%s/%d", p.Book, p.Seq)
	word := fmt.Sprintf(`{"decision": "approve", "content": %q}`, p.Content)
	fin.refused("POST", path, "", word, http.StatusForbidden, "approval.self")
	program(t, app, "officer", "approve").refused("POST", path, "", word, http.StatusForbidden, "approval.role")
	program(t, app, "faraway", "approve").refused("POST", path, "", word, http.StatusNotFound, "proposal.unknown")
	approver.refused("POST", path, "", `{"decision": "approve", "content": "00"}`, http.StatusConflict, "proposal.changed")
	approver.refused("POST", path, "", `{"decision": "send-back", "content": ""}`, http.StatusUnprocessableEntity, "field.required")
	if status := approver.call("POST", path, "", word, &receipt); status != http.StatusCreated {
		t.Errorf("approved: %d %+v", status, receipt)
	}
	if status := approver.call("POST", path, "", word, &receipt); status != http.StatusOK || !receipt.Again {
		t.Errorf("approved twice: %d %+v", status, receipt)
	}
}

// TestPaging walks all entries in small pages, as those who see all and as those who see little.
func TestPaging(t *testing.T) {
	app := webtest.New(t)
	counts := map[string]int{}
	for _, person := range []string{"audit", "officer", "assistant", "faraway"} {
		c := program(t, app, person, "read")
		seen, cursor := map[string]bool{}, ""
		for range 200 {
			var page api.Entries
			c.call("GET", "/entries?limit=7&cursor="+cursor, "", "", &page)
			for _, e := range page.Entries {
				at := fmt.Sprintf("%s:%d", e.Book, e.Seq)
				if seen[at] {
					t.Fatalf("%s: entry %s came twice", person, at)
				}
				seen[at] = true
				if person == "assistant" && (e.Book == testworld.Maigaiti || e.Kind == "injection" || e.Kind == "appointment") {
					t.Errorf("the assistant sees %s %s", at, e.Kind)
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		counts[person] = len(seen)
	}
	if !(counts["audit"] > counts["officer"] && counts["officer"] > counts["assistant"] && counts["assistant"] == counts["faraway"]) {
		t.Errorf("entries seen: %v", counts)
	}
	program(t, app, "audit", "read").refused("GET", "/entries?cursor=nonsense!", "", "", http.StatusUnprocessableEntity, "cursor.wrong")
	program(t, app, "audit", "read").refused("GET", "/entries?limit=9999", "", "", http.StatusUnprocessableEntity, "parameter.wrong")
}

func TestFigures(t *testing.T) {
	app := webtest.New(t)
	app.Record("officer", nil, &indicator.Figure{ID: "committed", Version: 1, En: "Committed", Zh: "承诺", Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "commitment:CNY"})
	app.Record("officer", nil, &indicator.Claim{ID: "1", Sentence: "Sixty thousand were committed.", Qualifier: "=", Stated: "60000", Figure: "committed"})
	value := func(person, query string) string {
		t.Helper()
		var f api.Figure
		if status := program(t, app, person, "read").call("GET", "/figures/committed"+query, "", "", &f); status != http.StatusOK {
			t.Errorf("%s%s: %d", person, query, status)
		}
		return f.Value
	}
	if got := value("officer", ""); got != "60000" {
		t.Errorf("the whole programme: %s", got)
	}
	if got := value("assistant", ""); got != "60000" { // published
		t.Errorf("the programme, for an assistant: %s", got)
	}
	if got := value("assistant", "?area="+testworld.Wushan); got != "30000" {
		t.Errorf("what the assistant serves: %s", got)
	}
	for _, by := range []string{"area", "project"} {
		var f api.Figure
		program(t, app, "assistant", "read").call("GET", "/figures/committed?by="+by, "", "", &f)
		if len(f.Members) != 1 || strings.Contains(f.Members[0].ID, testworld.Maigaiti) || f.Members[0].Value != "30000" {
			t.Errorf("by %s the assistant gets %+v", by, f.Members)
		}
	}
	program(t, app, "assistant", "read").refused("GET", "/figures/committed?area="+testworld.Maigaiti, "", "", http.StatusForbidden, "area.hidden")
	program(t, app, "assistant", "read").refused("GET", "/figures/committed/lineage?area="+testworld.Maigaiti, "", "", http.StatusForbidden, "area.hidden")
	program(t, app, "officer", "read").refused("GET", "/figures/nonsense", "", "", http.StatusNotFound, "figure.unknown")
	var lineage api.Lineage
	program(t, app, "officer", "read").call("GET", "/figures/committed/lineage?limit=1", "", "", &lineage)
	if lineage.Total != 2 || len(lineage.Contributions) != 1 || lineage.Next == "" || lineage.Contributions[0].Value != "30000" {
		t.Errorf("lineage %+v", lineage)
	}
	var claims api.Claims
	program(t, app, "officer", "read").call("GET", "/claims", "", "", &claims)
	if len(claims.Claims) != 1 || claims.Claims[0].Verdict != "holds" {
		t.Errorf("claims %+v", claims)
	}
	claims = api.Claims{}
	program(t, app, "assistant", "read").call("GET", "/claims", "", "", &claims)
	if len(claims.Claims) != 1 {
		t.Errorf("claims for the assistant %+v", claims)
	}
	lineage = api.Lineage{}
	program(t, app, "assistant", "read").call("GET", "/figures/committed/lineage", "", "", &lineage)
	if lineage.Total != 2 || lineage.Hidden != 1 || len(lineage.Contributions) != 1 || lineage.Contributions[0].Book != testworld.Wushan {
		t.Errorf("lineage for the assistant %+v", lineage)
	}
}

// TestKindsAsEveryRole sends every kind of fact as every role: those who may are told what is wrong with an empty one, the others that they may not.
func TestKindsAsEveryRole(t *testing.T) {
	app := webtest.New(t)
	for _, p := range testworld.People {
		c := program(t, app, p.ID, "record")
		for _, k := range fact.Kinds() {
			want := http.StatusForbidden
			if slices.Contains(k.By, p.Role) {
				want = http.StatusUnprocessableEntity
			}
			if got := c.call("POST", "/facts/"+k.Name, "k", "{}", nil); got != want {
				t.Errorf("%s sends an empty %s: %d, want %d", p.Role, k.Name, got, want)
			}
		}
	}
}

func TestTry(t *testing.T) {
	app := webtest.New(t)
	officer := app.As("officer")
	officer.Get("/developers").Says(http.StatusOK, "Record a fact")
	officer.In("zh").Get("/developers").Says(http.StatusOK, "接口")
	for _, o := range api.Operations() { // each has its words
		if page := officer.Get("/developers/" + o.ID); page.Status != http.StatusOK || strings.Contains(page.Body, "⟦") {
			t.Errorf("%s: %d %s", o.ID, page.Status, page.Text())
		}
	}
	form := officer.Get("/developers/getKind").Says(http.StatusOK, "curl -X GET").Form("/developers/getKind")
	officer.Send(form, "p-kind", "party").Says(http.StatusOK, "Answer, status 200", "lastmile:party")
	form = officer.Get("/developers/recordFact").Form("/developers/recordFact")
	officer.Send(form, "p-kind", "party", "p-Idempotency-Key", "try-1", "body", fmt.Sprintf(party, "tried", "<script>")).Says(http.StatusOK, "Answer, status 201")
	officer.Send(form, "p-kind", "../../kinds", "p-Idempotency-Key", "try-2", "body", "{}").Says(http.StatusOK, "kind.unknown")
	officer.Get("/developers/nonsense").Says(http.StatusNotFound)
}
