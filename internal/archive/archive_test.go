package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/archive"
	"lastmile/internal/facttest"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/rebuild"
	"lastmile/internal/store"
	"lastmile/internal/testenv"
	"lastmile/internal/verify"
)

func exported(t facttest.TB, s *store.Store, path string, o archive.ExportOptions) *archive.Manifest {
	t.Helper()
	m, err := archive.Export(t.Context(), s, path, o)
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	return m
}

func restored(t facttest.TB, path, url string) *store.Store {
	t.Helper()
	s := facttest.Open(t, url)
	if _, err := archive.Restore(t.Context(), path, s, archive.RestoreOptions{}); err != nil {
		t.Fatalf("restore: %v", err)
	}
	return s
}

func heads(t facttest.TB, s *store.Store) []journal.Head {
	t.Helper()
	list, err := journal.Heads(t.Context(), s.DB)
	if err != nil {
		t.Fatalf("heads: %v", err)
	}
	return list
}

// told is a store with one of everything in it.
func told(t *testing.T, url string) *store.Store {
	t.Helper()
	s := facttest.Open(t, url)
	facttest.Populate(t, s)
	facttest.Tell(t, s)
	return s
}

// A random history verifies, goes from one engine to the other and back, and is still the same: every hash, every row, every byte.
func TestThereAndBackAgain(t *testing.T) {
	facttest.Histories(t, 2, func(rt *rapid.T) {
		dir := t.TempDir()
		lite := facttest.Open(rt, facttest.SQLite(rt))
		facttest.Populate(rt, lite)
		facttest.Tell(rt, lite)
		facttest.Record(rt, lite, 60)
		there := filepath.Join(dir, "there.tar.gz")
		m := exported(rt, lite, there, archive.ExportOptions{})
		if len(m.Books) != 3 || m.Files == 0 || !m.PersonalData {
			rt.Fatalf("manifest %+v: want three books, evidence and personal data", m)
		}
		post := restored(rt, there, testenv.Postgres(t))
		back := filepath.Join(dir, "back.tar.gz")
		exported(rt, post, back, archive.ExportOptions{})
		again := restored(rt, back, facttest.SQLite(rt))
		for _, s := range []*store.Store{lite, post, again} {
			if got, want := heads(rt, s), heads(rt, lite); !slices.Equal(got, want) {
				rt.Fatalf("heads %v, want %v", got, want)
			}
			r, err := verify.Verify(rt.Context(), s.DB, s.Evidence, nil)
			if err != nil || !r.OK {
				rt.Fatalf("verify: %v, %v", err, r.Differences)
			}
			b, err := rebuild.Rebuild(rt.Context(), s.DB, rebuild.Options{})
			if err != nil || !b.OK {
				rt.Fatalf("rebuild: %v, %v", err, b)
			}
		}
		a, err := os.ReadFile(there)
		if err != nil {
			rt.Fatalf("%v", err)
		}
		b, err := os.ReadFile(back)
		if err != nil || !bytes.Equal(a, b) {
			rt.Fatalf("the archive there has %d bytes and back %d, or others (%v)", len(a), len(b), err)
		}
	})
}

// A folder holds the same as a file, in lines that people can read.
func TestFolder(t *testing.T) {
	s := told(t, facttest.SQLite(t))
	dir := filepath.Join(t.TempDir(), "archive")
	exported(t, s, dir, archive.ExportOptions{})
	book, err := os.ReadFile(filepath.Join(dir, "books", "620524.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind":"disbursement"`, `"body":{"project":"W-house","to":"W-li","amount":"1000.00"`, `"private":{"name":"Li Hua","phone":"13800000000"}`} {
		if !strings.Contains(string(book), want) {
			t.Errorf("the book does not hold %s", want)
		}
	}
	if strings.Contains(string(book), "Wang Min") {
		t.Error("the book holds personal data that was erased")
	}
	other := restored(t, dir, facttest.SQLite(t))
	if got, want := heads(t, other), heads(t, s); !slices.Equal(got, want) {
		t.Errorf("heads %v, want %v", got, want)
	}
	if _, err := archive.Export(t.Context(), s, dir, archive.ExportOptions{}); code(err) != "archive.exists" {
		t.Errorf("a second export to the same place: got %v, want it refused", err)
	}
}

// Without personal data chain and sums are whole, and nothing of the private parts is in the files.
func TestWithoutPersonalData(t *testing.T) {
	s := told(t, facttest.SQLite(t))
	dir := filepath.Join(t.TempDir(), "archive")
	if m := exported(t, s, dir, archive.ExportOptions{LeaveOutPersonal: true}); m.PersonalData {
		t.Error("the manifest says that personal data is in it")
	}
	eachFile(t, dir, func(name string) {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, personal := range []string{"Li Hua", "13800000000", "6222 000", `"salt"`} {
			if strings.Contains(string(content), personal) {
				t.Errorf("%s holds %s", name, personal)
			}
		}
	})
	other := restored(t, dir, facttest.SQLite(t))
	if got, want := heads(t, other), heads(t, s); !slices.Equal(got, want) {
		t.Errorf("heads %v, want %v", got, want)
	}
	r, err := verify.Verify(t.Context(), other.DB, other.Evidence, nil)
	if err != nil || len(r.Differences) == 0 {
		t.Fatalf("%v, %+v: want the personal data missed", err, r)
	}
	for _, d := range r.Differences {
		if d.Table != "private" {
			t.Errorf("%s: want nothing missed but personal data", d)
		}
	}
}

func code(err error) string {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func eachFile(t *testing.T, dir string, fn func(name string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			fn(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// refuse tries to restore into an empty store and expects it to stay empty, and words on what to do.
func refuse(t *testing.T, s *store.Store, path string, o archive.RestoreOptions, what string, codes ...string) {
	t.Helper()
	_, err := archive.Restore(t.Context(), path, s, o)
	if !slices.Contains(codes, code(err)) || !strings.Contains(err.Error(), ". ") {
		t.Errorf("%s: got %v (%s), want it refused as one of %v", what, err, code(err), codes)
	}
	if still, err := s.Empty(t.Context()); err != nil || !still {
		t.Errorf("%s: the store is not empty afterwards (%v)", what, err)
	}
	eachFile(t, s.Evidence.Dir(), func(name string) { t.Errorf("%s: evidence %s was put in", what, name) })
}

// Wherever a compressed archive is cut, and whatever byte of it is changed, it is refused and nothing is restored.
func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.tar.gz")
	exported(t, told(t, facttest.SQLite(t)), path, archive.ExportOptions{})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	empty := facttest.Open(t, facttest.SQLite(t))
	damaged := filepath.Join(dir, "damaged.tar.gz")
	try := func(content []byte, what string) {
		t.Helper()
		if err := os.WriteFile(damaged, content, 0o600); err != nil {
			t.Fatal(err)
		}
		refuse(t, empty, damaged, archive.RestoreOptions{}, what,
			"archive.truncated", "archive.format", "archive.foreign", "archive.large", "archive.manifest", "archive.entry", "archive.changed")
	}
	for _, n := range []int{0, 1, 10, len(whole) / 2, len(whole) - 9, len(whole) - 8, len(whole) - 1} {
		try(whole[:n], fmt.Sprintf("cut at %d of %d", n, len(whole)))
	}
	for range 30 {
		at := 10 + random.IntN(len(whole)-10) // the first ten bytes are the name and date of the compressed file
		changed := slices.Clone(whole)
		changed[at] ^= 1 << random.IntN(8)
		try(changed, fmt.Sprintf("byte %d changed", at))
	}
}

// manifest changes the manifest of a folder.
func manifest(t *testing.T, dir string, change func(*archive.Manifest)) {
	t.Helper()
	path := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m archive.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	if text, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "manifest.json", string(text))
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// edit changes the text of a file.
func edit(t *testing.T, dir, name string, replace ...string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(replace...).Replace(string(content))
	if changed == string(content) {
		t.Fatalf("%s holds none of %q", name, replace)
	}
	write(t, dir, name, changed)
}

// seal makes the manifest fit a book that was changed, as somebody would who knows the format.
func seal(t *testing.T, dir, book string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "books", book+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	manifest(t, dir, func(m *archive.Manifest) {
		for i := range m.Books {
			if b := &m.Books[i]; b.Book == book {
				b.Bytes, b.SHA256, b.Entries = int64(len(content)), hex.EncodeToString(sum[:]), int64(strings.Count(string(content), "\n"))
			}
		}
	})
}

func TestChangedFolder(t *testing.T) {
	const book = "books/620524.jsonl"
	s := told(t, facttest.SQLite(t))
	photo, err := s.Evidence.Put(bytes.NewReader(facttest.Photo(1)))
	if err != nil {
		t.Fatal(err)
	}
	photo = "evidence/" + photo[:2] + "/" + photo + ".png"
	empty := facttest.Open(t, facttest.SQLite(t))
	whole := filepath.Join(t.TempDir(), "whole")
	exported(t, s, whole, archive.ExportOptions{})
	for _, c := range []struct {
		what, code string
		change     func(t *testing.T, dir string)
	}{
		{"no manifest", "archive.truncated", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "manifest.json")) }},
		{"manifest is no JSON", "archive.manifest", func(t *testing.T, dir string) { write(t, dir, "manifest.json", "{") }},
		{"other format", "archive.format", func(t *testing.T, dir string) {
			manifest(t, dir, func(m *archive.Manifest) { m.Format = "lastmile/archive/9" })
		}},
		{"book outside", "archive.manifest", func(t *testing.T, dir string) {
			manifest(t, dir, func(m *archive.Manifest) { m.Books[0].Book = "../../etc/x" })
		}},
		{"book twice", "archive.manifest", func(t *testing.T, dir string) {
			manifest(t, dir, func(m *archive.Manifest) { m.Books = append(m.Books, m.Books[0]) })
		}},
		{"book missing", "archive.truncated", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, book)) }},
		{"book not listed", "archive.foreign", func(t *testing.T, dir string) { manifest(t, dir, func(m *archive.Manifest) { m.Books = m.Books[1:] }) }},
		{"entry changed", "archive.changed", func(t *testing.T, dir string) { edit(t, dir, book, `"amount":"1000.00"`, `"amount":"9000.00"`) }},
		{"personal data changed", "archive.entry", func(t *testing.T, dir string) { edit(t, dir, book, "Li Hua", "Li Gui") }},
		{"entry is no JSON", "archive.entry", func(t *testing.T, dir string) { edit(t, dir, book, `"seq":2,`, `"seq":2`) }},
		{"field unknown", "archive.entry", func(t *testing.T, dir string) { edit(t, dir, book, `"seq":2,`, `"seq":2,"colour":"red",`) }},
		{"number changed", "archive.entry", func(t *testing.T, dir string) { edit(t, dir, book, `"seq":2,`, `"seq":3,`) }},
		{"two entries in a line", "archive.entry", func(t *testing.T, dir string) { edit(t, dir, book, "\n"+`{"seq":2,`, `{"seq":2,`) }},
		{"hash cut", "archive.entry", func(t *testing.T, dir string) { edit(t, dir, book, `","hash":"`, `","hash":"00`) }},
		{"line too long", "archive.entry", func(t *testing.T, dir string) {
			edit(t, dir, book, "she asked for it", strings.Repeat("x", 5<<20))
		}},
		{"last entry cut off", "archive.truncated", func(t *testing.T, dir string) { cutLast(t, dir, book) }},
		{"last entry cut off, sealed", "archive.changed", func(t *testing.T, dir string) { cutLast(t, dir, book); seal(t, dir, "620524") }},
		{"evidence missing", "archive.truncated", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, photo)) }},
		{"evidence changed", "archive.changed", func(t *testing.T, dir string) { write(t, dir, photo, string(facttest.Photo(77))) }},
		{"evidence too large", "archive.large", func(t *testing.T, dir string) { write(t, dir, photo, strings.Repeat("x", 21<<20)) }},
		{"evidence nobody names", "archive.foreign", func(t *testing.T, dir string) {
			write(t, dir, "evidence/00/"+strings.Repeat("0", 64)+".png", "x")
		}},
		{"foreign file", "archive.foreign", func(t *testing.T, dir string) { write(t, dir, "books/run.sh", "x") }},
		{"link", "archive.foreign", func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, book))
			if err := os.Symlink(filepath.Join(whole, book), filepath.Join(dir, book)); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			c.change(t, dir)
			refuse(t, empty, dir, archive.RestoreOptions{}, c.what, c.code)
		})
	}
	refuse(t, empty, whole, archive.RestoreOptions{SizeMax: 1000}, "smaller limit", "archive.large")
	refuse(t, empty, whole+"-not", archive.RestoreOptions{}, "no such file", "archive.missing")
	_, err = archive.Restore(t.Context(), whole, s, archive.RestoreOptions{})
	if code(err) != "archive.target" {
		t.Errorf("into a store with entries: got %v, want it refused", err)
	}
}

func cutLast(t *testing.T, dir, name string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(content), "\n"), "\n")
	write(t, dir, name, strings.Join(lines[:len(lines)-1], ""))
}

// Somebody who changes an entry and makes everything else fit cannot make the chain fit.
func TestForgedEntry(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	exported(t, told(t, facttest.SQLite(t)), dir, archive.ExportOptions{})
	edit(t, dir, "books/620524.jsonl", `"amount":"1000.00"`, `"amount":"9000.00"`)
	seal(t, dir, "620524")
	_, err := archive.Restore(t.Context(), dir, facttest.Open(t, facttest.SQLite(t)), archive.RestoreOptions{})
	if code(err) != "archive.replay" || !strings.Contains(err.Error(), "replay entry 620524:") {
		t.Errorf("got %v, want the entry named", err)
	}
}

// Names that lead out of the archive, links and other things that are no plain files are refused before anything is written.
func TestForeignNames(t *testing.T) {
	empty := facttest.Open(t, facttest.SQLite(t))
	outside := filepath.Join(t.TempDir(), "outside")
	for _, h := range []tar.Header{
		{Name: "../../outside", Typeflag: tar.TypeReg},
		{Name: outside, Typeflag: tar.TypeReg},
		{Name: "books/../../outside.jsonl", Typeflag: tar.TypeReg},
		{Name: "books/../../..", Typeflag: tar.TypeDir},
		{Name: "books/hq.jsonl", Typeflag: tar.TypeSymlink, Linkname: outside},
		{Name: "books/hq.jsonl", Typeflag: tar.TypeLink, Linkname: outside},
		{Name: "books/hq.jsonl", Typeflag: tar.TypeFifo},
		{Name: `books\hq.jsonl`, Typeflag: tar.TypeReg},
		{Name: "evidence/00/" + strings.Repeat("1", 64) + ".png", Typeflag: tar.TypeReg},
		{Name: "evidence/11/" + strings.Repeat("1", 64) + ".exe", Typeflag: tar.TypeReg},
	} {
		var b bytes.Buffer
		packed := gzip.NewWriter(&b)
		files := tar.NewWriter(packed)
		if h.Typeflag == tar.TypeReg {
			h.Size = 1
		}
		if err := files.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(files, "x"); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(files.Close(), packed.Close()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.tgz")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		refuse(t, empty, path, archive.RestoreOptions{}, h.Name, "archive.foreign")
		if _, err := os.Lstat(outside); err == nil {
			t.Fatalf("%s was written", outside)
		}
	}
}

// A compressed archive that would fill the disk is refused at the size that its headers state.
func TestBomb(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bomb.tar.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(f)
	files := tar.NewWriter(packed)
	if err := files.WriteHeader(&tar.Header{Name: "books/hq.jsonl", Typeflag: tar.TypeReg, Size: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(packed.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	refuse(t, facttest.Open(t, facttest.SQLite(t)), path, archive.RestoreOptions{}, "bomb", "archive.large")
}

// An export that cannot be whole leaves nothing behind.
func TestExportRefuses(t *testing.T) {
	s := told(t, facttest.SQLite(t))
	hash, err := s.Evidence.Put(bytes.NewReader(facttest.Photo(1)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.Evidence.Path(hash)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	try := func(what string) {
		t.Helper()
		for _, name := range []string{"a", "a.tar.gz"} {
			if _, err := archive.Export(t.Context(), s, filepath.Join(dir, name), archive.ExportOptions{}); code(err) != "archive.evidence" {
				t.Errorf("%s: got %v, want it refused", what, err)
			}
		}
		eachFile(t, dir, func(name string) { t.Errorf("%s: %s was left behind", what, name) })
	}
	if err := os.WriteFile(file, facttest.Photo(99), 0o600); err != nil {
		t.Fatal(err)
	}
	try("evidence changed")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	try("evidence gone")
}
