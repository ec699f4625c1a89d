package web

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/access"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
)

// scope is what of the programme the reader may see: what access.Reader says of the person at the screen. Totals of the whole programme are
// published; records, and figures narrowed to an area or to projects, are seen by those who serve the area. Without a person, all is seen: then
// Options.Protect has let strangers in to read, because the programme is synthetic or it stands before nobody's door.
type scope struct {
	reader *access.Reader // nil for a stranger who may read
	key    string         // the same for all who see the same areas
}

func newScope(q *request) scope {
	v := session.Of(q.Request)
	if v == nil {
		return scope{}
	}
	areas := []string{}
	for _, h := range v.Held {
		areas = append(areas, h.Area)
	}
	slices.Sort(areas)
	return scope{v.Reader, fmt.Sprintf("%q", slices.Compact(areas))}
}

// limited tells whether there may be records that the reader does not see.
func (q *request) limited() bool { return q.scope.reader != nil && !q.scope.reader.Everywhere() }

// sight tells readers apart who see different records, for what is remembered; "" is whoever sees all.
func (q *request) sight() string {
	if !q.limited() {
		return ""
	}
	return q.scope.key
}

// sees tells whether the reader may see what is recorded of an area.
func (q *request) sees(area string) bool {
	if !q.limited() {
		return true
	}
	sees, err := reading.Remember(q.ctx, q.read.Names, "sees "+q.scope.key+" "+area, func(ctx context.Context) (bool, error) {
		return q.scope.reader.Sees(ctx, area)
	})
	if err != nil && fault.KindOf(err) != fault.NotFound { // nobody sees an area that is not recorded
		q.fault(err)
	}
	return sees && err == nil
}

// seesEntry tells whether the reader may see an entry; everybody sees their own.
func (q *request) seesEntry(e *journal.Entry) bool {
	if q.scope.reader == nil || e.Actor == q.scope.reader.Person {
		return true
	}
	sees, err := reading.Remember(q.ctx, q.read.Names, fmt.Sprint("sees ", q.scope.key, q.scope.reader.SeesPeople(), " ", e.Book, " ", e.Kind, " ", e.Area), func(ctx context.Context) (bool, error) {
		return q.scope.reader.SeesEntry(ctx, e)
	})
	if err != nil {
		q.fault(err)
	}
	return sees && err == nil
}

// seenContributions are the entries behind a figure that the reader may see.
func (q *request) seenContributions(list []figure.Contribution) []figure.Contribution {
	if !q.limited() {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(c figure.Contribution) bool {
		return !q.seesEntry(&journal.Entry{Book: c.Book, Kind: c.Kind, Area: c.Area})
	})
}

// seesPersonal tells whether the reader may see personal data of an area. Strangers never do.
func (q *request) seesPersonal(area string) bool {
	if q.scope.reader == nil {
		return false
	}
	sees, err := q.scope.reader.SeesPersonal(q.ctx, area)
	if err != nil {
		q.fault(err)
	}
	return sees && err == nil
}

// seesProject tells whether the reader may see every project that has a code, in whichever books.
func (q *request) seesProject(id string) bool {
	if !q.limited() {
		return true
	}
	list, err := q.allProjects()
	if err != nil {
		q.fault(err)
		return false
	}
	return !slices.ContainsFunc(list, func(p *projectRow) bool { return p.ID == id && !q.sees(p.Area) })
}

// hidden is the fault of asking for what lies outside the reader's areas.
func (q *request) hidden(area string) error { return q.scope.reader.Hidden(area) }

// seenBooks are the books in which a reader whose areas are limited may find something.
func (q *request) seenBooks() ([]string, error) {
	return reading.Remember(q.ctx, q.read.Names, "books "+q.scope.key, q.scope.reader.Books)
}

// offeredBooks are the counties' books that the reader may find something in.
func (q *request) offeredBooks() ([]entity.Entity, error) {
	books, err := q.books()
	if err != nil || !q.limited() {
		return books, err
	}
	seen, err := q.seenBooks()
	return slices.DeleteFunc(slices.Clone(books), func(b entity.Entity) bool { return !slices.Contains(seen, b.ID) }), err
}

// where narrows a query to what the reader sees, by a column of books and one of areas; parameters are numbered from first on.
func (q *request) where(book, area string, first int) (string, []any, error) {
	if !q.limited() {
		return "1 = 1", nil, nil
	}
	books, err := q.seenBooks()
	if err != nil {
		return "", nil, err
	}
	marks, args := make([]string, len(books)), make([]any, len(books))
	for i, b := range books {
		marks[i], args[i] = fmt.Sprintf("$%d", first+i), b
	}
	inArea, more, err := q.scope.reader.Where(q.ctx, area, first+len(books))
	return book + " IN (" + strings.Join(marks, ", ") + ") AND " + inArea, append(args, more...), err
}

// elsewhere stands for all members of a dimension that lie outside the reader's areas.
const elsewhere = "elsewhere"

// seenMembers puts what lies outside the reader's areas into one member, which leads to the whole, or leaves it out where parts do not add up.
func (q *request) seenMembers(dimension string, whole *figure.Value, list []figure.Member) []figure.Member {
	if !q.limited() || dimension != "area" && dimension != "project" {
		return list
	}
	rest := *whole
	seen := slices.DeleteFunc(slices.Clone(list), func(m figure.Member) bool {
		if dimension == "project" {
			return m.ID == "" || !q.seesProject(m.ID)
		}
		return !q.sees(m.ID)
	})
	for _, m := range seen {
		rest.Number -= m.Value.Number
	}
	if a := whole.Definition.Aggregate; len(seen) < len(list) && (a == figure.Sum || a == figure.Count) {
		seen = append(seen, figure.Member{ID: elsewhere, Value: &rest})
	}
	return seen
}

// areaHref is the page of an area; "" when it lies outside the reader's areas.
func (q *request) areaHref(code string) string {
	if !q.sees(code) {
		return ""
	}
	return link("areas", code)
}

// accountHref is the page of an account; "" when it lies outside the reader's areas.
func (q *request) accountHref(book, id string) string {
	if q.limited() {
		a, err := reading.Remember(q.ctx, q.read.Names, "account "+book+" "+id, func(context.Context) (ledger.Account, error) {
			a, _, err := q.findAccount(book, id)
			return a, err
		})
		if err != nil {
			q.fault(err)
		}
		if !q.sees(a.Area) {
			return ""
		}
	}
	return link("accounts", book, id)
}

// seenEntryHref is the page of an entry; "" when it lies outside the reader's areas.
func (q *request) seenEntryHref(book string, seq int64) string {
	if q.scope.reader == nil || !q.limited() && (book != entity.Headquarters || q.scope.reader.SeesPeople()) {
		return entryHref(book, seq)
	}
	e, ok, err := journal.Get(q.ctx, q.site.store.DB, book, seq)
	if err != nil {
		q.fault(err)
	}
	if !ok || !q.seesEntry(&e) {
		return ""
	}
	return entryHref(book, seq)
}

// linked names a thing and leads to it, or only names it where there is nothing to lead to.
func linked(label, href string) view.Prose {
	if href == "" {
		return view.Plain(label)
	}
	return view.Prose{{Link: &view.Link{Label: label, Href: href}}}
}

// linkOr is an argument of a message: a link, or only its label where the reader may not go.
func (q *request) linkOr(label, href string) any {
	if href == "" {
		return label
	}
	return view.Link{Label: label, Href: href}
}

// keptBack says which records are shown to a reader whose areas are limited.
func (q *request) keptBack() string {
	if !q.limited() {
		return ""
	}
	own, err := q.scope.reader.Areas(q.ctx)
	if err != nil {
		q.fault(err)
	}
	if len(own) == 0 {
		return q.text("scope.none")
	}
	names := make([]string, len(own))
	for i, area := range own {
		names[i] = q.areaName(area)
	}
	return q.text("scope.areas", strings.Join(names, q.text("list.comma")))
}

// keptElsewhere says what a reader whose areas are limited sees of totals of the whole programme.
func (q *request) keptElsewhere() string {
	if !q.limited() {
		return ""
	}
	return q.text("scope.elsewhere")
}

// refused notes in the log who was not let see what.
func (q *request) refused(status int, err error) {
	person := ""
	if q.scope.reader != nil {
		person = q.scope.reader.Person
	}
	q.site.log.Warn("refused", "status", status, "method", q.Method, "path", q.URL.Path, "person", person, "address", session.Address(q.Request), "error", err)
}
