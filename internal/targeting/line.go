package targeting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/rule"
	"lastmile/internal/rule/condition"
)

// Line writes an explanation as one line without words of any language, as a run keeps it:
//
//	H1 chosen 25 1/2 hands=20 young=5      score, place of the village's quota, points by indicator
//	H4 ineligible - - poor=no              what does not hold
//	H6 undetermined - - income             what would have to be known
//	H7 in-review 20 - kin=yes              flags that stand
//
// A score or place that there is not is "-". Of rules only those that decided are listed.
func (e *Explanation) Line() string {
	words := []string{e.Household, e.Outcome, "-", "-"}
	if e.Score != nil {
		words[2] = strconv.FormatInt(*e.Score, 10)
	}
	if e.Rank > 0 {
		words[3] = strconv.Itoa(e.Rank)
		if e.Quota >= 0 {
			words[3] += "/" + strconv.FormatInt(e.Quota, 10)
		}
	}
	decided := func(kinds []Kind, answers ...string) {
		for _, a := range e.Rules {
			if slices.Contains(kinds, a.Kind) && slices.Contains(answers, a.Answer) {
				words = append(words, a.ID+"="+a.Answer)
			}
		}
	}
	yes, no, unknown := condition.Yes.String(), condition.No.String(), condition.Unknown.String()
	switch e.Outcome {
	case Ineligible.String():
		decided([]Kind{Eligible}, no)
	case Vetoed.String():
		decided([]Kind{Veto}, yes)
		decided([]Kind{Review}, yes, unknown)
	case Undetermined.String():
		words = append(words, e.Missing...)
		for _, a := range e.Rules {
			if a.Fault != "" {
				words = append(words, a.ID+"=fault")
			}
		}
	case InReview.String():
		decided([]Kind{Review}, yes, unknown)
	default:
		for _, p := range e.Parts {
			if p.Points != 0 {
				words = append(words, p.ID+"="+strconv.FormatInt(p.Points, 10))
			}
		}
	}
	return strings.Join(words, " ")
}

// ReadLine reads a line that Line wrote. Titles are taken from the rules; where rules have changed since and have no such id, the id stands for
// them.
func (r *Rules) ReadLine(line string) (Explanation, error) {
	words := strings.Fields(line)
	if len(words) < 4 {
		return Explanation{}, fmt.Errorf("%q is no reason", line)
	}
	e := Explanation{Household: words[0], Outcome: words[1], Quota: -1}
	if words[2] != "-" {
		score, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			return e, fmt.Errorf("score of reason %q: %w", line, err)
		}
		e.Score = &score
	}
	if words[3] != "-" {
		rank, quota, limited := strings.Cut(words[3], "/")
		var err error
		if e.Rank, err = strconv.Atoi(rank); err == nil && limited {
			e.Quota, err = strconv.ParseInt(quota, 10, 64)
		}
		if err != nil {
			return e, fmt.Errorf("place of reason %q: %w", line, err)
		}
	}
	for _, word := range words[4:] {
		id, value, has := strings.Cut(word, "=")
		if !has {
			e.Missing = append(e.Missing, id)
			continue
		}
		if points, err := strconv.ParseInt(value, 10, 64); err == nil {
			e.Parts = append(e.Parts, Part{ID: id, Title: r.title(id), Known: true, Points: points})
			continue
		}
		a := Answered{ID: id, Title: r.title(id), Kind: r.kind(id), Answer: value}
		if value == "fault" {
			a.Answer, a.Fault = condition.Unknown.String(), "?"
		}
		e.Rules = append(e.Rules, a)
	}
	return e, nil
}

// named finds what has an id in the rules.
func (r *Rules) named(id string) (rule.Text, Kind) {
	for _, group := range []struct {
		kind  Kind
		rules []Rule
	}{{Eligible, r.Eligible}, {Veto, r.Vetoes}, {Review, r.Reviews}} {
		for _, x := range group.rules {
			if x.ID == id {
				return x.Title, group.kind
			}
		}
	}
	for _, indicator := range r.Score {
		if indicator.ID == id {
			return indicator.Title, ""
		}
	}
	return rule.Text{English: id, Chinese: id}, Eligible
}

func (r *Rules) title(id string) rule.Text { title, _ := r.named(id); return title }

func (r *Rules) kind(id string) Kind { _, kind := r.named(id); return kind }
