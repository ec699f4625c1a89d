package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/lending"
	"lastmile/internal/lending/schedule"
)

func (p *program) loanCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "loan",
		Short: "Loan schedules, the close of day and the portfolio at risk",
	}
	c.AddCommand(p.loanScheduleCommand(), p.dayEndCommand(), p.portfolioCommand())
	return c
}

func (p *program) loanScheduleCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "schedule [FILE]",
		Short: "Compute the schedules of loan contracts",
		Long: `Read one loan contract as JSON, or an array of them, from a file or standard input, and print what is due
when, to the fen. It needs no database. The fields and conventions are in docs/loan-schedule.md.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := schedule.ParseFormat(format)
			if err != nil {
				return usageError{fault.New(fault.Invalid, "format.unknown", "%v", err)}
			}
			name := "-"
			if len(args) == 1 {
				name = args[0]
			}
			in, err := p.openInput(name)
			if err != nil {
				return err
			}
			defer in.Close()
			return schedule.Run(in, p.out, f)
		},
	}
	c.Flags().StringVar(&format, "format", "json", "json, table, or account: a line for each row that explains it")
	return c
}

func (p *program) dayEndCommand() *cobra.Command {
	var through string
	c := &cobra.Command{
		Use:   "day-end",
		Short: "Close a day for all loans: what is due, days past due, classes",
		Long: `Close a day for all loans of all books. It may be stopped and started again, and closing a day twice is
closing it once: only loans of which more is known since are closed again. Loans that cannot be
closed are listed and do not keep others from being closed.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			day := s.Today()
			if through != "" {
				if day, err = date.Parse(through); err != nil {
					return usageError{fault.New(fault.Invalid, "field.date", "--on %q is not a date", through).Mend("Write it as 2020-03-14.")}
				}
			}
			books, err := entity.Find(c.Context(), s.DB, entity.Filter{Book: entity.Headquarters, Type: "book"})
			if err != nil {
				return err
			}
			type failure struct {
				Book  string `json:"book"`
				Loan  string `json:"loan"`
				Error string `json:"error"`
			}
			result := struct {
				On       date.Date `json:"on"`
				Closed   int64     `json:"closed"`
				Failures []failure `json:"failures"`
			}{day, 0, []failure{}}
			for _, b := range books {
				closer := lending.Closer{Progress: p.progress("close " + b.ID)}
				closed, err := closer.Close(c.Context(), s.DB, b.ID, day)
				if err != nil {
					return err
				}
				result.Closed += closed.Loans
				for _, f := range closed.Failures {
					result.Failures = append(result.Failures, failure{f.Book, f.Loan, f.Err.Error()})
				}
			}
			if p.json {
				err = p.printJSON(result)
			} else {
				fmt.Fprintf(p.out, "%d loans closed through %s.\n", result.Closed, day)
				for _, f := range result.Failures {
					fmt.Fprintf(p.out, "Loan %s of book %s was not closed: %s\n", f.Loan, f.Book, f.Error)
				}
			}
			if err == nil && len(result.Failures) > 0 {
				return errSilent
			}
			return err
		},
	}
	c.Flags().StringVar(&through, "on", "", "the day to close (default today)")
	return c
}

func (p *program) portfolioCommand() *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "portfolio BOOK",
		Short: "The loans of a book at risk, as the last close of day left them",
		Long: `Show what is outstanding and how much of it is past due more than 0, 1, 30, 60, 90 and 180 days. Extended
loans are always a line of their own; what was written off is shown beside.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if by != "" && !slices.Contains(lending.Dimensions, by) {
				return usageError{fmt.Errorf("--by %s: use one of %s", by, strings.Join(lending.Dimensions, ", "))}
			}
			s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			parts, err := lending.Portfolio(c.Context(), s.DB, args[0], by)
			if err != nil {
				return err
			}
			return p.printPortfolio(parts)
		},
	}
	c.Flags().StringVar(&by, "by", "", fmt.Sprintf("broken down by one of %v", lending.Dimensions))
	return c
}

func (p *program) printPortfolio(parts []lending.Part) error {
	if p.json {
		type row struct {
			Key         string            `json:"key,omitempty"`
			Extended    bool              `json:"extended"`
			Loans       int64             `json:"loans"`
			Outstanding fact.Money        `json:"outstanding"`
			Risk        map[int]string    `json:"past_due_more_than"`
			Classes     map[string]string `json:"classes"`
			WrittenOff  fact.Money        `json:"written_off"`
			Largest     fact.Money        `json:"largest"`
		}
		rows := []row{}
		for _, part := range parts {
			r := row{part.Key, part.Extended, part.Loans, fact.Money(part.Outstanding), map[int]string{}, map[string]string{}, fact.Money(part.WrittenOff), fact.Money(part.Largest)}
			for i, days := range lending.RiskDays {
				r.Risk[days] = fact.Money(part.Risk[i]).String()
			}
			for i, class := range lending.Classes {
				r.Classes[class] = fact.Money(part.Class[i]).String()
			}
			rows = append(rows, r)
		}
		return p.printJSON(rows)
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\t\tLOANS\tOUTSTANDING\t")
	for _, days := range lending.RiskDays {
		fmt.Fprintf(w, "PAR>%d\t", days)
	}
	fmt.Fprintln(w, "WRITTEN OFF\t")
	for _, part := range parts {
		extended := ""
		if part.Extended {
			extended = "extended"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t", part.Key, extended, part.Loans, fact.Money(part.Outstanding))
		for _, risk := range part.Risk {
			fmt.Fprintf(w, "%s\t", fact.Money(risk))
		}
		fmt.Fprintf(w, "%s\t\n", fact.Money(part.WrittenOff))
	}
	return w.Flush()
}
