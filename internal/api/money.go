package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
	"lastmile/internal/project"
)

// moneyOperations read where money and goods are, how they moved, and whom they reached.
func moneyOperations() []operation {
	return []operation{
		{method: "GET", path: "/flow", id: "getFlow", summary: "What reached whom of a commodity, by fund, project, county and kind of receiver", scope: read,
			params: []param{{"commodity", "query", "CNY when left out, or a code of goods.", false}, oneBook}, result: Flow{}, do: getFlow},
		{method: "GET", path: "/postings", id: "listPostings", summary: "Movements of money and goods, book by book, the newest entry first", scope: read,
			params: []param{oneBook, {"account", "query", "From or to one account.", false}, {"flow", "query", "Of one flow, such as disbursement.", false}, {"commodity", "query", "Of one commodity.", false},
				{"fund", "query", "Of one fund.", false}, {"project", "query", "For one project.", false}, cursor, limit}, result: Postings{}, do: listPostings},
		{method: "GET", path: "/accounts/{book}/{id}", id: "getAccount", summary: "One account with what it holds", scope: read, params: []param{pathBook, {"id", "path", "Code of the account, as the balances have it.", true}}, result: AccountFile{}, do: getAccount},
		{method: "GET", path: "/transfers/open", id: "listTransfers", summary: "Transfers between books that have not arrived", scope: read, result: Transfers{}, do: listTransfers},
		{method: "GET", path: "/projects", id: "listProjects", summary: "Projects with their money: may promise, has promised, has paid, not yet proved", scope: read,
			params: []param{oneBook, {"channel", "query", "Of one channel.", false}, {"theme", "query", "Of one theme.", false}, {"status", "query", "running, finished or stopped.", false}, cursor, limit}, result: Projects{}, do: listProjects},
	}
}

// Flow is what reached the outside of the programme of one commodity.
type Flow struct {
	Commodity string  `json:"commodity"`
	Shares    []Share `json:"shares"`
	Amount    string  `json:"amount" doc:"Of all shares."`
	Untraced  string  `json:"untraced" doc:"Of it, what no voucher, receipt or signature proves yet."`
}

// Share is what went one way.
type Share struct {
	Book     string `json:"book"`
	Fund     string `json:"fund"`
	Giver    string `json:"giver" doc:"Whose fund it is."`
	Project  string `json:"project,omitempty" doc:"Left out for projects outside the areas that you serve."`
	Receiver string `json:"receiver" doc:"Kind of party that it reached."`
	Amount   string `json:"amount"`
	Untraced string `json:"untraced"`
	N        int64  `json:"n" doc:"Payments or deliveries."`
}

func getFlow(q *call) (any, error) {
	commodity, book := cmp.Or(q.URL.Query().Get("commodity"), ledger.Currency), q.URL.Query().Get("book")
	if book != "" {
		if sees, err := q.caller.Sees(q.ctx, book); err != nil {
			return nil, err
		} else if !sees {
			return nil, q.caller.Hidden(book)
		}
	}
	stages, err := figure.Stages(q.ctx, q.db(), commodity, "", book, nil)
	if err != nil {
		return nil, err
	}
	funds, err := entity.Find(q.ctx, q.db(), entity.Filter{Book: entity.Headquarters, Type: "fund"})
	if err != nil {
		return nil, err
	}
	projects, err := entity.Find(q.ctx, q.db(), entity.Filter{Type: "project"})
	if err != nil {
		return nil, err
	}
	giver, area := map[string]string{}, map[string]string{}
	for _, f := range funds {
		giver[f.ID] = f.Parent
	}
	for _, p := range projects {
		area[p.Book+" "+p.ID] = p.Area
	}
	f := Flow{Commodity: commodity, Shares: []Share{}}
	type way struct{ book, fund, project, receiver string }
	at := map[way]int{}
	var sums []figure.Stage
	for _, s := range stages {
		if !q.caller.Everywhere() {
			if sees, err := q.caller.Sees(q.ctx, area[s.Book+" "+s.Project]); err != nil {
				return nil, err
			} else if !sees {
				s.Project = ""
			}
		}
		key := way{s.Book, s.Fund, s.Project, s.Receiver}
		i, ok := at[key]
		if !ok {
			i = len(sums)
			at[key] = i
			sums = append(sums, figure.Stage{Book: s.Book, Fund: s.Fund, Project: s.Project, Receiver: s.Receiver})
		}
		sums[i].Amount, sums[i].Untraced, sums[i].N = sums[i].Amount+s.Amount, sums[i].Untraced+s.Untraced, sums[i].N+s.N
	}
	var amount, untraced int64
	for _, s := range sums {
		if s.Amount == 0 && s.Untraced == 0 {
			continue
		}
		f.Shares = append(f.Shares, Share{s.Book, s.Fund, cmp.Or(giver[s.Fund], s.Fund), s.Project, s.Receiver, amountOf(commodity, s.Amount), amountOf(commodity, s.Untraced), s.N})
		amount, untraced = amount+s.Amount, untraced+s.Untraced
	}
	f.Amount, f.Untraced = amountOf(commodity, amount), amountOf(commodity, untraced)
	return f, nil
}

// Postings is a page of postings.
type Postings struct {
	Postings []Moved `json:"postings"`
	Next     string  `json:"next,omitempty"`
}

// Moved is a posting with the entry that it is of.
type Moved struct {
	Book string    `json:"book"`
	Seq  int64     `json:"seq"`
	On   date.Date `json:"on"`
	Posting
}

func showPosting(p *ledger.Posting) Posting {
	return Posting{p.Flow, p.From, p.To, p.Commodity, p.Fund, amountOf(p.Commodity, p.Amount), p.Project, p.Area, p.Sign}
}

func listPostings(q *call) (any, error) {
	n, err := q.limit()
	if err != nil {
		return nil, err
	}
	fromBook, before, err := q.cursor()
	if err != nil {
		return nil, err
	}
	values := q.URL.Query()
	books, err := q.caller.Books(q.ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(books)
	if asked := values.Get("book"); asked != "" {
		if !slices.Contains(books, asked) {
			return nil, q.caller.Hidden(asked)
		}
		books = []string{asked}
	}
	page, looked := Postings{Postings: []Moved{}}, 0
	for _, book := range books {
		if book < fromBook {
			continue
		}
		f := ledger.PostingFilter{Book: book, Account: values.Get("account"), Flow: values.Get("flow"), Commodity: values.Get("commodity"), Fund: values.Get("fund"), Project: values.Get("project"), Entries: n}
		if book == fromBook {
			f.Before = before
		}
		for {
			list, err := ledger.FindPostings(q.ctx, q.db(), f)
			if err != nil {
				return nil, err
			}
			if len(list) == 0 {
				break
			}
			for i := range list {
				p := &list[i]
				if p.Seq != f.Before && (len(page.Postings) >= n || looked >= lookedMax) { // a page ends with a whole entry
					page.Next = makeCursor(book, f.Before)
					return page, nil
				}
				looked++
				f.Before = p.Seq
				sees, err := q.caller.Sees(q.ctx, p.Area)
				if err != nil {
					return nil, err
				}
				if sees {
					page.Postings = append(page.Postings, Moved{p.Book, p.Seq, p.On, showPosting(p)})
				}
			}
		}
	}
	return page, nil
}

// AccountFile is an account with what it holds. Its movements are listed at /postings.
type AccountFile struct {
	Book     string    `json:"book"`
	Account  string    `json:"account"`
	Class    string    `json:"class"`
	Owner    string    `json:"owner"`
	Project  string    `json:"project,omitempty"`
	Area     string    `json:"area,omitempty"`
	Balances []Balance `json:"balances"`
}

func getAccount(q *call) (any, error) {
	book, id := q.PathValue("book"), q.PathValue("id")
	a, err := ledger.GetAccount(q.ctx, q.db(), book, id)
	if err != nil {
		return nil, err
	}
	if sees, err := q.caller.Sees(q.ctx, a.Area); err != nil {
		return nil, err
	} else if !sees {
		return nil, q.caller.Hidden(a.Area)
	}
	list, err := ledger.FindBalances(q.ctx, q.db(), ledger.BalanceFilter{Book: book, Account: id})
	return AccountFile{book, id, string(a.Class), a.Owner, a.Project, a.Area, each(list, showBalance)}, err
}

func showBalance(b *ledger.Balance) Balance {
	return Balance{b.Book, b.ID, string(b.Class), b.Owner, b.Project, b.Area, b.Commodity, b.Fund, amountOf(b.Commodity, b.Amount)}
}

// Transfers is what is on the way.
type Transfers struct {
	Transfers []Transfer `json:"transfers"`
}

// Transfer is money or goods that left one book and did not arrive in another.
type Transfer struct {
	Transfer  string `json:"transfer"`
	Fund      string `json:"fund"`
	Commodity string `json:"commodity"`
	Amount    string `json:"amount"`
}

// listTransfers gives those to or from an area that the caller serves.
func listTransfers(q *call) (any, error) {
	all, err := programme.Unmatched(q.ctx, q.db())
	if err != nil {
		return nil, err
	}
	books, err := q.caller.Books(q.ctx)
	if err != nil {
		return nil, err
	}
	list := Transfers{Transfers: []Transfer{}}
	for _, t := range all {
		sees := q.caller.Everywhere()
		for i := 0; !sees && i < len(books); i++ {
			a, err := ledger.GetAccount(q.ctx, q.db(), books[i], string(ledger.Transit)+":"+t.Transfer)
			if fault.KindOf(err) == fault.NotFound {
				continue
			}
			if err == nil {
				sees, err = q.caller.Sees(q.ctx, a.Area)
			}
			if err != nil {
				return nil, err
			}
		}
		if sees {
			list.Transfers = append(list.Transfers, Transfer{t.Transfer, t.Fund, t.Commodity, amountOf(t.Commodity, t.Amount)})
		}
	}
	return list, nil
}

// Projects is a page of projects.
type Projects struct {
	Projects []Project `json:"projects"`
	Next     string    `json:"next,omitempty"`
}

// Project is a project with its money.
type Project struct {
	Described
	Budget    fact.Money `json:"budget" doc:"What it may promise."`
	Committed fact.Money `json:"committed" doc:"What it has promised."`
	Open      fact.Money `json:"open" doc:"Promised and not yet paid."`
	Paid      fact.Money `json:"paid"`
	Untraced  fact.Money `json:"untraced" doc:"Paid, and proved by nothing yet."`
}

func listProjects(q *call) (any, error) {
	stages, err := figure.Stages(q.ctx, q.db(), ledger.Currency, "", "", nil)
	if err != nil {
		return nil, err
	}
	values := q.URL.Query()
	list, err := gather(q, func(ctx context.Context, book string) ([]Project, error) {
		things, err := fact.Things[project.Project](ctx, q.db(), book, "project", "", "")
		if err != nil {
			return nil, err
		}
		list := make([]Project, len(things))
		at := map[string]*Project{}
		for i := range things {
			list[i].Described = describe(&things[i])
			at[things[i].ID] = &list[i]
		}
		for class, add := range map[ledger.Class]func(*Project, fact.Money){
			ledger.Budget:     func(p *Project, n fact.Money) { p.Budget += n },
			ledger.Used:       func(p *Project, n fact.Money) { p.Budget += n; p.Committed += n },
			ledger.Commitment: func(p *Project, n fact.Money) { p.Open += n },
		} {
			balances, err := ledger.FindBalances(ctx, q.db(), ledger.BalanceFilter{Book: book, Class: string(class)})
			if err != nil {
				return nil, err
			}
			for _, b := range balances {
				if p := at[b.Project]; p != nil && strings.HasPrefix(b.Commodity, ledger.Currency) {
					add(p, fact.Money(b.Amount))
				}
			}
		}
		for _, s := range stages {
			if p := at[s.Project]; p != nil && s.Book == book {
				p.Paid += fact.Money(s.Amount)
				p.Untraced += fact.Money(s.Untraced)
			}
		}
		kept := list[:0]
		for i, t := range things {
			if is := func(asked, value string) bool { return asked == "" || asked == value }; is(values.Get("channel"), t.Fact.Channel) && is(values.Get("theme"), t.Fact.Theme) && is(values.Get("status"), t.Status) {
				kept = append(kept, list[i])
			}
		}
		return kept, nil
	}, func(p *Project) string { return p.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Projects{append([]Project{}, page...), next}, err
}
