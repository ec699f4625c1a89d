package date

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDaysUntilUndoesAddDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := New(rapid.IntRange(1900, 2100).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 31).Draw(t, "day"))
		n := rapid.IntRange(-40000, 40000).Draw(t, "days")
		if got := d.DaysUntil(d.AddDays(n)); got != n {
			t.Fatalf("%s and %d days: %d counted", d, n, got)
		}
	})
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from   Date
		months int
		want   Date
	}{
		{"2019-01-31", 1, "2019-02-28"},
		{"2020-01-31", 1, "2020-02-29"},
		{"2019-03-15", -12, "2018-03-15"},
		{"2019-12-01", 1, "2020-01-01"},
		{"2019-01-01", -1, "2018-12-01"},
		{"2019-12-31", 6, "2020-06-30"},
	} {
		if got := c.from.AddMonths(c.months); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
	if got := Date("2019-06-17").FirstOfMonth(); got != "2019-06-01" {
		t.Errorf("the first of the month is %s", got)
	}
}

func TestJSONBringsInDatesOnly(t *testing.T) {
	var interval Interval
	if err := json.Unmarshal([]byte(`{"from": "2019/3/4", "to": ""}`), &interval); err != nil || interval != (Interval{From: "2019-03-04"}) {
		t.Errorf("interval %+v, %v", interval, err)
	}
	for _, text := range []string{`{"from": "2019-02-30"}`, `{"from": "soon"}`, `{"from": 20190304}`} {
		if err := json.Unmarshal([]byte(text), &interval); err == nil {
			t.Errorf("%s is read as %+v", text, interval)
		}
	}
	if text, err := json.Marshal(Interval{From: "2019-03-04"}); err != nil || string(text) != `{"from":"2019-03-04"}` {
		t.Errorf("written as %s, %v", text, err)
	}
}

func TestInterval(t *testing.T) {
	open, closed := Interval{}, Interval{From: "2019-01-01", To: "2019-12-31"}
	for d, want := range map[Date]bool{"2018-12-31": false, "2019-01-01": true, "2019-12-31": true, "2020-01-01": false} {
		if !open.Contains(d) || closed.Contains(d) != want {
			t.Errorf("%s: in %s %t, in %s %t", d, open, open.Contains(d), closed, closed.Contains(d))
		}
	}
	if closed.Check() != nil || open.Check() != nil || (Interval{From: "2019-01-02", To: "2019-01-01"}).Check() == nil {
		t.Error("the wrong intervals are refused")
	}
}

func TestChinaCalendar(t *testing.T) {
	china, err := China()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day    Date
		worked bool
	}{
		{"2019-10-01", false}, // National Day, a Tuesday
		{"2019-10-12", true},  // a Saturday worked in exchange
		{"2019-10-13", false}, // an ordinary Sunday
		{"2019-10-14", true},
		{"2020-02-01", false}, // would have been exchanged, had the holiday not been lengthened
		{"2015-09-04", false},
		{"2015-09-06", true},
	} {
		if got := china.IsWorkingDay(c.day); got != c.worked {
			t.Errorf("%s: working day %t, want %t", c.day, got, c.worked)
		}
	}
	// Five working days over National Day 2019: Monday 30 September, then 8, 9, 10 and 11 October.
	if end, err := china.AddWorkingDays("2019-09-29", 5); err != nil || end != "2019-10-11" {
		t.Errorf("five working days after 2019-09-29 = %s, %v, want 2019-10-11", end, err)
	}
	if _, err := china.AddWorkingDays("2020-12-29", 5); !errors.Is(err, ErrNotCovered) {
		t.Errorf("counting into 2021: error %v, want ErrNotCovered", err)
	}
}

func TestReadCalendarsRefuses(t *testing.T) {
	const header = "calendar,kind,from,to,name,source\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "header"},
		{"header", "a,b,c,d,e,f\n", "header must be"},
		{"kind", header + "CN,feast,2019-01-01,2019-01-01,x,y\n", `line 2: kind "feast"`},
		{"date", header + "CN,holiday,2019-02-30,2019-03-01,x,y\n", "line 2: \"2019-02-30\" is not a date"},
		{"order", header + "CN,holiday,2019-03-02,2019-03-01,x,y\n", "before it begins"},
		{"length", header + "CN,holiday,1019-03-02,2019-03-01,x,y\n", "hundred years"},
		{"exchange", header + "CN,workday,2019-03-04,2019-03-04,x,y\n", "Monday"},
		{"columns", header + "CN,workday\n", "line 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ReadCalendars(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
