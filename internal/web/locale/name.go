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
