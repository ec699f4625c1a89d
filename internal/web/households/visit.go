package households

import (
	"crypto/rand"
	"errors"

	"net/http"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/identity"
	"lastmile/internal/household/income"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// answerField begins the name of a field of the visit's form that answers a question: answer-housing, answer-medical.02.
const answerField = "answer-"

// commonIncome are the codes of the income account that every visit asks about. Others are asked when the last visit found something under them, and
// any can be written as a line of its own.
var commonIncome = []income.Code{"wage.local", "wage.migrant_net", "wage.public_post", "business.crops", "business.livestock", "property.land_rent", "property.dividend",
	"transfer.dibao", "transfer.pension", "transfer.farm_subsidy", "expense.production"}

// filesOfVisitMax is how many photographs a visit takes along.
const filesOfVisitMax = 10

// visit is the form of a visit, on one page.
func (q *request) visit() error {
	h, err := q.visited()
	if err != nil {
		return err
	}
	to := date.Date(q.today.Month() + "-01").AddDays(-1)
	values := map[string]string{"key": "f-" + rand.Text(), "on": string(q.today), "income_to": string(to), "income_from": string(to.AddDays(1).AddMonths(-12)), "signature": "signed"}
	if n := len(h.Visits); n > 0 {
		values["follows"] = h.Visits[n-1].Key
	}
	for _, question := range cardQuestions() {
		if h.card != nil {
			values[answerField+question] = h.known(question)
		}
	}
	return q.visitForm(h, http.StatusOK, values, nil)
}

// visited opens the household for somebody who may record a visit there.
func (q *request) visited() (*home, error) {
	h, err := q.open()
	if err != nil {
		return nil, err
	}
	may, err := q.v.MayRecordIn(q.Context(), fact.Find("visit"), h.area)
	if err == nil && !may {
		err = fault.New(fault.Forbidden, "kind.by", "%s may not record a %s", q.v.Person, "visit").Mend("It takes one of these roles: %s.", strings.Join(fact.Find("visit").By, ", "))
	}
	return h, err
}

// cardQuestions are the questions that feed the card and are answered by a choice.
func cardQuestions() []string {
	var list []string
	for _, f := range fact.Find(household.Type).Fields {
		if len(f.Choices) > 0 && household.Feeds(f.Name) == household.FeedsCard && f.Name != "standard" && f.Name != "attribute" {
			list = append(list, f.Name)
		}
	}
	return list
}

// known is what is known of a question that feeds the card: the last answer to it, or the card.
func (h *home) known(question string) string {
	k := fact.Find(household.Type)
	value := k.Get(h.card, k.Field(question))
	for _, v := range h.Visits {
		for _, line := range v.Fact.Answers {
			if name, text, ok := strings.Cut(line, "="); ok && name == question {
				value = text
			}
		}
	}
	return value
}

// checkFields are the checks of a household on a day: one of the household, or one of each member of an age.
func (q *request) checkFields(h *home, on date.Date, values map[string]string) ([]view.Component, error) {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return nil, err
	}
	book, err := books.InForce(h.area, on)
	if err != nil { // a visit after the last rulebook still asks what it asked
		book = newest(books, h.area)
	}
	if book == nil {
		return nil, fault.New(fault.Invalid, "decision.rulebook", "%v", err).For("on").Mend("Visit on a day on which a rulebook is in force.")
	}
	var list []view.Component
	for _, s := range household.CheckSubjects() {
		check, ok := book.Check(s)
		if !ok {
			continue
		}
		ask := func(name, label string) {
			f := view.Field{Kind: view.SelectField, Name: answerField + name, Label: label, Optional: true, Options: []view.Option{{Label: q.text("households.visit.unasked"), Chosen: values[answerField+name] == ""}}}
			for _, o := range check.Outcomes {
				f.Options = append(f.Options, view.Option{Value: o.Category, Label: q.words.Pick(o.English, o.Chinese), Chosen: values[answerField+name] == o.Category})
			}
			list = append(list, f)
		}
		if check.EachMember == nil {
			ask(string(s), q.subject(s))
			continue
		}
		asked := false
		for _, m := range h.Present(on) {
			if m.Birth == "" || !aged(check.EachMember, m.Birth, on) || !strings.HasPrefix(m.Person, h.ID+"-") {
				continue
			}
			asked = true
			ask(string(s)+"."+m.Number, q.text("households.visit.member", q.subject(s), identity.MaskName(m.Name), m.Number))
		}
		if !asked {
			ask(string(s), q.subject(s))
		}
	}
	return list, nil
}

// newest is the last rulebook that held in an area, nil when none did.
func newest(books *decision.Rulebooks, area string) *decision.Rulebook {
	var last *decision.Rulebook
	for _, id := range books.IDs() {
		if b, ok := books.Get(id); ok && b.Holds(area, b.Valid.From) && (last == nil || b.Valid.From >= last.Valid.From) {
			last = b
		}
	}
	return last
}

// aged tells whether somebody is of the ages that a check asks about; no ages mean everybody.
func aged(r *decision.AgeRange, birth, on date.Date) bool {
	if r.From == 0 && r.To == 0 {
		return true
	}
	years := on.Year() - birth.Year()
	if birth.AddMonths(12*years) > on {
		years--
	}
	return years >= r.From && years <= r.To
}

// incomeCodes are the codes that the form asks about.
func (h *home) incomeCodes() []income.Code {
	codes := slices.Clone(commonIncome)
	if n := len(h.Visits); n > 0 {
		for _, line := range h.Visits[n-1].Fact.Answers {
			name, _, _ := strings.Cut(line, "=")
			if household.Feeds(name) == household.FeedsIncome && !slices.Contains(codes, income.Code(name)) {
				codes = append(codes, income.Code(name))
			}
		}
	}
	return codes
}

// visitForm draws the form with what was typed and what is wrong with it.
func (q *request) visitForm(h *home, status int, values map[string]string, wrong []*fault.Error) error {
	crumbs, err := q.crumbs(h.Book, h.area)
	if err != nil {
		return err
	}
	visit := fact.Find("visit")
	at := func(fields ...string) string {
		for _, f := range wrong {
			if slices.Contains(fields, f.Field) {
				return q.words.Fault(visit, f)
			}
		}
		return ""
	}
	for _, f := range wrong {
		if !slices.Contains([]string{"on", "signature", "refusal", "income_from", "income_to", "evidence", "more", "answers"}, f.Field) {
			q.page.Status = append(q.page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: q.text("households.visit.refused"), Text: q.words.Fault(visit, f)})
		}
	}
	fields := []view.Component{view.Field{Kind: view.DateField, Name: "on", Label: q.text("households.visit.on"), Value: values["on"], Error: at("on")}}
	on, err := date.Parse(values["on"])
	if err != nil {
		on = q.today
	}
	checks, err := q.checkFields(h, on, values)
	if err != nil {
		return err
	}
	fields = append(fields, checks...)
	k := fact.Find(household.Type)
	for _, question := range cardQuestions() {
		f := k.Field(question)
		field := view.Field{Kind: view.SelectField, Name: answerField + question, Label: q.words.Field(f), Optional: true, Options: []view.Option{{Label: q.words.NotRecorded(), Chosen: values[answerField+question] == ""}}}
		for _, c := range f.Choices {
			field.Options = append(field.Options, view.Option{Value: c.Value, Label: q.words.Pick(c.En, c.Zh), Chosen: values[answerField+question] == c.Value})
		}
		fields = append(fields, field)
	}
	fields = append(fields, view.Field{Kind: view.DateField, Name: "income_from", Label: q.words.Field(visit.Field("income_from")), Value: values["income_from"], Error: at("income_from")},
		view.Field{Kind: view.DateField, Name: "income_to", Label: q.words.Field(visit.Field("income_to")), Value: values["income_to"], Error: at("income_to")})
	for _, code := range h.incomeCodes() {
		says := household.Says(string(code))
		fields = append(fields, view.Field{Kind: view.MoneyField, Name: answerField + string(code), Label: q.words.Pick(says.English, says.Chinese), Unit: q.words.Unit("CNY"), Optional: true, Value: values[answerField+string(code)]})
	}
	fields = append(fields, view.Field{Kind: view.AreaField, Name: "more", Label: q.text("households.visit.more"), Hint: q.text("households.visit.more.hint"), Optional: true, Value: values["more"], Error: at("more", "answers")},
		view.Photos{Name: "evidence", Label: q.text("households.visit.photos"), Hint: q.text("households.visit.photos.hint"), Error: at("evidence")})
	signature := view.Field{Kind: view.ChoiceField, Name: "signature", Label: q.words.Field(visit.Field("signature")), Error: at("signature")}
	for _, c := range visit.Field("signature").Choices {
		signature.Options = append(signature.Options, view.Option{Value: c.Value, Label: q.words.Pick(c.En, c.Zh), Chosen: values["signature"] == c.Value})
	}
	fields = append(fields, signature, view.Field{Name: "refusal", Label: q.words.Field(visit.Field("refusal")), Optional: true, Value: values["refusal"], Error: at("refusal"), MaxLength: 300},
		view.Field{Kind: view.AreaField, Name: "remarks", Label: q.words.Field(visit.Field("remarks")), Hint: q.text("households.visit.remarks"), Optional: true, Value: values["remarks"], MaxLength: 2000})
	form := view.Form{Action: Href(h.Book, h.ID) + "/visit", Files: true, Bar: true, Fields: fields,
		Hidden:  q.v.Hidden(view.Hidden{Name: "key", Value: values["key"]}, view.Hidden{Name: "follows", Value: values["follows"]}),
		Buttons: []view.Button{{Label: q.text("households.back"), Href: Href(h.Book, h.ID)}, {Label: q.text("households.visit.save"), Kind: view.Primary}}}
	q.page.Shell = view.StepShell
	q.page.Title = q.text("households.visit.title", q.masked(h.HeadName(q.today), h.ID))
	heading := view.Heading{Crumbs: append(crumbs, view.Link{Label: h.ID, Href: Href(h.Book, h.ID)}), Title: q.page.Title, Lead: view.Plain(q.text("households.visit.lead"))}
	q.p.guard.Show(q.w, q.Request, status, view.Stack{Page: q.page, Heading: heading, Body: []view.Component{form}})
	return nil
}

// recordVisit records what the form says. Only what was answered is an answer; what the card knows already is not said again.
func (q *request) recordVisit() error {
	h, err := q.visited()
	if err != nil {
		return err
	}
	values := map[string]string{}
	for name := range q.PostForm {
		values[name] = strings.TrimSpace(strings.ReplaceAll(q.PostForm.Get(name), "\r\n", "\n"))
	}
	var wrong []*fault.Error
	on, err := date.Parse(values["on"])
	if err != nil {
		wrong = append(wrong, fault.New(fault.Invalid, "field.date", "%q is not a date", values["on"]).For("on").Mend("Write it as 2020-03-14."))
	}
	v := &household.Visit{Household: h.ID, Questionnaire: questionnaire(h.area, on), Device: "web", Follows: values["follows"], Signature: values["signature"], Refusal: values["refusal"],
		IncomeFrom: date.Date(values["income_from"]), IncomeTo: date.Date(values["income_to"]), Remarks: values["remarks"]}
	money := false
	for _, name := range slices.Sorted(slices.Values(keys(values))) {
		question, ok := strings.CutPrefix(name, answerField)
		if !ok || values[name] == "" || slices.Contains(cardQuestions(), question) && h.card != nil && h.known(question) == values[name] {
			continue
		}
		money = money || household.Feeds(question) == household.FeedsIncome
		v.Answers = append(v.Answers, question+"="+values[name])
	}
	for _, line := range strings.Split(values["more"], "\n") {
		if line = strings.TrimSpace(line); line != "" {
			v.Answers = append(v.Answers, line)
			money = true
		}
	}
	if !money {
		v.IncomeFrom, v.IncomeTo = "", ""
	}
	evidence, refused, err := q.photographs()
	if err != nil {
		return err
	}
	wrong = append(wrong, refused...)
	if len(wrong) == 0 {
		var receipts []fact.Receipt
		receipts, err = q.p.store.Recorder.Record(q.Context(), fact.Draft{Fact: v, Book: h.Book, Key: values["key"], On: on, Actor: q.v.Person, Source: "form", Evidence: evidence})
		if list := fault.All(err); list != nil {
			q.p.guard.Note(q.Request, err)
			wrong = list
		} else if err != nil {
			return err
		} else if len(receipts) > 0 {
			http.Redirect(q.w, q.Request, Href(h.Book, h.ID), http.StatusSeeOther)
			return nil
		}
	}
	status := http.StatusUnprocessableEntity
	if len(wrong) > 0 {
		status = wording.Status(wrong[0].Kind)
	}
	return q.visitForm(h, status, values, wrong)
}

func keys(m map[string]string) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}

// questionnaire is the newest one in use in an area on a day.
func questionnaire(area string, on date.Date) string {
	list, err := household.Questionnaires()
	if err != nil {
		return ""
	}
	q, err := list.InForce(area, on)
	if err != nil {
		return ""
	}
	return q.Name()
}

// photographs keeps the pictures that came with the form.
func (q *request) photographs() (hashes []string, refused []*fault.Error, err error) {
	if q.MultipartForm == nil {
		return nil, nil, nil
	}
	uploads := q.MultipartForm.File["evidence"]
	if len(uploads) > filesOfVisitMax {
		return nil, []*fault.Error{fault.New(fault.Invalid, "evidence.many", "there are %d files, %d can be sent at a time", len(uploads), filesOfVisitMax).For("evidence").Mend("Send the others as late proof.")}, nil
	}
	for _, upload := range uploads {
		file, err := upload.Open()
		if err != nil {
			return nil, nil, err
		}
		hash, err := q.p.store.Evidence.Put(file)
		err = errors.Join(err, file.Close())
		if list := fault.All(err); list != nil {
			q.p.guard.Note(q.Request, err)
			refused = append(refused, list...)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(hashes, hash) {
			hashes = append(hashes, hash)
		}
	}
	return hashes, refused, nil
}
