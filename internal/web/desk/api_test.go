package desk_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/api"
	"lastmile/internal/web/webtest"
)

// byHand are pages for which no call is meant: ways in, what the machine itself needs, and the API's own pages.
var byHand = []string{"/login", "/setup", "/logout", "/account/password", "/healthz", "/readyz", "/metrics", "/robots.txt", "/assets/", "/styleguide/", "/developers", "/developers/{operation}", "/api/", "/api/openapi.json", "/{$}", "/"}

// TestProgramsCanWhatPagesDo holds docs/api.md against the routes and the operations: every page stands in its table, and every operation.
func TestProgramsCanWhatPagesDo(t *testing.T) {
	text, err := os.ReadFile("../../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	table := string(text)
	for _, pattern := range webtest.New(t).Patterns {
		_, path, ok := strings.Cut(pattern, " ")
		if !ok {
			path = pattern
		}
		if strings.HasPrefix(path, api.Path) || slices.Contains(byHand, path) {
			continue
		}
		if !strings.Contains(table, "`"+path+"`") && !strings.Contains(table, "`"+strings.TrimSuffix(path, ".csv")+"`") {
			t.Errorf("docs/api.md does not say which call does what %s does", path)
		}
	}
	for _, o := range api.Operations() {
		if !strings.Contains(table, "`"+o.Method+" "+strings.TrimPrefix(o.Path, api.Path)+"`") {
			t.Errorf("docs/api.md does not name %s %s", o.Method, o.Path)
		}
	}
}
