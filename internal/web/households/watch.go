package households

import (
	"cmp"
	"slices"
	"strings"

	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// watched is a household under watch. Its file is read when it is shown.
type watched struct {
	entity.Entity
	watch *casework.Watched
}

// books are the books of the counties in which the reader serves some area.
func (q *request) books() ([]string, error) {
	all, err := entity.Find(q.Context(), q.p.store.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return nil, err
	}
	var list []string
	own, err := q.v.Areas(q.Context())
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		sees, err := q.v.Sees(q.Context(), b.ID)
		if err != nil {
			return nil, err
		}
		within := slices.ContainsFunc(own, func(code string) bool {
			area, ok, err := q.entity(entity.Headquarters, "area", code)
			if err != nil || !ok {
				return false
			}
			of, err := q.bookOf(area)
			return err == nil && of == b.ID
		})
		if sees || within {
			list = append(list, b.ID)
		}
	}
	return list, nil
}

// mineOnly keeps what lies in areas that the reader serves, of a book.
func mineOnly[T any](q *request, book string, list []T, area func(T) string) ([]T, error) {
	if all, err := q.v.Sees(q.Context(), book); err != nil || all {
		return list, err
	}
	var kept []T
	for _, one := range list {
		sees, err := q.v.Sees(q.Context(), area(one))
		if err != nil {
			return nil, err
		}
		if sees {
			kept = append(kept, one)
		}
	}
	return kept, nil
}

// watches are the households under watch that the address asks for.
func (q *request) watches() ([]*watched, map[string]int64, error) {
	books, err := q.books()
	if err != nil {
		return nil, nil, err
	}
	var list []*watched
	open := map[string]int64{}
	for _, book := range books {
		rows, err := casework.Watches(q.Context(), q.p.store.DB, book)
		if err != nil {
			return nil, nil, err
		}
		if rows, err = mineOnly(q, book, rows, func(e entity.Entity) string { return e.Area }); err != nil {
			return nil, nil, err
		}
		for _, e := range rows {
			if e.Status == casework.Open {
				open[e.Class]++
			} else {
				open["ended"]++
			}
			if group := q.FormValue("group"); group != "" && e.Class != group {
				continue
			}
			if state := q.FormValue("state"); state != "" && e.Status != state {
				continue
			}
			list = append(list, &watched{Entity: e})
		}
	}
	return list, open, nil
}

// loadWatches reads the files of those that are shown.
func (q *request) loadWatches(list []*watched) error {
	byBook := map[string][]*watched{}
	for _, w := range list {
		byBook[w.Book] = append(byBook[w.Book], w)
	}
	for book, some := range byBook {
		ids := make([]string, len(some))
		for i, w := range some {
			ids[i] = w.ID
		}
		files, err := household.LoadAll(q.Context(), q.p.store.DB, book, ids)
		if err != nil {
			return err
		}
		for i, f := range files {
			if some[i].watch, err = casework.WatchOf(f); err != nil {
				return err
			}
			if some[i].watch == nil {
				some[i].watch = &casework.Watched{Group: some[i].Class}
			}
		}
	}
	return nil
}

func (q *request) watchListing(list []*watched) (listing.Listing[*watched], error) {
	l := listing.Listing[*watched]{Label: q.label, Rows: list, Empty: view.Empty{Icon: "bell", Title: q.text("households.watch.none"), Text: q.text("households.watch.none.why")}}
	var names map[string]string
	l.Columns = []listing.Column[*watched]{
		{Key: "household", Compare: func(a, b *watched) int { return strings.Compare(a.ID, b.ID) }, Plain: func(w *watched) string { return w.ID },
			Cell: func(w *watched) view.Cell {
				return view.Cell{Text: q.masked(names[w.Book+w.ID], w.ID), Href: Href(w.Book, w.ID), Sub: w.ID}
			}},
		{Key: "group", Compare: func(a, b *watched) int { return strings.Compare(a.Class, b.Class) }, Plain: func(w *watched) string { return w.Class }, Cell: func(w *watched) view.Cell { return view.Cell{Text: q.group(w.Class)} }},
		{Key: "risks", Plain: func(w *watched) string { return strings.Join(w.watch.Risks, " ") },
			Cell: func(w *watched) view.Cell {
				return view.Cell{Text: q.risks(w.watch.Risks), Sub: q.text("households.watch.solved", len(w.watch.Solved), len(w.watch.Risks))}
			}},
		{Key: "watched", Compare: func(a, b *watched) int { return cmp.Compare(a.Seq, b.Seq) }, Plain: func(w *watched) string { return string(w.watch.Since) }, Cell: func(w *watched) view.Cell { return view.Cell{Text: q.day(w.watch.Since)} }},
		{Key: "measures", Kind: view.NumberColumn, Plain: func(w *watched) string { return itoa(w.watch.Measures) }, Cell: func(w *watched) view.Cell {
			c := view.Cell{Text: q.words.Count(int64(w.watch.Measures))}
			if w.watch.First != "" {
				c.Sub = q.text("households.watch.first", days(w.watch.Since, w.watch.First))
			}
			return c
		}},
		{Key: "ended", Plain: func(w *watched) string { return string(w.watch.Ended) }, Cell: func(w *watched) view.Cell {
			if w.watch.Ended == "" {
				return view.Cell{Text: q.text("households.watch.runs")}
			}
			return view.Cell{Text: q.day(w.watch.Ended)}
		}},
		{Key: "state", Kind: view.StateColumn, Compare: func(a, b *watched) int { return strings.Compare(a.Status, b.Status) }, Plain: func(w *watched) string { return w.Status },
			Cell: func(w *watched) view.Cell {
				s := view.State{Kind: view.Running, Word: q.text("households.watch.open")}
				if w.Status != casework.Open {
					s = view.State{Kind: view.Done, Word: q.text("households.watch.done")}
				}
				return view.Cell{State: &s}
			}},
	}
	var err error
	names, err = q.headNames(l.Page(q.URL))
	return l, err
}

// headNames gives the names of the heads of households, by book and code.
func (q *request) headNames(list []*watched) (map[string]string, error) {
	names := map[string]string{}
	byBook := map[string][]string{}
	for _, w := range list {
		byBook[w.Book] = append(byBook[w.Book], w.ID)
	}
	for book, ids := range byBook {
		some, err := household.HeadNames(q.Context(), q.p.store.DB, book, ids)
		if err != nil {
			return nil, err
		}
		for id, name := range some {
			names[book+id] = name
		}
	}
	return names, nil
}

func (q *request) group(code string) string {
	return q.words.Choice(fact.Find("watch").Field("group"), code)
}

// monitoring is who is watched after leaving poverty, who should perhaps be, and how many fell back.
func (q *request) monitoring() error {
	list, open, err := q.watches()
	if err != nil {
		return err
	}
	l, err := q.watchListing(list)
	if err != nil {
		return err
	}
	if err := q.loadWatches(l.Page(q.URL)); err != nil {
		return err
	}
	rates, err := q.relapses()
	if err != nil {
		return err
	}
	alerts, err := q.alerts()
	if err != nil {
		return err
	}
	var running int64
	var figures view.KeyFigures
	for _, c := range fact.Find("watch").Field("group").Choices {
		running += open[c.Value]
		figures = append(figures, view.KeyFigure{Label: q.words.Pick(c.En, c.Zh), Figure: view.FigureLink{Value: q.text("households.count", open[c.Value]), Href: listing.Address(MonitoringPath, "group", c.Value, "state", casework.Open) + "#watches"}})
	}
	figures = append(figures, view.KeyFigure{Label: q.text("households.watch.done"), Figure: view.FigureLink{Value: q.text("households.count", open["ended"]), Href: listing.Address(MonitoringPath, "state", casework.Done) + "#watches"}})
	groups := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("group") == ""}}
	for _, c := range fact.Find("watch").Field("group").Choices {
		groups = append(groups, view.Option{Value: c.Value, Label: q.words.Pick(c.En, c.Zh), Chosen: q.FormValue("group") == c.Value})
	}
	states := []view.Option{{Label: q.text("households.all"), Chosen: q.FormValue("state") == ""}, {Value: casework.Open, Label: q.text("households.watch.open"), Chosen: q.FormValue("state") == casework.Open},
		{Value: casework.Done, Label: q.text("households.watch.done"), Chosen: q.FormValue("state") == casework.Done}}
	filters := view.Filters{Action: MonitoringPath, Fields: []view.Field{{Kind: view.SelectField, Name: "group", Label: q.text("households.column.group"), Options: groups}, {Kind: view.SelectField, Name: "state", Label: q.text("households.column.state"), Options: states}}}
	heading := view.Heading{Title: q.text("households.watch.title"), Lead: view.Plain(q.text("households.watch.lead", running, len(alerts.Rows)))}
	if q.mayRecord("watch") {
		heading.Buttons = []view.Button{{Label: q.text("households.watch.new"), Icon: "plus", Href: record("watch")}}
	}
	if q.mayRecord("alert") {
		heading.Buttons = append(heading.Buttons, view.Button{Label: q.text("households.alert.new"), Icon: "bell", Href: record("alert", "found", "self-report")})
	}
	return q.show(heading, figures,
		view.Section{Head: view.SectionHead{ID: "alerts", Title: q.text("households.alerts"), Note: view.Plain(q.text("households.alerts.note"))}, Parts: []view.Component{alerts}},
		view.Section{Head: view.SectionHead{ID: "watches", Title: q.text("households.watches")}, Parts: []view.Component{filters, l.Table(q.words.Printer, q.URL), q.download(listing.CSVHref(q.URL))}},
		view.Section{Head: view.SectionHead{ID: "relapses", Title: q.text("households.relapses"), Note: view.Plain(q.text("households.relapses.note", q.day(q.today)))}, Parts: []view.Component{rates}})
}

func (q *request) monitoringCSV() error {
	list, _, err := q.watches()
	if err != nil {
		return err
	}
	if err := q.loadWatches(list); err != nil {
		return err
	}
	l, err := q.watchListing(list)
	if err != nil {
		return err
	}
	return l.CSV(q.w, q.URL, "monitoring")
}

// relapses are the rates of relapse of each county, with both numbers.
func (q *request) relapses() (view.Component, error) {
	books, err := q.books()
	if err != nil {
		return nil, err
	}
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.county")}, {Label: q.text("households.column.within")}, {Label: q.text("households.column.relapsed"), Kind: view.NumberColumn}, {Label: q.text("households.column.exits"), Kind: view.NumberColumn}, {Label: q.text("households.column.rate"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "people", Title: q.text("households.none"), Text: q.text("households.none.why")}}
	for _, book := range books {
		if sees, err := q.v.Sees(q.Context(), book); err != nil {
			return nil, err
		} else if !sees {
			continue
		}
		list, err := q.p.relapses(q.Context(), book)
		if err != nil {
			return nil, err
		}
		county, err := q.named(entity.Headquarters, "area", book)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			rate := q.words.NotRecorded()
			if r.PeopleExits > 0 {
				rate = q.words.Share(r.People, r.PeopleExits)
			}
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: county, Href: listing.Address(Path, "area", book)}, {Text: q.text("households.months", r.Months)},
				{Text: q.text("households.persons", r.People), Sub: q.text("households.count", r.Households)}, {Text: q.text("households.persons", r.PeopleExits), Sub: q.text("households.count", r.HouseholdsExited)}, {Text: rate}}})
		}
	}
	return t, nil
}

// alerts are households that left poverty, are not watched and show a sign of falling back.
func (q *request) alerts() (view.Table, error) {
	t := view.Table{Columns: []view.Column{{Label: q.text("households.column.household")}, {Label: q.text("households.column.sign")}, {Label: q.text("households.column.date")}, {Label: q.text("households.column.do")}},
		Empty: &view.Empty{Icon: "check", Title: q.text("households.alerts.none"), Text: q.text("households.alerts.none.why")}}
	books, err := q.books()
	if err != nil {
		return t, err
	}
	for _, book := range books {
		list, err := casework.Alerts(q.Context(), q.p.store.DB, book)
		if err != nil {
			return t, err
		}
		if list, err = mineOnly(q, book, list, func(a casework.Alert) string { return a.Area }); err != nil {
			return t, err
		}
		list = list[:min(len(list), listing.PageSize)]
		ids := make([]string, len(list))
		for i, a := range list {
			ids[i] = a.Household
		}
		names, err := household.HeadNames(q.Context(), q.p.store.DB, book, ids)
		if err != nil {
			return t, err
		}
		for _, a := range list {
			sign, found := view.Cell{Text: q.text("households.alert." + string(a.Sign))}, "visit"
			switch a.Sign {
			case casework.Arrears:
				sign.Text, found = q.text("households.alert.arrears", a.Days), "screening"
			case casework.Report:
				sign.Sub, found = a.Text, "self-report"
			}
			if a.Seq > 0 {
				sign.Href = entryHref(book, a.Seq)
			}
			do := view.Cell{Text: q.text("households.alert.visit"), Href: Href(book, a.Household) + "/visit"}
			if q.mayRecord("watch") {
				group := "unstable_exited"
				if e, _, err := q.entity(book, household.Type, a.Household); err != nil {
					return t, err
				} else if e.Class == household.Known {
					group = "marginal"
				}
				do = view.Cell{Text: q.text("households.alert.watch"), Href: record("watch", "household", a.Household, "group", group, "found", found, "book", book)}
			}
			t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: q.masked(names[a.Household], a.Household), Href: Href(book, a.Household), Sub: a.Household}, sign, {Text: q.day(date.Date(a.On))}, do}})
		}
	}
	return t, nil
}
