//go:build unix && !race

// Package decide measures how fast households are decided, beside merely reading the same rows.
//
//	go test -run Floor ./bench/decide
//	go test -bench Million -benchtime 1x ./bench/decide
package decide

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"lastmile/internal/civil"
	"lastmile/internal/household/decide"
	"lastmile/internal/household/decision"
)

// table makes a register of so many households in both counties, of which about a third may leave.
func table(households int) []byte {
	random := rand.New(rand.NewPCG(2013, 2016))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	var out bytes.Buffer
	out.WriteString("household,area,status,status_on,registered_on,members,births,income,income_once,period_to,checked_on,assessor,food,clothing,education,medical,housing,housing_evidence,water,causes,measures,responsible\n")
	for i := range households {
		members := 2 + random.IntN(5)
		cause := pick("illness", "funds", "labour", "schooling")
		fmt.Fprintf(&out, "H-%07d,%s,pre_exit,2019-02-01,2014-03-01,%d,%d-05-01;%d-09-02,%d.%02d,%d,2019-11-30,2019-11-%02d,Li,%s,clothes_and_bedding,%s,%s,%s,photo,%s,%s,%s:2018-03-01,Zhao\n",
			i, pick("620524103", "653127201"), members, 1950+random.IntN(40), 2000+random.IntN(18), members*(3600+random.IntN(3000)), random.IntN(100), random.IntN(2)*500, 1+random.IntN(28),
			pick("stable_source", "grain_and_protein", "grain_and_protein", "seasonal_shortage"), pick("in_school", "in_school", "in_school", "dropped_out"),
			pick("resident_insurance", "resident_insurance", "employee_insurance", "uninsured"), pick("grade_a", "grade_b", "repaired", "relocated", "grade_d"), pick("piped", "convenient", "piped", "unsafe"), cause, cause)
	}
	return out.Bytes()
}

// read reads the rows and nothing more.
func read(t testing.TB, data []byte) (elapsed time.Duration) {
	t.Helper()
	start := time.Now()
	rows := csv.NewReader(bytes.NewReader(data))
	for {
		if _, err := rows.Read(); errors.Is(err, io.EOF) {
			return time.Since(start)
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// judge reads and decides them.
func judge(t testing.TB, data []byte, households int) (elapsed time.Duration) {
	t.Helper()
	books, err := decision.PublishedRulebooks()
	if err != nil {
		t.Fatal(err)
	}
	start, count := time.Now(), map[decision.Outcome]int{}
	err = decide.Stream(csv.NewReader(bytes.NewReader(data)), books, nil, civil.MustParse("2019-12-10"), func(a decide.Answer) error {
		count[a.Decision.Outcome]++
		return a.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	elapsed = time.Since(start)
	if count[decision.ExitEligible] == 0 || count[decision.Hold] == 0 || count[decision.ExitEligible]+count[decision.Hold] != households {
		t.Fatalf("the outcomes of %d households are %v", households, count)
	}
	return elapsed
}

// BenchmarkMillion decides 1,000,000 households from CSV and reports seconds, and how many times the reading it takes.
func BenchmarkMillion(b *testing.B) {
	const households = 1_000_000
	data := table(households)
	var reading, deciding, processor time.Duration
	for b.Loop() {
		reading += read(b, data)
		before := processorTime(b)
		deciding += judge(b, data, households)
		processor += processorTime(b) - before
	}
	b.ReportMetric(reading.Seconds()/float64(b.N), "s/reading")
	b.ReportMetric(deciding.Seconds()/float64(b.N), "s/deciding")
	b.ReportMetric(processor.Seconds()/float64(b.N), "processor-s/deciding")
	b.ReportMetric(deciding.Seconds()/reading.Seconds(), "deciding/reading")
}

// The floor: a million households in ten seconds on two processors, tried on 50,000. It counts processor time, so that
// other work on the machine does not fail it.
func TestFloor(t *testing.T) {
	const households, floor = 50_000, time.Second
	data := table(households)
	before := processorTime(t)
	judge(t, data, households)
	if used := processorTime(t) - before; used > floor {
		t.Errorf("%d households took %s of processor time, more than %s", households, used, floor)
	}
}

// processorTime returns the time this process has kept processors busy.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkDecide decides 20,000 households from CSV, for profiles.
func BenchmarkDecide(b *testing.B) {
	const households = 20_000
	data := table(households)
	b.ReportAllocs()
	for b.Loop() {
		judge(b, data, households)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/households, "ns/household")
}
