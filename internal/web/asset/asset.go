// Package asset holds the files that pages load: one style sheet, the two
// scripts, the icons and the two fonts. All are checked in and embedded; nothing
// is fetched or built outside Go.
//
// The address of each file contains a hash of its content, so a browser may keep
// it for ever and a new release is a new address:
//
//	/assets/lastmile-3f2a9c41d07b.css
//
// Pages name a file by its plain name and get its address and its integrity value
// (Subresource Integrity, W3C) from a [Set]. A name that does not exist is an
// error when the program starts, since templates are checked then.
//
// The style sheet is kept in six files in style/, in the order of their names, and
// joined into one. Where the fonts come from is told in font/subset.py; where
// htmx comes from, in htmx/README.md.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed style/*.css script/*.js icon/*.svg font/*.woff2 htmx/*.js
var embedded embed.FS

// Prefix is the path under which assets are served. Mount the [Set] there.
const Prefix = "/assets/"

// A File is an asset given by another package, such as the module of an offline
// form. Its name has no folder, and its extension decides its media type.
type File struct {
	Name    string
	Content []byte
}

// A Set is a collection of assets, by name and by address. It is read-only once
// made, safe for concurrent use, and serves its files.
type Set struct {
	byName    map[string]*served
	byAddress map[string]*served
	icons     []string
}

type served struct {
	name      string
	address   string
	mediaType string
	integrity string
	etag      string
	plain     []byte
	gzipped   []byte // nil when it would not be smaller
}

// mediaTypes are the kinds of files there are. The list is short on purpose: what
// is not here is not an asset.
var mediaTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
	".png":   "image/png",
	".jpg":   "image/jpeg",
}

// New makes the set of the product's own assets and the extra ones. It fails when
// a name is taken, a type is unknown, or the style sheet asks for a file that does
// not exist.
func New(extra ...File) (*Set, error) {
	files, err := own()
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	s := &Set{byName: map[string]*served{}, byAddress: map[string]*served{}}
	// Style sheets come last: they contain the addresses of the others.
	files = append(files, extra...)
	slices.SortStableFunc(files, func(a, b File) int { return rank(a.Name) - rank(b.Name) })
	for _, file := range files {
		if err := s.add(file); err != nil {
			return nil, fmt.Errorf("add asset %s: %w", file.Name, err)
		}
	}
	if s.icons, err = symbols(s.byName["icons.svg"].plain); err != nil {
		return nil, fmt.Errorf("read icons: %w", err)
	}
	return s, nil
}

func rank(name string) int {
	if path.Ext(name) == ".css" {
		return 1
	}
	return 0
}

// own reads the embedded files and joins the style sheet.
func own() ([]File, error) {
	var files []File
	var style bytes.Buffer
	err := fs.WalkDir(embedded, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Ext(name) == ".css" {
			style.Write(content)
			return nil
		}
		files = append(files, File{path.Base(name), content})
		return nil
	})
	return append(files, File{"lastmile.css", style.Bytes()}), err
}

func (s *Set) add(file File) error {
	mediaType, ok := mediaTypes[path.Ext(file.Name)]
	if !ok {
		return errors.New("its type is not in the list of media types")
	}
	if path.Base(file.Name) != file.Name {
		return errors.New("an asset's name has no folder")
	}
	if s.byName[file.Name] != nil {
		return errors.New("the name is taken")
	}
	content := file.Content
	if path.Ext(file.Name) == ".css" {
		var err error
		if content, err = s.link(squeeze(content)); err != nil {
			return err
		}
	}
	digest := sha256.Sum256(content)
	strong := sha512.Sum384(content)
	short := hex.EncodeToString(digest[:6])
	extension := path.Ext(file.Name)
	f := &served{
		name:      file.Name,
		address:   Prefix + strings.TrimSuffix(file.Name, extension) + "-" + short + extension,
		mediaType: mediaType,
		integrity: "sha384-" + base64.StdEncoding.EncodeToString(strong[:]),
		etag:      `"` + short + `"`,
		plain:     content,
	}
	if zipped := compress(content); len(zipped) < len(content) {
		f.gzipped = zipped
	}
	s.byName[f.name], s.byAddress[f.address] = f, f
	return nil
}

var (
	comment   = regexp.MustCompile(`(?s)/\*.*?\*/`)
	indent    = regexp.MustCompile(`\n\s+`)
	reference = regexp.MustCompile(`url\("([^"]+)"\)`)
)

// squeeze drops the comments and the indents of a style sheet. Compression does
// the rest.
func squeeze(css []byte) []byte {
	return indent.ReplaceAll(comment.ReplaceAll(css, nil), []byte("\n"))
}

// link replaces the names of assets in a style sheet by their addresses.
func (s *Set) link(css []byte) ([]byte, error) {
	var missing error
	linked := reference.ReplaceAllFunc(css, func(match []byte) []byte {
		name := string(reference.FindSubmatch(match)[1])
		f := s.byName[name]
		if f == nil {
			missing = fmt.Errorf("it asks for %q, which is not an asset", name)
			return match
		}
		return []byte(`url("` + f.address + `")`)
	})
	return linked, missing
}

func compress(content []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return content
	}
	if _, err := w.Write(content); err != nil {
		return content
	}
	if err := w.Close(); err != nil {
		return content
	}
	return b.Bytes()
}

// symbols gives the ids of the icons in the sheet of icons.
func symbols(sheet []byte) ([]string, error) {
	var ids []string
	decoder := xml.NewDecoder(bytes.NewReader(sheet))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return ids, nil
		}
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "symbol" {
			for _, attribute := range start.Attr {
				if attribute.Name.Local == "id" {
					ids = append(ids, attribute.Value)
				}
			}
		}
	}
}

// Address gives the address of the asset with that name.
func (s *Set) Address(name string) (string, error) {
	if f := s.byName[name]; f != nil {
		return f.address, nil
	}
	return "", fmt.Errorf("no asset is named %q", name)
}

// Integrity gives the integrity attribute of the asset with that name.
func (s *Set) Integrity(name string) (string, error) {
	if f := s.byName[name]; f != nil {
		return f.integrity, nil
	}
	return "", fmt.Errorf("no asset is named %q", name)
}

// Size gives an asset's size in bytes as it travels: compressed if that is
// smaller.
func (s *Set) Size(name string) (int, error) {
	f := s.byName[name]
	switch {
	case f == nil:
		return 0, fmt.Errorf("no asset is named %q", name)
	case f.gzipped != nil:
		return len(f.gzipped), nil
	}
	return len(f.plain), nil
}

// HasIcon tells whether the sheet of icons has one with that name.
func (s *Set) HasIcon(name string) bool { return slices.Contains(s.icons, name) }

// Icons gives the names of the icons, in the order of the sheet.
func (s *Set) Icons() []string { return slices.Clone(s.icons) }

// ServeHTTP serves the assets by address. They never change, and may be kept for
// ever by anybody. Addresses of another release are not found.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "assets are only read", http.StatusMethodNotAllowed)
		return
	}
	f := s.byAddress[r.URL.Path]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.gzipped != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body) // the reader has gone if this fails
	}
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, section 12.5.3).
func acceptsGzip(header string) bool {
	for _, part := range strings.Split(header, ",") {
		coding, quality, _ := strings.Cut(part, ";")
		coding = strings.TrimSpace(coding)
		if coding == "gzip" || coding == "*" {
			quality = strings.TrimPrefix(strings.TrimSpace(quality), "q=")
			if q, err := strconv.ParseFloat(quality, 64); err == nil && q == 0 {
				return false
			}
			return true
		}
	}
	return false
}
