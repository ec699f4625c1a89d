// Package census puts the register of households before the measures of poverty: everybody on record, with the last income account known on a day,
// against the line of the place and of the day on which that account ends: what the household was when somebody last looked.
//
//	sample, err := census.Read(ctx, db, "620524", census.Options{Area: "620524103", On: "2019-12-31", By: "village"})
//	report, err := poverty.Measure(sample, poverty.Options{By: "village", Sampling: poverty.Census})
//
// It is a census of the register, so there is no sampling error; how many have no account, or one that nobody proved, is counted and said. Those who were never
// registered are not in it: the poverty of a whole village or county it is not.
package census

import (
	"context"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/poverty"
	"lastmile/internal/targeting/card"
)

// Options say whose poverty is measured.
type Options struct {
	Area string    // official code; everything below counts
	On   date.Date // as known of that day
	By   string    // level of the areas that the report is broken down by, such as town or village; "" for the whole only
	Line int64     // fen a person a year; 0: the published line of each place and year
	Most int       // households; more are refused before any is read; 0: as many as there are
}

// OnceMax is how many households are measured while somebody waits. Larger areas are measured area by area, or on the command line.
const OnceMax = 3_000

// below is the level that the areas of a level are divided into.
var below = map[string]string{"county": "town", "town": "village"}

// Measure measures an area of at most OnceMax households, and the areas within it, as known of a day.
func Measure(ctx context.Context, r database.Reader, area entity.Entity, on date.Date) (*poverty.Report, error) {
	o := poverty.Options{Sampling: poverty.Census, Watts: poverty.WattsDropNumerator}
	if below[area.Class] != "" {
		o.By = "area"
	}
	sample, err := Read(ctx, r, Options{Area: area.ID, On: on, By: below[area.Class], Most: OnceMax})
	if err != nil {
		return nil, err
	}
	return poverty.Measure(sample, o)
}

// indicators are the checks of a card, and what the deprivations are called.
var indicators = []string{"food", "clothing", "education", "medical", "housing", "water"}

// Read reads the households of an area. The code of an area above the counties, or "", reads all counties within it.
func Read(ctx context.Context, r database.Reader, o Options) (*poverty.Sample, error) {
	areas, err := entity.Find(ctx, r, entity.Filter{Book: entity.Headquarters, Type: "area"})
	if err != nil {
		return nil, err
	}
	byCode := make(map[string]entity.Entity, len(areas))
	for _, a := range areas {
		byCode[a.ID] = a
	}
	if _, ok := byCode[o.Area]; !ok && o.Area != "" {
		return nil, fault.New(fault.NotFound, "ref.unknown", "area %q is not recorded", o.Area).For("area").Mend("Correct the code.")
	}
	register, err := card.OpenRegister(ctx, r)
	if err != nil {
		return nil, err
	}
	books, err := journal.Books(ctx, r)
	if err != nil {
		return nil, err
	}
	sample := poverty.NewSample(indicators...)
	m := &maker{sample, o, byCode, map[date.Date]func(string) (int64, bool){}}
	sample.Source = poverty.Source{AsOf: string(o.On), Weights: "every household stands for itself", Income: "last account of each household, net, compared with line x members", LineID: "published, of the place and of the day on which the account ends"}
	if o.Line > 0 {
		sample.Source.LineID = ""
	}
	left := o.Most
	for _, book := range books {
		if book == entity.Headquarters || !register.Within(book, o.Area) && !register.Within(o.Area, book) {
			continue
		}
		ids, err := register.Households(ctx, book, o.Area)
		if err != nil {
			return nil, err
		}
		if left -= len(ids); o.Most > 0 && left < 0 {
			return nil, fault.New(fault.Invalid, "census.large", "the area has more than %d households", o.Most).For("area").Mend("Measure it area by area, or with: lastmile poverty --register --area %s", o.Area)
		}
		cards, err := register.Cards(ctx, book, ids, o.On)
		if err != nil {
			return nil, err
		}
		for row, id := range cards.IDs {
			if err := m.add(cards, row, id); err != nil {
				return nil, fmt.Errorf("household %s: %w", id, err)
			}
		}
	}
	if sample.Len() == 0 {
		return nil, fault.New(fault.NotFound, "census.nobody", "no household is on record in area %q on %s", o.Area, o.On).For("area").Mend("Choose another area or a later day.")
	}
	return sample, nil
}

// maker fills a sample.
type maker struct {
	sample *poverty.Sample
	Options
	areas map[string]entity.Entity
	lines map[date.Date]func(place string) (fen int64, ok bool) // published, by day
}

// add puts one household into the sample. One in which nobody shares income has no income to measure and is left out.
func (m *maker) add(cards *card.Set, row int, id string) error {
	members, _ := cards.Value(row, "members")
	if members == 0 {
		return nil
	}
	h := poverty.Household{ID: id, Size: int(members), Weight: 1, Line: m.Line, Registered: answer(cards, row, "registered")}
	h.Income, h.IncomeKnown = cards.Value(row, "income")
	if age, ok := cards.Value(row, "income_age"); ok && h.IncomeKnown && m.Line == 0 {
		ends := m.On.AddDays(-int(age))
		of, ok := m.lines[ends]
		if !ok {
			of = card.PovertyLine(ends)
			m.lines[ends] = of
		}
		if h.Line, ok = of(cards.Villages[row]); !ok {
			return fault.New(fault.Invalid, "census.line", "no poverty line is published for %s on %s", cards.Villages[row], ends).For("line").Mend("Give a line: --line AMOUNT.")
		}
	}
	for _, check := range indicators {
		lacking := poverty.Unknown
		switch answer(cards, row, check) {
		case poverty.Yes:
			lacking = poverty.No
		case poverty.No:
			lacking = poverty.Yes
		}
		h.Deprivation = append(h.Deprivation, lacking)
	}
	if m.By != "" {
		for code := cards.Villages[row]; code != ""; code = m.areas[code].Parent {
			if m.areas[code].Class == m.By {
				h.Group = code
				break
			}
		}
	}
	return m.sample.Add(h)
}

func answer(cards *card.Set, row int, name string) poverty.Answer {
	switch n, ok := cards.Value(row, name); {
	case !ok:
		return poverty.Unknown
	case n == 1:
		return poverty.Yes
	}
	return poverty.No
}
