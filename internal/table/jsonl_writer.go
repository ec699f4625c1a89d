package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// jsonlSink writes one object a line, with the keys in the order of the columns and without those that have no value.
type jsonlSink struct {
	w       *bufio.Writer
	columns []Column
	keys    [][]byte
	line    bytes.Buffer
	encoder *json.Encoder
}

func newJSONLSink(w io.Writer, columns []Column) *jsonlSink {
	s := &jsonlSink{w: bufio.NewWriterSize(w, sampleBytes), columns: columns}
	s.encoder = json.NewEncoder(&s.line)
	s.encoder.SetEscapeHTML(false)
	for _, column := range columns {
		s.line.Reset()
		s.encode(column.Name)
		s.keys = append(s.keys, append(bytes.Clone(s.line.Bytes()), ':'))
	}
	return s
}

func (s *jsonlSink) write(_ int, cells []string) error {
	s.line.Reset()
	s.line.WriteByte('{')
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		if s.line.Len() > 1 {
			s.line.WriteByte(',')
		}
		s.line.Write(s.keys[i])
		switch kind := s.columns[i].Kind; {
		case kind == Number && isJSONNumber(cell), kind == Boolean && (cell == "true" || cell == "false"):
			s.line.WriteString(cell)
		case kind == List && isList(cell):
			s.encode(strings.Split(cell, ListSeparator))
		default:
			s.encode(cell)
		}
	}
	s.line.WriteString("}\n")
	_, err := s.w.Write(s.line.Bytes())
	return err
}

// encode appends a text or texts, which always succeeds, without the line break that the encoder puts after them.
func (s *jsonlSink) encode(value any) {
	s.encoder.Encode(value)
	s.line.Truncate(s.line.Len() - 1)
}

// isJSONNumber tells whether the text is a number as JSON writes them (RFC 8259, 6).
func isJSONNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && isDigit(digits[0]) && isDigit(digits[len(digits)-1]) && json.Valid([]byte(text))
}

// isList tells whether the reader would give the list back as it is here.
func isList(text string) bool {
	for item := range strings.SplitSeq(text, ListSeparator) {
		if item == "" {
			return false
		}
	}
	return true
}

func (s *jsonlSink) close() error { return s.w.Flush() }
