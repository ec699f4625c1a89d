package households

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/casework"
	"lastmile/internal/entity"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/acceptance"
	"lastmile/internal/procedure"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// rate writes a share in per cent with two decimals; one that cannot be told is said so.
func (q *request) rate(n poverty.Number) string {
	if math.IsNaN(float64(n)) {
		return q.text("households.survey.unknown")
	}
	return fmt.Sprintf("%.2f%%", 100*float64(n))
}

func (q *request) judged(v acceptance.Verdict) view.State {
	switch v {
	case acceptance.Pass:
		return view.State{Kind: view.Done, Word: q.text("households.measured.holds")}
	case acceptance.Fail:
		return view.State{Kind: view.Failed, Word: q.text("households.measured.fails")}
	}
	return view.State{Kind: view.Needs, Word: q.text("households.survey.undetermined")}
}

// indicators are the names of the four in the order of a result.
var indicators = []string{"composite", "wrong", "omission", "satisfaction"}

// survey shows the sample of a county's case: how it was drawn, the four indicators in both forms, what the composite is made of, and every household drawn.
func (q *request) survey(book string, p *casework.Progress) ([]view.Component, error) {
	if !slices.ContainsFunc(p.Procedure.Steps, func(s procedure.Step) bool { return s.Sample != nil }) {
		return nil, nil
	}
	now, err := q.p.guard.Reading(q.Context())
	if err != nil {
		return nil, err
	}
	type assessed struct {
		survey *casework.Survey
		result *acceptance.Result
	}
	known, err := reading.Remember(q.Context(), now.Book(book), "survey "+p.Case.ID, func(ctx context.Context) (a assessed, err error) {
		if a.survey, err = casework.FindSurvey(ctx, q.p.store.DB, book, p.Case.ID); err == nil && a.survey != nil {
			a.result, err = a.survey.Assess(p.Procedure.ID)
		}
		return a, err
	})
	if err != nil || known.survey == nil {
		return nil, err
	}
	s, result := known.survey, known.result
	rows := q.surveyRows(s)
	reserves, villages := 0, map[string]bool{}
	for _, d := range s.Drawn {
		villages[d.Village] = true
		if d.Reserve {
			reserves++
		}
	}
	facts := view.Facts{
		{Name: q.text("households.survey.seed"), Value: view.Prose{{Text: s.Sample.Seed}}},
		{Name: q.text("households.survey.drawn"), Value: view.Prose{{Figure: &view.FigureLink{Value: q.text("households.survey.drawn.of", len(s.Drawn)-reserves, len(villages), reserves), Href: entryHref(book, s.Seq)}}}},
		{Name: q.text("households.survey.people"), Value: view.Plain(q.text("households.survey.people.of", s.County.RuralPopulation, s.County.Exited, s.County.NonRegistered, s.County.Remaining))},
		{Name: q.text("households.survey.results"), Value: view.Plain(q.text("households.survey.results.of", len(s.Visits), len(s.Waiting()), result.Replaced))},
	}
	if s.Sample.ListSHA256 != "" {
		facts = append(facts, view.Fact{Name: q.text("households.survey.list"), Value: view.Plain(s.Sample.ListSHA256)})
	}
	l := q.surveyListing(book, rows)
	return []view.Component{
		view.Section{Head: view.SectionHead{ID: "sample", Title: q.text("households.survey"), Note: view.Plain(q.text("households.survey.note", q.day(s.On)))}, Parts: []view.Component{facts, q.forms(result)}},
		view.Section{Head: view.SectionHead{ID: "composite", Title: q.text("households.survey.terms"), Note: view.Plain(q.text("households.survey.terms.note"))}, Parts: []view.Component{q.terms(&result.Indicators[0])}},
		view.Section{Head: view.SectionHead{ID: "drawn", Title: q.text("households.survey.households")}, Parts: []view.Component{l.Table(q.words.Printer, q.URL), q.download(listing.Address(caseHref(book, p.Case.ID)+"/sample.csv", "sort", q.FormValue("sort")))}},
	}, nil
}

// forms are the four indicators, each as the ratio of the sample and as the weighted estimate with its error and bound.
func (q *request) forms(result *acceptance.Result) view.Component {
	t := view.Table{Caption: q.text("households.survey.form."+string(result.Rulebook.Form), strconv.FormatFloat(100*result.Rulebook.Level, 'g', -1, 64)), Columns: []view.Column{{Label: q.text("households.column.measured")}, {Label: q.text("households.column.counted"), Kind: view.NumberColumn}, {Label: q.text("households.column.rate"), Kind: view.NumberColumn},
		{Label: q.text("households.column.weighted"), Kind: view.NumberColumn}, {Label: q.text("households.column.error"), Kind: view.NumberColumn}, {Label: q.text("households.column.bound"), Kind: view.NumberColumn}, {Label: q.text("households.column.limit"), Kind: view.NumberColumn}, {Label: q.text("households.column.state"), Kind: view.StateColumn}}}
	for i := range result.Indicators {
		in := &result.Indicators[i]
		counted := q.text("households.survey.summed")
		if len(in.Terms) == 0 {
			counted = q.text("households.measured.of", in.Published.Of, in.Published.Per)
		}
		is := procedure.Below
		if in.Name == "satisfaction" {
			is = procedure.AtLeast
		}
		state := q.judged(in.Verdict)
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.text("households.survey." + indicators[i]), Sub: in.Design.Note}, {Text: counted}, {Text: q.rate(in.Published.Value)}, {Text: q.rate(in.Design.Value)}, {Text: q.rate(in.Design.SE)},
			{Text: q.rate(in.Design.Bound)}, {Text: q.text("households.is."+string(is), q.rate(poverty.Number(float64(in.Limit)/10_000)))}, {State: &state}}})
	}
	return t
}

// terms are what the composite incidence adds up.
func (q *request) terms(in *acceptance.Indicator) view.Component {
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.term")}, {Label: q.text("households.column.rate"), Kind: view.NumberColumn}, {Label: q.text("households.column.population"), Kind: view.NumberColumn}, {Label: q.text("households.column.persons"), Kind: view.NumberColumn}, {Label: q.text("households.column.share"), Kind: view.NumberColumn}}}
	for i, term := range in.Terms {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.text("households.survey.term." + []string{"remaining", "omitted", "wrong"}[i])}, {Text: q.rate(term.Rate)}, {Text: q.words.Count(term.Population)}, {Text: q.words.Count(int64(math.Round(float64(term.Persons))))}, {Text: q.rate(term.Share)}}})
	}
	t.Total = []view.Cell{{Text: q.text("households.survey.composite")}, {Text: ""}, {Text: ""}, {Text: ""}, {Text: q.rate(in.Published.Value)}}
	return t
}

// surveyRow is a household drawn, with its result.
type surveyRow struct {
	acceptance.Drawn
	visit *casework.Visited
}

func (q *request) surveyRows(s *casework.Survey) []surveyRow {
	byID := map[string]*casework.Visited{}
	for i := range s.Visits {
		byID[s.Visits[i].Household] = &s.Visits[i]
	}
	rows := make([]surveyRow, len(s.Drawn))
	for i, d := range s.Drawn {
		rows[i] = surveyRow{d, byID[d.Household]}
	}
	return rows
}

func (q *request) surveyListing(book string, rows []surveyRow) listing.Listing[surveyRow] {
	number := func(n int) string { return strconv.Itoa(n) }
	visited := func(r surveyRow, say func(v *casework.Visited) string) string {
		if r.visit == nil {
			return ""
		}
		return say(r.visit)
	}
	satisfied := map[poverty.Answer]string{poverty.Yes: "yes", poverty.No: "no", poverty.Unknown: "-"}
	return listing.Listing[surveyRow]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "people", Title: q.text("households.none"), Text: q.text("households.none.why")}, Columns: []listing.Column[surveyRow]{
		{Key: "household", Compare: func(a, b surveyRow) int { return strings.Compare(a.Household, b.Household) }, Plain: func(r surveyRow) string { return r.Household }, Cell: func(r surveyRow) view.Cell {
			c := view.Cell{Text: r.Household}
			if r.Group != acceptance.NonRegistered {
				c.Href = Href(book, r.Household)
			}
			if r.Reserve {
				c.Sub = q.text("households.survey.reserve")
			}
			return c
		}},
		{Key: "area", Compare: func(a, b surveyRow) int { return strings.Compare(a.Village, b.Village) }, Plain: func(r surveyRow) string { return r.Village }, Cell: func(r surveyRow) view.Cell {
			name, err := q.named(entity.Headquarters, "area", r.Village)
			if err != nil {
				name = r.Village
			}
			return view.Cell{Text: name, Sub: q.stratum(r.Stratum)}
		}},
		{Key: "drawn-as", Compare: func(a, b surveyRow) int { return strings.Compare(string(a.Group), string(b.Group)) }, Plain: func(r surveyRow) string { return string(r.Group) }, Cell: func(r surveyRow) view.Cell {
			return view.Cell{Text: q.text("households.survey.group." + string(r.Group))}
		}},
		{Key: "draw", Kind: view.NumberColumn, Plain: func(r surveyRow) string { return number(r.Place) }, Cell: func(r surveyRow) view.Cell { return view.Cell{Text: number(r.Place)} }},
		{Key: "weight", Kind: view.NumberColumn, Plain: func(r surveyRow) string { return strconv.FormatFloat(r.Weight, 'g', -1, 64) }, Cell: func(r surveyRow) view.Cell { return view.Cell{Text: fmt.Sprintf("%.1f", r.Weight)} }},
		{Key: "result", Plain: func(r surveyRow) string {
			return visited(r, func(v *casework.Visited) string { return string(v.Outcome) })
		}, Cell: func(r surveyRow) view.Cell {
			switch {
			case r.visit == nil && r.Reserve:
				return view.Cell{Text: "–"}
			case r.visit == nil:
				return view.Cell{Text: q.text("households.survey.waits")}
			}
			c := view.Cell{Text: q.text("households.survey.outcome." + string(r.visit.Outcome)), Href: entryHref(book, r.visit.Seq)}
			if r.visit.Replaces != "" {
				c.Sub = q.text("households.survey.for", r.visit.Replaces)
			}
			return c
		}},
		{Key: "wrong", Kind: view.NumberColumn, Plain: func(r surveyRow) string {
			return visited(r, func(v *casework.Visited) string { return number(v.InError) + "/" + number(v.Persons) })
		}, Cell: func(r surveyRow) view.Cell {
			if r.visit == nil || r.visit.Outcome != acceptance.Completed {
				return view.Cell{Text: "–"}
			}
			return view.Cell{Text: q.text("households.measured.of", r.visit.InError, r.visit.Persons)}
		}},
		{Key: "satisfied", Plain: func(r surveyRow) string {
			return visited(r, func(v *casework.Visited) string { return satisfied[v.Satisfied] })
		}, Cell: func(r surveyRow) view.Cell {
			if r.visit == nil || r.visit.Satisfied == poverty.Unknown {
				return view.Cell{Text: "–"}
			}
			return view.Cell{Text: q.text("households.survey.satisfied." + satisfied[r.visit.Satisfied])}
		}},
	}}
}

// stratum is what a stratum of villages is called: those of the usual plan have a word, any other is as the plan names it.
func (q *request) stratum(name string) string {
	if name == "poor" || name == "other" {
		return q.text("households.survey.stratum." + name)
	}
	return name
}

// surveyCSV sends every household drawn with its result.
func (q *request) surveyCSV() error {
	book, id := q.PathValue("book"), q.PathValue("id")
	e, _, err := q.entity(book, casework.Type, id)
	if err != nil {
		return err
	}
	if err := q.mine(e.Area); err != nil {
		return err
	}
	s, err := casework.FindSurvey(q.Context(), q.p.store.DB, book, id)
	if err != nil {
		return err
	}
	if s == nil {
		return missing("acceptance-sample", id, book)
	}
	return q.surveyListing(book, q.surveyRows(s)).CSV(q.w, q.URL, "sample")
}

// surveyButtons lead through the assessment of a county: draw, record what came of each village, state what the sample says. Nil when all is there.
func (q *request) surveyButtons(book string, p *casework.Progress) ([]view.Button, error) {
	s, err := casework.FindSurvey(q.Context(), q.p.store.DB, book, p.Case.ID)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		if !q.mayRecord("acceptance-sample") {
			return nil, nil
		}
		return []view.Button{{Label: q.text("households.survey.draw"), Kind: view.Primary, Icon: "plus", Href: record("acceptance-sample", "case", p.Case.ID, "book", book)}}, nil
	}
	if waiting := s.Waiting(); len(waiting) > 0 {
		if !q.mayRecord("sample-visits") {
			return nil, nil
		}
		var lines []string
		for _, d := range waiting {
			if d.Village == waiting[0].Village {
				lines = append(lines, d.Household+" ")
			}
		}
		return []view.Button{{Label: q.text("households.survey.record"), Kind: view.Primary, Icon: "visit", Href: record("sample-visits", "case", p.Case.ID, "village", waiting[0].Village, "results", strings.Join(lines, "\n"), "book", book)}}, nil
	}
	measured, err := casework.Assessment(q.Context(), q.p.store.DB, book, p.Case.ID)
	if err != nil {
		return nil, err
	}
	return []view.Button{{Label: q.text("households.case.step"), Kind: view.Primary, Icon: "check",
		Href: record("case-step", "case", p.Case.ID, "step", p.Next.ID, "by", p.Next.Actors[0], "documents", strings.Join(p.Next.Evidence, "\n"), "measured", strings.Join(measured, "\n"), "book", book)}}, nil
}
