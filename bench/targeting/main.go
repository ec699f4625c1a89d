// Command targeting measures the dry run of a targeting rule, beside merely reading the same rows and beside the same rule written in Go.
//
//	go run ./bench/targeting [-households 1000000]
//
// It makes a register of households of both counties in a temporary file; reads it; reads it and judges every household, with counts of every
// rule, ranks and quotas; and asks the conditions of the rule once more as plain Go over the same columns. The aim is a dry run over a million
// households in under five seconds on two processors.
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
	"sync"
	"sync/atomic"
	"time"

	"lastmile/internal/table"
	"lastmile/internal/targeting"
	"lastmile/internal/targeting/card"
)

const on = "2019-12-10"

const rules = `{
  "id": "bench", "version": "1", "title": {"en": "Bench", "zh": "测试"}, "jurisdiction": "national", "valid": {"from": "2014-01-01"},
  "eligible": [
    {"id": "poor", "title": {"en": "Registered", "zh": "建档"}, "when": "registered"},
    {"id": "low", "title": {"en": "Low income", "zh": "低收入"}, "when": "income <= line * members"},
    {"id": "fresh", "title": {"en": "Income known lately", "zh": "收入为近期"}, "when": "income_age <= 400"}
  ],
  "vetoes": [
    {"id": "flat", "title": {"en": "Bought a flat", "zh": "购商品房"}, "when": "house_bought"},
    {"id": "car", "title": {"en": "Car", "zh": "轿车"}, "when": "vehicle"},
    {"id": "owner", "title": {"en": "Business", "zh": "经商办企业"}, "when": "business_owner"}
  ],
  "reviews": [{"id": "kin", "title": {"en": "Kin", "zh": "近亲属"}, "when": "public_kin"}],
  "score": [
    {"id": "house", "title": {"en": "House", "zh": "住房"}, "options": [{"when": "house_grade == \"d\"", "points": 30}, {"when": "house_grade == \"c\"", "points": 20}]},
    {"id": "hands", "title": {"en": "Hands", "zh": "劳动力"}, "options": [{"when": "labour == 0", "points": 20}, {"when": "labour == 1 && residents > 3", "points": 10}]},
    {"id": "ill", "title": {"en": "Illness", "zh": "因病"}, "options": [{"when": "\"illness\" in causes || \"disability\" in causes", "points": 15}]}
  ],
  "quota": {"each": 40}, "draw_seed": "bench", "notice": {"days": 7, "day_kind": "calendar"}, "sources": [{"for": "all", "text": "bench", "grade": "GK"}]
}`

func main() {
	households := flag.Int("households", 1_000_000, "how many households")
	flag.Parse()
	if err := measure(*households, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "targeting:", err)
		os.Exit(1)
	}
}

func measure(households int, w io.Writer) (err error) {
	programme, err := targeting.Compile(rules)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "cards-*.csv")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	buffer := bufio.NewWriterSize(file, 1<<16)
	register(buffer, households)
	if err := errors.Join(buffer.Flush(), file.Close()); err != nil {
		return err
	}

	start := time.Now()
	if err := read(file.Name()); err != nil {
		return err
	}
	reading := time.Since(start)

	start = time.Now()
	cards, err := load(file.Name(), programme)
	if err != nil {
		return err
	}
	loading := time.Since(start)
	start = time.Now()
	result := programme.Judge(cards, on, nil)
	changes := result.Compare(nil)
	judging := time.Since(start)
	start = time.Now()
	eligible := plain(cards)
	inGo := time.Since(start)

	if want := result.Count[targeting.Chosen] + result.Count[targeting.Waiting]; eligible != want {
		return fmt.Errorf("the rule in Go finds %d households, the programme %d", eligible, want)
	}
	_, err = fmt.Fprintf(w, `%d households on %d processors, %d chosen, %d waiting, %d enter, %d leave
merely reading the rows  %.2f s
reading them into cards  %.2f s
dry run over the cards   %.2f s, %.2f µs each
both                     %.2f s, %.1f times reading
conditions as plain Go   %.2f s; the dry run takes %.1f times that
`, households, runtime.GOMAXPROCS(0), result.Count[targeting.Chosen], result.Count[targeting.Waiting], len(changes.Enter), len(changes.Leave),
		reading.Seconds(), loading.Seconds(), judging.Seconds(), float64(judging.Nanoseconds())/1000/float64(max(1, households)),
		(loading + judging).Seconds(), (loading+judging).Seconds()/reading.Seconds(), inGo.Seconds(), judging.Seconds()/inGo.Seconds())
	return err
}

// register writes a table of so many households. One in fifty lacks something.
func register(w io.Writer, households int) {
	random := rand.New(rand.NewPCG(2013, 2016))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	rarely := func(value, otherwise string, one int) string {
		if random.IntN(one) == 0 {
			return value
		}
		return otherwise
	}
	fmt.Fprintln(w, "household,village,current,registered,income,income_age,members,residents,labour,house_grade,causes,house_bought,vehicle,business_owner,public_kin")
	for i := range households {
		members := 1 + random.IntN(6)
		fmt.Fprintf(w, "H-%07d,%s%06d,%s,%s,%s,%d,%d,%d,%d,%s,%s,%s,%s,%s,%s\n", i, pick("620524", "653127"), 100201+random.IntN(300), rarely("yes", "no", 8), pick("yes", "yes", "no"),
			rarely("", fmt.Sprintf("%d.%02d", members*(2000+random.IntN(5000)), random.IntN(100)), 50), 30+random.IntN(390), members, members, random.IntN(members+1), pick("a", "b", "b", "c", "d"),
			pick("illness", "funds;labour", "disability;skill", "schooling"), rarely("yes", "no", 40), rarely("yes", "no", 30), rarely("yes", "no", 40), rarely("", "no", 100))
	}
}

// read reads the rows and nothing more.
func read(name string) error {
	rows, err := table.Open(name, table.Options{})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func load(name string, programme *targeting.Programme) (*card.Set, error) {
	rows, err := table.Open(name, table.Options{})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return card.Read(rows, on, programme.Uses()|card.Counts())
}

// plain asks the same conditions in Go: who is chosen or waits. What is unknown keeps a household out here, as there.
func plain(cards *card.Set) int {
	at := card.Language().Variable
	registered, income, line, members, age := at("registered"), at("income"), at("line"), at("members"), at("income_age")
	out := []int{at("house_bought"), at("vehicle"), at("business_owner"), at("public_kin")}
	needed := []int{at("house_grade"), at("labour"), at("residents"), at("causes")}
	judge := func(row int) bool {
		is, ok := cards.Number(row, registered)
		if !ok || is == 0 {
			return false
		}
		have, ok1 := cards.Number(row, income)
		limit, ok2 := cards.Number(row, line)
		n, ok3 := cards.Number(row, members)
		days, ok4 := cards.Number(row, age)
		if !ok1 || !ok2 || !ok3 || !ok4 || have > limit*n || days > 400 {
			return false
		}
		for _, v := range out {
			if is, ok := cards.Number(row, v); !ok || is != 0 {
				return false
			}
		}
		for _, v := range needed {
			if !cards.Known(row, v) {
				return false
			}
		}
		return true
	}
	var total atomic.Int64
	var running sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		running.Go(func() {
			n := int64(0)
			for row := cards.Rows() * w / workers; row < cards.Rows()*(w+1)/workers; row++ {
				if judge(row) {
					n++
				}
			}
			total.Add(n)
		})
	}
	running.Wait()
	return int(total.Load())
}
