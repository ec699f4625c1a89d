package household

import (
	"cmp"
	"slices"

	"lastmile/internal/date"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/rule"
)

// Conflict is what visits of devices that did not know of each other disagree on. Both answers stay on file.
type Conflict struct {
	Question string // with .NN when it is about a member
	On       date.Date
	Values   []Value // by value
}

// Value is one of the contradicting answers.
type Value struct {
	Answer string
	Visits []string // keys, in order
}

// said is one answer of one visit.
type said struct {
	answer
	visit *Dated[*Visit]
}

// first is where the chain of visits that each followed begins; nil when one of them has not arrived.
func (f *File) first(v *Dated[*Visit]) *Dated[*Visit] {
	for range f.Visits { // each visit follows at most one, so the way back is no longer than all visits
		if v.Fact.Follows == "" {
			return v
		}
		i := slices.IndexFunc(f.Visits, func(o Dated[*Visit]) bool { return o.Key == v.Fact.Follows })
		if i < 0 {
			return nil
		}
		v = &f.Visits[i]
	}
	return nil
}

// follows tells whether a visit says that it followed another, directly or through others.
func (f *File) follows(later, earlier *Dated[*Visit]) bool {
	for range f.Visits {
		if later.Fact.Follows == earlier.Key {
			return true
		}
		i := slices.IndexFunc(f.Visits, func(o Dated[*Visit]) bool { return o.Key == later.Fact.Follows })
		if later.Fact.Follows == "" || i < 0 {
			return false
		}
		later = &f.Visits[i]
	}
	return false
}

// knew tells whether whoever made one visit knew of another: the device says which it followed; a visit that says nothing knew those of
// earlier days, but none that followed it, whatever their device took for the day.
func (f *File) knew(later, earlier *Dated[*Visit]) bool {
	if f.follows(later, earlier) {
		return true
	}
	root := f.first(later)
	return root != nil && root.On > earlier.On && !f.follows(earlier, root)
}

// Conflicts lists what visits until a day disagree on and no reviewer or later visit has settled, by question.
func (f *File) Conflicts(on date.Date) []Conflict {
	byName := map[string][]said{}
	for i := range f.Visits {
		v := &f.Visits[i]
		if v.On > on {
			continue
		}
		for _, line := range v.Fact.Answers {
			if a, err := parseAnswer(line); err == nil {
				byName[a.name()] = append(byName[a.name()], said{a, v})
			}
		}
	}
	var list []Conflict
	for name, answers := range byName {
		if c, ok := f.conflict(name, answers, on); ok {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Conflict) int { return cmp.Compare(a.Question, b.Question) })
	return list
}

// conflict looks at the answers to one question that no later answer replaces.
func (f *File) conflict(name string, answers []said, on date.Date) (Conflict, bool) {
	heads := slices.DeleteFunc(slices.Clone(answers), func(a said) bool {
		return slices.ContainsFunc(answers, func(b said) bool { return b.visit != a.visit && f.knew(b.visit, a.visit) && !f.knew(a.visit, b.visit) })
	})
	c := Conflict{Question: name}
	for _, h := range heads {
		c.On = max(c.On, h.visit.On)
		i := slices.IndexFunc(c.Values, func(v Value) bool { return v.Answer == h.value })
		if i < 0 {
			c.Values, i = append(c.Values, Value{Answer: h.value}), len(c.Values)
		}
		c.Values[i].Visits = append(c.Values[i].Visits, h.visit.Key)
	}
	for i := range c.Values {
		slices.Sort(c.Values[i].Visits)
	}
	slices.SortFunc(c.Values, func(a, b Value) int { return cmp.Compare(a.Answer, b.Answer) })
	return c, len(c.Values) > 1 && !f.reviewed(name, c.On, on)
}

// reviewed tells whether a reviewer settled a question on or after a day.
func (f *File) reviewed(name string, since, on date.Date) bool {
	return slices.ContainsFunc(f.Reviews, func(r Dated[*AnswerReview]) bool {
		a, err := parseAnswer(r.Fact.Answer)
		return err == nil && a.name() == name && r.On >= since && r.On <= on
	})
}

// disputed is the category of a check that visits disagree on. No rulebook lists it, so the check is unknown.
const disputed = "disputed"

// lastDay stands for "everything that happened".
const lastDay date.Date = "9999-12-31"

// checks are all checks made, with an unknown one where visits disagree, and reviewers' words last.
func (f *File) checks() []decision.Check {
	var list []decision.Check
	add := func(a answer, category string, on, learned date.Date, assessor string, files []string) {
		if Feeds(a.question) != FeedsCheck {
			return
		}
		person := ""
		if a.number != "" {
			person = memberID(f.ID, a.number)
		}
		list = append(list, decision.Check{Subject: decision.Subject(a.question), Person: person, Category: category, On: on, Recorded: learned, Assessor: assessor, Files: files})
	}
	for _, v := range f.Visits {
		for _, line := range v.Fact.Answers {
			if a, err := parseAnswer(line); err == nil {
				add(a, a.value, v.On, v.Learned, v.Actor, v.Evidence)
			}
		}
	}
	for _, c := range f.Conflicts(lastDay) {
		var learned date.Date
		for _, v := range f.Visits {
			if slices.ContainsFunc(c.Values, func(x Value) bool { return slices.Contains(x.Visits, v.Key) }) {
				learned = max(learned, v.Learned)
			}
		}
		if a, err := parseAnswer(c.Question + "=" + disputed); err == nil {
			add(a, disputed, c.On, learned, "", nil)
		}
	}
	for _, r := range f.Reviews {
		if a, err := parseAnswer(r.Fact.Answer); err == nil {
			add(a, a.value, r.On, r.Learned, r.Actor, r.Evidence)
		}
	}
	return list
}

// statement is the income account of the last visit until a day that asked for it, and the day of that visit. An amount that visits
// disagree on counts as unproved until a reviewer has said which holds.
func (f *File) statement(on date.Date) (decision.Statement, date.Date) {
	return f.statementBefore(on, lastDay)
}

// statementBefore is the last such account of months that end before a day.
func (f *File) statementBefore(on, begins date.Date) (decision.Statement, date.Date) {
	var last *Dated[*Visit]
	for i := range f.Visits {
		if v := &f.Visits[i]; v.On <= on && v.Fact.IncomeTo != "" && v.Fact.IncomeTo < begins && (last == nil || f.knew(v, last) || !f.knew(last, v) && v.On >= last.On) {
			last = v
		}
	}
	if last == nil {
		return decision.Statement{}, ""
	}
	s := decision.Statement{Period: date.Interval{From: last.Fact.IncomeFrom, To: last.Fact.IncomeTo}}
	conflicts := f.Conflicts(on)
	for _, line := range last.Fact.Answers {
		a, err := parseAnswer(line)
		if err != nil || Feeds(a.question) != FeedsIncome {
			continue
		}
		verified := last.Learned
		if slices.Contains(last.Fact.Unproved, a.name()) || slices.ContainsFunc(conflicts, func(c Conflict) bool { return c.Question == a.name() }) {
			verified = ""
		}
		for _, r := range f.Reviews {
			if settled, err := parseAnswer(r.Fact.Answer); err == nil && settled.name() == a.name() && r.On >= last.On && r.On <= on {
				a.value, verified = settled.value, r.Learned
			}
		}
		amount, err := income.ParseYuan(a.value)
		if err != nil {
			continue
		}
		l := income.Line{ID: last.Key + " " + a.name(), Code: income.Code(a.question), Amount: amount, On: s.Period.To, Verified: verified}
		if a.number != "" {
			l.Person = memberID(f.ID, a.number)
		}
		s.Lines = append(s.Lines, l)
	}
	return s, last.On
}

// answered is the last answer to a question until a day, "" when nobody asked.
func (f *File) answered(question string, on date.Date) string {
	value, at := "", date.Date("")
	for _, v := range f.Visits {
		for _, line := range v.Fact.Answers {
			if a, err := parseAnswer(line); err == nil && a.name() == question && v.On <= on && v.On >= at {
				value, at = a.value, v.On
			}
		}
	}
	return value
}

// outcome says what each category of each check means, by the published rulebooks; the newest rulebook that knows it decides.
func outcome(subject decision.Subject, category string) decision.Result {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return decision.Unknown
	}
	result := decision.Unknown
	for _, id := range books.IDs() {
		book, _ := books.Get(id)
		check, _ := book.Check(subject)
		for _, o := range check.Outcomes {
			if o.Category == category {
				result = o.Result
			}
		}
	}
	return result
}

// Answer is what the last answers to a check until a day say, of everybody asked about: met, unmet or unknown. What does not apply is met.
func (f *File) Answer(subject decision.Subject, on date.Date) decision.Result {
	last := map[string]decision.Check{}
	for _, c := range f.checks() {
		if old, ok := last[c.Person]; c.Subject == subject && c.On <= on && (!ok || c.On >= old.On) {
			last[c.Person] = c
		}
	}
	result := decision.Met
	if len(last) == 0 {
		result = decision.Unknown
	}
	for _, c := range last {
		switch outcome(subject, c.Category) {
		case decision.Unmet:
			return decision.Unmet
		case decision.Unknown:
			result = decision.Unknown
		}
	}
	return result
}

// Finding is what one visit found of a check.
type Finding struct {
	On         date.Date
	Book       string
	Seq        int64
	Categories []string // of everybody asked about, each once, in the order of the answers
	Result     decision.Result
}

// Findings are what visits found of a check, the oldest first.
func (f *File) Findings(subject decision.Subject) []Finding {
	var list []Finding
	for _, v := range f.Visits {
		found := Finding{On: v.On, Book: v.Book, Seq: v.Seq, Result: decision.Met}
		for _, line := range v.Fact.Answers {
			a, err := parseAnswer(line)
			if err != nil || a.question != string(subject) {
				continue
			}
			if !slices.Contains(found.Categories, a.value) {
				found.Categories = append(found.Categories, a.value)
			}
			switch r := outcome(subject, a.value); {
			case r == decision.Unmet:
				found.Result = r
			case r == decision.Unknown && found.Result != decision.Unmet:
				found.Result = r
			}
		}
		if len(found.Categories) > 0 {
			list = append(list, found)
		}
	}
	return list
}

// CategoryWords says a category of a check, in the words of the newest published rulebook that knows it.
func CategoryWords(subject decision.Subject, category string) rule.Text {
	text := rule.Text{English: category, Chinese: category}
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return text
	}
	for _, id := range books.IDs() {
		book, _ := books.Get(id)
		check, _ := book.Check(subject)
		for _, o := range check.Outcomes {
			if o.Category == category {
				text = o.Text
			}
		}
	}
	return text
}

// Categories lists the outcomes that a rulebook in force in an area on a day knows of a check.
func Categories(subject decision.Subject, area string, on date.Date) ([]decision.OutcomeRule, error) {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return nil, err
	}
	book, err := books.InForce(area, on)
	if err != nil {
		return nil, err
	}
	check, _ := book.Check(subject)
	return check.Outcomes, nil
}

// CheckSubjects are the six checks, in order.
func CheckSubjects() []decision.Subject { return slices.Clone(checkSubjects) }

// met tells whether the last answers to some checks are all met.
func (f *File) met(subjects []decision.Subject) bool {
	return !slices.ContainsFunc(subjects, func(s decision.Subject) bool { return f.Answer(s, lastDay) != decision.Met })
}

// Reading is the income account that a visit took.
type Reading struct {
	On      date.Date
	Account income.Account
	Members int // who shared income that day
}

// Readings lists the income accounts that visits until a day took, summed by a rulebook's switches.
func (f *File) Readings(on date.Date, rules income.Rules) ([]Reading, error) {
	var list []Reading
	for _, v := range f.Visits {
		if v.On > on || v.Fact.IncomeTo == "" {
			continue
		}
		s, _ := f.statement(v.On)
		account, err := income.Sum(s.Lines, s.Period, on, rules)
		if err != nil {
			return nil, err
		}
		r := Reading{On: v.On, Account: account}
		for _, m := range f.Present(v.On) {
			if m.SharesIncome {
				r.Members++
			}
		}
		list = append(list, r)
	}
	return list, nil
}
