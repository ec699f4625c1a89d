package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lastmile/internal/testenv"
)

// command runs one command line and gives what it printed.
func command(ctx context.Context, args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(ctx, args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

const summary = "0 differ"

// A demo that was stopped leaves no half-made programme; the next one builds it, and the one after that finds it.
func TestDemoBuildsOnceAndWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if code, _, _ := command(stopped, "demo", "--dir", dir, "--no-serve"); code != 1 {
		t.Errorf("a stopped demo ended with %d", code)
	}
	file := filepath.Join(dir, "lastmile.db")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a stopped demo left %s: %v", file, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".unfinished", []byte("what a killed build may leave"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := command(t.Context(), "demo", "--dir", dir, "--no-serve")
	if code != 0 || !strings.Contains(out, summary) {
		t.Fatalf("demo ended with %d: %s%s", code, out, errOut)
	}
	if left, err := filepath.Glob(file + ".unfinished*"); err != nil || len(left) > 0 {
		t.Errorf("the build left %v %v", left, err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	code, again, errOut := command(t.Context(), "demo", "--dir", dir, "--no-serve", "--json")
	if code != 0 {
		t.Fatalf("the second demo ended with %d: %s", code, errOut)
	}
	var got struct {
		Entries, Books int
		Summary        claimSummary
	}
	if err := json.Unmarshal([]byte(again), &got); err != nil || got.Books != 3 || got.Summary.Differs != 0 || got.Summary.Holds < 22 || !strings.Contains(out, fmt.Sprintf("%d entries in 3 books", got.Entries)) {
		t.Errorf("it printed %s after %s: %v", again, out, err)
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("the second demo made another programme: %v", err)
	}
}

// In a database server a stopped build is taken up: nothing is recorded twice.
func TestDemoResumesInServer(t *testing.T) {
	url, dir := testenv.Postgres(t), t.TempDir()
	short, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	command(short, "demo", "--db", url, "--dir", dir, "--no-serve")
	file := "sqlite:" + filepath.Join(t.TempDir(), "lastmile.db")
	_, want, _ := command(t.Context(), "demo", "--db", file, "--no-serve")
	code, out, errOut := command(t.Context(), "demo", "--db", url, "--dir", dir, "--no-serve")
	if code != 0 || out != want || !strings.Contains(out, summary) {
		t.Fatalf("demo ended with %d: %s%s\nwant %s", code, out, errOut, want)
	}
}

// watched is output that a test can read while a command writes it.
type watched struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// Serve says where, answers, and ends well when it is told to.
func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out watched
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--db", "sqlite:" + filepath.Join(t.TempDir(), "new.db"), "--addr", "127.0.0.1:0"}, strings.NewReader(""), &out, &out)
	}()
	address := regexp.MustCompile(`http://[0-9.:]+`)
	for !address.MatchString(out.String()) {
		select {
		case code := <-done:
			t.Fatalf("serve ended with %d: %s", code, out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	r, err := http.Get(address.FindString(out.String()) + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body, err := io.ReadAll(r.Body); err != nil || r.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("Set up the first administrator")) {
		t.Errorf("got %d %s %v", r.StatusCode, body, err)
	}
	stop()
	if code := <-done; code != 0 {
		t.Errorf("told to end, serve gave %d: %s", code, out.String())
	}
}

func TestServeRefusesTakenAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, _, errOut := command(t.Context(), "serve", "--db", "sqlite:"+filepath.Join(t.TempDir(), "new.db"), "--addr", l.Addr().String())
	if code != 1 || !strings.Contains(errOut, "--addr") {
		t.Errorf("got %d: %s", code, errOut)
	}
}
