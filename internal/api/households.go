package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"lastmile/internal/access"
	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/household/identity"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/census"
)

var (
	pathHousehold = param{"id", "path", "Code of the household.", true}
	ownKey        = param{"Idempotency-Key", "header", "Your own key, at most 100 characters without spaces. Sent twice it is recorded once.", true}
)

// householdOperations read the register. Names and numbers are masked; whoever may see them says why, and that is recorded.
func householdOperations() []operation {
	return []operation{
		{method: "GET", path: "/households", id: "listHouseholds", summary: "Households of an area, by code; names are masked", scope: read,
			params: []param{{"area", "query", "Official code of a county, town or village that you serve; all that you serve when left out.", false}, {"status", "query", "What they are registered as, such as in_poverty or exited.", false}, cursor, limit},
			result: Households{}, do: listHouseholds},
		{method: "GET", path: "/households/search", id: "searchHouseholds", summary: "Households by code, or by a member's whole name, document, phone or account", scope: read,
			params: []param{{"text", "query", "What is looked for, whole.", true}}, result: Found{}, do: searchHouseholds},
		{method: "GET", path: "/households/{book}/{id}", id: "getHousehold", summary: "One household: members, checks, income, decision, what reached it, and what happened; names are masked", scope: read,
			params: []param{pathBook, pathHousehold}, result: Household{}, do: getHousehold},
		{method: "POST", path: "/households/{book}/{id}/reveal", id: "revealHousehold", summary: "The same with names and numbers, for those who serve the area; who looked and why is recorded", scope: record,
			params: []param{pathBook, pathHousehold, ownKey}, body: Why{}, result: Household{}, created: true, do: revealHousehold},
		{method: "GET", path: "/monitoring", id: "listWatches", summary: "Households under watch after leaving poverty", scope: read,
			params: []param{oneBook, {"group", "query", "One group of watched households only.", false}, {"state", "query", "open or done.", false}, cursor, limit}, result: Watches{}, do: listWatches},
		{method: "GET", path: "/monitoring/alerts", id: "listAlerts", summary: "Households out of poverty, not watched, that show a sign of falling back", scope: read, params: []param{oneBook, cursor, limit}, result: Alerts{}, do: listAlerts},
		{method: "GET", path: "/monitoring/relapses", id: "getRelapses", summary: "How many fell back within 12 and 24 months of leaving poverty, by county", scope: read, params: []param{oneBook}, result: Relapses{}, do: getRelapses},
		{method: "GET", path: "/households/poverty", id: "getPoverty", summary: "Poverty measured over the register: of an area, and of the areas within it", scope: read,
			params: []param{{"area", "query", "Official code of a county, town or village that you serve.", true}, {"on", "query", "As known of this day, as 2020-03-14; today when left out.", false}}, result: poverty.Report{}, do: getPoverty},
		{method: "GET", path: "/duplicates", id: "listDuplicates", summary: "Records that may be of one person", scope: read,
			params: []param{oneBook, {"state", "query", "waiting or answered.", false}, {"strength", "query", "certain, probable or possible.", false}, cursor, limit}, result: Duplicates{}, do: listDuplicates},
	}
}

// Households is a page of households.
type Households struct {
	Households []HouseholdLine `json:"households"`
	Next       string          `json:"next,omitempty"`
}

// HouseholdLine is a household in a list.
type HouseholdLine struct {
	Book   string `json:"book"`
	ID     string `json:"id"`
	Head   string `json:"head,omitempty" doc:"Masked name of the head."`
	Area   string `json:"area" doc:"Village in which it lives."`
	Status string `json:"status" doc:"What it is registered as."`
	By     string `json:"by,omitempty" doc:"By what a search found it: code, document, name, phone or account."`
}

// heads puts the masked names of heads to a page of households.
func (q *call) heads(page []HouseholdLine) error {
	ids := map[string][]string{}
	for _, h := range page {
		ids[h.Book] = append(ids[h.Book], h.ID)
	}
	for book, list := range ids {
		for some := range slices.Chunk(list, 100) {
			names, err := household.HeadNames(q.ctx, q.db(), book, some)
			if err != nil {
				return err
			}
			for i := range page {
				if name := names[page[i].ID]; page[i].Book == book && name != "" {
					page[i].Head = identity.MaskName(name)
				}
			}
		}
	}
	return nil
}

func showHousehold(e *entity.Entity) HouseholdLine {
	return HouseholdLine{Book: e.Book, ID: e.ID, Area: cmp.Or(e.Parent, e.Area), Status: e.Class}
}

// areaSeen is an area of which the caller may know.
func (q *call) areaSeen(code string) (entity.Entity, error) {
	if sees, err := q.caller.Sees(q.ctx, code); err != nil {
		return entity.Entity{}, err
	} else if !sees {
		return entity.Entity{}, q.caller.Hidden(code)
	}
	e, ok, err := entity.Get(q.ctx, q.db(), entity.Headquarters, "area", code)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "ref.unknown", "there is no area %q", code).For("area").Mend("Look the code up at %s/things/area.", Path)
	}
	return e, err
}

func getPoverty(q *call) (any, error) {
	on, err := q.day("on", q.today())
	if err != nil {
		return nil, err
	}
	area, err := q.areaSeen(q.URL.Query().Get("area"))
	if err != nil {
		return nil, err
	}
	return census.Measure(q.ctx, q.db(), area, on)
}

func listHouseholds(q *call) (any, error) {
	area, status := q.URL.Query().Get("area"), q.URL.Query().Get("status")
	var place entity.Entity
	if area != "" {
		var err error
		if place, err = q.areaSeen(area); err != nil {
			return nil, err
		}
	}
	f := entity.Filter{Type: household.Type, Class: status}
	if place.Class == "village" {
		f.Parent = area
	}
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	books := each(counties, func(c *access.County) string { return c.Book })
	list, next, err := q.walk(books, f, func(e *entity.Entity) (bool, error) {
		if sees, err := q.caller.Sees(q.ctx, e.Area); err != nil || !sees || area == "" {
			return sees, err
		}
		return q.caller.Lies(q.ctx, cmp.Or(e.Parent, e.Area), area)
	})
	if err != nil {
		return nil, err
	}
	page := each(list, showHousehold)
	return Households{page, next}, q.heads(page)
}

// Found is what a search for households found.
type Found struct {
	Households []HouseholdLine `json:"households"`
}

// searchHouseholds finds people only where the caller may see personal data: that a name is there is personal too.
func searchHouseholds(q *call) (any, error) {
	text := strings.TrimSpace(q.URL.Query().Get("text"))
	if text == "" {
		return nil, fault.New(fault.Invalid, "field.required", "the text is missing").For("text").Mend("Say whom or what to look for.")
	}
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	found := Found{Households: []HouseholdLine{}}
	add := func(book, id, by string) error {
		if slices.ContainsFunc(found.Households, func(h HouseholdLine) bool { return h.Book == book && h.ID == id }) {
			return nil
		}
		e, ok, err := entity.Get(q.ctx, q.db(), book, household.Type, id)
		if err != nil || !ok {
			return err
		}
		if sees, err := q.caller.Sees(q.ctx, e.Area); err != nil || !sees {
			return err
		}
		line := showHousehold(&e)
		line.By = by
		found.Households = append(found.Households, line)
		return nil
	}
	for _, c := range counties {
		if err := add(c.Book, text, "code"); err != nil {
			return nil, err
		}
	}
	people, err := household.Search(q.ctx, q.db(), q.api.store.Recorder.Keyed, text, q.today())
	if err != nil {
		return nil, err
	}
	for _, hit := range people {
		personal, err := q.caller.SeesPersonal(q.ctx, hit.Area)
		if err == nil && personal {
			err = add(hit.Book, hit.Household, hit.By)
		}
		if err != nil {
			return nil, err
		}
	}
	return found, q.heads(found.Households)
}

// Household is a household with everything that its page shows.
type Household struct {
	Book        string            `json:"book"`
	ID          string            `json:"id"`
	Area        string            `json:"area"`
	Status      string            `json:"status"`
	Since       date.Date         `json:"since,omitempty" doc:"Since when it has that status."`
	Head        string            `json:"head,omitempty" doc:"Name of the head, masked unless revealed."`
	MainCause   string            `json:"main_cause,omitempty"`
	OtherCauses []string          `json:"other_causes,omitempty"`
	Members     []HouseholdMember `json:"members"`
	Checks      []Check           `json:"checks" doc:"Each of the six guarantees as the visits found it, the oldest first."`
	Income      []IncomeYear      `json:"income" doc:"Accounts that visits took, one a year."`
	Decision    *DecisionMade     `json:"decision,omitempty" doc:"The latest decision on leaving poverty."`
	Conflicts   []string          `json:"conflicts" doc:"Questions that visits answered differently."`
	Watch       *Watch            `json:"watch,omitempty" doc:"The last watch over it."`
	Received    []Received        `json:"received" doc:"Money and goods that reached it."`
	Entries     []Entry           `json:"entries" doc:"Entries about it that you may see, in the order of what happened, without personal fields."`
	Personal    bool              `json:"personal" doc:"Whether names and numbers are shown."`
}

// HouseholdMember is a member with what is known of them.
type HouseholdMember struct {
	Person       string    `json:"person"`
	Number       string    `json:"number"`
	Name         string    `json:"name,omitempty" doc:"Masked unless revealed."`
	Document     string    `json:"document,omitempty" doc:"Masked unless revealed."`
	Birth        string    `json:"birth,omitempty" doc:"The year; the day when revealed."`
	Relation     string    `json:"relation"`
	Sex          string    `json:"sex"`
	Labour       string    `json:"labour"`
	SharesIncome bool      `json:"shares_income"`
	From         date.Date `json:"from"`
	To           date.Date `json:"to,omitempty"`
	Left         string    `json:"left,omitempty" doc:"Why they are gone."`
}

// Check is one of the six guarantees.
type Check struct {
	Subject  string       `json:"subject" doc:"food, clothing, education, medical, housing or water."`
	Findings []CheckFound `json:"findings"`
}

// CheckFound is what a visit found of it.
type CheckFound struct {
	On         date.Date `json:"on"`
	Seq        int64     `json:"seq" doc:"Entry of the visit."`
	Result     string    `json:"result" doc:"met, unmet or unknown."`
	Categories []string  `json:"categories"`
}

// IncomeYear is an income account with the line of its day.
type IncomeYear struct {
	On        date.Date  `json:"on"`
	From      date.Date  `json:"from"`
	To        date.Date  `json:"to"`
	Members   int        `json:"members" doc:"Who shared the income."`
	Wage      fact.Money `json:"wage"`
	Business  fact.Money `json:"business"`
	Property  fact.Money `json:"property"`
	Transfer  fact.Money `json:"transfer"`
	Expense   fact.Money `json:"expense"`
	Net       fact.Money `json:"net"`
	PerPerson fact.Money `json:"net_per_person"`
	Line      fact.Money `json:"line,omitempty" doc:"Poverty line of the day, a person and year."`
	LineID    string     `json:"line_id,omitempty"`
}

// DecisionMade is a decision that was recorded.
type DecisionMade struct {
	On       date.Date  `json:"on"`
	Seq      int64      `json:"seq"`
	Outcome  string     `json:"outcome" doc:"EXIT_ELIGIBLE, HOLD, UNDETERMINED or NOT_APPLICABLE."`
	Rulebook string     `json:"rulebook"`
	Members  int64      `json:"members"`
	Net      fact.Money `json:"net"`
	Line     string     `json:"line,omitempty"`
	Reasons  []string   `json:"reasons"`
}

// Received is money or goods that reached a household.
type Received struct {
	Seq       int64     `json:"seq"`
	On        date.Date `json:"on"`
	Flow      string    `json:"flow"`
	Commodity string    `json:"commodity"`
	Amount    string    `json:"amount"`
	Fund      string    `json:"fund,omitempty"`
	Project   string    `json:"project,omitempty"`
	Grade     string    `json:"grade"`
}

func getHousehold(q *call) (any, error) { return q.household(false) }

// household reads the household of the path. With names it is for those who may see personal data, and have said why.
func (q *call) household(names bool) (any, error) {
	e, err := q.thing(household.Type)
	if err != nil {
		return nil, err
	}
	f, err := household.Load(q.ctx, q.db(), e.Book, e.ID)
	if err != nil {
		return nil, err
	}
	today := q.today()
	status, since := f.Status(today)
	h := Household{Book: e.Book, ID: e.ID, Area: e.Area, Status: string(status), Since: since, Personal: names, Members: []HouseholdMember{}, Checks: []Check{}, Income: []IncomeYear{}, Conflicts: []string{}, Received: []Received{}, Entries: []Entry{}}
	shown := func(text string, mask func(string) string) string {
		if names {
			return text
		}
		return mask(text)
	}
	h.Head = shown(f.HeadName(today), identity.MaskName)
	if card := f.Card(today); card != nil {
		h.MainCause, h.OtherCauses = card.MainCause, card.OtherCauses
	}
	for _, m := range f.Members {
		birth := string(m.Birth)
		if !names && birth != "" {
			birth = birth[:4]
		}
		h.Members = append(h.Members, HouseholdMember{m.Person, m.Number, shown(m.Name, identity.MaskName), shown(m.Document, identity.Mask), birth, m.Relation, m.Sex, m.Labour, m.SharesIncome, m.During.From, m.During.To, m.Left})
	}
	for _, s := range household.CheckSubjects() {
		h.Checks = append(h.Checks, Check{string(s), each(f.Findings(s), func(x *household.Finding) CheckFound {
			return CheckFound{x.On, x.Seq, string(x.Result), append([]string{}, x.Categories...)}
		})})
	}
	for _, c := range f.Conflicts(today) {
		h.Conflicts = append(h.Conflicts, c.Question)
	}
	accounts, err := f.Accounts(e.Area, today)
	if err != nil {
		return nil, err
	}
	h.Income = each(accounts, showIncome)
	if d := f.DecisionOn(today); d != nil {
		h.Decision = &DecisionMade{d.On, d.Seq, d.Fact.Outcome, d.Fact.Rulebook, d.Fact.Members, d.Fact.Net, d.Fact.Line, append([]string{}, d.Fact.Reasons...)}
	}
	watch, err := casework.WatchOf(f)
	if err != nil {
		return nil, err
	}
	if watch != nil {
		w := showWatch(e.Book, e.ID, e.Area, watch)
		h.Watch = &w
	}
	received, err := household.Received(q.ctx, q.db(), e.Book, e.ID)
	if err != nil {
		return nil, err
	}
	h.Received = each(received, func(r *household.Receipt) Received {
		return Received{r.Seq, r.On, r.Flow, r.Commodity, amountOf(r.Commodity, r.Amount), r.Fund, r.Project, r.Grade.String()}
	})
	for i := range f.Entries {
		entry := f.Entries[i].Entry
		sees, err := q.seesEntry(&entry)
		if err != nil {
			return nil, err
		}
		if !sees {
			continue
		}
		entry.Private = ""
		x, err := q.show(&entry)
		if err != nil {
			return nil, err
		}
		h.Entries = append(h.Entries, x)
	}
	return h, nil
}

func showIncome(a *household.YearAccount) IncomeYear {
	year := IncomeYear{On: a.On, From: a.Account.Period.From, To: a.Account.Period.To, Members: a.Members, Wage: fact.Money(a.Account.Wage), Business: fact.Money(a.Account.Business), Property: fact.Money(a.Account.Property),
		Transfer: fact.Money(a.Account.Transfer), Expense: fact.Money(a.Account.Expense), Net: fact.Money(a.Account.Net), PerPerson: fact.Money(a.Account.Net.PerPerson(a.Members))}
	if a.Lined {
		year.Line, year.LineID = fact.Money(a.Line.Amount), a.Line.ID
	}
	return year
}

// Why says why somebody needs to see names and numbers.
type Why struct {
	Reason string `json:"reason" doc:"What it is needed for. It is recorded with your name."`
}

func revealHousehold(q *call) (any, error) {
	var sent Why
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	e, err := q.thing(household.Type)
	if err != nil {
		return nil, err
	}
	if personal, err := q.caller.SeesPersonal(q.ctx, e.Area); err != nil {
		return nil, err
	} else if !personal {
		return nil, q.caller.Hidden(e.Area)
	}
	d := fact.Draft{Fact: &household.Disclosure{Household: e.ID, Reason: strings.TrimSpace(sent.Reason)}, Book: e.Book, Key: q.Header.Get("Idempotency-Key"), On: q.today(), Actor: q.caller.Person, Source: "api"}
	if err := q.recorded(d); err != nil {
		return nil, err
	}
	return q.household(true)
}

// recorded records facts under the caller's key, after their fields were checked. The first time is answered with 201.
func (q *call) recorded(drafts ...fact.Draft) error {
	var p fact.Problems
	if drafts[0].Key == "" {
		p.Add("Idempotency-Key", "key.form", "the key %q is too long or has spaces", drafts[0].Key).Mend("Send the header Idempotency-Key with a key of your own, such as a UUID.")
	}
	for _, d := range drafts {
		fact.KindOf(d.Fact).Check(d.Fact, &p)
	}
	if err := p.Err(); err != nil {
		return err
	}
	receipts, err := q.api.store.Recorder.Record(q.ctx, drafts...)
	if err == nil && !receipts[0].Again {
		q.status = http.StatusCreated
	}
	return err
}

// Watches is a page of households under watch.
type Watches struct {
	Watches []Watch `json:"watches"`
	Next    string  `json:"next,omitempty"`
}

// Watch is the watch over a household.
type Watch struct {
	Book      string    `json:"book"`
	Household string    `json:"household"`
	Area      string    `json:"area"`
	Group     string    `json:"group"`
	Since     date.Date `json:"since,omitempty"`
	Ended     date.Date `json:"ended,omitempty" doc:"Left out while it runs."`
	Risks     []string  `json:"risks"`
	Solved    []string  `json:"solved"`
	Measures  int       `json:"measures" doc:"Delivered against one of the risks since then."`
	First     date.Date `json:"first_measure,omitempty"`
}

func showWatch(book, id, area string, w *casework.Watched) Watch {
	return Watch{book, id, area, w.Group, w.Since, w.Ended, append([]string{}, w.Risks...), append([]string{}, w.Solved...), w.Measures, w.First}
}

func listWatches(q *call) (any, error) {
	group, state := q.URL.Query().Get("group"), q.URL.Query().Get("state")
	list, err := gather(q, func(ctx context.Context, book string) ([]entity.Entity, error) {
		all, err := casework.Watches(ctx, q.db(), book)
		return slices.DeleteFunc(all, func(e entity.Entity) bool { return group != "" && e.Class != group || state != "" && e.Status != state }), err
	}, areaOf)
	if err != nil {
		return nil, err
	}
	rows, next, err := window(q, list)
	if err != nil {
		return nil, err
	}
	page := Watches{Watches: []Watch{}, Next: next}
	for len(rows) > 0 { // file by file of one book
		n := 1
		for n < len(rows) && rows[n].Book == rows[0].Book {
			n++
		}
		files, err := household.LoadAll(q.ctx, q.db(), rows[0].Book, each(rows[:n], func(e *entity.Entity) string { return e.ID }))
		if err != nil {
			return nil, err
		}
		for i, f := range files {
			w, err := casework.WatchOf(f)
			if err != nil {
				return nil, err
			}
			if w == nil {
				w = &casework.Watched{Group: rows[i].Class}
			}
			page.Watches = append(page.Watches, showWatch(rows[i].Book, rows[i].ID, rows[i].Area, w))
		}
		rows = rows[n:]
	}
	return page, nil
}

// Alerts is a page of alerts.
type Alerts struct {
	Alerts []Alert `json:"alerts"`
	Next   string  `json:"next,omitempty"`
}

// Alert is a household that may need to be watched.
type Alert struct {
	Book      string    `json:"book"`
	Household string    `json:"household"`
	Area      string    `json:"area"`
	Sign      string    `json:"sign" doc:"arrears when a loan is overdue, report when somebody says so, check when a guarantee is no longer met, income when it fell sharply."`
	On        date.Date `json:"on"`
	Seq       int64     `json:"seq,omitempty" doc:"Entry of the visit or the report."`
	Days      int64     `json:"days,omitempty" doc:"Overdue."`
	Text      string    `json:"text,omitempty" doc:"What was reported."`
}

func listAlerts(q *call) (any, error) {
	list, err := gather(q, func(ctx context.Context, book string) ([]casework.Alert, error) {
		return casework.Alerts(ctx, q.db(), book)
	}, func(a *casework.Alert) string { return a.Area })
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(q, list, func(a *casework.Alert) Alert {
		return Alert{a.Book, a.Household, a.Area, string(a.Sign), a.On, a.Seq, a.Days, a.Text}
	})
	return Alerts{page, next}, err
}

// Relapses is how many fell back, by county.
type Relapses struct {
	Relapses []Relapse `json:"relapses"`
}

// Relapse counts those who fell back within some months, of those who left poverty.
type Relapse struct {
	Book             string `json:"book"`
	Months           int    `json:"months"`
	Households       int64  `json:"households"`
	HouseholdsExited int64  `json:"households_exited"`
	People           int64  `json:"people"`
	PeopleExited     int64  `json:"people_exited"`
}

func getRelapses(q *call) (any, error) {
	counties, err := q.counties()
	if err != nil {
		return nil, err
	}
	all := Relapses{Relapses: []Relapse{}}
	for _, c := range counties {
		if len(c.Parts) > 0 {
			continue
		}
		list, err := casework.FindRelapses(q.ctx, q.db(), c.Book, q.today())
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			all.Relapses = append(all.Relapses, Relapse{c.Book, r.Months, r.Households, r.HouseholdsExited, r.People, r.PeopleExits})
		}
	}
	return all, nil
}

// Duplicates is a page of questions.
type Duplicates struct {
	Duplicates []Duplicate `json:"duplicates"`
	Next       string      `json:"next,omitempty"`
}

// Duplicate is the question whether two records are of one person.
type Duplicate struct {
	Book     string `json:"book"`
	ID       string `json:"id"`
	Member   string `json:"member"`
	Other    string `json:"other"`
	Strength string `json:"strength"`
	State    string `json:"state" doc:"waiting, or the verdict."`
	Seq      int64  `json:"seq"`
}

func listDuplicates(q *call) (any, error) {
	state, strength := q.URL.Query().Get("state"), q.URL.Query().Get("strength")
	list, err := gather(q, func(ctx context.Context, book string) ([]entity.Entity, error) {
		all, err := entity.Find(ctx, q.db(), entity.Filter{Book: book, Type: household.DuplicateType})
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(e entity.Entity) bool {
			return state != "" && (e.Status == household.Waiting) != (state == household.Waiting) || strength != "" && e.Class != strength
		})
		for i := range all {
			m, _, err := entity.Get(ctx, q.db(), book, household.MemberType, all[i].Name)
			if err != nil {
				return nil, err
			}
			all[i].Area = m.Area
		}
		return all, nil
	}, areaOf)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(q, list, func(e *entity.Entity) Duplicate {
		return Duplicate{e.Book, e.ID, e.Name, e.Parent, e.Class, e.Status, e.Seq}
	})
	return Duplicates{page, next}, err
}
