package view

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"

	"lastmile/internal/web/locale"
)

// A table has hundreds of cells, and a template takes some ten microseconds for each. So the rows of a table are written here, as the templates
// "figure", "mark" and "state" would.

// figure writes a number that opens.
func figure(f FigureLink) template.HTML {
	var b strings.Builder
	writeFigure(&b, &f)
	return template.HTML(b.String())
}

// writeFigure writes a value that is not there without a link: it has nothing to open.
func writeFigure(b *strings.Builder, f *FigureLink) {
	if f.Value == locale.NotApplicable {
		b.WriteString(f.Value)
		return
	}
	b.WriteString(`<a class="figure" dir="auto" data-drawer href="`)
	writeAddress(b, f.Href)
	b.WriteString(`">`)
	template.HTMLEscape(writer{b}, []byte(f.Value))
	b.WriteString(`</a>`)
}

// writeAddress writes an address of this site or of the web; any other, which could run a script, is left out.
func writeAddress(b *strings.Builder, address string) {
	if u, err := url.Parse(address); err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" {
		address = "#"
	}
	template.HTMLEscape(writer{b}, []byte(address))
}

// writer is a builder that never fails.
type writer struct{ *strings.Builder }

// said writes a text for the readers of a language. A sentence that was recorded in English is marked so for readers of another language:
// its quotes are then drawn, its words parted and its sound read as English (WCAG 2.2, 3.1.2 Language of Parts).
func said(reader locale.Language, text string) template.HTML {
	var b strings.Builder
	writeSaid(&b, reader, text)
	return template.HTML(b.String())
}

func writeSaid(b *strings.Builder, reader locale.Language, text string) {
	if reader == locale.English || !locale.IsEnglish(text) {
		template.HTMLEscape(writer{b}, []byte(text))
		return
	}
	b.WriteString(`<span lang="en">`)
	template.HTMLEscape(writer{b}, []byte(text))
	b.WriteString(`</span>`)
}

// drawn keeps what small templates give for the values that come again and again: marks and states.
type drawn struct {
	reader locale.Language
	mu     sync.Mutex
	kept   map[any]template.HTML
}

// drawnMax is how many values are kept.
const drawnMax = 2000

func (d *drawn) get(set *template.Template, name string, value any) (template.HTML, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h, ok := d.kept[value]; ok {
		return h, nil
	}
	var b strings.Builder
	if err := set.ExecuteTemplate(&b, name, value); err != nil {
		return "", err
	}
	if d.kept == nil || len(d.kept) >= drawnMax {
		d.kept = map[any]template.HTML{}
	}
	d.kept[value] = template.HTML(b.String())
	return d.kept[value], nil
}

// rows writes rows of a table.
func (d *drawn) rows(set *template.Template, columns []Column, list []Row) (template.HTML, error) {
	var b strings.Builder
	for _, row := range list {
		b.WriteString("\n<tr>")
		for i := range row.Cells {
			c := &row.Cells[i]
			switch {
			case i == 0 && columns[i].Kind == WholeColumn:
				b.WriteString(`<th scope="row" class="whole">`)
			case i == 0:
				b.WriteString(`<th scope="row">`)
			default:
				b.WriteString(`<td class="`)
				b.WriteString(string(columns[i].Kind))
				if c.Error != "" {
					b.WriteString(" wrong")
				}
				if c.Text == locale.NotApplicable {
					b.WriteString(" none")
				}
				b.WriteString(`" data-label="`)
				template.HTMLEscape(writer{&b}, []byte(columns[i].Label))
				b.WriteString(`">`)
			}
			if err := d.cell(&b, set, c); err != nil {
				return "", fmt.Errorf("cell %q: %w", c.Text, err)
			}
			if i == 0 {
				b.WriteString(`</th>`)
			} else {
				b.WriteString(`</td>`)
			}
		}
		b.WriteString("</tr>")
	}
	return template.HTML(b.String()), nil
}

// cell writes what stands in a cell.
func (d *drawn) cell(b *strings.Builder, set *template.Template, c *Cell) error {
	add := func(name string, value any) error {
		h, err := d.get(set, name, value)
		b.WriteString(string(h))
		return err
	}
	if c.Pick != nil {
		if err := set.ExecuteTemplate(b, "pick", c.Pick); err != nil {
			return err
		}
	}
	switch {
	case c.Figure != nil:
		writeFigure(b, c.Figure)
	case c.State != nil:
		if err := add("state", *c.State); err != nil {
			return err
		}
	case c.Href != "":
		b.WriteString(`<a href="`)
		writeAddress(b, c.Href)
		b.WriteString(`">`)
		writeSaid(b, d.reader, c.Text)
		b.WriteString(`</a>`)
	default:
		writeSaid(b, d.reader, c.Text)
	}
	switch {
	case c.Sub != "" || c.Error != "":
		if c.Text == "" && c.Figure == nil && c.State == nil {
			b.WriteString(`<span class="sub alone">`)
		} else {
			b.WriteString(`<span class="sub">`)
		}
		if err := add("mark", c.Grade); err != nil {
			return err
		}
		writeSaid(b, d.reader, c.Sub)
		template.HTMLEscape(writer{b}, []byte(c.Error))
		b.WriteString(`</span>`)
	case c.Grade != Ungraded:
		b.WriteByte(' ')
		return add("mark", c.Grade)
	}
	return nil
}
