package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

func newSet(t *testing.T) *Set {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(s *Set, method, address string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) {
	s := newSet(t)
	address, err := s.Address("lastmile.css")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^/assets/lastmile-[0-9a-f]{12}\.css$`).MatchString(address) {
		t.Errorf("the address is %q", address)
	}
	plain := get(s, "GET", address)
	if plain.Code != http.StatusOK || plain.Header().Get("Content-Encoding") != "" {
		t.Fatalf("got %d, encoding %q", plain.Code, plain.Header().Get("Content-Encoding"))
	}
	for name, want := range map[string]string{
		"Content-Type":           "text/css; charset=utf-8",
		"Cache-Control":          "public, max-age=31536000, immutable",
		"Vary":                   "Accept-Encoding",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := plain.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	zipped := get(s, "GET", address, "Accept-Encoding", "br, gzip;q=0.8")
	if zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal("the style sheet did not come compressed")
	}
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(reader)
	if err != nil || !bytes.Equal(unzipped, plain.Body.Bytes()) {
		t.Errorf("compressed and plain differ (%v)", err)
	}
	if refused := get(s, "GET", address, "Accept-Encoding", "gzip;q=0"); refused.Header().Get("Content-Encoding") != "" {
		t.Error("a browser that refuses gzip got it")
	}

	integrity, err := s.Integrity("lastmile.css")
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum384(plain.Body.Bytes())
	if want := "sha384-" + base64.StdEncoding.EncodeToString(digest[:]); integrity != want {
		t.Errorf("the integrity is %q, want that of the content, %q", integrity, want)
	}

	if again := get(s, "GET", address, "If-None-Match", plain.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("what has not changed was sent again: %d", again.Code)
	}
	if head := get(s, "HEAD", address); head.Body.Len() != 0 || head.Header().Get("Content-Length") == "" {
		t.Error("HEAD wants the length and no body")
	}
	if posted := get(s, "POST", address); posted.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST got %d", posted.Code)
	}
	for _, wrong := range []string{"/assets/lastmile.css", "/assets/lastmile-000000000000.css", "/assets/../asset.go", "/assets/"} {
		if w := get(s, "GET", wrong); w.Code != http.StatusNotFound {
			t.Errorf("%s got %d", wrong, w.Code)
		}
	}
}

// The style sheet names the fonts by the addresses under which they are served.
func TestStyleSheetFindsItsFonts(t *testing.T) {
	s := newSet(t)
	found := reference.FindAllSubmatch(s.byName["lastmile.css"].plain, -1)
	if len(found) != 4 {
		t.Fatalf("the style sheet names %d files, want the two fonts twice", len(found))
	}
	for _, match := range found {
		if w := get(s, "GET", string(match[1])); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "font/woff2" {
			t.Errorf("%s got %d, %s", match[1], w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestNewRefuses(t *testing.T) {
	cases := []struct {
		why  string
		file File
		want string
	}{
		{"a name that is taken", File{"htmx.js", nil}, "the name is taken"},
		{"a type nobody serves", File{"run.exe", nil}, "its type is not in the list"},
		{"a folder", File{"a/b.js", nil}, "has no folder"},
		{"a style sheet that asks for what is not there", File{"visit.css", []byte(`a{background:url("gone.png")}`)}, `it asks for "gone.png"`},
	}
	for _, c := range cases {
		if _, err := New(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.why, err, c.want)
		}
	}
	s, err := New(File{"visit.js", []byte("export {}")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Address("visit.js"); err != nil {
		t.Error(err)
	}
	if _, err := s.Address("visits.js"); err == nil {
		t.Error("a name that does not exist has an address")
	}
}

func TestIcons(t *testing.T) {
	s := newSet(t)
	seen := map[string]bool{}
	for _, name := range s.Icons() {
		if seen[name] {
			t.Errorf("two icons are named %q", name)
		}
		seen[name] = true
	}
	if len(seen) < 20 || !s.HasIcon("bell") || s.HasIcon("no-such-icon") {
		t.Errorf("the icons are %v", s.Icons())
	}
}

// The budgets of the design guide, in bytes as they travel.
func TestBudgets(t *testing.T) {
	s := newSet(t)
	size := func(names ...string) int {
		total := 0
		for _, name := range names {
			n, err := s.Size(name)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		return total
	}
	cases := []struct {
		what  string
		size  int
		limit int
	}{
		{"the style sheet", size("lastmile.css"), 12 << 10},
		{"the scripts", size("htmx.js", "lastmile.js"), 20 << 10},
		{"the fonts", size("lastmile-sans.woff2", "lastmile-serif.woff2"), 40 << 10},
		{"our own module, plain", len(s.byName["lastmile.js"].plain), 6 << 10},
	}
	for _, c := range cases {
		t.Logf("%s: %d bytes of %d", c.what, c.size, c.limit)
		if c.size > c.limit {
			t.Errorf("%s: %d bytes, more than %d", c.what, c.size, c.limit)
		}
	}
}

// What others made is used under their licences, which travel with it.
func TestLicences(t *testing.T) {
	for file, want := range map[string]string{"font/OFL.txt": "SIL OPEN FONT LICENSE Version 1.1", "htmx/LICENSE": "Zero-Clause BSD"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not the licence %q", file, want)
		}
	}
}
