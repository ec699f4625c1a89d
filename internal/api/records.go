package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

var (
	pathType = param{"type", "path", "Type of thing: area, party, project, fund, loan, household …", true}
	pathID   = param{"id", "path", "Code of the thing in its book.", true}
	pathHash = param{"hash", "path", "SHA-256 of a file, hex.", true}
	oneBook  = param{"book", "query", "One book only.", false}
)

// recordOperations read what facts have made: things, balances, effects, files.
func recordOperations() []operation {
	return []operation{
		{method: "GET", path: "/things/{type}", id: "listThings", summary: "Things that facts have named, such as areas, projects or loans, book by book", scope: read,
			params: []param{pathType, oneBook, {"text", "query", "Part of the code or name.", false}, {"class", "query", "Level of an area, kind of a party, channel of a project …", false},
				{"area", "query", "Area that it lies in itself.", false}, {"parent", "query", "What it is a part of.", false}, cursor, limit}, result: Things{}, do: listThings},
		{method: "GET", path: "/things/{type}/{book}/{id}", id: "getThing", summary: "One thing, with the entries about it that you may see", scope: read, params: []param{pathType, pathBook, pathID},
			result: File{}, do: getThing},
		{method: "GET", path: "/balances", id: "listBalances", summary: "What accounts hold, by commodity and fund", scope: read,
			params: []param{oneBook, {"class", "query", "Class of account, such as treasury, store or loan; left out, all inside the programme.", false}, {"commodity", "query", "CNY, or a code of goods.", false},
				{"project", "query", "Of one project.", false}}, result: Balances{}, do: listBalances},
		{method: "GET", path: "/entries/{book}/{seq}/effects", id: "getEffects", summary: "What an entry moved and counted", scope: read, params: []param{pathBook, pathSeq}, result: Effects{}, do: getEffects},
		{method: "GET", path: "/entries/{book}/{seq}/evidence/{hash}", id: "getEvidence", summary: "A photograph or PDF that proves an entry", scope: read, params: []param{pathBook, pathSeq, pathHash},
			result: served{}, do: getEvidence},
		{method: "GET", path: "/books", id: "listBooks", summary: "The books, each with the number and hash of its last entry", scope: read, result: Books{}, do: listBooks},
	}
}

// Things is a page of things.
type Things struct {
	Things []entity.Entity `json:"things"`
	Next   string          `json:"next,omitempty" doc:"Cursor of the next page; left out on the last."`
}

// defining is the kind of fact that names things of a type.
func defining(typ string) (*fact.Kind, error) {
	for _, k := range fact.Kinds() {
		if k.Defines == typ {
			return k, nil
		}
	}
	return nil, fault.New(fault.NotFound, "type.unknown", "there is no type of thing %q", typ).For("type").Mend("Use one that a kind of fact defines, such as area, party, project or fund.")
}

// seesThing tells whether the caller may see a thing, as they may see the entry that names it. What says no area of its own, such as a milestone,
// is its county's.
func (q *call) seesThing(k *fact.Kind, e *entity.Entity) (bool, error) {
	area := e.Area
	if area == "" && e.Book != entity.Headquarters {
		area = e.Book
	}
	return q.caller.SeesEntry(q.ctx, &journal.Entry{Book: e.Book, Kind: k.Name, Area: area})
}

func listThings(q *call) (any, error) {
	k, err := defining(q.PathValue("type"))
	if err != nil {
		return nil, err
	}
	heads, err := journal.Heads(q.ctx, q.api.store.DB)
	if err != nil {
		return nil, err
	}
	values := q.URL.Query()
	var books []string
	for _, h := range heads {
		if asked := values.Get("book"); asked == "" || asked == h.Book {
			books = append(books, h.Book)
		}
	}
	f := entity.Filter{Type: k.Defines, Text: values.Get("text"), Class: values.Get("class"), Area: values.Get("area"), Parent: values.Get("parent")}
	list, next, err := q.walk(books, f, func(e *entity.Entity) (bool, error) { return q.seesThing(k, e) })
	return Things{list, next}, err
}

// walk reads a page of things by code, book by book, and keeps those that the caller is to see. A page costs what is read for it.
func (q *call) walk(books []string, f entity.Filter, keep func(*entity.Entity) (bool, error)) (list []entity.Entity, next string, err error) {
	n, err := q.limit()
	if err != nil {
		return nil, "", err
	}
	fromBook, after, err := q.place()
	if err != nil {
		return nil, "", err
	}
	list, looked := []entity.Entity{}, 0
	for _, book := range books {
		if book < fromBook {
			continue
		}
		f.Book, f.After, f.Limit = book, "", limitMax
		if book == fromBook {
			f.After = after
		}
		for more := true; more; {
			some, err := entity.Find(q.ctx, q.db(), f)
			if err != nil {
				return nil, "", err
			}
			more = len(some) == f.Limit
			for i := range some {
				if len(list) == n || looked == lookedMax {
					return list, placeCursor(book, f.After), nil
				}
				looked++
				f.After = some[i].ID
				kept, err := keep(&some[i])
				if err != nil {
					return nil, "", err
				}
				if kept {
					list = append(list, some[i])
				}
			}
		}
	}
	return list, "", nil
}

// File is a thing with the entries about it.
type File struct {
	Thing   entity.Entity `json:"thing"`
	Entries []Entry       `json:"entries" doc:"Entries filed under it, in the order of recording, less those that were taken back. The entry that names it is at thing.seq."`
}

func getThing(q *call) (any, error) {
	k, err := defining(q.PathValue("type"))
	if err != nil {
		return nil, err
	}
	book, id := q.PathValue("book"), q.PathValue("id")
	e, ok, err := entity.Get(q.ctx, q.api.store.DB, book, k.Defines, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "ref.unknown", "book %s has no %s %q", book, k.Defines, id).For("id").Mend("Look the code up at %s/things/%s.", Path, k.Defines)
	}
	if sees, err := q.seesThing(k, &e); err != nil {
		return nil, err
	} else if !sees {
		return nil, q.caller.Hidden(e.Area)
	}
	filed, err := journal.File(q.ctx, q.api.store.DB, book, k.Defines, id)
	if err != nil {
		return nil, err
	}
	f := File{Thing: e, Entries: []Entry{}}
	for i := range filed {
		sees, err := q.seesEntry(&filed[i].Entry)
		if err != nil {
			return nil, err
		}
		if !sees {
			continue
		}
		x, err := q.show(&filed[i].Entry)
		if err != nil {
			return nil, err
		}
		f.Entries = append(f.Entries, x)
	}
	return f, nil
}

// placeCursor and place carry the code after which a page begins.
func placeCursor(book, after string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(book + ":" + after))
}

func (q *call) place() (book, after string, err error) {
	text := q.URL.Query().Get("cursor")
	if text == "" {
		return "", "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	book, after, ok := strings.Cut(string(raw), ":")
	if err != nil || !ok {
		return "", "", fault.New(fault.Invalid, "cursor.wrong", "the cursor is not one that was given out").For("cursor").Mend("Begin at the first page.")
	}
	return book, after, nil
}

// Balances is what accounts hold.
type Balances struct {
	Balances []Balance `json:"balances"`
}

// Balance is what one account holds of one commodity and fund.
type Balance struct {
	Book      string `json:"book"`
	Account   string `json:"account"`
	Class     string `json:"class"`
	Owner     string `json:"owner"`
	Project   string `json:"project,omitempty"`
	Area      string `json:"area,omitempty"`
	Commodity string `json:"commodity"`
	Fund      string `json:"fund,omitempty"`
	Amount    string `json:"amount" doc:"Decimal yuan of CNY, pieces of goods."`
}

// amountOf writes an amount of a commodity.
func amountOf(commodity string, amount int64) string {
	if commodity == ledger.Currency {
		return fact.Money(amount).String()
	}
	return fmt.Sprint(amount)
}

func listBalances(q *call) (any, error) {
	values := q.URL.Query()
	f := ledger.BalanceFilter{Book: values.Get("book"), Class: values.Get("class"), Commodity: values.Get("commodity"), Project: values.Get("project")}
	f.Inside = f.Class == ""
	list, err := ledger.FindBalances(q.ctx, q.api.store.DB, f)
	if err != nil {
		return nil, err
	}
	all := Balances{Balances: []Balance{}}
	for _, b := range list {
		sees, err := q.caller.Sees(q.ctx, b.Area)
		if err != nil {
			return nil, err
		}
		if sees {
			all.Balances = append(all.Balances, showBalance(&b))
		}
	}
	return all, nil
}

// Effects is what an entry moved and counted.
type Effects struct {
	Postings     []Posting     `json:"postings"`
	Observations []Observation `json:"observations"`
}

// Posting is an amount that moved from one account to another.
type Posting struct {
	Flow      string `json:"flow" doc:"Why it moved."`
	From      string `json:"from"`
	To        string `json:"to"`
	Commodity string `json:"commodity"`
	Fund      string `json:"fund,omitempty"`
	Amount    string `json:"amount"`
	Project   string `json:"project,omitempty"`
	Area      string `json:"area,omitempty"`
	Sign      int64  `json:"sign" doc:"-1 when it takes back an earlier posting."`
}

// Observation is something that was counted or measured.
type Observation struct {
	Measure string `json:"measure"`
	Value   int64  `json:"value" doc:"In the measure's unit; money in fen, dates as YYYYMMDD."`
	Subject string `json:"subject,omitempty" doc:"Who or what was counted."`
	Project string `json:"project,omitempty"`
	Area    string `json:"area,omitempty"`
	Sign    int64  `json:"sign" doc:"-1 when it takes back an earlier observation."`
}

func getEffects(q *call) (any, error) {
	book, seq, err := q.at()
	if err != nil {
		return nil, err
	}
	if _, err := q.entry(book, seq); err != nil {
		return nil, err
	}
	postings, err := ledger.Postings(q.ctx, q.api.store.DB, book, seq)
	if err != nil {
		return nil, err
	}
	observations, err := figure.Observations(q.ctx, q.api.store.DB, book, seq)
	if err != nil {
		return nil, err
	}
	e := Effects{Postings: []Posting{}, Observations: []Observation{}}
	for _, p := range postings {
		e.Postings = append(e.Postings, showPosting(&p))
	}
	for _, o := range observations {
		e.Observations = append(e.Observations, Observation{o.Measure, o.Value, o.Subject, o.Project, o.Area, o.Sign})
	}
	return e, nil
}

// served is a file that is answered as it is.
type served struct{ path, mediaType string }

func (f served) send(w http.ResponseWriter, r *http.Request) error {
	file, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	w.Header().Set("Content-Type", f.mediaType)
	w.Header().Set("Content-Disposition", "attachment")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", info.ModTime(), file)
	return nil
}

func getEvidence(q *call) (any, error) {
	book, seq, err := q.at()
	if err != nil {
		return nil, err
	}
	e, err := q.entry(book, seq)
	if err != nil {
		return nil, err
	}
	hash := q.PathValue("hash")
	if !slices.Contains(e.Evidence, hash) {
		return nil, fault.New(fault.NotFound, "evidence.unknown", "entry %s:%d is not proved by a file %s", book, seq, hash).For("hash").Mend("Use a hash that the entry lists.")
	}
	path, err := q.api.store.Evidence.Path(hash)
	if err != nil {
		return nil, fmt.Errorf("find evidence: %w", err)
	}
	mediaType, err := q.api.store.Evidence.Type(hash)
	if err != nil {
		return nil, err
	}
	return served{path, mediaType}, nil
}

// Books is the books of the store.
type Books struct {
	Books []Book `json:"books"`
}

// Book is a book with its end: whoever keeps the hash can tell later that nothing before it was changed.
type Book struct {
	Book string `json:"book"`
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

func listBooks(q *call) (any, error) {
	heads, err := journal.Heads(q.ctx, q.api.store.DB)
	if err != nil {
		return nil, err
	}
	list := Books{Books: []Book{}}
	for _, h := range heads {
		list.Books = append(list.Books, Book{h.Book, h.Seq, h.Hash.String()})
	}
	return list, nil
}
