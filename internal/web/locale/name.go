package locale

import (
	"strings"
	"unicode"
)

// Name is the reader's part of a name that is written in both scripts, one after the other, as many offices write theirs:
// "Dolan ewes 多浪羊母羊". A year between the two belongs to both: "Budget 2013 年度预算". Any other name stays whole.
func (p *Printer) Name(name string) string {
	split := strings.IndexFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) || r == '“' })
	if split <= 0 || name[split-1] != ' ' || strings.IndexFunc(name[split:], unicode.IsLower) >= 0 {
		return name
	}
	latin, han := strings.TrimRight(name[:split], " "), name[split:]
	if strings.HasSuffix(latin, ",") || strings.HasSuffix(latin, ":") {
		return name
	}
	if p.Language != Chinese {
		return latin
	}
	year := latin[strings.LastIndexByte(latin, ' ')+1:]
	if len(year) != len("2013") || strings.Trim(year, "0123456789") != "" {
		return han
	}
	return year + han
}

// IsEnglish reports whether a text is in English words: at least two of them, one in small letters, and no letter of another script. Codes
// and single names are in no language.
func IsEnglish(text string) bool {
	words, small := strings.Fields(text), false
	for _, word := range words {
		letters := strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
		if strings.IndexFunc(letters, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }) >= 0 {
			return false
		}
		small = small || len(letters) > 1 && strings.IndexFunc(letters, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
	}
	return small && len(words) > 1
}
