package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/indicator"
	"lastmile/internal/journal"
	"lastmile/internal/store"
)

// atFlags are the flags that say what figures are evaluated for.
type atFlags struct {
	asOf, knownAt, area, project, channel, fund, from string
}

func (a *atFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&a.asOf, "as-of", "", "as it was on this day (default today)")
	c.Flags().StringVar(&a.knownAt, "known-at", "", "as it was known at BOOK:SEQ; several are separated by commas")
	c.Flags().StringVar(&a.area, "area", "", "in this area, by official code")
	c.Flags().StringVar(&a.project, "project", "", "of this project")
	c.Flags().StringVar(&a.channel, "channel", "", "of this channel")
	c.Flags().StringVar(&a.fund, "fund", "", "of this fund")
	c.Flags().StringVar(&a.from, "from", "", "from this day on")
}

func (a *atFlags) at(s *store.Store) (figure.At, error) {
	at := figure.At{AsOf: s.Today(), Filter: figure.Filter{Area: a.area, Channel: a.channel, Fund: a.fund}}
	if a.project != "" {
		at.Projects = []string{a.project}
	}
	for _, d := range []struct {
		text, flag string
		to         *date.Date
	}{{a.asOf, "--as-of", &at.AsOf}, {a.from, "--from", &at.From}} {
		if d.text == "" {
			continue
		}
		day, err := date.Parse(d.text)
		if err != nil {
			return at, usageError{fault.New(fault.Invalid, "field.date", "%s %q is not a date", d.flag, d.text).Mend("Write it as 2020-03-14.")}
		}
		*d.to = day
	}
	if a.knownAt != "" {
		at.KnownAt = map[string]int64{}
		for _, text := range strings.Split(a.knownAt, ",") {
			book, seq, err := parsePosition(strings.TrimSpace(text))
			if err != nil {
				return at, err
			}
			at.KnownAt[book] = seq
		}
	}
	return at, nil
}

// position says up to where the books are counted: what was asked for, and the end of the others.
func position(ctx context.Context, s *store.Store, at figure.At) (string, error) {
	heads, err := journal.Heads(ctx, s.DB)
	if err != nil {
		return "", err
	}
	parts := make([]string, len(heads))
	for i, h := range heads {
		seq := h.Seq
		if known, ok := at.KnownAt[h.Book]; ok {
			seq = min(known, seq)
		}
		parts[i] = fmt.Sprintf("%s:%d", h.Book, seq)
	}
	return strings.Join(parts, ","), nil
}

type figureRow struct {
	ID      string `json:"id"`
	By      string `json:"by,omitempty"`
	En      string `json:"en"`
	Unit    string `json:"unit"`
	Value   string `json:"value"`
	AsOf    string `json:"as_of"`
	KnownAt string `json:"known_at"`
	Grade   string `json:"grade"`
	Traced  int64  `json:"traced"`
	Of      int64  `json:"of"`
}

func row(v *figure.Value, member, known string) figureRow {
	d := v.Definition
	return figureRow{d.ID, member, d.En, d.Unit, v.Decimal(), string(v.At.AsOf), known, v.Grade().String(), v.Traced, v.Of}
}

func (p *program) figuresCommand() *cobra.Command {
	var flags atFlags
	var by string
	var measures, standard bool
	c := &cobra.Command{
		Use:   "figures [ID...]",
		Short: "Evaluate figures, all of them or those named",
		Long: `Evaluate figures, all of them or those named.

A figure is defined by a fact of kind figure. A new programme gets those that every programme asks
for with --standard; its own are recorded with: lastmile import figure FILE.`,
		RunE: func(c *cobra.Command, ids []string) error {
			if measures {
				return p.listMeasures()
			}
			ctx := c.Context()
			s, err := p.open(ctx)
			if err != nil {
				return err
			}
			defer s.Close()
			at, err := flags.at(s)
			if err != nil {
				return err
			}
			if by != "" && !slices.Contains(figure.Dimensions, by) {
				return usageError{fmt.Errorf("--by %s: use one of %s", by, strings.Join(figure.Dimensions, ", "))}
			}
			if standard {
				if err := s.DefineFigures(ctx, "standard figures"); err != nil {
					return err
				}
			}
			figures, err := s.Figures(ctx)
			if err != nil {
				return err
			}
			if len(figures.Definitions()) == 0 && len(ids) == 0 && !p.json {
				fmt.Fprintln(p.out, "No figures are defined yet. Define the usual ones with: lastmile figures --standard")
				return nil
			}
			if len(ids) == 0 {
				for _, d := range figures.Definitions() {
					ids = append(ids, d.ID)
				}
			}
			known, err := position(ctx, s, at)
			if err != nil {
				return err
			}
			rows := []figureRow{}
			for _, id := range ids {
				if by == "" {
					v, err := figures.Evaluate(ctx, id, at)
					if err != nil {
						return err
					}
					rows = append(rows, row(v, "", known))
					continue
				}
				members, err := figures.By(ctx, id, by, at)
				if err != nil {
					return err
				}
				for _, m := range members {
					rows = append(rows, row(m.Value, m.ID, known))
				}
			}
			return p.printFigures(rows)
		},
	}
	flags.add(c)
	c.Flags().StringVar(&by, "by", "", "broken down by area, project, fund, year or month")
	c.Flags().BoolVar(&standard, "standard", false, "define the figures that every programme asks for, where they are not defined yet")
	c.Flags().BoolVar(&measures, "measures", false, "list the measures that figures can be made of")
	return c
}

func (p *program) printFigures(rows []figureRow) error {
	if p.json {
		return p.printJSON(rows)
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FIGURE\tVALUE\tUNIT\tPROVED\tWHAT IT IS")
	for _, r := range rows {
		id := r.ID
		if r.By != "" {
			id += " / " + r.By
		}
		value := r.Value
		if value == "" {
			value = "not recorded"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s, %d of %d\t%s\n", id, value, r.Unit, r.Grade, r.Traced, r.Of, r.En)
	}
	return w.Flush()
}

func (p *program) listMeasures() error {
	list := figure.Measures()
	if p.json {
		return p.printJSON(list)
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	for _, m := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.ID, m.Unit, m.En, m.Zh)
	}
	fmt.Fprintln(w, "FLOW:COMMODITY\t\tpostings of a flow, such as disbursement:CNY or delivery:sheep\t")
	return w.Flush()
}

func (p *program) lineageCommand() *cobra.Command {
	var flags atFlags
	c := &cobra.Command{
		Use:   "lineage ID",
		Short: "The entries behind a figure, whose contributions add up to it",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			s, err := p.open(ctx)
			if err != nil {
				return err
			}
			defer s.Close()
			at, err := flags.at(s)
			if err != nil {
				return err
			}
			figures, err := s.Figures(ctx)
			if err != nil {
				return err
			}
			v, list, err := figures.Lineage(ctx, args[0], at)
			if err != nil {
				return err
			}
			return p.printLineage(v, list)
		},
	}
	flags.add(c)
	return c
}

func (p *program) printLineage(v *figure.Value, list []figure.Contribution) error {
	type item struct {
		Book         string `json:"book"`
		Seq          int64  `json:"seq"`
		Kind         string `json:"kind"`
		On           string `json:"on"`
		Area         string `json:"area"`
		Contribution string `json:"contribution"`
	}
	items := make([]item, len(list))
	for i, c := range list {
		items[i] = item{c.Book, c.Seq, c.Kind, string(c.On), c.Area, c.Decimal()}
	}
	if p.json {
		return p.printJSON(items)
	}
	fmt.Fprintf(p.out, "%s = %s %s, %s, %d of %d records traced\n\n", v.Definition.ID, v.Decimal(), v.Definition.Unit, v.Grade(), v.Traced, v.Of)
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, i := range items {
		fmt.Fprintf(w, "%s:%d\t%s\t%s\t%s\t%s\t\n", i.Book, i.Seq, i.On, i.Kind, i.Area, i.Contribution)
	}
	return w.Flush()
}

type claimRow struct {
	ID        string `json:"id"`
	Sentence  string `json:"sentence"`
	Qualifier string `json:"qualifier"`
	Stated    string `json:"stated"`
	Unit      string `json:"unit"`
	Figure    string `json:"figure"`
	Computed  string `json:"computed"`
	Verdict   string `json:"verdict"`
	Grade     string `json:"grade"`
}

type claimSummary struct {
	Holds       int `json:"holds"`
	Differs     int `json:"differs"`
	Forecast    int `json:"forecast"`
	NotComputed int `json:"not_computed"`
}

func (s *claimSummary) count(v figure.Verdict) {
	switch v {
	case figure.Holds:
		s.Holds++
	case figure.Differs:
		s.Differs++
	case figure.Forecast:
		s.Forecast++
	default:
		s.NotComputed++
	}
}

func (s claimSummary) String() string {
	return fmt.Sprintf("Claims: %d hold, %d differ, %d are forecasts, %d are not computed.", s.Holds, s.Differs, s.Forecast, s.NotComputed)
}

func (p *program) claimsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "claims [FILE]",
		Short: "Check claims against the records, one verdict each",
		Long: `Check the claims recorded in the store, or those of a table with the fields of a claim as columns
(lastmile kinds claim). Exit code 1 when the records contradict one.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			var claims []figure.Claim
			if len(args) == 1 {
				claims, err = indicator.ReadClaims(args[0])
			} else {
				claims, err = indicator.Claims(c.Context(), s.DB)
			}
			if err != nil {
				return err
			}
			return p.checkClaims(c.Context(), s, claims)
		},
	}
}

func (p *program) checkClaims(ctx context.Context, s *store.Store, claims []figure.Claim) error {
	figures, err := s.Figures(ctx)
	if err != nil {
		return err
	}
	rows := []claimRow{}
	var sum claimSummary
	for _, claim := range claims {
		r, err := figures.Check(ctx, claim)
		if err != nil {
			return err
		}
		grade := ""
		if r.Value != nil {
			grade = r.Value.Grade().String()
		}
		rows = append(rows, claimRow{r.ID, r.Sentence, r.Qualifier, r.Stated, r.Unit, r.Figure, r.Computed, string(r.Verdict), grade})
		sum.count(r.Verdict)
	}
	if p.json {
		err = p.printJSON(struct {
			Claims  []claimRow   `json:"claims"`
			Summary claimSummary `json:"summary"`
		}{rows, sum})
	} else {
		err = p.printClaims(rows, sum)
	}
	if err == nil && sum.Differs > 0 {
		return errSilent
	}
	return err
}

func (p *program) printClaims(rows []claimRow, sum claimSummary) error {
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "CLAIM\tVERDICT\tSTATED\tCOMPUTED\tUNIT\tPROVED\tSENTENCE")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", r.ID, r.Verdict, r.Qualifier, r.Stated, r.Computed, r.Unit, r.Grade, shorten(r.Sentence))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "\n%s\n", sum)
	return err
}

// shorten cuts a sentence to what fits on a line.
func shorten(s string) string {
	const most = 60
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
