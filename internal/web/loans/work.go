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
	f := lending.ApplicationFilter{Book: s.book, Areas: s.areas, Within: q.FormValue("town"), Status: open, Product: q.FormValue("product"), Search: strings.TrimSpace(q.FormValue("number")), Sort: q.sortKey("application")}
	if asked := q.FormValue("status"); asked != "" {
		f.Status = []string{asked}
	}
	return f
}

func (q *request) applicationColumns() []column[lending.Asked] {
	return []column[lending.Asked]{
		{key: "application", sorts: true, cell: func(a lending.Asked) view.Cell {
			return view.Cell{Text: a.ID, Href: entryHref(a.Book, a.Seq), Sub: q.words.Name(a.Purpose)}
		}, plain: func(a lending.Asked) string { return a.ID }},
		{key: "state", kind: view.StateColumn, sorts: true, cell: func(a lending.Asked) view.Cell {
			kind := map[string]view.StateKind{lending.Refused: view.Failed, lending.Contracted: view.Done, lending.TownshipPassed: view.Needs}[a.Status]
			if kind == "" {
				kind = view.Running
			}
			return view.Cell{State: &view.State{Kind: kind, Word: q.text("application." + a.Status)}}
		}, plain: func(a lending.Asked) string { return a.Status }},
		{key: "on", sorts: true, cell: func(a lending.Asked) view.Cell { return view.Cell{Text: q.date(a.On)} }, plain: func(a lending.Asked) string { return string(a.On) }},
		{key: "borrower", sorts: true, cell: func(a lending.Asked) view.Cell {
			return view.Cell{Text: q.borrowerName(a.Book, a.Borrower, a.Segment, a.Area), Href: link("borrower", a.Book, a.Borrower), Sub: q.name(a.Book, "area", a.Area)}
		}, plain: func(a lending.Asked) string { return a.Borrower }},
		{key: "product", sorts: true, cell: func(a lending.Asked) view.Cell { return view.Cell{Text: q.name(a.Book, "credit-product", a.Product)} }, plain: func(a lending.Asked) string { return a.Product }},
		{key: "amount", kind: view.NumberColumn, cell: func(a lending.Asked) view.Cell {
			return view.Cell{Text: q.money(int64(a.Amount)), Sub: q.text("months", a.Months)}
		}, plain: func(a lending.Asked) string { return a.Amount.String() }},
		{key: "months", plain: func(a lending.Asked) string { return itoa(a.Months) }},
		{key: "where", plain: func(a lending.Asked) string { return a.Area }},
		{key: "purpose", plain: func(a lending.Asked) string { return a.Purpose }},
	}
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
	f.Limit, f.Offset = pageSize, q.offset(int(total))
	list, err := lending.FindApplications(q.ctx, q.db(), f)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: address(Path, "book", s.book)}), Title: q.text("applications"), Lead: q.write("applications.lead", total)}
	for _, kind := range []string{"loan-application", "loan-check", "loan-contract"} {
		if q.visit.MayRecord(fact.Find(kind)) {
			heading.Buttons = append(heading.Buttons, view.Button{Label: q.words.KindNamed(kind), Href: form.Path + "/" + kind, Icon: "edit"})
		}
	}
	filters, err := q.filters(s, "applications")
	if err != nil {
		return err
	}
	t := drawn(q, q.applicationColumns(), list, f.Offset, int(total), f.Sort, view.Empty{Icon: "check", Title: q.text("empty.applications"), Text: q.text("empty.applications.why")})
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "applications", Title: q.text("applications"), Note: q.csvNote(q.csvHref())}, Parts: []view.Component{filters, t}})
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
	return download(q, "applications", q.applicationColumns(), list)
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

func (q *request) extensionColumns(s *scope) []column[lending.Extended] {
	return []column[lending.Extended]{
		{key: "id", compare: func(a, b lending.Extended) int { return strings.Compare(a.Loan, b.Loan) }, cell: func(x lending.Extended) view.Cell {
			segment := ""
			if p, ok, err := entity.Get(q.ctx, q.db(), s.book, "party", x.Borrower); err != nil {
				q.fault(err)
			} else if ok {
				segment = p.Class
			}
			return view.Cell{Text: x.Loan, Href: link("loan", s.book, x.Loan), Sub: q.borrowerName(s.book, x.Borrower, segment, x.Area)}
		}, plain: func(x lending.Extended) string { return x.Loan }},
		{key: "on", compare: func(a, b lending.Extended) int { return strings.Compare(string(a.On), string(b.On)) }, cell: func(x lending.Extended) view.Cell {
			return view.Cell{Text: q.date(x.On), Href: link("loan", s.book, x.Loan, "extension", itoa(x.Seq)), Sub: q.text("extension.open")}
		}, plain: func(x lending.Extended) string { return string(x.On) }},
		{key: "agreed", cell: func(x lending.Extended) view.Cell { return view.Cell{Text: q.extensionWords(x.Act)} }},
		{key: "from", plain: func(x lending.Extended) string { return string(lending.DateOf(x.Act.From)) }},
		{key: "to", plain: func(x lending.Extended) string { return string(lending.DateOf(x.Act.To)) }},
		{key: "entry", plain: func(x lending.Extended) string { return itoa(x.Seq) }},
		{key: "outstanding", kind: view.NumberColumn, cell: func(x lending.Extended) view.Cell { return view.Cell{Text: q.money(x.Outstanding)} }, plain: func(x lending.Extended) string { return fact.Money(x.Outstanding).String() }},
	}
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
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: address(Path, "book", s.book)}), Title: q.text("extensions"), Lead: q.write("extensions.lead", len(list), len(loans), q.money(left))}
	t := paged(q, q.extensionColumns(s), list, "", view.Empty{Icon: "calendar", Title: q.text("empty.extensions"), Text: q.text("empty.extensions.why")})
	filters, err := q.filters(s, "extensions")
	if err != nil {
		return err
	}
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "extensions", Title: q.text("extensions"), Note: q.csvNote(q.csvHref())}, Parts: []view.Component{filters, t}})
}

func (q *request) extensionsCSV() error {
	s, list, err := q.findExtensions()
	if err != nil {
		return err
	}
	return download(q, "extensions", q.extensionColumns(s), list)
}

func (q *request) differenceColumns() []column[lending.Difference] {
	money := func(key string, of func(lending.Difference) int64) column[lending.Difference] {
		return column[lending.Difference]{key: key, kind: view.NumberColumn, cell: func(d lending.Difference) view.Cell { return view.Cell{Text: q.money(of(d))} }, plain: func(d lending.Difference) string { return fact.Money(of(d)).String() }}
	}
	return []column[lending.Difference]{
		{key: "id", cell: func(d lending.Difference) view.Cell {
			return view.Cell{Text: d.Loan, Href: link("loan", d.Book, d.Loan)}
		}, plain: func(d lending.Difference) string { return d.Loan }},
		{key: "until", cell: func(d lending.Difference) view.Cell {
			return view.Cell{Text: q.date(d.Until), Href: entryHref(d.Book, d.Seq)}
		}, plain: func(d lending.Difference) string { return string(d.Until) }},
		{key: "what", cell: func(d lending.Difference) view.Cell { return view.Cell{Text: q.text("statement." + d.What)} }, plain: func(d lending.Difference) string { return d.What }},
		money("theirs", func(d lending.Difference) int64 { return d.Theirs }),
		money("ours", func(d lending.Difference) int64 { return d.Ours }),
		{key: "fen", kind: view.NumberColumn, cell: func(d lending.Difference) view.Cell { return view.Cell{Text: q.text("fen", d.Fen())} }, plain: func(d lending.Difference) string { return itoa(d.Fen()) }},
	}
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
		at := q.offset(loans)
		ids = ids[at:min(at+pageSize, loans)]
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
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: address(Path, "book", s.book)}), Title: q.text("statements"), Lead: q.write("statements.lead", loans, len(list))}
	if q.visit.MayRecord(fact.Find("lender-statement")) {
		heading.Buttons = append(heading.Buttons, view.Button{Label: q.text("statements.import"), Href: "/import/lender-statement", Icon: "upload"})
	}
	empty := view.Empty{Icon: "check", Title: q.text("empty.differences"), Text: q.text("empty.differences.why")}
	if loans == 0 {
		empty = view.Empty{Icon: "document", Title: q.text("empty.statements"), Text: q.text("empty.statements.why")}
	}
	t := drawn(q, q.differenceColumns(), list, 0, len(list), "", empty)
	t.Pager = drawn(q, q.differenceColumns(), list, q.offset(loans), loans, "", empty).Pager
	return q.show(heading, q.bookFilter(s, link("statements")), view.Section{Head: view.SectionHead{ID: "differences", Title: q.text("differences"), Note: q.csvNote(q.csvHref())}, Parts: []view.Component{t}})
}

func (q *request) statementsCSV() error {
	_, list, _, err := q.findDifferences(false)
	if err != nil {
		return err
	}
	return download(q, "differences", q.differenceColumns(), list)
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
	t := drawn(q, q.differenceColumns(), list, 0, len(list), "", view.Empty{Icon: "check", Title: q.text("empty.differences"), Text: q.text("empty.differences.why")})
	return view.Section{Head: view.SectionHead{ID: "differences", Title: q.text("differences")}, Parts: []view.Component{t}}, nil
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

func (q *request) subsidyColumns(s *scope) []column[lending.Subsidised] {
	return []column[lending.Subsidised]{
		{key: "id", cell: func(x lending.Subsidised) view.Cell {
			return view.Cell{Text: x.Loan, Href: link("loan", s.book, x.Loan)}
		}, plain: func(x lending.Subsidised) string { return x.Loan }},
		{key: "borrower", cell: func(x lending.Subsidised) view.Cell {
			return view.Cell{Text: x.Borrower, Href: link("borrower", s.book, x.Borrower)}
		}, plain: func(x lending.Subsidised) string { return x.Borrower }},
		{key: "from", cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.date(x.From)} }, plain: func(x lending.Subsidised) string { return string(x.From) }},
		{key: "until", cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.date(x.Until)} }, plain: func(x lending.Subsidised) string { return string(x.Until) }},
		{key: "days", kind: view.NumberColumn, cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.words.Count(x.Days)} }, plain: func(x lending.Subsidised) string { return itoa(x.Days) }},
		{key: "amount", kind: view.NumberColumn, cell: func(x lending.Subsidised) view.Cell { return view.Cell{Text: q.money(x.Amount)} }, plain: func(x lending.Subsidised) string { return fact.Money(x.Amount).String() }},
	}
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
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: address(Path, "book", s.book)}), Title: q.text("subsidies"), Lead: q.write("subsidies.lead", len(list), q.money(sum))}
	filters := view.Filters{Action: link("subsidies"), Fields: append(q.bookField(s), view.Field{Name: "quarter", Label: q.text("quarter"), Hint: q.text("quarter.hint"), Value: q.FormValue("quarter")})}
	t := paged(q, q.subsidyColumns(s), list, "", view.Empty{Icon: "yuan", Title: q.text("empty.subsidies"), Text: q.text("empty.subsidies.why")})
	return q.show(heading, view.Section{Head: view.SectionHead{ID: "subsidies", Title: q.text("subsidies"), Note: q.csvNote(q.csvHref())}, Parts: []view.Component{filters, t}})
}

func (q *request) subsidiesCSV() error {
	s, list, err := q.findSubsidies()
	if err != nil {
		return err
	}
	return download(q, "subsidies", q.subsidyColumns(s), list)
}
