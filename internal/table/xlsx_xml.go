package table

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
)

// partReader reads the XML of one part.
type partReader struct {
	meter   meter
	size    int64 // unpacked
	limit   int   // bytes of one token
	decoder *xml.Decoder
	open    int // elements begun, less those ended
	buffer  []byte
}

func newPartReader(r io.Reader, size int64, limit int) *partReader {
	p := &partReader{size: size, limit: limit}
	p.meter.source = r
	p.decoder = xml.NewDecoder(bufio.NewReaderSize(&p.meter, sampleBytes))
	return p
}

var errCutOff = errors.New("the part ends before its elements do")

// token is valid until the next one. It returns io.EOF at the end of a whole part.
func (p *partReader) token() (xml.Token, error) {
	p.meter.allow(p.limit + sampleBytes)
	token, err := p.decoder.RawToken()
	switch token.(type) {
	case xml.StartElement:
		p.open++
	case xml.EndElement:
		p.open--
	}
	if err == io.EOF && p.open > 0 {
		return nil, errCutOff
	}
	return token, err
}

// tokenWithin is token where the part cannot end yet.
func (p *partReader) tokenWithin() (xml.Token, error) {
	token, err := p.token()
	if err == io.EOF {
		return nil, errCutOff
	}
	return token, err
}

// drain reads to the end of the part.
func (p *partReader) drain() error {
	for {
		if _, err := p.token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// text gathers the text of the values and text runs up to the end of an element that has just begun. Phonetic readings
// are no part of a text.
func (p *partReader) text(end string, visit func(xml.StartElement)) (string, error) {
	p.buffer = p.buffer[:0]
	inText, phonetic := false, false
	for {
		token, err := p.tokenWithin()
		if err != nil {
			return "", err
		}
		switch element := token.(type) {
		case xml.StartElement:
			switch element.Name.Local {
			case "v", "t":
				inText = !phonetic
			case "rPh":
				phonetic = true
			}
			if visit != nil {
				visit(element)
			}
		case xml.CharData:
			if inText {
				if p.buffer = append(p.buffer, element...); len(p.buffer) > p.limit {
					return "", errOverLimit
				}
			}
		case xml.EndElement:
			switch element.Name.Local {
			case "v", "t":
				inText = false
			case "rPh":
				phonetic = false
			case end:
				return string(p.buffer), nil
			}
		}
	}
}
