package households

import (
	"fmt"
	"strconv"

	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/identity"
	"lastmile/internal/web/view"
)

// sheet is the household sheet as the office files it: card, people, checks, income, and room to sign. Nothing on it is typed again.
func (q *request) sheet() error {
	h, err := q.open()
	if err != nil {
		return err
	}
	card, err := q.cardFacts(h)
	if err != nil {
		return err
	}
	body := []view.Component{view.Section{Head: view.SectionHead{ID: "card", Title: q.text("households.sheet.card")}, Parts: []view.Component{card}}, q.people(h), q.checks(h)}
	list, err := h.Accounts(h.area, q.today)
	if err != nil {
		return err
	}
	if n := len(list); n > 0 {
		body = append(body, view.Section{Head: view.SectionHead{ID: "income", Title: q.text("households.sheet.income", q.day(list[n-1].On))}, Parts: []view.Component{q.statement(list[n-1])}})
	}
	return q.paperPage(h, q.text("households.sheet.title"), append(body, q.signatures("households.sign.head", "households.sign.surveyor", "households.sign.village"))...)
}

// handbook is the assistance handbook that the household keeps: who answers for it, what was done against which cause, who came, what it received.
func (q *request) handbook() error {
	h, err := q.open()
	if err != nil {
		return err
	}
	section := func(id string, t view.Table) view.Component {
		return view.Section{Head: view.SectionHead{ID: id, Title: q.text("households.handbook." + id)}, Parts: []view.Component{t}}
	}
	empty := &view.Empty{Icon: "document", Title: q.text("households.handbook.none"), Text: q.text("households.handbook.none.why")}
	measures := view.Table{Loose: true, Empty: empty, Columns: []view.Column{{Label: q.text("households.column.date")}, {Label: q.text("households.column.cause")}, {Label: q.text("households.column.measure")}, {Label: q.text("households.column.batch")}}}
	for _, m := range h.Measures {
		measures.Rows = append(measures.Rows, view.Row{Cells: []view.Cell{{Text: q.day(m.On), Href: entryHref(m.Book, m.Seq)}, {Text: q.cause(m.Fact.Cause)}, {Text: q.words.Name(m.Fact.What)}, {Text: q.words.Choice(fact.Find("measure").Field("batch"), m.Fact.Batch)}}})
	}
	visits := view.Table{Loose: true, Empty: empty, Columns: []view.Column{{Label: q.text("households.column.date")}, {Label: q.text("households.column.who")}, {Label: q.text("households.column.found")}, {Label: q.text("households.column.signed")}}}
	for i := range h.Entries {
		e := &h.Entries[i]
		if e.Kind != "visit" {
			continue
		}
		who, err := q.person(e.Actor)
		if err != nil {
			return err
		}
		signed := q.words.NotRecorded()
		for _, v := range h.Visits {
			if v.Seq == e.Seq {
				signed = q.words.Choice(fact.Find("visit").Field("signature"), v.Fact.Signature)
			}
		}
		found := q.visitSays(h, e)
		if found == "" {
			found = q.words.NotRecorded()
		}
		visits.Rows = append(visits.Rows, view.Row{Cells: []view.Cell{{Text: q.day(e.On), Href: entryHref(e.Book, e.Seq)}, {Text: who}, {Text: found}, {Text: signed}}})
	}
	money, err := q.money(h)
	if err != nil {
		return err
	}
	return q.paperPage(h, q.text("households.handbook.title"), q.responsible(h), section("measures", measures), section("visits", visits), money,
		q.signatures("households.sign.head", "households.sign.responsible", "households.sign.township"))
}

// paperPage is a page that is made to be printed.
func (q *request) paperPage(h *home, title string, body ...view.Component) error {
	crumbs, err := q.crumbs(h.Book, h.area)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: append(crumbs, view.Link{Label: h.ID, Href: q.keep(h, "")}), Title: title, Lead: view.Plain(q.title(h) + q.words.Pick(". ", "。") + q.lead(h))}
	q.hush(h, &heading)
	heading.Buttons = []view.Button{{Label: q.text("households.back"), Href: q.keep(h, "")}}
	return q.show(heading, body...)
}

// hundredths is the unit in which a card keeps land.
const hundredths = "0.01 mu"

// cardFacts are the fields of the card, as the last visits left them.
func (q *request) cardFacts(h *home) (view.Facts, error) {
	if h.card == nil {
		return view.Facts{{Name: q.text("households.sheet.card"), Value: view.Plain(q.words.NotRecorded())}}, nil
	}
	k := fact.Find(household.Type)
	public := *h.card
	public.Members, public.Names, public.Documents, public.Health, public.Education, public.Phone, public.Account = nil, nil, nil, nil, nil, "", ""
	public.MainCause, public.OtherCauses = q.cause(h.card.MainCause), nil
	for _, c := range h.card.OtherCauses {
		public.OtherCauses = append(public.OtherCauses, q.cause(c))
	}
	for _, question := range cardQuestions() {
		k.Set(&public, k.Field(question), h.known(question), &fact.Problems{})
	}
	values, err := q.p.forms.Values(q.Context(), q.words, k, &public, h.Book)
	if err != nil {
		return nil, err
	}
	var facts view.Facts
	for _, v := range values {
		text := v.Text
		if n, err := strconv.ParseInt(k.Get(&public, v.Field), 10, 64); err == nil && v.Field.Unit == hundredths {
			text = fmt.Sprintf("%s.%02d %s", q.words.Count(n/100), n%100, q.words.Unit("mu"))
		}
		facts = append(facts, view.Fact{Name: v.Name, Value: view.Plain(text)})
	}
	phone, account := identity.MaskPhone(h.card.Phone), identity.MaskAccount(h.card.Account)
	if h.opened != nil {
		phone, account = h.card.Phone, h.card.Account
	}
	for _, p := range []struct{ name, text string }{{"phone", phone}, {"account", account}} {
		if p.text != "" {
			facts = append(facts, view.Fact{Name: q.words.Field(k.Field(p.name)), Value: view.Plain(p.text)})
		}
	}
	return facts, nil
}

// checks are the six checks with what each visit found.
func (q *request) checks(h *home) view.Component {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.check")}, {Label: q.text("households.column.found")}, {Label: q.text("households.column.date"), Kind: view.WholeColumn}}}
	for _, s := range household.CheckSubjects() {
		found := h.Findings(s)
		if len(found) == 0 {
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.subject(s)}, {Text: q.words.NotRecorded()}, {Text: q.words.NotRecorded()}}})
			continue
		}
		last := &found[len(found)-1]
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.subject(s), Href: entryHref(last.Book, last.Seq)}, {Text: q.found(s, last).What}, {Text: q.day(last.On)}}})
	}
	return view.Section{Head: view.SectionHead{ID: "checks", Title: q.text("households.assurances")}, Parts: []view.Component{t}}
}

// signatures are the lines on which people sign.
func (q *request) signatures(keys ...string) view.Component {
	lines := view.Signatures{Date: q.text("households.sign.date")}
	for _, key := range keys {
		lines.Who = append(lines.Who, q.text(key))
	}
	return view.Section{Head: view.SectionHead{ID: "signatures", Title: q.text("households.sign")}, Parts: []view.Component{lines}}
}
