package identity

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lastmile/internal/date"
)

var entry = date.Date("2019-06-30")

// The number 11010519491231002X is the example printed in GB 11643-1999.
const example = "11010519491231002X"

func TestParseReadsTheStandardsExample(t *testing.T) {
	document, err := Parse(example, entry)
	want := Document{Kind: ResidentID, ResidentID: example, Area: "110105", Birth: date.Date("1949-12-31"), Sex: Female}
	if err != nil || document != want {
		t.Errorf("Parse = %+v, %v, want %+v", document, err, want)
	}
}

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	for _, written := range []string{"110105194912310 02x", "１１０１０５１９４９１２３１００２Ｘ", " 110105-19491231-002X ", "\u202d11010519491231002x\u202c"} {
		if document, err := Parse(written, entry); err != nil || document.ResidentID != example {
			t.Errorf("Parse(%q) = %+v, %v", written, document, err)
		}
	}
}

func TestParseReadsDisabilityCertificates(t *testing.T) {
	for _, written := range []string{example + "42", example + "42B1"} {
		document, err := Parse(written, entry)
		if err != nil || document.Kind != DisabilityCertificate || document.ResidentID != example || document.Disability != Physical || document.Grade != 2 {
			t.Errorf("Parse(%q) = %+v, %v", written, document, err)
		}
		if document.Number() != example+"42" {
			t.Errorf("Number() = %s", document.Number())
		}
	}
}

// Edge case 13: same ID in two households or counties, ID missing or in disability form, check-digit failure, homonyms.
func TestEdgeCase13Identity(t *testing.T) {
	for _, c := range []struct {
		name, number string
		want         Reason
	}{
		{"missing", "", WrongLength},
		{"one digit wrong", "11010519491231003X", WrongCheck},
		{"two neighbours exchanged", "11010519491213002X", WrongCheck},
		{"X in the middle", "1101051949123100X2", Malformed},
		{"letters", "11010519491231002A", Malformed},
		{"one digit short", "1101051949123100X", WrongLength},
		{"no such province", "99010519491231002X", WrongArea},
		{"no such day", "110105194902310025", WrongBirth},
		{"born tomorrow", withCheck("62052420190701123"), FutureBirth},
		{"too old", withCheck("62052418800101001"), WrongBirth},
		{"15 digits", "110105491231002", OldNumber},
		{"certificate with type 8", example + "81", WrongDisability},
		{"certificate with grade 5", example + "45", WrongGrade},
		{"certificate of a wrong number", "11010519491231003X42", WrongCheck},
		{"certificate with a long reissue", example + "42B12", WrongLength},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.number, entry)
			var refused *Error
			if !errors.As(err, &refused) || refused.Reason != c.want {
				t.Fatalf("Parse(%q): %v, want %s", c.number, err, c.want)
			}
			if len(c.number) > 8 && strings.Contains(err.Error(), c.number) {
				t.Errorf("the error %q shows the whole number", err)
			}
		})
	}

	people := []Person{
		{ID: "wushan-1", Name: "马小明", Birth: date.Date("1949-12-31"), Document: example, Phone: "138 0000 1234"},
		{ID: "maigaiti-7", Name: "马　小明", Document: example + "42"},                                 // the same person, by certificate, in another county
		{ID: "wushan-2", Name: "马小明", Birth: date.Date("1949-12-31")},                              // a homonym, or the same man without a document
		{ID: "wushan-3", Name: "李兰", Birth: date.Date("1951-02-03"), Phone: "+86 138-0000-1234"},   // his wife, on his phone
		{ID: "wushan-4", Name: "马小明", Birth: date.Date("1986-05-05"), Document: "110105491231002"}, // his old number, on his son's card
	}
	want := []Shared{
		{Key{Certain, "document", example}, []string{"maigaiti-7", "wushan-1", "wushan-4"}},
		{Key{Probable, "name", "马小明 1949-12-31"}, []string{"maigaiti-7", "wushan-1", "wushan-2"}},
		{Key{Possible, "phone", "13800001234"}, []string{"wushan-1", "wushan-3"}},
	}
	got := Match(people, entry)
	if !slices.EqualFunc(got, want, func(a, b Shared) bool { return a.Key == b.Key && slices.Equal(a.Persons, b.Persons) }) {
		t.Errorf("Match = %v\nwant    %v", got, want)
	}
}

func TestOldNumberSuggestsTheNewOne(t *testing.T) {
	_, err := Parse("110105491231002", entry)
	var refused *Error
	if !errors.As(err, &refused) || refused.Suggestion != example {
		t.Errorf("error %+v, want the suggestion %s", refused, example)
	}
	if _, err = Parse("110105491331002", entry); !errors.As(err, &refused) || refused.Reason != OldNumber || refused.Suggestion != "" {
		t.Errorf("an old number with month 13: %+v, want no suggestion", refused)
	}
}

// Any wrong digit and any exchange of two different neighbours changes the check character.
func TestCheckCharacterFindsTypingErrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := []byte(rapid.StringMatching(`[0-9]{17}`).Draw(t, "digits"))
		check := CheckCharacter(string(digits))
		at := rapid.IntRange(0, 16).Draw(t, "at")
		wrong := slices.Clone(digits)
		wrong[at] = '0' + (wrong[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "add")))%10
		if CheckCharacter(string(wrong)) == check {
			t.Fatalf("%s and %s have the same check character", digits, wrong)
		}
		if at < 16 && digits[at] != digits[at+1] {
			digits[at], digits[at+1] = digits[at+1], digits[at]
			if CheckCharacter(string(digits)) == check {
				t.Fatalf("exchanging digits %d and %d of %s is not seen", at, at+1, digits)
			}
		}
	})
}

func TestMasks(t *testing.T) {
	for _, c := range []struct {
		name     string
		mask     func(string) string
		in, want string
	}{
		{"number", Mask, "620524198503121234", "6205**********1234"},
		{"certificate", Mask, "62052419850312123442", "6205**********1234**"},
		{"old number", Mask, "620524850312123", "6205*******2123"},
		{"too short", Mask, "6205241", "*******"},
		{"nothing", Mask, "", ""},
		{"three characters", MaskName, "马小明", "马××"},
		{"two characters", MaskName, "马丽", "马×"},
		{"Uyghur name", MaskName, "阿卜杜拉·麦麦提", "阿××"},
		{"Latin name", MaskName, " Abdulla Memet", "A××"},
		{"mobile", MaskPhone, "138 1234 1234", "138****1234"},
		{"mobile with country code", MaskPhone, "+86-13812341234", "138****1234"},
		{"extension", MaskPhone, "12345", "*****"},
		{"account", MaskAccount, "6217 0000 1111 2221234", "***************1234"},
		{"short account", MaskAccount, "1234567", "*******"},
	} {
		if got := c.mask(c.in); got != c.want {
			t.Errorf("%s: %q masked is %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestFoldName(t *testing.T) {
	for _, pair := range [][2]string{
		{"阿卜杜拉·麦麦提", "阿卜杜拉•麦麦提"},
		{"阿卜杜拉·麦麦提", "阿卜杜拉 ・ 麦麦提"},
		{"Abdulla MEMET", "ａｂｄｕｌｌａmemet"},
		{"马 小明", "马小明\u200b"},
	} {
		if a, b := FoldName(pair[0]), FoldName(pair[1]); a != b {
			t.Errorf("%q folds to %q, %q to %q", pair[0], a, pair[1], b)
		}
	}
	if FoldName("马小明") == FoldName("马晓明") {
		t.Error("two different names fold to one")
	}
}

func TestEveryReasonHasWordsInBothLanguages(t *testing.T) {
	for _, reason := range []Reason{Malformed, WrongLength, OldNumber, WrongArea, WrongBirth, FutureBirth, WrongCheck, WrongDisability, WrongGrade} {
		err := &Error{Reason: reason, Number: "6205**********1234", Length: 17}
		for _, language := range []string{"en", "zh"} {
			if text := err.Text(language); strings.Contains(text, "%!") || strings.HasSuffix(text, ": ") || strings.HasSuffix(text, "：") {
				t.Errorf("%s in %s: %q", reason, language, text)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add(example + "42B1")
	f.Add("110105491231002")
	f.Fuzz(func(t *testing.T, number string) {
		document, err := Parse(number, entry)
		if err != nil {
			return
		}
		again, err := Parse(document.Number(), entry)
		if err != nil || again != document {
			t.Errorf("Parse(%q) = %+v, but its own number reads as %+v, %v", number, document, again, err)
		}
	})
}

func withCheck(digits string) string { return digits + string(CheckCharacter(digits)) }
