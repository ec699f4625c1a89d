package scenario

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/indicator"
	"lastmile/internal/lending"
	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/servicing"
	"lastmile/internal/party"
	"lastmile/internal/programme"
)

// What the account states of the two products, in yuan where it is money.
const (
	enterpriseLoans  = 35
	enterprises      = 14
	enterpriseAmount = 103_100_000
	farmerLoans      = 5_451
	farmerAmount     = 80_800_000
	extendedAmount   = 13_600_000
	tractorAmount    = 20_000
)

// The products, their pools and the projects that paid the seed capital.
const (
	enterpriseProduct, farmerProduct = "shen-yin-tong", "shen-nong-hui"
	enterprisePool, farmerPool       = "pool-shen-yin-tong", "pool-shen-nong-hui"
	enterpriseProject, farmerProject = "W-F-01", "W-F-02"
)

// borrowing is one loan to be planned.
type borrowing struct {
	id, borrower string
	village      *area.Area // nil for an enterprise
	purpose      string
	amount       int64 // yuan
	applied      date.Date
	out          date.Date // paid out
	due          []date.Date
	rate         string // percent
	own          bool   // out of the pool's own money
	outlet       string
	late         int // days by which the last instalment is late
	open         int // last instalments that are never paid
}

// lending plans both credit products: what stands behind them, every loan from application to repayment, and the figures.
func (p *plan) lending() error {
	p.creditHouse()
	// Chance of its own, so that other plans do not shift when this one changes.
	chance := rand.New(rand.NewPCG(seed, farmerLoans))
	if err := p.lendToEnterprises(); err != nil {
		return err
	}
	return p.lendToFarmers(chance)
}

// creditHouse plans lenders, pools, products, outlets and reference rates.
func (p *plan) creditHouse() {
	const on = date.Date("2015-04-20")
	ccb := p.party(on, party.Party{ID: "ccb", Name: "China Construction Bank 中国建设银行", Kind: "bank"})
	cfpa := p.party(on, party.Party{ID: "cfpa", Name: "China Foundation for Poverty Alleviation 中国扶贫基金会", Kind: "foundation"})
	for _, f := range []fact.Fact{
		&programme.Fund{ID: "CCB-LOANS", Name: "Loans of China Construction Bank 建设银行信贷资金", Sponsor: ccb, Purpose: "Loans on the bank's books", Channel: "finance"},
		&programme.Fund{ID: "CDF-LOANS", Name: "Loans of CD Finance 中和农信信贷资金", Sponsor: cfpa, Purpose: "Loans on CD Finance's books", Channel: "finance"},
		&lending.ReferenceRate{ID: "enterprise-2015", Name: "Loans of one year to small enterprises in the county", TermMin: 1, TermMax: 12, Rate: "6.00", Source: "synthetic: what the county's lenders asked of small enterprises"},
		&lending.ReferenceRate{ID: "farmer-2015", Name: "Loans without collateral to farm households in the county", TermMin: 1, TermMax: 24, Rate: "9.50", Source: "synthetic: what the county's lenders asked of farm households"},
	} {
		p.add(entity.Headquarters, on, f, nil)
	}
	for _, f := range []fact.Fact{
		&lending.Pool{ID: enterprisePool, Name: "Guarantee pool of Shen Yin Tong 深银通担保金", Area: Wushan, Holder: "ccb-wushan", Multiple: 10, Trigger: 90, Share: "80", Base: "principal", YearMax: yuan(1_400_000)},
		&lending.Pool{ID: farmerPool, Name: "Lending pool of Shen Nong Hui 深农惠资金池", Area: Wushan, Holder: "cd-finance-wushan", Multiple: 10, Trigger: 90, Share: "80", Base: "principal"},
		&lending.CreditProduct{
			ID: enterpriseProduct, Name: "Shen Yin Tong 深银通", Area: Wushan, Project: enterpriseProject, Partner: "ccb-wushan", Mode: "own", Borrowers: "enterprise", Checks: "lender", Pool: enterprisePool,
			AmountMax: yuan(5_000_000), TermMax: 12, Excluded: []string{"Real estate 房地产", "Securities 证券投资", "Repaying other debts 偿还其他债务"}, Method: "bullet", DayCount: "ACT/360", Rounding: "half-even", Surcharge: "2",
		},
		&lending.CreditProduct{
			ID: farmerProduct, Name: "Shen Nong Hui 深农惠", Area: Wushan, Project: farmerProject, Partner: "cd-finance-wushan", Mode: "own", Borrowers: "household", Checks: "village-township", Pool: farmerPool, Registered: true,
			AmountMax: yuan(50_000), DebtMax: yuan(100_000), TermMax: 24, Excluded: []string{"Wedding 婚嫁", "Gambling 赌博", "House building 建房"}, Method: "equal-instalment", DayCount: "30/360", Rounding: "half-even", Surcharge: "3", Dust: yuan(1),
		},
	} {
		p.add(Wushan, "2016-03-21", f, nil)
	}
	for _, town := range p.inside(Wushan) {
		p.add(Wushan, "2016-03-21", &lending.Outlet{ID: outletOf(town.Code), Name: "中和农信" + town.Name + "网点", Area: town.Code, Operator: "cd-finance-wushan"}, nil)
	}
	for _, c := range p.seedCapital() {
		v := "PC-" + string(c.on)
		p.add(Wushan, c.on, &lending.PoolContribution{Pool: c.pool, From: c.holder, Fund: creditFund, Amount: yuan(c.amount), Project: c.project, Voucher: v},
			bankSlip(v, c.on, c.holder, c.pool, yuan(c.amount), "into the pool"))
	}
}

func outletOf(town string) string { return "CDF-" + town }

type contribution struct {
	pool, holder, project string
	on                    date.Date
	amount                int64
}

// seedCapital puts each payment of seed capital into its pool. Pools are opened with the first that is put in after both exist.
func (p *plan) seedCapital() []contribution {
	var list []contribution
	for _, t := range seedPayments {
		c := contribution{enterprisePool, "ccb-wushan", enterpriseProject, max(t.on.AddDays(21), "2016-05-09"), t.million * 1_000_000}
		if t.project == farmerProject {
			c.pool, c.holder, c.project = farmerPool, "cd-finance-wushan", farmerProject
		}
		list = append(list, c)
	}
	return list
}

// lendToEnterprises plans 35 bullet loans of a year at most to 14 enterprises: 31 of 89.5 million in all and, in 2019, four of 13.6
// million that fell due while the pandemic had stopped production and were extended to 30 June 2020.
func (p *plan) lendToEnterprises() error {
	towns := p.inside(Wushan)
	for i := range enterprises {
		letter := string(rune('A' + i))
		p.party("2016-04-11", party.Party{ID: "EN-" + letter, Name: "Enterprise " + letter + ", Wushan 武山企业" + letter, Kind: "enterprise", Area: towns[i%len(towns)].Code})
	}
	extended := []int64{3_000_000, 3_200_000, 3_600_000, 3_800_000}
	usual, err := divide(enterpriseAmount-extendedAmount, enterpriseLoans-len(extended))
	if err != nil {
		return err
	}
	first := date.Date("2016-06-06")
	for i, amount := range usual {
		out := workday(first.AddDays(i * 47))
		b := borrowing{
			id: fmt.Sprintf("SYT-%02d", i+1), borrower: "EN-" + string(rune('A'+i%enterprises)), purpose: "Working capital 流动资金",
			amount: amount, applied: out.AddDays(-14), out: out, due: quarters(out, 4), rate: []string{"4.35", "4.785", "5.00"}[i%3],
		}
		if err := p.lend(b, enterpriseProduct); err != nil {
			return err
		}
	}
	for i, amount := range extended {
		out := workday(date.Date("2019-03-25").AddDays(7 * i))
		b := borrowing{
			id: fmt.Sprintf("SYT-%02d", len(usual)+i+1), borrower: "EN-" + string(rune('A'+i)), purpose: "Working capital 流动资金",
			amount: amount, applied: out.AddDays(-14), out: out, due: quarters(out, 4), rate: "4.35", open: 1,
		}
		if err := p.lend(b, enterpriseProduct); err != nil {
			return err
		}
		if err := p.extend(b); err != nil {
			return err
		}
	}
	return nil
}

// quarters lists n working days, three months apart, from a day on.
func quarters(from date.Date, n int) []date.Date { return every(from, n, 3) }

// every lists n days, so many months apart from a day on; one that falls on a weekend is the Friday before it.
func every(from date.Date, n, months int) []date.Date {
	list := make([]date.Date, n)
	for i := range list {
		t := from.Time()
		on := date.New(t.Year(), t.Month()+time.Month((i+1)*months), min(t.Day(), 28))
		for on != workday(on) {
			on = on.AddDays(-1)
		}
		list[i] = on
	}
	return list
}

// pandemicNotice of the regulators, 1 March 2020: principal due from 25 January could be put off to 30 June 2020 without penalty.
const pandemicNotice = "银保监发〔2020〕6号"

// extend plans the extension of a loan's last row, and its repayment on the new day.
func (p *plan) extend(b borrowing) error {
	old, until := b.due[len(b.due)-1], date.Date("2020-06-30")
	agreed := workday(old.AddDays(-10))
	p.add(Wushan, agreed, &lending.Extension{
		Loan: b.id, Document: "Application of " + b.borrower + ", " + string(agreed.AddDays(-7)), Basis: pandemicNotice, Reason: "pandemic", Outstanding: yuan(b.amount),
		Kind: "move-one", Treatment: "deferred", From: old, To: until,
	}, document("EXTENSION OF LOAN "+b.id, "Date    "+string(agreed), "From    "+string(old), "To      "+string(until), "Basis   Notice No. 6 of 2020"))
	loan, events, err := b.serviced(schedule.Bullet, schedule.Actual360, 0)
	if err != nil {
		return err
	}
	events = append(events, servicing.Event{ID: "extension", On: day(agreed), Act: servicing.Extension{From: day(old), To: day(until)}})
	s, err := servicing.Derive(loan, events, day(until))
	if err != nil {
		return err
	}
	p.repay(b, len(b.due), until, s.Arrears().Sum())
	return nil
}

func day(d date.Date) schedule.Day { return must(schedule.ParseDay(string(d))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // only what this file writes itself
	}
	return v
}

// lendToFarmers plans the loans of Shen Nong Hui: each of the 344 villages has its rounds, a year and more apart, in which its village
// meeting checks several applications. A quarter of each later round go to households that have repaid an earlier loan.
func (p *plan) lendToFarmers(chance *rand.Rand) error {
	list := p.farmers(chance)
	p.amounts(list, chance)
	if err := p.ownMoney(list); err != nil {
		return err
	}
	p.meetings(list)
	for _, b := range list {
		if err := p.lend(*b, farmerProduct); err != nil {
			return err
		}
	}
	return nil
}

const (
	rounds    = 4
	firstYear = 2016
)

// tractor is the loan of which the account tells.
const (
	tractorVillage = "620524101201"
	tractorPurpose = "Tractor 购买拖拉机"
	tractorOut     = date.Date("2019-11-18")
)

func (p *plan) farmers(chance *rand.Rand) []*borrowing {
	villages := p.villages(Wushan)
	perVillage := make([]int, len(villages)) // the first villages one more than the others
	for i := range farmerLoans {
		perVillage[i%len(villages)]++
	}
	purposes := []string{"Potatoes 种马铃薯", "Cattle 养牛", "Sheep 养羊", "Pigs 养猪", "Greenhouse 大棚种植", "Seed and fertiliser 种子化肥", "Shop 小卖部", "Orchard 果园", "Vegetables 蔬菜种植"}
	var list []*borrowing
	for v, village := range villages {
		households, last := 0, []string(nil)
		for round := range rounds {
			n := (perVillage[v] + rounds - 1 - round) / rounds
			// Rounds are 14 months apart; loans run a year.
			month := 7 + round*14 + v%7
			applied := workday(date.New(firstYear, time.Month(month), 2+v%5))
			var these []string
			for i := range n {
				b := &borrowing{village: village, applied: applied, out: workday(applied.AddDays(21 + i%3)), purpose: purposes[chance.IntN(len(purposes))], outlet: outletOf(village.Parent)}
				if i < len(last)/4 {
					b.borrower = last[i]
				} else {
					households++
					b.borrower = fmt.Sprintf("F-%s-%02d", village.Code, households)
					p.party(applied.AddDays(-7), party.Party{ID: b.borrower, Name: shortName(village) + fmt.Sprintf("农户%02d", households), Kind: "household", Area: village.Code, Register: fmt.Sprintf("WS-%s-%02d", village.Code, households)})
				}
				these = append(these, b.borrower)
				b.rate = []string{"6.00", "6.50", "7.00"}[chance.IntN(3)]
				parts := []int{1, 1, 1, 2, 2, 4}[chance.IntN(6)]
				b.due = every(b.out, parts, 12/parts)
				list = append(list, b)
			}
			last = these
		}
	}
	for i, b := range list {
		switch {
		case b.due[0] > AsOf: // nothing is due yet
		case i%61 == 7:
			b.late = 5 + i%40
		case i%127 == 9 && b.due[len(b.due)-1] > "2020-03-01":
			b.open = 1
		}
	}
	return list
}

// amounts draws what is lent, with the one for a tractor, so that all add up to what the account states.
func (p *plan) amounts(list []*borrowing, chance *rand.Rand) {
	sizes := []int64{5_000, 8_000, 10_000, 10_000, 12_000, 15_000, 15_000, 20_000, 20_000, 30_000}
	left := int64(farmerAmount)
	var tractor *borrowing
	for _, b := range list {
		b.amount = sizes[chance.IntN(len(sizes))]
		if b.village.Code == tractorVillage && b.out < tractorOut {
			tractor = b // the last of its round: no later round has the household again
		}
	}
	tractor.amount, tractor.purpose, tractor.rate = tractorAmount, tractorPurpose, "6.00"
	tractor.out, tractor.applied = tractorOut, workday(tractorOut.AddDays(-21))
	tractor.due, tractor.late, tractor.open = every(tractorOut, 4, 3), 0, 0
	for _, b := range list {
		left -= b.amount
	}
	for i := 0; left != 0; i = (i + 1) % len(list) {
		b := list[i]
		step := max(min(left, 500), -500)
		if b == tractor || b.amount+step < 3_000 || b.amount+step > 50_000 {
			continue
		}
		b.amount += step
		left -= step
	}
	slices.SortStableFunc(list, func(a, b *borrowing) int { return cmp.Compare(a.out, b.out) })
	for i, b := range list {
		b.id = fmt.Sprintf("SNH-%04d", i+1)
	}
}

// ownMoney marks the loans that come out of the pool's own money: as soon as it is there it is lent once, 11 million in all. What
// comes back stays in the pool.
func (p *plan) ownMoney(list []*borrowing) error {
	var free int64
	capital := p.seedCapital()
	capital = slices.DeleteFunc(capital, func(c contribution) bool { return c.pool != farmerPool })
	last := capital[len(capital)-1].on
	for i, b := range list {
		for len(capital) > 0 && capital[0].on.AddDays(14) <= b.out {
			free += capital[0].amount
			capital = capital[1:]
		}
		if free == 0 || b.purpose == tractorPurpose {
			continue
		}
		if b.amount > free && b.out > last && free >= 1_000 {
			// What is left makes one smaller loan; another becomes as much larger.
			other := slices.IndexFunc(list[i+1:], func(o *borrowing) bool { return o.purpose != tractorPurpose && o.amount+b.amount-free <= 50_000 })
			if other < 0 {
				return fmt.Errorf("no loan can take up what %s leaves", b.id)
			}
			list[i+1+other].amount += b.amount - free
			b.amount = free
		}
		if b.amount <= free {
			b.own = true
			free -= b.amount
		}
	}
	if free != 0 || len(capital) > 0 {
		return fmt.Errorf("%d yuan of the pool's own money are not lent", free)
	}
	return nil
}

// meetings plans the checks: of the village's applications of a round by the village, and of a month's by the town.
func (p *plan) meetings(list []*borrowing) {
	type meeting struct {
		area  string
		on    date.Date
		level string
	}
	groups := map[meeting][]string{}
	var order []meeting
	join := func(m meeting, id string) {
		if groups[m] == nil {
			order = append(order, m)
		}
		groups[m] = append(groups[m], id)
	}
	for _, b := range list {
		join(meeting{b.village.Code, workday(b.applied.AddDays(7)), "village"}, "A-"+b.id)
		join(meeting{b.village.Parent, workday(b.applied.AddDays(14)), "township"}, "A-"+b.id)
	}
	for _, m := range order {
		p.add(Wushan, m.on, &lending.ApplicationCheck{Area: m.area, Level: m.level, Applications: groups[m], Verdict: "pass"}, nil)
	}
}

// lend plans a loan from application to the last instalment that has fallen due.
func (p *plan) lend(b borrowing, product string) error {
	months := int64(12)
	p.add(Wushan, b.applied, &lending.Application{ID: "A-" + b.id, Product: product, Borrower: b.borrower, Amount: yuan(b.amount), Months: months, Purpose: b.purpose}, nil)
	c := &lending.Contract{
		ID: b.id, Application: "A-" + b.id, Money: "bank", Lender: "ccb-wushan", Fund: "CCB-LOANS", Pool: enterprisePool, Principal: yuan(b.amount), Rate: b.rate, Reference: "enterprise-2015",
		DisbursedOn: b.out, Instalments: int64(len(b.due)), Outlet: b.outlet,
	}
	method, days, surcharge := schedule.Bullet, schedule.Actual360, int64(20_000)
	if product == farmerProduct {
		method, days, surcharge = schedule.EqualInstalment, schedule.Thirty360, 30_000
		c.Money, c.Lender, c.Fund, c.Pool, c.Reference = "social", "cd-finance-wushan", "CDF-LOANS", "", "farmer-2015"
		if b.own {
			c.Money, c.Fund, c.Pool = "pool", creditFund, farmerPool
		}
	}
	for _, d := range b.due {
		c.Due = append(c.Due, string(d))
	}
	var paper *slip
	if product == enterpriseProduct {
		paper = document("LOAN CONTRACT "+b.id, "Date    "+string(b.out), "To      "+b.borrower, "Amount  CNY "+c.Principal.String(), "Rate    "+b.rate+" % a year")
	}
	p.add(Wushan, b.out, c, paper)
	voucher := "LN-" + b.id
	if product == enterpriseProduct {
		paper = bankSlip(voucher, b.out, c.Lender, b.borrower, c.Principal, "loan "+b.id)
	}
	p.add(Wushan, b.out, &lending.Disbursement{Loan: b.id, Amount: c.Principal, Voucher: voucher}, paper)

	loan, events, err := b.serviced(method, days, surcharge)
	if err != nil {
		return fmt.Errorf("loan %s: %w", b.id, err)
	}
	for i, e := range events {
		p.repay(b, i+1, date.Date(e.On.String()), e.Act.(servicing.Payment).Amount)
	}
	if b.late == 0 {
		return nil
	}
	last := b.due[len(b.due)-1]
	on := workday(last.AddDays(b.late))
	if on > AsOf {
		return nil
	}
	s, err := servicing.Derive(loan, events, day(on))
	if err != nil {
		return err
	}
	p.repay(b, len(b.due), on, s.Arrears().Sum())
	return nil
}

// serviced is the loan as the engine has it, and its payments on the due day: all that have come, less those paid late or never.
func (b *borrowing) serviced(method schedule.Method, days schedule.DayCount, surcharge int64) (*servicing.Loan, []servicing.Event, error) {
	rate := must(fact.ParseMoney(b.rate[:4])) * 100
	if len(b.rate) > 4 {
		rate += fact.Money(b.rate[4]-'0') * 10
	}
	l := &servicing.Loan{Contract: schedule.Contract{Principal: b.amount * 100, Rate: int64(rate), DisbursedOn: day(b.out), Method: method, DayCount: days}, LateSurcharge: surcharge}
	for _, d := range b.due {
		l.Contract.Due = append(l.Contract.Due, schedule.Due{On: day(d)})
	}
	rows, err := schedule.Schedule(nil, &l.Contract)
	if err != nil {
		return nil, nil, err
	}
	unpaid := max(b.open, min(b.late, 1))
	var events []servicing.Event
	for i := range rows[:len(rows)-unpaid] {
		if b.due[i] <= AsOf {
			events = append(events, servicing.Event{ID: fmt.Sprint(i), On: rows[i].DueOn, Act: servicing.Payment{Amount: rows[i].Total()}})
		}
	}
	return l, events, nil
}

// repay plans a payment of a borrower at their outlet, or by transfer.
func (p *plan) repay(b borrowing, n int, on date.Date, amount int64) {
	receipt := fmt.Sprintf("RP-%s-%d", b.id, n)
	var paper *slip
	if b.village == nil {
		paper = bankSlip(receipt, on, b.borrower, "ccb-wushan", fact.Money(amount), "repayment, "+b.id)
	}
	p.add(Wushan, on, &lending.Repayment{Loan: b.id, Amount: fact.Money(amount), Receipt: receipt, Outlet: b.outlet}, paper)
}

// lendingFigures are the figures of each product.
func lendingFigures() []indicator.Figure {
	of := func(f indicator.Figure, projects ...string) indicator.Figure {
		f.Projects = projects
		return f
	}
	tractor := yuanOf("tractor-loan", "The loan for a tractor", "拖拉机贷款", "sum", "loan-granted")
	tractor.Area, tractor.From, tractor.Until = tractorVillage, tractorOut, tractorOut
	tractor.Projects = []string{farmerProject}
	extended := yuanOf("loans-extended", "Principal of loans extended in 2020", "2020年展期贷款本金", "sum", "loan-extended")
	extended.From, extended.Until = "2020-01-01", "2020-12-31"
	extendedTo := countOf("enterprises-extended", "Enterprises with a loan extended in 2020", "2020年获展期的企业", "enterprises", "distinct", "extended-borrower")
	extendedTo.From, extendedTo.Until = "2020-01-01", "2020-12-31"
	return []indicator.Figure{
		of(countOf("enterprise-loans", "Loans of Shen Yin Tong", "深银通贷款笔数", "loans", "sum", "loan"), enterpriseProject),
		of(countOf("enterprise-borrowers", "Enterprises that borrowed", "深银通借款企业", "enterprises", "distinct", "loan-borrower"), enterpriseProject),
		of(yuanOf("enterprise-loans-granted", "Granted through Shen Yin Tong", "深银通贷款金额", "sum", "loan-granted"), enterpriseProject),
		of(countOf("farmer-loans", "Loans of Shen Nong Hui", "深农惠贷款笔数", "loans", "sum", "loan"), farmerProject),
		of(countOf("farmer-borrowers", "Households that borrowed", "深农惠借款农户", "households", "distinct", "loan-borrower"), farmerProject),
		of(yuanOf("farmer-loans-granted", "Granted through Shen Nong Hui", "深农惠贷款金额", "sum", "loan-granted"), farmerProject),
		of(countOf("farmer-villages", "Villages with a loan of Shen Nong Hui", "深农惠覆盖行政村", "villages", "distinct", "loan-village"), farmerProject),
		of(countOf("farmer-towns", "Towns with a loan of Shen Nong Hui", "深农惠覆盖乡镇", "towns", "distinct", "loan-town"), farmerProject),
		tractor, extended, extendedTo,
		countOf("credit-products", "Credit products", "信贷产品", "products", "distinct", "credit-product"),
	}
}
