package locale

import "testing"

func TestName(t *testing.T) {
	for _, c := range []struct{ name, en, zh string }{
		{"Dolan ewes 多浪羊母羊", "Dolan ewes", "多浪羊母羊"},
		{"Budget 2013 年度预算", "Budget 2013", "2013年度预算"},
		{"Listed company 01 上市公司01", "Listed company 01", "上市公司01"},
		{"House repair, payment 3 危房改造分期拨款", "House repair, payment 3", "危房改造分期拨款"},
		{"洛门镇", "洛门镇", "洛门镇"},
		{"Shenzhen", "Shenzhen", "Shenzhen"},
		{"A: 甲", "A: 甲", "A: 甲"},
	} {
		if en, zh := (&Printer{Language: English}).Name(c.name), (&Printer{Language: Chinese}).Name(c.name); en != c.en || zh != c.zh {
			t.Errorf("%q is %q in English and %q in Chinese, want %q and %q", c.name, en, zh, c.en, c.zh)
		}
	}
}

func TestIsEnglish(t *testing.T) {
	for text, want := range map[string]bool{
		"In June 2019, Wushan County passed the acceptance check.": true, "F101 · “This year” is 2020.": true, "A year.": true,
		"Report of the investor, 2020-08": true, "F001": false, "BK-20-0817-189": false, "Shenzhen": false, "Shenzhen Stock Exchange": false,
		"同上一句": false, "Dolan ewes 多浪羊母羊": false, "direct-funds 第 1 版": false, "": false,
	} {
		if got := IsEnglish(text); got != want {
			t.Errorf("%q is in English: %t, want %t", text, got, want)
		}
	}
}
