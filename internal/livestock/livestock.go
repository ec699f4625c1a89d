// Package livestock is a village's animals and the households that breed them under contract. A herd is bought with a fund's money and given
// to a village as its collective property; households take animals under contract, keep the young or share what they sell for, and
// give the animals back. The animals never become a household's property. The same facts serve cattle and pigs, seedlings, and machines
// that are lent: whatever is counted by the head.
//
// Heads are postings between accounts, so for every herd, contract and village, at every date, heads in are heads out and heads present:
//
//	delivery           store:653127:P      -> herd:VILLAGE:HERD            given to the village
//	contract           herd:…              -> herd-contract:VILLAGE:C      lent to a household
//	contract-return    herd-contract:…     -> herd:…
//	contract-transfer  herd-contract:…:C1  -> herd-contract:…:C2           from one household to another
//	birth              nature:HERD         -> herd-young:HOUSEHOLD:C       or to the herd or contract, when the village owns the young
//	death              any of them         -> loss:653127
//	sale               any of them         -> buyer:653127
//	replacement        nature or supply    -> herd:… or herd-contract:…
//	stock-take         any of them        <-> loss:653127                  counted less, or more, than the books say
//
// A herd has one fund, whose money bought it; all its heads carry it, so a lamb sold can be followed to the giver of its mother.
//
// Money of breeding is not the programme's and is not posted: what a household sells young for, less the costs recorded and the village's
// share, is observed as its income (DOMAIN.md 1.6: business income counts when livestock is sold, net of cost). What a contract says about
// deposits is a term of the contract; the village keeps them.
package livestock

import (
	"embed"

	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
)

//go:embed schema
var files embed.FS

// Schema is the indexes by which herds are read.
var Schema = database.Schema{Name: "livestock", Files: files}

// Flows of heads, beside ledger.Delivery.
const (
	contracted  = "contract"
	returned    = "contract-return"
	transferred = "contract-transfer"
	birth       = "birth"
	death       = "death"
	sale        = "sale"
	grown       = "grown" // young that count as animals from now on
	replacement = "replacement"
	missing     = "stock-take-missing"
	found       = "stock-take-found"
)

func init() {
	figure.Declare(
		figure.Measure{ID: "roll-out", En: "Villages that have a herd", Zh: "有集体畜群的村", Unit: "villages"},
		figure.Measure{ID: "roll-out-order", En: "Place of a village in the roll-out", Zh: "村推广次序", Unit: "order", Ranked: true},
		figure.Measure{ID: "herd-given", En: "Animals given to villages as their property", Zh: "交付村集体头数", Unit: "head"},
		figure.Measure{ID: "contract-heads", En: "Heads taken under contract", Zh: "承包头数", Unit: "head"},
		figure.Measure{ID: "contract-household", En: "Households with a breeding contract", Zh: "承包养殖户", Unit: "households"},
		figure.Measure{ID: "young-born", En: "Young born", Zh: "产仔数", Unit: "head"},
		figure.Measure{ID: "inspection", En: "Inspections of animals under contract", Zh: "承包检查", Unit: "inspections"},
		figure.Measure{ID: "village-income", En: "Income of village collectives from their herds", Zh: "村集体养殖收入", Unit: "CNY"},
	)
}

// pen is where animals of one kind are: with the village, under a contract, or a household's own young.
type pen struct {
	account   string
	commodity string
	outside   bool   // the household owns them
	where     string // code of the herd or contract
}

// Which animals a fact is about.
const (
	animals = "animals"
	young   = "young"
)

// place reads a herd and, when one is named, a contract of it.
func place(tx *fact.Tx, herd, contract string) (*Herd, *Contract, error) {
	h, err := fact.Get[Herd](tx, "herd", herd)
	if err != nil || contract == "" {
		return h, nil, err
	}
	c, err := fact.Get[Contract](tx, "breeding-contract", contract)
	if err != nil {
		return nil, nil, err
	}
	if c.Herd != herd {
		return nil, nil, fault.New(fault.Invalid, "contract.herd", "contract %s is of herd %s", contract, c.Herd).For("contract").Mend("Name that herd, or the right contract.")
	}
	return h, c, nil
}

// file puts the fact into the file of the contract that it concerns, or of the herd when it is about animals that the village keeps itself.
func (h *Herd) file(tx *fact.Tx, c *Contract) {
	if c == nil {
		tx.Concern("herd", h.ID, "")
		return
	}
	tx.Concern("breeding-contract", c.ID, "")
}

// pen finds the account of animals or young; c is nil for those the village keeps itself.
func (h *Herd) pen(tx *fact.Tx, c *Contract, of string) (pen, error) {
	p := pen{commodity: h.Animals, where: h.ID}
	class, owner, part := ledger.Herd, h.Owner, h.ID
	if c != nil {
		class, part, p.where = ledger.Contract, c.ID, c.ID
	}
	if of == young {
		if h.Young == "" {
			return p, fault.New(fault.Invalid, "herd.young", "herd %s has no young", h.ID).For("of").Mend("Name the animals themselves, or say in the herd what its young are.")
		}
		p.commodity = h.Young
		if c != nil && c.Offspring == ofHousehold {
			class, owner, p.outside = ledger.Young, c.Household, true
		}
	}
	var err error
	p.account, err = tx.Account(class, owner, part)
	return p, err
}

// heads are how many are in a pen.
func (h *Herd) heads(tx *fact.Tx, p pen) (int64, error) {
	if p.outside {
		return tx.Received(p.account, p.commodity, h.Fund)
	}
	return tx.Held(p.account, p.commodity)
}

// need makes sure that a pen has so many heads.
func (h *Herd) need(tx *fact.Tx, p pen, heads int64) error {
	have, err := h.heads(tx, p)
	if err != nil {
		return err
	}
	if have < heads {
		return fault.New(fault.Conflict, "herd.short", "%s has %d %s, not %d", p.where, have, p.commodity, heads).For("heads").
			Mend("Correct the number, or first record what is missing: a delivery, birth, return or stock-take.")
	}
	return nil
}

// move posts heads of the herd's fund from one account to another.
func (h *Herd) move(tx *fact.Tx, flow, from, to, commodity string, heads int64) error {
	_, err := tx.Move(fact.Movement{Flow: flow, From: from, To: to, Commodity: commodity, Fund: h.Fund, Amount: heads, Project: h.Project})
	return err
}

// States of an animal with an ear tag. Its row in the entity table has the herd as parent and the contract it is under as class.
const (
	Present   = "present"
	Dead      = "dead"
	Sold      = "sold"
	Missing   = "missing"
	Withdrawn = "withdrawn" // its intake was taken back
)

// spot is where an animal with an ear tag is and how it is.
type spot struct {
	contract string // "" with the village
	state    string
}

func (s spot) String() string {
	switch {
	case s.state != Present:
		return s.state
	case s.contract == "":
		return "with the village"
	}
	return "under contract " + s.contract
}

func at(c *Contract) spot {
	if c == nil {
		return spot{"", Present}
	}
	return spot{c.ID, Present}
}

// tagged moves animals with ear tags from one spot to another. A herd with tags wants one for each head, another herd wants none.
func (h *Herd) tagged(tx *fact.Tx, tags []string, heads int64, from, to spot) error {
	switch {
	case !h.Tagged && len(tags) > 0:
		return fault.New(fault.Invalid, "tag.none", "the animals of herd %s have no ear tags", h.ID).For("tags").Mend("Leave the tags empty.")
	case h.Tagged && int64(len(tags)) != heads:
		return fault.New(fault.Invalid, "tag.count", "%d heads and %d ear tags", heads, len(tags)).For("tags").Mend("Name each animal's tag once.")
	}
	seen := make(map[string]bool, len(tags))
	for _, tag := range tags {
		if seen[tag] {
			return fault.New(fault.Invalid, "tag.twice", "ear tag %s stands there twice", tag).For("tags").Mend("Name each animal's tag once.")
		}
		seen[tag] = true
		e, ok, err := tx.Entity("animal", tag)
		if err != nil {
			return err
		}
		if err := h.tagAt(e, ok, tag, from); err != nil {
			return err
		}
		if !ok {
			e = entity.Entity{Type: "animal", ID: tag, Name: tag, Area: h.Village}
		}
		e.Parent, e.Class, e.Status = h.ID, to.contract, to.state
		if err := tx.Put(e); err != nil {
			return err
		}
	}
	return nil
}

// tagAt refuses an animal that is not where it is said to be. One that is new must not be known.
func (h *Herd) tagAt(e entity.Entity, known bool, tag string, from spot) error {
	is := spot{e.Class, e.Status}
	switch {
	case from.state == Withdrawn && (!known || is.state == Withdrawn):
	case from.state == Withdrawn:
		return fault.New(fault.Conflict, "tag.taken", "ear tag %s is of an animal of herd %s", tag, e.Parent).For("tags").Mend("Correct the tag, or take back the entry that brought it in.")
	case !known:
		return fault.New(fault.NotFound, "tag.unknown", "no animal has ear tag %s", tag).For("tags").Mend("Correct the tag, or record how the animal came in.")
	case e.Parent != h.ID:
		return fault.New(fault.Conflict, "tag.herd", "the animal with ear tag %s is of herd %s", tag, e.Parent).For("tags").Mend("Name its herd.")
	case is != from:
		return fault.New(fault.Conflict, "tag.elsewhere", "the animal with ear tag %s is %s, not %s", tag, is, from).For("tags").
			Mend("Correct the tag, or record first how it came there.")
	}
	return nil
}
