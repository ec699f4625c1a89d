package industry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// flock is a village's herd as it stands today: what the village keeps and what it has lent.
type flock = livestock.Flock

func herdAccount(f *flock) string {
	return link("accounts", f.Book, ledger.NewAccount(f.Book, ledger.Herd, f.Fact.Owner, "", f.ID, "").ID)
}

func (q *request) flocks(ctx context.Context, book string) ([]flock, error) {
	return remembered(q, book, "flocks", func(f *flock) string { return f.Area }, func(ctx context.Context, book string) ([]flock, error) {
		return livestock.Flocks(ctx, q.db(), book, q.today)
	})
}

// herds lists the herds of villages.
func (q *request) herds() error {
	if err := q.know(entity.Headquarters, "area"); err != nil {
		return err
	}
	rows, err := each(q, q.flocks)
	if err != nil {
		return err
	}
	var kept, lent, contracts, born int64
	for i := range rows {
		kept, lent, contracts, born = kept+rows[i].Kept, lent+rows[i].Lent, contracts+rows[i].Running, born+rows[i].Born
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/herds", Fields: fields})
	}
	heading := q.title("industry.herds.title", q.write("industry.herds.lead", len(rows), kept+lent, lent, contracts, born))
	heading.Buttons = q.button("herd", view.Primary)
	flows := view.Text{Prose: q.write("industry.flow", q.flowLinks(rows))}
	l := q.herdListing(rows)
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: "herds", Title: q.Text("industry.herds.n", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.herdViews("/herds")},
		Parts: append(parts, l.Table(q.Printer, q.URL), flows),
	})
}

// flowLinks leads to the flow picture of the animals.
func (q *request) flowLinks(rows []flock) view.Link {
	if len(rows) == 0 {
		return view.Link{Label: q.Text("industry.flow.of", ""), Href: "/flow"}
	}
	animals := rows[0].Fact.Animals
	return view.Link{Label: q.Text("industry.flow.of", q.called(rows[0].Book, "commodity", animals)), Href: listing.Address("/", "flow", animals) + "#flow"}
}

func (q *request) herdsCSV() error {
	rows, err := each(q, q.flocks)
	if err != nil {
		return err
	}
	return q.herdListing(rows).CSV(q.w, q.URL, "herds")
}

func (q *request) herdListing(rows []flock) listing.Listing[flock] {
	number := func(key string, n func(*flock) int64, href func(*flock) string) listing.Column[flock] {
		return listing.Column[flock]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b flock) int { return cmp.Compare(n(&a), n(&b)) },
			Cell: func(f flock) view.Cell { return q.count(n(&f), href(&f)) }, Plain: func(f flock) string { return itoa(n(&f)) }}
	}
	page := func(f *flock) string { return link("herds", f.Book, f.ID) }
	lent := func(f *flock) string {
		return listing.Address("/contracts", "village", f.Area)
	}
	return listing.Listing[flock]{
		Rows:  rows,
		Empty: view.Empty{Icon: "sheep", Title: q.Text("industry.herds.empty"), Text: q.Text("industry.herds.empty.text")},
		Columns: []listing.Column[flock]{
			{Key: "herd", Label: q.Text("industry.col.herd"), Compare: func(a, b flock) int { return strings.Compare(a.ID, b.ID) },
				Cell:  func(f flock) view.Cell { return view.Cell{Text: q.Name(f.Name), Href: page(&f), Sub: f.ID} },
				Plain: func(f flock) string { return f.ID }},
			{Key: "village", Label: q.Text("industry.col.village"), Compare: func(a, b flock) int { return strings.Compare(a.Area, b.Area) },
				Cell:  func(f flock) view.Cell { return view.Cell{Text: q.area(f.Area), Href: link("areas", f.Area)} },
				Plain: func(f flock) string { return f.Area }},
			number("kept", func(f *flock) int64 { return f.Kept }, herdAccount),
			number("lent", func(f *flock) int64 { return f.Lent }, lent),
			number("contracts", func(f *flock) int64 { return f.Running }, lent),
			number("young", func(f *flock) int64 { return f.Young }, page),
			number("died", func(f *flock) int64 { return f.Died }, page),
			number("missing", func(f *flock) int64 { return f.Missing }, page),
			{Key: "name", Plain: func(f flock) string { return f.Name }},
			{Key: "fund", Plain: func(f flock) string { return f.Fact.Fund }},
			{Key: "born", Plain: func(f flock) string { return itoa(f.Born) }},
		},
	}
}

// Flows of heads that cross the bounds of a herd, in the order of the page. All others move heads inside it.
var (
	cameIn  = []string{"delivery", "birth", "replacement", "stock-take-found"}
	wentOut = []string{"death", "sale", "stock-take-missing", "grown"}
)

// herd is one herd: heads in are heads out and heads present, at the end of any day.
func (q *request) herd() error {
	ctx, book, id := q.Context(), q.PathValue("book"), q.PathValue("id")
	h, ok, err := fact.ThingOf[livestock.Herd](ctx, q.db(), book, "herd", id)
	if err != nil {
		return err
	}
	if !ok {
		return missing("herd", book, id)
	}
	if err := q.hidden(h.Area); err != nil {
		return err
	}
	on, past := q.today, false
	if d, err := date.Parse(q.FormValue("on")); err == nil {
		on, past = d, d < q.today
	}
	state, err := livestock.StateOf(ctx, q.db(), book, id, on)
	if err != nil {
		return err
	}
	history, err := reading.Remember(ctx, q.read.Book(book), "history of herd "+id, func(ctx context.Context) ([]livestock.Happening, error) {
		return livestock.ReadHerd(ctx, q.db(), book, h.Fact)
	})
	if err != nil {
		return err
	}
	contracts, err := q.standings(ctx, book)
	if err != nil {
		return err
	}
	contracts = slices.DeleteFunc(contracts, func(s standing) bool { return s.Contract.Herd != id })
	f := flock{Thing: h}
	animals, young := q.called(book, "commodity", h.Fact.Animals), q.called(book, "commodity", h.Fact.Young)
	all := slices.Clone(state.Kept)
	var kept, lent, babies int64
	for _, list := range state.Lent {
		all = append(all, list...)
	}
	for _, x := range all {
		switch {
		case x.Commodity != h.Fact.Animals:
			babies += x.Present
		case x.Class == ledger.Herd:
			kept += x.Present
		default:
			lent += x.Present
		}
	}
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.herds"), Href: "/herds"}, {Label: q.area(h.Area), Href: link("areas", h.Area)}, {Label: id}},
		Title:  q.Name(h.Name), Lead: q.write("industry.herd.lead", kept+lent, animals, q.Date(on), lent, len(contracts)),
	}
	if !past {
		heading.Buttons = q.button("breeding-contract", view.Primary, "herd", id)
		heading.Buttons = append(heading.Buttons, q.button("animal-stock-take", view.Ghost, "herd", id, "of", "animals")...)
		heading.Buttons = append(heading.Buttons, q.button("herd-intake", view.Ghost, "herd", id)...)
	}
	figures := view.KeyFigures{
		{Label: q.Text("industry.col.kept"), Figure: view.FigureLink{Value: q.Count(kept), Href: herdAccount(&f)}, Note: animals},
		{Label: q.Text("industry.col.lent"), Figure: view.FigureLink{Value: q.Count(lent), Href: listing.Address("/contracts", "village", h.Area)}, Note: animals},
		{Label: q.Text("industry.col.young"), Figure: view.FigureLink{Value: q.Count(babies), Href: "#reconcile"}, Note: cmp.Or(young, q.NotRecorded())},
	}
	when := view.Filters{Action: link("herds", book, id), Fields: []view.Field{{Kind: view.DateField, Name: "on", Label: q.Text("industry.on"), Value: string(on)}}}
	var takes []livestock.Happening
	for _, x := range history {
		if x.Kind == "animal-stock-take" && x.On <= on {
			takes = append(takes, x)
		}
	}
	return q.show(heading, figures, view.Columns{Record: true,
		Main: []view.Component{
			view.Section{Head: view.SectionHead{ID: "reconcile", Title: q.Text("industry.reconcile"), Note: q.write("industry.reconcile.note")}, Parts: []view.Component{when, q.reconciled(h.Fact, all)}},
			view.Section{Head: view.SectionHead{ID: "history", Title: q.Text("industry.history.own")}, Parts: []view.Component{q.timeline(book, latest(history, on), h.Fact)}},
		},
		Side: []view.Component{
			view.Section{Head: view.SectionHead{ID: "herd", Title: q.Text("industry.herd")}, Parts: []view.Component{view.Facts{
				{Name: q.Text("industry.owner"), Value: linked(q.called(book, "party", h.Fact.Owner), link("parties", book, h.Fact.Owner))},
				{Name: q.Text("industry.fund"), Value: view.Plain(q.called(book, "fund", h.Fact.Fund))},
				{Name: q.Text("industry.project"), Value: linked(q.project(book, h.Fact.Project), link("projects", book, h.Fact.Project))},
				{Name: q.Text("industry.tagged"), Value: view.Plain(q.Text(map[bool]string{true: "answer.yes", false: "answer.no"}[h.Fact.Tagged]))},
				{Name: q.Text("industry.defined"), Value: q.entryLink(book, h.Seq)},
			}}},
			view.Section{Head: view.SectionHead{ID: "stock-takes", Title: q.Text("industry.stock-takes", len(takes))}, Parts: []view.Component{q.stockTakes(book, takes)}},
		}},
		view.Section{Head: view.SectionHead{ID: "contracts", Title: q.Text("industry.contracts.n", len(contracts)), Note: q.download(listing.Address("/contracts.csv", "village", h.Area))}, Parts: []view.Component{q.contractListing(contracts).Table(q.Printer, q.URL)}})
}

// ownShown is how many of the latest events a herd's page shows: its contracts have theirs.
const ownShown = 20

func latest(history []livestock.Happening, on date.Date) []livestock.Happening {
	var list []livestock.Happening
	for _, h := range history {
		if h.On <= on && h.Kind != "animal-stock-take" {
			list = append(list, h)
		}
	}
	return list[max(0, len(list)-ownShown):]
}

// reconciled sets what came into a herd beside what left it and what is there. The last line is made of the first two, and of the accounts: they must agree.
func (q *request) reconciled(h *livestock.Herd, all []livestock.Holding) view.Component {
	type pair struct{ animals, young int64 }
	sum := func(side func(*livestock.Holding) map[string]int64, flow string) (p pair) {
		for i := range all {
			if n := side(&all[i])[flow]; all[i].Commodity == h.Animals {
				p.animals += n
			} else {
				p.young += n
			}
		}
		return p
	}
	in := func(x *livestock.Holding) map[string]int64 { return x.In }
	out := func(x *livestock.Holding) map[string]int64 { return x.Out }
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.Text("industry.col.what")}, {Label: q.called(q.PathValue("book"), "commodity", h.Animals), Kind: view.NumberColumn}, {Label: cmp.Or(q.called(q.PathValue("book"), "commodity", h.Young), q.Text("industry.col.young")), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "sheep", Title: q.Text("industry.reconcile.empty"), Text: q.Text("industry.reconcile.empty.text")}}
	var present, counted pair
	for i := range all {
		if all[i].Commodity == h.Animals {
			counted.animals += all[i].Present
		} else {
			counted.young += all[i].Present
		}
	}
	row := func(flow, sign string, p pair) {
		signed := func(n int64) string {
			if n == 0 {
				return q.Count(0)
			}
			return sign + q.Count(n)
		}
		if p != (pair{}) {
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.Text("industry.flow." + flow)}, {Text: signed(p.animals)}, {Text: signed(p.young)}}})
		}
	}
	for _, flow := range cameIn {
		p := sum(in, flow)
		present.animals, present.young = present.animals+p.animals, present.young+p.young
		row(flow, "+", p)
	}
	for _, flow := range wentOut {
		p := sum(out, flow)
		present.animals, present.young = present.animals-p.animals, present.young-p.young
		row(flow, "−", p)
	}
	if len(t.Rows) == 0 {
		return t
	}
	t.Total = []view.Cell{{Text: q.Text("industry.present")}, {Text: q.Count(present.animals)}, {Text: q.Count(present.young)}}
	if present != counted {
		t.Total[0].Error = q.Text("industry.reconcile.differs", counted.animals, counted.young)
	}
	return t
}

// stockTakes lists counts with their differences, the latest first.
func (q *request) stockTakes(book string, takes []livestock.Happening) view.Component {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.Text("industry.col.day")}, {Label: q.Text("industry.col.where")}, {Label: q.Text("industry.col.counted"), Kind: view.NumberColumn}, {Label: q.Text("industry.col.difference"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "filter", Title: q.Text("industry.stock-takes.empty"), Text: q.Text("industry.stock-takes.empty.text")}}
	for _, x := range slices.Backward(takes) {
		if len(t.Rows) == ownShown {
			break
		}
		s := x.Fact.(*livestock.StockTake)
		where := view.Cell{Text: q.Text("industry.with-village")}
		if s.Contract != "" {
			where = view.Cell{Text: s.Contract, Href: link("contracts", book, s.Contract)}
		}
		difference := view.Cell{Text: q.Count(x.Found), Sub: s.Reason}
		if x.Found > 0 {
			difference.Text = "+" + difference.Text
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.Date(x.On), Href: entryHref(book, x.Seq)}, where, {Text: q.Count(s.Heads)}, difference}})
	}
	return t
}
