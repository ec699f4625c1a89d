package households

import (
	"net/url"
	"slices"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/identity"
	"lastmile/internal/journal"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

func duplicateHref(book, id string) string {
	return DuplicatesPath + "/" + url.PathEscape(book) + "/" + url.PathEscape(id)
}

// duplicateState says what became of a question.
func (q *request) duplicateState(status string) view.State {
	if status == household.Waiting {
		return view.State{Kind: view.Needs, Word: q.text("households.duplicate.waiting")}
	}
	return view.State{Kind: view.Done, Word: q.words.Choice(fact.Find("duplicate-verdict").Field("verdict"), status)}
}

// duplicateRows are the questions that the address asks for, those that wait first.
func (q *request) duplicateRows() ([]entity.Entity, error) {
	books, err := q.books()
	if err != nil {
		return nil, err
	}
	var list []entity.Entity
	for _, book := range books {
		some, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: book, Type: household.DuplicateType})
		if err != nil {
			return nil, err
		}
		kept, err := mineOnly(q, book, some, func(e entity.Entity) string {
			if m, ok, err := q.entity(e.Book, household.MemberType, e.Name); err == nil && ok {
				return m.Area
			}
			return e.Book
		})
		if err != nil {
			return nil, err
		}
		list = append(list, kept...)
	}
	list = slices.DeleteFunc(list, func(e entity.Entity) bool {
		state, strength := q.FormValue("state"), q.FormValue("strength")
		return state != "" && (e.Status == household.Waiting) != (state == household.Waiting) || strength != "" && e.Class != strength
	})
	slices.SortStableFunc(list, func(a, b entity.Entity) int {
		if waits := (b.Status == household.Waiting); waits != (a.Status == household.Waiting) {
			if waits {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Class, b.Class) // certain before possible and probable
	})
	return list, nil
}

func (q *request) duplicateListing(rows []entity.Entity) listing.Listing[entity.Entity] {
	return listing.Listing[entity.Entity]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "check", Title: q.text("households.duplicates.none"), Text: q.text("households.duplicates.none.why")}, Columns: []listing.Column[entity.Entity]{
		{Key: "member", Compare: func(a, b entity.Entity) int { return strings.Compare(a.Name, b.Name) }, Plain: func(e entity.Entity) string { return e.Name },
			Cell: func(e entity.Entity) view.Cell { return view.Cell{Text: e.Name, Href: duplicateHref(e.Book, e.ID)} }},
		{Key: "other", Compare: func(a, b entity.Entity) int { return strings.Compare(a.Parent, b.Parent) }, Plain: func(e entity.Entity) string { return e.Parent }, Cell: func(e entity.Entity) view.Cell { return view.Cell{Text: e.Parent} }},
		{Key: "strength", Compare: func(a, b entity.Entity) int { return strings.Compare(a.Class, b.Class) }, Plain: func(e entity.Entity) string { return e.Class },
			Cell: func(e entity.Entity) view.Cell {
				return view.Cell{Text: q.words.Choice(fact.Find(household.DuplicateType).Field("strength"), e.Class)}
			}},
		{Key: "state", Kind: view.StateColumn, Compare: func(a, b entity.Entity) int { return strings.Compare(a.Status, b.Status) }, Plain: func(e entity.Entity) string { return e.Status },
			Cell: func(e entity.Entity) view.Cell { s := q.duplicateState(e.Status); return view.Cell{State: &s} }},
	}}
}

// duplicates lists records that may be of one person.
func (q *request) duplicates() error {
	rows, err := q.duplicateRows()
	if err != nil {
		return err
	}
	waits := 0
	for _, e := range rows {
		if e.Status == household.Waiting {
			waits++
		}
	}
	strengths := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("strength") == ""}}
	for _, c := range fact.Find(household.DuplicateType).Field("strength").Choices {
		strengths = append(strengths, view.Option{Value: c.Value, Label: q.words.Pick(c.En, c.Zh), Chosen: q.FormValue("strength") == c.Value})
	}
	states := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("state") == ""}, {Value: household.Waiting, Label: q.text("households.duplicate.waiting"), Chosen: q.FormValue("state") == household.Waiting},
		{Value: "answered", Label: q.text("households.duplicate.answered"), Chosen: q.FormValue("state") == "answered"}}
	filters := view.Filters{Action: DuplicatesPath, Fields: []view.Field{{Kind: view.SelectField, Name: "strength", Label: q.text("households.column.strength"), Options: strengths}, {Kind: view.SelectField, Name: "state", Label: q.text("households.column.state"), Options: states}}}
	return q.show(view.Heading{Title: q.text("households.duplicates.title"), Lead: view.Plain(q.text("households.duplicates.lead", len(rows), waits))}, q.section("duplicates", filters, q.duplicateListing(rows).Table(q.words.Printer, q.URL), q.download(listing.CSVHref(q.URL))))
}

func (q *request) duplicatesCSV() error {
	rows, err := q.duplicateRows()
	if err != nil {
		return err
	}
	return q.duplicateListing(rows).CSV(q.w, q.URL, "duplicates")
}

// duplicate sets two records side by side, for the verdict; and a verdict can be taken back, which brings the merged record back.
func (q *request) duplicate() error {
	book, id := q.PathValue("book"), q.PathValue("id")
	e, ok, err := entity.Get(q.Context(), q.p.store.DB, book, household.DuplicateType, id)
	if err != nil {
		return err
	}
	if !ok {
		return missing("duplicate", id, book)
	}
	at, ok, err := journal.Get(q.Context(), q.p.store.DB, book, e.Seq)
	if err != nil || !ok {
		return err
	}
	content, err := fact.DecodeBody(at.Kind, at.Body, "")
	if err != nil {
		return err
	}
	d := content.(*household.Duplicate)
	first, err := q.side(book, d.Member)
	if err != nil {
		return err
	}
	if err := q.mine(first.area); err != nil {
		return err
	}
	second, err := q.side(d.Book, d.Other)
	if err != nil {
		return err
	}
	state := q.duplicateState(e.Status)
	state.Pill = true
	heading := view.Heading{Crumbs: []view.Link{{Label: q.text("households.duplicates.title"), Href: DuplicatesPath}, {Label: d.Member}}, Title: q.text("households.duplicate.title"), State: &state,
		Lead: view.Write(q.words.Printer, "households.duplicate.lead", d.Member, d.Other, q.shares(d.Shares), q.words.Choice(fact.Find(household.DuplicateType).Field("strength"), d.Strength))}
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.field")}, {Label: d.Member}, {Label: d.Other}}}
	for i := range first.rows {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: first.rows[i].name}, first.rows[i].cell, second.rows[i].cell}})
	}
	body := []view.Component{q.section("sides", t)}
	verdict, err := q.verdict(book, first.household, d.ID)
	if err != nil {
		return err
	}
	switch {
	case e.Status == household.Waiting && q.mayRecord("duplicate-verdict"):
		var buttons view.Buttons
		for i, c := range fact.Find("duplicate-verdict").Field("verdict").Choices {
			b := view.Button{Label: q.words.Pick(c.En, c.Zh), Href: record("duplicate-verdict", "duplicate", d.ID, "verdict", c.Value, "book", book)}
			if i == 0 {
				b.Kind = view.Primary
			}
			buttons = append(buttons, b)
		}
		body = append(body, view.Section{Head: view.SectionHead{ID: "verdict", Title: q.text("households.duplicate.verdict"), Note: view.Plain(q.text("households.duplicate.verdict.note"))}, Parts: []view.Component{buttons}})
	case verdict != nil:
		content, err := fact.DecodeBody(verdict.Kind, verdict.Body, "")
		if err != nil {
			return err
		}
		facts := view.Facts{{Name: q.text("households.duplicate.verdict"), Value: view.Plain(q.duplicateState(e.Status).Word)}, {Name: q.text("households.column.why"), Value: view.Plain(content.(*household.Verdict).Why)},
			{Name: q.text("households.column.date"), Value: view.Prose{{Link: &view.Link{Label: q.day(verdict.On), Href: entryHref(book, verdict.Seq)}}}}}
		parts := []view.Component{facts}
		if q.mayRecord("reversal") {
			parts = append(parts, view.Buttons{{Label: q.text("households.duplicate.back"), Icon: "undo", Href: record("reversal", "entry", itoa(verdict.Seq), "book", book)}})
		}
		body = append(body, view.Section{Head: view.SectionHead{ID: "verdict", Title: q.text("households.duplicate.verdict"), Note: view.Plain(q.text("households.duplicate.back.note"))}, Parts: parts})
	}
	return q.show(heading, body...)
}

func (q *request) shares(kinds []string) string {
	var list []string
	for _, k := range kinds {
		list = append(list, q.text("households.by."+k))
	}
	return q.words.List(list)
}

// side is one of two records, as what can be compared.
type side struct {
	area, household string
	rows            []sideRow
}

type sideRow struct {
	name string
	cell view.Cell
}

// side reads a member's record, masked. One of an area that the reader does not serve shows its code and county alone.
func (q *request) side(book, member string) (*side, error) {
	e, ok, err := entity.Get(q.Context(), q.p.store.DB, book, household.MemberType, member)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, missing("member", member, book)
	}
	s := &side{area: e.Area, household: e.Parent}
	county, err := q.named(entity.Headquarters, "area", book)
	if err != nil {
		return nil, err
	}
	hidden := view.Cell{Text: q.text("households.duplicate.hidden")}
	village, home, name, document, born, sex, status := hidden, hidden, hidden, hidden, hidden, hidden, hidden
	sees, err := q.v.Sees(q.Context(), e.Area)
	if err != nil {
		return nil, err
	}
	if sees {
		f, err := household.Load(q.Context(), q.p.store.DB, book, e.Parent)
		if err != nil {
			return nil, err
		}
		place, err := q.named(entity.Headquarters, "area", e.Area)
		if err != nil {
			return nil, err
		}
		village, home = view.Cell{Text: place}, view.Cell{Text: e.Parent, Href: Href(book, e.Parent)}
		status = view.Cell{Text: q.text("households.member." + map[bool]string{true: "present", false: "gone"}[e.Status == "present"])}
		for _, m := range f.Members {
			if m.Person != member {
				continue
			}
			or := func(text string) view.Cell {
				if text == "" {
					text = q.words.NotRecorded()
				}
				return view.Cell{Text: text}
			}
			name, document = or(identity.MaskName(m.Name)), or(identity.Mask(m.Document))
			born, sex = or(""), or(q.words.Choice(fact.Find("member").Field("sex"), m.Sex))
			if m.Birth != "" {
				born = or(itoa(m.Birth.Year()))
			}
		}
	}
	for _, r := range []struct {
		key  string
		cell view.Cell
	}{{"county", view.Cell{Text: county}}, {"area", village}, {"household", home}, {"name", name}, {"document", document}, {"born", born}, {"sex", sex}, {"state", status}} {
		s.rows = append(s.rows, sideRow{q.text("households.column." + r.key), r.cell})
	}
	return s, nil
}

// verdict is the entry that answers a question, nil when none does.
func (q *request) verdict(book, home, id string) (*journal.Filed, error) {
	entries, err := journal.File(q.Context(), q.p.store.DB, book, household.Type, home)
	if err != nil {
		return nil, err
	}
	for i := range slices.Backward(entries) {
		if entries[i].Kind != "duplicate-verdict" {
			continue
		}
		content, err := fact.DecodeBody(entries[i].Kind, entries[i].Body, "")
		if err != nil {
			return nil, err
		}
		if content.(*household.Verdict).Duplicate == id {
			return &entries[i], nil
		}
	}
	return nil, nil
}
