// Package wording says what facts, roles and refusals are called in the reader's language. Kinds carry their labels in English and Chinese;
// faults carry an English sentence and a code, under which the catalogue here has the sentence in each language ("fault.CODE").
//
// It is the one place that turns a fault into words for a page, and its kind into an HTTP status.
package wording

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"lastmile/internal/area"
	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/ledger"
	"lastmile/internal/project"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

//go:embed text/*.json
var files embed.FS

// Source has the texts, for view.New.
func Source() view.Source {
	texts, err := fs.Sub(files, "text")
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return view.Source{Texts: texts}
}

// Words writes in one reader's language.
type Words struct {
	*locale.Printer
	catalog *locale.Catalog
}

// For gives the words of a page's reader.
func For(engine *view.Engine, p *locale.Printer) Words { return Words{p, engine.Catalog()} }

// Pick chooses the text of the reader's language; an empty one gives way to the other.
func (w Words) Pick(en, zh string) string {
	if w.Language == locale.Chinese && zh != "" || en == "" {
		return zh
	}
	return en
}

// Kind is what a kind of fact is called.
func (w Words) Kind(k *fact.Kind) string { return w.Pick(k.En, k.Zh) }

// KindNamed is Kind by name; a name that no kind has stands for itself.
func (w Words) KindNamed(name string) string {
	if k := fact.Find(name); k != nil {
		return w.Kind(k)
	}
	return name
}

// Field is the label of a field.
func (w Words) Field(f *fact.Field) string { return w.Pick(f.En, f.Zh) }

// Hint is the line of help at a field; "" when there is none in the reader's language.
func (w Words) Hint(f *fact.Field) string {
	if w.Language == locale.Chinese {
		return f.HintZh
	}
	return f.Hint
}

// About is what a kind is for: the first sentence of its documentation, which is in English, and on other pages "".
func (w Words) About(k *fact.Kind) string {
	if w.Language != locale.English {
		return ""
	}
	first, _, _ := strings.Cut(strings.ReplaceAll(k.Doc(), "\n", " "), ". ")
	if rest, ok := strings.CutPrefix(first, reflect.TypeOf(k.New()).Elem().Name()+" "); ok { // the code's name for it is not the reader's
		first = "This " + rest
	}
	return strings.TrimSuffix(first, ".") + "."
}

// Project is what a project is called in the reader's language; its code when it cannot be read.
func (w Words) Project(ctx context.Context, r database.Reader, book, id string) string {
	p, ok, err := fact.ThingOf[project.Project](ctx, r, book, "project", id)
	if err != nil || !ok {
		return id
	}
	return w.Pick(p.Fact.Name, p.Fact.NameZh)
}

// Place is how an area is called: in English with how it is read beside it.
func (w Words) Place(name string) string {
	if said := area.Pronounced(name); said != "" && w.Language != locale.Chinese {
		return said + " " + name
	}
	return name
}

// Account is what an account is called, by what its id says: what it holds, then for which project or whose it is; of what is under way, which
// transfer it is. called gives the name of a party, an area, a pool or a project, and "" of what has none. The words of classes
// are among those of package web.
func (w Words) Account(id string, called func(typ, id string) string) string {
	class, rest, _ := strings.Cut(id, ":")
	owner, project, _ := strings.Cut(rest, ":")
	name := w.Text("class." + class)
	switch {
	case project != "": // the owner is the book, which says less
		owner = cmp.Or(called("project", project), project)
	case class == string(ledger.Transit):
		return name + " " + owner
	case class == string(ledger.Pool):
		return cmp.Or(called("pool", owner), name+" "+owner) // a pool's name says that it is one
	case owner == entity.Headquarters:
		owner = w.Text("book.hq")
	default:
		owner = cmp.Or(called("party", owner), called("area", owner), owner)
	}
	return name + w.Text("list.of") + owner
}

// Sentences sets sentences one after the other, as the reader's language does.
func (w Words) Sentences(list ...string) string { return strings.Join(list, w.Pick(" ", "")) }

// Choice is the label of one value of a field; a value that is no choice stands for itself.
func (w Words) Choice(f *fact.Field, value string) string {
	for _, c := range f.Choices {
		if c.Value == value {
			return w.Pick(c.En, c.Zh)
		}
	}
	return value
}

// units that have a word of their own; others stand as they are.
var units = map[string][2]string{
	"0.01 mu": {"0.01 mu", "百分之一亩"}, "CNY": {"yuan", "元"}, "alerts": {"alerts", "条预警"}, "assets": {"assets", "件资产"}, "borrowers": {"borrowers", "名借款人"},
	"cases": {"cases", "件"}, "channels": {"channels", "个渠道"}, "companies": {"companies", "家公司"}, "counties": {"counties", "个县"},
	"date": {"date", "日期"}, "days": {"days", "天"}, "decisions": {"decisions", "项决定"}, "dividends": {"dividends", "期分红"},
	"enterprises": {"enterprises", "家企业"}, "fen": {"fen", "分"}, "head": {"head", "头（只）"}, "households": {"households", "户"}, "inspections": {"inspections", "次检查"},
	"interviews": {"interviews", "次走访"}, "investments": {"investments", "项投资"}, "jobs": {"jobs", "个岗位"}, "kg": {"kg", "千克"},
	"lists": {"lists", "份名单"}, "loans": {"loans", "笔贷款"}, "m": {"m", "米"}, "m²": {"m²", "平方米"}, "m2": {"m²", "平方米"},
	"masks": {"masks", "只"}, "milestones": {"milestones", "个里程碑"},
	"months": {"months", "个月"}, "mu": {"mu", "亩"}, "notices": {"notices", "份公示"}, "objections": {"objections", "条异议"},
	"order": {"order", "次序"}, "order of villages": {"order of villages", "村次序"}, "payments": {"payments", "笔"}, "percent": {"%", "%"},
	"percentage points": {"percentage points", "个百分点"}, "periods": {"periods", "期"}, "persons": {"persons", "人"}, "points": {"points", "分"},
	"piece": {"pieces", "件（只）"}, "products": {"products", "个产品"}, "projects": {"projects", "个项目"}, "ratio": {"to one", "倍"}, "set": {"sets", "套"}, "sets": {"sets", "套"},
	"share": {"share", "占比"}, "towns": {"towns", "个乡镇"}, "vehicle": {"vehicles", "辆"}, "vehicles": {"vehicles", "辆"}, "villages": {"villages", "个村"},
	"year": {"calendar years", "年份"}, "years": {"years", "年"}, "yuan × percentage points": {"yuan × percentage points", "元·百分点"},
}

// Unit is what stands after a value.
func (w Words) Unit(unit string) string {
	if u, ok := units[unit]; ok {
		return w.Pick(u[0], u[1])
	}
	return unit
}

// Role is what a role is called.
func (w Words) Role(name string) string {
	return w.Choice(fact.Find("appointment").Field("role"), name)
}

// Thing is what a type of entity is called: the kind that defines it has the word.
func (w Words) Thing(typ string) string {
	for _, k := range fact.Kinds() {
		if k.Defines == typ {
			return w.Kind(k)
		}
	}
	return typ
}

// List joins texts as the language does.
func (w Words) List(items []string) string {
	if len(items) == 0 {
		return ""
	}
	text := items[0]
	for _, item := range items[1:] {
		text = w.Text("list.separator", text, item)
	}
	return text
}

// Fault is a fault in words, with how to put it right. kind, when it is known, gives labels to the fields that the fault speaks of.
// A code without a text in the catalogue is said in English, as it was written where it was found.
func (w Words) Fault(kind *fact.Kind, e *fault.Error) string {
	key := "fault." + e.Code
	want, ok := w.catalog.Arguments(key)
	if !ok || want > len(e.Args) && len(e.Args) > 0 {
		return sentence(e)
	}
	args := make([]any, max(want, len(e.Args)))
	for i := range args {
		if i >= len(e.Args) { // a text that names what the fault left out: the field itself
			args[i] = w.fieldNamed(kind, e.Field)
			continue
		}
		args[i] = w.argument(kind, e, e.Args[i])
		if n, ok := plural(e.Args[i]); ok && i == 0 {
			args[i] = n
		}
	}
	return w.Text(key, args...)
}

// plural is a small number that chooses the form of a sentence. Larger ones may be codes, and are not written as counts.
func plural(arg any) (int64, bool) {
	n, ok := arg.(int64)
	if i, is := arg.(int); is {
		n, ok = int64(i), true
	}
	return n, ok && n < 1000
}

func sentence(e *fault.Error) string {
	text := e.Message()
	if e.Fix != "" {
		text += ". " + e.Fix
	}
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

// header are the fields that every fact has, before those of its kind.
var header = map[string][2]string{
	"on": {"Date", "日期"}, "book": {"Book", "账簿"}, "key": {"Key", "键"}, "evidence": {"Evidence", "凭证"}, "actor": {"Person", "人员"}, "reason": {"Reason", "原因"},
}

func (w Words) fieldNamed(kind *fact.Kind, name string) string {
	if kind != nil {
		if f := kind.Field(name); f != nil {
			return w.Field(f)
		}
	}
	if label, ok := header[name]; ok {
		return w.Pick(label[0], label[1])
	}
	return name
}

// argument puts labels of kinds, things and fields in place of their names.
func (w Words) argument(kind *fact.Kind, e *fault.Error, arg any) string {
	text := fmt.Sprint(arg)
	if kind != nil {
		if f := kind.Field(e.Field); f != nil && text == f.En {
			return w.Field(f)
		}
	}
	if strings.HasPrefix(e.Code, "field.") {
		return text
	}
	if fact.Find(text) != nil {
		return w.KindNamed(text)
	}
	return w.Thing(text)
}

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Refusal says calmly why something was not done: a title and the sentences below it.
func (w Words) Refusal(err error) (title, text string) {
	titles := map[fault.Kind]string{
		fault.Forbidden: "forbidden", fault.NotFound: "missing", fault.Conflict: "conflict", fault.Invalid: "invalid", fault.Unavailable: "unavailable", fault.Internal: "internal",
	}
	title = w.Text("refused.title." + titles[fault.KindOf(err)])
	list := fault.All(err)
	if len(list) == 0 {
		return title, w.Text("refused.internal")
	}
	var texts []string
	for _, f := range list {
		if text := w.Fault(nil, f); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return title, strings.Join(texts, " ")
}
