package decide

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/household/decision"
	"lastmile/internal/table"
)

// Answer is what became of one row: a decision, or what cannot be read or decided.
type Answer struct {
	Row      int // as a person sees it in the file
	Decision decision.Decision
	Err      fault.List // every cell of the row that cannot be read, or why it cannot be decided
}

// entry is a row that waits to be decided.
type entry struct {
	number   int
	cells    []string
	problems []*table.Error
	layout   *layout
}

const batchRows = 512 // rows a worker takes at once

// Stream decides every row of a table on all processors and hands the answers over in the order of the rows, on the
// caller's goroutine. The rulebook is the one given or, when that is nil, the one in force in the area on the date. An
// error of the table itself, of its columns or of accept ends the stream; a bad row is an answer like any other. Progress,
// unless nil, is told how many bytes of how many have been read.
func Stream(rows *table.Reader, books *decision.Rulebooks, rules *decision.Rulebook, asOf date.Date, progress func(done, total int64), accept func(Answer) error) error {
	layout, err := readLayout(rows.Columns(), asOf)
	if err != nil {
		return err
	}

	type batch struct {
		entries []entry
		answers []Answer
		done    chan struct{}

		read, size int64 // bytes, when the batch was full
	}
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *batch, workers), make(chan *batch, 2*workers)
	stop := make(chan struct{})
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			var h decision.Household
			for b := range work {
				b.answers = make([]Answer, len(b.entries))
				for i := range b.entries {
					b.answers[i] = b.entries[i].answer(books, rules, &h)
				}
				close(b.done)
			}
		})
	}
	var readErr error
	running.Go(func() {
		defer close(order)
		defer close(work)
		for more := true; more; {
			b := &batch{entries: make([]entry, 0, batchRows), done: make(chan struct{})}
			for len(b.entries) < batchRows {
				if more = rows.Next(); !more {
					readErr = rows.Err()
					break
				}
				if len(rows.Columns()) != len(layout.at) { // JSON Lines name their columns as they come
					if layout, readErr = readLayout(rows.Columns(), asOf); readErr != nil {
						more = false
						break
					}
				}
				row := rows.Row()
				b.entries = append(b.entries, entry{row.Number, slices.Clone(row.Cells), slices.Clone(row.Problems), layout})
			}
			b.read, b.size = rows.Progress()
			select {
			case order <- b:
			case <-stop:
				return
			}
			work <- b
		}
	})

	var acceptErr error
	for b := range order {
		<-b.done
		if progress != nil {
			progress(b.read, b.size)
		}
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
	return readErr
}

// answer decides a row, using h to read it into.
func (e *entry) answer(books *decision.Rulebooks, rules *decision.Rulebook, h *decision.Household) Answer {
	if len(e.problems) > 0 {
		problems := make(fault.List, len(e.problems))
		for i, problem := range e.problems {
			problems[i] = fault.New(fault.Invalid, string(problem.Code), "%s", problem.Text()).At(problem.Row, problem.Column).Mend("%s", problem.Remedy()).Wrap(problem)
		}
		return Answer{Row: e.number, Err: problems}
	}
	asOf, problems := e.layout.household(e.number, e.cells, h)
	if len(problems) > 0 {
		return Answer{Row: e.number, Err: problems}
	}
	result, err := decide(h, asOf, books, rules)
	return answerOf(e.number, result, err)
}

// answerOf places the error of a decision, if any, at its row.
func answerOf(number int, result decision.Decision, err error) Answer {
	if err != nil {
		return Answer{Row: number, Err: fault.List{fault.New(fault.Invalid, "decide.household", "%v", err).Wrap(err).At(number, "")}}
	}
	return Answer{Row: number, Decision: result}
}

func decide(h *decision.Household, asOf date.Date, books *decision.Rulebooks, rules *decision.Rulebook) (decision.Decision, error) {
	if rules == nil {
		var err error
		if rules, err = books.InForce(h.Area, asOf); err != nil {
			return decision.Decision{}, fmt.Errorf("household %s: %w", h.ID, err)
		}
	}
	return decision.Decide(h, asOf, rules)
}
