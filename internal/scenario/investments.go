package scenario

import (
	"lastmile/internal/date"
	"lastmile/internal/enterprise"
	"lastmile/internal/party"
)

// investments plans the money of others that the sponsor introduced: what was said, signed and paid, in millions. The account's 2.37 billion of
// industry funds is what all three had paid in by the end; its 2.37 billion for pigs is what one of them has committed.
func (p *plan) investments() error {
	investor := func(id, name string) string {
		return p.party("2015-09-07", party.Party{ID: id, Name: name, Kind: "listed-company"})
	}
	pigs := investor("listed-company-p", "Listed company P, pig breeding 上市公司（生猪养殖）")
	cattle := investor("listed-company-c", "Listed company C, beef cattle 上市公司（肉牛养殖）")
	corn := investor("listed-company-f", "Listed company F, food 上市公司（食品加工）")
	lender := p.party("2015-09-07", party.Party{ID: "bank-l", Name: "Lending bank 贷款银行", Kind: "bank"})
	const (
		committed  = "committed"
		contracted = "contracted"
		paidIn     = "paid-in"
	)
	type stage struct {
		on      date.Date
		stage   string
		million int64
		source  string
	}
	for _, v := range []struct {
		id, name, project, investor string
		stages                      []stage
	}{
		{"INV-CORN", "Fruit-corn processing plant 水果玉米加工厂", "W-I-02", corn, []stage{
			{"2015-09-21", committed, 20, corn}, {"2016-03-14", contracted, 20, corn}, {"2016-07-11", paidIn, 12, corn}, {"2017-06-12", paidIn, 8, corn},
		}},
		{"INV-ANGUS", "Angus beef cattle 安格斯肉牛养殖", "M-I-02", cattle, []stage{
			{"2018-03-26", committed, 500, cattle}, {"2018-08-13", contracted, 500, cattle}, {"2018-12-10", paidIn, 150, cattle},
			{"2019-06-10", paidIn, 130, lender}, {"2019-09-09", paidIn, 100, cattle}, {"2020-06-15", paidIn, 120, lender},
		}},
		{"INV-PIGS", "Chain for a million pigs 百万头生猪养殖产业链", "W-I-01", pigs, []stage{
			{"2018-11-26", committed, 2_370, pigs}, {"2019-01-14", contracted, 1_500, pigs}, {"2019-04-15", paidIn, 400, pigs}, {"2019-09-16", paidIn, 500, lender},
			{"2020-01-13", paidIn, 300, pigs}, {"2020-03-16", contracted, 600, pigs}, {"2020-08-10", paidIn, 650, lender},
		}},
	} {
		book := bookOf(v.project)
		p.add(book, v.stages[0].on, &enterprise.Investment{
			ID: v.id, Name: v.name, Project: v.project, Investor: v.investor, Role: "Brought investor and county together and reviewed the agreement 牵线搭桥并审阅协议",
		}, nil)
		for _, s := range v.stages {
			p.add(book, s.on, &enterprise.InvestmentStage{
				Investment: v.id, Stage: s.stage, Amount: yuan(s.million * 1_000_000), FundSource: s.source, Document: "Report of the investor, " + s.on.Month(),
			}, nil)
		}
	}
	return nil
}
