package scenario

import (
	"fmt"

	"lastmile/internal/area"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household/earning"
	"lastmile/internal/household/income"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/party"
)

const tiechuProject = "M-I-01"

// earTags is the day from which ewes that are bought have an ear tag.
const earTags date.Date = "2019-03-01"

// The first contract: ten ewes of Kakexiale's herd, bred by an elderly herder.
const (
	firstHerd     = "HERD-201207"
	firstContract = "BC-201207-01"
	firstBreeder  = "MB-0001"
)

// contracts is how many households breed ewes.
const contracts = 407

// flock is a village's herd of ewes.
type flock struct {
	herd    livestock.Herd
	village *area.Area
	ewes    int64
	given   date.Date
	tags    []string

	breeders []string // households with a contract
}

// flock plans a village's herd and how it is handed over.
func (p *plan) flock(village *area.Area, fund string, ewes int64, on date.Date, tagged bool) {
	on = workday(on)
	owner := p.collective(village)
	f := &flock{village: village, ewes: ewes, given: on, herd: livestock.Herd{
		ID: "HERD-" + village.Code[6:], Name: shortName(village) + "多浪羊群", Project: tiechuProject, Village: village.Code, Owner: owner,
		Animals: "sheep", Young: "lamb", Fund: fund, Tagged: tagged,
	}}
	if tagged {
		for i := range ewes {
			f.tags = append(f.tags, fmt.Sprintf("MGT-%s-%03d", village.Code[6:], i+1))
		}
	}
	p.flocks = append(p.flocks, f)
	p.add(Maigaiti, on, &f.herd, nil)
	receipt := fmt.Sprintf("RC-%s-%s-%s", tiechuProject, on, owner)
	p.add(Maigaiti, on, &livestock.Intake{Herd: f.herd.ID, Heads: ewes, Tags: f.tags, Receipt: receipt},
		document("RECEIPT OF GOODS", "Date    "+string(on), "To      "+owner, fmt.Sprintf("Goods   %d x sheep", ewes), "Project "+tiechuProject))
}

// breeding plans the contracts of all flocks, in proportion to their ewes, and what became of the animals.
func (p *plan) breeding() error {
	ewes := make([]int64, len(p.flocks))
	for i, f := range p.flocks {
		ewes[i] = f.ewes
	}
	shares, err := ledger.Split(contracts, ewes)
	if err != nil {
		return err
	}
	breeders := 0
	for i, f := range p.flocks {
		heads, err := lend(f.ewes, int(shares[i]), f.herd.ID == firstHerd)
		if err != nil {
			return err
		}
		tags := f.tags
		for k, n := range heads {
			breeders++
			b := &breeder{plan: p, flock: f, ewes: n, begun: workday(f.given.AddDays(7 + k%10)), household: fmt.Sprintf("MB-%04d", breeders)}
			b.contract = fmt.Sprintf("BC-%s-%02d", f.village.Code[6:], k+1)
			if f.herd.Tagged {
				b.tags, tags = tags[:n:n], tags[n:]
			}
			f.breeders = append(f.breeders, b.household)
			b.sign()
			b.breed()
			if b.contract == firstContract {
				if err := b.threshold(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lend divides a flock's ewes over contracts; of the first flock the first contract takes ten.
func lend(ewes int64, n int, first bool) ([]int64, error) {
	if first {
		rest, err := lend(ewes-10, n-1, false)
		return append([]int64{10}, rest...), err
	}
	return ledger.Split(ewes, weights(n))
}

// breeder is a household and its contract.
type breeder struct {
	plan      *plan
	flock     *flock
	household string
	contract  string
	begun     date.Date
	ewes      int64
	tags      []string
	lambs     int64 // not yet sold
}

func (b *breeder) sign() {
	v := b.flock.village
	b.plan.party(b.begun.AddDays(-14), party.Party{ID: b.household, Name: fmt.Sprintf("养殖户 %s-%s", v.Code[6:], b.contract[len(b.contract)-2:]), Kind: "household", Area: v.Code})
	b.plan.add(Maigaiti, b.begun, &livestock.Contract{
		ID: b.contract, Herd: b.flock.herd.ID, Household: b.household, Heads: b.ewes, Tags: b.tags, Until: b.begun.AddDays(3 * 365), Offspring: "household",
		Replace: true, Deposit: yuan(100 * b.ewes), Inspect: inspectEvery,
	}, document("BREEDING CONTRACT "+b.contract, "Date    "+string(b.begun), "Village "+b.flock.herd.Owner, "Breeder "+b.household, fmt.Sprintf("Ewes    %d, lambs to the household", b.ewes)))
}

// firstPersons is how many people live on the income of the first household: the elderly herder and his wife.
const firstPersons = 2

// threshold plans what the household must earn in the year of the account not to be poor.
func (b *breeder) threshold() error {
	const on date.Date = "2020-10-16"
	lines, err := income.PublishedLines()
	if err != nil {
		return err
	}
	line, ok := lines.At("administrative", Maigaiti, on)
	if !ok {
		return fmt.Errorf("no poverty line is in force in %s on %s", Maigaiti, on)
	}
	b.add(on, &earning.Threshold{Household: b.household, Area: b.flock.village.Code, Persons: firstPersons, Line: fact.Money(line.Amount), Basis: line.ID + ": " + line.Source}, nil)
	return nil
}

// inspectEvery is the days between inspections agreed in contracts.
const inspectEvery = 200

// season is a lambing season: when its lambs are born, when those sold go to market, and how many in a hundred ewes bear.
type season struct {
	born, sold date.Date
	bear       int64
}

var seasons = []season{
	{"2018-11-19", "2019-04-22", 85}, {"2019-05-20", "2019-10-14", 70}, {"2019-11-18", "2020-05-11", 90}, {"2020-05-18", "2020-10-12", 75},
}

// stockTake is when the ewes of all contracts were counted.
const stockTake date.Date = "2019-10-28"

// The lambs of the first contract by season.
var firstLambs = []int64{6, 5, 8, 5}

// Prices of a lamb and of what it eats until it is sold, in yuan.
const (
	lambPrice = 1_150
	lambCost  = 95
)

// breed plans lambs, losses, sales, costs, inspections and the stock-take at the end of 2019.
func (b *breeder) breed() {
	luck := b.plan.luck
	for i, s := range seasons {
		if s.born < b.begun.AddDays(150) {
			continue
		}
		lambs := b.ewes * (s.bear - 10 + int64(luck.IntN(20))) / 100
		if b.contract == firstContract {
			lambs = firstLambs[i]
		}
		born := workday(s.born.AddDays(luck.IntN(20)))
		if lambs > 0 {
			b.add(born, &livestock.Birth{Herd: b.flock.herd.ID, Contract: b.contract, Heads: lambs}, nil)
		}
		b.lambs += lambs
		if luck.IntN(12) == 0 && b.lambs > 1 {
			b.lambs--
			b.add(born.AddDays(20), &livestock.Death{Herd: b.flock.herd.ID, Contract: b.contract, Of: "young", Heads: 1, Cause: "weather"}, nil)
		}
		b.die(born.AddDays(30))
		if n := b.lambs - int64(luck.IntN(2)); n > 0 {
			b.lambs -= n
			b.add(workday(s.sold.AddDays(luck.IntN(12))), &livestock.Sale{
				Herd: b.flock.herd.ID, Contract: b.contract, Of: "young", Heads: n, Price: yuan(n * (lambPrice + int64(luck.IntN(150)))), Cost: yuan(n * lambCost), Buyer: "Livestock market of Maigaiti 麦盖提县牲畜交易市场",
			}, nil)
		}
		if s.sold < stockTake && stockTake < seasons[i+1].born {
			b.add(stockTake, &livestock.StockTake{Herd: b.flock.herd.ID, Contract: b.contract, Of: "animals", Heads: b.ewes, Seen: b.tags}, nil)
		}
	}
	for on := b.begun.AddDays(inspectEvery - 10 - luck.IntN(30)); on < AsOf.AddDays(-14); on = on.AddDays(inspectEvery - 10) {
		if luck.IntN(40) > 0 { // a few are late
			b.add(on, &livestock.Inspection{Contract: b.contract, Heads: b.ewes, Condition: "good"}, nil)
		}
	}
}

// die plans the death of a ewe now and then, with its photograph; its cause is looked at by the village.
func (b *breeder) die(on date.Date) {
	if b.plan.luck.IntN(25) > 0 || b.contract == firstContract {
		return
	}
	d := &livestock.Death{Herd: b.flock.herd.ID, Contract: b.contract, Of: "animals", Heads: 1, Cause: []string{"disease", "birth", "accident"}[b.plan.luck.IntN(3)]}
	if len(b.tags) > 0 {
		d.Tags, b.tags = b.tags[:1:1], b.tags[1:]
	}
	b.ewes--
	b.add(on, d, document("PHOTOGRAPH OF A DEAD EWE", "Date    "+string(workday(on)), "Contract "+b.contract, "Cause   "+d.Cause))
}

func (b *breeder) add(on date.Date, f fact.Fact, proof *slip) { b.plan.add(Maigaiti, on, f, proof) }
