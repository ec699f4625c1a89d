package locale

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func catalogs(english, chinese string) fstest.MapFS {
	return fstest.MapFS{
		"en.json":      {Data: []byte(english)},
		"zh-Hans.json": {Data: []byte(chinese)},
	}
}

func load(t *testing.T, english, chinese string) *Catalog {
	t.Helper()
	c, err := Load(catalogs(english, chinese))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestText(t *testing.T) {
	c := load(t,
		`{"matched": "{0} of {1} payments matched", "late": {"one": "{0} day late", "other": "{0} days late"}, "who": "by {0}"}`,
		`{"matched": "{1} 笔付款中 {0} 笔已匹配", "late": "逾期 {0} 天", "who": "{0}"}`)
	en, err := c.Printer(English)
	if err != nil {
		t.Fatal(err)
	}
	zh, err := c.Printer(Chinese)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ got, want string }{
		{en.Text("matched", 1266, 1284), "1,266 of 1,284 payments matched"},
		{zh.Text("matched", 1266, 1284), "1,284 笔付款中 1,266 笔已匹配"},
		{en.Text("late", 1), "1 day late"},
		{en.Text("late", int64(2)), "2 days late"},
		{zh.Text("late", 1), "逾期 1 天"},
		{en.Text("who", "He Min"), "by He Min"},
		{en.Text("no.such.key"), "⟦no.such.key⟧"},
		{en.Text("who"), "by ⟦0⟧"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if n, ok := c.Arguments("matched"); n != 2 || !ok {
		t.Errorf("Arguments(matched) = %d, %t", n, ok)
	}
	if _, ok := c.Arguments("nothing"); ok {
		t.Error("a key that does not exist has arguments")
	}
}

func TestLoadRefuses(t *testing.T) {
	cases := []struct{ why, english, chinese, want string }{
		{"a key that only one language has", `{"a": "A", "b": "B"}`, `{"a": "甲"}`, `key "b" has no text in zh-Hans`},
		{"an argument that only one language uses", `{"a": "{0} of {1}"}`, `{"a": "{0}"}`, "takes arguments [0 1] in en but [0] in zh-Hans"},
		{"a brace that opens nothing", `{"a": "{name}"}`, `{"a": "甲"}`, "an argument is written {0} to {9}"},
		{"an empty text", `{"a": ""}`, `{"a": "甲"}`, "the text is empty"},
		{"a plural form nobody chooses", `{"a": {"other": "x", "few": "y"}}`, `{"a": "甲"}`, `unknown plural form "few"`},
		{"plural forms without the general one", `{"a": {"one": "x"}}`, `{"a": "甲"}`, "need at least other"},
		{"a number for a text", `{"a": 3}`, `{"a": "甲"}`, "want a text"},
		{"a file that is not JSON", `{`, `{}`, "read catalogue en.json"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			_, err := Load(catalogs(c.english, c.chinese))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	if _, err := Load(catalogs(`{"a": "A"}`, `{"a": "甲"}`), catalogs(`{"a": "A"}`, `{"a": "甲"}`)); err == nil {
		t.Error("the same key in two places was accepted")
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("no catalogue at all was accepted")
	}
	french, err := Load(fstest.MapFS{"fr.json": {Data: []byte(`{"a": "A"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := french.Printer("fr"); err == nil {
		t.Error("a language without a number style got a printer")
	}
}

func TestFromRequest(t *testing.T) {
	offered := []Language{English, Chinese}
	cases := []struct {
		why, cookie, header string
		want                Language
	}{
		{"nothing said", "", "", English},
		{"the region does not matter", "", "zh-CN,zh;q=0.9,en;q=0.8", Chinese},
		{"the order is by quality", "", "zh;q=0.2,en;q=0.9", English},
		{"a language we lack", "", "fr,zh;q=0.5", Chinese},
		{"a quality of nought is a refusal", "", "zh;q=0", English},
		{"a quality that is no number is passed over", "", "zh;q=high,en", English},
		{"the reader's own choice comes first", "zh-Hans", "en", Chinese},
		{"a cookie from nowhere", "tlh", "zh", Chinese},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", c.header)
		if c.cookie != "" {
			r.Header.Set("Cookie", "language="+c.cookie)
		}
		if got := FromRequest(r, "language", offered); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
}
