package earning

import (
	_ "embed"
	"fmt"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
)

//go:embed threshold.go
var thresholdSource string

// ThresholdMeasure is the id of what a Threshold observes, in fen; its subject is the household and the year (ThresholdOf).
const ThresholdMeasure = "household-threshold"

func init() {
	fact.Register(thresholdSource, (*Threshold)(nil))
	figure.Declare(figure.Measure{ID: ThresholdMeasure, En: "Yearly income at which households are no longer poor", Zh: "农户脱贫所需年收入", Unit: "CNY"})
}

// Threshold states, on a day of the year that it is about, what a household must earn in that year not to be poor: the poverty line, times the people who live on it.
// Set beside what the household earned in the year, it says how far above the line it is. The line is named with where it was read: the entry keeps it, whatever the
// tables say later (the lines of China and their sources: household/income/lines.csv).
type Threshold struct {
	_         struct{}   `kind:"household-threshold" en:"Poverty line of a household" zh:"农户贫困线" by:"county-assistant,programme-officer" book:"area" area:"area"`
	Household string     `json:"household" en:"Household" zh:"农户" length:"40" hint:"Code of a registered household." hint_zh:"建档户编号。"`
	Area      string     `json:"area" en:"Village" zh:"所在村" ref:"area"`
	Persons   int64      `json:"persons" en:"People who live on its income" zh:"共同生活人数" min:"1" max:"30"`
	Line      fact.Money `json:"line" en:"Poverty line of the year, a person" zh:"当年人均贫困线" unit:"CNY" min:"0.01"`
	Basis     string     `json:"basis" en:"Where the line is stated" zh:"贫困线依据" length:"300"`
}

// Record observes the line times the people, once for a household and year.
func (t *Threshold) Record(tx *fact.Tx) error {
	if err := Registered(tx, "household", t.Household); err != nil {
		return err
	}
	subject := ThresholdOf(t.Household, tx.On.Year())
	if before, err := tx.SubjectSum(ThresholdMeasure, subject); err != nil {
		return err
	} else if before > 0 {
		return fault.New(fault.Conflict, "threshold.again", "the poverty line of household %s for %d was stated before", t.Household, tx.On.Year()).For("household").Mend("Correct that entry instead.")
	}
	return tx.Observe(ThresholdMeasure, int64(t.Line)*t.Persons, figure.Observation{Subject: subject})
}

// ThresholdOf is the subject under which the threshold of a household in a year is observed.
func ThresholdOf(household string, year int) string { return fmt.Sprintf("%s/%d", household, year) }
