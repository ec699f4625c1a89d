package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"lastmile/internal/area"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/scenario"
	"lastmile/internal/store"
	"lastmile/internal/verify"
	"lastmile/internal/web/asset"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/sample"
	"lastmile/internal/web/wording"
)

var languages = []locale.Language{locale.English, locale.Chinese}

// households is how large a register the model programme has here: enough for a road and for dots.
const households = 60

// model is the model programme, built once for all tests, which only read it.
var model = sync.OnceValues(func() (*store.Store, error) {
	dir, err := os.MkdirTemp("", "lastmile-web-")
	if err != nil {
		return nil, err
	}
	modelDir = dir
	var clock scenario.Clock
	s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(dir, "lastmile.db"), store.Options{Clock: clock.Now})
	if err != nil {
		return nil, err
	}
	return s, scenario.BuildWith(context.Background(), s, &clock, households, nil)
})

var modelDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if modelDir != "" {
		os.RemoveAll(modelDir)
	}
	os.Exit(code)
}

// served is the pages of the model programme with nothing added, made once for all tests.
var served = sync.OnceValues(func() (*siteHandler, error) {
	s, err := model()
	if err != nil {
		return nil, err
	}
	site, h, err := newSite(s, Options{Log: slog.New(slog.DiscardHandler)})
	return &siteHandler{h, site}, err
})

type siteHandler struct {
	http.Handler
	site *site
}

func pages(t testing.TB) *siteHandler {
	t.Helper()
	h, err := served()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// pagesOf serves the model programme with options.
func pagesOf(t testing.TB, o Options) http.Handler {
	t.Helper()
	s, err := model()
	if err != nil {
		t.Fatal(err)
	}
	return handlerOf(t, s, o)
}

func handlerOf(t testing.TB, s *store.Store, o Options) http.Handler {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	}
	h, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// empty is a store in which nothing is recorded.
func empty(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "lastmile.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// answer is what a browser gets.
type answer struct {
	address string
	code    int
	header  http.Header
	body    []byte
	root    *html.Node
}

func ask(t testing.TB, h http.Handler, address string, language locale.Language, header ...string) answer {
	t.Helper()
	r := httptest.NewRequest("GET", address, nil)
	r.AddCookie(&http.Cookie{Name: "language", Value: string(language)})
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{address: address, code: w.Code, header: w.Result().Header, body: w.Body.Bytes()}
	var err error
	if a.root, err = html.Parse(bytes.NewReader(a.body)); err != nil {
		t.Fatal(err)
	}
	return a
}

// get asks for a page that must be there.
func get(t testing.TB, h http.Handler, address string, language locale.Language) answer {
	t.Helper()
	a := ask(t, h, address, language)
	if a.code != http.StatusOK {
		t.Fatalf("%s in %s: status %d\n%s", address, language, a.code, a.body)
	}
	return a
}

// find gives the elements for which want holds.
func (a answer) find(want func(*html.Node) bool) []*html.Node {
	var list []*html.Node
	for n := range a.root.Descendants() {
		if n.Type == html.ElementNode && want(n) {
			list = append(list, n)
		}
	}
	return list
}

func named(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasClass(n *html.Node, class string) bool {
	return slices.Contains(strings.Fields(attr(n, "class")), class)
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// has tells whether an element of that name holds the text.
func (a answer) has(name, text string) bool {
	return slices.ContainsFunc(a.find(named(name)), func(n *html.Node) bool { return strings.Contains(textOf(n), text) })
}

// pageList is one of each page that everybody may read.
var pageList = sample.Reading

// everyPage checks one of each kind of page in every language.
func everyPage(t *testing.T, check func(t *testing.T, page answer, language locale.Language)) {
	for _, language := range languages {
		for _, address := range pageList {
			key := string(language) + " " + address
			page, ok := gotten[key]
			if !ok {
				page = get(t, pages(t), address, language)
				gotten[key] = page
			}
			t.Run(key, func(t *testing.T) { check(t, page, language) })
		}
	}
}

// gotten are the pages that a test has asked for already: the model programme does not change.
var gotten = map[string]answer{}

// A page is in the reader's language, has one heading, says everything it means to, and holds nothing that the policy forbids.
func TestPagesAreWhole(t *testing.T) {
	everyPage(t, func(t *testing.T, page answer, language locale.Language) {
		if got := attr(page.find(named("html"))[0], "lang"); got != string(language) {
			t.Errorf("the page is in %q", got)
		}
		if n := len(page.find(named("h1"))); n != 1 {
			t.Errorf("there are %d h1", n)
		}
		for _, hole := range []string{"⟦", "ZgotmplZ", "%!", "&lt;nil&gt;"} {
			if bytes.Contains(page.body, []byte(hole)) {
				t.Errorf("the page contains %q", hole)
			}
		}
		ids := map[string]bool{}
		for _, n := range page.find(func(*html.Node) bool { return true }) {
			if n.Data == "style" || n.Data == "script" && attr(n, "src") == "" {
				t.Errorf("<%s> is written into the page", n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
				}
			}
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("the id %q is there twice", id)
				}
				ids[id] = true
			}
			if n.Data == "td" && textOf(n) == "" {
				t.Errorf("a cell is blank: %v", n.Attr)
			}
		}
		if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") {
			t.Errorf("the policy is %q", policy)
		}
	})
}

// Every number in a table or among the key figures leads to its figure, its postings or its entry.
func TestNumbersOpen(t *testing.T) {
	everyPage(t, func(t *testing.T, page answer, _ locale.Language) {
		if strings.HasPrefix(page.address, "/entries/") {
			return // the entry is the record
		}
		for _, n := range page.find(func(n *html.Node) bool {
			return n.Data == "td" && hasClass(n, "number") || n.Data == "dd" && hasClass(n, "value")
		}) {
			text := textOf(n)
			if !strings.ContainsAny(text, "123456789") || attr(n, "data-label") == "Stated" || attr(n, "data-label") == "陈述数值" {
				continue // nothing, or what somebody else said
			}
			inTotal := false
			for a := range n.Ancestors() {
				inTotal = inTotal || a.Data == "tfoot" // adds up the lines above it
			}
			links := 0
			for d := range n.Descendants() {
				if d.Data == "a" && attr(d, "href") != "" {
					links++
				}
			}
			if links == 0 && !inTotal {
				t.Errorf("%q leads nowhere", text)
			}
		}
	})
}

// Every link within the product leads to a page, a file or a table.
func TestLinksLead(t *testing.T) {
	h := pages(t)
	seen := map[string]bool{}
	const most = 400
	for _, address := range pageList {
		for _, n := range get(t, h, address, locale.English).find(func(n *html.Node) bool { return true }) {
			for _, key := range []string{"href", "src"} {
				to, _, _ := strings.Cut(attr(n, key), "#")
				if !strings.HasPrefix(to, "/") || seen[to] || len(seen) >= most {
					continue
				}
				seen[to] = true
				if a := ask(t, h, to, locale.English); a.code != http.StatusOK && a.code != http.StatusSeeOther {
					t.Errorf("%s links to %s, which gives %d", address, to, a.code)
				}
			}
		}
	}
	if len(seen) < most {
		t.Errorf("only %d links were there to follow", len(seen))
	}
}

// The overview leads with live figures that open.
func TestOverview(t *testing.T) {
	h := pages(t)
	for language, want := range map[locale.Language][]string{
		locale.English: {"Since 2013 the sponsor has put ¥60.47 m into 72 projects.", "passed its acceptance check in June 2019", "was lifted out of poverty in January 2020", "1.4% of the money"},
		locale.Chinese: {"2013年以来，帮扶单位投入 6,047 万元，实施项目 72 个。", "2019年6月通过退出验收", "2020年1月脱贫摘帽", "1.4% 的资金"},
	} {
		page := get(t, h, "/", language)
		lead := ""
		for _, n := range page.find(func(n *html.Node) bool { return hasClass(n, "lead") }) {
			lead = strings.ReplaceAll(textOf(n), "\u2009", " ")
		}
		for _, w := range want {
			if !strings.Contains(lead, w) {
				t.Errorf("%s: the lead %q lacks %q", language, lead, w)
			}
		}
		figures := map[string]bool{}
		for _, n := range page.find(func(n *html.Node) bool { return hasClass(n, "figure") }) {
			figures[attr(n, "href")] = true
		}
		for _, id := range []string{"direct-funds", "industry-funds", "projects"} {
			if !figures["/figures/"+id] {
				t.Errorf("%s: %s does not open", language, id)
			}
		}
		if len(page.find(func(n *html.Node) bool { return n.Data == "svg" && hasClass(n, "sankey") })) != 1 {
			t.Errorf("%s: there is no flow", language)
		}
		if !page.has("div", map[locale.Language]string{locale.English: "Not yet traced", locale.Chinese: "尚未追溯"}[language]) {
			t.Errorf("%s: the untraced part is not shown", language)
		}
	}
}

// table reads a table that is offered for download.
func tableAt(t *testing.T, h http.Handler, address string) []map[string]string {
	t.Helper()
	a := get(t, h, address, locale.English)
	if got := a.header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Fatalf("%s is %q", address, got)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(a.body, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = r[i]
		}
		list = append(list, m)
	}
	return list
}

// fen adds up a column of decimals.
func fen(t *testing.T, rows []map[string]string, column string) int64 {
	t.Helper()
	var sum int64
	for _, r := range rows {
		n, ok := hundredths(r[column])
		if !ok {
			t.Fatalf("%q is not an amount", r[column])
		}
		sum += n
	}
	return sum
}

// What is shown in different places of the same money adds up to the same, to the fen.
func TestTablesAgree(t *testing.T) {
	h := pages(t)
	const all = 6_047_000_000
	for _, c := range []struct{ address, column string }{
		{"/flow.csv", "amount"}, {"/projects.csv", "paid"}, {"/figures/direct-funds/records.csv", "contribution"},
	} {
		if got := fen(t, tableAt(t, h, c.address), c.column); got != all {
			t.Errorf("%s adds up to %d fen, not %d", c.address, got, all)
		}
	}
	open := fen(t, tableAt(t, h, "/flow.csv"), "untraced")
	if got := fen(t, tableAt(t, h, "/figures/direct-funds/records.csv?grade=open"), "contribution"); got != open {
		t.Errorf("records without proof add up to %d fen, the flow says %d", got, open)
	}
	for _, line := range tableAt(t, h, "/flow.csv") { // each line opens to postings that add up to it
		book, project, _ := strings.Cut(line["purpose"], " ")
		address := "/postings.csv?" + url.Values{"book": {book}, "project": {project}, "giver": {line["giver"]}, "receiver": {line["receiver"]}, "commodity": {"CNY"}}.Encode()
		var sum int64
		for _, p := range tableAt(t, h, address) {
			n := fen(t, []map[string]string{p}, "amount")
			if strings.HasPrefix(p["from"], "recipient:") {
				n = -n
			}
			sum += n
		}
		if want := fen(t, []map[string]string{line}, "amount"); sum != want {
			t.Errorf("%s: postings add up to %d fen, not %d", address, sum, want)
		}
	}
}

// Postings are listed in full pages, each line once, in the order of the file: the newest entry first and its lines in order. An entry of
// many lines goes on where the page before it ended.
func TestPostingPages(t *testing.T) {
	h := pages(t)
	const store = "?book=653127&account=store:653127:M-L-11" // some of its entries have many lines
	var listed, filed []string
	short := false
	for address := "/postings" + store; address != ""; {
		page := get(t, h, address, locale.English)
		rows := page.find(func(n *html.Node) bool { return n.Data == "tr" && n.Parent.Data == "tbody" })
		if short || len(rows) == 0 || len(rows) > listing.PageSize {
			t.Fatalf("%s: %d postings, after a page that was not full: %t", address, len(rows), short)
		}
		short = len(rows) < listing.PageSize
		for _, row := range rows {
			links := answer{root: row}.find(func(n *html.Node) bool { return n.Data == "a" })
			listed = append(listed, attr(links[0], "href"))
		}
		address = ""
		for _, next := range page.find(func(n *html.Node) bool { return n.Data == "a" && attr(n, "rel") == "next" }) {
			address = attr(next, "href")
		}
	}
	for _, p := range tableAt(t, h, "/postings.csv"+store) {
		filed = append(filed, "/entries/"+p["book"]+"/"+p["seq"])
	}
	if len(filed) <= listing.PageSize || !slices.Equal(listed, filed) {
		t.Errorf("the pages list %d postings, the file %d, or not in the same order", len(listed), len(filed))
	}
}

// An account is called by the name of whoever or whatever owns it, not by its code.
func TestAccountNames(t *testing.T) {
	page := get(t, pages(t), "/accounts?class=pool", locale.Chinese)
	names := page.find(func(n *html.Node) bool { return n.Data == "th" && attr(n, "scope") == "row" })
	if len(names) == 0 {
		t.Fatal("no pool holds anything")
	}
	for _, n := range names {
		if name := textOf(n); !strings.HasPrefix(name, "深") || strings.Contains(name, "pool") {
			t.Errorf("a pool's account is called %q", name)
		}
	}
}

// The claims page sets each sentence beside what the records give.
func TestClaims(t *testing.T) {
	h := pages(t)
	for _, c := range []struct {
		language locale.Language
		cells    []string
	}{
		{locale.English, []string{"F004", "holds", "¥60.47 m", "1,286 of 1,304 records proved"}},
		{locale.English, []string{"F006", "holds", "more than 70", "72"}},
		{locale.Chinese, []string{"F007", "相符", "2019年6月"}},
		{locale.Chinese, []string{"F009", "尚未计算", "近 170,000"}},
	} {
		found := false
		for _, n := range get(t, h, "/claims", c.language).find(named("tr")) {
			text := strings.ReplaceAll(textOf(n), "\u2009", " ")
			if strings.Contains(text, c.cells[0]) {
				found = true
				for _, w := range c.cells {
					if !strings.Contains(text, w) {
						t.Errorf("%s: %q lacks %q", c.language, text, w)
					}
				}
			}
		}
		if !found {
			t.Errorf("%s: there is no claim %s", c.language, c.cells[0])
		}
	}
	rows := tableAt(t, h, "/claims.csv?verdict=holds")
	if len(rows) < 22 || slices.ContainsFunc(rows, func(r map[string]string) bool { return r["verdict"] != "holds" }) {
		t.Errorf("the download of what holds has %d rows: %v", len(rows), rows)
	}
}

// A figure opens as a part for the drawer and as a page, runs its checks, and is cited so that the citation tells any change.
func TestFigure(t *testing.T) {
	h := pages(t)
	part := ask(t, h, "/figures/direct-funds", locale.English, "HX-Request", "true")
	if bytes.Contains(part.body, []byte("<html")) || !part.has("h2", "Direct funds") {
		t.Errorf("the drawer gets\n%s", part.body)
	}
	for _, want := range []string{"1,304 / 1,304", "8 / 8", "72 / 72", "1,286 / 1,304"} {
		if !part.has("span", want) {
			t.Errorf("the checks lack %s", want)
		}
	}
	if a := ask(t, h, "/flow", locale.English, "HX-Request", "true"); a.code != http.StatusNoContent {
		t.Errorf("a page that is not for the drawer answers a script with %d", a.code)
	}
	cite := func(address string) string {
		for _, n := range get(t, h, address, locale.English).find(named("footer")) {
			if text := textOf(n); strings.Contains(text, "Cite as") {
				return text[strings.Index(text, "Cite as"):]
			}
		}
		t.Fatalf("%s cannot be cited", address)
		return ""
	}
	now, then := cite("/figures/direct-funds"), cite("/figures/direct-funds?as-of=2016-12-31")
	if now != cite("/figures/direct-funds") || now == then || now == cite("/figures/direct-funds?known-at=620524:100") {
		t.Errorf("citations do not tell apart what differs: %q, %q", now, then)
	}
	s, err := model()
	if err != nil {
		t.Fatal(err)
	}
	heads, err := journal.Heads(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range heads {
		if !strings.Contains(now, fmt.Sprintf("%s:%d", head.Book, head.Seq)) {
			t.Errorf("%q does not say how much of book %s was known", now, head.Book)
		}
	}
	// What was known then is what is computed now for then.
	if got := get(t, h, "/figures/direct-funds?known-at=620524:0,653127:0,hq:0", locale.English); !got.has("p", "¥0") {
		t.Error("before anything was known the figure is not 0")
	}
}

// An entry shows its fields, who did it, what it moved, the paper that proves it, and its place in the chain.
func TestEntry(t *testing.T) {
	h := pages(t)
	page := get(t, h, "/entries/620524/58", locale.Chinese)
	recorded, ok, err := journal.Get(t.Context(), h.site.store.DB, "620524", 58)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	for _, want := range []string{"资金拨付", "洛门镇卫生院", "42,100.00", "BK-13-0910-857", "钱芳", "周凯", "2013年9月10日", "上一条", recorded.Hash.String()} {
		if !strings.Contains(strings.ReplaceAll(textOf(page.root), "\u2009", " "), want) {
			t.Errorf("the entry lacks %q", want)
		}
	}
	if province := get(t, h, "/entries/hq/1", locale.Chinese); !strings.Contains(textOf(province.root), "级别") || strings.Contains(textOf(province.root), "province") {
		t.Error("the level of an area has no word")
	}
	if hashes := regexp.MustCompile("[0-9a-f]{64}").FindAllString(textOf(page.root), -1); len(hashes) == 0 {
		t.Error("the entry does not show its hash")
	}
	images := page.find(named("img"))
	if len(images) != 1 {
		t.Fatalf("there are %d images", len(images))
	}
	file := get(t, h, attr(images[0], "src"), locale.English)
	for key, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff"} {
		if got := file.header.Get(key); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	if got := file.header.Get("Content-Security-Policy"); !strings.Contains(got, "sandbox") || strings.Contains(got, "script-src") {
		t.Errorf("the file's policy is %q", got)
	}
	if got := file.header.Get("Content-Disposition"); !strings.HasPrefix(got, "inline; filename=") {
		t.Errorf("Content-Disposition is %q", got)
	}
}

// A PDF is sent as what it is, and nothing in it may run or load in our name.
func TestEvidenceDocument(t *testing.T) {
	s := empty(t)
	hash, err := s.Evidence.Put(strings.NewReader("%PDF-1.7\n<script>alert(1)</script>\n%%EOF\n"))
	if err != nil {
		t.Fatal(err)
	}
	file := get(t, handlerOf(t, s, Options{}), "/evidence/"+hash, locale.English)
	for key, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Content-Disposition": fmt.Sprintf("inline; filename=%q", hash[:12]+".pdf"),
		"Content-Security-Policy": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'",
	} {
		if got := file.header.Get(key); got != want {
			t.Errorf("%s is %q, not %q", key, got, want)
		}
	}
}

// The journal's pages, one after another, hold every entry once, the newest first.
func TestJournalPages(t *testing.T) {
	h := pages(t)
	s, err := model()
	if err != nil {
		t.Fatal(err)
	}
	heads, err := journal.GetHeads(t.Context(), s.DB, []string{entity.Headquarters})
	if err != nil {
		t.Fatal(err)
	}
	next := heads[0].Seq
	for address := "/journal?book=hq"; address != ""; {
		page := get(t, h, address, locale.English)
		for _, n := range page.find(func(n *html.Node) bool { return n.Data == "a" && n.Parent.Data == "th" }) {
			if want := fmt.Sprintf("/entries/hq/%d", next); attr(n, "href") != want {
				t.Fatalf("%s: got %s, want %s", address, attr(n, "href"), want)
			}
			next--
		}
		address = ""
		for _, n := range page.find(func(n *html.Node) bool { return attr(n, "rel") == "next" }) {
			address = attr(n, "href")
		}
	}
	if next != 0 {
		t.Errorf("the pages end before entry %d", next)
	}
}

func TestSearch(t *testing.T) {
	h := pages(t)
	for query, want := range map[string]string{
		"wsx": "/areas/620524", "luomen": "/areas/620524101", "洛门": "/areas/620524101", "620524101": "/areas/620524101", "M-I-01": "/projects/653127/M-I-01",
		"tiechu": "/projects/653127/M-I-01", "direct": "/figures/direct-funds", "BK-13-0910-857": "/entries/620524/58", "620524:58": "/entries/620524/58",
		"lmzws": "/parties/620524/HO-620524101",
	} {
		page := get(t, h, "/search?q="+url.QueryEscape(query), locale.English)
		if !slices.ContainsFunc(page.find(named("a")), func(n *html.Node) bool { return attr(n, "href") == want }) {
			t.Errorf("%q does not find %s", query, want)
		}
	}
	for _, odd := range []string{"%", "_", `\`, "<script>alert(1)</script>", "' OR 1=1 --", "620524:x", strings.Repeat("长", 200)} {
		if page := get(t, h, "/search?q="+url.QueryEscape(odd), locale.English); bytes.Contains(page.body, []byte("<script>alert")) {
			t.Errorf("%q comes back as it was", odd)
		}
	}
}

// What is not there, or asked for wrongly, gets a calm page in the reader's language.
func TestRefusals(t *testing.T) {
	h := pages(t)
	for address, code := range map[string]int{
		"/nowhere": 404, "/figures/no-such": 404, "/figures/direct-funds?as-of=yesterday": 400, "/figures/direct-funds?known-at=620524": 400,
		"/areas/1": 404, "/figures/direct-funds?area=1": 404, "/projects/620524/none": 404, "/accounts/hq/none": 404, "/parties/hq/none": 404,
		"/entries/hq/0": 404, "/entries/hq/x": 404, "/entries/none/1": 404, "/evidence/none": 404, "/evidence/..%2f..%2flastmile.db": 404,
		"/journal?after=x": 400, "/postings?after=x": 400, "/flow?commodity=none": 200, "/?flow=none": 404,
	} {
		for language, title := range map[locale.Language]map[int]string{
			locale.English: {404: "There is no such page", 400: "This address asks for something that cannot be", 200: "Where it went"},
			locale.Chinese: {404: "没有此页", 400: "地址中的条件有误", 200: "去了哪里"},
		} {
			a := ask(t, h, address, language)
			if a.code != code || !a.has("h1", title[code]) {
				t.Errorf("%s in %s: got %d, want %d with %q", address, language, a.code, code, title[code])
			}
		}
	}
}

// A store without records, figures or counties has pages that say so.
func TestEmptyStore(t *testing.T) {
	h := handlerOf(t, empty(t), Options{})
	for _, language := range languages {
		for _, address := range []string{"/", "/claims", "/figures", "/areas", "/projects", "/money", "/accounts", "/postings", "/journal", "/chain", "/search", "/search?q=x", "/flow", "/projects.csv", "/claims.csv"} {
			get(t, h, address, language)
		}
		for _, b := range beginnings { // and the overview leads to what comes first
			if page := get(t, h, "/", language); !bytes.Contains(page.body, []byte(`/`+b.kind+`"`)) {
				t.Errorf("the overview of a new programme does not lead to %s", b.kind)
			}
		}
	}
}

// A broken database gives a calm page, says so to whoever watches, and tells nobody how.
func TestBrokenDatabase(t *testing.T) {
	s := empty(t)
	var log bytes.Buffer
	h := handlerOf(t, s, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := s.DB.Close(); err != nil {
		t.Fatal(err)
	}
	page := ask(t, h, "/claims", locale.Chinese)
	if page.code != http.StatusInternalServerError || !page.has("h1", "此处出现问题") || bytes.Contains(page.body, []byte("closed")) {
		t.Errorf("got %d\n%s", page.code, page.body)
	}
	if !strings.Contains(log.String(), "database is closed") {
		t.Errorf("the log says %s", log.String())
	}
	if a := ask(t, h, "/readyz", locale.English); a.code != http.StatusServiceUnavailable {
		t.Errorf("/readyz gives %d", a.code)
	}
	if a := ask(t, h, "/healthz", locale.English); a.code != http.StatusOK {
		t.Errorf("/healthz gives %d", a.code)
	}
}

func TestMachinesPages(t *testing.T) {
	turnedAway := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	}
	h := pagesOf(t, Options{Protect: turnedAway})
	for address, want := range map[string]string{"/healthz": "ok", "/readyz": "ok", "/robots.txt": "Disallow: /", "/metrics": "go_goroutines"} {
		if a := ask(t, h, address, locale.English); a.code != http.StatusOK || !strings.Contains(string(a.body), want) {
			t.Errorf("%s gives %d: %s", address, a.code, a.body)
		}
	}
	for _, address := range append(slices.Clone(pageList), "/projects.csv", "/evidence/none", "/styleguide/", "/nowhere") {
		if a := ask(t, h, address, locale.English); a.code != http.StatusForbidden {
			t.Errorf("%s is open to those whom Protect turns away: %d", address, a.code)
		}
	}
	open := pagesOf(t, Options{})
	get(t, open, "/claims", locale.English)
	if a := get(t, open, "/metrics", locale.English); !strings.Contains(string(a.body), `lastmile_page_seconds_count{route="GET /claims",status="200"} 1`) {
		t.Error("the request for the claims was not measured")
	}
}

// The chain page offers a verification, shows what came of it, and takes the order from its own site only.
func TestVerify(t *testing.T) {
	found := &verify.Report{Entries: 4073, Postings: 5, Observations: 6, Files: 7}
	clock := func() time.Time { return time.Date(2020, 10, 31, 8, 0, 0, 0, time.UTC) }
	h := pagesOf(t, Options{Verified: verify.NewLatest(clock, func(context.Context) (*verify.Report, error) { return found, nil })})
	post := func(site string) int {
		r := httptest.NewRequest("POST", "/chain", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if code := post("cross-site"); code != http.StatusForbidden {
		t.Errorf("another site's order gets %d", code)
	}
	if !get(t, h, "/chain", locale.English).has("p", "Not verified since") {
		t.Error("it was verified by another site's order")
	}
	if code := post("same-origin"); code != http.StatusSeeOther {
		t.Errorf("the order gets %d", code)
	}
	if page := get(t, h, "/chain", locale.English); !page.has("b", "All of it agrees.") || !page.has("div", "31 Oct 2020 08:00 UTC: 4,073 entries, 5 postings, 6 observations, 7 files.") {
		t.Errorf("the result is not shown:\n%s", page.body)
	}
	found.Differences = []verify.Difference{{Table: "entry", Book: "hq", Seq: 7, Wrong: "Its hash does not fit.", Remedy: "Find out why."}}
	post("same-origin")
	if page := get(t, h, "/chain", locale.Chinese); !page.has("b", "发现 1 处不一致。") || !page.has("p", "entry hq:7: Its hash does not fit. Find out why.") {
		t.Errorf("the difference is not shown:\n%s", page.body)
	}
}

// Many readers at once get what one gets, from a server that remembers nothing yet.
func TestTogether(t *testing.T) {
	h := pagesOf(t, Options{})
	const readers = 4
	var all sync.WaitGroup
	for n := range readers {
		all.Go(func() {
			for i := range pageList {
				address := pageList[(i+n)%len(pageList)]
				r := httptest.NewRequest("GET", address, nil)
				r.AddCookie(&http.Cookie{Name: "language", Value: string(languages[n%len(languages)])})
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					t.Errorf("%s: %d", address, w.Code)
				}
			}
		})
	}
	all.Wait()
}

func TestPronounced(t *testing.T) {
	for name, want := range map[string]string{"武山县": "Wushan", "洛门镇": "Luomen", "新疆维吾尔自治区": "Xinjiang", "喀什地区": "Kashi", "乐善社区居民委员会": "Leshan", "吉县": "Jixian", "Bamyan": ""} {
		if got := area.Pronounced(name); got != want {
			t.Errorf("%s is read as %q, not %q", name, got, want)
		}
	}
}

// A name written in two scripts is shown in the reader's; any other stays whole.
func TestNameInReadersScript(t *testing.T) {
	h := pages(t)
	for name, want := range map[string][2]string{
		"Dolan ewes 多浪羊母羊":              {"Dolan ewes", "多浪羊母羊"},
		"Assistance budget 2013 年度帮扶预算": {"Assistance budget 2013", "2013年度帮扶预算"},
		"Class Connect sets “班班通”设备":    {"Class Connect sets", "“班班通”设备"},
		"Masks: Maker of masks 口罩生产企业":  {"Masks: Maker of masks", "口罩生产企业"},
		"农户 103227-001":                 {"农户 103227-001", "农户 103227-001"},
		"Aid to poor students, 城关镇":     {"Aid to poor students, 城关镇", "Aid to poor students, 城关镇"},
		"Shen Yin Tong":                 {"Shen Yin Tong", "Shen Yin Tong"},
		"He said “yes”":                 {"He said “yes”", "He said “yes”"},
		"":                              {"", ""},
	} {
		for i, language := range languages {
			q := &request{site: h.site}
			q.Printer = h.site.engine.Printer(language)
			if got := q.name(name); got != want[i] {
				t.Errorf("%s: %q is shown as %q, not %q", language, name, got, want[i])
			}
		}
	}
}

// The budgets of the design guide, in bytes as they travel.
func TestBudgets(t *testing.T) {
	assets, err := asset.New()
	if err != nil {
		t.Fatal(err)
	}
	common := 0
	for _, name := range []string{"lastmile.css", "lastmile.js", "htmx.js", "icons.svg", "mark.svg", "lastmile-sans.woff2", "lastmile-serif.woff2"} {
		size, err := assets.Size(name)
		if err != nil {
			t.Fatal(err)
		}
		common += size
	}
	everyPage(t, func(t *testing.T, page answer, _ locale.Language) {
		var zipped bytes.Buffer
		w, err := gzip.NewWriterLevel(&zipped, gzipLevel)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, bytes.NewReader(page.body)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		nodes := len(page.find(func(*html.Node) bool { return true }))
		for _, c := range []struct {
			what       string
			got, limit int
		}{{"nodes", nodes, 1500}, {"bytes at a repeated visit", zipped.Len(), 25 << 10}, {"bytes at the first visit", common + zipped.Len(), 100 << 10}} {
			if c.got > c.limit {
				t.Errorf("%d %s, more than %d", c.got, c.what, c.limit)
			}
		}
	})
}

// BenchmarkPage makes pages as the second reader gets them, and as the first does after a book has moved.
func BenchmarkPage(b *testing.B) {
	h := pages(b)
	for _, address := range []string{"/", "/claims", "/figures/direct-funds", "/figures/direct-funds/records", "/projects", "/areas/620524"} {
		b.Run("again"+address, func(b *testing.B) {
			for b.Loop() {
				get(b, h, address, locale.English)
			}
		})
		b.Run("first"+address, func(b *testing.B) {
			for b.Loop() {
				h.site.readings = reading.New(h.site.store)
				get(b, h, address, locale.English)
			}
		})
	}
}

// TestEverythingHasAName asks whether what the records of the model programme say by codes, flows, classes of accounts and units, has a word in
// both languages.
func TestEverythingHasAName(t *testing.T) {
	s, err := model()
	if err != nil {
		t.Fatal(err)
	}
	site, err := served()
	if err != nil {
		t.Fatal(err)
	}
	for prefix, question := range map[string]string{
		"moves.": "SELECT DISTINCT flow FROM posting",
		"class.": "SELECT DISTINCT class FROM account",
	} {
		for _, code := range codes(t, s, question) {
			if _, ok := site.site.engine.Catalog().Arguments(prefix + code); !ok {
				t.Errorf("%s%s: has no text", prefix, code)
			}
		}
	}
	words := wording.For(site.site.engine, site.site.engine.Printer(locale.Chinese))
	for _, id := range codes(t, s, "SELECT id FROM entity WHERE type = 'figure'") {
		d, ok, err := fact.ThingOf[indicator.Figure](t.Context(), s.DB, entity.Headquarters, "figure", id)
		if err != nil || !ok {
			t.Fatal(id, ok, err)
		}
		if strings.ContainsFunc(words.Unit(d.Fact.Unit), func(r rune) bool { return r >= 'a' && r <= 'z' }) {
			t.Errorf("figure %s: the unit %q has no Chinese", id, d.Fact.Unit)
		}
	}
}

// codes reads texts.
func codes(t *testing.T, s *store.Store, question string) (list []string) {
	t.Helper()
	rows, err := s.DB.Query(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
