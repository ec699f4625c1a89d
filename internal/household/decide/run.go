// Package decide is the command "lastmile decide": it judges households from outside by a rulebook of lastmile, so that
// anybody can hold their own register against the same rules.
//
// It reads a table of households, one a row (docs/decide.md lists the columns), or the full record of one household or
// several as JSON, and prints an answer with every reason. Nothing is stored. Rows that cannot be read are named by row
// and column on standard error, and the others are still answered.
package decide

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/household/decision"
	"lastmile/internal/table"
)

const usage = `lastmile decide [flags] FILE

Decides for each household of FILE whether it may leave poverty on a date, and says why not.
FILE is a table (.csv, .xlsx or .jsonl, one household a row) or records (.json); "-" reads CSV from standard input.

`

// Exit statuses of the command.
const (
	statusOK    = 0
	statusError = 1 // something could not be read or decided
	statusUsage = 2
)

// errUsage marks an error of the command line.
var errUsage = errors.New("run lastmile decide -h for help")

type options struct {
	file, format, language string
	asOf                   date.Date
	rulebook               string
	list                   bool
}

// Run is the command: arguments without the program's name and "decide", and the three streams. It returns the exit
// status: 0, or 1 when anything could not be read or decided, or 2 for wrong usage. What the answers are does not
// change the status.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := run(args, stdin, stdout, stderr)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return statusOK
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "lastmile decide: %v\n", err)
		return statusUsage
	}
	fmt.Fprintf(stderr, "lastmile decide: %v\n", err)
	return statusError
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	opts, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return err
	}
	if opts.list {
		return listRulebooks(books, opts.language, stdout)
	}
	rules, err := findRulebook(books, opts.rulebook)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(stdout, 1<<16)
	printer, err := newPrinter(opts.format, opts.language, out)
	if err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	bad, err := answerAll(opts, stdin, books, rules, printer, stderr)
	if err != nil {
		return fmt.Errorf("%s: %w", opts.file, err)
	}
	if err := errors.Join(printer.end(), out.Flush()); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%s: %d could not be decided; correct what is named above and run again", opts.file, bad)
	}
	return nil
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var opts options
	var asOf string
	flags := flag.NewFlagSet("lastmile decide", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&asOf, "as-of", "", "`date` decided about (YYYY-MM-DD), for rows without one")
	flags.StringVar(&opts.rulebook, "rulebook", "", "`id` of a published rulebook, or a file with one; without it, the one in force there and then")
	flags.StringVar(&opts.format, "format", "text", "`text`, csv or json")
	asJSON := flags.Bool("json", false, "the same as --format json")
	flags.StringVar(&opts.language, "language", "en", "`language` of the reasons: en or zh")
	flags.BoolVar(&opts.list, "rulebooks", false, "list the published rulebooks and stop")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return opts, err
		}
		return opts, fmt.Errorf("%w; %w", err, errUsage)
	}
	if *asJSON {
		opts.format = "json"
	}
	if err := opts.asOf.UnmarshalText([]byte(asOf)); err != nil {
		return opts, fmt.Errorf("--as-of: %w; %w", err, errUsage)
	}
	if opts.language != "en" && opts.language != "zh" {
		return opts, fmt.Errorf("--language %q: use en or zh; %w", opts.language, errUsage)
	}
	if opts.list {
		return opts, nil
	}
	if flags.NArg() != 1 {
		return opts, fmt.Errorf("give one file; %w", errUsage)
	}
	opts.file = flags.Arg(0)
	return opts, nil
}

func listRulebooks(books *decision.Rulebooks, language string, w io.Writer) error {
	for _, id := range books.IDs() {
		book, _ := books.Get(id)
		if _, err := fmt.Fprintf(w, "%-14s version %s  %-9s %s  %s\n", book.ID, book.Version, book.Jurisdiction, book.Valid, book.Title.In(language)); err != nil {
			return err
		}
	}
	return nil
}

// findRulebook returns a published rulebook by id, or reads one from a file; nil when none is named.
func findRulebook(books *decision.Rulebooks, name string) (*decision.Rulebook, error) {
	if name == "" {
		return nil, nil
	}
	if book, ok := books.Get(name); ok {
		return book, nil
	}
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("rulebook %s: no file, and none of the published ones (%s)", name, strings.Join(books.IDs(), ", "))
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return books.Clone().Add(file)
}

// answerAll answers every household and returns how many could not be read or decided.
func answerAll(opts options, stdin io.Reader, books *decision.Rulebooks, rules *decision.Rulebook, out printer, stderr io.Writer) (bad int, err error) {
	progress := newProgress(stderr)
	defer progress.clear()
	accept := func(a Answer) error {
		progress.step()
		if a.Err != nil {
			bad++
			progress.clear()
			fmt.Fprintln(stderr, a.Err)
			return nil
		}
		return out.print(a.Decision)
	}
	if strings.EqualFold(filepath.Ext(opts.file), ".json") {
		file, err := os.Open(opts.file)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		err = decideRecords(file, opts.asOf, books, rules, accept)
		return bad, err
	}
	rows, err := openTable(opts.file, stdin)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	err = Stream(rows, books, rules, opts.asOf, accept)
	return bad, err
}

const stdinMax = 256 << 20 // bytes of a table on standard input, which must be held whole

func openTable(name string, stdin io.Reader) (*table.Reader, error) {
	if name != "-" {
		return table.Open(name, table.Options{})
	}
	data, err := io.ReadAll(io.LimitReader(stdin, stdinMax+1))
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	if len(data) > stdinMax {
		return nil, fmt.Errorf("standard input is larger than %d MiB: give a file instead", stdinMax>>20)
	}
	return table.NewReader(bytes.NewReader(data), int64(len(data)), "standard input.csv", table.Options{})
}

// decideRecords answers households given as JSON: one object, or several after each other or in an array.
func decideRecords(input io.Reader, asOf date.Date, books *decision.Rulebooks, rules *decision.Rulebook, accept func(Answer) error) error {
	if asOf == "" {
		return fmt.Errorf("give the date decided about with --as-of; %w", errUsage)
	}
	reader := bufio.NewReader(input)
	decoder := json.NewDecoder(reader)
	decoder.DisallowUnknownFields()
	array := false
	if first, err := firstByte(reader); err == nil && first == '[' {
		array = true
		if _, err := decoder.Token(); err != nil {
			return fmt.Errorf("read records: %w", err)
		}
	}
	for number := 1; decoder.More(); number++ {
		h := new(decision.Household)
		if err := decoder.Decode(h); err != nil {
			return fmt.Errorf("record %d: %w", number, err)
		}
		result, err := decide(h, asOf, books, rules)
		if err != nil {
			err = fmt.Errorf("record %d: %w", number, err)
		}
		if err := accept(Answer{number, result, err}); err != nil {
			return err
		}
	}
	if array {
		if _, err := decoder.Token(); err != nil {
			return fmt.Errorf("read records: the array does not end: %w", err)
		}
	}
	return nil
}

// firstByte returns the first byte that is not white space, without taking it.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if !strings.ContainsRune(" \t\r\n", rune(b)) {
			return b, r.UnreadByte()
		}
	}
}

// progress counts households on a terminal, and is silent elsewhere.
type progress struct {
	w     io.Writer // nil when silent
	count int
	next  time.Time
	shown bool
}

const progressEvery = 500 * time.Millisecond

func newProgress(w io.Writer) *progress {
	p := &progress{next: time.Now().Add(2 * progressEvery)}
	if file, ok := w.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = w
		}
	}
	return p
}

func (p *progress) step() {
	p.count++
	if p.w == nil || p.count%1000 != 0 {
		return
	}
	if now := time.Now(); now.After(p.next) {
		p.next, p.shown = now.Add(progressEvery), true
		fmt.Fprintf(p.w, "\r%d households", p.count)
	}
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
		p.shown = false
	}
}
