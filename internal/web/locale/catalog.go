package locale

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A Catalog holds every message in every language. It is read-only after Load
// and safe for concurrent use.
type Catalog struct {
	languages []Language
	messages  map[Language]map[string]message
}

// message is one text, split at its arguments once, when it is loaded.
type message struct {
	other []segment
	one   []segment // nil when the message has no plural forms
}

// segment is a run of literal text, or an argument when argument >= 0.
type segment struct {
	literal  string
	argument int
}

// Load reads every *.json at the top of each file system; the file name is the
// language. The same key in two file systems is an error, so packages cannot
// overwrite each other's words. The error of a catalogue that is not whole
// lists every key at fault.
func Load(sources ...fs.FS) (*Catalog, error) {
	c := &Catalog{messages: map[Language]map[string]message{}}
	for _, source := range sources {
		names, err := fs.Glob(source, "*.json")
		if err != nil {
			return nil, fmt.Errorf("list catalogues: %w", err)
		}
		for _, name := range names {
			if err := c.read(source, name); err != nil {
				return nil, fmt.Errorf("read catalogue %s: %w", name, err)
			}
		}
	}
	if len(c.messages) == 0 {
		return nil, errors.New("no catalogue found: give at least one file such as en.json")
	}
	for language := range c.messages {
		c.languages = append(c.languages, language)
	}
	slices.Sort(c.languages)
	return c, c.check()
}

func (c *Catalog) read(source fs.FS, name string) error {
	text, err := fs.ReadFile(source, name)
	if err != nil {
		return err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	language := Language(strings.TrimSuffix(path.Base(name), ".json"))
	if c.messages[language] == nil {
		c.messages[language] = map[string]message{}
	}
	for key, value := range raw {
		if _, taken := c.messages[language][key]; taken {
			return fmt.Errorf("key %q is already in another catalogue", key)
		}
		m, err := parseMessage(value)
		if err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		c.messages[language][key] = m
	}
	return nil
}

func parseMessage(raw json.RawMessage) (message, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		other, err := split(text)
		return message{other: other}, err
	}
	var forms map[string]string
	if err := json.Unmarshal(raw, &forms); err != nil {
		return message{}, errors.New(`want a text, or plural forms {"one": …, "other": …}`)
	}
	for form := range forms {
		if form != "one" && form != "other" {
			return message{}, fmt.Errorf("unknown plural form %q; use one and other", form)
		}
	}
	if forms["other"] == "" {
		return message{}, errors.New("plural forms need at least other")
	}
	m := message{}
	var err error
	if m.other, err = split(forms["other"]); err != nil {
		return message{}, err
	}
	if one, ok := forms["one"]; ok {
		if m.one, err = split(one); err != nil {
			return message{}, err
		}
	}
	return m, nil
}

// split cuts a message at its {0}, {1}, …; a brace that opens anything else is
// an error, so a typing mistake cannot reach the screen.
func split(text string) ([]segment, error) {
	if text == "" {
		return nil, errors.New("the text is empty")
	}
	var segments []segment
	for text != "" {
		literal, rest, found := strings.Cut(text, "{")
		if literal != "" {
			segments = append(segments, segment{literal: literal, argument: -1})
		}
		if !found {
			break
		}
		index, after, closed := strings.Cut(rest, "}")
		n, err := strconv.Atoi(index)
		if !closed || err != nil || n < 0 || n > 9 {
			return nil, fmt.Errorf("%q: an argument is written {0} to {9}", "{"+rest)
		}
		segments = append(segments, segment{argument: n})
		text = after
	}
	return segments, nil
}

// arguments gives the sorted, distinct argument numbers of a message. Plural
// forms may leave out {0} ("a day late"), so all forms count together.
func (m message) arguments() []int {
	var seen []int
	for _, s := range append(slices.Clone(m.other), m.one...) {
		if s.argument >= 0 && !slices.Contains(seen, s.argument) {
			seen = append(seen, s.argument)
		}
	}
	sort.Ints(seen)
	return seen
}

func (c *Catalog) check() error {
	var problems []error
	for _, key := range c.Keys() {
		var first Language
		for _, language := range c.languages {
			m, ok := c.messages[language][key]
			if !ok {
				problems = append(problems, fmt.Errorf("key %q has no text in %s", key, language))
				continue
			}
			if first == "" {
				first = language
			} else if want := c.messages[first][key].arguments(); !slices.Equal(want, m.arguments()) {
				problems = append(problems, fmt.Errorf("key %q takes arguments %v in %s but %v in %s",
					key, want, first, m.arguments(), language))
			}
		}
	}
	return errors.Join(problems...)
}

// Keys gives every key of every language, sorted.
func (c *Catalog) Keys() []string {
	var keys []string
	for _, messages := range c.messages {
		for key := range messages {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return slices.Compact(keys)
}

// Languages gives the languages of the catalogue, sorted by tag.
func (c *Catalog) Languages() []Language { return slices.Clone(c.languages) }

// Arguments tells how many arguments a message takes, and whether the key
// exists at all.
func (c *Catalog) Arguments(key string) (count int, ok bool) {
	m, ok := c.messages[c.languages[0]][key]
	if arguments := m.arguments(); len(arguments) > 0 {
		count = arguments[len(arguments)-1] + 1
	}
	return count, ok
}

// Printer gives a writer of texts and numbers in one language. It is an error
// to ask for a language that the catalogue lacks or whose numbers and dates
// this package cannot write.
func (c *Catalog) Printer(language Language) (*Printer, error) {
	if c.messages[language] == nil {
		return nil, fmt.Errorf("no catalogue for language %q", language)
	}
	style, ok := styles[language]
	if !ok {
		return nil, fmt.Errorf("no number and date style for language %q: add it to locale.styles", language)
	}
	return &Printer{Language: language, catalog: c, style: style}, nil
}

// A Printer writes texts, numbers and dates in one language. Get one from
// [Catalog.Printer]; it is safe for concurrent use.
type Printer struct {
	Language Language

	catalog *Catalog
	style   style
}

// A Span is a piece of a message: literal text, or the argument with that
// number when Argument >= 0.
type Span struct {
	Text     string
	Argument int
}

// Spans gives a message in pieces, for those who set arguments apart on the
// page. Its count decides the plural form. An unknown key gives the key
// itself in brackets, which the tests of pages look for.
func (p *Printer) Spans(key string, count any) []Span {
	m, ok := p.catalog.messages[p.Language][key]
	if !ok {
		return []Span{{Text: "⟦" + key + "⟧", Argument: -1}}
	}
	segments := m.other
	if m.one != nil && isOne(count) {
		segments = m.one
	}
	spans := make([]Span, len(segments))
	for i, s := range segments {
		spans[i] = Span{Text: s.literal, Argument: s.argument}
	}
	return spans
}

// Text writes a message with its arguments. Whole numbers are grouped as
// [Printer.Count] does; strings stand as they are.
func (p *Printer) Text(key string, arguments ...any) string {
	var count any
	if len(arguments) > 0 {
		count = arguments[0]
	}
	var b strings.Builder
	for _, span := range p.Spans(key, count) {
		switch {
		case span.Argument < 0:
			b.WriteString(span.Text)
		case span.Argument < len(arguments):
			b.WriteString(p.Argument(arguments[span.Argument]))
		default:
			b.WriteString("⟦" + strconv.Itoa(span.Argument) + "⟧")
		}
	}
	return b.String()
}

// Argument writes one argument of a message as Text does.
func (p *Printer) Argument(argument any) string {
	switch a := argument.(type) {
	case string:
		return a
	case int:
		return p.Count(int64(a))
	case int64:
		return p.Count(a)
	default:
		return fmt.Sprint(a)
	}
}

func isOne(count any) bool {
	switch n := count.(type) {
	case int:
		return n == 1
	case int64:
		return n == 1
	}
	return false
}
