package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"lastmile/internal/fault"
)

// cost of a password hash: 19 MiB of memory, two passes, one lane, as the OWASP Password Storage Cheat Sheet advises for argon2id. The
// numbers are kept with each hash, so they can be raised later.
var cost = argon2Cost{memory: 19 << 10, passes: 2, lanes: 1}

type argon2Cost struct {
	memory, passes uint32 // memory in KiB
	lanes          uint8
}

const (
	saltBytes = 16
	hashBytes = 32
)

// Lengths of a password in characters. A long sentence is welcome; the upper bound keeps a request from costing much.
const (
	PasswordMin = 10
	PasswordMax = 200
)

// hashPassword gives the hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH.
func hashPassword(password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(rand.Reader, salt); err != nil {
		return "", fmt.Errorf("make salt: %w", err)
	}
	sum := argon2.IDKey([]byte(password), salt, cost.passes, cost.memory, cost.lanes, hashBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, cost.memory, cost.passes, cost.lanes, b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// fits tells whether a password is the one that was hashed, and whether the hash was made at another cost than today's.
func fits(password, encoded string) (ok, outdated bool, err error) {
	var c argon2Cost
	var version int
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false, fmt.Errorf("password hash is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, false, fmt.Errorf("password hash of version %q", parts[2])
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return false, false, fmt.Errorf("password hash: parameters %q: %w", parts[3], err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false, fmt.Errorf("password hash: salt: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, false, fmt.Errorf("password hash: %w", err)
	}
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, c != cost, nil
}

// distinctMin is how many different characters a password has at least.
const distinctMin = 4

// checkPassword refuses a password that is short, is the person's own name, or is one sign over and over.
func checkPassword(person, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return fault.New(fault.Invalid, "password.text", "the password holds bytes that are not text").For("password").Mend("Type another one.")
	case n < PasswordMin:
		return fault.New(fault.Invalid, "password.short", "the password has %d characters, at least %d are needed", n, PasswordMin).For("password").Mend("A short sentence is easy to remember.")
	case n > PasswordMax:
		return fault.New(fault.Invalid, "password.long", "the password has %d characters, %d are allowed", n, PasswordMax).For("password").Mend("Shorten it.")
	}
	seen := map[rune]bool{}
	for _, r := range password {
		seen[r] = true
	}
	if len(seen) < distinctMin || strings.Contains(strings.ToLower(password), strings.ToLower(person)) {
		return fault.New(fault.Invalid, "password.weak", "the password is easy to guess").For("password").Mend("Leave out the log-in name and use more different characters.")
	}
	return nil
}

// oneTime makes a password or code of 80 random bits to be read from a screen or a piece of paper: abcd-efgh-ijkl-mnop.
func oneTime() (string, error) {
	b := make([]byte, 10)
	if _, err := io.ReadFull(rand.Reader, b); err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	text := strings.ToLower(base32.StdEncoding.EncodeToString(b))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:], nil
}
