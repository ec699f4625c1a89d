package card

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/journal"
)

//go:embed data.go
var dataSource string

func init() { fact.Register(dataSource, (*Data)(nil)) }

// Data is what another office knows of households on the effective date: who has bought a flat, has a car or a business, studies, spent more
// than it could bear. Targeting rules and screening queries read it; without it these things are unknown. Of several the last holds. Which households it is about is public in the
// books, what it says of each is personal data and can be erased; then it is unknown again.
type Data struct {
	_          struct{} `kind:"household-data" en:"Data of another office" zh:"部门比对数据" by:"county-assistant,programme-officer" book:"area" area:"area"`
	Area       string   `json:"area" en:"Area" zh:"地区" ref:"area"`
	Office     string   `json:"office" en:"Office" zh:"提供部门" length:"100" hint:"Who knows it, such as the county housing office." hint_zh:"如县住房和城乡建设局。"`
	Households []string `json:"households" en:"Households" zh:"农户" ref:"household" hint:"Of whom something is known." hint_zh:"有比对结果的农户。"`

	Lines []string `json:"lines" en:"What it knows" zh:"比对结果" length:"200" optional:"" private:"" hint:"One line a household: W-0017 house_bought=no vehicle=yes rigid_spending=18000.00" hint_zh:"每户一行：W-0017 house_bought=no vehicle=yes rigid_spending=18000.00"`
}

// dataKind is the kind of such an entry in the file of a household.
const dataKind = "household-data"

// Check reads the lines. Once they are erased there is nothing to read.
func (d *Data) Check(p *fact.Problems) {
	seen := map[string]bool{}
	for i, text := range d.Lines {
		id, items, err := readData(text)
		switch {
		case err != nil:
		case seen[id]:
			err = fmt.Errorf("household %s is there twice", id)
		case !slices.Contains(d.Households, id):
			err = fmt.Errorf("household %s is not among the households", id)
		}
		seen[id] = true
		if err == nil {
			s := NewSet()
			row := s.Add(id, "")
			for _, item := range items {
				name, value, _ := strings.Cut(item, "=")
				if err = s.Put(row, name, value); err != nil {
					break
				}
			}
		}
		if err != nil {
			p.Add("lines", "data.line", "line %d: %v", i+1, err).Mend("Write the household and what is known, such as: W-0017 house_bought=no. These are possible: %s.", strings.Join(Offices, ", "))
		}
	}
}

func readData(text string) (id string, items []string, err error) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return "", nil, fmt.Errorf("%q says nothing of a household", text)
	}
	for i, item := range words[1:] {
		name, value, ok := strings.Cut(item, "=")
		switch {
		case !ok || value == "":
			return "", nil, fmt.Errorf("%q is not NAME=VALUE", item)
		case !isOffice(name):
			return "", nil, fmt.Errorf("%q is nothing that another office is asked", name)
		case slices.ContainsFunc(words[1:i+1], func(earlier string) bool { return strings.HasPrefix(earlier, name+"=") }):
			return "", nil, fmt.Errorf("%s is there twice", name)
		}
	}
	return words[0], words[1:], nil
}

// Record files it under each household.
func (d *Data) Record(tx *fact.Tx) error {
	for i, id := range d.Households {
		if slices.Contains(d.Households[:i], id) {
			return fault.New(fault.Invalid, "data.twice", "household %s is there twice", id).For("households").Mend("Name it once.")
		}
		tx.Concern(household.Type, id, "")
	}
	return nil
}

// said is what an entry of another office says, by household. Nil items of a household that it names were erased.
type said struct {
	items map[string][]string
	lost  bool // erased by an erasure that is not recorded yet: a later one, in a replay
}

// data reads what an entry of another office says, once.
func (g *Register) data(ctx context.Context, book string, seq int64) (said, error) {
	key := fmt.Sprintf("%s:%d", book, seq)
	if s, ok := g.offices[key]; ok {
		return s, nil
	}
	s := said{items: map[string][]string{}}
	e, ok, err := journal.Get(ctx, g.reader, book, seq)
	if err != nil {
		return s, err
	}
	switch {
	case ok && e.Private != "":
		f, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return s, fmt.Errorf("entry %s: %w", key, err)
		}
		for _, text := range f.(*Data).Lines {
			if id, items, err := readData(text); err == nil {
				s.items[id] = items
			}
		}
	case ok && e.Commitment != nil:
		s.lost = true
		err := journal.Each(ctx, g.reader, journal.Filter{Book: book, Kind: "erasure"}, func(e journal.Entry) error {
			f, err := fact.DecodeBody(e.Kind, e.Body, "")
			if err == nil && f.(*fact.Erasure).Entry == seq {
				s.lost = false
			}
			return err
		})
		if err != nil {
			return s, err
		}
	}
	g.offices[key] = s
	return s, nil
}
