// Package countytest gives tests of the field's packages a county to record in: areas, people who may record and approve, a project, and
// money promised to it.
//
//	c := countytest.New(t)
//	c.Record(t, &livestock.Herd{…})
//	err := c.Try(t, &livestock.Contract{…})   // what is refused
package countytest

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

const (
	Book     = "653127"    // the county and its book
	Town     = "653127201" // a town in it
	Project  = "P"         // an industry project with Promised to spend
	Fund     = "OWN"       // that pays for it
	Supplier = "supplier"
	Promised = fact.Money(1_000_000_000_00)
	Today    = date.Date("2021-06-30") // of the store's clock
	Opened   = date.Date("2018-01-01") // day of the facts below
	Villages = 3
)

// Village is the code of one of the Villages, counted from 0.
func Village(i int) string { return fmt.Sprintf("%s%03d", Town, 201+i) }

// Collective is the code of a village's collective.
func Collective(i int) string { return "VC-" + Village(i) }

// County is a store with a county in it. Facts are recorded on the day On, which a test moves on.
type County struct {
	*store.Store
	On date.Date
}

// New opens a county in a SQLite store.
func New(t testing.TB) *County {
	c := Empty(t)
	c.On = Opened
	c.Record(t, Country()...)
	c.Record(t, Facts()...)
	return c
}

// Country is recorded first: the areas, the programme and the designation, which opens the county's book.
func Country() []fact.Fact {
	facts := []fact.Fact{
		&area.Area{Code: "65", Level: "province", Name: "Xinjiang"}, &area.Area{Code: Book, Parent: "65", Level: "county", Name: "Maigaiti"},
		&area.Area{Code: Town, Parent: Book, Level: "town", Name: "Xiyitidun"},
	}
	for i := range Villages {
		facts = append(facts, &area.Area{Code: Village(i), Parent: Town, Level: "village", Name: fmt.Sprintf("Village %d", i)})
	}
	return append(facts, &party.Party{ID: "szse", Name: "Exchange", Kind: "sponsor"}, &programme.Programme{ID: "p", Name: "Programme", Sponsor: "szse"},
		&programme.Designation{County: Book, Programme: "p", Authority: "authority", Document: "document"})
}

// Facts are the people, the money and the project of the county, in the order of recording.
func Facts() []fact.Fact {
	facts := []fact.Fact{&programme.Fund{ID: Fund, Name: "Own", Sponsor: "szse", Purpose: "all"}}
	for _, a := range []access.Appointment{{Person: "ann", Role: "finance"}, {Person: "ann", Role: "programme-officer"}, {Person: "ann", Role: "county-assistant"},
		{Person: "bob", Role: "approver"}, {Person: "cyd", Role: "approver"}} {
		if a.Role == "finance" || a.Role == "approver" {
			facts = append(facts, &access.Person{ID: a.Person, Name: a.Person, Unit: "unit"})
		}
		facts = append(facts, &a)
	}
	for _, id := range []string{"sheep", "lamb", "mask", "ambulance"} {
		facts = append(facts, &programme.Commodity{ID: id, Name: id, Unit: "piece"})
	}
	facts = append(facts, &programme.Injection{Fund: Fund, Amount: Promised, Voucher: "v"}, &programme.Transfer{Transfer: "t", To: Book, Fund: Fund, Amount: Promised, Voucher: "v"},
		&programme.TransferReceipt{Transfer: "t", County: Book, Fund: Fund, Amount: Promised, Voucher: "v"},
		&project.Project{ID: Project, Name: "Project", Area: Book, Channel: "industry", Theme: "industry"},
		&project.Budget{Project: Project, Line: "all", Amount: Promised}, &project.Commitment{Project: Project, Amount: Promised, Contract: "c"},
		&party.Party{ID: Supplier, Name: "Supplier", Kind: "supplier"})
	for i := range Villages {
		facts = append(facts, &party.Party{ID: Collective(i), Name: "Collective", Kind: "village-collective", Area: Village(i)})
	}
	return facts
}

// Empty opens a store with nothing in it.
func Empty(t testing.TB) *County {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "lastmile.db"), store.Options{Clock: func() time.Time { return Today.Time().Add(12 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &County{Store: s}
}

// Draft is the fact as the county's people record it on the day.
func (c *County) Draft(f fact.Fact) fact.Draft {
	d := fact.Draft{Fact: f, On: c.On, Actor: "ann", Source: "test", Book: Book}
	k := fact.KindOf(f)
	switch {
	case k.Approval != nil:
		d.Approvers = []string{"bob", "cyd"}[:k.Approvers(f)]
	case k.Name != "reversal" && c.On == Opened:
		d.Actor = fact.Operator
	}
	if p, ok := f.(*party.Party); k.Book == "hq" || ok && p.Area == "" {
		d.Book = entity.Headquarters
	}
	return d
}

// Record records facts, which must be good, in one commit for each run of facts of the same book.
func (c *County) Record(t testing.TB, facts ...fact.Fact) (list []fact.Receipt) {
	t.Helper()
	var drafts []fact.Draft
	for i, f := range facts {
		drafts = append(drafts, c.Draft(f))
		if i+1 < len(facts) && c.Draft(facts[i+1]).Book == drafts[0].Book {
			continue
		}
		receipts, err := c.Recorder.Record(t.Context(), drafts...)
		if err != nil {
			t.Fatalf("record %T %+v and what follows: %+v", drafts[0].Fact, drafts[0].Fact, err)
		}
		list, drafts = append(list, receipts...), nil
	}
	return list
}

// Try records a fact that may be refused.
func (c *County) Try(t testing.TB, f fact.Fact) error {
	_, err := c.Recorder.Record(t.Context(), c.Draft(f))
	return err
}

// Refuses records a fact that must be refused with a code, and with a remedy.
func (c *County) Refuses(t testing.TB, code string, f fact.Fact) {
	t.Helper()
	err := c.Try(t, f)
	var e *fault.Error
	if list := fault.All(err); len(list) > 0 {
		e = list[0]
	}
	switch {
	case err == nil:
		t.Errorf("%T %+v was recorded, want refusal %s", f, f, code)
	case e == nil || e.Code != code:
		t.Errorf("%T %+v was refused with %v, want %s", f, f, err, code)
	case e.Fix == "":
		t.Errorf("refusal %s does not say what to do instead", code)
	}
}

// Number is the value of a figure.
func (c *County) Number(t testing.TB, aggregate figure.Aggregate, terms string, at figure.At) int64 {
	t.Helper()
	list, err := figure.ParseTerms(terms)
	if err != nil {
		t.Fatal(err)
	}
	v, err := figure.NewBook(c.DB, Today, []figure.Definition{{ID: "f", Aggregate: aggregate, Terms: list}}).Evaluate(t.Context(), "f", at)
	if err != nil {
		t.Fatal(err)
	}
	return v.Number
}

// CheckReplay verifies the store, records the whole journal again in an empty one and compares the ends of the books and all state tables.
func (c *County) CheckReplay(t testing.TB) {
	t.Helper()
	report, err := verify.Verify(t.Context(), c.DB, c.Evidence, func(verify.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range report.Differences {
		t.Error(d)
	}
	other := Empty(t)
	each := func(record func(journal.Entry) error) error { return journal.EachInTime(t.Context(), c.DB, record) }
	if err := other.Recorder.Replay(t.Context(), each, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"head", "entity", "account", "balance", "total", "subject", "distinct_total"} {
		was, now := c.rows(t, table), other.rows(t, table)
		for row, n := range was {
			if now[row] != n {
				t.Errorf("replay of %s lacks %s", table, row)
			}
		}
		for row, n := range now {
			if was[row] != n {
				t.Errorf("replay of %s has %s too many", table, row)
			}
		}
	}
}

// rows counts the rows of a table as text, without those of nothing.
func (c *County) rows(t testing.TB, table string) map[string]int {
	t.Helper()
	query := "SELECT * FROM " + table
	switch table {
	case "balance":
		query += " WHERE amount <> 0"
	case "total":
		query += " WHERE n <> 0 OR value <> 0"
	case "subject", "distinct_total":
		query += " WHERE n <> 0"
	}
	rows, err := c.DB.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, v := range values {
			text += fmt.Sprintf("%v|", *v.(*any))
		}
		found[text]++
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return found
}
