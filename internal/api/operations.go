package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/evidence"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
)

// operation is one thing that programs can do.
type operation struct {
	group        string // what it is about
	method, path string
	id           string // name in the document
	summary      string
	scope        string
	params       []param
	body         any      // example of the type that is sent; nil for none
	facts        bool     // the body holds a fact of the kind in the path
	sends        []string // media types of a file that is the body; nil for JSON or nothing
	result       any      // example of the type that is answered
	created      bool     // answers 201 the first time
	do           func(*call) (any, error)
}

// param is a parameter of an operation, in the path, the query or a header.
type param struct {
	name, in, doc string
	required      bool
}

var (
	pathKind   = param{"kind", "path", "Name of a kind of fact.", true}
	pathBook   = param{"book", "path", "Book: a county's code, or hq.", true}
	pathSeq    = param{"seq", "path", "Number of the entry in its book.", true}
	pathFigure = param{"id", "path", "Code of the figure.", true}
	area       = param{"area", "query", "Official code of an area that you serve; left out, the whole programme.", false}
	asOf       = param{"as_of", "query", "What had happened by this day, as 2020-03-14.", false}
	cursor     = param{"cursor", "query", "What the page before gave as next.", false}
	limit      = param{"limit", "query", "Most items of a page, 1 to 500; 100 when left out.", false}
)

// photos and tables are what can be sent as a file.
var (
	photos = []string{"image/png", "image/jpeg", "image/webp", "application/pdf"}
	tables = []string{"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/jsonl"}
)

// groups are what operations are about, in the order in which they are listed.
var groups = []struct {
	name       string
	operations []operation
}{
	{"facts", factOperations()}, {"records", recordOperations()}, {"money", moneyOperations()}, {"work", workOperations()}, {"imports", importOperations()}, {"register", slices.Concat(householdOperations(), caseOperations())},
	{"targeting", targetingOperations()}, {"loans", loanOperations()}, {"industry", industryOperations()}, {"goods", goodsOperations()}, {"access", accountOperations()},
}

// operations are all of them. Routes and document are made from this list.
var operations = func() (all []operation) {
	for _, g := range groups {
		for _, o := range g.operations {
			o.group = g.name
			all = append(all, o)
		}
	}
	return all
}()

// factOperations record facts, approve them, and read entries and figures.
func factOperations() []operation {
	return []operation{
		{method: "GET", path: "/kinds", id: "listKinds", summary: "The kinds of fact, and whether you may record them", scope: read, result: Kinds{}, do: listKinds},
		{method: "GET", path: "/kinds/{kind}", id: "getKind", summary: "The JSON Schema of a kind of fact", scope: read, params: []param{pathKind}, result: map[string]any{}, do: getKind},
		{method: "POST", path: "/facts/{kind}", id: "recordFact", summary: "Record a fact, or propose it where a second person must agree", scope: record,
			params: []param{pathKind, {"Idempotency-Key", "header", "Your own key for this fact, at most 100 characters without spaces. Sent twice it is recorded once.", true}},
			body:   Fact{}, facts: true, result: fact.Receipt{}, created: true, do: recordFact},
		{method: "POST", path: "/evidence", id: "keepEvidence", summary: "Keep a photograph or PDF; facts name it by the hash in the answer", scope: record, sends: photos, result: Kept{}, created: true, do: keepEvidence},
		{method: "GET", path: "/entries", id: "listEntries", summary: "Entries as they were recorded, book by book", scope: read,
			params: []param{{"book", "query", "One book only.", false}, {"kind", "query", "One kind only.", false}, {"actor", "query", "Recorded by one person only.", false}, cursor, limit}, result: Entries{}, do: listEntries},
		{method: "GET", path: "/entries/{book}/{seq}", id: "getEntry", summary: "One entry", scope: read, params: []param{pathBook, pathSeq}, result: Entry{}, do: getEntry},
		{method: "GET", path: "/figures", id: "listFigures", summary: "All figures with their values", scope: read, params: []param{area, asOf}, result: Figures{}, do: listFigures},
		{method: "GET", path: "/figures/{id}", id: "getFigure", summary: "One figure, whole or by a dimension", scope: read,
			params: []param{pathFigure, area, asOf, {"by", "query", "area, project, fund, year or month.", false}}, result: Figure{}, do: getFigure},
		{method: "GET", path: "/figures/{id}/lineage", id: "getLineage", summary: "The entries behind a figure; their contributions add up to it", scope: read,
			params: []param{pathFigure, area, asOf, cursor, limit}, result: Lineage{}, do: getLineage},
		{method: "GET", path: "/claims", id: "listClaims", summary: "What was said about the programme, beside what the records give", scope: read, result: Claims{}, do: listClaims},
		{method: "GET", path: "/proposals", id: "listProposals", summary: "What waits for a second person, or was decided", scope: read,
			params: []param{{"status", "query", "waiting, approved or sent-back; waiting when left out.", false}}, result: Proposals{}, do: listProposals},
		{method: "POST", path: "/proposals/{book}/{seq}", id: "decideProposal", summary: "Approve a proposal, or send it back with a reason", scope: approve, params: []param{pathBook, pathSeq},
			body: Decision{}, result: fact.Receipt{}, created: true, do: decide},
	}
}

// Kinds is the list of kinds.
type Kinds struct {
	Kinds []Kind `json:"kinds"`
}

// Kind is one kind of fact.
type Kind struct {
	Name       string   `json:"name"`
	En         string   `json:"en" doc:"Label in English."`
	Zh         string   `json:"zh" doc:"Label in Chinese."`
	About      string   `json:"about" doc:"What it is for."`
	By         []string `json:"by" doc:"Roles that may record it."`
	ApprovedBy string   `json:"approved_by,omitempty" doc:"Role of the second person, where one must agree."`
	Yours      bool     `json:"yours" doc:"Whether you may record it."`
}

func listKinds(q *call) (any, error) {
	list := Kinds{Kinds: []Kind{}}
	for _, k := range fact.Kinds() {
		one := Kind{Name: k.Name, En: k.En, Zh: k.Zh, About: k.Doc(), By: append([]string{}, k.By...), Yours: q.caller.MayRecord(k)}
		if k.Approval != nil {
			one.ApprovedBy = k.Approval.Role
		}
		list.Kinds = append(list.Kinds, one)
	}
	return list, nil
}

func (q *call) kind() (*fact.Kind, error) {
	name := q.PathValue("kind")
	if k := fact.Find(name); k != nil {
		return k, nil
	}
	return nil, fault.New(fault.NotFound, "kind.unknown", "there is no kind of fact %q", name).For("kind").Mend("List them at %s/kinds.", Path)
}

func getKind(q *call) (any, error) {
	k, err := q.kind()
	if err != nil {
		return nil, err
	}
	return k.JSONSchema(), nil
}

// Fact is a fact to be recorded.
type Fact struct {
	On       string          `json:"on" doc:"Effective date: when it happened, as 2020-03-14."`
	Book     string          `json:"book,omitempty" doc:"Book: a county's code, or hq. May be left out where the fact itself shows it."`
	Corrects string          `json:"corrects,omitempty" doc:"BOOK:SEQ of the entry that it takes back and replaces."`
	Evidence []string        `json:"evidence,omitempty" doc:"SHA-256 of files kept before."`
	Fact     json.RawMessage `json:"fact" doc:"The fields of the kind."`
}

func (q *call) decode(into any) error {
	d := json.NewDecoder(q.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(large)
	case err != nil:
		return fault.New(fault.Invalid, "json.object", "the body is not a JSON object of the right form: %v", err).Mend("See %s.", DocumentPath)
	}
	return nil
}

func tooLarge(large *http.MaxBytesError) error {
	return fault.New(fault.Invalid, "request.large", "what was sent is larger than %d MB", large.Limit>>20).Mend("Send less at a time.")
}

func position(text string) (book string, seq int64, err error) {
	book, number, ok := strings.Cut(text, ":")
	if ok {
		seq, err = strconv.ParseInt(number, 10, 64)
	}
	if !ok || err != nil || seq < 1 {
		return "", 0, parameter("corrects", text)
	}
	return book, seq, nil
}

func parameter(name, value string) *fault.Error {
	return fault.New(fault.Invalid, "parameter.wrong", "the parameter %s cannot be read: %q", name, value).For(name).Mend("See %s.", DocumentPath)
}

func (q *call) mayNotRecord(k *fact.Kind) error {
	return fault.New(fault.Forbidden, "kind.by", "%s may not record a %s", q.caller.Person, k.Name).Mend("It takes one of these roles: %s.", strings.Join(k.By, ", "))
}

func recordFact(q *call) (any, error) {
	k, err := q.kind()
	if err != nil {
		return nil, err
	}
	if !q.caller.MayRecord(k) {
		return nil, q.mayNotRecord(k)
	}
	var sent Fact
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	var p fact.Problems
	key := q.Header.Get("Idempotency-Key")
	if key == "" {
		p.Add("Idempotency-Key", "key.form", "the key %q is too long or has spaces", key).Mend("Send the header Idempotency-Key with a key of your own, such as a UUID.")
	}
	on, err := date.Parse(sent.On)
	if sent.On == "" {
		p.Add("on", "field.required", "the date is missing").Mend("Say when it happened, as 2020-03-14.")
	} else if err != nil {
		p.Add("on", "field.date", "%q is not a date", sent.On).Mend("Write it as 2020-03-14.")
	}
	d := fact.Draft{Book: sent.Book, Key: key, On: on, Actor: q.caller.Person, Source: "api", Evidence: sent.Evidence}
	if sent.Corrects != "" {
		if d.Book, d.Corrects, err = position(sent.Corrects); err != nil {
			return nil, err
		}
		if _, err := q.entry(d.Book, d.Corrects); err != nil {
			return nil, err
		}
	}
	d.Fact = k.Decode(string(sent.Fact), "", &p)
	k.Check(d.Fact, &p)
	if err := p.Err(); err != nil {
		return nil, err
	}
	receipts, err := q.api.store.Recorder.Record(q.ctx, d)
	if err != nil {
		return nil, err
	}
	if !receipts[0].Again {
		q.status = http.StatusCreated
	}
	return receipts[0], nil
}

// Kept is a file of evidence.
type Kept struct {
	Hash string `json:"hash" doc:"SHA-256, hex."`
}

func keepEvidence(q *call) (any, error) {
	if !q.caller.Holds(rolesThatRecord()...) {
		return nil, fault.New(fault.Forbidden, "kind.by", "%s may record nothing", q.caller.Person).Mend("Ask an administrator for a role.")
	}
	hash, err := q.api.store.Evidence.Put(io.LimitReader(q.Body, evidence.SizeMax+1))
	if err != nil {
		return nil, err
	}
	q.status = http.StatusCreated
	return Kept{hash}, nil
}

func rolesThatRecord() []string {
	var roles []string
	for _, k := range fact.Kinds() {
		roles = append(roles, k.By...)
	}
	return roles
}

// Entries is a page of entries.
type Entries struct {
	Entries []Entry `json:"entries"`
	Next    string  `json:"next,omitempty" doc:"Cursor of the next page; left out on the last."`
}

// Entry is one recorded fact.
type Entry struct {
	Book       string          `json:"book"`
	Seq        int64           `json:"seq"`
	Kind       string          `json:"kind"`
	On         date.Date       `json:"on" doc:"When it happened."`
	RecordedAt string          `json:"recorded_at" doc:"When it was recorded, UTC."`
	Actor      string          `json:"actor" doc:"Who recorded or prepared it."`
	Approvers  []string        `json:"approvers,omitempty"`
	Source     string          `json:"source"`
	Reverses   int64           `json:"reverses,omitempty" doc:"Entry of the same book that this one takes back."`
	Grade      string          `json:"grade" doc:"traced, partly or reported."`
	Area       string          `json:"area,omitempty"`
	Evidence   []string        `json:"evidence,omitempty" doc:"SHA-256 of files."`
	Hash       string          `json:"hash"`
	Fact       json.RawMessage `json:"fact" doc:"The public fields."`
	Personal   json.RawMessage `json:"personal,omitempty" doc:"The personal fields, for those who may see them."`
}

func (q *call) show(e *journal.Entry) (Entry, error) {
	x := Entry{Book: e.Book, Seq: e.Seq, Kind: e.Kind, On: e.On, RecordedAt: time.UnixMicro(e.RecordedAt).UTC().Format(time.RFC3339Nano), Actor: e.Actor, Approvers: e.Approvers,
		Source: e.Source, Reverses: e.Reverses, Grade: e.Grade.String(), Area: e.Area, Evidence: e.Evidence, Hash: e.Hash.String(), Fact: json.RawMessage(e.Body)}
	if e.Private == "" {
		return x, nil
	}
	personal, err := q.caller.SeesPersonal(q.ctx, e.Area)
	if personal || e.Actor == q.caller.Person {
		x.Personal = json.RawMessage(e.Private)
	}
	return x, err
}

func (q *call) entry(book string, seq int64) (*journal.Entry, error) {
	e, ok, err := journal.Get(q.ctx, q.api.store.DB, book, seq)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "entry.unknown", "book %s has no entry %d", book, seq).For("seq").Mend("Look the number up among the entries.")
	}
	sees, err := q.seesEntry(&e)
	if err == nil && !sees {
		err = fault.New(fault.Forbidden, "entry.hidden", "%s may not see entry %s:%d", q.caller.Person, book, seq).Mend("It lies outside the areas that you serve.")
	}
	return &e, err
}

// seesEntry tells whether the caller may see an entry; everybody sees their own.
func (q *call) seesEntry(e *journal.Entry) (bool, error) {
	if e.Actor == q.caller.Person {
		return true, nil
	}
	return q.caller.SeesEntry(q.ctx, e)
}

func (q *call) at() (book string, seq int64, err error) {
	seq, err = strconv.ParseInt(q.PathValue("seq"), 10, 64)
	if err != nil {
		return "", 0, parameter("seq", q.PathValue("seq"))
	}
	return q.PathValue("book"), seq, nil
}

func getEntry(q *call) (any, error) {
	book, seq, err := q.at()
	if err != nil {
		return nil, err
	}
	e, err := q.entry(book, seq)
	if err != nil {
		return nil, err
	}
	return q.show(e)
}

const (
	limitDefault = 100
	limitMax     = 500
	lookedMax    = 5000 // entries read for one page, of which the caller may see few
)

func (q *call) limit() (int, error) {
	text := q.URL.Query().Get("limit")
	if text == "" {
		return limitDefault, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > limitMax {
		return 0, parameter("limit", text)
	}
	return n, nil
}

func makeCursor(book string, seq int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(book + ":" + strconv.FormatInt(seq, 10)))
}

// cursor gives the position after which a page begins.
func (q *call) cursor() (book string, seq int64, err error) {
	text := q.URL.Query().Get("cursor")
	if text == "" {
		return "", 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	book, number, ok := strings.Cut(string(raw), ":")
	if err == nil && ok {
		seq, err = strconv.ParseInt(number, 10, 64)
	}
	if err != nil || !ok || seq < 0 {
		return "", 0, fault.New(fault.Invalid, "cursor.wrong", "the cursor is not one that was given out").For("cursor").Mend("Begin at the first page.")
	}
	return book, seq, nil
}

func listEntries(q *call) (any, error) {
	n, err := q.limit()
	if err != nil {
		return nil, err
	}
	fromBook, fromSeq, err := q.cursor()
	if err != nil {
		return nil, err
	}
	values := q.URL.Query()
	heads, err := journal.Heads(q.ctx, q.api.store.DB)
	if err != nil {
		return nil, err
	}
	page, looked := Entries{Entries: []Entry{}}, 0
	for _, h := range heads {
		if h.Book < fromBook || values.Get("book") != "" && h.Book != values.Get("book") {
			continue
		}
		f := journal.Filter{Book: h.Book, Kind: values.Get("kind"), Actor: values.Get("actor"), Limit: limitMax}
		if h.Book == fromBook {
			f.After = fromSeq
		}
		for more := true; more; {
			list, err := q.read(f)
			if err != nil {
				return nil, err
			}
			more = len(list) == f.Limit
			for i := range list {
				if len(page.Entries) == n || looked == lookedMax {
					page.Next = makeCursor(h.Book, f.After)
					return page, nil
				}
				looked++
				f.After = list[i].Seq
				sees, err := q.seesEntry(&list[i])
				if err != nil {
					return nil, err
				}
				if !sees {
					continue
				}
				x, err := q.show(&list[i])
				if err != nil {
					return nil, err
				}
				page.Entries = append(page.Entries, x)
			}
		}
	}
	return page, nil
}

// read gives the entries of a filter whole, before anything else is asked of the store.
func (q *call) read(f journal.Filter) ([]journal.Entry, error) {
	var list []journal.Entry
	err := journal.Each(q.ctx, q.api.store.DB, f, func(e journal.Entry) error {
		list = append(list, e)
		return nil
	})
	return list, err
}

// Figures is all figures.
type Figures struct {
	Figures []Figure `json:"figures"`
}

// Figure is a figure with its value.
type Figure struct {
	ID        string   `json:"id"`
	Version   int64    `json:"version"`
	En        string   `json:"en"`
	Zh        string   `json:"zh"`
	Unit      string   `json:"unit"`
	Aggregate string   `json:"aggregate"`
	Area      string   `json:"area,omitempty" doc:"Area that the value is of; left out for the whole programme."`
	AsOf      string   `json:"as_of,omitempty"`
	Value     string   `json:"value" doc:"Decimal, or a date; empty when nothing is recorded that could give one."`
	Grade     string   `json:"grade" doc:"traced, partly or reported."`
	Traced    int64    `json:"traced" doc:"Records that are proved …"`
	Of        int64    `json:"of" doc:"… of all records."`
	Members   []Member `json:"members,omitempty" doc:"The figure by the dimension that was asked for."`
}

// Member is a figure for one member of a dimension.
type Member struct {
	ID     string `json:"id"`
	Value  string `json:"value"`
	Grade  string `json:"grade"`
	Traced int64  `json:"traced"`
	Of     int64  `json:"of"`
}

// when reads the area, which the caller must be allowed to see, and the day.
func (q *call) when() (figure.At, error) {
	values := q.URL.Query()
	var at figure.At
	var err error
	if text := values.Get("as_of"); text != "" {
		if at.AsOf, err = date.Parse(text); err != nil {
			return at, parameter("as_of", text)
		}
	}
	at.Area = values.Get("area")
	sees, err := q.caller.SeesFigure(q.ctx, at.Area)
	if err == nil && !sees {
		err = q.caller.Hidden(at.Area)
	}
	return at, err
}

func showFigure(v *figure.Value) Figure {
	d := v.Definition
	return Figure{ID: d.ID, Version: d.Version, En: d.En, Zh: d.Zh, Unit: d.Unit, Aggregate: string(d.Aggregate), Area: v.At.Area, AsOf: string(v.At.AsOf),
		Value: v.Decimal(), Grade: v.Grade().String(), Traced: v.Traced, Of: v.Of}
}

func listFigures(q *call) (any, error) {
	at, err := q.when()
	if err != nil {
		return nil, err
	}
	book, err := q.api.store.Figures(q.ctx)
	if err != nil {
		return nil, err
	}
	list := Figures{Figures: []Figure{}}
	for _, d := range book.Definitions() {
		v, err := book.Evaluate(q.ctx, d.ID, at)
		if err != nil {
			return nil, err
		}
		list.Figures = append(list.Figures, showFigure(v))
	}
	return list, nil
}

var dimensions = []string{"area", "project", "fund", "year", "month"}

func getFigure(q *call) (any, error) {
	at, err := q.when()
	if err != nil {
		return nil, err
	}
	book, err := q.api.store.Figures(q.ctx)
	if err != nil {
		return nil, err
	}
	v, err := book.Evaluate(q.ctx, q.PathValue("id"), at)
	if err != nil {
		return nil, err
	}
	f := showFigure(v)
	by := q.URL.Query().Get("by")
	if by == "" {
		return f, nil
	}
	if !slices.Contains(dimensions, by) {
		return nil, parameter("by", by)
	}
	members, err := book.By(q.ctx, f.ID, by, at)
	if err != nil {
		return nil, err
	}
	if members, err = q.seen(by, members); err != nil {
		return nil, err
	}
	f.Members = []Member{}
	for _, m := range members {
		f.Members = append(f.Members, Member{m.ID, m.Value.Decimal(), m.Value.Grade().String(), m.Value.Traced, m.Value.Of})
	}
	return f, nil
}

// seen are the members of a dimension that the caller may see: areas and projects narrow a figure to what lies in them.
func (q *call) seen(by string, members []figure.Member) ([]figure.Member, error) {
	if q.caller.Everywhere() || by != "area" && by != "project" {
		return members, nil
	}
	areas := map[string][]string{} // of each member; a project's code may stand for projects of several books
	for _, m := range members {
		areas[m.ID] = []string{m.ID}
	}
	if by == "project" {
		clear(areas)
		list, err := entity.Find(q.ctx, q.api.store.DB, entity.Filter{Type: "project"})
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			areas[p.ID] = append(areas[p.ID], p.Area)
		}
	}
	var seen []figure.Member
	for _, m := range members {
		all := len(areas[m.ID]) > 0
		for _, area := range areas[m.ID] {
			sees, err := q.caller.Sees(q.ctx, area)
			if err != nil {
				return nil, err
			}
			all = all && sees
		}
		if all {
			seen = append(seen, m)
		}
	}
	return seen, nil
}

// Lineage is a figure and a page of the entries behind it.
type Lineage struct {
	Figure        Figure         `json:"figure"`
	Total         int            `json:"total" doc:"Entries behind it."`
	Hidden        int            `json:"hidden,omitempty" doc:"How many of them lie outside the areas that you serve and are left out."`
	Contributions []Contribution `json:"contributions"`
	Next          string         `json:"next,omitempty"`
}

// Contribution is an entry and what it gives to the figure.
type Contribution struct {
	Book  string    `json:"book,omitempty"`
	Seq   int64     `json:"seq,omitempty"`
	Kind  string    `json:"kind"`
	On    date.Date `json:"on"`
	Area  string    `json:"area,omitempty"`
	Value string    `json:"value"`
	Grade string    `json:"grade"`
}

func getLineage(q *call) (any, error) {
	at, err := q.when()
	if err != nil {
		return nil, err
	}
	n, err := q.limit()
	if err != nil {
		return nil, err
	}
	_, skip, err := q.cursor()
	if err != nil {
		return nil, err
	}
	book, err := q.api.store.Figures(q.ctx)
	if err != nil {
		return nil, err
	}
	v, list, err := book.Lineage(q.ctx, q.PathValue("id"), at)
	if err != nil {
		return nil, err
	}
	l := Lineage{Figure: showFigure(v), Total: len(list), Contributions: []Contribution{}}
	if v.Definition.Aggregate != figure.Ratio { // which opens to its two figures
		var seen []figure.Contribution
		for _, c := range list {
			sees, err := q.seesEntry(&journal.Entry{Book: c.Book, Kind: c.Kind, Area: c.Area})
			if err != nil {
				return nil, err
			}
			if sees {
				seen = append(seen, c)
			}
		}
		l.Hidden, list = len(list)-len(seen), seen
	}
	from := min(int(skip), len(list))
	to := min(from+n, len(list))
	for i := range list[from:to] {
		c := &list[from+i]
		l.Contributions = append(l.Contributions, Contribution{c.Book, c.Seq, c.Kind, c.On, c.Area, c.Decimal(), c.Grade.String()})
	}
	if to < len(list) {
		l.Next = makeCursor("lineage", int64(to))
	}
	return l, nil
}

// Claims is all claims with their verdicts.
type Claims struct {
	Claims []Claim `json:"claims"`
}

// Claim is a sentence with the number it states and what the records give.
type Claim struct {
	ID        string `json:"id"`
	Sentence  string `json:"sentence"`
	Qualifier string `json:"qualifier"`
	Stated    string `json:"stated"`
	Unit      string `json:"unit,omitempty"`
	Figure    string `json:"figure,omitempty"`
	AsOf      string `json:"as_of,omitempty"`
	Computed  string `json:"computed"`
	Verdict   string `json:"verdict" doc:"holds, differs, forecast or not computed."`
}

func listClaims(q *call) (any, error) {
	book, err := q.api.store.Figures(q.ctx)
	if err != nil {
		return nil, err
	}
	claims, err := indicator.Claims(q.ctx, q.api.store.DB)
	if err != nil {
		return nil, err
	}
	list := Claims{Claims: []Claim{}}
	for _, c := range claims {
		r, err := book.Check(q.ctx, c)
		if err != nil {
			return nil, err
		}
		list.Claims = append(list.Claims, Claim{c.ID, c.Sentence, c.Qualifier, c.Stated, c.Unit, c.Figure, string(c.AsOf), r.Computed, string(r.Verdict)})
	}
	return list, nil
}

// Proposals is facts that wait for a second person, or were decided.
type Proposals struct {
	Proposals []Proposal `json:"proposals"`
}

// Proposal is a fact that takes a second person.
type Proposal struct {
	Book      string          `json:"book"`
	Seq       int64           `json:"seq"`
	Kind      string          `json:"kind"`
	Status    string          `json:"status" doc:"waiting, approved or sent-back."`
	Actor     string          `json:"actor" doc:"Who prepared it."`
	Area      string          `json:"area,omitempty"`
	Role      string          `json:"role" doc:"Role of the approvers."`
	Need      int64           `json:"need" doc:"Approvers needed."`
	Approvers []string        `json:"approvers"`
	Reason    string          `json:"reason,omitempty" doc:"Why it was sent back."`
	Content   string          `json:"content" doc:"Hash that an approval is bound to."`
	On        date.Date       `json:"on"`
	Evidence  []string        `json:"evidence,omitempty"`
	Fact      json.RawMessage `json:"fact" doc:"The public fields."`
	Yours     bool            `json:"yours" doc:"Whether it waits for your word."`
}

func listProposals(q *call) (any, error) {
	status := q.URL.Query().Get("status")
	switch status {
	case "":
		status = fact.Waiting
	case fact.Waiting, fact.Approved, fact.SentBack:
	default:
		return nil, parameter("status", status)
	}
	all, err := fact.Proposals(q.ctx, q.api.store.DB, "", status)
	if err != nil {
		return nil, err
	}
	list := Proposals{Proposals: []Proposal{}}
	for _, p := range all {
		sees, err := q.caller.Sees(q.ctx, p.Area)
		if err != nil {
			return nil, err
		}
		if !sees && p.Actor != q.caller.Person {
			continue
		}
		x, err := q.proposal(&p)
		if err != nil {
			return nil, err
		}
		list.Proposals = append(list.Proposals, x)
	}
	return list, nil
}

func (q *call) proposal(p *fact.Pending) (Proposal, error) {
	d, err := p.Draft(q.ctx, q.api.store.DB)
	if err != nil {
		return Proposal{}, err
	}
	body, _ := fact.Find(p.Kind).Encode(d.Fact)
	yours, err := q.mayDecide(q.ctx, p)
	return Proposal{Book: p.Book, Seq: p.Seq, Kind: p.Kind, Status: p.Status, Actor: p.Actor, Area: p.Area, Role: p.Role, Need: p.Need, Approvers: append([]string{}, p.Approvers...),
		Reason: p.Reason, Content: p.Hash, On: d.On, Evidence: d.Evidence, Fact: json.RawMessage(body), Yours: yours}, err
}

func (q *call) mayDecide(ctx context.Context, p *fact.Pending) (bool, error) {
	if p.Status != fact.Waiting || p.Actor == q.caller.Person || slices.Contains(p.Approvers, q.caller.Person) {
		return false, nil
	}
	return q.caller.May(ctx, []string{p.Role}, p.Area)
}

// Decision is a word on a proposal.
type Decision struct {
	Decision string `json:"decision" doc:"approve or send-back."`
	Content  string `json:"content" doc:"Hash of what you have read, as the proposal gives it."`
	Reason   string `json:"reason,omitempty" doc:"Needed to send it back: what has to be put right."`
}

func decide(q *call) (any, error) {
	book, seq, err := q.at()
	if err != nil {
		return nil, err
	}
	var sent Decision
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	p, ok, err := fact.ProposalAt(q.ctx, q.api.store.DB, book, seq)
	if err != nil {
		return nil, err
	}
	sees := false
	if ok {
		if sees, err = q.caller.Sees(q.ctx, p.Area); err != nil {
			return nil, err
		}
	}
	if !ok || !sees {
		return nil, fault.New(fault.NotFound, "proposal.unknown", "book %s has no proposal %d", book, seq).Mend("Look it up among the proposals.")
	}
	switch {
	case sent.Decision == "approve":
		sent.Reason = ""
	case sent.Decision != "send-back":
		return nil, parameter("decision", sent.Decision)
	case strings.TrimSpace(sent.Reason) == "":
		return nil, fault.New(fault.Invalid, "field.required", "the reason is missing").For("reason").Mend("Say what must be put right.")
	}
	p.Hash = sent.Content
	receipts, err := q.api.store.Recorder.Record(q.ctx, p.Decision(q.caller.Person, sent.Reason, q.api.store.Today(), "api"))
	if err != nil {
		return nil, err
	}
	if !receipts[0].Again {
		q.status = http.StatusCreated
	}
	return receipts[0], nil
}

// Operation is an operation as people read it.
type Operation struct {
	ID, Group, Method, Path, Summary, Scope string
	Params                                  []Param
	Body                                    string // what is sent, with its fields; "" for nothing
	Tryable                                 bool   // it sends no file
}

// Param is one of its parameters; In is path, query or header.
type Param struct {
	Name, In, Doc string
	Required      bool
}

// Operations lists them as people read them.
func Operations() []Operation {
	list := make([]Operation, len(operations))
	for i, o := range operations {
		list[i] = Operation{ID: o.id, Group: o.group, Method: o.method, Path: Path + o.path, Summary: o.summary, Scope: o.scope, Tryable: o.sends == nil}
		for _, p := range o.params {
			list[i].Params = append(list[i].Params, Param{p.name, p.in, p.doc, p.required})
		}
		switch o.body.(type) {
		case Fact:
			list[i].Body = "{\"on\": \"2020-05-02\", \"fact\": {}}"
		case Decision:
			list[i].Body = "{\"decision\": \"approve\", \"content\": \"\"}"
		case nil:
		default:
			if text, err := json.Marshal(o.body); err == nil { // its fields, empty
				list[i].Body = string(text)
			}
		}
	}
	return list
}

// Unknown is the fault of an address at which there is no operation.
func Unknown(r *http.Request) error {
	return fault.New(fault.NotFound, "page.unknown", "there is nothing at %s %s", r.Method, r.URL.Path).Mend("See the operations at %s.", DocumentPath)
}
