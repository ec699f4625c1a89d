package form

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/access"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

const (
	radiosMax  = 4   // choices that are all shown; more become a list to open
	oneLineMax = 200 // characters of a text that stands on one line
)

// page draws a form with what is in it and what is wrong with it.
func (f *Forms) page(w http.ResponseWriter, r *http.Request, status int, in *filled) {
	v := session.Of(r)
	page := f.guard.Page(r)
	words := f.guard.Words(page)
	k := in.kind

	heading := view.Heading{Crumbs: []view.Link{{Label: words.Text("record.title"), Href: Path}, {Label: words.Kind(k)}}, Title: words.Kind(k)}
	if about := words.About(k); about != "" {
		heading.Lead = view.Plain(about)
	}
	form := view.Form{Action: Path + "/" + k.Name, Files: true, Plain: true, Hidden: v.Hidden(view.Hidden{Name: "key", Value: in.key})}
	if in.corrects != nil {
		at := in.corrects.Book + ":" + itoa(in.corrects.Seq)
		form.Hidden = append(form.Hidden, view.Hidden{Name: "corrects", Value: at})
		heading.Title = words.Text("correct.title", words.Kind(k))
		heading.Lead = view.Write(page.Printer, "correct.lead", view.Link{Label: at, Href: EntryHref(in.corrects.Book, in.corrects.Seq)}, words.Date(in.corrects.On))
	}
	send := words.Text("record.do")
	if k.Approval != nil {
		send = words.Text("record.propose")
		steps, err := f.steps(r, words, k)
		if err != nil {
			f.guard.Refuse(w, r, err)
			return
		}
		page.Status = append(page.Status, view.Status{Kind: view.Told, Icon: "approve", Lead: words.Text("record.second"), Text: words.Text("record.approved", words.Role(k.Approval.Role)) + steps})
	}

	p := &problems{words: words, kind: k, list: slices.Clone(in.faults)}
	form.Fields = []view.Component{defaultButton{}, view.Field{Kind: view.DateField, Name: "on", Label: words.Text("field.on"), Hint: words.Text("field.on.hint"), Value: in.on, Error: p.at("on")}}
	if in.corrects == nil && (k.Book == "" || p.has("book")) {
		options, err := f.books(r, words)
		if err != nil {
			f.guard.Refuse(w, r, err)
			return
		}
		form.Fields = append(form.Fields, view.Field{Kind: view.SelectField, Name: "book", Label: words.Text("field.book"), Options: choose(options, in.book), Error: p.at("book")})
	}
	for i := range k.Fields {
		c, err := f.field(r, words, in, &k.Fields[i], p)
		if err != nil {
			f.guard.Refuse(w, r, err)
			return
		}
		form.Fields = append(form.Fields, c)
	}
	form.Fields = append(form.Fields, f.files(words, v, in.evidence, p.at("evidence")))
	form.Buttons = []view.Button{{Label: send, Kind: view.Primary, Name: "do", Value: "record"}}
	// What is wrong with no field of the form stands above it.
	for _, e := range p.list {
		page.Status = append(page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("record.refused"), Text: words.Fault(k, e)})
	}
	f.guard.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: []view.Component{form}})
}

// steps says from which amounts on more people must approve, by the rules in force today.
func (f *Forms) steps(r *http.Request, words wording.Words, k *fact.Kind) (string, error) {
	list, err := access.Steps(r.Context(), f.store.DB, k, f.store.Today())
	text := ""
	for _, s := range list {
		text += words.Text("record.step", s.Approvers, words.Money(s.From, locale.Yuan))
	}
	return text, err
}

// problems are the faults of a form; each is said at its field and then taken out.
type problems struct {
	words wording.Words
	kind  *fact.Kind
	list  fault.List
}

func (p *problems) has(field string) bool {
	return slices.ContainsFunc(p.list, func(e *fault.Error) bool { return e.Field == field })
}

func (p *problems) at(field string) string {
	var texts []string
	p.list = slices.DeleteFunc(p.list, func(e *fault.Error) bool {
		if e.Field != field {
			return false
		}
		if text := p.words.Fault(p.kind, e); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		return true
	})
	return strings.Join(texts, " ")
}

func choose(options []view.Option, value string) []view.Option {
	for i := range options {
		options[i].Chosen = options[i].Value == value
	}
	return options
}

// field draws one field of a kind.
func (f *Forms) field(r *http.Request, words wording.Words, in *filled, field *fact.Field, p *problems) (view.Component, error) {
	c := view.Field{Name: field.Name, Label: words.Field(field), Hint: hint(words, field), Value: in.values[field.Name], Optional: field.Optional, Unit: words.Unit(field.Unit), Error: p.at(field.Name)}
	if field.Ref != "" && field.Type == fact.Text {
		return f.reference(r, words, in, field, c)
	}
	switch field.Type {
	case fact.Amount:
		c.Kind = view.MoneyField
	case fact.Integer:
		c.Kind = view.NumberField
	case fact.Day:
		c.Kind = view.DateField
	case fact.Flag:
		c.Kind, c.Optional = view.CheckField, false
		c.Options = []view.Option{{Value: "yes", Label: words.Text("answer.yes"), Chosen: c.Value != ""}}
	case fact.List:
		c.Kind = view.AreaField
		c.Hint = strings.TrimSpace(c.Hint + " " + words.Text("field.list.hint"))
	default:
		c.MaxLength = field.LengthMax
		if field.LengthMax > oneLineMax && field.EntityPart == "" && field.Pattern == nil {
			c.Kind = view.AreaField
		}
	}
	if len(field.Choices) > 0 {
		c.Kind, c.MaxLength = view.ChoiceField, 0
		if len(field.Choices) > radiosMax || field.Optional {
			c.Kind = view.SelectField
			c.Options = []view.Option{{Value: "", Label: words.Text("choose")}}
		}
		for _, choice := range field.Choices {
			c.Options = append(c.Options, view.Option{Value: choice.Value, Label: words.Choice(field, choice.Value), Chosen: choice.Value == c.Value})
		}
	}
	return c, nil
}

func hint(words wording.Words, field *fact.Field) string {
	text := words.Hint(field)
	if field.Private {
		text = strings.TrimSpace(text + " " + words.Text("field.private"))
	}
	return text
}

// Value is one field of a fact as people read it.
type Value struct {
	Field *fact.Field
	Name  string
	Text  string
}

// Values of a fact, without fields that are empty.
func (f *Forms) Values(ctx context.Context, words wording.Words, k *fact.Kind, content fact.Fact, book string) ([]Value, error) {
	var list []Value
	for i := range k.Fields {
		field := &k.Fields[i]
		raw := k.Get(content, field)
		if raw == "" || field.Type == fact.Integer && raw == "0" && field.Optional {
			continue
		}
		text, err := f.value(ctx, words, field, raw, book)
		if err != nil {
			return nil, err
		}
		list = append(list, Value{field, words.Field(field), text})
	}
	return list, nil
}

func (f *Forms) value(ctx context.Context, words wording.Words, field *fact.Field, raw, book string) (string, error) {
	switch {
	case field.Type == fact.Amount:
		m, err := fact.ParseMoney(raw)
		if err != nil {
			return "", err
		}
		return words.Amount(int64(m), locale.Yuan), nil
	case field.Type == fact.Day:
		return words.Date(dateOf(raw)), nil
	case field.Type == fact.Flag:
		return words.Text("answer.yes"), nil
	case field.Type == fact.List:
		return words.List(strings.Split(raw, fact.ListSeparator)), nil
	case len(field.Choices) > 0:
		return words.Choice(field, raw), nil
	case field.Ref != "":
		for _, b := range []string{book, entity.Headquarters} {
			e, ok, err := entity.Get(ctx, f.store.DB, b, field.Ref, raw)
			if err != nil {
				return "", err
			}
			if ok {
				return f.label(ctx, words, e), nil
			}
		}
	case field.Unit != "":
		return raw + " " + words.Unit(field.Unit), nil
	}
	return raw, nil
}

// label is what something is called in the reader's language, with its code.
func (f *Forms) label(ctx context.Context, words wording.Words, e entity.Entity) string {
	name := words.Name(e.Name)
	if k := fact.Find(e.Type); k != nil && words.Language == locale.Chinese && k.Field("name_zh") != nil { // such as a project, whose row has one name
		if entry, ok, err := journal.Get(ctx, f.store.DB, e.Book, e.Seq); err == nil && ok && entry.Kind == k.Name {
			if content, err := fact.DecodeBody(entry.Kind, entry.Body, ""); err == nil {
				name = cmp.Or(k.Get(content, k.Field("name_zh")), name)
			}
		}
	}
	if name == "" || name == e.ID {
		return e.ID
	}
	return name + " · " + e.ID
}
