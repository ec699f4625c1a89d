package card

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
)

//go:embed data.go
var dataSource string

func init() { fact.Register(dataSource, (*Data)(nil)) }

// Data is what another office knows of households on the effective date: who has bought a flat, has a car or a business, studies, spent more
// than it could bear. Targeting rules and screening queries read it; without it these things are unknown. Of several the last holds.
type Data struct {
	_      struct{} `kind:"household-data" en:"Data of another office" zh:"部门比对数据" by:"county-assistant,programme-officer" book:"area" area:"area"`
	Area   string   `json:"area" en:"Area" zh:"地区" ref:"area"`
	Office string   `json:"office" en:"Office" zh:"提供部门" length:"100" hint:"Who knows it, such as the county housing office." hint_zh:"如县住房和城乡建设局。"`
	Lines  []string `json:"lines" en:"What it knows" zh:"比对结果" length:"200" hint:"One line a household: W-0017 house_bought=no vehicle=yes rigid_spending=18000.00" hint_zh:"每户一行：W-0017 house_bought=no vehicle=yes rigid_spending=18000.00"`
}

// dataRole begins the role of such an entry in the file of a household; what is known of it follows.
const dataRole = "data "

// Check reads the lines.
func (d *Data) Check(p *fact.Problems) {
	seen := map[string]bool{}
	for i, text := range d.Lines {
		id, items, err := readData(text)
		if err == nil && seen[id] {
			err = fmt.Errorf("household %s is there twice", id)
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

// Record files each line under its household.
func (d *Data) Record(tx *fact.Tx) error {
	for _, text := range d.Lines {
		id, items, err := readData(text)
		if err != nil {
			return fault.New(fault.Invalid, "data.line", "%v", err).For("lines")
		}
		if _, err := tx.Need("lines", household.Type, id); err != nil {
			return err
		}
		tx.Concern(household.Type, id, dataRole+strings.Join(items, " "))
	}
	return nil
}
