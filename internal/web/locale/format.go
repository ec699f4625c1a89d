package locale

import (
	"strconv"
	"strings"
	"time"

	"lastmile/internal/date"
)

// thinSpace stands between a number and its unit. Pages keep the two on one
// line by setting numbers in <bdi>, which does not wrap.
const thinSpace = "\u2009"

// minus is the mathematical minus, as wide as the digits.
const minus = "\u2212"

// A Currency is how an amount of money is written. The zero value is not
// usable; [Yuan] is the model programme's.
type Currency struct {
	// Prefix stands before the number in languages that put a sign there, "¥".
	Prefix string
	// Suffix stands after it in languages that write the name there, "元".
	Suffix string
	// Digits is how many decimal digits the smallest unit has: 2 for fen.
	Digits int
}

// Yuan is the renminbi; its amounts are in fen.
var Yuan = Currency{Prefix: "¥", Suffix: "元", Digits: 2}

// style is how one language writes numbers and dates.
type style struct {
	// scales are the words for large amounts, largest first.
	scales      []scale
	prefixed    bool // sign before the number rather than name after it
	months      []string
	date        func(s style, t time.Time) string
	day         func(s style, t time.Time) string
	month       func(s style, t time.Time) string
	years       func(from, to int) string
	notRecorded string
}

// scale says that amounts of at least From are written divided by Unit, with
// the word Name, and with at most Decimals digits after the point. Amounts are
// in whole currency units.
type scale struct {
	from     int64
	unit     int64
	name     string
	decimals int
	trim     bool // drop trailing zeros
}

// styles are the writing rules of the design guide: English counts in thousand
// million and million with two decimals, Chinese in 亿 (10^8) with three
// significant digits and in 万 (10^4) to one decimal below ten million and to
// the whole above. Chinese amounts under 100,000 are written out, as on the
// household's own papers.
var styles = map[Language]style{
	English: {
		scales: []scale{
			{from: 1e9, unit: 1e9, name: "bn", decimals: 2},
			{from: 1e6, unit: 1e6, name: "m", decimals: 2},
		},
		prefixed: true,
		months: []string{"January", "February", "March", "April", "May", "June", "July",
			"August", "September", "October", "November", "December"},
		date: func(s style, t time.Time) string {
			return strconv.Itoa(t.Day()) + " " + s.months[t.Month()-1][:3] + " " + strconv.Itoa(t.Year())
		},
		day: func(s style, t time.Time) string {
			return strconv.Itoa(t.Day()) + " " + s.months[t.Month()-1][:3]
		},
		month: func(s style, t time.Time) string {
			return s.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
		},
		years: func(from, to int) string {
			return strconv.Itoa(from) + " to " + strconv.Itoa(to)
		},
		notRecorded: "not recorded",
	},
	Chinese: {
		scales: []scale{
			{from: 100e8, unit: 1e8, name: "亿", decimals: 0},
			{from: 10e8, unit: 1e8, name: "亿", decimals: 1, trim: true},
			{from: 1e8, unit: 1e8, name: "亿", decimals: 2, trim: true},
			{from: 1000e4, unit: 1e4, name: "万", decimals: 0},
			{from: 10e4, unit: 1e4, name: "万", decimals: 1, trim: true},
		},
		date: func(_ style, t time.Time) string {
			return strconv.Itoa(t.Year()) + "年" + strconv.Itoa(int(t.Month())) + "月" + strconv.Itoa(t.Day()) + "日"
		},
		day: func(_ style, t time.Time) string {
			return strconv.Itoa(int(t.Month())) + "月" + strconv.Itoa(t.Day()) + "日"
		},
		month: func(_ style, t time.Time) string {
			return strconv.Itoa(t.Year()) + "年" + strconv.Itoa(int(t.Month())) + "月"
		},
		years: func(from, to int) string {
			return strconv.Itoa(from) + "—" + strconv.Itoa(to) + "年"
		},
		notRecorded: "未登记",
	},
}

// Money writes an amount, given in the currency's smallest unit, rounded for
// reading: ¥60.47 m, 6,047 万元. Small amounts are rounded to whole units
// (¥46,000) unless they are under one, which would hide them. It rounds half
// away from zero.
func (p *Printer) Money(amount int64, currency Currency) string {
	sign, size := split64(amount)
	ten := power10(currency.Digits)
	if s, ok := p.style.scaleFor(size, ten); ok {
		return p.affix(sign, s.write(size, ten), s.name, currency)
	}
	if size != 0 && size < ten {
		return p.affix(sign, decimal(size, ten, currency.Digits), "", currency)
	}
	return p.affix(sign, decimal(size, ten, 0), "", currency)
}

// MoneyAs writes an amount for reading on the scale that suits whole, so that the
// parts of a chart compare: 840,000 yuan of ¥60.47 m is ¥0.84 m. A part too small
// for that scale is written on its own.
func (p *Printer) MoneyAs(amount, whole int64, currency Currency) string {
	ten := power10(currency.Digits)
	sign, size := split64(amount)
	_, wholeSize := split64(whole)
	s, ok := p.style.scaleFor(wholeSize, ten)
	if !ok || size < uint64(s.unit)*ten/power10(s.decimals) {
		return p.Money(amount, currency)
	}
	return p.affix(sign, s.write(size, ten), s.name, currency)
}

// Amount writes an amount in full, as the ledger does: ¥46,000.00,
// 46,000.00 元.
func (p *Printer) Amount(amount int64, currency Currency) string {
	sign, size := split64(amount)
	return p.affix(sign, decimal(size, power10(currency.Digits), currency.Digits), "", currency)
}

func (p *Printer) affix(sign, number, scaleName string, currency Currency) string {
	if p.style.prefixed {
		if scaleName != "" {
			scaleName = thinSpace + scaleName
		}
		return sign + currency.Prefix + number + scaleName
	}
	return sign + number + thinSpace + scaleName + currency.Suffix
}

// Count writes a whole number with its thousands set off: 169,842.
func (p *Printer) Count(n int64) string {
	sign, size := split64(n)
	return sign + group(strconv.FormatUint(size, 10))
}

// Share writes part of whole as a percentage with one decimal, 1.4%. It never
// rounds a remainder away: all but one of ten thousand is 99.9%, one of ten
// thousand is <0.1%. With no whole it gives [NotApplicable]. Part and whole
// must not be negative.
func (p *Printer) Share(part, whole int64) string {
	if whole <= 0 || part < 0 {
		return NotApplicable
	}
	perMille := decimal(uint64(part)*100, uint64(whole), 1)
	switch {
	case part == 0:
		return "0%"
	case part == whole:
		return "100%"
	case perMille == "0.0":
		return "<0.1%"
	case part < whole && perMille == "100.0":
		return "99.9%"
	}
	return perMille + "%"
}

// Date writes a day: 14 Mar 2017, 2017年3月14日. The zero date is a day not
// recorded and is written so.
func (p *Printer) Date(d date.Date) string { return p.calendar(d, p.style.date) }

// Day writes a day without its year: 14 Mar, 3月14日.
func (p *Printer) Day(d date.Date) string { return p.calendar(d, p.style.day) }

// Month writes a month: March 2017, 2017年3月.
func (p *Printer) Month(d date.Date) string { return p.calendar(d, p.style.month) }

func (p *Printer) calendar(d date.Date, write func(style, time.Time) string) string {
	t := d.Time()
	if t.IsZero() {
		return p.NotRecorded()
	}
	return write(p.style, t)
}

// Years writes a span of years: 2013 to 2020, 2013—2020年.
func (p *Printer) Years(from, to int) string { return p.style.years(from, to) }

// Clock writes a time of day, 10:42.
func (p *Printer) Clock(t time.Time) string { return t.Format("15:04") }

// NotRecorded stands where a value exists but nobody has told us.
func (p *Printer) NotRecorded() string { return p.style.notRecorded }

// split64 parts a number into its sign and size. The size is unsigned so that
// the smallest int64 has one.
func split64(n int64) (sign string, size uint64) {
	if n < 0 {
		return minus, -uint64(n)
	}
	return "", uint64(n)
}

func power10(digits int) uint64 {
	power := uint64(1)
	for range digits {
		power *= 10
	}
	return power
}

// write writes an amount on the scale, without its word.
func (s scale) write(size, ten uint64) string {
	number := decimal(size, uint64(s.unit)*ten, s.decimals)
	if s.trim {
		number = strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
	}
	return number
}

// scaleFor picks the scale an amount is written in, if any. An amount just under
// a scale whose rounding carries into it is written in it: 999,999,999 yuan is
// ¥1.00 bn, not ¥1,000.00 m. Ten to the currency's digits is ten.
func (st style) scaleFor(size, ten uint64) (scale, bool) {
	step := ten
	for i := len(st.scales) - 1; i >= 0; i-- {
		s := st.scales[i]
		if divideRound(size, step)*step < uint64(s.from)*ten {
			if i == len(st.scales)-1 {
				return scale{}, false
			}
			return st.scales[i+1], true
		}
		step = uint64(s.unit) * ten / power10(s.decimals)
	}
	return st.scales[0], true
}

func divideRound(n, by uint64) uint64 {
	quotient, rest := n/by, n%by
	if rest >= by-rest {
		quotient++
	}
	return quotient
}

// decimal writes n divided by unit with that many decimals, grouped, rounded
// half up.
func decimal(n, unit uint64, decimals int) string {
	whole, rest := n/unit, n%unit
	power := power10(decimals)
	// The fraction rest/unit is under one; it is worked out digit by digit so
	// that no product can overflow.
	var fraction uint64
	for range decimals {
		rest *= 10
		fraction = fraction*10 + rest/unit
		rest %= unit
	}
	if rest >= unit-rest {
		fraction++
	}
	if fraction == power {
		whole, fraction = whole+1, 0
	}
	text := group(strconv.FormatUint(whole, 10))
	if decimals == 0 {
		return text
	}
	digits := strconv.FormatUint(fraction, 10)
	return text + "." + strings.Repeat("0", decimals-len(digits)) + digits
}

// group sets a comma before every third digit from the end.
func group(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	return group(digits[:len(digits)-3]) + "," + digits[len(digits)-3:]
}
