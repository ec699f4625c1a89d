package date_test

import (
	"testing"
	"time"

	"lastmile/internal/date"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]date.Date{
		"2020-03-14": "2020-03-14", "2020-3-4": "2020-03-04", "2020/3/14": "2020-03-14", "2020.3.14": "2020-03-14", "20200314": "2020-03-14", "2020年3月14日": "2020-03-14",
		"2020-02-29": "2020-02-29", "2000-02-29": "2000-02-29", "1000-01-01": "1000-01-01", "9999-12-31": "9999-12-31",
	} {
		if got, err := date.Parse(text); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2019-02-29", "1900-02-29", "2020-13-01", "2020-00-10", "2020-01-32", "2020-01-00", "0999-01-01", "20-01-01", "14/3/2020", "today", "2020-03-14T00:00", "２０２０-03-14", "2020-03-1x"} {
		if got, err := date.Parse(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
		if date.Date(text).Valid() {
			t.Errorf("%q is valid", text)
		}
	}
}

// Every day of four centuries agrees with the calendar of package time.
func TestCalendar(t *testing.T) {
	day := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)
	for day.Year() < 2200 {
		d := date.Of(day)
		next := day.AddDate(0, 0, 1)
		if !d.Valid() || d.Time() != day || d.AddDays(1) != date.Of(next) || d.AddDays(1).AddDays(-1) != d || d.IsMonthEnd() != (next.Day() == 1) ||
			d.Year() != day.Year() || d.Month() != day.Format("2006-01") || date.FromInt(d.Int()) != d || date.New(day.Year(), day.Month(), day.Day()) != d {
			t.Fatalf("%s is not %s", d, day)
		}
		day = next
	}
}

func TestYearsUntil(t *testing.T) {
	for _, c := range []struct {
		from, until date.Date
		want        int64
	}{
		{"2013-01-31", "2020-01-30", 6}, {"2013-01-31", "2020-01-31", 7}, {"2013-01-31", "2020-12-31", 7},
		{"2016-02-29", "2017-02-28", 0}, {"2016-02-29", "2017-03-01", 1}, {"2020-01-01", "2019-01-01", 0}, {"", "2020-01-01", 0}, {"2020-01-01", "", 0},
	} {
		if got := c.from.YearsUntil(c.until); got != c.want {
			t.Errorf("from %s until %s: %d years, want %d", c.from, c.until, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2020-03-14", "2020/3/14", "20200314", "2020年3月14日", "2019-02-29", "", "0000-00-00", "9999-12-31", "2020-03-14 ", "2020-\xff3-14"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := date.Parse(text)
		if err != nil {
			return
		}
		if again, err := date.Parse(string(d)); err != nil || again != d || !d.Valid() || d.AddDays(-1).AddDays(1) != d || date.FromInt(d.Int()) != d {
			t.Errorf("%q is %s, and that %s, %v", text, d, again, err)
		}
	})
}
