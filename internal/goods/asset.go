package goods

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
)

//go:embed asset.go
var assetSource string

func init() {
	fact.Register(assetSource, (*Asset)(nil), (*AssetCheck)(nil), (*AssetTransfer)(nil))
	figure.Declare(
		figure.Measure{ID: "asset", En: "Assets registered", Zh: "登记资产", Unit: "assets"},
		figure.Measure{ID: "asset-received", En: "Assets registered, by who received them", Zh: "按接收方登记资产", Unit: "assets"},
		figure.Measure{ID: "asset-accepted", En: "Assets accepted", Zh: "验收资产", Unit: "assets"},
		figure.Measure{ID: "asset-condition", En: "Checks of assets", Zh: "资产检查", Unit: "condition"},
	)
}

// Asset is one thing that lasts, such as an ambulance, in the register: who keeps it and whose money it was. It must have been delivered to the party that keeps it.
type Asset struct {
	_         struct{} `kind:"asset" en:"Asset" zh:"资产登记" by:"finance,county-assistant" book:"project" area:"custodian" defines:"asset"`
	ID        string   `json:"id" en:"Asset number" zh:"资产编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Name      string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project" entity:"parent"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity"`
	Fund      string   `json:"fund" en:"Paid by (fund)" zh:"资金来源" ref:"fund"`
	Custodian string   `json:"custodian" en:"Kept by" zh:"保管方" ref:"party" entity:"class"`
	Serial    string   `json:"serial" en:"Serial or plate number" zh:"序列号或车牌" length:"60"`
}

// States of an asset.
const (
	Registered = "registered"
	Accepted   = "accepted"
)

// Record enters the asset. No more are registered than were delivered.
func (a *Asset) Record(tx *fact.Tx) error {
	recipient, err := tx.Account(ledger.Recipient, a.Custodian, "")
	if err != nil {
		return err
	}
	delivered, err := tx.Received(recipient, a.Commodity, a.Fund)
	if err != nil {
		return err
	}
	received := a.Custodian + "/" + a.Commodity + "/" + a.Fund
	before, err := tx.SubjectSum("asset-received", received)
	if err != nil {
		return err
	}
	if before >= delivered {
		return fault.New(fault.Conflict, "asset.undelivered", "%s was given %d %s of fund %s, and %d are registered", a.Custodian, delivered, a.Commodity, a.Fund, before).For("custodian").
			Mend("Record the delivery first, or correct custodian, commodity or fund.")
	}
	if err := a.keep(tx, a.Custodian, Registered); err != nil {
		return err
	}
	tx.Concern("asset", a.ID, "")
	if err := tx.Observe("asset", 1, figure.Observation{Subject: a.ID, Project: a.Project}); err != nil {
		return err
	}
	return tx.Observe("asset-received", 1, figure.Observation{Subject: received, Project: a.Project})
}

// keep puts the asset's row, in the area of its custodian.
func (a *Asset) keep(tx *fact.Tx, custodian, status string) error {
	e, err := tx.Need("asset", "asset", a.ID)
	if err != nil {
		return err
	}
	party, err := tx.Need("to", "party", custodian)
	if err != nil {
		return err
	}
	if e.Status == Accepted {
		status = Accepted
	}
	e.Class, e.Area, e.Status = custodian, party.Area, status
	return tx.Put(e)
}

// AssetCheck is the acceptance of an asset, or a later look at its condition; photographs are its evidence.
type AssetCheck struct {
	_      struct{} `kind:"asset-check" en:"Check of an asset" zh:"资产检查" by:"finance,county-assistant" book:"asset" area:"asset"`
	Asset  string   `json:"asset" en:"Asset" zh:"资产" ref:"asset"`
	Check  string   `json:"check" en:"Check" zh:"检查类型" choices:"acceptance=Acceptance=验收;condition=Condition=状况检查"`
	Result string   `json:"result" en:"Result" zh:"结果" choices:"good=Good=完好;repair=Needs repair=需维修;unusable=Unusable=不能使用"`
	Note   string   `json:"note" en:"Note" zh:"说明" length:"500" optional:""`
}

// conditions are the results as they are observed: the larger, the worse.
var conditions = map[string]int64{"good": 1, "repair": 2, "unusable": 3}

// Record observes the condition. An asset is accepted once, in good condition, and looked at after that.
func (c *AssetCheck) Record(tx *fact.Tx) error {
	e, err := tx.Need("asset", "asset", c.Asset)
	if err != nil {
		return err
	}
	switch {
	case c.Check == "acceptance" && e.Status == Accepted:
		return fault.New(fault.Conflict, "asset.accepted", "asset %s was accepted before", c.Asset).For("check").Mend("Record a check of its condition.")
	case c.Check == "acceptance" && c.Result != "good":
		return fault.New(fault.Invalid, "asset.faulty", "asset %s cannot be accepted in this condition", c.Asset).For("result").Mend("Record a check of its condition, and the acceptance when it is put right.")
	case c.Check == "acceptance":
		if err := tx.SetStatus("asset", c.Asset, Accepted); err != nil {
			return err
		}
		if err := tx.Observe("asset-accepted", 1, figure.Observation{Subject: c.Asset, Project: e.Parent}); err != nil {
			return err
		}
	}
	tx.Concern("asset", c.Asset, "")
	return tx.Observe("asset-condition", conditions[c.Result], figure.Observation{Subject: c.Asset, Project: e.Parent})
}

// TakeBack takes an acceptance back.
func (c *AssetCheck) TakeBack(tx *fact.Tx) error {
	if c.Check != "acceptance" {
		return nil
	}
	return tx.SetStatus("asset", c.Asset, Registered)
}

// AssetTransfer gives an asset into the keeping of another party.
type AssetTransfer struct {
	_      struct{} `kind:"asset-transfer" en:"Transfer of an asset" zh:"资产移交" by:"finance,county-assistant" approve:"approver" book:"asset" area:"to"`
	Asset  string   `json:"asset" en:"Asset" zh:"资产" ref:"asset"`
	From   string   `json:"from" en:"Kept so far by" zh:"移交方" ref:"party"`
	To     string   `json:"to" en:"Kept from now on by" zh:"接收方" ref:"party"`
	Reason string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record changes the custodian.
func (t *AssetTransfer) Record(tx *fact.Tx) error {
	tx.Concern("asset", t.Asset, "")
	return t.hand(tx, t.From, t.To)
}

// TakeBack gives it back.
func (t *AssetTransfer) TakeBack(tx *fact.Tx) error { return t.hand(tx, t.To, t.From) }

func (t *AssetTransfer) hand(tx *fact.Tx, from, to string) error {
	e, err := tx.Need("asset", "asset", t.Asset)
	if err != nil {
		return err
	}
	if e.Class != from {
		return fault.New(fault.Conflict, "asset.elsewhere", "asset %s is kept by %s, not %s", t.Asset, e.Class, from).For("from").Mend("Name who keeps it now, or record how it came there.")
	}
	a, err := fact.Get[Asset](tx, "asset", t.Asset)
	if err != nil {
		return err
	}
	return a.keep(tx, to, e.Status)
}

// Held is an asset as the register has it, with its last check.
type Held struct {
	entity.Entity
	Checked   date.Date // "" when it never was
	Condition string    // good, repair or unusable; "" when it was never checked
}

// conditionDays is for how many days a check of an asset's condition is good: two checks a year.
const conditionDays = 180

// CheckBy is the day by which an asset is to be checked again; "", which is before any day, when it never was.
func (h *Held) CheckBy() date.Date {
	if h.Checked == "" {
		return ""
	}
	return h.Checked.AddDays(conditionDays)
}

// Register lists the assets of a book with the last check by a day, those longest unchecked first.
func Register(ctx context.Context, r database.Reader, book string, on date.Date) ([]Held, error) {
	assets, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: "asset"})
	if err != nil {
		return nil, err
	}
	rows, err := r.Query(ctx, `SELECT o.subject, o.on_date, o.value
FROM observation o
WHERE o.book = $1 AND o.measure = 'asset-condition' AND o.on_date <= $2 AND o.sign = 1
  AND NOT EXISTS (SELECT 1 FROM reversal v WHERE v.book = o.book AND v.seq = o.seq)
ORDER BY o.on_date, o.seq`, book, string(on))
	if err != nil {
		return nil, fmt.Errorf("read checks of assets of book %s: %w", book, err)
	}
	defer rows.Close()
	last := map[string]Held{}
	for rows.Next() {
		var asset, day string
		var condition int64
		if err := rows.Scan(&asset, &day, &condition); err != nil {
			return nil, err
		}
		h := Held{Checked: date.Date(day)}
		for name, n := range conditions {
			if n == condition {
				h.Condition = name
			}
		}
		last[asset] = h
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	list := make([]Held, len(assets))
	for i, e := range assets {
		list[i] = last[e.ID]
		list[i].Entity = e
	}
	slices.SortStableFunc(list, func(a, b Held) int { return cmp.Compare(a.Checked, b.Checked) })
	return list, nil
}
