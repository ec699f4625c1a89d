// Package condition asks yes-or-no questions of records, in CEL, the Common Expression Language (https://cel.dev):
//
//	registered && income < line * members && !("labour" in causes)
//
// Whoever writes a targeting rule writes such conditions, so they can do nothing else: they read the variables that are declared and
// nothing more, they have no loops (CEL's macros are left out), no text matching by pattern, no fractions, no clock, and their length,
// depth and cost are bounded before they are ever run. Numbers are whole: compare income * 2 < line * members * 3 rather than divide.
//
// A record may not know everything, so there are three answers. What is unknown stays unknown through every operator, except where
// the rest decides alone: false && unknown is no, true || unknown is yes (Kleene's logic, which CEL has built in). A comparison with
// something unknown is unknown, never no; the answer names the variables that would have to be known. known(x) asks on purpose.
//
// A condition that cannot be worked out for a record, because a number overflows or is divided by zero, is unknown for it too, with the
// fault.
//
// Words are checked when a condition is compiled: house_grade == "e" is refused, because no house grade is called so.
package condition

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"lastmile/internal/fault"
	"lastmile/internal/rule"
)

// Limits of one condition.
const (
	LengthMax = 4000 // characters
	nodesMax  = 400
	depthMax  = 40
	costMax   = 20_000 // CEL's own units, at worst; a comparison of two numbers is 1
)

// Answer to a condition.
type Answer uint8

const (
	Unknown Answer = iota // the zero value: nobody has asked
	No
	Yes
)

func (a Answer) String() string { return [...]string{"unknown", "no", "yes"}[a] }

// Type of a variable.
type Type string

const (
	Number Type = "number" // a whole number
	Flag   Type = "flag"   // true or false
	Word   Type = "word"   // one of a list
	Words  Type = "words"  // some of a list
	Code   Type = "code"   // a text that is not on a list, such as the code of an area
)

// Variable is something that a condition may ask about.
type Variable struct {
	Name   string
	Type   Type
	Unit   string   // of a number
	Values []string // of words
	Text   rule.Text
}

// variablesMax is how many variables a language may have: the missing ones are kept as bits.
const variablesMax = 64

// Language is the variables that conditions may use.
type Language struct {
	Variables []Variable
	env       *cel.Env
	index     map[string]int
}

// functions is all that a condition may call.
var functions = []string{operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional, operators.Equals, operators.NotEquals, operators.Less,
	operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo,
	operators.Negate, operators.In, "size", "startsWith"}

const knownFunction = "known"

// New makes the language of some variables.
func New(variables []Variable) (*Language, error) {
	if len(variables) > variablesMax {
		return nil, fmt.Errorf("make a language: %d variables, at most %d are possible", len(variables), variablesMax)
	}
	l := &Language{Variables: variables, index: map[string]int{}}
	subset := &env.LibrarySubset{DisableMacros: true}
	for _, name := range functions {
		subset.IncludeFunctions = append(subset.IncludeFunctions, &env.Function{Name: name})
	}
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)), cel.ClearMacros(), cel.ParserExpressionSizeLimit(LengthMax), cel.ParserRecursionLimit(depthMax),
		cel.ParserErrorRecoveryLimit(1), cel.ExpressionNodeLimit(nodesMax), cel.ExpressionNestingDepthLimit(depthMax),
		cel.Function(knownFunction, cel.Overload("known_any", []*cel.Type{cel.TypeParamType("T")}, cel.BoolType, cel.OverloadIsNonStrict(),
			cel.UnaryBinding(func(v ref.Val) ref.Val { return types.Bool(!types.IsUnknown(v)) }))),
	}
	for i, v := range variables {
		if _, twice := l.index[v.Name]; twice {
			return nil, fmt.Errorf("make a language: variable %s is there twice", v.Name)
		}
		l.index[v.Name] = i
		options = append(options, cel.Variable(v.Name, map[Type]*cel.Type{Number: cel.IntType, Flag: cel.BoolType, Word: cel.StringType, Code: cel.StringType, Words: cel.ListType(cel.StringType)}[v.Type]))
	}
	var err error
	if l.env, err = cel.NewCustomEnv(options...); err != nil {
		return nil, fmt.Errorf("make a language: %w", err)
	}
	return l, nil
}

// Variable finds a variable by its name; -1 when there is none.
func (l *Language) Variable(name string) int {
	if i, ok := l.index[name]; ok {
		return i
	}
	return -1
}

// Condition is one compiled question. It may be asked from several goroutines, each with a Row of its own.
type Condition struct {
	Text    string
	Uses    uint64 // variables, as bits
	program cel.Program
}

// Compile reads a condition. The error is a fault.List: each problem with its line and column, and how to put it right.
func (l *Language) Compile(text string) (*Condition, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fault.List{fault.New(fault.Invalid, "condition.empty", "the condition is empty").Mend("Write one, such as: registered && members > 2")}
	}
	if n := len([]rune(text)); n > LengthMax {
		return nil, fault.List{fault.New(fault.Invalid, "condition.long", "the condition has %d characters, at most %d are allowed", n, LengthMax).Mend("Make it two conditions.")}
	}
	tree, issues := l.env.Compile(text)
	if issues.Err() != nil {
		return nil, l.explain(issues.Errors())
	}
	if tree.OutputType() != cel.BoolType {
		return nil, fault.List{fault.New(fault.Invalid, "condition.type", "the condition gives a %s, not yes or no", tree.OutputType()).Mend("Compare it with something, such as: members > 2")}
	}
	c := &Condition{Text: text}
	if problems := l.inspect(tree, c); problems != nil {
		return nil, problems
	}
	cost, err := l.env.EstimateCost(tree, sizes{})
	if err != nil {
		return nil, fmt.Errorf("estimate the cost of a condition: %w", err)
	}
	if cost.Max > costMax {
		return nil, fault.List{fault.New(fault.Invalid, "condition.cost", "the condition may cost %d steps for one household, at most %d are allowed", cost.Max, costMax).Mend("Make it two conditions.")}
	}
	if c.program, err = l.env.Program(tree, cel.EvalOptions(cel.OptOptimize), cel.CustomDecoratorV2(l.direct)); err != nil {
		return nil, fmt.Errorf("plan a condition: %w", err)
	}
	return c, nil
}

// sizes bounds what the cost of a condition depends on.
type sizes struct{}

// Bounds of values, for the estimate of cost.
const (
	textSizeMax = 60
	listSizeMax = 20
)

func (sizes) EstimateSize(node checker.AstNode) *checker.SizeEstimate {
	if node.Type().Kind() == types.ListKind {
		return &checker.SizeEstimate{Max: listSizeMax}
	}
	return &checker.SizeEstimate{Max: textSizeMax}
}

func (sizes) EstimateCallCost(function, overload string, target *checker.AstNode, args []checker.AstNode) *checker.CallEstimate {
	if function == knownFunction {
		return &checker.CallEstimate{CostEstimate: checker.CostEstimate{Min: 1, Max: 1}}
	}
	return nil
}

// explain puts what the compiler found into our own words, where we have them.
func (l *Language) explain(list []*common.Error) fault.List {
	var problems fault.List
	for _, e := range list {
		_, name, undeclared := strings.Cut(e.Message, "undeclared reference to '")
		name, _, _ = strings.Cut(name, "'")
		near := l.nearest(name)
		has := func(part string) bool { return strings.Contains(e.Message, part) }
		var problem *fault.Error
		switch {
		case undeclared && near != "":
			problem = at(e.Location, "condition.near", "%q is no variable", name, near).Mend("Did you mean %s?", near)
			problem.Text += "%.0s" // the name that is meant stands in the remedy
		case undeclared:
			problem = at(e.Location, "condition.name", "%q is no variable or function", name).Mend("Use the variables and functions of the manual.")
		case has("double"):
			problem = at(e.Location, "condition.fraction", "fractions are not allowed").Mend("Use whole numbers: income * 2 < line * members * 3.")
		case has("no matching overload"):
			problem = at(e.Location, "condition.unlike", "this cannot be compared or reckoned with that").Mend("Compare like with like: numbers with numbers, words in quotation marks with words.")
		case has("recursion limit") || has("nesting") || has("node"):
			problem = at(e.Location, "condition.deep", "the condition is too deep").Mend("Make it two conditions.")
		default:
			problem = at(e.Location, "condition.syntax", "%s", firstLine(e.Message)).Mend("Check the brackets, quotation marks and signs: && is and, || is or, ! is not, == is equal.")
		}
		problems = append(problems, problem)
	}
	return problems
}

// at places a problem. Lines and columns are counted from 1.
func at(where common.Location, code, text string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, "line %d, column %d: "+text, append([]any{where.Line(), where.Column() + 1}, args...)...)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// distanceMax is how many letters a name may differ in from the one that was meant.
const distanceMax = 3

// nearest is the variable whose name is closest to a mistyped one.
func (l *Language) nearest(name string) string {
	best, least := "", distanceMax+1
	if name == "" {
		return ""
	}
	for _, v := range l.Variables {
		if d := distance(name, v.Name); d < least && d < len(v.Name) {
			best, least = v.Name, d
		}
	}
	return best
}

// distance is how many letters must be added, taken away or replaced to make one word the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			step := diagonal
			if a[i] != b[j] {
				step++
			}
			diagonal = row[j+1]
			row[j+1] = min(step, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// inspect notes the variables of a condition and refuses words that can never be met.
func (l *Language) inspect(tree *cel.Ast, c *Condition) error {
	native := tree.NativeRep()
	var problems fault.List
	ast.PostOrderVisit(native.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			if i := l.Variable(e.AsIdent()); i >= 0 {
				c.Uses |= 1 << i
			}
		case ast.CallKind:
			call := e.AsCall()
			if len(call.Args()) != 2 || !slices.Contains([]string{operators.Equals, operators.NotEquals, operators.In}, call.FunctionName()) {
				return
			}
			left, right := call.Args()[0], call.Args()[1]
			for _, pair := range [][2]ast.Expr{{left, right}, {right, left}} {
				if pair[0].Kind() != ast.IdentKind {
					continue
				}
				i := l.Variable(pair[0].AsIdent())
				if i < 0 || l.Variables[i].Values == nil {
					continue
				}
				for _, literal := range literals(pair[1]) {
					word := string(literal.AsLiteral().(types.String))
					if v := l.Variables[i]; !slices.Contains(v.Values, word) {
						problems = append(problems, at(native.SourceInfo().GetStartLocation(literal.ID()), "condition.word", "%s is never %q", v.Name, word).
							Mend("Use one of: %s.", strings.Join(v.Values, ", ")))
					}
				}
			}
		}
	}))
	if problems != nil {
		return problems
	}
	return nil
}

// literals are the texts that an expression is, or lists.
func literals(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.LiteralKind:
		if _, ok := e.AsLiteral().(types.String); ok {
			return []ast.Expr{e}
		}
	case ast.ListKind:
		var list []ast.Expr
		for _, element := range e.AsList().Elements() {
			list = append(list, literals(element)...)
		}
		return list
	}
	return nil
}

// Reply is the answer to a condition for one record.
type Reply struct {
	Answer  Answer
	Missing uint64 // variables that are unknown and keep the answer unknown, as bits
	Fault   string // why it could not be worked out, "" when it could
}

// Ask asks the condition of a row.
func (c *Condition) Ask(row *Row) Reply {
	value, _, err := c.program.Eval(row.frame)
	switch v := value.(type) {
	case types.Bool:
		if v {
			return Reply{Answer: Yes}
		}
		return Reply{Answer: No}
	case *types.Unknown:
		var r Reply
		for _, id := range v.IDs() {
			r.Missing |= 1 << (id - 1)
		}
		return r
	}
	r := Reply{Fault: "it gives no answer"}
	if err != nil {
		r.Fault = firstLine(err.Error())
	}
	return r
}

// Names lists variables given as bits, in the order of the language.
func (l *Language) Names(bits uint64) []string {
	var names []string
	for i, v := range l.Variables {
		if bits&(1<<i) != 0 {
			names = append(names, v.Name)
		}
	}
	return names
}

// unknowns has an unknown value for each variable, told apart by its number. 0 is not used.
var unknowns = sync.OnceValue(func() (list [variablesMax]ref.Val) {
	for i := range list {
		list[i] = types.NewUnknown(int64(i+1), types.NewAttributeTrail(fmt.Sprint(i)))
	}
	return list
})
