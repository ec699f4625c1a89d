package loans

import (
	"cmp"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/lending"
	"lastmile/internal/web/view"
)

// scope is what of the loans of a book a visitor may see.
type scope struct {
	book  string
	area  string // of the book
	name  string
	areas []string  // towns and villages; empty for the whole book
	day   date.Date // that lists speak of: the last close of day, or today
	open  bool      // no day was ever closed
	books []entity.Entity
}

func (q *request) db() *database.DB { return q.pages.store.DB }

// books are the books of which the visitor may see something, in order, with the areas to which each is narrowed.
func (q *request) books() (list []entity.Entity, areas map[string][]string, err error) {
	all, err := entity.Find(q.ctx, q.db(), entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return nil, nil, err
	}
	own, err := q.visit.Areas(q.ctx)
	if err != nil {
		return nil, nil, err
	}
	areas = map[string][]string{}
	for _, b := range all {
		sees, err := q.visit.Sees(q.ctx, b.Area)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range own {
			if sees {
				break
			}
			above, err := figure.Ancestors(q.ctx, q.db(), a)
			if err != nil {
				return nil, nil, err
			}
			if slices.Contains(above, b.Area) {
				areas[b.ID] = append(areas[b.ID], a)
			}
		}
		if sees || len(areas[b.ID]) > 0 {
			list = append(list, b)
		}
	}
	return list, areas, nil
}

// scope is the book that the address names, or the first with loans.
func (q *request) scope() (*scope, error) {
	list, areas, err := q.books()
	if err != nil {
		return nil, err
	}
	book := q.FormValue("book")
	if len(list) == 0 && book == "" { // no county is designated yet: there is nothing to see
		return &scope{name: q.words.Text("everywhere"), day: q.pages.store.Today()}, nil
	}
	for _, b := range list {
		if book != "" {
			break
		}
		some, err := lending.Find(q.ctx, q.db(), lending.Filter{Book: b.ID, Areas: areas[b.ID], Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(some) > 0 {
			book = b.ID
		}
	}
	if book == "" {
		book = list[0].ID
	}
	at := slices.IndexFunc(list, func(b entity.Entity) bool { return b.ID == book })
	if at < 0 {
		return nil, fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", q.visit.Person, book).For("area").Mend("Choose an area that you serve.")
	}
	s := &scope{book: book, areas: areas[book], books: list}
	s.area = list[at].Area
	s.name = q.name(entity.Headquarters, "area", s.area)
	through, err := lending.ClosedThrough(q.ctx, q.db(), book)
	if err != nil {
		return nil, err
	}
	s.day, s.open = cmp.Or(through, q.pages.store.Today()), through == ""
	return s, nil
}

// asOf says of which day a list speaks.
func (q *request) asOf(s *scope) string {
	if s.open {
		return q.text("never-closed", q.date(s.day))
	}
	return q.text("closed", q.date(s.day))
}

// closedThrough is the day through which a book was last closed; today when it never was.
func (q *request) closedThrough(book string) (date.Date, error) {
	through, err := lending.ClosedThrough(q.ctx, q.db(), book)
	if through == "" {
		through = q.pages.store.Today()
	}
	return through, err
}

func (s *scope) filter() lending.Filter {
	return lending.Filter{Book: s.book, Areas: s.areas, Is: map[string]string{}}
}

// bookField chooses among several books; none when there is one.
func (q *request) bookField(s *scope) []view.Field {
	if len(s.books) < 2 {
		return nil
	}
	f := view.Field{Kind: view.SelectField, Name: "book", Label: q.text("county")}
	for _, b := range s.books {
		f.Options = append(f.Options, view.Option{Value: b.ID, Label: q.name(entity.Headquarters, "area", b.Area), Chosen: b.ID == s.book})
	}
	return []view.Field{f}
}

// visible gives the loan of the address when the visitor may see it.
func (q *request) visible() (*lending.Loan, error) {
	l, err := lending.Get(q.ctx, q.db(), q.PathValue("book"), q.PathValue("id"))
	if err != nil {
		return nil, err
	}
	sees, err := q.visit.Sees(q.ctx, l.Area)
	if err != nil {
		return nil, err
	}
	if !sees {
		return nil, fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", q.visit.Person, l.Area).For("area").Mend("Choose an area that you serve.")
	}
	return l, nil
}

// scopeOf is the scope of the book in the path of the address.
func (q *request) scopeOf() (*scope, error) {
	if err := q.ParseForm(); err != nil {
		return nil, err
	}
	q.Form.Set("book", q.PathValue("book"))
	return q.scope()
}
