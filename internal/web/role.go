package web

import (
	"slices"
	"strings"

	"lastmile/internal/fact"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
)

// door is a place that a role goes to first.
type door struct{ icon, key, href string }

// first is what a role needs first on the overview: the figures that lead the row, the doors beside the heading, and whether it looks at what
// was said about the programme though something waits for it.
type first struct {
	role    string
	claims  bool
	figures []string
	doors   []door
}

// firsts are in the order in which they count for somebody who holds several roles.
var firsts = []first{
	{"finance", false, []string{"funds-injected", directFunds, "commitments-balance", "treasury-balance"}, []door{{"edit", "role.pay", "/record/disbursement"}, {"yuan", "role.money", "/money"}}},
	{"approver", false, nil, []door{{"approve", "role.approve", "/todo"}, {"ledger", "role.entries", "/journal"}}},
	{"county-assistant", false, []string{"households-registered", "households-exited", "watches-running", projectCount}, []door{{"people", "role.households", "/households"}, {"map", "role.areas", "/areas"}}},
	{"loan-officer", false, []string{"loans-granted", "loans-outstanding", "farmer-borrowers", "interest-saved"}, []door{{"edit", "role.repayment", "/record/loan-repayment"}, {"clock", "role.due", "/loans/due"}}},
	{"programme-officer", true, nil, []door{{"layers", "role.projects", "/projects"}, {"bell", "role.todo", "/todo"}}},
	{"auditor", true, nil, []door{{"ledger", "role.entries", "/journal"}, {"shield", "role.chain", "/chain"}, {"warning", "role.untraced", "/flow?open=1"}}},
	{"sponsor-leadership", true, nil, []door{{"approve", "role.claims", "/claims"}, {"warning", "role.untraced", "/flow?open=1"}}},
	{"administrator", true, nil, []door{{"people", "role.people", "/people"}, {"edit", "role.appoint", "/record/appointment"}}},
}

// keyFiguresFor are the figures that lead the overview, those of the reader's role before those of everybody.
func (q *request) keyFiguresFor() []string {
	ids := slices.Clone(q.first().figures)
	for _, id := range keyFigures {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// doors lead the reader's role to what it does first. A form is offered to whoever may send it.
func (q *request) doors() []view.Button {
	var buttons []view.Button
	v := session.Of(q.Request)
	for i, d := range q.first().doors {
		if name, isForm := strings.CutPrefix(d.href, "/record/"); isForm {
			if k := fact.Find(name); k == nil || !v.MayRecord(k) {
				continue
			}
		}
		b := view.Button{Label: q.text(d.key), Icon: d.icon, Href: d.href}
		if i == 0 {
			b.Kind = view.Primary
		}
		buttons = append(buttons, b)
	}
	return buttons
}

// first is what the reader's first role needs; nothing for strangers.
func (q *request) first() first {
	if v := session.Of(q.Request); v != nil {
		for _, f := range firsts {
			if v.Holds(f.role) {
				return f
			}
		}
	}
	return first{}
}
