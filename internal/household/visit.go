package household

import (
	_ "embed"
	"fmt"
	"reflect"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/journal"
)

//go:embed visit.go
var visitSource string

func init() {
	fact.Register(visitSource, (*Visit)(nil), (*AnswerReview)(nil))
	figure.Declare(
		figure.Measure{ID: "household-visited", En: "Households visited", Zh: "入户走访户", Unit: "households"},
		figure.Measure{ID: "household-assured", En: "Households with two assurances and three guarantees", Zh: "“两不愁三保障”达标户", Unit: "households"},
		figure.Measure{ID: "income-fallen", En: "Households whose income fell sharply", Zh: "收入骤减户", Unit: "households"},
		figure.Measure{ID: "household-water", En: "Households with safe drinking water", Zh: "饮水安全达标户", Unit: "households"},
	)
}

// Visit is a house visit with the answers to a questionnaire. What is answered feeds the card, the six checks and the income account; whoever records
// it is the assessor of its checks. Its key is made on the device, so the same visit sent twice is one. Two devices that visited without knowing of each other may
// contradict each other: both answers are kept, what they disagree on counts as unknown, and a reviewer settles it.
type Visit struct {
	_             struct{}  `kind:"visit" en:"House visit" zh:"入户走访" by:"county-assistant,programme-officer" book:"household" area:"household"`
	Household     string    `json:"household" en:"Household" zh:"农户" ref:"household"`
	Questionnaire string    `json:"questionnaire" en:"Questionnaire" zh:"调查表" length:"60" hint:"Name and version, such as visit-2014 1." hint_zh:"问卷名称和版本，如 visit-2014 1。"`
	Device        string    `json:"device" en:"Device" zh:"设备" length:"60" optional:""`
	Follows       string    `json:"follows" en:"Follows visit" zh:"上次走访" length:"100" optional:"" hint:"Key of the last visit that the device knew of. Empty: visits of earlier days are taken as known." hint_zh:"设备已知的上一次走访的键；留空则视为已知此前各日的走访。"`
	Place         string    `json:"place" en:"Place" zh:"位置" length:"60" optional:"" hint:"Latitude and longitude, if the device gave them." hint_zh:"设备提供的纬度、经度。"`
	Signature     string    `json:"signature" en:"Signature" zh:"签字" choices:"signed=Signed=已签字;refused=Refused to sign=拒签"`
	Refusal       string    `json:"refusal" en:"Why refused" zh:"拒签原因" length:"300" optional:""`
	IncomeFrom    date.Date `json:"income_from" en:"Income from" zh:"收入起始日" optional:"" hint:"First day of the twelve months that income was asked for." hint_zh:"收入调查十二个月的首日。"`
	IncomeTo      date.Date `json:"income_to" en:"Income to" zh:"收入截止日" optional:"" hint:"Last day." hint_zh:"最后一日。"`
	Answers       []string  `json:"answers" en:"Answers" zh:"答案" length:"120" hint:"One line each: housing=grade_b, education.03=in_school, wage.migrant.02=24000.00." hint_zh:"每行一项，如 housing=grade_b、education.03=in_school、wage.migrant.02=24000.00。"`
	Unproved      []string  `json:"unproved" en:"Without proof" zh:"未核实项" length:"60" optional:"" hint:"Income that nobody could show a paper for, by question: wage.migrant.02." hint_zh:"没有凭据的收入，按题号填写，如 wage.migrant.02。"`

	Remarks string `json:"remarks" en:"Remarks" zh:"备注" length:"2000" optional:"" private:""`
}

// Check reads the answers.
func (v *Visit) Check(p *fact.Problems) {
	if (v.Signature == "refused") != (v.Refusal != "") {
		p.Add("refusal", "visit.refusal", "a refusal needs its reason, and only a refusal has one").Mend("Say why the household would not sign, or leave it empty.")
	}
	names := map[string]bool{}
	money := false
	for _, line := range v.Answers {
		a, err := parseAnswer(line)
		if err != nil {
			p.Add("answers", "visit.answer", "%v", err).Mend("Write each answer as the questionnaire asks it.")
			continue
		}
		if names[a.name()] {
			p.Add("answers", "visit.twice", "%s is answered twice", a.name()).Mend("Keep one answer.")
		}
		names[a.name()] = true
		money = money || Feeds(a.question) == FeedsIncome
	}
	for _, name := range v.Unproved {
		if !names[name] {
			p.Add("unproved", "visit.unproved", "%s is not answered", name).Mend("Name a question as it stands among the answers.")
		}
	}
	period := date.Interval{From: v.IncomeFrom, To: v.IncomeTo}
	if (period.From == "") != (period.To == "") || money && period.To == "" {
		p.Add("income_from", "visit.period", "income needs the first and the last day it was asked for").Mend("Give both days.")
	} else if err := period.Check(); err != nil {
		p.Add("income_to", "visit.period", "%v", err).Mend("Correct one of the dates.")
	}
}

// Record checks each answer against the questionnaire and files the visit.
func (v *Visit) Record(tx *fact.Tx) error {
	e, err := tx.Need("household", Type, v.Household)
	if err != nil {
		return err
	}
	q, err := findQuestionnaire(v.Questionnaire, e.Area, tx.On)
	if err != nil {
		return fault.New(fault.Invalid, "visit.questionnaire", "%v", err).For("questionnaire").Mend("Name one that is in use.")
	}
	if v.IncomeTo > tx.On {
		return fault.New(fault.Invalid, "visit.period", "the visit of %s cannot know the income until %s", tx.On, v.IncomeTo).For("income_to").Mend("Correct one of the dates.")
	}
	var card []answer
	for _, line := range v.Answers {
		a, err := parseAnswer(line)
		if err != nil {
			return err
		}
		if !slices.Contains(q.Questions, a.question) {
			return fault.New(fault.Invalid, "visit.question", "questionnaire %s has no question %q", v.Questionnaire, a.question).For("answers").Mend("Correct the name.")
		}
		if a.number != "" {
			if _, err := tx.Need("answers", MemberType, memberID(v.Household, a.number)); err != nil {
				return err
			}
		}
		if err := checkAnswer(a); err != nil {
			return fault.New(fault.Invalid, "visit.value", "%s: %v", a.name(), err).For("answers").Mend("Correct the answer.")
		}
		if Feeds(a.question) == FeedsCard {
			card = append(card, a)
		}
	}
	if len(card) > 0 {
		if err := checkCard(tx, v.Household, card); err != nil {
			return err
		}
	}
	before, err := Open(tx, v.Household)
	if err != nil {
		return err
	}
	tx.Concern(Type, v.Household, "")
	if err := tx.Observe("household-visited", 1, figure.Observation{Subject: v.Household}); err != nil {
		return err
	}
	after, err := before.with(journal.Filed{Entry: journal.Entry{Book: tx.Book, Seq: tx.Seq(), Kind: "visit", Key: tx.Key, On: tx.On, Actor: tx.Actor, Evidence: tx.Evidence}}, v)
	if err != nil {
		return err
	}
	return observeChecks(tx, before, after)
}

// TakeBack puts the counts of met checks to what they are without the visit.
func (v *Visit) TakeBack(tx *fact.Tx) error {
	before, err := Load(tx.Context(), tx.Reader(), tx.Book, v.Household)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(before.Visits, func(d Dated[*Visit]) bool {
		return reflect.DeepEqual(d.Fact.Answers, v.Answers) && d.Fact.IncomeTo == v.IncomeTo && d.Fact.Device == v.Device
	})
	if i < 0 {
		return fmt.Errorf("take back a visit to household %s: it is not in the household's file", v.Household)
	}
	counted, err := figure.Observations(tx.Context(), tx.Reader(), tx.Book, before.Visits[i].Seq)
	if err != nil {
		return err
	}
	after := *before
	after.Visits = slices.Delete(slices.Clone(before.Visits), i, i+1)
	for _, o := range counted { // the reversal takes these back by itself: count them once more, then put right what differs
		if o.Measure == "household-visited" {
			continue
		}
		if err := tx.Observe(o.Measure, o.Value, figure.Observation{Subject: v.Household}); err != nil {
			return err
		}
	}
	return observeChecks(tx, before, &after)
}

// observeChecks counts a household whose checks have come to be met, or whose income has fallen sharply, and counts it off when that is no longer so.
func observeChecks(tx *fact.Tx, before, after *File) error {
	had, err := before.fallen()
	if err != nil {
		return err
	}
	has, err := after.fallen()
	if err != nil {
		return err
	}
	for _, m := range []struct {
		measure string
		was, is bool
	}{
		{"household-assured", before.met(checkSubjects[:5]), after.met(checkSubjects[:5])},
		{"household-water", before.met(checkSubjects[5:]), after.met(checkSubjects[5:])},
		{"income-fallen", had, has},
	} {
		var err error
		switch {
		case m.is && !m.was:
			err = tx.Observe(m.measure, 1, figure.Observation{Subject: after.ID})
		case m.was && !m.is:
			err = tx.Observe(m.measure, -1, figure.Observation{Subject: after.ID})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Grade of a visit: traced when it is signed and has a file, such as a photograph; partly with one of them.
func (v *Visit) Grade(evidence []string) journal.Grade {
	signed := v.Signature == "signed"
	switch {
	case signed && len(evidence) > 0:
		return journal.Traced
	case signed || len(evidence) > 0:
		return journal.Partly
	}
	return journal.Reported
}

// checkAnswer checks a value by itself.
func checkAnswer(a answer) error {
	switch Feeds(a.question) {
	case FeedsIncome:
		amount, err := income.ParseYuan(a.value)
		if err == nil && amount < 0 {
			err = fmt.Errorf("the amount %s is negative; record a cost under an expense code", a.value)
		}
		return err
	case FeedsCheck:
		return checkCategory(decision.Subject(a.question), a.value)
	}
	if a.number != "" {
		return fmt.Errorf("the card has one answer for the household, not for each member")
	}
	return nil
}

// checkCategory wants a category that some published rulebook knows. Which of them is in force is asked when it is decided.
func checkCategory(subject decision.Subject, category string) error {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return err
	}
	var known []string
	for _, id := range books.IDs() {
		book, _ := books.Get(id)
		check, _ := book.Check(subject)
		for _, o := range check.Outcomes {
			if o.Category == category {
				return nil
			}
			if !slices.Contains(known, o.Category) {
				known = append(known, o.Category)
			}
		}
	}
	return fmt.Errorf("%q is no outcome of the check of %s: use one of %v", category, subject, known)
}

// checkCard holds the answers that feed the card against the card's own rules.
func checkCard(tx *fact.Tx, household string, answers []answer) error {
	card, err := fact.Get[Household](tx, Type, household)
	if err != nil {
		return err
	}
	updated := *card
	kind := fact.Find(Type)
	var p fact.Problems
	for _, a := range answers {
		kind.Set(&updated, kind.Field(a.question), a.value, &p)
		if a.question == "main_cause" && !listed(a.value, tx.On) {
			p.Add("answers", "household.cause", "%q was no cause on the form of %s", a.value, tx.On).Mend("Use one of: %s.", causeCodes())
		}
	}
	updated.Names, updated.Documents, updated.Health, updated.Education = nil, nil, nil, nil // they were checked when they were recorded
	kind.Check(&updated, &p)
	return p.Err()
}

// AnswerReview settles what visits disagree on: the answer that holds, in the reviewer's word. The answers that disagreed stay on file.
type AnswerReview struct {
	_         struct{} `kind:"answer-review" en:"Review of contradicting answers" zh:"走访冲突复核" by:"county-assistant,programme-officer" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Answer    string   `json:"answer" en:"Answer that holds" zh:"核定答案" length:"120" hint:"As in a visit: housing=grade_b." hint_zh:"与走访问卷写法相同，如 housing=grade_b。"`
	Why       string   `json:"why" en:"How it was found out" zh:"核查依据" length:"500"`
}

// Record files the review.
func (r *AnswerReview) Record(tx *fact.Tx) error {
	a, err := parseAnswer(r.Answer)
	if err == nil {
		err = checkAnswer(a)
	}
	if err != nil {
		return fault.New(fault.Invalid, "visit.value", "%v", err).For("answer").Mend("Correct the answer.")
	}
	before, err := Open(tx, r.Household)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(before.Conflicts(tx.On), func(c Conflict) bool { return c.Question == a.name() }) {
		return fault.New(fault.Conflict, "review.nothing", "no visits to household %s disagree on %s", r.Household, a.name()).For("answer").Mend("Record a visit instead.")
	}
	tx.Concern(Type, r.Household, "")
	after, err := before.with(journal.Filed{Entry: journal.Entry{Book: tx.Book, Seq: tx.Seq(), Kind: "answer-review", Key: tx.Key, On: tx.On, Actor: tx.Actor, Evidence: tx.Evidence}}, r)
	if err != nil {
		return err
	}
	return observeChecks(tx, before, after)
}
