package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/ledger"
	"lastmile/internal/table"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// postingFilter chooses postings; empty fields choose all.
type postingFilter struct {
	book, account, flow, commodity, fund string
	projects                             []string // ids
	funds                                []string
	receiver                             string // kind of the party at which value arrived, or from which it came back
	open                                 bool   // only what is not proved
	afterBook                            string // continue after this line of this entry
	afterSeq, afterLine                  int64
	limit                                int // 0 for all
}

// where chooses the postings of one book.
func (f *postingFilter) where(book string) (string, []any) {
	conds := []string{"p.book = $1"}
	args := []any{book}
	add := func(cond string, values ...any) {
		marks := make([]any, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		conds = append(conds, fmt.Sprintf(cond, marks...))
	}
	in := func(column string, values []string) {
		marks := make([]string, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		conds = append(conds, column+" IN ("+strings.Join(marks, ", ")+")")
	}
	for _, c := range []struct{ column, value string }{{"p.flow", f.flow}, {"p.commodity", f.commodity}, {"p.fund", f.fund}} {
		if c.value != "" {
			add(c.column+" = %s", c.value)
		}
	}
	if f.account != "" {
		add("(p.from_account = %s OR p.to_account = %s)", f.account, f.account)
	}
	if len(f.projects) > 0 {
		in("p.project", f.projects)
	}
	if len(f.funds) > 0 {
		in("p.fund", f.funds)
	}
	if f.receiver != "" {
		// as ledger.State.End has it: what goes from one end to another had arrived, and what is put into a pool has not come back
		add("EXISTS (SELECT 1 FROM account a JOIN account b ON b.book = a.book WHERE a.book = p.book AND a.class IN ("+endClasses+") AND a.holder = %s AND ((a.id = p.to_account AND b.id = p.from_account) OR (a.id = p.from_account AND b.id = p.to_account)) AND b.class <> 'pool' AND b.class NOT IN ("+endClasses+"))", f.receiver)
	}
	if f.open {
		add("(SELECT COUNT(*) FROM entry e WHERE e.book = p.book AND e.seq = p.seq AND e.grade = 2) + (SELECT COUNT(*) FROM proof f WHERE f.book = p.book AND f.seq = p.seq) = %s", int64(0))
	}
	if f.afterBook == book {
		add("p.seq <= %s", f.afterSeq)
		add("(p.seq < %s OR p.line > %s)", f.afterSeq, f.afterLine)
	}
	return strings.Join(conds, " AND "), args
}

// eachPosting calls fn for the postings chosen, by book, the newest entry first and its lines in order. Each book is read by itself, from its
// end: so a page costs what it shows.
func (q *request) eachPosting(f postingFilter, fn func(ledger.Posting) error) error {
	left := f.limit
	for _, head := range q.read.Heads {
		if f.book != "" && head.Book != f.book || head.Book < f.afterBook {
			continue
		}
		n, err := q.eachPostingOf(head.Book, f, left, fn)
		if err != nil {
			return fmt.Errorf("read postings of book %s: %w", head.Book, err)
		}
		if f.limit > 0 {
			if left -= n; left <= 0 {
				return nil
			}
		}
	}
	return nil
}

func (q *request) eachPostingOf(book string, f postingFilter, limit int, fn func(ledger.Posting) error) (n int, err error) {
	where, args := f.where(book)
	seen, more, err := q.where("p.book", "p.area", len(args)+1)
	if err != nil {
		return 0, err
	}
	where, args = where+" AND "+seen, append(args, more...)
	atMost := ""
	if f.limit > 0 {
		atMost = fmt.Sprintf("\nLIMIT %d", limit)
	}
	rows, err := q.site.store.DB.Query(q.ctx, `SELECT p.book, p.seq, p.line, p.flow, p.from_account, p.to_account, p.commodity, p.fund, p.amount, p.project, p.area, p.sign, p.on_date
FROM posting p
WHERE `+where+`
ORDER BY p.seq DESC, p.line`+atMost, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var p ledger.Posting
		var on string
		if err := rows.Scan(&p.Book, &p.Seq, &p.Line, &p.Flow, &p.From, &p.To, &p.Commodity, &p.Fund, &p.Amount, &p.Project, &p.Area, &p.Sign, &on); err != nil {
			return n, err
		}
		p.On = date.Date(on)
		if err := fn(p); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// postingsAsked reads from the address which postings are asked for. A project stands for itself and its parts, a giver for its funds.
func (q *request) postingsAsked() (postingFilter, error) {
	f := postingFilter{book: q.FormValue("book"), account: q.FormValue("account"), flow: q.FormValue("flow"), commodity: q.FormValue("commodity"), fund: q.FormValue("fund"),
		receiver: q.FormValue("receiver"), open: q.FormValue("open") != ""}
	if id := q.FormValue("project"); id != "" {
		top, err := q.topProjects()
		if err != nil {
			return f, err
		}
		f.projects = []string{id}
		for key, parent := range top {
			_, p, _ := strings.Cut(parent, " ")
			if _, own, _ := strings.Cut(key, " "); p == id && own != id {
				f.projects = append(f.projects, own)
			}
		}
		slices.Sort(f.projects[1:])
	}
	if giver := q.FormValue("giver"); giver != "" {
		f.funds = []string{giver}
		list, err := entity.Find(q.ctx, q.site.store.DB, entity.Filter{Book: entity.Headquarters, Type: "fund", Parent: giver})
		if err != nil {
			return f, err
		}
		for _, e := range list {
			f.funds = append(f.funds, e.ID)
		}
	}
	if after := q.FormValue("after"); after != "" {
		book, position, _ := strings.Cut(after, ":")
		number, nth, _ := strings.Cut(position, ":")
		seq, errSeq := strconv.ParseInt(number, 10, 64)
		line, errLine := strconv.ParseInt(nth, 10, 64)
		if errSeq != nil || errLine != nil {
			return f, fault.New(fault.Invalid, "position.form", "%q is not a position in a book", after).For("after").Mend("Follow the links of the page.")
		}
		f.afterBook, f.afterSeq, f.afterLine = book, seq, line
	}
	return f, nil
}

// postings lists movements, with what they add up to where that means something: of one commodity and one flow or receiver.
func (q *request) postings() error {
	f, err := q.postingsAsked()
	if err != nil {
		return err
	}
	t, err := q.postingTable(f)
	if err != nil {
		return err
	}
	lead := view.Plain(q.text("postings.lead"))
	if f.commodity != "" && (f.receiver != "" || f.flow != "") {
		total, n, err := q.postingSum(f)
		if err != nil {
			return err
		}
		lead = view.Plain(q.text("postings.sum", n, q.amount(total, f.commodity)))
	}
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.text("nav.money"), Href: "/money"}, {Label: q.text("postings.title")}},
		Title:  q.text("postings.title"), Lead: lead, Hush: q.keptBack(),
	}, view.Section{Head: view.SectionHead{ID: "postings", Title: q.postingsOf(f), Note: q.write("ways.csv", view.Link{Label: "CSV", Href: listing.CSVHref(q.URL)})}, Parts: []view.Component{t}})
}

// postingsOf says which postings are shown.
func (q *request) postingsOf(f postingFilter) string {
	var parts []string
	if f.commodity != "" {
		parts = append(parts, q.commodity(f.commodity))
	}
	if f.flow != "" {
		parts = append(parts, q.flowName(f.flow))
	}
	if len(f.projects) > 0 {
		parts = append(parts, q.projectName(f.projects[0]))
	}
	if f.receiver != "" {
		parts = append(parts, q.receiver(f.receiver))
	}
	if f.account != "" && f.book != "" {
		parts = append(parts, q.accountName(f.book, f.account))
	}
	if f.book != "" {
		parts = append(parts, q.bookName(f.book))
	}
	if len(parts) == 0 {
		return q.text("records.every")
	}
	return strings.Join(parts, " · ")
}

// endClasses is the list of ledger.EndClasses in SQL.
var endClasses = func() string {
	var quoted []string
	for _, c := range ledger.EndClasses() {
		quoted = append(quoted, "'"+string(c)+"'")
	}
	return strings.Join(quoted, ", ")
}()

// postingSum adds up what arrived outside, less what came back, and counts the postings.
func (q *request) postingSum(f postingFilter) (total, n int64, err error) {
	type sum struct{ total, n int64 }
	f.afterBook = ""
	s, err := reading.Remember(q.ctx, q.read.Results, fmt.Sprintf("sum %s %#v", q.sight(), f), func(context.Context) (s sum, err error) {
		err = q.eachPosting(f, func(p ledger.Posting) error {
			amount := p.Amount * p.Sign
			if class, _, _ := strings.Cut(p.From, ":"); f.receiver != "" { // what arrived, less what came back
				if amount = p.Amount; ledger.Class(class).Ends() {
					amount = -amount
				}
			}
			s.total += amount
			s.n++
			return nil
		})
		return s, err
	})
	return s.total, s.n, err
}

func (q *request) postingTable(f postingFilter) (view.Component, error) {
	t := view.Table{
		Columns: []view.Column{{Label: q.text("column.record")}, {Label: q.text("column.on"), Kind: view.WholeColumn}, {Label: q.text("column.flow"), Kind: view.ShortColumn}, {Label: q.text("column.from")}, {Label: q.text("column.to")}, {Label: q.text("column.fund"), Kind: view.ShortColumn}, {Label: q.text("column.amount"), Kind: view.NumberColumn}},
		Empty:   &view.Empty{Icon: "ledger", Title: q.text("postings.empty"), Text: q.text("postings.empty.text")},
	}
	f.limit = listing.PageSize + 1
	list, err := reading.Remember(q.ctx, q.read.Results, fmt.Sprintf("postings %s %#v", q.sight(), f), func(context.Context) (list []ledger.Posting, err error) {
		err = q.eachPosting(f, func(p ledger.Posting) error { list = append(list, p); return nil })
		return list, err
	})
	if err != nil {
		return nil, err
	}
	more := len(list) > listing.PageSize
	list = list[:min(len(list), listing.PageSize)]
	for _, p := range list {
		title, ref, err := q.titled(p.Book, p.Seq)
		if err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{
			{Text: title, Href: entryHref(p.Book, p.Seq), Sub: ref}, {Text: q.day(p.On)}, {Text: q.flowName(p.Flow), Sub: q.commodity(p.Commodity)},
			q.accountCell(p.Book, p.From), q.accountCell(p.Book, p.To), {Text: q.fund(p.Fund)},
			{Text: q.amount(p.Amount*p.Sign, p.Commodity), Href: entryHref(p.Book, p.Seq)},
		}})
	}
	if more || f.afterBook != "" {
		t.Pager = &view.Pager{Text: q.text("postings.range", len(list))}
		if more {
			last := list[len(list)-1]
			t.Pager.Next = listing.Address("/postings", "book", f.book, "account", f.account, "flow", f.flow, "commodity", f.commodity, "fund", f.fund, "project", q.FormValue("project"),
				"giver", q.FormValue("giver"), "receiver", f.receiver, "open", q.FormValue("open"), "after", fmt.Sprintf("%s:%d:%d", last.Book, last.Seq, last.Line))
		}
		if f.afterBook != "" {
			t.Pager.Previous = listing.With(q.URL)
		}
	}
	return t, nil
}

func (q *request) postingsCSV() error {
	f, err := q.postingsAsked()
	if err != nil {
		return err
	}
	names := []string{"book", "seq", "line", "on", "flow", "from", "to", "commodity", "fund", "project", "area", "amount"}
	columns := make([]table.Column, len(names))
	for i, n := range names {
		columns[i].Name = n
	}
	h := q.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="postings.csv"`)
	h.Set("Cache-Control", "no-store")
	w, err := table.NewWriter(q.w, table.CSV, columns, table.WriterOptions{GuardFormulas: true})
	if err != nil {
		return err
	}
	if err := q.eachPosting(f, func(p ledger.Posting) error {
		return w.Write([]string{p.Book, countOf(p.Seq), countOf(p.Line), string(p.On), p.Flow, p.From, p.To, p.Commodity, p.Fund, p.Project, p.Area, q.decimal(p.Amount*p.Sign, p.Commodity)})
	}); err != nil {
		return err
	}
	return w.Close()
}

// findAccount reads an account; ok is false when it is not there.
func (q *request) findAccount(book, id string) (a ledger.Account, ok bool, err error) {
	a = ledger.Account{Book: book, ID: id}
	err = q.site.store.DB.QueryRow(q.ctx, "SELECT class, owner, holder, project, area FROM account WHERE book = $1 AND id = $2", book, id).
		Scan(&a.Class, &a.Owner, &a.Holder, &a.Project, &a.Area)
	if errors.Is(err, sql.ErrNoRows) {
		return a, false, nil
	}
	return a, err == nil, err
}

// accountsOf are the accounts of a party in all books.
func (q *request) accountsOf(party string) ([]ledger.Account, error) {
	rows, err := q.site.store.DB.Query(q.ctx, "SELECT book, id, class, area FROM account WHERE owner = $1 ORDER BY book, id LIMIT 50", party)
	if err != nil {
		return nil, fmt.Errorf("read accounts of %s: %w", party, err)
	}
	defer rows.Close()
	var list []ledger.Account
	for rows.Next() {
		var a ledger.Account
		if err := rows.Scan(&a.Book, &a.ID, &a.Class, &a.Area); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}
