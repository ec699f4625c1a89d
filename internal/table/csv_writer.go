package table

import (
	"bufio"
	"io"
	"strings"
)

// csvSink writes CSV after RFC 4180: commas, CRLF, quotation marks where needed.
type csvSink struct {
	w             *bufio.Writer
	guardFormulas bool
	line          []byte
}

func newCSVSink(w io.Writer, columns []Column, options WriterOptions) (*csvSink, error) {
	s := &csvSink{w: bufio.NewWriterSize(w, sampleBytes), guardFormulas: options.GuardFormulas}
	s.w.Write(utf8BOM)
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.Name
	}
	return s, s.write(1, names)
}

func (s *csvSink) write(_ int, cells []string) error {
	s.line = s.line[:0]
	for i, cell := range cells {
		if i > 0 {
			s.line = append(s.line, ',')
		}
		s.line = appendCSVCell(s.line, guard(cell, s.guardFormulas))
	}
	s.line = append(s.line, "\r\n"...)
	_, err := s.w.Write(s.line)
	return err
}

// appendCSVCell quotes a cell that holds any separator, not only the comma: a spreadsheet set to another country would
// cut the cell there, and the second half could be a formula.
func appendCSVCell(line []byte, cell string) []byte {
	if !strings.ContainsAny(cell, ",;\t\n\"") {
		return append(line, cell...)
	}
	line = append(line, '"')
	line = append(line, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(line, '"')
}

func (s *csvSink) close() error { return s.w.Flush() }
