package card

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/household"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/journal"
)

// accountRules sum the income of a household: net income as the registration form has it.
var accountRules = income.Rules{Concept: "net_income", MigrantWage: "net", SelfConsumption: "counted", InventoryRule: "when_sold"}

// loadMax is how many files are read and folded at a time.
const loadMax = 500

// Register reads cards from the register.
type Register struct {
	reader  database.Reader
	parents map[string]string // of areas

	households map[string][]entity.Entity // by book
	offices    map[string]said            // what other offices said, by entry
}

// OpenRegister makes ready to read cards.
func OpenRegister(ctx context.Context, r database.Reader) (*Register, error) {
	areas, err := entity.Find(ctx, r, entity.Filter{Book: entity.Headquarters, Type: "area"})
	if err != nil {
		return nil, err
	}
	g := &Register{reader: r, parents: make(map[string]string, len(areas)), households: map[string][]entity.Entity{}, offices: map[string]said{}}
	for _, a := range areas {
		g.parents[a.ID] = a.Parent
	}
	return g, nil
}

// depthMax is how many levels of areas there may be.
const depthMax = 12

// Within tells whether an area is another or lies in it; everything lies in "".
func (g *Register) Within(area, in string) bool {
	for range depthMax {
		if area == in || in == "" {
			return true
		}
		if area = g.parents[area]; area == "" {
			return false
		}
	}
	return false
}

// in lists the households of a book.
func (g *Register) in(ctx context.Context, book string) ([]entity.Entity, error) {
	if list, ok := g.households[book]; ok {
		return list, nil
	}
	list, err := entity.Find(ctx, g.reader, entity.Filter{Book: book, Type: household.Type})
	if err == nil {
		g.households[book] = list
	}
	return list, err
}

// Households lists the households of a book that live in an area now, or did before they left it, by code.
func (g *Register) Households(ctx context.Context, book, area string) ([]string, error) {
	list, err := g.in(ctx, book)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, h := range list {
		if g.Within(h.Area, area) {
			ids = append(ids, h.ID)
		}
	}
	return ids, nil
}

// Places gives the area where each household of a book lives now.
func (g *Register) Places(ctx context.Context, book string) (map[string]string, error) {
	list, err := g.in(ctx, book)
	places := make(map[string]string, len(list))
	for _, h := range list {
		places[h.ID] = h.Area
	}
	return places, err
}

// Cards reads the cards of households of a book as they were on a day. One that had no card yet is left out, and so is one that lived on in
// another by then, or in another county.
func (g *Register) Cards(ctx context.Context, book string, ids []string, on date.Date) (*Set, error) {
	s, known := NewSet(), newPublishedLines(on)
	for some := range slices.Chunk(ids, loadMax) {
		files, err := household.LoadAll(ctx, g.reader, book, some)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if state, _ := f.Status(on); f.Card(on) == nil || state == household.Merged || state == household.Moved {
				continue
			}
			if err := g.fill(ctx, s, f, on, known); err != nil {
				return nil, fmt.Errorf("card of household %s: %w", f.ID, err)
			}
		}
	}
	return s, nil
}

// registeredAs are the statuses of a household that is registered as poor.
var registeredAs = []decision.Status{decision.InPoverty, decision.PreExit, decision.ExitReversed, decision.Relapsed}

// filler sets variables of one row by their names.
type filler struct {
	*Set
	row int
	on  date.Date
}

func (f *filler) number(name string, n int64) { f.SetNumber(f.row, at(name), n) }
func (f *filler) flag(name string, is bool)   { f.SetFlag(f.row, at(name), is) }

// word leaves what is empty unknown.
func (f *filler) word(name, word string) {
	if word != "" {
		f.SetWord(f.row, at(name), word)
	}
}

// months sets the full months since a day; none leaves it unknown.
func (f *filler) months(name string, since date.Date) {
	if since != "" && since <= f.on {
		f.number(name, Months(since, f.on))
	}
}

// Months is how many full months have passed from one day to a later one.
func Months(from, to date.Date) int64 {
	n := int64(to.Year()-from.Year())*12 + monthOf(to) - monthOf(from)
	if from.AddMonths(int(n)) > to {
		n--
	}
	return n
}

func monthOf(d date.Date) int64 { return int64(d.Time().Month()) }

func (g *Register) fill(ctx context.Context, s *Set, file *household.File, on date.Date, known *publishedLines) error {
	place := file.Area(on)
	f := &filler{s, s.Add(file.ID, place), on}
	f.word(village, place)
	card := file.Card(on)
	state, since := file.Status(on)
	isRegistered := slices.Contains(registeredAs, state)
	f.flag(registered, isRegistered)
	if state == "" {
		f.word(status, household.Known)
	} else {
		f.word(status, string(state))
	}
	if isRegistered {
		for _, e := range file.Statuses {
			if (e.Status == decision.InPoverty || e.Status == decision.Relapsed) && e.On <= on {
				since = e.On
			}
		}
		f.months("registered_months", since)
	}
	if state == decision.Exited {
		f.months("exited_months", since)
	}
	f.people(file)
	f.card(file, card)
	if err := f.money(file); err != nil {
		return err
	}
	if l := known.in(place); l.poverty >= 0 {
		f.number(line, l.poverty)
	}
	if l := known.in(place); l.monitoring >= 0 {
		f.number(monitoringLine, l.monitoring)
	}
	for _, subject := range []decision.Subject{decision.Food, decision.Clothing, decision.Education, decision.Medical, decision.Housing, decision.Water} {
		switch file.Answer(subject, on) {
		case decision.Met:
			f.flag(string(subject), true)
		case decision.Unmet:
			f.flag(string(subject), false)
		}
	}
	var visited, changed date.Date
	for _, v := range file.Visits {
		if v.On <= on {
			visited = max(visited, v.On)
		}
	}
	f.months("visited_months", visited)
	for _, c := range file.Changes {
		if c.On <= on {
			changed = max(changed, c.On)
		}
	}
	f.months("changed_months", changed)
	f.help(file)
	filed, err := file.Filed()
	if err != nil {
		return err
	}
	return f.filed(filed, func(e *journal.Filed) (said, error) { return g.data(ctx, e.Book, e.Seq) })
}

// people counts the members on the day. Somebody whose birth date nobody knows leaves the counts by age unknown.
func (f *filler) people(file *household.File) {
	var all, sharing, able, young, old int64
	ages := true
	for _, m := range file.Present(f.on) {
		all++
		if m.SharesIncome {
			sharing++
		}
		if m.Labour == "ordinary" || m.Labour == "skilled" {
			able++
		}
		switch {
		case m.Birth == "":
			ages = false
		case m.Birth.YearsUntil(f.on) < childUntil:
			young++
		case m.Birth.YearsUntil(f.on) >= agedFrom:
			old++
		}
	}
	f.number(residents, all)
	f.number(members, sharing)
	f.number("apart", all-sharing)
	f.number("labour", able)
	if ages {
		f.number("children", young)
		f.number("aged", old)
	}
}

func (f *filler) card(file *household.File, card *household.Household) {
	f.word("attribute", card.Attribute)
	f.word("main_cause", card.MainCause)
	f.SetWords(f.row, at("causes"), slices.Sorted(slices.Values(append([]string{card.MainCause}, card.OtherCauses...))))
	for name, word := range map[string]string{"house_grade": card.HouseGrade, "house_walls": card.HouseWalls, "water_source": card.WaterSource, "fuel": card.Fuel, "toilet": card.Toilet,
		"relocation": card.Relocation} {
		f.word(name, word)
	}
	for name, n := range map[string]int64{"house_area": card.HouseArea, "house_built": card.HouseBuilt, "arable": card.Arable, "road_distance": card.RoadDistance} {
		if n != 0 { // a card cannot tell nothing from none
			f.number(name, n)
		}
	}
	f.flag("power_home", card.PowerHome)
	f.flag("cooperative", card.Cooperative)
	f.flag("enterprise", card.Enterprise)
	var allowance date.Date
	for _, c := range file.Cards {
		if c.On > f.on {
			break
		}
		switch receives := c.Fact.Attribute == "dibao" || c.Fact.Attribute == "dibao-poor"; {
		case !receives:
			allowance = ""
		case allowance == "":
			allowance = c.On
		}
	}
	f.months("dibao_months", allowance)
}

// money sets the last account and the one before. An account with amounts that nobody proved is not known.
func (f *filler) money(file *household.File) error {
	input, err := file.Input(f.on)
	if err != nil {
		return err
	}
	account, known, err := sum(&input.Income)
	if err != nil {
		return err
	}
	if len(input.Income.Lines) > 0 {
		away := map[string]bool{}
		for _, l := range input.Income.Lines {
			if strings.HasPrefix(string(l.Code), "wage.migrant") && l.Amount > 0 {
				away[l.Person] = true
			}
		}
		f.number("away", int64(len(away)))
	}
	if known {
		f.number("income", int64(account.Net))
		f.number("wage", int64(account.Wage))
		f.number("business", int64(account.Business))
		f.number("transfer", int64(account.Transfer))
		f.number("income_age", int64(max(0, account.Period.To.DaysUntil(f.on))))
	}
	if input.Previous == nil {
		return nil
	}
	if account, known, err = sum(input.Previous); known {
		f.number("income_before", int64(account.Net))
	}
	return err
}

func sum(s *decision.Statement) (a income.Account, known bool, err error) {
	if s.Period.To == "" {
		return a, false, nil
	}
	a, err = household.StatedIncome(*s, accountRules)
	return a, err == nil && a.Lines > 0 && a.UnverifiedIncome == 0 && a.UnverifiedExpense == 0 && !a.MigrantCostMissing, err
}

func (f *filler) help(file *household.File) {
	var last date.Date
	causes := []string{}
	for _, m := range file.Measures {
		if m.On <= f.on {
			last = max(last, m.On)
			causes = append(causes, m.Fact.Cause)
		}
	}
	slices.Sort(causes)
	f.SetWords(f.row, at("helped_causes"), slices.Compact(causes))
	f.months("helped_months", last)
}

// watchEnded is the role of an entry that ends a watch: see package casework.
const watchEnded = "watch ended"

// filed reads what other packages file about a household: watches, and what other offices know. Of several the last by date holds, and of
// one day the last by recording.
func (f *filler) filed(entries []journal.Filed, read func(e *journal.Filed) (said, error)) error {
	var opened, closed date.Date
	latest := map[string]date.Date{}
	for i := range entries {
		e := &entries[i]
		if e.On > f.on {
			continue
		}
		switch {
		case e.Kind == "watch":
			opened = max(opened, e.On)
		case e.Role == watchEnded:
			closed = max(closed, e.On)
		case e.Kind == dataKind:
			s, err := read(e)
			if err != nil {
				return err
			}
			f.Lost = f.Lost || s.lost
			for _, item := range s.items[f.IDs[f.row]] {
				name, value, _ := strings.Cut(item, "=")
				if e.On >= latest[name] {
					latest[name] = e.On
					_ = f.Put(f.row, name, value) // it was read when it was recorded
				}
			}
		}
	}
	watched := opened != "" && opened >= closed
	f.flag("watched", watched)
	if watched {
		f.months("watched_months", opened)
	}
	return nil
}
