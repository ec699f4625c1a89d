package scenario

import (
	"lastmile/internal/date"
	"lastmile/internal/party"
)

// credit plans the seed capital of the two credit products: 14 million in the bank's pool for enterprise loans, 11 million for farmer loans.
func (p *plan) credit() error {
	bank := p.party("2016-03-14", party.Party{ID: "ccb-wushan", Name: "China Construction Bank, Wushan 中国建设银行武山支行", Kind: "bank", Area: Wushan})
	lender := p.party("2015-04-13", party.Party{ID: "cd-finance-wushan", Name: "China Foundation for Poverty Alleviation, CD Finance Wushan 中和农信武山", Kind: "foundation", Area: Wushan})
	for _, t := range []struct {
		project, to string
		on          date.Date
		million     int64
	}{
		{"W-F-02", lender, "2015-05-11", 2},
		{"W-F-01", bank, "2016-04-18", 5},
		{"W-F-01", bank, "2017-04-17", 5},
		{"W-F-02", lender, "2017-05-15", 4},
		{"W-F-01", bank, "2018-04-16", 4},
		{"W-F-02", lender, "2018-05-14", 3},
		{"W-F-02", lender, "2019-05-13", 2},
	} {
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
