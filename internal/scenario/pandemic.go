package scenario

import (
	"fmt"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/goods"
	"lastmile/internal/party"
	"lastmile/internal/programme"
)

// The price of an ambulance, in yuan.
const ambulancePrice = 168_000

// pandemic plans the response of 2020 in both counties. The money is 1.87 million of the year's budget and the 1.93 million that came back from
// projects of 2018 and 2019; it buys ambulances and apparatus for hospitals and disinfection for schools. Masks are gifts of others.
func (p *plan) pandemic() error {
	makers := p.supplier("ambulance-maker", "Maker of ambulances 救护车生产企业")
	apparatus := p.supplier("medical-apparatus", "Supplier of medical apparatus 医疗器械供应商")
	disinfection := p.supplier("disinfection", "Supplier of disinfectants 消毒用品供应商")
	type supply struct {
		to     string
		on     date.Date
		amount int64
		what   string
	}
	type part struct {
		promised   date.Date
		year       int // of the fund
		ambulances int64
		bought     date.Date
		supplies   []supply
	}
	const (
		equipment = "Medical apparatus 医疗设备"
		hygiene   = "Disinfection of schools 学校消毒"
	)
	for _, c := range []struct {
		project string
		parts   []part
	}{
		{"W-L-15", []part{
			{"2020-02-10", 2020, 3, "2020-02-24", []supply{{apparatus, "2020-03-09", 260_000, equipment}, {disinfection, "2020-03-16", 106_000, hygiene}}},
			{"2020-03-23", 2018, 3, "2020-04-07", []supply{{disinfection, "2020-04-20", 16_000, hygiene}}},
			{"2020-07-06", 2019, 3, "2020-07-20", []supply{{disinfection, "2020-08-10", 6_000, hygiene}}},
		}},
		{"M-L-11", []part{
			{"2020-02-17", 2020, 5, "2020-03-02", []supply{{apparatus, "2020-03-16", 160_000, equipment}}},
			{"2020-03-30", 2018, 2, "2020-04-13", []supply{{apparatus, "2020-04-27", 100_000, equipment}, {disinfection, "2020-05-11", 14_000, hygiene}}},
			{"2020-07-13", 2019, 2, "2020-07-27", []supply{{disinfection, "2020-08-17", 114_000, hygiene}}},
		}},
	} {
		hospitals := p.hospitals(bookOf(c.project))
		for _, t := range c.parts {
			total := t.ambulances * ambulancePrice
			for _, s := range t.supplies {
				total += s.amount
			}
			p.promise(promise{project: c.project, on: t.promised, fund: own(t.year), amount: yuan(total), returned: t.year != 2020})
			p.buy(t.bought, goods.Purchase{
				Project: c.project, Supplier: makers, Commodity: "ambulance", Quantity: t.ambulances, Amount: yuan(t.ambulances * ambulancePrice), Fund: own(t.year),
			})
			for range t.ambulances {
				p.deliver(t.bought.AddDays(10), goods.Delivery{Project: c.project, To: hospitals[0], Commodity: "ambulance", Quantity: 1})
				p.ambulance(c.project, own(t.year), hospitals[0], t.bought.AddDays(10))
				hospitals = hospitals[1:]
			}
			for _, s := range t.supplies {
				p.pay(payment{project: c.project, to: s.to, fund: own(t.year), on: s.on, amount: yuan(s.amount), purpose: s.what})
			}
		}
	}
	p.masks()
	return nil
}

// hospitals lists nine that receive an ambulance: the county's two and the clinics of its first seven towns.
func (p *plan) hospitals(county string) []string {
	opened := designated(county).AddDays(28)
	c := p.byCode[county]
	list := []string{
		p.party(opened, party.Party{ID: "HO-" + county, Name: c.Name + "人民医院", Kind: "hospital", Area: county}),
		p.party(opened, party.Party{ID: "HO-" + county + "-2", Name: c.Name + "第二医院", Kind: "hospital", Area: county}),
	}
	for _, town := range p.inside(county)[:7] {
		list = append(list, p.payeeOf("hospital", town))
	}
	return list
}

// ambulance plans an entry of the register of assets, its acceptance and the checks since.
func (p *plan) ambulance(project, fund, hospital string, on date.Date) {
	book := bookOf(project)
	p.ambulances++
	id := fmt.Sprintf("AMB-%02d", p.ambulances)
	p.add(book, on, &goods.Asset{
		ID: id, Name: "Ambulance 救护车", Project: project, Commodity: "ambulance", Fund: fund, Custodian: hospital, Serial: fmt.Sprintf("SYN-2020-%04d", 1000+37*p.ambulances),
	}, nil)
	p.add(book, on.AddDays(3), &goods.AssetCheck{Asset: id, Check: "acceptance", Result: "good"}, document("ACCEPTANCE OF "+id, "Date    "+string(workday(on.AddDays(3))), "By      "+hospital))
	for k := 1; on.AddDays(70*k) < "2020-10-20"; k++ {
		result := "good"
		if p.ambulances == 7 && k == 2 {
			result = "repair"
		}
		p.add(book, on.AddDays(70*k), &goods.AssetCheck{Asset: id, Check: "condition", Result: result}, nil)
	}
}

// maskBatch is the batch of the masks that their maker gave; the other masks came without one.
const maskBatch = "MASK-2005"

// masks plans the gifts of masks, how hospitals fetched theirs, and how schools were sent theirs: some of the common stock, some of the batch. What is
// left stays in the counties' stores.
func (p *plan) masks() {
	type county struct {
		project                           string
		schools                           []string
		toHospital, toSchool, batchToEach int64
	}
	counties := []county{{"W-L-15", nil, 12_000, 18_500, 5_000}, {"M-L-11", p.connected, 13_000, 4_000, 1_100}}
	for _, town := range p.inside(Wushan) {
		counties[0].schools = append(counties[0].schools, p.payeeOf("school", town))
	}
	p.add(entity.Headquarters, "2020-05-07", &goods.Batch{ID: maskBatch, Maker: "Maker of masks 口罩生产企业", Commodity: "mask", Expires: "2022-05-06"}, nil)
	for _, g := range []struct {
		fund, giver, name, kind, batch string
		on                             date.Date
		masks                          [2]int64
	}{
		{"MASK-MEMBERS", "member-unit-a", "Member unit A 会员单位甲", "member", "", "2020-02-17", [2]int64{180_000, 130_000}},
		{"MASK-COMPANIES", "listed-company-m", "Listed company M, textiles 上市公司（纺织）", "listed-company", "", "2020-03-09", [2]int64{120_000, 140_000}},
		{"MASK-FOUNDATION", "foundation-b", "Charitable foundation B 公益基金会乙", "foundation", "", "2020-03-30", [2]int64{70_000, 80_000}},
		{"MASK-STAFF", "exchange-staff", "Staff of the exchange 交易所职工", "staff", "", "2020-04-13", [2]int64{22_400, 20_000}},
		{"MASK-PUBLIC", "mask-maker", "Maker of masks 口罩生产企业", "enterprise", maskBatch, "2020-05-11", [2]int64{80_000, 70_000}},
	} {
		p.party("2020-02-03", party.Party{ID: g.giver, Name: g.name, Kind: g.kind})
		p.add(entity.Headquarters, "2020-02-04", &programme.Fund{ID: g.fund, Name: "Masks: " + g.name, Sponsor: g.giver, Purpose: "Masks for hospitals and schools"}, nil)
		for i, c := range counties {
			paper := fmt.Sprintf("Deed of gift %s-%d", g.fund, i+1)
			p.add(bookOf(c.project), g.on, &goods.Donation{Project: c.project, Fund: g.fund, Commodity: "mask", Quantity: g.masks[i], Document: paper, Batch: g.batch},
				document("DEED OF GIFT", "Date    "+string(g.on), "From    "+g.giver, fmt.Sprintf("Goods   %d masks", g.masks[i]), "Project "+c.project))
		}
	}
	for _, c := range counties {
		for _, h := range p.hospitals(bookOf(c.project)) {
			p.deliver("2020-03-16", goods.Delivery{Project: c.project, To: h, Commodity: "mask", Quantity: c.toHospital})
		}
		p.dispatch("DIS-"+c.project+"-1", "2020-05-18", c.project, "", c.toSchool, c.schools)
		p.dispatch("DIS-"+c.project+"-2", "2020-06-01", c.project, maskBatch, c.batchToEach, c.schools)
		p.add(bookOf(c.project), "2020-06-15", &goods.Loss{Project: c.project, Commodity: "mask", Quantity: 400, Cause: "Boxes that got wet in the store 仓库受潮"}, nil)
	}
}

// dispatch plans masks sent to schools and their receipt a week later, each with its own receipt.
func (p *plan) dispatch(id string, on date.Date, project, batch string, each int64, schools []string) {
	d := &goods.Dispatch{ID: id, Project: project, Commodity: "mask", Batch: batch, Carrier: "County post 县邮政"}
	for _, s := range schools {
		d.List = append(d.List, fmt.Sprintf("%s=%d", s, each))
	}
	p.add(bookOf(project), on, d, document("DISPATCH "+id, "Date    "+string(on), fmt.Sprintf("Goods   %d x mask for each", each), fmt.Sprintf("To      %d schools", len(schools))))
	for _, s := range schools {
		p.deliver(on.AddDays(7), goods.Delivery{Project: project, To: s, Commodity: "mask", Quantity: each, Batch: batch, Dispatch: id})
	}
}
