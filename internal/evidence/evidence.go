// Package evidence keeps the files that prove records: photographs, vouchers, signatures, minutes. A file is named by its SHA-256, so it
// cannot be changed without its name no longer fitting, and the same file is kept once.
//
// Files lie in DIR/ab/abcdef….png, written to a temporary name, synced and renamed, so that a file that is there is whole and durable.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"lastmile/internal/fault"
)

// Store is a folder of evidence.
type Store struct{ dir string }

// Open uses a folder, creating it when needed.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open evidence store: %w", err)
	}
	return &Store{dir}, nil
}

// Dir is the folder.
func (s *Store) Dir() string { return s.dir }

// SizeMax is the largest file taken, in bytes.
const SizeMax = 20 << 20

// kinds are what may be evidence, by the type that the content shows, not by the name of the file.
var kinds = map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "application/pdf": ".pdf"}

// Put keeps a file and gives its hash. Content that is neither a photograph nor a PDF is refused, as is one that is too large
// or a photograph that cannot be read.
func (s *Store) Put(r io.Reader) (hash string, err error) {
	f, err := s.take(r)
	if err != nil {
		return "", err
	}
	defer f.drop()
	if s.Has(f.hash) {
		return f.hash, nil
	}
	dir := filepath.Join(s.dir, f.hash[:2])
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("keep evidence: %w", err)
	}
	if err := f.Sync(); err != nil {
		return "", fmt.Errorf("keep evidence: %w", err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, f.hash+f.ext)); err != nil {
		return "", fmt.Errorf("keep evidence: %w", err)
	}
	return f.hash, syncDir(dir)
}

// Name is the hash that Put would give, or why it would refuse the file. Nothing is kept.
func (s *Store) Name(r io.Reader) (hash string, err error) {
	f, err := s.take(r)
	if err != nil {
		return "", err
	}
	f.drop()
	return f.hash, nil
}

// incoming is a file on its way in.
type incoming struct {
	*os.File
	hash, ext string
}

func (f *incoming) drop() {
	f.Close()
	os.Remove(f.Name())
}

// take copies a file to a temporary name and looks at what it is.
func (s *Store) take(r io.Reader) (_ *incoming, err error) {
	tmp, err := os.CreateTemp(s.dir, "incoming-*")
	if err != nil {
		return nil, fmt.Errorf("keep evidence: %w", err)
	}
	f := &incoming{File: tmp}
	defer func() {
		if err != nil {
			f.drop()
		}
	}()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, h), io.LimitReader(r, SizeMax+1))
	if err != nil {
		return nil, fmt.Errorf("keep evidence: %w", err)
	}
	if n > SizeMax {
		return nil, fault.New(fault.Invalid, "evidence.large", "the file is larger than %d MB", SizeMax>>20).For("evidence").Mend("Make the photograph smaller or split the PDF.")
	}
	head := make([]byte, 512)
	k, err := tmp.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("keep evidence: %w", err)
	}
	typ, _, _ := strings.Cut(http.DetectContentType(head[:k]), ";")
	ext, ok := kinds[typ]
	if !ok {
		return nil, fault.New(fault.Invalid, "evidence.type", "the file is %s, which cannot be evidence", typ).For("evidence").Mend("Use a PNG, JPEG or WebP photograph or a PDF.")
	}
	if err := checkImage(tmp, typ); err != nil {
		return nil, err
	}
	f.hash, f.ext = hex.EncodeToString(h.Sum(nil)), ext
	return f, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// valid tells whether a text is a hash, and so safe in a path.
func valid(hash string) bool {
	if len(hash) != 2*sha256.Size {
		return false
	}
	_, err := hex.DecodeString(hash)
	return err == nil && strings.ToLower(hash) == hash
}

// Path of a file, or fs.ErrNotExist.
func (s *Store) Path(hash string) (string, error) {
	if valid(hash) {
		for _, ext := range kinds {
			p := filepath.Join(s.dir, hash[:2], hash+ext)
			if _, err := os.Stat(p); err == nil {
				return p, nil
			}
		}
	}
	return "", fmt.Errorf("evidence %q: %w", hash, fs.ErrNotExist)
}

// Has tells whether a file is there.
func (s *Store) Has(hash string) bool {
	_, err := s.Path(hash)
	return err == nil
}
