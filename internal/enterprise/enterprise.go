// Package enterprise is the money and the work that others bring to a county because the sponsor introduced them. Introduced money is
// never the sponsor's own and never mixed with it: what an investor has said (committed), signed (contracted) and paid (paid-in) are three
// figures, each dated.
package enterprise

import (
	_ "embed"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
)

//go:embed enterprise.go
var source string

func init() {
	fact.Register(source, (*Investment)(nil), (*InvestmentStage)(nil))
	figure.Declare(
		figure.Measure{ID: "investment", En: "Investments introduced", Zh: "引进投资项目", Unit: "investments"},
		figure.Measure{ID: "investment-committed", En: "Investment committed", Zh: "意向投资", Unit: "CNY"},
		figure.Measure{ID: "investment-contracted", En: "Investment contracted", Zh: "签约投资", Unit: "CNY"},
		figure.Measure{ID: "investment-paid-in", En: "Investment paid in", Zh: "到位投资", Unit: "CNY"},
	)
}

// Investment is an investor's undertaking in a county that the sponsor introduced.
type Investment struct {
	_        struct{} `kind:"investment" en:"Introduced investment" zh:"引进投资" by:"programme-officer" book:"project" area:"project" defines:"investment"`
	ID       string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Name     string   `json:"name" en:"Name" zh:"名称" entity:"name" length:"200"`
	Project  string   `json:"project" en:"Project" zh:"项目" ref:"project" entity:"parent"`
	Investor string   `json:"investor" en:"Investor" zh:"投资方" ref:"party" entity:"class"`
	Role     string   `json:"role" en:"What the sponsor did" zh:"帮扶单位的作用" length:"500" hint:"How the sponsor brought it about, and where that is documented." hint_zh:"帮扶单位如何促成，以及证明文件。"`
}

// Record counts the investment.
func (i *Investment) Record(tx *fact.Tx) error {
	tx.Concern("investment", i.ID, "")
	return tx.Observe("investment", 1, figure.Observation{Subject: i.ID, Project: i.Project})
}

// InvestmentStage adds money to one stage of an investment. The source of the money is asked for at every stage.
type InvestmentStage struct {
	_          struct{}   `kind:"investment-stage" en:"Investment stage" zh:"投资进度" by:"programme-officer,county-assistant" book:"investment" area:"investment"`
	Investment string     `json:"investment" en:"Investment" zh:"投资项目" ref:"investment"`
	Stage      string     `json:"stage" en:"Stage" zh:"阶段" choices:"committed=Committed=意向;contracted=Contracted=签约;paid-in=Paid in=到位"`
	Amount     fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	FundSource string     `json:"fund_source" en:"Whose money" zh:"出资来源" ref:"party" hint:"The party whose money it is: the investor, a bank, a public fund. Never the sponsor's own." hint_zh:"资金所属方：投资人、银行、公共资金，不得为帮扶单位自有资金。"`
	Document   string     `json:"document" en:"Document" zh:"依据" length:"200" hint:"Agreement, contract or bank certificate." hint_zh:"协议、合同或银行证明。"`
}

// Record adds the money to its stage. More can be neither contracted than committed nor paid in than contracted.
func (s *InvestmentStage) Record(tx *fact.Tx) error {
	i, err := fact.Get[Investment](tx, "investment", s.Investment)
	if err != nil {
		return err
	}
	if from, err := tx.Need("fund_source", "party", s.FundSource); err != nil {
		return err
	} else if from.Class == "sponsor" {
		return fault.New(fault.Invalid, "investment.sponsor", "%s is the sponsor: its own money is not introduced", s.FundSource).For("fund_source").Mend("Record it as a disbursement.")
	}
	if before := map[string]string{"contracted": "committed", "paid-in": "contracted"}[s.Stage]; before != "" {
		limit, err := tx.SubjectSum("investment-"+before, s.Investment)
		if err != nil {
			return err
		}
		sum, err := tx.SubjectSum("investment-"+s.Stage, s.Investment)
		if err != nil {
			return err
		}
		if sum+int64(s.Amount) > limit {
			return fault.New(fault.Conflict, "investment.more", "%s would be %s, but only %s is %s", s.Stage, fact.Money(sum+int64(s.Amount)), fact.Money(limit), before).For("amount").
				Mend("Record what is %s first, or correct the amount.", before)
		}
	}
	tx.Concern("investment", s.Investment, "")
	return tx.Observe("investment-"+s.Stage, int64(s.Amount), figure.Observation{Subject: s.Investment, Project: i.Project})
}
