package procedure

import (
	"encoding/json"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/rule"
)

// Reason is why an event does not count for a step, or that there is none.
type Reason struct {
	Step     string     `json:"step"`
	Code     string     `json:"code"`
	On       date.Date  `json:"on,omitzero"` // date of the event
	Date     date.Date  `json:"date,omitzero"`
	After    string     `json:"after,omitempty"` // the step that must come before
	Detail   string     `json:"detail,omitempty"`
	Wanted   string     `json:"wanted,omitempty"`
	Count    int        `json:"count,omitempty"`
	Limit    int        `json:"limit,omitempty"`
	Measured rule.Ratio `json:"measured,omitzero"`

	words, after *Step
	condition    *Condition
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
	"missing":          {English: "{step}: not recorded yet.", Chinese: "{step}：尚无记录。"},
	"too_early":        {English: "{step} on {on} came before {after} was over; it may happen from {date}.", Chinese: "{step}（{on}）早于“{after}”完成，应自 {date} 起进行。"},
	"wrong_actor":      {English: "{step} on {on} was done by {detail}; it belongs to {wanted}.", Chinese: "{step}（{on}）由 {detail} 办理，应由 {wanted} 办理。"},
	"too_few_people":   {English: "{step} on {on} was done by {count} people; at least {limit} are needed.", Chinese: "{step}（{on}）参加 {count} 人，至少须 {limit} 人。"},
	"evidence_missing": {English: "{step} on {on} lacks evidence: {wanted}.", Chinese: "{step}（{on}）缺少材料：{wanted}。"},
	"not_measured":     {English: "{step} on {on}: not measured: {condition}.", Chinese: "{step}（{on}）：未测算“{condition}”。"},
	"condition_fails":  {English: "{step} on {on}: {condition}: measured {measured}.", Chinese: "{step}（{on}）：“{condition}”不符合，实测 {measured}。"},
	"holidays_unknown": {English: "{step} from {on}: the holidays of these days are not on file, so {limit} working days cannot be counted.", Chinese: "{step}（自 {on}）：节假日数据不全，无法计算 {limit} 个工作日。"},
	"still_running":    {English: "{step} from {on} runs to the end of {date}.", Chinese: "{step}（自 {on}）至 {date} 届满。"},
	"objection_open":   {English: "{step} from {on}: an objection of {date} is not settled.", Chinese: "{step}（自 {on}）：{date} 提出的异议尚未处理。"},
	"objection_upheld": {English: "{step} from {on}: an objection was upheld on {date}; post it again.", Chinese: "{step}（自 {on}）：{date} 异议成立，须重新公示。"},
}

// Text says the reason in a language: "zh", else English.
func (r Reason) Text(language string) string {
	name := func(step *Step) string {
		if step == nil {
			return ""
		}
		return step.In(language)
	}
	condition, measured := "", ""
	if r.condition != nil {
		condition = r.condition.In(language)
	}
	if r.Measured.Of > 0 {
		measured = r.Measured.Percent()
		if r.Measured.Of > 1 {
			measured += " (" + r.Measured.String() + ")"
		}
	}
	return strings.NewReplacer(
		"{step}", name(r.words),
		"{after}", name(r.after),
		"{on}", string(r.On),
		"{date}", string(r.Date),
		"{detail}", r.Detail,
		"{wanted}", strings.ReplaceAll(r.Wanted, "|", " / "),
		"{count}", strconv.Itoa(r.Count),
		"{limit}", strconv.Itoa(r.Limit),
		"{condition}", condition,
		"{measured}", measured,
	).Replace(reasonWords[r.Code].In(language))
}
