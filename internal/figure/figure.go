// Package figure answers "how much": named, versioned definitions over what moved (postings) and what was counted (observations),
// evaluated for an area, a project, a period or a fund, as of a date (when it happened) and known at a position of a book (what had
// been recorded by then), so that any past statement can be made again. A figure opens to its lineage: the entries it was computed from,
// whose contributions add up to it.
//
//	direct-funds = sum of disbursement:CNY -refund:CNY
//	projects     = distinct subjects of project-run
//	leverage     = loans-granted / seed-capital
//
// A measure is either FLOW:COMMODITY, the postings of that flow, or the id of a declared measure, the observations of it. Totals by month and
// area are kept as facts are recorded; a figure as of today or the end of a month is read from them alone, another date adds the
// rows of its month. Only a known-at position goes back to the rows themselves.
package figure

import (
	"context"
	"embed"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strconv"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
)

//go:embed schema
var files embed.FS

// Schema of observations and totals.
var Schema = database.Schema{
	Name: "figure", Files: files,
	AppendOnly: []string{"observation"}, State: []string{"total", "subject", "distinct_total"},
}

// Aggregate is how a figure is made of its records.
type Aggregate string

const (
	Sum      Aggregate = "sum"
	Count    Aggregate = "count"    // of records
	Distinct Aggregate = "distinct" // of subjects
	Balance  Aggregate = "balance"  // of accounts of a class
	Latest   Aggregate = "latest"   // value of the record with the latest effective date
	Minimum  Aggregate = "minimum"
	Maximum  Aggregate = "maximum"
	Years    Aggregate = "years" // whole years from the earliest date recorded to the as-of date, or to Until when that is earlier
	Ratio    Aggregate = "ratio" // of two figures
)

// Aggregates in the order in which they are explained.
var Aggregates = []Aggregate{Sum, Count, Distinct, Balance, Latest, Minimum, Maximum, Years, Ratio}

// Definition of a figure. A changed definition has a new Version; a statement names both.
type Definition struct {
	ID        string
	Version   int64
	En, Zh    string // label
	Unit      string // CNY, persons, date …
	Scale     int    // decimals of its value: 2 for money in fen
	Aggregate Aggregate
	Terms     []Term    // what is added up; one term unless Aggregate is Sum or Count
	Over      [2]string // Ratio: ids of numerator and denominator
	Filter
}

// Term is a measure with its sign.
type Term struct {
	Measure string // FLOW:COMMODITY, a declared measure, or for Balance CLASS:COMMODITY
	Minus   bool   // taken off rather than added
}

// Check tells what about a definition makes no sense.
func (d *Definition) Check() error {
	switch d.Aggregate {
	case Ratio:
		return nil
	case Sum, Count:
		if len(d.Terms) == 0 {
			return fmt.Errorf("a %s is of something: name a measure", d.Aggregate)
		}
	default:
		if len(d.Terms) != 1 {
			return fmt.Errorf("a %s is of one measure, not %d", d.Aggregate, len(d.Terms))
		}
	}
	for _, t := range d.Terms {
		_, _, moves := moved(t.Measure)
		switch d.Aggregate {
		case Sum:
		case Balance:
			if !moves {
				return fmt.Errorf("a balance is of CLASS:COMMODITY, such as treasury:CNY, not of %s", t.Measure)
			}
		case Minimum, Maximum, Years:
			if !measures[t.Measure].Ranked {
				return fmt.Errorf("%s is not kept in order of its values, as a %s needs", t.Measure, d.Aggregate)
			}
		case Distinct, Latest:
			if moves {
				return fmt.Errorf("a %s is of a declared measure, not of %s", d.Aggregate, t.Measure)
			}
		}
		if t.Minus && d.Aggregate != Sum {
			return fmt.Errorf("a %s takes nothing off: leave out the sign of %s", d.Aggregate, t.Measure)
		}
		if d.Fund != "" && !moves {
			return fmt.Errorf("%s is counted without regard to funds: leave out the fund", t.Measure)
		}
	}
	if d.Until != "" && d.From > d.Until {
		return fmt.Errorf("it would begin on %s after it ends on %s", d.From, d.Until)
	}
	return nil
}

// ParseTerms reads "disbursement:CNY -refund:CNY".
func ParseTerms(text string) ([]Term, error) {
	var terms []Term
	for _, word := range strings.Fields(text) {
		m, minus := strings.CutPrefix(word, "-")
		if m == "" {
			return nil, fmt.Errorf("terms %q: a sign without a measure", text)
		}
		if _, declared := measures[m]; !declared && !strings.Contains(m, ":") {
			return nil, fmt.Errorf("terms %q: measure %q is not known: give a declared measure or FLOW:COMMODITY", text, m)
		}
		terms = append(terms, Term{m, minus})
	}
	return terms, nil
}

// Filter narrows a figure. Empty fields narrow nothing.
type Filter struct {
	Area     string   // official code: the area and everything in it
	Projects []string // ids
	Channel  string   // projects of one channel
	Fund     string
	Subject  string    // one household, company or contract; a posting has none
	From     date.Date // first effective date counted
	Until    date.Date // last effective date counted
}

// within is the filter narrowed by another; where both name the same thing the narrower must be given by o.
func (f Filter) within(o Filter) Filter {
	if o.Area != "" {
		f.Area = o.Area
	}
	if len(o.Projects) > 0 {
		f.Projects = o.Projects
	}
	if o.Channel != "" {
		f.Channel = o.Channel
	}
	if o.Fund != "" {
		f.Fund = o.Fund
	}
	if o.Subject != "" {
		f.Subject = o.Subject
	}
	if o.From > f.From {
		f.From = o.From
	}
	if o.Until != "" && (f.Until == "" || o.Until < f.Until) {
		f.Until = o.Until
	}
	return f
}

// At is what to evaluate for.
type At struct {
	AsOf    date.Date        // "" for all that happened
	KnownAt map[string]int64 // last seq of a book that counts; books not named count whole
	Filter
}

// Value is an evaluated figure.
type Value struct {
	Definition *Definition
	At         At
	Known      bool      // false when nothing is recorded that could give a value
	Number     int64     // in units of 10^-Scale; numerator of a ratio
	Over       int64     // denominator of a ratio, else 1
	Traced, Of int64     // records proved, of all records
	Parts      [2]*Value // a ratio's two figures
}

// Grade of the figure: the weakest of its records.
func (v *Value) Grade() journal.Grade {
	switch {
	case v.Of > 0 && v.Traced >= v.Of:
		return journal.Traced
	case v.Traced > 0:
		return journal.Partly
	}
	return journal.Reported
}

// ratioDigits are the decimals that a ratio is printed with.
const ratioDigits = 4

// Decimal is the value as a decimal string without trailing zeros; dates as ISO text; "" when not known.
func (v *Value) Decimal() string {
	switch {
	case !v.Known:
		return ""
	case v.Definition.Unit == "date":
		return string(date.FromInt(v.Number))
	case v.Definition.Aggregate == Ratio:
		return trim(v.Rat().FloatString(ratioDigits))
	}
	return FormatDecimal(v.Number, v.Definition.Scale)
}

// Rat is the exact value.
func (v *Value) Rat() *big.Rat {
	r := big.NewRat(v.Number, 1)
	if v.Definition.Aggregate == Ratio {
		scale := func(p *Value) *big.Rat {
			return new(big.Rat).SetFrac(big.NewInt(p.Number), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p.Definition.Scale)), nil))
		}
		return r.Quo(scale(v.Parts[0]), scale(v.Parts[1]))
	}
	return r.SetFrac(big.NewInt(v.Number), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Definition.Scale)), nil))
}

// FormatDecimal writes an integer of 10^-scale as a decimal without trailing zeros.
func FormatDecimal(n int64, scale int) string {
	s := strconv.FormatInt(n, 10)
	if scale == 0 {
		return s
	}
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for len(s) <= scale {
		s = "0" + s
	}
	return trim(sign + s[:len(s)-scale] + "." + s[len(s)-scale:])
}

func trim(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// Book evaluates figures of a store.
type Book struct {
	db          database.Reader
	today       date.Date
	definitions map[string]*Definition
}

// NewBook evaluates the definitions over db. An as-of date of today or later asks for everything recorded.
func NewBook(db database.Reader, today date.Date, definitions []Definition) *Book {
	b := &Book{db: db, today: today, definitions: map[string]*Definition{}}
	for i := range definitions {
		d := &definitions[i]
		if old := b.definitions[d.ID]; old == nil || d.Version > old.Version {
			b.definitions[d.ID] = d
		}
	}
	return b
}

// Definitions lists the newest version of each figure by id.
func (b *Book) Definitions() []*Definition {
	list := make([]*Definition, 0, len(b.definitions))
	for _, d := range b.definitions {
		list = append(list, d)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

// Definition of a figure, or a NotFound fault.
func (b *Book) Definition(id string) (*Definition, error) {
	if d := b.definitions[id]; d != nil {
		return d, nil
	}
	return nil, fault.New(fault.NotFound, "figure.unknown", "figure %q is not defined", id).For("figure").
		Mend("List the figures with: lastmile figures")
}

// Evaluate computes a figure.
func (b *Book) Evaluate(ctx context.Context, id string, at At) (*Value, error) {
	d, err := b.Definition(id)
	if err != nil {
		return nil, err
	}
	v := &Value{Definition: d, At: at, Over: 1}
	if d.Aggregate == Ratio {
		return v, b.ratio(ctx, v)
	}
	q, err := b.query(ctx, d, at)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", id, err)
	}
	switch d.Aggregate {
	case Sum, Count:
		err = q.sum(ctx, v)
	case Distinct:
		err = q.distinct(ctx, v)
	case Balance:
		err = q.balance(ctx, v)
	case Latest, Minimum, Maximum, Years:
		err = q.ranked(ctx, v)
	default:
		err = fmt.Errorf("aggregate %q is not known", d.Aggregate)
	}
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", id, err)
	}
	return v, nil
}

func (b *Book) ratio(ctx context.Context, v *Value) error {
	for i, id := range v.Definition.Over {
		if d := b.definitions[id]; d != nil && d.Aggregate == Ratio {
			return ratioOfRatio(v.Definition, id)
		}
		part, err := b.Evaluate(ctx, id, v.At)
		if err != nil {
			return err
		}
		v.Parts[i] = part
		v.Traced += part.Traced
		v.Of += part.Of
	}
	v.Number, v.Over = v.Parts[0].Number, v.Parts[1].Number
	v.Known = v.Parts[0].Known && v.Parts[1].Known && v.Over != 0
	return nil
}

// Dimensions that a figure can be broken down by.
var Dimensions = []string{"area", "project", "fund", "year", "month"}

// By evaluates a figure for each member of a dimension: area (the next level down), project, fund, year or month. Members without records are
// left out. The members' values add up to the figure's for sums and counts: what belongs to none, such as what was recorded for a
// county and none of its towns, stands last under the empty id.
func (b *Book) By(ctx context.Context, id, dimension string, at At) ([]Member, error) {
	d, err := b.Definition(id)
	if err != nil {
		return nil, err
	}
	ids, err := b.members(ctx, d, dimension, at)
	if err != nil {
		return nil, fmt.Errorf("%s by %s: %w", id, dimension, err)
	}
	var list []Member
	for _, m := range ids {
		at := at
		switch dimension {
		case "area":
			at.Area = m
		case "project":
			at.Projects = []string{m}
		case "fund":
			at.Fund = m
		case "year":
			at.Filter = at.between(date.Date(m+"-01-01"), date.Date(m+"-12-31"))
		case "month":
			first := date.Date(m + "-01")
			at.Filter = at.between(first, date.New(first.Year(), first.Time().Month()+1, 0))
		}
		v, err := b.Evaluate(ctx, id, at)
		if err != nil {
			return nil, err
		}
		if v.Of != 0 || v.Number != 0 || v.Traced != 0 {
			list = append(list, Member{m, v})
		}
	}
	if d.Aggregate != Sum && d.Aggregate != Count {
		return list, nil
	}
	rest, err := b.Evaluate(ctx, id, at)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		rest.Number, rest.Traced, rest.Of = rest.Number-m.Value.Number, rest.Traced-m.Value.Traced, rest.Of-m.Value.Of
	}
	if rest.Of != 0 || rest.Number != 0 || rest.Traced != 0 {
		list = append(list, Member{"", rest})
	}
	return list, nil
}

// between is the filter narrowed to a period.
func (f Filter) between(first, last date.Date) Filter {
	f.From = max(f.From, first)
	if f.Until == "" || last < f.Until {
		f.Until = last
	}
	return f
}

// members of a dimension in which a figure, or one of a ratio's two, may have records.
func (b *Book) members(ctx context.Context, d *Definition, dimension string, at At) ([]string, error) {
	if d.Aggregate != Ratio {
		q, err := b.query(ctx, d, at)
		if err != nil {
			return nil, err
		}
		return q.members(ctx, dimension)
	}
	var all []string
	for _, id := range d.Over {
		part, err := b.Definition(id)
		if err != nil {
			return nil, err
		}
		if part.Aggregate == Ratio {
			return nil, ratioOfRatio(d, id)
		}
		list, err := b.members(ctx, part, dimension, at)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func ratioOfRatio(d *Definition, id string) error {
	return fault.New(fault.Invalid, "figure.ratio", "%s is a ratio of %s, which is a ratio itself", d.ID, id).For("terms").
		Mend("Define it as a ratio of two figures that are none.")
}

// Member is a figure for one member of a dimension.
type Member struct {
	ID    string // "" for what belongs to none
	Value *Value
}

// place is where to look for an area in one book.
type place struct {
	book string
	area string // row of the totals: "" is the whole book
}

// places finds the books in which an area has records, and the row of their totals.
func places(ctx context.Context, r database.Reader, area string) ([]place, error) {
	books, err := entity.Find(ctx, r, entity.Filter{Type: "book"})
	if err != nil {
		return nil, err
	}
	if area == "" {
		list := []place{{book: entity.Headquarters}}
		for _, b := range books {
			list = append(list, place{book: b.ID})
		}
		return list, nil
	}
	list := []place{{entity.Headquarters, area}}
	above, err := Ancestors(ctx, r, area)
	if err != nil {
		return nil, err
	}
	for _, b := range books {
		if slices.Contains(above, b.Area) {
			if b.Area == area {
				return append(list, place{b.ID, ""}), nil
			}
			return append(list, place{b.ID, area}), nil
		}
	}
	for _, b := range books { // an area above whole books
		up, err := Ancestors(ctx, r, b.Area)
		if err != nil {
			return nil, err
		}
		if slices.Contains(up, area) {
			list = append(list, place{book: b.ID})
		}
	}
	return list, nil
}

// Ancestors of an area: itself and what it lies in, lowest first.
func Ancestors(ctx context.Context, r database.Reader, area string) ([]string, error) {
	var list []string
	const depthMax = 12
	for area != "" && len(list) < depthMax {
		e, ok, err := entity.Get(ctx, r, entity.Headquarters, "area", area)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.New(fault.NotFound, "area.unknown", "area %q is not recorded", area).For("area").
				Mend("Import the official areas first, or correct the code.")
		}
		list = append(list, area)
		area = e.Parent
	}
	return list, nil
}
