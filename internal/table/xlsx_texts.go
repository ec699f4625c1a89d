package table

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// sharedTexts are the texts that the cells of a workbook refer to by number, kept in blocks: eight bytes a text beyond
// the text itself.
type sharedTexts struct {
	blocks []string
	starts []textStart
}

type textStart struct{ block, offset uint32 }

const textBlockBytes = 1 << 20

func (t *sharedTexts) len() int { return len(t.starts) }

func (t *sharedTexts) at(i int) string {
	start := t.starts[i]
	block := t.blocks[start.block]
	if i+1 < len(t.starts) && t.starts[i+1].block == start.block {
		return block[start.offset:t.starts[i+1].offset]
	}
	return block[start.offset:]
}

func (p *workbookParts) sharedTexts(name string) (sharedTexts, error) {
	var texts sharedTexts
	part, err := p.open(name, p.options.UnpackedBytes)
	if err != nil {
		return texts, err
	}
	var block strings.Builder
	held := int64(0)
	for {
		token, err := part.token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return texts, p.damage(err, 0)
		}
		if element, ok := token.(xml.StartElement); !ok || element.Name.Local != "si" {
			continue
		}
		text, err := part.text("si", nil)
		if err != nil {
			return texts, p.damage(err, 0)
		}
		text = unescapeXLSX(text)
		if block.Len() > 0 && block.Len()+len(text) > textBlockBytes {
			texts.blocks = append(texts.blocks, block.String())
			block.Reset()
		}
		texts.starts = append(texts.starts, textStart{uint32(len(texts.blocks)), uint32(block.Len())})
		block.WriteString(text)
		if held += int64(len(text)) + 8; held > p.options.TextBytes {
			return texts, p.fault(UnpacksTooLarge, 0, "", p.options.TextBytes)
		}
	}
	texts.blocks = append(texts.blocks, block.String())
	return texts, nil
}

// unescapeXLSX undoes _xHHHH_, by which a workbook writes characters that XML cannot hold (ECMA-376 part 1, 22.9.2.19).
func unescapeXLSX(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "_x")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if len(after) >= 5 && after[4] == '_' {
			if code, err := strconv.ParseUint(after[:4], 16, 16); err == nil {
				out.WriteRune(rune(code))
				text = after[5:]
				continue
			}
		}
		out.WriteString("_")
		text = "x" + after
	}
}
