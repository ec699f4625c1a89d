// Package search finds what has a name, for the page on which people search and for programs: figures, projects, areas, parties and funds.
//
//	wsx     武山县, by its initials in pinyin
//	luomen  洛门镇, by its pinyin
//	HO-62   every party whose code holds it
//
// Entries have no name. They are found by their place in a book, and by the number on their paper.
package search

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/mozillazg/go-pinyin"

	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/project"
)

// Types of what is found by name, in the order in which hits are shown.
var Types = []string{"figure", "project", "area", "party", "fund"}

// Thing is one that can be found by name.
type Thing struct {
	Type   string // one of Types
	Book   string // "" of a figure
	ID     string
	Name   string
	NameZh string // of a figure or project; may be ""
	Area   string
	Seq    int64    // of the entry that defines it; 0 of a figure
	keys   []string // lower-case texts that a query may be part of, pinyin and initials among them
}

func (t *Thing) holds(text string) bool {
	return slices.ContainsFunc(t.keys, func(k string) bool { return strings.Contains(k, text) })
}

func (t *Thing) begins(text string) bool {
	return slices.ContainsFunc(t.keys, func(k string) bool { return strings.HasPrefix(k, text) })
}

// keysOf are the texts by which a name is found: itself, its pinyin and its initials.
func keysOf(texts ...string) []string {
	var keys []string
	args := pinyin.NewArgs()
	initials := pinyin.NewArgs()
	initials.Style = pinyin.FirstLetter
	for _, t := range texts {
		if t == "" {
			continue
		}
		keys = append(keys, strings.ToLower(t))
		if sounds := pinyin.LazyPinyin(t, args); len(sounds) > 0 {
			keys = append(keys, strings.Join(sounds, ""), strings.Join(pinyin.LazyPinyin(t, initials), ""))
		}
	}
	return keys
}

// Index is everything that has a name, each type in the order of its codes.
type Index []Thing

// indexMax bounds how many things of one type can be found by name.
const indexMax = 100_000

// NewIndex reads everything that has a name.
func NewIndex(ctx context.Context, r database.Reader, figures *figure.Book) (Index, error) {
	var x Index
	for _, d := range figures.Definitions() {
		x = append(x, Thing{Type: "figure", ID: d.ID, Name: d.En, NameZh: d.Zh, keys: keysOf(d.ID, d.En, d.Zh)})
	}
	projects, err := project.All(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, p := range projects {
		x = append(x, Thing{Type: "project", Book: p.Book, ID: p.ID, Name: p.Name, NameZh: p.NameZh, Area: p.Area, Seq: p.Seq, keys: keysOf(p.ID, p.Name, p.NameZh)})
	}
	for _, typ := range []string{"area", "party", "fund"} {
		things, err := entity.Find(ctx, r, entity.Filter{Type: typ, Limit: indexMax})
		if err != nil {
			return nil, err
		}
		for _, e := range things {
			x = append(x, Thing{Type: typ, Book: e.Book, ID: e.ID, Name: e.Name, Area: e.Area, Seq: e.Seq, keys: keysOf(e.ID, e.Name)})
		}
	}
	return x, nil
}

// Find gives what is found by part of its code or name, its pinyin or its initials, as far as it is seen, by type; of each, what begins with the text
// comes before what holds it.
func (x Index) Find(text string, sees func(*Thing) (bool, error)) (map[string][]Thing, error) {
	text = strings.ToLower(text)
	first, rest := map[string][]Thing{}, map[string][]Thing{}
	for i := range x {
		t := &x[i]
		if !t.holds(text) {
			continue
		}
		switch seen, err := sees(t); {
		case err != nil:
			return nil, err
		case !seen:
		case t.begins(text):
			first[t.Type] = append(first[t.Type], *t)
		default:
			rest[t.Type] = append(rest[t.Type], *t)
		}
	}
	found := map[string][]Thing{}
	for _, typ := range Types {
		if list := slices.Concat(first[typ], rest[typ]); len(list) > 0 {
			found[typ] = list
		}
	}
	return found, nil
}

// shortestPaper is the shortest beginning of a paper's number that is looked for.
const shortestPaper = 4

// Entries finds an entry by its place BOOK:SEQ, and entries by the beginning of the number of a voucher, receipt, contract or transfer, as far as they are
// seen: at most so many.
func Entries(ctx context.Context, r database.Reader, heads []journal.Head, text string, most int, sees func(*journal.Entry) (bool, error)) ([]journal.Entry, error) {
	var list []journal.Entry
	add := func(book string, seq int64) error {
		e, ok, err := journal.Get(ctx, r, book, seq)
		if err != nil || !ok {
			return err
		}
		seen, err := sees(&e)
		if seen && err == nil && len(list) < most {
			list = append(list, e)
		}
		return err
	}
	if book, number, ok := strings.Cut(text, ":"); ok {
		seq, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, nil // no place in a book
		}
		err = add(book, seq)
		return list, err
	}
	if len([]rune(text)) < shortestPaper {
		return nil, nil
	}
	for _, h := range heads {
		found, err := journal.FindConcerns(ctx, r, h.Book, fact.Paper, strings.ToLower(text), most)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			if err := add(c.Book, c.Seq); err != nil {
				return nil, err
			}
		}
		if len(list) == most {
			break
		}
	}
	return list, nil
}
