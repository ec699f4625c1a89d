package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"lastmile/internal/evidence"
)

// restoreFile is the remedy for a file of evidence.
const restoreFile = "Put the file back from a backup or archive: its name tells which content is the right one."

// files looks at every file of evidence: that each one named by an entry is there, and that each one there has the content that its name
// says.
func (v *verifier) files(ctx context.Context, store *evidence.Store) error {
	if err := v.hashFiles(ctx, store.Dir()); err != nil {
		return err
	}
	names := make([]string, 0, len(v.evidence))
	for name := range v.evidence {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !store.Has(name) {
			at := v.evidence[name]
			v.report.add(Difference{Table: "evidence", Book: at.book, Seq: at.seq, Key: name, Wrong: "The file is not there.", Remedy: restoreFile})
		}
	}
	return nil
}

// hashFiles reads every file of evidence below a folder: DIR/ab/abcdef….png. The small pictures that pages show lie elsewhere and are made anew when they are gone.
func (v *verifier) hashFiles(ctx context.Context, dir string) error {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && isHash(stem(path)) && filepath.Base(filepath.Dir(path)) == stem(path)[:2] {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var failed error
	next, done := 0, int64(0)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for {
				mu.Lock()
				if next == len(paths) || failed != nil || ctx.Err() != nil {
					mu.Unlock()
					return
				}
				path := paths[next]
				next++
				mu.Unlock()
				sum, err := hashFile(path)
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, err)
				}
				if err == nil && sum != stem(path) {
					at := v.evidence[stem(path)]
					v.report.add(Difference{Table: "evidence", Book: at.book, Seq: at.seq, Key: stem(path),
						Wrong: fmt.Sprintf("The content of the file was changed: its hash is %s.", sum), Remedy: restoreFile})
				}
				v.report.Files++
				if done++; done%100 == 0 || done == int64(len(paths)) {
					v.progress(Progress{Step: "files", Done: done, Total: int64(len(paths))})
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return errors.Join(failed, ctx.Err())
}

// stem is the name of a file without folder and extension.
func stem(path string) string {
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

func isHash(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == sha256.Size
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
