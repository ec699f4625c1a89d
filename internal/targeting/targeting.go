// Package targeting chooses whom a programme helps, by rules that everybody can read, and shows beforehand what they would do.
//
//	rules      a JSON document: who may be chosen, vetoes, review flags, a score card, quotas      targeting-programme, versions with validity
//	judge      one pure function over the cards of a day: Programme.Judge                          dry run; nothing is recorded
//	review     a person has looked at a household whose flag stands                                targeting-review
//	run        the list is frozen and hashed, with the rules, the day and every reason             targeting-run
//	notice     the list hangs in public for the days that the rules ask                            notice (package notice)
//	approval   the list counts, once it has hung and every objection is settled                    targeting-approval
//
// Conditions are CEL and nothing else (see package condition), over the card of a household (see package card). What nobody knows is
// unknown: such a household is neither in nor out but undetermined, with what would have to be known, until somebody has visited it. A rule that
// cannot be worked out for a household is unknown for it.
//
// In order, a household is: ineligible when a condition does not hold; vetoed when a veto holds; undetermined when a condition, a veto or the score is
// unknown; in review when a flag stands that nobody has cleared; else it may be chosen. Of those, each village takes the highest scores up to its
// quota and the others wait, in order. Equal scores are decided by a draw that anybody can repeat: the smaller SHA-256 of the published seed and the
// code of the household comes first.
//
// The two severities of negative lists ("seven clear, four strict") are vetoes and review flags.
package targeting

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/household"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
	"lastmile/internal/targeting/card"
)

//go:embed targeting.go
var source string

func init() {
	fact.Register(source, (*RuleSet)(nil), (*Look)(nil), (*Run)(nil), (*Approval)(nil))
	figure.Declare(
		figure.Measure{ID: "targeting-run", En: "Targeting runs", Zh: "遴选名单", Unit: "lists"},
		figure.Measure{ID: "targeting-approved", En: "Households on approved targeting lists", Zh: "审定名单户数", Unit: "households"},
	)
}

// Types of entities.
const (
	ProgrammeType = "targeting"
	RunType       = notice.RunType
	lookType      = "targeting-review"
)

// States of a run.
const (
	Frozen   = "frozen"
	Approved = "approved"
)

// RuleSet is a targeting programme with its rules, in force from its effective date. Rules that change are recorded again, whole, as a revision with
// another version; a run keeps the hash of the rules that it used.
type RuleSet struct {
	_        struct{} `kind:"targeting-programme" en:"Targeting rules" zh:"遴选规则" by:"county-assistant,programme-officer" approve:"approver" book:"area" area:"area" defines:"targeting"`
	ID       string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; as in the rules." hint_zh:"字母、数字、点、横线；与规则中一致。"`
	Area     string   `json:"area" en:"For area" zh:"适用地区" ref:"area" entity:"area"`
	Title    string   `json:"title" en:"Title" zh:"名称" entity:"name" length:"200"`
	Version  string   `json:"version" en:"Version" zh:"版本" length:"40" hint:"As in the rules." hint_zh:"与规则中一致。"`
	Rules    string   `json:"rules" en:"Rules" zh:"规则" length:"60000" hint:"A JSON document: see the manual." hint_zh:"JSON 文档，见手册。"`
	Revision bool     `json:"revision" en:"Replaces the rules" zh:"更新规则" entity:"revision" hint:"Yes when the programme has rules already." hint_zh:"已有规则时选“是”。"`
}

// Check compiles the rules.
func (s *RuleSet) Check(p *fact.Problems) {
	rules, err := Compile(s.Rules)
	for _, e := range fault.All(err) {
		p.Add("rules", e.Code, e.Text, e.Args...).Mend("%s", e.Fix)
	}
	switch {
	case err != nil:
	case rules.ID != s.ID:
		p.Add("id", "rules.other", "the rules are those of %q", rules.ID).Mend("Use the same code.")
	case rules.Version != s.Version:
		p.Add("version", "rules.version", "the rules are version %q", rules.Version).Mend("Use the same version.")
	}
}

// Record refuses rules that say they hold elsewhere or at another time.
func (s *RuleSet) Record(tx *fact.Tx) error {
	rules, err := Compile(s.Rules)
	if err != nil {
		return err
	}
	if !rules.Holds(s.Area, tx.On) {
		return fault.New(fault.Invalid, "rules.scope", "by their own words the rules hold in %s from %s, not in area %s on %s", rules.Jurisdiction, rules.Valid.From, s.Area, tx.On).For("rules").
			Mend("Correct jurisdiction or valid in the rules, or the day.")
	}
	return tx.SetStatus(ProgrammeType, s.ID, s.Version)
}

// Look is what a person found on the effective date about a household whose review flag stands: cleared, or confirmed, which keeps it out.
type Look struct {
	_         struct{} `kind:"targeting-review" en:"Review of a flag" zh:"疑点核查" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"household"`
	Programme string   `json:"programme" en:"Targeting rules" zh:"遴选规则" ref:"targeting"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Flag      string   `json:"flag" en:"Flag" zh:"疑点" length:"60" hint:"Its id in the rules." hint_zh:"规则中的疑点编号。"`
	Verdict   string   `json:"verdict" en:"Verdict" zh:"结论" choices:"cleared=Cleared=排除;confirmed=Confirmed=属实"`
	Why       string   `json:"why" en:"How it was found out" zh:"核查依据" length:"500"`
}

// Record keeps the verdict, which the next run heeds.
func (l *Look) Record(tx *fact.Tx) error {
	rules, _, err := programmeOf(tx, l.Programme)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(rules.Reviews, func(r Rule) bool { return r.ID == l.Flag }) {
		return fault.New(fault.Invalid, "look.flag", "rules %s have no review flag %q", l.Programme, l.Flag).For("flag").Mend("Use the id of a review of the rules.")
	}
	h, err := tx.Need("household", household.Type, l.Household)
	if err != nil {
		return err
	}
	id := l.id()
	if old, ok, err := tx.Entity(lookType, id); err != nil {
		return err
	} else if ok && old.Status != "" {
		return fault.New(fault.Conflict, "look.again", "flag %s of household %s was %s already", l.Flag, l.Household, old.Status).For("flag").Mend("Take the earlier verdict back first.")
	}
	tx.Concern(household.Type, l.Household, "")
	return tx.Put(entity.Entity{Type: lookType, ID: id, Name: l.Household, Class: l.Flag, Status: l.Verdict, Area: h.Area, Parent: l.Programme})
}

func (l *Look) id() string { return l.Programme + "/" + l.Household + "/" + l.Flag }

// TakeBack forgets the verdict.
func (l *Look) TakeBack(tx *fact.Tx) error { return tx.SetStatus(lookType, l.id(), "") }

func programmeOf(tx *fact.Tx, id string) (*Programme, *RuleSet, error) {
	s, err := fact.Get[RuleSet](tx, ProgrammeType, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := Compile(s.Rules)
	return p, s, err
}

// Run freezes the list that the rules give on the effective date in an area: who is chosen, who waits, and why everybody is where they are. It is
// worked out again when it is recorded, and refused when the records say something else. A list that must change is another run.
type Run struct {
	_         struct{} `kind:"targeting-run" en:"Targeting run" zh:"遴选名单" by:"county-assistant,programme-officer" book:"area" area:"area" defines:"targeting-run"`
	ID        string   `json:"id" en:"Code" zh:"编号" entity:"id" pattern:"[0-9A-Za-z._-]{1,60}" hint:"Letters, digits, dot, dash." hint_zh:"字母、数字、点、横线。"`
	Programme string   `json:"programme" en:"Targeting rules" zh:"遴选规则" ref:"targeting" entity:"parent"`
	Area      string   `json:"area" en:"Area" zh:"地区" ref:"area" entity:"area"`
	Version   string   `json:"version" en:"Version of the rules" zh:"规则版本" length:"40" entity:"name"`
	Rules     string   `json:"rules_hash" en:"Hash of the rules" zh:"规则摘要" pattern:"[0-9a-f]{64}"`
	Chosen    []string `json:"chosen" en:"Chosen" zh:"入选" ref:"household" optional:"" hint:"By village and rank." hint_zh:"按村和名次排列。"`
	Waiting   []string `json:"waiting" en:"Waiting list" zh:"候补" ref:"household" optional:"" hint:"By village and rank." hint_zh:"按村和名次排列。"`
	Hash      string   `json:"hash" en:"Hash of the list" zh:"名单摘要" entity:"class" pattern:"[0-9a-f]{64}"`
	Reasons   []string `json:"reasons" en:"Reasons" zh:"理由" length:"500" optional:"" hint:"One line a household: code, outcome, score, place, and what decided." hint_zh:"每户一行：编号、结果、得分、名次、决定因素。"`
}

// HouseholdsMax is how many households one run may judge: a town at a time. Quotas are by village, so towns can be run apart.
const HouseholdsMax = 20_000

// Check holds the hash against the list.
func (r *Run) Check(p *fact.Problems) {
	if r.Hash != notice.Hash(r.Chosen) {
		p.Add("hash", "run.hash", "the hash is not that of the list").Mend("Run the rules again.")
	}
}

// Freeze works out the run that the records of a book give on a day, to be recorded.
func Freeze(ctx context.Context, r database.Reader, book, id, programme, area string, on date.Date) (*Run, *Result, error) {
	s, err := Find(ctx, r, book, programme)
	if err != nil {
		return nil, nil, err
	}
	return freeze(ctx, r, book, id, s, area, on)
}

func freeze(ctx context.Context, r database.Reader, book, id string, s *RuleSet, area string, on date.Date) (*Run, *Result, error) {
	p, err := Compile(s.Rules)
	if err != nil {
		return nil, nil, err
	}
	if !p.Holds(area, on) {
		return nil, nil, fault.New(fault.Invalid, "run.rules", "rules %s %s hold in %s from %s, not in area %s on %s", p.ID, p.Version, p.Jurisdiction, p.Valid.From, area, on).For("programme").Mend("Use rules in force.")
	}
	result, _, err := p.JudgeRegister(ctx, r, book, area, on)
	if err != nil {
		return nil, nil, err
	}
	if n := len(result.Households); n > HouseholdsMax {
		return nil, nil, fault.New(fault.Invalid, "run.large", "the area has %d households, a run may judge %d", n, HouseholdsMax).For("area").Mend("Run it town by town: quotas are by village.")
	}
	run := &Run{ID: id, Programme: s.ID, Area: area, Version: s.Version, Rules: p.Hash, Chosen: result.List(Chosen), Waiting: result.List(Waiting), Hash: result.ListHash()}
	for _, o := range slices.Backward(Outcomes()) {
		for _, row := range result.Rows(o) {
			e := result.Explain(row)
			run.Reasons = append(run.Reasons, cut(e.Line()))
		}
	}
	return run, result, nil
}

// reasonMax is how long a reason may be in a run, in characters.
const reasonMax = 500

func cut(text string) string {
	if runes := []rune(text); len(runes) > reasonMax {
		return string(runes[:reasonMax-1]) + "…"
	}
	return text
}

// Record works the list out again and freezes it.
func (r *Run) Record(tx *fact.Tx) error {
	reader, err := tx.Settled()
	if err != nil {
		return err
	}
	_, s, err := programmeOf(tx, r.Programme)
	if err != nil {
		return err
	}
	own, result, err := freeze(tx.Context(), reader, tx.Book, r.ID, s, r.Area, tx.On)
	if err != nil {
		return err
	}
	switch {
	case own.Rules != r.Rules || own.Version != r.Version:
		return fault.New(fault.Conflict, "run.version", "rules %s are version %s now", r.Programme, own.Version).For("version").Mend("Run them again.")
	case result.Cards.Lost: // a replay, and personal data that the list was worked out from has been erased: it was held against the records when it was recorded
	case !slices.Equal(own.Chosen, r.Chosen) || !slices.Equal(own.Waiting, r.Waiting) || !slices.Equal(own.Reasons, r.Reasons):
		return fault.New(fault.Conflict, "run.differs", "the records give another list: %d chosen and %d waiting, not %d and %d", len(own.Chosen), len(own.Waiting), len(r.Chosen), len(r.Waiting)).
			For("chosen").Mend("The records have changed: run the rules again.")
	}
	tx.Concern(RunType, r.ID, "")
	if err := tx.SetStatus(RunType, r.ID, Frozen); err != nil {
		return err
	}
	return tx.Observe("targeting-run", 1, figure.Observation{Subject: r.ID})
}

// TakeBack is refused: a list that has been seen stays on record, and another run takes its place.
func (r *Run) TakeBack(*fact.Tx) error {
	return fault.New(fault.Conflict, "run.back", "a frozen list cannot be taken back").For("entry").Mend("Freeze another run, put it up and have it approved.")
}

// Notice makes the notice of the list of a run: what the board shows of each household is masked.
func (r *Run) Notice(ctx context.Context, db database.Reader, book string, on date.Date) (*notice.Notice, error) {
	s, err := Find(ctx, db, book, r.Programme)
	if err != nil {
		return nil, err
	}
	p, err := Compile(s.Rules)
	if err != nil {
		return nil, err
	}
	n := &notice.Notice{Run: r.ID, Area: r.Area, Title: p.Title.English + " " + p.Title.Chinese, Days: p.Rules.Notice.Days, DayKind: p.Rules.Notice.DayKind, List: r.Chosen, Hash: r.Hash}
	for _, id := range r.Chosen {
		f, err := household.Load(ctx, db, book, id)
		if err != nil {
			return nil, err
		}
		n.Lines = append(n.Lines, notice.Line(f.HeadName(on), fmt.Sprintf("%d人", len(f.Present(on)))))
	}
	return n, nil
}

// Approval makes the list of a run count, from the effective date on. It is bound to the notice that showed the list: one that has hung for the days
// that the rules ask, without an open objection and with none upheld.
type Approval struct {
	_      struct{} `kind:"targeting-approval" en:"Approval of a list" zh:"名单审定" by:"programme-officer,county-assistant" approve:"approver" book:"run" area:"run"`
	Run    string   `json:"run" en:"Targeting run" zh:"遴选名单" ref:"targeting-run"`
	Notice string   `json:"notice" en:"Notice" zh:"公示" ref:"notice"`
	Hash   string   `json:"hash" en:"Hash of the list" zh:"名单摘要" pattern:"[0-9a-f]{64}" hint:"Of the list that was posted and is approved." hint_zh:"与公示名单一致。"`
}

// Record checks that the list was posted, and long enough.
func (a *Approval) Record(tx *fact.Tx) error {
	run, err := fact.Get[Run](tx, RunType, a.Run)
	if err != nil {
		return err
	}
	e, err := tx.Need("run", RunType, a.Run)
	if err != nil {
		return err
	}
	if e.Status != Frozen {
		return fault.New(fault.Conflict, "approval.again", "run %s is %s already", a.Run, e.Status).For("run").Mend("Nothing needs to be done.")
	}
	if a.Hash != run.Hash {
		return fault.New(fault.Conflict, "approval.list", "run %s has frozen another list", a.Run).For("hash").Mend("Approve the list that was posted.")
	}
	p, _, err := programmeOf(tx, run.Programme)
	if err != nil {
		return err
	}
	if p.Hash != run.Rules {
		return fault.New(fault.Conflict, "approval.rules", "the rules have changed since run %s: they are version %s now", a.Run, p.Version).For("run").Mend("Run the new rules and put that list up.")
	}
	if err := a.posted(tx, run, &p.Rules); err != nil {
		return err
	}
	if later, err := laterRun(tx, run, e.Seq); err != nil {
		return err
	} else if later != "" {
		return fault.New(fault.Conflict, "approval.later", "run %s was frozen after run %s for the same area", later, a.Run).For("run").Mend("Put the later list up and approve that.")
	}
	tx.Concern(RunType, a.Run, "")
	for _, id := range run.Chosen {
		tx.Concern(household.Type, id, "")
	}
	e.Status = Approved + " " + string(tx.On)
	if err := tx.Put(e); err != nil {
		return err
	}
	return tx.Observe("targeting-approved", int64(len(run.Chosen)), figure.Observation{Subject: a.Run})
}

// posted refuses a list that has not hung as the rules ask.
func (a *Approval) posted(tx *fact.Tx, run *Run, rules *Rules) error {
	entries, err := tx.File(notice.Type, a.Notice)
	if err != nil {
		return err
	}
	var n *notice.Notice
	var posted date.Date
	open := map[string]string{} // objection to its verdict, "" while it is open
	for _, e := range entries {
		x, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return err
		}
		switch x := x.(type) {
		case *notice.Notice:
			n, posted = x, e.On
		case *notice.Objection:
			open[x.ID] = ""
		case *notice.Answer:
			open[x.Objection] = x.Verdict
		}
	}
	wrong := func(code, text string, args ...any) *fault.Error {
		return fault.New(fault.Conflict, code, text, args...).For("notice")
	}
	switch {
	case n == nil || n.Run != run.ID || n.Hash != run.Hash:
		return wrong("approval.notice", "notice %s is not of run %s", a.Notice, run.ID).Mend("Put the list of the run up first.")
	case n.DayKind != rules.Notice.DayKind || n.Days < rules.Notice.Days:
		return wrong("approval.days", "notice %s is for %d %s days, the rules ask for %d %s", a.Notice, n.Days, n.DayKind, rules.Notice.Days, rules.Notice.DayKind).Mend("Put it up again for as long as the rules ask.")
	}
	until, err := n.Until(posted)
	if err != nil {
		return wrong("notice.holidays", "when the notice ends cannot be counted: %v", err).Mend("Add the year's holidays to the calendar.")
	}
	if tx.On <= until {
		return wrong("approval.early", "notice %s hangs until %s", a.Notice, until).Mend("Approve the list on a later day.")
	}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		switch open[id] {
		case "":
			return wrong("approval.objection", "objection %s is open", id).Mend("Answer it first.")
		case notice.Upheld:
			return wrong("approval.upheld", "objection %s was upheld: the list must change", id).Mend("Record what is right, freeze another run and put it up.")
		}
	}
	return nil
}

// laterRun is a run of the same rules and area that was frozen after one; "" when there is none.
func laterRun(tx *fact.Tx, run *Run, seq int64) (string, error) {
	reader, err := tx.Settled()
	if err != nil {
		return "", err
	}
	runs, err := entity.Find(tx.Context(), reader, entity.Filter{Book: tx.Book, Type: RunType, Parent: run.Programme, Area: run.Area})
	if err != nil {
		return "", err
	}
	for _, e := range runs {
		if e.Seq > seq {
			return e.ID, nil
		}
	}
	return "", nil
}

// TakeBack makes the list one that waits for approval again.
func (a *Approval) TakeBack(tx *fact.Tx) error { return tx.SetStatus(RunType, a.Run, Frozen) }

// Find reads the rules of a programme of a book as they are now.
func Find(ctx context.Context, r database.Reader, book, id string) (*RuleSet, error) {
	e, ok, err := entity.Get(ctx, r, book, ProgrammeType, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s", ProgrammeType, id, book).For("programme").Mend("Record them first, or correct the code.")
	}
	return body[RuleSet](ctx, r, e)
}

// FindRun reads a run of a book with its state.
func FindRun(ctx context.Context, r database.Reader, book, id string) (*Run, entity.Entity, error) {
	e, ok, err := entity.Get(ctx, r, book, RunType, id)
	if err != nil {
		return nil, e, err
	}
	if !ok {
		return nil, e, fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s", RunType, id, book).For("run").Mend("Correct the code.")
	}
	run, err := body[Run](ctx, r, e)
	return run, e, err
}

// body reads the fact that defines a thing.
func body[T any](ctx context.Context, r database.Reader, e entity.Entity) (*T, error) {
	entry, ok, err := journal.Get(ctx, r, e.Book, e.Seq)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s %s: entry %s:%d is missing", e.Type, e.ID, e.Book, e.Seq)
	}
	f, err := fact.DecodeBody(entry.Kind, entry.Body, "")
	if err != nil {
		return nil, err
	}
	t, ok := f.(any).(*T)
	if !ok {
		return nil, fmt.Errorf("%s %s is defined by a %s", e.Type, e.ID, entry.Kind)
	}
	return t, nil
}

// JudgeRegister judges the households of an area of a book by their records as of a day, and gives those that are on the list and have no card.
func (p *Programme) JudgeRegister(ctx context.Context, r database.Reader, book, area string, on date.Date) (*Result, []string, error) {
	register, err := card.OpenRegister(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	ids, err := register.Households(ctx, book, area)
	if err != nil {
		return nil, nil, err
	}
	cards, err := register.Cards(ctx, book, ids, on)
	if err != nil {
		return nil, nil, err
	}
	looks, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: lookType, Parent: p.ID})
	if err != nil {
		return nil, nil, err
	}
	verdicts := Verdicts{}
	for _, l := range looks {
		if l.Status == "" {
			continue
		}
		if verdicts[l.Name] == nil {
			verdicts[l.Name] = map[string]bool{}
		}
		verdicts[l.Name][l.Class] = l.Status == "cleared"
	}
	gone, err := p.mark(ctx, r, register, book, area, on, cards)
	if err != nil {
		return nil, nil, err
	}
	return p.Judge(cards, on, verdicts), gone, nil
}

// mark notes which households of the cards are on the approved list of a day, and gives those of the list, within the area, that have no card.
func (p *Programme) mark(ctx context.Context, r database.Reader, register *card.Register, book, area string, on date.Date, cards *card.Set) ([]string, error) {
	listed, err := p.Listed(ctx, r, register, book, area, on)
	if err != nil {
		return nil, err
	}
	cards.SaysCurrent = true
	for i, id := range cards.IDs {
		cards.Current[i] = listed[id]
		delete(listed, id)
	}
	return slices.Sorted(maps.Keys(listed)), nil
}

// Listed are the households of an area that are on the list of the programme on a day: for each village, that of the last run approved by then whose
// area it lies in.
func (p *Programme) Listed(ctx context.Context, r database.Reader, register *card.Register, book, area string, on date.Date) (map[string]bool, error) {
	runs, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: RunType, Parent: p.ID})
	if err != nil {
		return nil, err
	}
	runs = slices.DeleteFunc(runs, func(e entity.Entity) bool {
		since, approved := strings.CutPrefix(e.Status, Approved+" ")
		return !approved || date.Date(since) > on
	})
	slices.SortFunc(runs, func(a, b entity.Entity) int {
		return cmp.Or(-strings.Compare(a.Status, b.Status), -cmp.Compare(a.Seq, b.Seq))
	})
	places, err := register.Places(ctx, book)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	var covered []string // areas of later runs
	for _, e := range runs {
		if !register.Within(e.Area, area) && !register.Within(area, e.Area) {
			continue
		}
		run, err := body[Run](ctx, r, e)
		if err != nil {
			return nil, err
		}
		for _, id := range run.Chosen {
			place := places[id]
			if register.Within(place, area) && !slices.ContainsFunc(covered, func(later string) bool { return register.Within(place, later) }) {
				listed[id] = true
			}
		}
		covered = append(covered, e.Area)
	}
	return listed, nil
}

// YearBefore judges the households of an area of a book as they were a year before a day, and gives their cards of that day too, for a back-test.
func (p *Programme) YearBefore(ctx context.Context, r database.Reader, book, area string, on date.Date) (*Result, *card.Set, error) {
	then, _, err := p.JudgeRegister(ctx, r, book, area, on.AddMonths(-12))
	if err != nil {
		return nil, nil, err
	}
	// The list of then is what the back-test compares with: that which was in force on the day judged.
	copy(then.Cards.Before, then.Cards.Current)
	register, err := card.OpenRegister(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	now, err := register.Cards(ctx, book, then.Cards.IDs, on)
	return then, now, err
}
