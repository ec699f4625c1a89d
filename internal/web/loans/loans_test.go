package loans_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/lending"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/testworld"
	"lastmile/internal/web/webtest"
)

const book, village, otherVillage = testworld.Wushan, "620524100201", "620524100202"

// world has three loans: of an enterprise, put off; of a household, overdue; of another household, on its lender's books.
func world(t *testing.T) (*webtest.App, map[string]fact.Receipt) {
	t.Helper()
	app := webtest.New(t)
	at := map[string]fact.Receipt{}
	record := func(name string, on date.Date, f fact.Fact) {
		t.Helper()
		d := fact.Draft{Fact: f, On: on, Actor: fact.Operator, Source: "test"}
		if k := fact.KindOf(f); k.Approval != nil {
			d.Actor, d.Approvers = "loans", []string{"approver", "second"}
			if !slices.Contains(k.By, "loan-officer") {
				d.Actor = map[bool]string{true: "officer", false: "fin"}[slices.Contains(k.By, "programme-officer")]
			}
		}
		receipts, err := app.Store.Recorder.Record(context.Background(), d)
		if err != nil {
			t.Fatalf("%s: %v", fact.KindOf(f).Name, err)
		}
		at[name] = receipts[0]
	}
	begun := date.Date("2018-05-01")
	for _, p := range testworld.People { // they were there before the world's records begin
		record("", begun, &access.Appointment{Person: p.ID, Role: p.Role, Area: p.Area, Until: "2020-04-30"})
	}
	product := lending.CreditProduct{ID: "farmer", Name: "Farmer loans 农户贷款", Area: book, Project: "p-" + book, Partner: "bank", Mode: "own", Borrowers: "household", Checks: "lender",
		AmountMax: 5_000_000, TermMax: 36, Method: "equal-instalment", DayCount: "30/360", Rounding: "half-even", Surcharge: "3"}
	mirror := product
	mirror.ID, mirror.Mode = "mirror", "mirror"
	flat := product
	flat.ID, flat.Method = "flat", "flat"
	enterprise := product
	enterprise.ID, enterprise.Borrowers, enterprise.Pool, enterprise.Method, enterprise.DayCount, enterprise.AmountMax = "enterprise", "enterprise", "pool", "bullet", "ACT/360", 1_000_000_000
	for _, f := range []fact.Fact{
		&area.Area{Code: village, Parent: testworld.Town, Level: "village", Name: "东旱坪村"}, &area.Area{Code: otherVillage, Parent: testworld.Town, Level: "village", Name: "令川村"},
		&party.Party{ID: "bank", Name: "Bank 银行", Kind: "bank"}, &party.Party{ID: "firm", Name: "Firm 企业", Kind: "enterprise", Area: testworld.Town},
		&party.Party{ID: "H-1", Name: "Bao Household", Kind: "household", Area: village, Register: "R-1"}, &party.Party{ID: "H-2", Name: "Cai Household", Kind: "household", Area: otherVillage, Register: "R-2"},
		&programme.Fund{ID: "BANK", Name: "Bank's", Sponsor: "bank", Purpose: "loans"}, &lending.ReferenceRate{ID: "ref", Name: "All", TermMax: 360, Rate: "7.35", Source: "test"},
		&lending.Outlet{ID: "outlet", Name: "Chengguan outlet 城关网点", Area: testworld.Town, Operator: "bank"},
		&lending.Pool{ID: "pool", Name: "Guarantee pool 担保池", Area: book, Holder: "bank", Multiple: 10, Trigger: 90, Share: "80", Base: "principal"},
		&lending.PoolContribution{Pool: "pool", From: "exchange", Fund: "own", Amount: 1_000_000_00, Voucher: "PC"},
		&product, &mirror, &flat, &enterprise,
	} {
		record("", begun, f)
	}
	lend := func(product, borrower string, c lending.Contract) {
		t.Helper()
		record("", c.DisbursedOn, &lending.Application{ID: "A-" + c.ID, Product: product, Borrower: borrower, Amount: c.Principal, Months: 12, Purpose: "sheep"})
		c.Application, c.Reference, c.Money, c.Lender, c.Fund, c.Outlet = "A-"+c.ID, "ref", "bank", "bank", "BANK", "outlet"
		record("", c.DisbursedOn, &c)
		record("", c.DisbursedOn, &lending.Disbursement{Loan: c.ID, Amount: c.Principal, Voucher: "v-" + c.ID})
	}
	record("", "2020-03-02", &lending.Application{ID: "A-N-1", Product: "flat", Borrower: "H-2", Amount: 500_000, Months: 12, Purpose: "pigs"})
	record("", "2020-03-02", &lending.Contract{ID: "N-1", Application: "A-N-1", Reference: "ref", Money: "bank", Lender: "bank", Fund: "BANK", Principal: 500_000, Rate: "4.35", DisbursedOn: "2020-03-09", Instalments: 12})
	record("", "2020-03-02", &lending.Application{ID: "A-W-1", Product: "flat", Borrower: "H-2", Amount: 300_000, Months: 12, Purpose: "bees"})
	lend("enterprise", "firm", lending.Contract{ID: "E-1", Pool: "pool", Principal: 340_000_000, Rate: "3.85", DisbursedOn: "2019-12-26", Instalments: 1, FirstDueOn: "2020-03-25"})
	record("extension", "2020-03-10", &lending.Extension{Loan: "E-1", Document: "No. 7", Basis: "银保监发〔2020〕6号", Reason: "pandemic", Outstanding: 340_000_000, Kind: "move-one", Treatment: "deferred", From: "2020-03-25", To: "2020-06-30"})
	lend("farmer", "H-1", lending.Contract{ID: "F-1", Principal: 1_200_000, Rate: "4.35", DisbursedOn: "2020-01-15", Instalments: 12})
	record("repayment", "2020-02-15", &lending.Repayment{Loan: "F-1", Amount: 102_372, Receipt: "RP-1", Outlet: "outlet"})
	lend("mirror", "H-2", lending.Contract{ID: "M-1", Principal: 1_000_000, Rate: "4.35", DisbursedOn: "2020-01-15", Instalments: 12})
	record("", "2020-02-29", &lending.Statement{Loan: "M-1", From: "2020-01-14", Lent: 1_000_000, Principal: 81_000, Closing: 919_000})
	if _, err := new(lending.Closer).Close(context.Background(), app.Store.DB, book, "2020-05-31"); err != nil {
		t.Fatal(err)
	}
	return app, at
}

func TestPages(t *testing.T) {
	app, at := world(t)
	b := app.As("loans")
	extension, repayment := link(at["extension"].Seq), link(at["repayment"].Seq)
	for path, says := range map[string][]string{
		"/loans":                                        {"3 loans with ¥3.42 m outstanding", "Portfolio at risk", "1 loan, extended", "¥3.40 m"},
		"/loans?by=village":                             {"东旱坪村", "令川村", "In no village"},
		"/loans/loan/620524/N-1":                        {"Agreed, not paid out", "Cai Household is to be lent ¥5,000.00", "Effective annual rate", "7.9326"},
		"/loans/all":                                    {"4 loans of ¥3.42 m", "E-1", "F-1", "M-1", "Bao Household", "Chengguan outlet"},
		"/loans/all?status=repaid":                      {"No loan matches"},
		"/loans/all?number=F-":                          {"1 loan of ¥12,000.00"},
		"/loans/due?days=30":                            {"3 instalments", "30 Jun 2020"},
		"/loans/due?when=now":                           {"0 loans have"},
		"/loans/arrears":                                {"2 loans are past due", "77 days past due"},
		"/loans/loan/620524/F-1":                        {"Bao Household borrowed ¥12,000.00 on 15 Jan 2020", "1 of 12 instalments paid", "3 overdue", "12,000.00 × 4.35% × 30/360", "1,023.72 level payment less interest", "How each instalment was computed"},
		"/loans/loan/620524/F-1?payoff=2020-06-15":      {"To pay on 15 Jun 2020"},
		"/loans/loan/620524/F-1?payoff=never":           {"This is not a date"},
		"/loans/loan/620524/F-1?payoff=2019-01-01":      {"The loan was paid out on 15 Jan 2020"},
		"/loans/loan/620524/E-1":                        {"Running, extended", "Extended", "3,400,000.00 × 3.85% × 97/360", "35,270.28", "67,995.28 falls due with this instalment"},
		"/loans/loan/620524/E-1/contract":               {"Loan contract E-1", "Firm", "Terms in words", "For the lender", "Guarantee pool"},
		"/loans/loan/620524/F-1/receipt/" + repayment:   {"Receipt RP-1", "Bao Household paid ¥1,023.72 on 15 Feb 2020", "¥980.22", "¥43.50", "¥11,019.78"},
		"/loans/loan/620524/E-1/extension/" + extension: {"银保监发〔2020〕6号", "No. 7", "Pandemic", "Principal deferred", "¥3,400,000.00", "¥32,725.00"},
		"/loans/borrower/620524/H-1":                    {"Bao Household", "1 loan of ¥12,000.00"},
		"/loans/outlet/620524/outlet":                   {"Chengguan outlet", "3 running loans, with ¥3.42 m outstanding"},
		"/loans/pools":                                  {"Guarantee pool"},
		"/loans/pool/620524/pool":                       {"3.4", "¥1,000,000.00", "more than 90 days", "The pool has not had to pay a lender yet", "At 10 times its balance it can guarantee ¥6.60 m more"},
		"/loans/extensions":                             {"1 extension on 1 loan,", "E-1", "from 25 Mar 2020 to 30 Jun 2020"},
		"/loans/statements":                             {"1 loan is on its lender's books", "81,000 fen", "M-1"},
		"/loans/subsidies":                              {"No subsidies"},
		"/loans/messages":                               {"3 messages to send", "Loan E-1: ¥3,467,995.28 is due on 30 Jun 2020"},
		"/loans/messages?kind=receipt&days=366":         {"we received ¥1,023.72 on 15 Feb 2020"},
		"/loans/closing":                                {"Closed through 31 May 2020", "No loan was left out"},
		"/loans/applications?status=contracted":         {"A-F-1"},
		"/loans/applications":                           {"1 application is listed", "A-W-1", "12 months", "¥3,000.00", "Cai Household"},
		"/loans/applications?status=refused":            {"No application is in this state"},
		"/loans/applications?product=farmer":            {"No application is in this state"},
		"/loans/applications?number=A-W&sort=-on":       {"1 application is listed"},
		"/loans/applications?town=620524101":            {"application"},
	} {
		b.Get(path).Says(http.StatusOK, says...)
		b.In("zh").Get(path).Says(http.StatusOK)
	}
	for path, status := range map[string]int{"/loans/loan/620524/none": http.StatusNotFound, "/loans/loan/620524/F-1/receipt/" + extension: http.StatusNotFound, "/loans/loan/620524/F-1/receipt/x": http.StatusNotFound,
		"/loans/borrower/620524/none": http.StatusNotFound, "/loans?book=653127": http.StatusForbidden, "/loans?by=colour": http.StatusUnprocessableEntity, "/loans/subsidies?quarter=x": http.StatusUnprocessableEntity} {
		b.Get(path).Says(status)
	}
	b.In("zh").Get("/loans/loan/620524/F-1/receipt/"+repayment).Says(http.StatusOK, "人民币壹仟零贰拾叁元柒角贰分")
	b.In("zh").Get("/loans/loan/620524/F-1/contract").Says(http.StatusOK, "人民币壹万贰仟元整")
	// Others' areas are not shown, and households' names only to those who may see them.
	app.As("faraway").Get("/loans/loan/620524/F-1").Says(http.StatusForbidden)
	lead := app.As("lead").Get("/loans/all")
	lead.Says(http.StatusOK, "H-1", "Firm")
	if strings.Contains(lead.Text(), "Bao Household") {
		t.Error("a household's name is shown to one who may not see personal data")
	}
}

func link(seq int64) string { return strconv.FormatInt(seq, 10) }

// TestCSV downloads every table of the pages, with a head and no empty name in it.
func TestCSV(t *testing.T) {
	app, _ := world(t)
	b := app.As("loans")
	for path, has := range map[string]string{
		"/loans.csv": "segment,household", "/loans/all.csv": "F-1,active", "/loans/due.csv": "E-1", "/loans/arrears.csv": "F-1", "/loans/loan/620524/N-1/receipts.csv": "", "/loans/applications.csv?status=contracted": "A-F-1,contracted",
		"/loans/loan/620524/F-1/schedule.csv": "1,2020-02-15,paid,980.22,43.50", "/loans/loan/620524/F-1/receipts.csv": "2020-02-15", "/loans/pools.csv": "pool,lending,1000000.00,1000000.00,3400000.00,6600000.00",
		"/loans/applications.csv": "A-W-1,applied,2020-03-02,H-2,flat,3000.00,12,", "/loans/loan/620524/F-1/versions.csv": "1,2020-01-15,", "/loans/loan/620524/F-1/history.csv": ",payment,1023.72",
		"/loans/pool/620524/pool/ratios.csv": "granted,3400000.00,1000000.00,3.4", "/loans/closing/unclosed.csv": "",
		"/loans/pool/620524/pool/calls.csv": "loan", "/loans/extensions.csv": "E-1,2020-03-10,2020-03-25,2020-06-30", "/loans/statements.csv": "M-1,2020-02-29,principal,810.00,0.00,81000",
		"/loans/subsidies.csv": "days", "/loans/messages.csv": "H-1,F-1", "/loans/closing.csv": "2020-05-31,3,0",
	} {
		body := b.Get(path).Body
		head, _, _ := strings.Cut(body, "\n")
		if !regexp.MustCompile(`^\x{FEFF}?[a-z0-9-]+(,[a-z0-9-]+)+\r?$`).MatchString(head) {
			t.Errorf("%s: head %q", path, head)
		}
		want := strings.TrimPrefix(has, "segment,")
		if path != "/loans/pool/620524/pool/calls.csv" && path != "/loans/subsidies.csv" && !strings.Contains(body, want) {
			t.Errorf("%s: %q is not in\n%s", path, want, body)
		}
		if path == "/loans/messages.csv" && strings.Contains(body, "Bao") {
			t.Error("messages name a person")
		}
	}
}

// TestRepay goes from the page of a loan to the form of a repayment, filled in, and records the payoff that was quoted.
func TestRepay(t *testing.T) {
	app, _ := world(t)
	b := app.As("loans")
	page := b.Get("/loans/loan/620524/F-1?payoff=2020-06-01")
	href := regexp.MustCompile(`/record/loan-repayment\?[^"]*excess=payoff[^"]*`).FindString(page.Body)
	form := b.Get(strings.ReplaceAll(href, "&amp;", "&")).Says(http.StatusOK, "F-1").Form("/record/loan-repayment")
	b.Send(form, "receipt", "RP-2", "on", "2020-06-01").Says(http.StatusOK, "Recorded")
	b.Get("/loans/loan/620524/F-1?on=2020-06-01").Says(http.StatusOK, "Principal outstanding on 1 Jun 2020 : ¥0.00", "Repaid")
}

// TestNothing: where no loan was ever made, every list says what would be there.
func TestNothing(t *testing.T) {
	app := webtest.New(t)
	b := app.As("officer")
	for _, path := range []string{"", "/all", "/due", "/arrears", "/applications", "/pools", "/extensions", "/statements", "/subsidies", "/messages", "/closing"} {
		page := b.Get("/loans" + path).Says(http.StatusOK)
		if !strings.Contains(page.Body, `class="empty"`) {
			t.Errorf("/loans%s has no empty state:\n%s", path, page.Text())
		}
	}
}
