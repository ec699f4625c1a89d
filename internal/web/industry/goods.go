package industry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// stock is one commodity of one giver in one project.
type stock struct {
	goods.Account
	book, area string
}

func (q *request) stocks(ctx context.Context, book string) ([]stock, error) {
	return remembered(q, book, "stocks", func(s *stock) string { return s.area }, q.readStocks)
}

func (q *request) readStocks(ctx context.Context, book string) ([]stock, error) {
	if err := q.know(book, "project"); err != nil {
		return nil, err
	}
	accounts, err := goods.Reconcile(ctx, q.db(), book, "", q.today)
	if err != nil {
		return nil, err
	}
	var list []stock
	for _, a := range accounts {
		project, err := q.thing(book, "project", a.Project)
		if err != nil {
			return nil, err
		}
		list = append(list, stock{a, book, cmp.Or(project.Area, book)})
	}
	return list, nil
}

func (q *request) chosenStocks() (rows, all []stock, err error) {
	all, err = each(q, q.stocks)
	if err != nil {
		return nil, nil, err
	}
	rows = slices.DeleteFunc(slices.Clone(all), func(s stock) bool {
		commodity, fund := q.FormValue("commodity"), q.FormValue("fund")
		return commodity != "" && commodity != s.Commodity || fund != "" && fund != s.Fund
	})
	return rows, all, nil
}

// goods lists what came in, went out and is there, by commodity, giver and project.
func (q *request) goods() error {
	rows, all, err := q.chosenStocks()
	if err != nil {
		return err
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	fields = append(fields, q.options("commodity", distinct(all, func(s *stock) string { return s.Commodity }, func(c string) string { return q.called(entity.Headquarters, "commodity", c) })...),
		q.options("fund", distinct(all, func(s *stock) string { return s.Fund }, func(f string) string { return q.called(entity.Headquarters, "fund", f) })...))
	heading := q.title("industry.goods.title", nil)
	// Numbers of different things are not added up: the lead says them of one commodity, when one is chosen or there.
	var in, delivered, lost, underway, held int64
	kinds := map[string]bool{}
	for i := range rows {
		s := &rows[i]
		kinds[s.Commodity] = true
		in, delivered, lost, underway, held = in+s.In, delivered+s.Delivered, lost+s.Lost, underway+s.Underway, held+s.Held
	}
	heading.Lead = q.write("industry.goods.lead", len(kinds))
	if len(kinds) == 1 {
		heading.Lead = q.write("industry.goods.one", q.called(entity.Headquarters, "commodity", rows[0].Commodity), in, delivered, underway, lost, held)
	}
	heading.Buttons = slices.Concat(q.button("donation", view.Primary), q.button("purchase", view.Ghost), q.button("dispatch", view.Ghost), q.button("delivery", view.Ghost), q.button("household-delivery", view.Ghost), q.button("loss", view.Ghost))
	flows := view.Prose{{Text: q.Text("industry.flow.where") + " "}}
	for i, pair := range distinct(all, func(s *stock) string { return s.Commodity }, func(c string) string { return q.called(entity.Headquarters, "commodity", c) }) {
		if i > 0 {
			flows = append(flows, view.Phrase{Text: " · "})
		}
		flows = append(flows, view.Phrase{Link: &view.Link{Label: pair[1], Href: listing.Address("/", "flow", pair[0]) + "#flow"}})
	}
	parts := []view.Component{view.Filters{Action: "/goods", Fields: fields}, q.stockListing(rows).Table(q.Printer, q.URL)}
	if len(all) > 0 {
		parts = append(parts, view.Text{Prose: flows})
	}
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: "stock", Title: q.shown("industry.lines", len(rows), len(all)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.goodsViews("/goods")},
		Parts: parts,
	})
}

func (q *request) goodsViews(current string) []view.Link {
	var list []view.Link
	for _, v := range [][2]string{{"industry.stock", "/goods"}, {"industry.donations", "/goods/donations"}, {"industry.dispatches", "/goods/dispatches"}, {"industry.deliveries", "/goods/deliveries"}, {"industry.assets", "/goods/assets"}} {
		list = append(list, view.Link{Label: q.Text(v[0]), Href: v[1], Current: current == v[1]})
	}
	return list
}

func (q *request) goodsCSV() error {
	rows, _, err := q.chosenStocks()
	if err != nil {
		return err
	}
	return q.stockListing(rows).CSV(q.w, q.URL, "goods")
}

func (q *request) stockListing(rows []stock) listing.Listing[stock] {
	number := func(key string, n func(*stock) int64, flow string) listing.Column[stock] {
		return listing.Column[stock]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b stock) int { return cmp.Compare(n(&a), n(&b)) },
			Cell: func(s stock) view.Cell {
				return q.count(n(&s), listing.Address("/postings", "book", s.book, "project", s.Project, "fund", s.Fund, "commodity", s.Commodity, "flow", flow))
			},
			Plain: func(s stock) string { return itoa(n(&s)) }}
	}
	held := number("held", func(s *stock) int64 { return s.Held }, "")
	held.Cell = func(s stock) view.Cell {
		c := q.count(s.Held, link("accounts", s.book, ledger.NewAccount(s.book, ledger.Store, s.book, "", s.Project, "").ID))
		if rest := s.In - s.Delivered - s.Lost - s.Underway; rest != s.Held {
			c.Error = q.Text("industry.differs", rest)
		}
		return c
	}
	return listing.Listing[stock]{
		Rows:  rows,
		Empty: view.Empty{Icon: "box", Title: q.Text("industry.goods.empty"), Text: q.Text("industry.goods.empty.text")},
		Columns: []listing.Column[stock]{
			{Key: "commodity", Label: q.Text("industry.col.commodity"), Compare: func(a, b stock) int { return strings.Compare(a.Commodity, b.Commodity) },
				Cell: func(s stock) view.Cell {
					return view.Cell{Text: q.called(s.book, "commodity", s.Commodity), Sub: q.Text("industry.unit", q.unit(s.book, s.Commodity)), Href: listing.Address("/goods/deliveries", "commodity", s.Commodity, "county", s.book)}
				},
				Plain: func(s stock) string { return s.Commodity }},
			{Key: "fund", Label: q.Text("industry.col.giver"), Compare: func(a, b stock) int { return strings.Compare(a.Fund, b.Fund) },
				Cell:  func(s stock) view.Cell { return view.Cell{Text: q.called(s.book, "fund", s.Fund), Sub: s.Fund} },
				Plain: func(s stock) string { return s.Fund }},
			{Key: "project", Label: q.Text("industry.col.store"), Compare: func(a, b stock) int { return strings.Compare(a.book+a.Project, b.book+b.Project) },
				Cell: func(s stock) view.Cell {
					return view.Cell{Text: q.area(s.book), Href: link("projects", s.book, s.Project), Sub: s.Project}
				},
				Plain: func(s stock) string { return s.Project }},
			number("in", func(s *stock) int64 { return s.In }, ""),
			number("delivered", func(s *stock) int64 { return s.Delivered }, ledger.Delivery),
			number("underway", func(s *stock) int64 { return s.Underway }, "dispatch"),
			number("lost", func(s *stock) int64 { return s.Lost }, "loss"),
			held,
			{Key: "county", Plain: func(s stock) string { return s.book }},
		},
	}
}

// handed is a donation, a purchase or a delivery.
type handed struct {
	goods.Handed
	area string
}

// movements reads how goods moved by flows, as far as the visitor may see.
func (q *request) movements(flows ...string) func(ctx context.Context, book string) ([]handed, error) {
	return func(ctx context.Context, book string) ([]handed, error) {
		if err := q.know(book, "party"); err != nil {
			return nil, err
		}
		list, err := remembered(q, book, "moved "+strings.Join(flows, " "), func(h *handed) string { return h.area }, func(ctx context.Context, book string) ([]handed, error) {
			var list []handed
			for _, flow := range flows {
				some, err := goods.Movements(ctx, q.db(), book, flow, "", q.today)
				if err != nil {
					return nil, err
				}
				for _, h := range some {
					if !strings.HasPrefix(h.Commodity, ledger.Currency) {
						list = append(list, handed{h, cmp.Or(h.Area, book)})
					}
				}
			}
			return list, nil
		})
		asked := q.FormValue("commodity")
		return slices.DeleteFunc(list, func(h handed) bool { return asked != "" && h.Commodity != asked }), err
	}
}

// donations lists what was given and bought.
func (q *request) donations() error {
	return q.moved("donations", "/goods/donations", q.movements(ledger.Donation, ledger.Purchase), q.button("donation", view.Primary), q.donationListing)
}

func (q *request) donationsCSV() error {
	rows, err := each(q, q.movements(ledger.Donation, ledger.Purchase))
	if err != nil {
		return err
	}
	return q.donationListing(rows).CSV(q.w, q.URL, "donations")
}

// deliveries lists what was handed over, each with its receipt.
func (q *request) deliveries() error {
	return q.moved("deliveries", "/goods/deliveries", q.movements(ledger.Delivery), slices.Concat(q.button("delivery", view.Primary), q.button("household-delivery", view.Ghost)), q.deliveryListing)
}

func (q *request) deliveriesCSV() error {
	rows, err := each(q, q.movements(ledger.Delivery))
	if err != nil {
		return err
	}
	return q.deliveryListing(q.chosenHanded(rows)).CSV(q.w, q.URL, "deliveries")
}

// moved is a page of movements of goods.
func (q *request) moved(what, path string, read func(context.Context, string) ([]handed, error), buttons []view.Button, list func([]handed) listing.Listing[handed]) error {
	all, err := each(q, read)
	if err != nil {
		return err
	}
	rows := q.chosenHanded(slices.Clone(all))
	untraced := 0
	for i := range rows {
		if rows[i].Grade < journal.Traced {
			untraced++
		}
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	name := func(c string) string { return q.called(entity.Headquarters, "commodity", c) }
	pairs := distinct(all, func(h *handed) string { return h.Commodity }, name)
	if c := q.FormValue("commodity"); c != "" && len(pairs) == 0 {
		pairs = [][2]string{{c, name(c)}}
	}
	fields = append(fields, q.options("commodity", pairs...), q.options("proof", [2]string{"open", q.Text("industry.no-receipt")}))
	heading := q.title("industry."+what+".title", q.write("industry."+what+".lead", len(rows), untraced))
	heading.Buttons = buttons
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: what, Title: q.shown("industry.lines", len(rows), len(all)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.goodsViews(path)},
		Parts: []view.Component{view.Filters{Action: path, Fields: fields}, list(rows).Table(q.Printer, q.URL)},
	})
}

func (q *request) chosenHanded(rows []handed) []handed {
	if q.FormValue("proof") != "open" {
		return rows
	}
	return slices.DeleteFunc(rows, func(h handed) bool { return h.Grade == journal.Traced })
}

// owner is whose an account is, by its id.
func owner(account string) string {
	_, rest, _ := strings.Cut(account, ":")
	name, _, _ := strings.Cut(rest, ":")
	return name
}

// receiver is whoever has or is to get goods, or gave them: a party, or a household of the register.
func (q *request) receiver(book, id string) view.Cell {
	if href := q.partyHref(book, id); href != "" {
		return view.Cell{Text: q.called(book, "party", id), Href: href, Sub: id}
	}
	return view.Cell{Text: q.Text("industry.household-is", id), Href: q.householdHref(book, id)}
}

func (q *request) handedColumns(paper func(*handed) string, party func(*handed) string, key string) []listing.Column[handed] {
	return []listing.Column[handed]{
		{Key: "day", Label: q.Text("industry.col.day"), Compare: func(a, b handed) int { return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Seq, b.Seq)) },
			Cell:  func(h handed) view.Cell { return view.Cell{Text: q.Date(h.On), Href: entryHref(h.Book, h.Seq)} },
			Plain: func(h handed) string { return string(h.On) }},
		{Key: key, Label: q.Text("industry.col." + key), Compare: func(a, b handed) int { return strings.Compare(party(&a), party(&b)) },
			Cell:  func(h handed) view.Cell { return q.receiver(h.Book, party(&h)) },
			Plain: func(h handed) string { return party(&h) }},
		{Key: "commodity", Label: q.Text("industry.col.commodity"), Compare: func(a, b handed) int { return strings.Compare(a.Commodity, b.Commodity) },
			Cell: func(h handed) view.Cell {
				return view.Cell{Text: q.called(h.Book, "commodity", h.Commodity), Sub: batchOf(h.Fact)}
			},
			Plain: func(h handed) string { return h.Commodity }},
		{Key: "quantity", Label: q.Text("industry.col.quantity"), Kind: view.NumberColumn, Compare: func(a, b handed) int { return cmp.Compare(a.Amount, b.Amount) },
			Cell: func(h handed) view.Cell { return view.Cell{Text: q.Count(h.Amount)} }, Plain: func(h handed) string { return itoa(h.Amount) }},
		{Key: "paper", Label: q.Text("industry.col.paper"), Compare: func(a, b handed) int { return strings.Compare(paper(&a), paper(&b)) },
			Cell: func(h handed) view.Cell {
				return view.Cell{Text: cmp.Or(q.Name(paper(&h)), q.NotRecorded()), Grade: grade(h.Grade)}
			},
			Plain: func(h handed) string { return paper(&h) }},
		{Key: "fund", Plain: func(h handed) string { return h.Fund }},
		{Key: "project", Plain: func(h handed) string { return h.Project }},
		{Key: "batch", Plain: func(h handed) string { return batchOf(h.Fact) }},
		{Key: "grade", Plain: func(h handed) string { return h.Grade.String() }},
		{Key: "entry", Plain: func(h handed) string { return h.Book + ":" + itoa(h.Seq) }},
	}
}

func batchOf(f fact.Fact) string {
	switch f := f.(type) {
	case *goods.Donation:
		return f.Batch
	case *goods.Purchase:
		return f.Batch
	}
	r, _ := goods.ReceiptOf(f)
	return r.Batch
}

func (q *request) donationListing(rows []handed) listing.Listing[handed] {
	return listing.Listing[handed]{Rows: rows, Sort: "-day", Empty: view.Empty{Icon: "box", Title: q.Text("industry.donations.empty"), Text: q.Text("industry.donations.empty.text")},
		Columns: q.handedColumns(func(h *handed) string {
			switch f := h.Fact.(type) {
			case *goods.Donation:
				return f.Document
			case *goods.Purchase:
				return f.Voucher
			}
			return ""
		}, func(h *handed) string { return owner(h.From) }, "from")}
}

func (q *request) deliveryListing(rows []handed) listing.Listing[handed] {
	return listing.Listing[handed]{Rows: rows, Sort: "-day", Empty: view.Empty{Icon: "box", Title: q.Text("industry.deliveries.empty"), Text: q.Text("industry.deliveries.empty.text")},
		Columns: q.handedColumns(func(h *handed) string {
			if f, ok := h.Fact.(*livestock.Intake); ok {
				return f.Receipt
			}
			r, _ := goods.ReceiptOf(h.Fact)
			return r.Number
		}, func(h *handed) string { return owner(h.To) }, "to")}
}

// sending is a dispatch with what of it has not arrived.
type sending = goods.Sending

func (q *request) sendings(ctx context.Context, book string) ([]sending, error) {
	return remembered(q, book, "dispatches", func(s *sending) string { return s.Area }, func(ctx context.Context, book string) ([]sending, error) {
		return goods.Sendings(ctx, q.db(), book)
	})
}

// dispatches lists what was sent out and has not all arrived.
func (q *request) dispatches() error {
	rows, err := each(q, q.sendings)
	if err != nil {
		return err
	}
	open := 0
	for i := range rows {
		if rows[i].Underway > 0 {
			open++
		}
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/goods/dispatches", Fields: fields})
	}
	heading := q.title("industry.dispatches.title", q.write("industry.dispatches.lead", len(rows), open))
	heading.Buttons = q.button("dispatch", view.Primary)
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: "dispatches", Title: q.Text("industry.dispatches.n", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.goodsViews("/goods/dispatches")},
		Parts: append(parts, q.dispatchListing(rows).Table(q.Printer, q.URL)),
	})
}

func (q *request) dispatchesCSV() error {
	rows, err := each(q, q.sendings)
	if err != nil {
		return err
	}
	return q.dispatchListing(rows).CSV(q.w, q.URL, "dispatches")
}

func (q *request) dispatchState(s *sending) view.State {
	if s.Underway > 0 {
		return view.State{Kind: view.Needs, Word: q.Text("industry.underway")}
	}
	return view.State{Kind: view.Done, Word: q.Text("industry.arrived")}
}

func (q *request) dispatchListing(rows []sending) listing.Listing[sending] {
	number := func(key string, n func(*sending) int64) listing.Column[sending] {
		return listing.Column[sending]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn, Compare: func(a, b sending) int { return cmp.Compare(n(&a), n(&b)) },
			Cell:  func(s sending) view.Cell { return q.count(n(&s), link("goods", "dispatches", s.Book, s.ID)) },
			Plain: func(s sending) string { return itoa(n(&s)) }}
	}
	return listing.Listing[sending]{
		Rows: rows, Empty: view.Empty{Icon: "send", Title: q.Text("industry.dispatches.empty"), Text: q.Text("industry.dispatches.empty.text")},
		Columns: []listing.Column[sending]{
			{Key: "dispatch", Label: q.Text("industry.col.dispatch"), Compare: func(a, b sending) int { return strings.Compare(a.ID, b.ID) },
				Cell: func(s sending) view.Cell {
					return view.Cell{Text: s.ID, Href: link("goods", "dispatches", s.Book, s.ID), Sub: q.Name(s.Fact.Carrier)}
				},
				Plain: func(s sending) string { return s.ID }},
			{Key: "state", Label: q.Text("industry.col.state"), Kind: view.StateColumn,
				Cell: func(s sending) view.Cell { state := q.dispatchState(&s); return view.Cell{State: &state} }},
			{Key: "day", Label: q.Text("industry.col.day"), Compare: func(a, b sending) int { return cmp.Compare(a.On, b.On) },
				Cell: func(s sending) view.Cell { return view.Cell{Text: q.Date(s.On)} }, Plain: func(s sending) string { return string(s.On) }},
			{Key: "commodity", Label: q.Text("industry.col.commodity"), Compare: func(a, b sending) int { return strings.Compare(a.Fact.Commodity, b.Fact.Commodity) },
				Cell: func(s sending) view.Cell {
					return view.Cell{Text: q.called(s.Book, "commodity", s.Fact.Commodity), Sub: s.Fact.Batch}
				},
				Plain: func(s sending) string { return s.Fact.Commodity }},
			number("receivers", func(s *sending) int64 { return int64(len(s.Fact.List)) }),
			number("sent", func(s *sending) int64 { return s.Sent }),
			number("underway", func(s *sending) int64 { return s.Underway }),
			number("waiting", func(s *sending) int64 { return int64(s.Waiting) }),
		},
	}
}

// dispatch is one dispatch: who was sent how many, and who has confirmed it.
func (q *request) dispatch() error {
	ctx, book, id := q.Context(), q.PathValue("book"), q.PathValue("id")
	list, err := q.sendings(ctx, book)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(s sending) bool { return s.ID == id })
	if i < 0 {
		return missing("dispatch", book, id)
	}
	s := list[i]
	file, err := journal.File(ctx, q.db(), book, "dispatch", id)
	if err != nil {
		return err
	}
	if err := q.know(book, "party"); err != nil {
		return err
	}
	entries, err := of[fact.Fact](file)
	if err != nil {
		return err
	}
	arrived, last := map[string]int64{}, map[string]told[fact.Fact]{}
	for _, e := range entries {
		if r, ok := goods.ReceiptOf(e.fact); ok {
			arrived[r.To], last[r.To] = arrived[r.To]+r.Quantity, e
		}
	}
	lines, err := s.Fact.Lines()
	if err != nil {
		return err
	}
	state := q.dispatchState(&s)
	state.Pill = true
	t := view.Table{Columns: []view.Column{{Label: q.Text("industry.col.to")}, {Label: q.Text("industry.col.sent"), Kind: view.NumberColumn}, {Label: q.Text("industry.col.arrived"), Kind: view.NumberColumn}, {Label: q.Text("industry.col.paper")}},
		Empty: &view.Empty{Icon: "send", Title: q.Text("industry.dispatches.empty"), Text: q.Text("industry.dispatches.empty.text")}}
	for _, l := range lines {
		paper := view.Cell{Text: q.NotRecorded()}
		kind, field := "delivery", "to"
		if party, err := q.thing(book, "party", l.To); err != nil {
			return err
		} else if party.ID == "" {
			kind, field = "household-delivery", "household"
		}
		if d, ok := last[l.To]; ok {
			r, _ := goods.ReceiptOf(d.fact)
			paper = view.Cell{Text: r.Number, Href: entryHref(book, d.Seq), Grade: grade(d.Entry.Grade), Sub: q.Date(d.On)}
		} else if b := q.button(kind, view.Ghost, "project", s.Parent, field, l.To, "commodity", s.Fact.Commodity, "quantity", itoa(l.Quantity), "batch", s.Fact.Batch, "dispatch", id); b != nil {
			paper = view.Cell{Text: b[0].Label, Href: b[0].Href}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{q.receiver(book, l.To), {Text: q.Count(l.Quantity)}, {Text: q.Count(arrived[l.To])}, paper}})
	}
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.goods"), Href: "/goods"}, {Label: q.Text("industry.dispatches"), Href: "/goods/dispatches"}, {Label: id}},
		Title:  q.Text("industry.dispatch", id), State: &state,
		Lead: q.write("industry.dispatch.lead", s.Sent, q.called(book, "commodity", s.Fact.Commodity), len(lines), q.Date(s.On), s.Sent-s.Underway),
	}, view.Section{Head: view.SectionHead{ID: "list", Title: q.Text("industry.receivers", len(lines)), Note: append(view.Prose{{Text: q.Text("industry.defined") + " "}}, q.entryLink(book, s.Seq)...)}, Parts: []view.Component{t}})
}

// kept is an asset in the register.
type kept struct {
	goods.Held
	fact *goods.Asset
}

func (q *request) register(ctx context.Context, book string) ([]kept, error) {
	return remembered(q, book, "assets", func(k *kept) string { return k.Area }, q.readRegister)
}

func (q *request) readRegister(ctx context.Context, book string) ([]kept, error) {
	held, err := goods.Register(ctx, q.db(), book, q.today)
	if err != nil {
		return nil, err
	}
	things, err := fact.Things[goods.Asset](ctx, q.db(), book, "asset", "", "")
	if err != nil {
		return nil, err
	}
	facts := map[string]*goods.Asset{}
	for _, t := range things {
		facts[t.ID] = t.Fact
	}
	list := make([]kept, len(held))
	for i, h := range held {
		list[i] = kept{h, facts[h.ID]}
	}
	return list, nil
}

// assets is the register of what lasts.
func (q *request) assets() error {
	rows, err := each(q, q.register)
	if err != nil {
		return err
	}
	accepted, repair := 0, 0
	for i := range rows {
		if rows[i].Status == goods.Accepted {
			accepted++
		}
		if c := rows[i].Condition; c != "" && c != "good" {
			repair++
		}
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	var parts []view.Component
	if len(fields) > 0 {
		parts = append(parts, view.Filters{Action: "/goods/assets", Fields: fields})
	}
	heading := q.title("industry.assets.title", q.write("industry.assets.lead", len(rows), accepted, repair))
	heading.Buttons = slices.Concat(q.button("asset-check", view.Primary), q.button("asset", view.Ghost))
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: "assets", Title: q.Text("industry.assets.n", len(rows)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.goodsViews("/goods/assets")},
		Parts: append(parts, q.assetListing(rows).Table(q.Printer, q.URL)),
	})
}

func (q *request) assetsCSV() error {
	rows, err := each(q, q.register)
	if err != nil {
		return err
	}
	return q.assetListing(rows).CSV(q.w, q.URL, "assets")
}

func (q *request) condition(c string) string {
	if c == "" {
		return q.NotRecorded()
	}
	return q.choice("asset-check", "result", c)
}

func (q *request) assetState(k *kept) view.State {
	switch {
	case k.Status != goods.Accepted:
		return view.State{Kind: view.Needs, Word: q.Text("industry.to-accept")}
	case k.Condition != "" && k.Condition != "good":
		return view.State{Kind: view.Failed, Word: q.condition(k.Condition)}
	case k.CheckBy() < q.today:
		return view.State{Kind: view.Needs, Word: q.Text("industry.to-check")}
	}
	return view.State{Kind: view.Done, Word: q.condition(k.Condition)}
}

func (q *request) assetListing(rows []kept) listing.Listing[kept] {
	return listing.Listing[kept]{
		Rows: rows, Sort: "asset", Empty: view.Empty{Icon: "box", Title: q.Text("industry.assets.empty"), Text: q.Text("industry.assets.empty.text")},
		Columns: []listing.Column[kept]{
			{Key: "asset", Label: q.Text("industry.col.asset"), Compare: func(a, b kept) int { return strings.Compare(a.ID, b.ID) },
				Cell: func(k kept) view.Cell {
					return view.Cell{Text: q.Name(k.Name), Href: link("goods", "assets", k.Book, k.ID), Sub: k.ID}
				},
				Plain: func(k kept) string { return k.ID }},
			{Key: "state", Label: q.Text("industry.col.state"), Kind: view.StateColumn, Compare: func(a, b kept) int { return strings.Compare(a.Condition, b.Condition) },
				Cell: func(k kept) view.Cell { s := q.assetState(&k); return view.Cell{State: &s} }, Plain: func(k kept) string { return k.Status }},
			{Key: "custodian", Label: q.Text("industry.col.custodian"), Compare: func(a, b kept) int { return strings.Compare(a.Class, b.Class) },
				Cell: func(k kept) view.Cell {
					return view.Cell{Text: q.called(k.Book, "party", k.Class), Href: q.partyHref(k.Book, k.Class)}
				}, Plain: func(k kept) string { return k.Class }},
			{Key: "serial", Label: q.Text("industry.col.serial"), Kind: view.CodeColumn, Cell: func(k kept) view.Cell { return view.Cell{Text: k.fact.Serial} }, Plain: func(k kept) string { return k.fact.Serial }},
			{Key: "fund", Label: q.Text("industry.col.giver"), Compare: func(a, b kept) int { return strings.Compare(a.fact.Fund, b.fact.Fund) },
				Cell: func(k kept) view.Cell { return view.Cell{Text: q.called(k.Book, "fund", k.fact.Fund)} }, Plain: func(k kept) string { return k.fact.Fund }},
			{Key: "checked", Label: q.Text("industry.col.checked"), Compare: func(a, b kept) int { return cmp.Compare(a.Checked, b.Checked) },
				Cell: func(k kept) view.Cell { return view.Cell{Text: q.day(k.Checked)} }, Plain: func(k kept) string { return string(k.Checked) }},
			{Key: "condition", Plain: func(k kept) string { return k.Condition }},
			{Key: "commodity", Plain: func(k kept) string { return k.fact.Commodity }},
			{Key: "project", Plain: func(k kept) string { return k.Parent }},
		},
	}
}

// asset is one thing of the register with its checks and who kept it.
func (q *request) asset() error {
	ctx, book, id := q.Context(), q.PathValue("book"), q.PathValue("id")
	list, err := q.register(ctx, book)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(k kept) bool { return k.ID == id })
	if i < 0 {
		return missing("asset", book, id)
	}
	k := list[i]
	file, err := journal.File(ctx, q.db(), book, "asset", id)
	if err != nil {
		return err
	}
	slices.SortStableFunc(file, func(a, b journal.Filed) int { return cmp.Compare(a.On, b.On) })
	var line view.Timeline
	for _, e := range slices.Backward(file) {
		f, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return err
		}
		event := view.Event{Date: q.Date(e.On), DateTime: string(e.On), Icon: "check", Title: q.KindNamed(e.Kind), Who: q.called(entity.Headquarters, "person", e.Actor),
			Link: view.Link{Label: q.Text("industry.entry", book+":"+itoa(e.Seq)), Href: entryHref(book, e.Seq)}}
		switch f := f.(type) {
		case *goods.Asset:
			event.Icon, event.Text = "flag", q.Text("industry.kept-by", q.called(book, "party", f.Custodian))
		case *goods.AssetCheck:
			event.Title = q.choice("asset-check", "check", f.Check)
			event.Text = strings.TrimSpace(q.choice("asset-check", "result", f.Result) + " " + f.Note)
			if f.Check == "acceptance" {
				event.Node = view.DecisionNode
			}
		case *goods.AssetTransfer:
			event.Icon, event.Text = "forward", q.Text("industry.kept-by", q.called(book, "party", f.To))+" "+f.Reason
		}
		for _, hash := range e.Evidence[:min(len(e.Evidence), photosShown)] {
			if photo := q.pages.forms.Photo(q.Words, q.visit, hash); photo.Src != "" {
				event.Photos = append(event.Photos, photo)
			}
		}
		line = append(line, event)
	}
	state := q.assetState(&k)
	state.Pill = true
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.goods"), Href: "/goods"}, {Label: q.Text("industry.assets"), Href: "/goods/assets"}, {Label: id}},
		Title:  q.Name(k.Name), State: &state, Lead: q.write("industry.asset.lead", q.called(book, "party", k.Class), q.day(k.Checked), q.condition(k.Condition)),
		Buttons: slices.Concat(q.button("asset-check", view.Primary, "asset", id), q.button("asset-transfer", view.Ghost, "asset", id, "from", k.Class)),
	}, view.Columns{Record: true,
		Main: []view.Component{view.Section{Head: view.SectionHead{ID: "history", Title: q.Text("industry.asset.history")}, Parts: []view.Component{line}}},
		Side: []view.Component{view.Section{Head: view.SectionHead{ID: "about", Title: q.Text("industry.about")}, Parts: []view.Component{view.Facts{
			{Name: q.Text("industry.col.serial"), Value: isolated(k.fact.Serial)},
			{Name: q.Text("industry.col.custodian"), Value: linked(q.called(book, "party", k.Class), q.partyHref(book, k.Class))},
			{Name: q.Text("industry.fund"), Value: view.Plain(q.called(book, "fund", k.fact.Fund))},
			{Name: q.Text("industry.project"), Value: linked(q.project(book, k.Parent), link("projects", book, k.Parent))},
			{Name: q.Text("industry.defined"), Value: q.entryLink(book, k.Seq)},
		}}}},
	})
}
