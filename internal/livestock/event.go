package livestock

import (
	_ "embed"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household/earning"
	"lastmile/internal/ledger"
)

//go:embed event.go
var eventSource string

func init() {
	fact.Register(eventSource, (*Birth)(nil), (*Death)(nil), (*Sale)(nil), (*Cost)(nil), (*Replacement)(nil), (*StockTake)(nil))
}

// Birth is young born to animals of a herd. They belong to the household when its contract says so, else to the village.
type Birth struct {
	_        struct{} `kind:"animal-birth" en:"Birth of young" zh:"产仔" by:"county-assistant" book:"herd" area:"herd"`
	Herd     string   `json:"herd" en:"Herd" zh:"畜群" ref:"herd"`
	Contract string   `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract" optional:"" hint:"Empty for animals that the village keeps itself." hint_zh:"由村集体自养的留空。"`
	Heads    int64    `json:"heads" en:"Born alive" zh:"成活产仔数" min:"1"`
	Note     string   `json:"note" en:"Note" zh:"说明" length:"300" optional:""`
}

// Record brings the young in from nature. There must be animals to bear them.
func (b *Birth) Record(tx *fact.Tx) error {
	h, c, err := place(tx, b.Herd, b.Contract)
	if err != nil {
		return err
	}
	mothers, err := h.pen(tx, c, animals)
	if err != nil {
		return err
	}
	if err := h.need(tx, mothers, 1); err != nil {
		return err
	}
	to, err := h.pen(tx, c, young)
	if err != nil {
		return err
	}
	nature, err := tx.Account(ledger.Nature, h.ID, "")
	if err != nil {
		return err
	}
	h.file(tx, c)
	if err := h.move(tx, birth, nature, to.account, h.Young, b.Heads); err != nil {
		return err
	}
	return tx.Observe("young-born", b.Heads, figure.Observation{Subject: b.Herd + "/" + b.Contract, Project: h.Project})
}

// Death is animals or young that died or were lost, with the cause; the photograph is its evidence.
type Death struct {
	_        struct{} `kind:"animal-death" en:"Death of animals" zh:"牲畜死亡" by:"county-assistant" approve:"approver" book:"herd" area:"herd"`
	Herd     string   `json:"herd" en:"Herd" zh:"畜群" ref:"herd"`
	Contract string   `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract" optional:"" hint:"Empty for animals that the village keeps itself." hint_zh:"由村集体自养的留空。"`
	Of       string   `json:"of" en:"Which" zh:"类别" choices:"animals=Animals of the village=集体牲畜;young=Young=幼畜"`
	Heads    int64    `json:"heads" en:"Heads" zh:"头数" min:"1"`
	Tags     []string `json:"tags" en:"Ear tags" zh:"耳标号" length:"40" optional:""`
	Cause    string   `json:"cause" en:"Cause" zh:"原因" choices:"disease=Disease=疾病;birth=Giving birth=难产;weather=Weather=灾害天气;predator=Predator=野兽;accident=Accident=意外;age=Age=老龄;theft=Theft=被盗;other=Other=其他"`
	Note     string   `json:"note" en:"Note" zh:"说明" length:"500" optional:""`
}

// Record moves the heads out as lost.
func (d *Death) Record(tx *fact.Tx) error {
	return leave(tx, death, ledger.Loss, Dead, d.Herd, d.Contract, d.Of, d.Heads, d.Tags)
}

// TakeBack makes animals with ear tags present again.
func (d *Death) TakeBack(tx *fact.Tx) error {
	return back(tx, Dead, d.Herd, d.Contract, d.Of, d.Heads, d.Tags)
}

// leave moves heads out of a herd for good.
func leave(tx *fact.Tx, flow string, class ledger.Class, state, herd, contract, of string, heads int64, tags []string) error {
	h, c, err := place(tx, herd, contract)
	if err != nil {
		return err
	}
	from, err := h.pen(tx, c, of)
	if err != nil {
		return err
	}
	if err := h.need(tx, from, heads); err != nil {
		return err
	}
	if of == animals {
		gone := at(c)
		gone.state = state
		if err := h.tagged(tx, tags, heads, at(c), gone); err != nil {
			return err
		}
	}
	to, err := tx.Account(class, tx.Book, "")
	if err != nil {
		return err
	}
	h.file(tx, c)
	return h.move(tx, flow, from.account, to, from.commodity, heads)
}

func back(tx *fact.Tx, state, herd, contract, of string, heads int64, tags []string) error {
	if of != animals {
		return nil
	}
	h, c, err := place(tx, herd, contract)
	if err != nil {
		return err
	}
	gone := at(c)
	gone.state = state
	return h.tagged(tx, tags, heads, gone, at(c))
}

// Sale is animals or young sold. What a household's young sell for, less the costs named here and the village's share, is the household's income;
// all else is the village's.
type Sale struct {
	_        struct{}   `kind:"animal-sale" en:"Sale of animals" zh:"出售牲畜" by:"county-assistant" approve:"approver" book:"herd" area:"herd"`
	Herd     string     `json:"herd" en:"Herd" zh:"畜群" ref:"herd"`
	Contract string     `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract" optional:"" hint:"Empty for animals that the village keeps itself." hint_zh:"由村集体自养的留空。"`
	Of       string     `json:"of" en:"Which" zh:"类别" choices:"animals=Animals of the village=集体牲畜;young=Young=幼畜"`
	Heads    int64      `json:"heads" en:"Heads" zh:"头数" min:"1"`
	Tags     []string   `json:"tags" en:"Ear tags" zh:"耳标号" length:"40" optional:""`
	Price    fact.Money `json:"price" en:"Price in all" zh:"总价" unit:"CNY" min:"0.01"`
	Cost     fact.Money `json:"cost" en:"Costs of it" zh:"相关成本" unit:"CNY" min:"0" optional:"" hint:"Feed, medicine, transport that no other entry has." hint_zh:"其他分录未列的饲料、药品、运输费用。"`
	Buyer    string     `json:"buyer" en:"Buyer" zh:"购买方" length:"200"`
}

// Record moves the heads to the buyer and counts the income.
func (s *Sale) Record(tx *fact.Tx) error {
	if err := leave(tx, sale, ledger.Buyer, Sold, s.Herd, s.Contract, s.Of, s.Heads, s.Tags); err != nil {
		return err
	}
	h, c, err := place(tx, s.Herd, s.Contract)
	if err != nil {
		return err
	}
	net := s.Price - s.Cost
	if s.Of == animals || c == nil || c.Offspring == ofVillage {
		return h.earn(tx, net)
	}
	share := s.Price * fact.Money(c.Share) / 100
	if err := h.earn(tx, share); err != nil {
		return err
	}
	return earning.Earn(tx, c.Household, net-share, h.Project)
}

// earn observes income of the village, below 0 when the costs are more.
func (h *Herd) earn(tx *fact.Tx, amount fact.Money) error {
	if amount == 0 {
		return nil
	}
	return tx.Observe("village-income", int64(amount), figure.Observation{Subject: h.Owner, Project: h.Project})
}

// TakeBack makes animals with ear tags present again.
func (s *Sale) TakeBack(tx *fact.Tx) error {
	return back(tx, Sold, s.Herd, s.Contract, s.Of, s.Heads, s.Tags)
}

// Cost is money spent on breeding: feed, medicine, repair. It lessens the income of the household, or of the village that keeps the animals itself.
type Cost struct {
	_        struct{}   `kind:"breeding-cost" en:"Cost of breeding" zh:"养殖成本" by:"county-assistant" book:"herd" area:"herd"`
	Herd     string     `json:"herd" en:"Herd" zh:"畜群" ref:"herd"`
	Contract string     `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract" optional:"" hint:"Empty for animals that the village keeps itself." hint_zh:"由村集体自养的留空。"`
	Amount   fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	For      string     `json:"for" en:"For what" zh:"用途" length:"200"`
}

// Record takes the cost off the income.
func (c *Cost) Record(tx *fact.Tx) error {
	h, contract, err := place(tx, c.Herd, c.Contract)
	if err != nil {
		return err
	}
	h.file(tx, contract)
	if contract == nil {
		return h.earn(tx, -c.Amount)
	}
	return earning.Earn(tx, contract.Household, -c.Amount, h.Project)
}

// Replacement brings animals in: young that have grown up and stay, or animals that the household or the village bought. They belong to the village, like those
// they replace.
type Replacement struct {
	_        struct{} `kind:"animal-replacement" en:"Replacement of animals" zh:"补栏" by:"county-assistant" approve:"approver" book:"herd" area:"herd"`
	Herd     string   `json:"herd" en:"Herd" zh:"畜群" ref:"herd"`
	Contract string   `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract" optional:"" hint:"Empty for animals that the village keeps itself." hint_zh:"由村集体自养的留空。"`
	Heads    int64    `json:"heads" en:"Heads" zh:"头数" min:"1"`
	Tags     []string `json:"tags" en:"Ear tags" zh:"耳标号" length:"40" optional:""`
	Source   string   `json:"source" en:"Where from" zh:"来源" choices:"young=Young that have grown up=自繁育成;bought=Bought=购入"`
}

// Record brings the heads in, and takes grown young off where they were.
func (r *Replacement) Record(tx *fact.Tx) error {
	h, c, err := r.place(tx)
	if err != nil {
		return err
	}
	to, err := h.pen(tx, c, animals)
	if err != nil {
		return err
	}
	class, owner := ledger.Supply, h.Owner
	switch {
	case r.Source == young:
		class, owner = ledger.Nature, h.ID
	case c != nil:
		owner = c.Household
	}
	source, err := tx.Account(class, owner, "")
	if err != nil {
		return err
	}
	if r.Source == young {
		from, err := h.pen(tx, c, young)
		if err != nil {
			return err
		}
		if err := h.need(tx, from, r.Heads); err != nil {
			return err
		}
		if err := h.move(tx, grown, from.account, source, h.Young, r.Heads); err != nil {
			return err
		}
	}
	if err := h.tagged(tx, r.Tags, r.Heads, spot{"", Withdrawn}, at(c)); err != nil {
		return err
	}
	h.file(tx, c)
	return h.move(tx, replacement, source, to.account, h.Animals, r.Heads)
}

func (r *Replacement) place(tx *fact.Tx) (*Herd, *Contract, error) {
	if r.Contract != "" {
		if err := running(tx, r.Contract); err != nil {
			return nil, nil, err
		}
	}
	return place(tx, r.Herd, r.Contract)
}

// TakeBack withdraws the ear tags.
func (r *Replacement) TakeBack(tx *fact.Tx) error {
	h, c, err := place(tx, r.Herd, r.Contract)
	if err != nil {
		return err
	}
	return h.tagged(tx, r.Tags, r.Heads, at(c), spot{"", Withdrawn})
}

// StockTake is a count of the animals or the young in one place. Where it differs from the books the difference becomes part of the books, with its reason;
// nothing recorded before is changed. With ear tags, those missing are named, and those that turned up again.
type StockTake struct {
	_        struct{} `kind:"animal-stock-take" en:"Stock-take" zh:"盘点" by:"county-assistant" approve:"approver" book:"herd" area:"herd"`
	Herd     string   `json:"herd" en:"Herd" zh:"畜群" ref:"herd"`
	Contract string   `json:"contract" en:"Contract" zh:"合同" ref:"breeding-contract" optional:"" hint:"Empty for animals that the village keeps itself." hint_zh:"由村集体自养的留空。"`
	Of       string   `json:"of" en:"Which" zh:"类别" choices:"animals=Animals of the village=集体牲畜;young=Young=幼畜"`
	Heads    int64    `json:"heads" en:"Counted" zh:"实点头数" min:"0"`
	Seen     []string `json:"seen" en:"Ear tags seen" zh:"所见耳标号" length:"40" optional:"" hint:"Each is checked against where the books have it." hint_zh:"逐一与账面所在核对。"`
	Missing  []string `json:"missing" en:"Ear tags missing" zh:"缺失耳标号" length:"40" optional:""`
	Found    []string `json:"found" en:"Ear tags that turned up again" zh:"找回耳标号" length:"40" optional:""`
	Reason   string   `json:"reason" en:"Reason of a difference" zh:"差异原因" length:"300" optional:""`
}

// Record posts the difference between what was counted and what the books say.
func (s *StockTake) Record(tx *fact.Tx) error {
	h, c, err := place(tx, s.Herd, s.Contract)
	if err != nil {
		return err
	}
	p, err := h.pen(tx, c, s.Of)
	if err != nil {
		return err
	}
	have, err := h.heads(tx, p)
	if err != nil {
		return err
	}
	if s.Heads != have && s.Reason == "" {
		return fault.New(fault.Conflict, "stock-take.reason", "%s has %d %s in the books, %d were counted", p.where, have, p.commodity, s.Heads).For("heads").
			Mend("Count again; record the deaths, sales and returns that are missing first; or give the reason of the difference.")
	}
	if s.Of == animals {
		if err := s.checkTags(tx, h, c, s.Heads-have); err != nil {
			return err
		}
	}
	h.file(tx, c)
	h.file(tx, nil) // a herd is counted place by place
	if s.Heads == have {
		return nil
	}
	loss, err := tx.Account(ledger.Loss, tx.Book, "")
	if err != nil {
		return err
	}
	if s.Heads < have {
		return h.move(tx, missing, p.account, loss, p.commodity, have-s.Heads)
	}
	return h.move(tx, found, loss, p.account, p.commodity, s.Heads-have)
}

// checkTags makes sure that the ear tags seen are of animals in this place, and moves those missing and found. more is how many heads more
// were counted than the books say.
func (s *StockTake) checkTags(tx *fact.Tx, h *Herd, c *Contract, more int64) error {
	if len(s.Seen) > 0 && int64(len(s.Seen)) != s.Heads {
		return fault.New(fault.Invalid, "tag.seen", "%d heads and %d ear tags seen", s.Heads, len(s.Seen)).For("seen").Mend("Name each animal's tag once, or leave them out.")
	}
	if h.Tagged && int64(len(s.Found)-len(s.Missing)) != more {
		return fault.New(fault.Invalid, "stock-take.tags", "the count differs by %d, and %d ear tags are named as missing, %d as found", more, len(s.Missing), len(s.Found)).For("missing").
			Mend("Name the tag of every animal that is missing or turned up again.")
	}
	gone := at(c)
	gone.state = Missing
	if err := h.tagged(tx, s.Missing, int64(len(s.Missing)), at(c), gone); err != nil {
		return err
	}
	if err := h.tagged(tx, s.Found, int64(len(s.Found)), gone, at(c)); err != nil {
		return err
	}
	seen := make(map[string]bool, len(s.Seen))
	for _, tag := range s.Seen {
		if seen[tag] {
			return fault.New(fault.Invalid, "tag.twice", "ear tag %s stands there twice", tag).For("seen").Mend("Name each animal's tag once.")
		}
		seen[tag] = true
		e, ok, err := tx.Entity("animal", tag)
		if err != nil {
			return err
		}
		if err := h.tagAt(e, ok, tag, at(c)); err != nil {
			return err
		}
	}
	return nil
}

// TakeBack makes the missing present and the found missing again.
func (s *StockTake) TakeBack(tx *fact.Tx) error {
	if s.Of != animals {
		return nil
	}
	h, c, err := place(tx, s.Herd, s.Contract)
	if err != nil {
		return err
	}
	gone := at(c)
	gone.state = Missing
	if err := h.tagged(tx, s.Missing, int64(len(s.Missing)), gone, at(c)); err != nil {
		return err
	}
	return h.tagged(tx, s.Found, int64(len(s.Found)), at(c), gone)
}
