// Package chart draws the product's charts as SVG, on the server, from plain
// data: where money went, how a county left poverty, every village as a dot,
// a household's income against the line, a loan's instalments.
//
// The charts keep a few rules, and each has its test:
//
//   - Nothing is rounded away. Money that could not be followed to its last
//     recipient has its own node in a [Sankey], even when there is none of it,
//     and every column of a Sankey adds up to the same total.
//   - Colour means a theme, a county or a state. The drawing names it with a
//     class (t-credit, county-1, is-gap) and the style sheet gives it its
//     colour, light or dark; no style is written into the drawing, so that a
//     strict content security policy holds.
//   - A chart that holds links is a named group, and one that holds none is an
//     image with a sentence. Either way the page puts a table beneath it.
//   - The same data gives the same bytes.
//
// The package knows nothing of households, accounts or languages: labels and
// written numbers come from the caller, in the reader's language.
package chart

import (
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// A Theme is what money is for, and gives a ribbon or bar its colour. The zero
// Theme is plain ink.
type Theme string

// The themes of the design guide. There is no eighth: group the rest as Other.
const (
	Plain     Theme = ""
	Credit    Theme = "credit"
	Housing   Theme = "housing"
	Industry  Theme = "industry"
	Water     Theme = "water"
	Education Theme = "education"
	Health    Theme = "health"
	Other     Theme = "other"
	Untraced  Theme = "untraced"
)

// class gives the CSS class of a theme.
func (t Theme) class() string {
	if t == Plain {
		return "t-plain"
	}
	return "t-" + string(t)
}

// A BarList is a short list of bars with a heading, for phones and for
// breakdowns. The page draws it; see the view package.
type BarList struct {
	Head string
	Bars []Bar
}

// A Bar is one line of a [BarList].
type Bar struct {
	Label string
	Value string // as written for the reader
	Href  string // empty for a bar that leads nowhere
	Theme Theme
	// Length is the bar's part of the full width, in thousandths.
	Length int
}

// Class gives the CSS class of the bar's theme.
func (b Bar) Class() string { return b.Theme.class() }

// Length gives part of whole in thousandths, rounded, for [Bar.Length]. A part
// that is not nought is never drawn as nothing. It is 0 where whole is not
// positive.
func Length(part, whole int64) int {
	if whole <= 0 || part <= 0 {
		return 0
	}
	return min(1000, max(1, int(math.Round(float64(part)/float64(whole)*1000))))
}

// drawing writes SVG. Attributes and texts are escaped here and nowhere else.
type drawing struct {
	b     strings.Builder
	opens []string
}

// begin opens the drawing. Drawings that hold links are groups with a name,
// others images with a sentence.
func (d *drawing) begin(class, name string, width, height float64, holdsLinks bool) {
	role := "img"
	if holdsLinks {
		role = "group"
	}
	d.open("svg", "class", "chart "+class, "viewBox", "0 0 "+num(width)+" "+num(height),
		"role", role, "aria-label", name)
}

func (d *drawing) open(name string, attributes ...string) {
	d.tag(name, attributes)
	d.b.WriteByte('>')
	d.opens = append(d.opens, name)
}

func (d *drawing) close() {
	last := len(d.opens) - 1
	d.b.WriteString("</" + d.opens[last] + ">")
	d.opens = d.opens[:last]
}

func (d *drawing) leaf(name string, attributes ...string) {
	d.tag(name, attributes)
	d.b.WriteString("/>")
}

func (d *drawing) tag(name string, attributes []string) {
	d.b.WriteString("<" + name)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] == "" {
			continue
		}
		d.b.WriteString(" " + attributes[i] + `="` + html.EscapeString(attributes[i+1]) + `"`)
	}
}

// text writes one line of text; anchor is start, middle or end.
func (d *drawing) text(x, y float64, class, anchor, s string) {
	if anchor == "start" {
		anchor = ""
	}
	d.open("text", "x", num(x), "y", num(y), "class", class, "text-anchor", anchor)
	d.b.WriteString(html.EscapeString(s))
	d.close()
}

// title names the element it is written into; pointers show it as a hint.
func (d *drawing) title(s string) {
	if s == "" {
		return
	}
	d.open("title")
	d.b.WriteString(html.EscapeString(s))
	d.close()
}

// link opens a link when there is somewhere to go, with its whole name, which
// what is drawn may shorten. The caller calls the function it returns to close it.
func (d *drawing) link(href, name string) (end func()) {
	if href == "" {
		return func() {}
	}
	d.open("a", "href", href)
	d.title(name)
	return d.close
}

func (d *drawing) end() template.HTML {
	for len(d.opens) > 0 {
		d.close()
	}
	return template.HTML(d.b.String())
}

// num writes a coordinate with at most one decimal: a tenth of a unit is less
// than a pixel shows.
func num(f float64) string {
	return strconv.FormatFloat(math.Round(f*10)/10+0, 'f', -1, 64)
}

// textWidth estimates how wide a text is set in the product's bold sans, in units
// of the same size as size. The widths are those of the font, by groups of letters
// and rounded up, so that a label which it lets pass fits.
func textWidth(s string, size float64) float64 {
	em := 0.0
	for _, r := range s {
		switch {
		case r >= 0x2E80: // Chinese characters and full-width punctuation
			em += 1
		case r == '\u2009':
			em += 0.1
		case r == ' ':
			em += 0.2
		case strings.ContainsRune("ijlI.,:;'’·|!", r):
			em += 0.28
		case strings.ContainsRune("frt-()/", r):
			em += 0.36
		case strings.ContainsRune("mwMW%&", r):
			em += 0.82
		case strings.ContainsRune("csvxyz", r):
			em += 0.48
		case unicode.IsUpper(r):
			em += 0.62
		default:
			em += 0.54
		}
	}
	return em * size
}

// fit shortens a label to the width it has, with an ellipsis.
func fit(s string, size, width float64) string {
	if textWidth(s, size) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		short := strings.TrimRight(string(runes[:n]), " ,，、") + "…"
		if textWidth(short, size) <= width {
			return short
		}
	}
	return "…"
}
