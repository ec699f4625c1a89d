package goods

import (
	_ "embed"
	"strconv"
	"strings"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/earning"
	"lastmile/internal/ledger"
)

//go:embed dispatch.go
var dispatchSource string

func init() { fact.Register(dispatchSource, (*Dispatch)(nil), (*DispatchReturn)(nil)) }

// Dispatch sends goods out of a project's store to a list of schools, hospitals, households or others. They are underway until each of them confirms its delivery.
type Dispatch struct {
	_         struct{} `kind:"dispatch" en:"Dispatch of goods" zh:"物资发运" by:"finance,county-assistant" approve:"approver" book:"project" area:"project" defines:"dispatch"`
	ID        string   `json:"id" en:"Dispatch number" zh:"发运单号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Project   string   `json:"project" en:"Project" zh:"项目" ref:"project" entity:"parent"`
	Commodity string   `json:"commodity" en:"What" zh:"品种" ref:"commodity" entity:"class"`
	Batch     string   `json:"batch" en:"Batch" zh:"批号" ref:"batch" optional:""`
	List      []string `json:"list" en:"Who gets how many" zh:"分配清单" length:"60" hint:"A line for each: CODE=NUMBER, such as SC-653127201=5000." hint_zh:"每行一个：编号=数量，如 SC-653127201=5000。"`
	Carrier   string   `json:"carrier" en:"Carried by" zh:"承运方" entity:"name" length:"200"`
}

// Line is one receiver of a dispatch and how many it is sent.
type Line struct {
	To       string
	Quantity int64
}

// Lines reads the list, in its order.
func (d *Dispatch) Lines() ([]Line, error) {
	list := make([]Line, len(d.List))
	seen := map[string]bool{}
	for i, text := range d.List {
		code, number, ok := strings.Cut(text, "=")
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if code = strings.TrimSpace(code); !ok || err != nil || n <= 0 || code == "" {
			return nil, fault.New(fault.Invalid, "dispatch.line", "line %d, %q, is not CODE=NUMBER", i+1, text).For("list").Mend("Write each receiver's code, = and how many it gets.")
		}
		if seen[code] {
			return nil, fault.New(fault.Invalid, "dispatch.twice", "%s stands on the list twice", code).For("list").Mend("Add its lines up.")
		}
		seen[code] = true
		list[i] = Line{code, n}
	}
	return list, nil
}

// Record moves the goods from the store onto their way, for each receiver by itself.
func (d *Dispatch) Record(tx *fact.Tx) error {
	list, err := d.Lines()
	if err != nil {
		return err
	}
	if err := fresh(tx, d.Batch); err != nil {
		return err
	}
	account, err := shelf(tx, d.Project, d.Commodity, d.Batch)
	if err != nil {
		return err
	}
	held, err := tx.Held(account, d.Commodity)
	if err != nil {
		return err
	}
	var sum int64
	for _, l := range list {
		sum += l.Quantity
	}
	if held < sum {
		return fault.New(fault.Conflict, "dispatch.short", "the store of project %s holds %d %s, the list has %d", d.Project, held, d.Commodity, sum).For("list").
			Mend("Record the purchase or donation first, or shorten the list.")
	}
	tx.Concern("dispatch", d.ID, "")
	for _, l := range list {
		if ok, err := earning.Is(tx, l.To); err != nil {
			return err
		} else if !ok {
			if _, err := tx.Need("list", "party", l.To); err != nil {
				return err
			}
		}
		to, err := tx.Account(ledger.Underway, l.To, d.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Move(fact.Movement{Flow: dispatched, From: account, To: to, Commodity: d.Commodity, Amount: l.Quantity, Project: d.Project}); err != nil {
			return err
		}
	}
	return nil
}

// DispatchReturn brings back to the store what could not be delivered.
type DispatchReturn struct {
	_        struct{} `kind:"dispatch-return" en:"Undelivered goods returned" zh:"未送达退回" by:"finance,county-assistant" approve:"approver" book:"dispatch"`
	Dispatch string   `json:"dispatch" en:"Dispatch" zh:"发运单" ref:"dispatch"`
	To       string   `json:"to" en:"Was for" zh:"原接收方" length:"40"`
	Quantity int64    `json:"quantity" en:"How many" zh:"数量" min:"1"`
	Reason   string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record moves the goods back onto their shelf.
func (r *DispatchReturn) Record(tx *fact.Tx) error {
	d, err := fact.Get[Dispatch](tx, "dispatch", r.Dispatch)
	if err != nil {
		return err
	}
	from, err := source(tx, d.Project, d.Commodity, d.Batch, r.Dispatch, r.To)
	if err != nil {
		return err
	}
	held, err := tx.Held(from.account, d.Commodity)
	if err != nil {
		return err
	}
	if held < r.Quantity {
		return fault.New(fault.Conflict, "dispatch.back", "%s has %d %s on their way, %d would come back", from.name, held, d.Commodity, r.Quantity).For("quantity").Mend("Correct the receiver or the quantity.")
	}
	to, err := shelf(tx, d.Project, d.Commodity, d.Batch)
	if err != nil {
		return err
	}
	tx.Concern("dispatch", r.Dispatch, "")
	_, err = tx.Move(fact.Movement{Flow: cameBack, From: from.account, To: to, Commodity: d.Commodity, Amount: r.Quantity, Project: d.Project})
	return err
}
