package table

import (
	"strings"
	"testing"
)

func TestJSONL(t *testing.T) {
	cases := []struct{ name, file, want string }{
		{"values", `{"text":"张\n三","number":12.50,"big":1e400,"yes":true,"no":false,"none":null,"empty":"","list":["a.jpg","b.jpg"],"no items":[]}`,
			"1|张⏎三|12.50|1e400|true|false|-||a.jpg;b.jpg|\n= text|number|big|yes|no|none|empty|list|no items\n"},
		{"columns grow", lines(`{"a":1}`, ``, `{"b":2,"a":3}`, `{"c":4}`), "1|1\n3|3|2\n4|-|-|4\n= a|b|c\n"},
		{"byte order mark, CRLF, spaces", "\xEF\xBB\xBF{\"a\": 1 }\r\n  {\"a\" :2}\r\n{}\r\n", "1|1\n2|2\n= a\n"},
		{"problems do not end the reading", lines(`{"a":1,"a":2}`, `{"a":{"b":{}},"c":[[1]]}`, `{"a":}`, `{"a":["x;y"]}`, `{"a":9}`),
			"1|2\n! line 1, column a: the key stands twice in the object; remove one of the two\n" +
				"2||\n! line 2, column a: the value is an object, or a list of something else than texts without \";\"; give each value a key of its own; a list may hold texts only\n" +
				"! line 2, column c: the value is an object, or a list of something else than texts without \";\"; give each value a key of its own; a list may hold texts only\n" +
				"3|-|-\n! line 3: the line is not one JSON object: invalid character '}' looking for beginning of value; write one object a line, such as {\"household\":\"H-1\",\"persons\":4}\n" +
				"4||-\n! line 4, column a: the value is an object, or a list of something else than texts without \";\"; give each value a key of its own; a list may hold texts only\n" +
				"5|9|-\n= a|c\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := open("a.jsonl", []byte(c.file), Options{})
			if got := content(r, err); got != c.want {
				t.Errorf("got\n%s want\n%s", got, c.want)
			}
		})
	}
}

func TestJSONLColumnsAreKnownBeforeTheFirstRow(t *testing.T) {
	r, err := open("a.jsonl", []byte(lines(`{"a":1,"b":2}`, `{"c":3}`)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Columns(), ","); got != "a,b" {
		t.Errorf("columns %s", got)
	}
}

func TestJSONLWriter(t *testing.T) {
	var out strings.Builder
	w, err := NewWriter(&out, JSONL, []Column{{Name: "a<b"}, {Name: "n", Kind: Number}, {Name: "t", Kind: Boolean}, {Name: "l", Kind: List}}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]string{{"x\n", "12.50", "true", "a;b"}, {"", "007", "yes", "a;;b"}, {"", "", "", ""}, {"", "1 ", "", "a"}} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := lines(`{"a<b":"x\n","n":12.50,"t":true,"l":["a","b"]}`, `{"n":"007","t":"yes","l":"a;;b"}`, `{}`, `{"n":"1 ","l":["a"]}`)
	if out.String() != want {
		t.Errorf("got\n%s want\n%s", out.String(), want)
	}
}

func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, "{\"a\":[\"x\"]}\n{\"b\":{\"c\":[1,{}]}}\n", `{"a":"\ud800"}`, "{", "{}\n{\"a\":1,}\n", "\xEF\xBB\xBF{}", `{"a":1}{`, `{"":1}`, `{"a" 1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) { readAll(t, "a.jsonl", file) })
}

func BenchmarkReadJSONL(b *testing.B) {
	line := `{"code":"HH-001","name":"张三","village":"团结村","persons":4,"income":3200.50,"date":"2018-05-01","ok":true,"note":"养羊"}` + "\n"
	benchmarkRead(b, "a.jsonl", newRepeated(line, line, int64(b.N)))
}
