package industry

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/notice"
	"lastmile/internal/web/form"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// From when on something is due.
const (
	deathsDays     = 365 // looked back over
	deathsPermille = 80  // deaths in a thousand heads above which somebody must look
	noticeDays     = 7   // before a notice closes
	receiptDays    = 14  // that goods may be on their way
	expiryDays     = 90  // before goods expire
)

// Reasons why something is on the list, in its order.
var reasons = []string{"missing", "deaths", "inspection", "expired", "post", "notice", "objection", "approve", "pay", "hand", "underway", "receipt", "expiry", "accept", "repair", "check"}

// item is something that is due.
type item struct {
	reason, book, area string
	code               string // of what it is about
	name               string
	day                date.Date // by which it was or is due; "" when that is no matter of days
	number             int64     // heads, pieces, days: as the reason's text says
	page               string    // where to see it
	kind               string    // of the fact that settles it
	fields             []string  // of its form
}

// items gathers what is due in a book.
func (q *request) items(ctx context.Context, book string) ([]item, error) {
	return remembered(q, book, "due "+string(q.Language), func(i *item) string { return cmp.Or(i.area, i.book) }, q.readItems)
}

func (q *request) readItems(ctx context.Context, book string) ([]item, error) {
	var list []item
	for _, gather := range []func(context.Context, string) ([]item, error){q.herdItems, q.deathItems, q.dividendItems, q.sharingItems, q.dispatchItems, q.receiptItems, q.expiryItems, q.assetItems} {
		some, err := gather(ctx, book)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

func (q *request) herdItems(ctx context.Context, book string) ([]item, error) {
	contracts, err := livestock.Contracts(ctx, q.db(), book, "")
	if err != nil {
		return nil, err
	}
	last, err := livestock.Inspected(ctx, q.db(), book, q.today)
	if err != nil {
		return nil, err
	}
	var list []item
	for i := range contracts {
		c := &contracts[i]
		about := item{book: book, area: c.Area, code: c.ID, name: c.Household, page: link("contracts", book, c.ID)}
		due := c.InspectionDue(last[c.ID])
		switch {
		case c.Status == livestock.Running && c.Until < q.today: // the animals come back, or a new contract is made
			about.reason, about.day, about.number, about.kind, about.fields = "expired", c.Until, c.Duty(), "animal-return", []string{"contract", c.ID}
		case due != "" && due < q.today:
			about.reason, about.day, about.number, about.kind, about.fields = "inspection", due, c.Heads, "animal-inspection", []string{"contract", c.ID}
		default:
			continue
		}
		list = append(list, about)
	}
	return list, nil
}

func (q *request) deathItems(ctx context.Context, book string) ([]item, error) {
	places, err := livestock.Mortalities(ctx, q.db(), book, q.today.AddDays(1-deathsDays), q.today, deathsPermille)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	contracts, err := entity.Find(ctx, q.db(), entity.Filter{Book: book, Type: "breeding-contract"})
	if err != nil {
		return nil, err
	}
	herds, err := entity.Find(ctx, q.db(), entity.Filter{Book: book, Type: "herd"})
	if err != nil {
		return nil, err
	}
	at := map[string]entity.Entity{}
	for _, c := range contracts {
		at["c "+c.ID] = c
	}
	for _, h := range herds {
		at["h "+h.ID] = h
	}
	var list []item
	for i := range places {
		m := &places[i]
		e, page, herd := at["c "+m.Part], "contracts", at["c "+m.Part].Parent
		if m.Class == ledger.Herd {
			e, page, herd = at["h "+m.Part], "herds", m.Part
		}
		about := item{book: book, area: e.Area, code: m.Part, name: q.called(book, "commodity", m.Commodity), page: link(page, book, m.Part)}
		contract := ""
		if page == "contracts" {
			contract = m.Part
		}
		if m.Missing > 0 {
			about := about
			about.reason, about.number, about.kind, about.fields = "missing", m.Missing, "animal-stock-take", []string{"herd", herd, "contract", contract, "of", "animals"}
			list = append(list, about)
		}
		if m.Deaths > 1 && m.Permille() > deathsPermille {
			about.reason, about.number, about.kind, about.fields = "deaths", m.Deaths, "animal-inspection", []string{"contract", contract}
			if contract == "" {
				about.kind = ""
			}
			list = append(list, about)
		}
	}
	return list, nil
}

func (q *request) dividendItems(ctx context.Context, book string) ([]item, error) {
	declared, err := fact.Things[dividend.Declaration](ctx, q.db(), book, "dividend-declaration", "", "")
	if err != nil {
		return nil, err
	}
	owed, err := ledger.FindBalances(ctx, q.db(), ledger.BalanceFilter{Book: book, Class: string(ledger.Entitled)})
	if err != nil {
		return nil, err
	}
	villages := map[string]int64{} // still owed, by declaration
	for _, b := range owed {
		villages[b.Project]++
	}
	var list []item
	for _, d := range declared {
		board, err := dividend.BoardOf(ctx, q.db(), book, notice.DividendType, d.ID)
		if err != nil {
			return nil, err
		}
		about := item{book: book, area: book, code: d.ID, page: link("dividends", book, d.ID), day: d.On}
		if board != nil {
			about.day = board.Until
		}
		switch {
		case d.Status != dividend.Approved && (board == nil || board.Open == 0 && board.Upheld > 0):
			about.reason = "post"
		case d.Status != dividend.Approved && board.Open > 0 && board.Until < q.today:
			about.reason, about.number = "objection", board.Open
		case d.Status != dividend.Approved && board.Until < q.today:
			about.reason, about.kind, about.fields = "approve", "dividend-approval", []string{"declaration", d.ID}
		case d.Status != dividend.Approved && board.Until <= q.today.AddDays(noticeDays):
			about.reason = "notice"
		case villages[d.ID] > 0:
			about.reason, about.number, about.kind, about.fields = "pay", villages[d.ID], "dividend-payment", []string{"declaration", d.ID}
		default:
			continue
		}
		list = append(list, about)
	}
	return list, nil
}

func (q *request) dispatchItems(ctx context.Context, book string) ([]item, error) {
	sent, err := q.readSendings(ctx, book)
	if err != nil {
		return nil, err
	}
	var list []item
	for i := range sent {
		if s := &sent[i]; s.underway > 0 && s.On.AddDays(receiptDays) < q.today {
			list = append(list, item{reason: "underway", book: book, area: s.Area, code: s.ID, name: q.called(book, "commodity", s.Fact.Commodity), day: s.On.AddDays(receiptDays), number: s.underway,
				page: link("goods", "dispatches", book, s.ID)})
		}
	}
	return list, nil
}

func (q *request) receiptItems(ctx context.Context, book string) ([]item, error) {
	all, err := goods.Movements(ctx, q.db(), book, ledger.Delivery, "", q.today)
	if err != nil {
		return nil, err
	}
	var list []item
	for _, h := range all {
		if h.Grade < journal.Traced {
			list = append(list, item{reason: "receipt", book: book, area: h.Area, code: book + ":" + itoa(h.Seq), name: q.called(book, "commodity", h.Commodity), day: h.On, number: h.Amount,
				page: entryHref(book, h.Seq), kind: "proof", fields: []string{"book", book, "entry", itoa(h.Seq)}})
		}
	}
	return list, nil
}

func (q *request) expiryItems(ctx context.Context, book string) ([]item, error) {
	batches, err := goods.ExpiredBy(ctx, q.db(), book, q.today.AddDays(expiryDays))
	if err != nil {
		return nil, err
	}
	var list []item
	for _, b := range batches {
		about := item{reason: "expiry", book: book, area: book, code: b.Batch, name: q.called(book, "commodity", b.Commodity), day: b.Expires, number: b.Quantity,
			page: listing.Address("/goods", "commodity", b.Commodity), kind: "delivery", fields: []string{"project", b.Project, "commodity", b.Commodity, "batch", b.Batch}}
		if b.Expires < q.today {
			about.kind, about.fields = "loss", append(about.fields, "quantity", itoa(b.Quantity))
		}
		list = append(list, about)
	}
	return list, nil
}

func (q *request) assetItems(ctx context.Context, book string) ([]item, error) {
	assets, err := q.readRegister(ctx, book)
	if err != nil {
		return nil, err
	}
	var list []item
	for i := range assets {
		k := &assets[i]
		about := item{book: book, area: k.Area, code: k.ID, name: q.Name(k.Name), page: link("goods", "assets", book, k.ID), kind: "asset-check", fields: []string{"asset", k.ID, "check", "condition"}}
		switch {
		case k.Status != goods.Accepted:
			about.reason, about.fields = "accept", []string{"asset", k.ID, "check", "acceptance"}
		case k.Condition != "" && k.Condition != "good":
			about.reason, about.day = "repair", k.Checked
		case k.late(q.today):
			about.reason, about.day = "check", k.Checked.AddDays(conditionDays)
		default:
			continue
		}
		list = append(list, about)
	}
	return list, nil
}

func (q *request) dueRows() (rows, all []item, err error) {
	if err := q.know(entity.Headquarters, "area"); err != nil {
		return nil, nil, err
	}
	if all, err = each(q, q.items); err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(all, func(a, b item) int {
		return cmp.Or(cmp.Compare(slices.Index(reasons, a.reason), slices.Index(reasons, b.reason)), cmp.Compare(a.day, b.day))
	})
	rows = slices.DeleteFunc(slices.Clone(all), func(i item) bool { return q.FormValue("reason") != "" && q.FormValue("reason") != i.reason })
	return rows, all, nil
}

// due lists what is due, what is worst first.
func (q *request) due() error {
	rows, all, err := q.dueRows()
	if err != nil {
		return err
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var pairs [][2]string
	for _, r := range reasons {
		pairs = append(pairs, [2]string{r, q.Text("industry.due." + r)})
	}
	fields = append(fields, q.options("reason", pairs...))
	heading := q.title("industry.due.title", q.write("industry.due.lead", len(all)))
	for _, c := range tally(all) {
		heading.Tasks = append(heading.Tasks, view.Task{Count: q.Count(int64(c.n)), Text: q.Text("industry.due."+c.reason+".task", c.n), Href: listing.With(q.URL, "reason", c.reason), Tone: tones[c.reason]})
	}
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "due", Title: q.Text("industry.of", len(rows), len(all)), Note: q.download(listing.CSVHref(q.URL))},
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

// counted is how many items there are for a reason.
type counted struct {
	reason string
	n      int
}

func tally(list []item) []counted {
	var counts []counted
	for _, r := range reasons {
		n := 0
		for i := range list {
			if list[i].reason == r {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, counted{r, n})
		}
	}
	return counts
}

func (q *request) dueListing(rows []item) listing.Listing[item] {
	return listing.Listing[item]{
		Rows: rows, Empty: view.Empty{Icon: "check", Title: q.Text("industry.due.empty"), Text: q.Text("industry.due.empty.text")},
		Columns: []listing.Column[item]{
			{Key: "what", Label: q.Text("industry.col.due"), Compare: func(a, b item) int { return strings.Compare(a.code, b.code) },
				Cell: func(i item) view.Cell { return view.Cell{Text: i.code, Href: i.page, Sub: i.name} }, Plain: func(i item) string { return i.code }},
			{Key: "reason", Label: q.Text("industry.col.reason"), Kind: view.StateColumn, Compare: func(a, b item) int {
				return cmp.Compare(slices.Index(reasons, a.reason), slices.Index(reasons, b.reason))
			},
				Cell: func(i item) view.Cell {
					kind := view.Needs
					if tones[i.reason] == view.BadTone {
						kind = view.Failed
					}
					return view.Cell{State: &view.State{Kind: kind, Word: q.Text("industry.due." + i.reason)}}
				}, Plain: func(i item) string { return i.reason }},
			{Key: "area", Label: q.Text("industry.col.area"), Compare: func(a, b item) int { return strings.Compare(a.area, b.area) },
				Cell: func(i item) view.Cell { return view.Cell{Text: q.area(cmp.Or(i.area, i.book))} }, Plain: func(i item) string { return cmp.Or(i.area, i.book) }},
			{Key: "day", Label: q.Text("industry.col.due-by"), Compare: func(a, b item) int { return cmp.Compare(a.day, b.day) },
				Cell: func(i item) view.Cell { return view.Cell{Text: q.day(i.day)} }, Plain: func(i item) string { return string(i.day) }},
			{Key: "number", Label: q.Text("industry.col.number"), Kind: view.NumberColumn, Compare: func(a, b item) int { return cmp.Compare(a.number, b.number) },
				Cell: func(i item) view.Cell {
					if i.number == 0 {
						return view.Cell{Text: q.day("")}
					}
					return view.Cell{Text: q.Count(i.number)}
				}, Plain: func(i item) string { return itoa(i.number) }},
			{Key: "do", Label: q.Text("industry.col.do"), Cell: func(i item) view.Cell {
				if k := fact.Find(i.kind); k != nil && q.visit.MayRecord(k) {
					return view.Cell{Text: q.Kind(k), Href: listing.Address(form.Path+"/"+i.kind, i.fields...)}
				}
				return view.Cell{Text: locale.NotApplicable}
			}},
		},
	}
}

// Tasks are what is due in a visitor's areas, for the head of their work list.
func (p *Pages) Tasks(r *http.Request, words wording.Words) ([]view.Task, error) {
	q, err := p.request(r, words)
	if err != nil {
		return nil, err
	}
	_, all, err := q.dueRows()
	if err != nil {
		return nil, err
	}
	var tasks []view.Task
	for _, c := range tally(all) {
		tasks = append(tasks, view.Task{Count: q.Count(int64(c.n)), Text: q.Text("industry.due."+c.reason+".task", c.n), Href: listing.Address("/due", "reason", c.reason), Tone: tones[c.reason]})
	}
	return tasks, nil
}
