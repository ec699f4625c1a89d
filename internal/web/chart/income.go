package chart

import (
	"errors"
	"fmt"
	"html/template"
)

// Income shows a household's income by year against the line of each year.
type Income struct {
	// Name says what the chart shows in one sentence.
	Name  string
	Years []IncomeYear
}

// An IncomeYear is one bar. Amounts are in one unit of the caller's choice, the
// texts as written for the reader.
type IncomeYear struct {
	Label     string
	Amount    int64
	Text      string // the amount, set into the bar
	Threshold int64  // the poverty line in force that year; 0 draws none
}

// Met says whether the year's income was above its line: exactly at the line is still poor.
func (y IncomeYear) Met() bool { return y.Amount > y.Threshold }

const (
	incomeWidth  = 480.0
	incomeHeight = 200.0
	incomeTop    = 8.0
	incomeBase   = 174.0
	incomeSlot   = 8.0  // free space at either end
	incomeText   = 17.0 // the size of its text on a phone
)

// SVG draws the bars and the line, stepped where the line changed.
func (c Income) SVG() (template.HTML, error) {
	if len(c.Years) == 0 {
		return "", errors.New("draw income chart: no years given")
	}
	var highest int64 = 1
	for _, y := range c.Years {
		if y.Amount < 0 || y.Threshold < 0 {
			return "", fmt.Errorf("draw income chart: year %s: amounts must not be negative", y.Label)
		}
		highest = max(highest, y.Amount, y.Threshold)
	}
	height := func(amount int64) float64 {
		return float64(amount) / float64(highest) * (incomeBase - incomeTop)
	}
	slot := (incomeWidth - 2*incomeSlot) / float64(len(c.Years))
	bar := min(50, slot*0.6)

	var d drawing
	d.begin("income", c.Name, incomeWidth, incomeHeight, false)
	line := ""
	for i, y := range c.Years {
		left := incomeSlot + slot*float64(i)
		middle := left + slot/2
		class, h := "met", height(y.Amount)
		if !y.Met() {
			class = "short"
		}
		d.leaf("rect", "class", class, "x", num(middle-bar/2), "y", num(incomeBase-h), "width", num(bar), "height", num(h), "rx", "2")
		inside := h >= 26 && textWidth(y.Text, incomeText) <= bar
		if inside {
			at := incomeBase - h + 18
			if level := incomeBase - height(y.Threshold); y.Threshold > 0 && level > at-16 && level < at+4 && level+20 < incomeBase {
				at = level + 18 // the line runs through the top of the bar: the text stands below it
			}
			d.text(middle, at, "inside", "middle", y.Text)
		} else {
			d.text(middle, incomeBase-h-6, "tick", "middle", y.Text)
		}
		d.text(middle, incomeHeight-6, "tick", "middle", y.Label)
		if y.Threshold > 0 {
			command := "L"
			if line == "" {
				command = "M"
			}
			level := num(incomeBase - height(y.Threshold))
			line += command + num(left) + "," + level + "H" + num(left+slot)
		}
	}
	d.leaf("path", "class", "base", "d", "M0,"+num(incomeBase)+"H"+num(incomeWidth))
	if line != "" {
		d.leaf("path", "class", "threshold", "d", line)
	}
	return d.end(), nil
}
