package web

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// flowQuestion is which flow is asked for: of a commodity, of the whole programme or of one book.
type flowQuestion struct {
	commodity string
	book      string
}

// share is what went one way: who gave (the fund's sponsor), what it paid for, where, who received it. Ids are as records have them;
// purpose is the project, as "BOOK ID", at the top of what it is part of, or elsewhere for all that lie outside the reader's areas.
type share struct {
	giver, purpose, place, receiver string
	amount, untraced, n             int64
}

// shares adds stages up to what the flow shows.
func (q *request) shares(f flowQuestion) ([]share, error) {
	var areas []string
	stages, err := q.stages(f.commodity, f.book, areas)
	if err != nil {
		return nil, err
	}
	parents, err := q.topProjects()
	if err != nil {
		return nil, err
	}
	projects, err := q.projectsByKey()
	if err != nil {
		return nil, err
	}
	sums := map[share]int{}
	var list []share
	for _, s := range stages {
		key := share{giver: q.sponsor(s.Fund), purpose: cmp.Or(parents[s.Book+" "+s.Project], s.Book+" "+s.Project), place: s.Book, receiver: s.Receiver}
		if p := projects[key.purpose]; q.limited() && (p == nil || !q.sees(p.Area)) {
			key.purpose = elsewhere
		}
		i, ok := sums[key]
		if !ok {
			i = len(list)
			sums[key] = i
			list = append(list, key)
		}
		list[i].amount += s.Amount
		list[i].untraced += s.Untraced
		list[i].n += s.N
	}
	list = slices.DeleteFunc(list, func(s share) bool { return s.amount == 0 && s.untraced == 0 })
	return list, nil
}

// sponsor is the party that a fund comes from.
func (q *request) sponsor(fund string) string {
	e, _ := q.entity(entity.Headquarters, "fund", fund)
	return cmp.Or(e.Parent, fund)
}

// topProjects gives for each project, as "BOOK ID", the one at the top of what it is part of.
func (q *request) topProjects() (map[string]string, error) {
	list, err := q.allProjects()
	if err != nil {
		return nil, err
	}
	parent := map[string]string{}
	for _, p := range list {
		if p.Parent != "" {
			parent[p.Book+" "+p.ID] = p.Book + " " + p.Parent
		}
	}
	top := map[string]string{}
	const depthMax = 10
	for _, p := range list {
		key := p.Book + " " + p.ID
		for range depthMax {
			if parent[key] == "" {
				break
			}
			key = parent[key]
		}
		top[p.Book+" "+p.ID] = key
	}
	return top, nil
}

// giverName is what a giver of a flow is called: a party or a fund.
func (q *request) giverName(id string) string {
	if e, ok := q.entity(entity.Headquarters, "party", id); ok {
		return q.name(e.Name)
	}
	return q.fund(id)
}

// flowSection is the chart of where a commodity went, with its ladder, table and CSV.
func (q *request) flowSection(f flowQuestion) ([]view.Component, error) {
	list, err := q.shares(f)
	if err != nil {
		return nil, err
	}
	commodities, err := q.moved(f.book)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(commodities, f.commodity) {
		if f.commodity != ledger.Currency {
			return nil, missing("commodity.unknown", "nothing of %q has reached anybody", f.commodity)
		}
		return nil, nil
	}
	var total, untraced, open int64
	for _, s := range list {
		total += s.amount
		untraced += s.untraced
		if s.untraced > 0 {
			open++
		}
	}
	section := view.Section{Head: view.SectionHead{ID: "flow", Title: q.text("flow.title")}}
	if f.commodity != ledger.Currency {
		section.Head.Title = q.text("flow.title.goods", q.commodity(f.commodity))
	}
	for _, c := range commodities {
		label := q.commodity(c)
		if c == ledger.Currency {
			label = q.text("flow.cash")
		}
		section.Head.Segments = append(section.Head.Segments, view.Link{Label: label, Href: listing.With(q.URL, "flow", c) + "#flow", Current: c == f.commodity})
	}
	href := listing.Address("/flow", "commodity", f.commodity, "book", f.book)
	sums := view.FigureLink{Value: q.reading(total, f.commodity, total), Href: href}
	section.Head.Note = q.write("flow.note", sums)
	drawn, err := q.drawFlow(f, list, total)
	if err != nil {
		return nil, err
	}
	drawn.TableHref, drawn.CSVHref = href, listing.Address("/flow.csv", "commodity", f.commodity, "book", f.book)
	if untraced > 0 {
		drawn.Untraced = q.write("flow.untraced", view.FigureLink{Value: q.reading(untraced, f.commodity, total), Href: listing.Address("/flow", "commodity", f.commodity, "book", f.book, "open", "1")})
	} else {
		drawn.Untraced = view.Plain(q.text("flow.all-traced"))
	}
	section.Parts = []view.Component{drawn}
	return []view.Component{section}, nil
}

// reading writes an amount of a commodity on the scale of a whole.
func (q *request) reading(n int64, commodity string, whole int64) string {
	if strings.HasPrefix(commodity, ledger.Currency) {
		return q.Printer.MoneyAs(n, whole, yuan)
	}
	return q.Printer.Count(n)
}

// nodes collects the nodes of one column by id, in the order of what passes them.
type nodes struct {
	ids  []string
	at   map[string]int
	sums map[string]int64
}

func collect(list []share, id func(share) string) *nodes {
	n := &nodes{at: map[string]int{}, sums: map[string]int64{}}
	for _, s := range list {
		key := id(s)
		if _, ok := n.sums[key]; !ok {
			n.ids = append(n.ids, key)
		}
		n.sums[key] += s.amount
	}
	slices.SortStableFunc(n.ids, func(a, b string) int { return cmp.Compare(n.sums[b], n.sums[a]) })
	for i, key := range n.ids {
		n.at[key] = i
	}
	return n
}

// drawFlow lays the chart out.
func (q *request) drawFlow(f flowQuestion, list []share, total int64) (view.Flow, error) {
	columns := [4]*nodes{
		collect(list, func(s share) string { return s.giver }), collect(list, func(s share) string { return s.purpose }),
		collect(list, func(s share) string { return s.place }), collect(list, func(s share) string { return s.receiver }),
	}
	table := func(pairs ...string) string {
		return listing.Address("/flow", append([]string{"commodity", f.commodity, "book", f.book}, pairs...)...)
	}
	s := chart.Sankey{
		Name:      q.text("flow.name", q.commodity(f.commodity), q.reading(total, f.commodity, total)),
		NotTraced: chart.Node{Label: q.text("flow.not-traced"), Href: table("open", "1")},
		Value:     func(n int64) string { return q.reading(n, f.commodity, total) },
		Rest:      func(n int) string { return q.text("flow.rest", n) },
	}
	projects, err := q.projectsByKey()
	if err != nil {
		return view.Flow{}, err
	}
	for c, key := range []string{"giver", "purpose", "place", "receiver"} {
		s.Columns[c].Head = q.text("flow." + key)
		for _, id := range columns[c].ids {
			node := chart.Node{}
			switch key {
			case "giver":
				node = chart.Node{Label: q.giverName(id), Href: table("giver", id)}
			case "purpose":
				book, project, _ := strings.Cut(id, " ")
				node = chart.Node{Label: project, Href: link("projects", book, project), Theme: chart.Other}
				if id == elsewhere {
					node.Label, node.Href = q.text("scope.rest"), ""
				}
				if p := projects[id]; p != nil {
					node.Label, node.Theme = shortName(q.pick(p.Name, p.NameZh)), chart.Theme(p.Theme)
				}
			case "place":
				node = chart.Node{Label: q.areaName(id), Href: q.areaHref(id)}
			case "receiver":
				node = chart.Node{Label: q.receiver(id), Href: table("receiver", id)}
			}
			s.Columns[c].Nodes = append(s.Columns[c].Nodes, node)
		}
	}
	for _, x := range list {
		way := [4]int{columns[0].at[x.giver], columns[1].at[x.purpose], columns[2].at[x.place], columns[3].at[x.receiver]}
		if known := x.amount - x.untraced; known > 0 {
			s.Flows = append(s.Flows, chart.Flow{Through: way, Amount: known})
		}
		if x.untraced > 0 {
			way[3] = chart.NotTraced
			s.Flows = append(s.Flows, chart.Flow{Through: way, Amount: x.untraced})
		}
		if x.amount < x.untraced || x.untraced < 0 {
			return view.Flow{}, errors.New("draw flow: more came back from " + x.receiver + " for " + x.purpose + " than was paid")
		}
	}
	layout, err := s.Layout()
	if err != nil {
		return view.Flow{}, err
	}
	return view.NewFlow(layout), nil
}

// shortName is what stands before the colon of a name, for the labels of a chart.
func shortName(name string) string {
	if i := strings.IndexAny(name, ":：（"); i > 0 {
		return name[:i]
	}
	return name
}

// flowAsked reads from the address which flow and which part of it is asked for.
func (q *request) flowAsked() (flowQuestion, []share, error) {
	f := flowQuestion{commodity: cmp.Or(q.FormValue("commodity"), ledger.Currency), book: q.FormValue("book")}
	if f.book != "" && !q.sees(f.book) {
		return f, nil, q.outside(f.book)
	}
	list, err := q.shares(f)
	if err != nil {
		return f, nil, err
	}
	list = slices.DeleteFunc(list, func(s share) bool {
		for _, c := range []struct{ asked, has string }{{q.FormValue("giver"), s.giver}, {q.FormValue("receiver"), s.receiver}} {
			if c.asked != "" && c.asked != c.has {
				return true
			}
		}
		return q.FormValue("open") != "" && s.untraced == 0
	})
	return f, list, nil
}

// flow is the flow as a table, each line with the postings it adds up.
func (q *request) flow() error {
	f, list, err := q.flowAsked()
	if err != nil {
		return err
	}
	var total, untraced, n int64
	for _, s := range list {
		total += s.amount
		untraced += s.untraced
		n += s.n
	}
	t := q.flowListing(f, list)
	drawn := t.Table(q.Printer, q.URL)
	if len(drawn.Rows) > 0 {
		drawn.Total = []view.Cell{{Text: q.text("total")}, {Text: none}, {Text: none}, {Text: none}, {Text: q.Printer.Count(n)}, {Text: q.amount(untraced, f.commodity)}, {Text: q.amount(total, f.commodity)}}
	}
	title := q.text("flow.title")
	if f.commodity != ledger.Currency {
		title = q.text("flow.title.goods", q.commodity(f.commodity))
	}
	section := view.Section{Head: view.SectionHead{ID: "flow", Title: q.text("flow.lines", len(list)), Note: q.write("ways.csv", view.Link{Label: "CSV", Href: listing.CSVHref(q.URL)}),
		Segments: []view.Link{{Label: q.text("records.every"), Href: listing.With(q.URL, "open", ""), Current: q.FormValue("open") == ""},
			{Label: q.text("flow.not-traced"), Href: listing.With(q.URL, "open", "1"), Current: q.FormValue("open") != ""}}}, Parts: []view.Component{drawn}}
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.overview"), Href: "/"}, {Label: title}},
		Title:  title, Hush: q.keptElsewhere(), Lead: q.write("flow.lead", view.Link{Label: q.reading(total, f.commodity, total), Href: "#flow"}, view.Link{Label: q.reading(untraced, f.commodity, total), Href: listing.With(q.URL, "open", "1") + "#flow"}),
	}, section)
}

func (q *request) flowCSV() error {
	f, list, err := q.flowAsked()
	if err != nil {
		return err
	}
	return download(q, "flow-"+f.commodity, q.flowListing(f, list))
}

const none = "–"

func (q *request) flowListing(f flowQuestion, list []share) listing.Listing[share] {
	text := func(key string, id func(share) string, name func(string) string, href func(share) string) listing.Column[share] {
		return listing.Column[share]{Key: key, Compare: func(a, b share) int { return strings.Compare(name(id(a)), name(id(b))) },
			Cell: func(s share) view.Cell { return view.Cell{Text: name(id(s)), Href: href(s)} }, Plain: id}
	}
	postings := func(s share, open string) string {
		if s.purpose == elsewhere {
			return ""
		}
		book, project, _ := strings.Cut(s.purpose, " ")
		return listing.Address("/postings", "book", book, "project", project, "giver", s.giver, "receiver", s.receiver, "commodity", f.commodity, "open", open)
	}
	project := func(key string) string {
		if key == elsewhere {
			return q.text("scope.rest")
		}
		_, id, _ := strings.Cut(key, " ")
		return q.projectName(id)
	}
	label := q.column
	if f.commodity != ledger.Currency { // goods are counted and handed over
		label = func(key string) string {
			switch key {
			case "amount":
				key = "quantity"
			case "n":
				key = "deliveries"
			}
			return q.column(key)
		}
	}
	return listing.Listing[share]{
		Label: label, Rows: list, Sort: "-amount",
		Empty: view.Empty{Icon: "yuan", Title: q.text("flow.empty"), Text: q.text("flow.empty.text")},
		Columns: []listing.Column[share]{
			text("purpose", func(s share) string { return s.purpose }, project, func(s share) string {
				if s.purpose == elsewhere {
					return ""
				}
				book, id, _ := strings.Cut(s.purpose, " ")
				return link("projects", book, id)
			}),
			text("giver", func(s share) string { return s.giver }, q.giverName, func(share) string { return "" }),
			text("place", func(s share) string { return s.place }, q.areaName, func(s share) string { return q.areaHref(s.place) }),
			text("receiver", func(s share) string { return s.receiver }, func(id string) string { return q.receiver(id) }, func(share) string { return "" }),
			{Key: "n", Kind: view.NumberColumn, Compare: func(a, b share) int { return cmp.Compare(a.n, b.n) },
				Cell:  func(s share) view.Cell { return view.Cell{Text: q.Printer.Count(s.n), Href: postings(s, "")} },
				Plain: func(s share) string { return strconv.FormatInt(s.n, 10) }},
			{Key: "untraced", Kind: view.NumberColumn, Compare: func(a, b share) int { return cmp.Compare(a.untraced, b.untraced) },
				Cell: func(s share) view.Cell {
					if s.untraced == 0 {
						return view.Cell{Text: "0"}
					}
					return view.Cell{Text: q.amount(s.untraced, f.commodity), Href: postings(s, "1")}
				},
				Plain: func(s share) string { return q.decimal(s.untraced, f.commodity) }},
			{Key: "amount", Kind: view.NumberColumn, Compare: func(a, b share) int { return cmp.Compare(a.amount, b.amount) },
				Cell: func(s share) view.Cell {
					return view.Cell{Text: q.amount(s.amount, f.commodity), Href: postings(s, "")}
				},
				Plain: func(s share) string { return q.decimal(s.amount, f.commodity) }},
		},
	}
}

// decimal writes an amount of a commodity for a machine.
func (q *request) decimal(n int64, commodity string) string {
	if strings.HasPrefix(commodity, ledger.Currency) {
		return figure.FormatDecimal(n, 2)
	}
	return figure.FormatDecimal(n, 0)
}
