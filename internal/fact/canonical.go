package fact

import (
	"reflect"
	"strconv"
	"strings"
)

// decodeCanonical reads a body that Encode wrote, several times faster than encoding/json can. It tells whether the body was one: anything
// else, also from an older version of the kind, is left to decodeInto.
func (k *Kind) decodeCanonical(f Fact, body string) bool {
	v := reflect.ValueOf(f).Elem()
	s := scanner{text: body}
	if !s.take('{') {
		return false
	}
	next := 0 // fields stand in the order of the struct
	for !s.take('}') {
		if next > 0 && !s.take(',') {
			return false
		}
		name, ok := s.string()
		if !ok || !s.take(':') {
			return false
		}
		for next < len(k.Fields) && k.Fields[next].Name != name {
			next++
		}
		if next == len(k.Fields) || !s.field(&k.Fields[next], v.Field(k.Fields[next].index)) {
			return false
		}
		next++
	}
	return s.text == ""
}

// scanner reads canonical JSON from the front of a text.
type scanner struct{ text string }

func (s *scanner) take(c byte) bool {
	if s.text == "" || s.text[0] != c {
		return false
	}
	s.text = s.text[1:]
	return true
}

func (s *scanner) field(f *Field, v reflect.Value) bool {
	switch f.Type {
	case Integer:
		end := strings.IndexAny(s.text, ",}")
		if end < 0 {
			return false
		}
		n, err := strconv.ParseInt(s.text[:end], 10, 64)
		s.text = s.text[end:]
		v.SetInt(n)
		return err == nil
	case Flag:
		rest, ok := strings.CutPrefix(s.text, "true")
		s.text = rest
		v.SetBool(true)
		return ok
	case List:
		list, ok := s.list()
		v.Set(reflect.ValueOf(list))
		return ok
	}
	text, ok := s.string()
	if !ok {
		return false
	}
	if f.Type == Amount {
		m, err := ParseMoney(text)
		v.SetInt(int64(m))
		return err == nil
	}
	v.SetString(text)
	return true
}

func (s *scanner) list() ([]string, bool) {
	if !s.take('[') {
		return nil, false
	}
	list := make([]string, 0, 8)
	for !s.take(']') {
		if len(list) > 0 && !s.take(',') {
			return nil, false
		}
		text, ok := s.string()
		if !ok {
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}

// string reads a string. One with an escape other than \" \\ and \n is not canonical enough to be read here.
func (s *scanner) string() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	end := strings.IndexAny(s.text, `"\`)
	if end < 0 {
		return "", false
	}
	if s.text[end] == '"' {
		text := s.text[:end]
		s.text = s.text[end+1:]
		return text, true
	}
	var b strings.Builder
	for {
		end := strings.IndexAny(s.text, `"\`)
		if end < 0 || s.text[end] == '\\' && end+1 == len(s.text) {
			return "", false
		}
		b.WriteString(s.text[:end])
		if s.text[end] == '"' {
			s.text = s.text[end+1:]
			return b.String(), true
		}
		switch c := s.text[end+1]; c {
		case '"', '\\':
			b.WriteByte(c)
		case 'n':
			b.WriteByte('\n')
		default:
			return "", false
		}
		s.text = s.text[end+2:]
	}
}
