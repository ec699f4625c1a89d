// Package fault is the one error type that people see. It has two readers: the person at the screen, who needs to
// know which field or row is wrong and how to put it right, and the person on call, who needs the cause.
//
// An error that is not a *fault.Error is internal: the screen shows one calm sentence and the log keeps the chain.
// Text is English with its arguments kept apart, so that a page can word the same Code in the reader's language.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of refusal this is. The web package maps it to an HTTP status, the command line to an exit code.
type Kind uint8

const (
	Internal    Kind = iota // a bug or a broken machine
	Invalid                 // the input breaks a rule of its kind
	NotFound                // what was named does not exist
	Conflict                // it clashes with what is recorded already
	Forbidden               // this person may not do it
	Unavailable             // try again later
)

// Error is one problem in words. The zero value of every field but Code and Text is usable.
type Error struct {
	Kind   Kind
	Code   string // stable key of the message in the catalogues, such as "field.required"
	Text   string // English, with %v verbs for Args
	Args   []any
	Field  string // json name of the field concerned
	Row    int    // line of the file or row of the sheet, 1 is the first; 0 when there is no file
	Column string // column header as it stands in the file
	Fix    string // how to put it right, an English sentence
	Err    error  // cause, for the log
}

// New makes an error of the kind. Text is an English format for args.
func New(kind Kind, code, text string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Text: text, Args: args}
}

// For names the field the error is about.
func (e *Error) For(field string) *Error { e.Field = field; return e }

// Mend says how to put it right.
func (e *Error) Mend(format string, args ...any) *Error {
	e.Fix = fmt.Sprintf(format, args...)
	return e
}

// Wrap keeps the cause for the log.
func (e *Error) Wrap(err error) *Error { e.Err = err; return e }

// At returns a copy placed at a row and column of a file.
func (e *Error) At(row int, column string) *Error {
	c := *e
	c.Row = row
	if column != "" {
		c.Column = column
	}
	return &c
}

// Message is the sentence without place and remedy.
func (e *Error) Message() string {
	if len(e.Args) == 0 {
		return e.Text
	}
	return fmt.Sprintf(e.Text, e.Args...)
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Row > 0 {
		fmt.Fprintf(&b, "row %d", e.Row)
		if e.Column != "" {
			fmt.Fprintf(&b, ", column %s", e.Column)
		}
		b.WriteString(": ")
	} else if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Message())
	if e.Fix != "" {
		b.WriteString(". " + e.Fix)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// List is several problems reported at once. It unwraps to each of them.
type List []*Error

func (l List) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// KindOf is the kind of the first fault in the chain, Internal when there is none.
func KindOf(err error) Kind {
	var l List
	if errors.As(err, &l) && len(l) > 0 {
		return l[0].Kind
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// All flattens err into its faults; nil when it holds none.
func All(err error) List {
	var l List
	if errors.As(err, &l) {
		return l
	}
	var e *Error
	if errors.As(err, &e) {
		return List{e}
	}
	return nil
}
