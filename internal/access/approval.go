package access

import (
	"context"
	_ "embed"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
)

//go:embed approval.go
var approvalSource string

func init() { fact.Register(approvalSource, (*ApprovalRule)(nil)) }

// ApprovalRule says how many people must approve facts of a kind from an amount on, while it is in force. The rules in force for a
// kind take the place of those that the kind itself brings; facts recorded before keep the rule of their own day.
type ApprovalRule struct {
	_         struct{}   `kind:"approval-rule" en:"Approval rule" zh:"审批规则" by:"administrator" approve:"approver" book:"hq"`
	Of        string     `json:"of" en:"Kind of fact" zh:"类型" length:"60"`
	From      fact.Money `json:"from" en:"From amount" zh:"金额起点" unit:"CNY" min:"0" optional:"" hint:"Empty for every amount." hint_zh:"留空表示任何金额。"`
	Approvers int64      `json:"approvers" en:"Approvers" zh:"审批人数" min:"1" max:"5"`
	Until     date.Date  `json:"until" en:"Until" zh:"截止日期" optional:"" hint:"Last day; empty while it lasts." hint_zh:"最后一天；长期则留空。"`
}

// Record puts the rule in force.
func (a *ApprovalRule) Record(tx *fact.Tx) error {
	k := fact.Find(a.Of)
	if k == nil || k.Approval == nil {
		return fault.New(fault.Invalid, "approval-rule.kind", "%q is not a kind of fact that needs approval", a.Of).For("of").Mend("Name one of them: lastmile kinds")
	}
	return tx.Exec("INSERT INTO approval_rule (kind, seq, from_amount, on_date, until, approvers) VALUES ($1, $2, $3, $4, $5, $6)",
		a.Of, tx.Seq(), int64(a.From), string(tx.On), string(a.Until), a.Approvers)
}

// TakeBack leaves the rule as if it had not been given.
func (a *ApprovalRule) TakeBack(tx *fact.Tx) error {
	return tx.Exec("DELETE FROM approval_rule WHERE kind = $1 AND seq = $2", a.Of, tx.TakenBack().Seq)
}

type rule struct {
	from, approvers int64
	on, until       date.Date
}

type ruleKey struct{ kind string }

// Approvers is how many people must approve an amount of a kind on a day; ok is false when no rule is in force and the kind's own holds.
func (Authority) Approvers(tx *fact.Tx, kind string, amount int64, on date.Date) (n int, ok bool, err error) {
	rules, err := fact.Memo(tx, ruleKey{kind}, func() ([]rule, error) {
		rows, err := tx.Query("SELECT from_amount, approvers, on_date, until FROM approval_rule WHERE kind = $1 ORDER BY from_amount, on_date, seq", kind)
		if err != nil {
			return nil, fmt.Errorf("read approval rules of %s: %w", kind, err)
		}
		defer rows.Close()
		var list []rule
		for rows.Next() {
			var r rule
			var on, until string
			if err := rows.Scan(&r.from, &r.approvers, &on, &until); err != nil {
				return nil, err
			}
			r.on, r.until = date.Date(on), date.Date(until)
			list = append(list, r)
		}
		return list, rows.Err()
	})
	n = 1
	for _, r := range rules {
		if r.on <= on && (r.until == "" || on <= r.until) {
			ok = true
			if amount >= r.from {
				n = int(r.approvers)
			}
		}
	}
	return n, ok, err
}

// Steps are the amounts from which a kind takes more than one approver on a day, ascending: those of the rules in force, or else the kind's own.
func Steps(ctx context.Context, db database.Reader, k *fact.Kind, on date.Date) ([]fact.Step, error) {
	rows, err := db.Query(ctx, "SELECT from_amount, approvers FROM approval_rule WHERE kind = $1 AND on_date <= $2 AND (until = '' OR until >= $2) ORDER BY from_amount, on_date", k.Name, string(on))
	if err != nil {
		return nil, fmt.Errorf("read approval rules of %s: %w", k.Name, err)
	}
	defer rows.Close()
	var steps []fact.Step
	found := false
	for rows.Next() {
		found = true
		var s fact.Step
		if err := rows.Scan(&s.From, &s.Approvers); err != nil {
			return nil, err
		}
		if s.Approvers > 1 {
			steps = append(steps, s)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if !found && k.Approval != nil {
		return k.Approval.Steps, nil
	}
	return steps, nil
}
