package scenario

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/casework"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household"
	"lastmile/internal/household/income"
	"lastmile/internal/indicator"
	"lastmile/internal/monitoring/sweep"
	"lastmile/internal/notice"
	"lastmile/internal/party"
	"lastmile/internal/store"
)

// AllHouseholds is the size of the whole register: that many households in the villages of both counties.
const AllHouseholds = 42_000

// registry plans the register of households, from the first card to the watch after the exit. Each village has its own course of events,
// dated by its place among the villages; what an event records is made when its time has come, so that no more than a week is in hand.
type registry struct {
	ctx    context.Context
	store  *store.Store
	chance *rand.Rand
	events []event
	born   map[date.Date]int // numbers given to people born on a day, so that no two documents are alike
	facts  int               // how many facts all events record, to tell how far it is
	sizes  map[string]int    // members on the card of each household
	full   bool

	photographed int // every so many households have a photograph
}

// event is something that is recorded in one book. Its drafts are made when all that happened before it is recorded.
type event struct {
	book  string
	on    date.Date // the last day of what it records
	facts int
	reads bool // its drafts depend on what was recorded before: it comes first among what the office enters at one time
	make  func() ([]fact.Draft, error)
}

// family is a household as the plan has it.
type family struct {
	id      string
	village *villagePlan
	cause   string
	members []person
	leaves  int // year of its exit; 0 when it stays
	number  int // its place among all
}

type person struct {
	name, document, relation, labour string
	birth                            date.Date
	male                             bool
}

// villagePlan is a village with its families, and where it stands in the order of the weeks.
type villagePlan struct {
	*area.Area
	book     string
	week     int
	families []*family
}

// Exits by year, in thousandths of each county's households. What is left over stays registered.
var exits = map[string][]struct{ year, share int }{
	Wushan:   {{2016, 200}, {2017, 300}, {2018, 440}, {2019, 47}, {2020, 9}},
	Maigaiti: {{2017, 400}, {2018, 440}, {2019, 150}, {2020, 7}},
}

// registered is the Monday of the week in which the first villages of a county record their cards. Maigaiti's book opens with its designation.
var registered = map[string]date.Date{Wushan: "2014-02-10", Maigaiti: "2016-08-08"}

// sizes of households, and how many of a hundred have each.
var sizes = []struct{ members, of int }{{1, 6}, {2, 14}, {3, 19}, {4, 22}, {5, 19}, {6, 13}, {7, 5}, {8, 2}}

// causesOf are the main causes, and how many of a hundred households have each.
var causesOf = []struct {
	code string
	of   int
}{{"illness", 28}, {"skill", 22}, {"funds", 18}, {"labour", 10}, {"disability", 8}, {"schooling", 6}, {"transport", 3}, {"land", 2}, {"water", 2}, {"drive", 1}}

// helped says what a cause is answered with.
var helped = map[string]struct{ what, batch string }{
	"illness": {"Serious-illness insurance and medical aid 大病保险和医疗救助", "social-security"}, "skill": {"Training for work and crafts 技能培训", "industry"},
	"funds": {"Micro-credit with subsidised interest 扶贫小额信贷", "industry"}, "labour": {"Public-welfare post or floor support 公益性岗位或兜底保障", "social-security"},
	"disability": {"Disability allowances 残疾人两项补贴", "social-security"}, "schooling": {"School aid 教育资助", "education"},
	"transport": {"Village road 通村道路", "other"}, "land": {"Land turned over and terraced 土地整治", "industry"},
	"water": {"Water brought to the house 饮水入户", "other"}, "drive": {"A pair of ewes to raise 多浪羊代养", "industry"},
}

// newRegistry plans a register of so many households, spread over the villages of both counties.
func newRegistry(ctx context.Context, s *store.Store, p *plan, households int) *registry {
	r := &registry{ctx: ctx, store: s, chance: rand.New(rand.NewPCG(seed, uint64(AllHouseholds))), born: map[date.Date]int{}, sizes: map[string]int{}, full: households == AllHouseholds, photographed: max(1, households/photographsMax)}
	var villages []*villagePlan
	for _, county := range []string{Wushan, Maigaiti} {
		for i, a := range p.villages(county) {
			villages = append(villages, &villagePlan{Area: a, book: county, week: i % weeksApart})
		}
	}
	for n := range households { // the villages of both counties take turns
		v := villages[n*len(villages)/households]
		f := &family{village: v, number: n, id: fmt.Sprintf("%s%05d", map[string]string{Wushan: "W", Maigaiti: "M"}[v.book], n+1)}
		v.families = append(v.families, f)
		r.settle(f)
	}
	for _, v := range villages {
		if len(v.families) > 0 {
			p.introduce(v)
			r.village(v)
		}
		for _, f := range v.families {
			r.sizes[f.id] = len(f.members)
		}
	}
	r.counties(villages)
	slices.SortStableFunc(r.events, func(a, b event) int {
		return cmp.Or(recordedAt(a.book, a.on).Compare(recordedAt(b.book, b.on)), -cmp.Compare(number(a.reads), number(b.reads)))
	})
	for _, e := range r.events {
		r.facts += e.facts
	}
	return r
}

// introduce makes families of a village out of the households that the programme lends to, builds for or gives ewes: they are known to the books
// by their own codes, from the week in which the village records its cards.
func (p *plan) introduce(v *villagePlan) {
	n := 0
	for i := range slices.Backward(p.facts) { // houses were planned after loans: a small register has some of them too
		d := &p.facts[i].draft
		if q, ok := d.Fact.(*party.Party); ok && q.Kind == "household" && q.Area == v.Code && n < len(v.families) {
			v.families[n].id = q.ID
			d.On = min(d.On, registered[v.book].AddDays(7*v.week))
			n++
		}
	}
	slices.SortFunc(v.families, func(a, b *family) int { return cmp.Compare(a.id, b.id) })
}

// number is 1 for true.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// weeksApart is over how many weeks the villages of a county do the same thing.
const weeksApart = 6

// settle draws who lives in a household, why it is poor, and when it leaves.
func (r *registry) settle(f *family) {
	f.cause = pick(r.chance.IntN(100), causesOf, func(i int) int { return causesOf[i].of }, func(i int) string { return causesOf[i].code })
	n := pick(r.chance.IntN(100), sizes, func(i int) int { return sizes[i].of }, func(i int) int { return sizes[i].members })
	at := f.number * 617 % 1000 // spreads the years over the villages
	for _, e := range exits[f.village.book] {
		if at < e.share {
			f.leaves = e.year
			break
		}
		at -= e.share
	}
	surname := surnames[f.village.book][r.chance.IntN(len(surnames[f.village.book]))]
	year := registered[f.village.book].Year()
	headAge := 32 + r.chance.IntN(30)
	for i := range n {
		m := person{labour: "ordinary"}
		age := 0
		switch {
		case i == 0:
			m.relation, m.male, age = "head", r.chance.IntN(8) > 0, headAge
		case i == 1:
			m.relation, m.male, age = "spouse", !f.members[0].male, headAge-4+r.chance.IntN(7)
		case i == 4 || i == 5:
			m.relation, m.male, age = "parent", i == 4, headAge+22+r.chance.IntN(6)
		default:
			m.relation, m.male, age = "child", r.chance.IntN(2) == 0, max(1, headAge-24-r.chance.IntN(10))
		}
		switch {
		case age < 16:
			m.labour = "none"
		case age > 66:
			m.labour = "weak"
		case age < 50 && r.chance.IntN(5) == 0:
			m.labour = "skilled"
		}
		m.birth = date.New(year-age, time.Month(1+r.chance.IntN(12)), 1+r.chance.IntN(28))
		m.name = r.name(f.village.book, surname, m)
		m.document = r.document(f.village.book, m.birth, m.male)
		f.members = append(f.members, m)
	}
}

// pick chooses among weighted rows by a number below the sum of their weights.
func pick[R, T any](at int, rows []R, of func(i int) int, give func(i int) T) T {
	for i := range rows {
		if at < of(i) {
			return give(i)
		}
		at -= of(i)
	}
	return give(0)
}

// at adds an event.
func (r *registry) at(e event) {
	if e.on <= lastRegistered {
		r.events = append(r.events, e)
	}
}

// draftsMax is about how many drafts are recorded in one commit.
const draftsMax = 1_000

// recordUntil records the events that the office enters before a time.
func (r *registry) recordUntil(clock *Clock, until time.Time, count func(int)) error {
	var drafts []fact.Draft
	flush := func() error {
		if len(drafts) == 0 {
			return nil
		}
		_, err := r.store.Recorder.Record(r.ctx, drafts...)
		count(len(drafts))
		drafts = drafts[:0]
		return err
	}
	for len(r.events) > 0 {
		e := &r.events[0]
		at := recordedAt(e.book, e.on)
		if !at.Before(until) {
			break
		}
		if !at.Equal(clock.Now()) || len(drafts) > draftsMax {
			if err := flush(); err != nil {
				return err
			}
			clock.set(at)
		}
		more, err := e.make()
		if err != nil {
			return err
		}
		drafts = append(drafts, more...)
		r.events = r.events[1:]
	}
	return flush()
}

// lastRegistered is the last day on which the register records something: it is entered before the account appears.
const lastRegistered date.Date = "2020-10-23"

// draft is a fact of the register by who records and approves such facts.
func draft(book string, on date.Date, f fact.Fact) fact.Draft {
	kind := fact.KindOf(f)
	d := fact.Draft{Fact: f, Book: book, On: on, Actor: actor(kind, book), Source: Source}
	if n := kind.Approvers(f); n > 0 {
		d.Approvers = approvers(book)[:n]
	}
	return d
}

// one is an event of facts that are known from the start.
func (r *registry) one(book string, on date.Date, facts ...fact.Fact) {
	r.at(event{book: book, on: on, facts: len(facts), make: func() ([]fact.Draft, error) {
		drafts := make([]fact.Draft, len(facts))
		for i, f := range facts {
			drafts[i] = draft(book, on, f)
		}
		return drafts, nil
	}})
}

// village plans the whole course of a village.
func (r *registry) village(v *villagePlan) {
	first := registered[v.book].AddDays(7 * v.week)
	r.at(event{book: v.book, on: first.AddDays(2), facts: len(v.families), make: func() ([]fact.Draft, error) {
		drafts := make([]fact.Draft, len(v.families))
		for i, f := range v.families {
			drafts[i] = draft(v.book, first.AddDays(i%3), r.card(f))
		}
		return drafts, nil
	}})
	r.identification(v, first.AddDays(14))
	r.help(v, first.AddDays(7*20))
	byYear := map[int][]*family{}
	for _, f := range v.families {
		byYear[f.leaves] = append(byYear[f.leaves], f)
	}
	for _, e := range exits[v.book] {
		if list := byYear[e.year]; len(list) > 0 {
			r.leaving(v, e.year, list)
		}
	}
	r.changes(v, first.AddDays(7*30))
	r.afterExit(v)
}

// card is the registration card.
func (r *registry) card(f *family) *household.Household {
	h := &household.Household{
		ID: f.id, Area: f.village.Code, Group: fmt.Sprintf("%d组", 1+f.number%6), Standard: "national", Attribute: []string{"ordinary", "ordinary", "dibao-poor"}[f.number%3],
		MainCause: f.cause, Arable: int64(200 + f.number%9*75), RoadDistance: int64(100 + f.number%17*90), PowerHome: true, Fuel: "coal", Toilet: "dry", WaterSource: "piped",
		HouseArea: int64(40 + f.number%12*6), HouseBuilt: int64(1985 + f.number%28), HouseWalls: "brick-wood", HouseGrade: "b",
		Phone: fmt.Sprintf("199%08d", f.number),
	}
	for i, m := range f.members {
		sex := "female"
		if m.male {
			sex = "male"
		}
		h.Members = append(h.Members, fmt.Sprintf("%02d %s %s %s %s", i+1, m.relation, m.birth, sex, m.labour))
		h.Names = append(h.Names, fmt.Sprintf("%02d %s", i+1, m.name))
		h.Documents = append(h.Documents, fmt.Sprintf("%02d %s", i+1, m.document))
	}
	return h
}

func ids(families []*family) []string {
	list := make([]string, len(families))
	for i, f := range families {
		list[i] = f.id
	}
	slices.Sort(list)
	return list
}

// board is the notice of a list.
func board(v *villagePlan, id, c, title string, list []*family) *notice.Notice {
	n := &notice.Notice{ID: id, Case: c, Title: title, Area: v.Code, Place: "村委会公示栏", Days: 7, DayKind: "calendar", List: ids(list)}
	n.Hash = notice.Hash(n.List)
	for _, f := range slices.SortedFunc(slices.Values(list), func(a, b *family) int { return cmp.Compare(a.id, b.id) }) {
		n.Lines = append(n.Lines, notice.Line(f.members[0].name, fmt.Sprintf("%d人", len(f.members))))
	}
	return n
}

// identification takes a village's list through its procedure, from a Monday on.
func (r *registry) identification(v *villagePlan, from date.Date) {
	c := "ID-" + v.Code
	step := func(after int, step, by, document, notice string) {
		r.one(v.book, from.AddDays(after), &casework.Step{Case: c, Step: step, By: by, Documents: []string{document}, Notice: notice})
	}
	r.one(v.book, from, &casework.Case{ID: c, Procedure: "identification-2014", Area: v.Code, Title: fmt.Sprintf("Identification %d 年%s贫困户识别", from.Year(), shortName(v.Area)), Households: ids(v.families)})
	step(1, "application", "household", "application", "")
	step(3, "appraisal", "village", "minutes", "")
	n := board(v, "N-"+c, c, fmt.Sprintf("Poor households identified %d 年贫困户识别公示", from.Year()), v.families)
	r.one(v.book, from.AddDays(4), n)
	step(4, "first_posting", "village", "notice_photo", n.ID)
	step(14, "township_review", "township", "review_form", "")
	step(15, "second_posting", "township", "notice_photo", "")
	step(16, "county_review", "county", "approval", "")
	step(17, "announcement", "county", "notice_photo", "")
	step(18, "registration", "county", "handbook", "")
}

// help plans who answers for each household, and what each cause is answered with.
func (r *registry) help(v *villagePlan, on date.Date) {
	const householdsEach = 20
	for i := 0; i < len(v.families); i += householdsEach {
		r.one(v.book, on, &household.Responsible{Area: v.Code, Person: fmt.Sprintf("cadre-%s-%d", v.Code, i/householdsEach+1), Unit: "驻村工作队", Tier: "county",
			Households: ids(v.families[i:min(i+householdsEach, len(v.families))])})
	}
	byCause := map[string][]*family{}
	for _, f := range v.families {
		byCause[f.cause] = append(byCause[f.cause], f)
	}
	for i, c := range causesOf {
		if list := byCause[c.code]; len(list) > 0 {
			r.one(v.book, on.AddDays(7+i%3), &household.Measure{Area: v.Code, Cause: c.code, What: helped[c.code].what, Batch: helped[c.code].batch, Households: ids(list)})
		}
	}
}

// leaving takes a year's list of a village out of poverty.
func (r *registry) leaving(v *villagePlan, year int, list []*family) {
	begins := date.New(year, time.September, 1)
	switch year {
	case 2019: // at the end of the year
		begins = date.New(year, time.October, 14)
	case 2020: // before the account appears
		begins = date.New(year, time.June, 1)
	}
	from := monday(begins).AddDays(7 * v.week)
	c := fmt.Sprintf("EX-%s-%d", v.Code, year)
	procedure := map[string]string{Wushan: "household-exit-gansu", Maigaiti: "household-exit-xinjiang"}[v.book]
	if year < 2018 {
		procedure = "household-exit-2016"
	}
	step := func(after int, step, by, document, notice string) {
		r.one(v.book, from.AddDays(after), &casework.Step{Case: c, Step: step, By: by, People: 3, Documents: []string{document}, Notice: notice})
	}
	r.one(v.book, from, &casework.Case{ID: c, Procedure: procedure, Area: v.Code, Title: fmt.Sprintf("Exit %d 年%s贫困户退出", year, shortName(v.Area)), Households: ids(list)})
	if year >= 2018 {
		step(1, "pre_exit", "village", "list", "")
	}
	step(3, "appraisal", "village", "minutes", "")
	r.at(event{book: v.book, on: from.AddDays(11), facts: len(list), make: func() ([]fact.Draft, error) {
		drafts := make([]fact.Draft, len(list))
		for i, f := range list {
			on := from.AddDays(7 + i%5)
			drafts[i] = draft(v.book, on, r.visit(f, on, lineOf(v.book, year), 105+f.number%60))
			var err error
			if drafts[i].Evidence, err = r.photograph(f, on); err != nil {
				return nil, err
			}
		}
		return drafts, nil
	}})
	decided := from.AddDays(15)
	r.at(event{book: v.book, on: decided, facts: len(list), reads: true, make: func() ([]fact.Draft, error) {
		drafts := make([]fact.Draft, len(list))
		files, err := household.LoadAll(r.ctx, r.store.DB, v.book, ids(list))
		if err != nil {
			return nil, err
		}
		for i, f := range files {
			d, _, err := f.Decide(decided, decided)
			if err != nil {
				return nil, err
			}
			drafts[i] = draft(v.book, decided, d)
		}
		return drafts, nil
	}})
	n := board(v, "N-"+c, c, fmt.Sprintf("Leaving poverty %d 年贫困户退出公示", year), list)
	step(16, "verification", "village", "visit_record", "")
	if year < 2018 {
		step(16, "acceptance", "household", "signature", "")
	} else {
		step(16, "signature", "household", "signature", "")
	}
	r.one(v.book, from.AddDays(17), n)
	step(17, "posting", "village", "notice_photo", n.ID)
	if year >= 2018 {
		step(25, "township_check", "township", "check_form", "")
		step(28, "second_posting", "township", "notice_photo", "")
		step(29, "county_approval", "county", "approval", "")
	}
	step(30, "announcement", "county", "notice_photo", "")
	step(31, "deregistration", "county", "register_entry", "")
}

// lineOf is the line that a year's exits are held against, in yuan a person.
func lineOf(book string, year int) int {
	if book == Wushan && year == 2018 {
		return 3500
	}
	return map[int]int{2016: 3146, 2017: 3335, 2018: 3535, 2019: 3747, 2020: 4000}[year]
}

// visit finds all checks met, and an income of so many hundredths of a line.
func (r *registry) visit(f *family, on date.Date, line, hundredths int) *household.Visit {
	period := income.RollingYear(on)
	v := &household.Visit{Household: f.id, Questionnaire: "visit-2014 1", Device: "tablet-" + f.village.Code, Signature: "signed", IncomeFrom: period.From, IncomeTo: period.To,
		Answers: []string{"food=stable_source", "clothing=clothes_and_bedding", "medical=resident_insurance", "housing=grade_" + []string{"a", "b"}[f.number%2], "water=piped"}}
	education := "no_school_age_child"
	for _, m := range f.members {
		if age := m.birth.YearsUntil(on); age >= 5 && age <= 16 {
			education = "in_school"
		}
	}
	people := len(f.members)
	if f.grows() {
		people++
	}
	net := people * line * hundredths / 100
	wage, farm := net*55/100, net*35/100
	v.Answers = append(v.Answers, "education="+education, fmt.Sprintf("wage.local.01=%d", wage), fmt.Sprintf("business.crops=%d", farm+1200), "expense.production=1200",
		fmt.Sprintf("transfer.farm_subsidy=%d", net-wage-farm))
	return v
}

// monday is the day, or the Monday after it.
func monday(d date.Date) date.Date {
	for d.Time().Weekday() != time.Monday {
		d = d.AddDays(1)
	}
	return d
}

// grows tells whether a child is born to the household while it is registered.
func (f *family) grows() bool { return f.number%50 == 7 && len(f.members) > 2 }

// changes plans who was born and who died in a village between its registration and the first exits.
func (r *registry) changes(v *villagePlan, from date.Date) {
	for i, f := range v.families {
		switch {
		case f.grows():
			birth := from.AddDays(i)
			r.one(v.book, workday(birth.AddDays(20)), &household.Member{Household: f.id, Number: fmt.Sprintf("%02d", len(f.members)+1), Relation: "grandchild", Birth: birth,
				Sex: []string{"male", "female"}[f.number/50%2], Labour: "none", Reason: "born"})
		case f.number%50 == 31 && len(f.members) > 4:
			r.one(v.book, workday(from.AddDays(i)), &household.Departure{Member: f.id + "-05", Reason: "died"})
		}
	}
}

// afterExit plans the relapses of 2019 and the watch of 2020, a tenth of which was ended before the account appeared.
func (r *registry) afterExit(v *villagePlan) {
	for _, f := range v.families {
		switch {
		case f.leaves == 0 || f.leaves > 2018:
		case f.number%1500 == 11:
			r.one(v.book, workday(date.New(2019, time.March, 4).AddDays(f.number%60)), &casework.Relapse{Household: f.id, Cause: "illness", Document: "乡镇核查报告"})
		case f.number%200 == 58: // an income that fell sharply, which nobody has answered yet
			on := workday(date.New(2020, time.August, 3).AddDays(f.number % 40))
			r.one(v.book, on, r.visit(f, on, lineOf(v.book, f.leaves), 62))
		case f.number%300 == 77:
			on := workday(date.New(2020, time.September, 7).AddDays(f.number % 30))
			r.one(v.book, on, &sweep.Alert{ID: "R-" + f.id, Household: f.id, Found: "self-report", Risk: "disaster", Why: []string{"冰雹毁损果园", "牲畜病死"}[f.number/300%2]})
		case f.number%100 == 42:
			on := workday(date.New(2020, time.April, 1).AddDays(f.number % 14))
			r.one(v.book, on, &casework.Watch{Household: f.id, Group: "unstable_exited", Risks: []string{"illness"}, Found: "screening"})
			if f.number%1000 != 42 {
				continue
			}
			seen := on.AddDays(7)
			r.one(v.book, seen, r.visit(f, seen, 6000, 130))
			r.one(v.book, on.AddDays(21), &household.Measure{Area: v.Code, Cause: "illness", What: helped["illness"].what, Batch: "social-security", Households: []string{f.id}})
			r.one(v.book, on.AddDays(120), &casework.RiskSolved{Household: f.id, Risk: "illness", How: "病情好转，已恢复务工"})
			r.one(v.book, workday(on.AddDays(190)), &casework.WatchEnd{Household: f.id, Document: "村级评议记录"})
		}
	}
}

// acceptedMin is how many households of a county the register must hold for its acceptance to be planned: a sample of fewer says nothing.
const acceptedMin = 20

// acceptance is the case of a county.
type acceptance struct {
	book, procedure string
	days            []date.Date // of its steps in order; the sample is drawn after the third, and the fourth rests on it
	drawn           date.Date
	seed            string
	unregistered    int64 // households of a village that were never registered, about
	wrong, omitted  int   // which of the households that answered, in the order of the draw, is found in error; 0 for none
}

// counties plans the two counties' own cases, up to the days on which they were accepted.
func (r *registry) counties(villages []*villagePlan) {
	for _, c := range []acceptance{
		{book: Wushan, procedure: "county-exit-gansu-2019", days: []date.Date{"2019-03-04", "2019-03-18", "2019-04-15", "2019-05-20", "2019-06-03", "2019-06-05", "2019-06-18"},
			drawn: "2019-04-29", seed: "国家公证抽签 2019-04-26 第 0624 号", unregistered: 180, wrong: 211, omitted: 137},
		{book: Maigaiti, procedure: "county-exit-xinjiang", days: []date.Date{"2019-10-14", "2019-10-28", "2019-12-02", "2019-12-30", "2019-12-31", "2020-01-02", "2020-01-14"},
			drawn: "2019-12-20", seed: "国家公证抽签 2019-12-18 第 0371 号", unregistered: 240},
	} {
		var own []*villagePlan
		families := 0
		for _, v := range villages {
			if v.book == c.book {
				own, families = append(own, v), families+len(v.families)
			}
		}
		if families < acceptedMin {
			continue
		}
		id := "CX-" + c.book
		r.one(c.book, c.days[0], &casework.Case{ID: id, Procedure: c.procedure, Area: c.book, Title: "County exit 贫困县退出"})
		r.survey(&c, id, own)
		n := &notice.Notice{ID: "N-" + id, Case: id, Title: "County exit 贫困县退出公示", Area: c.book, Place: "省级政府网站", Days: 5, DayKind: "working", List: []string{c.book}}
		n.Hash = notice.Hash(n.List)
		for i, s := range []casework.Step{
			{Step: "application", By: "county", Documents: []string{"application"}, Measured: []string{"villages_exited=95/100"}},
			{Step: "first_review", By: "prefecture", Documents: []string{"review_report"}},
			{Step: "verification", By: "province", Documents: []string{"check_report"}},
			{Step: "assessment", By: "third_party", Documents: []string{"assessment_report"}},
			{Step: "group_review", By: "province", Documents: []string{"minutes"}},
			{Step: "public_notice", By: "province", Documents: []string{"notice"}, Notice: n.ID},
			{Step: "approval", By: "province", Documents: []string{"announcement"}},
		} {
			s.Case = id
			switch {
			case s.Step == "assessment":
				r.at(event{book: c.book, on: c.days[i], facts: 1, reads: true, make: func() ([]fact.Draft, error) {
					var err error
					s.Measured, err = casework.Assessment(r.ctx, r.store.DB, c.book, id)
					return []fact.Draft{draft(c.book, c.days[i], &s)}, err
				}})
				continue
			case s.Notice != "":
				r.one(c.book, c.days[i], n)
			}
			r.one(c.book, c.days[i], &s)
		}
	}
}

// survey plans the sample of a county and what came of its visits. Two villages in three with registered households count as poor; the rest are the other stratum.
func (r *registry) survey(c *acceptance, id string, villages []*villagePlan) {
	s := &casework.Sample{Case: id, Seed: c.seed, Strata: []string{"poor 20", "other 9"}, Exited: 18, Unregistered: 15, Remaining: 2, Reserves: 2}
	strata := map[string]int{}
	for i, v := range villages {
		stratum := "other"
		if len(v.families) > 0 && i%3 > 0 {
			stratum = "poor"
		}
		strata[stratum]++
		households := c.unregistered + int64(i%7*6) - 18
		people := households * 37 / 10
		s.Villages = append(s.Villages, fmt.Sprintf("%s %s %d %d", v.Code, stratum, households, people))
		s.RuralPopulation += people
		for _, f := range v.families {
			s.RuralPopulation += int64(len(f.members))
		}
	}
	r.at(event{book: c.book, on: c.drawn, facts: 1, reads: true, make: func() ([]fact.Draft, error) {
		drawn, err := casework.FindSurvey(r.ctx, r.store.DB, c.book, id)
		if err != nil {
			return nil, err
		}
		if drawn != nil { // the programme is built a second time, and the register is another since
			return []fact.Draft{draft(c.book, c.drawn, drawn.Sample)}, nil
		}
		frame, err := casework.FindFrame(r.ctx, r.store.DB, c.book, s)
		if err != nil {
			return nil, err
		}
		s.ListSHA256 = frame.SHA256()
		return []fact.Draft{draft(c.book, c.drawn, s)}, nil
	}})
	returned := c.drawn.AddDays(8)
	r.at(event{book: c.book, on: returned, facts: min(20, strata["poor"]) + min(9, strata["other"]), reads: true, make: func() ([]fact.Draft, error) {
		survey, err := casework.FindSurvey(r.ctx, r.store.DB, c.book, id)
		if err != nil {
			return nil, err
		}
		var drafts []fact.Draft
		for i, v := range r.answers(c, survey) {
			v.Case = id
			drafts = append(drafts, draft(c.book, c.drawn.AddDays(1+i%8), v))
		}
		return drafts, nil
	}})
}

// answers are what came of the visits to each village. A few are away or will not answer, and reserves stand in for them while there are any.
func (r *registry) answers(c *acceptance, survey *casework.Survey) []*casework.SampleVisits {
	var list []*casework.SampleVisits
	answered := map[string]int{} // by group
	var missed []string          // of the village and group at hand, still to be replaced
	var at string
	for n, d := range survey.Drawn {
		if len(list) == 0 || list[len(list)-1].Village != d.Village {
			list = append(list, &casework.SampleVisits{Village: d.Village})
		}
		v := list[len(list)-1]
		if here := d.Village + string(d.Group); here != at {
			at, missed = here, nil
		}
		people, stands := r.people(d.Household, n), ""
		switch {
		case d.Reserve && len(missed) == 0:
			continue
		case d.Reserve:
			stands, missed = " for "+missed[0], missed[1:]
		case n%47 == 13:
			outcome := "away"
			if n%2 == 0 {
				outcome = "refused"
			}
			v.Results, missed = append(v.Results, fmt.Sprintf("%s %s %d 0 -", d.Household, outcome, people)), append(missed, d.Household)
			continue
		}
		answered[string(d.Group)]++
		wrong := 0
		if k := answered[string(d.Group)]; k == c.wrong && d.Group == "exited" || k == c.omitted && d.Group == "non-registered" {
			wrong = people
		}
		satisfied := "yes"
		if wrong > 0 || n%43 == 7 {
			satisfied = "no"
		}
		v.Results = append(v.Results, fmt.Sprintf("%s completed %d %d %s%s", d.Household, people, wrong, satisfied, stands))
	}
	return list
}

// people is how many live in a household of the sample: as its card has it, and for who has none a number that the draw gives.
func (r *registry) people(id string, n int) int {
	if of, ok := r.sizes[id]; ok {
		return of
	}
	return 2 + n%4
}

// statements plans the figures of the register and what the account says of it.
func (r *registry) statements() ([]fact.Draft, error) {
	standard, err := indicator.Standard()
	if err != nil {
		return nil, err
	}
	var drafts []fact.Draft
	for _, f := range standard {
		if slices.Contains(ofRegister, f.ID) {
			drafts = append(drafts, draft(entity.Headquarters, published, f))
		}
	}
	for _, f := range registryFigures() {
		f.Version = 1
		drafts = append(drafts, draft(entity.Headquarters, published, &f))
	}
	for _, c := range registryClaims(r.full) {
		drafts = append(drafts, draft(entity.Headquarters, published, &c))
	}
	return drafts, nil
}

func registryFigures() []indicator.Figure {
	ratio := func(id, en, zh, over string) indicator.Figure {
		return indicator.Figure{ID: id, En: en, Zh: zh, Unit: "share", Aggregate: "ratio", Terms: over}
	}
	water := countOf("households-visited-maigaiti", "Households visited in Maigaiti", "麦盖提县入户走访户", "households", "distinct", "household-visited")
	safe := countOf("households-water-maigaiti", "Households with safe drinking water in Maigaiti", "麦盖提县饮水安全达标户", "households", "sum", "household-water")
	water.Area, safe.Area = Maigaiti, Maigaiti
	return []indicator.Figure{
		water, safe,
		ratio("water-share-maigaiti", "Share of visited households in Maigaiti with safe drinking water", "麦盖提县饮水安全达标率", "households-water-maigaiti / households-visited-maigaiti"),
	}
}

// registryClaims are the account's sentences that the register can be held against. The number of people is the account's only when the
// register is whole.
func registryClaims(full bool) []indicator.Claim {
	claims := []indicator.Claim{
		{ID: "F600", Sentence: "Helping the people in need and putting in place “two assurances and three guarantees” (rural poor people are free from worries over food and clothing and have access to compulsory education, basic medical services and safe housing)",
			Qualifier: "=", Stated: "1", Unit: "share", Figure: "assured-share", AsOf: AsOf, Note: "Of the households visited, those whose last answers meet all five."},
		{ID: "F603", Sentence: "In every link from house visit and survey to distribution of funds, the use of funds is well-targeted, open, and transparent.",
			Qualifier: "=", Stated: "1", Unit: "share", Figure: "cases-in-order", AsOf: AsOf, Note: "Cases whose every step, from application to entry in the register, was done in order and put up in public."},
		{ID: "F615", Sentence: "The project has completely solved the drinking water problem of the local residents",
			Qualifier: "=", Stated: "1", Unit: "share", Figure: "water-share-maigaiti", AsOf: AsOf, Note: "Of the registered households visited in the county; not of all residents."},
		{ID: "F941", Sentence: "Getting rid of poverty is not the finishing point but the starting point of a new life and a new struggle.",
			Qualifier: ">", Stated: "0", Unit: "households", Figure: "watches-opened", AsOf: AsOf, Note: "Households taken under watch after their exit."},
		{ID: "F943", Sentence: "focus on consolidating and expanding poverty alleviation achievements, effectively combine the rural revitalization strategy",
			Qualifier: ">", Stated: "0", Unit: "households", Figure: "watches-running", AsOf: AsOf, Note: "Watches that run on beyond the account."},
	}
	if full {
		claims = append(claims, indicator.Claim{ID: "F009", Sentence: "Nearly 170,000 people in the two counties got rid of poverty, a decisive achievement made in the battle against poverty.",
			Qualifier: "<~", Stated: "170000", Unit: "persons", Figure: "people-lifted", AsOf: AsOf, Note: "Each person once, however often lifted; wrong exits are counted off."})
	}
	return claims
}

// Names are made of common surnames and syllables; nobody is meant.
var surnames = map[string][]string{
	Wushan:   strings.Fields("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 马 朱 胡 郭 何 林 罗 高 郑 梁 谢 宋 唐 许 邓 冯 韩 曹 曾 彭 萧 蔡 潘 田 董 袁 于 余 叶 蒋 杜 苏 魏 程 吕 丁 沈 任"),
	Maigaiti: strings.Fields("艾合买提 阿卜杜拉 吐尔逊 买买提 依明 卡德尔 热合曼 玉素甫 阿不力孜 肉孜 艾山 司马义 库尔班 托合提 努尔 伊敏 麦麦提 亚森 阿吾提 达吾提"),
}

var given = map[string][]string{
	Wushan: strings.Fields("建国 秀英 桂兰 志强 小红 永平 玉梅 海军 春花 文斌 丽娟 国庆 翠萍 宏伟 雪琴 明亮 巧玲 志远 晓燕 振华 彩霞 俊杰 淑珍 军平 芳芳 旭东 红霞 世杰 亚楠 子轩 欣怡 浩然 雨桐 天佑 思源 佳慧"),
	Maigaiti: strings.Fields("阿依古丽 古丽娜尔 帕提古丽 热依汗古丽 阿依努尔 米热古丽 艾力 玉山江 吐尔洪 艾尼瓦尔 买合木提 迪丽努尔 阿曼古丽 布威海丽且木 热孜宛古丽 祖丽胡玛尔 凯赛尔 麦合木提 阿迪力 " +
		"伊力哈木 艾克拜尔 穆太力普 再努尔 茹仙古丽 阿瓦古丽 图尔荪 木拉提 沙塔尔 尼亚孜 哈丽旦"),
}

func (r *registry) name(book, surname string, m person) string {
	first := given[book][r.chance.IntN(len(given[book]))]
	if book == Maigaiti {
		return first + "·" + surname
	}
	if m.relation == "spouse" {
		surname = surnames[book][r.chance.IntN(len(surnames[book]))]
	}
	return surname + first
}

// document is a number in the form of a resident identity number, of nobody: the last digits before the check character count those born on the day.
func (r *registry) document(book string, birth date.Date, male bool) string {
	r.born[birth]++
	n := 2 * r.born[birth]
	if male {
		n++
	}
	return numberOf(book, birth, n)
}
