package table

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encoding is how the text of a CSV file is kept in bytes. The names are shown to people.
type encoding string

const (
	undecided encoding = "" // nothing but ASCII so far
	isUTF8    encoding = "UTF-8"
	isGB18030 encoding = "GB18030"
	isNeither encoding = "UTF-8 or GB18030"
)

var (
	utf8BOM    = []byte("\xEF\xBB\xBF")
	utf16leBOM = []byte("\xFF\xFE")
	utf16beBOM = []byte("\xFE\xFF")
)

func hasUTF16BOM(start []byte) bool {
	return bytes.HasPrefix(start, utf16leBOM) || bytes.HasPrefix(start, utf16beBOM)
}

func fromUTF16(r io.Reader) io.Reader {
	return transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
}

// detectEncoding judges a sample of text, of which the last character may be cut off.
//
// Nearly any bytes can be read as GB18030, so two more things are asked of it. Three quarters of the two-byte
// characters must lie where GB 2312 has its characters, both bytes from A1 on: in Chinese text nearly all do, while an
// accented letter of Windows-1252 is mostly followed by a plain one. And less than a quarter of the bytes beyond ASCII
// may form three-byte characters of UTF-8: in GB18030 some do by chance, in a mixture of the two most do.
func detectEncoding(sample []byte) encoding {
	if validUTF8Start(sample) {
		return isUTF8
	}
	pairs, common, beyondASCII := 0, 0, 0
	for i := 0; i < len(sample); {
		size := gb18030Size(sample[i:])
		if i+size > len(sample) {
			break
		}
		if _, ok := decodeGB18030(sample[i : i+size]); !ok {
			return isNeither
		}
		if size == 2 {
			pairs++
			if sample[i+1] >= 0xA1 {
				common++
			}
		}
		if size > 1 {
			beyondASCII += size
		}
		i += size
	}
	if long, _ := countUTF8(sample); common*4 < pairs*3 || long*3*4 > beyondASCII {
		return isNeither
	}
	return isGB18030
}

// countUTF8 counts the characters that UTF-8 would see in the bytes, those of three bytes and more and the rest beyond
// ASCII, bytes that are no character among them.
func countUTF8(text []byte) (long, rest int) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case size >= 3:
			long++
		case r >= utf8.RuneSelf:
			rest++
		}
		text = text[size:]
	}
	return long, rest
}

// isUTF8Amid finds text in UTF-8 amid GB18030, as when two files were put together. Fewer than four characters could be
// chance.
func isUTF8Amid(cell []byte) bool {
	long, rest := countUTF8(cell)
	return long >= 4 && rest == 0
}

func validUTF8Start(sample []byte) bool {
	for cut := 0; cut < utf8.UTFMax && cut <= len(sample); cut++ {
		whole, rest := sample[:len(sample)-cut], sample[len(sample)-cut:]
		if utf8.Valid(whole) {
			return !utf8.FullRune(rest)
		}
	}
	return false
}

// gb18030Size is the length of the character at the start of text, by its first two bytes (GB 18030-2022, 6).
func gb18030Size(text []byte) int {
	switch {
	case text[0] <= 0x80 || text[0] == 0xFF:
		return 1
	case len(text) > 1 && '0' <= text[1] && text[1] <= '9':
		return 4
	}
	return 2
}

// decodeGB18030 reports false when it meets bytes that are no character.
func decodeGB18030(text []byte) (string, bool) {
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(text)
	return string(decoded), err == nil && !bytes.Contains(decoded, []byte("\uFFFD"))
}

// undecodable shows the first bytes of a cell that do not belong to its encoding: "D5 C5".
func undecodable(cell string, in encoding) string {
	text := []byte(cell)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		ok := r != utf8.RuneError || size > 1
		if in == isGB18030 {
			size = min(gb18030Size(text), len(text))
			_, ok = decodeGB18030(text[:size])
			ok = ok && (text[0] < utf8.RuneSelf || !isUTF8Amid(text))
		}
		if !ok {
			break
		}
		text = text[size:]
	}
	return fmt.Sprintf("% X", text[:min(4, len(text))])
}
