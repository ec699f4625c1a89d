package income

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// Code says what an amount is, as listed in codes.csv: "business.livestock", "excluded.condolence".
type Code string

// A Kind is the part of the account a code is summed in.
type Kind string

const (
	Wage     Kind = "wage"
	Business Kind = "business"
	Property Kind = "property"
	Transfer Kind = "transfer"
	Expense  Kind = "expense"
	Net      Kind = "net"      // a total that somebody else has summed; the only kind that may be negative
	Excluded Kind = "excluded" // recorded, and no income
)

// CodeEntry is one row of the code list.
type CodeEntry struct {
	Code    Code
	Kind    Kind
	Repeats bool   // the money can be expected again next year
	When    string // the switch it depends on, as in "inventory_rule=valued"; empty when it always counts
	English string
	Chinese string
	Source  string

	counts func(Rules) bool
}

// Rules are the switches of a rulebook on which guides and provinces differ.
type Rules struct {
	// Concept is net_income (what older forms ask) or disposable_income, which also deducts social insurance, taxes
	// and transfers paid. One provincial standard uses both words for one test.
	Concept string `json:"concept"`
	// MigrantWage is net when the rent and living cost of working away is deducted from the wage, else gross.
	MigrantWage string `json:"migrant_wage"`
	// SelfConsumption is counted when own produce eaten at home is income, else ignored.
	SelfConsumption string `json:"self_consumption"`
	// InventoryRule is valued when produce in store counts at its value, or when_sold.
	InventoryRule string `json:"inventory_rule"`
}

// Check reports a switch that is missing or has an unknown position.
func (r Rules) Check() error {
	for _, s := range []struct{ name, is, one, other string }{
		{"concept", r.Concept, "net_income", "disposable_income"},
		{"migrant_wage", r.MigrantWage, "net", "gross"},
		{"self_consumption", r.SelfConsumption, "counted", "ignored"},
		{"inventory_rule", r.InventoryRule, "when_sold", "valued"},
	} {
		if s.is != s.one && s.is != s.other {
			return fmt.Errorf("income switch %s is %q: set it to %s or %s", s.name, s.is, s.one, s.other)
		}
	}
	return nil
}

var conditions = map[string]func(Rules) bool{
	"":                          func(Rules) bool { return true },
	"concept=disposable_income": func(r Rules) bool { return r.Concept == "disposable_income" },
	"migrant_wage=net":          func(r Rules) bool { return r.MigrantWage == "net" },
	"self_consumption=counted":  func(r Rules) bool { return r.SelfConsumption == "counted" },
	"inventory_rule=valued":     func(r Rules) bool { return r.InventoryRule == "valued" },
}

//go:embed codes.csv
var embeddedCodes string

// codes is the embedded list. It is compiled in and read by a test, so it cannot be wrong at run time.
var codes = mustReadCodes(embeddedCodes)

// Codes returns the code list in its order.
func Codes() []CodeEntry { return codes.list }

// Lookup returns the entry of a code.
func Lookup(code Code) (CodeEntry, bool) {
	entry, ok := codes.byCode[code]
	if !ok {
		return CodeEntry{}, false
	}
	return *entry, true
}

type codeList struct {
	list   []CodeEntry
	byCode map[Code]*CodeEntry
}

func mustReadCodes(text string) codeList {
	list, err := readCodes(strings.NewReader(text))
	if err != nil {
		panic(err)
	}
	return list
}

func readCodes(r io.Reader) (codeList, error) {
	reader := csv.NewReader(r)
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		return codeList{}, fmt.Errorf("read income codes: %w", err)
	}
	result := codeList{byCode: map[Code]*CodeEntry{}}
	for _, row := range rows[1:] {
		entry := CodeEntry{Code: Code(row[0]), Kind: Kind(row[1]), Repeats: row[2] == "yes", When: row[3], English: row[4], Chinese: row[5], Source: row[6]}
		if entry.counts = conditions[entry.When]; entry.counts == nil {
			return codeList{}, fmt.Errorf("read income codes: %s: no switch %q", entry.Code, entry.When)
		}
		switch entry.Kind {
		case Wage, Business, Property, Transfer, Expense, Net, Excluded:
		default:
			return codeList{}, fmt.Errorf("read income codes: %s: no account %q", entry.Code, entry.Kind)
		}
		result.list = append(result.list, entry)
	}
	for i := range result.list {
		entry := &result.list[i]
		if result.byCode[entry.Code] != nil {
			return codeList{}, fmt.Errorf("read income codes: %s is listed twice", entry.Code)
		}
		result.byCode[entry.Code] = entry
	}
	return result, nil
}
