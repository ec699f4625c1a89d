package date

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// A Calendar tells working days from days off: Monday to Friday are worked, except on official holidays, and so are
// the weekend days that a government notice exchanges for them.
type Calendar struct {
	name     string
	complete []Interval
	worked   map[Date]bool
}

//go:embed calendars.csv
var embeddedCalendars string

// China returns the embedded calendar of China's national holidays. It is complete for 2013 to 2020.
func China() (*Calendar, error) {
	calendars, err := ReadCalendars(strings.NewReader(embeddedCalendars))
	if err != nil {
		return nil, err
	}
	return calendars["CN"], nil
}

// ReadCalendars reads calendars from CSV with the columns calendar, kind, from, to, name, source. Lines that begin
// with # are notes. The kind "complete" states for which days everything is listed, "holiday" gives days off, and
// "workday" gives weekend days that are worked. Errors name the row.
func ReadCalendars(r io.Reader) (map[string]*Calendar, error) {
	reader := csv.NewReader(r)
	reader.Comment = '#'
	reader.FieldsPerRecord = 6
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("read calendars: header: %w", err)
	}
	if want := "calendar,kind,from,to,name,source"; strings.Join(header, ",") != want {
		return nil, fmt.Errorf("read calendars: the header must be %s", want)
	}
	calendars := map[string]*Calendar{}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return calendars, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read calendars: %w", err)
		}
		line, _ := reader.FieldPos(0)
		calendar := calendars[row[0]]
		if calendar == nil {
			calendar = &Calendar{name: row[0], worked: map[Date]bool{}}
			calendars[row[0]] = calendar
		}
		if err := calendar.add(row[1], row[2], row[3]); err != nil {
			return nil, fmt.Errorf("read calendars: line %d: %w", line, err)
		}
	}
}

// intervalMaxDays bounds one row of a calendar file, so that a mistyped year is an error and not a long wait.
const intervalMaxDays = 100 * 366

func (c *Calendar) add(kind, from, to string) error {
	first, err := Parse(from)
	if err != nil {
		return err
	}
	last, err := Parse(to)
	if err != nil {
		return err
	}
	days := Interval{From: first, To: last}
	if err := days.Check(); err != nil {
		return err
	}
	if first.DaysUntil(last) > intervalMaxDays {
		return fmt.Errorf("%s is longer than a hundred years", days)
	}
	switch kind {
	case "complete":
		c.complete = append(c.complete, days)
	case "holiday", "workday":
		for day := first; day <= last; day = day.AddDays(1) {
			if kind == "workday" && !weekend(day) {
				return fmt.Errorf("%s is a %s: only a weekend day can be exchanged for a working day", day, day.Time().Weekday())
			}
			c.worked[day] = kind == "workday"
		}
	default:
		return fmt.Errorf("kind %q: use complete, holiday or workday", kind)
	}
	return nil
}

// Name returns the name the calendar has in its file.
func (c *Calendar) Name() string { return c.name }

// IsWorkingDay reports whether a day is worked, as far as the calendar knows.
func (c *Calendar) IsWorkingDay(d Date) bool {
	if worked, listed := c.worked[d]; listed {
		return worked
	}
	return !weekend(d)
}

// Covers reports whether the calendar's data is complete on every day of an interval with two ends.
func (c *Calendar) Covers(days Interval) bool {
	for _, known := range c.complete {
		if known.Contains(days.From) && known.Contains(days.To) {
			return true
		}
	}
	return false
}

// ErrNotCovered is returned when days would have to be counted for which a calendar has no complete data.
var ErrNotCovered = errors.New("the calendar has no complete list of holidays for these days")

// AddWorkingDays returns the n-th working day after d; d itself is not counted. It returns ErrNotCovered rather than
// a guess when holidays on the way are not on file.
func (c *Calendar) AddWorkingDays(d Date, n int) (Date, error) {
	day := d
	for left := n; left > 0; {
		day = day.AddDays(1)
		if !c.Covers(Interval{From: d, To: day}) {
			return "", fmt.Errorf("calendar %s: count %d working days from %s: %w", c.name, n, d, ErrNotCovered)
		}
		if c.IsWorkingDay(day) {
			left--
		}
	}
	return day, nil
}

func weekend(d Date) bool {
	day := d.Time().Weekday()
	return day == time.Saturday || day == time.Sunday
}
