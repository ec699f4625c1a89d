// Package loans has the pages of the sponsor's credit work: the portfolio and what of it is at risk, what is due and what is overdue, one loan
// with its schedule always open, borrowers, outlets, guarantee pools, extensions, lenders' statements, closes of day, and what is printed or
// sent to borrowers.
//
//	GET  /loans                          the portfolio, broken down as the address asks
//	GET  /loans/all, /due, /arrears      lists of loans
//	GET  /loans/loan/{book}/{id}         one loan; below it contract, receipt/{seq} and extension/{seq} to print
//	GET  /loans/borrower/{book}/{id}     a borrower; likewise outlet and pool
//	GET  /loans/applications, /pools, /extensions, /statements, /subsidies
//	GET  /loans/messages                 texts for borrowers' telephones
//	GET  /loans/closing                  closes of day; POST begins one
//
// Every table is at the same address, or below it, with .csv to download. Lists say what the last close of day found; the page of a loan derives it anew.
// Nothing is shown beyond the areas that the visitor serves, and names of households only to those who may see personal data there.
package loans

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/lending"
	"lastmile/internal/store"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

//go:embed text/*.json
var files embed.FS

// Source has the texts, for view.New.
func Source() view.Source {
	texts, err := fs.Sub(files, "text")
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return view.Source{Texts: texts}
}

// Path is where the pages are mounted.
const Path = "/loans"

// Pages are the loan pages of a store.
type Pages struct {
	store  *store.Store
	guard  *session.Guard
	dayEnd *lending.DayEnd
}

// New makes the pages of a store. dayEnd is the background work that closes days; nil when this program has none.
func New(s *store.Store, guard *session.Guard, dayEnd *lending.DayEnd) *Pages {
	return &Pages{store: s, guard: guard, dayEnd: dayEnd}
}

// Routes mounts the pages.
func (p *Pages) Routes(mux session.Router) {
	for pattern, page := range map[string]func(*request) error{
		"GET " + Path:                                       (*request).portfolio,
		"GET " + Path + ".csv":                              (*request).portfolioCSV,
		"GET " + Path + "/all":                              (*request).all,
		"GET " + Path + "/all.csv":                          (*request).listCSV,
		"GET " + Path + "/due":                              (*request).due,
		"GET " + Path + "/due.csv":                          (*request).listCSV,
		"GET " + Path + "/arrears":                          (*request).arrears,
		"GET " + Path + "/arrears.csv":                      (*request).listCSV,
		"GET " + Path + "/applications":                     (*request).applications,
		"GET " + Path + "/applications.csv":                 (*request).applicationsCSV,
		"GET " + Path + "/loan/{book}/{id}":                 (*request).loan,
		"GET " + Path + "/loan/{book}/{id}/schedule.csv":    (*request).scheduleCSV,
		"GET " + Path + "/loan/{book}/{id}/receipts.csv":    (*request).receiptsCSV,
		"GET " + Path + "/loan/{book}/{id}/history.csv":     (*request).historyCSV,
		"GET " + Path + "/loan/{book}/{id}/versions.csv":    (*request).versionsCSV,
		"GET " + Path + "/loan/{book}/{id}/contract":        (*request).contract,
		"GET " + Path + "/loan/{book}/{id}/receipt/{seq}":   (*request).receipt,
		"GET " + Path + "/loan/{book}/{id}/extension/{seq}": (*request).extension,
		"GET " + Path + "/borrower/{book}/{id}":             (*request).borrower,
		"GET " + Path + "/outlet/{book}/{id}":               (*request).outlet,
		"GET " + Path + "/pools":                            (*request).pools,
		"GET " + Path + "/pools.csv":                        (*request).poolsCSV,
		"GET " + Path + "/pool/{book}/{id}":                 (*request).pool,
		"GET " + Path + "/pool/{book}/{id}/calls.csv":       (*request).callsCSV,
		"GET " + Path + "/pool/{book}/{id}/ratios.csv":      (*request).ratiosCSV,
		"GET " + Path + "/extensions":                       (*request).extensions,
		"GET " + Path + "/extensions.csv":                   (*request).extensionsCSV,
		"GET " + Path + "/statements":                       (*request).statements,
		"GET " + Path + "/statements.csv":                   (*request).statementsCSV,
		"GET " + Path + "/subsidies":                        (*request).subsidies,
		"GET " + Path + "/subsidies.csv":                    (*request).subsidiesCSV,
		"GET " + Path + "/messages":                         (*request).messages,
		"GET " + Path + "/messages.csv":                     (*request).messagesCSV,
		"GET " + Path + "/closing":                          (*request).closing,
		"GET " + Path + "/closing.csv":                      (*request).closingCSV,
		"GET " + Path + "/closing/unclosed.csv":             (*request).unclosedCSV,
		"GET " + Path + "/closing/bar":                      (*request).closingBar,
		"POST " + Path + "/closing":                         (*request).closeNow,
	} {
		mux.HandleFunc(pattern, p.handler(page))
	}
}

// request is one reader asking for one page.
type request struct {
	*http.Request
	pages *Pages
	w     http.ResponseWriter
	ctx   context.Context
	visit *session.Visit
	page  view.Page
	words wording.Words
	read  *reading.Reading
	err   error // first error of a look-up in the middle of a sentence
}

func (p *Pages) handler(make func(*request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{Request: r, pages: p, w: w, ctx: r.Context(), visit: session.Of(r), page: p.guard.Page(r)}
		q.words = p.guard.Words(q.page)
		if q.visit == nil {
			p.guard.Refuse(w, r, fault.New(fault.Forbidden, "session.none", "you are not logged in").Mend("Log in."))
			return
		}
		var err error
		if q.read, err = p.guard.Reading(q.ctx); err == nil {
			err = make(q)
		}
		if err == nil {
			err = q.err
		}
		if err != nil {
			p.guard.Refuse(w, r, err)
		}
	}
}

// text writes a message of this package.
func (q *request) text(key string, arguments ...any) string {
	return q.words.Text("loans."+key, arguments...)
}

func (q *request) write(key string, arguments ...any) view.Prose {
	return view.Write(q.page.Printer, "loans."+key, arguments...)
}

func (q *request) show(heading view.Heading, body ...view.Component) error {
	if q.err != nil {
		return q.err
	}
	q.pages.guard.Show(q.w, q.Request, http.StatusOK, view.Stack{Page: q.page, Heading: heading, Body: body})
	return nil
}

// money writes an amount in full, sum one for reading.
func (q *request) money(fen int64) string { return q.words.Amount(fen, locale.Yuan) }
func (q *request) sum(fen int64) string   { return q.words.Money(fen, locale.Yuan) }

// key writes an amount for a sentence or as a key figure: in full as far as that fits a narrow screen.
func (q *request) key(fen int64) string {
	const widest = 100_000_000 // a million
	if fen >= widest {
		return q.sum(fen)
	}
	return q.money(fen)
}

func (q *request) date(d date.Date) string {
	if d == "" {
		return "–"
	}
	return strings.ReplaceAll(q.words.Date(d), " ", "\u00a0")
}

// share writes a part of a whole in percent.
func (q *request) share(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return q.words.Share(part, whole)
}

// percent writes a rate in parts per million.
func percent(ppm int64) string {
	text := strings.TrimRight(figure.FormatDecimal(ppm, 4), "0")
	return strings.TrimSuffix(text, ".") + "%"
}

// sums adds up the loans of a filter, once until something is recorded or a day is closed.
func (q *request) sums(f lending.Filter) (lending.Sums, error) {
	closed, err := lending.LastClosed(q.ctx, q.db(), f.Book)
	if err != nil {
		return lending.Sums{}, err
	}
	f.Sort, f.Limit, f.Offset = "", 0, 0
	return reading.Remember(q.ctx, q.read.Book(f.Book), fmt.Sprintf("loans %s %v", closed, f), func(ctx context.Context) (lending.Sums, error) {
		return lending.Add(ctx, q.pages.store.DB, f)
	})
}

// name is what a thing is called, in the reader's script where its name is written in both; its code when nothing else is known.
func (q *request) name(book, typ, id string) string {
	if id == "" {
		return "–"
	}
	name, err := reading.Remember(q.ctx, q.read.Names, "name "+book+" "+typ+" "+id, func(ctx context.Context) (string, error) {
		for _, b := range []string{book, entity.Headquarters} {
			if e, ok, err := entity.Get(ctx, q.pages.store.DB, b, typ, id); err != nil || ok {
				return e.Name, err
			}
		}
		return id, nil
	})
	if err != nil {
		q.fault(err)
		return id
	}
	if typ == "area" {
		return q.words.Place(name)
	}
	return q.words.Name(name)
}

// borrowerName is a borrower's name, and for those who may not see personal data of the area a household's code.
func (q *request) borrowerName(book, id, segment, area string) string {
	if segment == "household" {
		personal, err := q.visit.SeesPersonal(q.ctx, area)
		if err != nil {
			q.fault(err)
		}
		if !personal {
			return id
		}
	}
	return q.name(book, "party", id)
}

func (q *request) fault(err error) {
	if q.err == nil {
		q.err = err
	}
}

// choice is the label of a value of a field of a kind.
func (q *request) choice(kind, field, value string) string {
	return q.words.Choice(fact.Find(kind).Field(field), value)
}

// within is a label in the middle of a sentence.
func (q *request) within(label string) string {
	first, size := utf8.DecodeRuneInString(label)
	if next, _ := utf8.DecodeRuneInString(label[size:]); unicode.IsUpper(next) { // ACT/360
		return label
	}
	return string(unicode.ToLower(first)) + label[size:]
}

// link joins the parts of a path below Path, each escaped.
func link(parts ...string) string {
	path := Path
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

// label names a column of a listing.
func (q *request) label(key string) string { return q.text("column." + key) }

// download sends a listing as a table, unless a look-up failed on the way to it.
func download[T any](q *request, name string, l listing.Listing[T]) error {
	if q.err != nil {
		return q.err
	}
	return l.CSV(q.w, q.URL, name)
}

func (q *request) csvNote(href string) view.Prose {
	return view.Prose{{Link: &view.Link{Label: "CSV", Href: href}}}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// entryHref is the address of an entry's own page.
func entryHref(book string, seq int64) string {
	return "/entries/" + url.PathEscape(book) + "/" + itoa(seq)
}

// crumbs lead to a page below the portfolio.
func (q *request) crumbs(links ...view.Link) []view.Link {
	return append([]view.Link{{Label: q.text("title"), Href: Path}}, links...)
}
