//go:build unix

package decide

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"lastmile/internal/household/decision"
)

// A million households are to be decided in ten seconds on two processors, which is 20 µs of processor time each. The
// tests run under the race detector, which makes everything several times slower, so the floor is set at 200 µs: it
// sees a cost that grows with the number of rows or rules, and bench/decide measures the rest. Processor time is
// counted, so that other work on the machine does not fail it.
func TestSpeedFloor(t *testing.T) {
	const households, floor = 10_000, 200 * time.Microsecond
	var text strings.Builder
	text.WriteString("household,area,registered_on,members,births,income,period_to,checked_on,assessor,food,clothing,education,medical,housing,water,causes,measures\n")
	for i := range households {
		fmt.Fprintf(&text, "h%d,620524,2014-01-01,4,1975-05-01;2010-09-02,%d,2019-11-30,2019-11-20,Li,stable_source,clothes_and_bedding,in_school,resident_insurance,grade_a,piped,funds,funds:2018-03-01\n", i, 14000+i)
	}
	rows := inMemory(t, text.String())
	books, err := decision.PublishedRulebooks()
	if err != nil {
		t.Fatal(err)
	}
	count := map[decision.Outcome]int{}
	before := processorTime(t)
	err = Stream(rows, books, nil, "2019-12-10", nil, func(a Answer) error {
		count[a.Decision.Outcome]++
		if a.Err != nil {
			return a.Err
		}
		return nil
	})
	used := processorTime(t) - before
	if err != nil || count[decision.Hold] != 989 || count[decision.ExitEligible] != households-989 {
		t.Fatalf("outcomes %v, %v: 14,988 yuan among four are at the line of 3,747", count, err)
	}
	if used > households*floor {
		t.Errorf("%d households took %s of processor time, more than %s each", households, used, floor)
	}
}

// processorTime returns the time this process has kept processors busy.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
