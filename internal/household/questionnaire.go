package household

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/rule"
)

// Questionnaire is what a visit asks. A question has the name of what its answer feeds, so that nothing is typed twice: a field of the card
// (house_grade), one of the six checks (housing), or a code of the income account (wage.migrant). What it says on paper and screen is what these
// say. A question that changes makes a new version, and a visit keeps the name of the one it used.
type Questionnaire struct {
	rule.Document
	Questions []string `json:"questions"`
}

// Target is what a question feeds.
type Target string

const (
	FeedsCard   Target = "card"
	FeedsCheck  Target = "check"
	FeedsIncome Target = "income"
)

var checkSubjects = []decision.Subject{decision.Food, decision.Clothing, decision.Education, decision.Medical, decision.Housing, decision.Water}

// Feeds tells what a question feeds; "" when there is no such question.
func Feeds(question string) Target {
	if slices.Contains(checkSubjects, decision.Subject(question)) {
		return FeedsCheck
	}
	if _, ok := income.Lookup(income.Code(question)); ok {
		return FeedsIncome
	}
	if f := fact.Find(Type).Field(question); f != nil && !f.Private && f.EntityPart == "" && f.Type != fact.List {
		return FeedsCard
	}
	return ""
}

//go:embed questionnaires/*.json
var embeddedQuestionnaires embed.FS

// Questionnaires returns the embedded questionnaires.
var Questionnaires = sync.OnceValues(func() (*rule.Library[*Questionnaire], error) {
	library := rule.NewLibrary("questionnaire", func() *Questionnaire { return &Questionnaire{} }, (*Questionnaire).validate)
	return library, library.AddFiles(embeddedQuestionnaires, "questionnaires/*.json")
})

func (q *Questionnaire) validate() error {
	problems := []error{q.Problems()}
	for i, question := range q.Questions {
		if Feeds(question) == "" {
			problems = append(problems, fmt.Errorf("questions[%d]: %q is no field of the card, check or code of the income account", i, question))
		}
	}
	return errors.Join(problems...)
}

// Name is the id and version, as a visit keeps them.
func (q *Questionnaire) Name() string { return q.ID + " " + q.Version }

// Says is the wording of a question.
func Says(question string) rule.Text {
	switch Feeds(question) {
	case FeedsCheck:
		return decision.SubjectWords(decision.Subject(question))
	case FeedsIncome:
		entry, _ := income.Lookup(income.Code(question))
		return rule.Text{English: entry.English, Chinese: entry.Chinese}
	case FeedsCard:
		f := fact.Find(Type).Field(question)
		return rule.Text{English: f.En, Chinese: f.Zh}
	}
	return rule.Text{}
}

// findQuestionnaire gives a questionnaire by name when it is in use in an area on a day.
func findQuestionnaire(name, area string, on date.Date) (*Questionnaire, error) {
	library, err := Questionnaires()
	if err != nil {
		return nil, err
	}
	var inUse []string
	for _, q := range library.All() {
		if !q.Holds(area, on) {
			continue
		}
		if q.Name() == name {
			return q, nil
		}
		inUse = append(inUse, q.Name())
	}
	return nil, fmt.Errorf("questionnaire %q is not in use in area %s on %s: use one of %s", name, area, on, strings.Join(inUse, ", "))
}

// answer is one line of a visit: QUESTION=VALUE, or QUESTION.NN=VALUE about member NN.
type answer struct {
	question, number, value string
}

func (a answer) name() string {
	if a.number == "" {
		return a.question
	}
	return a.question + "." + a.number
}

func parseAnswer(line string) (answer, error) {
	name, value, ok := strings.Cut(line, "=")
	a := answer{question: strings.TrimSpace(name), value: strings.TrimSpace(value)}
	if !ok || a.question == "" || a.value == "" {
		return a, fmt.Errorf("%q is no answer: write QUESTION=VALUE, such as housing=grade_b, or QUESTION.NN=VALUE about a member", line)
	}
	if i := len(a.question) - 3; i > 0 && a.question[i] == '.' && checkNumber(a.question[i+1:]) == nil {
		a.question, a.number = a.question[:i], a.question[i+1:]
	}
	return a, nil
}
