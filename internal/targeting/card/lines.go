package card

import (
	"lastmile/internal/date"
	"lastmile/internal/household/income"
	"lastmile/internal/monitoring"
)

// lineSeries is the series of the poverty line that counties are told: see package income.
const lineSeries = "administrative"

// lines in force in a place, in fen a person; below zero when none is published.
type lines struct{ poverty, monitoring int64 }

// publishedLines are the lines of one day, by place.
type publishedLines struct {
	on      date.Date
	byPlace map[string]lines
}

func newPublishedLines(on date.Date) *publishedLines {
	return &publishedLines{on, map[string]lines{}}
}

func (p *publishedLines) in(place string) lines {
	if l, ok := p.byPlace[place]; ok {
		return l
	}
	l := lines{-1, -1}
	if p.on != "" {
		l.poverty = published(income.PublishedLines, lineSeries, place, p.on)
		if library, err := monitoring.Published(); err == nil {
			if rules, err := library.InForce(place, p.on); err == nil { // before 2020 there were none
				l.monitoring = published(monitoring.PublishedLines, rules.LineSeries, place, p.on)
			}
		}
	}
	p.byPlace[place] = l
	return l
}

// PovertyLine gives the poverty line of a day by place, in fen a person; ok is false where none is published.
func PovertyLine(on date.Date) func(place string) (fen int64, ok bool) {
	p := newPublishedLines(on)
	return func(place string) (int64, bool) {
		l := p.in(place).poverty
		return max(0, l), l >= 0
	}
}

func published(table func() (*income.Lines, error), series, place string, on date.Date) int64 {
	if t, err := table(); err == nil {
		if l, ok := t.At(series, place, on); ok {
			return int64(l.Amount)
		}
	}
	return -1
}
