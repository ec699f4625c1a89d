package main

import (
	"cmp"
	"context"
	goflag "flag"
	"io"
	"os"

	"github.com/spf13/cobra"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/household/decide"
	"lastmile/internal/household/income"
	"lastmile/internal/poverty"
	"lastmile/internal/poverty/census"
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
	var register bool
	var area string
	c := &cobra.Command{
		Use:   "poverty FILE.csv | --register",
		Short: "Measure poverty in a file of households or in the register, with standard errors",
		Long: `Measure poverty in any file of households: headcount, gaps, Watts, Gini, multidimensional index and more,
with standard errors for the sampling design. It stores nothing. The columns and conventions are in docs/poverty.md.

With --register the households are those of the register, with their last income account, each against the
line of its place and year; --by names a level of areas: village, town or county.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.JSON = p.json
			switch {
			case register && len(args) > 0:
				return fault.New(fault.Invalid, "poverty.both", "a file is named and --register too").Mend("Leave one out.")
			case register:
				if !c.Flags().Changed("sampling") {
					o.Sampling = poverty.Census
				}
				return p.povertyOfRegister(c.Context(), o, area)
			case len(args) == 0:
				return fault.New(fault.Invalid, "poverty.file", "no file is named").Mend("Name a table of households, or measure the register: lastmile poverty --register")
			case area != "":
				return fault.New(fault.Invalid, "poverty.area", "--area goes with --register").Mend("Leave it out.")
			}
			f, err := p.openInput(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			return poverty.Run(o, f, p.out)
		},
	}
	c.Flags().BoolVar(&register, "register", false, "measure the register of households")
	c.Flags().StringVar(&area, "area", "", "with --register: official code of the area, such as 620524103 (default all)")
	flags := goflag.NewFlagSet("poverty", goflag.ContinueOnError)
	o.Flags(flags)
	flags.VisitAll(func(f *goflag.Flag) {
		if f.Name != "json" { // every command has it
			c.Flags().AddGoFlag(f)
		}
	})
	return c
}

// povertyOfRegister measures everybody on record.
func (p *program) povertyOfRegister(ctx context.Context, o poverty.Options, area string) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	of := census.Options{Area: area, On: s.Today(), By: o.By}
	if o.AsOf != "" {
		if of.On, err = date.Parse(o.AsOf); err != nil {
			return fault.New(fault.Invalid, "field.date", "--as-of %q is not a date", o.AsOf).Mend("Write it as 2019-12-31.")
		}
	}
	if o.Line != "" {
		line, err := income.ParseYuan(o.Line)
		if err != nil || line <= 0 {
			return fault.New(fault.Invalid, "poverty.line", "--line %q is no amount above zero", o.Line).Mend("Write it in yuan a person a year, as 4000.")
		}
		of.Line = int64(line)
	}
	sample, err := census.Read(ctx, s.DB, of)
	if err != nil {
		return err
	}
	if o.Population == "" {
		o.Population = "households of the register in area " + cmp.Or(area, "of every county")
	}
	report, err := poverty.Measure(sample, o)
	if err != nil {
		return err
	}
	return report.Write(o, p.out)
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
