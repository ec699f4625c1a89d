package wording

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	_ "lastmile/internal/store" // every kind
	"lastmile/internal/table"
	"lastmile/internal/web/asset"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

func words(t *testing.T, language locale.Language) Words {
	t.Helper()
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := view.New(assets, Source())
	if err != nil {
		t.Fatal(err)
	}
	return For(engine, engine.Printer(language))
}

// TestCodes reads the source of what people record and see, and asks for each fault in it whether the catalogue can say it.
func TestCodes(t *testing.T) {
	w := words(t, locale.English)
	found := 0
	for _, dir := range []string{"access", "api", "area", "casework", "dividend", "enterprise", "evidence", "fact", "goods", "household", "intake", "ledger", "lending", "livestock", "monitoring", "notice", "party", "procedure", "programme", "project", "rule", "targeting", "web"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if code, ok := codeOf(n); ok {
					found++
					if _, ok := w.catalog.Arguments("fault." + code); !ok {
						t.Errorf("%s: the fault %q has no text in the catalogue", path, code)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 50 {
		t.Errorf("only %d faults were found: the search does not see them", found)
	}
	for code := range table.Messages {
		if _, ok := w.catalog.Arguments("fault." + string(code)); !ok {
			t.Errorf("the fault %q of tables has no text", code)
		}
	}
}

// sayers are the functions whose second argument is the code of a fault: fault.New(kind, "code", …), problems.Add(field, "code", …), and what the
// engine of loans says by.
var sayers = []string{"New", "Add", "add", "problem", "NewProblem", "refuse"}

// codeOf gives the code that a call of one of the sayers names.
func codeOf(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) < 3 {
		return "", false
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	if !slices.Contains(sayers, name) {
		return "", false
	}
	literal, ok := call.Args[1].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	code, err := strconv.Unquote(literal.Value)
	return code, err == nil && strings.Contains(code, ".") && !strings.ContainsAny(code, " /<>")
}

func TestFault(t *testing.T) {
	k := fact.Find("appointment")
	f := k.Field("role")
	missing := fault.New(fault.Invalid, "field.required", "%s is missing", f.En).For(f.Name)
	unknown := fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", "person", "x", "hq").For("person")
	foreign := fault.New(fault.Conflict, "some.other-program", "the ox %s is gone", "Bo").Mend("Look for it.")
	engine := fault.New(fault.Conflict, "loan.no-row", "no row is due on %s: name a due date", "2020-03-24").For("from")
	early := fault.New(fault.Invalid, "field.required", "the date is missing").For("on")
	for _, c := range []struct {
		language locale.Language
		e        *fault.Error
		want     string
	}{
		{locale.English, missing, "Role is missing. Fill it in."},
		{locale.Chinese, missing, "角色未填写。请填写。"},
		{locale.Chinese, early, "日期未填写。请填写。"},
		{locale.Chinese, unknown, "没有工作人员“x”。请从列表中选择，或先行登记。"},
		{locale.Chinese, engine, "还款计划中没有 2020-03-24 到期的一期。请填写计划内的还款日。"},
		{locale.Chinese, foreign, "The ox Bo is gone. Look for it."},
	} {
		if got := words(t, c.language).Fault(k, c.e); got != c.want {
			t.Errorf("%s: %q, want %q", c.language, got, c.want)
		}
	}
}

// Every field that has a hint has it in both languages.
func TestHints(t *testing.T) {
	hints := 0
	for _, k := range fact.Kinds() {
		for i := range k.Fields {
			f := &k.Fields[i]
			if (f.Hint == "") != (f.HintZh == "") {
				t.Errorf("%s: %s has the hint %q in English and %q in Chinese", k.Name, f.Name, f.Hint, f.HintZh)
			}
			if f.Hint != "" {
				hints++
			}
		}
	}
	if hints < 50 {
		t.Errorf("only %d fields have a hint: their kinds are not all here", hints)
	}
}
