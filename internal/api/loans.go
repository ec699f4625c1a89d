package api

import (
	"context"
	"slices"

	"lastmile/internal/access"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/lending"
	"lastmile/internal/lending/servicing"
)

var pathLoan = param{"id", "path", "Number of the loan.", true}

// loanOperations read what is lent, due, late and guaranteed, and close the day.
func loanOperations() []operation {
	narrow := []param{oneBook, {"status", "query", "agreed, active, repaid or written-off.", false}, {"class", "query", "One of the five classes of risk.", false}, {"product", "query", "Of one product.", false},
		{"borrower", "query", "Of one borrower.", false}, {"lender", "query", "Of one lender.", false}, {"pool", "query", "Under one pool.", false}, {"outlet", "query", "Of one outlet.", false}, {"town", "query", "In one town.", false},
		{"village", "query", "In one village.", false}, {"segment", "query", "enterprise or household.", false}, {"extended", "query", "true for those that were extended.", false}, {"text", "query", "Beginning of the number or of the borrower's code.", false}}
	return []operation{
		{method: "GET", path: "/loans", id: "listLoans", summary: "Loans as the last close of day found them, county by county: all, those due soon, or those in arrears", scope: read,
			params: slices.Concat(narrow, []param{{"list", "query", "all, due or arrears; all when left out.", false}, {"days", "query", "How far ahead the list of what is due looks, 0 to 366; 30 when left out.", false}, cursor, limit}), result: Loans{}, do: listLoans},
		{method: "GET", path: "/loans/portfolio", id: "getPortfolio", summary: "What is lent and what of it is at risk, by a dimension", scope: read,
			params: []param{oneBook, {"by", "query", "segment, outlet, town, village, lender, product, pool or borrower; the whole when left out.", false}}, result: Portfolio{}, do: getPortfolio},
		{method: "GET", path: "/loans/extensions", id: "listExtensions", summary: "Extensions of loans, the latest first", scope: read, params: []param{oneBook, cursor, limit}, result: Extensions{}, do: listExtensions},
		{method: "GET", path: "/loans/payments", id: "listPayments", summary: "Payments on loans, the latest first", scope: read,
			params: []param{oneBook, {"from", "query", "First day; 30 days ago when left out.", false}, {"until", "query", "Last day; today when left out.", false}, cursor, limit}, result: Payments{}, do: listPayments},
		{method: "GET", path: "/loans/differences", id: "listDifferences", summary: "Where lenders' statements and our shadow of their loans do not agree", scope: read, params: []param{oneBook, cursor, limit}, result: Differences{}, do: listDifferences},
		{method: "GET", path: "/loans/subsidies", id: "listSubsidies", summary: "Interest that was subsidised, for periods that end between two days", scope: read,
			params: []param{oneBook, {"from", "query", "First day.", false}, {"until", "query", "Last day.", false}, cursor, limit}, result: Subsidies{}, do: listSubsidies},
		{method: "GET", path: "/loans/closing", id: "getClosing", summary: "Closes of day, and the loans that could not be closed", scope: read, params: []param{oneBook, cursor, limit}, result: Closing{}, do: getClosing},
		{method: "POST", path: "/loans/closing", id: "closeDay", summary: "Close the day now, in the background", scope: record, result: Progress{}, do: closeDay},
		{method: "GET", path: "/loans/{book}/{id}", id: "getLoan", summary: "One loan on a day: what is owed, its schedule, its payments and its history", scope: read,
			params: []param{pathBook, pathLoan, {"on", "query", "The day; that of the last close when left out.", false}}, result: LoanAccount{}, do: getLoan},
		{method: "GET", path: "/pools", id: "listPools", summary: "Guarantee pools with their accounts, for those who serve all of their county", scope: read, params: []param{oneBook}, result: Pools{}, do: listPools},
		{method: "GET", path: "/pools/{book}/{id}", id: "getPool", summary: "One pool with what it paid", scope: read, params: []param{pathBook, pathID}, result: PoolFile{}, do: getPool},
	}
}

// Loans is a page of loans.
type Loans struct {
	Loans []Loan    `json:"loans"`
	Sums  *LoanSums `json:"sums,omitempty" doc:"Over all loans of the list, on its first page."`
	Next  string    `json:"next,omitempty" doc:"Cursor of the next page; left out on the last."`
}

// LoanSums adds up a list of loans.
type LoanSums struct {
	Loans       int64      `json:"loans"`
	Disbursed   fact.Money `json:"disbursed"`
	Outstanding fact.Money `json:"outstanding"`
	Due         fact.Money `json:"due" doc:"Due and unpaid."`
	NextDue     fact.Money `json:"next_due"`
}

// Loan is a loan in a list, as the last close of day found it.
type Loan struct {
	Book          string     `json:"book"`
	ID            string     `json:"id"`
	Product       string     `json:"product"`
	Borrower      string     `json:"borrower"`
	Segment       string     `json:"segment" doc:"enterprise or household."`
	Lender        string     `json:"lender"`
	Money         string     `json:"money" doc:"Whose: bank, social or pool."`
	Pool          string     `json:"pool,omitempty"`
	Area          string     `json:"area"`
	Outlet        string     `json:"outlet,omitempty"`
	Status        string     `json:"status" doc:"agreed, active, repaid or written-off."`
	Class         string     `json:"class,omitempty"`
	Extensions    int64      `json:"extensions"`
	Agreed        fact.Money `json:"agreed"`
	Disbursed     fact.Money `json:"disbursed"`
	Outstanding   fact.Money `json:"outstanding"`
	Due           fact.Money `json:"due" doc:"Due and unpaid."`
	Days          int64      `json:"days_past_due"`
	NextDueOn     date.Date  `json:"next_due_on,omitempty"`
	NextDue       fact.Money `json:"next_due"`
	ClosedThrough date.Date  `json:"closed_through,omitempty" doc:"Day of the last close; left out when the loan was never closed."`
	Behind        bool       `json:"behind,omitempty" doc:"Something was recorded since."`
}

func showLoan(l *lending.Line) Loan {
	return Loan{Book: l.Book, ID: l.ID, Product: l.Product, Borrower: l.Borrower, Segment: l.Segment, Lender: l.Lender, Money: l.Money, Pool: l.Pool, Area: l.Area, Outlet: l.Outlet, Status: l.Status, Class: l.Class,
		Extensions: l.Extensions, Agreed: fact.Money(l.Agreed), Disbursed: fact.Money(l.Disbursed), Outstanding: fact.Money(l.Outstanding), Due: fact.Money(l.Due), Days: l.Days, NextDueOn: l.NextDueOn,
		NextDue: fact.Money(l.NextDue), ClosedThrough: l.ClosedThrough, Behind: l.Behind}
}

// loansOf is the filter of a county's loans, narrowed to what the caller serves of it.
func loansOf(c access.County) lending.Filter {
	return lending.Filter{Book: c.Book, Areas: c.Parts, Is: map[string]string{}}
}

// closedThrough is the day through which a book was last closed; today when it never was.
func (q *call) closedThrough(book string) (date.Date, error) {
	through, err := lending.ClosedThrough(q.ctx, q.db(), book)
	if through == "" {
		through = q.today()
	}
	return through, err
}

// loanFilter is what the parameters ask of a county's loans.
func (q *call) loanFilter(c access.County) (lending.Filter, error) {
	values := q.URL.Query()
	f := loansOf(c)
	for _, key := range []string{"borrower", "outlet", "town", "village", "lender", "product", "pool", "segment", "status", "class"} {
		f.Is[key] = values.Get(key)
	}
	f.Search, f.Extended = values.Get("text"), values.Get("extended") == "true"
	switch values.Get("list") {
	case "", "all":
	case "due":
		days, err := q.number("days", 30, 366)
		if err != nil {
			return f, err
		}
		if f.DueFrom, err = q.closedThrough(c.Book); err != nil {
			return f, err
		}
		f.DueUntil, f.Sort = f.DueFrom.AddDays(days), "next"
	case "arrears":
		f.PastDue, f.Sort = true, "-days"
	default:
		return f, parameter("list", values.Get("list"))
	}
	return f, nil
}

func listLoans(q *call) (any, error) {
	n, err := q.limit()
	if err != nil {
		return nil, err
	}
	fromBook, skip, err := q.cursor()
	if err != nil {
		return nil, err
	}
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	list := Loans{Loans: []Loan{}}
	if fromBook == "" {
		list.Sums = &LoanSums{}
	}
	for _, c := range counties {
		f, err := q.loanFilter(c)
		if err != nil {
			return nil, err
		}
		if list.Sums != nil {
			sums, err := lending.Add(q.ctx, q.db(), f)
			if err != nil {
				return nil, err
			}
			list.Sums.add(&sums)
		}
		if c.Book < fromBook || list.Next != "" {
			continue
		}
		f.Limit, f.Offset = n-len(list.Loans)+1, 0
		if c.Book == fromBook {
			f.Offset = int(skip)
		}
		lines, err := lending.Find(q.ctx, q.db(), f)
		if err != nil {
			return nil, err
		}
		if len(lines) == f.Limit {
			lines = lines[:f.Limit-1]
			list.Next = makeCursor(c.Book, int64(f.Offset+len(lines)))
		}
		list.Loans = append(list.Loans, each(lines, showLoan)...)
	}
	return list, nil
}

func (s *LoanSums) add(of *lending.Sums) {
	s.Loans += of.Loans
	s.Disbursed += fact.Money(of.Disbursed)
	s.Outstanding += fact.Money(of.Outstanding)
	s.Due += fact.Money(of.Due)
	s.NextDue += fact.Money(of.NextDue)
}

// Portfolio is what is lent, in parts.
type Portfolio struct {
	Parts []PortfolioPart `json:"parts"`
}

// PortfolioPart is a part of a county's portfolio. What was extended is always a part of its own.
type PortfolioPart struct {
	Book        string     `json:"book"`
	Key         string     `json:"key" doc:"Member of the dimension; empty for the whole."`
	Extended    bool       `json:"extended"`
	Loans       int64      `json:"loans"`
	Outstanding fact.Money `json:"outstanding"`
	WrittenOff  fact.Money `json:"written_off"`
	Largest     fact.Money `json:"largest" doc:"Outstanding of the largest loan."`
	Risk        []Risk     `json:"risk"`
	Classes     []Class    `json:"classes"`
}

// Risk is the outstanding principal of loans that are past due by more than some days.
type Risk struct {
	Days        int        `json:"days"`
	Outstanding fact.Money `json:"outstanding"`
}

// Class is the outstanding principal of a class of risk.
type Class struct {
	Class       string     `json:"class"`
	Outstanding fact.Money `json:"outstanding"`
}

func getPortfolio(q *call) (any, error) {
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	p := Portfolio{Parts: []PortfolioPart{}}
	for _, c := range counties {
		parts, err := lending.Portfolio(q.ctx, q.db(), c.Book, q.URL.Query().Get("by"), c.Parts...)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			x := PortfolioPart{Book: c.Book, Key: part.Key, Extended: part.Extended, Loans: part.Loans, Outstanding: fact.Money(part.Outstanding), WrittenOff: fact.Money(part.WrittenOff), Largest: fact.Money(part.Largest)}
			for i, days := range lending.RiskDays {
				x.Risk = append(x.Risk, Risk{days, fact.Money(part.Risk[i])})
			}
			for i, class := range lending.Classes {
				x.Classes = append(x.Classes, Class{class, fact.Money(part.Class[i])})
			}
			p.Parts = append(p.Parts, x)
		}
	}
	return p, nil
}

// loansListed reads a list of loans' happenings of every county in which the caller serves something.
func loansListed[T, U any](q *call, read func(ctx context.Context, c access.County) ([]T, error), show func(book string, t *T) U) (page []U, next string, err error) {
	counties, err := q.counties()
	if err != nil {
		return nil, "", err
	}
	all := []U{}
	for _, c := range counties {
		list, err := read(q.ctx, c)
		if err != nil {
			return nil, "", err
		}
		all = append(all, each(list, func(t *T) U { return show(c.Book, t) })...)
	}
	return window(q, all)
}

// Extensions is a page of extensions.
type Extensions struct {
	Extensions []Extension `json:"extensions"`
	Next       string      `json:"next,omitempty"`
}

// Extension is more time for a loan.
type Extension struct {
	Book        string     `json:"book"`
	Seq         int64      `json:"seq" doc:"Entry that records it."`
	Loan        string     `json:"loan"`
	Borrower    string     `json:"borrower"`
	Area        string     `json:"area"`
	On          date.Date  `json:"on"`
	From        date.Date  `json:"from,omitempty" doc:"Old due date of the first row concerned."`
	To          date.Date  `json:"to,omitempty"`
	Months      int        `json:"months,omitempty"`
	Days        int        `json:"days,omitempty"`
	Outstanding fact.Money `json:"outstanding" doc:"Of the loan now."`
}

func listExtensions(q *call) (any, error) {
	page, next, err := loansListed(q, func(ctx context.Context, c access.County) ([]lending.Extended, error) {
		return lending.Extensions(ctx, q.db(), loansOf(c))
	},
		func(book string, x *lending.Extended) Extension {
			return Extension{book, x.Seq, x.Loan, x.Borrower, x.Area, x.On, lending.DateOf(x.Act.From), lending.DateOf(x.Act.To), x.Act.Months, x.Act.Days, fact.Money(x.Outstanding)}
		})
	return Extensions{page, next}, err
}

// Payments is a page of payments.
type Payments struct {
	Payments []Payment `json:"payments"`
	Next     string    `json:"next,omitempty"`
}

// Payment is a payment on a loan.
type Payment struct {
	Book        string     `json:"book"`
	Seq         int64      `json:"seq" doc:"Entry that records it."`
	Loan        string     `json:"loan"`
	Borrower    string     `json:"borrower"`
	On          date.Date  `json:"on"`
	Amount      fact.Money `json:"amount"`
	Outstanding fact.Money `json:"outstanding" doc:"Of the loan now."`
}

func listPayments(q *call) (any, error) {
	until, err := q.day("until", q.today())
	if err != nil {
		return nil, err
	}
	from, err := q.day("from", until.AddDays(-30))
	if err != nil {
		return nil, err
	}
	page, next, err := loansListed(q, func(ctx context.Context, c access.County) ([]lending.Paid, error) {
		return lending.Payments(ctx, q.db(), loansOf(c), from, until)
	},
		func(book string, p *lending.Paid) Payment {
			return Payment{book, p.Seq, p.Loan, p.Borrower, p.On, fact.Money(p.Amount), fact.Money(p.Outstanding)}
		})
	return Payments{page, next}, err
}

// Differences is a page of differences with lenders.
type Differences struct {
	Differences []Difference `json:"differences"`
	Next        string       `json:"next,omitempty"`
}

// Difference is an amount on which a lender's statement and our shadow of the loan do not agree.
type Difference struct {
	Book   string     `json:"book"`
	Seq    int64      `json:"seq" doc:"Entry of the statement."`
	Loan   string     `json:"loan"`
	Until  date.Date  `json:"until"`
	What   string     `json:"what" doc:"opening, lent, principal, interest, penalty or closing."`
	Theirs fact.Money `json:"theirs"`
	Ours   fact.Money `json:"ours"`
}

// mirroredMax is how many loans with statements are set beside our shadow for one page.
const mirroredMax = 100

// listDifferences pages by loan: each is derived for its statements.
func listDifferences(q *call) (any, error) {
	type mirrored struct{ book, loan string }
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	var all []mirrored
	for _, c := range counties {
		ids, err := lending.Mirrored(q.ctx, q.db(), loansOf(c))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			all = append(all, mirrored{c.Book, id})
		}
	}
	loans, next, err := window(q, all)
	if err != nil {
		return nil, err
	}
	if len(loans) > mirroredMax {
		_, skip, err := q.cursor()
		if err != nil {
			return nil, err
		}
		loans, next = loans[:mirroredMax], makeCursor("list", skip+mirroredMax)
	}
	list := Differences{Differences: []Difference{}, Next: next}
	for _, m := range loans {
		some, err := lending.Differences(q.ctx, q.db(), m.book, m.loan)
		if err != nil {
			return nil, err
		}
		for _, d := range some {
			list.Differences = append(list.Differences, Difference{d.Book, d.Seq, d.Loan, d.Until, d.What, fact.Money(d.Theirs), fact.Money(d.Ours)})
		}
	}
	return list, nil
}

// Subsidies is a page of subsidies.
type Subsidies struct {
	Subsidies []Subsidy `json:"subsidies"`
	Next      string    `json:"next,omitempty"`
}

// Subsidy is interest of a loan that somebody else paid.
type Subsidy struct {
	Book     string     `json:"book"`
	Loan     string     `json:"loan"`
	Borrower string     `json:"borrower"`
	From     date.Date  `json:"from"`
	Until    date.Date  `json:"until"`
	Days     int64      `json:"days"`
	Amount   fact.Money `json:"amount"`
}

func listSubsidies(q *call) (any, error) {
	from, err := q.day("from", "0001-01-01")
	if err != nil {
		return nil, err
	}
	until, err := q.day("until", "9999-12-31")
	if err != nil {
		return nil, err
	}
	page, next, err := loansListed(q, func(ctx context.Context, c access.County) ([]lending.Subsidised, error) {
		return lending.Subsidies(ctx, q.db(), loansOf(c), from, until)
	}, func(book string, s *lending.Subsidised) Subsidy {
		return Subsidy{book, s.Loan, s.Borrower, s.From, s.Until, s.Days, fact.Money(s.Amount)}
	})
	return Subsidies{page, next}, err
}

// Closing is how far days are closed.
type Closing struct {
	Runs     []ClosingRun `json:"runs" doc:"The latest first."`
	Unclosed []Unclosed   `json:"unclosed" doc:"Loans that the last close could not close, on the first page."`
	Next     string       `json:"next,omitempty"`
}

// ClosingRun is a close of day.
type ClosingRun struct {
	Book         string    `json:"book"`
	Through      date.Date `json:"through"`
	Loans        int64     `json:"loans"`
	Failed       int64     `json:"failed"`
	Milliseconds int64     `json:"milliseconds"`
}

// Unclosed is a loan that could not be closed.
type Unclosed struct {
	Book    string    `json:"book"`
	Loan    string    `json:"loan"`
	Through date.Date `json:"through"`
	Reason  string    `json:"reason"`
}

func getClosing(q *call) (any, error) {
	runs, next, err := loansListed(q, func(ctx context.Context, c access.County) ([]lending.Run, error) {
		return lending.Runs(ctx, q.db(), c.Book)
	},
		func(book string, r *lending.Run) ClosingRun {
			return ClosingRun{book, r.Through, r.Loans, r.Failed, r.Ended.Sub(r.Started).Milliseconds()}
		})
	if err != nil {
		return nil, err
	}
	c := Closing{Runs: runs, Unclosed: []Unclosed{}, Next: next}
	if q.URL.Query().Get("cursor") != "" {
		return c, nil
	}
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	for _, county := range counties {
		failed, err := lending.FindUnclosed(q.ctx, q.db(), county.Book)
		if err != nil {
			return nil, err
		}
		for _, u := range failed {
			l, err := lending.Get(q.ctx, q.db(), u.Book, u.Loan)
			if err != nil {
				return nil, err
			}
			if sees, err := q.caller.Sees(q.ctx, l.Area); err != nil {
				return nil, err
			} else if sees {
				c.Unclosed = append(c.Unclosed, Unclosed{u.Book, u.Loan, u.Through, u.Reason})
			}
		}
	}
	return c, nil
}

// Progress is how far a close of day is.
type Progress struct {
	Running bool      `json:"running"`
	Through date.Date `json:"through,omitempty"`
	Done    int64     `json:"done"`
	Total   int64     `json:"total"`
}

func closeDay(q *call) (any, error) {
	if !q.caller.Holds(lending.Closers...) {
		return nil, fault.New(fault.Forbidden, "closing.by", "%s may not close a day", q.caller.Person).Mend("Ask a loan officer.")
	}
	if q.api.o.DayEnd == nil {
		return nil, fault.New(fault.Unavailable, "closing.none", "this program closes no days").Mend("Ask the one that serves the programme.")
	}
	q.api.o.DayEnd.Start()
	p := q.api.o.DayEnd.State()
	return Progress{p.Running, p.Through, p.Done, p.Total}, nil
}

// LoanAccount is a loan on a day.
type LoanAccount struct {
	Book         string        `json:"book"`
	ID           string        `json:"id"`
	On           date.Date     `json:"on"`
	Product      string        `json:"product"`
	Project      string        `json:"project"`
	Application  string        `json:"application,omitempty"`
	Borrower     string        `json:"borrower"`
	Segment      string        `json:"segment"`
	Lender       string        `json:"lender"`
	Money        string        `json:"money"`
	Fund         string        `json:"fund,omitempty"`
	Pool         string        `json:"pool,omitempty"`
	Area         string        `json:"area"`
	Outlet       string        `json:"outlet,omitempty"`
	Status       string        `json:"status"`
	Agreed       fact.Money    `json:"agreed"`
	PaidOutOn    date.Date     `json:"paid_out_on"`
	Disbursed    fact.Money    `json:"disbursed"`
	Outstanding  fact.Money    `json:"outstanding"`
	Due          fact.Money    `json:"due" doc:"Due and unpaid."`
	Days         int           `json:"days_past_due"`
	Held         fact.Money    `json:"held" doc:"Paid and not used."`
	NextDueOn    date.Date     `json:"next_due_on,omitempty"`
	NextDue      fact.Money    `json:"next_due"`
	PayOff       fact.Money    `json:"pay_off" doc:"What it takes to pay the loan off on that day."`
	Claimed      fact.Money    `json:"claimed" doc:"Paid by the pool for it."`
	Recovered    fact.Money    `json:"recovered" doc:"Passed on to the pool."`
	ScheduleHash string        `json:"schedule_hash"`
	Schedule     []Instalment  `json:"schedule"`
	Receipts     []LoanReceipt `json:"receipts"`
	History      []Happened    `json:"history"`
	Versions     []Version     `json:"versions" doc:"Of the schedule."`
	Differences  []Difference  `json:"differences" doc:"With the lender's statements."`
}

// Instalment is a row of a schedule as it stands on the day.
type Instalment struct {
	N         int        `json:"n" doc:"0 for a fee."`
	DueOn     date.Date  `json:"due_on"`
	Principal fact.Money `json:"principal"`
	Interest  fact.Money `json:"interest"`
	Penalty   fact.Money `json:"penalty"`
	Fee       fact.Money `json:"fee"`
	Paid      fact.Money `json:"paid"`
	Unpaid    fact.Money `json:"unpaid"`
	Moved     fact.Money `json:"moved,omitempty" doc:"Principal that an extension put off."`
	Fallen    bool       `json:"fallen_due"`
}

// LoanReceipt says where a payment went.
type LoanReceipt struct {
	Seq       string     `json:"seq,omitempty" doc:"Entry of the payment; left out when only what was held was used."`
	On        date.Date  `json:"on"`
	Principal fact.Money `json:"principal"`
	Interest  fact.Money `json:"interest"`
	Penalty   fact.Money `json:"penalty"`
	Fee       fact.Money `json:"fee"`
	Prepaid   fact.Money `json:"prepaid"`
	Held      fact.Money `json:"held"`
}

// Happened is an event of a loan.
type Happened struct {
	Seq  int64     `json:"seq"`
	On   date.Date `json:"on"`
	What string    `json:"what" doc:"opened, payment, refund, charge, waiver, disbursement, extension, rate-change or reversal."`
}

// Version is a version of a schedule.
type Version struct {
	Version int64     `json:"version"`
	Seq     int64     `json:"seq"`
	On      date.Date `json:"on"`
	Hash    string    `json:"hash"`
}

func getLoan(q *call) (any, error) {
	l, err := lending.Get(q.ctx, q.db(), q.PathValue("book"), q.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if sees, err := q.caller.Sees(q.ctx, l.Area); err != nil {
		return nil, err
	} else if !sees {
		return nil, q.caller.Hidden(l.Area)
	}
	on, err := q.closedThrough(l.Book)
	if err != nil {
		return nil, err
	}
	if on, err = q.day("on", max(on, l.LastOn, l.PaidOutOn())); err != nil {
		return nil, err
	}
	a := LoanAccount{Book: l.Book, ID: l.ID, On: on, Product: l.Product, Project: l.Project, Application: l.Application, Borrower: l.Borrower, Segment: l.Segment, Lender: l.Lender, Money: l.Money, Fund: l.Fund,
		Pool: l.Pool, Area: l.Area, Outlet: l.Outlet, Status: l.Status, Agreed: fact.Money(l.Agreed), PaidOutOn: l.PaidOutOn(), Claimed: fact.Money(l.Claimed), Recovered: fact.Money(l.Recovered), ScheduleHash: l.Hash,
		Schedule: []Instalment{}, Receipts: []LoanReceipt{}, History: []Happened{}, Versions: []Version{}, Differences: []Difference{}}
	if l.Status != lending.Agreed {
		s, err := l.State(q.ctx, q.db(), on)
		if err != nil {
			return nil, fault.New(fault.Invalid, "loan.day", "loan %s cannot be shown as of %s", l.ID, on).For("on").Mend("Ask for a day on or after %s.", l.PaidOutOn()).Wrap(err)
		}
		if err := a.derive(s); err != nil {
			return nil, err
		}
	}
	history, err := l.History(q.ctx, q.db())
	if err != nil {
		return nil, err
	}
	for _, h := range history {
		a.History = append(a.History, Happened{h.Seq, h.On, h.Name})
	}
	versions, err := l.Versions(q.ctx, q.db())
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		a.Versions = append(a.Versions, Version{v.Version, v.Seq, v.On, v.Hash})
	}
	differences, err := lending.Differences(q.ctx, q.db(), l.Book, l.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range differences {
		a.Differences = append(a.Differences, Difference{d.Book, d.Seq, d.Loan, d.Until, d.What, fact.Money(d.Theirs), fact.Money(d.Ours)})
	}
	return a, nil
}

// derive fills in what follows from the loan's state.
func (a *LoanAccount) derive(s *servicing.State) error {
	a.Disbursed, a.Outstanding, a.Due, a.Days, a.Held = fact.Money(s.Disbursed), fact.Money(s.Outstanding()), fact.Money(s.Arrears().Sum()), s.DaysPastDue(), fact.Money(s.Suspense)
	if on, amount, ok := s.NextDue(); ok {
		a.NextDueOn, a.NextDue = lending.DateOf(on), fact.Money(amount)
	}
	payOff, err := s.Payoff()
	if err != nil {
		return err
	}
	a.PayOff = fact.Money(payOff)
	rows, err := lending.Rows(s)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		a.Schedule = append(a.Schedule, Instalment{r.N, lending.DateOf(r.DueOn), fact.Money(r.Due[servicing.Principal]), fact.Money(r.Due[servicing.Interest]), fact.Money(r.Due[servicing.Penalty]), fact.Money(r.Due[servicing.Fee]),
			fact.Money(r.Paid.Sum()), fact.Money(r.Unpaid().Sum()), fact.Money(r.Moved[servicing.Principal]), i < len(s.Rows)})
	}
	for i := range s.Receipts {
		r := &s.Receipts[i]
		x := LoanReceipt{Seq: r.ID, On: lending.DateOf(r.On), Prepaid: fact.Money(r.Prepaid), Held: fact.Money(r.Held)}
		for _, part := range r.Parts {
			*map[servicing.Component]*fact.Money{servicing.Principal: &x.Principal, servicing.Interest: &x.Interest, servicing.Penalty: &x.Penalty, servicing.Fee: &x.Fee}[part.Component] += fact.Money(part.Amount)
		}
		a.Receipts = append(a.Receipts, x)
	}
	return nil
}

// Pools is the guarantee pools.
type Pools struct {
	Pools []Pool `json:"pools"`
}

// Pool is a guarantee pool with its account.
type Pool struct {
	Book          string     `json:"book"`
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Status        string     `json:"status"`
	Contributed   fact.Money `json:"contributed" doc:"Put in, less what was given back."`
	Balance       fact.Money `json:"balance"`
	Guaranteed    fact.Money `json:"guaranteed" doc:"Outstanding principal that it answers for."`
	Granted       fact.Money `json:"granted" doc:"Paid out under it …"`
	GrantedByPool fact.Money `json:"granted_by_pool" doc:"… and of that out of its own money."`
	Outstanding   fact.Money `json:"outstanding"`
	Called        fact.Money `json:"called"`
	Recovered     fact.Money `json:"recovered"`
}

func showPool(e *entity.Entity, a *lending.PoolAccount) Pool {
	return Pool{e.Book, e.ID, e.Name, e.Status, fact.Money(a.Contributed - a.Released), fact.Money(a.Balance), fact.Money(a.Guaranteed), fact.Money(a.Granted), fact.Money(a.GrantedByPool), fact.Money(a.Outstanding),
		fact.Money(a.Called), fact.Money(a.Recovered)}
}

func listPools(q *call) (any, error) {
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	list := Pools{Pools: []Pool{}}
	for _, c := range counties {
		if len(c.Parts) > 0 {
			continue
		}
		pools, err := entity.Find(q.ctx, q.db(), entity.Filter{Book: c.Book, Type: "pool"})
		if err != nil {
			return nil, err
		}
		for i := range pools {
			a, _, err := lending.ReadPool(q.ctx, q.db(), c.Book, pools[i].ID)
			if err != nil {
				return nil, err
			}
			list.Pools = append(list.Pools, showPool(&pools[i], &a))
		}
	}
	return list, nil
}

// PoolFile is a pool with its calls.
type PoolFile struct {
	Pool  Pool       `json:"pool"`
	Calls []PoolCall `json:"calls" doc:"The latest first."`
}

// PoolCall is what a pool paid a lender for a loan.
type PoolCall struct {
	Loan      string     `json:"loan"`
	Seq       int64      `json:"seq"`
	On        date.Date  `json:"on"`
	Base      fact.Money `json:"base"`
	Amount    fact.Money `json:"amount"`
	Recovered fact.Money `json:"recovered"`
}

// getPool is for those who serve all of the county: a pool is nobody's part of it.
func getPool(q *call) (any, error) {
	e, err := q.thing("pool")
	if err != nil {
		return nil, err
	}
	if sees, err := q.caller.Sees(q.ctx, e.Book); err != nil {
		return nil, err
	} else if !sees {
		return nil, q.caller.Hidden(e.Book)
	}
	a, calls, err := lending.ReadPool(q.ctx, q.db(), e.Book, e.ID)
	if err != nil {
		return nil, err
	}
	return PoolFile{showPool(&e, &a), each(calls, func(c *lending.Call) PoolCall {
		return PoolCall{c.Loan, c.Seq, c.On, fact.Money(c.Base), fact.Money(c.Amount), fact.Money(c.Recovered)}
	})}, nil
}
