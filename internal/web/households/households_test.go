package households_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"lastmile/internal/api"
	"lastmile/internal/area"
	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/identity"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/project"
	"lastmile/internal/targeting/card"
	"lastmile/internal/testworld"
	"lastmile/internal/web"
	"lastmile/internal/web/desk"
	"lastmile/internal/web/households"
	"lastmile/internal/web/webtest"
)

const (
	village = "620524100201"
	id      = "H-0001"
	name    = "马德胜"
	wife    = "李桂兰"
	phone   = "13912345678"
	account = "6228480010001234567"
	number  = "620524197503020014"
	illness = "chronic-kidney"
	remark  = "the-neighbour-says"
	accuser = "张三丰"
	contact = "13788889999"

	spending     = "18765"
	child        = "马欣怡"
	childIllness = "congenital-heart"
)

// secrets are never public.
var secrets = []string{name, wife, phone, account, number[:17], number[6:14], illness, remark, accuser, contact, spending, child, childIllness}

// register is a household with a visit, a payment and a notice, in the world of the tests.
func register(t *testing.T, w *testworld.World) {
	t.Helper()
	do := func(on date.Date, actor string, approver string, f fact.Fact) {
		t.Helper()
		d := fact.Draft{Fact: f, Book: testworld.Wushan, On: on, Actor: actor, Source: "test"}
		if fact.KindOf(f).Book != "" {
			d.Book = ""
		}
		if approver != "" {
			d.Approvers = []string{approver}
		}
		if _, err := w.Store.Recorder.Record(t.Context(), d); err != nil {
			t.Fatalf("record %T: %v", f, err)
		}
	}
	do("2020-05-01", fact.Operator, "", &area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "南坡村"})
	do("2020-05-02", "assistant", "", &household.Household{ID: id, Area: village, Standard: "national", Attribute: "ordinary", MainCause: "illness", OtherCauses: []string{"funds"}, HouseGrade: "d",
		Members: []string{"01 head 1975-03-02 male ordinary", "02 spouse 1977-08-11 female none"}, Names: []string{"01 " + name, "02 " + wife}, Documents: []string{"01 " + checked(number)}, Phone: phone, Account: account, Health: []string{"02 " + illness}})
	do("2020-05-03", "assistant", "", &household.Visit{Household: id, Questionnaire: "visit-2014 1", Device: "a", Signature: "signed", IncomeFrom: "2019-05-01", IncomeTo: "2020-04-30", Remarks: remark,
		Answers: []string{"food=stable_source", "clothing=clothes_and_bedding", "medical.01=resident_insurance", "housing=grade_d", "water=piped", "wage.local.01=5000.01"}})
	do("2020-05-04", "fin", "approver", &project.Disbursement{Project: "p-" + testworld.Wushan, To: id, Amount: 4500_00, Voucher: "BK-20-0504-118", Purpose: "House renovation 危房改造补助", Fund: "own"})
	do("2020-05-05", "assistant", "approver", &casework.Case{ID: "C-1", Procedure: "identification-2014", Area: village, Title: "Identification 识别", Households: []string{id}})
	n := &notice.Notice{ID: "N-1", Case: "C-1", Title: "Poor households 贫困户公示", Area: village, Place: "村委会", Days: 7, DayKind: "calendar", List: []string{id}, Hash: notice.Hash([]string{id}), Lines: []string{notice.Line(name, "2人")}}
	do("2020-05-06", "assistant", "", &casework.Step{Case: "C-1", Step: "application", By: "household", Documents: []string{"application"}})
	do("2020-05-07", "assistant", "", n)
	do("2020-05-08", "assistant", "", &notice.Objection{ID: "O-1", Notice: "N-1", Household: id, Text: "He has a shop.", AnswerBy: "2020-05-20", Name: accuser, Contact: contact})
}

// plant records what is personal beyond the card: somebody born into the household, and what another office says.
func plant(t *testing.T, w *testworld.World) {
	t.Helper()
	for _, f := range []fact.Fact{
		&household.Member{Household: id, Number: "03", Relation: "child", Birth: "2020-04-30", Sex: "female", Labour: "none", Reason: "born", Name: child, Health: childIllness},
		&card.Data{Area: village, Office: "Medical insurance 医保局", Households: []string{id}, Lines: []string{id + " rigid_spending=" + spending + ".43 vehicle=no"}},
	} {
		if _, err := w.Store.Recorder.Record(t.Context(), fact.Draft{Fact: f, Book: testworld.Wushan, On: "2020-05-09", Actor: "assistant", Source: "test"}); err != nil {
			t.Fatal(err)
		}
	}
}

// checked is a number with its check character put right.
func checked(number string) string { return number[:17] + string(identity.CheckCharacter(number[:17])) }

func has(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	p.Says(http.StatusOK, texts...)
}

func hides(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s shows %q", where, s)
		}
	}
}

// From the list of the counties down to one household, and back by search: each to whom it concerns, masked.
func TestHousehold(t *testing.T) {
	app := webtest.New(t)
	register(t, app.World)
	assistant := app.As("assistant")
	has(t, assistant.Get(households.Path), "武山县", "1")
	has(t, assistant.Get(households.Path+"?area="+testworld.Wushan), "城关镇")
	list := assistant.Get(households.Path + "?area=" + village)
	has(t, list, "Household 马××", id, "Illness", "Housing")
	page := assistant.Get(households.Href(testworld.Wushan, id))
	has(t, page, "Household 马××", "house of grade D", "BK-20-0504-118", "4,500.00", "House renovation", "2,500", "Names and numbers are masked", "Record a visit", "Nobody has looked")
	for _, path := range []string{"", "/sheet", "/handbook", "/money.csv"} {
		hides(t, path, assistant.Get(households.Href(testworld.Wushan, id)+path).Body)
	}
	for _, query := range []string{name, phone, account, checked(number), id, "南坡"} {
		p := assistant.Get(households.Path + "?q=" + url.QueryEscape(query))
		has(t, p, "南坡村")
		for _, s := range secrets {
			if strings.Contains(p.Text(), s) && !strings.Contains(query, s) {
				t.Errorf("the search for %q shows %q", query, s)
			}
		}
	}
	app.As("assistant").Get(households.Path+"?q=nobody").Says(http.StatusOK, "Nobody was found")
	chinese := app.As("assistant").In("zh-CN")
	has(t, chinese.Get(households.Href(testworld.Wushan, id)), "马××户", "住房鉴定 D 级", "从走访到交付", "危房改造补助")

	faraway := app.As("faraway")
	faraway.Get(households.Href(testworld.Wushan, id)).Says(http.StatusForbidden)
	if p := faraway.Get(households.Path + "?q=" + url.QueryEscape(name)); strings.Contains(p.Text(), id) {
		t.Error("another county's assistant finds the household by name")
	}
	app.As("").Get(households.Path).Says(http.StatusUnauthorized)
	if csv := assistant.Get(households.Path + ".csv?area=" + village).Body; !strings.Contains(csv, "household,people,cause") || !strings.Contains(csv, id+",2,illness,housing") {
		t.Errorf("the list downloads as\n%s", csv)
	}
}

// Names and numbers are shown to those who may see them, once they have said why; the county's book says who looked.
func TestReveal(t *testing.T) {
	app := webtest.New(t)
	register(t, app.World)
	assistant, home := app.As("assistant"), households.Href(testworld.Wushan, id)
	ask := assistant.Get(home + "/reveal")
	has(t, ask, "15 minutes")
	assistant.Send(ask.Form(home+"/reveal")).Says(http.StatusUnprocessableEntity, "Say what you need")
	shown := assistant.Send(ask.Form(home+"/reveal"), "reason", "compare with the card before payment")
	has(t, shown, name, wife, checked(number), "compare with the card before payment")
	var looked []journal.Entry
	if err := journal.Each(t.Context(), app.Store.DB, journal.Filter{Book: testworld.Wushan, Kind: "disclosure"}, func(e journal.Entry) error { looked = append(looked, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(looked) != 1 || looked[0].Actor != "assistant" || !strings.Contains(looked[0].Body, "compare with the card") {
		t.Fatalf("recorded: %+v", looked)
	}
	open := home + "?shown=" + strconv.FormatInt(looked[0].Seq, 10)
	has(t, assistant.Get(open), name)
	hides(t, "another person's page", app.As("officer").Get(open).Text())
	app.As("lead").Get(home + "/reveal").Says(http.StatusForbidden)
	app.Wait(16 * time.Minute)
	hides(t, "the page a quarter of an hour later", assistant.Get(open).Text())
	has(t, app.As("audit").Get(home), "Ma Li", "compare with the card before payment")
}

// A visit is one page. What it answers feeds the checks and the card; what the card knows is not asked to be typed again; a mistake comes back with all that was typed.
func TestVisit(t *testing.T) {
	app := webtest.New(t)
	register(t, app.World)
	assistant, home := app.As("assistant"), households.Href(testworld.Wushan, id)
	page := assistant.Get(home + "/visit")
	has(t, page, "Record a visit: Household 马××", "Housing", "Medical care: 马×× (01)")
	hides(t, "the form", page.Text())
	form := page.Form(home + "/visit")
	wrong := assistant.Send(form, "answer-housing", "grade_b", "signature", "refused")
	wrong.Says(http.StatusUnprocessableEntity, "refus")
	again := assistant.Send(wrong.Form(home+"/visit"), "signature", "signed", "answer-house_grade", "b", "more", "excluded.relief=300")
	has(t, again, "House of grade B")
	f, err := household.Load(t.Context(), app.Store.DB, testworld.Wushan, id)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.Visits); n != 2 || f.Visits[1].Fact.Follows != f.Visits[0].Key {
		t.Fatalf("%d visits, the last follows %q", n, f.Visits[n-1].Fact.Follows)
	}
	if got := strings.Join(f.Visits[1].Fact.Answers, " "); got != "house_grade=b housing=grade_b excluded.relief=300" {
		t.Errorf("the visit answers %q", got)
	}
	app.As("approver").Get(home + "/visit").Says(http.StatusForbidden)
}

// A case says which step is done, which is next and who does it; monitoring and duplicates open with nothing in them.
func TestCases(t *testing.T) {
	app := webtest.New(t)
	register(t, app.World)
	assistant := app.As("assistant")
	has(t, assistant.Get(households.CasesPath), "Identification", "open")
	has(t, assistant.Get(households.CasesPath+"/"+testworld.Wushan+"/C-1"), "of 8 steps", "done", "next", "N-1", "Village")
	has(t, assistant.Get(households.NoticesPath+"/"+testworld.Wushan+"/N-1"), "He has a shop.", "Answer overdue", "No photograph")
	has(t, assistant.Get(households.MonitoringPath), "under watch")
	has(t, assistant.Get(households.DuplicatesPath), "No two records are alike")
	twin := &household.Household{ID: "H-0002", Area: village, Standard: "national", Attribute: "ordinary", MainCause: "illness", Members: []string{"01 head 1975-03-02 male ordinary"}, Names: []string{"01 " + name}, Documents: []string{"01 " + checked(number)}}
	if _, err := app.Store.Recorder.Record(context.Background(), fact.Draft{Fact: twin, On: "2020-05-09", Actor: "assistant", Source: "test"}); err != nil {
		t.Fatal(err)
	}
	list := assistant.Get(households.DuplicatesPath)
	has(t, list, "H-0002-01", "H-0001-01", "Certain", "Waits for a verdict")
	at := households.DuplicatesPath + "/" + testworld.Wushan + "/dup-H-0002-01-" + testworld.Wushan + "-H-0001-01"
	pair := assistant.Get(at)
	has(t, pair, "马××", "document", "The same person")
	hides(t, "the pair", pair.Text())
	if _, err := app.Store.Recorder.Record(context.Background(), fact.Draft{Fact: &household.Verdict{Duplicate: "dup-H-0002-01-" + testworld.Wushan + "-H-0001-01", Verdict: "same", Why: "one card"}, Book: testworld.Wushan, On: "2020-05-10", Actor: "assistant", Approvers: []string{"approver"}, Source: "test"}); err != nil {
		t.Fatal(err)
	}
	has(t, assistant.Get(at), "Take the verdict back", "one card", "No longer in the household")
	for _, csv := range []string{households.CasesPath + ".csv", households.MonitoringPath + ".csv", households.DuplicatesPath + ".csv"} {
		hides(t, csv, assistant.Get(csv).Says(http.StatusOK).Body)
	}
}

// walk reads pages and follows their links until there are no more, and shows each that could be read.
func walk(t *testing.T, get func(path string) *httptest.ResponseRecorder, from []string, each func(path, kind, body string)) {
	t.Helper()
	const pagesMax = 4000
	queue, seen := from, map[string]bool{}
	for len(queue) > 0 && len(seen) < pagesMax {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		answer := get(path)
		if answer.Code != http.StatusOK {
			continue
		}
		kind, body := answer.Header().Get("Content-Type"), answer.Body.String()
		each(path, kind, body)
		if !strings.HasPrefix(kind, "text/html") {
			continue
		}
		for _, link := range links(t, body) {
			if strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "/assets") {
				queue = append(queue, strings.SplitN(link, "#", 2)[0])
			}
		}
	}
	if len(queue) > 0 {
		t.Fatalf("there are more than %d pages", pagesMax)
	}
}

// shows fails the test for what a page shows that nobody asked for.
func shows(t *testing.T, path, body string) {
	t.Helper()
	asked, _ := url.QueryUnescape(path)
	for _, s := range secrets {
		if strings.Contains(body, s) && !strings.Contains(asked, s) {
			t.Errorf("%s shows %q", path, s)
		}
	}
}

// TestPlanted walks through every page and table that a stranger can reach and looks for what must never be public. Even where strangers may read the
// whole programme, no identity number, account, phone, full name or health detail is among it: not on a page, a notice on paper, a table to download, a claim, or
// the lineage of a figure.
func TestPlanted(t *testing.T) {
	w := testworld.New(t)
	w.LogIn("admin")
	register(t, w)
	plant(t, w)
	d := desk.New(w.Store, desk.Options{Readable: []string{"/", "/flow", "/flow.csv", "/claims", "/claims.csv", "/figures", "/figures.csv", "/figures/", "/areas", "/areas/", "/projects", "/projects.csv", "/projects/",
		"/money", "/accounts", "/accounts.csv", "/accounts/", "/postings", "/postings.csv", "/parties/", "/entries/", "/evidence/", "/journal", "/chain", "/search"}})
	pages, err := web.New(w.Store, web.Options{Log: slog.New(slog.DiscardHandler), Protect: d.Protect, Frame: d.Frame, Sources: desk.Sources(),
		Routes: d.Routes})
	if err != nil {
		t.Fatal(err)
	}
	read, board := map[string]int{}, map[string]bool{}
	notice := households.NoticesPath + "/620524/N-1"
	walk(t, func(path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://aid.example"+path, nil))
		return answer
	}, []string{"/", households.NoticesPath, households.NoticesPath + ".csv", notice + "?paper=a3", notice + "?paper=a4", "/journal", "/claims", "/figures", "/search?q=" + url.QueryEscape(name), "/search?q=" + phone}, func(path, kind, body string) {
		shows(t, path, body)
		read[strings.FieldsFunc(path+"/home", func(r rune) bool { return strings.ContainsRune("/?.", r) })[0]]++
		if strings.Contains(body, "马××") {
			board[path] = true
		}
	})
	for _, must := range []string{"entries", "figures", "notices", "postings"} {
		if read[must] == 0 {
			t.Errorf("no page under /%s was read: %v", must, read)
		}
	}
	if !board[notice+"?paper=a3"] || !board[notice+"?paper=a4"] {
		t.Errorf("the masked list is on %v, not on both papers", board)
	}
	for _, path := range []string{api.Path + "/entries", api.Path + "/things/household", api.Path + "/things/member", households.Path + ".csv?area=" + village, households.CasesPath + ".csv", households.MonitoringPath + ".csv",
		households.DuplicatesPath + ".csv", households.PovertyPath + ".csv?area=" + testworld.Wushan, "/targeting/alerts.csv"} {
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://aid.example"+path, nil))
		if answer.Code != http.StatusUnauthorized {
			t.Errorf("a stranger gets %s: %d", path, answer.Code)
		}
	}
}

// Whoever works for the programme and may not see personal data finds none either: on no page, in no table, and not through the API.
func TestPlantedWithoutTheRight(t *testing.T) {
	app := webtest.New(t)
	register(t, app.World)
	plant(t, app.World)
	lead := app.As("lead")
	get := func(authorization string) func(path string) *httptest.ResponseRecorder {
		return func(path string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, "https://aid.example"+path, nil)
			if authorization == "" {
				r.AddCookie(&http.Cookie{Name: "session", Value: lead.Cookie})
			} else {
				r.Header.Set("Authorization", authorization)
			}
			answer := httptest.NewRecorder()
			app.Handler.ServeHTTP(answer, r)
			return answer
		}
	}
	tables, homes := 0, 0
	walk(t, get(""), []string{"/", households.Path, households.Path + "?area=" + village, households.Href(testworld.Wushan, id), households.Href(testworld.Wushan, id) + "/sheet", households.Href(testworld.Wushan, id) + "/handbook",
		households.CasesPath, households.MonitoringPath, households.DuplicatesPath, households.NoticesPath, "/targeting", "/targeting/sweep", "/loans", "/journal", "/todo", "/search?q=" + url.QueryEscape(name)}, func(path, kind, body string) {
		shows(t, path, body)
		if strings.HasPrefix(kind, "text/csv") {
			tables++
		}
		if strings.Contains(path, id) && strings.Contains(body, "Illness") {
			homes++
		}
	})
	if tables < 10 || homes == 0 {
		t.Errorf("%d tables were read and %d pages of the household", tables, homes)
	}
	token, err := app.Store.Accounts.MakeToken(t.Context(), "lead", "test", []string{"read"}, 30)
	if err != nil {
		t.Fatal(err)
	}
	call := get("Bearer " + token)
	for _, path := range []string{"/entries?limit=200", "/entries?book=" + testworld.Wushan, "/things/household", "/things/party", "/things/duplicate", "/figures", "/claims", "/proposals"} {
		answer := call(api.Path + path)
		if answer.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
		shows(t, path, answer.Body.String())
	}
	heads, err := journal.Heads(t.Context(), app.Store.DB)
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range heads {
		for seq := range head.Seq {
			at := "/entries/" + head.Book + "/" + strconv.FormatInt(seq+1, 10)
			shows(t, at, call(api.Path+at).Body.String())
			shows(t, at+"/effects", call(api.Path+at+"/effects").Body.String())
		}
	}
}

func links(t *testing.T, text string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if n.Data == "a" && a.Key == "href" {
				list = append(list, a.Val)
			}
		}
	}
	return list
}

// A card is registered with its members and causes in one go: all that is wrong is said at once, each at its field, and who seems to be in the register already is shown before anything
// is recorded.
func TestRegisterCard(t *testing.T) {
	app := webtest.New(t)
	register(t, app.World)
	assistant := app.As("assistant")
	has(t, assistant.Get(households.Path+"?area="+village), "New registration card")
	page := assistant.Get(households.NewPath + "?area=" + village)
	has(t, page, "Register a household", "Member 4", "南坡村", "Other cause 2")
	if strings.Contains(page.Text(), "Member 5") {
		t.Error("the form begins with more rows than it needs")
	}
	more := page.Form(households.NewPath)
	has(t, assistant.Send(more, "do", "more"), "Member 8")

	mistyped := number[:17] + "0"
	if mistyped == checked(number) {
		mistyped = number[:17] + "1"
	}
	wrong := assistant.Send(page.Form(households.NewPath), "do", "record", "id", "H 2", "main_cause", "illness", "other_causes", "illness", "name-01", "马大明", "document-01", mistyped, "labour-01", "ordinary",
		"name-02", "钱二", "birth-02", "2099-01-01", "relation-02", "spouse", "labour-02", "none")
	wrong.Says(http.StatusUnprocessableEntity)
	for _, field := range []string{"f-id", "f-document-01", "f-sex-01", "f-birth-02", "f-sex-02"} {
		if !strings.Contains(wrong.Body, `href="#`+field+`"`) {
			t.Errorf("the summary does not lead to %s", field)
		}
	}
	if n, err := entity.Find(t.Context(), app.Store.DB, entity.Filter{Book: testworld.Wushan, Type: household.Type}); err != nil || len(n) != 1 {
		t.Fatalf("there are %d households after a form that was wrong (%v)", len(n), err)
	}
	// The document says birth and sex. It is that of somebody who is in the register.
	twin := assistant.Send(wrong.Form(households.NewPath), "do", "record", "id", "H-0002", "other_causes", "funds", "document-01", checked(number), "birth-02", "1980-02-03", "sex-02", "female")
	twin.Says(http.StatusConflict, "Perhaps in the register already", "H-0001-01", "document")
	hides(t, "the warning", strings.ReplaceAll(twin.Text(), checked(number), ""))
	done := assistant.Send(twin.Form(households.NewPath), "do", "record", "compared", "yes", "education-02", "primary", "health-02", "chronic", "house_built", "1998", "power_work", "yes")
	has(t, done, "H-0002")
	f, err := household.Load(t.Context(), app.Store.DB, testworld.Wushan, "H-0002")
	if err != nil || len(f.Cards) != 1 {
		t.Fatalf("%d cards (%v)", len(f.Cards), err)
	}
	c := f.Cards[0].Fact
	if got, want := strings.Join(c.Members, "; "), "01 head 1975-03-02 male ordinary; 02 spouse 1980-02-03 female none"; got != want {
		t.Errorf("members are %q, want %q", got, want)
	}
	if c.MainCause != "illness" || len(c.OtherCauses) != 1 || c.OtherCauses[0] != "funds" || c.HouseBuilt != 1998 || !c.PowerHome || !c.PowerWork || len(c.Health) != 1 || c.Health[0] != "02 chronic" || c.Names[0] != "01 马大明" {
		t.Errorf("the card is %+v", c)
	}
	has(t, assistant.Get(households.DuplicatesPath), "H-0002-01")
	app.As("approver").Get(households.NewPath + "?area=" + village).Says(http.StatusForbidden)
	app.As("faraway").Get(households.NewPath + "?area=" + village).Says(http.StatusForbidden)
}

// Poverty is measured over the register itself, for an area and the areas within it; whoever may not see the area may not see its poverty.
func TestMeasuredArea(t *testing.T) {
	app := webtest.New(t)
	register(t, app.World)
	assistant := app.As("assistant")
	has(t, assistant.Get(households.Path+"?area="+testworld.Wushan), "Measure poverty")
	has(t, assistant.Get(households.PovertyPath+"?area="+testworld.Wushan), "城关镇", "100.00%", "2,999.99", "0 of 1 household")
	has(t, assistant.Get(households.PovertyPath+"?area="+village+"&on=2020-05-02"), "1 of 1 household") // before the visit
	assistant.Get(households.PovertyPath+"?area="+testworld.Wushan+"&on=yesterday").Says(http.StatusOK, "not a date")
	has(t, assistant.Get(households.PovertyPath+"?area="+testworld.Wushan+"&on=2019-01-01"), "Nothing to measure")
	if csv := assistant.Get(households.PovertyPath + ".csv?area=" + testworld.Wushan).Body; !strings.Contains(csv, "area,people,poor-people,headcount,gap,severity,shortfall,gini") || !strings.Contains(csv, "620524100,2,2,1.000000,0.374999,") {
		t.Errorf("the table downloads as\n%s", csv)
	}
	app.As("faraway").Get(households.PovertyPath + "?area=" + testworld.Wushan).Says(http.StatusForbidden)
}
