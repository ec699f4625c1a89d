package table

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parts are the files of a workbook by name.
type parts map[string]string

// workbook makes the smallest workbook there can be, with the given parts put in place of its own. Style 1 shows dates,
// style 2 date and time, style 3 time, style 4 hours past 24.
func workbook(own parts) []byte {
	files := parts{
		"_rels/.rels": `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="http://r"><sheets><sheet name="隐藏" state="hidden" r:id="h"/>` +
			`<sheet name="名单" r:id="s1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships>` +
			`<Relationship Id="s1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="h" Type="http://x/worksheet" Target="/xl/worksheets/hidden.xml"/>` +
			`<Relationship Id="t" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="y" Type="http://x/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData></sheetData></worksheet>`,
		"xl/worksheets/hidden.xml": `<worksheet><sheetData>` + textRow(1, "secret") + textRow(2, "x") + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml": `<sst><si><t>shared</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>phonetic</t></rPh></si>` +
			`<si><t xml:space="preserve"> _x0041__x005F_x0041_ </t></si></sst>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>` +
			`<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/><xf numFmtId="21"/><xf numFmtId="46"/></cellXfs></styleSheet>`,
	}
	maps.Copy(files, own)
	return zipped(files)
}

func sheet(rows string) parts {
	return parts{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"}
}

// textRow is a row of text cells; an empty text leaves its cell out.
func textRow(row int, texts ...string) string {
	var out strings.Builder
	fmt.Fprintf(&out, `<row r="%d">`, row)
	for i, text := range texts {
		if text != "" {
			fmt.Fprintf(&out, `<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>`, columnLetters(i), row, text)
		}
	}
	return out.String() + "</row>"
}

func zipped(files parts) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		part, err := w.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := part.Write([]byte(files[name])); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
