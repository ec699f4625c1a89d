package schedule

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// Format is the form in which Run prints schedules.
type Format uint8

const (
	JSON    Format = iota // an object for an object, an array for an array
	Table                 // columns, with totals, to be read
	Account               // a line of Explain for each row
)

var formatNames = []string{"json", "table", "account"}

func (f Format) String() string { return nameOf(formatNames, f) }

// ParseFormat reads json, table or account.
func ParseFormat(text string) (Format, error) {
	for i, name := range formatNames {
		if name == text {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("format %q is unknown: choose %s", text, choices(formatNames))
}

// Run reads contracts as Decode does and prints their schedules. It prints
// nothing unless all of them are right; otherwise the error is Problems.
func Run(in io.Reader, out io.Writer, format Format) error {
	batch, err := Decode(in)
	if err != nil {
		return err
	}
	if err := batch.check(); err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<16)
	switch format {
	case Table:
		err = batch.writeTables(w)
	case Account:
		err = batch.writeAccounts(w)
	default:
		err = batch.writeJSON(w)
	}
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print schedules: %w", err)
	}
	return nil
}

// check schedules all contracts and keeps only the problems: doing it twice
// costs less than holding every row.
func (b *Batch) check() error {
	var all Problems
	var rows []Row
	for i := range b.Contracts {
		var err error
		rows, err = Schedule(rows[:0], &b.Contracts[i])
		var problems Problems
		if errors.As(err, &problems) {
			for _, problem := range problems {
				if b.Array {
					problem.Field = place(i) + problem.Field
				}
				all = append(all, problem)
			}
		}
		if len(all) >= maxProblems {
			all.add("input", "terms.json", "too many problems: correct these, the rest was not tried")
			break
		}
	}
	return all.orNil()
}

// each schedules the contracts one after the other into one buffer.
func (b *Batch) each(print func(i int, c *Contract, rows []Row) error) error {
	var rows []Row
	for i := range b.Contracts {
		c := &b.Contracts[i]
		var err error
		if rows, err = Schedule(rows[:0], c); err != nil {
			return err
		}
		if err := print(i, c, rows); err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) writeJSON(w *bufio.Writer) error {
	open, close := "", "\n"
	if b.Array {
		open, close = "[\n", "\n]\n"
		if len(b.Contracts) == 0 {
			open, close = "[", "]\n"
		}
	}
	w.WriteString(open)
	var text []byte
	err := b.each(func(i int, c *Contract, rows []Row) error {
		text = text[:0]
		if i > 0 {
			text = append(text, ",\n"...)
		}
		var err error
		text, err = c.appendJSON(text, rows)
		w.Write(text) // its error stays in w, for Flush to return
		return err
	})
	w.WriteString(close)
	return err
}

// appendJSON appends the schedule as an object, a row on each line.
func (c *Contract) appendJSON(b []byte, rows []Row) ([]byte, error) {
	amount := func(name string, value int64) {
		b = append(b, `, "`...)
		b = append(b, name...)
		b = append(b, `": "`...)
		b = appendDecimal(b, value, c.decimals())
		b = append(b, '"')
	}
	b = append(b, '{')
	if c.ID != "" {
		id, err := json.Marshal(c.ID)
		if err != nil {
			return b, fmt.Errorf("write id: %w", err)
		}
		b = append(b, `"id": `...)
		b = append(b, id...)
		b = append(b, ", "...)
	}
	b = append(b, `"rows": [`...)
	var sum totals
	for i := range rows {
		row := &rows[i]
		sum.add(row)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, "\n  {\"n\": "...)
		b = strconv.AppendInt(b, int64(row.N), 10)
		b = append(b, `, "due_on": "`...)
		b, _ = row.DueOn.AppendText(b)
		b = append(b, '"')
		if row.Disbursed > 0 {
			amount("disbursed", row.Disbursed)
		}
		amount("principal", row.Principal)
		amount("interest", row.Interest)
		amount("total", row.Total())
		amount("balance", row.Balance)
		b = append(b, '}')
	}
	b = append(b, "\n]"...)
	amount("principal", sum.principal)
	amount("interest", sum.interest)
	amount("total", sum.principal+sum.interest)
	if c.Method == Flat {
		if rate, err := TrueRate(c, rows); err == nil {
			b = append(b, `, "true_annual_rate": "`...)
			b = append(b, writeRate(rate)...)
			b = append(b, '"')
		}
	}
	return append(b, '}'), nil
}

type totals struct{ principal, interest int64 }

func (t *totals) add(row *Row) {
	t.principal += row.Principal
	t.interest += row.Interest
}

func (b *Batch) writeTables(w *bufio.Writer) error {
	return b.each(func(i int, c *Contract, rows []Row) error {
		b.writeHeading(w, i)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "n\tdue on\tprincipal\tinterest\ttotal\tbalance\t")
		var sum totals
		for k := range rows {
			row := &rows[k]
			sum.add(row)
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t\n", row.N, row.DueOn,
				c.write(row.Principal), c.write(row.Interest), c.write(row.Total()), c.write(row.Balance))
		}
		fmt.Fprintf(table, "\tin all\t%s\t%s\t%s\t\t\n",
			c.write(sum.principal), c.write(sum.interest), c.write(sum.principal+sum.interest))
		if err := table.Flush(); err != nil {
			return fmt.Errorf("print table: %w", err)
		}
		if c.Method == Flat {
			if rate, err := TrueRate(c, rows); err == nil {
				fmt.Fprintf(w, "flat rate %s %%, true annual rate %s %%\n", writeRate(c.Rate), writeRate(rate))
			}
		}
		return nil
	})
}

func (b *Batch) writeAccounts(w *bufio.Writer) error {
	for i := range b.Contracts {
		b.writeHeading(w, i)
		explanations, err := Explain(&b.Contracts[i])
		if err != nil {
			return err
		}
		for _, x := range explanations {
			fmt.Fprintln(w, x)
		}
	}
	return nil
}

// writeHeading names the contract above its schedule, where there are several.
func (b *Batch) writeHeading(w *bufio.Writer, i int) {
	if i > 0 {
		fmt.Fprintln(w)
	}
	if id := b.Contracts[i].ID; id != "" {
		fmt.Fprintf(w, "%s\n", id)
	} else if b.Array {
		fmt.Fprintf(w, "contract %d\n", i+1)
	}
}
