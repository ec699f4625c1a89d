package scenario

import (
	"lastmile/internal/date"
	"lastmile/internal/party"
)

// seedPayments are the payments of seed capital.
var seedPayments = []struct {
	project, to string
	on          date.Date // promised
	million     int64
}{
	{farmerProject, "cd-finance-wushan", "2015-05-11", 2},
	{enterpriseProject, "ccb-wushan", "2016-04-18", 5},
	{enterpriseProject, "ccb-wushan", "2017-04-17", 5},
	{farmerProject, "cd-finance-wushan", "2017-05-15", 4},
	{enterpriseProject, "ccb-wushan", "2018-04-16", 4},
	{farmerProject, "cd-finance-wushan", "2018-05-14", 3},
	{farmerProject, "cd-finance-wushan", "2019-05-13", 2},
}

// credit plans the seed capital of the two credit products: 14 million in the bank's pool for enterprise loans, 11 million for farmer loans.
func (p *plan) credit() error {
	p.party("2016-03-14", party.Party{ID: "ccb-wushan", Name: "China Construction Bank, Wushan 中国建设银行武山支行", Kind: "bank", Area: Wushan})
	p.party("2015-04-13", party.Party{ID: "cd-finance-wushan", Name: "China Foundation for Poverty Alleviation, CD Finance Wushan 中和农信武山", Kind: "foundation", Area: Wushan})
	for _, t := range seedPayments {
		amount := yuan(t.million * 1_000_000)
		p.promise(promise{project: t.project, on: t.on, fund: creditFund, amount: amount})
		p.pay(payment{project: t.project, to: t.to, fund: creditFund, on: t.on.AddDays(16), amount: amount, purpose: "Seed capital 启动资金"})
	}
	// Promised for the training of loan officers and not yet paid.
	p.promise(promise{project: "W-F-02", on: "2020-09-14", fund: own(2020), amount: yuan(180_000)})
	return nil
}

// supplier plans a party that sells to the programme.
func (p *plan) supplier(id, name string) string {
	return p.party(begun, party.Party{ID: id, Name: name, Kind: "supplier"})
}
