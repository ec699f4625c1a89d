package targeting

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/fault"
	"lastmile/internal/rule"
	"lastmile/internal/rule/condition"
	"lastmile/internal/targeting/card"
)

// Rules are what a targeting programme asks, as a JSON document. Compile makes them ready to judge.
type Rules struct {
	ID      string    `json:"id"`
	Version string    `json:"version"`
	Title   rule.Text `json:"title"`
	rule.Scope

	Eligible []Rule      `json:"eligible"`          // all must hold
	Vetoes   []Rule      `json:"vetoes,omitempty"`  // one that holds keeps the household out
	Reviews  []Rule      `json:"reviews,omitempty"` // one that holds, or that nobody can rule out, needs a person to look first
	Score    []Indicator `json:"score,omitempty"`   // points that put the households of a village in order
	Quota    *Quota      `json:"quota,omitempty"`   // none: everybody who is eligible is chosen
	// DrawSeed decides between equal scores: the household whose code gives the smaller SHA-256 together with the seed comes first. Publish it
	// before the run; anybody can repeat the draw.
	DrawSeed string `json:"draw_seed"`

	Notice Notice `json:"notice"`
	// Need tells for back-tests which households turned out to be in need.
	Need string `json:"need,omitempty"`

	Sources []rule.Source `json:"sources"`
}

// Rule is one condition with its name.
type Rule struct {
	ID    string    `json:"id"`
	Title rule.Text `json:"title"`
	When  string    `json:"when"` // in CEL: see package condition
}

// Indicator is one line of the score card. Its options are tried in order and the first that holds gives the points; none gives 0. An option
// that nobody can answer before one holds leaves the score unknown.
type Indicator struct {
	ID      string    `json:"id"`
	Title   rule.Text `json:"title"`
	Options []Option  `json:"options"`
}

// Option is one answer of an indicator.
type Option struct {
	When   string `json:"when"`
	Points int64  `json:"points"`
}

// Quota is how many households of a village may be chosen.
type Quota struct {
	Each     int64            `json:"each"`               // of every village that is not listed
	Villages map[string]int64 `json:"villages,omitempty"` // by official code
}

// In is the quota of a village.
func (q *Quota) In(village string) int64 {
	if n, ok := q.Villages[village]; ok {
		return n
	}
	return q.Each
}

// Notice is how long a list must have been up before it can be approved.
type Notice struct {
	Days    int64  `json:"days"`
	DayKind string `json:"day_kind"` // calendar or working
}

// Limits of a rule set.
const (
	textMax       = 60_000 // bytes of the document
	rulesMax      = 64     // conditions in all, vetoes and reviews included: their answers are kept as bits
	indicatorsMax = 40
	optionsMax    = 20
	pointsMax     = 1_000_000
	quotaMax      = 1_000_000
)

// Kind of a rule.
type Kind string

const (
	Eligible Kind = "eligible"
	Veto     Kind = "veto"
	Review   Kind = "review"
)

// Programme is a rule set ready to judge.
type Programme struct {
	Rules
	Hash string // SHA-256 of the document as it was written

	rules    []compiledRule // eligible, vetoes and reviews, in this order
	score    [][]*condition.Condition
	need     *condition.Condition
	eligible uint64 // rules of each kind, as bits
	vetoes   uint64
	reviews  uint64
}

type compiledRule struct {
	Rule
	kind Kind
	ask  *condition.Condition
}

// Compile reads a rule set. The error is a fault.List of everything that is wrong: the condition by its place in the document, and the line
// and column in it.
func Compile(text string) (*Programme, error) {
	if len(text) > textMax {
		return nil, fault.List{fault.New(fault.Invalid, "rules.long", "the rules have %d bytes, at most %d are allowed", len(text), textMax).For("rules").Mend("Make it two programmes.")}
	}
	sum := sha256.Sum256([]byte(text))
	p := &Programme{Hash: hex.EncodeToString(sum[:])}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p.Rules); err != nil {
		return nil, fault.List{unreadable(text, err)}
	}
	if decoder.More() {
		return nil, fault.List{fault.New(fault.Invalid, "rules.json", "line %d: %s", lineOf(text, decoder.InputOffset()), "something follows the rules").For("rules").Mend("Write one document.")}
	}
	c := compiler{p: p}
	c.check()
	if c.problems != nil {
		return nil, c.problems
	}
	return p, nil
}

// unreadable says where a document is no JSON, or not of the form.
func unreadable(text string, err error) *fault.Error {
	offset := int64(len(text))
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &typ):
		offset = typ.Offset
	}
	return fault.New(fault.Invalid, "rules.json", "line %d: %s", lineOf(text, offset), strings.TrimPrefix(err.Error(), "json: ")).For("rules").
		Mend("Write the rules as the example in the manual: names in quotation marks, a comma between entries.")
}

func lineOf(text string, offset int64) int {
	return 1 + strings.Count(text[:min(int(offset), len(text))], "\n")
}

type compiler struct {
	p        *Programme
	problems fault.List
}

func (c *compiler) want(holds bool, path, text string, args ...any) {
	if !holds {
		c.problems = append(c.problems, fault.New(fault.Invalid, "rules.entry", "%s %s", path, fmt.Sprintf(text, args...)).For("rules").Mend("Correct it."))
	}
}

func (c *compiler) check() {
	p := c.p
	c.want(p.ID != "", "id", "is empty")
	c.want(p.Version != "", "version", "is empty")
	c.want(p.Title.Complete(), "title", "needs en and zh")
	if err := p.Scope.Check(); err != nil {
		c.want(false, "jurisdiction, valid:", "%v", err)
	}
	c.want(len(p.Eligible) > 0, "eligible", "is empty: say who may be chosen")
	c.want(p.DrawSeed != "", "draw_seed", "is empty: it decides between equal scores")
	c.want(p.Notice.Days >= 1 && p.Notice.Days <= 60, "notice.days", "must be from 1 to 60")
	c.want(p.Notice.DayKind == "calendar" || p.Notice.DayKind == "working", "notice.day_kind", "must be calendar or working")
	c.want(len(p.Sources) > 0, "sources", "is empty: say where the rules were decided")
	c.want(len(p.Eligible)+len(p.Vetoes)+len(p.Reviews) <= rulesMax, "eligible, vetoes, reviews", "are more than %d", rulesMax)
	c.want(len(p.Score) <= indicatorsMax, "score", "has more than %d indicators", indicatorsMax)
	if p.Quota != nil {
		c.want(p.Quota.Each >= 0 && p.Quota.Each <= quotaMax, "quota.each", "must be from 0 to %d", quotaMax)
		for village, n := range p.Quota.Villages {
			c.want(n >= 0 && n <= quotaMax, "quota.villages["+village+"]", "must be from 0 to %d", quotaMax)
		}
		c.want(len(p.Score) > 0, "score", "is empty: a quota needs an order")
	}
	if c.problems != nil {
		return
	}
	seen := map[string]bool{}
	for _, group := range []struct {
		name  string
		kind  Kind
		rules []Rule
		bits  *uint64
	}{{"eligible", Eligible, p.Eligible, &p.eligible}, {"vetoes", Veto, p.Vetoes, &p.vetoes}, {"reviews", Review, p.Reviews, &p.reviews}} {
		for i, r := range group.rules {
			path := fmt.Sprintf("%s[%d]", group.name, i)
			c.named(path, r.ID, r.Title, seen)
			*group.bits |= 1 << len(p.rules)
			p.rules = append(p.rules, compiledRule{r, group.kind, c.condition(path+".when", r.When)})
		}
	}
	for i, indicator := range p.Score {
		path := fmt.Sprintf("score[%d]", i)
		c.named(path, indicator.ID, indicator.Title, seen)
		c.want(len(indicator.Options) > 0 && len(indicator.Options) <= optionsMax, path+".options", "must be from 1 to %d", optionsMax)
		var options []*condition.Condition
		for j, o := range indicator.Options {
			at := fmt.Sprintf("%s.options[%d]", path, j)
			c.want(-pointsMax <= o.Points && o.Points <= pointsMax, at+".points", "must be from -%d to %d", pointsMax, pointsMax)
			options = append(options, c.condition(at+".when", o.When))
		}
		p.score = append(p.score, options)
	}
	if p.Need != "" {
		p.need = c.condition("need", p.Need)
	}
}

func (c *compiler) named(path, id string, title rule.Text, seen map[string]bool) {
	c.want(id != "" && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "", path+".id", "is %q: use small letters, digits, _ and -", id)
	c.want(!seen[id], path+".id", "is %q, and so is another", id)
	c.want(title.Complete(), path+".title", "needs en and zh")
	seen[id] = true
}

// condition compiles one condition, and puts its place in the document before what is wrong with it.
func (c *compiler) condition(path, text string) *condition.Condition {
	compiled, err := card.Language().Compile(text)
	for _, e := range fault.All(err) {
		placed := *e
		placed.Text, placed.Args, placed.Field = "%s: "+e.Text, append([]any{path}, e.Args...), "rules"
		placed.Code = "rules." + strings.TrimPrefix(e.Code, "condition.")
		if e.Code == "condition.long" {
			placed.Code = "rules.text" // rules.long is of the whole document
		}
		c.problems = append(c.problems, &placed)
	}
	if err != nil && fault.All(err) == nil {
		c.want(false, path, "%v", err)
	}
	return compiled
}

// Uses is the variables that any condition of the programme reads, as bits.
func (p *Programme) Uses() uint64 {
	var uses uint64
	for _, r := range p.rules {
		uses |= r.ask.Uses
	}
	for _, c := range slices.Concat(p.score...) {
		uses |= c.Uses
	}
	if p.need != nil {
		uses |= p.need.Uses
	}
	return uses
}
