// Command poverty times the poverty measures with their standard errors over a large survey, and the same measures in R's survey
// package on the same file, and compares the numbers:
//
//	go run ./bench/poverty                     a million households; must take under 3 s on 2 cores
//	go run ./bench/poverty -households 100000
//
// It exits with 1 when the limit is passed or the numbers differ. Without R it says how to install it and leaves that part out.
package main

import (
	"bufio"
	_ "embed"
	"encoding/csv"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/poverty"
)

//go:embed survey.R
var script string

const installR = "R with its survey package is missing, so there is nothing to compare with; on Debian or Ubuntu: apt-get install r-base-core r-cran-survey r-cran-data.table"

func main() {
	households := flag.Int("households", 1_000_000, "households to measure")
	limit := flag.Duration("limit", 3*time.Second, "time that reading and measuring may take")
	flag.Parse()
	if err := run(*households, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(households int, limit time.Duration) error {
	dir, err := os.MkdirTemp("", "poverty")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "households.csv")
	if err := write(path, households); err != nil {
		return fmt.Errorf("write the survey: %w", err)
	}
	report, own, err := measure(path)
	if err != nil {
		return fmt.Errorf("measure the survey: %w", err)
	}
	fmt.Printf("%d households in %d clusters of %d strata, %d processors, %s\n", households, report.Data.Design.Clusters, report.Data.Design.Strata, runtime.GOMAXPROCS(0), runtime.Version())
	fmt.Printf("lastmile  read %.2f s, %d measures with errors %.2f s, together %.2f s (limit %v)\n", own.read, withErrors(report), own.measure, own.total(), limit)
	if err := compare(report, own, path); err != nil {
		return err
	}
	if own.total() > limit.Seconds() {
		return fmt.Errorf("%.2f s is over the limit of %v", own.total(), limit)
	}
	return nil
}

// seconds are the times of one program.
type seconds struct{ read, measure float64 }

func (s seconds) total() float64 { return s.read + s.measure }

func measure(path string) (*poverty.Report, seconds, error) {
	var own seconds
	o := poverty.Options{Line: "4000"}
	file, err := os.Open(path)
	if err != nil {
		return nil, own, err
	}
	defer file.Close()
	start := time.Now()
	sample, err := poverty.ReadCSV(file, o)
	if err != nil {
		return nil, own, err
	}
	own.read = time.Since(start).Seconds()
	start = time.Now()
	report, err := poverty.Measure(sample, o)
	own.measure = time.Since(start).Seconds()
	return report, own, err
}

func withErrors(report *poverty.Report) (n int) {
	for _, e := range report.Areas[0].Estimates {
		if e.SE.Known() {
			n++
		}
	}
	return n
}

// compare runs R on the file and sets its times and numbers beside ours.
func compare(report *poverty.Report, own seconds, path string) error {
	rscript, err := exec.LookPath("Rscript")
	if err == nil {
		err = exec.Command(rscript, "-e", "if (!requireNamespace('survey', quietly = TRUE)) quit(status = 1)").Run()
	}
	if err != nil {
		fmt.Println(installR)
		return nil
	}
	command := exec.Command(rscript, "-", path)
	command.Stdin = strings.NewReader(script)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("run R: %w", err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(output))).ReadAll()
	if err != nil {
		return fmt.Errorf("read what R printed: %w", err)
	}
	var other seconds
	var versions string
	var worst float64
	measures := 0
	for _, row := range rows {
		first, err1 := strconv.ParseFloat(row[2], 64)
		second, err2 := strconv.ParseFloat(row[3], 64)
		switch {
		case row[0] == "versions":
			versions = row[1]
		case err1 != nil || err2 != nil:
			return fmt.Errorf("read what R printed: %v", row)
		case row[0] == "seconds":
			other = seconds{first, second}
		default:
			e, ok := report.Areas[0].Find(poverty.Key{Measure: row[0], Unit: poverty.Unit(row[1])})
			if !ok {
				return fmt.Errorf("no measure %s of %s to compare with", row[0], row[1])
			}
			worst = max(worst, math.Abs(float64(e.Value)/first-1), math.Abs(float64(e.SE)/second-1))
			measures++
		}
	}
	fmt.Printf("R         read %.2f s, %d measures with errors %.2f s, together %.2f s (%s)\n", other.read, measures, other.measure, other.total(), versions)
	fmt.Printf("ratio     lastmile is %.1f times as fast in all, %.1f times in measuring\n", other.total()/own.total(), other.measure/own.measure)
	fmt.Printf("agreement values and errors of the %d measures that both have differ by at most %.1g of themselves\n", measures, worst)
	if worst > 1e-9 {
		return fmt.Errorf("the numbers differ from R's")
	}
	return nil
}

// write makes a survey, the same each time: villages of 20 households, dealt in turn to 50 strata.
func write(path string, households int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	random := rand.New(rand.NewPCG(2013, 2016))
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, "household,area,size,income,weight,stratum,cluster")
	const perCluster = 20
	strata := min(50, max(1, households/perCluster/2))
	var level float64
	for i := range households {
		cluster := i / perCluster
		if i%perCluster == 0 {
			level = 8.6 + 0.25*random.NormFloat64()
		}
		fmt.Fprintf(out, "H%07d,%02d,%d,%.2f,%.2f,S%02d,C%05d\n", i, cluster%strata, 1+random.IntN(6), math.Exp(level+0.6*random.NormFloat64()), 1+20*random.Float64(), cluster%strata, cluster)
	}
	return out.Flush()
}
