package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
	"lastmile/internal/project"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// projectLine is a project in a list with its money: what it may promise, has promised and has paid, in fen.
type projectLine struct {
	*projectRow
	budget, promised, held, paid, untraced int64
}

// projectsByKey gives the projects by "BOOK ID".
func (q *request) projectsByKey() (map[string]*projectRow, error) {
	list, err := q.allProjects()
	if err != nil {
		return nil, err
	}
	return reading.Remember(q.ctx, q.read.Results, "projects by key", func(context.Context) (map[string]*projectRow, error) {
		m := map[string]*projectRow{}
		for _, p := range list {
			m[p.Book+" "+p.ID] = p
		}
		return m, nil
	})
}

// projectName is what a project is called; its code when two books use the code, or none does.
func (q *request) projectName(id string) string {
	list, err := q.allProjects()
	if err != nil {
		q.fault(err)
	}
	name := id
	for _, p := range list {
		if p.ID == id {
			if name != id {
				return id
			}
			name = q.pick(p.Name, p.NameZh)
		}
	}
	return name
}

// projectLines are all projects with their money, those that are part of another below it.
func (q *request) projectLines() ([]projectLine, error) {
	list, err := q.allProjects()
	if err != nil {
		return nil, err
	}
	return reading.Remember(q.ctx, q.read.Results, "project lines", func(ctx context.Context) ([]projectLine, error) {
		lines := make([]projectLine, len(list))
		at := map[string]*projectLine{}
		for i, p := range list {
			lines[i] = projectLine{projectRow: p}
			at[p.Book+" "+p.ID] = &lines[i]
		}
		for class, add := range map[ledger.Class]func(*projectLine, int64){
			ledger.Budget:     func(l *projectLine, n int64) { l.budget += n },
			ledger.Used:       func(l *projectLine, n int64) { l.budget += n; l.promised += n },
			ledger.Commitment: func(l *projectLine, n int64) { l.held += n },
		} {
			balances, err := ledger.FindBalances(ctx, q.site.store.DB, ledger.BalanceFilter{Class: string(class)})
			if err != nil {
				return nil, err
			}
			for _, b := range balances {
				if l := at[b.Book+" "+b.Project]; l != nil && strings.HasPrefix(b.Commodity, ledger.Currency) {
					add(l, b.Amount)
				}
			}
		}
		stages, err := q.stages(ledger.Currency, "", nil)
		if err != nil {
			return nil, err
		}
		for _, s := range stages {
			if l := at[s.Book+" "+s.Project]; l != nil {
				l.paid += s.Amount
				l.untraced += s.Untraced
			}
		}
		return lines, nil
	})
}

var projectStates = map[string]view.StateKind{project.Running: view.Running, project.Finished: view.Done, project.Stopped: view.Failed}

// projects lists the projects, narrowed and sorted by the address.
func (q *request) projects() error {
	rows, err := q.chosenProjects()
	if err != nil {
		return err
	}
	all, err := q.projectLines()
	if err != nil {
		return err
	}
	if q.limited() {
		all = slices.DeleteFunc(slices.Clone(all), func(p projectLine) bool { return !q.sees(p.Area) })
	}
	var paid int64
	states := map[string]int{}
	for _, p := range rows {
		paid += p.paid
		states[p.Status]++
	}
	books, err := q.offeredBooks()
	if err != nil {
		return err
	}
	filters := view.Filters{Action: "/projects", Fields: []view.Field{
		{Kind: view.SelectField, Name: "area", Label: q.text("column.area"), Options: q.options("area", func(add func(value, label string)) {
			for _, b := range books {
				add(b.ID, q.areaName(b.ID))
			}
			if a := q.FormValue("area"); a != "" && !slices.ContainsFunc(books, func(b entity.Entity) bool { return b.ID == a }) {
				add(a, q.areaName(a))
			}
		})},
		{Kind: view.SelectField, Name: "channel", Label: q.text("dimension.channel"), Options: q.choiceOptions("project", "channel")},
		{Kind: view.SelectField, Name: "theme", Label: q.text("dimension.theme"), Options: q.choiceOptions("project", "theme")},
		{Kind: view.SelectField, Name: "status", Label: q.text("column.status"), Options: q.choiceOptions("project-status", "status")},
	}}
	title := q.text("projects.of", len(rows), len(all))
	if len(rows) == len(all) {
		title = q.text("projects.count", len(all))
	}
	return q.show(view.Heading{
		Eyebrow: []string{q.text("nav.projects"), q.asOfText(q.read.Today)}, Title: q.text("projects.title"),
		Lead: q.write("projects.lead", len(rows), states[project.Finished], states[project.Running], view.FigureLink{Value: q.Printer.Money(paid, yuan), Href: q.paidHref(rows)}), Hush: q.keptBack(),
	}, view.Section{Head: view.SectionHead{ID: "projects", Title: title, Note: q.write("ways.csv", view.Link{Label: "CSV", Href: listing.CSVHref(q.URL)})},
		Parts: []view.Component{filters, q.projectListing(rows).Table(q.Printer, q.URL)}})
}

// paidHref opens what was paid for the projects in a list.
func (q *request) paidHref(rows []projectLine) string {
	if q.FormValue("theme") == "" && q.FormValue("status") == "" && !q.limited() { // a figure narrows by area and channel itself
		return listing.Address(link("figures", directFunds), "area", q.FormValue("area"), "channel", q.FormValue("channel"))
	}
	ids := make([]string, len(rows))
	for i, p := range rows {
		ids[i] = p.ID
	}
	return listing.Address(link("figures", directFunds), "project", strings.Join(ids, ","))
}

func (q *request) projectsCSV() error {
	rows, err := q.chosenProjects()
	if err != nil {
		return err
	}
	return download(q, "projects", q.projectListing(rows))
}

// chosenProjects are those that the address asks for.
func (q *request) chosenProjects() ([]projectLine, error) {
	all, err := q.projectLines()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(p projectLine) bool {
		if !q.sees(p.Area) {
			return true
		}
		for _, c := range []struct{ key, has string }{{"channel", p.Channel}, {"theme", p.Theme}, {"status", p.Status}} {
			if asked := q.FormValue(c.key); asked != "" && asked != c.has {
				return true
			}
		}
		area := q.FormValue("area")
		return area != "" && !q.within(p.Area, area)
	}), nil
}

// options are the values of a filter, the chosen one marked, with a first one that narrows nothing.
func (q *request) options(key string, each func(add func(value, label string))) []view.Option {
	list := []view.Option{{Label: q.text("filter.every")}}
	each(func(value, label string) {
		list = append(list, view.Option{Value: value, Label: label, Chosen: value == q.FormValue(key)})
	})
	return list
}

func (q *request) choiceOptions(kind, field string) []view.Option {
	return q.options(field, func(add func(value, label string)) {
		for _, c := range fact.Find(kind).Field(field).Choices {
			add(c.Value, q.pick(c.En, c.Zh))
		}
	})
}

func (q *request) projectListing(rows []projectLine) listing.Listing[projectLine] {
	money := func(n int64, href string) view.Cell {
		if n == 0 {
			return view.Cell{Text: q.Printer.Money(0, yuan)}
		}
		return view.Cell{Text: q.Printer.Money(n, yuan), Href: href}
	}
	account := func(p projectLine, class ledger.Class) string {
		return link("accounts", p.Book, ledger.NewAccount(p.Book, class, p.Book, "", p.ID, "").ID)
	}
	return listing.Listing[projectLine]{
		Label: q.column, Rows: rows,
		Empty: view.Empty{Icon: "layers", Title: q.text("projects.empty"), Text: q.text("projects.empty.text"), Action: &view.Button{Label: q.text("projects.all"), Href: "/projects"}},
		Columns: []listing.Column[projectLine]{
			{Key: "project", Compare: func(a, b projectLine) int { return strings.Compare(a.Book+a.ID, b.Book+b.ID) },
				Cell: func(p projectLine) view.Cell {
					return view.Cell{Text: q.pick(p.Name, p.NameZh), Href: link("projects", p.Book, p.ID), Sub: p.ID}
				},
				Plain: func(p projectLine) string { return p.ID }},
			{Key: "status", Kind: view.StateColumn, Compare: func(a, b projectLine) int { return strings.Compare(a.Status, b.Status) },
				Cell: func(p projectLine) view.Cell {
					return view.Cell{State: &view.State{Kind: projectStates[p.Status], Word: q.choice("project-status", "status", p.Status)}}
				},
				Plain: func(p projectLine) string { return p.Status }},
			{Key: "area", Compare: func(a, b projectLine) int { return strings.Compare(a.Area, b.Area) },
				Cell:  func(p projectLine) view.Cell { return q.areaCell(p.Area) },
				Plain: func(p projectLine) string { return p.Area }},
			{Key: "channel", Compare: func(a, b projectLine) int { return strings.Compare(a.Channel, b.Channel) },
				Cell:  func(p projectLine) view.Cell { return view.Cell{Text: q.choice("project", "channel", p.Channel)} },
				Plain: func(p projectLine) string { return p.Channel }},
			{Key: "budget", Kind: view.NumberColumn, Compare: func(a, b projectLine) int { return cmp.Compare(a.budget, b.budget) },
				Cell: func(p projectLine) view.Cell {
					return money(p.budget, listing.Address("/postings", "book", p.Book, "project", p.ID, "flow", "budget"))
				},
				Plain: func(p projectLine) string { return q.decimal(p.budget, ledger.Currency) }},
			{Key: "promised", Kind: view.NumberColumn, Compare: func(a, b projectLine) int { return cmp.Compare(a.promised, b.promised) },
				Cell:  func(p projectLine) view.Cell { return money(p.promised, account(p, ledger.Used)) },
				Plain: func(p projectLine) string { return q.decimal(p.promised, ledger.Currency) }},
			{Key: "paid", Kind: view.NumberColumn, Compare: func(a, b projectLine) int { return cmp.Compare(a.paid, b.paid) },
				Cell: func(p projectLine) view.Cell {
					if p.paid == 0 {
						return money(0, "")
					}
					return view.Cell{Figure: &view.FigureLink{Value: q.Printer.Money(p.paid, yuan), Href: listing.Address(link("figures", directFunds), "project", p.ID)}}
				},
				Plain: func(p projectLine) string { return q.decimal(p.paid, ledger.Currency) }},
			{Key: "held", Kind: view.NumberColumn, Compare: func(a, b projectLine) int { return cmp.Compare(a.held, b.held) },
				Cell:  func(p projectLine) view.Cell { return money(p.held, account(p, ledger.Commitment)) },
				Plain: func(p projectLine) string { return q.decimal(p.held, ledger.Currency) }},
			{Key: "untraced", Plain: func(p projectLine) string { return q.decimal(p.untraced, ledger.Currency) }},
			{Key: "name", Plain: func(p projectLine) string { return p.Name }},
			{Key: "name-zh", Plain: func(p projectLine) string { return p.NameZh }},
		},
	}
}

// project is one project: plan, milestones, money, goods, people, evidence, entries.
func (q *request) project() error {
	book, id := q.PathValue("book"), q.PathValue("id")
	lines, err := q.projectLines()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(lines, func(l projectLine) bool { return l.Book == book && l.ID == id })
	if i < 0 {
		return missing("project.unknown", "there is no project %s in book %s", id, book)
	}
	p := lines[i]
	if !q.sees(p.Area) {
		return q.hidden(p.Area)
	}
	var parts []projectLine
	for _, l := range lines {
		if l.Book == book && l.Parent == id && q.sees(l.Area) {
			parts = append(parts, l)
		}
	}
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.projects"), Href: "/projects"}, {Label: q.areaName(p.Area), Href: link("areas", p.Area)}, {Label: p.ID}},
		Title:  q.pick(p.Name, p.NameZh),
		State:  &view.State{Kind: projectStates[p.Status], Word: q.choice("project-status", "status", p.Status), Pill: true},
	}
	money, err := q.projectMoney(p, parts)
	if err != nil {
		return err
	}
	heading.Lead = money.lead
	road, err := q.projectRoad(p)
	if err != nil {
		return err
	}
	goods, err := q.projectGoods(p)
	if err != nil {
		return err
	}
	people, err := q.projectPeople(p)
	if err != nil {
		return err
	}
	entries, err := q.projectEntries(p)
	if err != nil {
		return err
	}
	main := append([]view.Component{money.section}, entries)
	side := append([]view.Component{q.projectPlan(p), road}, append(goods, people...)...)
	body := append(money.row, view.Columns{Main: main, Side: side})
	if len(parts) > 0 {
		body = append(body, view.Section{Head: view.SectionHead{ID: "parts", Title: q.text("project.parts", len(parts))}, Parts: []view.Component{q.projectListing(parts).Table(q.Printer, q.URL)}})
	}
	return q.show(heading, body...)
}

// projectPlan is what the project was opened for.
func (q *request) projectPlan(p projectLine) view.Component {
	facts := view.Facts{
		{Name: q.text("column.area"), Value: q.reference(p.Book, "area", p.Area)},
		{Name: q.text("dimension.channel"), Value: view.Plain(q.choice("project", "channel", p.Channel))},
		{Name: q.text("dimension.theme"), Value: view.Plain(q.choice("project", "theme", p.Theme))},
		{Name: q.text("project.start"), Value: view.Prose{{Text: q.Printer.Date(date.Date(p.On)), Isolated: true}}},
		{Name: q.text("project.until"), Value: view.Prose{{Text: q.Printer.Date(p.Until), Isolated: true}}},
	}
	if p.Purpose != "" {
		facts = append(facts, view.Fact{Name: q.text("project.purpose"), Value: view.Plain(p.Purpose)})
	}
	if p.Parent != "" {
		facts = append(facts, view.Fact{Name: q.text("project.part-of"), Value: q.reference(p.Book, "project", p.Parent)})
	}
	facts = append(facts, view.Fact{Name: q.text("project.opened"), Value: view.Prose{{Link: &view.Link{Label: q.text("entry.number", figure.FormatDecimal(p.Seq, 0)), Href: entryHref(p.Book, p.Seq)}}}})
	return view.Section{Head: view.SectionHead{ID: "plan", Title: q.text("project.plan")}, Parts: []view.Component{facts}}
}

// projectRoad is the project's milestones, reached and planned.
func (q *request) projectRoad(p projectLine) (view.Component, error) {
	milestones, err := entity.Find(q.ctx, q.site.store.DB, entity.Filter{Book: p.Book, Type: "milestone", Parent: p.ID})
	if err != nil {
		return nil, err
	}
	reached, err := q.milestonesReached(p)
	if err != nil {
		return nil, err
	}
	section := view.Section{Head: view.SectionHead{ID: "milestones", Title: q.text("project.milestones")}}
	if len(milestones) == 0 {
		section.Parts = []view.Component{view.Empty{Icon: "flag", Title: q.text("project.milestones.empty"), Text: q.text("project.milestones.empty.text")}}
		return section, nil
	}
	slices.SortStableFunc(milestones, func(a, b entity.Entity) int { return strings.Compare(a.Class, b.Class) })
	var line view.Timeline
	for _, m := range milestones {
		due := date.Date(m.Class)
		e := view.Event{Date: q.Printer.Date(due), DateTime: string(due), Icon: "clock", Title: q.name(m.Name), Text: q.text("project.due"), Link: view.Link{Label: q.text("project.planned"), Href: entryHref(m.Book, m.Seq)}}
		if r, ok := reached[m.ID]; ok {
			e.Date, e.DateTime, e.Icon, e.Node, e.Text = q.Printer.Date(r.On), string(r.On), "check", view.DecisionNode, q.text("project.reached", q.Printer.Date(due))
			e.Link = view.Link{Label: q.text("project.record"), Href: entryHref(r.Book, r.Seq)}
		} else if due < q.read.Today {
			e.Text = q.text("project.overdue")
		}
		line = append(line, e)
	}
	section.Parts = []view.Component{line}
	return section, nil
}

// milestonesReached gives the observation of each milestone that was reached and not taken back.
func (q *request) milestonesReached(p projectLine) (map[string]figure.Contribution, error) {
	return reading.Remember(q.ctx, q.read.Results, "milestones "+p.Book+" "+p.ID, func(ctx context.Context) (map[string]figure.Contribution, error) {
		return readMilestonesReached(ctx, q.site.store.DB, p)
	})
}

func readMilestonesReached(ctx context.Context, db database.Reader, p projectLine) (map[string]figure.Contribution, error) {
	open := map[string]figure.Contribution{}
	rows, err := db.Query(ctx, `SELECT subject, seq, on_date FROM observation
WHERE book = $1 AND measure = 'milestone-reached' AND project = $2 AND sign = 1
  AND NOT EXISTS (SELECT 1 FROM reversal v WHERE v.book = observation.book AND v.seq = observation.seq)`, p.Book, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read milestones: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var subject, on string
		c := figure.Contribution{Book: p.Book}
		if err := rows.Scan(&subject, &c.Seq, &on); err != nil {
			return nil, err
		}
		c.On = date.Date(on)
		open[subject] = c
	}
	return open, rows.Err()
}

// projectSums is a project's money: the sentence, the row of figures, the table.
type projectSums struct {
	lead    view.Prose
	row     []view.Component
	section view.Component
}

// projectMoney sets budget, promised, paid and what is left beside each other, for the project with its parts.
func (q *request) projectMoney(p projectLine, parts []projectLine) (projectSums, error) {
	ids := []string{p.ID}
	sum := p
	for _, part := range parts {
		ids = append(ids, part.ID)
		sum.budget += part.budget
		sum.promised += part.promised
		sum.held += part.held
		sum.paid += part.paid
		sum.untraced += part.untraced
	}
	all := strings.Join(ids, ",")
	at := figure.At{AsOf: q.read.Today, Filter: figure.Filter{Projects: ids}}
	funds, err := q.evaluate(directFunds, at)
	if err != nil {
		return projectSums{}, err
	}
	var m projectSums
	open := func(n int64, href string) view.FigureLink {
		return view.FigureLink{Value: q.Printer.Money(n, yuan), Href: href}
	}
	postings := func(flow string) string {
		return listing.Address("/postings", "book", p.Book, "project", p.ID, "flow", flow)
	}
	paid := view.KeyFigure{Label: q.text("column.paid"), Figure: open(sum.paid, listing.Address(link("figures", directFunds), "project", all))}
	if funds != nil && funds.Of > 0 {
		paid.Grade, paid.Note = grades[funds.Grade()], q.proof(funds)
		m.lead = q.write("project.lead", q.figureLink(funds), q.Printer.Date(at.AsOf))
	} else {
		m.lead = view.Plain(q.text("project.lead.none", q.Printer.Date(at.AsOf)))
	}
	if sum.budget > 0 {
		m.row = []view.Component{view.KeyFigures{
			{Label: q.text("column.budget"), Figure: open(sum.budget, postings("budget"))},
			{Label: q.text("column.promised"), Figure: open(sum.promised, postings(ledger.Committed)), Note: q.text("project.of-budget", q.Printer.Share(sum.promised, sum.budget))},
			paid,
			{Label: q.text("column.held"), Figure: open(sum.held, listing.Address("/postings", "book", p.Book, "account", ledger.NewAccount(p.Book, ledger.Commitment, p.Book, "", p.ID, "").ID))},
		}}
	}
	section := view.Section{Head: view.SectionHead{ID: "money", Title: q.text("project.money")}}
	years, err := q.by(directFunds, "year", at)
	if err != nil && funds != nil {
		return m, err
	}
	if len(years) == 0 {
		section.Parts = []view.Component{view.Empty{Icon: "yuan", Title: q.text("project.money.empty"), Text: q.text("project.money.empty.text")}}
	} else {
		section.Parts = []view.Component{view.Breakdown{Bars: q.bars(years, func(m figure.Member) string { return m.ID })}}
		byFund, err := q.by(directFunds, "fund", at)
		if err != nil {
			return m, err
		}
		section.Parts = append(section.Parts, view.BarList{BarList: chart.BarList{Head: q.text("by.fund"), Bars: q.bars(byFund, func(m figure.Member) string { return q.fund(m.ID) })}})
	}
	m.section = section
	return m, nil
}

// projectGoods are the goods that the project bought or was given, and what became of them.
func (q *request) projectGoods(p projectLine) ([]view.Component, error) {
	commodities, err := q.projectFlows(p)
	if err != nil || len(commodities) == 0 {
		return nil, err
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("column.commodity")}, {Label: q.text("goods.in"), Kind: view.NumberColumn}, {Label: q.text("goods.out"), Kind: view.NumberColumn}, {Label: q.text("goods.left"), Kind: view.NumberColumn}}}
	for _, g := range commodities {
		href := listing.Address("/postings", "book", p.Book, "project", p.ID, "commodity", g.commodity)
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.commodity(g.commodity), Href: href}, {Text: q.Printer.Count(g.in), Href: href}, {Text: q.Printer.Count(g.out), Href: href}, {Text: q.Printer.Count(g.in - g.out), Href: href}}})
	}
	return []view.Component{view.Section{Head: view.SectionHead{ID: "goods", Title: q.text("project.goods")}, Parts: []view.Component{t}}}, nil
}

// peopleShown is how many receivers a project names.
const peopleShown = 10

// projectPeople are those who received most from the project.
func (q *request) projectPeople(p projectLine) ([]view.Component, error) {
	all, err := q.receivers(p)
	if err != nil || len(all.most) == 0 {
		return nil, err
	}
	list := all.most
	var bars []chart.Bar
	for _, r := range list {
		bars = append(bars, chart.Bar{Label: q.partyName(p.Book, r.party), Value: q.Printer.Money(r.amount, yuan), Length: chart.Length(r.amount, list[0].amount),
			Href: listing.Address("/postings", "book", p.Book, "project", p.ID, "commodity", ledger.Currency, "account", string(ledger.Recipient)+":"+r.party)})
	}
	head := view.SectionHead{ID: "people", Title: q.text("project.people", all.total)}
	if int64(len(list)) < all.total {
		head.Note = view.Plain(q.text("project.people.note", len(list)))
	}
	return []view.Component{view.Section{Head: head,
		Parts: []view.Component{view.BarList{BarList: chart.BarList{Head: q.text("project.people.head"), Bars: bars}}}}}, nil
}

// projectEntries are the latest entries that moved or counted something for the project.
func (q *request) projectEntries(p projectLine) (view.Component, error) {
	const shown = 12
	list, err := q.entriesOf(p, shown)
	if err != nil {
		return nil, err
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("column.record")}, {Label: q.text("column.kind")}, {Label: q.text("column.on"), Kind: view.WholeColumn}, {Label: q.text("column.proof")}},
		Empty: &view.Empty{Icon: "ledger", Title: q.text("project.entries.empty"), Text: q.text("project.entries.empty.text")}}
	for _, e := range list {
		title, ref, err := q.titled(e.Book, e.Seq)
		if err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: title, Href: entryHref(e.Book, e.Seq), Sub: ref}, {Text: q.kind(e.Kind)}, {Text: q.day(e.On)}, q.gradeCell(e.Grade)}})
	}
	return view.Section{Head: view.SectionHead{ID: "entries", Title: q.text("project.entries"), Note: q.write("project.entries.note", view.Link{Label: q.text("project.postings"), Href: listing.Address("/postings", "book", p.Book, "project", p.ID)})},
		Parts: []view.Component{t}}, nil
}
