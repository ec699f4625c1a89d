// Package notice is what is put up in public before anything is decided about people, and what people say against it.
//
//	frozen    the list is fixed, in order, and hashed                      notice
//	posted    in the village, for the days its procedure asks              notice
//	objected  by name or anonymously, each answered, for or against        notice-objection, objection-answer
//
// What hangs on the board is masked: 马×× of a village, never a number, an account, a phone, a full name or anything about health. The masked lines
// are kept with the notice as personal data, so they can be erased; the hash of the list stays and says which households it named.
//
// The day a notice is put up is not counted and its last day counts in full. What the notice is for (see package casework) asks whether it has
// run, whether its list is still the list, and whether objections are settled. A list that has changed needs another notice.
package notice

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household/identity"
	"lastmile/internal/journal"
)

//go:embed notice.go
var source string

func init() {
	fact.Register(source, (*Notice)(nil), (*Objection)(nil), (*Answer)(nil))
	figure.Declare(
		figure.Measure{ID: "notice-posted", En: "Notices put up", Zh: "公示次数", Unit: "notices"},
		figure.Measure{ID: "notice-objected", En: "Objections to notices", Zh: "公示异议", Unit: "objections"},
	)
}

// Type of the entity that a notice is.
const Type = "notice"

// Hash of a list: what a notice, an approval and a step are bound to.
func Hash(list []string) string {
	sum := sha256.Sum256(journal.AppendFields([]byte("lastmile/list/1"), list))
	return hex.EncodeToString(sum[:])
}

// Notice is a list frozen and put up on the effective date.
type Notice struct {
	_        struct{} `kind:"notice" en:"Notice" zh:"公示" by:"county-assistant,programme-officer" book:"area" area:"area" defines:"notice"`
	ID       string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,60}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Case     string   `json:"case" en:"Case" zh:"事项" ref:"case" entity:"parent" optional:"" hint:"What the list is decided in; or a targeting run." hint_zh:"决定名单的事项；或填瞄准测算批次。"`
	Run      string   `json:"run" en:"Targeting run" zh:"遴选名单" ref:"targeting-run" optional:"" hint:"For a list that a targeting programme has frozen." hint_zh:"公示帮扶对象遴选名单时填写。"`
	Dividend string   `json:"dividend" en:"Dividend" zh:"分红" ref:"dividend-declaration" optional:"" hint:"For the list of villages that are to be paid a dividend." hint_zh:"公示村集体分红名单时填写。"`
	Sharing  string   `json:"sharing" en:"Dividend to be shared out" zh:"分红到户" ref:"dividend-sharing" optional:"" hint:"For the list of households among which a village shares a dividend out." hint_zh:"公示村集体分红到户名单时填写。"`
	Title    string   `json:"title" en:"Title" zh:"标题" entity:"name" length:"200"`
	Area     string   `json:"area" en:"Put up in" zh:"公示地" ref:"area" entity:"area"`
	Place    string   `json:"place" en:"Where it hangs" zh:"张贴处" length:"200"`
	Days     int64    `json:"days" en:"Full days" zh:"公示天数" min:"1" max:"60" hint:"After the day it is put up." hint_zh:"自张贴次日起算。"`
	DayKind  string   `json:"day_kind" en:"Which days count" zh:"天数类别" choices:"calendar=Calendar days=自然日;working=Working days=工作日"`
	List     []string `json:"list" en:"List" zh:"名单" length:"60" hint:"Codes, in order." hint_zh:"依次填写编号。"`
	Hash     string   `json:"hash" en:"Hash of the list" zh:"名单摘要" pattern:"[0-9a-f]{64}" hint:"SHA-256, 64 small hex digits." hint_zh:"SHA-256，64 位小写十六进制数字。"`

	Lines []string `json:"lines" en:"Masked lines" zh:"公示内容" length:"120" optional:"" private:"" hint:"What the board shows, one line each." hint_zh:"公示栏内容，每行一条。"`
}

// Check holds the hash against the list and keeps out of the lines what must never be public.
func (n *Notice) Check(p *fact.Problems) {
	of := 0
	for _, id := range []string{n.Case, n.Run, n.Dividend, n.Sharing} {
		if id != "" {
			of++
		}
	}
	if of != 1 {
		p.Add("case", "notice.of", "a notice is of a case, of a targeting run, of a dividend or of how one is shared out").Mend("Name one of them.")
	}
	if n.Hash != Hash(n.List) {
		p.Add("hash", "notice.hash", "the hash is not that of the list").Mend("Freeze the list again.")
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(n.List))); len(sorted) != len(n.List) {
		p.Add("list", "notice.twice", "the list names somebody twice").Mend("Name each once.")
	}
	for i, line := range n.Lines {
		name, _, _ := strings.Cut(line, " ")
		if letters(name) > 1 {
			p.Add("lines", "notice.name", "line %d shows more of a name than its first letter", i+1).Mend("Mask names before a list is public: 马××.")
		}
		if digits := longestNumber(line); digits > digitsMax {
			p.Add("lines", "notice.number", "line %d shows a number of %d digits", i+1, digits).Mend("Mask numbers of documents, phones and accounts before a list is public.")
		}
	}
}

// digitsMax is how many digits in a row a public line may have: a year, a house number, the last four of a document.
const digitsMax = 4

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

func longestNumber(line string) int {
	longest, run := 0, 0
	for _, r := range line {
		switch {
		case unicode.IsDigit(r):
			run++
			longest = max(longest, run)
		case r != ' ' && r != '-':
			run = 0
		}
	}
	return longest
}

// Line is how a household stands on the board: the masked name of its head, and how many people it has.
func Line(name string, rest ...string) string {
	return strings.TrimSpace(identity.MaskName(name) + " " + strings.Join(rest, " "))
}

// Until is the last full day of the notice put up on a day.
func (n *Notice) Until(posted date.Date) (date.Date, error) {
	if n.DayKind != "working" {
		return posted.AddDays(int(n.Days)), nil
	}
	calendar, err := date.China()
	if err != nil {
		return "", err
	}
	return calendar.AddWorkingDays(posted, int(n.Days))
}

// Record files the notice under what it is of. A list that was frozen before (of a run, a dividend, a sharing) must be the one that is put up.
func (n *Notice) Record(tx *fact.Tx) error {
	if _, err := n.Until(tx.On); err != nil {
		return fault.New(fault.Invalid, "notice.holidays", "when the notice ends cannot be counted: %v", err).For("day_kind").Mend("Add the year's holidays to the calendar.")
	}
	n.concern(tx)
	switch {
	case n.Run != "":
		run, err := tx.Need("run", RunType, n.Run)
		if err != nil {
			return err
		}
		if run.Class != n.Hash {
			return fault.New(fault.Conflict, "notice.run", "targeting run %s has frozen another list", n.Run).For("list").Mend("Put up the list of the run, or freeze another run.")
		}
	case n.Dividend != "":
		declared, err := tx.Need("dividend", DividendType, n.Dividend)
		if err != nil {
			return err
		}
		if declared.Class != n.Hash {
			return fault.New(fault.Conflict, "notice.dividend", "dividend %s has another list", n.Dividend).For("list").Mend("Put up the list of the declaration as it is now.")
		}
	case n.Sharing != "":
		sharing, err := tx.Need("sharing", SharingType, n.Sharing)
		if err != nil {
			return err
		}
		if sharing.Class != n.Hash {
			return fault.New(fault.Conflict, "notice.sharing", "sharing %s has another list", n.Sharing).For("list").Mend("Put up the list of the sharing as it is now.")
		}
	}
	if err := tx.SetStatus(Type, n.ID, "posted"); err != nil {
		return err
	}
	return tx.Observe("notice-posted", 1, figure.Observation{Subject: n.ID})
}

// RunType is the type of the entity that a targeting run is. Its class is the hash of the list that it has frozen.
const RunType = "targeting-run"

// DividendType is the type of the entity that a declared dividend is. Its class is the hash of its list.
const DividendType = "dividend-declaration"

// SharingType is the type of the entity that a dividend to be shared out is. Its class is the hash of its list of households.
const SharingType = "dividend-sharing"

// names tells whether a code stands on the list, by itself or with what it is to get: CODE=AMOUNT.
func (n *Notice) names(code string) bool {
	return slices.ContainsFunc(n.List, func(line string) bool {
		listed, _, _ := strings.Cut(line, "=")
		return listed == code
	})
}

// concern files what is recorded about a notice under it, and under what it is of.
func (n *Notice) concern(tx *fact.Tx) {
	switch {
	case n.Case != "":
		tx.Concern("case", n.Case, "")
	case n.Run != "":
		tx.Concern(RunType, n.Run, "")
	case n.Dividend != "":
		tx.Concern(DividendType, n.Dividend, "")
	default:
		tx.Concern(SharingType, n.Sharing, "")
	}
	tx.Concern(Type, n.ID, "")
}

// Grade of a notice: traced with the photograph of the board.
func (n *Notice) Grade(evidence []string) journal.Grade {
	if len(evidence) > 0 {
		return journal.Traced
	}
	return journal.Reported
}

// Objection is what somebody says against a notice, on the effective date. Whoever objects may stay unnamed; a name is personal data and seen by
// the reviewer only. One that comes after the last day does not stop the notice, but keeps the household it names from leaving until it is settled.
type Objection struct {
	_         struct{}  `kind:"notice-objection" en:"Objection" zh:"异议" by:"county-assistant,programme-officer" book:"notice" area:"notice" defines:"objection"`
	ID        string    `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,60}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Notice    string    `json:"notice" en:"Notice" zh:"公示" ref:"notice" entity:"parent"`
	Household string    `json:"household" en:"About household" zh:"涉及农户" ref:"household" optional:"" hint:"Empty when it is about the whole list." hint_zh:"针对整个名单的留空。"`
	Anonymous bool      `json:"anonymous" en:"Anonymous" zh:"匿名"`
	Text      string    `json:"text" en:"Objection" zh:"异议内容" length:"1000"`
	AnswerBy  date.Date `json:"answer_by" en:"To be answered by" zh:"答复期限"`

	Name    string `json:"name" en:"Name" zh:"姓名" length:"80" optional:"" private:""`
	Contact string `json:"contact" en:"Contact" zh:"联系方式" length:"100" optional:"" private:""`
}

// Check keeps an anonymous objection anonymous.
func (o *Objection) Check(p *fact.Problems) {
	if o.Anonymous && (o.Name != "" || o.Contact != "") {
		p.Add("name", "objection.anonymous", "an anonymous objection has a name or contact").Mend("Leave both empty.")
	}
}

// Record files the objection under its notice, the notice's case, and the household it names.
func (o *Objection) Record(tx *fact.Tx) error {
	n, err := fact.Get[Notice](tx, Type, o.Notice)
	if err != nil {
		return err
	}
	switch {
	case o.Household != "" && !n.names(o.Household):
		return fault.New(fault.Invalid, "objection.household", "notice %s does not list household %s", o.Notice, o.Household).For("household").Mend("Leave it empty, or correct the code.")
	case o.AnswerBy < tx.On:
		return fault.New(fault.Invalid, "objection.answer-by", "it would have to be answered before it was raised").For("answer_by").Mend("Use a later date.")
	}
	o.file(tx, n)
	if err := tx.SetStatus("objection", o.ID, "open"); err != nil {
		return err
	}
	return tx.Observe("notice-objected", 1, figure.Observation{Subject: o.ID})
}

func (o *Objection) file(tx *fact.Tx, n *Notice) {
	n.concern(tx)
	if o.Household != "" {
		tx.Concern("household", o.Household, "")
	}
}

// Verdicts on an objection.
const (
	Upheld   = "upheld"   // whoever objected was right: the list must change and be put up again
	Rejected = "rejected" // it was looked into and the list stands
)

// Answer settles an objection on the effective date.
type Answer struct {
	_         struct{} `kind:"objection-answer" en:"Answer to an objection" zh:"异议答复" by:"county-assistant,programme-officer" approve:"approver" book:"objection" area:"objection"`
	Objection string   `json:"objection" en:"Objection" zh:"异议" ref:"objection"`
	Verdict   string   `json:"verdict" en:"Verdict" zh:"结论" choices:"upheld=Upheld=异议成立;rejected=Rejected=异议不成立"`
	Text      string   `json:"text" en:"Answer" zh:"答复内容" length:"1000"`
}

// Record closes the objection.
func (a *Answer) Record(tx *fact.Tx) error {
	o, err := fact.Get[Objection](tx, "objection", a.Objection)
	if err != nil {
		return err
	}
	if e, err := tx.Need("objection", "objection", a.Objection); err != nil {
		return err
	} else if e.Status != "open" {
		return fault.New(fault.Conflict, "objection.settled", "objection %s was %s already", a.Objection, e.Status).For("objection").Mend("Take the earlier answer back first.")
	}
	n, err := fact.Get[Notice](tx, Type, o.Notice)
	if err != nil {
		return err
	}
	o.file(tx, n)
	return tx.SetStatus("objection", a.Objection, a.Verdict)
}

// TakeBack opens the objection again.
func (a *Answer) TakeBack(tx *fact.Tx) error { return tx.SetStatus("objection", a.Objection, "open") }
