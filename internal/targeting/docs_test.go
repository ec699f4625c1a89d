package targeting_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lastmile/internal/monitoring/sweep"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
)

var update = flag.Bool("update", false, "write the generated parts of docs/targeting.md")

// The tables of docs/targeting.md are made from the code, and its example compiles.
func TestDocuments(t *testing.T) {
	const path = "../../docs/targeting.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var variables, queries strings.Builder
	variables.WriteString("| variable | type | content |\n|---|---|---|\n")
	for _, v := range card.Variables() {
		typ := string(v.Type)
		if v.Unit != "" {
			typ = v.Unit
		}
		if slices.Contains(card.Offices, v.Name) {
			typ += ", *office*"
		}
		content := v.Text.English
		if len(v.Values) > 0 {
			content += ": " + strings.Join(v.Values, ", ")
		}
		fmt.Fprintf(&variables, "| %s | %s | %s |\n", v.Name, typ, content)
	}
	published, err := sweep.Published()
	if err != nil {
		t.Fatal(err)
	}
	queries.WriteString("| query | hits when |\n|---|---|\n")
	for _, q := range published.Queries {
		fmt.Fprintf(&queries, "| %s | `%s` |\n", q.Title.English, strings.ReplaceAll(q.When, "|", `\|`))
	}
	want := string(text)
	for name, part := range map[string]string{"variables": variables.String(), "queries": queries.String()} {
		begin := "<!-- " + name + ": made from the code -->\n"
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, "<!-- end -->")
		if !ok || !ok2 {
			t.Fatalf("%s has no place for the %s", path, name)
		}
		want = before + begin + part + "<!-- end -->" + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s is not what the code says: run go test ./internal/targeting -update", path)
	}

	_, example, _ := strings.Cut(want, "## A rule set\n\n")
	example, _, _ = strings.Cut(example, "\n\n-")
	if _, err := targeting.Compile(example); err != nil {
		t.Errorf("the example of the manual: %v", err)
	}
}
