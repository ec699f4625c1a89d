package house

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheHouseKeepsItsRules(t *testing.T) {
	const root = "../.."
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("list the repository's files: git ls-files: %v (run the tests in a git clone)", err)
	}
	house := os.DirFS(root)
	var names []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if _, err := fs.Stat(house, name); errors.Is(err, fs.ErrNotExist) {
			continue // removed, but not yet from git's index
		}
		names = append(names, name)
	}
	broken, err := Check(house, names)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range broken {
		t.Error(rule)
	}
}

func TestCheck(t *testing.T) {
	const toDo = "TO" + "DO"
	for _, c := range []struct {
		reason, file, content string
		want                  string // in the one complaint; "" for none
	}{
		{"a surface uses the domain", "internal/web/page.go", importing("web", "lastmile/internal/household"), ""},
		{"a domain package uses another", "internal/lending/loan.go", importing("lending", "lastmile/internal/party"), ""},
		{"the domain does not know the pages", "internal/household/list.go", importing("household", "lastmile/internal/web"),
			"internal/household/list.go:4: internal/household must not import internal/web: domain is below surfaces"},
		{"a folder in a package is of its layer", "internal/web/chart/bar.go", importing("chart", "lastmile/internal/api"), ""},
		{"the ledger does not know loans", "internal/ledger/post.go", importing("ledger", "lastmile/internal/lending"), "books is below domain"},
		{"the database does not know the ledger", "internal/database/open.go", importing("database", "lastmile/internal/ledger"), "ground is below books"},
		{"facts do not know the domain", "internal/fact/kind.go", importing("fact", "lastmile/internal/water"), "fact is below domain"},
		{"books may use each other", "internal/figure/lineage.go", importing("figure", "lastmile/internal/journal"), ""},
		{"the scenario is made of facts of the domain", "internal/scenario/wushan.go", importing("scenario", "lastmile/internal/livestock"), ""},
		{"the domain does not know the scenario", "internal/livestock/sheep.go", importing("livestock", "lastmile/internal/scenario"), "domain is below scenario"},
		{"nobody imports a command", "internal/web/serve.go", importing("web", "lastmile/cmd/lastmile/flags"), "surfaces is below commands"},
		{"the program does not hold test code", "internal/database/open.go", importing("database", "lastmile/internal/testenv"), "it is for tests"},
		{"tests may import anything", "internal/journal/journal_test.go", importing("journal", "lastmile/internal/web"), ""},
		{"other modules are not our layers", "internal/database/open.go", importing("database", "lastmile.example/internal/web"), ""},

		{"a comment on another thing", "internal/water/tap.go", "package water\n\n// Package water is late.\ntype Tap int\n", "internal/water:1: no file here has a package comment"},
		{"a comment that goes on another package", "internal/water/tap.go", "// Package housing was copied.\npackage water\n", "package comment"},
		{"a command tells what it does", "cmd/lastmile/main.go", "// Lastmile runs a programme.\npackage main\n", ""},
		{"a command without a word", "cmd/lastmile/main.go", "package main\n", "package comment"},

		{"a to-do with its issue", "internal/water/tap.go", "// Package water is.\npackage water\n\n// " + toDo + "(#12): measure\n", ""},
		{"a to-do of nobody", "internal/water/tap.go", "// Package water is.\npackage water\n\n/*\nlater\n" + toDo + " measure\n*/\n", "internal/water/tap.go:6: " + toDo + " without an issue"},
		{"a to-do of somebody", "docs/manual.md", "\n" + toDo + "(ann): explain\n", "docs/manual.md:2: " + toDo + " without an issue"},
		{"the word inside another", "docs/manual.md", toDo + "S\n", ""},
		{"a to-do in text that the program shows", "internal/water/tap.go", "// Package water is.\npackage water\n\nconst label = `" + toDo + "`\n", ""},

		{"a path of a person", "docs/manual.md", "\ncd \"/ho" + "me/ann/lastmile\"\n", "docs/manual.md:2: names a path of one machine, /ho" + "me/ann/lastmile:"},
		{"a path on Windows", "docs/manual.md", `see C:\Users` + `\ann`, "one machine"},
		{"a path of an address", "docs/manual.md", "https://example.org/ho" + "me/page", ""},
		{"a path that every Linux has", "docs/manual.md", "/usr/lib/postgresql and /home itself", ""},
		{"a picture", "docs/photo.png", "\x89PNG\x00 /ho" + "me/ann " + toDo, ""},
	} {
		t.Run(c.reason, func(t *testing.T) {
			broken, err := Check(fstest.MapFS{c.file: {Data: []byte(c.content)}}, []string{c.file})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == "" && len(broken) != 0:
				t.Errorf("refused: %q", broken)
			case c.want != "" && (len(broken) != 1 || !strings.Contains(broken[0], c.want)):
				t.Errorf("got %q, want one complaint with %q", broken, c.want)
			}
		})
	}
}

func TestOneFileMayDescribeThePackageForAll(t *testing.T) {
	house := fstest.MapFS{
		"internal/water/doc.go": {Data: []byte("// Package water is.\npackage water\n")},
		"internal/water/tap.go": {Data: []byte("package water\n")},
	}
	broken, err := Check(house, []string{"internal/water/doc.go", "internal/water/tap.go"})
	if err != nil || len(broken) != 0 {
		t.Errorf("got %q, %v; want nothing broken", broken, err)
	}
}

func TestCheckNeedsReadableFiles(t *testing.T) {
	house := fstest.MapFS{"main.go": {Data: []byte("pakcage main\n")}}
	for _, name := range []string{"main.go", "absent.md"} {
		if _, err := Check(house, []string{name}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// importing is a Go file with a package comment and, in its fourth line, one import.
func importing(name, imported string) string {
	return "// Package " + name + " is.\npackage " + name + "\n\nimport _ \"" + imported + "\"\n"
}
