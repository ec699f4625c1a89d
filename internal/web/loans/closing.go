package loans

import (
	"net/http"
	"strings"

	"lastmile/internal/fault"
	"lastmile/internal/lending"
	"lastmile/internal/web/view"
)

// closing shows the closes of day, the loans that could not be closed, and begins one.
func (q *request) closing() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	runs, err := lending.Runs(q.ctx, q.db(), s.book)
	if err != nil {
		return err
	}
	failed, err := q.unclosed(s)
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: address(Path, "book", s.book)}), Title: q.text("closing"), Lead: q.write("closing.lead", q.date(s.day), len(failed))}
	if len(runs) == 0 {
		heading.Lead = view.Plain(q.text("closing.never"))
	}
	var body []view.Component
	if q.pages.dayEnd != nil {
		body = append(body, q.bar())
		if q.visit.Holds(lending.Closers...) && !q.pages.dayEnd.State().Running {
			body = append(body, view.Form{Action: link("closing"), Plain: true, Hidden: q.visit.Hidden(view.Hidden{Name: "book", Value: s.book}), Buttons: []view.Button{{Label: q.text("closing.do"), Kind: view.Primary}}})
		}
	}
	body = append(body,
		view.Section{Head: view.SectionHead{ID: "unclosed", Title: q.text("unclosed"), Note: q.csvNote(address(link("closing", "unclosed.csv"), "book", s.book))},
			Parts: []view.Component{paged(q, q.unclosedColumns(), failed, "", view.Empty{Icon: "check", Title: q.text("empty.unclosed"), Text: q.text("empty.unclosed.why")})}},
		view.Section{Head: view.SectionHead{ID: "runs", Title: q.text("runs"), Note: q.csvNote(q.csvHref())},
			Parts: []view.Component{paged(q, q.runColumns(), runs, "", view.Empty{Icon: "clock", Title: q.text("empty.runs"), Text: q.text("empty.runs.why")})}})
	return q.show(heading, body...)
}

// unclosed are the loans of the visitor's areas that could not be closed.
func (q *request) unclosed(s *scope) ([]lending.Unclosed, error) {
	all, err := lending.FindUnclosed(q.ctx, q.db(), s.book)
	if err != nil || len(s.areas) == 0 {
		return all, err
	}
	var kept []lending.Unclosed
	for _, u := range all {
		l, err := lending.Get(q.ctx, q.db(), u.Book, u.Loan)
		if err != nil {
			return nil, err
		}
		if sees, err := q.visit.Sees(q.ctx, l.Area); err != nil {
			return nil, err
		} else if sees {
			kept = append(kept, u)
		}
	}
	return kept, nil
}

func (q *request) unclosedColumns() []column[lending.Unclosed] {
	return []column[lending.Unclosed]{
		{key: "id", compare: func(a, b lending.Unclosed) int { return strings.Compare(a.Loan, b.Loan) }, cell: func(u lending.Unclosed) view.Cell {
			return view.Cell{Text: u.Loan, Href: link("loan", u.Book, u.Loan)}
		}, plain: func(u lending.Unclosed) string { return u.Loan }},
		{key: "through", cell: func(u lending.Unclosed) view.Cell { return view.Cell{Text: q.date(u.Through)} }, plain: func(u lending.Unclosed) string { return string(u.Through) }},
		{key: "reason", compare: func(a, b lending.Unclosed) int { return strings.Compare(a.Reason, b.Reason) }, cell: func(u lending.Unclosed) view.Cell { return view.Cell{Text: u.Reason} }, plain: func(u lending.Unclosed) string { return u.Reason }},
	}
}

func (q *request) unclosedCSV() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	failed, err := q.unclosed(s)
	if err != nil {
		return err
	}
	return download(q, "not-closed", q.unclosedColumns(), failed)
}

func (q *request) runColumns() []column[lending.Run] {
	return []column[lending.Run]{
		{key: "through", cell: func(r lending.Run) view.Cell { return view.Cell{Text: q.date(r.Through)} }, plain: func(r lending.Run) string { return string(r.Through) }},
		{key: "loans", kind: view.NumberColumn, cell: func(r lending.Run) view.Cell { return view.Cell{Text: q.words.Count(r.Loans)} }, plain: func(r lending.Run) string { return itoa(r.Loans) }},
		{key: "failed", kind: view.NumberColumn, cell: func(r lending.Run) view.Cell { return view.Cell{Text: q.words.Count(r.Failed)} }, plain: func(r lending.Run) string { return itoa(r.Failed) }},
		{key: "took", kind: view.NumberColumn, cell: func(r lending.Run) view.Cell {
			return view.Cell{Text: q.text("ms", r.Ended.Sub(r.Started).Milliseconds())}
		}, plain: func(r lending.Run) string { return itoa(r.Ended.Sub(r.Started).Milliseconds()) }},
	}
}

// bar is how far the close of day is.
func (q *request) bar() view.Job {
	p := q.pages.dayEnd.State()
	job := view.Job{ID: "closing-bar", Name: q.text("closing.job", q.date(p.Through)), Done: p.Done, Total: p.Total, Href: link("closing", "bar"), State: view.State{Kind: view.Done, Word: q.text("closing.done")}}
	switch {
	case p.Running:
		job.State = view.State{Kind: view.Running, Word: q.text("closing.running")}
		job.Count = q.text("closing.count", p.Done, p.Total)
	case p.Err != nil:
		job.State = view.State{Kind: view.Failed, Word: q.text("closing.broke")}
		job.Step = q.text("closing.again")
	case p.Through == "":
		job.Name, job.State = q.text("closing.job.none"), view.State{Kind: view.NotStarted, Word: q.text("closing.idle")}
	}
	return job
}

func (q *request) closingBar() error {
	if q.pages.dayEnd == nil {
		return fault.New(fault.NotFound, "page.missing", "there is no page %s", q.URL.Path).Mend("Go back to the loans.")
	}
	q.pages.guard.ShowPart(q.w, q.Request, q.bar())
	return nil
}

func (q *request) closeNow() error {
	if !q.visit.Holds(lending.Closers...) || q.pages.dayEnd == nil {
		return fault.New(fault.Forbidden, "closing.by", "%s may not close a day", q.visit.Person).Mend("Ask a loan officer.")
	}
	q.pages.dayEnd.Start()
	http.Redirect(q.w, q.Request, address(link("closing"), "book", q.FormValue("book")), http.StatusSeeOther)
	return nil
}

func (q *request) closingCSV() error {
	s, err := q.scope()
	if err != nil {
		return err
	}
	runs, err := lending.Runs(q.ctx, q.db(), s.book)
	if err != nil {
		return err
	}
	return download(q, "closes-of-day", q.runColumns(), runs)
}
