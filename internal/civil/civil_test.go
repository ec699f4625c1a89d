package civil

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, last := MustParse("0001-01-01"), MustParse("9999-12-31")
		date := Date(rapid.Int32Range(int32(first), int32(last)).Draw(t, "date"))
		again, err := Parse(date.String())
		if err != nil || again != date {
			t.Fatalf("Parse(%s) = %v, %v", date, again, err)
		}
		year, month, day := date.Parts()
		if want := time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC).Format("2006-01-02"); date.AddDays(1).String() != want && date != last {
			t.Fatalf("the day after %s is %s, want %s", date, date.AddDays(1), want)
		}
	})
}

func TestZeroDateIsNoDate(t *testing.T) {
	var d Date
	if !d.IsZero() || d.String() != "" {
		t.Errorf("zero date prints %q", d.String())
	}
	if MustParse("0001-01-01").IsZero() {
		t.Error("the first day of the calendar is taken for no date")
	}
	if err := d.UnmarshalText(nil); err != nil || !d.IsZero() {
		t.Errorf("empty text: %v, %v", d, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "2019", "2019-6-30", "2019/06/30", "2019-02-29", "2019-13-01", "2019-00-10", "0000-01-01", "2019-06-3x", "20190-06-3"} {
		if date, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", text, date)
		}
	}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		born, on string
		want     int
	}{
		{"2013-09-01", "2019-08-31", 5},
		{"2013-09-01", "2019-09-01", 6},
		{"2004-02-29", "2020-02-28", 15},
		{"2004-02-29", "2020-02-29", 16},
		{"2004-02-29", "2019-02-27", 14},
		{"2004-02-29", "2019-02-28", 15},
		{"2020-01-02", "2020-01-01", -1},
	} {
		if got := MustParse(c.born).Age(MustParse(c.on)); got != c.want {
			t.Errorf("born %s, on %s: age %d, want %d", c.born, c.on, got, c.want)
		}
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2019-01-31", 1, "2019-02-28"},
		{"2020-01-31", 1, "2020-02-29"},
		{"2019-03-15", -12, "2018-03-15"},
		{"2019-12-01", 1, "2020-01-01"},
		{"2019-01-01", -1, "2018-12-01"},
	} {
		if got := MustParse(c.from).AddMonths(c.months).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

func TestChinaCalendar(t *testing.T) {
	china, err := China()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day    string
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
		if got := china.IsWorkingDay(MustParse(c.day)); got != c.worked {
			t.Errorf("%s: working day %t, want %t", c.day, got, c.worked)
		}
	}
	// Five working days over National Day 2019: Monday 30 September, then 8, 9, 10 and 11 October.
	if end, err := china.AddWorkingDays(MustParse("2019-09-29"), 5); err != nil || end.String() != "2019-10-11" {
		t.Errorf("five working days after 2019-09-29 = %s, %v, want 2019-10-11", end, err)
	}
	if _, err := china.AddWorkingDays(MustParse("2020-12-29"), 5); !errors.Is(err, ErrNotCovered) {
		t.Errorf("counting into 2021: error %v, want ErrNotCovered", err)
	}
}

func TestReadCalendarsRefuses(t *testing.T) {
	const header = "calendar,kind,from,to,name,source\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "header"},
		{"header", "a,b,c,d,e,f\n", "header must be"},
		{"kind", header + "CN,feast,2019-01-01,2019-01-01,x,y\n", `line 2: kind "feast"`},
		{"date", header + "CN,holiday,2019-02-30,2019-03-01,x,y\n", "line 2: date"},
		{"order", header + "CN,holiday,2019-03-02,2019-03-01,x,y\n", "before it begins"},
		{"length", header + "CN,holiday,0019-03-02,2019-03-01,x,y\n", "hundred years"},
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
