package api

import (
	"context"
	"slices"
	"strconv"

	"lastmile/internal/access"
	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
)

func (q *call) db() *database.DB { return q.api.store.DB }

func (q *call) today() date.Date { return q.api.store.Today() }

// counties are those in which the caller may find something; the one alone that the parameter book names, when it names one.
func (q *call) counties() ([]access.County, error) {
	list, err := q.caller.Counties(q.ctx)
	asked := q.URL.Query().Get("book")
	if err != nil || asked == "" {
		return list, err
	}
	at := slices.IndexFunc(list, func(c access.County) bool { return c.Book == asked })
	if at < 0 {
		return nil, q.caller.Hidden(asked)
	}
	return list[at : at+1], nil
}

// gather reads a list of every county in which the caller may find something, and keeps what lies in their areas. What lies in none is the county's.
func gather[T any](q *call, read func(ctx context.Context, book string) ([]T, error), area func(*T) string) ([]T, error) {
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	var all []T
	for _, c := range counties {
		list, err := read(q.ctx, c.Book)
		if err != nil {
			return nil, err
		}
		for i := range list {
			at := area(&list[i])
			if at == "" {
				at = c.Area
			}
			sees, err := q.caller.Sees(q.ctx, at)
			if err != nil {
				return nil, err
			}
			if sees {
				all = append(all, list[i])
			}
		}
	}
	return all, nil
}

// window cuts a page out of a list that is read whole, and gives the cursor of the next one.
func window[T any](q *call, list []T) (page []T, next string, err error) {
	n, err := q.limit()
	if err != nil {
		return nil, "", err
	}
	_, skip, err := q.cursor()
	if err != nil {
		return nil, "", err
	}
	from := min(int(skip), len(list))
	to := min(from+n, len(list))
	if to < len(list) {
		next = makeCursor("list", int64(to))
	}
	return list[from:to], next, nil
}

// pageOf is window with each item of the page as it is answered.
func pageOf[T, U any](q *call, list []T, show func(*T) U) (page []U, next string, err error) {
	shown, next, err := window(q, list)
	page = make([]U, len(shown))
	for i := range shown {
		page[i] = show(&shown[i])
	}
	return page, next, err
}

// day reads a parameter that is a day; other when it is left out.
func (q *call) day(name string, other date.Date) (date.Date, error) {
	text := q.URL.Query().Get(name)
	if text == "" {
		return other, nil
	}
	d, err := date.Parse(text)
	if err != nil {
		return "", parameter(name, text)
	}
	return d, nil
}

// number reads a parameter that is a whole number up to a limit; other when it is left out.
func (q *call) number(name string, other, most int) (int, error) {
	text := q.URL.Query().Get(name)
	if text == "" {
		return other, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, parameter(name, text)
	}
	return n, nil
}

// thing gives a thing of the path, {book} and {id}, that the caller may see.
func (q *call) thing(typ string) (entity.Entity, error) {
	book, id := q.PathValue("book"), q.PathValue("id")
	e, ok, err := entity.Get(q.ctx, q.db(), book, typ, id)
	if err != nil {
		return e, err
	}
	if !ok {
		return e, fault.New(fault.NotFound, "ref.unknown", "book %s has no %s %q", book, typ, id).For("id").Mend("Look the code up in the list.")
	}
	area := e.Area
	if area == "" && book != entity.Headquarters {
		area = book
	}
	sees, err := q.caller.Sees(q.ctx, area)
	if err == nil && !sees {
		err = q.caller.Hidden(area)
	}
	return e, err
}

// areaOf is where a thing lies.
func areaOf(e *entity.Entity) string { return e.Area }

// each shows every item of a list; an empty list is answered as one, not left out.
func each[T, U any](list []T, show func(*T) U) []U {
	shown := make([]U, len(list))
	for i := range list {
		shown[i] = show(&list[i])
	}
	return shown
}
