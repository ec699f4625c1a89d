// Package date is the civil date: a day in the calendar of the country, with no time and no zone. A visit on
// 14 March is on 14 March wherever the server stands (China keeps one civil date for the whole country).
//
// A Date is its ISO 8601 text, so it sorts, stores and hashes as it reads. The zero Date is "no date".
package date

import (
	"fmt"
	"strconv"
	"time"
)

// Date is a civil date as YYYY-MM-DD, or "" for none.
type Date string

// Layout is the only form in which dates are stored.
const Layout = "2006-01-02"

// Parse reads YYYY-MM-DD, and the forms people type: 2017/3/14, 2017-3-14, 2017.3.14, 20170314, 2017年3月14日.
func Parse(text string) (Date, error) {
	if len(text) == 10 && text[4] == '-' && text[7] == '-' {
		if y, m, d, ok := digits(text); ok && valid(y, m, d) {
			return Date(text), nil
		}
	}
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2006年1月2日"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1000 {
			return Of(t), nil
		}
	}
	return "", fmt.Errorf("%q is not a date", text)
}

// Valid tells whether d is a day of the calendar in its stored form.
func (d Date) Valid() bool {
	p, err := Parse(string(d))
	return err == nil && p == d
}

func digits(s string) (y, m, d int, ok bool) {
	n := func(a, b int) int {
		v := 0
		for i := a; i < b; i++ {
			c := s[i] - '0'
			if c > 9 {
				return -1
			}
			v = v*10 + int(c)
		}
		return v
	}
	y, m, d = n(0, 4), n(5, 7), n(8, 10)
	return y, m, d, y >= 1000 && m >= 0 && d >= 0
}

func valid(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	return d <= 28 || d <= time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// Of is the date of t in t's own zone.
func Of(t time.Time) Date { return Date(t.Format(Layout)) }

// New is the date of year, month and day, normalised as time.Date does.
func New(y int, m time.Month, d int) Date { return Of(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) }

// Time is midnight UTC of the date; the zero time for no date.
func (d Date) Time() time.Time {
	t, err := time.Parse(Layout, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Year of the date, 0 for none.
func (d Date) Year() int { return d.number(0, 4) }

// Month is YYYY-MM, "" for none.
func (d Date) Month() string {
	if len(d) < 7 {
		return ""
	}
	return string(d[:7])
}

func (d Date) number(a, b int) int {
	if len(d) < b {
		return 0
	}
	n, _ := strconv.Atoi(string(d[a:b]))
	return n
}

// Int is the date as the number YYYYMMDD, in which observations hold dates.
func (d Date) Int() int64 {
	return int64(d.number(0, 4))*10000 + int64(d.number(5, 7))*100 + int64(d.number(8, 10))
}

// FromInt is the date of a number YYYYMMDD.
func FromInt(n int64) Date {
	if n <= 0 {
		return ""
	}
	return Date(fmt.Sprintf("%04d-%02d-%02d", n/10000, n/100%100, n%100))
}

// AddDays is n days later.
func (d Date) AddDays(n int) Date { return Of(d.Time().AddDate(0, 0, n)) }

// IsMonthEnd tells whether the next day is in another month.
func (d Date) IsMonthEnd() bool { return d != "" && d.AddDays(1).Month() != d.Month() }

// YearsUntil counts whole years (anniversaries reached) from d to end.
func (d Date) YearsUntil(end Date) int64 {
	if d == "" || end == "" || end < d {
		return 0
	}
	years := int64(end.Year() - d.Year())
	if string(end[4:]) < string(d[4:]) {
		years--
	}
	return years
}
