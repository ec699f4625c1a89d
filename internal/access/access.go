// Package access is people and what they may do: a person holds roles, each for an area and an interval of days. Whoever records or
// approves a fact must hold a role that its kind names, for the area the fact concerns, on the day it is effective; Authority answers
// that for the recorder. Who may see what follows from the same roles; Reader answers that for pages, reports and the API.
//
// Who a person is and which roles they hold are facts. What lets them in (password, sessions, tokens) is not: Accounts keeps it in
// tables of its own, which are in no book, are not replayed, and hold nothing that could be used to log in.
package access

import (
	"database/sql"
	"embed"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
)

//go:embed schema
var files embed.FS

//go:embed access.go
var source string

// Schema of the appointments.
var Schema = database.Schema{Name: "access", Files: files, State: []string{"appointment", "approval_rule"}, AppendOnly: []string{"access_event"},
	Apart: []string{"access_event"}}

func init() { fact.Register(source, (*Person)(nil), (*Appointment)(nil)) }

// Roles that a person can hold.
var Roles = []string{"sponsor-leadership", "programme-officer", "county-assistant", "loan-officer", "finance", "approver", "auditor", "administrator"}

// Person is someone who works with the programme, under their official name.
type Person struct {
	_    struct{} `kind:"person" en:"Person with access" zh:"工作人员" by:"administrator" book:"hq" defines:"person"`
	ID   string   `json:"id" en:"Log-in name" zh:"账号" entity:"id" pattern:"[a-z][a-z0-9.-]{1,39}" hint:"Small letters, digits, dot, dash, such as he.min." hint_zh:"小写字母、数字、点、横线，如 he.min。"`
	Name string   `json:"name" en:"Name" zh:"姓名" entity:"name" length:"100"`
	Unit string   `json:"unit" en:"Unit" zh:"单位" entity:"class" length:"200"`
}

// Record has nothing to move or count.
func (p *Person) Record(*fact.Tx) error {
	if p.ID == fact.Operator {
		return fault.New(fault.Invalid, "person.operator", "%q is the name of the machine's own operator", p.ID).For("id").Mend("Choose another log-in name.")
	}
	return nil
}

// Appointment gives a person a role for an area from the effective date. A later one for the same role and area replaces it.
type Appointment struct {
	_      struct{}  `kind:"appointment" en:"Appointment" zh:"任命" by:"administrator" book:"hq"`
	Person string    `json:"person" en:"Person" zh:"人员" ref:"person"`
	Role   string    `json:"role" en:"Role" zh:"角色" choices:"sponsor-leadership=Sponsor leadership=帮扶单位领导;programme-officer=Programme officer=项目主管;county-assistant=County assistant=驻县帮扶干部;loan-officer=Loan officer=信贷员;finance=Finance=财务;approver=Approver=审批人;auditor=Auditor=审计;administrator=Administrator=管理员"`
	Area   string    `json:"area" en:"For area" zh:"负责区域" ref:"area" optional:"" hint:"Empty for the whole programme." hint_zh:"留空表示全部区域。"`
	Until  date.Date `json:"until" en:"Until" zh:"截止日期" optional:"" hint:"Last day; empty while it lasts." hint_zh:"最后一天；长期则留空。"`
}

// Record puts the role in force.
func (a *Appointment) Record(tx *fact.Tx) error {
	if a.Until != "" && a.Until < tx.On {
		return fault.New(fault.Invalid, "appointment.until", "it would end on %s before it begins on %s", a.Until, tx.On).For("until").Mend("Correct one of the dates.")
	}
	return tx.Exec("INSERT INTO appointment (person, seq, role, area, on_date, until) VALUES ($1, $2, $3, $4, $5, $6)",
		a.Person, tx.Seq(), a.Role, a.Area, string(tx.On), string(a.Until))
}

// TakeBack leaves the role as if it had not been given: an earlier appointment holds again.
func (a *Appointment) TakeBack(tx *fact.Tx) error {
	return tx.Exec("DELETE FROM appointment WHERE person = $1 AND seq = $2", a.Person, tx.TakenBack().Seq)
}

// Held is a role that a person holds.
type Held struct {
	Role, Area  string
	From, Until date.Date
}

// Authority answers fact.Authority from the appointments recorded.
type Authority struct{}

type heldKey struct{ person string }

// May tells whether a person holds one of the roles for an area on a day: of the appointments to a role for an area the latest that had
// begun decides.
func (Authority) May(tx *fact.Tx, person string, roles []string, area string, on date.Date) (bool, error) {
	held, err := fact.Memo(tx, heldKey{person}, func() ([]Held, error) {
		rows, err := tx.Query("SELECT role, area, on_date, until FROM appointment WHERE person = $1 ORDER BY on_date DESC, seq DESC", person)
		if err != nil {
			return nil, err
		}
		return scanHeld(rows)
	})
	if err != nil {
		return false, err
	}
	decided := map[[2]string]bool{}
	for _, h := range held {
		key := [2]string{h.Role, h.Area}
		if on < h.From || decided[key] {
			continue
		}
		decided[key] = true
		if !slices.Contains(roles, h.Role) || h.Until != "" && on > h.Until {
			continue
		}
		within, err := tx.Within(area, h.Area)
		if err != nil || within {
			return within, err
		}
	}
	return false, nil
}

func scanHeld(rows *sql.Rows) ([]Held, error) {
	defer rows.Close()
	var list []Held
	for rows.Next() {
		var h Held
		var from, until string
		if err := rows.Scan(&h.Role, &h.Area, &from, &until); err != nil {
			return nil, err
		}
		h.From, h.Until = date.Date(from), date.Date(until)
		list = append(list, h)
	}
	return list, rows.Err()
}
