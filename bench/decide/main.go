// Command decide measures how fast households are decided, beside merely reading the same rows.
//
//	go run ./bench/decide [-households 1000000]
//
// It makes a register of households of both counties in a temporary file, reads it, then reads and decides it, and
// prints both times and their ratio. The aim is a million households in under ten seconds on two processors.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"lastmile/internal/household/decide"
	"lastmile/internal/household/decision"
	"lastmile/internal/table"
)

func main() {
	households := flag.Int("households", 1_000_000, "how many households")
	flag.Parse()
	if err := measure(*households, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "decide:", err)
		os.Exit(1)
	}
}

func measure(households int, w io.Writer) (err error) {
	file, err := os.CreateTemp("", "households-*.csv")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	buffer := bufio.NewWriterSize(file, 1<<16)
	register(buffer, households)
	if err := errors.Join(buffer.Flush(), file.Close()); err != nil {
		return err
	}
	reading, err := read(file.Name())
	if err != nil {
		return err
	}
	deciding, count, err := judge(file.Name())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d households on %d processors: read in %.2f s, read and decided in %.2f s (%.1f times), %.1f µs each\noutcomes: %v\n",
		households, runtime.GOMAXPROCS(0), reading.Seconds(), deciding.Seconds(), deciding.Seconds()/reading.Seconds(),
		float64(deciding.Microseconds())/float64(max(1, households)), count)
	return err
}

// register writes a table of so many households.
func register(w io.Writer, households int) {
	random := rand.New(rand.NewPCG(2013, 2016))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	fmt.Fprintln(w, "household,area,status,status_on,registered_on,members,births,income,income_once,period_to,checked_on,assessor,food,clothing,education,medical,housing,housing_evidence,water,causes,measures,responsible")
	for i := range households {
		members := 2 + random.IntN(5)
		cause := pick("illness", "funds", "labour", "schooling")
		fmt.Fprintf(w, "H-%07d,%s,pre_exit,2019-02-01,2014-03-01,%d,%d-05-01;%d-09-02,%d.%02d,%d,2019-11-30,2019-11-%02d,Li,%s,clothes_and_bedding,%s,%s,%s,photo,%s,%s,%s:2018-03-01,Zhao\n",
			i, pick("620524103", "653127201"), members, 1950+random.IntN(40), 2000+random.IntN(18), members*(3600+random.IntN(3000)), random.IntN(100), random.IntN(2)*500, 1+random.IntN(28),
			pick("stable_source", "grain_and_protein", "grain_and_protein", "seasonal_shortage"), pick("in_school", "in_school", "in_school", "dropped_out"),
			pick("resident_insurance", "resident_insurance", "employee_insurance", "uninsured"), pick("grade_a", "grade_b", "repaired", "relocated", "grade_d"), pick("piped", "convenient", "piped", "unsafe"), cause, cause)
	}
}

// read reads the rows and nothing more.
func read(name string) (time.Duration, error) {
	start := time.Now()
	rows, err := table.Open(name, table.Options{})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return time.Since(start), rows.Err()
}

// judge reads and decides them.
func judge(name string) (time.Duration, map[decision.Outcome]int, error) {
	books, err := decision.PublishedRulebooks()
	if err != nil {
		return 0, nil, err
	}
	start, count := time.Now(), map[decision.Outcome]int{}
	rows, err := table.Open(name, table.Options{})
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	err = decide.Stream(rows, books, nil, "2019-12-10", nil, func(a decide.Answer) error {
		count[a.Decision.Outcome]++
		if a.Err != nil {
			return a.Err
		}
		return nil
	})
	return time.Since(start), count, err
}
