package main

import (
	goflag "flag"
	"io"
	"os"

	"github.com/spf13/cobra"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/household/decide"
	"lastmile/internal/poverty"
)

// openInput opens a file to read, or standard input for "-".
func (p *program) openInput(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(p.in), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.New(fault.NotFound, "file.missing", "%s cannot be read", name).Mend("Correct the name.").Wrap(err)
	}
	return f, nil
}

func (p *program) povertyCommand() *cobra.Command {
	var o poverty.Options
	c := &cobra.Command{
		Use:   "poverty FILE.csv",
		Short: "Measure poverty in a file of households, with standard errors",
		Long: `Measure poverty in any file of households: headcount, gaps, Watts, Gini, multidimensional index and more,
with standard errors for the sampling design. It stores nothing. The columns and conventions are in docs/poverty.md.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := p.openInput(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			o.JSON = p.json
			return poverty.Run(o, f, p.out)
		},
	}
	flags := goflag.NewFlagSet("poverty", goflag.ContinueOnError)
	o.Flags(flags)
	flags.VisitAll(func(f *goflag.Flag) {
		if f.Name != "json" { // every command has it
			c.Flags().AddGoFlag(f)
		}
	})
	return c
}

func (p *program) decideCommand() *cobra.Command {
	var o decide.Options
	var asOf string
	var rulebooks bool
	c := &cobra.Command{
		Use:   "decide FILE",
		Short: "Decide which households of a file may leave poverty, with every reason",
		Long: `Hold households against the rulebook in force where they live: exit-eligible, hold, undetermined or not applicable,
with every reason. It stores nothing. The columns are in docs/decide.md.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if rulebooks {
				return decide.ListRulebooks(o.Language, p.out)
			}
			if len(args) == 0 {
				return fault.New(fault.Invalid, "decide.file", "no file is named").Mend("Name a table of households, or see: lastmile decide --rulebooks")
			}
			if asOf != "" {
				day, err := date.Parse(asOf)
				if err != nil {
					return fault.New(fault.Invalid, "field.date", "--as-of %q is not a date", asOf).Mend("Write it as 2019-12-10.")
				}
				o.AsOf = day
			}
			if p.json {
				o.Format = "json"
			}
			o.File, o.Progress = args[0], p.progress("deciding")
			return decide.Run(o, p.in, p.out)
		},
	}
	c.Flags().StringVar(&asOf, "as-of", "", "date to decide about, for rows without their own")
	c.Flags().StringVar(&o.Rulebook, "rulebook", "", "published rulebook, or a JSON file with one (default: the one in force there and then)")
	c.Flags().StringVar(&o.Format, "format", "text", "text, csv or json")
	c.Flags().StringVar(&o.Language, "language", "en", "language of the reasons, en or zh")
	c.Flags().BoolVar(&rulebooks, "rulebooks", false, "list the published rulebooks")
	return c
}
