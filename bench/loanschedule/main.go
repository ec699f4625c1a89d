// Loanschedule measures how many loan schedules one core computes a second,
// and how much faster that is than the same computation in rationals
// (math/big), whose rows it must match one by one.
//
//	go run ./bench/loanschedule
//	go run ./bench/loanschedule -rows 36 -seconds 5
//
// It exits with 1 when a row differs or the engine is slower than -floor.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"lastmile/internal/lending/schedule"
	"lastmile/internal/lending/schedule/reference"
)

func main() {
	rows := flag.Int("rows", 24, "rows of each schedule")
	seconds := flag.Float64("seconds", 2, "how long to measure each calculation")
	floor := flag.Float64("floor", 300_000, "schedules a second the engine must reach")
	flag.Parse()
	if flag.NArg() > 0 || *rows < 1 || *rows > schedule.MaxInstalments || *seconds <= 0 {
		fmt.Fprintf(os.Stderr, "loanschedule: give -rows from 1 to %d and -seconds above 0, and nothing else\n", schedule.MaxInstalments)
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	if err := measure(*rows, time.Duration(*seconds*float64(time.Second)), *floor); err != nil {
		fmt.Fprintln(os.Stderr, "loanschedule:", err)
		os.Exit(1)
	}
}

func measure(rows int, duration time.Duration, floor float64) error {
	contracts := makeContracts(rows)

	buffer := make([]schedule.Row, 0, rows)
	engine, err := rate(contracts, duration, func(c *schedule.Contract) (err error) {
		buffer, err = schedule.Schedule(buffer[:0], c)
		return err
	})
	if err != nil {
		return err
	}
	rational, err := rate(contracts, duration, func(c *schedule.Contract) error {
		_, err := reference.Schedule(c)
		return err
	})
	if err != nil {
		return err
	}
	compared, err := compare(contracts, duration)
	if err != nil {
		return err
	}

	fmt.Printf("schedules of %d rows, one core, %s\n", rows, runtime.Version())
	fmt.Printf("engine     %9.0f a second, %5.0f ns a row\n", engine, 1e9/engine/float64(rows))
	fmt.Printf("rationals  %9.0f a second\n", rational)
	fmt.Printf("ratio      %9.0f\n", engine/rational)
	fmt.Printf("identical  %9d schedules compared row by row\n", compared)
	if engine < floor {
		return fmt.Errorf("%.0f schedules a second, the floor is %.0f", engine, floor)
	}
	return nil
}

// makeContracts varies amount, rate, day and day count as a bank's book would,
// so that nothing can be learnt from one contract for the next.
func makeContracts(rows int) []schedule.Contract {
	r := rand.New(rand.NewPCG(35, 5451))
	contracts := make([]schedule.Contract, 4096)
	for i := range contracts {
		contracts[i] = schedule.Contract{
			Principal:   1_000_00 + r.Int64N(5_000_000_00),
			Rate:        10_000 + r.Int64N(100_000),
			Instalments: rows,
			DisbursedOn: schedule.Date(2016+r.IntN(5), 1+r.IntN(12), 1+r.IntN(31)),
			DayCount:    schedule.DayCount(r.IntN(4)),
			Smooth:      r.IntN(2) == 0,
		}
	}
	return contracts
}

// windows is the number of measurements of which the fastest counts: what else
// the machine does can only slow one down.
const windows = 10

// rate returns how many contracts a second a calculation does.
func rate(contracts []schedule.Contract, duration time.Duration, calculate func(*schedule.Contract) error) (float64, error) {
	best, next := 0.0, 0
	for range windows {
		start := time.Now()
		for n := 1; ; n++ {
			if err := calculate(&contracts[next%len(contracts)]); err != nil {
				return 0, fmt.Errorf("contract %d: %w", next%len(contracts), err)
			}
			next++
			if n%64 > 0 {
				continue
			}
			if elapsed := time.Since(start); elapsed >= duration/windows {
				best = max(best, float64(n)/elapsed.Seconds())
				break
			}
		}
	}
	return best, nil
}

// compare schedules contracts both ways for a while and counts those alike; it
// returns an error at the first row that differs.
func compare(contracts []schedule.Contract, duration time.Duration) (int, error) {
	start := time.Now()
	for i := range contracts {
		if time.Since(start) >= duration {
			return i, nil
		}
		rows, err := schedule.Schedule(nil, &contracts[i])
		if err != nil {
			return i, fmt.Errorf("contract %d: %w", i, err)
		}
		want, err := reference.Schedule(&contracts[i])
		if err != nil {
			return i, fmt.Errorf("contract %d in rationals: %w", i, err)
		}
		for k, row := range rows {
			if w := want[k]; row.DueOn.String() != w.DueOn || row.Principal != w.Principal || row.Interest != w.Interest || row.Balance != w.Balance {
				return i, fmt.Errorf("contract %d, row %d: %+v in integers, %+v in rationals", i, k+1, row, w)
			}
		}
	}
	return len(contracts), nil
}
