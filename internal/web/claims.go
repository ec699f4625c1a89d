package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// verdicts in the order in which they are shown, contradictions first.
var verdicts = []figure.Verdict{figure.Differs, figure.Holds, figure.Forecast, figure.NotComputed}

// slug is a verdict in an address and in the catalogue.
func slug(v figure.Verdict) string { return strings.ReplaceAll(string(v), " ", "-") }

var verdictStates = map[figure.Verdict]view.StateKind{
	figure.Holds: view.Done, figure.Differs: view.Failed, figure.Forecast: view.Running, figure.NotComputed: view.NotStarted,
}

// claims sets what was said beside what the records give.
func (q *request) claims() error {
	all, err := q.checked()
	if err != nil {
		return err
	}
	counts := map[figure.Verdict]int{}
	for _, c := range all {
		counts[c.Verdict]++
	}
	l := q.claimListing(all)
	segments := []view.Link{{Label: q.text("claims.every", len(all)), Href: listing.With(q.URL, "verdict", ""), Current: q.FormValue("verdict") == ""}}
	for _, v := range verdicts {
		if counts[v] > 0 {
			segments = append(segments, view.Link{Label: q.text("verdict."+slug(v)) + " " + q.Printer.Count(int64(counts[v])), Href: listing.With(q.URL, "verdict", slug(v)), Current: q.FormValue("verdict") == slug(v)})
		}
	}
	return q.show(view.Heading{
		Eyebrow: []string{q.text("nav.claims"), q.text("claims.count", len(all))},
		Title:   q.text("claims.title"),
		Lead:    view.Plain(q.text("claims.lead", counts[figure.Holds], counts[figure.Differs], counts[figure.Forecast], counts[figure.NotComputed])),
	}, view.Section{Head: view.SectionHead{ID: "claims", Title: q.text("claims.section"), Segments: segments, Note: q.write("ways.csv", view.Link{Label: "CSV", Href: listing.CSVHref(q.URL)})},
		Parts: []view.Component{l.Table(q.Printer, q.URL)}})
}

func (q *request) claimsCSV() error {
	all, err := q.checked()
	if err != nil {
		return err
	}
	return download(q, "claims", q.claimListing(all))
}

func (q *request) claimListing(all []figure.Checked) listing.Listing[figure.Checked] {
	if v := q.FormValue("verdict"); v != "" {
		all = slices.DeleteFunc(slices.Clone(all), func(c figure.Checked) bool { return slug(c.Verdict) != v })
	}
	last := "" // a sentence that states several values stands once
	return listing.Listing[figure.Checked]{
		Label: q.column, Rows: all,
		Empty: view.Empty{Icon: "approve", Title: q.text("claims.empty"), Text: q.text("claims.empty.text")},
		Columns: []listing.Column[figure.Checked]{
			{Key: "claim", Compare: func(a, b figure.Checked) int { return strings.Compare(a.ID, b.ID) },
				Cell: func(c figure.Checked) view.Cell {
					cell := view.Cell{Text: c.Sentence, Sub: noteOf(c)}
					if c.Sentence == last {
						cell.Text = q.text("claims.same")
					}
					last = c.Sentence
					return cell
				},
				Plain: func(c figure.Checked) string { return c.ID }},
			{Key: "verdict", Kind: view.StateColumn, Compare: func(a, b figure.Checked) int {
				return cmp.Compare(slices.Index(verdicts, a.Verdict), slices.Index(verdicts, b.Verdict))
			},
				Cell: func(c figure.Checked) view.Cell {
					return view.Cell{State: &view.State{Kind: verdictStates[c.Verdict], Word: q.text("verdict." + slug(c.Verdict))}}
				},
				Plain: func(c figure.Checked) string { return string(c.Verdict) }},
			{Key: "stated", Kind: view.NumberColumn,
				Cell:  func(c figure.Checked) view.Cell { return view.Cell{Text: q.stated(c)} },
				Plain: func(c figure.Checked) string { return c.Stated }},
			{Key: "computed", Kind: view.NumberColumn, Cell: q.computedCell, Plain: func(c figure.Checked) string { return c.Computed }},
			{Key: "grade",
				Cell: func(c figure.Checked) view.Cell {
					if c.Computed == "" {
						return view.Cell{Text: none}
					}
					return view.Cell{Sub: q.proof(c.Value), Grade: grades[c.Value.Grade()]}
				},
				Plain: func(c figure.Checked) string {
					if c.Value == nil {
						return ""
					}
					return c.Value.Grade().String()
				}},
			{Key: "qualifier", Plain: func(c figure.Checked) string { return c.Qualifier }},
			{Key: "unit", Plain: func(c figure.Checked) string { return c.Unit }},
			{Key: "figure", Plain: func(c figure.Checked) string { return c.Figure }},
			{Key: "as-of", Plain: func(c figure.Checked) string { return string(c.AsOf) }},
			{Key: "sentence", Plain: func(c figure.Checked) string { return c.Sentence }},
		},
	}
}

func noteOf(c figure.Checked) string {
	if c.Note == "" {
		return c.ID
	}
	return c.ID + " · " + c.Note
}

// stated writes the value that the sentence states, with its qualifier in words.
func (q *request) stated(c figure.Checked) string {
	if c.Stated == "" {
		return none
	}
	value := q.claimValue(c.Stated, c.Unit)
	key := "qualifier." + strings.TrimSuffix(strings.Fields(c.Qualifier + " -")[0], " ")
	if strings.HasPrefix(c.Qualifier, "exp") {
		key = "qualifier.exp"
	}
	if _, ok := q.site.engine.Catalog().Arguments(key); ok {
		return q.text(key, value)
	}
	return value
}

// claimValue writes a decimal or a date as a claim has it.
func (q *request) claimValue(text, unit string) string {
	switch unit {
	case ledger.Currency:
		if fen, ok := hundredths(text); ok {
			return q.Printer.Money(fen, yuan)
		}
	case "share":
		return q.decimalOf(text, unit)
	case "year":
		return text
	case "month":
		if d, err := date.Parse(text + "-01"); err == nil {
			return q.Printer.Month(d)
		}
	case "date":
		if d, err := date.Parse(text); err == nil {
			return q.Printer.Date(d)
		}
	}
	if n, ok := whole(text); ok {
		return q.Printer.Count(n)
	}
	return text
}

// whole reads a whole number.
func whole(text string) (n int64, ok bool) {
	var rest string
	count, err := fmt.Sscanf(text+" .", "%d %s", &n, &rest)
	return n, err == nil && count == 2 && rest == "."
}

// hundredths reads a decimal with at most two decimals.
func hundredths(text string) (int64, bool) {
	before, after, _ := strings.Cut(text, ".")
	if len(after) > 2 {
		return 0, false
	}
	return whole(before + after + "00"[len(after):])
}

// computedCell is what the records give, which opens.
func (q *request) computedCell(c figure.Checked) view.Cell {
	if c.Computed == "" {
		return view.Cell{Text: none}
	}
	at := c.Value.At
	return view.Cell{Figure: &view.FigureLink{Value: q.claimValue(c.Computed, c.Unit), Href: listing.Address(link("figures", c.Figure), append(atPairs(at), "as-of", string(at.AsOf))...)}}
}
