package dividend

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/earning"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/notice"
	"lastmile/internal/programme"
)

//go:embed sharing.go
var sharingSource string

func init() {
	fact.Register(sharingSource, (*Sharing)(nil), (*SharingApproval)(nil), (*Share)(nil))
}

// Sharing is a village's plan to share dividend money out to households, and freezes the list of them. Each household has a number of parts: one when they share
// equally, its members when they share by persons. The hash of the list is the class of the sharing's row: the notice that puts the list up in public (package
// notice) must show this list and no other. A list that is corrected has another hash, and must be put up again.
type Sharing struct {
	_           struct{}   `kind:"dividend-sharing" en:"Dividend to be shared out" zh:"分红到户方案" by:"county-assistant" book:"village" area:"village" defines:"dividend-sharing"`
	ID          string     `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Village     string     `json:"village" en:"Village's collective" zh:"村集体" ref:"party" entity:"parent"`
	Declaration string     `json:"declaration" en:"Of dividend" zh:"分红公示" ref:"dividend-declaration" hint:"Its plan says how long the list must be up." hint_zh:"公示天数以其分红方案为准。"`
	Amount      fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	List        []string   `json:"list" en:"Households and their parts" zh:"农户及份数" length:"60" hint:"A line for each: CODE=PARTS, such as 653127201207-012=3. One part each when they share equally, the persons when they share by persons." hint_zh:"每行一户：编号=份数，如 653127201207-012=3。按户平分的每户填 1，按人分配的填人数。"`
}

// Portion is a household's part of a sharing.
type Portion struct {
	Household string
	Parts     int64
	Amount    fact.Money
}

// Portions are what each household gets, in the order of the list; together they are the amount, to the fen.
func (s *Sharing) Portions() ([]Portion, error) {
	list := make([]Portion, len(s.List))
	weights := make([]int64, len(s.List))
	seen := make(map[string]bool, len(s.List))
	for i, text := range s.List {
		code, number, ok := strings.Cut(text, "=")
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if code = strings.TrimSpace(code); !ok || err != nil || n < 1 || n > partsMax || code == "" {
			return nil, fault.New(fault.Invalid, "sharing.line", "line %d, %q, is not CODE=PARTS", i+1, text).For("list").Mend("Write each household's code, = and its parts, 1 to %d.", partsMax)
		}
		if seen[code] {
			return nil, fault.New(fault.Invalid, "sharing.twice", "household %s stands on the list twice", code).For("list").Mend("Name each household once.")
		}
		seen[code] = true
		list[i], weights[i] = Portion{Household: code, Parts: n}, n
	}
	shares, err := ledger.Split(int64(s.Amount), weights)
	if err != nil {
		return nil, err
	}
	for i, n := range shares {
		if list[i].Amount = fact.Money(n); n == 0 {
			return nil, fault.New(fault.Invalid, "sharing.nothing", "%s leaves nothing for household %s", s.Amount, list[i].Household).For("amount").Mend("Share out more, or among fewer households.")
		}
	}
	return list, nil
}

// partsMax is the most parts that a household may have.
const partsMax = 1000

// lines are how households stand on the list that a notice freezes.
func lines(portions []Portion) []string {
	list := make([]string, len(portions))
	for i, p := range portions {
		list[i] = ListLine(p.Household, p.Amount)
	}
	return list
}

// Notice puts the list up for a number of days. Its lines show households by masked names; one whose name is not known has an empty one. Code, area, place and title
// are the caller's.
func (s *Sharing) Notice(days int64, names map[string]string) (*notice.Notice, error) {
	portions, err := s.Portions()
	if err != nil {
		return nil, err
	}
	n := &notice.Notice{Sharing: s.ID, Days: days, DayKind: "calendar", List: lines(portions)}
	n.Hash = notice.Hash(n.List)
	for _, p := range portions {
		n.Lines = append(n.Lines, notice.Line(names[p.Household], fmt.Sprintf("%d份", p.Parts), grouped(p.Amount)))
	}
	return n, nil
}

// grouped writes an amount with a comma between thousands: the board shows no longer run of digits.
func grouped(amount fact.Money) string {
	text := amount.String()
	for i := strings.IndexByte(text, '.') - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Record freezes the list. The village must have the money.
func (s *Sharing) Record(tx *fact.Tx) error {
	e, err := tx.Need("id", notice.SharingType, s.ID)
	if err != nil {
		return err
	}
	if e.Status == Approved {
		return approved(s.ID)
	}
	if _, err := tx.Need("declaration", notice.DividendType, s.Declaration); err != nil {
		return err
	}
	portions, err := s.Portions()
	if err != nil {
		return err
	}
	for _, p := range portions {
		if err := earning.Registered(tx, "list", p.Household); err != nil {
			return err
		}
	}
	if _, err := has(tx, s.Village, s.Amount); err != nil {
		return err
	}
	tx.Concern(notice.SharingType, s.ID, "")
	e.Area, e.Class, e.Status = tx.Area, notice.Hash(lines(portions)), Declared
	return tx.Put(e)
}

// SharingApproval sets the money aside, for each household its share. It is refused before the notice of the list has run as long as the dividend's plan
// asks, and while an objection is open or was right.
type SharingApproval struct {
	_       struct{} `kind:"dividend-sharing-approval" en:"Sharing out approved" zh:"分红到户审批" by:"county-assistant" approve:"approver" book:"sharing" area:"sharing"`
	Sharing string   `json:"sharing" en:"Sharing" zh:"分红到户方案" ref:"dividend-sharing"`
	Minutes string   `json:"minutes" en:"Minutes" zh:"会议纪要" length:"200" hint:"Of the villagers' assembly or its representatives." hint_zh:"村民会议或村民代表会议纪要。"`
}

// Record moves the money to the households' shares.
func (a *SharingApproval) Record(tx *fact.Tx) error {
	s, err := fact.Get[Sharing](tx, notice.SharingType, a.Sharing)
	if err != nil {
		return err
	}
	e, err := tx.Need("sharing", notice.SharingType, a.Sharing)
	if err != nil {
		return err
	}
	if e.Status == Approved {
		return approvedAlready(a.Sharing).For("sharing")
	}
	d, err := fact.Get[Declaration](tx, notice.DividendType, s.Declaration)
	if err != nil {
		return err
	}
	plan, err := fact.Get[Plan](tx, "dividend-plan", d.Plan)
	if err != nil {
		return err
	}
	entries, err := tx.File(notice.SharingType, s.ID)
	if err != nil {
		return err
	}
	board, err := readBoard(entries, e.Class)
	if err != nil {
		return err
	}
	if err := board.ran(plan, "sharing", s.ID, tx.On); err != nil {
		return err
	}
	from, err := has(tx, s.Village, s.Amount)
	if err != nil {
		return err
	}
	portions, err := s.Portions()
	if err != nil {
		return err
	}
	for _, p := range portions {
		to, err := tx.Account(ledger.Allotted, p.Household, s.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Move(fact.Movement{Flow: setAside, From: from, To: to, Commodity: Commodity, Amount: int64(p.Amount)}); err != nil {
			return err
		}
	}
	tx.Concern(notice.SharingType, s.ID, "")
	return tx.SetStatus(notice.SharingType, s.ID, Approved)
}

// TakeBack leaves the list as it was put up.
func (a *SharingApproval) TakeBack(tx *fact.Tx) error {
	return tx.SetStatus(notice.SharingType, a.Sharing, Declared)
}

// Share is a household's share of a dividend, handed over against a receipt. It is income of the household.
type Share struct {
	_         struct{}   `kind:"dividend-share" en:"Dividend paid to a household" zh:"分红到户" by:"county-assistant,finance" approve:"approver" book:"sharing" area:"sharing"`
	Sharing   string     `json:"sharing" en:"Sharing" zh:"分红到户方案" ref:"dividend-sharing"`
	Household string     `json:"household" en:"Household" zh:"农户" length:"40" hint:"A code on the list." hint_zh:"名单上的农户编号。"`
	Amount    fact.Money `json:"amount" en:"Amount" zh:"金额" unit:"CNY" min:"0.01"`
	Receipt   string     `json:"receipt" en:"Receipt" zh:"收条号" length:"60"`
}

// Record moves the money to the household: all of its share, once.
func (s *Share) Record(tx *fact.Tx) error {
	e, err := tx.Need("sharing", notice.SharingType, s.Sharing)
	if err != nil {
		return err
	}
	if e.Status != Approved {
		return unapproved(s.Sharing).For("sharing")
	}
	from, err := tx.Account(ledger.Allotted, s.Household, s.Sharing)
	if err != nil {
		return err
	}
	held, err := tx.Held(from, Commodity)
	if err != nil {
		return err
	}
	switch {
	case held == 0:
		return fault.New(fault.Conflict, "share.none", "household %s has no share of %s to be handed over", s.Household, s.Sharing).For("household").
			Mend("It is not on the list, or had its share before: look it up there.")
	case held != int64(s.Amount):
		return fault.New(fault.Invalid, "share.amount", "the share of household %s is %s, not %s", s.Household, fact.Money(held), s.Amount).For("amount").Mend("Hand over what the list says.")
	}
	to, err := tx.Account(ledger.Recipient, s.Household, s.Sharing)
	if err != nil {
		return err
	}
	if _, err := tx.Move(fact.Movement{Flow: shared, From: from, To: to, Commodity: Commodity, Amount: held}); err != nil {
		return err
	}
	tx.Concern(notice.SharingType, s.Sharing, "")
	return earning.Earn(tx, s.Household, s.Amount, "")
}

// Grade of money: traced with receipt and file, partly with one of them.
func (s *Share) Grade(evidence []string) journal.Grade {
	return programme.VoucherGrade(s.Receipt, evidence)
}
