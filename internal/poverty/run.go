package poverty

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Run measures the CSV file that in holds, and the change to the file Wave2 when the options name one, and writes the report to out:
// a table, or JSON of the shape of [Report] when the options say so.
func Run(o Options, in io.Reader, out io.Writer) error {
	first, err := ReadCSV(in, o)
	if err != nil {
		return err
	}
	report, err := o.measure(first)
	if err != nil {
		return err
	}
	return report.Write(o, out)
}

// Write writes the report as the options say: a table, or JSON of the shape of [Report].
func (r *Report) Write(o Options, out io.Writer) error {
	if o.JSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	return r.WriteText(out)
}

func (o Options) measure(first *Sample) (*Report, error) {
	if o.Wave2 == "" {
		return Measure(first, o)
	}
	file, err := os.Open(o.Wave2)
	if err != nil {
		return nil, fmt.Errorf("open wave 2: %w", err)
	}
	defer file.Close()
	later := o
	later.AsOf = o.AsOf2
	if o.Line2 != "" {
		later.Line = o.Line2
	}
	second, err := ReadCSV(file, later)
	if err != nil {
		return nil, fmt.Errorf("wave 2, %s: %w", o.Wave2, err)
	}
	return Compare(first, second, o)
}
