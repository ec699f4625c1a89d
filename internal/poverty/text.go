package poverty

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report as tables for reading.
func (r *Report) WriteText(out io.Writer) error {
	text := bufio.NewWriter(out)
	fmt.Fprintf(text, "population   %s\n", r.Population)
	r.Data.write(text)
	c := &r.Conventions
	watts := string(c.Watts)
	if c.WattsFloor != "" {
		watts += " " + c.WattsFloor
	}
	fmt.Fprintf(text, "conventions  unit %s; cmp %s; negative gap %s; watts of zero or less %s; missing income %s; zero line %s\n",
		c.Unit, c.Cmp, c.Negative, watts, c.Missing, c.ZeroLine)
	fmt.Fprintf(text, "             lone cluster %s; sampling %s; intervals of %v%%; amounts in %s\n", c.LonePSU, c.Sampling, 100*c.Level, r.Currency)
	if c.MPI != "" {
		fmt.Fprintf(text, "             index %s; deprivations not recorded %s\n", c.MPI, c.MPIMissing)
	}
	if c.HighScore != "" {
		fmt.Fprintf(text, "             a high score is %s\n", c.HighScore)
	}
	fmt.Fprintf(text, "code         %s\n", r.Code)
	writeAreas(text, "", r.Areas)
	if r.Wave2 != nil {
		fmt.Fprintf(text, "\nwave 2\n")
		r.Wave2.Data.write(text)
		writeAreas(text, "wave 2, ", r.Wave2.Areas)
		fmt.Fprintf(text, "\nchange, waves %s (%d clusters are in both)\n", c.Waves, r.Wave2.SharedClusters)
		for i := range r.Change {
			r.Change[i].write(text)
		}
	}
	return text.Flush()
}

func (d *Data) write(text io.Writer) {
	fmt.Fprintf(text, "as of        %s\n", cmp.Or(d.AsOf, "not stated"))
	line := d.Line.Low
	if d.Line.High != d.Line.Low {
		line += " to " + d.Line.High
	}
	fmt.Fprintf(text, "line         %s a person %s\n", line, d.Line.ID)
	fmt.Fprintf(text, "data         %d households, %d without income, %d with a line of zero; sha256 %s\n", d.Rows, d.MissingIncome, d.ZeroLine, cmp.Or(d.SHA256, "none"))
	fmt.Fprintf(text, "income       %s\n", d.Income)
	fmt.Fprintf(text, "weights      %s\n", d.Weights)
	fmt.Fprintf(text, "design       %d strata, %d with a lone cluster; %d clusters; %v degrees of freedom\n", d.Design.Strata, d.Design.LoneStrata, d.Design.Clusters, d.Design.Freedom)
	if len(d.Ignored) > 0 {
		fmt.Fprintf(text, "passed over  %s\n", strings.Join(d.Ignored, ", "))
	}
}

func writeAreas(text io.Writer, prefix string, areas []Area) {
	for _, area := range areas {
		fmt.Fprintf(text, "\n%s%s (incomes below zero: %d, of zero or less: %d)\n", prefix, areaName(area.Area), area.Negative, area.Nonpositive)
		table := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "measure\tof\thouseholds\tvalue\tse\tlow\thigh\t")
		for _, e := range area.Estimates {
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", e.Key, e.Unit, e.N,
				e.Scale.format(e.Value), e.Scale.format(e.SE), e.Scale.format(e.Low), e.Scale.format(e.High), e.Note)
		}
		table.Flush()
	}
}

func (a *AreaChange) write(text io.Writer) {
	fmt.Fprintf(text, "\nchange, %s\n", areaName(a.Area))
	table := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "measure\tof\tfrom\tto\tchange\tse\tlow\thigh\tp\t")
	for _, c := range a.Changes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Key, c.Unit, c.Scale.format(c.From), c.Scale.format(c.To),
			c.Scale.format(c.Change), c.Scale.format(c.SE), c.Scale.format(c.Low), c.Scale.format(c.High), Index.format(c.P))
	}
	table.Flush()
	if a.Growth == nil {
		return
	}
	fmt.Fprintf(text, "\nreal growth, %s (incomes over their lines): mean %s, pro-poor %s\n", areaName(a.Area), Index.format(a.Growth.Mean), Index.format(a.Growth.ProPoor))
	table = tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "percent\tgrowth\t")
	for _, point := range a.Growth.Incidence {
		fmt.Fprintf(table, "%d\t%s\t\n", point.Percent, Index.format(point.Rate))
	}
	fmt.Fprintln(table, "measure\tgrowth\tredistribution\tresidual\tshapley growth\tshapley redistribution\t")
	for _, p := range a.Growth.Parts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t\n", p.Measure, Index.format(p.Growth), Index.format(p.Redistribution), Index.format(p.Residual),
			Index.format(p.ShapleyGrowth), Index.format(p.ShapleyRedistribution))
	}
	table.Flush()
}

func areaName(name string) string { return cmp.Or(name, "all") }

// String is the key in a word, such as lorenz 40%, mpi_censored housing or mpi_h_at k=24.
func (k Key) String() string {
	text := k.Measure
	if k.Percent > 0 {
		text += fmt.Sprintf(" %d%%", k.Percent)
	}
	if k.Indicator != "" {
		text += " " + k.Indicator
	}
	if k.Cutoff > 0 {
		text += fmt.Sprintf(" k=%d", k.Cutoff)
	}
	if k.Bound != "" {
		text += " " + k.Bound
	}
	return text
}

// format writes a number with the decimals that its scale is read with; JSON has them all.
func (s Scale) format(n Number) string {
	switch {
	case !n.Known():
		return "-"
	case s == Count:
		return fmt.Sprintf("%.0f", float64(n))
	case s == Money:
		return fmt.Sprintf("%.2f", float64(n))
	}
	return fmt.Sprintf("%.6f", float64(n))
}
