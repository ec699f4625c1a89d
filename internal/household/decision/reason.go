package decision

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/household/income"
	"lastmile/internal/rule"
)

// Reason is one thing that keeps a household from leaving. Which of its details are set depends on the code.
type Reason struct {
	Subject  Subject    `json:"subject"`
	Code     string     `json:"code"`
	Result   Result     `json:"result"` // unmet, unknown, or na when there is nobody to decide about
	Person   string     `json:"person,omitempty"`
	Category string     `json:"category,omitempty"`
	Date     date.Date  `json:"date,omitzero"`
	Amount   income.Fen `json:"amount_fen,omitempty"`
	Line     income.Fen `json:"line_fen,omitempty"`
	Members  int        `json:"members,omitempty"`
	Limit    int64      `json:"limit,omitempty"` // of days or months

	Says rule.Text `json:"-"` // what the rulebook calls the category
}

// ID returns subject and code, as in "housing.evidence_old". It is the key of the reason's words.
func (r Reason) ID() string { return string(r.Subject) + "." + r.Code }

// MarshalJSON writes the reason with its words in both languages.
func (r Reason) MarshalJSON() ([]byte, error) {
	type details Reason
	return json.Marshal(struct {
		details
		rule.Text
	}{details(r), rule.Text{English: r.Text("en"), Chinese: r.Text("zh")}})
}

//go:embed words.json
var embeddedWords []byte

// words holds templates by reason: "check" stands for each of the six checks. It is compiled in and read by a test.
var words = func() map[string]rule.Text {
	all := map[string]rule.Text{}
	if err := json.Unmarshal(embeddedWords, &all); err != nil {
		panic(err)
	}
	return all
}()

// Text says the reason in a language: "zh", else English.
func (r Reason) Text(language string) string {
	template, ok := words[r.ID()]
	if !ok {
		template = words["check."+r.Code]
	}
	category := r.Says.In(language)
	if category == "" {
		category = r.Category
	}
	who := ""
	if r.Person != "" {
		who = rule.Text{English: " of " + r.Person, Chinese: "（" + r.Person + "）"}.In(language)
	}
	return strings.NewReplacer(
		"{subject}", SubjectWords(r.Subject).In(language),
		"{of_person}", who,
		"{person}", r.Person,
		"{category}", category,
		"{date}", string(r.Date),
		"{amount}", r.Amount.String(),
		"{each}", r.Amount.PerPerson(r.Members).String(),
		"{line}", r.Line.String(),
		"{members}", strconv.Itoa(r.Members),
		"{limit}", strconv.FormatInt(r.Limit, 10),
	).Replace(template.In(language))
}

// SubjectWords names a subject.
func SubjectWords(s Subject) rule.Text { return words["subject."+string(s)] }

// ResultWords names the answer to a question.
func ResultWords(r Result) rule.Text { return words["result."+string(r)] }

// OutcomeWords names an outcome.
func OutcomeWords(o Outcome) rule.Text { return words["outcome."+string(o)] }
