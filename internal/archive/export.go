package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/store"
)

// ExportOptions of Export; the zero value is usable.
type ExportOptions struct {
	LeaveOutPersonal bool // leave out the private parts of entries
	Progress         func(Progress)
}

// Export writes a store, as it stands at the moment of the call, into an archive that must not exist yet: one file when the path ends in
// .tar.gz or .tgz, else a folder. What is there afterwards under that name is whole and on disk.
func Export(ctx context.Context, s *store.Store, path string, o ExportOptions) (_ *Manifest, err error) {
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, fault.New(fault.Conflict, "archive.exists", "%s exists already", path).Mend("Choose a new name.")
	}
	unfinished := path + ".unfinished"
	if err := os.Mkdir(unfinished, 0o700); errors.Is(err, os.ErrExist) {
		return nil, fault.New(fault.Conflict, "archive.unfinished", "%s is there: another export is under way or was stopped", unfinished).
			Mend("Wait for it, or delete the folder.")
	} else if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(unfinished)) }()
	snapshot, err := s.DB.Snapshot(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer snapshot.Close()
	x := &exporter{o: o, s: s, dir: unfinished, files: map[string]bool{}}
	var m *Manifest
	target := filepath.Join(unfinished, "archive")
	if compressed(path) {
		m, err = x.exportFile(ctx, snapshot.Readers[0], target)
	} else {
		m, err = x.export(ctx, snapshot.Readers[0], folderSink(target))
	}
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := os.Rename(target, path); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return m, syncFolder(filepath.Dir(path))
}

// sink takes the files of an archive.
type sink interface {
	// put copies size bytes into the file of this name.
	put(name string, size int64, content io.Reader) error
}

type exporter struct {
	o       ExportOptions
	s       *store.Store
	dir     string          // for files that are on their way into the archive
	written int64           // entries
	total   int64           // entries
	files   map[string]bool // of evidence
	latest  int64           // recorded at
}

func (x *exporter) export(ctx context.Context, r database.Reader, to sink) (*Manifest, error) {
	heads, err := journal.Heads(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		x.total += h.Seq
	}
	m := &Manifest{Format: Format, PersonalData: !x.o.LeaveOutPersonal, Books: []Book{}}
	for _, h := range heads {
		b, err := x.book(ctx, r, h, to)
		if err != nil {
			return nil, fmt.Errorf("book %s: %w", h.Book, err)
		}
		m.Books = append(m.Books, b)
	}
	if err := x.evidence(ctx, to); err != nil {
		return nil, err
	}
	m.Files = int64(len(x.files))
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	return m, to.put(manifestName, int64(len(text)), bytes.NewReader(text))
}

// book writes the entries of a book to a file beside, whose size is then known, and from there to the archive.
func (x *exporter) book(ctx context.Context, r database.Reader, h journal.Head, to sink) (Book, error) {
	if !bookFile.MatchString(bookName(h.Book)) {
		return Book{}, fmt.Errorf("the name %q cannot be that of a file", h.Book)
	}
	spool, err := os.CreateTemp(x.dir, "book-*")
	if err != nil {
		return Book{}, err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	hash := sha256.New()
	size := &counter{}
	out := bufio.NewWriterSize(io.MultiWriter(spool, hash, size), 1<<16)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	b := Book{Book: h.Book, Head: h.Hash.String()}
	last := journal.Hash{}
	err = journal.Each(ctx, r, journal.Filter{Book: h.Book}, func(e journal.Entry) error {
		b.Entries++
		last = e.Hash
		x.latest = max(x.latest, e.RecordedAt)
		for _, name := range e.Evidence {
			x.files[name] = true
		}
		if x.written++; x.written%progressRows == 0 {
			x.o.Progress(Progress{"writing", x.written, x.total})
		}
		return lines.Encode(toRecord(&e, x.o.LeaveOutPersonal))
	})
	if err != nil {
		return b, err
	}
	if b.Entries != h.Seq || last != h.Hash {
		return b, fault.New(fault.Conflict, "archive.store", "it ends at entry %d, but %d entries are there, or the last hash differs", h.Seq, b.Entries).
			Mend("Run lastmile verify.")
	}
	if err := out.Flush(); err != nil {
		return b, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return b, err
	}
	b.Bytes, b.SHA256 = size.n, hex.EncodeToString(hash.Sum(nil))
	x.o.Progress(Progress{"writing", x.written, x.total})
	return b, to.put(bookName(h.Book), b.Bytes, spool)
}

// progressRows is how often, in entries, progress is told.
const progressRows = 10_000

// evidence copies the files that entries name.
func (x *exporter) evidence(ctx context.Context, to sink) error {
	names := make([]string, 0, len(x.files))
	for name := range x.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := x.file(name, to); err != nil {
			return err
		}
		x.o.Progress(Progress{"evidence", int64(i) + 1, int64(len(names))})
	}
	return nil
}

func (x *exporter) file(name string, to sink) error {
	path, err := x.s.Evidence.Path(name)
	if errors.Is(err, os.ErrNotExist) {
		return fault.New(fault.NotFound, "archive.evidence", "the file of evidence %s is named by an entry and is not there", name).
			Mend("Put it back from a backup; lastmile verify lists all that are missing.")
	}
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	hash := sha256.New()
	if err := to.put("evidence/"+name[:2]+"/"+filepath.Base(path), info.Size(), io.TeeReader(f, hash)); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != name {
		return fault.New(fault.Conflict, "archive.evidence", "the content of the file of evidence %s was changed", name).Mend("Put it back from a backup.")
	}
	return nil
}

// exportFile exports into one compressed file.
func (x *exporter) exportFile(ctx context.Context, r database.Reader, path string) (_ *Manifest, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	packed := gzip.NewWriter(f)
	files := tar.NewWriter(packed)
	m, err := x.export(ctx, r, tarSink{files, x})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(files.Close(), packed.Close()); err != nil {
		return nil, err
	}
	return m, f.Sync()
}

// tarSink dates every file with the latest entry, so that the same store gives the same bytes.
type tarSink struct {
	w *tar.Writer
	x *exporter
}

func (s tarSink) put(name string, size int64, content io.Reader) error {
	err := s.w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Typeflag: tar.TypeReg, ModTime: time.Unix(s.x.latest/1_000_000, 0)})
	if err != nil {
		return err
	}
	return copyExactly(s.w, content, name, size)
}

// folderSink is a folder that does not exist yet.
type folderSink string

func (s folderSink) put(name string, size int64, content io.Reader) (err error) {
	path := filepath.Join(string(s), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := copyExactly(f, content, name, size); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func copyExactly(to io.Writer, from io.Reader, name string, size int64) error {
	n, err := io.Copy(to, io.LimitReader(from, size+1))
	if err == nil && n != size {
		err = fmt.Errorf("the file %s has changed its size while it was read", name)
	}
	return err
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
