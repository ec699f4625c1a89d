package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/monitoring/sweep"
	"lastmile/internal/store"
	"lastmile/internal/table"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
)

func (p *program) targetCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "target",
		Short: "Try targeting rules on households: who would enter and leave, and why",
		Long: `Try targeting rules on the register or on any table of households, set them beside last year, and sweep for
households at risk of falling back. The rules, the variables and the columns are in docs/targeting.md.`,
	}
	c.AddCommand(p.dryRunCommand(), p.backtestCommand(), p.sweepCommand(), p.variablesCommand())
	return c
}

// target is what the commands have in common: where to look, and at which day.
type target struct {
	book, area, asOf, language string
	on                         date.Date
}

func (o *target) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.book, "book", "", "book of the register: code of the county (default: the only one)")
	c.Flags().StringVar(&o.area, "area", "", "only households of this area")
	c.Flags().StringVar(&o.asOf, "as-of", "", "date to judge by (default today)")
	c.Flags().StringVar(&o.language, "language", "en", "language of the reasons, en or zh")
}

// day reads the date.
func (o *target) day(today date.Date) error {
	if o.language != "en" && o.language != "zh" {
		return usageError{fault.New(fault.Invalid, "language.unknown", "there is no language %q", o.language).Mend("Use en or zh.")}
	}
	o.on = today
	if o.asOf == "" {
		return nil
	}
	var err error
	if o.on, err = date.Parse(o.asOf); err != nil {
		return usageError{fault.New(fault.Invalid, "field.date", "--as-of %q is not a date", o.asOf).Mend("Write it as 2020-03-14.")}
	}
	return nil
}

// county finds the book when it is not named.
func (o *target) county(ctx context.Context, s *store.Store) error {
	if o.book != "" {
		return nil
	}
	books, err := entity.Find(ctx, s.DB, entity.Filter{Type: "book"})
	if err != nil {
		return err
	}
	if len(books) == 1 {
		o.book = books[0].ID
		return nil
	}
	return fault.New(fault.Invalid, "book.which", "there are %d counties", len(books)).Mend("Name one with --book.")
}

// programme reads rules from a file.
func (p *program) programme(name string) (*targeting.Programme, error) {
	f, err := p.openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return targeting.Compile(string(text))
}

// cards reads a table of households; - is standard input.
func (p *program) cards(name string, on date.Date, uses uint64) (*card.Set, error) {
	var rows *table.Reader
	var err error
	if name == "-" {
		text, readErr := io.ReadAll(p.in)
		if readErr != nil {
			return nil, fmt.Errorf("read standard input: %w", readErr)
		}
		rows, err = table.NewReader(bytes.NewReader(text), int64(len(text)), "input.csv", table.Options{})
	} else {
		rows, err = table.Open(name, table.Options{})
		if os.IsNotExist(err) {
			return nil, fault.New(fault.NotFound, "file.missing", "%s cannot be read", name).Mend("Correct the name.").Wrap(err)
		}
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return card.Read(rows, on, uses|card.Counts())
}

func (p *program) dryRunCommand() *cobra.Command {
	var o target
	var asCSV bool
	c := &cobra.Command{
		Use:   "dry-run RULES.json [HOUSEHOLDS]",
		Short: "Show whom rules would choose, who would enter and leave the list, and why",
		Long: `Judge the households of the register, or of a table, by targeting rules. Nothing is recorded. With --csv every household
is a row, with the answer of each rule and the points of each indicator.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			programme, err := p.programme(args[0])
			if err != nil {
				return err
			}
			var result *targeting.Result
			var gone []string
			if len(args) == 2 {
				if err := o.day(date.Of(time.Now())); err != nil {
					return err
				}
				cards, err := p.cards(args[1], o.on, programme.Uses())
				if err != nil {
					return err
				}
				result = programme.Judge(cards, o.on, nil)
			} else {
				s, err := p.open(c.Context())
				if err != nil {
					return err
				}
				defer s.Close()
				if err := o.day(s.Today()); err != nil {
					return err
				}
				if err := o.county(c.Context(), s); err != nil {
					return err
				}
				if result, gone, err = programme.JudgeRegister(c.Context(), s.DB, o.book, o.area, o.on); err != nil {
					return err
				}
			}
			changes := result.Compare(gone)
			switch {
			case asCSV:
				return result.WriteCSV(p.out, o.language)
			case p.json:
				return p.printJSON(result.Summary(changes))
			}
			return result.WriteText(p.out, changes, o.language)
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&asCSV, "csv", false, "print every household as a row of CSV")
	return c
}

func (p *program) backtestCommand() *cobra.Command {
	var o target
	c := &cobra.Command{
		Use:   "backtest RULES.json [THEN NOW]",
		Short: "Show whom rules would have chosen a year ago, beside the list then and who turned out to be in need",
		Long: `Judge the households as they were a year before --as-of, and set whom the rules choose beside the list of then, and beside
who is in need now by the rules' own condition "need". With two tables the households of then and of now are read from
them; their column "before" says who was on the list then. Nothing is recorded.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 3 {
				return fmt.Errorf("accepts 1 or 3 arguments, received %d", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			programme, err := p.programme(args[0])
			if err != nil {
				return err
			}
			var result *targeting.Result
			var now *card.Set
			if len(args) == 3 {
				if err := o.day(date.Of(time.Now())); err != nil {
					return err
				}
				before := o.on.AddMonths(-12)
				cards, err := p.cards(args[1], before, programme.Uses())
				if err != nil {
					return err
				}
				if now, err = p.cards(args[2], o.on, programme.Uses()); err != nil {
					return err
				}
				result = programme.Judge(cards, before, nil)
			} else {
				s, err := p.open(c.Context())
				if err != nil {
					return err
				}
				defer s.Close()
				if err := o.day(s.Today()); err != nil {
					return err
				}
				if err := o.county(c.Context(), s); err != nil {
					return err
				}
				if result, now, err = programme.YearBefore(c.Context(), s.DB, o.book, o.area, o.on); err != nil {
					return err
				}
			}
			b, err := result.Backtest(now)
			if err != nil {
				return err
			}
			if p.json {
				return p.printJSON(b)
			}
			return b.WriteText(p.out)
		},
	}
	o.flags(c)
	return c
}

func (p *program) sweepCommand() *cobra.Command {
	var o target
	var open bool
	var actor string
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Ask the ten screening queries of every household, and open an alert for each hit",
		Long: `Ask the screening queries of every household of the register. Without --open nothing is recorded. With it each hit opens an alert,
once: a sweep that is repeated opens no second one.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			if err := o.day(s.Today()); err != nil {
				return err
			}
			if err := o.county(c.Context(), s); err != nil {
				return err
			}
			queries, err := sweep.Published()
			if err != nil {
				return err
			}
			found, err := queries.Look(c.Context(), s.DB, o.book, o.area, o.on)
			if err != nil {
				return err
			}
			opened := 0
			if open {
				progress := p.progress("opening alerts")
				for some := range slices.Chunk(found.Drafts(actor), alertsAtOnce) {
					if _, err := s.Recorder.Record(c.Context(), some...); err != nil {
						return err
					}
					opened += len(some)
					progress(int64(opened), int64(len(found.New)))
				}
			}
			return p.printSweep(found, opened, o.language)
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&open, "open", false, "open the alerts")
	c.Flags().StringVar(&actor, "actor", fact.Operator, "who opens them")
	return c
}

// alertsAtOnce is how many alerts are recorded in one commit. A sweep that is stopped goes on where it was.
const alertsAtOnce = 500

func (p *program) printSweep(found *sweep.Sweep, opened int, language string) error {
	if p.json {
		type row struct {
			Query   string      `json:"query"`
			Hits    []string    `json:"households"`
			Unknown int         `json:"unknown"`
			Missing []sweep.Gap `json:"missing"`
		}
		result := struct {
			Book       string    `json:"book"`
			On         date.Date `json:"as_of"`
			Households int       `json:"households"`
			Queries    []row     `json:"queries"`
			New        int       `json:"new"`
			Open       int       `json:"already_open"`
			Opened     int       `json:"opened"`
		}{found.Book, found.On, found.Cards.Rows(), []row{}, len(found.New), found.Open, opened}
		for _, f := range found.Found {
			r := row{Query: f.Query.ID, Hits: []string{}, Unknown: f.Unknown, Missing: append([]sweep.Gap{}, f.Missing...)}
			for _, at := range f.Hits {
				r.Hits = append(r.Hits, found.Cards.IDs[at])
			}
			result.Queries = append(result.Queries, r)
		}
		return p.printJSON(result)
	}
	fmt.Fprintf(p.out, "%d households of book %s as of %s\n\n", found.Cards.Rows(), found.Book, found.On)
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "QUERY\tHITS\tUNKNOWN\tMISSING")
	for _, f := range found.Found {
		missing := ""
		if len(f.Missing) > 0 {
			missing = f.Missing[0].Variable
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", f.Query.Title.In(language), len(f.Hits), f.Unknown, missing)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "\n%d new alerts, %d hits have one already, %d opened.\n", len(found.New), found.Open, opened)
	return err
}

func (p *program) variablesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "variables",
		Short: "List what a rule may ask about a household",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if p.json {
				type row struct {
					Name   string   `json:"name"`
					Type   string   `json:"type"`
					Unit   string   `json:"unit,omitempty"`
					Values []string `json:"values,omitempty"`
					En     string   `json:"en"`
					Zh     string   `json:"zh"`
				}
				rows := []row{}
				for _, v := range card.Variables() {
					rows = append(rows, row{v.Name, string(v.Type), v.Unit, v.Values, v.Text.English, v.Text.Chinese})
				}
				return p.printJSON(rows)
			}
			w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
			for _, v := range card.Variables() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Name, v.Type, v.Unit, v.Text.English)
			}
			return w.Flush()
		},
	}
}
