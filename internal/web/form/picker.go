package form

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

const (
	listMax   = 30  // things that all stand in a list to choose from; more are looked up
	foundMax  = 20  // shown of what was looked up
	offered   = 6   // shown when nothing was typed
	lookedMax = 400 // read before those outside the reader's areas are left out
)

// picker is a field for something recorded, found by its code or part of its name. For areas what was found opens what lies in it, level by
// level.
type picker struct {
	view.Field
	Path  []string      // of an area: what it lies in, topmost first
	Found []view.Option // to choose from
	None  bool          // nothing was found
}

func (picker) Template() string { return "picker" }

// PickName is the name of the choice among what was found.
func (p picker) PickName() string { return p.Name + pickSuffix }

const pickSuffix = ".pick"

// defaultButton is what the Enter key presses: without it, it would be the first button in the form, which looks something up.
type defaultButton struct{}

func (defaultButton) Template() string { return "default-button" }

// reference draws a field that names something.
func (f *Forms) reference(r *http.Request, words wording.Words, in *filled, field *fact.Field, c view.Field) (view.Component, error) {
	ctx, v := r.Context(), session.Of(r)
	value := in.chosen(field.Name)
	all, err := f.visible(ctx, v, entity.Filter{Type: field.Ref, Limit: listMax + 1})
	if err != nil {
		return nil, err
	}
	if len(all) <= listMax && !slices.ContainsFunc(all, func(e entity.Entity) bool { return e.Parent != "" && field.Ref == "area" && len(all) > foundMax }) {
		c.Kind = view.SelectField
		c.Options = []view.Option{{Value: "", Label: words.Text("choose")}}
		for _, e := range all {
			c.Options = append(c.Options, view.Option{Value: e.ID, Label: f.label(ctx, words, e), Chosen: e.ID == value})
		}
		if value != "" && !slices.ContainsFunc(all, func(e entity.Entity) bool { return e.ID == value }) {
			c.Options = append(c.Options, view.Option{Value: value, Label: value, Chosen: true}) // keep what was typed
		}
		return c, nil
	}
	p := picker{Field: c}
	p.Value = value
	if in.find != field.Name && c.Error == "" {
		if e, ok, err := f.named(ctx, v, field.Ref, value); err != nil {
			return nil, err
		} else if ok {
			p.Hint = strings.TrimSpace(p.Hint + " " + f.label(ctx, words, e))
		}
		return p, nil
	}
	list, err := f.find(ctx, v, field.Ref, value)
	if err != nil {
		return nil, err
	}
	if value == "" && in.find != field.Name {
		list = list[:min(len(list), offered)]
	}
	p.None = len(list) == 0
	for _, e := range list {
		p.Found = append(p.Found, view.Option{Value: e.ID, Label: f.label(ctx, words, e), Chosen: e.ID == value})
	}
	if field.Ref == "area" && value != "" {
		above, err := figure.Ancestors(ctx, f.store.DB, value)
		if err == nil { // a text that is no code has no place in the tree
			for _, code := range slices.Backward(above) {
				e, _, err := entity.Get(ctx, f.store.DB, entity.Headquarters, "area", code)
				if err != nil {
					return nil, err
				}
				p.Path = append(p.Path, words.Name(e.Name))
			}
		}
	}
	return p, nil
}

// chosen is what a reference field holds: the choice among what was found, if it was made after the text was typed.
func (in *filled) chosen(name string) string {
	if pick := in.picks[name]; pick != "" {
		return pick
	}
	return strings.TrimSpace(in.values[name])
}

// find looks something up. An area that is named by its code gives itself and what lies in it; nothing typed gives where the reader serves.
func (f *Forms) find(ctx context.Context, v *session.Visit, typ, text string) ([]entity.Entity, error) {
	if typ == "area" {
		if text == "" {
			return f.topAreas(ctx, v)
		}
		if e, ok, err := entity.Get(ctx, f.store.DB, entity.Headquarters, "area", text); err != nil {
			return nil, err
		} else if ok {
			inside, err := entity.Find(ctx, f.store.DB, entity.Filter{Book: entity.Headquarters, Type: "area", Parent: text, Limit: lookedMax})
			return append([]entity.Entity{e}, inside...), err
		}
	}
	list, err := f.visible(ctx, v, entity.Filter{Type: typ, Text: text, Limit: lookedMax})
	return list[:min(len(list), foundMax)], err
}

func (f *Forms) topAreas(ctx context.Context, v *session.Visit) ([]entity.Entity, error) {
	own, err := v.Areas(ctx)
	if err != nil {
		return nil, err
	}
	if len(own) == 0 { // the whole programme: its counties
		books, err := entity.Find(ctx, f.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
		if err != nil {
			return nil, err
		}
		for _, b := range books {
			own = append(own, b.Area)
		}
	}
	var list []entity.Entity
	for _, code := range own {
		if e, ok, err := entity.Get(ctx, f.store.DB, entity.Headquarters, "area", code); err != nil {
			return nil, err
		} else if ok {
			list = append(list, e)
		}
	}
	return list, nil
}

// visible lists things that the reader may see: names kept at headquarters, and those of the areas they serve. Each book is asked by itself,
// so that another county's do not fill the list before the reader's own are reached.
func (f *Forms) visible(ctx context.Context, v *session.Visit, filter entity.Filter) ([]entity.Entity, error) {
	books, err := v.Books(ctx)
	if err != nil {
		return nil, err
	}
	var list []entity.Entity
	for _, filter.Book = range books {
		some, err := entity.Find(ctx, f.store.DB, filter)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	kept := list[:0]
	for _, e := range list {
		ok := e.Book == entity.Headquarters
		if !ok {
			area := e.Area
			if area == "" {
				area = e.Book
			}
			if ok, err = v.Sees(ctx, area); err != nil {
				return nil, err
			}
		}
		if ok {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// named finds what a text stands for: a code, or a name that only one thing has.
func (f *Forms) named(ctx context.Context, v *session.Visit, typ, text string) (entity.Entity, bool, error) {
	if text == "" {
		return entity.Entity{}, false, nil
	}
	list, err := f.visible(ctx, v, entity.Filter{Type: typ, Text: text, Limit: lookedMax})
	if err != nil {
		return entity.Entity{}, false, err
	}
	var byName []entity.Entity
	for _, e := range list {
		if e.ID == text {
			return e, true, nil
		}
		if strings.EqualFold(e.Name, text) {
			byName = append(byName, e)
		}
	}
	if len(byName) == 1 {
		return byName[0], true, nil
	}
	return entity.Entity{}, false, nil
}

func dateOf(text string) date.Date { return date.Date(text) }
