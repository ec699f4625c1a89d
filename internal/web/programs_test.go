package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"lastmile/internal/api"
	"lastmile/internal/web/sample"
)

// asked is for each operation that reads an address of the model programme, and the part of the answer that must hold something.
var asked = map[string]struct{ path, holds string }{
	"listKinds": {"/kinds", "kinds"}, "getKind": {"/kinds/party", "properties"}, "listEntries": {"/entries?book=620524&limit=5", "entries"}, "getEntry": {"/entries/620524/58", "fact"},
	"listFigures": {"/figures?area=620524", "figures"}, "getFigure": {"/figures/direct-funds?by=project", "members"}, "getLineage": {"/figures/direct-funds/lineage?limit=5", "contributions"}, "listClaims": {"/claims", "claims"},
	"listProposals": {"/proposals?status=waiting", "proposals"}, "listThings": {"/things/project?limit=5", "things"}, "getThing": {"/things/household/620524/{household}", "entries"}, "listBalances": {"/balances?book=620524&class=loan", "balances"},
	"getEffects": {"/entries/620524/58/effects", "postings"}, "listBooks": {"/books", "books"}, "listImports": {"/imports", ""},
	"listLoans": {"/loans?limit=3", "loans"}, "getPortfolio": {"/loans/portfolio?by=product", ""}, "listExtensions": {"/loans/extensions", "extensions"}, "listPayments": {"/loans/payments?from=2014-01-01&limit=3", "payments"},
	"listDifferences": {"/loans/differences", ""}, "listSubsidies": {"/loans/subsidies?limit=3", ""}, "getClosing": {"/loans/closing", ""}, "getLoan": {"/loans/620524/SNH-0002", "schedule"}, "listPools": {"/pools", "pools"},
	"listHouseholds": {"/households?area=620524&limit=3", "households"}, "searchHouseholds": {"/households/search?text={household}", "households"}, "getHousehold": {"/households/620524/{household}", "members"},
	"listWatches": {"/monitoring?limit=3", "watches"}, "listAlerts": {"/monitoring/alerts", ""}, "getRelapses": {"/monitoring/relapses", "relapses"}, "getPoverty": {"/households/poverty?area=620524", "areas"}, "listDuplicates": {"/duplicates", ""},
	"listCases": {"/cases?limit=3", "cases"}, "getCase": {"/cases/620524/CX-620524", "steps"}, "listNotices": {"/notices?limit=3", "notices"}, "getNotice": {"/notices/620524/N-CX-620524", "notice"},
	"listRuns": {"/targeting/runs", ""}, "listDue": {"/due", "due"}, "listHerds": {"/herds", "herds"}, "getHerd": {"/herds/653127/HERD-201207", "history"}, "listContracts": {"/contracts?limit=3", "contracts"},
	"getContract": {"/contracts/653127/BC-201207-02", "history"}, "listInvestments": {"/investments", "investments"}, "getInvestment": {"/investments/620524/INV-PIGS", "investment"}, "listJobs": {"/jobs", "jobs"},
	"listDividends": {"/dividends", "dividends"}, "getDividend": {"/dividends/653127/ANGUS-2019", "lines"}, "listSpending": {"/villages/spending", "villages"},
	"listSharings": {"/sharings", "sharings"}, "getSharing": {"/sharings/653127/SHARE-201207", "shares"},
	"listStock": {"/goods", "stock"}, "listMovements": {"/goods/movements?flow=donation&limit=3", "movements"}, "listDispatches": {"/goods/dispatches", ""}, "listAssets": {"/assets", "assets"},
	"getFlow": {"/flow", "shares"}, "listPostings": {"/postings?book=620524&limit=3", "postings"}, "getAccount": {"/accounts/hq/treasury%3Ahq", "balances"}, "listTransfers": {"/transfers/open", ""}, "listProjects": {"/projects?limit=3", "projects"},
	"getTodo": {"/todo", "due"}, "search": {"/search?text=water", "hits"}, "getVerification": {"/verification", ""}, "getAccountOfCaller": {"/account", "roles"}, "listPeople": {"/people", "people"}, "getPerson": {"/people/he.min", "roles"},
	"getPool": {"/pools/620524/{pool}", "pool"},
}

// elsewhereAsked are operations that read what belongs to one person or one run, which the tests of package api make first.
var elsewhereAsked = []string{"getEvidence", "getImport", "getWrongRows", "getRun"}

// published are operations whose answer is for everybody who may log in, whatever area they serve.
var published = []string{"listKinds", "getKind", "listFigures", "getFigure", "getLineage", "listClaims", "listBooks", "listNotices", "getNotice", "getFlow", "search", "listThings"}

// program asks the application for a person with a token.
type program struct {
	t       *testing.T
	handler http.Handler
	token   string
}

func (p program) get(path string) (status int, body string) {
	r := httptest.NewRequest(http.MethodGet, api.Path+path, nil)
	r.Header.Set("Authorization", "Bearer "+p.token)
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestPrograms asks every operation that reads about the model programme. What the auditor gets is as the OpenAPI document says and holds
// something; another county's assistant gets nothing of Wushan.
func TestPrograms(t *testing.T) {
	all, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	s, h := all.store, all.handler
	as := func(person string) program {
		t.Helper()
		if _, err := sample.LogIn(t.Context(), s, person); err != nil {
			t.Fatal(err)
		}
		token, err := s.Accounts.MakeToken(t.Context(), person, t.Name(), []string{"read"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return program{t, h, token}
	}
	auditor, far := as(sample.Auditor), as(sample.FarAssistant)
	document := openAPI(t, h)

	var households api.Households
	var pools api.Pools
	for path, into := range map[string]any{"/households?area=620524&limit=1": &households, "/pools?book=620524": &pools} {
		if status, body := auditor.get(path); status != http.StatusOK || json.Unmarshal([]byte(body), into) != nil {
			t.Fatalf("%s: %d %s", path, status, body)
		}
	}
	fill := strings.NewReplacer("{household}", households.Households[0].ID, "{pool}", pools.Pools[0].ID)
	for _, o := range api.Operations() {
		if o.Method != http.MethodGet || slices.Contains(elsewhereAsked, o.ID) {
			continue
		}
		a, ok := asked[o.ID]
		if !ok {
			t.Errorf("%s: nobody said what to ask", o.ID)
			continue
		}
		path := fill.Replace(a.path)
		status, body := auditor.get(path)
		if o.ID == "getVerification" { // this application verifies nothing
			if status != http.StatusServiceUnavailable {
				t.Errorf("%s: %d %s", o.ID, status, body)
			}
			continue
		}
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
			continue
		}
		if err := document.check(o, body); err != nil {
			t.Errorf("%s: %v\n%s", path, err, body[:min(len(body), 3000)])
		}
		var answer map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if part := string(answer[a.holds]); a.holds != "" && (part == "" || part == "[]" || part == "{}" || part == "null") {
			t.Errorf("%s: %s holds nothing: %s", path, a.holds, part)
		}
		if slices.Contains(published, o.ID) {
			continue
		}
		switch status, body := far.get(path); {
		case status == http.StatusOK:
			if strings.Contains(body, `"book": "620524"`) || strings.Contains(body, `"area": "620524`) {
				t.Errorf("%s: another county's assistant reads of Wushan:\n%s", path, body[:min(len(body), 3000)])
			}
		case status != http.StatusForbidden && status != http.StatusNotFound:
			t.Errorf("%s: another county's assistant gets %d %s", path, status, body)
		}
	}
}

// TestProgramsPage walks lists page by page: each gives everything once, in the order of the whole.
func TestProgramsPage(t *testing.T) {
	all, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	s, h := all.store, all.handler
	if _, err := sample.LogIn(t.Context(), s, sample.Auditor); err != nil {
		t.Fatal(err)
	}
	token, err := s.Accounts.MakeToken(t.Context(), sample.Auditor, t.Name(), []string{"read"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := program{t, h, token}
	for _, c := range []struct {
		path, list string
		small      string // size of a page
	}{
		{"/loans?status=active", "loans", "67"}, {"/households?area=620524", "households", "97"}, {"/contracts?", "contracts", "53"}, {"/postings?book=hq", "postings", "41"}, {"/projects?", "projects", "31"}, {"/notices?", "notices", "3"},
	} {
		walk := func(limit string) (items []string) {
			cursor := ""
			for range 1000 {
				status, body := p.get(c.path + "&limit=" + limit + "&cursor=" + cursor)
				var answer struct {
					Next string `json:"next"`
				}
				var lists map[string]json.RawMessage
				var some []json.RawMessage
				if status != http.StatusOK || json.Unmarshal([]byte(body), &answer) != nil || json.Unmarshal([]byte(body), &lists) != nil || json.Unmarshal(lists[c.list], &some) != nil {
					t.Fatalf("%s: %d %s", c.path, status, body)
				}
				for _, item := range some {
					items = append(items, string(item))
				}
				if cursor = answer.Next; cursor == "" {
					return items
				}
			}
			t.Fatalf("%s does not end", c.path)
			return nil
		}
		large, small := walk("500"), walk(c.small)
		if len(large) == 0 || !slices.Equal(large, small) {
			t.Errorf("%s: %d in large pages, %d in small ones", c.path, len(large), len(small))
		}
	}
}

// described is the OpenAPI document as the application serves it.
type described struct {
	t        *testing.T
	compiler *jsonschema.Compiler
}

func openAPI(t *testing.T, h http.Handler) described {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, api.DocumentPath, nil))
	document, err := jsonschema.UnmarshalJSON(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("document.json", document); err != nil {
		t.Fatal(err)
	}
	return described{t, compiler}
}

// check holds an answer against what the document says of an operation.
func (d described) check(o api.Operation, body string) error {
	path := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(o.Path)
	schema, err := d.compiler.Compile("document.json#/paths/" + path + "/get/responses/200/content/application~1json/schema")
	if err != nil {
		return err
	}
	answer, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(answer)
}
