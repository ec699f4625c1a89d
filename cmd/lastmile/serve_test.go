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
	"net/url"
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
	command(short, "demo", "--db", url, "--dir", dir, "--no-serve", "--households", "0")
	file := "sqlite:" + filepath.Join(t.TempDir(), "lastmile.db")
	_, want, _ := command(t.Context(), "demo", "--db", file, "--no-serve", "--households", "0")
	code, out, errOut := command(t.Context(), "demo", "--db", url, "--dir", dir, "--no-serve", "--households", "0")
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

// start serves a new programme until the test ends, and gives the address and what was printed.
func start(t *testing.T, flags ...string) (address string, printed *watched, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	var out watched
	done := make(chan int, 1)
	go func() {
		args := append([]string{"serve", "--db", "sqlite:" + filepath.Join(t.TempDir(), "new.db"), "--addr", "127.0.0.1:0"}, flags...)
		done <- run(ctx, args, strings.NewReader(""), &out, &out)
	}()
	served := regexp.MustCompile(`http://127[0-9.:]+`)
	for !strings.Contains(out.String(), "with the code") {
		select {
		case code := <-done:
			t.Fatalf("serve ended with %d: %s", code, out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return served.FindString(out.String()), &out, func() int { cancel(); return <-done }
}

// Serve says where, answers, gives the code for the first administrator, and ends well when it is told to.
func TestServe(t *testing.T) {
	address, out, stop := start(t)
	r, err := http.Get(address + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body, err := io.ReadAll(r.Body); err != nil || r.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("Set up the first administrator")) {
		t.Errorf("got %d %s %v", r.StatusCode, body, err)
	}
	code := regexp.MustCompile(`with the code ([a-z2-7-]+)`).FindStringSubmatch(out.String())
	if code == nil {
		t.Fatalf("no code was printed: %s", out)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	setup := url.Values{"code": {code[1]}, "id": {"root"}, "name": {"Root"}, "unit": {"IT"}, "password": {"a long first sentence"}}
	made, err := client.PostForm(address+"/setup", setup)
	if err != nil || made.StatusCode != http.StatusSeeOther {
		t.Fatalf("set up: %v %v", made, err)
	}
	in, err := client.PostForm(address+"/login", url.Values{"person": {"root"}, "password": {"a long first sentence"}})
	if err != nil || in.StatusCode != http.StatusSeeOther || in.Cookies()[0].Secure {
		t.Errorf("log in: %v %v", in, err)
	}
	if code := stop(); code != 0 {
		t.Errorf("told to end, serve gave %d: %s", code, out.String())
	}
}

// Behind a server that ends TLS cookies travel by TLS alone, browsers are told so, forms of the public address are taken and the browser's
// own address is known.
func TestServeBehindProxy(t *testing.T) {
	address, out, _ := start(t, "--public-url", "https://aid.example/")
	if !strings.Contains(out.String(), "for https://aid.example ") || !strings.Contains(out.String(), "https://aid.example/setup") {
		t.Errorf("it printed %s", out)
	}
	send := func(origin string) *http.Response {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, address+"/setup", strings.NewReader("code=guess"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", origin)
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	good, err := io.ReadAll(send("https://aid.example").Body)
	if err != nil || !bytes.Contains(good, []byte("That is not the code")) {
		t.Errorf("a form of the public address is not taken: %s %v", good, err)
	}
	for _, origin := range []string{"https://evil.example", address} {
		if r := send(origin); r.StatusCode != http.StatusForbidden {
			t.Errorf("a form of %s gets %d", origin, r.StatusCode)
		}
	}
	if !strings.Contains(out.String(), "address=203.0.113.9") {
		t.Errorf("the log does not know the browser: %s", out)
	}
	r, err := http.DefaultTransport.RoundTrip(&http.Request{Method: http.MethodGet, URL: mustParse(t, address+"/login?lang=en"), Header: http.Header{}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if c := r.Cookies(); r.Header.Get("Strict-Transport-Security") == "" || len(c) != 1 || !c[0].Secure {
		t.Errorf("cookies %v, header %v", c, r.Header)
	}
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Options that would not do what they say are refused as wrong usage, before anything is made.
func TestServeRefusesOptions(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "new.db")
	for _, c := range []struct {
		flags []string
		code  int
		says  string
	}{
		{[]string{"--public-url", "aid.example"}, 2, "https://aid.example"},
		{[]string{"--public-url", "https://aid.example/pages"}, 2, "https://aid.example"},
		{[]string{"--public-url", "ftp://aid.example"}, 2, "https://aid.example"},
		{[]string{"--oidc-client", "lastmile"}, 2, "--oidc-issuer"},
		{[]string{"--oidc-issuer", "https://id.example"}, 2, "--oidc-client"},
		{[]string{"--oidc-issuer", "https://id.example", "--oidc-client", "c", "--oidc-secret-file", secret}, 2, "--public-url"},
		{[]string{"--oidc-issuer", "https://id.example", "--oidc-client", "c", "--public-url", "https://aid.example"}, 2, "--oidc-domain"},
		{[]string{"--oidc-issuer", "https://id.example", "--oidc-client", "c", "--public-url", "https://aid.example", "--oidc-secret-file", secret + ".none"}, 1, "secret"},
	} {
		code, _, errOut := command(t.Context(), append([]string{"serve", "--db", "sqlite:" + file, "--addr", "127.0.0.1:0"}, c.flags...)...)
		if code != c.code || !strings.Contains(errOut, c.says) {
			t.Errorf("%v: got %d: %s", c.flags, code, errOut)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a database was made: %v", err)
	}
}

// With a provider of identities the log-in page leads to it.
func TestServeProvider(t *testing.T) {
	address, _, _ := start(t, "--public-url", "http://127.0.0.1:1", "--oidc-issuer", "http://localhost:1", "--oidc-client", "c", "--oidc-domain", "aid.example", "--oidc-name", "Aid ID")
	r, err := http.Get(address + "/login")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body, err := io.ReadAll(r.Body); err != nil || !bytes.Contains(body, []byte("Log in with Aid ID")) {
		t.Errorf("got %d %s %v", r.StatusCode, body, err)
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
