package decide

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lastmile/internal/fault"
	"lastmile/internal/household/decision"
)

// printer writes decisions one after another, and what belongs around them.
type printer interface {
	print(decision.Decision) error
	end() error
}

func newPrinter(format, language string, w *bufio.Writer) (printer, error) {
	switch format {
	case "", "text":
		return &textPrinter{w: w, language: language, count: map[decision.Outcome]int{}}, nil
	case "csv":
		p := &csvPrinter{w: csv.NewWriter(w), language: language}
		return p, p.w.Write(csvHeader)
	case "json":
		return &jsonPrinter{w: w}, nil
	}
	return nil, fault.New(fault.Invalid, "decide.format", "there is no format %q", format).For("format").Mend("Use text, csv or json.")
}

// textPrinter writes a line a household, its reasons below it, and the counts at the end.
type textPrinter struct {
	w        *bufio.Writer
	language string
	count    map[decision.Outcome]int
}

func (p *textPrinter) print(d decision.Decision) error {
	p.count[d.Outcome]++
	fmt.Fprintf(p.w, "%s  %s  %s  (%s, %s)\n", d.Household, d.Outcome, decision.OutcomeWords(d.Outcome).In(p.language), d.AsOf, d.Rulebook)
	for _, reason := range d.Reasons {
		fmt.Fprintf(p.w, "    %-7s %s\n", decision.ResultWords(reason.Result).In(p.language), reason.Text(p.language))
	}
	return nil
}

func (p *textPrinter) end() error {
	total := 0
	for _, outcome := range outcomes {
		total += p.count[outcome]
	}
	if total == 1 {
		return nil
	}
	fmt.Fprintln(p.w)
	for _, outcome := range outcomes {
		fmt.Fprintf(p.w, "%8d  %s  %s\n", p.count[outcome], outcome, decision.OutcomeWords(outcome).In(p.language))
	}
	_, err := fmt.Fprintf(p.w, "%8d\n", total)
	return err
}

var outcomes = []decision.Outcome{decision.ExitEligible, decision.Hold, decision.Undetermined, decision.NotApplicable}

// csvPrinter writes a row a household.
type csvPrinter struct {
	w        *csv.Writer
	language string
}

var csvHeader = []string{"household", "as_of", "rulebook", "outcome", "members", "net_income", "income_each", "line", "line_id", "reasons", "explanation"}

func (p *csvPrinter) print(d decision.Decision) error {
	ids, texts := make([]string, len(d.Reasons)), make([]string, len(d.Reasons))
	for i, reason := range d.Reasons {
		ids[i], texts[i] = reason.ID(), reason.Text(p.language)
	}
	return p.w.Write([]string{
		d.Household, string(d.AsOf), d.Rulebook, string(d.Outcome), strconv.Itoa(d.Members),
		d.Account.Net.String(), d.Account.Net.PerPerson(d.Members).String(), d.Line.Amount.String(), d.Line.ID,
		strings.Join(ids, ";"), strings.Join(texts, " "),
	})
}

func (p *csvPrinter) end() error {
	p.w.Flush()
	return p.w.Error()
}

// jsonPrinter writes an array with a decision a line.
type jsonPrinter struct {
	w     *bufio.Writer
	begun bool
}

func (p *jsonPrinter) print(d decision.Decision) error {
	line, err := json.Marshal(d)
	if err != nil {
		return err
	}
	separator := "[\n"
	if p.begun {
		separator = ",\n"
	}
	p.begun = true
	_, err = io.WriteString(p.w, separator+string(line))
	return err
}

func (p *jsonPrinter) end() error {
	text := "\n]\n"
	if !p.begun {
		text = "[]\n"
	}
	_, err := io.WriteString(p.w, text)
	return err
}
