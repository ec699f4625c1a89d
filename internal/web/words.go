package web

import (
	"math/big"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// yuan is how the programme's currency is written.
var yuan = locale.Yuan

// chinese tells whether the reader reads Chinese.
func (q *request) chinese() bool { return q.Printer.Language == locale.Chinese }

// pick gives one of two texts that come with a definition.
func (q *request) pick(en, zh string) string {
	if q.chinese() && zh != "" || en == "" {
		return zh
	}
	return en
}

// name is the reader's part of a name that is written in both scripts.
func (q *request) name(name string) string { return q.Printer.Name(name) }

// choice is the label of a value that a field of a kind can have; the value itself when the kind does not list it.
func (q *request) choice(kind, field, value string) string {
	if k := fact.Find(kind); k != nil {
		if f := k.Field(field); f != nil {
			for _, c := range f.Choices {
				if c.Value == value {
					return q.pick(c.En, c.Zh)
				}
			}
		}
	}
	return value
}

// kind is the label of a kind of fact.
func (q *request) kind(name string) string {
	if k := fact.Find(name); k != nil {
		return q.pick(k.En, k.Zh)
	}
	return name
}

// measured writes a number of a unit for reading.
func (q *request) measured(n int64, unit string, scale int) string {
	switch unit {
	case ledger.Currency:
		return q.Printer.Money(n, yuan)
	case "date":
		return q.Printer.Date(date.FromInt(n))
	}
	if scale == 0 {
		return q.Printer.Count(n)
	}
	return figure.FormatDecimal(n, scale)
}

// exact writes a number of a unit in full, as the ledger does.
func (q *request) exact(n int64, unit string, scale int) string {
	if unit == ledger.Currency {
		return q.Printer.Amount(n, yuan)
	}
	return q.measured(n, unit, scale)
}

// amount writes what a posting moved, in full.
func (q *request) amount(n int64, commodity string) string {
	if commodity == ledger.Currency || strings.HasPrefix(commodity, ledger.Currency+"-") {
		return q.Printer.Amount(n, yuan)
	}
	return q.Printer.Count(n)
}

// day writes a date that stays on one line.
func (q *request) day(d date.Date) string {
	return strings.ReplaceAll(q.Printer.Date(d), " ", "\u00a0")
}

// value writes the value of a figure for reading.
func (q *request) value(v *figure.Value) string {
	switch {
	case !v.Known:
		return q.Printer.NotRecorded()
	case v.Definition.Aggregate == figure.Ratio:
		return q.decimalOf(v.Decimal(), v.Definition.Unit)
	}
	return q.measured(v.Number, v.Definition.Unit, v.Definition.Scale)
}

// decimalOf writes a decimal of a unit for reading: a share as a percentage.
func (q *request) decimalOf(decimal, unit string) string {
	if unit == "share" {
		if r, ok := new(big.Rat).SetString(decimal); ok && r.Num().IsInt64() && r.Denom().IsInt64() {
			return q.Printer.Share(r.Num().Int64(), r.Denom().Int64())
		}
	}
	return decimal
}

// label is what a figure is called.
func (q *request) label(d *figure.Definition) string { return q.pick(d.En, d.Zh) }

// unit writes a unit's name.
func (q *request) unit(unit string) string { return q.words().Unit(unit) }

var grades = map[journal.Grade]view.Grade{journal.Traced: view.Traced, journal.Partly: view.Partly, journal.Reported: view.Reported}

// proof says how many of a figure's records are proved.
func (q *request) proof(v *figure.Value) string {
	switch v.Grade() {
	case journal.Traced:
		return q.text("proof.traced", v.Of)
	case journal.Partly:
		return q.text("proof.partly", v.Traced, v.Of)
	}
	if v.Of == 0 {
		return q.text("proof.none")
	}
	return q.text("proof.reported", v.Of)
}

// gradeWord says how well one record is proved.
func (q *request) gradeWord(g journal.Grade) string { return q.text("grade." + g.String()) }

// figureLink is a figure's value that opens.
func (q *request) figureLink(v *figure.Value) view.FigureLink {
	return view.FigureLink{Value: q.value(v), Href: figureHref(v.Definition.ID, v.At)}
}

// figureHref is where a figure opens, evaluated for the same.
func figureHref(id string, at figure.At) string {
	return listing.Address(link("figures", id), atPairs(at)...)
}

// keyFigure is a figure in a row of key figures.
func (q *request) keyFigure(v *figure.Value) view.KeyFigure {
	return view.KeyFigure{Label: q.label(v.Definition), Figure: q.figureLink(v), Grade: grades[v.Grade()], Note: q.proof(v)}
}

// areaName is an area's official name, in English with how it is read beside it.
func (q *request) areaName(code string) string {
	e, ok := q.entity(entity.Headquarters, "area", code)
	if !ok {
		return code
	}
	return q.words().Place(e.Name)
}

// words are the words of what facts say.
func (q *request) words() wording.Words { return wording.For(q.site.engine, q.Printer) }

// bookName is what a book is called: its county, or headquarters.
func (q *request) bookName(book string) string {
	if book == entity.Headquarters {
		return q.text("book.hq")
	}
	return q.areaName(book)
}

// person is a person's name with the log-in, or what the machine's own operator is called.
func (q *request) person(login string) string {
	if login == fact.Operator {
		return q.text("person.operator")
	}
	if e, ok := q.entity(entity.Headquarters, "person", login); ok {
		return e.Name
	}
	return login
}

// people lists persons' names.
func (q *request) people(logins []string) string {
	names := make([]string, len(logins))
	for i, l := range logins {
		names[i] = q.person(l)
	}
	return strings.Join(names, q.text("list.comma"))
}

// flowName is what a flow of postings is called.
func (q *request) flowName(flow string) string {
	if _, ok := q.site.engine.Catalog().Arguments("moves." + flow); ok {
		return q.text("moves." + flow)
	}
	return flow
}

// commodity is what a commodity is called.
func (q *request) commodity(id string) string {
	if base, ok := strings.CutSuffix(id, "-budget"); ok {
		return q.text("commodity.budget", q.commodity(base))
	}
	if id == dividend.Commodity {
		return q.text("commodity.dividend")
	}
	if e, ok := q.entity(entity.Headquarters, "commodity", id); ok {
		return q.name(e.Name)
	}
	return id
}

// fund is what a fund is called.
func (q *request) fund(id string) string {
	if id == "budget" {
		return q.text("fund.budget")
	}
	if e, ok := q.entity(entity.Headquarters, "fund", id); ok {
		return q.name(e.Name)
	}
	return id
}

// partyName is what a party of a book is called.
func (q *request) partyName(book, id string) string {
	if e, ok := q.entity(book, "party", id); ok {
		return q.name(e.Name)
	}
	return id
}

func entryHref(book string, seq int64) string {
	return link("entries", book, figure.FormatDecimal(seq, 0))
}

// receiver names where value ended: with a kind of party, or with nobody, as what was lost.
func (q *request) receiver(id string) string {
	if slices.Contains(ledger.EndClasses(), ledger.Class(id)) {
		return q.text("class." + id)
	}
	return q.choice("party", "kind", id)
}
