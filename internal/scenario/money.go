package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/programme"
	"lastmile/internal/project"
)

// promise is money promised to a project; the budget for it and the money's way from the sponsor are planned from all promises.
type promise struct {
	project  string
	on       date.Date
	fund     string
	amount   fact.Money
	contract string // "" for one named after project and year
	returned bool   // paid from money that came back to the county, so nothing need be sent for it
}

// promise plans a commitment.
func (p *plan) promise(m promise) {
	if m.contract == "" {
		m.contract = fmt.Sprintf("Contract %s of %d", m.project, m.on.Year())
	}
	p.promises = append(p.promises, m)
	p.add(bookOf(m.project), m.on, &project.Commitment{Project: m.project, Amount: m.amount, Contract: m.contract, Fund: m.fund},
		document("CONTRACT "+m.project, "Date    "+string(workday(m.on)), "Amount  CNY "+m.amount.String(), "Fund    "+m.fund))
}

// payment is money paid for a project.
type payment struct {
	project, to, fund string
	on                date.Date
	amount            fact.Money
	purpose           string
	unproved          bool // no slip is on file
}

// pay plans a disbursement.
func (p *plan) pay(m payment) {
	v := p.voucher(m.on)
	var proof *slip
	if !m.unproved {
		proof = bankSlip(v, m.on, bookOf(m.project), m.to, m.amount, m.project)
	}
	p.add(bookOf(m.project), m.on, &project.Disbursement{Project: m.project, To: m.to, Amount: m.amount, Voucher: v, Purpose: m.purpose, Fund: m.fund}, proof)
}

// buy plans a purchase of goods.
func (p *plan) buy(on date.Date, g goods.Purchase) {
	g.Voucher = p.voucher(on)
	p.add(bookOf(g.Project), on, &g, bankSlip(g.Voucher, on, bookOf(g.Project), g.Supplier, g.Amount, fmt.Sprintf("%d x %s, %s", g.Quantity, g.Commodity, g.Project)))
}

// deliver plans goods handed over.
func (p *plan) deliver(on date.Date, g goods.Delivery) {
	on = workday(on)
	g.Receipt = fmt.Sprintf("RC-%s-%s-%s", g.Project, on, g.To)
	p.add(bookOf(g.Project), on, &g, document("RECEIPT OF GOODS", "Date    "+string(on), "To      "+g.To, fmt.Sprintf("Goods   %d x %s", g.Quantity, g.Commodity), "Project "+g.Project))
}

// creditFund is the sponsor's money for seed capital; it may only be drawn in the finance channel.
const creditFund = "SEED"

// reserve is what the sponsor has put in and headquarters still holds.
var reserve = yuan(100_000)

// sum is money promised that belongs together.
type sum[K comparable] struct {
	key    K
	first  date.Date // of its promises
	amount fact.Money
}

// sums adds up promises by a key, those with the earliest promise first.
func sums[K comparable](promises []promise, key func(m *promise) K) []sum[K] {
	var list []sum[K]
	index := map[K]int{}
	for i := range promises {
		m := &promises[i]
		k := key(m)
		at, ok := index[k]
		if !ok {
			at = len(list)
			index[k] = at
			list = append(list, sum[K]{key: k, first: m.on})
		}
		list[at].first = min(list[at].first, m.on)
		list[at].amount += m.amount
	}
	slices.SortStableFunc(list, func(a, b sum[K]) int { return cmp.Compare(a.first, b.first) })
	return list
}

// Days by which money goes ahead of the first promise that it is for.
const (
	fundAhead     = 35
	injectAhead   = 28
	transferAhead = 14
	receiptAhead  = 11
	budgetAhead   = 5
)

// finance plans what the promises need: a budget line for each project and year; a transfer for each county, fund and quarter; an injection
// for each fund and year; and the funds.
func (p *plan) finance() error {
	type line struct {
		project string
		year    int
	}
	for _, s := range sums(p.promises, func(m *promise) line { return line{m.project, m.on.Year()} }) {
		p.add(bookOf(s.key.project), s.first.AddDays(-budgetAhead), &project.Budget{Project: s.key.project, Line: strconv.Itoa(s.key.year), Amount: s.amount}, nil)
	}
	sent := slices.DeleteFunc(slices.Clone(p.promises), func(m promise) bool { return m.returned })
	for _, s := range sums(sent, func(m *promise) string { return m.fund }) {
		f := &programme.Fund{ID: s.key, Sponsor: sponsor, Name: "Assistance budget " + s.key[len(s.key)-4:] + " 年度帮扶预算", Purpose: "Any project of the programme"}
		if s.key == creditFund {
			f.Name, f.Purpose, f.Channel = "Credit seed capital 信贷启动资金", "First capital of the two credit products", "finance"
		}
		p.add(entity.Headquarters, s.first.AddDays(-fundAhead), f, nil)
	}
	type grant struct {
		fund string
		year int
	}
	for _, s := range sums(sent, func(m *promise) grant { return grant{m.fund, m.on.Year()} }) {
		amount := s.amount
		if s.key.fund == own(AsOf.Year()) {
			amount += reserve
		}
		on := s.first.AddDays(-injectAhead)
		v := p.voucher(on)
		p.add(entity.Headquarters, on, &programme.Injection{Fund: s.key.fund, Amount: amount, Voucher: v}, bankSlip(v, on, sponsor, entity.Headquarters, amount, s.key.fund))
	}
	type remittance struct {
		book, fund    string
		year, quarter int
	}
	for _, s := range sums(sent, func(m *promise) remittance {
		return remittance{bookOf(m.project), m.fund, m.on.Year(), (int(m.on.Time().Month()) + 2) / 3}
	}) {
		id := fmt.Sprintf("T-%dQ%d-%s-%s", s.key.year, s.key.quarter, s.key.book, s.key.fund)
		on, arrived := s.first.AddDays(-transferAhead), s.first.AddDays(-receiptAhead)
		v := p.voucher(on)
		proof := bankSlip(v, on, entity.Headquarters, s.key.book, s.amount, id)
		p.add(entity.Headquarters, on, &programme.Transfer{Transfer: id, To: s.key.book, Fund: s.key.fund, Amount: s.amount, Voucher: v}, proof)
		p.add(s.key.book, arrived, &programme.TransferReceipt{Transfer: id, County: s.key.book, Fund: s.key.fund, Amount: s.amount, Voucher: v}, proof)
	}
	return nil
}
