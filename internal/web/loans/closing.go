package loans

import (
	"net/http"
	"strings"

	"lastmile/internal/fault"
	"lastmile/internal/lending"
	"lastmile/internal/web/listing"
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
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}), Title: q.text("closing"), Lead: q.write("closing.lead", q.date(s.day), len(failed))}
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
	if len(runs) > 0 {
		body = append(body, view.Section{Head: view.SectionHead{ID: "unclosed", Title: q.text("unclosed"), Note: q.csvNote(listing.Address(link("closing", "unclosed.csv"), "book", s.book))},
			Parts: []view.Component{q.unclosedListing(failed).Table(q.page.Printer, q.URL)}})
	}
	return q.show(heading, append(body,
		view.Section{Head: view.SectionHead{ID: "runs", Title: q.text("runs"), Note: q.csvNote(listing.CSVHref(q.URL))},
			Parts: []view.Component{q.runListing(runs).Table(q.page.Printer, q.URL)}})...)
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

func (q *request) unclosedListing(rows []lending.Unclosed) listing.Listing[lending.Unclosed] {
	return listing.Listing[lending.Unclosed]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "check", Title: q.text("empty.unclosed"), Text: q.text("empty.unclosed.why")}, Columns: []listing.Column[lending.Unclosed]{
		{Key: "id", Compare: func(a, b lending.Unclosed) int { return strings.Compare(a.Loan, b.Loan) }, Cell: func(u lending.Unclosed) view.Cell {
			return view.Cell{Text: u.Loan, Href: link("loan", u.Book, u.Loan)}
		}, Plain: func(u lending.Unclosed) string { return u.Loan }},
		{Key: "through", Cell: func(u lending.Unclosed) view.Cell { return view.Cell{Text: q.date(u.Through)} }, Plain: func(u lending.Unclosed) string { return string(u.Through) }},
		{Key: "reason", Compare: func(a, b lending.Unclosed) int { return strings.Compare(a.Reason, b.Reason) }, Cell: func(u lending.Unclosed) view.Cell { return view.Cell{Text: u.Reason} }, Plain: func(u lending.Unclosed) string { return u.Reason }},
	}}
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
	return download(q, "not-closed", q.unclosedListing(failed))
}

func (q *request) runListing(rows []lending.Run) listing.Listing[lending.Run] {
	return listing.Listing[lending.Run]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "clock", Title: q.text("empty.runs"), Text: q.text("empty.runs.why")}, Columns: []listing.Column[lending.Run]{
		{Key: "through", Cell: func(r lending.Run) view.Cell { return view.Cell{Text: q.date(r.Through)} }, Plain: func(r lending.Run) string { return string(r.Through) }},
		{Key: "loans", Kind: view.NumberColumn, Cell: func(r lending.Run) view.Cell { return view.Cell{Text: q.words.Count(r.Loans)} }, Plain: func(r lending.Run) string { return itoa(r.Loans) }},
		{Key: "failed", Kind: view.NumberColumn, Cell: func(r lending.Run) view.Cell { return view.Cell{Text: q.words.Count(r.Failed)} }, Plain: func(r lending.Run) string { return itoa(r.Failed) }},
		{Key: "took", Kind: view.NumberColumn, Cell: func(r lending.Run) view.Cell {
			return view.Cell{Text: q.text("ms", r.Ended.Sub(r.Started).Milliseconds())}
		}, Plain: func(r lending.Run) string { return itoa(r.Ended.Sub(r.Started).Milliseconds()) }},
	}}
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
	http.Redirect(q.w, q.Request, listing.Address(link("closing"), "book", q.FormValue("book")), http.StatusSeeOther)
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
	return download(q, "closes-of-day", q.runListing(runs))
}
