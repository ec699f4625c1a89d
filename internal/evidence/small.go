package evidence

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // photographs come as PNG, JPEG or WebP
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"lastmile/internal/fault"
)

// pixelsMax is the largest photograph that is unpacked: a small file can unpack to more than a machine has memory for.
const pixelsMax = 60_000_000

// smallSide is the longer side of a small picture, in pixels.
const smallSide = 320

// checkImage refuses a photograph whose head cannot be read or that unpacks to too much. The reader is left at its start.
func checkImage(f io.ReadSeeker, typ string) error {
	if typ == "application/pdf" {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("keep evidence: %w", err)
	}
	c, _, err := image.DecodeConfig(f)
	if err != nil || c.Width < 1 || c.Height < 1 || int64(c.Width)*int64(c.Height) > pixelsMax {
		return fault.New(fault.Invalid, "evidence.damaged", "the photograph cannot be read, or has more than %d million pixels", pixelsMax/1_000_000).For("evidence").
			Mend("Take it again, or save it as PNG or JPEG.").Wrap(err)
	}
	return nil
}

// Type of a file's content, such as image/png.
func (s *Store) Type(hash string) (string, error) {
	path, err := s.Path(hash)
	if err != nil {
		return "", err
	}
	for typ, ext := range kinds {
		if filepath.Ext(path) == ext {
			return typ, nil
		}
	}
	return "", fmt.Errorf("evidence %q: %w", hash, fs.ErrNotExist)
}

// Small gives the path of a small JPEG of a photograph, which it makes when it is first asked for. A PDF has none: fs.ErrNotExist.
func (s *Store) Small(hash string) (string, error) {
	path, err := s.Path(hash)
	if err != nil {
		return "", err
	}
	if filepath.Ext(path) == kinds["application/pdf"] {
		return "", fmt.Errorf("small picture of a PDF: %w", fs.ErrNotExist)
	}
	small := filepath.Join(s.dir, "small", hash+".jpg")
	if _, err := os.Stat(small); err == nil {
		return small, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(small), 0o755); err != nil {
		return "", fmt.Errorf("make small picture: %w", err)
	}
	if err := shrink(path, small); err != nil {
		return "", fmt.Errorf("make small picture of %s: %w", hash, err)
	}
	return small, nil
}

// shrink writes under another name first, so that a picture that is there is whole.
func shrink(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := f.Read(head)
	if err != nil {
		return err
	}
	if err := checkImage(f, http.DetectContentType(head[:n])); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	photo, _, err := image.Decode(f)
	if err != nil {
		return err
	}
	size := photo.Bounds().Size()
	longer := max(size.X, size.Y)
	if longer > smallSide {
		size.X, size.Y = max(1, size.X*smallSide/longer), max(1, size.Y*smallSide/longer)
	}
	small := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(small, small.Bounds(), photo, photo.Bounds(), draw.Over, nil)
	tmp, err := os.CreateTemp(filepath.Dir(to), "incoming-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if err := jpeg.Encode(tmp, small, &jpeg.Options{Quality: 78}); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), to)
}
