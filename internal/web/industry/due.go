package industry

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/due"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/livestock"
	"lastmile/internal/notice"
	"lastmile/internal/web/form"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// dues reads what is due in a book, as far as the visitor may see.
func (q *request) dues(ctx context.Context, book string) ([]due.Item, error) {
	return remembered(q, book, "due", func(i *due.Item) string { return i.Area }, func(ctx context.Context, book string) ([]due.Item, error) {
		return due.Items(ctx, q.db(), book, q.today)
	})
}

func (q *request) dueRows() (rows, all []due.Item, err error) {
	if all, err = each(q, q.dues); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(all, due.Compare)
	asked := q.FormValue("reason")
	rows = slices.DeleteFunc(slices.Clone(all), func(i due.Item) bool { return asked != "" && asked != i.Reason })
	return rows, all, nil
}

// due lists what is due, what is worst first.
func (q *request) due() error {
	if err := q.know(entity.Headquarters, "area"); err != nil {
		return err
	}
	rows, all, err := q.dueRows()
	if err != nil {
		return err
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var pairs [][2]string
	for _, r := range due.Reasons {
		pairs = append(pairs, [2]string{r, q.Text("industry.due." + r)})
	}
	fields = append(fields, q.options("reason", pairs...))
	heading := q.title("industry.due.title", q.write("industry.due.lead", len(all)))
	heading.Tasks = q.tasks(all, func(reason string) string { return listing.With(q.URL, "reason", reason) })
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "due", Title: q.shown("industry.due.n", len(rows), len(all)), Note: q.download(listing.CSVHref(q.URL))},
		Parts: []view.Component{view.Filters{Action: "/due", Fields: fields}, q.dueListing(rows).Table(q.Printer, q.URL)}})
}

func (q *request) dueCSV() error {
	rows, _, err := q.dueRows()
	if err != nil {
		return err
	}
	return q.dueListing(rows).CSV(q.w, q.URL, "due")
}

var tones = map[string]view.Tone{"missing": view.BadTone, "deaths": view.BadTone, "inspection": view.BadTone, "expired": view.WarnTone, "approve": view.WarnTone, "underway": view.WarnTone, "repair": view.WarnTone}

// tasks says how many items there are for each reason; href leads to those of one.
func (q *request) tasks(list []due.Item, href func(reason string) string) []view.Task {
	var tasks []view.Task
	for _, c := range due.Tally(list) {
		tasks = append(tasks, view.Task{Count: q.Count(int64(c.N)), Text: q.Text("industry.due."+c.Reason+".task", c.N), Href: href(c.Reason), Tone: tones[c.Reason]})
	}
	return tasks
}

// Tasks are what is due in a visitor's areas, for the head of their work list.
func (p *Pages) Tasks(r *http.Request, words wording.Words) ([]view.Task, error) {
	q, err := p.request(r, words)
	if err != nil {
		return nil, err
	}
	_, all, err := q.dueRows()
	return q.tasks(all, func(reason string) string { return listing.Address("/due", "reason", reason) }), err
}

func (q *request) dueListing(rows []due.Item) listing.Listing[due.Item] {
	type row = due.Item
	l := listing.Listing[row]{
		Rows: rows, Empty: view.Empty{Icon: "check", Title: q.Text("industry.due.empty"), Text: q.Text("industry.due.empty.text")},
		Columns: []listing.Column[row]{
			{Key: "what", Label: q.Text("industry.col.due"), Compare: func(a, b row) int { return strings.Compare(a.ID, b.ID) },
				Cell: func(i row) view.Cell {
					return view.Cell{Text: dueCode(&i), Href: duePage(&i), Sub: q.dueName(&i)}
				}, Plain: func(i row) string { return dueCode(&i) }},
			{Key: "reason", Label: q.Text("industry.col.reason"), Kind: view.StateColumn, Compare: func(a, b row) int {
				return cmp.Compare(slices.Index(due.Reasons, a.Reason), slices.Index(due.Reasons, b.Reason))
			},
				Cell: func(i row) view.Cell {
					kind := view.Needs
					if tones[i.Reason] == view.BadTone {
						kind = view.Failed
					}
					return view.Cell{State: &view.State{Kind: kind, Word: q.Text("industry.due." + i.Reason)}}
				}, Plain: func(i row) string { return i.Reason }},
			{Key: "area", Label: q.Text("industry.col.area"), Compare: func(a, b row) int { return strings.Compare(a.Area, b.Area) },
				Cell: func(i row) view.Cell { return view.Cell{Text: q.area(i.Area)} }, Plain: func(i row) string { return i.Area }},
			{Key: "day", Label: q.Text("industry.col.due-by"), Compare: func(a, b row) int { return cmp.Compare(a.By, b.By) },
				Cell: func(i row) view.Cell { return view.Cell{Text: q.day(i.By)} }, Plain: func(i row) string { return string(i.By) }},
			{Key: "number", Label: q.Text("industry.col.number"), Kind: view.NumberColumn, Compare: func(a, b row) int { return cmp.Compare(a.Number, b.Number) },
				Cell: func(i row) view.Cell {
					if i.Number == 0 {
						return view.Cell{Text: q.day("")}
					}
					return view.Cell{Text: q.dueNumber(&i)}
				}, Plain: func(i row) string { return itoa(i.Number) }},
		},
	}
	may := func(i row) bool {
		k := fact.Find(i.Kind)
		return k != nil && q.visit.MayRecord(k)
	}
	if slices.ContainsFunc(rows, may) {
		l.Columns = append(l.Columns, listing.Column[row]{Key: "do", Label: q.Text("industry.col.do"), Cell: func(i row) view.Cell {
			if !may(i) {
				return view.Cell{Text: locale.NotApplicable}
			}
			return view.Cell{Text: q.Kind(fact.Find(i.Kind)), Href: q.settling(&i)}
		}})
	}
	return l
}

// dueNumber is an item's number with what it counts.
func (q *request) dueNumber(i *due.Item) string {
	switch i.Reason {
	case "underway", "receipt", "expiry":
		return q.Text("industry.amount", i.Number, q.unit(i.Book, i.Commodity))
	case "objection":
		return q.Text("industry.due.objections", i.Number)
	case "pay":
		return q.Text("industry.villages", i.Number)
	case "hand":
		return q.Text("industry.households.n", i.Number)
	}
	return q.Text("industry.amount", i.Number, q.Unit("head"))
}

// dueCode is what an item is about: its code, or the place of its entry.
func dueCode(i *due.Item) string {
	if i.Type == "entry" {
		return i.Book + ":" + i.ID
	}
	return i.ID
}

// duePage is where what an item is about can be seen.
func duePage(i *due.Item) string {
	switch i.Type {
	case "entry":
		return link("entries", i.Book, i.ID)
	case "herd":
		return link("herds", i.Book, i.ID)
	case "breeding-contract":
		return link("contracts", i.Book, i.ID)
	case notice.DividendType:
		return link("dividends", i.Book, i.ID)
	case notice.SharingType:
		return link("sharings", i.Book, i.ID)
	case "dispatch":
		return link("goods", "dispatches", i.Book, i.ID)
	case "asset":
		return link("goods", "assets", i.Book, i.ID)
	case "batch":
		return listing.Address("/goods", "commodity", i.Commodity)
	}
	return ""
}

// dueName tells what its code does not: the animals or goods, the household of a contract, the village of a sharing, the name of an asset.
func (q *request) dueName(i *due.Item) string {
	if i.Commodity != "" {
		return q.called(i.Book, "commodity", i.Commodity)
	}
	e, err := q.thing(i.Book, i.Type, i.ID)
	if err != nil {
		return ""
	}
	switch i.Type {
	case "breeding-contract":
		return e.Class
	case notice.SharingType:
		return q.called(i.Book, "party", e.Parent)
	}
	return q.Name(e.Name)
}

// settling leads to the form of the fact that settles an item, filled in; to the page of what it is about where the form needs more than the item
// knows, such as the list of a notice or the receivers of a dispatch: the buttons there fill that in.
func (q *request) settling(i *due.Item) string {
	var fields []string
	switch i.Kind {
	case "animal-return", "animal-inspection":
		fields = []string{"contract", i.ID}
	case "animal-stock-take":
		fields = q.stockTake(i)
	case "dividend-approval", "dividend-payment":
		fields = []string{"declaration", i.ID}
	case "dividend-sharing-approval", "dividend-share":
		fields = []string{"sharing", i.ID}
	case "proof":
		fields = []string{"book", i.Book, "entry", i.ID}
	case "asset-check":
		fields = []string{"asset", i.ID, "check", "condition"}
		if i.Reason == "accept" {
			fields[3] = "acceptance"
		}
	case "loss":
		fields = []string{"project", i.Project, "commodity", i.Commodity, "batch", i.ID, "quantity", itoa(i.Number)}
	case "delivery":
		if i.Type == "batch" {
			fields = []string{"project", i.Project, "commodity", i.Commodity, "batch", i.ID}
		}
	}
	if fields == nil {
		return duePage(i)
	}
	return listing.Address(form.Path+"/"+i.Kind, fields...)
}

// stockTake fills in the form of a stock-take where heads are missing: of which herd and contract, and whether of the animals or their young. What
// cannot be read is left to whoever counts.
func (q *request) stockTake(i *due.Item) []string {
	herd, contract, of := i.ID, "", ""
	if i.Type == "breeding-contract" {
		e, err := q.thing(i.Book, i.Type, i.ID)
		if err != nil {
			return nil
		}
		herd, contract = e.Parent, i.ID
	}
	h, err := reading.Remember(q.Context(), q.read.Book(i.Book), "herd "+herd, func(ctx context.Context) (fact.Thing[livestock.Herd], error) {
		h, _, err := fact.ThingOf[livestock.Herd](ctx, q.db(), i.Book, "herd", herd)
		return h, err
	})
	if err == nil && h.Fact != nil {
		of = "young"
		if h.Fact.Animals == i.Commodity {
			of = "animals"
		}
	}
	return []string{"herd", herd, "contract", contract, "of", of}
}
