package monitoring

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
	"lastmile/internal/rule"
)

// Reason is one thing that speaks for or against a watch. Which of its details are set depends on the code.
type Reason struct {
	Code    string     `json:"code"`
	Detail  string     `json:"detail,omitempty"`
	Date    date.Date  `json:"date,omitzero"`
	Amount  income.Fen `json:"amount_fen,omitempty"`
	Line    income.Fen `json:"line_fen,omitempty"` // what the amount is compared with
	Members int        `json:"members,omitempty"`
	Count   int        `json:"count,omitempty"` // of months
}

// MarshalJSON writes the reason with its words in both languages.
func (r Reason) MarshalJSON() ([]byte, error) {
	type details Reason
	return json.Marshal(struct {
		details
		rule.Text
	}{details(r), rule.Text{English: r.Text("en"), Chinese: r.Text("zh")}})
}

var reasonWords = map[string]rule.Text{
	"line_missing":      {English: "No monitoring line is on file for {date}. Add the line of the province.", Chinese: "{date} 没有监测线，请先补充本省标准。"},
	"income_unknown":    {English: "There is no verified income of the last twelve months.", Chinese: "缺少最近十二个月已核实的收入。"},
	"income_low":        {English: "Net income of {amount} yuan among {members} is {each} a person; the monitoring line is {line}.", Chinese: "纯收入 {amount} 元，{members} 人共享，人均 {each} 元；监测线为 {line} 元。"},
	"guarantee_unmet":   {English: "Not secured: {detail}.", Chinese: "未达标：{detail}。"},
	"guarantee_unknown": {English: "Not known whether secured: {detail}.", Chinese: "情况不明：{detail}。"},
	"before_unknown":    {English: "Rigid spending of {amount} yuan cannot be compared: last year's income is not known.", Chinese: "刚性支出 {amount} 元，但缺少上年收入，无法比较。"},
	"rigid_spending":    {English: "Rigid spending of {amount} yuan is clearly above last year's income of {line}.", Chinese: "刚性支出 {amount} 元，明显超过上年收入 {line} 元。"},
	"sharp_fall":        {English: "Income fell sharply, from {line} to {amount} yuan.", Chinese: "收入大幅缩减，由 {line} 元降至 {amount} 元。"},
	"not_open":          {English: "No watch is open on {date}.", Chinese: "{date} 没有在册的监测。"},
	"too_soon":          {English: "The watch lasts at least {count} months; it may end from {date}.", Chinese: "监测不少于 {count} 个月，{date} 起方可消除风险。"},
	"no_labour":         {English: "Nobody in the household can work: the watch does not end.", Chinese: "整户无劳动能力，不标注风险消除。"},
	"income_not_above":  {English: "Net income of {amount} yuan among {members} is {each} a person, not above the monitoring line of {line}.", Chinese: "纯收入 {amount} 元，{members} 人共享，人均 {each} 元，未超过监测线 {line} 元。"},
	"income_not_steady": {English: "Income has been above the line since {date}, not for {count} months yet.", Chinese: "收入自 {date} 起超过监测线，尚未满 {count} 个月。"},
	"risk_open":         {English: "The risk found on {date} is not gone: {detail}.", Chinese: "{date} 发现的风险尚未消除：{detail}。"},
	"no_measure":        {English: "No measure against this risk has been delivered in this watch: {detail}.", Chinese: "本次监测尚未针对该风险落实帮扶：{detail}。"},
	"no_risk_recorded":  {English: "No risk is recorded.", Chinese: "未登记风险类型。"},
}

// Text says the reason in a language: "zh", else English.
func (r Reason) Text(language string) string {
	return strings.NewReplacer(
		"{detail}", r.Detail,
		"{date}", string(r.Date),
		"{amount}", r.Amount.String(),
		"{each}", r.Amount.PerPerson(r.Members).String(),
		"{line}", r.Line.String(),
		"{members}", strconv.Itoa(r.Members),
		"{count}", strconv.Itoa(r.Count),
	).Replace(reasonWords[r.Code].In(language))
}

func compareReasons(a, b Reason) int {
	return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail), cmp.Compare(a.Date, b.Date))
}
