package schedule

import "fmt"

// Day is a calendar day of the Gregorian calendar, without a time and without
// a time zone: a loan falls due on a day, wherever the reader sits. It counts
// from 1 January of year 1, which is 1; the zero Day means no day.
type Day int32

// FirstDay and LastDay bound the days that can be written as YYYY-MM-DD.
const (
	FirstDay Day = 1         // 0001-01-01
	LastDay  Day = 3_652_059 // 9999-12-31
)

// daysBefore[leap][m] counts the days of a year up to the end of month m.
var daysBefore = [2][13]int32{
	{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
	{0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
}

// leap returns 1 in a leap year and 0 in a common one.
func leap(year int) int {
	if year&3 == 0 && (year%100 != 0 || year%400 == 0) {
		return 1
	}
	return 0
}

// Date returns the day of the month, or the last day of the month where it has
// no such day: a pay day of 31 falls on 29 February 2020. Month is 1 to 12.
func Date(year, month, day int) Day {
	before := year - 1
	months := &daysBefore[leap(year)]
	start := int32(365*before + before/4 - before/100 + before/400)
	return Day(start + min(months[month-1]+int32(day), months[month]))
}

// Civil returns the year, the month (1 to 12) and the day of the month.
func (d Day) Civil() (year, month, day int) {
	const days4, days100, days400 = 1461, 36524, 146097
	n := int(d) - 1
	y400 := n / days400
	n -= y400 * days400
	y100 := min(n/days100, 3)
	n -= y100 * days100
	y4 := n / days4
	n -= y4 * days4
	y1 := min(n/365, 3)
	n -= y1 * 365
	year = 400*y400 + 100*y100 + 4*y4 + y1 + 1

	months := &daysBefore[leap(year)]
	month = n>>5 + 1 // no month has more than 32 days: right, or one too low
	if int32(n) >= months[month] {
		month++
	}
	return year, month, n - int(months[month-1]) + 1
}

// AddMonths returns the day some months later, on the given pay day or the
// last day of the month. Counting always from the first day keeps a seed of 31
// from sliding to 28 for good after the first February.
func (d Day) AddMonths(months, payDay int) Day {
	year, month, _ := d.Civil()
	year, month = addMonths(year, month, months)
	return Date(year, month, payDay)
}

func addMonths(year, month, months int) (int, int) {
	index := year*12 + month - 1 + months
	return index / 12, index%12 + 1
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(text string) (Day, error) {
	if len(text) == 10 && text[4] == '-' && text[7] == '-' {
		year, ok1 := digits(text[:4])
		month, ok2 := digits(text[5:7])
		day, ok3 := digits(text[8:])
		if ok1 && ok2 && ok3 && year >= 1 && month >= 1 && month <= 12 && day >= 1 {
			months := &daysBefore[leap(year)]
			if int32(day) <= months[month]-months[month-1] {
				return Date(year, month, day), nil
			}
			return 0, fmt.Errorf("%q is not in the calendar: that month has %d days", text, months[month]-months[month-1])
		}
	}
	return 0, fmt.Errorf("%q is not a date: write it as 2020-01-31", text)
}

func digits(text string) (n int, ok bool) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}

// AppendText appends the day as YYYY-MM-DD.
func (d Day) AppendText(b []byte) ([]byte, error) {
	if d == 0 {
		return b, nil
	}
	year, month, day := d.Civil()
	return append(b,
		byte('0'+year/1000%10), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-',
		byte('0'+day/10), byte('0'+day%10)), nil
}

// String returns the day as YYYY-MM-DD, and nothing for the zero Day.
func (d Day) String() string {
	b, _ := d.AppendText(nil)
	return string(b)
}

// MarshalText writes the day as YYYY-MM-DD, and nothing for the zero Day.
func (d Day) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText reads what MarshalText writes.
func (d *Day) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDay(string(text))
	return err
}
