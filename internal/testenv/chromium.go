package testenv

import (
	"errors"
	"os/exec"
	"testing"
)

// Chromium returns the path of a Chromium, or of its sibling Google Chrome,
// found in PATH. Start it with --no-sandbox, which root and most containers
// need and which is safe with pages of our own, and with
// --disable-background-networking, which spares it look-ups of its own.
func Chromium(t testing.TB) string {
	t.Helper()
	path, err := findChromium()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium in PATH: install it (Debian: apt-get install chromium fonts-noto-cjk)")
}
