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
	"io/fs"
	"os"
	"path"
	"slices"

	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/store"
)

// RestoreOptions of Restore; the zero value is usable.
type RestoreOptions struct {
	SizeMax  int64 // bytes of the archive when unpacked; default: SizeMax
	Progress func(Progress)
}

// Restore makes the store of an archive again, in an empty one that nothing else uses. The whole archive is checked before anything is
// written: that nothing is missing, cut short, changed or too much. Each entry is then recorded again and must come out with the hash
// that it had. An archive without personal data gives a store without it, and verify will say so.
func Restore(ctx context.Context, from string, s *store.Store, o RestoreOptions) (*Manifest, error) {
	if o.SizeMax == 0 {
		o.SizeMax = SizeMax
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if empty, err := s.Empty(ctx); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	} else if !empty {
		return nil, fault.New(fault.Conflict, "archive.target", "the store holds entries already").Mend("Restore into an empty one: name a database that does not exist yet.")
	}
	a, err := openArchive(ctx, from, o)
	if err != nil {
		return nil, fmt.Errorf("restore %s: %w", from, err)
	}
	defer a.close()
	if err := a.check(ctx); err != nil {
		return nil, fmt.Errorf("restore %s: %w", from, err)
	}
	if err := a.putEvidence(ctx, s); err != nil {
		return nil, fmt.Errorf("restore %s: %w", from, err)
	}
	if err := a.replay(ctx, s); err != nil {
		return nil, fault.New(fault.Invalid, "archive.replay", "the entries of %s are not what was once recorded: %v", from, err).Wrap(err).
			Mend("The store is incomplete: delete it, and restore another copy of the archive into a new one.")
	}
	return a.manifest, nil
}

// archive is an open archive, as a folder. Its files are reached through the root alone, so that no name leads out of it.
type archive struct {
	o         RestoreOptions
	root      *os.Root
	temporary string // folder to be removed
	manifest  *Manifest
	entries   int64
	named     map[string]bool   // files of evidence that entries name
	present   map[string]string // hash of a file of evidence to its name in the archive
}

func openArchive(ctx context.Context, from string, o RestoreOptions) (_ *archive, err error) {
	a := &archive{o: o, named: map[string]bool{}, present: map[string]string{}}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "archive.missing", "there is no such file or folder").Mend("Correct the name.")
	}
	if err != nil {
		return nil, err
	}
	folder := from
	if !info.IsDir() {
		if a.temporary, err = os.MkdirTemp("", "lastmile-restore-*"); err != nil {
			return nil, err
		}
		folder = a.temporary
	}
	if a.root, err = os.OpenRoot(folder); err != nil {
		return nil, err
	}
	if a.temporary != "" {
		if err := a.unpack(ctx, from); err != nil {
			return nil, err
		}
	}
	return a, a.list()
}

func (a *archive) close() {
	if a.root != nil {
		a.root.Close()
	}
	if a.temporary != "" {
		os.RemoveAll(a.temporary)
	}
}

// unpack takes a compressed archive apart. Only plain files with names that belong in an archive are written, each once, and no more
// bytes than the limits allow.
func (a *archive) unpack(ctx context.Context, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	packed, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return broken("archive.format", "it is not an archive of lastmile: %v", err)
	}
	files := tar.NewReader(packed)
	left := a.o.SizeMax
	for n := int64(0); ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return broken("archive.truncated", "it is damaged or cut short after %d files: %v", n, err)
		}
		size, belongs := limit(h.Name)
		switch {
		case h.Typeflag == tar.TypeDir && fs.ValidPath(path.Clean(h.Name)):
			continue
		case h.Typeflag != tar.TypeReg || !belongs:
			return broken("archive.foreign", "it holds %q, which does not belong in it", h.Name)
		case h.Size > size || h.Size > left:
			return broken("archive.large", "%q is larger than is taken in: %d bytes", h.Name, h.Size)
		}
		left -= h.Size
		if err := a.unpackFile(h, files); err != nil {
			return err
		}
		if n%100 == 0 {
			a.o.Progress(Progress{Step: "unpacking", Done: n})
		}
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(packed, 1<<20)); err != nil { // to the checksum at its end
		return broken("archive.truncated", "it is damaged or cut short at its end: %v", err)
	}
	return nil
}

func (a *archive) unpackFile(h *tar.Header, content io.Reader) (err error) {
	if err := a.root.MkdirAll(path.Dir(h.Name), 0o700); err != nil {
		return err
	}
	f, err := a.root.OpenFile(h.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return broken("archive.foreign", "it holds %q twice", h.Name)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, content); err != nil {
		return broken("archive.truncated", "it is damaged or cut short within %q: %v", h.Name, err)
	}
	return nil
}

// list reads the manifest and goes through what there is: every file must belong, and every book must be there.
func (a *archive) list() error {
	text, err := a.readManifest()
	if err != nil {
		return err
	}
	a.manifest = &Manifest{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(a.manifest); err != nil {
		return broken("archive.manifest", "its manifest cannot be read: %v", err)
	}
	if a.manifest.Format != Format {
		return fault.New(fault.Invalid, "archive.format", "its format is %q, this program reads %q", a.manifest.Format, Format).Mend("Use the release of lastmile that wrote it.")
	}
	missing := map[string]bool{manifestName: true}
	for _, b := range a.manifest.Books {
		if missing[bookName(b.Book)] || !bookFile.MatchString(bookName(b.Book)) {
			return broken("archive.manifest", "its manifest lists the book %q wrongly", b.Book)
		}
		missing[bookName(b.Book)] = true
		a.entries += b.Entries
	}
	left := a.o.SizeMax
	err = fs.WalkDir(a.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		size, belongs := limit(name)
		m := evidenceFile.FindStringSubmatch(name)
		if !belongs || !d.Type().IsRegular() || m == nil && !missing[name] {
			return broken("archive.foreign", "it holds %q, which does not belong in it", name)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if left -= info.Size(); info.Size() > size || left < 0 {
			return broken("archive.large", "%q is larger than is taken in: %d bytes", name, info.Size())
		}
		delete(missing, name)
		if m != nil {
			a.present[m[2]] = name
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name := range missing {
		return broken("archive.truncated", "%s is missing from it", name)
	}
	return nil
}

func (a *archive) readManifest() ([]byte, error) {
	f, err := a.root.Open(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken("archive.truncated", "%s is missing from it: it is no archive, or its export was not finished", manifestName)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, manifestMax+1))
	if err == nil && len(text) > manifestMax {
		err = broken("archive.large", "its manifest is larger than is taken in")
	}
	return text, err
}

// check reads all books once and compares them with the manifest and with themselves.
func (a *archive) check(ctx context.Context) error {
	done := int64(0)
	for i := range a.manifest.Books {
		b := &a.manifest.Books[i]
		book, err := a.open(b)
		if err != nil {
			return err
		}
		for {
			e, err := book.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return errors.Join(err, book.file.Close())
			}
			for _, name := range e.Evidence {
				a.named[name] = true
			}
			if done++; done%progressRows == 0 {
				a.o.Progress(Progress{"checking", done, a.entries})
			}
		}
		if err := errors.Join(book.compare(), book.file.Close()); err != nil {
			return err
		}
	}
	for name := range a.named {
		if a.present[name] == "" {
			return broken("archive.truncated", "the file of evidence %s is named by an entry and missing from it", name)
		}
	}
	if len(a.present) != len(a.named) || int64(len(a.present)) != a.manifest.Files {
		return broken("archive.foreign", "it holds %d files of evidence, its entries name %d and its manifest says %d", len(a.present), len(a.named), a.manifest.Files)
	}
	return a.checkEvidence(ctx)
}

// checkEvidence makes sure that every file has the content that its name says.
func (a *archive) checkEvidence(ctx context.Context) error {
	for name, file := range a.present {
		f, err := a.root.Open(file)
		if err != nil {
			return err
		}
		hash := sha256.New()
		_, err = io.Copy(hash, f)
		if err := errors.Join(err, f.Close(), ctx.Err()); err != nil {
			return err
		}
		if hex.EncodeToString(hash.Sum(nil)) != name {
			return broken("archive.changed", "the content of the file of evidence %s was changed", name)
		}
	}
	return nil
}

// bookReader reads the entries of a book's file.
type bookReader struct {
	book  *Book
	file  *os.File
	hash  interface{ Sum([]byte) []byte }
	size  *counter
	lines *bufio.Scanner
	last  journal.Entry
}

func (a *archive) open(b *Book) (*bookReader, error) {
	f, err := a.root.Open(bookName(b.Book))
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	r := &bookReader{book: b, file: f, hash: hash, size: &counter{}}
	r.lines = bufio.NewScanner(io.TeeReader(f, io.MultiWriter(hash, r.size)))
	r.lines.Buffer(make([]byte, 0, 1<<16), lineMax)
	return r, nil
}

// next gives the next entry, io.EOF after the last.
func (r *bookReader) next() (journal.Entry, error) {
	line := r.last.Seq + 1
	wrong := func(text string, args ...any) error {
		return broken("archive.entry", "line %d of %s: %s", line, bookName(r.book.Book), fmt.Sprintf(text, args...))
	}
	if !r.lines.Scan() {
		if err := r.lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			return journal.Entry{}, wrong("it is longer than %d MB", lineMax>>20)
		} else if err != nil {
			return journal.Entry{}, wrong("%v", err)
		}
		return journal.Entry{}, io.EOF
	}
	var rec record
	d := json.NewDecoder(bytes.NewReader(r.lines.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&rec); err != nil {
		return journal.Entry{}, wrong("it is no entry: %v", err)
	}
	if d.More() {
		return journal.Entry{}, wrong("there is something after the entry")
	}
	e, err := rec.entry(r.book.Book)
	if err != nil {
		return e, wrong("%v", err)
	}
	if e.Seq != line || e.RecordedAt < r.last.RecordedAt {
		return e, wrong("it holds entry %d, which does not follow the one before", e.Seq)
	}
	r.last = e
	return e, nil
}

// compare holds a book that was read to its end against the manifest.
func (r *bookReader) compare() error {
	switch {
	case r.size.n != r.book.Bytes || r.last.Seq != r.book.Entries:
		return broken("archive.truncated", "%s has %d entries in %d bytes, the manifest says %d in %d", bookName(r.book.Book), r.last.Seq, r.size.n, r.book.Entries, r.book.Bytes)
	case hex.EncodeToString(r.hash.Sum(nil)) != r.book.SHA256:
		return broken("archive.changed", "%s was changed: its SHA-256 is not the one in the manifest", bookName(r.book.Book))
	case r.last.Hash.String() != r.book.Head:
		return broken("archive.changed", "the last hash of book %s is not the one in the manifest", r.book.Book)
	}
	return nil
}

// putEvidence copies the files into the store.
func (a *archive) putEvidence(ctx context.Context, s *store.Store) error {
	names := make([]string, 0, len(a.present))
	for name := range a.present {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := a.root.Open(a.present[name])
		if err != nil {
			return err
		}
		hash, err := s.Evidence.Put(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("file of evidence %s: %w", name, err)
		}
		if hash != name {
			return fmt.Errorf("file of evidence %s: it has changed while the archive was read", name)
		}
		a.o.Progress(Progress{"evidence", int64(i) + 1, int64(len(names))})
	}
	return nil
}

// replay records the entries of all books again in the order in which they were recorded.
func (a *archive) replay(ctx context.Context, s *store.Store) (err error) {
	var books []*bookReader
	defer func() {
		for _, b := range books {
			err = errors.Join(err, b.file.Close())
		}
	}()
	next := map[*bookReader]journal.Entry{}
	advance := func(b *bookReader) error {
		e, err := b.next()
		if errors.Is(err, io.EOF) {
			delete(next, b)
			return nil
		}
		next[b] = e
		return err
	}
	for i := range a.manifest.Books {
		b, err := a.open(&a.manifest.Books[i])
		if err != nil {
			return err
		}
		books = append(books, b)
		if err := advance(b); err != nil {
			return err
		}
	}
	each := func(fn func(journal.Entry) error) error {
		for len(next) > 0 {
			var first *bookReader
			for _, b := range books {
				if e, ok := next[b]; ok && (first == nil || e.RecordedAt < next[first].RecordedAt) {
					first = b
				}
			}
			if err := fn(next[first]); err != nil {
				return err
			}
			if err := advance(first); err != nil {
				return err
			}
		}
		return nil
	}
	err = s.Recorder.Replay(ctx, each, func(entries int64) { a.o.Progress(Progress{"restoring", entries, a.entries}) })
	if err != nil {
		return err
	}
	heads, err := journal.Heads(ctx, s.DB)
	if err != nil {
		return err
	}
	same := slices.EqualFunc(heads, a.manifest.Books, func(h journal.Head, b Book) bool {
		return h.Book == b.Book && h.Seq == b.Entries && h.Hash.String() == b.Head
	})
	if !same {
		return errors.New("the books end otherwise than the manifest says")
	}
	return nil
}
