package view

import "fmt"

// Form is a form in one column. When fields have errors a summary at its head
// says them in the same words and leads to each.
type Form struct {
	Action  string
	Method  string // "post" when empty; "get" for searches
	Hidden  []Hidden
	Fields  []Component
	Buttons []Button
	// Bar puts the buttons into a bar at the foot of the screen, for steps.
	Bar bool
	// Files lets the form carry files.
	Files bool
	// Plain leaves out the hairlines between fields.
	Plain bool
}

func (Form) Template() string { return "form" }

// Problems gives the errors of the fields, for the summary. A field of another package has its part in it with a method Problem, a group of fields with a method Problems.
func (f Form) Problems() []Problem {
	var problems []Problem
	for _, c := range f.Fields {
		if field, ok := c.(interface{ Problem() Problem }); ok {
			if p := field.Problem(); p.Text != "" {
				problems = append(problems, p)
			}
		}
		if group, ok := c.(interface{ Problems() []Problem }); ok {
			problems = append(problems, group.Problems()...)
		}
	}
	return problems
}

// A Problem is what is wrong with a field, and the field's id.
type Problem struct{ ID, Text string }

// FieldKind is how a value is entered.
type FieldKind string

const (
	TextField   FieldKind = ""
	AreaField   FieldKind = "area"
	SelectField FieldKind = "select"
	ChoiceField FieldKind = "choice" // one of a few, all to be seen
	CheckField  FieldKind = "check"  // several of a few
	DateField   FieldKind = "date"
	NumberField FieldKind = "number"
	MoneyField  FieldKind = "money"
	PhoneField  FieldKind = "phone"
	FileField   FieldKind = "file"
	SecretField FieldKind = "secret"
	// DocumentField is a text of many lines for a program to read, such as rules.
	DocumentField FieldKind = "document"
)

// A Field is one question. Its label stands above it, its hint below the label,
// its error at the field in the same words as in the summary.
type Field struct {
	Kind     FieldKind
	Name     string
	Label    string
	Hint     string
	Error    string
	Value    string
	Unit     string // after the value: "mu", "yuan"
	Options  []Option
	Optional bool
	// Autocomplete is the HTML attribute; MaxLength 0 is no limit.
	Autocomplete string
	MaxLength    int
	Accept       string // of files
	Several      bool   // files
}

// An Option is one of the values a field can have.
type Option struct {
	Value, Label string
	Chosen       bool
}

func (Field) Template() string { return "field" }

// ID is the field's id in the page.
func (f Field) ID() string { return "f-" + f.Name }

// Problem is the field's line in the summary.
func (f Field) Problem() Problem { return Problem{f.firstID(), f.Error} }

// firstID is the id of what takes the focus: of a choice, its first option.
func (f Field) firstID() string {
	if f.Many() {
		return f.ID() + "-0"
	}
	return f.ID()
}

// Many says whether the field is several inputs under one legend.
func (f Field) Many() bool { return f.Kind == ChoiceField || f.Kind == CheckField }

// InputType is the type attribute. Numbers are texts with a numeric keyboard: a
// browser's number field drops what it cannot read, and we want to say what was
// wrong with it.
func (f Field) InputType() string {
	switch f.Kind {
	case DateField:
		return "date"
	case PhoneField:
		return "tel"
	case FileField:
		return "file"
	case SecretField:
		return "password"
	case CheckField:
		return "checkbox"
	case ChoiceField:
		return "radio"
	}
	return "text"
}

// InputMode is the keyboard that a phone shows.
func (f Field) InputMode() string {
	switch f.Kind {
	case NumberField:
		return "numeric"
	case MoneyField:
		return "decimal"
	case PhoneField:
		return "tel"
	}
	return ""
}

// DescribedBy names the hint and the error, for the aria-describedby attribute.
func (f Field) DescribedBy() string {
	return describedBy(f.ID(), f.Hint, f.Error)
}

func describedBy(id, hint, failure string) string {
	switch {
	case hint != "" && failure != "":
		return id + "-hint " + id + "-error"
	case hint != "":
		return id + "-hint"
	case failure != "":
		return id + "-error"
	}
	return ""
}

// Answer is a question with three answers: yes, no, can't tell. The words are the
// question's own ("met", "not met"), or the common ones when they are empty.
type Answer struct {
	Name   string
	Legend string
	Icon   string
	Hint   string
	Error  string
	Value  string // "yes", "no", "unsure", or empty while unanswered
	Yes    string
	No     string
	Unsure string
}

func (Answer) Template() string { return "answer" }

// ID is the question's id in the page.
func (a Answer) ID() string { return "f-" + a.Name }

// DescribedBy names the hint and the error.
func (a Answer) DescribedBy() string { return describedBy(a.ID(), a.Hint, a.Error) }

// Problem is the question's line in the summary.
func (a Answer) Problem() Problem { return Problem{a.ID() + "-yes", a.Error} }

// Photos is a field for photographs, with those already taken.
type Photos struct {
	Name  string
	Label string
	Hint  string
	Error string
	Taken []Photo
	Add   string // the words on the button
}

func (Photos) Template() string { return "photos" }

// ID is the field's id in the page.
func (p Photos) ID() string { return "f-" + p.Name }

// DescribedBy names the hint and the error.
func (p Photos) DescribedBy() string { return describedBy(p.ID(), p.Hint, p.Error) }

// Problem is the field's line in the summary.
func (p Photos) Problem() Problem { return Problem{p.ID(), p.Error} }

// Steps is the steps of a long form and where the reader is.
type Steps struct {
	Names   []string
	Current int // from 0
}

func (Steps) Template() string { return "steps" }

func (s Steps) check() error {
	if len(s.Names) > 0 && (s.Current < 0 || s.Current >= len(s.Names)) {
		return fmt.Errorf("there is no step %d of %d", s.Current, len(s.Names))
	}
	return nil
}

// Filters is a row of fields that narrow a list. They go into the address.
type Filters struct {
	Action string
	Hidden []Hidden
	Fields []Field
	Find   string // what the button says when the fields look something up; "" when they narrow the list
}

func (Filters) Template() string { return "filters" }

// StackPage is the page that draws a [Stack].
const StackPage = "stack"

// Stack is a page that is a heading and components, one under another.
type Stack struct {
	Page
	Heading Heading
	Body    []Component
}
