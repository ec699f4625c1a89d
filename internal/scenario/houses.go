package scenario

import (
	"fmt"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/ledger"
	"lastmile/internal/party"
)

// Grants for a house, in yuan: for a whole house, paid when it is finished or as the work goes on, or for the repair of a part.
const (
	wholeHouse  = 15_000
	partOfHouse = 7_500
)

var instalments = []int64{4_500, 6_000, 4_500}

const (
	housingProject = "W-L-01"
	listVillages   = 12 // villages of a town that a list takes in
	inInstalments  = 2  // households of a list that are paid as the work goes on
)

// houseList is a year's list of houses in three towns.
type houseList struct {
	year        int
	towns       [3]string
	whole, part int64 // households
}

var houseLists = []houseList{
	{2014, [3]string{"620524103", "620524206", "620524202"}, 100, 0},
	{2015, [3]string{"620524105", "620524104", "620524112"}, 150, 0},
	{2016, [3]string{"620524101", "620524110", "620524109"}, 200, 0},
	{2017, [3]string{"620524102", "620524108", "620524107"}, 200, 0},
	{2018, [3]string{"620524100", "620524106", "620524111"}, 147, 6},
}

// houses plans the renovation of dilapidated houses: 15 towns in five years, each household paid directly.
func (p *plan) houses() error {
	for _, l := range houseLists {
		whole, err := ledger.Split(l.whole, []int64{1, 1, 1})
		if err != nil {
			return err
		}
		part, err := ledger.Split(l.part, []int64{1, 1, 1})
		if err != nil {
			return err
		}
		for i, town := range l.towns {
			p.housesOf(l.year, p.byCode[town], whole[i], part[i])
		}
	}
	return nil
}

// housesOf plans one town's list.
func (p *plan) housesOf(year int, town *area.Area, whole, part int64) {
	villages := p.shuffled(town.Code)
	villages = villages[:min(len(villages), listVillages)]
	day := func(m time.Month, d int) date.Date { return date.New(year, m, d) }
	p.promise(promise{
		project: housingProject, on: day(time.May, 12), fund: own(year), amount: yuan(whole*wholeHouse + part*partOfHouse),
		contract: fmt.Sprintf("House list %d, %s", year, town.Name),
	})
	for k := range int(whole + part) {
		p.households++
		village := villages[k%len(villages)]
		household := p.party(day(time.April, 14), party.Party{
			ID: fmt.Sprintf("H-%04d", p.households), Name: fmt.Sprintf("农户 %s-%03d", village.Code[6:], k/len(villages)+1), Kind: "household", Area: village.Code,
		})
		grant := func(on date.Date, amount int64, what string) {
			p.pay(payment{project: housingProject, to: household, fund: own(year), on: on, amount: yuan(amount), purpose: what})
		}
		switch payday := day(time.August+time.Month(k%4), 8+k%3*7); {
		case k < inInstalments:
			for i, amount := range instalments {
				grant(day(time.June+time.Month(2*i), 18), amount, fmt.Sprintf("House renovation, instalment %d of %d 危房改造分期拨款", i+1, len(instalments)))
			}
		case k < int(whole):
			grant(payday, wholeHouse, "House renovation 危房改造补助")
		default:
			grant(payday, partOfHouse, "Repair of part of a house 房屋局部修缮补助")
		}
	}
}
