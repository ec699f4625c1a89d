package targeting

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"lastmile/internal/date"
	"lastmile/internal/rule/condition"
	"lastmile/internal/table"
)

// Summary is a dry run in figures, for JSON.
type Summary struct {
	Programme  string           `json:"programme"`
	Version    string           `json:"version"`
	RulesHash  string           `json:"rules_hash"`
	On         date.Date        `json:"as_of"`
	Households int              `json:"households"`
	Outcomes   map[string]Tally `json:"outcomes"`
	Rules      []RuleCount      `json:"rules"`
	Villages   []VillageSummary `json:"villages"`
	ListHash   string           `json:"list_hash"`
	Order      string           `json:"order"`
	Compared   bool             `json:"compared"` // there was a list to compare with
	Enter      []Explanation    `json:"enter"`
	Leave      []Explanation    `json:"leave"`
	Unsure     []Explanation    `json:"unsure"`
	Stay       int              `json:"stay"`
	Gone       []string         `json:"gone"`
}

// VillageSummary is a VillageCount with outcomes by name.
type VillageSummary struct {
	VillageCount
	Outcomes map[string]int `json:"outcomes"`
}

// Order says how households are put in order, in words.
const Order = "higher score first; of equal scores the smaller SHA-256 of draw_seed, a line break and the household's code; then the code"

// Summary sums a result up beside the changes.
func (r *Result) Summary(c Changes) Summary {
	s := Summary{Programme: r.Programme.ID, Version: r.Programme.Version, RulesHash: r.Programme.Hash, On: r.On, Households: len(r.Households), Outcomes: map[string]Tally{}, Rules: r.Rules,
		Villages: []VillageSummary{}, ListHash: r.ListHash(), Order: Order, Compared: r.Cards.SaysCurrent, Stay: len(c.Stay), Gone: slices.Concat([]string{}, c.Gone)}
	for _, o := range Outcomes() {
		s.Outcomes[o.String()] = Tally{r.Count[o], r.Persons[o]}
	}
	for _, v := range r.Villages {
		by := map[string]int{}
		for _, o := range Outcomes() {
			by[o.String()] = v.Count[o]
		}
		s.Villages = append(s.Villages, VillageSummary{v, by})
	}
	explain := func(list []Change) []Explanation {
		all := []Explanation{}
		for _, x := range list {
			all = append(all, r.Explain(x.Row))
		}
		return all
	}
	s.Enter, s.Leave, s.Unsure = explain(c.Enter), explain(c.Leave), explain(c.Unsure)
	return s
}

// Names of changes, in tables and CSV.
const (
	Enters = "enter"
	Stays  = "stay"
	Leaves = "leave"
	Unsure = "unsure"
)

// changeOf says what becomes of a household; "" when it is not on the list and does not enter it.
func (r *Result) changeOf(row int) string {
	outcome, listed := r.Households[row].Outcome, r.Cards.Current[row]
	switch {
	case outcome == Chosen && listed:
		return Stays
	case outcome == Chosen:
		return Enters
	case listed && (outcome == Undetermined || outcome == InReview):
		return Unsure
	case listed:
		return Leaves
	}
	return ""
}

// WriteCSV writes one row a household, in the order of the cards: outcome, change, score, place, reason, and the answer of every rule and
// the points of every indicator under their ids.
func (r *Result) WriteCSV(w io.Writer, language string) error {
	var columns []table.Column
	for _, name := range []string{"household", "village", "outcome", "change", "score", "rank", "quota", "reason"} {
		columns = append(columns, table.Column{Name: name})
	}
	for _, rule := range r.Programme.rules {
		columns = append(columns, table.Column{Name: "rule_" + rule.ID})
	}
	for _, indicator := range r.Programme.Score {
		columns = append(columns, table.Column{Name: "points_" + indicator.ID})
	}
	out, err := table.NewWriter(w, table.CSV, columns, table.WriterOptions{GuardFormulas: true})
	if err != nil {
		return err
	}
	for row := range r.Households {
		e := r.Explain(row)
		cells := []string{e.Household, e.Village, e.Outcome, r.changeOf(row), "", "", "", e.Reason(language)}
		if e.Score != nil {
			cells[4] = strconv.FormatInt(*e.Score, 10)
		}
		if e.Rank > 0 {
			cells[5] = strconv.Itoa(e.Rank)
		}
		if e.Quota >= 0 {
			cells[6] = strconv.FormatInt(e.Quota, 10)
		}
		for _, a := range e.Rules {
			cells = append(cells, a.Answer)
		}
		for _, p := range e.Parts {
			if p.Known {
				cells = append(cells, strconv.FormatInt(p.Points, 10))
			} else {
				cells = append(cells, condition.Unknown.String())
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	return out.Close()
}

// shownMax is how many households of a list a text shows; CSV and JSON have all.
const shownMax = 20

// WriteText writes a dry run for people.
func (r *Result) WriteText(w io.Writer, c Changes, language string) error {
	p := r.Programme
	_, err := fmt.Fprintf(w, "%s, version %s, as of %s: %d households\nOrder: %s.\n\n", p.Title.In(language), p.Version, r.On, len(r.Households), Order)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "OUTCOME\tHOUSEHOLDS\tPERSONS")
	for _, o := range slices.Backward(Outcomes()) {
		fmt.Fprintf(t, "%s\t%d\t%d\n", o, r.Count[o], r.Persons[o])
	}
	fmt.Fprintln(t, "\t\t\nRULE\tYES\tNO\tUNKNOWN\tALONE\t")
	for _, x := range r.Rules {
		fmt.Fprintf(t, "%s: %s\t%d\t%d\t%d\t%d\t\n", x.Kind, x.Title.In(language), x.Yes, x.No, x.Unknown, x.Alone)
	}
	if err == nil {
		err = t.Flush()
	}
	if err != nil {
		return err
	}
	if r.Cards.SaysCurrent {
		fmt.Fprintf(w, "\nAgainst the list as it is: %d enter, %d stay, %d leave, %d cannot be judged, %d have no card.\n", len(c.Enter), len(c.Stay), len(c.Leave), len(c.Unsure), len(c.Gone))
	} else {
		fmt.Fprintf(w, "\nThere is no list to compare with; %d would be on it.\n", len(c.Enter))
	}
	for _, part := range []struct {
		name string
		list []Change
	}{{"Enter", c.Enter}, {"Leave", c.Leave}, {"Cannot be judged", c.Unsure}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s:\n", part.name)
		for i, x := range part.list {
			if i == shownMax {
				fmt.Fprintf(w, "  … and %d more: print all with --csv\n", len(part.list)-i)
				break
			}
			e := r.Explain(x.Row)
			if _, err := fmt.Fprintf(w, "  %s: %s\n", e.Household, e.Reason(language)); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteText writes a back-test for people.
func (b *Backtest) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\tHOUSEHOLDS\tPERSONS")
	for _, line := range []struct {
		name string
		n    Tally
	}{
		{"chosen by the rule and on the list then", b.Both}, {"chosen by the rule alone", b.OnlyRule}, {"on the list alone", b.OnlyList}, {"neither", b.Neither}, {"the rule cannot say", b.Unsure},
	} {
		fmt.Fprintf(t, "%s\t%d\t%d\n", line.name, line.n.Households, line.n.Persons)
	}
	fmt.Fprintln(t, "\t\t\nAGAINST WHO TURNED OUT TO BE IN NEED\tTHE RULE\tTHE LIST THEN")
	for _, line := range []struct {
		name       string
		rule, list Tally
	}{
		{"in need and on it", b.Rule.InNeed, b.List.InNeed}, {"on it and not in need (inclusion error)", b.Rule.Leakage, b.List.Leakage},
		{"in need and not on it (exclusion error)", b.Rule.Missed, b.List.Missed}, {"neither", b.Rule.NotInNeed, b.List.NotInNeed}, {"nobody knows", b.Rule.Unknown, b.List.Unknown},
	} {
		fmt.Fprintf(t, "%s\t%d\t%d\n", line.name, line.rule.Households, line.list.Households)
	}
	share := func(count, of int) string {
		if of == 0 {
			return "not known"
		}
		return fmt.Sprintf("%d of %d (%.2f %%)", count, of, 100*float64(count)/float64(of))
	}
	fmt.Fprintf(t, "inclusion error of those on it\t%s\t%s\n", share(b.Rule.LeakageShare()), share(b.List.LeakageShare()))
	fmt.Fprintf(t, "exclusion error of those in need\t%s\t%s\n", share(b.Rule.MissedShare()), share(b.List.MissedShare()))
	fmt.Fprintf(t, "households of then without a card now\t%d\t\n", b.Lost)
	return t.Flush()
}
