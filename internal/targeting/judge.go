package targeting

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/notice"
	"lastmile/internal/rule"
	"lastmile/internal/rule/condition"
	"lastmile/internal/targeting/card"
)

// Outcome is what a rule set says of a household.
type Outcome uint8

const (
	Ineligible   Outcome = iota // a condition does not hold
	Vetoed                      // a veto holds, or a reviewer confirmed a flag
	Undetermined                // something that decides is unknown: visit, and judge again
	InReview                    // a review flag stands and nobody has looked yet
	Waiting                     // eligible, and the quota of the village is used up
	Chosen
	outcomes = iota
)

var outcomeNames = [outcomes]string{"ineligible", "vetoed", "undetermined", "in-review", "waiting", "chosen"}

func (o Outcome) String() string { return outcomeNames[o] }

// Outcomes lists all outcomes, from out to in.
func Outcomes() []Outcome {
	return []Outcome{Ineligible, Vetoed, Undetermined, InReview, Waiting, Chosen}
}

// Judged is the outcome for one household.
type Judged struct {
	Outcome Outcome
	Scored  bool   // the score is known
	Rank    int32  // among the households of the village that are chosen or wait, from 1; 0 for the others
	Score   int64  // points
	yes     uint64 // rules that hold, as bits
	unknown uint64 // rules that nobody can answer
	missing uint64 // variables that would have to be known
	faults  uint64 // rules that could not be worked out
}

// RuleCount is how one rule answered over all households.
type RuleCount struct {
	ID      string    `json:"id"`
	Title   rule.Text `json:"title"`
	Kind    Kind      `json:"kind"`
	Yes     int       `json:"yes"`
	No      int       `json:"no"`
	Unknown int       `json:"unknown"`
	Alone   int       `json:"alone"`  // households that no other rule keeps out or leaves open
	Faults  int       `json:"faults"` // of the unknown: those for whom it could not be worked out
}

// VillageCount is what became of the households of a village.
type VillageCount struct {
	Village string        `json:"village"`
	Quota   int64         `json:"quota"` // below zero for none
	Count   [outcomes]int `json:"-"`
	LastIn  int64         `json:"last_in"` // lowest score that was chosen, when any was
}

// Result is what a rule set says of a set of cards.
type Result struct {
	Programme  *Programme
	Cards      *card.Set
	On         date.Date
	Households []Judged // in the order of the cards
	Count      [outcomes]int
	Persons    [outcomes]int64
	Rules      []RuleCount
	Villages   []VillageCount // by code

	ranked []int32 // chosen and waiting, by village and rank
}

// Verdicts say what reviewers found: for a household and the id of a review flag, whether it was cleared.
type Verdicts map[string]map[string]bool

// Judge holds cards against the rules. The result depends on the cards and not on their order; the work is shared among the processors.
func (p *Programme) Judge(cards *card.Set, on date.Date, verdicts Verdicts) *Result {
	r := &Result{Programme: p, Cards: cards, On: on, Households: make([]Judged, cards.Rows())}
	workers := runtime.GOMAXPROCS(0)
	counts := make([][]RuleCount, workers)
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			counts[w] = make([]RuleCount, len(p.rules))
			from, to := cards.Rows()*w/workers, cards.Rows()*(w+1)/workers
			row := cards.Row()
			for i := from; i < to; i++ {
				row.Move(i)
				var seen map[string]bool
				if verdicts != nil {
					seen = verdicts[cards.IDs[i]]
				}
				p.judge(row, seen, &r.Households[i], counts[w])
			}
		})
	}
	running.Wait()
	for i, c := range p.rules {
		total := RuleCount{ID: c.ID, Title: c.Title, Kind: c.kind}
		for _, part := range counts {
			total.Yes += part[i].Yes
			total.No += part[i].No
			total.Unknown += part[i].Unknown
			total.Alone += part[i].Alone
			total.Faults += part[i].Faults
		}
		r.Rules = append(r.Rules, total)
	}
	r.rank()
	return r
}

// judge answers everything for one household but the quota: who may be chosen is Chosen for now.
func (p *Programme) judge(row *condition.Row, seen map[string]bool, j *Judged, counts []RuleCount) {
	var confirmed, cleared, missing uint64
	for i := range p.rules {
		c := &p.rules[i]
		bit := uint64(1) << i
		reply := c.ask.Ask(row)
		switch reply.Answer {
		case condition.Yes:
			j.yes |= bit
			counts[i].Yes++
		case condition.No:
			counts[i].No++
		default:
			j.unknown |= bit
			counts[i].Unknown++
			if reply.Fault != "" {
				j.faults |= bit
				counts[i].Faults++
			}
			if c.kind != Review {
				missing |= reply.Missing
			}
		}
		if c.kind == Review && seen != nil {
			if isCleared, looked := seen[c.ID]; looked && isCleared {
				cleared |= bit
			} else if looked {
				confirmed |= bit
			}
		}
	}
	failed := p.eligible &^ j.yes &^ j.unknown
	flags := p.reviews & (j.yes | j.unknown) &^ cleared
	vetoed := p.vetoes&j.yes | flags&confirmed
	open := (p.eligible | p.vetoes) & j.unknown
	if against := failed | vetoed | open | flags; bits.OnesCount64(against) == 1 {
		counts[bits.TrailingZeros64(against)].Alone++
	}
	switch {
	case failed != 0:
		j.Outcome = Ineligible
		return
	case vetoed != 0:
		j.Outcome = Vetoed
		return
	}
	scoreMissing, scored := p.points(row, &j.Score, nil)
	j.Scored = scored
	switch {
	case open != 0 || !scored:
		j.Outcome, j.missing = Undetermined, missing|scoreMissing
	case flags != 0:
		j.Outcome = InReview
	default:
		j.Outcome = Chosen
	}
}

// points adds up the score card, and gives each indicator's part when parts is not nil.
func (p *Programme) points(row *condition.Row, total *int64, parts *[]Part) (missing uint64, known bool) {
	known = true
	for i, options := range p.score {
		part := Part{ID: p.Score[i].ID, Title: p.Score[i].Title, Known: true, Option: -1}
		for j, option := range options {
			reply := option.Ask(row)
			if reply.Answer == condition.Unknown {
				missing |= reply.Missing
				part.Known, known = false, false
				break
			}
			if reply.Answer == condition.Yes {
				part.Points, part.Option = p.Score[i].Options[j].Points, j
				break
			}
		}
		*total += part.Points
		if parts != nil {
			*parts = append(*parts, part)
		}
	}
	if !known {
		*total = 0
	}
	return missing, known
}

// draw decides between equal scores.
func (p *Programme) draw(household string) [sha256.Size]byte {
	return sha256.Sum256([]byte(p.DrawSeed + "\n" + household))
}

// rank orders the households of each village that may be chosen: the higher score first, of equal scores the one that the draw names, at
// last by code. Those beyond the quota wait in this order.
func (r *Result) rank() {
	type candidate struct {
		row  int32
		draw [sha256.Size]byte
	}
	byVillage := map[string][]candidate{}
	places := map[string]*VillageCount{}
	for i := range r.Households {
		j, village := &r.Households[i], r.Cards.Villages[i]
		v := places[village]
		if v == nil {
			v = &VillageCount{Village: village, Quota: -1}
			if r.Programme.Quota != nil {
				v.Quota = r.Programme.Quota.In(village)
			}
			places[village] = v
		}
		if j.Outcome == Chosen {
			byVillage[village] = append(byVillage[village], candidate{int32(i), r.Programme.draw(r.Cards.IDs[i])})
		} else {
			v.Count[j.Outcome]++
		}
	}
	for _, v := range places {
		list := byVillage[v.Village]
		slices.SortFunc(list, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(r.Households[b.row].Score, r.Households[a.row].Score), bytes.Compare(a.draw[:], b.draw[:]), strings.Compare(r.Cards.IDs[a.row], r.Cards.IDs[b.row]))
		})
		for n, c := range list {
			j := &r.Households[c.row]
			j.Rank = int32(n + 1)
			if v.Quota >= 0 && int64(n) >= v.Quota {
				j.Outcome = Waiting
			} else {
				v.LastIn = j.Score
			}
			v.Count[j.Outcome]++
		}
		r.Villages = append(r.Villages, *v)
	}
	slices.SortFunc(r.Villages, func(a, b VillageCount) int { return strings.Compare(a.Village, b.Village) })
	for _, v := range r.Villages {
		for _, c := range byVillage[v.Village] {
			r.ranked = append(r.ranked, c.row)
		}
	}
	for i := range r.Households {
		o := r.Households[i].Outcome
		r.Count[o]++
		r.Persons[o] += r.Cards.Persons(i)
	}
}

// List gives the codes of the households that are chosen, or that wait, by village and rank.
func (r *Result) List(o Outcome) []string {
	list := []string{}
	for _, i := range r.ranked {
		if r.Households[i].Outcome == o {
			list = append(list, r.Cards.IDs[i])
		}
	}
	return list
}

// Rows gives the rows with an outcome: those chosen or waiting by village and rank, the others by code.
func (r *Result) Rows(o Outcome) []int {
	var rows []int
	if o == Chosen || o == Waiting {
		for _, i := range r.ranked {
			if r.Households[i].Outcome == o {
				rows = append(rows, int(i))
			}
		}
		return rows
	}
	for i := range r.Households {
		if r.Households[i].Outcome == o {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b int) int { return strings.Compare(r.Cards.IDs[a], r.Cards.IDs[b]) })
	return rows
}

// ListHash is what a notice of the list of the chosen has.
func (r *Result) ListHash() string { return notice.Hash(r.List(Chosen)) }

// Answered is a rule's answer for one household.
type Answered struct {
	ID     string    `json:"id"`
	Title  rule.Text `json:"title"`
	Kind   Kind      `json:"kind"`
	Answer string    `json:"answer"`          // yes, no or unknown
	Fault  string    `json:"fault,omitempty"` // why it could not be worked out
}

// Part is one indicator's part of a score.
type Part struct {
	ID     string    `json:"id"`
	Title  rule.Text `json:"title"`
	Known  bool      `json:"known"`
	Points int64     `json:"points"`
	Option int       `json:"option"` // which option held, from 0; below zero for none
}

// Explanation is everything that led to the outcome for one household.
type Explanation struct {
	Household string     `json:"household"`
	Village   string     `json:"village"`
	Outcome   string     `json:"outcome"`
	Score     *int64     `json:"score"` // null when it is unknown or was not needed
	Rank      int        `json:"rank,omitempty"`
	Quota     int64      `json:"quota"` // of the village, below zero for none
	Rules     []Answered `json:"rules"`
	Parts     []Part     `json:"parts"`
	Missing   []string   `json:"missing,omitempty"` // variables that would have to be known
}

// Explain works out the reasons for one household again.
func (r *Result) Explain(row int) Explanation {
	j := &r.Households[row]
	e := Explanation{Household: r.Cards.IDs[row], Village: r.Cards.Villages[row], Outcome: j.Outcome.String(), Rank: int(j.Rank), Quota: -1, Parts: []Part{},
		Missing: r.Cards.Language().Names(j.missing)}
	if r.Programme.Quota != nil {
		e.Quota = r.Programme.Quota.In(e.Village)
	}
	at := r.Cards.Row()
	at.Move(row)
	for i, c := range r.Programme.rules {
		a := Answered{ID: c.ID, Title: c.Title, Kind: c.kind, Answer: condition.No.String()}
		switch bit := uint64(1) << i; {
		case j.yes&bit != 0:
			a.Answer = condition.Yes.String()
		case j.unknown&bit != 0:
			a.Answer = condition.Unknown.String()
			if j.faults&bit != 0 {
				a.Fault = c.ask.Ask(at).Fault
			}
		}
		e.Rules = append(e.Rules, a)
	}
	var total int64
	r.Programme.points(at, &total, &e.Parts)
	if j.Scored {
		e.Score = &j.Score
	}
	return e
}

// Reason says in one line of a language why the outcome is what it is.
func (e *Explanation) Reason(language string) string {
	zh := language == "zh"
	var names []string
	add := func(kind Kind, answers ...string) {
		for _, a := range e.Rules {
			if a.Kind == kind && slices.Contains(answers, a.Answer) {
				names = append(names, a.Title.In(language))
			}
		}
	}
	separator := "; "
	if zh {
		separator = "；"
	}
	switch e.Outcome {
	case Ineligible.String():
		add(Eligible, "no")
		if zh {
			return "不符合：" + strings.Join(names, separator)
		}
		return "does not hold: " + strings.Join(names, separator)
	case Vetoed.String():
		add(Veto, "yes")
		if names == nil {
			add(Review, "yes", "unknown")
		}
		if zh {
			return "一票否决：" + strings.Join(names, separator)
		}
		return "vetoed: " + strings.Join(names, separator)
	case Undetermined.String():
		names = e.Missing
		for _, a := range e.Rules {
			if a.Fault != "" {
				names = append(names, a.Title.In(language)+" ("+a.Fault+")")
			}
		}
		if zh {
			return "缺少信息：" + strings.Join(names, "、")
		}
		return "not known: " + strings.Join(names, ", ")
	case InReview.String():
		add(Review, "yes", "unknown")
		if zh {
			return "待人工核查：" + strings.Join(names, separator)
		}
		return "to be looked into: " + strings.Join(names, separator)
	}
	var points []string
	for _, p := range e.Parts {
		if p.Points != 0 {
			points = append(points, p.Title.In(language)+" "+strconv.FormatInt(p.Points, 10))
		}
	}
	score := int64(0)
	if e.Score != nil {
		score = *e.Score
	}
	place := ""
	switch {
	case e.Quota >= 0 && zh:
		place = fmt.Sprintf("，村内第 %d 名，名额 %d 户", e.Rank, e.Quota)
	case e.Quota >= 0:
		place = fmt.Sprintf(", place %d of the village, quota %d", e.Rank, e.Quota)
	}
	detail := ""
	if len(points) > 0 {
		detail = " (" + strings.Join(points, ", ") + ")"
		if zh {
			detail = "（" + strings.Join(points, "，") + "）"
		}
	}
	if zh {
		return fmt.Sprintf("得分 %d", score) + detail + place
	}
	if score == 1 || score == -1 {
		return fmt.Sprintf("%d point", score) + detail + place
	}
	return fmt.Sprintf("%d points", score) + detail + place
}
