package locale

import (
	"strings"
	"unicode"
)

// Name is the reader's part of a name that is written in both scripts, one after the other, as many offices write theirs:
// "Dolan ewes 多浪羊母羊". A number between the two belongs to both, "Budget 2013 年度预算", unless the
// second has it too: "Listed company 01 上市公司01". Any other name stays whole.
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
	number := latin[strings.LastIndexByte(latin, ' ')+1:]
	if strings.Trim(number, "0123456789") != "" || number == latin || strings.Contains(han, number) {
		return han
	}
	return number + han
}
