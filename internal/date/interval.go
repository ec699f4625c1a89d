package date

import "fmt"

// Interval is a run of days, both ends included. No From means "always", no To means "until further notice".
type Interval struct {
	From Date `json:"from,omitzero"`
	To   Date `json:"to,omitzero"`
}

// Contains reports whether a date lies in the interval.
func (i Interval) Contains(d Date) bool {
	return d >= i.From && (i.To == "" || d <= i.To)
}

// Check reports an interval that ends before it begins.
func (i Interval) Check() error {
	if i.To != "" && i.To < i.From {
		return fmt.Errorf("interval from %s to %s ends before it begins", i.From, i.To)
	}
	return nil
}

// String returns "from to", with "..." for an open end.
func (i Interval) String() string {
	from, to := i.From, i.To
	if from == "" {
		from = "..."
	}
	if to == "" {
		to = "..."
	}
	return string(from + " to " + to)
}
