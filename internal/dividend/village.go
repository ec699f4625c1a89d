package dividend

import (
	_ "embed"
	"math/bits"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/earning"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/programme"
)

//go:embed village.go
var villageSource string

func init() { fact.Register(villageSource, (*Use)(nil), (*Sharing)(nil), (*Share)(nil)) }

// Use is dividend money that a village spends: on public works, or on wages of welfare posts, which are income of the household that earns them.
type Use struct {
	_       struct{}   `kind:"dividend-use" en:"Dividend spent by a village" zh:"分红使用" by:"county-assistant" approve:"approver" book:"village" area:"village"`
	Village string     `json:"village" en:"Village's collective" zh:"村集体" ref:"party"`
	For     string     `json:"for" en:"For" zh:"用途" choices:"works=Public works=公益事业;posts=Welfare posts=公益岗位"`
	To      string     `json:"to" en:"Paid to" zh:"收款方" length:"40" hint:"Code of a party, or of a registered household." hint_zh:"往来单位编号，或建档户编号。"`
	Amount  fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Voucher string     `json:"voucher" en:"Voucher" zh:"凭证号" length:"60"`
	What    string     `json:"what" en:"What it pays" zh:"内容" length:"300"`
}

// Record moves the money from the village to whoever was paid; more than the village has is refused.
func (u *Use) Record(tx *fact.Tx) error {
	household, err := earning.Is(tx, u.To)
	if err != nil {
		return err
	}
	if !household {
		if _, err := tx.Need("to", "party", u.To); err != nil {
			return err
		}
	}
	from, err := has(tx, u.Village, u.Amount)
	if err != nil {
		return err
	}
	to, err := tx.Account(ledger.Recipient, u.To, "")
	if err != nil {
		return err
	}
	flow := map[string]string{"works": works, "posts": posts}[u.For]
	if _, err := tx.Move(fact.Movement{Flow: flow, From: from, To: to, Commodity: Commodity, Amount: int64(u.Amount)}); err != nil {
		return err
	}
	if household && u.For == "posts" {
		return earning.Earn(tx, u.To, u.Amount, "")
	}
	return nil
}

// Grade of money: traced with voucher and file, partly with one of them.
func (u *Use) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(u.Voucher, evidence)
}

// has is the account of a village's dividends, which must hold an amount.
func has(tx *fact.Tx, village string, amount fact.Money) (string, error) {
	account, err := tx.Account(ledger.Collective, village, "")
	if err != nil {
		return "", err
	}
	held, err := tx.Held(account, Commodity)
	if err == nil && held < int64(amount) {
		err = fault.New(fault.Conflict, "dividend.short", "%s has %s of dividends, %s would leave it", village, fact.Money(held), amount).For("amount").
			Mend("Record the payment of its dividend first, or spend less.")
	}
	return account, err
}

// Sharing is a village's decision to share dividend money out to households, whose list has been up in public. Each household has a number of parts: one when
// they share equally, its members when they share by persons.
type Sharing struct {
	_           struct{}   `kind:"dividend-sharing" en:"Dividend to be shared out" zh:"分红到户方案" by:"county-assistant" approve:"approver" book:"village" area:"village" defines:"dividend-sharing"`
	ID          string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Village     string     `json:"village" en:"Village's collective" zh:"村集体" ref:"party" entity:"parent"`
	Declaration string     `json:"declaration" en:"Of dividend" zh:"分红公示" ref:"dividend-declaration" hint:"Its plan says how long the list must be up." hint_zh:"公示天数以其分红方案为准。"`
	Amount      fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Households  int64      `json:"households" en:"Households on the list" zh:"户数" min:"1"`
	Parts       int64      `json:"parts" en:"Parts in all" zh:"总份数" min:"1" hint:"The households when they share equally, the persons when they share by persons." hint_zh:"按户平分的填户数，按人分配的填人数。"`
	PostedOn    date.Date  `json:"posted_on" en:"Put up on" zh:"公示开始"`
	PostedUntil date.Date  `json:"posted_until" en:"Up until" zh:"公示结束"`
	Raised      int64      `json:"raised" en:"Objections raised" zh:"收到异议" min:"0"`
	Settled     int64      `json:"settled" en:"Objections settled" zh:"已处理异议" min:"0"`
}

// Check keeps households and parts in order.
func (s *Sharing) Check(p *fact.Problems) {
	if s.Parts < s.Households {
		p.Add("parts", "sharing.parts", "%d households have %d parts", s.Households, s.Parts).Mend("Each household has at least one part.")
	}
}

// Record sets the money aside.
func (s *Sharing) Record(tx *fact.Tx) error {
	d, err := fact.Get[Declaration](tx, "dividend-declaration", s.Declaration)
	if err != nil {
		return err
	}
	plan, err := fact.Get[Plan](tx, "dividend-plan", d.Plan)
	if err != nil {
		return err
	}
	if err := s.ran(plan, tx.On); err != nil {
		return err
	}
	from, err := has(tx, s.Village, s.Amount)
	if err != nil {
		return err
	}
	to, err := tx.Account(ledger.Collective, s.Village, s.ID)
	if err != nil {
		return err
	}
	e, err := tx.Need("id", "dividend-sharing", s.ID)
	if err != nil {
		return err
	}
	e.Area = tx.Area
	if err := tx.Put(e); err != nil {
		return err
	}
	_, err = tx.Move(fact.Movement{Flow: setAside, From: from, To: to, Commodity: Commodity, Amount: int64(s.Amount)})
	return err
}

// ran makes sure that the list was up as long as the plan asks and that every objection is settled.
func (s *Sharing) ran(plan *Plan, on date.Date) error {
	least := s.PostedOn.AddDays(int(plan.Notice))
	switch {
	case s.PostedUntil < least:
		return tooShort(s.PostedOn, least, plan.Notice).For("posted_until")
	case on <= s.PostedUntil:
		return running(s.PostedUntil)
	case s.Settled > s.Raised:
		return fault.New(fault.Invalid, "dividend.objections-count", "%d objections are settled of %d raised", s.Settled, s.Raised).For("settled").Mend("Correct one of the numbers.")
	case s.Settled < s.Raised:
		return fault.New(fault.Conflict, "dividend.objections-open", "%d of %d objections are not settled", s.Raised-s.Settled, s.Raised).For("settled").
			Mend("Settle them first; where one is right, correct the list and put it up again.")
	}
	return nil
}

// Divide is what each household gets, by its parts; what they get adds up to the amount.
func (s *Sharing) Divide(parts []int64) ([]fact.Money, error) {
	split, err := ledger.Split(int64(s.Amount), parts)
	if err != nil {
		return nil, err
	}
	shares := make([]fact.Money, len(split))
	for i, n := range split {
		shares[i] = fact.Money(n)
	}
	return shares, nil
}

// part is what a number of parts comes to, rounded down and up to the fen.
func (s *Sharing) part(parts int64) (low, high fact.Money) {
	hi, lo := bits.Mul64(uint64(s.Amount), uint64(min(parts, s.Parts)))
	n, rest := bits.Div64(hi, lo, uint64(s.Parts))
	low = fact.Money(n)
	if rest > 0 {
		return low, low + 1
	}
	return low, low
}

// Share is a household's share of a dividend, handed over against a receipt. It is income of the household.
type Share struct {
	_         struct{}   `kind:"dividend-share" en:"Dividend paid to a household" zh:"分红到户" by:"county-assistant,finance" approve:"approver" book:"sharing" area:"sharing"`
	Sharing   string     `json:"sharing" en:"Sharing" zh:"分红到户方案" ref:"dividend-sharing"`
	Household string     `json:"household" en:"Household" zh:"农户" length:"40" hint:"Code of a registered household." hint_zh:"建档户编号。"`
	Parts     int64      `json:"parts" en:"Parts" zh:"份数" min:"1"`
	Amount    fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Receipt   string     `json:"receipt" en:"Receipt" zh:"收条号" length:"60"`
}

// Record moves the money to the household, once. It must be the household's part of the whole, rounded down or up to the fen.
func (s *Share) Record(tx *fact.Tx) error {
	whole, err := fact.Get[Sharing](tx, "dividend-sharing", s.Sharing)
	if err != nil {
		return err
	}
	if err := earning.Registered(tx, "household", s.Household); err != nil {
		return err
	}
	low, high := whole.part(s.Parts)
	if s.Parts > whole.Parts || s.Amount < low || s.Amount > high {
		return fault.New(fault.Invalid, "share.amount", "%d of %d parts of %s are %s, not %s", s.Parts, whole.Parts, whole.Amount, low, s.Amount).For("amount").
			Mend("Correct the parts or the amount, or the sharing itself.")
	}
	from, err := tx.Account(ledger.Collective, whole.Village, s.Sharing)
	if err != nil {
		return err
	}
	to, err := tx.Account(ledger.Recipient, s.Household, s.Sharing)
	if err != nil {
		return err
	}
	held, err := tx.Held(from, Commodity)
	if err != nil {
		return err
	}
	if held < int64(s.Amount) {
		return fault.New(fault.Conflict, "share.short", "%s is left of sharing %s", fact.Money(held), s.Sharing).For("amount").Mend("The shares recorded so far add up to too much: correct the wrong one.")
	}
	parts, err := tx.Move(fact.Movement{Flow: shared, From: from, To: to, Commodity: Commodity, Amount: int64(s.Amount)})
	if err != nil {
		return err
	}
	for _, p := range parts {
		if got, err := tx.Received(to, Commodity, p.Fund); err != nil {
			return err
		} else if got > p.Amount {
			return fault.New(fault.Conflict, "share.again", "household %s had its share of %s before", s.Household, s.Sharing).For("household").Mend("Take the earlier one back if it is wrong.")
		}
	}
	return earning.Earn(tx, s.Household, s.Amount, "")
}

// Grade of money: traced with receipt and file, partly with one of them.
func (s *Share) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(s.Receipt, evidence)
}
