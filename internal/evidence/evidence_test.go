package evidence

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"strings"
	"testing"

	"lastmile/internal/fault"
)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		m.Set(x, height/2, color.RGBA{200, 80, 30, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPut(t *testing.T) {
	s := open(t)
	whole := picture(t, 1000, 400)
	for _, c := range []struct {
		name, code string
		content    []byte
	}{
		{"a photograph", "", whole},
		{"the same again", "", whole},
		{"a PDF", "", []byte("%PDF-1.7\n%âãÏÓ\n")},
		{"a web page with the name of a photograph", "evidence.type", []byte("<!doctype html><script>alert(1)</script>")},
		{"a drawing that can hold scripts", "evidence.type", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`)},
		{"a program", "evidence.type", []byte("MZ\x90\x00")},
		{"nothing", "evidence.type", nil},
		{"the head of a photograph and no more", "evidence.damaged", whole[:16]},
		{"a file too large", "evidence.large", append(bytes.Clone(whole), make([]byte, SizeMax)...)},
	} {
		hash, err := s.Put(bytes.NewReader(c.content))
		list := fault.All(err)
		switch {
		case c.code == "" && (err != nil || !s.Has(hash)):
			t.Errorf("%s: %v", c.name, err)
		case c.code != "" && (len(list) != 1 || list[0].Code != c.code):
			t.Errorf("%s: want %s, got %v", c.name, c.code, err)
		}
	}
	left, err := os.ReadDir(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), "incoming") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
	for _, hash := range []string{"../../etc/passwd", strings.Repeat("A", 64), ""} {
		if _, err := s.Path(hash); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q leads somewhere: %v", hash, err)
		}
	}
}

func TestSmall(t *testing.T) {
	s := open(t)
	hash, err := s.Put(bytes.NewReader(picture(t, 1000, 400)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // made, then found
		path, err := s.Small(hash)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.DecodeConfig(f)
		if err != nil || c.Width != 320 || c.Height != 128 {
			t.Errorf("small picture is %d × %d: %v", c.Width, c.Height, err)
		}
		f.Close()
	}
	pdf, err := s.Put(strings.NewReader("%PDF-1.7\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Small(pdf); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a PDF has a small picture: %v", err)
	}
	if typ, err := s.Type(pdf); err != nil || typ != "application/pdf" {
		t.Errorf("type %q, %v", typ, err)
	}
}
