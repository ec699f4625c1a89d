package industry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastmile/internal/dividend"
	"lastmile/internal/enterprise"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// investing reads the investments of a book that the visitor may see.
func (q *request) investing(ctx context.Context, book string) ([]enterprise.Standing, error) {
	return remembered(q, book, "investments", func(s *enterprise.Standing) string { return s.Area }, func(ctx context.Context, book string) ([]enterprise.Standing, error) {
		return enterprise.Standings(ctx, q.db(), book, q.today)
	})
}

// investments lists money that others bring.
func (q *request) investments() error {
	rows, err := each(q, q.investing)
	if err != nil {
		return err
	}
	var committed, contracted, paid fact.Money
	for i := range rows {
		committed, contracted, paid = committed+rows[i].Committed, contracted+rows[i].Contracted, paid+rows[i].PaidIn
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/investments", Fields: fields})
	}
	heading := q.title("industry.investments.title", q.write("industry.investments.lead", len(rows), q.money(committed), q.money(contracted), q.money(paid)))
	heading.Buttons = q.button("investment", view.Primary)
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: "investments", Title: q.Text("industry.investments.n", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.investmentViews("/investments")},
		Parts: append(parts, q.investmentListing(rows).Table(q.Printer, q.URL)),
	})
}

func (q *request) investmentViews(current string) []view.Link {
	return []view.Link{{Label: q.Text("industry.investments"), Href: "/investments", Current: current == "/investments"}, {Label: q.Text("industry.jobs"), Href: "/jobs", Current: current == "/jobs"}}
}

func (q *request) investmentsCSV() error {
	rows, err := each(q, q.investing)
	if err != nil {
		return err
	}
	return q.investmentListing(rows).CSV(q.w, q.URL, "investments")
}

func (q *request) investmentListing(rows []enterprise.Standing) listing.Listing[enterprise.Standing] {
	type row = enterprise.Standing
	page := func(s *row) string { return link("investments", s.Book, s.ID) }
	money := func(key string, n func(*row) fact.Money, anchor string) listing.Column[row] {
		return listing.Column[row]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(n(&a), n(&b)) },
			Cell: func(s row) view.Cell { return q.sum(n(&s), page(&s)+anchor) }, Plain: func(s row) string { return decimal(n(&s)) }}
	}
	return listing.Listing[row]{
		Rows:  rows,
		Empty: view.Empty{Icon: "trend", Title: q.Text("industry.investments.empty"), Text: q.Text("industry.investments.empty.text")},
		Columns: []listing.Column[row]{
			{Key: "investment", Label: q.Text("industry.col.investment"), Compare: func(a, b row) int { return strings.Compare(a.ID, b.ID) },
				Cell:  func(s row) view.Cell { return view.Cell{Text: q.Name(s.Name), Href: page(&s), Sub: s.ID} },
				Plain: func(s row) string { return s.ID }},
			{Key: "investor", Label: q.Text("industry.col.investor"), Compare: func(a, b row) int { return strings.Compare(a.Fact.Investor, b.Fact.Investor) },
				Cell: func(s row) view.Cell {
					return view.Cell{Text: q.called(s.Book, "party", s.Fact.Investor), Href: q.partyHref(s.Book, s.Fact.Investor)}
				},
				Plain: func(s row) string { return s.Fact.Investor }},
			money("committed", func(s *row) fact.Money { return s.Committed }, "#stages"),
			money("contracted", func(s *row) fact.Money { return s.Contracted }, "#stages"),
			money("paid-in", func(s *row) fact.Money { return s.PaidIn }, "#stages"),
			money("expected", func(s *row) fact.Money { return s.SalesExpected }, "#forecasts"),
			money("reported", func(s *row) fact.Money { return s.SalesReported }, "#forecasts"),
			money("staked", func(s *row) fact.Money { return s.Staked }, "#stakes"),
			{Key: "jobs-expected", Plain: func(s row) string { return itoa(s.JobsExpected) }},
			{Key: "project", Plain: func(s row) string { return s.Fact.Project }},
			{Key: "county", Plain: func(s row) string { return s.Book }},
			{Key: "name", Plain: func(s row) string { return s.Name }},
			{Key: "role", Plain: func(s row) string { return s.Fact.Role }},
		},
	}
}

// partyHref is the page of a party, in the book that knows it.
func (q *request) partyHref(book, id string) string {
	e, err := q.thing(book, "party", id)
	if err != nil || e.ID == "" {
		return ""
	}
	return link("parties", e.Book, id)
}

// told is an entry in the file of an investment with its fact.
type told[T any] struct {
	journal.Filed
	fact T
}

// of picks the entries of one kind.
func of[T fact.Fact](list []journal.Filed) ([]told[T], error) {
	var out []told[T]
	for _, e := range list {
		f, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, err
		}
		if t, ok := f.(T); ok {
			out = append(out, told[T]{e, t})
		}
	}
	slices.SortStableFunc(out, func(a, b told[T]) int { return cmp.Compare(a.On, b.On) })
	return out, nil
}

// investment is one investment: its stages, what is expected of it beside what was reported, who has a stake.
func (q *request) investment() error {
	ctx, book, id := q.Context(), q.PathValue("book"), q.PathValue("id")
	list, err := q.investing(ctx, book)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(s enterprise.Standing) bool { return s.ID == id })
	if i < 0 {
		return missing("investment", book, id)
	}
	s := list[i]
	file, err := journal.File(ctx, q.db(), book, "investment", id)
	if err != nil {
		return err
	}
	stages, err := of[*enterprise.InvestmentStage](file)
	if err != nil {
		return err
	}
	production, err := q.production(book, file)
	if err != nil {
		return err
	}
	stakes, err := of[*enterprise.Stake](file)
	if err != nil {
		return err
	}
	plans, err := of[*dividend.Plan](file)
	if err != nil {
		return err
	}
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.investments"), Href: "/investments"}, {Label: q.area(s.Area), Href: link("areas", s.Area)}, {Label: id}},
		Title:  q.Name(s.Name), Lead: q.write("industry.investment.lead", q.called(book, "party", s.Fact.Investor), q.money(s.Committed), q.money(s.Contracted), q.money(s.PaidIn)),
		Buttons: slices.Concat(q.button("investment-stage", view.Primary, "investment", id), q.button("sales-report", view.Ghost, "investment", id), q.button("forecast", view.Ghost, "investment", id),
			q.button("capacity", view.Ghost, "investment", id), q.button("village-stake", view.Ghost, "investment", id)),
	}
	figures := view.KeyFigures{
		{Label: q.Text("industry.col.committed"), Figure: view.FigureLink{Value: q.money(s.Committed), Href: "#stages"}},
		{Label: q.Text("industry.col.contracted"), Figure: view.FigureLink{Value: q.money(s.Contracted), Href: "#stages"}, Note: q.Text("industry.of-committed", q.Share(int64(s.Contracted), int64(s.Committed)))},
		{Label: q.Text("industry.col.paid-in"), Figure: view.FigureLink{Value: q.money(s.PaidIn), Href: "#stages"}, Note: q.Text("industry.of-contracted", q.Share(int64(s.PaidIn), int64(s.Contracted)))},
	}
	facts := view.Facts{
		{Name: q.Text("industry.col.investor"), Value: linked(q.called(book, "party", s.Fact.Investor), q.partyHref(book, s.Fact.Investor))},
		{Name: q.Text("industry.role"), Value: view.Plain(q.Name(s.Fact.Role))},
		{Name: q.Text("industry.project"), Value: linked(q.project(book, s.Fact.Project), link("projects", book, s.Fact.Project))},
		{Name: q.Text("industry.defined"), Value: q.entryLink(book, s.Seq)},
	}
	for _, p := range plans {
		facts = append(facts, view.Fact{Name: q.Text("industry.plan"), Value: linked(q.Name(p.fact.Name), "/dividends?plan="+p.fact.ID)})
	}
	return q.show(heading, figures, view.Columns{
		Main: append([]view.Component{view.Section{Head: view.SectionHead{ID: "stages", Title: q.Text("industry.stages"), Note: q.write("industry.stages.note")}, Parts: []view.Component{q.stages(book, stages)}}}, production...),
		Side: []view.Component{
			view.Section{Head: view.SectionHead{ID: "about", Title: q.Text("industry.about")}, Parts: []view.Component{facts}},
			view.Section{Head: view.SectionHead{ID: "stakes", Title: q.stakesTitle(len(stakes))}, Parts: []view.Component{q.stakes(book, stakes, s.Staked)}},
		}})
}

func (q *request) stages(book string, list []told[*enterprise.InvestmentStage]) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.Text("industry.col.day"), Kind: view.WholeColumn}, {Label: q.Text("industry.col.stage")}, {Label: q.Text("industry.col.whose")}, {Label: q.Text("industry.col.amount"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "trend", Title: q.Text("industry.stages.empty"), Text: q.Text("industry.stages.empty.text")}}
	for _, e := range list {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{
			{Text: q.Date(e.On), Href: entryHref(book, e.Seq)}, {Text: q.choice("investment-stage", "stage", e.fact.Stage)},
			{Text: q.called(book, "party", e.fact.FundSource), Sub: e.fact.Document, Grade: grade(e.Entry.Grade)}, {Text: q.money(e.fact.Amount)}}})
	}
	return t
}

// production is capacity, and forecasts beside what was reported. A forecast never becomes a number of what happened.
func (q *request) production(book string, file []journal.Filed) ([]view.Component, error) {
	capacities, err := of[*enterprise.Capacity](file)
	if err != nil {
		return nil, err
	}
	forecasts, err := of[*enterprise.Forecast](file)
	if err != nil {
		return nil, err
	}
	sales, err := of[*enterprise.SalesReport](file)
	if err != nil {
		return nil, err
	}
	capacity := view.Table{Columns: []view.Column{{Label: q.Text("industry.col.day"), Kind: view.WholeColumn}, {Label: q.Text("industry.col.product")}, {Label: q.Text("industry.col.capacity")}, {Label: q.Text("industry.col.year"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "trend", Title: q.Text("industry.capacity.empty"), Text: q.Text("industry.capacity.empty.text")}}
	for _, e := range capacities {
		capacity.Rows = append(capacity.Rows, view.Row{Cells: []view.Cell{{Text: q.Date(e.On), Href: entryHref(book, e.Seq)}, {Text: q.called(book, "commodity", e.fact.Product), Sub: e.fact.Basis},
			{Text: q.choice("capacity", "stage", e.fact.Stage)}, {Text: q.Text("industry.amount", e.fact.Quantity, q.unit(book, e.fact.Product))}}})
	}
	expected := view.Table{Caption: q.Text("industry.expected"), Columns: []view.Column{{Label: q.Text("industry.col.day"), Kind: view.WholeColumn}, {Label: q.Text("industry.col.of")}, {Label: q.Text("industry.col.author")}, {Label: q.Text("industry.col.expected"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "trend", Title: q.Text("industry.forecast.empty"), Text: q.Text("industry.forecast.empty.text")}}
	for _, e := range forecasts {
		value := q.money(e.fact.Amount)
		if e.fact.Of == "jobs" {
			value = q.Text("industry.jobs.n", e.fact.Number)
		}
		expected.Rows = append(expected.Rows, view.Row{Cells: []view.Cell{{Text: q.Date(e.On), Href: entryHref(book, e.Seq)}, {Text: q.choice("forecast", "of", e.fact.Of), Sub: e.fact.Period},
			{Text: q.called(book, "party", e.fact.Author), Sub: e.fact.Basis}, {Text: value}}})
	}
	actual := view.Table{Caption: q.Text("industry.actual"), Columns: []view.Column{{Label: q.Text("industry.col.day"), Kind: view.WholeColumn}, {Label: q.Text("industry.col.period")}, {Label: q.Text("industry.col.reporter")}, {Label: q.Text("industry.col.reported"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "trend", Title: q.Text("industry.sales.empty"), Text: q.Text("industry.sales.empty.text")}}
	for _, e := range sales {
		actual.Rows = append(actual.Rows, view.Row{Cells: []view.Cell{{Text: q.Date(e.On), Href: entryHref(book, e.Seq)}, {Text: q.Text("industry.from-until", q.Date(e.fact.From), q.Date(e.fact.Until))},
			{Text: q.called(book, "party", e.fact.Reporter), Sub: q.Text("industry.sales.as"), Grade: grade(e.Entry.Grade)}, {Text: q.money(e.fact.Amount)}}})
	}
	return []view.Component{
		view.Section{Head: view.SectionHead{ID: "capacity", Title: q.Text("industry.capacity")}, Parts: []view.Component{capacity}},
		view.Section{Head: view.SectionHead{ID: "forecasts", Title: q.Text("industry.forecasts"), Note: q.write("industry.forecasts.note")}, Parts: []view.Component{expected, actual}},
	}, nil
}

// stakesShown bounds the list of stakes on an investment's page.
const stakesShown = 20

// stakesTitle counts the stakes of villages, where there are any.
func (q *request) stakesTitle(n int) string {
	if n == 0 {
		return q.Text("industry.stakes.none")
	}
	return q.Text("industry.stakes", n)
}

func (q *request) stakes(book string, list []told[*enterprise.Stake], total fact.Money) view.Component {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.Text("industry.col.village")}, {Label: q.Text("industry.col.staked"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "map", Title: q.Text("industry.stakes.empty"), Text: q.Text("industry.stakes.empty.text")}}
	slices.SortStableFunc(list, func(a, b told[*enterprise.Stake]) int { return cmp.Compare(b.fact.Amount, a.fact.Amount) })
	for _, e := range list[:min(len(list), stakesShown)] {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.called(book, "party", e.fact.Village), Href: entryHref(book, e.Seq), Grade: grade(e.Entry.Grade)}, {Text: q.money(e.fact.Amount)}}})
	}
	if more := len(list) - stakesShown; more > 0 {
		var rest fact.Money
		for _, e := range list[stakesShown:] {
			rest += e.fact.Amount
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.Text("industry.more", more)}, {Text: q.money(rest)}}})
	}
	if len(t.Rows) > 0 {
		t.Total = []view.Cell{{Text: q.Text("industry.total")}, {Text: q.money(total)}}
	}
	return t
}

func (q *request) offers(ctx context.Context, book string) ([]enterprise.Offer, error) {
	return remembered(q, book, "offers", func(o *enterprise.Offer) string { return o.Area }, q.readOffers)
}

func (q *request) readOffers(ctx context.Context, book string) ([]enterprise.Offer, error) {
	list, err := enterprise.Offers(ctx, q.db(), book)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// jobs sets posts that companies offer beside those that were filled.
func (q *request) jobs() error {
	rows, err := each(q, q.offers)
	if err != nil {
		return err
	}
	var offered, filled, placed, registered int64
	companies := map[string]bool{}
	for i := range rows {
		o := &rows[i]
		offered, filled, placed, registered = offered+o.Fact.Posts, filled+o.Filled, placed+o.Placed, registered+o.Registered
		companies[o.Fact.Employer] = true
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/jobs", Fields: fields})
	}
	heading := q.title("industry.jobs.title", q.write("industry.jobs.lead", len(companies), offered, filled, placed, registered, q.Share(registered, placed)))
	heading.Buttons = slices.Concat(q.button("job-offer", view.Primary), q.button("placement", view.Ghost))
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: "jobs", Title: q.Text("industry.offers.n", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.investmentViews("/jobs")},
		Parts: append(parts, q.jobListing(rows).Table(q.Printer, q.URL)),
	})
}

func (q *request) jobsCSV() error {
	rows, err := each(q, q.offers)
	if err != nil {
		return err
	}
	return q.jobListing(rows).CSV(q.w, q.URL, "jobs")
}

func (q *request) jobListing(rows []enterprise.Offer) listing.Listing[enterprise.Offer] {
	type row = enterprise.Offer
	number := func(key string, n func(*row) int64) listing.Column[row] {
		return listing.Column[row]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(n(&a), n(&b)) },
			Cell: func(o row) view.Cell { return view.Cell{Text: q.Count(n(&o))} }, Plain: func(o row) string { return itoa(n(&o)) }}
	}
	return listing.Listing[row]{
		Rows:  rows,
		Empty: view.Empty{Icon: "people", Title: q.Text("industry.jobs.empty"), Text: q.Text("industry.jobs.empty.text")},
		Columns: []listing.Column[row]{
			{Key: "company", Label: q.Text("industry.col.company"), Compare: func(a, b row) int { return strings.Compare(a.Fact.Employer, b.Fact.Employer) },
				Cell: func(o row) view.Cell {
					return view.Cell{Text: q.called(o.Book, "party", o.Fact.Employer), Href: q.partyHref(o.Book, o.Fact.Employer)}
				},
				Plain: func(o row) string { return o.Fact.Employer }},
			{Key: "work", Label: q.Text("industry.col.work"), Compare: func(a, b row) int { return strings.Compare(a.Fact.Title, b.Fact.Title) },
				Cell: func(o row) view.Cell {
					return view.Cell{Text: q.Name(o.Fact.Title), Href: entryHref(o.Book, o.Seq), Sub: o.ID}
				},
				Plain: func(o row) string { return o.ID }},
			{Key: "area", Label: q.Text("industry.col.area"), Compare: func(a, b row) int { return strings.Compare(a.Area, b.Area) },
				Cell:  func(o row) view.Cell { return view.Cell{Text: q.area(o.Area), Href: link("areas", o.Area)} },
				Plain: func(o row) string { return o.Area }},
			{Key: "wage", Label: q.Text("industry.col.wage"), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(a.Fact.Wage, b.Fact.Wage) },
				Cell: func(o row) view.Cell {
					if o.Fact.Wage == 0 {
						return view.Cell{Text: q.NotRecorded()}
					}
					return view.Cell{Text: q.exact(o.Fact.Wage)}
				},
				Plain: func(o row) string { return decimal(o.Fact.Wage) }},
			number("offered", func(o *row) int64 { return o.Fact.Posts }),
			number("filled", func(o *row) int64 { return o.Filled }),
			number("placed", func(o *row) int64 { return o.Placed }),
			number("registered", func(o *row) int64 { return o.Registered }),
		},
	}
}
