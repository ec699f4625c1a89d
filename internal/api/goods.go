package api

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/ledger"
)

// goodsOperations read what came into the stores, what went out, and what lasts.
func goodsOperations() []operation {
	listed := []param{oneBook, cursor, limit}
	return []operation{
		{method: "GET", path: "/goods", id: "listStock", summary: "Goods by giver and project: in, delivered, lost, underway, in store", scope: read,
			params: slices.Concat([]param{{"commodity", "query", "Of one commodity.", false}}, listed), result: Stocks{}, do: listStock},
		{method: "GET", path: "/goods/movements", id: "listMovements", summary: "Goods given, bought or delivered, the latest first", scope: read,
			params: slices.Concat([]param{{"flow", "query", "donation, purchase or delivery.", true}, {"commodity", "query", "Of one commodity.", false}}, listed), result: Movements{}, do: listMovements},
		{method: "GET", path: "/goods/dispatches", id: "listDispatches", summary: "Goods sent out, with what has not arrived", scope: read, params: listed, result: Dispatches{}, do: listDispatches},
		{method: "GET", path: "/assets", id: "listAssets", summary: "The register of what lasts, those longest unchecked first", scope: read, params: listed, result: Assets{}, do: listAssets},
	}
}

// Stocks is a page of stock.
type Stocks struct {
	Stock []Stock `json:"stock"`
	Next  string  `json:"next,omitempty"`
}

// Stock is one commodity of one giver in one project.
type Stock struct {
	Book      string `json:"book"`
	Commodity string `json:"commodity"`
	Fund      string `json:"fund"`
	Project   string `json:"project"`
	Area      string `json:"area"`
	In        int64  `json:"in"`
	Delivered int64  `json:"delivered"`
	Lost      int64  `json:"lost"`
	Underway  int64  `json:"underway"`
	Held      int64  `json:"held" doc:"In store."`
}

func listStock(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]Stock, error) {
		projects, err := entity.Areas(ctx, q.db(), book, "project")
		if err != nil {
			return nil, err
		}
		accounts, err := goods.Reconcile(ctx, q.db(), book, q.URL.Query().Get("commodity"), q.today())
		return each(accounts, func(a *goods.Account) Stock {
			return Stock{book, a.Commodity, a.Fund, a.Project, cmp.Or(projects[a.Project], book), a.In, a.Delivered, a.Lost, a.Underway, a.Held}
		}), err
	}, func(s *Stock) string { return s.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Stocks{append([]Stock{}, page...), next}, err
}

// Movements is a page of movements of goods.
type Movements struct {
	Movements []Movement `json:"movements"`
	Next      string     `json:"next,omitempty"`
}

// Movement is goods that were given, bought or delivered.
type Movement struct {
	Book      string          `json:"book"`
	Seq       int64           `json:"seq"`
	Kind      string          `json:"kind"`
	On        date.Date       `json:"on"`
	Area      string          `json:"area"`
	Commodity string          `json:"commodity"`
	Amount    int64           `json:"amount"`
	Fund      string          `json:"fund"`
	Project   string          `json:"project,omitempty"`
	From      string          `json:"from" doc:"Account."`
	To        string          `json:"to" doc:"Account."`
	Grade     string          `json:"grade"`
	Fact      json.RawMessage `json:"fact" doc:"The public fields of its kind."`
}

func listMovements(q *call) (any, error) {
	flow := q.URL.Query().Get("flow")
	if !slices.Contains([]string{ledger.Donation, ledger.Purchase, ledger.Delivery}, flow) {
		return nil, parameter("flow", flow)
	}
	list, err := gather(q, func(ctx context.Context, book string) ([]goods.Handed, error) {
		all, err := goods.Movements(ctx, q.db(), book, flow, q.URL.Query().Get("commodity"), q.today())
		return slices.DeleteFunc(all, func(h goods.Handed) bool { return h.Commodity == ledger.Currency }), err
	}, func(h *goods.Handed) string { return h.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(q, list, func(h *goods.Handed) Movement {
		body, _ := fact.KindOf(h.Fact).Encode(h.Fact)
		return Movement{h.Book, h.Seq, h.Kind, h.On, h.Area, h.Commodity, h.Amount, h.Fund, h.Project, h.From, h.To, h.Grade.String(), json.RawMessage(body)}
	})
	return Movements{page, next}, err
}

// Dispatches is a page of dispatches.
type Dispatches struct {
	Dispatches []Dispatch `json:"dispatches"`
	Next       string     `json:"next,omitempty"`
}

// Dispatch is goods that were sent out to receivers.
type Dispatch struct {
	Described
	Sent     int64 `json:"sent"`
	Underway int64 `json:"underway" doc:"Not yet confirmed by who gets it."`
}

func listDispatches(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]Dispatch, error) {
		list, err := goods.Sendings(ctx, q.db(), book)
		return each(list, func(s *goods.Sending) Dispatch { return Dispatch{describe(&s.Thing), s.Sent, s.Underway} }), err
	}, func(d *Dispatch) string { return d.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := window(q, list)
	return Dispatches{append([]Dispatch{}, page...), next}, err
}

// Assets is a page of assets.
type Assets struct {
	Assets []Asset `json:"assets"`
	Next   string  `json:"next,omitempty"`
}

// Asset is something that lasts. Its history is that of the thing: GET /things/asset/BOOK/ID.
type Asset struct {
	Book      string    `json:"book"`
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Area      string    `json:"area"`
	Project   string    `json:"project"`
	Custodian string    `json:"custodian"`
	Status    string    `json:"status" doc:"registered or accepted."`
	Seq       int64     `json:"seq"`
	Checked   date.Date `json:"checked,omitempty" doc:"Last check; left out when it was never checked."`
	Condition string    `json:"condition,omitempty" doc:"good, repair or unusable."`
}

func listAssets(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]goods.Held, error) {
		return goods.Register(ctx, q.db(), book, q.today())
	}, func(h *goods.Held) string { return h.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(q, list, func(h *goods.Held) Asset {
		return Asset{h.Book, h.ID, h.Name, h.Area, h.Parent, h.Class, h.Status, h.Seq, h.Checked, h.Condition}
	})
	return Assets{page, next}, err
}
