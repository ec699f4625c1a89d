package households

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/household/identity"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

const (
	rowsFirst = 4 // rows for members on an empty form
	rowsMore  = 4 // more each time they are asked for
	rowsMax   = 40
)

// memberRow is the fields of one member of a card.
type memberRow struct {
	Legend string
	Fields []view.Field
}

func (memberRow) Template() string { return "member-row" }

// Problems are what is wrong in the row.
func (m memberRow) Problems() []view.Problem {
	var list []view.Problem
	for _, f := range m.Fields {
		if f.Error != "" {
			list = append(list, f.Problem())
		}
	}
	return list
}

// rowName is the name of a member's field in the form: name-02.
func rowName(field string, row int) string { return fmt.Sprintf("%s-%02d", field, row) }

// memberFields are what is asked of each member.
var memberFields = []string{"name", "document", "relation", "birth", "sex", "labour", "education", "health", "apart"}

// educations and healths are the words that the form offers; what else is known is written on the generic form.
var (
	educations = []string{"none", "primary", "junior", "senior", "college"}
	healths    = []string{"chronic", "serious", "disabled"}
)

// apartFromMembers are the fields of a card that are filled in from the rows, or that a first card does not have.
var apartFromMembers = []string{"revision", "members", "names", "documents", "health", "education", "move", "registered"}

// newHousehold is the form of a household's first card, with its members and causes in one go.
func (q *request) newHousehold() error {
	area := q.FormValue("area")
	if err := q.mayRegister(area); err != nil {
		return err
	}
	c := &newCard{values: map[string]string{"key": "f-" + rand.Text(), "on": string(q.today), "area": area, "standard": "national", "attribute": "ordinary", "power_home": "yes", rowName("relation", 1): "head"}, rows: rowsFirst}
	if area != "" {
		var err error
		if c.values["id"], err = q.freeCode(area); err != nil {
			return err
		}
	}
	return q.cardForm(http.StatusOK, c)
}

// mayRegister refuses who may not record a card there.
func (q *request) mayRegister(area string) error {
	kind := fact.Find(household.Type)
	if area == "" {
		if !q.mayRecord(kind.Name) {
			return fault.New(fault.Forbidden, "kind.by", "%s may not record a %s", q.v.Person, kind.Name).Mend("It takes one of these roles: %s.", strings.Join(kind.By, ", "))
		}
		return nil
	}
	if err := q.mine(area); err != nil {
		return err
	}
	may, err := q.v.MayRecordIn(q.Context(), kind, area)
	if err == nil && !may {
		err = fault.New(fault.Forbidden, "kind.by", "%s may not record a %s", q.v.Person, kind.Name).Mend("It takes one of these roles: %s.", strings.Join(kind.By, ", "))
	}
	return err
}

// freeCode is the next code of a village that no household has: its own code and a number.
func (q *request) freeCode(village string) (string, error) {
	area, ok, err := q.entity(entity.Headquarters, "area", village)
	if err != nil || !ok {
		return "", err
	}
	book, err := q.bookOf(area)
	if err != nil {
		return "", err
	}
	there, err := household.InVillage(q.Context(), q.p.store.DB, book, village)
	if err != nil {
		return "", err
	}
	n := len(there) + 1
	for slices.ContainsFunc(there, func(e entity.Entity) bool { return e.ID == fmt.Sprintf("%s-%04d", village, n) }) {
		n++
	}
	return fmt.Sprintf("%s-%04d", village, n), nil
}

// newCard is a card as it was typed.
type newCard struct {
	values   map[string]string
	causes   []string // other causes
	rows     int
	wrong    []*fault.Error          // by the field's name in the form
	resemble []household.Resemblance // who is in the register already, perhaps
}

func (c *newCard) fail(field string, e *fault.Error) { c.wrong = append(c.wrong, e.For(field)) }

// recordHousehold records the card, or says all that is wrong with it at once. Whoever seems to be in the register already is shown first.
func (q *request) recordHousehold() error {
	if err := q.ParseForm(); err != nil {
		return err
	}
	c := &newCard{values: map[string]string{}, causes: q.PostForm["other_causes"], rows: rowsFirst}
	for name := range q.PostForm {
		c.values[name] = strings.TrimSpace(strings.ReplaceAll(q.PostForm.Get(name), "\r\n", "\n"))
	}
	if n, err := strconv.Atoi(c.values["rows"]); err == nil {
		c.rows = max(rowsFirst, min(n, rowsMax))
	}
	if err := q.mayRegister(c.values["area"]); err != nil {
		return err
	}
	if c.values["do"] == "more" {
		c.rows = min(c.rows+rowsMore, rowsMax)
		return q.cardForm(http.StatusOK, c)
	}
	on, err := date.Parse(c.values["on"])
	if err != nil {
		c.fail("on", fault.New(fault.Invalid, "field.date", "%q is not a date", c.values["on"]).Mend("Write it as 2020-03-14."))
		on = q.today
	}
	h := c.read(on)
	if len(c.wrong) > 0 {
		return q.cardForm(http.StatusUnprocessableEntity, c)
	}
	if c.values["compared"] != "yes" {
		if c.resemble, err = household.Resembling(q.Context(), q.p.store.DB, q.p.store.Recorder.Keyed, h, on); err != nil {
			return err
		}
		if len(c.resemble) > 0 {
			return q.cardForm(http.StatusConflict, c)
		}
	}
	receipts, err := q.p.store.Recorder.Record(q.Context(), fact.Draft{Fact: h, Key: c.values["key"], On: on, Actor: q.v.Person, Source: "form"})
	if list := fault.All(err); list != nil {
		q.p.guard.Note(q.Request, err)
		c.wrong = list
		return q.cardForm(wording.Status(list[0].Kind), c)
	}
	if err != nil {
		return err
	}
	http.Redirect(q.w, q.Request, Href(receipts[0].Book, h.ID), http.StatusSeeOther)
	return nil
}

// read makes the card of what was typed, and notes everything that is wrong with it.
func (c *newCard) read(on date.Date) *household.Household {
	h := &household.Household{}
	kind := fact.Find(household.Type)
	var p fact.Problems
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if slices.Contains(apartFromMembers, f.Name) || f.Name == "other_causes" {
			continue
		}
		kind.Set(h, f, c.values[f.Name], &p)
	}
	for _, cause := range c.causes {
		if cause != "" {
			h.OtherCauses = append(h.OtherCauses, cause)
		}
	}
	documents := map[string]int{}
	for row := 1; row <= c.rows; row++ {
		c.member(h, row, on, documents)
	}
	if len(h.Members) == 0 {
		c.fail(rowName("name", 1), fault.New(fault.Invalid, "household.nobody", "the card has no member").Mend("Fill in at least the head of the household."))
	}
	kind.Check(h, &p)
	for _, e := range fault.All(p.Err()) {
		if !slices.ContainsFunc(c.wrong, func(o *fault.Error) bool { return o.Field == e.Field }) {
			c.wrong = append(c.wrong, e)
		}
	}
	return h
}

// member adds a row to the card, unless nothing was typed in it. What a document says of birth and sex is taken from it.
func (c *newCard) member(h *household.Household, row int, on date.Date, documents map[string]int) {
	get := func(field string) string { return strings.Join(strings.Fields(c.values[rowName(field, row)]), " ") }
	typed := ""
	for _, field := range memberFields {
		if field != "relation" || row > 1 {
			typed += get(field)
		}
	}
	if typed == "" {
		return
	}
	number := fmt.Sprintf("%02d", row)
	birth, sex := date.Date(""), get("sex")
	if text := get("birth"); text != "" {
		var err error
		if birth, err = date.Parse(text); err != nil {
			c.fail(rowName("birth", row), fault.New(fault.Invalid, "field.date", "%q is not a date", text).Mend("Write it as 2020-03-14."))
		} else if birth > on {
			c.fail(rowName("birth", row), fault.New(fault.Invalid, "member.birth", "somebody born on %q cannot have joined on %s", birth, on).Mend("Correct one of the dates."))
		}
	}
	if text := get("document"); text != "" {
		document, err := identity.Parse(text, on)
		switch {
		case err != nil:
			c.fail(rowName("document", row), fault.New(fault.Invalid, "member.document", "member %s: %v", number, err).Mend("Compare with the document; leave it empty when there is none."))
		case documents[document.ResidentID] > 0:
			c.fail(rowName("document", row), fault.New(fault.Invalid, "member.document-twice", "member %s has the document of member %02d", number, documents[document.ResidentID]).Mend("Compare both with the documents."))
		case birth != "" && document.Birth != birth:
			c.fail(rowName("birth", row), fault.New(fault.Invalid, "member.document-birth", "member %s: the document gives another date of birth than %s", number, birth).Mend("Compare both with the document."))
		case sex != "" && string(document.Sex) != sex:
			c.fail(rowName("sex", row), fault.New(fault.Invalid, "member.document-sex", "member %s: the document says %s, the line says %s", number, document.Sex, sex).Mend("Compare both with the document."))
		default:
			documents[document.ResidentID], birth, sex = row, document.Birth, string(document.Sex)
		}
	}
	for _, must := range []struct{ field, value string }{{"relation", get("relation")}, {"sex", sex}, {"labour", get("labour")}} {
		if must.value == "" {
			c.fail(rowName(must.field, row), fault.New(fault.Invalid, "field.required", "%s is missing", must.field).Mend("Fill it in."))
		}
	}
	born := string(birth)
	if born == "" {
		born = "-"
	}
	line := fmt.Sprintf("%s %s %s %s %s", number, get("relation"), born, sex, get("labour"))
	if get("apart") == "yes" {
		line += " apart"
	}
	h.Members = append(h.Members, line)
	for field, list := range map[string]*[]string{"name": &h.Names, "document": &h.Documents, "health": &h.Health, "education": &h.Education} {
		if text := get(field); text != "" {
			*list = append(*list, number+" "+text)
		}
	}
}

// cardForm draws the form with what was typed and what is wrong with it.
func (q *request) cardForm(status int, c *newCard) error {
	kind := fact.Find(household.Type)
	shown := map[string]bool{}
	at := func(field string) string {
		shown[field] = true
		for _, e := range c.wrong {
			if e.Field != field {
				continue
			}
			if name, _, ok := strings.Cut(field, "-"); ok { // of a member
				own := *e
				own.Field = name
				return q.words.Fault(fact.Find("member"), &own)
			}
			return q.words.Fault(kind, e)
		}
		return ""
	}
	field := func(name string) view.Field {
		f := kind.Field(name)
		return view.Field{Name: name, Label: q.words.Field(f), Hint: q.words.Hint(f), Optional: f.Optional, Value: c.values[name], Error: at(name), MaxLength: f.LengthMax}
	}
	on := field("area")
	on.Kind, on.Name, on.Label, on.Hint, on.Value, on.Error, on.MaxLength = view.DateField, "on", q.text("households.card.on"), "", c.values["on"], at("on"), 0
	village := field("area")
	if name, err := q.named(entity.Headquarters, "area", c.values["area"]); err != nil {
		return err
	} else if name != c.values["area"] {
		village.Hint = name
	}
	fields := []view.Component{on, village, field("id"), field("group")}
	fields = append(fields, q.causeFields(field("main_cause"), field("other_causes"), c)...)
	fields = append(fields, q.choiceField(kind, "attribute", field("attribute")), q.choiceField(kind, "standard", field("standard")))
	for row := 1; row <= c.rows; row++ {
		fields = append(fields, q.memberFields(row, c, at))
	}
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if shown[f.Name] || slices.Contains(apartFromMembers, f.Name) {
			continue
		}
		fields = append(fields, q.plainField(kind, f, field(f.Name)))
	}
	for _, e := range c.wrong {
		if !shown[e.Field] {
			q.page.Status = append(q.page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: q.text("households.card.refused"), Text: q.words.Fault(kind, e)})
		}
	}
	var body []view.Component
	if len(c.resemble) > 0 {
		warning, err := q.resembling(c.resemble)
		if err != nil {
			return err
		}
		body = append(body, warning)
		fields = append(fields, view.Field{Kind: view.CheckField, Name: "compared", Label: q.text("households.card.compared"), Options: []view.Option{{Value: "yes", Label: q.text("households.card.compared.yes")}}})
	}
	back := listing.Address(Path, "area", c.values["area"])
	form := view.Form{Action: NewPath, Bar: true, Fields: fields, Hidden: q.v.Hidden(view.Hidden{Name: "key", Value: c.values["key"]}, view.Hidden{Name: "rows", Value: strconv.Itoa(c.rows)}),
		Buttons: []view.Button{{Label: q.text("households.card.save"), Kind: view.Primary, Name: "do", Value: "record"}, {Label: q.text("households.card.more"), Name: "do", Value: "more"}, {Label: q.text("households.card.back"), Href: back}}}
	q.page.Shell = view.StepShell
	q.page.Title = q.text("households.card.title")
	heading := view.Heading{Title: q.page.Title, Lead: view.Plain(q.text("households.card.lead"))}
	q.p.guard.Show(q.w, q.Request, status, view.Stack{Page: q.page, Heading: heading, Body: append(body, form)})
	return nil
}

// causeFields are the main cause, one of the list of the day, and the two others.
func (q *request) causeFields(first, other view.Field, c *newCard) []view.Component {
	options := func(chosen string, none string) []view.Option {
		list := []view.Option{{Label: none, Chosen: chosen == ""}}
		on := date.Date(c.values["on"])
		for _, cause := range household.Causes() {
			if cause.Valid.Contains(on) {
				list = append(list, view.Option{Value: cause.Code, Label: q.words.Pick(cause.English, cause.Chinese), Chosen: cause.Code == chosen})
			}
		}
		return list
	}
	first.Kind, first.Hint, first.Options = view.SelectField, "", options(c.values["main_cause"], q.text("households.card.choose"))
	list := []view.Component{first}
	for i := range 2 {
		f := other
		chosen := ""
		if i < len(c.causes) {
			chosen = c.causes[i]
		}
		f.Kind, f.Hint, f.Options = view.SelectField, "", options(chosen, q.text("households.card.none"))
		f.Label = q.text("households.card.cause", i+1)
		if i > 0 {
			f.Error = ""
		}
		list = append(list, numberedField{f, i})
	}
	return list
}

// numberedField is one of several fields of a name, with an id of its own.
type numberedField struct {
	view.Field
	number int
}

// ID is the field's id in the page.
func (f numberedField) ID() string { return f.Field.ID() + "-" + strconv.Itoa(f.number) }

// Problem is the field's line in the summary.
func (f numberedField) Problem() view.Problem { return view.Problem{ID: f.ID(), Text: f.Error} }

func (q *request) choiceField(kind *fact.Kind, name string, f view.Field) view.Field {
	f.Kind, f.MaxLength = view.SelectField, 0
	if f.Optional {
		f.Options = []view.Option{{Label: q.words.NotRecorded(), Chosen: f.Value == ""}}
	}
	for _, o := range kind.Field(name).Choices {
		f.Options = append(f.Options, view.Option{Value: o.Value, Label: q.words.Pick(o.En, o.Zh), Chosen: o.Value == f.Value})
	}
	return f
}

// plainField draws a field of the card by its type.
func (q *request) plainField(kind *fact.Kind, f *fact.Field, field view.Field) view.Field {
	switch {
	case len(f.Choices) > 0:
		return q.choiceField(kind, f.Name, field)
	case f.Type == fact.Flag:
		field.Kind, field.Label, field.Options = view.CheckField, q.words.Field(f), []view.Option{{Value: "yes", Label: q.text("households.card.yes"), Chosen: field.Value == "yes"}}
	case f.Type == fact.Integer:
		field.Kind, field.Unit = view.NumberField, q.words.Unit(f.Unit)
	case f.Name == "phone":
		field.Kind = view.PhoneField
	}
	field.MaxLength = 0
	return field
}

// memberFields is the row of a member.
func (q *request) memberFields(row int, c *newCard, at func(string) string) view.Component {
	member := fact.Find("member")
	m := memberRow{Legend: q.text("households.card.member", row)}
	for _, name := range memberFields {
		f := member.Field(name)
		field := view.Field{Name: rowName(name, row), Label: q.words.Field(f), Value: c.values[rowName(name, row)], Error: at(rowName(name, row))}
		choose := func(none string, options []view.Option) {
			field.Kind = view.SelectField
			field.Options = append([]view.Option{{Label: none, Chosen: field.Value == ""}}, options...)
		}
		var options []view.Option
		switch name {
		case "birth":
			field.Kind = view.DateField
		case "relation", "sex", "labour":
			for _, o := range f.Choices {
				options = append(options, view.Option{Value: o.Value, Label: q.words.Pick(o.En, o.Zh), Chosen: o.Value == field.Value})
			}
			choose(q.text("households.card.choose"), options)
		case "education", "health":
			for _, word := range map[string][]string{"education": educations, "health": healths}[name] {
				options = append(options, view.Option{Value: word, Label: q.text("households.card." + name + "." + word), Chosen: word == field.Value})
			}
			choose(q.text("households.card."+name), options)
		case "apart":
			field.Kind, field.Label = view.SelectField, q.text("households.card.apart")
			field.Options = []view.Option{{Label: q.text("households.card.shared"), Chosen: field.Value != "yes"}, {Value: "yes", Label: q.text("households.card.separate"), Chosen: field.Value == "yes"}}
		}
		m.Fields = append(m.Fields, field)
	}
	return m
}

// resembling is who in the register may be one of those on the card.
func (q *request) resembling(list []household.Resemblance) (view.Component, error) {
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.member")}, {Label: q.text("households.column.by")}, {Label: q.text("households.column.other")}, {Label: q.text("households.column.area")}}}
	for _, r := range list {
		area, err := q.named(entity.Headquarters, "area", r.Area)
		if err != nil {
			return nil, err
		}
		other := view.Cell{Text: r.Member}
		if sees, err := q.sees(r.Area); err != nil {
			return nil, err
		} else if sees {
			other.Href = Href(r.Book, r.Household)
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.text("households.card.member", strings.TrimLeft(r.Number, "0"))}, {Text: q.text("households.by." + r.By)}, other, {Text: area}}})
	}
	return view.Section{Head: view.SectionHead{ID: "resemble", Title: q.text("households.card.resemble"), Note: view.Plain(q.text("households.card.resemble.note"))}, Parts: []view.Component{t}}, nil
}
