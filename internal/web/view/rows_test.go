package view

import (
	"html/template"
	"strings"
	"testing"
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
