package rebuild_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/rebuild"
	"lastmile/internal/store"
	"lastmile/internal/testenv"
	"lastmile/internal/verify"
)

func rebuilt(t facttest.TB, s *store.Store, o rebuild.Options) *rebuild.Report {
	t.Helper()
	r, err := rebuild.Rebuild(t.Context(), s.DB, o)
	if err != nil {
		t.Fatalf("rebuild: %v", err)
	}
	return r
}

func same(t facttest.TB, r *rebuild.Report) {
	t.Helper()
	if !r.OK || len(r.Differences) > 0 || r.Rows < 300 || r.Entries < 60 {
		t.Fatalf("%d entries and %d rows: %v", r.Entries, r.Rows, r.Differences)
	}
}

// The same facts give the same state, row for row, on the same engine and on the other one.
func TestSameFactsSameState(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		facttest.Histories(t, 3, func(rt *rapid.T) {
			s := facttest.Open(rt, fresh())
			facttest.Populate(rt, s)
			facttest.Tell(rt, s)
			facttest.Record(rt, s, 60)
			same(rt, rebuilt(rt, s, rebuild.Options{}))
		})
		s := facttest.Open(t, fresh())
		facttest.Populate(t, s)
		facttest.Tell(t, s)
		same(t, rebuilt(t, s, rebuild.Options{URL: testenv.Postgres(t)}))
	})
}

// Any changed value of a state table is found, also what only the facts can tell, and repaired.
func TestStateTampered(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := facttest.Open(t, url)
		facttest.Populate(t, s)
		facttest.Tell(t, s)
		s.Recorder.Close() // lets go of the store
		db := facttest.Tamper(t, url)
		for _, change := range []string{
			"UPDATE account SET holder = 'school' WHERE id = 'recipient:W-li'",
			"UPDATE account SET area = '620524' WHERE id = 'recipient:W-li'",
			"UPDATE entity SET name = 'x' WHERE id = 'W-li'",
			"UPDATE entity SET class = 'x' WHERE id = 'W-li'",
			"UPDATE entity SET status = 'stopped' WHERE id = 'W-house'",
			"UPDATE entity SET area = '62' WHERE id = 'W-li'",
			"UPDATE entity SET parent = 'x' WHERE id = 'mill'",
			"UPDATE entity SET seq = 1 WHERE id = 'mill'",
			"DELETE FROM entity WHERE id = 'mill'",
			"INSERT INTO entity (book, type, id, name, class, status, area, parent, seq) VALUES ('620524', 'party', 'ghost', '', '', '', '', '', 1)",
			"UPDATE proposal SET status = 'approved' WHERE status = 'waiting'",
			"UPDATE proposal SET need = 0 WHERE status = 'waiting'",
			"UPDATE appointment SET role = 'approver' WHERE person = 'ann' AND role = 'finance'",
			"UPDATE appointment SET until = '2030-01-01' WHERE person = 'bob'",
			"UPDATE head SET seq = seq + 1 WHERE book = '620524'",
			"DELETE FROM head WHERE book = '653127'",
			"UPDATE balance SET amount = amount + 1 WHERE account = 'treasury:620524' AND fund = 'own'",
			"UPDATE total SET ended = ended + 1 WHERE project = 'W-clinic' AND receiver = 'school' AND area = ''",
			"DELETE FROM lot WHERE account = 'treasury:620524' AND fund = 'learning'",
			"INSERT INTO approval_rule (kind, from_amount, on_date, until, approvers, seq) VALUES ('disbursement', 0, '2019-01-01', '', 1, 1)",
			"DELETE FROM proof",
		} {
			if _, err := db.Exec(change); err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			r := rebuilt(t, s, rebuild.Options{Repair: true})
			table := strings.Fields(strings.NewReplacer("UPDATE ", "", "DELETE FROM ", "", "INSERT INTO ", "").Replace(change))[0]
			if r.OK || len(r.Differences) == 0 || r.Differences[0].Table != table || !slices.Equal(r.Repaired, []string{table}) {
				t.Errorf("%s: got %+v, want the table told and repaired", change, r)
			}
		}
		same(t, rebuilt(t, s, rebuild.Options{}))
		if r, err := verify.Verify(t.Context(), s.DB, s.Evidence, nil); err != nil || !r.OK {
			t.Errorf("after the repairs: %v, %v", r, err)
		}
	})
}

// A changed posting differs and is not repaired; a changed entry cannot be replayed, and is named.
func TestFactsTampered(t *testing.T) {
	url := facttest.SQLite(t)
	s := facttest.Open(t, url)
	facttest.Populate(t, s)
	facttest.Tell(t, s)
	s.Recorder.Close()
	db := facttest.Tamper(t, url)
	if _, err := db.Exec("UPDATE posting SET amount = amount + 1 WHERE book = '620524' AND seq = 12 AND line = 1"); err != nil {
		t.Fatal(err)
	}
	r := rebuilt(t, s, rebuild.Options{Repair: true})
	if len(r.Differences) != 1 || r.Differences[0].Table != "posting" || r.Differences[0].Seq != 12 || len(r.Repaired) > 0 {
		t.Errorf("posting changed: got %+v", r)
	}
	if _, err := db.Exec("UPDATE entry SET actor = 'cat' WHERE book = '620524' AND seq = 12"); err != nil {
		t.Fatal(err)
	}
	_, err := rebuild.Rebuild(t.Context(), s.DB, rebuild.Options{})
	if err == nil || !strings.Contains(err.Error(), "replay entry 620524:12") {
		t.Errorf("entry changed: got %v, want the entry named", err)
	}
}

func TestTargetMustBeEmpty(t *testing.T) {
	s := facttest.Open(t, facttest.SQLite(t))
	facttest.Populate(t, s)
	_, err := rebuild.Rebuild(t.Context(), s.DB, rebuild.Options{URL: s.DB.URL})
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != "rebuild.target" {
		t.Errorf("got %v, want the target refused", err)
	}
}

// Books that are written side by side end where a replay in the order of recording ends, also when headquarters changes what the
// counties build on.
func TestConcurrentBooksReplay(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := facttest.Open(t, fresh())
		facttest.Populate(t, s)
		var fund int64
		if err := s.DB.QueryRow(t.Context(), "SELECT seq FROM entity WHERE type = 'fund' AND id = 'learning'").Scan(&fund); err != nil {
			t.Fatal(err)
		}
		record := func(d fact.Draft) {
			d.Actor, d.Approvers, d.On, d.Source = facttest.Officer, []string{facttest.Approver}, facttest.Day, "test"
			if _, err := s.Recorder.Record(t.Context(), d); err != nil && fault.KindOf(err) == fault.Internal {
				t.Errorf("record %T: %v", d.Fact, err)
			}
		}
		const n = 40
		var people sync.WaitGroup
		people.Go(func() { // the fund is freed and restricted, again and again
			at := fund
			for i := range n {
				channel := []string{"", "education", "livelihood"}[i%3]
				record(fact.Draft{Book: "hq", Key: fmt.Sprint("fund-", i), Corrects: at,
					Fact: &programme.Fund{ID: "learning", Name: "Learning", Sponsor: "giver", Purpose: fmt.Sprint(i), Channel: channel}})
				if e, ok, err := journal.ByKey(t.Context(), s.DB, "hq", fmt.Sprint("fund-", i)); err == nil && ok {
					at = e.Seq
				}
			}
		})
		for _, county := range facttest.Counties {
			people.Go(func() {
				for i := range 4 * n { // whether the fund may pay for housing depends on the moment
					record(fact.Draft{Book: county, Key: fmt.Sprint("c-", i),
						Fact: &project.Commitment{Project: facttest.Projects[county][0], Amount: 100_00, Contract: fmt.Sprint(i), Fund: "learning"}})
				}
			})
		}
		people.Wait()
		same(t, rebuilt(t, s, rebuild.Options{}))
	})
}

// Two programs that record into one store, turn and turn about, see at once what the other recorded, and end where a replay ends.
func TestTwoProgramsReplay(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		facttest.Histories(t, 2, func(rt *rapid.T) {
			url := fresh()
			one := facttest.Open(rt, url)
			facttest.Populate(rt, one)
			two := facttest.Open(rt, url)
			for range 40 {
				facttest.Record(rt, one, 1)
				facttest.Record(rt, two, 1)
			}
			same(rt, rebuilt(rt, one, rebuild.Options{}))
			if r, err := verify.Verify(rt.Context(), two.DB, nil, nil); err != nil || !r.OK {
				rt.Fatalf("verify: %v, %v", r.Differences, err)
			}
		})
	})
}
