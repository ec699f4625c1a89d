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

// runningUntil is when the projects that run on are to be accepted.
const runningUntil date.Date = "2021-12-31"

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
	due := u.finish
	if due == "" {
		due = runningUntil
	}
	p.add(u.book(), u.start, &project.Milestone{Project: u.id, ID: u.id + "-signed", Name: "Contract signed 签订合同", Due: signed}, nil)
	p.add(u.book(), u.start, &project.Milestone{Project: u.id, ID: u.id + "-accepted", Name: "Work accepted 通过验收", Due: due}, nil)
	p.add(u.book(), signed, &project.MilestoneReached{Project: u.id, Milestone: u.id + "-signed"}, document("CONTRACT SIGNED "+u.id, "Date    "+string(workday(signed)), u.name))
	if u.finish != "" {
		minutes := document("WORK ACCEPTED "+u.id, "Date    "+string(workday(u.finish)), u.name)
		p.add(u.book(), u.finish, &project.MilestoneReached{Project: u.id, Milestone: u.id + "-accepted"}, minutes)
		p.add(u.book(), u.finish, &project.Status{Project: u.id, Status: project.Finished}, minutes)
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
		if err := p.carryOutYear(u, first+i, share); err != nil {
			return err
		}
	}
	if u.refund > 0 {
		p.settle(u)
	}
	return nil
}

// carryOutYear plans a year's promise of a project and its payments, spread over the rest of the year.
func (p *plan) carryOutYear(u *undertaking, year int, share int64) error {
	promised := max(u.start.AddDays(14), date.New(year, time.March, 24))
	first, last := promised.AddDays(10), min(u.finish.AddDays(-14), date.New(year, time.December, 4))
	p.promise(promise{project: u.id, on: promised, fund: own(year), amount: yuan(share)})
	proved := u.payments
	if u.unproved > 0 {
		proved--
	}
	amounts, err := divide(share-u.unproved, proved)
	if err != nil {
		return err
	}
	if u.unproved > 0 {
		amounts = append(amounts, u.unproved)
	}
	step := days(first, last) / len(amounts)
	for i, amount := range amounts {
		to, purpose := p.payee(u, i)
		p.pay(payment{
			project: u.id, to: to, fund: own(year), on: first.AddDays((i+1)*step - p.chance.IntN(max(1, step/2))), amount: yuan(amount),
			purpose: fmt.Sprintf("%s, payment %d of %d%s", u.name, i+1, len(amounts), purpose), unproved: i == proved,
		})
	}
	return nil
}

// days counts from one day to another.
func days(from, to date.Date) int { return int(to.Time().Sub(from.Time()).Hours() / 24) }

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

// settled is the day from which a year's projects were settled, one a fortnight in each county.
var settled = map[int]date.Date{2018: "2019-11-04", 2019: "2020-02-17"}

// settle plans what came back from a finished project.
func (p *plan) settle(u *undertaking) {
	year := u.start.Year()
	first, ok := settled[year]
	if !ok {
		first = u.finish
	}
	before := 0
	for _, other := range p.rows {
		if other != u && other.refund > 0 && other.book() == u.book() && other.start.Year() == year {
			before++
		}
	}
	on := first.AddDays(14 * before)
	from, _ := p.payee(u, 0)
	voucher := p.voucher(on)
	r := &project.Refund{Project: u.id, From: from, Amount: yuan(u.refund), Voucher: voucher, Fund: own(year), Reason: "Settlement of the finished project: money that was not needed 项目结算结余"}
	p.add(u.book(), on, r, bankSlip(voucher, on, from, u.book(), r.Amount, "refund, "+u.id))
}

// payeeNames end the names of payees, by kind.
var payeeNames = map[string][2]string{
	"village-collective": {"VC", "村集体经济联合社"},
	"cooperative":        {"CO", "种植养殖专业合作社"},
	"enterprise":         {"EN", "帮扶车间"},
	"school":             {"SC", "中心小学"},
	"hospital":           {"HO", "卫生院"},
	"government":         {"GO", "扶贫工作站"},
}

// payee is who gets a payment of a project of the usual course, and what to add to its purpose: the one party of its kind in the project's
// town or county, or the central schools of the county's towns in turn.
func (p *plan) payee(u *undertaking, payment int) (to, purpose string) {
	if u.payee != "schools" {
		return p.payeeOf(u.payee, u.area), ""
	}
	towns := p.inside(u.book())
	town := towns[payment%len(towns)]
	return p.payeeOf("school", town), ", " + town.Name
}

// payeeOf plans the party of a kind in a place.
func (p *plan) payeeOf(kind string, place *area.Area) string {
	name := payeeNames[kind]
	return p.party(designated(bookOf(place.Code)).AddDays(28), party.Party{
		ID: name[0] + "-" + place.Code, Name: shortName(place) + name[1], Kind: kind, Area: place.Code,
	})
}
