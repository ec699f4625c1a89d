package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"lastmile/internal/date"
)

// Document is what every rule document states, whatever it is about. The type of a kind of rules embeds it.
type Document struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Title   Text   `json:"title"`
	Scope
	Extends string   `json:"extends,omitempty"` // id of the document that gives every key not stated here
	Sources []Source `json:"sources"`
}

// Head is the document itself.
func (d *Document) Head() *Document { return d }

// Problems returns everything that is wrong with what every document states.
func (d *Document) Problems() error {
	var problems []error
	for _, p := range []struct {
		wrong bool
		text  string
	}{
		{d.Version == "", "version is empty"},
		{!d.Title.Complete(), "title needs en and zh"},
		{len(d.Sources) == 0, "sources is empty: say where the rules were read"},
	} {
		if p.wrong {
			problems = append(problems, errors.New(p.text))
		}
	}
	return errors.Join(append(problems, d.Scope.Check())...)
}

// ErrNotInForce is returned where rules are asked for that do not hold there or then.
var ErrNotInForce = errors.New("not in force")

// Library is a collection of rule documents of one type, which may extend each other.
type Library[R interface{ Head() *Document }] struct {
	what     string // "rulebook", for errors
	fresh    func() R
	validate func(R) error
	keys     map[string]map[string]json.RawMessage // of each document, those it extends filled in
	rules    []R                                   // in order of id
}

// NewLibrary returns an empty library. Fresh gives an empty document to read into, validate everything that is wrong with one that
// was read.
func NewLibrary[R interface{ Head() *Document }](what string, fresh func() R, validate func(R) error) *Library[R] {
	return &Library[R]{what: what, fresh: fresh, validate: validate, keys: map[string]map[string]json.RawMessage{}}
}

// Clone returns a library that can be added to without changing this one.
func (l *Library[R]) Clone() *Library[R] {
	other := *l
	other.keys, other.rules = maps.Clone(l.keys), slices.Clone(l.rules)
	return &other
}

// AddFiles reads all documents of a folder, in order of name: what others extend comes first.
func (l *Library[R]) AddFiles(folder fs.FS, pattern string) error {
	names, err := fs.Glob(folder, pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		file, err := folder.Open(name)
		if err != nil {
			return err
		}
		_, err = l.Add(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Add reads one document from JSON. One that extends another must come after it; a key it states replaces the whole of that key, and a key that
// the type does not have is an error. The error names everything that is wrong, and then the library is as it was.
func (l *Library[R]) Add(r io.Reader) (R, error) {
	rules := l.fresh()
	if err := l.decode(r, rules); err != nil {
		var none R
		return none, fmt.Errorf("read %s: %w", l.what, err)
	}
	at, _ := slices.BinarySearchFunc(l.rules, rules.Head().ID, func(r R, id string) int { return strings.Compare(r.Head().ID, id) })
	l.rules = slices.Insert(l.rules, at, rules)
	return rules, nil
}

func (l *Library[R]) decode(r io.Reader, into R) error {
	keys := map[string]json.RawMessage{}
	if err := json.NewDecoder(r).Decode(&keys); err != nil {
		return err
	}
	var id, extends string
	for name, text := range map[string]*string{"id": &id, "extends": &extends} {
		if raw, ok := keys[name]; ok {
			if err := json.Unmarshal(raw, text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if id == "" {
		return errors.New("id is empty")
	}
	if _, taken := l.keys[id]; taken {
		return fmt.Errorf("%s: there already is one with this id", id)
	}
	if extends != "" {
		base, ok := l.keys[extends]
		if !ok {
			return fmt.Errorf("%s: it extends %q, which is not here (there are %s)", id, extends, strings.Join(l.IDs(), ", "))
		}
		stated := keys
		keys = maps.Clone(base)
		maps.Copy(keys, stated)
	}
	whole, err := json.Marshal(keys)
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(whole)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	if err := l.validate(into); err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	l.keys[id] = keys
	return nil
}

// IDs returns the ids of the library in order.
func (l *Library[R]) IDs() []string {
	ids := make([]string, len(l.rules))
	for i, r := range l.rules {
		ids[i] = r.Head().ID
	}
	return ids
}

// All returns the rules of the library in order of id.
func (l *Library[R]) All() []R { return slices.Clone(l.rules) }

// Get returns the rules with an id.
func (l *Library[R]) Get(id string) (rules R, ok bool) {
	at, ok := slices.BinarySearchFunc(l.rules, id, func(r R, id string) int { return strings.Compare(r.Head().ID, id) })
	if ok {
		rules = l.rules[at]
	}
	return rules, ok
}

// InForce returns the rules in force in an area on a date: those of the narrowest jurisdiction, and of several of one jurisdiction those that
// came into force last. Such limits the choice. The error is ErrNotInForce.
func (l *Library[R]) InForce(area string, on date.Date, such ...func(R) bool) (best R, err error) {
	found := false
	for _, r := range l.rules {
		head := r.Head()
		if !head.Holds(area, on) || slices.ContainsFunc(such, func(is func(R) bool) bool { return !is(r) }) {
			continue
		}
		if !found || head.Compare(best.Head().Scope) < 0 {
			best, found = r, true
		}
	}
	if !found {
		return best, fmt.Errorf("the %s is %w: none of %s holds in area %q on %s", l.what, ErrNotInForce, strings.Join(l.IDs(), ", "), area, on)
	}
	return best, nil
}
