package area

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// levelWords end the names of areas and say of what level they are; the longest first.
var levelWords = []string{"社区居民委员会", "社区村民委员会", "维吾尔自治区", "社区居委会", "村民委员会", "居民委员会", "自治区", "自治州", "自治县", "村委会", "居委会", "社区", "地区", "街道", "省", "市", "县", "区", "镇", "乡", "村"}

// readings are characters that are read otherwise in names of places than in common words.
var readings = map[rune]string{'什': "shi"}

// Pronounced is how an area's name is read aloud, for those who do not read its script: in pinyin, without the word for its level unless
// only one character would be left.
func Pronounced(name string) string {
	for _, w := range levelWords {
		if short, ok := strings.CutSuffix(name, w); ok {
			if len([]rune(short)) > 1 {
				name = short
			}
			break
		}
	}
	text := ""
	for _, r := range name {
		if said, ok := readings[r]; ok {
			text += said
		} else if said := pinyin.SinglePinyin(r, pinyin.NewArgs()); len(said) > 0 {
			text += said[0]
		}
	}
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
