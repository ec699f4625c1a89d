// Package decide is the command "lastmile decide": it judges households from outside by a rulebook of lastmile, so that
// anybody can hold their own register against the same rules.
//
// It reads a table of households, one a row (docs/decide.md lists the columns), or the full record of one household or
// several as JSON, and prints an answer with every reason. Nothing is stored. Rows that cannot be read are named by row
// and column, and the others are still answered.
package decide

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/household/decision"
	"lastmile/internal/table"
)

// Options say what to decide and how to print it. The zero value of every field but File is usable.
type Options struct {
	// File is a table (.csv, .xlsx or .jsonl, one household a row) or records (.json); "-" is CSV from standard input.
	File string
	// AsOf is the date decided about, for rows that do not give their own. Records need it.
	AsOf date.Date
	// Rulebook is the id of a published rulebook, or a file with one; when empty, each household is decided by the
	// published one in force where it lives on the date.
	Rulebook string
	// Format is text (the default), csv or json.
	Format string
	// Language of the reasons in text and CSV: en (the default) or zh. JSON has both.
	Language string
	// Progress, when set, is told how many bytes of how many have been read.
	Progress func(done, total int64)
}

// problemsMax bounds how many problems of rows are kept to be told.
const problemsMax = 1000

// Run decides every household of a file and prints the answers. What they are is no error. The error is a fault.List
// when rows could not be read or decided: the other rows have been answered all the same. Any other error is of the
// options or of the file as a whole.
func Run(o Options, in io.Reader, out io.Writer) error {
	if o.Language != "" && o.Language != "en" && o.Language != "zh" {
		return fault.New(fault.Invalid, "decide.language", "there is no language %q", o.Language).For("language").Mend("Use en or zh.")
	}
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return err
	}
	rules, err := findRulebook(books, o.Rulebook)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(out, 1<<16)
	printer, err := newPrinter(o.Format, o.Language, buffer)
	if err != nil {
		return err
	}
	var problems fault.List
	unkept := 0
	accept := func(a Answer) error {
		if a.Err == nil {
			return printer.print(a.Decision)
		}
		kept := min(len(a.Err), problemsMax-len(problems))
		problems, unkept = append(problems, a.Err[:kept]...), unkept+len(a.Err)-kept
		return nil
	}
	if err := answerAll(o, in, books, rules, accept); err != nil {
		return fmt.Errorf("decide %s: %w", o.File, err)
	}
	if err := errors.Join(printer.end(), buffer.Flush()); err != nil {
		return fmt.Errorf("decide %s: print: %w", o.File, err)
	}
	if unkept > 0 {
		problems = append(problems, fault.New(fault.Invalid, "decide.more", "there are %d problems more", unkept))
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// ListRulebooks prints the published rulebooks, one a line.
func ListRulebooks(language string, w io.Writer) error {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return err
	}
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
		return nil, fault.New(fault.NotFound, "decide.rulebook", "there is no rulebook %s, published or in a file", name).
			For("rulebook").Mend("The published ones are %s.", strings.Join(books.IDs(), ", "))
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return books.Clone().Add(file)
}

func answerAll(o Options, in io.Reader, books *decision.Rulebooks, rules *decision.Rulebook, accept func(Answer) error) error {
	if strings.EqualFold(filepath.Ext(o.File), ".json") {
		file, err := os.Open(o.File)
		if err != nil {
			return err
		}
		defer file.Close()
		return decideRecords(file, o.AsOf, books, rules, accept)
	}
	rows, err := openTable(o.File, in)
	if err != nil {
		return err
	}
	defer rows.Close()
	return Stream(rows, books, rules, o.AsOf, o.Progress, accept)
}

const stdinMax = 256 << 20 // bytes of a table on standard input, which must be held whole

func openTable(name string, in io.Reader) (*table.Reader, error) {
	if name != "-" {
		return table.Open(name, table.Options{})
	}
	data, err := io.ReadAll(io.LimitReader(in, stdinMax+1))
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
		return fault.New(fault.Invalid, "decide.as_of", "records do not say which date is decided about").For("as-of").Mend("Give it with --as-of.")
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
		if err := accept(answerOf(number, result, err)); err != nil {
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
