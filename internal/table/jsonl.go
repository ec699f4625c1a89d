package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// jsonlSource reads JSON Lines (jsonlines.org).
type jsonlSource struct {
	*Reader
	lines *bufio.Reader
	done  int64
	line  int
	seen  []int // for each column the line it was last seen on, to find a key that stands twice
}

func (r *Reader) openJSONL() error {
	start, err := r.sample(0)
	if err != nil {
		return err
	}
	text := bytes.TrimPrefix(start, utf8BOM)
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("[")) {
		return r.fault(JSONArray, 0, "")
	}
	s := &jsonlSource{Reader: r, done: int64(len(start) - len(text))}
	s.lines = bufio.NewReaderSize(io.NewSectionReader(r.file, s.done, r.size-s.done), r.options.LineBytes+len("\r\n"))
	r.source = s
	// The first line is read now, so that Columns is known from the beginning.
	if r.Next() {
		r.ahead = true
		return nil
	}
	if r.err == io.EOF {
		return r.fault(EmptyFile, 0, "")
	}
	return r.err
}

func (s *jsonlSource) progress() (done, total int64) { return s.done, s.size }

func (s *jsonlSource) next() error {
	for {
		line, err := s.lines.ReadSlice('\n')
		s.done += int64(len(line))
		s.line++
		switch {
		case err == bufio.ErrBufferFull:
			return s.fault(LineTooLong, s.line, "", s.options.LineBytes)
		case err != nil && err != io.EOF:
			return fmt.Errorf("read json lines: %w", err)
		case !utf8.Valid(line):
			return s.fault(UnreadableText, s.line, "", undecodable(string(line), isUTF8), string(isUTF8))
		case len(bytes.TrimSpace(line)) > 0:
			s.row.Number = s.line
			return s.object(line, err == io.EOF)
		case err == io.EOF:
			return io.EOF
		}
	}
}

var (
	errNotAnObject = errors.New("it does not begin with {")
	errTooShort    = errors.New("it ends too early")
	errTooLong     = errors.New("something follows the object")
)

// object fills the row from one line. The last line of a file may end without a line break, but if it ends inside the
// object too, the file is cut off.
func (s *jsonlSource) object(line []byte, isLast bool) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	err := s.pairs(decoder)
	if err == nil {
		if _, err = decoder.Token(); err == io.EOF {
			return nil
		}
		err = errTooLong
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		if isLast {
			return s.fault(TruncatedFile, s.line, "")
		}
		err = errTooShort
	}
	var fault *Error
	if errors.As(err, &fault) {
		return err
	}
	s.problem(JSONSyntax, "", err.Error())
	return nil
}

func (s *jsonlSource) pairs(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err == nil && token != json.Delim('{') {
		err = errNotAnObject
	}
	if err != nil {
		return err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		column, err := s.column(key.(string))
		if err != nil {
			return err
		}
		if s.seen[column] == s.line {
			s.problem(DuplicateKey, s.columns[column])
		}
		s.seen[column] = s.line
		if err := s.value(decoder, column); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}

// column finds the column of a key, or adds it and an empty cell.
func (s *jsonlSource) column(key string) (int, error) {
	name := strings.TrimSpace(key)
	if column, found := s.index[name]; found {
		return column, nil
	}
	if _, code, args := cleanText(name, s.options.CellChars); code != "" {
		return 0, s.fault(code, s.line, "", args...)
	}
	if name == "" {
		return 0, s.fault(NoHeading, s.line, "")
	}
	if err := s.addColumn(s.line, name); err != nil {
		return 0, err
	}
	s.seen = append(s.seen, 0)
	s.row.Cells = append(s.row.Cells, "")
	s.row.Present = append(s.row.Present, false)
	return len(s.columns) - 1, nil
}

func (s *jsonlSource) value(decoder *json.Decoder, column int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	text := ""
	switch value := token.(type) {
	case nil:
		return nil
	case string:
		text = value
	case json.Number:
		text = value.String()
	case bool:
		text = fmt.Sprint(value)
	case json.Delim:
		if text, err = s.list(decoder, value, column); err != nil {
			return err
		}
	}
	s.row.Cells[column], s.row.Present[column] = text, true
	return nil
}

// list joins a list of texts. Anything else it reads to its end, reports as a problem, and gives as nothing.
func (s *jsonlSource) list(decoder *json.Decoder, open json.Delim, column int) (string, error) {
	var texts []string
	isList := open == '['
	for depth := 1; depth > 0; {
		token, err := decoder.Token()
		if err != nil {
			return "", err
		}
		switch value := token.(type) {
		case json.Delim:
			if value == '[' || value == '{' {
				depth++
				isList = false
			} else {
				depth--
			}
		case string:
			isList = isList && value != "" && !strings.Contains(value, ListSeparator)
			texts = append(texts, value)
		default:
			isList = false
		}
	}
	if !isList {
		s.problem(NestedValue, s.columns[column], ListSeparator)
		return "", nil
	}
	return strings.Join(texts, ListSeparator), nil
}
