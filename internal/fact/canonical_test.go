package fact

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
)

// Sample has a field of every type.
type Sample struct {
	_      struct{}  `kind:"canonical-sample" en:"Sample" zh:"样本"`
	Text   string    `json:"text" en:"Text" zh:"文"`
	Number int64     `json:"number" en:"Number" zh:"数"`
	Amount Money     `json:"amount" en:"Amount" zh:"额"`
	Day    date.Date `json:"day" en:"Day" zh:"日"`
	Flag   bool      `json:"flag" en:"Flag" zh:"是否"`
	List   []string  `json:"list" en:"List" zh:"单"`
	Secret string    `json:"secret" en:"Secret" zh:"密" private:""`
	Lines  []string  `json:"lines" en:"Lines" zh:"行" private:""`
}

func (*Sample) Record(*Tx) error { return nil }

// What Encode writes both decoders read alike, whatever stands in it.
func TestDecodersAgree(t *testing.T) {
	k, err := newKind(reflect.TypeFor[Sample](), "")
	if err != nil {
		t.Fatal(err)
	}
	texts := rapid.StringMatching(`["\\\n,}{a阿×·]{0,6}`)
	fast := 0
	rapid.Check(t, func(t *rapid.T) {
		in := &Sample{
			Text: texts.Draw(t, "text"), Number: rapid.Int64().Draw(t, "number"), Amount: Money(rapid.Int64Range(-1e14, 1e14).Draw(t, "amount")),
			Flag: rapid.Bool().Draw(t, "flag"), List: rapid.SliceOf(texts).Draw(t, "list"), Secret: texts.Draw(t, "secret"), Lines: rapid.SliceOf(texts).Draw(t, "lines"),
			Day: rapid.SampledFrom([]date.Date{"", "2020-02-29"}).Draw(t, "day"),
		}
		public, private := k.Encode(in)
		out := &Sample{}
		if !k.decodeCanonical(out, public) || private != "" && !k.decodeCanonical(out, private) {
			return // an escape that is left to encoding/json
		}
		fast++
		if p, q := k.Encode(out); p != public || q != private {
			t.Fatalf("%s %s is read as %s %s", public, private, p, q)
		}
	})
	if fast < 20 {
		t.Errorf("only %d bodies were read the fast way", fast)
	}
	for _, body := range []string{``, `{`, `{"text"}`, `{"text":1}`, `{"number":"1"}`, `{"list":["a"}`, `{"flag":false}`, `{"text":"a",}`, `{"other":"a"}`, `{"number":1,"text":"a"}`, `{"text":"a"} `, `{"text":"\u0001"}`, `{"text":"\`} {
		if k.decodeCanonical(&Sample{}, body) {
			t.Errorf("%q is taken for a canonical body", body)
		}
	}
}
