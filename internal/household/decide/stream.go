package decide

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"lastmile/internal/civil"
	"lastmile/internal/household/decision"
)

// Answer is what became of one row: a decision, or what cannot be read or decided.
type Answer struct {
	Row      int
	Decision decision.Decision
	Err      error
}

const batchRows = 512 // rows a worker takes at once

// Stream decides every row of a table on all processors and hands the answers over in the order of the rows, on the
// caller's goroutine. The rulebook is the one given or, when that is nil, the one in force in the area on the date. An
// error of the table itself, of the header or of accept ends the stream; a bad row is an answer like any other.
func Stream(rows RowReader, books *decision.Rulebooks, rules *decision.Rulebook, asOf civil.Date, accept func(Answer) error) error {
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the table is empty: it needs a header and rows")
	}
	if err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	table, err := readLayout(header, asOf)
	if err != nil {
		return err
	}

	type batch struct {
		first   int
		rows    [][]string
		answers []Answer
		done    chan struct{}
	}
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *batch, workers), make(chan *batch, 2*workers)
	stop := make(chan struct{})
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for b := range work {
				b.answers = make([]Answer, len(b.rows))
				for i, cells := range b.rows {
					b.answers[i] = answer(table, books, rules, b.first+i, cells)
				}
				close(b.done)
			}
		})
	}
	var readErr error
	running.Go(func() {
		defer close(order)
		defer close(work)
		for number := 2; ; {
			b := &batch{first: number, rows: make([][]string, 0, batchRows), done: make(chan struct{})}
			var cells []string
			for len(b.rows) < batchRows {
				if cells, readErr = rows.Read(); readErr != nil {
					readErr = fmt.Errorf("read row %d: %w", number, readErr)
					break
				}
				b.rows = append(b.rows, cells)
				number++
			}
			select {
			case order <- b:
			case <-stop:
				return
			}
			work <- b
			if readErr != nil {
				return
			}
		}
	})

	var acceptErr error
	for b := range order {
		<-b.done
		for _, a := range b.answers {
			if acceptErr == nil {
				acceptErr = accept(a)
			}
		}
		if acceptErr != nil {
			close(stop)
			for b := range order {
				<-b.done
			}
			break
		}
	}
	running.Wait()
	if acceptErr != nil {
		return acceptErr
	}
	if errors.Is(readErr, io.EOF) {
		return nil
	}
	return readErr
}

func answer(table *layout, books *decision.Rulebooks, rules *decision.Rulebook, number int, cells []string) Answer {
	h, asOf, err := table.household(number, cells)
	if err != nil {
		return Answer{Row: number, Err: err}
	}
	result, err := decide(h, asOf, books, rules)
	if err != nil {
		err = Problem{Row: number, Err: err}
	}
	return Answer{number, result, err}
}

func decide(h *decision.Household, asOf civil.Date, books *decision.Rulebooks, rules *decision.Rulebook) (decision.Decision, error) {
	if rules == nil {
		var err error
		if rules, err = books.InForce(h.Area, asOf); err != nil {
			return decision.Decision{}, fmt.Errorf("household %s: %w", h.ID, err)
		}
	}
	return decision.Decide(h, asOf, rules)
}
