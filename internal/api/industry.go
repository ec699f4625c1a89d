package api

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/due"
	"lastmile/internal/enterprise"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/livestock"
	"lastmile/internal/notice"
)

// industryOperations read herds and contracts, investments and jobs, dividends, and what of these is due.
func industryOperations() []operation {
	listed := []param{oneBook, cursor, limit}
	return []operation{
		{method: "GET", path: "/due", id: "listDue", summary: "What is due of herds, dividends, goods and assets, the most pressing first", scope: read,
			params: slices.Concat([]param{{"reason", "query", "One reason only, such as inspection or receipt.", false}}, listed), result: Dues{}, do: listDue},
		{method: "GET", path: "/herds", id: "listHerds", summary: "Herds of villages with their heads", scope: read, params: listed, result: Herds{}, do: listHerds},
		{method: "GET", path: "/herds/{book}/{id}", id: "getHerd", summary: "One herd: what it keeps, has lent and lost, and its history", scope: read, params: []param{pathBook, pathID}, result: HerdFile{}, do: getHerd},
		{method: "GET", path: "/contracts", id: "listContracts", summary: "Breeding contracts with heads and inspections", scope: read,
			params: slices.Concat([]param{{"herd", "query", "Of one herd.", false}, {"status", "query", "running or ended.", false}}, listed), result: Contracts{}, do: listContracts},
		{method: "GET", path: "/contracts/{book}/{id}", id: "getContract", summary: "One breeding contract with all that happened under it", scope: read, params: []param{pathBook, pathID}, result: ContractFile{}, do: getContract},
		{method: "GET", path: "/investments", id: "listInvestments", summary: "Investments of enterprises: agreed, paid in, expected and reported", scope: read, params: listed, result: Investments{}, do: listInvestments},
		{method: "GET", path: "/investments/{book}/{id}", id: "getInvestment", summary: "One investment with the villages that have a stake in it", scope: read, params: []param{pathBook, pathID}, result: InvestmentFile{}, do: getInvestment},
		{method: "GET", path: "/jobs", id: "listJobs", summary: "Jobs offered, taken up and still held", scope: read, params: listed, result: Jobs{}, do: listJobs},
		{method: "GET", path: "/dividends", id: "listDividends", summary: "Dividends declared, guaranteed and paid, period by period", scope: read, params: listed, result: Dividends{}, do: listDividends},
		{method: "GET", path: "/dividends/{book}/{id}", id: "getDividend", summary: "One dividend: its list as it was put up, and what was paid of it", scope: read, params: []param{pathBook, pathID}, result: DividendFile{}, do: getDividend},
		{method: "GET", path: "/sharings", id: "listSharings", summary: "What villages share out to households, list by list", scope: read, params: listed, result: Sharings{}, do: listSharings},
		{method: "GET", path: "/sharings/{book}/{id}", id: "getSharing", summary: "One sharing: its list of households, its notice, and what was handed over", scope: read, params: []param{pathBook, pathID}, result: SharingFile{}, do: getSharing},
		{method: "GET", path: "/villages/spending", id: "listSpending", summary: "What villages did with their dividends", scope: read, params: listed, result: Spendings{}, do: listSpending},
	}
}

// Described is a thing with the fact that defines it now.
type Described struct {
	Book   string          `json:"book"`
	ID     string          `json:"id"`
	Area   string          `json:"area"`
	Status string          `json:"status"`
	Seq    int64           `json:"seq" doc:"Entry that defines it now."`
	On     date.Date       `json:"on" doc:"Effective date of that entry."`
	Grade  string          `json:"grade" doc:"traced, partly or reported."`
	Fact   json.RawMessage `json:"fact" doc:"The fields of its kind."`
}

func describe[T any](t *fact.Thing[T]) Described {
	f := any(t.Fact).(fact.Fact)
	body, _ := fact.KindOf(f).Encode(f)
	return Described{t.Book, t.ID, cmp.Or(t.Area, t.Book), t.Status, t.Seq, t.On, t.Grade.String(), json.RawMessage(body)}
}

// Dues is a page of what is due.
type Dues struct {
	Due  []Due  `json:"due"`
	Next string `json:"next,omitempty"`
}

// Due is something that somebody must do.
type Due struct {
	Reason    string    `json:"reason" doc:"missing, deaths, inspection, expired, post, notice, objection, approve, pay, hand, underway, receipt, expiry, accept, repair or check."`
	Book      string    `json:"book"`
	Area      string    `json:"area"`
	Type      string    `json:"type" doc:"What it is about: a type of thing, or entry."`
	ID        string    `json:"id"`
	By        date.Date `json:"by,omitempty" doc:"Day by which it was or is due."`
	Number    int64     `json:"number,omitempty" doc:"Heads, pieces, villages or households concerned."`
	Commodity string    `json:"commodity,omitempty" doc:"What the heads or pieces are, where something can be due of several."`
	Project   string    `json:"project,omitempty" doc:"Whose store the goods are in, or were sent from."`
	Kind      string    `json:"kind,omitempty" doc:"Kind of fact that settles it."`
}

// dues are what is due in the caller's areas.
func (q *call) dues() ([]due.Item, error) {
	return gather(q, func(ctx context.Context, book string) ([]due.Item, error) {
		return due.Items(ctx, q.db(), book, q.today())
	}, func(i *due.Item) string { return i.Area })
}

func listDue(q *call) (any, error) {
	list, err := q.dues()
	if err != nil {
		return nil, err
	}
	if reason := q.URL.Query().Get("reason"); reason != "" {
		if !slices.Contains(due.Reasons, reason) {
			return nil, parameter("reason", reason)
		}
		list = slices.DeleteFunc(list, func(i due.Item) bool { return i.Reason != reason })
	}
	slices.SortStableFunc(list, due.Compare)
	page, next, err := pageOf(q, list, func(i *due.Item) Due {
		return Due{i.Reason, i.Book, i.Area, i.Type, i.ID, i.By, i.Number, i.Commodity, i.Project, i.Kind}
	})
	return Dues{page, next}, err
}

// Herds is a page of herds.
type Herds struct {
	Herds []Herd `json:"herds"`
	Next  string `json:"next,omitempty"`
}

// Herd is a village's herd with its heads, its own and those lent to households.
type Herd struct {
	Described
	Kept      int64 `json:"kept" doc:"Animals that the village keeps itself."`
	Lent      int64 `json:"lent"`
	Young     int64 `json:"young"`
	Born      int64 `json:"born"`
	Died      int64 `json:"died"`
	Missing   int64 `json:"missing" doc:"That stock-takes did not find, less those found again."`
	Contracts int64 `json:"running_contracts"`
}

func listHerds(q *call) (any, error) {
	list, err := gather(q, q.herds, func(h *Herd) string { return h.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Herds{append([]Herd{}, page...), next}, err
}

func (q *call) herds(ctx context.Context, book string) ([]Herd, error) {
	list, err := livestock.Flocks(ctx, q.db(), book, q.today())
	return each(list, func(f *livestock.Flock) Herd {
		return Herd{describe(&f.Thing), f.Kept, f.Lent, f.Young, f.Born, f.Died, f.Missing, f.Running}
	}), err
}

// HerdFile is a herd with its history.
type HerdFile struct {
	Herd    Herd   `json:"herd"`
	Held    []Held `json:"held" doc:"By the village and under each contract."`
	History []Head `json:"history"`
}

// Held is what one account holds of a herd.
type Held struct {
	Contract  string           `json:"contract,omitempty" doc:"Left out for what the village keeps."`
	Commodity string           `json:"commodity"`
	Present   int64            `json:"present"`
	In        map[string]int64 `json:"in" doc:"Heads by flow."`
	Out       map[string]int64 `json:"out" doc:"Heads by flow."`
}

// Head is something that happened to animals.
type Head struct {
	Seq     int64      `json:"seq"`
	On      date.Date  `json:"on"`
	Kind    string     `json:"kind"`
	Flow    string     `json:"flow,omitempty" doc:"How heads moved; left out when none did."`
	Animals int64      `json:"animals" doc:"What it added to the animals, below 0 for what it took."`
	Young   int64      `json:"young" doc:"The same of the young."`
	Present int64      `json:"present" doc:"Animals after it."`
	Born    int64      `json:"young_present" doc:"Young after it."`
	Found   int64      `json:"found,omitempty" doc:"Heads more than the books said, below 0 for fewer."`
	Income  fact.Money `json:"income,omitempty" doc:"Of the household, below 0 for a cost."`
}

func showHead(h *livestock.Happening) Head {
	return Head{h.Seq, h.On, h.Kind, h.Flow, h.Animals, h.Young, h.Present, h.Born, h.Found, h.Income}
}

func getHerd(q *call) (any, error) {
	e, err := q.thing("herd")
	if err != nil {
		return nil, err
	}
	all, err := q.herds(q.ctx, e.Book)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(h Herd) bool { return h.ID == e.ID })
	t, _, err := fact.ThingOf[livestock.Herd](q.ctx, q.db(), e.Book, "herd", e.ID)
	if err != nil {
		return nil, err
	}
	state, err := livestock.StateOf(q.ctx, q.db(), e.Book, e.ID, q.today())
	if err != nil {
		return nil, err
	}
	history, err := livestock.ReadHerd(q.ctx, q.db(), e.Book, t.Fact)
	if err != nil {
		return nil, err
	}
	f := HerdFile{Herd: all[at], Held: []Held{}, History: each(history, showHead)}
	add := func(contract string, holdings []livestock.Holding) {
		for _, h := range holdings {
			f.Held = append(f.Held, Held{contract, h.Commodity, h.Present, h.In, h.Out})
		}
	}
	add("", state.Kept)
	for _, contract := range slices.Sorted(maps.Keys(state.Lent)) {
		add(contract, state.Lent[contract])
	}
	return f, nil
}

// Contracts is a page of breeding contracts.
type Contracts struct {
	Contracts []Contract `json:"contracts"`
	Next      string     `json:"next,omitempty"`
}

// Contract is a breeding contract as it stands today.
type Contract struct {
	Book        string          `json:"book"`
	ID          string          `json:"id"`
	Area        string          `json:"area"`
	Status      string          `json:"status" doc:"running or ended."`
	Seq         int64           `json:"seq"`
	Begun       date.Date       `json:"begun"`
	Signed      bool            `json:"signed" doc:"Its paper is on file."`
	Animals     int64           `json:"animals"`
	Young       int64           `json:"young"`
	Missing     int64           `json:"missing" doc:"Animals that stock-takes did not find, less those found again."`
	Duty        int64           `json:"duty" doc:"Heads to give back at the end."`
	Inspected   date.Date       `json:"inspected,omitempty" doc:"Last inspection."`
	InspectedBy date.Date       `json:"inspect_by,omitempty" doc:"Day by which it must be inspected; left out when none is agreed."`
	Fact        json.RawMessage `json:"fact" doc:"The fields of a breeding-contract."`
}

func (q *call) contracts(ctx context.Context, book string) ([]Contract, error) {
	list, err := livestock.Standings(ctx, q.db(), book, q.URL.Query().Get("herd"), q.today())
	return each(list, func(s *livestock.Standing) Contract {
		body, _ := fact.KindOf(&s.Contract).Encode(&s.Contract)
		return Contract{s.Book, s.ID, cmp.Or(s.Area, book), s.Status, s.Seq, s.Begun, s.Signed, s.Animals.Present, s.Young.Present, s.Missing(), s.Duty(), s.Inspected, s.InspectBy(), json.RawMessage(body)}
	}), err
}

func listContracts(q *call) (any, error) {
	list, err := gather(q, q.contracts, func(c *Contract) string { return c.Area })
	if err != nil {
		return nil, err
	}
	if status := q.URL.Query().Get("status"); status != "" {
		list = slices.DeleteFunc(list, func(c Contract) bool { return c.Status != status })
	}
	page, next, err := window(q, list)
	return Contracts{append([]Contract{}, page...), next}, err
}

// ContractFile is a breeding contract with its history.
type ContractFile struct {
	Contract Contract `json:"contract"`
	History  []Head   `json:"history"`
}

func getContract(q *call) (any, error) {
	e, err := q.thing("breeding-contract")
	if err != nil {
		return nil, err
	}
	list, err := q.contracts(q.ctx, e.Book)
	if err != nil {
		return nil, err
	}
	rec, _, err := livestock.ReadContract(q.ctx, q.db(), e.Book, e.ID)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(c Contract) bool { return c.ID == e.ID })
	return ContractFile{list[at], each(rec.History, showHead)}, nil
}

// Investments is a page of investments.
type Investments struct {
	Investments []Investment `json:"investments"`
	Next        string       `json:"next,omitempty"`
}

// Investment is an enterprise's investment as it stands today.
type Investment struct {
	Described
	Committed     fact.Money `json:"committed"`
	Contracted    fact.Money `json:"contracted"`
	PaidIn        fact.Money `json:"paid_in"`
	Staked        fact.Money `json:"staked" doc:"By villages."`
	SalesExpected fact.Money `json:"sales_expected"`
	SalesReported fact.Money `json:"sales_reported"`
	JobsExpected  int64      `json:"jobs_expected"`
}

func (q *call) investments(ctx context.Context, book string) ([]Investment, error) {
	list, err := enterprise.Standings(ctx, q.db(), book, q.today())
	return each(list, func(s *enterprise.Standing) Investment {
		return Investment{describe(&s.Thing), s.Committed, s.Contracted, s.PaidIn, s.Staked, s.SalesExpected, s.SalesReported, s.JobsExpected}
	}), err
}

func listInvestments(q *call) (any, error) {
	list, err := gather(q, q.investments, func(i *Investment) string { return i.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Investments{append([]Investment{}, page...), next}, err
}

// InvestmentFile is an investment with its holders.
type InvestmentFile struct {
	Investment Investment `json:"investment"`
	Holders    []Holder   `json:"holders"`
}

// Holder is a village with a stake.
type Holder struct {
	Village string     `json:"village"`
	Stake   fact.Money `json:"stake"`
}

func getInvestment(q *call) (any, error) {
	e, err := q.thing("investment")
	if err != nil {
		return nil, err
	}
	list, err := q.investments(q.ctx, e.Book)
	if err != nil {
		return nil, err
	}
	holders, err := enterprise.Holders(q.ctx, q.db(), e.Book, e.ID, q.today())
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(i Investment) bool { return i.ID == e.ID })
	return InvestmentFile{list[at], each(holders, func(h *enterprise.Holder) Holder { return Holder{h.Village, h.Stake} })}, nil
}

// Jobs is a page of job offers.
type Jobs struct {
	Jobs []Job  `json:"jobs"`
	Next string `json:"next,omitempty"`
}

// Job is an offer of jobs.
type Job struct {
	Described
	Placed     int64 `json:"placed"`
	Filled     int64 `json:"filled" doc:"Still at work."`
	Registered int64 `json:"registered" doc:"Of registered households."`
}

func listJobs(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]Job, error) {
		offers, err := enterprise.Offers(ctx, q.db(), book)
		return each(offers, func(o *enterprise.Offer) Job { return Job{describe(&o.Thing), o.Placed, o.Filled, o.Registered} }), err
	}, func(j *Job) string { return j.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Jobs{append([]Job{}, page...), next}, err
}

// Dividends is a page of dividends.
type Dividends struct {
	Dividends []Dividend `json:"dividends"`
	Next      string     `json:"next,omitempty"`
}

// Dividend is what was declared for a period.
type Dividend struct {
	Book       string     `json:"book"`
	ID         string     `json:"id"`
	Plan       string     `json:"plan"`
	From       date.Date  `json:"from"`
	Until      date.Date  `json:"until"`
	Status     string     `json:"status"`
	Amount     fact.Money `json:"amount"`
	Guaranteed fact.Money `json:"guaranteed"`
	Paid       fact.Money `json:"paid"`
	Shortfall  fact.Money `json:"shortfall" doc:"Of what is paid against what is guaranteed."`
}

// dividends reads the dividends of a book. They concern all villages of a county together, so they are for those who serve all of it.
func (q *call) dividends(ctx context.Context, book string) ([]Dividend, error) {
	plans, err := fact.Things[dividend.Plan](ctx, q.db(), book, "dividend-plan", "", "")
	if err != nil {
		return nil, err
	}
	var list []Dividend
	for _, p := range plans {
		years, err := dividend.Years(ctx, q.db(), book, p.ID, q.today())
		if err != nil {
			return nil, err
		}
		for _, y := range years {
			list = append(list, Dividend{book, y.ID, y.Plan, y.From, y.Until, y.Status, y.Amount, y.Guaranteed, y.Paid, y.Shortfall})
		}
	}
	return list, nil
}

func listDividends(q *call) (any, error) {
	list, err := gather(q, q.dividends, func(d *Dividend) string { return d.Book })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Dividends{append([]Dividend{}, page...), next}, err
}

// DividendFile is a dividend with its list.
type DividendFile struct {
	Dividend Dividend       `json:"dividend"`
	Lines    []DividendLine `json:"lines"`
	Notice   string         `json:"notice,omitempty" doc:"The list as it was put up."`
	On       date.Date      `json:"posted_on,omitempty"`
	Until    date.Date      `json:"posted_until,omitempty"`
	Raised   int64          `json:"objections"`
	Open     int64          `json:"open_objections"`
}

// DividendLine is what one village gets.
type DividendLine struct {
	Village string     `json:"village"`
	Amount  fact.Money `json:"amount"`
	Paid    fact.Money `json:"paid"`
	Last    date.Date  `json:"paid_on,omitempty"`
	Seq     int64      `json:"seq,omitempty" doc:"Entry of the last payment."`
	Voucher string     `json:"voucher,omitempty"`
}

func getDividend(q *call) (any, error) {
	e, err := q.thing("dividend-declaration")
	if err != nil {
		return nil, err
	}
	if sees, err := q.caller.Sees(q.ctx, e.Book); err != nil {
		return nil, err
	} else if !sees {
		return nil, q.caller.Hidden(e.Book)
	}
	all, err := q.dividends(q.ctx, e.Book)
	if err != nil {
		return nil, err
	}
	lines, err := dividend.Lines(q.ctx, q.db(), e.Book, e.ID)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(d Dividend) bool { return d.ID == e.ID })
	f := DividendFile{Dividend: all[at], Lines: each(lines, func(l *dividend.Line) DividendLine {
		return DividendLine{l.Village, l.Amount, l.Paid, l.Last, l.Seq, l.Voucher}
	})}
	board, err := dividend.BoardOf(q.ctx, q.db(), e.Book, notice.DividendType, e.ID)
	if board != nil {
		f.Notice, f.On, f.Until, f.Raised, f.Open = board.ID, board.On, board.Until, board.Raised, board.Open
	}
	return f, err
}

// Sharings is a page of sharings.
type Sharings struct {
	Sharings []Sharing `json:"sharings"`
	Next     string    `json:"next,omitempty"`
}

// Sharing is dividend money that a village shares out to households.
type Sharing struct {
	Described
	Households int64      `json:"households"`
	Handed     fact.Money `json:"handed" doc:"Handed over to households."`
	Left       fact.Money `json:"left" doc:"Approved and not yet handed over."`
	Waiting    int64      `json:"waiting" doc:"Households whose share that is."`
	Notice     string     `json:"notice,omitempty" doc:"The list as it was put up."`
	Posted     date.Date  `json:"posted_on,omitempty"`
	Until      date.Date  `json:"posted_until,omitempty"`
	Raised     int64      `json:"objections"`
	Open       int64      `json:"open_objections"`
}

func sharing(s *dividend.SharingState) Sharing {
	out := Sharing{Described: describe(&s.Thing), Households: int64(len(s.Fact.List)), Handed: s.Handed(), Left: s.Left, Waiting: s.Waiting}
	if b := s.Board; b != nil {
		out.Notice, out.Posted, out.Until, out.Raised, out.Open = b.ID, b.On, b.Until, b.Raised, b.Open
	}
	return out
}

func listSharings(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]Sharing, error) {
		all, err := dividend.Sharings(ctx, q.db(), book, "")
		return each(all, sharing), err
	}, func(s *Sharing) string { return s.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Sharings{append([]Sharing{}, page...), next}, err
}

// SharingFile is a sharing with its list.
type SharingFile struct {
	Sharing Sharing     `json:"sharing"`
	Shares  []ShareLine `json:"shares"`
}

// ShareLine is what one household gets.
type ShareLine struct {
	Household string     `json:"household"`
	Parts     int64      `json:"parts"`
	Amount    fact.Money `json:"amount"`
	On        date.Date  `json:"handed_on,omitempty"`
	Seq       int64      `json:"seq,omitempty" doc:"Entry of the handing over."`
	Receipt   string     `json:"receipt,omitempty"`
}

func getSharing(q *call) (any, error) {
	e, err := q.thing(notice.SharingType)
	if err != nil {
		return nil, err
	}
	area := cmp.Or(e.Area, e.Book)
	if sees, err := q.caller.Sees(q.ctx, area); err != nil {
		return nil, err
	} else if !sees {
		return nil, q.caller.Hidden(area)
	}
	states, err := dividend.Sharings(q.ctx, q.db(), e.Book, e.ID)
	if err != nil {
		return nil, err
	}
	shares, err := dividend.SharedOut(q.ctx, q.db(), e.Book, states[0].Fact)
	return SharingFile{sharing(&states[0]), each(shares, func(s *dividend.Shared) ShareLine {
		return ShareLine{s.Household, s.Parts, s.Amount, s.On, s.Seq, s.Receipt}
	})}, err
}

// Spendings is a page of villages.
type Spendings struct {
	Villages []Spending `json:"villages"`
	Next     string     `json:"next,omitempty"`
}

// Spending is what a village did with its dividends.
type Spending struct {
	Book     string     `json:"book"`
	Village  string     `json:"village"`
	Area     string     `json:"area"`
	Received fact.Money `json:"received"`
	Works    fact.Money `json:"works"`
	Posts    fact.Money `json:"posts"`
	Shared   fact.Money `json:"shared" doc:"Handed over to households."`
	SetAside fact.Money `json:"set_aside" doc:"Decided to be shared out and not yet handed over."`
	Left     fact.Money `json:"left" doc:"Not yet decided on."`
}

func listSpending(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]Spending, error) {
		all, err := dividend.Spent(ctx, q.db(), book, q.today())
		if err != nil {
			return nil, err
		}
		areas, err := entity.Areas(ctx, q.db(), book, "party")
		if err != nil {
			return nil, err
		}
		var list []Spending
		for _, v := range slices.Sorted(maps.Keys(all)) {
			s := all[v]
			list = append(list, Spending{book, v, cmp.Or(areas[v], book), s.Received, s.Works, s.Posts, s.Shared, s.SetAside, s.Left})
		}
		return list, nil
	}, func(s *Spending) string { return s.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Spendings{append([]Spending{}, page...), next}, err
}
