package web

import (
	"fmt"
	"strings"

	"lastmile/internal/fact"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// beginnings are the kinds of fact with which a programme begins, in the order in which each builds on those before. Those of which there are many
// are imported from a table.
var beginnings = []struct {
	kind string
	many bool
}{
	{"area", true}, {"person", true}, {"appointment", true}, {"party", true}, {"programme", false}, {"designation", false}, {"fund", false}, {"project", true},
}

// begin is the overview of a programme that has no projects yet: what to record first, who does it, and how much of it is there.
func (q *request) begin() error {
	words := wording.For(q.site.engine, q.Printer)
	counts, err := q.kindsRecorded()
	if err != nil {
		return err
	}
	role := fact.Find("appointment").Field("role")
	table := view.Table{Loose: true, Columns: []view.Column{
		{Label: q.text("begin.what")}, {Label: q.text("begin.who")}, {Label: q.text("begin.there"), Kind: view.NumberColumn},
	}}
	for _, b := range beginnings {
		k := fact.Find(b.kind)
		href := "/record/" + k.Name
		if b.many {
			href = "/import/" + k.Name
		}
		var roles []string
		for _, r := range k.By {
			roles = append(roles, words.Choice(role, r))
		}
		table.Rows = append(table.Rows, view.Row{Cells: []view.Cell{{Text: words.Kind(k), Href: href, Sub: q.text("begin." + k.Name)}, {Text: strings.Join(roles, q.text("list.comma"))}, {Text: words.Count(counts[k.Name]), Href: "/journal?kind=" + k.Name}}})
	}
	return q.show(view.Heading{Eyebrow: []string{q.text("nav.overview")}, Title: q.text("begin.title"), Lead: view.Plain(q.text("begin.lead"))}, table)
}

// kindsRecorded counts the entries of each kind.
func (q *request) kindsRecorded() (map[string]int64, error) {
	rows, err := q.site.store.DB.Query(q.ctx, "SELECT kind, COUNT(*) FROM entry GROUP BY kind")
	if err != nil {
		return nil, fmt.Errorf("count entries: %w", err)
	}
	defer rows.Close()
	counts := map[string]int64{}
	for rows.Next() {
		var kind string
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, err
		}
		counts[kind] = n
	}
	return counts, rows.Err()
}
