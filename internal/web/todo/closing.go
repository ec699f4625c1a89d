package todo

import (
	"cmp"
	"context"
	"net/url"

	"lastmile/internal/casework"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/web/form"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// posted is a notice that closes, with what it is called where it hangs.
type posted struct {
	casework.Closing
	place string // name of the notice's area
}

// closing are the notices that close, of the cases of which the person may record the next step.
func (l *List) closing(ctx context.Context, v *session.Visit) ([]posted, error) {
	step := fact.Find("case-step")
	if !v.MayRecord(step) {
		return nil, nil
	}
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	all, err := reading.Remember(ctx, now.Results, "notices closing", l.allClosing)
	if err != nil {
		return nil, err
	}
	var list []posted
	for _, p := range all {
		may, err := v.MayRecordIn(ctx, step, p.Case.Area)
		if err != nil {
			return nil, err
		}
		if may {
			list = append(list, p)
		}
	}
	return list, nil
}

// allClosing are the notices that close, for whoever asks.
func (l *List) allClosing(ctx context.Context) ([]posted, error) {
	all, err := casework.FindClosing(ctx, l.store.DB, l.store.Today())
	if err != nil {
		return nil, err
	}
	list := make([]posted, len(all))
	for i, c := range all {
		place, _, err := entity.Get(ctx, l.store.DB, entity.Headquarters, "area", c.Area)
		if err != nil {
			return nil, err
		}
		list[i] = posted{c, cmp.Or(place.Name, c.Area)}
	}
	return list, nil
}

// notices lists what hangs in public; each leads to where an objection is answered, or the next step recorded.
func (l *List) notices(words wording.Words, list []posted) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("todo.notice")}, {Label: words.Text("todo.place")}, {Label: words.Text("todo.until")}, {Label: words.Text("todo.state"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "flag", Title: words.Text("todo.nothing"), Text: words.Text("todo.nothing.why")}}
	today := l.store.Today()
	for _, p := range list[:min(len(list), shownMax)] {
		state, href := view.State{Kind: view.Running, Word: words.Text("todo.hangs")}, form.Path+"/case-step?"+url.Values{"case": {p.Case.ID}, "book": {p.Case.Book}}.Encode()
		switch {
		case len(p.Objections) > 0:
			state = view.State{Kind: view.Failed, Word: words.Text("todo.objection", len(p.Objections))}
			href = form.Path + "/objection-answer?" + url.Values{"objection": {p.Objections[0].ID}, "book": {p.Case.Book}}.Encode()
		case p.Until < today:
			state = view.State{Kind: view.Needs, Word: words.Text("todo.has-run")}
		}
		name := p.Title
		if name == "" {
			name = words.KindNamed("notice")
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: name, Href: href, Sub: p.ID}, {Text: p.place}, {Text: words.Date(p.Until)}, {State: &state}}})
	}
	return t
}
