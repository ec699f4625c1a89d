package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// money is what the programme holds and owes: funds, accounts, goods in store, transfers on the way.
func (q *request) money() error {
	at := figure.At{AsOf: q.read.Today}
	row, err := q.keyRow([]string{"funds-injected", directFunds, "commitments-balance", "treasury-balance"}, at)
	if err != nil {
		return err
	}
	funds, err := q.fundSection(at)
	if err != nil {
		return err
	}
	held, err := q.heldSection()
	if err != nil {
		return err
	}
	goods, err := q.stockSection()
	if err != nil {
		return err
	}
	way, err := q.waySection()
	if err != nil {
		return err
	}
	heading := view.Heading{
		Eyebrow: []string{q.text("nav.money"), q.asOfText(at.AsOf)}, Title: q.text("money.title"), Lead: view.Plain(q.text("money.lead")), Hush: q.keptBack(),
		Buttons: []view.Button{{Label: q.text("money.flow"), Icon: "forward", Href: "/flow"}, {Label: q.text("money.accounts"), Icon: "ledger", Href: "/accounts"}},
	}
	return q.show(heading, append(row, funds, view.Columns{Main: []view.Component{held}, Side: []view.Component{goods, way}})...)
}

// fundSection lists the funds with what came in and what they paid.
func (q *request) fundSection(at figure.At) (view.Component, error) {
	list, err := entity.Find(q.ctx, q.site.store.DB, entity.Filter{Book: entity.Headquarters, Type: "fund"})
	if err != nil {
		return nil, err
	}
	left, err := q.leftByFund()
	if err != nil {
		return nil, err
	}
	t := view.Table{
		Columns: []view.Column{{Label: q.text("column.fund")}, {Label: q.text("column.giver")}, {Label: q.text("column.restricted")}, {Label: q.text("column.injected"), Kind: view.NumberColumn}, {Label: q.text("column.paid"), Kind: view.NumberColumn}, {Label: q.text("column.left"), Kind: view.NumberColumn}},
		Empty:   &view.Empty{Icon: "yuan", Title: q.text("funds.empty"), Text: q.text("funds.empty.text")},
	}
	for _, f := range list {
		fundAt := figure.At{AsOf: at.AsOf, Filter: figure.Filter{Fund: f.ID}}
		in, err := q.fundCell("funds-injected", fundAt)
		if err != nil {
			return nil, err
		}
		out, err := q.fundCell(directFunds, fundAt)
		if err != nil {
			return nil, err
		}
		restricted := q.text("fund.free")
		if f.Class != "" {
			restricted = q.choice("fund", "channel", f.Class)
		}
		rest := view.Cell{Text: none}
		if in.Figure != nil || left[f.ID] != 0 {
			rest = view.Cell{Text: q.Printer.Money(left[f.ID], yuan), Href: listing.Address("/accounts", "fund", f.ID, "commodity", ledger.Currency)}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{
			{Text: q.name(f.Name), Href: q.seenEntryHref(f.Book, f.Seq), Sub: f.ID}, {Text: q.giverName(f.Parent)}, {Text: restricted}, in, out, rest,
		}})
	}
	return view.Section{Head: view.SectionHead{ID: "funds", Title: q.text("money.funds", len(list)), Note: view.Plain(q.text("money.funds.note"))}, Parts: []view.Component{t}}, nil
}

// fundCell is a figure of one fund; a fund of goods has none.
func (q *request) fundCell(id string, at figure.At) (view.Cell, error) {
	v, err := q.evaluate(id, at)
	if err != nil || v == nil || v.Of == 0 {
		return view.Cell{Text: none}, err
	}
	open := q.figureLink(v)
	return view.Cell{Figure: &open}, nil
}

// balances are what accounts that the reader may see hold, of those for which keep holds.
func (q *request) balances(f ledger.BalanceFilter, keep func(ledger.Balance) bool) ([]ledger.Balance, error) {
	all, err := reading.Remember(q.ctx, q.read.Results, fmt.Sprint("balances ", f), func(ctx context.Context) ([]ledger.Balance, error) {
		return ledger.FindBalances(ctx, q.site.store.DB, f)
	})
	var kept []ledger.Balance
	for _, b := range all {
		if keep(b) && q.sees(b.Area) {
			kept = append(kept, b)
		}
	}
	return kept, err
}

func isMoney(b ledger.Balance) bool { return b.Commodity == ledger.Currency }

// inside is the money in the programme's own accounts.
func (q *request) inside() ([]ledger.Balance, error) {
	return q.balances(ledger.BalanceFilter{Inside: true}, isMoney)
}

// leftByFund adds up what the programme still holds of each fund's money.
func (q *request) leftByFund() (map[string]int64, error) {
	list, err := q.inside()
	left := map[string]int64{}
	for _, b := range list {
		left[b.Fund] += b.Amount
	}
	return left, err
}

// heldSection lists what the programme's accounts hold of money.
func (q *request) heldSection() (view.Component, error) {
	list, err := q.inside()
	if err != nil {
		return nil, err
	}
	var total int64
	for _, b := range list {
		total += b.Amount
	}
	l := q.balanceListing(list)
	l.Sort = "-amount"
	l.Columns = slices.DeleteFunc(l.Columns, func(c listing.Column[ledger.Balance]) bool { return c.Key == "commodity" }) // all is money
	l.Empty = view.Empty{Icon: "yuan", Title: q.text("money.held.empty"), Text: q.text("money.held.empty.text")}
	return view.Section{Head: view.SectionHead{ID: "held", Title: q.text("money.held"), Note: q.write("money.held.note", view.Link{Label: q.Printer.Money(total, yuan), Href: listing.Address("/accounts", "commodity", ledger.Currency)})}, Parts: []view.Component{l.Table(q.Printer, q.URL)}}, nil
}

// stockSection lists the goods in the projects' stores.
func (q *request) stockSection() (view.Component, error) {
	list, err := q.balances(ledger.BalanceFilter{Class: string(ledger.Store)}, func(ledger.Balance) bool { return true })
	if err != nil {
		return nil, err
	}
	t := view.Table{
		Columns: []view.Column{{Label: q.text("column.commodity")}, {Label: q.text("column.project")}, {Label: q.text("column.quantity"), Kind: view.NumberColumn}},
		Empty:   &view.Empty{Icon: "box", Title: q.text("stock.empty"), Text: q.text("stock.empty.text")},
	}
	for _, b := range list {
		href := link("accounts", b.Book, b.ID)
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.commodity(b.Commodity), Href: href, Sub: q.fund(b.Fund)}, {Text: q.projectName(b.Project), Href: link("projects", b.Book, b.Project)}, {Text: q.Printer.Count(b.Amount), Href: href}}})
	}
	return view.Section{Head: view.SectionHead{ID: "stock", Title: q.text("money.stock")}, Parts: []view.Component{t}}, nil
}

// waySection lists transfers whose two halves do not agree.
func (q *request) waySection() (view.Component, error) {
	list, err := reading.Remember(q.ctx, q.read.Results, "on the way", func(ctx context.Context) ([]programme.OnTheWay, error) {
		return programme.Unmatched(ctx, q.site.store.DB)
	})
	if err != nil {
		return nil, err
	}
	t := view.Table{
		Columns: []view.Column{{Label: q.text("column.transfer")}, {Label: q.text("column.fund")}, {Label: q.text("column.amount"), Kind: view.NumberColumn}},
		Empty:   &view.Empty{Icon: "check", Title: q.text("way.empty"), Text: q.text("way.empty.text")},
	}
	for _, w := range list {
		if sees, err := q.seesTransfer(w.Transfer); err != nil || !sees {
			if err != nil {
				return nil, err
			}
			continue
		}
		href := listing.Address("/postings", "account", string(ledger.Transit)+":"+w.Transfer)
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: w.Transfer, Href: href}, {Text: q.fund(w.Fund)}, {Text: q.amount(w.Amount, w.Commodity), Href: href}}})
	}
	return view.Section{Head: view.SectionHead{ID: "way", Title: q.text("money.way")}, Parts: []view.Component{t}}, nil
}

// seesTransfer tells whether the reader may see a transfer: one to or from an area that they serve.
func (q *request) seesTransfer(id string) (bool, error) {
	if !q.limited() {
		return true, nil
	}
	books, err := q.seenBooks()
	if err != nil {
		return false, err
	}
	for _, book := range books {
		a, ok, err := q.findAccount(book, string(ledger.Transit)+":"+id)
		if err != nil {
			return false, err
		}
		if ok && q.sees(a.Area) {
			return true, nil
		}
	}
	return false, nil
}

// classes of accounts in the order in which they are offered; the first ones are inside.
var classes = []ledger.Class{ledger.Treasury, ledger.Commitment, ledger.Store, ledger.Budget, ledger.Used, ledger.Donor, ledger.Supply, ledger.Recipient, ledger.Loss, ledger.Transit}

// accounts lists what accounts hold.
func (q *request) accounts() error {
	l, err := q.accountListing()
	if err != nil {
		return err
	}
	books, err := q.offeredBooks()
	if err != nil {
		return err
	}
	filters := view.Filters{Action: "/accounts", Fields: []view.Field{
		{Kind: view.SelectField, Name: "book", Label: q.text("column.book"), Options: q.options("book", func(add func(value, label string)) {
			add(entity.Headquarters, q.bookName(entity.Headquarters))
			for _, b := range books {
				add(b.ID, q.bookName(b.ID))
			}
		})},
		{Kind: view.SelectField, Name: "class", Label: q.text("column.class"), Options: q.options("class", func(add func(value, label string)) {
			for _, c := range classes {
				add(string(c), q.text("class."+string(c)))
			}
		})},
	}}
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.money"), Href: "/money"}, {Label: q.text("accounts.title")}},
		Title:  q.text("accounts.title"), Lead: view.Plain(q.text("accounts.lead")), Hush: q.keptBack(),
	}, view.Section{Head: view.SectionHead{ID: "accounts", Title: q.text("accounts.count", len(l.Rows)), Note: q.write("ways.csv", view.Link{Label: "CSV", Href: listing.CSVHref(q.URL)})},
		Parts: []view.Component{filters, l.Table(q.Printer, q.URL)}})
}

func (q *request) accountsCSV() error {
	l, err := q.accountListing()
	if err != nil {
		return err
	}
	return download(q, "accounts", l)
}

func (q *request) accountListing() (listing.Listing[ledger.Balance], error) {
	f := ledger.BalanceFilter{Book: q.FormValue("book"), Class: q.FormValue("class"), Commodity: q.FormValue("commodity"), Project: q.FormValue("project")}
	f.Inside = f.Class == ""
	fund := q.FormValue("fund")
	list, err := q.balances(f, func(b ledger.Balance) bool { return fund == "" || b.Fund == fund })
	return q.balanceListing(list), err
}

func (q *request) balanceListing(list []ledger.Balance) listing.Listing[ledger.Balance] {
	return listing.Listing[ledger.Balance]{
		Label: q.column, Rows: list,
		Empty: view.Empty{Icon: "ledger", Title: q.text("accounts.empty"), Text: q.text("accounts.empty.text")},
		Columns: []listing.Column[ledger.Balance]{
			{Key: "account", Compare: func(a, b ledger.Balance) int { return strings.Compare(a.ID, b.ID) },
				Cell: func(b ledger.Balance) view.Cell {
					c := q.accountCell(b.Book, b.ID)
					c.Sub = q.bookName(b.Book)
					return c
				}, Plain: func(b ledger.Balance) string { return b.Book + "/" + b.ID }},
			{Key: "commodity", Kind: view.WholeColumn, Compare: func(a, b ledger.Balance) int { return strings.Compare(a.Commodity, b.Commodity) },
				Cell: func(b ledger.Balance) view.Cell { return view.Cell{Text: q.commodity(b.Commodity)} }, Plain: func(b ledger.Balance) string { return b.Commodity }},
			{Key: "fund", Compare: func(a, b ledger.Balance) int { return strings.Compare(a.Fund, b.Fund) },
				Cell: func(b ledger.Balance) view.Cell { return view.Cell{Text: q.fund(b.Fund)} }, Plain: func(b ledger.Balance) string { return b.Fund }},
			{Key: "amount", Kind: view.NumberColumn, Compare: func(a, b ledger.Balance) int { return cmp.Compare(a.Amount, b.Amount) },
				Cell: func(b ledger.Balance) view.Cell {
					return view.Cell{Text: q.amount(b.Amount, b.Commodity), Href: listing.Address("/postings", "book", b.Book, "account", b.ID, "commodity", b.Commodity, "fund", b.Fund)}
				}, Plain: func(b ledger.Balance) string { return q.decimal(b.Amount, b.Commodity) }},
		},
	}
}

// accountName says whose account it is and what for.
func (q *request) accountName(book, id string) string {
	return q.words().Account(id, func(typ, id string) string {
		switch typ {
		case "project":
			return q.projectName(id)
		case "area":
			return q.areaName(id)
		}
		e, _ := q.entity(book, typ, id)
		return q.name(e.Name)
	})
}

// accountCell is an account that leads to its page.
func (q *request) accountCell(book, id string) view.Cell {
	return view.Cell{Text: q.accountName(book, id), Href: q.accountHref(book, id)}
}

// account is one account: what it holds, of which funds, and how it came there.
func (q *request) account() error {
	book, id := q.PathValue("book"), q.PathValue("id")
	a, ok, err := q.findAccount(book, id)
	if err != nil {
		return err
	}
	if !ok {
		return missing("account.unknown", "there is no account %s in book %s", id, book)
	}
	if !q.sees(a.Area) {
		return q.hidden(a.Area)
	}
	balances, err := ledger.FindBalances(q.ctx, q.site.store.DB, ledger.BalanceFilter{Book: book, Account: id})
	if err != nil {
		return err
	}
	facts := view.Facts{{Name: q.text("column.book"), Value: view.Plain(q.bookName(book))}, {Name: q.text("column.class"), Value: view.Plain(q.text("class." + string(a.Class)))}}
	if e, ok := q.entity(book, "party", a.Owner); ok {
		facts = append(facts, view.Fact{Name: q.text("column.owner"), Value: q.reference(book, "party", e.ID)})
	}
	if a.Project != "" {
		facts = append(facts, view.Fact{Name: q.text("column.project"), Value: q.reference(book, "project", a.Project)})
	}
	list, err := q.postingTable(postingFilter{book: book, account: id})
	if err != nil {
		return err
	}
	l := q.balanceListing(balances)
	l.Empty = view.Empty{Icon: "yuan", Title: q.text("account.empty"), Text: q.text("account.empty.text")}
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.money"), Href: "/money"}, {Label: q.text("accounts.title"), Href: "/accounts"}, {Label: id}},
		Title:  q.accountName(book, id), Lead: view.Plain(q.text("account.lead." + side(a.Class))),
	}, view.Columns{
		Main: []view.Component{view.Section{Head: view.SectionHead{ID: "balances", Title: q.text("account.balances")}, Parts: []view.Component{l.Table(q.Printer, q.URL)}}},
		Side: []view.Component{view.Section{Head: view.SectionHead{ID: "account", Title: q.text("account.about")}, Parts: []view.Component{facts}}},
	}, view.Section{Head: view.SectionHead{ID: "postings", Title: q.text("account.postings"), Note: q.write("account.postings.note", view.Link{Label: q.text("postings.all"), Href: listing.Address("/postings", "book", book, "account", id)})},
		Parts: []view.Component{list}})
}

func side(c ledger.Class) string {
	if c.Outside() {
		return "outside"
	}
	return "inside"
}

// party is one party: who it is and what it gave or received.
func (q *request) party() error {
	book, id := q.PathValue("book"), q.PathValue("id")
	e, ok := q.entity(book, "party", id)
	if !ok || e.Book != book {
		return missing("party.unknown", "there is no party %s in book %s", id, book)
	}
	entry, f, err := q.recorded(e.Book, e.Seq)
	if err != nil {
		return err
	}
	if !q.seesEntry(&entry) {
		return q.hidden(entry.Area)
	}
	accounts, err := q.accountsOf(id)
	if err != nil {
		return err
	}
	accounts = slices.DeleteFunc(accounts, func(a ledger.Account) bool { return !q.sees(a.Area) })
	body := []view.Component{view.Section{Head: view.SectionHead{ID: "party", Title: q.text("party.about"), Note: q.write("party.note", view.Link{Label: q.text("entry.number", countOf(e.Seq)), Href: entryHref(e.Book, e.Seq)})},
		Parts: []view.Component{q.factFields(&entry, f)}}}
	for _, a := range accounts {
		list, err := q.postingTable(postingFilter{book: a.Book, account: a.ID})
		if err != nil {
			return err
		}
		body = append(body, view.Section{Head: view.SectionHead{ID: "account-" + a.Book + "-" + string(a.Class), Title: q.text("class."+string(a.Class)) + q.text("list.of") + q.bookName(a.Book),
			Note: q.write("account.postings.note", view.Link{Label: q.text("postings.all"), Href: listing.Address("/postings", "book", a.Book, "account", a.ID)})}, Parts: []view.Component{list}})
	}
	if len(accounts) == 0 {
		body = append(body, view.Empty{Icon: "yuan", Title: q.text("party.empty"), Text: q.text("party.empty.text")})
	}
	heading := view.Heading{Crumbs: []view.Link{{Label: q.text("nav.money"), Href: "/money"}, {Label: q.choice("party", "kind", e.Class)}, {Label: id}}, Title: q.name(e.Name)}
	return q.show(heading, body...)
}

func countOf(n int64) string { return figure.FormatDecimal(n, 0) }
