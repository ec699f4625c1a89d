package schedule

// DayCount says what part of a year lies between two days, and so how much
// interest an annual rate earns there. A day earns when it is after the first
// day and not after the second: money paid out today earns from tomorrow, and
// interest is owed for the due day itself.
type DayCount uint8

const (
	// Thirty360 counts every month as 30 days of a year of 360, so that a
	// month earns a twelfth of the annual rate. The 31st counts as the 30th;
	// a due date moved back to the end of a short month counts as the pay day
	// it stands for, so 31 January, 29 February and 31 March are 30 days apart.
	Thirty360 DayCount = iota
	// Actual360 counts real days of a year of 360.
	Actual360
	// Actual365 counts real days of a year of 365, in leap years too.
	Actual365
	// ActualActual counts each day as 1/365 or 1/366 of a year, whichever the
	// year it lies in has; a period over New Year is split there.
	ActualActual
)

var dayCountNames = []string{"30/360", "ACT/360", "ACT/365", "ACT/ACT"}

func (k DayCount) String() string { return nameOf(dayCountNames, k) }

// unitsPerYear is the denominator of the day count. Days of common and of leap
// years are both whole numbers of 1/133,590 of a year (365 × 366), so ACT/ACT
// needs no fractions either.
func (k DayCount) unitsPerYear() uint64 {
	switch k {
	case Actual365:
		return 365
	case ActualActual:
		return 365 * 366
	}
	return 360
}

// timeline places days on a line on which the part of a year between two days
// is the distance of their places divided by the units per year. Any period
// may then be cut in two without a change of the sum.
type timeline struct {
	count  DayCount
	payDay int // day of the month on which the contract falls due; 0 when it has none
}

func (t timeline) place(d Day) int32 {
	switch t.count {
	case Actual360, Actual365:
		return int32(d)
	}
	year, month, day := d.Civil()
	return t.placeOf(d, year, month, day)
}

func (t timeline) placeOf(d Day, year, month, day int) int32 {
	isLeap := leap(year)
	switch t.count {
	case Thirty360:
		months := &daysBefore[isLeap]
		if int32(day) == months[month]-months[month-1] {
			day = max(day, t.payDay)
		}
		return int32(360*year + 30*month + min(day, 30))
	case ActualActual:
		dayOfYear := int(daysBefore[isLeap][month-1]) + day
		return int32(365*366*year + dayOfYear*(366-isLeap))
	}
	return int32(d)
}
