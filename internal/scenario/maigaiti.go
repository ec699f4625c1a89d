package scenario

import (
	"fmt"
	"slices"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/goods"
	"lastmile/internal/ledger"
	"lastmile/internal/project"
)

// kakexiale is the first village that was given ewes.
const kakexiale = "653127201207"

// The price of a ewe, in yuan.
const ewePrice = 1_050

// collective plans the economic collective of a village.
func (p *plan) collective(village *area.Area) string { return p.payeeOf("village-collective", village) }

// school plans the primary school of a village.
func (p *plan) school(village *area.Area) string { return p.payeeOf("school", village) }

// tiechu plans the flocks of Dolan ewes: bought in four lots, given to villages as collective property, with what it took to bring and keep
// them healthy, and their breeding by households. Money for the winter feed of 2020 is promised, and its payments wait for a second person.
func (p *plan) tiechu() error {
	const id = "M-I-01"
	supplier := p.supplier("sheep-breeder", "Dolan sheep breeding farm 多浪羊良种繁育场")
	carrier := p.supplier("sheep-services", "Veterinary and transport services 畜牧兽医运输服务")
	villages := p.shuffled(Maigaiti)
	pilot := slices.IndexFunc(villages, func(v *area.Area) bool { return v.Code == kakexiale })
	villages[0], villages[pilot] = villages[pilot], villages[0]
	type lot struct {
		on       date.Date
		ewes     int64
		villages int
	}
	type service struct {
		on     date.Date
		amount int64
		what   string
	}
	for _, y := range []struct {
		promised date.Date
		lots     []lot
		services []service
	}{
		{"2018-03-26", []lot{{"2018-04-23", 900, 6}, {"2018-09-17", 1_083, 7}}, []service{
			{"2018-04-09", 60_000, "Repair of sheds 羊圈维修"}, {"2018-05-07", 30_000, "Quarantine and vaccination 检疫免疫"}, {"2018-09-24", 40_000, "Transport 运输"},
		}},
		{"2019-02-25", []lot{{"2019-03-18", 900, 6}, {"2019-09-02", 700, 5}}, []service{
			{"2019-03-25", 17_850, "Ear tags 耳标"}, {"2019-04-08", 30_000, "Quarantine and vaccination 检疫免疫"}, {"2019-09-16", 60_000, "Winter feed 过冬饲料"},
		}},
	} {
		fund := own(y.promised.Year())
		var total int64
		for _, l := range y.lots {
			total += l.ewes * ewePrice
		}
		for _, s := range y.services {
			total += s.amount
		}
		p.promise(promise{project: id, on: y.promised, fund: fund, amount: yuan(total)})
		for _, s := range y.services {
			p.pay(payment{project: id, to: carrier, fund: fund, on: s.on, amount: yuan(s.amount), purpose: s.what})
		}
		for _, l := range y.lots {
			p.buy(l.on, goods.Purchase{Project: id, Supplier: supplier, Commodity: "sheep", Quantity: l.ewes, Amount: yuan(l.ewes * ewePrice), Fund: fund})
			flocks, err := ledger.Split(l.ewes, weights(l.villages))
			if err != nil {
				return err
			}
			for i, ewes := range flocks {
				p.flock(villages[i], fund, ewes, l.on.AddDays(2+i), l.on >= earTags)
			}
			villages = villages[l.villages:]
		}
	}
	if err := p.breeding(); err != nil {
		return err
	}
	p.promise(promise{project: id, on: "2020-09-21", fund: own(2020), amount: yuan(220_000)})
	for i, amount := range []int64{62_500, 48_000, 39_500} {
		on := date.Date("2020-10-26").AddDays(i)
		p.pay(payment{project: id, to: carrier, fund: own(2020), on: on, amount: yuan(amount), purpose: fmt.Sprintf("Winter feed for contract flocks, load %d 过冬饲料", i+1)})
		p.facts[len(p.facts)-1].draft.Approvers = nil
	}
	return nil
}

// weights are n numbers that differ a little.
func weights(n int) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(10 + i*3%7)
	}
	return list
}

const (
	stationsYear  = 10 // water stations built in a year
	stationPump   = 46_000
	stationFilter = 34_000
)

// water plans thirty stations of safe drinking water in three years, every third one at a school, the others in the care of the village.
func (p *plan) water() error {
	villages := p.shuffled(Maigaiti)
	for phase, year := range []int{2017, 2018, 2019} {
		id := fmt.Sprintf("M-L-01-%d", phase+1)
		start := p.rows[id].start
		p.promise(promise{project: id, on: start.AddDays(21), fund: own(year), amount: yuan(stationsYear * (stationPump + stationFilter))})
		for i := range stationsYear {
			n := phase*stationsYear + i + 1
			village := villages[n-1]
			keeper := p.collective(village)
			if n%3 == 0 {
				keeper = p.school(village)
			}
			built := start.AddDays(60 + 9*i)
			p.pay(payment{project: id, to: keeper, fund: own(year), on: built, amount: yuan(stationPump), purpose: fmt.Sprintf("Water station %d, pump and housing 饮水站水泵及站房", n)})
			p.pay(payment{project: id, to: keeper, fund: own(year), on: built.AddDays(28), amount: yuan(stationFilter), purpose: fmt.Sprintf("Water station %d, filter and pipes 饮水站净水设备及管道", n)})
			milestone := fmt.Sprintf("M-L-01-S%02d", n)
			p.add(Maigaiti, start, &project.Milestone{Project: id, ID: milestone, Name: fmt.Sprintf("Water station %d, %s", n, shortName(village)), Due: p.rows[id].finish}, nil)
			p.add(Maigaiti, built.AddDays(35), &project.MilestoneReached{Project: id, Milestone: milestone}, nil)
		}
	}
	return nil
}

// classConnect plans one set of teaching equipment for each of 63 primary schools, in two lots.
func (p *plan) classConnect() error {
	const setPrice = 18_500
	supplier := p.supplier("class-connect-maker", "Maker of teaching equipment 多媒体教学设备公司")
	villages := p.shuffled(Maigaiti)
	for i, l := range []struct {
		schools, installation int64
	}{{30, 40_500}, {33, 44_000}} {
		id := fmt.Sprintf("M-E-01-%d", i+1)
		start := p.rows[id].start
		fund := own(start.Year())
		p.promise(promise{project: id, on: start.AddDays(28), fund: fund, amount: yuan(l.schools*setPrice + l.installation)})
		bought := start.AddDays(70)
		p.buy(bought, goods.Purchase{Project: id, Supplier: supplier, Commodity: "class-connect", Quantity: l.schools, Amount: yuan(l.schools * setPrice), Fund: fund})
		for k, v := range villages[:l.schools] {
			school := p.school(v)
			p.connected = append(p.connected, school)
			p.deliver(bought.AddDays(14+k/6*7), goods.Delivery{Project: id, To: school, Commodity: "class-connect", Quantity: 1})
		}
		villages = villages[l.schools:]
		p.pay(payment{project: id, to: supplier, fund: fund, on: bought.AddDays(70), amount: yuan(l.installation), purpose: "Installation and training 安装与培训"})
	}
	return nil
}
