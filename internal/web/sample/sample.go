// Package sample lists the pages of the model programme: at least one of each route, with who looks at it. Tests open them in a real browser,
// in every language and theme, on a desk and on a phone; the benchmark asks for them. Follow finds a page of a new route by itself, where its
// address names nothing or a link leads to it; others are added here with one line. All are held to the same.
package sample

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/intake"
	"lastmile/internal/store"
	"lastmile/internal/targeting"
)

// Log-ins of the model programme's officials.
const (
	Administrator = "luo.yan"
	Leader        = "liang.wen"
	Officer       = "he.min"
	Finance       = "qian.fang"
	Approver      = "zhou.kai"
	Auditor       = "zheng.bo"
	Assistant     = "ma.jun"   // of Wushan
	LoanOfficer   = "sun.li"   // of Wushan
	FarAssistant  = "zhao.lei" // of Maigaiti
)

// Password of everybody whom LogIn lets in.
const Password = "synthetic programme"

// Page is one page and who looks at it.
type Page struct {
	Address string
	As      string // log-in; "" is somebody who is not logged in
	Press   string // selector of the button that leads from Address to the page; "" when Address is the page
}

// Reading are the pages that anybody may read who sees the whole programme.
var Reading = []string{
	"/", "/?flow=mask", "/flow", "/flow?open=1", "/flow?commodity=sheep", "/claims", "/claims?verdict=holds", "/figures", "/figures/direct-funds", "/figures/direct-funds?by=project",
	"/figures/masks-in-store", "/figures/designated-wushan", "/figures/projects?by=area", "/figures/direct-funds?area=620524&from=2016-01-01&until=2016-12-31",
	"/figures/direct-funds/records", "/figures/direct-funds/records?grade=open", "/figures/direct-funds/records?sort=contribution&page=2",
	"/areas", "/areas/620524", "/areas/653127?flow=sheep", "/areas/620524101", "/areas/620524103227", "/areas/62",
	"/projects", "/projects?channel=education&status=finished&sort=-paid", "/projects?theme=water&area=653127", "/projects/620524/W-L-01", "/projects/653127/M-L-01", "/projects/653127/M-I-01", "/projects/620524/W-I-01",
	"/money", "/accounts", "/accounts?class=recipient&page=3", "/accounts/hq/treasury:hq", "/accounts/653127/store:653127:M-L-11", "/postings", "/postings?commodity=CNY&receiver=school",
	"/parties/hq/szse", "/parties/620524/GO-620524", "/parties/620524/H-0001",
	"/entries/620524/58", "/entries/hq/1", "/entries/hq/585", "/journal", "/journal?book=653127&kind=disbursement", "/journal?book=620524&after=500&actor=qian.fang", "/chain",
	"/search", "/search?q=wsx", "/search?q=BK-13-0910-857", "/search?q=620524:58", "/search?q=nothing+is+called+so",
}

// own are the pages of people who record, approve, import and look after others.
var own = []Page{
	{Address: "/login"},
	{Address: "/login", Press: "main form button.primary"},
	{Address: "/claims", As: Leader},
	{Address: "/", As: Officer},
	{Address: "/todo", As: Officer},
	{Address: "/todo", As: Approver},
	{Address: "/todo", As: Assistant},
	{Address: "/todo", As: Auditor},
	{Address: "/record", As: Officer},
	{Address: "/record", As: Auditor},
	{Address: "/record/disbursement", As: Finance},
	{Address: "/record/disbursement", As: Finance, Press: "main form button.primary"},
	{Address: "/record/project", As: Officer},
	{Address: "/record/milestone-reached", As: Assistant},
	{Address: "/record/disbursement", As: Auditor},
	{Address: "/record/disbursement/done?at=620524:58", As: Finance},
	{Address: "/import", As: Finance},
	{Address: "/import/disbursement", As: Finance},
	{Address: "/people", As: Administrator},
	{Address: "/people/he.min", As: Administrator},
	{Address: "/account", As: Assistant},
	{Address: "/account/password", As: Assistant},
	{Address: "/developers", As: Officer},
	{Address: "/developers/listKinds", As: Officer},
	{Address: "/nowhere", As: Officer},
	{Address: "/loans", As: Auditor},
	{Address: "/loans/all", As: Auditor},
	{Address: "/loans/due", As: Auditor},
	{Address: "/loans/pools", As: Auditor},
	{Address: "/loans/closing", As: Auditor},
	{Address: "/loans/loan/620524/SNH-0002", As: Auditor},
	{Address: "/loans/loan/620524/SYT-33", As: Auditor},
	{Address: "/herds", As: Auditor},
	{Address: "/herds/653127/HERD-201207", As: Auditor},
	{Address: "/contracts", As: Auditor},
	{Address: "/contracts/653127/BC-201207-02", As: Auditor},
	{Address: "/investments/620524/INV-PIGS", As: Auditor},
	{Address: "/jobs", As: Auditor},
	{Address: "/dividends/653127/ANGUS-2019", As: Auditor},
	{Address: "/goods", As: Auditor},
	{Address: "/goods/assets", As: Auditor},
	{Address: "/due", As: Auditor},
	{Address: "/households", As: Auditor},
	{Address: "/households?area=620524", As: Auditor},
	{Address: "/households/new", As: Assistant},
	{Address: "/cases", As: Auditor},
	{Address: "/cases/620524/CX-620524", As: Auditor},
	{Address: "/notices/620524/N-CX-620524", As: Auditor},
	{Address: "/monitoring", As: Auditor},
	{Address: "/duplicates", As: Auditor},
	{Address: "/targeting", As: Auditor},
	{Address: "/targeting/sweep", As: Auditor},
	{Address: "/styleguide/", As: Auditor},
	{Address: "/styleguide/overview", As: Auditor},
	{Address: "/styleguide/household", As: Auditor},
	{Address: "/styleguide/visit", As: Auditor},
	{Address: "/styleguide/notice", As: Auditor},
}

// injections is a table of the finance office: three good rows, and one whose fund nobody knows and whose amount is none.
const injections = "on,fund,amount,voucher\n2020-09-01,OWN-2020,1200.00,INJ-S-1\n2020-09-02,OWN-2020,3400.50,INJ-S-2\n2020-09-03,OWN-2020,80.00,INJ-S-3\n2020-09-04,NO-SUCH-FUND,12.5.0,INJ-S-4\n"

// Prepare adds to the model programme what the pages of people need: one table that is checked and has wrong rows, and one whose good rows
// have been proposed and wait for an approver. It gives all pages.
func Prepare(ctx context.Context, s *store.Store) ([]Page, error) {
	pages := make([]Page, 0, len(Reading)+len(own)+4)
	for _, address := range Reading {
		pages = append(pages, Page{Address: address, As: Auditor})
	}
	pages = append(pages, own...)
	checked, err := upload(ctx, s, "injections.csv")
	if err != nil {
		return nil, fmt.Errorf("prepare pages: %w", err)
	}
	sent, err := upload(ctx, s, "injections-sent.csv")
	if err == nil {
		err = s.Intake.Record(ctx, sent, true)
	}
	if err == nil {
		sent, err = settled(ctx, s, sent.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare pages: %w", err)
	}
	waiting, err := fact.Proposals(ctx, s.DB, "hq", fact.Waiting)
	if err != nil {
		return nil, fmt.Errorf("prepare pages: %w", err)
	}
	if len(waiting) == 0 {
		return nil, errors.New("prepare pages: nothing waits for an approver")
	}
	panel := fmt.Sprintf("/todo/%s/%d", waiting[0].Book, waiting[0].Seq)
	home, err := prepareRegister(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("prepare pages: %w", err)
	}
	return append(pages, Page{Address: home, As: Auditor}, Page{Address: home, As: Assistant}, Page{Address: home + "/visit", As: Assistant}, Page{Address: home + "/sheet", As: Assistant},
		Page{Address: "/imports/" + checked.ID, As: Finance}, Page{Address: "/imports/" + sent.ID, As: Finance},
		Page{Address: panel, As: Approver}, Page{Address: panel, As: Finance}), nil
}

// rules choose every household whose people can work.
const rules = `{"id": "sample", "version": "1", "title": {"en": "Sheep to breed", "zh": "扶贫羊养殖"}, "jurisdiction": "national", "valid": {"from": "2014-01-01"},
  "eligible": [{"id": "hands", "title": {"en": "Somebody can work", "zh": "有劳动能力"}, "when": "labour > 0"}],
  "score": [{"id": "children", "title": {"en": "Children", "zh": "有儿童"}, "options": [{"when": "children >= 1", "points": 5}]}],
  "quota": {"each": 5}, "draw_seed": "published with the notice", "notice": {"days": 7, "day_kind": "calendar"}, "need": "registered", "sources": [{"for": "all", "text": "sample"}]}`

// prepareRegister adds two records that may be of one person, and a list that rules have chosen. It gives the address of a household.
func prepareRegister(ctx context.Context, s *store.Store) (home string, err error) {
	const book, town = "620524", "620524100"
	households, err := entity.Find(ctx, s.DB, entity.Filter{Book: book, Type: "household", Limit: 1})
	if err != nil {
		return "", err
	}
	members, err := entity.Find(ctx, s.DB, entity.Filter{Book: book, Type: household.MemberType, Limit: 2})
	if err != nil {
		return "", err
	}
	if len(households) == 0 || len(members) < 2 {
		return "", fmt.Errorf("the register of %s has nobody", book)
	}
	record := func(key string, f fact.Fact) error {
		_, err := s.Recorder.Record(ctx, fact.Draft{Fact: f, Book: book, Key: key, On: s.Today(), Actor: fact.Operator, Approvers: []string{Approver}, Source: "sample"})
		return err
	}
	if err := record("sample-duplicate", &household.Duplicate{ID: "sample", Member: members[1].ID, Other: members[0].ID, Book: book, Shares: []string{"name"}, Strength: "possible"}); err != nil {
		return "", err
	}
	if err := record("sample-rules", &targeting.RuleSet{ID: "sample", Area: town, Title: "Sheep to breed 扶贫羊养殖", Version: "1", Rules: rules}); err != nil {
		return "", err
	}
	run, _, err := targeting.Freeze(ctx, s.DB, book, "sample", "sample", town, s.Today())
	if err == nil {
		err = record("sample-run", run)
	}
	return "/households/" + book + "/" + households[0].ID, err
}

// upload sends the table and has it checked.
func upload(ctx context.Context, s *store.Store, name string) (*intake.Job, error) {
	job, err := s.Intake.Add(ctx, Finance, fact.Find("injection"), name, strings.NewReader(injections), nil)
	if err != nil {
		return nil, err
	}
	if err := s.Intake.Check(ctx, job, job.Mapping, ""); err != nil {
		return nil, err
	}
	return settled(ctx, s, job.ID)
}

// settled waits until nobody works on a job.
func settled(ctx context.Context, s *store.Store, id string) (*intake.Job, error) {
	for {
		job, err := s.Intake.Get(ctx, Finance, id)
		if err != nil || !job.State.Running() {
			return job, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// LogIn gives the cookie of a session of an official, who gets the password if they have none.
func LogIn(ctx context.Context, s *store.Store, person string) (token string, err error) {
	known, err := s.Accounts.Persons(ctx)
	if err == nil && !known[person] {
		err = s.Accounts.SetPassword(ctx, person, Password, fact.Operator)
	}
	if err != nil {
		return "", fmt.Errorf("let %s in: %w", person, err)
	}
	token, _, err = s.Accounts.LogIn(ctx, access.LogIn{Person: person, Password: Password, Address: "127.0.0.1", Agent: "sample"})
	return token, err
}

// LogInAll gives the cookies of everybody who looks at pages.
func LogInAll(ctx context.Context, s *store.Store, pages []Page) (cookies map[string]string, err error) {
	cookies = map[string]string{}
	for _, p := range pages {
		if p.As != "" && cookies[p.As] == "" {
			if cookies[p.As], err = LogIn(ctx, s, p.As); err != nil {
				return nil, err
			}
		}
	}
	return cookies, nil
}
