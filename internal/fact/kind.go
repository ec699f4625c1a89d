// Package fact is what lastmile is made of: a kind of fact is one Go struct, and from it alone come its JSON and its schema, its
// spreadsheet template and importer, its form, its page in the manual and its line in the audit trail.
//
//	// Disbursement is money paid out for a project, with its voucher.
//	type Disbursement struct {
//		_       struct{}   `kind:"disbursement" en:"Disbursement" zh:"资金拨付" by:"finance" approve:"approver" book:"project"`
//		Project string     `json:"project" en:"Project" zh:"项目" ref:"project"`
//		Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
//	}
//
//	// Record moves the money from the project's commitment to whoever was paid.
//	func (d *Disbursement) Record(tx *fact.Tx) error
//
// A fact is decoded, its fields are checked all at once, its actor's right is checked, and its Record method checks the rules of the
// field and says what it moves and counts. Then it becomes an entry of a journal, in one commit with postings, observations,
// balances and totals. There is no other way in: forms, imports, the API and the model programme all use the Recorder.
//
// A package that keeps state of its own beyond these keeps it in tables that follow from the facts: one row for each thing in a table declared with
// Keep, rows that nothing changes through Tx.Add, anything else through Tx.Exec.
package fact

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/journal"
)

// Fact is a value of a kind. Record checks the rules that need more than the fact's own fields, and moves and counts through tx. It
// may run more than once and must depend on nothing but the fact and tx.
type Fact interface {
	Record(tx *Tx) error
}

// Checker is a Fact with rules among its own fields; they are reported together with the field errors.
type Checker interface {
	Check(p *Problems)
}

// Grader is a Fact that knows better than the default how well it is proved. The default: traced with a file of evidence, else reported.
type Grader interface {
	Grade(evidence []string) journal.Grade
}

// TakerBack is a Fact that keeps state of its own beyond postings, observations and its entity, and can take it back, or refuse to, when
// the entry that it was recorded as is reversed or corrected.
type TakerBack interface {
	TakeBack(tx *Tx) error // tx.TakenBack is the entry
}

// Eraser is a Fact that keeps something made of its personal data elsewhere, and removes it when the personal data is erased.
type Eraser interface {
	Erase(tx *Tx) error
}

// Money is an amount of the programme's currency in its hundredths (fen). It reads and prints as a decimal: 46000.00.
type Money int64

// Type is what a field holds.
type Type string

const (
	Text    Type = "text"
	Integer Type = "integer"
	Amount  Type = "money"
	Day     Type = "date"
	Flag    Type = "flag"
	List    Type = "list" // of texts
)

// Choice is one allowed value of a field.
type Choice struct {
	Value, En, Zh string
}

// Field is one field of a kind.
type Field struct {
	Name        string // in JSON, as column header and in messages
	En, Zh      string // label
	Hint        string // one line of help
	HintZh      string
	Type        Type
	Unit        string
	Ref         string // type of entity that it names
	Choices     []Choice
	Min, Max    int64 // bounds of Integer and Amount (fen)
	HasMin      bool
	HasMax      bool
	LengthMax   int // of a text in characters
	Pattern     *regexp.Regexp
	Optional    bool
	Private     bool   // kept apart and erasable
	EntityPart  string // id, name, class, parent or area of the entity that the fact defines; revision: a flag, it replaces what defines it now
	index       int
	choiceIndex map[string]bool
}

// Kind is a kind of fact.
type Kind struct {
	Name     string
	En, Zh   string
	By       []string // roles that may record it
	Approval *Approval
	Book     string // "hq", or the field whose entity or area decides the book
	BookElse string // book when that field is empty or lies in no designated county; "" to refuse
	Area     string // field that gives the entry's area
	Defines  string // type of entity that it defines
	Fields   []Field
	typ      reflect.Type
	source   string
	doc      sync.Once
	docText  string
	docField map[string]string
	byColumn map[string]int // lower-case name or label to field
	papers   []*Field       // that hold the number of a paper
}

// Approval says who else must agree before a fact counts.
type Approval struct {
	Role  string // of the approvers
	Steps []Step // by amount, ascending; the last one reached holds
	Field string // amount field, "" when the amount does not matter
}

// Step asks for a number of approvers from an amount on.
type Step struct {
	From      int64 // fen
	Approvers int
}

// Need is how many approvers an amount needs.
func (a *Approval) Need(amount int64) int {
	n := 1
	for _, s := range a.Steps {
		if amount >= s.From {
			n = s.Approvers
		}
	}
	return n
}

// Approvers is how many people other than the one who prepared it must approve a fact of the kind; 0 when nobody need.
func (k *Kind) Approvers(f Fact) int {
	if k.Approval == nil {
		return 0
	}
	return k.Approval.Need(k.amount(f))
}

// amount is what the fact's approval depends on, in fen.
func (k *Kind) amount(f Fact) int64 {
	if k.Approval == nil || k.Approval.Field == "" {
		return 0
	}
	return reflect.ValueOf(f).Elem().Field(k.Field(k.Approval.Field).index).Int()
}

var kinds = map[string]*Kind{}

// Register makes kinds known; called from package initialisation with the Go source that declares them (embedded), which gives their
// documentation, and a nil pointer of each. A wrong tag is a bug and stops the program at start.
func Register(source string, facts ...Fact) {
	for _, f := range facts {
		k, err := newKind(reflect.TypeOf(f).Elem(), source)
		if err != nil {
			panic(fmt.Sprintf("register %T: %v", f, err))
		}
		if kinds[k.Name] != nil {
			panic("kind " + k.Name + " is registered twice")
		}
		kinds[k.Name] = k
	}
}

// Kinds lists all kinds by name.
func Kinds() []*Kind {
	list := make([]*Kind, 0, len(kinds))
	for _, k := range kinds {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b *Kind) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Find gives a kind by name, nil when there is none.
func Find(name string) *Kind { return kinds[name] }

// New is an empty fact of the kind.
func (k *Kind) New() Fact { return reflect.New(k.typ).Interface().(Fact) }

// KindOf gives the kind of a fact.
func KindOf(f Fact) *Kind {
	t := reflect.TypeOf(f).Elem()
	for _, k := range kinds {
		if k.typ == t {
			return k
		}
	}
	return nil
}

func newKind(t reflect.Type, source string) (*Kind, error) {
	k := &Kind{typ: t, source: source, byColumn: map[string]int{}}
	for i := range t.NumField() {
		sf := t.Field(i)
		if sf.Name == "_" {
			if err := k.readTag(sf.Tag); err != nil {
				return nil, err
			}
			continue
		}
		f, err := newField(sf, i)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", sf.Name, err)
		}
		for _, name := range []string{f.Name, f.En, f.Zh} {
			k.byColumn[columnKey(name)] = len(k.Fields)
		}
		k.Fields = append(k.Fields, f)
	}
	if k.Name == "" || k.En == "" || k.Zh == "" {
		return nil, errors.New(`wants a field _ struct{} with tags kind, en and zh`)
	}
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Type == Text && f.Ref == "" && !f.Private && slices.Contains(paperFields, f.Name) {
			k.papers = append(k.papers, f)
		}
	}
	for _, name := range []string{k.Area, strings.TrimPrefix(k.Book, "hq")} {
		if name != "" && k.Field(name) == nil {
			return nil, fmt.Errorf("tag names field %q, which does not exist", name)
		}
	}
	return k, nil
}

func columnKey(s string) string {
	return strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(strings.TrimSpace(s)))
}

func (k *Kind) readTag(tag reflect.StructTag) error {
	k.Name, k.En, k.Zh = tag.Get("kind"), tag.Get("en"), tag.Get("zh")
	k.Area, k.Defines = tag.Get("area"), tag.Get("defines")
	k.Book, k.BookElse, _ = strings.Cut(tag.Get("book"), ",")
	if by := tag.Get("by"); by != "" {
		k.By = strings.Split(by, ",")
	}
	rule := tag.Get("approve")
	if rule == "" {
		return nil
	}
	// "approver" or "approver; 1000000.00 2": one approver, and two from a million on.
	parts := strings.Split(rule, ";")
	k.Approval = &Approval{Role: strings.TrimSpace(parts[0]), Field: tag.Get("amount")}
	for _, p := range parts[1:] {
		words := strings.Fields(p)
		if len(words) != 2 {
			return fmt.Errorf("approve step %q: want AMOUNT NUMBER", p)
		}
		from, err := ParseMoney(words[0])
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(words[1])
		if err != nil {
			return err
		}
		k.Approval.Steps = append(k.Approval.Steps, Step{int64(from), n})
	}
	return nil
}

var types = map[reflect.Type]Type{
	reflect.TypeFor[string]():    Text,
	reflect.TypeFor[int64]():     Integer,
	reflect.TypeFor[Money]():     Amount,
	reflect.TypeFor[date.Date](): Day,
	reflect.TypeFor[bool]():      Flag,
	reflect.TypeFor[[]string]():  List,
}

// lengthDefault is the longest text of a field that does not say otherwise, in characters.
const lengthDefault = 500

func newField(sf reflect.StructField, index int) (Field, error) {
	tag := sf.Tag
	_, optional := tag.Lookup("optional")
	_, private := tag.Lookup("private")
	f := Field{
		Name: tag.Get("json"), En: tag.Get("en"), Zh: tag.Get("zh"), Hint: tag.Get("hint"), HintZh: tag.Get("hint_zh"),
		Unit: tag.Get("unit"), Ref: tag.Get("ref"), EntityPart: tag.Get("entity"), Optional: optional, Private: private,
		LengthMax: lengthDefault, index: index,
	}
	var ok bool
	if f.Type, ok = types[sf.Type]; !ok {
		return f, fmt.Errorf("type %s cannot be a field", sf.Type)
	}
	if f.Name == "" || f.En == "" || f.Zh == "" {
		return f, errors.New("wants tags json, en and zh")
	}
	if f.Type == Flag {
		f.Optional = true
	}
	bound := func(name string) (int64, bool, error) {
		text, ok := tag.Lookup(name)
		if !ok {
			return 0, false, nil
		}
		if f.Type == Amount {
			m, err := ParseMoney(text)
			return int64(m), true, err
		}
		n, err := strconv.ParseInt(text, 10, 64)
		return n, true, err
	}
	var err error
	if f.Min, f.HasMin, err = bound("min"); err != nil {
		return f, err
	}
	if f.Max, f.HasMax, err = bound("max"); err != nil {
		return f, err
	}
	if text, ok := tag.Lookup("length"); ok {
		if f.LengthMax, err = strconv.Atoi(text); err != nil {
			return f, err
		}
	}
	if text, ok := tag.Lookup("pattern"); ok {
		if f.Pattern, err = regexp.Compile("^(?:" + text + ")$"); err != nil {
			return f, err
		}
	}
	if text, ok := tag.Lookup("choices"); ok {
		f.choiceIndex = map[string]bool{}
		for _, c := range strings.Split(text, ";") {
			rest, zh, ok := cutLast(strings.TrimSpace(c), "=")
			value, en, ok2 := cutLast(rest, "=") // a value may itself hold the sign
			if !ok || !ok2 {
				return f, fmt.Errorf("choice %q: want VALUE=ENGLISH=CHINESE", c)
			}
			f.Choices = append(f.Choices, Choice{value, en, zh})
			f.choiceIndex[value] = true
		}
	}
	return f, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Field by name, nil when there is none.
func (k *Kind) Field(name string) *Field {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return &k.Fields[i]
		}
	}
	return nil
}

// eachNamed calls fn with the type and code of every thing that a fact refers to or defines.
func (k *Kind) eachNamed(f Fact, fn func(typ, id string)) {
	v := reflect.ValueOf(f).Elem()
	for i := range k.Fields {
		field := &k.Fields[i]
		typ := field.Ref
		if field.EntityPart == "id" {
			typ = k.Defines
		}
		switch {
		case typ == "":
		case field.Type == List:
			for _, id := range v.Field(field.index).Interface().([]string) {
				fn(typ, id)
			}
		default:
			if id := v.Field(field.index).String(); id != "" {
				fn(typ, id)
			}
		}
	}
}

// Private tells whether any field of the kind is kept apart.
func (k *Kind) Private() bool {
	return slices.ContainsFunc(k.Fields, func(f Field) bool { return f.Private })
}

// Doc is the kind's doc comment.
func (k *Kind) Doc() string {
	k.doc.Do(k.readDoc)
	return k.docText
}

// FieldDoc is the comment of a field, "" when it has none.
func (k *Kind) FieldDoc(name string) string {
	k.doc.Do(k.readDoc)
	return k.docField[name]
}

func (k *Kind) readDoc() {
	k.docField = map[string]string{}
	file, err := parser.ParseFile(token.NewFileSet(), "", k.source, parser.ParseComments)
	if err != nil {
		return
	}
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, spec := range gen.Specs {
			ts := spec.(*ast.TypeSpec)
			st, ok := ts.Type.(*ast.StructType)
			if !ok || ts.Name.Name != k.typ.Name() {
				continue
			}
			doc := gen.Doc
			if ts.Doc != nil {
				doc = ts.Doc
			}
			k.docText = strings.TrimSpace(doc.Text())
			for _, f := range st.Fields.List {
				for _, name := range f.Names {
					if sf, ok := k.typ.FieldByName(name.Name); ok {
						k.docField[sf.Tag.Get("json")] = strings.TrimSpace(f.Doc.Text() + f.Comment.Text())
					}
				}
			}
		}
	}
}
