package access_test

import (
	"testing"

	"lastmile/internal/access"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/testworld"
)

// TestEngines sets a programme up, logs in, guesses, makes a token and takes access away, on both engines.
func TestEngines(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := facttest.Open(t, fresh())
		a := s.Accounts
		code, err := a.SetupCode(ctx)
		if err != nil {
			t.Fatal(err)
		}
		set := access.SetUp{Code: code, ID: "root", Name: "Root", Unit: "IT", Password: testworld.Password, On: s.Today(), Address: "192.0.2.1"}
		if err := a.SetUp(ctx, s.Recorder, set); err != nil {
			t.Fatal(err)
		}
		_, _, err = a.LogIn(ctx, access.LogIn{Person: "root", Password: "not the password", Address: "192.0.2.1"})
		wants(t, err, "login.refused")
		token, _, err := a.LogIn(ctx, access.LogIn{Person: "root", Password: testworld.Password, Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		if session, err := a.Session(ctx, token); err != nil || session.Person != "root" {
			t.Fatal(session, err)
		}
		secret, err := a.MakeToken(ctx, "root", "test", []string{"read"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		made, err := a.Token(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.RevokeToken(ctx, "root", made.ID, "root"); err != nil {
			t.Fatal(err)
		}
		_, err = a.Token(ctx, secret)
		wants(t, err, "token.unknown")
		reader, err := access.Read(ctx, s.DB, "root", s.Today())
		if err != nil || !reader.Holds("administrator") {
			t.Error(reader, err)
		}
		one, err := a.SigningSecret(ctx)
		if again, err2 := a.SigningSecret(ctx); err != nil || err2 != nil || one == "" || one != again {
			t.Error(one, again, err, err2)
		}
		if err := a.Withdraw(ctx, "root", fact.Operator); err != nil {
			t.Fatal(err)
		}
		_, err = a.Session(ctx, token)
		wants(t, err, "session.none")
		events, err := a.Events(ctx, "", 50)
		if err != nil || len(events) < 5 {
			t.Error(events, err)
		}
	})
}

// TestWhere finds the areas that a person serves by a query, on both engines.
func TestWhere(t *testing.T) {
	facttest.EachEngine(t, func(t *testing.T, fresh func() string) {
		s := facttest.Open(t, fresh())
		facttest.Populate(t, s)
		reader, err := access.Read(ctx, s.DB, facttest.Local, s.Today())
		if err != nil {
			t.Fatal(err)
		}
		where, args, err := reader.Where(ctx, "e.id", 2)
		if err != nil {
			t.Fatal(err)
		}
		var areas, towns int
		query := "SELECT COUNT(*), COUNT(*) FILTER (WHERE e.id <> '" + facttest.Counties[0] + "') FROM entity e WHERE e.type = $1 AND " + where
		if err := s.DB.QueryRow(ctx, query, append([]any{"area"}, args...)...).Scan(&areas, &towns); err != nil {
			t.Fatal(err)
		}
		if areas != towns+1 || towns == 0 {
			t.Errorf("the query finds %d areas, %d of them below the county", areas, towns)
		}
	})
}

// TestSteps reads from which amounts on more people must approve: the kind's own rule, until another is in force.
func TestSteps(t *testing.T) {
	w := testworld.New(t)
	k := fact.Find("disbursement")
	steps, err := access.Steps(ctx, w.Store.DB, k, w.Store.Today())
	if err != nil || len(steps) != 1 || steps[0].From != 1_000_000_00 {
		t.Errorf("the kind's own: %v, %v", steps, err)
	}
	w.Record("admin", []string{"approver"}, &access.ApprovalRule{Of: k.Name, Approvers: 1})
	w.Record("admin", []string{"approver"}, &access.ApprovalRule{Of: k.Name, From: 500_00, Approvers: 3})
	if steps, err = access.Steps(ctx, w.Store.DB, k, w.Store.Today()); err != nil || len(steps) != 1 || steps[0].From != 500_00 || steps[0].Approvers != 3 {
		t.Errorf("rules in force: %v, %v", steps, err)
	}
	if steps, err = access.Steps(ctx, w.Store.DB, k, "2019-01-01"); err != nil || len(steps) != 1 || steps[0].From != 1_000_000_00 {
		t.Errorf("before they were: %v, %v", steps, err)
	}
}
