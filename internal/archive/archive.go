// Package archive writes a whole store into plain files and makes a store of them again, on either engine:
//
//	manifest.json                the books, how many entries each has, its last hash, and the SHA-256 of its file
//	books/620524.jsonl           the entries of a book, one JSON object a line, in the order of their numbers
//	evidence/ab/abcdef….png      the files that entries name
//
// The files lie in a folder, or in one compressed file when the name ends in .tar.gz or .tgz. Nothing but a text editor is needed to read
// them, and the same store always gives the same bytes. Postings, observations and all sums are left out: they follow from the
// entries, and restoring replays those through the code that records, so that each must come out with the hash it had.
//
// An archive without personal data is for those who check the figures: chain, money and counts are whole, the private parts are not there.
package archive

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/evidence"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
)

// Format names this form of archive.
const Format = "lastmile/archive/1"

// Manifest says what an archive holds.
type Manifest struct {
	Format       string `json:"format"`
	PersonalData bool   `json:"personal_data"` // whether private parts are in it
	Books        []Book `json:"books"`
	Files        int64  `json:"files"` // of evidence
}

// Book is a book in an archive.
type Book struct {
	Book    string `json:"book"`
	Entries int64  `json:"entries"`
	Head    string `json:"head"`   // hash of the last entry, hex
	Bytes   int64  `json:"bytes"`  // of its file
	SHA256  string `json:"sha256"` // of its file, hex
}

// Progress of an export or a restoration.
type Progress struct {
	Step        string // "unpacking" (files), "checking" (entries), "evidence" (files), "writing" or "restoring" (entries)
	Done, Total int64  // Total is 0 when it is not known
}

// Limits of what is taken in.
const (
	manifestMax = 16 << 20  // bytes
	lineMax     = 4 << 20   // bytes of one entry
	bookMax     = 64 << 30  // bytes of one book
	SizeMax     = 256 << 30 // bytes of an archive when unpacked, unless Options say otherwise
)

// record is an entry as a line of a book's file.
type record struct {
	Seq        int64           `json:"seq"`
	Kind       string          `json:"kind"`
	Key        string          `json:"key"`
	On         date.Date       `json:"on"`
	RecordedAt int64           `json:"recorded_at"` // Unix microseconds UTC
	Actor      string          `json:"actor"`
	Approvers  []string        `json:"approvers,omitempty"`
	Source     string          `json:"source,omitempty"`
	Reverses   int64           `json:"reverses,omitempty"`
	Grade      journal.Grade   `json:"grade"`
	Area       string          `json:"area,omitempty"`
	Body       json.RawMessage `json:"body"`
	Evidence   []string        `json:"evidence,omitempty"`
	Commitment hexBytes        `json:"commitment,omitempty"`
	Salt       hexBytes        `json:"salt,omitempty"`
	Private    json.RawMessage `json:"private,omitempty"`
	Hash       hexBytes        `json:"hash"`
}

type hexBytes []byte

func (b hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, b), nil }

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.AppendDecode(nil, text)
	return err
}

func toRecord(e *journal.Entry, leaveOutPersonal bool) record {
	r := record{Seq: e.Seq, Kind: e.Kind, Key: e.Key, On: e.On, RecordedAt: e.RecordedAt, Actor: e.Actor, Approvers: e.Approvers, Source: e.Source,
		Reverses: e.Reverses, Grade: e.Grade, Area: e.Area, Body: json.RawMessage(e.Body), Evidence: e.Evidence, Commitment: e.Commitment, Hash: e.Hash[:]}
	if e.Private != "" && !leaveOutPersonal {
		r.Salt, r.Private = e.Salt, json.RawMessage(e.Private)
	}
	return r
}

func (r *record) entry(book string) (journal.Entry, error) {
	e := journal.Entry{Book: book, Seq: r.Seq, Kind: r.Kind, Key: r.Key, On: r.On, RecordedAt: r.RecordedAt, Actor: r.Actor, Approvers: r.Approvers,
		Source: r.Source, Reverses: r.Reverses, Grade: r.Grade, Area: r.Area, Body: string(r.Body), Evidence: r.Evidence, Commitment: r.Commitment,
		Salt: r.Salt, Private: string(r.Private)}
	if copy(e.Hash[:], r.Hash) != len(e.Hash) || len(r.Hash) != len(e.Hash) {
		return e, fmt.Errorf("its hash has %d bytes", len(r.Hash))
	}
	if e.Private != "" && string(journal.Commit(e.Salt, e.Private)) != string(e.Commitment) {
		return e, fmt.Errorf("its personal data is not what it commits to")
	}
	return e, nil
}

// compressed tells whether an archive of this name is one file.
func compressed(path string) bool {
	return strings.HasSuffix(path, ".tar.gz") || strings.HasSuffix(path, ".tgz")
}

const manifestName = "manifest.json"

func bookName(book string) string { return "books/" + book + ".jsonl" }

var (
	bookFile     = regexp.MustCompile(`^books/([0-9A-Za-z][0-9A-Za-z._-]{0,59})\.jsonl$`)
	evidenceFile = regexp.MustCompile(`^evidence/([0-9a-f]{2})/([0-9a-f]{64})\.(png|jpg|webp|pdf)$`)
)

// limit of the size of a file of an archive, by its name; ok is false for one that does not belong there.
func limit(name string) (bytes int64, ok bool) {
	switch m := evidenceFile.FindStringSubmatch(name); {
	case name == manifestName:
		return manifestMax, true
	case bookFile.MatchString(name):
		return bookMax, true
	case m != nil && strings.HasPrefix(m[2], m[1]):
		return evidence.SizeMax, true
	}
	return 0, false
}

func broken(code, text string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, text, args...).Mend("Nothing was restored. Take another copy of the archive.")
}
