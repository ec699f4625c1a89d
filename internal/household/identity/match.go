package identity

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lastmile/internal/date"
)

// Person is what the duplicate guard compares. Every field but ID may be empty.
type Person struct {
	ID       string // the register's own id of the person
	Name     string
	Birth    date.Date // as stated; when empty, taken from the document
	Document string    // identity document number, as written
	Phone    string
	Account  string // bank account
}

// Strength says what sharing a key means.
type Strength int

const (
	Possible Strength = iota + 1 // the same phone or account: families share these
	Probable                     // the same name and birth date: homonyms exist
	Certain                      // the same document: one of the records is wrong
)

// Key is something two records of the same person share. Its value is personal data.
type Key struct {
	Strength Strength
	Of       string // "document", "name", "phone" or "account"
	Value    string
}

// Keys returns what may be compared about a person, strongest first. A disability certificate gives the key of the
// resident number within it, and a 15-digit number the key of the number it most likely became. A document that fails
// its checks still gives a key, so that the same mistyped number in two households is seen.
func Keys(p Person, on date.Date) []Key {
	var keys []Key
	birth := p.Birth
	if p.Document != "" {
		value := normalNumber(p.Document)
		document, err := Parse(p.Document, on)
		var refused *Error
		switch {
		case err == nil:
			value = document.ResidentID
			if birth == "" {
				birth = document.Birth
			}
		case errors.As(err, &refused) && refused.Suggestion != "":
			value = refused.Suggestion
		}
		if value != "" {
			keys = append(keys, Key{Certain, "document", value})
		}
	}
	if name := FoldName(p.Name); name != "" && birth != "" {
		keys = append(keys, Key{Probable, "name", name + " " + string(birth)})
	}
	if phone := normalPhone(p.Phone); len(phone) >= 7 {
		keys = append(keys, Key{Possible, "phone", phone})
	}
	if account := normalNumber(p.Account); account != "" {
		keys = append(keys, Key{Possible, "account", account})
	}
	return keys
}

// Shared is a key that more than one person has, and the ids of those persons in order.
type Shared struct {
	Key     Key
	Persons []string
}

// Match returns every key that more than one person has, strongest first, then by value.
func Match(people []Person, on date.Date) []Shared {
	holders := map[Key][]string{}
	for _, person := range people {
		for _, key := range Keys(person, on) {
			holders[key] = append(holders[key], person.ID)
		}
	}
	var shared []Shared
	for key, ids := range holders {
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) > 1 {
			shared = append(shared, Shared{key, ids})
		}
	}
	slices.SortFunc(shared, func(a, b Shared) int {
		return cmp.Or(-cmp.Compare(a.Key.Strength, b.Key.Strength), cmp.Compare(a.Key.Of, b.Key.Of), cmp.Compare(a.Key.Value, b.Key.Value))
	})
	return shared
}

// FoldName brings the ways of writing one name together: full-width and half-width letters, capitals, spaces, the
// several middle dots of Uyghur and Tibetan names (阿卜杜拉·麦麦提), and invisible characters left by spreadsheets.
// It does not join different characters of the same sound.
func FoldName(name string) string {
	var folded strings.Builder
	for _, r := range norm.NFKC.String(name) {
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			folded.WriteRune(unicode.ToLower(r))
		case strings.ContainsRune("·•‧∙・.", r):
			folded.WriteRune('·')
		}
	}
	return strings.Trim(folded.String(), "·")
}

// normalNumber drops spaces, hyphens and invisible characters and makes full-width digits and letters plain capitals.
func normalNumber(number string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == '-' {
			return -1
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(number))
}

// normalPhone keeps the digits of a phone number, without the country code of China.
func normalPhone(phone string) string {
	n := normalNumber(phone)
	n = strings.TrimPrefix(strings.TrimPrefix(n, "+86"), "0086")
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, n)
}

func foldSpaces(s string) string { return strings.Join(strings.Fields(norm.NFKC.String(s)), " ") }
