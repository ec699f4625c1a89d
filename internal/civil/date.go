// Package civil has dates as registers keep them: a day of the calendar, with no time of day and no zone.
//
// A household is registered, visited, posted on the notice board and lifted out of poverty on a date. One date
// holds for the whole programme: Xinjiang keeps Beijing time officially, so a visit in Maigaiti and one in Wushan
// on the same day have the same date.
//
// The package also counts days: calendar days, and working days of a Calendar whose official holidays and
// exchanged working days are data. A calendar knows for which years its data is complete, and says so rather than
// guess: see Calendar.AddWorkingDays.
package civil

import (
	"fmt"
	"time"
)

// Date is a day of the proleptic Gregorian calendar. The zero Date means "no date" and prints as an empty string.
// Dates compare with < and ==, and subtracting two gives the days between them.
type Date int32

// epochOffset places day 1 at 0001-01-01, so that no real date is the zero Date.
const epochOffset = 719163

const secondsPerDay = 24 * 60 * 60

// New returns the date of a year, month and day, or an error if the calendar has no such day in years 1 to 9999.
func New(year int, month time.Month, day int) (Date, error) {
	if year < 1 || year > 9999 || month < time.January || month > time.December || day < 1 || day > daysIn(year, month) {
		return 0, fmt.Errorf("no such date: year %d, month %d, day %d", year, int(month), day)
	}
	return fromParts(year, month, day), nil
}

// Parse reads a date written YYYY-MM-DD.
func Parse(text string) (Date, error) {
	if len(text) != len("2006-01-02") || text[4] != '-' || text[7] != '-' {
		return 0, fmt.Errorf("date %q: write it as YYYY-MM-DD, for example 2019-06-30", text)
	}
	year, ok1 := number(text[:4])
	month, ok2 := number(text[5:7])
	day, ok3 := number(text[8:])
	if !ok1 || !ok2 || !ok3 {
		return 0, fmt.Errorf("date %q: write it as YYYY-MM-DD, for example 2019-06-30", text)
	}
	date, err := New(year, time.Month(month), day)
	if err != nil {
		return 0, fmt.Errorf("date %q: the calendar has no such day", text)
	}
	return date, nil
}

// MustParse is Parse for dates written in tests; it panics on a bad one.
func MustParse(text string) Date {
	date, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return date
}

// IsZero reports whether d is "no date".
func (d Date) IsZero() bool { return d == 0 }

// Parts returns the year, month and day of d.
func (d Date) Parts() (year int, month time.Month, day int) { return d.time().Date() }

// Year returns the calendar year of d.
func (d Date) Year() int { return d.time().Year() }

// Weekday returns the day of the week of d.
func (d Date) Weekday() time.Weekday { return d.time().Weekday() }

// AddDays returns the date n days after d, or before it when n is negative.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// AddMonths returns the same day n months later. A month without that day gives its last day, as article 202 of the
// Civil Code of China counts periods of months: 31 January plus one month is the end of February.
func (d Date) AddMonths(n int) Date {
	year, month, day := d.Parts()
	months := year*12 + int(month) - 1 + n
	year, month = months/12, time.Month(months%12+1)
	return fromParts(year, month, min(day, daysIn(year, month)))
}

// FirstOfMonth returns the first day of d's month.
func (d Date) FirstOfMonth() Date {
	_, _, day := d.Parts()
	return d.AddDays(1 - day)
}

// Age returns the completed years on a date of somebody born on d. A person born on 29 February completes a year on
// 28 February of a common year, by the rule AddMonths follows. Before the birth it is negative.
func (d Date) Age(on Date) int {
	born, _, _ := d.Parts()
	years := on.Year() - born
	if d.AddMonths(12*years) > on {
		years--
	}
	return years
}

// String returns d as YYYY-MM-DD, or an empty string when d is zero.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	year, month, day := d.Parts()
	return fmt.Sprintf("%04d-%02d-%02d", year, int(month), day)
}

// MarshalText writes d as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes: an empty text is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	date, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = date
	return nil
}

func (d Date) time() time.Time {
	return time.Unix((int64(d)-epochOffset)*secondsPerDay, 0).UTC()
}

func fromParts(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()/secondsPerDay + epochOffset)
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func number(digits string) (int, bool) {
	n := 0
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n, true
}
