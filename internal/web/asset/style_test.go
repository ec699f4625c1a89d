package asset

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func readStyle(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("style", name))
	if err != nil {
		t.Fatal(err)
	}
	return comment.ReplaceAllString(string(text), "")
}

var (
	rule        = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	declaration = regexp.MustCompile(`(--[a-z0-9-]+|color-scheme):\s*([^;]+);`)
)

// tokens gives the declarations of every rule with that selector, in order.
func tokens(css, selector string) []map[string]string {
	var found []map[string]string
	for _, r := range rule.FindAllStringSubmatch(css, -1) {
		if strings.TrimSpace(r[1]) != selector {
			continue
		}
		values := map[string]string{}
		for _, d := range declaration.FindAllStringSubmatch(r[2], -1) {
			values[d[1]] = d[2]
		}
		found = append(found, values)
	}
	return found
}

// The reader's own choice of dark looks as the system's does, and it gives a value
// to every colour that light has.
func TestDarkTokens(t *testing.T) {
	css := readStyle(t, "1-tokens.css")
	light := tokens(css, ":root")[0]
	system := tokens(css, `:root:not([data-theme="light"])`)
	own := tokens(css, `:root[data-theme="dark"]`)
	if len(system) != 1 || len(own) != 1 {
		t.Fatalf("dark is given %d and %d times", len(system), len(own))
	}
	for name := range light {
		switch _, ok := own[0][name]; {
		case !ok && name != "--bad-ink" && name != "--on-bar":
			t.Errorf("%s has no dark value", name)
		case system[0][name] != own[0][name]:
			t.Errorf("%s is %q by the system's wish and %q by the reader's", name, system[0][name], own[0][name])
		}
	}
	if len(system[0]) != len(own[0]) {
		t.Errorf("dark has %d tokens by the system's wish and %d by the reader's", len(system[0]), len(own[0]))
	}
}

// Text can be read: 4.5 to 1 for every pair that is used (WCAG 2.2, 1.4.3), and 3
// to 1 for what a control or chart is known by (1.4.11).
func TestContrast(t *testing.T) {
	css := readStyle(t, "1-tokens.css")
	for name, theme := range map[string]map[string]string{
		"light": tokens(css, ":root")[0], "dark": tokens(css, `:root[data-theme="dark"]`)[0],
	} {
		check := func(text, ground string, least float64) {
			if got := contrast(t, theme["--"+text], theme["--"+ground]); got < least {
				t.Errorf("%s: %s on %s is %.2f to 1, less than %v", name, text, ground, got, least)
			}
		}
		for _, ground := range []string{"paper", "surface"} {
			for _, text := range []string{"ink", "ink2", "ink3", "brand", "bad", "warn", "ok", "county-1-text", "county-2-text"} {
				check(text, ground, 4.5)
			}
			for _, shape := range []string{"bar", "county-1", "county-2", "node"} {
				check(shape, ground, 3)
			}
		}
		check("ink", "sunk", 4.5)
		check("ink2", "sunk", 4.5)
		check("brand", "brand-weak", 4.5)
		check("brand-ink", "brand", 4.5)
		check("bad-ink", "bad", 4.5)
		check("bad", "bad-weak", 4.5)
		check("warn", "warn-weak", 4.5)
		check("ok", "ok-weak", 4.5)
		check("on-bar", "bar-strong", 4.5)
		check("paper", "ink", 4.5)
	}
}

// contrast is the contrast ratio of two colours (WCAG 2.2, relative luminance).
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(colour string) float64 {
		n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
		if err != nil {
			t.Fatalf("%q is no colour", colour)
		}
		part := func(v uint64) float64 {
			c := float64(v&0xff) / 255
			if c <= 0.04045 {
				return c / 12.92
			}
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
	}
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// Sides are written as start and end, so that a page can run from right to left.
func TestLogicalProperties(t *testing.T) {
	physical := regexp.MustCompile(`[;{\s]((?:margin|padding|border|inset)-(?:left|right|top|bottom)[a-z-]*|left|right|top|bottom|width|height|(?:min|max)-(?:width|height)|text-align:\s*(?:left|right)|float)\s*:`)
	files, err := filepath.Glob("style/*.css")
	if err != nil || len(files) != 6 {
		t.Fatalf("found %d style sheets (%v)", len(files), err)
	}
	// Four values say right and left; three and two say the same of both sides.
	four := regexp.MustCompile(`(?:padding|margin|inset):\s*[^\s;]+ ([^\s;]+) [^\s;]+ ([^\s;]+);`)
	media := regexp.MustCompile(`@media[^{]*\{`)
	for _, file := range files {
		css := media.ReplaceAllString(readStyle(t, filepath.Base(file)), "")
		for _, match := range four.FindAllStringSubmatch(css, -1) {
			if match[1] != match[2] {
				t.Errorf("%s: %s differs from side to side: use the logical properties", file, match[0])
			}
		}
		for _, match := range physical.FindAllStringSubmatch(css, -1) {
			t.Errorf("%s sets %s: use the logical property", file, match[1])
		}
	}
}

// A token that is used exists.
func TestTokensExist(t *testing.T) {
	all := ""
	for _, name := range []string{"1-tokens.css", "2-base.css", "3-layout.css", "4-parts.css", "5-chart.css", "6-print.css"} {
		all += readStyle(t, name)
	}
	defined := map[string]bool{}
	for _, d := range regexp.MustCompile(`(--[a-z0-9-]+)\s*:`).FindAllStringSubmatch(all, -1) {
		defined[d[1]] = true
	}
	for _, use := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllStringSubmatch(all, -1) {
		if !defined[use[1]] {
			t.Errorf("%s is used and never set", use[1])
		}
	}
}
