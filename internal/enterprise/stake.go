package enterprise

import (
	"context"
	_ "embed"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
)

//go:embed stake.go
var stakeSource string

func init() {
	fact.Register(stakeSource, (*Stake)(nil))
	figure.Declare(
		figure.Measure{ID: "village-stake", En: "Stakes of villages", Zh: "村集体股份", Unit: "CNY"},
		figure.Measure{ID: "stake", En: "Stakes by investment and village", Zh: "分项目村集体股份", Unit: "CNY"},
		figure.Measure{ID: "investment-stake", En: "Stakes by investment", Zh: "分项目股份合计", Unit: "CNY"},
	)
}

// Stake is a village's share in an investment, in money: assistance funds turned into shares, or land and buildings that were valued. It adds to what the village
// has already. Dividends follow it.
type Stake struct {
	_          struct{}   `kind:"village-stake" en:"Village's stake" zh:"村集体入股" by:"programme-officer,county-assistant" approve:"approver; 5000000.00 2" amount:"amount" book:"investment" area:"village"`
	Investment string     `json:"investment" en:"Investment" zh:"投资项目" ref:"investment"`
	Village    string     `json:"village" en:"Village's collective" zh:"村集体" ref:"party"`
	Amount     fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Document   string     `json:"document" en:"Document" zh:"依据" length:"200" hint:"Share certificate or agreement." hint_zh:"出资证明或协议。"`
}

// Record counts the stake. All stakes together cannot be more than what is contracted.
func (s *Stake) Record(tx *fact.Tx) error {
	i, err := fact.Get[Investment](tx, "investment", s.Investment)
	if err != nil {
		return err
	}
	if err := collective(tx, s.Village); err != nil {
		return err
	}
	contracted, err := tx.SubjectSum("investment-contracted", s.Investment)
	if err != nil {
		return err
	}
	staked, err := tx.SubjectSum("investment-stake", s.Investment)
	if err != nil {
		return err
	}
	if staked+int64(s.Amount) > contracted {
		return fault.New(fault.Conflict, "stake.more", "villages would have stakes of %s, but only %s is contracted", fact.Money(staked+int64(s.Amount)), fact.Money(contracted)).For("amount").
			Mend("Record what is contracted first, or correct the amount.")
	}
	tx.Concern("investment", s.Investment, "")
	for _, o := range [][2]string{{"village-stake", s.Village}, {"stake", s.Investment + "/" + s.Village}, {"investment-stake", s.Investment}} {
		if err := tx.Observe(o[0], int64(s.Amount), figure.Observation{Subject: o[1], Project: i.Project}); err != nil {
			return err
		}
	}
	return nil
}

// collective refuses whoever is not a village's collective.
func collective(tx *fact.Tx, id string) error {
	e, err := tx.Need("village", "party", id)
	if err == nil && e.Class != "village-collective" && e.Class != "cooperative" {
		err = fault.New(fault.Invalid, "stake.village", "%s is a %s, not a village's collective", id, e.Class).For("village").Mend("Name the collective or cooperative of the village.")
	}
	return err
}

// Holder is a village's collective and its stake in an investment, in fen.
type Holder struct {
	Village string
	Stake   fact.Money
}

// Holders lists who has a stake in an investment on a day, by code.
func Holders(ctx context.Context, r database.Reader, book, investment string, on date.Date) ([]Holder, error) {
	rows, err := r.Query(ctx, `SELECT subject, CAST(SUM(value * sign) AS BIGINT)
FROM observation
WHERE book = $1 AND measure = 'stake' AND on_date <= $2 AND subject >= $3 AND subject < $4
GROUP BY subject
HAVING SUM(value * sign) > 0
ORDER BY subject`, book, string(on), investment+"/", investment+"0") // "0" follows "/"
	if err != nil {
		return nil, fmt.Errorf("read stakes in %s: %w", investment, err)
	}
	defer rows.Close()
	var list []Holder
	for rows.Next() {
		var h Holder
		if err := rows.Scan(&h.Village, &h.Stake); err != nil {
			return nil, err
		}
		h.Village = h.Village[len(investment)+1:]
		list = append(list, h)
	}
	return list, rows.Err()
}
