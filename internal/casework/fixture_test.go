package casework_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/identity"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/rebuild"
	"lastmile/internal/store"
	"lastmile/internal/verify"
)

// The register of the tests: two counties, a village each, an assistant who records and an approver.
const (
	county   = "653127"
	village  = "653127100201"
	other    = "620524"
	village2 = "620524100201"
)

type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// register is a store whose clock is set by the test.
type register struct {
	*store.Store
	tb
	now  time.Time
	book string
}

func openRegister(t *testing.T) *register {
	t.Helper()
	return openRegisterAt(t, "sqlite:"+filepath.Join(t.TempDir(), "r.db"))
}

func openRegisterAt(t *testing.T, url string) *register {
	t.Helper()
	r := &register{tb: t, now: time.Date(2021, 12, 31, 8, 0, 0, 0, time.UTC), book: county}
	r.Store = openStore(t, url, func() time.Time { return r.now })
	r.now = time.Date(2014, 1, 1, 8, 0, 0, 0, time.UTC)
	for _, f := range []fact.Fact{
		&area.Area{Code: "65", Level: "province", Name: "新疆"}, &area.Area{Code: county, Parent: "65", Level: "county", Name: "麦盖提县"},
		&area.Area{Code: village, Parent: county, Level: "village", Name: "一村"}, &area.Area{Code: "653127100202", Parent: county, Level: "village", Name: "二村"},
		&area.Area{Code: "62", Level: "province", Name: "甘肃"}, &area.Area{Code: other, Parent: "62", Level: "county", Name: "武山县"},
		&area.Area{Code: village2, Parent: other, Level: "village", Name: "三村"},
		&party.Party{ID: "szse", Name: "SZSE", Kind: "sponsor"}, &programme.Programme{ID: "p", Name: "P", Sponsor: "szse"},
		&programme.Designation{County: county, Programme: "p", Authority: "x", Document: "y"}, &programme.Designation{County: other, Programme: "p", Authority: "x", Document: "y"},
		&access.Person{ID: "zhao", Name: "赵", Unit: "x"}, &access.Person{ID: "wu", Name: "吴", Unit: "x"},
		&access.Appointment{Person: "zhao", Role: "county-assistant"}, &access.Appointment{Person: "wu", Role: "approver"}, &access.Appointment{Person: "wu", Role: "administrator"},
	} {
		if _, err := r.Recorder.Record(t.Context(), fact.Draft{Fact: f, On: "2014-01-01", Actor: fact.Operator, Source: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func openStore(t *testing.T, url string, clock func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{Clock: clock, EvidenceDir: filepath.Join(t.TempDir(), "evidence"), MatchKey: []byte("secret of the test")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// try records a fact in the county's book on a day, a day on which the clock stands too.
func (r *register) try(on date.Date, f fact.Fact, more ...func(*fact.Draft)) (fact.Receipt, error) {
	if at := on.Time().Add(10 * time.Hour); at.After(r.now) {
		r.now = at
	}
	d := fact.Draft{Fact: f, Book: r.book, On: on, Actor: "zhao", Source: "test"}
	if fact.KindOf(f).Approval != nil {
		d.Approvers = []string{"wu"}
	}
	for _, m := range more {
		m(&d)
	}
	receipts, err := r.Recorder.Record(ctx, d)
	if err != nil {
		return fact.Receipt{}, err
	}
	return receipts[0], nil
}

func (r *register) do(on date.Date, f fact.Fact, more ...func(*fact.Draft)) fact.Receipt {
	r.Helper()
	receipt, err := r.try(on, f, more...)
	if err != nil {
		r.Fatalf("%T on %s: %v", f, on, err)
	}
	return receipt
}

func (r *register) refuse(code string, on date.Date, f fact.Fact, more ...func(*fact.Draft)) {
	r.Helper()
	_, err := r.try(on, f, more...)
	wantCode(r, code, err)
}

func wantCode(t tb, code string, err error) {
	t.Helper()
	var one *fault.Error
	var list fault.List
	switch {
	case errors.As(err, &one) && one.Code == code:
	case errors.As(err, &list) && len(list) > 0 && list[0].Code == code:
	default:
		t.Fatalf("got %v, want it refused as %s", err, code)
	}
}

func key(k string) func(*fact.Draft)       { return func(d *fact.Draft) { d.Key = k } }
func by(actor string) func(*fact.Draft)    { return func(d *fact.Draft) { d.Actor = actor } }
func corrects(seq int64) func(*fact.Draft) { return func(d *fact.Draft) { d.Corrects = seq } }
func in(book string) func(*fact.Draft)     { return func(d *fact.Draft) { d.Book = book } }

// number is a valid resident number for a birth date; n tells people apart, even for women and odd for men.
func number(birth date.Date, n int) string {
	digits := "653127" + strings.ReplaceAll(string(birth), "-", "") + fmt.Sprintf("%03d", n)
	return digits + string(identity.CheckCharacter(digits))
}

// card is a household of three: head, spouse and a child of school age.
func card(id string, n int) *household.Household {
	return &household.Household{
		ID: id, Area: village, Standard: "national", Attribute: "ordinary", MainCause: "skill", OtherCauses: []string{"funds"}, HouseGrade: "b",
		Members: []string{"01 head 1975-03-02 male ordinary", "02 spouse 1977-08-11 female ordinary", "03 child 2008-05-20 female none"},
		Names:   []string{"01 阿卜杜拉·麦麦提" + string(rune(0x4e00+n)), "02 古丽" + string(rune(0x4e00+n))}, Phone: fmt.Sprintf("1390000%04d", n), Account: fmt.Sprintf("622800000000%04d", n),
		Documents: []string{"01 " + number("1975-03-02", 2*n+1), "02 " + number("1977-08-11", 2*n)},
	}
}

// visit finds everything met, and a net income of so many yuan for the household.
func visit(id string, from date.Date, yuan int, answers ...string) *household.Visit {
	v := &household.Visit{Household: id, Questionnaire: "visit-2014 1", Signature: "signed", IncomeFrom: from, IncomeTo: from.AddMonths(12).AddDays(-1),
		Answers: []string{"food=stable_source", "clothing=clothes_and_bedding", "education.03=in_school", "medical=resident_insurance", "housing=grade_b", "water=piped",
			fmt.Sprintf("wage.local.01=%d", yuan)}}
	for _, a := range answers { // replaces the answer to its question
		name, _, _ := strings.Cut(a, "=")
		for i, old := range v.Answers {
			if strings.HasPrefix(old, name+"=") {
				v.Answers = append(v.Answers[:i], v.Answers[i+1:]...)
				break
			}
		}
		v.Answers = append(v.Answers, a)
	}
	return v
}

// identify registers households in the spring of 2014 by their whole procedure.
func (r *register) identify(ids ...string) {
	r.Helper()
	c := "ID-" + ids[0]
	r.do("2014-03-03", &casework.Case{ID: c, Procedure: "identification-2014", Area: village, Households: ids})
	r.step("2014-03-03", c, "application", "household", "application")
	r.step("2014-03-10", c, "appraisal", "village", "minutes")
	r.notice("2014-03-12", c)
	r.posting("2014-03-12", c, "first_posting", "village")
	r.step("2014-03-20", c, "township_review", "township", "review_form")
	r.step("2014-03-21", c, "second_posting", "township", "notice_photo")
	r.step("2014-03-22", c, "county_review", "county", "approval")
	r.step("2014-03-23", c, "announcement", "county", "notice_photo")
	r.step("2014-03-24", c, "registration", "county", "handbook")
}

func (r *register) step(on date.Date, c, step, by string, documents ...string) {
	r.Helper()
	r.do(on, &casework.Step{Case: c, Step: step, By: by, People: 3, Documents: documents})
}

func noticeID(c string, on date.Date) string { return "N-" + c + "-" + string(on) }

func (r *register) notice(on date.Date, c string) {
	r.Helper()
	n, err := casework.Freeze(ctx, r.DB, r.book, c, on)
	if err != nil {
		r.Fatal(err)
	}
	n.ID, n.Place, n.Days, n.DayKind = noticeID(c, on), "村委会公示栏", 7, "calendar"
	r.do(on, n)
}

func (r *register) posting(on date.Date, c, step, by string) {
	r.Helper()
	r.do(on, &casework.Step{Case: c, Step: step, By: by, Documents: []string{"notice_photo"}, Notice: noticeID(c, on)})
}

// decide records the decision that the records give.
func (r *register) decide(on date.Date, id string) string {
	r.Helper()
	d, _, err := household.Decide(ctx, r.DB, r.book, id, on, on)
	if err != nil {
		r.Fatal(err)
	}
	r.do(on, d)
	return d.Outcome
}

// exitSteps are the steps of an exit of 2017 in order, each with its day.
func (r *register) exit(c string, ids ...string) {
	r.Helper()
	r.do("2017-11-01", &casework.Case{ID: c, Procedure: "household-exit-2016", Area: village, Households: ids})
	r.step("2017-11-02", c, "appraisal", "village", "minutes")
	r.step("2017-11-10", c, "verification", "village", "visit_record")
	r.step("2017-11-10", c, "acceptance", "household", "signature")
	r.notice("2017-11-11", c)
	r.posting("2017-11-11", c, "posting", "village")
	r.step("2017-11-19", c, "announcement", "village", "notice_photo")
	r.step("2017-11-20", c, "deregistration", "county", "register_entry")
}

// poor puts a registered household there that was helped and visited, and may leave in November 2017.
func (r *register) poor(ids ...string) {
	r.Helper()
	for i, id := range ids {
		r.do("2014-02-10", card(id, 100+i))
	}
	r.identify(ids...)
	r.do("2016-05-05", &household.Measure{Area: village, Cause: "skill", What: "Course in carpet weaving", Batch: "industry", Households: ids})
	for _, id := range ids {
		r.do("2017-11-05", visit(id, "2016-11-01", 3*3400))
		if got := r.decide("2017-11-06", id); got != string(decision.ExitEligible) {
			r.Fatalf("household %s is %s", id, got)
		}
	}
}

// count evaluates the sum of a measure as of a day.
func (r *register) count(measure string, asOf date.Date) int64 {
	r.Helper()
	book := figure.NewBook(r.DB, "2022-01-01", []figure.Definition{{ID: "x", Unit: "persons", Aggregate: figure.Sum, Terms: []figure.Term{{Measure: measure}}}})
	v, err := book.Evaluate(ctx, "x", figure.At{AsOf: asOf})
	if err != nil {
		r.Fatal(err)
	}
	return v.Number
}

func (r *register) status(id string, on date.Date) decision.Status {
	r.Helper()
	f, err := household.Load(ctx, r.DB, r.book, id)
	if err != nil {
		r.Fatal(err)
	}
	s, _ := f.Status(on)
	return s
}

// replay records the whole journal again into an empty store and compares every table, and recomputes every sum.
func (r *register) replay(t *testing.T) {
	t.Helper()
	rebuilt, err := rebuild.Rebuild(ctx, r.DB, rebuild.Options{})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := verify.Verify(ctx, r.DB, r.Evidence, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(rebuilt.Differences, verified.Differences...) {
		t.Errorf("%s", d)
	}
}

// rows lists a table as text.
func rows(t *testing.T, s *store.Store, table string) string {
	t.Helper()
	result, err := s.DB.Query(ctx, "SELECT CAST(hash AS TEXT) || book || member || kind FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	var all strings.Builder
	for result.Next() {
		var line string
		if err := result.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all.WriteString(line + "\n")
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func dateOf(s string) date.Date { return date.Date(s) }
