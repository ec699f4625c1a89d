package households

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/census"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// measuredArea is the poverty of an area, and of the areas within it.
func (q *request) measuredArea() error {
	code := q.FormValue("area")
	area, book, err := q.areaAsked(code)
	if err != nil {
		return err
	}
	on := q.today
	wrong := ""
	if text := q.FormValue("on"); text != "" {
		if day, err := date.Parse(text); err != nil {
			wrong = q.text("households.poverty.day")
		} else {
			on = day
		}
	}
	crumbs, err := q.crumbs(book, code)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: append([]view.Link{{Label: q.text("households.title"), Href: Path}}, crumbs...), Title: q.text("households.poverty.title", q.placed(area.Name)), Lead: view.Plain(q.text("households.poverty.lead", q.day(on)))}
	filters := view.Filters{Action: PovertyPath, Hidden: []view.Hidden{{Name: "area", Value: code}}, Fields: []view.Field{{Kind: view.DateField, Name: "on", Label: q.text("households.poverty.on"), Value: string(on), Error: wrong}}}
	report, err := q.measure(book, area, on)
	if list := fault.All(err); list != nil {
		return q.show(heading, filters, view.Empty{Icon: "people", Title: q.text("households.poverty.none"), Text: q.words.Fault(nil, list[0])})
	}
	if err != nil {
		return err
	}
	note := q.text("households.poverty.missing", report.Data.MissingIncome, report.Data.Rows)
	l := q.measuredListing(report, area)
	return q.show(heading, filters, view.Section{Head: view.SectionHead{ID: "measured", Title: q.text("households.poverty.measures"), Note: view.Plain(note)}, Parts: []view.Component{l.Table(q.words.Printer, q.URL), q.download(listing.CSVHref(q.URL)), view.Text{Prose: view.Plain(q.text("households.poverty.note"))}}})
}

func (q *request) measuredCSV() error {
	code := q.FormValue("area")
	area, book, err := q.areaAsked(code)
	if err != nil {
		return err
	}
	on := q.today
	if text := q.FormValue("on"); text != "" {
		if on, err = date.Parse(text); err != nil {
			return fault.New(fault.Invalid, "field.date", "%q is not a date", text).For("on").Mend("Write it as 2020-03-14.")
		}
	}
	report, err := q.measure(book, area, on)
	if err != nil {
		return err
	}
	return q.measuredListing(report, area).CSV(q.w, q.URL, "poverty")
}

// measure measures an area, once until something is recorded.
func (q *request) measure(book string, area entity.Entity, on date.Date) (*poverty.Report, error) {
	now, err := q.p.guard.Reading(q.Context())
	if err != nil {
		return nil, err
	}
	return reading.Remember(q.Context(), now.Book(book), "poverty "+area.ID+" "+string(on), func(ctx context.Context) (*poverty.Report, error) {
		return census.Measure(ctx, q.p.store.DB, area, on)
	})
}

// measuredListing has the whole first and then the areas within it.
func (q *request) measuredListing(report *poverty.Report, whole entity.Entity) listing.Listing[*poverty.Area] {
	rows := make([]*poverty.Area, len(report.Areas))
	for i := range report.Areas {
		rows[i] = &report.Areas[i]
	}
	value := func(a *poverty.Area, measure string, unit poverty.Unit) float64 {
		e, _ := a.Find(poverty.Key{Measure: measure, Unit: unit})
		return float64(e.Value)
	}
	code := func(a *poverty.Area) string { return cmp.Or(a.Area, whole.ID) }
	number := func(key, measure string, unit poverty.Unit, write func(float64) string, plain string) listing.Column[*poverty.Area] {
		return listing.Column[*poverty.Area]{Key: key, Kind: view.NumberColumn, Compare: func(a, b *poverty.Area) int { return cmp.Compare(value(a, measure, unit), value(b, measure, unit)) },
			Cell: func(a *poverty.Area) view.Cell {
				if _, ok := a.Find(poverty.Key{Measure: measure, Unit: unit}); !ok {
					return view.Cell{Text: "–"}
				}
				return view.Cell{Text: write(value(a, measure, unit))}
			},
			Plain: func(a *poverty.Area) string { return fmt.Sprintf(plain, value(a, measure, unit)) }}
	}
	count := func(n float64) string { return q.words.Count(int64(n)) }
	rate := func(n float64) string { return q.rate(poverty.Number(n)) }
	money := func(n float64) string { return q.words.Amount(int64(n*100+0.5), yuan) }
	decimal := func(n float64) string { return fmt.Sprintf("%.4f", n) }
	return listing.Listing[*poverty.Area]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "people", Title: q.text("households.none"), Text: q.text("households.none.why")}, Columns: []listing.Column[*poverty.Area]{
		{Key: "area", Compare: func(a, b *poverty.Area) int { return strings.Compare(a.Area, b.Area) }, Plain: code, Cell: func(a *poverty.Area) view.Cell {
			name, err := q.named(entity.Headquarters, "area", code(a))
			if err != nil {
				name = code(a)
			}
			if a.Area == "" {
				return view.Cell{Text: name, Sub: q.text("households.poverty.whole"), Href: listing.Address(Path, "area", whole.ID)}
			}
			return view.Cell{Text: name, Href: listing.Address(PovertyPath, "area", a.Area, "on", q.FormValue("on"))}
		}},
		number("people", "population", poverty.Persons, count, "%.0f"),
		number("poor-people", "poor", poverty.Persons, count, "%.0f"),
		number("headcount", "headcount", poverty.Persons, rate, "%.6f"),
		number("gap", "fgt1", poverty.Persons, decimal, "%.6f"),
		number("severity", "fgt2", poverty.Persons, decimal, "%.6f"),
		number("shortfall", "shortfall_total", poverty.Persons, money, "%.2f"),
		number("gini", "gini", poverty.Persons, decimal, "%.6f"),
	}}
}
