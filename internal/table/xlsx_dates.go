package table

import (
	"math"
	"strings"
	"time"
)

// numberShown is how a cell style shows a number.
type numberShown uint8

const (
	asNumber numberShown = 0
	asDate   numberShown = 1
	asTime   numberShown = 2 // may be joined with asDate
)

type stylesXML struct {
	Formats []struct {
		ID   int    `xml:"numFmtId,attr"`
		Code string `xml:"formatCode,attr"`
	} `xml:"numFmts>numFmt"`
	Cells []struct {
		Format int `xml:"numFmtId,attr"`
	} `xml:"cellXfs>xf"`
}

func (s *stylesXML) numbersShown() []numberShown {
	custom := map[int]numberShown{}
	for _, format := range s.Formats {
		custom[format.ID] = shownBy(format.Code)
	}
	shows := make([]numberShown, len(s.Cells))
	for i, cell := range s.Cells {
		shown, found := custom[cell.Format]
		if !found {
			shown = builtInFormat(cell.Format)
		}
		shows[i] = shown
	}
	return shows
}

// builtInFormat knows the formats that are not written out in a workbook (ECMA-376 part 1, 18.8.30): 14 to 22 and 45
// to 47 everywhere, 27 to 36 and 50 to 58 in the languages of East Asia. 46 counts hours past 24 and stays a number.
func builtInFormat(id int) numberShown {
	switch {
	case 14 <= id && id <= 17, 27 <= id && id <= 31, id == 36, 50 <= id && id <= 54, id == 57, id == 58:
		return asDate
	case id == 22:
		return asDate | asTime
	case 18 <= id && id <= 21, 32 <= id && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return asTime
	}
	return asNumber
}

// shownBy reads a format code such as yyyy"年"m"月"d"日" or [$-409]h:mm AM/PM. A year or day makes a date, an hour or
// second a time, and a lone m is a month. Formats that count hours past 24, [h]:mm, stay numbers.
func shownBy(code string) numberShown {
	shown := asNumber
	hasM := false
	code = strings.ToLower(code)
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '\\', '_', '*':
			i++
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return shown
			}
			i += end + 1
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return shown
			}
			if inside := strings.Trim(code[i+1:i+end], code[i+1:i+2]); inside == "" && strings.ContainsRune("hms", rune(code[i+1])) {
				return asNumber
			}
			i += end
		case 'y', 'd':
			shown |= asDate
		case 'h', 's':
			shown |= asTime
		case 'm':
			hasM = true
		}
	}
	if shown == asNumber && hasM {
		return asDate
	}
	return shown
}

const (
	secondsADay = 24 * 60 * 60
	lastDay     = 2958465 // 9999-12-31 counted from 1900
	days1904    = 1462    // from the first day of the 1900 count to that of the 1904 count
	leapDay1900 = 60      // 1900-02-29, a day that never was, counted for the sake of Lotus 1-2-3
)

// calendar writes a day count as YYYY-MM-DD, the time of day as HH:MM:SS, or both. It reports false when the number is
// no day (ECMA-376 part 1, 18.17.4).
func calendar(number float64, shown numberShown, is1904 bool) (string, bool) {
	if number < 0 || number > lastDay+1 {
		return "", false
	}
	seconds := int64(math.Round(number * secondsADay))
	day, second := seconds/secondsADay, seconds%secondsADay
	clock := time.Unix(second, 0).UTC().Format("15:04:05")
	if shown == asTime {
		return clock, true
	}
	if is1904 {
		day += days1904
	}
	switch {
	case day == 0, day == leapDay1900, day > lastDay:
		return "", false
	case day < leapDay1900:
		day++
	}
	date := time.Date(1899, time.December, 30+int(day), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	if shown&asTime != 0 && second > 0 {
		return date + " " + clock, true
	}
	return date, true
}
