package view

import (
	"html/template"
	"strings"
	"testing"

	"lastmile/internal/web/locale"
)

// What is written into a cell stays text, whatever it says, and no address runs a script.
func TestCellsEscape(t *testing.T) {
	set := template.Must(template.New("set").Parse(`{{define "mark"}}<i>{{.}}</i>{{end}}{{define "state"}}<b class="{{.Kind}}">{{.Word}}</b>{{end}}{{define "pick"}}<input value="{{.Value}}">{{end}}`))
	evil := `"><script>alert(1)</script>&`
	columns := []Column{{Label: "a"}, {Label: evil, Kind: NumberColumn}, {}, {}, {}, {}}
	d := &drawn{}
	for range 2 { // the second time from what is kept
		got, err := d.rows(set, columns, []Row{{Cells: []Cell{
			{Text: evil, Sub: evil, Grade: Traced}, {Figure: &FigureLink{Value: evil, Href: "/x?" + evil}}, {Text: "x", Href: "javascript:alert(1)"},
			{State: &State{Kind: Done, Word: evil}}, {Text: "x", Error: evil, Pick: &Pick{Value: evil}}, {Text: "x", Href: "/a?b=1&c=2", Grade: Reported},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, never := range []string{"<script", "javascript:"} {
			if strings.Contains(string(got), never) {
				t.Errorf("%s is in %s", never, got)
			}
		}
		for _, want := range []string{
			`<th scope="row">&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;<span class="sub"><i>traced</i>`, `<td class="number" data-label="&#34;&gt;`,
			`<td class=" wrong" data-label="">`, `<a href="/a?b=1&amp;c=2">x</a> <i>reported</i></td></tr>`, `<a href="#">x</a>`, `<b class="done">&#34;`,
		} {
			if !strings.Contains(string(got), want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
	}
}

// A page in Chinese marks what was recorded in English, so that its quotes are drawn and its words read as English.
func TestRecordedInEnglish(t *testing.T) {
	set := template.Must(template.New("set").Parse(`{{define "mark"}}{{end}}`))
	row := []Row{{Cells: []Cell{{Text: "SZSE’s “Shen Yin Tong” was extended.", Sub: "F106"}, {Text: "A note <of> it", Href: "/x"}, {Text: "同上一句", Sub: "Four means are named."}}}}
	for language, want := range map[locale.Language]string{
		locale.Chinese: `<th scope="row"><span lang="en">SZSE’s “Shen Yin Tong” was extended.</span><span class="sub">F106</span></th>` +
			`<td class="" data-label=""><a href="/x"><span lang="en">A note &lt;of&gt; it</span></a></td>` +
			`<td class="" data-label="">同上一句<span class="sub"><span lang="en">Four means are named.</span></span></td>`,
		locale.English: `<th scope="row">SZSE’s “Shen Yin Tong” was extended.<span class="sub">F106</span></th>`,
	} {
		got, err := (&drawn{reader: language}).rows(set, make([]Column, 3), row)
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: %v\n%s\nwant %s", language, err, got, want)
		}
	}
}

// A value that is not there has nothing to open.
func TestFigureOfNothing(t *testing.T) {
	if got := figure(FigureLink{Value: locale.NotApplicable, Href: "#stages"}); got != locale.NotApplicable {
		t.Errorf("got %s", got)
	}
}
