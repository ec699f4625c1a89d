package identity

import "fmt"

// Reason says what is wrong with a document number.
type Reason string

const (
	Malformed       Reason = "malformed"        // something other than digits and a final X
	WrongLength     Reason = "wrong_length"     // not 18 characters, and not 20
	OldNumber       Reason = "old_number"       // a 15-digit number, void since 2013-01-01
	WrongArea       Reason = "wrong_area"       // no area code begins so
	WrongBirth      Reason = "wrong_birth"      // the calendar has no such day, or nobody is that old
	FutureBirth     Reason = "future_birth"     // born after the day of entry
	WrongCheck      Reason = "wrong_check"      // the check character does not fit the digits
	WrongDisability Reason = "wrong_disability" // not a type from 1 to 7
	WrongGrade      Reason = "wrong_grade"      // not a grade from 1 to 4
)

// Error is a refused document number. It carries the number masked, so that it may be logged.
type Error struct {
	Reason     Reason
	Number     string // masked
	Length     int    // how many characters there were, for WrongLength
	Suggestion string // for OldNumber: the 18-character number it most likely became; personal data, to be shown only to whoever typed it
}

// Error says what is wrong and how to put it right, in English.
func (e *Error) Error() string { return e.Text("en") }

// Text says what is wrong and how to put it right, in English ("en") or Chinese ("zh").
func (e *Error) Text(language string) string {
	words := reasonWords[e.Reason]
	prefix, text := "identity number %s: ", words.en
	if language == "zh" {
		prefix, text = "身份证件号码 %s：", words.zh
	}
	if e.Reason == WrongLength {
		text = fmt.Sprintf(text, e.Length)
	}
	return fmt.Sprintf(prefix, e.Number) + text
}

var reasonWords = map[Reason]struct{ en, zh string }{
	Malformed:       {"only digits may stand in it, and an X at the end; type it again from the card", "只能由数字组成，末位可为 X；请对照证件重新录入"},
	WrongLength:     {"it has %d characters; a resident identity number has 18, a disability certificate 20", "现有 %d 位；居民身份证应为 18 位，残疾人证应为 20 位"},
	OldNumber:       {"this is a 15-digit number, void since 1 January 2013; ask for the card with 18 digits", "这是 15 位旧号码，自 2013 年 1 月 1 日起停用；请查看 18 位的第二代身份证"},
	WrongArea:       {"no area of the country has the first six digits; check them against the card", "前六位不是有效的行政区划代码；请对照证件核对"},
	WrongBirth:      {"digits 7 to 14 are not a possible date of birth; check them against the card", "第 7 至 14 位不是可能的出生日期；请对照证件核对"},
	FutureBirth:     {"digits 7 to 14 give a date of birth that is still to come; check them against the card", "第 7 至 14 位的出生日期在录入日期之后；请对照证件核对"},
	WrongCheck:      {"the last character does not fit the digits before it, so at least one is wrong; type it again from the card", "末位校验码与前 17 位不符，至少有一位有误；请对照证件重新录入"},
	WrongDisability: {"digit 19 must be a type of disability from 1 to 7", "第 19 位应为残疾类别 1 至 7"},
	WrongGrade:      {"digit 20 must be a grade of disability from 1 to 4", "第 20 位应为残疾等级 1 至 4"},
}
