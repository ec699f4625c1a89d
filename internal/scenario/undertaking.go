package scenario

import (
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
	"lastmile/internal/party"
	"lastmile/internal/project"
)

// The projects, with what those of the usual course cost: an amount, divided over the years from start to finish, each year's share paid in
// so many payments to one kind of payee. A project without an amount has a plan of its own in Go.
//
//go:embed projects.csv
var projectsFile string

// undertaking is a row of projects.csv.
type undertaking struct {
	id, parent     string
	area           *area.Area
	channel, theme string
	start, finish  date.Date // finish is empty while it runs
	amount         int64     // yuan; 0 for a plan of its own
	payments       int       // a year
	payee          string    // kind of party; "schools" for the central schools of the towns in turn
	unproved       int64     // yuan of the last payment, for which no slip is on file; 0 when all are
	refund         int64     // yuan that came back when the project was settled
	name, nameZh   string
}

func (u *undertaking) book() string { return bookOf(u.id) }

// own is the fund of the sponsor's budget of a year.
func own(year int) string { return "OWN-" + strconv.Itoa(year) }

func yuan(n int64) fact.Money { return fact.Money(n * 100) }

func (p *plan) projects() error {
	return readTable(projectsFile, func(cell func(string) string) error {
		u := &undertaking{
			id: cell("id"), parent: cell("parent"), area: p.byCode[cell("area")], channel: cell("channel"), theme: cell("theme"),
			start: date.Date(cell("start")), finish: date.Date(cell("finish")), payee: cell("payee"), name: cell("name"), nameZh: cell("name_zh"),
		}
		if u.area == nil {
			return fmt.Errorf("projects.csv: %s lies in area %q, which is not in areas.csv", u.id, cell("area"))
		}
		payments := int64(0)
		for column, n := range map[string]*int64{"amount": &u.amount, "payments": &payments, "unproved": &u.unproved, "refund": &u.refund} {
			if text := cell(column); text != "" {
				var err error
				if *n, err = strconv.ParseInt(text, 10, 64); err != nil {
					return fmt.Errorf("projects.csv: %s of %s: %w", column, u.id, err)
				}
			}
		}
		u.payments = int(payments)
		p.rows[u.id] = u
		p.open(u)
		if u.amount == 0 {
			return nil
		}
		return p.carryOut(u)
	})
}

// open plans a project, its two milestones and its end.
func (p *plan) open(u *undertaking) {
	p.add(u.book(), u.start, &project.Project{
		ID: u.id, Name: u.name, NameZh: u.nameZh, Area: u.area.Code, Channel: u.channel, Theme: u.theme, Parent: u.parent, Until: u.finish,
	}, document("PROJECT APPROVAL "+u.id, "Date    "+string(u.start), u.name))
	if u.parent != "" {
		if u.finish != "" {
			p.add(u.book(), u.finish, &project.Status{Project: u.id, Status: project.Finished}, nil)
		}
		return
	}
	signed := u.start.AddDays(30)
	accepted := u.finish
	if accepted == "" {
		accepted = "2021-12-31"
	}
	p.add(u.book(), u.start, &project.Milestone{Project: u.id, ID: u.id + "-signed", Name: "Contract signed 签订合同", Due: signed}, nil)
	p.add(u.book(), u.start, &project.Milestone{Project: u.id, ID: u.id + "-accepted", Name: "Work accepted 通过验收", Due: accepted}, nil)
	p.add(u.book(), signed, &project.MilestoneReached{Project: u.id, Milestone: u.id + "-signed"}, nil)
	if u.finish != "" {
		p.add(u.book(), u.finish, &project.MilestoneReached{Project: u.id, Milestone: u.id + "-accepted"}, nil)
		p.add(u.book(), u.finish, &project.Status{Project: u.id, Status: project.Finished}, nil)
	}
}

// carryOut plans the money of a project of the usual course.
func (p *plan) carryOut(u *undertaking) error {
	first, last := u.start.Year(), u.finish.Year()
	shares, err := divide(u.amount, last-first+1)
	if err != nil {
		return err
	}
	for i, share := range shares {
		year := first + i
		promised := max(u.start.AddDays(14), date.New(year, time.March, 24))
		until := min(u.finish.AddDays(-14), date.New(year, time.December, 4))
		p.promise(promise{project: u.id, on: promised, fund: own(year), amount: yuan(share)})
		amounts, err := divide(share-u.unproved, u.payments-boolInt(u.unproved > 0))
		if err != nil {
			return err
		}
		if u.unproved > 0 {
			amounts = append(amounts, u.unproved)
		}
		span := int(until.Time().Sub(promised.Time()).Hours()/24) - 10
		for j, amount := range amounts {
			on := promised.AddDays(10 + (j+1)*span/len(amounts) - p.chance.IntN(max(1, span/len(amounts)/2)))
			pay := payment{project: u.id, to: p.payee(u, j), fund: own(year), on: on, amount: yuan(amount), purpose: fmt.Sprintf("%s, payment %d of %d", u.name, j+1, len(amounts))}
			if u.payee == "schools" {
				pay.purpose = u.name + ", " + p.towns(u.book())[j%len(p.towns(u.book()))].Name
			}
			pay.unproved = u.unproved > 0 && j == len(amounts)-1
			p.pay(pay)
		}
	}
	if u.refund > 0 {
		p.settle(u)
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// divide gives yuan in n parts that differ a little, of whole hundreds but for the last.
func divide(amount int64, n int) ([]int64, error) {
	weights := make([]int64, n)
	for i := range weights {
		weights[i] = int64(20 - i%3)
	}
	parts, err := ledger.Split(amount/100, weights)
	if err != nil {
		return nil, err
	}
	for i := range parts {
		parts[i] *= 100
	}
	parts[n-1] += amount % 100
	return parts, nil
}

// settle plans what came back from a finished project. Projects of one county and year are settled one a fortnight.
func (p *plan) settle(u *undertaking) {
	year := u.start.Year()
	first := map[int]date.Date{2018: "2019-11-04", 2019: "2020-02-17"}[year]
	before := 0
	for id, other := range p.rows {
		if id != u.id && other.refund > 0 && other.book() == u.book() && other.start.Year() == year {
			before++
		}
	}
	on := first.AddDays(14 * before)
	from := p.payee(u, 0)
	voucher := p.voucher(on)
	r := &project.Refund{Project: u.id, From: from, Amount: yuan(u.refund), Voucher: voucher, Fund: own(year), Reason: "Settlement of the finished project: money that was not needed 项目结算结余"}
	p.add(u.book(), on, r, bankSlip(voucher, on, from, u.book(), r.Amount, "refund, "+u.id))
}

// towns lists the town-level units of a county that are towns.
func (p *plan) towns(county string) []*area.Area { return p.inside(county) }

// payeeNames end the names of payees, by kind.
var payeeNames = map[string][2]string{
	"village-collective": {"VC", "村集体经济联合社"},
	"cooperative":        {"CO", "种植养殖专业合作社"},
	"enterprise":         {"EN", "帮扶车间"},
	"school":             {"SC", "中心小学"},
	"hospital":           {"HO", "卫生院"},
	"government":         {"GO", "扶贫工作站"},
}

// payee is who is paid for a project of the usual course: the one party of its kind in the project's town or county.
func (p *plan) payee(u *undertaking, payment int) string {
	kind, place := u.payee, u.area
	if kind == "schools" {
		kind = "school"
		towns := p.towns(u.book())
		place = towns[payment%len(towns)]
	}
	return p.payeeOf(kind, place)
}

func (p *plan) payeeOf(kind string, place *area.Area) string {
	name := payeeNames[kind]
	return p.party(designated(bookOf(place.Code)).AddDays(28), party.Party{
		ID: name[0] + "-" + place.Code, Name: shortName(place) + name[1], Kind: kind, Area: place.Code,
	})
}
