package store

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Programs that start together agree on one key, only its owner can read it, and one that is cut short is not taken for a key.
func TestMatchKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "match.key")
	keys := make([][]byte, 8)
	var starting sync.WaitGroup
	for i := range keys {
		starting.Go(func() {
			var err error
			if keys[i], err = matchKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	for _, key := range keys {
		if len(key) != matchKeySize || !bytes.Equal(key, keys[0]) {
			t.Errorf("keys are %x and %x", keys[0], key)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file has mode %o", info.Mode().Perm())
	}
	if err := os.Truncate(path, 5); err != nil {
		t.Fatal(err)
	}
	if _, err := matchKey(path); err == nil {
		t.Error("a key of five bytes is taken")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(left) != 1 {
		t.Errorf("left over are %v (%v)", left, err)
	}
}
