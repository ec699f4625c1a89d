package todo

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/web/form"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

const (
	closeWithin = 7   // days before a notice's last day from which it is listed
	casesMax    = 200 // open cases whose notices are looked at
)

// posted is a list in public that needs somebody soon.
type posted struct {
	name, code string          // its title and its own code
	of         string          // area of the case, by code
	place      string          // name of the notice's area
	until      date.Date       // last full day
	objections []entity.Entity // open
	next       url.Values      // of the form that goes on when it has run
}

// closing are lists in public, of the areas in which the person takes the next step, that end within days, have run, or have an objection to answer.
func (l *List) closing(ctx context.Context, v *session.Visit) ([]posted, error) {
	list, err := l.casesPosted(ctx, v)
	if err != nil {
		return nil, err
	}
	soon := l.store.Today().AddDays(closeWithin)
	list = slices.DeleteFunc(list, func(p posted) bool { return p.until > soon && len(p.objections) == 0 })
	slices.SortStableFunc(list, func(a, b posted) int { return cmp.Or(cmp.Compare(a.until, b.until), cmp.Compare(a.code, b.code)) })
	return list, nil
}

// casesPosted are the notices of open cases after which no step has been taken yet.
func (l *List) casesPosted(ctx context.Context, v *session.Visit) ([]posted, error) {
	step := fact.Find("case-step")
	if !v.MayRecord(step) {
		return nil, nil
	}
	now, err := l.guard.Reading(ctx)
	if err != nil {
		return nil, err
	}
	all, err := reading.Remember(ctx, now.Results, "cases posted", l.allPosted)
	if err != nil {
		return nil, err
	}
	var list []posted
	for _, p := range all {
		may, err := v.MayRecordIn(ctx, step, p.of)
		if err != nil {
			return nil, err
		}
		if may {
			list = append(list, p)
		}
	}
	return list, nil
}

// allPosted are the notices of all open cases after which no step has been taken yet.
func (l *List) allPosted(ctx context.Context) ([]posted, error) {
	cases, err := entity.Find(ctx, l.store.DB, entity.Filter{Type: casework.Type, Status: casework.Open, Limit: casesMax})
	if err != nil {
		return nil, err
	}
	var list []posted
	for _, c := range cases {
		file, err := journal.File(ctx, l.store.DB, c.Book, casework.Type, c.ID)
		if err != nil {
			return nil, err
		}
		n, until, err := hanging(file)
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		objections, err := entity.Find(ctx, l.store.DB, entity.Filter{Book: c.Book, Type: "objection", Parent: n.ID, Status: "open"})
		if err != nil {
			return nil, err
		}
		place, _, err := entity.Get(ctx, l.store.DB, entity.Headquarters, "area", n.Area)
		if err != nil {
			return nil, err
		}
		list = append(list, posted{of: c.Area, name: n.Title, code: n.ID, place: cmp.Or(place.Name, n.Area), until: until, objections: objections, next: url.Values{"case": {c.ID}, "book": {c.Book}}})
	}
	return list, nil
}

// hanging is the last notice in a case's file, with its last day; nil when a step was taken after that day.
func hanging(file []journal.Filed) (last *notice.Notice, until date.Date, err error) {
	for _, e := range file {
		switch e.Kind {
		case "notice":
			f, err := fact.DecodeBody(e.Kind, e.Body, "")
			if err != nil {
				return nil, "", err
			}
			last = f.(*notice.Notice)
			if until, err = last.Until(e.On); err != nil {
				return nil, "", fmt.Errorf("last day of notice %s: %w", last.ID, err)
			}
		case "case-step":
			if last != nil && e.On > until {
				last = nil
			}
		}
	}
	return last, until, nil
}

// notices lists what hangs in public; each leads to where an objection is answered, or the next step recorded.
func (l *List) notices(words wording.Words, list []posted) view.Table {
	t := view.Table{Columns: []view.Column{{Label: words.Text("todo.notice")}, {Label: words.Text("todo.place")}, {Label: words.Text("todo.until")}, {Label: words.Text("todo.state"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "flag", Title: words.Text("todo.nothing"), Text: words.Text("todo.nothing.why")}}
	today := l.store.Today()
	for _, p := range list[:min(len(list), shownMax)] {
		state, href := view.State{Kind: view.Running, Word: words.Text("todo.hangs")}, form.Path+"/case-step?"+p.next.Encode()
		switch {
		case len(p.objections) > 0:
			state = view.State{Kind: view.Failed, Word: words.Text("todo.objection", len(p.objections))}
			href = form.Path + "/objection-answer?" + url.Values{"objection": {p.objections[0].ID}, "book": p.next["book"]}.Encode()
		case p.until < today:
			state = view.State{Kind: view.Needs, Word: words.Text("todo.has-run")}
		}
		name := p.name
		if name == "" {
			name = words.KindNamed("notice")
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: name, Href: href, Sub: p.code}, {Text: p.place}, {Text: words.Date(p.until)}, {State: &state}}})
	}
	return t
}
