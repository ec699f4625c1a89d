package access_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/testworld"
)

var ctx = context.Background()

// wants fails the test unless err is a fault of the code.
func wants(t *testing.T, err error, code string) {
	t.Helper()
	list := fault.All(err)
	if len(list) == 0 || list[0].Code != code {
		t.Errorf("want a fault %s, got %v", code, err)
	}
}

func TestLogIn(t *testing.T) {
	w := testworld.New(t)
	a := w.Store.Accounts
	if err := a.SetPassword(ctx, "fin", testworld.Password, fact.Operator); err != nil {
		t.Fatal(err)
	}
	token := w.LogIn("fin")
	s, err := a.Session(ctx, token)
	if err != nil || s.Person != "fin" || s.MustChange {
		t.Fatalf("session %+v, %v", s, err)
	}

	t.Run("a forged token", func(t *testing.T) {
		_, err := a.Session(ctx, token[:len(token)-1]+"x")
		wants(t, err, "session.none")
	})
	t.Run("the database holds nothing to log in with", func(t *testing.T) {
		var n int64
		if err := w.Store.DB.QueryRow(ctx, "SELECT COUNT(*) FROM session WHERE hash = $1", token).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d sessions are kept under their token: %v", n, err)
		}
	})
	t.Run("idle", func(t *testing.T) {
		w.Wait(11 * time.Hour)
		if _, err := a.Session(ctx, token); err != nil {
			t.Errorf("used within 12 hours: %v", err)
		}
		w.Wait(13 * time.Hour)
		_, err := a.Session(ctx, token)
		wants(t, err, "session.expired")
	})
	t.Run("lifetime", func(t *testing.T) {
		token := w.LogIn("fin")
		for range 16 {
			w.Wait(10 * time.Hour)
			if _, err := a.Session(ctx, token); err != nil {
				t.Fatalf("used every 10 hours: %v", err)
			}
		}
		w.Wait(9 * time.Hour)
		_, err := a.Session(ctx, token)
		wants(t, err, "session.expired")
	})
	t.Run("revoked", func(t *testing.T) {
		one, other := w.LogIn("fin"), w.LogIn("fin")
		list, err := a.Sessions(ctx, "fin")
		if err != nil || len(list) < 2 {
			t.Fatal(list, err)
		}
		s, err := a.Session(ctx, one)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Revoke(ctx, "fin", s.ID, "fin"); err != nil {
			t.Fatal(err)
		}
		_, err = a.Session(ctx, one)
		wants(t, err, "session.none")
		if _, err := a.Session(ctx, other); err != nil {
			t.Errorf("the other session ended too: %v", err)
		}
	})
}

func TestThrottle(t *testing.T) {
	w := testworld.New(t)
	a := w.Store.Accounts
	if err := a.SetPassword(ctx, "fin", testworld.Password, fact.Operator); err != nil {
		t.Fatal(err)
	}
	try := func(person, password, address string) error {
		_, _, err := a.LogIn(ctx, access.LogIn{Person: person, Password: password, Address: address})
		return err
	}
	for range 5 {
		wants(t, try("fin", "wrong wrong wrong", "192.0.2.7"), "login.refused")
	}
	wants(t, try("fin", testworld.Password, "192.0.2.8"), "login.wait")
	w.Wait(61 * time.Second)
	if err := try("fin", testworld.Password, "192.0.2.8"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	for i := range 25 { // the account was forgiven, the address was not
		wants(t, try(string(rune('a'+i))+"nobody", "wrong wrong wrong", "192.0.2.7"), "login.refused")
	}
	wants(t, try("fin", testworld.Password, "192.0.2.7"), "login.wait")
	events, err := a.Events(ctx, "fin", 100)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, e := range events {
		if e.Event == "login-failed" {
			failed++
		}
	}
	if failed != 5 {
		t.Errorf("%d failed log-ins are on record, want 5", failed)
	}
}

func TestPasswords(t *testing.T) {
	w := testworld.New(t)
	a := w.Store.Accounts
	for _, c := range []struct{ password, code string }{
		{"short", "password.short"}, {strings.Repeat("long", 60), "password.long"}, {"aaaaaaaaaaaa", "password.weak"}, {"I am FIN myself", "password.weak"}, {"ab\xffcdefghijkl", "password.text"},
	} {
		wants(t, a.SetPassword(ctx, "fin", c.password, "admin"), c.code)
	}
	one, err := a.Reset(ctx, "fin", "admin")
	if err != nil {
		t.Fatal(err)
	}
	token, s, err := a.LogIn(ctx, access.LogIn{Person: "fin", Password: one})
	if err != nil || !s.MustChange {
		t.Fatalf("one-time password: %+v, %v", s, err)
	}
	wants(t, a.Change(ctx, "fin", "not this one", testworld.Password), "password.wrong")
	wants(t, a.Change(ctx, "fin", one, one), "password.same")
	if err := a.Change(ctx, "fin", one, testworld.Password); err != nil {
		t.Fatal(err)
	}
	_, err = a.Session(ctx, token)
	wants(t, err, "session.none")
	token = w.LogIn("fin")
	if s, err := a.Session(ctx, token); err != nil || s.MustChange {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := a.Withdraw(ctx, "fin", "admin"); err != nil {
		t.Fatal(err)
	}
	_, err = a.Session(ctx, token)
	wants(t, err, "session.none")
	_, err = a.Reset(ctx, "ghost", "admin")
	wants(t, err, "person.unknown")
	err = w.Store.DB.Transact(ctx, func(w *database.Writer) error {
		_, err := w.Exec(ctx, "DELETE FROM access_event")
		return err
	})
	if !database.IsRefused(err) {
		t.Errorf("the record of who was let in could be changed: %v", err)
	}
}

func TestSetUp(t *testing.T) {
	w := testworld.New(t)
	a := w.Store.Accounts
	first, err := a.SetupCode(ctx)
	if err != nil || first == "" {
		t.Fatal(first, err)
	}
	code, err := a.SetupCode(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s := access.SetUp{Code: first, ID: "root", Name: "Root", Unit: "IT", Password: testworld.Password, On: w.Store.Today()}
	wants(t, a.SetUp(ctx, w.Store.Recorder, s), "setup.code") // only the latest code counts
	s.Code = strings.ToUpper(code) + " "
	if err := a.SetUp(ctx, w.Store.Recorder, s); err != nil {
		t.Fatal(err)
	}
	if !w.Reader("root").Holds("administrator") {
		t.Error("root is no administrator")
	}
	w.LogIn("root")
	wants(t, a.SetUp(ctx, w.Store.Recorder, s), "setup.done")
	if code, err := a.SetupCode(ctx); err != nil || code != "" {
		t.Errorf("a code though somebody can log in: %q, %v", code, err)
	}
}

func TestTokens(t *testing.T) {
	w := testworld.New(t)
	a := w.Store.Accounts
	secret, err := a.MakeToken(ctx, "fin", "bank", []string{"read"}, 30)
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.Token(ctx, secret)
	if err != nil || token.Person != "fin" || !token.Allows("read") || token.Allows("record") {
		t.Fatalf("%+v, %v", token, err)
	}
	_, err = a.MakeToken(ctx, "fin", "bank", []string{"everything"}, 30)
	wants(t, err, "token.scopes")
	_, err = a.MakeToken(ctx, "fin", "bank", []string{"read"}, 9999)
	wants(t, err, "token.days")
	w.Wait(31 * 24 * time.Hour)
	_, err = a.Token(ctx, secret)
	wants(t, err, "token.expired")
	if err := a.RevokeToken(ctx, "fin", token.ID, "admin"); err != nil {
		t.Fatal(err)
	}
	_, err = a.Token(ctx, secret)
	wants(t, err, "token.unknown")
}

// TestReader compares what each person sees with the table of the rule in the comment of Reader.
func TestReader(t *testing.T) {
	w := testworld.New(t)
	entries := map[string]journal.Entry{
		"county": {Book: testworld.Wushan, Kind: "disbursement", Area: testworld.Wushan},
		"town":   {Book: testworld.Wushan, Kind: "disbursement", Area: testworld.Town},
		"far":    {Book: testworld.Maigaiti, Kind: "disbursement", Area: testworld.FarTown},
		"money":  {Book: entity.Headquarters, Kind: "injection"},
		"name":   {Book: entity.Headquarters, Kind: "party"},
		"area":   {Book: entity.Headquarters, Kind: "fund"},
		"person": {Book: entity.Headquarters, Kind: "person"},
	}
	const all = "area county far money name town"
	sees := map[string]string{
		"admin": all + " person", "lead": all + " person", "audit": all + " person", "officer": all, "fin": all, "approver": all,
		"assistant": "area county name town", "loans": "area county name town", "faraway": "area far name",
	}
	for person, want := range sees {
		rd := w.Reader(person)
		for name, e := range entries {
			got, err := rd.SeesEntry(ctx, &e)
			if err != nil {
				t.Fatal(err)
			}
			if got != strings.Contains(" "+want+" ", " "+name+" ") {
				t.Errorf("%s sees %s: %v", person, name, got)
			}
		}
	}
	personal := map[string]bool{"assistant": true, "loans": true, "officer": true, "approver": true, "audit": true}
	for _, p := range testworld.People {
		got, err := w.Reader(p.ID).SeesPersonal(ctx, testworld.Town)
		if err != nil || got != (personal[p.ID] || p.ID == "second") {
			t.Errorf("%s sees personal data of a town in Wushan: %v, %v", p.ID, got, err)
		}
	}

	for _, p := range testworld.People {
		rd := w.Reader(p.ID)
		where, args, err := rd.Where(ctx, "e.id", 2)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		rows, err := w.Store.DB.Query(ctx, "SELECT e.id FROM entity e WHERE e.type = $1 AND "+where, append([]any{"area"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			found = append(found, id)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		for _, area := range []string{"62", testworld.Wushan, testworld.Town, "65", testworld.Maigaiti, testworld.FarTown} {
			sees, err := rd.Sees(ctx, area)
			if err != nil || sees != slices.Contains(found, area) {
				t.Errorf("%s sees %s: %v, %v; the query finds %v", p.ID, area, sees, err, found)
			}
			if figures, err := rd.SeesFigure(ctx, area); err != nil || figures != sees {
				t.Errorf("%s sees figures of %s: %v, %v", p.ID, area, figures, err)
			}
		}
		if published, err := rd.SeesFigure(ctx, ""); err != nil || !published {
			t.Errorf("%s does not see the programme's figures: %v", p.ID, err)
		}
	}

	w.Record("admin", nil, &access.Person{ID: "clerk", Name: "Ding Yi", Unit: "Town office"})
	w.Record("admin", nil, &access.Appointment{Person: "clerk", Role: "county-assistant", Area: testworld.FarTown})
	for person, want := range map[string]string{"officer": "hq 620524 653127", "assistant": "hq 620524", "faraway": "hq 653127", "clerk": "hq 653127"} {
		if books, err := w.Reader(person).Books(ctx); err != nil || strings.Join(books, " ") != want {
			t.Errorf("%s finds something in %v, %v", person, books, err)
		}
	}

	own, err := w.Reader("assistant").Narrow(ctx, "")
	if err != nil || own != testworld.Wushan {
		t.Errorf("the assistant's programme is %q, %v", own, err)
	}
	_, err = w.Reader("assistant").Narrow(ctx, testworld.Maigaiti)
	wants(t, err, "area.hidden")
	if at, err := w.Reader("fin").Narrow(ctx, ""); err != nil || at != "" {
		t.Errorf("finance sees %q, %v", at, err)
	}

	w.Record("admin", nil, &access.Person{ID: "guest", Name: "Guest", Unit: "x"})
	w.Record("admin", nil, &access.Appointment{Person: "guest", Role: "auditor", Until: "2020-05-30"})
	if rd := w.Reader("guest"); len(rd.Held) != 0 {
		t.Errorf("a role that has ended is still held: %v", rd.Held)
	}
}
