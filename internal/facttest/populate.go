package facttest

import (
	"bytes"

	"lastmile/internal/access"
	"lastmile/internal/area"
	"lastmile/internal/fact"
	"lastmile/internal/party"
	"lastmile/internal/programme"
	"lastmile/internal/project"
	"lastmile/internal/store"
)

// Counties are the designated counties; each code is the name of a book.
var Counties = []string{"620524", "653127"}

// Areas are real ones: code, the area they lie in, level, name.
var Areas = [][4]string{
	{"62", "", "province", "甘肃省"},
	{"6205", "62", "prefecture", "天水市"},
	{"620524", "6205", "county", "武山县"},
	{"620524100", "620524", "town", "城关镇"},
	{"620524100001", "620524100", "village", "东关社区居民委员会"},
	{"620524100002", "620524100", "village", "南关社区居民委员会"},
	{"620524101", "620524", "town", "洛门镇"},
	{"65", "", "province", "新疆维吾尔自治区"},
	{"6531", "65", "prefecture", "喀什地区"},
	{"653127", "6531", "county", "麦盖提县"},
	{"653127201", "653127", "town", "希依提墩乡"},
	{"653127201200", "653127201", "village", "英也尔村委会"},
	{"653127201201", "653127201", "village", "英吾斯塘村委会"},
}

// Villages of each county.
var Villages = map[string][]string{
	"620524": {"620524100001", "620524100002", "620524101"},
	"653127": {"653127201200", "653127201201"},
}

// People who may record and approve. Officer holds every role that records, everywhere; both approvers approve everywhere; Local
// records and approves in the first county only.
const (
	Officer   = "ann"
	Approver  = "bob"
	Approver2 = "cat"
	Local     = "dan"
)

// Funds: the first pays for anything, the second for education, the third for one project of the first county.
var Funds = []string{"own", "learning", "clinic"}

// Commodities beside money.
var Commodities = []string{"sheep", "mask"}

// Projects and parties of each county. Names tell the county by its first letter.
var (
	Projects = map[string][]string{
		"620524": {"W-house", "W-school", "W-clinic"},
		"653127": {"M-house", "M-school", "M-sheep"},
	}
	Parties = map[string][]string{
		"620524": {"W-li", "W-wang", "W-zhao", "W-primary"},
		"653127": {"M-ahmat", "M-gul", "M-coop"},
	}
)

var projects = map[string]project.Project{
	"W-house":  {Channel: "livelihood", Theme: "housing", Area: "620524100001"},
	"W-school": {Channel: "education", Theme: "education", Area: "620524101"},
	"W-clinic": {Channel: "livelihood", Theme: "health", Area: "620524"},
	"M-house":  {Channel: "livelihood", Theme: "housing", Area: "653127201200"},
	"M-school": {Channel: "education", Theme: "education", Area: "653127201"},
	"M-sheep":  {Channel: "industry", Theme: "industry", Area: "653127201201"},
}

// Populate records the programme that random facts build on: areas, people, both counties designated, funds with money in the
// counties' treasuries, projects with a budget and a first promise, and four files of evidence.
func Populate(t TB, s *store.Store) {
	t.Helper()
	for n := range uint8(4) {
		if _, err := s.Evidence.Put(bytes.NewReader(Photo(n))); err != nil {
			t.Fatalf("put evidence: %v", err)
		}
	}
	var list []fact.Draft
	hq := func(facts ...fact.Fact) {
		for _, f := range facts {
			list = append(list, fact.Draft{Fact: f, Book: "hq"})
		}
	}
	for _, a := range Areas {
		hq(&area.Area{Code: a[0], Parent: a[1], Level: a[2], Name: a[3]})
	}
	hq(
		&party.Party{ID: "szse", Name: "Shenzhen Stock Exchange", Kind: "sponsor"},
		&party.Party{ID: "giver", Name: "A foundation", Kind: "foundation"},
		&party.Party{ID: "shop", Name: "A supplier", Kind: "supplier"},
		&programme.Programme{ID: "aid", Name: "Assistance", Sponsor: "szse"},
		&programme.Designation{County: Counties[0], Programme: "aid", Authority: "the authorities", Document: "2013-1"},
		&programme.Designation{County: Counties[1], Programme: "aid", Authority: "the authorities", Document: "2016-1"},
		&programme.Fund{ID: Funds[0], Name: "Own money", Sponsor: "szse", Purpose: "anything"},
		&programme.Fund{ID: Funds[1], Name: "Learning", Sponsor: "giver", Purpose: "education", Channel: "education"},
		&programme.Fund{ID: Funds[2], Name: "Clinic", Sponsor: "giver", Purpose: "the clinic", Project: "W-clinic"},
		&programme.Commodity{ID: Commodities[0], Name: "Sheep", Unit: "head"},
		&programme.Commodity{ID: Commodities[1], Name: "Masks", Unit: "piece"},
		&access.Person{ID: Officer, Name: "Ann", Unit: "Sponsor"},
		&access.Person{ID: Approver, Name: "Bob", Unit: "Sponsor"},
		&access.Person{ID: Approver2, Name: "Cat", Unit: "Sponsor"},
		&access.Person{ID: Local, Name: "Dan", Unit: "County"},
	)
	for _, role := range []string{"programme-officer", "county-assistant", "finance", "administrator"} {
		hq(&access.Appointment{Person: Officer, Role: role})
	}
	hq(
		&access.Appointment{Person: Approver, Role: "approver"},
		&access.Appointment{Person: Approver2, Role: "approver"},
		&access.Appointment{Person: Local, Role: "finance", Area: Counties[0]},
		&access.Appointment{Person: Local, Role: "approver", Area: Counties[0]},
	)
	MustRecord(t, s, list...)

	for _, fund := range Funds {
		record(t, s, "hq", &programme.Injection{Fund: fund, Amount: 100_000_00, Voucher: "I-" + fund})
	}
	for i, fund := range Funds {
		for _, county := range Counties[:2-i/2] { // the clinic is in the first county
			no := "T-" + fund + "-" + county
			record(t, s, "hq", &programme.Transfer{Transfer: no, To: county, Fund: fund, Amount: 40_000_00, Voucher: no})
		}
	}
	for i, county := range Counties {
		var facts []fact.Fact
		for _, fund := range Funds[:3-i] {
			no := "T-" + fund + "-" + county
			facts = append(facts, &programme.TransferReceipt{Transfer: no, County: county, Fund: fund, Amount: 40_000_00, Voucher: no})
		}
		for i, id := range Parties[county] {
			kind := "household"
			switch id {
			case "W-primary":
				kind = "school"
			case "M-coop":
				kind = "cooperative"
			}
			facts = append(facts, &party.Party{ID: id, Name: id, Kind: kind, Area: Villages[county][i%len(Villages[county])]})
		}
		for _, id := range Projects[county] {
			p := projects[id]
			p.ID, p.Name = id, id
			facts = append(facts, &p, &project.Budget{Project: id, Line: "works", Amount: 30_000_00}, &project.Commitment{Project: id, Amount: 10_000_00, Contract: "C-" + id})
		}
		record(t, s, county, facts...)
	}
}

// record records facts of a book in one commit, by the officer with both approvers.
func record(t TB, s *store.Store, book string, facts ...fact.Fact) {
	t.Helper()
	drafts := make([]fact.Draft, len(facts))
	for i, f := range facts {
		drafts[i] = fact.Draft{Fact: f, Book: book, Actor: Officer, Approvers: []string{Approver, Approver2}}
	}
	MustRecord(t, s, drafts...)
}
