// Package house checks the rules of the house that a reviewer would otherwise
// have to remember:
//
//   - imports point downwards through Layers;
//   - every package has a comment that says what it is;
//   - a to-do names the issue that keeps it: TODO(#12);
//   - no file names a path that exists on one machine only.
//
// The test of this package runs Check over the repository, so breaking a rule
// fails `make test`. Tests may import anything. What needs judgement is not
// here: it is in the review.
package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// module is the path that every import of a package of ours begins with.
const module = "lastmile/"

// A Layer is a set of packages that may import each other and everything
// below, and must not import what is above.
type Layer struct {
	Name string
	// Packages are folders from the root of the repository; each stands for
	// itself and the folders in it.
	Packages []string
}

// Layers lists the house from the roof down. A package of internal/ that is
// named nowhere here is an idea of the field, and belongs to the layer domain.
var Layers = []Layer{
	{"commands", []string{"cmd", "bench"}},
	{"surfaces", []string{"internal/web", "internal/api"}},
	{"scenario", []string{"internal/scenario"}},
	{"store", []string{"internal/store", "internal/verify", "internal/rebuild", "internal/archive", "internal/facttest", "internal/countytest", "internal/testworld"}},
	{"domain", []string{"internal"}},
	{"fact", []string{"internal/fact"}},
	{"books", []string{"internal/journal", "internal/ledger", "internal/figure", "internal/entity"}},
	{"ground", []string{"internal/database", "internal/evidence", "internal/table", "internal/date", "internal/fault"}},
}

// testOnly are the packages that only tests, and each other, may import.
var testOnly = []string{"internal/testenv", "internal/testworld", "internal/facttest", "internal/web/webtest", "internal/house"}

// Check returns what breaks a rule among the named files of fsys, one
// sentence each that begins with FILE:LINE, sorted. Names are slash-separated
// paths from the root of the repository. The error is for a file that cannot
// be read or, being Go, not be parsed.
func Check(fsys fs.FS, names []string) ([]string, error) {
	var broken []string
	documented := map[string]bool{} // by folder with Go files other than tests
	for _, name := range names {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		if bytes.IndexByte(content, 0) >= 0 || !utf8.Valid(content) {
			continue // a picture or the like
		}
		broken = append(broken, checkLocalPaths(name, string(content))...)
		if path.Ext(name) != ".go" {
			broken = append(broken, checkToDos(name, 1, string(content))...)
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, group := range file.Comments {
			for _, comment := range group.List {
				broken = append(broken, checkToDos(name, files.Position(comment.Pos()).Line, comment.Text)...)
			}
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		folder := path.Dir(name)
		documented[folder] = documented[folder] || describesPackage(file)
		broken = append(broken, checkImports(files, file)...)
	}
	for folder, is := range documented {
		if !is {
			broken = append(broken, fmt.Sprintf("%s:1: no file here has a package comment: begin one with what the package is and the rule it keeps", folder))
		}
	}
	slices.Sort(broken)
	return broken, nil
}

// describesPackage says whether the file has the package's comment. Only the
// start is judged, as go doc does: "Package ledger ...".
func describesPackage(file *ast.File) bool {
	text := file.Doc.Text()
	return strings.HasPrefix(text, "Package "+file.Name.Name+" ") || file.Name.Name == "main" && text != ""
}

func checkImports(files *token.FileSet, file *ast.File) []string {
	var broken []string
	from := path.Dir(files.Position(file.Package).Filename)
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !strings.HasPrefix(imported, module) {
			continue
		}
		to := strings.TrimPrefix(imported, module)
		if reason := forbidden(from, to); reason != "" {
			broken = append(broken, fmt.Sprintf("%s: %s must not import %s: %s", position(files, spec.Pos()), from, to, reason))
		}
	}
	return broken
}

// forbidden says why a package in the folder from must not import the one in
// the folder to; an empty reason means that it may.
func forbidden(from, to string) string {
	switch {
	case forTests(from):
		return ""
	case forTests(to):
		return "it is for tests"
	}
	above, below := layer(from), layer(to)
	if below < above {
		return fmt.Sprintf("%s is below %s (house.Layers)", Layers[above].Name, Layers[below].Name)
	}
	return ""
}

// layer gives the index in Layers of the longest entry that holds the folder.
// A folder that none holds counts as the lowest layer, which may import least.
func layer(folder string) int {
	found, length := len(Layers)-1, 0
	for i, l := range Layers {
		for _, p := range l.Packages {
			if within(folder, p) && len(p) > length {
				found, length = i, len(p)
			}
		}
	}
	return found
}

func forTests(folder string) bool {
	return slices.ContainsFunc(testOnly, func(root string) bool { return within(folder, root) })
}

// within says whether the folder is root or lies in it.
func within(folder, root string) bool {
	return folder == root || strings.HasPrefix(folder, root+"/")
}

var (
	toDo = regexp.MustCompile(`\b(TODO|FIXME)\b(\(#[0-9]+\))?`)
	// localPath finds the folders where people and build machines keep their
	// own files, at the start of an absolute path.
	localPath = regexp.MustCompile("(^|[\\s\"'`=:(,])((/(home|root|Users|builds|work|workspaces?)/|[A-Z]:\\\\Users\\\\)\\w[^\\s\"'`),]*)")
)

func checkToDos(name string, line int, text string) []string {
	var broken []string
	for i, l := range strings.Split(text, "\n") {
		for _, match := range toDo.FindAllStringSubmatch(l, -1) {
			if match[2] == "" {
				broken = append(broken, fmt.Sprintf("%s:%d: %s without an issue: open one and write %[3]s(#NUMBER), or do it", name, line+i, match[1]))
			}
		}
	}
	return broken
}

func checkLocalPaths(name, text string) []string {
	var broken []string
	for i, line := range strings.Split(text, "\n") {
		if match := localPath.FindStringSubmatch(line); match != nil {
			broken = append(broken, fmt.Sprintf("%s:%d: names a path of one machine, %s: take a relative path or a setting", name, i+1, match[2]))
		}
	}
	return broken
}

func position(files *token.FileSet, pos token.Pos) string {
	p := files.Position(pos)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}
