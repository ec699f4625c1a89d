package intake_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/intake"
	"lastmile/internal/party"
)

// TestJob takes a table through its states on both engines: kept, checked, recorded, and the columns remembered.
func TestJob(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		ctx := context.Background()
		s := facttest.Open(t, fresh())
		k := fact.KindOf((*party.Party)(nil))
		job, err := s.Intake.Add(ctx, fact.Operator, k, "firms.csv", strings.NewReader("on,id,firm,kind\n2019-05-01,a,Alpha,supplier\n2019-05-01,b,Beta,dragon\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		wait := func(state intake.State) {
			t.Helper()
			for range 500 {
				if job, err = s.Intake.Get(ctx, fact.Operator, job.ID); err != nil {
					t.Fatal(err)
				}
				if job.State == state {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Fatalf("the job is %s, not %s: %+v", job.State, state, job.Result)
		}
		m := job.Mapping
		m["firm"] = "name"
		if err := s.Intake.Check(ctx, job, m, ""); err != nil {
			t.Fatal(err)
		}
		wait(intake.Checked)
		if r := job.Result; r.Rows != 2 || r.New != 1 || r.Bad != 1 || len(r.Wrong) != 1 || r.Wrong[0].Why[0].Code != "field.choice" || r.Wrong[0].Why[0].Column != "kind" {
			t.Errorf("checked: %+v", r)
		}
		if err := s.Intake.Record(ctx, job, true); err != nil {
			t.Fatal(err)
		}
		wait(intake.Recorded)
		if r := job.Result; r.Recorded != 1 || r.Again != 0 {
			t.Errorf("recorded: %+v", r)
		}
		if err := s.Intake.Stop(job); err == nil {
			t.Error("a job that has ended was stopped")
		}
		if _, err := s.Intake.Get(ctx, "another", job.ID); err == nil {
			t.Error("another person sees the job")
		}
		again, err := s.Intake.Add(ctx, fact.Operator, k, "more.csv", strings.NewReader("on,id,firm,kind\n"), nil)
		if err != nil || again.Mapping["firm"] != "name" {
			t.Errorf("the columns were not remembered: %+v, %v", again, err)
		}
	})
}
