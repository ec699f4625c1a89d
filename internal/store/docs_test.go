package store_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/store"
)

var update = flag.Bool("update", false, "write the documents that are made from the code")

// TestDocuments holds docs/facts.md and docs/schema.sql to the code: they are made from it.
func TestDocuments(t *testing.T) {
	for name, content := range map[string]string{"facts.md": factsManual(), "schema.sql": schemaDump(t)} {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != content {
			t.Errorf("docs/%s is not what the code says: run go test ./internal/store -update", name)
		}
	}
}

func factsManual() string {
	var b strings.Builder
	b.WriteString("# The kinds of fact\n\nMade from the code by `go test ./internal/store -update`. A table to import has these fields as columns, and the date on which it happened, `on`;\n" +
		"`lastmile kinds KIND --template FILE.xlsx` writes one.\n")
	for _, k := range fact.Kinds() {
		fmt.Fprintf(&b, "\n## %s · %s · `%s`\n\n%s\n\n", k.En, k.Zh, k.Name, k.Doc())
		if len(k.By) > 0 {
			fmt.Fprintf(&b, "Recorded by %s. ", strings.Join(k.By, ", "))
		}
		if k.Approval != nil {
			fmt.Fprintf(&b, "Needs another person with role %s", k.Approval.Role)
			for _, s := range k.Approval.Steps {
				fmt.Fprintf(&b, ", %d of them from %s", s.Approvers, fact.Money(s.From))
			}
			b.WriteString(". ")
		}
		b.WriteString("\n\n| field | type | label | |\n|---|---|---|---|\n")
		for i := range k.Fields {
			f := &k.Fields[i]
			about := []string{}
			if f.Ref != "" {
				about = append(about, "code of "+f.Ref)
			}
			if f.Optional {
				about = append(about, "optional")
			}
			if f.Private {
				about = append(about, "personal, can be erased")
			}
			if f.Unit != "" {
				about = append(about, f.Unit)
			}
			if f.Hint != "" {
				about = append(about, f.Hint)
			}
			if doc := k.FieldDoc(f.Name); doc != "" {
				about = append(about, strings.ReplaceAll(doc, "\n", " "))
			}
			for _, c := range f.Choices {
				about = append(about, "`"+strings.ReplaceAll(c.Value, "|", "\\|")+"` "+c.En+" "+c.Zh)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s · %s | %s |\n", f.Name, f.Type, f.En, f.Zh, strings.Join(about, "; "))
		}
	}
	return b.String()
}

func schemaDump(t *testing.T) string {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	b.WriteString("-- The whole schema as SQLite has it, for readers. Made from the packages' schema files by go test ./internal/store -update.\n")
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n" + text + ";\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
