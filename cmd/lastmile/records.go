package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
)

func findKind(name string) (*fact.Kind, error) {
	if k := fact.Find(name); k != nil {
		return k, nil
	}
	return nil, fault.New(fault.NotFound, "kind.unknown", "there is no kind of fact %q", name).Mend("List them with: lastmile kinds")
}

func (p *program) importCommand() *cobra.Command {
	var o fact.ImportOptions
	var approvers string
	c := &cobra.Command{
		Use:   "import KIND FILE",
		Short: "Record facts from a .csv, .xlsx or .jsonl table",
		Long: `Record facts of one kind from a table. The columns are the kind's fields (lastmile kinds KIND)
and the date on which each happened ("on"). Every row is checked before any is recorded; when one
is wrong nothing is recorded, unless --skip-bad. An import that was stopped goes on where it was
when it is started again: no row is recorded twice.

Kinds that need a second person become proposals, unless --approved-by names who approved the list.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			k, err := findKind(args[0])
			if err != nil {
				return err
			}
			if _, err := os.Stat(args[1]); err != nil {
				return fault.New(fault.NotFound, "file.missing", "there is no file %s", args[1]).Mend("Correct the name.")
			}
			s, err := p.create(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			o.Approvers = strings.FieldsFunc(approvers, func(r rune) bool { return r == ',' || r == ' ' })
			bars := map[string]func(int64, int64){}
			o.Progress = func(g fact.Progress) {
				if bars[g.Step] == nil {
					bars[g.Step] = p.progress(g.Step)
				}
				bars[g.Step](g.Done, g.Total)
			}
			if o.Errors == "" {
				o.Errors = args[1] + ".errors.xlsx"
			}
			result, err := s.Recorder.Import(c.Context(), k, args[1], o)
			if err != nil {
				if result.Bad > 0 && fault.All(err) != nil {
					fmt.Fprintf(p.err, "%d of %d rows are wrong; nothing was recorded. They are in %s with what is wrong: mend and import that file or this one.\n", result.Bad, result.Rows, o.Errors)
				}
				return err
			}
			return p.report(result, &o)
		},
	}
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "check every row, record nothing")
	c.Flags().BoolVar(&o.SkipBad, "skip-bad", false, "record the good rows though others are wrong")
	c.Flags().StringVar(&o.Errors, "errors", "", "file for the wrong rows, .xlsx, .csv or .jsonl (default FILE.errors.xlsx)")
	c.Flags().StringVar(&o.Actor, "as", fact.Operator, "person who records")
	c.Flags().StringVar(&approvers, "approved-by", "", "persons who approved the list, separated by commas")
	return c
}

func (p *program) report(r *fact.ImportResult, o *fact.ImportOptions) error {
	if p.json {
		return p.printJSON(r)
	}
	if o.DryRun {
		fmt.Fprintf(p.out, "%d rows checked, %d good, %d wrong. Nothing was recorded.\n", r.Rows, r.Rows-r.Bad, r.Bad)
	} else {
		fmt.Fprintf(p.out, "%d rows: %d recorded, %d recorded before, %d wait for approval, %d wrong.\n", r.Rows, r.Recorded, r.Again, r.Proposed, r.Bad)
	}
	if r.Bad > 0 {
		fmt.Fprintf(p.out, "The wrong rows are in %s with what is wrong.\n", o.Errors)
	}
	return nil
}

func (p *program) kindsCommand() *cobra.Command {
	var template string
	c := &cobra.Command{
		Use:   "kinds [KIND]",
		Short: "The kinds of fact, or the fields of one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.listKinds()
			}
			k, err := findKind(args[0])
			if err != nil {
				return err
			}
			if template != "" {
				if err := k.WriteTemplate(template); err != nil {
					return err
				}
				fmt.Fprintf(p.out, "%s is a template for %s.\n", template, k.Name)
				return nil
			}
			return p.showKind(k)
		},
	}
	c.Flags().StringVar(&template, "template", "", "write an import template, .xlsx or .csv")
	return c
}

func (p *program) listKinds() error {
	if p.json {
		type row struct {
			Name       string   `json:"name"`
			En         string   `json:"en"`
			Zh         string   `json:"zh"`
			By         []string `json:"by"`
			ApprovedBy string   `json:"approved_by,omitempty"`
		}
		list := []row{}
		for _, k := range fact.Kinds() {
			r := row{k.Name, k.En, k.Zh, k.By, ""}
			if k.Approval != nil {
				r.ApprovedBy = k.Approval.Role
			}
			list = append(list, r)
		}
		return p.printJSON(list)
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	for _, k := range fact.Kinds() {
		doc, _, _ := strings.Cut(strings.ReplaceAll(k.Doc(), "\n", " "), ". ")
		fmt.Fprintf(w, "%s\t%s\t%s\n", k.Name, k.Zh, strings.TrimSuffix(doc, ".")+".")
	}
	return w.Flush()
}

func (p *program) showKind(k *fact.Kind) error {
	if p.json {
		return p.printJSON(k.JSONSchema())
	}
	fmt.Fprintf(p.out, "%s · %s · %s\n\n%s\n\n", k.Name, k.En, k.Zh, k.Doc())
	if len(k.By) > 0 {
		fmt.Fprintf(p.out, "Recorded by: %s\n", strings.Join(k.By, ", "))
	}
	if k.Approval != nil {
		fmt.Fprintf(p.out, "Approved by: %s, another person", k.Approval.Role)
		for _, s := range k.Approval.Steps {
			fmt.Fprintf(p.out, "; %d of them from %s", s.Approvers, fact.Money(s.From))
		}
		fmt.Fprintln(p.out)
	}
	fmt.Fprintln(p.out)
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FIELD\tTYPE\tLABEL\tABOUT")
	for _, c := range fact.HeaderColumns {
		fmt.Fprintf(w, "%s\t\t\t%s\n", c.Name, c.Note)
	}
	for i := range k.Fields {
		f := &k.Fields[i]
		typ := string(f.Type)
		if f.Ref != "" {
			typ = "code of " + f.Ref
		}
		fmt.Fprintf(w, "%s\t%s\t%s · %s\t%s\n", f.Name, typ, f.En, f.Zh, about(f))
	}
	return w.Flush()
}

// about says in one line what a field takes.
func about(f *fact.Field) string {
	var words []string
	if f.Optional {
		words = append(words, "optional")
	}
	if f.Private {
		words = append(words, "personal")
	}
	if f.Unit != "" {
		words = append(words, f.Unit)
	}
	if len(f.Choices) > 0 {
		values := make([]string, len(f.Choices))
		for i, c := range f.Choices {
			values[i] = c.Value
		}
		words = append(words, "one of "+strings.Join(values, ", "))
	}
	if f.Hint != "" {
		words = append(words, f.Hint)
	}
	return strings.Join(words, "; ")
}

func (p *program) approvalsCommand() *cobra.Command {
	var book string
	c := &cobra.Command{
		Use:   "approvals",
		Short: "What waits for approval",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			list, err := fact.Proposals(c.Context(), s.DB, book, fact.Waiting)
			if err != nil {
				return err
			}
			if p.json {
				return p.printJSON(append([]fact.Pending{}, list...))
			}
			if len(list) == 0 {
				fmt.Fprintln(p.out, "Nothing waits for approval.")
				return nil
			}
			w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "PROPOSAL\tKIND\tPREPARED BY\tAPPROVED BY\tNEEDS\tCONTENT\tWHAT")
			for _, q := range list {
				d, err := q.Draft(c.Context(), s.DB)
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%s:%d\t%s\t%s\t%s\t%d %s\t%s\t%s\n", q.Book, q.Seq, q.Kind, q.Actor, strings.Join(q.Approvers, " "), q.Need, q.Role, q.Hash[:16], inShort(&d))
			}
			return w.Flush()
		},
	}
	c.Flags().StringVar(&book, "book", "", "one book only")
	return c
}

// inShort says a fact in one line: its day and its public fields.
func inShort(d *fact.Draft) string {
	k := fact.KindOf(d.Fact)
	words := []string{string(d.On)}
	for i := range k.Fields {
		f := &k.Fields[i]
		if text := k.Get(d.Fact, f); text != "" && !f.Private {
			words = append(words, f.Name+"="+text)
		}
	}
	return strings.Join(words, " ")
}

func (p *program) approveCommand() *cobra.Command {
	var as, content, sendBack string
	c := &cobra.Command{
		Use:   "approve BOOK:SEQ",
		Short: "Approve a proposal, or send it back",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			book, seq, err := parsePosition(args[0])
			if err != nil {
				return err
			}
			s, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			q, ok, err := fact.ProposalAt(c.Context(), s.DB, book, seq)
			if err != nil {
				return err
			}
			if !ok || !strings.HasPrefix(q.Hash, content) {
				return fault.New(fault.NotFound, "proposal.unknown", "there is no proposal %s with that content", args[0]).Mend("List them with: lastmile approvals")
			}
			receipts, err := s.Recorder.Record(c.Context(), q.Decision(as, sendBack, s.Today(), "command"))
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "Recorded as entry %s:%d.\n", receipts[0].Book, receipts[0].Seq)
			return nil
		},
	}
	c.Flags().StringVar(&as, "as", "", "person who approves (required)")
	c.Flags().StringVar(&content, "content", "", "first characters of the content's hash, to be sure it is what was read")
	c.Flags().StringVar(&sendBack, "send-back", "", "send it back with this reason instead")
	if err := c.MarkFlagRequired("as"); err != nil {
		panic(err)
	}
	return c
}

func parsePosition(text string) (book string, seq int64, err error) {
	book, number, ok := strings.Cut(text, ":")
	if ok {
		seq, err = strconv.ParseInt(number, 10, 64)
	}
	if !ok || err != nil || book == "" || seq < 1 {
		return "", 0, usageError{fault.New(fault.Invalid, "position.form", "%q is not a position in a book", text).Mend("Write BOOK:SEQ, such as 620524:17.")}
	}
	return book, seq, nil
}
