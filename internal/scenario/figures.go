package scenario

import (
	"bytes"
	_ "embed"
	"slices"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household/earning"
	"lastmile/internal/indicator"
	"lastmile/internal/table"
)

// Claims is the claims file of the public account: every sentence of it that states a figure, one row a figure, and the figure that must
// bear it out. Sentences are the account's own, typing errors kept, spaces made plain.
//
//go:embed claims.csv
var Claims string

// money is what the sponsor's money gave to projects: paid, less what came back.
const money = "disbursement:CNY -refund:CNY"

// yuanOf is a figure of money.
func yuanOf(id, en, zh, aggregate, terms string) indicator.Figure {
	return indicator.Figure{ID: id, En: en, Zh: zh, Unit: "CNY", Scale: 2, Aggregate: aggregate, Terms: terms}
}

// moneyOf is the sponsor's money of some projects.
func moneyOf(id, en, zh string, projects ...string) indicator.Figure {
	f := yuanOf(id, en, zh, "sum", money)
	f.Projects = projects
	return f
}

// dateOf is the date of an event of a county.
func dateOf(id, en, zh, measure, county string) indicator.Figure {
	return indicator.Figure{ID: id, En: en, Zh: zh, Unit: "date", Aggregate: "minimum", Terms: measure, Area: county}
}

// countOf is a number of things.
func countOf(id, en, zh, unit, aggregate, terms string) indicator.Figure {
	return indicator.Figure{ID: id, En: en, Zh: zh, Unit: unit, Aggregate: aggregate, Terms: terms}
}

// ratioOf is one figure over another.
func ratioOf(id, en, zh, terms string) indicator.Figure {
	return indicator.Figure{ID: id, En: en, Zh: zh, Unit: "ratio", Aggregate: "ratio", Terms: terms}
}

// ofSubject is a figure of one household or contract.
func ofSubject(f indicator.Figure, subject string) indicator.Figure {
	f.Subject = subject
	return f
}

// accountYear is what the account calls "this year".
const accountYear = 2020

// figures of the programme beside the standard ones. Each says by itself what it is of, so that a claim needs to name it and nothing else.
func figures() []indicator.Figure {
	education := yuanOf("education-funds-wushan", "Money for education in Wushan", "武山县教育帮扶资金", "sum", money)
	education.Area, education.Channel = Wushan, "education"
	seedCapital := moneyOf("seed-capital", "Seed capital of the credit products", "信贷启动资金", "W-F-01", "W-F-02")
	seedCapital.Fund = creditFund
	breedingIncome := yuanOf("breeding-income", "Income of households from lambs, net of costs", "养殖户羔羊净收入", "sum", "household-income")
	firstIncome := ofSubject(yuanOf("first-contract-income", "Income of the first household from lambs, net of costs", "首户羔羊净收入", "sum", "household-income"), firstBreeder)
	breedingIncome.Projects, firstIncome.Projects = []string{tiechuProject}, []string{tiechuProject}
	pigCapacity := countOf("pig-capacity-planned", "Pigs a year, planned", "生猪设计年产能", "head", "sum", "capacity-planned")
	pigCapacity.Projects = []string{"W-I-01"}
	pigsReached := countOf("pig-capacity-actual", "Pigs a year, reached", "生猪实际年产能", "head", "sum", "capacity-actual")
	pigsReached.Projects = pigCapacity.Projects
	kakexialeOrder := countOf("kakexiale-order", "Kakexiale's place in the roll-out", "喀克夏勒村推广次序", "order of villages", "minimum", "roll-out-order")
	kakexialeOrder.Area = kakexiale
	committed := func(id, en, zh, project string) indicator.Figure {
		f := yuanOf(id, en, zh, "sum", "investment-committed")
		f.Projects = []string{project}
		return f
	}
	firstYear := ofSubject(yuanOf("first-contract-income-2020", "Income of the first household from lambs in 2020, net of costs", "首户2020年羔羊净收入", "sum", "household-income"), firstBreeder)
	firstYear.Projects, firstYear.From, firstYear.Until = firstIncome.Projects, date.New(accountYear, time.January, 1), date.New(accountYear, time.December, 31)
	ewesGiven := countOf("ewes-given", "Ewes given to villages as their property", "交付村集体母羊", "head", "sum", "herd-given")
	ewesGiven.Projects = firstIncome.Projects
	earners := countOf("breeding-earners", "Households that have earned from lambs", "有羔羊收入的养殖户", "households", "distinct", "household-income")
	earners.Projects = firstIncome.Projects
	dividendsDeclared := countOf("angus-dividends-declared", "Dividends of the cattle farm declared", "肉牛分红期数", "dividends", "sum", "dividend-period")
	dividendYears := countOf("angus-dividend-years", "Years of the cattle farm's dividend plan that have passed", "肉牛分红方案已过年数", "years", "years", "dividend-plan-begins-on")
	dividendsDeclared.Projects, dividendYears.Projects, dividendYears.Until = []string{"M-I-02"}, []string{"M-I-02"}, AsOf
	years := countOf("programme-years", "Years of the programme at the time of the account", "至报告时的帮扶年数", "years", "years", "designated-on")
	years.Until = AsOf
	return []indicator.Figure{
		years,
		dateOf("designated-wushan", "Wushan designated", "武山县结对日期", "designated-on", Wushan),
		dateOf("designated-maigaiti", "Maigaiti designated", "麦盖提县结对日期", "designated-on", Maigaiti),
		dateOf("accepted-wushan", "Wushan passed the acceptance check", "武山县通过验收日期", "acceptance-passed-on", Wushan),
		dateOf("lifted-maigaiti", "Maigaiti lifted out of poverty", "麦盖提县脱贫摘帽日期", "lifted-on", Maigaiti),

		moneyOf("tiechu-funds", "Money for the Tiechu sheep", "“铁畜”项目资金", "M-I-01"),
		seedCapital,
		moneyOf("housing-funds", "Money for house renovation", "危房改造资金", housingProject),
		moneyOf("water-funds", "Money for water stations", "安全饮水资金", "M-L-01", "M-L-01-1", "M-L-01-2", "M-L-01-3"),
		moneyOf("class-connect-funds", "Money for Class Connect", "“班班通”资金", "M-E-01", "M-E-01-1", "M-E-01-2"),
		education,
		moneyOf("pandemic-funds", "Money for pandemic prevention", "疫情防控资金", "W-L-15", "M-L-11"),

		countOf("ambulances", "Ambulances delivered", "交付救护车", "vehicles", "sum", "delivery:ambulance"),
		countOf("masks-collected", "Masks collected", "募集口罩", "masks", "sum", "donation:mask"),
		countOf("masks-delivered", "Masks delivered", "发放口罩", "masks", "sum", "delivery:mask"),
		countOf("masks-in-store", "Masks in store", "库存口罩", "masks", "balance", "store:mask"),
		countOf("masks-lost", "Masks lost", "损耗口罩", "masks", "sum", "loss:mask"),
		countOf("masks-sent", "Masks sent to schools", "发往学校口罩", "masks", "sum", "dispatch:mask"),
		countOf("ambulances-accepted", "Ambulances accepted by hospitals", "验收救护车", "vehicles", "sum", "asset-accepted"),
		countOf("ewes-delivered", "Ewes given to villages", "发放多浪羊母羊", "head", "sum", "delivery:sheep"),
		countOf("ewes-contracted", "Ewes lent to households", "承包多浪羊母羊", "head", "sum", "contract:sheep -contract-return:sheep"),
		kakexialeOrder,
		ofSubject(countOf("first-contract-ewes", "Ewes of the first contract", "首份合同母羊", "head", "sum", "contract-heads"), firstContract),
		ofSubject(countOf("first-contract-lambs", "Lambs born to the ewes of the first contract", "首份合同产羔", "head", "sum", "young-born"), firstHerd+"/"+firstContract),
		firstIncome,
		firstYear,
		ofSubject(yuanOf("first-contract-threshold-2020", "Poverty line of 2020 times the people of the first household", "首户2020年贫困线（按人口）", "sum", earning.ThresholdMeasure), earning.ThresholdOf(firstBreeder, accountYear)),
		ratioOf("first-contract-over-line", "Income of the first household a person in 2020, over the poverty line", "首户2020年人均羔羊净收入与贫困线之比", "first-contract-income-2020 / first-contract-threshold-2020"),
		ewesGiven,
		ratioOf("ewes-of-villages", "Ewes that are the property of villages, of all handed over", "村集体所有母羊占比", "ewes-given / ewes-delivered"),
		earners,
		countOf("lambs-born", "Lambs born", "产羔数", "head", "sum", "birth:lamb"),
		countOf("lambs-sold", "Lambs sold", "出售羔羊", "head", "sum", "sale:lamb"),
		countOf("ewes-died", "Ewes that died", "死亡母羊", "head", "sum", "death:sheep"),
		countOf("ewes-under-contract", "Ewes under contract now", "在养承包母羊", "head", "balance", "herd-contract:sheep"),
		breedingIncome,

		countOf("class-connect-sets", "Class Connect sets delivered", "交付“班班通”设备", "sets", "sum", "delivery:class-connect"),

		committed("pig-chain-committed", "Committed to the pig chain", "生猪产业链意向投资", "W-I-01"),
		committed("fruit-corn-committed", "Committed to the fruit-corn plant", "水果玉米加工厂意向投资", "W-I-02"),
		committed("angus-committed", "Committed to the Angus cattle", "安格斯肉牛意向投资", "M-I-02"),

		dividendsDeclared, dividendYears,
		ratioOf("angus-dividends-a-year", "Dividends of the cattle farm declared a year", "肉牛分红每年期数", "angus-dividends-declared / angus-dividend-years"),

		pigCapacity, pigsReached,
	}
}

// published is when the account appeared and its figures were defined, the last working day before AsOf.
const published date.Date = "2020-10-30"

// ofRegister are the standard figures that count households and cases: they are defined with the register, which the programme may lack.
var ofRegister = []string{
	"people-registered", "households-registered", "people-lifted", "households-exited", "households-visited", "households-assured", "assured-share",
	"cases-opened", "cases-done", "cases-in-order", "watches-opened", "watches-running", "households-relapsed",
}

// publish plans the figures and the account's claims.
func (p *plan) publish() error {
	standard, err := indicator.Standard()
	if err != nil {
		return err
	}
	for _, f := range standard {
		if !slices.Contains(ofRegister, f.ID) {
			p.add(entity.Headquarters, published, f, nil)
		}
	}
	for _, f := range append(figures(), lendingFigures()...) {
		f.Version = 1
		p.add(entity.Headquarters, published, &f, nil)
	}
	r, err := table.NewReader(bytes.NewReader([]byte(Claims)), int64(len(Claims)), "claims.csv", table.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	return fact.ReadRows(r, fact.Find("claim"), func(f fact.Fact, _ int) error {
		p.add(entity.Headquarters, published, f, nil)
		return nil
	})
}
