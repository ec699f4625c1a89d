package access_test

import (
	"context"
	"path/filepath"
	"testing"

	"lastmile/internal/access"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/store"
)

// TestApprovalRule: a rule recorded as a fact decides how many approve, from its day until its last.
func TestApprovalRule(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "lastmile.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must := func(d fact.Draft) {
		t.Helper()
		if _, err := s.Recorder.Record(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	setUp := func(f fact.Fact) {
		must(fact.Draft{Fact: f, Book: "hq", On: "2019-01-01", Actor: fact.Operator, Source: "test"})
	}
	setUp(&party.Party{ID: "sponsor", Name: "Sponsor", Kind: "sponsor"})
	setUp(&programme.Fund{ID: "own", Name: "Own", Sponsor: "sponsor", Purpose: "all"})
	for _, id := range []string{"ann", "bob", "cyd"} {
		setUp(&access.Person{ID: id, Name: id, Unit: "unit"})
	}
	setUp(&access.Appointment{Person: "ann", Role: "finance"})
	setUp(&access.Appointment{Person: "bob", Role: "approver"})
	setUp(&access.Appointment{Person: "cyd", Role: "approver"})
	must(fact.Draft{Fact: &access.ApprovalRule{Of: "injection", From: 100_00, Approvers: 2, Until: "2020-06-30"}, Book: "hq", On: "2020-01-01",
		Actor: fact.Operator, Approvers: []string{"bob"}, Source: "test"})
	for _, c := range []struct {
		name      string
		amount    fact.Money
		on        string
		approvers []string
		refused   bool
	}{
		{"before the rule one approves", 100_00, "2019-12-31", []string{"bob"}, false},
		{"a fen below the amount one approves", 99_99, "2020-01-01", []string{"bob"}, false},
		{"at the amount one is too few", 100_00, "2020-01-01", []string{"bob"}, true},
		{"at the amount two approve", 100_00, "2020-01-01", []string{"bob", "cyd"}, false},
		{"after its last day the kind's own rule holds", 100_00, "2020-07-01", []string{"bob"}, false},
	} {
		_, err := s.Recorder.Record(ctx, fact.Draft{Fact: &programme.Injection{Fund: "own", Amount: c.amount, Voucher: c.name}, On: date.Date(c.on), Actor: "ann",
			Approvers: c.approvers, Source: "test"})
		if refused := fault.KindOf(err) == fault.Forbidden; refused != c.refused || err != nil && !refused {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	_, err = s.Recorder.Record(ctx, fact.Draft{Fact: &access.ApprovalRule{Of: "area", Approvers: 2}, Book: "hq", On: "2020-01-01", Actor: fact.Operator, Approvers: []string{"bob"}})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a rule for a kind without approval: %v", err)
	}
}
