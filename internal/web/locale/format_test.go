package locale

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lastmile/internal/date"
)

// printers gives a printer without texts for each language that has a style.
func printers() map[Language]*Printer {
	out := map[Language]*Printer{}
	for language, style := range styles {
		out[language] = &Printer{Language: language, style: style}
	}
	return out
}

// wide shows thin spaces as plain ones, to keep the tables below readable.
func wide(s string) string { return strings.ReplaceAll(s, thinSpace, " ") }

func TestMoney(t *testing.T) {
	cases := []struct {
		why     string
		fen     int64
		english string
		chinese string
	}{
		{"the programme's direct funds", 6_047_000_000, "¥60.47 m", "6,047 万元"},
		{"industry funds drawn in", 237_000_000_000, "¥2.37 bn", "23.7 亿元"},
		{"farm-household loans", 8_080_000_000, "¥80.80 m", "8,080 万元"},
		{"untraced", 84_000_000, "¥840,000", "84 万元"},
		{"one village's share", 19_500_000, "¥195,000", "19.5 万元"},
		{"a house grant is written out in Chinese", 1_500_000, "¥15,000", "15,000 元"},
		{"a payment", 4_600_000, "¥46,000", "46,000 元"},
		{"nought", 0, "¥0", "0 元"},
		{"fen are not hidden when they are all there is", 7, "¥0.07", "0.07 元"},
		{"half a yuan rounds away from zero", 150, "¥2", "2 元"},
		{"money going back", -120_000_000, "−¥1.20 m", "−120 万元"},
		{"rounding carries into the larger word", 99_999_999_900, "¥1.00 bn", "10 亿元"},
		{"just under a million stays exact", 99_949_900, "¥999,499", "99.9 万元"},
		{"just under 100,000 stays exact", 9_950_000, "¥99,500", "99,500 元"},
		{"a hundred million", 13_500_000_000, "¥135.00 m", "1.35 亿元"},
		{"ten thousand million", 1_690_000_000_000, "¥16.90 bn", "169 亿元"},
		{"the largest amount", math.MaxInt64, "¥92,233,720.37 bn", "922,337,204 亿元"},
		{"the smallest amount", math.MinInt64, "−¥92,233,720.37 bn", "−922,337,204 亿元"},
	}
	p := printers()
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := wide(p[English].Money(c.fen, Yuan)); got != c.english {
				t.Errorf("English: got %q, want %q", got, c.english)
			}
			if got := wide(p[Chinese].Money(c.fen, Yuan)); got != c.chinese {
				t.Errorf("Chinese: got %q, want %q", got, c.chinese)
			}
		})
	}
}

func TestMoneyAs(t *testing.T) {
	p := printers()
	cases := []struct {
		why              string
		fen, whole       int64
		english, chinese string
	}{
		{"a part of the programme's funds", 84_000_000, 6_047_000_000, "¥0.84 m", "84 万元"},
		{"the whole itself", 6_047_000_000, 6_047_000_000, "¥60.47 m", "6,047 万元"},
		{"a part too small for the scale", 90_000, 6_047_000_000, "¥900", "900 元"},
		{"a whole too small for a scale", 90_000, 1_500_000, "¥900", "900 元"},
		{"nought", 0, 6_047_000_000, "¥0", "0 元"},
	}
	for _, c := range cases {
		if got := wide(p[English].MoneyAs(c.fen, c.whole, Yuan)); got != c.english {
			t.Errorf("%s: got %q, want %q", c.why, got, c.english)
		}
		if got := wide(p[Chinese].MoneyAs(c.fen, c.whole, Yuan)); got != c.chinese {
			t.Errorf("%s: got %q, want %q", c.why, got, c.chinese)
		}
	}
}

func TestAmountKeepsEveryFen(t *testing.T) {
	p := printers()
	if got, want := p[English].Amount(-123_456_789, Yuan), "−¥1,234,567.89"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := wide(p[Chinese].Amount(4_600_005, Yuan)), "46,000.05 元"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	whole := Currency{Prefix: "¥", Suffix: "円"}
	if got, want := p[English].Amount(1234, whole), "¥1,234"; got != want {
		t.Errorf("a currency without a smaller unit: got %q, want %q", got, want)
	}
}

// A larger amount never reads as a smaller one: the digits written in full keep
// every fen, whatever the amount.
func TestAmountReadsBack(t *testing.T) {
	p := printers()[English]
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64().Draw(t, "fen")
		text := p.Amount(fen, Yuan)
		negative := strings.HasPrefix(text, minus)
		digits := strings.NewReplacer(minus, "", "¥", "", ",", "", ".", "").Replace(text)
		var back uint64
		for _, d := range digits {
			back = back*10 + uint64(d-'0')
		}
		if _, size := split64(fen); back != size || negative != (fen < 0) {
			t.Fatalf("%d reads %q", fen, text)
		}
	})
}

func TestShare(t *testing.T) {
	cases := []struct {
		why         string
		part, whole int64
		want        string
	}{
		{"untraced money", 84, 6047, "1.4%"},
		{"nothing", 0, 18, "0%"},
		{"everything", 18, 18, "100%"},
		{"one in ten thousand is not nothing", 1, 10_000, "<0.1%"},
		{"all but one in ten thousand is not everything", 9_999, 10_000, "99.9%"},
		{"more than the whole", 3, 2, "150.0%"},
		{"no whole", 0, 0, "–"},
	}
	for language, p := range printers() {
		for _, c := range cases {
			if got := p.Share(c.part, c.whole); got != c.want {
				t.Errorf("%s, %s: Share(%d, %d) = %q, want %q", language, c.why, c.part, c.whole, got, c.want)
			}
		}
	}
}

func TestDates(t *testing.T) {
	p := printers()
	const day = date.Date("2017-03-14")
	cases := []struct{ got, want string }{
		{p[English].Date(day), "14 Mar 2017"},
		{p[Chinese].Date(day), "2017年3月14日"},
		{p[English].Day(day), "14 Mar"},
		{p[Chinese].Day(day), "3月14日"},
		{p[English].Month(day), "March 2017"},
		{p[Chinese].Month(day), "2017年3月"},
		{p[English].Years(2013, 2020), "2013 to 2020"},
		{p[Chinese].Years(2013, 2020), "2013—2020年"},
		{p[English].Clock(time.Date(2017, time.March, 14, 10, 42, 0, 0, time.UTC)), "10:42"},
		{p[English].Date(""), "not recorded"},
		{p[Chinese].Day(""), "未登记"},
		{p[Chinese].Month(""), "未登记"},
		{p[English].Count(169_842), "169,842"},
		{p[Chinese].Count(-1_000), "−1,000"},
		{p[Chinese].Count(math.MinInt64), "−9,223,372,036,854,775,808"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
