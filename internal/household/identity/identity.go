// Package identity reads, checks, masks and compares what identifies a person: identity documents, names, phones and
// bank accounts.
//
// A resident identity number of China (GB 11643-1999) has 18 characters:
//
//	620524 19850312 123 X
//	area   birth    |   check character
//	                order; its last digit is odd for men, even for women
//
// The check character makes any single wrong digit, and any exchange of two neighbours, visible (ISO 7064, MOD 11-2).
// Most typing errors in a register are therefore found while the visitor still stands in the house. Two other numbers
// are met in the field: the 15-digit numbers of before 1999, void since 2013, which are recognised and refused with a
// suggestion; and the disability certificate, which is the resident number followed by one digit for the type of
// disability and one for its grade, and which registration forms accept in place of the number.
//
// Documents say who somebody is only when they are there. Keys gives everything two records of the same person may
// share, strongest first, and Match finds who shares what: the guard against registering a person twice, in one
// county or in two. It only points; people decide.
//
// The package does not know whether a number was ever issued. It only knows whether it could have been.
package identity

import (
	"fmt"
	"strings"

	"lastmile/internal/date"
)

// Kind is the kind of an identity document.
type Kind string

const (
	ResidentID            Kind = "resident_id"
	DisabilityCertificate Kind = "disability_certificate"
)

// Sex is the sex an identity number states.
type Sex string

const (
	Male   Sex = "male"
	Female Sex = "female"
)

// Disability is the type of disability a certificate states, from 1 to 7 (GB/T 26341-2010).
type Disability int

const (
	NoDisability Disability = iota
	Visual
	Hearing
	Speech
	Physical
	Intellectual
	Mental
	Multiple
)

// Document is an identity document whose number passed every check.
type Document struct {
	Kind       Kind
	ResidentID string    // the 18 characters, digits and a final capital X
	Area       string    // the 6-digit area code of first registration; not where the person lives now
	Birth      date.Date // date of birth
	Sex        Sex
	Disability Disability // type, on a disability certificate only
	Grade      int        // grade of disability from 1, the most severe, to 4; on a certificate only
}

// Number returns the number as it stands on the document.
func (d Document) Number() string {
	if d.Kind == DisabilityCertificate {
		return fmt.Sprintf("%s%d%d", d.ResidentID, d.Disability, d.Grade)
	}
	return d.ResidentID
}

const (
	oldLength         = 15
	residentLength    = 18
	certificateLength = 20
	ageMax            = 130 // years; an older person is a mistyped birth date
)

// Parse reads the number of an identity document as people write it: with spaces, full-width digits or a small x. The
// date is the day of entry, against which the birth date is checked. The error is always an *Error.
func Parse(number string, on date.Date) (Document, error) {
	n := normalNumber(number)
	if i := strings.IndexFunc(n, notNumeral); i >= 0 {
		return Document{}, &Error{Reason: Malformed, Number: Mask(n)}
	}
	switch len(n) {
	case residentLength:
		return parseResident(n, on)
	case oldLength:
		return Document{}, oldNumber(n, on)
	}
	// A certificate reissued after a loss carries B and the number of the reissue: ...41B1.
	certificate, reissue, reissued := strings.Cut(n, "B")
	if len(certificate) != certificateLength || reissued && (len(reissue) != 1 || !isDigits(reissue)) {
		return Document{}, &Error{Reason: WrongLength, Number: Mask(n), Length: len(n)}
	}
	return parseCertificate(certificate, on)
}

func parseCertificate(n string, on date.Date) (Document, error) {
	document, err := parseResident(n[:residentLength], on)
	if err != nil {
		return Document{}, err
	}
	kind, grade := n[residentLength], n[residentLength+1]
	if kind < '1' || kind > '7' {
		return Document{}, &Error{Reason: WrongDisability, Number: Mask(n)}
	}
	if grade < '1' || grade > '4' {
		return Document{}, &Error{Reason: WrongGrade, Number: Mask(n)}
	}
	document.Kind = DisabilityCertificate
	document.Disability = Disability(kind - '0')
	document.Grade = int(grade - '0')
	return document, nil
}

func parseResident(n string, on date.Date) (Document, error) {
	refuse := func(reason Reason) (Document, error) {
		return Document{}, &Error{Reason: reason, Number: Mask(n)}
	}
	if !isDigits(n[:residentLength-1]) {
		return refuse(Malformed)
	}
	if !provinces[n[:2]] || n[2:6] == "0000" && n[0] != '8' {
		return refuse(WrongArea)
	}
	birth, err := date.Parse(n[6:10] + "-" + n[10:12] + "-" + n[12:14])
	if err != nil {
		return refuse(WrongBirth)
	}
	if n[17] != CheckCharacter(n[:17]) {
		return refuse(WrongCheck)
	}
	if birth > on {
		return refuse(FutureBirth)
	}
	if birth.YearsUntil(on) > ageMax {
		return refuse(WrongBirth)
	}
	sex := Female
	if n[16]%2 == 1 {
		sex = Male
	}
	return Document{Kind: ResidentID, ResidentID: n, Area: n[:6], Birth: birth, Sex: sex}, nil
}

// oldNumber explains a 15-digit number, and offers the 18-character number it most likely became: the century put in
// and the check character added. The suggestion must be compared with the card: some people were given a new number.
func oldNumber(n string, on date.Date) *Error {
	if !isDigits(n) {
		return &Error{Reason: Malformed, Number: Mask(n)}
	}
	grown := n[:6] + "19" + n[6:]
	grown += string(CheckCharacter(grown))
	if _, err := parseResident(grown, on); err != nil {
		return &Error{Reason: OldNumber, Number: Mask(n)}
	}
	return &Error{Reason: OldNumber, Number: Mask(n), Suggestion: grown}
}

// CheckCharacter returns the 18th character that belongs to the first 17 digits of a resident number: digit i, counted
// from the right beginning with the check character as 0, has the weight 2^i modulo 11, and all together leave 1
// modulo 11, with X for ten (GB 11643-1999, by ISO 7064 MOD 11-2).
func CheckCharacter(digits string) byte {
	sum := 0
	for i := range len(digits) {
		sum = (sum + int(digits[i]-'0')) * 2 % 11
	}
	return "10X98765432"[sum]
}

// provinces are the first two digits an area code can have (GB/T 2260), with those of the residence permits given to
// people of Hong Kong (81), Macao (82) and Taiwan (83), which follow the same standard.
var provinces = map[string]bool{
	"11": true, "12": true, "13": true, "14": true, "15": true, "21": true, "22": true, "23": true,
	"31": true, "32": true, "33": true, "34": true, "35": true, "36": true, "37": true,
	"41": true, "42": true, "43": true, "44": true, "45": true, "46": true,
	"50": true, "51": true, "52": true, "53": true, "54": true,
	"61": true, "62": true, "63": true, "64": true, "65": true, "71": true, "81": true, "82": true, "83": true,
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func notNumeral(r rune) bool { return (r < '0' || r > '9') && r != 'X' && r != 'B' }
