package targeting

import (
	"context"
	"slices"
	"strconv"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/targeting"
	"lastmile/internal/web/households"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

func count(words wording.Words, n int) view.Cell { return view.Cell{Text: words.Count(int64(n))} }

// dryRun shows what rules would do: the answer first, then what proves it.
func (p *Pages) dryRun(ctx context.Context, words wording.Words, r *targeting.Result, c targeting.Changes, book string, personal bool) ([]view.Component, error) {
	lead := words.Text("target.answer", len(r.Households), r.Count[targeting.Chosen], r.Count[targeting.Waiting], r.Count[targeting.Undetermined]+r.Count[targeting.InReview]) + " " +
		words.Text("target.changes", len(c.Enter), len(c.Stay), len(c.Leave), len(c.Unsure)+len(c.Gone))
	parts := []view.Component{
		view.Section{Head: view.SectionHead{ID: "answer", Title: words.Text("target.result", words.Date(r.On))}, Parts: []view.Component{view.Text{Prose: view.Plain(lead)}, outcomes(words, r)}},
		view.Section{Head: view.SectionHead{ID: "by-rule", Title: words.Text("target.by-rule"), Note: view.Plain(words.Text("target.by-rule.note"))}, Parts: []view.Component{byRule(words, r)}},
	}
	if personal {
		for _, list := range []struct {
			id      string
			changes []targeting.Change
		}{{"enter", c.Enter}, {"leave", c.Leave}, {"unsure", c.Unsure}} {
			if len(list.changes) == 0 { // the answer says so
				continue
			}
			head := view.SectionHead{ID: list.id, Title: words.Text("target."+list.id, len(list.changes))}
			if len(list.changes) > previewMax {
				head.Note = view.Plain(words.Text("target.first", previewMax))
			}
			parts = append(parts, view.Section{Head: head, Parts: []view.Component{chosen(words, r, list.changes, book)}})
		}
	} else {
		parts = append(parts, view.Status{Icon: "lock", Lead: words.Text("target.hidden"), Text: words.Text("target.hidden.why")})
	}
	note := words.Text("target.order")
	if len(r.Villages) > villagesMax {
		note += " " + words.Text("target.villages.first", villagesMax, len(r.Villages))
	}
	villages, err := p.villages(ctx, words, r)
	if err != nil {
		return nil, err
	}
	return append(parts, view.Section{Head: view.SectionHead{ID: "villages", Title: words.Text("target.villages"), Note: view.Plain(note)}, Parts: []view.Component{villages}}), nil
}

func outcomes(words wording.Words, r *targeting.Result) view.Table {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: words.Text("target.outcome")}, {Label: words.Text("target.households"), Kind: view.NumberColumn}, {Label: words.Text("target.persons"), Kind: view.NumberColumn}}}
	var total targeting.Tally
	for _, o := range slices.Backward(targeting.Outcomes()) {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: words.Text("target.is." + o.String())}, count(words, r.Count[o]), {Text: words.Count(r.Persons[o])}}})
		total.Households += r.Count[o]
		total.Persons += r.Persons[o]
	}
	t.Total = []view.Cell{{Text: words.Text("target.all")}, count(words, total.Households), {Text: words.Count(total.Persons)}}
	return t
}

func byRule(words wording.Words, r *targeting.Result) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("target.rule")}, {Label: words.Text("target.kind")}, {Label: words.Text("target.yes"), Kind: view.NumberColumn}, {Label: words.Text("target.no"), Kind: view.NumberColumn},
		{Label: words.Text("target.unknown"), Kind: view.NumberColumn}, {Label: words.Text("target.alone"), Kind: view.NumberColumn}}}
	for _, x := range r.Rules {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: words.Pick(x.Title.English, x.Title.Chinese), Sub: x.ID}, {Text: words.Text("target.kind." + string(x.Kind))},
			count(words, x.Yes), count(words, x.No), count(words, x.Unknown), count(words, x.Alone)}})
	}
	return t
}

// chosen lists the first households of a list with their reasons. Codes lead to the page of the household.
func chosen(words wording.Words, r *targeting.Result, list []targeting.Change, book string) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("target.household")}, {Label: words.Text("target.outcome")}, {Label: words.Text("target.why")}},
		Empty: &view.Empty{Icon: "people", Title: words.Text("target.nobody"), Text: words.Text("target.nobody.why")}}
	for _, c := range list[:min(len(list), previewMax)] {
		e := r.Explain(c.Row)
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{homeOf(book, e.Household), {Text: words.Text("target.is." + e.Outcome)}, {Text: e.Reason(language(words))}}})
	}
	return t
}

// homeOf leads to the page of a household.
func homeOf(book, id string) view.Cell { return view.Cell{Text: id, Href: households.Href(book, id)} }

func (p *Pages) villages(ctx context.Context, words wording.Words, r *targeting.Result) (view.Table, error) {
	t := view.Table{Columns: []view.Column{{Label: words.Text("target.village")}, {Label: words.Text("target.quota"), Kind: view.NumberColumn}, {Label: words.Text("target.is.chosen"), Kind: view.NumberColumn},
		{Label: words.Text("target.is.waiting"), Kind: view.NumberColumn}, {Label: words.Text("target.open"), Kind: view.NumberColumn}, {Label: words.Text("target.last"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "map", Title: words.Text("target.nobody"), Text: words.Text("target.nobody.why")}}
	for _, v := range r.Villages[:min(len(r.Villages), villagesMax)] {
		name := v.Village
		if e, ok, err := entity.Get(ctx, p.store.DB, entity.Headquarters, "area", v.Village); err != nil {
			return t, err
		} else if ok {
			name = words.Place(e.Name)
		}
		quota, last := locale.NotApplicable, locale.NotApplicable
		if v.Quota >= 0 {
			quota = words.Count(v.Quota)
		}
		if v.Count[targeting.Chosen] > 0 {
			last = words.Count(v.LastIn)
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: name, Href: "/areas/" + v.Village}, {Text: quota}, count(words, v.Count[targeting.Chosen]), count(words, v.Count[targeting.Waiting]),
			count(words, v.Count[targeting.Undetermined]+v.Count[targeting.InReview]), {Text: last}}})
	}
	return t, nil
}

// backtest shows what rules would have chosen a year ago.
func backtest(words wording.Words, b *targeting.Backtest, then, now date.Date) []view.Component {
	overlap := view.Table{Loose: true, Columns: []view.Column{{Label: words.Text("target.then")}, {Label: words.Text("target.households"), Kind: view.NumberColumn}, {Label: words.Text("target.persons"), Kind: view.NumberColumn}}}
	for _, line := range []struct {
		key string
		n   targeting.Tally
	}{{"both", b.Both}, {"only-rule", b.OnlyRule}, {"only-list", b.OnlyList}, {"neither", b.Neither}, {"cannot", b.Unsure}} {
		overlap.Rows = append(overlap.Rows, view.Row{Cells: []view.Cell{{Text: words.Text("target.back." + line.key)}, count(words, line.n.Households), {Text: words.Count(line.n.Persons)}}})
	}
	errors := view.Table{Loose: true, Columns: []view.Column{{Label: words.Text("target.turned-out")}, {Label: words.Text("target.by-the-rule"), Kind: view.NumberColumn}, {Label: words.Text("target.by-the-list"), Kind: view.NumberColumn}}}
	for _, line := range []struct {
		key        string
		rule, list targeting.Tally
	}{{"need-in", b.Rule.InNeed, b.List.InNeed}, {"leakage", b.Rule.Leakage, b.List.Leakage}, {"missed", b.Rule.Missed, b.List.Missed}, {"neither", b.Rule.NotInNeed, b.List.NotInNeed}, {"unknown", b.Rule.Unknown, b.List.Unknown}} {
		errors.Rows = append(errors.Rows, view.Row{Cells: []view.Cell{{Text: words.Text("target.back." + line.key)}, count(words, line.rule.Households), count(words, line.list.Households)}})
	}
	share := func(n, of int) string {
		if of == 0 {
			return words.Text("target.not-known")
		}
		return words.Text("target.share", strconv.Itoa(n), strconv.Itoa(of), words.Share(int64(n), int64(of)))
	}
	ruleIn, ruleOf := b.Rule.LeakageShare()
	ruleOut, ruleNeed := b.Rule.MissedShare()
	lead := words.Text("target.back.answer", share(ruleIn, ruleOf), share(ruleOut, ruleNeed))
	return []view.Component{
		view.Section{Head: view.SectionHead{ID: "back", Title: words.Text("target.back.title", words.Date(then))}, Parts: []view.Component{view.Text{Prose: view.Plain(lead)}, overlap}},
		view.Section{Head: view.SectionHead{ID: "errors", Title: words.Text("target.back.errors", words.Date(now))}, Parts: []view.Component{errors}},
	}
}
