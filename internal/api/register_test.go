package api_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"lastmile/internal/api"
	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/identity"
	"lastmile/internal/targeting"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

const village = "620524100201"

// register records six households of a village; the first has a name and a document.
func register(t *testing.T) (app *webtest.App, document string) {
	t.Helper()
	app = webtest.New(t)
	document = "62052419750302001"
	document += string(identity.CheckCharacter(document))
	record := func(on date.Date, actor, book string, f fact.Fact) {
		t.Helper()
		if _, err := app.Store.Recorder.Record(t.Context(), fact.Draft{Fact: f, Book: book, On: on, Actor: actor, Source: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	record("2020-05-01", fact.Operator, "", &area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "一村"})
	for i := range 6 {
		h := &household.Household{ID: fmt.Sprintf("H%d", i+1), Area: village, Standard: "national", Attribute: "ordinary", MainCause: "disability", Members: []string{"01 head 1975-03-02 male ordinary"},
			Move: fmt.Sprintf("M-%d", i+1), Registered: "2014-01-01"}
		if i == 0 {
			h.Names, h.Documents, h.Phone = []string{"01 马小明"}, []string{"01 " + document}, "13912345678"
		}
		record("2020-05-01", "assistant", testworld.Wushan, h)
	}
	record("2020-05-03", "assistant", testworld.Wushan, &household.Visit{Household: "H1", Questionnaire: "visit-2014 1", Device: "a", Signature: "signed", IncomeFrom: "2019-05-01", IncomeTo: "2020-04-30",
		Answers: []string{"food=stable_source", "clothing=clothes_and_bedding", "medical.01=resident_insurance", "housing=grade_d", "water=piped", "wage.local.01=5000.01"}})
	return app, document
}

// A household is read masked by whoever serves its area; with names only by those who may see them and say why, and that is recorded first.
func TestHouseholds(t *testing.T) {
	app, document := register(t)
	assistant := program(t, app, "assistant", "read", "record")
	var list api.Households
	if assistant.call("GET", "/households?area="+testworld.Town, "", "", &list); len(list.Households) != 6 || list.Households[0].Head != "马××" || list.Households[0].Area != village {
		t.Errorf("households of the town: %+v", list)
	}
	if list.Households = nil; assistant.call("GET", "/households?area="+village+"&status=exited", "", "", &list) != http.StatusOK || len(list.Households) != 0 {
		t.Errorf("exited: %+v", list)
	}
	path := "/households/" + testworld.Wushan + "/H1"
	var h api.Household
	if status := assistant.call("GET", path, "", "", &h); status != http.StatusOK || h.Personal || h.Head != "马××" || h.Members[0].Document != identity.Mask(document) || h.Members[0].Birth != "1975" || len(h.Income) != 1 || h.Income[0].Wage != 5000_01 {
		t.Errorf("masked: %d %+v", status, h)
	}
	for _, c := range h.Checks {
		if c.Subject == "housing" && (len(c.Findings) != 1 || c.Findings[0].Result != "unmet") {
			t.Errorf("housing: %+v", c)
		}
	}
	for _, e := range h.Entries {
		if e.Personal != nil {
			t.Errorf("entry %d shows personal fields", e.Seq)
		}
	}
	why := `{"reason": "To ask for the hospital's bill."}`
	assistant.refused("POST", path+"/reveal", "r-0", `{"reason": " "}`, http.StatusUnprocessableEntity, "field.required")
	assistant.refused("POST", path+"/reveal", "", why, http.StatusUnprocessableEntity, "key.form")
	program(t, app, "lead", "record").refused("POST", path+"/reveal", "r-1", why, http.StatusForbidden, "area.hidden")
	program(t, app, "faraway", "record").refused("POST", path+"/reveal", "r-2", why, http.StatusForbidden, "area.hidden")
	program(t, app, "assistant", "read").refused("POST", path+"/reveal", "r-3", why, http.StatusForbidden, "token.scope")
	if status := assistant.call("POST", path+"/reveal", "r-4", why, &h); status != http.StatusCreated || !h.Personal || h.Head != "马小明" || h.Members[0].Document != document {
		t.Errorf("revealed: %d %+v", status, h)
	}
	var entries api.Entries
	if assistant.call("GET", "/entries?book="+testworld.Wushan+"&kind=disclosure", "", "", &entries); len(entries.Entries) != 1 || entries.Entries[0].Actor != "assistant" || !strings.Contains(string(entries.Entries[0].Fact), "hospital") {
		t.Errorf("recorded: %+v", entries)
	}

	for person, want := range map[string]int{"assistant": 1, "fin": 0, "faraway": 0} { // a name finds somebody only for those who may see names
		var found api.Found
		if status := program(t, app, person, "read").call("GET", "/households/search?text=马小明", "", "", &found); status != http.StatusOK || len(found.Households) != want {
			t.Errorf("%s finds %d %+v", person, status, found)
		}
	}
	program(t, app, "faraway", "read").refused("GET", path, "", "", http.StatusForbidden, "area.hidden")
	program(t, app, "faraway", "read").refused("GET", "/households?area="+village, "", "", http.StatusForbidden, "area.hidden")
	if list.Households = nil; program(t, app, "faraway", "read").call("GET", "/households", "", "", &list) != http.StatusOK || len(list.Households) != 0 {
		t.Errorf("another county's assistant lists %+v", list)
	}
}

// Rules are tried, proposed, approved, and their list frozen, all by programs; the dry run and the frozen list agree.
func TestTargeting(t *testing.T) {
	app, _ := register(t)
	file, err := os.ReadFile("../web/targeting/example.json")
	if err != nil {
		t.Fatal(err)
	}
	rules := strings.TrimSpace(string(file))
	assistant := program(t, app, "assistant", "read", "record")
	trial := func(area, rules string) string {
		return fmt.Sprintf(`{"area": %q, "on": "2020-05-10", "rules": %q}`, area, rules)
	}
	assistant.refused("POST", "/targeting/try", "", trial("", rules), http.StatusUnprocessableEntity, "field.required")
	assistant.refused("POST", "/targeting/try", "", trial(testworld.FarTown, rules), http.StatusForbidden, "area.hidden")
	assistant.refused("POST", "/targeting/try", "", trial("65", rules), http.StatusForbidden, "area.hidden")
	var tried targeting.Summary
	if status := assistant.call("POST", "/targeting/try", "", trial(testworld.Town, rules), &tried); status != http.StatusOK || tried.Households != 6 {
		t.Fatalf("tried: %d %+v", status, tried)
	}
	var hidden targeting.Summary
	if program(t, app, "lead", "read").call("POST", "/targeting/try", "", trial(testworld.Town, rules), &hidden); hidden.ListHash != tried.ListHash || len(hidden.Enter) != 0 {
		t.Errorf("the sponsor's leader reads of households: %+v", hidden)
	}
	freeze := fmt.Sprintf(`{"id": "R-1", "programme": %q, "area": %q, "on": "2020-05-10"}`, tried.Programme, testworld.Town)
	assistant.refused("POST", "/targeting/runs", "run-1", freeze, http.StatusNotFound, "ref.unknown")
	set := &targeting.RuleSet{ID: tried.Programme, Area: testworld.Town, Title: "Rules", Version: tried.Version, Rules: rules}
	if _, err := app.Store.Recorder.Record(t.Context(), fact.Draft{Fact: set, Book: testworld.Wushan, On: "2020-05-02", Actor: "officer", Approvers: []string{"approver"}, Source: "test"}); err != nil {
		t.Fatal(err)
	}
	var run api.Run
	if status := assistant.call("POST", "/targeting/runs", "run-1", freeze, &run); status != http.StatusCreated || run.Run.Hash != tried.ListHash || run.Chosen != len(run.Listed) {
		t.Errorf("frozen: %d %+v", status, run)
	}
	if status := assistant.call("POST", "/targeting/runs", "run-1", freeze, &run); status != http.StatusOK {
		t.Errorf("frozen twice: %d", status)
	}
	var runs api.Runs
	if assistant.call("GET", "/targeting/runs", "", "", &runs); len(runs.Runs) != 1 {
		t.Errorf("runs: %+v", runs)
	}
	program(t, app, "faraway", "read").refused("GET", "/targeting/runs/"+testworld.Wushan+"/R-1", "", "", http.StatusForbidden, "area.hidden")
	program(t, app, "audit", "record").refused("POST", "/targeting/runs", "run-2", freeze, http.StatusForbidden, "kind.by")
}

// A sweep looks without recording; told to, it opens each alert once.
func TestSweep(t *testing.T) {
	app, _ := register(t)
	assistant := program(t, app, "assistant", "read", "record")
	body := fmt.Sprintf(`{"area": %q, "on": "2020-05-10", "open": %%v}`, testworld.Town)
	var looked, opened, again api.Swept
	assistant.call("POST", "/monitoring/sweep", "", fmt.Sprintf(body, false), &looked)
	assistant.call("POST", "/monitoring/sweep", "", fmt.Sprintf(body, true), &opened)
	assistant.call("POST", "/monitoring/sweep", "", fmt.Sprintf(body, true), &again)
	if looked.Households != 6 || len(looked.Groups) != 10 || looked.Opened != 0 || looked.New == 0 || opened.Opened != looked.New || again.New != 0 || again.Known != opened.Opened {
		t.Errorf("looked %+v, opened %+v, again %+v", looked, opened, again)
	}
	program(t, app, "audit", "record").refused("POST", "/monitoring/sweep", "", fmt.Sprintf(body, true), http.StatusForbidden, "kind.by")
}
