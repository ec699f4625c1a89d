package loans

import "strings"

// capitals writes an amount as Chinese receipts and contracts have it beside the figures, in numerals that cannot be altered: 3,876,680.84 is
// 人民币叁佰捌拾柒万陆仟陆佰捌拾元捌角肆分. An amount without fen ends in 整. Source: 正确填写票据和结算凭证的基本规定 (annex to the People's Bank of
// China's rules of payment and settlement, 1997).
func capitals(fen int64) string {
	var b strings.Builder
	b.WriteString("人民币")
	if fen < 0 {
		b.WriteString("负")
		fen = -fen
	}
	yuan, jiao := fen/100, fen/10%10
	fen %= 10
	if yuan > 0 || jiao == 0 && fen == 0 {
		b.WriteString(capitalYuan(yuan) + "元")
	}
	switch {
	case jiao > 0:
		b.WriteString(capitalDigits[jiao] + "角")
	case yuan > 0 && fen > 0:
		b.WriteString("零")
	}
	if fen > 0 {
		b.WriteString(capitalDigits[fen] + "分")
	} else {
		b.WriteString("整")
	}
	return b.String()
}

var (
	capitalDigits = [10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}
	capitalTens   = [4]string{"", "拾", "佰", "仟"}
	capitalGroups = [5]string{"", "万", "亿", "万亿", "亿亿"} // of four digits each: more than an int64 holds
)

// capitalYuan writes whole yuan by groups of four digits; a gap between digits, however wide, is one 零.
func capitalYuan(yuan int64) string {
	if yuan == 0 {
		return capitalDigits[0]
	}
	text, gap := "", false
	for group := len(capitalGroups) - 1; group >= 0; group-- {
		four := yuan
		for range group {
			four /= 10_000
		}
		four %= 10_000
		some := false
		for place := 3; place >= 0; place-- {
			digit := four
			for range place {
				digit /= 10
			}
			digit %= 10
			if digit == 0 {
				gap = gap || text != ""
				continue
			}
			if gap {
				text += capitalDigits[0]
			}
			text += capitalDigits[digit] + capitalTens[place]
			gap, some = false, true
		}
		if some {
			text += capitalGroups[group]
		}
	}
	return text
}
