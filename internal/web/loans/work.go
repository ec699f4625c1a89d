package loans

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/lending"
	"lastmile/internal/web/form"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// defining is the fact that defines a thing.
func (q *request) defining(e entity.Entity) (fact.Fact, error) {
	entry, ok, err := journal.Get(q.ctx, q.db(), e.Book, e.Seq)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s %s: entry %s:%d is missing", e.Type, e.ID, e.Book, e.Seq)
	}
	return fact.DecodeBody(entry.Kind, entry.Body, "")
}

// open are the states in which an application still waits for somebody.
var open = []string{lending.Applied, lending.VillagePassed, lending.TownshipPassed}

// applicationFilter is the list of applications that the address asks for: all that wait when it says no state.
func (q *request) applicationFilter(s *scope) lending.ApplicationFilter {
	f := lending.ApplicationFilter{Book: s.book, Areas: s.areas, Within: q.FormValue("town"), Status: open, Product: q.FormValue("product"), Search: strings.TrimSpace(q.FormValue("number")), Sort: listing.SortKey(q.URL, "application")}
	if asked := q.FormValue("status"); asked != "" {
		f.Status = []string{asked}
	}
	return f
}

func (q *request) applicationListing(rows []lending.Asked) listing.Listing[lending.Asked] {
	return listing.Listing[lending.Asked]{Label: q.label, Rows: rows, Sort: "application", Empty: view.Empty{Icon: "check", Title: q.text("empty.applications"), Text: q.text("empty.applications.why")}, Columns: []listing.Column[lending.Asked]{
		{Key: "application", Sorts: true, Cell: func(a lending.Asked) view.Cell {
			return view.Cell{Text: a.ID, Href: entryHref(a.Book, a.Seq), Sub: q.words.Name(a.Purpose)}
		}, Plain: func(a lending.Asked) string { return a.ID }},
		{Key: "state", Kind: view.StateColumn, Sorts: true, Cell: func(a lending.Asked) view.Cell {
			kind := map[string]view.StateKind{lending.Refused: view.Failed, lending.Contracted: view.Done, lending.TownshipPassed: view.Needs}[a.Status]
			if kind == "" {
				kind = view.Running
			}
			return view.Cell{State: &view.State{Kind: kind, Word: q.text("application." + a.Status)}}
		}, Plain: func(a lending.Asked) string { return a.Status }},
		{Key: "on", Sorts: true, Cell: func(a lending.Asked) view.Cell { return view.Cell{Text: q.date(a.On)} }, Plain: func(a lending.Asked) string { return string(a.On) }},
		{Key: "borrower", Sorts: true, Cell: func(a lending.Asked) view.Cell {
			return view.Cell{Text: q.borrowerName(a.Book, a.Borrower, a.Segment, a.Area), Href: link("borrower", a.Book, a.Borrower), Sub: q.name(a.Book, "area", a.Area)}
		}, Plain: func(a lending.Asked) string { return a.Borrower }},
		{Key: "product", Sorts: true, Cell: func(a lending.Asked) view.Cell { return view.Cell{Text: q.name(a.Book, "credit-product", a.Product)} }, Plain: func(a lending.Asked) string { return a.Product }},
		{Key: "amount", Kind: view.NumberColumn, Cell: func(a lending.Asked) view.Cell {
			return view.Cell{Text: q.money(int64(a.Amount)), Sub: q.text("months", a.Months)}
		}, Plain: func(a lending.Asked) string { return a.Amount.String() }},
		{Key: "months", Plain: func(a lending.Asked) string { return itoa(a.Months) }},
		{Key: "where", Plain: func(a lending.Asked) string { return a.Area }},
		{Key: "purpose", Plain: func(a lending.Asked) string { return a.Purpose }},
	}}
}

// applications are those that wait for a check or a contract.
func (q *request) applications() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	f := q.applicationFilter(s)
	total, err := lending.CountApplications(q.ctx, q.db(), f)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = listing.PageSize, listing.Offset(q.URL, int(total))
	list, err := lending.FindApplications(q.ctx, q.db(), f)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}), Title: q.text("applications"), Lead: q.write("applications.lead", total)}
	for _, kind := range []string{"loan-application", "loan-check", "loan-contract"} {
		if q.visit.MayRecord(fact.Find(kind)) {
			heading.Buttons = append(heading.Buttons, view.Button{Label: q.words.KindNamed(kind), Href: form.Path + "/" + kind, Icon: "edit"})
		}
	}
	filters, err := q.filters(s, "applications")
	if err != nil {
		return err
	}
	l := q.applicationListing(list)
	l.Total, l.Offset = int(total), f.Offset
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "applications", Title: q.text("applications.n", total), Note: q.csvNote(listing.CSVHref(q.URL))}, Parts: []view.Component{filters, l.Table(q.page.Printer, q.URL)}})
}

func (q *request) applicationsCSV() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	list, err := lending.FindApplications(q.ctx, q.db(), q.applicationFilter(s))
	if err != nil {
		return err
	}
	return download(q, "applications", q.applicationListing(list))
}

// findExtensions lists extensions, narrowed as lists of loans are.
func (q *request) findExtensions() (*scope, []lending.Extended, error) {
	s, err := q.scope()
	if err != nil {
		return nil, nil, err
	}
	f, _ := q.listed(s)
	f.Extended = true
	list, err := lending.Extensions(q.ctx, q.db(), f)
	return s, list, err
}

func (q *request) extensionListing(s *scope, rows []lending.Extended) listing.Listing[lending.Extended] {
	return listing.Listing[lending.Extended]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "calendar", Title: q.text("empty.extensions"), Text: q.text("empty.extensions.why")}, Columns: []listing.Column[lending.Extended]{
		{Key: "id", Compare: func(a, b lending.Extended) int { return strings.Compare(a.Loan, b.Loan) }, Cell: func(x lending.Extended) view.Cell {
			segment := ""
			if p, ok, err := entity.Get(q.ctx, q.db(), s.book, "party", x.Borrower); err != nil {
				q.fault(err)
			} else if ok {
				segment = p.Class
			}
			return view.Cell{Text: x.Loan, Href: link("loan", s.book, x.Loan), Sub: q.borrowerName(s.book, x.Borrower, segment, x.Area)}
		}, Plain: func(x lending.Extended) string { return x.Loan }},
		{Key: "on", Compare: func(a, b lending.Extended) int { return strings.Compare(string(a.On), string(b.On)) }, Cell: func(x lending.Extended) view.Cell {
			return view.Cell{Text: q.date(x.On), Href: link("loan", s.book, x.Loan, "extension", itoa(x.Seq)), Sub: q.text("extension.open")}
		}, Plain: func(x lending.Extended) string { return string(x.On) }},
		{Key: "agreed", Cell: func(x lending.Extended) view.Cell { return view.Cell{Text: q.extensionWords(x.Act)} }},
		{Key: "from", Plain: func(x lending.Extended) string { return string(lending.DateOf(x.Act.From)) }},
		{Key: "to", Plain: func(x lending.Extended) string { return string(lending.DateOf(x.Act.To)) }},
		{Key: "entry", Plain: func(x lending.Extended) string { return itoa(x.Seq) }},
		{Key: "outstanding", Kind: view.NumberColumn, Cell: func(x lending.Extended) view.Cell { return view.Cell{Text: q.money(x.Outstanding)} }, Plain: func(x lending.Extended) string { return fact.Money(x.Outstanding).String() }},
	}}
}

func (q *request) extensions() error {
	s, list, err := q.findExtensions()
	if err != nil {
		return err
	}
	var left int64
	loans := map[string]int64{}
	for _, x := range list {
		loans[x.Loan] = x.Outstanding
	}
	for _, fen := range loans {
		left += fen
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}), Title: q.text("extensions"), Lead: q.write("extensions.lead", len(list), len(loans), q.key(left))}
	filters, err := q.filters(s, "extensions")
	if err != nil {
		return err
	}
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "extensions", Title: q.text("extensions.n", len(list)), Note: q.csvNote(listing.CSVHref(q.URL))}, Parts: []view.Component{filters, q.extensionListing(s, list).Table(q.page.Printer, q.URL)}})
}

func (q *request) extensionsCSV() error {
	s, list, err := q.findExtensions()
	if err != nil {
		return err
	}
	return download(q, "extensions", q.extensionListing(s, list))
}

func (q *request) differenceListing(rows []lending.Difference) listing.Listing[lending.Difference] {
	money := func(key string, of func(lending.Difference) int64) listing.Column[lending.Difference] {
		return listing.Column[lending.Difference]{Key: key, Kind: view.NumberColumn, Cell: func(d lending.Difference) view.Cell { return view.Cell{Text: q.money(of(d))} }, Plain: func(d lending.Difference) string { return fact.Money(of(d)).String() }}
	}
	return listing.Listing[lending.Difference]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "check", Title: q.text("empty.differences"), Text: q.text("empty.differences.why")}, Columns: []listing.Column[lending.Difference]{
		{Key: "id", Cell: func(d lending.Difference) view.Cell {
			return view.Cell{Text: d.Loan, Href: link("loan", d.Book, d.Loan)}
		}, Plain: func(d lending.Difference) string { return d.Loan }},
		{Key: "until", Cell: func(d lending.Difference) view.Cell {
			return view.Cell{Text: q.date(d.Until), Href: entryHref(d.Book, d.Seq)}
		}, Plain: func(d lending.Difference) string { return string(d.Until) }},
		{Key: "what", Cell: func(d lending.Difference) view.Cell { return view.Cell{Text: q.text("statement." + d.What)} }, Plain: func(d lending.Difference) string { return d.What }},
		money("theirs", func(d lending.Difference) int64 { return d.Theirs }),
		money("ours", func(d lending.Difference) int64 { return d.Ours }),
		{Key: "fen", Kind: view.NumberColumn, Cell: func(d lending.Difference) view.Cell { return view.Cell{Text: q.text("fen", d.Fen())} }, Plain: func(d lending.Difference) string { return itoa(d.Fen()) }},
	}}
}

// mirroredMax bounds the loans whose statements are compared for one page or file.
const mirroredMax = 2000

// findDifferences compares the statements of the visitor's mirrored loans, or of one page of them.
func (q *request) findDifferences(page bool) (s *scope, list []lending.Difference, loans int, err error) {
	if s, err = q.scope(); err != nil {
		return nil, nil, 0, err
	}
	ids, err := lending.Mirrored(q.ctx, q.db(), s.filter())
	if err != nil {
		return nil, nil, 0, err
	}
	loans = len(ids)
	if page {
		at := listing.Offset(q.URL, loans)
		ids = ids[at:min(at+listing.PageSize, loans)]
	}
	for _, id := range ids[:min(len(ids), mirroredMax)] {
		some, err := lending.Differences(q.ctx, q.db(), s.book, id)
		if err != nil {
			return nil, nil, 0, err
		}
		list = append(list, some...)
	}
	return s, list, loans, nil
}

// statements are the lenders' statements beside our shadow of their loans, each difference in fen.
func (q *request) statements() error {
	s, list, loans, err := q.findDifferences(true)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}), Title: q.text("statements"), Lead: q.write("statements.lead", loans, len(list))}
	if q.visit.MayRecord(fact.Find("lender-statement")) {
		heading.Buttons = append(heading.Buttons, view.Button{Label: q.text("statements.import"), Href: "/import/lender-statement", Icon: "upload"})
	}
	l := q.differenceListing(list)
	l.Total, l.Offset = loans, listing.Offset(q.URL, loans) // a page has the differences of so many loans
	if loans == 0 {
		l.Empty = view.Empty{Icon: "document", Title: q.text("empty.statements"), Text: q.text("empty.statements.why")}
	}
	return q.show(heading, q.bookFilter(s, link("statements")), view.Section{Head: view.SectionHead{ID: "differences", Title: q.text("differences"), Note: q.csvNote(listing.CSVHref(q.URL))}, Parts: []view.Component{l.Table(q.page.Printer, q.URL)}})
}

func (q *request) statementsCSV() error {
	_, list, _, err := q.findDifferences(false)
	if err != nil {
		return err
	}
	return download(q, "differences", q.differenceListing(list))
}

// loanStatements are the differences of one mirrored loan; nil for one of our own books.
func (q *request) loanStatements(l *lending.Loan) (view.Component, error) {
	ids, err := lending.Mirrored(q.ctx, q.db(), lending.Filter{Book: l.Book, Search: l.ID})
	if err != nil || !slices.Contains(ids, l.ID) {
		return nil, err
	}
	list, err := lending.Differences(q.ctx, q.db(), l.Book, l.ID)
	if err != nil {
		return nil, err
	}
	return view.Section{Head: view.SectionHead{ID: "differences", Title: q.text("differences")}, Parts: []view.Component{q.differenceListing(list).Table(q.page.Printer, q.URL)}}, nil
}

// findSubsidies lists what was subsidised in the quarter that the address asks for, or in all.
func (q *request) findSubsidies() (*scope, []lending.Subsidised, error) {
	s, err := q.scope()
	if err != nil {
		return nil, nil, err
	}
	from, until := date.Date("0001-01-01"), date.Date("9999-12-31")
	if quarter := q.FormValue("quarter"); quarter != "" {
		var year, n int
		if _, err := fmt.Sscanf(quarter, "%d-%d", &year, &n); err != nil || n < 1 || n > 4 || year < 1 || year > 9999 {
			return nil, nil, fault.New(fault.Invalid, "parameter.wrong", "the parameter %s cannot be read: %s", "quarter", quarter).Mend("Write it as 2020-3.")
		}
		from = date.New(year, time.Month(3*n-2), 1)
		until = date.New(year, time.Month(3*n+1), 1).AddDays(-1)
	}
	list, err := lending.Subsidies(q.ctx, q.db(), s.filter(), from, until)
	return s, list, err
}

func (q *request) subsidyListing(s *scope, rows []lending.Subsidised) listing.Listing[lending.Subsidised] {
	return listing.Listing[lending.Subsidised]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "yuan", Title: q.text("empty.subsidies"), Text: q.text("empty.subsidies.why")}, Columns: []listing.Column[lending.Subsidised]{
		{Key: "id", Cell: func(x lending.Subsidised) view.Cell {
			return view.Cell{Text: x.Loan, Href: link("loan", s.book, x.Loan)}
		}, Plain: func(x lending.Subsidised) string { return x.Loan }},
		{Key: "borrower", Cell: func(x lending.Subsidised) view.Cell {
			return view.Cell{Text: x.Borrower, Href: link("borrower", s.book, x.Borrower)}
		}, Plain: func(x lending.Subsidised) string { return x.Borrower }},
		{Key: "from", Cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.date(x.From)} }, Plain: func(x lending.Subsidised) string { return string(x.From) }},
		{Key: "until", Cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.date(x.Until)} }, Plain: func(x lending.Subsidised) string { return string(x.Until) }},
		{Key: "days", Kind: view.NumberColumn, Cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.words.Count(x.Days)} }, Plain: func(x lending.Subsidised) string { return itoa(x.Days) }},
		{Key: "amount", Kind: view.NumberColumn, Cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.money(x.Amount)} }, Plain: func(x lending.Subsidised) string { return fact.Money(x.Amount).String() }},
	}}
}

// subsidies is the list by which interest subsidies of a quarter are claimed.
func (q *request) subsidies() error {
	s, list, err := q.findSubsidies()
	if err != nil {
		return err
	}
	var sum int64
	for _, x := range list {
		sum += x.Amount
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}), Title: q.text("subsidies"), Lead: q.write("subsidies.lead", len(list), q.key(sum))}
	filters := view.Filters{Action: link("subsidies"), Fields: append(q.bookField(s), view.Field{Name: "quarter", Label: q.text("quarter"), Hint: q.text("quarter.hint"), Value: q.FormValue("quarter")})}
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "subsidies", Title: q.text("subsidies.n", len(list)), Note: q.csvNote(listing.CSVHref(q.URL))}, Parts: []view.Component{filters, q.subsidyListing(s, list).Table(q.page.Printer, q.URL)}})
}

func (q *request) subsidiesCSV() error {
	s, list, err := q.findSubsidies()
	if err != nil {
		return err
	}
	return download(q, "subsidies", q.subsidyListing(s, list))
}
