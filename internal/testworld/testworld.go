// Package testworld is a small programme for tests: one sponsor, two designated counties in two provinces, a fund, a project with money
// in each county, and one person for each role, all recorded as facts into a SQLite store of its own.
//
//	w := testworld.New(t)
//	w.Record("fin", nil, &project.Disbursement{…})
//
// Names of counties are real; people are made up. Everyone's password is Password.
package testworld

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/fact"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

// Codes of the two counties and of a town in each.
const (
	Wushan   = "620524"
	Town     = "620524100"
	Maigaiti = "653127"
	FarTown  = "653127100"
)

// Password of everyone in the world.
const Password = "seven quiet mules"

// Person is someone in the world.
type Person struct{ ID, Name, Role, Area string }

// People has one person for each role, and more where a test needs another one: a second approver, another county's assistant.
var People = []Person{
	{"admin", "Gu Qing", "administrator", ""},
	{"lead", "Lin Yue", "sponsor-leadership", ""},
	{"officer", "He Min", "programme-officer", ""},
	{"assistant", "Ma Li", "county-assistant", Wushan},
	{"faraway", "Guli", "county-assistant", Maigaiti},
	{"loans", "Qi Feng", "loan-officer", Wushan},
	{"fin", "Tang Xin", "finance", ""},
	{"approver", "Zhou Kai", "approver", ""},
	{"second", "Sun Bo", "approver", ""},
	{"audit", "Pei Lan", "auditor", ""},
}

// World is an open store with the programme in it, and a clock that the test turns.
type World struct {
	T     testing.TB
	Store *store.Store

	mu  sync.Mutex
	now time.Time
}

// New records the world.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{T: t, now: time.Date(2020, 6, 1, 8, 0, 0, 0, time.UTC)}
	s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "world.db"), store.Options{Clock: w.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Store = s
	w.found()
	return w
}

// Now is the time in the world.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Wait lets time pass.
func (w *World) Wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Record records a fact of 1 May 2020 and fails the test when it is refused.
func (w *World) Record(actor string, approvers []string, f fact.Fact) fact.Receipt {
	w.T.Helper()
	receipts, err := w.Store.Recorder.Record(context.Background(), fact.Draft{Fact: f, On: "2020-05-01", Actor: actor, Approvers: approvers, Source: "test"})
	if err != nil {
		w.T.Fatalf("record %T: %v", f, err)
	}
	return receipts[0]
}

func (w *World) found() {
	w.T.Helper()
	op := fact.Operator
	for _, a := range []area.Area{
		{Code: "62", Level: "province", Name: "甘肃省"}, {Code: Wushan, Parent: "62", Level: "county", Name: "武山县"}, {Code: Town, Parent: Wushan, Level: "town", Name: "城关镇"},
		{Code: "65", Level: "province", Name: "新疆维吾尔自治区"}, {Code: Maigaiti, Parent: "65", Level: "county", Name: "麦盖提县"}, {Code: FarTown, Parent: Maigaiti, Level: "town", Name: "麦盖提镇"},
	} {
		w.Record(op, nil, &a)
	}
	w.Record(op, nil, &party.Party{ID: "exchange", Name: "The exchange", Kind: "sponsor"})
	w.Record(op, nil, &programme.Programme{ID: "aid", Name: "Designated assistance", Sponsor: "exchange"})
	w.Record(op, nil, &programme.Designation{County: Wushan, Programme: "aid", Authority: "State Council", Document: "2013-1"})
	w.Record(op, nil, &programme.Designation{County: Maigaiti, Programme: "aid", Authority: "State Council", Document: "2016-1"})
	for _, p := range People {
		w.Record(op, nil, &access.Person{ID: p.ID, Name: p.Name, Unit: "Test office"})
		w.Record(op, nil, &access.Appointment{Person: p.ID, Role: p.Role, Area: p.Area})
	}
	w.Record("officer", nil, &programme.Fund{ID: "own", Name: "Own budget", Sponsor: "exchange", Purpose: "all"})
	w.Record("fin", []string{"approver"}, &programme.Injection{Fund: "own", Amount: 100_000_00, Voucher: "I-1"})
	for _, county := range []string{Wushan, Maigaiti} {
		w.Record("fin", []string{"approver"}, &programme.Transfer{Transfer: "t-" + county, To: county, Fund: "own", Amount: 40_000_00, Voucher: "T-" + county})
		w.Record("fin", []string{"approver"}, &programme.TransferReceipt{Transfer: "t-" + county, County: county, Fund: "own", Amount: 40_000_00, Voucher: "T-" + county})
		id := "p-" + county
		w.Record("officer", nil, &project.Project{ID: id, Name: "Water station " + county, Area: county, Channel: "livelihood", Theme: "water"})
		w.Record("officer", []string{"approver"}, &project.Budget{Project: id, Line: "works", Amount: 30_000_00})
		w.Record("officer", []string{"approver"}, &project.Commitment{Project: id, Amount: 30_000_00, Contract: "C-" + county})
		w.Record("officer", nil, &party.Party{ID: "builder-" + county, Name: "Builder of " + county, Kind: "supplier", Area: county})
	}
}

// LogIn begins a session and gives its token. Whoever has no password yet gets theirs.
func (w *World) LogIn(person string) string {
	w.T.Helper()
	ctx := context.Background()
	with, err := w.Store.Accounts.Persons(ctx)
	if err == nil && !with[person] {
		err = w.Store.Accounts.SetPassword(ctx, person, Password, fact.Operator)
	}
	if err != nil {
		w.T.Fatal(err)
	}
	token, _, err := w.Store.Accounts.LogIn(ctx, access.LogIn{Person: person, Password: Password, Address: "192.0.2.1", Agent: "test"})
	if err != nil {
		w.T.Fatal(err)
	}
	return token
}

// Reader gives a person as they look at the world now.
func (w *World) Reader(person string) *access.Reader {
	w.T.Helper()
	rd, err := access.Read(context.Background(), w.Store.DB, person, w.Store.Today())
	if err != nil {
		w.T.Fatal(err)
	}
	return rd
}
