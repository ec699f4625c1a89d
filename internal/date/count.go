package date

import (
	"fmt"
	"time"
)

// DaysUntil counts the days from d to end; it is negative when end is earlier. Both must be dates.
func (d Date) DaysUntil(end Date) int { return int((end.midnight() - d.midnight()) / secondsPerDay) }

const secondsPerDay = 24 * 60 * 60

// midnight counts seconds as Unix does. It reads the digits itself: exits are decided by the million, and each counts
// days many times.
func (d Date) midnight() int64 {
	if len(d) != len(Layout) {
		return d.Time().Unix()
	}
	year, month, day, _ := digits(string(d))
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix()
}

// AddMonths is the same day n months later. A month without that day gives its last day, as article 202 of the Civil
// Code of China counts periods of months: 31 January plus one month is the end of February.
func (d Date) AddMonths(n int) Date {
	year, month, day := time.Unix(d.midnight(), 0).UTC().Date()
	last := time.Date(year, month+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return New(last.Year(), last.Month(), min(day, last.Day()))
}

// FirstOfMonth is the first day of d's month.
func (d Date) FirstOfMonth() Date { return Date(d.Month() + "-01") }

// UnmarshalText reads a date in any form Parse reads, and "" as no date, so that JSON from outside cannot bring in a
// text that is no date.
func (d *Date) UnmarshalText(text []byte) error {
	*d = ""
	if len(text) == 0 {
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return fmt.Errorf("%w: write it as YYYY-MM-DD", err)
	}
	*d = parsed
	return nil
}
