// Package locale says things in the reader's language: which languages there
// are, the texts of the product in each of them, and how each of them writes
// money, counts, shares and dates.
//
// Texts live in catalogues, one JSON file a language (en.json, zh-Hans.json),
// and each message is a whole sentence with its units inside, so that a
// translator never has to glue halves together:
//
//	"payments.matched": "{0} of {1} payments matched"
//	"payments.matched": "{1} 笔付款中 {0} 笔已匹配"
//
// A message that changes with a number gives its plural forms, chosen by its
// first argument:
//
//	"days.late": {"one": "{0} day late", "other": "{0} days late"}
//
// [Load] refuses catalogues in which a key lacks a language or two languages
// disagree about the arguments, so a half-translated program does not start.
//
// Numbers are written as the field writes them. An amount of 6,047,000,000 fen
// is ¥60.47 m in English and 6,047 万元 in Chinese; 14 March 2017 is
// 14 Mar 2017 and 2017年3月14日. What is unknown, does not apply, or is nought
// are three things and are written as three: see [Printer.NotRecorded],
// [NotApplicable] and 0.
//
// The package knows how to write amounts, not what they mean: it has no
// knowledge of accounts, households or figures.
package locale

import (
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// Language is a BCP 47 language tag, as used in the lang attribute and as the
// name of a catalogue file.
type Language string

// The languages this package can write numbers and dates in.
const (
	English Language = "en"
	Chinese Language = "zh-Hans"
)

// NotApplicable stands where a value cannot exist, in every language.
const NotApplicable = "–"

// primary is the language subtag: "zh" of "zh-Hans".
func (l Language) primary() string {
	head, _, _ := strings.Cut(string(l), "-")
	return strings.ToLower(head)
}

// Direction is the direction of the language's script, "ltr" or "rtl", for the
// dir attribute.
func (l Language) Direction() string {
	switch l.primary() {
	case "ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi":
		return "rtl"
	}
	return "ltr"
}

// Match picks from offered the language that the reader asked for in an
// Accept-Language header (RFC 9110, section 12.5.4). It compares the primary
// subtag, so zh-CN is served zh-Hans. With no match it gives the first of
// offered; offered must not be empty.
func Match(acceptLanguage string, offered []Language) Language {
	type wish struct {
		language Language
		quality  float64
	}
	var wishes []wish
	for _, part := range strings.Split(acceptLanguage, ",") {
		tag, params, _ := strings.Cut(part, ";")
		quality := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			parsed, err := strconv.ParseFloat(value, 64)
			if err != nil {
				continue
			}
			quality = parsed
		}
		if tag = strings.TrimSpace(tag); tag != "" && quality > 0 {
			wishes = append(wishes, wish{Language(tag), quality})
		}
	}
	sort.SliceStable(wishes, func(i, j int) bool { return wishes[i].quality > wishes[j].quality })
	for _, wish := range wishes {
		for _, language := range offered {
			if language.primary() == wish.language.primary() {
				return language
			}
		}
	}
	return offered[0]
}

// FromRequest gives the reader's language: the one stored in the cookie named
// cookie, if it is offered, and otherwise what the browser asks for.
func FromRequest(r *http.Request, cookie string, offered []Language) Language {
	if c, err := r.Cookie(cookie); err == nil {
		for _, language := range offered {
			if string(language) == c.Value {
				return language
			}
		}
	}
	return Match(r.Header.Get("Accept-Language"), offered)
}
