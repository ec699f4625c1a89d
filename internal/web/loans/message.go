package loans

import (
	"lastmile/internal/date"
	"lastmile/internal/lending"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/view"
)

// message is a text for a borrower's telephone. It names the loan and no person: whoever sends it finds the number by the borrower's code.
type message struct {
	loan, borrower, text string
	on                   date.Date
}

// findMessages writes the reminders of what falls due in the days to come, or the receipts of the days past, as the address asks.
func (q *request) findMessages() (*scope, []message, error) {
	s, err := q.scope()
	if err != nil {
		return nil, nil, err
	}
	f, _ := q.listed(s)
	var list []message
	if q.FormValue("kind") == "receipt" {
		paid, err := lending.Payments(q.ctx, q.db(), f, s.day.AddDays(-q.days()), s.day)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range paid {
			list = append(list, message{p.Loan, p.Borrower, q.text("message.receipt", p.Loan, q.date(p.On), q.money(p.Amount), q.money(p.Outstanding)), p.On})
		}
		return s, list, nil
	}
	f.DueFrom, f.DueUntil, f.Sort = s.day, s.day.AddDays(q.days()), "next"
	lines, err := lending.Find(q.ctx, q.db(), f)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range lines {
		text := q.text("message.due", l.ID, q.date(l.NextDueOn), q.money(l.NextDue))
		if l.Due > 0 {
			text = q.text("message.due.late", l.ID, q.date(l.NextDueOn), q.money(l.NextDue), q.money(l.Due))
		}
		list = append(list, message{l.ID, l.Borrower, text, l.NextDueOn})
	}
	return s, list, nil
}

func (q *request) messageListing(s *scope, rows []message) listing.Listing[message] {
	return listing.Listing[message]{Label: q.label, Rows: rows, Empty: view.Empty{Icon: "send", Title: q.text("empty.messages"), Text: q.text("empty.messages.why")}, Columns: []listing.Column[message]{
		{Key: "borrower", Cell: func(m message) view.Cell {
			return view.Cell{Text: m.borrower, Href: link("borrower", s.book, m.borrower)}
		}, Plain: func(m message) string { return m.borrower }},
		{Key: "id", Cell: func(m message) view.Cell { return view.Cell{Text: m.loan, Href: link("loan", s.book, m.loan)} }, Plain: func(m message) string { return m.loan }},
		{Key: "on", Cell: func(m message) view.Cell { return view.Cell{Text: q.date(m.on)} }, Plain: func(m message) string { return string(m.on) }},
		{Key: "text", Cell: func(m message) view.Cell { return view.Cell{Text: m.text} }, Plain: func(m message) string { return m.text }},
	}}
}

// messages shows the texts and leads to the file that a sender takes.
func (q *request) messages() error {
	s, list, err := q.findMessages()
	if err != nil {
		return err
	}
	heading := view.Heading{Crumbs: q.crumbs(view.Link{Label: s.name, Href: listing.Address(Path, "book", s.book)}), Title: q.text("messages"), Lead: q.write("messages.lead", len(list))}
	kind := q.FormValue("kind")
	head := view.SectionHead{ID: "messages", Title: q.text("messages.of", len(list)), Note: q.csvNote(listing.CSVHref(q.URL)), Segments: []view.Link{
		{Label: q.text("messages.due"), Href: listing.Address(link("messages"), "book", s.book, "days", q.FormValue("days")), Current: kind != "receipt"},
		{Label: q.text("messages.receipt"), Href: listing.Address(link("messages"), "book", s.book, "kind", "receipt", "days", q.FormValue("days")), Current: kind == "receipt"}}}
	filters := view.Filters{Action: link("messages"), Fields: append(q.bookField(s), view.Field{Kind: view.NumberField, Name: "days", Label: q.text("messages.days"), Value: itoa(int64(q.days()))})}
	if kind != "" {
		filters.Hidden = []view.Hidden{{Name: "kind", Value: kind}}
	}
	return q.show(heading, view.Section{Head: head, Parts: []view.Component{filters, q.messageListing(s, list).Table(q.page.Printer, q.URL)}})
}

func (q *request) messagesCSV() error {
	s, list, err := q.findMessages()
	if err != nil {
		return err
	}
	return download(q, "messages", q.messageListing(s, list))
}
