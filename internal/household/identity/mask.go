package identity

import (
	"strings"
	"unicode"
)

// Mask hides a document number for display: the first four characters (the prefecture) and the last four remain, as in
// 6205**********1234. On a disability certificate the type and grade are hidden too, because they say something about
// health: 6205**********1234**. A number too short to hide anything in is hidden whole.
func Mask(number string) string {
	n := []rune(normalNumber(number))
	if len(n) < 12 {
		return strings.Repeat("*", len(n))
	}
	end := min(len(n), residentLength)
	return string(n[:4]) + strings.Repeat("*", end-8) + string(n[end-4:end]) + strings.Repeat("*", len(n)-end)
}

// MaskName hides a name for a public list: the first letter remains and at most two × stand for all the rest, so that
// neighbours recognise a household and strangers do not: 马×× for 马小明, 马× for 马丽, 阿×× for 阿卜杜拉·麦麦提.
func MaskName(name string) string {
	letters := 0
	var masked strings.Builder
	for _, r := range foldSpaces(name) {
		if !unicode.IsLetter(r) {
			continue
		}
		switch letters++; letters {
		case 1:
			masked.WriteRune(r)
		case 2, 3:
			masked.WriteRune('×')
		}
	}
	return masked.String()
}

// MaskPhone hides the middle of a phone number: 138****1234. One with fewer than eight digits is hidden whole.
func MaskPhone(phone string) string {
	n := normalPhone(phone)
	if len(n) < 8 {
		return strings.Repeat("*", len(n))
	}
	return n[:3] + strings.Repeat("*", len(n)-7) + n[len(n)-4:]
}

// MaskAccount hides a bank account but for its last four digits: ***************1234.
func MaskAccount(account string) string {
	n := []rune(normalNumber(account))
	if len(n) < 8 {
		return strings.Repeat("*", len(n))
	}
	return strings.Repeat("*", len(n)-4) + string(n[len(n)-4:])
}
