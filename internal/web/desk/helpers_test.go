package desk_test

import (
	"strconv"
	"testing"

	"lastmile/internal/journal"
	"lastmile/internal/web/webtest"
)

// last is the newest entry of a book.
func last(t *testing.T, app *webtest.App, book string) journal.Entry {
	t.Helper()
	var newest journal.Entry
	err := journal.Each(t.Context(), app.Store.DB, journal.Filter{Book: book, Limit: 1, Descending: true}, func(e journal.Entry) error { newest = e; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return newest
}

func position(e journal.Entry) string { return e.Book + ":" + strconv.FormatInt(e.Seq, 10) }
