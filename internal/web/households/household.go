package households

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/identity"
	"lastmile/internal/household/income"
	"lastmile/internal/web/chart"
	"lastmile/internal/web/view"
)

// home is a household with what its pages show.
type home struct {
	*household.File
	area     string
	card     *household.Household
	present  []household.Membership
	received []household.Receipt
	personal bool        // the reader may see its personal data, once they say why
	opened   *disclosure // that they said so a moment ago
}

// open reads the household of the address, when the reader may see it.
func (q *request) open() (*home, error) {
	book, id := q.PathValue("book"), q.PathValue("id")
	e, ok, err := entity.Get(q.Context(), q.p.store.DB, book, household.Type, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, missing("household", id, book)
	}
	if err := q.mine(e.Area); err != nil {
		return nil, err
	}
	f, err := household.Load(q.Context(), q.p.store.DB, book, id)
	if err != nil {
		return nil, err
	}
	h := &home{File: f, area: e.Area, card: f.Card(q.today), present: f.Present(q.today)}
	if h.personal, err = q.v.SeesPersonal(q.Context(), e.Area); err != nil {
		return nil, err
	}
	if h.received, err = household.Received(q.Context(), q.p.store.DB, book, id); err != nil {
		return nil, err
	}
	h.opened = q.disclosed(h)
	return h, nil
}

// title is what the household is called: masked, unless the reader has just said why they need the name.
func (q *request) title(h *home) string {
	if h.opened != nil && h.HeadName(q.today) != "" {
		return q.text("households.of.name", h.HeadName(q.today))
	}
	return q.masked(h.HeadName(q.today), h.ID)
}

// lead answers in a sentence who they are and where they stand.
func (q *request) lead(h *home) string {
	texts := []string{q.text("households.lead.people", len(h.present))}
	if first := slices.IndexFunc(h.Statuses, func(s decision.StatusEvent) bool { return s.Status == decision.InPoverty }); first >= 0 && h.card != nil {
		texts = append(texts, q.text("households.lead.registered", itoa(h.Statuses[first].On.Year()), q.causes(h)))
	} else if h.card != nil {
		texts = append(texts, q.text("households.lead.known", q.causes(h)))
	}
	switch status, since := h.Status(q.today); status {
	case decision.Exited:
		texts = append(texts, q.text("households.lead.exited", q.words.Month(since)))
	case decision.Relapsed:
		texts = append(texts, q.text("households.lead.relapsed", q.words.Month(since)))
	case decision.ExitReversed:
		texts = append(texts, q.text("households.lead.reversed", q.words.Month(since)))
	}
	for _, e := range slices.Backward(h.Entries) {
		if e.Kind == "watch" {
			texts = append(texts, q.text("households.lead.watched", q.words.Month(e.On)))
			break
		}
	}
	return strings.Join(texts, q.gap())
}

func (q *request) causes(h *home) string {
	list := []string{q.inSentence(q.cause(h.card.MainCause))}
	for _, c := range h.card.OtherCauses {
		list = append(list, q.inSentence(q.cause(c)))
	}
	return q.words.List(list)
}

// inSentence is a label as it stands within a sentence.
func (q *request) inSentence(label string) string {
	first, size := utf8.DecodeRuneInString(label)
	return string(unicode.ToLower(first)) + label[size:]
}

// capital is a text as it stands by itself.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// household is a household's page.
func (q *request) household() error {
	h, err := q.open()
	if err != nil {
		return err
	}
	crumbs, err := q.crumbs(h.Book, h.area)
	if err != nil {
		return err
	}
	status, _ := h.Status(q.today)
	state := q.status(string(status))
	state.Pill = true
	heading := view.Heading{Crumbs: append(crumbs, view.Link{Label: h.ID}), Title: q.title(h), Lead: view.Plain(q.lead(h)), State: &state}
	q.hush(h, &heading)
	if q.mayRecord("visit") {
		heading.Buttons = append(heading.Buttons, view.Button{Label: q.text("households.visit"), Kind: view.Primary, Icon: "pin", Href: Href(h.Book, h.ID) + "/visit"})
	}
	heading.Buttons = append(heading.Buttons, view.Button{Label: q.text("households.sheet"), Icon: "print", Href: q.keep(h, "/sheet")}, view.Button{Label: q.text("households.handbook"), Icon: "book", Href: q.keep(h, "/handbook")})

	story, err := q.story(h)
	if err != nil {
		return err
	}
	money, err := q.money(h)
	if err != nil {
		return err
	}
	earned, err := q.income(h)
	if err != nil {
		return err
	}
	loans, err := q.loans(h)
	if err != nil {
		return err
	}
	contracts, err := q.contracts(h)
	if err != nil {
		return err
	}
	body := []view.Component{q.assurances(h)}
	if c := q.conflicts(h); c != nil {
		body = append(body, c)
	}
	side := append([]view.Component{money}, earned...)
	side = append(append(side, loans...), contracts...)
	side = append(side, q.people(h), q.responsible(h), q.looked(h))
	return q.show(heading, append(body, view.Columns{Record: true, Main: []view.Component{story}, Side: side})...)
}

// icons of the six checks.
var icons = map[decision.Subject]string{decision.Food: "bowl", decision.Clothing: "shirt", decision.Education: "book", decision.Medical: "health", decision.Housing: "house", decision.Water: "drop"}

// assurances are the six checks, as the first visit found them and as the last one did.
func (q *request) assurances(h *home) view.Component {
	var strip view.Assurances
	var first, last date.Date
	for _, s := range household.CheckSubjects() {
		a := view.Assurance{Icon: icons[s], Name: q.subject(s)}
		found := h.Findings(s)
		if len(found) == 0 {
			a.States = []view.AssuranceState{{When: locale0(q), What: q.words.NotRecorded()}}
			strip = append(strip, a)
			continue
		}
		now := found[len(found)-1]
		if len(found) > 1 {
			a.States = append(a.States, q.found(s, &found[0]))
		}
		a.States = append(a.States, q.found(s, &now))
		a.Source = view.Link{Label: q.text("households.checked", q.day(now.On)), Href: entryHref(now.Book, now.Seq)}
		if first == "" || found[0].On < first {
			first = found[0].On
		}
		last = max(last, now.On)
		strip = append(strip, a)
	}
	head := view.SectionHead{ID: "assurances", Title: q.text("households.assurances")}
	switch {
	case last == "":
		head.Note = view.Plain(q.text("households.assurances.none"))
	case first.Year() == last.Year():
		head.Note = view.Plain(q.text("households.assurances.once", itoa(last.Year())))
	default:
		head.Note = view.Plain(q.text("households.assurances.twice", itoa(first.Year()), itoa(last.Year())))
	}
	return view.Section{Head: head, Parts: []view.Component{strip}}
}

func locale0(q *request) string { return itoa(q.today.Year()) }

func (q *request) found(s decision.Subject, f *household.Finding) view.AssuranceState {
	var texts []string
	for _, c := range f.Categories {
		w := household.CategoryWords(s, c)
		texts = append(texts, q.words.Pick(w.English, w.Chinese))
	}
	return view.AssuranceState{When: itoa(f.On.Year()), What: capital(q.words.List(texts)), Gap: f.Result == decision.Unmet}
}

// conflicts are answers of visits that contradict each other, for a reviewer.
func (q *request) conflicts(h *home) view.Component {
	list := h.Conflicts(q.today)
	if len(list) == 0 {
		return nil
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.question")}, {Label: q.text("households.column.answers")}, {Label: q.text("households.column.settle")}}}
	for _, c := range list {
		var answers []string
		for _, v := range c.Values {
			answers = append(answers, v.Answer)
		}
		name, _, _ := strings.Cut(c.Question, ".")
		says := household.Says(c.Question)
		if says.English == "" {
			says = household.Says(name)
		}
		settle := view.Cell{Text: q.text("households.settle.reviewer")}
		if q.mayRecord("answer-review") {
			settle = view.Cell{Text: q.text("households.settle"), Href: record("answer-review", "household", h.ID, "answer", c.Question+"=", "book", h.Book)}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.words.Pick(says.English, says.Chinese), Sub: c.Question}, {Text: strings.Join(answers, " / ")}, settle}})
	}
	return view.Section{Head: view.SectionHead{ID: "conflicts", Title: q.text("households.conflicts"), Note: view.Plain(q.text("households.conflicts.note"))}, Parts: []view.Component{t}}
}

// yearsMax is how many years of income are drawn.
const yearsMax = 8

// income draws the income a head against the line of each year, over the account it comes from.
func (q *request) income(h *home) ([]view.Component, error) {
	list, err := h.Accounts(h.area, q.today)
	if err != nil {
		return nil, err
	}
	head := view.SectionHead{ID: "income", Title: q.text("households.income"), Note: view.Plain(q.text("households.income.note"))}
	if len(list) == 0 {
		return []view.Component{view.Section{Head: head, Parts: []view.Component{view.Empty{Icon: "yuan", Title: q.text("households.income.none"), Text: q.text("households.income.none.why")}}}}, nil
	}
	list = list[max(0, len(list)-yearsMax):]
	c := chart.Income{}
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.year")}, {Label: q.text("households.column.net"), Kind: view.NumberColumn}, {Label: q.text("households.column.line"), Kind: view.NumberColumn}}}
	for _, a := range list {
		each := a.Account.Net.PerPerson(a.Members)
		year := chart.IncomeYear{Label: itoa(a.On.Year()), Amount: int64(each) / 100, Text: q.words.Count(int64(each) / 100)}
		state := q.words.NotRecorded()
		if a.Lined {
			year.Threshold = int64(a.Line.Amount) / 100
			state = q.words.Count(year.Threshold)
		}
		c.Years = append(c.Years, year)
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{
			{Text: year.Label, Sub: q.text("households.income.of", q.yuan(int64(a.Account.Net)), a.Members)}, {Text: year.Text}, {Text: state}}})
	}
	first, last := c.Years[0], c.Years[len(c.Years)-1]
	c.Name = q.text("households.income.chart", first.Label, first.Text, last.Label, last.Text)
	svg, err := c.SVG()
	if err != nil {
		return nil, err
	}
	newest := list[len(list)-1]
	drawing := view.Drawing{Chart: svg, Legend: view.Legend{{Class: "dash", Label: q.text("households.line")}, {Class: "c-bad", Label: q.text("households.below")}, {Class: "c-strong", Label: q.text("households.above")}}}
	parts := []view.Component{drawing, q.statement(newest)}
	return []view.Component{view.Section{Head: head, Parts: parts}, view.Section{Head: view.SectionHead{ID: "years", Title: q.text("households.years")}, Parts: []view.Component{t}}}, nil
}

// statement is the account of one reading, part by part.
func (q *request) statement(a household.YearAccount) view.Component {
	facts := view.Facts{{Name: q.text("households.period"), Value: view.Plain(q.text("households.span", q.day(a.Account.Period.From), q.day(a.Account.Period.To)))}}
	for _, part := range []struct {
		key string
		fen income.Fen
	}{{"wage", a.Account.Wage}, {"business", a.Account.Business}, {"property", a.Account.Property}, {"transfer", a.Account.Transfer}, {"expense", -a.Account.Expense}, {"net", a.Account.Net}, {"excluded", a.Account.Excluded}} {
		if part.fen != 0 || part.key == "net" {
			facts = append(facts, view.Fact{Name: q.text("households.income." + part.key), Value: view.Plain(q.words.Amount(int64(part.fen), yuan))})
		}
	}
	return facts
}

// people are the members, with what is known of each. Names and numbers are masked unless the reader has just said why they need them.
func (q *request) people(h *home) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.member")}, {Label: q.text("households.column.relation")}, {Label: q.text("households.column.labour"), Kind: view.WholeColumn}, {Label: q.text("households.column.lived"), Kind: view.WholeColumn}},
		Empty: &view.Empty{Icon: "people", Title: q.text("households.nobody.here"), Text: q.text("households.nobody.here.why")}}
	k := fact.Find("member")
	for _, m := range h.Members {
		name, document := identity.MaskName(m.Name), identity.Mask(m.Document)
		if h.opened != nil {
			name, document = m.Name, m.Document
		}
		if name == "" {
			name = q.words.NotRecorded()
		}
		who := q.words.Choice(k.Field("sex"), m.Sex)
		if m.Birth != "" {
			born := q.words.Pick(itoa(m.Birth.Year()), itoa(m.Birth.Year())+"年")
			if h.opened != nil {
				born = q.day(m.Birth)
			}
			who = q.text("households.born", who, born)
		}
		lived := view.Cell{Text: q.text("households.from", q.day(m.During.From))}
		if m.During.To != "" {
			lived.Sub = q.text("households.until", q.day(m.During.To))
			if f := fact.Find("departure").Field("reason"); m.Left != "" {
				lived.Sub = q.words.List([]string{lived.Sub, q.words.Choice(f, m.Left)})
			}
		}
		relation := q.words.Choice(k.Field("relation"), m.Relation)
		if !m.SharesIncome {
			relation += q.text("households.apart")
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: name, Sub: strings.TrimSpace(m.Person + " " + document)}, {Text: relation, Sub: who}, {Text: q.words.Choice(k.Field("labour"), m.Labour)}, lived}})
	}
	return view.Section{Head: view.SectionHead{ID: "people", Title: q.text("households.people"), Note: view.Plain(q.text("households.persons", len(h.present)))}, Parts: []view.Component{t}}
}

// responsible are the officials who answer for the household, over time.
func (q *request) responsible(h *home) view.Component {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.official")}, {Label: q.text("households.column.unit")}, {Label: q.text("households.column.time")}},
		Empty: &view.Empty{Icon: "people", Title: q.text("households.responsible.none"), Text: q.text("households.responsible.none.why")}}
	k := fact.Find("responsible")
	for i, r := range h.Responsible {
		until := r.Fact.Until
		if until == "" && i+1 < len(h.Responsible) && h.Responsible[i+1].Fact.Tier == r.Fact.Tier {
			until = h.Responsible[i+1].On.AddDays(-1)
		}
		when := q.text("households.from", q.day(r.On))
		if until != "" {
			when = q.text("households.span", q.day(r.On), q.day(until))
		}
		name := cmp.Or(identity.MaskName(r.Fact.Name), r.Fact.Person)
		if h.personal && r.Fact.Name != "" { // an official acts in the open; strangers to the county see no name all the same
			name = r.Fact.Name
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: name, Href: entryHref(r.Book, r.Seq)}, {Text: r.Fact.Unit, Sub: q.words.Choice(k.Field("tier"), r.Fact.Tier)}, {Text: when}}})
	}
	return view.Section{Head: view.SectionHead{ID: "responsible", Title: q.text("households.responsible")}, Parts: []view.Component{t}}
}

// seqRef is how an entry is written.
func seqRef(book string, seq int64) string { return fmt.Sprintf("%s:%d", book, seq) }
