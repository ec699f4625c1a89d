package enterprise

import (
	_ "embed"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
)

//go:embed production.go
var productionSource string

func init() {
	fact.Register(productionSource, (*Capacity)(nil), (*Forecast)(nil), (*SalesReport)(nil))
	figure.Declare(
		figure.Measure{ID: "capacity-planned", En: "Capacity planned, a year", Zh: "设计年产能", Unit: "units"},
		figure.Measure{ID: "capacity-actual", En: "Capacity reached, a year", Zh: "实际年产能", Unit: "units"},
		figure.Measure{ID: "forecast-sales", En: "Sales expected", Zh: "预计销售收入", Unit: "CNY"},
		figure.Measure{ID: "forecast-dividend", En: "Dividends expected", Zh: "预计分红", Unit: "CNY"},
		figure.Measure{ID: "forecast-jobs", En: "Jobs expected", Zh: "预计就业岗位", Unit: "jobs"},
		figure.Measure{ID: "sales-reported", En: "Sales reported", Zh: "报告销售收入", Unit: "CNY"},
	)
}

// Capacity is how much of a product an investment can make in a year: as planned, or as it is on the effective date. A later one takes the place of
// the one before.
type Capacity struct {
	_          struct{} `kind:"capacity" en:"Capacity" zh:"产能" by:"programme-officer,county-assistant" book:"investment" area:"investment"`
	Investment string   `json:"investment" en:"Investment" zh:"投资项目" ref:"investment"`
	Product    string   `json:"product" en:"Product" zh:"产品" ref:"commodity"`
	Stage      string   `json:"stage" en:"Planned or actual" zh:"类别" choices:"planned=Planned=设计;actual=Actual=实际"`
	Quantity   int64    `json:"quantity" en:"A year" zh:"年产量" min:"0"`
	Basis      string   `json:"basis" en:"According to" zh:"依据" length:"300"`
}

// Record observes what it adds to the capacity known before.
func (c *Capacity) Record(tx *fact.Tx) error {
	return stands(tx, "capacity-"+c.Stage, c.Investment, c.Investment+"/"+c.Product, c.Quantity)
}

// stands observes the difference to what was observed of a subject before, so that the sum is the value that stands now.
func stands(tx *fact.Tx, measure, investment, subject string, value int64) error {
	i, err := fact.Get[Investment](tx, "investment", investment)
	if err != nil {
		return err
	}
	tx.Concern("investment", investment, "")
	before, err := tx.SubjectSum(measure, subject)
	if err != nil || before == value {
		return err
	}
	return tx.Observe(measure, value-before, figure.Observation{Subject: subject, Project: i.Project})
}

// Forecast is what somebody expects of an investment, on what basis. It is never counted as something that happened; a later forecast of the same thing for the same
// period takes its place, whoever made it.
type Forecast struct {
	_          struct{}   `kind:"forecast" en:"Forecast" zh:"预测" by:"programme-officer" book:"investment" area:"investment"`
	Investment string     `json:"investment" en:"Investment" zh:"投资项目" ref:"investment"`
	Of         string     `json:"of" en:"Of what" zh:"预测内容" choices:"sales=Sales=销售收入;dividend=Dividends=分红;jobs=Jobs=就业岗位"`
	Period     string     `json:"period" en:"Period" zh:"期间" length:"60" hint:"Such as: a year at full capacity." hint_zh:"例如：达产年。"`
	Amount     fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01" optional:"" hint:"Of sales or dividends." hint_zh:"销售额或分红额。"`
	Number     int64      `json:"number" en:"Number" zh:"数量" min:"1" optional:"" hint:"Of jobs." hint_zh:"就业岗位数。"`
	Author     string     `json:"author" en:"Forecast by" zh:"预测方" ref:"party"`
	Basis      string     `json:"basis" en:"Basis" zh:"依据" length:"500" hint:"The study, and what it assumes." hint_zh:"依据的研究报告及其假设。"`
}

// Check wants the number that goes with what is forecast.
func (f *Forecast) Check(p *fact.Problems) {
	switch {
	case f.Of == "jobs" && (f.Number == 0 || f.Amount != 0):
		p.Add("number", "forecast.number", "jobs are forecast as a number").Mend("Fill in the number and leave the amount empty.")
	case f.Of != "jobs" && (f.Amount == 0 || f.Number != 0):
		p.Add("amount", "forecast.amount", "%s are forecast as an amount", f.Of).Mend("Fill in the amount and leave the number empty.")
	}
}

// Record observes what it adds to the forecast that stood before.
func (f *Forecast) Record(tx *fact.Tx) error {
	return stands(tx, "forecast-"+f.Of, f.Investment, f.Investment+"/"+f.Period, int64(f.Amount)+f.Number)
}

// SalesReport is what an enterprise says it has sold in a period.
type SalesReport struct {
	_          struct{}   `kind:"sales-report" en:"Sales reported" zh:"销售报告" by:"programme-officer,county-assistant" book:"investment" area:"investment"`
	Investment string     `json:"investment" en:"Investment" zh:"投资项目" ref:"investment"`
	From       date.Date  `json:"from" en:"From" zh:"期间起"`
	Until      date.Date  `json:"until" en:"Until" zh:"期间止"`
	Amount     fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Reporter   string     `json:"reporter" en:"Reported by" zh:"报告方" ref:"party"`
}

// Check keeps the dates in order.
func (s *SalesReport) Check(p *fact.Problems) {
	if s.Until < s.From {
		p.Add("until", "sales.period", "the period ends on %s, before it begins", s.Until).Mend("Correct one of the dates.")
	}
}

// Record counts the sales, once for a period and only when it is over.
func (s *SalesReport) Record(tx *fact.Tx) error {
	if s.Until > tx.On {
		return fault.New(fault.Invalid, "sales.early", "the period ends on %s, the report is of %s", s.Until, tx.On).For("until").Mend("Sales to come are a forecast: record one.")
	}
	i, err := fact.Get[Investment](tx, "investment", s.Investment)
	if err != nil {
		return err
	}
	subject := s.Investment + "/" + string(s.From)
	if before, err := tx.SubjectSum("sales-reported", subject); err != nil {
		return err
	} else if before > 0 {
		return fault.New(fault.Conflict, "sales.again", "sales from %s were reported before", s.From).For("from").Mend("Correct that report instead.")
	}
	tx.Concern("investment", s.Investment, "")
	return tx.Observe("sales-reported", int64(s.Amount), figure.Observation{Subject: subject, Project: i.Project})
}
